//! The Shiryaev-Roberts detector: evidence that the canary has *become* worse, at an
//! unknown time, within a planned number of ticks.
//!
//! For a bet on the ratio r with the growth L_t in tick t
//! ([`crate::stats::eprocess`]), the detector is
//!
//! ```text
//! R_t = (1 + R_{t−1}) · L_t
//! ```
//!
//! the sum, over all ticks s ≤ t, of what a stake of 1 placed at the start of tick s is
//! worth. Over several bets it is the mean of their detectors. If the canary is not
//! worse than tolerated, E[L_t | past] ≤ 1, so R_t minus the number of stakes placed is a
//! supermartingale. After T ticks no new stake is placed. So at any time, and at any
//! data-dependent time, E[R] ≤ T, and by Markov's inequality at the first time that it
//! reaches T/α, P(R ever reaches T/α) ≤ α, however long the rollout takes.
//!
//! The value here is R/T, that of a stake of 1 of which one part in T is placed in each
//! tick. Its limit is 1/α. A stake that is placed at the start loses on each tick before
//! the release turns bad; of this stake, the later parts have not been at risk. The price
//! is a longer wait for a release that is bad from the start: the part placed in a tick
//! is only 1/T.
//!
//! Sources: A. N. Shiryaev, "On optimum methods in quickest detection problems", Theory
//! Probab. Appl. 8 (1963); S. W. Roberts, Technometrics 8 (1966); J. Shin, A. Ramdas and
//! A. Rinaldo, "E-detectors: a nonparametric framework for sequential change detection",
//! New England Journal of Statistics in Data Science 2 (2024), with the bound over a fixed
//! number of ticks instead of the average run length.

use crate::math;
use crate::stats::eprocess::{Bets, MAX_BETS, Step};

/// A value above this counts as this much, so that it stays finite.
const MOST: f64 = 1e300;

/// No tick multiplies a bet by more than e to this power at once.
const MOST_LN_GROWTH: f64 = 600.0;

/// The detector. A plain value; to restart, copy a new one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detector {
    /// The value of each bet.
    value: [f64; MAX_BETS],
    /// What is placed on each bet in a tick.
    part: [f64; MAX_BETS],
    count: u32,
    /// Ticks in which a part is still to be placed.
    ticks_left: u32,
}

impl Detector {
    /// A stake of 1 that is placed in equal parts in the next `ticks` ticks, at least 1.
    pub fn new(bets: &Bets, ticks: u32) -> Detector {
        let ticks = ticks.max(1);
        let mut part = [0.0; MAX_BETS];
        for (part, stake) in part.iter_mut().zip(bets.stakes()) {
            *part = stake / f64::from(ticks);
        }
        let count = bets.stakes().count() as u32;
        Detector { value: [0.0; MAX_BETS], part, count, ticks_left: ticks }
    }

    /// Adds the errors of a tick. A part of the stake is placed before.
    pub fn observe(&mut self, step: &Step, canary_errors: u64, baseline_errors: u64) {
        let placed = f64::from(u8::from(self.ticks_left > 0));
        self.ticks_left = self.ticks_left.saturating_sub(1);
        let count = self.count as usize;
        for j in 0..count {
            let growth = step.ln_growth(j, canary_errors, baseline_errors);
            let before = self.value[j] + placed * self.part[j];
            self.value[j] = (before * math::exp(growth.min(MOST_LN_GROWTH))).min(MOST);
        }
    }

    /// R/T; 0 before the first tick.
    pub fn value(&self) -> f64 {
        self.value[..self.count as usize].iter().sum()
    }
}
