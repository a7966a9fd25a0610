//! A study simulates many rollouts: what a policy does to healthy and to bad
//! releases.
//!
//! Run i of a study with first seed s is the rollout with seed s + i, to the last
//! bit of everything counted here. It is the same [`Run`], with a sink that counts.
//! Counts are whole numbers, sums are in fixed point and histograms have fixed
//! bins, so neither threads nor the size of chunks changes a figure. A study that
//! is stopped early is the study of the runs it finished. A study of many machines is
//! the sum of their counts: see [`rows`].

mod histogram;
mod options;
mod report;
mod requirement;
pub mod rows;

pub(crate) use histogram::Histogram;
pub use options::{FieldValue, NamedPolicy, Person, StudyOptions, Sweep};
pub(crate) use options::{
    PersonInput, full_path, no_field, remove_stale_names, set_field, with_policy,
};
pub use report::{
    CaseReport, Comparison, Difference, Distribution, Estimate, Interval, MeanDifference,
    RecordedDays, SeedRange, SeedSpan, StudyReport, SweepPoint, SweepReport,
};
pub use requirement::{
    DEFAULT_ERROR_PROBABILITY, DEFAULT_GATE_RUNS, Fulfilment, MAX_ERROR_PROBABILITY, Measure,
    Objective, QuantileFound, Requirement, RequirementGroup, RequirementReport,
};
pub(crate) use requirement::{Figure, OfPolicy, Scope, Source, Statistic, Watch};

use std::ops::Range;
use std::sync::Arc;

use crate::config::{Config, ConfigError, realised_share};
use crate::policy::{Decide, Prepared, State, Step};
use crate::rollout::{Decision, Evidence, Plan, Run, Sink, Tick};
use crate::world::{Cells, RecordedWorld};
use requirement::Watches;

/// Maximum number of runs in a study.
pub const MAX_RUNS: u64 = 1_000_000_000;
/// Maximum number of values in a sweep.
pub const MAX_SWEEP: usize = 100;
/// Maximum number of policies in addition to the configuration's own.
pub const MAX_POLICIES: usize = 8;
/// Maximum number of stages in all cases together. A case is a policy on a release
/// at a swept value. A prepared stage takes up to 50 kB.
pub const MAX_CASE_STAGES: usize = 4_000;
/// How many of the first runs' outcomes are kept for display.
pub const KEPT_RUNS: usize = 1_000;
/// Maximum number of runs that a thread takes at a time.
pub(crate) const CHUNK: u64 = 1_024;
/// Approximate number of ticks that a thread takes at a time, counted in ticks
/// without latencies.
pub(crate) const CHUNK_TICKS: u64 = 1 << 17;
/// The cost of a tick whose latencies are read, in ticks without latencies.
const LATENCY_TICKS: u64 = 16;
/// How many ticks without latencies pass between two checks of the stop flag; a
/// power of 2.
const CHEAP_TICKS: u32 = 1_024;
/// Approximate time in which all threads together finish a block of runs.
#[cfg(all(feature = "parallel", not(target_family = "wasm")))]
pub(crate) const BLOCK_SECONDS: f64 = 0.25;
/// Maximum growth of a block over the previous one, because the time of the first,
/// short blocks is not reliable.
#[cfg(all(feature = "parallel", not(target_family = "wasm")))]
pub(crate) const BLOCK_GROWTH: f64 = 8.0;

/// A study: its cases, and what the finished runs have found.
#[derive(Debug)]
pub struct Study {
    /// What is asked of each seed.
    question: Arc<Question>,
    /// What counts are taken from, if they are not drawn.
    recorded: Option<Arc<RecordedWorld>>,
    runs: u64,
    seed: u64,
    done: u64,
    cases: Vec<Case>,
    pairs: Vec<Pair>,
    /// The requirements, which end the study once they are certain.
    watches: Watches,
}

/// What a study asks, without the seeds that it is asked of.
#[derive(Debug)]
struct Question {
    /// The configuration, with the fields of `set` changed.
    config: Config,
    release_is_bad: bool,
    horizon_ticks: u32,
    person: Option<Person>,
    /// The recorded days that take the place of the world.
    recorded: Option<RecordedDays>,
    /// Which cases belong where in the report.
    layout: Layout,
}

/// A policy on a release, simulated for every seed.
#[derive(Debug)]
struct Case {
    plan: Arc<Plan>,
    tally: Tally,
    /// The outcomes of the first runs, of a case that is shown.
    kept: Vec<RunOutcome>,
}

/// Indices of the cases.
#[derive(Debug, Default)]
struct Layout {
    policies: Vec<PolicyCases>,
    sweep: Option<SweepCases>,
}

#[derive(Debug, serde::Serialize)]
struct PolicyCases {
    name: String,
    healthy: usize,
    /// `None` where the release does not differ from the baseline.
    release: Option<usize>,
}

#[derive(Debug, serde::Serialize)]
struct SweepCases {
    field: String,
    values: Vec<f64>,
    /// By policy, the cases of all values on the configuration's release.
    cases: Vec<Vec<usize>>,
    /// By policy, the cases on a healthy release. Only if the configuration's
    /// release is not healthy and the values affect a healthy one.
    healthy: Option<Vec<Vec<usize>>>,
}

/// Two cases compared on the same seeds.
#[derive(Clone, Debug, PartialEq)]
struct Pair {
    first: usize,
    second: usize,
    only_first_rolled_back: u64,
    only_second_rolled_back: u64,
    /// Runs in which the excess errors of the two cases differ.
    different_excess: u64,
    excess_squares: Squares,
}

/// A sum of squares that does not depend on the order. Differences are in units of
/// 2⁻²⁰; the high and low 64 bits of the squares are added separately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Squares {
    high: u128,
    low: u128,
}

impl Squares {
    const PLACES: f64 = (1u64 << 20) as f64;

    fn add(&mut self, difference: f64) {
        let fixed = u128::from((difference.abs() * Squares::PLACES + 0.5) as u64);
        let square = fixed * fixed;
        self.high += square >> 64;
        self.low += square & u128::from(u64::MAX);
    }

    /// The sum of both; `None` if it is too large.
    fn checked_add(self, other: Squares) -> Option<Squares> {
        let high = self.high.checked_add(other.high)?;
        Some(Squares { high, low: self.low.checked_add(other.low)? })
    }

    fn sum(&self) -> f64 {
        const HIGH: f64 = 18_446_744_073_709_551_616.0;
        (self.high as f64 * HIGH + self.low as f64) / (Squares::PLACES * Squares::PLACES)
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The release was promoted to all traffic.
    Completed,
    /// The release was rolled back.
    RolledBack,
    /// The rollout is paused until a person acts.
    Waiting,
}

/// What a study records of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunOutcome {
    /// How the run ended.
    pub end: End,
    /// Stages passed.
    pub stages_completed: u32,
    /// Ticks until the end, or until the pause that waits for a person.
    pub ticks: u32,
    /// The tick of the decision to roll back.
    pub rollback_tick: Option<u32>,
    /// The first tick in which the release was worse than the baseline.
    pub degraded_from: Option<u32>,
    /// Canary errors that the baseline would have served, up to the horizon:
    /// counted during the rollout, expected after its completion.
    pub excess_errors: f64,
    /// Expected requests served by the canary until the end of the rollout.
    pub exposed_requests: f64,
}

impl RunOutcome {
    /// Whether the release was rolled back before it became worse, or although it
    /// never did.
    pub fn rolled_back_falsely(&self) -> bool {
        match (self.rollback_tick, self.degraded_from) {
            (Some(rollback), Some(degraded)) => rollback < degraded,
            (rollback, _) => rollback.is_some(),
        }
    }
}

/// Counts and distributions over the runs of a case.
#[derive(Clone, Debug, PartialEq)]
struct Tally {
    runs: u64,
    completed: u64,
    waiting: u64,
    rolled_back_by_stage: Vec<u64>,
    rolled_back_falsely: u64,
    /// Ticks from the first tick of the regression to the decision, both included.
    ticks_to_rollback: Histogram,
    excess_errors: Histogram,
    exposed_requests: Histogram,
    duration_ticks: Histogram,
}

impl Tally {
    fn new(stages: usize) -> Self {
        Tally {
            runs: 0,
            completed: 0,
            waiting: 0,
            rolled_back_by_stage: vec![0; stages],
            rolled_back_falsely: 0,
            ticks_to_rollback: Histogram::default(),
            excess_errors: Histogram::default(),
            exposed_requests: Histogram::default(),
            duration_ticks: Histogram::default(),
        }
    }

    fn rolled_back(&self) -> u64 {
        self.rolled_back_by_stage.iter().sum()
    }

    fn record(&mut self, run: &RunOutcome) {
        self.runs += 1;
        match run.end {
            End::Completed => self.completed += 1,
            End::Waiting => self.waiting += 1,
            End::RolledBack => {
                self.rolled_back_by_stage[run.stages_completed as usize] += 1;
            }
        }
        if run.rolled_back_falsely() {
            self.rolled_back_falsely += 1;
        } else if let (Some(rollback), Some(degraded)) = (run.rollback_tick, run.degraded_from) {
            self.ticks_to_rollback.record_whole(rollback - degraded + 1);
        }
        self.excess_errors.record(run.excess_errors);
        self.exposed_requests.record(run.exposed_requests);
        self.duration_ticks.record_whole(run.ticks);
    }
}

impl Study {
    /// Prepares a study of a configuration.
    ///
    /// ```
    /// use canary_rollout::config::{Config, preset};
    /// use canary_rollout::study::{NamedPolicy, Study, StudyOptions};
    ///
    /// let config = Config::from_text(preset("reference").unwrap().json)?;
    /// let mut careful = config.policy().clone();
    /// careful.stages[0].traffic_pct = 0.5;
    /// let mut study = Study::new(&config, &StudyOptions {
    ///     runs: 1_000,
    ///     policies: vec![NamedPolicy { name: "careful".to_string(), policy: careful }],
    ///     ..StudyOptions::default()
    /// })?;
    /// study.advance(1_000);
    /// assert!(study.report().false_rollback.estimate < 0.05);
    /// # Ok::<(), canary_rollout::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// All faults of the options, and of the configurations that result from them.
    /// Paths in the options begin with `study.`.
    pub fn new(config: &Config, options: &StudyOptions) -> Result<Study, ConfigError> {
        options::prepare_typed(config, options, None)
    }

    /// Prepares a study from two texts, YAML or JSON: the configuration and the
    /// options. All options are optional:
    ///
    /// - `runs`: how many seeds, 1 to 10⁹; default 10,000.
    /// - `seed`: the first seed; default 0. All seeds must be below 2⁵³.
    /// - `horizon_ticks`: the number of ticks for which excess errors are counted;
    ///   default the longest that a rollout of the study can take, including
    ///   extensions, `rollback_ticks` and the pauses that `person` ends
    ///   ([`PolicyConfig::most_ticks`](crate::config::PolicyConfig::most_ticks)).
    /// - `person`: `{"after_ticks": number, "command": "resume", "promote" or "abort"}`,
    ///   what a person does in a pause that waits for one; default a run ends there, or
    ///   at the horizon if a rule looks in pauses.
    /// - `set`: `[{"field": path, "value": number}]`, numeric fields of the
    ///   configuration to change first.
    /// - `sweep`: `{"field": path, "values": [...]}`, a numeric field of the
    ///   configuration with 1 to 100 values to simulate; `error_ratio` is short for
    ///   `canary.error_ratio`.
    /// - `policies`: `[{"name": text, "policy": {...}}]`, at most 8 other policies
    ///   to compare on the same seeds. A policy has the keys `stages` (default: the
    ///   configuration's, without their thresholds), `error_rate_threshold`,
    ///   `latency_threshold_ms`, `rules`, `on_inconclusive`, `rollback_ticks`.
    ///
    /// # Errors
    /// All faults of the configuration or, if it has none, of the options. Paths in
    /// the options begin with `study.`.
    pub fn from_text(config: &str, options: &str) -> Result<Study, ConfigError> {
        options::prepare_text(config, options, None)
    }

    /// Prepares a study over recorded days, [`RecordedWorld::of_days`]: each seed draws
    /// the days of its rollout, and what of their requests goes to the canary. Load, noise,
    /// incidents and error rate of the configuration have no effect on the counts.
    ///
    /// # Errors
    /// As for [`Study::new`]; also if a case has ticks of another length than those that
    /// the record is spread over.
    pub fn over(
        config: &Config,
        options: &StudyOptions,
        recorded: Arc<RecordedWorld>,
    ) -> Result<Study, ConfigError> {
        options::prepare_typed(config, options, Some(recorded))
    }

    /// Prepares a study over recorded days from two texts.
    ///
    /// # Errors
    /// As for [`Study::from_text`] and [`Study::over`].
    pub fn from_text_over(
        config: &str,
        options: &str,
        recorded: Arc<RecordedWorld>,
    ) -> Result<Study, ConfigError> {
        options::prepare_text(config, options, Some(recorded))
    }

    /// The number of runs requested; those finished, once all requirements are certain.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// The number of runs finished.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// Whether all runs are finished, or all requirements certain.
    pub fn is_finished(&self) -> bool {
        self.done == self.runs
    }

    /// Rollouts simulated per run: one for each policy on each release.
    pub fn rollouts_per_run(&self) -> u32 {
        self.cases.len() as u32
    }

    /// Simulates the next `runs` runs, or as many as are left, on this thread.
    pub fn advance(&mut self, runs: u64) {
        let end = self.runs.min(self.done.saturating_add(runs));
        while self.done < end && !self.is_finished() {
            let chunk = self.done..end.min(self.done + self.chunk());
            let Some(outcomes) = self.outcomes(chunk, || false) else { return };
            self.absorb(&outcomes);
        }
    }

    /// Simulates all remaining runs, on all threads of the current pool. After each
    /// block of runs (about a quarter of a second), it passes the number of
    /// finished runs to `progress`. When `stop` becomes true, it returns almost at
    /// once. The study is then the study of the runs finished; few are lost,
    /// because a block is short.
    #[cfg(all(feature = "parallel", not(target_family = "wasm")))]
    pub fn run_parallel(
        &mut self,
        stop: &std::sync::atomic::AtomicBool,
        mut progress: impl FnMut(u64),
    ) {
        use rayon::prelude::*;
        use std::sync::atomic::Ordering;
        use std::time::Instant;
        const CHUNKS: u64 = 16;
        let stopped = || stop.load(Ordering::Relaxed);
        let threads = rayon::current_num_threads() as u64;
        let most = self.chunk() * CHUNKS * threads;
        // The first blocks show what a run costs.
        let mut block = threads;
        while !self.is_finished() && !stopped() {
            let began = Instant::now();
            let end = self.runs.min(self.done + block);
            let chunk = block.div_ceil(CHUNKS * threads);
            let firsts: Vec<u64> = (self.done..end).step_by(chunk as usize).collect();
            let chunks: Vec<_> = firsts
                .into_par_iter()
                .map(|first| self.outcomes(first..end.min(first + chunk), stopped))
                .collect();
            for outcomes in chunks.iter().map_while(Option::as_ref) {
                self.absorb(outcomes);
            }
            progress(self.done);
            let share = BLOCK_SECONDS / began.elapsed().as_secs_f64().max(1e-6);
            block = ((block as f64 * share.min(BLOCK_GROWTH)) as u64).clamp(1, most);
        }
    }

    /// The outcomes of the first runs, at most [`KEPT_RUNS`], of the
    /// configuration's own policy, on a healthy release or on the configuration's
    /// release.
    pub fn first_runs(&self, healthy: bool) -> &[RunOutcome] {
        self.question.layout.policies.first().map_or(&[], |own| {
            let case = if healthy { own.healthy } else { own.release.unwrap_or(own.healthy) };
            &self.cases[case].kept
        })
    }

    /// How many runs a thread takes at a time: fewer if they are expensive, so that
    /// few outcomes are held at a time.
    fn chunk(&self) -> u64 {
        (CHUNK_TICKS / self.ticks_per_run()).clamp(1, CHUNK)
    }

    /// What a run costs, in planned ticks without latencies; at least 1.
    fn ticks_per_run(&self) -> u64 {
        self.cases.iter().map(|case| cost_of(&case.plan)).sum::<u64>().max(1)
    }

    /// The outcomes of some runs, by case; `None` if stopped. The outcomes do not
    /// depend on other runs.
    fn outcomes(
        &self,
        runs: Range<u64>,
        stopped: impl Fn() -> bool,
    ) -> Option<Vec<Vec<RunOutcome>>> {
        let seeds = self.seed + runs.start..self.seed + runs.end;
        let of_case = |case: &Case| {
            let Question { person, horizon_ticks, .. } = *self.question;
            outcomes_of(&case.plan, seeds.clone(), person, horizon_ticks, &stopped)
        };
        self.cases.iter().map(of_case).collect()
    }

    /// Adds the outcomes of the next runs to the counts, up to the run after which all
    /// requirements are certain.
    fn absorb(&mut self, outcomes: &[Vec<RunOutcome>]) {
        if self.is_finished() {
            return;
        }
        let count = self.watches.take(self.done, self.runs, outcomes);
        let shown =
            self.question.layout.policies.first().map(|own| [Some(own.healthy), own.release]);
        for (i, (case, outcomes)) in self.cases.iter_mut().zip(outcomes).enumerate() {
            let outcomes = &outcomes[..count];
            for outcome in outcomes {
                case.tally.record(outcome);
            }
            if shown.is_some_and(|shown| shown.contains(&Some(i))) {
                let room = KEPT_RUNS - case.kept.len();
                case.kept.extend(outcomes.iter().take(room));
            }
        }
        for pair in &mut self.pairs {
            let both = outcomes[pair.first].iter().zip(&outcomes[pair.second]);
            for (first, second) in both.take(count) {
                pair.record(first, second);
            }
        }
        self.done += count as u64;
        if self.watches.are_certain() {
            self.runs = self.done;
        }
    }
}

impl Pair {
    fn record(&mut self, first: &RunOutcome, second: &RunOutcome) {
        match (first.end == End::RolledBack, second.end == End::RolledBack) {
            (true, false) => self.only_first_rolled_back += 1,
            (false, true) => self.only_second_rolled_back += 1,
            _ => {}
        }
        let difference = second.excess_errors - first.excess_errors;
        if difference != 0.0 {
            self.different_excess += 1;
            self.excess_squares.add(difference);
        }
    }
}

/// The outcomes of a plan with some seeds; `None` if stopped. An outcome does not depend on
/// other seeds.
pub(crate) fn outcomes_of(
    plan: &Plan,
    seeds: Range<u64>,
    person: Option<Person>,
    horizon_ticks: u32,
    stopped: impl Fn() -> bool,
) -> Option<Vec<RunOutcome>> {
    let mut run = Run::new(plan, 0);
    let mut outcomes = Vec::with_capacity(seeds.end.saturating_sub(seeds.start) as usize);
    for seed in seeds {
        run.restart(plan, seed);
        let mut counter = Counter::new(plan, horizon_ticks);
        if !play(plan, &mut run, person, &mut counter, &stopped) {
            return None;
        }
        outcomes.push(counted(plan, &mut run, &counter));
    }
    Some(outcomes)
}

/// What a rollout of a plan costs, in ticks without latencies.
pub(crate) fn cost_of(plan: &Plan) -> u64 {
    let cost = if plan.reads_latency() { LATENCY_TICKS } else { 1 };
    plan.policy().planned_ticks() * cost
}

/// Simulates a rollout from its start to its end, or to a pause that waits for a
/// person, and returns its outcome. Excess errors are counted up to the horizon:
/// those of the rollout and, after it has completed, the expected ones of a canary
/// with all traffic.
pub fn outcome(plan: &Plan, run: &mut Run, horizon_ticks: u32) -> RunOutcome {
    let mut counter = Counter::new(plan, horizon_ticks);
    play(plan, run, None, &mut counter, || false);
    counted(plan, run, &counter)
}

/// Simulates a rollout from its start to its end, or to a pause that waits for a
/// person who does not answer; false if stopped.
fn play(
    plan: &Plan,
    run: &mut Run,
    person: Option<Person>,
    counter: &mut Counter,
    stopped: impl Fn() -> bool,
) -> bool {
    // Checking the flag at every tick would take a noticeable part of the time of a
    // tick.
    let seldom = if plan.reads_latency() { 0 } else { CHEAP_TICKS - 1 };
    let mut waiting = Waiting::default();
    while !run.state().is_terminal() {
        if run.controller().waits_for_a_person() {
            match waiting.after_tick(plan, run, person, counter) {
                After::Waits => {}
                After::Answered => continue,
                After::Ends => break,
            }
        }
        if run.ticks() & seldom == 0 && stopped() {
            return false;
        }
        // Only the limit on ticks could refuse the tick.
        if run.tick(plan, counter).is_err() {
            break;
        }
    }
    true
}

/// A pause that waits for a person.
#[derive(Default)]
struct Waiting {
    /// The tick after which it began.
    began: u32,
    /// The last tick after which the rollout waited; `None` after an answer.
    last: Option<u32>,
}

/// What follows after a tick in a pause that waits for a person.
enum After {
    /// The next tick of the pause.
    Waits,
    /// The person has answered.
    Answered,
    /// Nothing: nobody answers.
    Ends,
}

impl Waiting {
    #[inline(never)]
    fn after_tick(
        &mut self,
        plan: &Plan,
        run: &mut Run,
        person: Option<Person>,
        counter: &mut Counter,
    ) -> After {
        let now = run.ticks();
        let Some(person) = person else {
            // A rule that looks in pauses may still roll back.
            let goes_on = plan.looks_in_pauses() && now < counter.horizon_ticks;
            return if goes_on { After::Waits } else { After::Ends };
        };
        if self.last.is_none_or(|last| last + 1 != now) {
            self.began = now;
        }
        self.last = Some(now);
        if now - self.began < person.after_ticks {
            return After::Waits;
        }
        // Another pause may begin at once.
        self.last = None;
        // The state is PAUSED, which allows every answer.
        match run.command(plan, person.command, counter) {
            Ok(()) => After::Answered,
            Err(_) => After::Ends,
        }
    }
}

/// The outcome of a rollout that was simulated; this advances its world. Not
/// inlined, because next to the loop it would take registers from it.
#[inline(never)]
fn counted(plan: &Plan, run: &mut Run, counter: &Counter) -> RunOutcome {
    let (ticks, horizon_ticks) = (run.ticks(), counter.horizon_ticks);
    let end = match run.state() {
        State::Completed => End::Completed,
        State::RolledBack => End::RolledBack,
        _ => End::Waiting,
    };
    let mut later = 0.0;
    if end == End::Completed && horizon_ticks > ticks && plan.truth().release_differs() {
        later = run.expected_excess_until(plan, horizon_ticks);
    }
    RunOutcome {
        end,
        stages_completed: run.controller().levels_completed(),
        ticks,
        rollback_tick: counter.rollback_tick,
        degraded_from: run.degraded_from(),
        excess_errors: counter.excess_errors as f64 + later,
        exposed_requests: counter.exposed_requests,
    }
}

/// The sink of a study.
struct Counter {
    horizon_ticks: u32,
    canary_skew: f64,
    excess_errors: u64,
    exposed_requests: f64,
    rollback_tick: Option<u32>,
}

impl Counter {
    fn new(plan: &Plan, horizon_ticks: u32) -> Self {
        Counter {
            horizon_ticks,
            canary_skew: plan.config().world().traffic.canary_skew,
            excess_errors: 0,
            exposed_requests: 0.0,
            rollback_tick: None,
        }
    }
}

impl Sink for Counter {
    fn wants(&self) -> Cells {
        Cells::EXCESS
    }

    fn wants_looks(&self) -> bool {
        false
    }

    #[inline]
    fn tick(&mut self, tick: &Tick<'_>) {
        if tick.tick <= self.horizon_ticks {
            self.excess_errors += tick.excess_errors;
        }
        self.exposed_requests += tick.truth.requests * realised_share(tick.share, self.canary_skew);
    }

    #[inline]
    fn look(&mut self, _: u32, _: &Evidence) {}

    fn decision(&mut self, decision: &Decision) {
        if decision.step == Step::Rollback {
            self.rollback_tick = Some(decision.tick);
        }
    }
}
