//! The configuration of a Rollout: its faults, its warnings, and that it reads back.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::Config;

/// A configuration with these keys of its controller, in ticks of this length.
fn read(tick_seconds: u32, keys: &str) -> Result<Config, String> {
    let indented: String = keys.lines().map(|line| format!("    {line}\n")).collect();
    let text = format!("tick_seconds: {tick_seconds}\ncontroller:\n  argo:\n{indented}");
    Config::from_text(&text).map_err(|error| error.to_string())
}

/// A metric with these keys.
fn metric(keys: &str) -> String {
    format!("{{ name: m, measures: success_rate, window_seconds: 60, {keys} }}")
}

fn in_background(keys: &str) -> String {
    format!("ready_seconds: 30\nbackground: {{ metrics: [{}] }}", metric(keys))
}

#[test]
fn faults_are_those_of_argos_validation() {
    #[track_caller]
    fn check(keys: &str, path: &str, message: &str) {
        let error = read(10, keys).expect_err("a fault");
        assert!(error.contains(path), "{error}\nexpected {path}");
        assert!(error.contains(message), "{error}\nexpected {message}");
    }
    for (keys, path, message) in [
        ("steps: [{ set_weight: 101 }]", "steps[0].set_weight", "101"),
        ("steps: [{}]", "steps[0]", "is empty"),
        ("steps: [{ set_weight: 1, pause: {} }]", "steps[0]", "several kinds"),
        ("steps: [{ pause: { duration_seconds: 5 } }]", "pause.duration_seconds", "10"),
        (
            "steps: [{ set_canary_scale: { replicas: 2 } }]",
            "steps[0].set_canary_scale",
            "needs traffic_routing",
        ),
        (
            "steps: [{ set_header_route: { name: a, percent: 1 } }]",
            "steps[0].set_header_route",
            "needs traffic_routing",
        ),
        (
            "steps: [{ experiment: { weight: 5 } }]",
            "steps[0].experiment.weight",
            "needs traffic_routing",
        ),
        (
            "traffic_routing: {}\nsteps: [{ set_canary_scale: { replicas: 2, weight: 2 } }]",
            "set_canary_scale",
            "one of",
        ),
        ("steps: []\nblue_green: {}", "blue_green", "stands beside steps"),
        (
            "steps: [{ pause: { duration_seconds: 2000000 } }]",
            "steps",
            "take at least 2000000 s, 100000 ticks are at most 1000000 s",
        ),
        ("background: { metrics: [] }", "background.metrics", "at least one"),
        ("pauses: []", "pauses", "unknown field"),
    ] {
        check(keys, path, message);
    }
    for (keys, path, message) in [
        ("count: 3", "interval_seconds", "missing"),
        ("count: 3, interval_seconds: 10, failure_limit: 4", "count", "below failure_limit"),
        ("count: 3, interval_seconds: 10, inconclusive_limit: 4", "count", "inconclusive_limit"),
        ("failure_limit: -1", "failure_limit", "consecutive_success_limit"),
        ("failure_limit: -2", "failure_limit", "-2"),
        ("success_condition: \"result[0] >\"", "success_condition", "column"),
        ("interval_seconds: 15", "interval_seconds", "15"),
        ("judge: { metrics: [] }", "judge.metrics", "expected 1 to 20"),
    ] {
        let path = format!("background.metrics[0].{path}");
        check(&in_background(keys), &path, message);
    }
    check(
        &format!("steps: [{{ analysis: {{ metrics: [{}] }} }}]", metric("interval_seconds: 60")),
        "steps[0].analysis.metrics[0].count",
        "never ends",
    );
}

#[test]
fn warnings_say_what_a_file_does_that_people_do_not_expect() {
    let ok = "success_condition: 'result[0] > 0.9', failure_limit: 2, initial_delay_seconds: 60";
    let analysed = in_background(ok);
    let with = |keys: &str| format!("{keys}\n{analysed}");
    // Ticks of 10 s, except where a row says otherwise.
    for (tick_seconds, keys, expected) in [
        (10, analysed.clone(), ""),
        (
            10,
            "steps: [{ pause: {} }]".to_string(),
            "controller.argo: has no analysis: only a person or the progress deadline can stop a \
             release",
        ),
        (
            10,
            with("progress_deadline_seconds: 20"),
            "controller.argo.ready_seconds: is not below progress_deadline_seconds, 20: the \
             rollout is degraded",
        ),
        (
            10,
            with("max_surge: 0"),
            "controller.argo.max_surge: is 0 with a single pod: while it is replaced there is \
             none, which is not simulated",
        ),
        (
            10,
            with("replicas: 4\nreplica_progress_threshold: { pods: 5 }"),
            "controller.argo.replica_progress_threshold.pods: is 5, and there are 4 pods: no \
             set_weight is completed",
        ),
        (
            10,
            with("replicas: 3\nsteps: [{ set_weight: 5 }]"),
            "controller.argo.steps[0].set_weight: is 5, and the nearest share of whole pods is \
             25 %",
        ),
        (10, with("replicas: 10\nsteps: [{ set_weight: 5 }]"), ""),
        (10, with("replicas: 3\ntraffic_routing: {}\nsteps: [{ set_weight: 5 }]"), ""),
        (
            10,
            with("traffic_routing: {}"),
            "controller.argo.steps: is empty: the router goes from 0 to 100 % at once",
        ),
        (
            10,
            with("blue_green: { auto_promotion: false, auto_promotion_seconds: 60 }"),
            "controller.argo.background: has no effect beside blue_green: only canaries have one\n\
             controller.argo.blue_green.auto_promotion_seconds: has no effect without \
             auto_promotion: the rollout waits for a person",
        ),
        (
            10,
            in_background(
                "success_condition: 'result[0] > 0.9', interval_seconds: 30, \
                 initial_delay_seconds: 60",
            ),
            "controller.argo.background.metrics[0]: m has failure_limit 0: the first of all \
             measurements that fails decides",
        ),
        (
            30,
            analysed.clone(),
            "controller.argo.background.metrics[0]: m is measured again 30 s after an error, on a \
             whole tick; Argo Rollouts does so after 10 s",
        ),
        (
            10,
            in_background("success_condition: 'result[0] > 0.9', failure_limit: 2"),
            "controller.argo.background.metrics[0]: m is measured after 0 s, and the canary has \
             no traffic before 30 s: measurements without data are errors; initial_delay_seconds \
             or starting_step help",
        ),
        (
            10,
            with("steps: [{ pause: { duration_seconds: 60 } }]")
                .replace("initial_delay_seconds: 60", "initial_delay_seconds: 0"),
            "controller.argo.background.metrics[0]: m is measured after 0 s, and the canary has \
             no traffic before 90 s: the errors of measurements without data abort every \
             rollout; initial_delay_seconds or starting_step help",
        ),
        (
            10,
            in_background("no_data: nan, success_condition: 'result[0] > 0.9'"),
            "controller.argo.background.metrics[0]: m is measured after 0 s, and the canary has \
             no traffic before 30 s: a measurement without data fails, which aborts every \
             rollout; initial_delay_seconds or starting_step help",
        ),
    ] {
        let config = read(tick_seconds, &keys).unwrap();
        let found: Vec<String> = config.warnings().iter().map(ToString::to_string).collect();
        assert_eq!(found.join("\n"), expected, "{keys}");
    }
}

#[test]
fn a_rollout_reads_back_as_it_is_written() {
    let judge = "{ name: j, judge: { metrics: [{ name: e, measures: error_rate, groups: [a] }] } }";
    for keys in [
        "replicas: 2".to_string(),
        "replicas: 8
max_surge: 3
max_unavailable: 0
ready_seconds: 20
traffic_routing: { max_weight: 1000, dynamic_stable_scale: true, min_pods_per_replica_set: 2 }
abort_scale_down_delay_seconds: 0
progress_deadline_seconds: 300
progress_deadline_abort: true
replica_progress_threshold: { percent: 80.5 }
steps:
- { set_weight: 10, set_canary_scale: { weight: 50 } }
- pause: {}
- set_canary_scale: { match_traffic_weight: true }
- set_header_route: { name: testers, percent: 2.5 }
- set_mirror_route: { name: copies }
- experiment: { duration_seconds: 60, weight: 5, required_for_completion: true }"
            .to_string(),
        format!(
            "steps: [{{ analysis: {{ metrics: [{}, {judge}] }} }}]\nbackground: {{ \
             starting_step: 1, metrics: [{}] }}",
            metric(
                "count: 9, interval_seconds: 30, failure_limit: 3, consecutive_success_limit: 5"
            ),
            metric("failure_limit: -1, consecutive_success_limit: 2, dry_run: true"),
        ),
        format!(
            "blue_green: {{ auto_promotion_seconds: 30, scale_down_delay_seconds: 60, \
             pre_promotion: {{ metrics: [{}] }}, post_promotion: {{ metrics: [{judge}] }} }}",
            metric("result_is_number: true, failure_condition: result < 0.5"),
        ),
    ] {
        let config = read(10, &keys).unwrap();
        let text = serde_json::to_string(&config).unwrap();
        let again = Config::from_text(&text).unwrap();
        assert_eq!(again, config, "{text}");
    }
}
