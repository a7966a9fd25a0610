//! The command line as a new user would use it.

use std::process::{Command, Stdio};

use serde_json::Value;

use super::program::{PROGRAM, run, run_with};

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

/// Checks the message about a wrong command line: the beginning of its first line,
/// and what the other lines contain.
#[track_caller]
fn check_usage(arguments: &[&str], first: &str, others: &[&str]) {
    let output = run(arguments);
    assert_eq!((output.status, output.stdout.as_str()), (2, ""), "{}", output.stderr);
    let lines: Vec<&str> = output.stderr.lines().collect();
    assert!(lines.iter().all(|line| line.starts_with("canary-rollout: ")), "{lines:#?}");
    assert!(lines[0].starts_with(&format!("canary-rollout: {first}")), "{lines:#?}");
    assert_eq!(lines.last(), Some(&"canary-rollout: For more information, try '--help'."));
    for other in others {
        assert!(lines[1..].iter().any(|line| line.contains(other)), "{other}: {lines:#?}");
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
fn a_pause_for_a_person_is_reported() {
    let output = run(&["run", "default", "--at", "3:pause"]);
    assert_eq!(output.status, 0);
    assert!(output.stderr.contains("--at 3:resume"), "{}", output.stderr);
    assert!(output.stdout.contains("\"final_state\": \"PAUSED\""));
    succeed(&["run", "default", "--at", "3:pause", "--ticks", "8"]);
}

#[test]
fn text_is_readable() {
    let text = succeed(&["run", "twice-the-errors", "--format", "text"]);
    for part in ["seed 42", "canary share", "baseline errors", "as often as the baseline"] {
        assert!(text.contains(part), "{part:?} is missing in\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
}

#[test]
fn pictures_are_printed() {
    for (arguments, words) in [
        (&["run", "slow-leak", "--format", "svg"][..], "<title>slow-leak, seed 42</title>"),
        (
            &["study", "reference", "-q", "--runs=20", "--format=svg"],
            "errors of the release, times",
        ),
        (
            &[
                "study",
                "default",
                "-q",
                "--runs=20",
                "--format=svg",
                "--sweep=stages[0].duration_ticks=3,9",
            ],
            ">stages[0].duration_ticks</text>",
        ),
    ] {
        let svg = succeed(arguments);
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
        assert!(svg.contains(words), "{words:?} is missing in\n{svg}");
    }
}

#[test]
fn the_schema_the_presets_and_the_help_are_printed() {
    let schema: Value = serde_json::from_str(&succeed(&["schema"])).unwrap();
    assert!(schema["properties"]["stages"].is_object());
    let catalogue: Value = serde_json::from_str(&succeed(&["catalogue"])).unwrap();
    assert_eq!(catalogue["rules"][0]["rule"], "error_rate");
    assert!(succeed(&["presets"]).starts_with("default "));
    assert!(succeed(&["--help"]).contains("--at <TICK:COMMAND>"));
    assert!(succeed(&["--version"]).starts_with("canary-rollout "));
    assert_eq!(succeed(&["validate", "default"]), "default: valid\n");
}

#[test]
fn faults_are_reported_with_their_places() {
    check_error(&[], b"", &["expected --demo or a command, one of run, study, "]);
    check_error(&["--seed", "3"], b"", &["expected --demo or a command, one of run, study, "]);
    check_usage(&["fly"], "unrecognized subcommand 'fly'", &[]);
    check_usage(&["--fly"], "unexpected argument '--fly'", &[]);
    check_usage(&["--demo", "run", "default"], "the subcommand 'run' cannot be used with", &[]);
    for command in ["run", "study", "validate"] {
        let expected = ["<CONFIG>", "tip: CONFIG is a file, - for standard input, or a preset's"];
        check_usage(&[command], "the following required arguments were not", &expected);
    }
    check_usage(&["completions"], "the following required arguments were not", &["<SHELL>"]);
    check_error(&["run", "default", "extra"], b"", &["extra: No such file"]);
    check_error(&["run", "default", "opening"], b"", &["opening: a second configuration"]);
    check_error(&["run", "no/such/file"], b"", &["no/such/file: "]);
    check_error(&["run", "/"], b"", &["/: "]);
    for seed in ["-1", "9007199254740992", "abc", "", "1.5", "1e3"] {
        let seed = format!("--seed={seed}");
        check_error(&["--demo", &seed], b"", &["--seed: found "]);
    }
    check_error(&["--demo", "--seed", "-1"], b"", &["--seed: found \"-1\", expected a whole"]);
    check_usage(&["--demo", "--seed"], "a value is required for '--seed <N>'", &[]);
    for at in ["pause", "x:pause", "3:fly", "-1:pause", "3:", "99999999999:pause"] {
        check_error(&["run", "default", "--at", at], b"", &["--at: found "]);
    }
    check_error(
        &["run", "default", "--at", "3:resume"],
        b"",
        &["--at 3:resume: resume(): the rollout is PROGRESSING, expected PAUSED"],
    );
    check_error(
        &["run", "default", "--at", "90:pause"],
        b"",
        &["--at 90:pause: the rollout ends at tick 20"],
    );
    check_error(
        &["run", "default", "--at", "9:pause", "--ticks", "8"],
        b"",
        &["--at 9:pause: --ticks 8 stops the rollout before"],
    );
    check_usage(
        &["run", "default", "--format", "xml"],
        "invalid value 'xml' for '--format <FORMAT>'",
        &["[possible values: json, text, svg]"],
    );
    check_error(&["run", "default", "--ticks", "x"], b"", &["--ticks: found \"x\""]);
    check_usage(&["schema", "x"], "unexpected argument 'x'", &[]);
}

/// Checks the output of `validate` for an input: the beginning of each line.
#[track_caller]
fn check_validated(input: &[u8], lines: &[&str]) {
    let output = run_with(&["validate", "-"], input);
    assert_eq!((output.status, output.stdout.as_str()), (2, ""), "{}", output.stderr);
    let found: Vec<&str> = output.stderr.lines().collect();
    let agrees = found.len() == lines.len()
        && found.iter().zip(lines).all(|(found, expected)| found.starts_with(expected));
    assert!(agrees, "{found:#?}");
}

#[test]
fn every_fault_of_a_configuration_is_a_line_with_its_place() {
    check_validated(
        br#"{ "stages": [{ "traffic_pct": 50 }, { "traffic_pct": 25 }],
  "baseline": { "error_rate": 2 }, "tick_seconds": 0, "fly": 1 }"#,
        &[
            "-:1:54: stages[1].traffic_pct: 25 does not exceed the 50 of the stage before it",
            "-:2:31: baseline.error_rate: ",
            "-:2:52: tick_seconds: ",
            "-:2:55: fly: unknown field `fly`, ",
        ],
    );
    check_validated(b"{ \"stages\": [}", &["-:1:14: stages: expected a value"]);
    check_validated(b"\xff\xfe", &["-: byte 0 is not UTF-8"]);
    check_validated(&b"[".repeat(10_000_000), &["-: "]);
    let many = format!("{{{}}}", vec!["\"a\": 1"; 1_000].join(","));
    let output = run_with(&["validate", "-"], many.as_bytes());
    assert_eq!(output.stderr.lines().count(), 21);
    assert_eq!(output.stderr.lines().last(), Some("-: and 981 more"));
    // The errors of commands other than `validate` begin with the program's name.
    check_error(
        &["run", "-"],
        b"{\n\"stages\": 5,\n\"tick_seconds\": 0}",
        &["-:2:11: stages: ", "-:3:17: tick_seconds: "],
    );
}

/// A folder that is removed when the value is dropped.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("canary-rollout-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn several_files_are_validated_and_each_is_reported() {
    let folder = Folder::new("several");
    let file = |name: &str, text: &str| {
        let path = folder.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_string()
    };
    let good =
        file("good.json", r#"{"stages": [{"traffic_pct": 5}], "error_rate_threshold": 0.1}"#);
    let warned =
        file("warned.json", "{\n  \"rules\": [],\n  \"stages\": [{\"traffic_pct\": 5}]\n}");
    let bad = file("bad.json", "{\n  \"stages\": 5\n}");
    let none = folder.0.join("none.json").to_str().unwrap().to_string();

    let output = run(&["validate", &good, &warned, "default"]);
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert_eq!(output.stdout, format!("{good}: valid\n{warned}: valid\ndefault: valid\n"));
    assert_eq!(
        output.stderr,
        format!(
            "{warned}:2:12: warning: rules: there are none: only a person can stop a release\n"
        )
    );
    for files in [[&bad, &none, &good], [&good, &none, &bad]] {
        let output = run(&["validate", files[0], files[1], files[2]]);
        assert_eq!((output.status, output.stdout), (2, format!("{good}: valid\n")));
        assert_eq!(output.stderr.lines().count(), 2, "{}", output.stderr);
        for line in [format!("{bad}:2:13: stages: invalid type: "), format!("{none}: ")] {
            assert!(
                output.stderr.lines().any(|found| found.starts_with(&line)),
                "{}",
                output.stderr
            );
        }
    }
}

#[test]
fn every_command_has_its_help() {
    let all = succeed(&["--help"]);
    let run = ["--bind", "--name", "--seed", "--at", "--ticks", "--format", "--quiet"];
    let counts = [
        "--series",
        "--baseline",
        "--canary",
        "--from",
        "--to",
        "--step",
        "--time-zone",
        "--prometheus",
        "--query",
    ];
    let study = [
        "--bind",
        "--name",
        "--runs",
        "--seed",
        "--sweep",
        "--policy",
        "--horizon",
        "--person",
        "--require",
        "--error-probability",
        "--counts",
        "--start-of-day",
        "--threads",
        "--rows",
        "--shard",
        "--row-runs",
        "--format",
        "--quiet",
    ];
    let search = [
        "--bind",
        "--name",
        "--vary",
        "--policy",
        "--hold",
        "--least",
        "--reach",
        "--runs",
        "--candidates",
        "--seed",
        "--horizon",
        "--person",
        "--error-probability",
        "--counts",
        "--start-of-day",
        "--tolerance",
        "--policy-out",
        "--threads",
        "--format",
        "--quiet",
    ];
    let fit = ["--into", "--tick", "--start", "--format", "--quiet"];
    let laid = ["--counts", "--start", "--lay-release", "--thin-canary"];
    let flags = ["--quiet", "--partial", "--lay-release", "--thin-canary"];
    for (command, options) in [
        ("run", &run[..]),
        ("study", &[&study[..], &counts].concat()),
        ("combine", &["--partial", "--format", "--quiet"]),
        ("search", &[&search[..], &counts].concat()),
        ("fit", &[&fit[..], &counts].concat()),
        ("replay", &[&run[..], &laid, &counts].concat()),
        ("import", &["--bind", "--name", "--quiet"]),
        ("validate", &["--quiet"]),
        ("schema", &[]),
        ("catalogue", &[]),
        ("presets", &[]),
        ("completions", &[]),
        ("man", &[]),
    ] {
        let help = succeed(&[command, "--help"]);
        assert_eq!(succeed(&[command, "-h"]), help);
        assert_eq!(succeed(&["help", command]), help);
        assert!(help.contains(&format!("Usage: canary-rollout {command}")), "{help}");
        assert!(help.contains("\nExample"), "{help}");
        assert!(all.contains(&format!("\n  {command} ")), "{all}");
        // The options that the help lists are those that exist.
        for option in options {
            assert!(help.contains(&format!("{option} ")), "{option} is missing in\n{help}");
            if !flags.contains(option) {
                let first = format!("a value is required for '{option} <");
                check_usage(&[command, "default", option], &first, &[]);
            }
        }
        let listed = help.split("\nExample").next().unwrap();
        let is_option = |line: &&str| line.trim_start().starts_with('-') && line.contains(" --");
        assert_eq!(listed.lines().filter(is_option).count(), options.len() + 1, "{help}");
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
    }
    assert!(all.lines().all(|line| line.chars().count() <= 80), "{all}");
    assert_eq!(succeed(&["run", "default", "--seed", "3", "--help"]), succeed(&["run", "-h"]));
}

/// Every example in a help text is a command that runs.
#[test]
fn the_examples_of_the_help_are_understood() {
    let mut examples = 0;
    for command in [
        "run",
        "study",
        "import",
        "validate",
        "export",
        "schema",
        "catalogue",
        "presets",
        "completions",
        "man",
    ] {
        let help = succeed(&[command, "--help"]).replace("\\\n", " ");
        for line in help.lines().filter_map(|line| line.strip_prefix("  canary-rollout ")) {
            let typed = line.split(['|', '>', '<']).next().unwrap();
            // Quoted bounds contain a `<`; those of a study are tested in
            // `study_cli`.
            if line.contains('\'') || line.contains("policy.json") && command != "presets" {
                continue;
            }
            let example = |name: &str| match name {
                "rollout.yaml" | "analysis.yaml" => format!("examples/controllers/{name}"),
                _ => name.to_string(),
            };
            let arguments: Vec<String> = typed.split_whitespace().map(example).collect();
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let output = run(&arguments);
            assert_eq!(output.status, 0, "{line}: {}", output.stderr);
            examples += 1;
        }
    }
    assert!(examples >= 12, "{examples}");
}

#[test]
fn a_preset_is_printed_as_a_configuration() {
    let json = succeed(&["presets", "twice-the-errors"]);
    let report = run_with(&["run", "-"], json.as_bytes());
    assert_eq!((report.status, report.stdout), (0, succeed(&["run", "twice-the-errors"])));
    check_usage(
        &["presets", "defualt"],
        "invalid value 'defualt' for '[NAME]'",
        &["[possible values: default, ", "similar value exists: 'default'"],
    );
}

#[test]
fn completions_and_manual_pages_know_the_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = succeed(&["completions", shell]);
        for word in ["study", "require", "threads"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    check_usage(&["completions", "csh"], "invalid value 'csh' for '<SHELL>'", &["bash, elvish"]);
    let all = succeed(&["man"]);
    assert!(all.contains(".TH canary-rollout 1") && all.contains("SUBCOMMANDS"), "{all}");
    let study = succeed(&["man", "study"]);
    assert!(study.contains("false_rollback") && study.contains("require"), "{study}");
    check_error(&["man", "fly"], b"", &["man: found \"fly\", expected a command, one of run, "]);
}

#[test]
fn quiet_leaves_errors_and_answers() {
    for arguments in [
        &["run", "default", "--at", "3:pause", "--quiet"][..],
        &["study", "default", "--runs=20", "-q"],
        &["validate", "-q", "default"],
    ] {
        assert!(!succeed(arguments).is_empty(), "{arguments:?}");
    }
    let warned =
        run_with(&["validate", "-q", "-"], br#"{"stages": [{"traffic_pct": 5}], "rules": []}"#);
    assert_eq!((warned.status, warned.stderr.as_str()), (0, ""));
    let gate = run(&["study", "opening", "-q", "--runs=2000", "--require=false_rollback<=0.05"]);
    assert_eq!((gate.status, gate.stderr.lines().count()), (1, 1), "{}", gate.stderr);
    check_error(&["run", "-q", "no/such/file"], b"", &["no/such/file: "]);
}

#[test]
fn an_option_that_takes_one_value_is_given_once() {
    for (command, option, value) in [
        ("run", "--seed", "1"),
        ("run", "--ticks", "1"),
        ("run", "--format", "json"),
        ("study", "--seed", "1"),
        ("study", "--runs", "1"),
        ("study", "--horizon", "1"),
        ("study", "--sweep", "error_ratio=1"),
        ("study", "--threads", "1"),
        ("study", "--format", "json"),
    ] {
        let output = run(&[command, "default", option, value, option, value]);
        assert_eq!((output.status, output.stdout.as_str()), (2, ""), "{}", output.stderr);
        let expected = format!("canary-rollout: the argument '{option} <");
        assert!(output.stderr.starts_with(&expected), "{}", output.stderr);
        assert!(output.stderr.contains("cannot be used multiple times\n"), "{}", output.stderr);
    }
    check_usage(&["--demo", "--seed=1", "--seed=2"], "the argument '--seed <N>' cannot be", &[]);
    succeed(&["run", "default", "--at", "3:pause", "--at", "4:resume"]);
}

#[test]
fn the_probable_meaning_is_suggested() {
    for (arguments, meant) in [
        (&["stduy"][..], "'study'"),
        (&["--hlep"], "'--help'"),
        (&["run", "default", "--sed=1"], "'--seed'"),
        (&["study", "default", "--polcy", "x"], "'--policy'"),
    ] {
        check_usage(arguments, "un", &[meant]);
    }
    let output = run(&["run", "twice-the-error"]);
    assert!(output.stderr.ends_with("; did you mean the preset twice-the-errors?\n"));
    check_validated(
        br#"{"stages": [{"traffic_pct": 5}], "rules": [{"rule": "z-test"}]}"#,
        &["-:1:53: rules[0].rule: unknown rule \"z-test\" (did you mean \"z_test\"?)"],
    );
}

/// Names in output cannot control a terminal or break the lines of a table.
#[test]
fn names_cannot_control_a_terminal() {
    const STEERING: &str =
        "\u{1b}]0;pwned\u{7}\u{1b}[2J\u{9b}31m\u{202e}\u{7f}\nfake line: COMPLETED";
    let folder = Folder::new("names");
    let policy = folder.0.join("\u{1b}[31m\nfake.json");
    std::fs::write(&policy, "{\"rules\": []}").unwrap();
    let policy = policy.to_str().unwrap();
    let config = serde_json::json!({
        "name": STEERING,
        "stages": [{ "traffic_pct": 5, "name": STEERING }],
    });
    let key = serde_json::json!({ STEERING: 1 });
    let rule =
        serde_json::json!({ "stages": [{ "traffic_pct": 5 }], "rules": [{ "rule": STEERING }] });
    for (arguments, input) in [
        (&["run", "-", "--format", "text"][..], &config),
        (&["study", "-", "--runs", "2", "--format", "text", "--policy", policy], &config),
        (&["validate", "-"], &key),
        (&["validate", "-"], &rule),
        (&["run", STEERING], &config),
        (&["run", "default", STEERING], &config),
        (&["run", "default", "--format", STEERING], &config),
        (&["run", "default", "--at", STEERING], &config),
        (&["run", "default", &format!("--{STEERING}")], &config),
        (&["presets", STEERING], &config),
        (&["man", STEERING], &config),
        (&["study", "default", "--require", STEERING], &config),
        (&["study", "default", "--sweep", STEERING], &config),
        (&[STEERING], &config),
        (&["validate", policy], &config),
    ] {
        let output = run_with(arguments, input.to_string().as_bytes());
        for text in [&output.stdout, &output.stderr] {
            let steers = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
            assert!(!text.chars().any(steers), "{arguments:?}: {text:?}");
            assert!(!text.lines().any(|line| line.starts_with("fake")), "{text}");
        }
    }
    let long = "x".repeat(100_000);
    let option = format!("--{long}");
    for arguments in [
        &["run", "default", &long][..],
        &["run", "default", &option],
        &["study", "default", "--require", &long],
        &["study", "default", "--format", &long],
        &["presets", &long],
        &[&long],
        &[&option],
    ] {
        let output = run(arguments);
        assert!(output.stderr.len() < 700, "{}", output.stderr);
    }
}

/// A program without standard error still does its work.
#[cfg(unix)]
#[test]
fn a_closed_or_full_standard_error_loses_nothing() {
    let program = PROGRAM;
    let gate = ["study", "opening", "--runs=200", "--require=false_rollback<=0.01"];
    let report = run(&gate).stdout;
    let missing = ["validate", "no/such/file"];
    for (arguments, status, stdout) in [
        (&gate[..], 1, report.as_str()),
        (&["validate", "opening"], 0, "opening: valid\n"),
        (&missing, 2, ""),
    ] {
        let check = |output: std::process::Output, what: &str| {
            assert_eq!(output.status.code(), Some(status), "{arguments:?}, {what}");
            assert_eq!(String::from_utf8(output.stdout).unwrap(), stdout, "{arguments:?}, {what}");
        };
        // Nothing reads the pipe any more.
        let mut child = Command::new(program)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stderr.take());
        check(child.wait_with_output().unwrap(), "a closed pipe");
        for to in ["2>&-", "2>/dev/full"] {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("exec \"$0\" \"$@\" {to}"), program]).args(arguments);
            check(shell.output().unwrap(), to);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_files_name_need_not_be_utf8() {
    use std::os::unix::ffi::OsStringExt;
    let folder = Folder::new("bytes");
    let path = folder.0.join(std::ffi::OsString::from_vec(b"\xff\xe9.json".to_vec()));
    std::fs::write(&path, r#"{"stages": [{"traffic_pct": 5}], "rules": [], "rollback_ticks": 0}"#)
        .unwrap();
    let program = PROGRAM;
    for arguments in [&["run"][..], &["study", "--runs", "2"], &["validate"]] {
        let output = Command::new(program).args(arguments).arg(&path).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    std::fs::write(&path, r#"{"rules": []}"#).unwrap();
    let output = Command::new(program)
        .args(["study", "default", "--runs=2", "--policy"])
        .arg(&path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// The stacks of 10,000 threads would need 20 GB of address space.
#[cfg(target_os = "linux")]
#[test]
fn no_environment_starts_thousands_of_threads() {
    let script = r#"ulimit -v 16000000; exec "$PROGRAM" study default --runs 2"#;
    let output = Command::new("sh")
        .args(["-c", script])
        .env("PROGRAM", PROGRAM)
        .env("RAYON_NUM_THREADS", "999999")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// A text of brackets and a deep path reach a limit, without a stack overflow.
#[test]
fn depth_is_an_error() {
    let deep = format!("caught(a{}=1)<=0.5", ".a".repeat(60_000));
    check_error(&["study", "default", "--require", &deep], b"", &["require: caught(a.a.a"]);
    let sweep = format!("a{}=1", "[0]".repeat(40_000));
    check_error(
        &["study", "default", "--sweep", &sweep],
        b"",
        &["default: study.sweep.field: found "],
    );
}

#[test]
fn a_policy_is_exported_or_refused_with_what_has_no_words() {
    let text = "tick_seconds: 60\nstages: [{ traffic_pct: 5, duration_ticks: 3 }]\n\
                rules: [{ rule: error_rate, max: 0.1 }]\n";
    let from_input = run_with(&["export", "argo", "-"], text.as_bytes());
    assert_eq!(from_input.status, 0, "{}", from_input.stderr);
    assert!(from_input.stdout.starts_with("apiVersion: argoproj.io/v1alpha1\nkind: Rollout\n"));
    assert!(from_input.stdout.contains("\n---\napiVersion: argoproj.io/v1alpha1\nkind: Analysis"));
    assert!(from_input.stderr.contains("Fill in what is yours: the Deployment my-service"));

    let directory = std::env::temp_dir().join(format!("canary-rollout-{}", std::process::id()));
    let options = ["--service", "shop", "--version", "track=new,old", "--quiet", "--directory"];
    let options = [&["export", "argo", "-"][..], &options, &[directory.to_str().unwrap()]].concat();
    let output = run_with(&options, text.as_bytes());
    let templates = std::fs::read_to_string(directory.join("analysis-templates.yaml")).unwrap();
    let rollout = std::fs::read_to_string(directory.join("rollout.yaml")).unwrap();
    std::fs::remove_dir_all(&directory).unwrap();
    assert_eq!((output.status, output.stdout, output.stderr), (0, String::new(), String::new()));
    assert!(rollout.contains("name: shop\n"), "{rollout}");
    assert!(templates.contains("{track=\"new\",code=~\"5..\"}"), "{templates}");

    let text = text.replace("error_rate, max: 0.1", "fisher");
    let refused = run_with(&["export", "argo", "-"], text.as_bytes());
    assert_eq!((refused.status, refused.stdout), (2, String::new()));
    let lines: Vec<&str> = refused.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert_eq!(lines[0], "canary-rollout: -: the policy has no words in Argo Rollouts:");
    assert!(lines[1].starts_with("canary-rollout: -: rules[0].rule: fisher has no words"));

    let wrong = run(&["export", "argo", "default", "--version", "canary"]);
    assert!(wrong.stderr.contains("--version: found \"canary\", expected LABEL=CANARY,STABLE"));
}
