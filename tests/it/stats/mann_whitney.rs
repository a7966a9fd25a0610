#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::stats::mann_whitney::{MannWhitney, mann_whitney};
use serde::Deserialize;

use super::{check_near, check_relative, check_ulps, table};

#[derive(Deserialize)]
struct Row {
    canary: Vec<u64>,
    baseline: Vec<u64>,
    u: f64,
    p: f64,
}

/// SciPy's `mannwhitneyu(alternative='greater', method='asymptotic')` on the values
/// of these histograms.
#[test]
fn histograms_give_what_scipy_gives_for_their_values() {
    for Row { canary, baseline, u, p } in table("mann_whitney") {
        let what = format!("{canary:?} {baseline:?}");
        let pairs = (canary.iter().sum::<u64>() * baseline.iter().sum::<u64>()) as f64;
        let test = mann_whitney(&canary, &baseline);
        check_ulps(&what, test.superiority * pairs, u, 2.0);
        check_relative(&what, test.p_value, p, 1e-13);
    }
}

#[test]
fn counts_without_information_are_no_evidence() {
    let nothing = MannWhitney { z: 0.0, p_value: 1.0, superiority: 0.5 };
    for (canary, baseline) in
        [([0, 4, 0], [0, 9, 0]), ([0, 0, 0], [1, 2, 3]), ([1, 2, 3], [0, 0, 0]), ([0; 3], [0; 3])]
    {
        assert_eq!(mann_whitney(&canary, &baseline), nothing, "{canary:?} {baseline:?}");
    }
}

/// A bin that is empty in both arms has no effect.
#[test]
fn empty_bins_do_not_matter() {
    let tight = mann_whitney(&[3, 1, 2], &[4, 5, 1]);
    let wide = mann_whitney(&[0, 3, 0, 0, 1, 2, 0], &[0, 4, 0, 0, 5, 1, 0]);
    assert_eq!(tight, wide);
}

/// 10⁶ tied values and one that differs, which determines σ².
#[test]
fn nearly_all_tied_does_not_cancel() {
    let n = 1_000_001_f64;
    let test = mann_whitney(&[500_000, 1], &[500_000, 0]);
    // U − n_c·n_b/2 = 250,000; N³ − Σt³ − (N − Σt) = 3·n·(n − 1).
    let sigma = (500_001.0 * 500_000.0 / 12.0 * 3.0 * n * (n - 1.0) / (n * (n - 1.0))).sqrt();
    check_relative("z", test.z, (250_000.0 - 0.5) / sigma, 1e-15);
}

/// On both sides of 2²¹ values, where another arithmetic begins; z by exact fractions and
/// mpmath.
#[test]
fn many_values() {
    for (canary, baseline, z) in [
        ([350_000, 400_000, 297_151], [450_000, 350_000, 250_000], 130.90631797712963),
        ([350_000, 400_000, 297_152], [450_000, 350_000, 250_000], 130.90719103577957),
    ] {
        let test = mann_whitney(&canary, &baseline);
        check_relative(&format!("{canary:?}"), test.z, z, 1e-15);
    }
}

/// Counts whose products need more than 64 bits, and whose cubes need more
/// than 128.
#[test]
fn huge_counts_do_not_overflow() {
    let huge = 4_000_000_000_000;
    let test = mann_whitney(&[huge, huge], &[huge, huge]);
    assert_eq!(test.superiority, 0.5);
    check_near("p-value", test.p_value, 0.5, 1e-9);
}
