//! A Canary of Flagger, as a part of a configuration.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

use super::metric::{MeasureConfig, MeasureInput};
use super::{Check, MAX_CHECKS, check_of};
use crate::config::WorldConfig;
use crate::problem::Problem;
use crate::reading::{fields, words};
use crate::rules::words::{counted, significant};
use crate::rules::{Criterion, MAX_TICKS, Measures, Metric, Population, Range, Rule};

/// Maximum number of `step_weights`.
const MAX_STEPS: usize = 100;
/// Maximum of a step of the weight. A larger one than 100 is cut to all traffic.
const MAX_STEP: u32 = 1_000;
/// Maximum of `iterations` and of `threshold`.
const MAX_COUNT: u32 = 100_000;
/// Maximum number of webhooks.
pub const MAX_WEBHOOKS: usize = 16;
/// Iterations where the provider is `kubernetes` and none are given.
const KUBERNETES_ITERATIONS: u32 = 10;

/// A Canary of Flagger. With `iterations` it is a blue-green release, with `match_percent`
/// as well an A/B test; otherwise the weight rises by `step_weight` or along
/// `step_weights`.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Flagger"))]
pub struct FlaggerInput {
    /// A name for people; default empty.
    pub name: Option<String>,
    /// What splits the traffic; default `router`.
    pub provider: Option<Provider>,
    /// Seconds between two runs of Flagger, at least 10, a multiple of `tick_seconds`;
    /// default 60.
    #[cfg_attr(feature = "schema", schemars(range(min = 10, max = 31536000), extend("type" = "integer")))]
    pub interval_seconds: Option<f64>,
    /// Failed checks at which the canary is rolled back, counted over the whole analysis;
    /// default 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100000), extend("type" = "integer")))]
    pub threshold: Option<f64>,
    /// The weight from which the canary is promoted, in percent; default 100, or the last of
    /// `step_weights`.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100), extend("type" = "integer")))]
    pub max_weight: Option<f64>,
    /// By how much the weight rises in a run, in percent; default 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1000), extend("type" = "integer")))]
    pub step_weight: Option<f64>,
    /// The weights one after the other, in percent, at most 100 of them. `step_weight` takes
    /// precedence.
    #[cfg_attr(feature = "schema", schemars(length(max = 100)))]
    pub step_weights: Option<Vec<f64>>,
    /// By how much the primary's weight rises in a run of the promotion, in percent; default
    /// 0, all at once.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100), extend("type" = "integer")))]
    pub step_weight_promotion: Option<f64>,
    /// Runs of a blue-green release or of an A/B test; default 0, for weights.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100000), extend("type" = "integer")))]
    pub iterations: Option<f64>,
    /// The share of requests that meet the conditions of `match`, in percent, above 0. Only
    /// these requests go to the canary. Default none: all requests.
    #[cfg_attr(feature = "schema", schemars(range(max = 100), extend("exclusiveMinimum" = 0)))]
    pub match_percent: Option<f64>,
    /// Whether the canary gets copies of requests first, whose answers are thrown away;
    /// default false. Checks pass so long, because copies are not simulated.
    pub mirror: Option<bool>,
    /// The requests of a load test at the canary, in percent of all requests, these
    /// included; default 0. The test begins with the first checks.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 99)))]
    pub load_test_percent: Option<f64>,
    /// Whether the canary is promoted without an analysis; default false.
    pub skip_analysis: Option<bool>,
    /// Seconds until the canary is ready, a multiple of `tick_seconds`; default 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 31536000), extend("type" = "integer")))]
    pub canary_ready_seconds: Option<f64>,
    /// Seconds until the primary is ready after the promotion, a multiple of
    /// `tick_seconds`; default 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 31536000), extend("type" = "integer")))]
    pub primary_ready_seconds: Option<f64>,
    /// Seconds after which a version that is not ready has failed, a multiple of
    /// `tick_seconds`; default 600.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 31536000), extend("type" = "integer")))]
    pub progress_deadline_seconds: Option<f64>,
    /// The metrics, in the order in which they are checked; default none.
    #[cfg_attr(feature = "schema", schemars(length(max = 64)))]
    pub metrics: Option<Vec<FlaggerMetricInput>>,
    /// The webhooks, at most 16; default none.
    #[cfg_attr(feature = "schema", schemars(length(max = 16)))]
    pub webhooks: Option<Vec<WebhookInput>>,
}

fields!(FlaggerInput {
    name,
    provider,
    interval_seconds,
    threshold,
    max_weight,
    step_weight,
    step_weights,
    step_weight_promotion,
    iterations,
    match_percent,
    mirror,
    load_test_percent,
    skip_analysis,
    canary_ready_seconds,
    primary_ready_seconds,
    progress_deadline_seconds,
    metrics,
    webhooks,
});

/// What splits the traffic between the primary and the canary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// A service mesh, an ingress or a gateway.
    #[default]
    Router,
    /// Kubernetes alone, which cannot split traffic: always a blue-green release, whose
    /// canary gets no requests of users.
    Kubernetes,
}

words!(Provider { "router" => Router, "kubernetes" => Kubernetes });

/// A metric of a Canary. A value outside of its range fails, and so does no value.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "FlaggerMetric"))]
pub struct FlaggerMetricInput {
    #[cfg_attr(feature = "schema", schemars(flatten))]
    pub measure: MeasureInput,
    /// The smallest value allowed, from -1e12 to 1e12; default none.
    #[cfg_attr(feature = "schema", schemars(range(min = -1e12, max = 1e12)))]
    pub min: Option<f64>,
    /// The largest value allowed, from -1e12 to 1e12; default none.
    #[cfg_attr(feature = "schema", schemars(range(min = -1e12, max = 1e12)))]
    pub max: Option<f64>,
    /// Whether decimals of the value and of the range are cut off, as for
    /// `request-duration`; default false.
    pub whole_numbers: Option<bool>,
}

fields!(FlaggerMetricInput { measure, min, max, whole_numbers });

/// A webhook that can hold or end a release, with what it answers.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Webhook"))]
pub struct WebhookInput {
    /// A name for people, at most 200 characters; default its type.
    #[cfg_attr(feature = "schema", schemars(length(max = 200)))]
    pub name: Option<String>,
    /// When it is called; required.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub r#type: Option<HookType>,
    /// What it answers; default `fails` for a `rollback`, `passes` for the others.
    pub answer: Option<AnswerInput>,
}

// The key is `type`, which is a word of Rust.
impl crate::reading::Read for WebhookInput {
    const NEEDED: bool = false;
    const EXPECTED: &'static str = crate::reading::AN_OBJECT;

    fn read(node: &crate::reading::Node, faults: &mut crate::reading::Faults) -> Option<Self> {
        let mut value = WebhookInput::default();
        let WebhookInput { name, r#type, answer } = &mut value;
        let mut fields = Vec::new();
        crate::reading::Part::add_fields(name, "name", &mut fields);
        crate::reading::Part::add_fields(r#type, "type", &mut fields);
        crate::reading::Part::add_fields(answer, "answer", &mut fields);
        crate::reading::read_object(node, &mut fields, faults)?;
        Some(value)
    }
}

/// When a webhook is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HookType {
    /// Before the canary is scaled up. Holds the release while it fails.
    ConfirmRollout,
    /// Before the canary gets traffic. A failure is a failed check.
    PreRollout,
    /// Before the metrics of every run. A failure is a failed check.
    Rollout,
    /// Before the weight rises. Holds it while it fails; the checks go on.
    ConfirmTrafficIncrease,
    /// Before the promotion. Holds it while it fails; the checks go on.
    ConfirmPromotion,
    /// At every run. Rolls the canary back as soon as it passes.
    Rollback,
}

words!(HookType {
    "confirm_rollout" => ConfirmRollout,
    "pre_rollout" => PreRollout,
    "rollout" => Rollout,
    "confirm_traffic_increase" => ConfirmTrafficIncrease,
    "confirm_promotion" => ConfirmPromotion,
    "rollback" => Rollback,
});

impl HookType {
    /// Its name in Flagger.
    pub fn name(self) -> &'static str {
        match self {
            HookType::ConfirmRollout => "confirm-rollout",
            HookType::PreRollout => "pre-rollout",
            HookType::Rollout => "rollout",
            HookType::ConfirmTrafficIncrease => "confirm-traffic-increase",
            HookType::ConfirmPromotion => "confirm-promotion",
            HookType::Rollback => "rollback",
        }
    }

    /// Whether a failure holds the release and is no failed check.
    pub fn is_gate(self) -> bool {
        use HookType::{ConfirmPromotion, ConfirmRollout, ConfirmTrafficIncrease};
        matches!(self, ConfirmRollout | ConfirmTrafficIncrease | ConfirmPromotion)
    }
}

/// What a webhook answers.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename_all = "snake_case", rename = "WebhookAnswer"))]
pub enum AnswerInput {
    /// It passes whenever it is called.
    Passes,
    /// It fails whenever it is called. A gate waits until a person opens it.
    Fails,
    /// It fails at first, and passes this many seconds after it was first called; a multiple
    /// of `tick_seconds`.
    PassesAfterSeconds(
        #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 31536000), extend("type" = "integer")))]
         f64,
    ),
    /// It passes at first, and fails from this many seconds after it was first called; a
    /// multiple of `tick_seconds`.
    FailsAfterSeconds(
        #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 31536000), extend("type" = "integer")))]
         f64,
    ),
}

words!(AnswerInput {
    "passes" => Passes,
    "fails" => Fails,
    "passes_after_seconds" => PassesAfterSeconds(_),
    "fails_after_seconds" => FailsAfterSeconds(_),
});

/// A Canary of Flagger, checked and complete.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FlaggerConfig {
    /// A name for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What splits the traffic.
    #[serde(skip_serializing_if = "is_router")]
    pub provider: Provider,
    /// Seconds between two runs, at least 10.
    pub interval_seconds: u32,
    /// Failed checks at which the canary is rolled back.
    pub threshold: u32,
    /// The weight from which the canary is promoted, 1..=100; `None` for the last of
    /// `step_weights`, or 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_weight: Option<u32>,
    /// By how much the weight rises in a run, in percent.
    #[serde(skip_serializing_if = "is_zero")]
    pub step_weight: u32,
    /// The weights one after the other, in percent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub step_weights: Vec<u32>,
    /// By how much the primary's weight rises in a run of the promotion; 0 for all at once.
    #[serde(skip_serializing_if = "is_zero")]
    pub step_weight_promotion: u32,
    /// Runs of a blue-green release or of an A/B test; 0 for weights.
    #[serde(skip_serializing_if = "is_zero")]
    pub iterations: u32,
    /// The share of requests that can go to the canary, in percent; `None` for all.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "crate::json::some_number")]
    pub match_percent: Option<f64>,
    /// Whether the canary gets copies of requests first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub mirror: bool,
    /// The requests of a load test at the canary, in percent of all requests.
    #[serde(skip_serializing_if = "is_nothing", serialize_with = "crate::json::number")]
    pub load_test_percent: f64,
    /// Whether the canary is promoted without an analysis.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub skip_analysis: bool,
    /// Seconds until the canary is ready.
    #[serde(skip_serializing_if = "is_zero")]
    pub canary_ready_seconds: u32,
    /// Seconds until the primary is ready after the promotion.
    #[serde(skip_serializing_if = "is_zero")]
    pub primary_ready_seconds: u32,
    /// Seconds after which a version that is not ready has failed.
    pub progress_deadline_seconds: u32,
    /// The metrics, in the order in which they are checked.
    pub metrics: Vec<FlaggerMetric>,
    /// The webhooks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub webhooks: Vec<Webhook>,
}

/// A metric of a Canary.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FlaggerMetric {
    /// What it measures.
    #[serde(flatten)]
    pub measure: MeasureConfig,
    /// The smallest value allowed.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "crate::json::some_number")]
    pub min: Option<f64>,
    /// The largest value allowed.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "crate::json::some_number")]
    pub max: Option<f64>,
    /// Whether decimals of the value and of the range are cut off.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub whole_numbers: bool,
}

/// A webhook with what it answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Webhook {
    /// A name for people.
    pub name: String,
    /// When it is called.
    pub r#type: HookType,
    /// What it answers.
    pub answer: Answer,
}

/// What a webhook answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It passes whenever it is called.
    Passes,
    /// It fails whenever it is called.
    Fails,
    /// It passes this many seconds after it was first called.
    PassesAfterSeconds(u32),
    /// It fails from this many seconds after it was first called.
    FailsAfterSeconds(u32),
}

/// What a release does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// The weight rises in steps.
    Canary,
    /// The new version is checked for some runs, and gets all traffic at once.
    BlueGreen,
    /// The requests that match go to the new version for some runs.
    AbTesting,
}

fn is_router(provider: &Provider) -> bool {
    *provider == Provider::Router
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn is_nothing(number: &f64) -> bool {
    *number == 0.0
}

/// A default in seconds, rounded up to whole ticks.
fn whole_ticks_from(seconds: u32, tick_seconds: u32) -> f64 {
    f64::from(seconds.next_multiple_of(tick_seconds.max(1)))
}

impl FlaggerInput {
    /// The complete configuration. Faults go to `check`, with paths below `path`.
    pub(super) fn resolve(
        &self,
        check: &mut Check<'_>,
        path: &str,
        tick_seconds: u32,
    ) -> FlaggerConfig {
        let at = |key: &str| format!("{path}.{key}");
        let mut whole = |key: &str, value: Option<f64>, usual: u32, min: u32, max: u32| {
            check.whole(&at(key), value.unwrap_or(f64::from(usual)), min, max)
        };
        let threshold = whole("threshold", self.threshold, 1, 1, MAX_COUNT);
        let step_weight = whole("step_weight", self.step_weight, 0, 0, MAX_STEP);
        let promotion = whole("step_weight_promotion", self.step_weight_promotion, 0, 0, 100);
        let iterations = whole("iterations", self.iterations, 0, 0, MAX_COUNT);
        let max_weight = self.max_weight.map(|weight| whole("max_weight", Some(weight), 0, 1, 100));
        let mut seconds = |key: &str, value: Option<f64>, usual: u32, min: u32| {
            let usual = whole_ticks_from(usual, tick_seconds);
            check.seconds(&at(key), value.unwrap_or(usual), min, tick_seconds)
        };
        let interval_seconds = seconds("interval_seconds", self.interval_seconds, 60, 10);
        let canary_ready_seconds = seconds("canary_ready_seconds", self.canary_ready_seconds, 0, 0);
        let primary_ready_seconds =
            seconds("primary_ready_seconds", self.primary_ready_seconds, 0, 0);
        let progress_deadline_seconds =
            seconds("progress_deadline_seconds", self.progress_deadline_seconds, 600, 1);
        let config = FlaggerConfig {
            name: check.name(&at("name"), self.name.as_deref().unwrap_or_default()),
            provider: self.provider.unwrap_or_default(),
            interval_seconds,
            threshold,
            max_weight,
            step_weight,
            step_weights: self.step_weights(check, path),
            step_weight_promotion: promotion,
            iterations,
            match_percent: self.match_percent.map(|percent| {
                check.number(&at("match_percent"), percent, Range::above(0.0, 100.0))
            }),
            mirror: self.mirror.unwrap_or(false),
            load_test_percent: check.number(
                &at("load_test_percent"),
                self.load_test_percent.unwrap_or(0.0),
                Range::from(0.0, 99.0),
            ),
            skip_analysis: self.skip_analysis.unwrap_or(false),
            canary_ready_seconds,
            primary_ready_seconds,
            progress_deadline_seconds,
            metrics: self.metrics(check, path, tick_seconds),
            webhooks: self.webhooks(check, path, tick_seconds),
        };
        let ticks = config.planned_seconds() / u64::from(tick_seconds.max(1));
        if ticks > u64::from(MAX_TICKS) {
            check.complain(
                path,
                format!("the release may last {ticks} ticks, the limit is {MAX_TICKS}"),
            );
        }
        config
    }

    fn step_weights(&self, check: &mut Check<'_>, path: &str) -> Vec<u32> {
        let path = format!("{path}.step_weights");
        let weights = self.step_weights.as_deref().unwrap_or_default();
        if weights.len() > MAX_STEPS {
            let count = weights.len();
            check.complain(&path, format!("{count} weights, expected at most {MAX_STEPS}"));
        }
        let weights = weights.iter().take(MAX_STEPS).enumerate();
        weights
            .map(|(i, weight)| check.whole(&format!("{path}[{i}]"), *weight, 0, MAX_STEP))
            .collect()
    }

    fn metrics(&self, check: &mut Check<'_>, path: &str, tick_seconds: u32) -> Vec<FlaggerMetric> {
        let path = format!("{path}.metrics");
        let metrics = self.metrics.as_deref().unwrap_or_default();
        if metrics.len() > MAX_CHECKS {
            let count = metrics.len();
            check.complain(&path, format!("{count} metrics, expected at most {MAX_CHECKS}"));
        }
        let resolve = |(i, metric): (usize, &FlaggerMetricInput)| {
            metric.resolve(check, &format!("{path}[{i}]"), tick_seconds)
        };
        metrics.iter().take(MAX_CHECKS).enumerate().map(resolve).collect()
    }

    fn webhooks(&self, check: &mut Check<'_>, path: &str, tick_seconds: u32) -> Vec<Webhook> {
        let path = format!("{path}.webhooks");
        let webhooks = self.webhooks.as_deref().unwrap_or_default();
        if webhooks.len() > MAX_WEBHOOKS {
            let count = webhooks.len();
            check.complain(&path, format!("{count} webhooks, expected at most {MAX_WEBHOOKS}"));
        }
        let resolve = |(i, webhook): (usize, &WebhookInput)| {
            webhook.resolve(check, &format!("{path}[{i}]"), tick_seconds)
        };
        webhooks.iter().take(MAX_WEBHOOKS).enumerate().map(resolve).collect()
    }
}

impl FlaggerMetricInput {
    fn resolve(&self, check: &mut Check<'_>, path: &str, tick_seconds: u32) -> FlaggerMetric {
        let usual = whole_ticks_from(60, tick_seconds) as u32;
        let mut limit = |key: &str, limit: Option<f64>| {
            let path = format!("{path}.{key}");
            limit.map(|limit| check.number(&path, limit, Range::from(-1e12, 1e12)))
        };
        let (min, max) = (limit("min", self.min), limit("max", self.max));
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            check.complain(&format!("{path}.min"), "is above max, so every check would fail");
        }
        FlaggerMetric {
            measure: self.measure.resolve(check, path, Some(usual), tick_seconds),
            min,
            max,
            whole_numbers: self.whole_numbers.unwrap_or(false),
        }
    }
}

impl WebhookInput {
    fn resolve(&self, check: &mut Check<'_>, path: &str, tick_seconds: u32) -> Webhook {
        let r#type = self.r#type.unwrap_or_else(|| {
            check.complain(
                &format!("{path}.type"),
                "missing, expected when it is called, such as confirm_promotion",
            );
            HookType::Rollout
        });
        let answer = match self.answer {
            Some(AnswerInput::Passes) => Answer::Passes,
            Some(AnswerInput::Fails) => Answer::Fails,
            Some(AnswerInput::PassesAfterSeconds(seconds)) => {
                let path = format!("{path}.answer.passes_after_seconds");
                Answer::PassesAfterSeconds(check.seconds(&path, seconds, 0, tick_seconds))
            }
            Some(AnswerInput::FailsAfterSeconds(seconds)) => {
                let path = format!("{path}.answer.fails_after_seconds");
                Answer::FailsAfterSeconds(check.seconds(&path, seconds, 0, tick_seconds))
            }
            None if r#type == HookType::Rollback => Answer::Fails,
            None => Answer::Passes,
        };
        let name = self.name.as_deref().unwrap_or(r#type.name());
        Webhook { name: check.name(&format!("{path}.name"), name), r#type, answer }
    }
}

impl FlaggerMetric {
    /// The metric with its range.
    pub fn metric(&self) -> Metric {
        let limit = |limit: Option<f64>| match self.whole_numbers {
            true => limit.map(f64::trunc),
            false => limit,
        };
        let criterion = Criterion::Range { min: limit(self.min), max: limit(self.max) };
        Metric { whole_numbers: self.whole_numbers, ..self.measure.metric(criterion) }
    }
}

impl FlaggerConfig {
    /// The checks, in the order of their numbers.
    pub(super) fn checks(&self) -> Vec<Rule> {
        self.metrics.iter().map(|metric| check_of(metric.metric(), metric.measure.of)).collect()
    }

    /// What the release does. Flagger turns a release of the provider `kubernetes` into a
    /// blue-green one.
    pub fn strategy(&self) -> Strategy {
        match (self.provider, self.iterations, self.match_percent) {
            (Provider::Kubernetes, ..) => Strategy::BlueGreen,
            (_, 0, _) => Strategy::Canary,
            (_, _, Some(_)) => Strategy::AbTesting,
            (_, _, None) => Strategy::BlueGreen,
        }
    }

    /// The runs of a blue-green release or of an A/B test.
    pub fn iterations(&self) -> u32 {
        match (self.provider, self.iterations) {
            (Provider::Kubernetes, 0) => KUBERNETES_ITERATIONS,
            (_, iterations) => iterations,
        }
    }

    /// The weight from which a canary is promoted, in percent.
    pub fn promoted_from(&self) -> u32 {
        match self.step_weights.last() {
            Some(last) => (*last).min(100),
            None => self.max_weight.unwrap_or(100),
        }
    }

    /// By how much the weight rises from `weight` on, in percent. At 0 or below it does not
    /// rise, and the canary is not promoted either.
    pub fn next_step(&self, weight: u32) -> i64 {
        if self.step_weight > 0 || self.step_weights.is_empty() {
            return i64::from(self.step_weight);
        }
        let most = 100 - i64::from(weight.min(100));
        if most == 0 {
            return 1;
        }
        let weights = self.step_weights.iter().map(|weight| i64::from(*weight));
        if weight == 0 {
            return weights.take(1).next().unwrap_or(0).min(most);
        }
        let at = i64::from(weight);
        let following = weights.clone().zip(weights.skip(1)).find(|(this, _)| *this == at);
        following.map_or(most, |(_, next)| (next - at).min(most))
    }

    /// The weights of a canary, one after the other, in percent; and whether it is promoted
    /// from the last one, rather than kept there for ever.
    pub fn weights(&self) -> (Vec<u32>, bool) {
        let mut weights = Vec::new();
        let mut weight = 0;
        loop {
            let step = self.next_step(weight);
            if step <= 0 {
                return (weights, false);
            }
            if weight >= self.promoted_from() {
                return (weights, true);
            }
            weight = (i64::from(weight) + step).min(100) as u32;
            weights.push(weight);
        }
    }

    /// An upper bound of the length of a release whose checks all pass, in seconds.
    fn planned_seconds(&self) -> u64 {
        let weights = match self.strategy() {
            Strategy::Canary => self.weights().0.len() as u64,
            _ => u64::from(self.iterations()),
        };
        let promotion = 100_u32.checked_div(self.step_weight_promotion).unwrap_or(0);
        let waits = self.webhooks.iter().map(|webhook| match webhook.answer {
            Answer::PassesAfterSeconds(seconds) => u64::from(seconds),
            _ => 0,
        });
        let runs = weights + u64::from(promotion) + 5;
        let ready = u64::from(self.canary_ready_seconds) + u64::from(self.primary_ready_seconds);
        u64::from(self.interval_seconds) * runs + ready + waits.sum::<u64>()
    }

    /// What is valid but probably a mistake. Paths begin with `controller.flagger`.
    pub(super) fn warnings(&self, world: &WorldConfig) -> Vec<Problem> {
        let mut warnings = Vec::new();
        let mut warn = |key: &str, message: String| {
            warnings.push(Problem::new(format!("controller.flagger.{key}"), message));
        };
        if self.skip_analysis {
            warn("skip_analysis", "nothing is checked: the primary gets the release".to_owned());
            return warnings;
        }
        if let Some(message) = self.never_promoted() {
            warn("step_weight", message);
        }
        let (weights, promoted) = self.weights();
        if promoted
            && self.strategy() == Strategy::Canary
            && let Some(last) = weights.last()
            && *last > self.promoted_from()
        {
            let most = self.promoted_from();
            warn("max_weight", format!("the weight rises to {last} %, above {most} %"));
        }
        if self.metrics.iter().all(|metric| metric.measure.measures == Measures::Nothing) {
            warn("metrics", "no metric can fail: only a webhook or a person can stop it".into());
        }
        if self.mirror {
            let what = "copies of requests are not simulated: checks pass while they are sent";
            warn("mirror", what.to_owned());
        }
        for (i, metric) in self.metrics.iter().enumerate() {
            let key = format!("metrics[{i}]");
            if let Some(message) = self.checked_without_requests(metric, &weights, world) {
                warn(&key, message);
            }
        }
        // One of them is enough to see what the interval does.
        let windows = self.metrics.iter().map(|metric| self.window_of(metric)).enumerate();
        if let Some((i, Some(message))) = windows.into_iter().find(|(_, message)| message.is_some())
        {
            warn(&format!("metrics[{i}].window_seconds"), message);
        }
        warnings
    }

    /// The weight that never leads to a promotion.
    fn never_promoted(&self) -> Option<String> {
        let (weights, promoted) = self.weights();
        let is_canary = self.strategy() == Strategy::Canary;
        (is_canary && !promoted).then(|| match weights.last() {
            None => "no weight follows 0, so the canary never gets traffic".to_owned(),
            Some(last) => format!("no higher weight follows {last} %, so it is never promoted"),
        })
    }

    /// Whether a check probably has no requests to measure, which fails it.
    fn checked_without_requests(
        &self,
        metric: &FlaggerMetric,
        weights: &[u32],
        world: &WorldConfig,
    ) -> Option<String> {
        let measures = metric.measure.measures;
        let fails = metric.metric().fails_without_data();
        if measures == Measures::Nothing || metric.measure.of == Population::Service || !fails {
            return None;
        }
        let load = self.load_test_percent / 100.0;
        let matched = self.match_percent.map_or(1.0, |percent| percent / 100.0);
        let share = match self.strategy() {
            Strategy::Canary => f64::from(weights.first().copied()?) / 100.0 * matched,
            Strategy::AbTesting => matched,
            Strategy::BlueGreen if self.mirror => return None,
            Strategy::BlueGreen => 0.0,
        };
        let share = share * (1.0 - load) + load;
        if share == 0.0 {
            let runs = counted(u64::from(self.iterations()), "run");
            return Some(format!(
                "the canary gets no requests in its {runs}, and a check without a value fails: \
                 set load_test_percent"
            ));
        }
        let delay = world.observation.delay_seconds;
        let window = metric.measure.window_seconds.min(self.interval_seconds);
        if delay >= window {
            return Some(format!(
                "metrics are {delay} s late: the first check sees no request, and fails"
            ));
        }
        let expected = world.traffic.requests_per_second * share * f64::from(window - delay);
        (expected < 3.0).then(|| {
            format!(
                "the first check expects {} requests of the canary; one without any fails",
                significant(expected)
            )
        })
    }

    /// A window in which several checks see the same requests.
    fn window_of(&self, metric: &FlaggerMetric) -> Option<String> {
        let (window, interval) = (metric.measure.window_seconds, self.interval_seconds);
        let is_longer = metric.measure.measures != Measures::Nothing && window > interval;
        is_longer.then(|| {
            let checks = window.div_ceil(interval.max(1));
            format!(
                "is longer than the interval of {interval} s: the same requests can fail {checks} \
                 checks"
            )
        })
    }
}
