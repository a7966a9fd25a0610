//! Tests of the documents: their commands run, their configurations are valid, and
//! the targets of their links exist. Rust blocks are doctests (`src/lib.rs`);
//! JavaScript blocks run in Chromium, in `tests/page/readme.test.mjs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::console::{blocks, check_console};
use crate::support::config;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const LIB: &str = include_str!("../../../src/lib.rs");

/// A document, with its path from the root.
pub struct Paper {
    pub path: &'static str,
    pub text: &'static str,
}

macro_rules! papers {
    ($($path:literal),* $(,)?) => {
        [$(Paper { path: $path, text: include_str!(concat!("../../../", $path)) }),*]
    };
}

pub const NOTES: &str = include_str!("../../../notes.md");
pub const ARCHITECTURE: &str = include_str!("../../../docs/architecture.md");

/// Every document whose blocks, links and tables are checked.
pub const PAPERS: &[Paper] = &papers![
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "notes.md",
    "docs/architecture.md",
    "docs/cli.md",
    "docs/clusters.md",
    "docs/configuration.md",
    "docs/controllers.md",
    "docs/decisions.md",
    "docs/embedding.md",
    "docs/recorded-counts.md",
    "docs/statistics.md",
    "python/README.md",
];

#[test]
fn every_document_is_checked() {
    let listed: BTreeSet<String> = PAPERS.iter().map(|paper| paper.path.to_string()).collect();
    let names = fs::read_dir(Path::new(ROOT).join("docs")).unwrap();
    let paths = names.map(|entry| format!("docs/{}", entry.unwrap().file_name().display()));
    for path in paths.filter(|path| path.ends_with(".md")) {
        assert!(listed.contains(&path), "{path} is not in PAPERS");
    }
}

#[test]
fn the_command_lines_do_what_they_show() {
    let run: u32 = PAPERS.iter().map(|paper| check_console(paper.text)).sum();
    assert!(run >= 20, "{run} lines were run");
}

#[test]
fn the_configurations_are_valid() {
    let examples: Vec<&str> = PAPERS.iter().flat_map(|paper| blocks(paper.text, "json")).collect();
    assert!(examples.len() >= 2);
    examples.into_iter().for_each(|example| drop(config(example)));
}

/// Every Rust block is compiled by a doctest.
#[test]
fn rust_blocks_are_doctests() {
    for Paper { path, text } in PAPERS {
        let is_doctest = LIB.contains(&format!("include_str!(\"../{path}\")"));
        assert!(is_doctest || blocks(text, "rust").is_empty(), "{path} is not in src/lib.rs");
    }
}

#[test]
fn the_readme_is_short() {
    assert!(PAPERS[0].text.lines().count() <= 150);
}

/// The anchors of the headings of a text.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let name = |line: &str| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.collect::<String>().replace(' ', "-")
    };
    headings.map(name).collect()
}

/// Paths in backquotes are relative to the root, links to the document's folder.
#[test]
fn the_named_files_and_headings_exist() {
    const FOLDERS: [&str; 8] =
        ["src/", "tests/", "www/", "scripts/", "examples/", "docs/", "fuzz/", "python/"];
    let root = Path::new(ROOT);
    let mut found = 0;
    for Paper { path, text } in PAPERS {
        // Without code blocks, which contain other file names and brackets.
        let prose: String = text.split("\n```").step_by(2).collect();
        let quoted = prose.split('`').skip(1).step_by(2);
        let is_path = |name: &&str| FOLDERS.iter().any(|folder| name.starts_with(folder));
        for name in quoted.filter(is_path) {
            // Not a pattern or a command.
            if !name.contains(|c: char| c.is_whitespace() || c == '*') {
                let file = name.split('#').next().unwrap_or(name);
                assert!(root.join(file).exists(), "{path}: {name}");
                found += 1;
            }
        }
        let links = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            let (name, anchor) = link.split_once('#').unwrap_or((link, ""));
            let file = match name {
                "" => root.join(path),
                _ => root.join(path).parent().unwrap().join(name),
            };
            assert!(file.is_file(), "{path}: {link}");
            let there =
                anchor.is_empty() || anchors(&fs::read_to_string(file).unwrap()).contains(anchor);
            assert!(there, "{path}: {link}");
            found += 1;
        }
    }
    assert!(found > 50, "{found} names were checked");
}
