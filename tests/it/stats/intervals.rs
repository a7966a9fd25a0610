#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::stats::intervals::{Interval, clopper_pearson, newcombe, tango, wilson};
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

#[derive(Deserialize)]
struct ClopperPearson {
    events: u64,
    trials: u64,
    alpha: f64,
    low: f64,
    high: f64,
}

/// mpmath, checked with statsmodels' `proportion_confint(method="beta")`.
#[test]
fn clopper_pearson_is_the_30_digit_value() {
    for ClopperPearson { events, trials, alpha, low, high } in table("clopper_pearson") {
        let what = format!("clopper_pearson({events}, {trials}, {alpha})");
        let interval = clopper_pearson(events, trials, alpha);
        // An end above one half is 1 minus that of the mirrored interval.
        let error = |end: f64| if end > 0.5 { 1e-15 + 1e-12 * (1.0 - end) } else { 1e-12 * end };
        check_near(&what, interval.low, low, error(low));
        check_near(&what, interval.high, high, error(high));
    }
}

#[test]
fn clopper_pearson_reaches_0_and_1_at_none_and_all() {
    assert_eq!(clopper_pearson(0, 0, 0.05), Interval { low: 0.0, high: 1.0 });
    for trials in [1, 7, 1_000, 123_456] {
        assert_eq!(clopper_pearson(0, trials, 0.05).low, 0.0, "{trials}");
        assert!(clopper_pearson(1, trials, 0.05).low > 0.0, "{trials}");
        assert_eq!(clopper_pearson(trials, trials, 0.05).high, 1.0, "{trials}");
        assert!(clopper_pearson(trials - 1, trials, 0.05).high < 1.0, "{trials}");
    }
}

#[derive(Deserialize)]
struct Tango {
    gained: u64,
    lost: u64,
    pairs: u64,
    alpha: f64,
    low: f64,
    high: f64,
}

/// mpmath, with the most likely lost share found by bisection, not in closed form.
#[test]
fn tango_is_the_30_digit_value() {
    for Tango { gained, lost, pairs, alpha, low, high } in table("tango") {
        let what = format!("tango({gained}, {lost}, {pairs}, {alpha})");
        let interval = tango(gained, lost, pairs, alpha);
        check_near(&what, interval.low, low, 1e-14);
        check_near(&what, interval.high, high, 1e-14);
    }
}

#[test]
fn tango_mirrors_and_is_never_empty() {
    assert_eq!(tango(0, 0, 0, 0.05), Interval { low: -1.0, high: 1.0 });
    for (gained, lost, pairs) in [(0, 0, 5), (3, 1, 40), (0, 17, 2_000), (9, 9, 900)] {
        let (one, other) = (tango(gained, lost, pairs, 0.05), tango(lost, gained, pairs, 0.05));
        assert_eq!((one.low, one.high), (-other.high, -other.low));
        assert!(one.low < one.high);
    }
    // ±z²/(n + z²).
    let z2 = 3.841_458_820_694_124;
    check_near("no pair differs", tango(0, 0, 200, 0.05).high, z2 / (200.0 + z2), 1e-14);
}
