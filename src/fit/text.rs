//! A fit as text for a terminal.

use std::fmt::Write;

use super::{Bucket, Compared, Fit, Grade, Parameter};
use crate::message::thousands;
use crate::rules::words::{counted, percent, significant};

/// Maximum width of a chart, in columns.
const CHART_COLUMNS: usize = 60;

/// The fit as text, about 80 columns wide, with a final line break: the parameters with
/// their intervals, the record beside the fitted world, and the findings.
pub fn fit_text(fit: &Fit) -> String {
    let mut text = String::new();
    let record = &fit.record;
    let versions = if record.versions > 1 { "baseline and canary" } else { "baseline" };
    let seconds = record.steps as u64 * u64::from(record.step_seconds);
    let _ = writeln!(
        text,
        "record   {} of {} s ({}), {}, {}; {versions}\n",
        counted(record.steps as u64, "step"),
        thousands(record.step_seconds.into()),
        duration(seconds),
        counted(record.gaps as u64, "gap"),
        counted(record.incidents as u64, "incident"),
    );
    parameters(&mut text, fit);
    text.push('\n');
    picture(&mut text, &fit.picture);
    text.push('\n');
    for finding in &fit.findings {
        let grade = match finding.grade {
            Grade::Ok => "ok",
            Grade::Doubtful => "doubtful",
            Grade::NotDescribed => "not described",
        };
        let _ = writeln!(text, "{grade:<13}  {}: {}", finding.name, finding.sentence);
    }
    for note in &fit.notes {
        let _ = writeln!(text, "{note}");
    }
    text
}

fn duration(seconds: u64) -> String {
    let (day, hour, minute) = (86_400.0, 3_600.0, 60.0);
    match seconds as f64 {
        s if s >= day => format!("{} days", significant(s / day)),
        s if s >= hour => format!("{} hours", significant(s / hour)),
        s => format!("{} minutes", significant(s / minute)),
    }
}

fn parameters(text: &mut String, fit: &Fit) {
    let width = fit.parameters.iter().map(|one| one.path.len()).max().unwrap_or_default();
    let _ = writeln!(text, "{:<width$}  {:>9}  95 % interval", "parameter", "value");
    for Parameter { path, value, low, high, not_identified, .. } in &fit.parameters {
        let value = value.map(significant).unwrap_or_default();
        let rest = match (low, high, not_identified) {
            (Some(low), Some(high), None) => {
                format!("{} to {}", significant(*low), significant(*high))
            }
            (_, _, Some(because)) => format!("not identified: {because}"),
            _ => String::new(),
        };
        let _ = writeln!(text, "{path:<width$}  {value:>9}  {rest}");
    }
}

fn picture(text: &mut String, buckets: &[Bucket]) {
    let requests: Vec<Compared> = buckets.iter().map(|bucket| bucket.requests_per_second).collect();
    let rates: Vec<Compared> = buckets.iter().filter_map(|bucket| bucket.error_rate).collect();
    let top = compared(text, "requests", &requests);
    let _ = writeln!(text, "                  0 to {} per second", significant(top));
    if rates.len() == buckets.len() && !rates.is_empty() {
        let top = compared(text, "errors", &rates);
        let _ = writeln!(text, "                  0 to {}", percent(top));
    }
    let _ = writeln!(text, "                  ! outside of the 95 % band of the fitted world");
}

/// Writes both lines and the marks, and returns the height of the charts.
fn compared(text: &mut String, what: &str, values: &[Compared]) -> f64 {
    let all = values.iter().flat_map(|one| [one.recorded.unwrap_or(0.0), one.fitted]);
    let top = all.fold(0.0, f64::max);
    let per_column = values.len().div_ceil(CHART_COLUMNS).max(1);
    let recorded = values.iter().map(|one| one.recorded).collect::<Vec<_>>();
    let fitted = values.iter().map(|one| Some(one.fitted)).collect::<Vec<_>>();
    let marks: String = (values.chunks(per_column))
        .map(|part| if part.iter().all(Compared::is_within) { ' ' } else { '!' })
        .collect();
    let _ = writeln!(text, "{what:<8} recorded {}", chart(&recorded, top, per_column));
    let _ = writeln!(text, "         fitted   {}", chart(&fitted, top, per_column));
    if marks.contains('!') {
        let _ = writeln!(text, "                  {}", marks.trim_end());
    }
    top
}

/// A line of blocks; each shows the mean of its buckets, and a blank a gap.
fn chart(values: &[Option<f64>], top: f64, per_column: usize) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let block = |part: &[Option<f64>]| {
        let known: Vec<f64> = part.iter().flatten().copied().collect();
        if known.is_empty() {
            return ' ';
        }
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        let height = if top > 0.0 { mean / top * 8.0 } else { 0.0 };
        BLOCKS[(height as usize).min(7)]
    };
    values.chunks(per_column).map(block).collect()
}
