//! The commands of the program.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::io::{Read, Write};
use std::process::ExitCode;

use canary_rollout::catalogue::catalogue;
use canary_rollout::config::{CONFIG_SCHEMA, Config, ConfigError, preset, presets};
use canary_rollout::export::{self, Names, Target};
use canary_rollout::import::{MAX_IMPORT_BYTES, is_foreign};
use canary_rollout::message::{did_you_mean, harmless, quoted};
use canary_rollout::policy::State;
use canary_rollout::problem::Problem;
use canary_rollout::rollout::{Rollout, TimedCommand};
use canary_rollout::svg::rollout_svg;
use canary_rollout::text::rollout_text;
use clap::{CommandFactory, Parser};

use crate::arguments::{
    self, CommandLine, ExportOptions, ImportOptions, RunFormat, RunOptions, Sources, Task,
};
use crate::{import, recorded, rows, search, study};

/// The output and the exit status of a command.
pub(crate) struct Outcome {
    pub output: String,
    pub status: u8,
}

impl From<String> for Outcome {
    fn from(output: String) -> Self {
        Outcome { output, status: 0 }
    }
}

pub(crate) fn main() -> ExitCode {
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

/// Writes a line to standard error. An error is ignored: if standard error is
/// closed or full, the result and the exit status still count.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", harmless(line));
}

/// Writes to standard output. A closed pipe (`| head`) is not an error.
fn write_out(output: &str) -> Result<(), String> {
    match std::io::stdout().lock().write_all(output.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}

/// Parses the command line and carries out its command.
fn command_line() -> Result<Outcome, String> {
    let parsed = match CommandLine::try_parse() {
        Ok(parsed) => parsed,
        // `--help` or `--version`.
        Err(error) if !error.use_stderr() => return Ok(error.render().to_string().into()),
        Err(error) => return Err(arguments::mistake(error)),
    };
    let Some(task) = parsed.task else {
        return match parsed.demo {
            true => run(&Sources::of("default"), parsed.run),
            false => {
                Err(format!("expected --demo or a command, one of {}; see --help", commands()))
            }
        };
    };
    match task {
        Task::Run { sources, options } => run(&sources, options),
        Task::Study { sources, options, counts } => study::study(&sources, &options, &counts),
        Task::Combine(options) => rows::combine(&options),
        Task::Search { sources, options, counts } => search::search(&sources, &options, &counts),
        Task::Fit(options) => recorded::fit(&options),
        Task::Replay { sources, laid, options, counts } => {
            recorded::replay(&sources, &counts, &laid, options)
        }
        Task::Import { sources, quiet } => import::import(&sources, quiet),
        Task::Validate { sources, quiet } => validate(&sources, quiet),
        Task::Export { target, sources, options } => export(&target, &sources, options),
        Task::Schema => Ok(CONFIG_SCHEMA.to_string().into()),
        Task::Catalogue => Ok(format!("{}\n", catalogue().to_json()).into()),
        Task::Presets { name: None } => Ok(list_presets().into()),
        Task::Presets { name: Some(name) } => read_source(OsStr::new(&name)).map(Outcome::from),
        Task::Completions { shell } => Ok(completions(shell).into()),
        Task::Man { command } => manual(command.as_deref()).map(Outcome::from),
    }
}

/// The names of all commands, for a message.
fn commands() -> String {
    let command = CommandLine::command();
    let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    names.join(", ")
}

fn completions(shell: clap_complete::Shell) -> String {
    let mut script = Vec::new();
    let mut command = CommandLine::command();
    clap_complete::generate(shell, &mut command, "canary-rollout", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// The manual page of the program or of one of its commands.
fn manual(of: Option<&str>) -> Result<String, String> {
    let mut all = CommandLine::command();
    all.build();
    let command = match of {
        None => all,
        Some(name) => all.find_subcommand(name).cloned().ok_or_else(|| {
            format!("man: found {}, expected a command, one of {}", quoted(name), commands())
        })?,
    };
    let mut page = Vec::new();
    let page_of = clap_mangen::Man::new(command);
    let page_of = page_of.source(concat!("canary-rollout ", env!("CARGO_PKG_VERSION")));
    page_of.render(&mut page).map_err(text)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

fn run(sources: &Sources, options: RunOptions) -> Result<Outcome, String> {
    let loaded = import::load(sources)?;
    let config = loaded.config()?;
    if !options.quiet {
        loaded.tell();
    }
    printed(Rollout::new(&config, options.seed), options)
}

/// What a rollout gives, [`played`] as its options say.
pub(crate) fn printed(rollout: Rollout, options: RunOptions) -> Result<Outcome, String> {
    let format = options.format;
    let rollout = played(rollout, options)?;
    Ok(match format {
        RunFormat::Json => rollout.report().to_json() + "\n",
        RunFormat::Text => rollout_text(&rollout),
        RunFormat::Svg => rollout_svg(&rollout),
    }
    .into())
}

/// The rollout after its commands, at its end, at a pause that waits for a person, or after
/// the ticks that the options say.
fn played(mut rollout: Rollout, options: RunOptions) -> Result<Rollout, String> {
    let RunOptions { at: mut commands, ticks, quiet, .. } = options;
    commands.sort_by_key(|timed: &TimedCommand| timed.tick);
    let at = |TimedCommand { tick, command }: TimedCommand, why: &dyn Display| {
        format!("--at {tick}:{}: {why}", command.name())
    };
    if let (Some(ticks), Some(&last)) = (ticks, commands.last())
        && last.tick > ticks
    {
        return Err(at(last, &format!("--ticks {ticks} stops the rollout before")));
    }
    rollout.replay_for(u32::MAX, &commands, ticks).map_err(|error| match error.command {
        Some((_, command)) => at(command, &error.why),
        None => error.to_string(),
    })?;
    if rollout.state() == State::Paused && ticks.is_none() && !quiet {
        let ticks = rollout.ticks();
        say(&format!(
            "canary-rollout: the rollout is paused and waits for a person; resume it with --at {ticks}:resume"
        ));
    }
    Ok(rollout)
}

/// Reports the faults and warnings of configurations, in the form that editors and
/// pre-commit read: `file:line:column: path: message`.
fn validate(sources: &[OsString], quiet: bool) -> Result<Outcome, String> {
    let mut status = 0;
    let texts: Vec<Result<String, String>> =
        sources.iter().map(|source| read_source(source)).collect();
    let mut files = (Vec::new(), Vec::new());
    for (source, text) in sources.iter().zip(texts) {
        let found = match text {
            Ok(text) if is_foreign(&text) => {
                files.0.push(source.clone());
                files.1.push(text);
                continue;
            }
            Ok(text) => warnings(source, &text),
            Err(message) => Err(message),
        };
        match found {
            Ok(warnings) => {
                let name = name_of(source);
                for warning in warnings.iter().filter(|_| !quiet) {
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
    // Files of other programs belong together: a Rollout and its templates.
    if !files.0.is_empty() {
        match import::imported(&files.0, &files.1, &ImportOptions::default()) {
            Ok(import) => {
                if !quiet {
                    import::notes(&files.0, &import);
                }
                for source in &files.0 {
                    write_out(&format!("{}: valid\n", name_of(source)))?;
                }
            }
            Err(message) => {
                message.lines().for_each(say);
                status = 2;
            }
        }
    }
    Ok(Outcome { output: String::new(), status })
}

/// The warnings of a configuration, or its faults as the error.
fn warnings(source: &OsStr, text: &str) -> Result<Vec<Problem>, String> {
    let config = Config::from_text(text).map_err(|error| all_in_source(source, &error))?;
    Ok(config.warnings_in(text))
}

/// Writes a policy in the words of a controller.
fn export(target: &str, sources: &Sources, options: ExportOptions) -> Result<Outcome, String> {
    let loaded = import::load(sources)?;
    let config = loaded.config()?;
    if !options.quiet {
        loaded.tell();
    }
    let target = Target::ALL.into_iter().find(|known| known.name() == target);
    let target = target.ok_or_else(|| "expected a controller".to_string())?;
    let names = Names {
        service: options.service,
        prometheus: options.prometheus,
        requests: options.requests,
        latency: options.latency,
        version: options.version.label,
        canary: options.version.canary,
        stable: options.version.stable,
        failed: options.failed,
    };
    let name = name_of(&loaded.name);
    let exported = export::export(&config, target, &names).map_err(|refusal| {
        let lines = refusal.problems.iter().map(|problem| in_source(&name, problem, ""));
        let title = target.title();
        let head = format!("{name}: the policy has no words in {title}:");
        [head].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
    })?;
    for note in exported.notes.iter().filter(|_| !options.quiet) {
        say(&format!("canary-rollout: {note}"));
    }
    let Some(directory) = options.directory else {
        let texts: Vec<&str> = exported.files.iter().map(|file| file.text.as_str()).collect();
        return Ok(texts.join("---\n").into());
    };
    let failed = |path: &std::path::Path, error: std::io::Error| {
        format!("{}: {error}", harmless(&path.to_string_lossy()))
    };
    let directory = std::path::Path::new(&directory);
    std::fs::create_dir_all(directory).map_err(|error| failed(directory, error))?;
    for file in &exported.files {
        let path = directory.join(&file.name);
        std::fs::write(&path, &file.text).map_err(|error| failed(&path, error))?;
    }
    Ok(String::new().into())
}

fn list_presets() -> String {
    let line = |preset: &canary_rollout::config::Preset| {
        format!("{:<20} {}\n", preset.name, preset.description)
    };
    presets().iter().map(line).collect()
}

/// The name of a source in messages. The end of a very long one is cut off.
pub(crate) fn name_of(source: &OsStr) -> String {
    const MOST: usize = 300;
    let name = harmless(&source.to_string_lossy());
    match name.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name,
    }
}

/// A fault with the name of its source in front, in the form of compiler messages.
pub(crate) fn in_source(name: &str, problem: &Problem, kind: &str) -> String {
    match problem.line_column {
        None if name.is_empty() => format!("{kind}{problem}"),
        Some((line, column)) => format!("{name}:{line}:{column}: {kind}{problem}"),
        None => format!("{name}: {kind}{problem}"),
    }
}

/// All faults, one per line.
pub(crate) fn all_in_source(source: &OsStr, error: &ConfigError) -> String {
    let name = name_of(source);
    let faults = error.problems().iter().map(|problem| in_source(&name, problem, ""));
    let mut lines: Vec<String> = faults.collect();
    if error.more() > 0 {
        lines.push(format!("{name}: and {} more", error.more()));
    }
    lines.join("\n")
}

/// Reads the text of a configuration, or of a file that an import reads.
pub(crate) fn read_source(source: &OsStr) -> Result<String, String> {
    let name = name_of(source);
    if let Some(preset) = preset(&name) {
        return Ok(preset.json.to_string());
    }
    let mut bytes = Vec::new();
    // One byte more than allowed is enough to find that it is too long.
    let limit = MAX_IMPORT_BYTES as u64 + 1;
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

pub(crate) fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
