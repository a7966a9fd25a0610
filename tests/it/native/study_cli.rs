//! `canary-rollout study` as a new user or a pipeline would use it.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_canary-rollout");

struct Output {
    status: i32,
    stdout: String,
    stderr: String,
}

fn run(arguments: &[&str]) -> Output {
    let output = Command::new(PROGRAM).arg("study").args(arguments).output().unwrap();
    Output {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[track_caller]
fn succeed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status, 0, "{}", output.stderr);
    // The speed is written to standard error, not with the result.
    assert!(output.stderr.contains(" a second\n"), "{}", output.stderr);
    assert!(!output.stdout.contains("a second"));
    output.stdout
}

fn report(arguments: &[&str]) -> Value {
    serde_json::from_str(&succeed(arguments)).unwrap()
}

/// A file that is removed when the value is dropped.
struct File(std::path::PathBuf);

impl File {
    fn new(name: &str, content: &Value) -> Self {
        let name = format!("canary-rollout-{}-{name}.json", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, content.to_string()).unwrap();
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

#[test]
fn json_is_the_librarys_with_any_number_of_threads() {
    let one = succeed(&["reference", "--runs", "3000", "--seed", "7", "--threads", "1"]);
    for threads in ["2", "7"] {
        assert_eq!(succeed(&["reference", "--runs=3000", "--seed=7", "--threads", threads]), one);
    }
    let text = canary_rollout::config::preset("reference").unwrap().json;
    let options = json!({ "runs": 3_000, "seed": 7 }).to_string();
    let mut study = canary_rollout::study::Study::from_text(text, &options).unwrap();
    study.advance(3_000);
    assert_eq!(study.report().to_json() + "\n", one);
}

#[test]
fn text_is_readable() {
    let text =
        succeed(&["twice-the-errors", "--runs=500", "--format=text", "--sweep=error_ratio=1,3"]);
    for part in [
        "500 runs from seed 0",
        "healthy",
        "the release",
        "canary.error_ratio 3",
        "False rollback: ",
        "Missed regression: ",
        "counted over 20 ticks",
    ] {
        assert!(text.contains(part), "{part:?} is missing in\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
}

#[test]
fn csv_has_one_line_per_case() {
    let policy = File::new("policy, b", &json!({ "rules": [] }));
    let csv = succeed(&[
        "twice-the-errors",
        "--runs=200",
        "--format=csv",
        "--sweep",
        "error_ratio=1,3",
        "--policy",
        policy.path(),
    ]);
    let lines: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines.len(), 1 + 2 + 2 + 4, "{csv}");
    assert_eq!(lines[0][..5], ["policy", "release", "field", "value", "runs"]);
    assert_eq!(lines[1][..5], ["", "healthy", "", "", "200"]);
    assert_eq!(lines[2][..5], ["", "release", "", "", "200"]);
    // A name with a comma is quoted.
    assert!(
        csv.lines().nth(3).unwrap().starts_with(&format!("\"{}\",healthy,,,200,", policy.path()))
    );
    assert_eq!(lines[5][..5], ["", "release", "canary.error_ratio", "1", "200"]);
    assert!(lines.iter().skip(1).all(|line| line.len() >= lines[0].len()));
}

#[test]
fn a_sweep_a_policy_and_a_horizon_reach_the_study() {
    let policy = File::new("policy", &json!({ "rules": [], "error_rate_threshold": 0.5 }));
    let found = report(&[
        "twice-the-errors",
        "--runs=300",
        "--sweep",
        "baseline.error_rate=0.01,0.02",
        "--policy",
        policy.path(),
        "--horizon=500",
    ]);
    assert_eq!(found["horizon_ticks"], 500);
    assert_eq!(found["sweep"]["field"], "baseline.error_rate");
    assert_eq!(found["sweep"]["points"].as_array().unwrap().len(), 2);
    assert_eq!(found["policies"][0]["name"], policy.path());
    assert_eq!(found["seeds"], json!({ "first": 0, "last": 299, "next": 300 }));
    assert_eq!(found["partial"], false);
}

#[track_caller]
fn check_gate(arguments: &[&str], status: i32, lines: &[&str]) {
    let mut all = vec!["opening", "--runs=2000"];
    all.extend(arguments);
    let output = run(&all);
    assert_eq!(output.status, status, "{}", output.stderr);
    let gates: Vec<&str> =
        output.stderr.lines().filter(|line| !line.ends_with(" a second")).collect();
    assert_eq!(gates.len(), lines.len(), "{}", output.stderr);
    for (found, expected) in gates.iter().zip(lines) {
        assert!(found.starts_with(&format!("canary-rollout: {expected}")), "{found}");
    }
    // The report is written for every outcome of the gate, and contains the
    // outcome.
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let told: Vec<String> = report["requirements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!(
                "{}: {}",
                one["requirement"].as_str().unwrap(),
                one["fulfilment"].as_str().unwrap()
            )
        })
        .collect();
    for (told, line) in told.iter().zip(lines) {
        assert!(line.starts_with(told), "{told}");
    }
    assert_eq!(told.len(), lines.len());
}

/// The policy of `opening` rolls back 1 healthy release in 5.
#[test]
fn the_gate_reports_met_failed_and_undecided() {
    let met = ["--require", "false_rollback<=0.3"];
    let failed = ["--require", "false_rollback<=0.05"];
    let undecided = ["--require", "false_rollback<=0.2"];
    check_gate(&met, 0, &["false_rollback<=0.3: met, 0.19"]);
    check_gate(&failed, 1, &["false_rollback<=0.05: failed, 0.19"]);
    let output = run(&["opening", "--runs=2000", failed[0], failed[1]]);
    assert!(output.stderr.contains(", beyond by 0.14"), "{}", output.stderr);
    check_gate(&undecided, 3, &["false_rollback<=0.2: undecided, "]);
    check_gate(
        &[
            "--require",
            "missed_regression(error_ratio=5)<=0.1",
            "--require=caught(error_ratio=5)>=0.5",
        ],
        0,
        &["missed_regression(error_ratio=5)<=0.1: met, 0.0", "caught(error_ratio=5)>=0.5: met, "],
    );
    check_gate(
        &["--require", "missed_regression( canary.error_ratio = 1.0001 )<=0.1"],
        1,
        &["missed_regression( canary.error_ratio = 1.0001 )<=0.1: failed, 0."],
    );
    // A failed requirement takes precedence over an undecided one, in either order.
    for [a, b] in [[failed, undecided], [undecided, failed]] {
        let output = run(&[&["opening", "--runs=2000"], &a[..], &b[..], &met[..]].concat());
        assert_eq!(output.status, 1, "{}", output.stderr);
        for word in [": met, ", ": failed, ", ": undecided, "] {
            assert_eq!(output.stderr.matches(word).count(), 1, "{}", output.stderr);
        }
    }
}

#[track_caller]
fn check_error(arguments: &[&str], expected: &str) {
    let output = run(arguments);
    assert_eq!((output.status, output.stdout.as_str()), (2, ""), "{}", output.stderr);
    assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
    assert!(output.stderr.starts_with(&format!("canary-rollout: {expected}")), "{}", output.stderr);
}

#[test]
fn faults_are_reported_with_their_places_before_any_run() {
    let whole = "expected a whole number from";
    check_error(
        &["default", "--runs=0"],
        &format!("default: study.runs: found 0, {whole} 1 to 1000000000"),
    );
    check_error(
        &["default", "--runs=1e12"],
        &format!("default: study.runs: found 1000000000000, {whole}"),
    );
    check_error(&["default", "--runs=many"], "--runs: found \"many\", expected a number");
    check_error(&["default", "--runs=nan"], "--runs: found \"nan\", expected a number");
    check_error(
        &["default", "--seed=9007199254740991", "--runs=2"],
        "default: study.seed: 9007199254740991 and 2 runs exceed the largest seed, 9007199254740991",
    );
    check_error(
        &["default", "--seed=9007199254740992"],
        &format!("default: study.seed: found 9007199254740992, {whole}"),
    );
    check_error(
        &["default", "--sweep=wind=1"],
        "default: study.sweep.values[0].wind: unknown field `wind`",
    );
    check_error(
        &["default", "--sweep=stages[9].traffic_pct=1"],
        "default: study.sweep.field: found \"stages[9].traffic_pct\"",
    );
    let million = vec!["1"; 60_000].join(",");
    check_error(
        &["default", &format!("--sweep=error_ratio={million}")],
        "default: study.sweep.values: 60000 values, expected 1 to 100",
    );
    for sweep in ["error_ratio", "error_ratio=", "error_ratio=1,,2", "error_ratio=x"] {
        check_error(&["default", &format!("--sweep={sweep}")], "--sweep: found ");
    }
    check_error(&["default", "--policy=no/such/file"], "no/such/file: ");
    let policy =
        File::new("bad-policy", &json!({ "rules": [{ "rule": "sequential", "bets": [1] }] }));
    check_error(
        &["default", "--policy", policy.path()],
        &format!(
            "{}:1:20: rules[0].bets[0]: found 1, expected a ratio above the tolerated 1",
            policy.path()
        ),
    );
    check_error(&["default", "--threads=0"], "--threads: found \"0\", expected 1 to 1024");
    check_error(
        &["default", "--horizon=0"],
        &format!("default: study.horizon_ticks: found 0, {whole} 1 to 100000"),
    );
    for require in ["", "false_rollback", "fly<=0.1", "caught>=2", "caught(error_ratio)>=0.5"] {
        check_error(
            &["default", &format!("--require={require}")],
            &format!("--require: found {require:?}, expected NAME<=BOUND"),
        );
    }
    // A billion runs would take long: the fault is reported before anything is
    // simulated.
    for (require, expected) in [
        ("caught>=0.9", "require: caught>=0.9: the release is healthy, expected a bad one"),
        (
            "caught(error_ratio=1)>=0.9",
            "require: caught(error_ratio=1)>=0.9: the release is healthy",
        ),
        (
            "caught(wind=2)>=0.9",
            "require: caught(wind=2)>=0.9: default: wind: unknown field `wind`",
        ),
        (
            "caught(error_ratio=-2)>=0.9",
            "require: caught(error_ratio=-2)>=0.9: default: canary.error_ratio: found -2",
        ),
        (
            "caught(error_ratio=inf)>=0.9",
            "--require: found \"caught(error_ratio=inf)>=0.9\", expected NAME<=BOUND",
        ),
    ] {
        check_error(&["default", "--runs=1e9", "--require", require], expected);
    }
}

/// Waits until a program has an interrupt handler and has used half a second of
/// processor time, however long that takes on a busy machine.
#[cfg(target_os = "linux")]
fn at_work(child: &Child) {
    let of = |file: &str| std::fs::read_to_string(format!("/proc/{}/{file}", child.id())).unwrap();
    let listens = || {
        let status = of("status");
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        u64::from_str_radix(caught.trim(), 16).unwrap() & 1 << (2 - 1) != 0
    };
    // utime and stime, the 14th and 15th field, in hundredths of a second.
    let worked = || {
        let stat = of("stat");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum::<u64>() >= 50
    };
    let most = std::time::Instant::now() + Duration::from_secs(300);
    while !(listens() && worked()) {
        assert!(std::time::Instant::now() < most, "it does not begin to work");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(target_os = "linux")]
fn interrupt(child: &Child) {
    let told = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(told.success());
}

/// An interrupted study reports the runs it finished.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_gives_the_finished_prefix() {
    let mut child = Command::new(PROGRAM)
        .args(["study", "reference", "--runs=1e9", "--seed=3", "--require=false_rollback<=0.5"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    at_work(&child);
    interrupt(&child);
    let (mut stdout, mut stderr) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    // A gate on fewer runs than requested has no answer.
    assert_eq!(child.wait().unwrap().code(), Some(130), "{stderr}");
    assert!(stderr.contains("(stopped early)"), "{stderr}");
    let found: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(found["partial"], true);
    assert_eq!(found["requested_runs"], 1_000_000_000);
    let runs = found["runs"].as_u64().unwrap();
    assert!(runs > 0 && runs < 1_000_000_000, "{runs}");
    let short = report(&["reference", "--seed=3", &format!("--runs={runs}")]);
    assert_eq!(short["healthy"], found["healthy"]);
    assert_eq!(short["seeds"]["last"], found["seeds"]["last"]);
}

/// Runs that wait for a person count neither way, and the gate reports their
/// number.
#[test]
fn a_gate_on_runs_that_never_decide_is_undecided() {
    let gated = File::new(
        "gated",
        &json!({ "canary": { "error_ratio": 5 }, "rules": [],
                 "stages": [{ "traffic_pct": 10, "pause": "manual" }] }),
    );
    for require in ["missed_regression<=0.01", "false_rollback<=0.01", "caught>=0.9"] {
        let output = run(&[gated.path(), "--runs=2000", "--require", require, "--format=text"]);
        assert_eq!(output.status, 3, "{}", output.stderr);
        for told in [&output.stderr, &output.stdout] {
            let line = format!(
                "{require}: undecided, 0.000000 (0.000000 to 0.001843), 2,000 of 2,000 runs wait for a person"
            );
            assert!(told.contains(&line), "{told}");
        }
    }
}

/// A second interrupt ends the program at once. Here the result cannot be written.
#[cfg(target_os = "linux")]
#[test]
fn a_second_interrupt_ends_it_at_once() {
    use std::io::{BufRead, BufReader};
    let values: Vec<String> = (0..100).map(|i| format!("{}", 1.0 + f64::from(i) / 100.0)).collect();
    let sweep = format!("--sweep=error_ratio={}", values.join(","));
    let mut child = Command::new(PROGRAM)
        .args(["study", "reference", "--runs=1e9", &sweep])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    at_work(&child);
    interrupt(&child);
    let mut told = String::new();
    BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut told).unwrap();
    assert!(told.contains("(stopped early)"), "{told}");
    // The report is larger than the buffer of the pipe, which is not read.
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none());
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

/// An interrupt does not wait for the end of an expensive run: with 100,000 ticks and a
/// comparison of latencies at each, a single run takes more than a second.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_stops_a_study_within_a_run() {
    let dear = File::new(
        "dear",
        &json!({ "traffic": { "requests_per_second": 170 },
                 "stages": [{ "traffic_pct": 50, "duration_ticks": 100_000 }],
                 "rules": [{ "rule": "mann_whitney", "alpha": 1e-99, "failure_limit": 1_000_000,
                             "look": "every_tick", "window": "rollout" }] }),
    );
    let child = Command::new(PROGRAM)
        .args(["study", dear.path(), "--runs=1000000", "--threads=1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    at_work(&child);
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["partial"], true);
}

/// A closed or full standard error changes neither the result nor the exit status.
#[cfg(target_os = "linux")]
#[test]
fn a_failing_standard_error_keeps_result_and_status() {
    for (require, status) in [("false_rollback<=0.5", 0), ("false_rollback<=0.05", 1)] {
        for sink in ["2>/dev/full", "2>&-"] {
            let script = format!("exec \"$0\" study opening --runs=2000 --require \"$1\" {sink}");
            let output =
                Command::new("sh").args(["-c", &script, PROGRAM, require]).output().unwrap();
            assert_eq!(output.status.code(), Some(status), "{sink}");
            assert!(serde_json::from_slice::<Value>(&output.stdout).is_ok(), "{sink}");
        }
    }
}
