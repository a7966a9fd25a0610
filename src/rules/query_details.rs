//! What the query of a controller's metric asks beside its window.

use serde::Serialize;

use crate::json::{number, numbers, some_number};
use crate::observation::{ByArm, Counts};
use crate::stats::eprocess::{Bet, Bets, Evidence, Step};

/// What the query of a metric asks beside its window. By default nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct QueryDetails {
    /// With fewer requests in the window it has no data.
    #[serde(skip_serializing_if = "is_zero")]
    pub min_requests: u64,
    /// With fewer errors in the window it has no data.
    #[serde(skip_serializing_if = "is_zero")]
    pub min_errors: u64,
    /// The baseline's error rate counts as at least this in a ratio, above 0.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_number")]
    pub baseline_floor: Option<f64>,
    /// A second, shorter window in seconds: the smaller error rate of the two counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short_window_seconds: Option<u32>,
    /// The stake that the query computes, for [`Measures::Stake`](super::Measures::Stake).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stake: Option<StakeQuery>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A stake of 1 on "the canary is worse", computed from the errors in one window: the
/// e-process of [`eprocess`](crate::stats::eprocess) for a stage that began with the
/// window.
#[derive(Clone, Debug, Serialize)]
pub struct StakeQuery {
    /// The canary's weight that the query assumes, in percent, in (0, 100).
    #[serde(serialize_with = "number")]
    pub weight_pct: f64,
    /// The ratio of the rates that is still accepted, above 0.
    #[serde(serialize_with = "number")]
    pub tolerated_ratio: f64,
    /// The ratios among which the stake is divided equally; each is above the
    /// tolerated one.
    #[serde(serialize_with = "numbers")]
    pub bets: Vec<f64>,
    /// The largest mean size of a clump of errors that is allowed for, at least 1.
    #[serde(serialize_with = "number")]
    pub error_clump: f64,
    #[serde(skip)]
    step: Step,
    #[serde(skip)]
    begin: Evidence,
}

/// Equal if what they are made of is.
impl PartialEq for StakeQuery {
    fn eq(&self, other: &Self) -> bool {
        let of = |stake: &StakeQuery| (stake.weight_pct, stake.tolerated_ratio, stake.error_clump);
        of(self) == of(other) && self.bets == other.bets
    }
}

impl StakeQuery {
    /// `None` unless the weight is between 0 and 100 percent, and the ratios make
    /// [`Bets`] on more than the tolerated ratio.
    pub fn new(
        weight_pct: f64,
        tolerated_ratio: f64,
        bets: Vec<f64>,
        error_clump: f64,
    ) -> Option<Self> {
        let placed: Vec<Bet> = bets.iter().map(|&ratio| Bet { ratio, stake: 1.0 }).collect();
        let placed = Bets::new(tolerated_ratio, &placed)?.in_clumps(error_clump)?;
        let is_above = bets.iter().all(|ratio| *ratio > tolerated_ratio);
        let is_split = weight_pct > 0.0 && weight_pct < 100.0;
        if !is_above || !is_split {
            return None;
        }
        let step = placed.step(weight_pct / 100.0);
        let mut begin = placed.evidence(1);
        begin.open(&placed);
        Some(StakeQuery { weight_pct, tolerated_ratio, bets, error_clump, step, begin })
    }

    /// What an error adds to the logarithm of each bet: of the canary, and of the
    /// baseline.
    pub fn ln_factors(&self) -> impl Iterator<Item = (f64, f64)> {
        (0..self.bets.len())
            .map(|bet| (self.step.ln_growth(bet, 1, 0), self.step.ln_growth(bet, 0, 1)))
    }

    /// What the stake has grown to after the errors of a window, kept finite.
    pub fn value(&self, counts: &ByArm<Counts>) -> f64 {
        let mut evidence = self.begin;
        evidence.observe(&self.step, counts.canary.errors, counts.baseline.errors);
        super::sequential::value(evidence.ln_value())
    }
}
