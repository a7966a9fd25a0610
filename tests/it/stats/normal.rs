#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::stats::normal::{cdf, quantile, sf};
use serde::Deserialize;

use super::{check_ulps, table};

#[derive(Deserialize)]
struct Row {
    x: f64,
    value: f64,
}

#[test]
fn cdf_and_sf_are_the_50_digit_values_far_into_the_tails() {
    for row in table::<Row>("normal_cdf") {
        check_ulps(&format!("cdf({})", row.x), cdf(row.x), row.value, 3.0);
    }
    for row in table::<Row>("normal_sf") {
        check_ulps(&format!("sf({})", row.x), sf(row.x), row.value, 3.0);
        check_ulps(&format!("cdf({})", -row.x), cdf(-row.x), row.value, 3.0);
    }
}

#[test]
fn quantile_is_the_50_digit_value() {
    for row in table::<Row>("normal_quantile") {
        check_ulps(&format!("quantile({})", row.x), quantile(row.x), row.value, 4.0);
    }
}

#[test]
fn ends_and_invalid_arguments() {
    assert_eq!(cdf(f64::NEG_INFINITY), 0.0);
    assert_eq!(cdf(f64::INFINITY), 1.0);
    assert_eq!(sf(f64::INFINITY), 0.0);
    assert_eq!(sf(f64::NEG_INFINITY), 1.0);
    assert_eq!(sf(60.0), 0.0);
    assert_eq!(quantile(0.0), f64::NEG_INFINITY);
    assert_eq!(quantile(1.0), f64::INFINITY);
    for outside in [-0.1, 1.1, f64::NAN] {
        assert!(quantile(outside).is_nan(), "quantile({outside})");
    }
    assert!(cdf(f64::NAN).is_nan());
}
