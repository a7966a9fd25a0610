//! `latency_delta_ms`: a latency quantile of the canary exceeds the baseline's by
//! too much. The plain `latency_threshold_ms` of the course stands for this rule.

use serde::Serialize;

use super::words::milliseconds;
use super::{
    About, Cost, Guarantee, Judge, Measure, Needs, Parameter, Parameters, Quantity, Sight, Subject,
    quantile_name,
};
use crate::json::number;

/// Fails when the canary's quantile of latency minus the baseline's > `max`
/// milliseconds. If the window has several traffic shares, the baseline's requests
/// are weighted so that each share has the weight that it has for the canary.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LatencyDelta {
    /// Largest difference allowed, in milliseconds, above 0.
    #[serde(serialize_with = "number")]
    pub max: f64,
    /// Which quantile, in (0, 1).
    #[serde(serialize_with = "number")]
    pub quantile: f64,
}

impl Judge for LatencyDelta {
    const ABOUT: About = About {
        title: "latency over the baseline",
        subject: Subject::Latency,
        quantity: Quantity::Milliseconds,
        guarantee: Guarantee::None,
        wants_many_errors: false,
        cost: Cost::QUANTILE,
    };

    fn from_parameters(p: &mut Parameters) -> Self {
        LatencyDelta {
            max: p.number(Parameter { start: Some(50.0), ..Parameter::max_ms() }),
            quantile: p.number(Parameter::quantile()),
        }
    }

    fn needs(&self) -> Needs {
        Needs::REQUESTS.and(Needs::BASELINE).and(Needs::quantile(self.quantile))
    }

    fn fails(&self, sight: &Sight) -> bool {
        delta(sight).is_some_and(|ms| ms > self.max)
    }

    fn measure(&self, sight: &Sight) -> Measure {
        let base = sight.quantile_ms.baseline;
        Measure {
            observed: delta(sight),
            limit: self.max,
            canary_limit: base.map(|b| b + self.max),
        }
    }

    fn sentence(&self, sight: &Sight) -> String {
        let base = sight.quantile_ms.baseline.unwrap_or(0.0);
        let canary = sight.quantile_ms.canary.unwrap_or(0.0);
        let side = if canary < base { "below" } else { "above" };
        format!(
            "Latency: the canary’s {} is {}, {} {side} the baseline’s {}; the limit is {}.",
            quantile_name(self.quantile),
            milliseconds(canary),
            milliseconds((canary - base).abs()),
            milliseconds(base),
            milliseconds(self.max),
        )
    }
}

/// The canary's quantile minus the baseline's.
fn delta(sight: &Sight) -> Option<f64> {
    Some(sight.quantile_ms.canary? - sight.quantile_ms.baseline?)
}
