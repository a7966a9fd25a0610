//! `asymptotic_cs`: the sequential test of GrowthBook's guardrails, an asymptotic
//! confidence sequence of the difference of the error rates.

use serde::Serialize;

use super::words::{counted, percent, points};
use super::{
    About, Cost, Guarantee, Judge, Measure, Needs, Parameter, Parameters, Quantity, Range, Sight,
    Subject, Usual, rates,
};
use crate::json::number;
use crate::stats::asymptotic_cs::Estimate;
use crate::stats::stratified::{Stratified, stratified};

/// Fails when the lower end of the one-sided confidence sequence of the canary's error
/// rate minus the baseline's is above 0, an arm has at least `min_conversions` errors,
/// and the difference is at least `min_change` times the baseline's rate. If the window
/// has several traffic shares, the difference is Mantel-Haenszel's. The level is
/// approximate: it needs many errors in both arms.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AsymptoticCs {
    /// P(the interval ever excludes 0) if the canary is not worse, about; in (0, ½).
    #[serde(serialize_with = "number")]
    pub alpha: f64,
    /// The number of requests of two equal arms near which the interval is narrowest,
    /// at least 1.
    #[serde(serialize_with = "number")]
    pub tuned_for: f64,
    /// With fewer errors in each arm the rule passes.
    pub min_conversions: u64,
    /// A difference below this part of the baseline's rate passes, 0..=100. If it is
    /// above 0, a baseline without errors passes everything.
    #[serde(serialize_with = "number")]
    pub min_change: f64,
}

/// The level has a meaning below ½.
const BELOW_HALF: Range = Range { excludes_max: true, ..Range::above(0.0, 0.5) };

impl Judge for AsymptoticCs {
    const ABOUT: About = About {
        title: "sequential test of error rates",
        subject: Subject::Errors,
        quantity: Quantity::Difference,
        guarantee: Guarantee::EveryLookRoughly,
        wants_many_errors: true,
        cost: Cost::COUNTS,
    };

    fn from_parameters(p: &mut Parameters) -> Self {
        AsymptoticCs {
            alpha: p.number(Parameter {
                label: "False alarms, about",
                range: Some(BELOW_HALF),
                ..Parameter::alpha()
            }),
            tuned_for: p.number(Parameter {
                unit: "requests",
                default: Some(Usual::Number(5_000.0)),
                ..Parameter::number("tuned_for", "Sharpest near", Range::from(1.0, 1e12))
            }),
            min_conversions: p.whole(Parameter {
                unit: "errors",
                default: Some(Usual::Number(150.0)),
                ..Parameter::whole("min_conversions", "In one arm", Range::from(0.0, 1e12))
            }),
            min_change: p.number(Parameter {
                default: Some(Usual::Number(0.005)),
                ..Parameter::min_change()
            }),
        }
    }

    fn needs(&self) -> Needs {
        Needs::REQUESTS.and(Needs::BASELINE)
    }

    fn fails(&self, sight: &Sight) -> bool {
        let seen = seen(sight);
        let (estimate, half_width) = self.estimate(&seen);
        self.has_enough_errors(&seen)
            && self.is_large_enough(&seen)
            && estimate.difference > half_width
    }

    fn measure(&self, sight: &Sight) -> Measure {
        let seen = seen(sight);
        let (estimate, half_width) = self.estimate(&seen);
        Measure {
            observed: Some(estimate.difference),
            limit: half_width,
            canary_limit: seen.baseline_rate.map(|base| base + half_width),
        }
    }

    fn sentence(&self, sight: &Sight) -> String {
        let seen = seen(sight);
        let (Estimate { difference, .. }, half_width) = self.estimate(&seen);
        let side = if difference < 0.0 { "below" } else { "above" };
        let rest = if !self.has_enough_errors(&seen) {
            let needed = counted(self.min_conversions, "error");
            format!("the test begins with {needed} in one arm")
        } else if difference > half_width && !self.is_large_enough(&seen) {
            let least = percent(self.min_change);
            format!("the least difference that counts is {least} of the baseline’s rate")
        } else {
            format!("the limit of the sequential test is {}", points(half_width))
        };
        format!("{}: {} {side}; {rest}.", rates(sight), points(difference.abs()))
    }
}

impl AsymptoticCs {
    /// The difference, and the half-width of its interval.
    fn estimate(&self, seen: &Stratified) -> (Estimate, f64) {
        let estimate = Estimate {
            difference: seen.difference,
            standard_error: seen.difference_variance.sqrt(),
            // Without requests any number will do: the look is inconclusive.
            n: seen.equal_requests.max(1.0),
        };
        (estimate, estimate.half_width(self.alpha, self.tuned_for))
    }

    fn has_enough_errors(&self, seen: &Stratified) -> bool {
        let counts = seen.counts;
        counts.canary.errors.max(counts.baseline.errors) >= self.min_conversions
    }

    fn is_large_enough(&self, seen: &Stratified) -> bool {
        let base = seen.baseline_rate.unwrap_or(0.0);
        self.min_change == 0.0 || base > 0.0 && seen.difference >= self.min_change * base
    }
}

/// The arms compared: share by share, or at the only share.
fn seen(sight: &Sight) -> Stratified {
    match sight.by_share {
        Some(by_share) => by_share.errors,
        None => stratified([sight.counts]),
    }
}
