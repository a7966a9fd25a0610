//! What the rules promise, held against what they do.
//!
//! A promise "at most α" over `n` runs is held against the largest count that a
//! binomial of n and α exceeds with a probability of about 10⁻⁶, so the whole
//! module errs once in some thousand choices of its seeds.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::controller::{Command, State, Step};
use canary_rollout::rollout::{By, Decision, Evidence, Plan, Run, Sink, Tick};
use canary_rollout::study::Study;
use canary_rollout::world::Cells;
use serde_json::{Value, json};

use crate::support::config;

/// Counts of n that α exceeds once in a million are above this.
fn most(n: u64, alpha: f64) -> f64 {
    let mean = n as f64 * alpha;
    mean + 4.75 * (mean * (1.0 - alpha)).sqrt() + 4.0
}

#[track_caller]
fn check_at_most(count: u64, n: u64, alpha: f64, of: &str) {
    assert!((count as f64) < most(n, alpha), "{count} of {n} against {alpha}: {of}");
}

fn plans() -> [Value; 3] {
    [
        // The reference's: 1 to 50 %.
        json!([{ "traffic_pct": 1, "duration_ticks": 10 }, { "traffic_pct": 5, "duration_ticks": 10 },
               { "traffic_pct": 25, "duration_ticks": 10 }, { "traffic_pct": 50, "duration_ticks": 10 }]),
        // Half at once.
        json!([{ "traffic_pct": 50, "duration_ticks": 20 }]),
        // Most of it at last, then all.
        json!([{ "traffic_pct": 10, "duration_ticks": 3 }, { "traffic_pct": 90, "duration_ticks": 15 },
               { "traffic_pct": 100, "duration_ticks": 2 }]),
    ]
}

/// Worlds whose baseline stands still, and moves in every way that both arms
/// share.
fn worlds() -> [Value; 2] {
    [
        json!({ "traffic": { "requests_per_second": 170 }, "baseline": { "error_rate": 0.002 } }),
        json!({
            "traffic": {
                "requests_per_second": 170, "burstiness": 0.5,
                "daily_swing": { "amplitude": 0.7, "period_seconds": 1200 },
            },
            "baseline": { "error_rate": 0.002 },
            "noise": { "common": 1 },
            "incidents": { "chance_per_tick": 0.05, "duration_ticks": 4, "error_ratio": 20 },
        }),
    ]
}

fn configured(world: &Value, stages: &Value, rules: Value) -> Value {
    let mut configured = world.clone();
    configured["stages"] = stages.clone();
    configured["rules"] = rules;
    configured
}

/// Rollbacks of the healthy release in so many runs.
fn false_rollbacks(config: &Value, runs: u64) -> u64 {
    let options = json!({ "runs": runs, "seed": 1_000_000 });
    let mut study = Study::new(&config.to_string(), &options.to_string()).unwrap();
    study.advance(runs);
    study.report().healthy.rolled_back_by_stage.iter().sum()
}

#[test]
fn sequential_keeps_alpha_whatever_the_plan_and_the_world() {
    for (alpha, runs) in [(0.001, 12_000), (0.01, 8_000), (0.05, 5_000), (0.2, 2_000)] {
        for world in worlds() {
            for stages in plans() {
                for bets_open in ["tick_1", "stage_starts"] {
                    let rule =
                        json!({ "rule": "sequential", "alpha": alpha, "bets_open": bets_open });
                    let config = configured(&world, &stages, json!([rule]));
                    let found = false_rollbacks(&config, runs);
                    check_at_most(found, runs, alpha, &config.to_string());
                }
            }
        }
    }
}

/// Schedules that follow the data: another rule extends stages while there are
/// few errors, and a certificate ends them early.
#[test]
fn sequential_keeps_alpha_where_the_schedule_follows_the_data() {
    let alpha = 0.1;
    for world in worlds() {
        for bets_open in ["tick_1", "stage_starts"] {
            let rules = json!([
                { "rule": "sequential", "alpha": alpha, "bets_open": bets_open,
                  "certify_below": 2, "certify_alpha": 0.3, "min_errors": 0 },
                { "rule": "error_rate", "max": 1, "min_errors": 8 },
            ]);
            let mut config = configured(&world, &plans()[0], rules);
            config["on_inconclusive"] = json!({ "extend": { "max_ticks": 20, "then": "promote" } });
            let found = false_rollbacks(&config, 3_000);
            check_at_most(found, 3_000, alpha, &config.to_string());
        }
    }
}

/// Keeps what was decided, and by whom.
#[derive(Default)]
struct Decisions {
    all: Vec<(Step, By, u32)>,
}

impl Sink for Decisions {
    fn wants(&self) -> Cells {
        Cells::NONE
    }
    fn wants_looks(&self) -> bool {
        false
    }
    fn tick(&mut self, _: &Tick<'_>) {}
    fn look(&mut self, _: u32, _: &Evidence) {}
    fn decision(&mut self, decision: &Decision) {
        self.all.push((decision.step, decision.by, decision.stage));
    }
}

/// Another rule pauses on suspicion; a person waits for more evidence to come
/// in while paused, then goes on.
#[test]
fn sequential_keeps_alpha_where_suspicion_pauses() {
    let (alpha, runs) = (0.1, 2_000);
    for world in worlds() {
        for bets_open in ["tick_1", "stage_starts"] {
            let rules = json!([
                { "rule": "z_test", "alpha": 0.2, "look": "every_tick", "on_fail": "pause" },
                { "rule": "sequential", "alpha": alpha, "bets_open": bets_open },
            ]);
            let text = configured(&world, &plans()[0], rules).to_string();
            let plan = Plan::new(&config(&text));
            let mut run = Run::new(&plan, 0);
            let (mut rolled_back, mut pauses) = (0, 0);
            for seed in 0..runs {
                run.restart(&plan, seed);
                let mut sink = Decisions::default();
                while !run.state().is_terminal() {
                    run.tick(&plan, &mut sink).unwrap();
                    if run.state() == State::Paused {
                        pauses += 1;
                        for _ in 0..5 {
                            run.tick(&plan, &mut sink).unwrap();
                        }
                        run.command(&plan, Command::Resume, &mut sink).unwrap();
                    }
                }
                rolled_back += u64::from(run.state() == State::RolledBack);
            }
            assert!(pauses > runs, "{pauses}");
            check_at_most(rolled_back, runs, alpha, &text);
        }
    }
}

#[test]
fn slow_requests_keep_alpha() {
    let world = json!({
        "traffic": { "requests_per_second": 5, "burstiness": 0.3 },
        "incidents": { "chance_per_tick": 0.1, "duration_ticks": 3, "latency_ratio": 2 },
    });
    for bets_open in ["tick_1", "stage_starts"] {
        let rule = json!({ "rule": "slow_requests", "alpha": 0.1, "objective_ms": 150,
                           "bets_open": bets_open });
        let stages = json!([{ "traffic_pct": 20, "duration_ticks": 6 },
                            { "traffic_pct": 50, "duration_ticks": 6 }]);
        let config = configured(&world, &stages, json!([rule]));
        check_at_most(false_rollbacks(&config, 1_000), 1_000, 0.1, &config.to_string());
    }
}

/// By stage: runs that reached it, and those that a certificate led out of it.
fn certified(config_text: &str, runs: u64) -> Vec<[u64; 2]> {
    let plan = Plan::new(&config(config_text));
    let mut counts = vec![[0; 2]; plan.config().stages.len()];
    let mut run = Run::new(&plan, 0);
    for seed in 0..runs {
        run.restart(&plan, seed);
        let mut sink = Decisions::default();
        while !run.state().is_terminal() {
            run.tick(&plan, &mut sink).unwrap();
        }
        for (step, by, stage) in sink.all {
            let passed = matches!(step, Step::Promote | Step::Complete);
            assert!(passed, "nothing else happens here");
            counts[stage as usize - 1][0] += 1;
            counts[stage as usize - 1][1] += u64::from(by == By::Rule);
        }
    }
    counts
}

/// A release that is just as bad as the certificate excludes is certified at
/// most as often as it says, in each stage anew; a healthy one is, mostly.
#[test]
fn a_certificate_keeps_its_promise() {
    let runs = 4_000;
    for world in worlds() {
        for (certify_below, certify_alpha) in [(1.5, 0.05), (2.0, 0.2)] {
            let rule = json!({
                "rule": "sequential", "alpha": 1e-12, "tolerated_ratio": 0.99 * certify_below,
                "certify_below": certify_below, "certify_alpha": certify_alpha,
            });
            for stages in plans() {
                let mut config = configured(&world, &stages, json!([rule]));
                config["canary"] = json!({ "error_ratio": certify_below });
                let text = config.to_string();
                for [reached, certified] in certified(&text, runs) {
                    check_at_most(certified, reached, certify_alpha, &text);
                }
            }
        }
    }
    let rule = json!({ "rule": "sequential", "alpha": 1e-12, "certify_below": 2 });
    let healthy = configured(&worlds()[0], &plans()[1], json!([rule])).to_string();
    let [reached, certified] = certified(&healthy, 200)[0];
    assert!(certified * 10 > reached * 9, "{certified} of {reached}");
}

/// The documented exception. At 400 errors a tick, noise of each arm by itself
/// (a coefficient of variation of 0.2) is a ratio that moves; a tolerated ratio
/// pays for some of it, and 1.2 for enough of it only where all bets are placed
/// in tick 1. References: a simulation in Python, 20,000 runs, and for `tick_1`
/// numpy, 10,000 runs, noise redrawn by tick as here. notes.md has other scales.
#[test]
fn noise_of_one_arm_breaks_it_and_a_tolerated_ratio_pays_for_some() {
    let runs = 2_000;
    let check = |noise: Value, bets_open: &str, tolerated_ratio: f64, expected: f64| {
        let world = json!({
            "tick_seconds": 50,
            "traffic": { "requests_per_second": 4_000 },
            "baseline": { "error_rate": 0.002 },
            "noise": noise,
        });
        let rule = json!({ "rule": "sequential", "alpha": 0.05, "bets_open": bets_open,
                           "tolerated_ratio": tolerated_ratio });
        let config = configured(&world, &plans()[0], json!([rule]));
        let p = false_rollbacks(&config, runs) as f64 / runs as f64;
        // 4.5 standard errors of 2,000 runs and of 10,000, and a few runs.
        let per_run = 1.0 / runs as f64 + 1.0 / 10_000.0;
        let most = 4.5 * (expected * (1.0 - expected) * per_run).sqrt() + 5.0 / runs as f64;
        assert!((p - expected).abs() < most, "{p} for {expected}: {config}");
    };
    let per_arm = json!({ "per_arm": 0.2 });
    check(per_arm.clone(), "stage_starts", 1.0, 0.531);
    check(per_arm.clone(), "stage_starts", 1.2, 0.107);
    check(per_arm.clone(), "stage_starts", 2.0, 0.0004);
    check(per_arm.clone(), "tick_1", 1.0, 0.229);
    check(per_arm, "tick_1", 1.2, 0.007);
    // What both arms share does no harm.
    check(json!({ "common": 0.2 }), "stage_starts", 1.0, 0.0046);
}
