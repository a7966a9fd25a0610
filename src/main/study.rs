//! `canary-rollout study`: options, progress, and requirements as a gate for
//! pipelines.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use canary_rollout::config::read_policy;
use canary_rollout::import::is_foreign;
use canary_rollout::message::shown;
use canary_rollout::rollout::TimedCommand;
use canary_rollout::study::{
    DEFAULT_ERROR_PROBABILITY, DEFAULT_GATE_RUNS, Fulfilment, Requirement, RequirementGroup,
    RequirementReport, Study,
};
use canary_rollout::svg::study_svg;
use canary_rollout::text::{study_csv, study_text};
use canary_rollout::world::RecordedWorld;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value as Json, json};

use crate::arguments::{DaysOptions, ImportOptions, Sources, StudyFormat, StudyOptions};
use crate::commands::{Outcome, all_in_source, read_source, say, text};
use crate::counts::{self, CountsOptions};
use crate::import::{self, Loaded};
use crate::pipeline::{junit, markdown};
use crate::rows;

/// Exit statuses: a requirement is not met, a requirement is undecided, and Ctrl-C
/// stopped a study with requirements (128 + SIGINT).
pub(crate) const FAILED: u8 = 1;
pub(crate) const UNDECIDED: u8 = 3;
pub(crate) const INTERRUPTED: u8 = 130;

/// The error ratios of a picture without a sweep of its own.
const RATIOS: [f64; 10] = [1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0];

pub(crate) fn study(
    sources: &Sources,
    options: &StudyOptions,
    counts: &CountsOptions,
) -> Result<Outcome, String> {
    let only_answers = matches!(options.format, StudyFormat::Junit | StudyFormat::Markdown);
    if only_answers && options.requirements.is_empty() {
        return Err("--format: junit and markdown are of the answers to --require, expected at \
                    least one --require"
            .into());
    }
    let loaded = import::load(sources)?;
    let source = loaded.name.as_os_str();
    if !options.quiet {
        loaded.tell();
    }
    start_threads(options.threads)?;
    let recorded = recorded(&loaded, &options.days, counts, options.quiet)?;
    if let Some(file) = &options.rows {
        let mut json = as_json(options, &[], &[], &mut BTreeMap::new())?;
        json["runs"] = json!(rows::prepared_runs(options)?);
        let study = prepared(source, &loaded.text, &json, recorded.as_ref())?;
        return rows::study(file, &study, options);
    }
    let mut questions = questions(source, &loaded.text, options, recorded.as_ref())?;

    let mut partial = false;
    let mut answers: Vec<Option<RequirementReport>> = vec![None; options.requirements.len()];
    for question in &mut questions {
        simulate(&mut question.study, options.quiet);
        partial |= !question.study.is_finished();
        for (&at, answer) in question.requirements.iter().zip(question.study.report().requirements)
        {
            answers[at] = Some(answer);
        }
    }
    let mut report = questions[0].study.report();
    report.requirements = answers.into_iter().flatten().collect();
    for answer in &report.requirements {
        say(&format!("canary-rollout: {answer}"));
    }
    let name = match report.config.name() {
        "" => source.to_string_lossy().into_owned(),
        name => name.to_string(),
    };
    let output = match options.format {
        StudyFormat::Json => report.to_json() + "\n",
        StudyFormat::Text => study_text(&report),
        StudyFormat::Csv => study_csv(&report),
        StudyFormat::Svg => study_svg(&report),
        StudyFormat::Junit => junit(&name, &report)?,
        StudyFormat::Markdown => markdown(&name, &report),
    };
    let worst = report.requirements.iter().map(|found| found.fulfilment).max();
    let status = match worst {
        // An interrupted gate has no answer.
        Some(_) if partial => INTERRUPTED,
        None | Some(Fulfilment::Met) => 0,
        Some(Fulfilment::Undecided) => UNDECIDED,
        Some(Fulfilment::Failed) => FAILED,
    };
    Ok(Outcome { output, status })
}

/// A study, and the requirements that it answers, by their places on the command line.
struct Question {
    requirements: Vec<usize>,
    study: Study,
}

/// The study of the configuration, and one for each change that requirements ask for.
/// Faults are reported before anything is simulated.
fn questions(
    source: &OsStr,
    config: &str,
    options: &StudyOptions,
    recorded: Option<&Arc<RecordedWorld>>,
) -> Result<Vec<Question>, String> {
    let requirements = &options.requirements;
    let epsilon = options.error_probability.unwrap_or(DEFAULT_ERROR_PROBABILITY);
    let share = epsilon / requirements.len().max(1) as f64;
    let mut known = BTreeMap::new();
    let mut questions = Vec::new();
    for RequirementGroup { changes, places } in Requirement::grouped(requirements) {
        let of_group: Vec<&Requirement> = places.iter().map(|&at| &requirements[at]).collect();
        let json = as_json(options, changes, &of_group, &mut known)?;
        let study = prepared(source, config, &json, recorded);
        let mut study = study.map_err(|error| match of_group.first() {
            Some(requirement) if !changes.is_empty() => {
                format!("require: {}: {error}", shown(requirement.text()))
            }
            _ => error,
        })?;
        for requirement in of_group {
            study.require(requirement, share).map_err(text)?;
        }
        questions.push(Question { requirements: places, study });
    }
    Ok(questions)
}

/// The options of a study as [`Study::from_text`] reads them: of the configuration's own,
/// or of one for requirements that change the configuration. `known` are the policies that
/// were read.
fn as_json(
    options: &StudyOptions,
    changes: &[(String, f64)],
    requirements: &[&Requirement],
    known: &mut BTreeMap<OsString, Json>,
) -> Result<Json, String> {
    let mut study = json!({});
    let gate_runs = (!requirements.is_empty()).then_some(DEFAULT_GATE_RUNS as f64);
    let numbers = [
        ("runs", options.runs.or(gate_runs)),
        ("seed", options.seed),
        ("horizon_ticks", options.horizon),
    ];
    for (key, number) in numbers {
        if let Some(number) = number {
            study[key] = json!(number);
        }
    }
    if let Some(TimedCommand { tick, command }) = options.person {
        study["person"] = json!({ "after_ticks": tick, "command": command });
    }
    let is_own = changes.is_empty();
    if !is_own {
        let changes =
            changes.iter().map(|(field, value)| json!({ "field": field, "value": value }));
        study["set"] = changes.collect();
    }
    if let (Some(sweep), true) = (&options.sweep, is_own) {
        study["sweep"] = json!({ "field": sweep.field, "values": sweep.values });
    } else if is_own && options.format == StudyFormat::Svg {
        study["sweep"] = json!({ "field": "canary.error_ratio", "values": RATIOS });
    }
    let mut names: Vec<&OsStr> = Vec::new();
    if is_own {
        names.extend(options.policies.iter().map(OsString::as_os_str));
    }
    for name in requirements.iter().flat_map(|one| one.policies()).map(OsStr::new) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut policies = Vec::new();
    for name in names {
        if !known.contains_key(name) {
            known.insert(name.to_owned(), policy(name, options.quiet)?);
        }
        policies.extend(known.get(name).cloned());
    }
    if !policies.is_empty() {
        study["policies"] = Json::from(policies);
    }
    Ok(study)
}

/// A policy of a file, with its name, as the options of a study or a search have it.
pub(crate) fn policy(path: &OsStr, quiet: bool) -> Result<Json, String> {
    let name = path.to_string_lossy();
    let text = read_source(path)?;
    if is_foreign(&text) {
        let import = import::imported(&[path.to_owned()], &[text], &ImportOptions::default())?;
        let config: Json =
            serde_json::from_str(&import.config).map_err(|error| error.to_string())?;
        if !quiet {
            import::warnings(&import);
        }
        return Ok(json!({ "name": name, "policy": { "controller": config["controller"] } }));
    }
    let policy = read_policy(&text).map_err(|error| all_in_source(path, &error))?;
    Ok(json!({ "name": name, "policy": policy }))
}

/// Starts the requested number of threads, or one per core. Rayon's environment
/// variable has no effect.
pub(crate) fn start_threads(threads: Option<usize>) -> Result<(), String> {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.unwrap_or_else(cores);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().map_err(text)
}

fn prepared(
    source: &OsStr,
    config: &str,
    options: &Json,
    recorded: Option<&Arc<RecordedWorld>>,
) -> Result<Study, String> {
    let options = options.to_string();
    match recorded {
        None => Study::from_text(config, &options),
        Some(recorded) => Study::from_text_over(config, &options, Arc::clone(recorded)),
    }
    .map_err(|error| all_in_source(source, &error))
}

/// The recorded days that take the place of the world, if there are some.
pub(crate) fn recorded(
    loaded: &Loaded,
    days: &DaysOptions,
    counts: &CountsOptions,
    quiet: bool,
) -> Result<Option<Arc<RecordedWorld>>, String> {
    if days.recorded.is_empty() && counts.prometheus.is_none() {
        let start = days.start_of_day.map(|_| "--start-of-day");
        return match counts.given().or(start) {
            None => Ok(None),
            Some(option) => Err(format!("{option}: expected --counts FILE or --prometheus URL")),
        };
    }
    let config = loaded.config()?;
    let reading = counts::load(&days.recorded, counts, quiet)?;
    RecordedWorld::of_days(&reading.record, &config, days.start_of_day).map(Arc::new).map(Some)
}

/// What becomes true with the first interrupt (Ctrl-C). The second one ends the program.
pub(crate) fn stop_on_interrupt() -> &'static AtomicBool {
    static STOP: AtomicBool = AtomicBool::new(false);
    // Setting the handler again fails, because the first handler serves all.
    let _ = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(INTERRUPTED));
        }
    });
    &STOP
}

/// Runs a study. It shows the progress on standard error, if that is a terminal,
/// and then the speed. An interrupt (Ctrl-C) ends the study early; it is then the
/// study of the runs it finished.
fn simulate(study: &mut Study, quiet: bool) {
    let started = Instant::now();
    let mut progress = Progress::of(study.runs(), quiet);
    progress.run(study, 0);
    progress.finish();
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

/// Simulations with a progress bar on standard error, which an interrupt ends early.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// The bar draws only on a terminal.
    pub(crate) fn of(runs: u64, quiet: bool) -> Progress {
        Progress { bar: progress_bar(runs, "runs", quiet) }
    }

    /// Simulates the runs of a study, after `before` others.
    pub(crate) fn run(&mut self, study: &mut Study, before: u64) {
        study.run_parallel(stop_on_interrupt(), |done| self.bar.set_position(before + done));
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// A progress bar on standard error; it draws only on a terminal.
pub(crate) fn progress_bar(count: u64, what: &str, quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = format!("[{{bar:40}}] {{pos}} of {{len}} {what}, {{eta}} left");
    let style = ProgressStyle::with_template(&style);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(count), target).with_style(style.progress_chars("##."))
}
