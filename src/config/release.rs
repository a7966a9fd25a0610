//! The release on trial: the truth, which no rule reads.

use serde::Serialize;

use crate::json::number;

/// The release on trial, beside the baseline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReleaseConfig {
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

impl Default for ReleaseConfig {
    /// A healthy release.
    fn default() -> Self {
        ReleaseConfig {
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
