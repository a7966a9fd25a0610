//! A configuration as a person writes it. Reading checks names and types. Ranges
//! are checked when the configuration is resolved, so that all faults are reported
//! together. A field is required unless it is an `Option` or a struct of optional
//! fields.
//!
//! The doc comments are the descriptions in the JSON Schema.

#[cfg(feature = "schema")]
use schemars::JsonSchema;

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
    /// How the error rates vary by themselves; default not at all.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub noise: NoiseInput,
    /// Trouble that hits both arms alike; default none.
    pub incidents: Option<IncidentsInput>,
    /// The stable version.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub baseline: BaselineInput,
}

fields!(part WorldInput { tick_seconds, traffic, noise, incidents, baseline });

/// What decides.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct PolicyInput {
    /// The plan: 1 to 100 stages with rising shares. After the last the canary
    /// is promoted to all traffic.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
    pub stages: Vec<StageInput>,
    /// A plain rule: at a stage's end the canary's error rate may exceed the
    /// baseline's by so much, 0..=1, at most 9 decimal places; default no such
    /// rule.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1)))]
    pub error_rate_threshold: Option<f64>,
    /// A plain rule: at a stage's end the canary's 99th percentile of latency
    /// may exceed the baseline's by so many milliseconds, above 0; default no
    /// such rule.
    #[cfg_attr(feature = "schema", schemars(range(max = 600000), extend("exclusiveMinimum" = 0)))]
    pub latency_threshold_ms: Option<f64>,
    /// Further rules, after the plain ones; at most 32 in all; default none.
    #[cfg_attr(feature = "schema", schemars(length(max = 32)))]
    pub rules: Option<Vec<RuleInput>>,
    /// What follows when a stage ends and a rule could not tell: too few
    /// requests or errors, or no baseline at 100 %; default `promote`.
    pub on_inconclusive: Option<OnInconclusiveInput>,
    /// Ticks for which the canary keeps its share after the decision to roll
    /// back: a whole number from 0 to 100000; default 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100000), extend("type" = "integer")))]
    pub rollback_ticks: Option<f64>,
}

fields!(part PolicyInput {
    stages,
    error_rate_threshold,
    latency_threshold_ms,
    rules,
    on_inconclusive,
    rollback_ticks,
});

/// The load: requests a tick are Poisson around it.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Traffic"))]
pub struct TrafficInput {
    /// Mean requests a second, above 0; at most 100 million a tick; default
    /// 170.
    #[cfg_attr(feature = "schema", schemars(range(max = 100000000), extend("exclusiveMinimum" = 0)))]
    pub requests_per_second: Option<f64>,
    /// A daily rise and fall of the mean; default none.
    pub daily_swing: Option<DailySwingInput>,
    /// Coefficient of variation of a gamma factor on each tick's load, 0..=3;
    /// default 0, none.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 3)))]
    pub burstiness: Option<f64>,
}

fields!(TrafficInput { requests_per_second, daily_swing, burstiness });

/// load(t) = mean · (1 + amplitude · cos(2π (t − peak) / period)).
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "DailySwing"))]
pub struct DailySwingInput {
    /// A share of the mean, 0..=1; has to be given.
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
    /// Coefficient of variation of a factor that each arm draws for itself,
    /// 0..=3; default 0, none.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 3)))]
    pub per_arm: Option<f64>,
}

fields!(NoiseInput { common, per_arm });

/// Trouble that multiplies error rate and latency of both arms for a while:
/// by chance, in a given tick, or both.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Incidents"))]
pub struct IncidentsInput {
    /// Probability that one starts in a tick, 0..=1; default 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1)))]
    pub chance_per_tick: Option<f64>,
    /// One that starts for certain in this tick, a whole number from 1 to
    /// 100000; default none.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100000), extend("type" = "integer")))]
    pub at_tick: Option<f64>,
    /// How long each lasts in ticks, a whole number from 1 to 100000; has to
    /// be given.
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
    /// Latency, log-normal.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub latency_ms: LatencyInput,
}

fields!(BaselineInput { error_rate, latency_ms });

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

/// The release on trial, beside the baseline.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Canary"))]
pub struct ReleaseInput {
    /// Its error rate by the baseline's, 0..=100; default 1, healthy.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub error_ratio: Option<f64>,
    /// How the error ratio arrives; default `at_once`.
    pub error_arrival: Option<ArrivalInput>,
    /// Its latency by the baseline's, above 0, at most 100; default 1, healthy.
    #[cfg_attr(feature = "schema", schemars(range(max = 100), extend("exclusiveMinimum" = 0)))]
    pub latency_ratio: Option<f64>,
    /// How the latency ratio arrives; default `at_once`.
    pub latency_arrival: Option<ArrivalInput>,
}

fields!(ReleaseInput { error_ratio, error_arrival, latency_ratio, latency_arrival });

/// How a ratio r arrives: in tick t it is 1 + (r − 1) · e(t), with e in 0..=1.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename_all = "snake_case", rename = "Arrival"))]
pub enum ArrivalInput {
    /// All of it from the first tick.
    AtOnce,
    /// Nothing before a tick, all from then on.
    Late(LateInput),
    /// Little by little.
    Leak(LeakInput),
    /// Only under load.
    UnderLoad(UnderLoadInput),
    /// At first, and healing.
    ColdStart(ColdStartInput),
}

words!(ArrivalInput {
    "at_once" => AtOnce,
    "late" => Late(_),
    "leak" => Leak(_),
    "under_load" => UnderLoad(_),
    "cold_start" => ColdStart(_),
});

/// Nothing before a tick, all from then on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Late"))]
pub struct LateInput {
    /// The first tick that has it, a whole number from 1 to 100000; the
    /// rollout's first tick is 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100000), extend("type" = "integer")))]
    pub start_tick: f64,
}

fields!(LateInput { start_tick });

/// Little by little, in equal steps.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Leak"))]
pub struct LeakInput {
    /// The first tick that has some of it, a whole number from 1 to 100000;
    /// the rollout's first tick is 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100000), extend("type" = "integer")))]
    pub start_tick: f64,
    /// Ticks until all of it is there, a whole number from 1 to 100000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100000), extend("type" = "integer")))]
    pub ramp_ticks: f64,
}

fields!(LeakInput { start_tick, ramp_ticks });

/// Only under load: nothing up to one load, all from another on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "UnderLoad"))]
pub struct UnderLoadInput {
    /// Up to this load, by the mean load, the release is as good as the
    /// baseline; 0..=100.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub from_load: f64,
    /// From this load on, by the mean load, it is as bad as it gets; above
    /// `from_load`, at most 100.
    #[cfg_attr(feature = "schema", schemars(range(max = 100), extend("exclusiveMinimum" = 0)))]
    pub full_load: f64,
}

fields!(UnderLoadInput { from_load, full_load });

/// A cold start that heals.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "ColdStart"))]
pub struct ColdStartInput {
    /// Ticks until half of it has healed, above 0, at most 100000.
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
    /// that of the stage before; has to be given.
    #[cfg_attr(feature = "schema", schemars(required, range(max = 100), extend("exclusiveMinimum" = 0)))]
    pub traffic_pct: Option<f64>,
    /// Ticks until the stage's verdict, a whole number from 1 to 100000;
    /// default 5.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100000), extend("type" = "integer")))]
    pub duration_ticks: Option<f64>,
    /// Whether a passed stage waits before the next; default it does not.
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
    /// Until a person says resume (or promote, or abort).
    Manual,
    /// For so many ticks, a whole number from 1 to 100000.
    Ticks(
        #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100000), extend("type" = "integer")))]
         f64,
    ),
}

words!(StagePauseInput {
    "manual" => Manual,
    "ticks" => Ticks(_),
});

/// What follows when a stage ends and a rule could not tell.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename_all = "snake_case", rename = "OnInconclusive"))]
pub enum OnInconclusiveInput {
    /// As if the stage had passed.
    Promote,
    /// Wait for a person.
    Pause,
    /// Roll back.
    Rollback,
    /// Prolong the stage by a tick at a time until the rules can tell.
    Extend(ExtensionInput),
}

words!(OnInconclusiveInput {
    "promote" => Promote,
    "pause" => Pause,
    "rollback" => Rollback,
    "extend" => Extend(_),
});

/// How long an inconclusive stage is prolonged, and what follows then.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Extension"))]
pub struct ExtensionInput {
    /// At most so many ticks in a stage, a whole number from 1 to 100000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100000), extend("type" = "integer")))]
    pub max_ticks: f64,
    /// What follows if the stage is inconclusive even then.
    pub then: super::AfterExtension,
}

fields!(ExtensionInput { max_ticks, then });
