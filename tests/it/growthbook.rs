//! GrowthBook's monitored ramp: what its own tests say of a step
//! (`rampScheduleEvaluator.test.ts`), an independent simulation of the ramp, and
//! configurations with faults.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::sync::Arc;

use canary_rollout::config::Config;
use canary_rollout::policy::{Command, Decide, Prepared, State};
use canary_rollout::rollout::{Plan, Rollout};

use crate::support::{check_committed, config, rolled_out};
use crate::trace::{Draw, check_controller, trace};

/// A ramp of two monitored steps of an hour with a snapshot every 15 minutes. `ramp` and
/// `world` are added to it.
fn ramp(ramp: &str, world: &str) -> Config {
    config(&format!(
        "{{ tick_seconds: 300, {world} controller: {{ growthbook: {{ \
         refresh_seconds: 900, guardrails: [{{ name: errors, min_conversions: 10 }}], {ramp} }} }} }}"
    ))
}

const TWO_STEPS: &str = "steps: [{ coverage_pct: 10, interval_seconds: 3600 }, \
                         { coverage_pct: 50, interval_seconds: 3600 }]";
const BAD: &str = "traffic: { requests_per_second: 20 }, baseline: { error_rate: 0.01 }, canary: { error_ratio: 8 },";
const GOOD: &str = "traffic: { requests_per_second: 20 }, baseline: { error_rate: 0.01 },";
/// No user comes in a year.
const EMPTY: &str = "traffic: { requests_per_second: 1e-9 },";
/// The new version gets more of the users than the old one.
const SKEWED: &str = "traffic: { requests_per_second: 20, canary_skew: 1.5 },";

/// Where a ramp ends: its state, the tick, and the level reached.
#[track_caller]
fn check(config: &Config, state: State, tick: u32, level: u32) {
    let rollout = rolled_out(config, 7);
    let found = (rollout.state(), rollout.ticks());
    assert_eq!(found, (state, tick), "{:#?}", rollout.history().decisions);
    let policy = rollout.plan().policy();
    assert_eq!(rollout.standing().controller().level(policy), level);
}

/// The rows of `rampScheduleEvaluator.test.ts`, each as a whole ramp. A tick is 5 minutes:
/// an interval ends with tick 12, a snapshot is at every third tick.
#[test]
fn steps_are_decided_as_in_growthbooks_suite() {
    use State::{Completed, Paused, RolledBack};
    let with = |more: &str| format!("{TWO_STEPS}, {more}");
    // Holds for the interval and for a fresh snapshot, advances with a healthy one.
    check(&ramp(TWO_STEPS, GOOD), Completed, 24, 1);
    let odd = "steps: [{ coverage_pct: 10, interval_seconds: 3900 }, { coverage_pct: 50, interval_seconds: 300 }]";
    check(&ramp(odd, GOOD), Completed, 18, 1);
    // Without an interval a step waits for a snapshot after its beginning.
    let bare = "steps: [{ coverage_pct: 10 }, { coverage_pct: 50 }]";
    check(&ramp(bare, GOOD), Completed, 6, 1);
    // A step that is not monitored waits for its interval alone.
    let plain = "steps: [{ coverage_pct: 10, interval_seconds: 300, monitored: false }, \
                 { coverage_pct: 60, interval_seconds: 600 }]";
    check(&ramp(plain, BAD), Completed, 3, 1);
    // A guardrail that is lost rolls back, and not before the interval has elapsed.
    check(&ramp(TWO_STEPS, BAD), RolledBack, 12, 0);
    // A signal only holds.
    let signal = "guardrails: [{ name: errors, min_conversions: 1000000 }], \
                  signals: [{ name: errors, min_conversions: 10 }], max_hold_seconds: 1800";
    let signal = config(&format!(
        "{{ tick_seconds: 300, {BAD} controller: {{ growthbook: {{ refresh_seconds: 900, {TWO_STEPS}, {signal} }} }} }}"
    ));
    check(&signal, Paused, 18, 0);
    // Groups of different sizes: rollback, hold (the default), warn.
    check(&ramp(&with("srm_action: rollback"), SKEWED), RolledBack, 12, 0);
    check(&ramp(&with("max_hold_seconds: 1800"), SKEWED), Paused, 18, 0);
    check(&ramp(&with("srm_action: warn"), SKEWED), Completed, 24, 1);
    // A lost guardrail comes before them.
    let skewed =
        format!("{SKEWED} baseline: {{ error_rate: 0.01 }}, canary: {{ error_ratio: 8 }},");
    check(&ramp(&with("srm_action: hold"), &skewed), RolledBack, 12, 0);
    // No users: held during the time of grace whatever the action is, then the action. The
    // end of the grace is acted on at once; its snapshot need not be new.
    let grace =
        |action: &str| ramp(&with(&format!("no_traffic_grace_seconds: 6000, {action}")), EMPTY);
    check(&grace("no_traffic_action: rollback"), RolledBack, 20, 0);
    check(&grace("no_traffic_action: hold, max_hold_seconds: 3600"), Paused, 24, 0);
    // After a warning the next step begins; the time of grace is over by then.
    check(&grace("no_traffic_action: warn"), Completed, 33, 1);
    // The fewest users of a step: about 20 · 300 · 0.1 · 2 in a tick of the first.
    let sample = |users: u32| {
        ramp(
            &format!(
                "steps: [{{ coverage_pct: 10, interval_seconds: 300, min_sample_size: {users} }}, \
                 {{ coverage_pct: 50, interval_seconds: 300 }}]"
            ),
            GOOD,
        )
    };
    check(&sample(3_000), Completed, 6, 1);
    check(&sample(9_000), Completed, 12, 1);
}

/// An approval is the last gate; a person gives it, and until then a guardrail can roll
/// back.
#[test]
fn an_approval_is_the_last_gate() {
    let approved = "steps: [{ coverage_pct: 10, interval_seconds: 900, requires_approval: true }, \
                    { coverage_pct: 50, interval_seconds: 900 }]";
    let mut rollout = rolled_out(&ramp(approved, GOOD), 1);
    assert_eq!((rollout.state(), rollout.ticks()), (State::Paused, 3));
    rollout.command(Command::Resume).unwrap();
    assert_eq!(rollout.state(), State::Progressing);
    rollout.run().unwrap();
    assert_eq!((rollout.state(), rollout.ticks()), (State::Completed, 6));

    let late = format!(
        "{GOOD} canary: {{ error_ratio: 20, error_arrival: {{ late: {{ start_tick: 5 }} }} }},"
    );
    let mut rollout = rolled_out(&ramp(approved, &late), 1);
    assert_eq!((rollout.state(), rollout.ticks()), (State::Paused, 3));
    while rollout.state() == State::Paused {
        rollout.tick().unwrap();
    }
    assert_eq!((rollout.state(), rollout.ticks()), (State::RolledBack, 6));
}

/// Commands: a pause stops the clock of a step, a promotion begins the next one.
#[test]
fn a_person_pauses_jumps_and_rolls_back() {
    let config = ramp(TWO_STEPS, GOOD);
    let mut rollout = Rollout::new(&config, 3);
    for _ in 0..4 {
        rollout.tick().unwrap();
    }
    rollout.command(Command::Pause).unwrap();
    for _ in 0..10 {
        rollout.tick().unwrap();
    }
    rollout.command(Command::Resume).unwrap();
    rollout.run().unwrap();
    // 10 ticks late: the interval ends with tick 22, the snapshot is at 24, and the second
    // interval ends with 36.
    assert_eq!((rollout.state(), rollout.ticks()), (State::Completed, 36));

    let mut rollout = Rollout::new(&config, 3);
    rollout.tick().unwrap();
    rollout.command(Command::Promote).unwrap();
    assert_eq!(rollout.standing().controller().level(rollout.plan().policy()), 1);
    rollout.command(Command::Abort).unwrap();
    assert_eq!(rollout.state(), State::RolledBack);
}

/// The ramp of 24 hours, simulated independently of this program in Python, by users a
/// day, base rate and ratio: P(rollback) and the mean excess errors, with the floor of 150
/// errors and without it. 400 runs: P within 0.06, which is 4.2 standard errors where it
/// is 0.089, and excess errors within 6 % and 2.
#[test]
fn the_ramp_is_that_of_an_independent_simulation() {
    const RUNS: u64 = 400;
    for (users, base, ratio, floor, p, excess) in [
        (1e5, 0.002, 2.0, 150, 0.089, 67.0),
        (1e5, 0.002, 5.0, 150, 1.0, 267.0),
        (1e5, 0.002, 10.0, 150, 1.0, 602.0),
        (1e4, 0.002, 10.0, 150, 0.0, 60.0),
        (1e6, 0.002, 1.5, 150, 1.0, 325.0),
        (1e6, 0.02, 5.0, 150, 1.0, 500.0),
        (1e5, 0.002, 2.0, 0, 0.96, 59.0),
        (1e5, 0.002, 5.0, 0, 1.0, 24.0),
        (1e5, 0.002, 10.0, 0, 1.0, 26.0),
        (1e4, 0.002, 10.0, 0, 0.999, 59.0),
        (1e6, 0.002, 1.5, 0, 1.0, 194.0),
        (1e6, 0.02, 5.0, 0, 1.0, 83.0),
    ] {
        let config = config(&format!(
            "{{ tick_seconds: 900, traffic: {{ requests_per_second: {} }}, \
             baseline: {{ error_rate: {base} }}, canary: {{ error_ratio: {ratio} }}, \
             controller: {{ growthbook: {{ duration_seconds: 86400, refresh_seconds: 900, \
             srm_action: warn, guardrails: [{{ name: errors, min_conversions: {floor} }}] }} }} }}",
            users / 86_400.0
        ));
        let plan = Arc::new(Plan::new(&config));
        let (mut rolled_back, mut sum) = (0, 0);
        for seed in 0..RUNS {
            let mut rollout = Rollout::of_plan(plan.clone(), seed);
            rollout.run().unwrap();
            rolled_back += u64::from(rollout.state() == State::RolledBack);
            sum += rollout.history().ticks.iter().map(|tick| tick.excess_errors).sum::<u64>();
        }
        let found = (rolled_back as f64 / RUNS as f64, sum as f64 / RUNS as f64);
        let what = format!("{users} {base} {ratio} {floor}: {found:?}, {:?}", (p, excess));
        assert!((found.0 - p).abs() <= 0.06, "{what}");
        assert!((found.1 - excess).abs() <= 0.06 * excess + 2.0, "{what}");
    }
}

/// With snapshots every 6 hours, the default, the ramp of a day takes 42 hours: a step
/// ends at a snapshot.
#[test]
fn a_ramp_waits_for_its_snapshots() {
    let config = config(
        "{ tick_seconds: 3600, controller: { growthbook: { duration_seconds: 86400, \
         guardrails: [{ name: errors }] } } }",
    );
    let plan = Plan::new(&config);
    let planned: Vec<u64> =
        plan.policy().levels().iter().map(|level| level.planned_ticks).collect();
    // Of 3 hours each, because an hour is the tick, and 12 of the last step.
    assert_eq!(planned, [6, 6, 6, 6, 12]);
    let warnings: Vec<String> = config.warnings().iter().map(ToString::to_string).collect();
    assert!(
        warnings.iter().any(|warning| warning.contains(
            "a step ends at a snapshot: the ramp takes 129,600 s, its intervals 86,400 s"
        )),
        "{warnings:?}"
    );
}

#[test]
fn faults_have_their_paths() {
    #[track_caller]
    fn check(ramp: &str, expected: &[&str]) {
        let text = format!("{{ controller: {{ growthbook: {{ {ramp} }} }} }}");
        let error = Config::from_text(&text).unwrap_err();
        let found: Vec<String> = error
            .problems()
            .iter()
            .map(|problem| format!("{}: {}", problem.path, problem.message))
            .collect();
        let at = |rest: &&str| format!("controller.growthbook{rest}");
        assert_eq!(found, expected.iter().map(at).collect::<Vec<_>>());
    }
    const ERRORS: &str = "guardrails: [{ name: errors }]";
    check(ERRORS, &[".steps: missing, expected steps or duration_seconds"]);
    check("duration_seconds: 600", &[".guardrails: missing, expected at least one guardrail"]);
    check(
        &format!("{ERRORS}, duration_seconds: 600, steps: []"),
        &[".duration_seconds: stands beside steps, expected one of the two"],
    );
    check(
        &format!("{ERRORS}, duration_seconds: 90"),
        &[".duration_seconds: 90, expected a multiple of tick_seconds, 60"],
    );
    check(
        &format!("{ERRORS}, duration_seconds: 600, refresh_seconds: 300"),
        &[".refresh_seconds: found 300, expected a whole number from 600 to 31536000"],
    );
    check(
        &format!(
            "{ERRORS}, steps: [{{ coverage_pct: 60, monitored: true, interval_seconds: 60 }}]"
        ),
        &[
            ".steps[0].coverage_pct: 60, expected at most 50 in a monitored step: the control is as large",
        ],
    );
    check(
        &format!("{ERRORS}, steps: [{{ coverage_pct: 60 }}]"),
        &[
            ".steps[0].interval_seconds: missing: a step that is not monitored needs it or requires_approval",
        ],
    );
    check(
        &format!(
            "{ERRORS}, steps: [{{ coverage_pct: 100, interval_seconds: 60, min_sample_size: 5 }}]"
        ),
        &[
            ".steps[0].min_sample_size: stands in a step that is not monitored, where it has no effect",
        ],
    );
    check(
        "duration_seconds: 600, guardrails: [{ min_change: -1 }], p_value_threshold: 0.5",
        &[
            ".guardrails[0].name: missing, expected the metric’s name",
            ".guardrails[0].min_change: found -1, expected a number from 0 to 100",
            ".p_value_threshold: found 0.5, expected a number between 0 and 0.5",
        ],
    );
}

/// A ramp tick by tick, in words.
#[test]
fn a_ramp_is_traced() {
    let config = ramp(
        &format!("{TWO_STEPS}, signals: [{{ name: slow errors, min_conversions: 5000 }}]"),
        &format!(
            "{GOOD} canary: {{ error_ratio: 4, error_arrival: {{ late: {{ start_tick: 14 }} }} }},"
        ),
    );
    let found = include_str!("../data/controllers/growthbook.trace");
    check_committed("tests/data/controllers/growthbook.trace", found, &trace(&config, 42));
}

/// 1,000 random ramps end or wait, and replay to the same bytes.
#[test]
fn random_ramps_end_or_wait() {
    check_controller(1_000, |draw: &mut Draw| {
        let steps: Vec<String> = (0..draw.of(1, 5))
            .map(|_| {
                let coverage = draw.of(1, 100);
                let more = [
                    "",
                    ", requires_approval: true",
                    ", min_sample_size: 2000",
                    ", monitored: false",
                ];
                let more = match more[draw.of(0, 3) as usize] {
                    ", min_sample_size: 2000" if coverage > 50 => "",
                    more => more,
                };
                let interval = 60 * draw.of(1, 40);
                format!("{{ coverage_pct: {coverage}, interval_seconds: {interval}{more} }}")
            })
            .collect();
        let action = |draw: &mut Draw| ["hold", "rollback", "warn"][draw.of(0, 2) as usize];
        let (srm, traffic) = (action(draw), action(draw));
        format!(
            "growthbook: {{ steps: [{}], refresh_seconds: {}, srm_action: {srm}, \
             no_traffic_action: {traffic}, no_traffic_grace_seconds: {}, \
             guardrails: [{{ name: errors, min_conversions: {} }}], \
             signals: [{{ name: more, min_conversions: {} }}] }}",
            steps.join(", "),
            600 + 60 * draw.of(0, 30),
            60 * draw.of(1, 60),
            draw.of(0, 200),
            draw.of(0, 200),
        )
    });
}
