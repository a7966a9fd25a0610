//! `error_rate_ratio`: the canary's error rate is too many times the baseline's.

use serde::Serialize;

use super::words::{percent, significant};
use super::{
    About, Cost, Guarantee, Judge, Limit, Measure, Needs, Parameter, Parameters, Quantity, Sight,
    Subject, failures, rates,
};

/// Fails when the canary's error rate > `max` times the baseline's. If the window
/// has several traffic shares, the ratio is Mantel-Haenszel's. Against a baseline
/// without errors any canary error fails; use `min_errors` to prevent that.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorRateRatio {
    /// Largest ratio allowed, 0..=1000.
    pub max: Limit,
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
        ErrorRateRatio { max: p.limit(Parameter::max_ratio()) }
    }

    fn needs(&self) -> Needs {
        Needs::REQUESTS.and(Needs::BASELINE)
    }

    fn fails(&self, sight: &Sight) -> bool {
        if let Some(by_share) = sight.by_share {
            let errors = by_share.errors;
            let beyond = |ratio| ratio > self.max.as_f64();
            return errors.ratio.map_or(errors.difference > 0.0, beyond);
        }
        let (canary, baseline) = (sight.counts.canary, sight.counts.baseline);
        self.max
            .is_below_ratio((canary.errors, canary.requests), (baseline.errors, baseline.requests))
    }

    fn measure(&self, sight: &Sight) -> Measure {
        let (observed, max) = (ratio(sight), self.max.as_f64());
        let canary_limit = match sight.by_share {
            None => sight.counts.baseline.error_rate().map(|base| base * max),
            Some(_) => {
                let rate = sight.counts.canary.error_rate().filter(|rate| *rate > 0.0);
                rate.zip(observed).map(|(rate, ratio)| rate / ratio * max)
            }
        };
        Measure { observed, limit: max, canary_limit }
    }

    fn sentence(&self, sight: &Sight) -> String {
        let times = ratio(sight).map(|ratio| format!("{} times", significant(ratio)));
        let limit = significant(self.max.as_f64());
        match sight.by_share {
            None => format!(
                "{}, {} the baseline’s {}; the limit is {limit} times.",
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
                format!("{}: {found}; the limit is {limit} times.", rates(sight))
            }
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
