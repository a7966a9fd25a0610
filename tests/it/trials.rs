//! Public reports of people who roll out for a living, as configurations, with what a
//! study finds and the figures of the source or of an exact sum. The reports are in
//! `tests/data/trials.json`, by the numbers of the list they were taken from.
//!
//! A probability without `within` is held against its figure with 4.5 standard errors,
//! which chance exceeds once in 150,000 comparisons.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::study::Study;
use serde_json::{Value, json};

const TRIALS: &str = include_str!("../data/trials.json");
const RUNS: u64 = 4_000;

/// The study of a configuration with these options.
fn studied(config: &Value, study: &Value) -> Value {
    let mut options = match &study["options"] {
        Value::Null => json!({}),
        options => options.clone(),
    };
    options["runs"] = json!(study["runs"].as_u64().unwrap_or(RUNS));
    options["seed"] = json!(7_000);
    if let Some(set) = study["set"].as_array() {
        options["set"] = json!(set);
    }
    let mut study = Study::from_text(&config.to_string(), &options.to_string()).unwrap();
    study.advance(study.runs());
    serde_json::to_value(study.report()).unwrap()
}

#[track_caller]
fn check(report: &Value, expected: &Value, of: &str) {
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{of}: {expected}"));
    let key = expected["key"].as_str().unwrap().replace('.', "/");
    let found =
        number(report.pointer(&format!("/{}/{key}", expected["case"].as_str().unwrap())).unwrap());
    let figure = number(&expected["is"]);
    let runs = number(&report["runs"]);
    let chance = || 4.5 * (figure * (1.0 - figure) / runs).sqrt() + 4.0 / runs;
    let within = expected["within"].as_f64().unwrap_or_else(chance);
    assert!((found - figure).abs() <= within, "{of}: {found}, {figure} ± {within}: {expected}");
}

#[test]
fn what_people_report_is_found_again() {
    let trials: Value = serde_json::from_str(TRIALS).unwrap();
    let (mut rows, mut figures) = (0, 0);
    for trial in trials.as_array().unwrap() {
        let of = format!("row {}", trial["row"]);
        for part in trial["parts"].as_array().unwrap() {
            for study in part["studies"].as_array().unwrap() {
                let report = studied(&part["config"], study);
                for expected in study["expect"].as_array().unwrap() {
                    check(&report, expected, &format!("{of} {}", study["set"]));
                    figures += 1;
                }
            }
        }
        rows += 1;
    }
    assert!(rows >= 13 && figures >= 40, "{rows} rows, {figures} figures");
}
