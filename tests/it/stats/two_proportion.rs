#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::stats::fisher::fisher_test;
use canary_rollout::stats::special::binomial_pmf;
use canary_rollout::stats::two_proportion::{ZTest, z_test};
use serde::Deserialize;

use super::{check_near, check_relative, check_ulps, table};

#[derive(Deserialize)]
struct Row {
    canary: [u64; 2],
    baseline: [u64; 2],
    z: f64,
    p: f64,
}

#[test]
fn z_and_its_p_value_are_the_50_digit_values() {
    for Row { canary, baseline, z, p } in table("z_test") {
        let what = format!("z_test({canary:?}, {baseline:?})");
        let test = z_test(canary[0], canary[1], baseline[0], baseline[1]);
        check_ulps(&what, test.z, z, 3.0);
        check_relative(&what, test.p_value, p, 1e-15 * (4.0 + z * z));
    }
}

#[test]
fn counts_without_information_are_no_evidence() {
    for (canary, baseline) in
        [([0, 0], [5, 10]), ([5, 10], [0, 0]), ([0, 0], [0, 0]), ([0, 7], [0, 9]), ([7, 7], [9, 9])]
    {
        let test = z_test(canary[0], canary[1], baseline[0], baseline[1]);
        assert_eq!(test, ZTest { z: 0.0, p_value: 1.0 }, "{canary:?} {baseline:?}");
    }
}

/// Equal rates give exactly 0, also for large and odd counts.
#[test]
fn equal_rates_give_zero() {
    for scale in [1, 3, 1_000_003, 9_007_199_254] {
        let test = z_test(3 * scale, 700 * scale, 3, 700);
        assert_eq!((test.z, test.p_value), (0.0, 0.5), "{scale}");
    }
}

#[derive(Deserialize)]
struct Size {
    n_c: u64,
    n_b: u64,
    p_c: f64,
    p_b: f64,
    z_pooled_a05: f64,
    z_pooled_a01: f64,
    fisher_a05: f64,
    fisher_a01: f64,
}

/// How often one look rejects, by enumeration of all outcomes: the true level of "5
/// %" and "1 %" tests, and their power.
#[test]
fn one_look_rejects_as_often_as_enumeration_says() {
    for row in table::<Size>("single_look_size") {
        let mut rejected = [0.0; 4];
        let canary = likely(row.n_c, row.p_c);
        let baseline = likely(row.n_b, row.p_b);
        for &(x_c, in_canary) in &canary {
            for &(x_b, in_baseline) in &baseline {
                let probability = in_canary * in_baseline;
                let z = z_test(x_c, row.n_c, x_b, row.n_b).p_value;
                let fisher = fisher_test(x_c, row.n_c, x_b, row.n_b).p_value;
                let verdicts = [z, fisher].map(|p| [at_most(p, 0.05), at_most(p, 0.01)]);
                for (sum, verdict) in rejected.iter_mut().zip(verdicts.as_flattened()) {
                    *sum += if *verdict { probability } else { 0.0 };
                }
            }
        }
        let what = format!("{} of {}, {} of {}", row.p_c, row.n_c, row.p_b, row.n_b);
        let expected = [row.z_pooled_a05, row.z_pooled_a01, row.fisher_a05, row.fisher_a01];
        for (sum, expected) in rejected.into_iter().zip(expected) {
            check_near(&what, sum, expected, 1e-9);
        }
    }
}

/// p ≤ α with a margin for rounding: for 1 error of 100 against 0 of 9,900,
/// Fisher's p is exactly 0.01.
fn at_most(p: f64, alpha: f64) -> bool {
    p <= alpha * (1.0 + 1e-12)
}

/// The outcomes of a binomial count that are not negligible.
fn likely(n: u64, p: f64) -> Vec<(u64, f64)> {
    let at = |k| (k, binomial_pmf(k, n, p));
    (0..=n.min(400)).map(at).filter(|&(_, probability)| probability > 1e-13).collect()
}
