//! The arguments of the command line, their help, and the messages about wrong
//! arguments.

use std::error::Error as _;
use std::ffi::OsString;

use canary_rollout::config::{MAX_TICKS, presets};
use canary_rollout::message::{quoted, shown};
use canary_rollout::policy::Command;
use canary_rollout::rollout::TimedCommand;
use canary_rollout::seed::parse_seed;
use canary_rollout::study::Requirement;
use clap::builder::PossibleValuesParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

/// The whole command line.
#[derive(Parser)]
#[command(
    name = "canary-rollout",
    version,
    about = "Simulates canary rollouts of a release, and measures what a rollout policy does",
    after_help = OUTPUT,
    max_term_width = 80,
    args_conflicts_with_subcommands = true
)]
pub(crate) struct CommandLine {
    /// Simulate one rollout of the preset default, as "run default" does
    #[arg(long)]
    pub demo: bool,
    #[command(flatten, next_help_heading = "Options of --demo")]
    pub run: RunOptions,
    #[command(subcommand)]
    pub task: Option<Task>,
}

const OUTPUT: &str = "\
A configuration is a file, - for standard input, or the name of a preset.

Results go to standard output, everything else to standard error. Exit status:
  0  done; for study --require: every bound is met
  1  a bound of study --require is not met
  2  an error, reported on standard error
  3  a bound of study --require is undecided after all runs
  130  interrupted before study --require was decided

Examples:
  canary-rollout --demo --seed 7
  canary-rollout presets
  canary-rollout run twice-the-errors --format text
  canary-rollout study twice-the-errors --runs 1000 --format text
  canary-rollout help study";

/// What is to be done.
#[derive(Subcommand)]
pub(crate) enum Task {
    /// Simulate one rollout, to its end or to a pause that waits for a person
    #[command(after_help = RUN_EXAMPLES)]
    Run {
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        options: RunOptions,
    },
    /// Simulate many rollouts: false rollbacks, missed regressions, excess errors
    #[command(after_help = STUDY_EXAMPLES)]
    Study {
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        options: StudyOptions,
    },
    /// Check configurations: a line for each fault, FILE:LINE:COLUMN: PATH: MESSAGE
    #[command(after_help = VALIDATE_EXAMPLES)]
    Validate {
        /// Files, - for standard input, or names of presets
        #[arg(value_name = "CONFIG", required = true, value_hint = ValueHint::FilePath)]
        sources: Vec<OsString>,
        /// Do not print warnings; errors are still printed
        #[arg(short, long)]
        quiet: bool,
    },
    /// Print the JSON Schema of a configuration
    #[command(after_help = "Example:\n  canary-rollout schema > canary-rollout.schema.json")]
    Schema,
    /// Print the catalogue: every rule with its parameters, states, calls, limits
    #[command(after_help = "Example:\n  canary-rollout catalogue | jq '.rules[].rule'")]
    Catalogue,
    /// List the presets, or print the configuration of one
    #[command(after_help = PRESETS_EXAMPLES)]
    Presets {
        /// The preset to print
        #[arg(value_parser = preset_names(), hide_possible_values = true)]
        name: Option<String>,
    },
    /// Print a script that completes this program's commands and options in a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page of this program, or of one of its commands
    #[command(after_help = MAN_EXAMPLES)]
    Man {
        /// A command, such as study
        command: Option<String>,
    },
}

const RUN_EXAMPLES: &str = "\
Examples:
  canary-rollout run twice-the-errors --format text
  canary-rollout run policy.json --seed 7
  canary-rollout run default --at 3:pause --at 9:resume
  canary-rollout presets default | canary-rollout run -";

const STUDY_EXAMPLES: &str = "\
BOUND is NAME<=NUMBER or NAME>=NUMBER, NAME one of false_rollback,
missed_regression and caught. NAME(FIELD=VALUE) is about another release than
the configuration's: missed_regression(error_ratio=2)<=0.01.
Exit status: 0, every bound is met; 1, one is not; 3, one is undecided after
all runs; 130, interrupted.

Ctrl-C ends a study early, with the result of the runs that are finished; a
second Ctrl-C ends it without a result.

Examples:
  canary-rollout study opening --runs 2000 --format text
  canary-rollout study twice-the-errors --sweep error_ratio=1.5,2,3 --format csv
  canary-rollout study policy.json --require 'false_rollback<=0.05' \\
      --require 'missed_regression(error_ratio=2)<=0.01'
  canary-rollout study policy.json --policy stricter.json --format text";

const VALIDATE_EXAMPLES: &str = "\
Examples:
  canary-rollout validate policy.json other-policy.json
  canary-rollout validate - < policy.json";

const PRESETS_EXAMPLES: &str = "\
Examples:
  canary-rollout presets
  canary-rollout presets twice-the-errors > policy.json";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  canary-rollout completions bash > \\
      ~/.local/share/bash-completion/completions/canary-rollout
  canary-rollout completions fish > \\
      ~/.config/fish/completions/canary-rollout.fish
  canary-rollout completions zsh > ~/.zfunc/_canary-rollout";

const MAN_EXAMPLES: &str = "\
Examples:
  canary-rollout man > canary-rollout.1
  canary-rollout man study | man -l -";

/// Where a configuration comes from.
#[derive(Args)]
pub(crate) struct Source {
    /// A file, - for standard input, or the name of a preset
    #[arg(value_name = "CONFIG", value_hint = ValueHint::FilePath)]
    pub config: OsString,
}

/// The options of one rollout.
#[derive(Args)]
pub(crate) struct RunOptions {
    /// The world's seed, from 0 to 9007199254740991
    #[arg(long, value_name = "N", value_parser = seed, default_value = "42")]
    #[arg(allow_negative_numbers = true)]
    pub seed: u64,
    /// A command after this many ticks: pause, resume, promote or abort; may be repeated
    #[arg(long, value_name = "TICK:COMMAND", value_parser = timed_command)]
    #[arg(allow_hyphen_values = true)]
    pub at: Vec<TimedCommand>,
    /// Stop after this many ticks
    #[arg(long, value_name = "N", value_parser = ticks, allow_negative_numbers = true)]
    pub ticks: Option<u32>,
    /// The format of the result
    #[arg(long, value_enum, default_value = "json")]
    pub format: RunFormat,
    /// Do not print hints; errors are still printed
    #[arg(short, long)]
    pub quiet: bool,
}

/// The format of a rollout's result.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RunFormat {
    Json,
    Text,
}

/// The options of a study.
#[derive(Args)]
pub(crate) struct StudyOptions {
    /// Seeds to simulate, each under every policy; default 10000
    #[arg(long, value_name = "N", value_parser = number, allow_negative_numbers = true)]
    pub runs: Option<f64>,
    /// The first seed; default 0
    #[arg(long, value_name = "N", value_parser = number, allow_negative_numbers = true)]
    pub seed: Option<f64>,
    /// One more study for each value of a numeric field, such as error_ratio or
    /// stages[0].duration_ticks
    #[arg(long, value_name = "FIELD=A,B,…", value_parser = sweep, allow_hyphen_values = true)]
    pub sweep: Option<Sweep>,
    /// Another policy to compare on the same seeds: a file with the policy's keys of
    /// a configuration; may be repeated
    #[arg(long = "policy", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub policies: Vec<OsString>,
    /// Ticks for which excess errors are counted; default the longest possible rollout
    #[arg(long, value_name = "N", value_parser = number, allow_negative_numbers = true)]
    pub horizon: Option<f64>,
    /// What a person does in a pause that waits for one, and after how many ticks:
    /// resume, promote or abort; default the run ends there, undecided
    #[arg(long, value_name = "TICKS:COMMAND", value_parser = timed_command)]
    #[arg(allow_hyphen_values = true)]
    pub person: Option<TimedCommand>,
    /// A bound that the policy must meet (see below); may be repeated
    #[arg(long = "require", value_name = "BOUND", value_parser = requirement)]
    #[arg(allow_hyphen_values = true)]
    pub requirements: Vec<Requirement>,
    /// Threads to use, from 1 to 1024; default one for each core
    #[arg(long, value_name = "N", value_parser = threads, allow_negative_numbers = true)]
    pub threads: Option<usize>,
    /// The format of the result
    #[arg(long, value_enum, default_value = "json")]
    pub format: StudyFormat,
    /// Do not print progress and speed; errors and the results of --require are still
    /// printed
    #[arg(short, long)]
    pub quiet: bool,
}

/// The format of a study's result.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum StudyFormat {
    Json,
    Text,
    Csv,
}

/// A field and the values to simulate.
#[derive(Clone)]
pub(crate) struct Sweep {
    pub field: String,
    pub values: Vec<f64>,
}

fn preset_names() -> PossibleValuesParser {
    PossibleValuesParser::new(presets().iter().map(|preset| preset.name))
}

fn seed(text: &str) -> Result<u64, String> {
    parse_seed(text).map_err(|problem| problem.message)
}

/// Parses `12:pause`.
fn timed_command(text: &str) -> Result<TimedCommand, String> {
    let names = Command::ALL.map(Command::name).join(", ");
    let expected =
        || format!("found {}, expected TICK:COMMAND, COMMAND one of {names}", quoted(text));
    let (tick, name) = text.split_once(':').ok_or_else(expected)?;
    let command = Command::ALL.into_iter().find(|c| c.name() == name).ok_or_else(expected)?;
    Ok(TimedCommand { tick: ticks(tick)?, command })
}

fn ticks(text: &str) -> Result<u32, String> {
    let ticks = text.parse().ok().filter(|ticks| *ticks <= MAX_TICKS);
    ticks.ok_or_else(|| {
        format!("found {}, expected a number of ticks from 0 to {MAX_TICKS}", quoted(text))
    })
}

fn number(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| format!("found {}, expected a number", quoted(text)))
}

/// Parses `error_ratio=1,1.5,2`.
fn sweep(text: &str) -> Result<Sweep, String> {
    let expected = || format!("found {}, expected FIELD=NUMBER,NUMBER,…", quoted(text));
    let (field, values) = text.split_once('=').ok_or_else(expected)?;
    let values: Result<Vec<f64>, String> =
        values.split(',').map(|value| number(value.trim())).collect();
    Ok(Sweep { field: field.trim().to_string(), values: values.map_err(|_| expected())? })
}

fn requirement(text: &str) -> Result<Requirement, String> {
    Requirement::parse(text).map_err(|problem| problem.message)
}

fn threads(text: &str) -> Result<usize, String> {
    let threads = text.parse().ok().filter(|threads| (1..=1024).contains(threads));
    threads.ok_or_else(|| format!("found {}, expected 1 to 1024", quoted(text)))
}

/// The message about a wrong command line, as lines for standard error. Arguments
/// are quoted as in all messages: shortened and escaped.
pub(crate) fn mistake(mut error: clap::Error) -> String {
    if let (ErrorKind::ValueValidation, Some(ContextValue::String(option)), Some(source)) =
        (error.kind(), error.get(ContextKind::InvalidArg), error.source())
    {
        // Written like a path in the engine's messages.
        let option = option.split(' ').next().unwrap_or_default();
        return format!("{option}: {source}");
    }
    let given: Vec<(ContextKind, ContextValue)> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(value) => Some((kind, ContextValue::String(shown(value)))),
            ContextValue::StyledStrs(tips) => {
                let tips = tips.iter().map(|tip| shown(&tip.to_string()).into());
                Some((kind, ContextValue::StyledStrs(tips.collect())))
            }
            _ => None,
        })
        .collect();
    for (kind, value) in given {
        error.insert(kind, value);
    }
    if error.kind() == ErrorKind::MissingRequiredArgument
        && let Some(ContextValue::Strings(missing)) = error.get(ContextKind::InvalidArg)
        && missing.iter().any(|argument| argument.contains("CONFIG"))
    {
        let tip = "CONFIG is a file, - for standard input, or a preset's name, such as default";
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error.remove(ContextKind::Usage);
    let text = error.render().to_string();
    let lines = text.lines().filter(|line| !line.is_empty());
    let lines: Vec<&str> = lines.map(|line| line.strip_prefix("error: ").unwrap_or(line)).collect();
    lines.join("\n")
}
