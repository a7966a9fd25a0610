//! The report of a study, and its JSON.

use serde::Serialize;

use super::histogram::Histogram;
use super::{Pair, Person, PolicyCases, Question, RequirementReport, Study, Tally};
use crate::config::Config;
use crate::json::number;
use crate::message::thousands;
use crate::observation::Arm;
use crate::seed::MAX_SEED;
use crate::stats::intervals::{clopper_pearson, tango};
use crate::world::{LatencySource, RecordedWorld};

/// The standard normal quantile of a two-sided 95 % interval.
const Z: f64 = 1.959_963_984_540_054;
/// The level of the intervals.
const ALPHA: f64 = 0.05;
/// With fewer runs that differ, the spread of the differences cannot be estimated.
const ENOUGH_DIFFERENT: u64 = 10;

/// The report of a study. Intervals are 95 % and cover only the sampling error of
/// the simulation: more runs make them narrower.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StudyReport {
    /// Number of runs finished.
    pub runs: u64,
    /// Number of runs requested; with requirements, those after which they were certain.
    pub requested_runs: u64,
    /// Whether the study was stopped before all runs were finished.
    pub partial: bool,
    /// The seeds of the runs finished.
    pub seeds: SeedRange,
    /// Seeds between the first and the last that were not simulated: only of a report of
    /// rows that have holes. Otherwise, the report has no such key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_seeds: Vec<SeedSpan>,
    /// The number of ticks for which excess errors are counted.
    pub horizon_ticks: u32,
    /// What a person does in a pause that waits for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    /// The probability that the policy rolls back a healthy release. This is the
    /// configuration's release if that is healthy in the end but differs from the
    /// baseline (by a cold start), otherwise a release as good as the baseline.
    pub false_rollback: Estimate,
    /// The probability that the policy promotes the configuration's release, if
    /// that is bad.
    pub missed_regression: Option<Estimate>,
    /// Whether the configuration's release is or becomes worse than the baseline,
    /// and stays so.
    pub release_is_bad: bool,
    /// The policy on a release as good as the baseline.
    pub healthy: CaseReport,
    /// The policy on the configuration's release, if that differs from the
    /// baseline.
    pub release: Option<CaseReport>,
    /// The results by value of the swept field.
    pub sweep: Option<SweepReport>,
    /// Other policies on the same seeds.
    pub policies: Vec<Comparison>,
    /// The recorded days that the runs are drawn from; otherwise, the report has no such
    /// key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<RecordedDays>,
    /// The requirements on the study, and whether they are met.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<RequirementReport>,
    /// The configuration, with all defaults filled in.
    pub config: Config,
}

/// The recorded days that the runs of a study are drawn from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecordedDays {
    /// How many days are drawn from.
    pub days: u32,
    /// How many days are left out, because fewer than half of their ticks have data.
    pub left_out: u32,
    /// Seconds since midnight, UTC, at which each run begins; `null` for a random tick of
    /// the day.
    pub start_of_day: Option<u32>,
    /// Mean number of recorded requests in a tick.
    #[serde(serialize_with = "number")]
    pub requests_per_tick: f64,
    /// The recorded error rate, 0..=1.
    #[serde(serialize_with = "number")]
    pub error_rate: f64,
    /// Where the latencies come from.
    pub latency: LatencySource,
    /// What should be known to read the result, in sentences.
    pub notes: Vec<String>,
}

impl RecordedDays {
    pub(crate) fn of(recorded: &RecordedWorld) -> Self {
        let [days, left_out] = recorded.days().unwrap_or_default().map(|days| days as u32);
        RecordedDays {
            days,
            left_out,
            start_of_day: recorded.start_of_day(),
            requests_per_tick: recorded.requests_per_tick(),
            error_rate: recorded.error_rate(),
            latency: recorded.latency_source(Arm::Baseline),
            notes: recorded.notes(),
        }
    }
}

/// The seeds of a study.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SeedRange {
    /// The seed of the first run.
    pub first: u64,
    /// The seed of the last finished run; `null` if none is finished.
    pub last: Option<u64>,
    /// The first seed after those of all requested runs; `null` if none is left.
    pub next: Option<u64>,
}

/// Seeds that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SeedSpan {
    /// The first of them.
    pub first: u64,
    /// The last of them.
    pub last: u64,
}

/// A probability, 0..=1, with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The share of the runs, 0..=1.
    pub estimate: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

impl Estimate {
    /// An estimate with Clopper and Pearson's interval. It contains the true
    /// probability in at least 95 % of studies, and each end is wrong in at most
    /// 2.5 %.
    pub(super) fn of(count: u64, runs: u64) -> Estimate {
        let interval = clopper_pearson(count, runs, ALPHA);
        let estimate = if runs == 0 { 0.0 } else { count as f64 / runs as f64 };
        Estimate { estimate, low: interval.low, high: interval.high }
    }
}

/// A difference of two probabilities, with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The difference.
    pub estimate: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// A mean difference, with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MeanDifference {
    /// The mean difference.
    pub estimate: f64,
    /// The interval's lower end; `null` if fewer than 10 runs differ, which are too
    /// few to estimate the spread.
    pub low: Option<f64>,
    /// The interval's upper end; `null` likewise.
    pub high: Option<f64>,
}

/// The distribution of a value over runs. A quantile is the mean of the values in
/// its bin: each whole number below 128 has its own bin, above that the width of a
/// bin is at most 1/64 of its lower end. So quantiles of whole numbers are exact
/// below 128.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Distribution {
    /// The mean.
    pub mean: f64,
    /// The median.
    #[serde(serialize_with = "number")]
    pub p50: f64,
    /// The 95th percentile.
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

/// The results of a policy on a release.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseReport {
    /// The release was rolled back, rightly or falsely.
    pub p_rollback: Estimate,
    /// The release was promoted to all traffic.
    pub p_completed: Estimate,
    /// Neither: the rollout is paused until a person acts.
    pub p_waiting: Estimate,
    /// The release was rolled back before it became worse, or although it never
    /// did.
    pub p_false_rollback: Estimate,
    /// The release was rolled back after it had become worse.
    pub p_caught: Estimate,
    /// How many runs were rolled back in each stage.
    pub rolled_back_by_stage: Vec<u64>,
    /// For rollbacks of a release that had become worse: ticks from its first worse
    /// tick to the decision, both included.
    pub ticks_to_rollback: Option<Distribution>,
    /// Canary errors that the baseline would have served, up to the horizon:
    /// counted during the rollout, expected after its completion.
    pub excess_errors: Option<Distribution>,
    /// Expected requests served by the canary during the rollout.
    pub exposed_requests: Option<Distribution>,
    /// Ticks until the end, or until the pause that waits for a person.
    pub duration_ticks: Option<Distribution>,
}

impl CaseReport {
    fn of(tally: &Tally) -> Self {
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

/// The results of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SweepReport {
    /// The field's path.
    pub field: String,
    /// One point per value.
    pub points: Vec<SweepPoint>,
}

/// One value of a swept field.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SweepPoint {
    /// The value.
    #[serde(serialize_with = "number")]
    pub value: f64,
    /// The results with this value, by policy, the configuration's own first.
    pub policies: Vec<CaseReport>,
    /// The same on a healthy release, for fields of the policy and of the world, if
    /// the configuration's release differs from the baseline.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub healthy: Vec<CaseReport>,
}

/// Another policy compared on the same seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The policy's name.
    pub name: String,
    /// Its results on a healthy release.
    pub healthy: CaseReport,
    /// Its results on the configuration's release, if that differs from the
    /// baseline.
    pub release: Option<CaseReport>,
    /// On a healthy release: this policy minus the configuration's own.
    pub healthy_difference: Difference,
    /// The same on the configuration's release.
    pub release_difference: Option<Difference>,
}

/// The difference of two policies, paired by seed: the second minus the first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The difference of the probabilities of rollback, with Tango's interval.
    pub p_rollback: Interval,
    /// The mean difference of the excess errors per rollout, with the normal
    /// interval.
    pub excess_errors: MeanDifference,
}

impl StudyReport {
    /// The JSON, indented by two spaces; the same bytes on every platform.
    pub fn to_json(&self) -> String {
        crate::json::pretty(self)
    }

    /// What follows the number of runs in a sentence, if not all runs are finished.
    pub(crate) fn partial_in_words(&self) -> String {
        match (self.partial, self.missing_seeds.is_empty()) {
            (false, _) => String::new(),
            (true, true) => ", stopped early".to_string(),
            (true, false) => {
                let missing = thousands(self.requested_runs - self.runs);
                format!(", {missing} of {} seeds are missing", thousands(self.requested_runs))
            }
        }
    }
}

impl Study {
    /// The report of the runs finished so far.
    pub fn report(&self) -> StudyReport {
        let findings = Findings {
            question: &self.question,
            done: self.done,
            runs: self.runs,
            seed: self.seed,
            tallies: self.cases.iter().map(|case| &case.tally).collect(),
            pairs: &self.pairs,
        };
        StudyReport { requirements: self.watches.reports(), ..findings.report() }
    }
}

/// What runs have found, and what they were asked.
pub(super) struct Findings<'a> {
    pub(super) question: &'a Question,
    /// The number of runs finished.
    pub(super) done: u64,
    /// The number of runs requested.
    pub(super) runs: u64,
    /// The first seed.
    pub(super) seed: u64,
    /// By case.
    pub(super) tallies: Vec<&'a Tally>,
    pub(super) pairs: &'a [Pair],
}

impl Findings<'_> {
    /// The report, if the seeds of the runs finished follow each other from the first.
    pub(super) fn report(&self) -> StudyReport {
        let Question { config, release_is_bad, horizon_ticks, person, recorded, layout } =
            self.question;
        let (own, others) = match layout.policies.split_first() {
            Some(split) => split,
            // A study always contains the configuration's own policy.
            None => unreachable!("a study without a policy"),
        };
        let case = |index: usize| CaseReport::of(self.tallies[index]);
        let sweep = layout.sweep.as_ref().map(|sweep| SweepReport {
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
        let is_bad = *release_is_bad;
        let thrown_away = release.as_ref().filter(|_| !is_bad).unwrap_or(&healthy);
        StudyReport {
            runs: self.done,
            requested_runs: self.runs,
            partial: self.done < self.runs,
            seeds: SeedRange {
                first: self.seed,
                last: self.done.checked_sub(1).map(|last| self.seed + last),
                next: Some(self.seed + self.runs).filter(|next| *next <= MAX_SEED),
            },
            missing_seeds: Vec::new(),
            horizon_ticks: *horizon_ticks,
            person: *person,
            false_rollback: thrown_away.p_false_rollback,
            missed_regression: release.as_ref().filter(|_| is_bad).map(|case| case.p_completed),
            release_is_bad: is_bad,
            healthy,
            release,
            sweep,
            policies: others.iter().map(|other| self.comparison(own, other)).collect(),
            recorded: recorded.clone(),
            requirements: Vec::new(),
            config: config.clone(),
        }
    }

    fn comparison(&self, own: &PolicyCases, other: &PolicyCases) -> Comparison {
        let case = |index: usize| CaseReport::of(self.tallies[index]);
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
        let harm = |case: usize| &self.tallies[case].excess_errors;
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
