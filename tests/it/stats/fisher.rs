#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::stats::fisher::fisher_test;
use serde::Deserialize;

use super::{check_near, check_probability, table};

#[derive(Deserialize)]
struct Row {
    canary: [u64; 2],
    baseline: [u64; 2],
    p: f64,
    mid_p: f64,
}

#[test]
fn p_values_are_the_50_digit_values() {
    for Row { canary, baseline, p, mid_p } in table("fisher") {
        let what = format!("fisher({canary:?}, {baseline:?})");
        let test = fisher_test(canary[0], canary[1], baseline[0], baseline[1]);
        check_probability(&what, test.p_value, p);
        check_probability(&what, test.mid_p_value, mid_p);
    }
}

#[test]
fn counts_without_information_have_p_value_1() {
    for (canary, baseline) in
        [([0, 0], [5, 10]), ([5, 10], [0, 0]), ([0, 0], [0, 0]), ([0, 7], [0, 9]), ([7, 7], [9, 9])]
    {
        let test = fisher_test(canary[0], canary[1], baseline[0], baseline[1]);
        assert_eq!((test.p_value, test.mid_p_value), (1.0, 0.5), "{canary:?} {baseline:?}");
    }
}

/// Equal arms with equal errors are symmetric: the mid-p-value is ½ exactly.
#[test]
fn huge_counts_take_no_longer_than_their_spread() {
    for errors in [1, 1_000, 1_000_000, 100_000_000] {
        let test = fisher_test(errors, 1_000_000_000_000, errors, 1_000_000_000_000);
        check_near(&format!("{errors} errors each"), test.mid_p_value, 0.5, 1e-10);
    }
    let hopeless = fisher_test(1_000_000_000_000, 1_000_000_000_000, 0, 1_000_000_000_000);
    assert_eq!(hopeless.p_value, 0.0);
    // A thousand million below the mode, which is too far to sum up to it.
    let better = fisher_test(1_000_000_000, 1_000_000_000_000, 3_000_000_000, 1_000_000_000_000);
    assert_eq!((better.p_value, better.mid_p_value), (1.0, 1.0));
    let harmless = fisher_test(0, 1_000_000_000_000, 1_000_000_000_000, 1_000_000_000_000);
    assert_eq!(harmless.p_value, 1.0);
}
