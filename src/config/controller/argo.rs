//! A Rollout of Argo Rollouts with its analyses, as a part of a configuration.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

use super::judge::{JudgeConfig, JudgeInput};
use super::metric::{MeasureConfig, MeasureInput};
use super::{Check, MAX_CHECKS, check_of};
use crate::config::MAX_TICKS;
use crate::reading::fields;
use crate::rules::{Condition, Conditions, Criterion, Measures, Metric, Range, Rule};

/// Maximum number of steps of a canary.
const MAX_STEPS: usize = 200;
/// Maximum number of replicas.
const MAX_REPLICAS: u32 = 10_000;
/// Maximum of a count or of a limit of a metric.
const MAX_COUNT: u32 = 100_000;

/// A Rollout of Argo Rollouts. It has `steps` or a `blue_green` strategy.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "ArgoRollout"))]
pub struct ArgoInput {
    /// Number of pods, a whole number from 1 to 10000; default 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 10000), extend("type" = "integer")))]
    pub replicas: Option<f64>,
    /// Pods that may exist beyond `replicas` while the canary or the stable version is
    /// scaled; default a quarter, rounded up.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 10000), extend("type" = "integer")))]
    pub max_surge: Option<f64>,
    /// Pods that may be unavailable meanwhile; default a quarter, rounded down.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 10000), extend("type" = "integer")))]
    pub max_unavailable: Option<f64>,
    /// Seconds until a new pod is ready, a multiple of `tick_seconds`; default 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 31536000), extend("type" = "integer")))]
    pub ready_seconds: Option<f64>,
    /// A router that splits the traffic by weight; default none: the traffic follows the
    /// pods.
    pub traffic_routing: Option<TrafficRoutingInput>,
    /// Seconds for which the canary's pods are kept after an abort; 0 keeps them; default
    /// 30. Only with `traffic_routing`.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 31536000), extend("type" = "integer")))]
    pub abort_scale_down_delay_seconds: Option<f64>,
    /// Seconds after which a rollout without progress is degraded; default 600.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 31536000), extend("type" = "integer")))]
    pub progress_deadline_seconds: Option<f64>,
    /// Whether a rollout without progress is aborted; default false.
    pub progress_deadline_abort: Option<bool>,
    /// How many of the canary's pods a `set_weight` waits for; default all.
    pub replica_progress_threshold: Option<ProgressThresholdInput>,
    /// The steps of a canary, at most 200. After the last one, the canary gets all
    /// traffic.
    #[cfg_attr(feature = "schema", schemars(length(max = 200)))]
    pub steps: Option<Vec<ArgoStepInput>>,
    /// An analysis that goes on during the steps.
    pub background: Option<AnalysisInput>,
    /// A blue-green update in place of steps.
    pub blue_green: Option<BlueGreenInput>,
}

fields!(ArgoInput {
    replicas,
    max_surge,
    max_unavailable,
    ready_seconds,
    traffic_routing,
    abort_scale_down_delay_seconds,
    progress_deadline_seconds,
    progress_deadline_abort,
    replica_progress_threshold,
    steps,
    background,
    blue_green,
});

/// A router that splits the traffic by weight.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "TrafficRouting"))]
pub struct TrafficRoutingInput {
    /// The weight that is all traffic; default 100.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1000000), extend("type" = "integer")))]
    pub max_weight: Option<f64>,
    /// Whether the stable version is scaled down while the canary is scaled up; default
    /// false.
    pub dynamic_stable_scale: Option<bool>,
    /// The fewest pods of a version that has any; default 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 10000), extend("type" = "integer")))]
    pub min_pods_per_replica_set: Option<f64>,
}

fields!(TrafficRoutingInput { max_weight, dynamic_stable_scale, min_pods_per_replica_set });

/// How many of the canary's pods a `set_weight` waits for: a percentage or a number.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "ProgressThreshold"))]
pub struct ProgressThresholdInput {
    /// In percent, 0..=100.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub percent: Option<f64>,
    /// In pods.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 10000), extend("type" = "integer")))]
    pub pods: Option<f64>,
}

fields!(ProgressThresholdInput { percent, pods });

/// A step: one of `set_weight`, `pause`, `set_canary_scale`, `analysis`, `experiment`,
/// `set_header_route` and `set_mirror_route`; `set_canary_scale` and the routes may stand
/// beside another one.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "ArgoStep"))]
pub struct ArgoStepInput {
    /// The canary's weight, from 0 to the router's `max_weight`.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1000000), extend("type" = "integer")))]
    pub set_weight: Option<f64>,
    /// A pause, for a time or until a person promotes.
    pub pause: Option<PauseInput>,
    /// The number of canary pods, apart from the weight.
    pub set_canary_scale: Option<CanaryScaleInput>,
    /// An analysis that has to succeed before the next step.
    pub analysis: Option<AnalysisInput>,
    /// Versions beside the rollout, with analyses.
    pub experiment: Option<ExperimentInput>,
    /// Requests with a header go to the canary.
    pub set_header_route: Option<RouteInput>,
    /// The canary gets copies of requests, whose answers are thrown away.
    pub set_mirror_route: Option<RouteInput>,
}

fields!(ArgoStepInput {
    set_weight,
    pause,
    set_canary_scale,
    analysis,
    experiment,
    set_header_route,
    set_mirror_route,
});

/// A pause.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "ArgoPause"))]
pub struct PauseInput {
    /// Its length in seconds, a multiple of `tick_seconds`; default until a person
    /// promotes.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 31536000), extend("type" = "integer")))]
    pub duration_seconds: Option<f64>,
}

fields!(PauseInput { duration_seconds });

/// The number of canary pods: one of the three.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "CanaryScale"))]
pub struct CanaryScaleInput {
    /// A number of pods.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 10000), extend("type" = "integer")))]
    pub replicas: Option<f64>,
    /// A weight, by which the pods are counted.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1000000), extend("type" = "integer")))]
    pub weight: Option<f64>,
    /// As many as the traffic weight needs.
    pub match_traffic_weight: Option<bool>,
}

fields!(CanaryScaleInput { replicas, weight, match_traffic_weight });

/// A header or mirror route, which changes no weight.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Route"))]
pub struct RouteInput {
    /// Its name.
    #[cfg_attr(feature = "schema", schemars(length(max = 200)))]
    pub name: Option<String>,
    /// The share of requests that match, in percent; default 0. Without a match the route
    /// is removed.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub percent: Option<f64>,
}

fields!(RouteInput { name, percent });

/// An analysis: metrics that are measured together.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Analysis"))]
pub struct AnalysisInput {
    /// The step from which a background analysis runs, counted from 0; default 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 200), extend("type" = "integer")))]
    pub starting_step: Option<f64>,
    /// The metrics, at least one.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub metrics: Vec<ArgoMetricInput>,
}

fields!(AnalysisInput { starting_step, metrics });

/// Versions beside the rollout, with analyses.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Experiment"))]
pub struct ExperimentInput {
    /// Its length in seconds from when all its pods are available; default until the
    /// analyses are complete.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 31536000), extend("type" = "integer")))]
    pub duration_seconds: Option<f64>,
    /// The weight of the canary's template in it; default 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub weight: Option<f64>,
    /// Whether its end waits for the analyses; default false.
    pub required_for_completion: Option<bool>,
    /// The metrics of its analyses; default none.
    pub metrics: Option<Vec<ArgoMetricInput>>,
}

fields!(ExperimentInput { duration_seconds, weight, required_for_completion, metrics });

/// A blue-green update: the new version gets all traffic at once.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "BlueGreen"))]
pub struct BlueGreenInput {
    /// Whether the new version gets the traffic without a person; default true.
    pub auto_promotion: Option<bool>,
    /// Seconds for which it is paused before it gets the traffic without a person;
    /// default 0. Without `auto_promotion` they have no effect.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 31536000), extend("type" = "integer")))]
    pub auto_promotion_seconds: Option<f64>,
    /// The analysis before it gets the traffic.
    pub pre_promotion: Option<AnalysisInput>,
    /// The analysis after it got the traffic.
    pub post_promotion: Option<AnalysisInput>,
    /// Seconds for which the old version's pods are kept; default 30.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 31536000), extend("type" = "integer")))]
    pub scale_down_delay_seconds: Option<f64>,
}

fields!(BlueGreenInput {
    auto_promotion,
    auto_promotion_seconds,
    pre_promotion,
    post_promotion,
    scale_down_delay_seconds,
});

/// A metric of an AnalysisTemplate.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "ArgoMetric"))]
pub struct ArgoMetricInput {
    #[cfg_attr(feature = "schema", schemars(flatten))]
    pub measure: MeasureInput,
    /// Kayenta's judge in place of `measures`: a measurement judges the points in the
    /// window. It succeeds at a score that passes, is inconclusive at one that is
    /// marginal, and fails below.
    pub judge: Option<JudgeInput>,
    /// A measurement for which this is false fails; in expr-lang.
    #[cfg_attr(feature = "schema", schemars(length(max = 2000)))]
    pub success_condition: Option<String>,
    /// A measurement for which this is true fails; in expr-lang. With both conditions, one
    /// for which neither is true is inconclusive.
    #[cfg_attr(feature = "schema", schemars(length(max = 2000)))]
    pub failure_condition: Option<String>,
    /// Whether `result` in the conditions is a number, or `nil` without data, as of
    /// Datadog; default false: a list of one number, or empty, as of Prometheus.
    pub result_is_number: Option<bool>,
    /// Seconds between two measurements, a multiple of `tick_seconds`; default one
    /// measurement.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 31536000), extend("type" = "integer")))]
    pub interval_seconds: Option<f64>,
    /// Seconds before the first measurement; default 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 31536000), extend("type" = "integer")))]
    pub initial_delay_seconds: Option<f64>,
    /// The number of measurements without error; default 1 without an interval, otherwise
    /// no end.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100000), extend("type" = "integer")))]
    pub count: Option<f64>,
    /// Failed measurements that are allowed; -1 for any number; default 0.
    #[cfg_attr(feature = "schema", schemars(range(min = -1, max = 100000), extend("type" = "integer")))]
    pub failure_limit: Option<f64>,
    /// Inconclusive measurements that are allowed; default 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100000), extend("type" = "integer")))]
    pub inconclusive_limit: Option<f64>,
    /// Errors in a row that are allowed; default 4.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100000), extend("type" = "integer")))]
    pub consecutive_error_limit: Option<f64>,
    /// Successes in a row with which the metric succeeds; default 0, none.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100000), extend("type" = "integer")))]
    pub consecutive_success_limit: Option<f64>,
    /// Whether it is measured without any effect; default false.
    pub dry_run: Option<bool>,
}

fields!(ArgoMetricInput {
    measure,
    judge,
    success_condition,
    failure_condition,
    result_is_number,
    interval_seconds,
    initial_delay_seconds,
    count,
    failure_limit,
    inconclusive_limit,
    consecutive_error_limit,
    consecutive_success_limit,
    dry_run,
});

/// A Rollout of Argo Rollouts, checked and complete.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArgoConfig {
    /// Number of pods.
    pub replicas: u32,
    /// Pods that may exist beyond `replicas` while a version is scaled.
    pub max_surge: u32,
    /// Pods that may be unavailable meanwhile.
    pub max_unavailable: u32,
    /// Seconds until a new pod is ready.
    pub ready_seconds: u32,
    /// The router, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic_routing: Option<TrafficRouting>,
    /// Seconds for which the canary's pods are kept after an abort; 0 keeps them; `None`
    /// for 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abort_scale_down_delay_seconds: Option<u32>,
    /// Seconds after which a rollout without progress is degraded.
    pub progress_deadline_seconds: u32,
    /// Whether it is aborted then.
    pub progress_deadline_abort: bool,
    /// How many of the canary's pods a `set_weight` waits for; `None` for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica_progress_threshold: Option<ProgressThreshold>,
    /// The steps of a canary; empty for one without steps and for a blue-green update.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<ArgoStep>,
    /// The analysis that goes on during the steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background: Option<AnalysisConfig>,
    /// The blue-green update.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blue_green: Option<BlueGreen>,
}

/// A router that splits the traffic by weight.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TrafficRouting {
    /// The weight that is all traffic.
    pub max_weight: u32,
    /// Whether the stable version is scaled down while the canary is scaled up.
    pub dynamic_stable_scale: bool,
    /// The fewest pods of a version that has any.
    pub min_pods_per_replica_set: u32,
}

/// How many of the canary's pods a `set_weight` waits for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProgressThreshold {
    /// In percent, 0..=100.
    Percent(#[serde(serialize_with = "crate::json::number")] f64),
    /// In pods.
    Pods(u32),
}

/// A step of a canary.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArgoStep {
    /// The canary's weight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_weight: Option<u32>,
    /// A pause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// The number of canary pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_canary_scale: Option<CanaryScale>,
    /// An analysis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analysis: Option<AnalysisConfig>,
    /// An experiment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experiment: Option<ExperimentStep>,
    /// A header route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_header_route: Option<RouteStep>,
    /// A mirror route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_mirror_route: Option<RouteStep>,
}

/// A pause; without a length until a person promotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Pause {
    /// Its length in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u32>,
}

/// The number of canary pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CanaryScale {
    /// A number of pods.
    Replicas(u32),
    /// A weight, by which the pods are counted.
    Weight(u32),
    /// As many as the traffic weight needs, if true.
    MatchTrafficWeight(bool),
}

/// A header or mirror route.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RouteStep {
    /// Its name.
    pub name: String,
    /// The share of requests that match, in percent; `None` removes the route.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "crate::json::some_number")]
    pub percent: Option<f64>,
}

/// An analysis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnalysisConfig {
    /// The step from which a background analysis runs, counted from 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub starting_step: u32,
    /// The metrics, at least one.
    pub metrics: Vec<ArgoMetric>,
}

/// An experiment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExperimentStep {
    /// Its length in seconds from when its pods are available; `None` until the analyses
    /// are complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u32>,
    /// The weight of the canary's template in it.
    #[serde(serialize_with = "crate::json::number")]
    pub weight: f64,
    /// Whether its end waits for the analyses.
    pub required_for_completion: bool,
    /// The metrics of its analyses.
    pub metrics: Vec<ArgoMetric>,
}

/// A blue-green update.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BlueGreen {
    /// Whether the new version gets the traffic without a person.
    pub auto_promotion: bool,
    /// Seconds for which it is paused before it gets the traffic without a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_promotion_seconds: Option<u32>,
    /// The analysis before it gets the traffic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_promotion: Option<AnalysisConfig>,
    /// The analysis after it got the traffic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_promotion: Option<AnalysisConfig>,
    /// Seconds for which the old version's pods are kept.
    pub scale_down_delay_seconds: u32,
}

/// A metric of an AnalysisTemplate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArgoMetric {
    /// What it measures.
    #[serde(flatten)]
    pub measure: MeasureConfig,
    /// Kayenta's judge in place of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge: Option<JudgeConfig>,
    /// A measurement for which this is false fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub success_condition: Option<Condition>,
    /// A measurement for which this is true fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_condition: Option<Condition>,
    /// Whether `result` in the conditions is a number rather than a list.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub result_is_number: bool,
    /// Seconds between two measurements; `None` for one measurement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval_seconds: Option<u32>,
    /// Seconds before the first measurement.
    #[serde(skip_serializing_if = "is_zero")]
    pub initial_delay_seconds: u32,
    /// The number of measurements without error; `None` for no end, or for 1 without an
    /// interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Failed measurements that are allowed; `None` for any number.
    #[serde(serialize_with = "write_limit")]
    pub failure_limit: Option<u32>,
    /// Inconclusive measurements that are allowed.
    #[serde(skip_serializing_if = "is_zero")]
    pub inconclusive_limit: u32,
    /// Errors in a row that are allowed.
    pub consecutive_error_limit: u32,
    /// Successes in a row with which it succeeds; 0 for none.
    #[serde(skip_serializing_if = "is_zero")]
    pub consecutive_success_limit: u32,
    /// Whether it is measured without any effect.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Writes a failure limit: -1 for any number.
fn write_limit<S: serde::Serializer>(limit: &Option<u32>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_i64(limit.map_or(-1, i64::from))
}

impl ArgoInput {
    /// The complete configuration. Faults go to `check`, with paths below `path`.
    pub(super) fn resolve(
        &self,
        check: &mut Check<'_>,
        path: &str,
        tick_seconds: u32,
    ) -> ArgoConfig {
        let at = |key: &str| format!("{path}.{key}");
        let replicas = check.whole(&at("replicas"), self.replicas.unwrap_or(1.0), 1, MAX_REPLICAS);
        let surge = f64::from(replicas.div_ceil(4));
        let unavailable = f64::from(replicas / 4);
        let max_surge =
            check.whole(&at("max_surge"), self.max_surge.unwrap_or(surge), 0, MAX_REPLICAS);
        let max_unavailable = check.whole(
            &at("max_unavailable"),
            self.max_unavailable.unwrap_or(unavailable),
            0,
            MAX_REPLICAS,
        );
        let traffic_routing = self.traffic_routing.as_ref().map(|routing| TrafficRouting {
            max_weight: check.whole(
                &at("traffic_routing.max_weight"),
                routing.max_weight.unwrap_or(100.0),
                1,
                1_000_000,
            ),
            dynamic_stable_scale: routing.dynamic_stable_scale.unwrap_or(false),
            min_pods_per_replica_set: check.whole(
                &at("traffic_routing.min_pods_per_replica_set"),
                routing.min_pods_per_replica_set.unwrap_or(0.0),
                0,
                MAX_REPLICAS,
            ),
        });
        let max_weight = traffic_routing.map_or(100, |routing| routing.max_weight);
        let inputs = self.steps.as_deref().unwrap_or_default();
        if inputs.len() > MAX_STEPS {
            let count = inputs.len();
            check.complain(&at("steps"), format!("{count} steps, expected at most {MAX_STEPS}"));
        }
        if self.steps.is_some() && self.blue_green.is_some() {
            check.complain(&at("blue_green"), "stands beside steps, expected one of the two");
        }
        let mut step = |(i, step): (usize, &ArgoStepInput)| {
            step.resolve(check, &format!("{path}.steps[{i}]"), max_weight, tick_seconds)
        };
        let steps = inputs.iter().take(MAX_STEPS).enumerate().map(&mut step).collect();
        let config = ArgoConfig {
            replicas,
            max_surge,
            // With both at 0 no pod could be replaced.
            max_unavailable: if max_surge == 0 { max_unavailable.max(1) } else { max_unavailable },
            ready_seconds: check.seconds(
                &at("ready_seconds"),
                self.ready_seconds.unwrap_or(0.0),
                0,
                tick_seconds,
            ),
            traffic_routing,
            abort_scale_down_delay_seconds: self.abort_scale_down_delay_seconds.map(|seconds| {
                check.seconds(&at("abort_scale_down_delay_seconds"), seconds, 0, tick_seconds)
            }),
            progress_deadline_seconds: check.seconds(
                &at("progress_deadline_seconds"),
                self.progress_deadline_seconds.unwrap_or(whole_ticks_from(600, tick_seconds)),
                1,
                tick_seconds,
            ),
            progress_deadline_abort: self.progress_deadline_abort.unwrap_or(false),
            replica_progress_threshold: self
                .replica_progress_threshold
                .as_ref()
                .and_then(|threshold| threshold.resolve(check, &at("replica_progress_threshold"))),
            steps,
            background: self.background.as_ref().map(|analysis| {
                analysis.resolve(check, &at("background"), inputs.len() as u32, tick_seconds)
            }),
            blue_green: self
                .blue_green
                .as_ref()
                .map(|blue_green| blue_green.resolve(check, &at("blue_green"), tick_seconds)),
        };
        if config.traffic_routing.is_none() {
            for (i, step) in config.steps.iter().enumerate() {
                let weighs = step.experiment.as_ref().is_some_and(|it| it.weight > 0.0);
                for (key, given) in [
                    ("set_canary_scale", step.set_canary_scale.is_some()),
                    ("set_header_route", step.set_header_route.is_some()),
                    ("set_mirror_route", step.set_mirror_route.is_some()),
                    ("experiment.weight", weighs),
                ] {
                    if given {
                        let path = at(&format!("steps[{i}].{key}"));
                        check.complain(&path, "needs traffic_routing");
                    }
                }
            }
        }
        let longest = u64::from(MAX_TICKS) * u64::from(tick_seconds.max(1));
        let planned = config.least_seconds();
        if planned > longest {
            check.complain(
                &at("steps"),
                format!("take at least {planned} s, {MAX_TICKS} ticks are at most {longest} s"),
            );
        }
        let checks = config.metrics().count();
        if checks > MAX_CHECKS {
            check.complain(
                path,
                format!("{checks} metrics in all analyses, expected at most {MAX_CHECKS}"),
            );
        }
        config
    }
}

/// A default in seconds, rounded up to whole ticks.
fn whole_ticks_from(seconds: u32, tick_seconds: u32) -> f64 {
    f64::from(seconds.next_multiple_of(tick_seconds.max(1)))
}

impl ProgressThresholdInput {
    fn resolve(&self, check: &mut Check<'_>, path: &str) -> Option<ProgressThreshold> {
        match (self.percent, self.pods) {
            (Some(percent), None) => Some(ProgressThreshold::Percent(check.number(
                &format!("{path}.percent"),
                percent,
                Range::from(0.0, 100.0),
            ))),
            (None, Some(pods)) => Some(ProgressThreshold::Pods(check.whole(
                &format!("{path}.pods"),
                pods,
                0,
                MAX_REPLICAS,
            ))),
            _ => {
                check.complain(path, "expected one of percent and pods");
                None
            }
        }
    }
}

impl ArgoStepInput {
    fn resolve(
        &self,
        check: &mut Check<'_>,
        path: &str,
        max_weight: u32,
        tick_seconds: u32,
    ) -> ArgoStep {
        let at = |key: &str| format!("{path}.{key}");
        let kinds = [
            self.set_weight.is_some(),
            self.pause.is_some(),
            self.analysis.is_some(),
            self.experiment.is_some(),
        ];
        let kinds = kinds.iter().filter(|given| **given).count();
        let others = self.set_canary_scale.is_some()
            || self.set_header_route.is_some()
            || self.set_mirror_route.is_some();
        if kinds > 1 {
            check.complain(
                path,
                "has several kinds, expected one of set_weight, pause, analysis, experiment",
            );
        }
        if kinds == 0 && !others {
            check.complain(path, "is empty, expected a kind such as set_weight or pause");
        }
        ArgoStep {
            set_weight: self
                .set_weight
                .map(|weight| check.whole(&at("set_weight"), weight, 0, max_weight)),
            pause: self.pause.as_ref().map(|pause| Pause {
                duration_seconds: pause.duration_seconds.map(|seconds| {
                    check.seconds(&at("pause.duration_seconds"), seconds, 0, tick_seconds)
                }),
            }),
            set_canary_scale: self
                .set_canary_scale
                .as_ref()
                .and_then(|scale| scale.resolve(check, &at("set_canary_scale"), max_weight)),
            analysis: self.analysis.as_ref().map(|analysis| {
                let analysis = analysis.resolve(check, &at("analysis"), 0, tick_seconds);
                for (i, metric) in analysis.metrics.iter().enumerate() {
                    if metric.interval_seconds.is_some() && metric.count.is_none() {
                        check.complain(
                            &at(&format!("analysis.metrics[{i}].count")),
                            "missing: without it the analysis of a step never ends",
                        );
                    }
                }
                analysis
            }),
            experiment: self.experiment.as_ref().map(|experiment| ExperimentStep {
                duration_seconds: experiment.duration_seconds.map(|seconds| {
                    check.seconds(&at("experiment.duration_seconds"), seconds, 0, tick_seconds)
                }),
                weight: check.number(
                    &at("experiment.weight"),
                    experiment.weight.unwrap_or(0.0),
                    Range::from(0.0, 100.0),
                ),
                required_for_completion: experiment.required_for_completion.unwrap_or(false),
                metrics: metrics(
                    experiment.metrics.as_deref().unwrap_or_default(),
                    check,
                    &at("experiment"),
                    tick_seconds,
                ),
            }),
            set_header_route: self
                .set_header_route
                .as_ref()
                .map(|route| route.resolve(check, &at("set_header_route"))),
            set_mirror_route: self
                .set_mirror_route
                .as_ref()
                .map(|route| route.resolve(check, &at("set_mirror_route"))),
        }
    }
}

impl CanaryScaleInput {
    fn resolve(&self, check: &mut Check<'_>, path: &str, max_weight: u32) -> Option<CanaryScale> {
        match (self.replicas, self.weight, self.match_traffic_weight) {
            (Some(replicas), None, None) => Some(CanaryScale::Replicas(check.whole(
                &format!("{path}.replicas"),
                replicas,
                0,
                MAX_REPLICAS,
            ))),
            (None, Some(weight), None) => Some(CanaryScale::Weight(check.whole(
                &format!("{path}.weight"),
                weight,
                0,
                max_weight,
            ))),
            (None, None, Some(follows)) => Some(CanaryScale::MatchTrafficWeight(follows)),
            _ => {
                check.complain(path, "expected one of replicas, weight, match_traffic_weight");
                None
            }
        }
    }
}

impl RouteInput {
    fn resolve(&self, check: &mut Check<'_>, path: &str) -> RouteStep {
        RouteStep {
            name: check.name(&format!("{path}.name"), self.name.as_deref().unwrap_or_default()),
            percent: self.percent.map(|percent| {
                check.number(&format!("{path}.percent"), percent, Range::from(0.0, 100.0))
            }),
        }
    }
}

impl BlueGreenInput {
    fn resolve(&self, check: &mut Check<'_>, path: &str, tick_seconds: u32) -> BlueGreen {
        let at = |key: &str| format!("{path}.{key}");
        BlueGreen {
            auto_promotion: self.auto_promotion.unwrap_or(true),
            auto_promotion_seconds: self.auto_promotion_seconds.map(|seconds| {
                check.seconds(&at("auto_promotion_seconds"), seconds, 0, tick_seconds)
            }),
            pre_promotion: self
                .pre_promotion
                .as_ref()
                .map(|analysis| analysis.resolve(check, &at("pre_promotion"), 0, tick_seconds)),
            post_promotion: self
                .post_promotion
                .as_ref()
                .map(|analysis| analysis.resolve(check, &at("post_promotion"), 0, tick_seconds)),
            scale_down_delay_seconds: check.seconds(
                &at("scale_down_delay_seconds"),
                self.scale_down_delay_seconds.unwrap_or(whole_ticks_from(30, tick_seconds)),
                0,
                tick_seconds,
            ),
        }
    }
}

impl AnalysisInput {
    /// `steps` is the number of steps of a canary.
    fn resolve(
        &self,
        check: &mut Check<'_>,
        path: &str,
        steps: u32,
        tick_seconds: u32,
    ) -> AnalysisConfig {
        if self.metrics.is_empty() {
            check.complain(&format!("{path}.metrics"), "is empty, expected at least one metric");
        }
        AnalysisConfig {
            starting_step: check.whole(
                &format!("{path}.starting_step"),
                self.starting_step.unwrap_or(0.0),
                0,
                steps,
            ),
            metrics: metrics(&self.metrics, check, path, tick_seconds),
        }
    }
}

fn metrics(
    inputs: &[ArgoMetricInput],
    check: &mut Check<'_>,
    path: &str,
    tick_seconds: u32,
) -> Vec<ArgoMetric> {
    let mut metric = |(i, metric): (usize, &ArgoMetricInput)| {
        metric.resolve(check, &format!("{path}.metrics[{i}]"), tick_seconds)
    };
    inputs.iter().enumerate().map(&mut metric).collect()
}

impl ArgoMetricInput {
    fn resolve(&self, check: &mut Check<'_>, path: &str, tick_seconds: u32) -> ArgoMetric {
        let at = |key: &str| format!("{path}.{key}");
        let interval_seconds = self
            .interval_seconds
            .map(|seconds| check.seconds(&at("interval_seconds"), seconds, 1, tick_seconds));
        let mut count = |key: &str, value: Option<f64>, default: f64| {
            check.whole(&at(key), value.unwrap_or(default), 0, MAX_COUNT)
        };
        let measurements = self.count.map(|value| count("count", Some(value), 0.0));
        let inconclusive_limit = count("inconclusive_limit", self.inconclusive_limit, 0.0);
        let consecutive_error_limit =
            count("consecutive_error_limit", self.consecutive_error_limit, 4.0);
        let consecutive_success_limit =
            count("consecutive_success_limit", self.consecutive_success_limit, 0.0);
        let failure_limit = match self.failure_limit {
            Some(-1.0) => None,
            limit => Some(count("failure_limit", limit, 0.0)),
        };
        // A count of 0 is no count.
        let measurements = measurements.filter(|count| *count > 0);
        if let Some(count) = measurements {
            if count > 1 && interval_seconds.is_none() {
                check.complain(&at("interval_seconds"), "missing, expected one for several counts");
            }
            let most = failure_limit.unwrap_or(0).saturating_add(consecutive_success_limit);
            if count < most {
                check.complain(
                    &at("count"),
                    format!("{count} is below failure_limit and consecutive_success_limit, {most}"),
                );
            }
            if count < inconclusive_limit {
                check.complain(
                    &at("count"),
                    format!("{count} is below inconclusive_limit, {inconclusive_limit}"),
                );
            }
        }
        if failure_limit.is_none() && consecutive_success_limit == 0 {
            check.complain(
                &at("failure_limit"),
                "-1 needs a consecutive_success_limit: otherwise the metric never ends",
            );
        }
        let mut condition = |key: &str, text: &Option<String>| {
            let parsed = Condition::parse(text.as_deref()?);
            parsed.map_err(|error| check.complain(&at(key), error.to_string())).ok()
        };
        let success_condition = condition("success_condition", &self.success_condition);
        let failure_condition = condition("failure_condition", &self.failure_condition);
        let initial_delay_seconds = check.seconds(
            &at("initial_delay_seconds"),
            self.initial_delay_seconds.unwrap_or(0.0),
            0,
            tick_seconds,
        );
        let window = interval_seconds.unwrap_or(60u32.next_multiple_of(tick_seconds.max(1)));
        let mut measure = self.measure.clone();
        if self.judge.is_some() {
            let others = [
                ("measures", measure.measured.measures.is_some_and(|it| it != Measures::Nothing)),
                ("success_condition", self.success_condition.is_some()),
                ("failure_condition", self.failure_condition.is_some()),
            ];
            for (key, _) in others.iter().filter(|(_, given)| *given) {
                check.complain(&at(key), "stands beside judge, which decides in place of it");
            }
            measure.measured.measures = Some(Measures::Nothing);
        }
        ArgoMetric {
            measure: measure.resolve(check, path, Some(window), tick_seconds),
            judge: self
                .judge
                .as_ref()
                .map(|judge| judge.resolve(check, &at("judge"), tick_seconds)),
            success_condition,
            failure_condition,
            result_is_number: self.result_is_number.unwrap_or(false),
            interval_seconds,
            initial_delay_seconds,
            count: measurements,
            failure_limit,
            inconclusive_limit,
            consecutive_error_limit,
            consecutive_success_limit,
            dry_run: self.dry_run.unwrap_or(false),
        }
    }
}

impl ArgoConfig {
    /// The seconds that its pauses, analyses and experiments take at least.
    fn least_seconds(&self) -> u64 {
        let metric = |metric: &ArgoMetric| {
            let count = metric.count.unwrap_or(1);
            let last = u64::from(count - 1) * u64::from(metric.interval_seconds.unwrap_or(0));
            let passes_early = metric.consecutive_success_limit > 0;
            u64::from(metric.initial_delay_seconds) + if passes_early { 0 } else { last }
        };
        let longest = |metrics: &[ArgoMetric]| metrics.iter().map(metric).max().unwrap_or(0);
        let step = |step: &ArgoStep| {
            let pause = step.pause.and_then(|pause| pause.duration_seconds).map_or(0, u64::from);
            let experiment = step.experiment.as_ref();
            let length = experiment.and_then(|experiment| experiment.duration_seconds);
            let analysis = step.analysis.as_ref().map_or(0, |analysis| longest(&analysis.metrics));
            pause + length.map_or(0, u64::from) + analysis
        };
        let blue_green = self.blue_green.as_ref().map_or(0, |blue_green| {
            let both = [&blue_green.pre_promotion, &blue_green.post_promotion];
            let analyses = both.into_iter().flatten().map(|analysis| longest(&analysis.metrics));
            let pause = blue_green.auto_promotion_seconds.map_or(0, u64::from);
            analyses.sum::<u64>() + pause
        });
        self.steps.iter().map(step).sum::<u64>() + blue_green
    }

    /// All metrics in the order of their checks: of the background analysis, of the steps
    /// in order, and of the analyses of a blue-green update before and after the
    /// promotion.
    pub fn metrics(&self) -> impl Iterator<Item = &ArgoMetric> {
        let background = self.background.iter().flat_map(|analysis| &analysis.metrics);
        let steps = self.steps.iter().flat_map(|step| {
            let analysis = step.analysis.iter().flat_map(|analysis| &analysis.metrics);
            analysis.chain(step.experiment.iter().flat_map(|experiment| &experiment.metrics))
        });
        let blue_green = self.blue_green.iter().flat_map(|blue_green| {
            let both = [&blue_green.pre_promotion, &blue_green.post_promotion];
            both.into_iter().flatten().flat_map(|analysis| &analysis.metrics)
        });
        background.chain(steps).chain(blue_green)
    }

    /// The checks, in the order of [`metrics`](ArgoConfig::metrics).
    pub(super) fn checks(&self) -> Vec<Rule> {
        let check = |metric: &ArgoMetric| match &metric.judge {
            Some(judge) => judge.check(0, Some(metric.measure.window_seconds), false),
            None => check_of(metric.query(), metric.measure.of),
        };
        self.metrics().map(check).collect()
    }
}

impl ArgoMetric {
    /// What it measures, with its conditions.
    pub(super) fn query(&self) -> Metric {
        self.measure.metric(Criterion::Conditions {
            conditions: Conditions {
                success: self.success_condition.clone(),
                failure: self.failure_condition.clone(),
            },
            is_number: self.result_is_number,
        })
    }
}
