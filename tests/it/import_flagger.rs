//! Canaries of Flagger, made into configurations.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::Config;
use canary_rollout::export::{Names, Target, export};
use canary_rollout::import::{Import, ImportError, Options, Source, import};
use serde_json::{Value, json};

fn of(texts: &[&str]) -> Result<Import, ImportError> {
    let names: Vec<String> = (0..texts.len()).map(|i| format!("{i}.yaml")).collect();
    let sources = names.iter().zip(texts).map(|(name, text)| Source { name, text });
    import(&sources.collect::<Vec<_>>(), &Options::default())
}

#[track_caller]
fn imported(texts: &[&str]) -> (Import, Value) {
    let import = of(texts).unwrap_or_else(|error| panic!("{error}"));
    assert!(Config::from_text(&import.config).is_ok());
    let config: Value = serde_json::from_str(&import.config).unwrap();
    (import, config["controller"]["flagger"].clone())
}

/// A Canary whose analysis has these lines, and whose specification these.
fn canary(spec: &str, analysis: &str) -> String {
    format!(
        "apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {{ name: podinfo }}\nspec:\n  \
         targetRef: {{ apiVersion: apps/v1, kind: Deployment, name: podinfo }}\n{spec}  analysis:\n\
         {analysis}"
    )
}

const METRICS: &str = "    metrics:\n    - { name: request-success-rate, interval: 1m, thresholdRange: { min: 99 } }\n";

#[test]
fn a_canary_and_its_template_are_joined() {
    let text = canary(
        "  progressDeadlineSeconds: 60\n  service: { port: 9898 }\n",
        "    interval: 30s
    threshold: 5
    maxWeight: 50
    stepWeight: 10
    stepWeightPromotion: 50
    metrics:
    - name: late
      templateRef: { name: errors }
      thresholdRange: { max: 1 }
      interval: 2m
    - { name: request-success-rate, threshold: 98 }
    - { name: request-duration, thresholdRange: { max: 500 }, interval: 30s }
    webhooks:
    - { name: halt, type: confirm-promotion, url: http://tester/gate/halt }
    - { name: smoke, type: pre-rollout, url: http://tester/ }
    - { name: done, type: post-rollout, url: http://tester/ }
    - { name: load, url: http://tester/, metadata: { cmd: hey -z 1m -q 5 -c 2 http://podinfo-canary.test/ } }
",
    );
    let template = "apiVersion: flagger.app/v1beta1
kind: MetricTemplate
metadata: { name: errors }
spec:
  provider: { type: prometheus, address: http://prometheus }
  query: |
    100 - sum(rate(http_requests_total{app=\"{{ target }}\",status!~\"5..\"}[{{ interval }}]))
    / sum(rate(http_requests_total{app=\"{{ target }}\"}[{{ interval }}])) * 100
";
    let workload = "apiVersion: apps/v1
kind: Deployment
metadata: { name: podinfo }
spec:
  minReadySeconds: 5
  template: { spec: { containers: [{ name: a, readinessProbe: { initialDelaySeconds: 20 } }] } }
";
    let (import, flagger) = imported(&[&text, template, workload]);
    assert_eq!((import.kind, import.title.as_str()), ("flagger", "Flagger Canary podinfo"));
    assert_eq!(import.warnings, [], "{:#?}", import.warnings);
    assert_eq!(
        flagger,
        json!({
            "name": "podinfo",
            "interval_seconds": 30,
            "threshold": 5,
            "max_weight": 50,
            "step_weight": 10,
            "step_weight_promotion": 50,
            "load_test_percent": 5.9,
            "canary_ready_seconds": 25,
            "primary_ready_seconds": 25,
            "progress_deadline_seconds": 60,
            // Flagger checks its own metrics first.
            "metrics": [
                {
                    "name": "request-success-rate", "measures": "success_rate", "scale": 100,
                    "window_seconds": 60, "no_data": "empty", "min": 98
                },
                {
                    "name": "request-duration", "measures": "latency", "window_seconds": 30,
                    "no_data": "empty", "max": 500, "whole_numbers": true
                },
                {
                    "name": "late", "measures": "error_rate", "scale": 100,
                    "window_seconds": 120, "no_data": "empty", "max": 1
                },
            ],
            "webhooks": [
                { "name": "halt", "type": "confirm_promotion", "answer": "fails" },
                { "name": "smoke", "type": "pre_rollout", "answer": "passes" },
            ],
        })
    );
}

#[track_caller]
fn check(spec: &str, analysis: &str, key: &str, expected: Value, warning: &str) {
    let (import, flagger) = imported(&[&canary(spec, &format!("{analysis}{METRICS}"))]);
    assert_eq!(flagger[key], expected, "{analysis}");
    let warnings: Vec<String> = import.warnings.iter().map(ToString::to_string).collect();
    match warning {
        "" => assert!(warnings.is_empty(), "{warnings:#?}"),
        _ => assert!(warnings.iter().any(|one| one.contains(warning)), "{warnings:#?}"),
    }
}

#[test]
fn values_are_read_as_flagger_reads_them() {
    let step = "    stepWeight: 10\n";
    check("", step, "interval_seconds", json!(60), "");
    check("", &format!("{step}    interval: 5s\n"), "interval_seconds", json!(10), "is below 10s");
    check(
        "",
        &format!("{step}    interval: 90\n"),
        "interval_seconds",
        json!(60),
        "is no duration",
    );
    check("", &format!("{step}    threshold: 0\n"), "threshold", json!(1), "");
    check("", "    stepWeights: [1, 5, 200]\n", "step_weights", json!([1, 5, 200]), "");
    check("", "    iterations: 4\n    match: [{ headers: {} }]\n", "match_percent", json!(10), "");
    check(
        "",
        &format!("{step}    mirror: true\n"),
        "mirror",
        json!(true),
        "they are not simulated",
    );
    check("  provider: kubernetes\n", "    iterations: 2\n", "provider", json!("kubernetes"), "");
    check("  skipAnalysis: true\n", step, "skip_analysis", json!(true), "");
    check("  suspend: true\n", step, "step_weight", json!(10), "as if resumed");
    check("", "    stepWieght: 10\n", "step_weight", Value::Null, "did you mean \"stepWeight\"");
    let affinity = format!("{step}    sessionAffinity: {{ cookieName: c }}\n");
    check("", &affinity, "step_weight", json!(10), "users who once got the canary stay there");
}

#[test]
fn a_missing_template_is_a_warning_and_an_impossible_metric_a_fault() {
    let metric =
        |lines: &str| canary("", &format!("    stepWeight: 10\n    metrics:\n    - {lines}\n"));
    let text = metric("{ name: m, templateRef: { name: gone }, thresholdRange: { max: 1 } }");
    let (import, flagger) = imported(&[&text]);
    assert_eq!(flagger["metrics"][0]["measures"], "nothing");
    assert!(import.warnings[0].to_string().contains("the MetricTemplate \"gone\" is not in these"));
    for (lines, expected) in [
        ("{ name: m, thresholdRange: { max: 1 } }", "every check of it would fail"),
        ("{ thresholdRange: { max: 1 } }", "has no name"),
        ("{ name: request-duration, interval: fast }", "expected a duration"),
    ] {
        let error = of(&[&metric(lines)]).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let text =
        canary("", "    stepWeight: 10\n    webhooks: [{ name: w, type: rolout, url: u }]\n");
    assert!(of(&[&text]).unwrap_err().to_string().contains("expected one of Flagger"));
    let text = canary("", "    maxWeight: 150\n");
    assert!(of(&[&text]).unwrap_err().to_string().contains("found 150"));
    let two = format!("{0}---\n{0}", canary("", "    stepWeight: 10\n"));
    assert!(of(&[&two]).is_err());
}

#[track_caller]
fn exported(text: &str) -> Vec<String> {
    let config = Config::from_text(text).unwrap();
    let export = export(&config, Target::Flagger, &Names::default());
    let export = export.unwrap_or_else(|refusal| panic!("{refusal}"));
    export.files.into_iter().map(|file| file.text).collect()
}

#[test]
fn an_export_is_read_as_the_same_canary() {
    let ready = "name: podinfo, canary_ready_seconds: 10, primary_ready_seconds: 10";
    for keys in [
        "step_weight: 10, max_weight: 50, threshold: 5, metrics: [{ name: request-success-rate, \
         measures: success_rate, scale: 100, min: 99 }, { name: request-duration, measures: \
         latency, max: 500, whole_numbers: true, window_seconds: 30 }]",
        "step_weights: [1, 5, 50], step_weight_promotion: 20, mirror: true, metrics: [{ name: \
         ratio, measures: error_rate_ratio, max: 2, no_data: { value: 1 } }, { name: slow, \
         measures: latency, quantile: 0.9, scale: 0.001, max: 0.5, no_data: nan }]",
        "iterations: 5, provider: kubernetes, metrics: [{ name: all, measures: requests, of: \
         service, min: 100 }], webhooks: [{ name: a, type: pre_rollout }, { name: b, type: \
         confirm_promotion, answer: fails }, { name: c, type: rollback }]",
        "iterations: 5, match_percent: 10, progress_deadline_seconds: 60, metrics: [{ name: m, \
         measures: errors, min: 0, max: 3 }]",
    ] {
        let text =
            format!("{{ tick_seconds: 10, controller: {{ flagger: {{ {ready}, {keys} }} }} }}");
        let files = exported(&text);
        let texts: Vec<&str> = files.iter().map(String::as_str).collect();
        let (import, _) = imported(&texts);
        let (found, given) =
            (Config::from_text(&import.config).unwrap(), Config::from_text(&text).unwrap());
        assert_eq!(found.policy().controller, given.policy().controller, "{texts:#?}");
    }
}

#[test]
fn stages_are_exported_as_weights() {
    let text = "{ stages: [{ traffic_pct: 5, duration_ticks: 3 }, { traffic_pct: 50, duration_ticks: \
                3 }], rules: [{ rule: error_rate, max: 0.02, min_requests: 50 }, { rule: \
                latency, max: 400, quantile: 0.95 }], on_inconclusive: promote }";
    let files = exported(text);
    let texts: Vec<&str> = files.iter().map(String::as_str).collect();
    let (_, flagger) = imported(&texts);
    assert_eq!(flagger["step_weights"], json!([5, 50]));
    assert_eq!((&flagger["interval_seconds"], &flagger["threshold"]), (&json!(180), &json!(1)));
    assert_eq!(
        flagger["metrics"],
        json!([
            {
                "name": "error-rate-1", "measures": "error_rate", "window_seconds": 180,
                "no_data": { "value": 0 }, "min_requests": 50, "max": 0.02
            },
            {
                "name": "latency-2", "measures": "latency", "quantile": 0.95,
                "window_seconds": 180, "no_data": { "value": 0 }, "min_requests": 1, "max": 400
            },
        ])
    );
    let refused = |text: &str| {
        let config = Config::from_text(text).unwrap();
        export(&config, Target::Flagger, &Names::default()).unwrap_err().to_string()
    };
    let text = "{ stages: [{ traffic_pct: 5, duration_ticks: 3, pause: manual }, { traffic_pct: \
                7.5, duration_ticks: 4 }], rules: [{ rule: sequential }, { rule: error_rate, max: \
                0.1, failure_limit: 3, look: every_tick }], on_inconclusive: pause }";
    let found = refused(text);
    for part in [
        "stages[0].pause",
        "stages[1].duration_ticks",
        "stages[1].traffic_pct",
        "on_inconclusive",
        "rules[0]",
        "rules[1].look",
    ] {
        assert!(found.contains(part), "{part}\n{found}");
    }
    let duration = "{ controller: { flagger: { metrics: [{ name: m, measures: latency, max: 3, \
                    whole_numbers: true }] } } }";
    assert!(refused(duration).contains("metrics[0].whole_numbers"));
}
