//! `shiryaev_roberts`: evidence that the canary has become worse at some time, valid at
//! every look.

use serde::Serialize;

use super::sequential::{
    VARY_TOGETHER, bets, equal_bets, error_clump, evidence, is_enough, ln_limit, measure,
    tolerated_ratio, worse_than,
};
use super::{
    About, Cost, Guarantee, Judge, Measure, Needs, Observed, Parameter, Parameters, Quantity,
    Sight, StageShape, Subject, Watch,
};
use crate::json::some_number;
use crate::json::{number, numbers};
use crate::math::ln;
use crate::stats::eprocess::Step;
use crate::stats::shiryaev_roberts::Detector;

/// Fails when the evidence that the canary has become worse ≥ 1/`alpha`. The stake is
/// placed in equal parts, one in each planned tick of the stages with a baseline and of
/// their timed pauses. Later ticks, of extensions and of a person's pauses, change the
/// value of what is placed, so the level holds there, too.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShiryaevRoberts {
    /// P(the evidence ever reaches 1/α) if the canary is never worse and both arms vary
    /// only together, in (0, 1).
    #[serde(serialize_with = "number")]
    pub alpha: f64,
    /// The ratio of the rates that is still accepted, above 0.
    #[serde(serialize_with = "number")]
    pub tolerated_ratio: f64,
    /// The ratios among which the stake is divided equally; each is above the
    /// tolerated one.
    #[serde(serialize_with = "numbers")]
    pub bets: Vec<f64>,
    /// The largest mean size of a clump of errors that `alpha` holds for, at least 1;
    /// `None` for 1, independent errors.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_number")]
    pub error_clump: Option<f64>,
}

impl Judge for ShiryaevRoberts {
    const ABOUT: About = About {
        title: "evidence that errors have become more, at any time",
        subject: Subject::Errors,
        quantity: Quantity::Stake,
        guarantee: Guarantee::EveryLook,
        wants_many_errors: false,
        cost: Cost::COUNTS,
    };

    fn from_parameters(p: &mut Parameters) -> Self {
        let alpha = p.number(Parameter::alpha());
        let tolerated_ratio = tolerated_ratio(p);
        let bets = bets(p, tolerated_ratio);
        ShiryaevRoberts { alpha, tolerated_ratio, bets, error_clump: error_clump(p) }
    }

    fn needs(&self) -> Needs {
        Needs::BASELINE
    }

    fn fails(&self, sight: &Sight) -> bool {
        is_enough(self.alpha, sight)
    }

    fn measure(&self, sight: &Sight) -> Measure {
        measure(self.alpha, sight)
    }

    fn sentence(&self, sight: &Sight) -> String {
        let worse = worse_than(self.tolerated_ratio);
        let bet = format!("bet in equal parts, one in each tick, on “{worse} from now on”");
        evidence(self.alpha, sight, &bet, VARY_TOGETHER)
    }

    fn watch(&self, plan: &[StageShape]) -> Option<Watch> {
        let bets = equal_bets(self.tolerated_ratio, &self.bets, self.error_clump)?;
        let informative = plan.iter().filter(|stage| stage.is_informative());
        let ticks = informative.map(|stage| stage.duration_ticks.saturating_add(stage.pause_ticks));
        let step = |stage: &StageShape| stage.is_informative().then(|| bets.step(stage.weight()));
        Some(Watch::Detector(DetectorWatch {
            fresh: Detector::new(&bets, ticks.fold(0, u32::saturating_add)),
            steps: plan.iter().map(step).collect(),
            ln_limit: ln_limit(self.alpha),
        }))
    }
}

/// The detector of a rule, prepared for a plan.
#[derive(Clone, Debug)]
pub struct DetectorWatch {
    fresh: Detector,
    /// By stage index; `None` if the rule does not apply or no baseline is left.
    steps: Vec<Option<Step>>,
    ln_limit: f64,
}

impl DetectorWatch {
    pub(super) fn begin(&self) -> Detector {
        self.fresh
    }

    pub(super) fn observe(&self, detector: &mut Detector, stage: usize, seen: &Observed) {
        if let Some(step) = &self.steps[stage] {
            let [canary, baseline] = seen.errors;
            detector.observe(step, canary, baseline);
        }
    }

    pub(super) fn is_enough(&self, detector: &Detector) -> bool {
        self.ln_wealth(detector) >= self.ln_limit
    }

    pub(super) fn ln_wealth(&self, detector: &Detector) -> f64 {
        ln(detector.value())
    }
}
