//! `canary-rollout study` as a new user or a pipeline would use it.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::program::{Output, PROGRAM, output_of};

fn run(arguments: &[&str]) -> Output {
    output_of(Command::new(PROGRAM).arg("study").args(arguments), b"")
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

/// The file of a controller is a policy, too.
#[test]
fn a_controllers_file_is_compared() {
    let canary = "examples/controllers/canary.yaml";
    let found = report(&["flagger", "--policy", canary, "--runs", "50"]);
    let policy = &found["policies"][0];
    assert_eq!(policy["name"], canary);
    // At 10 times the errors of 0.2 %, a limit of 1 % is passed in most checks.
    assert!(policy["release"]["p_rollback"]["estimate"].as_f64() > Some(0.5), "{policy}");
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

/// The policy of `opening` rolls back 1 healthy release in 5. A figure minus itself is 0 in
/// every run, so no number of runs shows on which side of 0 it is.
#[test]
fn the_gate_reports_met_failed_and_undecided() {
    let met = ["--require", "false_rollback<=0.3"];
    let failed = ["--require", "false_rollback<=0.05"];
    let undecided = ["--require", "rollback - rollback<=0"];
    check_gate(&met, 0, &["false_rollback<=0.3: met after 341 runs, 0.19"]);
    check_gate(&failed, 1, &["false_rollback<=0.05: failed after "]);
    let output = run(&["opening", "--runs=2000", failed[0], failed[1]]);
    assert!(output.stderr.contains(", beyond by 0.1"), "{}", output.stderr);
    check_gate(
        &undecided,
        3,
        &["rollback - rollback<=0: undecided after 2,000 runs, 0.000000 (-0."],
    );
    check_gate(
        &[
            "--require",
            "missed_regression(error_ratio=5)<=0.1",
            "--require=caught(error_ratio=5)>=0.5",
        ],
        0,
        &[
            "missed_regression(error_ratio=5)<=0.1: met after ",
            "caught(error_ratio=5)>=0.5: met after ",
        ],
    );
    check_gate(
        &["--require", "missed_regression( canary.error_ratio = 1.0001 )<=0.1"],
        1,
        &["missed_regression( canary.error_ratio = 1.0001 )<=0.1: failed after "],
    );
    // A failed requirement takes precedence over an undecided one, in either order.
    for [a, b] in [[failed, undecided], [undecided, failed]] {
        let output = run(&[&["opening", "--runs=2000"], &a[..], &b[..], &met[..]].concat());
        assert_eq!(output.status, 1, "{}", output.stderr);
        for word in [": met after ", ": failed after ", ": undecided after "] {
            assert_eq!(output.stderr.matches(word).count(), 1, "{}", output.stderr);
        }
    }
}

/// Answers, numbers of runs and reports do not depend on threads; a requirement is answered
/// in the study of its own changes, in the order of the command line; the one error
/// probability is divided among all.
#[test]
fn a_gate_is_the_same_with_any_number_of_threads() {
    let other = File::new("never", &json!({ "rules": [] }));
    let difference = format!("(excess_errors - excess_errors(policy={})).p50<=5", other.path());
    let gate = |threads: &str| {
        let output = run(&[
            "twice-the-errors",
            "-q",
            "--threads",
            threads,
            "--error-probability=1e-6",
            "--require=excess_errors.p95(error_ratio=5)<=50",
            "--require=rollback<=0.97",
            "--require=caught(error_ratio=5)>=0.5",
            "--require",
            &difference,
        ]);
        (output.status, output.stdout, output.stderr)
    };
    let one = gate("1");
    for threads in ["2", "7"] {
        assert_eq!(gate(threads), one);
    }
    let report: Value = serde_json::from_str(&one.1).unwrap();
    let requirements = report["requirements"].as_array().unwrap();
    assert_eq!(requirements.len(), 4);
    assert_eq!(requirements[0]["quantile"]["percent"], 95);
    assert_eq!(requirements[0]["measure"], "probability_above");
    assert_eq!(requirements[3]["requirement"], difference);
    for requirement in requirements {
        assert_eq!(requirement["error_probability"], 2.5e-7);
        assert_ne!(requirement["fulfilment"], "undecided", "{requirement}");
    }
    // The study of the configuration ends with its own two.
    let own = [&requirements[1], &requirements[3]].map(|one| one["runs"].as_u64().unwrap());
    assert_eq!(report["runs"].as_u64(), own.into_iter().max());
    assert_eq!((&report["partial"], &report["requested_runs"]), (&json!(false), &report["runs"]));
    // A policy that a requirement names is in the report, too.
    assert_eq!(report["policies"][0]["name"], other.path());
}

/// Requirements about another release leave the configuration's own study as it is.
#[test]
fn a_gate_on_another_release_leaves_the_report() {
    let arguments = ["opening", "--runs=700"];
    let plain = report(&arguments);
    let mut gate = report(&[&arguments[..], &["--require=caught(error_ratio=9)>=0.1"]].concat());
    assert_eq!(gate["requirements"].as_array().unwrap().len(), 1);
    gate.as_object_mut().unwrap().remove("requirements");
    assert_eq!(gate, plain);
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
            &format!("--require: found {require:?}, expected "),
        );
    }
    let require = "--require=false_rollback<=0.05";
    for epsilon in ["0", "0.6", "-1", "x", "nan", "inf", ""] {
        check_error(
            &["default", require, &format!("--error-probability={epsilon}")],
            &format!(
                "--error-probability: found {epsilon:?}, expected a probability above 0, at most 0.5"
            ),
        );
    }
    check_error(
        &["default", require, "--seed=9007199254740991"],
        "default: study.seed: 9007199254740991 and 1000000 runs exceed the largest seed",
    );
    for format in ["junit", "markdown"] {
        check_error(
            &["default", &format!("--format={format}")],
            "--format: junit and markdown are of the answers to --require, expected at least one",
        );
    }
    check_error(&["default", "--require=waiting(policy=no/such/file)<=0.1"], "no/such/file: ");
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
            "--require: found \"caught(error_ratio=inf)>=0.9\", expected a number after error_ratio=",
        ),
        (
            "rollback(stage=9)<=0.1",
            "require: rollback(stage=9)<=0.1: the policy has no stage 9, expected 1 to ",
        ),
        (
            "excess_errors<=50",
            "--require: found \"excess_errors<=50\", expected a quantile such as excess_errors.p95",
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
        .args(["study", "reference", "--runs=1e9", "--seed=3", "--require=rollback - rollback<=0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    at_work(&child);
    interrupt(&child);
    let (mut stdout, mut stderr) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    // An interrupted gate has no answer.
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
    for (require, runs) in [
        ("missed_regression<=0.01", "1,423"),
        ("false_rollback<=0.01", "1,423"),
        ("caught>=0.9", "112"),
    ] {
        let output = run(&[gated.path(), "--require", require, "--format=text"]);
        assert_eq!(output.status, 3, "{}", output.stderr);
        for told in [&output.stderr, &output.stdout] {
            let line = format!(
                "{require}: undecided after {runs} runs, 0.000000 (0.000000 to 1.000000), {runs} of {runs} runs wait for a person"
            );
            assert!(told.contains(&line), "{told}");
        }
    }
    // That they wait can be required itself.
    let output = run(&[gated.path(), "--require=waiting<=0.1", "--format=text"]);
    assert_eq!(output.status, 1, "{}", output.stderr);
    assert!(output.stderr.contains("waiting<=0.1: failed after "), "{}", output.stderr);
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
