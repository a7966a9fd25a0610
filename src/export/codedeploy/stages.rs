//! Stages as a canary or linear shift of a Lambda function, and rules as alarms of its new
//! version.
//!
//! CodeDeploy shifts one share and then the rest, or the same share again and again. An
//! alarm is evaluated each minute: so is a rule that looks at every tick, if a tick is a
//! minute or several. m of the last n looks are m of n data points.

use super::alarms::fault;
use super::logical;
use crate::config::{
    AlarmConfig, CodeDeployConfig, CodeDeployRouting, ComputePlatform, Config, Deploys, Hooks,
    MAX_ALARMS, OnInconclusive, Predefined, RollbackEvent, TreatMissingData, increments,
};
use crate::export::Refusal;
use crate::json::plain;
use crate::problem::Problem;
use crate::rules::{
    Comparison, CountsFailures, Look, Measures, Method, NoData, OnFail, Population, Rule, Window,
};

const MINUTE: u32 = 60;

/// A staged policy as a deployment.
pub(super) fn of_stages(config: &Config) -> Result<(CodeDeployConfig, Vec<String>), Refusal> {
    let (policy, tick) = (config.policy(), config.world().tick_seconds.max(1));
    let mut reader = Reader { config, tick, problems: Vec::new(), notes: Vec::new() };
    let routing = reader.routing();
    if policy.pods.is_some() {
        reader.refuse("pods", "CodeDeploy shifts the traffic of an alias, not pods");
    }
    if policy.rollback_ticks > 0 {
        reader.note(format!(
            "CodeDeploy sends all traffic back at once: rollback_ticks, {}, is left out.",
            policy.rollback_ticks
        ));
    }
    let alarms = reader.alarms();
    let (Some(routing), true) = (routing, reader.problems.is_empty()) else {
        return Err(Refusal { problems: reader.problems });
    };
    let predefined = Predefined::ALL.into_iter().find(|predefined| {
        let is_lambda = predefined.compute_platform == ComputePlatform::Lambda;
        is_lambda && predefined.deploys == Deploys::Shift(routing)
    });
    let deployment = CodeDeployConfig {
        name: logical(config.name(), ""),
        compute_platform: ComputePlatform::Lambda,
        deployment_config_name: predefined.map(|predefined| predefined.name),
        traffic_routing: predefined.is_none().then_some(routing),
        minimum_healthy_hosts: None,
        instances: None,
        instance_seconds: None,
        install_seconds: 0,
        deployment_ready_wait_seconds: None,
        termination_wait_seconds: 0,
        last_interval: false,
        hooks: Hooks::default(),
        alarms,
        alarm_poll_seconds: tick,
        auto_rollback: RollbackEvent::ALL.to_vec(),
        rollback_seconds: 0,
    };
    Ok((deployment, reader.notes))
}

struct Reader<'a> {
    config: &'a Config,
    tick: u32,
    problems: Vec<Problem>,
    notes: Vec<String>,
}

impl Reader<'_> {
    fn refuse(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem::new(path, message));
    }

    fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// How many stages come before all traffic.
    fn stages_before_all(&self) -> usize {
        self.config.policy().stages.iter().take_while(|stage| !stage.has_all()).count()
    }

    /// The shift that the stages are.
    fn routing(&mut self) -> Option<CodeDeployRouting> {
        let stages = &self.config.policy().stages;
        let count = self.stages_before_all();
        let Some(first) = stages.first().filter(|_| count > 0) else {
            self.refuse(
                "stages[0].traffic_pct",
                "CodeDeploy is done once all traffic has shifted: expected less than 100",
            );
            return None;
        };
        if count < stages.len() {
            self.note(
                "CodeDeploy is done once all traffic has shifted: the stage at 100 % is left out, \
                 and no alarm stops the deployment then.",
            );
        }
        let (share, seconds) = (first.traffic_pct, first.duration_ticks * self.tick);
        let before = self.problems.len();
        if share.fract() != 0.0 {
            self.refuse("stages[0].traffic_pct", "CodeDeploy has whole percentages only");
        }
        if !seconds.is_multiple_of(MINUTE) {
            let message = format!("{seconds} s, but CodeDeploy has intervals of whole minutes");
            self.refuse("stages[0].duration_ticks", message);
        }
        for (i, stage) in stages.iter().enumerate() {
            let at = |key: &str| format!("stages[{i}].{key}");
            if stage.pause.is_some() {
                self.refuse(at("pause"), "CodeDeploy does not wait for a person between shares");
            }
            if i == 0 || i >= count {
                continue;
            }
            if stage.duration_ticks != first.duration_ticks {
                self.refuse(at("duration_ticks"), "CodeDeploy has one interval for all shares");
            }
            let expected = share * (i + 1) as f64;
            if (stage.traffic_pct - expected).abs() > 1e-9 {
                let found = plain(stage.traffic_pct);
                let message = format!(
                    "found {found}, expected {}, because CodeDeploy shifts the same share in each \
                     interval",
                    plain(expected)
                );
                self.refuse(at("traffic_pct"), message);
            }
        }
        if self.problems.len() > before {
            return None;
        }
        let expected = increments(share) - 1;
        if count == 1 {
            return Some(CodeDeployRouting::TimeBasedCanary {
                canary_percentage: share,
                canary_interval_seconds: seconds,
            });
        }
        if count != expected as usize {
            self.refuse(
                "stages",
                format!(
                    "{count} stages before all traffic, expected {expected}, because CodeDeploy \
                     goes on in steps of {} %",
                    plain(share)
                ),
            );
            return None;
        }
        Some(CodeDeployRouting::TimeBasedLinear {
            linear_percentage: share,
            linear_interval_seconds: seconds,
        })
    }

    fn alarms(&mut self) -> Vec<AlarmConfig> {
        let policy = self.config.policy();
        if !policy.rules.is_empty() && !self.tick.is_multiple_of(MINUTE) {
            let message = format!(
                "{}, but an alarm is evaluated each minute: expected a multiple of 60",
                self.tick
            );
            self.refuse("tick_seconds", message);
        }
        if policy.rules.len() > MAX_ALARMS {
            let message = format!("{} rules, but at most {MAX_ALARMS} alarms", policy.rules.len());
            self.refuse("rules", message);
        }
        let is_unsure = |rule: &Rule| rule.no_data == NoData::Inconclusive;
        if policy.rules.iter().any(is_unsure) && policy.on_inconclusive != OnInconclusive::Promote {
            self.refuse(
                "on_inconclusive",
                "CodeDeploy goes on while an alarm has no data: expected promote",
            );
        }
        let mut alarms = Vec::new();
        for (i, rule) in policy.rules.iter().enumerate() {
            match self.alarm(i, rule) {
                Ok(alarm) => alarms.push(alarm),
                Err((key, message)) => self.refuse(format!("rules[{i}].{key}"), message),
            }
        }
        alarms
    }

    /// A rule as an alarm, or the key that CloudWatch has no words for, and why.
    fn alarm(&mut self, i: usize, rule: &Rule) -> Result<AlarmConfig, (&'static str, String)> {
        let refused = |key: &'static str, why: &str| Err((key, why.to_owned()));
        let (measures, quantile, threshold) = match &rule.method {
            Method::ErrorCount(count) => (Measures::Errors, 0.99, count.max as f64),
            Method::ErrorRate(rate) => (Measures::ErrorRate, 0.99, rate.max.as_f64()),
            Method::Latency(latency) => (Measures::Latency, latency.quantile, latency.max),
            other => {
                let name = other.name();
                let message = format!(
                    "{name} is no limit on the canary alone, expected error_count, error_rate or \
                     latency"
                );
                return Err(("rule", message));
            }
        };
        if rule.look != Look::EveryTick {
            return refused("look", "an alarm is evaluated all the time: expected every_tick");
        }
        let period_seconds = match rule.window {
            Window::Tick => self.tick,
            Window::Last { last_seconds } => last_seconds,
            Window::Stage | Window::Rollout => {
                let message = "the period of an alarm does not grow: expected tick or last_seconds";
                return refused("window", message);
            }
        };
        if rule.of != Population::Canary {
            return refused("of", "expected the canary, which is the dimension ExecutedVersion");
        }
        if rule.on_fail != OnFail::Rollback {
            return refused("on_fail", "an alarm stops the deployment: expected rollback");
        }
        match rule.counts {
            CountsFailures::Alone => {}
            CountsFailures::Together if rule.failure_limit == 1 => {}
            _ => return refused("counts", "each alarm counts its own data points"),
        }
        if !(1..).take(self.stages_before_all()).all(|number| rule.holds_in(number)) {
            return refused("stages", "an alarm holds throughout the deployment");
        }
        if rule.min_requests > 1 {
            return refused("min_requests", "an alarm does not ask for a number of requests");
        }
        if rule.min_errors > 0 {
            return refused("min_errors", "an alarm does not ask for a number of errors");
        }
        match rule.no_data {
            NoData::Pass | NoData::Inconclusive => {}
            NoData::Wait => return refused("no_data", "an alarm does not wait for data"),
            NoData::Fail => {
                let message = "an alarm for which missing data is breaching is on before the start";
                return refused("no_data", message);
            }
        }
        let (datapoints_to_alarm, evaluation_periods) = match (rule.failure_limit, rule.of_last) {
            (1, _) => (1, 1),
            (_, None) => {
                return refused(
                    "failure_limit",
                    "an alarm forgets data points beyond its last ones: give of_last, too",
                );
            }
            (_, Some(_)) if period_seconds != self.tick => {
                return refused(
                    "window",
                    "the data points of an alarm do not overlap: expected tick for several failures",
                );
            }
            (limit, Some(last)) => {
                self.note(
                    "An alarm goes back up to two periods further for data points that are missing.",
                );
                (limit, last)
            }
        };
        let alarm = AlarmConfig {
            name: logical(&format!("{}-{}", rule.method.name(), i + 1), "Alarm"),
            measures,
            quantile,
            scale: 1.0,
            of: Population::Canary,
            empty_without_errors: false,
            comparison_operator: Comparison::Above,
            threshold,
            period_seconds,
            evaluation_periods,
            datapoints_to_alarm,
            treat_missing_data: TreatMissingData::NotBreaching,
            on_before_start: false,
        };
        match fault(&alarm, ComputePlatform::Lambda) {
            None => Ok(alarm),
            // A tick that is not whole minutes is refused already.
            Some(("period_seconds", _)) if rule.window == Window::Tick => Ok(alarm),
            Some(("period_seconds", message)) => Err(("window", message)),
            Some(("evaluation_periods", message)) => Err(("of_last", message)),
            Some(fault) => Err(fault),
        }
    }
}
