//! What a series of recorded counts measures, and how a person says it.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::json::plain;
use crate::message::quoted;
use crate::observation::Arm;

/// What a series measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// All requests of a step.
    Requests,
    /// The requests of a step that failed.
    Errors,
    /// The requests of a step that did not fail.
    Successes,
    /// Errors divided by requests; needs requests.
    ErrorRate,
    /// Successes divided by requests; needs requests.
    SuccessRate,
    /// A quantile of the latency, in (0, 1).
    Latency(f64),
    /// Nothing that a record keeps: the series is left out.
    Nothing,
}

/// The unit of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A count for each step.
    PerStep,
    /// A count for each second; times the length of a step, it is a count.
    PerSecond,
    /// A count for each minute.
    PerMinute,
    /// A counter that grows until it starts again from 0; its differences are counts.
    Counter,
    /// A rate in 0..=1.
    Ratio,
    /// A rate in 0..=100.
    Percent,
    /// A latency in seconds.
    Seconds,
    /// A latency in milliseconds.
    Milliseconds,
    /// A latency in microseconds.
    Microseconds,
    /// A latency in nanoseconds.
    Nanoseconds,
}

/// What a series measures, of which version and in which unit; what is `None` is
/// guessed.
///
/// As text: `requests`, `canary.errors per second`, `error_rate in percent`, `p99 in s`,
/// `nothing`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Role {
    /// The version.
    pub arm: Option<Arm>,
    /// What is measured.
    pub measure: Measure,
    /// The unit.
    pub unit: Option<Unit>,
}

/// A person's word on a series: its role, and which series is meant.
///
/// As text: `errors=http_5xx.json`, `canary.requests=version=v2`, `p99 in s=latency`.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// What the series measures.
    pub role: Role,
    /// Which series: a [selector](super::Options).
    pub selector: String,
}

/// How units are written, after the measure.
const UNITS: [(&str, Unit); 22] = [
    ("per step", Unit::PerStep),
    ("per second", Unit::PerSecond),
    ("per minute", Unit::PerMinute),
    ("as counter", Unit::Counter),
    ("in percent", Unit::Percent),
    ("as ratio", Unit::Ratio),
    ("in s", Unit::Seconds),
    ("in ms", Unit::Milliseconds),
    ("in us", Unit::Microseconds),
    ("in ns", Unit::Nanoseconds),
    ("per s", Unit::PerSecond),
    ("counter", Unit::Counter),
    ("percent", Unit::Percent),
    ("in %", Unit::Percent),
    ("ratio", Unit::Ratio),
    ("in seconds", Unit::Seconds),
    ("in milliseconds", Unit::Milliseconds),
    ("in microseconds", Unit::Microseconds),
    ("in nanoseconds", Unit::Nanoseconds),
    ("ms", Unit::Milliseconds),
    ("us", Unit::Microseconds),
    ("s", Unit::Seconds),
];

impl Measure {
    /// The kind of unit that it can have.
    pub(super) fn takes(self, unit: Unit) -> bool {
        match self {
            Measure::Requests | Measure::Errors | Measure::Successes => {
                matches!(unit, Unit::PerStep | Unit::PerSecond | Unit::PerMinute | Unit::Counter)
            }
            Measure::ErrorRate | Measure::SuccessRate => {
                matches!(unit, Unit::Ratio | Unit::Percent)
            }
            Measure::Latency(_) => matches!(
                unit,
                Unit::Seconds | Unit::Milliseconds | Unit::Microseconds | Unit::Nanoseconds
            ),
            Measure::Nothing => false,
        }
    }

    /// Whether it is a count.
    pub(super) fn is_count(self) -> bool {
        self.takes(Unit::PerStep)
    }
}

impl Unit {
    fn words(self) -> &'static str {
        UNITS.iter().find(|(_, unit)| *unit == self).map_or("", |(words, _)| words)
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Measure::Requests => f.write_str("requests"),
            Measure::Errors => f.write_str("errors"),
            Measure::Successes => f.write_str("successes"),
            Measure::ErrorRate => f.write_str("error_rate"),
            Measure::SuccessRate => f.write_str("success_rate"),
            Measure::Latency(q) => write!(f, "p{}", plain((q * 1e8).round() / 1e6)),
            Measure::Nothing => f.write_str("nothing"),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(arm) = self.arm {
            write!(f, "{}.", arm.name())?;
        }
        write!(f, "{}", self.measure)?;
        match self.unit {
            Some(unit) => write!(f, " {}", unit.words()),
            None => Ok(()),
        }
    }
}

/// Written as its text.
impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Role {
    type Err = String;

    /// Reads a role.
    ///
    /// # Errors
    /// A sentence with the roles that there are.
    fn from_str(text: &str) -> Result<Role, String> {
        let unknown = || {
            format!(
                "expected what a series measures: requests, errors, successes, error_rate, \
                 success_rate, p50, p99 or nothing, found {}",
                quoted(text)
            )
        };
        let lower = text.trim().to_lowercase();
        let (arm, rest) = match lower.split_once('.') {
            Some(("baseline", rest)) => (Some(Arm::Baseline), rest),
            Some(("canary", rest)) => (Some(Arm::Canary), rest),
            _ => (None, lower.as_str()),
        };
        let words = rest.replace('_', " ");
        let words = words.split_whitespace().collect::<Vec<_>>();
        let (measure, unit) = match words.as_slice() {
            ["requests", unit @ ..] => (Measure::Requests, unit),
            ["errors", unit @ ..] => (Measure::Errors, unit),
            ["successes", unit @ ..] => (Measure::Successes, unit),
            ["error", "rate", unit @ ..] => (Measure::ErrorRate, unit),
            ["success", "rate", unit @ ..] => (Measure::SuccessRate, unit),
            ["nothing", unit @ ..] => (Measure::Nothing, unit),
            [quantile, unit @ ..] => {
                (Measure::Latency(percent(quantile).ok_or_else(unknown)?), unit)
            }
            [] => return Err(unknown()),
        };
        let words = unit.join(" ");
        let unit = match words.as_str() {
            "" => None,
            words => Some(UNITS.iter().find(|(name, _)| *name == words).ok_or_else(unknown)?.1),
        };
        match unit {
            Some(unit) if !measure.takes(unit) => {
                Err(format!("{measure} cannot be {}", unit.words()))
            }
            _ => Ok(Role { arm, measure, unit }),
        }
    }
}

impl FromStr for Binding {
    type Err = String;

    /// Reads `ROLE=SELECTOR`.
    ///
    /// # Errors
    /// A sentence with what was expected.
    fn from_str(text: &str) -> Result<Binding, String> {
        match text.split_once('=') {
            Some((role, selector)) if !selector.trim().is_empty() => {
                Ok(Binding { role: role.parse()?, selector: selector.trim().to_string() })
            }
            _ => Err(format!(
                "expected what is measured and by which series, such as errors=http_5xx, found {}",
                quoted(text)
            )),
        }
    }
}

/// The quantile of a word such as `p99` or `p99.9`.
fn percent(word: &str) -> Option<f64> {
    let digits = word.strip_prefix('p')?;
    let percent: f64 = digits.parse().ok()?;
    let begins_with_digit = digits.starts_with(|c: char| c.is_ascii_digit());
    (begins_with_digit && percent > 0.0 && percent < 100.0).then(|| of_percent(percent))
}

/// A quantile from its percentage: the number nearest to `percent / 100`, so that 99.9
/// is 0.999.
pub(super) fn of_percent(percent: f64) -> f64 {
    (percent * 1e6).round() / 1e8
}
