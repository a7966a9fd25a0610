//! Kayenta's judge as a check: the score of several metrics, each a series of points of
//! the canary and one of what it is compared with.

use serde::Serialize;

use super::words::{counted, significant};
use super::{
    About, Cost, EmptyResult, Guarantee, Judge, Judgement, Measure, Measures, Needs, Parameters,
    Quantity, Sight, Subject, Verdict,
};
use crate::json::{number, plain};
use crate::observation::{Arm, ByArm, Counts};
use crate::reading::words;
use crate::stats::kayenta::metric::{
    Classification, Direction, Grounds, Label, Measure as EffectMeasure, MetricConfig, Test,
    Workspace, classify,
};
use crate::stats::kayenta::score::{Cause, Class, Labelled, Score, Thresholds, ends_early, score};
use crate::stats::kayenta::series::NanStrategy;

words!(Direction { "increase" => Increase, "decrease" => Decrease, "either" => Either });
words!(NanStrategy { "remove" => Remove, "replace" => Replace });
words!(EffectMeasure { "mean_ratio" => MeanRatio, "cles" => Cles });

/// Maximum number of metrics of a judge.
pub const MAX_JUDGED: usize = 20;

/// Passes from a score on, and fails below another one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CanaryJudge {
    /// The metrics, 1 to [`MAX_JUDGED`].
    pub metrics: Vec<JudgedMetric>,
    /// The weight of each group in percent, if it has one.
    pub weights: Vec<Option<f64>>,
    /// The judgement passes from this score on, 0..=100.
    #[serde(serialize_with = "number")]
    pub pass: f64,
    /// It fails below this score, 0..=100; in between it is inconclusive.
    #[serde(serialize_with = "number")]
    pub marginal: f64,
    /// Whether it also fails at this score: so in a canary analysis of Kayenta, not as
    /// the provider of a metric.
    pub fails_at_marginal: bool,
    /// The length of time of a point, in seconds.
    pub step_seconds: u32,
    /// The points begin so many seconds after the start of the rollout.
    pub begin_seconds: u32,
    /// Only the points of the last seconds count; `None` for all.
    pub lookback_seconds: Option<u32>,
}

/// A metric that is judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JudgedMetric {
    /// Its name.
    pub name: String,
    /// What it measures. Not one that compares: the judge does.
    pub measures: Measures,
    /// Which quantile, in (0, 1), if it measures a latency.
    pub quantile: f64,
    /// What the measured number is multiplied by, above 0.
    #[serde(serialize_with = "number")]
    pub scale: f64,
    /// The value of a point without data.
    pub no_data: EmptyResult,
    /// Whether a point without errors has no data.
    pub empty_without_errors: bool,
    /// Its groups, as places in the list of weights.
    pub groups: Vec<usize>,
    /// Whether it has no part in the score.
    pub muted: bool,
    /// How it is compared.
    #[serde(skip)]
    pub config: MetricConfig,
}

/// What a judge said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// The score.
    pub score: Score,
    /// The labels of the metrics, 3 bits each, the first lowest.
    labels: u64,
    /// The number of points of the canary and of what it is compared with, at most, in a
    /// metric.
    pub points: u32,
    /// The ratio of the means of the first metric that is [`Label::High`] or
    /// [`Label::Low`], if it has one.
    pub ratio: Option<f64>,
}

impl Judged {
    /// The label of a metric.
    pub fn label(&self, metric: usize) -> Label {
        let bits = (self.labels >> (3 * metric)) & 7;
        Label::ALL.get(bits as usize).copied().unwrap_or_default()
    }
}

/// Points of both arms, for each metric of a judge.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    points: Vec<ByArm<Vec<f64>>>,
}

/// Memory that a judgement uses.
#[derive(Clone, Debug, Default)]
pub(crate) struct JudgeRoom {
    workspace: Workspace,
}

impl Series {
    /// Forgets all points, and keeps their memory.
    pub(crate) fn restart(&mut self) {
        for ByArm { canary, baseline } in &mut self.points {
            canary.clear();
            baseline.clear();
        }
    }
}

impl CanaryJudge {
    /// Whether a metric reads latencies.
    fn reads_latency(&self) -> bool {
        self.metrics.iter().any(|metric| metric.measures.reads_latency())
    }

    /// Adds a point to each series. `quantile_ms` gives a quantile of an arm's latencies
    /// in the step.
    pub(crate) fn add_point(
        &self,
        series: &mut Series,
        counts: ByArm<Counts>,
        mut quantile_ms: impl FnMut(Arm, f64) -> Option<f64>,
    ) {
        series.points.resize_with(self.metrics.len(), ByArm::default);
        for (metric, points) in self.metrics.iter().zip(&mut series.points) {
            for arm in [Arm::Canary, Arm::Baseline] {
                let latency = match metric.measures.reads_latency() {
                    true => quantile_ms(arm, metric.quantile),
                    false => None,
                };
                let value = metric.value(*counts.of(arm), f64::from(self.step_seconds), latency);
                points.of_mut(arm).push(value);
            }
        }
    }

    /// Judges the points that there are `seconds` after the start of the rollout.
    pub(crate) fn judge_series(
        &self,
        series: &Series,
        seconds: u32,
        room: &mut JudgeRoom,
    ) -> Judged {
        let begin = match self.lookback_seconds {
            Some(lookback) => seconds.saturating_sub(lookback),
            None => self.begin_seconds,
        };
        let step = self.step_seconds.max(1);
        let (from, to) = ((begin / step) as usize, (seconds / step) as usize);
        let mut judged = Judged {
            score: Score { value: 0.0, cause: Cause::Groups },
            labels: 0,
            points: 0,
            ratio: None,
        };
        let none = Labelled { label: Label::Pass, critical: false, groups: &[] };
        let mut labelled = [none; MAX_JUDGED];
        let mut count = 0;
        for (i, metric) in self.metrics.iter().enumerate().take(MAX_JUDGED) {
            let points = |arm| {
                let all = series.points.get(i).map(|points| points.of(arm).as_slice());
                let all = all.unwrap_or_default();
                all.get(from.min(all.len())..to.min(all.len())).unwrap_or_default()
            };
            let (canary, baseline) = (points(Arm::Canary), points(Arm::Baseline));
            judged.points = judged.points.max(canary.len() as u32);
            let found = metric.classify(canary, baseline, &mut room.workspace);
            judged.labels |= (found.label as u64) << (3 * i);
            if metric.muted {
                continue;
            }
            let differs = matches!(found.label, Label::High | Label::Low);
            if let (true, None, Grounds::Tested(tested)) = (differs, judged.ratio, found.grounds) {
                judged.ratio = Some(tested.mean_ratio).filter(|ratio| ratio.is_finite());
            }
            let Classification { label, critical, .. } = found;
            if let Some(place) = labelled.get_mut(count) {
                *place = Labelled { label, critical, groups: &metric.groups };
                count += 1;
            }
        }
        let labelled = labelled.get(..count).unwrap_or_default();
        judged.score = score(labelled, &self.weights);
        judged
    }

    /// What follows from a score.
    fn verdict(&self, score: f64) -> Verdict {
        let thresholds = Thresholds { pass: self.pass, marginal: self.marginal };
        match thresholds.class(score) {
            _ if self.fails_at_marginal && ends_early(score, self.marginal) => Verdict::Fail,
            Class::Pass => Verdict::Pass,
            Class::Marginal => Verdict::Inconclusive,
            Class::Fail => Verdict::Fail,
        }
    }

    /// Looks once.
    pub(super) fn judge(&self, sight: &Sight) -> Judgement {
        let verdict =
            sight.judged.map_or(Verdict::Inconclusive, |judged| self.verdict(judged.score.value));
        Judgement { verdict, gap: None, measure: self.measure(sight) }
    }
}

impl JudgedMetric {
    /// The value of a point; NaN without data.
    fn value(&self, counts: Counts, seconds: f64, quantile_ms: Option<f64>) -> f64 {
        let empty =
            self.empty_without_errors && self.measures.counts_errors() && counts.errors == 0;
        let measured =
            if empty { None } else { self.measures.of_arm(counts, seconds, quantile_ms) };
        match (measured, self.no_data) {
            (Some(value), _) => value * self.scale,
            (None, EmptyResult::Value(value)) => value,
            (None, EmptyResult::Empty | EmptyResult::Nan) => f64::NAN,
        }
    }

    /// The label; a metric that is not simulated passes.
    fn classify(
        &self,
        canary: &[f64],
        baseline: &[f64],
        workspace: &mut Workspace,
    ) -> Classification {
        if self.measures == Measures::Nothing {
            let (label, grounds) = (Label::Pass, Grounds::Identical);
            return Classification { label, critical: false, grounds };
        }
        classify(&self.config, Test::NETFLIX, canary, baseline, workspace)
    }
}

impl Judge for CanaryJudge {
    const ABOUT: About = About {
        title: "Kayenta’s judge",
        subject: Subject::Errors,
        quantity: Quantity::Score,
        guarantee: Guarantee::None,
        wants_many_errors: false,
        cost: Cost { look_us: 300.0, tick_us: 0.2, draw_us: 2.0 },
    };

    /// Not called: a judge is no rule with a name.
    fn from_parameters(_: &mut Parameters) -> Self {
        CanaryJudge {
            metrics: Vec::new(),
            weights: Vec::new(),
            pass: 100.0,
            marginal: 0.0,
            fails_at_marginal: false,
            step_seconds: 60,
            begin_seconds: 0,
            lookback_seconds: None,
        }
    }

    fn needs(&self) -> Needs {
        let quantile = self.metrics.iter().find(|metric| metric.measures.reads_latency());
        let latency = match quantile {
            Some(metric) if self.reads_latency() => Needs::quantile(metric.quantile),
            _ => Needs::NONE,
        };
        Needs::REQUESTS.and(latency)
    }

    fn fails(&self, sight: &Sight) -> bool {
        self.judge(sight).verdict == Verdict::Fail
    }

    fn measure(&self, sight: &Sight) -> Measure {
        let observed = sight.judged.map(|judged| judged.score.value);
        Measure { observed, limit: self.pass, canary_limit: None }
    }

    fn sentence(&self, sight: &Sight) -> String {
        let Some(judged) = sight.judged else { return "No judgement.".to_string() };
        let shown = |i: usize, metric: &JudgedMetric| {
            let muted = if metric.muted { ", muted" } else { "" };
            format!("{} is {}{muted}", metric.name, judged.label(i).name())
        };
        let others: Vec<String> = self
            .metrics
            .iter()
            .enumerate()
            .filter(|(i, _)| judged.label(*i) != Label::Pass)
            .map(|(i, metric)| shown(i, metric))
            .collect();
        let labels = match (others.is_empty(), self.metrics.len()) {
            (true, 1) => "the metric passes".to_string(),
            (true, 2) => "both metrics pass".to_string(),
            (true, count) => format!("all {count} metrics pass"),
            (false, _) => others.join(", "),
        };
        let ratio = judged.ratio.map_or(String::new(), |ratio| {
            format!(", {} times the baseline’s mean", significant(ratio))
        });
        let why = match judged.score.cause {
            Cause::Groups => "",
            Cause::CriticalMetric(_) => ", because a critical metric did not pass",
            Cause::NoData => ", because half of the metrics or more have no data",
        };
        format!(
            "Score {} by {}: {labels}{ratio}{why}; it passes from {} and fails {} {}.",
            plain(judged.score.value),
            counted(u64::from(judged.points), "point"),
            plain(self.pass),
            if self.fails_at_marginal { "up to" } else { "below" },
            plain(self.marginal),
        )
    }
}
