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
pub(crate) mod words;

pub use error_rate::ErrorRate;
pub use error_rate_delta::ErrorRateDelta;
pub use error_rate_ratio::ErrorRateRatio;
pub use latency::LatencyLimit;
pub use latency_delta_ms::LatencyDelta;
pub use limit::Limit;
pub(crate) use parameters::MAX_LATENCY_MS;
pub use parameters::{Parameters, RuleInput};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::observation::{ByArm, Counts};
use words::{counted, percent};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// Once, when the stage's time is up.
    StageEnd,
    /// After every tick.
    EveryTick,
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

/// What a rule is shown at a look: its window, and nothing of the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sight {
    /// Requests and errors in the window.
    pub counts: ByArm<Counts>,
    /// The quantile of latency the rule asked for; `None` without requests.
    pub quantile_ms: ByArm<Option<f64>>,
    /// Whether all traffic is the canary's now: then no baseline runs beside it.
    pub canary_has_all: bool,
}

/// What a rule needs to be shown. Errors of both arms are always shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Needs {
    /// The number of requests of both arms.
    pub requests: bool,
    /// A baseline to compare with.
    pub baseline: bool,
    /// A quantile of latency, in (0, 1).
    pub quantile: Option<f64>,
}

impl Needs {
    const REQUESTS: Needs = Needs { requests: true, baseline: false, quantile: None };
    const BASELINE: Needs = Needs { requests: false, baseline: true, quantile: None };

    const fn quantile(q: f64) -> Needs {
        Needs { requests: false, baseline: false, quantile: Some(q) }
    }

    const fn and(self, other: Needs) -> Needs {
        Needs {
            requests: self.requests || other.requests,
            baseline: self.baseline || other.baseline,
            quantile: if self.quantile.is_some() { self.quantile } else { other.quantile },
        }
    }
}

/// What a look says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Within the limit.
    Pass,
    /// Beyond the limit.
    Fail,
    /// The window does not suffice to tell.
    Inconclusive,
}

/// Why a look is inconclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// Fewer canary (or no baseline) requests than needed; time mends it.
    Requests,
    /// Fewer canary errors than needed; time may mend it.
    Errors,
    /// All traffic is the canary's; time does not mend it.
    Baseline,
}

/// The outcome of a look with its evidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// What the look says.
    pub verdict: Verdict,
    /// Why it cannot tell, if it cannot.
    pub gap: Option<Gap>,
    /// What was measured, in the unit of the limit; `None` if it has no value
    /// (a ratio to nothing).
    pub observed: Option<f64>,
    /// What it was held against.
    pub limit: f64,
    /// The limit in terms of the canary's own rate or latency, for a chart.
    pub canary_limit: Option<f64>,
}

impl Judgement {
    fn of(failed: bool, observed: Option<f64>, limit: f64) -> Self {
        let verdict = if failed { Verdict::Fail } else { Verdict::Pass };
        Judgement { verdict, gap: None, observed, limit, canary_limit: None }
    }

    fn with_canary_limit(self, canary_limit: Option<f64>) -> Self {
        Judgement { canary_limit, ..self }
    }

    fn inconclusive(self, gap: Gap) -> Self {
        Judgement { verdict: Verdict::Inconclusive, gap: Some(gap), ..self }
    }
}

impl Rule {
    /// What the rule needs to be shown.
    pub fn needs(&self) -> Needs {
        match &self.method {
            Method::ErrorRate(m) => m.needs(),
            Method::ErrorRateDelta(m) => m.needs(),
            Method::ErrorRateRatio(m) => m.needs(),
            Method::Latency(m) => m.needs(),
            Method::LatencyDeltaMs(m) => m.needs(),
        }
    }

    /// Looks once. The minimum counts are asked for first: a window that is
    /// too small is inconclusive, whatever it holds.
    pub fn judge(&self, sight: &Sight) -> Judgement {
        let judgement = match &self.method {
            Method::ErrorRate(m) => m.judge(sight),
            Method::ErrorRateDelta(m) => m.judge(sight),
            Method::ErrorRateRatio(m) => m.judge(sight),
            Method::Latency(m) => m.judge(sight),
            Method::LatencyDeltaMs(m) => m.judge(sight),
        };
        match self.gap(sight) {
            Some(gap) => judgement.inconclusive(gap),
            None => judgement,
        }
    }

    /// What the window lacks for this rule to tell.
    fn gap(&self, sight: &Sight) -> Option<Gap> {
        let canary = sight.counts.canary;
        let without_baseline = self.needs().baseline && sight.counts.baseline.requests == 0;
        if without_baseline && sight.canary_has_all {
            Some(Gap::Baseline)
        } else if without_baseline || canary.requests < self.min_requests.max(1) {
            Some(Gap::Requests)
        } else if canary.errors < self.min_errors {
            Some(Gap::Errors)
        } else {
            None
        }
    }

    /// What the rule saw, in one sentence for people.
    pub fn sentence(&self, sight: &Sight) -> String {
        let (requests, errors) = (sight.counts.canary.requests, sight.counts.canary.errors);
        match self.gap(sight) {
            Some(Gap::Baseline) => {
                "All traffic is the canary’s: no baseline is left to compare with.".to_string()
            }
            Some(Gap::Requests) if requests >= self.min_requests.max(1) => {
                "Too little traffic to tell: no request reached the baseline.".to_string()
            }
            Some(Gap::Requests) => format!(
                "Too little traffic to tell: {} at the canary, {} needed.",
                counted(requests, "request"),
                words::thousands(self.min_requests.max(1)),
            ),
            Some(Gap::Errors) => format!(
                "Too few errors to tell: {} at the canary, {} needed.",
                counted(errors, "error"),
                words::thousands(self.min_errors),
            ),
            None => match &self.method {
                Method::ErrorRate(m) => m.sentence(sight),
                Method::ErrorRateDelta(m) => m.sentence(sight),
                Method::ErrorRateRatio(m) => m.sentence(sight),
                Method::Latency(m) => m.sentence(sight),
                Method::LatencyDeltaMs(m) => m.sentence(sight),
            },
        }
    }

    /// Whether the rule holds in a stage, numbered from 1.
    pub fn holds_in(&self, stage: u32) -> bool {
        self.stages.as_ref().is_none_or(|stages| stages.contains(&stage))
    }
}

impl Method {
    /// The names a configuration may give under `rule`.
    pub const NAMES: [&str; 5] =
        ["error_rate", "error_rate_delta", "error_rate_ratio", "latency", "latency_delta_ms"];

    /// The name it has in a configuration.
    pub fn name(&self) -> &'static str {
        match self {
            Method::ErrorRate(_) => "error_rate",
            Method::ErrorRateDelta(_) => "error_rate_delta",
            Method::ErrorRateRatio(_) => "error_rate_ratio",
            Method::Latency(_) => "latency",
            Method::LatencyDeltaMs(_) => "latency_delta_ms",
        }
    }

    /// The method of that name with its parameters; `None` for another name.
    pub(crate) fn from_parameters(name: &str, p: &mut Parameters) -> Option<Method> {
        Some(match name {
            "error_rate" => Method::ErrorRate(ErrorRate::from_parameters(p)),
            "error_rate_delta" => Method::ErrorRateDelta(ErrorRateDelta::from_parameters(p)),
            "error_rate_ratio" => Method::ErrorRateRatio(ErrorRateRatio::from_parameters(p)),
            "latency" => Method::Latency(LatencyLimit::from_parameters(p)),
            "latency_delta_ms" => Method::LatencyDeltaMs(LatencyDelta::from_parameters(p)),
            _ => return None,
        })
    }
}

/// "Error rate: 5 of 117 canary requests failed, 4.27 %".
fn failures(sight: &Sight) -> String {
    let canary = sight.counts.canary;
    format!(
        "Error rate: {} of {} failed, {}",
        words::thousands(canary.errors),
        counted(canary.requests, "canary request"),
        percent(canary.error_rate().unwrap_or(0.0)),
    )
}

/// `p99`, `p99.9`.
fn quantile_name(quantile: f64) -> String {
    format!("p{}", words::significant(quantile * 100.0))
}
