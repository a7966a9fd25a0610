//! What is valid in a Rollout of Argo Rollouts but probably a mistake.

use super::argo::{ArgoConfig, ArgoMetric, ProgressThreshold};
use crate::config::WorldConfig;
use crate::json::plain;
use crate::problem::Problem;
use crate::rules::Verdict;

/// Seconds after which a measurement with an error is taken again.
const ERROR_RETRY_SECONDS: u32 = 10;
/// With more measurements than this, one that fails by chance is likely.
const FEW_MEASUREMENTS: u32 = 3;
/// A share that whole pods miss by more than this, in points, is worth a word.
const MISSED_POINTS: f64 = 5.0;

impl ArgoConfig {
    /// What is valid but probably a mistake. Paths begin with `path`.
    pub(super) fn warnings(&self, path: &str, world: &WorldConfig) -> Vec<Problem> {
        let mut warnings = Vec::new();
        let mut warn = |key: String, message: String| {
            let path = if key.is_empty() { path.to_string() } else { format!("{path}.{key}") };
            warnings.push(Problem::new(path, message));
        };
        if self.metrics().next().is_none() {
            let message =
                "has no analysis: only a person or the progress deadline can stop a release";
            warn(String::new(), message.to_string());
        }
        if self.ready_seconds >= self.progress_deadline_seconds {
            let then = if self.progress_deadline_abort { "aborted" } else { "degraded" };
            let deadline = self.progress_deadline_seconds;
            warn(
                "ready_seconds".into(),
                format!(
                    "is not below progress_deadline_seconds, {deadline}: the rollout is {then}"
                ),
            );
        }
        let only_pod = self.replicas == 1 && self.max_surge == 0 && self.traffic_routing.is_none();
        if only_pod && self.blue_green.is_none() && self.ready_seconds > 0 {
            warn(
                "max_surge".into(),
                "is 0 with a single pod: while it is replaced there is none, which is not simulated"
                    .into(),
            );
        }
        if let Some(ProgressThreshold::Pods(pods)) = self.replica_progress_threshold
            && pods > self.replicas
        {
            let replicas = self.replicas;
            warn(
                "replica_progress_threshold.pods".into(),
                format!("is {pods}, and there are {replicas} pods: no set_weight is completed"),
            );
        }
        for (i, step) in self.steps.iter().enumerate() {
            if let Some(weight) = step.set_weight
                && let Some(share) = self.missed_share(weight)
            {
                warn(
                    format!("steps[{i}].set_weight"),
                    format!(
                        "is {weight}, and the nearest share of whole pods is {} %",
                        plain((share * 10.0).round() / 10.0)
                    ),
                );
            }
        }
        if let Some(blue_green) = &self.blue_green {
            if self.background.is_some() {
                let message = "has no effect beside blue_green: only canaries have one";
                warn("background".into(), message.to_string());
            }
            if blue_green.auto_promotion_seconds.is_some() && !blue_green.auto_promotion {
                let message =
                    "has no effect without auto_promotion: the rollout waits for a person";
                warn("blue_green.auto_promotion_seconds".into(), message.to_string());
            }
        } else if self.traffic_routing.is_some() && self.steps.is_empty() {
            let message = "is empty: the router goes from 0 to 100 % at once";
            warn("steps".into(), message.to_string());
        }
        for (key, metric, is_background) in self.metrics_with_paths() {
            let messages = [
                first_failure(metric),
                late_retry(metric, world.tick_seconds),
                if is_background { self.before_traffic(metric) } else { None },
            ];
            for message in messages.into_iter().flatten() {
                let message = format!("{} {message}", metric.measure.name);
                warn(key.clone(), message);
            }
        }
        warnings
    }

    /// The metrics with their paths, and whether they are measured in the background.
    fn metrics_with_paths(&self) -> Vec<(String, &ArgoMetric, bool)> {
        let mut found = Vec::new();
        if let (Some(background), None) = (&self.background, &self.blue_green) {
            found.extend(with_paths("background", &background.metrics, true));
        }
        for (number, step) in self.steps.iter().enumerate() {
            if let Some(analysis) = &step.analysis {
                let path = format!("steps[{number}].analysis");
                found.extend(with_paths(&path, &analysis.metrics, false));
            }
            if let Some(experiment) = &step.experiment {
                let path = format!("steps[{number}].experiment");
                found.extend(with_paths(&path, &experiment.metrics, false));
            }
        }
        if let Some(blue_green) = &self.blue_green {
            if let Some(analysis) = &blue_green.pre_promotion {
                found.extend(with_paths("blue_green.pre_promotion", &analysis.metrics, false));
            }
            if let Some(analysis) = &blue_green.post_promotion {
                found.extend(with_paths("blue_green.post_promotion", &analysis.metrics, false));
            }
        }
        found
    }

    /// The share in percent that whole pods give a weight, if they miss it.
    fn missed_share(&self, weight: u32) -> Option<f64> {
        if self.traffic_routing.is_some() || weight == 0 || weight >= 100 || self.replicas == 0 {
            return None;
        }
        let exact = f64::from(weight) * f64::from(self.replicas) / 100.0;
        let totals = [self.replicas, self.replicas + u32::from(self.max_surge > 0)];
        let shares = totals.into_iter().flat_map(|total| {
            let most = f64::from(total.saturating_sub(1).max(1));
            [exact.floor(), exact.ceil()]
                .map(|pods| 100.0 * pods.clamp(1.0, most) / f64::from(total))
        });
        let off = |share: &f64| (share - f64::from(weight)).abs();
        let nearest = shares.min_by(|a, b| off(a).total_cmp(&off(b)))?;
        (off(&nearest) > MISSED_POINTS).then_some(nearest)
    }

    /// Seconds until the canary has traffic, at least.
    fn seconds_to_traffic(&self) -> u32 {
        let mut seconds = self.ready_seconds;
        for step in &self.steps {
            if step.set_weight.is_some_and(|weight| weight > 0) {
                break;
            }
            let pause = step.pause.and_then(|pause| pause.duration_seconds);
            seconds = seconds.saturating_add(pause.unwrap_or(0));
        }
        seconds
    }

    /// Warns of a background analysis that measures before the canary has traffic.
    fn before_traffic(&self, metric: &ArgoMetric) -> Option<String> {
        let starts = self.background.as_ref()?.starting_step;
        let before = self.steps.iter().take(starts as usize);
        let has_traffic = before.filter_map(|step| step.set_weight).any(|weight| weight > 0);
        let traffic = self.seconds_to_traffic();
        let delay = metric.initial_delay_seconds;
        if has_traffic || delay > traffic || metric.judge.is_some() {
            return None;
        }
        let begins = format!("is measured after {delay} s, and the canary has no traffic before");
        let begins = if traffic == 0 {
            format!("{begins} the first tick")
        } else {
            format!("{begins} {traffic} s")
        };
        let what = match metric.query().without_data() {
            (Verdict::Fail, _) if metric.failure_limit == Some(0) => {
                "a measurement without data fails, which aborts every rollout"
            }
            (Verdict::Fail, _) => "a measurement without data fails",
            (Verdict::Inconclusive, None) if metric.inconclusive_limit == 0 => {
                "a measurement without data is inconclusive, which pauses every rollout"
            }
            (Verdict::Inconclusive, Some(_)) => {
                let errors = 1 + traffic.saturating_sub(delay) / ERROR_RETRY_SECONDS;
                match errors > metric.consecutive_error_limit {
                    true => "the errors of measurements without data abort every rollout",
                    false if traffic == 0 => return None,
                    false => "measurements without data are errors",
                }
            }
            _ => return None,
        };
        Some(format!("{begins}: {what}; initial_delay_seconds or starting_step help"))
    }
}

/// The metrics of an analysis at a path.
fn with_paths<'a>(
    path: &str,
    metrics: &'a [ArgoMetric],
    is_background: bool,
) -> Vec<(String, &'a ArgoMetric, bool)> {
    let named = |(i, metric)| (format!("{path}.metrics[{i}]"), metric, is_background);
    metrics.iter().enumerate().map(named).collect()
}

/// Warns of a metric that is measured often and fails at once.
fn first_failure(metric: &ArgoMetric) -> Option<String> {
    let often = metric.interval_seconds.is_some()
        && metric.count.is_none_or(|count| count > FEW_MEASUREMENTS);
    (often && metric.failure_limit == Some(0) && !metric.dry_run).then(|| {
        let all = metric.count.map_or("all".to_string(), |count| count.to_string());
        format!("has failure_limit 0: the first of {all} measurements that fails decides")
    })
}

/// Warns of ticks that no retry after an error falls on.
fn late_retry(metric: &ArgoMetric, tick_seconds: u32) -> Option<String> {
    let has_condition = metric.success_condition.is_some() || metric.failure_condition.is_some();
    let retry = ERROR_RETRY_SECONDS.next_multiple_of(tick_seconds.max(1));
    (has_condition && retry != ERROR_RETRY_SECONDS).then(|| {
        format!(
            "is measured again {retry} s after an error, on a whole tick; Argo Rollouts does so \
             after {ERROR_RETRY_SECONDS} s"
        )
    })
}
