//! Student's t distribution.

use crate::stats::special::incomplete_beta;

/// The x that a t variable exceeds with probability `tail`.
///
/// `tail` in (0, 0.5], `freedom` (degrees of freedom) at least 1; infinite for a tail of
/// 0, 0 for one of 0.5. Absolute error below 1e-12 times (1 + x).
///
/// Source: P(|T| > x) = I_z(ν/2, 1/2) with z = ν/(ν + x²); Abramowitz and Stegun 26.7.1.
pub fn upper_quantile(tail: f64, freedom: f64) -> f64 {
    if tail >= 0.5 {
        return 0.0;
    }
    if tail <= 0.0 {
        return f64::INFINITY;
    }
    let exceeds = |x: f64| {
        let z = freedom / x.mul_add(x, freedom);
        0.5 * incomplete_beta(0.5 * freedom, 0.5, z).0 > tail
    };
    let mut high = 1.0;
    while exceeds(high) {
        high *= 2.0;
        if high > MOST {
            return f64::INFINITY;
        }
    }
    let mut low = 0.0;
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if exceeds(middle) { low = middle } else { high = middle }
    }
    high
}

/// A quantile beyond this is infinite.
const MOST: f64 = 1e150;
/// Enough halvings for the accuracy promised.
const HALVINGS: u32 = 60;
