//! `error_rate_ratio`: the canary's error rate is too many times the baseline's.

use serde::Serialize;

use super::words::{percent, significant};
use super::{
    About, Cost, Guarantee, Judge, Limit, Measure, Needs, Parameter, Parameters, Quantity, Sight,
    Subject, failures, rates,
};

/// Fails when the canary's error rate > `max` times the baseline's. If the window
/// has several traffic shares, the ratio is Mantel-Haenszel's. Against a baseline
/// without errors any canary error fails; `min_errors` prevents that, or a `floor`:
/// with one, the rule fails when the rate > max(`max` × the baseline's, `floor`).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorRateRatio {
    /// Largest ratio allowed, 0..=1000.
    pub max: Limit,
    /// A canary's error rate up to this passes, 0..=1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor: Option<Limit>,
}

impl Judge for ErrorRateRatio {
    const ABOUT: About = About {
        title: "error rate divided by the baseline’s",
        subject: Subject::Errors,
        quantity: Quantity::Ratio,
        guarantee: Guarantee::None,
        wants_many_errors: true,
        cost: Cost::COUNTS,
    };

    fn from_parameters(p: &mut Parameters) -> Self {
        ErrorRateRatio {
            max: p.limit(Parameter::max_ratio()),
            floor: p.if_given(
                Parameter {
                    key: "floor",
                    label: "but not up to",
                    unit: "%",
                    start: None,
                    placeholder: "none",
                    ..Parameter::max_rate()
                },
                Parameters::limit,
            ),
        }
    }

    fn needs(&self) -> Needs {
        Needs::REQUESTS.and(Needs::BASELINE)
    }

    fn fails(&self, sight: &Sight) -> bool {
        let canary = sight.counts.canary;
        let above_floor = |floor: Limit| floor.is_below_quotient(canary.errors, canary.requests);
        if !self.floor.is_none_or(above_floor) {
            return false;
        }
        if let Some(by_share) = sight.by_share {
            let errors = by_share.errors;
            let beyond = |ratio| ratio > self.max.as_f64();
            return errors.ratio.map_or(errors.difference > 0.0, beyond);
        }
        let baseline = sight.counts.baseline;
        self.max
            .is_below_ratio((canary.errors, canary.requests), (baseline.errors, baseline.requests))
    }

    fn measure(&self, sight: &Sight) -> Measure {
        let base = baseline_rate(sight);
        let floor = self.floor.map_or(0.0, Limit::as_f64);
        let limit = match base {
            Some(base) if base > 0.0 && self.floor_binds(sight) => floor / base,
            _ => self.max.as_f64(),
        };
        let canary_limit = base.map(|base| (base * self.max.as_f64()).max(floor));
        Measure { observed: ratio(sight), limit, canary_limit }
    }

    fn sentence(&self, sight: &Sight) -> String {
        let times = ratio(sight).map(|ratio| format!("{} times", significant(ratio)));
        let limit = match self.floor.filter(|_| self.floor_binds(sight)) {
            Some(floor) => format!("the floor of {}", percent(floor.as_f64())),
            None => format!("{} times", significant(self.max.as_f64())),
        };
        match sight.by_share {
            None => format!(
                "{}, {} the baseline’s {}; the limit is {limit}.",
                failures(sight),
                times.unwrap_or_else(|| "compared with".to_string()),
                percent(sight.counts.baseline.error_rate().unwrap_or(0.0)),
            ),
            Some(by_share) => {
                let found = match times {
                    Some(times) => format!("{times} the baseline’s rate"),
                    None if by_share.errors.difference > 0.0 => {
                        "infinitely many times the baseline’s rate".to_string()
                    }
                    None => "no errors to compare".to_string(),
                };
                format!("{}: {found}; the limit is {limit}.", rates(sight))
            }
        }
    }
}

impl ErrorRateRatio {
    /// Whether the floor is above `max` times the baseline's rate, so that it is the
    /// limit.
    fn floor_binds(&self, sight: &Sight) -> bool {
        let Some(floor) = self.floor else { return false };
        match sight.by_share {
            Some(_) => {
                baseline_rate(sight).is_none_or(|base| floor.as_f64() > base * self.max.as_f64())
            }
            None => {
                let baseline = sight.counts.baseline;
                floor.is_above_multiple(self.max, (baseline.errors, baseline.requests))
            }
        }
    }
}

/// The baseline's rate that the ratio is to: over several shares the canary's rate
/// divided by the ratio. `None` if it is not known.
fn baseline_rate(sight: &Sight) -> Option<f64> {
    match sight.by_share {
        None => sight.counts.baseline.error_rate(),
        Some(by_share) => {
            let rate = sight.counts.canary.error_rate().filter(|rate| *rate > 0.0)?;
            Some(rate / by_share.errors.ratio.filter(|ratio| *ratio > 0.0)?)
        }
    }
}

/// The ratio of the error rates; `None` if the baseline has no errors.
fn ratio(sight: &Sight) -> Option<f64> {
    if let Some(by_share) = sight.by_share {
        return by_share.errors.ratio;
    }
    let base = sight.counts.baseline.error_rate().filter(|rate| *rate > 0.0)?;
    Some(sight.counts.canary.error_rate()? / base)
}
