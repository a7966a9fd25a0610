//! Studies past one machine: rows of disjoint seeds are, added, the same bytes as one run.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::sync::Arc;

use canary_rollout::config::{Config, preset};
use canary_rollout::record::{ArmRecord, Record};
use canary_rollout::study::Study;
use canary_rollout::study::rows::{ENGINE, MAX_SPREAD_RUNS, Place, Rows, Shard, Whole, combine};
use canary_rollout::world::RecordedWorld;
use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, RngSeed, TestRunner};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const MIXED: &str = include_str!("../data/study/mixed.json");

fn text_of(name: &str) -> &'static str {
    preset(name).unwrap().json
}

fn prepared(config: &str, options: &Value) -> Study {
    Study::from_text(config, &options.to_string()).unwrap()
}

fn finished(mut study: Study) -> Study {
    study.advance(u64::MAX);
    study
}

/// The rows of some seeds of a study.
fn rows(study: &Study, first_seed: u64, runs: u64) -> String {
    finished(study.of_seeds(first_seed, runs).unwrap()).rows()
}

/// The rows of seeds that are cut at some of them, in another order.
fn shuffled(study: &Study, cuts: &[u64]) -> Vec<String> {
    let mut parts: Vec<String> =
        cuts.windows(2).map(|two| rows(study, two[0], two[1] - two[0])).collect();
    let half = parts.len() / 2;
    parts.rotate_left(half);
    parts.swap(0, half);
    parts
}

#[test]
fn combined_rows_are_the_bytes_of_one_run() {
    let stricter = json!({ "error_rate_threshold": 0.004, "rules": [] });
    let cases = [
        ("reference", json!({ "runs": 300 })),
        ("default", json!({ "runs": 60, "seed": 9_007_199_254_740_000_u64 })),
        (
            "twice-the-errors",
            json!({
                "runs": 200, "seed": 17, "horizon_ticks": 40,
                "set": [{ "field": "baseline.error_rate", "value": 0.0123 }],
                "sweep": { "field": "error_ratio", "values": [1, 1.1, 3.7] },
                "policies": [{ "name": "\"stricter\" \u{7} é", "policy": stricter }],
            }),
        ),
        (
            "reference",
            json!({
                "runs": 100,
                "sweep": { "field": "stages[0].traffic_pct", "values": [0.3, 3] },
                "policies": [{ "name": "other", "policy": stricter }],
                "person": { "after_ticks": 3, "command": "resume" },
            }),
        ),
    ];
    for (name, options) in cases {
        let study = prepared(text_of(name), &options);
        let (first, runs) = (study.first_seed(), study.runs());
        let one = finished(study.of_seeds(first, runs).unwrap());
        let cuts = [0, 1, 2, runs / 3, runs / 2, runs - 1, runs].map(|cut| first + cut);
        let parts = shuffled(&study, &cuts);
        assert_eq!(combine(&parts).unwrap().to_json(), one.report().to_json(), "{name}");
        assert_eq!(combine([one.rows()]).unwrap(), one.report(), "{name}");
    }
}

/// Each rule, setting, pause and extension there is.
#[test]
fn rows_hold_for_every_kind_of_study() {
    let configs: Vec<Value> = serde_json::from_str(MIXED).unwrap();
    for config in &configs {
        let study = prepared(&config.to_string(), &json!({ "runs": 12, "seed": 5 }));
        let one = finished(study.of_seeds(5, 12).unwrap());
        let parts = shuffled(&study, &[5, 6, 11, 17]);
        assert_eq!(combine(&parts).unwrap().to_json(), one.report().to_json(), "{config}");
    }
}

/// Any way of cutting the seeds, in any order, some of them twice.
#[test]
fn no_partition_changes_a_byte() {
    let study = prepared(
        text_of("reference"),
        &json!({ "policies": [{ "name": "b", "policy": { "error_rate_threshold": 0.004 } }] }),
    );
    let one = finished(study.of_seeds(0, 64).unwrap()).report().to_json();
    let rng_seed = RngSeed::Fixed(15);
    let cases = Cases { cases: 40, rng_seed, failure_persistence: None, ..Cases::default() };
    let cuts = (prop::collection::btree_set(1_u64..64, 0..9), any::<u64>());
    let result = TestRunner::new(cases).run(&cuts, |(inner, mixer)| {
        let cuts: Vec<u64> = [0].into_iter().chain(inner).chain([64]).collect();
        let mut parts: Vec<String> =
            cuts.windows(2).map(|two| rows(&study, two[0], two[1] - two[0])).collect();
        let twice = parts[mixer as usize % parts.len()].clone();
        parts.push(twice);
        parts.sort_by_key(|part| {
            part.bytes()
                .fold(mixer, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
        });
        prop_assert_eq!(&combine(&parts).unwrap().to_json(), &one);
        Ok(())
    });
    result.unwrap();
}

#[test]
fn rows_over_recorded_days_need_no_record_to_combine() {
    let config = Config::from_text(
        r#"{ "stages": [{ "traffic_pct": 5, "duration_ticks": 3 }], "tick_seconds": 60,
             "rules": [{ "rule": "error_rate_delta", "max": 0.01 }], "canary": { "error_ratio": 3 } }"#,
    )
    .unwrap();
    let record = |bump: f64| {
        let steps = 4 * 1_440;
        let requests: Vec<f64> = (0..steps).map(|i| 900.0 + f64::from(i % 601)).collect();
        let mut errors: Vec<f64> = requests.iter().map(|n| (n / 97.0).floor()).collect();
        errors[7] += bump;
        let arm = ArmRecord { requests, errors, latency: Vec::new() };
        let record = Record::new(1_764_000_000, 60, arm, None).unwrap();
        Arc::new(RecordedWorld::of_days(&record, &config, None).unwrap())
    };
    let options = canary_rollout::study::StudyOptions::default();
    let study = Study::over(&config, &options, record(0.0)).unwrap();
    let one = finished(study.of_seeds(0, 90).unwrap());
    assert_eq!(
        combine(shuffled(&study, &[0, 20, 50, 90])).unwrap().to_json(),
        one.report().to_json()
    );
    // One more error in one minute is another question.
    let other = Study::over(&config, &options, record(1.0)).unwrap();
    assert_ne!(study.id(), other.id());
    assert_eq!(study.id(), Study::over(&config, &options, record(0.0)).unwrap().id());
}

#[test]
fn an_id_is_that_of_the_resolved_question() {
    let text = text_of("reference");
    let id = |options: Value| prepared(text, &options).id();
    let own = id(json!({}));
    // No part of it: seeds, what is said twice or in other words.
    for same in [
        json!({ "runs": 5, "seed": 77 }),
        json!({ "policies": [], "set": [] }),
        json!({ "horizon_ticks": finished(prepared(text, &json!({ "runs": 1 }))).report().horizon_ticks }),
    ] {
        assert_eq!(id(same.clone()), own, "{same}");
    }
    let value: Value = serde_json::from_str(text).unwrap();
    let yaml = format!("# the same\n{value}");
    assert_eq!(prepared(&yaml, &json!({})).id(), own);
    // A part of it.
    let others = [
        json!({ "horizon_ticks": 7 }),
        json!({ "person": { "after_ticks": 1, "command": "abort" } }),
        json!({ "set": [{ "field": "baseline.error_rate", "value": 0.0101 }] }),
        json!({ "sweep": { "field": "error_ratio", "values": [1] } }),
        json!({ "sweep": { "field": "error_ratio", "values": [1, 2] } }),
        json!({ "policies": [{ "name": "a", "policy": { "error_rate_threshold": 0.02 } }] }),
        json!({ "policies": [{ "name": "b", "policy": { "error_rate_threshold": 0.02 } }] }),
    ];
    let mut ids: Vec<String> = others.into_iter().map(id).chain([own]).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 8);
}

#[track_caller]
fn refused(parts: &[&str], expected: &str) {
    let error = combine(parts).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}\nexpected: {expected}");
}

#[test]
fn rows_that_do_not_belong_together_are_refused_by_name() {
    let text = text_of("reference");
    let study = prepared(text, &json!({}));
    let other = prepared(text, &json!({ "horizon_ticks": 7 }));
    let (a, b) = (rows(&study, 0, 10), rows(&study, 10, 10));
    let lines: Vec<&str> = b.lines().collect();
    let row = lines[1];

    refused(&[], "expected rows");
    refused(&[""], "expected rows");
    refused(&[row], "rows[0]:1: a row without a header before it");
    refused(
        &[&a, &rows(&study, 5, 10)],
        "rows[1]:2: seeds 5 to 14 overlap seeds 0 to 9 of rows[0]:2",
    );
    refused(
        &[&rows(&study, 5, 10), &a],
        "rows[1]:2: seeds 0 to 9 overlap seeds 5 to 14 of rows[0]:2",
    );
    refused(
        &[&a, &rows(&study, 0, 9)],
        "rows[1]:2: seeds 0 to 8 overlap seeds 0 to 9 of rows[0]:2",
    );
    refused(&[&a, &rows(&study, 3, 2)], "overlap");
    refused(&[&a, &rows(&other, 10, 10)], "rows[1]:1: of another question: its id is ");
    refused(&[&a, &rows(&study, 11, 9)], "seeds 10 to 10 are missing");
    let newer = b.replace(ENGINE, "9.9.9+seeds.7");
    refused(
        &[&a, &newer],
        &format!("rows[1]:1: of another engine: found \"9.9.9+seeds.7\", expected {ENGINE}"),
    );
    // A file to which the rows of another question were appended.
    let both = format!("{a}{}", rows(&other, 10, 10).lines().nth(1).unwrap());
    refused(&[&both], "rows[0]:3: of another question");
    // A cut line, wherever it is cut.
    for cut in [1, 2, 15, row.len() / 2, row.len() - 70, row.len() - 1] {
        let cut_row = format!("{a}{}", &row[..cut]);
        refused(&[&cut_row], "rows[0]:3: a cut line, expected a whole row");
    }
    refused(&[&lines[0][..lines[0].len() / 2]], "rows[0]:1: a cut line, expected a whole header");
    // A line with another digit.
    for (i, digit) in row.char_indices().filter(|(_, c)| c.is_ascii_digit()).step_by(7) {
        let other = if digit == '1' { "2" } else { "1" };
        let mut damaged = row.to_string();
        damaged.replace_range(i..=i, other);
        let damaged = format!("{a}{damaged}");
        let error = combine([&damaged]).unwrap_err().to_string();
        assert!(error.starts_with("rows[0]:3: "), "{error}");
    }
    for (i, digit) in lines[0].char_indices().filter(|(_, c)| c.is_ascii_digit()).step_by(31) {
        let other = if digit == '1' { "2" } else { "1" };
        let mut damaged = lines[0].to_string();
        damaged.replace_range(i..=i, other);
        let error = combine([&damaged]).unwrap_err().to_string();
        assert!(error.starts_with("rows[0]:1: "), "{error}");
    }
    for nothing in ["{}", "[]", "null", "x", "{\"question\":1}", "\u{0}"] {
        let error = combine([nothing]).unwrap_err().to_string();
        assert!(error.starts_with("rows[0]:1: "), "{error}");
    }
}

#[test]
fn missing_seeds_are_told_with_their_shards() {
    let study = prepared(text_of("reference"), &json!({}));
    let mut rows = Rows::default();
    let whole = |index| Whole { first_seed: 100, runs: 20, shard: Some(Shard { index, of: 6 }) };
    let mut line = 0;
    let mut add = |rows: &mut Rows, text: &str| {
        line += 1;
        rows.add(&Place { file: "f".into(), line }, text).unwrap()
    };
    add(&mut rows, &study.header(whole(2)));
    for index in [2, 3, 5] {
        let (first, runs) = whole(index).seeds();
        add(&mut rows, &finished(study.of_seeds(first, runs).unwrap()).row());
    }
    let missing = json!([[100, 102], [110, 112], [116, 119]]);
    let found: Vec<[u64; 2]> = rows.missing().iter().map(|span| [span.first, span.last]).collect();
    assert_eq!(json!(found), missing);
    let shards: Vec<u64> = rows.missing_shards().iter().map(|shard| shard.index).collect();
    assert_eq!(shards, [1, 4, 6]);

    let report: Value = serde_json::from_str(&rows.report().unwrap().to_json()).unwrap();
    assert_eq!(report["partial"], true);
    assert_eq!((&report["runs"], &report["requested_runs"]), (&json!(10), &json!(20)));
    assert_eq!(report["seeds"], json!({ "first": 100, "last": 115, "next": 120 }));
    let holes = json!([{ "first": 100, "last": 102 }, { "first": 110, "last": 112 }]);
    assert_eq!(report["missing_seeds"], holes);

    // Without a hole before the end, it is the report of a study that was stopped.
    let mut stopped = study.of_seeds(0, 50).unwrap();
    stopped.advance(20);
    let mut rows = Rows::default();
    rows.add_text("stopped", &stopped.rows()).unwrap();
    assert_eq!(rows.report().unwrap().to_json(), stopped.report().to_json());
    assert_eq!(combine([stopped.rows()]).unwrap_err().to_string(), "seeds 20 to 49 are missing");
    // Before the first run, too.
    let begun = study.of_seeds(0, 50).unwrap();
    let mut rows = Rows::default();
    rows.add_text("begun", &begun.rows()).unwrap();
    assert_eq!(rows.report().unwrap().to_json(), begun.report().to_json());
}

#[test]
fn shards_share_the_seeds_out() {
    for (runs, of) in
        [(1, 1), (40, 40), (41, 40), (3, 7), (1_000_000, 17), (MAX_SPREAD_RUNS, 999_983)]
    {
        let first_seed = 1_234;
        let whole = Whole { first_seed, runs, shard: None };
        let mut next = first_seed;
        for index in 1..=of {
            let (first, count) = Shard { index, of }.seeds(whole);
            assert_eq!(first, next);
            assert!(count == runs / of || count == runs / of + 1);
            next += count;
        }
        assert_eq!(next, first_seed + runs);
    }
}

#[test]
fn seeds_of_a_part_are_checked() {
    let study = prepared(text_of("reference"), &json!({}));
    for (first, runs, expected) in [
        (0, 0, "runs: found 0, expected 1 to 1000000000"),
        (0, 1_000_000_001, "runs: found 1000000001, expected 1 to 1000000000"),
        ((1 << 53) - 5, 6, "first_seed: 9007199254740987 and 6 runs exceed the largest seed"),
        (u64::MAX, 1, "first_seed: "),
    ] {
        let error = study.of_seeds(first, runs).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    assert!(study.of_seeds((1 << 53) - 5, 5).is_ok());
}

/// A row whose counters are changed, with the check that belongs to them.
fn forged(row: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut row: Value = serde_json::from_str(row).unwrap();
    change(&mut row);
    let text = |key: &str| row[key].as_str().unwrap().to_string();
    let [id, engine] = ["id", "engine"].map(text);
    let [first, runs, counters] =
        ["first_seed", "runs", "counters"].map(|key| row[key].to_string());
    let hash = Sha256::digest(format!("{id} {engine} {first} {runs} {counters}"));
    let check: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{{\"id\":\"{id}\",\"engine\":\"{engine}\",\"first_seed\":{first},\"runs\":{runs},\
         \"counters\":{counters},\"check\":\"{check}\"}}\n"
    )
}

#[test]
fn counters_that_no_runs_can_have_are_refused() {
    let study = prepared(
        text_of("twice-the-errors"),
        &json!({ "policies": [{ "name": "b", "policy": { "error_rate_threshold": 0.004 } }] }),
    );
    let text = rows(&study, 0, 10);
    let (header, row) = text.split_once('\n').unwrap();
    let kept = forged(row, |_| {});
    assert!(combine([format!("{header}\n{kept}")]).is_ok());

    let wrong = "rows[0]:2: counters that are not of its runs and its question";
    type Change = fn(&mut Value);
    let changes: [(Change, &str); 16] = [
        (|row| row["counters"]["cases"][0]["completed"] = 9.into(), wrong),
        (|row| row["counters"]["cases"][0]["completed"] = u64::MAX.into(), wrong),
        (|row| row["counters"]["cases"][0]["waiting"] = 1.into(), wrong),
        (|row| row["counters"]["cases"][0]["rolled_back_falsely"] = 1.into(), wrong),
        (|row| row["counters"]["cases"][0]["rolled_back_by_stage"] = json!([]), wrong),
        (|row| row["counters"]["cases"][0]["excess_errors"] = json!([]), wrong),
        (|row| row["counters"]["cases"][0]["excess_errors"] = json!([[0, 5], [0, 5]]), wrong),
        (|row| row["counters"]["cases"][0]["excess_errors"] = json!([[1, 5], [0, 5]]), wrong),
        (|row| row["counters"]["cases"][0]["excess_errors"] = json!([[5, 10, 49]]), wrong),
        (|row| row["counters"]["cases"][0]["excess_errors"] = json!([[5, 10, 61]]), wrong),
        (|row| row["counters"]["cases"][0]["excess_errors"] = json!([[0, 10], [1, 0]]), wrong),
        (|row| row["counters"]["pairs"][0]["only_first_rolled_back"] = 11.into(), wrong),
        (|row| row["counters"]["pairs"] = json!([]), wrong),
        (|row| row["runs"] = 11.into(), wrong),
        (|row| row["runs"] = 0.into(), "rows[0]:2: expected 1 to 1000000000 runs"),
        (
            |row| row["counters"]["cases"][0]["excess_errors"] = json!([[3712, 10]]),
            "rows[0]:2: counters: bin 3712, expected at most 3711",
        ),
    ];
    for (change, expected) in changes {
        refused(&[&format!("{header}\n{}", forged(row, change))], expected);
    }
    // Sums past 2¹²⁸ units.
    let huge = |first: u64| {
        forged(row, |row| {
            let runs = 1_u64 << 15;
            row["first_seed"] = first.into();
            row["runs"] = runs.into();
            for case in row["counters"]["cases"].as_array_mut().unwrap() {
                case["completed"] = runs.into();
                case["rolled_back_falsely"] = 0.into();
                case["ticks_to_rollback"] = json!([]);
                for stage in case["rolled_back_by_stage"].as_array_mut().unwrap() {
                    *stage = 0.into();
                }
                for key in ["excess_errors", "exposed_requests", "duration_ticks"] {
                    case[key] = json!([[3_648, runs]]);
                }
            }
        })
    };
    let mut sums = Rows::default();
    sums.add_text("a", &format!("{header}\n{}", huge(1 << 20))).unwrap();
    let before = sums.report();
    let error = sums.add_text("b", &huge(1 << 30)).unwrap_err().to_string();
    assert_eq!(error, "b:1: the sums are too large: more requests than can be counted");
    assert_eq!(sums.report(), before);
}

/// Rows of another edition of the draws must not be added. If this fails because a golden
/// file moved, raise the number in `ENGINE` and write down the new digests here.
#[test]
fn the_engine_names_the_edition_of_its_draws() {
    let digests: Vec<Value> =
        serde_json::from_str(include_str!("../data/golden/digests.json")).unwrap();
    let first: Vec<&str> =
        digests.iter().take(4).map(|entry| entry["fnv1a"].as_str().unwrap()).collect();
    assert_eq!(first, DIGESTS_OF_EDITION_1);
    assert!(ENGINE.ends_with("+seeds.1"), "{ENGINE}");
}

const DIGESTS_OF_EDITION_1: [&str; 4] =
    ["d64fa51fa933f784", "d3cecf71cc462743", "78cea1322bffc896", "00fa513be96d916e"];
