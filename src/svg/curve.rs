//! The operating characteristic: the probability of a rollback over the values of a field.

use super::canvas::{Anchor, Canvas, LETTER, Path};
use super::scale::Scale;
use crate::message::thousands;
use crate::rules::words::significant;
use crate::study::{CaseReport, Estimate, StudyReport, SweepReport};

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 24.0;
const BOTTOM: f64 = 52.0;
/// The height of a line of the key.
const LINE: f64 = 18.0;
/// From this ratio of the last value to the first one on, the axis is logarithmic.
const LOGARITHMIC_FROM: f64 = 4.0;
/// The kinds of lines that differ; more policies repeat them.
const KINDS: usize = 4;
/// The names of values that fit under the axis.
const MOST_NAMES: usize = 16;

/// A line of the curve.
struct Line<'a> {
    name: String,
    policy: usize,
    on_healthy: bool,
    cases: Vec<(f64, &'a CaseReport)>,
}

/// The operating characteristic of a study as an SVG file, 960 pixels wide: over the values
/// of its sweep, the probability that each policy rolls the release back, with the 95 %
/// intervals of the simulation. Where the swept field is not one of the release, a second
/// line shows a healthy release.
///
/// A study without a sweep has no curve; its file says so.
pub fn study_svg(report: &StudyReport) -> String {
    let name = match report.config.name() {
        "" => "Study",
        name => name,
    };
    let runs = thousands(report.runs);
    let title = format!("{name}: how often is a release rolled back?");
    let Some(sweep) = report.sweep.as_ref().filter(|sweep| !sweep.points.is_empty()) else {
        let words = "The study has no sweep, so it has no curve.";
        let mut canvas = Canvas::new(WIDTH, 80.0, &title, words);
        canvas.text("title", [16.0, 26.0], Anchor::Start, &title);
        canvas.text("ink", [16.0, 52.0], Anchor::Start, words);
        return canvas.finish();
    };
    let lines = lines(report, sweep);
    let top = 62.0 + LINE * lines.len() as f64;
    let bottom = top + HEIGHT - BOTTOM - 80.0;
    let said: Vec<String> = lines.iter().map(Line::in_words).collect();
    let mut canvas = Canvas::new(WIDTH, bottom + BOTTOM, &title, &said.join(" "));
    canvas.text("title", [16.0, 26.0], Anchor::Start, &title);
    let partial = report.partial_in_words();
    let words = format!(
        "Of {runs} simulated rollouts at each value, from seed {}{partial}; whiskers are 95 % intervals.",
        report.seeds.first
    );
    canvas.text("", [16.0, 46.0], Anchor::Start, &words);
    for (i, line) in lines.iter().enumerate() {
        let y = 68.0 + LINE * i as f64;
        canvas.path(&line.class(), &Path::through([[16.0, y - 4.0], [44.0, y - 4.0]]));
        line.dot(&mut canvas, [30.0, y - 4.0]);
        canvas.text("ink", [52.0, y], Anchor::Start, &line.name);
    }
    let y = Scale::linear([0.0, 1.0], [bottom, top + 12.0]);
    for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let at = y.at(share);
        canvas.path("grid", &Path::through([[LEFT, at], [WIDTH - RIGHT, at]]));
        let words = format!("{} %", significant(share * 100.0));
        canvas.text("", [LEFT - 6.0, at + 4.0], Anchor::End, &words);
    }
    let x = axis(&mut canvas, sweep, bottom);
    for line in lines.iter().rev() {
        line.draw(&mut canvas, &x, &y);
    }
    canvas.finish()
}

/// A line for each policy on the release, and on a healthy one where the study has that.
fn lines<'a>(report: &StudyReport, sweep: &'a SweepReport) -> Vec<Line<'a>> {
    let own = match report.config.name() {
        "" => "the policy",
        name => name,
    };
    let names = std::iter::once(own).chain(report.policies.iter().map(|other| &*other.name));
    let names: Vec<String> = names.map(str::to_string).collect();
    let mut lines = Vec::new();
    for (policy, name) in names.iter().enumerate() {
        let has_healthy = sweep.points.iter().any(|point| !point.healthy.is_empty());
        for on_healthy in [false, true] {
            let of = |point: &'a crate::study::SweepPoint| {
                let cases = if on_healthy { &point.healthy } else { &point.policies };
                Some((point.value, cases.get(policy)?))
            };
            let mut cases: Vec<_> = sweep.points.iter().filter_map(of).collect();
            cases.sort_by(|a, b| a.0.total_cmp(&b.0));
            let name = match (has_healthy, on_healthy) {
                (true, true) => format!("{name}, healthy release"),
                (true, false) => format!("{name}, this release"),
                (false, _) => name.clone(),
            };
            if !cases.is_empty() {
                lines.push(Line { name, policy, on_healthy, cases });
            }
        }
    }
    lines
}

/// The axis of the swept field, and its scale.
fn axis(canvas: &mut Canvas, sweep: &SweepReport, bottom: f64) -> Scale {
    let mut values: Vec<f64> = sweep.points.iter().map(|point| point.value).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let (first, last) = (values[0], values[values.len() - 1]);
    let pixels = [LEFT + 12.0, WIDTH - RIGHT - 12.0];
    let x = match first > 0.0 && last >= LOGARITHMIC_FROM * first {
        true => Scale::logarithmic([first, last], pixels),
        false => Scale::linear([first, last], pixels),
    };
    // Each value is named where it finds room beside the one before.
    let mut free = f64::NEG_INFINITY;
    let step = values.len().div_ceil(MOST_NAMES);
    for value in values.iter().step_by(step.max(1)) {
        let (at, words) = (x.at(*value), significant(*value));
        let half = words.len() as f64 * LETTER / 2.0;
        canvas.path("grid", &Path::through([[at, bottom], [at, bottom + 4.0]]));
        if at - half >= free {
            canvas.text("", [at, bottom + 18.0], Anchor::Middle, &words);
            free = at + half + 8.0;
        }
    }
    let field = match sweep.field.as_str() {
        "canary.error_ratio" | "error_ratio" => "errors of the release, times the baseline’s",
        field => field,
    };
    let middle = [(LEFT + WIDTH - RIGHT) / 2.0, bottom + 38.0];
    canvas.text("", middle, Anchor::Middle, field);
    x
}

impl Line<'_> {
    fn class(&self) -> String {
        let healthy = if self.on_healthy { " healthy" } else { "" };
        format!("policy-{}{healthy}", self.policy % KINDS)
    }

    fn draw(&self, canvas: &mut Canvas, x: &Scale, y: &Scale) {
        let of = |case: &CaseReport| case.p_rollback;
        let points = self.cases.iter().map(|(at, case)| [x.at(*at), y.at(of(case).estimate)]);
        canvas.path(&self.class(), &Path::through(points.clone()));
        for (at, case) in &self.cases {
            let Estimate { low, high, .. } = of(case);
            let (at, low, high) = (x.at(*at), y.at(low), y.at(high));
            let mut whisker = Path::through([[at, low], [at, high]]);
            for end in [low, high] {
                whisker.move_to([at - 3.0, end]);
                whisker.across_to(at + 3.0);
            }
            canvas.path(&format!("whisker {}", self.class()), &whisker);
        }
        points.for_each(|point| self.dot(canvas, point));
    }

    /// Round points for the configuration's own policy, square ones for the others.
    fn dot(&self, canvas: &mut Canvas, [x, y]: [f64; 2]) {
        let class = format!("dot policy-{}", self.policy % KINDS);
        match self.policy {
            0 => canvas.circle(&class, [x, y], 3.4),
            _ => canvas.rect(&class, [x - 3.0, y - 3.0, 6.0, 6.0]),
        }
    }

    fn in_words(&self) -> String {
        let of = |(at, case): &(f64, &CaseReport)| {
            let share = significant(case.p_rollback.estimate * 100.0);
            format!("{share} % at {}", significant(*at))
        };
        let points: Vec<String> = self.cases.iter().map(of).collect();
        format!("{}: {}.", self.name, points.join(", "))
    }
}
