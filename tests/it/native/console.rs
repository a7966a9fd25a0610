//! Reads the fenced blocks of a Markdown file and runs its `console` blocks.

use std::path::Path;
use std::process::Command;

use super::program::PROGRAM;

/// The contents of all blocks fenced as `language`.
pub fn blocks<'a>(markdown: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("```{language}\n");
    let bodies = markdown.split(opening.as_str()).skip(1);
    bodies.map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

/// The text from a heading to the next one of the same or a higher level.
pub fn section<'a>(markdown: &'a str, heading: &str) -> &'a str {
    let level = heading.split(' ').next().unwrap_or_default().len();
    let at = markdown.find(&format!("\n{heading}\n")).expect(heading);
    let text = &markdown[at + 1 + heading.len()..];
    let ends = (1..=level).filter_map(|n| text.find(&format!("\n{} ", "#".repeat(n))));
    &text[..ends.min().unwrap_or(text.len())]
}

/// A command after a prompt, and its output.
struct Typed<'a> {
    line: &'a str,
    output: String,
}

/// Runs every `$ …` line of the `console` blocks in a shell with `canary-rollout`.
/// If the block shows output, the output must be the same; a line without output
/// must succeed. Returns the number of lines.
pub fn check_console(markdown: &str) -> u32 {
    let programs = Path::new(PROGRAM).parent().unwrap();
    check_console_with(markdown, "console", programs, Path::new("."))
}

/// The same for the blocks fenced as `language`, with the programs in one folder,
/// run in another.
pub fn check_console_with(markdown: &str, language: &str, programs: &Path, within: &Path) -> u32 {
    let mut run = 0;
    for block in blocks(markdown, language) {
        for typed in read(block) {
            check(&typed, programs, within);
            run += 1;
        }
    }
    run
}

fn read(block: &str) -> Vec<Typed<'_>> {
    let mut lines: Vec<Typed<'_>> = Vec::new();
    for text in block.lines() {
        match (text.strip_prefix("$ "), lines.last_mut()) {
            (Some(line), _) => lines.push(Typed { line, output: String::new() }),
            (None, Some(last)) => last.output.extend([text, "\n"]),
            (None, None) => panic!("output before any line: {text}"),
        }
    }
    lines
}

#[track_caller]
fn check(typed: &Typed<'_>, programs: &Path, within: &Path) {
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    // Standard output and error in one pipe, as on a terminal.
    let script = format!("exec 2>&1\n{}", typed.line);
    let output = Command::new("sh")
        .args(["-c", &script])
        .env("PATH", path)
        .current_dir(within)
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    if typed.output.is_empty() {
        assert!(output.status.success(), "$ {}\n{shown}", typed.line);
    } else {
        assert_eq!(shown, typed.output, "$ {}", typed.line);
    }
}
