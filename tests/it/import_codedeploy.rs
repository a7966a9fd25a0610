//! Deployments of AWS SAM, CloudFormation and CodeDeploy, made into configurations.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::Config;
use canary_rollout::import::{Import, ImportError, Options, Source, import};
use serde_json::{Value, json};

fn of(text: &str) -> Result<Import, ImportError> {
    import(&[Source { name: "template.yaml", text }], &Options::default())
}

#[track_caller]
fn imported(text: &str) -> (Import, Value) {
    let import = of(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert!(Config::from_text(&import.config).is_ok());
    let config: Value = serde_json::from_str(&import.config).unwrap();
    (import, config["controller"]["codedeploy"].clone())
}

const SAM: &str = "
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Parameters:
  Shift: { Type: String, Default: Linear10PercentEvery10Minutes }
Conditions:
  Production: !Equals [a, a]
Globals:
  Function:
    DeploymentPreference: { Enabled: true, Type: AllAtOnce }
Resources:
  Checkout:
    Type: AWS::Serverless::Function
    Properties:
      Handler: index.handler
      AutoPublishAlias: live
      DeploymentPreference:
        Type: !If [Production, !Ref Shift, AllAtOnce]
        Alarms: [!Ref Errors, !Ref NewVersion]
        Hooks: { PreTraffic: !Ref Test }
  Test:
    Type: AWS::Serverless::Function
    Properties:
      DeploymentPreference: { Enabled: false }
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions: [{ Name: FunctionName, Value: !Ref Checkout }]
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 3
      DatapointsToAlarm: 2
      Threshold: 5
      ComparisonOperator: GreaterThanThreshold
      TreatMissingData: notBreaching
  NewVersion:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Duration
      Dimensions: [{ Name: Resource, Value: 'f:live' }, { Name: ExecutedVersion, Value: !GetAtt Checkout.Version }]
      ExtendedStatistic: p99
      Period: 300
      EvaluationPeriods: 1
      Threshold: 800
      ComparisonOperator: GreaterThanOrEqualToThreshold
";

#[test]
fn a_function_of_sam_is_read_with_its_alarms() {
    let (import, found) = imported(SAM);
    assert_eq!(import.title, "AWS SAM function \"Checkout\"");
    let expected = json!({
        "name": "Checkout",
        "compute_platform": "lambda",
        "deployment_config_name": "CodeDeployDefault.LambdaLinear10PercentEvery10Minutes",
        "hooks": { "before_allow_traffic": { "succeeds_after_seconds": 0 } },
        "alarms": [
            { "name": "Errors", "measures": "errors", "of": "service", "comparison_operator": "above",
              "threshold": 5, "period_seconds": 60, "evaluation_periods": 3, "datapoints_to_alarm": 2,
              "treat_missing_data": "not_breaching" },
            { "name": "NewVersion", "measures": "latency", "of": "canary", "comparison_operator": "at_least",
              "threshold": 800, "period_seconds": 300, "evaluation_periods": 1, "datapoints_to_alarm": 1,
              "treat_missing_data": "missing" },
        ],
        "alarm_poll_seconds": 60,
        "auto_rollback": ["deployment_failure", "deployment_stop_on_alarm", "deployment_stop_on_request"],
    });
    assert_eq!(found, expected);
    assert!(import.warnings.is_empty(), "{:?}", import.warnings);
    let metrics: Vec<&str> = import.bindings.iter().map(|it| it.metric.as_str()).collect();
    assert_eq!(metrics, ["Errors", "NewVersion"]);
}

#[test]
fn other_forms_say_how_the_traffic_is_shifted() {
    #[track_caller]
    fn check(text: &str, expected: Value) {
        let (_, found) = imported(text);
        for (key, value) in expected.as_object().unwrap() {
            assert_eq!(&found[key], value, "{key} in {text}");
        }
    }
    check(
        "CodeDeployDefault.ECSLinear10PercentEvery3Minutes",
        json!({ "compute_platform": "ecs", "deployment_config_name": "CodeDeployDefault.ECSLinear10PercentEvery3Minutes" }),
    );
    check(
        r#"{ "deploymentConfigInfo": { "deploymentConfigName": "Slow", "computePlatform": "Lambda",
             "trafficRoutingConfig": { "type": "TimeBasedCanary",
               "timeBasedCanary": { "canaryPercentage": 5, "canaryInterval": 45 } } } }"#,
        json!({ "name": "Slow", "traffic_routing": { "time_based_canary": { "canary_percentage": 5, "canary_interval_seconds": 2700 } } }),
    );
    check(
        "Resources: { Slow: { Type: AWS::CodeDeploy::DeploymentConfig, Properties: { ComputePlatform: Server, \
           MinimumHealthyHosts: { Type: FLEET_PERCENT, Value: 75 } } } }",
        json!({ "compute_platform": "server", "minimum_healthy_hosts": { "fleet_percent": 75 } }),
    );
    check(
        "Resources: { Machine: { Type: AWS::Serverless::StateMachine, Properties: { AutoPublishAlias: live, \
           DeploymentPreference: { Type: CANARY, Percentage: 20, Interval: 3 } } } }",
        json!({ "compute_platform": "step_functions", "traffic_routing": { "time_based_canary": { "canary_percentage": 20, "canary_interval_seconds": 180 } } }),
    );
    check(
        "Resources: { Service: { Type: AWS::ECS::Service, Properties: { DeploymentConfiguration: { Strategy: LINEAR, \
           LinearConfiguration: { StepPercent: 25, StepBakeTimeInMinutes: 2 }, BakeTimeInMinutes: 5 } } } }",
        json!({ "traffic_routing": { "linear": { "step_percent": 25, "step_bake_time_seconds": 120 } }, "termination_wait_seconds": 300,
                "auto_rollback": ["deployment_failure", "deployment_stop_on_request"] }),
    );
    check(
        "Resources: { Group: { Type: AWS::CodeDeploy::DeploymentGroup, Properties: { DeploymentConfigName: !Ref Own, \
           AutoRollbackConfiguration: { Enabled: true, Events: [DEPLOYMENT_FAILURE] } } }, \
           Own: { Type: AWS::CodeDeploy::DeploymentConfig, Properties: { ComputePlatform: ECS, TrafficRoutingConfig: \
             { Type: TimeBasedLinear, TimeBasedLinear: { LinearPercentage: 20, LinearInterval: 1 } } } } }",
        json!({ "compute_platform": "ecs", "auto_rollback": ["deployment_failure"],
                "traffic_routing": { "time_based_linear": { "linear_percentage": 20, "linear_interval_seconds": 60 } } }),
    );
}

#[test]
fn what_is_not_known_is_said() {
    let unknown = "Resources: { F: { Type: AWS::Serverless::Function, Properties: { DeploymentPreference: { Type: Own } } } }";
    let error = of(unknown).unwrap_err().to_string();
    assert!(error.contains("\"Own\" is no predefined deployment configuration"), "{error}");

    let disabled = "Resources: { F: { Type: AWS::Serverless::Function, Properties: { DeploymentPreference: { Enabled: false, Type: AllAtOnce } } } }";
    let error = of(disabled).unwrap_err().to_string();
    assert!(error.contains("every DeploymentPreference is disabled"), "{error}");

    let rolling = "Resources: { S: { Type: AWS::ECS::Service, Properties: { DeploymentConfiguration: { Strategy: ROLLING } } } }";
    let error = of(rolling).unwrap_err().to_string();
    assert!(error.contains("expected CANARY, LINEAR or BLUE_GREEN"), "{error}");

    let elsewhere = "Resources: { F: { Type: AWS::Serverless::Function, Properties: { DeploymentPreference: { Type: AllAtOnce, Alarms: [Elsewhere] } } } }";
    let (import, found) = imported(elsewhere);
    assert_eq!(found["alarms"], json!([]));
    let warning = import.warnings[0].to_string();
    assert!(
        warning.contains("the alarm \"Elsewhere\" is not in the template, so it is never on"),
        "{warning}"
    );

    let two = "Resources: { F: { Type: AWS::Serverless::Function, Properties: { DeploymentPreference: { Type: AllAtOnce } } }, \
               G: { Type: AWS::Serverless::Function, Properties: { DeploymentPreference: { Type: Canary10Percent5Minutes } } } }";
    let (import, found) = imported(two);
    assert_eq!(found["name"], "F");
    let warning = import.warnings[0].to_string();
    assert!(warning.contains("F of 2 that are deployed step by step (F, G)"), "{warning}");
    let options = Options { name: Some("G".into()), ..Options::default() };
    let import = import_with(two, &options);
    assert!(import.config.contains("LambdaCanary10Percent5Minutes"));
}

fn import_with(text: &str, options: &Options) -> Import {
    import(&[Source { name: "template.yaml", text }], options).unwrap()
}
