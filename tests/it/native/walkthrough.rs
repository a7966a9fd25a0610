//! Carries out the walk-through of docs/architecture.md: writes its files and makes
//! its changes in a copy of this tree, then runs the tests and commands there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::console::{check_console_with, section};
use super::papers::ARCHITECTURE;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// `target/tmp`.
const ROOM: &str = env!("CARGO_TARGET_TMPDIR");

/// The test suite of the copy, with only the modules it needs.
const SUITE: &str = "//! Those of the rules.\nmod rules;\n#[allow(dead_code)]\nmod support;\n";

/// Texts of files, by their path from the root.
type Tree = BTreeMap<PathBuf, String>;

#[test]
fn a_new_rule_takes_what_the_walk_through_says() {
    let steps = section(ARCHITECTURE, "### Walk-through: a latency spike");
    let mut tree = Tree::new();
    for path in
        ["src", "benches", "Cargo.lock", "README.md", "tests/it/rules.rs", "tests/it/support.rs"]
    {
        read(Path::new(path), &mut tree);
    }
    tree.insert("tests/it/main.rs".into(), SUITE.to_string());
    // The library for the browser has no hash in its name, so it would overwrite
    // the one of this tree.
    let manifest = fs::read_to_string(Path::new(ROOT).join("Cargo.toml")).unwrap();
    let manifest = manifest.replace(r#"["cdylib", "rlib"]"#, r#"["rlib"]"#) + "\n[workspace]\n";
    tree.insert("Cargo.toml".into(), manifest);

    assert!(carry_out(steps, &mut tree) >= 4, "the walk-through has lost its steps");
    let copy = Path::new(ROOM).join("walkthrough");
    write(&tree, &copy);

    // Dependencies are taken from the build of this suite; the output is separate.
    // Not optimised, because compiling takes longer than running.
    let target = copy.join("target");
    let output = Command::new(env!("CARGO"))
        .args(["--config", "profile.dev.package.canary-rollout.opt-level=0"])
        .args(["test", "--quiet", "--offline", "--locked", "--test", "it"])
        .current_dir(&copy)
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_BUILD_BUILD_DIR", Path::new(ROOM).parent().unwrap())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap());
    let clean = output.status.success() && !said[1].contains("warning: ");
    assert!(clean, "{}", said.concat());

    assert!(
        check_console_with(steps, "console with the new rule", &target.join("debug"), &copy) > 0
    );
}

/// Reads a file, or all files of a folder.
fn read(path: &Path, tree: &mut Tree) {
    let place = Path::new(ROOT).join(path);
    if place.is_dir() {
        for entry in fs::read_dir(place).unwrap() {
            read(&path.join(entry.unwrap().file_name()), tree);
        }
    } else {
        tree.insert(path.to_path_buf(), fs::read_to_string(place).unwrap());
    }
}

/// Writes these files to a folder, and removes all others in `src`.
fn write(tree: &Tree, folder: &Path) {
    let _ = fs::remove_dir_all(folder.join("src"));
    for (path, text) in tree {
        let place = folder.join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }
}

/// Carries out the blocks that name a path: `rust` and `json` blocks are new files,
/// a `diff` changes one. Returns the number of blocks.
fn carry_out(steps: &str, tree: &mut Tree) -> u32 {
    let mut done = 0;
    for block in steps.split("\n```").skip(1).step_by(2) {
        let (fence, text) = block.split_once('\n').unwrap();
        match fence.split_once(' ') {
            Some(("rust" | "json", path)) => {
                tree.insert(path.into(), format!("{text}\n"));
            }
            Some(("diff", path)) => {
                let old = tree.get_mut(Path::new(path)).expect(path);
                text.split("\n...\n").for_each(|hunk| *old = changed(old, hunk, path));
            }
            _ => continue,
        }
        done += 1;
    }
    done
}

/// A text after applying a hunk, whose lines begin with a space, a minus or a plus,
/// as in any diff. It is applied at the first place that matches.
fn changed(text: &str, hunk: &str, path: &str) -> String {
    let lines = |without: char| -> String {
        let kept = hunk.lines().filter(|line| !line.starts_with(without));
        kept.map(|line| format!("{}\n", line.get(1..).unwrap_or_default())).collect()
    };
    let (old, new) = (lines('+'), lines('-'));
    let place = format!("\n{text}").find(&format!("\n{old}"));
    let at = place.unwrap_or_else(|| panic!("{path} lacks the lines\n{old}"));
    format!("{}{new}{}", &text[..at], &text[at + old.len()..])
}
