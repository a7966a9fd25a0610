//! `error_rate_delta`: the canary's error rate exceeds the baseline's by too
//! much. The course's plain `error_rate_threshold`.

use serde::Serialize;

use super::words::{percent, points};
use super::{Limit, Measure, Needs, Parameters, Sight, failures};

/// Fails when the canary's error rate less the baseline's > `max`.
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
        let (canary, baseline) = (sight.counts.canary, sight.counts.baseline);
        self.max.is_below_difference(
            (canary.errors, canary.requests),
            (baseline.errors, baseline.requests),
        )
    }

    pub(super) fn measure(&self, sight: &Sight) -> Measure {
        let base = sight.counts.baseline.error_rate();
        let observed = sight.counts.canary.error_rate().zip(base).map(|(c, b)| c - b);
        let max = self.max.as_f64();
        Measure { observed, limit: max, canary_limit: base.map(|b| b + max) }
    }

    pub(super) fn sentence(&self, sight: &Sight) -> String {
        let base = sight.counts.baseline.error_rate().unwrap_or(0.0);
        let rate = sight.counts.canary.error_rate().unwrap_or(0.0);
        let side = if rate < base { "below" } else { "above" };
        format!(
            "{}, {} {side} the baseline’s {}; the limit is {}.",
            failures(sight),
            points((rate - base).abs()),
            percent(base),
            points(self.max.as_f64()),
        )
    }
}
