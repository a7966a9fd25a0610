//! The configuration of the release: the truth, which no rule reads.

use serde::Serialize;

use crate::json::{number, some_number};

/// A release, relative to the baseline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReleaseConfig {
    /// Its error rate divided by the baseline's; 1 is healthy.
    #[serde(serialize_with = "number")]
    pub error_ratio: f64,
    /// Its error rate at the baseline's usual rate, 0..=1, in place of a ratio; `None`
    /// if the ratio says it. Noise and incidents multiply it as they do the
    /// baseline's. Of a baseline that never fails, only this can make a bad release.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_number")]
    pub error_rate: Option<f64>,
    /// When the error ratio takes effect.
    #[serde(skip_serializing_if = "Arrival::is_at_once")]
    pub error_arrival: Arrival,
    /// Its latency divided by the baseline's; 1 is healthy.
    #[serde(serialize_with = "number")]
    pub latency_ratio: f64,
    /// When the latency ratio takes effect.
    #[serde(skip_serializing_if = "Arrival::is_at_once")]
    pub latency_arrival: Arrival,
}

impl Default for ReleaseConfig {
    /// A healthy release.
    fn default() -> Self {
        ReleaseConfig {
            error_ratio: 1.0,
            error_rate: None,
            error_arrival: Arrival::AtOnce,
            latency_ratio: 1.0,
            latency_arrival: Arrival::AtOnce,
        }
    }
}

/// When a ratio r takes effect: in tick t it is 1 + (r − 1) · e(t), with e in
/// 0..=1. Time also passes while the rollout is paused.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrival {
    /// e = 1 from the first tick.
    AtOnce,
    /// e = 0 before the tick `start_tick`, 1 from then on.
    Late {
        /// The first tick with the full ratio, from 1.
        start_tick: u32,
    },
    /// e rises from 0 by 1/`ramp_ticks` per tick, beginning in `start_tick`, and
    /// stays at 1.
    Leak {
        /// The first tick with a part of the ratio, from 1.
        start_tick: u32,
        /// Ticks until the full ratio is reached.
        ramp_ticks: u32,
    },
    /// e rises from 0 at `from_load` to 1 at `full_load`, in units of the mean
    /// load.
    UnderLoad {
        /// Up to this load the release is as good as the baseline.
        #[serde(serialize_with = "number")]
        from_load: f64,
        /// From this load on the ratio is full; above `from_load`.
        #[serde(serialize_with = "number")]
        full_load: f64,
    },
    /// e = 2^(−uptime / `half_life_ticks`): a cold start.
    ColdStart {
        /// Ticks in which the excess halves; the uptime is 0 in the first tick.
        #[serde(serialize_with = "number")]
        half_life_ticks: f64,
    },
}

impl Arrival {
    fn is_at_once(&self) -> bool {
        *self == Arrival::AtOnce
    }
}
