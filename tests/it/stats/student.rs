#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::stats::normal;
use canary_rollout::stats::student::upper_quantile;

/// Abramowitz and Stegun, table 26.10, and `scipy.stats.t.isf` for the last digits.
#[test]
fn quantiles_are_those_of_the_tables() {
    for (tail, freedom, expected) in [
        (0.25, 1.0, 1.0),
        (0.025, 1.0, 12.706_204_736_174_698),
        (0.05, 2.0, 2.919_985_580_355_516),
        (0.005, 5.0, 4.032_142_983_555_227),
        (0.025, 10.0, 2.228_138_851_964_938_5),
        (0.1, 30.0, 1.310_415_025_358_834_5),
        (0.025, 127.0, 1.978_819_534_893_006_3),
        (0.5, 7.0, 0.0),
    ] {
        let found = upper_quantile(tail, freedom);
        assert!((found - expected).abs() <= 1e-8 * (1.0 + expected), "{tail} {freedom}: {found}");
    }
    // With many degrees of freedom it is the normal distribution.
    for tail in [0.1, 1e-3, 1e-6] {
        let (found, expected) = (upper_quantile(tail, 1e9), normal::quantile(1.0 - tail));
        assert!((found - expected).abs() < 1e-6, "{tail}: {found} {expected}");
    }
    // One degree of freedom is the Cauchy distribution: the tail is about 1/(π·x).
    let found = upper_quantile(1e-12, 1.0) * std::f64::consts::PI * 1e-12;
    assert!((found - 1.0).abs() < 1e-6, "{found}");
    assert_eq!(upper_quantile(0.0, 3.0), f64::INFINITY);
}
