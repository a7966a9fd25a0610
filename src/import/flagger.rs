//! Flagger: a Canary with its MetricTemplates.

use serde_json::{Map, Value, json};

use super::configuration::{Imported, measure};
use super::detect::Kind;
use super::document::{Field, Files};
use super::named;
use super::query::{Guess, Language, Measures, Metric, Of, Quantity, Unit};
use crate::duration;
use crate::json::plain;
use crate::message::quoted;
use crate::reading::{Node, View};

const SPEC: [&str; 15] = [
    "provider",
    "metricsServer",
    "targetRef",
    "autoscalerRef",
    "ingressRef",
    "routeRef",
    "upstreamRef",
    "service",
    "analysis",
    "canaryAnalysis",
    "progressDeadlineSeconds",
    "skipAnalysis",
    "revertOnDeletion",
    "suspend",
    "gatewayRef",
];
const ANALYSIS: [&str; 16] = [
    "interval",
    "iterations",
    "mirror",
    "mirrorWeight",
    "maxWeight",
    "stepWeight",
    "stepWeights",
    "stepWeightPromotion",
    "threshold",
    "primaryReadyThreshold",
    "canaryReadyThreshold",
    "alerts",
    "metrics",
    "webhooks",
    "match",
    "sessionAffinity",
];
const METRIC: [&str; 7] = [
    "name",
    "interval",
    "threshold",
    "thresholdRange",
    "query",
    "templateRef",
    "templateVariables",
];
const WEBHOOK: [&str; 9] =
    ["type", "name", "url", "muteAlert", "timeout", "metadata", "retries", "disableTLS", "payload"];

/// Flagger's own interval, and the least one (`GetAnalysisInterval` in `canary.go`).
const INTERVAL_SECONDS: f64 = 60.0;
const LEAST_INTERVAL_SECONDS: f64 = 10.0;
/// Seconds until new pods are ready, where no file says it.
const READY_SECONDS: f64 = 10.0;
/// Requests a second of a world that no configuration gives.
const REQUESTS_PER_SECOND: f64 = 170.0;
/// The share of requests that match, where nobody says it.
const MATCH_PERCENT: f64 = 10.0;
/// The largest step of the weight in a configuration; above 100 it changes nothing.
const MAX_STEP: i64 = 1_000;

/// Reads a Canary. `None` without one, or after a fault.
pub(super) fn import(files: &Files<'_>) -> Option<Imported> {
    let document = files.only(Kind::FlaggerCanary)?;
    let root = &document.root;
    let name = document.name().to_string();
    let _ = (root.get("apiVersion"), root.get("kind"));
    for (key, why) in [("metadata", "names and labels"), ("status", "the state of a cluster")] {
        if let Some(field) = root.get(key) {
            field.ignored(why);
        }
    }
    let spec = root.require("spec", "the specification of the Canary")?;
    let mut reader = Reader { files, used: Vec::new(), flagger: Map::new(), runs: 0.0 };
    reader.set("name", json!(name));
    let interval = reader.spec(&spec);
    for template in files.of(Kind::FlaggerTemplate) {
        if !reader.used.iter().any(|used| used.is_same(&template.root)) {
            template.root.ignored("the Canary does not name it");
        }
    }
    let title = match name.is_empty() {
        true => "Flagger Canary".to_string(),
        false => format!("Flagger Canary {name}"),
    };
    let plan_seconds = (reader.runs + 5.0) * interval;
    let controller = reader.flagger;
    Some(Imported { kind: "flagger", name, title, controller, seconds: Vec::new(), plan_seconds })
}

struct Reader<'a, 'f> {
    files: &'f Files<'a>,
    /// The templates that were named.
    used: Vec<Field<'a>>,
    flagger: Map<String, Value>,
    /// About how many runs the release takes.
    runs: f64,
}

/// A metric of the Canary as Flagger finds it.
struct Found<'a> {
    /// The field with the query, or the metric.
    field: Field<'a>,
    guess: Guess,
    /// Whether decimals are cut off.
    whole_numbers: bool,
    /// Whether the deprecated `threshold` is the smallest value.
    is_least: bool,
}

impl<'a> Reader<'a, '_> {
    fn set(&mut self, key: &str, value: Value) {
        self.flagger.insert(key.to_string(), value);
    }

    /// Reads the specification; gives the interval in seconds.
    fn spec(&mut self, spec: &Field<'a>) -> f64 {
        spec.known(&SPEC);
        for (key, why) in [
            ("metricsServer", "where metrics are stored"),
            ("autoscalerRef", "pods are not simulated"),
            ("ingressRef", "the name of an object"),
            ("routeRef", "the name of an object"),
            ("upstreamRef", "the name of an object"),
            ("gatewayRef", "the name of an object"),
            ("service", "names and routes of the service"),
            ("revertOnDeletion", "only for a deleted Canary"),
        ] {
            if let Some(field) = spec.get(key) {
                field.ignored(why);
            }
        }
        if let Some(field) = spec.get("provider")
            && let Some(provider) = field.text()
        {
            if provider == "kubernetes" {
                field.read("no router: always a blue-green release");
                self.set("provider", json!("kubernetes"));
            } else {
                field.read("splits the traffic by weight; all providers do so alike here");
            }
        }
        self.readiness(spec);
        if let Some(field) = spec.get("progressDeadlineSeconds")
            && let Some(seconds) = field.whole_number(1, 31_536_000)
        {
            field.read(format!(
                "failed after {} without progress",
                duration::written(seconds as f64)
            ));
            field.becomes("controller.flagger.progress_deadline_seconds");
            self.set("progress_deadline_seconds", json!(seconds));
        }
        if let Some(field) = spec.get("suspend")
            && field.boolean() == Some(true)
        {
            field.not_modelled("a suspended Canary does not go on; it is simulated as if resumed");
        }
        let skips = spec.get("skipAnalysis").and_then(|field| {
            let skips = field.boolean()?;
            field.read(if skips { "promoted without an analysis" } else { "analysed" });
            Some(skips)
        });
        let analysis = spec.first(&["analysis", "canaryAnalysis"]);
        if analysis.is_none() {
            spec.warn("has no analysis: the canary is promoted without one");
        }
        if skips == Some(true) || analysis.is_none() {
            self.set("skip_analysis", json!(true));
        }
        let interval = analysis.map(|analysis| self.analysis(&analysis));
        let interval = interval.unwrap_or(INTERVAL_SECONDS);
        self.set("interval_seconds", json!(interval));
        interval
    }

    /// How long pods take to be ready: from the target's probes and `minReadySeconds`.
    fn readiness(&mut self, spec: &Field<'a>) {
        let target = spec.get("targetRef");
        let of = |key: &str| {
            target.as_ref().and_then(|target| target.get(key)).and_then(|field| field.text())
        };
        let (kind, name) = (of("kind").unwrap_or_default(), of("name").unwrap_or_default());
        if let Some(target) = &target {
            target.whole();
            target.read(format!("the {kind} {}", named(&name)));
        }
        let is_it = |node: &Node| node.get_text("kind") == Some(kind.as_str());
        let workload = self.files.named(Kind::Kubernetes, &name);
        let workload = workload.filter(|one| is_it(one.root.node()));
        let mut seconds = None;
        if let Some(workload) = workload {
            let containers = workload.root.at("spec.template.spec.containers");
            for container in containers.iter().flat_map(Field::items) {
                for probe in ["startupProbe", "readinessProbe"] {
                    let delay = container.at(&format!("{probe}.initialDelaySeconds"));
                    if let Some(field) = delay
                        && let Some(delay) = field.number()
                    {
                        field.read(format!("a new pod is ready after {} s", plain(delay)));
                        seconds = Some(delay.max(seconds.unwrap_or(0.0)));
                    }
                }
            }
            if let Some(field) = workload.root.at("spec.minReadySeconds")
                && let Some(more) = field.number()
            {
                field
                    .read(format!("a pod counts as available {} s after it is ready", plain(more)));
                seconds = Some(seconds.unwrap_or(0.0) + more);
            }
            workload.root.ignored("the pods themselves are not simulated");
        }
        if seconds.is_none() {
            spec.log().assume(format!(
                "the canary and the primary are ready after {} s, for no probe says it",
                plain(READY_SECONDS)
            ));
        }
        let seconds = seconds.unwrap_or(READY_SECONDS).clamp(0.0, 31_536_000.0);
        self.set("canary_ready_seconds", json!(seconds));
        self.set("primary_ready_seconds", json!(seconds));
    }

    /// Reads the analysis; gives the interval in seconds.
    fn analysis(&mut self, analysis: &Field<'a>) -> f64 {
        analysis.known(&ANALYSIS);
        analysis.becomes("controller.flagger");
        let interval = self.interval(analysis);
        self.threshold(analysis);
        self.weights(analysis);
        for (key, why) in [
            ("alerts", "only messages"),
            ("mirrorWeight", "copies of requests are not simulated"),
            ("primaryReadyThreshold", "pods are not simulated one by one"),
            ("canaryReadyThreshold", "pods are not simulated one by one"),
        ] {
            if let Some(field) = analysis.get(key) {
                field.ignored(why);
            }
        }
        if let Some(field) = analysis.get("mirror")
            && field.boolean() == Some(true)
        {
            let what = "the canary gets copies of requests first; they are not simulated, so checks \
                        pass so long";
            field.not_modelled(what);
            self.set("mirror", json!(true));
        }
        if let Some(field) = analysis.get("sessionAffinity") {
            field.not_modelled(
                "users who once got the canary stay there, so that its share of users rises above \
                 the weight; the share of requests is simulated by weight alone",
            );
        }
        if let Some(field) = analysis.get("match") {
            field.whole();
            let what = format!("{} % of the requests meet these conditions", plain(MATCH_PERCENT));
            field.log().assume(what.clone());
            field.guessed(what);
            self.set("match_percent", json!(MATCH_PERCENT));
        }
        self.metrics(analysis, interval);
        self.webhooks(analysis);
        interval
    }

    fn interval(&self, analysis: &Field<'a>) -> f64 {
        let Some(field) = analysis.get("interval") else { return INTERVAL_SECONDS };
        field.becomes("controller.flagger.interval_seconds");
        let Some(text) = field.text() else { return INTERVAL_SECONDS };
        let seconds = match duration::go(&text) {
            None => {
                let written = quoted(&text);
                field.warn(format!("{written} is no duration; Flagger takes 1m in its place"));
                INTERVAL_SECONDS
            }
            Some(seconds) if seconds < LEAST_INTERVAL_SECONDS => {
                field.warn("is below 10s, which Flagger takes in its place");
                LEAST_INTERVAL_SECONDS
            }
            Some(seconds) => seconds,
        };
        field.read(format!("a run of Flagger each {}", duration::written(seconds)));
        seconds
    }

    fn threshold(&mut self, analysis: &Field<'a>) {
        let Some(field) = analysis.get("threshold") else { return };
        let Some(threshold) = field.whole_number(i64::from(i32::MIN), 100_000) else { return };
        let checks = if threshold <= 1 { "check" } else { "checks" };
        field.read(format!("rolled back at the run after {} failed {checks}", threshold.max(1)));
        field.becomes("controller.flagger.threshold");
        self.set("threshold", json!(threshold.max(1)));
    }

    fn weights(&mut self, analysis: &Field<'a>) {
        for (theirs, ours, most, words) in [
            ("maxWeight", "max_weight", 100, "promoted from a weight of"),
            ("stepWeight", "step_weight", MAX_STEP, "the weight rises by"),
            ("stepWeightPromotion", "step_weight_promotion", 100, "the primary’s weight rises by"),
            ("iterations", "iterations", 100_000, "runs with checks:"),
        ] {
            let Some(field) = analysis.get(theirs) else { continue };
            field.becomes(format!("controller.flagger.{ours}"));
            let Some(number) = field.whole_number(0, most) else { continue };
            if number == 0 {
                field.read("as if it were not given");
                continue;
            }
            let unit = if theirs == "iterations" { "" } else { " %" };
            field.read(format!("{words} {number}{unit}"));
            self.set(ours, json!(number));
            self.runs = match theirs {
                "iterations" => number as f64,
                _ => self.runs.max(100.0 / number as f64),
            };
        }
        let Some(field) = analysis.get("stepWeights") else { return };
        field.becomes("controller.flagger.step_weights");
        let items = field.items();
        let weights: Vec<i64> =
            items.iter().filter_map(|item| item.whole_number(0, MAX_STEP)).collect();
        let words: Vec<String> = weights.iter().map(i64::to_string).collect();
        field.read(format!("the weights {} %", words.join(", ")));
        self.runs = self.runs.max(weights.len() as f64);
        self.set("step_weights", json!(weights));
    }

    /// The metrics in the order in which Flagger checks them: its own ones and queries, then
    /// those of templates.
    fn metrics(&mut self, analysis: &Field<'a>, interval: f64) {
        let mut first: Vec<(Field<'a>, Map<String, Value>)> = Vec::new();
        let mut last = Vec::new();
        for metric in analysis.get("metrics").iter().flat_map(Field::items) {
            metric.known(&METRIC);
            let Some(name) = metric.get("name").and_then(|name| name.text()) else {
                metric.fault("has no name, expected one");
                continue;
            };
            let window = self.window(&metric);
            let is_own = ["request-success-rate", "request-duration"].contains(&name.as_str());
            let has = |key: &str| metric.has(key);
            if !is_own && !has("templateRef") && !has("query") {
                metric.fault(format!(
                    "{} has neither a templateRef nor a query and is no metric of Flagger itself \
                     (request-success-rate, request-duration): every check of it would fail",
                    quoted(&name)
                ));
                continue;
            }
            if is_own {
                let found = own(&metric, &name, window);
                first.push((metric.clone(), self.metric(&metric, &name, found)));
            }
            if let Some(query) = metric.get("query") {
                let found = self.query(&metric, &name, &query, Language::Prometheus, window);
                first.push((metric.clone(), self.metric(&metric, &name, found)));
            }
            if has("templateRef")
                && let Some(found) = self.template(&metric, &name, window)
            {
                last.push((metric.clone(), self.metric(&metric, &name, found)));
            }
        }
        let mut metrics = Vec::new();
        for (i, (field, keys)) in first.into_iter().chain(last).enumerate() {
            field.becomes(format!("controller.flagger.metrics[{i}]"));
            metrics.push(Value::Object(keys));
        }
        if metrics.is_empty() {
            let runs = duration::written(interval);
            analysis.warn(format!("has no metrics: nothing is measured each {runs}"));
        }
        self.set("metrics", Value::Array(metrics));
    }

    /// The window of a metric, in seconds; of Flagger itself 1m.
    fn window(&self, metric: &Field<'a>) -> f64 {
        let Some(field) = metric.get("interval") else { return 60.0 };
        let Some(text) = field.text() else { return 60.0 };
        match duration::prometheus(&text).or_else(|| duration::go(&text)) {
            Some(seconds) if seconds > 0.0 => {
                field.read(format!("measured over {}", duration::written(seconds)));
                seconds
            }
            _ => {
                field.fault(format!("found {}, expected a duration such as 1m", quoted(&text)));
                60.0
            }
        }
    }

    /// A metric of a MetricTemplate.
    fn template(&mut self, metric: &Field<'a>, name: &str, window: f64) -> Option<Found<'a>> {
        let reference = metric.get("templateRef")?;
        let at = reference.require("name", "the name of a MetricTemplate")?;
        let template = at.text()?;
        reference.whole();
        let Some(document) = self.files.named(Kind::FlaggerTemplate, &template) else {
            let guess = Guess {
                measures: Measures::new(Quantity::Nothing),
                why: format!("the MetricTemplate {} is not in these files", named(&template)),
            };
            let field = reference.clone();
            return Some(Found { field, guess, whole_numbers: false, is_least: false });
        };
        at.read("the template is in these files");
        let root = &document.root;
        self.used.push(root.clone());
        let _ = (root.get("apiVersion"), root.get("kind"));
        if let Some(metadata) = root.get("metadata") {
            metadata.ignored("names and labels");
        }
        let spec = root.require("spec", "the specification of the template")?;
        let provider = spec.get("provider");
        let kind = provider.as_ref().and_then(|provider| provider.get("type"));
        let kind = kind.and_then(|kind| kind.text()).unwrap_or_default();
        if let Some(provider) = provider {
            provider.whole();
        }
        let query = spec.require("query", "the query of the metric")?;
        let language = match kind.as_str() {
            "prometheus" => Language::Prometheus,
            "datadog" => Language::Datadog,
            "cloudwatch" => Language::CloudWatch,
            "newrelic" => Language::NewRelic,
            "graphite" => Language::Graphite,
            "influxdb" => Language::Influx,
            _ => Language::Other,
        };
        Some(self.query(metric, name, &query, language, window))
    }

    fn query(
        &self,
        metric: &Field<'a>,
        name: &str,
        query: &Field<'a>,
        language: Language,
        window: f64,
    ) -> Found<'a> {
        if let Some(variables) = metric.get("templateVariables") {
            variables.whole();
        }
        let text = match query.node().view() {
            View::Text(_) => query.query().unwrap_or_default(),
            _ => serde_json::to_string(query.node()).unwrap_or_default(),
        };
        let range = metric.get("thresholdRange");
        let limit = |key: &str| range.as_ref()?.get(key)?.number();
        let old = metric.get("threshold").and_then(|field| field.number());
        let limits: Vec<f64> = [limit("min"), limit("max"), old].into_iter().flatten().collect();
        let default_window = Some(window);
        let guess =
            Metric { name, text: &text, parts: &[], language, default_window, limits: &limits };
        let guess = guess.guess();
        Found { field: query.clone(), guess, whole_numbers: false, is_least: false }
    }

    /// The keys of a metric with its range.
    fn metric(&self, metric: &Field<'a>, name: &str, found: Found<'a>) -> Map<String, Value> {
        let Found { field, guess, whole_numbers, is_least } = found;
        if let Some(keys) = exported(&field) {
            return self.range(metric, keys, false).0;
        }
        let measures = metric.log().bind(name, &guess);
        let is_bound = measures != guess.measures;
        let mut keys = measure(metric, name, &measures);
        match (measures.quantity, is_bound) {
            (Quantity::Nothing, false) => field.not_modelled(format!(
                "nothing of this metric is simulated ({}), so every check of it passes; bind it to \
                 say what it measures",
                guess.why
            )),
            (_, true) => field.read(format!("{measures}, as the binding says")),
            (_, false) => field.guessed(format!("{measures}, because {}", guess.why)),
        }
        let (mut min, mut max);
        (keys, min, max) = self.range(metric, keys, is_least);
        if measures.quantity == Quantity::Fails {
            // No number of requests is below 0.
            (min, max) = (None, Some(-1.0));
            keys.remove("min");
            keys.insert("max".into(), json!(max));
        }
        let is_latency = measures.quantity == Quantity::Latency;
        if whole_numbers && is_latency {
            keys.insert("whole_numbers".into(), json!(true));
        }
        let is_rate = matches!(measures.quantity, Quantity::SuccessRate | Quantity::ErrorRate);
        let highest = min.into_iter().chain(max).fold(0.0, f64::max);
        if is_rate && measures.scale == 100.0 && highest > 0.0 && highest < 1.0 {
            metric.warn(format!("the value is in percent, and its limit is {}", plain(highest)));
        }
        if is_rate && measures.scale == 1.0 && highest > 1.0 {
            metric.warn(format!(
                "the value is a share from 0 to 1, and its limit is {}",
                plain(highest)
            ));
        }
        keys
    }

    /// The keys of a metric with its range, which is given as well.
    fn range(
        &self,
        metric: &Field<'a>,
        mut keys: Map<String, Value>,
        is_least: bool,
    ) -> (Map<String, Value>, Option<f64>, Option<f64>) {
        let (mut min, mut max) = (None, None);
        let old = metric.get("threshold");
        if let Some(range) = metric.get("thresholdRange") {
            let limit = |key: &str, words: &str| {
                let field = range.get(key)?;
                let limit = field.number()?;
                field.read(format!("a check fails {words} {}", plain(limit)));
                Some(limit)
            };
            (min, max) = (limit("min", "below"), limit("max", "above"));
            if let Some(old) = old {
                old.ignored("thresholdRange takes precedence");
            }
        } else {
            let limit = old.as_ref().and_then(|field| field.number());
            let which = if is_least { "below" } else { "above" };
            match (&old, limit) {
                (Some(field), Some(limit)) => {
                    field.read(format!("a check fails {which} {}", plain(limit)));
                }
                (None, _) if !is_least => {
                    metric.warn("has neither thresholdRange nor threshold: a check fails above 0")
                }
                _ => {}
            }
            let limit = limit.or((!is_least).then_some(0.0));
            (min, max) = if is_least { (limit, max) } else { (min, limit) };
        }
        for (key, limit) in [("min", min), ("max", max)] {
            if let Some(limit) = limit {
                keys.insert(key.into(), json!(limit));
            }
        }
        (keys, min, max)
    }

    fn webhooks(&mut self, analysis: &Field<'a>) {
        let mut hooks = Vec::new();
        for hook in analysis.get("webhooks").iter().flat_map(Field::items) {
            hook.known(&WEBHOOK);
            let text = |key: &str| hook.get(key).and_then(|field| field.text());
            let kind = text("type").unwrap_or_else(|| "rollout".to_string());
            let (name, url) = (text("name").unwrap_or_default(), text("url").unwrap_or_default());
            let kind = if kind.is_empty() { "rollout".to_string() } else { kind };
            let command = hook.at("metadata.cmd").and_then(|field| field.text());
            hook.whole();
            if kind == "rollout"
                && let Some(load) = command.as_deref().and_then(load_of)
            {
                self.load_test(&hook, &load);
                continue;
            }
            let answer = match kind.as_str() {
                "pre-rollout" | "rollout" => {
                    hook.guessed("taken to pass; the answer in the configuration can be changed");
                    "passes"
                }
                "confirm-rollout" | "confirm-traffic-increase" | "confirm-promotion" => {
                    match url.contains("/gate/halt") || url.contains("/gate/check") {
                        true => {
                            hook.read("a gate that is closed until a person opens it");
                            "fails"
                        }
                        false if url.contains("/gate/approve") => {
                            hook.read("a gate that is open");
                            "passes"
                        }
                        false => {
                            hook.guessed("a gate that is taken to be open");
                            "passes"
                        }
                    }
                }
                "rollback" => {
                    hook.read("rolls back as soon as it passes; taken not to");
                    "fails"
                }
                "post-rollout" | "event" => {
                    hook.ignored("changes nothing of the release");
                    continue;
                }
                _ => {
                    let kind = quoted(&kind);
                    hook.fault(format!(
                        "has the type {kind}, expected one of Flagger, such as rollout"
                    ));
                    continue;
                }
            };
            hook.becomes(format!("controller.flagger.webhooks[{}]", hooks.len()));
            hooks.push(json!({ "name": name, "type": kind.replace('-', "_"), "answer": answer }));
        }
        if !hooks.is_empty() {
            self.set("webhooks", Value::Array(hooks));
        }
    }

    fn load_test(&mut self, hook: &Field<'a>, load: &Load) {
        if !load.at_canary {
            hook.read("a load test of the whole service, which is part of its traffic");
            return;
        }
        let Some(per_second) = load.per_second else {
            hook.guessed("a load test at the canary, of which the rate is not told");
            self.set("load_test_percent", json!(MATCH_PERCENT));
            return;
        };
        let percent = (per_second / REQUESTS_PER_SECOND * 1_000.0).round() / 10.0;
        let percent = percent.clamp(0.0, 90.0);
        hook.guessed(format!("a load test at the canary: {} requests a second", plain(per_second)));
        hook.log().assume(format!(
            "{} % of all requests are those of the load test at the canary: {} of {} a second",
            plain(percent),
            plain(per_second),
            plain(REQUESTS_PER_SECOND)
        ));
        self.set("load_test_percent", json!(percent));
    }
}

/// What an exported query says that it measures, as the keys of a metric.
fn exported(query: &Field<'_>) -> Option<Map<String, Value>> {
    let View::Text(text) = query.node().view() else { return None };
    let metric: Value = serde_json::from_str(crate::export::exported_metric(text)?).ok()?;
    query.read("an exported query, which says what it measures");
    metric.as_object().cloned()
}

/// A metric of Flagger itself (`pkg/metrics/observers`).
fn own<'a>(metric: &Field<'a>, name: &str, window: f64) -> Found<'a> {
    let is_rate = name == "request-success-rate";
    let measures = Measures {
        of: Of::Canary,
        window_seconds: Some(window),
        scale: if is_rate { 100.0 } else { 1.0 },
        quantile: 0.99,
        unit: Unit::Milliseconds,
        ..Measures::new(if is_rate { Quantity::SuccessRate } else { Quantity::Latency })
    };
    let why = "it is a metric of Flagger itself".to_string();
    let guess = Guess { measures, why };
    Found { field: metric.clone(), guess, whole_numbers: !is_rate, is_least: is_rate }
}

/// A load test.
struct Load {
    /// Requests a second, if the command says it.
    per_second: Option<f64>,
    /// Whether the requests go to the canary's own service.
    at_canary: bool,
}

/// The load test of a command: of `hey -q 10 -c 2 URL` 10 requests a second of each of 2
/// workers. `None` if it is no load test.
fn load_of(command: &str) -> Option<Load> {
    const TOOLS: [&str; 6] = ["hey", "ghz", "wrk", "vegeta", "k6", "fortio"];
    let mut words = command.split_whitespace();
    let tool = words.next()?.rsplit('/').next()?;
    TOOLS.contains(&tool).then(|| {
        let words: Vec<&str> = words.collect();
        let number = |option: &str| {
            let at = words.iter().position(|word| *word == option)?;
            words.get(at + 1)?.parse::<f64>().ok().filter(|number| *number > 0.0)
        };
        let per_second = match tool {
            "hey" => number("-q").map(|rate| rate * number("-c").unwrap_or(50.0)),
            _ => None,
        };
        let at_canary = words.iter().any(|word| word.contains("-canary"));
        Load { per_second, at_canary }
    })
}
