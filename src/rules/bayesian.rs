//! `bayesian`: the probability that the canary fails more often than the baseline, as
//! flag services show it. Each error rate has a beta prior.

use serde::Serialize;

use super::words::{percent, points, significant};
use super::{
    About, Cost, Guarantee, Judge, Measure, Needs, Parameter, Parameters, Quantity, Range, Sight,
    Subject, Usual, rates,
};
use crate::json::number;
use crate::stats::beta_comparison::{BetaRate, Comparison, compare};

/// Fails when the probability that the canary's error rate > (1 + `min_change`) times the
/// baseline's is at least `probability`, and the expected loss is at least `min_loss`, if
/// there is one. If the window has several traffic shares, each weighs for the baseline
/// as much as for the canary, and the baseline counts as many requests as its weighted
/// rate is known from.
///
/// The probability is about the release, given the prior; it says nothing of how often a
/// healthy release is rolled back, least of all after several looks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bayesian {
    /// The least probability that fails, in (0, 1).
    #[serde(serialize_with = "number")]
    pub probability: f64,
    /// A canary that is worse by less than this part of the baseline's rate is not worse,
    /// 0..=100.
    #[serde(serialize_with = "number")]
    pub min_change: f64,
    /// The least expected loss that fails: the mean by which the canary's rate exceeds
    /// the baseline's, counted as 0 where it does not; 0..=1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_loss: Option<f64>,
    /// a of the prior Beta(a, b) of each rate: as many errors are assumed.
    #[serde(serialize_with = "number")]
    pub prior_errors: f64,
    /// b of the prior: as many requests without an error are assumed.
    #[serde(serialize_with = "number")]
    pub prior_successes: f64,
}

impl Judge for Bayesian {
    const ABOUT: About = About {
        title: "Bayesian comparison of error rates",
        subject: Subject::Errors,
        quantity: Quantity::Probability,
        guarantee: Guarantee::None,
        wants_many_errors: false,
        cost: Cost { look_us: 60.0, ..Cost::COUNTS },
    };

    fn from_parameters(p: &mut Parameters) -> Self {
        let prior = |key, label| Parameter {
            default: Some(Usual::Number(1.0)),
            ..Parameter::number(key, label, Range::from(0.5, 1e9))
        };
        let probability = p.number(Parameter {
            unit: "%",
            scale: 100.0,
            default: Some(Usual::Number(0.95)),
            ..Parameter::number("probability", "Probability, at least", Range::BETWEEN_0_AND_1)
        });
        Bayesian {
            probability,
            min_change: p.number(Parameter::min_change()),
            min_loss: p.if_given(
                Parameter {
                    unit: "points",
                    scale: 100.0,
                    placeholder: "any",
                    ..Parameter::number(
                        "min_loss",
                        "Expected loss, at least",
                        Range::from(0.0, 1.0),
                    )
                },
                Parameters::number,
            ),
            prior_errors: p.number(prior("prior_errors", "Prior: errors")),
            prior_successes: p.number(prior("prior_successes", "and successes")),
        }
    }

    fn needs(&self) -> Needs {
        Needs::REQUESTS.and(Needs::BASELINE)
    }

    fn fails(&self, sight: &Sight) -> bool {
        let Comparison { probability, loss } = self.compare(sight);
        probability >= self.probability && self.min_loss.is_none_or(|least| loss >= least)
    }

    fn measure(&self, sight: &Sight) -> Measure {
        let observed = Some(self.compare(sight).probability);
        Measure { observed, limit: self.probability, canary_limit: None }
    }

    fn sentence(&self, sight: &Sight) -> String {
        let Comparison { probability, loss } = self.compare(sight);
        let worse = match self.min_change {
            0.0 => "worse".to_string(),
            change => format!("worse by more than {}", percent(change)),
        };
        let lost = self.min_loss.map(|least| {
            let least = points(least);
            format!("; the expected loss is {}, the limit {least}", points(loss))
        });
        format!(
            "{}: the canary is {worse} with probability {}; the limit is {}{}.",
            rates(sight),
            significant(probability),
            significant(self.probability),
            lost.unwrap_or_default(),
        )
    }
}

impl Bayesian {
    /// The probability that the canary is worse by `min_change`, and the expected loss
    /// against the baseline as it is.
    fn compare(&self, sight: &Sight) -> Comparison {
        let [canary, baseline] = self.rates(sight);
        let found = compare(canary, baseline, 1.0 + self.min_change);
        match self.min_loss {
            Some(_) if self.min_change > 0.0 => {
                Comparison { loss: compare(canary, baseline, 1.0).loss, ..found }
            }
            _ => found,
        }
    }

    /// The distributions of the rates of canary and baseline.
    fn rates(&self, sight: &Sight) -> [BetaRate; 2] {
        let after = |errors: f64, requests: f64| BetaRate {
            events: self.prior_errors + errors,
            others: self.prior_successes + (requests - errors),
        };
        match sight.by_share {
            None => [sight.counts.canary, sight.counts.baseline]
                .map(|arm| after(arm.errors as f64, arm.requests as f64)),
            Some(by_share) => {
                let seen = by_share.errors;
                let canary = seen.counts.canary;
                let (rate, requests) = (seen.baseline_rate.unwrap_or(0.0), seen.baseline_requests);
                [
                    after(canary.errors as f64, canary.requests as f64),
                    after(rate * requests, requests),
                ]
            }
        }
    }
}
