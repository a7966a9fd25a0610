//! `error_count`: the canary has too many errors, as an alarm on a count of errors says
//! (CloudWatch: Errors > 0).

use serde::Serialize;

use super::words::counted;
use super::{
    About, Cost, Guarantee, Judge, Measure, Needs, Parameter, Parameters, Quantity, Sight, Subject,
};
use crate::message::thousands;

/// Fails when the canary's errors in the window > `max`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorCount {
    /// Most errors allowed, 0..=10¹².
    pub max: u64,
}

impl Judge for ErrorCount {
    const ABOUT: About = About {
        title: "number of errors",
        subject: Subject::Errors,
        quantity: Quantity::Count,
        guarantee: Guarantee::None,
        wants_many_errors: false,
        cost: Cost::COUNTS,
    };

    fn from_parameters(p: &mut Parameters) -> Self {
        ErrorCount { max: p.whole(Parameter::max_count()) }
    }

    fn needs(&self) -> Needs {
        Needs::NONE
    }

    fn fails(&self, sight: &Sight) -> bool {
        sight.counts.canary.errors > self.max
    }

    fn measure(&self, sight: &Sight) -> Measure {
        let errors = sight.counts.canary.errors as f64;
        Measure { observed: Some(errors), limit: self.max as f64, canary_limit: None }
    }

    fn sentence(&self, sight: &Sight) -> String {
        let errors = counted(sight.counts.canary.errors, &format!("{}error", sight.whose()));
        format!("Errors: {errors}; the limit is {}.", thousands(self.max))
    }
}
