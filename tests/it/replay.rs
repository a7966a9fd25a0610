//! Replaying commands: the state of the rollout afterwards, and the commands that
//! are refused.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::policy::Command::{self, Abort, Pause, Promote, Resume};
use canary_rollout::policy::State::{self, Completed, Paused, Progressing, RolledBack};
use canary_rollout::rollout::{Rollout, TimedCommand};

use crate::support::config;

/// Ten ticks, no rules, and a rollback that takes a tick.
const PLAN: &str = r#"{
    "stages": [
        { "traffic_pct": 5, "duration_ticks": 5 },
        { "traffic_pct": 50, "duration_ticks": 5 }
    ],
    "rollback_ticks": 1
}"#;

fn timed(commands: &[(u32, Command)]) -> Vec<TimedCommand> {
    commands.iter().map(|&(tick, command)| TimedCommand { tick, command }).collect()
}

/// Replays, whole and in parts of three ticks. `expected` is the state, the ticks
/// elapsed and how many of the commands were given.
#[track_caller]
fn check(
    commands: &[(u32, Command)],
    until: Option<u32>,
    expected: Result<(State, u32, usize), &str>,
) {
    let plan = config(PLAN);
    let commands = timed(commands);
    let stands = |rollout: &Rollout| (rollout.state(), rollout.ticks(), rollout.commands().len());
    let whole = Rollout::replay(&plan, 1, &commands, until);
    let mut rollout = Rollout::new(&plan, 1);
    let in_parts = loop {
        match rollout.replay_for(3, &commands, until) {
            Ok(true) => {}
            Ok(false) => break Ok(stands(&rollout)),
            Err(error) => break Err(error.to_string()),
        }
    };
    let expected = expected.map_err(str::to_string);
    assert_eq!(whole.as_ref().map(stands).map_err(ToString::to_string), expected);
    assert_eq!(in_parts, expected);
    let refused = whole.err().and_then(|error| error.command);
    assert!(refused.is_none_or(|(index, command)| commands[index] == command));
}

#[test]
fn it_stands_where_until_and_the_commands_put_it() {
    for (commands, until, expected) in [
        (&[][..], None, (Completed, 10, 0)),
        (&[], Some(0), (Progressing, 0, 0)),
        (&[], Some(7), (Progressing, 7, 0)),
        (&[], Some(50), (Completed, 10, 0)),
        // A pause without a resume lasts up to `until`; without `until`, the replay
        // ends there.
        (&[(3, Pause)], None, (Paused, 3, 1)),
        (&[(3, Pause)], Some(3), (Paused, 3, 1)),
        (&[(3, Pause)], Some(50), (Paused, 50, 1)),
        (&[(3, Pause), (9, Resume)], None, (Completed, 16, 2)),
        // Commands after `until` are not given.
        (&[(3, Pause), (9, Resume)], Some(8), (Paused, 8, 1)),
        (&[(3, Pause), (9, Resume)], Some(9), (Progressing, 9, 2)),
        (&[(3, Abort), (9, Resume)], Some(4), (RolledBack, 4, 1)),
        // Several commands in a tick are given in order; those at 0 before the
        // first tick.
        (&[(0, Pause), (0, Resume), (0, Promote)], None, (Completed, 5, 3)),
        (&[(2, Promote), (2, Promote)], None, (Completed, 2, 2)),
        (&[(5, Abort)], None, (RolledBack, 6, 1)),
    ] {
        check(commands, until, Ok(expected));
    }
}

#[test]
fn what_is_refused_names_the_command_its_tick_and_why() {
    for (commands, until, expected) in [
        (
            &[(3, Resume)][..],
            None,
            "commands[0], resume at tick 3: resume(): the rollout is PROGRESSING, expected PAUSED",
        ),
        (
            &[(3, Pause), (3, Pause)],
            Some(3),
            "commands[1], pause at tick 3: pause(): the rollout is PAUSED, expected PROGRESSING",
        ),
        (
            &[(10, Abort)],
            None,
            "commands[0], abort at tick 10: abort(): the rollout is COMPLETED, expected \
             PROGRESSING or PAUSED",
        ),
        (
            &[(2, Abort), (9, Pause)],
            None,
            "commands[1], pause at tick 9: the rollout ends at tick 3",
        ),
        (&[(11, Abort)], Some(20), "commands[0], abort at tick 11: the rollout ends at tick 10"),
        (
            &[(3, Pause), (6, Resume), (5, Abort)],
            None,
            "commands[2], abort at tick 5: tick 6 has passed by then, expected commands in order",
        ),
        (&[(3, Pause)], Some(200_000), "tick(): the rollout has lasted its limit of 100000 ticks"),
    ] {
        check(commands, until, Err(expected));
    }
}

#[test]
fn it_goes_on_with_the_commands_that_it_was_given() {
    let mut rollout = Rollout::new(&config(PLAN), 1);
    rollout.pause().unwrap();
    let refused = |rollout: &mut Rollout, commands: &[(u32, Command)]| {
        let error = rollout.replay_for(9, &timed(commands), None).unwrap_err();
        (error.to_string(), rollout.ticks())
    };
    let others = "the rollout was given commands that the list does not begin with".to_string();
    assert_eq!(refused(&mut rollout, &[]), (others.clone(), 0));
    assert_eq!(refused(&mut rollout, &[(0, Abort)]), (others, 0));
    // The replay stops before a refused command, so that it can be left out.
    let (_, ticks) = refused(&mut rollout, &[(0, Pause), (4, Pause), (6, Resume)]);
    assert_eq!(ticks, 4);
    let rest = timed(&[(0, Pause), (6, Resume)]);
    assert!(!rollout.replay_for(99, &rest, None).unwrap());
    assert_eq!((rollout.state(), rollout.ticks()), (Completed, 16));
    let late =
        "commands[2], abort at tick 7: tick 16 has passed by then, expected commands in order";
    assert_eq!(
        refused(&mut rollout, &[(0, Pause), (6, Resume), (7, Abort)]),
        (late.to_string(), 16)
    );
}
