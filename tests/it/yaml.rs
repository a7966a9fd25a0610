//! Configurations as YAML: the same values and faults as in JSON; and hostile
//! texts.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::{Config, MAX_CONFIG_BYTES, read_policy};
use canary_rollout::study::Study;

/// Line and column.
type Place = (u32, u32);

/// The faults of a text: line, column, path and message.
fn faults(text: &str) -> Vec<(Place, String, String)> {
    let Err(error) = Config::from_text(text) else { panic!("accepted: {text}") };
    let of_one = |one: &canary_rollout::problem::Problem| {
        (one.line_column.unwrap(), one.path.clone(), one.message.clone())
    };
    error.problems().iter().map(of_one).collect()
}

/// Checks that the faults in JSON and in YAML have the same paths and messages, and
/// each its own place. A row is the place in JSON, the place in YAML and the path.
#[track_caller]
fn check_twins(json: &str, yaml: &str, expected: &[(Place, Place, &str)]) {
    let (in_json, in_yaml) = (faults(json), faults(yaml));
    let words = |faults: &[(Place, String, String)]| -> Vec<String> {
        faults.iter().map(|(_, path, message)| format!("{path}: {message}")).collect()
    };
    assert_eq!(words(&in_json), words(&in_yaml), "{json}\n{yaml}");
    let found: Vec<_> = in_json
        .iter()
        .zip(&in_yaml)
        .map(|(json, yaml)| (json.0, yaml.0, json.1.as_str()))
        .collect();
    assert_eq!(found, expected, "{json}\n{yaml}");
}

#[test]
fn the_same_fault_has_the_same_words_in_json_and_in_yaml() {
    for (json, yaml, expected) in [
        (
            r#"{"tick_seconds": "60", "stages": [{"traffic_pct": 5}]}"#,
            "# A minute\ntick_seconds: \"60\"\nstages:\n  - traffic_pct: 5\n",
            &[((1, 18), (2, 15), "tick_seconds")][..],
        ),
        (
            r#"{"stages": [{"traffic_pct": 50}, {"trafic_pct": 25, "duration_ticks": 0}], "fly": 1}"#,
            "stages:\n- traffic_pct: 50\n- trafic_pct: 25 # é\n  duration_ticks: 0\nfly: 1\n",
            &[
                ((1, 35), (3, 3), "stages[1].trafic_pct"),
                ((1, 71), (4, 19), "stages[1].duration_ticks"),
                ((1, 76), (5, 1), "fly"),
            ],
        ),
        (
            r#"{"tick_seconds": 1, "tick_seconds": 2, "stages": [{"traffic_pct": 5}]}"#,
            "tick_seconds: 1\ntick_seconds: 2\nstages: [traffic_pct: 5]\n",
            &[((1, 21), (2, 1), "tick_seconds")],
        ),
        (
            r#"{"traffic": {"requests_per_second": 1e400}, "stages": [{"traffic_pct": 5}]}"#,
            "traffic:\n  requests_per_second: 1e400\nstages: [{traffic_pct: 5}]\n",
            &[((1, 37), (2, 24), "traffic.requests_per_second")],
        ),
        (
            r#"{"canary": {"error_arrival": {"leak": {"start_tick": 1}}}, "stages": [{"traffic_pct": 5}]}"#,
            "stages: [{traffic_pct: 5}]\ncanary:\n  error_arrival:\n    leak:\n      start_tick: 1\n",
            &[((1, 39), (5, 7), "canary.error_arrival.leak.ramp_ticks")],
        ),
        (
            r#"{"baseline": null, "stages": [{"traffic_pct": 5, "pause": "auto"}]}"#,
            "baseline: ~\nstages:\n  - {traffic_pct: 5, pause: auto}\n",
            &[((1, 14), (1, 11), "baseline"), ((1, 59), (3, 29), "stages[0].pause")],
        ),
    ] {
        check_twins(json, yaml, expected);
    }
}

#[test]
fn a_configuration_may_be_yaml_with_comments() {
    let yaml = "\u{feff}%YAML 1.2\n---\n# A rollout\nname: no # a string in YAML 1.2\ntick_seconds: 60\n\
                stages:\n- traffic_pct: 5\n  pause: manual\n- traffic_pct: 25\n  pause: {ticks: 3}\n\
                rules:\n- rule: error_rate\n  max: 0.05\n  stages: [1]\n...\n";
    let json = r#"{"name": "no", "tick_seconds": 60, "stages": [{"traffic_pct": 5, "pause": "manual"},
        {"traffic_pct": 25, "pause": {"ticks": 3}}], "rules": [{"rule": "error_rate", "max": 0.05, "stages": [1]}]}"#;
    assert_eq!(Config::from_text(yaml), Config::from_text(json));
    assert!(Config::from_text(yaml).is_ok());
    assert!(
        Study::from_text(yaml, "runs: 5 # few\nsweep: {field: error_ratio, values: [1, 2]}\n")
            .is_ok()
    );
}

/// The faults of a policy have places in the text of the policy.
#[test]
fn a_policy_is_read_as_a_configuration_is() {
    let policy = read_policy("rules:\n- {rule: z_test, alpha: 0.01}\n").unwrap();
    assert_eq!(policy, serde_json::json!({ "rules": [{ "rule": "z_test", "alpha": 0.01 }] }));
    let text = "rules:\n- rule: sequential\n  bets: [1]\nnoise: {}\nstagse: 5\n";
    let error = read_policy(text).unwrap_err();
    let found: Vec<_> =
        error.problems().iter().map(|one| (one.line_column, one.path.as_str())).collect();
    let expected =
        [(Some((3, 10)), "rules[0].bets[0]"), (Some((4, 1)), "noise"), (Some((5, 1)), "stagse")];
    assert_eq!(found, expected, "{error}");
}

/// The core schema of YAML 1.2: how scalars are read as a number or as a name.
#[test]
fn scalars_are_those_of_the_core_schema() {
    for (scalar, found) in [
        ("no", "string \"no\""),
        ("on", "string \"on\""),
        ("1_000", "string \"1_000\""),
        ("NaN", "string \"NaN\""),
        ("inf", "string \"inf\""),
        ("-0x1", "string \"-0x1\""),
        ("!!str 5", "string \"5\""),
        ("True", "boolean `true`"),
        ("~", "null"),
        ("", "null"),
    ] {
        let text = format!("tick_seconds: {scalar}\nstages: [{{traffic_pct: 5}}]\n");
        let [(_, path, message)] = &faults(&text)[..] else { panic!("{text}") };
        let expected = format!("invalid type: {found}, expected a number");
        assert_eq!((path.as_str(), message), ("tick_seconds", &expected));
    }
    for (scalar, number) in [
        ("0x3c", 60),
        ("0o74", 60),
        ("+60", 60),
        ("6e1", 60),
        ("60.", 60),
        ("!!int 60", 60),
        ("!!float 60", 60),
    ] {
        let text = format!("tick_seconds: {scalar}\nstages: [{{traffic_pct: 5}}]\n");
        assert_eq!(Config::from_text(&text).unwrap().world().tick_seconds, number, "{scalar}");
    }
    for (scalar, expected) in [
        (".inf", "not a finite number"),
        ("-.INF", "not a finite number"),
        (".nan", "not a finite number"),
        ("1e999", "number out of range"),
        ("010", "invalid number: some programs read leading zeros as octal"),
        ("&a 5", "anchors and aliases (`&`, `*`) are not supported"),
        ("*a", "anchors and aliases (`&`, `*`) are not supported"),
        ("!Ref x", "the tag `!Ref` is not supported"),
        ("!!binary x", "the tag `!!binary` is not supported"),
        ("!!int x", "\"x\" is not of the type of its tag"),
    ] {
        let text = format!("tick_seconds: {scalar}\nstages: [{{traffic_pct: 5}}]\n");
        let [((1, 15), _, message)] = &faults(&text)[..] else { panic!("{:?}", faults(&text)) };
        assert!(message.starts_with(expected), "{message}");
    }
}

/// JSON has escapes that YAML does not have.
#[test]
fn a_string_of_json_is_read_as_json_reads_it() {
    for name in [
        r#""\ud83d\ude00""#,
        r#""\u00e9\/\b\f\n\r\t\"\\""#,
        r#""é😀\ud83d\uDE00\/\b\f\n\r\t\"\\\u005c\u0022 \\u0041\\\u0041""#,
        "\"\u{7f}\u{85}\u{2028}\"",
    ] {
        let text = format!(r#"{{"stages": [{{"traffic_pct": 5}}], "name": {name}}}"#);
        let expected: String = serde_json::from_str(name).unwrap();
        assert_eq!(Config::from_text(&text).unwrap().name(), expected, "{name}");
    }
    for name in [r"\ud83d", r"\ude00", r"\ude00\ud83d", r"\ud83d \ude00", r"\ud83d\ud83d\ude00"] {
        let lone = faults(&format!(r#"{{"name": "{name}", "stages": [{{"traffic_pct": 5}}]}}"#));
        let expected = ((1, 10), "name".into(), "lone half of a surrogate pair in a string".into());
        assert_eq!(lone, [expected], "{name}");
    }
}

/// Texts that expand, nest, repeat or end too early: each is read or refused.
#[test]
fn hostile_texts_do_no_harm() {
    const PARTS: [&str; 48] = [
        "[",
        "{",
        "]",
        "}",
        "[]",
        "[],",
        "{},",
        "a,",
        "a: b\n",
        "- ",
        "- a\n",
        "? ",
        "? a\n",
        ": ",
        "&a ",
        "*a ",
        "!!str ",
        "!x ",
        "\t",
        "#",
        "\"",
        "'",
        "\"a\",",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "%TAG !a! x\n",
        "[a,",
        "{a: ",
        "{\"a\":",
        "|\n",
        ">\n a\n\n",
        "\\",
        "\r",
        "\u{feff}",
        "\0",
        "\u{1b}",
        "k: |\n a\n",
        "a:\n",
        "<<: *a\n",
        "b: [*a,*a]\n",
        "1e999,",
        ".inf,",
        "010,",
        "\u{2028}",
        "\"\\ud83d\",",
        "{{ x }}",
        "\u{1f600}",
    ];
    let mut tried = 0;
    for part in PARTS {
        let many = part.repeat(16_384 / part.len());
        for text in [
            many.clone(),
            format!("[{many}"),
            format!("{}{many}", "[".repeat(126)),
            format!("stages: {many}"),
            format!("{{\"stages\": [{many}]}}"),
        ] {
            let _ = Config::from_text(&text);
            let _ = read_policy(&text);
            tried += 1;
        }
    }
    for text in ["[", "{\"a\":", "- ", "&a [", "a: ", "\""] {
        let whole = text.repeat(MAX_CONFIG_BYTES / text.len());
        assert!(Config::from_text(&whole).is_err(), "{text}");
        tried += 1;
    }
    // Nested aliases: nine levels of nine would be 387 million values.
    let mut laughs = "a0: &a0 x\n".to_string();
    for i in 1..=9 {
        laughs += &format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(","));
    }
    assert_eq!(faults(&laughs).len(), 1);
    assert!(tried > 200, "{tried}");
}
