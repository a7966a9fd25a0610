//! The functions of probability that `libm` lacks: the beta function and its
//! incomplete form, binomial coefficients and probabilities.
//!
//! All rest on [`stirling_error`] and [`deviance`], which carry the small part
//! of a logarithm of a large factorial by itself, so that nothing cancels when
//! counts run into the millions.
//!
//! Sources: C. Loader, "Fast and Accurate Computation of Binomial
//! Probabilities", 2000; A. R. DiDonato and A. H. Morris, "Algorithm 708",
//! ACM TOMS 18 (1992), 360-373.

use std::f64::consts::PI;

use crate::math;

/// ln √(2π).
const LN_SQRT_2_PI: f64 = 0.918_938_533_204_672_8;

/// What Stirling's formula lacks: ln Γ(x) − ((x − ½) ln x − x + ln √(2π)).
///
/// x > 0; ∞ at 0. Absolute error below 1e-15 for x ≥ 0.1, and relative error
/// a few ulp of the logarithm below that.
pub fn stirling_error(x: f64) -> f64 {
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

/// x ln(x/mean) + mean − x, without cancellation near x = mean.
///
/// x ≥ 0 and mean > 0; at x = 0 it is `mean`. Relative error a few ulp, beyond
/// what the rounding of the arguments themselves costs.
pub fn deviance(x: f64, mean: f64) -> f64 {
    let difference = x - mean;
    let ratio = difference / (x + mean);
    if ratio.abs() >= 0.1 {
        let logarithm = if x > 0.0 { x * math::ln(x / mean) } else { 0.0 };
        return logarithm - difference;
    }
    // x ln(x/mean) = 2x artanh(ratio), whose first term leaves difference·ratio.
    let square = ratio * ratio;
    let mut power = 2.0 * x * ratio;
    let mut sum = difference * ratio;
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

/// ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a + b).
///
/// a, b > 0. Error at most 4 ulp of the greater of the result and 1.
pub fn ln_beta(a: f64, b: f64) -> f64 {
    let (small, large) = if a < b { (a, b) } else { (b, a) };
    if large < 8.0 {
        return math::ln_gamma(small) + math::ln_gamma(large) - math::ln_gamma(small + large);
    }
    let total = small + large;
    let rest = stirling_error(large) - stirling_error(total);
    let grown = math::ln_1p(small / large);
    if small < 8.0 {
        // ln Γ(large) − ln Γ(total), of which the leading terms cancel.
        let shift = (large - 0.5 + small) * grown + small * (math::ln(large) - 1.0);
        return math::ln_gamma(small) + (rest - shift);
    }
    let share = (small - 0.5) * math::ln(small / total) - large * grown - 0.5 * math::ln(large);
    LN_SQRT_2_PI + stirling_error(small) + rest + share
}

/// ln C(n, k), the logarithm of the number of ways to choose k of n.
///
/// −∞ for k > n. Error at most 4 ulp of the greater of the result and 1.
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
/// a, b > 0 and x in [0, 1]. Relative error of either below 1e-14 for a and b
/// up to 10⁴, growing as their square root beyond. Takes of the order of
/// √max(a, b) steps.
pub fn incomplete_beta(a: f64, b: f64, x: f64) -> (f64, f64) {
    let y = 1.0 - x;
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if y <= 0.0 {
        return (1.0, 0.0);
    }
    // The continued fraction is for the side of the mean that x is on.
    if x * (a + b) <= a {
        let lower = beta_tail(a, b, x, y);
        (lower, 1.0 - lower)
    } else {
        let upper = beta_tail(b, a, y, x);
        (1.0 - upper, upper)
    }
}

/// I_x(a, b) for x at or below the mean; y = 1 − x.
fn beta_tail(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let n = a + b;
    let ln_density = stirling_error(n)
        - stirling_error(a)
        - stirling_error(b)
        - deviance(a, n * x)
        - deviance(b, n * y);
    // x^a·y^b / B(a, b)
    let density = (a * (b / (2.0 * PI * n))).sqrt() * math::exp(ln_density);
    density * beta_fraction(a, b, x, y)
}

/// The continued fraction of DiDonato and Morris (their BFRAC) for
/// I_x(a, b)·B(a, b) / (x^a·y^b), evaluated forward.
fn beta_fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let lambda = if a > b { (a + b) * y - b } else { a - (a + b) * x };
    let c = 1.0 + lambda;
    let c0 = b / a;
    let c1 = 1.0 + 1.0 / a;
    let y_plus_1 = y + 1.0;
    let (mut n, mut p, mut s) = (0.0, 1.0, a + 1.0);
    let (mut an, mut bn, mut anp1, mut bnp1) = (0.0, 1.0, 1.0, c / c1);
    let mut r = c1 / c;
    loop {
        n += 1.0;
        let t = n / a;
        let w = n * (b - n) * x;
        let e = a / s;
        let alpha = (p * (p + c0) * e * e) * (w * x);
        let e = (1.0 + t) / (c1 + t + t);
        let beta = n + w / s + e * (c + n * y_plus_1);
        p = 1.0 + t;
        s += 2.0;
        (an, anp1) = (anp1, alpha * an + beta * anp1);
        (bn, bnp1) = (bnp1, alpha * bn + beta * bnp1);
        let last = r;
        r = anp1 / bnp1;
        if (r - last).abs() <= f64::EPSILON * r {
            return r;
        }
        an /= bnp1;
        bn /= bnp1;
        anp1 = r;
        bnp1 = 1.0;
    }
}

/// P(X = k) for X ~ Binomial(n, p).
///
/// p in [0, 1]; 0 for k > n. Relative error below 1e-14, or 2 ulp of ln P
/// where that is larger.
pub fn binomial_pmf(k: u64, n: u64, p: f64) -> f64 {
    let q = 1.0 - p;
    if k > n || (p == 0.0 && k > 0) || (q == 0.0 && k < n) {
        return 0.0;
    }
    let (failures, n_real) = ((n - k) as f64, n as f64);
    if k == 0 {
        return math::exp(n_real * math::ln_1p(-p));
    }
    let k_real = k as f64;
    if k == n {
        return math::exp(n_real * math::ln(p));
    }
    let ln_shape = stirling_error(n_real)
        - stirling_error(k_real)
        - stirling_error(failures)
        - deviance(k_real, n_real * p)
        - deviance(failures, n_real * q);
    (n_real / (2.0 * PI * k_real * failures)).sqrt() * math::exp(ln_shape)
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
