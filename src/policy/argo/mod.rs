//! Argo Rollouts: steps, pauses and analyses, decided as its controller decides.
//!
//! Described from the sources of [Argo Rollouts], at commit 9f8d111d8f: [`pods`] and
//! [`steps`] after `utils/replicaset`, [`analysis_run`] after `analysis`, and the
//! reconciliation of a rollout, in `canary.rs` and `blue_green.rs`, after `rollout`.
//! Names are those of Argo Rollouts.
//!
//! The controller reconciles whenever a timer expires, pods get ready, or an AnalysisRun
//! changes, and again until nothing changes. Here all of that happens at the end of the
//! tick. Where a measurement and the end of a pause fall on one tick, the measurement
//! comes first.
//!
//! [Argo Rollouts]: https://github.com/argoproj/argo-rollouts

pub mod analysis_run;
mod blue_green;
mod canary;
mod explore;
mod fleet;
mod log;
pub mod pods;
mod program;
mod runs;
mod status;
pub mod steps;

pub use log::{Abort, Event, Pause};
pub use program::ArgoPolicy;

use super::{
    By, Call, CallError, Checks, Command, Decide, Level, Move, Note, Prepared, Reason, State, Step,
};
use crate::config::MAX_CHECKS;
use crate::rules::{Gap, Verdict};
use analysis_run::MetricRun;
use status::RolloutStatus;

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Argo {
    status: RolloutStatus,
    /// The metrics of all analyses, by the numbers of their checks. An AnalysisRun resets
    /// its own when it is created.
    metrics: [MetricRun; MAX_CHECKS],
}

/// The phases of a rollout with their messages, in the order of their numbers in a
/// history.
pub fn phases() -> &'static [&'static str] {
    log::PHASES
}

/// What a reconciliation works with.
struct Context<'a, C> {
    /// The tick that has just ended.
    now: u32,
    /// Whether checks can look. After a command they cannot before the next tick.
    can_look: bool,
    metrics: &'a mut [MetricRun],
    checks: &'a mut C,
}

impl<C: Checks> Context<'_, C> {
    fn decide(&mut self, step: Step, by: By, event: Event, check: Option<u8>) {
        let check = check.map(usize::from);
        let reason = check.map(|check| Reason { check, certificate: false, tally: None });
        // Without a tick there is nothing to look at again.
        let reason = reason.filter(|_| self.can_look);
        self.checks.decide(Move { step, by, reason, note: Some(Note::Argo(event)) });
    }

    fn note(&mut self, event: Event) {
        self.decide(Step::Note, By::Policy, event, None);
    }
}

/// Collects what a command changes. No check looks.
struct Commands<'a> {
    tick: u32,
    moves: &'a mut Vec<Move>,
}

impl Checks for Commands<'_> {
    fn tick(&self) -> u32 {
        self.tick
    }

    fn matters(&self, _check: usize) -> bool {
        false
    }

    fn look(&mut self, _check: usize) -> (Verdict, Option<Gap>) {
        (Verdict::Inconclusive, Some(Gap::Requests))
    }

    fn certifies(&self, _check: usize, _clock: u32) -> Option<bool> {
        None
    }

    fn decide(&mut self, change: Move) {
        self.moves.push(change);
    }
}

impl Argo {
    /// The pods that are asked for, of both versions.
    pub fn pods(&self) -> pods::Counts {
        let RolloutStatus { canary, stable, .. } = &self.status;
        pods::Counts { canary: canary.spec(), stable: stable.spec() }
    }

    /// The index of the current step; the number of steps after the last one.
    pub fn step(&self) -> usize {
        self.status.step
    }

    /// The phase of the rollout with its message, as Argo Rollouts shows it.
    pub fn phase_name(&self) -> &'static str {
        log::PHASES[self.status.phase as usize]
    }

    /// Whether the rollout waits for a person.
    pub fn waits(&self) -> bool {
        self.status.waits
    }

    /// The weight of the canary in the router; 0 without traffic routing.
    pub fn weight(&self) -> u32 {
        self.status.weight
    }

    #[inline(never)]
    fn reconcile(&mut self, policy: &ArgoPolicy, checks: &mut impl Checks) {
        let (now, metrics) = (self.status.now, &mut self.metrics[..policy.metrics.len()]);
        self.status.reconcile(policy, &mut Context { now, can_look: true, metrics, checks });
    }
}

impl Decide for Argo {
    type Policy = ArgoPolicy;

    fn start(policy: &ArgoPolicy) -> Self {
        Argo { status: RolloutStatus::start(policy), metrics: [MetricRun::default(); MAX_CHECKS] }
    }

    fn restart(&mut self, policy: &ArgoPolicy) {
        self.status = RolloutStatus::start(policy);
    }

    fn begin(&mut self, policy: &ArgoPolicy, checks: &mut impl Checks) {
        self.reconcile(policy, checks);
    }

    #[inline]
    fn after_tick(&mut self, policy: &ArgoPolicy, checks: &mut impl Checks) {
        self.status.now = checks.tick();
        if self.status.now >= self.status.next {
            self.reconcile(policy, checks);
        }
    }

    fn command(
        &mut self,
        policy: &ArgoPolicy,
        command: Command,
        moves: &mut Vec<Move>,
    ) -> Result<(), CallError> {
        Call::Command(command).check(self.status.state)?;
        let (now, metrics) = (self.status.now, &mut self.metrics[..policy.metrics.len()]);
        let checks = &mut Commands { tick: now, moves };
        let context = &mut Context { now, can_look: false, metrics, checks };
        self.status.command(policy, command, context);
        Ok(())
    }

    #[inline]
    fn state(&self) -> State {
        self.status.state
    }

    #[inline]
    fn level(&self, _policy: &ArgoPolicy) -> u32 {
        self.status.level
    }

    fn levels_completed(&self) -> u32 {
        self.status.level + u32::from(self.status.state == State::Completed)
    }

    #[inline]
    fn traffic_level(&self, policy: &ArgoPolicy) -> u32 {
        self.status.traffic.unwrap_or(policy.no_traffic())
    }

    fn share(&self, policy: &ArgoPolicy) -> f64 {
        match self.status.state {
            State::RolledBack => 0.0,
            State::Completed => 1.0,
            _ => self.status.traffic.map_or(0.0, |traffic| policy.share(traffic)),
        }
    }

    fn waits_for_a_person(&self) -> bool {
        self.status.waits
    }

    fn is_planned(&self, _policy: &ArgoPolicy) -> bool {
        !self.status.waits
    }

    fn phase(&self) -> u8 {
        self.status.phase as u8
    }
}
