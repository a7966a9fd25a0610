//! Requirements on a policy, for the gate of a pipeline:
//! `missed_regression(error_ratio=2)<=0.01`.
//!
//! A study with requirements ends as soon as each of them is certainly met or failed.
//! [`parse`] reads a requirement, [`figure`] says what it is about, [`watch`] decides it,
//! [`report`] says what was found.

mod figure;
mod parse;
mod report;
mod watch;

pub use report::{Fulfilment, Measure, QuantileFound, RequirementReport};
pub(super) use watch::Watches;
pub(crate) use watch::{OfPolicy, Scope, Source, Watch};

use crate::problem::Problem;
pub(crate) use figure::Figure;

/// The default of the probability that the answers of a gate are wrong.
pub const DEFAULT_ERROR_PROBABILITY: f64 = 0.001;
/// The largest probability of a wrong answer that may be asked for.
pub const MAX_ERROR_PROBABILITY: f64 = 0.5;
/// The default of the most runs of a study with requirements. Most need a few hundred.
pub const DEFAULT_GATE_RUNS: u64 = 1_000_000;

/// A required bound on a figure of a study, or on the difference of two figures that is
/// paired by seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    text: String,
    /// Fields of the configuration to change first, with their new values.
    changes: Vec<(String, f64)>,
    first: Term,
    /// What is subtracted, in the same run.
    minus: Option<Term>,
    statistic: Statistic,
    at_most: bool,
    bound: f64,
}

/// A figure that a search makes as small as possible, such as
/// `excess_errors(error_ratio=5)` or `duration_ticks.p95`.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    text: String,
    changes: Vec<(String, f64)>,
    pub(crate) term: Term,
    pub(crate) statistic: Statistic,
}

impl Objective {
    /// Reads a figure as it stands on the left of a [requirement](Requirement::parse): of one
    /// policy, without a bound. The mean of `excess_errors` is allowed here, because its
    /// interval need not hold after any number of runs.
    ///
    /// # Errors
    /// If the text has another form; the path of the problem is `least`.
    pub fn parse(text: &str) -> Result<Objective, Problem> {
        parse::objective(text)
    }

    /// The figure as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The fields of the configuration that the study needs changed, and their values.
    pub fn changes(&self) -> &[(String, f64)] {
        &self.changes
    }

    /// The name of another policy that the figure is of, if it is.
    pub fn policy(&self) -> Option<&str> {
        self.term.policy.as_deref()
    }
}

/// Requirements that one study answers: [`Requirement::grouped`].
#[derive(Clone, Debug, PartialEq)]
pub struct RequirementGroup<'a> {
    /// The fields of the configuration that the study needs changed, and their values.
    pub changes: &'a [(String, f64)],
    /// The indices of the requirements.
    pub places: Vec<usize>,
}

/// A figure, of a policy on a release.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Term {
    pub(crate) figure: Figure,
    /// The name of another policy; `None` for the configuration's own.
    policy: Option<String>,
    /// Of a release as good as the baseline, whatever the configuration's release is.
    pub(crate) on_healthy: bool,
}

/// What is asked of the values of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Statistic {
    /// The mean. Of a probability's 0 and 1 it is the probability.
    Mean,
    /// A quantile, in percent, above 0 and below 100.
    Quantile(f64),
}

impl Requirement {
    /// Reads a requirement: `FIGURE<=BOUND` or `FIGURE>=BOUND`.
    ///
    /// A figure is one of
    /// - the probabilities `false_rollback`, `missed_regression`, `caught`,
    ///   `rolled_back_too_soon`, `rollback`, `completed`, `waiting`;
    /// - the mean or a quantile of a number: `duration_ticks`, `ticks_to_rollback.p95`,
    ///   `excess_errors.p99.9`, `exposed_requests.mean`; `ticks` and `exposed` are short
    ///   names;
    /// - a difference in the same runs: `caught - caught(policy=NAME)`, or a quantile of
    ///   one: `(excess_errors - excess_errors(policy=NAME)).p95`.
    ///
    /// In parentheses stand, with commas, what is different from the study: `FIELD=NUMBER`
    /// for a field of the configuration, such as `error_ratio=5`; `policy=NAME` for another
    /// policy; `release=healthy` for a release as good as the baseline; `stage=NUMBER`, from
    /// 1, for rollbacks in that stage. A name with a comma or a parenthesis is written in
    /// double quotes.
    ///
    /// # Errors
    /// If the text has another form, or asks for what no number of runs can answer; the
    /// path of the problem is `require`.
    pub fn parse(text: &str) -> Result<Requirement, Problem> {
        parse::requirement(text)
    }

    /// The requirement as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The fields of the configuration that the study needs changed, and their values, in
    /// the order in which they are written.
    pub fn changes(&self) -> &[(String, f64)] {
        &self.changes
    }

    /// Requirements by their changes, because each change is a study of its own. The first
    /// group has no changes; it is there even if it has no requirements.
    pub fn grouped(requirements: &[Requirement]) -> Vec<RequirementGroup<'_>> {
        let mut groups = vec![RequirementGroup { changes: &[], places: Vec::new() }];
        for (place, requirement) in requirements.iter().enumerate() {
            let changes = requirement.changes();
            match groups.iter_mut().find(|group| group.changes == changes) {
                Some(group) => group.places.push(place),
                None => groups.push(RequirementGroup { changes, places: vec![place] }),
            }
        }
        groups
    }

    /// The names of the other policies that the study must have.
    pub fn policies(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.first).chain(&self.minus).filter_map(|term| term.policy.as_deref())
    }
}
