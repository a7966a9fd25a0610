//! From what a person writes to a complete configuration, with every fault.

use super::*;
use crate::rules::MAX_TICKS;

/// Maximum number of instances.
const MAX_INSTANCES: u32 = 10_000;
/// Maximum number of batches of instances.
const MAX_BATCHES: u32 = 200;
/// What the names of predefined deployment configurations begin with.
const PREFIX: &str = "CodeDeployDefault.";

impl CodeDeployInput {
    /// The complete configuration. Faults go to `check`, with paths below `path`.
    pub(in super::super) fn resolve(
        &self,
        check: &mut Check<'_>,
        path: &str,
        tick_seconds: u32,
    ) -> CodeDeployConfig {
        let at = |key: &str| format!("{path}.{key}");
        let tick = tick_seconds.max(1);
        let predefined = self.predefined(check, &at("deployment_config_name"));
        let compute_platform = match (self.compute_platform, predefined) {
            (Some(platform), _) => platform,
            (None, Some(predefined)) => predefined.compute_platform,
            (None, None) if self.minimum_healthy_hosts.is_some() => ComputePlatform::Server,
            (None, None) => ComputePlatform::Lambda,
        };
        let is_server = compute_platform == ComputePlatform::Server;
        self.check_deployment(check, path, compute_platform, predefined);
        self.check_platform(check, path, compute_platform);
        let mut seconds = |key: &str, value: Option<f64>, min: u32| {
            value.map(|value| check.seconds(&at(key), value, min, tick))
        };
        let install_seconds = seconds("install_seconds", self.install_seconds, 0);
        let ready = self.deployment_ready_wait_seconds;
        let deployment_ready_wait_seconds = seconds("deployment_ready_wait_seconds", ready, 1);
        let termination = self.termination_wait_seconds;
        let termination_wait_seconds = seconds("termination_wait_seconds", termination, 0);
        let instance_seconds = self.instance_seconds.unwrap_or(f64::from(tick));
        let instance_seconds =
            seconds("instance_seconds", is_server.then_some(instance_seconds), 1);
        let alarm_poll_seconds = self.alarm_poll_seconds.unwrap_or(f64::from(tick));
        let alarm_poll_seconds = seconds("alarm_poll_seconds", Some(alarm_poll_seconds), 1);
        let rollback_seconds = seconds("rollback_seconds", self.rollback_seconds, 0);
        let alarms = self.alarms.as_deref().unwrap_or_default();
        if alarms.len() > MAX_ALARMS {
            let count = alarms.len();
            check.complain(&at("alarms"), format!("{count} alarms, expected at most {MAX_ALARMS}"));
        }
        let events = self.auto_rollback.clone().unwrap_or_else(|| RollbackEvent::ALL.to_vec());
        let config = CodeDeployConfig {
            name: check.name(&at("name"), self.name.as_deref().unwrap_or_default()),
            compute_platform,
            deployment_config_name: predefined.map(|predefined| predefined.name),
            traffic_routing: self
                .traffic_routing
                .as_ref()
                .map(|routing| routing.resolve(check, &at("traffic_routing"), tick)),
            minimum_healthy_hosts: self
                .minimum_healthy_hosts
                .as_ref()
                .and_then(|hosts| hosts.resolve(check, &at("minimum_healthy_hosts"))),
            instances: is_server.then(|| {
                check.whole(&at("instances"), self.instances.unwrap_or(10.0), 1, MAX_INSTANCES)
            }),
            instance_seconds,
            install_seconds: install_seconds.unwrap_or(0),
            deployment_ready_wait_seconds,
            termination_wait_seconds: termination_wait_seconds.unwrap_or(0),
            last_interval: self.last_interval.unwrap_or(false),
            hooks: self.hooks.as_ref().map_or(Hooks::default(), |hooks| {
                hooks.resolve(check, &at("hooks"), compute_platform, tick)
            }),
            alarms: (alarms.iter().take(MAX_ALARMS).enumerate())
                .map(|(i, alarm)| alarm.resolve(check, &format!("{path}.alarms[{i}]"), tick))
                .collect(),
            alarm_poll_seconds: alarm_poll_seconds.unwrap_or(tick),
            auto_rollback: (RollbackEvent::ALL.into_iter())
                .filter(|event| events.contains(event))
                .collect(),
            rollback_seconds: rollback_seconds.unwrap_or(0),
        };
        config.check_length(check, path, tick);
        config
    }

    /// The predefined deployment configuration, if it is one.
    fn predefined(&self, check: &mut Check<'_>, path: &str) -> Option<&'static Predefined> {
        let name = self.deployment_config_name.as_deref()?;
        let full = match name.get(..PREFIX.len()) {
            Some(start) if start.eq_ignore_ascii_case(PREFIX) => name.to_string(),
            _ => format!("{PREFIX}{name}"),
        };
        let predefined = Predefined::named(&full);
        if predefined.is_none() {
            let all: Vec<&str> = Predefined::ALL
                .iter()
                .map(|predefined| predefined.name.strip_prefix(PREFIX).unwrap_or(predefined.name))
                .collect();
            check.complain(
                path,
                format!(
                    "is “{}”, expected {PREFIX} with one of {}; for a custom one give traffic_routing",
                    name.chars().take(80).collect::<String>(),
                    all.join(", ")
                ),
            );
        }
        predefined
    }

    /// Checks that it says once how it deploys, and for the right platform.
    fn check_deployment(
        &self,
        check: &mut Check<'_>,
        path: &str,
        platform: ComputePlatform,
        predefined: Option<&Predefined>,
    ) {
        let ways = [
            self.deployment_config_name.is_some(),
            self.traffic_routing.is_some(),
            self.minimum_healthy_hosts.is_some(),
        ];
        if ways.iter().filter(|given| **given).count() != 1 {
            check.complain(
                path,
                "expected one of deployment_config_name, traffic_routing and minimum_healthy_hosts",
            );
        }
        let is_server = platform == ComputePlatform::Server;
        if let Some(predefined) = predefined
            && predefined.compute_platform != platform
            // A state machine is shifted as a function is.
            && (predefined.compute_platform, platform)
                != (ComputePlatform::Lambda, ComputePlatform::StepFunctions)
        {
            check.complain(
                &format!("{path}.deployment_config_name"),
                format!("{} is for another compute_platform", predefined.name),
            );
        }
        if is_server && self.traffic_routing.is_some() {
            check.complain(
                &format!("{path}.traffic_routing"),
                "is not for the compute_platform server, expected minimum_healthy_hosts",
            );
        }
        if !is_server && self.minimum_healthy_hosts.is_some() {
            check.complain(
                &format!("{path}.minimum_healthy_hosts"),
                "is for the compute_platform server, expected traffic_routing",
            );
        }
        let ecs_only = matches!(
            &self.traffic_routing,
            Some(TrafficRoutingInput::Canary(_) | TrafficRoutingInput::Linear(_))
        );
        if ecs_only && platform != ComputePlatform::Ecs {
            check.complain(
                &format!("{path}.traffic_routing"),
                "is a strategy of the compute_platform ecs, expected time_based_canary or time_based_linear",
            );
        }
    }

    /// Checks that no key is given that the platform does not have.
    fn check_platform(&self, check: &mut Check<'_>, path: &str, platform: ComputePlatform) {
        let (is_ecs, is_server) =
            (platform == ComputePlatform::Ecs, platform == ComputePlatform::Server);
        let keys = [
            ("instances", self.instances.is_some(), is_server, "server"),
            ("instance_seconds", self.instance_seconds.is_some(), is_server, "server"),
            ("install_seconds", self.install_seconds.is_some(), is_ecs, "ecs"),
            ("termination_wait_seconds", self.termination_wait_seconds.is_some(), is_ecs, "ecs"),
            (
                "deployment_ready_wait_seconds",
                self.deployment_ready_wait_seconds.is_some(),
                is_ecs,
                "ecs",
            ),
        ];
        for (key, given, fits, expected) in keys {
            if given && !fits {
                check.complain(
                    &format!("{path}.{key}"),
                    format!("is only for the compute_platform {expected}"),
                );
            }
        }
        if is_server {
            for (key, given) in [
                ("hooks", self.hooks.is_some()),
                ("rollback_seconds", self.rollback_seconds.is_some()),
            ] {
                if given {
                    check.complain(
                        &format!("{path}.{key}"),
                        "is not for the compute_platform server, which deploys instance by instance",
                    );
                }
            }
        }
    }
}

impl CodeDeployConfig {
    /// Checks that the deployment does not have too many ticks or batches, and that an
    /// instance may leave service at all.
    fn check_length(&self, check: &mut Check<'_>, path: &str, tick: u32) {
        if let Some(instances) = self.instances.filter(|instances| *instances > 0) {
            let batch = self.deploys().batch(instances);
            if batch == 0 {
                check.complain(
                    &format!("{path}.minimum_healthy_hosts"),
                    format!("keeps all {instances} instances in service, so the deployment fails at once: expected fewer"),
                );
            } else if instances.div_ceil(batch) > MAX_BATCHES {
                check.complain(
                    &format!("{path}.instances"),
                    format!(
                        "are deployed in {} batches, expected at most {MAX_BATCHES}",
                        instances.div_ceil(batch)
                    ),
                );
            }
        }
        let hooks = [
            self.hooks.before_install,
            self.hooks.after_install,
            self.hooks.after_allow_test_traffic,
            self.hooks.before_allow_traffic,
        ];
        let before: u32 = hooks.iter().flatten().map(|hook| hook.seconds(tick)).sum();
        let seconds = self.seconds_with_traffic()
            + f64::from(before)
            + f64::from(self.install_seconds)
            + f64::from(self.deployment_ready_wait_seconds.unwrap_or(0))
            + f64::from(self.instance_seconds.unwrap_or(0))
            + f64::from(self.rollback_seconds);
        let ticks = 2.0 * seconds / f64::from(tick);
        if ticks > f64::from(MAX_TICKS) {
            check.complain(
                path,
                format!(
                    "the deployment may last {} s with its way back, the limit is {} s, which is {MAX_TICKS} ticks",
                    2.0 * seconds,
                    u64::from(MAX_TICKS) * u64::from(tick)
                ),
            );
        }
    }
}

impl Hook {
    /// Seconds until its outcome is known, a multiple of `tick`.
    pub fn seconds(self, tick: u32) -> u32 {
        match self {
            Hook::SucceedsAfterSeconds(seconds) | Hook::FailsAfterSeconds(seconds) => seconds,
            Hook::DoesNotAnswer => HOOK_TIMEOUT_SECONDS.next_multiple_of(tick.max(1)),
        }
    }
}

impl TrafficRoutingInput {
    fn resolve(&self, check: &mut Check<'_>, path: &str, tick: u32) -> CodeDeployRouting {
        let at = |key: &str| format!("{path}.{key}");
        let percent = Range::above(0.0, 100.0);
        match self {
            TrafficRoutingInput::AllAtOnce => CodeDeployRouting::AllAtOnce,
            TrafficRoutingInput::TimeBasedCanary(canary) => CodeDeployRouting::TimeBasedCanary {
                canary_percentage: check.number(
                    &at("time_based_canary.canary_percentage"),
                    canary.canary_percentage,
                    percent,
                ),
                canary_interval_seconds: check.seconds(
                    &at("time_based_canary.canary_interval_seconds"),
                    canary.canary_interval_seconds,
                    1,
                    tick,
                ),
            },
            TrafficRoutingInput::TimeBasedLinear(linear) => CodeDeployRouting::TimeBasedLinear {
                linear_percentage: check.number(
                    &at("time_based_linear.linear_percentage"),
                    linear.linear_percentage,
                    Range::from(1.0, 100.0),
                ),
                linear_interval_seconds: check.seconds(
                    &at("time_based_linear.linear_interval_seconds"),
                    linear.linear_interval_seconds,
                    1,
                    tick,
                ),
            },
            TrafficRoutingInput::Canary(canary) => CodeDeployRouting::Canary {
                canary_percent: check.number(
                    &at("canary.canary_percent"),
                    canary.canary_percent.unwrap_or(5.0),
                    Range::from(0.1, 100.0),
                ),
                canary_bake_time_seconds: check.seconds(
                    &at("canary.canary_bake_time_seconds"),
                    canary.canary_bake_time_seconds.unwrap_or(600.0),
                    0,
                    tick,
                ),
            },
            TrafficRoutingInput::Linear(linear) => CodeDeployRouting::Linear {
                step_percent: check.number(
                    &at("linear.step_percent"),
                    linear.step_percent.unwrap_or(10.0),
                    Range::from(3.0, 100.0),
                ),
                step_bake_time_seconds: check.seconds(
                    &at("linear.step_bake_time_seconds"),
                    linear.step_bake_time_seconds.unwrap_or(360.0),
                    0,
                    tick,
                ),
            },
        }
    }
}

impl MinimumHealthyHostsInput {
    fn resolve(&self, check: &mut Check<'_>, path: &str) -> Option<MinimumHealthyHosts> {
        match (self.host_count, self.fleet_percent) {
            (Some(count), None) => Some(MinimumHealthyHosts::HostCount(check.whole(
                &format!("{path}.host_count"),
                count,
                0,
                MAX_INSTANCES,
            ))),
            (None, Some(percent)) => Some(MinimumHealthyHosts::FleetPercent(check.number(
                &format!("{path}.fleet_percent"),
                percent,
                Range::from(0.0, 100.0),
            ))),
            _ => {
                check.complain(path, "expected one of host_count and fleet_percent");
                None
            }
        }
    }
}

impl HooksInput {
    fn resolve(
        &self,
        check: &mut Check<'_>,
        path: &str,
        platform: ComputePlatform,
        tick: u32,
    ) -> Hooks {
        let mut hook = |key: &str, hook: Option<HookInput>, of_ecs: bool| {
            let path = format!("{path}.{key}");
            let hook = hook?;
            if of_ecs && platform != ComputePlatform::Ecs {
                check.complain(&path, "is only for the compute_platform ecs");
            }
            let mut seconds = |key: &str, value: f64| {
                let path = format!("{path}.{key}");
                let seconds = check.seconds(&path, value, 0, tick);
                if seconds > HOOK_TIMEOUT_SECONDS {
                    let message = format!(
                        "{seconds}, expected at most {HOOK_TIMEOUT_SECONDS}, after which it has failed"
                    );
                    check.complain(&path, message);
                }
                seconds
            };
            Some(match hook {
                HookInput::SucceedsAfterSeconds(value) => {
                    Hook::SucceedsAfterSeconds(seconds("succeeds_after_seconds", value))
                }
                HookInput::FailsAfterSeconds(value) => {
                    Hook::FailsAfterSeconds(seconds("fails_after_seconds", value))
                }
                HookInput::DoesNotAnswer => Hook::DoesNotAnswer,
            })
        };
        Hooks {
            before_install: hook("before_install", self.before_install, true),
            after_install: hook("after_install", self.after_install, true),
            after_allow_test_traffic: hook(
                "after_allow_test_traffic",
                self.after_allow_test_traffic,
                true,
            ),
            before_allow_traffic: hook("before_allow_traffic", self.before_allow_traffic, false),
            after_allow_traffic: hook("after_allow_traffic", self.after_allow_traffic, false),
        }
    }
}

impl AlarmInput {
    fn resolve(&self, check: &mut Check<'_>, path: &str, tick: u32) -> AlarmConfig {
        let at = |key: &str| format!("{path}.{key}");
        let measure = MeasureInput {
            measured: self.measured.clone(),
            of: Some(self.of.unwrap_or(Population::Service)),
            empty_without_errors: self.empty_without_errors,
            ..MeasureInput::default()
        };
        let measure = measure.resolve(check, path, Some(tick), tick);
        let evaluation_periods = check.whole(
            &at("evaluation_periods"),
            self.evaluation_periods.unwrap_or(1.0),
            1,
            MAX_EVALUATION_PERIODS,
        );
        let period = self.period_seconds.unwrap_or(f64::from(60u32.next_multiple_of(tick)));
        AlarmConfig {
            name: measure.name,
            measures: measure.measures,
            quantile: measure.quantile,
            scale: measure.scale,
            of: measure.of,
            empty_without_errors: measure.empty_without_errors,
            comparison_operator: self.comparison_operator.unwrap_or_default(),
            threshold: check.number(&at("threshold"), self.threshold, Range::from(-1e12, 1e12)),
            period_seconds: {
                let seconds = check.seconds(&at("period_seconds"), period, 1, tick);
                if seconds > 86_400 {
                    check.complain(
                        &at("period_seconds"),
                        format!("{seconds}, expected at most 86400"),
                    );
                }
                seconds
            },
            evaluation_periods,
            datapoints_to_alarm: check.whole(
                &at("datapoints_to_alarm"),
                self.datapoints_to_alarm.unwrap_or(f64::from(evaluation_periods.max(1))),
                1,
                evaluation_periods.max(1),
            ),
            treat_missing_data: self.treat_missing_data.unwrap_or_default(),
            on_before_start: self.on_before_start.unwrap_or(false),
        }
    }
}
