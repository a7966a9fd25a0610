#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::stats::intervals::{Interval, newcombe, wilson};
use serde::Deserialize;

use super::{check_near, check_ulps, table};

#[derive(Deserialize)]
struct Wilson {
    errors: u64,
    requests: u64,
    alpha: f64,
    low: f64,
    high: f64,
}

#[test]
fn wilson_is_the_50_digit_value() {
    for Wilson { errors, requests, alpha, low, high } in table("wilson") {
        let what = format!("wilson({errors}, {requests}, {alpha})");
        let interval = wilson(errors, requests, alpha);
        check_ulps(&what, interval.low, low, 4.0);
        check_ulps(&what, interval.high, high, 4.0);
    }
}

#[test]
fn wilson_stays_within_0_and_1_and_reaches_them() {
    assert_eq!(wilson(0, 0, 0.05), Interval { low: 0.0, high: 1.0 });
    for requests in [1, 7, 1_000, 123_456_789] {
        assert_eq!(wilson(0, requests, 0.05).low, 0.0, "{requests}");
        assert!(wilson(1, requests, 0.05).low > 0.0, "{requests}");
        assert_eq!(wilson(requests, requests, 0.05).high, 1.0, "{requests}");
        assert!(wilson(requests - 1, requests, 0.05).high < 1.0, "{requests}");
    }
}

/// Swapping errors and successes mirrors the interval.
#[test]
fn wilson_is_symmetric() {
    for (errors, requests) in [(1, 9), (3, 1_000), (40, 100), (50, 100)] {
        let (one, other) =
            (wilson(errors, requests, 0.02), wilson(requests - errors, requests, 0.02));
        check_near("low and high", one.low, 1.0 - other.high, 1e-15);
        check_near("high and low", one.high, 1.0 - other.low, 1e-15);
    }
}

#[derive(Deserialize)]
struct Newcombe {
    canary: [u64; 2],
    baseline: [u64; 2],
    alpha: f64,
    low: f64,
    high: f64,
}

#[test]
fn newcombe_is_the_50_digit_value() {
    for Newcombe { canary, baseline, alpha, low, high } in table("newcombe") {
        let what = format!("newcombe({canary:?}, {baseline:?}, {alpha})");
        let interval = newcombe(canary[0], canary[1], baseline[0], baseline[1], alpha);
        check_near(&what, interval.low, low, 2.0 * f64::EPSILON);
        check_near(&what, interval.high, high, 2.0 * f64::EPSILON);
    }
}

#[test]
fn newcombe_without_requests_is_everything() {
    let everything = Interval { low: -1.0, high: 1.0 };
    assert_eq!(newcombe(0, 0, 1, 10, 0.05), everything);
    assert_eq!(newcombe(1, 10, 0, 0, 0.05), everything);
}
