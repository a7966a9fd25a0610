//! Exported queries, evaluated by Prometheus itself: by `promtool`, of Debian's package
//! `prometheus`.

use std::process::Command;

use canary_rollout::export::{Names, query, rollout_of};

use crate::promql::evaluate;
use crate::support::config;

/// The counters: series, and what is added in each minute.
const SERIES: [(&str, f64); 8] = [
    (r#"http_requests_total{version="canary",code="200"}"#, 93.0),
    (r#"http_requests_total{version="canary",code="503"}"#, 7.0),
    (r#"http_requests_total{version="stable",code="200"}"#, 1890.0),
    (r#"http_requests_total{version="stable",code="500"}"#, 10.0),
    (r#"http_request_duration_seconds_bucket{version="canary",le="0.1"}"#, 50.0),
    (r#"http_request_duration_seconds_bucket{version="canary",le="0.5"}"#, 100.0),
    (r#"http_request_duration_seconds_bucket{version="canary",le="+Inf"}"#, 100.0),
    (r#"http_requests_total{version="other",code="500"}"#, 1.0),
];

/// `increase` for the default names.
fn increase(selector: &str, seconds: u32) -> Option<f64> {
    let a_minute = match selector {
        r#"http_requests_total{version="canary"}"# => 100.0,
        r#"http_requests_total{version="stable"}"# => 1900.0,
        r#"http_requests_total{version="canary",code=~"5.."}"# => 7.0,
        r#"http_requests_total{version="stable",code=~"5.."}"# => 10.0,
        other => panic!("what is {other}"),
    };
    Some(a_minute * f64::from(seconds) / 60.0)
}

#[test]
fn prometheus_gives_what_the_queries_are_meant_to() {
    if Command::new("promtool").arg("--version").output().is_err() {
        // Shown also where output is captured, so that a skip is seen.
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            b"SKIPPED: promtool is missing; scripts/install.sh prometheus installs it\n",
        );
        return;
    }
    let config = config(
        r#"{ "tick_seconds": 60, "stages": [{ "traffic_pct": 5, "duration_ticks": 4 }],
             "rules": [{ "rule": "sequential" },
                       { "rule": "sequential", "error_clump": 2, "bets": [3] },
                       { "rule": "error_rate", "max": 0.1, "min_requests": 5 },
                       { "rule": "error_rate_delta", "max": 0.1, "min_errors": 2 },
                       { "rule": "error_rate_ratio", "max": 2, "floor": 0.03 },
                       { "rule": "burn_rate", "objective": 0.99, "long_seconds": 240, "short_seconds": 60 },
                       { "rule": "error_count", "max": 3 },
                       { "rule": "latency", "max": 300, "quantile": 0.95 }] }"#,
    );
    let (argo, _) = rollout_of(&config).unwrap();
    let mut tests = String::new();
    for metric in argo.metrics() {
        let text = query(&metric.measure, &Names::default());
        let expected = match metric.measure.name.as_str() {
            // 45 of the 50 between 0.1 s and 0.5 s.
            "latency" => 460.0,
            _ => evaluate(&text, &increase).unwrap(),
        };
        let text = text.replace('\n', "\n          ");
        tests += &format!(
            "      - expr: |\n          abs((\n          {text}\n          ) / {expected:e} - 1) < bool 1e-9\n        \
             eval_time: 10m\n        exp_samples:\n          - value: 1\n            labels: '{{}}'\n"
        );
    }
    assert!(argo.metrics().count() >= 8);
    let mut series = String::new();
    for (name, a_minute) in SERIES {
        series += &format!("      - series: '{name}'\n        values: '0+{a_minute}x20'\n");
    }
    let text = format!(
        "evaluation_interval: 1m\ntests:\n  - interval: 1m\n    input_series:\n{series}    promql_expr_test:\n{tests}"
    );
    let path = std::env::temp_dir().join(format!("canary-rollout-{}.yml", std::process::id()));
    std::fs::write(&path, &text).unwrap();
    let output = Command::new("promtool").args(["test", "rules"]).arg(&path).output().unwrap();
    std::fs::remove_file(&path).unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{text}");
}
