#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::math::exp;
use canary_rollout::stats::sample_ratio::{PlannedShare, chi_square_p_value};
use canary_rollout::stats::special::ln_binomial;
use serde::Deserialize;

use super::{check_near, check_relative, table};

#[derive(Deserialize)]
struct Row {
    requests: u64,
    canary: u64,
    share: f64,
    prior: f64,
    ln_evidence: f64,
}

/// Values of savvi (Lindon and Malek's package), and of mpmath with 50 digits.
#[test]
fn evidence_is_lindon_and_maleks() {
    for Row { requests, canary, share, prior, ln_evidence } in table("sample_ratio") {
        let found = PlannedShare::new(share, prior).ln_evidence(canary, requests - canary);
        let what = format!("{canary} of {requests}, {share}");
        let most = 1e-13 + 1e-13 * ln_evidence.abs() + 1e-15 * (requests as f64).sqrt();
        check_near(&what, found, ln_evidence, most);
    }
}

/// The mean of E over all counts of n requests is 1, so it is a martingale: exact sums.
#[test]
fn the_mean_of_the_evidence_is_one() {
    for (share, prior) in [(0.01, 1.0), (0.05, 100.0), (0.5, 1_000.0), (0.9, 20.0)] {
        let planned = PlannedShare::new(share, prior);
        for requests in [1, 10, 300] {
            let of = |canary: u64| {
                let (k, n) = (canary as f64, requests as f64);
                let ln_probability = ln_binomial(k, n, (share, 1.0 - share), k - n * share);
                exp(ln_probability + planned.ln_evidence(canary, requests - canary))
            };
            let mean: f64 = (0..=requests).map(of).sum();
            check_relative(&format!("{share} {prior} {requests}"), mean, 1.0, 1e-11);
        }
    }
}

/// GrowthBook's tests of its check for a sample ratio mismatch (`stats.test.ts`), to 9
/// decimals.
#[test]
fn the_chi_square_test_of_equal_arms_is_growthbooks() {
    for (canary, control, expected) in
        [(1_000, 1_200, 0.000_020_079), (135, 115, 0.205_903_211), (0, 0, 1.0), (7, 7, 1.0)]
    {
        let found = chi_square_p_value(canary, control);
        check_near(&format!("{canary} and {control}"), found, expected, 5e-10);
        assert_eq!(found, chi_square_p_value(control, canary));
    }
}
