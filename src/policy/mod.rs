//! Rollout policies: they turn the verdicts of checks into a level of traffic.
//!
//! A [`Policy`] is prepared once for a configuration. A [`Controller`] is the state
//! of a run in it. A controller sees no counts and draws no random numbers. The
//! loop calls the same few methods of every controller: for its levels, for the
//! current level and state, for the decisions after a tick, and to carry out a
//! command. After a tick the controller calls [`Checks`] for the checks that are
//! due.
//!
//! To add a controller, add a file here with two types, the prepared policy
//! (`Prepared`) and the state of a run (`Decide`), and a line in `controllers!`.

pub mod argo;
pub mod codedeploy;
pub mod flagger;
pub mod growthbook;
pub mod kayenta;
mod staged;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use argo::{Argo, ArgoPolicy};
pub use codedeploy::{CodeDeploy, CodeDeployPolicy};
pub use flagger::{Flagger, FlaggerPolicy};
pub use growthbook::{Growthbook, GrowthbookPolicy};
pub use kayenta::{Kayenta, KayentaPolicy};
pub use staged::{Staged, StagedPolicy};

use crate::config::{Config, ControllerConfig};
use crate::reading::words;
use crate::rules::{Gap, Verdict};

/// A level: a share that traffic can stand at.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// A display name.
    pub name: String,
    /// The canary's share of requests, 0..=1.
    pub share: f64,
    /// Ticks planned at this level, including timed pauses.
    pub planned_ticks: u64,
}

/// What a prepared policy tells the loop and the report.
pub trait Prepared {
    /// The ladder: the levels in the order in which a rollout passes them.
    fn levels(&self) -> &[Level];

    /// Every share that traffic can stand at. The first ones are those of the levels.
    fn shares(&self) -> Vec<f64> {
        self.levels().iter().map(|level| level.share).collect()
    }

    /// Ticks that a rollout takes in which every check passes and no person acts.
    fn planned_ticks(&self) -> u64 {
        self.levels().iter().map(|level| level.planned_ticks).sum()
    }

    /// The maximum length in ticks of a rollout without a person's pause.
    fn most_ticks(&self) -> u64;

    /// How often, at most, a rollout waits for a person who gives this answer.
    fn most_waits(&self, answer: Command) -> u64;

    /// Whether a check looks while the rollout is paused.
    fn looks_in_pauses(&self) -> bool;

    /// The controller's own names of its phases, in the order of
    /// [`Decide::phase`]; empty if it has none.
    fn phases(&self) -> &'static [&'static str] {
        &[]
    }

    /// What happened, in the controller's own words. Ends with a full stop.
    fn sentence(&self, _note: Note) -> String {
        String::new()
    }
}

/// The state of a run in a prepared policy. It is small and allocates nothing, because
/// a study restarts it a million times.
pub trait Decide: Copy {
    /// The prepared policy.
    type Policy: Prepared;

    /// The state before the first tick.
    fn start(policy: &Self::Policy) -> Self;

    /// Resets the state to before the first tick. In place, because a study does it a
    /// million times.
    fn restart(&mut self, policy: &Self::Policy) {
        *self = Self::start(policy);
    }

    /// Acts at the start of the rollout, before the first tick. Checks may look; they
    /// see the past of the service, and nothing of the canary.
    fn begin(&mut self, _policy: &Self::Policy, _checks: &mut impl Checks) {}

    /// Acts after the tick that has just ended: makes the checks look that are due, and
    /// passes each decision to [`Checks::decide`].
    fn after_tick(&mut self, policy: &Self::Policy, checks: &mut impl Checks);

    /// Carries out a command, and adds what changes to `moves`.
    ///
    /// # Errors
    /// If the state does not allow it. Nothing changes then.
    fn command(
        &mut self,
        policy: &Self::Policy,
        command: Command,
        moves: &mut Vec<Move>,
    ) -> Result<(), CallError>;

    /// The state of the rollout.
    fn state(&self) -> State;

    /// The index of the current level of the ladder; after the end, of the last one
    /// reached. It never decreases.
    fn level(&self, policy: &Self::Policy) -> u32;

    /// The number of levels passed so far; all of them after COMPLETED.
    fn levels_completed(&self) -> u32;

    /// The index in [`Prepared::shares`] of the share at which traffic stands in the
    /// next tick. Their number if the canary has no traffic yet.
    fn traffic_level(&self, policy: &Self::Policy) -> u32;

    /// The canary's share of requests after the last tick, 0..=1: 0 after ROLLED_BACK
    /// and 1 after COMPLETED.
    fn share(&self, policy: &Self::Policy) -> f64;

    /// Whether the rollout is paused until a person acts.
    fn waits_for_a_person(&self) -> bool;

    /// Whether the next tick is planned. The ticks of an extension and of a person's
    /// pause are not.
    fn is_planned(&self, _policy: &Self::Policy) -> bool {
        true
    }

    /// The index of the current phase in [`Prepared::phases`].
    fn phase(&self) -> u8 {
        0
    }
}

/// A policy, prepared for a configuration.
// One per plan.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug)]
pub enum Policy {
    /// Stages with increasing shares, judged by rules.
    Staged(StagedPolicy),
    /// Argo Rollouts.
    Argo(ArgoPolicy),
    /// Flagger.
    Flagger(FlaggerPolicy),
    /// AWS CodeDeploy.
    CodeDeploy(CodeDeployPolicy),
    /// The monitored ramp of GrowthBook.
    Growthbook(GrowthbookPolicy),
    /// The canary analysis of Kayenta.
    Kayenta(KayentaPolicy),
}

/// The state of a run in its policy.
// One per run, which is restarted in place.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Controller {
    /// Stages with increasing shares, judged by rules.
    Staged(Staged),
    /// Argo Rollouts.
    Argo(Argo),
    /// Flagger.
    Flagger(Flagger),
    /// AWS CodeDeploy.
    CodeDeploy(CodeDeploy),
    /// The monitored ramp of GrowthBook.
    Growthbook(Growthbook),
    /// The canary analysis of Kayenta.
    Kayenta(Kayenta),
}

/// The same call for every policy.
macro_rules! of_policy {
    ($value:expr, $p:ident => $call:expr) => {
        match $value {
            Policy::Staged($p) => $call,
            Policy::Argo($p) => $call,
            Policy::Flagger($p) => $call,
            Policy::CodeDeploy($p) => $call,
            Policy::Growthbook($p) => $call,
            Policy::Kayenta($p) => $call,
        }
    };
}

/// The same call for every controller.
macro_rules! of_controller {
    ($value:expr, $c:ident => $call:expr) => {
        match $value {
            Controller::Staged($c) => $call,
            Controller::Argo($c) => $call,
            Controller::Flagger($c) => $call,
            Controller::CodeDeploy($c) => $call,
            Controller::Growthbook($c) => $call,
            Controller::Kayenta($c) => $call,
        }
    };
}

/// The same call for every controller with its policy. A controller is only used with
/// the policy that it was started for; `$other` is never reached.
macro_rules! of_both {
    ($controller:expr, $policy:expr, ($c:ident, $p:ident) => $call:expr, $other:expr) => {
        match ($controller, $policy) {
            (Controller::Staged($c), Policy::Staged($p)) => $call,
            (Controller::Argo($c), Policy::Argo($p)) => $call,
            (Controller::Flagger($c), Policy::Flagger($p)) => $call,
            (Controller::CodeDeploy($c), Policy::CodeDeploy($p)) => $call,
            (Controller::Growthbook($c), Policy::Growthbook($p)) => $call,
            (Controller::Kayenta($c), Policy::Kayenta($p)) => $call,
            _ => $other,
        }
    };
}

impl Policy {
    /// The policy of a configuration, prepared.
    pub fn new(config: &Config) -> Self {
        let tick = config.world().tick_seconds;
        match &config.policy().controller {
            None => Policy::Staged(StagedPolicy::new(config)),
            Some(ControllerConfig::Argo(argo)) => Policy::Argo(ArgoPolicy::new(argo, tick)),
            Some(ControllerConfig::Flagger(flagger)) => {
                Policy::Flagger(FlaggerPolicy::new(flagger, tick))
            }
            Some(ControllerConfig::CodeDeploy(codedeploy)) => {
                Policy::CodeDeploy(CodeDeployPolicy::new(codedeploy, tick))
            }
            Some(ControllerConfig::Growthbook(growthbook)) => {
                Policy::Growthbook(GrowthbookPolicy::new(growthbook, tick))
            }
            Some(ControllerConfig::Kayenta(kayenta)) => {
                Policy::Kayenta(KayentaPolicy::new(kayenta, tick))
            }
        }
    }
}

/// The checks that a controller can call. They return verdicts, never counts.
pub trait Checks {
    /// The tick that has just ended, from 1.
    fn tick(&self) -> u32;
    /// Whether this check has to look: it may not pass, or every look is recorded.
    fn matters(&self, check: usize) -> bool;
    /// Makes the check look. The gap says what was missing, if the look was
    /// inconclusive.
    fn look(&mut self, check: usize) -> (Verdict, Option<Gap>);
    /// Whether the check certifies that the level may end after `clock` ticks;
    /// `None` if the check certifies nothing.
    fn certifies(&self, check: usize, clock: u32) -> Option<bool>;
    /// Takes a decision. There may be several in a tick.
    fn decide(&mut self, change: Move);
}

/// A decision: what changes, who decided, and why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Move {
    /// What changes.
    pub step: Step,
    /// Who decided.
    pub by: By,
    /// The check that gave the reason.
    pub reason: Option<Reason>,
    /// What happened in the controller's own terms, for [`Prepared::sentence`].
    pub note: Option<Note>,
}

/// What happened, in the terms of a controller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Note {
    /// Of Argo Rollouts.
    Argo(argo::Event),
    /// Of Flagger.
    Flagger(flagger::Event),
    /// Of AWS CodeDeploy.
    CodeDeploy(codedeploy::Event),
    /// Of GrowthBook.
    Growthbook(growthbook::Event),
    /// Of Kayenta.
    Kayenta(kayenta::Event),
}

/// The check that gave the reason for a decision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reason {
    /// The check's number, from 0.
    pub check: usize,
    /// Whether the reason is its certificate rather than its look.
    pub certificate: bool,
    /// The failed looks that the decision follows from, if one failed.
    pub tally: Option<Tally>,
}

/// Failed looks, counted until a decision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tally {
    /// The number of failed looks, this one included.
    pub failures: u32,
    /// The number at which the policy acts.
    pub limit: u32,
    /// Of how many looks, the latest; `None` for all.
    pub of_last: Option<u32>,
    /// Whether looks of several rules are counted.
    pub together: bool,
    /// The score of this look, 0..=100, if rules count by score.
    pub score: Option<f64>,
}

/// Who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The policy: a stage passed, a planned pause, the end of a rollback.
    Policy,
    /// A rule that failed.
    Rule,
    /// A command of a person.
    Person,
}

/// Any policy, asked like a particular one.
impl Prepared for Policy {
    fn levels(&self) -> &[Level] {
        of_policy!(self, p => p.levels())
    }

    fn shares(&self) -> Vec<f64> {
        of_policy!(self, p => p.shares())
    }

    fn planned_ticks(&self) -> u64 {
        of_policy!(self, p => p.planned_ticks())
    }

    fn most_ticks(&self) -> u64 {
        of_policy!(self, p => p.most_ticks())
    }

    fn most_waits(&self, answer: Command) -> u64 {
        of_policy!(self, p => p.most_waits(answer))
    }

    fn looks_in_pauses(&self) -> bool {
        of_policy!(self, p => p.looks_in_pauses())
    }

    fn phases(&self) -> &'static [&'static str] {
        of_policy!(self, p => p.phases())
    }

    fn sentence(&self, note: Note) -> String {
        of_policy!(self, p => p.sentence(note))
    }
}

/// Any controller, asked like a particular one.
impl Decide for Controller {
    type Policy = Policy;

    fn start(policy: &Policy) -> Self {
        match policy {
            Policy::Staged(policy) => Controller::Staged(Staged::start(policy)),
            Policy::Argo(policy) => Controller::Argo(Argo::start(policy)),
            Policy::Flagger(policy) => Controller::Flagger(Flagger::start(policy)),
            Policy::CodeDeploy(policy) => Controller::CodeDeploy(CodeDeploy::start(policy)),
            Policy::Growthbook(policy) => Controller::Growthbook(Growthbook::start(policy)),
            Policy::Kayenta(policy) => Controller::Kayenta(Kayenta::start(policy)),
        }
    }

    fn restart(&mut self, policy: &Policy) {
        of_both!(self, policy, (c, p) => c.restart(p), ());
    }

    fn begin(&mut self, policy: &Policy, checks: &mut impl Checks) {
        of_both!(self, policy, (c, p) => c.begin(p, checks), ());
    }

    fn after_tick(&mut self, policy: &Policy, checks: &mut impl Checks) {
        of_both!(self, policy, (c, p) => c.after_tick(p, checks), ());
    }

    fn command(
        &mut self,
        policy: &Policy,
        command: Command,
        moves: &mut Vec<Move>,
    ) -> Result<(), CallError> {
        of_both!(self, policy, (c, p) => c.command(p, command, moves), Ok(()))
    }

    #[inline]
    fn state(&self) -> State {
        of_controller!(self, c => c.state())
    }

    fn level(&self, policy: &Policy) -> u32 {
        of_both!(self, policy, (c, p) => c.level(p), 0)
    }

    fn levels_completed(&self) -> u32 {
        of_controller!(self, c => c.levels_completed())
    }

    fn traffic_level(&self, policy: &Policy) -> u32 {
        of_both!(self, policy, (c, p) => c.traffic_level(p), 0)
    }

    fn share(&self, policy: &Policy) -> f64 {
        of_both!(self, policy, (c, p) => c.share(p), 0.0)
    }

    fn waits_for_a_person(&self) -> bool {
        of_controller!(self, c => c.waits_for_a_person())
    }

    fn is_planned(&self, policy: &Policy) -> bool {
        of_both!(self, policy, (c, p) => c.is_planned(p), true)
    }

    fn phase(&self) -> u8 {
        of_controller!(self, c => c.phase())
    }
}

/// The state of a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// A stage is in progress.
    Progressing,
    /// The share stays as it is, and no rule acts except those that look in pauses.
    Paused,
    /// The rollback has been decided, but the canary still has its share.
    RollingBack,
    /// The end: all traffic is back on the baseline.
    RolledBack,
    /// The end: all traffic goes to the canary.
    Completed,
}

impl State {
    /// All states, in the order of their numbers in a series.
    pub const ALL: [State; 5] = [
        State::Progressing,
        State::Paused,
        State::RollingBack,
        State::RolledBack,
        State::Completed,
    ];

    /// Whether the rollout has ended.
    pub fn is_terminal(self) -> bool {
        matches!(self, State::RolledBack | State::Completed)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Progressing => "PROGRESSING",
            State::Paused => "PAUSED",
            State::RollingBack => "ROLLING_BACK",
            State::RolledBack => "ROLLED_BACK",
            State::Completed => "COMPLETED",
        })
    }
}

/// A command that a person can give to a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Pause without rolling back.
    Pause,
    /// Resume. After a pause at the end of a stage this promotes. After a pause by
    /// a rule, that rule does not act again in this stage.
    Resume,
    /// Promote to the next stage at once, whatever the rules say.
    Promote,
    /// Roll back.
    Abort,
}

words!(Command { "pause" => Pause, "resume" => Resume, "promote" => Promote, "abort" => Abort });

impl Command {
    /// All commands.
    pub const ALL: [Command; 4] =
        [Command::Pause, Command::Resume, Command::Promote, Command::Abort];

    /// Its name in reports and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Command::Pause => "pause",
            Command::Resume => "resume",
            Command::Promote => "promote",
            Command::Abort => "abort",
        }
    }
}

/// A method of a rollout that its state can refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Simulate one tick.
    Tick,
    /// Simulate up to the stage's verdict.
    Advance,
    /// A command of a person.
    Command(Command),
}

impl Call {
    /// All calls.
    pub const ALL: [Call; 6] = [
        Call::Tick,
        Call::Advance,
        Call::Command(Command::Pause),
        Call::Command(Command::Resume),
        Call::Command(Command::Promote),
        Call::Command(Command::Abort),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Call::Tick => "tick",
            Call::Advance => "advance",
            Call::Command(command) => command.name(),
        }
    }

    /// The states in which the call is allowed.
    pub fn allowed_in(self) -> &'static [State] {
        use State::*;
        match self {
            Call::Tick => &[Progressing, Paused, RollingBack],
            Call::Advance => &[Progressing, RollingBack],
            Call::Command(Command::Pause) => &[Progressing],
            Call::Command(Command::Resume) => &[Paused],
            Call::Command(Command::Promote | Command::Abort) => &[Progressing, Paused],
        }
    }

    /// Checks that the call is allowed in `state`. The error names the states that
    /// allow it.
    pub fn check(self, state: State) -> Result<(), CallError> {
        if self.allowed_in().contains(&state) {
            Ok(())
        } else {
            Err(CallError::State { call: self, state })
        }
    }
}

/// A refused call. It changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The state does not allow it.
    State {
        /// The call.
        call: Call,
        /// The state of the rollout.
        state: State,
    },
    /// The rollout has reached its maximum length.
    TooLong {
        /// The call.
        call: Call,
        /// The maximum length, in ticks.
        max_ticks: u32,
    },
    /// The counts of the rollout are recorded, and the record has ended.
    RecordEnded {
        /// The call.
        call: Call,
        /// The last tick of which there is a record.
        ticks: u32,
    },
    /// The controller has no such command, or not in its present phase.
    Controller {
        /// The call.
        call: Call,
        /// Why, without a full stop.
        reason: &'static str,
    },
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::State { call, state } => {
                let allowed: Vec<String> =
                    call.allowed_in().iter().map(ToString::to_string).collect();
                write!(
                    f,
                    "{}(): the rollout is {state}, expected {}",
                    call.name(),
                    allowed.join(" or ")
                )
            }
            CallError::TooLong { call, max_ticks } => {
                write!(
                    f,
                    "{}(): the rollout has lasted its limit of {max_ticks} ticks",
                    call.name()
                )
            }
            CallError::RecordEnded { call, ticks } => {
                write!(f, "{}(): the record ends with tick {ticks}", call.name())
            }
            CallError::Controller { call, reason } => write!(f, "{}(): {reason}", call.name()),
        }
    }
}

impl std::error::Error for CallError {}

/// What a decision changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Promoted to the next stage.
    Promote,
    /// Promoted to all traffic, after the last stage.
    Complete,
    /// The stage was extended by one tick.
    Extend,
    /// Paused: from PROGRESSING to PAUSED.
    Pause,
    /// Resumed: from PAUSED to PROGRESSING.
    Resume,
    /// The rollback was decided.
    Rollback,
    /// The rollback is complete: all traffic is back on the baseline,
    /// `rollback_ticks` after the decision.
    RolledBack,
    /// A controller's event that leaves the state and the level as they are.
    Note,
}
