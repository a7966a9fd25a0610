//! `group_sequential`: a few planned looks that share one level.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

use super::parameter::Words;
use super::words::{ever_reaches, significant};
use super::{
    About, Cost, Group, Guarantee, Judge, Measure, Needs, Parameter, Parameters, Quantity, Sight,
    StageShape, Subject, Watch,
};
use crate::json::number;
use crate::reading::words;
use crate::stats::group_sequential::{Score, Sides, Spending, are_fractions, boundaries};

/// Fails when Z, the stratified score of the errors so far, ≥ the boundary of the
/// current stage's end. The boundaries divide `alpha` among the planned looks by
/// the information expected at each, Σ ticks·ρ(1−ρ) over the ticks of stages and
/// timed pauses, with the canary's share ρ. They are fixed before the rollout.
/// Ticks of an extension or of a person's pause do not count, because the
/// boundaries were not computed for them. The level is approximate if errors are
/// few; a study measures it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupSequential {
    /// The level of all looks together, in (0, 1).
    #[serde(serialize_with = "number")]
    pub alpha: f64,
    /// How the level is spent over the looks.
    pub spending: AlphaSpending,
}

/// How a level is spent over the information t in 0..=1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AlphaSpending {
    /// α ln(1 + (e − 1) t): about evenly over the looks.
    Pocock,
    /// 2 − 2Φ(z_{α/2} / √t): nearly all of it at the end.
    ObrienFleming,
    /// α t.
    Linear,
}

words!(AlphaSpending { "pocock" => Pocock, "obrien_fleming" => ObrienFleming, "linear" => Linear });

const SPENDING: Words<'_, AlphaSpending> = Words {
    key: "spending",
    group: Group::Method,
    label: "Spends its false alarms",
    options: &[
        (AlphaSpending::Pocock, "about evenly (Pocock)"),
        (AlphaSpending::ObrienFleming, "late (O’Brien-Fleming)"),
        (AlphaSpending::Linear, "with the information"),
    ],
    default: AlphaSpending::Pocock,
};

impl Judge for GroupSequential {
    const ABOUT: About = About {
        title: "evidence of more errors, at planned looks",
        subject: Subject::Errors,
        quantity: Quantity::Score,
        guarantee: Guarantee::PlannedLooks,
        wants_many_errors: true,
        cost: Cost { look_us: 20.0, tick_us: 0.0, draw_us: 0.0 },
    };

    fn from_parameters(p: &mut Parameters) -> Self {
        GroupSequential {
            alpha: p.number(Parameter { label: "False alarms, about", ..Parameter::alpha() }),
            spending: p.choice(&SPENDING, p.input.spending),
        }
    }

    fn needs(&self) -> Needs {
        Needs::BASELINE
    }

    fn fails(&self, sight: &Sight) -> bool {
        reaches(sight)
    }

    fn measure(&self, sight: &Sight) -> Measure {
        measure(sight)
    }

    fn sentence(&self, sight: &Sight) -> String {
        evidence(self.alpha, sight, "standard errors", "If the canary is not worse, about")
    }

    fn watch(&self, plan: &[StageShape]) -> Option<Watch> {
        let spending = match self.spending {
            AlphaSpending::Pocock => Spending::Pocock,
            AlphaSpending::ObrienFleming => Spending::OBrienFleming,
            AlphaSpending::Linear => Spending::Linear,
        };
        let fractions = self.fractions(plan)?;
        let mut bounds = boundaries(spending, self.alpha, Sides::One, &fractions)?.into_iter();
        let boundary =
            |stage: &StageShape| if stage.is_informative() { bounds.next() } else { None };
        let boundaries = plan.iter().map(boundary).collect();
        let weight = |stage: &StageShape| stage.is_informative().then(|| stage.weight());
        Some(Watch::Score(ScoreWatch { weights: plan.iter().map(weight).collect(), boundaries }))
    }

    fn fits(&self, plan: &[StageShape]) -> bool {
        self.fractions(plan).is_some()
    }
}

/// Whether a score has reached the boundary of its look.
pub(super) fn reaches(sight: &Sight) -> bool {
    sight.score.is_some_and(|(z, boundary)| z >= boundary)
}

/// A score against the boundary of its look.
pub(super) fn measure(sight: &Sight) -> Measure {
    let (z, boundary) = sight.score.unwrap_or_default();
    Measure { observed: Some(z), limit: boundary, canary_limit: None }
}

/// A score in a sentence: what it is measured in, and the condition under which the level
/// holds, with the word before how often the boundary is reached.
pub(super) fn evidence(alpha: f64, sight: &Sight, unit: &str, condition: &str) -> String {
    let (z, boundary) = sight.score.unwrap_or_default();
    format!(
        "Evidence: the canary’s errors beyond their share are {} {unit}; the boundary of this look is {}. {condition} {} one.",
        significant(z),
        significant(boundary),
        ever_reaches(alpha),
    )
}

impl GroupSequential {
    /// The information expected at each look, as a fraction of that at the last
    /// look; `None` if there is none, or if two looks are too close to be
    /// distinguished. A look sees what happened up to the delay before it.
    pub(crate) fn fractions(&self, plan: &[StageShape]) -> Option<Vec<f64>> {
        let by_tick = |stage: &StageShape| {
            let weight = stage.weight();
            if stage.is_informative() { weight * (1.0 - weight) * stage.seen_share() } else { 0.0 }
        };
        // Ticks and the information of each: until the instances are ready, at the
        // share before; the stage; its pause, which counts at the next look.
        let (mut spans, mut looks) = (Vec::new(), Vec::new());
        let (mut elapsed, mut before) = (0_u64, 0.0);
        for stage in plan {
            let here = by_tick(stage);
            spans.push((u64::from(stage.ready_ticks), before));
            spans.push((u64::from(stage.duration_ticks), here));
            elapsed += u64::from(stage.ready_ticks) + u64::from(stage.duration_ticks);
            if stage.is_informative() {
                looks.push(elapsed.saturating_sub(u64::from(stage.delay_ticks)));
            }
            spans.push((u64::from(stage.pause_ticks), here));
            elapsed += u64::from(stage.pause_ticks);
            before = here;
        }
        let seen_at = |look: &u64| {
            let mut left = *look;
            let mut information = 0.0;
            for (span, each) in &spans {
                let ticks = left.min(*span);
                information += ticks as f64 * each;
                left -= ticks;
            }
            information
        };
        let by_look: Vec<f64> = looks.iter().map(seen_at).collect();
        let total = *by_look.last()?;
        let fractions: Vec<f64> = by_look.iter().map(|so_far| so_far / total).collect();
        are_fractions(&fractions).then_some(fractions)
    }
}

/// The weight of an error and the boundary of the look, by stage index; `None` if
/// the rule does not apply or no baseline is left.
#[derive(Clone, Debug)]
pub struct ScoreWatch {
    weights: Vec<Option<f64>>,
    boundaries: Vec<Option<f64>>,
}

impl ScoreWatch {
    #[inline]
    pub(super) fn observe(&self, score: &mut Score, stage: usize, [canary, baseline]: [u64; 2]) {
        if let Some(weight) = self.weights[stage] {
            score.observe(weight, canary, baseline);
        }
    }

    /// Z and its boundary at the end of a stage.
    pub(super) fn look(&self, score: &Score, stage: usize) -> Option<(f64, f64)> {
        Some((score.z(), self.boundaries[stage]?))
    }
}
