#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::stats::quantile_interval::{QuantileRanks, quantile_ranks};
use serde::Deserialize;

use super::{check_relative, table};

#[derive(Deserialize)]
struct Row {
    values: u64,
    q: f64,
    alpha: f64,
    low: Option<u64>,
    high: Option<u64>,
    coverage: f64,
}

/// Ranks by `scipy.stats.binom`.
#[test]
fn ranks_and_coverage_are_those_of_the_binomial() {
    for Row { values, q, alpha, low, high, coverage } in table("quantile_ranks") {
        let what = format!("quantile_ranks({values}, {q}, {alpha})");
        let ranks = quantile_ranks(values, q, alpha);
        assert_eq!((ranks.low, ranks.high), (low, high), "{what}");
        check_relative(&what, ranks.coverage, coverage, 1e-11);
    }
}

#[test]
fn few_values_bound_nothing() {
    let nothing = QuantileRanks { low: None, high: None, coverage: 1.0 };
    for values in [0, 1, 2, 5] {
        assert_eq!(quantile_ranks(values, 0.5, 0.05), nothing, "{values}");
    }
    // 0.5⁶ = 0.0156 ≤ 0.025: six values bound a median.
    let ranks = quantile_ranks(6, 0.5, 0.05);
    assert_eq!((ranks.low, ranks.high), (Some(1), Some(6)));
    assert_eq!(quantile_ranks(3, 0.01, 0.05).low, None);
}
