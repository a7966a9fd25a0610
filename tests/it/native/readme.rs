//! README's examples do what they say. The Rust one is a doctest; the
//! JavaScript one runs in Chromium, in `tests/page/readme.test.mjs`.

use std::path::Path;

use super::console::{blocks, check_console};
use crate::support::config;

const README: &str = include_str!("../../../README.md");

#[test]
fn the_command_lines_do_what_they_show() {
    assert!(check_console(README) >= 7);
}

#[test]
fn the_configuration_is_valid() {
    let examples = blocks(README, "json");
    assert_eq!(examples.len(), 1);
    config(examples[0]);
}

#[test]
fn the_named_files_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let quoted = README.split('`').skip(1).step_by(2).filter(|name| name.starts_with("tests/"));
    let linked = README.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let files: Vec<&str> = quoted.chain(linked).filter(|name| !name.contains("://")).collect();
    assert!(files.len() > 10, "{files:?}");
    for file in files {
        assert!(root.join(file).is_file(), "{file}");
    }
}
