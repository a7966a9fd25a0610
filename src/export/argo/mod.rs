//! A policy in the words of Argo Rollouts: a Rollout, and an AnalysisTemplate for each
//! analysis.

mod files;
mod steps;

use super::{Export, Names, Refusal, Target, other_controller};
use crate::config::{ArgoConfig, Config, ControllerConfig};

/// The policy in the words of Argo Rollouts.
pub(super) fn export(config: &Config, names: &Names) -> Result<Export, Refusal> {
    let (argo, notes) = rollout_of(config)?;
    files::export(&argo, names, notes)
}

/// The policy as a Rollout of Argo Rollouts, and what a person has to know of it.
///
/// # Errors
/// If Argo Rollouts has no words for a part of the policy, or if another controller
/// decides.
pub fn rollout_of(config: &Config) -> Result<(ArgoConfig, Vec<String>), Refusal> {
    match &config.policy().controller {
        Some(ControllerConfig::Argo(argo)) => match argo.metrics().find(|it| it.judge.is_some()) {
            Some(metric) => Err(Refusal::new(
                "controller.argo",
                format!(
                    "the metric {} is judged by Kayenta, whose configuration Argo Rollouts has \
                     elsewhere",
                    metric.measure.name
                ),
            )),
            None => Ok((argo.clone(), Vec::new())),
        },
        Some(_) => Err(other_controller(config, Target::Argo).unwrap_or_else(|| {
            Refusal::new("controller", "expected stages and rules, or Argo Rollouts")
        })),
        None => steps::of_stages(config),
    }
}
