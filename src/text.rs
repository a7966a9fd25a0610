//! A rollout for eyes at a terminal: the stage table, small charts, the reason.

use std::fmt::Write;

use crate::message::shown;
use crate::observation::ByArm;
use crate::report::{Outcome, Report, StageReport, StageVerdict};
use crate::rollout::Rollout;
use crate::rules::words::{counted, milliseconds, percent, significant, thousands};
use crate::study::{CaseReport, Distribution, Estimate, StudyReport};

/// Widest chart, in columns.
const CHART_COLUMNS: usize = 60;

/// The result as text, some 80 columns wide, ending in a line break.
pub fn rollout_text(rollout: &Rollout) -> String {
    let report = rollout.report();
    let mut text = String::new();
    let name = if report.config.name.is_empty() { "rollout" } else { &report.config.name };
    let name = shown(name);
    let seconds = report.config.tick_seconds;
    let ticks = counted(u64::from(report.metrics.ticks), "tick");
    let _ = writeln!(text, "{name}   seed {}   {ticks} of {seconds} s\n", report.seed);
    stage_table(&mut text, &report);
    text.push('\n');
    charts(&mut text, rollout);
    text.push('\n');
    for decision in &report.decisions {
        let _ = writeln!(text, "tick {:>5}  {}", decision.tick, decision.sentence);
    }
    let _ = writeln!(text, "\n{}: {}", report.final_state, outcome_words(report.outcome));
    let _ = writeln!(text, "{}", report.truth.sentence);
    let excess = counted(report.metrics.excess_errors, "request");
    let _ = writeln!(text, "{excess} failed that the baseline would have served.");
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
    }
}

fn stage_table(text: &mut String, report: &Report) {
    let header = ["stage", "share", "ticks", "requests", "errors", "error rate", "p99", "verdict"];
    let mut rows: Vec<[String; 8]> = vec![header.map(str::to_string)];
    for stage in &report.stages {
        rows.extend(stage_rows(stage));
    }
    table(text, &rows);
}

/// Writes rows in columns; the first and the last column to the left.
fn table<const COLUMNS: usize>(text: &mut String, rows: &[[String; COLUMNS]]) {
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
    for row in rows {
        let mut line = String::new();
        for (i, cell) in row.iter().enumerate() {
            let fill = " ".repeat(widths[i] - cell.chars().count());
            let to_the_left = i == 0 || i + 1 == COLUMNS;
            let cell = if to_the_left { format!("{cell}{fill}") } else { format!("{fill}{cell}") };
            line.push_str(&cell);
            line.push_str("  ");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

/// A stage takes two rows, the canary above the baseline; one before it began.
fn stage_rows(stage: &StageReport) -> Vec<[String; 8]> {
    let name: String = shown(&stage.name).chars().take(24).collect();
    let share = format!("{} %", significant(stage.traffic_pct));
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
    let _ = writeln!(text, "baseline errors {}  a tick", chart(&rates.baseline, top));
}

/// A line of blocks, each the largest of the ticks it stands for, so that no
/// peak is lost; a blank where nothing was measured.
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

/// A study as text, ending in a line break.
pub fn study_text(report: &StudyReport) -> String {
    let mut text = String::new();
    let name = if report.config.name.is_empty() { "study" } else { &report.config.name };
    let name = shown(name);
    let runs = counted(report.runs, "run");
    let partial = if report.partial { ", stopped early" } else { "" };
    let _ = writeln!(text, "{name}   {runs} from seed {}{partial}\n", report.seeds.first);
    let mut cases = vec![("healthy".to_string(), &report.healthy)];
    cases.extend(report.release.iter().map(|release| ("the release".to_string(), release)));
    for other in &report.policies {
        let name = shown(&other.name);
        cases.push((format!("{name}: healthy"), &other.healthy));
        cases.extend(other.release.iter().map(|case| (format!("{name}: the release"), case)));
    }
    for point in report.sweep.iter().flat_map(|sweep| &sweep.points) {
        let field = report.sweep.as_ref().map_or("", |sweep| sweep.field.as_str());
        let name = format!("{} {}", shown(field), significant(point.value));
        cases.extend(point.policies.iter().map(|case| (name.clone(), case)));
    }
    let header =
        ["", "rolled back", "95 % interval", "completed", "ticks to", "excess errors", "ticks"];
    let mut rows = vec![header.map(str::to_string)];
    rows.extend(cases.iter().map(|(name, case)| study_row(name, case)));
    table(&mut text, &rows);
    let interval = interval(&report.healthy.p_rollback);
    let estimate = percent(report.healthy.p_rollback.estimate);
    let _ = writeln!(text, "\nFalse rollback: {estimate} of healthy releases ({interval}).");
    if let Some(release) = &report.release {
        let (estimate, interval) =
            (percent(release.p_completed.estimate), self::interval(&release.p_completed));
        let _ = writeln!(text, "Missed regression: {estimate} of such releases ({interval}).");
    }
    let _ = writeln!(
        text,
        "Intervals are of the simulation alone. Harm is charged over {}.",
        counted(u64::from(report.horizon_ticks), "tick")
    );
    text
}

fn study_row(name: &str, case: &CaseReport) -> [String; 7] {
    let spread = |of: &Option<Distribution>| {
        let spread = |d: &Distribution| format!("{} ≤ {}", significant(d.mean), thousands(d.p95));
        of.as_ref().map(spread).unwrap_or_default()
    };
    [
        name.to_string(),
        percent(case.p_rollback.estimate),
        interval(&case.p_rollback),
        percent(case.p_completed.estimate),
        spread(&case.ticks_to_rollback),
        spread(&case.excess_errors),
        spread(&case.duration_ticks),
    ]
}

fn interval(estimate: &Estimate) -> String {
    format!("{} to {}", percent(estimate.low), percent(estimate.high))
}

/// A study as comma-separated values, a line a case.
pub fn study_csv(report: &StudyReport) -> String {
    let mut text = String::from(
        "policy,release,value,runs,p_rollback,p_rollback_low,p_rollback_high,p_completed,p_waiting,p_caught,mean_ticks_to_rollback,mean_excess_errors,p95_excess_errors,mean_exposed_requests,mean_duration_ticks\n",
    );
    let mut line = |policy: &str, release: &str, value: Option<f64>, case: &CaseReport| {
        let mean = |of: &Option<Distribution>| of.map_or(String::new(), |d| d.mean.to_string());
        let _ = writeln!(
            text,
            "{},{release},{},{},{},{},{},{},{},{},{},{},{},{},{}",
            quoted(policy),
            value.map_or(String::new(), |value| value.to_string()),
            report.runs,
            case.p_rollback.estimate,
            case.p_rollback.low,
            case.p_rollback.high,
            case.p_completed.estimate,
            case.p_waiting.estimate,
            case.p_caught.estimate,
            mean(&case.ticks_to_rollback),
            mean(&case.excess_errors),
            case.excess_errors.map_or(String::new(), |d| d.p95.to_string()),
            mean(&case.exposed_requests),
            mean(&case.duration_ticks),
        );
    };
    line("", "healthy", None, &report.healthy);
    if let Some(release) = &report.release {
        line("", "release", None, release);
    }
    for other in &report.policies {
        line(&other.name, "healthy", None, &other.healthy);
        if let Some(release) = &other.release {
            line(&other.name, "release", None, release);
        }
    }
    if let Some(sweep) = &report.sweep {
        let others = report.policies.iter().map(|other| other.name.as_str());
        let names: Vec<&str> = std::iter::once("").chain(others).collect();
        for point in &sweep.points {
            for (name, case) in names.iter().zip(&point.policies) {
                line(name, &sweep.field, Some(point.value), case);
            }
        }
    }
    text
}

/// A text as a field of comma-separated values.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_string()
    }
}
