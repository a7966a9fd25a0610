//! `latency`: a latency quantile of the canary is too high, whatever the baseline's
//! is.

use serde::Serialize;

use super::words::milliseconds;
use super::{
    About, Cost, Guarantee, Judge, Measure, Needs, Parameter, Parameters, Quantity, Sight, Subject,
    quantile_name,
};
use crate::json::number;

/// Fails when the canary's quantile of latency > `max` milliseconds. Needs no
/// baseline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LatencyLimit {
    /// Largest latency allowed, in milliseconds, above 0.
    #[serde(serialize_with = "number")]
    pub max: f64,
    /// Which quantile, in (0, 1).
    #[serde(serialize_with = "number")]
    pub quantile: f64,
}

impl Judge for LatencyLimit {
    const ABOUT: About = About {
        title: "latency",
        subject: Subject::Latency,
        quantity: Quantity::Milliseconds,
        guarantee: Guarantee::None,
        wants_many_errors: false,
        cost: Cost::QUANTILE,
    };

    fn from_parameters(p: &mut Parameters) -> Self {
        LatencyLimit {
            max: p.number(Parameter::max_ms()),
            quantile: p.number(Parameter::quantile()),
        }
    }

    fn needs(&self) -> Needs {
        Needs::REQUESTS.and(Needs::quantile(self.quantile))
    }

    fn fails(&self, sight: &Sight) -> bool {
        sight.quantile_ms.canary.is_some_and(|ms| ms > self.max)
    }

    fn measure(&self, sight: &Sight) -> Measure {
        let observed = sight.quantile_ms.canary;
        Measure { observed, limit: self.max, canary_limit: Some(self.max) }
    }

    fn sentence(&self, sight: &Sight) -> String {
        format!(
            "Latency: the canary’s {} is {}; the limit is {}.",
            quantile_name(self.quantile),
            milliseconds(sight.quantile_ms.canary.unwrap_or(0.0)),
            milliseconds(self.max),
        )
    }
}
