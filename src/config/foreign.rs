//! Recognizes files of other programs, so that the error can name them and say that an
//! import reads them. A file is named only if its own keys identify it.

use crate::message::shown;
use crate::reading::Node;

/// What is said of a file that an import reads.
const IMPORTED: &str = "not a configuration; an import makes one of it: `canary-rollout import`, \
                        or the place Yours of the page";
/// What is said of a file that does not decide a rollout.
const UNREAD: &str = "which does not say how a release is rolled out; an import reads a Rollout of \
                      Argo, a Canary of Flagger, an AWS template with a DeploymentPreference and \
                      a canary configuration of Kayenta";
/// What is said of a template.
const TEMPLATE: &str = "which is no YAML before it is rendered; give an import what `helm \
                        template` writes";

/// The keys and values that identify a document of another program.
#[derive(Default)]
struct Traits {
    api_version: Option<String>,
    kind: Option<String>,
    keys: Vec<String>,
    /// The macros of a CloudFormation template.
    transform: Option<String>,
}

/// The message about a tree, if it is a file of another program.
pub(super) fn of_tree(tree: &Node) -> Option<String> {
    let of_one = |tree: &Node| Traits {
        api_version: tree.get_text("apiVersion").map(str::to_string),
        kind: tree.get_text("kind").map(str::to_string),
        keys: tree.keys().map(str::to_string).collect(),
        transform: tree.get_text("Transform").map(str::to_string),
    };
    // A configuration of ours with an unknown key is reported for that key.
    if tree.get("stages").is_some() {
        return None;
    }
    // `kubectl get -o json` wraps several objects in a list.
    let items = tree.get("items").filter(|_| tree.get_text("kind") == Some("List"));
    let parts: Vec<Traits> = match items.map(Node::items) {
        Some(items) => items.iter().map(of_one).collect(),
        None => vec![of_one(tree)],
    };
    said(&parts)
}

/// The message about a text that cannot be read as one document, if it is a file of
/// another program: several documents, YAML tags, or a template.
pub(super) fn of_text(text: &str) -> Option<String> {
    let documents = documents(text);
    if is_helm_template(text) {
        let name = named(&documents).map(|(name, _)| format!(" of {name}")).unwrap_or_default();
        return Some(format!("this is a Helm template{name}, {TEMPLATE}"));
    }
    said(&documents)
}

/// Whether a text is a file of another program.
pub(crate) fn is_foreign(text: &str) -> bool {
    of_text(text).is_some()
}

/// The message about documents, if one is recognized.
fn said(parts: &[Traits]) -> Option<String> {
    let (name, decides) = named(parts)?;
    let what = if decides { IMPORTED } else { UNREAD };
    Some(format!("this is {name}, {what}"))
}

/// The name of the first part that is recognized, preferring parts that define a
/// rollout, and whether it does.
fn named(parts: &[Traits]) -> Option<(String, bool)> {
    let decides = parts.iter().find_map(|part| part.name(true)).map(|name| (name, true));
    let others = || parts.iter().find_map(|part| part.name(false)).map(|name| (name, false));
    decides.or_else(others)
}

impl Traits {
    fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|known| known == key)
    }

    /// "an Argo Rollout (kind Rollout, apiVersion argoproj.io/v1alpha1)".
    fn name(&self, decides_rollouts: bool) -> Option<String> {
        if let (Some(kind), Some(version)) = (&self.kind, &self.api_version) {
            let group = version.split('/').next().unwrap_or_default();
            let platform = match (group, kind.as_str()) {
                (
                    "argoproj.io",
                    "Rollout"
                    | "AnalysisTemplate"
                    | "ClusterAnalysisTemplate"
                    | "AnalysisRun"
                    | "Experiment",
                ) => "an Argo",
                ("flagger.app", _) => "a Flagger",
                _ if decides_rollouts => return None,
                ("v1" | "apps" | "batch" | "autoscaling" | "policy", _) => "a Kubernetes",
                (group, _) if group.ends_with(".k8s.io") => "a Kubernetes",
                _ => "a file of another program, a",
            };
            let (kind, version) = (shown(kind), shown(version));
            return Some(format!("{platform} {kind} (kind {kind}, apiVersion {version})"));
        }
        if let Some(transform) = &self.transform
            && transform.starts_with("AWS::Serverless-")
        {
            return Some(format!("an AWS SAM template (Transform {})", shown(transform)));
        }
        if self.has("AWSTemplateFormatVersion") {
            return Some("an AWS CloudFormation template (AWSTemplateFormatVersion)".to_string());
        }
        let is_kayentas = self.has("metrics") && self.has("classifier");
        is_kayentas.then(|| "a Kayenta canary configuration (keys metrics, classifier)".to_string())
    }
}

/// The documents of a YAML stream, by their keys in the first column.
fn documents(text: &str) -> Vec<Traits> {
    let mut documents = vec![Traits::default()];
    for line in text.lines() {
        if line.starts_with("---") {
            documents.push(Traits::default());
        }
        let (Some((key, value)), Some(document)) = (key_at_margin(line), documents.last_mut())
        else {
            continue;
        };
        let value = || Some(unquoted(value)).filter(|value| !value.is_empty());
        match key {
            "apiVersion" => document.api_version = value(),
            "kind" => document.kind = value(),
            "Transform" => document.transform = value(),
            _ => {}
        }
        document.keys.push(key.to_string());
    }
    documents
}

/// Splits a line `key: value` or `key:` that begins in the first column.
fn key_at_margin(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let key = key.trim_end().trim_matches(['"', '\'']);
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '$');
    let is_key = !key.is_empty() && key.chars().all(is_word);
    (is_key && (value.is_empty() || value.starts_with([' ', '\t', '\r']))).then_some((key, value))
}

fn unquoted(value: &str) -> String {
    let value = value.split(" #").next().unwrap_or_default();
    value.trim().trim_matches(['"', '\'']).to_string()
}

/// Whether the text contains actions of a Helm template. Argo and Flagger have
/// placeholders in braces, too, such as `{{args.service}}` and `{{ namespace }}`.
fn is_helm_template(text: &str) -> bool {
    const OBJECTS: [&str; 4] = [".Values", ".Release", ".Chart", ".Capabilities"];
    const ACTIONS: [&str; 6] = ["if ", "include ", "range ", "with ", "template ", "define "];
    let is_helms = |braces: &str| {
        let inside = braces.trim_start_matches('-').trim_start();
        OBJECTS.iter().chain(&ACTIONS).any(|word| inside.starts_with(word))
    };
    let is_yaml = text.trim_start().starts_with("{{") || looks_like_yaml(text);
    is_yaml && text.split("{{").skip(1).any(is_helms)
}

/// Whether the first line with content is YAML but not JSON.
fn looks_like_yaml(text: &str) -> bool {
    let says =
        |line: &&str| !line.trim().is_empty() && !line.starts_with('#') && !line.starts_with('%');
    let mut lines = text.trim_start_matches('\u{feff}').lines().filter(says);
    let first = lines.next().unwrap_or_default();
    first.trim_end() == "---" || first.starts_with("- ") || key_at_margin(first).is_some()
}
