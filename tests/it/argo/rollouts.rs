//! Whole rollouts: those of `test/e2e`, what a rollout does second by second, and what
//! holds for any.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::{Config, MAX_TICKS};
use canary_rollout::policy::argo::Argo;
use canary_rollout::policy::{Command, Controller, State};
use canary_rollout::rollout::Rollout;

use crate::support::config;

use Do::{Abort, Pause, Promote, Resume, Run, Ticks};

/// A world whose requests are many enough for every metric.
const WORLD: &str = "tick_seconds: 1\ntraffic: { requests_per_second: 50 }\n";

/// A configuration from the keys of its controller.
#[track_caller]
fn argo(keys: &str) -> Config {
    let indented: String = keys.lines().map(|line| format!("    {line}\n")).collect();
    config(&format!("{WORLD}controller:\n  argo:\n{indented}"))
}

/// A metric that gives the same phase at each measurement.
fn metric(name: &str, conditions: &str) -> String {
    format!("{{ name: {name}, measures: requests_per_second, window_seconds: 1, {conditions} }}")
}

/// What is done with a rollout.
#[derive(Clone, Copy, Debug)]
enum Do {
    /// So many ticks.
    Ticks(u32),
    /// Up to the end, or to a pause without a length.
    Run,
    Promote,
    Resume,
    Pause,
    Abort,
}

fn standing(rollout: &Rollout) -> &Argo {
    match rollout.standing().controller() {
        Controller::Argo(argo) => argo,
        other => panic!("{other:?}"),
    }
}

fn act(rollout: &mut Rollout, action: Do) {
    match action {
        Ticks(ticks) => (0..ticks).for_each(|_| rollout.tick().unwrap()),
        Run => rollout.run().unwrap(),
        Promote => rollout.command(Command::Promote).unwrap(),
        Resume => rollout.command(Command::Resume).unwrap(),
        Pause => rollout.command(Command::Pause).unwrap(),
        Abort => rollout.command(Command::Abort).unwrap(),
    }
}

/// An action, and after it: the index of the step, the pods asked for (canary, stable), the
/// router's weight, and how the phase begins.
type Row<'a> = (Do, usize, (u32, u32), u32, &'a str);

/// Checks what follows from each action.
#[track_caller]
fn check(keys: &str, rows: &[Row<'_>]) -> Rollout {
    let mut rollout = Rollout::new(&argo(keys), 1);
    for (number, &(action, step, pods, weight, phase)) in rows.iter().enumerate() {
        act(&mut rollout, action);
        let argo = standing(&rollout);
        let found = (argo.step(), (argo.pods().canary, argo.pods().stable), argo.weight());
        assert_eq!(found, (step, pods, weight), "row {number}, {action:?}");
        let name = argo.phase_name();
        assert!(name.starts_with(phase), "row {number}, {action:?}: {name}");
    }
    rollout
}

#[test]
fn a_scale_of_the_canary_holds_until_it_matches_the_weight_again() {
    // TestCanarySetCanaryScale
    check(
        "replicas: 4
ready_seconds: 2
traffic_routing: {}
steps:
- pause: {}
- set_canary_scale: { weight: 25 }
- pause: { duration_seconds: 100 }
- set_weight: 50
- pause: { duration_seconds: 10 }
- set_canary_scale: { replicas: 3 }
- pause: {}
- set_canary_scale: { match_traffic_weight: true }
- pause: { duration_seconds: 5 }",
        &[
            (Ticks(1), 0, (0, 4), 0, "Paused: CanaryPauseStep"),
            (Promote, 1, (1, 4), 0, "Progressing: more replicas need to be updated"),
            (Ticks(2), 2, (1, 4), 0, "Paused: CanaryPauseStep"),
            (Promote, 4, (1, 4), 50, "Paused: CanaryPauseStep"),
            (Ticks(2), 4, (1, 4), 50, "Paused: CanaryPauseStep"),
            (Promote, 5, (3, 4), 50, "Progressing"),
            (Ticks(2), 6, (3, 4), 50, "Paused: CanaryPauseStep"),
            (Promote, 8, (2, 4), 50, "Paused: CanaryPauseStep"),
            (Promote, 9, (4, 4), 50, "Progressing: updated replicas are still becoming"),
            (Run, 9, (4, 4), 100, "Healthy"),
        ],
    );
}

#[test]
fn pods_change_within_surge_and_unavailable() {
    // TestRolloutScalingWhenPaused
    check(
        "steps: [{ set_weight: 25 }, { pause: {} }]",
        &[(Ticks(1), 1, (1, 1), 0, "Paused: CanaryPauseStep")],
    );
    // TestRolloutWithMaxSurgeScalingDuringUpdate
    check(
        "replicas: 4\nmax_surge: 4\nready_seconds: 5",
        &[(Ticks(1), 0, (4, 3), 0, "Progressing: updated"), (Run, 0, (4, 0), 0, "Healthy")],
    );
    // TestRolloutScalingDuringUpdate: the new pods never get ready.
    check(
        "replicas: 4\nmax_surge: 2\nmax_unavailable: 0\nready_seconds: 100000",
        &[(Ticks(9), 0, (2, 4), 0, "Progressing: more replicas")],
    );
    // TestRolloutGoodToBadUpdate
    check(
        "replicas: 4
max_surge: 1
max_unavailable: 0
ready_seconds: 100000
progress_deadline_seconds: 5",
        &[(Ticks(5), 0, (1, 4), 0, "Degraded: ProgressDeadlineExceeded")],
    );
}

#[test]
fn a_smaller_weight_and_an_abort_keep_the_available_pods() {
    // TestReduceWeightAndHonorMaxUnavailable
    let fails = metric("fails", "success_condition: \"false\"");
    let keys = format!(
        "replicas: 3
max_surge: 2
max_unavailable: 0
ready_seconds: 5
steps:
- set_weight: 100
- pause: {{}}
- set_weight: 0
- pause: {{}}
- set_weight: 100
- analysis: {{ metrics: [{fails}] }}"
    );
    let rollout = check(
        &keys,
        &[
            (Run, 1, (3, 0), 0, "Paused: CanaryPauseStep"),
            // The step is completed although the pods are on their way: they are as desired
            // for the moment.
            (Promote, 3, (3, 2), 0, "Paused: CanaryPauseStep"),
            (Ticks(2), 3, (3, 2), 0, "Paused: CanaryPauseStep"),
            (Ticks(3), 3, (1, 3), 0, "Paused: CanaryPauseStep"),
            (Ticks(5), 3, (0, 3), 0, "Paused: CanaryPauseStep"),
            (Promote, 4, (2, 3), 0, "Progressing"),
            // The canary has all pods; the analysis fails at once.
            (Ticks(10), 0, (3, 2), 0, "Degraded: RolloutAborted"),
            (Ticks(5), 0, (1, 3), 0, "Degraded: RolloutAborted"),
        ],
    );
    assert_eq!(rollout.state(), State::RollingBack);
}

#[test]
fn promote_resumes_or_skips_one_step() {
    // TestRolloutAbortRetryPromote, up to the abort.
    check(
        "steps: [{ set_weight: 50 }, { pause: { duration_seconds: 3 } }]",
        &[(Ticks(1), 1, (1, 1), 0, "Paused"), (Abort, 0, (0, 1), 0, "Degraded: RolloutAborted")],
    );
    // TestCanaryPromoteFull, up to the full promotion.
    let long = metric("long", "interval_seconds: 60, count: 100");
    let keys = format!(
        "steps:
- pause: {{ duration_seconds: 8640 }}
- analysis: {{ metrics: [{long}] }}
- pause: {{}}"
    );
    check(
        &keys,
        &[
            (Ticks(1), 0, (0, 1), 0, "Paused: CanaryPauseStep"),
            (Promote, 1, (0, 1), 0, "Progressing: more replicas"),
            (Ticks(90), 1, (0, 1), 0, "Progressing: more replicas"),
            (Promote, 2, (0, 1), 0, "Paused: CanaryPauseStep"),
            (Abort, 0, (0, 1), 0, "Degraded"),
        ],
    );
    // `spec.paused` halts steps and pods; a promotion ends it and skips the step.
    check(
        "replicas: 4
ready_seconds: 5
traffic_routing: {}
steps: [{ set_weight: 25 }, { pause: { duration_seconds: 5 } }, { set_weight: 50 }]",
        &[
            (Ticks(1), 0, (1, 4), 0, "Progressing"),
            (Pause, 0, (1, 4), 0, "Paused: manually paused"),
            (Ticks(10), 0, (1, 4), 25, "Paused: manually paused"),
            (Resume, 1, (1, 4), 25, "Paused: CanaryPauseStep"),
            (Ticks(5), 2, (2, 4), 25, "Progressing"),
            (Pause, 2, (2, 4), 25, "Paused: manually paused"),
            // The weight of the skipped step, although its pods are not ready.
            (Promote, 3, (4, 4), 50, "Progressing: updated"),
        ],
    );
}

#[test]
fn traffic_moves_when_the_pods_are_ready() {
    // TestRolloutUsePreviousSetWeight, TestRolloutUseDesiredWeight,
    // TestRolloutUseDesiredWeight100
    let keys = "replicas: 10
ready_seconds: 3
traffic_routing: {}
steps:
- set_weight: 10
- pause: { duration_seconds: 2 }
- set_weight: 20
- pause: { duration_seconds: 2 }";
    let rollout = check(
        keys,
        &[
            (Ticks(3), 1, (1, 10), 10, "Paused"),
            (Ticks(2), 2, (2, 10), 10, "Progressing: more replicas"),
            (Ticks(3), 3, (2, 10), 20, "Paused"),
            (Ticks(2), 4, (10, 10), 20, "Progressing: updated"),
            (Ticks(3), 4, (10, 10), 100, "Healthy"),
        ],
    );
    let shares: Vec<f64> = rollout.history().ticks.iter().map(|row| row.share).collect();
    assert_eq!(shares, [0.0, 0.0, 0.0, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.2, 0.2, 0.2, 0.2]);

    // Without steps, the router goes from 0 to 100.
    check(
        "replicas: 2\nready_seconds: 3\ntraffic_routing: {}",
        &[(Ticks(2), 0, (2, 2), 0, "Progressing: updated"), (Run, 0, (2, 2), 0, "Healthy")],
    );
    // TestCanaryRolloutWithMaxWeightInTrafficRouting: 100 of 1000 is a tenth.
    check(
        "replicas: 10
traffic_routing: { max_weight: 1000 }
steps: [{ set_weight: 100 }, { pause: {} }]",
        &[(Ticks(1), 1, (1, 10), 100, "Paused")],
    );
}

#[test]
fn a_dynamic_stable_scale_gives_the_weight_back_as_the_stable_pods_return() {
    let keys = "replicas: 10
ready_seconds: 5
traffic_routing: { dynamic_stable_scale: true }
steps:
- set_weight: 20
- pause: { duration_seconds: 5 }
- set_weight: 60
- pause: {}";
    let rollout = check(
        keys,
        &[
            (Ticks(5), 1, (2, 8), 20, "Paused"),
            (Ticks(5), 2, (6, 8), 20, "Progressing"),
            (Ticks(5), 3, (6, 4), 60, "Paused"),
            // The stable version grows to what the weight before needs, and the weight
            // follows it.
            (Abort, 0, (6, 8), 60, "Degraded"),
            (Ticks(4), 0, (6, 8), 60, "Degraded"),
            (Ticks(1), 0, (2, 10), 20, "Degraded"),
            (Ticks(5), 0, (0, 10), 0, "Degraded"),
        ],
    );
    assert_eq!(rollout.state(), State::RolledBack);
}

#[test]
fn a_background_analysis_decides_at_any_time() {
    // TestCanaryBackgroundAnalysis: it goes on in a pause, and does not hold up the end.
    let passes = metric("passes", "interval_seconds: 5");
    let rollout = check(
        &format!("steps: [{{ pause: {{}} }}]\nbackground: {{ metrics: [{passes}] }}"),
        &[(Ticks(12), 0, (0, 1), 0, "Paused: CanaryPauseStep"), (Promote, 1, (1, 0), 0, "Healthy")],
    );
    assert_eq!(rollout.history().looks.len(), 3);

    // TestCanaryInconclusiveBackgroundAnalysis
    let unclear = metric(
        "unclear",
        "success_condition: \"false\", failure_condition: \"false\", initial_delay_seconds: 3",
    );
    check(
        &format!(
            "replicas: 2
steps: [{{ pause: {{ duration_seconds: 10 }} }}, {{ set_weight: 50 }}, {{ pause: {{}} }}]
background: {{ metrics: [{unclear}] }}"
        ),
        &[
            (Ticks(2), 0, (0, 2), 0, "Paused: CanaryPauseStep"),
            (Ticks(1), 0, (0, 2), 0, "Paused: CanaryPauseStep"),
            // The pause of the step ends, but no pod is added.
            (Ticks(7), 1, (0, 2), 0, "Paused: InconclusiveAnalysisRun"),
            (Ticks(9), 1, (0, 2), 0, "Paused: InconclusiveAnalysisRun"),
            // A new AnalysisRun begins.
            (Resume, 2, (1, 1), 0, "Paused: CanaryPauseStep"),
            (Ticks(4), 2, (1, 1), 0, "Paused: CanaryPauseStep"),
        ],
    );

    // A failure aborts in a pause without a length; nothing is aborted before the
    // starting step.
    let fails = metric("fails", "success_condition: \"false\", interval_seconds: 5");
    check(
        &format!(
            "steps:
- set_weight: 50
- pause: {{ duration_seconds: 20 }}
- pause: {{}}
background:
  starting_step: 2
  metrics: [{fails}]"
        ),
        &[(Ticks(19), 1, (1, 1), 0, "Paused"), (Ticks(1), 0, (0, 1), 0, "Degraded")],
    );
}

#[test]
fn an_analysis_of_a_step_completes_pauses_or_aborts() {
    let steps = |metric: &str| {
        format!(
            "replicas: 4
steps:
- set_weight: 25
- analysis: {{ metrics: [{metric}] }}
- pause: {{}}"
        )
    };
    // TestCanaryInlineMultipleAnalysis
    let passes = metric("passes", "interval_seconds: 5, count: 3");
    check(
        &steps(&passes),
        &[(Ticks(9), 1, (1, 3), 0, "Progressing"), (Ticks(1), 2, (1, 3), 0, "Paused: Canary")],
    );
    // TestCanaryFailInlineMultipleAnalysis
    let second = metric(
        "fails",
        "success_condition: \"false\", interval_seconds: 5, count: 5, failure_limit: 1",
    );
    check(
        &steps(&second),
        &[(Ticks(4), 1, (1, 3), 0, "Progressing"), (Ticks(1), 0, (0, 4), 0, "Degraded")],
    );
    // The fifth error in a row, each after 10 s.
    let errs =
        metric("errs", "success_condition: \"result[7] > 0\", interval_seconds: 60, count: 5");
    check(
        &steps(&errs),
        &[(Ticks(39), 1, (1, 3), 0, "Progressing"), (Ticks(1), 0, (0, 4), 0, "Degraded")],
    );
    // Inconclusive: a resumption measures again, a promotion goes on.
    let unclear = metric("unclear", "success_condition: \"false\", failure_condition: \"false\"");
    check(
        &steps(&unclear),
        &[
            (Ticks(1), 1, (1, 3), 0, "Paused: InconclusiveAnalysisRun"),
            (Resume, 1, (1, 3), 0, "Progressing"),
            (Ticks(1), 1, (1, 3), 0, "Paused: InconclusiveAnalysisRun"),
            (Promote, 2, (1, 3), 0, "Paused: CanaryPauseStep"),
        ],
    );
    // A dry run decides nothing.
    let dry = metric("dry", "success_condition: \"false\", dry_run: true");
    check(&steps(&dry), &[(Ticks(1), 2, (1, 3), 0, "Paused: CanaryPauseStep")]);
}

#[test]
fn an_experiment_completes_pauses_or_aborts() {
    let steps = |experiment: &str| {
        format!(
            "replicas: 4
ready_seconds: 2
traffic_routing: {{}}
steps: [{{ experiment: {{ {experiment} }} }}, {{ pause: {{}} }}]"
        )
    };
    // Its length counts from when its pods are available.
    let rollout = check(
        &steps("duration_seconds: 5, weight: 10"),
        &[(Ticks(6), 0, (0, 4), 0, "Progressing"), (Ticks(1), 1, (0, 4), 0, "Paused: Canary")],
    );
    let shares: Vec<f64> = rollout.history().ticks.iter().map(|row| row.share).collect();
    assert_eq!(shares, [0.0, 0.0, 0.1, 0.1, 0.1, 0.1, 0.1]);
    // With an analysis that is required, as long as that takes.
    let passes = metric("passes", "interval_seconds: 3, count: 3");
    let required = format!("required_for_completion: true, metrics: [{passes}]");
    check(
        &steps(&required),
        &[(Ticks(7), 0, (0, 4), 0, "Progressing"), (Ticks(1), 1, (0, 4), 0, "Paused: Canary")],
    );
    let fails = metric("fails", "success_condition: \"false\"");
    check(
        &steps(&format!("duration_seconds: 50, metrics: [{fails}]")),
        &[(Ticks(1), 0, (0, 4), 0, "Progressing"), (Ticks(1), 0, (0, 4), 0, "Degraded")],
    );
    let unclear = metric("unclear", "success_condition: \"false\", failure_condition: \"false\"");
    check(
        &steps(&format!("duration_seconds: 50, metrics: [{unclear}]")),
        &[
            (Ticks(2), 0, (0, 4), 0, "Paused: InconclusiveExperiment"),
            (Promote, 1, (0, 4), 0, "Paused: CanaryPauseStep"),
        ],
    );
    // Without an end, a person has to act.
    let rollout = check(&steps("weight: 10"), &[(Run, 0, (0, 4), 0, "Progressing")]);
    assert_eq!(rollout.state(), State::Paused);
}

#[test]
fn header_routes_add_matching_requests_and_a_mirror_adds_none() {
    let rollout = check(
        "replicas: 2
traffic_routing: {}
steps:
- set_weight: 20
- set_mirror_route: { name: copies, percent: 50 }
- set_header_route: { name: testers, percent: 5 }
- pause: { duration_seconds: 2 }
- set_header_route: { name: testers }
- pause: { duration_seconds: 2 }",
        &[(Run, 6, (2, 2), 100, "Healthy")],
    );
    let shares: Vec<f64> = rollout.history().ticks.iter().map(|row| row.share).collect();
    assert_eq!(shares, [0.2 + 0.8 * 0.05, 0.2 + 0.8 * 0.05, 0.2, 0.2]);
}

#[test]
fn a_blue_green_update_switches_after_its_analyses() {
    let blue_green = |keys: &str| format!("ready_seconds: 2\nblue_green: {{ {keys} }}");
    let passes = metric("passes", "interval_seconds: 5, count: 2");
    let fails = metric("fails", "success_condition: \"false\"");
    // TestBlueGreenUpdate
    check(
        &blue_green(""),
        &[(Ticks(1), 0, (1, 1), 0, "Progressing: updated"), (Ticks(1), 0, (1, 1), 0, "Healthy")],
    );
    // TestBlueGreenAnalysis, up to the rollback.
    let both = format!(
        "auto_promotion: false, pre_promotion: {{ metrics: [{passes}] }}, post_promotion: {{ \
         metrics: [{passes}] }}"
    );
    let rollout = check(
        &blue_green(&both),
        &[
            (Ticks(3), 0, (1, 1), 0, "Progressing: active service cutover pending"),
            (Ticks(4), 0, (1, 1), 0, "Paused: BlueGreenPause"),
            (Promote, 0, (1, 1), 0, "Progressing: waiting for analysis to complete"),
            (Ticks(1), 0, (1, 1), 0, "Progressing: waiting for analysis to complete"),
            (Run, 0, (1, 1), 0, "Healthy"),
        ],
    );
    let shares: Vec<f64> = rollout.history().ticks.iter().map(|row| row.share).collect();
    assert_eq!(shares, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
    // TestBlueGreenPrePromotionFail, TestBlueGreenPostPromotionFail
    for (key, ticks) in [("pre_promotion", 0), ("post_promotion", 0)] {
        let keys = blue_green(&format!("{key}: {{ metrics: [{fails}] }}"));
        let rollout = check(&keys, &[(Run, 0, (1, 1), 0, "Degraded: RolloutAborted")]);
        assert_eq!(rollout.state(), State::RolledBack);
        let with_all = rollout.history().ticks.iter().filter(|row| row.share == 1.0).count();
        assert_eq!(with_all, ticks, "{key}");
    }
    // autoPromotionSeconds counts from when the pods are available and the analysis has
    // succeeded; a resumption begins the pause anew.
    check(
        &blue_green(&format!(
            "auto_promotion_seconds: 10, pre_promotion: {{ metrics: [{passes}] }}"
        )),
        &[
            (Ticks(7), 0, (1, 1), 0, "Paused: BlueGreenPause"),
            (Ticks(9), 0, (1, 1), 0, "Paused: BlueGreenPause"),
            (Resume, 0, (1, 1), 0, "Paused: BlueGreenPause"),
            (Ticks(9), 0, (1, 1), 0, "Paused: BlueGreenPause"),
            (Ticks(1), 0, (1, 1), 0, "Healthy"),
        ],
    );
    // TestBlueGreenExceedProgressDeadlineAbort
    check(
        "ready_seconds: 100000
progress_deadline_seconds: 5
progress_deadline_abort: true
blue_green: {}",
        &[(Ticks(4), 0, (1, 1), 0, "Progressing"), (Ticks(1), 0, (1, 1), 0, "Degraded: RolloutA")],
    );
}

/// The log of a rollout, with the share of traffic and the phase where they change.
fn trace(rollout: &Rollout) -> String {
    let report = rollout.report();
    let names = canary_rollout::policy::argo::phases();
    let (mut share, mut phase) = (0.0, u8::MAX);
    let mut decisions = report.decisions.iter().peekable();
    let mut log = |tick| {
        let mut text = String::new();
        while let Some(decision) = decisions.next_if(|decision| decision.tick <= tick) {
            text += &format!("{:>5} s  {}\n", decision.tick, decision.sentence);
        }
        text
    };
    let mut text = log(0);
    for (tick, row) in (1..).zip(&rollout.history().ticks) {
        if row.share != share {
            share = row.share;
            text += &format!("{:>5} s  -- {:.1} % of the traffic\n", tick - 1, share * 100.0);
        }
        text += &log(tick);
        if row.phase != phase {
            phase = row.phase;
            text += &format!("{tick:>5} s  == {}\n", names[usize::from(phase)]);
        }
    }
    text + &format!("{:>5} s  {}\n", rollout.ticks(), rollout.state())
}

/// A rollout as people write it, second by second.
const TRACED: &str = include_str!("../../data/controllers/argo.yaml");

#[test]
fn the_committed_trace_shows_a_rollout_second_by_second() {
    let mut traces = String::new();
    for (title, ratio, seed) in [("a healthy release", 1.0, 7), ("eight times the errors", 8.0, 7)]
    {
        let text = TRACED.replace("error_ratio: 1", &format!("error_ratio: {ratio}"));
        let mut rollout = Rollout::new(&config(&text), seed);
        rollout.run().unwrap();
        if rollout.state() == State::Paused {
            rollout.command(Command::Promote).unwrap();
            rollout.run().unwrap();
        }
        traces += &format!("# {title}, seed {seed}\n{}\n", trace(&rollout));
    }
    crate::support::check_committed(
        "tests/data/controllers/argo.trace",
        include_str!("../../data/controllers/argo.trace"),
        &traces,
    );
}

/// Numbers that follow from a seed.
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: u32) -> u32 {
        // SplitMix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) % u64::from(end)) as u32
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len() as u32) as usize]
    }

    fn metric(&mut self, needs_count: bool) -> String {
        let conditions = self.of(&[
            "",
            "success_condition: \"result[0] < 0.02\", ",
            "success_condition: \"result[0] < 0.5\", ",
            "success_condition: \"result[1] > 0\", ",
            "failure_condition: \"result[0] > 0.05\", ",
            "success_condition: \"result[0] < 0.01\", failure_condition: \"result[0] > 0.02\", ",
        ]);
        let times = match self.below(if needs_count { 2 } else { 3 }) {
            0 => String::new(),
            1 => {
                format!("interval_seconds: {}, count: {}, ", 1 + self.below(20), 3 + self.below(5))
            }
            _ => format!("interval_seconds: {}, ", 1 + self.below(20)),
        };
        let limits = format!(
            "failure_limit: {}, inconclusive_limit: {}, consecutive_error_limit: {}, \
             initial_delay_seconds: {}, dry_run: {}",
            self.below(2),
            self.below(2),
            self.below(5),
            self.below(10),
            self.below(8) == 0,
        );
        // A limit above the count is a fault.
        let limits = if times.is_empty() { "dry_run: false" } else { &limits };
        format!(
            "{{ name: m, measures: error_rate, window_seconds: {}, {conditions}{times}{limits} }}",
            1 + self.below(30)
        )
    }

    fn step(&mut self, routed: bool) -> String {
        match self.below(if routed { 9 } else { 6 }) {
            0..=2 => format!("set_weight: {}", self.below(101)),
            3 => format!("pause: {{ duration_seconds: {} }}", self.below(40)),
            4 => self.of(&["pause: {}", "pause: { duration_seconds: 7 }"]).to_string(),
            5 => format!("analysis: {{ metrics: [{}] }}", self.metric(true)),
            6 => self
                .of(&[
                    "set_canary_scale: { replicas: 3 }",
                    "set_canary_scale: { weight: 40 }",
                    "set_canary_scale: { match_traffic_weight: true }",
                ])
                .to_string(),
            7 => format!(
                "experiment: {{ duration_seconds: {}, weight: {}, metrics: [{}] }}",
                self.below(30),
                self.below(20),
                self.metric(true)
            ),
            _ => self
                .of(&[
                    "set_header_route: { name: a, percent: 10 }",
                    "set_header_route: { name: a }",
                    "set_mirror_route: { name: b, percent: 10 }",
                ])
                .to_string(),
        }
    }

    fn config(&mut self) -> String {
        let routed = self.below(2) == 0;
        let mut keys = format!(
            "replicas: {}\nmax_surge: {}\nmax_unavailable: {}\nready_seconds: {}\n\
             progress_deadline_seconds: {}\nprogress_deadline_abort: {}\n",
            1 + self.below(12),
            self.below(5),
            self.below(4),
            self.below(9),
            5 + self.below(60),
            self.below(2) == 0,
        );
        if self.below(4) == 0 {
            let threshold = self.of(&["percent: 80", "pods: 2"]);
            keys += &format!("replica_progress_threshold: {{ {threshold} }}\n");
        }
        if self.below(8) == 0 {
            let before = self.metric(true);
            let after = self.metric(true);
            return keys
                + &format!(
                    "blue_green:\n  auto_promotion: {}\n  auto_promotion_seconds: {}\n  \
                     pre_promotion: {{ metrics: [{before}] }}\n  post_promotion: {{ metrics: \
                     [{after}] }}\n",
                    self.below(2) == 0,
                    self.below(20),
                );
        }
        if routed {
            keys += &format!(
                "traffic_routing: {{ dynamic_stable_scale: {}, min_pods_per_replica_set: {} }}\n",
                self.below(2) == 0,
                self.below(3),
            );
        }
        if self.below(2) == 0 {
            keys += &format!("abort_scale_down_delay_seconds: {}\n", 15 * self.below(3));
        }
        let steps = self.below(9);
        if steps > 0 {
            keys += "steps:\n";
            for _ in 0..steps {
                keys += &format!("- {}\n", self.step(routed));
            }
        }
        if self.below(2) == 0 {
            keys += &format!("background:\n  metrics: [{}]\n", self.metric(false));
        }
        keys
    }
}

#[test]
fn any_rollout_ends_or_waits_and_replays() {
    let mut draws = Draws(20_261_126);
    let mut ends = [0; 5];
    for number in 0..1_000 {
        let keys = draws.config();
        let config = argo(&keys);
        let commands: Vec<(u32, Command)> = (0..draws.below(4))
            .map(|_| {
                let command = Command::ALL[draws.below(4) as usize];
                (draws.below(120), command)
            })
            .collect();
        let play = || {
            let mut rollout = Rollout::new(&config, number);
            let mut tick = 0;
            while !rollout.state().is_terminal() && tick < 3_000 {
                if rollout.tick().is_err() {
                    break;
                }
                tick += 1;
                for (_, command) in commands.iter().filter(|(at, _)| *at == tick) {
                    // A command that the state refuses changes nothing.
                    let _ = rollout.command(*command);
                }
                let argo = standing(&rollout);
                let waits = rollout.state() == State::Paused && argo.waits();
                if waits && commands.iter().all(|(at, _)| *at <= tick) {
                    break;
                }
            }
            rollout
        };
        let rollout = play();
        let argo = standing(&rollout);
        let rests = rollout.state().is_terminal() || argo.waits();
        assert!(rests, "{number}: {:?} after {} ticks\n{keys}", rollout.state(), rollout.ticks());
        assert!(rollout.ticks() < MAX_TICKS);
        for row in &rollout.history().ticks {
            assert!((0.0..=1.0).contains(&row.share), "{number}: {row:?}\n{keys}");
        }
        let report = serde_json::to_string(&rollout.report()).unwrap();
        assert_eq!(report, serde_json::to_string(&play().report()).unwrap(), "{keys}");
        ends[rollout.state() as usize] += 1;
    }
    // Every kind of end occurs often enough to mean something.
    assert!(ends[State::Paused as usize] > 50, "{ends:?}");
    assert!(ends[State::RolledBack as usize] > 100, "{ends:?}");
    assert!(ends[State::Completed as usize] > 100, "{ends:?}");
}
