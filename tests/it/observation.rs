//! What monitoring sees, and when: delay, looks at fixed times, windows of the last
//! seconds, populations, looks without data, and how failed looks are counted.
//!
//! A rate over `n` runs is held against a figure p with a tolerance of 4.5 standard
//! errors, which chance exceeds once in 150,000 comparisons, and more where the source
//! of the figure was a simulation itself. Sources that say `practice.md` are
//! simulations of 20,000 runs with other programs.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::Config;
use canary_rollout::rollout::Rollout;
use canary_rollout::study::{CaseReport, Study, StudyReport};
use serde_json::{Value, json};

use crate::support::config;

fn studied(config: &Value, options: &Value) -> StudyReport {
    let mut study = Study::from_text(&config.to_string(), &options.to_string()).unwrap();
    study.advance(study.runs());
    study.report()
}

fn of_release(config: &Value, runs: u64) -> CaseReport {
    let report = studied(config, &json!({ "runs": runs, "seed": 40_000 }));
    report.release.unwrap_or(report.healthy)
}

/// 4.5 standard errors of a rate p over `n` runs, and a little for p near 0.
fn tolerance(p: f64, n: u64) -> f64 {
    4.5 * (p * (1.0 - p) / n as f64).sqrt() + 4.0 / n as f64
}

#[track_caller]
fn check_rate(found: f64, expected: f64, n: u64, of: &str) {
    let least = tolerance(expected, n);
    assert!((found - expected).abs() <= least, "{found} is not {expected} ± {least}: {of}");
}

/// The reference rollout: 10,000 requests a tick, 0.2 % errors, 1, 5, 25, 50 % for 10
/// ticks each.
fn reference(rules: Value) -> Value {
    let stage = |share: u32| json!({ "traffic_pct": share, "duration_ticks": 10 });
    json!({
        "tick_seconds": 50,
        "traffic": { "requests_per_second": 200 },
        "baseline": { "error_rate": 0.002 },
        "stages": ([1, 5, 25, 50].map(stage)),
        "rules": rules,
    })
}

/// One stage of 20 ticks with 50 %, in which each look fails with a known probability.
fn coin(rule: &Value) -> Value {
    json!({
        "tick_seconds": 60,
        "traffic": { "requests_per_second": 10 },
        "baseline": { "error_rate": 0.001 },
        "stages": [{ "traffic_pct": 50, "duration_ticks": 20 }],
        "rules": [rule],
    })
}

/// practice.md A3: excess errors until the rollback, and P(caught) where it is not 1.
#[test]
fn delay_and_cadence_cost_what_they_cost() {
    const RUNS: u64 = 4_000;
    // Delay and cadence in ticks; by ratio of the error rates P(caught) and the mean
    // excess errors.
    let table = [
        (0, 1, [(1.0, 15.0), (1.0, 5.0), (1.0, 4.0)]),
        (5, 1, [(1.0, 32.0), (1.0, 15.0), (1.0, 14.0)]),
        (15, 1, [(0.952, 95.0), (1.0, 81.0), (1.0, 87.0)]),
        (0, 15, [(0.9965, 49.0), (1.0, 28.0), (1.0, 63.0)]),
        (15, 15, [(0.246, 137.0), (0.9995, 248.0), (1.0, 558.0)]),
    ];
    for (delay, every, expected) in table {
        for (ratio, (p_caught, excess)) in [2, 5, 10].into_iter().zip(expected) {
            let mut rule = json!({ "rule": "sequential", "bets_open": "tick_1" });
            if every > 1 {
                rule["look"] = json!({ "every_seconds": 50 * every });
            }
            let mut config = reference(json!([rule]));
            config["observation"] = json!({ "delay_seconds": 50 * delay });
            config["canary"] = json!({ "error_ratio": ratio });
            let case = of_release(&config, RUNS);
            let of = format!("delay {delay}, every {every}, ratio {ratio}");
            check_rate(case.p_rollback.estimate, p_caught, RUNS, &of);
            let mean = case.excess_errors.as_ref().unwrap().mean;
            // The source gives whole errors; a standard error is below 1 %.
            assert!((mean - excess).abs() <= 0.5 + 0.05 * excess, "{mean}, {excess}: {of}");
        }
    }
}

/// P(at least m failures in a row, or m in n of some looks), by the exact law of a
/// chain whose state is the outcomes of the last n looks.
fn exact(looks: u32, p_fail: f64, m: u32, of_last: Option<u32>) -> f64 {
    let n = of_last.unwrap_or(looks);
    let mask = (1_u64 << n) - 1;
    let mut states = std::collections::BTreeMap::from([(0_u64, 1.0)]);
    let mut acted = 0.0;
    for _ in 0..looks {
        let mut next = std::collections::BTreeMap::new();
        for (recent, p) in states {
            for (failed, q) in [(1, p_fail), (0, 1.0 - p_fail)] {
                let recent = (recent << 1 | failed) & mask;
                match recent.count_ones() >= m {
                    true => acted += p * q,
                    false => *next.entry(recent).or_insert(0.0) += p * q,
                }
            }
        }
        states = next;
    }
    acted
}

/// The chance that a tick of `coin` has more than `max` canary errors of a Poisson
/// mean 0.3.
fn p_more_than(max: u32) -> f64 {
    // exp(−0.3)
    let mut term = 0.740_818_220_681_717_9;
    let mut sum = 0.0;
    for k in 0..=max {
        sum += term;
        term *= 0.3 / f64::from(k + 1);
    }
    1.0 - sum
}

#[test]
fn failures_in_all_in_a_row_and_m_of_n_are_as_their_exact_law() {
    const RUNS: u64 = 4_000;
    let in_all = [(1, None), (2, None), (3, None), (5, None), (8, None), (12, None)];
    let in_a_row = [(1, Some(1)), (2, Some(2)), (3, Some(3)), (4, Some(4)), (5, Some(5))];
    let m_of_n =
        [(2, Some(3)), (2, Some(5)), (3, Some(5)), (3, Some(10)), (4, Some(6)), (5, Some(8))];
    let mut settings = 0;
    for (failure_limit, of_last) in [in_all.as_slice(), &in_a_row, &m_of_n].concat() {
        // More than `max` errors in a tick.
        for max in [0, 1] {
            let mut rule = json!({
                "rule": "error_rate", "max": 0, "min_errors": max + 1, "look": "every_tick",
                "window": "tick", "failure_limit": failure_limit, "no_data": "pass",
            });
            rule["max"] = json!(0);
            if let Some(looks) = of_last {
                rule["of_last"] = json!(looks);
            }
            // A look with too few errors is inconclusive and does not count, so only
            // counts in all are the same with a minimum of errors.
            if max == 1 {
                if of_last.is_some() {
                    continue;
                }
            } else {
                rule["min_errors"] = json!(0);
            }
            let found = of_release(&coin(&rule), RUNS).p_rollback.estimate;
            let expected = exact(20, p_more_than(max), failure_limit, of_last);
            check_rate(found, expected, RUNS, &rule.to_string());
            settings += 1;
        }
    }
    assert!(settings >= 20, "{settings}");
}

/// The stages of a report: when the last look of the first rule was, and what it saw.
fn last_look(config: &Value, ticks: u32) -> (Option<u32>, Option<[i32; 2]>) {
    let mut rollout = Rollout::new(&crate::support::config(&config.to_string()), 1);
    for _ in 0..ticks {
        rollout.tick().unwrap();
    }
    let report = rollout.report();
    let mut checks = report.stages.iter().flat_map(|stage| &stage.checks);
    let check = checks.rfind(|check| check.rule == 0 && check.tick.is_some());
    let window = check.and_then(|check| check.window);
    (check.and_then(|check| check.tick), window.map(|w| [w.first_tick, w.last_tick]))
}

/// Two stages of 10 ticks of a minute, 10 and 40 %, with a rule that never fails.
fn calm(rule: Value, delay_ticks: u32) -> Value {
    let mut rule = rule;
    rule["rule"] = json!("error_rate");
    rule["max"] = json!(1);
    json!({
        "observation": { "delay_seconds": 60 * delay_ticks },
        "traffic": { "requests_per_second": 10 },
        "stages": [
            { "traffic_pct": 10, "duration_ticks": 10 },
            { "traffic_pct": 40, "duration_ticks": 10 },
        ],
        "rules": [rule],
    })
}

#[test]
fn a_look_sees_its_window_after_the_delay() {
    let every_tick = |window: Value| json!({ "look": "every_tick", "window": window });
    let last = |seconds: u32| json!({ "last_seconds": seconds });
    // Rule, delay in ticks, ticks simulated; the tick of the last look and the ticks
    // it saw.
    let table = [
        (every_tick(json!("tick")), 0, 7, Some(7), Some([7, 7])),
        (every_tick(json!("tick")), 3, 7, Some(7), Some([4, 4])),
        (every_tick(json!("stage")), 3, 7, Some(7), Some([1, 4])),
        (every_tick(json!("stage")), 3, 15, Some(15), Some([11, 12])),
        (every_tick(json!("rollout")), 3, 15, Some(15), Some([1, 12])),
        // Nothing of the second stage has been shown.
        (every_tick(json!("stage")), 3, 12, Some(12), Some([10, 9])),
        (every_tick(last(300)), 0, 13, Some(13), Some([9, 13])),
        (every_tick(last(300)), 3, 13, Some(13), Some([6, 10])),
        (every_tick(last(300)), 0, 2, Some(2), Some([1, 2])),
        // The service has a past.
        (
            json!({ "look": "every_tick", "window": last(300), "of": "service" }),
            0,
            2,
            Some(2),
            Some([-2, 2]),
        ),
        (
            json!({ "look": "every_tick", "window": last(300), "of": "service" }),
            4,
            2,
            Some(2),
            Some([-6, -2]),
        ),
        (json!({ "look": { "every_seconds": 240 } }), 0, 7, Some(4), Some([1, 4])),
        (
            json!({ "look": { "every_seconds": 240, "after_seconds": 60 } }),
            0,
            7,
            Some(5),
            Some([1, 5]),
        ),
        (
            json!({ "look": { "every_seconds": 120, "after_seconds": 180, "count": 2 } }),
            0,
            9,
            Some(5),
            Some([1, 5]),
        ),
        (json!({ "look": { "every_seconds": 720 } }), 0, 13, Some(12), Some([11, 12])),
        (json!({ "look": "stage_end" }), 2, 19, Some(10), Some([1, 8])),
    ];
    for (rule, delay, ticks, tick, window) in table {
        let found = last_look(&calm(rule.clone(), delay), ticks);
        assert_eq!(found, (tick, window), "{rule}, delay {delay}, after {ticks}");
    }
}

/// What a look without data leads to: 0.03 requests a second, of which the canary gets
/// hardly any (fluxcd/flagger issues 1035, 32, 883).
#[test]
fn a_look_without_data_passes_fails_or_waits() {
    let idle = |mut rule: Value, no_data: &str, on_inconclusive: Value| {
        rule["no_data"] = json!(no_data);
        let stage = |share: u32| json!({ "traffic_pct": share, "duration_ticks": 1 });
        json!({
            "traffic": { "requests_per_second": 0.0001 },
            "stages": ([10, 20].map(stage)),
            "rules": [rule],
            "on_inconclusive": on_inconclusive,
        })
    };
    let wait = json!({ "extend": { "max_ticks": 3, "then": "rollback" } });
    let rate = || json!({ "rule": "error_rate", "max": 0.5 });
    // A count of errors reads no requests, unless they are asked for.
    let count = || json!({ "rule": "error_count", "max": 5 });
    for (rule, no_data, on_inconclusive, state, ticks) in [
        (rate(), "inconclusive", json!("promote"), "COMPLETED", 2),
        (rate(), "inconclusive", json!("rollback"), "ROLLED_BACK", 1),
        (rate(), "pass", json!("rollback"), "COMPLETED", 2),
        (rate(), "fail", json!("promote"), "ROLLED_BACK", 1),
        (rate(), "wait", wait.clone(), "ROLLED_BACK", 4),
        (count(), "pass", json!("rollback"), "COMPLETED", 2),
        (count(), "fail", json!("promote"), "ROLLED_BACK", 1),
        (count(), "wait", wait, "ROLLED_BACK", 4),
    ] {
        let config = config(&idle(rule, no_data, on_inconclusive).to_string());
        let mut rollout = Rollout::new(&config, 3);
        rollout.run().unwrap();
        assert_eq!(
            (rollout.state().to_string().as_str(), rollout.ticks()),
            (state, ticks),
            "{no_data}"
        );
        let report = rollout.report();
        let sentence = report.stages[0].checks[0].sentence.clone().unwrap();
        let then = match no_data {
            "pass" => " Without data the look passes.",
            "fail" => " Without data the look fails.",
            _ => "",
        };
        let expected = format!("Too little traffic to decide: 0 canary requests, 1 needed.{then}");
        assert_eq!(sentence, expected);
    }
}

/// A look that waits is made again in the next tick, not at the next time.
#[test]
fn a_rule_that_waits_looks_again_as_soon_as_there_are_data() {
    let rule = |no_data: &str| {
        let look = json!({ "every_seconds": 300 });
        json!({ "look": look, "window": "stage", "min_requests": 400, "no_data": no_data })
    };
    // 60 canary requests a tick: 400 of them after 7 ticks.
    assert_eq!(last_look(&calm(rule("inconclusive"), 0), 9).0, Some(5));
    let (tick, _) = last_look(&calm(rule("wait"), 0), 9);
    assert!((7..=8).contains(&tick.unwrap()), "{tick:?}");
}

/// Rules that count together need one failure between them in a tick, whichever it is.
#[test]
fn failures_are_counted_together_or_by_a_score() {
    let counted = |counts: &str, maxima: [f64; 3], weights: [f64; 3], limit: u32, pass: f64| {
        let rule = |i: usize| {
            json!({
                "rule": "error_rate", "max": maxima[i], "look": "every_tick", "window": "tick",
                "failure_limit": limit, "counts": counts, "weight": weights[i],
                "stages": [1], "min_requests": 1 + i,
            })
        };
        let config = json!({
            "traffic": { "requests_per_second": 100 }, "baseline": { "error_rate": 0.5 },
            "stages": [{ "traffic_pct": 50, "duration_ticks": 20 }],
            "rules": [rule(0), rule(1), rule(2)], "pass_score": pass,
        });
        let mut rollout = Rollout::new(&crate::support::config(&config.to_string()), 2);
        rollout.run().unwrap();
        let reason = rollout.report().rollback_reason;
        let counted = reason
            .map(|reason| reason.split("; the limit is 0 %.").collect::<Vec<_>>()[1].to_string());
        (rollout.ticks(), counted)
    };
    // A rule of 0 always fails, a rule of 1 never. A rollback says what was counted.
    let completed = (20, None);
    let ended = |ticks: u32, counted: &str| (ticks, Some(counted.to_string()));
    let of_group =
        |n: u32| format!(" Failed looks of the rules that count together: {n}; the limit is {n}.");
    let scored = |score: &str, least: &str| {
        format!(" The score of this look is {score} of 100; it passes from {least}.{}", of_group(4))
    };
    for (counts, maxima, weights, limit, pass, expected) in [
        ("together", [0.0, 1.0, 0.0], [1.0; 3], 5, 75.0, ended(5, &of_group(5))),
        ("together", [0.0, 1.0, 0.0], [1.0; 3], 1, 75.0, ended(1, "")),
        ("together", [1.0, 1.0, 1.0], [1.0; 3], 5, 75.0, completed.clone()),
        (
            "alone",
            [0.0, 1.0, 0.0],
            [1.0; 3],
            5,
            75.0,
            ended(5, " Failed looks: 5; the limit is 5."),
        ),
        ("alone", [0.0, 1.0, 0.0], [1.0; 3], 1, 75.0, ended(1, "")),
        // 2 of 3 pass: 66.7.
        ("by_score", [0.0, 1.0, 1.0], [1.0; 3], 4, 75.0, ended(4, &scored("66.7", "75"))),
        ("by_score", [0.0, 1.0, 1.0], [1.0; 3], 4, 66.0, completed.clone()),
        // 4 of 5 of the weight pass.
        ("by_score", [0.0, 1.0, 1.0], [1.0, 2.0, 2.0], 4, 80.0, completed.clone()),
        ("by_score", [0.0, 1.0, 1.0], [1.0, 2.0, 2.0], 4, 80.1, ended(4, &scored("80", "80.1"))),
    ] {
        let weights = if counts == "by_score" { weights } else { [1.0; 3] };
        let found = counted(counts, maxima, weights, limit, pass);
        assert_eq!(found, expected, "{counts} {maxima:?} {weights:?} {pass}");
    }
}

/// A rollback after failures among the last looks says how many, of how many.
#[test]
fn a_rollback_says_which_failed_looks_led_to_it() {
    let always = json!({
        "rule": "error_rate", "max": 0, "look": "every_tick", "window": "stage",
        "min_requests": 1, "failure_limit": 3, "of_last": 5,
    });
    let config = config(&coin(&always).to_string());
    let mut rollout = Rollout::new(&config, 1);
    rollout.run().unwrap();
    let reason = rollout.report().rollback_reason.unwrap();
    let counted = "; the limit is 0 %. Failed looks: 3 of the last 5; the limit is 3.";
    assert!(reason.ends_with(counted), "{reason}");
}

/// practice.md B: the page alerts of Sloth as a rollback rule, with windows cut at the
/// start of the rollout.
#[test]
fn burn_rate_alerts_see_what_was_published() {
    const RUNS: u64 = 4_000;
    let table = [
        (0.995, "canary", [0.0006, 0.003, 0.045, 0.33]),
        (0.999, "canary", [0.245, 0.57, 1.0, 1.0]),
        (0.995, "service", [0.0, 0.0, 0.0, 0.0]),
        (0.999, "service", [0.0, 0.0, 0.0, 0.001]),
    ];
    for (objective, of, expected) in table {
        for (ratio, expected) in [1, 2, 5, 10].into_iter().zip(expected) {
            let rule = |factor: f64, long: u32, short: u32| {
                json!({
                    "rule": "burn_rate", "objective": objective, "factor": factor, "of": of,
                    "long_seconds": long, "short_seconds": short,
                })
            };
            let mut config = reference(json!([rule(14.4, 3600, 300), rule(6.0, 21_600, 1800)]));
            config["tick_seconds"] = json!(60);
            config["traffic"] = json!({ "requests_per_second": 10_000.0 / 60.0 });
            config["observation"] = json!({ "history_seconds": 21_600 });
            config["canary"] = json!({ "error_ratio": ratio });
            let found = of_release(&config, RUNS).p_rollback.estimate;
            assert!(
                (found - expected).abs() <= 0.02,
                "{found}, {expected}: {objective} {of} {ratio}"
            );
        }
    }
}

/// controllers.md 5b: GrowthBook's ramp of 24 hours, 1, 5, 10, 25 and 50 % against a control
/// of the canary's size, in quarter hours. P(rollback) as it is coded, without the floor of
/// 150 errors, and without it at looks every quarter of an hour.
#[test]
fn the_ramp_of_growthbook_is_as_published() {
    const RUNS: u64 = 2_000;
    for (users_per_day, error_rate, ratio, expected) in [
        (100_000.0, 0.002, 2.0, [(0.089, 67.0), (0.96, 59.0), (0.98, 24.0)]),
        (100_000.0, 0.002, 5.0, [(1.0, 267.0), (1.0, 24.0), (1.0, 14.0)]),
        (10_000.0, 0.002, 10.0, [(0.0, 60.0), (0.999, 59.0), (0.999, 16.0)]),
        (1_000_000.0, 0.02, 5.0, [(1.0, 500.0), (1.0, 83.0), (1.0, 24.0)]),
    ] {
        let variants = [(150, "stage_end"), (0, "stage_end"), (0, "every_tick")];
        for ((min_conversions, look), (p_rollback, excess)) in variants.into_iter().zip(expected) {
            let stage = |(share, ticks): (u32, u32)| json!({ "traffic_pct": share, "duration_ticks": ticks });
            let ramp = [(1, 10), (5, 10), (10, 10), (25, 10), (50, 56)].map(stage);
            let config = json!({
                "tick_seconds": 900,
                "traffic": { "requests_per_second": users_per_day / 86_400.0 },
                "baseline": { "error_rate": error_rate },
                "canary": { "error_ratio": ratio },
                "stages": ramp,
                "rules": [{ "rule": "asymptotic_cs", "of": "control", "look": look,
                            "min_conversions": min_conversions }],
            });
            let case = of_release(&config, RUNS);
            let (found, mean) = (case.p_rollback.estimate, case.excess_errors.unwrap().mean);
            assert!((found - p_rollback).abs() <= 0.02, "{found}, {p_rollback}: {config}");
            assert!((mean - excess).abs() <= 1.0 + 0.05 * excess, "{mean}, {excess}: {config}");
        }
    }
}

/// How often `sequential` fails a healthy release at level 0.05, whatever monitoring
/// does with the counts. Only clumps break its promise.
#[test]
fn sequential_keeps_alpha_under_delay_gaps_and_against_a_control() {
    const RUNS: u64 = 4_000;
    const ALPHA: f64 = 0.05;
    // At most α, by a count that chance exceeds about once in a million.
    let most = ALPHA + 4.75 * (ALPHA * (1.0 - ALPHA) / RUNS as f64).sqrt() + 4.0 / RUNS as f64;
    let rule = |more: Value| {
        let mut rule = json!({ "rule": "sequential" });
        for (key, value) in more.as_object().unwrap() {
            rule[key] = value.clone();
        }
        reference(json!([rule]))
    };
    let changed = |mut config: Value, key: &str, value: Value| {
        config[key] = value;
        config
    };
    let noisy = json!({ "common": 1 });
    for config in [
        changed(rule(json!({})), "observation", json!({ "delay_seconds": 250 })),
        changed(rule(json!({})), "observation", json!({ "delay_seconds": 1500 })),
        rule(json!({ "look": { "every_seconds": 350, "after_seconds": 50 } })),
        rule(json!({ "of": "control" })),
        changed(rule(json!({ "of": "control" })), "noise", noisy.clone()),
        changed(rule(json!({ "no_data": "wait", "min_requests": 150 })), "noise", noisy),
        changed(rule(json!({})), "pods", json!({ "count": 20, "ready_ticks": 3 })),
    ] {
        let found = of_release(&config, RUNS).p_rollback.estimate;
        assert!(found <= most, "{found} above {most}: {config}");
    }
    // In clumps of 4 errors it lies, unless it knows of them; see docs/statistics.md.
    let clumped = json!({ "error_rate": 0.002, "error_clump": 4 });
    let in_clumps = |rule: Value| {
        let config = changed(rule, "baseline", clumped.clone());
        of_release(&config, RUNS).p_rollback.estimate
    };
    let found = in_clumps(rule(json!({})));
    assert!(found > 0.5, "{found}");
    let found = in_clumps(rule(json!({ "error_clump": 4 })));
    assert!(found <= most, "{found} above {most}");
}

/// The clumps are a compound Poisson count: mean μ, variance μ · (2c − 1).
#[test]
fn errors_in_clumps_have_the_mean_and_the_variance_of_their_law() {
    for (error_rate, clump) in [(0.002, 1.0), (0.002, 3.0), (0.05, 10.0), (0.0005, 2.5)] {
        let config = config(
            &json!({
                "traffic": { "requests_per_second": 100 },
                "baseline": { "error_rate": error_rate, "error_clump": clump },
                "stages": [{ "traffic_pct": 25, "duration_ticks": 20_000 }],
                "rules": [],
            })
            .to_string(),
        );
        let mut rollout = Rollout::new(&config, 5);
        rollout.run().unwrap();
        let rows = &rollout.history().ticks;
        let n = rows.len() as f64;
        let errors = |row: &canary_rollout::rollout::TickRow| row.counts.baseline.errors as f64;
        let mean = rows.iter().map(errors).sum::<f64>() / n;
        let variance = rows
            .iter()
            .map(|row| {
                let d = errors(row) - mean;
                d * d
            })
            .sum::<f64>()
            / n;
        let expected = 6000.0 * 0.75 * error_rate;
        let spread = expected * (2.0 * clump - 1.0);
        assert!((mean - expected).abs() < 4.5 * (spread / n).sqrt(), "{mean}, {expected}");
        // The relative standard error of a variance is about √((2 + 6/μ·c)/n).
        let error = ((2.0 + 12.0 * clump * clump / expected) / n).sqrt();
        assert!((variance / spread - 1.0).abs() < 4.5 * error, "{variance}, {spread}, {clump}");
    }
}

/// The control has as many requests as the canary on average, and fails as the
/// baseline does.
#[test]
fn a_control_is_as_large_as_the_canary() {
    let text = json!({
        "traffic": { "requests_per_second": 100 },
        "baseline": { "error_rate": 0.02 },
        "canary": { "error_ratio": 3 },
        "stages": [{ "traffic_pct": 20, "duration_ticks": 500 }],
        "rules": [{ "rule": "error_rate_ratio", "max": 1000, "of": "control", "look": "stage_end" }],
    });
    let mut rollout = Rollout::new(&config(&text.to_string()), 9);
    rollout.run().unwrap();
    let look = rollout.history().looks.last().unwrap();
    let counts = look.evidence.sight.counts;
    let (n_c, n_b) = (counts.canary.requests as f64, counts.baseline.requests as f64);
    assert!((n_b / n_c - 1.0).abs() < 4.5 * (2.0 / n_c).sqrt(), "{counts:?}");
    let rate = counts.baseline.error_rate().unwrap();
    assert!((rate - 0.02).abs() < 4.5 * (0.02 / n_b).sqrt(), "{counts:?}");
    let report = rollout.report();
    let sentence = report.stages[0].checks[0].sentence.as_ref().unwrap();
    assert!(sentence.contains("the control’s"), "{sentence}");
}

/// Errors that the baseline does not know (spinnaker/spinnaker issue 5622).
#[test]
fn a_canary_may_fail_where_the_baseline_never_does() {
    let text = json!({
        "traffic": { "requests_per_second": 10 },
        "baseline": { "error_rate": 0 },
        "canary": { "error_rate": 0.05 },
        "stages": [{ "traffic_pct": 50, "duration_ticks": 10 }],
        "rules": [{ "rule": "fisher", "alpha": 0.02 }],
    });
    let report = studied(&text, &json!({ "runs": 500 }));
    assert!(report.release_is_bad);
    assert_eq!(report.release.unwrap().p_rollback.estimate, 1.0);
    assert_eq!(report.healthy.p_rollback.estimate, 0.0);
    let mut rollout = Rollout::new(&config(&text.to_string()), 1);
    rollout.run().unwrap();
    assert_eq!(
        rollout.report().truth.sentence,
        "The release fails 5 % of requests, the baseline none."
    );
}

/// Shares by whole instances, at least one of each version (argo-rollouts issue 2281).
#[test]
fn pods_split_the_traffic_by_whole_instances() {
    for (count, shares, expected) in [
        (2, [70, 95], [0.5, 0.5]),
        (3, [10, 25], [1.0 / 3.0, 1.0 / 3.0]),
        (20, [1, 33], [0.05, 0.35]),
        (10, [50, 100], [0.5, 1.0]),
    ] {
        let stage = |share: u32| json!({ "traffic_pct": share, "duration_ticks": 4 });
        let config = config(
            &json!({
                "stages": (shares.map(stage)), "pods": { "count": count, "ready_ticks": 2 },
                "rules": [],
            })
            .to_string(),
        );
        let mut rollout = Rollout::new(&config, 1);
        rollout.run().unwrap();
        let found: Vec<f64> = rollout.history().ticks.iter().map(|row| row.share).collect();
        let rises = expected[1] > expected[0];
        let mut planned = vec![0.0; 2];
        planned.extend([expected[0]; 4]);
        planned.extend(vec![expected[0]; if rises { 2 } else { 0 }]);
        planned.extend([expected[1]; 4]);
        assert_eq!(found, planned, "{count} pods");
        assert_eq!(config.policy().planned_ticks(), found.len() as u64);
    }
}

/// A rule that looks in pauses rolls back while a person is waited for, and a person
/// who answers ends the pause (fluxcd/flagger issue 1801).
#[test]
fn pauses_are_watched_and_answered() {
    let policy = |looks: bool| {
        json!({
            "tick_seconds": 120,
            "traffic": { "requests_per_second": 10 },
            "baseline": { "error_rate": 0.001 },
            "canary": { "error_ratio": 100, "error_arrival": { "late": { "start_tick": 3 } } },
            "stages": [
                { "traffic_pct": 10, "duration_ticks": 2, "pause": "manual" },
                { "traffic_pct": 20, "duration_ticks": 2 },
            ],
            "rules": [{
                "rule": "error_rate", "max": 0.01, "look": "every_tick", "window": "tick",
                "failure_limit": 5, "look_while_paused": looks,
            }],
        })
    };
    let person = |command: &str| json!({ "after_ticks": 15, "command": command });
    let runs = 400;
    // Looks in pauses, the person; the share that waits, is rolled back, completes.
    for (looks, answer, waiting, rolled_back) in [
        (false, Value::Null, 1.0, 0.0),
        (true, Value::Null, 0.0, 1.0),
        (false, person("promote"), 0.0, 0.0),
        (false, person("abort"), 0.0, 1.0),
        (true, person("promote"), 0.0, 1.0),
    ] {
        let mut options = json!({ "runs": runs, "horizon_ticks": 40 });
        if !answer.is_null() {
            options["person"] = answer.clone();
        }
        let release = studied(&policy(looks), &options).release.unwrap();
        let found = (release.p_waiting.estimate, release.p_rollback.estimate);
        assert_eq!(found, (waiting, rolled_back), "{looks} {answer}");
    }
}

/// A person's answers prolong a rollout only where it may wait for one.
#[test]
fn harm_is_charged_over_the_pauses_that_a_person_ends() {
    let stages = |pause: Value| {
        json!([{ "traffic_pct": 10, "duration_ticks": 5, "pause": pause },
               { "traffic_pct": 50, "duration_ticks": 5 }])
    };
    let rule = |on_fail: &str| json!([{ "rule": "error_rate", "max": 0.1, "on_fail": on_fail }]);
    let timed = || json!({ "ticks": 2 });
    for (pause, rules, on_inconclusive, command, horizon) in [
        (timed(), rule("rollback"), "promote", "promote", 12),
        (json!("manual"), rule("rollback"), "promote", "promote", 10 + 30),
        (json!("manual"), rule("rollback"), "promote", "abort", 10 + 30),
        (timed(), rule("pause"), "promote", "promote", 12 + 2 * 30),
        (json!("manual"), rule("pause"), "promote", "resume", 10 + 3 * 30),
        (timed(), rule("rollback"), "pause", "promote", 12 + 2 * 30),
    ] {
        let config = json!({
            "stages": stages(pause), "rules": rules, "on_inconclusive": on_inconclusive,
        });
        let person = json!({ "after_ticks": 30, "command": command });
        let report = studied(&config, &json!({ "runs": 1, "person": person }));
        assert_eq!(report.horizon_ticks, horizon, "{config} {command}");
    }
}

/// A rule that sees too little of its stages to fail often enough is warned of.
#[test]
fn a_failure_limit_beyond_what_the_delay_leaves_is_warned_of() {
    for (delay_ticks, look, window, warned) in [
        (0, json!("every_tick"), "stage", false),
        (2, json!("every_tick"), "stage", true),
        (2, json!("every_tick"), "rollout", false),
        (5, json!({ "every_seconds": 60 }), "rollout", true),
    ] {
        let stage =
            |(share, ticks): (u32, u32)| json!({ "traffic_pct": share, "duration_ticks": ticks });
        let config = config(
            &json!({
                "observation": { "delay_seconds": 60 * delay_ticks },
                "stages": ([(10, 2), (25, 2), (50, 3)].map(stage)),
                "rules": [{ "rule": "error_rate", "max": 0.5, "look": look, "window": window,
                            "failure_limit": 3 }],
            })
            .to_string(),
        );
        let warnings = config.warnings();
        let found = warnings.iter().any(|warning| warning.message.contains("never acts"));
        assert_eq!(found, warned, "{delay_ticks} {look} {window}: {warnings:?}");
    }
}

#[track_caller]
fn check_fault(change: Value, expected: &str) {
    let mut text = json!({
        "stages": [
            { "traffic_pct": 10, "duration_ticks": 10 }, { "traffic_pct": 60, "duration_ticks": 10 },
        ],
    });
    for (key, value) in change.as_object().unwrap() {
        text[key] = value.clone();
    }
    let error = Config::from_text(&text.to_string()).unwrap_err();
    let found: Vec<String> =
        error.problems().iter().map(|p| format!("{}: {}", p.path, p.message)).collect();
    assert!(found.iter().any(|one| one == expected), "{text} gives {found:?}");
}

#[test]
fn what_cannot_be_observed_is_refused_with_its_place() {
    let rule = |rule: Value| json!({ "rules": [rule] });
    let error_rate = |key: &str, value: Value| {
        let mut error_rate = json!({ "rule": "error_rate", "max": 0.1 });
        error_rate[key] = value;
        rule(error_rate)
    };
    let burn_rate = |key: &str, value: Value| {
        let mut burn_rate = json!({ "rule": "burn_rate" });
        burn_rate[key] = value;
        burn_rate
    };
    check_fault(
        json!({
            "observation": { "history_seconds": 600 },
            "rules": [{ "rule": "error_rate", "max": 0.1, "of": "service",
                        "window": { "last_seconds": 660 } }],
        }),
        "rules[0].window.last_seconds: 660 s is longer than the history before the rollout, 600 s (observation.history_seconds)",
    );
    check_fault(
        json!({
            "observation": { "history_seconds": 1800 },
            "rules": [burn_rate("of", json!("service"))],
        }),
        "rules[0].long_seconds: 3600 s is longer than the history before the rollout, 1800 s (observation.history_seconds)",
    );
    check_fault(
        json!({ "observation": { "delay_seconds": 1200 } }),
        "observation.delay_seconds: is 20 ticks, and the plan has 20: no rule would see any of it",
    );
    check_fault(
        json!({ "observation": { "delay_seconds": 90 } }),
        "observation.delay_seconds: 90, expected a multiple of tick_seconds, 60",
    );
    check_fault(
        rule(json!({ "rule": "error_rate", "max": 0.1, "failure_limit": 4, "of_last": 3 })),
        "rules[0].of_last: found 3, expected at least the failure_limit, 4",
    );
    check_fault(
        rule(burn_rate("objective", json!(1))),
        "rules[0].objective: found 1, expected a number between 0 and 1",
    );
    check_fault(
        rule(burn_rate("short_seconds", json!(3600))),
        "rules[0].short_seconds: found 3600, expected less than the long_seconds, 3600",
    );
    check_fault(
        rule(burn_rate("window", json!("tick"))),
        "rules[0].window: burn_rate has windows of its own, expected none",
    );
    check_fault(
        rule(json!({ "rule": "z_test", "of": "control" })),
        "rules[0].of: a control as large as the canary needs a share of at most 50 %, and stage 2 has 60 %",
    );
    check_fault(
        rule(json!({ "rule": "latency", "max": 300, "of": "service" })),
        "rules[0].of: latency reads the latencies of one version, expected canary",
    );
    check_fault(
        rule(json!({ "rule": "z_test", "of": "service" })),
        "rules[0].of: z_test compares the canary with the baseline, expected canary or control",
    );
    check_fault(
        error_rate("of", json!("control")),
        "rules[0].of: error_rate compares with nothing, expected canary or service",
    );
    check_fault(
        error_rate("window", json!({ "last_seconds": 90 })),
        "rules[0].window.last_seconds: 90, expected a multiple of tick_seconds, 60",
    );
    check_fault(
        error_rate("window", json!({ "last_seconds": 0 })),
        "rules[0].window.last_seconds: found 0, expected a whole number from 1 to 31536000",
    );
    check_fault(
        error_rate("look", json!({ "every_seconds": 90 })),
        "rules[0].look.every_seconds: 90, expected a multiple of tick_seconds, 60",
    );
    check_fault(
        error_rate("look", json!({ "after_seconds": 60 })),
        "rules[0].look.every_seconds: missing, expected a whole number from 1 to 31536000",
    );
    check_fault(
        error_rate("look_while_paused", json!("yes")),
        "rules[0].look_while_paused: invalid type: string \"yes\", expected true or false",
    );
    check_fault(
        json!({ "rules": [
            { "rule": "error_rate", "max": 0.1, "counts": "together", "failure_limit": 5 },
            { "rule": "error_rate", "max": 0.2, "counts": "together", "failure_limit": 4 },
        ] }),
        "rules[1].failure_limit: differs from that of rules[0], with which it counts failures",
    );
    check_fault(
        json!({ "canary": { "error_rate": 0.1, "error_ratio": 2 } }),
        "canary.error_rate: says the same as the error_ratio in another way, expected one of the two",
    );
    check_fault(
        json!({ "pods": { "count": 1 } }),
        "pods.count: found 1, expected a whole number from 2 to 10000",
    );
}
