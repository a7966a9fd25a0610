//! Ramp schedules of GrowthBook, read into configurations.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::Config;
use canary_rollout::import::{Import, Options, Source, import};
use serde_json::{Value, json};

fn read(text: &str, bind: &[(&str, &str)]) -> Result<Import, String> {
    let bind = bind.iter().map(|(name, words)| (name.to_string(), words.to_string())).collect();
    let options = Options { bind, ..Options::default() };
    import(&[Source { name: "ramp.json", text }], &options).map_err(|error| error.to_string())
}

const RAMP: &str = r#"{
  "id": "rs_1", "name": "checkout-v2", "status": "pending",
  "steps": [
    { "interval": 8640, "monitored": true, "actions": [{ "patch": { "ruleId": "r", "coverage": 0.07 } }] },
    { "interval": 7200, "monitored": true, "actions": [], "holdConditions": { "minSampleSize": 500 } },
    { "interval": null, "monitored": true, "actions": [{ "patch": { "coverage": 0.5 } }],
      "holdConditions": { "requiresApproval": true } }
  ],
  "endActions": [{ "patch": { "coverage": 0.9 } }],
  "monitoringConfig": {
    "datasourceId": "ds", "exposureQueryId": "user", "updateScheduleMinutes": 60, "srmAction": "warn",
    "guardrailMetricIds": ["met_checkout_errors", "met_l9x"], "signalMetricIds": ["met_latency_p95"]
  }
}"#;

#[test]
fn a_ramp_is_read() {
    let import = read(RAMP, &[("met_l9x", "nothing")]).unwrap();
    assert_eq!(import.title, "GrowthBook ramp \"checkout-v2\"");
    let config = Config::from_text(&import.config).unwrap();
    let whole: Value = serde_json::from_str(&import.config).unwrap();
    let found = &whole["controller"]["growthbook"];
    assert_eq!(
        found["steps"],
        json!([
            { "coverage_pct": 7, "interval_seconds": 8_640, "monitored": true, "requires_approval": false },
            { "coverage_pct": 7, "interval_seconds": 7_200, "monitored": true, "min_sample_size": 500,
              "requires_approval": false },
            { "coverage_pct": 50, "monitored": true, "requires_approval": true }
        ])
    );
    assert_eq!((&found["refresh_seconds"], &found["srm_action"]), (&json!(3_600), &json!("warn")));
    let guardrails = found["guardrails"].as_array().unwrap();
    assert_eq!((guardrails.len(), &guardrails[0]["name"]), (1, &json!("met_checkout_errors")));
    assert_eq!(found.get("signals"), None);
    // A tick divides all times.
    assert_eq!(config.world().tick_seconds, 720);
    let warnings: Vec<String> = import.warnings.iter().map(ToString::to_string).collect();
    for expected in [
        "only guardrails on errors are simulated, so this one is never lost",
        "after the last step the new version gets all traffic, not 90 %",
    ] {
        assert!(warnings.iter().any(|found| found.contains(expected)), "{expected}: {warnings:#?}");
    }
    // An id that says nothing is taken as the errors, with a warning.
    let import = read(RAMP, &[]).unwrap();
    let told = |warning: &String| warning.contains("it is taken as the errors");
    assert!(import.warnings.iter().map(ToString::to_string).any(|warning| told(&warning)));
}

#[test]
fn what_is_no_ramp_is_refused() {
    #[track_caller]
    fn check(text: &str, bind: &[(&str, &str)], expected: &str) {
        let error = read(text, bind).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    check(
        &RAMP.replace("\"coverage\": 0.5", "\"coverage\": 0.6"),
        &[],
        "steps[2]: coverage_pct: 60, expected at most 50 in a monitored step",
    );
    check(
        RAMP,
        &[("met_checkout_errors", "nothing"), ("met_l9x", "nothing")],
        "no guardrail is on errors, expected one",
    );
    check(
        r#"{ "steps": [{ "coverage": 0.1, "interval": 60 }] }"#,
        &[],
        "expected the guardrails of the ramp",
    );
    check(
        r#"{ "safeRollout": {}, "steps": [] }"#,
        &[],
        "a safe rollout of the first generation, which is not read",
    );
}
