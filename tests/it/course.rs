//! The test cases and exercises of the course project, checked with this engine.
//! README lists them.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::policy::{Decide, State};
use canary_rollout::report::Outcome;
use canary_rollout::rollout::{Plan, Rollout};
use std::sync::Arc;

use crate::support::{config, preset_config, rolled_out};

/// Enough traffic that a measured rate equals its expectation to three digits.
const BUSY: &str = r#""traffic": { "requests_per_second": 100000 }"#;

#[test]
fn the_demo_completes_four_stages() {
    let report = rolled_out(&preset_config("default"), 42).report();
    assert_eq!(report.final_state, State::Completed);
    assert_eq!((report.stages_completed, report.total_stages), (4, 4));
    assert!(!report.rollback_triggered);
    assert_eq!(report.rollback_reason, None);
    assert_eq!(report.outcome, Outcome::PromotedRightly);
    let json = report.to_json();
    let keys = [
        "final_state",
        "stages_completed",
        "total_stages",
        "rollback_triggered",
        "rollback_reason",
        "metrics",
    ];
    let places: Vec<usize> = keys
        .iter()
        .map(|key| json.find(&format!("\n  \"{key}\":")).expect("a top-level key"))
        .collect();
    assert!(places.is_sorted(), "the course's keys come first, in its order");
}

#[test]
fn the_demo_differs_by_seed() {
    let demo = |seed| rolled_out(&preset_config("default"), seed).report().to_json();
    assert_ne!(demo(42), demo(7));
    assert_eq!(demo(7), demo(7));
}

#[test]
fn differences_are_the_canarys_less_the_baselines() {
    // 5 % against 2 % is 3 points; 150 ms against 100 ms is 50 ms. With 10⁷
    // requests, a median is within 0.2 ms of the truth and a rate within 0.0003.
    let config = config(&format!(
        r#"{{ {BUSY}, "baseline": {{ "error_rate": 0.02, "latency_ms": {{ "p50": 100, "p99": 200 }} }},
             "canary": {{ "error_ratio": 2.5, "latency_ratio": 1.5 }},
             "stages": [{{ "traffic_pct": 50, "duration_ticks": 4 }}] }}"#
    ));
    let metrics = rolled_out(&config, 1).report().metrics;
    assert!((metrics.error_rate_delta.unwrap() - 0.03).abs() < 0.0003);
    assert!((metrics.latency_delta_ms.p50.unwrap() - 50.0).abs() < 0.2);
}

#[test]
fn lenient_stages_complete() {
    let config = config(
        r#"{ "stages": [{ "traffic_pct": 10, "duration_ticks": 3 }, { "traffic_pct": 50, "duration_ticks": 3 },
                        { "traffic_pct": 100, "duration_ticks": 3 }],
             "error_rate_threshold": 0.5, "latency_threshold_ms": 500 }"#,
    );
    let report = rolled_out(&config, 1).report();
    assert_eq!((report.final_state, report.stages_completed), (State::Completed, 3));
}

#[track_caller]
fn check_reason(canary: &str, baseline: &str, starts: &str) {
    let config = config(&format!(
        r#"{{ {BUSY}, "baseline": {baseline}, "canary": {canary},
             "stages": [{{ "traffic_pct": 1, "duration_ticks": 5 }}, {{ "traffic_pct": 50, "duration_ticks": 5 }}],
             "error_rate_threshold": 0.02, "latency_threshold_ms": 50 }}"#
    ));
    for seed in [0, 42, 123] {
        let report = rolled_out(&config, seed).report();
        assert_eq!(report.final_state, State::RolledBack);
        assert!(report.rollback_triggered);
        assert_eq!(report.outcome, Outcome::Caught);
        let reason = report.rollback_reason.unwrap();
        assert!(reason.starts_with(starts), "{reason}");
    }
}

#[test]
fn ten_percent_errors_against_one_roll_back() {
    check_reason(r#"{ "error_ratio": 10 }"#, r#"{ "error_rate": 0.01 }"#, "Error rate: ");
}

#[test]
fn two_hundred_milliseconds_against_fifty_roll_back() {
    check_reason(
        r#"{ "latency_ratio": 4 }"#,
        r#"{ "latency_ms": { "p50": 50, "p99": 50 } }"#,
        "Latency: ",
    );
}

/// "Break it" 2: with a threshold of 0, a healthy release is rolled back at about
/// every second stage. P(fail) of a stage is P(canary's rate > baseline's), which
/// is a little under ½ because of ties and the skewness of small counts. Each share
/// is over 2,000 seeds, so its standard error is at most 1.2 points. The bounds are
/// 4 standard errors outside 0.42..0.50.
#[test]
fn a_threshold_of_zero_rolls_back_a_healthy_release_at_about_every_second_stage() {
    let text = r#"{ "stages": [{ "traffic_pct": 1 }, { "traffic_pct": 5 }, { "traffic_pct": 25 }, { "traffic_pct": 50 }],
                    "error_rate_threshold": 0 }"#;
    let plan = Arc::new(Plan::new(&config(text)));
    let mut fell = [0_u32; 5];
    for seed in 0..2_000 {
        let mut rollout = Rollout::of_plan(plan.clone(), seed);
        rollout.run().unwrap();
        let passed = rollout.standing().controller().levels_completed();
        fell[passed as usize] += 1;
    }
    let mut reached = 2_000;
    for (stage, fallen) in fell[..4].iter().enumerate() {
        let share = f64::from(*fallen) / f64::from(reached);
        let error = 4.0 * (0.25 / f64::from(reached)).sqrt();
        assert!(share > 0.42 - error && share < 0.5 + error, "stage {}: {share}", stage + 1);
        reached -= fallen;
    }
    let completed = f64::from(fell[4]) / 2_000.0;
    assert!(completed > 0.03 && completed < 0.15, "{completed} complete");
}

/// "Alter it" 2: the later stages are stricter than the first.
#[test]
fn a_stages_threshold_replaces_the_global_one() {
    let config = preset_config("default");
    let limits: Vec<(String, Vec<u32>)> = config
        .policy()
        .rules
        .iter()
        .filter(|rule| rule.method.name() == "error_rate_delta")
        .map(|rule| {
            let json = serde_json::to_value(rule).unwrap();
            (json["max"].to_string(), rule.stages.clone().unwrap())
        })
        .collect();
    assert_eq!(limits, [("0.02".to_string(), vec![1, 2]), ("0.01".to_string(), vec![3, 4])]);
}
