//! The arguments of the command line, their help, and the messages about wrong
//! arguments.

use std::error::Error as _;
use std::ffi::OsString;

use canary_rollout::config::{MAX_TICKS, presets};
use canary_rollout::export::Target;
use canary_rollout::message::{quoted, shown, thousands};
use canary_rollout::policy::Command;
use canary_rollout::rollout::TimedCommand;
use canary_rollout::seed::parse_seed;
use canary_rollout::study::rows::{MAX_SHARDS, Shard};
use canary_rollout::study::{MAX_ERROR_PROBABILITY, MAX_RUNS, Objective, Requirement};
use clap::builder::PossibleValuesParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use crate::counts::{self, CountsOptions};

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
A configuration is a file, - for standard input, or the name of a preset; or
files of another program, such as a Rollout of Argo with its templates.

Results go to standard output, everything else to standard error. Exit status:
  0  done; for study --require: every bound is met; for search: a policy is chosen
  1  a bound of study --require is not met; no policy of a search holds its bounds
  2  an error, reported on standard error
  3  study --require or search is undecided after all runs
  130  interrupted before study --require or search was decided or study --rows
       finished

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
        sources: Sources,
        #[command(flatten)]
        options: RunOptions,
    },
    /// Simulate many rollouts: false rollbacks, missed regressions, excess errors
    #[command(after_help = STUDY_EXAMPLES)]
    Study {
        #[command(flatten)]
        sources: Sources,
        #[command(flatten)]
        options: StudyOptions,
        #[command(flatten)]
        counts: CountsOptions,
    },
    /// Add the rows that several machines wrote by study --rows, and report as one study
    #[command(after_help = COMBINE_EXAMPLES)]
    Combine(CombineOptions),
    /// Find the policies that hold stated bounds at the least harm and time
    #[command(after_help = SEARCH_EXAMPLES)]
    Search {
        #[command(flatten)]
        sources: Sources,
        #[command(flatten)]
        options: SearchOptions,
        #[command(flatten)]
        counts: CountsOptions,
    },
    /// Find the world that recorded counts describe: load, error rate, noise, incidents
    #[command(after_help = FIT_EXAMPLES)]
    Fit(FitOptions),
    /// Let a policy decide over recorded counts, in place of simulated ones
    #[command(after_help = REPLAY_EXAMPLES)]
    Replay {
        #[command(flatten)]
        sources: Sources,
        #[command(flatten)]
        laid: Laid,
        #[command(flatten)]
        options: RunOptions,
        #[command(flatten)]
        counts: CountsOptions,
    },
    /// Make a configuration of files of another program, such as a Rollout of Argo
    #[command(after_help = IMPORT_EXAMPLES)]
    Import {
        #[command(flatten)]
        sources: Sources,
        /// Do not print what was understood; errors are still printed
        #[arg(short, long)]
        quiet: bool,
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
    /// Write a policy in the words of a controller: Argo Rollouts, Flagger, CodeDeploy
    #[command(after_help = EXPORT_EXAMPLES)]
    Export {
        /// The controller
        #[arg(value_name = "CONTROLLER", value_parser = target_names())]
        target: String,
        #[command(flatten)]
        sources: Sources,
        #[command(flatten)]
        options: ExportOptions,
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
BOUND is FIGURE<=NUMBER or FIGURE>=NUMBER. FIGURE is a probability:
false_rollback, missed_regression, caught, rolled_back_too_soon, rollback,
completed or waiting; or a quantile or mean of a number: excess_errors.p95,
exposed_requests.p99, ticks_to_rollback.p50, duration_ticks.mean.
In parentheses stands what is different from the study: a field of the
configuration, missed_regression(error_ratio=2)<=0.01; another policy,
caught(policy=FILE); release=healthy; for rollback, stage=NUMBER. Differences
are of the same seeds: false_rollback - false_rollback(policy=FILE)<=0,
(excess_errors - excess_errors(policy=FILE)).p95<=10.
The study ends as soon as every answer is certain, or after --runs.
Exit status: 0, every bound is met; 1, one is not; 3, one is undecided after
all runs; 130, interrupted.

Ctrl-C ends a study early, with the result of the runs that are finished; a
second Ctrl-C ends it without a result.

Examples:
  canary-rollout study opening --runs 2000 --format text
  canary-rollout study twice-the-errors --sweep error_ratio=1.5,2,3 --format csv
  canary-rollout study policy.json --require 'false_rollback<=0.05' \\
      --require 'missed_regression(error_ratio=2)<=0.01' --format markdown
  canary-rollout study policy.json --policy stricter.json --format text
  canary-rollout study policy.json --counts last-month.csv --format text
  canary-rollout study policy.json --runs 1e8 --rows 3.ndjson --shard 3/40";

const COMBINE_EXAMPLES: &str = "\
The result is that of one study over all the seeds, to the last byte. A row that
stands twice counts once. Rows that overlap, of another question or of another
engine, and damaged lines are refused; so are missing seeds, with the shards to
run again.

Examples:
  canary-rollout combine rows/*.ndjson --format text
  cat rows/*.ndjson | canary-rollout combine -";

const SEARCH_EXAMPLES: &str = "\
FIELD is a field of the policy, such as stages[0].duration_ticks; [*] is every
item of a list. stages[*].traffic_pct gives each stage another of the values,
rising from stage to stage. VALUES is a list, 1,2,5; a range, 0.005..0.05, with 8
values or as many as stand behind a slash, 0.005..0.05/6; a list in JSON, for whole
ladders and rules: stages=[[...],[...]]; or a file with such a list, @ladders.json.
BOUND and FIGURE are those of study --require: see study --help.

All candidates are simulated with the same seeds. One is dropped when it certainly
violates a bound, or when another one is certainly better. The policy with the
least first FIGURE among those that surely hold every bound is chosen, and measured
again with other seeds.
Exit status: 0, a policy is chosen; 1, none holds all bounds; 3, whether one does
is undecided after --runs; 130, interrupted.

Examples:
  canary-rollout search twice-the-errors --vary error_rate_threshold=0.002..0.02 \\
      --hold 'false_rollback<=0.1' --least excess_errors --format text
  canary-rollout search policy.json --vary 'stages[*].traffic_pct=1,2,5,10,25,50' \\
      --vary 'rules[0].max=0.005..0.05' --hold 'false_rollback<=0.01' \\
      --hold 'missed_regression(error_ratio=2)<=0.05' \\
      --least 'excess_errors(error_ratio=5)' --least ticks --policy-out better.json
  canary-rollout search rollout.yaml analysis.yaml --format text \\
      --vary 'controller.argo.background.metrics[*].failure_limit=0,1,2' \\
      --hold 'false_rollback<=0.01' --least 'excess_errors(error_ratio=5)'
  canary-rollout search policy.json --vary 'rules[0].max=0.002..0.05' \\
      --hold 'false_rollback<=0.01' --hold 'missed_regression(error_ratio=2)<=0.05' \\
      --reach traffic.requests_per_second=1..1000 --format text";

const FIT_EXAMPLES: &str = "\
ROLE is requests, errors, successes, error_rate, success_rate, p99 (or another
quantile) or nothing; canary. or baseline. before it; per second, as counter, in
percent, in s or in ms after it. SERIES is a name, or labels: version=v2.

Examples:
  canary-rollout fit last-week.csv --format text
  canary-rollout fit requests.json errors.json --into policy.json > mine.json
  canary-rollout fit --prometheus http://localhost:9090 --from -2d --format text \\
      --query 'requests=sum(increase(http_requests_total[1m]))' \\
      --query 'errors=sum(increase(http_requests_total{code=~\"5..\"}[1m]))'";

const REPLAY_EXAMPLES: &str = "\
Two recorded versions are taken as they are: what a release did is then not known,
and the result says so. Where one version is recorded, the configuration's release
is laid upon it: each request goes to the canary by chance, drawn from the seed.

Examples:
  canary-rollout replay policy.json --counts tuesday.csv --format text
  canary-rollout replay rollout.yaml analysis.yaml --counts tuesday.csv
  canary-rollout replay policy.json --prometheus http://localhost:9090 \\
      --from 2026-11-24T09:00:00Z --to 2026-11-24T12:00:00Z \\
      --query 'requests=sum by (version) (increase(http_requests_total[1m]))' \\
      --query 'errors=sum by (version) (increase(http_requests_total{code=~\"5..\"}[1m]))'";

const IMPORT_EXAMPLES: &str = "\
The configuration goes to standard output; what was understood of each line,
and what was assumed, to standard error.

MEASURES is success_rate, error_rate, latency, requests, errors,
requests_per_second, errors_per_second, error_rate_difference, error_rate_ratio,
latency_difference, latency_ratio, nothing (every measurement succeeds) or fails;
then, as needed: p99, in s or in ms, of canary or of service, over 5m, times 100,
else 0. run, study and validate read such files directly, with the same options.

Examples:
  canary-rollout import rollout.yaml analysis.yaml > policy.json
  kubectl get rollout,analysistemplate -o yaml | canary-rollout import -
  canary-rollout study rollout.yaml analysis.yaml --format text
  canary-rollout import rollout.yaml --bind 'smoke-test=fails'";

const VALIDATE_EXAMPLES: &str = "\
Examples:
  canary-rollout validate policy.json other-policy.json
  canary-rollout validate rollout.yaml analysis.yaml
  canary-rollout validate - < policy.json";

const EXPORT_EXAMPLES: &str = "\
The files go to standard output as one stream, or into a directory. What a person
has to know or to fill in goes to standard error.

Examples:
  canary-rollout export argo twice-the-errors
  canary-rollout export argo policy.json --service checkout --directory deploy";

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
pub(crate) struct Sources {
    /// A file, - for standard input, or the name of a preset; or one or several files of
    /// another program, such as a Rollout of Argo with its templates
    #[arg(value_name = "CONFIG", required = true, value_hint = ValueHint::FilePath)]
    pub configs: Vec<OsString>,
    #[command(flatten)]
    pub options: ImportOptions,
}

impl Sources {
    /// The configuration with a name.
    pub(crate) fn of(name: &str) -> Self {
        Sources { configs: vec![name.into()], options: ImportOptions::default() }
    }
}

const OTHER_PROGRAMS: &str = "Options for files of other programs";

/// What is said beside files of another program.
#[derive(Args, Default)]
pub(crate) struct ImportOptions {
    /// What a metric measures, instead of the guess from its query, such as
    /// 'success-rate=error_rate of canary over 5m'; may be repeated
    #[arg(long, value_name = "METRIC=MEASURES", value_parser = binding)]
    #[arg(help_heading = OTHER_PROGRAMS)]
    pub bind: Vec<(String, String)>,
    /// The Rollout or Canary to read, where the files have several
    #[arg(long, value_name = "NAME", help_heading = OTHER_PROGRAMS)]
    pub name: Option<String>,
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
    /// The format of the result; svg is a picture
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
    Svg,
}

/// The format of a fit.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FitFormat {
    Json,
    Text,
}

/// The options of a fit.
#[derive(Args)]
pub(crate) struct FitOptions {
    /// Files of recorded counts: Prometheus, Datadog, CloudWatch or CSV; - for standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<OsString>,
    /// Print this configuration with the fitted world in place of its own
    #[arg(long, value_name = "CONFIG", value_hint = ValueHint::FilePath, conflicts_with = "format")]
    pub into: Option<OsString>,
    /// Length of a tick of the world in seconds; default that of the configuration, or of a
    /// step of the record
    #[arg(long, value_name = "SECONDS", conflicts_with = "into")]
    pub tick: Option<u32>,
    /// When a rollout in the world starts, for the daily swing; default the record's start
    #[arg(long, value_name = "TIME", value_parser = counts::time, allow_hyphen_values = true)]
    pub start: Option<counts::Time>,
    /// The format of the result
    #[arg(long, value_enum, default_value = "json")]
    pub format: FitFormat,
    /// Do not print what was understood; errors are still printed
    #[arg(short, long)]
    pub quiet: bool,
    #[command(flatten)]
    pub counts: CountsOptions,
}

/// What of a record is replayed.
#[derive(Args)]
pub(crate) struct Laid {
    /// A file of recorded counts: Prometheus, Datadog, CloudWatch or CSV; may be repeated
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub counts: Vec<OsString>,
    /// When the rollout starts; default with the canary's first requests, or with the record
    #[arg(long, value_name = "TIME", value_parser = counts::time, allow_hyphen_values = true)]
    pub start: Option<counts::Time>,
    /// Lay the configuration's release upon the recorded baseline, although a canary is
    /// recorded
    #[arg(long)]
    pub lay_release: bool,
    /// Where the policy gives the canary less traffic than it had, leave requests out
    #[arg(long, conflicts_with = "lay_release")]
    pub thin_canary: bool,
}

/// The options of an export.
#[derive(Args)]
pub(crate) struct ExportOptions {
    /// The name of the service and of the objects
    #[arg(long, value_name = "NAME", default_value = "my-service")]
    pub service: String,
    /// The address of Prometheus
    #[arg(long, value_name = "URL", default_value = "http://prometheus.monitoring:9090")]
    pub prometheus: String,
    /// The counter of requests in Prometheus
    #[arg(long, value_name = "METRIC", default_value = "http_requests_total")]
    pub requests: String,
    /// The histogram of latencies in seconds, without _bucket
    #[arg(long, value_name = "METRIC", default_value = "http_request_duration_seconds")]
    pub latency: String,
    /// The label of the version, and its values for canary and stable version
    #[arg(long, value_name = "LABEL=CANARY,STABLE", value_parser = versions)]
    #[arg(default_value = "version=canary,stable")]
    pub version: Versions,
    /// The matcher of failed requests
    #[arg(long, value_name = "MATCHER", default_value = "code=~\"5..\"")]
    pub failed: String,
    /// Write the files into this directory, which is made if there is none
    #[arg(long, value_name = "DIRECTORY", value_hint = ValueHint::DirPath)]
    pub directory: Option<OsString>,
    /// Do not print what a person has to know; errors are still printed
    #[arg(short, long)]
    pub quiet: bool,
}

/// A label and its values for the two versions.
#[derive(Clone)]
pub(crate) struct Versions {
    pub label: String,
    pub canary: String,
    pub stable: String,
}

/// The options of a study.
#[derive(Args)]
pub(crate) struct StudyOptions {
    /// Seeds to simulate, each under every policy; default 10000. With --require the most
    /// seeds until the answers are certain; default 1000000
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
    #[command(flatten)]
    pub days: DaysOptions,
    /// The greatest probability that any of the answers to --require is wrong; default 0.001
    #[arg(long, value_name = "P", value_parser = error_probability)]
    #[arg(allow_negative_numbers = true, requires = "requirements")]
    pub error_probability: Option<f64>,
    /// Threads to use, from 1 to 1024; default one for each core
    #[arg(long, value_name = "N", value_parser = threads, allow_negative_numbers = true)]
    pub threads: Option<usize>,
    /// Write what was counted to this file, a row for a range of seeds, as soon as it is
    /// finished. What the file has is not simulated again; - for standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = MACHINES)]
    pub rows: Option<OsString>,
    /// Simulate the I-th of N parts of the seeds, without a report: combine gives it. With
    /// auto, I is the index that Kubernetes, Slurm or AWS Batch gives
    #[arg(long, value_name = "I/N|auto/N", value_parser = shard, allow_hyphen_values = true)]
    #[arg(requires = "rows", conflicts_with = "format", help_heading = MACHINES)]
    pub shard: Option<ShardOption>,
    /// Seeds in a row; default what takes a core some seconds
    #[arg(long, value_name = "N", value_parser = row_runs, allow_negative_numbers = true)]
    #[arg(requires = "rows", help_heading = MACHINES)]
    pub row_runs: Option<u64>,
    /// The format of the result; svg is a picture of the operating characteristic, junit and
    /// markdown are the answers to --require, for a pipeline
    #[arg(long, value_enum, default_value = "json")]
    pub format: StudyFormat,
    /// Do not print progress and speed; errors and the results of --require are still
    /// printed
    #[arg(short, long)]
    pub quiet: bool,
}

/// Recorded days in place of the world.
#[derive(Args)]
pub(crate) struct DaysOptions {
    /// A file of recorded counts, whose days take the place of the world, in random order; may
    /// be repeated
    #[arg(long = "counts", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub recorded: Vec<OsString>,
    /// When each rollout over recorded days starts, HH:MM, UTC; default at random
    #[arg(long, value_name = "HH:MM", value_parser = counts::time_of_day)]
    pub start_of_day: Option<u32>,
}

/// The options of a search.
#[derive(Args)]
pub(crate) struct SearchOptions {
    /// A field of the policy and the values that it may take (see below); may be repeated
    #[arg(long, value_name = "FIELD=VALUES", allow_hyphen_values = true)]
    pub vary: Vec<String>,
    /// A policy that is a candidate as it is: a file with the policy's keys of a
    /// configuration, or a whole one, whose policy is taken; may be repeated
    #[arg(long = "policy", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub policies: Vec<OsString>,
    /// A bound that the policy must hold, such as false_rollback<=0.01; may be repeated
    #[arg(long = "hold", value_name = "BOUND", value_parser = requirement)]
    #[arg(allow_hyphen_values = true)]
    pub holds: Vec<Requirement>,
    /// A figure to be made least, such as excess_errors(error_ratio=5); the first one
    /// decides, further ones make the front; may be repeated
    #[arg(long, value_name = "FIGURE", value_parser = objective, allow_hyphen_values = true)]
    pub least: Vec<Objective>,
    /// Instead, the values of a numeric field at which a candidate holds all bounds: how much
    /// traffic a promise needs, or how long a delay it bears
    #[arg(long, value_name = "FIELD=FROM..TO", allow_hyphen_values = true)]
    pub reach: Option<String>,
    /// The most rollouts of all candidates together; default 10000000
    #[arg(long, value_name = "N", value_parser = number, allow_negative_numbers = true)]
    pub runs: Option<f64>,
    /// The most candidates; from a larger grid, as many are sampled; default 400
    #[arg(long, value_name = "N", value_parser = number, allow_negative_numbers = true)]
    pub candidates: Option<f64>,
    /// The first seed; default 0
    #[arg(long, value_name = "N", value_parser = number, allow_negative_numbers = true)]
    pub seed: Option<f64>,
    /// Ticks for which excess errors are counted; default the longest possible rollout
    #[arg(long, value_name = "N", value_parser = number, allow_negative_numbers = true)]
    pub horizon: Option<f64>,
    /// What a person does in a pause that waits for one, and after how many ticks:
    /// resume, promote or abort; default the run ends there, undecided
    #[arg(long, value_name = "TICKS:COMMAND", value_parser = timed_command)]
    #[arg(allow_hyphen_values = true)]
    pub person: Option<TimedCommand>,
    /// The greatest probability that any candidate is wrongly said to hold or to violate a
    /// bound; default 0.001
    #[arg(long, value_name = "P", value_parser = error_probability)]
    #[arg(allow_negative_numbers = true)]
    pub error_probability: Option<f64>,
    #[command(flatten)]
    pub days: DaysOptions,
    /// By which share a figure may be worse and still count as the same; default 0.01
    #[arg(long, value_name = "SHARE", value_parser = number, allow_negative_numbers = true)]
    pub tolerance: Option<f64>,
    /// Write the whole configuration with the chosen policy into this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub policy_out: Option<OsString>,
    /// Threads to use, from 1 to 1024; default one for each core
    #[arg(long, value_name = "N", value_parser = threads, allow_negative_numbers = true)]
    pub threads: Option<usize>,
    /// The format of the result; csv has a row for each candidate
    #[arg(long, value_enum, default_value = "json")]
    pub format: SearchFormat,
    /// Do not print progress and speed; errors are still printed
    #[arg(short, long)]
    pub quiet: bool,
}

/// The format of a search's result.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum SearchFormat {
    Json,
    Text,
    Csv,
}

const MACHINES: &str = "Options for many machines";

/// Which part of a study is simulated.
#[derive(Clone, Copy)]
pub(crate) enum ShardOption {
    Given(Shard),
    /// The index is one of the environment.
    Auto {
        of: u64,
    },
}

/// The options of `combine`.
#[derive(Args)]
pub(crate) struct CombineOptions {
    /// Files that study --rows wrote, in any order; - for standard input
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    pub files: Vec<OsString>,
    /// Report although seeds are missing, and skip a line that a file ends in the middle of
    #[arg(long)]
    pub partial: bool,
    /// The format of the result
    #[arg(long, value_enum, default_value = "json")]
    pub format: CombineFormat,
    /// Do not print what was read; errors are still printed
    #[arg(short, long)]
    pub quiet: bool,
    #[arg(long = "require", hide = true)]
    pub requirements: Vec<String>,
}

/// The format of the result of `combine`.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum CombineFormat {
    Json,
    Text,
    Csv,
    Svg,
}

/// The format of a study's result.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StudyFormat {
    Json,
    Text,
    Csv,
    Svg,
    Junit,
    Markdown,
}

/// A field and the values to simulate.
#[derive(Clone)]
pub(crate) struct Sweep {
    pub field: String,
    pub values: Vec<f64>,
}

fn target_names() -> PossibleValuesParser {
    PossibleValuesParser::new(Target::ALL.map(Target::name))
}

/// Parses `version=canary,stable`.
fn versions(text: &str) -> Result<Versions, String> {
    let parts = text.split_once('=').and_then(|(label, values)| {
        let (canary, stable) = values.split_once(',')?;
        let all = [label, canary, stable].map(str::trim);
        all.iter().all(|part| !part.is_empty()).then(|| all.map(str::to_string))
    });
    let [label, canary, stable] =
        parts.ok_or_else(|| format!("found {}, expected LABEL=CANARY,STABLE", quoted(text)))?;
    Ok(Versions { label, canary, stable })
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

/// Parses `3/40` or `auto/40`.
fn shard(text: &str) -> Result<ShardOption, String> {
    let expected = || {
        let most = thousands(MAX_SHARDS);
        format!("found {}, expected I/N or auto/N, I from 1 to N, N up to {most}", quoted(text))
    };
    let (index, of) = text.split_once('/').ok_or_else(expected)?;
    let of = of.parse().ok().filter(|of| (1..=MAX_SHARDS).contains(of)).ok_or_else(expected)?;
    if index == "auto" {
        return Ok(ShardOption::Auto { of });
    }
    let index = index.parse().ok().filter(|index| (1..=of).contains(index));
    index.map(|index| ShardOption::Given(Shard { index, of })).ok_or_else(expected)
}

fn row_runs(text: &str) -> Result<u64, String> {
    let runs = text.parse().ok().filter(|runs| (1..=MAX_RUNS).contains(runs));
    runs.ok_or_else(|| format!("found {}, expected 1 to {MAX_RUNS}", quoted(text)))
}

fn error_probability(text: &str) -> Result<f64, String> {
    let number = text.parse().ok();
    let number = number.filter(|number| *number > 0.0 && *number <= MAX_ERROR_PROBABILITY);
    number.ok_or_else(|| {
        format!(
            "found {}, expected a probability above 0, at most {MAX_ERROR_PROBABILITY}",
            quoted(text)
        )
    })
}

fn requirement(text: &str) -> Result<Requirement, String> {
    Requirement::parse(text).map_err(|problem| problem.message)
}

fn objective(text: &str) -> Result<Objective, String> {
    Objective::parse(text).map_err(|problem| problem.message)
}

/// Parses `success-rate=error_rate of canary`.
fn binding(text: &str) -> Result<(String, String), String> {
    let expected = || format!("found {}, expected METRIC=MEASURES", quoted(text));
    let (metric, measures) = text.split_once('=').ok_or_else(expected)?;
    Ok((metric.trim().to_string(), measures.trim().to_string()))
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
