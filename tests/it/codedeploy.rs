//! AWS CodeDeploy decides as its documentation says: predefined and custom
//! configurations, alarms of CloudWatch with missing data, hooks, rollback.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::{CodeDeployConfig, Config, ControllerConfig, Deploys, Predefined};
use canary_rollout::policy::codedeploy::alarm::{AlarmMemory, AlarmPlan, AlarmState, DataPoint};
use canary_rollout::policy::{Command, Prepared, State, Step};
use canary_rollout::rollout::Rollout;

use crate::support::{check_committed, config, rolled_out};

/// A deployment of a healthy release in a service that never fails.
fn healthy(controller: &str) -> Config {
    config(&format!(
        "{{ traffic: {{ requests_per_second: 50 }}, baseline: {{ error_rate: 0 }}, \
         controller: {{ codedeploy: {controller} }} }}"
    ))
}

/// A deployment of a release that always fails.
fn failing(controller: &str) -> Config {
    config(&format!(
        "{{ traffic: {{ requests_per_second: 50 }}, baseline: {{ error_rate: 0 }}, \
         canary: {{ error_rate: 1 }}, controller: {{ codedeploy: {controller} }} }}"
    ))
}

fn codedeploy(config: &Config) -> &CodeDeployConfig {
    match &config.policy().controller {
        Some(ControllerConfig::CodeDeploy(codedeploy)) => codedeploy,
        other => panic!("{other:?}"),
    }
}

/// The shares in percent, with the first tick of each.
fn shares(rollout: &Rollout) -> Vec<(usize, u32)> {
    let mut shares: Vec<(usize, u32)> = Vec::new();
    for (tick, row) in (1..).zip(&rollout.history().ticks) {
        let percent = (1000.0 * row.share).round() as u32;
        if shares.last().is_none_or(|(_, last)| *last != percent) {
            shares.push((tick, percent));
        }
    }
    shares
}

/// What happened, one line for each decision.
fn log(rollout: &Rollout) -> Vec<String> {
    let report = rollout.report();
    let said = report.decisions.iter();
    said.map(|decision| format!("{} {}", decision.tick, decision.sentence)).collect()
}

#[test]
fn predefined_configurations_shift_as_their_names_say() {
    // CodeDeploy user guide, "Working with deployment configurations".
    #[track_caller]
    fn check(name: &str, first: u32, step: u32, minutes: u32, ticks: u32) {
        let config = healthy(&format!("{{ deployment_config_name: {name} }}"));
        let rollout = rolled_out(&config, 1);
        assert_eq!(rollout.state(), State::Completed, "{name}");
        let expected: Vec<(usize, u32)> = match minutes {
            0 => vec![(1, 1000)],
            _ => (0..)
                .map(|i| ((i * minutes + 1) as usize, first + i * step))
                .take_while(|(tick, share)| *tick <= ticks as usize && *share <= 1000)
                .collect(),
        };
        assert_eq!((shares(&rollout), rollout.ticks()), (expected, ticks), "{name}");
    }
    // The share that comes first and the next ones, in tenths of a percent; the interval in
    // minutes; the length in minutes.
    check("CodeDeployDefault.LambdaCanary10Percent5Minutes", 100, 900, 5, 5);
    check("CodeDeployDefault.LambdaCanary10Percent10Minutes", 100, 900, 10, 10);
    check("CodeDeployDefault.LambdaCanary10Percent15Minutes", 100, 900, 15, 15);
    check("CodeDeployDefault.LambdaCanary10Percent30Minutes", 100, 900, 30, 30);
    check("CodeDeployDefault.LambdaLinear10PercentEvery1Minute", 100, 100, 1, 9);
    check("CodeDeployDefault.LambdaLinear10PercentEvery2Minutes", 100, 100, 2, 18);
    check("CodeDeployDefault.LambdaLinear10PercentEvery3Minutes", 100, 100, 3, 27);
    check("CodeDeployDefault.LambdaLinear10PercentEvery10Minutes", 100, 100, 10, 90);
    check("CodeDeployDefault.LambdaAllAtOnce", 1000, 0, 0, 1);
    check("CodeDeployDefault.ECSCanary10Percent5Minutes", 100, 900, 5, 5);
    check("CodeDeployDefault.ECSCanary10Percent15Minutes", 100, 900, 15, 15);
    check("CodeDeployDefault.ECSLinear10PercentEvery1Minutes", 100, 100, 1, 9);
    check("CodeDeployDefault.ECSLinear10PercentEvery3Minutes", 100, 100, 3, 27);
    check("CodeDeployDefault.ECSAllAtOnce", 1000, 0, 0, 1);
    // The guide and the CDK do not agree on upper and lower case; SAM drops the prefix.
    check("codedeploydefault.ECSCanary10percent5Minutes", 100, 900, 5, 5);
    check("LambdaCanary10Percent5Minutes", 100, 900, 5, 5);
    let servers = Predefined::ALL.iter().filter(|it| !matches!(it.deploys, Deploys::Shift(_)));
    assert_eq!((servers.count(), Predefined::ALL.len()), (3, 17));
}

#[test]
fn custom_configurations_shift_by_their_intervals() {
    #[track_caller]
    fn check(controller: &str, expected: &[(usize, u32)], ticks: u32) {
        let rollout = rolled_out(&healthy(controller), 1);
        let found = (shares(&rollout), rollout.ticks());
        assert_eq!(found, (expected.to_vec(), ticks), "{controller}");
    }
    check(
        "{ traffic_routing: { time_based_canary: { canary_percentage: 1, canary_interval_seconds: 180 } } }",
        &[(1, 10)],
        3,
    );
    // The last increment is what is left.
    check(
        "{ traffic_routing: { time_based_linear: { linear_percentage: 30, linear_interval_seconds: 60 } } }",
        &[(1, 300), (2, 600), (3, 900)],
        3,
    );
    check(
        "{ traffic_routing: { time_based_linear: { linear_percentage: 50, linear_interval_seconds: 120 } }, last_interval: true }",
        &[(1, 500), (3, 1000)],
        4,
    );
    check("{ traffic_routing: all_at_once }", &[(1, 1000)], 1);
    // Amazon ECS: 5 % for ten minutes, or 10 % every six, and a bake time.
    check(
        "{ compute_platform: ecs, traffic_routing: { canary: {} }, termination_wait_seconds: 300 }",
        &[(1, 50), (11, 1000)],
        15,
    );
    check(
        "{ compute_platform: ecs, traffic_routing: { linear: { step_percent: 40 } } }",
        &[(1, 400), (7, 800)],
        12,
    );
    check(
        "{ compute_platform: ecs, install_seconds: 120, traffic_routing: { canary: { canary_percent: 0.1, canary_bake_time_seconds: 0 } } }",
        &[(1, 0)],
        2,
    );
    // Hooks come before and after.
    check(
        "{ compute_platform: ecs, deployment_config_name: ECSAllAtOnce, \
           hooks: { before_install: { succeeds_after_seconds: 60 }, after_install: { succeeds_after_seconds: 0 }, \
                    before_allow_traffic: { succeeds_after_seconds: 120 }, after_allow_traffic: { succeeds_after_seconds: 60 } } }",
        &[(1, 0), (4, 1000)],
        4,
    );
}

#[test]
fn alarms_treat_missing_data_as_the_tables_of_cloudwatch_say() {
    // CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data": data
    // points from the oldest to the latest; 0 is within the threshold, X breaching. Then the
    // state for missing, ignore, breaching and not_breaching: O is OK, A is ALARM, I is
    // INSUFFICIENT_DATA, = is the state before.
    #[track_caller]
    fn check(points: &str, limit: u32, expected: &str) {
        for (treatment, expected) in
            ["missing", "ignore", "breaching", "not_breaching"].iter().zip(expected.chars())
        {
            for was_on in [false, true] {
                let config = healthy(&format!(
                    "{{ traffic_routing: all_at_once, alarms: [{{ name: a, measures: errors, threshold: 0, \
                       evaluation_periods: 3, datapoints_to_alarm: {limit}, treat_missing_data: {treatment} }}] }}"
                ));
                let plan = AlarmPlan::new(&codedeploy(&config).alarms[0], 60);
                let mut memory = AlarmMemory::before(DataPoint::Missing, false);
                for point in points.split(' ') {
                    memory.state = if was_on { AlarmState::Alarm } else { AlarmState::Ok };
                    let point = match point {
                        "0" => DataPoint::Good,
                        "X" => DataPoint::Breaching,
                        _ => DataPoint::Missing,
                    };
                    memory.evaluate(&plan, point);
                }
                let expected = match expected {
                    'O' => AlarmState::Ok,
                    'A' => AlarmState::Alarm,
                    'I' => AlarmState::InsufficientData,
                    _ if was_on => AlarmState::Alarm,
                    _ => AlarmState::Ok,
                };
                assert_eq!(memory.state, expected, "{points}, {limit} of 3, {treatment}, {was_on}");
            }
        }
    }
    check("0 - X - X", 3, "OOOO");
    check("0 - - - -", 3, "OOOO");
    check("- - - - -", 3, "I=AO");
    check("0 X X - X", 3, "AAAA");
    check("- - X - -", 3, "A=AO");
    check("0 - X - X", 2, "AAAA");
    check("0 0 X 0 X", 2, "AAAA");
    check("0 - X - -", 2, "OOAO");
    check("- - - - 0", 2, "OOAO");
    check("- - - X -", 2, "A=AO");
}

#[test]
fn an_alarm_stops_the_deployment_in_its_minute() {
    // The release always fails, at 10 % of 50 requests a second.
    #[track_caller]
    fn check(alarm: &str, expected: &str) {
        let config = failing(&format!(
            "{{ deployment_config_name: LambdaCanary10Percent5Minutes, alarms: [{{ name: a, {alarm} }}] }}"
        ));
        let rollout = rolled_out(&config, 1);
        assert_eq!(format!("{} {}", rollout.ticks(), rollout.state()), expected, "{alarm}");
    }
    check("measures: errors, threshold: 0", "1 ROLLED_BACK");
    check("measures: errors, threshold: 0, of: canary", "1 ROLLED_BACK");
    check("measures: errors, threshold: 0, evaluation_periods: 3", "3 ROLLED_BACK");
    check(
        "measures: errors, threshold: 0, evaluation_periods: 4, datapoints_to_alarm: 2",
        "2 ROLLED_BACK",
    );
    // Ten percent of the whole function, so never 20 %.
    check("measures: error_rate, threshold: 0.2", "5 COMPLETED");
    check("measures: error_rate, threshold: 0.2, of: canary", "1 ROLLED_BACK");
    check("measures: success_rate, threshold: 0.95, comparison_operator: below", "1 ROLLED_BACK");
    // A period of five minutes slides by a minute: 2, 4, then 6 % of its requests fail.
    check("measures: error_rate, threshold: 0.05, period_seconds: 300", "3 ROLLED_BACK");
    // Three such periods take fifteen minutes.
    check(
        "measures: errors, threshold: 0, period_seconds: 300, evaluation_periods: 3",
        "5 COMPLETED",
    );
    // A metric of errors alone has no data before the first one.
    check(
        "measures: errors, threshold: 0, empty_without_errors: true, evaluation_periods: 2",
        "2 ROLLED_BACK",
    );
    // An alarm that is on before stops the deployment before any traffic.
    check("measures: nothing, threshold: 0, on_before_start: true", "0 ROLLED_BACK");
    check(
        "measures: requests, threshold: 10, comparison_operator: below, of: canary, treat_missing_data: breaching",
        "0 ROLLED_BACK",
    );
    check("measures: requests, threshold: 10", "0 ROLLED_BACK");
    check("measures: requests, threshold: 10, evaluation_periods: 2", "1 ROLLED_BACK");
    // Without a number there is no alarm, and nothing ends it.
    check("measures: nothing, threshold: 0", "5 COMPLETED");
}

#[test]
fn a_deployment_asks_for_its_alarms_now_and_then() {
    let config = failing(
        "{ deployment_config_name: LambdaCanary10Percent5Minutes, alarm_poll_seconds: 240, \
           alarms: [{ name: a, measures: errors, threshold: 0 }] }",
    );
    assert_eq!(rolled_out(&config, 1).ticks(), 4);
}

#[test]
fn hooks_and_events_decide_what_follows() {
    #[track_caller]
    fn check(controller: &str, expected: &[&str], state: State) {
        let rollout = rolled_out(&healthy(controller), 1);
        assert_eq!(log(&rollout), expected, "{controller}");
        assert_eq!(rollout.state(), state, "{controller}");
    }
    let canary = "deployment_config_name: LambdaCanary10Percent5Minutes";
    check(
        &format!(
            "{{ {canary}, hooks: {{ before_allow_traffic: {{ fails_after_seconds: 120 }} }} }}"
        ),
        &[
            "2 BeforeAllowTraffic failed or did not answer: the deployment is stopped and rolled back.",
        ],
        State::RolledBack,
    );
    check(
        &format!("{{ {canary}, hooks: {{ before_allow_traffic: does_not_answer }} }}"),
        &[
            "60 BeforeAllowTraffic failed or did not answer: the deployment is stopped and rolled back.",
        ],
        State::RolledBack,
    );
    check(
        &format!(
            "{{ {canary}, hooks: {{ before_allow_traffic: {{ succeeds_after_seconds: 60 }}, \
               after_allow_traffic: {{ fails_after_seconds: 60 }} }} }}"
        ),
        &[
            "1 BeforeAllowTraffic succeeded.",
            "1 AllowTraffic: 10 % of the traffic is on the new version.",
            "6 AllowTraffic: 100 % of the traffic is on the new version.",
            "7 AfterAllowTraffic failed or did not answer: the deployment is stopped and rolled back.",
        ],
        State::RolledBack,
    );
    // The way back takes a while.
    check(
        &format!(
            "{{ {canary}, rollback_seconds: 120, hooks: {{ after_allow_traffic: {{ fails_after_seconds: 0 }} }} }}"
        ),
        &[
            "0 AllowTraffic: 10 % of the traffic is on the new version.",
            "5 AllowTraffic: 100 % of the traffic is on the new version.",
            "5 AfterAllowTraffic failed or did not answer: the deployment is stopped and rolled back.",
            "7 The last revision is deployed again.",
        ],
        State::RolledBack,
    );
    // Without the event the traffic stays where it is.
    check(
        &format!(
            "{{ {canary}, auto_rollback: [deployment_stop_on_alarm], \
               hooks: {{ after_allow_traffic: {{ fails_after_seconds: 0 }} }} }}"
        ),
        &[
            "0 AllowTraffic: 10 % of the traffic is on the new version.",
            "5 AllowTraffic: 100 % of the traffic is on the new version.",
            "5 AfterAllowTraffic failed or did not answer: the deployment is stopped, and the traffic stays where it is.",
        ],
        State::Paused,
    );
    check(
        &format!("{{ {canary} }}"),
        &[
            "0 AllowTraffic: 10 % of the traffic is on the new version.",
            "5 Succeeded: all traffic is on the new version.",
        ],
        State::Completed,
    );
}

#[test]
fn an_alarm_without_the_event_leaves_the_traffic_where_it_is() {
    let config = failing(
        "{ deployment_config_name: LambdaLinear10PercentEvery1Minute, auto_rollback: [], \
           alarms: [{ name: a, measures: errors, threshold: 500 }] }",
    );
    let mut rollout = rolled_out(&config, 1);
    assert_eq!((rollout.state(), rollout.ticks()), (State::Paused, 2));
    for command in [Command::Resume, Command::Promote] {
        let error = rollout.command(command).unwrap_err().to_string();
        assert!(error.ends_with("the deployment is stopped and cannot go on"), "{error}");
    }
    rollout.tick().unwrap();
    assert_eq!(shares(&rollout), [(1, 100), (2, 200)]);
    rollout.abort().unwrap();
    assert_eq!(rollout.state(), State::RolledBack);
    assert!(rollout.tick().is_err());
}

#[test]
fn a_person_can_stop_a_deployment_or_let_it_continue() {
    let controller = "{ compute_platform: ecs, deployment_config_name: ECSCanary10Percent5Minutes, \
         deployment_ready_wait_seconds: 180, termination_wait_seconds: 600 }";
    let mut rollout = rolled_out(&healthy(controller), 1);
    assert_eq!((rollout.state(), rollout.ticks()), (State::Paused, 1));
    rollout.resume().unwrap();
    let refused = rollout.promote().unwrap_err().to_string();
    assert_eq!(refused, "promote(): a deployment of CodeDeploy cannot skip its schedule");
    let refused = rollout.pause().unwrap_err().to_string();
    assert_eq!(refused, "pause(): a deployment of CodeDeploy cannot be paused, only stopped");
    for _ in 0..6 {
        rollout.tick().unwrap();
    }
    // The old tasks are ended now rather than in nine minutes.
    rollout.promote().unwrap();
    assert_eq!((rollout.state(), rollout.ticks()), (State::Completed, 7));
    assert_eq!(shares(&rollout), [(1, 0), (2, 100), (7, 1000)]);

    // Nobody answers.
    let mut rollout = rolled_out(&healthy(controller), 1);
    for _ in 0..2 {
        rollout.tick().unwrap();
    }
    assert_eq!(rollout.state(), State::RolledBack);
    let last = log(&rollout).pop().unwrap();
    assert_eq!(last, "3 Stopped: nobody let the deployment continue.");

    let mut rollout =
        Rollout::new(&healthy("{ deployment_config_name: LambdaCanary10Percent5Minutes }"), 1);
    rollout.tick().unwrap();
    rollout.abort().unwrap();
    assert_eq!(rollout.state(), State::RolledBack);
}

#[test]
fn instances_are_deployed_in_batches() {
    // CodeDeploy user guide, "CodeDeploy instance health", on ten instances.
    #[track_caller]
    fn check(minimum: &str, batch: u32, ticks: u32) {
        let controller = format!("{{ compute_platform: server, instances: 10, {minimum} }}");
        let config = healthy(&controller);
        assert_eq!(codedeploy(&config).deploys().batch(10), batch, "{minimum}");
        let rollout = rolled_out(&config, 1);
        assert_eq!((rollout.state(), rollout.ticks()), (State::Completed, ticks), "{minimum}");
    }
    check("minimum_healthy_hosts: { host_count: 9 }", 1, 10);
    check("minimum_healthy_hosts: { host_count: 8 }", 2, 5);
    check("minimum_healthy_hosts: { host_count: 0 }", 10, 1);
    check("minimum_healthy_hosts: { fleet_percent: 75 }", 2, 5);
    check("minimum_healthy_hosts: { fleet_percent: 70 }", 3, 4);
    check("deployment_config_name: OneAtATime", 1, 10);
    check("deployment_config_name: HalfAtATime", 5, 2);
    check("deployment_config_name: AllAtOnce", 10, 1);

    // Those of a batch are out of service: two of four in service are new, and so on.
    let batches =
        "compute_platform: server, instances: 6, minimum_healthy_hosts: { host_count: 4 }";
    let rollout = rolled_out(&healthy(&format!("{{ {batches} }}")), 1);
    assert_eq!(shares(&rollout), [(1, 0), (2, 500), (3, 1000)]);
    // The way back goes batch by batch: two ticks after the decision no new one serves.
    let rollout = rolled_out(
        &failing(&format!(
            "{{ {batches}, alarms: [{{ name: a, measures: error_rate, threshold: 0.6 }}] }}"
        )),
        1,
    );
    assert_eq!((rollout.state(), rollout.ticks()), (State::RolledBack, 5));
    assert_eq!(shares(&rollout), [(1, 0), (2, 500), (3, 1000), (5, 500)]);
}

#[test]
fn faults_say_what_was_expected() {
    #[track_caller]
    fn check(controller: &str, expected: &str) {
        let text = format!("{{ controller: {{ codedeploy: {controller} }} }}");
        let error = Config::from_text(&text).unwrap_err();
        let found: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
        let found = found.join("; ");
        let found =
            found.replace("controller.codedeploy.", "").replace("controller.codedeploy", "~");
        assert!(found.starts_with(expected), "{controller}\n{found}");
    }
    check(
        "{}",
        "~: expected one of deployment_config_name, traffic_routing and minimum_healthy_hosts",
    );
    check(
        "{ traffic_routing: all_at_once, deployment_config_name: LambdaAllAtOnce }",
        "~: expected one of",
    );
    check(
        "{ deployment_config_name: Canary10Percent5Minutes }",
        "deployment_config_name: is “Canary10Percent5Minutes”, expected CodeDeployDefault. with one of LambdaCanary10Percent5Minutes,",
    );
    check(
        "{ compute_platform: lambda, deployment_config_name: ECSAllAtOnce }",
        "deployment_config_name: CodeDeployDefault.ECSAllAtOnce is for another compute_platform",
    );
    check(
        "{ traffic_routing: { canary: {} } }",
        "traffic_routing: is a strategy of the compute_platform ecs",
    );
    check(
        "{ traffic_routing: { time_based_canary: { canary_percentage: 0, canary_interval_seconds: 90 } } }",
        "traffic_routing.time_based_canary.canary_percentage: found 0, expected a number above 0, at most 100; \
         traffic_routing.time_based_canary.canary_interval_seconds: 90, expected a multiple of tick_seconds, 60",
    );
    check(
        "{ traffic_routing: { time_based_linear: {} } }",
        "traffic_routing.time_based_linear.linear_percentage: missing, expected a number from 1 to 100",
    );
    check(
        "{ traffic_routing: all_at_once, instances: 3, termination_wait_seconds: 60 }",
        "instances: is only for the compute_platform server; \
         termination_wait_seconds: is only for the compute_platform ecs",
    );
    check(
        "{ traffic_routing: all_at_once, hooks: { before_install: does_not_answer } }",
        "hooks.before_install: is only for the compute_platform ecs",
    );
    check(
        "{ traffic_routing: all_at_once, hooks: { before_allow_traffic: { succeeds_after_seconds: 7200 } } }",
        "hooks.before_allow_traffic.succeeds_after_seconds: 7200, expected at most 3600",
    );
    check(
        "{ compute_platform: server, minimum_healthy_hosts: { fleet_percent: 95 } }",
        "minimum_healthy_hosts: keeps all 10 instances in service, so the deployment fails at once",
    );
    check(
        "{ compute_platform: server, instances: 300, deployment_config_name: OneAtATime }",
        "instances: are deployed in 300 batches, expected at most 200",
    );
    check(
        "{ compute_platform: server, minimum_healthy_hosts: {} }",
        "minimum_healthy_hosts: expected one of host_count and fleet_percent",
    );
    check(
        "{ traffic_routing: all_at_once, alarms: [{}] }",
        "alarms[0].name: missing, expected the metric’s name; \
         alarms[0].measures: missing, expected what the metric measures, such as success_rate; \
         alarms[0].threshold: missing",
    );
    check(
        "{ traffic_routing: all_at_once, alarms: [{ name: a, measures: errors, threshold: 1, evaluation_periods: 2, datapoints_to_alarm: 3 }] }",
        "alarms[0].datapoints_to_alarm: found 3, expected a whole number from 1 to 2",
    );
    check(
        "{ traffic_routing: all_at_once, alarms: [{ name: a, measures: errors, threshold: 1, period_seconds: 30 }] }",
        "alarms[0].period_seconds: 30, expected a multiple of tick_seconds, 60",
    );
    check(
        "{ traffic_routing: { time_based_linear: { linear_percentage: 1, linear_interval_seconds: 60000 } } }",
        "~: the deployment may last 11880000 s with its way back, the limit is 6000000 s, which is 100000 ticks",
    );
}

#[test]
fn warnings_name_what_is_probably_a_mistake() {
    #[track_caller]
    fn check(controller: &str, expected: &[&str]) {
        let config = config(&format!("{{ controller: {{ codedeploy: {controller} }} }}"));
        let found: Vec<String> = config.warnings().iter().map(ToString::to_string).collect();
        let found: Vec<&str> =
            found.iter().map(|it| it.trim_start_matches("controller.codedeploy.")).collect();
        assert_eq!(found, expected, "{controller}");
    }
    check(
        "{ traffic_routing: all_at_once }",
        &["alarms: there are none: nothing that users see can stop the deployment"],
    );
    let canary = "deployment_config_name: LambdaCanary10Percent5Minutes";
    check(
        &format!(
            "{{ {canary}, auto_rollback: [], alarms: [{{ name: a, measures: error_rate, threshold: 0.1 }}] }}"
        ),
        &[
            "auto_rollback: lacks deployment_stop_on_alarm: an alarm stops the deployment and leaves the traffic where it is",
        ],
    );
    check(
        &format!(
            "{{ {canary}, alarms: [{{ name: a, measures: error_rate, threshold: 0.1, period_seconds: 300, evaluation_periods: 2 }}] }}"
        ),
        &[
            "alarms[0]: takes at least 360 s to see the new version in 2 data points of 300 s, and the deployment is complete 300 s after its first traffic: the alarm cannot stop it",
        ],
    );
    check(
        &format!("{{ {canary}, alarms: [{{ name: a, measures: errors, threshold: 0 }}] }}"),
        &[
            "alarms[0]: is on without any release: the service usually measures 102 in a period, and the alarm is on when > 0",
        ],
    );
    check(
        &format!(
            "{{ {canary}, alarms: [{{ name: a, measures: errors, threshold: 5, of: canary, treat_missing_data: breaching }}] }}"
        ),
        &[
            "alarms[0]: is on while the new version has no traffic: missing data points are breaching",
        ],
    );
}

const TRACED: &str = "{ name: payments, tick_seconds: 30, traffic: { requests_per_second: 40 }, \
    baseline: { error_rate: 0.001 }, canary: { error_rate: 0.02, error_arrival: { late: { start_tick: 8 } } }, \
    controller: { codedeploy: { deployment_config_name: LambdaLinear10PercentEvery1Minute, rollback_seconds: 60, \
      hooks: { before_allow_traffic: { succeeds_after_seconds: 30 } }, \
      alarms: [ { name: Errors, measures: errors, threshold: 12, period_seconds: 60, evaluation_periods: 3, datapoints_to_alarm: 2 }, \
                { name: NewVersion, measures: error_rate, scale: 100, of: canary, threshold: 5, period_seconds: 60, treat_missing_data: not_breaching } ] } } }";

/// A deployment second by second: what is at the end of each tick, and what happened.
fn trace(rollout: &Rollout) -> String {
    let config = rollout.plan().config();
    let tick_seconds = config.world().tick_seconds;
    let phases = rollout.plan().policy().phases();
    let report = rollout.report();
    let mut lines = Vec::new();
    for tick in 0..=rollout.ticks() {
        if let Some(row) = tick.checked_sub(1).and_then(|i| rollout.history().ticks.get(i as usize))
        {
            let (canary, baseline) = (row.counts.canary, row.counts.baseline);
            lines.push(format!(
                "{:>4} s  {:>4} %  {:<18} {:<12} canary {}/{}  baseline {}/{}",
                tick * tick_seconds,
                (100.0 * row.share).round(),
                phases[usize::from(row.phase)],
                row.state.to_string(),
                canary.errors,
                canary.requests,
                baseline.errors,
                baseline.requests,
            ));
        }
        for look in rollout.history().looks.iter().filter(|look| look.tick == tick) {
            let said = rollout.plan().rule(look.evidence.rule).sentence(&look.evidence.sight);
            let verdict = look.evidence.judgement.verdict;
            lines.push(format!("          {verdict:?}: {said}"));
        }
        for decision in report.decisions.iter().filter(|decision| decision.tick == tick) {
            lines.push(format!("{:>4} s  * {}", tick * tick_seconds, decision.sentence));
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn the_committed_trace_is_that_of_the_deployment() {
    let path = "tests/data/controllers/codedeploy.trace";
    let found = include_str!("../data/controllers/codedeploy.trace");
    check_committed(path, found, &trace(&rolled_out(&config(TRACED), 3)));
}

/// A random configuration, valid whatever is drawn.
fn random(draw: &mut impl FnMut(u32) -> u32) -> String {
    let tick = [10, 30, 60][draw(3) as usize];
    let seconds = |draw: &mut dyn FnMut(u32) -> u32, most: u32| tick * draw(most + 1);
    let mut keys = Vec::new();
    let platform = ["lambda", "ecs", "step_functions", "server"][draw(4) as usize];
    keys.push(format!("compute_platform: {platform}"));
    let hook = |draw: &mut dyn FnMut(u32) -> u32| match draw(8) {
        0 => "does_not_answer".to_string(),
        1 => format!("{{ fails_after_seconds: {} }}", seconds(draw, 5)),
        _ => format!("{{ succeeds_after_seconds: {} }}", seconds(draw, 5)),
    };
    if platform == "server" {
        let instances = 1 + draw(40);
        keys.push(format!("instances: {instances}, instance_seconds: {}", tick + seconds(draw, 4)));
        keys.push(match draw(4) {
            0 => "deployment_config_name: OneAtATime".to_string(),
            1 => "deployment_config_name: HalfAtATime".to_string(),
            _ => format!("minimum_healthy_hosts: {{ host_count: {} }}", draw(instances)),
        });
    } else {
        let (percent, interval) = (3 + draw(97), tick + seconds(draw, 9));
        keys.push(match draw(if platform == "ecs" { 5 } else { 3 }) {
            0 => "traffic_routing: all_at_once".to_string(),
            1 => format!("traffic_routing: {{ time_based_canary: {{ canary_percentage: {percent}, canary_interval_seconds: {interval} }} }}"),
            2 => format!("traffic_routing: {{ time_based_linear: {{ linear_percentage: {percent}, linear_interval_seconds: {interval} }} }}"),
            3 => format!("traffic_routing: {{ canary: {{ canary_percent: {percent}, canary_bake_time_seconds: {} }} }}", seconds(draw, 4)),
            _ => format!("traffic_routing: {{ linear: {{ step_percent: {percent}, step_bake_time_seconds: {} }} }}", seconds(draw, 4)),
        });
        let mut hooks = vec!["before_allow_traffic", "after_allow_traffic"];
        if platform == "ecs" {
            hooks.extend(["before_install", "after_install", "after_allow_test_traffic"]);
            keys.push(format!("install_seconds: {}", seconds(draw, 5)));
            keys.push(format!("termination_wait_seconds: {}", seconds(draw, 5)));
            if draw(4) == 0 {
                keys.push(format!("deployment_ready_wait_seconds: {}", tick + seconds(draw, 5)));
            }
        }
        hooks.retain(|_| draw(3) == 0);
        let hooks: Vec<String> =
            hooks.iter().map(|name| format!("{name}: {}", hook(draw))).collect();
        keys.push(format!("hooks: {{ {} }}", hooks.join(", ")));
        keys.push(format!(
            "last_interval: {}, rollback_seconds: {}",
            draw(2) == 0,
            seconds(draw, 3)
        ));
    }
    let events = ["deployment_failure", "deployment_stop_on_alarm", "deployment_stop_on_request"];
    let events: Vec<&str> = events.into_iter().filter(|_| draw(2) == 0).collect();
    keys.push(format!("auto_rollback: [{}]", events.join(", ")));
    keys.push(format!("alarm_poll_seconds: {}", tick + seconds(draw, 2)));
    let alarms: Vec<String> = (0..draw(4))
        .map(|i| {
            let measures = ["errors", "error_rate", "success_rate", "latency", "requests", "nothing"];
            let periods = 1 + draw(6);
            format!(
                "{{ name: a{i}, measures: {}, of: {}, threshold: {}, comparison_operator: {}, period_seconds: {}, \
                   evaluation_periods: {periods}, datapoints_to_alarm: {}, treat_missing_data: {}, \
                   empty_without_errors: {}, on_before_start: {} }}",
                measures[draw(6) as usize],
                ["canary", "service"][draw(2) as usize],
                [0.0, 0.01, 0.5, 3.0, 200.0, 500.0][draw(6) as usize],
                ["above", "at_least", "below", "at_most"][draw(4) as usize],
                tick + seconds(draw, 9),
                1 + draw(periods),
                ["missing", "ignore", "breaching", "not_breaching"][draw(4) as usize],
                draw(3) == 0,
                draw(30) == 0,
            )
        })
        .collect();
    keys.push(format!("alarms: [{}]", alarms.join(", ")));
    format!(
        "{{ tick_seconds: {tick}, traffic: {{ requests_per_second: {} }}, baseline: {{ error_rate: 0.01 }}, \
           canary: {{ error_ratio: {} }}, controller: {{ codedeploy: {{ {} }} }} }}",
        [0.05, 1.0, 20.0][draw(3) as usize],
        [0.5, 1.0, 5.0, 60.0][draw(4) as usize],
        keys.join(", ")
    )
}

#[test]
fn a_thousand_random_deployments_end_or_wait() {
    let mut state = 7_u64;
    // SplitMix64.
    let mut draw = |below: u32| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 32) as u32 % below
    };
    let mut ends = [0; 5];
    for seed in 0..1000 {
        let text = random(&mut draw);
        let config = config(&text);
        // What is written reads back to the same.
        assert_eq!(
            Config::from_text(&serde_json::to_string(&config).unwrap()).unwrap(),
            config,
            "{text}"
        );
        let mut rollout = rolled_out(&config, seed);
        let most = rollout.plan().policy().most_ticks();
        assert!(u64::from(rollout.ticks()) <= most, "{} > {most}: {text}", rollout.ticks());
        assert!(
            rollout.history().ticks.iter().all(|row| (0.0..=1.0).contains(&row.share)),
            "{text}"
        );
        let stages = rollout.history().ticks.iter().map(|row| row.stage);
        assert!(stages.is_sorted(), "{text}");
        let report = rollout.report();
        let levels = report.levels.len() as u32;
        let is_complete = rollout.state() == State::Completed;
        assert_eq!(report.stages_completed == levels, is_complete, "{text}");
        let rollbacks = report.decisions.iter().filter(|it| it.action == Step::Rollback);
        let is_back = rollout.state() == State::RolledBack;
        assert_eq!(rollbacks.count(), usize::from(is_back), "{text}");
        ends[rollout.state() as usize] += 1;
        if rollout.state() == State::Paused {
            // Time passes, and a person may stop it.
            for _ in 0..3 {
                let _ = rollout.tick();
            }
            if rollout.state() == State::Paused {
                rollout.abort().unwrap();
            }
        }
        let again = rolled_out(&config, seed);
        assert_eq!(again.report().to_json(), report.to_json(), "{text}");
    }
    // Each end is reached often enough to say something.
    assert!(ends[State::Paused as usize] > 50, "{ends:?}");
    assert!(ends[State::RolledBack as usize] > 200, "{ends:?}");
    assert!(ends[State::Completed as usize] > 200, "{ends:?}");
}
