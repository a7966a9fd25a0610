//! The load: its mean, its daily swing, and burstiness.
//!
//! The mean of a tick is β₀ + β₁ cos ωt + β₂ sin ωt, fitted by the quasi-likelihood of
//! Poisson counts: Σ (R − μ) x/μ = 0. Whatever the true variance is, that is consistent,
//! and the fitted total is the recorded one. Burstiness b is where Pearson's statistic is
//! what it should be: Σ (R − μ)²/(μ + b² μ²) = n − parameters,
//! where clumps of errors enlarge the first μ.
//!
//! Source: P. McCullagh and J. A. Nelder, "Generalized Linear Models", 2nd ed., chapter 9;
//! N. E. Breslow, "Extra-Poisson Variation in Log-Linear Models", Applied Statistics 33
//! (1984), 38-44.

use std::f64::consts::TAU;

use super::estimate::{Estimate, Spread, inverse, is_positive, solve, times};
use super::series::Series;
use crate::math::{atan2, cos, exp, sin};
use crate::stats::intervals::Interval;

/// The length of the swing: a day.
pub(super) const PERIOD_SECONDS: f64 = 86_400.0;
/// A swing is part of the world if a load without one would be this unlikely.
const CLEAR: f64 = 0.001;

/// The fitted load.
pub(super) struct Load {
    /// The mean of every tick, gaps included.
    pub(super) mean: Vec<f64>,
    /// The number of ticks with a load.
    pub(super) ticks: usize,
    /// Mean requests in a tick.
    pub(super) requests: Estimate,
    /// `None` if the record is shorter than a day.
    pub(super) swing: Option<Swing>,
    /// The square of burstiness; may be below 0.
    pub(super) burst_squared: Estimate,
    /// What clumps of errors add to the variance of the requests, divided by the mean.
    pub(super) clumps: f64,
    /// Pearson's statistic divided by the degrees of freedom, without burstiness.
    pub(super) dispersion: f64,
}

/// The daily swing.
pub(super) struct Swing {
    pub(super) amplitude: Estimate,
    /// Seconds from the start of the record to a peak, in 0..86400; the interval may reach
    /// beyond.
    pub(super) peak_seconds: Estimate,
    /// Whether it is told from a constant load.
    pub(super) is_clear: bool,
}

impl Load {
    pub(super) fn variance(&self, mean: f64) -> f64 {
        mean * (1.0 + self.clumps) + self.burst_squared.value.max(0.0) * mean * mean
    }
}

/// Fits the load. `clumps` is what clumps of errors add to the variance of the requests,
/// divided by the mean. `None` if no tick has requests.
pub(super) fn fit(series: &Series, clumps: f64) -> Option<Load> {
    let known: Vec<usize> = (0..series.ticks()).filter(|t| !series.load[*t].is_nan()).collect();
    let total: f64 = known.iter().map(|tick| series.load[*tick]).sum();
    let average = total / known.len() as f64;
    if !is_positive(average) {
        return None;
    }
    let seconds = series.ticks() as f64 * f64::from(series.tick_seconds);
    let has_day =
        seconds >= PERIOD_SECONDS && f64::from(series.tick_seconds) <= PERIOD_SECONDS / 8.0;
    let place = |tick: usize| {
        let days = series.middle(tick) / PERIOD_SECONDS;
        let angle = TAU * (days - days.floor());
        if has_day { [1.0, cos(angle), sin(angle)] } else { [1.0, 0.0, 0.0] }
    };
    let at = |beta: &[f64; 3], x: &[f64; 3]| beta.iter().zip(x).map(|(b, x)| b * x).sum::<f64>();
    // A cosine may not go below 0; the weights need a mean above it.
    let mean_of = |beta: &[f64; 3], x: &[f64; 3]| at(beta, x).max(0.01 * average);
    let mut beta = [average, 0.0, 0.0];
    let mut information = [[0.0; 3]; 3];
    for _ in 0..if has_day { 12 } else { 1 } {
        let mut right = [0.0; 3];
        information = [[0.0; 3]; 3];
        for &tick in &known {
            let x = place(tick);
            let weight = 1.0 / mean_of(&beta, &x);
            for i in 0..3 {
                right[i] += weight * x[i] * series.load[tick];
                for j in 0..3 {
                    information[i][j] += weight * x[i] * x[j];
                }
            }
        }
        if !has_day {
            (information[1][1], information[2][2]) = (1.0, 1.0);
        }
        beta = solve(information, right)?;
        let swing = (beta[1] * beta[1] + beta[2] * beta[2]).sqrt();
        if swing > beta[0] {
            beta[1] *= beta[0] / swing;
            beta[2] *= beta[0] / swing;
        }
    }
    let covariance = inverse(information)?;
    let mean: Vec<f64> = (0..series.ticks()).map(|tick| mean_of(&beta, &place(tick))).collect();
    let parameters = if has_day { 3 } else { 1 };
    let mut influence = vec![[0.0; 3]; series.ticks()];
    for &tick in &known {
        let x = place(tick);
        let score = (series.load[tick] - mean[tick]) / mean[tick];
        influence[tick] = times(&covariance, &x.map(|x| x * score));
    }
    let spread_of = |weights: [f64; 3]| {
        let along: Vec<f64> = influence.iter().map(|one| at(&weights, one)).collect();
        Spread::of(&along, parameters)
    };
    let level = spread_of([1.0, 0.0, 0.0]);
    let requests =
        Estimate { value: beta[0], error: level.error, interval: positive(level.around(beta[0])) };
    let swing = has_day.then(|| swing(&beta, spread_of, &influence));
    let (burst_squared, dispersion) = burstiness(series, &known, &mean, clumps, parameters);
    Some(Load { mean, ticks: known.len(), requests, swing, burst_squared, clumps, dispersion })
}

fn swing(beta: &[f64; 3], spread_of: impl Fn([f64; 3]) -> Spread, influence: &[[f64; 3]]) -> Swing {
    let height = (beta[1] * beta[1] + beta[2] * beta[2]).sqrt();
    let (cosine, sine) = match height > 0.0 {
        true => (beta[1] / height, beta[2] / height),
        false => (1.0, 0.0),
    };
    let amplitude = height / beta[0];
    let along = spread_of([-amplitude / beta[0], cosine / beta[0], sine / beta[0]]);
    let across = spread_of([0.0, -sine, cosine]);
    // Wald's statistic of both coefficients, in the directions along and across, whose
    // estimates are about independent.
    let blocks = spread_of([0.0, cosine, sine]);
    let wald = if blocks.error > 0.0 { height / blocks.error } else { f64::INFINITY };
    let is_clear = height > 0.0 && exp(-0.5 * wald * wald) < CLEAR && influence.len() > 3;
    let to_seconds = PERIOD_SECONDS / TAU;
    let peak = atan2(beta[2], beta[1]) * to_seconds;
    let peak = if peak < 0.0 { peak + PERIOD_SECONDS } else { peak };
    let turn = Spread {
        error: if height > 0.0 { across.error / height * to_seconds } else { PERIOD_SECONDS },
        quantile: across.quantile,
    };
    let around = along.around(amplitude);
    let low = if is_clear { around.low.max(0.0) } else { 0.0 };
    Swing {
        amplitude: Estimate {
            value: amplitude,
            error: along.error,
            interval: Interval { low, high: around.high.min(1.0) },
        },
        peak_seconds: Estimate { value: peak, error: turn.error, interval: turn.around(peak) },
        is_clear,
    }
}

/// The square of burstiness, and the dispersion of the counts as if they were Poisson.
fn burstiness(
    series: &Series,
    known: &[usize],
    mean: &[f64],
    clumps: f64,
    parameters: usize,
) -> (Estimate, f64) {
    let poisson = 1.0 + clumps;
    let freedom = known.len().saturating_sub(parameters).max(1) as f64;
    let pearson = |squared: f64| -> f64 {
        let one = |tick: &usize| {
            let (residual, mean) = (series.load[*tick] - mean[*tick], mean[*tick]);
            residual * residual / (poisson * mean + squared * mean * mean)
        };
        known.iter().map(one).sum()
    };
    let dispersion = pearson(0.0) / freedom;
    let mut value = 0.0;
    if dispersion > 1.0 {
        let (mut low, mut high) = (0.0, 1.0);
        while pearson(high) > freedom && high < 1e6 {
            high *= 2.0;
        }
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if pearson(middle) > freedom { low = middle } else { high = middle }
        }
        value = 0.5 * (low + high);
    }
    // Σ μ²/V is how fast the statistic falls.
    let slope: f64 = known.iter().map(|tick| mean[*tick] / (poisson + value * mean[*tick])).sum();
    let scale = known.len() as f64 / freedom;
    let mut influence = vec![0.0; series.ticks()];
    for &tick in known {
        let (residual, mean) = (series.load[tick] - mean[tick], mean[tick]);
        let variance = poisson * mean + value * mean * mean;
        influence[tick] = (scale * residual * residual / variance - 1.0) / slope;
    }
    if dispersion <= 1.0 {
        value = influence.iter().sum();
        let part = value / known.len() as f64;
        known.iter().for_each(|tick| influence[*tick] -= part);
    }
    let spread = Spread::of(&influence, parameters + 1);
    let interval = spread.around_skewed(value);
    (Estimate { value, error: spread.error, interval }, dispersion)
}

fn positive(interval: Interval) -> Interval {
    Interval { low: interval.low.max(0.0), high: interval.high.max(0.0) }
}
