//! Limits on the cost of simulating a rollout, where the cost is not simply
//! proportional to its length. A configuration beyond these limits is refused, so
//! that no valid one takes minutes, natively or in a browser.

use super::*;
use crate::rules::{Look, NoData};
use crate::stats::group_sequential::boundary_work;

/// Maximum number of looks of all rules together in a rollout. Each is kept in its
/// history.
pub const MAX_LOOKS: u64 = 1_000_000;
/// Maximum work for the boundaries of all `group_sequential` and `planned` rules. A look
/// of the former counts 1/√g, where g is the share that it adds to the information up to
/// then; a look of the latter counts 4.
pub const MAX_BOUNDARY_WORK: f64 = 1_000.0;
/// The work for the boundary of a look of a `planned` rule.
const PLANNED_LOOK_WORK: f64 = 4.0;

impl PolicyConfig {
    /// How often a rule can look in a rollout without a person's pause.
    fn looks_of(&self, rule: &Rule, tick_seconds: u32) -> u64 {
        let looks = |(number, stage): (u32, &Stage)| {
            if !rule.holds_in(number) {
                return 0;
            }
            let pause = if rule.look_while_paused { u64::from(stage.pause_ticks()) } else { 0 };
            let extension = self.extension(number, stage);
            let ticks = u64::from(stage.duration_ticks) + extension + pause;
            match rule.look {
                Look::StageEnd => 1 + extension,
                Look::EveryTick => ticks,
                Look::Scheduled(_) if rule.no_data == NoData::Wait => ticks,
                Look::Scheduled(schedule) => {
                    ticks / u64::from(schedule.times(tick_seconds).every) + 1
                }
            }
        };
        (1..).zip(&self.stages).map(looks).sum()
    }

    /// The maximum number of looks of all rules together in a rollout without a
    /// person's pause.
    pub fn most_looks(&self, tick_seconds: u32) -> u64 {
        self.rules.iter().map(|rule| self.looks_of(rule, tick_seconds)).sum()
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
