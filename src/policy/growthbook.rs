//! The monitored ramp schedule of GrowthBook.
//!
//! A step is judged at the first snapshot from the end of its interval on, and not
//! before, in this order: no users; a guardrail that is lost rolls back; the sizes of the
//! groups; the sample size of the step; a signal that is lost; the approval; then the next
//! step. Source: github.com/growthbook/growthbook, commit 8f1db445,
//! `back-end/src/services/rampScheduleEvaluator.ts`.

use super::{
    By, Call, CallError, Checks, Command, Decide, Level, Move, Note, Prepared, Reason, State, Step,
};
use crate::config::{GrowthbookConfig, HealthAction};
use crate::json::plain;
use crate::rules::Verdict;

/// The prepared policy.
#[derive(Clone, Debug)]
pub struct GrowthbookPolicy {
    levels: Vec<Level>,
    steps: Vec<PlannedStep>,
    refresh_ticks: u32,
    /// The numbers of the guardrails' checks are 1 to this.
    guardrails: usize,
    /// Those of the signals follow.
    signals: usize,
    srm_action: HealthAction,
    no_traffic_action: HealthAction,
    grace_ticks: u32,
    max_hold_ticks: u32,
}

#[derive(Clone, Copy, Debug)]
struct PlannedStep {
    interval_ticks: u32,
    monitored: bool,
    /// The number of the check of its sample size.
    sample_size: Option<usize>,
    requires_approval: bool,
}

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growthbook {
    state: State,
    step: u32,
    /// Ticks of the step in which the ramp was not paused.
    clock: u32,
    /// The tick in which the first monitored step began; `None` before.
    monitored_from: Option<u32>,
    /// Whether the last snapshot had no users.
    no_users: bool,
    /// Whether the last snapshot held the step.
    held: bool,
    /// Ticks for which steps were held.
    held_ticks: u32,
    /// What the ramp waits for, if it is paused and not by a person.
    waits_for: WaitsFor,
    /// The last tick.
    now: u32,
}

/// What a paused ramp waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WaitsFor {
    /// Nothing, or a person who paused it.
    Nothing,
    /// An approval of the next step.
    Approval,
    /// A person, because steps were held too long.
    Hold,
}

/// What happens in a rollout, for [`Prepared::sentence`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// The step with this index begins.
    Advanced(u32),
    /// The ramp is complete.
    Completed,
    /// A guardrail is lost.
    Lost,
    /// There are no users yet.
    NoUsers,
    /// There are none after the time of grace.
    NoTraffic,
    /// The groups are not as large as each other.
    Unequal,
    /// Too few users for the next step.
    TooFew,
    /// A signal is lost.
    SignalLost,
    /// A person has to approve the next step.
    AwaitsApproval,
    /// The step was held too long.
    HeldTooLong,
}

/// The check of the sizes of the groups.
const SIZES: usize = 0;

impl GrowthbookPolicy {
    /// Prepares the policy of a configuration.
    pub fn new(config: &GrowthbookConfig, tick_seconds: u32) -> Self {
        let tick = tick_seconds.max(1);
        let (guardrails, signals) = (config.guardrails.len(), config.signals.len());
        let planned = config.planned_step_ticks(tick);
        let mut next_sample = 1 + guardrails + signals;
        let steps = config.steps.iter().map(|step| PlannedStep {
            interval_ticks: (step.interval_seconds.unwrap_or(0) / tick).max(1),
            monitored: step.monitored,
            sample_size: step.min_sample_size.map(|_| {
                next_sample += 1;
                next_sample - 1
            }),
            requires_approval: step.requires_approval,
        });
        GrowthbookPolicy {
            steps: steps.collect(),
            levels: config
                .steps
                .iter()
                .zip(planned)
                .map(|(step, planned_ticks)| Level {
                    name: format!("{} %", plain(step.coverage_pct)),
                    share: step.coverage_pct / 100.0,
                    planned_ticks,
                })
                .collect(),
            refresh_ticks: (config.refresh_seconds / tick).max(1),
            guardrails,
            signals,
            srm_action: config.srm_action,
            no_traffic_action: config.no_traffic_action,
            grace_ticks: config.no_traffic_grace_seconds / tick,
            max_hold_ticks: config.max_hold_seconds / tick,
        }
    }
}

impl Prepared for GrowthbookPolicy {
    fn levels(&self) -> &[Level] {
        &self.levels
    }

    fn most_ticks(&self) -> u64 {
        // After a hold the following steps may wait longer for a snapshot.
        let snapshots = self.steps.len() as u64 * u64::from(self.refresh_ticks);
        let hold = u64::from(self.max_hold_ticks);
        let most = self.planned_ticks() + hold + snapshots;
        most.min(u64::from(crate::config::MAX_TICKS))
    }

    fn most_waits(&self, answer: Command) -> u64 {
        match answer {
            Command::Abort => 1,
            _ => self.steps.len() as u64,
        }
    }

    fn looks_in_pauses(&self) -> bool {
        self.steps.iter().any(|step| step.monitored && step.requires_approval)
    }

    fn phases(&self) -> &'static [&'static str] {
        &["running", "held", "awaiting approval", "paused", "completed", "rolled-back"]
    }

    fn sentence(&self, note: Note) -> String {
        let Note::Growthbook(event) = note else { return String::new() };
        match event {
            Event::Advanced(step) => {
                let name = self.levels.get(step as usize).map_or("", |level| level.name.as_str());
                format!("Step {} of {}, {name}.", step + 1, self.levels.len())
            }
            Event::Completed => "The ramp is complete.".to_string(),
            Event::Lost => "Rolled back: a guardrail is lost.".to_string(),
            Event::NoUsers => "The step is held: no users yet.".to_string(),
            Event::NoTraffic => "No users after the time of grace.".to_string(),
            Event::Unequal => "The groups are not as large as each other.".to_string(),
            Event::TooFew => "The step is held: too few users for the next one.".to_string(),
            Event::SignalLost => "The step is held: a signal is lost.".to_string(),
            Event::AwaitsApproval => "The next step awaits approval.".to_string(),
            Event::HeldTooLong => {
                "Steps were held as long as the configuration allows: a person has to act."
                    .to_string()
            }
        }
    }
}

fn emit(checks: &mut impl Checks, step: Step, by: By, check: Option<usize>, event: Event) {
    let reason = check.map(|check| Reason { check, certificate: false, tally: None });
    checks.decide(Move { step, by, reason, note: Some(Note::Growthbook(event)) });
}

impl Growthbook {
    /// Judges a step by the snapshot of this tick.
    fn evaluate(&mut self, policy: &GrowthbookPolicy, step: PlannedStep, checks: &mut impl Checks) {
        let sizes = checks.look(SIZES).0;
        self.no_users = sizes == Verdict::Inconclusive;
        if self.no_users {
            return self.without_users(policy, checks);
        }
        let guardrails = 1..=policy.guardrails;
        if let Some(lost) =
            guardrails.into_iter().find(|check| checks.look(*check).0 == Verdict::Fail)
        {
            return self.roll_back(checks, Some(lost), Event::Lost);
        }
        if sizes == Verdict::Fail {
            match policy.srm_action {
                HealthAction::Rollback => {
                    return self.roll_back(checks, Some(SIZES), Event::Unequal);
                }
                HealthAction::Hold => return self.hold(checks, Some(SIZES), Event::Unequal),
                HealthAction::Warn => {
                    emit(checks, Step::Note, By::Policy, Some(SIZES), Event::Unequal);
                }
            }
        }
        if let Some(sample) = step.sample_size
            && checks.look(sample).0 == Verdict::Inconclusive
        {
            return self.hold(checks, Some(sample), Event::TooFew);
        }
        let signals = policy.guardrails + 1..=policy.guardrails + policy.signals;
        if let Some(lost) = signals.into_iter().find(|check| checks.look(*check).0 == Verdict::Fail)
        {
            return self.hold(checks, Some(lost), Event::SignalLost);
        }
        self.approve_or_advance(policy, step, checks);
    }

    /// Without users: a time of grace, then what the configuration says.
    fn without_users(&mut self, policy: &GrowthbookPolicy, checks: &mut impl Checks) {
        if self.monitored_ticks() < policy.grace_ticks {
            return self.hold(checks, Some(SIZES), Event::NoUsers);
        }
        match policy.no_traffic_action {
            HealthAction::Rollback => self.roll_back(checks, Some(SIZES), Event::NoTraffic),
            HealthAction::Hold => self.hold(checks, Some(SIZES), Event::NoTraffic),
            HealthAction::Warn => self.advance(policy, checks),
        }
    }

    fn approve_or_advance(
        &mut self,
        policy: &GrowthbookPolicy,
        step: PlannedStep,
        checks: &mut impl Checks,
    ) {
        if !step.requires_approval {
            return self.advance(policy, checks);
        }
        self.held = false;
        if self.waits_for != WaitsFor::Approval {
            (self.state, self.waits_for) = (State::Paused, WaitsFor::Approval);
            emit(checks, Step::Pause, By::Policy, None, Event::AwaitsApproval);
        }
    }

    fn hold(&mut self, checks: &mut impl Checks, check: Option<usize>, event: Event) {
        if self.waits_for == WaitsFor::Approval {
            // What was ready for an approval is not any more.
            (self.state, self.waits_for) = (State::Progressing, WaitsFor::Nothing);
            emit(checks, Step::Resume, By::Policy, None, event);
        }
        self.held = true;
        emit(checks, Step::Note, By::Rule, check, event);
    }

    fn roll_back(&mut self, checks: &mut impl Checks, check: Option<usize>, event: Event) {
        self.state = State::RolledBack;
        emit(checks, Step::Rollback, By::Rule, check, event);
    }

    fn advance(&mut self, policy: &GrowthbookPolicy, checks: &mut impl Checks) {
        let (step, event) = self.next(policy);
        emit(checks, step, By::Policy, None, event);
    }

    /// Begins the next step, or ends the ramp.
    fn next(&mut self, policy: &GrowthbookPolicy) -> (Step, Event) {
        (self.clock, self.held, self.waits_for) = (0, false, WaitsFor::Nothing);
        if self.step as usize + 1 >= policy.steps.len() {
            self.state = State::Completed;
            return (Step::Complete, Event::Completed);
        }
        self.state = State::Progressing;
        self.step += 1;
        self.enter(policy);
        (Step::Promote, Event::Advanced(self.step))
    }

    /// Ticks since monitoring began.
    fn monitored_ticks(&self) -> u32 {
        self.now.saturating_sub(self.monitored_from.unwrap_or(0))
    }

    /// Notes when monitoring begins.
    fn enter(&mut self, policy: &GrowthbookPolicy) {
        if policy.steps.get(self.step as usize).is_some_and(|step| step.monitored) {
            self.monitored_from.get_or_insert(self.now);
        }
    }
}

impl Decide for Growthbook {
    type Policy = GrowthbookPolicy;

    fn start(policy: &Self::Policy) -> Self {
        let mut start = Growthbook {
            state: State::Progressing,
            step: 0,
            clock: 0,
            monitored_from: None,
            no_users: false,
            held: false,
            held_ticks: 0,
            waits_for: WaitsFor::Nothing,
            now: 0,
        };
        start.enter(policy);
        start
    }

    fn after_tick(&mut self, policy: &Self::Policy, checks: &mut impl Checks) {
        self.now = checks.tick();
        let runs = self.state == State::Progressing || self.waits_for == WaitsFor::Approval;
        let Some(&step) = policy.steps.get(self.step as usize).filter(|_| runs) else { return };
        self.clock += 1;
        if self.clock < step.interval_ticks {
            return;
        }
        if self.held {
            self.held_ticks += 1;
        }
        if !step.monitored {
            return self.approve_or_advance(policy, step, checks);
        }
        if self.now.is_multiple_of(policy.refresh_ticks) {
            self.evaluate(policy, step, checks);
        } else if self.held && self.no_users && self.monitored_ticks() == policy.grace_ticks {
            // The end of the time of grace is not a snapshot’s.
            self.without_users(policy, checks);
        }
        if self.held && self.state == State::Progressing && self.held_ticks >= policy.max_hold_ticks
        {
            (self.state, self.waits_for) = (State::Paused, WaitsFor::Hold);
            emit(checks, Step::Pause, By::Policy, None, Event::HeldTooLong);
        }
    }

    fn command(
        &mut self,
        policy: &Self::Policy,
        command: Command,
        moves: &mut Vec<Move>,
    ) -> Result<(), CallError> {
        Call::Command(command).check(self.state)?;
        let mut add = |step: Step, event: Option<Event>| {
            let note = event.map(Note::Growthbook);
            moves.push(Move { step, by: By::Person, reason: None, note });
        };
        match command {
            Command::Pause => {
                self.state = State::Paused;
                add(Step::Pause, None);
            }
            Command::Resume if self.waits_for == WaitsFor::Nothing => {
                self.state = State::Progressing;
                add(Step::Resume, None);
            }
            // An approval, or a person who ends a hold, begins the next step.
            Command::Resume | Command::Promote => {
                if self.state == State::Paused {
                    add(Step::Resume, None);
                }
                let (step, event) = self.next(policy);
                add(step, Some(event));
            }
            Command::Abort => {
                self.state = State::RolledBack;
                add(Step::Rollback, None);
            }
        }
        Ok(())
    }

    fn state(&self) -> State {
        self.state
    }

    fn level(&self, _policy: &Self::Policy) -> u32 {
        self.step
    }

    fn levels_completed(&self) -> u32 {
        self.step + u32::from(self.state == State::Completed)
    }

    fn traffic_level(&self, _policy: &Self::Policy) -> u32 {
        self.step
    }

    fn share(&self, policy: &Self::Policy) -> f64 {
        match self.state {
            State::RolledBack => 0.0,
            State::Completed => 1.0,
            _ => policy.levels.get(self.step as usize).map_or(0.0, |level| level.share),
        }
    }

    fn waits_for_a_person(&self) -> bool {
        self.state == State::Paused
    }

    fn is_planned(&self, _policy: &Self::Policy) -> bool {
        self.state != State::Paused && !self.held
    }

    fn phase(&self) -> u8 {
        match self.state {
            State::Completed => 4,
            State::RolledBack => 5,
            _ if self.waits_for == WaitsFor::Approval => 2,
            State::Paused => 3,
            _ => u8::from(self.held),
        }
    }
}
