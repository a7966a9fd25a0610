//! What a search asks of every candidate.

use std::sync::Arc;

use crate::config::{Config, ConfigError};
use crate::policy::{Policy, Prepared};
use crate::rollout::Plan;
use crate::study::{Objective, Person, Requirement};
use crate::world::RecordedWorld;

/// The bounds that must hold and the figures to be made least, with what all candidates have
/// in common.
#[derive(Clone, Debug)]
pub(super) struct Question {
    /// The changes of the configuration that the bounds and figures ask for; the first one
    /// is none.
    pub groups: Vec<Vec<(String, f64)>>,
    pub holds: Vec<Hold>,
    pub leasts: Vec<Least>,
    pub person: Option<Person>,
    pub horizon_ticks: u32,
    /// The probability that one answer about one bound of one candidate is wrong.
    pub error_each: f64,
    /// The recorded days that take the place of the world.
    pub recorded: Option<Arc<RecordedWorld>>,
}

/// A bound, with the index of its group of changes.
#[derive(Clone, Debug)]
pub(super) struct Hold {
    pub requirement: Requirement,
    pub group: usize,
}

/// A figure, with the index of its group of changes.
#[derive(Clone, Debug)]
pub(super) struct Least {
    pub objective: Objective,
    pub group: usize,
}

impl Question {
    /// The index of a group of changes, which is added if it is new.
    pub(super) fn group(&mut self, changes: &[(String, f64)]) -> usize {
        let known = self.groups.iter().position(|group| group == changes);
        known.unwrap_or_else(|| {
            self.groups.push(changes.to_vec());
            self.groups.len() - 1
        })
    }

    /// What the release of a configuration does: [`Plan::truth`].
    ///
    /// # Errors
    /// If the configuration does not fit the recorded days.
    pub(super) fn truth(&self, config: &Config) -> Result<Config, ConfigError> {
        match &self.recorded {
            None => Ok(config.clone()),
            Some(recorded) => recorded.truth_of(config).map_err(ConfigError::of_whole),
        }
    }

    /// The plan of a configuration. `None` if it does not fit the recorded days.
    pub(super) fn plan(&self, config: &Config) -> Option<Arc<Plan>> {
        let plan = match &self.recorded {
            None => Plan::new(config),
            Some(recorded) => Plan::over(config, Arc::clone(recorded)).ok()?,
        };
        Some(Arc::new(plan))
    }

    /// The longest that a rollout of a policy can take, in ticks.
    pub(super) fn most_ticks(&self, policy: &Policy) -> u64 {
        policy.most_ticks() + self.person.map_or(0, |person| person.most_ticks(policy))
    }
}
