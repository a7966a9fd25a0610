//! A policy in the words of a controller: a file for Argo Rollouts, Flagger or AWS
//! CodeDeploy.
//!
//! An export decides as the policy does, or it is refused with the part of the policy that
//! the controller has no words for. What is near enough, and what a person has to fill in,
//! is said in [`Export::notes`].

mod argo;
mod codedeploy;
mod flagger;
mod promql;
mod yaml;

pub use argo::rollout_of;
pub(crate) use promql::was_exported;
pub use promql::{exported_metric, query};

use std::fmt;

use serde::Serialize;

use crate::config::Config;
use crate::problem::Problem;

/// The controller that an export is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Argo Rollouts: a Rollout and its AnalysisTemplates.
    Argo,
    /// Flagger: a Canary and its MetricTemplates.
    Flagger,
    /// AWS CodeDeploy: a deployment configuration and its alarms.
    CodeDeploy,
}

impl Target {
    /// All targets.
    pub const ALL: [Target; 3] = [Target::Argo, Target::Flagger, Target::CodeDeploy];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Target::Argo => "argo",
            Target::Flagger => "flagger",
            Target::CodeDeploy => "codedeploy",
        }
    }

    /// The controller's name.
    pub fn title(self) -> &'static str {
        match self {
            Target::Argo => "Argo Rollouts",
            Target::Flagger => "Flagger",
            Target::CodeDeploy => "AWS CodeDeploy",
        }
    }
}

/// The names in a person's cluster that an export uses. Queries are for Prometheus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The name of the service, of its Deployment and of the files' objects.
    pub service: String,
    /// The address of Prometheus.
    pub prometheus: String,
    /// The counter of requests.
    pub requests: String,
    /// The histogram of latencies in seconds, without `_bucket`.
    pub latency: String,
    /// The label that tells the versions apart.
    pub version: String,
    /// Its value for the canary.
    pub canary: String,
    /// Its value for the stable version.
    pub stable: String,
    /// The label matcher that selects failed requests.
    pub failed: String,
}

impl Default for Names {
    fn default() -> Self {
        Names {
            service: "my-service".to_owned(),
            prometheus: "http://prometheus.monitoring:9090".to_owned(),
            requests: "http_requests_total".to_owned(),
            latency: "http_request_duration_seconds".to_owned(),
            version: "version".to_owned(),
            canary: "canary".to_owned(),
            stable: "stable".to_owned(),
            failed: "code=~\"5..\"".to_owned(),
        }
    }
}

/// The files of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Export {
    /// The files, at least one.
    pub files: Vec<ExportedFile>,
    /// What a person has to know or to fill in, a sentence each.
    pub notes: Vec<String>,
}

/// A file of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExportedFile {
    /// Its name, such as `rollout.yaml`.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Why a policy has no export: every part that the controller has no words for, with its
/// path in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The parts, at least one.
    pub problems: Vec<Problem>,
}

impl Refusal {
    /// A refusal for one reason.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Refusal { problems: vec![Problem::new(path, message)] }
    }
}

/// One line a part.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            let line_end = if i == 0 { "" } else { "\n" };
            write!(f, "{line_end}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}

/// The policy of a configuration in the words of a controller.
///
/// # Errors
/// If the controller has no words for a part of the policy, or if another controller
/// decides.
pub fn export(config: &Config, target: Target, names: &Names) -> Result<Export, Refusal> {
    match target {
        Target::Argo => argo::export(config, names),
        Target::Flagger => flagger::export(config, names),
        Target::CodeDeploy => codedeploy::export(config, names),
    }
}

/// The refusal of a policy of another controller than the target.
fn other_controller(config: &Config, target: Target) -> Option<Refusal> {
    let controller = config.policy().controller.as_ref()?;
    let (found, title) = (controller.name(), target.title());
    Some(Refusal::new(
        "controller",
        format!("{found} decides, expected stages and rules or {title}"),
    ))
}
