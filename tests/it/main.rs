//! The engine's test suite, run natively by `cargo test` and in headless Chromium
//! by `wasm-pack test --headless --chrome`. Tests that need processes or files are
//! in `native`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "so does a test fail")]

#[cfg(target_family = "wasm")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

mod catalogue;
mod config;
mod course;
mod coverage;
mod fit;
mod fuzzed;
mod golden;
mod honesty;
mod limits;
#[cfg(all(feature = "cli", not(target_family = "wasm")))]
mod native;
mod observation;
mod plain_rules_false_rollbacks;
mod properties;
mod reading;
mod replay;
mod rules;
mod samplers;
mod state_machine;
mod statistical_rules;
mod stats;
mod study;
mod study_gate;
mod study_harm;
mod support;
mod trials;
mod world;
mod yaml;
