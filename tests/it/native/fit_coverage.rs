//! The promises of a fit, measured: intervals of random worlds, and what a policy does in
//! the fitted world.

use std::collections::BTreeMap;

use canary_rollout::config::Config;
use canary_rollout::fit::{Options, fit, simulated};
use canary_rollout::math::{exp, ln};
use serde_json::{Value, json};

use super::studied;
use super::tables::{check_table, thousands};
use crate::fit::Words;

/// Worlds that are drawn. A share of 1,000 intervals that each hold with 95 % has a
/// standard deviation of 0.7 points; the seeds are fixed.
const WORLDS: u64 = 1_000;
/// Two days of minutes.
const TICKS: u32 = 2_880;

/// By parameter: how many intervals there are, and how many contain the truth.
type Tally = BTreeMap<&'static str, [u32; 2]>;

/// A world drawn at random: its configuration, the canary's share, and its parameters.
fn drawn(seed: u64) -> (Config, f64, Vec<(&'static str, f64)>) {
    let mut words = Words::new(1_000 + seed);
    let mut unit = || (words.next() >> 11) as f64 / (1u64 << 53) as f64;
    let mut between = |low: f64, high: f64| low + (high - low) * unit();
    let mut log = |low: f64, high: f64| exp(between(ln(low), ln(high)));
    let rate = log(5.0, 300.0);
    let burstiness = log(0.03, 0.6);
    let error_rate = (log(0.5, 50.0) / (rate * 60.0)).min(0.02);
    let clump = log(1.1, 6.0);
    let common = log(0.1, 0.8);
    let chance = log(1.0, 8.0) / f64::from(TICKS);
    let error_ratio = log(4.0, 20.0f64.min(0.2 / error_rate));
    let latency_ratio = log(1.2, 5.0);
    let p50 = log(5.0, 500.0);
    let p99 = p50 * log(2.0, 20.0);
    let own = log(0.15, 0.6);
    let amplitude = between(0.1, 0.8);
    let peak = between(0.0, 86_400.0).floor();
    let duration = between(5.0, 40.0).floor();
    // Three of four records have two versions.
    let (share, per_arm) = match between(0.0, 1.0) < 0.75 {
        true => (between(0.1, 0.5), own),
        false => (0.0, 0.0),
    };
    let config = json!({
        "traffic": {
            "requests_per_second": rate,
            "burstiness": burstiness,
            "daily_swing": { "amplitude": amplitude, "peak_seconds": peak }
        },
        "noise": { "common": common, "per_arm": per_arm },
        "incidents": {
            "chance_per_tick": chance,
            "duration_ticks": duration,
            "error_ratio": error_ratio,
            "latency_ratio": latency_ratio
        },
        "baseline": {
            "error_rate": error_rate,
            "error_clump": clump,
            "latency_ms": { "p50": p50, "p99": p99 }
        },
        "stages": [{ "traffic_pct": 50, "duration_ticks": 10 }]
    });
    let truth = vec![
        ("traffic.requests_per_second", rate),
        ("traffic.burstiness", burstiness),
        ("traffic.daily_swing.amplitude", amplitude),
        ("traffic.daily_swing.peak_seconds", peak),
        ("baseline.error_rate", error_rate),
        ("baseline.error_clump", clump),
        ("noise.common", common),
        ("noise.per_arm", per_arm),
        ("incidents.chance_per_tick", chance),
        ("incidents.duration_ticks", duration),
        ("incidents.error_ratio", error_ratio),
        ("incidents.latency_ratio", latency_ratio),
        ("baseline.latency_ms.p50", p50),
        ("baseline.latency_ms.p99", p99),
    ];
    (Config::from_text(&config.to_string()).unwrap(), share, truth)
}

fn count(tally: &mut Tally, seed: u64) {
    let (config, share, truth) = drawn(seed);
    let record = simulated(&config, share, TICKS, &[0.5, 0.99], 0, seed).unwrap();
    let fit = fit(&record, &Options::default()).unwrap();
    fit.config(&config).unwrap();
    for (path, mut truth) in truth {
        let Some(parameter) = fit.parameter(path) else { continue };
        let (Some(low), Some(high)) = (parameter.low, parameter.high) else { continue };
        if path.ends_with("peak_seconds") {
            let days = (parameter.value.unwrap() - truth) / 86_400.0;
            truth += days.round() * 86_400.0;
        }
        let [count, held] = tally.entry(path).or_default();
        *count += 1;
        *held += u32::from(low <= truth && truth <= high);
    }
}

/// Each kind of parameter is in its 95 % interval in 93 to 97 % of the worlds. Durations
/// are whole ticks, so their intervals hold more often.
#[test]
fn intervals_hold_as_often_as_they_say() {
    let threads = std::thread::available_parallelism().map_or(2, |threads| threads.get() as u64);
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let part = |first: u64| {
            let mut tally = Tally::new();
            (first..WORLDS).step_by(threads as usize).for_each(|seed| count(&mut tally, seed));
            tally
        };
        let running: Vec<_> = (0..threads).map(|first| scope.spawn(move || part(first))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut all = Tally::new();
    for (path, [count, held]) in tallies.into_iter().flatten() {
        let sum = all.entry(path).or_default();
        *sum = [sum[0] + count, sum[1] + held];
    }
    let mut wrong = Vec::new();
    let mut rows = Vec::new();
    for (path, [count, held]) in &all {
        let share = f64::from(*held) / f64::from(*count);
        let shown = format!("{:.1} %", share * 100.0);
        rows.push(vec![format!("`{path}`"), thousands(f64::from(*count), 0), shown]);
        let most = if *path == "incidents.duration_ticks" { 1.0 } else { 0.97 };
        if !(0.93..=most).contains(&share) || *count < 300 {
            wrong.push((path, count, share));
        }
    }
    assert_eq!(all.len(), 14);
    check_table("coverage of a fit", &rows);
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Eight policies, in a configuration's words.
fn policies() -> Vec<(&'static str, Value)> {
    let stages: Vec<Value> = [1, 5, 25, 50]
        .iter()
        .map(|share| json!({ "traffic_pct": share, "duration_ticks": 10 }))
        .collect();
    let staged = |rule: Value| json!({ "stages": stages, "rules": [rule] });
    let argo = json!({ "controller": { "argo": {
        "replicas": 5,
        "steps": [
            { "set_weight": 20 },
            { "pause": { "duration_seconds": 600 } },
            { "set_weight": 60 },
            { "pause": { "duration_seconds": 600 } }
        ],
        "background": {
            "starting_step": 1,
            "metrics": [{
                "name": "success-rate",
                "measures": "success_rate",
                "success_condition": "result[0] >= 0.996",
                "window_seconds": 120,
                "initial_delay_seconds": 120,
                "interval_seconds": 120,
                "failure_limit": 1
            }]
        }
    } } });
    vec![
        (
            "plain limit",
            staged(
                json!({ "rule": "error_rate", "max": 0.006, "failure_limit": 3, "look": "every_tick", "window": "tick" }),
            ),
        ),
        (
            "ratio",
            staged(
                json!({ "rule": "error_rate_ratio", "max": 2, "window": "stage", "min_errors": 5 }),
            ),
        ),
        ("z_test", staged(json!({ "rule": "z_test", "alpha": 0.05, "window": "stage" }))),
        ("fisher", staged(json!({ "rule": "fisher", "alpha": 0.05, "window": "stage" }))),
        ("sequential", staged(json!({ "rule": "sequential", "alpha": 0.05 }))),
        ("group_sequential", staged(json!({ "rule": "group_sequential", "alpha": 0.05 }))),
        (
            "mann_whitney",
            staged(json!({ "rule": "mann_whitney", "alpha": 0.05, "window": "stage" })),
        ),
        ("argo", argo),
    ]
}

/// What a policy does to healthy releases in the fitted world is what it does in the true
/// one, within 0.02. The record is two weeks of minutes of two versions with clumps and
/// both noises; both
/// shares together have a standard error of at most 0.005, or 0.008 for `mann_whitney`.
#[test]
fn a_policy_does_in_the_fitted_world_what_it_does_in_the_true_one() {
    let world = json!({
        "tick_seconds": 60,
        "traffic": { "requests_per_second": 160, "burstiness": 0.15 },
        "noise": { "common": 0.4, "per_arm": 0.15 },
        "baseline": {
            "error_rate": 0.002,
            "error_clump": 1.5,
            "latency_ms": { "p50": 60, "p99": 300 }
        }
    });
    let whole = |policy: &Value| {
        let mut whole = world.clone();
        let policy = policy.as_object().unwrap().clone();
        whole.as_object_mut().unwrap().extend(policy);
        whole
    };
    let policies = policies();
    let first = Config::from_text(&whole(&policies[0].1).to_string()).unwrap();
    let record = simulated(&first, 0.25, 14 * 1_440, &[0.5, 0.99], 0, 5).unwrap();
    let fit = fit(&record, &Options::default()).unwrap();
    let mut wrong = Vec::new();
    let mut rows = Vec::new();
    for (name, policy) in &policies {
        let whole = whole(policy);
        let config = Config::from_text(&whole.to_string()).unwrap();
        let fitted: Value =
            serde_json::from_str(&serde_json::to_string(&fit.config(&config).unwrap()).unwrap())
                .unwrap();
        // Comparing whole histograms takes long.
        let runs = if *name == "mann_whitney" { 5_000 } else { 20_000 };
        let options = json!({ "runs": runs });
        let false_rollback =
            |config: &Value| studied(config, &options).report().healthy.p_rollback.estimate;
        let (truth, found) = (false_rollback(&whole), false_rollback(&fitted));
        rows.push(vec![name.to_string(), format!("{truth:.3}"), format!("{found:.3}")]);
        if (truth - found).abs() > 0.02 {
            wrong.push((name, truth, found));
        }
    }
    check_table("policies in a fitted world", &rows);
    assert!(wrong.is_empty(), "{wrong:?}");
}
