//! The program, run as a person or a pipeline runs it.

use std::io::Write;
use std::process::{Command, Stdio};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_canary-rollout");

/// What the program left.
pub struct Output {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs the program.
pub fn run(arguments: &[&str]) -> Output {
    run_with(arguments, b"")
}

/// Runs the program with an input.
pub fn run_with(arguments: &[&str], input: &[u8]) -> Output {
    output_of(Command::new(PROGRAM).args(arguments), input)
}

/// Runs a command with an input.
pub fn output_of(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may refuse the input before it has read all of it.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    Output {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
