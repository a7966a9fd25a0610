//! What was found about a requirement.

use std::fmt;

use serde::Serialize;

use crate::json::{number, plain};
use crate::message::{shown, thousands};
use crate::rules::words::significant;
use crate::study::Estimate;

/// Whether a requirement is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fulfilment {
    /// It is met, however the person decides that some runs may wait for.
    Met,
    /// More runs are needed; or it depends on runs that wait for a person.
    Undecided,
    /// It is violated, however the person decides.
    Failed,
}

/// What the estimate of a requirement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// A probability.
    Probability,
    /// The mean of a number, or of a difference.
    Mean,
    /// For an upper bound on a quantile: the probability of more than the bound.
    ProbabilityAbove,
    /// For a lower bound on a quantile: the probability of less than the bound.
    ProbabilityBelow,
}

/// A quantile that a requirement bounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct QuantileFound {
    /// Which one, in percent.
    #[serde(serialize_with = "number")]
    pub percent: f64,
    /// The number that bounds it.
    #[serde(serialize_with = "number")]
    pub bound: f64,
    /// The quantile of the runs; `None` without values, and for differences.
    pub estimate: Option<f64>,
}

/// The result of a requirement.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RequirementReport {
    /// The requirement as it was written.
    pub requirement: String,
    /// Whether it is met.
    pub fulfilment: Fulfilment,
    /// What `found` and `bound` are.
    pub measure: Measure,
    /// The estimate; runs that wait for a person count as they are. Its interval holds after any
    /// number of runs and whatever becomes of the runs that wait; it fails with
    /// `error_probability` at most.
    pub found: Estimate,
    /// What bounds the estimate. For a p95 that is at most a number it is 0.05, for one
    /// that is at least a number 0.95.
    #[serde(serialize_with = "number")]
    pub bound: f64,
    /// How far the estimate lies beyond the bound; negative if it satisfies the bound.
    pub distance: f64,
    /// The quantile, if the requirement is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantile: Option<QuantileFound>,
    /// After how many runs it was certain; all runs of the study, if it is not.
    pub runs: u64,
    /// In how many of them the figure is open, because they wait for a person.
    pub waiting_runs: u64,
    /// Whether it is certain that the answer depends on the runs that wait, so that more
    /// runs do not help.
    pub depends_on_waiting: bool,
    /// The greatest probability that this answer is wrong, after any number of runs.
    #[serde(serialize_with = "number")]
    pub error_probability: f64,
}

impl Fulfilment {
    /// The word in the JSON.
    pub fn name(self) -> &'static str {
        match self {
            Fulfilment::Met => "met",
            Fulfilment::Failed => "failed",
            Fulfilment::Undecided => "undecided",
        }
    }
}

impl RequirementReport {
    /// The answer and the figures, without the requirement:
    /// `met after 412 runs, 0.970874 (0.915116 to 0.994202)`.
    pub fn answer(&self) -> String {
        format!("{} after {} runs, {}", self.fulfilment.name(), thousands(self.runs), self.found())
    }

    /// The figures: `0.970874 (0.915116 to 0.994202)`, and what is to be said of them.
    pub fn found(&self) -> String {
        let mut text = String::new();
        let interval = self.interval();
        if let Some(QuantileFound { percent, bound, estimate }) = self.quantile {
            if let Some(estimate) = estimate {
                text = format!("p{} is {}, ", plain(percent), significant(estimate));
            }
            let side = if self.measure == Measure::ProbabilityAbove { "above" } else { "below" };
            let bound = plain(bound);
            text += &format!("{} of the runs are {side} {bound}", self.amount(self.found.estimate));
            text += &format!(" ({interval})");
        } else {
            text = format!("{} ({interval})", self.amount(self.found.estimate));
        }
        if self.fulfilment == Fulfilment::Failed {
            text += &format!(", beyond by {}", self.amount(self.distance));
        }
        if self.waiting_runs > 0 {
            let (waiting, runs) = (thousands(self.waiting_runs), thousands(self.runs));
            text += &format!(", {waiting} of {runs} runs wait for a person");
        } else if self.fulfilment == Fulfilment::Undecided {
            text += ", more runs are needed";
        }
        text
    }

    /// The interval: `0.915116 to 0.994202`.
    pub fn interval(&self) -> String {
        format!("{} to {}", self.amount(self.found.low), self.amount(self.found.high))
    }

    fn amount(&self, x: f64) -> String {
        // Probabilities may be small, numbers of ticks and requests are not.
        if self.measure == Measure::Mean && !(self.found.low >= -1.0 && self.found.high <= 1.0) {
            format!("{x:.3}")
        } else {
            format!("{x:.6}")
        }
    }
}

/// One line: `caught>=0.9: met after 412 runs, 0.970874 (0.915116 to 0.994202)`.
impl fmt::Display for RequirementReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", shown(&self.requirement), self.answer())
    }
}
