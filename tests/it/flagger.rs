//! Flagger: its traces, webhooks, commands and faults of the configuration.
//!
//! The traces follow `advanceCanary` and the tests `TestScheduler_*` of Flagger, in
//! `pkg/controller`, at commit 15bd6ad. A run of Flagger is a tick here, where nothing
//! else is said; the run that finds the new revision is at tick 0.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::{Config, ControllerConfig, MAX_TICKS};
use canary_rollout::policy::{Command, Decide, Prepared, State};
use canary_rollout::rollout::{Plan, Rollout, Run};
use canary_rollout::seed::MAX_SEED;
use serde_json::{Value, json};

use crate::support::{LookCounter, config};

const TRACED: &str = include_str!("../data/controllers/flagger.yaml");
const TRACE: &str = include_str!("../data/controllers/flagger.trace");

/// A configuration with this Canary, in ticks of a minute. `slow` has runs of two ticks.
fn canary(keys: &str) -> Config {
    config(&format!(
        "{{ traffic: {{ requests_per_second: 100 }}, baseline: {{ error_rate: 0.001 }}, controller: {{ flagger: {{ {keys} }} }} }}"
    ))
}

/// A metric that fails in every check.
const FAILS: &str = "metrics: [{ name: fails, measures: success_rate, min: 2 }]";

/// The phase and the share in percent after each tick, a phase once for its ticks.
fn trace(rollout: &mut Rollout, most: u32) -> String {
    let (mut words, mut last) = (Vec::new(), None);
    for _ in 0..most {
        if rollout.state().is_terminal() {
            break;
        }
        rollout.tick().unwrap();
        let policy = rollout.plan().policy();
        let controller = rollout.standing().controller();
        let phase = policy.phases()[usize::from(controller.phase())];
        if last != Some(phase) {
            words.push(phase.to_string());
            last = Some(phase);
        }
        let share = (controller.share(policy) * 1e6).round() / 1e4;
        words.push(share.to_string());
    }
    words.join(" ")
}

#[track_caller]
fn check_trace(keys: &str, expected: &str) {
    let mut rollout = Rollout::new(&canary(keys), 1);
    assert_eq!(trace(&mut rollout, 30), expected, "{keys}");
}

#[test]
fn weights_rise_as_in_the_tests_of_flagger() {
    let end = "Promoting 100 Finalising 100 Succeeded 100";
    for (keys, weights) in [
        // TestScheduler_DeploymentNewRevision and …Promotion
        ("step_weight: 10, max_weight: 50", "10 20 30 40 50"),
        // TestScheduler_ServicePromotionMaxWeight, …WithWeightsHappyCase, …WithWeightsOverflow
        ("step_weight: 20, max_weight: 60", "20 40 60"),
        ("step_weight: 50, max_weight: 100", "50 100"),
        ("step_weight: 20, max_weight: 50", "20 40 60"),
        ("step_weights: [1, 2, 10, 80]", "1 2 10 80"),
        ("step_weights: [1, 2, 10, 200]", "1 2 10 100"),
        ("step_weight: 30, step_weights: [10, 50]", "30 60"),
        ("step_weight: 60", "60 100"),
    ] {
        check_trace(keys, &format!("Progressing {weights} {end}"));
    }
}

#[test]
fn strategies_and_promotions_take_the_runs_of_flagger() {
    let end = "Promoting 100 Finalising 100 Succeeded 100";
    for (keys, expected) in [
        // TestScheduler_DeploymentAnalysisPhases
        (
            "step_weight: 100, step_weight_promotion: 50",
            "Progressing 100 Promoting 100 100 Finalising 100 Succeeded 100",
        ),
        (
            "step_weight: 50, max_weight: 50, step_weight_promotion: 20",
            "Progressing 50 Promoting 100 100 100 Finalising 100 Succeeded 100",
        ),
        // TestScheduler_DeploymentBlueGreenAnalysisPhases
        ("iterations: 1", &format!("Progressing 0 100 {end}")),
        ("iterations: 3, mirror: true", &format!("Progressing 0 0 0 100 {end}")),
        // TestScheduler_DeploymentMirroring
        ("step_weight: 50, mirror: true", &format!("Progressing 0 50 100 {end}")),
        // TestScheduler_DeploymentABTesting
        ("iterations: 3, match_percent: 25", &format!("Progressing 25 25 25 {end}")),
        ("step_weight: 50, match_percent: 20", &format!("Progressing 10 20 {end}")),
        // TestScheduler_DeploymentSkipAnalysis
        ("step_weight: 10, skip_analysis: true", "Succeeded 100"),
        (
            "provider: kubernetes, step_weight: 10",
            &format!("Progressing 0 0 0 0 0 0 0 0 0 0 0 {end}"),
        ),
        ("provider: kubernetes, iterations: 2", &format!("Progressing 0 0 0 {end}")),
        // A load test begins with the first checks.
        ("iterations: 2, load_test_percent: 40", &format!("Progressing 0 40 100 {end}")),
        (
            "step_weight: 50, max_weight: 50, load_test_percent: 20",
            "Progressing 50 Promoting 100 Finalising 100 Succeeded 100",
        ),
        (
            "step_weight: 25, max_weight: 50, load_test_percent: 20",
            &format!("Progressing 25 60 {end}"),
        ),
        // The primary serves the old version until it is ready.
        (
            "step_weight: 50, max_weight: 50, primary_ready_seconds: 120",
            "Progressing 50 Promoting 50 50 Finalising 100 Succeeded 100",
        ),
        ("step_weight: 100, canary_ready_seconds: 120", &format!("Progressing 0 100 {end}")),
        // TestScheduler_DeploymentPromotionPrimaryNotReady
        (
            "step_weight: 50, max_weight: 50, primary_ready_seconds: 600, \
             progress_deadline_seconds: 120",
            "Progressing 50 Promoting 50 50 50 Failed 100",
        ),
        (
            "step_weight: 50, canary_ready_seconds: 600, progress_deadline_seconds: 120",
            "Progressing 0 0 Failed 0",
        ),
    ] {
        check_trace(keys, expected);
    }
}

#[test]
fn a_failed_check_holds_the_weight_and_the_threshold_acts_a_run_later() {
    for (keys, expected) in [
        ("threshold: 5, step_weight: 10", "Progressing 10 10 10 10 10 10 Failed 0"),
        ("step_weight: 10", "Progressing 10 10 Failed 0"),
        ("threshold: 2, iterations: 5", "Progressing 0 0 0 Failed 0"),
        ("threshold: 2, iterations: 5, match_percent: 30", "Progressing 30 30 30 Failed 0"),
        // Copies are not simulated: so long the checks pass.
        ("step_weight: 40, mirror: true", "Progressing 0 40 40 Failed 0"),
    ] {
        check_trace(&format!("{keys}, {FAILS}"), expected);
    }
    // A pass does not reset the count: TestScheduler_DeploymentRollback begins with 10 failures.
    let keys = "threshold: 3, step_weight: 5, metrics: [{ name: errors, measures: error_rate, \
                max: 0.0012 }]";
    let passes_between = |seed: u64| {
        let mut rollout = Rollout::new(&canary(keys), seed);
        rollout.run().unwrap();
        let report = rollout.report();
        if rollout.state() != State::RolledBack {
            return false;
        }
        let reason = "Rolled back: failed checks 3, the threshold is 3.";
        assert_eq!(report.rollback_reason.as_deref(), Some(reason));
        let said: Vec<&str> = report.decisions.iter().map(|d| d.sentence.as_str()).collect();
        let failed = |sentence: &&str| sentence.starts_with("Advancement halted");
        let (first, last) = (said.iter().position(failed), said.iter().rposition(failed));
        said[first.unwrap()..last.unwrap()].iter().any(|what| what.starts_with("Canary weight"))
    };
    // A check fails with a probability of 0.2 to 0.6, depending on the weight.
    assert!((0..20).filter(|seed| passes_between(*seed)).count() > 5);
}

#[test]
fn a_check_without_requests_fails() {
    let metric = "{ name: m, measures: success_rate, scale: 100, min: 90";
    for (no_data, expected) in [
        ("", "Progressing 0 0 Failed 0"),
        (", no_data: nan", "Progressing 0 0 Failed 0"),
        (
            ", no_data: { value: 90 }",
            "Progressing 0 0 100 Promoting 100 Finalising 100 Succeeded 100",
        ),
        (", no_data: { value: 89.9 }", "Progressing 0 0 Failed 0"),
    ] {
        check_trace(&format!("iterations: 2, metrics: [{metric}{no_data} }}]"), expected);
    }
    // Without a range every number passes, and no number fails.
    let metric = "metrics: [{ name: m, measures: latency, no_data: nan }]";
    check_trace(&format!("iterations: 2, {metric}"), "Progressing 0 0 Failed 0");
}

#[test]
fn webhooks_hold_count_and_roll_back() {
    let hook =
        |kind: &str, answer: &str| format!("webhooks: [{{ type: {kind}, answer: {answer} }}]");
    let after_2 = "{ passes_after_seconds: 120 }";
    for (keys, kind, answer, expected) in [
        (
            "step_weight: 100",
            "confirm_rollout",
            after_2,
            "Waiting 0 Progressing 0 100 Promoting 100 Finalising 100 Succeeded 100",
        ),
        (
            "step_weight: 100",
            "confirm_traffic_increase",
            after_2,
            "Progressing 0 0 100 Promoting 100 Finalising 100 Succeeded 100",
        ),
        (
            "step_weight: 100",
            "confirm_promotion",
            after_2,
            "Progressing 100 WaitingPromotion 100 100 Promoting 100 Finalising 100 Succeeded 100",
        ),
        // Flagger sets back the iterations: it asks at every other run.
        (
            "iterations: 2",
            "confirm_promotion",
            after_2,
            "Progressing 0 0 WaitingPromotion 0 0 0 100 Promoting 100 Finalising 100 Succeeded 100",
        ),
        (
            "iterations: 2, match_percent: 10",
            "confirm_promotion",
            after_2,
            "Progressing 10 10 WaitingPromotion 10 10 10 Promoting 100 Finalising 100 Succeeded 100",
        ),
        ("step_weight: 10, threshold: 3", "pre_rollout", "fails", "Progressing 0 0 0 Failed 0"),
        (
            "step_weight: 100, threshold: 3",
            "pre_rollout",
            after_2,
            "Progressing 0 0 100 Promoting 100 Finalising 100 Succeeded 100",
        ),
        ("step_weight: 10, threshold: 2", "rollout", "fails", "Progressing 10 10 10 Failed 0"),
        (
            "step_weight: 10, threshold: 2",
            "rollout",
            "{ fails_after_seconds: 60 }",
            "Progressing 10 20 20 20 Failed 0",
        ),
        (
            "step_weight: 10",
            "rollback",
            "{ passes_after_seconds: 180 }",
            "Progressing 10 20 30 Failed 0",
        ),
        // In the promotion it is not called.
        (
            "step_weight: 100",
            "rollback",
            after_2,
            "Progressing 100 Promoting 100 Finalising 100 Succeeded 100",
        ),
        (
            "step_weight: 100",
            "rollback",
            "fails",
            "Progressing 100 Promoting 100 Finalising 100 Succeeded 100",
        ),
    ] {
        check_trace(&format!("{keys}, {}", hook(kind, answer)), expected);
    }
}

/// The report of Flagger's issue 1801: a gate that does not open at 10 %, and checks that
/// fail meanwhile. At commit 15bd6ad the phase is Progressing then, so the threshold acts.
#[test]
fn checks_go_on_at_a_closed_gate() {
    let keys = format!(
        "interval_seconds: 120, threshold: 5, step_weight: 10, max_weight: 20, webhooks: \
         [{{ type: confirm_traffic_increase, answer: {{ fails_after_seconds: 120 }} }}], {FAILS}"
    );
    let text = format!("{{ tick_seconds: 120, controller: {{ flagger: {{ {keys} }} }} }}");
    let mut rollout = Rollout::new(&config(&text), 1);
    assert_eq!(trace(&mut rollout, 40), "Progressing 10 10 10 10 10 10 Failed 0");
    // With checks that pass it waits for a person, and goes on with its checks.
    let keys = "step_weight: 10, webhooks: [{ type: confirm_traffic_increase, answer: fails }]";
    let mut rollout = Rollout::new(&canary(keys), 1);
    rollout.run().unwrap();
    assert_eq!((rollout.state(), rollout.ticks()), (State::Paused, 1));
}

#[test]
fn a_canary_without_a_next_weight_waits_for_ever() {
    for (keys, weights) in [
        ("threshold: 2", "0 0 0 0"),
        ("step_weights: [10, 10, 20]", "10 10 10 10"),
        ("step_weights: [10, 5, 20]", "10 10 10 10"),
        ("step_weights: [10, 30, 20]", "10 30 30 30"),
        ("step_weights: [0, 20]", "0 0 0 0"),
    ] {
        let mut rollout = Rollout::new(&canary(keys), 1);
        assert_eq!(trace(&mut rollout, 4), format!("Progressing {weights}"), "{keys}");
        assert!(rollout.standing().controller().waits_for_a_person(), "{keys}");
        rollout.promote().unwrap();
        assert_eq!(trace(&mut rollout, 4), "Succeeded 100", "{keys}");
    }
}

#[test]
fn people_suspend_open_gates_skip_and_roll_back() {
    use Command::{Abort, Pause, Promote, Resume};
    let gate = "step_weight: 40, webhooks: [{ type: confirm_promotion, answer: fails }]";
    let plain = "step_weight: 40";
    let end = "Promoting 100 Finalising 100 Succeeded 100";
    for (keys, commands, expected) in [
        (plain, vec![(2, Pause), (4, Resume)], format!("Progressing 40 80 80 80 100 {end}")),
        (plain, vec![(1, Promote)], "Progressing 40 Succeeded 100".to_string()),
        (plain, vec![(1, Pause), (3, Promote)], "Progressing 40 40 40 Succeeded 100".to_string()),
        (plain, vec![(1, Abort)], "Progressing 40 Failed 0".to_string()),
        (plain, vec![(1, Pause), (2, Abort)], "Progressing 40 40 Failed 0".to_string()),
        (gate, vec![(5, Promote)], format!("Progressing 40 80 100 WaitingPromotion 100 100 {end}")),
        (gate, vec![(5, Resume)], format!("Progressing 40 80 100 WaitingPromotion 100 100 {end}")),
        (gate, vec![(4, Abort)], "Progressing 40 80 100 WaitingPromotion 100 Failed 0".to_string()),
        // During the promotion there is nothing to roll back to.
        (plain, vec![(4, Abort)], format!("Progressing 40 80 100 {end}")),
    ] {
        let mut rollout = Rollout::new(&canary(keys), 1);
        let mut found = Vec::new();
        for (tick, command) in &commands {
            let ticks = tick - rollout.ticks();
            found.push(trace(&mut rollout, ticks));
            if let Err(error) = rollout.command(*command) {
                assert_eq!(
                    error.to_string(),
                    "abort(): Flagger is promoting the primary, which it does not roll back"
                );
            }
        }
        found.push(trace(&mut rollout, 30));
        // A phase is said again after a command.
        let words = found.join(" ");
        let mut joined: Vec<&str> = Vec::new();
        let mut phase = "";
        for word in words.split(' ') {
            if word.starts_with(char::is_alphabetic) {
                if word != phase {
                    joined.push(word);
                }
                phase = word;
            } else {
                joined.push(word);
            }
        }
        assert_eq!(joined.join(" "), expected, "{keys} {commands:?}");
    }
}

#[test]
fn the_log_of_a_file_is_that_of_flagger_second_by_second() {
    let mut rollout = Rollout::new(&config(TRACED), 1);
    let mut lines = vec![String::from("second phase canary_percent")];
    let mut said = 0;
    while !rollout.state().is_terminal() {
        rollout.tick().unwrap();
        let policy = rollout.plan().policy();
        let controller = rollout.standing().controller();
        let phase = policy.phases()[usize::from(controller.phase())];
        let share = controller.share(policy) * 100.0;
        let seconds = rollout.ticks() * 10;
        let report = rollout.report();
        for decision in &report.decisions[said..] {
            lines.push(format!("       {} s: {}", decision.tick * 10, decision.sentence));
        }
        said = report.decisions.len();
        lines.push(format!("{seconds:>6} {phase} {share:.0}"));
    }
    let found = lines.join("\n") + "\n";
    #[cfg(not(target_family = "wasm"))]
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/controllers/flagger.trace");
        std::fs::write(path, &found).unwrap();
        return;
    }
    assert_eq!(found, TRACE);
}

#[track_caller]
fn check_faults(keys: &str, expected: &[&str]) {
    let text = format!("{{ controller: {{ flagger: {{ {keys} }} }} }}");
    let error = Config::from_text(&text).expect_err(keys).to_string();
    let found: Vec<&str> = error.lines().collect();
    assert_eq!(found.len(), expected.len(), "{keys}\n{error}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "{found}\n{expected}");
    }
}

#[test]
fn faults_are_reported_with_their_paths() {
    let of = |key: &str, message: &str| format!("controller.flagger.{key}: {message}");
    for (keys, key, message) in [
        ("interval_seconds: 5", "interval_seconds", "expected"),
        ("interval_seconds: 90", "interval_seconds", "90"),
        ("threshold: 0", "threshold", "expected"),
        ("step_weight: 2.5", "step_weight", "expected"),
        ("max_weight: 120", "max_weight", "expected"),
        ("match_percent: 0", "match_percent", "expected"),
        ("load_test_percent: 100", "load_test_percent", "expected"),
        ("step_weights: [10, -1]", "step_weights[1]", "expected"),
        ("webhooks: [{ name: gate }]", "webhooks[0].type", "missing"),
        (
            "webhooks: [{ type: rollout, answer: { passes_after_seconds: 30 } }]",
            "webhooks[0].answer.passes_after_seconds",
            "30",
        ),
        ("metrics: [{ name: m }]", "metrics[0].measures", "missing"),
        ("metrics: [{ measures: latency }]", "metrics[0].name", "missing"),
        (
            "metrics: [{ name: m, measures: latency, min: 3, max: 2 }]",
            "metrics[0].min",
            "is above max",
        ),
        (
            "metrics: [{ name: m, measures: error_rate_ratio, of: service }]",
            "metrics[0].of",
            "the whole service cannot be compared",
        ),
    ] {
        check_faults(keys, &[of(key, "").trim_end()]);
        check_faults(keys, &[message]);
    }
    check_faults("iterations: 100000, interval_seconds: 600", &["may last 1000050 ticks"]);
    check_faults("canary_weight: 5", &["canary_weight"]);
    check_faults("webhooks: [{ type: event }]", &["confirm_rollout"]);
}

#[track_caller]
fn check_warnings(keys: &str, expected: &[&str]) {
    let warnings = canary(keys).warnings();
    let found: Vec<String> = warnings.iter().map(|warning| warning.to_string()).collect();
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "{found}\n{expected}");
    }
}

#[test]
fn what_is_probably_a_mistake_is_said() {
    let rate = "metrics: [{ name: m, measures: success_rate, min: 0.99 }]";
    check_warnings(&format!("step_weight: 10, {rate}"), &[]);
    check_warnings("step_weight: 10", &["metrics: no metric can fail"]);
    check_warnings(rate, &["step_weight: no weight follows 0"]);
    check_warnings(
        &format!("step_weights: [10, 5, 20], {rate}"),
        &["step_weight: no higher weight follows 10 %"],
    );
    check_warnings(
        &format!("step_weight: 20, max_weight: 50, {rate}"),
        &["max_weight: the weight rises to 60 %, above 50 %"],
    );
    check_warnings(
        &format!("iterations: 5, {rate}"),
        &["metrics[0]: the canary gets no requests in its 5 runs"],
    );
    check_warnings(&format!("iterations: 5, load_test_percent: 10, {rate}"), &[]);
    check_warnings(&format!("step_weight: 50, mirror: true, {rate}"), &["mirror: copies"]);
    check_warnings(&format!("skip_analysis: true, {rate}"), &["skip_analysis: nothing is checked"]);
    let long = "metrics: [{ name: m, measures: latency, max: 500, window_seconds: 120 }]";
    check_warnings(
        &format!("step_weight: 50, {long}"),
        &["metrics[0].window_seconds: is longer than the interval of 60 s: the same requests can \
           fail 2 checks"],
    );
    let text = "{ traffic: { requests_per_second: 0.1 }, controller: { flagger: { step_weight: 10, \
                metrics: [{ name: m, measures: success_rate, min: 0.99 }] } } }";
    let warnings = config(text).warnings();
    assert!(warnings[0].to_string().contains("expects 0.6 requests of the canary"), "{warnings:?}");
}

/// `request-duration` is compared in whole milliseconds, of value and limit.
#[test]
fn whole_numbers_are_cut_off() {
    let config = canary(
        "metrics: [{ name: request-duration, measures: latency, max: 500.7, whole_numbers: true }]",
    );
    let Some(ControllerConfig::Flagger(flagger)) = &config.policy().controller else { panic!() };
    let metric = flagger.metrics[0].metric();
    assert_eq!(metric.limit(), Some(500.0));
    for (ms, shown) in [(500.9, 500.0), (501.0, 501.0)] {
        let sight = canary_rollout::rules::Sight {
            quantile_ms: canary_rollout::observation::ByArm { canary: Some(ms), baseline: None },
            ..Default::default()
        };
        assert_eq!(metric.value(&sight), Some(shown));
    }
}

/// Random words of a seed, by SplitMix64.
struct Words(u64);

impl Words {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

fn random_canary(words: &mut Words) -> Value {
    let tick = words.of(&[5, 10, 30]);
    let interval = tick * words.of(&[2, 3, 6]);
    let mut flagger = json!({
        "interval_seconds": interval.max(10),
        "threshold": 1 + words.below(5),
        "canary_ready_seconds": tick * words.below(20),
        "primary_ready_seconds": tick * words.below(20),
        "progress_deadline_seconds": tick * (1 + words.below(30)),
        "step_weight_promotion": words.of(&[0, 0, 7, 50]),
        "mirror": words.one_in(4),
        "skip_analysis": words.one_in(20),
        "load_test_percent": words.of(&[0, 0, 30]),
    });
    match words.below(4) {
        0 => flagger["iterations"] = json!(1 + words.below(5)),
        1 => {
            let weights: Vec<u64> = (0..1 + words.below(4)).map(|_| words.below(110)).collect();
            flagger["step_weights"] = json!(weights);
        }
        _ => flagger["step_weight"] = json!(words.below(60)),
    }
    if words.one_in(3) {
        flagger["max_weight"] = json!(1 + words.below(100));
    }
    if words.one_in(4) {
        flagger["match_percent"] = json!(1 + words.below(100));
    }
    if words.one_in(6) {
        flagger["provider"] = json!("kubernetes");
    }
    let measures =
        ["success_rate", "error_rate", "latency", "error_rate_ratio", "requests", "nothing"];
    let metrics = (0..words.below(3)).map(|i| {
        json!({
            "name": format!("m{i}"),
            "measures": words.of(&measures),
            "max": words.of(&[0.01, 1.0, 250.0]),
            "window_seconds": tick * (1 + words.below(8)),
            "no_data": words.of(&["empty", "nan"]),
        })
    });
    flagger["metrics"] = metrics.collect();
    let types = [
        "confirm_rollout",
        "pre_rollout",
        "rollout",
        "confirm_traffic_increase",
        "confirm_promotion",
        "rollback",
    ];
    let hooks = (0..words.below(4)).map(|_| {
        let seconds = tick * words.below(40);
        let answer = match words.below(5) {
            0 => json!("fails"),
            1 => json!("passes"),
            2 => json!({ "fails_after_seconds": seconds }),
            _ => json!({ "passes_after_seconds": seconds }),
        };
        json!({ "type": words.of(&types), "answer": answer })
    });
    flagger["webhooks"] = hooks.collect();
    json!({
        "tick_seconds": tick,
        "traffic": { "requests_per_second": words.of(&[0.5, 20.0]) },
        "canary": { "error_ratio": words.of(&[1.0, 8.0]) },
        "controller": { "flagger": flagger },
    })
}

#[test]
fn a_thousand_random_canaries_end_or_wait() {
    let mut words = Words(20_260);
    let mut ends = [0_u32; 5];
    for seed in 0..1_000 {
        let text = random_canary(&mut words).to_string();
        let config = config(&text);
        assert_eq!(
            config,
            Config::from_text(&serde_json::to_string(&config).unwrap()).unwrap(),
            "{text}"
        );
        let mut rollout = Rollout::new(&config, seed);
        let policy = rollout.plan().policy().clone();
        let levels = policy.levels().len() as u32;
        let shares = policy.shares();
        assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)), "{text}");
        let mut level = 0;
        while !rollout.state().is_terminal()
            && !rollout.standing().controller().waits_for_a_person()
        {
            rollout.tick().unwrap();
            let controller = rollout.standing().controller();
            assert!((0.0..=1.0).contains(&controller.share(&policy)), "{text}");
            assert!((controller.traffic_level(&policy) as usize) < shares.len(), "{text}");
            assert!(controller.level(&policy) >= level && controller.level(&policy) < levels);
            level = controller.level(&policy);
            let completed = rollout.state() == State::Completed;
            assert_eq!(controller.levels_completed() == levels, completed, "{text}");
        }
        assert!(u64::from(rollout.ticks()) <= policy.most_ticks(), "{text} {}", rollout.ticks());
        assert!(policy.most_ticks() < u64::from(MAX_TICKS));
        ends[rollout.state() as usize] += 1;
        // The same bytes again, and the same end in a run that is started again.
        let mut again = Rollout::new(&config, seed);
        again.run().unwrap();
        assert_eq!(again.report().to_json(), rollout.report().to_json(), "{text}");
        let plan = Plan::new(&config);
        let mut run = Run::new(&plan, MAX_SEED);
        let mut sink = LookCounter::default();
        for _ in 0..5 {
            let _ = run.tick(&plan, &mut sink);
        }
        run.restart(&plan, seed);
        while run.ticks() < rollout.ticks() {
            run.tick(&plan, &mut sink).unwrap();
        }
        assert_eq!(run.controller(), rollout.standing().controller(), "{text}");
    }
    let [progressing, paused, rolling_back, rolled_back, completed] = ends;
    assert_eq!((progressing, rolling_back), (0, 0));
    assert!(paused > 50 && rolled_back > 100 && completed > 100, "{ends:?}");
}

/// A release that no check stops takes the planned ticks.
#[test]
fn a_release_takes_its_planned_ticks() {
    for keys in [
        "step_weight: 10, max_weight: 50",
        "iterations: 4",
        "iterations: 3, match_percent: 10, canary_ready_seconds: 240",
        "step_weights: [1, 5, 50], mirror: true, step_weight_promotion: 20",
        "step_weight: 50, primary_ready_seconds: 300, webhooks: \
         [{ type: confirm_promotion, answer: { passes_after_seconds: 300 } }]",
    ] {
        let mut rollout = Rollout::new(&canary(keys), 1);
        rollout.run().unwrap();
        let policy = rollout.plan().policy();
        let ticks = u64::from(rollout.ticks());
        assert_eq!(ticks, policy.planned_ticks(), "{keys}");
        let of_levels: u64 = policy.levels().iter().map(|level| level.planned_ticks).sum();
        assert_eq!(ticks, of_levels, "{keys}");
    }
}
