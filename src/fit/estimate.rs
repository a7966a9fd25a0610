//! Standard errors and intervals that the estimates share.
//!
//! Every estimate is, to first order, a sum of influences of the single ticks. Its
//! variance is computed from sums over blocks of successive ticks, so it allows for any
//! variance of a tick, and for dependence that is shorter than a block.
//!
//! Source: K.-Y. Liang and S. L. Zeger, "Longitudinal Data Analysis Using Generalized
//! Linear Models", Biometrika 73 (1986), 13-22, with blocks of time as clusters.

use crate::math::exp;
use crate::stats::intervals::Interval;
use crate::stats::normal;
use crate::stats::special::incomplete_beta;

/// The largest number of blocks.
const BLOCKS: usize = 100;

/// An estimate with its standard error and 95 % interval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate {
    pub(super) value: f64,
    pub(super) error: f64,
    pub(super) interval: Interval,
}

/// The variance of a sum of influences, with its degrees of freedom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spread {
    /// The standard error.
    pub(super) error: f64,
    /// The quantile by which it is multiplied for a 95 % interval.
    pub(super) quantile: f64,
}

impl Spread {
    /// From the influences of all ticks in order, 0 for those without data, on an
    /// estimate with `parameters` fitted beside it.
    pub(super) fn of(influences: &[f64], parameters: usize) -> Spread {
        let length = influences.len().div_ceil(BLOCKS).max(1);
        let sums = influences.chunks(length).map(|block| block.iter().sum::<f64>());
        Spread::of_sums(sums.filter(|sum| *sum != 0.0), parameters)
    }

    /// From independent sums of influences.
    pub(super) fn of_sums(sums: impl Iterator<Item = f64>, parameters: usize) -> Spread {
        let (mut count, mut squares) = (0usize, 0.0);
        for sum in sums {
            count += 1;
            squares += sum * sum;
        }
        let freedom = count.saturating_sub(parameters).max(1) as f64;
        Spread {
            error: (squares * count as f64 / freedom).sqrt(),
            quantile: student_quantile(freedom),
        }
    }

    /// The interval that is symmetric about the value.
    pub(super) fn around(&self, value: f64) -> Interval {
        let half = self.quantile * self.error;
        Interval { low: value - half, high: value + half }
    }

    /// The interval that is symmetric about the logarithm of a value above 0.
    pub(super) fn around_log(&self, value: f64) -> Interval {
        let factor = exp(self.quantile * self.error / value);
        Interval { low: value / factor, high: value * factor }
    }

    /// The interval of a quantity that is not negative and whose estimate is skewed to
    /// the right: symmetric about the logarithm where the estimate is far from 0.
    pub(super) fn around_skewed(&self, value: f64) -> Interval {
        if self.error < 0.3 * value { self.around_log(value) } else { self.around(value) }
    }
}

/// The 97.5 % quantile of Student's distribution; `freedom` at least 1.
pub(super) fn student_quantile(freedom: f64) -> f64 {
    // P(|T| > t) = I(ν/2, 1/2) at ν/(ν + t²), which rises with the place.
    let place = root(|x| incomplete_beta(0.5 * freedom, 0.5, x).0, 0.05);
    (freedom * (1.0 / place - 1.0)).sqrt()
}

/// The 95 % interval of a probability from `events` of `trials`, with equal tails of the
/// posterior distribution under Jeffreys' prior; from 0 if there are no events.
///
/// Source: L. D. Brown, T. T. Cai and A. DasGupta, "Interval Estimation for a Binomial
/// Proportion", Statistical Science 16 (2001), 101-133.
pub(super) fn jeffreys(events: f64, trials: f64) -> Interval {
    let (a, b) = (events + 0.5, (trials - events).max(0.0) + 0.5);
    let at = |level: f64| root(|x| incomplete_beta(a, b, x).0, level);
    Interval { low: if events > 0.0 { at(0.025) } else { 0.0 }, high: at(0.975) }
}

/// Where an increasing function of a number in 0..=1 reaches a level.
fn root(function: impl Fn(f64) -> f64, level: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if function(middle) < level { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// P(X > x) for a χ² variable, by Wilson and Hilferty; exact for 2 degrees.
pub(super) fn chi_square_tail(x: f64, freedom: f64) -> f64 {
    if freedom == 2.0 {
        return exp(-0.5 * x);
    }
    let spread = 2.0 / (9.0 * freedom);
    let root = crate::math::pow((x / freedom).max(0.0), 1.0 / 3.0);
    normal::sf((root - (1.0 - spread)) / spread.sqrt())
}

/// A quantile of a gamma variable of this mean and variance at the standard normal
/// quantile z, by Wilson and Hilferty. Not below 0.
pub(super) fn gamma_quantile(mean: f64, variance: f64, z: f64) -> f64 {
    if mean <= 0.0 {
        return 0.0;
    }
    let spread = variance / (mean * mean) / 9.0;
    let root = (1.0 - spread + z * spread.sqrt()).max(0.0);
    mean * root * root * root
}

/// Whether a number is above 0; NaN is not.
pub(super) fn is_positive(x: f64) -> bool {
    x > 0.0
}

/// Solves a symmetric positive definite system of up to three equations. `None` if it
/// has no unique solution.
pub(super) fn solve<const N: usize>(mut a: [[f64; N]; N], mut b: [f64; N]) -> Option<[f64; N]> {
    for i in 0..N {
        let pivot = a[i];
        if !is_positive(pivot[i]) {
            return None;
        }
        for row in i + 1..N {
            let factor = a[row][i] / pivot[i];
            for (cell, of_pivot) in a[row].iter_mut().zip(pivot).skip(i) {
                *cell -= factor * of_pivot;
            }
            b[row] -= factor * b[i];
        }
    }
    for i in (0..N).rev() {
        for column in i + 1..N {
            b[i] -= a[i][column] * b[column];
        }
        b[i] /= a[i][i];
    }
    b.iter().all(|x| x.is_finite()).then_some(b)
}

/// The inverse of a symmetric positive definite matrix.
pub(super) fn inverse<const N: usize>(a: [[f64; N]; N]) -> Option<[[f64; N]; N]> {
    let mut inverse = [[0.0; N]; N];
    for i in 0..N {
        let mut unit = [0.0; N];
        unit[i] = 1.0;
        let column = solve(a, unit)?;
        for row in 0..N {
            inverse[row][i] = column[row];
        }
    }
    Some(inverse)
}

/// a · b.
pub(super) fn times<const N: usize>(a: &[[f64; N]; N], b: &[f64; N]) -> [f64; N] {
    std::array::from_fn(|i| (0..N).map(|j| a[i][j] * b[j]).sum())
}
