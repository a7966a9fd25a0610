//! The command line: a thin face of the engine.

#[path = "main/study.rs"]
mod study;

use std::io::{Read, Write};
use std::process::ExitCode;

use canary_rollout::config::{
    CONFIG_SCHEMA, Config, ConfigError, MAX_CONFIG_BYTES, preset, presets,
};
use canary_rollout::controller::{Command, State};
use canary_rollout::rollout::{Rollout, TimedCommand};
use canary_rollout::seed::parse_seed;
use canary_rollout::text::rollout_text;
use lexopt::prelude::*;

const HELP: &str = "\
Simulates canary rollouts of a release.

canary-rollout --demo [--seed N]      the default rollout's result, as JSON
canary-rollout run CONFIG [options]   one rollout, to its end or to a pause
                                      that waits for a person
    --seed N             the world's seed, 0 to 9007199254740991; default 42
    --at TICK:COMMAND    after so many ticks tell it pause, resume, promote or
                         abort; may be repeated
    --ticks N            stop after so many ticks
    --format json|text   default json; text is for eyes
canary-rollout study CONFIG [options] what the policy does over many seeds
    --runs N             default 10000
    --seed N             the first seed; default 0
    --sweep FIELD=A,B,…  one more study for each value of a numeric field, such
                         as error_ratio or stages[0].duration_ticks
    --policy FILE        another policy on the same worlds: the policy's keys of
                         a configuration; may be repeated
    --horizon N          ticks over which harm is charged; default the longest
                         plan
    --require BOUND      false_rollback<=0.05, missed_regression<=0.01,
                         missed_regression(error_ratio=2)<=0.01, caught>=0.9;
                         may be repeated; exit status 1 where one is failed, 3
                         where the runs do not decide
    --threads N          default all cores
    --format json|text|csv
canary-rollout validate CONFIG        what is wrong with a configuration
canary-rollout schema                 the JSON Schema of a configuration
canary-rollout presets                the configurations known by name
canary-rollout --help, --version

CONFIG is a file, - for standard input, or a preset's name.
Results go to standard output, progress and speed to standard error; exit status
2 means an error, told on standard error.
";

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
                eprintln!("canary-rollout: {line}");
            }
            ExitCode::from(2)
        }
    }
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
        Long("help") | Short('h') => Ok(HELP.to_string().into()),
        Long("version") | Short('V') => {
            Ok(format!("canary-rollout {}\n", env!("CARGO_PKG_VERSION")).into())
        }
        Long("demo") => run(arguments, Some("default".to_string())).map(Outcome::from),
        Value(command) => match command.to_string_lossy().as_ref() {
            "run" => run(arguments, None).map(Outcome::from),
            "study" => study::study(arguments),
            "validate" => validate(arguments).map(Outcome::from),
            "schema" => no_more(arguments).map(|()| CONFIG_SCHEMA.to_string().into()),
            "presets" => no_more(arguments).map(|()| list_presets().into()),
            other => Err(format!("unknown command {other:?}; --help lists the commands")),
        },
        other => Err(other.unexpected().to_string()),
    }
}

fn run(mut arguments: lexopt::Parser, mut source: Option<String>) -> Result<String, String> {
    let (mut seed, mut ticks, mut as_text) = (DEFAULT_SEED, None, false);
    let mut commands = Vec::new();
    while let Some(argument) = arguments.next().map_err(text)? {
        match argument {
            Long("seed") => seed = parse_seed(&string(&mut arguments)?).map_err(text)?,
            Long("at") => commands.push(parse_at(&string(&mut arguments)?)?),
            Long("ticks") => ticks = Some(parse_ticks("--ticks", &string(&mut arguments)?)?),
            Long("format") => {
                as_text = match string(&mut arguments)?.as_str() {
                    "json" => false,
                    "text" => true,
                    other => {
                        return Err(format!("--format: found {other:?}, expected json or text"));
                    }
                }
            }
            Value(value) if source.is_none() => source = Some(value.string().map_err(text)?),
            other => return Err(other.unexpected().to_string()),
        }
    }
    let config = read_config(source)?;
    commands.sort_by_key(|timed: &TimedCommand| timed.tick);
    let rollout = Rollout::replay(&config, seed, &commands, ticks).map_err(text)?;
    if rollout.state() == State::Paused && ticks.is_none() {
        eprintln!(
            "canary-rollout: it is paused and waits for a person; --at {}:resume tells it to go on",
            rollout.ticks()
        );
    }
    Ok(if as_text { rollout_text(&rollout) } else { rollout.report().to_json() + "\n" })
}

fn validate(mut arguments: lexopt::Parser) -> Result<String, String> {
    let source = match arguments.next().map_err(text)? {
        Some(Value(value)) => Some(value.string().map_err(text)?),
        Some(other) => return Err(other.unexpected().to_string()),
        None => None,
    };
    no_more(arguments)?;
    let config = read_config(source)?;
    for warning in config.warnings() {
        eprintln!("canary-rollout: warning: {warning}");
    }
    Ok("valid\n".to_string())
}

fn list_presets() -> String {
    let line = |preset: &canary_rollout::config::Preset| {
        format!("{:<20} {}\n", preset.name, preset.description)
    };
    presets().iter().map(line).collect()
}

/// The configuration of a file, of standard input, or of a preset.
fn read_config(source: Option<String>) -> Result<Config, String> {
    let source = source.ok_or(EXPECTED_CONFIG)?;
    Config::from_json(&read_source(&source)?).map_err(|error| in_source(&source, &error))
}

const EXPECTED_CONFIG: &str = "expected a configuration: a file, - or a preset's name";

/// Each fault on a line behind the name of its source.
fn in_source(source: &str, error: &ConfigError) -> String {
    let lines = error.to_string();
    let lines: Vec<String> = lines.lines().map(|line| format!("{source}: {line}")).collect();
    lines.join("\n")
}

/// The text of a configuration.
fn read_source(source: &str) -> Result<String, String> {
    if let Some(preset) = preset(source) {
        return Ok(preset.json.to_string());
    }
    let mut bytes = Vec::new();
    // One byte more than allowed is enough to see that it is too long.
    let limit = MAX_CONFIG_BYTES as u64 + 1;
    let read = match source {
        "-" => std::io::stdin().lock().take(limit).read_to_end(&mut bytes),
        path => std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)),
    };
    read.map_err(|error| {
        let names: Vec<&str> = presets().iter().map(|preset| preset.name).collect();
        format!("{source}: {error}; a preset's name would be one of {}", names.join(", "))
    })?;
    String::from_utf8(bytes).map_err(|error| {
        format!("{source}: byte {} is not UTF-8", error.utf8_error().valid_up_to())
    })
}

/// `12:pause`.
fn parse_at(value: &str) -> Result<TimedCommand, String> {
    let names = Command::ALL.map(Command::name).join(", ");
    let expected =
        || format!("--at: found {value:?}, expected TICK:COMMAND, COMMAND one of {names}");
    let (tick, name) = value.split_once(':').ok_or_else(expected)?;
    let command = Command::ALL.into_iter().find(|c| c.name() == name).ok_or_else(expected)?;
    Ok(TimedCommand { tick: parse_ticks("--at", tick)?, command })
}

fn parse_ticks(option: &str, value: &str) -> Result<u32, String> {
    let max = canary_rollout::config::MAX_TICKS;
    let ticks = value.parse().ok().filter(|ticks| *ticks <= max);
    ticks.ok_or_else(|| {
        format!("{option}: found {value:?}, expected a number of ticks from 0 to {max}")
    })
}

fn string(arguments: &mut lexopt::Parser) -> Result<String, String> {
    arguments.value().map_err(text)?.string().map_err(text)
}

fn no_more(mut arguments: lexopt::Parser) -> Result<(), String> {
    match arguments.next().map_err(text)? {
        None => Ok(()),
        Some(extra) => Err(extra.unexpected().to_string()),
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
