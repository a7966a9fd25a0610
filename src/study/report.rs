//! What a study found, as JSON.

use serde::Serialize;

use super::histogram::Histogram;
use super::{Case, PolicyCases, Study, Tally};
use crate::config::Config;
use crate::stats::intervals::wilson;

/// The z of a two-sided interval of 95 %.
const Z: f64 = 1.959_963_984_540_054;
/// The same as a level.
const ALPHA: f64 = 0.05;

/// What a study found. Intervals are of 95 %, and of the simulation's error
/// alone: more runs make them narrower, not the policy better.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StudyReport {
    /// Runs finished.
    pub runs: u64,
    /// Runs asked for.
    pub requested_runs: u64,
    /// Whether it was stopped before the end.
    pub partial: bool,
    /// The seeds of the runs finished.
    pub seeds: SeedRange,
    /// Ticks over which harm is charged.
    pub horizon_ticks: u32,
    /// The policy on a healthy release; `p_rollback` is the false rollback.
    pub healthy: CaseReport,
    /// The policy on the configuration's release, if that is bad;
    /// `p_completed` is the missed regression.
    pub release: Option<CaseReport>,
    /// The field that was swept.
    pub sweep: Option<SweepReport>,
    /// Other policies on the same worlds.
    pub policies: Vec<Comparison>,
    /// The configuration, with every default filled in.
    pub config: Config,
}

/// The seeds of a study.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SeedRange {
    /// The first run's.
    pub first: u64,
    /// The last run's; `null` if none is finished.
    pub last: Option<u64>,
    /// The first seed that no run asked for uses.
    pub next: u64,
}

/// A probability, 0..=1, with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The share of the runs.
    pub estimate: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

impl Estimate {
    /// Wilson's interval.
    fn of(count: u64, runs: u64) -> Estimate {
        let wilson = wilson(count, runs, ALPHA);
        let estimate = if runs == 0 { 0.0 } else { count as f64 / runs as f64 };
        Estimate { estimate, low: wilson.low, high: wilson.high }
    }
}

/// A difference with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The mean difference.
    pub estimate: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// How a number spreads over runs. The quantiles are exact below 128, and
/// below by at most 1/64 above.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Distribution {
    /// Its mean.
    pub mean: f64,
    /// Its median.
    pub p50: u64,
    /// Its 95th percentile.
    pub p95: u64,
}

impl Distribution {
    fn of(histogram: &Histogram) -> Option<Self> {
        Some(Distribution {
            mean: histogram.mean()?,
            p50: histogram.percentile(50)?,
            p95: histogram.percentile(95)?,
        })
    }
}

/// A policy on a release.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseReport {
    /// Rolled back, rightly or not.
    pub p_rollback: Estimate,
    /// All traffic went to the release.
    pub p_completed: Estimate,
    /// It waits for a person without end: neither.
    pub p_waiting: Estimate,
    /// Rolled back before the release became worse, or though it never did.
    pub p_false_rollback: Estimate,
    /// Rolled back after it had become worse.
    pub p_caught: Estimate,
    /// How many were rolled back in each stage.
    pub rolled_back_by_stage: Vec<u64>,
    /// Of the rollbacks of a release that had become worse: ticks from its
    /// first worse tick to the decision, both counted.
    pub ticks_to_rollback: Option<Distribution>,
    /// Canary errors that the baseline would have served, up to the horizon.
    pub excess_errors: Option<Distribution>,
    /// Expected requests that the canary got while the rollout lasted.
    pub exposed_requests: Option<Distribution>,
    /// Ticks until the end, or until it waits.
    pub duration_ticks: Option<Distribution>,
}

impl CaseReport {
    fn of(case: &Case) -> Self {
        let tally: &Tally = &case.tally;
        CaseReport {
            p_rollback: Estimate::of(tally.rolled_back(), tally.runs),
            p_completed: Estimate::of(tally.completed, tally.runs),
            p_waiting: Estimate::of(tally.waiting, tally.runs),
            p_false_rollback: Estimate::of(tally.rolled_back_falsely, tally.runs),
            p_caught: Estimate::of(tally.rolled_back() - tally.rolled_back_falsely, tally.runs),
            rolled_back_by_stage: tally.rolled_back_by_stage.clone(),
            ticks_to_rollback: Distribution::of(&tally.ticks_to_rollback),
            excess_errors: Distribution::of(&tally.excess_errors),
            exposed_requests: Distribution::of(&tally.exposed_requests),
            duration_ticks: Distribution::of(&tally.duration_ticks),
        }
    }
}

/// A field that took several values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SweepReport {
    /// Its path.
    pub field: String,
    /// A point a value.
    pub points: Vec<SweepPoint>,
}

/// One value of a swept field.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SweepPoint {
    /// The value.
    pub value: f64,
    /// The configuration with it, by policy, the configuration's own first.
    pub policies: Vec<CaseReport>,
}

/// Another policy on the same worlds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Its name.
    pub name: String,
    /// It on a healthy release.
    pub healthy: CaseReport,
    /// It on the configuration's release, if that is bad.
    pub release: Option<CaseReport>,
    /// On healthy releases, this policy less the configuration's own.
    pub healthy_difference: Difference,
    /// On the configuration's release, likewise.
    pub release_difference: Option<Difference>,
}

/// Two policies, paired by seed: the second less the first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Of the probabilities of rollback.
    pub p_rollback: Interval,
    /// Of the excess errors a rollout.
    pub excess_errors: Interval,
}

impl StudyReport {
    /// The JSON, indented by two spaces; the same bytes on every platform.
    pub fn to_json(&self) -> String {
        crate::json::write(self)
    }
}

impl Study {
    /// What the runs finished so far have found.
    pub fn report(&self) -> StudyReport {
        let (own, others) = match self.layout.policies.split_first() {
            Some(split) => split,
            // A study has its configuration's own policy, at least.
            None => unreachable!("a study without a policy"),
        };
        let case = |index: usize| CaseReport::of(&self.cases[index]);
        let sweep = self.layout.sweep.as_ref().map(|sweep| SweepReport {
            field: sweep.field.clone(),
            points: (0..sweep.values.len())
                .map(|i| SweepPoint {
                    value: sweep.values[i],
                    policies: sweep.cases.iter().map(|cases| case(cases[i])).collect(),
                })
                .collect(),
        });
        StudyReport {
            runs: self.done,
            requested_runs: self.runs,
            partial: self.done < self.runs,
            seeds: SeedRange {
                first: self.seed,
                last: self.done.checked_sub(1).map(|last| self.seed + last),
                next: self.seed + self.runs,
            },
            horizon_ticks: self.horizon_ticks,
            healthy: case(own.healthy),
            release: own.release.map(case),
            sweep,
            policies: others.iter().map(|other| self.comparison(own, other)).collect(),
            config: self.config.clone(),
        }
    }

    fn comparison(&self, own: &PolicyCases, other: &PolicyCases) -> Comparison {
        let case = |index: usize| CaseReport::of(&self.cases[index]);
        Comparison {
            name: other.name.clone(),
            healthy: case(other.healthy),
            release: other.release.map(case),
            healthy_difference: self.difference(own.healthy, other.healthy),
            release_difference: own.release.zip(other.release).map(|(a, b)| self.difference(a, b)),
        }
    }

    fn difference(&self, first: usize, second: usize) -> Difference {
        let pair = self.pairs.iter().find(|pair| (pair.first, pair.second) == (first, second));
        let n = self.done as f64;
        let (Some(pair), true) = (pair, self.done > 0) else {
            let nothing = Interval { estimate: 0.0, low: 0.0, high: 0.0 };
            return Difference { p_rollback: nothing, excess_errors: nothing };
        };
        let (gained, lost) =
            (pair.only_second_rolled_back as f64, pair.only_first_rolled_back as f64);
        Difference {
            // Each run's difference is 1, 0 or −1, so its square sums to the
            // number of discordant pairs.
            p_rollback: of_differences(n, gained - lost, gained + lost),
            excess_errors: of_differences(
                n,
                pair.excess_difference as f64,
                pair.excess_difference_squared as f64,
            ),
        }
    }
}

/// The mean of `n` paired differences with its normal interval, from their sum
/// and the sum of their squares.
fn of_differences(n: f64, sum: f64, sum_of_squares: f64) -> Interval {
    let mean = sum / n;
    let variance = (sum_of_squares / n - mean * mean).max(0.0);
    let half = Z * (variance / n).sqrt();
    Interval { estimate: mean, low: mean - half, high: mean + half }
}
