//! A policy in the words of Flagger: a Canary, and a MetricTemplate for each metric that is
//! not Flagger's own.

use super::yaml::{Yaml, documents};
use super::{Export, ExportedFile, Names, Refusal, Target, other_controller, promql};
use crate::config::{
    Answer, Config, ControllerConfig, FlaggerConfig, FlaggerMetric, HookType, MeasureConfig,
    OnInconclusive, Provider, Webhook,
};
use crate::json::plain;
use crate::problem::Problem;
use crate::rules::{
    CountsFailures, EmptyResult, Look, Measures, Method, NoData, OnFail, Population, QueryDetails,
    Rule, Window,
};

/// Where the webhooks of the export go: the load tester of Flagger.
const TESTER: &str = "http://flagger-loadtester.test";

/// The policy in the words of Flagger.
pub(super) fn export(config: &Config, names: &Names) -> Result<Export, Refusal> {
    let (flagger, notes) = canary_of(config)?;
    Writer { flagger: &flagger, names, per_second: config.world().traffic.requests_per_second }
        .export(notes)
}

/// The policy as a Canary of Flagger, and what a person has to know of it.
fn canary_of(config: &Config) -> Result<(FlaggerConfig, Vec<String>), Refusal> {
    match &config.policy().controller {
        Some(ControllerConfig::Flagger(flagger)) => Ok((flagger.clone(), Vec::new())),
        Some(_) => Err(other_controller(config, Target::Flagger).unwrap_or_else(|| {
            Refusal::new("controller", "expected stages and rules, or Flagger")
        })),
        None => of_stages(config),
    }
}

/// Stages as weights, and rules as metrics.
fn of_stages(config: &Config) -> Result<(FlaggerConfig, Vec<String>), Refusal> {
    let (policy, tick) = (config.policy(), config.world().tick_seconds);
    let mut problems = Vec::new();
    let mut refuse = |path: String, message: &str| {
        problems.push(Problem::new(path, message.to_owned()));
    };
    let interval = policy.stages.first().map_or(0, |stage| stage.duration_ticks) * tick;
    if interval < 10 {
        refuse("stages[0].duration_ticks".into(), "Flagger has no interval below 10 s");
    }
    let mut weights = Vec::new();
    for (i, stage) in policy.stages.iter().enumerate() {
        let at = |key: &str| format!("stages[{i}].{key}");
        if stage.duration_ticks * tick != interval {
            refuse(at("duration_ticks"), "Flagger has one interval for all weights");
        }
        if stage.pause.is_some() {
            refuse(at("pause"), "Flagger has no pause after one weight alone");
        }
        if stage.traffic_pct.fract() != 0.0 {
            refuse(at("traffic_pct"), "Flagger has whole percentages only");
        }
        weights.push(stage.traffic_pct as u32);
    }
    if policy.pods.is_some() {
        refuse("pods".into(), "Flagger splits traffic by a router, not by pods");
    }
    if policy.rollback_ticks > 0 {
        refuse("rollback_ticks".into(), "Flagger sends all traffic back at once");
    }
    let passes = match policy.on_inconclusive {
        OnInconclusive::Promote => true,
        OnInconclusive::Rollback => false,
        _ => {
            refuse("on_inconclusive".into(), "Flagger only knows passed and failed checks");
            false
        }
    };
    let mut metrics = Vec::new();
    for (i, rule) in policy.rules.iter().enumerate() {
        match metric_of(rule, i, interval, passes, policy.stages.len()) {
            Ok(metric) => metrics.push(metric),
            Err((key, message)) => refuse(format!("rules[{i}]{key}"), &message),
        }
    }
    if !problems.is_empty() {
        return Err(Refusal { problems });
    }
    let whole = |seconds: u32| seconds.next_multiple_of(tick.max(1));
    let flagger = FlaggerConfig {
        name: config.name().to_owned(),
        provider: Provider::Router,
        interval_seconds: interval,
        threshold: 1,
        max_weight: None,
        step_weight: 0,
        step_weights: weights,
        step_weight_promotion: 0,
        iterations: 0,
        match_percent: None,
        mirror: false,
        load_test_percent: 0.0,
        skip_analysis: false,
        canary_ready_seconds: 0,
        primary_ready_seconds: 0,
        progress_deadline_seconds: whole(600),
        metrics,
        webhooks: Vec::new(),
    };
    let notes = vec![format!(
        "Flagger begins one interval later, rolls back one interval ({interval} s) after a failed \
         check, and needs two intervals more for the promotion."
    )];
    Ok((flagger, notes))
}

/// A rule as a metric, or the key that Flagger has no words for, and why.
fn metric_of(
    rule: &Rule,
    number: usize,
    interval: u32,
    passes: bool,
    stages: usize,
) -> Result<FlaggerMetric, (&'static str, String)> {
    let refused = |key: &'static str, why: &str| Err((key, why.to_owned()));
    if rule.look != Look::StageEnd {
        return refused(".look", "Flagger looks once at each weight, at the end of its interval");
    }
    let window_seconds = match rule.window {
        Window::Stage => interval,
        Window::Last { last_seconds } => last_seconds,
        _ => return refused(".window", "expected the stage or a window of seconds"),
    };
    if rule.failure_limit != 1 || rule.counts != CountsFailures::Alone {
        return refused(".failure_limit", "Flagger counts the failures of all metrics together");
    }
    if rule.on_fail != OnFail::Rollback {
        return refused(".on_fail", "a failed check of Flagger cannot pause for a person");
    }
    if rule.of == Population::Control {
        return refused(".of", "Flagger has no control");
    }
    if rule.stages.as_ref().is_some_and(|of| of.len() < stages) {
        return refused(".stages", "Flagger checks all metrics at all weights");
    }
    let usual = QueryDetails {
        min_requests: rule.min_requests,
        min_errors: rule.min_errors,
        ..QueryDetails::default()
    };
    let (measures, quantile, max, details) = match &rule.method {
        Method::ErrorRate(limit) => (Measures::ErrorRate, 0.99, limit.max.as_f64(), usual),
        Method::ErrorRateDelta(limit) => {
            (Measures::ErrorRateDifference, 0.99, limit.max.as_f64(), usual)
        }
        Method::ErrorRateRatio(limit) => {
            let floor = limit.floor.map(|floor| floor.as_f64());
            let details = QueryDetails { baseline_floor: floor, ..usual };
            (Measures::ErrorRateRatio, 0.99, limit.max.as_f64(), details)
        }
        Method::ErrorCount(limit) => (Measures::Errors, 0.99, limit.max as f64, usual),
        Method::Latency(limit) => (Measures::Latency, limit.quantile, limit.max, usual),
        Method::LatencyDeltaMs(limit) => {
            (Measures::LatencyDifference, limit.quantile, limit.max, usual)
        }
        Method::LatencyRatio(limit) => {
            (Measures::LatencyRatio, limit.quantile, limit.max.as_f64(), usual)
        }
        other => {
            let name = other.name();
            return Err(("", format!("{name} has no words in Flagger, which compares a number")));
        }
    };
    let passes = match rule.no_data {
        NoData::Pass => true,
        NoData::Fail => false,
        NoData::Inconclusive => passes,
        NoData::Wait => return refused(".no_data", "a check of Flagger cannot wait for data"),
    };
    // A number within the limit passes.
    let no_data = if passes { EmptyResult::Value(0.0_f64.min(max)) } else { EmptyResult::Empty };
    let measure = MeasureConfig {
        name: format!("{}-{}", rule.method.name().replace('_', "-"), number + 1),
        measures,
        quantile,
        scale: 1.0,
        of: rule.of,
        window_seconds,
        no_data,
        empty_without_errors: false,
        details,
    };
    Ok(FlaggerMetric { measure, min: None, max: Some(max), whole_numbers: false })
}

/// Whether a metric is one of Flagger itself.
fn is_own(metric: &FlaggerMetric) -> bool {
    let measure = &metric.measure;
    let usual = measure.of == Population::Canary
        && measure.no_data == EmptyResult::Empty
        && !measure.empty_without_errors
        && measure.details == QueryDetails::default();
    let is = match measure.name.as_str() {
        "request-success-rate" => {
            measure.measures == Measures::SuccessRate && measure.scale == 100.0
        }
        "request-duration" => {
            let is_p99 = measure.quantile == 0.99 && measure.scale == 1.0;
            measure.measures == Measures::Latency && is_p99 && metric.whole_numbers
        }
        _ => false,
    };
    usual && is
}

struct Writer<'a> {
    flagger: &'a FlaggerConfig,
    names: &'a Names,
    /// Requests a second of the world, those of a load test included.
    per_second: f64,
}

impl Writer<'_> {
    fn export(&self, mut notes: Vec<String>) -> Result<Export, Refusal> {
        let mut problems = Vec::new();
        for (i, metric) in self.flagger.metrics.iter().enumerate() {
            let path = |key: &str| format!("controller.flagger.metrics[{i}].{key}");
            if is_own(metric) {
                continue;
            }
            let name = &metric.measure.name;
            if ["request-success-rate", "request-duration"].contains(&name.as_str()) {
                let message =
                    "a metric of Flagger itself has this name and measures something else";
                problems.push(Problem::new(path("name"), message));
            }
            if metric.whole_numbers {
                let message = "Flagger cuts off decimals of request-duration alone";
                problems.push(Problem::new(path("whole_numbers"), message));
            }
        }
        if !problems.is_empty() {
            return Err(Refusal { problems });
        }
        let file = |name: &str, text| ExportedFile { name: name.to_owned(), text };
        let mut files = vec![file("canary.yaml", documents(&[self.canary(&mut notes)]))];
        let others = self.flagger.metrics.iter().filter(|metric| !is_own(metric));
        let templates: Vec<Yaml> = others.map(|metric| self.template(metric)).collect();
        if !templates.is_empty() {
            files.push(file("metric-templates.yaml", documents(&templates)));
        }
        let names = self.names;
        notes.push(format!(
            "Fill in what is yours: the provider of the traffic, the Deployment {} and its port, \
             and in the queries {} and the label {} of {} and {}.",
            names.service, names.requests, names.version, names.canary, names.stable
        ));
        Ok(Export { files, notes })
    }

    fn object(&self, kind: &str, name: &str, spec: Yaml) -> Yaml {
        Yaml::map([
            ("apiVersion", Some("flagger.app/v1beta1".into())),
            ("kind", Some(kind.into())),
            ("metadata", Some(Yaml::map([("name", Some(name.into()))]))),
            ("spec", Some(spec)),
        ])
    }

    fn canary(&self, notes: &mut Vec<String>) -> Yaml {
        let (flagger, service) = (self.flagger, &self.names.service);
        let name = if flagger.name.is_empty() { service } else { &flagger.name };
        let target = Yaml::map([
            ("apiVersion", Some("apps/v1".into())),
            ("kind", Some("Deployment".into())),
            ("name", Some(service.as_str().into())),
        ]);
        let is_kubernetes = flagger.provider == Provider::Kubernetes;
        let spec = Yaml::map([
            ("provider", is_kubernetes.then(|| "kubernetes".into())),
            ("targetRef", Some(target)),
            ("progressDeadlineSeconds", Some(flagger.progress_deadline_seconds.into())),
            ("service", Some(Yaml::map([("port", Some(80.0.into()))]))),
            ("skipAnalysis", flagger.skip_analysis.then(|| true.into())),
            ("analysis", Some(self.analysis(notes))),
        ]);
        self.object("Canary", name, spec)
    }

    fn analysis(&self, notes: &mut Vec<String>) -> Yaml {
        let flagger = self.flagger;
        let given = |number: u32| (number > 0).then(|| number.into());
        let weights = (!flagger.step_weights.is_empty())
            .then(|| Yaml::list(&flagger.step_weights, |weight| (*weight).into()));
        let matches = flagger.match_percent.map(|percent| {
            notes.push(format!(
                "Fill in the conditions of match: {} % of the requests meet them.",
                plain(percent)
            ));
            let exact = Yaml::map([("exact", Some("always".into()))]);
            let header = Yaml::map([("x-canary", Some(exact))]);
            Yaml::List(vec![Yaml::map([("headers", Some(header))])])
        });
        let webhooks = self.webhooks(notes);
        Yaml::map([
            ("interval", Some(format!("{}s", flagger.interval_seconds).into())),
            ("threshold", Some(flagger.threshold.into())),
            ("maxWeight", flagger.max_weight.map(Yaml::from)),
            ("stepWeight", given(flagger.step_weight)),
            ("stepWeights", weights),
            ("stepWeightPromotion", given(flagger.step_weight_promotion)),
            ("iterations", given(flagger.iterations)),
            ("match", matches),
            ("mirror", flagger.mirror.then(|| true.into())),
            ("metrics", Some(Yaml::list(&flagger.metrics, |metric| self.metric(metric)))),
            ("webhooks", (!webhooks.is_empty()).then_some(Yaml::List(webhooks))),
        ])
    }

    fn metric(&self, metric: &FlaggerMetric) -> Yaml {
        let name = metric.measure.name.as_str();
        let template = (!is_own(metric)).then(|| Yaml::map([("name", Some(name.into()))]));
        let range =
            Yaml::map([("min", metric.min.map(Yaml::from)), ("max", metric.max.map(Yaml::from))]);
        Yaml::map([
            ("name", Some(name.into())),
            ("templateRef", template),
            ("interval", Some(format!("{}s", metric.measure.window_seconds).into())),
            ("thresholdRange", Some(range)),
        ])
    }

    fn template(&self, metric: &FlaggerMetric) -> Yaml {
        let provider = Yaml::map([
            ("type", Some("prometheus".into())),
            ("address", Some(self.names.prometheus.as_str().into())),
        ]);
        let query = promql::query(&metric.measure, self.names);
        let spec = Yaml::map([("provider", Some(provider)), ("query", Some(query.into()))]);
        self.object("MetricTemplate", &metric.measure.name, spec)
    }

    fn webhooks(&self, notes: &mut Vec<String>) -> Vec<Yaml> {
        let flagger = self.flagger;
        let mut hooks: Vec<Yaml> =
            flagger.webhooks.iter().map(|hook| self.webhook(hook, notes)).collect();
        if flagger.load_test_percent > 0.0 {
            let rate = flagger.load_test_percent / 100.0 * self.per_second;
            let (seconds, service) = (flagger.interval_seconds, &self.names.service);
            let command =
                format!("hey -z {seconds}s -q {} -c 1 http://{service}-canary/", plain(rate));
            hooks.push(Yaml::map([
                ("name", Some("load-test".into())),
                ("type", Some("rollout".into())),
                ("url", Some(format!("{TESTER}/").into())),
                ("metadata", Some(Yaml::map([("cmd", Some(command.into()))]))),
            ]));
        }
        hooks
    }

    fn webhook(&self, hook: &Webhook, notes: &mut Vec<String>) -> Yaml {
        let path = match (hook.r#type, hook.answer) {
            (kind, Answer::Passes) if kind.is_gate() => "/gate/approve",
            (kind, _) if kind.is_gate() => "/gate/check",
            (HookType::Rollback, _) => "/rollback/check",
            _ => "/",
        };
        if matches!(hook.answer, Answer::PassesAfterSeconds(_) | Answer::FailsAfterSeconds(_)) {
            notes.push(format!(
                "The webhook {} answers when you make it answer; the times of its answer are not \
                 in the file.",
                hook.name
            ));
        }
        Yaml::map([
            ("name", Some(hook.name.as_str().into())),
            ("type", Some(hook.r#type.name().into())),
            ("url", Some(format!("{TESTER}{path}").into())),
        ])
    }
}
