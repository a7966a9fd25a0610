//! `canary-rollout study`: options, progress, and requirements as a gate for
//! pipelines.

use std::ffi::OsStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use canary_rollout::config::read_policy;
use canary_rollout::message::shown;
use canary_rollout::rollout::TimedCommand;
use canary_rollout::study::{Fulfilment, Requirement, RequirementReport, Study, StudyReport};
use canary_rollout::text::{study_csv, study_text};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value as Json, json};

use crate::arguments::{StudyFormat, StudyOptions};
use crate::commands::{Outcome, all_in_source, read_source, say, text};

/// Exit statuses: a requirement is not met, a requirement is undecided, and Ctrl-C
/// stopped a study with requirements (128 + SIGINT).
const FAILED: u8 = 1;
const UNDECIDED: u8 = 3;
const INTERRUPTED: u8 = 130;

pub(crate) fn study(source: &OsStr, options: &StudyOptions) -> Result<Outcome, String> {
    let json = as_json(options)?;
    let config = read_source(source)?;
    start_threads(options.threads)?;

    let mut study = prepared(source, &config, &json)?;
    let mut gates = Vec::new();
    for requirement in &options.requirements {
        gates.push(Gate::new(requirement, source, &config, &json, &study)?);
    }
    simulate(&mut study, options.quiet);
    let mut report = study.report();
    let mut partial = report.partial;
    for gate in &mut gates {
        let (found, stopped) = gate.pass(&report, options.quiet)?;
        say(&format!("canary-rollout: {found}"));
        report.requirements.push(found);
        partial |= stopped;
    }
    let output = match options.format {
        StudyFormat::Json => report.to_json() + "\n",
        StudyFormat::Text => study_text(&report),
        StudyFormat::Csv => study_csv(&report),
    };
    let worst = report.requirements.iter().map(|found| found.fulfilment).max();
    let status = match worst {
        // A gate on fewer runs than requested has no answer.
        Some(_) if partial => INTERRUPTED,
        None | Some(Fulfilment::Met) => 0,
        Some(Fulfilment::Undecided) => UNDECIDED,
        Some(Fulfilment::Failed) => FAILED,
    };
    Ok(Outcome { output, status })
}

/// A requirement, with the study of the changed configuration that it needs.
struct Gate<'a> {
    requirement: &'a Requirement,
    changed: Option<Study>,
}

impl<'a> Gate<'a> {
    /// Prepares a gate. Faults of the requirement are reported before anything is
    /// simulated.
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

    /// Checks the requirement against its own study or, without one, against
    /// `report`. Also returns whether that study was stopped early.
    fn pass(
        &mut self,
        report: &StudyReport,
        quiet: bool,
    ) -> Result<(RequirementReport, bool), String> {
        let own = self.changed.as_mut().map(|study| {
            simulate(study, quiet);
            study.report()
        });
        let report = own.as_ref().unwrap_or(report);
        Ok((self.requirement.check(report).map_err(text)?, report.partial))
    }
}

/// The options as [`Study::from_text`] reads them.
fn as_json(options: &StudyOptions) -> Result<Json, String> {
    let mut study = json!({});
    let numbers =
        [("runs", options.runs), ("seed", options.seed), ("horizon_ticks", options.horizon)];
    for (key, number) in numbers {
        if let Some(number) = number {
            study[key] = json!(number);
        }
    }
    if let Some(TimedCommand { tick, command }) = options.person {
        study["person"] = json!({ "after_ticks": tick, "command": command });
    }
    if let Some(sweep) = &options.sweep {
        study["sweep"] = json!({ "field": sweep.field, "values": sweep.values });
    }
    if !options.policies.is_empty() {
        let policies: Result<Vec<Json>, String> =
            options.policies.iter().map(|path| policy(path)).collect();
        study["policies"] = Json::from(policies?);
    }
    Ok(study)
}

fn policy(path: &OsStr) -> Result<Json, String> {
    let name = path.to_string_lossy();
    let text = read_source(path)?;
    let policy = read_policy(&text).map_err(|error| all_in_source(path, &error))?;
    Ok(json!({ "name": name, "policy": policy }))
}

/// Starts the requested number of threads, or one per core. Rayon's environment
/// variable has no effect.
fn start_threads(threads: Option<usize>) -> Result<(), String> {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.unwrap_or_else(cores);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().map_err(text)
}

fn prepared(source: &OsStr, config: &str, options: &Json) -> Result<Study, String> {
    Study::from_text(config, &options.to_string()).map_err(|error| all_in_source(source, &error))
}

/// Runs a study. It shows the progress on standard error, if that is a terminal,
/// and then the speed. An interrupt (Ctrl-C) ends the study early; it is then the
/// study of the runs it finished.
fn simulate(study: &mut Study, quiet: bool) {
    static STOP: AtomicBool = AtomicBool::new(false);
    // The first interrupt stops the study, with the result so far; the second one
    // ends the program. Setting the handler again fails, because the first handler
    // serves all studies.
    let _ = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(INTERRUPTED));
        }
    });
    let started = Instant::now();
    let bar = progress_bar(study.runs(), quiet);
    study.run_parallel(&STOP, |done| bar.set_position(done));
    bar.finish_and_clear();
    if quiet {
        return;
    }
    let seconds = started.elapsed().as_secs_f64();
    let rollouts = study.done() as f64 * f64::from(study.rollouts_per_run());
    let stopped = if study.is_finished() { "" } else { " (stopped early)" };
    say(&format!(
        "canary-rollout: {} runs{stopped}, {rollouts:.0} rollouts in {seconds:.2} s, {:.0} a second",
        study.done(),
        rollouts / seconds.max(1e-9)
    ));
}

/// A progress bar on standard error; it draws only on a terminal.
fn progress_bar(runs: u64, quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = ProgressStyle::with_template("[{bar:40}] {pos} of {len} runs, {eta} left");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(runs), target).with_style(style.progress_chars("##."))
}
