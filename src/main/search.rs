//! `canary-rollout search`: options, progress, and what was found.

use std::ffi::OsStr;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use canary_rollout::config::Config;
use canary_rollout::message::shown;
use canary_rollout::rollout::TimedCommand;
use canary_rollout::search::{Reach, Search};
use canary_rollout::study::Fulfilment;
use canary_rollout::text::{reach_text, search_csv, search_text};
use serde_json::{Value as Json, json};

use crate::arguments::{SearchFormat, SearchOptions, Sources};
use crate::commands::{Outcome, all_in_source, name_of, read_source, say};
use crate::counts::CountsOptions;
use crate::import;
use crate::study::{
    FAILED, INTERRUPTED, UNDECIDED, policy, progress_bar, recorded, start_threads,
    stop_on_interrupt,
};

pub(crate) fn search(
    sources: &Sources,
    options: &SearchOptions,
    counts: &CountsOptions,
) -> Result<Outcome, String> {
    if options.reach.is_some() && matches!(options.format, SearchFormat::Csv) {
        return Err("--format: csv has a row for each candidate, expected json or text with \
                    --reach"
            .into());
    }
    let is_over_counts = !options.days.recorded.is_empty() || counts.prometheus.is_some();
    if options.reach.is_some() && is_over_counts {
        return Err("--reach: asks about simulated traffic, expected no recorded counts".into());
    }
    let loaded = import::load(sources)?;
    if !options.quiet {
        loaded.tell();
    }
    start_threads(options.threads)?;
    let text = as_json(options)?.to_string();
    let of_source = |error| all_in_source(&loaded.name, &error);
    let recorded = recorded(&loaded, &options.days, counts, options.quiet)?;
    if let Some(field) = &options.reach {
        let question = Reach::from_text(&loaded.text, &text, field).map_err(of_source)?;
        return reach(question, options);
    }
    let search = match recorded {
        None => Search::from_text(&loaded.text, &text),
        Some(recorded) => Search::from_text_over(&loaded.text, &text, recorded),
    };
    let mut search = search.map_err(of_source)?;
    simulate(search.rollouts(), options.quiet, |stop, progress| {
        search.run_parallel(stop, progress);
        (search.done(), search.is_finished())
    });
    let report = search.report();
    if let Some(path) = &options.policy_out {
        write_policy(path, report.chosen.as_ref().map(|chosen| &chosen.config))?;
    }
    let output = match options.format {
        SearchFormat::Json => report.to_json() + "\n",
        SearchFormat::Text => search_text(&report),
        SearchFormat::Csv => search_csv(&report),
    };
    let status = match (&report.chosen, &report.nearest) {
        _ if !search.is_finished() => INTERRUPTED,
        (Some(_), _) => 0,
        (None, Some(nearest)) => {
            let nearest = report.candidates.get(nearest.id as usize);
            let holds = nearest.map(|nearest| &nearest.holds[..]).unwrap_or_default();
            let fails = holds.iter().any(|hold| hold.fulfilment == Fulfilment::Failed);
            if fails { FAILED } else { UNDECIDED }
        }
        (None, None) => UNDECIDED,
    };
    Ok(Outcome { output, status })
}

/// The options as [`Search::from_text`] reads them.
fn as_json(options: &SearchOptions) -> Result<Json, String> {
    let mut search = json!({});
    let numbers = [
        ("runs", options.runs),
        ("candidates", options.candidates),
        ("seed", options.seed),
        ("horizon_ticks", options.horizon),
        ("error_probability", options.error_probability),
        ("tolerance", options.tolerance),
    ];
    for (key, number) in numbers {
        if let Some(number) = number {
            search[key] = json!(number);
        }
    }
    if let Some(TimedCommand { tick, command }) = options.person {
        search["person"] = json!({ "after_ticks": tick, "command": command });
    }
    let vary: Result<Vec<Json>, String> = options.vary.iter().map(|text| varied(text)).collect();
    search["vary"] = Json::from(vary?);
    let policies: Result<Vec<Json>, String> =
        options.policies.iter().map(|path| policy(path, options.quiet)).collect();
    let policies = policies?;
    if !policies.is_empty() {
        search["policies"] = Json::from(policies);
    }
    search["hold"] = options.holds.iter().map(|one| Json::from(one.text())).collect();
    search["least"] = options.least.iter().map(|one| Json::from(one.text())).collect();
    Ok(search)
}

/// A varied field: its text, or with the values of a file, `stages=@ladders.json`.
fn varied(text: &str) -> Result<Json, String> {
    let Some((field, path)) = text.split_once("=@") else { return Ok(Json::from(text)) };
    let values = read_source(OsStr::new(path))?;
    let values: Json = serde_json::from_str(&values)
        .map_err(|error| format!("{}: {error}, expected a list of values in JSON", shown(path)))?;
    Ok(json!({ "field": field, "values": values }))
}

/// Runs a search. It shows the progress on standard error, if that is a terminal, and then
/// the speed. An interrupt (Ctrl-C) ends it early, with what was found so far. `run` returns
/// the number of rollouts, and whether it is finished.
fn simulate(
    rollouts: u64,
    quiet: bool,
    run: impl FnOnce(&AtomicBool, &dyn Fn(u64)) -> (u64, bool),
) {
    let stop = stop_on_interrupt();
    let started = Instant::now();
    let bar = progress_bar(rollouts, "rollouts", quiet);
    let (done, is_finished) = run(stop, &|done| bar.set_position(done));
    bar.finish_and_clear();
    if quiet {
        return;
    }
    let seconds = started.elapsed().as_secs_f64();
    let stopped = if is_finished { "" } else { " (stopped early)" };
    say(&format!(
        "canary-rollout: {done} rollouts{stopped} in {seconds:.2} s, {:.0} a second",
        done as f64 / seconds.max(1e-9)
    ));
}

/// At which values of a field some candidate holds all bounds.
fn reach(mut reach: Reach, options: &SearchOptions) -> Result<Outcome, String> {
    simulate(reach.rollouts(), options.quiet, |stop, progress| {
        reach.run_parallel(stop, progress);
        (reach.done(), reach.is_finished())
    });
    let report = reach.report();
    if let Some(path) = &options.policy_out {
        write_policy(path, report.config.as_ref())?;
    }
    let output = match options.format {
        SearchFormat::Json => report.to_json() + "\n",
        SearchFormat::Text => reach_text(&report),
        SearchFormat::Csv => String::new(),
    };
    let all_failed = report.tried.iter().all(|tried| tried.fulfilment == Fulfilment::Failed);
    let status = match (reach.is_finished(), report.kept_at.is_some()) {
        (false, _) => INTERRUPTED,
        (true, true) => 0,
        (true, false) if all_failed => FAILED,
        (true, false) => UNDECIDED,
    };
    Ok(Outcome { output, status })
}

/// Writes the configuration with the policy that was found.
fn write_policy(path: &OsStr, config: Option<&Config>) -> Result<(), String> {
    let Some(config) = config else {
        let name = name_of(path);
        say(&format!("canary-rollout: --policy-out: no policy is found, {name} is not written"));
        return Ok(());
    };
    let text = serde_json::to_string_pretty(config).map_err(|error| error.to_string())?;
    std::fs::write(path, text + "\n").map_err(|error| format!("{}: {error}", name_of(path)))
}
