//! The catalogue against what reads a configuration, and against the schema: whatever
//! rule is listed, with whatever parameters, without a word about it here.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::collections::{BTreeMap, BTreeSet};

use canary_rollout::catalogue::{CATALOGUE, RuleEntry, catalogue};
use canary_rollout::config::{Config, config_schema};
use canary_rollout::policy::{Call, State};
use canary_rollout::rules::{Choice, Kind, Method, Parameter, Usual};
use serde_json::{Value, json};

use crate::support::{check_committed, preset_config};

#[test]
fn the_committed_catalogue_is_that_of_the_rules() {
    check_committed("src/catalogue.json", CATALOGUE, &(catalogue().to_json() + "\n"));
}

/// What a new rule has to be added to; see docs/architecture.md.
#[test]
fn every_rule_is_where_all_rules_have_to_be() {
    let document = include_str!("../../docs/configuration.md");
    let in_table = Method::NAMES.into_iter().filter(|rule| document.contains(&format!("`{rule}`")));
    for (file, rules) in [
        ("docs/configuration.md", in_table.map(str::to_string).collect()),
        (
            "tests/data/golden/scenarios.json",
            rules_of(include_str!("../data/golden/scenarios.json"), |scenario| &scenario["config"]),
        ),
        (
            "tests/data/study/mixed.json",
            rules_of(include_str!("../data/study/mixed.json"), |config| config),
        ),
    ] {
        let rules: BTreeSet<String> = rules;
        let missing: Vec<_> = Method::NAMES.iter().filter(|rule| !rules.contains(**rule)).collect();
        assert!(missing.is_empty(), "{file} lacks {missing:?}");
    }
}

/// The rules of a list's configurations, each by itself or by the name of its preset.
fn rules_of(list: &str, config: fn(&Value) -> &Value) -> BTreeSet<String> {
    let list: Vec<Value> = serde_json::from_str(list).unwrap();
    let configs = list.iter().map(|item| match config(item) {
        Value::String(name) => preset_config(name),
        object => Config::from_text(&object.to_string()).unwrap(),
    });
    let names = |config: Config| {
        let rules = config.policy().rules.iter().map(|rule| rule.method.name().to_string());
        rules.collect::<Vec<_>>()
    };
    configs.flat_map(names).collect()
}

/// A rule as a form begins it.
fn started(entry: &RuleEntry) -> Value {
    let mut rule = json!({ "rule": entry.rule });
    for parameter in &entry.parameters {
        if let Some(start) = parameter.start {
            rule[parameter.key] = json!(start);
        }
    }
    rule
}

/// A rule in a plan of as many stages as a rule may name.
fn with(rule: &Value) -> Value {
    let stage = |i: u32| json!({ "traffic_pct": f64::from(i) / 2.0, "duration_ticks": 1 });
    json!({ "stages": (1..=100).map(stage).collect::<Vec<_>>(), "rules": [rule] })
}

/// Whether something is wrong with the rule's parameter of that key.
fn is_refused(rule: &Value, key: &str) -> bool {
    let path = format!("rules[0].{key}");
    let error = Config::from_text(&with(rule).to_string()).err();
    error.is_some_and(|error| error.problems().iter().any(|p| p.path.starts_with(&path)))
}

/// The rule with a value of a parameter; those that it speaks of stand beside it.
fn with_value(entry: &RuleEntry, parameter: &Parameter, value: &Value) -> Value {
    let mut rule = started(entry);
    let range = |key: &str| {
        let other = entry.parameters.iter().find(|other| other.key == key);
        other.and_then(|other| other.range).unwrap_or_else(|| panic!("{key} of {}", entry.rule))
    };
    if let Some(key) = parameter.above {
        rule[key] = json!(range(key).min + 1e-6);
    }
    if let Some(key) = parameter.only_with {
        let other = entry.parameters.iter().find(|other| other.key == key);
        rule[key] = match other.and_then(|other| other.options.last()) {
            Some(option) => written(option),
            None => json!(f64::midpoint(range(key).min, range(key).max)),
        };
    }
    rule[parameter.key] = match parameter.items {
        Some(_) if !value.is_array() => json!([value]),
        _ => value.clone(),
    };
    rule
}

#[track_caller]
fn check(entry: &RuleEntry, parameter: &Parameter, value: &Value, refused: bool) {
    let rule = with_value(entry, parameter, value);
    assert_eq!(is_refused(&rule, parameter.key), refused, "{rule}");
}

#[test]
fn every_rule_is_listed_once_and_starts_valid() {
    let entries = catalogue().rules;
    let mut names: Vec<&str> = entries.iter().map(|entry| entry.rule).collect();
    let mut all = Method::NAMES.to_vec();
    names.sort_unstable();
    all.sort_unstable();
    assert_eq!(names, all);
    let titles: BTreeSet<&str> = entries.iter().map(|entry| entry.about.title).collect();
    assert_eq!(titles.len(), entries.len());
    for entry in &entries {
        let config = Config::from_text(&with(&started(entry)).to_string()).unwrap();
        assert_eq!(config.policy().rules[0].method.name(), entry.rule);
        assert_eq!(config.policy().rules[0].method.about(), entry.about);
        assert!(entry.description.ends_with('.'), "{entry:?}");
        let keys: BTreeSet<&str> = entry.parameters.iter().map(|one| one.key).collect();
        assert_eq!(keys.len(), entry.parameters.len(), "{keys:?}");
        assert!(entry.parameters.iter().all(|one| !one.label.is_empty()), "{entry:?}");
    }
}

#[test]
fn a_number_is_taken_within_its_range_and_refused_just_beyond() {
    let mut tried = 0;
    for entry in &catalogue().rules {
        for parameter in entry.parameters.iter().filter(|one| one.range.is_some()) {
            // The times of a look or window depend on the tick: `tests/it/observation.rs`.
            if parameter.unit == "s" || parameter.key.contains('.') {
                continue;
            }
            let range = parameter.range.unwrap();
            let is_whole = parameter.kind == Kind::Whole;
            let step = if is_whole { 1.0 } else { (range.max - range.min) * 1e-6 };
            // A limit has at most nine decimal places.
            let number = |x: f64| json!((x * 1e9).round() / 1e9);
            let inside = [
                range.min + if range.excludes_min { step } else { 0.0 },
                range.max - if range.excludes_max { step } else { 0.0 },
            ];
            let outside = [
                range.min - if range.excludes_min { 0.0 } else { step },
                range.max + if range.excludes_max { 0.0 } else { step },
            ];
            inside.iter().for_each(|x| check(entry, parameter, &number(*x), false));
            outside.iter().for_each(|x| check(entry, parameter, &number(*x), true));
            if is_whole {
                check(entry, parameter, &number(inside[0] + 0.5), true);
            }
            if let Some(places) = parameter.decimal_places {
                let finest: f64 = format!("1e-{places}").parse().unwrap();
                check(entry, parameter, &json!(finest), false);
                check(entry, parameter, &json!(finest / 10.0), true);
            }
            if let Some(items) = parameter.items {
                let many = |n: usize| Value::from(vec![number(inside[1]); n]);
                check(entry, parameter, &many(items.min), false);
                check(entry, parameter, &many(items.max), false);
                check(entry, parameter, &many(items.min - 1), true);
                check(entry, parameter, &many(items.max + 1), true);
            }
            tried += 1;
        }
    }
    assert!(tried > 60, "{tried}");
}

#[test]
fn a_default_is_what_is_filled_in() {
    let mut tried = 0;
    for entry in &catalogue().rules {
        for parameter in &entry.parameters {
            let Some(usual) = parameter.default else { continue };
            assert!(parameter.start.is_none(), "{parameter:?}");
            let value = match usual {
                Usual::Number(number) => json!(number),
                Usual::Word(word) => json!(word),
                Usual::Flag(flag) => json!(flag),
            };
            let given = with_value(entry, parameter, &value);
            let mut left_out = given.clone();
            left_out.as_object_mut().unwrap().remove(parameter.key);
            let config = |rule: &Value| Config::from_text(&with(rule).to_string()).unwrap();
            assert_eq!(config(&left_out), config(&given), "{given}");
            tried += 1;
        }
    }
    assert!(tried > 60, "{tried}");
}

#[test]
fn what_has_to_be_given_is_missed() {
    for entry in &catalogue().rules {
        for parameter in &entry.parameters {
            let mut rule = started(entry);
            rule.as_object_mut().unwrap().remove(parameter.key);
            let is_needed = parameter.start.is_some();
            assert_eq!(is_refused(&rule, parameter.key), is_needed, "{rule}: {}", parameter.key);
        }
    }
}

/// All values that a choice has in any rule, each with how it is written.
fn all_options() -> BTreeMap<&'static str, BTreeMap<&'static str, Value>> {
    let mut all: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for parameter in catalogue().rules.into_iter().flat_map(|entry| entry.parameters) {
        if parameter.kind == Kind::Choice {
            let options = parameter.options.iter().map(|option| (option.value, written(option)));
            all.entry(parameter.key).or_default().extend(options);
        }
    }
    all
}

/// How a choice is written in a configuration.
fn written(option: &Choice) -> Value {
    match option.seconds {
        None => json!(option.value),
        Some(seconds) => json!({ option.value: seconds }),
    }
}

#[test]
fn the_options_are_the_words_that_are_taken() {
    let all = all_options();
    for entry in &catalogue().rules {
        for parameter in entry.parameters.iter().filter(|one| one.kind == Kind::Choice) {
            for (value, written) in &all[parameter.key] {
                let is_offered = parameter.options.iter().any(|option| option.value == *value);
                check(entry, parameter, written, !is_offered);
            }
        }
    }
    let schema = config_schema();
    let rule = schema.pointer("/$defs/Rule/properties").unwrap();
    for (key, values) in all {
        let reference = rule[key]["$ref"].as_str().unwrap().trim_start_matches('#');
        let choices = schema.pointer(reference).unwrap();
        let lists = ["enum", "oneOf", "anyOf"].map(|kind| choices[kind].as_array());
        let list = lists.into_iter().flatten().next().unwrap();
        let word = |one: &Value| match one["properties"].as_object() {
            Some(properties) => {
                properties.keys().find(|key| values.contains_key(key.as_str())).cloned()
            }
            None => one["const"].as_str().or(one.as_str()).map(str::to_string),
        };
        let resolved = |one: &Value| match one["$ref"].as_str() {
            Some(reference) => schema.pointer(reference.trim_start_matches('#')).unwrap().clone(),
            None => one.clone(),
        };
        let words: BTreeSet<String> =
            list.iter().map(resolved).filter_map(|one| word(&one)).collect();
        assert_eq!(words, values.keys().map(ToString::to_string).collect(), "{key}");
    }
}

#[test]
fn a_rule_takes_what_is_listed_and_nothing_else() {
    let schema = config_schema();
    let keys = schema.pointer("/$defs/Rule/properties").unwrap().as_object().unwrap();
    let entries = catalogue().rules;
    let listed: BTreeSet<&str> =
        entries.iter().flat_map(|entry| &entry.parameters).map(|one| one.key).collect();
    let in_schema: BTreeSet<&str> =
        keys.keys().map(String::as_str).filter(|key| *key != "rule").collect();
    let whole = |key: &&str| !key.contains('.');
    assert_eq!(listed.into_iter().filter(whole).collect::<BTreeSet<_>>(), in_schema);
    for entry in &entries {
        for other in entries.iter().flat_map(|entry| &entry.parameters) {
            let is_taken = entry.parameters.iter().any(|one| one.key == other.key);
            if is_taken {
                continue;
            }
            let mut rule = started(entry);
            let number = other.range.map(|range| json!(f64::midpoint(range.min, range.max)));
            let value = number.unwrap_or_else(|| written(&other.options[0]));
            rule[other.key] = if other.items.is_some() { json!([value]) } else { value };
            assert!(is_refused(&rule, other.key), "{rule}");
        }
    }
}

#[test]
fn states_and_calls_are_the_policys() {
    let catalogue = catalogue();
    for (number, (entry, state)) in (0..).zip(catalogue.states.iter().zip(State::ALL)) {
        assert_eq!((entry.state, entry.number), (state, number));
        assert_eq!(entry.is_terminal, state.is_terminal());
        assert_eq!(entry.label.to_uppercase().replace(' ', "_"), state.to_string());
    }
    for (entry, call) in catalogue.calls.iter().zip(Call::ALL) {
        assert_eq!(entry.name, call.name());
        for state in State::ALL {
            let is_listed = entry.allowed_in.contains(&state);
            assert_eq!(is_listed, call.check(state).is_ok(), "{entry:?} in {state}");
        }
    }
    assert_eq!((catalogue.states.len(), catalogue.calls.len()), (5, 6));
}

#[test]
fn the_parts_are_a_whole_configuration() {
    let parts = catalogue().parts;
    let mut keys = [parts.world, parts.release, parts.policy].concat();
    keys.extend(["name", "$schema"]);
    keys.sort_unstable();
    let schema = config_schema();
    let mut all: Vec<&str> =
        schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    all.sort_unstable();
    assert_eq!(keys, all);
}

/// As JSON it has the same content.
#[test]
fn the_catalogue_is_written_as_json() {
    let catalogue = catalogue();
    let value: Value = serde_json::from_str(&catalogue.to_json()).unwrap();
    for (entry, written) in catalogue.rules.iter().zip(value["rules"].as_array().unwrap()) {
        assert_eq!(written["rule"], entry.rule);
        assert_eq!(written["title"], entry.about.title);
        for (one, written) in entry.parameters.iter().zip(written["parameters"].as_array().unwrap())
        {
            assert_eq!(written["key"], one.key);
            assert_eq!(written["max"].as_f64(), one.range.map(|range| range.max));
            assert_eq!(written["start"].as_f64(), one.start);
        }
    }
    assert_eq!(value["limits"]["stages"], 100);
}
