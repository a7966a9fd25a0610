//! Confidence intervals for an error rate or a share, and for the difference
//! between two of them.

use crate::math;
use crate::stats::normal;
use crate::stats::special::{binomial_cdf, binomial_pmf, binomial_sf};

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
/// Errors at most requests, requests below 2⁵³. Within [0, 1], and it touches 0 and
/// 1 exactly when there are no errors or no successes; without requests it is all
/// of [0, 1]. The lower end is computed from the other root, without cancellation:
/// error of both ends at most 4 ulp.
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

/// Newcombe's interval for the canary's error rate minus the baseline's, with
/// two-sided error `alpha` in (0, 1), from the Wilson intervals of both:
///
/// ```text
/// d − √((p_c−l_c)² + (u_b−p_b)²)  to  d + √((u_c−p_c)² + (p_b−l_b)²)
/// ```
///
/// Errors at most requests, requests below 2⁵³. Within [−1, 1]; all of [−1, 1] if
/// an arm has no requests. Absolute error below 2 ulp of 1.
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

/// Clopper and Pearson's interval for the share of `events` among `trials`, with
/// two-sided error `alpha` in (0, 1): the shares θ under which at least this many
/// events and at most this many events both have a probability of at least
/// `alpha`/2.
///
/// It contains the true share with a probability of at least 1 − `alpha`, and each
/// end is wrong with at most `alpha`/2. This holds for every share, also for rare
/// events, for which [`wilson`] does not guarantee it. Events at most trials,
/// trials below 2⁵³. Within [0, 1], and it touches 0 and 1 exactly at 0 and all
/// events; without trials it is all of [0, 1]. Relative error of an end below 1e-12
/// up to one half, absolute above. Takes of the order of √trials steps.
///
/// Source: C. J. Clopper, E. S. Pearson, Biometrika 26 (1934), 404-413.
pub fn clopper_pearson(events: u64, trials: u64, alpha: f64) -> Interval {
    if trials == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let others = trials - events;
    if events > others {
        let mirrored = clopper_pearson(others, trials, alpha);
        return Interval { low: 1.0 - mirrored.high, high: 1.0 - mirrored.low };
    }
    let tail = 0.5 * alpha;
    let (x, n) = (events as f64, trials as f64);
    if events == 0 {
        // (1 − θ)^n = α/2
        return Interval { low: 0.0, high: -math::expm1(math::ln(tail) / n) };
    }
    let near = wilson(events, trials, alpha);
    // Each end is a root of ln(tail probability / `tail`), given with its
    // derivative by ln θ.
    let low = root(near.low, 0.0, x / n, |share| {
        let more = binomial_sf(events - 1, trials, share);
        (math::ln(more / tail), x * binomial_pmf(events, trials, share) / more)
    });
    let high = root(near.high, x / n, 1.0, |share| {
        let fewer = binomial_cdf(events, trials, share);
        let odds = share / (1.0 - share);
        let slope = (n - x) * odds * binomial_pmf(events, trials, share) / fewer;
        (-math::ln(fewer / tail), slope)
    });
    Interval { low, high }
}

/// The root of an increasing function of a share, by Newton's method in the
/// logarithm of the share. If a step leaves the bracket, the bracket is halved
/// instead.
fn root(start: f64, low: f64, high: f64, function: impl Fn(f64) -> (f64, f64)) -> f64 {
    const MOST_STEPS: u32 = 100;
    const NEAR: f64 = 1e-14;
    let (mut low, mut high, mut share) = (low, high, start);
    for _ in 0..MOST_STEPS {
        let (value, slope) = function(share);
        if value > 0.0 {
            high = share
        } else {
            low = share
        }
        let step = -value / slope;
        let next = share * math::exp(step);
        if step.abs() < NEAR {
            // Not `clamp`, which would panic if the bracket were empty.
            return next.max(low).min(high);
        }
        share = if next > low && next < high { next } else { 0.5 * (low + high) };
    }
    share
}

/// Tango's interval for the difference of two shares in the same `pairs`, the
/// second share minus the first, with two-sided error `alpha` in (0, 1). In
/// `gained` pairs only the second had the event, in `lost` pairs only the first.
/// The interval contains the differences δ that satisfy
///
/// ```text
/// (gained − lost − n·δ)² ≤ z²·n·(2q + δ(1−δ))
/// ```
///
/// with q the most likely probability of a lost pair under the difference δ: the
/// greater root of 2n·q² + ((2n−gained+lost)·δ − gained − lost)·q = lost·δ(1−δ).
///
/// `gained` + `lost` at most `pairs`, `pairs` below 2⁵³. Within [−1, 1]; all of
/// [−1, 1] without pairs. If no pair differs, it is ±z²/(n+z²). Absolute error
/// below 1e-14.
///
/// Source: T. Tango, Statistics in Medicine 17 (1998), 891-908.
pub fn tango(gained: u64, lost: u64, pairs: u64, alpha: f64) -> Interval {
    if pairs == 0 {
        return Interval { low: -1.0, high: 1.0 };
    }
    let z = -normal::quantile(0.5 * alpha);
    let (gained, lost, n) = (gained as f64, lost as f64, pairs as f64);
    Interval { low: -tango_end(lost, gained, n, z), high: tango_end(gained, lost, n, z) }
}

/// The upper end of Tango's interval: the greatest difference that satisfies the
/// inequality.
fn tango_end(gained: f64, lost: f64, n: f64, z: f64) -> f64 {
    let allows = |difference: f64| {
        let b = (2.0 * n - gained + lost) * difference - gained - lost;
        let c = lost * difference * (1.0 - difference);
        let root = (b * b + 8.0 * n * c).max(0.0).sqrt();
        // The greater root, without cancellation.
        let q = if b > 0.0 { 2.0 * c / (b + root) } else { (root - b) / (4.0 * n) };
        let distance = gained - lost - n * difference;
        distance * distance <= z * z * n * (2.0 * q + difference * (1.0 - difference))
    };
    if allows(1.0) {
        return 1.0;
    }
    let (mut inside, mut outside) = ((gained - lost) / n, 1.0);
    loop {
        let middle = 0.5 * (inside + outside);
        if middle <= inside || middle >= outside {
            return inside;
        }
        if allows(middle) { inside = middle } else { outside = middle }
    }
}
