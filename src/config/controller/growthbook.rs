//! A monitored ramp schedule of GrowthBook, as a part of a configuration.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

use super::{Check, check_by};
use crate::config::WorldConfig;
use crate::json::number;
use crate::message::thousands;
use crate::problem::Problem;
use crate::reading::{fields, words};
use crate::rules::{GroupSizes, Guardrail, Method, Population, Range, Rule, SampleSize, Window};

/// Maximum number of steps.
const MAX_STEPS: usize = 100;
/// Maximum number of guardrails and signals together.
const MAX_METRICS: usize = 20;
/// Maximum of a number of users or errors.
const MAX_COUNT: u32 = 1_000_000_000;
/// The coverage of the steps that GrowthBook's simple view makes of a duration, in percent.
const SIMPLE_VIEW: [f64; 5] = [1.0, 5.0, 10.0, 25.0, 50.0];
/// The shortest step of the simple view, in seconds.
const SHORTEST_STEP: u32 = 60;

/// A monitored ramp schedule of GrowthBook: the new version gets a share of the users, a
/// control of equal size is compared with it, and the rest is not analysed. It has a
/// `duration_seconds` or `steps`.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "GrowthBook"))]
pub struct GrowthbookInput {
    /// A name for people; default empty.
    #[cfg_attr(feature = "schema", schemars(length(max = 200)))]
    pub name: Option<String>,
    /// The length of the ramp in seconds: 1, 5, 10 and 25 % for a tenth of it each,
    /// rounded up to whole ticks, and 50 % for the rest.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 31536000), extend("type" = "integer")))]
    pub duration_seconds: Option<f64>,
    /// The steps, 1 to 100. After the last one, the new version gets all traffic.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
    pub steps: Option<Vec<RampStepInput>>,
    /// Seconds between two snapshots of the results, a multiple of `tick_seconds`, at
    /// least 600; default 21600. A step ends at a snapshot.
    #[cfg_attr(feature = "schema", schemars(range(min = 600, max = 31536000), extend("type" = "integer")))]
    pub refresh_seconds: Option<f64>,
    /// Metrics on the errors that roll back, at least one.
    #[cfg_attr(feature = "schema", schemars(required, length(min = 1, max = 20)))]
    pub guardrails: Option<Vec<GuardrailInput>>,
    /// Metrics on the errors that hold a step; default none.
    #[cfg_attr(feature = "schema", schemars(length(max = 20)))]
    pub signals: Option<Vec<GuardrailInput>>,
    /// A metric is lost with a p-value below this, above 0 and below 0.5; default 0.05.
    #[cfg_attr(feature = "schema", schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 0.5)))]
    pub p_value_threshold: Option<f64>,
    /// The number of users near which the test is sharpest, 1 to 1e12; default 5000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1000000000000u64)))]
    pub sequential_tuning_parameter: Option<f64>,
    /// What follows if the two groups are not as large as each other; default `hold`.
    pub srm_action: Option<HealthAction>,
    /// What follows if there are no users after the time of grace; default `hold`.
    pub no_traffic_action: Option<HealthAction>,
    /// Seconds of grace without users; default 86400.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 31536000), extend("type" = "integer")))]
    pub no_traffic_grace_seconds: Option<f64>,
    /// Seconds for which steps may be held, all together, until the ramp counts as one
    /// that waits for a person; default the planned length of the ramp. GrowthBook holds
    /// without end.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 31536000), extend("type" = "integer")))]
    pub max_hold_seconds: Option<f64>,
}

fields!(GrowthbookInput {
    name,
    duration_seconds,
    steps,
    refresh_seconds,
    guardrails,
    signals,
    p_value_threshold,
    sequential_tuning_parameter,
    srm_action,
    no_traffic_action,
    no_traffic_grace_seconds,
    max_hold_seconds,
});

/// A step of a ramp.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "RampStep"))]
pub struct RampStepInput {
    /// The share of users with the new version, in percent, above 0, at most 100;
    /// required. At most 50 if the step is monitored.
    #[cfg_attr(feature = "schema", schemars(required, range(max = 100), extend("exclusiveMinimum" = 0)))]
    pub coverage_pct: Option<f64>,
    /// Its shortest length in seconds, a multiple of `tick_seconds`; default none.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 31536000), extend("type" = "integer")))]
    pub interval_seconds: Option<f64>,
    /// Whether its end waits for a snapshot and depends on it; default true up to a
    /// coverage of 50 %.
    pub monitored: Option<bool>,
    /// The fewest users of both groups for the next step; default none. Only if monitored.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1000000000), extend("type" = "integer")))]
    pub min_sample_size: Option<f64>,
    /// Whether a person has to approve the next step; default false.
    pub requires_approval: Option<bool>,
}

fields!(RampStepInput {
    coverage_pct,
    interval_seconds,
    monitored,
    min_sample_size,
    requires_approval,
});

/// A metric on the errors.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Guardrail"))]
pub struct GuardrailInput {
    /// Its name, at most 200 characters; required.
    #[cfg_attr(feature = "schema", schemars(required, length(max = 200)))]
    pub name: Option<String>,
    /// With fewer errors in each of the two groups it is not lost; default 150.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1000000000), extend("type" = "integer")))]
    pub min_conversions: Option<f64>,
    /// With a smaller difference, as a part of the control's rate, it is not lost, 0..=100;
    /// default 0.005.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub min_change: Option<f64>,
}

fields!(GuardrailInput { name, min_conversions, min_change });

/// What follows from a problem of an experiment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HealthAction {
    /// The step is held.
    #[default]
    Hold,
    /// The ramp is rolled back.
    Rollback,
    /// Nothing but a warning.
    Warn,
}

words!(HealthAction { "hold" => Hold, "rollback" => Rollback, "warn" => Warn });

/// A monitored ramp schedule of GrowthBook, checked and complete.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GrowthbookConfig {
    /// A name for people.
    pub name: String,
    /// The steps, at least one.
    pub steps: Vec<RampStep>,
    /// Seconds between two snapshots of the results.
    pub refresh_seconds: u32,
    /// Metrics that roll back.
    pub guardrails: Vec<GuardrailConfig>,
    /// Metrics that hold a step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<GuardrailConfig>,
    /// A metric is lost with a p-value below this, in (0, ½).
    #[serde(serialize_with = "number")]
    pub p_value_threshold: f64,
    /// The number of users near which the test is sharpest.
    #[serde(serialize_with = "number")]
    pub sequential_tuning_parameter: f64,
    /// What follows if the two groups are not as large as each other.
    pub srm_action: HealthAction,
    /// What follows if there are no users after the time of grace.
    pub no_traffic_action: HealthAction,
    /// Seconds of grace without users.
    pub no_traffic_grace_seconds: u32,
    /// Seconds for which steps may be held, all together.
    pub max_hold_seconds: u32,
}

/// A step of a ramp.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RampStep {
    /// The share of users with the new version, in percent, in (0, 100].
    #[serde(serialize_with = "number")]
    pub coverage_pct: f64,
    /// Its shortest length in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval_seconds: Option<u32>,
    /// Whether its end waits for a snapshot and depends on it.
    pub monitored: bool,
    /// The fewest users of both groups for the next step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_sample_size: Option<u32>,
    /// Whether a person has to approve the next step.
    pub requires_approval: bool,
}

/// A metric on the errors.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GuardrailConfig {
    /// Its name.
    pub name: String,
    /// With fewer errors in each of the two groups it is not lost.
    pub min_conversions: u32,
    /// With a smaller difference, as a part of the control's rate, it is not lost.
    #[serde(serialize_with = "number")]
    pub min_change: f64,
}

impl GrowthbookInput {
    /// The complete configuration. Faults go to `check`, with paths below `path`.
    pub(super) fn resolve(
        &self,
        check: &mut Check<'_>,
        path: &str,
        tick_seconds: u32,
    ) -> GrowthbookConfig {
        let at = |key: &str| format!("{path}.{key}");
        let tick = tick_seconds.max(1);
        let steps = match (&self.steps, self.duration_seconds) {
            (Some(inputs), None) => {
                if inputs.is_empty() || inputs.len() > MAX_STEPS {
                    let count = inputs.len();
                    check.complain(
                        &at("steps"),
                        format!("{count} steps, expected 1 to {MAX_STEPS}"),
                    );
                }
                let mut step = |(i, step): (usize, &RampStepInput)| {
                    step.resolve(check, &format!("{path}.steps[{i}]"), tick_seconds)
                };
                inputs.iter().take(MAX_STEPS).enumerate().map(&mut step).collect()
            }
            (None, Some(duration)) => {
                let duration = check.seconds(&at("duration_seconds"), duration, 1, tick_seconds);
                simple_view(duration, tick)
            }
            (Some(_), Some(_)) => {
                check.complain(
                    &at("duration_seconds"),
                    "stands beside steps, expected one of the two",
                );
                Vec::new()
            }
            (None, None) => {
                check.complain(&at("steps"), "missing, expected steps or duration_seconds");
                Vec::new()
            }
        };
        let guardrails = self.guardrails.as_deref().unwrap_or_default();
        let signals = self.signals.as_deref().unwrap_or_default();
        if guardrails.is_empty() {
            check.complain(&at("guardrails"), "missing, expected at least one guardrail");
        }
        let count = guardrails.len() + signals.len();
        if count > MAX_METRICS {
            check.complain(
                &at("guardrails"),
                format!("{count} guardrails and signals, expected at most {MAX_METRICS}"),
            );
        }
        let mut metrics = |key: &str, inputs: &[GuardrailInput]| -> Vec<GuardrailConfig> {
            let mut metric = |(i, metric): (usize, &GuardrailInput)| {
                metric.resolve(check, &format!("{path}.{key}[{i}]"))
            };
            inputs.iter().take(MAX_METRICS).enumerate().map(&mut metric).collect()
        };
        let (guardrails, signals) =
            (metrics("guardrails", guardrails), metrics("signals", signals));
        let usual = |seconds: u32| f64::from(seconds.next_multiple_of(tick));
        let refresh = self.refresh_seconds.unwrap_or(usual(21_600));
        let mut config = GrowthbookConfig {
            name: check.name(&at("name"), self.name.as_deref().unwrap_or_default()),
            steps,
            refresh_seconds: check.seconds(&at("refresh_seconds"), refresh, 600, tick_seconds),
            guardrails,
            signals,
            p_value_threshold: check.number(
                &at("p_value_threshold"),
                self.p_value_threshold.unwrap_or(0.05),
                Range { excludes_max: true, ..Range::above(0.0, 0.5) },
            ),
            sequential_tuning_parameter: check.number(
                &at("sequential_tuning_parameter"),
                self.sequential_tuning_parameter.unwrap_or(5_000.0),
                Range::from(1.0, 1e12),
            ),
            srm_action: self.srm_action.unwrap_or_default(),
            no_traffic_action: self.no_traffic_action.unwrap_or_default(),
            no_traffic_grace_seconds: check.seconds(
                &at("no_traffic_grace_seconds"),
                self.no_traffic_grace_seconds.unwrap_or(usual(86_400)),
                1,
                tick_seconds,
            ),
            max_hold_seconds: 0,
        };
        let planned = config.planned_step_ticks(tick).iter().sum::<u64>();
        if planned > u64::from(crate::config::MAX_TICKS) {
            check.complain(
                path,
                format!(
                    "takes {} ticks, the limit is {}",
                    thousands(planned),
                    thousands(u64::from(crate::config::MAX_TICKS))
                ),
            );
        }
        let most = super::super::resolve::MAX_PERIOD_SECONDS / tick;
        let usual_hold = planned.clamp(1, u64::from(most.max(1))) as f64 * f64::from(tick);
        let hold = self.max_hold_seconds.unwrap_or(usual_hold);
        if planned <= u64::from(crate::config::MAX_TICKS) {
            config.max_hold_seconds = check.seconds(&at("max_hold_seconds"), hold, 1, tick_seconds);
        }
        config
    }
}

/// The steps of a duration in seconds.
fn simple_view(duration: u32, tick: u32) -> Vec<RampStep> {
    let short = (duration / 10).max(SHORTEST_STEP).next_multiple_of(tick);
    let last = duration.saturating_sub(4 * short).max(SHORTEST_STEP.next_multiple_of(tick));
    let step = |(i, coverage_pct): (usize, f64)| RampStep {
        coverage_pct,
        interval_seconds: Some(if i + 1 < SIMPLE_VIEW.len() { short } else { last }),
        monitored: true,
        min_sample_size: None,
        requires_approval: false,
    };
    SIMPLE_VIEW.into_iter().enumerate().map(step).collect()
}

impl RampStepInput {
    fn resolve(&self, check: &mut Check<'_>, path: &str, tick_seconds: u32) -> RampStep {
        let at = |key: &str| format!("{path}.{key}");
        let coverage_pct =
            check.number(&at("coverage_pct"), self.coverage_pct, Range::above(0.0, 100.0));
        let monitored = self.monitored.unwrap_or(coverage_pct <= 50.0);
        if monitored && coverage_pct > 50.0 {
            check.complain(
                &at("coverage_pct"),
                format!("{coverage_pct}, expected at most 50 in a monitored step: the control is as large"),
            );
        }
        if self.min_sample_size.is_some() && !monitored {
            check.complain(
                &at("min_sample_size"),
                "stands in a step that is not monitored, where it has no effect",
            );
        }
        let requires_approval = self.requires_approval.unwrap_or(false);
        if self.interval_seconds.is_none() && !monitored && !requires_approval {
            check.complain(
                &at("interval_seconds"),
                "missing: a step that is not monitored needs it or requires_approval",
            );
        }
        RampStep {
            coverage_pct,
            interval_seconds: self
                .interval_seconds
                .map(|interval| check.seconds(&at("interval_seconds"), interval, 1, tick_seconds)),
            monitored,
            min_sample_size: self
                .min_sample_size
                .map(|users| check.whole(&at("min_sample_size"), users, 1, MAX_COUNT)),
            requires_approval,
        }
    }
}

impl GuardrailInput {
    fn resolve(&self, check: &mut Check<'_>, path: &str) -> GuardrailConfig {
        let at = |key: &str| format!("{path}.{key}");
        if self.name.as_deref().unwrap_or_default().is_empty() {
            check.complain(&at("name"), "missing, expected the metric’s name");
        }
        GuardrailConfig {
            name: check.name(&at("name"), self.name.as_deref().unwrap_or_default()),
            min_conversions: check.whole(
                &at("min_conversions"),
                self.min_conversions.unwrap_or(150.0),
                0,
                MAX_COUNT,
            ),
            min_change: check.number(
                &at("min_change"),
                self.min_change.unwrap_or(0.005),
                Range::from(0.0, 100.0),
            ),
        }
    }
}

impl GrowthbookConfig {
    /// The ticks of each step if none is held: a monitored step ends at the first snapshot
    /// from the end of its interval on, or after its beginning if it has none.
    pub fn planned_step_ticks(&self, tick_seconds: u32) -> Vec<u64> {
        let tick = u64::from(tick_seconds.max(1));
        let refresh = (u64::from(self.refresh_seconds) / tick).max(1);
        let mut now = 0_u64;
        let mut ticks = |step: &RampStep| {
            let shortest = (u64::from(step.interval_seconds.unwrap_or(0)) / tick).max(1);
            let end = now + shortest;
            let end = if step.monitored { end.next_multiple_of(refresh) } else { end };
            let ticks = end - now;
            now = end;
            ticks
        };
        self.steps.iter().map(&mut ticks).collect()
    }

    /// The checks in the order of their numbers: the sizes of the groups, the guardrails,
    /// the signals, and the sample size of each step that has one.
    pub(super) fn checks(&self) -> Vec<Rule> {
        let metric = |metric: &GuardrailConfig| {
            Method::Guardrail(Guardrail {
                name: metric.name.clone(),
                p_value_threshold: self.p_value_threshold,
                tuned_for: self.sequential_tuning_parameter,
                min_conversions: u64::from(metric.min_conversions),
                min_change: metric.min_change,
            })
        };
        let sizes = GroupSizes { p_value_threshold: 0.001, min_users: 16 };
        let samples = self.steps.iter().filter_map(|step| step.min_sample_size);
        std::iter::once(Method::GroupSizes(sizes))
            .chain(self.guardrails.iter().map(metric))
            .chain(self.signals.iter().map(metric))
            .chain(
                samples.map(|users| Method::SampleSize(SampleSize { min_users: u64::from(users) })),
            )
            .map(|method| check_by(method, Window::Rollout, Population::Control))
            .collect()
    }

    /// What is valid but probably a mistake. Paths begin with `path`.
    pub(super) fn warnings(&self, path: &str, world: &WorldConfig) -> Vec<Problem> {
        let mut warnings = Vec::new();
        let mut warn = |key: String, message: String| {
            warnings.push(Problem::new(format!("{path}.{key}"), message));
        };
        let tick = world.tick_seconds.max(1);
        let planned = self.planned_step_ticks(tick);
        let seconds: u64 = planned.iter().sum::<u64>() * u64::from(tick);
        let shortest: u64 =
            self.steps.iter().map(|step| u64::from(step.interval_seconds.unwrap_or(0))).sum();
        if shortest > 0 && seconds > shortest + shortest / 4 {
            warn(
                "refresh_seconds".to_string(),
                format!(
                    "a step ends at a snapshot: the ramp takes {} s, its intervals {} s",
                    thousands(seconds),
                    thousands(shortest)
                ),
            );
        }
        let rate = world.traffic.requests_per_second;
        let ticks = self.steps.iter().zip(&planned).filter(|(step, _)| step.monitored);
        let users: f64 = ticks
            .map(|(step, ticks)| {
                rate * step.coverage_pct / 100.0 * (*ticks as f64) * f64::from(tick)
            })
            .sum();
        let errors = users * world.baseline.error_rate;
        for (i, guardrail) in self.guardrails.iter().enumerate() {
            if errors > 0.0 && errors * 3.0 < f64::from(guardrail.min_conversions) {
                warn(
                    format!("guardrails[{i}].min_conversions"),
                    format!(
                        "{} errors are asked for, and the control has about {} in the whole ramp: a release with three times as many is not lost",
                        guardrail.min_conversions,
                        thousands(errors.round() as u64)
                    ),
                );
            }
        }
        if world.baseline.error_rate == 0.0 {
            warn(
                "guardrails".to_string(),
                "the baseline never fails: with no error in the control no guardrail is lost"
                    .to_string(),
            );
        }
        warnings
    }
}
