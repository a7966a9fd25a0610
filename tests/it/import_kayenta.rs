//! Canary configurations of Kayenta, read into configurations.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::Config;
use canary_rollout::import::{Import, Options, Source, import};
use canary_rollout::rollout::Rollout;
use serde_json::{Value, json};

fn read(text: &str, bind: &[(&str, &str)]) -> Result<Import, String> {
    let bind = bind.iter().map(|(name, words)| (name.to_string(), words.to_string())).collect();
    let options = Options { bind, ..Options::default() };
    import(&[Source { name: "canary.json", text }], &options).map_err(|error| error.to_string())
}

/// The controller's part of what is read, which runs to an end.
#[track_caller]
fn controller(import: &Import) -> Value {
    let config = Config::from_text(&import.config).unwrap();
    let mut rollout = Rollout::new(&config, 1);
    rollout.run().unwrap();
    assert!(rollout.state().is_terminal());
    let whole: Value = serde_json::from_str(&import.config).unwrap();
    whole["controller"]["kayenta"].clone()
}

const WHOLE: &str = r#"{
  "canaryConfig": {
    "name": "checkout",
    "description": "for tests",
    "judge": { "name": "NetflixACAJudge-v1.0", "judgeConfigurations": {} },
    "metrics": [
      {
        "name": "errors in percent",
        "query": {
          "type": "prometheus",
          "customInlineTemplate": "PromQL:100 * sum(rate(http_requests_total{code=~\"5..\",version=\"${scope}\"}[1m])) / sum(rate(http_requests_total{version=\"${scope}\"}[1m]))"
        },
        "groups": ["errors"],
        "analysisConfigurations": { "canary": {
          "direction": "increase", "nanStrategy": "replace", "critical": true,
          "outliers": { "strategy": "remove", "outlierFactor": 4 },
          "effectSize": { "allowedIncrease": 1.1, "criticalIncrease": 1.5 }
        } }
      },
      {
        "name": "time of a transaction",
        "query": { "type": "newrelic", "select": "SELECT percentile(duration, 95) FROM Transaction" },
        "groups": ["latency"],
        "analysisConfigurations": { "canary": { "direction": "increase", "muted": true } }
      }
    ],
    "classifier": { "groupWeights": { "errors": 60, "latency": 40 } }
  },
  "executionRequest": {
    "lifetimeDurationMins": 60, "analysisIntervalMins": 20, "beginAfterMins": 5, "lookbackMins": 40,
    "scopes": [{ "controlScope": "old", "experimentScope": "new", "step": 30 }],
    "thresholds": { "pass": 80, "marginal": 60 }
  }
}"#;

#[test]
fn a_configuration_with_its_request_is_read() {
    let import = read(WHOLE, &[]).unwrap();
    assert_eq!(
        (import.kind, import.title.as_str()),
        ("kayenta", "Kayenta canary configuration \"checkout\"")
    );
    let found = controller(&import);
    let times = [
        "lifetime_duration_seconds",
        "analysis_interval_seconds",
        "begin_after_seconds",
        "lookback_seconds",
    ];
    assert_eq!(times.map(|key| found[key].as_u64().unwrap()), [3_600, 1_200, 300, 2_400]);
    let judge = &found["judge"];
    assert_eq!(judge["step_seconds"], 30);
    assert_eq!(judge["score_thresholds"], json!({ "pass": 80, "marginal": 60 }));
    assert_eq!(
        judge["group_weights"],
        json!([{ "group": "errors", "weight": 60 }, { "group": "latency", "weight": 40 }])
    );
    let errors = &judge["metrics"][0];
    for (key, expected) in [
        ("measures", json!("error_rate")),
        ("scale", json!(100)),
        ("direction", json!("increase")),
        ("nan_strategy", json!("replace")),
        ("critical", json!(true)),
        ("muted", json!(false)),
        ("outliers", json!({ "outlier_factor": 4 })),
        (
            "effect_size",
            json!({ "measure": "mean_ratio", "allowed_increase": 1.1, "allowed_decrease": 1,
                    "critical_increase": 1.5, "critical_decrease": 1 }),
        ),
    ] {
        assert_eq!(errors[key], expected, "{key}");
    }
    let latency = &judge["metrics"][1];
    assert_eq!((&latency["measures"], &latency["quantile"]), (&json!("latency"), &json!(0.95)));
    assert_eq!(latency["muted"], true);
    assert!(import.warnings.is_empty(), "{:?}", import.warnings);
}

/// A configuration alone: what it does not say is assumed, and said.
#[test]
fn a_configuration_alone_is_read_with_assumptions() {
    let text = r#"{
      "name": "cpu", "judge": { "name": "dredd-v1.0" },
      "metrics": [
        { "name": "cpu", "query": { "type": "atlas", "q": "name,CpuRawUser,:eq,:sum" }, "groups": ["system"],
          "analysisConfigurations": { "canary": { "direction": "up", "mustHaveDate": true } } }
      ],
      "classifier": { "groupWeights": { "system": 100 } }
    }"#;
    let import = read(text, &[]).unwrap();
    let found = controller(&import);
    assert_eq!(found["lifetime_duration_seconds"], 3_600);
    assert_eq!(found["judge"]["metrics"][0]["measures"], "nothing");
    let warnings: Vec<String> = import.warnings.iter().map(ToString::to_string).collect();
    for expected in [
        "\"dredd-v1.0\" is simulated as NetflixACAJudge-v1.0",
        "so the metric passes",
        "\"up\" is no word of Kayenta, which takes either direction",
        "unknown field; did you mean \"mustHaveData\"?",
    ] {
        assert!(warnings.iter().any(|found| found.contains(expected)), "{expected}: {warnings:#?}");
    }
    for expected in
        ["how long the analysis takes", "a point is 1m", "5 % of the traffic", "passes from 95"]
    {
        assert!(
            import.assumed.iter().any(|found| found.contains(expected)),
            "{:#?}",
            import.assumed
        );
    }
    // A person says what it measures.
    let found = controller(&read(text, &[("cpu", "latency p99 in ms")]).unwrap());
    assert_eq!(found["judge"]["metrics"][0]["measures"], "latency");
}

#[test]
fn faults_are_at_their_places() {
    let without_name = WHOLE.replace("\"name\": \"errors in percent\",", "");
    let error = read(&without_name, &[]).unwrap_err();
    assert!(error.contains("canary.json: canaryConfig.metrics[0]"), "{error}");
    let marginal = WHOLE.replace("\"marginal\": 60", "\"marginal\": 90");
    let error = read(&marginal, &[]).unwrap_err();
    assert!(
        error.contains("executionRequest.thresholds: marginal: 90, expected at most pass, 80"),
        "{error}"
    );
}

#[test]
fn a_metric_of_argo_is_judged_by_the_configuration_that_it_names() {
    const ROLLOUT: &str = r#"
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: checkout }
spec:
  strategy:
    canary:
      trafficRouting: { nginx: { stableIngress: checkout } }
      steps:
      - setWeight: 20
      - pause: { duration: 1h }
      - analysis: { templates: [{ templateName: judge }] }
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: { name: judge }
spec:
  metrics:
  - name: mann-whitney
    failureLimit: 1
    count: 3
    interval: 5m
    provider:
      kayenta:
        address: https://kayenta.example.com
        application: checkout
        canaryConfigName: checkout
        thresholds: { pass: 50, marginal: 40 }
        scopes:
        - name: default
          experimentScope: { scope: new, step: 120, start: a, end: b }
"#;
    let with = |judge: &str| {
        let files =
            [Source { name: "a.yaml", text: ROLLOUT }, Source { name: "b.json", text: judge }];
        import(&files, &Options::default()).unwrap()
    };
    let found = with(WHOLE);
    let config: Value = serde_json::from_str(&found.config).unwrap();
    let metric = &config["controller"]["argo"]["steps"][2]["analysis"]["metrics"][0];
    assert_eq!(metric["judge"]["score_thresholds"], json!({ "pass": 50, "marginal": 40 }));
    assert_eq!(metric["judge"]["step_seconds"], 120);
    assert_eq!(metric["judge"]["metrics"][0]["name"], "errors in percent");
    assert_eq!(
        (&metric["count"], &metric["failure_limit"], &metric["interval_seconds"]),
        (&json!(3), &json!(1), &json!(300))
    );
    // The judge decides: a bad release is rolled back, a better one is not.
    for (ratio, expected) in [(0.5, "COMPLETED"), (10.0, "ROLLED_BACK")] {
        let mut config = config.clone();
        config["canary"]["error_ratio"] = json!(ratio);
        let mut rollout = Rollout::new(&Config::from_text(&config.to_string()).unwrap(), 1);
        rollout.run().unwrap();
        assert_eq!(rollout.state().to_string(), expected);
    }
    // Another configuration is none that it names.
    let other = with(&WHOLE.replace("\"checkout\"", "\"other\""));
    let config: Value = serde_json::from_str(&other.config).unwrap();
    let metric = &config["controller"]["argo"]["steps"][2]["analysis"]["metrics"][0];
    assert_eq!(metric["measures"], "nothing");
    let why = "Kayenta judges it by a configuration that is not among the files";
    assert!(other.bindings.iter().any(|binding| binding.why == why), "{:?}", other.bindings);
}
