//! The configuration of the world: load, noise, incidents and the stable version.

use serde::Serialize;

use super::{is_one, is_zero};
use crate::json::number;
use crate::math::{exp, ln};
use crate::stats::normal;

/// The world of a rollout: everything except the release and the policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorldConfig {
    /// Length of a tick (one analysis interval) in seconds.
    pub tick_seconds: u32,
    /// The load.
    pub traffic: Traffic,
    /// Random variation of the error rates.
    #[serde(skip_serializing_if = "Noise::is_none")]
    pub noise: Noise,
    /// Incidents, which affect both arms alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incidents: Option<Incidents>,
    /// The stable version.
    pub baseline: Baseline,
    /// What monitoring sees of it, and when.
    #[serde(skip_serializing_if = "Observation::is_at_once")]
    pub observation: Observation,
}

/// What monitoring sees, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Observation {
    /// Seconds from the end of a tick until its counts can be seen, a multiple of the
    /// tick. Every rule and every window sees this late.
    pub delay_seconds: u32,
    /// Seconds before the start of the rollout of which monitoring has counts, a
    /// multiple of the tick; `None` for as many as the longest window reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history_seconds: Option<u32>,
}

impl Observation {
    pub(super) fn is_at_once(&self) -> bool {
        *self == Observation::default()
    }
}

impl WorldConfig {
    /// Ticks from a tick until its counts can be seen.
    pub fn delay_ticks(&self) -> u32 {
        self.observation.delay_seconds / self.tick_seconds.max(1)
    }

    /// Mean number of requests in a tick.
    pub fn requests_per_tick(&self) -> f64 {
        self.traffic.requests_per_second * f64::from(self.tick_seconds)
    }
}

/// The load. The requests of a tick are Poisson with this mean.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Traffic {
    /// Mean requests per second, above 0.
    #[serde(serialize_with = "number")]
    pub requests_per_second: f64,
    /// A daily variation of the mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_swing: Option<DailySwing>,
    /// Coefficient of variation of the gamma factor on the load of each tick; 0 for
    /// none.
    #[serde(skip_serializing_if = "is_zero", serialize_with = "number")]
    pub burstiness: f64,
    /// The odds that a request reaches the canary, divided by the odds of the planned
    /// share; 1 if the routing works. Above 0.
    #[serde(skip_serializing_if = "is_one", serialize_with = "number")]
    pub canary_skew: f64,
}

impl Traffic {
    /// The load at the daily peak, in units of the mean load.
    pub fn peak_load(&self) -> f64 {
        1.0 + self.daily_swing.as_ref().map_or(0.0, |swing| swing.amplitude)
    }
}

/// The share of requests that reaches the canary where `planned` is the plan, 0..=1, and
/// the odds are multiplied by `skew`, above 0. All or no traffic is always as planned.
#[inline]
pub fn realised_share(planned: f64, skew: f64) -> f64 {
    if skew == 1.0 {
        return planned;
    }
    let odds = skew * planned;
    odds / (1.0 - planned + odds)
}

/// load(t) = mean · (1 + amplitude · cos(2π (t − peak) / period)), at the
/// middle of each tick.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DailySwing {
    /// Amplitude as a share of the mean, 0..=1.
    #[serde(serialize_with = "number")]
    pub amplitude: f64,
    /// Length of the day, in seconds.
    pub period_seconds: u32,
    /// Time of the highest load, in seconds after the start of the rollout.
    pub peak_seconds: u32,
}

/// Gamma factors on the error rates, drawn for each tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Noise {
    /// Coefficient of variation of the factor that both arms share; 0 for none. A
    /// comparison of the arms is not affected by it.
    #[serde(skip_serializing_if = "is_zero", serialize_with = "number")]
    pub common: f64,
    /// Coefficient of variation of the factor that is drawn for each arm
    /// separately; 0 for none. It invalidates every comparison of the arms that
    /// does not allow for it.
    #[serde(skip_serializing_if = "is_zero", serialize_with = "number")]
    pub per_arm: f64,
}

impl Noise {
    pub(super) fn is_none(&self) -> bool {
        *self == Noise::default()
    }
}

/// Incidents multiply the error rate and the latency of both arms for a while.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Incidents {
    /// Probability that an incident starts in a tick, 0..=1. A start during an
    /// incident extends it.
    #[serde(skip_serializing_if = "is_zero", serialize_with = "number")]
    pub chance_per_tick: f64,
    /// The tick in which an incident certainly starts, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_tick: Option<u32>,
    /// Duration of an incident in ticks.
    pub duration_ticks: u32,
    /// The factor on error rates during an incident; the product is capped at 1.
    #[serde(serialize_with = "number")]
    pub error_ratio: f64,
    /// The factor on latencies during an incident.
    #[serde(serialize_with = "number")]
    pub latency_ratio: f64,
}

/// The stable version.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Baseline {
    /// Probability that a request fails, 0..=1.
    #[serde(serialize_with = "number")]
    pub error_rate: f64,
    /// Mean number of errors in a clump, at least 1. Clumps have geometric sizes and
    /// are Poisson in number, in each arm and tick; 1 for errors that are independent.
    #[serde(skip_serializing_if = "is_one", serialize_with = "number")]
    pub error_clump: f64,
    /// Latency, with a log-normal distribution.
    pub latency_ms: Latency,
}

/// A log-normal latency, given by two quantiles in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Latency {
    /// The median.
    #[serde(serialize_with = "number")]
    pub p50: f64,
    /// The 99th percentile; not below the median.
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
