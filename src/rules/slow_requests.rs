//! `slow_requests`: requests slower than a latency objective count as errors and
//! are judged like `sequential`, by evidence that stays valid however often one
//! looks.

use serde::Serialize;

use super::sequential::Stake;
use super::words::milliseconds;
use super::{
    About, Cost, Guarantee, Judge, Measure, Needs, Parameter, Parameters, Quantity, Sight,
    StageShape, Subject, Watch,
};
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

impl Judge for SlowRequests {
    const ABOUT: About = About {
        title: "evidence of slow requests, at any time",
        subject: Subject::Latency,
        quantity: Quantity::Stake,
        guarantee: Guarantee::EveryLook,
        wants_many_errors: false,
        cost: Cost { look_us: 1.0, tick_us: 0.0, draw_us: 1.0 },
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
        Some(Watch::SlowWealth(self.stake.watch(plan, None)?))
    }
}
