//! Recorded counts in place of drawn ones: a rollout's own history replayed, a release
//! laid upon a baseline, steps and ticks, gaps, and studies over recorded days.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::sync::Arc;

use canary_rollout::config::{Config, presets};
use canary_rollout::math::exp;
use canary_rollout::observation::{Arm, ByArm, Counts};

use canary_rollout::policy::{By, Prepared, State, Step};
use canary_rollout::record::{ArmRecord, Quantile, Record};
use canary_rollout::report::{Outcome, RecordedSource, Release};
use canary_rollout::rollout::{Decision, Plan, Rollout, TimedCommand};
use canary_rollout::study::{FieldValue, Requirement, Study, StudyOptions};
use canary_rollout::text::{rollout_text, study_text};
use canary_rollout::world::{Cells, LatencySource, RecordedWorld, ReplayOptions};
use serde_json::Value;

use crate::fit::{Words, check_fit};
use crate::support::{EMPTY_DIGEST, config, digest, rolled_out};

/// Ticks before the rollout: more than any window of a preset reads.
const PAST: u32 = 1_500;

fn arm(requests: &[f64], errors: &[f64]) -> ArmRecord {
    ArmRecord { requests: requests.to_vec(), errors: errors.to_vec(), latency: Vec::new() }
}

fn constant(steps: usize, requests: f64, errors: f64) -> ArmRecord {
    arm(&vec![requests; steps], &vec![errors; steps])
}

#[track_caller]
fn record(step_seconds: u32, baseline: ArmRecord, canary: Option<ArmRecord>) -> Record {
    Record::new(0, step_seconds, baseline, canary).expect("a valid record")
}

#[track_caller]
fn recorded(record: &Record, config: &Config, options: &ReplayOptions) -> Arc<RecordedWorld> {
    Arc::new(RecordedWorld::new(record, config, options).expect("a record to be played"))
}

#[track_caller]
fn over(record: &Record, config: &Config, options: &ReplayOptions, seed: u64) -> Rollout {
    Rollout::over_record(config, recorded(record, config, options), seed).expect("a rollout")
}

/// One stage of `ticks` ticks without rules, in ticks of a minute.
fn plain(share_pct: f64, ticks: u32, more: &str) -> Config {
    config(&format!(
        r#"{{ "tick_seconds": 60, {more}
            "stages": [{{ "traffic_pct": {share_pct}, "duration_ticks": {ticks} }}] }}"#
    ))
}

/// What monitoring has of a rollout, and of the time before it.
fn history_as_record(rollout: &Rollout) -> Record {
    let (plan, config) = (rollout.plan(), rollout.plan().config());
    let mut arms = ByArm::from_fn(|_| (Vec::new(), Vec::new(), Vec::new()));
    let usual = config.world().baseline.latency_ms.p50;
    let mut add = |counts: ByArm<Counts>, shift: ByArm<f64>| {
        for arm in [Arm::Baseline, Arm::Canary] {
            let (requests, errors, medians) = arms.of_mut(arm);
            requests.push(counts.of(arm).requests as f64);
            errors.push(counts.of(arm).errors as f64);
            medians.push(usual * exp(*shift.of(arm)));
        }
    };
    let mut world = plan.world().start(rollout.seed());
    for ago in (0..PAST).rev() {
        let baseline = plan.world().past(&mut world, ago);
        add(ByArm { baseline, canary: Counts::default() }, ByArm::default());
    }
    let history = rollout.history();
    for (row, latency) in history.ticks.iter().zip(&history.latencies) {
        add(row.counts, latency.shift);
    }
    let [baseline, canary] = [arms.baseline, arms.canary].map(|(requests, errors, ms)| ArmRecord {
        requests,
        errors,
        latency: vec![Quantile { q: 0.5, ms }],
    });
    let tick = config.world().tick_seconds;
    let start = -i64::from(PAST) * i64::from(tick);
    Record::new(start, tick, baseline, Some(canary)).expect("a valid record")
}

type Decided = (u32, u32, Step, By, String);

fn decided(rollout: &Rollout) -> Vec<Decided> {
    let key = |d: &Decision| (d.tick, d.stage, d.step, d.by, format!("{:?}", d.note));
    rollout.history().decisions.iter().map(key).collect()
}

#[track_caller]
fn check_replays(name: &str, config: &Config, seed: u64) {
    let simulated = rolled_out(config, seed);
    if simulated.ticks() == 0 {
        return;
    }
    let options = ReplayOptions { start: Some(0), ..ReplayOptions::default() };
    let mut replayed = over(&history_as_record(&simulated), config, &options, seed);
    replayed.run().expect("the replay ends");
    assert_eq!(decided(&replayed), decided(&simulated), "{name}, seed {seed}");
    assert_eq!(replayed.ticks(), simulated.ticks(), "{name}, seed {seed}");
    assert_eq!(replayed.state(), simulated.state(), "{name}, seed {seed}");
    let counts = |rollout: &Rollout| {
        rollout.history().ticks.iter().map(|row| row.counts).collect::<Vec<_>>()
    };
    assert!(counts(&replayed) == counts(&simulated), "{name}, seed {seed}");
    let outcome = replayed.report().outcome;
    let decides = simulated.state() == State::Completed
        || simulated.history().decisions.iter().any(|decision| decision.step == Step::Rollback);
    let expected = if decides { Outcome::Unknown } else { Outcome::Undecided };
    assert_eq!(outcome, expected, "{name}, seed {seed}");
}

#[test]
fn a_policy_decides_on_the_record_of_its_own_rollout_as_it_did() {
    for preset in presets() {
        let config = config(preset.json);
        let seeds = if config.policy().planned_ticks() > 500 { 1 } else { 4 };
        (0..seeds).for_each(|seed| check_replays(preset.name, &config, seed));
    }
}

#[test]
fn also_on_the_record_of_a_restless_world_seen_late() {
    let config = config(
        r#"{
            "tick_seconds": 60,
            "traffic": { "requests_per_second": 40, "burstiness": 0.3,
                "daily_swing": { "amplitude": 0.5, "period_seconds": 3600 } },
            "noise": { "common": 0.4, "per_arm": 0.2 },
            "incidents": { "chance_per_tick": 0.05, "duration_ticks": 3, "error_ratio": 5, "latency_ratio": 2 },
            "baseline": { "error_rate": 0.01, "error_clump": 3 },
            "observation": { "delay_seconds": 180 },
            "canary": { "error_ratio": 1.5, "latency_ratio": 1.2 },
            "stages": [
                { "traffic_pct": 5, "duration_ticks": 15 },
                { "traffic_pct": 30, "duration_ticks": 15 }
            ],
            "rules": [
                { "rule": "error_rate_delta", "max": 0.02, "look": "every_tick", "window": { "last_seconds": 300 } },
                { "rule": "latency_ratio", "max": 1.5, "quantile": 0.9, "look": "every_tick", "window": "tick" },
                { "rule": "error_rate", "max": 0.05, "of": "service", "look": "every_tick", "window": { "last_seconds": 600 } },
                { "rule": "z_test", "alpha": 0.001, "of": "control" }
            ],
            "rollback_ticks": 2
        }"#,
    );
    (0..20).for_each(|seed| check_replays("restless", &config, seed));
}

#[test]
fn the_end_of_the_record_ends_the_rollout_undecided() {
    let config = plain(5.0, 10, "");
    let both = record(60, constant(6, 950.0, 2.0), Some(constant(6, 50.0, 1.0)));
    let mut rollout = over(&both, &config, &ReplayOptions::default(), 0);
    rollout.run().expect("the run stops");
    assert!(rollout.record_has_ended());
    assert_eq!((rollout.ticks(), rollout.state()), (6, State::Progressing));
    let error = rollout.tick().unwrap_err();
    assert_eq!(error.to_string(), "tick(): the record ends with tick 6");
    let report = rollout.report();
    assert_eq!(report.outcome, Outcome::Undecided);
    let said = report.recorded.expect("a record");
    assert!(said.ended);
    let last = said.notes.last().map(String::as_str);
    assert_eq!(last, Some("The record ends after 6 ticks, before the policy has decided."));
    // Commands are replayed up to there.
    let mut rollout = over(&both, &config, &ReplayOptions::default(), 0);
    assert_eq!(rollout.replay_for(u32::MAX, &[], Some(9)), Ok(false));
    assert_eq!(rollout.ticks(), 6);
    let abort = TimedCommand { tick: 8, command: canary_rollout::policy::Command::Abort };
    let error = rollout.replay_for(u32::MAX, &[abort], None).unwrap_err();
    assert_eq!(error.to_string(), "commands[0], abort at tick 8: the rollout ends at tick 6");
    // A record that is just long enough decides.
    let both = record(60, constant(10, 950.0, 2.0), Some(constant(10, 50.0, 1.0)));
    let mut rollout = over(&both, &config, &ReplayOptions::default(), 0);
    rollout.run().expect("the run ends");
    assert_eq!(rollout.state(), State::Completed);
    assert!(!rollout.record_has_ended());
}

#[test]
fn a_report_of_two_recorded_arms_says_what_is_not_known() {
    let config = plain(5.0, 10, r#""canary": { "error_ratio": 4 },"#);
    let both = record(60, constant(20, 900.0, 9.0), Some(constant(20, 100.0, 3.0)));
    let mut rollout = over(&both, &config, &ReplayOptions::default(), 0);
    rollout.run().expect("the run ends");
    let report = rollout.report();
    assert_eq!(report.outcome, Outcome::Unknown);
    assert_eq!(report.truth.release, Release::Unknown);
    assert_eq!(report.truth.regression_from_tick, None);
    // 30 errors, where 1,000 requests at 1 % make 10.
    assert_eq!(report.metrics.excess_errors, 20);
    let said = report.recorded.as_ref().expect("a record");
    assert!((said.excess_errors.unwrap() - 20.0).abs() < 1e-9);
    assert_eq!(said.source, RecordedSource::BothArms);
    assert_eq!(said.latency.canary, LatencySource::Config);
    let [level] = said.levels[..] else { panic!("one level") };
    assert_eq!((level.share, level.recorded_share), (0.05, Some(0.1)));
    assert!(said.notes.iter().any(|note| {
        note.contains("gives the canary 5 % of the traffic, it had 10 % in the record")
    }));
    let interval = &report.metrics.error_ratio_interval;
    assert!(interval.low.unwrap() < 3.0 && interval.high.unwrap() > 3.0, "{interval:?}");
    let text = rollout_text(&rollout);
    let first = "rollout   seed 0   10 ticks of 60 s   recorded, from 1970-01-01T00:00:00Z\n";
    assert!(text.starts_with(first), "{text}");
    assert!(text.contains("COMPLETED: rightly or not, nobody knows"), "{text}");
    assert!(text.contains("About 20 requests more failed than at the baseline’s error rate."));
    let json: Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["truth"]["release"], "unknown");
    assert_eq!(json["metrics"]["excess_errors"], 20);
    assert_eq!(json["recorded"]["source"], "both_arms");
    // Drawn counts have no such key.
    let json: Value = serde_json::from_str(&rolled_out(&config, 0).report().to_json()).unwrap();
    assert!(json.get("recorded").is_none());
}

/// The baseline's counts, by tick, of a record of steps.
#[track_caller]
fn check_ticks(
    step_seconds: u32,
    steps: &[(f64, f64)],
    tick_seconds: u32,
    expected: &[(u64, u64)],
) {
    let (requests, errors): (Vec<f64>, Vec<f64>) = steps.iter().copied().unzip();
    let record = record(step_seconds, arm(&requests, &errors), Some(arm(&requests, &errors)));
    let config = plain(50.0, 1_000, "");
    let mut parts = config.parts();
    parts.world.tick_seconds = tick_seconds;
    let config = parts.check().unwrap();
    let options = ReplayOptions { start: Some(0), ..ReplayOptions::default() };
    let mut rollout = over(&record, &config, &options, 0);
    rollout.run().unwrap();
    let found: Vec<(u64, u64)> = rollout
        .history()
        .ticks
        .iter()
        .map(|row| (row.counts.baseline.requests, row.counts.baseline.errors))
        .collect();
    assert_eq!(found, expected, "{steps:?} of {step_seconds} s in ticks of {tick_seconds} s");
}

#[test]
fn steps_become_ticks_without_loss() {
    const GAP: (f64, f64) = (f64::NAN, f64::NAN);
    check_ticks(60, &[(7.0, 2.0), (9.0, 0.0)], 60, &[(7, 2), (9, 0)]);
    // Five ticks: the errors and the others each add up as evenly as they can.
    check_ticks(300, &[(7.0, 2.0)], 60, &[(1, 0), (2, 1), (1, 0), (2, 1), (1, 0)]);
    check_ticks(60, &[(7.0, 2.0), (9.0, 0.0), (3.0, 3.0), (1.0, 0.0)], 120, &[(16, 2), (4, 3)]);
    // What remains after the last whole tick is left out.
    check_ticks(60, &[(7.0, 2.0), (9.0, 0.0), (3.0, 3.0)], 120, &[(16, 2)]);
    // Parts of requests add up.
    check_ticks(
        60,
        &[(0.5, 0.0), (0.5, 0.0), (0.5, 0.0), (0.5, 0.0)],
        60,
        &[(1, 0), (0, 0), (1, 0), (0, 0)],
    );
    check_ticks(60, &[(10.4, 0.4), (10.4, 0.4), (10.4, 0.4)], 60, &[(10, 0), (11, 1), (10, 0)]);
    // A gap is no data, and what is known of a longer tick counts.
    check_ticks(
        120,
        &[(8.0, 2.0), GAP, (8.0, 2.0)],
        60,
        &[(4, 1), (4, 1), (0, 0), (0, 0), (4, 1), (4, 1)],
    );
    let again = (6.0, 1.0);
    check_ticks(
        60,
        &[(8.0, 2.0), GAP, GAP, GAP, again],
        60,
        &[(8, 2), (0, 0), (0, 0), (0, 0), (6, 1)],
    );
    check_ticks(60, &[(8.0, 2.0), GAP, GAP, GAP, again, GAP], 120, &[(8, 2), (0, 0), (6, 1)]);
    // After the canary's last data there is no release.
    check_ticks(60, &[(8.0, 2.0), GAP, GAP, GAP], 120, &[(8, 2)]);
    // Requests without known errors are a gap.
    check_ticks(60, &[(8.0, f64::NAN), (8.0, 1.0)], 60, &[(0, 0), (8, 1)]);
}

#[test]
fn totals_are_kept_to_within_a_request() {
    let mut words = Words::new(5);
    let mut unit = || words.next() as f64 / 18_446_744_073_709_551_616.0;
    let requests: Vec<f64> = (0..400).map(|_| 30.0 * unit()).collect();
    let errors: Vec<f64> = requests.iter().map(|requests| requests * unit()).collect();
    for (step, tick) in [(60, 60), (300, 60), (60, 600)] {
        let record = record(step, arm(&requests, &errors), Some(arm(&requests, &errors)));
        let mut parts = plain(50.0, 2_000, "").parts();
        parts.world.tick_seconds = tick;
        let mut rollout = over(&record, &parts.check().unwrap(), &ReplayOptions::default(), 0);
        rollout.run().unwrap();
        let metrics = rollout.report().metrics;
        for found in [metrics.baseline, metrics.canary] {
            let near = |found: u64, sum: f64| (found as f64 - sum).abs() <= 1.0;
            assert!(near(found.requests, requests.iter().sum()), "{step} s, {tick} s");
            assert!(near(found.errors, errors.iter().sum()), "{step} s, {tick} s");
        }
    }
}

#[test]
fn what_cannot_be_played_is_a_sentence() {
    let config = plain(5.0, 10, "");
    let base = || constant(10, 100.0, 1.0);
    let of = |record: &Record, options: ReplayOptions| {
        RecordedWorld::new(record, &config, &options).unwrap_err()
    };
    let start = |start| ReplayOptions { start: Some(start), ..ReplayOptions::default() };
    let table = [
        (
            of(&record(45, base(), None), ReplayOptions::default()),
            "a step of the record has 45 s and a tick 60 s, expected one to be a multiple of the other",
        ),
        (
            of(&record(60, base(), None), start(600)),
            "the record is of the times from 1970-01-01T00:00:00Z to 1970-01-01T00:10:00Z, expected a start in between, found 1970-01-01T00:10:00Z",
        ),
        (
            of(&record(60, base(), None), start(541)),
            "the record ends before the end of a tick of 60 s from the start of the rollout on",
        ),
        (
            of(&record(60, base(), Some(constant(10, 0.0, 0.0))), ReplayOptions::default()),
            "the canary has no requests in the record",
        ),
        (
            of(&record(60, constant(10, 0.0, 0.0), None), ReplayOptions::default()),
            "the baseline has no requests in the record",
        ),
        (
            of(&record(60, constant(10, 1e16, 0.0), None), ReplayOptions::default()),
            "expected fewer than 2^53 requests, found 1e17",
        ),
        (
            of(&record(86_400, constant(5_000, 9.0, 0.0), None), ReplayOptions::default()),
            "the record has 7200000 ticks of 60 s, expected at most 5000000",
        ),
        (
            RecordedWorld::of_days(&record(60, constant(2_000, 9.0, 0.0), None), &config, None)
                .unwrap_err(),
            "a study over recorded days expects at least 2 whole days with data, found 1",
        ),
        (
            RecordedWorld::of_days(&record(60, base(), None), &config, Some(86_400)).unwrap_err(),
            "expected a time of day below 86400 s, found 86400 s",
        ),
        (
            {
                let ok = recorded(&record(60, base(), None), &config, &ReplayOptions::default());
                let mut parts = config.parts();
                parts.world.tick_seconds = 30;
                Plan::over(&parts.check().unwrap(), ok).unwrap_err()
            },
            "the record is spread over ticks of 60 s, the configuration has ticks of 30 s",
        ),
        (
            {
                let ok = recorded(&record(60, base(), None), &config, &ReplayOptions::default());
                Study::over(&config, &StudyOptions::default(), ok).unwrap_err().to_string()
            },
            "a study over recorded counts draws days: expected RecordedWorld::of_days",
        ),
    ];
    for (found, expected) in table {
        assert_eq!(found, expected);
    }
}

#[test]
fn a_gap_is_no_data() {
    let mut canary = constant(8, 50.0, 1.0);
    let mut baseline = constant(8, 950.0, 2.0);
    (canary.requests[2], canary.errors[2]) = (f64::NAN, f64::NAN);
    (baseline.requests[4], baseline.errors[4]) = (f64::NAN, f64::NAN);
    let both = record(60, baseline, Some(canary));
    let rule =
        r#""rules": [{ "rule": "error_rate", "max": 0, "look": "every_tick", "window": "tick" }],"#;
    for (share, expected) in [
        // Where the arms are compared, both are left out.
        (5.0, [(950, 50), (950, 50), (0, 0), (950, 50), (0, 0), (950, 50), (950, 50), (950, 50)]),
        (
            100.0,
            [(950, 50), (950, 50), (950, 0), (950, 50), (0, 50), (950, 50), (950, 50), (950, 50)],
        ),
    ] {
        let mut rollout = over(&both, &plain(share, 8, ""), &ReplayOptions::default(), 0);
        rollout.run().unwrap();
        let found: Vec<(u64, u64)> = rollout
            .history()
            .ticks
            .iter()
            .map(|row| (row.counts.baseline.requests, row.counts.canary.requests))
            .collect();
        assert_eq!(found, expected, "{share} %");
        let said = rollout.report().recorded.unwrap();
        assert_eq!(said.gaps, ByArm { baseline: 1, canary: 1 });
    }
    // A rule has no verdict of a gap.
    let gap = record(
        60,
        constant(3, 950.0, 0.0),
        Some({
            let mut canary = constant(3, 50.0, 0.0);
            (canary.requests[1], canary.errors[1]) = (f64::NAN, f64::NAN);
            canary
        }),
    );
    let mut rollout = over(&gap, &plain(5.0, 3, rule), &ReplayOptions::default(), 0);
    rollout.run().unwrap();
    let looks = &rollout.history().looks;
    let verdicts: Vec<String> =
        looks.iter().map(|look| format!("{:?}", look.evidence.judgement.verdict)).collect();
    assert_eq!(verdicts, ["Pass", "Inconclusive", "Pass"]);
}

/// Sums over many draws of one tick of a baseline that fails 2 of 6 requests.
fn small_draws(more: &str, share_pct: f64, ticks: u32) -> Vec<canary_rollout::world::Draw> {
    let config = plain(share_pct, ticks, more);
    let record = record(60, constant(ticks as usize, 6.0, 2.0), None);
    let plan = Plan::over(&config, recorded(&record, &config, &ReplayOptions::default())).unwrap();
    let mut state = plan.world().start(11);
    (1..=ticks).map(|tick| plan.world().tick(&mut state, tick, 0, Cells::ALL)).collect()
}

fn binomial(n: u64, p: f64) -> Vec<f64> {
    let choose = |k: u64| (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product::<f64>();
    let power = |x: f64, k: u64| (0..k).map(|_| x).product::<f64>();
    (0..=n).map(|k| choose(k) * power(p, k) * power(1.0 - p, n - k)).collect()
}

/// The law of a release that is laid upon a baseline: each fit fails by chance once in
/// 10⁵.
#[test]
fn a_release_is_laid_by_exact_thinning() {
    const TICKS: u32 = 20_000;
    let check = |what: &str, counts: Vec<u64>, n: u64, p: f64| {
        let mut counted = vec![0; n as usize + 1];
        counts.into_iter().for_each(|count| counted[count as usize] += 1);
        check_fit(what, &counted, &binomial(n, p));
    };
    // The rate is 1/3: an excess error is one of (r − 1)·(1/3)/(2/3) of those served.
    for (more, share, excess, kept) in [
        ("", 30.0, 0.0, 1.0),
        (r#""canary": { "error_ratio": 2 },"#, 30.0, 0.5, 1.0),
        (r#""canary": { "error_ratio": 1.1 },"#, 70.0, 0.05, 1.0),
        (r#""canary": { "error_ratio": 0.4 },"#, 50.0, 0.0, 0.4),
        (r#""canary": { "error_rate": 0.5 },"#, 30.0, 0.25, 1.0),
        (r#""canary": { "error_rate": 1 },"#, 30.0, 1.0, 1.0),
    ] {
        let draws = small_draws(more, share, TICKS);
        let share = share / 100.0;
        let of = |value: fn(&canary_rollout::world::Draw) -> u64| {
            draws.iter().map(value).collect::<Vec<u64>>()
        };
        // No request is lost, and the baseline's are those of the record.
        for draw in &draws {
            let (failed, served) = (draw.failed, draw.served);
            let all =
                failed.baseline + failed.canary + served.baseline + served.canary + draw.excess;
            assert_eq!(all, 6);
        }
        check("errors left", of(|draw| draw.failed.baseline), 2, 1.0 - share);
        check("served left", of(|draw| draw.served.baseline), 4, 1.0 - share);
        check("errors", of(|draw| draw.failed.canary), 2, share * kept);
        check("excess", of(|draw| draw.excess), 4, share * excess);
    }
}

/// The sums are within 4.5 standard deviations: each fails by chance once in 10⁵.
#[test]
fn a_recorded_canary_is_thinned_to_a_smaller_share() {
    const TICKS: usize = 2_000;
    let config = plain(2.0, TICKS as u32, "");
    let both = record(60, constant(TICKS, 900.0, 9.0), Some(constant(TICKS, 100.0, 3.0)));
    let options = ReplayOptions { thin_canary: true, ..ReplayOptions::default() };
    let mut rollout = over(&both, &config, &options, 3);
    rollout.run().unwrap();
    let found = rollout.report().metrics;
    assert_eq!(found.baseline.requests, 900 * TICKS as u64);
    // Of the baseline's 900 requests, 2/98.
    let keep = 900.0 * (2.0 / 98.0) / 100.0;
    for (count, of) in [(found.canary.errors, 3.0), (found.canary.requests, 100.0)] {
        let (n, count) = (of * TICKS as f64, count as f64);
        let sd = (n * keep * (1.0 - keep)).sqrt();
        assert!((count - n * keep).abs() < 4.5 * sd, "{count} of {n}");
    }
    // A share at or above the recorded one leaves the counts as they are.
    let mut rollout = over(&both, &plain(10.0, 20, ""), &options, 3);
    rollout.run().unwrap();
    assert_eq!(rollout.report().metrics.canary.requests, 2_000);
}

#[test]
fn a_laid_release_follows_the_record_around_it() {
    // An error rate of 0.1 % for 200 ticks, then of 2 %; a canary twice as bad from tick
    // 50 on.
    let errors: Vec<f64> = (0..400).map(|i| if i < 200 { 1.0 } else { 20.0 }).collect();
    let baseline = arm(&vec![1_000.0; 400], &errors);
    let late =
        r#""canary": { "error_ratio": 2, "error_arrival": { "late": { "start_tick": 50 } } },"#;
    let config = plain(20.0, 400, late);
    let mut rollout = over(&record(60, baseline, None), &config, &ReplayOptions::default(), 1);
    rollout.run().unwrap();
    let rows = &rollout.history().ticks;
    for (tick, [base, canary]) in
        [(1, [0.001, 0.001]), (49, [0.001, 0.001]), (50, [0.001, 0.002]), (300, [0.02, 0.04])]
    {
        let row = rows[tick - 1].true_error_rate;
        let near = |found: f64, expected: f64| (found - expected).abs() < 1e-12;
        assert!(near(row.baseline, base) && near(row.canary, canary), "tick {tick}: {row:?}");
    }
    let report = rollout.report();
    assert_eq!(report.outcome, Outcome::MissedRegression);
    assert_eq!(report.truth.regression_from_tick, Some(50));
    assert_eq!(report.recorded.unwrap().source, RecordedSource::Baseline);
    // 200 requests a tick for the canary: 0.2 excess errors, then 4. 4.5 standard
    // deviations of a Poisson count.
    let (excess, expected) = (report.metrics.excess_errors as f64, 151.0 * 0.2 + 200.0 * 4.0);
    assert!((excess - expected).abs() < 4.5 * expected.sqrt(), "{excess}, not {expected}");

    // A rate of its own stands beside the record's, not the configuration's. And a load
    // that is never reached harms nobody.
    let base = || record(60, constant(60, 1_000.0, 10.0), None);
    for (release, bad, sentence) in [
        (
            r#""canary": { "error_rate": 0.008 },"#,
            false,
            "The release fails 0.8 % of requests, the baseline 1 %.",
        ),
        (
            r#""canary": { "error_rate": 0.02 },"#,
            true,
            "The release fails 2 % of requests, the baseline 1 %.",
        ),
        (
            r#""canary": { "error_ratio": 3, "error_arrival": { "under_load": { "from_load": 1.5, "full_load": 2 } } },"#,
            false,
            "The release fails 3 times as often as the baseline when the load exceeds 1.5 times the mean, which does not happen here.",
        ),
    ] {
        let mut rollout = over(&base(), &plain(5.0, 10, release), &ReplayOptions::default(), 1);
        rollout.run().unwrap();
        let truth = rollout.report().truth;
        assert_eq!((truth.release == Release::Bad, truth.sentence.as_str()), (bad, sentence));
    }
    // Where the load is reached, in a tick with 2.9 times the mean, the release is bad.
    let mut requests = [1_000.0; 20];
    requests[4] = 3_222.0;
    let release = r#""canary": { "error_ratio": 3, "error_arrival": { "under_load": { "from_load": 1.5, "full_load": 2 } } },"#;
    let record = record(60, arm(&requests, &[10.0; 20]), None);
    let mut rollout = over(&record, &plain(5.0, 10, release), &ReplayOptions::default(), 1);
    rollout.run().unwrap();
    assert_eq!(rollout.report().truth.release, Release::Bad);
    assert_eq!(rollout.report().truth.regression_from_tick, Some(5));
}

#[test]
fn latencies_are_recorded_by_tick_and_arm() {
    let quantiles = |p50: f64, p99: f64| {
        [(0.5, p50), (0.99, p99)].map(|(q, ms)| Quantile { q, ms: vec![ms; 10] }).to_vec()
    };
    let with = |mut arm: ArmRecord, latency: Vec<Quantile>| {
        arm.latency = latency;
        arm
    };
    let base = |latency| with(constant(10, 100_000.0, 0.0), latency);
    let canary = |latency| with(constant(10, 100_000.0, 0.0), latency);
    let config = plain(50.0, 10, r#""baseline": { "latency_ms": { "p50": 80, "p99": 180 } },"#);
    for (base, canary, source, expected) in [
        (base(vec![]), canary(vec![]), [LatencySource::Config; 2], [80.0, 180.0, 80.0, 180.0]),
        (
            base(quantiles(40.0, 400.0)),
            canary(quantiles(60.0, 600.0)),
            [LatencySource::Record; 2],
            [40.0, 400.0, 60.0, 600.0],
        ),
        (
            base(quantiles(40.0, 400.0)),
            canary(vec![]),
            [LatencySource::Record, LatencySource::Config],
            [40.0, 400.0, 40.0, 400.0],
        ),
        (
            base(quantiles(40.0, 400.0)[..1].to_vec()),
            canary(quantiles(60.0, 600.0)[..1].to_vec()),
            [LatencySource::RecordedMedian; 2],
            [40.0, 90.0, 60.0, 135.0],
        ),
    ] {
        let mut rollout =
            over(&record(60, base, Some(canary)), &config, &ReplayOptions::default(), 0);
        rollout.run().unwrap();
        let report = rollout.report();
        let said = report.recorded.unwrap().latency;
        assert_eq!([said.baseline, said.canary], source);
        let of =
            |arm: &canary_rollout::report::ArmMetrics| [arm.latency_ms.p50, arm.latency_ms.p99];
        let found = [of(&report.metrics.baseline), of(&report.metrics.canary)].concat();
        for (found, expected) in found.into_iter().zip(expected) {
            // A bin is 2 % wide.
            let ratio = found.unwrap() / expected;
            assert!((0.98..1.02).contains(&ratio), "{found:?}, not {expected}");
        }
    }
}

/// Days in which tick t of day d has 10,000·(d + 1) + t requests.
fn marked_days(days: usize) -> Record {
    let requests: Vec<f64> =
        (0..days * 24).map(|i| (10_000 * (i / 24 + 1) + i % 24) as f64).collect();
    // Begins at six in the morning.
    let baseline = arm(&requests, &vec![10.0; requests.len()]);
    Record::new(6 * 3_600, 3_600, baseline, None).expect("a valid record")
}

#[test]
fn a_run_over_days_is_a_chain_of_whole_days() {
    let mut parts = plain(10.0, 200, "").parts();
    parts.world.tick_seconds = 3_600;
    let config = parts.check().unwrap();
    let record = marked_days(5);
    for start in [None, Some(9 * 3_600)] {
        let days = Arc::new(RecordedWorld::of_days(&record, &config, start).unwrap());
        assert_eq!((days.days(), days.start_of_day()), (Some([5, 0]), start));
        let (mut drawn, mut starts) = ([0_u64; 5], [0_u64; 24]);
        let plan = Arc::new(Plan::over(&config, days).unwrap());
        for seed in 0..300 {
            let mut rollout = Rollout::of_plan(Arc::clone(&plan), seed);
            rollout.run().unwrap();
            assert_eq!((rollout.ticks(), rollout.state()), (200, State::Completed));
            let all = rollout
                .history()
                .ticks
                .iter()
                .map(|row| row.counts.baseline.requests + row.counts.canary.requests);
            let all: Vec<u64> = all.collect();
            starts[(all[0] % 10_000) as usize] += 1;
            for pair in all.windows(2) {
                let [day, tick] = [pair[0] / 10_000, pair[0] % 10_000];
                let [next_day, next_tick] = [pair[1] / 10_000, pair[1] % 10_000];
                assert_eq!(next_tick, (tick + 1) % 24);
                assert!(next_day == day || next_tick == 0);
                if next_tick == 0 {
                    drawn[next_day as usize - 1] += 1;
                }
            }
        }
        check_fit("days", &drawn, &[0.2; 5]);
        match start {
            None => check_fit("starts", &starts, &[1.0 / 24.0; 24]),
            // The record begins at six.
            Some(_) => assert_eq!(starts[3], 300),
        }
    }
    // The days before the rollout are drawn, too.
    let days = Arc::new(RecordedWorld::of_days(&record, &config, Some(6 * 3_600)).unwrap());
    let plan = Plan::over(&config, days).unwrap();
    let mut state = plan.world().start(1);
    for ago in 0..100 {
        let requests = plan.world().past(&mut state, ago).requests;
        assert_eq!(requests % 10_000, u64::from(23 - ago % 24));
    }
    // A day that is mostly a gap is left out.
    let mut requests: Vec<f64> = vec![100.0; 72];
    requests[24..40].fill(f64::NAN);
    let record = Record::new(0, 3_600, arm(&requests, &[1.0; 72]), None).unwrap();
    let days = RecordedWorld::of_days(&record, &config, None).unwrap();
    assert_eq!(days.days(), Some([2, 1]));
}

/// A minute's counts of the baseline over some days of a quiet world.
fn quiet_days(config: &Config, days: usize, seed: u64) -> Record {
    let plan = Plan::new(config);
    let mut world = plan.world().start(seed);
    let level = plan.policy().shares().len() as u32;
    let (mut requests, mut errors) = (Vec::new(), Vec::new());
    for tick in 1..=days as u32 * 1_440 {
        let draw = plan.world().tick(&mut world, tick, level, Cells::ALL);
        requests.push((draw.failed.baseline + draw.served.baseline) as f64);
        errors.push(draw.failed.baseline as f64);
    }
    record(60, arm(&requests, &errors), None)
}

const STUDIED: &str = r#"{
    "tick_seconds": 60,
    "traffic": { "requests_per_second": 50 },
    "baseline": { "error_rate": 0.01 },
    "canary": { "error_ratio": 1.6 },
    "stages": [
        { "traffic_pct": 5, "duration_ticks": 5 },
        { "traffic_pct": 25, "duration_ticks": 5 }
    ],
    "rules": [{ "rule": "z_test", "alpha": 0.05, "look": "stage_end" }]
}"#;

/// The worlds are alike: 600 runs each differ by chance by more than 4.5 standard errors of
/// at most 0.03 once in 10⁵. The record's own error rate is within 1 % of the world's.
#[test]
fn a_study_over_the_record_of_a_quiet_world_finds_what_the_study_of_the_world_does() {
    let config = config(STUDIED);
    let options = StudyOptions { runs: 600, ..StudyOptions::default() };
    let record = quiet_days(&config, 3, 99);
    let days = Arc::new(RecordedWorld::of_days(&record, &config, None).unwrap());
    let mut drawn = Study::new(&config, &options).unwrap();
    let mut over = Study::over(&config, &options, days).unwrap();
    // Traffic that was recorded has no limit that a mean could be bounded by.
    let mean = Requirement::parse("exposed_requests<=1e9").unwrap();
    let refused = over.require(&mean, 0.001).unwrap_err().to_string();
    assert!(
        refused.contains("because over recorded days the number of requests has no"),
        "{refused}"
    );
    drawn.advance(600);
    over.advance(600);
    let (drawn, over) = (drawn.report(), over.report());
    let near = |what: &str, a: f64, b: f64, tolerance: f64| {
        assert!((a - b).abs() <= tolerance, "{what}: {a} and {b}");
    };
    near("false rollback", drawn.false_rollback.estimate, over.false_rollback.estimate, 0.08);
    let missed =
        |report: &canary_rollout::study::StudyReport| report.missed_regression.unwrap().estimate;
    near("missed", missed(&drawn), missed(&over), 0.13);
    let [a, b] = [&drawn, &over].map(|report| report.release.as_ref().unwrap());
    let mean = |of: Option<canary_rollout::study::Distribution>| of.unwrap().mean;
    near("excess", mean(a.excess_errors) / mean(b.excess_errors), 1.0, 0.15);
    near("exposed", mean(a.exposed_requests) / mean(b.exposed_requests), 1.0, 0.1);
    let said = over.recorded.as_ref().expect("recorded days");
    assert_eq!((said.days, said.left_out, said.start_of_day), (3, 0, None));
    near("rate", said.error_rate, 0.01, 2e-4);
    assert!(study_text(&over).contains("drawn at random from 3 recorded days"));
    assert!(drawn.recorded.is_none() && !drawn.to_json().contains("\"recorded\""));
}

#[test]
fn a_run_of_a_study_over_days_is_a_rollout_and_chunks_change_nothing() {
    let config = config(STUDIED);
    let record = quiet_days(&config, 2, 7);
    let days = Arc::new(RecordedWorld::of_days(&record, &config, None).unwrap());
    let options = StudyOptions { runs: 50, seed: 1_000, ..StudyOptions::default() };
    let study = || Study::over(&config, &options, Arc::clone(&days)).unwrap();
    let mut whole = study();
    whole.advance(50);
    let mut parts = study();
    (0..8).for_each(|_| parts.advance(7));
    let json = whole.report().to_json();
    assert_eq!(parts.report().to_json(), json);
    #[cfg(all(feature = "parallel", not(target_family = "wasm")))]
    for threads in 1..=3 {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut parallel = study();
        pool.install(|| parallel.run_parallel(&std::sync::atomic::AtomicBool::new(false), |_| {}));
        assert_eq!(parallel.report().to_json(), json, "{threads} threads");
    }
    for (i, run) in whole.first_runs(false).iter().enumerate() {
        let mut rollout =
            Rollout::over_record(&config, Arc::clone(&days), 1_000 + i as u64).unwrap();
        rollout.run().unwrap();
        assert_eq!(
            (rollout.ticks(), rollout.report().stages_completed),
            (run.ticks, run.stages_completed)
        );
        let rolled_back = rollout.state() == State::RolledBack;
        assert_eq!(rolled_back, run.rollback_tick.is_some(), "run {i}");
        if rolled_back {
            assert_eq!(rollout.report().metrics.excess_errors as f64, run.excess_errors, "run {i}");
        }
    }
    let other_tick = StudyOptions {
        set: vec![FieldValue { field: "tick_seconds".to_string(), value: 30.0 }],
        ..StudyOptions::default()
    };
    let error = Study::over(&config, &other_tick, Arc::clone(&days)).unwrap_err().to_string();
    assert_eq!(
        error,
        "study: the record is spread over ticks of 60 s, the configuration has ticks of 30 s"
    );
    // A sweep over a ratio, and policies, are as usual.
    let mut sweep = Study::from_text_over(
        STUDIED,
        r#"{ "runs": 40, "sweep": { "field": "error_ratio", "values": [1, 4] } }"#,
        days,
    )
    .unwrap();
    sweep.advance(40);
    let points = sweep.report().sweep.unwrap().points;
    let rolled_back = |i: usize| points[i].policies[0].p_rollback.estimate;
    assert!(rolled_back(0) < 0.3 && rolled_back(1) == 1.0);
}

/// The same bytes natively and in every browser.
#[test]
fn replays_give_the_same_bytes_everywhere() {
    let config = config(STUDIED);
    let record = quiet_days(&config, 2, 7);
    let mut hash = EMPTY_DIGEST;
    for seed in 0..20 {
        let start = Some(seed * 3_600);
        let options = ReplayOptions { start, ..ReplayOptions::default() };
        let mut rollout = over(&record, &config, &options, seed as u64);
        rollout.run().unwrap();
        hash = digest(rollout.report().to_json().bytes(), hash);
    }
    let thin = ReplayOptions { start: Some(0), thin_canary: true, ..ReplayOptions::default() };
    for seed in 0..20 {
        let record = history_as_record(&rolled_out(&config, seed));
        let mut rollout = over(&record, &config, &thin, seed);
        rollout.run().unwrap();
        hash = digest(rollout.report().to_json().bytes(), hash);
    }
    let days = Arc::new(RecordedWorld::of_days(&record, &config, None).unwrap());
    let mut study =
        Study::over(&config, &StudyOptions { runs: 100, ..StudyOptions::default() }, days).unwrap();
    study.advance(100);
    hash = digest(study.report().to_json().bytes(), hash);
    assert_eq!(format!("{hash:016x}"), "95a757e2e03ea215");
}

/// What a record cannot show is said: of a step that is longer than a tick, of a canary that
/// is not played, and of gaps in drawn days.
#[test]
fn what_a_record_cannot_show_is_said() {
    let check = |record: &Record, options: &ReplayOptions, days: bool, sentence: &str| {
        let config = plain(5.0, 10, "");
        let notes = match days {
            true => RecordedWorld::of_days(record, &config, None).unwrap().notes(),
            false => recorded(record, &config, options).notes(),
        };
        assert_eq!(notes.iter().any(|note| note == sentence), !sentence.is_empty(), "{notes:?}");
    };
    let lay = ReplayOptions { lay_release: true, ..ReplayOptions::default() };
    let step = "A step of the record is 5 ticks, over which its counts are spread evenly: single \
                ticks vary less than they did.";
    check(&record(300, constant(20, 500.0, 5.0), None), &ReplayOptions::default(), false, step);
    let canary = "A canary is recorded, too, and is not played: 10 % of the recorded requests.";
    let both = record(60, constant(20, 90.0, 1.0), Some(constant(20, 10.0, 0.0)));
    check(&both, &lay, false, canary);
    let mut gaps = constant(2 * 1_440, 90.0, 1.0);
    gaps.requests[..288].fill(f64::NAN);
    let days = "Of the ticks of these days, 10 % are gaps: no data, and no requests.";
    check(&record(60, gaps, None), &lay, true, days);
    // And nothing more than is so.
    let quiet = RecordedWorld::new(
        &record(60, constant(20, 90.0, 1.0), None),
        &plain(5.0, 10, ""),
        &ReplayOptions::default(),
    );
    assert_eq!(quiet.unwrap().notes().len(), 2);
}
