//! The sink of a rollout, which keeps everything.

use super::{Decision, Evidence, Sink, Tick};
use crate::observation::{ByArm, Counts};
use crate::policy::State;
use crate::world::{Cells, LatencyTick};

/// The history of a rollout.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// One row per tick, in order.
    pub ticks: Vec<TickRow>,
    /// What latencies are drawn from, one element per tick.
    pub latencies: Vec<LatencyTick>,
    /// Every look of every rule, in order.
    pub looks: Vec<LookRow>,
    /// Every decision, in order.
    pub decisions: Vec<Decision>,
}

/// A tick: what monitoring saw, and the truth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TickRow {
    /// The number of its stage, from 1.
    pub stage: u32,
    /// The canary's share of requests during the tick, 0..=1.
    pub share: f64,
    /// The state after the tick.
    pub state: State,
    /// The index of the controller's phase after the tick, in
    /// [`Prepared::phases`](crate::policy::Prepared::phases).
    pub phase: u8,
    /// The counts that monitoring saw.
    pub counts: ByArm<Counts>,
    /// The canary's errors that the baseline would have served.
    pub excess_errors: u64,
    /// Expected requests of both arms together.
    pub true_requests: f64,
    /// True error rates by arm.
    pub true_error_rate: ByArm<f64>,
}

impl TickRow {
    /// The position of the state in [`State::ALL`].
    pub fn state_number(&self) -> u8 {
        self.state as u8
    }
}

/// A look of a rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LookRow {
    /// The tick after which the rule looked; 0 at the start of the rollout.
    pub tick: u32,
    /// The rule, its verdict and what it saw.
    pub evidence: Evidence,
}

impl Sink for History {
    fn wants(&self) -> Cells {
        Cells::ALL
    }

    fn wants_looks(&self) -> bool {
        true
    }

    fn tick(&mut self, tick: &Tick<'_>) {
        self.ticks.push(TickRow {
            stage: tick.stage + 1,
            share: tick.share,
            state: tick.state,
            phase: tick.phase,
            counts: tick.counts,
            excess_errors: tick.excess_errors,
            true_requests: tick.truth.requests,
            true_error_rate: tick.truth.error_rate,
        });
        self.latencies.push(LatencyTick::new(tick.tick, &tick.counts, tick.truth));
    }

    fn look(&mut self, tick: u32, evidence: &Evidence) {
        self.looks.push(LookRow { tick, evidence: *evidence });
    }

    fn decision(&mut self, decision: &Decision) {
        self.decisions.push(*decision);
    }
}
