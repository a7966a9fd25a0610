//! Rollout policies: they turn the verdicts of checks into a level of traffic.
//!
//! A [`Policy`] is prepared once for a configuration. A [`Controller`] is the state
//! of a run in it. A controller sees no counts and draws no random numbers. The
//! loop calls the same few methods of every controller: for its levels, for the
//! current level and state, for the decision after a tick, and to carry out a
//! command. After a tick the controller calls [`Checks`] for the checks that are
//! due.
//!
//! To add a controller, add a file here with two types, the prepared policy and the
//! state of a run, and a variant for each in the two enums.

mod staged;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use staged::{Staged, StagedPolicy};

use crate::config::Config;
use crate::reading::words;
use crate::rules::{Gap, Verdict};

/// A level: a share that traffic can stand at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// The canary's share of requests, in (0, 1].
    pub share: f64,
    /// Ticks planned at this level, including timed pauses.
    pub planned_ticks: u64,
}

/// A policy, prepared for a configuration.
#[derive(Clone, Debug)]
pub enum Policy {
    /// Stages with increasing shares, judged by rules.
    Staged(StagedPolicy),
}

impl Policy {
    /// The policy of a configuration, prepared.
    pub fn new(config: &Config) -> Self {
        Policy::Staged(StagedPolicy::new(config))
    }

    /// The levels, in order.
    pub fn levels(&self) -> &[Level] {
        match self {
            Policy::Staged(policy) => policy.levels(),
        }
    }
}

/// The state of a run in its policy. It is small and allocates nothing, because a
/// study restarts it a million times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Controller {
    /// The staged policy.
    Staged(Staged),
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

macro_rules! each_controller {
    ($controller:expr, $policy:expr, ($c:ident, $p:ident) => $call:expr) => {
        match ($controller, $policy) {
            (Controller::Staged($c), Policy::Staged($p)) => $call,
        }
    };
}

impl Controller {
    /// The controller before its first tick.
    pub fn start(policy: &Policy) -> Self {
        match policy {
            Policy::Staged(policy) => Controller::Staged(Staged::start(policy)),
        }
    }

    /// Resets the controller to before the first tick of the same policy.
    pub fn restart(&mut self, policy: &Policy) {
        each_controller!(self, policy, (c, p) => c.restart(p));
    }

    /// The state of the rollout.
    #[inline]
    pub fn state(&self) -> State {
        match self {
            Controller::Staged(staged) => staged.state(),
        }
    }

    /// The index of the current level; after the end, of the last one.
    #[inline]
    pub fn level(&self, policy: &Policy) -> u32 {
        each_controller!(self, policy, (c, p) => c.stage(p))
    }

    /// The canary's share of requests, 0..=1.
    #[inline]
    pub fn share(&self, policy: &Policy) -> f64 {
        each_controller!(self, policy, (c, p) => c.share(p))
    }

    /// The index of the level at which traffic stands: that of the level before while
    /// instances are not ready. The number of levels if the canary has no traffic yet.
    #[inline]
    pub fn traffic_level(&self, policy: &Policy) -> u32 {
        each_controller!(self, policy, (c, p) => c.traffic_stage(p))
    }

    /// The number of levels passed so far.
    pub fn levels_completed(&self) -> u32 {
        match self {
            Controller::Staged(staged) => staged.stages_completed(),
        }
    }

    /// Whether the rollout is paused until a person acts.
    pub fn waits_for_a_person(&self) -> bool {
        match self {
            Controller::Staged(staged) => staged.waits_for_a_person(),
        }
    }

    /// Whether the next tick is planned. The ticks of an extension and of a
    /// person's pause are not.
    #[inline]
    pub fn is_planned(&self, policy: &Policy) -> bool {
        each_controller!(self, policy, (c, p) => c.is_planned(p))
    }

    /// The decision after the tick that has just ended, if any.
    #[inline]
    pub fn after_tick(&mut self, policy: &Policy, checks: &mut impl Checks) -> Option<Move> {
        each_controller!(self, policy, (c, p) => c.after_tick(p, checks))
    }

    /// Carries out a command. It may take two steps (resume, then promote).
    ///
    /// # Errors
    /// If the state does not allow it. Nothing changes then.
    pub fn command(
        &mut self,
        policy: &Policy,
        command: Command,
    ) -> Result<[Option<Step>; 2], CallError> {
        each_controller!(self, policy, (c, p) => c.command(p, command))
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
}
