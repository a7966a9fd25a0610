//! `slow_requests`: requests over a latency objective as a second kind of
//! error, judged like the first by evidence that stays valid.

use serde::Serialize;

use super::sequential::Stake;
use super::words::milliseconds;
use super::{
    About, Cost, Guarantee, Judge, Measure, Needs, Parameter, Parameters, Quantity, Sight,
    StageShape, Subject, Watch,
};
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

impl Judge for SlowRequests {
    const ABOUT: About = About {
        title: "evidence of slow requests, at any time",
        subject: Subject::Latency,
        quantity: Quantity::Stake,
        guarantee: Guarantee::EveryLook,
        wants_many_errors: false,
        cost: Cost { look_us: 3.0, tick_us: 0.0 },
    };

    fn from_parameters(p: &mut Parameters) -> Self {
        SlowRequests {
            objective_ms: p.number(Parameter {
                key: "objective_ms",
                label: "Slow is over",
                ..Parameter::max_ms()
            }),
            stake: Stake::from_parameters(p),
        }
    }

    fn needs(&self) -> Needs {
        Needs::REQUESTS.and(Needs::BASELINE).and(Needs::slower_than(self.objective_ms))
    }

    fn fails(&self, sight: &Sight) -> bool {
        self.stake.is_enough(sight)
    }

    fn measure(&self, sight: &Sight) -> Measure {
        self.stake.measure(sight)
    }

    fn sentence(&self, sight: &Sight) -> String {
        let worse = format!("more canary requests exceed {}", milliseconds(self.objective_ms));
        self.stake.sentence(sight, &worse)
    }

    fn watch(&self, plan: &[StageShape]) -> Option<Watch> {
        Some(Watch::Wealth(self.stake.watch(plan, None)?))
    }
}
