//! A Rollout as YAML.

use crate::config::{
    AnalysisConfig, ArgoConfig, ArgoMetric, ArgoStep, CanaryScale, ExperimentStep,
    ProgressThreshold, RouteStep,
};
use crate::export::yaml::{Yaml, documents};
use crate::export::{Export, ExportedFile, Names, Refusal, promql};

/// The files of a Rollout.
pub(super) fn export(
    argo: &ArgoConfig,
    names: &Names,
    mut notes: Vec<String>,
) -> Result<Export, Refusal> {
    let mut writer = Writer { argo, names, templates: Vec::new() };
    let rollout = writer.rollout();
    let mut files = vec![ExportedFile { name: "rollout.yaml".into(), text: documents(&[rollout]) }];
    if !writer.templates.is_empty() {
        let templates: Vec<Yaml> =
            writer.templates.iter().map(|(name, metrics)| writer.template(name, metrics)).collect();
        let text = documents(&templates);
        files.push(ExportedFile { name: "analysis-templates.yaml".into(), text });
    }
    notes.push(format!(
        "Fill in what is yours: the Deployment {} that workloadRef names, the Services, the \
         traffic router, and in the queries {} and the label {} of {} and {}.",
        names.service, names.requests, names.version, names.canary, names.stable
    ));
    Ok(Export { files, notes })
}

struct Writer<'a> {
    argo: &'a ArgoConfig,
    names: &'a Names,
    /// The templates so far: name and metrics.
    templates: Vec<(String, Vec<ArgoMetric>)>,
}

impl Writer<'_> {
    fn rollout(&mut self) -> Yaml {
        let (argo, service) = (self.argo, self.names.service.clone());
        let strategy = match &argo.blue_green {
            None => ("canary", self.canary()),
            Some(blue_green) => {
                let pre = blue_green.pre_promotion.as_ref();
                let pre = pre.map(|analysis| self.analysis(analysis, "pre-promotion"));
                let post = blue_green.post_promotion.as_ref();
                let post = post.map(|analysis| self.analysis(analysis, "post-promotion"));
                let entries = Yaml::map([
                    ("activeService", Some(service.as_str().into())),
                    ("previewService", Some(format!("{service}-preview").into())),
                    ("autoPromotionEnabled", Some(blue_green.auto_promotion.into())),
                    ("autoPromotionSeconds", blue_green.auto_promotion_seconds.map(Yaml::from)),
                    ("prePromotionAnalysis", pre),
                    ("postPromotionAnalysis", post),
                    ("scaleDownDelaySeconds", Some(blue_green.scale_down_delay_seconds.into())),
                ]);
                ("blueGreen", entries)
            }
        };
        let spec = Yaml::map([
            ("replicas", Some(argo.replicas.into())),
            ("minReadySeconds", Some(argo.ready_seconds.into())),
            ("progressDeadlineSeconds", Some(argo.progress_deadline_seconds.into())),
            ("progressDeadlineAbort", argo.progress_deadline_abort.then(|| true.into())),
            (
                "workloadRef",
                Some(Yaml::Map(vec![
                    ("apiVersion", "apps/v1".into()),
                    ("kind", "Deployment".into()),
                    ("name", service.as_str().into()),
                ])),
            ),
            ("strategy", Some(Yaml::Map(vec![strategy]))),
        ]);
        object("Rollout", &service, spec)
    }

    fn canary(&mut self) -> Yaml {
        let (argo, service) = (self.argo, self.names.service.clone());
        let background = argo.background.as_ref().map(|analysis| {
            let mut value = self.analysis(analysis, "background");
            if let (Yaml::Map(entries), true) = (&mut value, analysis.starting_step > 0) {
                entries.push(("startingStep", analysis.starting_step.into()));
            }
            value
        });
        let mut steps = Vec::new();
        for (i, step) in argo.steps.iter().enumerate() {
            steps.push(self.step(i, step));
        }
        let threshold = argo.replica_progress_threshold.map(|threshold| {
            let (kind, value) = match threshold {
                ProgressThreshold::Percent(percent) => ("Percent", percent),
                ProgressThreshold::Pods(pods) => ("Pods", f64::from(pods)),
            };
            Yaml::Map(vec![("type", kind.into()), ("value", value.into())])
        });
        let routing = argo.traffic_routing;
        let dynamic = routing.is_some_and(|routing| routing.dynamic_stable_scale);
        let fewest = routing.map_or(0, |routing| routing.min_pods_per_replica_set);
        Yaml::map([
            ("maxSurge", Some(argo.max_surge.into())),
            ("maxUnavailable", Some(argo.max_unavailable.into())),
            ("canaryService", routing.map(|_| format!("{service}-canary").into())),
            ("stableService", routing.map(|_| format!("{service}-stable").into())),
            ("dynamicStableScale", dynamic.then(|| true.into())),
            ("minPodsPerReplicaSet", (fewest > 0).then(|| fewest.into())),
            (
                "abortScaleDownDelaySeconds",
                routing.and_then(|_| Some(argo.abort_scale_down_delay_seconds?.into())),
            ),
            ("replicaProgressThreshold", threshold),
            ("trafficRouting", self.routing()),
            ("analysis", background),
            ("steps", (!steps.is_empty()).then_some(Yaml::List(steps))),
        ])
    }

    /// The router: Istio for routes, which it has, otherwise the NGINX ingress, which has
    /// weights of any unit.
    fn routing(&self) -> Option<Yaml> {
        let routing = self.argo.traffic_routing?;
        let service = &self.names.service;
        let routes = self.argo.steps.iter().flat_map(|step| {
            step.set_header_route.iter().chain(&step.set_mirror_route).map(|route| &route.name)
        });
        let mut managed: Vec<&String> = Vec::new();
        for name in routes {
            if !managed.contains(&name) {
                managed.push(name);
            }
        }
        let most = (routing.max_weight != 100).then(|| routing.max_weight.into());
        if managed.is_empty() {
            let ingress = Yaml::Map(vec![("stableIngress", service.as_str().into())]);
            return Some(Yaml::map([("maxTrafficWeight", most), ("nginx", Some(ingress))]));
        }
        let managed = Yaml::list(managed, |name| Yaml::Map(vec![("name", name.as_str().into())]));
        let service = Yaml::Map(vec![("name", service.as_str().into())]);
        Some(Yaml::map([
            ("maxTrafficWeight", most),
            ("managedRoutes", Some(managed)),
            ("istio", Some(Yaml::Map(vec![("virtualService", service)]))),
        ]))
    }

    fn step(&mut self, i: usize, step: &ArgoStep) -> Yaml {
        let analysis =
            step.analysis.as_ref().map(|analysis| self.analysis(analysis, &format!("step-{i}")));
        let experiment = step.experiment.as_ref().map(|experiment| self.experiment(i, experiment));
        let pause = step.pause.map(|pause| match pause.duration_seconds {
            None => Yaml::Map(Vec::new()),
            Some(seconds) => Yaml::Map(vec![("duration", format!("{seconds}s").into())]),
        });
        let scale = step.set_canary_scale.map(|scale| {
            Yaml::Map(vec![match scale {
                CanaryScale::Replicas(replicas) => ("replicas", replicas.into()),
                CanaryScale::Weight(weight) => ("weight", weight.into()),
                CanaryScale::MatchTrafficWeight(follows) => ("matchTrafficWeight", follows.into()),
            }])
        });
        Yaml::map([
            ("setWeight", step.set_weight.map(Yaml::from)),
            ("pause", pause),
            ("setCanaryScale", scale),
            ("setHeaderRoute", step.set_header_route.as_ref().map(header_route)),
            ("setMirrorRoute", step.set_mirror_route.as_ref().map(mirror_route)),
            ("analysis", analysis),
            ("experiment", experiment),
        ])
    }

    fn experiment(&mut self, i: usize, experiment: &ExperimentStep) -> Yaml {
        let template = |name: &str, weight: f64| {
            Yaml::map([
                ("name", Some(name.into())),
                ("specRef", Some(name.into())),
                ("weight", (weight > 0.0).then(|| weight.into())),
            ])
        };
        let templates = vec![template("stable", 0.0), template("canary", experiment.weight)];
        let analyses = (!experiment.metrics.is_empty()).then(|| {
            let name = self.template_name(&experiment.metrics, &format!("step-{i}"));
            Yaml::List(vec![Yaml::map([
                ("name", Some(name.as_str().into())),
                ("templateName", Some(name.as_str().into())),
                ("requiredForCompletion", experiment.required_for_completion.then(|| true.into())),
            ])])
        });
        let duration = experiment.duration_seconds.map(|seconds| format!("{seconds}s").into());
        Yaml::map([
            ("duration", duration),
            ("templates", Some(Yaml::List(templates))),
            ("analyses", analyses),
        ])
    }

    /// A reference to the template of an analysis.
    fn analysis(&mut self, analysis: &AnalysisConfig, name: &str) -> Yaml {
        let template = self.template_name(&analysis.metrics, name);
        let dry = analysis.metrics.iter().filter(|metric| metric.dry_run);
        let dry = Yaml::list(dry, |metric| {
            Yaml::Map(vec![("metricName", metric.measure.name.as_str().into())])
        });
        let reference = Yaml::Map(vec![("templateName", template.into())]);
        Yaml::map([
            ("templates", Some(Yaml::List(vec![reference]))),
            ("dryRun", Some(dry).filter(|dry| !matches!(dry, Yaml::List(dry) if dry.is_empty()))),
        ])
    }

    /// The name of the template with these metrics; one that is there is used again.
    fn template_name(&mut self, metrics: &[ArgoMetric], name: &str) -> String {
        let known = self.templates.iter().find(|(_, known)| known == metrics);
        if let Some((name, _)) = known {
            return name.clone();
        }
        let name = format!("{}-{name}", self.names.service);
        self.templates.push((name.clone(), metrics.to_vec()));
        name
    }

    fn template(&self, name: &str, metrics: &[ArgoMetric]) -> Yaml {
        let metrics = Yaml::list(metrics, |metric| self.metric(metric));
        object("AnalysisTemplate", name, Yaml::Map(vec![("metrics", metrics)]))
    }

    fn metric(&self, metric: &ArgoMetric) -> Yaml {
        let seconds = |seconds: u32| Yaml::from(format!("{seconds}s"));
        let condition = |condition: &Option<crate::rules::Condition>| {
            condition.as_ref().map(|condition| condition.text().into())
        };
        let query = promql::query(&metric.measure, self.names);
        let prometheus = Yaml::Map(vec![
            ("address", self.names.prometheus.as_str().into()),
            ("query", query.into()),
        ]);
        let delay = Some(metric.initial_delay_seconds).filter(|delay| *delay > 0).map(seconds);
        let limit = match metric.failure_limit {
            Some(0) => None,
            Some(limit) => Some(limit.into()),
            None => Some(Yaml::Number(-1.0)),
        };
        let unless = |number: u32, usual: u32| (number != usual).then(|| number.into());
        Yaml::map([
            ("name", Some(metric.measure.name.as_str().into())),
            ("interval", metric.interval_seconds.map(seconds)),
            ("initialDelay", delay),
            ("count", metric.count.map(Yaml::from)),
            ("successCondition", condition(&metric.success_condition)),
            ("failureCondition", condition(&metric.failure_condition)),
            ("failureLimit", limit),
            ("inconclusiveLimit", unless(metric.inconclusive_limit, 0)),
            ("consecutiveErrorLimit", unless(metric.consecutive_error_limit, 4)),
            ("consecutiveSuccessLimit", unless(metric.consecutive_success_limit, 0)),
            ("provider", Some(Yaml::Map(vec![("prometheus", prometheus)]))),
        ])
    }
}

fn object(kind: &'static str, name: &str, spec: Yaml) -> Yaml {
    Yaml::Map(vec![
        ("apiVersion", "argoproj.io/v1alpha1".into()),
        ("kind", kind.into()),
        ("metadata", Yaml::Map(vec![("name", name.into())])),
        ("spec", spec),
    ])
}

/// A route without a match removes it.
fn header_route(route: &RouteStep) -> Yaml {
    let matches = route.percent.map(|_| {
        let value = Yaml::Map(vec![("exact", "true".into())]);
        let header = vec![("headerName", "X-Canary".into()), ("headerValue", value)];
        Yaml::List(vec![Yaml::Map(header)])
    });
    Yaml::map([("name", Some(route.name.as_str().into())), ("match", matches)])
}

fn mirror_route(route: &RouteStep) -> Yaml {
    let matches = route.percent.map(|_| {
        let path = Yaml::Map(vec![("prefix", "/".into())]);
        Yaml::List(vec![Yaml::Map(vec![("path", path)])])
    });
    Yaml::map([
        ("name", Some(route.name.as_str().into())),
        ("percentage", route.percent.map(Yaml::from)),
        ("match", matches),
    ])
}
