//! The asymptotic confidence sequence of a difference of two means: an interval that
//! holds at all looks together if the counts are large. GrowthBook judges guardrails by
//! it.
//!
//! With the difference d, its standard error se, n observations in all and the level α,
//! the lower end is d − h with
//!
//! ```text
//! h = se · √( 2(nρ² + 1) / (nρ²) · ln(1 + √(nρ² + 1) / (2α)) )
//! ```
//!
//! The interval is narrowest, in standard errors, near n = N* for
//! ρ² = (−2 ln 2α + ln(1 − 2 ln 2α)) / N*.
//!
//! The promise is asymptotic: with few events the normal approximation errs, and at no
//! time is P(an end ever excludes the difference) ≤ α exact. It also needs n to grow in
//! proportion to the variance of the sum of differences. Where the arms are not equal,
//! and their shares change, n is 4·Σ n_c·n_b/(n_c + n_b) over the shares
//! ([`Stratified::equal_requests`](crate::stats::stratified::Stratified)).
//!
//! Source: I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy and A. Ramdas,
//! "Time-uniform central limit theory and asymptotic confidence sequences",
//! arXiv:2103.06476v7, equations 134 and 161.

use crate::math::{expm1, ln};
use crate::stats::group_sequential::Sides;

/// The mean of a sample and the variance of an observation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Number of observations, above 1.
    pub n: f64,
    /// Their mean.
    pub mean: f64,
    /// The variance of one.
    pub variance: f64,
}

impl Sample {
    /// From the sum of the observations and of their squares. `None` for fewer than 2.
    pub fn from_sums(n: u64, sum: f64, sum_of_squares: f64) -> Option<Sample> {
        let count = n as f64;
        let mean = sum / count;
        let variance = (sum_of_squares - sum * mean) / (count - 1.0);
        (n > 1).then_some(Sample { n: count, mean, variance: variance.max(0.0) })
    }

    /// From a rate: an observation is 1 or 0. `None` without observations.
    pub fn of_rate(events: u64, n: u64) -> Option<Sample> {
        let count = n as f64;
        let mean = events as f64 / count;
        (n > 0).then_some(Sample { n: count, mean, variance: mean * (1.0 - mean) })
    }
}

/// An estimated difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Canary minus baseline.
    pub difference: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Observations in all, above 0.
    pub n: f64,
}

impl Estimate {
    /// The difference of the means of two samples.
    pub fn of(canary: Sample, baseline: Sample) -> Estimate {
        let variance = canary.variance / canary.n + baseline.variance / baseline.n;
        Estimate {
            difference: canary.mean - baseline.mean,
            standard_error: variance.sqrt(),
            n: canary.n + baseline.n,
        }
    }

    /// The half-width of the one-sided interval: the difference is above 0 with evidence
    /// if it exceeds this. `alpha` in (0, ½), `tuned_for` above 0.
    pub fn half_width(&self, alpha: f64, tuned_for: f64) -> f64 {
        let rho = rho_squared(alpha, tuned_for).sqrt();
        let sigma = self.standard_error * self.n.sqrt();
        sigma * half_width_per_sigma(self.n, rho, alpha, Sides::One)
    }

    /// The least level at which the one-sided interval excludes 0, with the ρ that is
    /// best at the level `alpha`: below `alpha` where the difference exceeds
    /// [`Estimate::half_width`]. ½ at most; ½ for a difference that is not above 0.
    /// `alpha` in (0, ½), `tuned_for` above 0.
    ///
    /// ```text
    /// p = √(nρ² + 1) / (2(exp L − 1)),   L = (d/se)² · nρ² / (2(nρ² + 1))
    /// ```
    pub fn p_value(&self, alpha: f64, tuned_for: f64) -> f64 {
        if self.difference <= 0.0 {
            return 0.5;
        }
        let grown = self.n * rho_squared(alpha, tuned_for);
        let z = self.difference / self.standard_error;
        let exponent = z * z * (grown / (2.0 * (grown + 1.0)));
        ((grown + 1.0).sqrt() / (2.0 * expm1(exponent))).min(0.5)
    }

    /// The p-value that GrowthBook decides by: a bisection between 0.00001 and 0.4999
    /// that ends where the interval's end is within 10⁻⁶ of 0, in the metric's unit. It
    /// then moves half a step on, so it can be far from [`Estimate::p_value`] if it ends
    /// early, as it does for small rates. `None` if it does not end in 100 steps.
    ///
    /// Source: GrowthBook's `gbstats`, the sequential one-sided test.
    pub fn p_value_by_bisection(&self, alpha: f64, tuned_for: f64) -> Option<f64> {
        const CLOSE: f64 = 1e-6;
        let rho = rho_squared(alpha, tuned_for).sqrt();
        let sigma = self.standard_error * self.n.sqrt();
        let low =
            |level| self.difference - sigma * half_width_per_sigma(self.n, rho, level, Sides::One);
        let (mut least, mut greatest) = (1e-5, 0.4999);
        if low(least) > 0.0 {
            return Some(least);
        }
        if low(greatest) < 0.0 {
            return Some(greatest);
        }
        let mut level = 0.5 * (least + greatest);
        for _ in 0..100 {
            let end = low(level);
            if end < 0.0 {
                least = level;
            } else {
                greatest = level;
            }
            level = 0.5 * (least + greatest);
            if end.abs() < CLOSE {
                return Some(level);
            }
        }
        None
    }
}

/// ρ² for which the one-sided interval of level `alpha`, in (0, ½), is narrowest near
/// `tuned_for` observations.
pub fn rho_squared(alpha: f64, tuned_for: f64) -> f64 {
    let log = -2.0 * ln(2.0 * alpha);
    (log + ln(log + 1.0)) / tuned_for
}

/// The half-width for observations of standard deviation 1. For two sides the term
/// ln(1 + x/(2α)) becomes ln(x/α). n and ρ above 0, `alpha` in (0, 1).
pub fn half_width_per_sigma(n: f64, rho: f64, alpha: f64, sides: Sides) -> f64 {
    let grown = n * rho * rho + 1.0;
    let root = grown.sqrt();
    let log = match sides {
        Sides::One => ln(1.0 + root / (2.0 * alpha)),
        Sides::Two => ln(root / alpha),
    };
    (2.0 * grown * log).sqrt() / (n * rho)
}
