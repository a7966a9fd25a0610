//! Latency: a log-normal distribution from two or more recorded quantiles.
//!
//! The logarithm of a quantile q of n requests has about the mean μ + σ·z, where z is the
//! normal score of the rank between q·n and q·n + 1. Its mean over the steps, weighted by
//! n, gives an equation for each recorded quantile. The median and the 99th percentile are
//! what a world is written in, so where both are recorded they are solved, and others only
//! tell how well that fits; else all are fitted.
//!
//! Source of the scores: F. N. David and N. L. Johnson, "Statistical Treatment of Censored
//! Data", Biometrika 41 (1954), 228-240.

use super::estimate::{Estimate, Spread, inverse, times};
use super::incidents::median;
use crate::math::{exp, ln};
use crate::record::ArmRecord;
use crate::stats::normal;

/// A step counts for a quantile if at least so many requests lie on each side of it.
const LEAST_BEYOND: f64 = 4.0;
/// The width of a histogram's bins in which a quantile was interpolated, as a logarithm: that
/// of the engine's. Where the density falls by a share s, interpolation is off by about
/// s/12 of a bin.
const BIN: f64 = 0.02;
/// Steps that are needed.
const LEAST_STEPS: usize = 20;

/// The fitted latency.
pub(super) struct Latency {
    pub(super) p50: Estimate,
    pub(super) p99: Estimate,
    /// Mean and standard deviation of the logarithm.
    pub(super) mean: f64,
    pub(super) deviation: f64,
    pub(super) columns: Vec<Column>,
}

/// A recorded quantile.
pub(super) struct Column {
    pub(super) q: f64,
    /// The mean of its logarithm, minus that of the fit.
    pub(super) off: f64,
    /// The standard deviation of its logarithm over the steps, beyond what the number of
    /// requests makes.
    pub(super) wander: f64,
}

/// A quantile with its sums.
struct Sums {
    q: f64,
    index: usize,
    weight: f64,
    z: f64,
    y: f64,
}

/// The normal score of a quantile of n requests; `None` if too few lie beyond it.
///
/// The mean of the order statistic k = q·n + ½, by the expansion of the quantile function
/// Q around k/(n+1), with Q″ = z/φ², Q‴ = (1+2z²)/φ³ and Q⁗ = z(7+6z²)/φ⁴.
fn score(q: f64, n: f64) -> Option<f64> {
    if n * q.min(1.0 - q) < LEAST_BEYOND {
        return None;
    }
    let p = (q * n + 0.5) / (n + 1.0);
    let (z, rest) = (normal::quantile(p), 1.0 - p);
    let density = normal::density(z);
    let step = p * rest / (n + 2.0);
    let square = z * z;
    let third = (rest - p) / (n + 2.0) * (1.0 + 2.0 * square) / (3.0 * density);
    let fourth = step * z * (7.0 + 6.0 * square) / (8.0 * density * density);
    Some(z + step / (density * density) * (0.5 * z + third + fourth))
}

/// 1/(n·variance) of a quantile of a standard normal variable: density²/(q(1−q)).
fn exactness(q: f64) -> f64 {
    let density = normal::density(normal::quantile(q));
    density * density / (q * (1.0 - q))
}

/// Score, logarithm and weight of a step.
fn at(arm: &ArmRecord, index: usize, step: usize) -> Option<(f64, f64, f64)> {
    let quantile = &arm.latency[index];
    let (ms, n) = (quantile.ms[step], arm.requests[step]);
    (ms > 0.0 && n > 0.0).then(|| Some((score(quantile.q, n)?, ln(ms), n))).flatten()
}

/// The calm steps whose quantiles are near their median: those of an incident that errors
/// do not show are left out. Distances are in units of what the number of requests makes.
fn usual(arm: &ArmRecord, calm: impl Fn(usize) -> bool) -> Vec<bool> {
    /// In standard deviations, by the median distance.
    const FAR: f64 = 5.0;
    let mut usual: Vec<bool> = (0..arm.requests.len()).map(calm).collect();
    for index in 0..arm.latency.len() {
        let steps = || (0..usual.len()).filter(|step| usual[*step]);
        let values = || steps().filter_map(|step| at(arm, index, step));
        let middle = median(values().map(|(_, y, _)| y));
        let distance = |(_, y, n): (f64, f64, f64)| (y - middle).abs() * n.sqrt();
        let limit = FAR * 1.4826 * median(values().map(distance));
        let far: Vec<usize> = steps()
            .filter(|step| at(arm, index, *step).is_some_and(|one| distance(one) > limit))
            .collect();
        // Constant latencies have no distance.
        if limit > 0.0 {
            far.into_iter().for_each(|step| usual[step] = false);
        }
    }
    usual
}

/// Fits the calm steps of a version, or says what is missing.
pub(super) fn fit(arm: &ArmRecord, calm: impl Fn(usize) -> bool) -> Result<Latency, &'static str> {
    let steps = arm.requests.len();
    let usual = usual(arm, &calm);
    let calm = |step: usize| usual[step];
    let mut columns: Vec<Sums> = Vec::new();
    for (index, quantile) in arm.latency.iter().enumerate() {
        let mut sums = Sums { q: quantile.q, index, weight: 0.0, z: 0.0, y: 0.0 };
        let mut count = 0;
        for (z, y, n) in (0..steps).filter(|s| calm(*s)).filter_map(|s| at(arm, index, s)) {
            count += 1;
            sums.weight += n;
            sums.z += n * z;
            sums.y += n * y;
        }
        let is_new = columns.iter().all(|known| known.q != quantile.q);
        if count >= LEAST_STEPS && is_new {
            sums.z /= sums.weight;
            sums.y /= sums.weight;
            columns.push(sums);
        }
    }
    if columns.len() < 2 {
        return Err(match arm.latency.len() {
            0 => "no quantiles of the latency are recorded",
            1 => "one quantile is recorded, and a median and a spread need two",
            _ => "too few steps have two quantiles with enough requests beyond them",
        });
    }
    // Weighted by how exact a quantile is.
    let of_world = |q: f64| q == 0.5 || q == 0.99;
    let has_both = columns.iter().filter(|column| of_world(column.q)).count() == 2;
    let weight_of = |q: f64| if has_both && !of_world(q) { 0.0 } else { exactness(q) };
    let mut a = [[0.0; 2]; 2];
    let mut b = [0.0; 2];
    for column in &columns {
        let x = [1.0, column.z];
        let weight = weight_of(column.q);
        for i in 0..2 {
            b[i] += weight * x[i] * column.y;
            for j in 0..2 {
                a[i][j] += weight * x[i] * x[j];
            }
        }
    }
    let covariance = inverse(a).ok_or("the recorded quantiles are all the same")?;
    let [mean, deviation] = times(&covariance, &b);
    let deviation = deviation.max(0.0);
    // The influences on the mean and on the deviation.
    let mut influence = [vec![0.0; steps], vec![0.0; steps]];
    let mut found = Vec::new();
    for column in &columns {
        let moves = times(&covariance, &[1.0, column.z]);
        let weight = weight_of(column.q);
        let off = column.y - mean - deviation * column.z;
        let (mut squares, mut expected) = (0.0, 0.0);
        let whole = column.weight;
        for step in (0..steps).filter(|step| calm(*step)) {
            let Some((z, y, n)) = at(arm, column.index, step) else { continue };
            // Around the column's own mean, so that a bad fit is not taken for noise.
            let residual = y - mean - deviation * z - off;
            for i in 0..2 {
                influence[i][step] += weight * moves[i] * residual * n / whole;
            }
            squares += residual * residual * n / whole;
            expected += deviation * deviation / exactness(column.q) / whole;
        }
        let wander = (squares - expected).max(0.0).sqrt();
        found.push(Column { q: column.q, off, wander });
    }
    let quantile = |z: f64| {
        let along: Vec<f64> =
            influence[0].iter().zip(&influence[1]).map(|(mean, sd)| mean + z * sd).collect();
        let spread = Spread::of(&along, 1);
        let fall = (BIN * z / deviation.max(BIN)).min(1.0);
        let bin = BIN * fall / 12.0;
        let error = (spread.error * spread.error + bin * bin).sqrt();
        let spread = Spread { error, ..spread };
        let value = mean + z * deviation;
        let around = spread.around(value);
        let interval =
            crate::stats::intervals::Interval { low: exp(around.low), high: exp(around.high) };
        Estimate { value: exp(value), error: exp(value) * spread.error, interval }
    };
    let (p50, p99) = (quantile(0.0), quantile(normal::quantile(0.99)));
    Ok(Latency { p50, p99, mean, deviation, columns: found })
}

/// The latency of a step in an incident.
pub(super) struct Excess {
    /// The run that it is in.
    pub(super) run: usize,
    pub(super) requests: f64,
    /// By how much the logarithm of the quantile is above that of calm steps.
    pub(super) excess: f64,
    /// The standard deviation that the number of requests makes.
    pub(super) deviation: f64,
}

/// The steps of the runs, by the quantile that is nearest to the median.
pub(super) fn excesses(arm: &ArmRecord, latency: &Latency, runs: &[[usize; 2]]) -> Vec<Excess> {
    let from_median = |index: &usize| (arm.latency[*index].q - 0.5).abs();
    let nearest = (0..arm.latency.len()).min_by(|a, b| from_median(a).total_cmp(&from_median(b)));
    let Some(index) = nearest else { return Vec::new() };
    let q = arm.latency[index].q;
    let off = latency.columns.iter().find(|column| column.q == q).map_or(0.0, |column| column.off);
    let mut excesses = Vec::new();
    for (run, [first, end]) in runs.iter().enumerate() {
        for step in *first..(*end).min(arm.requests.len()) {
            if let Some((z, y, requests)) = at(arm, index, step) {
                let excess = y - latency.mean - latency.deviation * z - off;
                let deviation = latency.deviation / (exactness(q) * requests).sqrt();
                excesses.push(Excess { run, requests, excess, deviation });
            }
        }
    }
    excesses
}
