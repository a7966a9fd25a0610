//! `error_rate_ratio`: the canary's error rate is too many times the baseline's.

use serde::Serialize;

use super::words::{percent, significant};
use super::{Judgement, Limit, Needs, Parameters, Sight, failures};

/// Fails when the canary's error rate > `max` times the baseline's. Against a
/// baseline without errors any canary error fails: ask for `min_errors`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorRateRatio {
    /// Largest ratio allowed, 0..=1000.
    pub max: Limit,
}

impl ErrorRateRatio {
    pub(super) fn from_parameters(p: &mut Parameters) -> Self {
        ErrorRateRatio { max: p.limit("max", Limit::MAX) }
    }

    pub(super) fn needs(&self) -> Needs {
        Needs::REQUESTS.and(Needs::BASELINE)
    }

    pub(super) fn judge(&self, sight: &Sight) -> Judgement {
        let (canary, baseline) = (sight.counts.canary, sight.counts.baseline);
        let failed = self
            .max
            .is_below_ratio((canary.errors, canary.requests), (baseline.errors, baseline.requests));
        let base = baseline.error_rate();
        let max = self.max.as_f64();
        Judgement::of(failed, ratio(sight), max).with_canary_limit(base.map(|b| b * max))
    }

    pub(super) fn sentence(&self, sight: &Sight) -> String {
        let times = match ratio(sight) {
            Some(ratio) => format!("{} times", significant(ratio)),
            None => "against".to_string(),
        };
        format!(
            "{}, {times} the baseline’s {}; the limit is {} times.",
            failures(sight),
            percent(sight.counts.baseline.error_rate().unwrap_or(0.0)),
            significant(self.max.as_f64()),
        )
    }
}

/// The ratio of the error rates; `None` against a baseline without errors.
fn ratio(sight: &Sight) -> Option<f64> {
    let base = sight.counts.baseline.error_rate().filter(|rate| *rate > 0.0)?;
    Some(sight.counts.canary.error_rate()? / base)
}
