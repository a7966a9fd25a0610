//! The pooled z-test of two error rates: the textbook test, for one look.

use crate::stats::normal;

/// The statistic and the one-sided p-value of a z-test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ZTest {
    /// Above 0 if the canary fails more often.
    pub z: f64,
    /// P(Z ≥ z) for a standard normal Z: small if the canary is worse.
    pub p_value: f64,
}

impl ZTest {
    /// The result without evidence.
    pub(super) const NO_EVIDENCE: ZTest = ZTest { z: 0.0, p_value: 1.0 };

    /// The result for a statistic.
    pub(super) fn of(z: f64) -> ZTest {
        ZTest { z, p_value: normal::sf(z) }
    }
}

/// Tests whether the canary's error rate exceeds the baseline's:
///
/// ```text
/// z = (p_c − p_b) / √(p(1−p)(1/n_c + 1/n_b)),   p = (x_c + x_b) / (n_c + n_b)
/// ```
///
/// Errors at most requests, requests below 2⁵³. If an arm has no requests, or if
/// none or all of the requests failed, there is no evidence: z = 0 with p-value 1.
///
/// The numerator is an exact integer: the error of z is at most 3 ulp, that of the
/// p-value as much times z². The normal approximation itself is poor for rare
/// errors: with fewer than 5 expected in an arm, the test errs several times too
/// often.
pub fn z_test(
    canary_errors: u64,
    canary_requests: u64,
    baseline_errors: u64,
    baseline_requests: u64,
) -> ZTest {
    let requests = canary_requests + baseline_requests;
    let errors = canary_errors + baseline_errors;
    if canary_requests == 0 || baseline_requests == 0 || errors == 0 || errors == requests {
        return ZTest::NO_EVIDENCE;
    }
    let product = |a: u64, b: u64| i128::from(a) * i128::from(b);
    // (p_c − p_b)·n_c·n_b
    let excess =
        product(canary_errors, baseline_requests) - product(baseline_errors, canary_requests);
    let real = |count: u64| count as f64;
    let per_error = real(requests) / (real(errors) * real(requests - errors));
    let per_request = 1.0 / (real(canary_requests) * real(baseline_requests));
    let z = excess as f64 * (per_error * per_request).sqrt();
    ZTest::of(z)
}
