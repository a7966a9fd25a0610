//! `error_rate`: the canary's error rate is too high, whatever the baseline's is.

use serde::Serialize;

use super::words::percent;
use super::{
    About, Cost, Guarantee, Judge, Limit, Measure, Needs, Parameter, Parameters, Quantity, Sight,
    Subject, failures,
};

/// Fails when canary errors / canary requests > `max`. Needs no baseline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorRate {
    /// Largest error rate allowed, 0..=1.
    pub max: Limit,
}

impl Judge for ErrorRate {
    const ABOUT: About = About {
        title: "error rate",
        subject: Subject::Errors,
        quantity: Quantity::Rate,
        guarantee: Guarantee::None,
        wants_many_errors: true,
        cost: Cost::COUNTS,
    };

    fn from_parameters(p: &mut Parameters) -> Self {
        ErrorRate { max: p.limit(Parameter { unit: "%", ..Parameter::max_rate() }) }
    }

    fn needs(&self) -> Needs {
        Needs::REQUESTS
    }

    fn fails(&self, sight: &Sight) -> bool {
        let canary = sight.counts.canary;
        self.max.is_below_quotient(canary.errors, canary.requests)
    }

    fn measure(&self, sight: &Sight) -> Measure {
        let max = self.max.as_f64();
        let observed = sight.counts.canary.error_rate();
        Measure { observed, limit: max, canary_limit: Some(max) }
    }

    fn sentence(&self, sight: &Sight) -> String {
        format!("{}; the limit is {}.", failures(sight), percent(self.max.as_f64()))
    }
}
