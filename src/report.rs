//! The report of a rollout. Its JSON is defined here and nowhere else.
//!
//! The keys are in the order of the structs. The first ones are those of the course
//! that this simulator began with. `commands`, `seed` and `config` are enough to
//! replay the rollout; over recorded counts, with the record.

mod recorded;
mod series;

use std::ops::Range;

use serde::Serialize;

use crate::config::{Arrival, Config};
use crate::json;
use crate::observation::{Arm, ByArm, Counts};
use crate::policy::{By, Decide, Level, Prepared, State, Step, Tally};
use crate::problem::Problem;
use crate::rollout::{Decision, Evidence, LookRow, Rollout, TickRow, TimedCommand};
use crate::rules::words::{percent, significant};
use crate::rules::{Rule, Verdict};
use crate::stats::confidence_sequence::{RatioInterval, Stratum, confidence_sequence};
use crate::stats::intervals::{Interval, wilson};
use crate::world::{LatencyWindow, WorldState};

pub use crate::world::RecordedSource;
pub use recorded::{RecordedLevel, RecordedReport};
pub use series::{Column, Series};

/// The report of a rollout, finished or not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The state; final if it is COMPLETED or ROLLED_BACK.
    pub final_state: State,
    /// Stages passed.
    pub stages_completed: u32,
    /// Stages of the policy.
    pub total_stages: u32,
    /// Whether a rollback has been decided.
    pub rollback_triggered: bool,
    /// The reason for the rollback, in a sentence.
    pub rollback_reason: Option<String>,
    /// The metrics of the whole rollout.
    pub metrics: Metrics,
    /// Whether the decision was right, given the truth.
    pub outcome: Outcome,
    /// The truth about the release.
    pub truth: TruthReport,
    /// What the counts were taken from, if they are recorded; otherwise, the report has no
    /// such key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<RecordedReport>,
    /// The levels, in the order of the policy.
    pub levels: Vec<LevelReport>,
    /// The stages, in order.
    pub stages: Vec<StageReport>,
    /// The decisions, in order.
    pub decisions: Vec<DecisionReport>,
    /// The commands given, each with the number of ticks elapsed.
    pub commands: Vec<TimedCommand>,
    /// The seed.
    pub seed: u64,
    /// The configuration, with all defaults filled in.
    pub config: Config,
    /// The controller that decides in place of the stages and rules of `config`; without
    /// one, the report has no such key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller: Option<ControllerReport>,
    /// The controller's checks in the form of rules, in the order of their numbers;
    /// without a controller, the report has no such key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Vec<Rule>>,
    /// What is valid in the configuration but probably a mistake.
    pub warnings: Vec<Warning>,
}

/// The controller that decides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ControllerReport {
    /// Its name.
    pub name: &'static str,
    /// Its own names of its phases; empty if it has none.
    pub phases: &'static [&'static str],
    /// The name of its phase now; `null` if it has none.
    pub phase: Option<&'static str>,
    /// Ticks that a rollout takes in which every check passes and no person acts.
    pub planned_ticks: u64,
    /// The maximum length in ticks of a rollout without a person's pause.
    pub most_ticks: u64,
    /// Whether a check may look while the rollout is paused.
    pub looks_in_pauses: bool,
}

/// Whether the decision was right, given the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A healthy release completed.
    PromotedRightly,
    /// A bad release rolled back after it had become worse.
    Caught,
    /// A healthy release rolled back, or a bad one before it became worse.
    FalseRollback,
    /// A bad release completed.
    MissedRegression,
    /// No decision yet.
    Undecided,
    /// Decided, and nobody knows whether rightly: the counts of both versions are
    /// recorded.
    Unknown,
}

/// The truth about the release.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TruthReport {
    /// Healthy or bad.
    pub release: Release,
    /// The first tick so far in which it was worse than the baseline, if any.
    pub regression_from_tick: Option<u32>,
    /// What the release does, in a sentence or two.
    pub sentence: String,
}

/// Whether a release is healthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// As good as the baseline, better, or worse only until it is warm.
    Healthy,
    /// Worse than the baseline, now or later.
    Bad,
    /// Nobody knows: the counts of both versions are recorded.
    Unknown,
}

/// The metrics of a range of ticks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metrics {
    /// The number of ticks.
    pub ticks: u32,
    /// Their duration in seconds.
    pub seconds: u64,
    /// The stable version.
    pub baseline: ArmMetrics,
    /// The canary.
    pub canary: ArmMetrics,
    /// The canary's error rate minus the baseline's; `null` if an arm has no
    /// requests.
    pub error_rate_delta: Option<f64>,
    /// The canary's error rate divided by the baseline's; `null` without baseline
    /// errors.
    pub error_rate_ratio: Option<f64>,
    /// A 95 % confidence interval of the ratio of the true error rates, if that is
    /// constant. It stays valid however often one looks. An end is `null` if it is
    /// unbounded.
    pub error_ratio_interval: RatioInterval,
    /// The canary's latency quantiles minus the baseline's.
    pub latency_delta_ms: Quantiles,
    /// Canary errors that the baseline would have served. Where the counts of both
    /// versions are recorded, an estimate, at least 0: see
    /// [`RecordedReport::excess_errors`].
    pub excess_errors: u64,
}

/// The level of the intervals in a report.
const ALPHA: f64 = 0.05;

/// The metrics of one arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmMetrics {
    /// All requests, including those that failed.
    pub requests: u64,
    /// Requests that failed.
    pub errors: u64,
    /// Errors divided by requests, 0..=1; `null` without requests.
    pub error_rate: Option<f64>,
    /// Wilson's 95 % interval of the error rate; valid for one look.
    pub error_rate_interval: Option<Interval>,
    /// Latency quantiles.
    pub latency_ms: Quantiles,
}

/// Quantiles of latency in milliseconds; `null` without requests.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quantiles {
    /// The median.
    pub p50: Option<f64>,
    /// The 95th percentile.
    pub p95: Option<f64>,
    /// The 99th percentile.
    pub p99: Option<f64>,
}

impl Quantiles {
    /// The quantiles that a report contains.
    pub const AT: [f64; 3] = [0.5, 0.95, 0.99];

    fn from_array([p50, p95, p99]: [Option<f64>; 3]) -> Self {
        Quantiles { p50, p95, p99 }
    }

    fn less(&self, other: &Quantiles) -> Quantiles {
        let less = |a: Option<f64>, b: Option<f64>| Some(a? - b?);
        Quantiles {
            p50: less(self.p50, other.p50),
            p95: less(self.p95, other.p95),
            p99: less(self.p99, other.p99),
        }
    }
}

/// A stage: its plan and what happened in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StageReport {
    /// Its number, from 1.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// The canary's share, in percent.
    pub traffic_pct: f64,
    /// Ticks planned.
    pub duration_ticks: u32,
    /// The first tick in the stage; `null` if it was not reached.
    pub first_tick: Option<u32>,
    /// The last tick in the stage so far.
    pub last_tick: Option<u32>,
    /// The metrics of the stage; `null` before its first tick.
    pub metrics: Option<Metrics>,
    /// The rules that apply in the stage.
    pub checks: Vec<Check>,
    /// The outcome of the stage.
    pub verdict: StageVerdict,
}

/// A level: a share that traffic can stand at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LevelReport {
    /// Its number, from 1.
    pub number: u32,
    /// The canary's share of requests, in (0, 1].
    #[serde(serialize_with = "json::number")]
    pub share: f64,
    /// Ticks planned at this level, including timed pauses.
    pub planned_ticks: u64,
    /// The first tick at the level; `null` if it was not reached.
    pub first_tick: Option<u32>,
    /// The last tick at the level so far.
    pub last_tick: Option<u32>,
}

/// The outcome of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StageVerdict {
    /// The stage has not begun.
    NotReached,
    /// The stage is in progress.
    InProgress,
    /// The stage is in progress, and paused.
    Paused,
    /// The stage was passed.
    Promoted,
    /// The rollback was decided in this stage.
    RolledBack,
}

/// A rule in a stage.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// Its number in `config.rules`, or in `rules` with a controller, from 0.
    pub rule: u32,
    /// Its name.
    pub name: &'static str,
    /// The number of looks.
    pub looks: u32,
    /// How many of these looks failed.
    pub failed_looks: u32,
    /// How many of these looks were inconclusive.
    pub inconclusive_looks: u32,
    /// The tick of the last look.
    pub tick: Option<u32>,
    /// The verdict of the last look.
    pub verdict: Option<Verdict>,
    /// The measured value, in the unit of the limit.
    pub observed: Option<f64>,
    /// The limit that it was compared with.
    pub limit: Option<f64>,
    /// The last look in a sentence.
    pub sentence: Option<String>,
    /// The ticks that the last look saw.
    pub window: Option<Window>,
}

/// The ticks that a look saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Window {
    /// The first tick. The last tick before the rollout is 0, earlier ones are
    /// negative.
    pub first_tick: i32,
    /// The last tick, which is as old as the delay of the observation. Before
    /// `first_tick` if the look saw nothing.
    pub last_tick: i32,
}

impl Window {
    fn of(evidence: &Evidence) -> Self {
        let [first_tick, last_tick] = evidence.ticks;
        Window { first_tick, last_tick }
    }
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DecisionReport {
    /// Ticks elapsed when it was made.
    pub tick: u32,
    /// The number of the stage in which it was made, from 1.
    pub stage: u32,
    /// What changed.
    pub action: Step,
    /// Who decided.
    pub by: By,
    /// The rule that gave the reason: its number in `config.rules`, or in
    /// `rules` with a controller, from 0.
    pub rule: Option<u32>,
    /// That rule's name.
    pub name: Option<&'static str>,
    /// The measured value, in the unit of the limit.
    pub observed: Option<f64>,
    /// The limit that it was compared with.
    pub limit: Option<f64>,
    /// The decision and its reason, in a sentence or two.
    pub sentence: String,
    /// The ticks that the rule saw.
    pub window: Option<Window>,
}

/// Something that is valid but probably a mistake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// The path in the configuration.
    pub path: String,
    /// What is probably wrong.
    pub message: String,
}

impl From<Problem> for Warning {
    fn from(problem: Problem) -> Self {
        Warning { path: problem.path, message: problem.message }
    }
}

impl Report {
    /// The JSON, indented by two spaces; the same bytes on every platform.
    pub fn to_json(&self) -> String {
        json::pretty(self)
    }
}

impl Rollout {
    /// The report of the rollout so far.
    pub fn report(&self) -> Report {
        let config = self.plan().config();
        let rollback = self.rollback_decision();
        let mut scribe = Scribe::new(self);
        let all = 0..self.history().ticks.len();
        Report {
            final_state: self.state(),
            stages_completed: self.standing().controller().levels_completed(),
            total_stages: self.plan().policy().levels().len() as u32,
            rollback_triggered: rollback.is_some(),
            rollback_reason: rollback.map(|decision| self.reason(decision)),
            metrics: scribe.metrics(all.clone()),
            outcome: self.outcome(),
            truth: self.truth(),
            recorded: recorded::recorded(self, self.estimated_excess(all)),
            levels: (1..)
                .zip(self.plan().policy().levels())
                .map(|(number, level)| self.level(number, level))
                .collect(),
            stages: (1..=self.plan().policy().levels().len() as u32)
                .map(|number| scribe.stage(number))
                .collect(),
            decisions: self.history().decisions.iter().map(|d| self.decision(d)).collect(),
            commands: self.commands().to_vec(),
            seed: self.seed(),
            config: config.clone(),
            controller: self.controller_report(),
            rules: config.policy().controller.as_ref().map(|_| config.policy().rules.clone()),
            warnings: config.warnings().into_iter().map(Warning::from).collect(),
        }
    }

    fn controller_report(&self) -> Option<ControllerReport> {
        let controller = self.plan().config().policy().controller.as_ref()?;
        let policy = self.plan().policy();
        let phase = usize::from(self.standing().controller().phase());
        Some(ControllerReport {
            name: controller.name(),
            phases: policy.phases(),
            phase: policy.phases().get(phase).copied(),
            planned_ticks: policy.planned_ticks(),
            most_ticks: policy.most_ticks(),
            looks_in_pauses: policy.looks_in_pauses(),
        })
    }

    fn level(&self, number: u32, level: &Level) -> LevelReport {
        let ticks = self.ticks_at(number);
        LevelReport {
            number,
            share: level.share,
            planned_ticks: level.planned_ticks,
            first_tick: ticks.as_ref().map(|ticks| ticks.start as u32 + 1),
            last_tick: ticks.map(|ticks| ticks.end as u32),
        }
    }

    /// The indices of the ticks at a level, if it was reached.
    fn ticks_at(&self, number: u32) -> Option<Range<usize>> {
        let rows = &self.history().ticks;
        let first = rows.partition_point(|row| row.stage < number);
        let past = rows.partition_point(|row| row.stage <= number);
        (past > first).then_some(first..past)
    }

    /// The latency quantiles [`Quantiles::AT`] of each tick.
    pub fn quantiles_by_tick(&self) -> Vec<ByArm<[Option<f64>; 3]>> {
        let mut scribe = Scribe::new(self);
        let ticks = 0..self.history().ticks.len();
        ticks.map(|i| ByArm::from_fn(|arm| scribe.quantiles(arm, i..i + 1))).collect()
    }

    /// Whether the decision was right, given the truth.
    pub fn outcome(&self) -> Outcome {
        let bad = self.plan().truth().release_is_bad();
        let known = self.plan().truth_is_known();
        match (self.state(), self.rollback_decision()) {
            (State::Completed, _) | (_, Some(_)) if !known => Outcome::Unknown,
            (State::Completed, _) if bad => Outcome::MissedRegression,
            (State::Completed, _) => Outcome::PromotedRightly,
            (_, None) => Outcome::Undecided,
            (_, Some(decision)) => {
                let began = self.standing().degraded_from();
                let in_time = began.is_some_and(|tick| tick <= decision.tick);
                if bad && in_time { Outcome::Caught } else { Outcome::FalseRollback }
            }
        }
    }

    fn rollback_decision(&self) -> Option<&Decision> {
        self.history().decisions.iter().find(|decision| decision.step == Step::Rollback)
    }

    fn truth(&self) -> TruthReport {
        if !self.plan().truth_is_known() {
            let sentence = "Whether the release is bad is not known: the counts of both versions are recorded.";
            return TruthReport {
                release: Release::Unknown,
                regression_from_tick: None,
                sentence: sentence.to_string(),
            };
        }
        let truth = self.plan().truth();
        TruthReport {
            release: if truth.release_is_bad() { Release::Bad } else { Release::Healthy },
            regression_from_tick: self.standing().degraded_from(),
            sentence: truth_sentence(truth),
        }
    }

    /// An estimate of the excess errors in a range of ticks, if the truth is not known:
    /// the canary's errors less its requests times the baseline's error rate, tick by
    /// tick. `None` if no tick has requests of both arms.
    fn estimated_excess(&self, rows: Range<usize>) -> Option<f64> {
        if self.plan().truth_is_known() {
            return None;
        }
        let of_row = |row: &TickRow| {
            let ByArm { baseline, canary } = row.counts;
            let rate = baseline.error_rate().filter(|_| canary.requests > 0)?;
            Some(canary.errors as f64 - canary.requests as f64 * rate)
        };
        let more = self.history().ticks[rows].iter().filter_map(of_row);
        more.reduce(|a, b| a + b)
    }

    fn decision(&self, decision: &Decision) -> DecisionReport {
        let evidence = decision.evidence.as_ref();
        DecisionReport {
            tick: decision.tick,
            stage: decision.stage,
            action: decision.step,
            by: decision.by,
            rule: evidence.map(|evidence| evidence.rule),
            name: evidence.map(|evidence| self.plan().rule(evidence.rule).method.name()),
            observed: evidence.and_then(|seen| seen.judgement.measure.observed),
            limit: evidence.map(|seen| seen.judgement.measure.limit),
            sentence: self.sentence(decision),
            window: evidence.map(Window::of),
        }
    }

    fn sentence(&self, decision: &Decision) -> String {
        if let Some(note) = decision.note {
            let what = self.plan().policy().sentence(note);
            return what + &self.early_reason(decision.evidence.as_ref());
        }
        let what = match (decision.step, decision.by) {
            (Step::Promote, By::Person) => "Promoted by a person",
            (Step::Promote, _) => "Promoted",
            (Step::Complete, By::Person) => "Completed by a person",
            (Step::Complete, _) => "Completed",
            (Step::Extend, _) => "Extended by one tick",
            (Step::Pause, By::Person) => "Paused by a person",
            (Step::Pause, By::Rule) => "Paused by a rule",
            (Step::Pause, By::Policy) => "Paused, as planned",
            (Step::Resume, _) => "Resumed by a person",
            (Step::Rollback, _) => return format!("Rolled back. {}", self.reason(decision)),
            (Step::RolledBack, _) => "All traffic is back on the baseline",
            (Step::Note, _) => "Noted",
        };
        let policy = self.plan().config().policy();
        let next = policy.stages.get(decision.stage as usize);
        match (decision.step, next, &decision.evidence) {
            (Step::Promote, Some(next), evidence) => {
                let share = significant(next.traffic_pct);
                let why = self.early_reason(evidence.as_ref());
                format!("{what} to stage {}, {share} %.{why}", decision.stage + 1)
            }
            (Step::Complete, _, evidence) => {
                let why = self.early_reason(evidence.as_ref());
                format!("{what}: all traffic goes to the release.{why}")
            }
            (_, _, Some(_)) => format!("{what}. {}", self.reason(decision)),
            _ => format!("{what}."),
        }
    }

    /// The reason why a stage ended early, if it did.
    fn early_reason(&self, evidence: Option<&Evidence>) -> String {
        evidence.map(|seen| format!(" {}", self.evidence_sentence(seen))).unwrap_or_default()
    }

    fn reason(&self, decision: &Decision) -> String {
        if decision.note.is_some() {
            return self.sentence(decision);
        }
        match &decision.evidence {
            Some(evidence) => {
                let pass_score = self.plan().config().policy().pass_score;
                let counted = decision.tally.map(|tally| tally_sentence(&tally, pass_score));
                self.evidence_sentence(evidence) + &counted.unwrap_or_default()
            }
            None => match decision.note {
                Some(note) if decision.by != By::Person => self.plan().policy().sentence(note),
                _ => format!("Aborted by a person after tick {}.", decision.tick),
            },
        }
    }

    fn evidence_sentence(&self, evidence: &Evidence) -> String {
        self.plan().rule(evidence.rule).sentence(&evidence.sight)
    }
}

/// Says how many looks failed, and the score of the last one, where the policy does
/// not act on any single failure. `pass_score` is the lowest score with which a look
/// passes.
fn tally_sentence(tally: &Tally, pass_score: f64) -> String {
    let Tally { failures, limit, of_last, together, score } = *tally;
    let mut sentence = String::new();
    if let Some(score) = score {
        let (score, least) = (significant(score), significant(pass_score));
        sentence += &format!(" The score of this look is {score} of 100; it passes from {least}.");
    }
    if limit > 1 || of_last.is_some() {
        let whose = if together { " of the rules that count together" } else { "" };
        let last = of_last.map(|looks| format!(" of the last {looks}")).unwrap_or_default();
        sentence += &format!(" Failed looks{whose}: {failures}{last}; the limit is {limit}.");
    }
    sentence
}

/// Writes the parts of a report for which latencies are drawn.
struct Scribe<'a> {
    rollout: &'a Rollout,
    /// A world of its own. It draws the same latencies as the rollout's, because
    /// random draws are addressed.
    world: WorldState,
    /// The ticks whose latencies are drawn.
    window: LatencyWindow,
}

impl<'a> Scribe<'a> {
    fn new(rollout: &'a Rollout) -> Self {
        let world = rollout.plan().world().start(rollout.seed());
        Scribe { rollout, world, window: LatencyWindow::new() }
    }

    fn metrics(&mut self, rows: Range<usize>) -> Metrics {
        let mut counts = ByArm::<Counts>::default();
        let mut excess_errors = 0;
        let mut strata: Vec<Stratum> = Vec::new();
        for row in &self.rollout.history().ticks[rows.clone()] {
            counts += row.counts;
            excess_errors += row.excess_errors;
            // Shares never decrease, so the ticks of one share are adjacent.
            if strata.last().is_none_or(|stratum| stratum.weight != row.share) {
                strata.push(Stratum { weight: row.share, canary_errors: 0, baseline_errors: 0 });
            }
            if let Some(stratum) = strata.last_mut() {
                stratum.canary_errors += row.counts.canary.errors;
                stratum.baseline_errors += row.counts.baseline.errors;
            }
        }
        let arm = |scribe: &mut Self, arm: Arm| ArmMetrics {
            requests: counts.of(arm).requests,
            errors: counts.of(arm).errors,
            error_rate: counts.of(arm).error_rate(),
            error_rate_interval: interval(counts.of(arm)),
            latency_ms: Quantiles::from_array(scribe.quantiles(arm, rows.clone())),
        };
        let (baseline, canary) = (arm(self, Arm::Baseline), arm(self, Arm::Canary));
        if !self.rollout.plan().truth_is_known() {
            let estimate = self.rollout.estimated_excess(rows.clone()).unwrap_or(0.0);
            excess_errors = (estimate + 0.5).max(0.0) as u64;
            strata = recorded_strata(&self.rollout.history().ticks[rows.clone()]);
        }
        let ticks = rows.len() as u32;
        let rates = canary.error_rate.zip(baseline.error_rate);
        Metrics {
            ticks,
            seconds: u64::from(ticks)
                * u64::from(self.rollout.plan().config().world().tick_seconds),
            error_rate_delta: rates.map(|(c, b)| c - b),
            error_rate_ratio: rates.filter(|(_, b)| *b > 0.0).map(|(c, b)| c / b),
            error_ratio_interval: confidence_sequence(&strata, ALPHA),
            latency_delta_ms: canary.latency_ms.less(&baseline.latency_ms),
            excess_errors,
            baseline,
            canary,
        }
    }

    fn quantiles(&mut self, arm: Arm, rows: Range<usize>) -> [Option<f64>; 3] {
        let latencies = &self.rollout.history().latencies;
        let world = self.rollout.plan().world();
        self.window.cover(latencies, rows);
        Quantiles::AT.map(|q| self.window.quantile_ms(world, &mut self.world, latencies, arm, q))
    }

    fn stage(&mut self, number: u32) -> StageReport {
        let rollout = self.rollout;
        let spent = rollout.ticks_at(number);
        let level = &rollout.plan().policy().levels()[number as usize - 1];
        let stage = rollout.plan().config().policy().stages.get(number as usize - 1);
        StageReport {
            number,
            name: level.name.clone(),
            traffic_pct: stage.map_or(100.0 * level.share, |stage| stage.traffic_pct),
            duration_ticks: stage.map_or(level.planned_ticks as u32, |stage| stage.duration_ticks),
            first_tick: spent.as_ref().map(|rows| rows.start as u32 + 1),
            last_tick: spent.as_ref().map(|rows| rows.end as u32),
            metrics: spent.clone().map(|rows| self.metrics(rows)),
            checks: checks(rollout, number, spent.unwrap_or(0..0)),
            verdict: stage_verdict(rollout, number),
        }
    }
}

/// The strata of ticks whose traffic is recorded: each tick with its own share.
fn recorded_strata(rows: &[TickRow]) -> Vec<Stratum> {
    let stratum = |row: &TickRow| {
        let ByArm { baseline, canary } = row.counts;
        let all = baseline.requests + canary.requests;
        (baseline.errors + canary.errors > 0).then(|| Stratum {
            weight: canary.requests as f64 / all as f64,
            canary_errors: canary.errors,
            baseline_errors: baseline.errors,
        })
    };
    rows.iter().filter_map(stratum).collect()
}

/// Wilson's interval of an error rate; `None` without requests.
fn interval(counts: &Counts) -> Option<Interval> {
    (counts.requests > 0).then(|| wilson(counts.errors, counts.requests, ALPHA))
}

/// The rules that apply in a stage, with their looks in the ticks of `rows`.
fn checks(rollout: &Rollout, number: u32, rows: Range<usize>) -> Vec<Check> {
    let looks = &rollout.history().looks;
    // A look at the start of the rollout belongs to its first stage.
    let before = |look: &LookRow| look.tick <= rows.start as u32;
    let first = match rows.start {
        _ if rows.is_empty() => looks.len(),
        0 => 0,
        _ => looks.partition_point(before),
    };
    let past = looks.partition_point(|look| look.tick <= rows.end as u32);
    let looks = looks.get(first..past).unwrap_or_default();
    let rules = rollout.plan().config().policy().rules.iter().enumerate();
    rules
        .filter(|(_, rule)| rule.holds_in(number))
        .map(|(i, rule)| {
            let mine = || looks.iter().filter(|look| look.evidence.rule as usize == i);
            let said = |verdict| {
                mine().filter(|look| look.evidence.judgement.verdict == verdict).count() as u32
            };
            let last: Option<&LookRow> = mine().next_back();
            Check {
                rule: i as u32,
                name: rule.method.name(),
                looks: mine().count() as u32,
                failed_looks: said(Verdict::Fail),
                inconclusive_looks: said(Verdict::Inconclusive),
                tick: last.map(|look| look.tick),
                verdict: last.map(|look| look.evidence.judgement.verdict),
                observed: last.and_then(|look| look.evidence.judgement.measure.observed),
                limit: last.map(|look| look.evidence.judgement.measure.limit),
                sentence: last.map(|look| rule.sentence(&look.evidence.sight)),
                window: last.map(|look| Window::of(&look.evidence)),
            }
        })
        .collect()
}

fn stage_verdict(rollout: &Rollout, number: u32) -> StageVerdict {
    let completed = rollout.standing().controller().levels_completed();
    if number <= completed {
        return StageVerdict::Promoted;
    }
    if number > completed + 1 {
        return StageVerdict::NotReached;
    }
    match rollout.state() {
        State::Progressing | State::Completed => StageVerdict::InProgress,
        State::Paused => StageVerdict::Paused,
        State::RollingBack | State::RolledBack => StageVerdict::RolledBack,
    }
}

/// What the release does, in a sentence or two.
fn truth_sentence(config: &Config) -> String {
    let canary = &config.release();
    // A ratio that has no effect counts as 1.
    let error_ratio = if config.error_ratio_acts() { config.error_ratio() } else { 1.0 };
    let arrives = |arrival| {
        let never = config.never_arrives(arrival).is_some();
        when(arrival) + if never { ", which does not happen here" } else { "" }
    };
    let times = |ratio, verb, compared, arrival| {
        let times =
            || format!("{verb} {} times {compared}{}", significant(ratio), arrives(arrival));
        (ratio != 1.0).then(times)
    };
    let errors = match canary.error_rate {
        None => times(error_ratio, "fails", "as often as the baseline", canary.error_arrival),
        Some(rate) => (error_ratio != 1.0).then(|| {
            let base = config.world().baseline.error_rate;
            let base = if base == 0.0 { "none".to_string() } else { percent(base) };
            let arrives = arrives(canary.error_arrival);
            format!("fails {} of requests{arrives}, the baseline {base}", percent(rate))
        }),
    };
    let latency =
        times(canary.latency_ratio, "takes", "as long as the baseline", canary.latency_arrival);
    let starts_cold = |arrival| matches!(arrival, Arrival::ColdStart { .. });
    let heals = !config.release_is_bad()
        && (error_ratio > 1.0 && starts_cold(canary.error_arrival)
            || canary.latency_ratio > 1.0 && starts_cold(canary.latency_arrival));
    let once_warm = if heals { " Once it is warm, it is healthy." } else { "" };
    match (errors, latency) {
        (None, None) => "The release is healthy: it fails as the baseline does.".to_string(),
        (Some(one), None) | (None, Some(one)) => format!("The release {one}.{once_warm}"),
        (Some(errors), Some(latency)) => {
            format!("The release {errors}, and it {latency}.{once_warm}")
        }
    }
}

/// When a ratio takes effect: " from tick 5 on"; empty if from the first tick.
fn when(arrival: Arrival) -> String {
    match arrival {
        Arrival::AtOnce => String::new(),
        Arrival::Late { start_tick } => format!(" from tick {start_tick} on"),
        Arrival::Leak { start_tick, ramp_ticks } => {
            format!(", growing over {ramp_ticks} ticks from tick {start_tick} on")
        }
        Arrival::UnderLoad { from_load, .. } => {
            format!(" when the load exceeds {} times the mean", significant(from_load))
        }
        Arrival::ColdStart { half_life_ticks } => {
            format!(" at first; the excess halves every {} ticks", significant(half_life_ticks))
        }
    }
}
