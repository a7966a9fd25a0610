//! The checks of GrowthBook's monitored ramp: a guardrail, whether its two groups are as
//! large as each other, and whether they are large enough.

use serde::Serialize;

use super::words::{percent, points, significant};
use super::{
    About, Cost, Gap, Guarantee, Judge, Judgement, Measure, Needs, Parameters, Quantity, Sight,
    Subject, Verdict, rates,
};
use crate::json::number;
use crate::message::thousands;
use crate::stats::asymptotic_cs::{Estimate, Sample};
use crate::stats::sample_ratio::chi_square_p_value;

/// A guardrail on the errors: fails when its result is "lost". That is when the canary's
/// error rate is higher, with a one-sided sequential p-value below `p_value_threshold`,
/// one of the groups has at least `min_conversions` errors and both have any, and the
/// difference is at least `min_change` times the control's rate. A user is a request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Guardrail {
    /// Its name.
    pub name: String,
    /// In (0, ½).
    #[serde(serialize_with = "number")]
    pub p_value_threshold: f64,
    /// The number of users near which the test is sharpest, at least 1.
    #[serde(serialize_with = "number")]
    pub tuned_for: f64,
    /// With fewer errors in each group it is not lost.
    pub min_conversions: u64,
    /// As a part of the control's rate, 0..=100.
    #[serde(serialize_with = "number")]
    pub min_change: f64,
}

impl Guardrail {
    /// The estimate, without data none.
    fn estimate(&self, sight: &Sight) -> Option<Estimate> {
        let (canary, control) = (sight.counts.canary, sight.counts.baseline);
        let canary = Sample::of_rate(canary.errors, canary.requests)?;
        Some(Estimate::of(canary, Sample::of_rate(control.errors, control.requests)?))
    }

    /// GrowthBook's p-value; 1 where it finds none.
    fn p_value(&self, sight: &Sight) -> f64 {
        self.estimate(sight)
            .and_then(|estimate| {
                estimate.p_value_by_bisection(self.p_value_threshold, self.tuned_for)
            })
            .unwrap_or(1.0)
    }

    fn has_enough_errors(&self, sight: &Sight) -> bool {
        let (canary, control) = (sight.counts.canary.errors, sight.counts.baseline.errors);
        canary > 0 && control > 0 && canary.max(control) >= self.min_conversions
    }

    fn is_large_enough(&self, sight: &Sight) -> bool {
        let rate = sight.counts.baseline.error_rate().unwrap_or(0.0);
        self.estimate(sight).is_some_and(|estimate| {
            estimate.difference > 0.0 && estimate.difference / rate >= self.min_change
        })
    }

    /// Looks once: lost, or not.
    pub(super) fn judge(&self, sight: &Sight) -> Judgement {
        let lost = self.fails(sight);
        let verdict = if lost { Verdict::Fail } else { Verdict::Pass };
        Judgement { verdict, gap: None, measure: self.measure(sight) }
    }
}

impl Judge for Guardrail {
    const ABOUT: About = About {
        title: "guardrail",
        subject: Subject::Errors,
        quantity: Quantity::PValue,
        guarantee: Guarantee::None,
        wants_many_errors: false,
        cost: Cost::COUNTS,
    };

    /// Not called: a guardrail is no rule with a name.
    fn from_parameters(_: &mut Parameters) -> Self {
        Guardrail {
            name: String::new(),
            p_value_threshold: 0.05,
            tuned_for: 5_000.0,
            min_conversions: 150,
            min_change: 0.005,
        }
    }

    fn needs(&self) -> Needs {
        Needs::REQUESTS
    }

    fn fails(&self, sight: &Sight) -> bool {
        self.has_enough_errors(sight)
            && self.is_large_enough(sight)
            && self.p_value(sight) < self.p_value_threshold
    }

    fn measure(&self, sight: &Sight) -> Measure {
        let observed = Some(self.p_value(sight));
        Measure { observed, limit: self.p_value_threshold, canary_limit: None }
    }

    fn sentence(&self, sight: &Sight) -> String {
        let Some(Estimate { difference, .. }) = self.estimate(sight) else {
            return format!("{}: no users in one of the groups.", self.name);
        };
        let side = if difference < 0.0 { "below" } else { "above" };
        let rest = if !self.has_enough_errors(sight) {
            let least = thousands(self.min_conversions);
            format!("it needs {least} errors in one group and any in the other")
        } else if difference > 0.0 && !self.is_large_enough(sight) {
            format!("less than {} of the control’s rate does not count", percent(self.min_change))
        } else {
            let (p, limit) = (self.p_value(sight), self.p_value_threshold);
            format!("p {} against {}", significant(p), significant(limit))
        };
        format!(
            "{}: {}, {} {side}; {rest}.",
            self.name,
            rates(sight).replace("baseline", "control"),
            points(difference.abs()),
        )
    }
}

/// The users of both groups.
fn users(sight: &Sight) -> u64 {
    sight.counts.canary.requests + sight.counts.baseline.requests
}

/// Whether the two groups are as large as each other: fails when the chi-square test says
/// that they are not (a "sample ratio mismatch"). Inconclusive without any users.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupSizes {
    /// The test fails below this p-value.
    #[serde(serialize_with = "number")]
    pub p_value_threshold: f64,
    /// With fewer users in both groups together the test passes.
    pub min_users: u64,
}

impl GroupSizes {
    fn p_value(sight: &Sight) -> f64 {
        chi_square_p_value(sight.counts.canary.requests, sight.counts.baseline.requests)
    }

    /// Looks once.
    pub(super) fn judge(&self, sight: &Sight) -> Judgement {
        let (verdict, gap) = match users(sight) {
            0 => (Verdict::Inconclusive, Some(Gap::Requests)),
            _ if self.fails(sight) => (Verdict::Fail, None),
            _ => (Verdict::Pass, None),
        };
        Judgement { verdict, gap, measure: self.measure(sight) }
    }
}

impl Judge for GroupSizes {
    const ABOUT: About = About {
        title: "sizes of the groups",
        subject: Subject::Traffic,
        quantity: Quantity::PValue,
        guarantee: Guarantee::None,
        wants_many_errors: false,
        cost: Cost::COUNTS,
    };

    /// Not called: this is no rule with a name.
    fn from_parameters(_: &mut Parameters) -> Self {
        GroupSizes { p_value_threshold: 0.001, min_users: 16 }
    }

    fn needs(&self) -> Needs {
        Needs::REQUESTS
    }

    fn fails(&self, sight: &Sight) -> bool {
        users(sight) >= self.min_users && Self::p_value(sight) < self.p_value_threshold
    }

    fn measure(&self, sight: &Sight) -> Measure {
        let observed = Some(Self::p_value(sight));
        Measure { observed, limit: self.p_value_threshold, canary_limit: None }
    }

    fn sentence(&self, sight: &Sight) -> String {
        let (canary, control) = (sight.counts.canary.requests, sight.counts.baseline.requests);
        if canary + control == 0 {
            return "No users in either group.".to_string();
        }
        format!(
            "Users: {} with the new version and {} with the old one, p {} against {}.",
            thousands(canary),
            thousands(control),
            significant(Self::p_value(sight)),
            significant(self.p_value_threshold),
        )
    }
}

/// Whether both groups together have enough users for the next step; inconclusive if not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SampleSize {
    /// The fewest users of both groups together, at least 1.
    pub min_users: u64,
}

impl SampleSize {
    /// Looks once.
    pub(super) fn judge(&self, sight: &Sight) -> Judgement {
        let (verdict, gap) = match users(sight) >= self.min_users {
            true => (Verdict::Pass, None),
            false => (Verdict::Inconclusive, Some(Gap::Requests)),
        };
        Judgement { verdict, gap, measure: self.measure(sight) }
    }
}

impl Judge for SampleSize {
    const ABOUT: About = About {
        title: "number of users",
        subject: Subject::Traffic,
        quantity: Quantity::Count,
        guarantee: Guarantee::None,
        wants_many_errors: false,
        cost: Cost::COUNTS,
    };

    /// Not called: this is no rule with a name.
    fn from_parameters(_: &mut Parameters) -> Self {
        SampleSize { min_users: 1 }
    }

    fn needs(&self) -> Needs {
        Needs::REQUESTS
    }

    fn fails(&self, _: &Sight) -> bool {
        false
    }

    fn measure(&self, sight: &Sight) -> Measure {
        let observed = Some(users(sight) as f64);
        Measure { observed, limit: self.min_users as f64, canary_limit: None }
    }

    fn sentence(&self, sight: &Sight) -> String {
        let (users, needed) = (thousands(users(sight)), thousands(self.min_users));
        format!("{users} users of {needed} that the step needs.")
    }
}
