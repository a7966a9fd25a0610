//! The guarantees of the rules, checked by simulation.
//!
//! A guarantee "at most α" over `n` runs is checked against the largest count that
//! a binomial of n and α exceeds with a probability of about 10⁻⁶. So the whole
//! module fails by chance once in some thousand choices of its seeds.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::policy::{By, Command, State, Step};
use canary_rollout::rollout::{Decision, Evidence, Plan, Run, Sink, Tick};
use canary_rollout::study::Study;
use canary_rollout::world::Cells;
use serde_json::{Value, json};

use crate::support::config;

/// A binomial count of n and α exceeds this about once in a million.
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
        // The stages of the reference: 1 to 50 %.
        json!([{ "traffic_pct": 1, "duration_ticks": 10 }, { "traffic_pct": 5, "duration_ticks": 10 },
               { "traffic_pct": 25, "duration_ticks": 10 }, { "traffic_pct": 50, "duration_ticks": 10 }]),
        // 50 % at once.
        json!([{ "traffic_pct": 50, "duration_ticks": 20 }]),
        // Most of the traffic in the second stage, then all.
        json!([{ "traffic_pct": 10, "duration_ticks": 3 }, { "traffic_pct": 90, "duration_ticks": 15 },
               { "traffic_pct": 100, "duration_ticks": 2 }]),
    ]
}

/// A constant world, and one with every variation that both arms share.
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

/// The number of rollbacks of a healthy release in `runs` runs.
fn false_rollbacks(config: &Value, runs: u64) -> u64 {
    let options = json!({ "runs": runs, "seed": 1_000_000 });
    let mut study = Study::from_text(&config.to_string(), &options.to_string()).unwrap();
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

/// A probability of 0.95 is no level: a healthy release reaches it in one look of
/// twenty or so, and in most rollouts that look at every tick. The tolerance is 4 standard
/// errors.
#[test]
fn bayesian_fails_healthy_releases_with_every_look() {
    for (look, expected) in [("stage_end", 0.234), ("every_tick", 0.658)] {
        let rule = json!({ "rule": "bayesian", "look": look });
        let config = configured(&worlds()[0], &plans()[0], json!([rule]));
        let runs = if look == "stage_end" { 2_000 } else { 300 };
        let found = false_rollbacks(&config, runs) as f64 / runs as f64;
        println!("bayesian, {look}: {found}");
        let error = (expected * (1.0 - expected) / runs as f64).sqrt();
        assert!((found - expected).abs() < 4.0 * error, "{look}: {found}");
    }
}

/// The guard keeps its level over all looks, and finds a routing that is off by a
/// twentieth.
#[test]
fn sample_ratio_keeps_alpha_and_finds_a_skew() {
    for (alpha, prior, runs) in
        [(0.001, 1_000, 12_000), (0.05, 1_000, 5_000), (0.05, 1, 5_000), (0.2, 100_000, 2_000)]
    {
        let rule = json!({ "rule": "sample_ratio", "alpha": alpha, "prior_requests": prior });
        for world in worlds() {
            for stages in plans() {
                let config = configured(&world, &stages, json!([rule]));
                let found = false_rollbacks(&config, runs);
                check_at_most(found, runs, alpha, &config.to_string());
            }
        }
    }
    for (skew, least) in [(1.05, 0.999), (0.95, 0.999), (1.5, 1.0), (0.5, 1.0)] {
        let rule = json!({ "rule": "sample_ratio" });
        let mut config = configured(&worlds()[0], &plans()[0], json!([rule]));
        config["traffic"]["canary_skew"] = json!(skew);
        let found = false_rollbacks(&config, 1_000);
        assert!(found as f64 >= least * 1_000.0, "{skew}: {found}");
    }
}

/// Rules that weigh errors by the planned share see the ratio of the error rates times
/// the skew, so that they fail a healthy release more often; a tolerated ratio of that
/// restores the level.
#[test]
fn a_skewed_share_is_a_ratio_to_sequential() {
    let (alpha, runs) = (0.05, 5_000);
    let of = |skew: f64, error_ratio: f64, tolerated: f64| {
        let rule = json!({ "rule": "sequential", "alpha": alpha, "tolerated_ratio": tolerated });
        let mut config = configured(&worlds()[0], &plans()[0], json!([rule]));
        config["traffic"]["canary_skew"] = json!(skew);
        config["canary"] = json!({ "error_ratio": error_ratio });
        config
    };
    // The tolerance is about 4 standard errors.
    for (skew, expected) in [(0.9, 0.003), (1.0, 0.012), (1.1, 0.053)] {
        let found = false_rollbacks(&of(skew, 1.0, 1.0), runs) as f64 / runs as f64;
        assert!(
            (found - expected).abs() < 4.0 * (expected / runs as f64).sqrt(),
            "{skew}: {found}"
        );
    }
    let skewed = false_rollbacks(&of(1.2, 1.0, 1.0), runs);
    assert!(skewed as f64 > most(runs, alpha), "{skewed}");
    let tolerated = false_rollbacks(&of(1.2, 1.0, 1.2), runs);
    check_at_most(tolerated, runs, alpha, "tolerated");
}

/// The arms need not be equal, nor the share constant, while the baseline is the larger
/// arm. Where it is the smaller one, the level is broken, of which a warning tells.
#[test]
fn asymptotic_cs_keeps_alpha_where_the_baseline_is_the_larger_arm() {
    let alpha = 0.05;
    let rule = json!({ "rule": "asymptotic_cs", "min_conversions": 0, "min_change": 0 });
    for world in worlds() {
        for stages in &plans()[..2] {
            let config = configured(&world, stages, json!([rule]));
            let found = false_rollbacks(&config, 5_000);
            check_at_most(found, 5_000, alpha, &config.to_string());
        }
    }
    let small = json!([{ "traffic_pct": 90, "duration_ticks": 100 }]);
    let config = configured(&worlds()[0], &small, json!([rule]));
    let found = false_rollbacks(&config, 2_000);
    assert!(found as f64 > most(2_000, alpha), "{found}");
}

/// The other rules whose level holds at every look, in the same plans and worlds.
#[test]
fn rules_for_every_look_keep_alpha_whatever_the_plan_and_the_world() {
    let runs = 4_000;
    for (alpha, rule) in [
        (0.01, json!({ "rule": "shiryaev_roberts" })),
        (0.2, json!({ "rule": "shiryaev_roberts" })),
        (0.05, json!({ "rule": "sequential_difference" })),
        (0.2, json!({ "rule": "sequential_difference", "margin": 0.0001 })),
    ] {
        for world in worlds() {
            for stages in plans() {
                let mut rule = rule.clone();
                rule["alpha"] = json!(alpha);
                let config = configured(&world, &stages, json!([rule]));
                let found = false_rollbacks(&config, runs);
                check_at_most(found, runs, alpha, &config.to_string());
            }
        }
    }
}

/// The share of runs of a release that are rolled back.
fn rolled_back(config_text: &str, runs: u64) -> f64 {
    let plan = Plan::new(&config(config_text));
    let mut run = Run::new(&plan, 0);
    let mut count = 0;
    for seed in 0..runs {
        run.restart(&plan, seed);
        while !run.state().is_terminal() {
            run.tick(&plan, &mut Decisions::default()).unwrap();
        }
        count += u64::from(run.state() == State::RolledBack);
    }
    count as f64 / runs as f64
}

/// A release whose error rate is above the baseline's by exactly the margin is rolled back
/// at most as often as the level says; one by three times the margin is caught.
#[test]
fn a_difference_of_the_margin_is_tolerated_and_a_greater_one_is_caught() {
    let (runs, alpha) = (4_000, 0.1);
    for stages in plans() {
        let with = |error_ratio: f64| {
            let rule = json!({ "rule": "sequential_difference", "margin": 0.001, "alpha": alpha });
            let mut config = configured(&worlds()[0], &stages, json!([rule]));
            config["canary"] = json!({ "error_ratio": error_ratio });
            rolled_back(&config.to_string(), runs)
        };
        let found = with(1.5) * runs as f64;
        check_at_most(found as u64, runs, alpha, "at the margin");
        assert!(found > 0.0);
        let caught = with(2.5);
        assert!(caught > 0.95, "{caught} at {stages}");
    }
}

/// Slow requests and errors under one level, while incidents change both.
#[test]
fn several_metrics_keep_one_level() {
    let world = json!({
        "traffic": { "requests_per_second": 5, "burstiness": 0.3 },
        "baseline": { "error_rate": 0.05 },
        "incidents": { "chance_per_tick": 0.1, "duration_ticks": 3, "latency_ratio": 2, "error_ratio": 3 },
    });
    let stages = json!([{ "traffic_pct": 20, "duration_ticks": 6 },
                        { "traffic_pct": 50, "duration_ticks": 6 }]);
    for errors_weight in [0.2, 0.5] {
        let rule = json!({ "rule": "sequential_metrics", "alpha": 0.1, "objective_ms": 150,
                           "errors_weight": errors_weight });
        let mut config = configured(&world, &stages, json!([rule]));
        check_at_most(false_rollbacks(&config, 1_000), 1_000, 0.1, &config.to_string());
        for bad in [json!({ "error_ratio": 4 }), json!({ "latency_ratio": 1.6 })] {
            config["canary"] = bad;
            let caught = rolled_back(&config.to_string(), 200);
            assert!(caught > 0.9, "{caught}: {config}");
        }
    }
}

/// If traffic and error rate are as planned, `planned` fails at most `alpha` of healthy
/// releases, from 0.005 to 50,000 expected canary errors in a stage. With enough errors it
/// uses most of its level: 5 standard errors of 6,000 runs at 4.5 % are 1.3 points.
#[test]
fn planned_keeps_alpha_from_few_errors_to_many() {
    let (runs, alpha) = (6_000, 0.05);
    for errors_per_stage in [5.0, 20.0, 200.0, 5_000.0, 100_000.0] {
        for shares in
            [&[0.1, 1.0, 10.0, 50.0][..], &[0.1], &[1.0, 5.0, 25.0, 50.0], &[50.0], &[10.0, 90.0]]
        {
            let errors = errors_per_stage / 10.0;
            let world = json!({
                "tick_seconds": 50, "traffic": { "requests_per_second": errors * 10.0 },
                "baseline": { "error_rate": 0.002 },
            });
            let stage = |share: &f64| json!({ "traffic_pct": share, "duration_ticks": 10 });
            let stages = Value::from(shares.iter().map(stage).collect::<Vec<_>>());
            let rule = json!({ "rule": "planned", "expected_errors_per_tick": errors });
            let config = configured(&world, &stages, json!([rule]));
            let found = false_rollbacks(&config, runs);
            check_at_most(found, runs, alpha, &config.to_string());
            if errors_per_stage * shares[0] / 100.0 >= 10.0 {
                assert!(found as f64 > 0.03 * runs as f64, "{found}: {config}");
            }
        }
    }
}

/// Where the plan does not hold: at 1.2 and 1.5 times the traffic, false rollbacks of a
/// level of 5 % stay below 7.5 %; pauses, extensions, looks that are not planned and
/// common noise do not add to them.
#[test]
fn planned_is_not_far_off_where_its_plan_is() {
    let runs = 10_000;
    let check = |world: &Value, stages: &Value, most: f64, extend: bool| {
        let rule = json!({ "rule": "planned", "expected_errors_per_tick": 4 });
        let mut rules = json!([rule]);
        if extend {
            rules = json!([rule, { "rule": "error_rate", "max": 1, "min_errors": 12 }]);
        }
        let mut config = configured(world, stages, rules);
        if extend {
            config["on_inconclusive"] = json!({ "extend": { "max_ticks": 20, "then": "promote" } });
        }
        check_at_most(false_rollbacks(&config, runs), runs, most, &config.to_string());
    };
    let world = |factor: f64| {
        json!({
            "tick_seconds": 1, "traffic": { "requests_per_second": 2_000.0 * factor },
            "baseline": { "error_rate": 0.002 },
        })
    };
    for factor in [1.2, 1.5, 3.0] {
        check(&world(factor), &plans()[0], 0.075, false);
    }
    let mut noisy = world(1.0);
    noisy["noise"] = json!({ "common": 1 });
    check(&noisy, &plans()[0], 0.05, false);
    check(&world(1.0), &plans()[0], 0.05, true);
    // 200 ticks a stage, of which every fourth is a planned look; timed pauses.
    let long = json!([
        { "traffic_pct": 5, "duration_ticks": 200, "pause": { "ticks": 50 } },
        { "traffic_pct": 50, "duration_ticks": 203 },
    ]);
    check(&world(1.0), &long, 0.05, false);
}

/// Schedules that depend on the data: another rule extends stages while there are
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

/// A sink that keeps the decisions and who made them.
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

/// Another rule pauses on little evidence. A person lets more ticks pass in the
/// pause, then resumes.
#[test]
fn sequential_keeps_alpha_with_pauses_on_little_evidence() {
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

/// By stage: the runs that reached it, and the runs in which a certificate ended
/// it.
fn certified(config_text: &str, runs: u64) -> Vec<[u64; 2]> {
    let plan = Plan::new(&config(config_text));
    let mut counts = vec![[0; 2]; plan.config().policy().stages.len()];
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

/// A release exactly as bad as the certificate's bound is certified at most as
/// often as its level says, in each stage. A healthy release is certified in most
/// runs.
#[test]
fn a_certificate_keeps_its_level() {
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

/// The documented exception. At 400 errors per tick, noise of each arm separately
/// (a coefficient of variation of 0.2) is a ratio that varies. A tolerated ratio
/// compensates for a part of it; 1.2 is enough only if all bets are placed in the
/// first tick. References: a simulation in Python with 20,000 runs and, for
/// `tick_1`, numpy with 10,000 runs, with noise drawn per tick as here.
/// docs/statistics.md has other scales.
#[test]
fn noise_of_each_arm_breaks_the_level_and_a_tolerated_ratio_helps() {
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
        // 4.5 standard errors of 2,000 runs and of 10,000, plus a few runs.
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
    // Noise that both arms share has no effect.
    check(json!({ "common": 0.2 }), "stage_starts", 1.0, 0.0046);
}

/// The share of healthy releases that are rolled back with `noise.common` at 0,
/// 0.5, 1.
fn thrown_away(rule: &Value, runs: u64) -> [f64; 3] {
    [0.0, 0.5, 1.0].map(|common| {
        let world = json!({
            "tick_seconds": 1, "traffic": { "requests_per_second": 10_000 },
            "baseline": { "error_rate": 0.002 }, "noise": { "common": common },
        });
        let config = configured(&world, &plans()[0], json!([rule]));
        false_rollbacks(&config, runs) as f64 / runs as f64
    })
}

/// If the canary's share increases, pooled counts would blame the release for the
/// ticks in which its share was larger (Simpson's paradox): with a common noise of
/// 1, the pooled z test over the rollout rolled back 41 % of healthy releases
/// instead of 17 %, and Fisher's test 37 % instead of 13 %. Compared share by
/// share, common noise makes no comparison err more often. With looks at every
/// tick, comparisons err somewhat less often, because a few ticks then contain most
/// of the evidence, as with fewer looks.
#[test]
fn common_noise_does_not_make_a_comparison_err_more_often() {
    let runs = 4_000;
    let ratio = json!({ "rule": "error_rate_ratio", "max": 1.5, "min_errors": 10 });
    let delta = json!({ "rule": "error_rate_delta", "max": 0.0005 });
    let cases = [
        (json!({ "rule": "z_test" }), 0.170, 0.404),
        (json!({ "rule": "fisher" }), 0.127, 0.256),
        (ratio, 0.060, 0.182),
        (delta, 0.425, 0.748),
    ];
    // 4.5 standard errors of the difference of two shares of 4,000 runs: over all
    // cases, this fails by chance in one of 10,000 choices of the seeds.
    let margin = |p: f64| 4.5 * (2.0 * p * (1.0 - p) / runs as f64).sqrt();
    for (mut rule, at_ends, at_ticks) in cases {
        rule["window"] = json!("rollout");
        for (look, expected) in [("stage_end", at_ends), ("every_tick", at_ticks)] {
            rule["look"] = json!(look);
            let found @ [quiet, some, much] = thrown_away(&rule, runs);
            assert!((quiet - expected).abs() < margin(expected), "{rule}: {found:?}");
            let most = quiet + 0.02 + margin(expected);
            assert!(some < most && much < most, "{rule}: {found:?}");
            let least = quiet - if look == "stage_end" { 0.02 } else { 0.04 } - margin(expected);
            assert!(some > least && much > least, "{rule}: {found:?}");
        }
    }
    for (rule, expected) in [("group_sequential", 0.064), ("sequential", 0.012)] {
        let found = thrown_away(&json!({ "rule": rule }), runs);
        assert!(found.iter().all(|p| (p - expected).abs() < margin(expected)), "{rule}: {found:?}");
    }
}

/// An incident that slows both arms in the middle of the rollout, at a share of 5
/// %, while most canary requests come later. The latency rules over the rollout do
/// not blame the release for it.
#[test]
fn incidents_do_not_make_a_comparison_of_latencies_err_more_often() {
    let world = |incident: bool| {
        let mut world = json!({
            "traffic": { "requests_per_second": 10 },
            "baseline": { "error_rate": 0.002 },
        });
        if incident {
            world["incidents"] = json!({ "at_tick": 10, "duration_ticks": 4, "latency_ratio": 4 });
        }
        world
    };
    let stages = json!([{ "traffic_pct": 5, "duration_ticks": 8 }, { "traffic_pct": 50, "duration_ticks": 8 }]);
    for rule in [
        json!({ "rule": "mann_whitney", "window": "rollout" }),
        json!({ "rule": "latency_delta_ms", "max": 40, "quantile": 0.9, "window": "rollout" }),
    ] {
        let [quiet, troubled] = [false, true].map(|incident| {
            false_rollbacks(&configured(&world(incident), &stages, json!([rule])), 300)
        });
        // With pooled latencies, both rules rolled back every release because of
        // the incident. The bound is five standard errors of 300 runs at 10 %.
        assert!(troubled <= quiet + 30, "{rule}: {quiet} quiet, {troubled} with the incident");
    }
}

/// The boundaries take the evidence of a timed pause into account (8.5 % if they
/// did not). Unplanned ticks do not count, so neither a person's pause nor an
/// extension exceeds the level. There are many errors, so that the level is 5 % to
/// within 0.2 points; five standard errors of 8,000 runs are 1.2 points.
#[test]
fn group_sequential_keeps_its_level_over_pauses_and_extensions() {
    let world = json!({ "traffic": { "requests_per_second": 100 } });
    let stages = |pause: Value| {
        let stage = |share: u32, ticks: u32| json!({ "traffic_pct": share, "duration_ticks": ticks, "pause": pause });
        json!([stage(50, 60), stage(60, 5), stage(70, 5), { "traffic_pct": 80, "duration_ticks": 5 }])
    };
    let runs = 8_000;
    for spending in ["pocock", "obrien_fleming", "linear"] {
        let rule = json!({ "rule": "group_sequential", "spending": spending });
        let config = configured(&world, &stages(json!({ "ticks": 240 })), json!([rule]));
        let found = false_rollbacks(&config, runs) as f64 / runs as f64;
        assert!((found - 0.051).abs() < 0.014, "{spending} with timed pauses: {found}");
    }
    let rule = json!({ "rule": "group_sequential" });
    let text = configured(&world, &stages(json!("manual")), json!([rule])).to_string();
    let plan = Plan::new(&config(&text));
    let mut run = Run::new(&plan, 0);
    let (mut failed, runs) = (0, 4_000);
    for seed in 0..runs {
        run.restart(&plan, seed);
        let mut sink = Decisions::default();
        while !run.state().is_terminal() {
            run.tick(&plan, &mut sink).unwrap();
            if run.state() == State::Paused {
                for _ in 0..100 {
                    run.tick(&plan, &mut sink).unwrap();
                }
                run.command(&plan, Command::Resume, &mut sink).unwrap();
            }
        }
        failed += u64::from(run.state() == State::RolledBack);
    }
    let found = failed as f64 / runs as f64;
    assert!((found - 0.051).abs() < 0.018, "a person's pauses: {found}");
}

/// A certificate assumes a constant ratio. A release that becomes bad during the
/// stage passes early more often than the level of 5 %, but less often than if a
/// certificate were kept after a later tick lost it (39.5 %). With 2,000 runs, four
/// standard errors are 2.6 points.
#[test]
fn a_certificate_does_not_cover_a_ratio_that_changes() {
    let text = json!({
        "traffic": { "requests_per_second": 10 }, "baseline": { "error_rate": 0.02 },
        "canary": { "error_ratio": 2, "error_arrival": { "late": { "start_tick": 8 } } },
        "stages": [{ "traffic_pct": 10, "duration_ticks": 20 }, { "traffic_pct": 50, "duration_ticks": 10 }],
        "rules": [{ "rule": "sequential", "certify_below": 2, "min_ticks": 15, "alpha": 1e-12,
                    "tolerated_ratio": 1.98 }],
    });
    let [reached, certified] = certified(&text.to_string(), 2_000)[0];
    let share = certified as f64 / reached as f64;
    assert!((0.07..0.13).contains(&share), "{share}");
}
