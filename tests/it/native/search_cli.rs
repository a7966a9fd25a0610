//! `canary-rollout search` as a person would use it.

use std::process::Command;

use serde_json::{Value, json};

use super::program::{Output, PROGRAM, output_of};

fn run(arguments: &[&str]) -> Output {
    output_of(Command::new(PROGRAM).arg("search").args(arguments), b"")
}

/// A file that is removed when the value is dropped.
struct File(std::path::PathBuf);

impl File {
    fn new(name: &str, content: &str) -> Self {
        let name = format!("canary-rollout-search-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, content).unwrap();
        File(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

const THRESHOLDS: [&str; 8] = [
    "twice-the-errors",
    "--vary",
    "error_rate_threshold=0.002..0.02",
    "--least",
    "excess_errors",
    "--runs",
    "60000",
    "-q",
];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&THRESHOLDS[..], more].concat()
}

#[test]
fn the_answer_is_the_same_with_any_number_of_threads() {
    let hold = ["--hold", "false_rollback<=0.2"];
    let one = run(&with(&[&hold[..], &["--threads", "1"]].concat()));
    assert_eq!(one.status, 0, "{}", one.stderr);
    for threads in ["2", "7"] {
        let other = run(&with(&[&hold[..], &["--threads", threads]].concat()));
        assert_eq!(other.stdout, one.stdout, "{threads}");
    }
    let text = canary_rollout::config::preset("twice-the-errors").unwrap().json;
    let options = json!({
        "vary": [THRESHOLDS[2]],
        "hold": [hold[1]],
        "least": ["excess_errors"],
        "runs": 60_000,
    });
    let mut search = canary_rollout::search::Search::from_text(text, &options.to_string()).unwrap();
    search.advance(u64::MAX);
    assert_eq!(one.stdout, search.report().to_json() + "\n");
}

#[test]
fn the_chosen_policy_is_a_configuration() {
    let out = File::new("better.json", "");
    let hold = ["--hold", "false_rollback<=0.2", "--format", "text", "--policy-out", out.path()];
    let output = run(&with(&hold));
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert!(output.stdout.contains("Chosen: #"), "{}", output.stdout);
    let beside = ["study", "twice-the-errors", "--runs=100", "--policy"];
    for command in [&["run"][..], &["export", "argo"], &["study", "--runs=100"], &beside] {
        let all = [command, &[out.path()]].concat();
        let output = output_of(Command::new(PROGRAM).args(&all), b"");
        assert_eq!(output.status, 0, "{all:?}: {}", output.stderr);
    }
}

#[test]
fn the_status_says_whether_a_policy_was_found() {
    let out = std::env::temp_dir().join(format!("canary-rollout-none-{}", std::process::id()));
    let path = out.to_str().unwrap();
    let none =
        ["--hold", "false_rollback<=0", "--hold", "missed_regression<=0", "--policy-out", path];
    let output = run(&with(&none));
    assert_eq!(output.status, 1, "{}", output.stderr);
    assert!(output.stderr.contains("no policy is found"), "{}", output.stderr);
    assert!(!out.exists());
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    assert!(report["chosen"].is_null() && report["nearest"]["id"].is_number());
    // A probability of 0.1 for a bound of 0.1 is never decided; here it is not after 128 runs.
    let open = ["twice-the-errors", "--vary", "error_rate_threshold=1", "-q"];
    let more = ["--least", "ticks", "--hold", "false_rollback<=0.01", "--runs=768"];
    assert_eq!(run(&[&open[..], &more].concat()).status, 3);
}

#[test]
fn values_come_from_files() {
    let ladders = json!([
        [{ "traffic_pct": 1, "duration_ticks": 5 }, { "traffic_pct": 20, "duration_ticks": 5 }],
        [{ "traffic_pct": 5, "duration_ticks": 5 }, { "traffic_pct": 50, "duration_ticks": 5 }],
    ]);
    let file = File::new("ladders.json", &ladders.to_string());
    let policy = File::new("policy.json", r#"{ "rules": [{ "rule": "z_test", "alpha": 0.001 }] }"#);
    let vary = format!("stages=@{}", file.path());
    let arguments = [
        "twice-the-errors",
        "--vary",
        &vary,
        "--policy",
        policy.path(),
        "--least",
        "excess_errors",
    ];
    let output = run(&[&arguments[..], &["--runs=20000", "--format=csv", "-q"]].concat());
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert_eq!(output.stdout.lines().count(), 4, "{}", output.stdout);
    assert!(output.stdout.contains(policy.path()), "{}", output.stdout);

    let wrong = File::new("wrong.json", "[1,");
    let vary = format!("stages=@{}", wrong.path());
    let output = run(&["default", "--vary", &vary, "--least", "ticks"]);
    assert_eq!(output.status, 2);
    assert!(output.stderr.contains("expected a list of values in JSON"), "{}", output.stderr);
}

#[test]
fn a_file_of_a_controller_is_searched() {
    let rollout = "examples/controllers/rollout.yaml";
    let analysis = "examples/controllers/analysis.yaml";
    let output = run(&[
        rollout,
        analysis,
        "--vary",
        "controller.argo.background.metrics[*].failure_limit=0,1,2",
        "--least",
        "excess_errors(error_ratio=10)",
        "--runs=6000",
        "--format=text",
    ]);
    assert!(
        output.status == 0 && output.stdout.contains("failure_limit"),
        "{}\n{}",
        output.stdout,
        output.stderr
    );
}

#[test]
fn the_reach_of_a_promise() {
    let arguments = [
        "twice-the-errors",
        "--vary",
        "error_rate_threshold=0.002..0.02",
        "--hold",
        "false_rollback<=0.1",
        "--hold",
        "missed_regression<=0.1",
        "--reach",
        "traffic.requests_per_second=1..2000",
        "--runs=400000",
        "-q",
    ];
    let output = run(&[&arguments[..], &["--format=text"]].concat());
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert!(output.stdout.starts_with("At least "), "{}", output.stdout);
    let output = run(&[&arguments[..], &["--format=csv"]].concat());
    assert!((output.status, output.stderr.contains("--format: csv")) == (2, true));
}

#[test]
fn wrong_arguments_are_named() {
    for (arguments, expected) in [
        (&["default"][..], "default: search.least: 0 figures, expected 1 to 16"),
        (&["default", "--hold", "x<=1"], "--hold: found \"x<=1\", expected a figure"),
        (&["default", "--least", "x"], "--least: found \"x\", expected a figure"),
        (
            &["default", "--vary", "stages[0].duration=3", "--least", "ticks"],
            "default: search.vary: none of 1 combinations is a valid configuration",
        ),
        (&["default", "--vary", "stages=@nowhere.json", "--least", "ticks"], "nowhere.json: "),
        (
            &["default", "--reach", "x=1..2", "--hold", "completed>=0"],
            "default: reach: with x=1: x: unknown field `x`",
        ),
        (
            &["default", "--counts=examples/counts/week.csv", "--reach", "x=1..2"],
            "--reach: asks about simulated traffic, expected no recorded counts",
        ),
        (
            &["default", "--start-of-day=09:00"],
            "--start-of-day: expected --counts FILE or --prometheus URL",
        ),
    ] {
        let output = run(arguments);
        assert_eq!(output.status, 2, "{}", output.stderr);
        let line = format!("canary-rollout: {expected}");
        assert!(output.stderr.starts_with(&line), "{}\nexpected {line}", output.stderr);
    }
}
