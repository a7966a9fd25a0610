//! A deployment as a template.
//!
//! Source: the resource types of the serverless application model, CodeDeploy and ECS.

use super::{alarms, logical};
use crate::config::{
    CodeDeployConfig, CodeDeployRouting, ComputePlatform, Deploys, Hook, MinimumHealthyHosts,
    RollbackEvent,
};
use crate::export::yaml::{Yaml, documents};
use crate::export::{Export, ExportedFile, Names, Refusal};
use crate::problem::Problem;

/// The longest bake time of an ECS service, in seconds.
const MAX_BAKE_SECONDS: u32 = 86_400;

/// The template of a deployment.
pub(super) fn export(
    deployment: &CodeDeployConfig,
    tick_seconds: u32,
    names: &Names,
    mut notes: Vec<String>,
) -> Result<Export, Refusal> {
    let problems = faults(deployment);
    if !problems.is_empty() {
        return Err(Refusal { problems });
    }
    let mut writer = Writer {
        deployment,
        service: logical(&names.service, "Service"),
        taken: vec!["LoadBalancer".to_owned()],
        resources: Vec::new(),
        parameters: Vec::new(),
    };
    let text = documents(&[writer.template()]);
    notes.extend(left_out(deployment, tick_seconds));
    notes.push(fill_in(deployment.compute_platform));
    Ok(Export { files: vec![ExportedFile { name: "template.yaml".into(), text }], notes })
}

/// Whether the deployment is one of an ECS service with a strategy of its own.
fn is_of_service(deployment: &CodeDeployConfig) -> bool {
    use CodeDeployRouting::{Canary, Linear};
    matches!(deployment.traffic_routing, Some(Canary { .. } | Linear { .. }))
}

/// What no template says, with its path.
fn faults(deployment: &CodeDeployConfig) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut refuse = |key: &str, message: String| {
        problems.push(Problem::new(format!("controller.codedeploy.{key}"), message));
    };
    let platform = deployment.compute_platform;
    let of_service = is_of_service(deployment);
    let minutes = |seconds: u32| {
        let is_whole = seconds.is_multiple_of(60);
        (!is_whole).then(|| format!("{seconds}, expected whole minutes"))
    };
    let whole =
        |percent: f64| (percent.fract() != 0.0).then(|| "expected a whole percentage".to_owned());
    let faults = match deployment.traffic_routing {
        None | Some(CodeDeployRouting::AllAtOnce) => Vec::new(),
        Some(CodeDeployRouting::TimeBasedCanary { canary_percentage, canary_interval_seconds }) => {
            vec![
                ("time_based_canary.canary_percentage", whole(canary_percentage)),
                ("time_based_canary.canary_interval_seconds", minutes(canary_interval_seconds)),
            ]
        }
        Some(CodeDeployRouting::TimeBasedLinear { linear_percentage, linear_interval_seconds }) => {
            vec![
                ("time_based_linear.linear_percentage", whole(linear_percentage)),
                ("time_based_linear.linear_interval_seconds", minutes(linear_interval_seconds)),
            ]
        }
        Some(CodeDeployRouting::Canary { canary_bake_time_seconds, .. }) => {
            vec![("canary.canary_bake_time_seconds", minutes(canary_bake_time_seconds))]
        }
        Some(CodeDeployRouting::Linear { step_bake_time_seconds, .. }) => {
            vec![("linear.step_bake_time_seconds", minutes(step_bake_time_seconds))]
        }
    };
    for (key, message) in faults {
        if let Some(message) = message {
            refuse(&format!("traffic_routing.{key}"), message);
        }
    }
    if let Some(MinimumHealthyHosts::FleetPercent(percent)) = deployment.minimum_healthy_hosts
        && let Some(message) = whole(percent)
    {
        refuse("minimum_healthy_hosts.fleet_percent", message);
    }
    if let Some(wait) = deployment.deployment_ready_wait_seconds {
        if of_service {
            refuse("deployment_ready_wait_seconds", "an ECS service does not wait".to_owned());
        } else if let Some(message) = minutes(wait) {
            refuse("deployment_ready_wait_seconds", message);
        }
    }
    let bake = deployment.termination_wait_seconds;
    if let Some(message) = minutes(bake) {
        refuse("termination_wait_seconds", message);
    } else if of_service && bake > MAX_BAKE_SECONDS {
        let message = format!("{bake}, expected at most {MAX_BAKE_SECONDS}");
        refuse("termination_wait_seconds", message);
    }
    if platform != ComputePlatform::Lambda {
        for (key, hook) in hooks(deployment) {
            if hook.is_some() {
                let message = match platform {
                    ComputePlatform::Ecs if of_service => {
                        "the lifecycle hooks of an ECS service are not written"
                    }
                    ComputePlatform::Ecs => {
                        "the hooks of ECS stand in the AppSpec file of each revision, which is not \
                         written"
                    }
                    _ => "a state machine has no hooks",
                };
                refuse(&format!("hooks.{key}"), message.to_owned());
            }
        }
    }
    // A deployment group says which events; the others roll back on all, and an ECS service
    // on an alarm if it is told to.
    let (needed, who): (&[RollbackEvent], &str) = match platform {
        ComputePlatform::Lambda => (&RollbackEvent::ALL, "a function of SAM"),
        ComputePlatform::StepFunctions => (&RollbackEvent::ALL, "a state machine of SAM"),
        ComputePlatform::Ecs if of_service => (
            &[RollbackEvent::DeploymentFailure, RollbackEvent::DeploymentStopOnRequest],
            "an ECS service",
        ),
        _ => (&[], ""),
    };
    if let Some(event) = needed.iter().find(|event| !deployment.rolls_back_on(**event)) {
        let message = format!("lacks {}, on which {who} rolls back always", word(*event));
        refuse("auto_rollback", message);
    }
    for (i, alarm) in deployment.alarms.iter().enumerate() {
        if let Some((key, message)) = alarms::fault(alarm, platform) {
            refuse(&format!("alarms[{i}].{key}"), message);
        }
    }
    problems
}

fn hooks(deployment: &CodeDeployConfig) -> [(&'static str, Option<Hook>); 5] {
    let hooks = &deployment.hooks;
    [
        ("before_install", hooks.before_install),
        ("after_install", hooks.after_install),
        ("after_allow_test_traffic", hooks.after_allow_test_traffic),
        ("before_allow_traffic", hooks.before_allow_traffic),
        ("after_allow_traffic", hooks.after_allow_traffic),
    ]
}

fn word(event: RollbackEvent) -> &'static str {
    match event {
        RollbackEvent::DeploymentFailure => "deployment_failure",
        RollbackEvent::DeploymentStopOnAlarm => "deployment_stop_on_alarm",
        RollbackEvent::DeploymentStopOnRequest => "deployment_stop_on_request",
    }
}

/// What the simulation knows and no template says.
fn left_out(deployment: &CodeDeployConfig, tick_seconds: u32) -> Option<String> {
    let answers = hooks(deployment).into_iter().filter_map(|(_, hook)| hook);
    let mut answers = answers.filter(|hook| *hook != Hook::SucceedsAfterSeconds(0));
    let keys = [
        ("instances", deployment.instances.is_some()),
        ("instance_seconds", deployment.instance_seconds.is_some()),
        ("install_seconds", deployment.install_seconds > 0),
        ("last_interval", deployment.last_interval),
        ("what the hooks answer and when", answers.next().is_some()),
        ("on_before_start", deployment.alarms.iter().any(|alarm| alarm.on_before_start)),
        ("alarm_poll_seconds", deployment.alarm_poll_seconds != tick_seconds),
        ("rollback_seconds", deployment.rollback_seconds > 0),
    ];
    let keys: Vec<&str> = keys.iter().filter(|(_, is_given)| *is_given).map(|key| key.0).collect();
    (!keys.is_empty()).then(|| {
        format!(
            "AWS has no settings for some of the simulation, so the file lacks: {}.",
            keys.join(", ")
        )
    })
}

fn fill_in(platform: ComputePlatform) -> String {
    let what = match platform {
        ComputePlatform::Lambda => {
            "the code of the functions; a hook needs codedeploy:PutLifecycleEventHookExecutionStatus"
        }
        ComputePlatform::StepFunctions => "the definition of the state machine",
        ComputePlatform::Ecs => {
            "the parameters, and the listeners and target groups of the load balancer"
        }
        ComputePlatform::Server => "the parameters, and how the instances are found",
    };
    format!("Fill in what is yours: {what}.")
}

struct Writer<'a> {
    deployment: &'a CodeDeployConfig,
    /// The name of the service, of letters and digits.
    service: String,
    /// The logical names that are given so far.
    taken: Vec<String>,
    resources: Vec<(String, Yaml)>,
    parameters: Vec<(String, Yaml)>,
}

fn reference(name: &str) -> Yaml {
    Yaml::Map(vec![("Ref", name.into())])
}

impl Writer<'_> {
    fn template(&mut self) -> Yaml {
        let deployment = self.deployment;
        let own = logical(&deployment.name, &self.service);
        let name = self.name(&own);
        let alarms: Vec<String> = deployment
            .alarms
            .iter()
            .map(|alarm| {
                let own = logical(&alarm.name, "Alarm");
                self.name(&own)
            })
            .collect();
        let resource = match deployment.compute_platform {
            ComputePlatform::Lambda => self.function(&alarms),
            ComputePlatform::StepFunctions => self.state_machine(&alarms),
            ComputePlatform::Ecs if is_of_service(deployment) => self.ecs_service(&alarms),
            platform => self.group(&alarms, platform),
        };
        let mut resources = vec![(name.clone(), resource)];
        for (alarm, logical) in deployment.alarms.iter().zip(&alarms) {
            // One that has a fault was refused.
            if let Some(properties) = alarms::properties(alarm, deployment.compute_platform, &name)
            {
                resources.push((logical.clone(), of_type("AWS::CloudWatch::Alarm", properties)));
            }
        }
        resources.append(&mut self.resources);
        let has_balancer =
            matches!(deployment.compute_platform, ComputePlatform::Ecs | ComputePlatform::Server);
        if has_balancer && !alarms.is_empty() {
            self.parameters.push(("LoadBalancer".to_owned(), parameter()));
        }
        let is_sam = matches!(
            deployment.compute_platform,
            ComputePlatform::Lambda | ComputePlatform::StepFunctions
        );
        let parameters = std::mem::take(&mut self.parameters);
        Yaml::map([
            ("AWSTemplateFormatVersion", Some("2010-09-09".into())),
            ("Transform", is_sam.then(|| "AWS::Serverless-2016-10-31".into())),
            ("Parameters", (!parameters.is_empty()).then_some(Yaml::Named(parameters))),
            ("Resources", Some(Yaml::Named(resources))),
        ])
    }

    /// A logical name that nothing else has.
    fn name(&mut self, wanted: &str) -> String {
        let numbered = (2..).map(|number: u32| format!("{wanted}{number}"));
        let mut all = std::iter::once(wanted.to_owned()).chain(numbered);
        let name = all.find(|name| !self.taken.contains(name)).unwrap_or_default();
        self.taken.push(name.clone());
        name
    }

    /// A parameter of the template.
    fn parameter(&mut self, wanted: &str) -> Yaml {
        let name = self.name(wanted);
        self.parameters.push((name.clone(), parameter()));
        reference(&name)
    }

    /// The function of SAM, with its hooks.
    fn function(&mut self, alarms: &[String]) -> Yaml {
        let deployment = self.deployment;
        let kind = match deployment.deployment_config_name {
            Some(name) => name.strip_prefix("CodeDeployDefault.Lambda").unwrap_or(name).into(),
            None => reference(&self.deployment_config()),
        };
        let hooks: Vec<(&'static str, Yaml)> = [
            ("PreTraffic", deployment.hooks.before_allow_traffic),
            ("PostTraffic", deployment.hooks.after_allow_traffic),
        ]
        .into_iter()
        .filter_map(|(key, hook)| hook.map(|_| (key, reference(&self.hook(key)))))
        .collect();
        let preference = Yaml::map([
            ("Type", Some(kind)),
            ("Alarms", references(alarms)),
            ("Hooks", (!hooks.is_empty()).then_some(Yaml::Map(hooks))),
        ]);
        let mut properties = code();
        properties.push(("AutoPublishAlias", "live".into()));
        properties.push(("DeploymentPreference", preference));
        of_type("AWS::Serverless::Function", Yaml::Map(properties))
    }

    /// The function of a hook. CodeDeploy may call functions whose names begin with
    /// `CodeDeployHook_`.
    fn hook(&mut self, key: &str) -> String {
        let name = self.name(&format!("{key}Hook"));
        let mut properties = code();
        properties.push(("FunctionName", format!("CodeDeployHook_{}{key}", self.service).into()));
        let resource = of_type("AWS::Serverless::Function", Yaml::Map(properties));
        self.resources.push((name.clone(), resource));
        name
    }

    /// A deployment configuration of its own.
    fn deployment_config(&mut self) -> String {
        let deployment = self.deployment;
        let name = self.name("DeploymentConfig");
        let platform = match deployment.compute_platform {
            ComputePlatform::Ecs => "ECS",
            ComputePlatform::Server => "Server",
            ComputePlatform::Lambda | ComputePlatform::StepFunctions => "Lambda",
        };
        let hosts = deployment.minimum_healthy_hosts.map(|minimum| {
            let (kind, value) = match minimum {
                MinimumHealthyHosts::HostCount(count) => ("HOST_COUNT", f64::from(count)),
                MinimumHealthyHosts::FleetPercent(percent) => ("FLEET_PERCENT", percent),
            };
            Yaml::Map(vec![("Type", kind.into()), ("Value", value.into())])
        });
        let routing = deployment.traffic_routing.map(routing);
        let properties = Yaml::map([
            ("ComputePlatform", Some(platform.into())),
            ("TrafficRoutingConfig", routing),
            ("MinimumHealthyHosts", hosts),
        ]);
        let resource = of_type("AWS::CodeDeploy::DeploymentConfig", properties);
        self.resources.push((name.clone(), resource));
        name
    }

    fn state_machine(&self, alarms: &[String]) -> Yaml {
        let increment = match self.deployment.deploys() {
            Deploys::Shift(routing) => routing.increment().map(|increment| (routing, increment)),
            _ => None,
        };
        let preference = match increment {
            None => {
                Yaml::map([("Type", Some("ALL_AT_ONCE".into())), ("Alarms", references(alarms))])
            }
            Some((routing, (percent, seconds))) => {
                let kind = if routing.is_linear() { "LINEAR" } else { "CANARY" };
                Yaml::map([
                    ("Type", Some(kind.into())),
                    ("Percentage", Some(percent.into())),
                    ("Interval", Some((seconds / 60).into())),
                    ("Alarms", references(alarms)),
                ])
            }
        };
        let properties = Yaml::Map(vec![
            ("DefinitionUri", "statemachine.asl.json".into()),
            ("AutoPublishAlias", "live".into()),
            ("DeploymentPreference", preference),
        ]);
        of_type("AWS::Serverless::StateMachine", properties)
    }

    fn group(&mut self, alarms: &[String], platform: ComputePlatform) -> Yaml {
        let deployment = self.deployment;
        let config = match deployment.deployment_config_name {
            Some(name) => name.into(),
            None => reference(&self.deployment_config()),
        };
        let is_ecs = platform == ComputePlatform::Ecs;
        let style = is_ecs.then(|| {
            Yaml::Map(vec![
                ("DeploymentType", "BLUE_GREEN".into()),
                ("DeploymentOption", "WITH_TRAFFIC_CONTROL".into()),
            ])
        });
        let services = is_ecs.then(|| {
            let cluster = self.parameter("Cluster");
            let service = self.parameter("ServiceName");
            Yaml::List(vec![Yaml::Map(vec![("ClusterName", cluster), ("ServiceName", service)])])
        });
        let alarm_configuration = (!alarms.is_empty()).then(|| {
            let list = Yaml::list(alarms, |name| Yaml::Map(vec![("Name", reference(name))]));
            Yaml::Map(vec![("Enabled", true.into()), ("Alarms", list)])
        });
        let events = &deployment.auto_rollback;
        let rollback = match events.is_empty() {
            true => Yaml::Map(vec![("Enabled", false.into())]),
            false => Yaml::Map(vec![
                ("Enabled", true.into()),
                ("Events", Yaml::list(events, |event| word(*event).to_ascii_uppercase().into())),
            ]),
        };
        let properties = Yaml::map([
            ("ApplicationName", Some(self.parameter("Application"))),
            ("ServiceRoleArn", Some(self.parameter("ServiceRoleArn"))),
            ("DeploymentConfigName", Some(config)),
            ("DeploymentStyle", style),
            ("ECSServices", services),
            ("BlueGreenDeploymentConfiguration", is_ecs.then(|| self.waits())),
            ("AlarmConfiguration", alarm_configuration),
            ("AutoRollbackConfiguration", Some(rollback)),
        ]);
        of_type("AWS::CodeDeploy::DeploymentGroup", properties)
    }

    /// How long a deployment of ECS waits for a person, and before the old tasks stop.
    fn waits(&self) -> Yaml {
        let ready = match self.deployment.deployment_ready_wait_seconds {
            None => Yaml::Map(vec![("ActionOnTimeout", "CONTINUE_DEPLOYMENT".into())]),
            Some(seconds) => Yaml::Map(vec![
                ("ActionOnTimeout", "STOP_DEPLOYMENT".into()),
                ("WaitTimeInMinutes", (seconds / 60).into()),
            ]),
        };
        let minutes = self.deployment.termination_wait_seconds / 60;
        let old = Yaml::Map(vec![
            ("Action", "TERMINATE".into()),
            ("TerminationWaitTimeInMinutes", minutes.into()),
        ]);
        Yaml::Map(vec![
            ("DeploymentReadyOption", ready),
            ("TerminateBlueInstancesOnDeploymentSuccess", old),
        ])
    }

    fn ecs_service(&mut self, alarms: &[String]) -> Yaml {
        let deployment = self.deployment;
        let (mut canary, mut linear) = (None, None);
        match deployment.traffic_routing {
            Some(CodeDeployRouting::Canary { canary_percent, canary_bake_time_seconds }) => {
                canary = Some(Yaml::Map(vec![
                    ("CanaryPercent", canary_percent.into()),
                    ("CanaryBakeTimeInMinutes", (canary_bake_time_seconds / 60).into()),
                ]));
            }
            Some(CodeDeployRouting::Linear { step_percent, step_bake_time_seconds }) => {
                linear = Some(Yaml::Map(vec![
                    ("StepPercent", step_percent.into()),
                    ("StepBakeTimeInMinutes", (step_bake_time_seconds / 60).into()),
                ]));
            }
            _ => {}
        }
        let bake = deployment.termination_wait_seconds;
        let rolls_back = deployment.rolls_back_on(RollbackEvent::DeploymentStopOnAlarm);
        let watched = (!alarms.is_empty() || rolls_back).then(|| {
            Yaml::Map(vec![
                ("Enable", (!alarms.is_empty()).into()),
                ("Rollback", rolls_back.into()),
                ("AlarmNames", Yaml::list(alarms, |name| reference(name))),
            ])
        });
        let strategy = if canary.is_some() { "CANARY" } else { "LINEAR" };
        let configuration = Yaml::map([
            ("Strategy", Some(strategy.into())),
            ("CanaryConfiguration", canary),
            ("LinearConfiguration", linear),
            ("BakeTimeInMinutes", (bake > 0).then(|| (bake / 60).into())),
            ("Alarms", watched),
        ]);
        let properties = Yaml::Map(vec![
            ("Cluster", self.parameter("Cluster")),
            ("TaskDefinition", self.parameter("TaskDefinition")),
            ("DeploymentConfiguration", configuration),
        ]);
        of_type("AWS::ECS::Service", properties)
    }
}

/// How a deployment configuration shifts traffic.
fn routing(routing: CodeDeployRouting) -> Yaml {
    let Some((percent, seconds)) = routing.increment() else {
        return Yaml::Map(vec![("Type", "AllAtOnce".into())]);
    };
    let (kind, percentage, interval) = match routing.is_linear() {
        true => ("TimeBasedLinear", "LinearPercentage", "LinearInterval"),
        false => ("TimeBasedCanary", "CanaryPercentage", "CanaryInterval"),
    };
    let times = vec![(percentage, percent.into()), (interval, (seconds / 60).into())];
    Yaml::Map(vec![("Type", kind.into()), (kind, Yaml::Map(times))])
}

fn of_type(kind: &str, properties: Yaml) -> Yaml {
    Yaml::Map(vec![("Type", kind.into()), ("Properties", properties)])
}

fn parameter() -> Yaml {
    Yaml::Map(vec![("Type", "String".into())])
}

fn references(names: &[String]) -> Option<Yaml> {
    (!names.is_empty()).then(|| Yaml::list(names, |name| reference(name)))
}

/// The code of a function, for a person to fill in.
fn code() -> Vec<(&'static str, Yaml)> {
    vec![
        ("CodeUri", "src/".into()),
        ("Handler", "index.handler".into()),
        ("Runtime", "nodejs22.x".into()),
    ]
}
