//! Results as text for a terminal: of a rollout with a table of stages and small
//! charts, and of a study; a study also as CSV.

mod search;

pub use search::{reach_text, search_csv, search_text};

use std::fmt::Write;

use crate::message::{shown, thousands};
use crate::observation::ByArm;
use crate::record::shown_time;
use crate::report::{Outcome, RecordedSource, Report, StageReport, StageVerdict};
use crate::rollout::Rollout;
use crate::rules::words::{counted, milliseconds, percent, significant};
use crate::study::{
    CaseReport, Distribution, Estimate, RequirementReport, StudyReport, SweepPoint,
};

/// Maximum width of a chart, in columns.
const CHART_COLUMNS: usize = 60;

/// The result of a rollout as text, about 80 columns wide, with a final line break.
pub fn rollout_text(rollout: &Rollout) -> String {
    let report = rollout.report();
    let mut text = String::new();
    let name = if report.config.name().is_empty() { "rollout" } else { report.config.name() };
    let name = shown(name);
    let seconds = report.config.world().tick_seconds;
    let ticks = counted(u64::from(report.metrics.ticks), "tick");
    let start = report.recorded.as_ref().and_then(|recorded| recorded.start);
    let start = start.map(|start| format!("   recorded, from {}", shown_time(start)));
    let start = start.unwrap_or_default();
    let _ = writeln!(text, "{name}   seed {}   {ticks} of {seconds} s{start}\n", report.seed);
    stage_table(&mut text, &report);
    text.push('\n');
    charts(&mut text, rollout);
    text.push('\n');
    for decision in &report.decisions {
        let _ = writeln!(text, "tick {:>5}  {}", decision.tick, decision.sentence);
    }
    let _ = writeln!(text, "\n{}: {}", report.final_state, outcome_words(report.outcome));
    let _ = writeln!(text, "{}", report.truth.sentence);
    let _ = writeln!(text, "{}", excess_sentence(&report));
    for note in report.recorded.iter().flat_map(|recorded| &recorded.notes) {
        let _ = writeln!(text, "{note}");
    }
    for warning in &report.warnings {
        let _ = writeln!(text, "warning: {}: {}", warning.path, warning.message);
    }
    text
}

/// The outcome in a few words.
pub fn outcome_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::PromotedRightly => "promoted rightly",
        Outcome::Caught => "caught",
        Outcome::FalseRollback => "false rollback",
        Outcome::MissedRegression => "missed regression",
        Outcome::Undecided => "undecided",
        Outcome::Unknown => "rightly or not, nobody knows",
    }
}

/// How many errors the release has caused, as far as that is known.
fn excess_sentence(report: &Report) -> String {
    let estimate = match &report.recorded {
        Some(recorded) if recorded.source == RecordedSource::BothArms => recorded.excess_errors,
        _ => {
            let excess = counted(report.metrics.excess_errors, "request");
            return format!("{excess} failed that the baseline would have served.");
        }
    };
    let Some(estimate) = estimate else {
        return "The versions cannot be compared: one has no requests.".to_string();
    };
    let more_or_fewer = if estimate < 0.0 { "fewer" } else { "more" };
    let requests = thousands(estimate.abs().round() as u64);
    format!("About {requests} requests {more_or_fewer} failed than at the baseline’s error rate.")
}

fn stage_table(text: &mut String, report: &Report) {
    let header = ["stage", "share", "ticks", "requests", "errors", "error rate", "p99", "verdict"];
    let mut rows: Vec<[String; 8]> = vec![header.map(str::to_string)];
    for stage in &report.stages {
        let level = report.levels.get(stage.number as usize - 1);
        rows.extend(stage_rows(stage, level.map_or(0.0, |level| level.share)));
    }
    table(text, &rows);
}

fn table<const COLUMNS: usize>(text: &mut String, rows: &[[String; COLUMNS]]) {
    table_of(text, rows);
}

/// Writes rows of the same length in columns; the first and the last column are aligned to
/// the left.
fn table_of(text: &mut String, rows: &[impl AsRef<[String]>]) {
    let columns = rows.iter().map(|row| row.as_ref().len()).min().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row.as_ref()[column].chars().count());
        cells.max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in rows {
        let mut line = String::new();
        for (i, (cell, width)) in row.as_ref().iter().zip(&widths).enumerate() {
            let fill = " ".repeat(width - cell.chars().count());
            let to_the_left = i == 0 || i + 1 == columns;
            let cell = if to_the_left { format!("{cell}{fill}") } else { format!("{fill}{cell}") };
            line.push_str(&cell);
            line.push_str("  ");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

/// The rows of a stage: the canary above the baseline, or a single row if it has
/// not begun.
fn stage_rows(stage: &StageReport, share: f64) -> Vec<[String; 8]> {
    let name: String = shown(&stage.name).chars().take(24).collect();
    let share = format!("{} %", significant(share * 100.0));
    let verdict = match stage.verdict {
        StageVerdict::NotReached => "not reached",
        StageVerdict::InProgress => "in progress",
        StageVerdict::Paused => "paused",
        StageVerdict::Promoted => "promoted",
        StageVerdict::RolledBack => "rolled back",
    };
    let name = format!("{} {name}", stage.number);
    let (Some(metrics), Some(first), Some(last)) =
        (&stage.metrics, stage.first_tick, stage.last_tick)
    else {
        let blank = String::new;
        return vec![[name, share, blank(), blank(), blank(), blank(), blank(), verdict.into()]];
    };
    let row = |arm: &crate::report::ArmMetrics, head: [String; 3], verdict: &str| {
        let [name, share, ticks] = head;
        let rate = arm.error_rate.map(percent).unwrap_or_default();
        let p99 = arm.latency_ms.p99.map(milliseconds).unwrap_or_default();
        let (requests, errors) = (thousands(arm.requests), thousands(arm.errors));
        [name, share, ticks, requests, errors, rate, p99, verdict.to_string()]
    };
    let ticks = format!("{first}–{last}");
    vec![
        row(&metrics.canary, [name, share, ticks], verdict),
        row(&metrics.baseline, ["  baseline".into(), String::new(), String::new()], ""),
    ]
}

fn charts(text: &mut String, rollout: &Rollout) {
    let rows = &rollout.history().ticks;
    if rows.is_empty() {
        return;
    }
    let share: Vec<Option<f64>> = rows.iter().map(|row| Some(row.share)).collect();
    let rates = ByArm::from_fn(|arm| {
        let rate = rows.iter().map(|row| row.counts.of(arm).error_rate());
        rate.collect::<Vec<Option<f64>>>()
    });
    let highest = |values: &[Option<f64>]| values.iter().flatten().copied().fold(0.0, f64::max);
    let top = highest(&rates.baseline).max(highest(&rates.canary));
    let _ = writeln!(text, "canary share    {}  0 to 100 %", chart(&share, 1.0));
    let _ = writeln!(text, "canary errors   {}  0 to {}", chart(&rates.canary, top), percent(top));
    let _ = writeln!(text, "baseline errors {}  per tick", chart(&rates.baseline, top));
}

/// A line of blocks. Each block shows the maximum of its ticks, so that no peak is
/// lost; a blank shows that nothing was measured.
fn chart(values: &[Option<f64>], top: f64) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let per_column = values.len().div_ceil(CHART_COLUMNS);
    let block = |ticks: &[Option<f64>]| {
        let highest = ticks.iter().flatten().copied().reduce(f64::max);
        highest.map_or(' ', |value| {
            let height = if top > 0.0 { value / top * 8.0 } else { 0.0 };
            BLOCKS[(height as usize).min(7)]
        })
    };
    values.chunks(per_column).map(block).collect()
}

/// A case of a study: a policy on a release.
struct StudyCase<'a> {
    /// The policy's name; empty for the configuration's own.
    policy: &'a str,
    is_healthy: bool,
    /// The swept field and its value.
    swept: Option<(&'a str, f64)>,
    found: &'a CaseReport,
}

impl StudyCase<'_> {
    fn release(&self) -> &'static str {
        if self.is_healthy { "healthy" } else { "release" }
    }

    /// `delta.json: rules[0].max 0.0117, healthy`. Values are written with all
    /// digits, so that different values have different names.
    fn name(&self, alone: bool) -> String {
        let release = if self.is_healthy { "healthy" } else { "the release" };
        let case = match self.swept {
            None => release.to_string(),
            Some((field, value)) if alone => format!("{} {value}", shown(field)),
            Some((field, value)) => format!("{} {value}, {release}", shown(field)),
        };
        if self.policy.is_empty() { case } else { format!("{}: {case}", shown(self.policy)) }
    }
}

/// All cases of a study, in the order of the output.
fn study_cases(report: &StudyReport) -> Vec<StudyCase<'_>> {
    let others = report.policies.iter().map(|other| other.name.as_str());
    let names: Vec<&str> = std::iter::once("").chain(others).collect();
    let mut cases = Vec::new();
    let mut add = |policy, is_healthy, swept, found: Option<_>| {
        cases.extend(found.map(|found| StudyCase { policy, is_healthy, swept, found }));
    };
    add("", true, None, Some(&report.healthy));
    add("", false, None, report.release.as_ref());
    for other in &report.policies {
        add(&other.name, true, None, Some(&other.healthy));
        add(&other.name, false, None, other.release.as_ref());
    }
    let Some(sweep) = &report.sweep else { return cases };
    for point in &sweep.points {
        let swept = Some((sweep.field.as_str(), point.value));
        for (i, &name) in names.iter().enumerate() {
            add(name, true, swept, point.healthy.get(i));
            add(name, false, swept, point.policies.get(i));
        }
    }
    cases
}

/// The result of a study as text, with a final line break.
pub fn study_text(report: &StudyReport) -> String {
    let mut text = String::new();
    let name = if report.config.name().is_empty() { "study" } else { report.config.name() };
    let name = shown(name);
    let runs = counted(report.runs, "run");
    let partial = report.partial_in_words();
    let _ = writeln!(text, "{name}   {runs} from seed {}{partial}\n", report.seeds.first);
    let header = [
        "",
        "rolled back",
        "95 % interval",
        "completed",
        "waiting",
        "ticks to",
        "excess errors",
        "ticks",
    ];
    let mut rows = vec![header.map(str::to_string)];
    let both = |point: &SweepPoint| !point.healthy.is_empty();
    let alone = !report.sweep.iter().flat_map(|sweep| &sweep.points).any(both);
    rows.extend(study_cases(report).iter().map(|case| study_row(&case.name(alone), case.found)));
    table(&mut text, &rows);
    text.push('\n');

    let (release, whole) = (report.release.as_ref(), report.release_is_bad);
    let thrown_away = match release {
        Some(_) if !whole => "releases like this one, which become healthy",
        _ => "healthy releases",
    };
    let _ = writeln!(text, "False rollback: {}.", of(&report.false_rollback, thrown_away));
    if let Some(missed) = &report.missed_regression {
        let _ = writeln!(text, "Missed regression: {}.", of(missed, "releases like this one"));
    }
    let waits = |case: &CaseReport| case.p_waiting.estimate > 0.0;
    if waits(&report.healthy) || release.is_some_and(waits) {
        let healthy = of(&report.healthy.p_waiting, "healthy releases");
        let release = release
            .map(|case| format!(", {}", of(&case.p_waiting, "releases like this one")))
            .unwrap_or_default();
        let _ = writeln!(text, "Waiting for a person, undecided: {healthy}{release}.");
    }
    for requirement in &report.requirements {
        let _ = writeln!(text, "{requirement}.");
    }
    if !report.requirements.is_empty() {
        let _ = writeln!(text, "{}", promise(&report.requirements));
    }
    if let Some(person) = report.person {
        let _ = writeln!(
            text,
            "In a pause that waits for a person, one answers after {}: {}.",
            counted(u64::from(person.after_ticks), "tick"),
            person.command.name()
        );
    }
    for note in report.recorded.iter().flat_map(|recorded| &recorded.notes) {
        let _ = writeln!(text, "{note}");
    }
    let _ = writeln!(
        text,
        "Intervals cover only the sampling error of the simulation. Excess errors are counted over {}.",
        counted(u64::from(report.horizon_ticks), "tick")
    );
    for warning in report.config.warnings() {
        let _ = writeln!(text, "warning: {}: {}", warning.path, warning.message);
    }
    text
}

/// What the answers to all requirements promise together.
pub fn promise(requirements: &[RequirementReport]) -> String {
    let wrong: f64 = requirements.iter().map(|one| one.error_probability).sum();
    let answers = match requirements.len() {
        1 => "The answer is",
        _ => "The answers together are",
    };
    format!("{answers} wrong with a probability of at most {}.", significant(wrong))
}

/// `1.2 % of healthy releases (0.9 % to 1.6 %)`.
fn of(p: &Estimate, releases: &str) -> String {
    format!("{} of {releases} ({})", chance(p.estimate), interval(p))
}

fn study_row(name: &str, case: &CaseReport) -> [String; 8] {
    let spread = |of: &Option<Distribution>| {
        let spread = |d: &Distribution| format!("{} ≤ {}", amount(d.mean), amount(d.p95));
        of.as_ref().map(spread).unwrap_or_default()
    };
    [
        name.to_string(),
        chance(case.p_rollback.estimate),
        interval(&case.p_rollback),
        chance(case.p_completed.estimate),
        chance(case.p_waiting.estimate),
        spread(&case.ticks_to_rollback),
        spread(&case.excess_errors),
        spread(&case.duration_ticks),
    ]
}

/// A probability in percent, with as many digits as the rarer side needs: `99.9982
/// %`, because three digits would read as certainty.
fn chance(p: f64) -> String {
    let rarer = (1.0 - p) * 100.0;
    if p == 1.0 || rarer >= 1.0 {
        return percent(p);
    }
    let places = significant(rarer).split_once('.').map_or(0, |(_, places)| places.len());
    format!("{:.places$} %", 100.0 - rarer)
}

/// A number with three significant digits; from 1,000 on rounded to a whole number,
/// with commas: `0.495`, `38,511`.
fn amount(x: f64) -> String {
    if x < 1000.0 { significant(x) } else { thousands((x + 0.5) as u64) }
}

fn interval(estimate: &Estimate) -> String {
    format!("{} to {}", chance(estimate.low), chance(estimate.high))
}

/// The result of a study as CSV, one line per case. The column `release` is
/// `healthy` for a release as good as the baseline, otherwise `release`. The
/// columns `field` and `value` are those of a sweep.
pub fn study_csv(report: &StudyReport) -> String {
    let mut text = String::from(
        "policy,release,field,value,runs,p_rollback,p_rollback_low,p_rollback_high,p_completed,p_waiting,p_false_rollback,p_false_rollback_low,p_false_rollback_high,p_caught,mean_ticks_to_rollback,mean_excess_errors,p95_excess_errors,mean_exposed_requests,mean_duration_ticks\n",
    );
    for case in study_cases(report) {
        let found = case.found;
        let mean = |of: &Option<Distribution>| of.map_or(String::new(), |d| d.mean.to_string());
        let (field, value) = match case.swept {
            Some((field, value)) => (field, value.to_string()),
            None => ("", String::new()),
        };
        let fields = [
            quoted(case.policy),
            case.release().to_string(),
            quoted(field),
            value,
            report.runs.to_string(),
            found.p_rollback.estimate.to_string(),
            found.p_rollback.low.to_string(),
            found.p_rollback.high.to_string(),
            found.p_completed.estimate.to_string(),
            found.p_waiting.estimate.to_string(),
            found.p_false_rollback.estimate.to_string(),
            found.p_false_rollback.low.to_string(),
            found.p_false_rollback.high.to_string(),
            found.p_caught.estimate.to_string(),
            mean(&found.ticks_to_rollback),
            mean(&found.excess_errors),
            found.excess_errors.map_or(String::new(), |d| d.p95.to_string()),
            mean(&found.exposed_requests),
            mean(&found.duration_ticks),
        ];
        text.push_str(&fields.join(","));
        text.push('\n');
    }
    text
}

/// A text as a CSV field.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_string()
    }
}
