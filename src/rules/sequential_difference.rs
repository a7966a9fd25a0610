//! `sequential_difference`: evidence that the canary's error rate is above the baseline's
//! by more than a margin, valid at every look.

use serde::Serialize;

use super::sequential::{
    BetsOpen, DEFAULT_BETS, bets_open, equal_bets, error_clump, evidence, is_enough, ln_limit,
    measure,
};
use super::words::points;
use super::{
    About, Cost, Guarantee, Judge, Measure, Needs, Observed, Parameter, Parameters, Quantity,
    Range, Sight, StageShape, Subject, Usual, Watch,
};
use crate::json::{number, some_number};
use crate::stats::difference::DifferenceStep;
use crate::stats::eprocess::{Bets, Evidence};

/// Fails when the evidence that the canary's error rate exceeds the baseline's by more
/// than `margin` ≥ 1/`alpha`. The stake is divided equally among bets that the canary fails
/// 1.25, 1.5, 2, 3, 4, 6, 10 and 20 times as often as is tolerated.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SequentialDifference {
    /// P(the evidence ever reaches 1/α) if the canary's rate is at no time more than the
    /// margin above the baseline's, in (0, 1).
    #[serde(serialize_with = "number")]
    pub alpha: f64,
    /// The difference of the error rates that is still accepted, 0..=1.
    #[serde(serialize_with = "number")]
    pub margin: f64,
    /// When the bets are placed.
    pub bets_open: BetsOpen,
    /// The largest mean size of a clump of errors that `alpha` holds for, at least 1;
    /// `None` for 1, independent errors.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_number")]
    pub error_clump: Option<f64>,
}

impl Judge for SequentialDifference {
    const ABOUT: About = About {
        title: "evidence of a difference beyond a margin, at any time",
        subject: Subject::Errors,
        quantity: Quantity::Stake,
        guarantee: Guarantee::EveryLook,
        wants_many_errors: false,
        cost: Cost::COUNTS,
    };

    fn from_parameters(p: &mut Parameters) -> Self {
        let alpha = p.number(Parameter::alpha());
        let margin = p.number(Parameter {
            unit: "points",
            scale: 100.0,
            default: Some(Usual::Number(0.0)),
            ..Parameter::number("margin", "Tolerates a difference of", Range::from(0.0, 1.0))
        });
        let bets_open = bets_open(p);
        SequentialDifference { alpha, margin, bets_open, error_clump: error_clump(p) }
    }

    fn needs(&self) -> Needs {
        Needs::GATHERED_REQUESTS.and(Needs::BASELINE)
    }

    fn fails(&self, sight: &Sight) -> bool {
        is_enough(self.alpha, sight)
    }

    fn measure(&self, sight: &Sight) -> Measure {
        measure(self.alpha, sight)
    }

    fn sentence(&self, sight: &Sight) -> String {
        let beyond = match self.margin {
            0.0 => String::new(),
            margin => format!("more than {} ", points(margin)),
        };
        let bet = format!("bet on “the canary’s error rate is {beyond}above the baseline’s”");
        evidence(self.alpha, sight, &bet, "If it never is")
    }

    fn watch(&self, plan: &[StageShape]) -> Option<Watch> {
        let bets = equal_bets(1.0, &DEFAULT_BETS, self.error_clump)?;
        let step = |stage: &StageShape| {
            stage.is_informative().then(|| DifferenceStep::new(&bets, self.margin, stage.weight()))
        };
        Some(Watch::Difference(DifferenceWatch {
            steps: plan.iter().map(step).collect(),
            bets,
            openings: self.bets_open.openings(plan),
            ln_limit: ln_limit(self.alpha),
        }))
    }
}

/// Bets on a difference, with the effect of errors and requests in each stage.
#[derive(Clone, Debug)]
pub struct DifferenceWatch {
    bets: Bets,
    /// By stage index; `None` if the rule does not apply or no baseline is left.
    steps: Vec<Option<DifferenceStep>>,
    openings: u32,
    ln_limit: f64,
}

impl DifferenceWatch {
    pub(super) fn begin(&self) -> Evidence {
        self.bets.evidence(self.openings)
    }

    pub(super) fn enter(&self, evidence: &mut Evidence, stage: usize) {
        if self.steps[stage].is_some() {
            evidence.open(&self.bets);
        }
    }

    pub(super) fn observe(&self, evidence: &mut Evidence, stage: usize, seen: &Observed) {
        if let Some(step) = &self.steps[stage] {
            let [canary, baseline] = seen.errors;
            step.observe(evidence, canary, baseline, seen.requests[0]);
        }
    }

    pub(super) fn is_enough(&self, evidence: &Evidence) -> bool {
        evidence.reaches(self.ln_limit)
    }
}
