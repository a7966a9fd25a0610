//! The properties of the fuzz targets, on a few thousand seeded inputs. `make fuzz`
//! tries more.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::presets;
use canary_rollout::search::Search;

use crate::support::{EMPTY_DIGEST, digest};

#[path = "../../fuzz/src/lib.rs"]
mod properties;

/// Random bytes of a seed, by SplitMix64.
fn bytes(mut seed: u64, length: usize) -> Vec<u8> {
    let mut next = || {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((z ^ (z >> 27)) >> 32) as u8
    };
    (0..length).map(|_| next()).collect()
}

/// A text with one to three mutations: a byte changed, a part repeated or a part
/// removed.
fn mutated(text: &str, seed: u64) -> Vec<u8> {
    const BYTES: &[u8] = b"{}[]\":,.-+eE0123456789 \n\t\\u\xc3\xa9a";
    let mut text = text.as_bytes().to_vec();
    for choice in bytes(seed, 12).chunks(4).take(1 + seed as usize % 3) {
        let at = (usize::from(choice[0]) << 8 | usize::from(choice[1])) % text.len();
        let end = text.len().min(at + 1 + usize::from(choice[2] % 24));
        match choice[3] % 3 {
            0 => text[at] = BYTES[usize::from(choice[2]) % BYTES.len()],
            1 => drop(text.splice(at..at, text[at..end].to_vec()).collect::<Vec<_>>()),
            _ if end - at < text.len() => drop(text.drain(at..end)),
            _ => {}
        }
    }
    text
}

#[test]
fn any_text_is_a_configuration_or_refused_with_places() {
    for preset in presets() {
        let start = digest(preset.name.bytes(), EMPTY_DIGEST);
        (0..200).for_each(|i| properties::text_to_config(&mutated(preset.json, start ^ i)));
    }
}

#[test]
fn any_plan_and_calls_keep_the_invariants_of_a_rollout() {
    (0..2_000).for_each(|seed| properties::rollout(&bytes(seed, 200)));
}

#[test]
fn any_options_are_a_study_or_refused() {
    (0..1_000).for_each(|seed| properties::study_options(&bytes(seed, 120)));
}

/// Small files of each format. The fuzz target begins with them, too.
const RECORDED: [&str; 7] = [
    include_str!("../data/recorded/prometheus.json"),
    include_str!("../data/recorded/prometheus-codes.json"),
    include_str!("../data/recorded/datadog-v1.json"),
    include_str!("../data/recorded/datadog-v2.json"),
    include_str!("../data/recorded/cloudwatch.json"),
    include_str!("../data/recorded/versions.csv"),
    include_str!("../data/recorded/local.csv"),
];

#[test]
fn any_files_are_a_record_or_refused_with_lines() {
    for (i, text) in RECORDED.iter().enumerate() {
        for seed in 0..400 {
            let choice = bytes(seed, 1)[0];
            let mut files = vec![choice];
            files.extend(mutated(text, seed << 8 | i as u64));
            if seed % 3 == 0 {
                files.push(0);
                files.extend(mutated(RECORDED[seed as usize % RECORDED.len()], seed));
            }
            properties::recorded_counts(&files);
        }
    }
}

#[test]
fn any_options_are_a_search_or_refused() {
    const CONFIG: &str = r#"{ "canary": { "error_ratio": 3 },
        "stages": [{ "traffic_pct": 5, "duration_ticks": 2 }, { "traffic_pct": 50, "duration_ticks": 2 }],
        "rules": [{ "rule": "error_count", "max": 40 }, { "rule": "z_test", "alpha": 0.01 }] }"#;
    const OPTIONS: &str = r#"{ "vary": ["rules[*].max=10..90/4", "stages[*].traffic_pct=1,5,20",
        { "field": "rules[1].alpha", "values": [0.01, "x"] }, "rules=[[],[{\"rule\":\"error_count\",\"max\":9}]]"],
        "policies": [{ "name": "a", "policy": { "rules": [] } }],
        "hold": ["false_rollback<=0.2", "excess_errors.p95(error_ratio=2)<=900"], "least": ["excess_errors", "ticks"],
        "runs": 40000, "candidates": 9, "seed": 5, "error_probability": 0.1, "tolerance": 0.02 }"#;
    let mut valid = 0;
    for seed in 0..300 {
        let options = String::from_utf8_lossy(&mutated(OPTIONS, seed)).into_owned();
        match Search::from_text(CONFIG, &options) {
            Ok(mut search) => {
                valid += 1;
                search.advance(3_000);
                let report = search.report();
                assert!(report.rollouts <= report.requested_rollouts, "{options}");
                assert!(report.front.iter().all(|id| (*id as usize) < report.candidates.len()));
            }
            Err(error) => {
                assert!(error.problems().iter().all(|one| !one.message.is_empty()), "{options}");
            }
        }
    }
    // A mutation seldom leaves all texts within the options what they should be.
    assert!(valid >= 5, "{valid}");
}
