//! The command line as a stranger would use it.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

struct Output {
    status: i32,
    stdout: String,
    stderr: String,
}

fn run_with(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_canary-rollout"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may refuse the input before it has read all of it.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    Output {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn run(arguments: &[&str]) -> Output {
    run_with(arguments, b"")
}

#[track_caller]
fn succeed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!((output.status, output.stderr.as_str()), (0, ""), "{arguments:?}");
    output.stdout
}

#[track_caller]
fn check_error(arguments: &[&str], input: &[u8], lines: &[&str]) {
    let output = run_with(arguments, input);
    assert_eq!((output.status, output.stdout.as_str()), (2, ""), "{}", output.stderr);
    let found: Vec<&str> = output.stderr.lines().collect();
    assert_eq!(found.len(), lines.len(), "{}", output.stderr);
    for (found, expected) in found.iter().zip(lines) {
        assert!(found.starts_with(&format!("canary-rollout: {expected}")), "{found}");
    }
}

#[test]
fn the_demo_prints_json_and_follows_its_seed() {
    let demo: Value = serde_json::from_str(&succeed(&["--demo"])).unwrap();
    assert_eq!(demo["final_state"], "COMPLETED");
    assert_eq!(demo["stages_completed"], 4);
    assert_eq!(demo["rollback_triggered"], false);
    assert!(demo["metrics"]["canary"]["requests"].as_u64().unwrap() > 0);
    assert_eq!(succeed(&["--demo"]), succeed(&["--demo", "--seed", "42"]));
    assert_ne!(succeed(&["--demo"]), succeed(&["--demo", "--seed", "7"]));
    assert_eq!(succeed(&["--demo"]), succeed(&["run", "default"]));
}

#[test]
fn run_reads_a_preset_a_file_and_standard_input() {
    let text = r#"{ "stages": [{ "traffic_pct": 50, "duration_ticks": 1 }] }"#;
    let path = std::env::temp_dir().join(format!("canary-rollout-{}.json", std::process::id()));
    std::fs::write(&path, text).unwrap();
    let from_file = succeed(&["run", path.to_str().unwrap(), "--seed=3"]);
    std::fs::remove_file(&path).unwrap();
    let from_input = run_with(&["run", "-", "--seed", "3"], text.as_bytes());
    assert_eq!((from_input.status, from_input.stdout), (0, from_file));
}

#[test]
fn commands_are_given_after_their_tick_in_any_order() {
    let json =
        succeed(&["run", "default", "--at", "9:resume", "--at", "3:pause", "--at", "12:abort"]);
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["final_state"], "ROLLED_BACK");
    assert_eq!(report["metrics"]["ticks"], 12);
    assert_eq!(report["commands"][0]["tick"], 3);
    assert_eq!(report["rollback_reason"], "Aborted by a person after tick 12.");
}

#[test]
fn a_pause_for_a_person_is_told() {
    let output = run(&["run", "default", "--at", "3:pause"]);
    assert_eq!(output.status, 0);
    assert!(output.stderr.contains("--at 3:resume"), "{}", output.stderr);
    assert!(output.stdout.contains("\"final_state\": \"PAUSED\""));
    succeed(&["run", "default", "--at", "3:pause", "--ticks", "8"]);
}

#[test]
fn text_is_for_eyes() {
    let text = succeed(&["run", "twice-the-errors", "--format", "text"]);
    for part in ["seed 42", "canary share", "baseline errors", "as often as the baseline"] {
        assert!(text.contains(part), "{part:?} is missing in\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
}

#[test]
fn the_schema_the_presets_and_the_help_are_printed() {
    let schema: Value = serde_json::from_str(&succeed(&["schema"])).unwrap();
    assert!(schema["properties"]["stages"].is_object());
    assert!(succeed(&["presets"]).starts_with("default "));
    assert!(succeed(&["--help"]).contains("--at TICK:COMMAND"));
    assert!(succeed(&["--version"]).starts_with("canary-rollout "));
    assert_eq!(succeed(&["validate", "default"]), "valid\n");
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    check_error(&[], b"", &["expected a command; --help lists them"]);
    check_error(&["fly"], b"", &["unknown command \"fly\"; --help lists the commands"]);
    check_error(&["--fly"], b"", &["invalid option '--fly'"]);
    check_error(&["run"], b"", &["expected a configuration: a file, - or a preset's name"]);
    check_error(&["run", "default", "extra"], b"", &["unexpected argument \"extra\""]);
    check_error(&["run", "no/such/file"], b"", &["no/such/file: "]);
    check_error(&["run", "/"], b"", &["/: "]);
    for seed in ["-1", "9007199254740992", "abc", "", "1.5", "1e3"] {
        let seed = format!("--seed={seed}");
        check_error(&["--demo", &seed], b"", &["seed: found "]);
    }
    check_error(&["--demo", "--seed"], b"", &["missing argument for option '--seed'"]);
    for at in ["pause", "x:pause", "3:fly", "-1:pause", "3:", "99999999999:pause"] {
        check_error(&["run", "default", "--at", at], b"", &["--at: found "]);
    }
    check_error(
        &["run", "default", "--at", "3:resume"],
        b"",
        &["resume(): the rollout is PROGRESSING, expected PAUSED"],
    );
    check_error(
        &["run", "default", "--at", "90:pause"],
        b"",
        &["pause(): the rollout is COMPLETED, expected PROGRESSING"],
    );
    check_error(
        &["run", "default", "--format", "xml"],
        b"",
        &["--format: found \"xml\", expected json or text"],
    );
    check_error(&["run", "default", "--ticks", "x"], b"", &["--ticks: found \"x\""]);
    check_error(&["schema", "x"], b"", &["unexpected argument \"x\""]);
}

#[test]
fn every_fault_of_a_configuration_is_a_line_with_its_path() {
    let text = br#"{ "stages": [{ "traffic_pct": 50 }, { "traffic_pct": 25 }],
                     "baseline": { "error_rate": 2 }, "tick_seconds": 0 }"#;
    check_error(
        &["validate", "-"],
        text,
        &[
            "-: tick_seconds: ",
            "-: baseline.error_rate: ",
            "-: stages[1].traffic_pct: 25 does not exceed the 50 of the stage before it",
        ],
    );
    check_error(&["validate", "-"], b"{ \"stages\": [}", &["-: "]);
    check_error(&["validate", "-"], b"\xff\xfe", &["-: byte 0 is not UTF-8"]);
    check_error(&["validate", "-"], &b"[".repeat(10_000_000), &["-: "]);
}
