//! How well the world of the engine describes the record.
//!
//! With many steps every difference is significant, so a finding is graded by its size,
//! and only if chance does not explain it.

use serde::Serialize;

use super::errors::Errors;
use super::estimate::{Spread, chi_square_tail, is_positive};
use super::incidents::{Incidents, Law};
use super::latency::Latency;
use super::load::{Load, PERIOD_SECONDS};
use super::picture::Bucket;
use super::series::Series;
use crate::json::{number, some_number};
use crate::math::{exp, ln, pow};
use crate::rules::words::{percent, significant};
use crate::stats::normal;
use crate::stats::special::binomial_sf;

/// A property of the world, compared with the record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What is compared.
    pub name: &'static str,
    /// The outcome.
    pub grade: Grade,
    /// The size of the difference; what it is, the sentence says.
    #[serde(serialize_with = "number")]
    pub statistic: f64,
    /// The probability of such a difference in the fitted world, if it is known.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_number")]
    pub p: Option<f64>,
    /// The finding in a sentence.
    pub sentence: String,
}

/// How well the world describes a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// As far as the record can tell.
    Ok,
    /// With a difference that may matter.
    Doubtful,
    /// Not.
    NotDescribed,
}

/// What was fitted.
pub(super) struct Fitted<'a> {
    pub(super) series: &'a Series,
    pub(super) load: &'a Load,
    pub(super) errors: Option<&'a Errors>,
    pub(super) incidents: &'a Incidents,
    pub(super) law: Option<&'a Law>,
    pub(super) latency: Option<&'a Latency>,
    pub(super) picture: &'a [Bucket],
}

/// A difference below this probability is not chance.
const CLEAR: f64 = 0.001;

/// A difference, and the sizes from which it is doubtful and not described.
struct Difference {
    name: &'static str,
    size: f64,
    p: Option<f64>,
    grades: [f64; 2],
}

impl Difference {
    fn finding(self, ok: String, because: String) -> Finding {
        let by_chance = self.p.is_some_and(|p| p > CLEAR);
        let grade = match self.size.abs() {
            _ if by_chance => Grade::Ok,
            size if size >= self.grades[1] => Grade::NotDescribed,
            size if size >= self.grades[0] => Grade::Doubtful,
            _ => Grade::Ok,
        };
        let sentence = match grade {
            Grade::Ok => format!("{ok}."),
            Grade::Doubtful => format!("Doubtful, because {because}."),
            Grade::NotDescribed => {
                format!("This model does not describe your service, because {because}.")
            }
        };
        Finding { name: self.name, grade, statistic: self.size, p: self.p, sentence }
    }
}

/// All findings.
pub(super) fn findings(fitted: &Fitted<'_>) -> Vec<Finding> {
    let mut list = Vec::new();
    let mut add = |finding: Option<Finding>| list.extend(finding);
    add(Some(gaps(fitted)));
    add(independence_of_load(fitted));
    add(Some(fitted.less_than_poisson()));
    add(shape_of_load(fitted));
    add(pattern(fitted, "day", PERIOD_SECONDS, 24, 1.0));
    add(pattern(fitted, "week", 7.0 * PERIOD_SECONDS, 7, 2.0));
    add(drift_of_load(fitted));
    if let Some(errors) = fitted.errors.filter(|errors| errors.rate(0) > 0.0) {
        add(fitted.independence_of_errors(errors));
        add(fitted.shape_of_errors(errors));
        add(fitted.errors_and_load(errors));
        add(fitted.drift_of_errors(errors));
        add(versions(errors));
    }
    add(fitted.law.and_then(|law| incidents(law, fitted.incidents)));
    add(fitted.latency.and_then(shape_of_latency));
    add(fitted.latency.and_then(steadiness_of_latency));
    add(band(fitted, "requests in their band", "requests", |bucket| {
        Some(bucket.requests_per_second.is_within())
            .filter(|_| bucket.requests_per_second.recorded.is_some())
    }));
    add(band(fitted, "error rates in their band", "error rates", |bucket| {
        bucket.error_rate.filter(|rate| rate.recorded.is_some()).map(|rate| rate.is_within())
    }));
    list
}

fn gaps(fitted: &Fitted<'_>) -> Finding {
    let ticks = fitted.series.ticks();
    let share = 1.0 - fitted.load.ticks as f64 / ticks as f64;
    let difference = Difference { name: "gaps", size: share, p: None, grades: [0.05, 0.5] };
    difference.finding(
        format!("{} of the ticks are gaps", percent(share)),
        format!("{} of the ticks are gaps, and nothing is known of them", percent(share)),
    )
}

/// The correlation of neighbouring residuals; `None` for a gap.
fn correlation(residuals: &[Option<f64>]) -> Option<(f64, f64)> {
    let (mut squares, mut products, mut pairs, mut count) = (0.0, 0.0, 0.0, 0.0);
    for residual in residuals.iter().flatten() {
        squares += residual * residual;
        count += 1.0;
    }
    for pair in residuals.windows(2) {
        if let [Some(a), Some(b)] = pair {
            products += a * b;
            pairs += 1.0;
        }
    }
    if pairs < 20.0 || !is_positive(squares) {
        return None;
    }
    let r = products / pairs / (squares / count);
    Some((r, chi_square_tail(r * r * pairs, 1.0)))
}

fn independence_of_load(fitted: &Fitted<'_>) -> Option<Finding> {
    let load = fitted.load;
    let residual = |tick: usize| {
        let mean = load.mean[tick];
        let residual = (fitted.series.load[tick] - mean) / load.variance(mean).sqrt();
        (!residual.is_nan()).then_some(residual)
    };
    let residuals: Vec<Option<f64>> = (0..fitted.series.ticks()).map(residual).collect();
    let (r, p) = correlation(&residuals)?;
    let name = "load, tick to tick";
    let difference = Difference { name, size: r, p: Some(p), grades: [0.1, 0.3] };
    let shown = significant(r);
    Some(difference.finding(
        format!("The load of a tick does not follow from that of the tick before: their correlation is {shown}"),
        format!("the load is not independent from tick to tick: after the daily swing, neighbours have a correlation of {shown}, and the world has 0"),
    ))
}

impl Fitted<'_> {
    fn less_than_poisson(&self) -> Finding {
        let dispersion = self.load.dispersion;
        let freedom = self.load.ticks.max(2) as f64;
        let p = 1.0 - chi_square_tail(dispersion * freedom, freedom);
        let lack = (1.0 - dispersion).max(0.0);
        let difference = Difference {
            name: "load, at least Poisson",
            size: lack,
            p: Some(p.clamp(0.0, 1.0)),
            grades: [0.3, 0.8],
        };
        let shown = significant(dispersion);
        difference.finding(
            format!("The requests of a tick vary {shown} times as much as Poisson counts"),
            format!("requests vary less than Poisson counts: their variance is {shown} times the mean, and the world has at least 1"),
        )
    }

    fn calm(&self, arm: usize) -> impl Iterator<Item = Option<(f64, f64)>> {
        (0..self.series.ticks())
            .map(move |tick| self.series.arms[arm].at(tick).filter(|_| self.incidents.calm[tick]))
    }

    fn independence_of_errors(&self, errors: &Errors) -> Option<Finding> {
        let rate = errors.rate(0);
        let residual = |at: Option<(f64, f64)>| {
            let (n, x) = at?;
            Some((x - n * rate) / errors.variance(n * rate).sqrt())
        };
        let residuals: Vec<Option<f64>> = self.calm(0).map(residual).collect();
        let (r, p) = correlation(&residuals)?;
        let name = "error rate, tick to tick";
        let difference = Difference { name, size: r, p: Some(p), grades: [0.1, 0.3] };
        let shown = significant(r);
        Some(difference.finding(
            format!("The error rate of a tick does not follow from that of the tick before: their correlation is {shown}"),
            format!("the error rate is not independent from tick to tick: outside of incidents, neighbours have a correlation of {shown}, and the world has 0"),
        ))
    }

    /// Where errors are many, their distribution; where they are few, ticks without one.
    fn shape_of_errors(&self, errors: &Errors) -> Option<Finding> {
        let rate = errors.rate(0);
        let calm: Vec<(f64, f64)> = self.calm(0).flatten().map(|(n, x)| (n * rate, x)).collect();
        let count = calm.len() as f64;
        let mean = calm.iter().map(|(m, _)| m).sum::<f64>() / count;
        let name = "errors of a tick";
        if mean >= MANY {
            let scores = calm.iter().map(|(m, x)| score(*x, *m, errors.variance(*m))).collect();
            return Some(distribution(name, "errors", scores, [0.12, 0.25]));
        }
        let clump = errors.clump.value;
        let v = (1.0 + errors.common.value) * (1.0 + errors.per_arm.value) - 1.0;
        let none = |m: f64| match v > 1e-9 {
            true => pow(1.0 + v * m / clump, -1.0 / v),
            false => exp(-m / clump),
        };
        let expected = calm.iter().map(|(m, _)| none(*m)).sum::<f64>() / count;
        let found = calm.iter().filter(|(_, x)| *x < 0.5).count() as f64 / count;
        let z = (found - expected) / (expected * (1.0 - expected) / count).sqrt().max(1e-12);
        let difference = Difference {
            name,
            size: found - expected,
            p: Some(2.0 * normal::sf(z.abs())),
            grades: [0.05, 0.15],
        };
        let (found, expected) = (percent(found), percent(expected));
        Some(difference.finding(
            format!("{found} of the ticks have no errors; the world has {expected}"),
            format!("errors are distributed in another way: {found} of the ticks have none, and in the world {expected}"),
        ))
    }

    /// By how much the error rate rises, in its own size, if the load rises by the mean.
    fn errors_and_load(&self, errors: &Errors) -> Option<Finding> {
        let rate = errors.rate(0) / (1.0 - errors.rate(0));
        // Served requests stand for the load: errors raise the requests, too.
        let served = |at: (f64, f64)| ((at.0 - at.1).max(0.0), at.1);
        let calm: Vec<Option<(f64, f64)>> = self.calm(0).map(|at| at.map(served)).collect();
        let count = calm.iter().flatten().count() as f64;
        let mean = calm.iter().flatten().map(|(n, _)| n).sum::<f64>() / count;
        let weighted = calm.iter().flatten().map(|(n, _)| n * n).sum::<f64>() / (count * mean);
        let square: f64 =
            calm.iter().flatten().map(|(n, _)| n * (n - weighted) * (n - weighted)).sum();
        if !is_positive(square - 1e-4 * count * mean * mean * mean) {
            return None;
        }
        let scale = mean / (rate * square);
        let slope: f64 =
            calm.iter().flatten().map(|(n, x)| (x - rate * n) * (n - weighted)).sum::<f64>()
                * scale;
        let influence: Vec<f64> = (calm.iter())
            .map(|at| {
                at.map_or(0.0, |(n, x)| {
                    let off = x - rate * n * (1.0 + slope * (n - weighted) / mean);
                    off * (n - weighted) * scale
                })
            })
            .collect();
        let spread = Spread::of(&influence, 2);
        let p = 2.0 * normal::sf((slope / spread.error.max(1e-12)).abs());
        let name = "error rate and load";
        let difference = Difference { name, size: slope, p: Some(p), grades: [0.2, 0.5] };
        let (way, shown) = (if slope > 0.0 { "rises" } else { "falls" }, percent(slope.abs()));
        Some(difference.finding(
            "The error rate does not depend on the load, as far as the record tells".to_string(),
            format!("the error rate {way} by {shown} when the load rises by its mean, and the world’s does not change"),
        ))
    }

    fn drift_of_errors(&self, errors: &Errors) -> Option<Finding> {
        let half = self.series.ticks() / 2;
        let calm: Vec<Option<(f64, f64)>> = self.calm(0).collect();
        let rate = errors.rate(0);
        let sum = |part: &[Option<(f64, f64)>]| {
            part.iter().flatten().fold((0.0, 0.0), |(n, x), at| (n + at.0, x + at.1))
        };
        let (first, second) = (sum(&calm[..half]), sum(&calm[half..]));
        if !is_positive(first.0.min(second.0)) {
            return None;
        }
        let rates = [first.1 / first.0, second.1 / second.0];
        let change = (rates[1] - rates[0]) / rate;
        let influence: Vec<f64> = (calm.iter().enumerate())
            .map(|(tick, at)| {
                let (own, n) = if tick < half { (rates[0], first.0) } else { (rates[1], second.0) };
                at.map_or(0.0, |(requests, x)| (x - own * requests) / n / rate)
            })
            .collect();
        let p = 2.0 * normal::sf((change / Spread::of(&influence, 2).error.max(1e-12)).abs());
        let name = "error rate, first and second half";
        let difference = Difference { name, size: change, p: Some(p), grades: [0.2, 0.7] };
        Some(difference.finding(
            "The error rate of the second half is that of the first, as far as the record tells"
                .to_string(),
            format!(
                "the error rate was {} in the first half of the record and {} in the second, and the world’s stays",
                percent(rates[0]),
                percent(rates[1])
            ),
        ))
    }
}

/// The mean of a count from which its distribution is compared as a continuous one.
const MANY: f64 = 10.0;

/// The standard normal score of a count with a gamma distribution of this mean and
/// variance, by Wilson and Hilferty.
fn score(x: f64, mean: f64, variance: f64) -> f64 {
    let spread = variance / (9.0 * mean * mean);
    (pow(x / mean, 1.0 / 3.0) - (1.0 - spread)) / spread.sqrt()
}

/// Kolmogorov's distance of scores from the normal distribution.
fn distribution(name: &'static str, what: &str, mut scores: Vec<f64>, grades: [f64; 2]) -> Finding {
    scores.sort_by(f64::total_cmp);
    let n = scores.len() as f64;
    let off = |(rank, score): (usize, &f64)| {
        let p = normal::cdf(*score);
        (p - rank as f64 / n).abs().max(((rank + 1) as f64 / n - p).abs())
    };
    let distance = scores.iter().enumerate().map(off).fold(0.0, f64::max);
    // The first term of the series; parameters were fitted, so it is too large.
    let p = (2.0 * exp(-2.0 * n * distance * distance)).min(1.0);
    let difference = Difference { name, size: distance, p: Some(p), grades };
    let shown = percent(distance);
    difference.finding(
        format!("The {what} of a tick are distributed as in the world, within {shown}"),
        format!("the {what} of a tick are distributed in another way than the world’s: the shares of ticks up to a count differ by up to {shown}"),
    )
}

fn shape_of_load(fitted: &Fitted<'_>) -> Option<Finding> {
    let load = fitted.load;
    if load.requests.value < MANY {
        return None;
    }
    let known = (0..fitted.series.ticks()).filter(|tick| !fitted.series.load[*tick].is_nan());
    let scores = known.map(|tick| {
        score(fitted.series.load[tick], load.mean[tick], load.variance(load.mean[tick]))
    });
    Some(distribution("load of a tick", "requests", scores.collect(), [0.07, 0.15]))
}

/// What is left of the load in parts of a day or a week, beyond its noise.
fn pattern(
    fitted: &Fitted<'_>,
    what: &'static str,
    period: f64,
    parts: usize,
    periods: f64,
) -> Option<Finding> {
    let Fitted { series, load, .. } = fitted;
    let seconds = f64::from(series.tick_seconds);
    if (series.ticks() as f64 * seconds) < periods * period || seconds > period / parts as f64 {
        return None;
    }
    let mut sums = vec![(0.0, 0.0, 0.0); parts];
    for tick in (0..series.ticks()).filter(|tick| !series.load[*tick].is_nan()) {
        let place = series.middle(tick) / period;
        let part = ((place - place.floor()) * parts as f64) as usize;
        let residual = series.load[tick] - load.mean[tick];
        let sum = &mut sums[part.min(parts - 1)];
        *sum = (sum.0 + residual, sum.1 + residual * residual, sum.2 + 1.0);
    }
    let mut square = 0.0;
    let mut statistic = 0.0;
    // A record of office hours has no data in the others.
    let known: Vec<_> = sums.into_iter().filter(|sum| sum.2 > 1.0).collect();
    let parts = known.len() as f64;
    for (sum, squares, count) in known {
        let mean = sum / count;
        let variance = (squares - sum * mean) / (count - 1.0) / count;
        square += (mean * mean - variance) / parts;
        statistic += if variance > 0.0 { mean * mean / variance } else { 0.0 };
    }
    let size = square.max(0.0).sqrt() / load.requests.value;
    let p = chi_square_tail(statistic, parts.max(1.0));
    let name = if what == "day" { "shape of the day" } else { "shape of the week" };
    let difference = Difference { name, size, p: Some(p), grades: [0.08, 0.2] };
    let shown = percent(size);
    let (ok, because) = match what {
        "day" => (
            format!("One cosine describes the day: the hours are {shown} off"),
            format!(
                "the day has another shape than one cosine: the hours are {shown} of the mean load off"
            ),
        ),
        _ => (
            format!("The days of the week are alike: they are {shown} off"),
            format!(
                "the days of the week differ by {shown} of the mean load, and the world’s days are alike"
            ),
        ),
    };
    Some(difference.finding(ok, because))
}

/// The change of the load over the record, in units of the mean.
fn drift_of_load(fitted: &Fitted<'_>) -> Option<Finding> {
    let Fitted { series, load, .. } = fitted;
    let days = series.ticks() as f64 * f64::from(series.tick_seconds) / PERIOD_SECONDS;
    if days < 2.0 {
        return None;
    }
    let known: Vec<usize> = (0..series.ticks()).filter(|t| !series.load[*t].is_nan()).collect();
    let count = known.len() as f64;
    let place = |tick: usize| tick as f64 / series.ticks() as f64;
    let middle = known.iter().map(|tick| place(*tick)).sum::<f64>() / count;
    let square: f64 = known.iter().map(|t| (place(*t) - middle) * (place(*t) - middle)).sum();
    let mut influence = vec![0.0; series.ticks()];
    for &tick in &known {
        let relative = series.load[tick] / load.mean[tick] - 1.0;
        influence[tick] = relative * (place(tick) - middle) / square;
    }
    let slope: f64 = influence.iter().sum();
    for &tick in &known {
        let along = (place(tick) - middle) / square;
        influence[tick] -= slope * (place(tick) - middle) * along;
    }
    let p = 2.0 * normal::sf((slope / Spread::of(&influence, 2).error.max(1e-12)).abs());
    let name = "load, first to last";
    let difference = Difference { name, size: slope, p: Some(p), grades: [0.15, 0.5] };
    let way = if slope > 0.0 { "rises" } else { "falls" };
    Some(difference.finding(
        "The load neither rises nor falls over the record, as far as it tells".to_string(),
        format!(
            "the load {way} by {} over the record, and the world’s stays",
            percent(slope.abs())
        ),
    ))
}

fn versions(errors: &Errors) -> Option<Finding> {
    let (baseline, canary) = (errors.rates.first()?, errors.rates.get(1)?);
    if !is_positive(baseline.value) {
        return None;
    }
    let ratio = canary.value / baseline.value;
    let relative = |one: &super::estimate::Estimate| one.error / one.value.max(1e-300);
    let (a, b) = (relative(baseline), relative(canary));
    let p = 2.0 * normal::sf((ln(ratio.max(1e-300)) / (a * a + b * b).sqrt().max(1e-12)).abs());
    let name = "versions alike";
    let difference = Difference { name, size: ratio - 1.0, p: Some(p), grades: [0.1, 1.0] };
    let shown = significant(ratio);
    Some(difference.finding(
        format!("The canary’s error rate is {shown} times the baseline’s: alike, as far as the record tells"),
        format!("the canary’s error rate is {shown} times the baseline’s, so this is no healthy release; the world has the baseline’s"),
    ))
}

fn incidents(law: &Law, incidents: &Incidents) -> Option<Finding> {
    if incidents.runs.len() < 4 {
        return None;
    }
    let variation = law.duration_variation;
    let name = "incidents alike";
    let difference = Difference { name, size: variation, p: None, grades: [0.7, 1.5] };
    let shown = percent(variation);
    Some(difference.finding(
        format!("The durations of the incidents vary by {shown} of their mean"),
        format!("the durations of the incidents vary by {shown} of their mean, and in the world all are alike"),
    ))
}

fn shape_of_latency(latency: &Latency) -> Option<Finding> {
    if latency.columns.len() < 3 {
        return None;
    }
    let worst = latency.columns.iter().max_by(|a, b| a.off.abs().total_cmp(&b.off.abs()))?;
    let name = "latency, log-normal";
    let size = exp(worst.off.abs()) - 1.0;
    let difference = Difference { name, size, p: None, grades: [0.1, 0.3] };
    let (q, shown) = (significant(worst.q * 100.0), percent(size));
    let way = if worst.off > 0.0 { "above" } else { "below" };
    Some(difference.finding(
        format!("A log-normal latency meets the recorded quantiles within {shown}"),
        format!("latency is not log-normal: the {q} % quantile is {shown} {way} that of the fit"),
    ))
}

fn steadiness_of_latency(latency: &Latency) -> Option<Finding> {
    let from_median = |column: &&super::latency::Column| (column.q - 0.5).abs();
    let column = latency.columns.iter().min_by(|a, b| from_median(a).total_cmp(&from_median(b)))?;
    let name = "latency, tick to tick";
    let size = column.wander;
    let difference = Difference { name, size, p: None, grades: [0.1, 0.3] };
    let (q, shown) = (significant(column.q * 100.0), percent(size));
    Some(difference.finding(
        format!("Outside of incidents, the {q} % quantile of latency stays within {shown}, beyond what few requests make"),
        format!("latency is not steady: outside of incidents, its {q} % quantile varies by {shown} beyond what few requests make, and the world’s stays"),
    ))
}

/// The share of buckets whose record is in the band of the fitted world.
fn band(
    fitted: &Fitted<'_>,
    name: &'static str,
    what: &str,
    is_within: impl Fn(&Bucket) -> Option<bool>,
) -> Option<Finding> {
    let within: Vec<bool> = fitted.picture.iter().filter_map(is_within).collect();
    if within.len() < 20 {
        return None;
    }
    let outside = within.iter().filter(|within| !**within).count();
    let size = outside as f64 / within.len() as f64;
    // Few buckets are outside by chance.
    let p = match outside {
        0 => 1.0,
        _ => binomial_sf(outside as u64 - 1, within.len() as u64, 0.05),
    };
    let difference = Difference { name, size, p: Some(p), grades: [0.15, 0.4] };
    let shown = percent(size);
    Some(difference.finding(
        format!("{shown} of the buckets have {what} outside of their 95 % band"),
        format!(
            "{shown} of the buckets have {what} outside of their 95 % band, and 5 % are expected"
        ),
    ))
}
