//! The staged policy: verdicts in, traffic share out.
//!
//! It knows the plan, the clock of the stage and the state; it sees no counts
//! and draws nothing. The loop asks it four things: the share in force, what
//! follows from a tick, to carry out a command, and the state.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::config::{AfterExtension, Config, OnInconclusive, StagePause};
use crate::rules::OnFail;

/// Where a rollout stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// A stage is under way.
    Progressing,
    /// Traffic flows at the stage's share, but nothing acts on it.
    Paused,
    /// The decision to roll back has fallen; the canary still has its share.
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

/// What the rules found in a tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// What the rules that failed ask for; a rollback beats a pause.
    pub fail: Option<OnFail>,
    /// Whether a rule could not tell, and whether time would mend it.
    pub inconclusive: Option<Mendable>,
}

/// Whether more ticks can make an inconclusive rule tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mendable {
    /// They can.
    Yes,
    /// They cannot: no baseline is left.
    No,
}

/// What a tick is to the stage it falls in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Nothing acts on it: the rollout is not PROGRESSING.
    Idle,
    /// Within the stage.
    Within,
    /// The stage's time is up.
    End,
    /// The stage's time was up before; the end of a prolongation.
    ExtendedEnd,
}

/// What the controller has to know of a configuration.
#[derive(Clone, Debug)]
pub struct StagedPlan {
    stages: Vec<PlannedStage>,
    on_inconclusive: OnInconclusive,
    rollback_ticks: u32,
}

#[derive(Clone, Copy, Debug)]
struct PlannedStage {
    share: f64,
    duration_ticks: u32,
    pause: Option<StagePause>,
}

impl StagedPlan {
    /// The plan of a configuration.
    pub fn new(config: &Config) -> Self {
        let stages = config.stages.iter().map(|stage| PlannedStage {
            share: stage.share(),
            duration_ticks: stage.duration_ticks,
            pause: stage.pause,
        });
        StagedPlan {
            stages: stages.collect(),
            on_inconclusive: config.on_inconclusive,
            rollback_ticks: config.rollback_ticks,
        }
    }

    fn total_stages(&self) -> u32 {
        self.stages.len() as u32
    }
}

/// The staged controller of one rollout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Controller {
    state: State,
    /// Stages passed, so also the index of the present one.
    stage: u32,
    /// The stage's clock: ticks it was PROGRESSING.
    clock: u32,
    /// Ticks by which the stage was prolonged.
    extended: u32,
    /// Whether the stage's verdict has fallen, so that going on means the next.
    passed: bool,
    /// In a planned pause or ROLLING_BACK: ticks until it ends by itself.
    ticks_left: Option<u32>,
}

impl Controller {
    /// Before the first tick.
    pub fn start() -> Self {
        Controller {
            state: State::Progressing,
            stage: 0,
            clock: 0,
            extended: 0,
            passed: false,
            ticks_left: None,
        }
    }

    /// Where the rollout stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// The index of the present (after the end: the last) stage.
    pub fn stage(&self, plan: &StagedPlan) -> u32 {
        self.stage.min(plan.total_stages() - 1)
    }

    /// Stages passed so far.
    pub fn stages_completed(&self) -> u32 {
        self.stage
    }

    /// The stage's clock: ticks it was PROGRESSING.
    pub fn clock(&self) -> u32 {
        self.clock
    }

    /// Whether it is paused until a person speaks.
    pub fn waits_for_a_person(&self) -> bool {
        self.state == State::Paused && self.ticks_left.is_none()
    }

    /// The canary's share of requests, 0..=1.
    pub fn share(&self, plan: &StagedPlan) -> f64 {
        match self.state {
            State::RolledBack => 0.0,
            State::Completed => 1.0,
            _ => plan.stages[self.stage as usize].share,
        }
    }

    /// Whether the plan has the tick to come: within a stage's time, or in a timed
    /// pause.
    #[inline]
    pub fn is_planned(&self, plan: &StagedPlan) -> bool {
        match self.state {
            State::Progressing => self.clock < plan.stages[self.stage as usize].duration_ticks,
            State::Paused => self.ticks_left.is_some(),
            _ => false,
        }
    }

    /// Moves the stage's clock by the tick that has just passed, and says what
    /// the tick is to the stage.
    pub fn clock_tick(&mut self, plan: &StagedPlan) -> Moment {
        if self.state != State::Progressing {
            return Moment::Idle;
        }
        self.clock += 1;
        let planned = plan.stages[self.stage as usize].duration_ticks;
        if self.clock < planned + self.extended {
            Moment::Within
        } else if self.extended > 0 {
            Moment::ExtendedEnd
        } else {
            Moment::End
        }
    }

    /// What follows from the tick that has just passed.
    pub fn after_tick(
        &mut self,
        plan: &StagedPlan,
        moment: Moment,
        finding: Finding,
    ) -> Option<Step> {
        if moment == Moment::Idle {
            return self.wait(plan);
        }
        let at_end = moment != Moment::Within;
        match finding.fail {
            Some(OnFail::Rollback) => return Some(self.roll_back(plan)),
            Some(OnFail::Pause) => return Some(self.pause(at_end, None)),
            None if !at_end => return None,
            None => {}
        }
        if let Some(mendable) = finding.inconclusive {
            let then = match plan.on_inconclusive {
                OnInconclusive::Promote => AfterExtension::Promote,
                OnInconclusive::Pause => AfterExtension::Pause,
                OnInconclusive::Rollback => AfterExtension::Rollback,
                OnInconclusive::Extend { max_ticks, .. }
                    if mendable == Mendable::Yes && self.extended < max_ticks =>
                {
                    self.extended += 1;
                    return Some(Step::Extend);
                }
                OnInconclusive::Extend { then, .. } => then,
            };
            match then {
                AfterExtension::Promote => {}
                AfterExtension::Pause => return Some(self.pause(true, None)),
                AfterExtension::Rollback => return Some(self.roll_back(plan)),
            }
        }
        Some(match plan.stages[self.stage as usize].pause {
            Some(StagePause::Manual) => self.pause(true, None),
            Some(StagePause::Ticks(ticks)) => self.pause(true, Some(ticks)),
            None => self.promote(plan),
        })
    }

    /// Carries out a command; it may take two steps (resume, then promote).
    ///
    /// # Errors
    /// Where the state does not allow it; nothing has changed then.
    pub fn command(
        &mut self,
        plan: &StagedPlan,
        command: Command,
    ) -> Result<[Option<Step>; 2], CallError> {
        Call::Command(command).check(self.state)?;
        Ok(match command {
            Command::Pause => [Some(self.pause(false, None)), None],
            Command::Resume => {
                self.state = State::Progressing;
                self.ticks_left = None;
                let promoted = self.passed.then(|| self.promote(plan));
                [Some(Step::Resume), promoted]
            }
            Command::Promote => [Some(self.promote(plan)), None],
            Command::Abort => [Some(self.roll_back(plan)), None],
        })
    }

    /// A tick of a planned pause, or of the way back.
    fn wait(&mut self, plan: &StagedPlan) -> Option<Step> {
        let left = self.ticks_left.as_mut()?;
        *left -= 1;
        if *left > 0 {
            return None;
        }
        Some(match self.state {
            State::RollingBack => {
                self.state = State::RolledBack;
                Step::RolledBack
            }
            _ => self.promote(plan),
        })
    }

    fn pause(&mut self, passed: bool, ticks_left: Option<u32>) -> Step {
        self.state = State::Paused;
        self.passed = passed;
        self.ticks_left = ticks_left;
        Step::Pause
    }

    fn promote(&mut self, plan: &StagedPlan) -> Step {
        let completed = self.stage + 1 == plan.total_stages();
        *self = Controller {
            stage: self.stage + 1,
            state: if completed { State::Completed } else { State::Progressing },
            ..Controller::start()
        };
        if completed { Step::Complete } else { Step::Promote }
    }

    fn roll_back(&mut self, plan: &StagedPlan) -> Step {
        if plan.rollback_ticks == 0 {
            self.state = State::RolledBack;
            self.ticks_left = None;
        } else {
            self.state = State::RollingBack;
            self.ticks_left = Some(plan.rollback_ticks);
        }
        Step::Rollback
    }
}
