//! Limits on the cost of simulating a rollout, where the cost is not simply
//! proportional to its length. A configuration beyond these limits is refused, so
//! that no valid one takes minutes, natively or in a browser.

use super::*;
use crate::rules::Look;
use crate::stats::group_sequential::boundary_work;

/// Maximum number of looks of all rules together in a rollout. Each is kept in its
/// history.
pub const MAX_LOOKS: u64 = 1_000_000;
/// Maximum work for the boundaries of all `group_sequential` rules. A look counts
/// 1/√g, where g is the share that it adds to the information up to then.
pub const MAX_BOUNDARY_WORK: f64 = 1_000.0;

impl PolicyConfig {
    /// How often a rule can look in a rollout without a person's pause.
    fn looks_of(&self, rule: &Rule) -> u64 {
        let looks = |(number, stage): (u32, &Stage)| {
            let extension = self.extension(number, stage);
            match rule.look {
                _ if !rule.holds_in(number) => 0,
                Look::EveryTick => u64::from(stage.duration_ticks) + extension,
                Look::StageEnd => 1 + extension,
            }
        };
        (1..).zip(&self.stages).map(looks).sum()
    }

    /// The maximum number of looks of all rules together in a rollout without a
    /// person's pause.
    pub fn most_looks(&self) -> u64 {
        self.rules.iter().map(|rule| self.looks_of(rule)).sum()
    }

    /// The work for the boundaries of a rule; see [`MAX_BOUNDARY_WORK`].
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
