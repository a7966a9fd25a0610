//! A rollout over time: the traffic, the error rates, the decisions.

use super::canvas::{Anchor, Canvas, LETTER, Path};
use super::scale::{Scale, round_steps};
use crate::message::thousands;
use crate::observation::{Arm, Counts};
use crate::policy::{By, State, Step};
use crate::report::{Outcome, Report};
use crate::rollout::{LookRow, Rollout, TickRow};
use crate::rules::words::{counted, percent, significant};
use crate::rules::{Look, Measures, Method, Population, Rule, Subject, Window};
use crate::stats::intervals::wilson;
use crate::text::outcome_words;

const WIDTH: f64 = 960.0;
/// Room for the labels of the vertical axes.
const LEFT: f64 = 56.0;
/// Where the sentences of the decisions begin.
const TOLD: f64 = 96.0;
/// Room for the labels of the lines.
const LABELS: f64 = 124.0;
const RIGHT: f64 = 16.0;
const TRAFFIC_HEIGHT: f64 = 76.0;
const ERRORS_HEIGHT: f64 = 196.0;
/// How much of the width the plan that was not reached takes at most.
const PLANNED_SHARE: f64 = 0.28;
/// More ticks than this have no points of their own: they would be a smear.
const MOST_DOTS: usize = 400;
/// The decisions that are written out at most.
const MOST_DECISIONS: usize = 8;
/// The height of a line of text.
const LINE: f64 = 18.0;
/// How much higher than lines and limits the intervals may make the chart.
const MOST_HEADROOM: f64 = 3.0;
/// The level of the intervals.
const ALPHA: f64 = 0.05;

/// A rollout as an SVG file, 960 pixels wide: the canary's share of traffic, the error rates
/// of both versions with the limits of the rules, and the decisions in sentences.
///
/// The error rates are those of the window of the rule on errors that decided, or of the
/// first one, each with Wilson's 95 % interval for one look. Of a long rollout, a line shows
/// the lowest and the highest value of each pixel, and the last eight decisions are written
/// out.
///
/// ```
/// use canary_rollout::config::{Config, preset};
/// use canary_rollout::rollout::Rollout;
/// use canary_rollout::svg::rollout_svg;
///
/// let config = Config::from_text(preset("default").unwrap().json)?;
/// let mut rollout = Rollout::new(&config, 42);
/// rollout.run()?;
/// assert!(rollout_svg(&rollout).starts_with("<svg"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn rollout_svg(rollout: &Rollout) -> String {
    let report = rollout.report();
    Picture::new(rollout, &report).drawn()
}

/// Ticks at a level, from, exclusive, to, inclusive; those that ran, or were only planned.
struct Band {
    level: usize,
    from: u64,
    to: u64,
    ran: bool,
}

struct Picture<'a> {
    rollout: &'a Rollout,
    report: &'a Report,
    rows: &'a [TickRow],
    bands: Vec<Band>,
    x: Axis,
    /// The rule whose window the error rates are of.
    rule: Option<usize>,
}

/// Time to pixels; what was planned and not reached is compressed at the right.
struct Axis {
    lived: Scale,
    planned: Scale,
    lived_ticks: f64,
    right: f64,
}

impl Axis {
    fn new(lived: u64, end: u64) -> Axis {
        let is_whole = lived >= end || lived == 0;
        let right = if is_whole { WIDTH - LABELS } else { WIDTH - RIGHT };
        let (ticks, all) = (lived as f64, end.max(1) as f64);
        if is_whole {
            let scale = Scale::linear([0.0, ticks.max(all)], [LEFT, right]);
            return Axis { lived: scale, planned: scale, lived_ticks: ticks.max(all), right };
        }
        let planned = (right - LEFT) * PLANNED_SHARE.min((all - ticks) / all);
        Axis {
            lived: Scale::linear([0.0, ticks], [LEFT, right - planned]),
            planned: Scale::linear([ticks, all], [right - planned, right]),
            lived_ticks: ticks,
            right,
        }
    }

    fn at(&self, tick: f64) -> f64 {
        if tick <= self.lived_ticks { self.lived.at(tick) } else { self.planned.at(tick) }
    }
}

impl<'a> Picture<'a> {
    fn new(rollout: &'a Rollout, report: &'a Report) -> Picture<'a> {
        let rows = &rollout.history().ticks[..];
        let bands = bands(report, rows);
        let lived = rows.len() as u64;
        let end = bands.last().map_or(1, |band| band.to);
        let rules = rules_of(report);
        let decided = deciding(report).filter(|&rule| rules.get(rule).is_some_and(is_on_errors));
        let rule = decided.or_else(|| rules.iter().position(is_on_errors));
        Picture { rollout, report, rows, bands, x: Axis::new(lived, end), rule }
    }

    fn drawn(&self) -> String {
        let report = self.report;
        let decisions = self.decisions();
        let lines: usize = decisions.iter().map(|(_, lines)| lines.len()).sum();
        let (traffic_top, errors_top) = (112.0, 112.0 + TRAFFIC_HEIGHT + 34.0);
        let axis = errors_top + ERRORS_HEIGHT;
        let height = axis + 62.0 + LINE * lines as f64;
        let name = match report.config.name() {
            "" => "Rollout",
            name => name,
        };
        let title = format!("{name}, seed {}", report.seed);
        let answer = self.answer();
        let told: Vec<String> = decisions
            .iter()
            .map(|(tick, lines)| format!("Tick {tick}: {}", lines.join(" ")))
            .collect();
        let description = format!("{answer} {}", told.join(" "));
        let mut canvas = Canvas::new(WIDTH, height, &title, description.trim());
        canvas.text("title", [16.0, 26.0], Anchor::Start, &title);
        for (line, y) in wrapped(&answer, WIDTH - 32.0).iter().take(2).zip([46.0, 64.0]) {
            canvas.text("ink", [16.0, y], Anchor::Start, line);
        }
        self.traffic(&mut canvas, traffic_top);
        self.errors(&mut canvas, errors_top);
        self.time(&mut canvas, axis);
        let mut y = axis + 58.0;
        for (tick, lines) in &decisions {
            canvas.text(
                "",
                [16.0, y],
                Anchor::Start,
                &format!("tick {}", thousands(u64::from(*tick))),
            );
            for line in lines {
                canvas.text("decision", [TOLD, y], Anchor::Start, line);
                y += LINE;
            }
        }
        canvas.finish()
    }

    /// How it ended, and the truth.
    fn answer(&self) -> String {
        let state = match self.report.final_state {
            State::Completed => "Promoted to all traffic",
            State::RolledBack | State::RollingBack => "Rolled back",
            State::Paused => "Paused",
            State::Progressing => "In progress",
        };
        let ticks = counted(self.rows.len() as u64, "tick");
        let outcome = match self.report.outcome {
            Outcome::Undecided => String::new(),
            outcome => format!(": {}", outcome_words(outcome)),
        };
        format!("{state} after {ticks}{outcome}. {}", self.report.truth.sentence)
    }

    /// The last decisions with their sentences in lines.
    fn decisions(&self) -> Vec<(u32, Vec<String>)> {
        let all = self.report.decisions.iter().filter(|one| one.action != Step::Extend);
        let all: Vec<_> = all.collect();
        let from = all.len().saturating_sub(MOST_DECISIONS);
        let lines = |sentence: &str| wrapped(sentence, WIDTH - TOLD - RIGHT);
        all[from..].iter().map(|one| (one.tick, lines(&one.sentence))).collect()
    }

    /// The bands behind a chart.
    fn behind(&self, canvas: &mut Canvas, top: f64, height: f64) {
        for band in &self.bands {
            let (from, to) = (self.x.at(band.from as f64), self.x.at(band.to as f64));
            let class = match (band.ran, band.level % 2) {
                (false, _) => "plan",
                (true, 0) => "band",
                _ => continue,
            };
            canvas.rect(class, [from, top, to - from, height]);
        }
    }

    fn grid(&self, canvas: &mut Canvas, y: &Scale, steps: &[f64], label: fn(f64) -> String) {
        for &step in steps {
            let at = y.at(step);
            canvas.path("grid", &Path::through([[LEFT, at], [self.x.right, at]]));
            canvas.text("", [LEFT - 6.0, at + 4.0], Anchor::End, &label(step));
        }
    }

    fn traffic(&self, canvas: &mut Canvas, top: f64) {
        let title = "Traffic to the canary (new version); the rest goes to the baseline";
        canvas.text("ink name", [16.0, top - 26.0], Anchor::Start, title);
        let bottom = top + TRAFFIC_HEIGHT;
        self.behind(canvas, top - 16.0, TRAFFIC_HEIGHT + 16.0);
        for band in &self.bands {
            let (from, to) = (self.x.at(band.from as f64), self.x.at(band.to as f64));
            let share = format!("{} %", significant(self.share(band.level) * 100.0));
            if share.len() as f64 * LETTER + 8.0 < to - from {
                canvas.text("", [from + 5.0, top - 4.0], Anchor::Start, &share);
            }
        }
        let y = Scale::linear([0.0, 1.0], [bottom - 2.0, top + 4.0]);
        self.grid(canvas, &y, &[0.0, 0.5, 1.0], share_words);

        let mut planned = Path::default();
        for band in self.bands.iter().filter(|band| !band.ran) {
            let at = y.at(self.share(band.level));
            let from = self.x.at(band.from as f64);
            match planned.is_empty() {
                true => planned.move_to([from, at]),
                false => planned.up_to(at),
            }
            planned.across_to(self.x.at(band.to as f64));
        }
        canvas.path("planned", &planned);

        let Some(first) = self.rows.first() else { return };
        let end = self.x.at(self.rows.len() as f64);
        let mut line = Path::default();
        line.move_to([self.x.at(0.0), y.at(first.share)]);
        for (i, row) in self.rows.iter().enumerate().skip(1) {
            if row.share != self.rows[i - 1].share {
                line.across_to(self.x.at(i as f64));
                line.up_to(y.at(row.share));
            }
        }
        line.across_to(end);
        let last = match self.report.final_state {
            State::Completed => Some(1.0),
            State::RolledBack => Some(0.0),
            _ => None,
        };
        let last = last.unwrap_or(self.rows[self.rows.len() - 1].share);
        line.up_to(y.at(last));
        let mut area = line.clone();
        area.up_to(y.at(0.0));
        area.across_to(self.x.at(0.0));
        area.close();
        canvas.path("soft canary", &area);
        canvas.path("canary", &line);
        let label = format!("canary {}", share_words(last));
        self.label(canvas, "canary", end, y.at(last), &label);
    }

    fn errors(&self, canvas: &mut Canvas, top: f64) {
        let rules = rules_of(self.report);
        let rule = self.rule.and_then(|at| rules.get(at));
        let window = rule.map_or(Window::Stage, |rule| rule.window);
        let over = match window {
            Window::Tick => "each tick by itself".to_string(),
            Window::Stage => "the stage so far".to_string(),
            Window::Rollout => "the rollout so far".to_string(),
            Window::Last { .. } => {
                format!("the last {}", counted(self.window_ticks(window) as u64, "tick"))
            }
        };
        let title = format!("Failed requests, {over}");
        canvas.text("ink name", [16.0, top - 10.0], Anchor::Start, &title);
        let after = 16.0 + (title.len() as f64) * LETTER + 24.0;
        canvas.rect("soft canary", [after, top - 19.0, 18.0, 10.0]);
        let key = "95 % interval of this window, for one look";
        canvas.text("", [after + 24.0, top - 10.0], Anchor::Start, key);
        self.behind(canvas, top, ERRORS_HEIGHT);

        let key_end = after + 24.0 + key.len() as f64 * LETTER + 16.0;
        let arms = [(Arm::Baseline, "baseline"), (Arm::Canary, "canary")];
        let counts = arms.map(|(arm, _)| self.sums(arm, window));
        let rates: Vec<Vec<(usize, f64)>> = counts.iter().map(|sums| rates(sums)).collect();
        let limits: Vec<(usize, Vec<(u32, f64)>)> = (0..rules.len())
            .filter(|&at| is_on_errors(&rules[at]))
            .map(|at| (at, self.limits(at)))
            .filter(|(_, points)| !points.is_empty())
            .collect();
        if !limits.is_empty() {
            let swatch = Path::through([[key_end, top - 14.0], [key_end + 22.0, top - 14.0]]);
            canvas.path("limit deciding", &swatch);
            let words = if limits.len() == 1 { "limit" } else { "limits" };
            canvas.text("", [key_end + 28.0, top - 10.0], Anchor::Start, words);
        }
        let y = self.height_of_errors(&counts, &rates, &limits, [top + ERRORS_HEIGHT, top + 6.0]);
        self.grid(canvas, &y.0, &y.1, percent);
        let y = y.0;
        for ((_, class), sums) in arms.iter().zip(&counts) {
            self.intervals(canvas, class, sums, window, &y, top + 6.0);
        }
        for ((_, class), points) in arms.iter().zip(&rates) {
            self.rate_line(canvas, class, points, window, &y);
        }
        for (at, points) in &limits {
            self.limit(canvas, &rules[*at], deciding(self.report) == Some(*at), points, &y);
        }
        let end = self.x.at(self.rows.len() as f64);
        let mut labels: Vec<(f64, &str, String)> = arms
            .iter()
            .zip(&rates)
            .filter_map(|((_, class), points)| {
                let (_, rate) = points.last()?;
                Some((y.at(*rate), *class, format!("{class} {}", percent(*rate))))
            })
            .collect();
        labels.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut lowest = f64::NEG_INFINITY;
        for (at, class, text) in labels {
            let at = at.max(lowest + 15.0);
            lowest = at;
            self.label(canvas, class, end, at, &text);
        }
        self.failure(canvas, &y);
    }

    /// A label beside the end of a line, where there is room.
    fn label(&self, canvas: &mut Canvas, class: &str, x: f64, y: f64, text: &str) {
        let fits = x + 9.0 + text.len() as f64 * LETTER < WIDTH;
        let (x, anchor) = if fits { (x + 9.0, Anchor::Start) } else { (x - 9.0, Anchor::End) };
        canvas.text(&format!("halo name {class}"), [x, y + 4.0], anchor, text);
    }

    /// A scale from none up to what lines, limits and most intervals need, and its steps.
    fn height_of_errors(
        &self,
        counts: &[Vec<Counts>],
        rates: &[Vec<(usize, f64)>],
        limits: &[(usize, Vec<(u32, f64)>)],
        pixels: [f64; 2],
    ) -> (Scale, Vec<f64>) {
        let lines = rates.iter().flatten().map(|(_, rate)| *rate);
        let of_limits = limits.iter().flat_map(|(_, points)| points).map(|(_, limit)| *limit);
        let top = lines.chain(of_limits).fold(0.0, f64::max);
        let most = |sums: &Counts| wilson(sums.errors, sums.requests, ALPHA).high;
        let seen = counts.iter().flatten().filter(|sums| sums.requests > 0);
        let widest = seen.map(most).fold(0.0, f64::max);
        let highest = (top * 1.12).max(widest.min(top * MOST_HEADROOM));
        let steps = round_steps(if highest > 0.0 { highest.min(1.0) } else { 0.02 }, 4);
        let last = steps.last().copied().unwrap_or(1.0);
        (Scale::linear([0.0, last], pixels), steps)
    }

    /// The counts of an arm, each over the window that ends with its tick.
    fn sums(&self, arm: Arm, window: Window) -> Vec<Counts> {
        let mut sums: Vec<Counts> = Vec::with_capacity(self.rows.len());
        let ticks = self.window_ticks(window);
        for (i, row) in self.rows.iter().enumerate() {
            let mut sum = *row.counts.of(arm);
            let before = i.checked_sub(1).map(|before| (sums[before], self.rows[before]));
            let goes_on = match window {
                Window::Tick => false,
                Window::Stage => before.is_some_and(|(_, before)| before.stage == row.stage),
                Window::Rollout | Window::Last { .. } => true,
            };
            if let (Some((before, _)), true) = (before, goes_on) {
                sum.requests += before.requests;
                sum.errors += before.errors;
            }
            if let (Window::Last { .. }, Some(past)) = (window, i.checked_sub(ticks)) {
                let past = self.rows[past].counts.of(arm);
                sum.requests = sum.requests.saturating_sub(past.requests);
                sum.errors = sum.errors.saturating_sub(past.errors);
            }
            sums.push(sum);
        }
        sums
    }

    fn window_ticks(&self, window: Window) -> usize {
        let tick = self.report.config.world().tick_seconds.max(1);
        match window {
            Window::Last { last_seconds } => (last_seconds / tick).max(1) as usize,
            _ => 1,
        }
    }

    /// Whether a new line begins with this tick, because its window does.
    fn begins(&self, tick: usize, window: Window) -> bool {
        window == Window::Stage
            && tick > 1
            && self.rows[tick - 1].stage != self.rows[tick - 2].stage
    }

    fn rate_line(
        &self,
        canvas: &mut Canvas,
        class: &str,
        points: &[(usize, f64)],
        window: Window,
        y: &Scale,
    ) {
        let mut line = Path::default();
        let shown = thinned(points, (WIDTH - LEFT) as usize);
        let mut last = 0;
        for &(tick, rate) in &shown {
            let at = [self.x.at(tick as f64 - 0.5), y.at(rate)];
            let anew = last == 0 || (last + 1..=tick).any(|tick| self.begins(tick, window));
            if anew {
                line.move_to(at)
            } else {
                line.line_to(at)
            }
            last = tick;
        }
        canvas.path(class, &line);
        if points.len() > MOST_DOTS {
            return;
        }
        for &(tick, rate) in points {
            let [cx, cy] = [self.x.at(tick as f64 - 0.5), y.at(rate)];
            let class = format!("dot {class}");
            match class == "dot canary" {
                true => canvas.circle(&class, [cx, cy], 3.0),
                false => canvas.rect(&class, [cx - 2.2, cy - 2.2, 4.4, 4.4]),
            }
        }
    }

    fn intervals(
        &self,
        canvas: &mut Canvas,
        class: &str,
        sums: &[Counts],
        window: Window,
        y: &Scale,
        top: f64,
    ) {
        let step = sums.len().div_ceil((WIDTH - LEFT) as usize).max(1);
        let mut parts: Vec<Vec<(f64, f64, f64)>> = vec![Vec::new()];
        let mut last = 0;
        for (i, sums) in sums.iter().enumerate().step_by(step).filter(|(_, s)| s.requests > 0) {
            let tick = i + 1;
            if (last + 1..=tick).any(|tick| self.begins(tick, window)) {
                parts.push(Vec::new());
            }
            last = tick;
            let interval = wilson(sums.errors, sums.requests, ALPHA);
            let at = self.x.at(tick as f64 - 0.5);
            let point = (at, y.at(interval.low), y.at(interval.high).max(top));
            if let Some(part) = parts.last_mut() {
                part.push(point);
            }
        }
        for part in parts.iter().filter(|part| !part.is_empty()) {
            // One tick alone is as wide as a thin line.
            let beside = if part.len() == 1 { 1.0 } else { 0.0 };
            let low = part.iter().map(|&(x, low, _)| [x - beside, low]);
            let high = part.iter().rev().map(|&(x, _, high)| [x + beside, high]);
            let mut area = Path::through(low.chain(high));
            area.close();
            canvas.path(&format!("soft {class}"), &area);
        }
    }

    /// Where a rule looked, its limit for the canary's own error rate.
    fn limits(&self, rule: usize) -> Vec<(u32, f64)> {
        let is_of_rule = |look: &&LookRow| look.evidence.rule as usize == rule && look.tick > 0;
        let looks = self.rollout.history().looks.iter().filter(is_of_rule);
        let limit =
            |look: &LookRow| Some((look.tick, look.evidence.judgement.measure.canary_limit?));
        looks.filter_map(limit).collect()
    }

    /// A step line where a rule looks often; a gate where it looks at a stage's end.
    fn limit(
        &self,
        canvas: &mut Canvas,
        rule: &Rule,
        decides: bool,
        points: &[(u32, f64)],
        y: &Scale,
    ) {
        let deciding = if decides { " deciding" } else { "" };
        if rule.look == Look::StageEnd {
            for &(tick, limit) in points {
                let [from, to] = [f64::from(tick) - 1.0, f64::from(tick)].map(|t| self.x.at(t));
                let at = y.at(limit);
                let mut gate = Path::through([[from, at], [to, at]]);
                gate.move_to([to, at - 4.0]);
                gate.up_to(at + 4.0);
                canvas.path(&format!("limit gate{deciding}"), &gate);
            }
            return;
        }
        let points: Vec<(usize, f64)> =
            points.iter().map(|&(tick, at)| (tick as usize, at)).collect();
        let mut line = Path::default();
        let mut last = 0;
        for (tick, limit) in thinned(&points, (WIDTH - LEFT) as usize) {
            let at = y.at(limit);
            match last > 0 && last + 1 == tick {
                true => line.up_to(at),
                false => line.move_to([self.x.at(tick as f64 - 1.0), at]),
            }
            line.across_to(self.x.at(tick as f64));
            last = tick;
        }
        canvas.path(&format!("limit{deciding}"), &line);
    }

    /// The point that decided, if a rule on errors did: a cross in a disc.
    fn failure(&self, canvas: &mut Canvas, y: &Scale) {
        let rules = rules_of(self.report);
        let decided = self.report.decisions.iter().rev();
        let Some(decision) = decided
            .filter(|one| one.by == By::Rule && one.action == Step::Rollback)
            .find(|one| one.rule.and_then(|at| rules.get(at as usize)).is_some_and(is_on_errors))
        else {
            return;
        };
        let rule = decision.rule.and_then(|at| rules.get(at as usize));
        let (Some(rule), Some(window)) = (rule, decision.window) else { return };
        let seen = window.first_tick.max(1)..=window.last_tick.min(self.rows.len() as i32);
        // Of the whole service no line is drawn.
        if rule.of == Population::Service || seen.is_empty() {
            return;
        }
        let mut sum = Counts { requests: 0, errors: 0 };
        for tick in seen {
            let canary = self.rows[tick as usize - 1].counts.of(Arm::Canary);
            sum.requests += canary.requests;
            sum.errors += canary.errors;
        }
        let Some(rate) = sum.error_rate() else { return };
        let at = [self.x.at(f64::from(window.last_tick) - 0.5), y.at(rate)];
        canvas.circle("failed", at, 7.0);
        let [cx, cy] = at;
        let mut cross = Path::through([[cx - 2.8, cy - 2.8], [cx + 2.8, cy + 2.8]]);
        cross.move_to([cx + 2.8, cy - 2.8]);
        cross.line_to([cx - 2.8, cy + 2.8]);
        canvas.path("cross", &cross);
        let (errors, requests) = (thousands(sum.errors), thousands(sum.requests));
        let words = format!("rolled back: {errors} of {requests} failed");
        let end = (cx - 10.0).max(LEFT + words.len() as f64 * LETTER);
        let above = cy - 12.0;
        canvas.text("halo name ink", [end, above], Anchor::End, &words);
    }

    fn time(&self, canvas: &mut Canvas, top: f64) {
        let lived = self.rows.len() as f64;
        let end = self.bands.last().map_or(1, |band| band.to) as f64;
        let steps = round_steps(lived.max(if lived == 0.0 { end } else { 1.0 }), 8);
        let is_whole = lived >= end || lived == 0.0;
        let most = if lived == 0.0 { end } else { lived };
        for step in steps.into_iter().filter(|step| *step <= most && step.fract() == 0.0) {
            let at = self.x.at(step);
            canvas.path("grid", &Path::through([[at, top], [at, top + 4.0]]));
            canvas.text("", [at, top + 17.0], Anchor::Middle, &thousands(step as u64));
        }
        if !is_whole {
            let words = format!("planned to {}", thousands(end as u64));
            canvas.text("", [self.x.right, top + 17.0], Anchor::End, &words);
        }
        let seconds = f64::from(self.report.config.world().tick_seconds);
        let words = format!("ticks of {} s", significant(seconds));
        canvas.text("", [LEFT, top + 33.0], Anchor::Start, &words);
    }

    fn share(&self, level: usize) -> f64 {
        self.report.levels.get(level).map_or(0.0, |level| level.share)
    }
}

fn share_words(share: f64) -> String {
    format!("{} %", significant(share * 100.0))
}

/// The rules, or a controller's checks in their form.
fn rules_of(report: &Report) -> &[Rule] {
    report.rules.as_deref().unwrap_or(&report.config.policy().rules)
}

/// The rule whose decision ended or stopped the rollout.
fn deciding(report: &Report) -> Option<usize> {
    let stops = |step| matches!(step, Step::Rollback | Step::Pause);
    let by_rule = report.decisions.iter().rev().find(|one| one.by == By::Rule && stops(one.action));
    by_rule?.rule.map(|rule| rule as usize)
}

fn is_on_errors(rule: &Rule) -> bool {
    match &rule.method {
        Method::Metric(metric) => matches!(
            metric.measures,
            Measures::SuccessRate
                | Measures::ErrorRate
                | Measures::Errors
                | Measures::ErrorsPerSecond
                | Measures::ErrorRateDifference
                | Measures::ErrorRateRatio
        ),
        method => method.about().subject == Subject::Errors,
    }
}

/// The levels that ran, then what remains of the plan.
fn bands(report: &Report, rows: &[TickRow]) -> Vec<Band> {
    let mut bands: Vec<Band> = Vec::new();
    for (tick, row) in (1..).zip(rows) {
        let level = (row.stage as usize).saturating_sub(1);
        match bands.last_mut() {
            Some(last) if last.level == level => last.to = tick,
            _ => bands.push(Band { level, from: tick - 1, to: tick, ran: true }),
        }
    }
    if report.final_state == State::Completed {
        return bands;
    }
    let mut from = rows.len() as u64;
    for (level, plan) in report.levels.iter().enumerate().skip(report.stages_completed as usize) {
        let is_at_level = |row: &&TickRow| row.stage as usize == level + 1;
        let lived = rows.iter().filter(is_at_level).count() as u64;
        let clock = lived.saturating_sub(paused_ticks(report, level as u32 + 1));
        let to = from.saturating_add(plan.planned_ticks.saturating_sub(clock));
        if to > from {
            bands.push(Band { level, from, to, ran: false });
        }
        from = to;
    }
    bands
}

/// Ticks for which a rollout was paused in a stage, while the stage's clock stood still.
fn paused_ticks(report: &Report, stage: u32) -> u64 {
    let (mut ticks, mut since) = (0, None);
    for decision in report.decisions.iter().filter(|one| one.stage == stage) {
        if let Some(since) = since {
            ticks += decision.tick.saturating_sub(since);
        }
        since = (decision.action == Step::Pause).then_some(decision.tick);
    }
    let open = since.map_or(0, |since| report.metrics.ticks.saturating_sub(since));
    u64::from(ticks + open)
}

/// The ticks that have requests, with their error rates.
fn rates(sums: &[Counts]) -> Vec<(usize, f64)> {
    let rate = |(i, sums): (usize, &Counts)| Some((i + 1, sums.error_rate()?));
    sums.iter().enumerate().filter_map(rate).collect()
}

/// Of more points than a line of so many pixels can show, the lowest and the highest of
/// every two pixels.
fn thinned(points: &[(usize, f64)], pixels: usize) -> Vec<(usize, f64)> {
    if points.len() <= pixels {
        return points.to_vec();
    }
    let size = points.len().div_ceil(pixels.div_ceil(2).max(1));
    let mut thin = Vec::new();
    for part in points.chunks(size) {
        let (mut low, mut high) = (part[0], part[0]);
        for &point in part {
            if point.1 < low.1 {
                low = point;
            }
            if point.1 > high.1 {
                high = point;
            }
        }
        let (first, second) = if low.0 <= high.0 { (low, high) } else { (high, low) };
        thin.push(first);
        if second.0 != first.0 {
            thin.push(second);
        }
    }
    thin
}

/// A text in lines of so many pixels.
fn wrapped(text: &str, width: f64) -> Vec<String> {
    let most = (width / LETTER) as usize;
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + length <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}
