//! Argo Rollouts: a Rollout with its AnalysisTemplates.

use serde_json::{Map, Value, json};

use super::argo_analysis::Analyses;
use super::configuration::Imported;
use super::detect::Kind;
use super::document::{Field, Files, IntOrString};
use super::named;
use crate::duration;
use crate::json::plain;
use crate::message::quoted;

const SPEC: [&str; 13] = [
    "replicas",
    "selector",
    "workloadRef",
    "template",
    "minReadySeconds",
    "strategy",
    "revisionHistoryLimit",
    "paused",
    "progressDeadlineSeconds",
    "progressDeadlineAbort",
    "restartAt",
    "analysis",
    "rollbackWindow",
];
const CANARY: [&str; 17] = [
    "canaryService",
    "stableService",
    "steps",
    "trafficRouting",
    "maxUnavailable",
    "maxSurge",
    "analysis",
    "antiAffinity",
    "canaryMetadata",
    "stableMetadata",
    "scaleDownDelaySeconds",
    "scaleDownDelayRevisionLimit",
    "abortScaleDownDelaySeconds",
    "dynamicStableScale",
    "pingPong",
    "minPodsPerReplicaSet",
    "replicaProgressThreshold",
];
const BLUE_GREEN: [&str; 14] = [
    "activeService",
    "previewService",
    "previewReplicaCount",
    "autoPromotionEnabled",
    "autoPromotionSeconds",
    "maxUnavailable",
    "scaleDownDelaySeconds",
    "scaleDownDelayRevisionLimit",
    "prePromotionAnalysis",
    "postPromotionAnalysis",
    "antiAffinity",
    "activeMetadata",
    "previewMetadata",
    "abortScaleDownDelaySeconds",
];
const STEP: [&str; 8] = [
    "setWeight",
    "pause",
    "experiment",
    "analysis",
    "setCanaryScale",
    "setHeaderRoute",
    "setMirrorRoute",
    "plugin",
];

/// Seconds until a new pod is ready, where the file does not say it.
const READY_SECONDS: f64 = 10.0;
/// Seconds after which a measurement with an error is tried again
/// (`DefaultErrorRetryInterval` in `analysis/analysis.go`).
const RETRY_SECONDS: f64 = 10.0;

/// Reads a Rollout. `None` without one, or after a fault.
pub(super) fn import(files: &Files<'_>) -> Option<Imported> {
    let document = files.only(Kind::ArgoRollout)?;
    let root = &document.root;
    let name = document.name().to_string();
    let _ = (root.get("apiVersion"), root.get("kind"));
    if let Some(metadata) = root.get("metadata") {
        metadata.ignored("names and labels");
    }
    if let Some(status) = root.get("status") {
        status.ignored("the state of a cluster");
    }
    let mut reader = Reader {
        analyses: Analyses::new(files, root),
        replicas: 1.0,
        ready_seconds: READY_SECONDS,
        plan_seconds: 0.0,
    };
    let spec = root.require("spec", "the specification of the Rollout")?;
    let controller = reader.spec(&spec, files)?;
    reader.analyses.ignore_unused();
    let title = match name.is_empty() {
        true => "Argo Rollout".to_string(),
        false => format!("Argo Rollout {name}"),
    };
    let measures = reader.analyses.measures();
    let seconds = if measures { vec![RETRY_SECONDS] } else { Vec::new() };
    let plan_seconds = reader.plan_seconds.max(600.0);
    Some(Imported { kind: "argo", name, title, controller, seconds, plan_seconds })
}

struct Reader<'a, 'f> {
    analyses: Analyses<'a, 'f>,
    replicas: f64,
    ready_seconds: f64,
    /// About how long the plan takes.
    plan_seconds: f64,
}

impl<'a> Reader<'a, '_> {
    fn spec(&mut self, spec: &Field<'a>, files: &Files<'_>) -> Option<Map<String, Value>> {
        spec.known(&SPEC);
        let mut argo = Map::new();
        match spec.get("replicas") {
            Some(field) => {
                if let Some(replicas) = field.whole_number(0, 10_000) {
                    self.replicas = replicas as f64;
                    let pods = if replicas == 1 { "pod" } else { "pods" };
                    field.read(format!("{replicas} {pods}"));
                }
                field.becomes("controller.argo.replicas");
            }
            None => spec.log().assume("the Rollout has 1 pod, for it gives no replicas".into()),
        }
        argo.insert("replicas".into(), json!(self.replicas));
        self.readiness(spec, files);
        argo.insert("ready_seconds".into(), json!(self.ready_seconds));
        if let Some(field) = spec.get("paused")
            && field.boolean() == Some(true)
        {
            field.not_modelled("a paused Rollout does not go on; it is simulated as if resumed");
        }
        if let Some(field) = spec.get("progressDeadlineSeconds")
            && let Some(seconds) = field.whole_number(1, i64::from(u32::MAX))
        {
            let after = duration::written(seconds as f64);
            field.read(format!("degraded after {after} without progress"));
            field.becomes("controller.argo.progress_deadline_seconds");
            argo.insert("progress_deadline_seconds".into(), json!(seconds));
        }
        if let Some(field) = spec.get("progressDeadlineAbort")
            && let Some(aborts) = field.boolean()
        {
            field.read(if aborts { "and aborted then" } else { "and not aborted then" });
            argo.insert("progress_deadline_abort".into(), json!(aborts));
        }
        let strategy = spec.require("strategy", "canary or blueGreen")?;
        strategy.known(&["canary", "blueGreen"]);
        strategy.becomes("controller.argo");
        match (strategy.get("canary"), strategy.get("blueGreen")) {
            (Some(_), Some(both)) => both.fault("stands beside canary, expected one of the two"),
            (Some(canary), None) => self.canary(&canary, &mut argo),
            (None, Some(blue_green)) => self.blue_green(&blue_green, &mut argo),
            (None, None) if strategy.node().get("canary").is_some() => {
                // `canary:` without a value is a canary without steps.
            }
            (None, None) => strategy.fault("found neither canary nor blueGreen, expected one"),
        }
        Some(argo)
    }

    /// How long a new pod takes to be ready: from its probes and `minReadySeconds`.
    fn readiness(&mut self, spec: &Field<'_>, files: &Files<'_>) {
        let of_template = |template: &Field<'_>| -> Option<f64> {
            let mut longest = None;
            let containers = template.at("spec.containers");
            for container in containers.iter().flat_map(Field::items) {
                for probe in ["startupProbe", "readinessProbe"] {
                    let delay = container.at(&format!("{probe}.initialDelaySeconds"));
                    let Some(delay) = delay else { continue };
                    if let Some(seconds) = delay.number() {
                        delay.read(format!("a new pod is ready after {} s", plain(seconds)));
                        longest = Some(seconds.max(longest.unwrap_or(0.0)));
                    }
                }
            }
            template.ignored("the pods themselves are not simulated");
            longest
        };
        let mut found = spec.get("template").and_then(|template| of_template(&template));
        if let Some(reference) = spec.get("workloadRef") {
            let kind = reference.get("kind").and_then(|kind| kind.text()).unwrap_or_default();
            let name = reference.get("name").and_then(|name| name.text()).unwrap_or_default();
            let is_it = |node: &crate::reading::Node| node.get_text("kind") == Some(&kind);
            let workload =
                files.named(Kind::Kubernetes, &name).filter(|one| is_it(one.root.node()));
            match workload {
                Some(workload) => {
                    reference.read(format!("the pods of the {kind} {}", named(&name)));
                    let template = workload.root.at("spec.template");
                    found = template.and_then(|template| of_template(&template)).or(found);
                    workload.root.ignored("the pods themselves are not simulated");
                }
                None => reference.read(format!(
                    "the pods of the {kind} {}, which these files do not have",
                    named(&name)
                )),
            }
            reference.whole();
        }
        let after = spec.get("minReadySeconds").and_then(|field| {
            let seconds = field.whole_number(0, 31_536_000)?;
            field.read(format!("a pod counts as available {seconds} s after it is ready"));
            Some(seconds as f64)
        });
        match (found, after) {
            (None, None) => spec.log().assume(format!(
                "a new pod is ready after {} s, for no probe says it",
                plain(READY_SECONDS)
            )),
            (found, after) => self.ready_seconds = found.unwrap_or(0.0) + after.unwrap_or(0.0),
        }
    }

    fn canary(&mut self, canary: &Field<'a>, argo: &mut Map<String, Value>) {
        canary.known(&CANARY);
        let surge = canary.get("maxSurge").and_then(|field| self.pods(&field, true));
        let unavailable = canary.get("maxUnavailable").and_then(|field| self.pods(&field, false));
        if let Some(surge) = surge {
            argo.insert("max_surge".into(), json!(surge));
        }
        if let Some(unavailable) = unavailable {
            argo.insert("max_unavailable".into(), json!(unavailable));
        }
        let routing = canary.get("trafficRouting");
        let dynamic = canary.get("dynamicStableScale").and_then(|field| {
            let dynamic = field.boolean()?;
            field.read(match dynamic {
                true => "the stable version is scaled down as the canary gets traffic",
                false => "the stable version keeps all its pods",
            });
            if routing.is_none() && dynamic {
                field.fault("needs trafficRouting");
            }
            Some(dynamic)
        });
        let fewest = canary.get("minPodsPerReplicaSet").and_then(|field| {
            let fewest = field.whole_number(0, 10_000)?;
            field.read(format!("at least {fewest} pods of a version that has any"));
            Some(fewest)
        });
        match &routing {
            Some(routing) => {
                let mut keys = Map::new();
                if let Some(field) = routing.get("maxTrafficWeight")
                    && let Some(weight) = field.whole_number(1, 1_000_000)
                {
                    field.read(format!("a weight of {weight} is all traffic"));
                    keys.insert("max_weight".into(), json!(weight));
                }
                if let Some(dynamic) = dynamic {
                    keys.insert("dynamic_stable_scale".into(), json!(dynamic));
                }
                if let Some(fewest) = fewest {
                    keys.insert("min_pods_per_replica_set".into(), json!(fewest));
                }
                let others = ["maxTrafficWeight", "managedRoutes"];
                let routers: Vec<&str> =
                    routing.node().keys().filter(|key| !others.contains(key)).collect();
                routing.read(match routers.is_empty() {
                    true => "the traffic is split by weight".to_string(),
                    false => format!("{} splits the traffic by weight", routers.join(" and ")),
                });
                routing.whole();
                routing.becomes("controller.argo.traffic_routing");
                argo.insert("traffic_routing".into(), Value::Object(keys));
            }
            None => canary.read(
                "the traffic follows the pods: the canary’s share is its ready pods of all ready \
                 pods",
            ),
        }
        if let Some(field) = canary.get("abortScaleDownDelaySeconds")
            && let Some(seconds) = field.whole_number(0, 31_536_000)
        {
            field.becomes("controller.argo.abort_scale_down_delay_seconds");
            match routing.is_some() {
                true => {
                    field.read(match seconds {
                        0 => "the canary’s pods stay after an abort".to_string(),
                        _ => format!("the canary’s pods stay for {seconds} s after an abort"),
                    });
                    argo.insert("abort_scale_down_delay_seconds".into(), json!(seconds));
                }
                false => field.ignored("without effect without trafficRouting"),
            }
        }
        if let Some(field) = canary.get("scaleDownDelaySeconds") {
            field.ignored("how long the old pods stay changes no traffic");
        }
        if let Some(field) = canary.get("replicaProgressThreshold") {
            self.threshold(&field, argo);
        }
        if let Some(field) = canary.get("pingPong") {
            field.ignored("which of two services is the stable one changes no traffic");
        }
        if let Some(steps) = canary.get("steps") {
            let items = steps.items();
            let steps: Vec<Value> =
                (0..).zip(&items).map(|(i, step): (usize, _)| self.step(step, i)).collect();
            argo.insert("steps".into(), Value::Array(steps));
            if let Some(last) = items.last()
                && last.has("setWeight")
                && last.get("setWeight").and_then(|weight| weight.number()) < Some(100.0)
            {
                last.warn(
                    "nothing follows this weight: as soon as its pods are ready, the canary gets \
                     all traffic",
                );
            }
        } else {
            canary.warn("has no steps: all pods are replaced at once as they become ready");
        }
        if let Some(field) = canary.get("analysis") {
            let path = "controller.argo.background";
            if let Some(mut analysis) = self.analyses.read(&field, path, true) {
                if let Some(start) = field.get("startingStep")
                    && let Some(step) = start.whole_number(0, 200)
                {
                    start.read(format!("from step {step} on, counted from 0"));
                    start.becomes(format!("{path}.starting_step"));
                    analysis.insert("starting_step".into(), json!(step));
                }
                argo.insert("background".into(), Value::Object(analysis));
            }
        }
    }

    /// A number of pods: a whole number, or a string, which Argo reads as a percentage of
    /// the replicas with or without `%`.
    fn pods(&self, field: &Field<'_>, up: bool) -> Option<f64> {
        let what = if up { "beyond the replicas" } else { "unavailable meanwhile" };
        let pods = match field.int_or_string()? {
            IntOrString::Int(pods) => {
                field.whole_number(0, 10_000)?;
                pods
            }
            IntOrString::Text(text) => {
                let number = text.strip_suffix('%').unwrap_or(&text).trim();
                let Some(percent) = number.parse::<f64>().ok().filter(|percent| *percent >= 0.0)
                else {
                    field.fault(format!("found {}, expected pods or percent", quoted(&text)));
                    return None;
                };
                if !text.ends_with('%') {
                    field.warn(format!(
                        "{} is a string, so it is {number} percent of the replicas, not {number} \
                         pods; write it without quotes for pods",
                        quoted(&text)
                    ));
                }
                let pods = self.replicas * percent / 100.0;
                if up { pods.ceil() } else { pods.floor() }
            }
        };
        field.read(format!(
            "at most {} {} {what}",
            plain(pods),
            if pods == 1.0 { "pod" } else { "pods" }
        ));
        field.becomes(format!("controller.argo.max_{}", if up { "surge" } else { "unavailable" }));
        Some(pods)
    }

    fn threshold(&self, field: &Field<'_>, argo: &mut Map<String, Value>) {
        let kind = field.get("type").and_then(|kind| kind.text());
        let value = field.get("value").and_then(|value| value.number());
        let (Some(kind), Some(value)) = (kind, value) else {
            return field.fault("expected type and value");
        };
        let key = match kind.as_str() {
            "Percent" | "Percentage" => "percent",
            "Pods" | "Pod" => "pods",
            _ => {
                let found = quoted(&kind);
                return field.fault(format!("type is {found}, expected \"Percent\" or \"Pods\""));
            }
        };
        field.read(format!("a step goes on at {} {key} available", plain(value)));
        field.becomes("controller.argo.replica_progress_threshold");
        argo.insert("replica_progress_threshold".into(), json!({ key: value }));
    }

    fn step(&mut self, step: &Field<'a>, index: usize) -> Value {
        let path = format!("controller.argo.steps[{index}]");
        step.known(&STEP);
        step.becomes(path.clone());
        let mut keys = Map::new();
        if let Some(field) = step.get("setWeight")
            && let Some(weight) = field.number()
        {
            field.becomes(format!("{path}.set_weight"));
            field.read(format!("the canary gets {} of the traffic", percent(weight)));
            self.plan_seconds += self.ready_seconds;
            keys.insert("set_weight".into(), json!(weight));
        }
        if let Some(field) = step.get("pause") {
            let pause = self.pause(&field, &path);
            keys.insert("pause".into(), pause);
        } else if step.node().get("pause").is_some() {
            step.fault("pause has no value, which Argo reads as no step; write `pause: {}`");
        }
        if let Some(field) = step.get("setCanaryScale") {
            field.becomes(format!("{path}.set_canary_scale"));
            keys.insert("set_canary_scale".into(), canary_scale(&field));
        }
        if let Some(field) = step.get("analysis") {
            let path = format!("{path}.analysis");
            if let Some(analysis) = self.analyses.read(&field, &path, false) {
                self.plan_seconds += self.analyses.longest_seconds();
                keys.insert("analysis".into(), Value::Object(analysis));
            }
        }
        if let Some(field) = step.get("experiment") {
            let path = format!("{path}.experiment");
            field.becomes(path.clone());
            let experiment = self.experiment(&field, &path);
            keys.insert("experiment".into(), Value::Object(experiment));
        }
        for (key, ours) in
            [("setHeaderRoute", "set_header_route"), ("setMirrorRoute", "set_mirror_route")]
        {
            if let Some(field) = step.get(key) {
                field.becomes(format!("{path}.{ours}"));
                keys.insert(ours.into(), route(&field, key == "setMirrorRoute"));
            }
        }
        if let Some(field) = step.get("plugin") {
            let name = field.get("name").and_then(|name| name.text()).unwrap_or_default();
            let plugin = named(&name);
            field.not_modelled(format!("the plugin {plugin} is taken to succeed at once"));
            if keys.is_empty() {
                keys.insert("pause".into(), json!({ "duration_seconds": 0 }));
            }
        }
        Value::Object(keys)
    }

    fn pause(&mut self, pause: &Field<'_>, path: &str) -> Value {
        pause.known(&["duration"]);
        let Some(field) = pause.get("duration") else {
            pause.read("waits until a person promotes");
            return json!({});
        };
        field.becomes(format!("{path}.pause.duration_seconds"));
        let seconds = match field.int_or_string() {
            Some(IntOrString::Int(_)) => field.whole_number(0, 31_536_000).map(|x| x as f64),
            Some(IntOrString::Text(text)) => {
                let seconds = duration::argo_pause(text.trim());
                if seconds.is_none_or(|seconds| seconds < 0.0) {
                    field.fault(format!(
                        "found {}, expected seconds, or a duration with units such as \"5m\" or \
                         \"1h30m\" (h, m, s; no days)",
                        quoted(&text)
                    ));
                }
                seconds
            }
            None => None,
        };
        let Some(seconds) = seconds.filter(|seconds| *seconds >= 0.0) else { return json!({}) };
        field.read(format!("waits {}, then goes on", duration::written(seconds)));
        self.plan_seconds += seconds;
        json!({ "duration_seconds": seconds })
    }

    fn experiment(&mut self, field: &Field<'a>, path: &str) -> Map<String, Value> {
        field.known(&["templates", "duration", "analyses", "dryRun", "analysisRunMetadata"]);
        let mut keys = Map::new();
        if let Some(length) = field.get("duration")
            && let Some(seconds) = length.go_seconds()
        {
            let long = duration::written(seconds);
            length.read(format!("lasts {long} from when its pods are available"));
            length.becomes(format!("{path}.duration_seconds"));
            self.plan_seconds += seconds;
            keys.insert("duration_seconds".into(), json!(seconds));
        }
        let mut weight = 0.0;
        let mut weights = Vec::new();
        for template in field.get("templates").iter().flat_map(Field::items) {
            let version = template.get("specRef").and_then(|version| version.text());
            let of = version.clone().unwrap_or_default();
            if let Some(given) = template.get("weight")
                && let Some(share) = given.number()
            {
                given.read(format!("{} of the traffic to the {of}", percent(share)));
                weights.push(share);
                weight += if of == "canary" { share } else { 0.0 };
            }
            template.read(format!("pods of the {of} version beside the rollout"));
            template.whole();
        }
        keys.insert("weight".into(), json!(weight));
        if weights.iter().sum::<f64>() > weight {
            field.warn("the weight of its other versions is taken to be the stable version’s");
        }
        let (mut metrics, mut required) = (Vec::new(), false);
        for analysis in field.get("analyses").iter().flat_map(Field::items) {
            if let Some(field) = analysis.get("requiredForCompletion") {
                required |= field.boolean() == Some(true);
            }
            let at = metrics.len();
            if let Some(mut read) = self.analyses.read_from(&analysis, path, false, at)
                && let Some(Value::Array(more)) = read.remove("metrics")
            {
                metrics.extend(more);
                self.plan_seconds += self.analyses.longest_seconds();
            }
        }
        if required {
            keys.insert("required_for_completion".into(), json!(true));
        }
        if !metrics.is_empty() {
            keys.insert("metrics".into(), Value::Array(metrics));
        }
        keys
    }

    fn blue_green(&mut self, field: &Field<'a>, argo: &mut Map<String, Value>) {
        field.known(&BLUE_GREEN);
        let mut keys = Map::new();
        let path = "controller.argo.blue_green";
        field.becomes(path);
        if let Some(field) = field.get("autoPromotionEnabled")
            && let Some(enabled) = field.boolean()
        {
            field.read(match enabled {
                true => "the new version gets the traffic without a person",
                false => "a person promotes the new version",
            });
            keys.insert("auto_promotion".into(), json!(enabled));
        }
        if let Some(field) = field.get("autoPromotionSeconds")
            && let Some(seconds) = field.whole_number(0, 31_536_000)
        {
            field.read(format!("promoted after {seconds} s all the same"));
            field.becomes(format!("{path}.auto_promotion_seconds"));
            self.plan_seconds += seconds as f64;
            keys.insert("auto_promotion_seconds".into(), json!(seconds));
        }
        if let Some(field) = field.get("scaleDownDelaySeconds")
            && let Some(seconds) = field.whole_number(0, 31_536_000)
        {
            field.read(format!("the old pods stay for {seconds} s"));
            field.becomes(format!("{path}.scale_down_delay_seconds"));
            self.plan_seconds += seconds as f64;
            keys.insert("scale_down_delay_seconds".into(), json!(seconds));
        }
        if let Some(field) = field.get("previewReplicaCount") {
            field.ignored(
                "the preview gets no traffic; the new version is scaled up in full before",
            );
        }
        for (key, ours) in
            [("prePromotionAnalysis", "pre_promotion"), ("postPromotionAnalysis", "post_promotion")]
        {
            if let Some(field) = field.get(key)
                && let Some(analysis) = self.analyses.read(&field, &format!("{path}.{ours}"), false)
            {
                self.plan_seconds += self.analyses.longest_seconds();
                keys.insert(ours.into(), Value::Object(analysis));
            }
        }
        argo.insert("blue_green".into(), Value::Object(keys));
    }
}

/// A weight in percent.
fn percent(weight: f64) -> String {
    format!("{} %", plain(weight))
}

fn canary_scale(field: &Field<'_>) -> Value {
    field.known(&["weight", "replicas", "matchTrafficWeight"]);
    let mut keys = Map::new();
    if let Some(weight) = field.get("weight").and_then(|weight| weight.number()) {
        field.read(format!("the canary gets {} of the pods", percent(weight)));
        keys.insert("weight".into(), json!(weight));
    }
    if let Some(replicas) = field.get("replicas").and_then(|replicas| replicas.number()) {
        field.read(format!("the canary gets {} pods", plain(replicas)));
        keys.insert("replicas".into(), json!(replicas));
    }
    if let Some(follows) = field.get("matchTrafficWeight").and_then(|follows| follows.boolean())
        && (follows || keys.is_empty())
    {
        field.read("the canary’s pods follow its weight");
        keys.insert("match_traffic_weight".into(), json!(follows));
    }
    field.whole();
    Value::Object(keys)
}

fn route(field: &Field<'_>, is_mirror: bool) -> Value {
    let name = field.get("name").and_then(|name| name.text()).unwrap_or_default();
    let mut keys = Map::new();
    keys.insert("name".into(), json!(name));
    let matches = field.get("match").is_some_and(|rules| !rules.items().is_empty());
    let share = field.get("percentage").and_then(|share| share.number());
    if matches {
        let percent = if is_mirror { share.unwrap_or(100.0) } else { 0.0 };
        keys.insert("percent".into(), json!(percent));
    }
    match (matches, is_mirror) {
        (false, _) => field.read(format!("removes the route {}", quoted(&name))),
        (true, true) => field.read("copies of requests go to the canary; no user sees its answers"),
        (true, false) => {
            field.guessed("requests with the header go to the canary; none are assumed to have it");
        }
    }
    field.whole();
    Value::Object(keys)
}
