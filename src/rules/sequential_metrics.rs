//! `sequential_metrics`: errors and slow requests judged under one level.

use serde::Serialize;

use super::sequential::{PlannedBets, Stake, VARY_TOGETHER, evidence, ln_limit, worse_than, worth};
use super::words::{milliseconds, significant};
use super::{
    About, Cost, Guarantee, Judge, Measure, Needs, Observed, Parameter, Parameters, Quantity,
    Range, Sight, StageShape, Subject, Usual, Watch,
};
use crate::json::number;
use crate::math::ln;
use crate::stats::eprocess::{Evidence, ln_mean};

/// Fails when the evidence that the canary has more errors, or more slow requests, ≥
/// 1/`alpha`. The evidence is the weighted mean of two stakes, one on errors and one on
/// slow requests. A mean of e-processes is an e-process, whatever their dependence, so
/// both metrics together keep one level.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SequentialMetrics {
    /// The objective in milliseconds: a request that takes longer is slow. Rounded
    /// to the nearest edge of a latency bin, which changes it by at most 1 %.
    #[serde(serialize_with = "number")]
    pub objective_ms: f64,
    /// The part of the stake that is bet on errors, in (0, 1); the rest is bet on slow
    /// requests.
    #[serde(serialize_with = "number")]
    pub errors_weight: f64,
    /// The bets, on either metric.
    #[serde(flatten)]
    pub stake: Stake,
}

impl Judge for SequentialMetrics {
    const ABOUT: About = About {
        title: "evidence of more errors or slow requests, at any time",
        subject: Subject::Errors,
        quantity: Quantity::Stake,
        guarantee: Guarantee::EveryLook,
        wants_many_errors: false,
        cost: Cost { look_us: 1.0, tick_us: 0.0, draw_us: 1.0 },
    };

    fn from_parameters(p: &mut Parameters) -> Self {
        SequentialMetrics {
            objective_ms: p.number(Parameter {
                key: "objective_ms",
                label: "Slow is over",
                ..Parameter::max_ms()
            }),
            errors_weight: p.number(Parameter {
                unit: "%",
                scale: 100.0,
                default: Some(Usual::Number(0.5)),
                ..Parameter::number("errors_weight", "Stakes on errors", Range::BETWEEN_0_AND_1)
            }),
            stake: Stake::from_parameters(p),
        }
    }

    fn needs(&self) -> Needs {
        Needs::GATHERED_REQUESTS.and(Needs::BASELINE).and(Needs::slower_than(self.objective_ms))
    }

    fn fails(&self, sight: &Sight) -> bool {
        self.stake.is_enough(sight)
    }

    fn measure(&self, sight: &Sight) -> Measure {
        self.stake.measure(sight)
    }

    fn sentence(&self, sight: &Sight) -> String {
        let [errors, slow] = sight.ln_by_metric.unwrap_or_default();
        let limit = milliseconds(self.objective_ms);
        let weight = significant(100.0 * self.errors_weight);
        let bet = format!(
            "{weight} % of it bet on “{}” and the rest on “more canary requests exceed {limit}”",
            worse_than(self.stake.tolerated_ratio),
        );
        let sum = evidence(self.stake.alpha, sight, &bet, VARY_TOGETHER);
        format!(
            "{sum} A stake of 1 on the errors alone is now {}, on the slow requests alone {}.",
            worth(errors),
            worth(slow)
        )
    }

    fn watch(&self, plan: &[StageShape]) -> Option<Watch> {
        let ln_limit = ln_limit(self.stake.alpha);
        let openings = self.stake.bets_open.openings(plan);
        Some(Watch::Metrics(MetricsWatch {
            bets: PlannedBets::new(self.stake.bets()?, plan, openings, ln_limit),
            ln_weights: [ln(self.errors_weight), ln(1.0 - self.errors_weight)],
        }))
    }
}

/// The stakes on both metrics, prepared for a plan.
#[derive(Clone, Debug)]
pub struct MetricsWatch {
    /// The bets, which are the same for both.
    bets: PlannedBets,
    /// ln of the weights of errors and slow requests.
    ln_weights: [f64; 2],
}

/// The values of the stakes on errors and on slow requests.
pub(super) type MetricsWealth = [Evidence; 2];

impl MetricsWatch {
    pub(super) fn begin(&self) -> MetricsWealth {
        [self.bets.fresh(); 2]
    }

    pub(super) fn enter(&self, wealth: &mut MetricsWealth, stage: usize) {
        wealth.iter_mut().for_each(|evidence| self.bets.enter(evidence, stage));
    }

    pub(super) fn observe(&self, wealth: &mut MetricsWealth, stage: usize, seen: &Observed) {
        let [errors, slow] = wealth;
        self.bets.observe(errors, stage, seen.errors);
        self.bets.observe(slow, stage, seen.slow);
    }

    pub(super) fn is_enough(&self, wealth: &MetricsWealth) -> bool {
        // The mean cannot reach what neither does.
        let possible = wealth.iter().any(|evidence| self.bets.is_reached(evidence));
        possible && self.bets.is_enough(self.ln_wealth(wealth))
    }

    pub(super) fn ln_wealth(&self, wealth: &MetricsWealth) -> f64 {
        ln_mean(&self.ln_weights, &self.ln_by_metric(wealth))
    }

    pub(super) fn ln_by_metric(&self, wealth: &MetricsWealth) -> [f64; 2] {
        wealth.map(|evidence| evidence.ln_value())
    }
}
