//! Requirements on a policy, for the gate of a pipeline:
//! `missed_regression(error_ratio=2)<=0.01`.

use std::fmt;

use serde::Serialize;

use super::options::full_path;
use super::{CaseReport, Estimate, StudyReport};
use crate::message::thousands;
use crate::message::{quoted, shown};
use crate::problem::Problem;

/// A required bound on a probability.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    text: String,
    measure: Measured,
    /// A field of the configuration to change first, with its new value.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fulfilment {
    /// The whole interval satisfies the bound.
    Met,
    /// The interval contains the bound, so more runs are needed; or the result
    /// depends on runs that wait for a person.
    Undecided,
    /// The whole interval violates the bound.
    Failed,
}

/// The result of checking a requirement against a study.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RequirementReport {
    /// The requirement as it was written.
    pub requirement: String,
    /// Whether it is met.
    pub fulfilment: Fulfilment,
    /// The estimated probability, with its interval. Runs that wait for a person
    /// are not counted in it.
    pub found: Estimate,
    /// How far the estimate lies beyond the bound; negative if it satisfies the
    /// bound.
    pub distance: f64,
    /// The number of runs of the study.
    pub runs: u64,
    /// How many of them wait for a person, without a decision.
    pub waiting_runs: u64,
}

/// One line: `caught>=0.9: met, 0.970000 (0.961566 to 0.977037)`.
impl fmt::Display for RequirementReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.fulfilment {
            Fulfilment::Met => "met",
            Fulfilment::Failed => "failed",
            Fulfilment::Undecided => "undecided",
        };
        let Estimate { estimate, low, high } = self.found;
        write!(f, "{}: {word}, {estimate:.6} ({low:.6} to {high:.6})", shown(&self.requirement))?;
        if self.fulfilment == Fulfilment::Failed {
            write!(f, ", beyond by {:.6}", self.distance)?;
        }
        if self.waiting_runs > 0 {
            let (waiting, runs) = (thousands(self.waiting_runs), thousands(self.runs));
            write!(f, ", {waiting} of {runs} runs wait for a person")
        } else if self.fulfilment == Fulfilment::Undecided {
            write!(f, ", more runs are needed")
        } else {
            Ok(())
        }
    }
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
    /// If the text has another form; the path of the problem is `require`.
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

    /// Checks the requirement against a study of the (changed) configuration. If
    /// runs wait for a person, the requirement is met or failed only if the answer
    /// is the same with all of them counted and with none. The probability of a
    /// false rollback is the worse of two: for a release as good as the baseline,
    /// and for the configuration's release, if that is healthy in the end.
    ///
    /// # Errors
    /// If the requirement is about a bad release, but the release is healthy.
    pub fn check(&self, report: &StudyReport) -> Result<RequirementReport, Problem> {
        let release = report.release.as_ref();
        let bad = || {
            release.filter(|_| report.release_is_bad).ok_or_else(|| {
                let message = format!("{}: the release is healthy, expected a bad one", self.text);
                Problem::new("require", message)
            })
        };
        let of = |case: &CaseReport, p: Estimate| self.held(p, case.p_waiting, report.runs);
        Ok(match self.measure {
            Measured::MissedRegression => of(bad()?, bad()?.p_completed),
            Measured::Caught => of(bad()?, bad()?.p_caught),
            Measured::FalseRollback => {
                let baseline = of(&report.healthy, report.healthy.p_rollback);
                let own = release
                    .filter(|_| !report.release_is_bad)
                    .map(|case| of(case, case.p_false_rollback));
                match own {
                    Some(own)
                        if (own.fulfilment, own.distance)
                            >= (baseline.fulfilment, baseline.distance) =>
                    {
                        own
                    }
                    _ => baseline,
                }
            }
        })
    }

    /// Checks the bound against a probability, given the probability of waiting.
    fn held(&self, found: Estimate, waiting: Estimate, runs: u64) -> RequirementReport {
        let waiting_runs = waiting.count(runs);
        let at_most = Estimate::of(found.count(runs) + waiting_runs, runs);
        let fulfilment = match (self.fulfilment(&found), self.fulfilment(&at_most)) {
            (without, with) if without == with => with,
            _ => Fulfilment::Undecided,
        };
        let beyond = found.estimate - self.bound;
        RequirementReport {
            requirement: self.text.clone(),
            fulfilment,
            found,
            distance: if self.at_most { beyond } else { -beyond },
            runs,
            waiting_runs,
        }
    }

    fn fulfilment(&self, found: &Estimate) -> Fulfilment {
        let (inside, outside) = match self.at_most {
            true => (found.high <= self.bound, found.low > self.bound),
            false => (found.low >= self.bound, found.high < self.bound),
        };
        match (inside, outside) {
            (true, _) => Fulfilment::Met,
            (_, true) => Fulfilment::Failed,
            _ => Fulfilment::Undecided,
        }
    }
}
