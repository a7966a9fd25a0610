//! What a study found, as JSON.

use serde::Serialize;

use super::histogram::Histogram;
use super::{Case, PolicyCases, RequirementReport, Study, Tally};
use crate::config::Config;
use crate::json::number;
use crate::stats::intervals::{clopper_pearson, tango};

/// The z of a two-sided interval of 95 %.
const Z: f64 = 1.959_963_984_540_054;
/// The same as a level.
const ALPHA: f64 = 0.05;
/// Of fewer runs that differ, the spread of their differences is not known.
const ENOUGH_DIFFERENT: u64 = 10;

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
    /// How often the policy throws away a healthy release: the configuration's
    /// own, if that is healthy in the end and differs from the baseline all the
    /// same (by a cold start), else one as good as the baseline.
    pub false_rollback: Estimate,
    /// How often it promotes the configuration's release, if that is bad.
    pub missed_regression: Option<Estimate>,
    /// Whether the configuration's release is worse than the baseline, now or
    /// later, and stays so.
    pub release_is_bad: bool,
    /// The policy on a release as good as the baseline.
    pub healthy: CaseReport,
    /// The policy on the configuration's release, if that differs from the
    /// baseline.
    pub release: Option<CaseReport>,
    /// The field that was swept.
    pub sweep: Option<SweepReport>,
    /// Other policies on the same worlds.
    pub policies: Vec<Comparison>,
    /// What was required of the policy, and whether it is met; of the command
    /// line's gate.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<RequirementReport>,
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
    /// Clopper and Pearson's interval: it holds the true share in at least 95 %
    /// of studies, and each of its ends is wrong in at most 2.5 %.
    pub(super) fn of(count: u64, runs: u64) -> Estimate {
        let interval = clopper_pearson(count, runs, ALPHA);
        let estimate = if runs == 0 { 0.0 } else { count as f64 / runs as f64 };
        Estimate { estimate, low: interval.low, high: interval.high }
    }

    /// How many of so many runs it is the share of.
    pub(super) fn count(&self, runs: u64) -> u64 {
        (self.estimate * runs as f64 + 0.5) as u64
    }
}

/// A difference of shares with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The difference.
    pub estimate: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// A mean difference with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MeanDifference {
    /// The mean difference.
    pub estimate: f64,
    /// The interval's lower end; `null` where fewer than 10 runs differ, too few
    /// to know how far such differences spread.
    pub low: Option<f64>,
    /// The interval's upper end; likewise.
    pub high: Option<f64>,
}

/// How a number spreads over runs. A quantile is the mean of the values in its
/// bin: one bin for each whole number below 128, above bins of at most 1/64. So
/// quantiles of whole numbers are exact below 128.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Distribution {
    /// Its mean.
    pub mean: f64,
    /// Its median.
    #[serde(serialize_with = "number")]
    pub p50: f64,
    /// Its 95th percentile.
    #[serde(serialize_with = "number")]
    pub p95: f64,
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
    /// Canary errors that the baseline would have served, up to the horizon:
    /// those of the rollout as counted, those after its completion as expected.
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
    #[serde(serialize_with = "number")]
    pub value: f64,
    /// The configuration with it, by policy, the configuration's own first.
    pub policies: Vec<CaseReport>,
    /// The same with a healthy release, where that is another case: for fields
    /// of the policy and of the world, if the release differs from the baseline.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub healthy: Vec<CaseReport>,
}

/// Another policy on the same worlds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Its name.
    pub name: String,
    /// It on a healthy release.
    pub healthy: CaseReport,
    /// It on the configuration's release, if that differs from the baseline.
    pub release: Option<CaseReport>,
    /// On healthy releases, this policy less the configuration's own.
    pub healthy_difference: Difference,
    /// On the configuration's release, likewise.
    pub release_difference: Option<Difference>,
}

/// Two policies, paired by seed: the second less the first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Of the probabilities of rollback; Tango's interval.
    pub p_rollback: Interval,
    /// Of the excess errors a rollout; the normal interval.
    pub excess_errors: MeanDifference,
}

impl StudyReport {
    /// The JSON, indented by two spaces; the same bytes on every platform.
    pub fn to_json(&self) -> String {
        crate::json::pretty(self)
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
                .map(|i| {
                    let of_value = |cases: &Vec<Vec<usize>>| {
                        cases.iter().map(|cases| case(cases[i])).collect::<Vec<CaseReport>>()
                    };
                    SweepPoint {
                        value: sweep.values[i],
                        policies: of_value(&sweep.cases),
                        healthy: sweep.healthy.as_ref().map(of_value).unwrap_or_default(),
                    }
                })
                .collect(),
        });
        let (healthy, release) = (case(own.healthy), own.release.map(case));
        let is_bad = self.config.release_is_bad();
        let thrown_away = release.as_ref().filter(|_| !is_bad).unwrap_or(&healthy);
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
            false_rollback: thrown_away.p_false_rollback,
            missed_regression: release.as_ref().filter(|_| is_bad).map(|case| case.p_completed),
            release_is_bad: is_bad,
            healthy,
            release,
            sweep,
            policies: others.iter().map(|other| self.comparison(own, other)).collect(),
            requirements: Vec::new(),
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
        let (Some(pair), true) = (pair, self.done > 0) else {
            return Difference {
                p_rollback: Interval { estimate: 0.0, low: -1.0, high: 1.0 },
                excess_errors: MeanDifference { estimate: 0.0, low: None, high: None },
            };
        };
        let (gained, lost) = (pair.only_second_rolled_back, pair.only_first_rolled_back);
        let n = self.done as f64;
        let rolled_back = tango(gained, lost, self.done, ALPHA);
        let harm = |case: usize| &self.cases[case].tally.excess_errors;
        let more = harm(first).sum_to(harm(second)) / n;
        let variance = (pair.excess_squares.sum() / n - more * more).max(0.0);
        let half = Z * (variance / n).sqrt();
        let known = pair.different_excess >= ENOUGH_DIFFERENT;
        Difference {
            p_rollback: Interval {
                estimate: (gained as f64 - lost as f64) / n,
                low: rolled_back.low,
                high: rolled_back.high,
            },
            excess_errors: MeanDifference {
                estimate: more,
                low: known.then_some(more - half),
                high: known.then_some(more + half),
            },
        }
    }
}
