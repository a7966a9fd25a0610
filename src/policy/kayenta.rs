//! The canary analysis of Kayenta: a canary with a fixed share of the traffic, whose
//! series of points a judge scores at every interval.
//!
//! The i-th judgement is i intervals after the analysis began. A score at or below the
//! marginal one ends the analysis, and the canary with it; the last score has to pass.
//! Source: github.com/spinnaker/kayenta, commit a69573be, module
//! kayenta-standalone-canary-analysis (SetupAndExecuteCanariesStage, MonitorCanaryTask,
//! GenerateCanaryAnalysisResultTask).

use super::{
    By, Call, CallError, Checks, Command, Decide, Level, Move, Note, Prepared, Reason, State, Step,
};
use crate::config::KayentaConfig;
use crate::rules::Verdict;

/// The prepared policy.
#[derive(Clone, Debug)]
pub struct KayentaPolicy {
    levels: Vec<Level>,
    begin_ticks: u32,
    interval_ticks: u32,
    judgements: u32,
}

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kayenta {
    state: State,
    /// Ticks in which the analysis was not paused.
    clock: u32,
    /// The clock of the next judgement.
    due: u32,
    /// Judgements so far.
    judged: u32,
    begin_ticks: u32,
}

/// What happens in a rollout, for [`Prepared::sentence`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// A judgement that goes on, with its number.
    Judged(u32),
    /// The last judgement passed.
    Succeeded,
    /// The judgement with this number ended the analysis.
    Terminal(u32),
    /// The last judgement did not pass.
    Failed,
}

/// The only check.
const JUDGE: usize = 0;

impl KayentaPolicy {
    /// Prepares the policy of a configuration.
    pub fn new(config: &KayentaConfig, tick_seconds: u32) -> Self {
        let ticks = |seconds: u32| seconds / tick_seconds.max(1);
        let begin_ticks = ticks(config.begin_after_seconds);
        let interval_ticks = ticks(config.analysis_interval_seconds).max(1);
        let judgements = config.judgements().max(1);
        let level = Level {
            name: format!("{} %", crate::json::plain(config.traffic_pct)),
            share: config.traffic_pct / 100.0,
            planned_ticks: u64::from(begin_ticks)
                + u64::from(interval_ticks) * u64::from(judgements),
        };
        KayentaPolicy { levels: vec![level], begin_ticks, interval_ticks, judgements }
    }
}

impl Prepared for KayentaPolicy {
    fn levels(&self) -> &[Level] {
        &self.levels
    }

    fn most_ticks(&self) -> u64 {
        self.planned_ticks()
    }

    fn most_waits(&self, _answer: Command) -> u64 {
        0
    }

    fn looks_in_pauses(&self) -> bool {
        false
    }

    fn phases(&self) -> &'static [&'static str] {
        &["Warmup Wait", "Interval Wait", "Succeeded", "Terminal"]
    }

    fn sentence(&self, note: Note) -> String {
        let Note::Kayenta(event) = note else { return String::new() };
        let last = self.judgements;
        match event {
            Event::Judged(number) => format!("Judgement {number} of {last}: the analysis goes on."),
            Event::Succeeded => {
                format!("Judgement {last} of {last}: the analysis succeeded.")
            }
            Event::Terminal(number) => {
                format!("Judgement {number} of {last} ended the analysis.")
            }
            Event::Failed => format!("Judgement {last} of {last} did not pass."),
        }
    }
}

impl Kayenta {
    fn act(&mut self, checks: &mut impl Checks, state: Option<State>, step: Step, event: Event) {
        if let Some(state) = state {
            self.state = state;
        }
        checks.decide(Move {
            step,
            by: match event {
                Event::Terminal(_) | Event::Failed => By::Rule,
                Event::Judged(_) | Event::Succeeded => By::Policy,
            },
            reason: Some(Reason { check: JUDGE, certificate: false, tally: None }),
            note: Some(Note::Kayenta(event)),
        });
    }
}

impl Decide for Kayenta {
    type Policy = KayentaPolicy;

    fn start(policy: &Self::Policy) -> Self {
        Kayenta {
            state: State::Progressing,
            clock: 0,
            due: policy.begin_ticks + policy.interval_ticks,
            judged: 0,
            begin_ticks: policy.begin_ticks,
        }
    }

    fn after_tick(&mut self, policy: &Self::Policy, checks: &mut impl Checks) {
        if self.state != State::Progressing {
            return;
        }
        self.clock += 1;
        if self.clock < self.due {
            return;
        }
        self.due += policy.interval_ticks;
        self.judged += 1;
        let is_last = self.judged == policy.judgements;
        match checks.look(JUDGE).0 {
            Verdict::Fail => self.act(
                checks,
                Some(State::RolledBack),
                Step::Rollback,
                Event::Terminal(self.judged),
            ),
            Verdict::Pass if is_last => {
                self.act(checks, Some(State::Completed), Step::Complete, Event::Succeeded);
            }
            Verdict::Inconclusive if is_last => {
                self.act(checks, Some(State::RolledBack), Step::Rollback, Event::Failed);
            }
            Verdict::Pass | Verdict::Inconclusive => {
                self.act(checks, None, Step::Note, Event::Judged(self.judged));
            }
        }
    }

    fn command(
        &mut self,
        _policy: &Self::Policy,
        command: Command,
        moves: &mut Vec<Move>,
    ) -> Result<(), CallError> {
        Call::Command(command).check(self.state)?;
        let (state, step) = match command {
            Command::Pause => (State::Paused, Step::Pause),
            Command::Resume => (State::Progressing, Step::Resume),
            Command::Promote => (State::Completed, Step::Complete),
            Command::Abort => (State::RolledBack, Step::Rollback),
        };
        self.state = state;
        moves.push(Move { step, by: By::Person, reason: None, note: None });
        Ok(())
    }

    fn state(&self) -> State {
        self.state
    }

    fn level(&self, _policy: &Self::Policy) -> u32 {
        0
    }

    fn levels_completed(&self) -> u32 {
        u32::from(self.state == State::Completed)
    }

    fn traffic_level(&self, _policy: &Self::Policy) -> u32 {
        0
    }

    fn share(&self, policy: &Self::Policy) -> f64 {
        match self.state {
            State::RolledBack => 0.0,
            State::Completed => 1.0,
            _ => policy.levels.first().map_or(0.0, |level| level.share),
        }
    }

    fn waits_for_a_person(&self) -> bool {
        self.state == State::Paused
    }

    fn is_planned(&self, _policy: &Self::Policy) -> bool {
        self.state != State::Paused
    }

    fn phase(&self) -> u8 {
        match self.state {
            State::Completed => 2,
            State::RolledBack => 3,
            _ if self.clock < self.begin_ticks => 0,
            _ => 1,
        }
    }
}
