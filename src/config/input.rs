//! A configuration as a person writes it. Reading checks names and types. Ranges
//! are checked when the configuration is resolved, so that all faults are reported
//! together. A field is required unless it is an `Option` or a struct of optional
//! fields.
//!
//! The doc comments are the descriptions in the JSON Schema.

#[cfg(feature = "schema")]
use schemars::JsonSchema;

use super::controller::ControllerInput;
use crate::reading::{fields, words};
use crate::rules::RuleInput;

/// A staged rollout of a release: the traffic, the two versions, the plan and
/// the rules that judge.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, title = "Canary rollout"))]
pub struct ConfigInput {
    /// A name for people, at most 200 characters; default empty.
    #[cfg_attr(feature = "schema", schemars(length(max = 200)))]
    pub name: Option<String>,
    #[cfg_attr(feature = "schema", schemars(flatten))]
    pub world: WorldInput,
    /// The release on trial; default healthy.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub canary: ReleaseInput,
    #[cfg_attr(feature = "schema", schemars(flatten))]
    pub policy: PolicyInput,
}

fields!(ConfigInput { name, world, canary, policy; "$schema" });

/// What a release meets.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct WorldInput {
    /// Length of a tick, one analysis interval, in seconds: a whole number
    /// from 1 to 86400; default 60.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 86400), extend("type" = "integer")))]
    pub tick_seconds: Option<f64>,
    /// The load.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub traffic: TrafficInput,
    /// Random variation of the error rates; default none.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub noise: NoiseInput,
    /// Incidents, which affect both arms alike; default none.
    pub incidents: Option<IncidentsInput>,
    /// The stable version.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub baseline: BaselineInput,
    /// What monitoring sees, and when; default everything at once.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub observation: ObservationInput,
}

fields!(part WorldInput { tick_seconds, traffic, noise, incidents, baseline, observation });

/// What monitoring sees, and when.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Observation"))]
pub struct ObservationInput {
    /// Seconds from the end of a tick until its counts can be seen: a multiple of
    /// `tick_seconds`, shorter than the plan; default 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 31536000), extend("type" = "integer")))]
    pub delay_seconds: Option<f64>,
    /// Seconds before the start of the rollout of which monitoring has counts of the
    /// service: a multiple of `tick_seconds`; default as many as the longest window
    /// reads.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 31536000), extend("type" = "integer")))]
    pub history_seconds: Option<f64>,
}

fields!(ObservationInput { delay_seconds, history_seconds });

/// What decides.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct PolicyInput {
    /// The plan: 1 to 100 stages with rising shares. After the last the canary
    /// is promoted to all traffic. Required without a `controller`.
    #[cfg_attr(feature = "schema", schemars(default, length(min = 1, max = 100)))]
    pub stages: Option<Vec<StageInput>>,
    /// A controller that decides in place of stages and rules; default none.
    pub controller: Option<ControllerInput>,
    /// A plain rule: at a stage's end the canary's error rate may exceed the
    /// baseline's by at most this, 0..=1, at most 9 decimal places; default no
    /// such rule.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1)))]
    pub error_rate_threshold: Option<f64>,
    /// A plain rule: at a stage's end the canary's 99th percentile of latency
    /// may exceed the baseline's by at most this many milliseconds, above 0;
    /// default no such rule.
    #[cfg_attr(feature = "schema", schemars(range(max = 600000), extend("exclusiveMinimum" = 0)))]
    pub latency_threshold_ms: Option<f64>,
    /// Further rules, after the plain ones; at most 32 in all; default none.
    #[cfg_attr(feature = "schema", schemars(length(max = 32)))]
    pub rules: Option<Vec<RuleInput>>,
    /// What follows when a stage ends and a rule is inconclusive: too few
    /// requests or errors, or no baseline at 100 %; default `promote`.
    pub on_inconclusive: Option<OnInconclusiveInput>,
    /// Ticks for which the canary keeps its share after the decision to roll
    /// back: a whole number from 0 to 100000; default 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100000), extend("type" = "integer")))]
    pub rollback_ticks: Option<f64>,
    /// The lowest score, 0..=100, with which the rules that count failures
    /// `by_score` pass; default 75.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub pass_score: Option<f64>,
    /// The instances among which the traffic is split; default any share is split
    /// exactly.
    pub pods: Option<PodsInput>,
}

fields!(part PolicyInput {
    stages,
    controller,
    error_rate_threshold,
    latency_threshold_ms,
    rules,
    on_inconclusive,
    rollback_ticks,
    pass_score,
    pods,
});

/// Instances among which the traffic is split equally: a stage's share becomes the
/// nearest share of whole instances, below 100 % with at least one of each version.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Pods"))]
pub struct PodsInput {
    /// The number of instances of both versions together, a whole number from 2 to
    /// 10000; required.
    #[cfg_attr(feature = "schema", schemars(required, range(min = 2, max = 10000), extend("type" = "integer")))]
    pub count: Option<f64>,
    /// Ticks until additional canary instances are ready, a whole number from 0 to
    /// 100000; so long the share before stays. Default 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100000), extend("type" = "integer")))]
    pub ready_ticks: Option<f64>,
}

fields!(PodsInput { count, ready_ticks });

/// The load: the requests of a tick are Poisson around it.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Traffic"))]
pub struct TrafficInput {
    /// Mean requests per second, above 0; at most 100 million per tick; default
    /// 170.
    #[cfg_attr(feature = "schema", schemars(range(max = 100000000), extend("exclusiveMinimum" = 0)))]
    pub requests_per_second: Option<f64>,
    /// A daily rise and fall of the mean; default none.
    pub daily_swing: Option<DailySwingInput>,
    /// Coefficient of variation of a gamma factor on each tick's load, 0..=3;
    /// default 0, none.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 3)))]
    pub burstiness: Option<f64>,
    /// The odds that a request reaches the canary, divided by the odds of the planned
    /// share: a fault of the routing; above 0, at most 100; default 1, none.
    #[cfg_attr(feature = "schema", schemars(range(max = 100), extend("exclusiveMinimum" = 0)))]
    pub canary_skew: Option<f64>,
}

fields!(TrafficInput { requests_per_second, daily_swing, burstiness, canary_skew });

/// load(t) = mean · (1 + amplitude · cos(2π (t − peak) / period)).
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "DailySwing"))]
pub struct DailySwingInput {
    /// A share of the mean, 0..=1; required.
    #[cfg_attr(feature = "schema", schemars(required, range(min = 0, max = 1)))]
    pub amplitude: Option<f64>,
    /// Length of the day in seconds, a whole number from 1 to 31536000;
    /// default 86400.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 31536000), extend("type" = "integer")))]
    pub period_seconds: Option<f64>,
    /// When the load is highest, in seconds after the rollout's start, a whole
    /// number from 0 to 31536000; default 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 31536000), extend("type" = "integer")))]
    pub peak_seconds: Option<f64>,
}

fields!(DailySwingInput { amplitude, period_seconds, peak_seconds });

/// Gamma factors, drawn anew each tick, on the error rates.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Noise"))]
pub struct NoiseInput {
    /// Coefficient of variation of the factor both arms share, 0..=3; default
    /// 0, none.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 3)))]
    pub common: Option<f64>,
    /// Coefficient of variation of a factor drawn for each arm separately,
    /// 0..=3; default 0, none.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 3)))]
    pub per_arm: Option<f64>,
}

fields!(NoiseInput { common, per_arm });

/// Incidents multiply the error rate and the latency of both arms for a while.
/// They start at random, in a given tick, or both.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Incidents"))]
pub struct IncidentsInput {
    /// Probability that one starts in a tick, 0..=1; default 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1)))]
    pub chance_per_tick: Option<f64>,
    /// The tick in which an incident certainly starts, a whole number from 1 to
    /// 100000; default none.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100000), extend("type" = "integer")))]
    pub at_tick: Option<f64>,
    /// How long each lasts in ticks, a whole number from 1 to 100000;
    /// required.
    #[cfg_attr(feature = "schema", schemars(required, range(min = 1, max = 100000), extend("type" = "integer")))]
    pub duration_ticks: Option<f64>,
    /// Error rates are multiplied by this while one lasts, 0..=100, then
    /// capped at 1; default 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub error_ratio: Option<f64>,
    /// Latencies are multiplied by this while one lasts, above 0, at most 100;
    /// default 1.
    #[cfg_attr(feature = "schema", schemars(range(max = 100), extend("exclusiveMinimum" = 0)))]
    pub latency_ratio: Option<f64>,
}

fields!(IncidentsInput { chance_per_tick, at_tick, duration_ticks, error_ratio, latency_ratio });

/// The stable version.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Baseline"))]
pub struct BaselineInput {
    /// Probability that a request fails, 0..=1; default 0.01.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1)))]
    pub error_rate: Option<f64>,
    /// Mean number of errors in a clump, 1..=10000: errors come in clumps of
    /// geometric size, in each version separately; default 1, independent errors.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 10000)))]
    pub error_clump: Option<f64>,
    /// Latency, log-normal.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub latency_ms: LatencyInput,
}

fields!(BaselineInput { error_rate, error_clump, latency_ms });

/// A log-normal latency by two of its quantiles, in milliseconds.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Latency"))]
pub struct LatencyInput {
    /// The median in milliseconds, 0.1..=60000; default 80.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.1, max = 60000)))]
    pub p50: Option<f64>,
    /// The 99th percentile in milliseconds, at least the median, at most
    /// 60000, also when multiplied by every latency ratio; default 180.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.1, max = 60000)))]
    pub p99: Option<f64>,
}

fields!(LatencyInput { p50, p99 });

/// The release on trial, relative to the baseline.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Canary"))]
pub struct ReleaseInput {
    /// Its error rate divided by the baseline's, 0..=100; default 1, healthy.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub error_ratio: Option<f64>,
    /// Its error rate where the baseline has its usual one, 0..=1, in place of an
    /// `error_ratio`; noise and incidents multiply it, too.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1)))]
    pub error_rate: Option<f64>,
    /// How the error ratio arrives; default `at_once`.
    pub error_arrival: Option<ArrivalInput>,
    /// Its latency divided by the baseline's, above 0, at most 100; default 1,
    /// healthy.
    #[cfg_attr(feature = "schema", schemars(range(max = 100), extend("exclusiveMinimum" = 0)))]
    pub latency_ratio: Option<f64>,
    /// How the latency ratio arrives; default `at_once`.
    pub latency_arrival: Option<ArrivalInput>,
}

fields!(ReleaseInput { error_ratio, error_rate, error_arrival, latency_ratio, latency_arrival });

/// How a ratio r arrives: in tick t it is 1 + (r − 1) · e(t), with e in 0..=1.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename_all = "snake_case", rename = "Arrival"))]
pub enum ArrivalInput {
    /// The full ratio from the first tick.
    AtOnce,
    /// The full ratio from a tick on.
    Late(LateInput),
    /// Gradually.
    Leak(LeakInput),
    /// Only under load.
    UnderLoad(UnderLoadInput),
    /// At first, then decreasing.
    ColdStart(ColdStartInput),
}

words!(ArrivalInput {
    "at_once" => AtOnce,
    "late" => Late(_),
    "leak" => Leak(_),
    "under_load" => UnderLoad(_),
    "cold_start" => ColdStart(_),
});

/// The full ratio from a tick on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Late"))]
pub struct LateInput {
    /// The first tick with the full ratio, a whole number from 1 to 100000; the
    /// rollout's first tick is 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100000), extend("type" = "integer")))]
    pub start_tick: f64,
}

fields!(LateInput { start_tick });

/// Gradually, in equal steps.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Leak"))]
pub struct LeakInput {
    /// The first tick with a part of the full ratio, a whole number from 1 to
    /// 100000; the rollout's first tick is 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100000), extend("type" = "integer")))]
    pub start_tick: f64,
    /// Ticks until the full ratio is reached, a whole number from 1 to 100000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100000), extend("type" = "integer")))]
    pub ramp_ticks: f64,
}

fields!(LeakInput { start_tick, ramp_ticks });

/// Only under load: no effect up to one load, the full ratio from another on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "UnderLoad"))]
pub struct UnderLoadInput {
    /// Up to this load, in units of the mean load, the release is as good as
    /// the baseline; 0..=100.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub from_load: f64,
    /// From this load on, in units of the mean load, the full ratio applies;
    /// above `from_load`, at most 100.
    #[cfg_attr(feature = "schema", schemars(range(max = 100), extend("exclusiveMinimum" = 0)))]
    pub full_load: f64,
}

fields!(UnderLoadInput { from_load, full_load });

/// A cold start: the full ratio at first, then less and less.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "ColdStart"))]
pub struct ColdStartInput {
    /// Ticks in which the excess halves, above 0, at most 100000.
    #[cfg_attr(feature = "schema", schemars(range(max = 100000), extend("exclusiveMinimum" = 0)))]
    pub half_life_ticks: f64,
}

fields!(ColdStartInput { half_life_ticks });

/// A stage of the plan.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Stage"))]
pub struct StageInput {
    /// A name for people, at most 200 characters; default the share.
    #[cfg_attr(feature = "schema", schemars(length(max = 200)))]
    pub name: Option<String>,
    /// The canary's share of requests in percent, above 0, at most 100, above
    /// that of the stage before; required.
    #[cfg_attr(feature = "schema", schemars(required, range(max = 100), extend("exclusiveMinimum" = 0)))]
    pub traffic_pct: Option<f64>,
    /// Ticks until the stage's verdict, a whole number from 1 to 100000;
    /// default 5.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100000), extend("type" = "integer")))]
    pub duration_ticks: Option<f64>,
    /// A pause after the stage has passed; default none.
    pub pause: Option<StagePauseInput>,
    /// Replaces the global `error_rate_threshold` in this stage; 0..=1, at most 9
    /// decimal places.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1)))]
    pub error_rate_threshold: Option<f64>,
    /// Replaces the global `latency_threshold_ms` in this stage; above 0, at most
    /// 600000.
    #[cfg_attr(feature = "schema", schemars(range(max = 600000), extend("exclusiveMinimum" = 0)))]
    pub latency_threshold_ms: Option<f64>,
}

fields!(StageInput {
    name,
    traffic_pct,
    duration_ticks,
    pause,
    error_rate_threshold,
    latency_threshold_ms
});

/// A planned pause at a stage's end.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename_all = "snake_case", rename = "StagePause"))]
pub enum StagePauseInput {
    /// Until a person resumes, promotes or aborts.
    Manual,
    /// For this many ticks, a whole number from 1 to 100000.
    Ticks(
        #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100000), extend("type" = "integer")))]
         f64,
    ),
}

words!(StagePauseInput {
    "manual" => Manual,
    "ticks" => Ticks(_),
});

/// What follows when a stage ends and a rule is inconclusive.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename_all = "snake_case", rename = "OnInconclusive"))]
pub enum OnInconclusiveInput {
    /// Continue as if the stage had passed.
    Promote,
    /// Wait for a person.
    Pause,
    /// Roll back.
    Rollback,
    /// Extend the stage by one tick at a time until no rule is inconclusive.
    Extend(ExtensionInput),
}

words!(OnInconclusiveInput {
    "promote" => Promote,
    "pause" => Pause,
    "rollback" => Rollback,
    "extend" => Extend(_),
});

/// How long an inconclusive stage is extended, and what follows then.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Extension"))]
pub struct ExtensionInput {
    /// At most this many ticks in a stage, a whole number from 1 to 100000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100000), extend("type" = "integer")))]
    pub max_ticks: f64,
    /// What follows if the stage is still inconclusive after that.
    pub then: super::AfterExtension,
}

fields!(ExtensionInput { max_ticks, then });
