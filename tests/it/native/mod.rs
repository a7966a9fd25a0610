//! The program's face, which has no browser.

#[test]
fn program_prints_its_version() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_canary-rollout")).output();
    let output = output.expect("the program starts");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), canary_rollout::VERSION);
}
