//! What a rule gathers over the ticks, where a window's counts are not enough.

use super::group_sequential::ScoreWatch;
use super::sequential::{Wealth, WealthWatch};
use crate::stats::group_sequential::Score;

/// A stage as far as a rule's preparation needs to know it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StageShape {
    /// The canary's share of requests, in (0, 1].
    pub share: f64,
    /// Ticks planned.
    pub duration_ticks: u32,
    /// Ticks of the timed pause that follows it; 0 if none is planned.
    pub pause_ticks: u32,
    /// Whether the rule holds in it.
    pub holds: bool,
}

impl StageShape {
    /// Whether the rule can learn anything in it: it holds, and a baseline runs
    /// beside the canary.
    pub(super) fn is_informative(&self) -> bool {
        self.holds && self.share < 1.0
    }
}

/// What is prepared once of a rule for a plan.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for a rule")]
pub enum Watch {
    /// The window's counts are enough.
    Nothing,
    /// A stake that grows.
    Wealth(WealthWatch),
    /// A score that adds up.
    Score(ScoreWatch),
}

/// What a rule has gathered in a run.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::large_enum_variant, reason = "in a box, every run would allocate")]
pub enum Memory {
    /// The window's counts are enough.
    #[default]
    Nothing,
    /// A stake that has grown.
    Wealth(Wealth),
    /// A score that has added up.
    Score(Score),
}

impl Watch {
    /// Before the first tick, in the first stage. The same for every run.
    pub fn begin(&self) -> Memory {
        match self {
            Watch::Nothing => Memory::Nothing,
            Watch::Wealth(watch) => {
                let mut wealth = watch.begin();
                watch.enter(&mut wealth, 0);
                Memory::Wealth(wealth)
            }
            Watch::Score(_) => Memory::Score(Score::default()),
        }
    }

    /// Another stage begins.
    pub fn enter(&self, memory: &mut Memory, stage: u32) {
        if let (Watch::Wealth(watch), Memory::Wealth(wealth)) = (self, memory) {
            watch.enter(wealth, stage as usize);
        }
    }

    /// Takes in a tick: the errors (or slow requests) of canary and baseline, and
    /// whether the plan has this tick (an extension or a person's pause is not
    /// in it). Part of the loop, where a call costs as much as what it does.
    #[inline(always)]
    pub fn observe(&self, memory: &mut Memory, stage: u32, planned: bool, errors: [u64; 2]) {
        match (self, memory) {
            (Watch::Wealth(watch), Memory::Wealth(wealth)) => {
                watch.observe(wealth, stage as usize, errors);
            }
            (Watch::Score(watch), Memory::Score(score)) if planned => {
                watch.observe(score, stage as usize, errors);
            }
            _ => {}
        }
    }

    /// Whether a look passes for certain by what was gathered; cheap, and false
    /// where only a full look can tell.
    #[inline]
    pub fn passes(&self, memory: &Memory) -> bool {
        match (self, memory) {
            (Watch::Wealth(watch), Memory::Wealth(wealth)) => !watch.is_enough(wealth),
            _ => false,
        }
    }

    /// ln of the stake's worth.
    pub fn ln_wealth(&self, memory: &Memory) -> Option<f64> {
        match (self, memory) {
            (Watch::Wealth(watch), Memory::Wealth(wealth)) => Some(watch.ln_wealth(wealth)),
            _ => None,
        }
    }

    /// Z and the boundary of a look at the end of a stage.
    pub fn score(&self, memory: &Memory, stage: u32) -> Option<(f64, f64)> {
        match (self, memory) {
            (Watch::Score(watch), Memory::Score(score)) => watch.look(score, stage as usize),
            _ => None,
        }
    }

    /// Whether the rule certifies that the stage may end after `clock` ticks;
    /// `None` if it was not asked to certify anything.
    #[inline]
    pub fn certifies(&self, memory: &Memory, clock: u32) -> Option<bool> {
        match (self, memory) {
            (Watch::Wealth(watch), Memory::Wealth(wealth)) => watch.certifies(wealth, clock),
            _ => None,
        }
    }

    /// ln of what the certificate's stake has grown to in this stage.
    pub fn ln_certificate(&self, memory: &Memory) -> Option<f64> {
        match (self, memory) {
            (Watch::Wealth(watch), Memory::Wealth(wealth)) => watch.ln_certificate(wealth),
            _ => None,
        }
    }
}
