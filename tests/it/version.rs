#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn has_three_numbers() {
    assert_eq!(canary_rollout::VERSION.split('.').count(), 3);
}

#[test]
#[should_panic(expected = "boom")]
fn panics_as_expected() {
    assert!(canary_rollout::VERSION.is_empty(), "boom");
}
