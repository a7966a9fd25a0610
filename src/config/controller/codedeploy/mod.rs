//! A deployment of AWS CodeDeploy, as a part of a configuration.

mod predefined;
mod resolve;
mod warnings;

pub use predefined::{Deploys, Predefined};

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

use super::metric::{MeasureConfig, MeasureInput, MeasuredInput};
use super::{Check, check_of};
use crate::config::WorldConfig;
use crate::json::number;
use crate::reading::{fields, words};
use crate::rules::{Comparison, Criterion, EmptyResult, Measures, Metric, Population, Range, Rule};

/// Maximum number of alarms of a deployment group.
pub const MAX_ALARMS: usize = 10;
/// Maximum number of data points that an alarm evaluates.
pub const MAX_EVALUATION_PERIODS: u32 = 100;
/// Seconds after which a hook that does not answer has failed.
pub const HOOK_TIMEOUT_SECONDS: u32 = 3600;

/// A deployment of AWS CodeDeploy, or one of Amazon ECS or AWS Step Functions that shifts
/// traffic in the same way. It has a `deployment_config_name`, `traffic_routing` or
/// `minimum_healthy_hosts`.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "CodeDeploy"))]
pub struct CodeDeployInput {
    /// A name for people; default empty.
    pub name: Option<String>,
    /// What is deployed; default what the predefined configuration is for, otherwise
    /// `lambda`.
    pub compute_platform: Option<ComputePlatform>,
    /// The name of a predefined deployment configuration, such as
    /// `CodeDeployDefault.LambdaCanary10Percent5Minutes`.
    pub deployment_config_name: Option<String>,
    /// How the traffic is shifted.
    pub traffic_routing: Option<TrafficRoutingInput>,
    /// How many instances stay in service. Only on the compute platform `server`.
    pub minimum_healthy_hosts: Option<MinimumHealthyHostsInput>,
    /// The number of instances, a whole number from 1 to 10000; default 10. Only on the
    /// compute platform `server`.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 10000), extend("type" = "integer")))]
    pub instances: Option<f64>,
    /// Seconds until an instance has the new revision and is in service, a multiple of
    /// `tick_seconds`; default one tick. Only on the compute platform `server`.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 31536000), extend("type" = "integer")))]
    pub instance_seconds: Option<f64>,
    /// Seconds until the new tasks run, before any traffic; default 0. Only on the compute
    /// platform `ecs`.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 31536000), extend("type" = "integer")))]
    pub install_seconds: Option<f64>,
    /// Seconds for which the deployment waits for a person before the traffic is shifted;
    /// without an answer it is stopped. Default: it does not wait.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 31536000), extend("type" = "integer")))]
    pub deployment_ready_wait_seconds: Option<f64>,
    /// Seconds for which the old version is kept after all traffic has shifted: the
    /// deployment is not complete before, and its alarms still count. The bake time of
    /// Amazon ECS. Default 0. Only on the compute platform `ecs`.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 31536000), extend("type" = "integer")))]
    pub termination_wait_seconds: Option<f64>,
    /// Whether a linear shift waits another interval after its last increment; default
    /// false.
    pub last_interval: Option<bool>,
    /// The hooks that validate the deployment, with their outcomes.
    pub hooks: Option<HooksInput>,
    /// The alarms of the deployment group, at most 10.
    #[cfg_attr(feature = "schema", schemars(length(max = 10)))]
    pub alarms: Option<Vec<AlarmInput>>,
    /// Seconds between two times that the deployment asks for the state of its alarms, a
    /// multiple of `tick_seconds`; default one tick.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 31536000), extend("type" = "integer")))]
    pub alarm_poll_seconds: Option<f64>,
    /// The events after which the last revision is deployed again; default all three.
    #[cfg_attr(feature = "schema", schemars(length(max = 3)))]
    pub auto_rollback: Option<Vec<RollbackEvent>>,
    /// Seconds until the traffic is back after the decision to roll back; default 0. Not on
    /// the compute platform `server`, where instances are deployed again.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 31536000), extend("type" = "integer")))]
    pub rollback_seconds: Option<f64>,
}

fields!(CodeDeployInput {
    name,
    compute_platform,
    deployment_config_name,
    traffic_routing,
    minimum_healthy_hosts,
    instances,
    instance_seconds,
    install_seconds,
    deployment_ready_wait_seconds,
    termination_wait_seconds,
    last_interval,
    hooks,
    alarms,
    alarm_poll_seconds,
    auto_rollback,
    rollback_seconds,
});

/// What is deployed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ComputePlatform {
    /// The versions of a Lambda function behind an alias.
    #[default]
    Lambda,
    /// The task sets of an Amazon ECS service.
    Ecs,
    /// The versions of a state machine of AWS Step Functions behind an alias.
    StepFunctions,
    /// EC2 instances or other servers, in place.
    Server,
}

words!(ComputePlatform {
    "lambda" => Lambda,
    "ecs" => Ecs,
    "step_functions" => StepFunctions,
    "server" => Server,
});

/// How the traffic is shifted.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename_all = "snake_case", rename = "CodeDeployRouting"))]
pub enum TrafficRoutingInput {
    /// All at once.
    AllAtOnce,
    /// A share first, and the rest after an interval.
    TimeBasedCanary(TimeBasedCanaryInput),
    /// The same share in each interval. The first one is shifted at once.
    TimeBasedLinear(TimeBasedLinearInput),
    /// The canary strategy of an ECS service.
    Canary(EcsCanaryInput),
    /// The linear strategy of an ECS service.
    Linear(EcsLinearInput),
}

words!(TrafficRoutingInput {
    "all_at_once" => AllAtOnce,
    "time_based_canary" => TimeBasedCanary(_),
    "time_based_linear" => TimeBasedLinear(_),
    "canary" => Canary(_),
    "linear" => Linear(_),
});

/// A share first, and the rest after an interval.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "TimeBasedCanary"))]
pub struct TimeBasedCanaryInput {
    /// The share of the traffic that is shifted first, in percent, above 0, at most
    /// 100; required.
    #[cfg_attr(feature = "schema", schemars(required, range(max = 100), extend("exclusiveMinimum" = 0)))]
    pub canary_percentage: Option<f64>,
    /// Seconds until the rest is shifted, a multiple of `tick_seconds`; required.
    #[cfg_attr(feature = "schema", schemars(required, range(min = 1, max = 31536000), extend("type" = "integer")))]
    pub canary_interval_seconds: Option<f64>,
}

fields!(TimeBasedCanaryInput { canary_percentage, canary_interval_seconds });

/// The same share in each interval.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "TimeBasedLinear"))]
pub struct TimeBasedLinearInput {
    /// The share of the traffic that each increment shifts, in percent, from 1 to 100;
    /// required.
    #[cfg_attr(feature = "schema", schemars(required, range(min = 1, max = 100)))]
    pub linear_percentage: Option<f64>,
    /// Seconds between two increments, a multiple of `tick_seconds`; required.
    #[cfg_attr(feature = "schema", schemars(required, range(min = 1, max = 31536000), extend("type" = "integer")))]
    pub linear_interval_seconds: Option<f64>,
}

fields!(TimeBasedLinearInput { linear_percentage, linear_interval_seconds });

/// The canary strategy of an ECS service.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "EcsCanary"))]
pub struct EcsCanaryInput {
    /// The share of the traffic that is shifted first, in percent, from 0.1 to 100; default
    /// 5.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.1, max = 100)))]
    pub canary_percent: Option<f64>,
    /// Seconds until the rest is shifted, a multiple of `tick_seconds`, at most 86400;
    /// default 600.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 86400), extend("type" = "integer")))]
    pub canary_bake_time_seconds: Option<f64>,
}

fields!(EcsCanaryInput { canary_percent, canary_bake_time_seconds });

/// The linear strategy of an ECS service.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "EcsLinear"))]
pub struct EcsLinearInput {
    /// The share of the traffic that each step shifts, in percent, from 3 to 100; default
    /// 10.
    #[cfg_attr(feature = "schema", schemars(range(min = 3, max = 100)))]
    pub step_percent: Option<f64>,
    /// Seconds between two steps, a multiple of `tick_seconds`, at most 86400; default 360.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 86400), extend("type" = "integer")))]
    pub step_bake_time_seconds: Option<f64>,
}

fields!(EcsLinearInput { step_percent, step_bake_time_seconds });

/// How many instances stay in service: one of the two.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "MinimumHealthyHosts"))]
pub struct MinimumHealthyHostsInput {
    /// A number of instances.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 10000), extend("type" = "integer")))]
    pub host_count: Option<f64>,
    /// In percent of all instances, rounded up.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub fleet_percent: Option<f64>,
}

fields!(MinimumHealthyHostsInput { host_count, fleet_percent });

/// The hooks of a deployment, in their order. One that is left out is not run.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "CodeDeployHooks"))]
pub struct HooksInput {
    /// Before the new tasks are made. Only on the compute platform `ecs`.
    pub before_install: Option<HookInput>,
    /// After the new tasks run. Only on the compute platform `ecs`.
    pub after_install: Option<HookInput>,
    /// While they get the traffic of a test listener. Only on the compute platform `ecs`.
    pub after_allow_test_traffic: Option<HookInput>,
    /// Before the traffic is shifted: `PreTraffic` in SAM.
    pub before_allow_traffic: Option<HookInput>,
    /// After all traffic has shifted: `PostTraffic` in SAM.
    pub after_allow_traffic: Option<HookInput>,
}

fields!(HooksInput {
    before_install,
    after_install,
    after_allow_test_traffic,
    before_allow_traffic,
    after_allow_traffic,
});

/// The outcome of a hook. What a hook finds is not simulated.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename_all = "snake_case", rename = "CodeDeployHook"))]
pub enum HookInput {
    /// It succeeds after this many seconds, a multiple of `tick_seconds`, at most 3600.
    SucceedsAfterSeconds(
        #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 3600), extend("type" = "integer")))]
         f64,
    ),
    /// It fails after this many seconds, a multiple of `tick_seconds`, at most 3600.
    FailsAfterSeconds(
        #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 3600), extend("type" = "integer")))]
         f64,
    ),
    /// It does not answer, and has failed after one hour.
    DoesNotAnswer,
}

words!(HookInput {
    "succeeds_after_seconds" => SucceedsAfterSeconds(_),
    "fails_after_seconds" => FailsAfterSeconds(_),
    "does_not_answer" => DoesNotAnswer,
});

/// An alarm of Amazon CloudWatch.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "CloudWatchAlarm"))]
pub struct AlarmInput {
    #[cfg_attr(feature = "schema", schemars(flatten))]
    pub measured: MeasuredInput,
    /// Whose requests it measures: of the whole function, unless the metric has the new
    /// version as a dimension; default `service`.
    pub of: Option<Population>,
    /// Whether a period without errors has no data, as for a metric that is only sent with
    /// an error; default false.
    pub empty_without_errors: Option<bool>,
    /// How a data point is compared with the threshold; default `above`.
    pub comparison_operator: Option<Comparison>,
    /// The threshold; required.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub threshold: Option<f64>,
    /// The length of a data point in seconds, a multiple of `tick_seconds`; default 60.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 86400), extend("type" = "integer")))]
    pub period_seconds: Option<f64>,
    /// The number of data points that are evaluated, a whole number from 1 to 100; default 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100), extend("type" = "integer")))]
    pub evaluation_periods: Option<f64>,
    /// How many of them have to be breaching; default all.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100), extend("type" = "integer")))]
    pub datapoints_to_alarm: Option<f64>,
    /// How periods without data are treated; default `missing`.
    pub treat_missing_data: Option<TreatMissingData>,
    /// Whether the alarm is on before the start of the deployment; default false.
    pub on_before_start: Option<bool>,
}

fields!(AlarmInput {
    measured,
    of,
    empty_without_errors,
    comparison_operator,
    threshold,
    period_seconds,
    evaluation_periods,
    datapoints_to_alarm,
    treat_missing_data,
    on_before_start,
});

/// How an alarm treats periods without data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TreatMissingData {
    /// They are left out; with no data at all the state is INSUFFICIENT_DATA.
    #[default]
    Missing,
    /// They are left out; with no data at all the state is kept.
    Ignore,
    /// They are breaching.
    Breaching,
    /// They are not breaching.
    NotBreaching,
}

words!(TreatMissingData {
    "missing" => Missing,
    "ignore" => Ignore,
    "breaching" => Breaching,
    "not_breaching" => NotBreaching,
});

/// An event after which the last revision is deployed again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RollbackEvent {
    /// The deployment failed: a hook did.
    #[default]
    DeploymentFailure,
    /// An alarm stopped it.
    DeploymentStopOnAlarm,
    /// A person stopped it.
    DeploymentStopOnRequest,
}

words!(RollbackEvent {
    "deployment_failure" => DeploymentFailure,
    "deployment_stop_on_alarm" => DeploymentStopOnAlarm,
    "deployment_stop_on_request" => DeploymentStopOnRequest,
});

impl RollbackEvent {
    /// All events.
    pub const ALL: [RollbackEvent; 3] = [
        RollbackEvent::DeploymentFailure,
        RollbackEvent::DeploymentStopOnAlarm,
        RollbackEvent::DeploymentStopOnRequest,
    ];
}

/// A deployment of AWS CodeDeploy, checked and complete.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CodeDeployConfig {
    /// A name for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What is deployed.
    pub compute_platform: ComputePlatform,
    /// The name of the predefined deployment configuration, if it is one. Then neither
    /// `traffic_routing` nor `minimum_healthy_hosts` is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_config_name: Option<&'static str>,
    /// How the traffic is shifted, if that is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic_routing: Option<CodeDeployRouting>,
    /// How many instances stay in service, if that is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_healthy_hosts: Option<MinimumHealthyHosts>,
    /// The number of instances; `None` unless the platform is a server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instances: Option<u32>,
    /// Seconds until an instance has the new revision; `None` unless the platform is a
    /// server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_seconds: Option<u32>,
    /// Seconds until the new tasks run.
    #[serde(skip_serializing_if = "is_zero")]
    pub install_seconds: u32,
    /// Seconds for which the deployment waits for a person before the traffic is shifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_ready_wait_seconds: Option<u32>,
    /// Seconds for which the old version is kept after all traffic has shifted.
    #[serde(skip_serializing_if = "is_zero")]
    pub termination_wait_seconds: u32,
    /// Whether a linear shift waits another interval after its last increment.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub last_interval: bool,
    /// The hooks.
    #[serde(skip_serializing_if = "Hooks::is_none")]
    pub hooks: Hooks,
    /// The alarms.
    pub alarms: Vec<AlarmConfig>,
    /// Seconds between two times that the deployment asks for the state of its alarms.
    pub alarm_poll_seconds: u32,
    /// The events after which the last revision is deployed again, in the order of
    /// [`RollbackEvent::ALL`].
    pub auto_rollback: Vec<RollbackEvent>,
    /// Seconds until the traffic is back after the decision to roll back.
    #[serde(skip_serializing_if = "is_zero")]
    pub rollback_seconds: u32,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// How the traffic is shifted. Shares are in percent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeDeployRouting {
    /// All at once.
    AllAtOnce,
    /// A share first, and the rest after an interval.
    TimeBasedCanary {
        /// In (0, 100].
        #[serde(serialize_with = "number")]
        canary_percentage: f64,
        /// In seconds.
        canary_interval_seconds: u32,
    },
    /// The same share in each interval.
    TimeBasedLinear {
        /// In [1, 100].
        #[serde(serialize_with = "number")]
        linear_percentage: f64,
        /// In seconds.
        linear_interval_seconds: u32,
    },
    /// The canary strategy of an ECS service.
    Canary {
        /// In [0.1, 100].
        #[serde(serialize_with = "number")]
        canary_percent: f64,
        /// In seconds.
        canary_bake_time_seconds: u32,
    },
    /// The linear strategy of an ECS service.
    Linear {
        /// In [3, 100].
        #[serde(serialize_with = "number")]
        step_percent: f64,
        /// In seconds.
        step_bake_time_seconds: u32,
    },
}

impl CodeDeployRouting {
    /// The share that each increment shifts, in percent, and the seconds until the next;
    /// `None` for all at once.
    pub fn increment(self) -> Option<(f64, u32)> {
        match self {
            CodeDeployRouting::AllAtOnce => None,
            CodeDeployRouting::TimeBasedCanary { canary_percentage, canary_interval_seconds } => {
                Some((canary_percentage, canary_interval_seconds))
            }
            CodeDeployRouting::TimeBasedLinear { linear_percentage, linear_interval_seconds } => {
                Some((linear_percentage, linear_interval_seconds))
            }
            CodeDeployRouting::Canary { canary_percent, canary_bake_time_seconds } => {
                Some((canary_percent, canary_bake_time_seconds))
            }
            CodeDeployRouting::Linear { step_percent, step_bake_time_seconds } => {
                Some((step_percent, step_bake_time_seconds))
            }
        }
    }

    /// Whether it shifts the same share again and again.
    pub fn is_linear(self) -> bool {
        matches!(self, CodeDeployRouting::TimeBasedLinear { .. } | CodeDeployRouting::Linear { .. })
    }
}

/// How many instances stay in service.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MinimumHealthyHosts {
    /// A number of instances.
    HostCount(u32),
    /// In percent of all instances, rounded up.
    FleetPercent(#[serde(serialize_with = "number")] f64),
}

impl MinimumHealthyHosts {
    /// How many of `instances` stay in service, at most all.
    pub fn count(self, instances: u32) -> u32 {
        match self {
            MinimumHealthyHosts::HostCount(count) => count.min(instances),
            MinimumHealthyHosts::FleetPercent(percent) => {
                // Rounded up. The product of two numbers without an exact binary value can
                // be a little too large.
                let exact = f64::from(instances) * percent / 100.0;
                ((exact - 1e-9).ceil().max(0.0) as u32).min(instances)
            }
        }
    }
}

/// The outcomes of the hooks; `None` for a hook that is not run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Hooks {
    /// Before the new tasks are made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_install: Option<Hook>,
    /// After the new tasks run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_install: Option<Hook>,
    /// While they get the traffic of a test listener.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_allow_test_traffic: Option<Hook>,
    /// Before the traffic is shifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_allow_traffic: Option<Hook>,
    /// After all traffic has shifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_allow_traffic: Option<Hook>,
}

impl Hooks {
    fn is_none(&self) -> bool {
        *self == Hooks::default()
    }
}

/// The outcome of a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Hook {
    /// It succeeds after this many seconds.
    SucceedsAfterSeconds(u32),
    /// It fails after this many seconds.
    FailsAfterSeconds(u32),
    /// It does not answer, and has failed after an hour.
    DoesNotAnswer,
}

/// An alarm, checked and complete.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlarmConfig {
    /// Its name.
    pub name: String,
    /// What its metric measures.
    pub measures: Measures,
    /// Which quantile of latency, in (0, 1).
    #[serde(skip_serializing_if = "is_usual_quantile", serialize_with = "number")]
    pub quantile: f64,
    /// What the measured number is multiplied by.
    #[serde(skip_serializing_if = "super::super::is_one", serialize_with = "number")]
    pub scale: f64,
    /// Whose requests it measures.
    pub of: Population,
    /// Whether a period without errors has no data.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub empty_without_errors: bool,
    /// How a data point is compared with the threshold.
    pub comparison_operator: Comparison,
    /// The threshold.
    #[serde(serialize_with = "number")]
    pub threshold: f64,
    /// The length of a data point in seconds.
    pub period_seconds: u32,
    /// The number of data points that are evaluated, 1..=100.
    pub evaluation_periods: u32,
    /// How many of them have to be breaching, `1..=evaluation_periods`.
    pub datapoints_to_alarm: u32,
    /// How periods without data are treated.
    pub treat_missing_data: TreatMissingData,
    /// Whether the alarm is on before the start of the deployment.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub on_before_start: bool,
}

fn is_usual_quantile(quantile: &f64) -> bool {
    *quantile == 0.99
}

impl CodeDeployConfig {
    /// How it deploys.
    pub fn deploys(&self) -> Deploys {
        let predefined = self.deployment_config_name.and_then(Predefined::named);
        match (predefined, self.minimum_healthy_hosts, self.traffic_routing) {
            (Some(predefined), ..) => predefined.deploys,
            (None, Some(minimum), _) => Deploys::Keep(minimum),
            (None, None, Some(routing)) => Deploys::Shift(routing),
            (None, None, None) => Deploys::Shift(CodeDeployRouting::AllAtOnce),
        }
    }

    /// Whether the last revision is deployed again after an event.
    pub fn rolls_back_on(&self, event: RollbackEvent) -> bool {
        self.auto_rollback.contains(&event)
    }

    /// The checks: the alarms, in their order.
    pub(super) fn checks(&self) -> Vec<Rule> {
        self.alarms.iter().map(|alarm| check_of(alarm.metric(), alarm.of)).collect()
    }

    /// Seconds from the first traffic of the new version to the end of the deployment.
    fn seconds_with_traffic(&self) -> f64 {
        let shift = match self.deploys() {
            Deploys::Shift(routing) => routing.increment().map_or(0.0, |(percent, seconds)| {
                let intervals = if routing.is_linear() { increments(percent) - 1 } else { 1 };
                let last = u32::from(self.last_interval && routing.is_linear());
                f64::from(intervals + last) * f64::from(seconds)
            }),
            deploys => {
                let instances = self.instances.unwrap_or(1);
                let batches = instances.div_ceil(deploys.batch(instances).max(1));
                f64::from(batches - 1) * f64::from(self.instance_seconds.unwrap_or(0))
            }
        };
        let hook = match self.hooks.after_allow_traffic {
            Some(Hook::SucceedsAfterSeconds(seconds) | Hook::FailsAfterSeconds(seconds)) => seconds,
            Some(Hook::DoesNotAnswer) => HOOK_TIMEOUT_SECONDS,
            None => 0,
        };
        shift + f64::from(hook) + f64::from(self.termination_wait_seconds)
    }
}

/// In how many increments of `percent` all traffic is shifted.
pub(crate) fn increments(percent: f64) -> u32 {
    // A division that should be whole can be a little above.
    (100.0 / percent - 1e-9).ceil().max(1.0) as u32
}

impl AlarmConfig {
    /// Its metric.
    pub fn metric(&self) -> Metric {
        let measure = MeasureConfig {
            name: self.name.clone(),
            measures: self.measures,
            quantile: self.quantile,
            scale: self.scale,
            of: self.of,
            window_seconds: self.period_seconds,
            no_data: EmptyResult::Empty,
            empty_without_errors: self.empty_without_errors,
            details: crate::rules::QueryDetails::default(),
        };
        measure.metric(Criterion::Breach {
            comparison: self.comparison_operator,
            threshold: self.threshold,
        })
    }
}
