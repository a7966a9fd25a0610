//! The metric of a controller: what its query measures, and when a measurement fails.
//!
//! A rule of the staged policy is chosen by name; a metric follows from the
//! configuration of a controller. So it is no entry of the list of rules.

use serde::Serialize;

use super::words::{percent, significant};
use super::{
    About, Condition, Conditions, Cost, Gap, Guarantee, Judge, Judgement, Measure, Measured, Needs,
    Parameters, Population, Quantity, QueryDetails, Sight, Subject, Verdict, quantile_name,
};
use crate::json::{number, plain};
use crate::message::thousands;
use crate::observation::Counts;
use crate::reading::words;

#[cfg(feature = "schema")]
use schemars::JsonSchema;

/// What a metric measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Measures {
    /// The share of requests that succeed, 0..=1.
    #[default]
    SuccessRate,
    /// The share of requests that fail, 0..=1.
    ErrorRate,
    /// A quantile of latency, in milliseconds.
    Latency,
    /// The number of requests in the window.
    Requests,
    /// The number of failed requests in the window.
    Errors,
    /// Requests per second.
    RequestsPerSecond,
    /// Failed requests per second.
    ErrorsPerSecond,
    /// The canary's error rate minus the baseline's, -1..=1.
    ErrorRateDifference,
    /// The canary's error rate divided by the baseline's.
    ErrorRateRatio,
    /// A quantile of latency of the canary minus the baseline's, in milliseconds.
    LatencyDifference,
    /// A quantile of latency of the canary divided by the baseline's.
    LatencyRatio,
    /// What a stake on “the canary is worse” has grown to from the errors in the window.
    Stake,
    /// Something that the simulated service does not have, such as its memory. Every
    /// measurement passes.
    Nothing,
}

words!(Measures {
    "success_rate" => SuccessRate,
    "error_rate" => ErrorRate,
    "latency" => Latency,
    "requests" => Requests,
    "errors" => Errors,
    "requests_per_second" => RequestsPerSecond,
    "errors_per_second" => ErrorsPerSecond,
    "error_rate_difference" => ErrorRateDifference,
    "error_rate_ratio" => ErrorRateRatio,
    "latency_difference" => LatencyDifference,
    "latency_ratio" => LatencyRatio,
    "stake" => Stake,
    "nothing" => Nothing,
});

impl Measures {
    /// Everything that a metric can measure.
    pub const ALL: [Measures; 13] = [
        Measures::SuccessRate,
        Measures::ErrorRate,
        Measures::Latency,
        Measures::Requests,
        Measures::Errors,
        Measures::RequestsPerSecond,
        Measures::ErrorsPerSecond,
        Measures::ErrorRateDifference,
        Measures::ErrorRateRatio,
        Measures::LatencyDifference,
        Measures::LatencyRatio,
        Measures::Stake,
        Measures::Nothing,
    ];

    /// Its word in a configuration.
    pub fn name(self) -> &'static str {
        crate::reading::Word::word(&self)
    }

    /// Its value for one version over some seconds, above 0: of its counts and of its
    /// quantile of latency. `None` without data, and if it compares versions.
    pub fn of_arm(self, counts: Counts, seconds: f64, quantile_ms: Option<f64>) -> Option<f64> {
        let Counts { requests, errors } = counts;
        let counted = |number: f64| (requests > 0).then_some(number);
        match self {
            Measures::SuccessRate => counted((requests - errors) as f64 / requests as f64),
            Measures::ErrorRate => counts.error_rate(),
            Measures::Latency => quantile_ms,
            Measures::Requests => counted(requests as f64),
            Measures::Errors => counted(errors as f64),
            Measures::RequestsPerSecond => counted(requests as f64 / seconds),
            Measures::ErrorsPerSecond => counted(errors as f64 / seconds),
            Measures::ErrorRateDifference
            | Measures::ErrorRateRatio
            | Measures::LatencyDifference
            | Measures::LatencyRatio
            | Measures::Stake
            | Measures::Nothing => None,
        }
    }

    /// Whether it counts errors, so that a query for failed requests may find none.
    pub fn counts_errors(self) -> bool {
        use Measures::{ErrorRate, ErrorRateDifference, ErrorRateRatio, Errors, ErrorsPerSecond};
        matches!(self, ErrorRate | Errors | ErrorsPerSecond | ErrorRateDifference | ErrorRateRatio)
    }

    /// Whether it compares the canary with the baseline.
    pub fn compares(self) -> bool {
        use Measures::{
            ErrorRateDifference, ErrorRateRatio, LatencyDifference, LatencyRatio, Stake,
        };
        matches!(
            self,
            ErrorRateDifference | ErrorRateRatio | LatencyDifference | LatencyRatio | Stake
        )
    }

    /// Whether it reads a quantile of latency.
    pub fn reads_latency(self) -> bool {
        matches!(self, Measures::Latency | Measures::LatencyDifference | Measures::LatencyRatio)
    }
}

/// What a measurement gives if the window has no data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EmptyResult {
    /// An empty result: the query finds no series.
    #[default]
    Empty,
    /// Not a number: the query divides 0 by 0.
    Nan,
    /// A number, as with `or vector(0)`.
    Value(#[serde(serialize_with = "number")] f64),
}

/// When a measurement fails.
// A plan has few of them.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// By conditions in expr-lang, as for Argo Rollouts. Without any, a measurement
    /// succeeds; with both, one for which neither is true is inconclusive.
    Conditions {
        /// The conditions.
        #[serde(flatten)]
        conditions: Conditions,
        /// Whether `result` is a number, or `nil` without data, as of Datadog; otherwise
        /// it is a list of one number, or empty, as of Prometheus.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_number: bool,
    },
    /// Outside of a range, with both ends allowed. A measurement without a number fails.
    Range {
        /// The smallest number allowed.
        #[serde(
            skip_serializing_if = "Option::is_none",
            serialize_with = "crate::json::some_number"
        )]
        min: Option<f64>,
        /// The largest number allowed.
        #[serde(
            skip_serializing_if = "Option::is_none",
            serialize_with = "crate::json::some_number"
        )]
        max: Option<f64>,
    },
    /// Where the comparison holds, as for an alarm. A measurement without a number is
    /// missing.
    Breach {
        /// How the number is compared with the threshold.
        comparison: Comparison,
        /// The threshold.
        #[serde(serialize_with = "number")]
        threshold: f64,
    },
}

/// How an alarm compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// Above the threshold.
    #[default]
    Above,
    /// At or above the threshold.
    AtLeast,
    /// Below the threshold.
    Below,
    /// At or below the threshold.
    AtMost,
}

words!(Comparison {
    "above" => Above,
    "at_least" => AtLeast,
    "below" => Below,
    "at_most" => AtMost,
});

impl Comparison {
    /// Whether it holds between a number and a threshold.
    pub fn holds(self, number: f64, threshold: f64) -> bool {
        match self {
            Comparison::Above => number > threshold,
            Comparison::AtLeast => number >= threshold,
            Comparison::Below => number < threshold,
            Comparison::AtMost => number <= threshold,
        }
    }

    /// Its sign.
    pub fn sign(self) -> &'static str {
        match self {
            Comparison::Above => ">",
            Comparison::AtLeast => "≥",
            Comparison::Below => "<",
            Comparison::AtMost => "≤",
        }
    }
}

/// The metric of a controller.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metric {
    /// Its name in the controller's configuration.
    pub name: String,
    /// What it measures.
    pub measures: Measures,
    /// Which quantile, in (0, 1), if it measures a latency.
    pub quantile: f64,
    /// What the measured number is multiplied by: 100 for percent, 0.001 for seconds.
    #[serde(serialize_with = "number")]
    pub scale: f64,
    /// The length of its window, in seconds.
    pub window_seconds: u32,
    /// What it gives if the window has no data.
    pub no_data: EmptyResult,
    /// Whether a window without errors has no data: a query that selects failed requests
    /// finds no series then.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub empty_without_errors: bool,
    /// Whether decimals of the number are cut off, after the scale.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub whole_numbers: bool,
    /// What the query asks beside its window.
    #[serde(flatten)]
    pub details: QueryDetails,
    /// When a measurement fails.
    pub criterion: Criterion,
}

impl Judge for Metric {
    const ABOUT: About = About {
        title: "metric",
        subject: Subject::Errors,
        quantity: Quantity::Rate,
        guarantee: Guarantee::None,
        wants_many_errors: false,
        cost: Cost::COUNTS,
    };

    /// Not called: a metric is no rule with a name.
    fn from_parameters(_: &mut Parameters) -> Self {
        Metric {
            name: String::new(),
            measures: Measures::Nothing,
            quantile: 0.99,
            scale: 1.0,
            window_seconds: 60,
            no_data: EmptyResult::Empty,
            empty_without_errors: false,
            whole_numbers: false,
            details: QueryDetails::default(),
            criterion: Criterion::Range { min: None, max: None },
        }
    }

    fn needs(&self) -> Needs {
        let compares = if self.measures.compares() { Needs::BASELINE } else { Needs::NONE };
        let latency = match self.measures.reads_latency() {
            true => Needs::quantile(self.quantile),
            false => Needs::NONE,
        };
        let short = self.details.short_window_seconds.map_or(Needs::NONE, Needs::short_window);
        Needs::REQUESTS.and(compares).and(latency).and(short)
    }

    fn fails(&self, sight: &Sight) -> bool {
        self.judge(sight).verdict == Verdict::Fail
    }

    fn measure(&self, sight: &Sight) -> Measure {
        self.measure_of(self.value(sight))
    }

    /// What was measured and how it is judged, in a sentence.
    fn sentence(&self, sight: &Sight) -> String {
        if self.measures == Measures::Nothing {
            return format!("{}: not simulated, so it passes.", self.name);
        }
        let what = match self.value(sight) {
            Some(value) if value.is_nan() => "NaN".to_string(),
            Some(value) => format!("{}{}", self.shown(value), self.counts_of(sight)),
            None => "no data".to_string(),
        };
        format!("{}: {what}; {}.", self.name, self.criterion_words())
    }
}

impl Metric {
    /// The number that the query gives, before [`scale`](Metric::scale); `None` without
    /// data.
    fn raw(&self, sight: &Sight) -> Option<f64> {
        let (canary, baseline) = (sight.counts.canary, sight.counts.baseline);
        if self.empty_without_errors && self.measures.counts_errors() && canary.errors == 0 {
            return None;
        }
        let details = &self.details;
        if canary.requests < details.min_requests || canary.errors < details.min_errors {
            return None;
        }
        let seconds = f64::from(self.window_seconds.max(1));
        let quantiles = || sight.quantile_ms.canary.zip(sight.quantile_ms.baseline);
        let rates = || canary.error_rate().zip(baseline.error_rate());
        match self.measures {
            Measures::ErrorRate => match sight.short {
                None => canary.error_rate(),
                Some(short) => Some(canary.error_rate()?.min(short.error_rate()?)),
            },
            Measures::ErrorRateDifference => rates().map(|(canary, base)| canary - base),
            Measures::ErrorRateRatio => {
                let floor = details.baseline_floor.unwrap_or(0.0);
                rates().map(|(canary, base)| canary / base.max(floor))
            }
            Measures::LatencyDifference => quantiles().map(|(canary, base)| canary - base),
            Measures::LatencyRatio => quantiles().map(|(canary, base)| canary / base),
            Measures::Stake => Some(details.stake.as_ref()?.value(&sight.counts)),
            alone => alone.of_arm(canary, seconds, sight.quantile_ms.canary),
        }
    }

    /// What the query gives: a number, which may be NaN, or `None` for an empty result.
    pub fn value(&self, sight: &Sight) -> Option<f64> {
        match (self.raw(sight), self.no_data) {
            (Some(number), _) if self.whole_numbers => Some((number * self.scale).trunc()),
            (Some(number), _) => Some(number * self.scale),
            (None, EmptyResult::Empty) => None,
            (None, EmptyResult::Nan) => Some(f64::NAN),
            (None, EmptyResult::Value(number)) => Some(number),
        }
    }

    /// Measures once. A measurement that gives an error is inconclusive with
    /// [`Gap::Requests`]; one that is neither a success nor a failure is inconclusive
    /// without a gap.
    pub(super) fn judge(&self, sight: &Sight) -> Judgement {
        self.judge_value(self.value(sight))
    }

    fn judge_value(&self, value: Option<f64>) -> Judgement {
        let (verdict, gap) = match &self.criterion {
            _ if self.measures == Measures::Nothing => (Verdict::Pass, None),
            Criterion::Conditions { conditions, is_number } => {
                let one = [value.unwrap_or(f64::NAN)];
                let measured = match (value, *is_number) {
                    (Some(number), true) => Measured::Number(number),
                    (None, true) => Measured::Nil,
                    (Some(_), false) => Measured::Vector(&one),
                    (None, false) => Measured::Vector(&[]),
                };
                match conditions.verdict(measured) {
                    Ok(verdict) => (verdict, None),
                    Err(_) => (Verdict::Inconclusive, Some(Gap::Requests)),
                }
            }
            Criterion::Range { min, max } => {
                (if is_within(value, *min, *max) { Verdict::Pass } else { Verdict::Fail }, None)
            }
            Criterion::Breach { comparison, threshold } => match value {
                Some(value) if comparison.holds(value, *threshold) => (Verdict::Fail, None),
                Some(_) => (Verdict::Pass, None),
                None => (Verdict::Inconclusive, Some(Gap::Requests)),
            },
        };
        Judgement { verdict, gap, measure: self.measure_of(value) }
    }

    /// The result of a measurement of a window without requests.
    pub fn without_data(&self) -> (Verdict, Option<Gap>) {
        let Judgement { verdict, gap, .. } = self.judge_value(match self.no_data {
            EmptyResult::Empty => None,
            EmptyResult::Nan => Some(f64::NAN),
            EmptyResult::Value(number) => Some(number),
        });
        (verdict, gap)
    }

    /// Whether a measurement of a window without requests fails.
    pub fn fails_without_data(&self) -> bool {
        self.without_data().0 == Verdict::Fail
    }

    fn measure_of(&self, value: Option<f64>) -> Measure {
        let limit = self.limit();
        Measure {
            observed: value.filter(|value| value.is_finite()),
            limit: limit.unwrap_or(f64::NAN),
            canary_limit: limit.and_then(|limit| match self.measures {
                Measures::SuccessRate => Some(1.0 - limit / self.scale),
                Measures::ErrorRate | Measures::Latency => Some(limit / self.scale),
                _ => None,
            }),
        }
    }

    /// The number that a measurement is compared with, if it is one.
    pub fn limit(&self) -> Option<f64> {
        match &self.criterion {
            Criterion::Range { min, max } => match self.measures {
                Measures::SuccessRate => min.or(*max),
                _ => max.or(*min),
            },
            Criterion::Breach { threshold, .. } => Some(*threshold),
            Criterion::Conditions { conditions: Conditions { success, failure }, .. } => {
                let of = |condition: &Option<Condition>| condition.as_ref()?.threshold();
                of(success).or_else(|| of(failure))
            }
        }
    }

    /// A number of the metric with its unit, where that is known.
    fn shown(&self, value: f64) -> String {
        match self.measures {
            Measures::SuccessRate | Measures::ErrorRate | Measures::ErrorRateDifference
                if self.scale == 1.0 =>
            {
                format!("{} ({})", plain_digits(value), percent(value))
            }
            Measures::SuccessRate | Measures::ErrorRate if self.scale == 100.0 => {
                format!("{} %", significant_or_more(value))
            }
            Measures::Latency | Measures::LatencyDifference => {
                let unit = match self.scale {
                    1.0 => " ms",
                    0.001 => " s",
                    _ => "",
                };
                let name = quantile_name(self.quantile);
                format!("{name} {}{unit}", significant(value))
            }
            _ => significant(value),
        }
    }

    fn counts_of(&self, sight: &Sight) -> String {
        let canary = sight.counts.canary;
        let whose = if sight.of == Population::Service { "" } else { " canary" };
        match self.measures {
            Measures::SuccessRate | Measures::ErrorRate => format!(
                ", {} of {}{whose} requests failed",
                thousands(canary.errors),
                thousands(canary.requests)
            ),
            _ => String::new(),
        }
    }

    /// When a measurement fails or succeeds, as the controller's configuration says it.
    fn criterion_words(&self) -> String {
        match &self.criterion {
            Criterion::Range { min: Some(min), max: Some(max) } => {
                format!("allowed from {} to {}", plain(*min), plain(*max))
            }
            Criterion::Range { min: Some(min), max: None } => {
                format!("at least {} is allowed", plain(*min))
            }
            Criterion::Range { min: None, max: Some(max) } => {
                format!("at most {} is allowed", plain(*max))
            }
            Criterion::Range { min: None, max: None } => "any number is allowed".to_string(),
            Criterion::Conditions { conditions: Conditions { success, failure }, .. } => {
                let said = |word: &str, condition: &Option<Condition>| {
                    condition.as_ref().map(|condition| format!("{word} {}", condition.text()))
                };
                let both = [said("success when", success), said("failure when", failure)];
                let both: Vec<String> = both.into_iter().flatten().collect();
                match both.is_empty() {
                    true => "without a condition every measurement succeeds".to_string(),
                    false => both.join(", "),
                }
            }
            Criterion::Breach { comparison, threshold } => {
                format!("alarm when {} {}", comparison.sign(), plain(*threshold))
            }
        }
    }
}

/// Whether a measurement is within a range. One without a number is not.
fn is_within(value: Option<f64>, min: Option<f64>, max: Option<f64>) -> bool {
    value.is_some_and(|value| {
        !value.is_nan() && min.is_none_or(|min| value >= min) && max.is_none_or(|max| value <= max)
    })
}

/// Four decimal places at most, as rates are written.
fn plain_digits(value: f64) -> String {
    plain((value * 1e4).round() / 1e4)
}

/// Two decimal places at most, for percentages near 100.
fn significant_or_more(value: f64) -> String {
    plain((value * 100.0).round() / 100.0)
}
