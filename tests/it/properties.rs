//! Properties that hold for every configuration and seed.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::{Config, presets};
use canary_rollout::policy::{Call, Command, Decide};
use canary_rollout::rollout::{Rollout, TimedCommand};
use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, RngSeed, TestRunner};

use crate::support::config;

/// Configurations that together use every setting, small enough to run often.
fn configurations() -> impl Strategy<Value = Config> {
    let world = prop::sample::select(vec![
        "",
        r#""noise": { "common": 0.5 },"#,
        r#""noise": { "per_arm": 0.4 },"#,
        r#""incidents": { "chance_per_tick": 0.2, "duration_ticks": 2, "error_ratio": 5, "latency_ratio": 3 },"#,
        r#""incidents": { "at_tick": 3, "duration_ticks": 4, "error_ratio": 90 },"#,
    ]);
    let load = prop::sample::select(vec![
        r#""requests_per_second": 2"#,
        r#""requests_per_second": 150, "burstiness": 0.8"#,
        r#""requests_per_second": 40, "daily_swing": { "amplitude": 0.9, "period_seconds": 600, "peak_seconds": 100 }"#,
    ]);
    let canary = prop::sample::select(vec![
        r#"{}"#,
        r#"{ "error_ratio": 0.5 }"#,
        r#"{ "error_ratio": 3, "error_arrival": { "late": { "start_tick": 4 } } }"#,
        r#"{ "error_ratio": 80, "error_arrival": { "leak": { "start_tick": 2, "ramp_ticks": 5 } } }"#,
        r#"{ "error_ratio": 4, "error_arrival": { "under_load": { "from_load": 0.9, "full_load": 1.4 } } }"#,
        r#"{ "error_ratio": 9, "error_arrival": { "cold_start": { "half_life_ticks": 1.5 } },
            "latency_ratio": 2, "latency_arrival": { "late": { "start_tick": 3 } } }"#,
    ]);
    let policy = prop::sample::select(vec![
        r#""error_rate_threshold": 0.02, "latency_threshold_ms": 40"#,
        r#""rules": [{ "rule": "error_rate", "max": 0.05, "look": "every_tick", "window": "tick", "failure_limit": 2, "on_fail": "pause" },
                     { "rule": "error_rate_ratio", "max": 2, "look": "every_tick", "window": "rollout", "min_errors": 3 }],
           "on_inconclusive": { "extend": { "max_ticks": 2, "then": "pause" } }, "rollback_ticks": 2"#,
        r#""rules": [{ "rule": "latency", "max": 400, "quantile": 0.95, "look": "every_tick", "window": "stage", "stages": [2] }],
           "on_inconclusive": "rollback""#,
    ]);
    (world, load, canary, policy).prop_map(|(world, load, canary, policy)| {
        config(&format!(
            r#"{{ {world} "traffic": {{ {load} }}, "canary": {canary}, {policy},
                 "stages": [{{ "traffic_pct": 5, "duration_ticks": 3, "pause": {{ "ticks": 1 }} }},
                            {{ "traffic_pct": 40, "duration_ticks": 2 }},
                            {{ "traffic_pct": 100, "duration_ticks": 2, "pause": "manual" }}] }}"#
        ))
    })
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    prop::collection::vec(prop::sample::select(Call::ALL.to_vec()), 0..14)
}

fn make(rollout: &mut Rollout, call: Call) {
    // A call that the state does not allow is refused, which is fine here.
    let _ = match call {
        Call::Tick => rollout.tick(),
        Call::Advance => rollout.advance(),
        Call::Command(command) => rollout.command(command),
    };
}

fn rollout(config: &Config, seed: u64, calls: &[Call]) -> Rollout {
    let mut rollout = Rollout::new(config, seed);
    for call in calls {
        make(&mut rollout, *call);
    }
    rollout
}

/// Checks a property for fixed cases, the same in every run.
fn hold<S: Strategy>(strategy: S, property: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let cases = Cases {
        cases: 128,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..Cases::default()
    };
    TestRunner::new(cases).run(&strategy, property).unwrap();
}

#[test]
fn counts_are_consistent() {
    hold((configurations(), 0..1_000_u64, calls()), |(config, seed, calls)| {
        let rollout = rollout(&config, seed, &calls);
        let healthy = config.release().error_ratio <= 1.0;
        for row in &rollout.history().ticks {
            let (canary, baseline) = (row.counts.canary, row.counts.baseline);
            prop_assert!(canary.errors <= canary.requests && baseline.errors <= baseline.requests);
            prop_assert!(row.excess_errors <= canary.errors);
            prop_assert!(!healthy || row.excess_errors == 0);
            prop_assert!(row.share < 1.0 || baseline.requests == 0);
        }
        let metrics = rollout.report().metrics;
        let sum = |f: fn(&canary_rollout::rollout::TickRow) -> u64| {
            rollout.history().ticks.iter().map(f).sum::<u64>()
        };
        prop_assert_eq!(metrics.canary.requests, sum(|row| row.counts.canary.requests));
        prop_assert_eq!(metrics.excess_errors, sum(|row| row.excess_errors));
        Ok(())
    });
}

#[test]
fn shares_never_decrease_except_to_zero() {
    hold((configurations(), 0..1_000_u64, calls()), |(config, seed, calls)| {
        let rollout = rollout(&config, seed, &calls);
        let shares: Vec<f64> = rollout.history().ticks.iter().map(|row| row.share).collect();
        prop_assert!(shares.is_sorted());
        Ok(())
    });
}

#[test]
fn replaying_the_commands_gives_the_same_bytes() {
    hold((configurations(), 0..1_000_u64, calls()), |(config, seed, calls)| {
        let first = rollout(&config, seed, &calls);
        let json = first.report().to_json();
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        // From the JSON only: its config, its seed and its commands.
        let config = Config::from_text(&read["config"].to_string()).unwrap();
        let commands: Vec<TimedCommand> = serde_json::from_value(read["commands"].clone()).unwrap();
        let seed = read["seed"].as_u64().unwrap();
        let again = Rollout::replay(&config, seed, &commands, Some(first.ticks())).unwrap();
        prop_assert_eq!(again.report().to_json(), json);
        Ok(())
    });
}

#[test]
fn a_replay_in_parts_is_the_replay() {
    let parts = proptest::collection::vec(0..9_u32, 1..4);
    hold((configurations(), 0..1_000_u64, calls(), parts), |(config, seed, calls, parts)| {
        let first = rollout(&config, seed, &calls);
        for until in [None, Some(first.ticks()), Some(first.ticks() / 2)] {
            let whole = Rollout::replay(&config, seed, first.commands(), until).unwrap();
            let mut again = Rollout::new(&config, seed);
            let mut ticks = parts.iter().cycle();
            while again.replay_for(1 + ticks.next().unwrap(), first.commands(), until).unwrap() {}
            prop_assert_eq!(again.report(), whole.report());
        }
        Ok(())
    });
}

#[test]
fn a_longer_runs_history_begins_with_the_shorter_ones() {
    hold((configurations(), 0..1_000_u64, calls(), calls()), |(config, seed, calls, more)| {
        let shorter = rollout(&config, seed, &calls);
        let mut longer = shorter.clone();
        for call in more {
            make(&mut longer, call);
        }
        let (short, long) = (shorter.history(), longer.history());
        prop_assert!(long.ticks.starts_with(&short.ticks));
        prop_assert!(long.looks.starts_with(&short.looks));
        prop_assert!(long.decisions.starts_with(&short.decisions));
        Ok(())
    });
}

#[test]
fn pause_and_resume_without_a_tick_between_change_nothing_but_the_log() {
    hold((configurations(), 0..1_000_u64, calls(), calls()), |(config, seed, calls, more)| {
        let mut plain = rollout(&config, seed, &calls);
        if Call::Command(Command::Pause).check(plain.state()).is_err() {
            return Ok(());
        }
        let mut paused = plain.clone();
        paused.pause().unwrap();
        paused.resume().unwrap();
        for call in more {
            make(&mut plain, call);
            make(&mut paused, call);
        }
        prop_assert_eq!(plain.state(), paused.state());
        prop_assert_eq!(&plain.history().ticks, &paused.history().ticks);
        prop_assert_eq!(&plain.history().looks, &paused.history().looks);
        let (plain, paused) = (plain.report(), paused.report());
        prop_assert_eq!(plain.metrics, paused.metrics);
        prop_assert_eq!(plain.outcome, paused.outcome);
        prop_assert_eq!(plain.stages, paused.stages);
        Ok(())
    });
}

#[test]
fn counts_that_a_sink_does_not_need_do_not_affect_the_others() {
    use canary_rollout::observation::{ByArm, Counts};
    use canary_rollout::rollout::{Decision, Evidence, Plan, Run, Sink, Tick};
    use canary_rollout::world::Cells;

    /// A sink that needs no counts: it receives those that the rules need.
    #[derive(Default)]
    struct Spare {
        errors: Vec<[u64; 2]>,
        decisions: Vec<Decision>,
        looks: Vec<Evidence>,
    }
    impl Sink for Spare {
        fn wants(&self) -> Cells {
            Cells::NONE
        }
        fn wants_looks(&self) -> bool {
            true
        }
        fn tick(&mut self, tick: &Tick<'_>) {
            let ByArm { baseline, canary } = tick.counts;
            self.errors.push([baseline, canary].map(|counts: Counts| counts.errors));
        }
        fn look(&mut self, _: u32, evidence: &Evidence) {
            self.looks.push(*evidence);
        }
        fn decision(&mut self, decision: &Decision) {
            self.decisions.push(*decision);
        }
    }

    hold((configurations(), 0..1_000_u64), |(config, seed)| {
        let plan = Plan::new(&config);
        let (mut run, mut spare) = (Run::new(&plan, seed), Spare::default());
        while !run.state().is_terminal() && !run.controller().waits_for_a_person() {
            run.tick(&plan, &mut spare).unwrap();
        }
        let mut full = Rollout::new(&config, seed);
        full.run().unwrap();
        let errors = full.history().ticks.iter();
        let errors: Vec<[u64; 2]> =
            errors.map(|row| [row.counts.baseline.errors, row.counts.canary.errors]).collect();
        prop_assert_eq!(&spare.errors, &errors);
        prop_assert_eq!(&spare.decisions, &full.history().decisions);
        let looks: Vec<Evidence> = full.history().looks.iter().map(|look| look.evidence).collect();
        prop_assert_eq!(&spare.looks, &looks);
        Ok(())
    });
}

#[test]
fn every_preset_runs_to_its_end_or_to_a_planned_pause() {
    for preset in presets() {
        let mut rollout = Rollout::new(&config(preset.json), 1);
        rollout.run().unwrap();
        assert!(rollout.ticks() > 0, "{}", preset.name);
    }
}
