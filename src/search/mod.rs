//! A search finds the policies that hold stated bounds at the least harm and time.
//!
//! Its candidates are policies: those of a grid of values of the policy's fields, and
//! policies that are given. All of them are simulated with the same seeds, in rounds that
//! double the number of runs. After each round a candidate is dropped if it certainly
//! violates a bound, or if another one is certainly better; if the rollouts left are not
//! enough for all, the worse half is left out. So most rollouts go to the best candidates.
//! The one that is chosen is measured again with other seeds, because the best of many
//! estimates is too good.
//!
//! `vary` lists the values, `options` prepares the candidates, `contender` measures one,
//! `race` decides who goes on, `report` says what was found.

mod batches;
mod contender;
mod options;
mod question;
mod race;
mod reach;
mod report;
mod vary;

pub use reach::{Reach, ReachReport, Tried};
pub use report::{
    Candidate, CandidateState, Chosen, Compared, Figure, FreshFigures, Grid, HeldBound, Invalid,
    Limiting, Nearest, SearchBound, SearchPhase, SearchReport, SearchSeeds, VariedField,
};

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use crate::config::{Config, ConfigError};
use crate::study::{CHUNK, CHUNK_TICKS, RunOutcome, outcomes_of};
use crate::world::RecordedWorld;
use contender::Contender;
use question::Question;

/// The default of the most candidates of a grid.
pub const DEFAULT_CANDIDATES: usize = 400;
/// The most candidates of a search.
pub const MAX_CANDIDATES: usize = 5_000;
/// The most values of a varied field.
pub const MAX_VALUES: usize = 10_000;
/// The most bounds of a search, and the most figures to be made least.
pub const MAX_QUESTIONS: usize = 16;
/// The default of the most rollouts of a search.
pub const DEFAULT_SEARCH_ROLLOUTS: u64 = 10_000_000;
/// The most rollouts of a search.
pub const MAX_SEARCH_ROLLOUTS: u64 = 100_000_000_000;
/// The most stages of all candidates on all releases together. A prepared stage takes up to
/// 60 kB.
pub const MAX_SEARCH_STAGES: usize = 10_000;
/// The default of the share by which a figure may be worse and count as the same.
pub const DEFAULT_TOLERANCE: f64 = 0.01;

/// A search: its candidates, and what their runs have shown so far.
#[derive(Debug)]
pub struct Search {
    base: Config,
    question: Question,
    /// The varied fields, with the number of their values.
    fields: Vec<VariedField>,
    grid: Grid,
    /// The policy of the configuration.
    present: Contender,
    /// The index of the candidate that is the same policy.
    present_is: Option<usize>,
    candidates: Vec<Contender>,
    seed: u64,
    tolerance: f64,
    error_probability: f64,
    /// The most rollouts, and those that are simulated.
    rollouts: u64,
    spent: u64,
    /// Whether the first candidate that surely holds all bounds ends it.
    ends_with_first: bool,
    phase: Phase,
    /// Runs of each candidate that is alive, after the present round.
    target: u64,
    rounds: u32,
    steps: VecDeque<Step>,
    /// Measured on other seeds: what is found, and the present policy.
    fresh: Option<Fresh>,
    reports: report::Kept,
}

/// What is being simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Rounds among the candidates.
    Racing,
    /// No candidate holds all bounds: those that are nearest to it get more runs.
    Nearing,
    /// What was found is measured with other seeds.
    Confirming,
    Finished,
}

/// The measurement with other seeds.
#[derive(Debug)]
struct Fresh {
    /// The candidate that is measured.
    of: usize,
    /// Whether it is chosen; otherwise it is the nearest.
    is_chosen: bool,
    first_seed: u64,
    /// The candidate, and the present policy.
    contenders: [Contender; 2],
}

/// Runs of a contender.
#[derive(Clone, Copy, Debug)]
struct Step {
    who: Who,
    first: u64,
    runs: u64,
}

#[derive(Clone, Copy, Debug)]
enum Who {
    Present,
    Candidate(usize),
    Fresh(usize),
}

impl Search {
    /// Prepares a search from two texts, YAML or JSON: the configuration and the options.
    ///
    /// - `vary`: a list of fields of the policy with their values: texts such as
    ///   `"stages[0].traffic_pct=1,2,5"`, `"rules[0].max=0.005..0.05"` or
    ///   `"stages=[[…],[…]]"`; or objects `{"field": path, "values": [...]}` and
    ///   `{"field": path, "from": number, "to": number, "count": number}`. In a path, `[*]`
    ///   is every item of a list. `stages[*].traffic_pct` gives each stage another one of
    ///   the values, rising from stage to stage.
    /// - `policies`: `[{"name": text, "policy": {...}}]`, policies that are candidates as
    ///   they are.
    /// - `hold`: bounds that must hold, texts as for [`Requirement::parse`].
    /// - `least`: figures to be made least, texts as for [`Objective::parse`]; at least one.
    ///   The first one decides.
    /// - `runs`: the most rollouts of all candidates together; default
    ///   [`DEFAULT_SEARCH_ROLLOUTS`].
    /// - `candidates`: the most candidates of the grid of all values; default
    ///   [`DEFAULT_CANDIDATES`]. From a larger grid, that many are sampled.
    /// - `seed`: the first seed; default 0. It also decides which candidates are sampled.
    /// - `horizon_ticks`, `person`: as in the options of a study.
    /// - `error_probability`: the greatest probability that any of the candidates is wrongly
    ///   said to hold or to violate a bound; default 0.001.
    /// - `tolerance`: by which share a figure may be worse and still count as the same;
    ///   default [`DEFAULT_TOLERANCE`].
    ///
    /// ```
    /// use canary_rollout::config::preset;
    /// use canary_rollout::search::Search;
    ///
    /// let config = preset("twice-the-errors").unwrap().json;
    /// let mut search = Search::from_text(config, r#"{
    ///     "vary": ["error_rate_threshold=0.002..0.02"],
    ///     "hold": ["false_rollback<=0.2"],
    ///     "least": ["excess_errors"],
    ///     "runs": 60000
    /// }"#)?;
    /// while !search.is_finished() {
    ///     search.advance(10_000);
    /// }
    /// assert!(search.report().chosen.is_some());
    /// # Ok::<(), canary_rollout::config::ConfigError>(())
    /// ```
    ///
    /// [`Requirement::parse`]: crate::study::Requirement::parse
    /// [`Objective::parse`]: crate::study::Objective::parse
    ///
    /// # Errors
    /// All faults of the configuration or, if it has none, of the options; also if no
    /// combination of the values is a valid configuration. Paths in the options begin with
    /// `search.`.
    pub fn from_text(config: &str, options: &str) -> Result<Search, ConfigError> {
        options::prepare(config, options, None)
    }

    /// Prepares a search over recorded days, [`RecordedWorld::of_days`], as
    /// [`Study::over`](crate::study::Study::over) has them. The days are the same for all
    /// candidates and for the measurement with other seeds.
    ///
    /// # Errors
    /// As for [`Search::from_text`]; also if the configuration has ticks of another length
    /// than those that the record is spread over.
    pub fn from_text_over(
        config: &str,
        options: &str,
        recorded: Arc<RecordedWorld>,
    ) -> Result<Search, ConfigError> {
        options::prepare(config, options, Some(recorded))
    }

    /// The most rollouts of the search.
    pub fn rollouts(&self) -> u64 {
        self.rollouts
    }

    /// The number of rollouts simulated.
    pub fn done(&self) -> u64 {
        self.spent
    }

    /// Whether the search is finished. It may need fewer rollouts than it is allowed.
    pub fn is_finished(&self) -> bool {
        self.phase == Phase::Finished
    }

    /// Simulates at least this many rollouts, or as many as are left, on this thread. A step
    /// is at most 1,024 runs of a candidate, and is not divided.
    pub fn advance(&mut self, rollouts: u64) {
        let end = self.spent.saturating_add(rollouts);
        while self.spent < end {
            let Some(step) = self.steps.pop_front() else { return };
            let Some(outcomes) = self.outcomes(step, || false) else { return };
            self.absorb(step, &outcomes);
        }
    }

    /// Simulates all that is left, on all threads of the current pool. From time to time it
    /// passes the number of rollouts simulated to `progress`. When `stop` becomes true, it
    /// returns almost at once; the search can then be continued. Neither threads nor stops
    /// change the result.
    #[cfg(all(feature = "parallel", not(target_family = "wasm")))]
    pub fn run_parallel(
        &mut self,
        stop: &std::sync::atomic::AtomicBool,
        mut progress: impl FnMut(u64),
    ) {
        use crate::study::{BLOCK_GROWTH, BLOCK_SECONDS};
        use rayon::prelude::*;
        use std::sync::atomic::Ordering;
        use std::time::Instant;
        const MOST_STEPS: usize = 4_096;
        let stopped = || stop.load(Ordering::Relaxed);
        let mut block = rayon::current_num_threads();
        while !self.is_finished() && !stopped() {
            let began = Instant::now();
            let count = block.min(self.steps.len());
            let steps: Vec<Step> = self.steps.iter().take(count).copied().collect();
            let all: Vec<_> = steps.par_iter().map(|step| self.outcomes(*step, stopped)).collect();
            for (step, outcomes) in steps.iter().zip(&all) {
                let Some(outcomes) = outcomes else { return };
                self.steps.pop_front();
                self.absorb(*step, outcomes);
            }
            progress(self.spent);
            let share = BLOCK_SECONDS / began.elapsed().as_secs_f64().max(1e-6);
            block = ((block as f64 * share.min(BLOCK_GROWTH)) as usize).clamp(1, MOST_STEPS);
        }
    }

    fn contender(&self, who: Who) -> Option<&Contender> {
        match who {
            Who::Present => Some(&self.present),
            Who::Candidate(index) => self.candidates.get(index),
            Who::Fresh(index) => self.fresh.as_ref().and_then(|fresh| fresh.contenders.get(index)),
        }
    }

    /// The outcomes of a step by case; of a case that nothing is asked of, none. `None` if
    /// stopped.
    fn outcomes(&self, step: Step, stopped: impl Fn() -> bool) -> Option<Vec<Vec<RunOutcome>>> {
        let contender = self.contender(step.who)?;
        let first = match step.who {
            Who::Fresh(_) => self.fresh.as_ref()?.first_seed,
            _ => self.seed,
        };
        let seeds: Range<u64> = first + step.first..first + step.first + step.runs;
        let &Question { person, horizon_ticks, .. } = &self.question;
        let of_plan = |plan: &Option<Arc<crate::rollout::Plan>>| match plan {
            None => Some(Vec::new()),
            Some(plan) => outcomes_of(plan, seeds.clone(), person, horizon_ticks, &stopped),
        };
        contender.plans.iter().map(of_plan).collect()
    }

    /// Adds the outcomes of a step. After the last one of a round it decides how the search
    /// goes on.
    fn absorb(&mut self, step: Step, outcomes: &[Vec<RunOutcome>]) {
        let contender = match step.who {
            Who::Present => Some(&mut self.present),
            Who::Candidate(index) => self.candidates.get_mut(index),
            Who::Fresh(index) => {
                self.fresh.as_mut().and_then(|fresh| fresh.contenders.get_mut(index))
            }
        };
        if let Some(contender) = contender {
            contender.measured.record(outcomes);
            self.spent += contender.cost() * step.runs;
        }
        if self.steps.is_empty() {
            self.next_round();
        }
    }

    /// Adds the steps that bring a contender to a number of runs.
    fn add_steps(&mut self, who: Who, target: u64) {
        let Some(contender) = self.contender(who) else { return };
        let done = contender.measured.runs;
        let chunk = (CHUNK_TICKS / contender.ticks()).clamp(1, CHUNK);
        let mut first = done;
        while first < target {
            let runs = chunk.min(target - first);
            self.steps.push_back(Step { who, first, runs });
            first += runs;
        }
    }
}
