//! The same seed gives the same bytes: natively in debug and release, and in the
//! browser. The scenarios together use every setting, rule and command. Their
//! digests are in `tests/data/golden/digests.json`. If a digest changes, every
//! published seed means something else; if that is intended, update them with
//! `UPDATE_GOLDEN=1 cargo test golden`.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::sync::Arc;

use canary_rollout::config::Config;
use canary_rollout::rollout::{Plan, Rollout};
use serde_json::{Value, json};

use crate::support::{EMPTY_DIGEST, config, digest, preset_config, rolled_out};

const SCENARIOS: &str = include_str!("../data/golden/scenarios.json");
const DIGESTS: &str = include_str!("../data/golden/digests.json");
const DEMO: &str = include_str!("../data/golden/demo.json");
const SEEDS: u64 = 200;

/// Plays a scenario: gives its commands where the state allows them, with ticks in
/// between, then runs to the end or to a pause.
fn play(plan: &Arc<Plan>, seed: u64, commands: &[Value]) -> Rollout {
    let mut rollout = Rollout::of_plan(plan.clone(), seed);
    for timed in commands {
        while u64::from(rollout.ticks()) < timed["tick"].as_u64().unwrap() {
            if rollout.tick().is_err() {
                break;
            }
        }
        let command = serde_json::from_value(timed["command"].clone()).unwrap();
        let _ = rollout.command(command);
    }
    rollout.run().unwrap();
    rollout
}

fn scenario_digest(scenario: &Value) -> Value {
    let config: Config = match &scenario["config"] {
        Value::String(name) => preset_config(name),
        object => config(&object.to_string()),
    };
    let plan = Arc::new(Plan::new(&config));
    let commands = scenario["commands"].as_array().unwrap();
    let (mut hash, mut bytes, mut states) = (EMPTY_DIGEST, 0, [0_u32; 5]);
    for seed in 0..SEEDS {
        let rollout = play(&plan, seed, commands);
        let json = rollout.report().to_json();
        states[rollout.state() as usize] += 1;
        bytes += json.len();
        hash = digest(json.bytes(), hash);
    }
    // The size and the states help to see what kind of change it was.
    json!({
        "name": scenario["name"],
        "seeds": SEEDS,
        "bytes": bytes,
        "progressing_paused_rolling_back_rolled_back_completed": states,
        "fnv1a": format!("{hash:016x}"),
    })
}

#[test]
fn the_scenarios_give_the_same_bytes_everywhere() {
    let scenarios: Vec<Value> = serde_json::from_str(SCENARIOS).unwrap();
    assert!(scenarios.len() >= 6);
    let found: Vec<Value> = scenarios.iter().map(scenario_digest).collect();
    #[cfg(not(target_family = "wasm"))]
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/golden/digests.json");
        std::fs::write(path, format!("{:#}\n", Value::from(found))).unwrap();
        return;
    }
    let expected: Vec<Value> = serde_json::from_str(DIGESTS).unwrap();
    assert_eq!(
        found.len(),
        expected.len(),
        "after a new scenario: UPDATE_GOLDEN=1 cargo test golden"
    );
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
}

#[test]
fn the_demo_is_byte_for_byte_the_recorded_one() {
    let demo = rolled_out(&preset_config("default"), 42).report().to_json() + "\n";
    #[cfg(not(target_family = "wasm"))]
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/golden/demo.json");
        std::fs::write(path, demo).unwrap();
        return;
    }
    assert_eq!(demo, DEMO);
}
