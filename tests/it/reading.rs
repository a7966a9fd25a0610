//! The errors of reading a configuration: all faults together, each with its place,
//! and with messages that are short and cannot control a terminal.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::{Config, ConfigError, MAX_CONFIG_BYTES, config_schema, preset};
use canary_rollout::message::{did_you_mean, quoted, shown};
use canary_rollout::rules::Method;
use canary_rollout::study::{Requirement, Study};
use serde_json::{Value, json};

#[track_caller]
fn refused(text: &str) -> ConfigError {
    match Config::from_text(text) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => error,
    }
}

/// Checks all faults of a text: line, column, path and the beginning of the message.
#[track_caller]
fn check(text: &str, expected: &[(u32, u32, &str, &str)]) {
    let error = refused(text);
    let found: Vec<(u32, u32, &str, &str)> = error
        .problems()
        .iter()
        .map(|problem| {
            let (line, column) = problem.line_column.unwrap();
            (line, column, problem.path.as_str(), problem.message.as_str())
        })
        .collect();
    let agrees = found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, expected)| {
            found.3.starts_with(expected.3)
                && (found.0, found.1, found.2) == (expected.0, expected.1, expected.2)
        });
    assert!(agrees, "{found:#?}\nfor {text}");
}

#[test]
fn unknown_keys_wrong_types_missing_and_duplicate_keys_and_ranges_are_reported_together() {
    check(
        r#"{"foo":1,"bar":2,"tick_seconds":0,"stages":[{"traffic_pct":5}]}"#,
        &[
            (1, 2, "foo", "unknown field `foo`"),
            (1, 10, "bar", "unknown field `bar`"),
            (1, 33, "tick_seconds", "found 0"),
        ],
    );
    check(
        r#"{
  "tick_seconds": "60",
  "baseline": { "error_rate": 2, "error_rate": 0.1, "latency_ms": [] },
  "canary": { "error_arrival": { "leak": { "start_tick": 0 } } },
  "stages": [
    { "traffic_pct": 50 },
    { "trafic_pct": 25, "pause": "auto", "duration_ticks": 0 },
    7,
    { "duration_ticks": 1 }
  ],
  "rules": [
    {},
    { "rule": "eror_rate", "max": 1 },
    { "rule": "latency", "max": 0, "look": "never", "stages": [9], "alpha": 2 }
  ],
  "on_inconclusive": { "extend": { "max_ticks": 0, "then": 1 } }
}"#,
        &[
            (2, 19, "tick_seconds", "invalid type: string \"60\", expected a number"),
            (3, 34, "baseline.error_rate", "duplicate key"),
            (3, 67, "baseline.latency_ms", "invalid type: array, expected an object"),
            (4, 42, "canary.error_arrival.leak.ramp_ticks", "missing, expected a number"),
            (4, 58, "canary.error_arrival.leak.start_tick", "found 0"),
            (
                7,
                7,
                "stages[1].trafic_pct",
                "unknown field `trafic_pct` (did you mean `traffic_pct`?)",
            ),
            (7, 34, "stages[1].pause", "unknown variant `auto`, expected `manual` or `ticks`"),
            (7, 60, "stages[1].duration_ticks", "found 0"),
            (8, 5, "stages[2]", "invalid type: number `7`, expected an object"),
            (9, 5, "stages[3].traffic_pct", "missing, expected a number above 0"),
            (12, 5, "rules[0].rule", "missing, expected a string"),
            (13, 15, "rules[1].rule", "unknown rule \"eror_rate\" (did you mean \"error_rate\"?)"),
            (14, 33, "rules[2].max", "found 0, expected milliseconds above 0"),
            (14, 44, "rules[2].look", "unknown variant `never`"),
            (14, 64, "rules[2].stages[0]", "found 9, expected a stage's number, from 1 to 4"),
            (14, 77, "rules[2].alpha", "latency takes no such parameter"),
            (16, 49, "on_inconclusive.extend.max_ticks", "found 0"),
            (16, 60, "on_inconclusive.extend.then", "invalid type: number `1`"),
        ],
    );
}

/// A warning about the rule of a plain threshold is placed at the threshold. A
/// warning about another rule has the rule's number in the text.
#[test]
fn a_warning_has_the_place_of_its_cause() {
    let text = r#"{
  "stages": [
    { "traffic_pct": 1, "duration_ticks": 1 },
    { "traffic_pct": 100, "latency_threshold_ms": 50 }
  ],
  "rules": [{ "rule": "z_test", "look": "every_tick" }],
  "error_rate_threshold": 0.01,
  "canary": { "error_arrival": { "late": { "start_tick": 2 } } }
}"#;
    let warnings = Config::from_text(text).unwrap().warnings_in(text);
    let mut found: Vec<(u32, u32, &str)> = warnings
        .iter()
        .map(|warning| {
            let (line, column) = warning.line_column.unwrap();
            (line, column, warning.path.as_str())
        })
        .collect();
    found.dedup();
    assert_eq!(
        found,
        [
            (4, 51, "stages[1].latency_threshold_ms"),
            (6, 13, "rules[0]"),
            (7, 27, "error_rate_threshold"),
            (8, 32, "canary.error_arrival"),
        ]
    );
}

/// A value that cannot be read causes no further faults.
#[test]
fn a_fault_is_reported_once() {
    let stages = r#""stages": [{"traffic_pct": 5}]"#;
    for (keys, column, path) in [
        (r#""baseline": {"latency_ms": {"p50": "80", "p99": 10}}"#, 36, "baseline.latency_ms.p50"),
        (r#""incidents": {"at_tick": "3", "duration_ticks": 1}"#, 26, "incidents.at_tick"),
        (r#""incidents": {"at_tik": 3, "duration_ticks": 1}"#, 15, "incidents.at_tik"),
        (r#""rules": [{"rule": 5}]"#, 20, "rules[0].rule"),
        (r#""rules": [5]"#, 11, "rules[0]"),
        (
            r#""rules": [{"rule": "error_rate", "max": 1}, {"rule": "error_rate", "max": 1, "look": 1}]"#,
            86,
            "rules[1].look",
        ),
        (r#""rules": [{"rule": "sequential", "bets": [2, null]}]"#, 46, "rules[0].bets[1]"),
        (r#""rules": [{"rule": "sequential", "bets": 2}]"#, 42, "rules[0].bets"),
        (
            r#""canary": {"error_arrival": {"under_load": {"from_load": 1}}}"#,
            44,
            "canary.error_arrival.under_load.full_load",
        ),
    ] {
        let error = refused(&format!("{{{keys}, {stages}}}"));
        let found: Vec<_> = error
            .problems()
            .iter()
            .map(|problem| (problem.line_column, problem.path.as_str()))
            .collect();
        assert_eq!(found, [(Some((1, column + 1)), path)], "{error}\nfor {keys}");
    }
    for (text, path) in [
        (r#"{"stages": 5, "rules": [{"rule": "latency", "max": 1, "stages": [2]}]}"#, "stages"),
        (r#"{"stages": [{"traffic_pct": "5"}, {"traffic_pct": 4}]}"#, "stages[0].traffic_pct"),
    ] {
        let error = refused(text);
        let paths: Vec<&str> = error.problems().iter().map(|one| one.path.as_str()).collect();
        assert_eq!(paths, [path], "{error}");
    }
}

#[test]
fn a_column_counts_characters() {
    check(
        "{\"name\": \"é\u{1f600}\", \"tick_seconds\": 0,\r\n\"stages\":\t[{\"traffic_pct\": 0}]}",
        &[(1, 32, "tick_seconds", "found 0"), (2, 28, "stages[0].traffic_pct", "found 0")],
    );
}

/// A carriage return alone ends a line as well, for the values and for the faults of
/// syntax.
#[test]
fn a_line_ends_as_in_yaml() {
    for end in ["\n", "\r\n", "\r"] {
        let lines = |last: &str| ["{\"name\": \"a", "b\",", last].join(end);
        check(
            &lines("\"stages\": [{\"traffic_pct\": 0}]}"),
            &[(3, 28, "stages[0].traffic_pct", "found 0")],
        );
        check(
            &lines("\"stages\": []}}"),
            &[(3, 14, "", "a closing bracket without an opening one")],
        );
    }
    check("---", &[(1, 4, "", "invalid type: null, expected an object")]);
}

#[test]
fn a_byte_order_mark_is_skipped_and_counts_for_nothing() {
    let text = preset("default").unwrap().json;
    let marked = format!("\u{feff}{text}");
    assert_eq!(Config::from_text(&marked), Config::from_text(text));
    check("\u{feff}{\"stages\": 5}", &[(1, 12, "stages", "invalid type: number `5`")]);
    check("\u{feff}[", &[(1, 2, "", "unexpected end of the text")]);
    assert_eq!(refused("\u{feff}\n").to_string(), "the configuration is empty, expected an object");
    assert!(Study::from_text(&marked, "\u{feff}{\"runs\": 1}").is_ok());
}

#[test]
fn the_top_may_name_its_schema() {
    let text = r#"{"$schema": "./schema.json", "stages": [{"traffic_pct": 5}]}"#;
    let plain = r#"{"stages": [{"traffic_pct": 5}]}"#;
    assert_eq!(Config::from_text(text), Config::from_text(plain));
    check(
        r#"{"$schema": 5, "stages": [{"traffic_pct": 5, "$schema": "x"}]}"#,
        &[
            (1, 13, "$schema", "invalid type: number `5`, expected a string"),
            (1, 46, "stages[0].$schema", "unknown field `$schema`, expected one of"),
        ],
    );
}

#[test]
fn at_most_twenty_faults_are_reported_and_how_many_more() {
    let stages = r#""stages": [{"traffic_pct": 5}]"#;
    let zeros = |count: usize| vec!["0"; count].join(",");
    for (keys, told, more) in [
        // Read, with a fault for each and its place.
        (format!(r#""rules": [{{"rule": "sequential", "bets": [{}]}}]"#, zeros(16)), 16, 0),
        (format!(r#""rules": [{{"rule": "sequential", "bets": [{}]}}]"#, zeros(9_000)), 1, 0),
        (
            format!(r#""rules": [{{"rule": "z_test", "stages": [{}]}}]"#, vec!["9"; 100].join(",")),
            20,
            80,
        ),
        (format!(r#""rules": [{{"rule": "z_test", "stages": [{}]}}]"#, zeros(9_000)), 1, 0),
        (format!(r#""rules": [{}]"#, zeros(9_000)), 20, 8_981),
        (format!(r#""name": [], {}"#, vec![r#""a":0"#; 9_000].join(",")), 20, 8_981),
    ] {
        let text = format!("{{{keys}, {stages}}}");
        assert!(text.len() <= MAX_CONFIG_BYTES);
        let error = refused(&text);
        assert_eq!((error.problems().len(), error.more()), (told, more), "{error}");
        let message = error.to_string();
        assert_eq!(message.ends_with(&format!("\nand {more} more")), more > 0, "{message}");
        assert!(error.problems().iter().all(|problem| !problem.message.is_empty()), "{message}");
        let places: Vec<_> = error.problems().iter().map(|problem| problem.line_column).collect();
        assert!(places.is_sorted() && places.iter().all(Option::is_some), "{places:?}");
    }
}

/// Characters that control a terminal or change the order of the text.
const STEERING: &str = "\u{1b}]0;pwned\u{7}\u{7f}\u{9b}31m\u{202e}\u{2066}\u{200f}\u{2028}\r\n\0";

#[track_caller]
fn check_harmless(message: &str, lines: usize) {
    assert_eq!(message.lines().count(), lines, "{message:?}");
    let one_line = message.replace('\n', "");
    assert!(
        !one_line.chars().any(|c| STEERING.contains(c) && !c.is_ascii_graphic()),
        "{one_line:?}"
    );
}

#[test]
fn quotes_in_messages_are_short_and_harmless() {
    let long = "x".repeat(1_000_000);
    let stages = r#""stages": [{"traffic_pct": 5}]"#;
    for text in [STEERING, &long] {
        let text = Value::from(text);
        for keys in [
            format!("{text}: 1"),
            format!(r#""tick_seconds": {text}"#),
            format!(r#""rules": [{{"rule": {text}}}]"#),
            format!(r#""rules": [{{"rule": "latency", "max": 1, "look": {text}}}]"#),
            format!(r#""canary": {{"error_arrival": {{{text}: 1}}}}"#),
            format!(r#""on_inconclusive": {text}"#),
            // A syntax error below such a key.
            format!(r#""rules": [{{{text}: ]}}]"#),
        ] {
            let error = refused(&format!("{{{keys}, {stages}}}"));
            let message = error.to_string();
            check_harmless(&message, 1);
            assert!(message.chars().count() < 500, "{message}");
        }
        let kind = json!({ "kind": text, "apiVersion": text }).to_string();
        check_harmless(&refused(&kind).to_string(), 1);
        let options = json!({ text.as_str().unwrap(): 1 }).to_string();
        let error = Study::from_text(preset("default").unwrap().json, &options).unwrap_err();
        check_harmless(&error.to_string(), 1);
        let error = Requirement::parse(text.as_str().unwrap()).unwrap_err();
        check_harmless(&error.to_string(), 1);
    }
    assert_eq!(shown("a\u{1b}[2J\n\u{202e}b\"\\é"), "a\\u001b[2J\\n\\u202eb\"\\é");
    assert_eq!(quoted("a\"\\\t"), r#""a\"\\\t""#);
    assert_eq!(shown(&"é".repeat(81)), format!("{}…", "é".repeat(80)));
    assert_eq!(quoted(&"é".repeat(80)), format!("\"{}\"", "é".repeat(80)));
}

#[test]
fn a_similar_known_word_is_suggested() {
    let known = ["run", "study", "validate", "schema", "presets"];
    for (word, meant) in [
        ("runn", Some("run")),
        ("urn", Some("run")),
        ("rn", Some("run")),
        ("stdy", Some("study")),
        ("vaildate", Some("validate")),
        ("valid", None),
        ("schemas", Some("schema")),
        ("", None),
        ("fly", None),
        ("Study", Some("study")),
        ("studystudystudystudystudystudystudystudystudy", None),
    ] {
        assert_eq!(did_you_mean(word, known), meant, "{word:?}");
    }
    // The nearest name, and the first of two equally near ones.
    assert_eq!(did_you_mean("abcdeg", ["abcdgg", "abcdef", "abcdeh"]), Some("abcdgg"));
    assert_eq!(did_you_mean("abcdefgh", ["abcdexxh", "abcdefgx"]), Some("abcdefgx"));
}

/// A path deeper than any text may be is an unknown field, and does not exhaust the
/// stack.
#[test]
fn a_fields_path_is_as_deep_as_a_text_at_most() {
    let config = preset("default").unwrap().json;
    for depth in [126, 127, 10_000, 300_000] {
        let deep = |step: &str| format!("a{}", step.repeat(depth));
        for field in [deep(".a"), deep("[0]"), format!("traffic{}", deep(".a"))] {
            for options in [
                json!({ "set": [{ "field": field, "value": 1 }] }),
                json!({ "sweep": { "field": field, "values": [1] } }),
            ] {
                let error = Study::from_text(config, &options.to_string()).unwrap_err();
                assert!(error.to_string().len() < 1_000, "{error}");
            }
        }
    }
}

/// Checks the only fault of a text that is a file of another program.
#[track_caller]
fn check_foreign(text: &str, name: &str, what: &str) {
    let expected = format!("this is {name}, {what} at line 1 column 1");
    assert_eq!(refused(text).to_string(), expected, "{text}");
}

#[test]
fn a_file_of_another_program_is_named() {
    const ROLLOUT: &str = "an Argo Rollout (kind Rollout, apiVersion argoproj.io/v1alpha1)";
    const FLAGGER: &str = "a Flagger Canary (kind Canary, apiVersion flagger.app/v1beta1)";
    const TEMPLATE: &str =
        "an Argo AnalysisTemplate (kind AnalysisTemplate, apiVersion argoproj.io/v1alpha1)";
    for (text, name) in [
        (
            "# The rollout\n---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata:\n  name: x\nspec:\n  strategy: {}\n",
            ROLLOUT,
        ),
        (
            "\u{feff}apiVersion: v1\r\nkind: Service\r\n---\r\nkind: \"Rollout\" # v1\r\napiVersion: 'argoproj.io/v1alpha1'\r\n",
            ROLLOUT,
        ),
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nspec:\n  metrics:\n  - provider:\n      prometheus:\n        query: up{service=\"{{args.service-name}}\"}\n",
            TEMPLATE,
        ),
        (
            r#"{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "spec": {"strategy": {}}}"#,
            ROLLOUT,
        ),
        (
            r#"{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "apps/v1", "kind": "Deployment"}, {"apiVersion": "flagger.app/v1beta1", "kind": "Canary"}]}"#,
            FLAGGER,
        ),
        ("apiVersion: flagger.app/v1beta1\nkind: Canary\n", FLAGGER),
        (
            "apiVersion: flagger.app/v1beta1\nkind: MetricTemplate\nspec:\n  query: sum({{ namespace }})\n",
            "a Flagger MetricTemplate (kind MetricTemplate, apiVersion flagger.app/v1beta1)",
        ),
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: Experiment\n",
            "an Argo Experiment (kind Experiment, apiVersion argoproj.io/v1alpha1)",
        ),
        (
            "apiVersion: apps/v1\nkind: Deployment\n",
            "a Kubernetes Deployment (kind Deployment, apiVersion apps/v1)",
        ),
        (
            "apiVersion: skaffold/v2\nkind: Config\n",
            "a file of another program, a Config (kind Config, apiVersion skaffold/v2)",
        ),
        (
            "AWSTemplateFormatVersion: '2010-09-09'\nTransform: AWS::Serverless-2016-10-31\nResources:\n",
            "an AWS SAM template (Transform AWS::Serverless-2016-10-31)",
        ),
        (
            r#"{"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}}"#,
            "an AWS CloudFormation template (AWSTemplateFormatVersion)",
        ),
        (
            r#"{"name": "prometheus", "description": "x", "configVersion": "1", "metrics": [], "classifier": {}}"#,
            "a Kayenta canary configuration (keys metrics, classifier)",
        ),
        (
            "{{- if .Values.rollout }}\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\n{{- end }}\n",
            &format!("a Helm template of {ROLLOUT}"),
        ),
        ("{{ include \"x\" . }}\n", "a Helm template"),
        ("kind: Service\nmetadata:\n  name: {{ .Release.Name }}\n", "a Helm template"),
    ] {
        let what = match name {
            _ if name.starts_with("a Helm template") => {
                "which is no YAML before it is rendered; give an import what `helm template` writes"
            }
            _ if ["Deployment", "skaffold"].iter().any(|word| name.contains(word)) => {
                "which does not say how a release is rolled out; an import reads a Rollout of \
                 Argo, a Canary of Flagger, an AWS template with a DeploymentPreference and a \
                 canary configuration of Kayenta"
            }
            _ => {
                "not a configuration; an import makes one of it: `canary-rollout import`, or the \
                 place Yours of the page"
            }
        };
        check_foreign(text, name, what);
    }
}

/// A file whose keys do not identify it is not named.
#[test]
fn a_file_without_identifying_keys_is_not_named() {
    for (text, expected) in [
        ("--- ~\n", "invalid type: null, expected an object at line 1 column 5"),
        ("# A comment\n- 5\n", "invalid type: array, expected an object at line 2 column 1"),
        ("hello", "invalid type: string \"hello\", expected an object at line 1 column 1"),
        ("<html>", "invalid type: string \"<html>\", expected an object at line 1 column 1"),
        ("{{", "key must be a string at line 1 column 2"),
        (
            r#"{"name": "kind: Rollout", "stages": [}"#,
            "stages: expected a value at line 1 column 38",
        ),
        (
            r#"{"kind": "Rollout", "apiVersion": "v1", "stages": []}"#,
            "kind: unknown field `kind`, expected one of `name`, `tick_seconds`, `traffic`, \
             `noise`, `incidents`, `baseline`, `observation`, `canary`, `stages`, `controller`, `error_rate_threshold`, \
             `latency_threshold_ms`, `rules`, `on_inconclusive`, `rollback_ticks`, `pass_score`, `pods`, `$schema` \
             at line 1 column 2",
        ),
    ] {
        let found = refused(text).to_string();
        assert_eq!(found.lines().next(), Some(expected), "{text}");
    }
}

#[test]
fn faults_of_a_studys_options_are_reported_together() {
    let config = preset("default").unwrap().json;
    let options = json!({
        "runs": 0,
        "sed": 1,
        "horizon_ticks": "x",
        "sweep": { "field": 5, "values": [1, "2"] },
    });
    let error = Study::from_text(config, &options.to_string()).unwrap_err().to_string();
    let mut lines: Vec<&str> = error.lines().collect();
    lines.sort_unstable();
    let expected = [
        "study.horizon_ticks: invalid type: string \"x\", expected a number",
        "study.runs: found 0, expected a whole number from 1 to 1000000000",
        "study.sed: unknown field `sed` (did you mean `seed`?)",
        "study.sweep.field: invalid type: number `5`, expected a string",
        "study.sweep.values[1]: invalid type: string \"2\", expected a number",
    ];
    assert_eq!(lines, expected);
}

/// A number or a length that the schema bounds: its path, its bounds, and whether
/// each bound is exclusive.
#[derive(Debug)]
struct Bounded {
    path: String,
    least: f64,
    least_is_out: bool,
    most: f64,
    most_is_out: bool,
    is_whole: bool,
}

/// Walks the schema; `[0]` stands for any item. `rule` is the name of the rule
/// whose parameters are collected.
fn bounded(root: &Value, schema: &Value, path: &str, rule: &str, found: &mut Vec<Bounded>) {
    let schema = match schema["$ref"].as_str() {
        Some(place) => root.pointer(place.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    let dot = if path.is_empty() { "" } else { "." };
    for choice in
        [&schema["oneOf"], &schema["anyOf"]].into_iter().flat_map(Value::as_array).flatten()
    {
        bounded(root, choice, path, rule, found);
    }
    // The part of the schema for this rule replaces the general part.
    let of_rule = schema["allOf"].as_array().into_iter().flatten();
    let of_rule = of_rule.filter(|one| one["if"]["properties"]["rule"]["const"] == rule);
    let own = of_rule.map(|one| &one["then"]["properties"]).next().unwrap_or(&Value::Null);
    // Controllers have tests of their own.
    let properties = schema["properties"].as_object().into_iter().flatten();
    for (key, property) in properties.filter(|(key, _)| *key != "controller") {
        match &own[key] {
            Value::Null => bounded(root, property, &format!("{path}{dot}{key}"), rule, found),
            Value::Bool(false) => {}
            bounds => {
                let mut property = property.clone();
                for name in ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"] {
                    property.as_object_mut().unwrap().remove(name);
                }
                let fields = property.as_object_mut().unwrap();
                fields.extend(bounds.as_object().unwrap().clone());
                bounded(root, &property, &format!("{path}{dot}{key}"), rule, found);
            }
        }
    }
    let bound = |names: [&str; 2]| {
        names.iter().enumerate().find_map(|(i, name)| Some((schema[name].as_f64()?, i == 1)))
    };
    match schema["type"].as_str() {
        Some("array") => bounded(root, &schema["items"], &format!("{path}[0]"), rule, found),
        Some("number" | "integer") => {
            let (least, least_is_out) = bound(["minimum", "exclusiveMinimum"])
                .unwrap_or_else(|| panic!("{path}: no least"));
            let (most, most_is_out) =
                bound(["maximum", "exclusiveMaximum"]).unwrap_or_else(|| panic!("{path}: no most"));
            let is_whole = schema["type"] == "integer";
            let path = path.to_string();
            found.push(Bounded { path, least, least_is_out, most, most_is_out, is_whole });
        }
        _ => {}
    }
}

/// A configuration with a number at a path, and the required fields next to it.
fn with_number(path: &str, rule: &str, number: f64) -> Value {
    let mut config = json!({ "stages": [{ "traffic_pct": 5 }] });
    if path.starts_with("rules") {
        let (needed, own) = match rule {
            "slow_requests" => ("objective_ms", 1.0),
            _ => ("max", 0.5),
        };
        config["rules"] = json!([{ "rule": rule }]);
        if rule == "error_count" {
            config["rules"][0][needed] = json!(1);
        } else if matches!(rule, "slow_requests" | "latency" | "latency_delta_ms" | "latency_ratio")
            || rule.starts_with("error_rate")
        {
            config["rules"][0][needed] = json!(own);
        }
        if ["certify_alpha", "min_ticks"].iter().any(|name| path.ends_with(name)) {
            config["rules"][0]["certify_below"] = json!(2);
        }
    }
    // The schema does not describe relations between values.
    let beside = match path {
        "baseline.latency_ms.p50" => json!({ "baseline": { "latency_ms": { "p99": 60_000 } } }),
        "baseline.latency_ms.p99" => json!({ "baseline": { "latency_ms": { "p50": 0.1 } } }),
        "traffic.requests_per_second" => json!({ "tick_seconds": 1 }),
        "traffic.daily_swing.period_seconds" | "traffic.daily_swing.peak_seconds" => {
            json!({ "traffic": { "daily_swing": { "amplitude": 0.5 } } })
        }
        "tick_seconds" => json!({ "traffic": { "requests_per_second": 1 } }),
        "rules[0].tolerated_ratio" => json!({ "rules": [{ "rule": rule, "bets": [10_000] }] }),
        "rules[0].certify_below" => json!({ "rules": [{ "rule": rule, "tolerated_ratio": 0.1 }] }),
        "rules[0].bets[0]" => json!({ "rules": [{ "rule": rule, "tolerated_ratio": 1e-9 }] }),
        "pods.ready_ticks" => json!({ "pods": { "count": 2 } }),
        "incidents.chance_per_tick" => json!({ "incidents": { "at_tick": 1 } }),
        path if path.starts_with("incidents.") => json!({ "incidents": { "at_tick": 1 } }),
        _ => json!({}),
    };
    merge(&mut config, &beside);
    let full = path.replace("[0]", ".0");
    let mut here = &mut config;
    for part in full.split('.') {
        here = match part.parse::<usize>() {
            Ok(i) => {
                if !here.is_array() {
                    *here = json!([]);
                }
                let items = here.as_array_mut().unwrap();
                if items.len() <= i {
                    items.push(Value::Null);
                }
                &mut items[i]
            }
            Err(_) => &mut here[part],
        };
    }
    *here = json!(number);
    config
}

fn merge(into: &mut Value, other: &Value) {
    match (into, other) {
        (Value::Object(into), Value::Object(other)) => {
            for (key, value) in other {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(other)) if into.len() == other.len() => {
            into.iter_mut().zip(other).for_each(|(into, other)| merge(into, other));
        }
        (into, other) => *into = other.clone(),
    }
}

/// Whether the engine reports a fault of the number at a path, whatever else it
/// reports.
fn is_refused(path: &str, rule: &str, number: f64) -> bool {
    let text = with_number(path, rule, number).to_string();
    let error = Config::from_text(&text).err();
    error.is_some_and(|error| error.problems().iter().any(|problem| problem.path == path))
}

/// Every number of a configuration has a lower and an upper bound in the schema,
/// and the engine accepts exactly this range. An exclusive bound is tried a
/// millionth of the range inside.
#[test]
fn the_schemas_ranges_are_the_engines() {
    let schema = config_schema();
    let mut tried = 0;
    for rule in Method::NAMES {
        let mut all = Vec::new();
        bounded(&schema, &schema, "", rule, &mut all);
        for one in
            all.iter().filter(|one| rule == Method::NAMES[0] || one.path.starts_with("rules"))
        {
            // What is counted in seconds depends on the tick: `tests/it/observation.rs`.
            let in_ticks = ["rules[0].look.", "rules[0].window.", "observation."];
            let in_seconds = one.path.starts_with("rules") && one.path.ends_with("_seconds");
            if in_seconds || in_ticks.iter().any(|part| one.path.starts_with(part)) {
                continue;
            }
            let step = if one.is_whole { 1.0 } else { (one.most - one.least) * 1e-6 };
            let inside = |bound: f64, out: bool, step: f64| if out { bound + step } else { bound };
            // Limits have at most nine decimal places.
            let round = |x: f64| (x * 1e9).round() / 1e9;
            let least = round(inside(one.least, one.least_is_out, step));
            let most = round(inside(one.most, one.most_is_out, -step));
            // The configuration has one stage, so the largest stage number is 1.
            let most = if one.path == "rules[0].stages[0]" { 1.0 } else { most };
            for (number, refused) in [
                (least, false),
                (most, false),
                (if one.least_is_out { one.least } else { one.least - step }, true),
                (if one.most_is_out { one.most } else { one.most + step }, true),
            ] {
                let found = is_refused(&one.path, rule, number);
                assert_eq!(found, refused, "{rule}: {number} at {one:?}");
                tried += 1;
            }
            if one.is_whole {
                assert!(is_refused(&one.path, rule, least + 0.5), "{rule}: {one:?}");
            }
        }
    }
    assert!(tried > 400, "{tried}");
}

/// The schema has the same bounds on lengths as the engine.
#[test]
fn the_schemas_lengths_are_the_engines() {
    let schema = config_schema();
    let stage = |i: usize| json!({ "traffic_pct": (i + 1) as f64 / 2.0, "duration_ticks": 1 });
    let rule = |i: usize| json!({ "rule": "error_rate", "max": i as f64 / 100.0 });
    let with = |keys: Value| {
        let mut config = json!({ "stages": [{ "traffic_pct": 5 }] });
        merge(&mut config, &keys);
        config
    };
    type Make<'a> = Box<dyn Fn(usize) -> Value + 'a>;
    let table: [(&str, &str, Make<'_>); 6] = [
        (
            "/properties/stages",
            "Items",
            Box::new(|n| json!({ "stages": (0..n).map(stage).collect::<Vec<_>>() })),
        ),
        (
            "/properties/rules",
            "Items",
            Box::new(|n| with(json!({ "rules": (0..n).map(rule).collect::<Vec<_>>() }))),
        ),
        ("/properties/name", "Length", Box::new(|n| with(json!({ "name": "é".repeat(n) })))),
        (
            "/$defs/Stage/properties/name",
            "Length",
            Box::new(|n| json!({ "stages": [{ "traffic_pct": 5, "name": "é".repeat(n) }] })),
        ),
        (
            "/$defs/Rule/properties/bets",
            "Items",
            Box::new(|n| with(json!({ "rules": [{ "rule": "sequential", "bets": vec![2; n] }] }))),
        ),
        (
            "/$defs/Rule/properties/stages",
            "Items",
            Box::new(|n| with(json!({ "rules": [{ "rule": "z_test", "stages": vec![1; n] }] }))),
        ),
    ];
    for (place, what, make) in &table {
        let bound = |name: &str| schema.pointer(place).unwrap()[format!("{name}{what}")].as_u64();
        let is_valid = |n: usize| Config::from_text(&make(n).to_string()).is_ok();
        let most = bound("max").unwrap_or_else(|| panic!("{place}: no most")) as usize;
        assert!(is_valid(most) && !is_valid(most + 1), "{place}: {most}");
        let least = bound("min").unwrap_or(0) as usize;
        assert!(is_valid(least) && (least == 0 || !is_valid(least - 1)), "{place}: {least}");
    }
    assert_eq!(schema["$id"], "urn:canary-rollout:configuration");
    assert_eq!(schema["properties"]["$schema"]["type"], "string");
}
