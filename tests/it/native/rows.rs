//! Studies past one machine on the command line: `study --rows` and `combine`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use canary_rollout::study::rows::ENGINE;
use serde_json::Value;

use super::program::{Output, PROGRAM, output_of, run, run_with};

/// A new directory for the files of a test.
fn directory(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rows").join(test);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// The path of a file in a directory.
fn file(directory: &Path, name: &str) -> String {
    directory.join(name).to_string_lossy().into_owned()
}

#[track_caller]
fn succeed(arguments: &[&str]) -> Output {
    let output = run(arguments);
    assert_eq!(output.status, 0, "{arguments:?}: {}", output.stderr);
    output
}

#[track_caller]
fn refused(arguments: &[&str], expected: &str) {
    let output = run(arguments);
    assert_eq!((output.status, output.stdout.as_str()), (2, ""), "{arguments:?}");
    assert!(output.stderr.contains(expected), "{}\nexpected: {expected}", output.stderr);
}

/// Numbers that look random, by SplitMix64.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as usize % n
    }
}

/// Cuts a file as a process does that is killed while it writes: somewhere.
fn cut(path: &str, numbers: &mut Numbers) {
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..numbers.below(bytes.len())]).unwrap();
}

const STUDY: [&str; 8] =
    ["study", "twice-the-errors", "--runs", "1000", "--sweep", "error_ratio=1.5,3", "--seed", "7"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&STUDY[..], more].concat()
}

#[test]
fn forty_shards_in_any_order_some_twice_some_killed_are_the_bytes_of_one_run() {
    let at = directory("forty");
    let mut numbers = Numbers(15);
    let mut files = Vec::new();
    let mut todo: Vec<u64> = (1..=40).collect();
    while !todo.is_empty() {
        let shard = format!("{}/40", todo.remove(numbers.below(todo.len())));
        let name = file(&at, &format!("{}.ndjson", shard.replace('/', "-of-")));
        let line = with(&["--quiet", "--rows", &name, "--row-runs", "7", "--shard", &shard]);
        succeed(&line);
        let whole = fs::read(&name).unwrap();
        // Killed, once or several times, and run again.
        for _ in 0..numbers.below(3) {
            cut(&name, &mut numbers);
            let again = succeed(&line);
            assert_eq!((again.stdout.as_str(), again.stderr.as_str()), ("", ""));
            assert_eq!(fs::read(&name).unwrap(), whole);
        }
        files.push(name);
        if numbers.below(4) == 0 {
            // Run a second time elsewhere, as a scheduler does that lost sight of a task; that
            // may be killed, too.
            let twin = file(&at, &format!("twin-{}.ndjson", files.len()));
            succeed(&with(&["--quiet", "--rows", &twin, "--row-runs", "7", "--shard", &shard]));
            files.push(twin);
        }
    }
    assert!(files.len() > 43, "{}", files.len());
    for i in (1..files.len()).rev() {
        files.swap(i, numbers.below(i + 1));
    }
    let one = succeed(&with(&["--quiet"])).stdout;
    let all: Vec<&str> = ["combine"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let combined = succeed(&all);
    assert_eq!(combined.stdout, one);
    assert!(combined.stderr.contains("twice"), "{}", combined.stderr);
    assert!(combined.stderr.contains("canary-rollout: 1000 runs in "), "{}", combined.stderr);
    // As one stream, and in the other formats.
    let joined: Vec<u8> = files.iter().flat_map(|name| fs::read(name).unwrap()).collect();
    assert_eq!(run_with(&["combine", "-"], &joined).stdout, one);
    for format in ["text", "csv", "svg"] {
        let combined = run_with(&["combine", "-", "--format", format], &joined).stdout;
        assert_eq!(combined, succeed(&with(&["--quiet", "--format", format])).stdout);
    }
}

#[test]
fn a_killed_process_leaves_whole_rows() {
    let at = directory("killed");
    let name = file(&at, "rows.ndjson");
    let line = |runs: &'static str| {
        ["study", "reference", "--runs", runs, "--row-runs", "10", "--rows"].map(String::from)
    };
    let mut child = Command::new(PROGRAM)
        .args(line("1e11"))
        .args([&name, "--quiet"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = || fs::read(&name).unwrap_or_default().iter().filter(|b| **b == b'\n').count();
    while lines() < 4 {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();

    let partial = succeed(&["combine", &name, "--partial", "--quiet"]);
    let report: Value = serde_json::from_str(&partial.stdout).unwrap();
    let runs = report["runs"].as_u64().unwrap();
    assert!(runs >= 30 && runs.is_multiple_of(10), "{runs}");
    assert_eq!(report["seeds"]["last"], runs - 1);
    // The file goes on; its report is that of all that it has.
    let more = (runs + 25).to_string();
    let again = ["study", "reference", "--row-runs", "10", "--runs", &more];
    let report = succeed(&[&again[..], &["--rows", &name, "--quiet"]].concat());
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    assert_eq!(report["runs"], runs + 25);
}

#[test]
fn without_a_shard_it_is_a_study_that_can_be_interrupted() {
    let at = directory("resumed");
    let name = file(&at, "rows.ndjson");
    let policy = file(&at, "policy.json");
    fs::write(&policy, "{ \"error_rate_threshold\": 0.004, \"rules\": [] }").unwrap();
    let own = with(&["--policy", &policy, "--horizon", "50", "--person", "3:resume"]);
    let one = succeed(&[&own[..], &["--quiet"]].concat()).stdout;
    let line = [&own[..], &["--rows", &name, "--row-runs", "128"]].concat();
    let first = succeed(&line);
    assert_eq!(first.stdout, one);
    // Rows end at multiples of 128.
    let text = fs::read_to_string(&name).unwrap();
    let starts: Vec<u64> = text
        .lines()
        .skip(1)
        .map(|row| serde_json::from_str::<Value>(row).unwrap()["first_seed"].as_u64().unwrap())
        .collect();
    assert_eq!(starts, [7, 128, 256, 384, 512, 640, 768, 896]);
    let second = succeed(&line);
    assert_eq!(second.stdout, one);
    assert!(second.stderr.contains("rows.ndjson has 1000 of them"), "{}", second.stderr);
    assert_eq!(fs::read_to_string(&name).unwrap(), text);
    // To standard output, without a report.
    let piped = succeed(&[&own[..], &["--rows", "-", "--row-runs", "128"]].concat()).stdout;
    assert_eq!(piped, text);
}

#[test]
fn files_that_do_not_fit_are_refused_before_anything_is_simulated() {
    let at = directory("refused");
    let rows = file(&at, "rows.ndjson");
    let shard = |options: &[&'static str], name: &str| {
        let line = [&["study", "reference", "--quiet", "--runs", "1e11"], options].concat();
        let line: Vec<String> = line.into_iter().map(String::from).collect();
        [&line[..], &["--rows".to_string(), name.to_string()]].concat()
    };
    succeed(&["study", "reference", "--quiet", "--runs", "40", "--rows", &rows]);
    let text = fs::read_to_string(&rows).unwrap();
    let newer = file(&at, "newer.ndjson");
    fs::write(&newer, text.replace(ENGINE, "7.1.0+seeds.9")).unwrap();
    let damaged = file(&at, "damaged.ndjson");
    fs::write(&damaged, text.replacen("\"completed\":", "\"completed\":1", 1)).unwrap();
    let policy = file(&at, "policy.json");
    fs::write(&policy, "{ \"stages\": [{ \"traffic_pct\": 5 }] }").unwrap();
    let cut_policy = file(&at, "no-line-feed");
    fs::write(&cut_policy, "stages").unwrap();
    for (options, name, expected) in [
        (&["--horizon", "9"][..], &rows, "rows.ndjson:1: rows of another question: their id is "),
        (&["--sweep", "error_ratio=2"], &rows, "rows of another question"),
        (&[], &newer, "newer.ndjson:1: of another engine: found \"7.1.0+seeds.9\", expected "),
        (&[], &damaged, "damaged.ndjson:2: a damaged row: its check is wrong"),
        (&[], &policy, "policy.json:1: expected rows of a study"),
        (&[], &cut_policy, "no-line-feed:1: expected rows of a study"),
    ] {
        let before = fs::read(name).unwrap();
        let line = shard(options, name);
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        refused(&line, expected);
        assert_eq!(fs::read(name).unwrap(), before, "{name}");
    }
    let nowhere = file(&at, "no/where");
    refused(&["study", "reference", "--rows", &nowhere], "no/where: No such file or directory");
    refused(
        &["study", "reference", "--rows", &rows, "--require", "waiting<=0.1"],
        "--require: expected without --rows",
    );
    refused(&["combine", &rows, "--require", "waiting<=0.1"], "--require: expected with study");
    refused(&["combine", &policy], "policy.json:1: not a row: ");
    refused(&["combine", &nowhere], "no/where: No such file or directory");
    refused(&["combine", "/dev/null"], "expected rows of a study, found none");
    refused(&["combine", &rows, &newer], "newer.ndjson:1: of another engine");
    refused(&["combine", &rows, &damaged], "damaged.ndjson:2: a damaged row");
    let other = file(&at, "other.ndjson");
    succeed(&["study", "default", "--quiet", "--runs", "40", "--rows", &other]);
    refused(&["combine", &rows, &other], "other.ndjson:1: of another question");
    let overlap = file(&at, "overlap.ndjson");
    succeed(&["study", "reference", "--quiet", "--runs", "60", "--seed", "20", "--rows", &overlap]);
    refused(
        &["combine", &rows, &overlap],
        "overlap.ndjson:2: seeds 20 to 79 overlap seeds 0 to 39 of ",
    );
    let line = text.lines().nth(1).unwrap();
    fs::write(&other, &text[..text.len() - line.len() / 2]).unwrap();
    refused(&["combine", &other], "other.ndjson:2: a cut line, expected a whole row");
    for (wrong, expected) in [
        (&["--shard", "1/2"][..], "--rows"),
        (&["--row-runs", "5"], "--rows"),
        (&["--rows", "-", "--shard", "0/2"], "--shard: found \"0/2\", expected I/N or auto/N"),
        (&["--rows", "-", "--shard", "3/2"], "--shard: found \"3/2\""),
        (&["--rows", "-", "--shard", "1/1000001"], "N up to 1,000,000"),
        (&["--rows", "-", "--shard", "x"], "--shard: found \"x\""),
        (&["--rows", "-", "--shard", "1/2", "--format", "csv"], "--format"),
        (&["--rows", "-", "--row-runs", "0"], "--row-runs: found \"0\", expected 1 to 1000000000"),
        (&["--rows", "-", "--runs", "1e13"], "--runs: found 10000000000000, expected at most"),
        (&["--rows", "-", "--runs", "0.5"], "study.runs: "),
        (
            &["--rows", "-", "--runs", "1e12", "--seed", "9007198254740000"],
            "--seed: expected seeds below",
        ),
    ] {
        refused(&[&["study", "reference"], wrong].concat(), expected);
    }
}

#[test]
fn missing_seeds_and_shards_are_told() {
    let at = directory("missing");
    let mut files = Vec::new();
    for shard in ["1/5", "3/5"] {
        let name = file(&at, &shard.replace('/', "-"));
        succeed(&with(&["--quiet", "--rows", &name, "--shard", shard]));
        files.push(name);
    }
    let all: Vec<&str> = ["combine"].into_iter().chain(files.iter().map(String::as_str)).collect();
    refused(&all, "600 seeds are missing: 207 to 406, 607 to 1006");
    refused(&all, "run again, with the same files: --shard 2/5, --shard 4/5, --shard 5/5");
    refused(&all, "--partial reports without them");
    let partial = succeed(&[&all[..], &["--partial"]].concat());
    assert!(partial.stderr.contains("600 seeds are missing"), "{}", partial.stderr);
    let report: Value = serde_json::from_str(&partial.stdout).unwrap();
    assert_eq!((&report["partial"], &report["runs"]), (&true.into(), &400.into()));
    assert_eq!(report["missing_seeds"][0]["first"], 207);
    let text = succeed(&[&all[..], &["--partial", "--format", "text"]].concat()).stdout;
    assert!(text.contains("400 runs from seed 7, 600 of 1,000 seeds are missing"), "{text}");
}

/// Variables of schedulers, and the shard that they name.
#[test]
fn the_index_of_a_shard_is_read_from_the_scheduler() {
    let kubernetes = "JOB_COMPLETION_INDEX";
    let slurm = "SLURM_ARRAY_TASK_ID";
    let aws = "AWS_BATCH_JOB_ARRAY_INDEX";
    let (min, count, step) =
        ("SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_STEP");
    let size = "AWS_BATCH_JOB_ARRAY_SIZE";
    for (variables, expected) in [
        (&[(kubernetes, "0")][..], Ok("shard 1/8 by JOB_COMPLETION_INDEX=0, seeds 0 to 4")),
        (&[(kubernetes, "7")], Ok("shard 8/8 by JOB_COMPLETION_INDEX=7, seeds 35 to 39")),
        (&[(slurm, "3"), (min, "1"), (count, "8")], Ok("shard 3/8 by SLURM_ARRAY_TASK_ID=3, ")),
        (&[(slurm, "14"), (min, "0"), (count, "8"), (step, "2")], Ok("shard 8/8 by ")),
        (&[(aws, "2"), (size, "8")], Ok("shard 3/8 by AWS_BATCH_JOB_ARRAY_INDEX=2, ")),
        (&[(aws, "2")], Ok("shard 3/8 by AWS_BATCH_JOB_ARRAY_INDEX=2, ")),
        (&[], Err("expected JOB_COMPLETION_INDEX (an Indexed Job of Kubernetes), SLURM_")),
        (&[(kubernetes, "8")], Err("JOB_COMPLETION_INDEX is 8, expected 0 to 7")),
        (&[(kubernetes, "x")], Err("JOB_COMPLETION_INDEX is \"x\", expected a whole number")),
        (
            &[(slurm, "3"), (min, "1"), (count, "7")],
            Err("TASK_COUNT is 7, expected 8 tasks; to run"),
        ),
        (&[(slurm, "3"), (count, "8")], Err("SLURM_ARRAY_TASK_MIN is \"\", expected a whole")),
        (&[(slurm, "0"), (min, "1"), (count, "8")], Err("TASK_ID is 0, expected 1 to 8")),
        (&[(slurm, "3"), (min, "0"), (count, "8"), (step, "2")], Err("is 3, expected 0 to 14")),
        (&[(aws, "2"), (size, "40")], Err("AWS_BATCH_JOB_ARRAY_SIZE is 40, expected 8 tasks")),
        (
            &[(aws, "2"), (kubernetes, "2")],
            Err("found JOB_COMPLETION_INDEX, AWS_BATCH_JOB_ARRAY_IN"),
        ),
    ] {
        let mut command = Command::new(PROGRAM);
        for name in [kubernetes, slurm, aws, min, count, step, size] {
            command.env_remove(name);
        }
        command.args(["study", "reference", "--runs", "40", "--rows", "-", "--shard", "auto/8"]);
        let output = output_of(command.envs(variables.iter().copied()), b"");
        let (status, words) = expected.map_or_else(|words| (2, words), |words| (0, words));
        assert_eq!(output.status, status, "{variables:?}: {}", output.stderr);
        assert!(output.stderr.contains(words), "{}\nexpected: {words}", output.stderr);
    }
}

#[test]
fn more_shards_than_seeds_leave_some_without_any() {
    let at = directory("few");
    let names: Vec<String> = (1..=5).map(|i| file(&at, &i.to_string())).collect();
    for (i, name) in (1..).zip(&names) {
        let shard = format!("{i}/5");
        succeed(&["study", "reference", "--runs", "3", "--rows", name, "--shard", &shard]);
    }
    let all: Vec<&str> = ["combine"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let one = succeed(&["study", "reference", "--runs", "3"]).stdout;
    assert_eq!(succeed(&all).stdout, one);
}
