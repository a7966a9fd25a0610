//! A record as the estimates read it: sums over ticks, and which ticks have data.

use crate::observation::Arm;
use crate::record::{ArmRecord, Record};

/// The counts of a record by tick.
pub(super) struct Series {
    /// Start of the first tick, in seconds since 1970, UTC.
    pub(super) start: i64,
    /// Length of a tick in seconds.
    pub(super) tick_seconds: u32,
    /// Steps of the record in a tick.
    pub(super) steps_per_tick: usize,
    /// Requests of all versions by tick; NaN in a gap.
    pub(super) load: Vec<f64>,
    /// The baseline's counts, then the canary's, if it is recorded.
    pub(super) arms: Vec<Counted>,
}

/// The counts of a version by tick; both NaN where either is not recorded.
pub(super) struct Counted {
    pub(super) requests: Vec<f64>,
    pub(super) errors: Vec<f64>,
}

impl Counted {
    /// Requests and errors of a tick, if there are requests.
    pub(super) fn at(&self, tick: usize) -> Option<(f64, f64)> {
        let (requests, errors) = (self.requests[tick], self.errors[tick]);
        (requests > 0.0 && !errors.is_nan()).then_some((requests, errors))
    }
}

impl Series {
    /// The sums over ticks of so many steps. Steps at the end that do not fill a tick are
    /// left out.
    pub(super) fn new(record: &Record, steps_per_tick: usize) -> Series {
        let arms = [Arm::Baseline, Arm::Canary].map(|arm| record.arm(arm));
        let [baseline, canary] = arms;
        let of = |arm: Option<&ArmRecord>, column: fn(&ArmRecord) -> &Vec<f64>| {
            arm.map(|arm| sums(column(arm), steps_per_tick)).unwrap_or_default()
        };
        let mut load = of(baseline, |arm| &arm.requests);
        if let Some(canary) = canary {
            let canary = sums(&canary.requests, steps_per_tick);
            // Before its first step and after its last one there is no canary.
            let first = canary.iter().position(|requests| !requests.is_nan());
            let last = canary.iter().rposition(|requests| !requests.is_nan());
            if let (Some(first), Some(last)) = (first, last) {
                for tick in first..=last {
                    load[tick] += canary[tick];
                }
            }
        }
        let counted = |arm: &ArmRecord| {
            let mut requests = sums(&arm.requests, steps_per_tick);
            let mut errors = sums(&arm.errors, steps_per_tick);
            for (requests, errors) in requests.iter_mut().zip(&mut errors) {
                if requests.is_nan() || errors.is_nan() {
                    (*requests, *errors) = (f64::NAN, f64::NAN);
                }
            }
            Counted { requests, errors }
        };
        Series {
            start: record.start(),
            tick_seconds: record.step_seconds().saturating_mul(steps_per_tick as u32),
            steps_per_tick,
            load,
            arms: arms.into_iter().flatten().map(counted).collect(),
        }
    }

    /// The number of ticks.
    pub(super) fn ticks(&self) -> usize {
        self.load.len()
    }

    /// The middle of a tick, in seconds after the start of the record.
    pub(super) fn middle(&self, tick: usize) -> f64 {
        (tick as f64 + 0.5) * f64::from(self.tick_seconds)
    }
}

fn sums(column: &[f64], steps: usize) -> Vec<f64> {
    column.chunks_exact(steps).map(|chunk| chunk.iter().sum()).collect()
}
