//! What is valid but probably a mistake.

use super::*;
use crate::problem::Problem;
use crate::rules::words::significant;

impl CodeDeployConfig {
    /// What is valid but probably a mistake.
    pub(in super::super) fn warnings(&self, path: &str, world: &WorldConfig) -> Vec<Problem> {
        let mut warnings = Vec::new();
        let mut warn = |at: String, message: String| warnings.push(Problem::new(at, message));
        if self.alarms.is_empty() {
            let message = "there are none: nothing that users see can stop the deployment";
            warn(format!("{path}.alarms"), message.to_string());
        } else if !self.rolls_back_on(RollbackEvent::DeploymentStopOnAlarm) {
            let message = "lacks deployment_stop_on_alarm: an alarm stops the deployment and leaves the traffic where it is";
            warn(format!("{path}.auto_rollback"), message.to_string());
        }
        for (i, alarm) in self.alarms.iter().enumerate() {
            let at = format!("{path}.alarms[{i}]");
            if let Some(message) = alarm.too_slow(self.seconds_with_traffic()) {
                warn(at.clone(), message);
            }
            if let Some(message) = alarm.usual_breach(world) {
                warn(at.clone(), message);
            }
            if alarm.of == Population::Canary
                && alarm.treat_missing_data == TreatMissingData::Breaching
            {
                let message =
                    "is on while the new version has no traffic: missing data points are breaching";
                warn(at, message.to_string());
            }
        }
        warnings
    }
}

impl AlarmConfig {
    /// Warns of an alarm that cannot be on before the deployment is complete, `seconds`
    /// after the first traffic of the new version: the first of its data points has to have
    /// seen that version for an evaluation at least.
    fn too_slow(&self, seconds: f64) -> Option<String> {
        let AlarmConfig { period_seconds: period, datapoints_to_alarm: points, .. } = *self;
        let evaluation = if period < 60 { 10 } else { 60 };
        let needed = f64::from(period) * f64::from(points - 1) + f64::from(evaluation);
        (self.measures != Measures::Nothing && needed > seconds).then(|| {
            format!(
                "takes at least {needed} s to see the new version in {points} data points of {period} s, and the deployment is complete {seconds} s after its first traffic: the alarm cannot stop it"
            )
        })
    }

    /// Warns of a threshold that the service exceeds without any release.
    fn usual_breach(&self, world: &WorldConfig) -> Option<String> {
        if self.of != Population::Service {
            return None;
        }
        let rate = world.baseline.error_rate;
        let errors = world.traffic.requests_per_second * rate;
        let usual = self.scale
            * match self.measures {
                Measures::Errors => errors * f64::from(self.period_seconds),
                Measures::ErrorsPerSecond => errors,
                Measures::ErrorRate => rate,
                Measures::SuccessRate => 1.0 - rate,
                _ => return None,
            };
        self.comparison_operator.holds(usual, self.threshold).then(|| {
            format!(
                "is on without any release: the service usually measures {} in a period, and the alarm is on when {} {}",
                significant(usual),
                self.comparison_operator.sign(),
                significant(self.threshold)
            )
        })
    }
}
