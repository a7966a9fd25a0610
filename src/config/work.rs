//! Limits on the cost of simulating a rollout, where the cost is not simply
//! proportional to its length. A configuration beyond these limits is refused, so
//! that no valid one takes minutes, natively or in a browser.

use super::*;
use crate::rules::{Look, NoData, Window};
use crate::stats::group_sequential::boundary_work;

/// Maximum number of looks of all rules together in a rollout. Each is kept in its
/// history.
pub const MAX_LOOKS: u64 = 1_000_000;
/// Maximum number of ticks whose latencies all looks of a rollout read. A tick
/// counts each time it is read, for each arm, and five times if whole histograms
/// are compared.
pub const MAX_LATENCY_READS: u64 = 1_200_000;
/// Maximum work for the boundaries of all `group_sequential` and `planned` rules. A look
/// of the former counts 1/√g, where g is the share that it adds to the information up to
/// then; a look of the latter counts 4.
pub const MAX_BOUNDARY_WORK: f64 = 1_000.0;
/// The cost of reading a tick as a histogram, in ticks read for a quantile.
const HISTOGRAM_READS: u64 = 5;
/// The work for the boundary of a look of a `planned` rule.
const PLANNED_LOOK_WORK: f64 = 4.0;

impl PolicyConfig {
    /// How often a rule can look in a rollout without a person's pause, and how
    /// many ticks the windows of these looks contain in total.
    fn looks_of(&self, rule: &Rule, tick_seconds: u32) -> (u64, u64) {
        let (mut looks, mut seen, mut before) = (0, 0, 0);
        for (number, stage) in (1..).zip(&self.stages) {
            let pause = if rule.look_while_paused { u64::from(stage.pause_ticks()) } else { 0 };
            let ticks = u64::from(stage.duration_ticks) + self.extension(number, stage) + pause;
            if rule.holds_in(number) {
                let here = match rule.look {
                    Look::EveryTick => ticks,
                    Look::StageEnd => ticks - u64::from(stage.duration_ticks) + 1,
                    Look::Scheduled(schedule) => {
                        let every = u64::from(schedule.times(tick_seconds).every);
                        if rule.no_data == NoData::Wait { ticks } else { ticks / every + 1 }
                    }
                };
                looks += here;
                // The looks read all ticks of the stage, those before the first and
                // the last look half of them on average.
                seen += match rule.window {
                    Window::Tick => here,
                    Window::Stage => (2 * ticks + 1 - here.min(ticks)) * here / 2,
                    Window::Rollout => (2 * ticks + 1 - here.min(ticks)) * here / 2 + before * here,
                    Window::Last { last_seconds } => {
                        u64::from(last_seconds / tick_seconds.max(1)).min(before + ticks) * here
                    }
                };
            }
            before += ticks - pause + u64::from(stage.pause_ticks());
        }
        (looks, seen)
    }

    /// The maximum number of looks of all rules together in a rollout without a
    /// person's pause.
    pub fn most_looks(&self, tick_seconds: u32) -> u64 {
        self.rules.iter().map(|rule| self.looks_of(rule, tick_seconds).0).sum()
    }

    /// The maximum number of ticks whose latencies a rule reads in a rollout
    /// without a person's pause; see [`MAX_LATENCY_READS`].
    pub fn most_latency_reads(&self, rule: &Rule, tick_seconds: u32) -> u64 {
        let needs = rule.needs();
        let arms = if needs.baseline { 2 } else { 1 };
        let reads = match (needs.histogram, needs.quantile) {
            (true, _) => HISTOGRAM_READS,
            (_, Some(_)) => 1,
            _ => 0,
        };
        self.looks_of(rule, tick_seconds).1 * arms * reads
    }

    /// The work for the boundaries of a rule; see [`MAX_BOUNDARY_WORK`].
    pub fn boundary_work(&self, rule: &Rule, delay_ticks: u32) -> f64 {
        match &rule.method {
            Method::GroupSequential(method) => {
                let fractions = method.fractions(&self.shapes_for(rule, delay_ticks));
                fractions.map_or(0.0, |fractions| boundary_work(&fractions))
            }
            Method::Planned(method) => {
                let looks = method.planned_looks(&self.shapes_for(rule, delay_ticks));
                f64::from(looks) * PLANNED_LOOK_WORK
            }
            _ => 0.0,
        }
    }
}
