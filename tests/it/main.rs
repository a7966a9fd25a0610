//! The engine's test suite, run natively by `cargo test` and in headless Chromium
//! by `wasm-pack test --headless --chrome`. Tests that need processes or files are
//! in `native`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "so does a test fail")]

#[cfg(target_family = "wasm")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

mod argo;
mod catalogue;
mod codedeploy;
mod condition;
mod config;
mod course;
mod coverage;
mod export;
mod export_codedeploy;
mod fit;
mod flagger;
mod fuzzed;
mod golden;
mod growthbook;
mod honesty;
mod import_codedeploy;
mod import_flagger;
mod import_growthbook;
mod import_kayenta;
mod imports;
mod kayenta;
mod limits;
#[cfg(all(feature = "cli", not(target_family = "wasm")))]
mod native;
mod observation;
mod plain_rules_false_rollbacks;
mod promql;
mod properties;
mod queries;
mod reading;
mod record;
mod record_fit;
mod recorded_replay;
mod replay;
mod rules;
mod samplers;
mod search;
mod series;
mod state_machine;
mod statistical_rules;
mod stats;
mod study;
mod study_gate;
mod study_harm;
mod study_rows;
mod support;
mod svg;
mod trace;
mod trials;
mod world;
mod yaml;
