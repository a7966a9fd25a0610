//! The table of states and calls, checked with every short sequence of calls.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::policy::{Call, Command, State};
use canary_rollout::rollout::Rollout;

use crate::support::config;

use State::{Completed, Paused, Progressing, RolledBack, RollingBack};

/// A state, and the states that a call may lead to.
type Edges = (State, &'static [State]);

/// The states in which each call is allowed, and where it may lead.
const TABLE: [(Call, &[Edges]); 6] = [
    (
        Call::Tick,
        &[
            (Progressing, &[Progressing, Paused, RollingBack, RolledBack, Completed]),
            (Paused, &[Paused, Progressing, Completed]),
            (RollingBack, &[RollingBack, RolledBack]),
        ],
    ),
    (
        Call::Advance,
        &[
            (Progressing, &[Progressing, Paused, RollingBack, RolledBack, Completed]),
            (RollingBack, &[RolledBack]),
        ],
    ),
    (Call::Command(Command::Pause), &[(Progressing, &[Paused])]),
    (Call::Command(Command::Resume), &[(Paused, &[Progressing, Completed])]),
    (
        Call::Command(Command::Promote),
        &[(Progressing, &[Progressing, Completed]), (Paused, &[Progressing, Completed])],
    ),
    (
        Call::Command(Command::Abort),
        &[(Progressing, &[RollingBack, RolledBack]), (Paused, &[RollingBack, RolledBack])],
    ),
];

/// Short plans that together use every transition.
const PLANS: [&str; 3] = [
    // A manual and a timed pause, a rule that pauses, and a rollback that takes a
    // tick.
    r#"{ "stages": [
            { "traffic_pct": 10, "duration_ticks": 1, "pause": "manual" },
            { "traffic_pct": 50, "duration_ticks": 2, "pause": { "ticks": 1 } }
        ],
        "rules": [{ "rule": "error_rate_delta", "max": 0, "look": "every_tick", "window": "tick", "on_fail": "pause" }],
        "rollback_ticks": 1 }"#,
    // A rule that rolls back at once, and an extension.
    r#"{ "stages": [
            { "traffic_pct": 10, "duration_ticks": 1 },
            { "traffic_pct": 50, "duration_ticks": 1 }
        ],
        "rules": [{ "rule": "error_rate_delta", "max": 0.002, "min_errors": 60 }],
        "on_inconclusive": { "extend": { "max_ticks": 1, "then": "pause" } } }"#,
    // No rules.
    r#"{ "stages": [{ "traffic_pct": 1, "duration_ticks": 2 }, { "traffic_pct": 100, "duration_ticks": 1 }] }"#,
];

fn call(rollout: &mut Rollout, call: Call) -> Result<(), String> {
    let done = match call {
        Call::Tick => rollout.tick(),
        Call::Advance => rollout.advance(),
        Call::Command(command) => rollout.command(command),
    };
    done.map_err(|error| error.to_string())
}

#[track_caller]
fn check(before: &Rollout, the_call: Call) -> Option<Rollout> {
    let mut after = before.clone();
    let result = call(&mut after, the_call);
    let row = TABLE.iter().find(|(call, _)| *call == the_call).expect("a row for each call").1;
    let from = before.state();
    match (row.iter().find(|(state, _)| *state == from), result) {
        (Some((_, to)), Ok(())) => {
            assert!(to.contains(&after.state()), "{the_call:?}: {from} to {}", after.state());
            let ticked = after.ticks() - before.ticks();
            match the_call {
                Call::Tick => assert_eq!(ticked, 1),
                Call::Advance => assert!(ticked >= 1),
                Call::Command(_) => assert_eq!(ticked, 0),
            }
            Some(after)
        }
        (None, Err(message)) => {
            let expected = format!("{}(): the rollout is {from}, expected ", the_call.name());
            assert!(message.starts_with(&expected), "{message}");
            assert_eq!(after.history(), before.history());
            assert_eq!(after.commands(), before.commands());
            assert_eq!((after.state(), after.ticks()), (from, before.ticks()));
            None
        }
        (allowed, result) => panic!("{the_call:?} in {from}: allowed {allowed:?}, got {result:?}"),
    }
}

/// Tries every sequence of calls. A refused call changes nothing, so the sequences
/// that follow it are tried only once.
fn walk(rollout: &Rollout, calls_left: u32, seen: &mut [u64; 5]) {
    seen[rollout.state() as usize] += 1;
    if calls_left == 0 {
        return;
    }
    for the_call in Call::ALL {
        if let Some(after) = check(rollout, the_call) {
            walk(&after, calls_left - 1, seen);
        }
    }
}

#[test]
fn every_sequence_of_seven_calls_moves_as_the_table_says() {
    let mut seen = [0; 5];
    for plan in PLANS {
        for seed in 0..2 {
            walk(&Rollout::new(&config(plan), seed), 7, &mut seen);
        }
    }
    assert!(seen.iter().all(|visits| *visits > 100), "states visited: {seen:?}");
}

#[test]
fn a_refused_call_changes_no_byte_of_the_result() {
    for plan in PLANS {
        let mut rollout = Rollout::new(&config(plan), 3);
        rollout.run().unwrap();
        if !rollout.state().is_terminal() {
            rollout.abort().unwrap();
            rollout.run().unwrap();
        }
        let before = rollout.report().to_json();
        for the_call in Call::ALL {
            call(&mut rollout, the_call).unwrap_err();
            assert_eq!(rollout.report().to_json(), before, "{the_call:?}");
        }
    }
}

#[test]
fn the_messages_name_the_call_and_the_state() {
    let mut rollout = Rollout::new(&config(PLANS[2]), 1);
    assert_eq!(
        rollout.resume().unwrap_err().to_string(),
        "resume(): the rollout is PROGRESSING, expected PAUSED"
    );
    rollout.pause().unwrap();
    assert_eq!(
        rollout.advance().unwrap_err().to_string(),
        "advance(): the rollout is PAUSED, expected PROGRESSING or ROLLING_BACK"
    );
    rollout.abort().unwrap();
    assert_eq!(
        rollout.tick().unwrap_err().to_string(),
        "tick(): the rollout is ROLLED_BACK, expected PROGRESSING or PAUSED or ROLLING_BACK"
    );
}

#[test]
fn traffic_flows_while_paused_and_the_stages_clock_stands_still() {
    let mut rollout = Rollout::new(&config(PLANS[2]), 1);
    rollout.tick().unwrap();
    rollout.pause().unwrap();
    for _ in 0..10 {
        rollout.tick().unwrap();
    }
    let report = rollout.report();
    assert_eq!((rollout.state(), rollout.ticks()), (Paused, 11));
    assert!(report.metrics.canary.requests > 0);
    assert_eq!(report.stages[0].metrics.as_ref().unwrap().ticks, 11);
    rollout.resume().unwrap();
    rollout.tick().unwrap();
    assert_eq!(rollout.report().stages_completed, 1, "one of two ticks was left");
}

#[test]
fn a_rule_that_paused_does_not_act_again_in_its_stage() {
    let config = config(
        r#"{ "stages": [{ "traffic_pct": 50, "duration_ticks": 6 }, { "traffic_pct": 60, "duration_ticks": 6 }],
             "canary": { "error_ratio": 10 },
             "rules": [{ "rule": "error_rate_ratio", "max": 2, "look": "every_tick", "on_fail": "pause" }] }"#,
    );
    let mut rollout = Rollout::new(&config, 1);
    rollout.run().unwrap();
    assert_eq!((rollout.state(), rollout.ticks()), (Paused, 1));
    rollout.resume().unwrap();
    rollout.run().unwrap();
    assert_eq!((rollout.state(), rollout.ticks()), (Paused, 7), "it acts again in the next stage");
}

#[test]
fn after_a_pause_at_a_stages_end_resume_promotes() {
    let mut rollout = Rollout::new(&config(PLANS[0]), 0);
    while rollout.report().stages_completed == 0 && rollout.ticks() < 5 {
        rollout.advance().unwrap();
        assert_eq!(rollout.state(), Paused);
        rollout.resume().unwrap();
    }
    assert_eq!((rollout.state(), rollout.ticks()), (Progressing, 1));
}
