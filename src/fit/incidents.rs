//! Incidents: runs of ticks with far more errors than the fitted noise makes.
//!
//! A run is found by its likelihood ratio. For a factor ρ on the error rate, a tick with
//! x errors of which m are expected scores
//!
//! ```text
//! (x/κ)·ln ρ − (x/κ + 1/v)·ln((1 + ρ·v·m/κ)/(1 + v·m/κ))
//! ```
//!
//! the logarithm of the likelihood ratio of negative binomial counts with the mean and the
//! variance of x/κ, where κ = h is the variance that clumps make and v that of the noise.
//! The tail of a clump's size bounds the score of a tick. A run is an incident if the sum
//! of its scores for any ρ from 2 to 100 is above ln(n·r/α): of n ticks and r factors.
//! Then noise alone makes a run in a record with a probability of about α = 1 % or less.
//! The noise is estimated without the runs, and the runs with that noise, until both stay.
//!
//! Sources: E. S. Page, "Continuous Inspection Schemes", Biometrika 41 (1954), 100-115, for
//! the sums; S. Karlin and S. F. Altschul, PNAS 87 (1990), 2264-2268, for their maximum.

use super::errors::{self, Errors};
use super::estimate::{Estimate, Spread, is_positive, jeffreys, student_quantile};
use super::latency::Excess;
use super::load::Load;
use super::series::Series;
use crate::math::{exp, ln, ln_1p};
use crate::stats::intervals::Interval;

/// The least factor on the error rate that makes an incident.
const LEAST_RATIO: f64 = 2.0;
/// The largest, and the step between factors that are tried.
const MOST_RATIO: f64 = 100.0;
const STEP: f64 = 1.5;
/// The probability of a run without a cause, in a whole record.
const ALPHA: f64 = 0.01;
/// Rounds until the runs stay as they are.
const ROUNDS: usize = 10;

/// The incidents that were found.
pub(super) struct Incidents {
    /// First ticks, and those after the last.
    pub(super) runs: Vec<[usize; 2]>,
    /// Whether a tick is in a run.
    pub(super) inside: Vec<bool>,
    /// Whether a tick is neither in a run nor beside one.
    pub(super) calm: Vec<bool>,
}

/// What the incidents have in common.
pub(super) struct Law {
    pub(super) chance: Estimate,
    pub(super) duration: Result<Estimate, f64>,
    pub(super) ratio: Estimate,
    /// The standard deviation of the durations divided by their mean.
    pub(super) duration_variation: f64,
}

/// Finds incidents and fits the errors of the other ticks. `None` for the errors if none
/// are recorded.
pub(super) fn fit(
    series: &Series,
    load: &Load,
    excess: Option<super::Excess>,
) -> (Option<Errors>, Incidents) {
    let none = Incidents::of(series.ticks(), Vec::new());
    // The noise of a first round is that without what stands out, which would hide itself.
    let mut errors = errors::fit(series, load, &inconspicuous(series), excess);
    let mut incidents = none;
    for round in 0..ROUNDS {
        let Some(fitted) = &errors else { break };
        let found = Incidents::of(series.ticks(), runs(series, fitted));
        // An incident is an exception.
        let is_same = round > 0 && found.runs == incidents.runs;
        if is_same || 2 * found.count() > series.ticks() {
            break;
        }
        let Some(again) = errors::fit(series, load, &found.calm, excess) else { break };
        errors = Some(again);
        incidents = found;
    }
    (errors, incidents)
}

impl Incidents {
    fn of(ticks: usize, runs: Vec<[usize; 2]>) -> Incidents {
        let (mut inside, mut calm) = (vec![false; ticks], vec![true; ticks]);
        for [first, end] in &runs {
            inside[*first..*end].fill(true);
            calm[first.saturating_sub(1)..(end + 1).min(ticks)].fill(false);
        }
        Incidents { runs, inside, calm }
    }

    /// Ticks in runs.
    pub(super) fn count(&self) -> usize {
        self.runs.iter().map(|[first, end]| end - first).sum()
    }

    /// What they have in common. `None` if there are none.
    pub(super) fn law(&self, series: &Series, errors: &Errors) -> Option<Law> {
        if self.runs.is_empty() {
            return None;
        }
        let known = |tick: usize| series.arms.iter().any(|arm| arm.at(tick).is_some());
        let starts = self.runs.len() as f64;
        // A tick after a calm one either begins a run or does not.
        let calm = (0..series.ticks()).filter(|tick| !self.inside[*tick] && known(*tick)).count();
        let trials = (calm as f64).max(starts);
        let h = (starts / trials).min(1.0);
        let chance = Estimate {
            value: h,
            error: (h * (1.0 - h) / trials).sqrt(),
            interval: jeffreys(starts, trials),
        };
        Some(Law {
            chance,
            duration: self.duration(series.ticks(), h),
            ratio: self.ratio(series, errors),
            duration_variation: self.duration_variation(),
        })
    }

    /// A run is longer than an incident, because a start during an incident extends it:
    /// with n trials of which one in 1/h starts, the mean run is ((1−h)^−D − 1)/h.
    fn duration(&self, ticks: usize, h: f64) -> Result<Estimate, f64> {
        let is_whole = |[first, end]: &&[usize; 2]| *first > 0 && *end < ticks;
        let length = |[first, end]: &[usize; 2]| (end - first) as f64;
        let whole: Vec<f64> = self.runs.iter().filter(is_whole).map(length).collect();
        // Of runs that all reach an end of the record, what is seen of them is the best there is.
        let seen = match whole.is_empty() {
            true => self.runs.iter().map(length).collect(),
            false => whole.clone(),
        };
        let n = seen.len() as f64;
        let alone = |run: f64| if h < 1.0 { ln_1p(h * run) / -ln_1p(-h) } else { run };
        let mean = seen.iter().sum::<f64>() / n;
        let value = alone(mean).max(1.0);
        if whole.len() < 2 {
            return Err(value);
        }
        let squares: f64 = whole.iter().map(|run| (run - mean) * (run - mean)).sum();
        let error = (squares / (n - 1.0) / n).sqrt();
        // If all incidents are alike, runs vary by starts during an incident, one in 1/(hD),
        // and by half a tick at each end.
        let alike = ((h * value * value * value / 3.0 + 0.5) / n).sqrt();
        let half = (student_quantile(n - 1.0) * error).max(1.96 * alike);
        // Durations are whole ticks.
        let interval = Interval {
            low: alone((mean - half).max(1.0)).floor().max(1.0),
            high: alone(mean + half).ceil(),
        };
        let error = error.max(alike);
        Ok(Estimate { value, error, interval })
    }

    fn duration_variation(&self) -> f64 {
        let n = self.runs.len() as f64;
        let lengths = self.runs.iter().map(|[first, end]| (end - first) as f64);
        let mean = lengths.clone().sum::<f64>() / n;
        let squares: f64 = lengths.map(|length| (length - mean) * (length - mean)).sum();
        if n > 1.0 && mean > 0.0 { (squares / (n - 1.0)).sqrt() / mean } else { 0.0 }
    }

    /// Errors in the runs divided by those expected. Its variance is the mean of that of the
    /// sums over runs, or over ticks if runs are few, and of that of the world; and that of
    /// the calm rate.
    fn ratio(&self, series: &Series, errors: &Errors) -> Estimate {
        let (mut found, mut expected) = (0.0, 0.0);
        for tick in (0..series.ticks()).filter(|tick| self.inside[*tick]) {
            let (x, m) = sums(series, errors, tick);
            found += x;
            expected += m;
        }
        let ratio = if expected > 0.0 { found / expected } else { 1.0 };
        let of_world: f64 = (0..series.ticks())
            .filter(|tick| self.inside[*tick])
            .map(|tick| errors.variance(ratio * sums(series, errors, tick).1))
            .sum::<f64>()
            / (expected * expected);
        let off = |ticks: &[usize; 2]| {
            let parts = (ticks[0]..ticks[1]).map(|tick| {
                let (x, m) = sums(series, errors, tick);
                (x - ratio * m) / expected
            });
            parts.sum::<f64>()
        };
        let spread = if self.runs.len() >= RUNS {
            Spread::of_sums(self.runs.iter().map(off), 1)
        } else {
            let ticks = (self.runs.iter()).flat_map(|[first, end]| *first..*end);
            Spread::of_sums(ticks.map(|tick| off(&[tick, tick + 1])), 1)
        };
        let rate = &errors.rates[0];
        let relative = if rate.value > 0.0 { rate.error / rate.value } else { 0.0 };
        let of_runs = 0.5 * (spread.error * spread.error + of_world);
        let error = (of_runs + ratio * relative * ratio * relative).sqrt();
        let spread = Spread { error, ..spread };
        let interval =
            if error < 0.5 * ratio { spread.around_log(ratio) } else { spread.around(ratio) };
        let interval = Interval { low: interval.low.max(0.0), ..interval };
        Estimate { value: ratio, error, interval }
    }
}

/// From so many runs on, errors are summed over runs.
pub(super) const RUNS: usize = 12;

/// Errors of all versions in a tick, and those expected without an incident.
fn sums(series: &Series, errors: &Errors, tick: usize) -> (f64, f64) {
    let (mut found, mut expected) = (0.0, 0.0);
    for (arm, counted) in series.arms.iter().enumerate() {
        if let Some((n, x)) = counted.at(tick) {
            found += x;
            expected += n * errors.rate(arm);
        }
    }
    (found, expected)
}

/// The runs, in order.
fn runs(series: &Series, errors: &Errors) -> Vec<[usize; 2]> {
    let ticks: Vec<(f64, f64)> =
        (0..series.ticks()).map(|tick| sums(series, errors, tick)).collect();
    let clump = errors.clump.value;
    let kappa = (2.0 * clump - 1.0).max(1.0);
    let v = (1.0 + errors.common.value) * (1.0 + errors.per_arm.value) - 1.0;
    // ln of the tail of a clump's size.
    let decay = if clump > 1.0 { -ln_1p(-1.0 / clump) } else { f64::INFINITY };
    let tries = (ln(MOST_RATIO / LEAST_RATIO) / ln(STEP)) as u32 + 1;
    let limit = ln(series.ticks() as f64 * f64::from(tries) / ALPHA);
    let mut found: Vec<(f64, [usize; 2])> = Vec::new();
    let mut ratio = LEAST_RATIO;
    for _ in 0..tries {
        let gain = ln(ratio);
        let score = |&(x, m): &(f64, f64)| {
            if !is_positive(m) {
                return 0.0;
            }
            let (x, m, most) = (x / kappa, m / kappa, x * decay);
            let score = if v * m > 1e-9 {
                x * gain - (x + 1.0 / v) * ln((1.0 + ratio * v * m) / (1.0 + v * m))
            } else {
                x * gain - m * (ratio - 1.0)
            };
            if x > 0.0 { score.min(most) } else { score }
        };
        let scores: Vec<f64> = ticks.iter().map(score).collect();
        found.extend(high_runs(&scores, limit));
        ratio *= STEP;
    }
    joined(best(found, ln(series.ticks() as f64)))
}

/// The runs that do not overlap and whose scores, each less a price, have the highest sum.
fn best(mut found: Vec<(f64, [usize; 2])>, price: f64) -> Vec<[usize; 2]> {
    found.sort_by(|a, b| a.1[1].cmp(&b.1[1]).then(a.1[0].cmp(&b.1[0])));
    // The best sum of the first runs, and whether it has the last of them.
    let mut sums = vec![(0.0, false)];
    let before = |at: usize, first: usize| found[..at].partition_point(|one| one.1[1] <= first);
    for (at, (score, [first, _])) in found.iter().enumerate() {
        let with: f64 = sums[before(at, *first)].0 + score - price;
        let without = sums[at].0;
        sums.push(if with > without { (with, true) } else { (without, false) });
    }
    let mut runs = Vec::new();
    let mut at = found.len();
    while at > 0 {
        if sums[at].1 {
            let run = found[at - 1].1;
            runs.push(run);
            at = before(at - 1, run[0]);
        } else {
            at -= 1;
        }
    }
    runs.reverse();
    runs
}

/// The ticks of those parts of the record whose error rate does not stand out: parts with
/// some 20 errors, less than 4 standard deviations above the median, by the median
/// distance from it.
fn inconspicuous(series: &Series) -> Vec<bool> {
    let at = |tick: usize| {
        (series.arms.iter().filter_map(|arm| arm.at(tick)))
            .fold((0.0, 0.0), |(n, x), (requests, errors)| (n + requests, x + errors))
    };
    let total: f64 = (0..series.ticks()).map(|tick| at(tick).1).sum();
    let per_tick = (total / series.ticks() as f64).max(1e-9);
    let length = ((20.0 / per_tick).ceil() as usize).clamp(1, (series.ticks() / 30).max(1));
    let rate = |first: usize| {
        let ticks = first..(first + length).min(series.ticks());
        let (n, x) = ticks.map(at).fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        if n > 0.0 { x / n } else { f64::NAN }
    };
    let rates: Vec<f64> = (0..series.ticks()).step_by(length).map(rate).collect();
    let middle = median(rates.iter().copied());
    let distance = median(rates.iter().map(|rate| (rate - middle).abs()));
    let limit = middle + 4.0 * 1.4826 * distance;
    (0..series.ticks()).map(|tick| !(rates[tick / length] > limit && distance > 0.0)).collect()
}

/// The median of the numbers that are known; 0 without any.
pub(super) fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.filter(|number| !number.is_nan()).collect();
    let middle = numbers.len() / 2;
    if numbers.is_empty() {
        return 0.0;
    }
    *numbers.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// Adjacent runs are one.
fn joined(runs: Vec<[usize; 2]>) -> Vec<[usize; 2]> {
    let mut joined: Vec<[usize; 2]> = Vec::new();
    for run in runs {
        match joined.last_mut() {
            Some(last) if last[1] == run[0] => last[1] = run[1],
            _ => joined.push(run),
        }
    }
    joined
}

/// The runs whose sum is above the limit. A run begins where the sum leaves 0 and ends
/// where it is highest, before it falls to 0 or by the limit.
fn high_runs(scores: &[f64], limit: f64) -> Vec<(f64, [usize; 2])> {
    let mut found = Vec::new();
    let (mut first, mut sum) = (0, 0.0);
    let (mut highest, mut end) = (0.0, 0);
    let mut tick = 0;
    while tick < scores.len() {
        sum += scores[tick];
        tick += 1;
        if sum > highest {
            (highest, end) = (sum, tick);
        }
        if sum <= 0.0 || sum < highest - limit || tick == scores.len() {
            if highest > limit {
                found.push((highest, [first, end]));
                tick = end;
            }
            (first, sum, highest) = (tick, 0.0, 0.0);
        }
    }
    found
}

/// How much longer an incident makes latencies: the mean over the steps of the runs.
/// `calm_error` is the standard error of the logarithm of what it is compared with.
pub(super) fn latency_ratio(excesses: &[Excess], runs: usize, calm_error: f64) -> Option<Estimate> {
    /// In standard deviations: a step at the edge of a run may not be part of the incident.
    const FAR: f64 = 5.0;
    let middle = median(excesses.iter().map(|one| one.excess));
    let distance = 1.4826 * median(excesses.iter().map(|one| (one.excess - middle).abs()));
    let is_near = |one: &&Excess| (one.excess - middle).abs() <= FAR * distance.max(one.deviation);
    let near: Vec<&Excess> = excesses.iter().filter(is_near).collect();
    let weights: f64 = near.iter().map(|one| one.requests).sum();
    if !is_positive(weights) {
        return None;
    }
    let mean = near.iter().map(|one| one.requests * one.excess).sum::<f64>() / weights;
    let part = |one: &&Excess| one.requests * (one.excess - mean) / weights;
    let spread = if runs >= RUNS {
        let of_run = |run| near.iter().filter(|one| one.run == run).map(part).sum::<f64>();
        Spread::of_sums((0..runs).map(of_run), 1)
    } else {
        Spread::of_sums(near.iter().map(part), 1)
    };
    let error = (spread.error * spread.error + calm_error * calm_error).sqrt();
    let spread = Spread { error, ..spread };
    let around = spread.around(mean);
    let value = exp(mean);
    let interval = Interval { low: exp(around.low), high: exp(around.high) };
    Some(Estimate { value, error: value * error, interval })
}
