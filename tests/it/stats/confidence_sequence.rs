#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::stats::confidence_sequence::{RatioInterval, Stratum, confidence_sequence};
use serde::Deserialize;

use super::{check_relative, table};

type Tick = (u64, u64, f64);

#[derive(Deserialize)]
struct Row {
    ticks: Vec<Tick>,
    alpha: f64,
    low: Option<f64>,
    high: Option<f64>,
}

fn strata(ticks: &[Tick]) -> Vec<Stratum> {
    let stratum = |&(canary_errors, baseline_errors, weight)| Stratum {
        weight,
        canary_errors,
        baseline_errors,
    };
    ticks.iter().map(stratum).collect()
}

#[track_caller]
fn check_end(what: &str, actual: Option<f64>, expected: Option<f64>) {
    assert_eq!(actual.is_some(), expected.is_some(), "{what}");
    if let (Some(actual), Some(expected)) = (actual, expected) {
        check_relative(what, actual, expected, 1e-10);
    }
}

/// Roots found by SciPy's `brentq`.
#[test]
fn ends_are_where_the_mixture_refutes_the_ratio() {
    for Row { ticks, alpha, low, high } in table("confidence_sequence") {
        let what = format!("{ticks:?} at {alpha}");
        let interval = confidence_sequence(&strata(&ticks), alpha);
        check_end(&what, interval.low, low);
        check_end(&what, interval.high, high);
    }
}

#[test]
fn without_a_concurrent_baseline_the_ratio_is_open() {
    let open = RatioInterval { low: None, high: None };
    assert_eq!(confidence_sequence(&[], 0.05), open);
    assert_eq!(confidence_sequence(&strata(&[(40, 0, 1.0)]), 0.05), open);
    assert_eq!(confidence_sequence(&strata(&[(0, 40, 0.0)]), 0.05), open);
}

/// Errors at 100 %, or before the canary has traffic, have no effect.
#[test]
fn strata_without_comparison_do_not_matter() {
    let alone = confidence_sequence(&strata(&[(12, 88, 0.05)]), 0.05);
    let among = strata(&[(0, 500, 0.0), (12, 88, 0.05), (900, 0, 1.0)]);
    assert_eq!(confidence_sequence(&among, 0.05), alone);
}

/// Ratios far from those of the mixture, with suitable counts.
#[test]
fn extreme_ratios_are_still_enclosed() {
    for (canary, baseline, weight, ratio) in
        [(1_000_000, 1_000, 0.5, 1e3), (1_000, 1_000_000, 0.5, 1e-3), (5_000, 5_000, 1e-4, 9999.0)]
    {
        let interval = confidence_sequence(&strata(&[(canary, baseline, weight)]), 0.05);
        let (low, high) = (interval.low.unwrap(), interval.high.unwrap());
        assert!(low < ratio && ratio < high, "{low} to {high}, about {ratio}");
    }
}

/// A smaller α makes the interval wider.
#[test]
fn intervals_nest() {
    let seen = strata(&[(2, 99, 0.01), (10, 95, 0.05)]);
    let (wide, narrow) = (confidence_sequence(&seen, 0.01), confidence_sequence(&seen, 0.1));
    assert!(wide.low < narrow.low && narrow.high < wide.high, "{wide:?} {narrow:?}");
}
