//! Counts of a service as its monitoring recorded them: requests, errors and latency
//! quantiles of one or two versions, by steps of time.
//!
//! A [`Record`] is regular: its steps have one length and follow each other, and a step
//! of which monitoring has nothing is a gap, not zero. [`read`] makes one of the files that
//! people have: JSON of Prometheus, Datadog or CloudWatch, or CSV.
//!
//! Each kind of file has a reader (`prometheus`, `datadog`, `cloudwatch`, `rows`), which
//! gives its series as they are. `assign` finds what each measures and of which version, by
//! options or by its `words`; `join` puts them on common steps and checks them.

mod assign;
mod cloudwatch;
mod datadog;
mod faults;
mod join;
mod json;
mod prometheus;
mod read;
mod role;
mod rows;
mod series;
mod time;
mod words;

pub use read::{
    Input, MAX_BYTES, MAX_SERIES, Options, Reading, RecordError, Understood, read, read_from,
};
pub use role::{Binding, Measure, Role, Unit};
pub(crate) use time::shown_time;
pub use time::time;

use crate::observation::{Arm, ByArm};

/// Maximum number of steps of a record: 9 years of minutes.
pub const MAX_STEPS: usize = 5_000_000;

/// Recorded counts of one or two versions, by steps of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    start: i64,
    step_seconds: u32,
    arms: ByArm<Option<ArmRecord>>,
}

/// What is recorded of a version, by step. A value that is not recorded is NaN.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ArmRecord {
    /// Requests in the step; may be fractional, because monitoring extrapolates.
    pub requests: Vec<f64>,
    /// Requests in the step that failed.
    pub errors: Vec<f64>,
    /// Quantiles of the latency in the step.
    pub latency: Vec<Quantile>,
}

/// A quantile of the latency, by step.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantile {
    /// Which quantile, in (0, 1).
    pub q: f64,
    /// Milliseconds; NaN where it is not recorded.
    pub ms: Vec<f64>,
}

impl Record {
    /// A record whose first step begins at `start`, in seconds since 1970, UTC. At least
    /// the baseline is recorded, where only one version is.
    ///
    /// # Errors
    /// A sentence, if there is no step or more than [`MAX_STEPS`], if the steps have no
    /// length, if the lengths of the columns differ, or if a value is infinite, negative,
    /// or has more errors than requests.
    pub fn new(
        start: i64,
        step_seconds: u32,
        baseline: ArmRecord,
        canary: Option<ArmRecord>,
    ) -> Result<Record, String> {
        let steps = baseline.requests.len();
        if step_seconds == 0 {
            return Err("expected steps of at least a second".to_string());
        }
        if steps == 0 || steps > MAX_STEPS {
            return Err(format!("expected 1 to {MAX_STEPS} steps, found {steps}"));
        }
        for arm in [Some(&baseline), canary.as_ref()].into_iter().flatten() {
            arm.check(steps)?;
        }
        Ok(Record { start, step_seconds, arms: ByArm { baseline: Some(baseline), canary } })
    }

    /// The start of the first step, in seconds since 1970, UTC.
    pub fn start(&self) -> i64 {
        self.start
    }

    /// The length of a step, in seconds.
    pub fn step_seconds(&self) -> u32 {
        self.step_seconds
    }

    /// The number of steps.
    pub fn steps(&self) -> usize {
        self.arms.baseline.as_ref().map_or(0, |arm| arm.requests.len())
    }

    /// What is recorded of a version; `None` for a canary that is not recorded.
    pub fn arm(&self, arm: Arm) -> Option<&ArmRecord> {
        self.arms.of(arm).as_ref()
    }
}

impl ArmRecord {
    fn check(&self, steps: usize) -> Result<(), String> {
        let columns = self.latency.iter().map(|quantile| &quantile.ms);
        for column in [&self.requests, &self.errors].into_iter().chain(columns) {
            if column.len() != steps {
                return Err(format!("expected columns of {steps} steps, found {}", column.len()));
            }
            if column.iter().any(|value| value.is_infinite() || *value < 0.0) {
                return Err("expected numbers of at least 0".to_string());
            }
        }
        let too_many = |(requests, errors): (&f64, &f64)| errors > requests;
        if self.requests.iter().zip(&self.errors).any(too_many) {
            return Err("expected no more errors than requests".to_string());
        }
        match self.latency.iter().find(|quantile| !(quantile.q > 0.0 && quantile.q < 1.0)) {
            Some(quantile) => Err(format!("expected a quantile in (0, 1), found {}", quantile.q)),
            None => Ok(()),
        }
    }
}
