//! What metrics' queries measure, guessed from their texts and names.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use Language::{CloudWatch, Datadog, Graphite, Influx, NewRelic, Other, Prometheus, Wavefront};
use canary_rollout::import::query::{Guess, Language, Measures, Metric, Quantity};

fn guess(language: Language, name: &str, text: &str, limits: &[f64]) -> Guess {
    Metric { name, text, parts: &[], language, default_window: None, limits }.guess()
}

/// Checks the guess of a query, in the words of a binding.
#[track_caller]
fn check(language: Language, text: &str, expected: &str) {
    assert_eq!(guess(language, "x", text, &[]).measures.to_string(), expected, "{text}");
}

#[test]
fn promql_is_read_as_an_expression() {
    let ok = r#"sum(rate(http_requests_total{job="shop",code!~"5.."}[2m]))"#;
    let bad = r#"sum(rate(http_requests_total{job="shop",code=~"5.."}[2m]))"#;
    let all = r#"sum(rate(http_requests_total{job="shop"}[2m]))"#;
    let good = r#"sum(rate(http_requests_total{job="shop",code=~"2..|3.."}[2m]))"#;
    let of = |version: &str| {
        format!(
            r#"sum(rate(r_requests{{v="{version}",status="500"}}[1m])) / sum(rate(r_requests{{v="{version}"}}[1m]))"#
        )
    };
    let slow = |version: &str| {
        format!(
            r#"histogram_quantile(0.9, sum by (le) (rate(t_duration_seconds_bucket{{v="{version}"}}[1m])))"#
        )
    };
    for (text, expected) in [
        (format!("{ok} / {all}"), "success_rate of service over 2m"),
        (format!("{good} / {all}"), "success_rate of service over 2m"),
        (format!("{bad} / {all}"), "error_rate of service over 2m"),
        (format!("100 * {bad} / {all}"), "error_rate of service over 2m times 100"),
        (format!("{bad}\n/ # of all\n{all} * 100"), "error_rate of service over 2m times 100"),
        (format!("1 - {ok} / {all}"), "error_rate of service over 2m"),
        (format!("100 - ({bad} / {all} * 100)"), "success_rate of service over 2m times 100"),
        (format!("({all} - {bad}) / {all}"), "success_rate of service over 2m"),
        (format!("{bad} / ({bad} + {ok})"), "error_rate of service over 2m"),
        (format!("{bad} / ({all} > 0) or vector(0)"), "error_rate of service over 2m else 0"),
        (format!("({bad} or on() vector(0)) / {all}"), "error_rate of service over 2m else 0"),
        (format!("({ok} / {all}) or on() vector(1)"), "success_rate of service over 2m else 1"),
        (format!("{bad} / clamp_min({all}, 1)"), "error_rate of service over 2m"),
        (bad.to_string(), "errors_per_second of service over 2m"),
        (all.to_string(), "requests_per_second of service over 2m"),
        (bad.replace("rate(", "increase("), "errors of service over 2m"),
        (all.replace("rate(", "increase("), "requests of service over 2m"),
        (of("canary"), "error_rate of canary over 1m"),
        (of("{{args.stable-hash}}"), "error_rate of stable over 1m"),
        (format!("({}) - ({})", of("canary"), of("stable")), "error_rate_difference over 1m"),
        (format!("({}) / ({})", of("canary"), of("stable")), "error_rate_ratio over 1m"),
        (slow("canary"), "latency p90 in s of canary over 1m"),
        (format!("{} * 1000", slow("canary")), "latency p90 in ms of canary over 1m"),
        (format!("{} / {}", slow("canary"), slow("stable")), "latency_ratio p90 over 1m"),
        (
            "sum(rate(request_duration_seconds_sum{v!=\"canary\"}[5m])) / sum(rate(request_duration_seconds_count{v!=\"canary\"}[5m]))".into(),
            "latency p50 in s of stable over 5m",
        ),
        ("max(request_latency_ms{quantile=\"0.99\"})".into(), "latency p99 in ms of service"),
        ("sum(irate(app_errors_total[5m])) / sum(irate(app_requests_total[5m]))".into(), "error_rate of service over 30s"),
        ("app:error_ratio:rate5m{app=\"x-canary\"}".into(), "error_rate of canary"),
        ("sum(rate(grpc_server_handled_total{grpc_code!=\"OK\"}[1m])) / sum(rate(grpc_server_started_total[1m]))".into(), "error_rate of service over 1m"),
        ("sum(rate(response_total{classification=\"success\"}[1m])) / sum(rate(response_total[1m]))".into(), "success_rate of service over 1m"),
        ("up{job=\"x\"}".into(), "nothing"),
        ("sum(rate(container_cpu_usage_seconds_total[1m]))".into(), "nothing"),
        ("absent(http_requests_total)".into(), "nothing"),
        ("count(kube_pod_info)".into(), "nothing"),
    ] {
        check(Prometheus, &text, expected);
    }
}

#[test]
fn other_languages_are_read_as_far_as_they_say_it() {
    for (language, text, expected) in [
        (
            Datadog,
            "sum:trace.web.request.errors{version:canary}.as_count() / sum:trace.web.request.hits{version:canary}.as_count()",
            "error_rate of canary",
        ),
        (
            Datadog,
            "default_zero(sum:http.requests{status_class:5xx,env:prod}.as_count()) / sum:http.requests{env:prod}.as_count() * 100",
            "error_rate of service times 100 else 0",
        ),
        (Datadog, "p95:trace.web.request.duration{version:canary}", "latency p95 in s of canary"),
        (Datadog, "sum:http.errors{*}.as_count().rollup(sum, 120)", "errors of service over 2m"),
        (
            Wavefront,
            r#"sum(rate(5m, ts("shop.request.count", code!=500 and v="canary"))) / sum(rate(5m, ts("shop.request.count", v="canary")))"#,
            "success_rate of canary over 5m",
        ),
        (
            NewRelic,
            "SELECT percentage(count(*), WHERE error IS true) FROM Transaction WHERE app = 'shop-canary' SINCE 10 minutes ago",
            "error_rate of canary over 10m times 100",
        ),
        (
            NewRelic,
            "SELECT percentile(duration*1000, 95) FROM Transaction",
            "latency p95 in ms of service",
        ),
        (
            NewRelic,
            "FROM Metric SELECT filter(count(*), WHERE status < '500') / count(*)",
            "success_rate of service",
        ),
        (
            Graphite,
            "target=asPercent(sumSeries(shop.canary.outcome.SUCCESS.count), sumSeries(shop.canary.outcome.*.count))&from=-5min",
            "success_rate of canary over 5m times 100",
        ),
        (
            Influx,
            "from(bucket: \"b\") |> range(start: -15m) |> filter(fn: (r) => r[\"code\"] == \"500\") |> count()",
            "errors of service over 15m",
        ),
        (
            CloudWatch,
            r#"[{"Id": "e", "Expression": "bad / all * 100"}, {"Id": "bad", "MetricStat": {"Metric": {"MetricName": "HTTPCode_Target_5XX_Count"}, "Period": 300, "Stat": "Sum"}, "ReturnData": false}, {"Id": "all", "MetricStat": {"Metric": {"MetricName": "RequestCount"}, "Period": 300, "Stat": "Sum"}, "ReturnData": false}]"#,
            "error_rate of service over 5m times 100",
        ),
        (Other, "builtin:service.response.time:percentile(95)", "latency p95 in s of service"),
        (Other, "", "nothing"),
    ] {
        check(language, text, expected);
    }
}

#[test]
fn a_name_says_what_a_query_does_not() {
    for (name, limits, expected) in [
        ("success-rate", &[0.95][..], "success_rate of service"),
        ("success-rate", &[95.0], "success_rate of service times 100"),
        ("canary-error-rate", &[1.0], "error_rate of canary"),
        ("errors_5xx", &[], "errors of service"),
        ("latency-p99", &[500.0], "latency p99 in ms of service"),
        ("latency-p99", &[0.5], "latency p99 in s of service"),
        ("pod-restarts", &[0.0], "nothing"),
    ] {
        let found = guess(Other, name, "", limits).measures.to_string();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn a_guess_says_why() {
    let query = r#"sum(rate(requests_total{code=~"5.."}[1m])) / sum(rate(requests_total[1m]))"#;
    for (name, language, text, why) in [
        ("x", Prometheus, query, "the query divides responses that are errors by all responses"),
        ("error-rate", Other, "", "the metric’s name says so"),
        ("x", Other, "", "neither the query nor the name tells what is measured"),
    ] {
        assert_eq!(guess(language, name, text, &[]).why, why);
    }
}

/// The words of a binding are read back to the same, and change only what they say.
#[test]
fn a_binding_is_words() {
    let start = Measures::new(Quantity::Nothing);
    for words in [
        "error_rate of canary over 1m times 100 else 0",
        "latency p99.9 in ms of stable over 90s",
        "latency_ratio p50 over 1h",
        "error_rate_difference over 5m",
        "nothing",
    ] {
        assert_eq!(start.changed_by(words).unwrap().to_string(), words);
    }
    let bound = start.changed_by("error_rate of canary over 1m times 100").unwrap();
    assert_eq!(
        bound.changed_by("success_rate").unwrap().to_string(),
        "success_rate of canary over 1m times 100"
    );
    assert_eq!(
        bound.changed_by("latency p99").unwrap().to_string(),
        "latency p99 in s of canary over 1m times 100"
    );
    for (words, message) in [
        ("error-rate", "found \"error-rate\", did you mean \"error_rate\"?"),
        ("errors over 5", "found \"5\" after over, expected a duration, such as 5m"),
        ("errors of me", "found \"me\" after of, expected canary, stable or service"),
        ("latency p100", "found \"p100\", expected p50 to p99.9"),
        ("errors now", "found \"now\", expected p99, in, of, over, times or else"),
    ] {
        assert_eq!(start.changed_by(words).unwrap_err(), message);
    }
}
