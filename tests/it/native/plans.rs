//! Sixteen plans that together use every rule but one, compared with figures that
//! are independent of this program: `tests/data/plans.json`.
//!
//! The figures are from independent simulations in Python, with their standard
//! errors and numbers of runs, or from exact sums. A figure of a study must be
//! within 4.5 standard errors of the difference. A normal estimate is further off
//! once in 150,000 times. There are 64 of them, so the whole table fails by chance
//! once in 2,000 choices of seeds.
//!
//! Three plans compare arms over stages with different shares; their comparison has
//! a stratum for each share. Their figures with pooled counts are in the file as
//! `pooled` and are not read; neither is `kept`, the figures of a certificate that
//! is kept once earned.

use canary_rollout::study::CaseReport;
use serde_json::{Value, json};

use super::studied;

const PLANS: &str = include_str!("../../data/plans.json");

/// Runs of a plan, and of a plan that reads latencies in every tick.
const RUNS: u64 = 40_000;
const LATENCY_RUNS: u64 = 10_000;

/// Maximum difference, in standard errors.
const MOST: f64 = 4.5;

/// Allowance for probabilities near 0 or 1, where an estimate is not normal, in
/// runs.
const RARE: f64 = 3.0;

/// A figure from the report of a study.
fn figure(case: &CaseReport, name: &str) -> f64 {
    let mean = match name {
        "p_rollback" => return case.p_rollback.estimate,
        "p_waiting" => return case.p_waiting.estimate,
        "ticks_to_rollback" => case.ticks_to_rollback.map(|ticks| ticks.mean),
        "excess_errors" => case.excess_errors.map(|errors| errors.mean),
        other => panic!("no figure {other}"),
    };
    mean.unwrap_or_else(|| panic!("no run has {name}"))
}

/// The figures of a plan that differ from the reference.
fn check(plan: &Value) -> Vec<String> {
    let name = plan["name"].as_str().unwrap();
    let rules = plan["config"]["rules"].to_string();
    let runs =
        if rules.contains("latency") || rules.contains("slow") { LATENCY_RUNS } else { RUNS };
    // Each plan has its own seeds, so that one unlucky range cannot affect all
    // plans.
    let seed = 1_000_000 * name[1..].parse::<u64>().unwrap();
    let options = json!({ "runs": runs, "seed": seed, "horizon_ticks": plan["horizon_ticks"] });
    let report = studied(&plan["config"], &options).report();
    let release = report.release.as_ref().unwrap();

    let reference_runs = plan["reference_runs"].as_f64().unwrap();
    let mut wrong = Vec::new();
    for (case, rows) in [(&report.healthy, &plan["healthy"]), (release, &plan["release"])] {
        for row in rows.as_array().unwrap() {
            let number = |key: &str| row[key].as_f64();
            let kind = row["figure"].as_str().unwrap();
            let found = figure(case, kind);
            let reference_variance = number("se").unwrap() * number("se").unwrap();
            // The variance of a run is the same in both simulations.
            let variance = reference_variance * reference_runs / runs as f64;
            let (expected, variance) = match number("exact") {
                Some(exact) => (exact, variance),
                None => (number("mean").unwrap(), variance + reference_variance),
            };
            let rare = if kind.starts_with("p_") { RARE / runs as f64 } else { 0.0 };
            if (found - expected).abs() > MOST * variance.sqrt() + rare {
                let off = (found - expected) / variance.sqrt();
                wrong.push(format!("{name} {kind}: {found} for {expected}, {off:+.1} errors"));
            }
        }
    }
    wrong
}

#[test]
fn sixteen_plans_have_the_figures_of_an_independent_simulation() {
    let plans: Vec<Value> = serde_json::from_str(PLANS).unwrap();
    assert_eq!(plans.len(), 16);
    let wrong: Vec<String> = plans.iter().flat_map(check).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
