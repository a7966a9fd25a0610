//! `error_rate`: the canary's error rate is too high, whatever the baseline's is.

use serde::Serialize;

use super::words::percent;
use super::{Limit, Measure, Needs, Parameters, Sight, failures};

/// Fails when canary errors / canary requests > `max`. Needs no baseline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorRate {
    /// Largest error rate allowed, 0..=1.
    pub max: Limit,
}

impl ErrorRate {
    pub(super) fn from_parameters(p: &mut Parameters) -> Self {
        ErrorRate { max: p.limit("max", 1.0) }
    }

    pub(super) fn needs(&self) -> Needs {
        Needs::REQUESTS
    }

    pub(super) fn fails(&self, sight: &Sight) -> bool {
        let canary = sight.counts.canary;
        self.max.is_below_quotient(canary.errors, canary.requests)
    }

    pub(super) fn measure(&self, sight: &Sight) -> Measure {
        let max = self.max.as_f64();
        let observed = sight.counts.canary.error_rate();
        Measure { observed, limit: max, canary_limit: Some(max) }
    }

    pub(super) fn sentence(&self, sight: &Sight) -> String {
        format!("{}; the limit is {}.", failures(sight), percent(self.max.as_f64()))
    }
}
