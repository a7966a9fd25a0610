//! `error_rate_delta`: the canary's error rate exceeds the baseline's by too much.
//! The plain `error_rate_threshold` of the course stands for this rule.

use serde::Serialize;

use super::words::{percent, points};
use super::{Limit, Measure, Needs, Parameters, Sight, failures, rates};

/// Fails when the canary's error rate minus the baseline's > `max`. If the window
/// has several traffic shares, the difference is Mantel-Haenszel's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorRateDelta {
    /// Largest difference allowed, 0..=1; 0.02 is two percentage points.
    pub max: Limit,
}

impl ErrorRateDelta {
    pub(super) fn from_parameters(p: &mut Parameters) -> Self {
        ErrorRateDelta { max: p.limit("max", 1.0) }
    }

    pub(super) fn needs(&self) -> Needs {
        Needs::REQUESTS.and(Needs::BASELINE)
    }

    pub(super) fn fails(&self, sight: &Sight) -> bool {
        if let Some(by_share) = sight.by_share {
            return by_share.errors.difference > self.max.as_f64();
        }
        let (canary, baseline) = (sight.counts.canary, sight.counts.baseline);
        self.max.is_below_difference(
            (canary.errors, canary.requests),
            (baseline.errors, baseline.requests),
        )
    }

    pub(super) fn measure(&self, sight: &Sight) -> Measure {
        let (observed, max) = (difference(sight), self.max.as_f64());
        let rate = sight.counts.canary.error_rate();
        let canary_limit = match sight.by_share {
            None => sight.counts.baseline.error_rate().map(|base| base + max),
            Some(_) => rate.zip(observed).map(|(rate, difference)| rate - difference + max),
        };
        Measure { observed, limit: max, canary_limit }
    }

    pub(super) fn sentence(&self, sight: &Sight) -> String {
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
