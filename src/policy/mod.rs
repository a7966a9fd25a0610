//! What decides: verdicts of checks in, a level of traffic out.
//!
//! A [`Policy`] is prepared once for a configuration, a [`Controller`] is where a
//! run stands in it. A controller sees no counts and draws nothing. The loop asks
//! the same few things of each: the levels, the present level and state, what
//! follows from a tick, and to carry out a command. To learn what follows, a
//! controller lets its [`Checks`] look when they are due.
//!
//! To add a controller: a file here, with a type that is prepared and a type that is
//! a run's state, and a line in both enums.

mod staged;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use staged::{Staged, StagedPolicy};

use crate::config::PolicyConfig;
use crate::rules::{Gap, Verdict};

/// A share that traffic can stand at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// The canary's share of requests, in (0, 1].
    pub share: f64,
    /// Ticks for which the plan has it, timed pauses included.
    pub planned_ticks: u64,
}

/// A policy, prepared once for a configuration.
#[derive(Clone, Debug)]
pub enum Policy {
    /// Stages with rising shares and rules that judge them.
    Staged(StagedPolicy),
}

impl Policy {
    /// The policy of a configuration, prepared.
    pub fn new(config: &PolicyConfig) -> Self {
        Policy::Staged(StagedPolicy::new(config))
    }

    /// The levels, in the order of their numbers.
    pub fn levels(&self) -> &[Level] {
        match self {
            Policy::Staged(policy) => policy.levels(),
        }
    }
}

/// Where a run stands in its policy. It is small and allocates nothing: a study
/// restarts it a million times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Controller {
    /// Of stages.
    Staged(Staged),
}

/// What a controller lets look. It learns verdicts, never counts.
pub trait Checks {
    /// Whether a look of this check has to be taken: it may do other than pass, or
    /// every look is wanted.
    fn matters(&self, check: usize) -> bool;
    /// Lets the check look.
    fn look(&mut self, check: usize) -> (Verdict, Option<Gap>);
    /// Whether the check certifies that a level may end after `clock` ticks of it;
    /// `None` if it certifies nothing.
    fn certifies(&self, check: usize, clock: u32) -> Option<bool>;
}

/// A change of course with what led to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// What changes.
    pub step: Step,
    /// Who decided.
    pub by: By,
    /// The check whose look gave the reason.
    pub reason: Option<Reason>,
}

/// A look that gave a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The check's number, from 0.
    pub check: usize,
    /// Whether the reason is its certificate.
    pub certificate: bool,
}

/// Who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The plan: a stage passed, a planned pause, the way back.
    Policy,
    /// A rule that failed.
    Rule,
    /// A command.
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
    /// Before the first tick.
    pub fn start(policy: &Policy) -> Self {
        match policy {
            Policy::Staged(_) => Controller::Staged(Staged::start()),
        }
    }

    /// Back before the first tick of the same policy.
    pub fn restart(&mut self, policy: &Policy) {
        each_controller!(self, policy, (c, p) => c.restart(p));
    }

    /// Where the rollout stands.
    #[inline]
    pub fn state(&self) -> State {
        match self {
            Controller::Staged(staged) => staged.state(),
        }
    }

    /// The index of the present (after the end: the last) level.
    #[inline]
    pub fn level(&self, policy: &Policy) -> u32 {
        each_controller!(self, policy, (c, p) => c.stage(p))
    }

    /// The canary's share of requests, 0..=1.
    #[inline]
    pub fn share(&self, policy: &Policy) -> f64 {
        each_controller!(self, policy, (c, p) => c.share(p))
    }

    /// Levels passed so far.
    pub fn levels_completed(&self) -> u32 {
        match self {
            Controller::Staged(staged) => staged.stages_completed(),
        }
    }

    /// Whether it is paused until a person speaks.
    pub fn waits_for_a_person(&self) -> bool {
        match self {
            Controller::Staged(staged) => staged.waits_for_a_person(),
        }
    }

    /// Whether the plan has the tick to come: an extension, or a person's pause, is
    /// not in it.
    #[inline]
    pub fn is_planned(&self, policy: &Policy) -> bool {
        each_controller!(self, policy, (c, p) => c.is_planned(p))
    }

    /// What follows from the tick that has just passed.
    #[inline]
    pub fn after_tick(&mut self, policy: &Policy, checks: &mut impl Checks) -> Option<Move> {
        each_controller!(self, policy, (c, p) => c.after_tick(p, checks))
    }

    /// Carries out a command; it may take two steps (resume, then promote).
    ///
    /// # Errors
    /// Where the state does not allow it; nothing has changed then.
    pub fn command(
        &mut self,
        policy: &Policy,
        command: Command,
    ) -> Result<[Option<Step>; 2], CallError> {
        each_controller!(self, policy, (c, p) => c.command(p, command))
    }
}

/// Where a rollout stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// A stage is under way.
    Progressing,
    /// Traffic flows at the stage's share, but nothing acts on it.
    Paused,
    /// The rollback has been decided; the canary still has its share.
    RollingBack,
    /// The end: all traffic is back at the baseline.
    RolledBack,
    /// The end: all traffic is the canary's.
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

    /// Whether nothing follows.
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

/// What a person may tell a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Halt the progress without rolling back.
    Pause,
    /// Go on. After a pause at a stage's end it promotes; after a rule's pause
    /// that rule does not act again in this stage.
    Resume,
    /// To the next stage at once, whatever the rules say.
    Promote,
    /// Roll back.
    Abort,
}

impl Command {
    /// All commands.
    pub const ALL: [Command; 4] =
        [Command::Pause, Command::Resume, Command::Promote, Command::Abort];

    /// Its name, as in the log and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Command::Pause => "pause",
            Command::Resume => "resume",
            Command::Promote => "promote",
            Command::Abort => "abort",
        }
    }
}

/// A call on a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// One interval.
    Tick,
    /// To the stage's verdict.
    Advance,
    /// A command.
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

    /// The states in which it may be called.
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

    /// Whether it may be called in `state`; the error says what may not be.
    pub fn check(self, state: State) -> Result<(), CallError> {
        if self.allowed_in().contains(&state) {
            Ok(())
        } else {
            Err(CallError::State { call: self, state })
        }
    }
}

/// A call that was refused. It changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The state does not allow it.
    State {
        /// The call.
        call: Call,
        /// The state it met.
        state: State,
    },
    /// The rollout has lasted as long as it may.
    TooLong {
        /// The call.
        call: Call,
        /// The most ticks a rollout may last.
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

/// A change of course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// To the next stage.
    Promote,
    /// Past the last stage.
    Complete,
    /// The stage was prolonged by a tick.
    Extend,
    /// To PAUSED.
    Pause,
    /// From PAUSED to PROGRESSING.
    Resume,
    /// The decision to roll back.
    Rollback,
    /// All traffic is back at the baseline, `rollback_ticks` after the decision.
    RolledBack,
}
