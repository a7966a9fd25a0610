//! Tests that need processes or files.

mod cli;
mod console;
mod notes;
mod operating_characteristics;
mod papers;
mod plans;
mod study_cli;
mod tables;
mod walkthrough;

use canary_rollout::study::Study;
use serde_json::Value;

/// Runs a study to its end, on all threads.
fn studied(config: &Value, options: &Value) -> Study {
    let mut study = Study::from_text(&config.to_string(), &options.to_string()).unwrap();
    study.run_parallel(&std::sync::atomic::AtomicBool::new(false), |_| {});
    study
}
