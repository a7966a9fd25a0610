//! The study: each run is a rollout, its figures depend only on the seeds, and they
//! equal those of a direct count.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::sync::Arc;

use canary_rollout::config::{Config, realised_share};
use canary_rollout::policy::{Command, State, Step};
use canary_rollout::rollout::{Plan, Rollout, Run, TickRow};
use canary_rollout::stats::intervals::{Interval, tango};
use canary_rollout::study::{
    End, FieldValue, NamedPolicy, Person, RunOutcome, Study, StudyOptions, Sweep, outcome,
};
use serde_json::{Value, json};

use crate::support::{EMPTY_DIGEST, config, digest};

const MIXED: &str = include_str!("../data/study/mixed.json");
const DIGESTS: &str = include_str!("../data/golden/studies.json");

/// Configurations that together use every rule, setting, pause and extension.
fn mixed() -> Vec<Value> {
    serde_json::from_str(MIXED).unwrap()
}

#[track_caller]
fn prepared(config: &Value, options: &Value) -> Study {
    match Study::from_text(&config.to_string(), &options.to_string()) {
        Ok(study) => study,
        Err(error) => panic!("{error}\nin {config}"),
    }
}

#[track_caller]
fn finished(config: &Value, options: &Value) -> Study {
    let mut study = prepared(config, options);
    study.advance(u64::MAX);
    study
}

#[track_caller]
fn report(config: &Value, options: &Value) -> Value {
    serde_json::from_str(&finished(config, options).report().to_json()).unwrap()
}

/// The outcome that a study should record for a seed, from the rollout's history.
fn by_history(rollout: &Rollout, horizon_ticks: u32) -> RunOutcome {
    let history = rollout.history();
    let within = history.ticks.iter().take(horizon_ticks as usize);
    let happened: u64 = within.map(|row| row.excess_errors).sum();
    let skew = rollout.plan().config().world().traffic.canary_skew;
    let exposed = |row: &TickRow| row.true_requests * realised_share(row.share, skew);
    let exposed: f64 = history.ticks.iter().map(exposed).sum();
    let end = match rollout.state() {
        State::Completed => End::Completed,
        State::RolledBack => End::RolledBack,
        _ => End::Waiting,
    };
    let rollback = history.decisions.iter().find(|decision| decision.step == Step::Rollback);
    RunOutcome {
        end,
        stages_completed: rollout.report().stages_completed,
        ticks: rollout.ticks(),
        rollback_tick: rollback.map(|decision| decision.tick),
        degraded_from: rollout.standing().degraded_from(),
        excess_errors: happened as f64,
        exposed_requests: exposed,
    }
}

#[test]
fn a_run_is_a_rollout() {
    let configs = mixed();
    let each = 1_000_u32.div_ceil(configs.len() as u32);
    let (mut compared, mut ends) = (0, [0; 3]);
    for of_config in &configs {
        let horizon = 30;
        let seed = 77;
        let options = json!({ "runs": each, "seed": seed, "horizon_ticks": horizon });
        let study = finished(of_config, &options);
        let healthy = Config::from_text(&{
            let mut healthy = of_config.clone();
            healthy.as_object_mut().unwrap().remove("canary");
            healthy.to_string()
        })
        .unwrap();
        let own = config(&of_config.to_string());
        for (is_healthy, config) in [(true, &healthy), (false, &own)] {
            let plan = Arc::new(Plan::new(config));
            let runs = study.first_runs(is_healthy);
            assert_eq!(runs.len(), each as usize);
            if !is_healthy && !config.release_differs() {
                continue;
            }
            for (i, run) in runs.iter().enumerate() {
                let mut rollout = Rollout::of_plan(Arc::clone(&plan), seed + i as u64);
                rollout.run().unwrap();
                let mut expected = by_history(&rollout, horizon);
                ends[expected.end as usize] += 1;
                // After completion, the excess errors are expected ones.
                if expected.end == End::Completed && run.ticks < horizon {
                    assert!(run.excess_errors >= expected.excess_errors);
                    expected.excess_errors = run.excess_errors;
                }
                assert_eq!(*run, expected, "seed {} of {of_config}", seed + i as u64);
                compared += 1;
            }
        }
    }
    assert!(compared >= 1_000, "{compared}");
    assert!(ends.iter().all(|count| *count >= 50), "{ends:?}");
}

#[test]
fn chunks_change_no_figure() {
    for of_config in mixed().iter().step_by(3) {
        let options =
            json!({ "runs": 2_500, "sweep": { "field": "error_ratio", "values": [1, 3] } });
        let whole = finished(of_config, &options).report().to_json();
        let mut one_by_one = prepared(of_config, &options);
        let mut chunks = (1..).flat_map(|n: u64| [1, 1_000, n]);
        while !one_by_one.is_finished() {
            one_by_one.advance(chunks.next().unwrap());
        }
        assert_eq!(one_by_one.report().to_json(), whole, "{of_config}");
    }
}

/// A study that is stopped early is the study of the runs it finished.
#[test]
fn a_prefix_is_the_study_of_so_many_runs() {
    let of_config = &mixed()[0];
    let mut stopped = prepared(of_config, &json!({ "runs": 100_000, "seed": 5 }));
    stopped.advance(777);
    let stopped = stopped.report();
    let short = finished(of_config, &json!({ "runs": 777, "seed": 5 })).report();
    assert!(stopped.partial && !short.partial);
    assert_eq!((stopped.runs, stopped.requested_runs), (777, 100_000));
    assert_eq!((stopped.seeds.last, short.seeds.last), (Some(781), Some(781)));
    assert_eq!((stopped.seeds.next, short.seeds.next), (Some(100_005), Some(782)));
    assert_eq!((stopped.healthy, stopped.release), (short.healthy, short.release));
    // Before the first run there are no results.
    let nothing = prepared(of_config, &json!({})).report();
    assert_eq!((nothing.runs, nothing.partial, nothing.seeds.last), (0, true, None));
    let anything = nothing.healthy.p_rollback;
    assert_eq!((anything.low, anything.high), (0.0, 1.0));
    assert!(nothing.healthy.excess_errors.is_none());
}

/// Golden digests: if one changes, every published study changes. If that is
/// intended, update them with `UPDATE_GOLDEN=1 cargo test same_bytes`.
#[test]
fn a_study_gives_the_same_bytes_everywhere() {
    let mut found = Vec::new();
    for of_config in mixed() {
        let policy = json!({ "name": "delta", "policy": { "error_rate_threshold": 0.01 } });
        let options = json!({
            "runs": 400, "seed": 9_007_199_254_740_000_u64,
            "sweep": { "field": "error_ratio", "values": [1, 1.5, 4] },
            "policies": [policy],
        });
        let json = finished(&of_config, &options).report().to_json();
        let hash = digest(json.bytes(), EMPTY_DIGEST);
        found.push(json!({
            "name": of_config["name"], "bytes": json.len(), "fnv1a": format!("{hash:016x}"),
        }));
    }
    #[cfg(not(target_family = "wasm"))]
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/golden/studies.json");
        std::fs::write(path, format!("{:#}\n", Value::from(found))).unwrap();
        return;
    }
    let expected: Vec<Value> = serde_json::from_str(DIGESTS).unwrap();
    assert_eq!(found, expected);
}

/// A configuration that is fast to run: 2 stages of 5 ticks, 600 requests per tick.
fn cheap(canary: Value, rules: Value) -> Value {
    json!({
        "traffic": { "requests_per_second": 10 },
        "canary": canary,
        "stages": [{ "traffic_pct": 10, "duration_ticks": 5 },
                   { "traffic_pct": 50, "duration_ticks": 5 }],
        "rules": rules,
    })
}

fn ratio_rule() -> Value {
    json!([{ "rule": "error_rate_ratio", "max": 2, "min_errors": 3, "look": "every_tick" }])
}

fn z_rule() -> Value {
    json!([{ "rule": "z_test", "alpha": 0.05 }])
}

#[test]
fn a_healthy_release_has_no_study_of_its_own() {
    let found = report(&cheap(json!({}), ratio_rule()), &json!({ "runs": 500 }));
    assert_eq!(found["release"], Value::Null);
    let healthy = &found["healthy"];
    assert_eq!(healthy["p_rollback"], healthy["p_false_rollback"]);
    assert_eq!(healthy["p_caught"]["estimate"], 0.0);
    assert_eq!(healthy["ticks_to_rollback"], Value::Null);
    assert_eq!(healthy["excess_errors"]["mean"], 0.0);
    assert_eq!(found["false_rollback"], healthy["p_rollback"]);
    assert_eq!(found["missed_regression"], Value::Null);
}

/// The figures of a case compared with those of its first 1,000 runs.
#[test]
fn figures_are_those_of_a_direct_count() {
    let bad = json!({ "error_ratio": 2.5, "error_arrival": { "late": { "start_tick": 4 } } });
    let mut of_config = cheap(bad, ratio_rule());
    of_config["stages"][1]["pause"] = json!("manual");
    let study = finished(&of_config, &json!({ "runs": 1_000 }));
    let (report, runs) = (study.report(), study.first_runs(false));
    let release = report.release.unwrap();
    let share = |is: &dyn Fn(&RunOutcome) -> bool| {
        runs.iter().filter(|run| is(run)).count() as f64 / runs.len() as f64
    };
    let rolled_back = share(&|run| run.end == End::RolledBack);
    let falsely = share(&|run| run.rollback_tick.is_some_and(|tick| tick < 4));
    assert!(falsely > 0.01 && rolled_back > falsely, "{falsely} of {rolled_back}");
    assert_eq!(release.p_rollback.estimate, rolled_back);
    assert_eq!(release.p_false_rollback.estimate, falsely);
    assert!((release.p_caught.estimate - (rolled_back - falsely)).abs() < 1e-12);
    assert_eq!(release.p_completed.estimate, 0.0);
    assert_eq!(release.p_waiting.estimate, share(&|run| run.end == End::Waiting));
    assert!(release.p_waiting.estimate > 0.0);
    let by_stage: Vec<u64> = (0..2)
        .map(|stage| {
            let fell =
                |run: &&RunOutcome| run.end == End::RolledBack && run.stages_completed == stage;
            runs.iter().filter(fell).count() as u64
        })
        .collect();
    assert_eq!(release.rolled_back_by_stage, by_stage);

    let mut delays: Vec<u64> = runs
        .iter()
        .filter_map(|run| u64::from(run.rollback_tick?).checked_sub(3).filter(|delay| *delay > 0))
        .collect();
    delays.sort_unstable();
    let delay = release.ticks_to_rollback.unwrap();
    let mean = delays.iter().sum::<u64>() as f64 / delays.len() as f64;
    let at = |percent: usize| delays[(delays.len() * percent).div_ceil(100) - 1] as f64;
    assert_eq!((delay.mean, delay.p50, delay.p95), (mean, at(50), at(95)));

    let mut exposed: Vec<f64> = runs.iter().map(|run| run.exposed_requests).collect();
    exposed.sort_unstable_by(f64::total_cmp);
    let found = release.exposed_requests.unwrap();
    for (found, exact) in [(found.p50, exposed[499]), (found.p95, exposed[949])] {
        assert!((found - exact).abs() <= exact / 64.0, "{found} for {exact}");
    }
}

#[test]
fn a_completed_bad_release_is_charged_up_to_the_horizon() {
    // Without rules, every run completes after 10 ticks.
    let of_config = cheap(json!({ "error_ratio": 3 }), json!([]));
    let mean = |horizon: u64| {
        let found = report(&of_config, &json!({ "runs": 2_000, "horizon_ticks": horizon }));
        found["release"]["excess_errors"]["mean"].as_f64().unwrap()
    };
    // λ(p_c − p_b) = 600 · 0.02 per tick at 100 %; 10 and 50 % of that before.
    let each = 600.0 * 0.02;
    let planned = each * 5.0 * 0.6;
    for (horizon, expected) in
        [(3, each * 3.0 * 0.1), (10, planned), (11, planned + each), (100, planned + 90.0 * each)]
    {
        // Poisson of mean 36: the standard error is 0.14, and the bound four of
        // them.
        let found = mean(horizon);
        assert!((found - expected).abs() < 0.6, "{found} for {expected}");
    }
    // The expected part after completion is exact.
    let (a, b) = (mean(50), mean(60));
    assert!((b - a - 10.0 * each).abs() < 1e-6, "{a} and {b}");
}

#[test]
fn two_policies_are_paired_by_seed() {
    let bad = json!({ "error_ratio": 2 });
    let policy = json!({ "rules": z_rule() });
    let options = json!({ "runs": 900, "policies": [{ "name": "z", "policy": policy }] });
    let study = finished(&cheap(bad.clone(), ratio_rule()), &options);
    let report = study.report();
    let alone = finished(&cheap(bad, z_rule()), &json!({ "runs": 900 }));
    let other = &report.policies[0];
    assert_eq!(other.name, "z");
    assert_eq!(Some(&other.healthy), Some(&alone.report().healthy));
    assert_eq!(other.release, alone.report().release);
    for (is_healthy, difference) in
        [(true, other.healthy_difference), (false, other.release_difference.unwrap())]
    {
        let pairs = study.first_runs(is_healthy).iter().zip(alone.first_runs(is_healthy));
        let fell = |run: &RunOutcome| run.end == End::RolledBack;
        let alone = |of: &dyn Fn(bool, bool) -> bool| {
            pairs.clone().filter(|(a, b)| of(fell(a), fell(b))).count() as u64
        };
        let (gained, lost) = (alone(&|a, b| b && !a), alone(&|a, b| a && !b));
        let n = pairs.len() as f64;
        let found = difference.p_rollback;
        assert_eq!(found.estimate, (gained as f64 - lost as f64) / n);
        assert_eq!(Interval { low: found.low, high: found.high }, tango(gained, lost, 900, 0.05));

        let harms: Vec<f64> = pairs.map(|(a, b)| b.excess_errors - a.excess_errors).collect();
        let mean = harms.iter().sum::<f64>() / n;
        let variance = harms.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / n;
        let half = 1.959_963_984_540_054 * (variance / n).sqrt();
        let known = harms.iter().filter(|d| **d != 0.0).count() >= 10;
        let found = difference.excess_errors;
        assert_eq!(known, !is_healthy);
        for (found, expected) in [
            (Some(found.estimate), Some(mean)),
            (found.low, known.then_some(mean - half)),
            (found.high, known.then_some(mean + half)),
        ] {
            let near = |found: f64, expected: f64| {
                (found - expected).abs() < 1e-9 * (1.0 + expected.abs())
            };
            assert_eq!(found.is_some(), expected.is_some());
            assert!(found.zip(expected).is_none_or(|(a, b)| near(a, b)), "{found:?}");
        }
    }
}

/// A policy without stages keeps the configuration's stages, but not their
/// thresholds.
#[test]
fn a_policy_replaces_every_limit() {
    let mut of_config = cheap(json!({}), json!([]));
    of_config["stages"][0]["error_rate_threshold"] = json!(0);
    of_config["stages"][1]["latency_threshold_ms"] = json!(1);
    let policies = json!([{ "name": "b", "policy": { "rules": z_rule() } }]);
    let found = report(&of_config, &json!({ "runs": 200, "policies": policies }));
    let alone = report(&cheap(json!({}), z_rule()), &json!({ "runs": 200 }));
    assert_eq!(found["policies"][0]["healthy"], alone["healthy"]);
    assert_ne!(found["healthy"], alone["healthy"]);
}

#[test]
fn a_sweep_is_a_study_for_each_value() {
    let of_config = cheap(json!({}), ratio_rule());
    for (field, path, values) in [
        ("error_ratio", "/canary/error_ratio", [1.0, 2.0, 4.0]),
        ("rules[0].max", "/rules/0/max", [1.5, 2.0, 3.0]),
        ("stages[1].duration_ticks", "/stages/1/duration_ticks", [1.0, 2.0, 8.0]),
        ("traffic.requests_per_second", "/traffic/requests_per_second", [5.0, 20.0, 80.0]),
    ] {
        let sweep = json!({ "field": field, "values": values });
        let options = json!({ "runs": 300, "horizon_ticks": 20, "sweep": sweep });
        let swept = report(&of_config, &options);
        for (i, value) in values.into_iter().enumerate() {
            let mut one = of_config.clone();
            if path.starts_with("/canary") {
                one["canary"] = json!({ "error_ratio": value });
            } else {
                *one.pointer_mut(path).unwrap() = json!(value);
            }
            let alone = report(&one, &json!({ "runs": 300, "horizon_ticks": 20 }));
            let alone =
                if alone["release"].is_null() { &alone["healthy"] } else { &alone["release"] };
            let point = &swept["sweep"]["points"][i];
            assert_eq!(point["value"].as_f64(), Some(value));
            assert_eq!(&point["policies"][0], alone, "{field} {value}");
        }
    }
}

/// A state is reused for the next seed, and nothing remains of the previous run.
#[test]
fn a_restarted_run_is_a_new_run() {
    for of_config in mixed() {
        let plan = Plan::new(&config(&of_config.to_string()));
        let mut used = Run::new(&plan, 0);
        for seed in 0..20 {
            used.restart(&plan, seed);
            let again = outcome(&plan, &mut used, 50);
            assert_eq!(again, outcome(&plan, &mut Run::new(&plan, seed), 50), "{of_config}");
        }
    }
}

#[track_caller]
fn check_refused(options: &Value, expected: &[&str]) {
    let error = Study::from_text(&cheap(json!({}), ratio_rule()).to_string(), &options.to_string());
    let message = error.err().map(|error| error.to_string()).unwrap_or_default();
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines.len(), expected.len(), "{options}: {message}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{options}: {line}");
    }
}

#[test]
fn a_wrong_study_is_reported_with_its_place() {
    let whole = "expected a whole number from";
    for (runs, found) in
        [(json!(0), "0"), (json!(1e12), "1000000000000"), (json!(1.5), "1.5"), (json!(-1), "-1")]
    {
        check_refused(
            &json!({ "runs": runs }),
            &[&format!("study.runs: found {found}, {whole} 1 to 1000000000")],
        );
    }
    check_refused(
        &json!({ "seed": -1 }),
        &[&format!("study.seed: found -1, {whole} 0 to 9007199254740991")],
    );
    check_refused(
        &json!({ "seed": 9_007_199_254_740_000_u64, "runs": 1_000 }),
        &["study.seed: 9007199254740000 and 1000 runs exceed the largest seed, 9007199254740991"],
    );
    check_refused(
        &json!({ "horizon_ticks": 0 }),
        &[&format!("study.horizon_ticks: found 0, {whole} 1 to 100000")],
    );
    let sweep =
        |field: &str, values: Value| json!({ "sweep": { "field": field, "values": values } });
    let many: Vec<u32> = (0..50_000).map(|n| n + 1).collect();
    check_refused(
        &sweep("error_ratio", json!([])),
        &["study.sweep.values: 0 values, expected 1 to 100"],
    );
    check_refused(
        &sweep("error_ratio", json!(many)),
        &["study.sweep.values: 50000 values, expected 1 to 100"],
    );
    let no_field = |field: &str| {
        format!(
            "study.sweep.field: found {field:?}, expected a numeric field’s path such as canary.error_ratio or stages[0].duration_ticks"
        )
    };
    for field in ["", "rules", "rules[0]", "rules[7].max", "stages[0", "rules[0].rule"] {
        check_refused(&sweep(field, json!([1])), &[&no_field(field)]);
    }
    check_refused(
        &sweep("name.x", json!([1])),
        &["study.sweep.values[0].name: invalid type: object"],
    );
    check_refused(
        &sweep("wind", json!([1])),
        &["study.sweep.values[0].wind: unknown field `wind`"],
    );
    check_refused(
        &sweep("canary.wind", json!([1])),
        &["study.sweep.values[0].canary.wind: unknown field `wind`"],
    );
    check_refused(
        &sweep("error_ratio", json!([1, -1])),
        &["study.sweep.values[1].canary.error_ratio: found -1, "],
    );
    check_refused(
        &sweep("rules[0].alpha", json!([0.05])),
        &["study.sweep.values[0].rules[0].alpha: error_rate_ratio takes no such parameter"],
    );
    check_refused(
        &json!({ "set": [{ "field": "rules", "value": 1 }] }),
        &["study.set[0].field: found \"rules\""],
    );
    check_refused(
        &json!({ "set": [{ "field": "error_ratio" }] }),
        &["study.set[0]: has no value, expected a number"],
    );
    let policy = |policy: Value| json!({ "policies": [{ "name": "b", "policy": policy }] });
    check_refused(
        &policy(json!({ "canary": {} })),
        &["study.policies[0].policy.canary: does not belong to a policy, expected one of stages, "],
    );
    check_refused(
        &policy(json!({ "rules": [{ "rule": "z_test", "alpha": 1 }] })),
        &["study.policies[0].policy.rules[0].alpha: found 1, expected a number between 0 and 1"],
    );
    check_refused(
        &policy(json!(5)),
        &["study.policies[0].policy: expected an object with a policy’s keys"],
    );
    check_refused(
        &policy(json!({ "rules": 5 })),
        &["study.policies[0].policy.rules: invalid type: number `5`, expected an array"],
    );
    check_refused(
        &json!({ "policies": [{ "name": "b" }] }),
        &["study.policies[0].policy: expected an object with a policy’s keys"],
    );
    let nine = vec![json!({ "name": "b", "policy": { "rules": [] } }); 9];
    check_refused(
        &json!({ "policies": nine }),
        &["study.policies: 9 policies, expected at most 8"],
    );
    check_refused(&json!({ "fly": 1 }), &["study.fly: unknown field `fly`"]);
    check_refused(&json!({ "runs": "many" }), &["study.runs: invalid type: string \"many\""]);
}

/// Typed options give the same study as the same options in a text.
#[test]
fn typed_options_give_the_same_study_as_a_text() {
    let own = config(
        r#"{ "canary": { "error_ratio": 3 }, "stages": [{ "traffic_pct": 10 }],
             "rules": [{ "rule": "sequential" }] }"#,
    );
    let other = r#"{ "stages": [{ "traffic_pct": 5, "duration_ticks": 9 }], "rollback_ticks": 2 }"#;
    let typed = StudyOptions {
        runs: 60,
        seed: 5,
        horizon_ticks: Some(30),
        person: Some(Person { after_ticks: 3, command: Command::Promote }),
        set: vec![FieldValue { field: "stages[0].duration_ticks".to_string(), value: 7.0 }],
        sweep: Some(Sweep { field: "error_ratio".to_string(), values: vec![1.0, 2.0] }),
        policies: vec![NamedPolicy {
            name: "other".to_string(),
            policy: config(other).policy().clone(),
        }],
    };
    let mut study = Study::new(&own, &typed).unwrap();
    study.advance(60);
    let text = json!({
        "runs": 60,
        "seed": 5,
        "horizon_ticks": 30,
        "person": { "after_ticks": 3, "command": "promote" },
        "set": [{ "field": "stages[0].duration_ticks", "value": 7 }],
        "sweep": { "field": "error_ratio", "values": [1, 2] },
        "policies": [{ "name": "other", "policy": serde_json::from_str::<Value>(other).unwrap() }],
    });
    let expected = finished(&serde_json::to_value(&own).unwrap(), &text);
    assert_eq!(study.report(), expected.report());
}

/// The faults of typed options and of the parts of a configuration are reported
/// like those of a text.
#[test]
fn typed_faults_are_reported_like_those_of_a_text() {
    let own = config(r#"{ "stages": [{ "traffic_pct": 10 }], "error_rate_threshold": 0.1 }"#);
    let mut empty = own.policy().clone();
    empty.stages.clear();
    let mut endless = own.parts();
    endless.release.error_ratio = f64::NAN;
    endless.policy.stages[0].duration_ticks = 0;
    let change = |field: &str, value| FieldValue { field: field.to_string(), value };
    let options = StudyOptions {
        runs: 0,
        set: vec![change("nothing[", 1.0), change("stages[0].traffic_pct", f64::INFINITY)],
        policies: vec![NamedPolicy { name: String::new(), policy: empty }],
        ..StudyOptions::default()
    };
    for (found, expected) in [
        (
            Study::new(&own, &options).err(),
            "study.runs: found 0, expected a whole number from 1 to 1000000000\n\
             study.set[0].field: found \"nothing[\", expected a numeric field’s path such as \
             canary.error_ratio or stages[0].duration_ticks\n\
             stages[0].traffic_pct: found inf, expected a number above 0, at most 100\n\
             study.policies[0].policy.stages: is empty, expected at least one stage",
        ),
        (
            endless.check().err(),
            "canary.error_ratio: invalid type: null, expected a number\n\
             stages[0].duration_ticks: found 0, expected a whole number from 1 to 100000",
        ),
    ] {
        assert_eq!(found.unwrap().to_string(), expected);
    }
}
