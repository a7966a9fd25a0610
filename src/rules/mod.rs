//! What judges a canary. One file a rule: its parameters, what it needs to
//! see, its evidence and its sentence.
//!
//! To add a rule: a file here, a line in [`Method`] and in each of its
//! `match`es, a row in `tests/it/rules.rs`. `notes.md` walks through it.

mod error_rate;
mod error_rate_delta;
mod error_rate_ratio;
mod latency;
mod latency_delta_ms;
mod limit;
mod parameters;

pub use error_rate::ErrorRate;
pub use error_rate_delta::ErrorRateDelta;
pub use error_rate_ratio::ErrorRateRatio;
pub use latency::LatencyLimit;
pub use latency_delta_ms::LatencyDelta;
pub use limit::Limit;
pub use parameters::{OnFailInput, LookInput, Parameters, RuleInput, WindowInput};

use serde::Serialize;

use crate::observation::{ByArm, Counts};

/// A rule as it stands in a resolved configuration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rule {
    /// How it judges.
    #[serde(flatten)]
    pub method: Method,
    /// When it looks.
    pub look: Look,
    /// What it looks at.
    pub window: Window,
    /// Failed looks in the whole rollout before it acts, at least 1.
    pub failure_limit: u32,
    /// What it does then.
    pub on_fail: OnFail,
    /// The stages it holds for, numbered from 1; `None` for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stages: Option<Vec<u32>>,
    /// With fewer canary requests in the window the look is inconclusive.
    pub min_requests: u64,
    /// With fewer canary errors in the window the look is inconclusive.
    pub min_errors: u64,
}

/// When a rule looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// Once, when the stage's time is up.
    StageEnd,
    /// After every tick.
    EveryTick,
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// The tick by itself.
    Tick,
    /// The stage so far.
    Stage,
    /// The rollout so far.
    Rollout,
}

/// What a rule does once its failure limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFail {
    /// Roll back.
    Rollback,
    /// Wait for a person.
    Pause,
}

/// How a rule judges, with its parameters.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum Method {
    /// A limit on the canary's error rate.
    ErrorRate(ErrorRate),
    /// A limit on the canary's error rate less the baseline's.
    ErrorRateDelta(ErrorRateDelta),
    /// A limit on the canary's error rate by the baseline's.
    ErrorRateRatio(ErrorRateRatio),
    /// A limit on a latency quantile of the canary.
    Latency(LatencyLimit),
    /// A limit on a latency quantile of the canary less the baseline's.
    LatencyDeltaMs(LatencyDelta),
}
