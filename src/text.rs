//! A rollout for eyes at a terminal: the stage table, small charts, the reason.

use std::fmt::Write;

use crate::observation::ByArm;
use crate::report::{Outcome, Report, StageReport, StageVerdict};
use crate::rollout::Rollout;
use crate::rules::words::{counted, milliseconds, percent, significant, thousands};

/// Widest chart, in columns.
const CHART_COLUMNS: usize = 60;

/// The result as text, some 80 columns wide, ending in a line break.
pub fn rollout_text(rollout: &Rollout) -> String {
    let report = rollout.report();
    let mut text = String::new();
    let name = if report.config.name.is_empty() { "rollout" } else { &report.config.name };
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
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    for row in &rows {
        let mut line = String::new();
        for (i, cell) in row.iter().enumerate() {
            let fill = " ".repeat(widths[i] - cell.chars().count());
            let first_or_last = i == 0 || i + 1 == row.len();
            let cell =
                if first_or_last { format!("{cell}{fill}") } else { format!("{fill}{cell}") };
            line.push_str(&cell);
            line.push_str("  ");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

/// A stage takes two rows, the canary above the baseline; one before it began.
fn stage_rows(stage: &StageReport) -> Vec<[String; 8]> {
    let name: String = stage.name.chars().take(24).collect();
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
