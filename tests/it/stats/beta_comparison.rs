#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::f64::consts::TAU;

use canary_rollout::math::{exp, ln};
use canary_rollout::stats::beta_comparison::{BetaRate, Comparison, compare};
use canary_rollout::stats::normal;
use canary_rollout::stats::special::ln_beta;
use serde::Deserialize;

use super::{check_near, check_relative, table};

#[derive(Deserialize)]
struct Row {
    canary: [u64; 2],
    baseline: [u64; 2],
    factor: f64,
    prior: [f64; 2],
    probability: f64,
    loss: f64,
}

/// The distribution after `errors` of `requests`.
fn after([errors, requests]: [u64; 2], [a, b]: [f64; 2]) -> BetaRate {
    BetaRate { events: a + errors as f64, others: b + (requests - errors) as f64 }
}

/// Integrals by mpmath with 25 digits, of the density of one rate times the incomplete
/// beta function of the other.
#[test]
fn probability_and_loss_are_the_integrals() {
    for Row { canary, baseline, factor, prior, probability, loss } in table("beta_comparison") {
        let what = format!("{canary:?} {baseline:?} {factor}");
        let found = compare(after(canary, prior), after(baseline, prior), factor);
        check_near(&what, found.probability, probability, 1e-9);
        check_relative(&what, found.loss, loss, 1e-9);
    }
}

/// Evan Miller's sum for whole parameters:
/// P(p_c > p_b) = Σ_{i<a_c} B(a_b + i, b_c + b_b) / ((b_c + i) B(1 + i, b_c) B(a_b, b_b)).
#[test]
fn probability_is_evan_millers_sum() {
    let mut tried = 0;
    for requests in [[20, 20], [300, 100], [1_000, 30_000]] {
        for errors in [[0, 0], [1, 0], [0, 2], [7, 3], [20, 19]] {
            let [c, b] = [0, 1].map(|arm| after([errors[arm], requests[arm]], [1.0, 1.0]));
            let term = |i: u64| {
                let i = i as f64;
                let above = ln_beta(b.events + i, c.others + b.others);
                let below = ln_beta(1.0 + i, c.others) + ln_beta(b.events, b.others);
                exp(above - below - ln(c.others + i))
            };
            let expected: f64 = (0..=errors[0]).map(term).sum();
            let found = compare(c, b, 1.0).probability;
            check_near(&format!("{errors:?} of {requests:?}"), found, expected, 1e-9);
            tried += 1;
        }
    }
    assert_eq!(tried, 15);
}

/// Exchanged, the probabilities add up to 1, and the losses differ by the difference of
/// the means.
#[test]
fn either_arm_may_be_the_narrower() {
    for (canary, baseline) in
        [([3, 100], [10, 1_000]), ([0, 1], [999, 1_000]), ([12, 40], [900_000, 1_000_000_000])]
    {
        let [c, b] = [canary, baseline].map(|arm| after(arm, [1.0, 1.0]));
        let (one, other) = (compare(c, b, 1.0), compare(b, c, 1.0));
        check_near("probability", one.probability + other.probability, 1.0, 1e-9);
        let mean = |of: BetaRate| of.events / (of.events + of.others);
        check_near("loss", one.loss - other.loss, mean(c) - mean(b), 1e-9 * mean(c).max(mean(b)));
    }
}

/// Counts of any size take the same time; there the distributions are normal.
#[test]
fn large_counts_are_compared_as_normal_ones() {
    for n in [1e9, 1e13_f64] {
        for z in [-3.0, 0.0, 1.0, 5.0] {
            let rate = 0.01_f64;
            let error = (2.0 * rate * (1.0 - rate) / n).sqrt();
            let arm = |rate: f64| BetaRate { events: n * rate, others: n * (1.0 - rate) };
            let Comparison { probability, loss } = compare(arm(rate + z * error), arm(rate), 1.0);
            check_near(&format!("{n} {z}"), probability, normal::cdf(z), 0.2 / (n * rate).sqrt());
            let density = exp(-0.5 * z * z) / TAU.sqrt();
            let expected = error * (z * normal::cdf(z) + density);
            check_relative(&format!("{n} {z}"), loss, expected, 1e-2);
        }
    }
}

/// Whatever the counts are, the results are a probability and a loss.
#[test]
fn the_results_are_always_in_range() {
    let sizes = [0, 1, 2, 1_000, 1_000_000_000_000];
    for n_c in sizes {
        for n_b in sizes {
            for [x_c, x_b] in [[0, 0], [n_c, n_b], [n_c, 0], [0, n_b], [n_c / 2, n_b / 3]] {
                for factor in [1.0, 1.01, 3.0, 101.0] {
                    for prior in [[0.5, 0.5], [1.0, 1.0], [1e9, 0.5]] {
                        let (c, b) = (after([x_c, n_c], prior), after([x_b, n_b], prior));
                        let Comparison { probability, loss } = compare(c, b, factor);
                        let fits = (0.0..=1.0).contains(&probability)
                            && (0.0..=1.0 + 1e-9).contains(&loss);
                        assert!(fits, "{c:?} {b:?} {factor}: {probability} {loss}");
                    }
                }
            }
        }
    }
}
