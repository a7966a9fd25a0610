//! The limits on the cost of a configuration, and the warnings of `validate`.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::{Config, MAX_LOOKS};
use canary_rollout::rollout::Rollout;
use canary_rollout::study::Study;
use serde_json::{Value, json};

use crate::support::config;

fn stages(plan: &[(f64, u32)]) -> Value {
    plan.iter()
        .map(|(share, ticks)| json!({ "traffic_pct": share, "duration_ticks": ticks }))
        .collect()
}

#[track_caller]
fn check_refused(config: Value, faults: &[(&str, &str)]) {
    let error = Config::from_text(&config.to_string()).unwrap_err();
    let found: Vec<(&str, &str)> =
        error.problems().iter().map(|p| (p.path.as_str(), p.message.as_str())).collect();
    assert_eq!(found, faults);
}

/// Windows are extended from look to look, so that looks at every tick over a long window
/// are no more work than over a short one.
#[test]
fn looks_at_every_tick_over_long_windows_are_allowed() {
    for (ticks, rule) in [
        (20_000, json!({ "rule": "latency", "max": 600_000, "window": "rollout" })),
        (20_000, json!({ "rule": "latency_delta_ms", "max": 600_000, "window": "stage" })),
        (
            5_000,
            json!({ "rule": "mann_whitney", "alpha": 1e-12, "failure_limit": 1_000_000, "window": "rollout" }),
        ),
    ] {
        let mut rule = rule;
        rule["look"] = json!("every_tick");
        let plan =
            json!({ "stages": stages(&[(25.0, ticks / 2), (50.0, ticks / 2)]), "rules": [rule] });
        let mut rollout = Rollout::new(&config(&plan.to_string()), 1);
        rollout.run().unwrap();
        assert_eq!(rollout.history().looks.len(), ticks as usize);
    }
}

/// Looks are counted over the longest plan, with extensions.
#[test]
fn looks_are_counted_over_the_longest_plan() {
    let looks = |extra: Value, look: &str| {
        let mut text = json!({
            "stages": [{ "traffic_pct": 10, "duration_ticks": 4, "pause": { "ticks": 3 } },
                       { "traffic_pct": 50, "duration_ticks": 2 }],
            "rules": [{ "rule": "latency", "max": 500, "look": look }],
        });
        text.as_object_mut().unwrap().append(&mut extra.as_object().unwrap().clone());
        config(&text.to_string()).policy().most_looks(60)
    };
    let extend = json!({ "on_inconclusive": { "extend": { "max_ticks": 2, "then": "promote" } } });
    for (extra, look, expected) in [
        (json!({}), "stage_end", 2),
        (json!({}), "every_tick", 6),
        (extend.clone(), "stage_end", 6),
        (extend, "every_tick", 10),
    ] {
        assert_eq!(looks(extra, look), expected, "{look}");
    }
}

#[test]
fn a_history_of_too_many_looks_is_refused() {
    let rules = |count: u32| {
        let rule =
            |i| json!({ "rule": "error_rate", "max": 0.01 * f64::from(i), "look": "every_tick" });
        let rules: Vec<Value> = (1..=count).map(rule).collect();
        json!({ "stages": stages(&[(50.0, 100_000)]), "rules": rules })
    };
    assert_eq!(config(&rules(10).to_string()).policy().most_looks(60), MAX_LOOKS);
    check_refused(
        rules(11),
        &[("rules", "make 1,100,000 looks in a rollout, the limit is 1,000,000")],
    );
}

#[test]
fn looks_that_are_too_close_together_are_refused() {
    let close: Vec<(f64, u32)> =
        (0..30).map(|i| (10.0 + f64::from(i), if i % 2 == 0 { 1_900 } else { 2 })).collect();
    let rule = json!({ "rule": "group_sequential" });
    check_refused(
        json!({ "stages": stages(&close), "rules": [rule] }),
        &[(
            "rules[0]",
            "group_sequential has looks so close together that its boundaries take 1119 units of work, the limit is 1000: expected fewer looks, or longer stages between them",
        )],
    );
    // 100 looks with equal information, and ten for each of 32 rules.
    let even: Vec<(f64, u32)> = (1..=100).map(|i| (0.1 * f64::from(i), 1_000 / i as u32)).collect();
    config(&json!({ "stages": stages(&even), "rules": [rule] }).to_string());
    let rules: Vec<Value> = (1..=32)
        .map(|i| json!({ "rule": "group_sequential", "alpha": 0.001 * f64::from(i) }))
        .collect();
    let ten: Vec<(f64, u32)> = (1..=10).map(|i| (f64::from(i), 10)).collect();
    config(&json!({ "stages": stages(&ten), "rules": rules }).to_string());
}

#[track_caller]
fn check_warned(config_text: Value, path: &str, message: Option<&str>) {
    let warnings = config(&config_text.to_string()).warnings();
    let found = warnings.iter().find(|warning| warning.path == path).map(|w| w.message.as_str());
    assert_eq!(found, message, "{config_text}");
}

#[test]
fn guarantees_that_the_world_breaks_are_warned_of() {
    let with = |noise: Value, rule: &str| json!({ "stages": stages(&[(50.0, 20)]), "noise": noise, "rules": [{ "rule": rule }] });
    let apart = |rule: &str, remedy: &str| {
        format!(
            "{rule} keeps its alpha only if both arms vary together: with noise.per_arm they vary separately, and it fails a healthy release more often{remedy}"
        )
    };
    for rule in ["z_test", "fisher", "group_sequential"] {
        check_warned(with(json!({ "per_arm": 0.5 }), rule), "rules[0]", Some(&apart(rule, "")));
    }
    let remedy = "; a tolerated_ratio above 1 allows for some of it";
    let expected = apart("sequential", remedy);
    check_warned(with(json!({ "per_arm": 0.1 }), "sequential"), "rules[0]", Some(&expected));
    check_warned(with(json!({ "common": 1 }), "sequential"), "rules[0]", None);
    check_warned(with(json!({ "per_arm": 0.5 }), "mann_whitney"), "rules[0]", None);
}

#[test]
fn limits_finer_than_the_bins_are_warned_of() {
    let with = |rule: Value, p99: f64| {
        json!({ "stages": stages(&[(50.0, 5)]), "rules": [rule],
                "baseline": { "latency_ms": { "p50": 80, "p99": p99 } } })
    };
    let latency = |max: f64| json!({ "rule": "latency", "max": max });
    let near = "latency cannot distinguish its limit of 82.4 ms from the baseline’s 82 ms: latencies are drawn in bins of 2 %";
    check_warned(with(latency(82.4), 82.0), "rules[0]", Some(near));
    check_warned(with(latency(84.0), 82.0), "rules[0]", None);
    check_warned(with(latency(190.0), 180.0), "rules[0]", None);
    let delta = |max: f64| json!({ "rule": "latency_delta_ms", "max": max });
    let fine = "latency_delta_ms cannot detect a difference of 3 ms at the baseline’s 180 ms: latencies are drawn in bins of 2 %";
    check_warned(with(delta(3.0), 180.0), "rules[0]", Some(fine));
    check_warned(with(delta(4.0), 180.0), "rules[0]", None);
    let slow = json!({ "rule": "slow_requests", "objective_ms": 81 });
    let narrow = "slow_requests rounds its objective of 81 ms to the nearest edge of a bin, and the baseline’s latencies span less than one bin: latencies are drawn in bins of 2 %";
    check_warned(with(slow.clone(), 82.0), "rules[0]", Some(narrow));
    check_warned(with(slow, 180.0), "rules[0]", None);
}

#[test]
fn a_tick_as_long_as_the_day_is_warned_of() {
    let with = |tick: u32| {
        json!({ "tick_seconds": tick, "stages": stages(&[(10.0, 2)]), "rules": [{ "rule": "fisher" }],
                "traffic": { "requests_per_second": 0.5, "daily_swing": { "amplitude": 0.9 } } })
    };
    let path = "traffic.daily_swing.period_seconds";
    let message = "is 86400 s, and a tick of 86400 s uses the load at its middle: expected at least 8 ticks per period";
    check_warned(with(86_400), path, Some(message));
    check_warned(with(10_800), path, None);
    check_warned(with(10_801), path, Some(&message.replace("of 86400", "of 10801")));
}

/// The memory of a study's cases depends on their stages.
#[test]
fn a_study_of_too_many_stages_is_refused() {
    let text =
        json!({ "stages": stages(&(1..=100).map(|i| (f64::from(i) / 2.0, 1)).collect::<Vec<_>>()),
                       "rules": [{ "rule": "sequential" }] })
        .to_string();
    let options = |values: u32| {
        let values: Vec<f64> = (0..values).map(|i| 2.0 + f64::from(i) / 8.0).collect();
        json!({ "runs": 1, "sweep": { "field": "error_ratio", "values": values } }).to_string()
    };
    // 100 stages for the healthy release, and 100 for each value.
    assert!(Study::from_text(&text, &options(39)).is_ok());
    let error = Study::from_text(&text, &options(40)).unwrap_err();
    let expected =
        "study: its policies, releases and swept values have more than 4,000 stages in total";
    assert_eq!(error.to_string(), expected);
}
