//! `canary-rollout study`: options, progress and the gate for pipelines.

use std::ffi::{OsStr, OsString};
use std::time::Instant;

use canary_rollout::config::ConfigInput;
use canary_rollout::message::{quoted, shown};
use canary_rollout::study::{Fulfilment, Requirement, RequirementReport, Study, StudyReport};
use canary_rollout::text::{study_csv, study_text};
use serde_json::{Value as Json, json};

use super::arguments::{Argument, Arguments, unexpected};
use super::{EXPECTED_CONFIG, Outcome, all_in_source, help, read_source, say, text};

/// The exit status where a requirement is not met, and where the runs do not
/// decide; and where Ctrl-C ended a gate, as a shell counts it.
const FAILED: u8 = 1;
const UNDECIDED: u8 = 3;
const INTERRUPTED: u8 = 130;

#[derive(Clone, Copy)]
enum Format {
    Json,
    Text,
    Csv,
}

struct Options {
    source: Option<OsString>,
    /// As [`Study::new`] reads them.
    study: Json,
    requirements: Vec<Requirement>,
    threads: Option<usize>,
    format: Format,
}

pub(super) fn study(arguments: lexopt::Parser) -> Result<Outcome, String> {
    let Some(options) = options(arguments)? else { return Ok(help::of("study").into()) };
    let source = options.source.as_deref().ok_or(EXPECTED_CONFIG)?;
    let config = read_source(source)?;
    start_threads(options.threads)?;

    let mut study = prepared(source, &config, &options.study)?;
    let mut gates = Vec::new();
    for requirement in &options.requirements {
        gates.push(Gate::new(requirement, source, &config, &options.study, &study)?);
    }
    simulate_aloud(&mut study);
    let mut report = study.report();
    let mut partial = report.partial;
    for gate in &mut gates {
        let (found, stopped) = gate.pass(&report)?;
        say(&format!("canary-rollout: {found}"));
        report.requirements.push(found);
        partial |= stopped;
    }
    let output = match options.format {
        Format::Json => report.to_json() + "\n",
        Format::Text => study_text(&report),
        Format::Csv => study_csv(&report),
    };
    let worst = report.requirements.iter().map(|found| found.fulfilment).max();
    let status = match worst {
        // A gate on fewer runs than asked for has not answered.
        Some(_) if partial => INTERRUPTED,
        None | Some(Fulfilment::Met) => 0,
        Some(Fulfilment::Undecided) => UNDECIDED,
        Some(Fulfilment::Failed) => FAILED,
    };
    Ok(Outcome { output, status })
}

/// A requirement, with the study of the changed configuration it speaks of.
struct Gate<'a> {
    requirement: &'a Requirement,
    changed: Option<Study>,
}

impl<'a> Gate<'a> {
    /// What is wrong with a requirement is told before anything is simulated.
    fn new(
        requirement: &'a Requirement,
        source: &OsStr,
        config: &str,
        options: &Json,
        study: &Study,
    ) -> Result<Self, String> {
        let changed =
            match requirement.change() {
                None => None,
                Some((field, value)) => {
                    let mut options = options.clone();
                    options["set"] = json!([{ "field": field, "value": value }]);
                    if let Some(options) = options.as_object_mut() {
                        options.remove("sweep");
                        options.remove("policies");
                    }
                    let changed = prepared(source, config, &options);
                    Some(changed.map_err(|error| {
                        format!("require: {}: {error}", shown(requirement.text()))
                    })?)
                }
            };
        requirement.check(&changed.as_ref().unwrap_or(study).report()).map_err(text)?;
        Ok(Gate { requirement, changed })
    }

    /// Holds the requirement against its own study, or else against `report`;
    /// also whether that study was stopped early.
    fn pass(&mut self, report: &StudyReport) -> Result<(RequirementReport, bool), String> {
        let own = self.changed.as_mut().map(|study| {
            simulate_aloud(study);
            study.report()
        });
        let report = own.as_ref().unwrap_or(report);
        Ok((self.requirement.check(report).map_err(text)?, report.partial))
    }
}

/// The options; `None` where help is asked for.
fn options(arguments: lexopt::Parser) -> Result<Option<Options>, String> {
    let mut options = Options {
        source: None,
        study: json!({}),
        requirements: Vec::new(),
        threads: None,
        format: Format::Json,
    };
    let mut policies = Vec::new();
    let mut arguments = Arguments::new(
        arguments,
        &[
            "--runs",
            "--seed",
            "--sweep",
            "--policy",
            "--horizon",
            "--require",
            "--threads",
            "--format",
        ],
    );
    while let Some(argument) = arguments.next()? {
        let option = match argument {
            Argument::Help => return Ok(None),
            Argument::Source(value) if options.source.is_none() => {
                options.source = Some(value);
                continue;
            }
            Argument::Source(value) => return Err(unexpected(&value)),
            Argument::Option(option) => option,
        };
        let numeric = match option {
            "--runs" => "runs",
            "--seed" => "seed",
            "--horizon" => "horizon_ticks",
            _ => "",
        };
        match option {
            "--sweep" => options.study["sweep"] = sweep(&arguments.once(option)?)?,
            "--policy" => policies.push(policy(&arguments.value()?)?),
            "--require" => {
                let requirement = Requirement::parse(&arguments.words(option)?).map_err(text)?;
                options.requirements.push(requirement);
            }
            "--threads" => options.threads = Some(threads(&arguments.once(option)?)?),
            "--format" => options.format = format(&arguments.once(option)?)?,
            _ => options.study[numeric] = number(option, &arguments.once(option)?)?,
        }
    }
    if !policies.is_empty() {
        options.study["policies"] = Json::from(policies);
    }
    Ok(Some(options))
}

fn threads(value: &str) -> Result<usize, String> {
    let threads = value.parse().ok().filter(|threads| (1..=1024).contains(threads));
    threads.ok_or_else(|| format!("--threads: found {}, expected 1 to 1024", quoted(value)))
}

fn format(value: &str) -> Result<Format, String> {
    match value {
        "json" => Ok(Format::Json),
        "text" => Ok(Format::Text),
        "csv" => Ok(Format::Csv),
        other => Err(format!("--format: found {}, expected json, text or csv", quoted(other))),
    }
}

fn number(option: &str, value: &str) -> Result<Json, String> {
    let number = value.parse::<f64>().ok().filter(|number| number.is_finite());
    number
        .map(Json::from)
        .ok_or_else(|| format!("{option}: found {}, expected a number", quoted(value)))
}

/// `error_ratio=1,1.5,2`.
fn sweep(value: &str) -> Result<Json, String> {
    let expected = || format!("--sweep: found {}, expected FIELD=NUMBER,NUMBER,…", quoted(value));
    let (field, values) = value.split_once('=').ok_or_else(expected)?;
    let values: Result<Vec<Json>, String> =
        values.split(',').map(|value| number("--sweep", value.trim())).collect();
    Ok(json!({ "field": field.trim(), "values": values.map_err(|_| expected())? }))
}

fn policy(path: &OsStr) -> Result<Json, String> {
    let name = path.to_string_lossy();
    let text = read_source(path)?;
    let policy =
        ConfigInput::policy_from_text(&text).map_err(|error| all_in_source(path, &error))?;
    Ok(json!({ "name": name, "policy": policy }))
}

/// As many threads as are asked for, or as there are cores; whatever rayon would
/// make of its environment variable.
fn start_threads(threads: Option<usize>) -> Result<(), String> {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.unwrap_or_else(cores);
    #[cfg(not(target_family = "wasm"))]
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().map_err(text)?;
    #[cfg(target_family = "wasm")]
    let _ = threads;
    Ok(())
}

fn prepared(source: &OsStr, config: &str, options: &Json) -> Result<Study, String> {
    Study::new(config, &options.to_string()).map_err(|error| all_in_source(source, &error))
}

/// Runs a study with its progress on standard error. An interrupt (Ctrl-C) ends
/// it early: what it then has is the study of the runs it finished.
fn simulate_aloud(study: &mut Study) {
    let started = Instant::now();
    simulate(study, started);
    let seconds = started.elapsed().as_secs_f64();
    let rollouts = study.done() as f64 * f64::from(study.rollouts_per_run());
    let stopped = if study.is_finished() { "" } else { " (stopped early)" };
    say(&format!(
        "canary-rollout: {} runs{stopped}, {rollouts:.0} rollouts in {seconds:.2} s, {:.0} a second",
        study.done(),
        rollouts / seconds.max(1e-9)
    ));
}

#[cfg(not(target_family = "wasm"))]
fn simulate(study: &mut Study, started: Instant) {
    use std::io::IsTerminal;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    static STOP: AtomicBool = AtomicBool::new(false);
    // The first interrupt gives what is finished, the second one nothing. A
    // second handler is refused: the first one serves every study.
    let _ = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(INTERRUPTED));
        }
    });
    let (runs, terminal) = (study.runs(), std::io::stderr());
    let is_watched = terminal.is_terminal();
    let mut told = started;
    study.run_parallel(&STOP, |done| {
        if is_watched && told.elapsed() > Duration::from_millis(100) {
            told = Instant::now();
            let width = (done * 40 / runs) as usize;
            show_progress(&format!("\r[{:<40}] {done} of {runs} runs", "#".repeat(width)));
        }
    });
    if told > started {
        show_progress("\r\x1b[K");
    }
}

/// Writes to a terminal; where it has gone nobody listens.
#[cfg(not(target_family = "wasm"))]
fn show_progress(bar: &str) {
    use std::io::Write;
    let _ = std::io::stderr().lock().write_all(bar.as_bytes());
}

#[cfg(target_family = "wasm")]
fn simulate(study: &mut Study, _: Instant) {
    study.advance(study.runs());
}
