//! The declaration of a rule's parameter. Reading, checking, defaults and forms all
//! use it.

use std::fmt;

use serde::Serialize;

use super::Limit;
use crate::json::{number, plain, some_number};
use crate::message::found;
use crate::reading::Word;

/// Maximum of a count in a parameter.
const MAX_COUNT: f64 = 1e12;
/// Maximum of `failure_limit`.
const MAX_FAILURE_LIMIT: f64 = 1e6;
/// Maximum of `of_last`.
pub(crate) const MAX_OF_LAST: u32 = 64;
/// Maximum weight in a score.
const MAX_WEIGHT: f64 = 1000.0;
/// Maximum of a number of seconds: a year.
const MAX_SECONDS: f64 = 365.0 * 86_400.0;
/// Maximum length of a rollout in ticks, including pauses.
pub const MAX_TICKS: u32 = 100_000;
/// Maximum number of stages in a policy.
pub const MAX_STAGES: usize = 100;
/// Maximum limit on a latency, in milliseconds.
pub(crate) const MAX_LATENCY_MS: f64 = 600_000.0;

/// A parameter of a rule: its allowed values, and how a form shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parameter {
    /// Its key in a configuration.
    pub key: &'static str,
    /// The group it belongs to.
    pub group: Group,
    /// Its label in a form.
    pub label: &'static str,
    /// The kind of its values.
    pub kind: Kind,
    /// The unit in a form; empty for none.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub unit: &'static str,
    /// The factor by which a form multiplies the value.
    #[serde(skip_serializing_if = "is_one", serialize_with = "number")]
    pub scale: f64,
    /// The range of a number.
    #[serde(flatten)]
    pub range: Option<Range>,
    /// Maximum number of decimal places; `None` for any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal_places: Option<u32>,
    /// The number of values, if it is a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Items>,
    /// The parameter that its values must exceed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above: Option<&'static str>,
    /// The parameter without which it has no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_with: Option<&'static str>,
    /// The default; `None` if the parameter is required, or if leaving it out has a
    /// meaning of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Usual>,
    /// The initial value in a form, if the parameter is required.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_number")]
    pub start: Option<f64>,
    /// The default in words, if it is not a value.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub placeholder: &'static str,
    /// The words of a choice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Choice>,
}

/// A group of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// The rule's own parameters, which say how it judges.
    Method,
    /// When the rule looks, and at which window.
    Look,
    /// In which stages the rule applies, and what it does. These make sense for
    /// every rule.
    Action,
}

/// The kind of a parameter's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Numbers.
    Number,
    /// Whole numbers.
    Whole,
    /// Words.
    Choice,
    /// Yes or no.
    Flag,
}

/// A range of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Range {
    /// The lower end.
    #[serde(serialize_with = "number")]
    pub min: f64,
    /// The upper end.
    #[serde(serialize_with = "number")]
    pub max: f64,
    /// Whether `min` itself is excluded.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub excludes_min: bool,
    /// Whether `max` itself is excluded.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub excludes_max: bool,
}

/// The allowed number of values of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Items {
    /// The minimum.
    pub min: usize,
    /// The maximum.
    pub max: usize,
}

/// The default of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Usual {
    /// A number.
    Number(#[serde(serialize_with = "number")] f64),
    /// A word.
    Word(&'static str),
    /// Yes or no.
    Flag(bool),
}

/// A word, with its label in a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The word in a configuration.
    pub value: &'static str,
    /// The label in a form.
    pub label: &'static str,
    /// The number of seconds with which a form starts, if the word is the key of an
    /// object with a number of seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}

fn is_one(x: &f64) -> bool {
    *x == 1.0
}

impl Range {
    /// From `min` to `max`, inclusive.
    pub(crate) const fn from(min: f64, max: f64) -> Range {
        Range { min, max, excludes_min: false, excludes_max: false }
    }

    /// Above `min`, at most `max`.
    pub(crate) const fn above(min: f64, max: f64) -> Range {
        Range { excludes_min: true, ..Range::from(min, max) }
    }

    /// Between 0 and 1, exclusive.
    pub(crate) const BETWEEN_0_AND_1: Range =
        Range { excludes_max: true, ..Range::above(0.0, 1.0) };

    /// Whether a number is in the range.
    pub fn contains(&self, x: f64) -> bool {
        let Range { min, max, excludes_min, excludes_max } = *self;
        let is_out = (excludes_min && x == min) || (excludes_max && x == max);
        x >= min && x <= max && !is_out
    }

    /// The number that was found.
    ///
    /// # Errors
    /// If it is missing or not in the range: what was found and expected.
    pub(crate) fn number(&self, number: Option<f64>) -> Result<f64, String> {
        let in_range = number.filter(|x| self.contains(*x));
        in_range.ok_or_else(|| format!("{}, expected a number {self}", found(number)))
    }

    /// The whole number that was found.
    ///
    /// # Errors
    /// If it is missing, not whole or not in the range: what was found and expected.
    pub(crate) fn whole(&self, number: Option<f64>) -> Result<f64, String> {
        let in_range = number.filter(|x| self.contains(*x) && x.fract() == 0.0);
        in_range.ok_or_else(|| format!("{}, expected a whole number {self}", found(number)))
    }

    /// The smallest range that contains both.
    #[cfg(feature = "schema")]
    pub(crate) fn union(self, other: Range) -> Range {
        let lower = |a: &Range, b: &Range| a.min < b.min || (a.min == b.min && !a.excludes_min);
        let upper = |a: &Range, b: &Range| a.max > b.max || (a.max == b.max && !a.excludes_max);
        let low = if lower(&self, &other) { self } else { other };
        let high = if upper(&self, &other) { self } else { other };
        Range { max: high.max, excludes_max: high.excludes_max, ..low }
    }
}

/// As in a message: `from 0 to 1`, `above 0, at most 1`, `between 0 and 1`.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (min, max) = (plain(self.min), plain(self.max));
        match (self.excludes_min, self.excludes_max) {
            (true, true) => write!(f, "between {min} and {max}"),
            (true, false) => write!(f, "above {min}, at most {max}"),
            _ => write!(f, "from {min} to {max}"),
        }
    }
}

/// A parameter without values or a default, from which every declaration starts.
const BARE: Parameter = Parameter {
    key: "",
    group: Group::Method,
    label: "",
    kind: Kind::Number,
    unit: "",
    scale: 1.0,
    range: None,
    decimal_places: None,
    items: None,
    above: None,
    only_with: None,
    default: None,
    start: None,
    placeholder: "",
    options: Vec::new(),
};

impl Parameter {
    /// A number in a range, for use in a declaration.
    pub(super) fn number(key: &'static str, label: &'static str, range: Range) -> Parameter {
        Parameter { key, label, range: Some(range), ..BARE }
    }

    /// A whole number in a range, for use in a declaration.
    pub(super) fn whole(key: &'static str, label: &'static str, range: Range) -> Parameter {
        Parameter { kind: Kind::Whole, ..Parameter::number(key, label, range) }
    }

    /// The default, if it is a number.
    pub(super) fn usual(&self) -> Option<f64> {
        match self.default {
            Some(Usual::Number(usual)) => Some(usual),
            _ => None,
        }
    }

    /// Whether this number is allowed.
    pub(super) fn allows(&self, x: f64) -> bool {
        let is_within = self.range.is_none_or(|range| range.contains(x));
        is_within && (self.kind != Kind::Whole || x.fract() == 0.0)
    }

    /// The expected numbers, for a message.
    pub(super) fn expected(&self) -> String {
        let Some(range) = self.range else { return "a number".to_string() };
        let number = match (self.kind, self.unit) {
            (Kind::Whole, _) => "a whole number",
            (_, "ms") => "milliseconds",
            _ => "a number",
        };
        let places = self.decimal_places;
        let places = places.map(|places| format!(" with at most {places} decimal places"));
        format!("{number} {range}{}", places.unwrap_or_default())
    }

    /// The limit of a rule on a rate or a difference of rates, shown in percent.
    pub(super) fn max_rate() -> Parameter {
        Parameter {
            scale: 100.0,
            decimal_places: Some(Limit::DECIMAL_PLACES),
            start: Some(0.02),
            ..Parameter::number("max", "fails above", Range::from(0.0, 1.0))
        }
    }

    /// The limit of a rule on a number of requests.
    pub(super) fn max_count() -> Parameter {
        Parameter {
            unit: "errors",
            start: Some(10.0),
            ..Parameter::whole("max", "fails above", Range::from(0.0, MAX_COUNT))
        }
    }

    /// The limit of a rule on a ratio.
    pub(super) fn max_ratio() -> Parameter {
        Parameter {
            unit: "×",
            scale: 1.0,
            range: Some(Range::from(0.0, Limit::MAX)),
            start: Some(2.0),
            ..Parameter::max_rate()
        }
    }

    /// The limit of a rule on a latency.
    pub(super) fn max_ms() -> Parameter {
        Parameter {
            unit: "ms",
            start: Some(300.0),
            ..Parameter::number("max", "fails above", Range::above(0.0, MAX_LATENCY_MS))
        }
    }

    /// The least difference that counts, as a part of the baseline's rate.
    pub(super) fn min_change() -> Parameter {
        Parameter {
            default: Some(Usual::Number(0.0)),
            unit: "%",
            scale: 100.0,
            ..Parameter::number("min_change", "Worse by at least", Range::from(0.0, 100.0))
        }
    }

    /// The quantile of the latencies.
    pub(super) fn quantile() -> Parameter {
        Parameter {
            default: Some(Usual::Number(0.99)),
            ..Parameter::number("quantile", "Quantile", Range::BETWEEN_0_AND_1)
        }
    }

    /// The level at which a rule fails a release that is not worse.
    pub(super) fn alpha() -> Parameter {
        Parameter {
            unit: "%",
            scale: 100.0,
            default: Some(Usual::Number(0.05)),
            ..Parameter::number("alpha", "False alarms, at most", Range::BETWEEN_0_AND_1)
        }
    }

    /// The same, for one look.
    pub(super) fn alpha_of_one_look() -> Parameter {
        Parameter { label: "False alarms of one look, about", ..Parameter::alpha() }
    }

    pub(super) fn failure_limit() -> Parameter {
        Parameter {
            group: Group::Action,
            unit: "failed looks",
            default: Some(Usual::Number(1.0)),
            ..Parameter::whole("failure_limit", "Acts after", Range::from(1.0, MAX_FAILURE_LIMIT))
        }
    }

    /// How many of the last looks count towards `failure_limit`.
    pub(super) fn of_last() -> Parameter {
        Parameter {
            group: Group::Action,
            unit: "looks",
            placeholder: "all",
            ..Parameter::whole("of_last", "of its last", Range::from(1.0, f64::from(MAX_OF_LAST)))
        }
    }

    /// The weight of a rule in a score.
    pub(super) fn weight() -> Parameter {
        Parameter {
            group: Group::Action,
            default: Some(Usual::Number(1.0)),
            only_with: Some("counts"),
            ..Parameter::number("weight", "Weight", Range::above(0.0, MAX_WEIGHT))
        }
    }

    /// Whether a rule looks in a pause.
    pub(super) fn look_while_paused() -> Parameter {
        Parameter {
            key: "look_while_paused",
            group: Group::Look,
            label: "also in a pause",
            kind: Kind::Flag,
            default: Some(Usual::Flag(false)),
            ..BARE
        }
    }

    /// A number of seconds that is a multiple of the tick.
    pub(super) fn seconds(key: &'static str, label: &'static str) -> Parameter {
        Parameter {
            group: Group::Look,
            unit: "s",
            ..Parameter::whole(key, label, Range::from(1.0, MAX_SECONDS))
        }
    }

    /// The number of looks of a schedule.
    pub(super) fn look_count() -> Parameter {
        Parameter {
            group: Group::Look,
            unit: "looks",
            placeholder: "no end",
            only_with: Some("look"),
            ..Parameter::whole("look.count", "at most", Range::from(1.0, f64::from(MAX_TICKS)))
        }
    }

    pub(super) fn min_requests() -> Parameter {
        Parameter {
            group: Group::Look,
            unit: "requests",
            default: Some(Usual::Number(1.0)),
            ..Parameter::whole("min_requests", "Needs at least", Range::from(1.0, MAX_COUNT))
        }
    }

    pub(super) fn min_errors() -> Parameter {
        Parameter {
            group: Group::Look,
            unit: "errors",
            default: Some(Usual::Number(0.0)),
            ..Parameter::whole("min_errors", "and", Range::from(0.0, MAX_COUNT))
        }
    }

    pub(super) fn stages() -> Parameter {
        Parameter {
            group: Group::Action,
            items: Some(Items { min: 1, max: MAX_STAGES }),
            placeholder: "all",
            ..Parameter::whole("stages", "In stages", Range::from(1.0, MAX_STAGES as f64))
        }
    }
}

/// The declaration of a parameter that is one of several words.
pub(super) struct Words<'a, T> {
    pub(super) key: &'static str,
    pub(super) group: Group,
    pub(super) label: &'static str,
    /// The words, each with its label in a form.
    pub(super) options: &'a [(T, &'static str)],
    /// The default.
    pub(super) default: T,
}

impl<T: Word> Words<'_, T> {
    pub(super) fn parameter(&self) -> Parameter {
        let choice = |(word, label): &(T, &'static str)| Choice {
            value: word.word(),
            label,
            seconds: word.seconds(),
        };
        Parameter {
            key: self.key,
            group: self.group,
            label: self.label,
            kind: Kind::Choice,
            default: Some(Usual::Word(self.default.word())),
            options: self.options.iter().map(choice).collect(),
            ..BARE
        }
    }
}
