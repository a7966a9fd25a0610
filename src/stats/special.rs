//! Functions of probability that `libm` does not have: the beta function and its
//! incomplete form, binomial coefficients and probabilities.
//!
//! All are based on [`stirling_error`] and [`deviance`], which compute the small
//! part of the logarithm of a large factorial separately, so that nothing cancels
//! for counts in the millions.
//!
//! Sources: C. Loader, "Fast and Accurate Computation of Binomial
//! Probabilities", 2000; A. R. DiDonato and A. H. Morris, "Algorithm 708",
//! ACM TOMS 18 (1992), 360-373.

use std::f64::consts::PI;

use crate::math;

/// ln √(2π).
const LN_SQRT_2_PI: f64 = 0.918_938_533_204_672_8;

/// The error of Stirling's formula: ln Γ(x) − ((x − ½) ln x − x + ln √(2π)).
///
/// x ≥ 0; ∞ at 0, NaN below. Absolute error below 1e-15 for x ≥ 0.1.
pub fn stirling_error(x: f64) -> f64 {
    if x < 0.0 {
        return f64::NAN;
    }
    let mut x = x;
    let mut from_below = 0.0;
    while x < 8.0 {
        from_below += (x + 0.5) * math::ln_1p(1.0 / x) - 1.0;
        x += 1.0;
    }
    /// B₂ₖ / (2k(2k−1)), k = 1, 2, …
    const SERIES: [f64; 8] = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1260.0,
        -1.0 / 1680.0,
        1.0 / 1188.0,
        -691.0 / 360_360.0,
        1.0 / 156.0,
        -3617.0 / 122_400.0,
    ];
    let inverse_square = 1.0 / (x * x);
    from_below + SERIES.iter().rev().fold(0.0, |sum, c| sum * inverse_square + c) / x
}

/// x ln(x/mean) + mean − x, where `excess` = x − mean, without cancellation near
/// x = mean.
///
/// x, mean ≥ 0; 0 if both are 0. `excess` is a parameter because the result depends
/// on it near the mean, so pass the exact value where x − mean would be rounded.
/// Relative error a few ulp.
pub fn deviance(x: f64, mean: f64, excess: f64) -> f64 {
    let ratio = excess / (x + mean);
    if ratio.is_nan() {
        return 0.0;
    }
    if ratio.abs() >= 0.5 {
        let logarithm = if x > 0.0 { x * math::ln(x / mean) } else { 0.0 };
        return logarithm - excess;
    }
    // x ln(x/mean) = 2x artanh(ratio), whose first term leaves excess·ratio.
    let square = ratio * ratio;
    let mut power = 2.0 * x * ratio;
    let mut sum = excess * ratio;
    for denominator in (3..).step_by(2) {
        power *= square;
        let next = sum + power / f64::from(denominator);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// ln P(X = k) for X ~ Binomial(n, p), with q = 1 − p and `excess` = k − n·p as
/// exact as possible.
///
/// Whole k in 0..=n, and p in (0, 1). Absolute error of the order of 4 ulp of
/// the greater of the result and 1.
pub fn ln_binomial(k: f64, n: f64, (p, q): (f64, f64), excess: f64) -> f64 {
    let others = n - k;
    if k == 0.0 {
        return excess - deviance(n, n * q, -excess);
    }
    if others == 0.0 {
        return -excess - deviance(n, n * p, excess);
    }
    let shape = stirling_error(n) - stirling_error(k) - stirling_error(others);
    let misfit = deviance(k, n * p, excess) + deviance(others, n * q, -excess);
    shape - misfit + 0.5 * math::ln(n / (2.0 * PI * k * others))
}

/// ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a + b).
///
/// a, b > 0. Error at most 2 ulp of the greater of the result and 1.
pub fn ln_beta(a: f64, b: f64) -> f64 {
    let (small, large) = if a < b { (a, b) } else { (b, a) };
    if large < 8.0 {
        return math::ln_gamma(small) + math::ln_gamma(large) - math::ln_gamma(small + large);
    }
    let total = small + large;
    let rest = stirling_error(large) - stirling_error(total);
    let grown = math::ln_1p(small / large);
    if small < 8.0 {
        // ln Γ(large) − ln Γ(total), without the leading terms, which cancel.
        let shift = (large - 0.5 + small) * grown + small * (math::ln(large) - 1.0);
        return math::ln_gamma(small) + (rest - shift);
    }
    let share = (small - 0.5) * math::ln(small / total) - large * grown - 0.5 * math::ln(large);
    LN_SQRT_2_PI + stirling_error(small) + rest + share
}

/// ln C(n, k), the logarithm of the number of ways to choose k of n.
///
/// −∞ for k > n. Error at most 2 ulp of the greater of the result and 1.
pub fn ln_choose(n: u64, k: u64) -> f64 {
    if k > n {
        return f64::NEG_INFINITY;
    }
    let k = k.min(n - k);
    if k == 0 {
        return 0.0;
    }
    let (n, k) = (n as f64, k as f64);
    // 1/C(n, k) = k·B(k, n − k + 1).
    -(math::ln(k) + ln_beta(k, n - k + 1.0))
}

/// The regularised incomplete beta function and its complement: I_x(a, b) and
/// I_{1−x}(b, a) = 1 − I_x(a, b), each without cancellation.
///
/// a, b > 0, otherwise NaN; x is clamped to [0, 1]. Relative error of each part P
/// below (2 + |ln P|)·1e-15. Takes about √max(a, b) steps.
pub fn incomplete_beta(a: f64, b: f64, x: f64) -> (f64, f64) {
    let defined = a > 0.0 && b > 0.0 && !x.is_nan();
    if !defined {
        return (f64::NAN, f64::NAN);
    }
    let y = 1.0 - x;
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if y <= 0.0 {
        return (1.0, 0.0);
    }
    let excess = (-(a + b)).mul_add(x, a);
    // The continued fraction is evaluated on the side of the mean where x is.
    if excess >= 0.0 {
        let lower = beta_tail(a, b, x, y, excess);
        (lower, 1.0 - lower)
    } else {
        let upper = beta_tail(b, a, y, x, -excess);
        (1.0 - upper, upper)
    }
}

/// I_x(a, b) for x at or below the mean; y = 1 − x and `excess` = a − (a+b)·x.
fn beta_tail(a: f64, b: f64, x: f64, y: f64, excess: f64) -> f64 {
    let n = a + b;
    let shape = stirling_error(n) - stirling_error(a) - stirling_error(b);
    let misfit = deviance(a, n * x, excess) + deviance(b, n * y, -excess);
    // x^a·y^b / B(a, b)
    let density = (a * (b / (2.0 * PI * n))).sqrt() * math::exp(shape - misfit);
    density * beta_fraction(a, b, x, y, excess)
}

/// The continued fraction of DiDonato and Morris (their BFRAC) for
/// I_x(a, b)·B(a, b) / (x^a·y^b), evaluated forward; for x at or below the
/// mean.
fn beta_fraction(a: f64, b: f64, x: f64, y: f64, excess: f64) -> f64 {
    let c = 1.0 + excess;
    let c0 = b / a;
    let c1 = 1.0 + 1.0 / a;
    let (mut n, mut p, mut s) = (0.0, 1.0, a + 1.0);
    // Numerators and denominators of two successive convergents, scaled so
    // that the later denominator is 1.
    let (mut above, mut above_next) = (0.0, 1.0);
    let (mut below, mut below_next) = (1.0, c / c1);
    let (mut last, mut r) = (0.0, c1 / c);
    while (r - last).abs() > f64::EPSILON * r {
        n += 1.0;
        let t = n / a;
        let w = n * (b - n) * x;
        let e = a / s;
        let alpha = (p * (p + c0) * e * e) * (w * x);
        let e = (1.0 + t) / (c1 + t + t);
        let beta = n + w / s + e * (c + n * (y + 1.0));
        p = 1.0 + t;
        s += 2.0;
        (above, above_next) = (above_next, alpha * above + beta * above_next);
        (below, below_next) = (below_next, alpha * below + beta * below_next);
        (last, r) = (r, above_next / below_next);
        above /= below_next;
        below /= below_next;
        above_next = r;
        below_next = 1.0;
    }
    r
}

/// P(X = k) for X ~ Binomial(n, p).
///
/// p in [0, 1]; 0 for k > n. Relative error below (2 + |ln P|)·1e-15.
pub fn binomial_pmf(k: u64, n: u64, p: f64) -> f64 {
    if p <= 0.0 || p >= 1.0 {
        let certain = if p <= 0.0 { 0 } else { n };
        return if k == certain { 1.0 } else { 0.0 };
    }
    if k > n {
        return 0.0;
    }
    let (k, n) = (k as f64, n as f64);
    math::exp(ln_binomial(k, n, (p, 1.0 - p), (-n).mul_add(p, k)))
}

/// P(X ≤ k) for X ~ Binomial(n, p).
///
/// p in [0, 1]; 1 for k ≥ n. Accuracy as for [`incomplete_beta`].
pub fn binomial_cdf(k: u64, n: u64, p: f64) -> f64 {
    binomial_tails(k, n, p).0
}

/// P(X > k) for X ~ Binomial(n, p), without the cancellation of 1 − cdf.
///
/// p in [0, 1]; 0 for k ≥ n. Accuracy as for [`incomplete_beta`].
pub fn binomial_sf(k: u64, n: u64, p: f64) -> f64 {
    binomial_tails(k, n, p).1
}

fn binomial_tails(k: u64, n: u64, p: f64) -> (f64, f64) {
    if k >= n {
        return (1.0, 0.0);
    }
    let (more, not_more) = incomplete_beta(k as f64 + 1.0, (n - k) as f64, p);
    (not_more, more)
}
