//! What a rule accumulates over the ticks, if the counts of its window are not
//! enough.

use super::Population;
use super::group_sequential::ScoreWatch;
use super::planned::{PlannedScore, PlannedWatch};
use super::sample_ratio::{Split, SplitSoFar, SplitWatch};
use super::sequential::{Wealth, WealthWatch};
use super::sequential_difference::DifferenceWatch;
use super::sequential_metrics::{MetricsWatch, MetricsWealth};
use super::shiryaev_roberts::DetectorWatch;
use crate::stats::eprocess::Evidence;
use crate::stats::group_sequential::Score;
use crate::stats::shiryaev_roberts::Detector;

/// The properties of a stage that a rule is prepared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StageShape {
    /// The canary's share of requests, in (0, 1].
    pub share: f64,
    /// Whose requests the rule judges, and against what.
    pub of: Population,
    /// Ticks until the canary's instances are ready, at the share before.
    pub ready_ticks: u32,
    /// Ticks planned.
    pub duration_ticks: u32,
    /// Ticks of the timed pause after the stage; 0 without one.
    pub pause_ticks: u32,
    /// Ticks until a tick's counts can be seen.
    pub delay_ticks: u32,
    /// Whether the rule applies in the stage.
    pub holds: bool,
}

impl StageShape {
    /// Whether the stage is informative for the rule: the rule applies, and there
    /// is a baseline to compare with.
    pub(super) fn is_informative(&self) -> bool {
        self.holds && self.share < 1.0
    }

    /// The canary's share of the requests that the rule sees, in (0, 1].
    pub(super) fn weight(&self) -> f64 {
        match self.of {
            Population::Control if self.share < 1.0 => 0.5,
            _ => self.share,
        }
    }

    /// The share of all requests that the rule sees, in (0, 1].
    pub(super) fn seen_share(&self) -> f64 {
        match self.of {
            Population::Control if self.share < 1.0 => 2.0 * self.share,
            _ => 1.0,
        }
    }
}

/// What a rule observes of a tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// The errors of canary and baseline.
    pub errors: [u64; 2],
    /// The requests of canary and baseline that are slower than the rule's objective; 0
    /// if it has none.
    pub slow: [u64; 2],
    /// The requests of canary and baseline; 0 unless the rule needs them.
    pub requests: [u64; 2],
}

/// A rule's method of accumulation, prepared for a plan.
#[derive(Clone, Debug)]
pub enum Watch {
    /// Nothing is accumulated: the counts of the window are enough.
    Nothing,
    /// The values of stakes on errors.
    Wealth(WealthWatch),
    /// The values of stakes on slow requests.
    SlowWealth(WealthWatch),
    /// A sum of scores.
    Score(ScoreWatch),
    /// A stake that is placed tick by tick.
    Detector(DetectorWatch),
    /// The value of a stake on a difference.
    Difference(DifferenceWatch),
    /// The values of stakes on errors and on slow requests.
    Metrics(MetricsWatch),
    /// The split of the requests.
    Split(SplitWatch),
    /// A sum of scores with boundaries for planned errors.
    Planned(PlannedWatch),
}

/// What a rule has accumulated in a run.
#[derive(Clone, Copy, Debug, Default)]
pub enum Memory {
    /// Nothing is accumulated: the counts of the window are enough.
    #[default]
    Nothing,
    /// The values of stakes.
    Wealth(Wealth),
    /// A sum of scores.
    Score(Score),
    /// A stake that is placed tick by tick.
    Detector(Detector),
    /// The value of a stake on a difference.
    Difference(Evidence),
    /// The values of stakes on errors and on slow requests.
    Metrics(MetricsWealth),
    /// The split of the requests.
    Split(SplitSoFar),
    /// A sum of scores with boundaries for planned errors.
    Planned(PlannedScore),
}

impl Watch {
    /// The state before the first tick, in the first stage. It is the same for
    /// every run.
    pub fn begin(&self) -> Memory {
        let mut memory = match self {
            Watch::Nothing => Memory::Nothing,
            Watch::Wealth(watch) | Watch::SlowWealth(watch) => Memory::Wealth(watch.begin()),
            Watch::Score(_) => Memory::Score(Score::default()),
            Watch::Detector(watch) => Memory::Detector(watch.begin()),
            Watch::Difference(watch) => Memory::Difference(watch.begin()),
            Watch::Metrics(watch) => Memory::Metrics(watch.begin()),
            Watch::Split(_) => Memory::Split(SplitSoFar::default()),
            Watch::Planned(_) => Memory::Planned(PlannedScore::default()),
        };
        self.enter(&mut memory, 0);
        memory
    }

    /// Called when a stage after the first begins.
    pub fn enter(&self, memory: &mut Memory, stage: u32) {
        let stage = stage as usize;
        match (self, memory) {
            (Watch::Wealth(watch) | Watch::SlowWealth(watch), Memory::Wealth(wealth)) => {
                watch.enter(wealth, stage);
            }
            (Watch::Difference(watch), Memory::Difference(evidence)) => {
                watch.enter(evidence, stage);
            }
            (Watch::Metrics(watch), Memory::Metrics(wealth)) => watch.enter(wealth, stage),
            (Watch::Split(watch), Memory::Split(so_far)) => watch.enter(so_far, stage),
            _ => {}
        }
    }

    /// Adds a tick if the errors of canary and baseline are all that it takes; false if
    /// [`Watch::observe`] has to be called. Inlined into the loop, because a call would cost
    /// as much as the work.
    #[inline(always)]
    pub fn observe_errors(&self, memory: &mut Memory, stage: u32, errors: [u64; 2]) -> bool {
        match (self, memory) {
            (Watch::Wealth(watch), Memory::Wealth(wealth)) => {
                watch.observe(wealth, stage as usize, errors);
                true
            }
            (Watch::Nothing, _) => true,
            _ => false,
        }
    }

    /// Adds a tick. `planned` is false for ticks of an extension or of a person's pause.
    #[inline(never)]
    pub fn observe(&self, memory: &mut Memory, level: u32, planned: bool, seen: Observed) {
        let stage = level as usize;
        match (self, memory) {
            (Watch::Wealth(watch), Memory::Wealth(wealth)) => {
                watch.observe(wealth, stage, seen.errors);
            }
            (Watch::SlowWealth(watch), Memory::Wealth(wealth)) => {
                watch.observe(wealth, stage, seen.slow);
            }
            (Watch::Score(watch), Memory::Score(score)) if planned => {
                watch.observe(score, stage, seen.errors);
            }
            (Watch::Detector(watch), Memory::Detector(detector)) => {
                watch.observe(detector, stage, &seen);
            }
            (Watch::Difference(watch), Memory::Difference(evidence)) => {
                watch.observe(evidence, stage, &seen);
            }
            (Watch::Metrics(watch), Memory::Metrics(wealth)) => {
                watch.observe(wealth, stage, &seen);
            }
            (Watch::Split(_), Memory::Split(so_far)) => SplitWatch::observe(so_far, seen.requests),
            (Watch::Planned(watch), Memory::Planned(score)) => watch.observe(score, level, &seen),
            _ => {}
        }
    }

    /// Whether a look is known to pass without measuring. Cheap; false if only a
    /// look can decide.
    #[inline(always)]
    pub fn passes(&self, memory: &Memory) -> bool {
        match (self, memory) {
            (Watch::Wealth(watch), Memory::Wealth(wealth)) => !watch.is_enough(wealth),
            _ => self.other_passes(memory),
        }
    }

    #[inline(never)]
    fn other_passes(&self, memory: &Memory) -> bool {
        match (self, memory) {
            (Watch::SlowWealth(watch), Memory::Wealth(wealth)) => !watch.is_enough(wealth),
            (Watch::Detector(watch), Memory::Detector(detector)) => !watch.is_enough(detector),
            (Watch::Difference(watch), Memory::Difference(evidence)) => !watch.is_enough(evidence),
            (Watch::Metrics(watch), Memory::Metrics(wealth)) => !watch.is_enough(wealth),
            (Watch::Split(watch), Memory::Split(so_far)) => !watch.is_enough(so_far),
            (Watch::Planned(watch), Memory::Planned(score)) => !watch.is_enough(score),
            _ => false,
        }
    }

    /// ln of the value of the stake.
    pub fn ln_wealth(&self, memory: &Memory) -> Option<f64> {
        match (self, memory) {
            (Watch::Wealth(watch) | Watch::SlowWealth(watch), Memory::Wealth(wealth)) => {
                Some(watch.ln_wealth(wealth))
            }
            (Watch::Detector(watch), Memory::Detector(detector)) => Some(watch.ln_wealth(detector)),
            (Watch::Difference(_), Memory::Difference(evidence)) => Some(evidence.ln_value()),
            (Watch::Metrics(watch), Memory::Metrics(wealth)) => Some(watch.ln_wealth(wealth)),
            (Watch::Split(watch), Memory::Split(so_far)) => Some(watch.ln_evidence(so_far)),
            _ => None,
        }
    }

    /// ln of the values of the stakes on errors and on slow requests.
    pub fn ln_by_metric(&self, memory: &Memory) -> Option<[f64; 2]> {
        match (self, memory) {
            (Watch::Metrics(watch), Memory::Metrics(wealth)) => Some(watch.ln_by_metric(wealth)),
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

    /// Z and its boundary for a look now.
    pub fn score(&self, memory: &Memory, stage: u32) -> Option<(f64, f64)> {
        match (self, memory) {
            (Watch::Score(watch), Memory::Score(score)) => watch.look(score, stage as usize),
            (Watch::Planned(watch), Memory::Planned(score)) => watch.look(score),
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
