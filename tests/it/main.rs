<<<<<<< HEAD
//! Skeleton.
=======
//! One suite, natively and headless in Chromium.

#[cfg(target_family = "wasm")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

#[cfg(not(target_family = "wasm"))]
mod native;
mod version;
>>>>>>> 295b133b674c02d758a923ea0630db953d7c2c6b
