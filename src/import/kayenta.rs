//! A canary configuration of Kayenta, alone or with the request to run it.
//!
//! Kayenta's own names: `kayenta-core` (CanaryConfig, CanaryMetricConfig),
//! `kayenta-standalone-canary-analysis` (CanaryAnalysisExecutionRequest).

use serde_json::{Map, Value, json};

use super::configuration::{Imported, measure};
use super::detect::Kind;
use super::document::{Field, Files};
use super::named;
use super::query::{Guess, Language, Measures, Metric, Of, Quantity};
use crate::duration::written;
use crate::message::quoted;
use crate::reading::View;

/// The length of an analysis where the file says none, in seconds.
const USUAL_LIFETIME: f64 = 3_600.0;
/// The length of time of a point where the file says none, in seconds.
const USUAL_STEP: f64 = 60.0;
/// The judge that is simulated.
const JUDGE: &str = "NetflixACAJudge-v1.0";
const CONTROLLER: &str = "controller.kayenta";

/// `None` if there is no canary configuration, or after a fault.
pub(super) fn import(files: &Files<'_>) -> Option<Imported> {
    let document = files.only(Kind::Kayenta)?;
    let root = &document.root;
    let config = root.get("canaryConfig").unwrap_or_else(|| root.clone());
    let request = root.first(&["executionRequest", "canaryAnalysisExecutionRequest"]);
    let name = config.get("name").and_then(|name| name.text()).unwrap_or_default();
    let times = Times::read(&config, request.as_ref());
    let of_request = request.as_ref().and_then(|request| request.get("thresholds"));
    let judge = judge(&config, times.step, of_request, &format!("{CONTROLLER}.judge"));
    let mut controller = Map::new();
    if !name.is_empty() {
        controller.insert("name".into(), json!(name));
    }
    controller.insert("lifetime_duration_seconds".into(), json!(times.lifetime));
    for (key, seconds) in [
        ("analysis_interval_seconds", times.interval),
        ("begin_after_seconds", times.begin),
        ("lookback_seconds", times.lookback),
    ] {
        if let Some(seconds) = seconds {
            controller.insert(key.into(), json!(seconds));
        }
    }
    controller.insert("judge".into(), Value::Object(judge));
    files.log.assume("the canary has 5 % of the traffic, and a control as much".to_string());
    Some(Imported {
        kind: "kayenta",
        title: format!("Kayenta canary configuration {}", named(&name)),
        name,
        controller,
        seconds: Vec::new(),
        plan_seconds: times.lifetime + times.begin.unwrap_or(0.0),
    })
}

/// The judge of a canary configuration, for the path of a configuration. Its points have
/// the length `step`, in seconds. The thresholds of a request count before its own.
pub(super) fn judge(
    config: &Field<'_>,
    step: f64,
    of_request: Option<Field<'_>>,
    path: &str,
) -> Map<String, Value> {
    for key in ["description", "applications", "configVersion", "id", "services", "templates"] {
        if let Some(field) = config.get(key) {
            field.ignored("changes no judgement");
        }
    }
    if let Some(judge) = config.at("judge.name") {
        let judge_name = judge.text().unwrap_or_default();
        match judge_name.as_str() {
            JUDGE => judge.read("Kayenta’s own judge"),
            _ => judge.warn(format!("{} is simulated as {JUDGE}", quoted(&judge_name))),
        }
    }
    if let Some(more) = config.at("judge.judgeConfigurations") {
        more.ignored("NetflixACAJudge reads none of it");
    }
    let mut judge = Map::new();
    judge.insert("step_seconds".into(), json!(step));
    let mut metrics = Vec::new();
    for metric in config.get("metrics").iter().flat_map(Field::items) {
        let path = format!("{path}.metrics[{}]", metrics.len());
        metrics.extend(read_metric(&metric, &path).map(Value::Object));
    }
    judge.insert("metrics".into(), Value::Array(metrics));
    if let Some(weights) = config.at("classifier.groupWeights") {
        let mut list = Vec::new();
        for (group, weight) in weights.entries() {
            if let Some(number) = weight.number() {
                weight.read(format!("{number} % of the score"));
                list.push(json!({ "group": group, "weight": number }));
            }
        }
        weights.becomes(format!("{path}.group_weights"));
        judge.insert("group_weights".into(), Value::Array(list));
    }
    judge.insert("score_thresholds".into(), Value::Object(thresholds(config, of_request, path)));
    judge
}

/// The times of an analysis, in seconds.
struct Times {
    lifetime: f64,
    interval: Option<f64>,
    begin: Option<f64>,
    lookback: Option<f64>,
    step: f64,
}

impl Times {
    fn read(config: &Field<'_>, request: Option<&Field<'_>>) -> Times {
        let minutes = |key: &str, words: &str, ours: &str| {
            let field = request?.get(key)?;
            let seconds = field.number()? * 60.0;
            field.read(format!("{words} {}", written(seconds)));
            field.becomes(format!("{CONTROLLER}.{ours}"));
            Some(seconds)
        };
        let lifetime =
            minutes("lifetimeDurationMins", "the analysis takes", "lifetime_duration_seconds");
        let interval =
            minutes("analysisIntervalMins", "a judgement each", "analysis_interval_seconds");
        let begin = minutes("beginAfterMins", "the analysis begins after", "begin_after_seconds");
        let lookback = minutes("lookbackMins", "a judgement reads the last", "lookback_seconds");
        let mut step = None;
        let scopes = request.and_then(|request| request.get("scopes"));
        if let Some(scopes) = &scopes {
            let all: Vec<Field<'_>> = match scopes.node().view() {
                View::Array(_) => scopes.items(),
                _ => scopes.entries().into_iter().map(|(_, scope)| scope).collect(),
            };
            for scope in &all {
                let own = [scope.get("step"), scope.at("experimentScope.step")];
                for field in own.into_iter().flatten() {
                    if let Some(seconds) = field.number().filter(|seconds| *seconds > 0.0) {
                        field.read(format!("a point each {}", written(seconds)));
                        step = step.or(Some(seconds));
                    }
                }
            }
            scopes.whole();
        }
        let log = config.log();
        if lifetime.is_none() {
            log.assume(format!(
                "the file does not say how long the analysis takes: {}, with one judgement at its end",
                written(USUAL_LIFETIME)
            ));
        }
        if step.is_none() {
            log.assume(format!("a point is {}", written(USUAL_STEP)));
        }
        Times {
            lifetime: lifetime.unwrap_or(USUAL_LIFETIME),
            // Kayenta reads no interval as the length of the analysis.
            interval: interval.filter(|interval| *interval > 0.0),
            begin: begin.filter(|begin| *begin > 0.0),
            lookback: lookback.filter(|lookback| *lookback > 0.0),
            step: step.unwrap_or(USUAL_STEP),
        }
    }
}

/// The scores from which a judgement passes and is marginal: those of the request, or of
/// the configuration.
fn thresholds(config: &Field<'_>, of_request: Option<Field<'_>>, path: &str) -> Map<String, Value> {
    let mut found = Map::new();
    let of_config = config.at("classifier.scoreThresholds");
    if let (Some(_), Some(field)) = (&of_request, &of_config) {
        field.ignored("the thresholds of the request count");
    }
    let Some(field) = of_request.or(of_config) else {
        config.log().assume("a judgement passes from 95 and is marginal from 75".to_string());
        return found;
    };
    field.becomes(format!("{path}.score_thresholds"));
    for (key, words) in [("pass", "a judgement passes from"), ("marginal", "and is marginal from")]
    {
        if let Some(at) = field.get(key)
            && let Some(number) = at.number()
        {
            at.read(format!("{words} {number}"));
            found.insert(key.into(), json!(number));
        }
    }
    found
}

/// A metric of the configuration.
fn read_metric(metric: &Field<'_>, path: &str) -> Option<Map<String, Value>> {
    metric.becomes(path);
    let name = metric.require("name", "the metric’s name")?.text()?;
    let (guess, query) = guess(metric, &name);
    let mut measures = metric.log().bind(&name, &guess);
    if measures.quantity.compares() || measures.quantity == Quantity::Fails {
        metric.not_modelled(format!(
            "{} is no series of the canary and of the control, so the metric passes",
            measures.quantity.word()
        ));
        measures = Measures::new(Quantity::Nothing);
    }
    let said = query.as_ref().unwrap_or(metric);
    match (measures.quantity, measures == guess.measures) {
        (Quantity::Nothing, _) => said.not_modelled(format!(
            "{}, so the metric passes; say what it measures if it is one of the errors or the \
             latency",
            guess.why
        )),
        (_, true) => said.guessed(format!("{measures}, because {}", guess.why)),
        (_, false) => said.read(format!("{measures}, as the binding says")),
    }
    // Both versions are measured, each in its scope; a point has the length of a step.
    measures.of = Of::Canary;
    measures.window_seconds = None;
    let mut keys = measure(metric, &name, &measures);
    if measures.selects_errors && measures.empty.is_none() && !measures.quantity.is_scripted() {
        keys.insert("empty_without_errors".into(), json!(true));
    }
    let groups: Vec<String> =
        metric.get("groups").iter().flat_map(Field::items).filter_map(|one| one.text()).collect();
    keys.insert("groups".into(), json!(groups));
    if let Some(field) = metric.get("scopeName") {
        field.ignored("all scopes are the canary and the control");
    }
    if let Some(canary) = metric.at("analysisConfigurations.canary") {
        canary_keys(&canary, path, &mut keys);
    }
    Some(keys)
}

/// How a metric is compared. A word that Kayenta does not know has its default.
fn canary_keys(canary: &Field<'_>, path: &str, keys: &mut Map<String, Value>) {
    canary.known(&[
        "direction",
        "nanStrategy",
        "critical",
        "mustHaveData",
        "muted",
        "outliers",
        "effectSize",
    ]);
    let word = |key: &str, known: &[&str], usual: &str| {
        let field = canary.get(key)?;
        let text = field.text()?;
        if known.contains(&text.as_str()) {
            return Some(text);
        }
        field.warn(format!("{} is no word of Kayenta, which takes {usual}", quoted(&text)));
        None
    };
    if let Some(direction) =
        word("direction", &["increase", "decrease", "either"], "either direction")
    {
        keys.insert("direction".into(), json!(direction));
    }
    if let Some(strategy) = word("nanStrategy", &["remove", "replace"], "remove") {
        keys.insert("nan_strategy".into(), json!(strategy));
    }
    for (key, ours) in
        [("critical", "critical"), ("mustHaveData", "must_have_data"), ("muted", "muted")]
    {
        if let Some(value) = canary.get(key).and_then(|field| field.boolean()) {
            keys.insert(ours.into(), json!(value));
        }
    }
    if let Some(outliers) = canary.get("outliers") {
        outliers.becomes(format!("{path}.outliers"));
        let remove = outliers.get("strategy").and_then(|field| field.text());
        let mut found =
            Map::from_iter([("remove".to_string(), json!(remove.as_deref() == Some("remove")))]);
        if let Some(factor) = outliers.get("outlierFactor").and_then(|field| field.number()) {
            found.insert("outlier_factor".into(), json!(factor));
        }
        keys.insert("outliers".into(), Value::Object(found));
    }
    if let Some(effect) = canary.get("effectSize") {
        effect.becomes(format!("{path}.effect_size"));
        let mut found = Map::new();
        // Anything but `cles` is the ratio of the means.
        if effect.get("measure").and_then(|field| field.text()).as_deref() == Some("cles") {
            found.insert("measure".into(), json!("cles"));
        }
        for (key, ours) in [
            ("allowedIncrease", "allowed_increase"),
            ("allowedDecrease", "allowed_decrease"),
            ("criticalIncrease", "critical_increase"),
            ("criticalDecrease", "critical_decrease"),
        ] {
            if let Some(limit) = effect.get(key).and_then(|field| field.number()) {
                found.insert(ours.into(), json!(limit));
            }
        }
        keys.insert("effect_size".into(), Value::Object(found));
    }
}

/// What a metric probably measures, and the query that says so.
fn guess<'a>(metric: &Field<'a>, name: &str) -> (Guess, Option<Field<'a>>) {
    let Some(query) = metric.get("query") else {
        let why = "the metric has no query".to_string();
        return (Guess { measures: Measures::new(Quantity::Nothing), why }, None);
    };
    query.whole();
    let kind = query.first(&["type", "serviceType"]).and_then(|field| field.text());
    let raw = |key: &str| query.get(key).and_then(|field| field.query());
    let inline = raw("customInlineTemplate");
    let (language, text) = match kind.as_deref().unwrap_or_default() {
        "prometheus" => {
            let of_name = || {
                let labels: Vec<String> = query
                    .get("labelBindings")
                    .iter()
                    .flat_map(Field::items)
                    .filter_map(|label| label.query())
                    .collect();
                Some(format!("avg({}{{{}}})", raw("metricName")?, labels.join(",")))
            };
            let text = inline.map(|text| text.trim_start_matches("PromQL:").to_string());
            (Language::Prometheus, text.or_else(of_name))
        }
        "datadog" => (Language::Datadog, inline.or(raw("metricName"))),
        "wavefront" => (Language::Wavefront, inline.or(raw("metricName"))),
        "newrelic" => {
            let select = raw("select").map(|select| match raw("q") {
                Some(filter) => format!("{select} WHERE {filter}"),
                None => select,
            });
            (Language::NewRelic, inline.or(select))
        }
        "graphite" => (Language::Graphite, raw("metricName")),
        "influxdb" => (Language::Influx, inline.or(raw("metricName"))),
        "atlas" => (Language::Other, raw("q")),
        "stackdriver" => (Language::Other, inline.or(raw("metricType"))),
        _ => (Language::Other, inline.or(raw("metricName")).or(raw("q"))),
    };
    let text = text.unwrap_or_default();
    let asked =
        Metric { name, text: &text, parts: &[], language, default_window: None, limits: &[] };
    let mut guess = asked.guess();
    guess.measures.of = Of::Canary;
    (guess, Some(query))
}
