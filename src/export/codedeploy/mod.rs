//! A policy in the words of AWS CodeDeploy: a template of SAM or CloudFormation with what
//! is deployed, its deployment configuration, its hooks and its alarms.

mod alarms;
mod stages;
mod template;

use super::{Export, Names, Refusal, Target, other_controller};
use crate::config::{CodeDeployConfig, Config, ControllerConfig};

/// The policy in the words of AWS CodeDeploy.
pub(super) fn export(config: &Config, names: &Names) -> Result<Export, Refusal> {
    let (deployment, notes) = deployment_of(config)?;
    template::export(&deployment, config.world().tick_seconds, names, notes)
}

/// The policy as a deployment of AWS CodeDeploy, and what a person has to know of it.
fn deployment_of(config: &Config) -> Result<(CodeDeployConfig, Vec<String>), Refusal> {
    match &config.policy().controller {
        Some(ControllerConfig::CodeDeploy(deployment)) => Ok((deployment.clone(), Vec::new())),
        Some(_) => Err(other_controller(config, Target::CodeDeploy).unwrap_or_else(|| {
            Refusal::new("controller", "expected stages and rules, or AWS CodeDeploy")
        })),
        None => stages::of_stages(config),
    }
}

/// A logical name of a template, which has letters and digits only: `my-service` becomes
/// `MyService`. `otherwise` is the name if nothing is left.
fn logical(text: &str, otherwise: &str) -> String {
    const MAX_LENGTH: usize = 200;
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut name: String = if text.chars().all(|c| c.is_ascii_alphanumeric()) {
        text.to_owned()
    } else {
        words.flat_map(capitalized).collect()
    };
    name.truncate(MAX_LENGTH);
    if name.is_empty() { otherwise.to_owned() } else { name }
}

fn capitalized(word: &str) -> impl Iterator<Item = char> + '_ {
    word.chars().enumerate().map(|(i, c)| if i == 0 { c.to_ascii_uppercase() } else { c })
}
