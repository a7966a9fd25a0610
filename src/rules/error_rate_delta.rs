//! `error_rate_delta`: the canary's error rate exceeds the baseline's by too much.
//! The plain `error_rate_threshold` of the course stands for this rule.

use serde::Serialize;

use super::words::{percent, points};
use super::{
    About, Cost, Guarantee, Judge, Limit, Measure, Needs, Parameter, Parameters, Quantity, Sight,
    Subject, failures, rates,
};

/// Fails when the canary's error rate minus the baseline's > `max`. If the window
/// has several traffic shares, the difference is Mantel-Haenszel's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorRateDelta {
    /// Largest difference allowed, 0..=1; 0.02 is two percentage points.
    pub max: Limit,
}

impl Judge for ErrorRateDelta {
    const ABOUT: About = About {
        title: "error rate over the baseline",
        subject: Subject::Errors,
        quantity: Quantity::Difference,
        guarantee: Guarantee::None,
        wants_many_errors: true,
        cost: Cost::COUNTS,
    };

    fn from_parameters(p: &mut Parameters) -> Self {
        ErrorRateDelta { max: p.limit(Parameter { unit: "points", ..Parameter::max_rate() }) }
    }

    fn needs(&self) -> Needs {
        Needs::REQUESTS.and(Needs::BASELINE)
    }

    fn fails(&self, sight: &Sight) -> bool {
        if let Some(by_share) = sight.by_share {
            return by_share.errors.difference > self.max.as_f64();
        }
        let (canary, baseline) = (sight.counts.canary, sight.counts.baseline);
        self.max.is_below_difference(
            (canary.errors, canary.requests),
            (baseline.errors, baseline.requests),
        )
    }

    fn measure(&self, sight: &Sight) -> Measure {
        let (observed, max) = (difference(sight), self.max.as_f64());
        let rate = sight.counts.canary.error_rate();
        let canary_limit = match sight.by_share {
            None => sight.counts.baseline.error_rate().map(|base| base + max),
            Some(_) => rate.zip(observed).map(|(rate, difference)| rate - difference + max),
        };
        Measure { observed, limit: max, canary_limit }
    }

    fn sentence(&self, sight: &Sight) -> String {
        let difference = difference(sight).unwrap_or(0.0);
        let side = if difference < 0.0 { "below" } else { "above" };
        let (beyond, limit) = (points(difference.abs()), points(self.max.as_f64()));
        match sight.by_share {
            None => {
                let base = percent(sight.counts.baseline.error_rate().unwrap_or(0.0));
                format!(
                    "{}, {beyond} {side} the baseline’s {base}; the limit is {limit}.",
                    failures(sight)
                )
            }
            Some(_) => format!("{}: {beyond} {side}; the limit is {limit}.", rates(sight)),
        }
    }
}

/// The difference of the error rates; `None` if an arm has no requests.
fn difference(sight: &Sight) -> Option<f64> {
    if let Some(by_share) = sight.by_share {
        return Some(by_share.errors.difference);
    }
    let base = sight.counts.baseline.error_rate()?;
    Some(sight.counts.canary.error_rate()? - base)
}
