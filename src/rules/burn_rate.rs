//! `burn_rate`: the alert of a service level objective. An error budget is burning
//! too fast in a long and in a short window.

use serde::Serialize;

use super::words::{percent, significant};
use super::{
    About, Cost, Group, Guarantee, Judge, Measure, Needs, Parameter, Parameters, Quantity, Range,
    Sight, Subject, Usual,
};
use crate::json::number;
use crate::message::thousands;
use crate::observation::Counts;

/// Fails when the burn rate > `factor` in the long and in the short window. The burn
/// rate is the error rate divided by the error budget, 1 − `objective`. The long
/// window shows that much of the budget is gone; the short one, that it is still
/// going.
///
/// Source: B. Beyer et al., "The Site Reliability Workbook", O'Reilly 2018,
/// chapter 5, "Multiwindow, Multi-Burn-Rate Alerts".
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BurnRate {
    /// The share of requests that must not fail, in (0, 1).
    #[serde(serialize_with = "number")]
    pub objective: f64,
    /// The largest burn rate allowed, above 0. At 1 the budget lasts exactly for the
    /// period of the objective.
    #[serde(serialize_with = "number")]
    pub factor: f64,
    /// The length of the long window in seconds, a multiple of the tick.
    pub long_seconds: u32,
    /// The length of the short window in seconds, a multiple of the tick, shorter than
    /// the long one.
    pub short_seconds: u32,
}

/// Maximum of `factor`.
const MAX_FACTOR: f64 = 10_000.0;

impl Judge for BurnRate {
    const ABOUT: About = About {
        title: "burn rate of an error budget",
        subject: Subject::Errors,
        quantity: Quantity::Ratio,
        guarantee: Guarantee::None,
        wants_many_errors: false,
        cost: Cost::COUNTS,
    };

    fn from_parameters(p: &mut Parameters) -> Self {
        let objective = p.number(Parameter {
            unit: "%",
            scale: 100.0,
            default: Some(Usual::Number(0.999)),
            ..Parameter::number("objective", "Objective", Range::BETWEEN_0_AND_1)
        });
        let factor = p.number(Parameter {
            unit: "× the budget",
            default: Some(Usual::Number(14.4)),
            ..Parameter::number("factor", "fails above", Range::above(0.0, MAX_FACTOR))
        });
        let long_seconds = p.whole(Parameter {
            group: Group::Method,
            default: Some(Usual::Number(3600.0)),
            ..Parameter::seconds("long_seconds", "over the last")
        }) as u32;
        let short_seconds = p.whole(Parameter {
            group: Group::Method,
            default: Some(Usual::Number(300.0)),
            ..Parameter::seconds("short_seconds", "and the last")
        }) as u32;
        if short_seconds >= long_seconds {
            let message = format!(
                "found {short_seconds}, expected less than the long_seconds, {long_seconds}"
            );
            p.complain("short_seconds", message);
        }
        BurnRate { objective, factor, long_seconds, short_seconds }
    }

    fn needs(&self) -> Needs {
        Needs::REQUESTS.and(Needs::short_window(self.short_seconds))
    }

    fn own_window_seconds(&self) -> Option<u32> {
        Some(self.long_seconds)
    }

    fn fails(&self, sight: &Sight) -> bool {
        self.observed(sight).is_some_and(|burn_rate| burn_rate > self.factor)
    }

    fn measure(&self, sight: &Sight) -> Measure {
        let limit_rate = self.factor * (1.0 - self.objective);
        Measure {
            observed: self.observed(sight),
            limit: self.factor,
            canary_limit: Some(limit_rate).filter(|rate| *rate <= 1.0),
        }
    }

    fn sentence(&self, sight: &Sight) -> String {
        let window = |counts: &Counts, seconds: u32| {
            let burn_rate = self.burn_rate(counts).unwrap_or(0.0);
            format!("{} times over {}", significant(burn_rate), duration(seconds))
        };
        format!(
            "Burn rate: {} and {} the budget of {}, with {} of {} failed; the limit is {} times in both.",
            window(&sight.counts.canary, self.long_seconds),
            window(&sight.short.unwrap_or_default(), self.short_seconds),
            percent(1.0 - self.objective),
            thousands(sight.counts.canary.errors),
            super::requests(sight),
            significant(self.factor),
        )
    }
}

impl BurnRate {
    /// The smaller of the two burn rates; `None` without requests in a window.
    fn observed(&self, sight: &Sight) -> Option<f64> {
        let long = self.burn_rate(&sight.counts.canary)?;
        Some(long.min(self.burn_rate(&sight.short?)?))
    }

    fn burn_rate(&self, counts: &Counts) -> Option<f64> {
        Some(counts.error_rate()? / (1.0 - self.objective))
    }
}

/// "5 minutes", "1 hour", "90 seconds".
fn duration(seconds: u32) -> String {
    let (number, unit) = match seconds {
        s if s.is_multiple_of(86_400) => (s / 86_400, "day"),
        s if s.is_multiple_of(3_600) => (s / 3_600, "hour"),
        s if s.is_multiple_of(60) => (s / 60, "minute"),
        s => (s, "second"),
    };
    super::words::counted(u64::from(number), unit)
}
