//! AWS CodeDeploy: templates of SAM and CloudFormation, deployment configurations, and the
//! names of predefined ones.
//!
//! Source: `deployment_preference_collection.py` of the serverless application model, and
//! the resource types of CodeDeploy, ECS and Step Functions.

use serde_json::{Map, Value, json};

use super::cloudformation::{Resource, Template};
use super::configuration::{Imported, measure};
use super::detect::Kind;
use super::document::{Field, Files};
use super::named;
use super::query::{self, Of, Quantity};
use crate::config::{Deploys, Predefined, increments};
use crate::duration;
use crate::json::plain;
use crate::message::quoted;

const FUNCTION: &str = "AWS::Serverless::Function";
const STATE_MACHINE: &str = "AWS::Serverless::StateMachine";
const ALARM: &str = "AWS::CloudWatch::Alarm";
const PREFIX: &str = "CodeDeployDefault.";

/// Reads a deployment. `None` without one, or after a fault.
pub(super) fn import(files: &Files<'_>) -> Option<Imported> {
    if files.of(Kind::AwsTemplate).next().is_some() {
        return of_template(files);
    }
    if let Some(document) = files.only(Kind::CodeDeploy) {
        let root = &document.root;
        let config = root.get("deploymentConfigInfo").unwrap_or_else(|| root.clone());
        let mut made = Made::default();
        made.deployment_config(&Template::new(root), &config)?;
        let name = config.get("deploymentConfigName").and_then(|name| name.text());
        return Some(
            made.imported("CodeDeploy deployment configuration", name.unwrap_or_default()),
        );
    }
    let root = &files.only(Kind::CodeDeployName)?.root;
    let mut made = Made::default();
    made.named(root, &root.text()?)?;
    Some(made.imported("CodeDeploy deployment configuration", root.text()?))
}

/// A part of the configuration that is being made.
#[derive(Default)]
struct Made {
    controller: Map<String, Value>,
    /// About how long the deployment takes.
    seconds: f64,
}

/// Something in a template that is deployed step by step.
struct Deployed<'a> {
    resource: Resource<'a>,
    /// Its own preference, and that of all functions.
    preferences: Vec<Field<'a>>,
}

fn of_template(files: &Files<'_>) -> Option<Imported> {
    let document = files.only(Kind::AwsTemplate)?;
    let root = &document.root;
    for key in
        ["AWSTemplateFormatVersion", "Transform", "Description", "Metadata", "Outputs", "Rules"]
    {
        if let Some(field) = root.get(key) {
            field.whole();
        }
    }
    let template = Template::new(root);
    let mut all = Vec::new();
    for kind in [FUNCTION, STATE_MACHINE] {
        for resource in template.resources(kind) {
            let globals = root.get("Globals").and_then(|globals| {
                globals.get(kind.strip_prefix("AWS::Serverless::").unwrap_or_default())
            });
            let own = template.get(&resource.properties, "DeploymentPreference");
            let of_all = globals.and_then(|globals| template.get(&globals, "DeploymentPreference"));
            let preferences: Vec<Field<'_>> = own.into_iter().chain(of_all).collect();
            if preferences.is_empty() || !is_enabled(&template, &preferences) {
                continue;
            }
            all.push(Deployed { resource, preferences });
        }
    }
    for kind in ["AWS::CodeDeploy::DeploymentGroup", "AWS::ECS::Service"] {
        for resource in template.resources(kind) {
            if kind != "AWS::ECS::Service" || resource.properties.has("DeploymentConfiguration") {
                all.push(Deployed { resource, preferences: Vec::new() });
            }
        }
    }
    if all.is_empty()
        && let Some(config) = template.resources("AWS::CodeDeploy::DeploymentConfig").first()
    {
        let mut made = Made::default();
        made.deployment_config(&template, &config.properties)?;
        return Some(made.imported("CodeDeploy deployment configuration", config.name.to_string()));
    }
    let wanted = files.log.options().name.as_deref();
    let names: Vec<&str> = all.iter().map(|one| one.resource.name).collect();
    let found = match wanted {
        Some(wanted) => all.iter().find(|one| one.resource.name == wanted),
        // The first whose deployment configuration is known.
        None => all.iter().find(|one| one.is_known(&template)).or(all.first()),
    };
    let Some(deployed) = found else {
        root.fault(match wanted {
            Some(wanted) if !names.is_empty() => format!(
                "nothing that is deployed step by step has the name {}, expected one of {}",
                quoted(wanted),
                names.join(", ")
            ),
            _ => "every DeploymentPreference is disabled, so nothing is deployed step by step"
                .to_string(),
        });
        return None;
    };
    if names.len() > 1 && wanted.is_none() {
        deployed.resource.properties.warn(format!(
            "{} of {} that are deployed step by step ({}); give a name to read another one",
            deployed.resource.name,
            names.len(),
            names.join(", ")
        ));
    }
    let mut made = Made::default();
    let title = match deployed.resource.kind {
        FUNCTION => {
            made.preference(&template, deployed)?;
            "AWS SAM function"
        }
        STATE_MACHINE => {
            made.state_machine(&template, deployed)?;
            "AWS SAM state machine"
        }
        "AWS::ECS::Service" => {
            made.ecs_service(&template, &deployed.resource)?;
            "Amazon ECS service"
        }
        _ => {
            made.group(&template, &deployed.resource)?;
            "CodeDeploy deployment group"
        }
    };
    Some(made.imported(title, deployed.resource.name.to_string()))
}

/// Whether a preference is enabled: yes, unless the first that says so says no.
fn is_enabled<'a>(template: &Template<'a>, preferences: &[Field<'a>]) -> bool {
    let enabled = preferences.iter().find_map(|one| template.get(one, "Enabled"));
    enabled.and_then(|enabled| template.text(&enabled)).is_none_or(|text| text != "false")
}

/// The value of a key in the first preference that has it.
fn first<'a>(template: &Template<'a>, preferences: &[Field<'a>], key: &str) -> Option<Field<'a>> {
    preferences.iter().find_map(|one| template.get(one, key))
}

impl<'a> Deployed<'a> {
    fn is_known(&self, template: &Template<'a>) -> bool {
        if self.resource.kind != FUNCTION {
            return true;
        }
        let kind = first(template, &self.preferences, "Type");
        let Some(kind) = kind.and_then(|kind| template.text(&kind)) else { return false };
        predefined_type(&kind).is_some() || custom(template, &kind).is_some()
    }
}

/// The predefined configuration of a type of SAM, which lacks `CodeDeployDefault.Lambda`.
fn predefined_type(whole: &str) -> Option<&'static Predefined> {
    let kind = whole.strip_prefix(PREFIX).unwrap_or(whole);
    // `AllAtOnce` is one of functions, and with what the names begin with one of servers.
    Predefined::named(whole)
        .or_else(|| Predefined::named(&format!("{PREFIX}Lambda{kind}")))
        .or_else(|| Predefined::named(&format!("{PREFIX}{kind}")))
}

/// A deployment configuration in the template, by its name.
fn custom<'a>(template: &Template<'a>, name: &str) -> Option<Resource<'a>> {
    template.resources("AWS::CodeDeploy::DeploymentConfig").into_iter().find(|config| {
        let own = template.get(&config.properties, "DeploymentConfigName");
        config.name == name || own.and_then(|own| template.text(&own)).as_deref() == Some(name)
    })
}

impl Made {
    fn set(&mut self, key: &str, value: Value) {
        self.controller.insert(key.to_string(), value);
    }

    fn imported(mut self, title: &str, name: String) -> Imported {
        if !self.controller.contains_key("name") {
            self.set("name", json!(name));
        }
        Imported {
            kind: "codedeploy",
            title: format!("{title} {}", named(&name)),
            name,
            controller: self.controller,
            seconds: vec![60.0],
            plan_seconds: self.seconds.max(60.0),
        }
    }

    /// A predefined configuration by its name.
    fn named(&mut self, field: &Field<'_>, name: &str) -> Option<()> {
        let predefined = predefined_type(name.trim());
        let Some(predefined) = predefined else {
            field.fault(format!(
                "{} is no predefined deployment configuration and none of the files; give its \
                 AWS::CodeDeploy::DeploymentConfig, too",
                quoted(name)
            ));
            return None;
        };
        self.set("deployment_config_name", json!(predefined.name));
        if let Deploys::Shift(routing) = predefined.deploys {
            match routing.increment() {
                Some((percent, seconds)) => {
                    let steps = if routing.is_linear() { increments(percent) - 1 } else { 1 };
                    self.seconds += f64::from(steps) * f64::from(seconds);
                    field.read(shift_words(percent, f64::from(seconds), routing.is_linear()));
                }
                None => field.read("all traffic at once"),
            }
        } else {
            field.read(predefined.name);
        }
        Some(())
    }

    /// A deployment configuration: of a template, or as the command line shows it.
    fn deployment_config<'a>(&mut self, template: &Template<'a>, config: &Field<'a>) -> Option<()> {
        let get = |of: &Field<'a>, upper: &str| {
            let lower = format!("{}{}", upper[..1].to_ascii_lowercase(), &upper[1..]);
            template.get(of, upper).or_else(|| template.get(of, &lower))
        };
        for key in ["DeploymentConfigName", "DeploymentConfigId", "CreateTime"] {
            let _ = get(config, key);
        }
        let platform = get(config, "ComputePlatform").and_then(|field| template.text(&field));
        let Some(routing) = get(config, "TrafficRoutingConfig") else {
            return self.hosts(template, config);
        };
        let platform = match platform.as_deref() {
            Some("ECS") => "ecs",
            _ => "lambda",
        };
        self.set("compute_platform", json!(platform));
        let kind = get(&routing, "Type").and_then(|field| template.text(&field));
        let (key, percent, interval, is_linear) = match kind.as_deref() {
            Some("TimeBasedCanary") => {
                ("TimeBasedCanary", "CanaryPercentage", "CanaryInterval", false)
            }
            Some("TimeBasedLinear") => {
                ("TimeBasedLinear", "LinearPercentage", "LinearInterval", true)
            }
            Some("AllAtOnce") => {
                routing.read("all traffic at once");
                self.set("traffic_routing", json!("all_at_once"));
                return Some(());
            }
            _ => {
                routing.fault("expected Type TimeBasedCanary, TimeBasedLinear or AllAtOnce");
                return None;
            }
        };
        let Some(times) = get(&routing, key) else {
            routing.fault(format!("{key} is missing"));
            return None;
        };
        let percent = get(&times, percent).and_then(|field| field.number());
        let minutes = get(&times, interval).and_then(|field| field.number());
        let (Some(percent), Some(minutes)) = (percent, minutes) else {
            times.fault("expected a percentage and an interval in minutes");
            return None;
        };
        self.shift(&times, percent, minutes, is_linear);
        Some(())
    }

    /// A canary or linear shift by minutes.
    fn shift(&mut self, field: &Field<'_>, percent: f64, minutes: f64, is_linear: bool) {
        let seconds = 60.0 * minutes;
        let routing = match is_linear {
            true => {
                json!({ "time_based_linear": { "linear_percentage": percent, "linear_interval_seconds": seconds } })
            }
            false => {
                json!({ "time_based_canary": { "canary_percentage": percent, "canary_interval_seconds": seconds } })
            }
        };
        self.set("traffic_routing", routing);
        let steps = if is_linear && percent > 0.0 { (100.0 / percent).ceil() - 1.0 } else { 1.0 };
        self.seconds += steps * seconds;
        field.read(shift_words(percent, seconds, is_linear));
        field.becomes("controller.codedeploy.traffic_routing");
    }

    /// The minimum of healthy hosts of a deployment configuration.
    fn hosts<'a>(&mut self, template: &Template<'a>, config: &Field<'a>) -> Option<()> {
        let keys = ["MinimumHealthyHosts", "minimumHealthyHosts"];
        let Some(hosts) = keys.iter().find_map(|key| template.get(config, key)) else {
            config.fault("expected TrafficRoutingConfig or MinimumHealthyHosts");
            return None;
        };
        let get = |upper: &str, lower: &str| {
            template.get(&hosts, upper).or_else(|| template.get(&hosts, lower))
        };
        let kind = get("Type", "type").and_then(|field| template.text(&field))?;
        let value = get("Value", "value")?.number()?;
        let key = if kind == "HOST_COUNT" { "host_count" } else { "fleet_percent" };
        hosts.read(format!(
            "{} stay in service",
            if key == "host_count" {
                format!("{} instances", plain(value))
            } else {
                format!("{} % of the instances", plain(value))
            }
        ));
        hosts.becomes("controller.codedeploy.minimum_healthy_hosts");
        self.set("compute_platform", json!("server"));
        self.set("minimum_healthy_hosts", json!({ key: value }));
        config.log().assume("10 instances, each deployed in 60 s".to_string());
        self.set("instance_seconds", json!(60));
        self.seconds += 600.0;
        if let Some(zonal) =
            ["ZonalConfig", "zonalConfig"].iter().find_map(|key| template.get(config, key))
        {
            zonal.not_modelled("zones are not deployed one after the other");
        }
        Some(())
    }

    /// The preference of a function of SAM.
    fn preference<'a>(&mut self, template: &Template<'a>, deployed: &Deployed<'a>) -> Option<()> {
        let preferences = &deployed.preferences;
        deployed.resource.properties.whole();
        let Some(kind) = first(template, preferences, "Type") else {
            deployed.resource.properties.fault("DeploymentPreference.Type is missing");
            return None;
        };
        let name = template.text(&kind)?;
        if predefined_type(&name).is_some() {
            self.named(&kind, &name)?;
        } else if let Some(config) = custom(template, &name) {
            self.deployment_config(template, &config.properties)?;
        } else {
            return self.named(&kind, &name);
        }
        if let Some(hooks) = first(template, preferences, "Hooks") {
            let mut outcomes = Map::new();
            for (key, hook) in
                [("PreTraffic", "before_allow_traffic"), ("PostTraffic", "after_allow_traffic")]
            {
                if let Some(field) = hooks.get(key) {
                    field.whole();
                    field.guessed("succeeds at once; what the function tests is not simulated");
                    outcomes.insert(hook.to_string(), json!({ "succeeds_after_seconds": 0 }));
                }
            }
            if !outcomes.is_empty() {
                hooks.log().assume("hooks succeed at once".to_string());
                self.set("hooks", Value::Object(outcomes));
            }
        }
        for (key, why) in [("Role", "permissions"), ("TriggerConfigurations", "messages")] {
            if let Some(field) = first(template, preferences, key) {
                field.ignored(why);
            }
        }
        let alarms = first(template, preferences, "Alarms");
        self.alarms(template, alarms.iter().flat_map(|alarms| template.items(alarms)).collect());
        Some(())
    }

    /// The preference of a state machine.
    fn state_machine<'a>(
        &mut self,
        template: &Template<'a>,
        deployed: &Deployed<'a>,
    ) -> Option<()> {
        let preferences = &deployed.preferences;
        deployed.resource.properties.whole();
        self.set("compute_platform", json!("step_functions"));
        let number = |key: &str| first(template, preferences, key).and_then(|field| field.number());
        let Some(kind) = first(template, preferences, "Type") else {
            deployed.resource.properties.fault("DeploymentPreference.Type is missing");
            return None;
        };
        match template.text(&kind).as_deref() {
            Some("ALL_AT_ONCE") => {
                kind.read("all traffic at once");
                self.set("traffic_routing", json!("all_at_once"));
            }
            Some(word @ ("CANARY" | "LINEAR")) => {
                let (Some(percent), Some(minutes)) = (number("Percentage"), number("Interval"))
                else {
                    kind.fault(format!("{word} needs Percentage and Interval"));
                    return None;
                };
                self.shift(&kind, percent, minutes, word == "LINEAR");
            }
            found => {
                let found = quoted(found.unwrap_or_default());
                kind.fault(format!("found {found}, expected CANARY, LINEAR or ALL_AT_ONCE"));
                return None;
            }
        }
        let alarms = first(template, preferences, "Alarms");
        self.alarms(template, alarms.iter().flat_map(|alarms| template.items(alarms)).collect());
        Some(())
    }

    /// A deployment group of CodeDeploy.
    fn group<'a>(&mut self, template: &Template<'a>, group: &Resource<'a>) -> Option<()> {
        let properties = &group.properties;
        match template.get(properties, "DeploymentConfigName") {
            None => {
                properties
                    .log()
                    .assume("the default deployment configuration, one instance at a time".into());
                self.set("deployment_config_name", json!("CodeDeployDefault.OneAtATime"));
                self.seconds += 600.0;
            }
            Some(field) => {
                let name = template.text(&field)?;
                match custom(template, &name) {
                    Some(config) => self.deployment_config(template, &config.properties)?,
                    None => self.named(&field, &name)?,
                }
            }
        }
        let mut names = Vec::new();
        if let Some(alarms) = template.get(properties, "AlarmConfiguration") {
            let enabled = template.get(&alarms, "Enabled").and_then(|field| field.boolean());
            if enabled == Some(false) {
                alarms.read("alarms are disabled");
            } else if let Some(list) = template.get(&alarms, "Alarms") {
                let list = template.items(&list).into_iter();
                names = list.filter_map(|alarm| template.get(&alarm, "Name")).collect();
            }
        }
        self.alarms(template, names);
        if let Some(config) = template.get(properties, "BlueGreenDeploymentConfiguration") {
            self.blue_green(template, &config);
        }
        let mut events = Vec::new();
        if let Some(rollback) = template.get(properties, "AutoRollbackConfiguration") {
            let enabled = template.get(&rollback, "Enabled").and_then(|field| field.boolean());
            let list = template.get(&rollback, "Events").map(|list| template.items(&list));
            for event in list.unwrap_or_default() {
                events.push(template.text(&event).unwrap_or_default().to_ascii_lowercase());
            }
            if enabled == Some(false) {
                events.clear();
            }
            rollback.becomes("controller.codedeploy.auto_rollback");
        }
        self.set("auto_rollback", json!(events));
        Some(())
    }

    /// The waits of a deployment group of ECS.
    fn blue_green<'a>(&mut self, template: &Template<'a>, config: &Field<'a>) {
        let text = |key: &str| self.controller.get(key).and_then(Value::as_str).unwrap_or_default();
        let is_ecs = text("compute_platform") == "ecs"
            || text("deployment_config_name").starts_with("CodeDeployDefault.ECS");
        if !is_ecs {
            config.whole();
            config.not_modelled("new instances beside the old ones; they are deployed in place");
            return;
        }
        let minutes =
            |of: &Field<'a>, key: &str| template.get(of, key).and_then(|field| field.number());
        if let Some(ready) = template.get(config, "DeploymentReadyOption") {
            let action = template.get(&ready, "ActionOnTimeout");
            let action = action.and_then(|field| template.text(&field)).unwrap_or_default();
            let wait = minutes(&ready, "WaitTimeInMinutes").unwrap_or(0.0);
            if action == "STOP_DEPLOYMENT" && wait > 0.0 {
                let before = duration::written(60.0 * wait);
                ready.read(format!("waits {before} for a person before any traffic"));
                self.set("deployment_ready_wait_seconds", json!(60.0 * wait));
                self.seconds += 60.0 * wait;
            }
        }
        if let Some(old) = template.get(config, "TerminateBlueInstancesOnDeploymentSuccess") {
            let _ = template.get(&old, "Action");
            let wait = minutes(&old, "TerminationWaitTimeInMinutes").unwrap_or(0.0);
            if wait > 0.0 {
                let after = duration::written(60.0 * wait);
                old.read(format!(
                    "the old tasks are kept for {after} after all traffic has shifted"
                ));
                self.set("termination_wait_seconds", json!(60.0 * wait));
                self.seconds += 60.0 * wait;
            }
        }
    }

    /// A service of ECS with a deployment strategy of its own.
    fn ecs_service<'a>(&mut self, template: &Template<'a>, service: &Resource<'a>) -> Option<()> {
        let config = template.get(&service.properties, "DeploymentConfiguration")?;
        self.set("compute_platform", json!("ecs"));
        let number =
            |of: &Field<'a>, key: &str| template.get(of, key).and_then(|field| field.number());
        let strategy = template.get(&config, "Strategy");
        let word = strategy.as_ref().and_then(|field| template.text(field)).unwrap_or_default();
        let field = strategy.unwrap_or_else(|| config.clone());
        match word.as_str() {
            "CANARY" | "LINEAR" => {
                let is_linear = word == "LINEAR";
                let (part, share, bake, name, keys, defaults) = match is_linear {
                    true => (
                        "LinearConfiguration",
                        "StepPercent",
                        "StepBakeTimeInMinutes",
                        "linear",
                        ["step_percent", "step_bake_time_seconds"],
                        (10.0, 6.0),
                    ),
                    false => (
                        "CanaryConfiguration",
                        "CanaryPercent",
                        "CanaryBakeTimeInMinutes",
                        "canary",
                        ["canary_percent", "canary_bake_time_seconds"],
                        (5.0, 10.0),
                    ),
                };
                let part = template.get(&config, part);
                let of = |key: &str| part.as_ref().and_then(|part| number(part, key));
                let percent = of(share).unwrap_or(defaults.0);
                let seconds = 60.0 * of(bake).unwrap_or(defaults.1);
                self.set(
                    "traffic_routing",
                    json!({ name: { keys[0]: percent, keys[1]: seconds } }),
                );
                self.seconds += if is_linear { 100.0 / percent * seconds } else { seconds };
                field.read(shift_words(percent, seconds, is_linear));
            }
            "BLUE_GREEN" => {
                field.read("all traffic at once");
                self.set("traffic_routing", json!("all_at_once"));
            }
            _ => {
                field.fault(format!(
                    "found {}, expected CANARY, LINEAR or BLUE_GREEN: a rolling update shifts no traffic by plan",
                    quoted(&word)
                ));
                return None;
            }
        }
        if let Some(field) = template.get(&config, "BakeTimeInMinutes")
            && let Some(minutes) = field.number()
        {
            let after = duration::written(60.0 * minutes);
            field.read(format!("the old tasks are kept for {after} after all traffic has shifted"));
            self.set("termination_wait_seconds", json!(60.0 * minutes));
            self.seconds += 60.0 * minutes;
        }
        if let Some(hooks) = template.get(&config, "LifecycleHooks") {
            hooks.not_modelled("the hooks of the service are taken to succeed at once");
        }
        let mut names = Vec::new();
        let mut events = vec!["deployment_failure", "deployment_stop_on_request"];
        if let Some(alarms) = template.get(&config, "Alarms") {
            let is = |key: &str| template.get(&alarms, key).and_then(|field| field.boolean());
            if is("Enable") != Some(false)
                && let Some(list) = template.get(&alarms, "AlarmNames")
            {
                names = template.items(&list);
            }
            if is("Rollback") == Some(true) {
                events.push("deployment_stop_on_alarm");
            }
        }
        self.alarms(template, names);
        self.set("auto_rollback", json!(events));
        Some(())
    }

    /// The alarms of a deployment, from their names.
    fn alarms<'a>(&mut self, template: &Template<'a>, names: Vec<Field<'a>>) {
        let mut alarms = Vec::new();
        for field in names {
            let Some(name) = template.text(&field) else {
                field.whole();
                field.not_modelled(
                    "an alarm whose name is not known from the template: it is never on",
                );
                continue;
            };
            let resource = template.resources(ALARM).into_iter().find(|alarm| {
                let own = template.get(&alarm.properties, "AlarmName");
                alarm.name == name
                    || own.and_then(|own| template.text(&own)).as_deref() == Some(name.as_str())
            });
            let Some(resource) = resource else {
                field.whole();
                field.not_modelled(format!(
                    "the alarm {} is not in the template, so it is never on",
                    quoted(&name)
                ));
                continue;
            };
            let index = alarms.len();
            if let Some(alarm) = alarm_of(template, &resource, index) {
                alarms.push(Value::Object(alarm));
            }
        }
        self.set("alarms", json!(alarms));
    }
}

fn shift_words(percent: f64, seconds: f64, is_linear: bool) -> String {
    let (percent, after) = (plain(percent), duration::written(seconds));
    match is_linear {
        true => format!("{percent} % of the traffic at once and every {after}"),
        false => format!("{percent} % of the traffic at once, the rest after {after}"),
    }
}

/// An alarm of the template.
fn alarm_of<'a>(
    template: &Template<'a>,
    alarm: &Resource<'a>,
    index: usize,
) -> Option<Map<String, Value>> {
    let properties = &alarm.properties;
    let get = |key: &str| template.get(properties, key);
    let text = |key: &str| get(key).and_then(|field| template.text(&field));
    let number = |key: &str| get(key).and_then(|field| field.number());
    for key in [
        "AlarmName",
        "AlarmDescription",
        "ActionsEnabled",
        "AlarmActions",
        "OKActions",
        "InsufficientDataActions",
        "Namespace",
        "Unit",
        "Tags",
    ] {
        if let Some(field) = properties.get(key) {
            field.whole();
        }
    }
    let mut period = number("Period");
    let threshold = number("Threshold");
    let metric_name = text("MetricName").unwrap_or_default();
    let statistic = text("ExtendedStatistic").or_else(|| text("Statistic")).unwrap_or_default();
    let mut guess = query::cloud_watch(&metric_name, &statistic, period);
    let mut place = get("MetricName").unwrap_or_else(|| properties.clone());
    if let Some(metrics) = get("Metrics") {
        metrics.whole();
        let text = serde_json::to_string(metrics.node()).unwrap_or_default();
        let limits = [threshold.unwrap_or(0.0)];
        let query = query::Metric {
            name: alarm.name,
            text: &text,
            parts: &[],
            language: query::Language::CloudWatch,
            default_window: period,
            limits: &limits,
        };
        guess = query.guess();
        let of_version = text.contains("\"ExecutedVersion\"");
        guess.measures.of = if of_version { Of::Canary } else { Of::Service };
        period = period.or(guess.measures.window_seconds);
        place = metrics;
    }
    let dimensions = get("Dimensions");
    if let Some(dimensions) = &dimensions {
        let dimensions_read = template.items(dimensions);
        let is_version = dimensions_read
            .iter()
            .any(|one| one.node().get_text("Name") == Some("ExecutedVersion"));
        dimensions.whole();
        if is_version {
            guess.measures.of = Of::Canary;
            dimensions.read("of the new version alone");
        } else {
            dimensions.read("of both versions together");
        }
    }
    let measures = properties.log().bind(alarm.name, &guess);
    let mut keys = measure(properties, alarm.name, &measures);
    for key in ["window_seconds", "no_data"] {
        keys.remove(key);
    }
    let is_canary = measures.of == Of::Canary && !measures.quantity.compares();
    keys.insert("of".into(), json!(if is_canary { "canary" } else { "service" }));
    if measures.quantity == Quantity::Nothing {
        place.not_modelled(format!(
            "nothing of this metric is simulated ({}), so the alarm is never on; bind it to say what \
             it measures",
            guess.why
        ));
    } else if measures == guess.measures {
        place.guessed(format!("{measures}, because {}", guess.why));
    } else {
        place.read(format!("{measures}, as the binding says"));
    }
    if metric_name.contains("5XX") || metric_name.contains("4XX") {
        // Load balancers send these metrics only with an error.
        keys.insert("empty_without_errors".into(), json!(true));
    }
    let operator = text("ComparisonOperator").unwrap_or_default();
    let comparison = match operator.as_str() {
        "GreaterThanThreshold" => "above",
        "GreaterThanOrEqualToThreshold" => "at_least",
        "LessThanThreshold" => "below",
        "LessThanOrEqualToThreshold" => "at_most",
        _ => {
            let field = get("ComparisonOperator").unwrap_or_else(|| properties.clone());
            field.not_modelled("a band of anomalies is not simulated, so the alarm is never on");
            return None;
        }
    };
    keys.insert("comparison_operator".into(), json!(comparison));
    let Some(threshold) = threshold else {
        properties.fault("Threshold is missing");
        return None;
    };
    keys.insert("threshold".into(), json!(threshold));
    keys.insert("period_seconds".into(), json!(period.unwrap_or(60.0)));
    for (key, to) in
        [("EvaluationPeriods", "evaluation_periods"), ("DatapointsToAlarm", "datapoints_to_alarm")]
    {
        if let Some(value) = number(key) {
            keys.insert(to.into(), json!(value));
        }
    }
    if let Some(field) = get("TreatMissingData") {
        let word = match template.text(&field)?.as_str() {
            "notBreaching" => "not_breaching",
            "breaching" => "breaching",
            "ignore" => "ignore",
            _ => "missing",
        };
        keys.insert("treat_missing_data".into(), json!(word));
    }
    properties.becomes(format!("controller.codedeploy.alarms[{index}]"));
    Some(keys)
}
