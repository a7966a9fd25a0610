//! Reading configurations: what is accepted, what is refused with which message,
//! and what is filled in.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::*;
use serde_json::{Value, json};

use crate::support::check_committed;

/// The message that `text` is refused with; empty if it is accepted.
fn refusal(text: &str) -> String {
    Config::from_text(text).err().map(|error| error.to_string()).unwrap_or_default()
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(refusal(text), expected, "for {text}");
}

/// Checks that a text has this fault, possibly among others.
#[track_caller]
fn check_line(text: &str, expected: &str) {
    let found = refusal(text);
    assert!(found.lines().any(|line| line == expected), "{text} gives\n{found}\nnot\n{expected}");
}

/// Checks the only fault of a text, without its place.
#[track_caller]
fn check_one(text: &str, expected: &str) {
    let error = Config::from_text(text).unwrap_err();
    assert_eq!(error.without_line_column().to_string(), expected, "for {text}");
}

/// A valid configuration with one stage, after these keys.
fn with(keys: &str) -> String {
    let stages = r#""stages": [{ "traffic_pct": 10, "duration_ticks": 5 }]"#;
    if keys.is_empty() { format!("{{{stages}}}") } else { format!("{{{keys}, {stages}}}") }
}

/// A configuration with these stages.
fn staged(stages: &str) -> String {
    format!(r#"{{"stages": [{stages}]}}"#)
}

#[test]
fn three_faults_are_reported_together_with_their_paths() {
    let text = r#"{
        "stages": [
            { "traffic_pct": 10, "duration_ticks": 0 },
            { "traffic_pct": 50, "duration_ticks": 5 },
            { "traffic_pct": 25, "duration_ticks": 5 }
        ],
        "rules": [{ "rule": "error_rate", "max": 2 }]
    }"#;
    let error = Config::from_text(text).unwrap_err();
    let paths: Vec<&str> = error.problems().iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["stages[0].duration_ticks", "stages[2].traffic_pct", "rules[0].max"]);
    let places: Vec<_> = error.problems().iter().map(|problem| problem.line_column).collect();
    assert_eq!(places, [Some((3, 52)), Some((5, 30)), Some((7, 50))]);
    check(
        text,
        "stages[0].duration_ticks: found 0, expected a whole number from 1 to 100000 \
         at line 3 column 52\n\
         stages[2].traffic_pct: 25 does not exceed the 50 of the stage before it \
         at line 5 column 30\n\
         rules[0].max: found 2, expected a number from 0 to 1 with at most 9 decimal places \
         at line 7 column 50",
    );
}

#[test]
fn a_fault_of_syntax_or_type_is_reported_with_its_place() {
    const TOP: &str = "`name`, `tick_seconds`, `traffic`, `noise`, `incidents`, `baseline`, \
                       `observation`, `canary`, `stages`, `controller`, `error_rate_threshold`, `latency_threshold_ms`, \
                       `rules`, `on_inconclusive`, `rollback_ticks`, `pass_score`, `pods`, `$schema`";
    check_line(
        r#"{"plan": []}"#,
        &format!("plan: unknown field `plan`, expected one of {TOP} at line 1 column 2"),
    );
    for (text, expected) in [
        ("null", "invalid type: null, expected an object at line 1 column 1"),
        ("[]", "invalid type: array, expected an object at line 1 column 1"),
        ("5", "invalid type: number `5`, expected an object at line 1 column 1"),
        (
            r#""default""#,
            r#"invalid type: string "default", expected an object at line 1 column 1"#,
        ),
        ("?", "expected a key at line 1 column 2"),
        ("{", "unexpected end of the text at line 1 column 2"),
        (r#"{"stages": ["#, "stages: unexpected end of the text at line 1 column 13"),
        (r#"{"name": "abc"#, "unexpected end of the text at line 1 column 14"),
        ("{}", "stages: missing, expected an array at line 1 column 1"),
        (
            r#"{"stages": null}"#,
            "stages: invalid type: null, expected an array at line 1 column 12",
        ),
        (
            r#"{"stages": {}}"#,
            "stages: invalid type: object, expected an array at line 1 column 12",
        ),
        (
            r#"{"stages": [[10, 5]]}"#,
            "stages[0]: invalid type: array, expected an object at line 1 column 13",
        ),
        (r#"{"stages": []} x"#, "text after the end of the configuration at line 1 column 16"),
        (r#"{"name": [}"#, "name: expected a value at line 1 column 11"),
        (r#"{"name": "a" "b": 1}"#, "expected `,` or `}` at line 1 column 14"),
        (
            "{\n \"stages\": [\n  {},\n  { \"traffic_pct\": 5,\n    \"duration_ticks\": \"x\" }\n]}",
            "stages[1].duration_ticks: invalid type: string \"x\", expected a number \
             at line 5 column 23",
        ),
        (
            r#"{"tick_seconds": 5, "tick_seconds": 5}"#,
            "tick_seconds: duplicate key at line 1 column 21",
        ),
        (
            r#"{"tick_seconds": true}"#,
            "tick_seconds: invalid type: boolean `true`, expected a number at line 1 column 18",
        ),
        (
            r#"{"tick_seconds": 01}"#,
            "tick_seconds: invalid number: some programs read leading zeros as octal \
             at line 1 column 18",
        ),
        (
            r#"{"traffic": {"requests_per_second": NaN}}"#,
            "traffic.requests_per_second: invalid type: string \"NaN\", expected a number at line 1 column 37",
        ),
        (
            r#"{"traffic": {"requests_per_second": null}}"#,
            "traffic.requests_per_second: invalid type: null, expected a number at line 1 column 37",
        ),
        (
            r#"{"traffic": {"requests_per_second": 1e400}}"#,
            "traffic.requests_per_second: number out of range at line 1 column 37",
        ),
        (
            r#"{"traffic": [170]}"#,
            "traffic: invalid type: array, expected an object at line 1 column 13",
        ),
        (
            r#"{"traffic": {"rps": 1}}"#,
            "traffic.rps: unknown field `rps`, expected one of `requests_per_second`, \
             `daily_swing`, `burstiness`, `canary_skew` at line 1 column 14",
        ),
        (
            r#"{"canary": {"error_arrival": 5}}"#,
            "canary.error_arrival: invalid type: number `5`, expected one of `at_once`, \
             `{\"late\": …}`, `{\"leak\": …}`, `{\"under_load\": …}`, `{\"cold_start\": …}` at line 1 column 30",
        ),
        (
            r#"{"canary": {"error_arrival": "sudden"}}"#,
            "canary.error_arrival: unknown variant `sudden`, expected one of `at_once`, `late`, \
             `leak`, `under_load`, `cold_start` at line 1 column 30",
        ),
        (
            r#"{"canary": {"error_arrival": "late"}}"#,
            "canary.error_arrival: `late` needs a value, expected {\"late\": …} \
             at line 1 column 30",
        ),
        (
            r#"{"canary": {"error_arrival": {}}}"#,
            "canary.error_arrival: the object has 0 keys, expected one at line 1 column 30",
        ),
        (
            r#"{"canary": {"error_arrival": {"at_once": {}}}}"#,
            "canary.error_arrival: `at_once` takes no value, expected \"at_once\" alone \
             at line 1 column 30",
        ),
        (
            r#"{"canary": {"error_arrival": {"late": [10]}}}"#,
            "canary.error_arrival.late: invalid type: array, expected an object \
             at line 1 column 39",
        ),
        (
            r#"{"canary": {"error_arrival": {"late": {"start_tick": 1}, "leak": 1}}}"#,
            "canary.error_arrival: the object has 2 keys, expected one at line 1 column 30",
        ),
        (
            r#"{"canary": {"error_arrival": {"leak": {"start_tick": 1}}}}"#,
            "canary.error_arrival.leak.ramp_ticks: missing, expected a number at line 1 column 39",
        ),
        (
            r#"{"stages": [{"pause": "auto"}]}"#,
            "stages[0].pause: unknown variant `auto`, expected `manual` or `ticks` \
             at line 1 column 23",
        ),
        (
            r#"{"on_inconclusive": {"extend": {"max_ticks": 1, "then": "extend"}}}"#,
            "on_inconclusive.extend.then: unknown variant `extend`, expected one of `promote`, \
             `pause`, `rollback` at line 1 column 57",
        ),
        (r#"{"rules": [{}]}"#, "rules[0].rule: missing, expected a string at line 1 column 12"),
        (
            r#"{"rules": [{"rule": "latency", "look": "never"}]}"#,
            "rules[0].look: unknown variant `never`, expected one of `stage_end`, `every_tick`, `every_seconds` \
             at line 1 column 40",
        ),
        (
            r#"{"rules": [{"rule": "latency", "stages": 1}]}"#,
            "rules[0].stages: invalid type: number `1`, expected an array at line 1 column 42",
        ),
    ] {
        check_line(text, expected);
    }
}

#[test]
fn a_fault_of_value_is_reported_with_its_path() {
    for (keys, expected) in [
        (r#""tick_seconds": 0"#, "tick_seconds: found 0, expected a whole number from 1 to 86400"),
        (
            r#""tick_seconds": 1.5"#,
            "tick_seconds: found 1.5, expected a whole number from 1 to 86400",
        ),
        (
            r#""tick_seconds": 99999999999999999999"#,
            "tick_seconds: found 1e20, expected a whole number from 1 to 86400",
        ),
        (
            r#""traffic": {"requests_per_second": 0}"#,
            "traffic.requests_per_second: found 0, expected a number above 0, at most 100000000",
        ),
        (
            r#""traffic": {"requests_per_second": 1e308}"#,
            "traffic.requests_per_second: found 1e308, expected a number above 0, at most 100000000",
        ),
        (
            r#""traffic": {"requests_per_second": 2e6}"#,
            "traffic.requests_per_second: makes 120000000 requests in a tick, \
             the limit is 100000000",
        ),
        (
            r#""traffic": {"requests_per_second": 1e6, "daily_swing": {"amplitude": 1}}"#,
            "traffic.requests_per_second: makes 120000000 requests in a tick, \
             the limit is 100000000",
        ),
        (
            r#""traffic": {"daily_swing": {}}"#,
            "traffic.daily_swing.amplitude: missing, expected a number from 0 to 1",
        ),
        (
            r#""traffic": {"burstiness": 3.5}"#,
            "traffic.burstiness: found 3.5, expected a number from 0 to 3",
        ),
        (
            r#""traffic": {"canary_skew": 0}"#,
            "traffic.canary_skew: found 0, expected a number above 0, at most 100",
        ),
        (r#""noise": {"common": -1}"#, "noise.common: found -1, expected a number from 0 to 3"),
        (
            r#""incidents": {"duration_ticks": 5}"#,
            "incidents: never start, expected a chance_per_tick above 0 or an at_tick",
        ),
        (
            r#""incidents": {"at_tick": 1}"#,
            "incidents.duration_ticks: missing, expected a whole number from 1 to 100000",
        ),
        (
            r#""incidents": {"at_tick": 1, "duration_ticks": 5, "latency_ratio": 0}"#,
            "incidents.latency_ratio: found 0, expected a number above 0, at most 100",
        ),
        (
            r#""baseline": {"error_rate": 1.1}"#,
            "baseline.error_rate: found 1.1, expected a number from 0 to 1",
        ),
        (
            r#""baseline": {"latency_ms": {"p50": 200}}"#,
            "baseline.latency_ms.p99: 180 is below the p50, 200",
        ),
        (
            r#""baseline": {"latency_ms": {"p99": 1000}}, "canary": {"latency_ratio": 61}"#,
            "baseline.latency_ms.p99: becomes 61000 ms with the latency ratios, the limit is 60000",
        ),
        (
            r#""canary": {"error_ratio": 101}"#,
            "canary.error_ratio: found 101, expected a number from 0 to 100",
        ),
        (
            r#""canary": {"error_arrival": {"late": {"start_tick": 0}}}"#,
            "canary.error_arrival.late.start_tick: found 0, \
             expected a whole number from 1 to 100000",
        ),
        (
            r#""canary": {"error_arrival": {"under_load": {"from_load": 2, "full_load": 2}}}"#,
            "canary.error_arrival.under_load.full_load: 2 does not exceed the from_load, 2",
        ),
        (
            r#""canary": {"latency_arrival": {"cold_start": {"half_life_ticks": 0}}}"#,
            "canary.latency_arrival.cold_start.half_life_ticks: found 0, \
             expected a number above 0, at most 100000",
        ),
        (
            r#""error_rate_threshold": 0.0123456789"#,
            "error_rate_threshold: found 0.0123456789, \
             expected a number from 0 to 1 with at most 9 decimal places",
        ),
        (
            r#""latency_threshold_ms": 0"#,
            "latency_threshold_ms: found 0, expected a number above 0, at most 600000",
        ),
        (
            r#""on_inconclusive": {"extend": {"max_ticks": 0, "then": "pause"}}"#,
            "on_inconclusive.extend.max_ticks: found 0, expected a whole number from 1 to 100000",
        ),
        (
            r#""rollback_ticks": -1"#,
            "rollback_ticks: found -1, expected a whole number from 0 to 100000",
        ),
        (
            r#""rollback_ticks": 100000"#,
            "stages: the rollout may last 100005 ticks with extensions, timed pauses and \
             rollback_ticks, the limit is 100000",
        ),
    ] {
        check_one(&with(keys), expected);
    }
}

#[test]
fn a_fault_of_a_stage_is_reported_with_its_path() {
    for (stages, expected) in [
        ("", "stages: is empty, expected at least one stage"),
        ("{}", "stages[0].traffic_pct: missing, expected a number above 0, at most 100"),
        (
            r#"{"traffic_pct": 101, "duration_ticks": 1}"#,
            "stages[0].traffic_pct: found 101, expected a number above 0, at most 100",
        ),
        (
            r#"{"traffic_pct": 1, "duration_ticks": 1000000000}"#,
            "stages[0].duration_ticks: found 1000000000, expected a whole number from 1 to 100000",
        ),
        (
            r#"{"traffic_pct": 1, "duration_ticks": 1}, {"traffic_pct": 1, "duration_ticks": 1}"#,
            "stages[1].traffic_pct: 1 does not exceed the 1 of the stage before it",
        ),
        (
            r#"{"traffic_pct": 1, "duration_ticks": 1, "pause": {"ticks": 0}}"#,
            "stages[0].pause.ticks: found 0, expected a whole number from 1 to 100000",
        ),
        (
            r#"{"traffic_pct": 1, "duration_ticks": 1, "error_rate_threshold": 2}"#,
            "stages[0].error_rate_threshold: found 2, \
             expected a number from 0 to 1 with at most 9 decimal places",
        ),
    ] {
        check_one(&staged(stages), expected);
    }
}

#[test]
fn a_fault_of_a_rule_is_reported_with_its_path() {
    for (rules, expected) in [
        (r#"{"rule": "vibes"}"#, "rules[0].rule: unknown rule \"vibes\", expected one of "),
        (
            r#"{"rule": "error_rate"}"#,
            "rules[0].max: missing, expected a number from 0 to 1 with at most 9 decimal places",
        ),
        (
            r#"{"rule": "error_rate", "max": 0.1, "quantile": 0.5}"#,
            "rules[0].quantile: error_rate takes no such parameter, only max",
        ),
        (
            r#"{"rule": "latency", "max": 100, "quantile": 1}"#,
            "rules[0].quantile: found 1, expected a number between 0 and 1",
        ),
        (
            r#"{"rule": "latency", "max": 100, "stages": [2]}"#,
            "rules[0].stages[0]: found 2, expected a stage's number, from 1 to 1",
        ),
        (
            r#"{"rule": "latency", "max": 100, "failure_limit": 0}"#,
            "rules[0].failure_limit: found 0, expected a whole number from 1 to 1000000",
        ),
        (
            r#"{"rule": "latency", "max": 100}, {"rule": "latency", "max": 100, "quantile": 0.99}"#,
            "rules[1]: duplicates an earlier rule",
        ),
    ] {
        let refusal = refusal(&with(&format!(r#""rules": [{rules}]"#)));
        assert!(refusal.starts_with(expected), "{rules} gives {refusal}");
    }
    check_one(
        &with(
            r#""error_rate_threshold": 0.1, "rules": [{"rule": "error_rate_delta", "max": 0.1}]"#,
        ),
        "rules[0]: duplicates a plain threshold",
    );
}

#[test]
fn sizes_have_limits() {
    let many = |part: &str, count: usize| vec![part; count].join(",");
    check("", "the configuration is empty, expected an object");
    check(" \n", "the configuration is empty, expected an object");
    check(&"[".repeat(10_000_000), "the configuration is 10000000 bytes long, the limit is 262144");
    check(&"[".repeat(MAX_CONFIG_BYTES), "nested too deeply at line 1 column 128");
    check(&"{\"rules\":[".repeat(20_000), "nested too deeply at line 1 column 640");
    check_one(
        &staged(&many(r#"{"traffic_pct":1,"duration_ticks":1}"#, 3_000)),
        "stages: 3000 stages, expected at most 100",
    );
    check_one(
        &with(&format!(r#""rules": [{}]"#, many(r#"{"rule":"x"}"#, 3_000))),
        "rules: 3000 with those of the thresholds, expected at most 32",
    );
    let values = r#"{"stages": [{"traffic_pct": 5}], "x": [#]}"#;
    check(
        &values.replace('#', &many("1", MAX_CONFIG_VALUES - 4)),
        "x: more than 10,000 values, the limit at line 1 column 20030",
    );
    let accepted = refusal(&values.replace('#', &many("1", MAX_CONFIG_VALUES - 5)));
    assert!(accepted.starts_with("x: unknown field `x`, "), "{accepted}");
    check_one(
        &with(&format!(r#""name": "{}""#, "é".repeat(201))),
        "name: is 201 characters long, expected at most 200",
    );
    let keys: Vec<String> = (0..9_000).map(|i| format!("\"{i}\":{i}")).collect();
    let many = refusal(&with(&keys.join(",")));
    assert!(many.starts_with("0: unknown field `0`, ") && many.ends_with("\nand 8980 more"));
}

#[test]
fn faults_of_a_configuration_without_a_text_have_no_place() {
    let error = Config::from_text(r#"{"stages": 5}"#).unwrap_err();
    assert_eq!(error.problems()[0].line_column, Some((1, 12)));
    assert_eq!(
        error.without_line_column().to_string(),
        "stages: invalid type: number `5`, expected an array"
    );
}

#[test]
fn omitted_fields_have_defaults() {
    let resolved = serde_json::to_value(Config::from_text(&with("")).unwrap()).unwrap();
    assert_eq!(
        resolved,
        json!({
            "name": "",
            "tick_seconds": 60,
            "traffic": { "requests_per_second": 170 },
            "baseline": { "error_rate": 0.01, "latency_ms": { "p50": 80, "p99": 180 } },
            "canary": { "error_ratio": 1, "latency_ratio": 1 },
            "stages": [{ "name": "10 %", "traffic_pct": 10, "duration_ticks": 5 }],
            "rules": [],
            "on_inconclusive": "promote",
            "rollback_ticks": 0,
        })
    );
}

#[test]
fn thresholds_become_rules_and_a_stage_replaces_the_global_one() {
    let text = r#"{
        "stages": [
            { "traffic_pct": 1, "duration_ticks": 5, "latency_threshold_ms": 20 },
            { "traffic_pct": 5, "duration_ticks": 5, "error_rate_threshold": 0.01 },
            { "traffic_pct": 25, "duration_ticks": 5, "error_rate_threshold": 0.02 }
        ],
        "error_rate_threshold": 0.02,
        "rules": [{ "rule": "error_rate_ratio", "max": 2, "stages": [3, 2, 3], "min_errors": 5 }]
    }"#;
    let resolved = serde_json::to_value(Config::from_text(text).unwrap()).unwrap();
    let plain: Vec<Value> = resolved["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| {
            json!([rule["rule"], rule["max"], rule["stages"], rule["look"], rule["window"]])
        })
        .collect();
    assert_eq!(
        plain,
        [
            json!(["error_rate_delta", 0.02, [1, 3], "stage_end", "stage"]),
            json!(["error_rate_delta", 0.01, [2], "stage_end", "stage"]),
            json!(["latency_delta_ms", 20, [1], "stage_end", "stage"]),
            json!(["error_rate_ratio", 2, [2, 3], "stage_end", "stage"]),
        ]
    );
    assert_eq!(resolved["rules"][2]["quantile"], 0.99);
}

/// A configuration with every key.
const EVERYTHING: &str = include_str!("../data/config_everything.json");
/// The keys that say what monitoring sees, and when.
const OBSERVED: &str = include_str!("../data/config_observed.json");

#[test]
fn a_resolved_configuration_is_read_back_to_the_same_value_and_bytes() {
    let texts = presets().iter().map(|preset| preset.json).chain([EVERYTHING, OBSERVED]);
    for text in texts {
        let config = Config::from_text(text).unwrap();
        let written = serde_json::to_string(&config).unwrap();
        let again = Config::from_text(&written).unwrap();
        assert_eq!(again, config);
        assert_eq!(serde_json::to_string(&again).unwrap(), written);
        assert!(!written.contains(".0,") && !written.contains(".0}"), "{written}");
    }
}

#[test]
fn presets_have_names_of_their_own_and_few_warnings() {
    for (i, preset) in presets().iter().enumerate() {
        let config = Config::from_text(preset.json).unwrap();
        assert_eq!(config.name(), preset.name);
        assert!(!presets()[..i].iter().any(|earlier| earlier.name == preset.name));
        // The alerts are on an objective that the baseline does not meet.
        let expected = match preset.name {
            "opening" => 1,
            name if name.starts_with("burn-rate") => 2,
            _ => 0,
        };
        assert_eq!(config.warnings().len(), expected, "{:?}", config.warnings());
        assert_eq!(canary_rollout::config::preset(preset.name), Some(preset));
    }
    assert_eq!(preset("defaults"), None);
}

#[test]
fn probable_mistakes_are_warned_of() {
    let stages = r#""stages": [
        { "traffic_pct": 1, "duration_ticks": 5 }, { "traffic_pct": 100, "duration_ticks": 5 }
    ]"#;
    let rule = |rule: &str| format!(r#""rules": [{{ {rule} }}]"#);
    for (keys, expected) in [
        (r#""rules": []"#.to_string(), "rules: there are none: only a person can stop a release"),
        (
            rule(r#""rule": "error_rate", "max": 0.1, "window": "tick""#),
            "rules[0]: error_rate has fewer than 5 expected canary errors of a healthy release \
             in its window: 1.02 in stage 1",
        ),
        (
            rule(r#""rule": "latency", "max": 300, "quantile": 0.999"#),
            "rules[0]: latency has fewer than 5 expected canary requests beyond its quantile \
             in its window: 0.51 in stage 1",
        ),
        (
            rule(r#""rule": "error_count", "max": 5"#),
            "rules[0]: error_count has a max of 5, but more errors are expected of a healthy \
             release in its window: 5.1 in stage 1, 510 in stage 2",
        ),
        (
            r#""rules": [{ "rule": "asymptotic_cs" }],
               "traffic": { "requests_per_second": 5000 },
               "stages": [{ "traffic_pct": 50 }, { "traffic_pct": 80 }]"#
                .into(),
            "rules[0]: asymptotic_cs holds its alpha where the baseline is at least as large as \
             the canary: at 80 % in stage 2 it fails a healthy release far more often",
        ),
        (
            rule(r#""rule": "sequential""#) + r#", "traffic": { "canary_skew": 1.1 }"#,
            "rules[0]: sequential expects the planned share of the errors: with \
             traffic.canary_skew it sees 1.1 times the true ratio of the error rates; a \
             tolerated_ratio of that allows for it",
        ),
        (
            rule(r#""rule": "group_sequential""#) + r#", "traffic": { "canary_skew": 0.9 }"#,
            "rules[0]: group_sequential expects the planned share of the errors: with \
             traffic.canary_skew it sees 0.9 times the true ratio of the error rates",
        ),
        (
            rule(r#""rule": "bayesian", "look": "every_tick""#),
            "rules[0]: bayesian promises nothing about false alarms: it makes 5 looks, and the more \
             there are, the more often a healthy release reaches a probability of 0.95",
        ),
        (
            rule(r#""rule": "latency_ratio", "max": 1.01"#),
            "rules[0]: latency_ratio cannot distinguish 1.01 times the baseline’s latency from an \
             equal one: latencies are drawn in bins of 2 %",
        ),
        (
            rule(r#""rule": "error_rate_delta", "max": 0.1"#),
            "rules[0]: error_rate_delta is inconclusive in stage 2: at 100 % there is no baseline \
             to compare with",
        ),
        (
            rule(r#""rule": "error_rate", "max": 0.1, "min_errors": 10"#),
            "rules[0]: error_rate needs 10 canary errors, but fewer are expected of a healthy \
             release: 5.1 in stage 1",
        ),
        (
            rule(r#""rule": "error_rate", "max": 0.1, "min_requests": 1000, "stages": [1]"#),
            "rules[0]: error_rate needs 1,000 canary requests, but fewer are expected: \
             510 in stage 1",
        ),
        (
            rule(r#""rule": "error_rate", "max": 0.1, "failure_limit": 3"#),
            "rules[0]: error_rate never acts: it can fail 2 times, but its failure_limit is 3",
        ),
        (
            rule(r#""rule": "error_rate", "max": 0.1, "weight": 3"#),
            "rules[0]: error_rate has a weight of 3 without effect: it does not count by score",
        ),
        (
            rule(r#""rule": "error_rate", "max": 0.1, "of_last": 3"#),
            "rules[0]: error_rate acts at its first failed look: its of_last of 3 has an effect \
             with a failure_limit above 1",
        ),
        (
            rule(r#""rule": "error_rate", "max": 0.1"#) + r#", "pass_score": 50"#,
            "pass_score: has no effect: no rule has \"counts\": \"by_score\"",
        ),
        (
            rule(r#""rule": "error_rate", "max": 0.1, "counts": "by_score""#)
                + r#", "pass_score": 0"#,
            "pass_score: is 0, so every look passes: rules that count by score never act",
        ),
        (
            rule(r#""rule": "error_rate", "max": 0.1"#)
                + r#", "observation": { "history_seconds": 3600 }"#,
            "observation.history_seconds: has no effect: only a rule with \"of\": \"service\" \
             sees requests before the rollout",
        ),
        (
            r#""canary": {"error_ratio": 2, "error_arrival": {"late": {"start_tick": 11}}}"#.into(),
            "canary.error_arrival: starts in tick 11, but the plan ends with tick 10",
        ),
        (
            r#""canary": {"latency_arrival": {"cold_start": {"half_life_ticks": 1}}}"#.into(),
            "canary.latency_arrival: has no effect with the latency_ratio at 1",
        ),
        (
            r#""canary": {"latency_ratio": 2,
                "latency_arrival": {"under_load": {"from_load": 1, "full_load": 2}}}"#
                .into(),
            "canary.latency_arrival: never begins: the load is at most 1 times the mean",
        ),
        (
            r#""incidents": {"at_tick": 11, "duration_ticks": 2}"#.into(),
            "incidents.at_tick: starts in tick 11, but the plan ends with tick 10",
        ),
    ] {
        let text = match keys.contains(r#""stages": [{"#) {
            true => format!("{{{keys}}}"),
            false => format!("{{{keys}, {stages}}}"),
        };
        let config = Config::from_text(&text).unwrap();
        let warnings: Vec<String> = config.warnings().iter().map(ToString::to_string).collect();
        assert_eq!(warnings.first().map(String::as_str), Some(expected), "{warnings:?}");
    }
}

/// The schema of an object, after following a reference.
fn followed<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(place) => root.pointer(place.trim_start_matches('#')).expect(place),
        None => schema,
    }
}

/// Checks that the schema describes and allows every key of a value.
fn check_described(root: &Value, schema: &Value, value: &Value) {
    let schema = followed(root, schema);
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                // An object with one key: the alternative that has this key.
                let choices = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
                let choice = choices.and_then(|choices| {
                    let mut choices = choices.iter().map(|choice| followed(root, choice));
                    choices.find(|choice| !choice["properties"][key].is_null())
                });
                let property = &choice.unwrap_or(schema)["properties"][key];
                let described = choice.unwrap_or(property)["description"].as_str();
                assert!(described.is_some_and(|text| !text.is_empty()), "{key} in {schema}");
                check_described(root, property, value);
            }
        }
        Value::Array(items) => {
            for item in items {
                check_described(root, &schema["items"], item);
            }
        }
        Value::Number(number) => {
            assert!(matches!(schema["type"].as_str(), Some("number" | "integer")), "{schema}");
            let number = number.as_f64().expect("a number");
            assert!(schema["minimum"].as_f64().is_none_or(|least| number >= least), "{schema}");
            assert!(schema["maximum"].as_f64().is_none_or(|most| number <= most), "{schema}");
        }
        Value::String(text) => {
            let choices = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
            assert!(
                schema["type"] == "string"
                    || choices.is_some_and(|all| all.iter().any(|choice| choice["const"] == *text)),
                "{text} in {schema}"
            );
        }
        Value::Bool(_) => assert_eq!(schema["type"], "boolean", "{schema}"),
        Value::Null => unreachable!("no configuration has {value}"),
    }
}

#[test]
fn the_schema_describes_every_key() {
    let schema = config_schema();
    for text in presets().iter().map(|preset| preset.json).chain([EVERYTHING, OBSERVED]) {
        check_described(&schema, &schema, &serde_json::from_str(text).unwrap());
        let config = Config::from_text(text).unwrap();
        check_described(&schema, &schema, &serde_json::to_value(config).unwrap());
    }
    let text = schema.to_string();
    assert!(!text.contains(r#""null""#) && !text.contains("double"), "{text}");
    assert_eq!(
        schema["oneOf"],
        json!([{ "required": ["stages"] }, { "required": ["controller"] }]),
    );
    assert_eq!(schema["$defs"]["Stage"]["required"], json!(["traffic_pct"]));
}

#[test]
fn the_committed_schema_is_that_of_the_types() {
    check_committed("src/config/schema.json", CONFIG_SCHEMA, &format!("{:#}\n", config_schema()));
}

/// xorshift64, to choose where a text is damaged.
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 33) as usize
}

#[test]
fn a_damaged_text_is_read_or_refused_in_words() {
    let mut state = 0x9E37_79B9_7F4A_7C15;
    for text in presets().iter().map(|preset| preset.json).chain([EVERYTHING, OBSERVED]) {
        for _ in 0..500 {
            let mut bytes = text.as_bytes().to_vec();
            for _ in 0..=next(&mut state) % 3 {
                let at = next(&mut state) % bytes.len();
                let end = (at + 1 + next(&mut state) % 8).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                match next(&mut state) % 3 {
                    0 => drop(bytes.splice(at..end, [])),
                    1 => drop(bytes.splice(at..at, piece)),
                    _ => bytes[at] = b"0-9.e\"{}[],:"[next(&mut state) % 12],
                }
            }
            let damaged = String::from_utf8_lossy(&bytes);
            match Config::from_text(&damaged) {
                Ok(config) => drop(config.warnings()),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
}
