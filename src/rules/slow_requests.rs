//! `slow_requests`: requests over a latency objective as a second kind of
//! error, judged like the first by evidence that stays valid.

use serde::Serialize;

use super::sequential::Stake;
use super::words::milliseconds;
use super::{Measure, Needs, Parameters, Sight};
use crate::json::number;

/// Fails when the evidence that the canary is slow more often ≥ 1/`alpha`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SlowRequests {
    /// A request that takes longer is slow, in milliseconds; rounded to the
    /// nearest edge of a latency bin, at most 1 % away.
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
