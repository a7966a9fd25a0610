//! The examples for clusters, run as far as they can be without one. What is not installed
//! (`scripts/install.sh cluster`) is left out, with a word.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::program::{PROGRAM, output_of, run};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const KUBERNETES: &str = include_str!("../../../examples/cluster/kubernetes.yaml");

fn example(name: &str) -> PathBuf {
    Path::new(ROOT).join("examples/cluster").join(name)
}

fn directory(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clusters").join(test);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// A command with the program in its environment and no variables of a scheduler.
fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env("CANARY_ROLLOUT", PROGRAM).current_dir(ROOT);
    for name in ["JOB_COMPLETION_INDEX", "SLURM_ARRAY_TASK_ID", "AWS_BATCH_JOB_ARRAY_INDEX"] {
        command.env_remove(name);
    }
    command
}

#[track_caller]
fn succeed(command: &mut Command) -> String {
    let output = output_of(command, b"");
    assert_eq!(output.status, 0, "{command:?}: {}", output.stderr);
    output.stdout
}

/// The report of one run.
fn one(runs: &str) -> String {
    run(&["study", "twice-the-errors", "--runs", runs, "--quiet"]).stdout
}

/// The Python in which Dask is, if it is installed.
fn python() -> Option<PathBuf> {
    let python = Path::new(ROOT).join("target/cluster-venv/bin/python");
    if python.exists() {
        return Some(python);
    }
    eprintln!("left out: scripts/install.sh cluster installs what this test needs");
    None
}

fn rows(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<String> = names.map(|path| path.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The report of the rows in a directory.
#[track_caller]
fn combined(directory: &Path) -> String {
    succeed(command(PROGRAM).arg("combine").args(rows(directory)))
}

#[test]
fn gnu_parallel_gives_the_bytes_of_one_run() {
    if Command::new("parallel").arg("--version").output().is_err() {
        eprintln!("left out: there is no GNU parallel");
        return;
    }
    let at = directory("parallel");
    let mut script = command(example("parallel.sh"));
    script.args(["twice-the-errors", "500", "9"]).arg(&at);
    assert_eq!(succeed(&mut script), one("500"));
    assert_eq!(rows(&at).len(), 9);
    // Again: nothing is left to simulate.
    assert_eq!(succeed(&mut script), one("500"));
}

#[test]
fn a_slurm_array_gives_the_bytes_of_one_run() {
    let script = example("slurm.sh");
    succeed(command("bash").arg("-n").arg(&script));
    let at = directory("slurm");
    let task = |id: u32, count: &str| {
        let mut task = command("bash");
        task.arg(&script).arg("twice-the-errors").env("RUNS", "400").env("ROWS", &at);
        task.env("SLURM_ARRAY_TASK_ID", id.to_string()).env("SLURM_ARRAY_TASK_MIN", "0");
        task.env("SLURM_ARRAY_TASK_COUNT", count).env("SLURM_CPUS_PER_TASK", "1");
        task
    };
    for id in (0..40).rev().filter(|id| *id != 16) {
        succeed(&mut task(id, "40"));
    }
    let all = rows(&at);
    let lacking = output_of(command(PROGRAM).arg("combine").args(&all), b"");
    assert!(lacking.stderr.contains("with the same files: --shard 17/40"), "{}", lacking.stderr);
    // One task again, as the script says.
    succeed(task(16, "1").env("SHARD_OF", "40"));
    assert_eq!(combined(&at), one("400"));
}

/// The lines of the container of the Job, run as a pod runs them.
#[test]
fn the_job_of_kubernetes_is_valid_and_its_command_runs() {
    let completions = KUBERNETES.split("completions: ").nth(1).unwrap();
    assert!(completions.starts_with("40\n") && KUBERNETES.contains("--shard=auto/40\n"));
    let command_line = KUBERNETES.split("command: [").nth(1).unwrap().split(']').next().unwrap();
    let mut words = command_line.split(", ");
    assert_eq!(words.next(), Some("canary-rollout"));
    let at = directory("kubernetes");
    for index in 0..40 {
        let mut pod = command(PROGRAM);
        for word in words.clone() {
            pod.arg(word.replace("/policy/policy.json", "twice-the-errors"));
        }
        let arguments = KUBERNETES.lines().filter_map(|line| line.trim().strip_prefix("- --"));
        for argument in arguments {
            let argument = argument.replace("runs=1e9", "runs=400");
            let argument = argument.replace("/rows/", &format!("{}/", at.display()));
            pod.arg(format!(
                "--{}",
                argument.replace("$(JOB_COMPLETION_INDEX)", &index.to_string())
            ));
        }
        succeed(pod.env("JOB_COMPLETION_INDEX", index.to_string()));
    }
    assert_eq!(combined(&at), one("400"));
    // Against the schemas of Kubernetes.
    let Some(python) = python() else { return };
    let validate = "import sys, yaml, kubernetes_validate\n\
                    for each in yaml.safe_load_all(open(sys.argv[1])):\n    \
                    kubernetes_validate.validate(each, '1.31', strict=True)";
    succeed(command(python).args(["-c", validate]).arg(example("kubernetes.yaml")));
}

#[test]
fn dask_gives_the_bytes_of_one_run_with_two_workers_and_with_four() {
    let Some(python) = python() else { return };
    for workers in ["2", "4"] {
        let mut script = command(&python);
        script.arg(example("dask_local.py")).arg("twice-the-errors");
        script.args(["--runs", "500", "--shards", "11", "--workers", workers]);
        assert_eq!(succeed(&mut script), one("500"), "{workers} workers");
    }
}
