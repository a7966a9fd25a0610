//! `sample_ratio`: a guard on the split of the traffic. If the canary does not get the
//! share that it should, the routing is wrong, and comparisons of the arms with it.

use serde::Serialize;

use super::sequential::{value, worth};
use super::words::{counted, ever_reaches, percent, significant};
use super::{
    About, Cost, Guarantee, Judge, Measure, Needs, Parameter, Parameters, Quantity, Range, Sight,
    StageShape, Subject, Usual, Watch,
};
use crate::json::number;
use crate::math::ln;
use crate::message::thousands;
use crate::stats::sample_ratio::PlannedShare;

/// Fails when the evidence that the canary's share of the requests is not the planned
/// one ≥ 1/`alpha`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SampleRatio {
    /// P(the evidence ever reaches 1/α) if the share is the planned one, in (0, 1).
    #[serde(serialize_with = "number")]
    pub alpha: f64,
    /// How near to the planned share another one is expected: as near as that of so
    /// many requests is by chance. At least 1.
    #[serde(serialize_with = "number")]
    pub prior_requests: f64,
}

impl Judge for SampleRatio {
    const ABOUT: About = About {
        title: "evidence of a wrong traffic share, at any time",
        subject: Subject::Traffic,
        quantity: Quantity::Stake,
        guarantee: Guarantee::EveryLook,
        wants_many_errors: false,
        cost: Cost::COUNTS,
    };

    fn from_parameters(p: &mut Parameters) -> Self {
        SampleRatio {
            alpha: p
                .number(Parameter { default: Some(Usual::Number(0.001)), ..Parameter::alpha() }),
            prior_requests: p.number(Parameter {
                unit: "requests",
                default: Some(Usual::Number(1_000.0)),
                ..Parameter::number(
                    "prior_requests",
                    "Expects the chance of",
                    Range::from(1.0, 1e9),
                )
            }),
        }
    }

    fn needs(&self) -> Needs {
        Needs::BASELINE.and(Needs::GATHERED_REQUESTS)
    }

    fn fails(&self, sight: &Sight) -> bool {
        sight.ln_wealth.is_some_and(|ln_wealth| ln_wealth >= self.ln_limit())
    }

    fn measure(&self, sight: &Sight) -> Measure {
        let observed = sight.ln_wealth.map(value);
        Measure { observed, limit: 1.0 / self.alpha, canary_limit: None }
    }

    fn sentence(&self, sight: &Sight) -> String {
        let Split { canary, requests, expected } = sight.split.unwrap_or_default();
        let of = |part: f64| percent(part / (requests as f64).max(1.0));
        let now = worth(sight.ln_wealth.unwrap_or_default());
        let limit = significant(1.0 / self.alpha);
        let start = format!(
            "Traffic: {} of {} reached the canary, {} where {} is planned",
            thousands(canary),
            counted(requests, "request"),
            of(canary as f64),
            of(expected),
        );
        if self.fails(sight) {
            format!(
                "{start}: a stake of 1, bet on a wrong share, has grown to {now}. If the share is right, at most {} {limit}.",
                ever_reaches(self.alpha),
            )
        } else {
            format!(
                "{start}: a stake of 1, bet on a wrong share, is now {now}; the limit is {limit}."
            )
        }
    }

    fn watch(&self, plan: &[StageShape]) -> Option<Watch> {
        let planned = |stage: &StageShape| {
            let is_informative = stage.is_informative();
            is_informative.then(|| PlannedShare::new(stage.weight(), self.prior_requests))
        };
        let by_stage = plan.iter().map(planned).collect();
        Some(Watch::Split(SplitWatch { by_stage, ln_limit: self.ln_limit() }))
    }
}

impl SampleRatio {
    fn ln_limit(&self) -> f64 {
        ln(1.0 / self.alpha)
    }
}

/// The requests in the stages where the rule applies.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Split {
    /// Requests that reached the canary.
    pub canary: u64,
    /// Requests of both arms.
    pub requests: u64,
    /// The number that should have reached the canary.
    pub expected: f64,
}

/// The planned shares by stage index; `None` if the rule does not apply or no baseline
/// is left.
#[derive(Clone, Debug)]
pub struct SplitWatch {
    by_stage: Vec<Option<PlannedShare>>,
    ln_limit: f64,
}

/// The requests of a run, and the evidence of its stages.
#[derive(Clone, Copy, Debug, Default)]
pub struct SplitSoFar {
    /// Of the stages before this one.
    ln_before: f64,
    before: Split,
    stage: usize,
    /// Requests of canary and baseline in this stage.
    here: [u64; 2],
}

impl SplitWatch {
    pub(super) fn enter(&self, so_far: &mut SplitSoFar, stage: usize) {
        so_far.ln_before = self.ln_evidence(so_far);
        so_far.before = self.split(so_far);
        (so_far.stage, so_far.here) = (stage, [0; 2]);
    }

    #[inline]
    pub(super) fn observe(so_far: &mut SplitSoFar, [canary, baseline]: [u64; 2]) {
        so_far.here[0] += canary;
        so_far.here[1] += baseline;
    }

    pub(super) fn ln_evidence(&self, so_far: &SplitSoFar) -> f64 {
        let [canary, baseline] = so_far.here;
        let planned = self.by_stage[so_far.stage];
        so_far.ln_before + planned.map_or(0.0, |planned| planned.ln_evidence(canary, baseline))
    }

    pub(super) fn is_enough(&self, so_far: &SplitSoFar) -> bool {
        self.ln_evidence(so_far) >= self.ln_limit
    }

    pub(super) fn split(&self, so_far: &SplitSoFar) -> Split {
        let Some(planned) = self.by_stage[so_far.stage] else { return so_far.before };
        let [canary, baseline] = so_far.here;
        let requests = canary + baseline;
        Split {
            canary: so_far.before.canary + canary,
            requests: so_far.before.requests + requests,
            expected: so_far.before.expected + requests as f64 * planned.share(),
        }
    }
}
