//! The command line: a thin face of the engine.

#[path = "main/arguments.rs"]
mod arguments;
#[path = "main/help.rs"]
mod help;
#[path = "main/study.rs"]
mod study;

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::process::ExitCode;

use arguments::{Argument, Arguments, unexpected, unknown_option};
use canary_rollout::config::{
    CONFIG_SCHEMA, Config, ConfigError, MAX_CONFIG_BYTES, preset, presets,
};
use canary_rollout::message::{did_you_mean, harmless, quoted};
use canary_rollout::policy::{Command, State};
use canary_rollout::problem::Problem;
use canary_rollout::rollout::{Rollout, TimedCommand};
use canary_rollout::seed::parse_seed;
use canary_rollout::text::rollout_text;
use lexopt::prelude::*;

/// The seed if nobody gives one.
const DEFAULT_SEED: u64 = 42;

/// What a command prints, and its exit status.
struct Outcome {
    output: String,
    status: u8,
}

impl From<String> for Outcome {
    fn from(output: String) -> Self {
        Outcome { output, status: 0 }
    }
}

fn main() -> ExitCode {
    match command_line().and_then(|outcome| write_out(&outcome.output).map(|()| outcome.status)) {
        Ok(status) => ExitCode::from(status),
        Err(message) => {
            for line in message.lines() {
                say(&format!("canary-rollout: {line}"));
            }
            ExitCode::from(2)
        }
    }
}

/// Writes a line to standard error. Where that is closed or full nobody listens:
/// it is no reason to lose the result and the exit status.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", harmless(line));
}

/// A closed pipe (`| head`) is no error.
fn write_out(output: &str) -> Result<(), String> {
    match std::io::stdout().lock().write_all(output.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}

/// What the command line asks for, carried out.
fn command_line() -> Result<Outcome, String> {
    let mut arguments = lexopt::Parser::from_env();
    let Some(first) = arguments.next().map_err(text)? else {
        return Err("expected a command; --help lists them".to_string());
    };
    match first {
        Long("help") | Short('h') => Ok(help::all().into()),
        Long("version") | Short('V') => {
            Ok(format!("canary-rollout {}\n", env!("CARGO_PKG_VERSION")).into())
        }
        Long("demo") => run(arguments, Some(OsString::from("default"))),
        Long(name) => Err(unknown_option(name, &["--help", "--version", "--demo"])),
        Value(command) => match command.to_string_lossy().as_ref() {
            "run" => run(arguments, None),
            "study" => study::study(arguments),
            "validate" => validate(arguments),
            "schema" => without_arguments("schema", arguments, || CONFIG_SCHEMA.to_string()),
            "presets" => without_arguments("presets", arguments, list_presets),
            other => {
                let meant = help::nearest_command(other);
                let meant = meant.map(|meant| format!(" (did you mean {meant:?}?)"));
                let (other, meant) = (quoted(other), meant.unwrap_or_default());
                Err(format!("unknown command {other}{meant}; --help lists the commands"))
            }
        },
        other => Err(other.unexpected().to_string()),
    }
}

fn run(arguments: lexopt::Parser, mut source: Option<OsString>) -> Result<Outcome, String> {
    let (mut seed, mut ticks, mut as_text) = (DEFAULT_SEED, None, false);
    let mut commands = Vec::new();
    let mut arguments = Arguments::new(arguments, &["--seed", "--at", "--ticks", "--format"]);
    while let Some(argument) = arguments.next()? {
        match argument {
            Argument::Help => return Ok(help::of("run").into()),
            Argument::Option("--at") => commands.push(parse_at(&arguments.words("--at")?)?),
            Argument::Option("--ticks") => {
                ticks = Some(parse_ticks("--ticks", &arguments.once("--ticks")?)?);
            }
            Argument::Option("--format") => {
                as_text = match arguments.once("--format")?.as_str() {
                    "json" => false,
                    "text" => true,
                    other => {
                        let found = quoted(other);
                        return Err(format!("--format: found {found}, expected json or text"));
                    }
                }
            }
            Argument::Option(_) => seed = parse_seed(&arguments.once("--seed")?).map_err(text)?,
            Argument::Source(value) if source.is_none() => source = Some(value),
            Argument::Source(value) => return Err(unexpected(&value)),
        }
    }
    let config = read_config(&source.ok_or(EXPECTED_CONFIG)?)?;
    commands.sort_by_key(|timed: &TimedCommand| timed.tick);
    let rollout = Rollout::replay(&config, seed, &commands, ticks).map_err(text)?;
    if rollout.state() == State::Paused && ticks.is_none() {
        let ticks = rollout.ticks();
        say(&format!(
            "canary-rollout: it is paused and waits for a person; --at {ticks}:resume tells it to go on"
        ));
    }
    Ok(if as_text { rollout_text(&rollout) } else { rollout.report().to_json() + "\n" }.into())
}

/// Tells what is wrong with each configuration, in the form that editors and
/// pre-commit read: `file:line:column: path: message`.
fn validate(arguments: lexopt::Parser) -> Result<Outcome, String> {
    let mut sources = Vec::new();
    let mut arguments = Arguments::new(arguments, &[]);
    while let Some(argument) = arguments.next()? {
        match argument {
            Argument::Source(source) => sources.push(source),
            Argument::Help | Argument::Option(_) => return Ok(help::of("validate").into()),
        }
    }
    if sources.is_empty() {
        return Err(EXPECTED_CONFIG.to_string());
    }
    let mut status = 0;
    for source in &sources {
        match warnings(source) {
            Ok(warnings) => {
                let name = name_of(source);
                for warning in &warnings {
                    say(&in_source(&name, warning, "warning: "));
                }
                write_out(&format!("{name}: valid\n"))?;
            }
            Err(message) => {
                message.lines().for_each(say);
                status = 2;
            }
        }
    }
    Ok(Outcome { output: String::new(), status })
}

/// The warnings of a configuration that is valid.
fn warnings(source: &OsStr) -> Result<Vec<Problem>, String> {
    let text = read_source(source)?;
    let config = Config::from_json(&text).map_err(|error| all_in_source(source, &error))?;
    Ok(config.warnings_in(&text))
}

fn without_arguments(
    command: &str,
    arguments: lexopt::Parser,
    output: impl Fn() -> String,
) -> Result<Outcome, String> {
    match Arguments::new(arguments, &[]).next()? {
        None => Ok(output().into()),
        Some(Argument::Source(value)) => Err(unexpected(&value)),
        Some(_) => Ok(help::of(command).into()),
    }
}

fn list_presets() -> String {
    let line = |preset: &canary_rollout::config::Preset| {
        format!("{:<20} {}\n", preset.name, preset.description)
    };
    presets().iter().map(line).collect()
}

/// The configuration of a file, of standard input, or of a preset.
fn read_config(source: &OsStr) -> Result<Config, String> {
    Config::from_json(&read_source(source)?).map_err(|error| all_in_source(source, &error))
}

const EXPECTED_CONFIG: &str = "expected a configuration: a file, - or a preset's name";

/// How a source is called in a message.
fn name_of(source: &OsStr) -> String {
    harmless(&source.to_string_lossy())
}

/// A fault behind the name of its source, as compilers write it.
fn in_source(name: &str, problem: &Problem, kind: &str) -> String {
    match problem.line_column {
        Some((line, column)) => format!("{name}:{line}:{column}: {kind}{problem}"),
        None => format!("{name}: {kind}{problem}"),
    }
}

/// Each fault on a line of its own.
fn all_in_source(source: &OsStr, error: &ConfigError) -> String {
    let name = name_of(source);
    let faults = error.problems().iter().map(|problem| in_source(&name, problem, ""));
    let mut lines: Vec<String> = faults.collect();
    if error.more() > 0 {
        lines.push(format!("{name}: and {} more", error.more()));
    }
    lines.join("\n")
}

/// The text of a configuration.
fn read_source(source: &OsStr) -> Result<String, String> {
    let name = name_of(source);
    if let Some(preset) = preset(&name) {
        return Ok(preset.json.to_string());
    }
    let mut bytes = Vec::new();
    // One byte more than allowed is enough to see that it is too long.
    let limit = MAX_CONFIG_BYTES as u64 + 1;
    let read = match name.as_str() {
        "-" => std::io::stdin().lock().take(limit).read_to_end(&mut bytes),
        _ => std::fs::File::open(source).and_then(|file| file.take(limit).read_to_end(&mut bytes)),
    };
    read.map_err(|error| {
        let names: Vec<&str> = presets().iter().map(|preset| preset.name).collect();
        match did_you_mean(&name, names.iter().copied()) {
            Some(meant) => format!("{name}: {error}; did you mean the preset {meant}?"),
            None => {
                format!("{name}: {error}; a preset's name would be one of {}", names.join(", "))
            }
        }
    })?;
    String::from_utf8(bytes)
        .map_err(|error| format!("{name}: byte {} is not UTF-8", error.utf8_error().valid_up_to()))
}

/// `12:pause`.
fn parse_at(value: &str) -> Result<TimedCommand, String> {
    let names = Command::ALL.map(Command::name).join(", ");
    let expected =
        || format!("--at: found {}, expected TICK:COMMAND, COMMAND one of {names}", quoted(value));
    let (tick, name) = value.split_once(':').ok_or_else(expected)?;
    let command = Command::ALL.into_iter().find(|c| c.name() == name).ok_or_else(expected)?;
    Ok(TimedCommand { tick: parse_ticks("--at", tick)?, command })
}

fn parse_ticks(option: &str, value: &str) -> Result<u32, String> {
    let max = canary_rollout::config::MAX_TICKS;
    let ticks = value.parse().ok().filter(|ticks| *ticks <= max);
    ticks.ok_or_else(|| {
        format!("{option}: found {}, expected a number of ticks from 0 to {max}", quoted(value))
    })
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
