//! Tests that need processes or files.

mod cli;
mod clusters;
mod console;
mod counts_cli;
mod fit_coverage;
mod gate_runs;
mod import_cli;
mod notes;
mod operating_characteristics;
mod papers;
mod pipelines;
mod plans;
mod program;
mod prometheus;
mod promtool;
mod rows;
mod search_cli;
mod search_optima;
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
