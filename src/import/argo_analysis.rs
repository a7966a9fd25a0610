//! The analyses of a Rollout of Argo Rollouts: AnalysisTemplates with their arguments.

use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::configuration::measure;
use super::detect::Kind;
use super::document::{Args, Document, Field, Files, IntOrString};
use super::named;
use super::query::{Guess, Language, Measures, Metric, Quantity};
use crate::duration;
use crate::export::{exported_metric, was_exported};
use crate::message::quoted;
use crate::reading::{Node, View};
use crate::rules::{Condition, ConditionErrorKind, Measured};

const METRIC: [&str; 11] = [
    "name",
    "interval",
    "initialDelay",
    "count",
    "successCondition",
    "failureCondition",
    "failureLimit",
    "inconclusiveLimit",
    "consecutiveErrorLimit",
    "consecutiveSuccessLimit",
    "provider",
];
/// The length of a point that Kayenta judges where the provider says none, in seconds.
const KAYENTA_STEP: f64 = 60.0;
/// The time that Kayenta judges in a measurement, in seconds. A template gets it as times
/// in its arguments.
const KAYENTA_WINDOW: f64 = 3_600.0;
/// How deep templates may name further templates.
const MAX_NESTED: u32 = 16;
/// A condition that is an error for every measurement: a list has one number.
const ALWAYS_AN_ERROR: &str = "result[9] > 0";

/// The analyses of a Rollout.
pub(super) struct Analyses<'a, 'f> {
    files: &'f Files<'a>,
    rollout: &'f Field<'a>,
    /// The templates that were named.
    used: Vec<Field<'a>>,
    /// Whether any metric measures something.
    measures: bool,
    /// How long the last analysis takes, in seconds.
    longest: f64,
}

/// A template with what was read of it.
struct Template<'a> {
    spec: Field<'a>,
}

impl<'a, 'f> Analyses<'a, 'f> {
    pub(super) fn new(files: &'f Files<'a>, rollout: &'f Field<'a>) -> Self {
        Analyses { files, rollout, used: Vec::new(), measures: false, longest: 0.0 }
    }

    /// Whether any metric measures something, so that a measurement may be an error.
    pub(super) fn measures(&self) -> bool {
        self.measures
    }

    /// How long the analysis that was read last takes if all succeeds, in seconds.
    pub(super) fn longest_seconds(&self) -> f64 {
        self.longest
    }

    /// Notes the templates that the Rollout does not name.
    pub(super) fn ignore_unused(&self) {
        for kind in [Kind::ArgoTemplate, Kind::ArgoClusterTemplate] {
            for document in self.files.of(kind) {
                let root = &document.root;
                if !self.used.iter().any(|used| used.is_same(root)) {
                    root.ignored("the Rollout does not name it");
                }
            }
        }
    }

    /// An analysis of the Rollout, as the part of the configuration at `path`.
    pub(super) fn read(
        &mut self,
        field: &Field<'a>,
        path: &str,
        background: bool,
    ) -> Option<Map<String, Value>> {
        self.read_from(field, path, background, 0)
    }

    /// The same, whose metrics are numbered from `first`.
    pub(super) fn read_from(
        &mut self,
        field: &Field<'a>,
        path: &str,
        background: bool,
        first: usize,
    ) -> Option<Map<String, Value>> {
        self.longest = 0.0;
        field.becomes(path);
        let mut templates = Vec::new();
        let mut metrics: Vec<Value> = Vec::new();
        self.templates(field, &mut templates, &mut metrics, 0);
        if templates.is_empty() && metrics.is_empty() {
            field.fault("names no template, expected templates with a templateName");
            return None;
        }
        let args = Rc::new(self.args(field, &templates));
        let mut dry = Vec::new();
        let from = [field.clone()].into_iter().chain(templates.iter().map(|one| one.spec.clone()));
        for source in from {
            for item in source.get("dryRun").iter().flat_map(Field::items) {
                dry.extend(item.get("metricName").and_then(|name| name.text()));
            }
            for ignored in ["measurementRetention", "analysisRunMetadata"] {
                if let Some(field) = source.get(ignored) {
                    field.ignored("changes no verdict");
                }
            }
        }
        let mut names: Vec<String> = Vec::new();
        for template in &templates {
            for metric in template.spec.get("metrics").iter().flat_map(Field::items) {
                let metric = metric.with_args(&args);
                let at = format!("{path}.metrics[{}]", first + metrics.len());
                let Some(read) = self.metric(&metric, &at, &dry) else { continue };
                let name = read.get("name").and_then(Value::as_str).unwrap_or_default();
                if names.iter().any(|known| known == name) {
                    metric.fault(format!(
                        "two metrics of one analysis have the name {}, expected different names",
                        quoted(name)
                    ));
                }
                names.push(name.to_string());
                metrics.push(Value::Object(read));
            }
        }
        let when = if background { "during the steps" } else { "before the next step" };
        let what: Vec<String> = names.iter().map(|name| quoted(name)).collect();
        field.read(format!("an analysis {when}: {}", what.join(", ")));
        Some(Map::from_iter([("metrics".to_string(), Value::Array(metrics))]))
    }

    /// The templates that an analysis, or a template, names.
    fn templates(
        &mut self,
        field: &Field<'a>,
        found: &mut Vec<Template<'a>>,
        metrics: &mut Vec<Value>,
        depth: u32,
    ) {
        let mut references: Vec<Field<'a>> =
            field.get("templates").iter().flat_map(Field::items).collect();
        // Before v0.6, and in experiments: one template.
        if references.is_empty() && field.has("templateName") {
            references.push(field.clone());
        }
        for reference in references {
            let Some(at) = reference.require("templateName", "the name of a template") else {
                continue;
            };
            let Some(name) = at.text() else { continue };
            let is_cluster = reference.get("clusterScope").and_then(|one| one.boolean());
            let kind = match is_cluster {
                Some(true) => Kind::ArgoClusterTemplate,
                _ => Kind::ArgoTemplate,
            };
            let Some(document) = self.files.named(kind.clone(), &name) else {
                let other = match kind {
                    Kind::ArgoTemplate => Kind::ArgoClusterTemplate,
                    _ => Kind::ArgoTemplate,
                };
                let hint = match self.files.named(other, &name) {
                    Some(_) => {
                        "; there is one of the other scope: `clusterScope: true` names a \
                         ClusterAnalysisTemplate"
                    }
                    None => "",
                };
                let word = if is_cluster == Some(true) { "Cluster" } else { "" };
                at.not_modelled(format!(
                    "the {word}AnalysisTemplate {} is not in these files, so this analysis is \
                     taken to succeed at once; give its file, too{hint}",
                    named(&name)
                ));
                metrics.push(json!({ "name": name, "measures": "nothing" }));
                continue;
            };
            at.read("the template is in these files");
            if let Some(spec) = self.template(document) {
                let known = found.iter().any(|one| one.spec.is_same(&spec));
                if known {
                    continue;
                }
                found.push(Template { spec: spec.clone() });
                if depth < MAX_NESTED && spec.has("templates") {
                    self.templates(&spec, found, metrics, depth + 1);
                }
            }
        }
    }

    fn template(&mut self, document: &Document<'a>) -> Option<Field<'a>> {
        let root = &document.root;
        if !self.used.iter().any(|used| used.is_same(root)) {
            self.used.push(root.clone());
        }
        let _ = (root.get("apiVersion"), root.get("kind"));
        if let Some(metadata) = root.get("metadata") {
            metadata.ignored("names and labels");
        }
        let spec = root.require("spec", "the specification of the template")?;
        spec.known(&["metrics", "args", "templates", "dryRun", "measurementRetention"]);
        Some(spec)
    }

    /// The values of `{{args.NAME}}`: those of the templates, then those of the Rollout.
    fn args(&self, field: &Field<'a>, templates: &[Template<'a>]) -> Args {
        let mut args = Args::default();
        let mut missing: Vec<(String, Field<'a>)> = Vec::new();
        for template in templates {
            for arg in template.spec.get("args").iter().flat_map(Field::items) {
                let Some(name) = arg.get("name").and_then(|name| name.text()) else { continue };
                if !self.arg(&mut args, &name, &arg) && !args.contains(&name) {
                    missing.push((name, arg));
                }
            }
        }
        for arg in field.get("args").iter().flat_map(Field::items) {
            let Some(name) = arg.get("name").and_then(|name| name.text()) else { continue };
            if !self.arg(&mut args, &name, &arg) {
                arg.fault(format!("the argument {} has no value, expected one", quoted(&name)));
            }
        }
        for (name, arg) in missing {
            if !args.contains(&name) {
                args.insert_unknown(&name, String::new());
                let name = quoted(&name);
                arg.fault(format!(
                    "the argument {name} has no value: give it one here, or under args of the \
                     Rollout’s analysis"
                ));
            }
        }
        args
    }

    /// Reads the value of an argument; whether it has one.
    fn arg(&self, args: &mut Args, name: &str, arg: &Field<'a>) -> bool {
        if let Some(value) = arg.get("value") {
            if let Some(value) = value.text() {
                args.insert(name, value);
            }
            return true;
        }
        let Some(from) = arg.get("valueFrom") else { return false };
        if let Some(hash) = from.get("podTemplateHashValue") {
            let version = hash.text().unwrap_or_default();
            let is_canary = version == "Latest";
            args.insert(name, if is_canary { "canary" } else { "stable" }.to_string());
            hash.read(if is_canary {
                "the canary’s pods"
            } else {
                "the stable version’s pods"
            });
        } else if let Some(path) = from.at("fieldRef.fieldPath") {
            let path = path.text().unwrap_or_default();
            match self.value_at(&path) {
                Some(value) => args.insert(name, value),
                None => args.insert_unknown(name, format!("the Rollout has no {path}")),
            }
        } else {
            args.insert_unknown(name, "it comes from a secret or a config map".to_string());
            from.ignored("a value of the cluster");
        }
        true
    }

    /// The text at a path of the Rollout, such as `metadata.labels['region']`.
    fn value_at(&self, path: &str) -> Option<String> {
        let path = path.replace("['", ".").replace("[\"", ".").replace("']", "").replace("\"]", "");
        let mut node: &Node = self.rollout.node();
        for key in path.split('.') {
            node = node.get(key)?;
        }
        match node.view() {
            View::Text(text) => Some(text.to_string()),
            View::Number(number) => Some(crate::json::plain(number)),
            _ => None,
        }
    }

    fn metric(
        &mut self,
        metric: &Field<'a>,
        path: &str,
        dry: &[String],
    ) -> Option<Map<String, Value>> {
        metric.known(&METRIC);
        metric.becomes(path);
        let name = metric.require("name", "the metric’s name")?.text()?;
        let provider = metric.require("provider", "where the metric is measured")?;
        let success = self.condition(metric, "successCondition");
        let failure = self.condition(metric, "failureCondition");
        let thresholds = [&success, &failure].into_iter().filter_map(|found| match found {
            Found::Condition(condition) => condition.threshold(),
            _ => None,
        });
        let limits: Vec<f64> = thresholds.collect();
        let interval = metric.get("interval").and_then(|field| {
            let seconds = field.go_seconds()?;
            field.read(format!("a measurement each {}", duration::written(seconds)));
            field.becomes(format!("{path}.interval_seconds"));
            Some(seconds)
        });
        if let Some(judge) = self.judge(&provider, path) {
            let mut keys = Map::new();
            keys.insert("name".into(), json!(name));
            keys.extend(judge);
            self.measures = true;
            self.repetitions(metric, path, interval, dry, &name, &mut keys);
            return Some(keys);
        }
        let source = source(&provider, &name, &limits)?;
        let is_given = metric.log().options().bind.contains_key(&name);
        let is_simulated =
            ![&success, &failure].iter().any(|found| matches!(found, Found::NotModelled));
        let exported = source.exported.clone().filter(|_| !is_given && is_simulated);
        let mut measures = match &exported {
            Some(_) => source.guess.measures,
            None => metric.log().bind(&name, &source.guess),
        };
        let is_bound = measures != source.guess.measures;
        if !is_simulated {
            measures = Measures::new(Quantity::Nothing);
        }
        // A result that is no number, such as a word of a web service.
        let is_text = source.is_free && !is_bound && !self.takes_numbers(&success, &failure);
        if is_text {
            measures = Measures::new(Quantity::Nothing);
        }
        let mut keys = match exported.clone() {
            Some(mut keys) => {
                keys.insert("name".into(), json!(name));
                metric.log().read_of_export(&name, &source.guess, &keys);
                source.field.read("what its first line says: it was exported from a policy");
                keys
            }
            None => {
                self.say(metric, &source, &measures, is_bound, &limits);
                if was_exported(&source.text) {
                    source.field.warn(
                        "was edited since it was exported, so its first line no longer counts",
                    );
                }
                measure(metric, &name, &measures)
            }
        };
        match measures.quantity {
            Quantity::Nothing if exported.is_none() => {}
            Quantity::Fails if exported.is_none() => {
                keys.insert("failure_condition".into(), json!("true"));
            }
            _ => {
                self.measures = true;
                for (key, found) in
                    [("success_condition", &success), ("failure_condition", &failure)]
                {
                    let text = match found {
                        Found::Condition(condition) => condition.text(),
                        Found::AlwaysAnError => ALWAYS_AN_ERROR,
                        Found::None | Found::NotModelled => continue,
                    };
                    keys.insert(key.into(), json!(text));
                }
                if source.is_number {
                    keys.insert("result_is_number".into(), json!(true));
                }
                self.check_conditions(metric, &[&success, &failure], source.is_number);
            }
        }
        self.repetitions(metric, path, interval, dry, &name, &mut keys);
        Some(keys)
    }

    /// Kayenta's judge, where the canary configuration that a provider names is among the
    /// files.
    fn judge(&self, provider: &Field<'a>, path: &str) -> Option<Map<String, Value>> {
        let from = provider.get("kayenta")?;
        let wanted = from.get("canaryConfigName")?;
        let name = wanted.text()?;
        let mut all = self.files.of(Kind::Kayenta);
        let named = |root: &Field<'a>| {
            let config = root.get("canaryConfig").unwrap_or_else(|| root.clone());
            (config.get("name").and_then(|name| name.text()).as_deref() == Some(&name))
                .then_some(config)
        };
        let config = all.find_map(|document| named(&document.root))?;
        wanted.read(format!("the judge of the canary configuration {}", quoted(&name)));
        let mut step = None;
        for scope in from.get("scopes").iter().flat_map(Field::items) {
            if let Some(field) = scope.at("experimentScope.step")
                && let Some(seconds) = field.number().filter(|seconds| *seconds > 0.0)
            {
                field.read(format!("a point each {}", duration::written(seconds)));
                step = step.or(Some(seconds));
            }
        }
        let step = step.unwrap_or(KAYENTA_STEP);
        let path = format!("{path}.judge");
        let judge = super::kayenta::judge(&config, step, from.get("thresholds"), &path);
        from.log().assume(format!(
            "Kayenta’s judge {} reads the points of the last hour in each measurement",
            quoted(&name)
        ));
        from.whole();
        let mut keys = Map::new();
        keys.insert("judge".into(), Value::Object(judge));
        keys.insert("window_seconds".into(), json!(KAYENTA_WINDOW));
        Some(keys)
    }

    /// When a metric is measured, how often, and what may fail.
    fn repetitions(
        &mut self,
        metric: &Field<'a>,
        path: &str,
        interval: Option<f64>,
        dry: &[String],
        name: &str,
        keys: &mut Map<String, Value>,
    ) {
        if let Some(interval) = interval {
            keys.insert("interval_seconds".into(), json!(interval));
        }
        let mut delay = 0.0;
        if let Some(field) = metric.get("initialDelay")
            && let Some(seconds) = field.go_seconds()
        {
            field.read(format!("the first measurement after {}", duration::written(seconds)));
            field.becomes(format!("{path}.initial_delay_seconds"));
            keys.insert("initial_delay_seconds".into(), json!(seconds));
            delay = seconds;
        }
        let mut count = 1.0;
        for (theirs, ours, words) in [
            ("count", "count", "measurements without an error"),
            ("failureLimit", "failure_limit", "failed measurements are allowed"),
            ("inconclusiveLimit", "inconclusive_limit", "inconclusive measurements are allowed"),
            ("consecutiveErrorLimit", "consecutive_error_limit", "errors in a row are allowed"),
            (
                "consecutiveSuccessLimit",
                "consecutive_success_limit",
                "successes in a row are enough",
            ),
        ] {
            let Some(field) = metric.get(theirs) else { continue };
            field.becomes(format!("{path}.{ours}"));
            let Some(number) = whole(&field) else { continue };
            field.read(format!("{} {words}", crate::json::plain(number)));
            count = if theirs == "count" { number.max(1.0) } else { count };
            keys.insert(ours.into(), json!(number));
        }
        self.longest = self.longest.max(delay + interval.unwrap_or(0.0) * (count - 1.0));
        if dry.iter().any(|pattern| matches_name(pattern, name)) {
            metric.read("measured without any effect (dryRun)");
            keys.insert("dry_run".into(), json!(true));
        }
    }

    /// A condition of a metric.
    fn condition(&self, metric: &Field<'a>, key: &str) -> Found {
        let Some(field) = metric.get(key) else { return Found::None };
        let Some(text) = field.text() else { return Found::None };
        match Condition::parse(&text) {
            Ok(condition) => {
                let verdict = match key {
                    "successCondition" => "a measurement fails unless",
                    _ => "a measurement fails if",
                };
                field.read(format!("{verdict} {}", condition.text()));
                Found::Condition(Box::new(condition))
            }
            Err(error) if error.kind == ConditionErrorKind::NotModelled => {
                field.not_modelled(format!(
                    "this condition is not simulated ({error}); the metric is taken to succeed"
                ));
                Found::NotModelled
            }
            Err(error) => {
                field.warn(format!(
                    "Argo cannot evaluate this ({error}): every measurement is an error, and the \
                     fifth in a row aborts"
                ));
                field.read("every measurement is an error");
                Found::AlwaysAnError
            }
        }
    }

    /// Whether a condition can be evaluated for a number.
    fn takes_numbers(&self, success: &Found, failure: &Found) -> bool {
        let takes = |found: &Found| match found {
            Found::Condition(condition) => {
                condition.threshold().is_some()
                    && [Measured::Number(0.5), Measured::Vector(&[0.5])]
                        .into_iter()
                        .any(|measured| condition.evaluate(measured).is_ok())
            }
            _ => false,
        };
        takes(success) || takes(failure)
    }

    /// Warns of a condition that no number satisfies its types.
    fn check_conditions(&self, metric: &Field<'a>, conditions: &[&Found], is_number: bool) {
        for found in conditions {
            let Found::Condition(condition) = found else { continue };
            let measured = match is_number {
                true => Measured::Number(0.5),
                false => Measured::Vector(&[0.5]),
            };
            if condition.evaluate(measured).is_err() {
                let hint = match is_number {
                    true => "the result is a number here: write result, not result[0]",
                    false => "the result is a list here: write result[0]",
                };
                metric.warn(format!(
                    "every measurement is an error, for {} does not fit the result; {hint}",
                    quoted(condition.text())
                ));
            }
        }
    }

    /// Says what the metric measures, and what is odd about it.
    fn say(
        &self,
        metric: &Field<'a>,
        source: &Source<'a>,
        measures: &Measures,
        is_bound: bool,
        limits: &[f64],
    ) {
        let field = &source.field;
        let why = &source.guess.why;
        match (measures.quantity, is_bound) {
            (Quantity::Nothing, false) => field.not_modelled(format!(
                "nothing of this metric is simulated ({why}), so every measurement succeeds; \
                 bind it to say what it measures"
            )),
            (_, true) => field.read(format!("{measures}, as the binding says")),
            (_, false) => field.guessed(format!("{measures}, because {why}")),
        }
        let is_rate = matches!(measures.quantity, Quantity::SuccessRate | Quantity::ErrorRate);
        let highest = limits.iter().copied().fold(0.0, f64::max);
        if is_rate && measures.scale == 100.0 && highest > 0.0 && highest <= 1.0 {
            metric.warn(format!(
                "the query gives percent, and the condition compares with {}",
                crate::json::plain(highest)
            ));
        }
        if is_rate && measures.scale == 1.0 && highest > 1.0 {
            metric.warn(format!(
                "the query gives a share from 0 to 1, and the condition compares with {}",
                crate::json::plain(highest)
            ));
        }
        if measures.selects_errors && measures.empty.is_none() && !is_bound {
            metric.warn(
                "the query has no result until the first error, which Argo takes as an error of \
                 the measurement; `or on() vector(0)` gives 0, which is simulated here",
            );
        }
    }
}

/// What was found of a condition.
enum Found {
    None,
    Condition(Box<Condition>),
    AlwaysAnError,
    NotModelled,
}

/// Where a metric comes from.
struct Source<'a> {
    guess: Guess,
    /// Whether `result` is a number and not a list.
    is_number: bool,
    /// Whether the result may be anything, such as a text.
    is_free: bool,
    /// What an exported query says that it measures.
    exported: Option<Map<String, Value>>,
    /// The query, or the provider.
    field: Field<'a>,
    /// The text of the query.
    text: String,
}

/// What a provider measures.
fn source<'a>(provider: &Field<'a>, name: &str, limits: &[f64]) -> Option<Source<'a>> {
    let entries = provider.entries();
    let [(kind, from)] = entries.as_slice() else {
        // `job: {}` and the like have no value that is read.
        provider.fault(format!("found {} providers, expected one", entries.len()));
        return None;
    };
    let query = |key: &str| from.get(key);
    let mut parts = Vec::new();
    let mut window = None;
    let (language, is_number, field) = match *kind {
        "prometheus" => (Language::Prometheus, false, query("query")),
        "datadog" => {
            window = Some(300.0);
            if let Some(field) = from.get("interval") {
                window = field.go_seconds().or(window);
            }
            let queries = from.get("queries");
            for (key, part) in queries.iter().flat_map(Field::entries) {
                parts.push((key.to_string(), part.query().unwrap_or_default()));
            }
            let field = query("query").or(query("formula")).or(queries);
            (Language::Datadog, true, field)
        }
        "wavefront" => (Language::Wavefront, true, query("query")),
        "newRelic" => (Language::NewRelic, true, query("query")),
        "graphite" => (Language::Graphite, false, query("query")),
        "influxdb" => (Language::Influx, false, query("query")),
        "cloudWatch" => {
            window = from.get("interval").and_then(|field| field.go_seconds());
            (Language::CloudWatch, true, query("metricDataQueries"))
        }
        "skywalking" => (Language::Other, true, query("query")),
        _ => (Language::Other, true, None),
    };
    let is_free = language == Language::Other;
    let field = field.unwrap_or_else(|| from.clone());
    let text = match field.node().view() {
        View::Text(_) => field.query().unwrap_or_default(),
        View::Object if *kind == "datadog" => {
            parts.last().map_or(String::new(), |part| part.1.clone())
        }
        View::Array(_) => serde_json::to_string(field.node()).unwrap_or_default(),
        _ => String::new(),
    };
    from.whole();
    let metric =
        Metric { name, text: &text, parts: &parts, language, default_window: window, limits };
    let guess = match *kind {
        "job" => Guess {
            measures: Measures::new(Quantity::Nothing),
            why: "a job is run, whose result the file does not tell".to_string(),
        },
        "kayenta" => Guess {
            measures: Measures::new(Quantity::Nothing),
            why: "Kayenta judges it by a configuration that is not among the files".to_string(),
        },
        _ => metric.guess(),
    };
    let exported = exported_metric(&text).and_then(|json| serde_json::from_str(json).ok());
    Some(Source { guess, is_number, is_free, exported, field, text })
}

/// A number or a string as Go's `IntOrString.IntValue` reads it: a string that is no
/// number is 0.
fn whole(field: &Field<'_>) -> Option<f64> {
    match field.int_or_string()? {
        IntOrString::Int(number) => Some(number),
        IntOrString::Text(text) => {
            let number = text.trim().parse::<i32>();
            if number.is_err() {
                field.warn(format!("{} is no number, which Argo reads as 0", quoted(&text)));
            }
            Some(f64::from(number.unwrap_or(0)))
        }
    }
}

/// Whether a pattern of `dryRun` matches a name: a regular expression, of which only `.*`
/// and plain words are read.
fn matches_name(pattern: &str, name: &str) -> bool {
    let pattern = pattern.trim_start_matches('^').trim_end_matches('$');
    let mut rest = name;
    for part in pattern.split(".*") {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}
