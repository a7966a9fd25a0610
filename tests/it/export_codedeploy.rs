//! A deployment and a policy in the words of AWS CodeDeploy: an import of the template is
//! the same deployment, it decides as the policy, and what is refused.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::{CodeDeployConfig, Config, ControllerConfig};
use canary_rollout::export::{Export, Names, Target, export};
use canary_rollout::import::{Import, Options, Source, import};

use crate::support::{check_committed, config, rolled_out};

#[track_caller]
fn exported(config: &Config) -> Export {
    match export(config, Target::CodeDeploy, &Names::default()) {
        Ok(export) => export,
        Err(refusal) => panic!("{refusal}"),
    }
}

/// Imports the template of an export.
#[track_caller]
fn imported(export: &Export) -> (Import, Config) {
    let sources: Vec<Source<'_>> =
        export.files.iter().map(|file| Source { name: &file.name, text: &file.text }).collect();
    let text = &export.files[0].text;
    let import = import(&sources, &Options::default());
    let import = import.unwrap_or_else(|error| panic!("{error}\nin {text}"));
    let read = config(&import.config);
    (import, read)
}

fn codedeploy(config: &Config) -> &CodeDeployConfig {
    match &config.policy().controller {
        Some(ControllerConfig::CodeDeploy(codedeploy)) => codedeploy,
        other => panic!("{other:?}"),
    }
}

const LAMBDA: &str = "{ codedeploy: {
    name: Checkout,
    deployment_config_name: CodeDeployDefault.LambdaCanary10Percent10Minutes,
    hooks: { before_allow_traffic: { succeeds_after_seconds: 0 },
             after_allow_traffic: { succeeds_after_seconds: 0 } },
    alarms: [
      { name: Errors, measures: errors, threshold: 5, evaluation_periods: 3,
        datapoints_to_alarm: 2, treat_missing_data: not_breaching },
      { name: NewVersion, measures: error_rate, of: canary, threshold: 0.02, period_seconds: 120 },
      { name: Slow, measures: latency, of: canary, quantile: 0.999, threshold: 800,
        comparison_operator: at_least, period_seconds: 300, treat_missing_data: ignore },
      { name: Percent, measures: error_rate, scale: 100, of: canary, threshold: 2.5,
        treat_missing_data: breaching },
      { name: Succeeded, measures: success_rate, scale: 100, threshold: 99,
        comparison_operator: below },
      { name: Calls, measures: requests, threshold: 1, comparison_operator: at_most } ] } }";

#[test]
fn a_function_in_the_words_of_sam_is_committed() {
    let export = exported(&config(&format!("{{ controller: {LAMBDA} }}")));
    assert_eq!(export.files[0].name, "template.yaml");
    check_committed(
        "tests/data/export/codedeploy.yaml",
        include_str!("../data/export/codedeploy.yaml"),
        &export.files[0].text,
    );
    assert_eq!(export.notes.len(), 1, "{:#?}", export.notes);
}

#[test]
fn an_import_of_an_export_is_the_same_deployment() {
    #[track_caller]
    fn check(controller: &str) {
        let given = config(&format!("{{ tick_seconds: 60, controller: {controller} }}"));
        let export = exported(&given);
        let (import, read) = imported(&export);
        let text = &export.files[0].text;
        assert_eq!(codedeploy(&read), codedeploy(&given), "{text}");
        assert!(import.warnings.is_empty(), "{:#?}\nin {text}", import.warnings);
    }
    check(LAMBDA);
    check("{ codedeploy: { name: A, deployment_config_name: CodeDeployDefault.LambdaAllAtOnce } }");
    check("{ codedeploy: { name: A, traffic_routing: all_at_once } }");
    check(
        "{ codedeploy: { name: \"60\", traffic_routing: { time_based_canary:
           { canary_percentage: 5, canary_interval_seconds: 2700 } } } }",
    );
    check(
        "{ codedeploy: { name: On, compute_platform: lambda, traffic_routing: { time_based_linear:
           { linear_percentage: 30, linear_interval_seconds: 120 } } } }",
    );
    check(
        "{ codedeploy: { name: Machine, compute_platform: step_functions, traffic_routing:
           { time_based_linear: { linear_percentage: 20, linear_interval_seconds: 180 } },
           alarms: [{ name: Failed, measures: errors, threshold: 3 },
                    { name: Rate, measures: error_rate, threshold: 0.1 },
                    { name: Time, measures: latency, quantile: 0.9, threshold: 900 },
                    { name: Started, measures: requests, threshold: 0, comparison_operator: at_most }] } }",
    );
    check(
        "{ codedeploy: { name: Machine, compute_platform: step_functions, traffic_routing: all_at_once } }",
    );
    check(
        "{ codedeploy: { name: Group, deployment_config_name: CodeDeployDefault.ECSCanary10Percent5Minutes,
           deployment_ready_wait_seconds: 3600, termination_wait_seconds: 900,
           auto_rollback: [deployment_failure, deployment_stop_on_alarm],
           alarms: [{ name: Errors, measures: errors, empty_without_errors: true, threshold: 10 },
                    { name: Filled, measures: errors, threshold: 10 },
                    { name: Rate, measures: error_rate, scale: 100, threshold: 1 },
                    { name: Good, measures: success_rate, threshold: 0.99, comparison_operator: below },
                    { name: Slow, measures: latency, quantile: 0.95, scale: 0.001, threshold: 1.5 },
                    { name: Few, measures: requests, threshold: 1, comparison_operator: below }] } }",
    );
    check(
        "{ codedeploy: { name: Group, compute_platform: ecs, traffic_routing: { time_based_linear:
           { linear_percentage: 25, linear_interval_seconds: 60 } }, auto_rollback: [] } }",
    );
    check(
        "{ codedeploy: { name: Web, compute_platform: ecs, termination_wait_seconds: 600,
           traffic_routing: { canary: { canary_percent: 2.5, canary_bake_time_seconds: 300 } },
           alarms: [{ name: Errors, measures: errors, empty_without_errors: true, threshold: 10 }] } }",
    );
    check(
        "{ codedeploy: { name: Web, compute_platform: ecs,
           traffic_routing: { linear: { step_percent: 20, step_bake_time_seconds: 120 } },
           auto_rollback: [deployment_failure, deployment_stop_on_request] } }",
    );
    check(
        "{ codedeploy: { name: Web, compute_platform: ecs,
           traffic_routing: { linear: { step_percent: 20, step_bake_time_seconds: 120 } } } }",
    );
    for name in ["OneAtATime", "HalfAtATime", "AllAtOnce"] {
        check(&format!(
            "{{ codedeploy: {{ name: Fleet, deployment_config_name: CodeDeployDefault.{name} }} }}"
        ));
    }
    for minimum in ["fleet_percent: 75", "host_count: 3"] {
        check(&format!(
            "{{ codedeploy: {{ name: Fleet, minimum_healthy_hosts: {{ {minimum} }} }} }}"
        ));
    }
}

#[test]
fn a_percentile_is_read_as_it_was_written() {
    for number in 100..1_000 {
        let controller = format!(
            "{{ tick_seconds: 60, controller: {{ codedeploy: {{ name: A, traffic_routing: all_at_once,
                alarms: [{{ name: Slow, measures: latency, quantile: 0.{number}, threshold: 1 }}] }} }} }}"
        );
        let given = config(&controller);
        let (_, read) = imported(&exported(&given));
        assert_eq!(codedeploy(&read), codedeploy(&given));
    }
}

#[test]
fn names_become_logical_names_and_what_has_no_setting_is_said() {
    let given = config(
        "{ tick_seconds: 30, controller: { codedeploy: { name: web-shop,
             traffic_routing: all_at_once, rollback_seconds: 30, alarm_poll_seconds: 60,
             hooks: { after_allow_traffic: { fails_after_seconds: 60 } },
             alarms: [{ name: 5xx errors, measures: errors, threshold: 1, on_before_start: true },
                      { name: 5xx-errors, measures: errors, threshold: 2 },
                      { name: “ ”, measures: errors, threshold: 3 }] } } }",
    );
    let export = exported(&given);
    let (import, read) = imported(&export);
    assert_eq!(import.title, "AWS SAM function \"WebShop\"");
    let names: Vec<&str> = codedeploy(&read).alarms.iter().map(|alarm| &*alarm.name).collect();
    assert_eq!(names, ["5xxErrors", "5xxErrors2", "Alarm"]);
    let expected = "AWS has no settings for some of the simulation, so the file lacks: what the \
                    hooks answer and when, on_before_start, alarm_poll_seconds, rollback_seconds.";
    assert_eq!(export.notes[0], expected);
}

/// Checks all parts that CodeDeploy has no words for: path and beginning of the message.
#[track_caller]
fn refused(text: &str, expected: &[(&str, &str)]) {
    let Err(refusal) = export(&config(text), Target::CodeDeploy, &Names::default()) else {
        panic!("exported: {text}");
    };
    let problems = refusal.problems.iter();
    let found: Vec<_> = problems.map(|p| (p.path.as_str(), p.message.as_str())).collect();
    let agrees = found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|(found, expected)| found.0 == expected.0 && found.1.starts_with(expected.1));
    assert!(agrees, "{found:#?}\nfor {text}");
}

#[test]
fn a_deployment_that_no_template_says_is_refused_with_its_path() {
    #[track_caller]
    fn check(tick: u32, controller: &str, expected: &[(&str, &str)]) {
        let text =
            format!("{{ tick_seconds: {tick}, controller: {{ codedeploy: {{ {controller} }} }} }}");
        let paths: Vec<(String, &str)> = expected
            .iter()
            .map(|(path, message)| (format!("controller.codedeploy.{path}"), *message))
            .collect();
        let expected: Vec<(&str, &str)> =
            paths.iter().map(|(path, message)| (path.as_str(), *message)).collect();
        refused(&text, &expected);
    }
    check(
        30,
        "traffic_routing: { time_based_canary: { canary_percentage: 2.5, canary_interval_seconds: 90 } }",
        &[
            ("traffic_routing.time_based_canary.canary_percentage", "expected a whole percentage"),
            (
                "traffic_routing.time_based_canary.canary_interval_seconds",
                "90, expected whole minutes",
            ),
        ],
    );
    check(
        10,
        "deployment_config_name: LambdaAllAtOnce, auto_rollback: [deployment_failure],
         alarms: [{ name: A, measures: errors, threshold: 1, period_seconds: 10 },
                  { name: B, measures: errors, threshold: 1, period_seconds: 3600, evaluation_periods: 100,
                    empty_without_errors: true },
                  { name: C, measures: latency, scale: 0.001, threshold: 1 },
                  { name: D, measures: nothing, threshold: 1 },
                  { name: E, measures: errors_per_second, threshold: 1 },
                  { name: F, measures: error_rate_ratio, of: canary, threshold: 1 },
                  { name: G, measures: latency, quantile: 0.05, threshold: 1 },
                  { name: H, measures: errors, threshold: 1, period_seconds: 1800, evaluation_periods: 49 },
                  { name: I, measures: requests, threshold: 1, empty_without_errors: true }]",
        &[
            ("auto_rollback", "lacks deployment_stop_on_alarm, on which a function of SAM"),
            ("alarms[0].period_seconds", "10, expected a multiple of 60"),
            ("alarms[1].empty_without_errors", "only the count of a load balancer’s errors"),
            ("alarms[2].scale", "expected 1, the unit of Duration"),
            ("alarms[3].measures", "what it measures is not simulated"),
            ("alarms[4].measures", "CloudWatch counts in a period"),
            ("alarms[5].measures", "expected one number"),
            ("alarms[6].quantile", "expected at least 0.1"),
            ("alarms[7].evaluation_periods", "49 periods of 1800 s, expected at most 86400 s"),
            ("alarms[8].empty_without_errors", "only the count"),
        ],
    );
    check(
        30,
        "compute_platform: ecs, traffic_routing: { linear: { step_bake_time_seconds: 90 } },
         termination_wait_seconds: 90, deployment_ready_wait_seconds: 60, auto_rollback: [],
         hooks: { after_install: does_not_answer }",
        &[
            ("traffic_routing.linear.step_bake_time_seconds", "90, expected whole minutes"),
            ("deployment_ready_wait_seconds", "an ECS service does not wait"),
            ("termination_wait_seconds", "90, expected whole minutes"),
            ("hooks.after_install", "the lifecycle hooks of an ECS service are not written"),
            ("auto_rollback", "lacks deployment_failure, on which an ECS service"),
        ],
    );
    check(
        60,
        "deployment_config_name: ECSAllAtOnce,
         hooks: { after_allow_test_traffic: { succeeds_after_seconds: 0 } },
         alarms: [{ name: A, measures: errors, of: canary, threshold: 1 },
                  { name: B, measures: latency, threshold: 1 },
                  { name: C, measures: errors, empty_without_errors: true, scale: 2, threshold: 1 }]",
        &[
            ("hooks.after_allow_test_traffic", "the hooks of ECS stand in the AppSpec file"),
            ("alarms[0].of", "only the metrics of a function"),
            ("alarms[1].scale", "expected 0.001, the unit of TargetResponseTime"),
            ("alarms[2].scale", "expected 1: what is multiplied has data"),
        ],
    );
    check(
        60,
        "compute_platform: step_functions, traffic_routing: all_at_once,
         hooks: { before_allow_traffic: { succeeds_after_seconds: 0 } }",
        &[("hooks.before_allow_traffic", "a state machine has no hooks")],
    );
    check(
        60,
        "minimum_healthy_hosts: { fleet_percent: 33.5 }",
        &[("minimum_healthy_hosts.fleet_percent", "expected a whole percentage")],
    );
    refused(
        "{ controller: { flagger: { interval_seconds: 60, threshold: 2, step_weight: 10, max_weight: 50 } } }",
        &[("controller", "Flagger decides, expected stages and rules or AWS CodeDeploy")],
    );
}

/// A rule that is an alarm.
const RULE: &str = "rule: error_rate, max: 0.03, look: every_tick, window: tick";

#[test]
fn what_of_a_policy_codedeploy_has_no_words_for_is_refused_with_its_path() {
    #[track_caller]
    fn check(
        tick: u32,
        stages: &[(f64, u32)],
        rules: &[&str],
        rest: &str,
        expected: &[(&str, &str)],
    ) {
        let stages: Vec<String> = stages
            .iter()
            .map(|(share, ticks)| format!("{{ traffic_pct: {share}, duration_ticks: {ticks} }}"))
            .collect();
        let rules: Vec<String> = rules.iter().map(|rule| format!("{{ {rule} }}")).collect();
        let (stages, rules) = (stages.join(", "), rules.join(", "));
        let text =
            format!("{{ tick_seconds: {tick}, stages: [{stages}], rules: [{rules}], {rest} }}");
        refused(&text, expected);
    }
    let promote = "on_inconclusive: promote";
    let canary = [(10.0, 5)];
    check(60, &[(100.0, 5)], &[RULE], promote, &[("stages[0].traffic_pct", "CodeDeploy is done")]);
    check(
        60,
        &[(2.5, 5), (5.0, 6), (20.0, 5)],
        &[RULE],
        promote,
        &[
            ("stages[0].traffic_pct", "CodeDeploy has whole percentages only"),
            ("stages[1].duration_ticks", "CodeDeploy has one interval"),
            ("stages[2].traffic_pct", "found 20, expected 7.5, because CodeDeploy shifts the same"),
        ],
    );
    check(
        60,
        &[(20.0, 5), (40.0, 5)],
        &[RULE],
        promote,
        &[(
            "stages",
            "2 stages before all traffic, expected 4, because CodeDeploy goes on in steps",
        )],
    );
    check(
        30,
        &[(10.0, 5)],
        &[RULE],
        promote,
        &[
            ("stages[0].duration_ticks", "150 s, but CodeDeploy has intervals of whole minutes"),
            ("tick_seconds", "30, but an alarm is evaluated each minute"),
        ],
    );
    check(
        60,
        &canary,
        &[
            "rule: sequential, look: every_tick",
            "rule: error_rate, max: 0.1, window: tick, look: stage_end",
            "rule: error_count, max: 3, look: every_tick, window: stage",
            "rule: error_rate, max: 0.1, look: every_tick, window: tick, of: service",
            "rule: error_rate, max: 0.1, look: every_tick, window: tick, on_fail: pause",
            "rule: error_rate, max: 0.1, look: every_tick, window: tick, min_requests: 50",
            "rule: error_rate, max: 0.1, look: every_tick, window: tick, min_errors: 2",
            "rule: error_rate, max: 0.1, look: every_tick, window: tick, no_data: fail",
            "rule: error_rate, max: 0.1, look: every_tick, window: tick, failure_limit: 2",
            "rule: error_rate, max: 0.1, look: every_tick, window: { last_seconds: 120 }, failure_limit: 2, of_last: 3",
        ],
        promote,
        &[
            ("rules[0].rule", "sequential is no limit on the canary alone"),
            ("rules[1].look", "an alarm is evaluated all the time"),
            ("rules[2].window", "the period of an alarm does not grow"),
            ("rules[3].of", "expected the canary"),
            ("rules[4].on_fail", "an alarm stops the deployment"),
            ("rules[5].min_requests", "an alarm does not ask"),
            ("rules[6].min_errors", "an alarm does not ask"),
            ("rules[7].no_data", "an alarm for which missing data is breaching"),
            ("rules[8].failure_limit", "an alarm forgets data points"),
            ("rules[9].window", "the data points of an alarm do not overlap"),
        ],
    );
    check(
        60,
        &canary,
        &[RULE],
        "on_inconclusive: rollback",
        &[("on_inconclusive", "CodeDeploy goes on")],
    );
    let eleven: Vec<String> =
        (1..=11).map(|i| RULE.replace("0.03", &format!("0.{i:02}"))).collect();
    let eleven: Vec<&str> = eleven.iter().map(String::as_str).collect();
    check(60, &canary, &eleven, promote, &[("rules", "11 rules, but at most 10 alarms")]);
    let latency = "rule: latency, max: 300, quantile: 0.05, look: every_tick, window: tick";
    check(60, &canary, &[latency], promote, &[("rules[0].quantile", "expected at least 0.1")]);
    refused(
        "{ tick_seconds: 60, on_inconclusive: promote, rules: [],
           stages: [{ traffic_pct: 10, duration_ticks: 5, pause: manual }] }",
        &[("stages[0].pause", "CodeDeploy does not wait for a person")],
    );
}

/// The deployment is the shift that is expected, an import of it is the same, and it
/// decides in the tick in which the policy does.
#[test]
fn the_exported_deployment_decides_as_the_policy() {
    #[track_caller]
    fn check(stages: &str, rules: &str, shift: &str) {
        let mut rolled_back = 0;
        for (error_ratio, requests) in [(0.01, 50), (1.0, 50), (4.0, 5), (8.0, 1)] {
            let world = format!(
                "tick_seconds: 60, traffic: {{ requests_per_second: {requests} }}, \
                 baseline: {{ error_rate: 0.01 }}, canary: {{ error_ratio: {error_ratio} }}"
            );
            let staged = config(&format!(
                "{{ {world}, name: my shop, stages: [{stages}], rules: [{rules}], on_inconclusive: promote }}"
            ));
            let export = exported(&staged);
            assert!(export.files[0].text.contains(shift), "{}", export.files[0].text);
            let (import, read) = imported(&export);
            assert!(import.warnings.is_empty(), "{:#?}", import.warnings);
            let deployment = codedeploy(&read);
            assert_eq!(deployment.name, "MyShop");
            let again = exported(&read);
            assert_eq!(again.files, export.files);
            let controller = serde_json::to_string(deployment).unwrap();
            let theirs =
                config(&format!("{{ {world}, controller: {{ codedeploy: {controller} }} }}"));
            for seed in 0..50 {
                let [ours, theirs] = [&staged, &theirs].map(|config| {
                    let rollout = rolled_out(config, seed);
                    let shares = rollout.history().ticks.iter().map(|tick| tick.share);
                    (rollout.state(), shares.collect::<Vec<f64>>())
                });
                rolled_back += u32::from(ours.0 == canary_rollout::policy::State::RolledBack);
                assert_eq!(ours, theirs, "seed {seed}, {error_ratio} times the errors, {rules}");
            }
        }
        // Neither all nor none of the 200.
        assert!((1..200).contains(&rolled_back), "{rolled_back}");
    }
    let canary = "{ traffic_pct: 10, duration_ticks: 10 }";
    let own = "{ traffic_pct: 5, duration_ticks: 20 }";
    let linear = "{ traffic_pct: 30, duration_ticks: 4 }, { traffic_pct: 60, duration_ticks: 4 }, \
                  { traffic_pct: 90, duration_ticks: 4 }";
    let rate = "{ rule: error_rate, max: 0.03, look: every_tick, window: tick }";
    let three = "{ rule: error_rate, max: 0.015, look: every_tick, window: tick, \
                   failure_limit: 2, of_last: 3, no_data: pass }";
    let count = "{ rule: error_count, max: 12, look: every_tick, window: { last_seconds: 300 } }";
    check(canary, rate, "Type: Canary10Percent10Minutes");
    check(own, rate, "CanaryPercentage: 5");
    check(linear, rate, "LinearPercentage: 30");
    for rules in [three, count, &format!("{rate}, {three}, {count}")] {
        check(canary, rules, "Type: Canary10Percent10Minutes");
        check(linear, rules, "LinearInterval: 4");
    }
    let tenths: Vec<String> =
        (1..10).map(|i| format!("{{ traffic_pct: {}, duration_ticks: 3 }}", 10 * i)).collect();
    check(&tenths.join(", "), count, "Type: Linear10PercentEvery3Minutes");
}

#[test]
fn a_stage_with_all_traffic_is_left_out_and_said_to_be() {
    let staged = config(
        "{ tick_seconds: 60, rollback_ticks: 2, on_inconclusive: promote,
           stages: [{ traffic_pct: 10, duration_ticks: 5 }, { traffic_pct: 100, duration_ticks: 5 }],
           rules: [{ rule: latency, max: 300, quantile: 0.95, look: every_tick, window: tick }] }",
    );
    let export = exported(&staged);
    assert!(export.notes[0].contains("the stage at 100 % is left out"), "{:#?}", export.notes);
    assert!(export.notes[1].contains("rollback_ticks, 2, is left out"), "{:#?}", export.notes);
    let (_, read) = imported(&export);
    let alarm = &codedeploy(&read).alarms[0];
    assert_eq!((alarm.name.as_str(), alarm.quantile, alarm.threshold), ("Latency1", 0.95, 300.0));
}
