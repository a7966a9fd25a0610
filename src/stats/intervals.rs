//! Confidence intervals for an error rate and for the difference of two.

use crate::stats::normal;

/// A closed interval.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Wilson's interval for an error rate, with two-sided error `alpha` in (0, 1):
/// the rates θ with |x/n − θ| ≤ z·√(θ(1−θ)/n).
///
/// Errors at most requests, requests below 2⁵³. Within [0, 1], and it touches 0
/// and 1 exactly when there are no errors or no successes; without requests it
/// is all of [0, 1]. The lower end is taken as the other root's partner, which
/// does not cancel: error of both ends at most 4 ulp.
///
/// Source: E. B. Wilson, JASA 22 (1927), 209-212.
pub fn wilson(errors: u64, requests: u64, alpha: f64) -> Interval {
    if requests == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let z = -normal::quantile(0.5 * alpha);
    let (x, n) = (errors as f64, requests as f64);
    let successes = (requests - errors) as f64;
    let spread = z * (x * (successes / n) + 0.25 * z * z).sqrt();
    let middle = x + 0.5 * z * z;
    let high = if errors == requests { 1.0 } else { (middle + spread) / (n + z * z) };
    Interval { low: x * (x / n) / (middle + spread), high }
}

/// Newcombe's interval for the canary's error rate less the baseline's, with
/// two-sided error `alpha` in (0, 1), from the Wilson intervals of both:
///
/// ```text
/// d − √((p_c−l_c)² + (u_b−p_b)²)  to  d + √((u_c−p_c)² + (p_b−l_b)²)
/// ```
///
/// Errors at most requests, requests below 2⁵³. Within [−1, 1], which it is
/// when an arm has no requests. Absolute error below 2 ulp of 1.
///
/// Source: R. G. Newcombe, Statistics in Medicine 17 (1998), 873-890, method 10.
pub fn newcombe(
    canary_errors: u64,
    canary_requests: u64,
    baseline_errors: u64,
    baseline_requests: u64,
    alpha: f64,
) -> Interval {
    if canary_requests == 0 || baseline_requests == 0 {
        return Interval { low: -1.0, high: 1.0 };
    }
    let canary = wilson(canary_errors, canary_requests, alpha);
    let baseline = wilson(baseline_errors, baseline_requests, alpha);
    let p_c = canary_errors as f64 / canary_requests as f64;
    let p_b = baseline_errors as f64 / baseline_requests as f64;
    let distance = |a: f64, b: f64| (a * a + b * b).sqrt();
    let difference = p_c - p_b;
    Interval {
        low: difference - distance(p_c - canary.low, baseline.high - p_b),
        high: difference + distance(canary.high - p_c, p_b - baseline.low),
    }
}
