//! A rollout's configuration: what a person writes, checked and completed.
//!
//! [`Config`] is valid by construction: it comes from [`Config::from_json`] or
//! from [`ConfigInput::resolve`], which refuse what is wrong with all of its
//! faults at once. It holds no defaults left open and no plain thresholds,
//! only the rules these stand for, so it says in full what a rollout will do.

mod error;
mod foreign;
mod input;
mod presets;
mod resolve;
mod schema;
mod thresholds;
mod warnings;
mod work;
mod written;

pub use error::ConfigError;
pub use input::*;
pub use presets::{Preset, preset, presets};
pub use schema::{CONFIG_SCHEMA, config_schema};
pub use work::{MAX_BOUNDARY_WORK, MAX_LATENCY_READS, MAX_LOOKS};

use schemars::JsonSchema;
use serde::Serialize;

use crate::json::{number, words};
use crate::math::{exp, ln};
use crate::rules::{Method, Rule, StageShape};
use crate::stats::normal;

/// Everything that decides a rollout, but for its seed and its commands.
///
/// It serializes to a configuration that [`Config::from_json`] reads back to
/// the same value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Config {
    /// A name for people; free text, may be empty.
    pub name: String,
    /// Length of a tick, one analysis interval, in seconds.
    pub tick_seconds: u32,
    /// The load.
    pub traffic: Traffic,
    /// How the error rates vary by themselves.
    #[serde(skip_serializing_if = "Noise::is_none")]
    pub noise: Noise,
    /// Trouble that hits both arms alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incidents: Option<Incidents>,
    /// The stable version.
    pub baseline: Baseline,
    /// The release on trial: the truth, which no rule reads.
    pub canary: Canary,
    /// The plan: at least one stage, shares strictly rising.
    pub stages: Vec<Stage>,
    /// What judges, in the order in which reasons are named.
    pub rules: Vec<Rule>,
    /// What follows when a stage ends and a rule could not tell.
    pub on_inconclusive: OnInconclusive,
    /// Ticks for which the canary keeps its share after the decision to roll
    /// back.
    pub rollback_ticks: u32,
}

impl Config {
    /// The plan as a rule's preparation needs to know it.
    pub fn shapes_for(&self, rule: &Rule) -> Vec<StageShape> {
        let shape = |(number, stage): (u32, &Stage)| StageShape {
            share: stage.share(),
            duration_ticks: stage.duration_ticks,
            pause_ticks: stage.pause_ticks(),
            holds: rule.holds_in(number),
        };
        (1..).zip(&self.stages).map(shape).collect()
    }

    /// Mean number of requests in a tick.
    pub fn requests_per_tick(&self) -> f64 {
        self.traffic.requests_per_second * f64::from(self.tick_seconds)
    }

    /// Ticks the plan takes when every stage passes at once: stages and timed
    /// pauses.
    pub fn planned_ticks(&self) -> u64 {
        self.stages.iter().map(Stage::planned_ticks).sum()
    }

    /// Most ticks a rollout can take that no person holds up: the stages, each
    /// prolonged where a rule may be inconclusive, their timed pauses, and
    /// either the end or the way back. A rollback falls before a stage's
    /// pause, so the last pause and the way back never add up.
    pub fn most_ticks(&self) -> u64 {
        let (mut ticks, mut most) = (0, 0);
        for (number, stage) in (1..).zip(&self.stages) {
            let decided = ticks + u64::from(stage.duration_ticks) + self.extension(number, stage);
            most = most.max(decided + u64::from(self.rollback_ticks));
            ticks = decided + u64::from(stage.pause_ticks());
        }
        most.max(ticks)
    }

    /// Most ticks by which a stage may be prolonged.
    pub(super) fn extension(&self, number: u32, stage: &Stage) -> u64 {
        let OnInconclusive::Extend { max_ticks, .. } = self.on_inconclusive else { return 0 };
        let may_lack = |rule: &Rule| rule.holds_in(number) && rule.may_lack_counts(stage.has_all());
        if self.rules.iter().any(may_lack) { u64::from(max_ticks) } else { 0 }
    }

    /// Whether the release is worse than the baseline, now or later, and stays
    /// so. A cold start that heals is not bad, and a ratio that has nothing to
    /// multiply is no regression.
    pub fn release_is_bad(&self) -> bool {
        let canary = &self.canary;
        let stays = |arrival| {
            !matches!(arrival, Arrival::ColdStart { .. }) && self.never_arrives(arrival).is_none()
        };
        (canary.error_ratio > 1.0 && stays(canary.error_arrival) && self.error_ratio_acts())
            || (canary.latency_ratio > 1.0 && stays(canary.latency_arrival))
    }

    /// Whether the release can differ from the baseline at all: by a cold start
    /// or for the better, too.
    pub fn release_differs(&self) -> bool {
        let canary = &self.canary;
        let arrives = |arrival| self.never_arrives(arrival).is_none();
        (canary.error_ratio != 1.0 && arrives(canary.error_arrival) && self.error_ratio_acts())
            || (canary.latency_ratio != 1.0 && arrives(canary.latency_arrival))
    }

    /// Whether the ratio of errors makes a difference: a baseline that never
    /// fails has no errors to be more of, and one that always fails has no room
    /// for more.
    pub(crate) fn error_ratio_acts(&self) -> bool {
        let dips = self.incidents.as_ref().is_some_and(|incidents| incidents.error_ratio < 1.0);
        let always = self.baseline.error_rate == 1.0 && self.noise.is_none() && !dips;
        self.baseline.error_rate > 0.0 && !(always && self.canary.error_ratio > 1.0)
    }

    /// The highest load, by the mean, if an arrival waits for a higher one.
    pub(crate) fn never_arrives(&self, arrival: Arrival) -> Option<f64> {
        let Arrival::UnderLoad { from_load, .. } = arrival else { return None };
        let peak = self.traffic.peak_load();
        (self.traffic.burstiness == 0.0 && from_load >= peak).then_some(peak)
    }
}

/// The load: requests a tick are Poisson around it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Traffic {
    /// Mean requests a second, above 0.
    #[serde(serialize_with = "number")]
    pub requests_per_second: f64,
    /// A daily rise and fall of the mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_swing: Option<DailySwing>,
    /// Coefficient of variation of a gamma factor on each tick's load; 0 for
    /// none.
    #[serde(skip_serializing_if = "is_zero", serialize_with = "number")]
    pub burstiness: f64,
}

impl Traffic {
    /// The load at the swing's peak, by the mean load.
    pub fn peak_load(&self) -> f64 {
        1.0 + self.daily_swing.as_ref().map_or(0.0, |swing| swing.amplitude)
    }
}

/// load(t) = mean · (1 + amplitude · cos(2π (t − peak) / period)), at the
/// middle of each tick.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DailySwing {
    /// 0..=1, a share of the mean.
    #[serde(serialize_with = "number")]
    pub amplitude: f64,
    /// Length of the day, in seconds.
    pub period_seconds: u32,
    /// When the load is highest, in seconds after the rollout's start.
    pub peak_seconds: u32,
}

/// Gamma factors, drawn anew each tick, on the error rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Noise {
    /// Coefficient of variation of the factor both arms share; 0 for none. A
    /// comparison of the arms is immune to it.
    #[serde(skip_serializing_if = "is_zero", serialize_with = "number")]
    pub common: f64,
    /// Coefficient of variation of a factor that each arm draws for itself; 0
    /// for none. It breaks every comparison that does not allow for it.
    #[serde(skip_serializing_if = "is_zero", serialize_with = "number")]
    pub per_arm: f64,
}

impl Noise {
    fn is_none(&self) -> bool {
        *self == Noise::default()
    }
}

/// Trouble that multiplies error rate and latency of both arms for a while.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Incidents {
    /// Probability that one starts in a tick, 0..=1; a start while one lasts
    /// prolongs it.
    #[serde(skip_serializing_if = "is_zero", serialize_with = "number")]
    pub chance_per_tick: f64,
    /// One that starts for certain, in this tick; the first tick is 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_tick: Option<u32>,
    /// How long each lasts, in ticks.
    pub duration_ticks: u32,
    /// Error rates are multiplied by this while one lasts, then capped at 1.
    #[serde(serialize_with = "number")]
    pub error_ratio: f64,
    /// Latencies are multiplied by this while one lasts.
    #[serde(serialize_with = "number")]
    pub latency_ratio: f64,
}

/// The stable version.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Baseline {
    /// Probability that a request fails, 0..=1.
    #[serde(serialize_with = "number")]
    pub error_rate: f64,
    /// Latency, log-normal.
    pub latency_ms: Latency,
}

/// A log-normal latency, by two of its quantiles, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Latency {
    /// The median.
    #[serde(serialize_with = "number")]
    pub p50: f64,
    /// The 99th percentile, at least the median.
    #[serde(serialize_with = "number")]
    pub p99: f64,
}

impl Latency {
    /// Mean and standard deviation of the logarithm of the latency in
    /// milliseconds.
    pub fn ln_law(&self) -> (f64, f64) {
        let mean = ln(self.p50);
        (mean, (ln(self.p99) - mean) / normal::quantile(0.99))
    }

    /// A quantile in milliseconds; `q` in (0, 1).
    pub fn quantile_ms(&self, q: f64) -> f64 {
        let (mean, sd) = self.ln_law();
        exp(mean + sd * normal::quantile(q))
    }
}

/// The release on trial, beside the baseline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Canary {
    /// Its error rate by the baseline's; 1 is healthy.
    #[serde(serialize_with = "number")]
    pub error_ratio: f64,
    /// How the error ratio arrives.
    #[serde(skip_serializing_if = "Arrival::is_at_once")]
    pub error_arrival: Arrival,
    /// Its latency by the baseline's; 1 is healthy.
    #[serde(serialize_with = "number")]
    pub latency_ratio: f64,
    /// How the latency ratio arrives.
    #[serde(skip_serializing_if = "Arrival::is_at_once")]
    pub latency_arrival: Arrival,
}

impl Default for Canary {
    /// A healthy release.
    fn default() -> Self {
        Canary {
            error_ratio: 1.0,
            error_arrival: Arrival::AtOnce,
            latency_ratio: 1.0,
            latency_arrival: Arrival::AtOnce,
        }
    }
}

/// How a ratio r arrives: in tick t it is 1 + (r − 1) · e(t), with e in 0..=1.
/// It goes on while the rollout is paused.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrival {
    /// e = 1 from the first tick.
    AtOnce,
    /// e = 0 before the tick `start_tick`, 1 from then on.
    Late {
        /// The first tick that has it; the rollout's first tick is 1.
        start_tick: u32,
    },
    /// e rises from 0 by 1/`ramp_ticks` a tick, beginning in `start_tick`, and
    /// stays at 1.
    Leak {
        /// The first tick that has some of it; the rollout's first tick is 1.
        start_tick: u32,
        /// Ticks until all of it is there.
        ramp_ticks: u32,
    },
    /// e rises from 0 at `from_load` to 1 at `full_load`, loads by the mean
    /// load.
    UnderLoad {
        /// Below this the release is as good as the baseline.
        #[serde(serialize_with = "number")]
        from_load: f64,
        /// From here on it is as bad as it gets; above `from_load`.
        #[serde(serialize_with = "number")]
        full_load: f64,
    },
    /// e = 2^(−uptime / `half_life_ticks`): a cold start that heals.
    ColdStart {
        /// Ticks until half of it has healed; the uptime is 0 in the first
        /// tick.
        #[serde(serialize_with = "number")]
        half_life_ticks: f64,
    },
}

impl Arrival {
    fn is_at_once(&self) -> bool {
        *self == Arrival::AtOnce
    }
}

/// A stage of the plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stage {
    /// A name for people; the share, if nobody gave one.
    pub name: String,
    /// The canary's share of requests, in percent, in (0, 100].
    #[serde(serialize_with = "number")]
    pub traffic_pct: f64,
    /// Ticks until the stage's verdict, at least 1.
    pub duration_ticks: u32,
    /// Whether a passed stage waits before the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<StagePause>,
}

impl Stage {
    /// The canary's share of requests, in (0, 1].
    pub fn share(&self) -> f64 {
        self.traffic_pct / 100.0
    }

    /// Whether all traffic is the canary's: then no baseline runs beside it.
    pub fn has_all(&self) -> bool {
        self.traffic_pct == 100.0
    }

    /// Ticks of its timed pause; 0 if it has none.
    pub fn pause_ticks(&self) -> u32 {
        match self.pause {
            Some(StagePause::Ticks(ticks)) => ticks,
            Some(StagePause::Manual) | None => 0,
        }
    }

    /// Its ticks and those of its timed pause.
    pub fn planned_ticks(&self) -> u64 {
        u64::from(self.duration_ticks) + u64::from(self.pause_ticks())
    }
}

/// A planned pause at a stage's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StagePause {
    /// Until a person says resume (or promote, or abort).
    Manual,
    /// For so many ticks; a person may resume earlier.
    Ticks(u32),
}

/// What follows when a stage ends and a rule could not tell: too few requests
/// or errors, or no baseline at 100 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnInconclusive {
    /// As if the stage had passed.
    Promote,
    /// Wait for a person.
    Pause,
    /// Roll back.
    Rollback,
    /// Prolong the stage by a tick at a time until the rules can tell; no
    /// prolongation for lack of a baseline, which time does not mend.
    Extend {
        /// At most so many ticks in a stage.
        max_ticks: u32,
        /// What follows then.
        then: AfterExtension,
    },
}

/// What follows when a prolonged stage is still inconclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AfterExtension {
    /// As if the stage had passed.
    #[default]
    Promote,
    /// Wait for a person.
    Pause,
    /// Roll back.
    Rollback,
}

words!(AfterExtension { "promote" => Promote, "pause" => Pause, "rollback" => Rollback });

fn is_zero(x: &f64) -> bool {
    *x == 0.0
}

/// Largest expected number of requests in a tick, with every factor at its
/// mean.
pub const MAX_REQUESTS_PER_TICK: f64 = 1e8;
/// Latencies are drawn in bins, each this many times as long as the one before.
pub const LATENCY_BIN_RATIO: f64 = 1.02;
/// Most ticks a rollout may last, pauses included.
pub const MAX_TICKS: u32 = 100_000;
/// Most stages in a plan.
pub const MAX_STAGES: usize = 100;
/// Most rules in a policy.
pub const MAX_RULES: usize = 32;
/// Longest configuration text, in bytes.
pub const MAX_CONFIG_BYTES: usize = 1 << 20;
