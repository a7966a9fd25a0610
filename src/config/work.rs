//! What a rollout costs to simulate, as far as it does not just grow with its
//! length. A configuration beyond these limits is refused: nothing that is valid
//! takes minutes, here or in the browser.

use super::*;
use crate::rules::{Look, Window};
use crate::stats::group_sequential::boundary_work;

/// Most looks of all rules together in a rollout; each is kept in its history.
pub const MAX_LOOKS: u64 = 1_000_000;
/// Most ticks whose latencies all looks of a rollout read, each tick counted for
/// each arm as often as it is read, and five times where whole histograms are
/// compared.
pub const MAX_LATENCY_READS: u64 = 1_200_000;
/// Most work that goes into the boundaries of all `group_sequential` rules: a
/// look counts 1/√g, if it adds the share g to the information there is by then.
pub const MAX_BOUNDARY_WORK: f64 = 1_000.0;
/// A tick read as a histogram, in ticks read for a quantile.
const HISTOGRAM_READS: u64 = 5;

impl PolicyConfig {
    /// How often a rule can look in a rollout that no person holds up, and how many
    /// ticks it then sees in its windows, one look after the other.
    fn looks_of(&self, rule: &Rule) -> (u64, u64) {
        let (mut looks, mut seen, mut before) = (0, 0, 0);
        for (number, stage) in (1..).zip(&self.stages) {
            let ticks = u64::from(stage.duration_ticks) + self.extension(number, stage);
            // The ticks of the stage after which it looks.
            let first = match rule.look {
                Look::EveryTick => 1,
                Look::StageEnd => u64::from(stage.duration_ticks),
            };
            if rule.holds_in(number) {
                let here = ticks - first + 1;
                let within = (first + ticks) * here / 2;
                looks += here;
                seen += match rule.window {
                    Window::Tick => here,
                    Window::Stage => within,
                    Window::Rollout => within + before * here,
                };
            }
            before += ticks + u64::from(stage.pause_ticks());
        }
        (looks, seen)
    }

    /// Looks of all rules together, at most, in a rollout that no person holds up.
    pub fn most_looks(&self) -> u64 {
        self.rules.iter().map(|rule| self.looks_of(rule).0).sum()
    }

    /// Ticks whose latencies a rule reads, at most, in a rollout that no person
    /// holds up; see [`MAX_LATENCY_READS`].
    pub fn most_latency_reads(&self, rule: &Rule) -> u64 {
        let needs = rule.needs();
        let arms = if needs.baseline { 2 } else { 1 };
        let reads = match (needs.histogram, needs.quantile) {
            (true, _) => HISTOGRAM_READS,
            (_, Some(_)) => 1,
            _ => 0,
        };
        self.looks_of(rule).1 * arms * reads
    }

    /// The work of a rule's boundaries; see [`MAX_BOUNDARY_WORK`].
    pub fn boundary_work(&self, rule: &Rule) -> f64 {
        match &rule.method {
            Method::GroupSequential(method) => {
                let fractions = method.fractions(&self.shapes_for(rule));
                fractions.map_or(0.0, |fractions| boundary_work(&fractions))
            }
            _ => 0.0,
        }
    }
}
