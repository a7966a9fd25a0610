//! The excess errors of a study: expected values, up to the longest that a rollout
//! can take; and outcomes compared with those of single runs.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::{Config, presets};
use canary_rollout::math;
use canary_rollout::report::{Outcome, Release};
use canary_rollout::rollout::Rollout;
use canary_rollout::study::{Study, StudyReport};
use serde_json::{Value, json};

use crate::support::config;

#[track_caller]
fn study(config: &Value, options: &Value) -> StudyReport {
    let mut study = Study::from_text(&config.to_string(), &options.to_string()).unwrap();
    study.advance(u64::MAX);
    study.report()
}

/// Two policies without rules, whose excess errors are a sum of expectations: 15
/// canary requests per tick, 30 after completion, of which 0.0003 more fail.
#[test]
fn expected_harm_is_not_rounded_run_by_run() {
    let plan = |ticks: u32| json!([{ "traffic_pct": 50, "duration_ticks": ticks }]);
    let short = json!({
        "traffic": { "requests_per_second": 0.5 }, "baseline": { "error_rate": 0.0003 },
        "canary": { "error_ratio": 2 }, "stages": plan(5), "rules": [],
    });
    let long = json!({ "stages": plan(60), "rules": [] });
    let policies = json!([{ "name": "long", "policy": long }]);
    let found = study(&short, &json!({ "runs": 50_000, "policies": policies }));
    let mean = |of: &canary_rollout::study::CaseReport| of.excess_errors.unwrap().mean;
    let own = mean(found.release.as_ref().unwrap());
    let other = mean(found.policies[0].release.as_ref().unwrap());
    // Five standard errors of a Poisson count of mean 0.0225, and of 0.27.
    assert!((own - 0.5175).abs() < 5.0 * (0.0225_f64 / 50_000.0).sqrt(), "{own}");
    assert!((other - 0.27).abs() < 5.0 * (0.27_f64 / 50_000.0).sqrt(), "{other}");
    let difference = found.policies[0].release_difference.unwrap().excess_errors;
    assert!((difference.estimate - (other - own)).abs() < 1e-12, "{difference:?}");
    let (low, high) = (difference.low.unwrap(), difference.high.unwrap());
    assert!(low < -0.2475 && -0.2475 < high && high < -0.23, "{difference:?}");
}

#[test]
fn exposed_requests_are_not_rounded_run_by_run() {
    for (rate, ticks, expected) in [(0.01, 3, 0.18), (1e-6, 1, 6e-6), (0.5, 7, 21.0)] {
        let of_config = json!({
            "traffic": { "requests_per_second": rate },
            "stages": [{ "traffic_pct": 10, "duration_ticks": ticks }], "rules": [],
        });
        let exposed = study(&of_config, &json!({ "runs": 100 })).healthy.exposed_requests.unwrap();
        for found in [exposed.mean, exposed.p50, exposed.p95] {
            assert!((found - expected).abs() < 1e-9 * expected, "{found} for {expected}");
        }
    }
}

/// A quantile far from zero is inside its bin, not at the lower end.
#[test]
fn quantiles_do_not_contradict_the_mean() {
    let of_config = json!({
        "traffic": { "requests_per_second": 1_000 }, "canary": { "error_ratio": 2 },
        "stages": [{ "traffic_pct": 99, "duration_ticks": 64 }], "rules": [],
    });
    let harm = study(&of_config, &json!({ "runs": 500 })).release.unwrap().excess_errors.unwrap();
    // Poisson of mean 38,016 and standard deviation 195, so nearly symmetric.
    assert!((harm.mean - 38_016.0).abs() < 50.0, "{harm:?}");
    assert!((harm.p50 - harm.mean).abs() < 38_016.0 / 64.0, "{harm:?}");
    assert!(harm.p95 > harm.mean && harm.p95 < harm.mean + 600.0, "{harm:?}");
}

/// The longest that a rollout can take, with everything that can extend it.
#[test]
fn excess_errors_are_counted_up_to_the_longest_rollout() {
    let rule = |more: Value| {
        let mut rule = json!({ "rule": "error_rate", "max": 0.01 });
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([rule])
    };
    let stages = || {
        json!([{ "traffic_pct": 10, "duration_ticks": 2 },
                           { "traffic_pct": 50, "duration_ticks": 3 }])
    };
    let paused = |first: Value, last: Value| {
        let mut stages = stages();
        stages[0]["pause"] = first;
        stages[1]["pause"] = last;
        stages
    };
    let extend = json!({ "extend": { "max_ticks": 60, "then": "pause" } });
    let sequential = json!([{ "rule": "sequential" }]);
    let compares = json!([{ "rule": "z_test", "min_requests": 9 }]);
    let to_all = json!([{ "traffic_pct": 50, "duration_ticks": 2 },
                        { "traffic_pct": 100, "duration_ticks": 3 }]);
    for (what, config, expected) in [
        ("the stages", json!({ "stages": stages() }), 5),
        ("timed pauses", json!({ "stages": paused(json!({ "ticks": 7 }), json!("manual")) }), 12),
        ("the way back", json!({ "stages": stages(), "rollback_ticks": 20 }), 25),
        (
            "the way back is gone before the last pause",
            json!({ "stages": paused(json!({ "ticks": 7 }), json!({ "ticks": 9 })), "rollback_ticks": 20 }),
            32,
        ),
        (
            "a pause longer than the way back",
            json!({ "stages": paused(json!({ "ticks": 7 }), json!({ "ticks": 30 })), "rollback_ticks": 20 }),
            42,
        ),
        (
            "an extension of each stage",
            json!({ "stages": stages(), "on_inconclusive": extend, "rules": rule(json!({})) }),
            125,
        ),
        (
            "an extension where the rule holds",
            json!({ "stages": stages(), "on_inconclusive": extend, "rules": rule(json!({ "stages": [2] })) }),
            65,
        ),
        (
            "no extension where no count can lack",
            json!({ "stages": stages(), "on_inconclusive": extend, "rules": sequential }),
            5,
        ),
        (
            "no extension where there is no baseline",
            json!({ "stages": to_all, "on_inconclusive": extend, "rules": compares }),
            65,
        ),
        (
            "all of it",
            json!({ "stages": paused(json!({ "ticks": 7 }), Value::Null), "on_inconclusive": extend,
                    "rules": rule(json!({ "min_errors": 3 })), "rollback_ticks": 4 }),
            136,
        ),
    ] {
        let mut config = config;
        for stage in config["stages"].as_array_mut().unwrap() {
            stage.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        }
        let text = config.to_string();
        assert_eq!(Config::from_text(&text).unwrap().policy().most_ticks(), expected, "{what}");
        let study = Study::from_text(&text, "{}").unwrap();
        assert_eq!(u64::from(study.report().horizon_ticks), expected, "{what}");
    }
}

/// No run of the mixed configurations takes longer than that.
#[test]
fn no_rollout_takes_longer_than_the_longest() {
    let mixed: Vec<Value> = serde_json::from_str(include_str!("../data/study/mixed.json")).unwrap();
    for of_config in mixed {
        let most = config(&of_config.to_string()).policy().most_ticks();
        for healthy in [true, false] {
            let mut study = Study::from_text(&of_config.to_string(), r#"{ "runs": 500 }"#).unwrap();
            study.advance(500);
            let longest = study.first_runs(healthy).iter().map(|run| u64::from(run.ticks)).max();
            assert!(longest <= Some(most), "{longest:?} of {most}: {of_config}");
        }
    }
}

/// Checks that a study counts for each release what the single runs of its seeds
/// report.
#[track_caller]
fn check_outcomes(of_config: &str) {
    const RUNS: u64 = 60;
    let config = config(of_config);
    let mut outcomes = Vec::new();
    for seed in 0..RUNS {
        let mut rollout = Rollout::new(&config, seed);
        rollout.run().unwrap();
        outcomes.push(rollout.report().outcome);
    }
    let share = |outcome: Outcome| {
        outcomes.iter().filter(|found| **found == outcome).count() as f64 / RUNS as f64
    };
    let found = study(&serde_json::from_str(of_config).unwrap(), &json!({ "runs": RUNS }));
    let case = found.release.as_ref().unwrap_or(&found.healthy);
    assert_eq!(case.p_false_rollback.estimate, share(Outcome::FalseRollback), "{of_config}");
    assert_eq!(case.p_caught.estimate, share(Outcome::Caught), "{of_config}");
    assert_eq!(case.p_waiting.estimate, share(Outcome::Undecided), "{of_config}");
    let missed = found.missed_regression.map_or(0.0, |missed| missed.estimate);
    assert_eq!(missed, share(Outcome::MissedRegression), "{of_config}");
    if !found.release_is_bad {
        assert_eq!(found.false_rollback.estimate, share(Outcome::FalseRollback), "{of_config}");
    }
}

#[test]
fn a_study_counts_what_single_runs_say() {
    let slow_start = r#"{"traffic":{"requests_per_second":2},"baseline":{"error_rate":0.001,"latency_ms":{"p50":250,"p99":1200}},"canary":{"latency_ratio":6,"latency_arrival":{"cold_start":{"half_life_ticks":1}}},"stages":[{"traffic_pct":10,"duration_ticks":2},{"traffic_pct":25,"duration_ticks":2},{"traffic_pct":50,"duration_ticks":3}],"rules":[{"rule":"latency","quantile":0.95,"max":1500,"look":"every_tick","window":"tick","failure_limit":3}]}"#;
    let gate = r#"{"tick_seconds":120,"traffic":{"requests_per_second":10},"baseline":{"error_rate":0.001},"canary":{"error_ratio":100,"error_arrival":{"late":{"start_tick":3}}},"stages":[{"traffic_pct":10,"duration_ticks":2,"pause":"manual"},{"traffic_pct":20,"duration_ticks":2}],"rules":[{"rule":"error_rate","max":0.01,"look":"every_tick","window":"tick","failure_limit":5}]}"#;
    let better = r#"{"canary":{"error_ratio":0.5},"stages":[{"traffic_pct":10,"duration_ticks":2}],"rules":[{"rule":"error_rate","max":0.005}]}"#;
    let nothing = r#"{"baseline":{"error_rate":0},"canary":{"error_ratio":100},"stages":[{"traffic_pct":50}]}"#;
    let mixed: Vec<Value> = serde_json::from_str(include_str!("../data/study/mixed.json")).unwrap();
    let mixed = mixed.iter().map(Value::to_string);
    let presets = presets().iter().map(|preset| preset.json.to_string());
    let own = [slow_start, gate, better, nothing].map(str::to_string);
    for of_config in own.into_iter().chain(mixed).chain(presets) {
        check_outcomes(&of_config);
    }
}

/// An independent simulation gives 98.6 % ± 0.3, and 6.3 % for a healthy release.
#[test]
fn a_cold_start_rolled_back_is_a_false_rollback() {
    let of_config: Value = serde_json::from_str(r#"{"traffic":{"requests_per_second":5},"baseline":{"error_rate":0.02},"canary":{"error_ratio":6,"error_arrival":{"cold_start":{"half_life_ticks":3}}},"stages":[{"traffic_pct":10,"duration_ticks":7},{"traffic_pct":50,"duration_ticks":5}],"rules":[{"rule":"error_rate","max":0.05,"look":"every_tick","window":"stage","failure_limit":2}]}"#).unwrap();
    let found = study(&of_config, &json!({ "runs": 5_000 }));
    // Four standard errors.
    assert!((found.healthy.p_rollback.estimate - 0.063).abs() < 0.014);
    assert!((found.false_rollback.estimate - 0.986).abs() < 0.007, "{:?}", found.false_rollback);
    let release = found.release.unwrap();
    assert_eq!(release.p_false_rollback, found.false_rollback);
    assert_eq!((release.p_caught.estimate, found.missed_regression), (0.0, None));
}

/// λ·share·p·(r − 1)·2^(−(t−1)/h) in tick t, with a share of 1 from completion on.
#[test]
fn a_cold_start_has_its_excess_errors() {
    let of_config = json!({
        "traffic": { "requests_per_second": 100 }, "baseline": { "error_rate": 0.01 },
        "canary": { "error_ratio": 3, "error_arrival": { "cold_start": { "half_life_ticks": 2 } } },
        "stages": [{ "traffic_pct": 25, "duration_ticks": 4 }], "rules": [],
    });
    let excess = |tick: i32| {
        let share = if tick > 4 { 1.0 } else { 0.25 };
        6_000.0 * share * 0.01 * 2.0 * math::pow(0.5, f64::from(tick - 1) / 2.0)
    };
    for horizon in [3, 4, 20] {
        let expected: f64 = (1..=horizon).map(excess).sum();
        let options = json!({ "runs": 2_000, "horizon_ticks": horizon });
        let found = study(&of_config, &options).release.unwrap().excess_errors.unwrap().mean;
        // The excess errors of the rollout are Poisson; five standard errors.
        assert!((found - expected).abs() < 5.0 * (expected / 2_000.0).sqrt(), "{found} {expected}");
    }
}

/// A ratio without effect is not a regression: in the truth, the outcome and a
/// study.
#[test]
fn a_ratio_without_effect_is_no_regression() {
    let under_load = json!({ "error_ratio": 3, "error_arrival":
        { "under_load": { "from_load": 2, "full_load": 3 } } });
    let cases = [
        (json!({ "baseline": { "error_rate": 0 } }), json!({ "error_ratio": 100 }), "error_ratio"),
        (json!({ "baseline": { "error_rate": 1 } }), json!({ "error_ratio": 2 }), "error_ratio"),
        (json!({}), under_load.clone(), "error_arrival"),
    ];
    for (world, canary, warned) in cases {
        let mut of_config = json!({ "stages": [{ "traffic_pct": 50 }], "canary": canary });
        of_config.as_object_mut().unwrap().extend(world.as_object().unwrap().clone());
        let config = config(&of_config.to_string());
        let mut rollout = Rollout::new(&config, 1);
        rollout.run().unwrap();
        let report = rollout.report();
        assert_eq!(report.outcome, Outcome::PromotedRightly, "{of_config}");
        assert_eq!(report.truth.release, Release::Healthy, "{of_config}");
        let sentence = &report.truth.sentence;
        let tells = sentence.contains("is healthy") || sentence.contains("does not happen here");
        assert!(tells, "{sentence}");
        let path = format!("canary.{warned}");
        assert!(report.warnings.iter().any(|warning| warning.path == path), "{of_config}");
        let found = study(&of_config, &json!({ "runs": 20 }));
        assert!(found.release.is_none() && !found.release_is_bad, "{of_config}");
        assert_eq!(found.missed_regression, None);
    }
    // The same ratios have an effect here: bursts exceed any load, and noise lowers
    // the rate below 1.
    for (world, canary) in [
        (json!({ "traffic": { "requests_per_second": 10, "burstiness": 1 } }), under_load),
        (
            json!({ "baseline": { "error_rate": 1 }, "noise": { "common": 0.5 } }),
            json!({ "error_ratio": 2 }),
        ),
        (json!({ "baseline": { "error_rate": 0 } }), json!({ "latency_ratio": 2 })),
    ] {
        let mut of_config = json!({ "stages": [{ "traffic_pct": 50 }], "canary": canary });
        of_config.as_object_mut().unwrap().extend(world.as_object().unwrap().clone());
        let found = study(&of_config, &json!({ "runs": 20 }));
        assert!(found.release.is_some() && found.release_is_bad, "{of_config}");
    }
}
