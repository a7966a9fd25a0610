//! What a pipeline asks of a policy: `missed_regression(error_ratio=2)<=0.01`.

use super::options::full_path;
use super::{Estimate, StudyReport};
use crate::message::quoted;
use crate::problem::Problem;

/// A bound on a probability.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    text: String,
    measure: Measured,
    /// A field of the configuration to change first.
    change: Option<(String, f64)>,
    at_most: bool,
    bound: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measured {
    FalseRollback,
    MissedRegression,
    Caught,
}

/// Whether a requirement is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fulfilment {
    /// The whole interval lies on the right side.
    Met,
    /// The interval holds the bound: more runs would tell.
    Undecided,
    /// The whole interval lies on the wrong side.
    Failed,
}

const NAMES: [(&str, Measured); 3] = [
    ("false_rollback", Measured::FalseRollback),
    ("missed_regression", Measured::MissedRegression),
    ("caught", Measured::Caught),
];

impl Requirement {
    /// Reads `NAME<=BOUND`, `NAME>=BOUND` or `NAME(FIELD=VALUE)<=BOUND`; NAME is
    /// `false_rollback`, `missed_regression` or `caught`, BOUND in 0..=1, FIELD
    /// a path in the configuration or `error_ratio`, `latency_ratio`.
    ///
    /// # Errors
    /// Anything else, with the path `require`.
    pub fn parse(text: &str) -> Result<Requirement, Problem> {
        Requirement::read(text).ok_or_else(|| {
            let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            let message = format!(
                "found {}, expected NAME<=BOUND or NAME(FIELD=VALUE)<=BOUND, NAME one of {}, BOUND from 0 to 1",
                quoted(text),
                names.join(", ")
            );
            Problem::new("require", message)
        })
    }

    fn read(text: &str) -> Option<Requirement> {
        let (left, at_most, right) = match text.split_once("<=") {
            Some((left, right)) => (left, true, right),
            None => text.split_once(">=").map(|(left, right)| (left, false, right))?,
        };
        let bound: f64 = right.trim().parse().ok().filter(|bound| (0.0..=1.0).contains(bound))?;
        let left = left.trim();
        let (name, change) = match left.split_once('(') {
            None => (left, None),
            Some((name, rest)) => {
                let (field, value) = rest.strip_suffix(')')?.split_once('=')?;
                let value: f64 =
                    value.trim().parse().ok().filter(|value: &f64| value.is_finite())?;
                (name.trim(), Some((full_path(field.trim()).to_string(), value)))
            }
        };
        let (_, measure) = NAMES.into_iter().find(|(known, _)| *known == name)?;
        Some(Requirement { text: text.to_string(), measure, change, at_most, bound })
    }

    /// The requirement as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The field of the configuration that the study needs changed, and its
    /// value.
    pub fn change(&self) -> Option<(&str, f64)> {
        self.change.as_ref().map(|(field, value)| (field.as_str(), *value))
    }

    /// How far an estimate lies beyond the bound; negative on the right side.
    pub fn distance(&self, found: &Estimate) -> f64 {
        let beyond = found.estimate - self.bound;
        if self.at_most { beyond } else { -beyond }
    }

    /// Holds it against a study of the (changed) configuration.
    ///
    /// # Errors
    /// A requirement on a bad release, where the release is healthy.
    pub fn check(&self, report: &StudyReport) -> Result<(Fulfilment, Estimate), Problem> {
        let of_release = || {
            report.release.as_ref().ok_or_else(|| {
                let message = format!("{}: the release is healthy, expected a bad one", self.text);
                Problem::new("require", message)
            })
        };
        let found = match self.measure {
            Measured::FalseRollback => report.healthy.p_rollback,
            Measured::MissedRegression => of_release()?.p_completed,
            Measured::Caught => of_release()?.p_caught,
        };
        let (inside, outside) = match self.at_most {
            true => (found.high <= self.bound, found.low > self.bound),
            false => (found.low >= self.bound, found.high < self.bound),
        };
        let fulfilment = match (inside, outside) {
            (true, _) => Fulfilment::Met,
            (_, true) => Fulfilment::Failed,
            _ => Fulfilment::Undecided,
        };
        Ok((fulfilment, found))
    }
}
