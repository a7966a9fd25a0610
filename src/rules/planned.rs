//! `planned`: looks at every tick with boundaries for a planned number of errors.

use serde::Serialize;

use super::group_sequential::{evidence, measure, reaches};
use super::{
    About, Cost, Guarantee, Judge, Measure, Needs, Observed, Parameter, Parameters, Quantity,
    Range, Sight, StageShape, Subject, Watch,
};
use crate::json::number;
use crate::stats::group_sequential::Score;
use crate::stats::planned::{LastBoundary, Leg, boundaries, planned_information};

/// Fails when the canary's errors beyond their share in the rollout so far reach the
/// boundary of the current stage. The boundaries are computed for the expected errors, and
/// divide `alpha` equally among the stages with a baseline.
///
/// They are for the looks of the plan: at every tick, or where a stage has very many, at
/// some of them, evenly spaced. Once a stage has clearly more errors than planned (by 3
/// standard deviations), in an extension, and at the ticks between, a higher boundary
/// applies that holds for any traffic and takes a twentieth of `alpha`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Planned {
    /// P(a boundary is ever reached) if the canary is not worse, both arms vary only
    /// together and the errors are as expected, in (0, 1).
    #[serde(serialize_with = "number")]
    pub alpha: f64,
    /// Expected errors of a healthy service in a tick: of both arms together, at all
    /// traffic. Above 0.
    #[serde(serialize_with = "number")]
    pub expected_errors_per_tick: f64,
}

/// The part of the level for the boundary that holds for any traffic.
const BEYOND_THE_PLAN: f64 = 0.05;
/// A stage is as planned up to this many standard deviations above its expected errors.
const DEVIATIONS: f64 = 3.0;
/// Looks of a plan, at most, unless it has more stages.
const MOST_LOOKS: u32 = 128;
/// Most errors in a tick that can be expected.
const MOST_ERRORS: f64 = 1e8;

impl Judge for Planned {
    const ABOUT: About = About {
        title: "evidence of more errors than planned, at every tick",
        subject: Subject::Errors,
        quantity: Quantity::Score,
        guarantee: Guarantee::EveryLook,
        wants_many_errors: false,
        cost: Cost::COUNTS,
    };

    fn from_parameters(p: &mut Parameters) -> Self {
        Planned {
            alpha: p.number(Parameter::alpha()),
            expected_errors_per_tick: p.number(Parameter {
                unit: "errors a tick, in both versions",
                start: Some(10.0),
                ..Parameter::number(
                    "expected_errors_per_tick",
                    "Expects",
                    Range::above(0.0, MOST_ERRORS),
                )
            }),
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
        let condition = "If the canary is not worse and the errors are as expected, at most";
        evidence(self.alpha, sight, "planned standard errors", condition)
    }

    fn watch(&self, plan: &[StageShape]) -> Option<Watch> {
        let legs: Vec<Leg> = self.legs(plan).collect();
        if legs.is_empty() {
            return None;
        }
        let level = self.alpha * (1.0 - BEYOND_THE_PLAN) / legs.len() as f64;
        let mut found = boundaries(&legs, level).into_iter();
        let mut information = 0.0;
        let after: Vec<u32> = ticks_after(plan).collect();
        let stage = |(stage, after): (&StageShape, &u32)| {
            let errors = self.errors_per_tick(stage);
            let weight = stage.weight();
            let boundary = if stage.is_informative() { found.next()? } else { return None };
            let ticks = f64::from(stage.duration_ticks);
            let by_tick = errors * weight * (1.0 - weight);
            information += by_tick * ticks;
            let deviation = information.sqrt();
            information += by_tick * f64::from(*after);
            let most = |ticks: f64| errors * ticks + DEVIATIONS * (errors * ticks).sqrt();
            Some(PlannedStage {
                weight,
                boundary,
                deviation,
                ticks: stage.duration_ticks,
                ticks_per_look: ticks_per_look(stage, legs.len()),
                most_errors: most(ticks),
                most_errors_with_pause: most(ticks + f64::from(*after)),
            })
        };
        let stages: Vec<Option<PlannedStage>> = plan.iter().zip(&after).map(stage).collect();
        let last = LastBoundary::new(planned_information(&legs), self.alpha * BEYOND_THE_PLAN);
        let lowest = stages.iter().flatten().map(|stage| stage.boundary);
        let lowest = lowest.fold(last.at(0.0), f64::min);
        Some(Watch::Planned(PlannedWatch { stages, last, lowest }))
    }

    fn fits(&self, _plan: &[StageShape]) -> bool {
        true
    }
}

impl Planned {
    /// The stages with a baseline, as the boundaries need them.
    fn legs<'a>(&'a self, plan: &'a [StageShape]) -> impl Iterator<Item = Leg> + 'a {
        let informative = |stage: &&StageShape| stage.is_informative();
        let count = plan.iter().filter(informative).count();
        let stages = plan.iter().zip(ticks_after(plan));
        stages.filter(|(stage, _)| stage.is_informative()).map(move |(stage, after)| {
            let errors = self.errors_per_tick(stage);
            let ticks_per_look = ticks_per_look(stage, count);
            Leg {
                weight: stage.weight(),
                errors_per_look: errors * f64::from(ticks_per_look),
                looks: stage.duration_ticks.div_ceil(ticks_per_look),
                errors: errors * f64::from(stage.duration_ticks),
                errors_after: errors * f64::from(after),
            }
        })
    }

    /// Expected errors a tick of the versions that the rule compares.
    fn errors_per_tick(&self, stage: &StageShape) -> f64 {
        self.expected_errors_per_tick * stage.seen_share()
    }

    /// The number of looks that the boundaries are computed for.
    pub(crate) fn planned_looks(&self, plan: &[StageShape]) -> u32 {
        self.legs(plan).map(|leg| leg.looks).fold(0, u32::saturating_add)
    }
}

/// Ticks at the share of each stage after its end: its pause, and the time until the
/// next stage's instances are ready.
fn ticks_after(plan: &[StageShape]) -> impl Iterator<Item = u32> {
    let next = plan.iter().skip(1).map(|stage| stage.ready_ticks).chain([0]);
    plan.iter().zip(next).map(|(stage, ready)| stage.pause_ticks.saturating_add(ready))
}

/// Ticks from one look to the next in a stage, one of so many.
fn ticks_per_look(stage: &StageShape, stages: usize) -> u32 {
    let most = (MOST_LOOKS / (stages as u32).max(1)).max(1);
    stage.duration_ticks.div_ceil(most).max(1)
}

/// A stage in which the rule applies and there is a baseline.
#[derive(Clone, Copy, Debug)]
struct PlannedStage {
    /// The canary's share of requests.
    weight: f64,
    /// The boundary of its planned looks, in errors beyond the canary's share.
    boundary: f64,
    /// The planned standard deviation of these errors at its end.
    deviation: f64,
    ticks: u32,
    ticks_per_look: u32,
    /// With more errors the stage is not as planned; with and without its timed pause.
    most_errors: f64,
    most_errors_with_pause: f64,
}

/// The boundaries of a rule, prepared for a plan.
#[derive(Clone, Debug)]
pub struct PlannedWatch {
    /// By stage index; `None` if the rule does not apply or no baseline is left.
    stages: Vec<Option<PlannedStage>>,
    last: LastBoundary,
    /// The least boundary there is.
    lowest: f64,
}

/// The errors of a run so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlannedScore {
    score: Score,
    /// The index of the stage that the last tick belongs to.
    stage: u32,
    /// Ticks in it.
    ticks: u32,
    /// Errors of both arms in it.
    errors: u64,
    /// Whether a stage had more errors than planned.
    is_beyond: bool,
}

impl PlannedWatch {
    pub(super) fn observe(&self, so_far: &mut PlannedScore, stage: u32, seen: &Observed) {
        if so_far.stage != stage {
            (so_far.stage, so_far.ticks, so_far.errors) = (stage, 0, 0);
        }
        let Some(planned) = &self.stages[stage as usize] else { return };
        let [canary, baseline] = seen.errors;
        so_far.score.observe(planned.weight, canary, baseline);
        so_far.ticks = so_far.ticks.saturating_add(1);
        so_far.errors = so_far.errors.saturating_add(canary.saturating_add(baseline));
        let most = match so_far.ticks <= planned.ticks {
            true => planned.most_errors,
            false => planned.most_errors_with_pause,
        };
        so_far.is_beyond |= so_far.errors as f64 > most;
    }

    /// The boundary of a look now, in errors beyond the canary's share.
    fn boundary(&self, so_far: &PlannedScore, planned: &PlannedStage) -> f64 {
        let ticks = so_far.ticks;
        let is_planned = ticks == planned.ticks
            || ticks < planned.ticks && ticks.is_multiple_of(planned.ticks_per_look);
        let last = self.last.at(so_far.score.v);
        if is_planned && !so_far.is_beyond { planned.boundary.min(last) } else { last }
    }

    pub(super) fn is_enough(&self, so_far: &PlannedScore) -> bool {
        // Most looks are far below every boundary.
        so_far.score.u >= 0.999 * self.lowest
            && self.look(so_far).is_some_and(|(z, boundary)| z >= boundary)
    }

    /// The errors beyond the canary's share and their boundary, in planned standard
    /// deviations.
    pub(super) fn look(&self, so_far: &PlannedScore) -> Option<(f64, f64)> {
        let planned = self.stages[so_far.stage as usize].as_ref()?;
        let boundary = self.boundary(so_far, planned);
        Some((so_far.score.u / planned.deviation, boundary / planned.deviation))
    }
}
