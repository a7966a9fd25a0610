//! A canary analysis of Kayenta, as a part of a configuration.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

use super::Check;
use super::judge::{JudgeConfig, JudgeInput};
use crate::config::{WorldConfig, realised_share};
use crate::json::{number, plain};
use crate::problem::Problem;
use crate::reading::fields;
use crate::rules::{Measures, Population, Range, Rule};

/// The default share of the canary, in percent.
const USUAL_PCT: f64 = 5.0;

/// A canary analysis of Kayenta: a canary with a fixed share of the traffic, which a
/// judge scores at every interval. After the last judgement it gets all traffic, if the
/// score passes.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Kayenta"))]
pub struct KayentaInput {
    /// A name for people; default empty.
    #[cfg_attr(feature = "schema", schemars(length(max = 200)))]
    pub name: Option<String>,
    /// The canary's share of the traffic during the analysis, in percent, above 0 and at
    /// most 50; default 5. Kayenta leaves it to the deployment.
    #[cfg_attr(feature = "schema", schemars(range(max = 50), extend("exclusiveMinimum" = 0)))]
    pub traffic_pct: Option<f64>,
    /// The length of the analysis in seconds, a multiple of `tick_seconds`; required.
    #[cfg_attr(feature = "schema", schemars(required, range(min = 1, max = 31536000), extend("type" = "integer")))]
    pub lifetime_duration_seconds: Option<f64>,
    /// Seconds between two judgements; default the length of the analysis. What is left of
    /// the length after the last whole interval is left out.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 31536000), extend("type" = "integer")))]
    pub analysis_interval_seconds: Option<f64>,
    /// Seconds before the analysis begins; default 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 31536000), extend("type" = "integer")))]
    pub begin_after_seconds: Option<f64>,
    /// A judgement reads the points of so many last seconds; default 0, all points since
    /// the analysis began.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 31536000), extend("type" = "integer")))]
    pub lookback_seconds: Option<f64>,
    /// The judge; required.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub judge: Option<JudgeInput>,
}

fields!(KayentaInput {
    name,
    traffic_pct,
    lifetime_duration_seconds,
    analysis_interval_seconds,
    begin_after_seconds,
    lookback_seconds,
    judge,
});

/// A canary analysis of Kayenta, checked and complete.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KayentaConfig {
    /// A name for people.
    pub name: String,
    /// The canary's share of the traffic during the analysis, in percent, in (0, 50].
    #[serde(serialize_with = "number")]
    pub traffic_pct: f64,
    /// The length of the analysis in seconds.
    pub lifetime_duration_seconds: u32,
    /// Seconds between two judgements.
    pub analysis_interval_seconds: u32,
    /// Seconds before the analysis begins.
    pub begin_after_seconds: u32,
    /// A judgement reads the points of so many last seconds; 0 for all.
    pub lookback_seconds: u32,
    /// The judge.
    pub judge: JudgeConfig,
}

impl KayentaInput {
    /// The complete configuration. Faults go to `check`, with paths below `path`.
    pub(super) fn resolve(
        &self,
        check: &mut Check<'_>,
        path: &str,
        tick_seconds: u32,
    ) -> KayentaConfig {
        let at = |key: &str| format!("{path}.{key}");
        let mut seconds = |key: &str, value: Option<f64>, min: u32| {
            check.seconds(&at(key), value, min, tick_seconds)
        };
        let lifetime = seconds("lifetime_duration_seconds", self.lifetime_duration_seconds, 1);
        let interval = match self.analysis_interval_seconds {
            Some(interval) => seconds("analysis_interval_seconds", Some(interval), 1),
            None => lifetime,
        };
        let begin = seconds("begin_after_seconds", self.begin_after_seconds.or(Some(0.0)), 0);
        let lookback = seconds("lookback_seconds", self.lookback_seconds.or(Some(0.0)), 0);
        if self.judge.is_none() {
            check.complain(&at("judge"), "missing, expected a judge with metrics");
        }
        let judge = self.judge.clone().unwrap_or_default();
        let judge = judge.resolve(check, &at("judge"), tick_seconds);
        let step = judge.step_seconds.max(1);
        for (key, seconds) in [
            ("analysis_interval_seconds", interval),
            ("begin_after_seconds", begin),
            ("lookback_seconds", lookback),
        ] {
            let given = key != "analysis_interval_seconds" || interval != lifetime;
            if given && !seconds.is_multiple_of(step) {
                check.complain(
                    &at(key),
                    format!("{seconds}, expected a multiple of judge.step_seconds, {step}"),
                );
            }
        }
        KayentaConfig {
            name: check.name(&at("name"), self.name.as_deref().unwrap_or_default()),
            traffic_pct: check.number(
                &at("traffic_pct"),
                self.traffic_pct.unwrap_or(USUAL_PCT),
                Range::above(0.0, 50.0),
            ),
            lifetime_duration_seconds: lifetime,
            // As Kayenta does: an interval longer than the analysis is its length.
            analysis_interval_seconds: interval.min(lifetime),
            begin_after_seconds: begin,
            lookback_seconds: lookback,
            judge,
        }
    }
}

impl KayentaConfig {
    /// The number of judgements.
    pub fn judgements(&self) -> u32 {
        self.lifetime_duration_seconds / self.analysis_interval_seconds.max(1)
    }

    /// The checks, in the order of their numbers: the judge.
    pub(super) fn checks(&self) -> Vec<Rule> {
        let lookback = (self.lookback_seconds > 0).then_some(self.lookback_seconds);
        vec![self.judge.check(self.begin_after_seconds, lookback, true)]
    }

    /// What is valid but probably a mistake. Paths begin with `path`.
    pub(super) fn warnings(&self, path: &str, world: &WorldConfig) -> Vec<Problem> {
        let mut warnings = self.judge.warnings(&format!("{path}.judge"), world, self.traffic_pct);
        let mut warn = |key: &str, message: String| {
            warnings.push(Problem::new(format!("{path}.{key}"), message));
        };
        let (lifetime, interval) =
            (self.lifetime_duration_seconds, self.analysis_interval_seconds.max(1));
        let left = lifetime % interval;
        if left > 0 {
            warn(
                "analysis_interval_seconds",
                format!(
                    "the last {left} s of the analysis are after the last whole interval: they are not judged"
                ),
            );
        }
        let step = self.judge.step_seconds.max(1);
        let window = match self.lookback_seconds {
            0 => interval,
            lookback => lookback,
        };
        let points = window / step;
        if points < FEWEST_POINTS {
            let word = if points == 1 { "point" } else { "points" };
            warn(
                "analysis_interval_seconds",
                format!(
                    "the first judgement has {points} {word} of each version: with fewer than {FEWEST_POINTS} a metric is High or Low only if all points of one version are beyond all of the other"
                ),
            );
        }
        if realised_share(self.traffic_pct / 100.0, world.traffic.canary_skew) > 0.5
            && self.judge.of == Population::Control
        {
            warn(
                "traffic_pct",
                "with traffic.canary_skew the canary has more than half of the traffic: the control is smaller than it"
                    .to_string(),
            );
        }
        warnings
    }
}

/// With fewer points of each version the interval of 98 % is that of all differences: z of
/// the most extreme order of 4 and 4 points is 2.17, below 2.33.
const FEWEST_POINTS: u32 = 5;

impl JudgeConfig {
    /// What is valid but probably a mistake.
    pub(super) fn warnings(&self, path: &str, world: &WorldConfig, pct: f64) -> Vec<Problem> {
        let mut warnings = Vec::new();
        let mut warn = |key: String, message: String| {
            warnings.push(Problem::new(format!("{path}.{key}"), message));
        };
        let weights: f64 = self.group_weights.iter().map(|weight| weight.weight).sum();
        let has_metrics = |group: &String| {
            self.metrics.iter().any(|metric| !metric.muted && metric.groups.contains(group))
        };
        let lost: f64 =
            self.group_weights.iter().filter(|w| !has_metrics(&w.group)).map(|w| w.weight).sum();
        if lost > 0.0 {
            warn(
                "group_weights".to_string(),
                format!(
                    "groups without metrics have a weight of {} %, so no score is above {}",
                    plain(lost),
                    plain(100.0 - lost)
                ),
            );
        }
        let all_weighted = self
            .metrics
            .iter()
            .flat_map(|metric| &metric.groups)
            .all(|group| self.group_weights.iter().any(|weight| weight.group == *group));
        if !self.group_weights.is_empty() && all_weighted && weights != 100.0 {
            warn(
                "group_weights".to_string(),
                format!("sum to {} %, so the largest score is not 100", plain(weights)),
            );
        }
        let step = f64::from(self.step_seconds);
        let requests = world.traffic.requests_per_second * step * pct / 100.0;
        for (i, metric) in self.metrics.iter().enumerate() {
            let at = |key: &str| format!("metrics[{i}].{key}");
            if metric.groups.is_empty() && !metric.muted {
                warn(at("groups"), "is empty: the metric counts in no score".to_string());
            }
            let is_rate = matches!(metric.measures, Measures::ErrorRate | Measures::SuccessRate);
            let size = world.baseline.error_rate * metric.scale;
            if metric.measures == Measures::ErrorRate && size > 0.0 && size < SMALL {
                warn(
                    at("scale"),
                    format!(
                        "the baseline’s rate is {} in this unit, and the judge is exact to 0.0001: most differences of this size are lost",
                        plain(size)
                    ),
                );
            }
            if is_rate && requests * world.baseline.error_rate < 1.0 {
                warn(
                    at("measures"),
                    format!(
                        "a point has {} errors of the canary on average: most points are equal",
                        plain((requests * world.baseline.error_rate * 100.0).round() / 100.0)
                    ),
                );
            }
        }
        warnings
    }
}

/// Numbers of this size are near the judge's tolerance.
const SMALL: f64 = 0.001;
