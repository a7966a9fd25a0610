//! A Rollout, prepared: everything that is computed once.

use std::ops::Range;

use super::analysis_run::{ERROR_RETRY_SECONDS, MetricPlan};
use super::explore::{Explored, explore};
use super::log::{PHASES, RolloutPhase};
use super::pods::{ProgressThreshold, Scaling};
use super::steps::{CanaryScale, StepList, StepWeights};
use super::{Level, Note, Prepared};
use crate::config::{
    AnalysisConfig, ArgoConfig, ArgoMetric, ArgoStep, CanaryScale as ScaleConfig, MAX_TICKS,
    ProgressThreshold as ThresholdConfig,
};
use crate::json::plain;
use crate::policy::Command;
use crate::rules::{EmptyResult, Measures};

/// The prepared policy.
#[derive(Clone, Debug)]
pub struct ArgoPolicy {
    pub(super) scaling: Scaling,
    /// Ticks until a new pod is available.
    pub(super) ready_ticks: u32,
    /// Whether a router splits the traffic.
    pub(super) routed: bool,
    /// Whether `abortScaleDownDelaySeconds` is 0, which keeps the canary's pods.
    pub(super) abort_keeps_canary: bool,
    /// Whether there is an `abortScaleDownDelaySeconds` above 0.
    pub(super) explicit_abort_delay: bool,
    pub(super) deadline_seconds: u32,
    pub(super) deadline_ticks: u32,
    pub(super) deadline_abort: bool,
    pub(super) steps: Vec<Step>,
    /// The steps as Argo Rollouts writes them.
    pub(super) step_words: Vec<String>,
    pub(super) list: StepList,
    /// The level of the ladder at each step, and after the last one.
    pub(super) level_of_step: Vec<u32>,
    /// The background analysis.
    pub(super) background: Option<u8>,
    pub(super) starting_step: usize,
    pub(super) analyses: Vec<Analysis>,
    /// The metrics of all analyses, by the numbers of their checks.
    pub(super) metrics: Vec<MetricPlan>,
    pub(super) metric_names: Vec<String>,
    pub(super) blue_green: Option<BlueGreenPlan>,
    levels: Vec<Level>,
    shares: Vec<f64>,
    /// The shares in increasing order, each with its index in `shares`.
    by_share: Vec<(f64, u32)>,
    planned_ticks: u64,
    most_ticks: u64,
    /// Pauses without a length.
    waits: u64,
}

/// A step, prepared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) completes: Completes,
    /// The length of its pause in ticks; `Some(None)` until a person acts.
    pub(super) pause: Option<Option<u32>>,
    pub(super) analysis: Option<u8>,
    pub(super) experiment: Option<Experiment>,
    pub(super) header_route: Option<HeaderRoute>,
}

/// What completes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Completes {
    /// The end of its pause.
    Pause,
    /// The pods that it desires.
    Pods,
    /// Its experiment.
    Experiment,
    /// Its analysis.
    Analysis,
    /// Nothing is waited for.
    AtOnce,
}

/// An experiment, prepared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Experiment {
    pub(super) duration_ticks: Option<u32>,
    pub(super) weight: f64,
    pub(super) required: bool,
    pub(super) analysis: Option<u8>,
}

/// A header route that a step sets or removes.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeaderRoute {
    /// The number of its name.
    pub(super) name: u8,
    /// The share of requests that match, 0..=1; `None` removes the route.
    pub(super) share: Option<f64>,
}

/// An analysis: its metrics by the numbers of their checks, and where it belongs.
#[derive(Clone, Debug)]
pub(super) struct Analysis {
    pub(super) metrics: Range<usize>,
    pub(super) kind: AnalysisKind,
}

/// Where an analysis belongs; steps are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AnalysisKind {
    Background,
    Step(u16),
    Experiment(u16),
    PrePromotion,
    PostPromotion,
}

/// A blue-green update, prepared.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlueGreenPlan {
    pub(super) auto_promotion: bool,
    /// With automatic promotion, the length of the pause before it.
    pub(super) auto_promotion_ticks: u32,
    pub(super) pre_promotion: Option<u8>,
    pub(super) post_promotion: Option<u8>,
}

impl BlueGreenPlan {
    /// Whether the controller pauses before the promotion.
    pub(super) fn pauses(&self) -> bool {
        !self.auto_promotion || self.auto_promotion_ticks > 0
    }
}

/// The analyses of a configuration, collected in the order of their checks.
struct Analyses {
    tick_seconds: u32,
    analyses: Vec<Analysis>,
    metrics: Vec<MetricPlan>,
    names: Vec<String>,
    /// For each analysis, the most ticks that it may last without a pause.
    longest: Vec<u64>,
}

impl Analyses {
    fn add(&mut self, kind: AnalysisKind, metrics: &[ArgoMetric]) -> Option<u8> {
        if metrics.is_empty() {
            return None;
        }
        let from = self.metrics.len();
        let mut longest = 0;
        for metric in metrics {
            let plan = metric_plan(metric, self.tick_seconds);
            longest = longest.max(longest_metric(metric, &plan));
            self.metrics.push(plan);
            self.names.push(metric.measure.name.clone());
        }
        self.longest.push(longest);
        self.analyses.push(Analysis { metrics: from..self.metrics.len(), kind });
        u8::try_from(self.analyses.len() - 1).ok()
    }

    fn add_analysis(&mut self, kind: AnalysisKind, config: Option<&AnalysisConfig>) -> Option<u8> {
        self.add(kind, config.map_or(&[], |config| &config.metrics))
    }
}

/// What a metric says of its measurements, in ticks.
fn metric_plan(metric: &ArgoMetric, tick_seconds: u32) -> MetricPlan {
    let ticks = |seconds: u32| seconds / tick_seconds;
    let plan = MetricPlan {
        initial_delay: ticks(metric.initial_delay_seconds),
        failure_limit: metric.failure_limit,
        inconclusive_limit: metric.inconclusive_limit,
        consecutive_error_limit: metric.consecutive_error_limit,
        consecutive_success_limit: metric.consecutive_success_limit,
        dry_run: metric.dry_run,
        ..MetricPlan::once(ERROR_RETRY_SECONDS.div_ceil(tick_seconds))
    };
    plan.every(metric.interval_seconds.map(ticks), metric.count)
}

/// The most ticks until a metric completes; more than a rollout may last if it may go on
/// without end.
fn longest_metric(metric: &ArgoMetric, plan: &MetricPlan) -> u64 {
    let Some(count) = plan.count else {
        return u64::from(MAX_TICKS) + 1;
    };
    let measure = &metric.measure;
    let may_err = measure.measures != Measures::Nothing
        && (measure.no_data == EmptyResult::Empty
            || metric.success_condition.is_some()
            || metric.failure_condition.is_some());
    let errors = if may_err { plan.consecutive_error_limit } else { 0 };
    let (count, interval) = (u64::from(count), u64::from(plan.interval.unwrap_or(0)));
    let retries = count.saturating_mul(u64::from(errors) * u64::from(plan.error_retry));
    u64::from(plan.initial_delay)
        .saturating_add(count.saturating_sub(1).saturating_mul(interval))
        .saturating_add(retries)
}

impl ArgoPolicy {
    /// Prepares the policy of a configuration.
    pub fn new(config: &ArgoConfig, tick_seconds: u32) -> Self {
        let tick_seconds = tick_seconds.max(1);
        let ticks = |seconds: u32| seconds / tick_seconds;
        let mut analyses = Analyses {
            tick_seconds,
            analyses: Vec::new(),
            metrics: Vec::new(),
            names: Vec::new(),
            longest: Vec::new(),
        };
        let background = match config.blue_green {
            // Its metrics keep the numbers of their checks, but it never runs.
            Some(_) => {
                analyses.add_analysis(AnalysisKind::Background, config.background.as_ref());
                None
            }
            None => analyses.add_analysis(AnalysisKind::Background, config.background.as_ref()),
        };
        let mut names: Vec<&str> = Vec::new();
        let mut steps = Vec::new();
        for (number, step) in (0..).zip(&config.steps) {
            let analysis =
                analyses.add_analysis(AnalysisKind::Step(number), step.analysis.as_ref());
            let experiment = step.experiment.as_ref().map(|experiment| Experiment {
                duration_ticks: experiment.duration_seconds.map(ticks),
                weight: experiment.weight,
                required: experiment.required_for_completion,
                analysis: analyses.add(AnalysisKind::Experiment(number), &experiment.metrics),
            });
            let header_route = step.set_header_route.as_ref().map(|route| {
                let known = names.iter().position(|name| *name == route.name);
                let name = known.unwrap_or_else(|| {
                    names.push(&route.name);
                    names.len() - 1
                });
                HeaderRoute {
                    name: u8::try_from(name).unwrap_or(u8::MAX),
                    share: route.percent.map(|percent| percent / 100.0),
                }
            });
            steps.push(Step {
                completes: completes(step),
                pause: step.pause.map(|pause| pause.duration_seconds.map(ticks)),
                analysis,
                experiment,
                header_route,
            });
        }
        let blue_green = config.blue_green.as_ref().map(|blue_green| BlueGreenPlan {
            auto_promotion: blue_green.auto_promotion,
            auto_promotion_ticks: blue_green.auto_promotion_seconds.map_or(0, ticks),
            pre_promotion: analyses
                .add_analysis(AnalysisKind::PrePromotion, blue_green.pre_promotion.as_ref()),
            post_promotion: analyses
                .add_analysis(AnalysisKind::PostPromotion, blue_green.post_promotion.as_ref()),
        });
        let routing = config.traffic_routing;
        let max_weight = routing.map_or(100, |routing| routing.max_weight.max(1));
        let list = StepList::new(&step_weights(&config.steps), max_weight);
        let (level_of_step, weights) = ladder(&list, steps.len(), max_weight);
        let mut policy = ArgoPolicy {
            scaling: Scaling {
                replicas: config.replicas,
                max_surge: config.max_surge,
                max_unavailable: config.max_unavailable.min(config.replicas),
                max_weight,
                min_pods: routing.map_or(0, |routing| routing.min_pods_per_replica_set),
                dynamic_stable_scale: routing.is_some_and(|routing| routing.dynamic_stable_scale),
                progress_threshold: config.replica_progress_threshold.map(|threshold| {
                    match threshold {
                        ThresholdConfig::Percent(percent) => ProgressThreshold::Percent(percent),
                        ThresholdConfig::Pods(pods) => {
                            ProgressThreshold::Pods(i32::try_from(pods).unwrap_or(i32::MAX))
                        }
                    }
                }),
            },
            ready_ticks: ticks(config.ready_seconds),
            routed: routing.is_some(),
            abort_keeps_canary: config.abort_scale_down_delay_seconds == Some(0),
            explicit_abort_delay: config.abort_scale_down_delay_seconds > Some(0),
            deadline_seconds: config.progress_deadline_seconds,
            deadline_ticks: ticks(config.progress_deadline_seconds),
            deadline_abort: config.progress_deadline_abort,
            steps,
            step_words: config.steps.iter().map(step_words).collect(),
            list,
            level_of_step,
            background,
            starting_step: config.background.as_ref().map_or(0, |it| it.starting_step as usize),
            analyses: analyses.analyses,
            metrics: analyses.metrics,
            metric_names: analyses.names,
            blue_green,
            levels: Vec::new(),
            shares: Vec::new(),
            by_share: Vec::new(),
            planned_ticks: 0,
            most_ticks: 0,
            waits: 0,
        };
        let names = match policy.blue_green {
            Some(_) => vec!["preview".to_string(), "active".to_string()],
            None => weights.iter().map(|weight| percent(*weight, max_weight)).collect(),
        };
        policy.plan(names, &analyses.longest);
        policy
    }

    /// Walks through the plan for the levels, the shares and the lengths.
    fn plan(&mut self, names: Vec<String>, longest: &[u64]) {
        // An analysis in the background that succeeds changes nothing.
        let background = self.background.take();
        let Explored { level_ticks, level_shares, shares, way_back_ticks, run_ticks } =
            explore(self, names.len());
        self.background = background;
        self.levels = names
            .into_iter()
            .zip(level_shares)
            .zip(level_ticks)
            .map(|((name, share), planned_ticks)| Level { name, share, planned_ticks })
            .collect();
        if let Some(last) = self.levels.last_mut() {
            last.share = 1.0;
        }
        let of_levels = self.levels.iter().map(|level| level.share);
        self.shares = of_levels.chain(shares).collect();
        self.by_share = (0..).zip(&self.shares).map(|(index, share)| (*share, index)).collect();
        self.by_share.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        self.planned_ticks = self.levels.iter().map(|level| level.planned_ticks).sum();

        let gates = self
            .analyses
            .iter()
            .zip(longest)
            .filter(|(analysis, _)| analysis.kind != AnalysisKind::Background);
        let longest: u64 = gates.fold(0, |sum, (_, ticks)| sum.saturating_add(*ticks));
        let deadlines = if self.deadline_abort { u64::from(self.deadline_ticks) } else { 0 };
        self.most_ticks = self
            .planned_ticks
            .saturating_sub(run_ticks)
            .saturating_add(longest)
            .saturating_add(way_back_ticks)
            .saturating_add(deadlines)
            .min(u64::from(MAX_TICKS));
        let endless = self.steps.iter().filter(|step| step.pause == Some(None)).count() as u64;
        let before = self.blue_green.is_some_and(|blue_green| !blue_green.auto_promotion);
        self.waits = endless + u64::from(before);
    }

    /// The index in `shares` of the share nearest to this one.
    pub(super) fn nearest_share(&self, share: f64) -> u32 {
        let above = self.by_share.partition_point(|(known, _)| *known < share);
        let near = [above.checked_sub(1), Some(above)];
        let near = near.into_iter().flatten().filter_map(|at| self.by_share.get(at));
        let nearest = near.min_by(|a, b| (a.0 - share).abs().total_cmp(&(b.0 - share).abs()));
        nearest.map_or(0, |(_, index)| *index)
    }

    /// The index that stands for no traffic yet.
    pub(super) fn no_traffic(&self) -> u32 {
        self.shares.len() as u32
    }

    /// The last level of the ladder.
    pub(super) fn last_level(&self) -> u32 {
        match self.blue_green {
            Some(_) => 1,
            None => self.level_of_step.last().copied().unwrap_or(0),
        }
    }

    /// A share by its index.
    pub(super) fn share(&self, index: u32) -> f64 {
        self.shares.get(index as usize).copied().unwrap_or(0.0)
    }
}

/// What completes a step, by Argo's order of precedence.
fn completes(step: &ArgoStep) -> Completes {
    if step.pause.is_some() {
        Completes::Pause
    } else if step.set_canary_scale.is_some() || step.set_weight.is_some() {
        Completes::Pods
    } else if step.experiment.is_some() {
        Completes::Experiment
    } else if step.analysis.is_some() {
        Completes::Analysis
    } else {
        Completes::AtOnce
    }
}

fn step_weights(steps: &[ArgoStep]) -> Vec<StepWeights> {
    let scale = |scale: ScaleConfig| match scale {
        ScaleConfig::Replicas(pods) => CanaryScale::Replicas(pods),
        ScaleConfig::Weight(weight) => CanaryScale::Weight(weight),
        ScaleConfig::MatchTrafficWeight(_) => CanaryScale::MatchTrafficWeight,
    };
    let of = |step: &ArgoStep| StepWeights {
        weight: step.set_weight,
        scale: step.set_canary_scale.map(scale),
    };
    steps.iter().map(of).collect()
}

/// The levels of the ladder: for each step and for the end its level, and the weights of
/// the levels. A level begins with each `setWeight` of another weight, and with the end.
fn ladder(list: &StepList, steps: usize, max_weight: u32) -> (Vec<u32>, Vec<u32>) {
    let mut weights = vec![list.weight(0)];
    let mut level_of_step = Vec::new();
    for index in 0..=steps {
        let weight = list.weight(index);
        if weights.last() != Some(&weight) {
            weights.push(weight);
        }
        level_of_step.push(weights.len() as u32 - 1);
    }
    debug_assert_eq!(weights.last(), Some(&max_weight));
    (level_of_step, weights)
}

/// A weight in percent, for people.
fn percent(weight: u32, max_weight: u32) -> String {
    let percent = f64::from(weight) * 100.0 / f64::from(max_weight);
    format!("{} %", plain((percent * 100.0).round() / 100.0))
}

/// A step as Argo Rollouts writes it.
fn step_words(step: &ArgoStep) -> String {
    if let Some(weight) = step.set_weight {
        return format!("setWeight: {weight}");
    }
    if let Some(pause) = step.pause {
        let length = pause.duration_seconds.map(|seconds| format!(": {seconds}s"));
        return format!("pause{}", length.unwrap_or_default());
    }
    if step.experiment.is_some() {
        return "experiment".to_string();
    }
    if step.analysis.is_some() {
        return "analysis".to_string();
    }
    if let Some(scale) = step.set_canary_scale {
        return match scale {
            ScaleConfig::Weight(weight) => format!("setCanaryScale{{weight: {weight}}}"),
            ScaleConfig::Replicas(pods) => format!("setCanaryScale{{replicas: {pods}}}"),
            ScaleConfig::MatchTrafficWeight(follows) => {
                format!("setCanaryScale{{matchTrafficWeight: {follows}}}")
            }
        };
    }
    match (&step.set_header_route, &step.set_mirror_route) {
        (Some(route), _) => format!("setHeaderRoute: {}", route.name),
        (None, Some(route)) => format!("setMirrorRoute: {}", route.name),
        (None, None) => "none".to_string(),
    }
}

impl Prepared for ArgoPolicy {
    fn levels(&self) -> &[Level] {
        &self.levels
    }

    fn shares(&self) -> Vec<f64> {
        self.shares.clone()
    }

    fn planned_ticks(&self) -> u64 {
        self.planned_ticks
    }

    fn most_ticks(&self) -> u64 {
        self.most_ticks
    }

    /// Every pause without a length, and one more for each analysis, which may be
    /// inconclusive.
    fn most_waits(&self, answer: Command) -> u64 {
        let waits = self.waits + self.analyses.len() as u64;
        match answer {
            Command::Abort => waits.min(1),
            _ => waits,
        }
    }

    fn looks_in_pauses(&self) -> bool {
        !self.metrics.is_empty()
    }

    fn phases(&self) -> &'static [&'static str] {
        debug_assert_eq!(PHASES.len(), RolloutPhase::Healthy as usize + 1);
        PHASES
    }

    fn sentence(&self, note: Note) -> String {
        match note {
            Note::Argo(event) => self.words(event),
            _ => String::new(),
        }
    }
}
