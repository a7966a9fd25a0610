//! What a rule accumulates over the ticks, if the counts of its window are not
//! enough.

use super::group_sequential::ScoreWatch;
use super::sample_ratio::{Split, SplitSoFar, SplitWatch};
use super::sequential::{Wealth, WealthWatch};
use crate::stats::group_sequential::Score;

/// The properties of a stage that a rule is prepared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StageShape {
    /// The canary's share of requests, in (0, 1].
    pub share: f64,
    /// Ticks planned.
    pub duration_ticks: u32,
    /// Ticks of the timed pause after the stage; 0 without one.
    pub pause_ticks: u32,
    /// Whether the rule applies in the stage.
    pub holds: bool,
}

impl StageShape {
    /// Whether the stage is informative for the rule: the rule applies, and there
    /// is a baseline to compare with.
    pub(super) fn is_informative(&self) -> bool {
        self.holds && self.share < 1.0
    }
}

/// A rule's method of accumulation, prepared for a plan.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for a rule")]
pub enum Watch {
    /// Nothing is accumulated: the counts of the window are enough.
    Nothing,
    /// The values of stakes.
    Wealth(WealthWatch),
    /// A sum of scores.
    Score(ScoreWatch),
    /// The split of the requests.
    Split(SplitWatch),
}

/// What a rule has accumulated in a run.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::large_enum_variant, reason = "in a box, every run would allocate")]
pub enum Memory {
    /// Nothing is accumulated: the counts of the window are enough.
    #[default]
    Nothing,
    /// The values of stakes.
    Wealth(Wealth),
    /// A sum of scores.
    Score(Score),
    /// The split of the requests.
    Split(SplitSoFar),
}

impl Watch {
    /// The state before the first tick, in the first stage. It is the same for
    /// every run.
    pub fn begin(&self) -> Memory {
        match self {
            Watch::Nothing => Memory::Nothing,
            Watch::Wealth(watch) => {
                let mut wealth = watch.begin();
                watch.enter(&mut wealth, 0);
                Memory::Wealth(wealth)
            }
            Watch::Score(_) => Memory::Score(Score::default()),
            Watch::Split(_) => Memory::Split(SplitSoFar::default()),
        }
    }

    /// Called when a stage after the first begins.
    pub fn enter(&self, memory: &mut Memory, stage: u32) {
        match (self, memory) {
            (Watch::Wealth(watch), Memory::Wealth(wealth)) => watch.enter(wealth, stage as usize),
            (Watch::Split(watch), Memory::Split(so_far)) => watch.enter(so_far, stage as usize),
            _ => {}
        }
    }

    /// Adds a tick: the errors (or slow or all requests) of canary and baseline. `planned`
    /// is false for ticks of an extension or of a person's pause. Inlined into the
    /// loop, because a call would cost as much as the work.
    #[inline(always)]
    pub fn observe(&self, memory: &mut Memory, stage: u32, planned: bool, errors: [u64; 2]) {
        match (self, memory) {
            (Watch::Wealth(watch), Memory::Wealth(wealth)) => {
                watch.observe(wealth, stage as usize, errors);
            }
            (Watch::Score(watch), Memory::Score(score)) if planned => {
                watch.observe(score, stage as usize, errors);
            }
            (Watch::Split(_), Memory::Split(so_far)) => SplitWatch::observe(so_far, errors),
            _ => {}
        }
    }

    /// Whether a look is known to pass without measuring. Cheap; false if only a
    /// look can decide.
    #[inline]
    pub fn passes(&self, memory: &Memory) -> bool {
        match (self, memory) {
            (Watch::Wealth(watch), Memory::Wealth(wealth)) => !watch.is_enough(wealth),
            (Watch::Split(watch), Memory::Split(so_far)) => !watch.is_enough(so_far),
            _ => false,
        }
    }

    /// ln of the value of the stake.
    pub fn ln_wealth(&self, memory: &Memory) -> Option<f64> {
        match (self, memory) {
            (Watch::Wealth(watch), Memory::Wealth(wealth)) => Some(watch.ln_wealth(wealth)),
            (Watch::Split(watch), Memory::Split(so_far)) => Some(watch.ln_evidence(so_far)),
            _ => None,
        }
    }

    /// The requests so far, if their split is judged.
    pub fn split(&self, memory: &Memory) -> Option<Split> {
        match (self, memory) {
            (Watch::Split(watch), Memory::Split(so_far)) => Some(watch.split(so_far)),
            _ => None,
        }
    }

    /// Z and its boundary for a look at the end of a stage.
    pub fn score(&self, memory: &Memory, stage: u32) -> Option<(f64, f64)> {
        match (self, memory) {
            (Watch::Score(watch), Memory::Score(score)) => watch.look(score, stage as usize),
            _ => None,
        }
    }

    /// Whether the rule certifies that the stage may end after `clock` ticks;
    /// `None` if the rule has no certificate.
    #[inline]
    pub fn certifies(&self, memory: &Memory, clock: u32) -> Option<bool> {
        match (self, memory) {
            (Watch::Wealth(watch), Memory::Wealth(wealth)) => watch.certifies(wealth, clock),
            _ => None,
        }
    }

    /// ln of the value of the certificate's stake in this stage.
    pub fn ln_certificate(&self, memory: &Memory) -> Option<f64> {
        match (self, memory) {
            (Watch::Wealth(watch), Memory::Wealth(wealth)) => watch.ln_certificate(wealth),
            _ => None,
        }
    }
}
