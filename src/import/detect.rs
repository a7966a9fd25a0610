//! What kind of document a foreign file has, from its own keys.

use crate::message::shown;
use crate::reading::{Node, View};

/// The message about a template that is not rendered.
pub(super) const TEMPLATE: &str = "this is a template of Helm, which is not YAML before it is \
                                   rendered; read what `helm template` or `kubectl get -o yaml` \
                                   writes";

/// The kind of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Argo: `Rollout`.
    ArgoRollout,
    /// Argo: `AnalysisTemplate`.
    ArgoTemplate,
    /// Argo: `ClusterAnalysisTemplate`.
    ArgoClusterTemplate,
    /// Argo: `AnalysisRun`.
    ArgoRun,
    /// Argo: `Experiment`.
    ArgoExperiment,
    /// Flagger: `Canary`.
    FlaggerCanary,
    /// Flagger: `MetricTemplate`.
    FlaggerTemplate,
    /// Flagger: `AlertProvider`.
    FlaggerAlert,
    /// A template of CloudFormation or SAM in which something is deployed step by step.
    AwsTemplate,
    /// Another template of CloudFormation or SAM.
    AwsOther,
    /// A deployment configuration of CodeDeploy.
    CodeDeploy,
    /// The name of a predefined deployment configuration, alone.
    CodeDeployName,
    /// A canary configuration of Kayenta, perhaps with a request to run it.
    Kayenta,
    /// A safe rollout or ramp schedule of GrowthBook.
    GrowthBook,
    /// Another object of Kubernetes.
    Kubernetes,
    /// A configuration of this program.
    Own,
    /// Nothing that its keys identify.
    Unknown,
}

/// The kind of a document.
pub(super) fn kind(node: &Node) -> Kind {
    if let View::Text(text) = node.view() {
        return if is_predefined(text) { Kind::CodeDeployName } else { Kind::Unknown };
    }
    if let (Some(version), Some(kind)) = (node.get_text("apiVersion"), node.get_text("kind")) {
        let group = version.split('/').next().unwrap_or_default();
        return match (group, kind) {
            ("argoproj.io", "Rollout") => Kind::ArgoRollout,
            ("argoproj.io", "AnalysisTemplate") => Kind::ArgoTemplate,
            ("argoproj.io", "ClusterAnalysisTemplate") => Kind::ArgoClusterTemplate,
            ("argoproj.io", "AnalysisRun") => Kind::ArgoRun,
            ("argoproj.io", "Experiment") => Kind::ArgoExperiment,
            ("flagger.app", "Canary") => Kind::FlaggerCanary,
            ("flagger.app", "MetricTemplate") => Kind::FlaggerTemplate,
            ("flagger.app", "AlertProvider") => Kind::FlaggerAlert,
            _ => Kind::Kubernetes,
        };
    }
    let has = |key: &str| node.get(key).is_some();
    let is_template = has("AWSTemplateFormatVersion")
        || has("Transform")
        || node.get("Resources").is_some_and(|all| all.entries().any(|(_, _, one)| is_aws(one)));
    if is_template {
        let deploys =
            node.get("Globals").is_some_and(|globals| mentions(globals, "DeploymentPreference"))
                || node
                    .get("Resources")
                    .is_some_and(|all| all.entries().any(|(_, _, one)| deploys(one)));
        return if deploys { Kind::AwsTemplate } else { Kind::AwsOther };
    }
    let code_deploy = ["deploymentConfigName", "trafficRoutingConfig", "deploymentConfigInfo"];
    let kayenta = node.get("canaryConfig").unwrap_or(node);
    if code_deploy.into_iter().any(has) {
        Kind::CodeDeploy
    } else if kayenta.get("metrics").is_some()
        && (kayenta.get("classifier").is_some() || kayenta.get("judge").is_some())
    {
        Kind::Kayenta
    } else if has("stages") || has("controller") {
        Kind::Own
    } else if is_growth_book(node) {
        Kind::GrowthBook
    } else {
        let own = ["traffic", "baseline", "canary", "rules", "observation", "error_rate_threshold"];
        if own.into_iter().any(has) { Kind::Own } else { Kind::Unknown }
    }
}

fn is_aws(resource: &Node) -> bool {
    resource.get_text("Type").is_some_and(|name| name.starts_with("AWS::"))
}

/// Whether a resource of a template is deployed step by step.
fn deploys(resource: &Node) -> bool {
    let is_ecs = resource.get_text("Type") == Some("AWS::ECS::Service");
    let is_code_deploy =
        resource.get_text("Type").is_some_and(|name| name.starts_with("AWS::CodeDeploy::"));
    let strategies = || {
        let of = resource.get("Properties")?.get("DeploymentConfiguration")?;
        of.get("Strategy")
    };
    is_code_deploy
        || (is_ecs && strategies().is_some())
        || resource.get("Properties").is_some_and(|of| of.get("DeploymentPreference").is_some())
}

/// Whether a value has a key, at any depth.
fn mentions(node: &Node, key: &str) -> bool {
    node.entries().any(|(name, _, node)| name == key || mentions(node, key))
        || node.items().iter().any(|item| mentions(item, key))
}

fn is_growth_book(node: &Node) -> bool {
    const OF_RAMPS: [&str; 6] = [
        "rampSchedule",
        "safeRollout",
        "guardrailMetricIds",
        "guardrailMetrics",
        "monitoringConfig",
        "rampUpSchedule",
    ];
    node.get_text("type") == Some("safe-rollout")
        || OF_RAMPS.iter().any(|key| node.get(key).is_some())
        || node
            .get("steps")
            .is_some_and(|steps| steps.items().iter().any(|step| step.get("coverage").is_some()))
}

/// Whether a text is the name of a predefined deployment configuration, with or without
/// `CodeDeployDefault.`.
fn is_predefined(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    let name = text.strip_prefix("codedeploydefault.");
    let short = name.unwrap_or(&text);
    let short = short.trim_start_matches("lambda").trim_start_matches("ecs");
    let is_word = short.chars().all(|c| c.is_ascii_alphanumeric());
    let begins = ["canary1", "linear1", "allatonce", "oneatatime", "halfatatime"];
    is_word && (name.is_some() || begins.iter().any(|word| short.starts_with(word)))
}

/// Whether a text contains actions of a template of Helm. Argo and Flagger have
/// placeholders in braces, too, such as `{{args.service}}` and `{{ namespace }}`.
pub(super) fn is_template(text: &str) -> bool {
    const OBJECTS: [&str; 5] = [".Values", ".Release", ".Chart", ".Capabilities", "$"];
    const ACTIONS: [&str; 8] =
        ["if ", "include ", "range ", "with ", "template ", "define ", "end", "toYaml "];
    text.split("{{").skip(1).any(|braces| {
        let inside = braces.trim_start_matches('-').trim_start();
        OBJECTS.iter().chain(&ACTIONS).any(|word| inside.starts_with(word))
    })
}

/// The line of the first value of a chart of Helm in a text that is YAML nevertheless,
/// because its placeholders are quoted.
pub(super) fn has_values(text: &str) -> Option<u32> {
    const OBJECTS: [&str; 4] = [".Values.", ".Release.", ".Chart.", ".Capabilities."];
    let has = |line: &str| {
        line.split("{{").skip(1).any(|braces| {
            let inside = braces.split("}}").next().unwrap_or_default();
            OBJECTS.iter().any(|word| inside.contains(word))
        })
    };
    text.lines().position(has).map(|line| line as u32 + 1)
}

/// What a document is, for a sentence: "an Argo Rollout", "a Kubernetes Deployment".
pub(super) fn name(node: &Node) -> String {
    match kind(node) {
        Kind::ArgoRollout => "an Argo Rollout".into(),
        Kind::ArgoTemplate => "an Argo AnalysisTemplate".into(),
        Kind::ArgoClusterTemplate => "an Argo ClusterAnalysisTemplate".into(),
        Kind::ArgoRun => "an Argo AnalysisRun".into(),
        Kind::ArgoExperiment => "an Argo Experiment".into(),
        Kind::FlaggerCanary => "a Flagger Canary".into(),
        Kind::FlaggerTemplate => "a Flagger MetricTemplate".into(),
        Kind::FlaggerAlert => "a Flagger AlertProvider".into(),
        Kind::AwsTemplate | Kind::AwsOther => "an AWS template".into(),
        Kind::CodeDeploy => "a CodeDeploy deployment configuration".into(),
        Kind::CodeDeployName => "the name of a CodeDeploy deployment configuration".into(),
        Kind::Kayenta => "a Kayenta canary configuration".into(),
        Kind::GrowthBook => "a GrowthBook ramp".into(),
        Kind::Own => "a configuration of this program".into(),
        Kind::Kubernetes => {
            let version = node.get_text("apiVersion").unwrap_or_default();
            let kind = shown(node.get_text("kind").unwrap_or_default());
            let group = version.split('/').next().unwrap_or_default();
            let is_core = ["v1", "apps", "batch", "autoscaling", "policy"].contains(&group);
            match group {
                _ if is_core || group.ends_with(".k8s.io") => format!("a Kubernetes {kind}"),
                "argoproj.io" => format!("an Argo {kind}"),
                "flagger.app" => format!("a Flagger {kind}"),
                _ => format!("a {kind} of {}", shown(group)),
            }
        }
        Kind::Unknown => "a file that its keys do not identify".into(),
    }
}

/// What to do about a document that cannot be read alone, without a full stop; `None`
/// if it is read.
pub(super) fn advice(node: &Node) -> Option<&'static str> {
    Some(match kind(node) {
        Kind::ArgoTemplate | Kind::ArgoClusterTemplate => {
            "it says how to measure, not what follows; give the Rollout that names it, too"
        }
        Kind::ArgoRun => "it is the record of one analysis; give the Rollout and its templates",
        Kind::ArgoExperiment => {
            "an experiment alone changes no traffic; give the Rollout with the step `experiment`"
        }
        Kind::FlaggerTemplate => "it says how to measure; give the Canary that names it, too",
        Kind::FlaggerAlert => "it only sends messages; give the Canary that names it",
        Kind::AwsOther => {
            "nothing in it is deployed step by step: no DeploymentPreference, no \
             AWS::CodeDeploy::DeploymentGroup, no deployment strategy of an ECS service"
        }
        Kind::Kubernetes => match node.get_text("kind").unwrap_or_default() {
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => {
                "its rolling update replaces pods as they become ready and judges nothing; give an \
                 Argo Rollout or a Flagger Canary for it"
            }
            "HTTPRoute" | "VirtualService" | "TrafficSplit" | "Ingress" | "DestinationRule" => {
                "it splits traffic, and something else changes the split; give the Rollout or the \
                 Canary that does"
            }
            "Application" | "ApplicationSet" | "Kustomization" | "HelmRelease" => {
                "it says where manifests come from; give the manifests that it renders"
            }
            "InferenceService" => {
                "KServe changes the share only where a person edits canaryTrafficPercent"
            }
            _ => "it does not say how a release is rolled out; give the Rollout or the Canary",
        },
        Kind::Own => "it is read as it is, without an import",
        Kind::Unknown => {
            "expected an Argo Rollout, a Flagger Canary, an AWS SAM or CloudFormation template, a \
             CodeDeploy deployment configuration, a Kayenta canary configuration or a GrowthBook \
             ramp"
        }
        _ => return None,
    })
}
