//! `slow_requests`: requests slower than a latency objective count as errors and
//! are judged like `sequential`, by evidence that stays valid however often one
//! looks.

use serde::Serialize;

use super::sequential::Stake;
use super::words::milliseconds;
use super::{Measure, Needs, Parameters, Sight};
use crate::json::number;

/// Fails when the evidence that the canary has more slow requests ≥ 1/`alpha`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SlowRequests {
    /// The objective in milliseconds: a request that takes longer is slow. Rounded
    /// to the nearest edge of a latency bin, which changes it by at most 1 %.
    #[serde(serialize_with = "number")]
    pub objective_ms: f64,
    /// The bets on "slow more often than tolerated".
    #[serde(flatten)]
    pub stake: Stake,
}

impl SlowRequests {
    pub(super) fn from_parameters(p: &mut Parameters) -> Self {
        SlowRequests {
            objective_ms: p.milliseconds("objective_ms"),
            stake: Stake::from_parameters(p),
        }
    }

    pub(super) fn needs(&self) -> Needs {
        Needs::REQUESTS.and(Needs::BASELINE).and(Needs::slower_than(self.objective_ms))
    }

    pub(super) fn fails(&self, sight: &Sight) -> bool {
        self.stake.is_enough(sight)
    }

    pub(super) fn measure(&self, sight: &Sight) -> Measure {
        self.stake.measure(sight)
    }

    pub(super) fn sentence(&self, sight: &Sight) -> String {
        let worse = format!("more canary requests exceed {}", milliseconds(self.objective_ms));
        self.stake.sentence(sight, &worse)
    }
}
