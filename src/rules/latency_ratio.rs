//! `latency_ratio`: a latency quantile of the canary is too many times the baseline's.

use serde::Serialize;

use super::words::{milliseconds, significant};
use super::{
    About, Cost, Guarantee, Judge, Limit, Measure, Needs, Parameter, Parameters, Quantity, Sight,
    Subject, quantile_name,
};
use crate::json::number;

/// Fails when the canary's quantile of latency > `max` times the baseline's. If the
/// window has several traffic shares, the baseline's requests are weighted so that each
/// share has the weight that it has for the canary.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LatencyRatio {
    /// Largest ratio allowed, 0..=1000.
    pub max: Limit,
    /// Which quantile, in (0, 1).
    #[serde(serialize_with = "number")]
    pub quantile: f64,
}

impl Judge for LatencyRatio {
    const ABOUT: About = About {
        title: "latency divided by the baseline’s",
        subject: Subject::Latency,
        quantity: Quantity::Ratio,
        guarantee: Guarantee::None,
        wants_many_errors: false,
        cost: Cost::QUANTILE,
    };

    fn from_parameters(p: &mut Parameters) -> Self {
        LatencyRatio {
            max: p.limit(Parameter { start: Some(1.5), ..Parameter::max_ratio() }),
            quantile: p.number(Parameter::quantile()),
        }
    }

    fn needs(&self) -> Needs {
        Needs::REQUESTS.and(Needs::BASELINE).and(Needs::quantile(self.quantile))
    }

    fn fails(&self, sight: &Sight) -> bool {
        ratio(sight).is_some_and(|ratio| ratio > self.max.as_f64())
    }

    fn measure(&self, sight: &Sight) -> Measure {
        let max = self.max.as_f64();
        let canary_limit = sight.quantile_ms.baseline.map(|base| base * max);
        Measure { observed: ratio(sight), limit: max, canary_limit }
    }

    fn sentence(&self, sight: &Sight) -> String {
        format!(
            "Latency: the canary’s {} is {}, {} times the baseline’s {}; the limit is {} times.",
            quantile_name(self.quantile),
            milliseconds(sight.quantile_ms.canary.unwrap_or(0.0)),
            significant(ratio(sight).unwrap_or(0.0)),
            milliseconds(sight.quantile_ms.baseline.unwrap_or(0.0)),
            significant(self.max.as_f64()),
        )
    }
}

/// The canary's quantile divided by the baseline's, which is above 0.
fn ratio(sight: &Sight) -> Option<f64> {
    Some(sight.quantile_ms.canary? / sight.quantile_ms.baseline?)
}
