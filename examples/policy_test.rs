//! A study as a test of a policy: how often does it roll back a healthy release, and how
//! often does it miss a bad one? The exit code says whether it is good enough.
//!
//! `cargo run --release --example policy_test`

use std::process::ExitCode;

use canary_rollout::config::Config;
use canary_rollout::study::{Study, StudyOptions};

const POLICY: &str = r#"{
    "canary": { "error_ratio": 2 },
    "stages": [
        { "traffic_pct": 5, "duration_ticks": 10 },
        { "traffic_pct": 50, "duration_ticks": 10 }
    ],
    "rules": [{ "rule": "sequential", "alpha": 0.05 }]
}"#;

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let options = StudyOptions { runs: 2_000, ..StudyOptions::default() };
    let mut study = Study::new(&Config::from_text(POLICY)?, &options)?;
    study.advance(u64::MAX);
    let report = study.report();

    let false_rollback = report.false_rollback;
    println!("false rollbacks: {:.2} %", false_rollback.estimate * 100.0);
    // The upper end of the interval: 2,000 runs are enough to be sure of this bound.
    let mut is_good = false_rollback.high <= 0.05;
    if let Some(missed) = report.missed_regression {
        println!("missed regressions: {:.2} %", missed.estimate * 100.0);
        is_good &= missed.high <= 0.01;
    }
    println!("{}", if is_good { "good enough" } else { "not good enough" });
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
