//! Kayenta's judge in a configuration: of a canary analysis, or of a metric of another
//! controller.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

use super::metric::{EmptyInput, Measured, MeasuredInput};
use super::{Check, check_by};
use crate::json::number;
use crate::reading::fields;
use crate::rules::{
    CanaryJudge, EmptyResult, JudgedMetric, MAX_JUDGED, Measures, Method, Population, Range, Rule,
    Window,
};
use crate::stats::kayenta::metric::{
    Direction, EffectSize, Measure as EffectMeasure, MetricConfig,
};
use crate::stats::kayenta::series::NanStrategy;

/// The default length of time of a point, in seconds.
const USUAL_STEP_SECONDS: u32 = 60;
/// The default factor of the fences of outliers.
const USUAL_OUTLIER_FACTOR: f64 = 3.0;
/// Maximum number of groups of a metric, and of groups with a weight.
const MAX_GROUPS: usize = 20;

/// Kayenta's judge (NetflixACAJudge): it compares series of points of several metrics,
/// and gives a score.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "CanaryJudge"))]
pub struct JudgeInput {
    /// The metrics, 1 to 20; required.
    #[cfg_attr(feature = "schema", schemars(required, length(min = 1, max = 20)))]
    pub metrics: Option<Vec<JudgedMetricInput>>,
    /// The weights of groups, in percent; groups without one share what is left of 100.
    #[cfg_attr(feature = "schema", schemars(length(max = 20)))]
    pub group_weights: Option<Vec<GroupWeightInput>>,
    /// The scores from which a judgement passes and is marginal.
    pub score_thresholds: Option<ScoreThresholdsInput>,
    /// The length of time of a point in seconds, a multiple of `tick_seconds`; default 60,
    /// or a tick if that is longer.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 31536000), extend("type" = "integer")))]
    pub step_seconds: Option<f64>,
    /// What the canary is compared with; default `control`, a part of the baseline as
    /// large as the canary.
    pub of: Option<Population>,
}

fields!(JudgeInput { metrics, group_weights, score_thresholds, step_seconds, of });

/// The weight of a group.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "GroupWeight"))]
pub struct GroupWeightInput {
    /// The group's name; required.
    #[cfg_attr(feature = "schema", schemars(required, length(max = 200)))]
    pub group: Option<String>,
    /// Its weight in percent, 0..=100; required.
    #[cfg_attr(feature = "schema", schemars(required, range(min = 0, max = 100)))]
    pub weight: Option<f64>,
}

fields!(GroupWeightInput { group, weight });

/// The scores from which a judgement passes and is marginal.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "ScoreThresholds"))]
pub struct ScoreThresholdsInput {
    /// A judgement passes from this score on, 0..=100; default 95.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub pass: Option<f64>,
    /// It is marginal from this score on, 0..=100; default 75.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub marginal: Option<f64>,
}

fields!(ScoreThresholdsInput { pass, marginal });

/// A metric that is judged. It measures a quantity of the canary alone in each step, because
/// the judge compares, and the judge is exact to 0.0001 in the unit of its `scale`.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "JudgedMetric"))]
pub struct JudgedMetricInput {
    #[cfg_attr(feature = "schema", schemars(flatten))]
    pub measured: MeasuredInput,
    /// The value of a point without data; default `nan`.
    pub no_data: Option<EmptyInput>,
    /// Whether a point without errors has no data, as for a query that selects failed
    /// requests; default false.
    pub empty_without_errors: Option<bool>,
    /// The groups in whose scores it counts; without one it counts in none.
    #[cfg_attr(feature = "schema", schemars(length(max = 20)))]
    pub groups: Option<Vec<String>>,
    /// Which change is bad; default `either`.
    pub direction: Option<Direction>,
    /// What becomes of points without data; default `remove`.
    pub nan_strategy: Option<NanStrategy>,
    /// What becomes of outliers; default they are kept.
    pub outliers: Option<OutliersInput>,
    /// Whether it can fail the judgement alone; default false.
    pub critical: Option<bool>,
    /// Whether missing data count as failed; default false.
    pub must_have_data: Option<bool>,
    /// Whether it has no part in the score; default false.
    pub muted: Option<bool>,
    /// How large a change has to be.
    pub effect_size: Option<EffectSizeInput>,
}

fields!(JudgedMetricInput {
    measured,
    no_data,
    empty_without_errors,
    groups,
    direction,
    nan_strategy,
    outliers,
    critical,
    must_have_data,
    muted,
    effect_size,
});

/// What becomes of outliers.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Outliers"))]
pub struct OutliersInput {
    /// Whether they are removed; default true.
    pub remove: Option<bool>,
    /// Points so many times the distance of the quartiles beyond the quartiles are
    /// outliers, if they are beyond the 1st and the 99th percentile too; above 0, at most
    /// 1000; default 3.
    #[cfg_attr(feature = "schema", schemars(range(max = 1000), extend("exclusiveMinimum" = 0)))]
    pub outlier_factor: Option<f64>,
}

fields!(OutliersInput { remove, outlier_factor });

/// How large a change has to be. The limits are from 0 to 1000000; default 1, or 0.5 for
/// `cles`.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "EffectSize"))]
pub struct EffectSizeInput {
    /// In what the limits are; default `mean_ratio`.
    pub measure: Option<EffectMeasure>,
    /// The metric can be High from here on.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1000000)))]
    pub allowed_increase: Option<f64>,
    /// The metric can be Low from here downwards.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1000000)))]
    pub allowed_decrease: Option<f64>,
    /// A critical metric that is High fails the judgement alone from here on.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1000000)))]
    pub critical_increase: Option<f64>,
    /// A critical metric that is Low fails the judgement alone from here downwards.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1000000)))]
    pub critical_decrease: Option<f64>,
}

fields!(EffectSizeInput {
    measure,
    allowed_increase,
    allowed_decrease,
    critical_increase,
    critical_decrease,
});

/// Kayenta's judge, checked and complete.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JudgeConfig {
    /// The metrics.
    pub metrics: Vec<JudgedMetricConfig>,
    /// The weights of groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub group_weights: Vec<GroupWeight>,
    /// The scores from which a judgement passes and is marginal.
    pub score_thresholds: ScoreThresholds,
    /// The length of time of a point, in seconds.
    pub step_seconds: u32,
    /// What the canary is compared with.
    pub of: Population,
}

/// The weight of a group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupWeight {
    /// The group's name.
    pub group: String,
    /// Its weight in percent, 0..=100.
    #[serde(serialize_with = "number")]
    pub weight: f64,
}

/// The scores from which a judgement passes and is marginal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ScoreThresholds {
    /// A judgement passes from this score on, 0..=100.
    #[serde(serialize_with = "number")]
    pub pass: f64,
    /// It is marginal from this score on, 0..=100.
    #[serde(serialize_with = "number")]
    pub marginal: f64,
}

/// A metric that is judged, checked and complete.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JudgedMetricConfig {
    /// Its name.
    pub name: String,
    /// What it measures in each step.
    pub measures: Measures,
    /// Which quantile of latency, in (0, 1).
    #[serde(serialize_with = "number")]
    pub quantile: f64,
    /// What the measured number is multiplied by.
    #[serde(serialize_with = "number")]
    pub scale: f64,
    /// The value of a point without data.
    pub no_data: EmptyResult,
    /// Whether a point without errors has no data.
    pub empty_without_errors: bool,
    /// The groups in whose scores it counts.
    pub groups: Vec<String>,
    /// Which change is bad.
    pub direction: Direction,
    /// What becomes of points without data.
    pub nan_strategy: NanStrategy,
    /// What becomes of outliers, if they are not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outliers: Option<Outliers>,
    /// Whether it can fail the judgement alone.
    pub critical: bool,
    /// Whether missing data count as failed.
    pub must_have_data: bool,
    /// Whether it has no part in the score.
    pub muted: bool,
    /// How large a change has to be.
    pub effect_size: EffectSizeConfig,
}

/// Outliers are removed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Outliers {
    /// The factor of the fences, above 0.
    #[serde(serialize_with = "number")]
    pub outlier_factor: f64,
}

/// How large a change has to be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct EffectSizeConfig {
    /// In what the limits are.
    pub measure: EffectMeasure,
    /// The metric can be High from here on.
    #[serde(serialize_with = "number")]
    pub allowed_increase: f64,
    /// The metric can be Low from here downwards.
    #[serde(serialize_with = "number")]
    pub allowed_decrease: f64,
    /// A critical metric that is High fails the judgement alone from here on.
    #[serde(serialize_with = "number")]
    pub critical_increase: f64,
    /// A critical metric that is Low fails the judgement alone from here downwards.
    #[serde(serialize_with = "number")]
    pub critical_decrease: f64,
}

impl JudgeInput {
    /// The complete judge. Faults go to `check`, with paths below `path`.
    pub(super) fn resolve(
        &self,
        check: &mut Check<'_>,
        path: &str,
        tick_seconds: u32,
    ) -> JudgeConfig {
        let at = |key: &str| format!("{path}.{key}");
        let metrics = self.metrics.as_deref().unwrap_or_default();
        if metrics.is_empty() || metrics.len() > MAX_JUDGED {
            let count = metrics.len();
            check.complain(&at("metrics"), format!("{count} metrics, expected 1 to {MAX_JUDGED}"));
        }
        let weights = self.group_weights.as_deref().unwrap_or_default();
        if weights.len() > MAX_GROUPS {
            let count = weights.len();
            check.complain(
                &at("group_weights"),
                format!("{count} groups, expected at most {MAX_GROUPS}"),
            );
        }
        let mut group_weights: Vec<GroupWeight> = Vec::new();
        for (i, input) in weights.iter().take(MAX_GROUPS).enumerate() {
            let at = |key: &str| format!("{path}.group_weights[{i}].{key}");
            let group = check.name(&at("group"), input.group.as_deref().unwrap_or_default());
            if input.group.is_none() {
                check.complain(&at("group"), "missing, expected the group’s name");
            } else if group_weights.iter().any(|known| known.group == group) {
                check.complain(&at("group"), "stands twice, expected each group once");
            }
            let weight = check.number(&at("weight"), input.weight, Range::from(0.0, 100.0));
            group_weights.push(GroupWeight { group, weight });
        }
        let thresholds = self.score_thresholds.clone().unwrap_or_default();
        let mut threshold = |key: &str, value: Option<f64>, default: f64| {
            check.number(
                &at(&format!("score_thresholds.{key}")),
                value.unwrap_or(default),
                Range::from(0.0, 100.0),
            )
        };
        let score_thresholds = ScoreThresholds {
            pass: threshold("pass", thresholds.pass, 95.0),
            marginal: threshold("marginal", thresholds.marginal, 75.0),
        };
        let ScoreThresholds { pass, marginal } = score_thresholds;
        if marginal > pass {
            check.complain(
                &at("score_thresholds.marginal"),
                format!("{marginal}, expected at most pass, {pass}"),
            );
        }
        let usual_step = USUAL_STEP_SECONDS.next_multiple_of(tick_seconds.max(1));
        let step = self.step_seconds.unwrap_or(f64::from(usual_step));
        let of = self.of.unwrap_or(Population::Control);
        if of == Population::Service {
            check.complain(&at("of"), "service, expected control or canary: the judge compares");
        }
        let mut metric = |(i, metric): (usize, &JudgedMetricInput)| {
            metric.resolve(check, &format!("{path}.metrics[{i}]"))
        };
        JudgeConfig {
            metrics: metrics.iter().take(MAX_JUDGED).enumerate().map(&mut metric).collect(),
            group_weights,
            score_thresholds,
            step_seconds: check.seconds(&at("step_seconds"), step, 1, tick_seconds),
            of,
        }
    }
}

impl JudgedMetricInput {
    fn resolve(&self, check: &mut Check<'_>, path: &str) -> JudgedMetricConfig {
        let at = |key: &str| format!("{path}.{key}");
        let Measured { name, measures, quantile, scale } = self.measured.resolve(check, path);
        if measures.compares() {
            let message = format!("{}, expected one of the canary alone", measures.name());
            check.complain(&at("measures"), message + ": the judge compares");
        }
        let groups = self.groups.clone().unwrap_or_default();
        if groups.len() > MAX_GROUPS {
            let count = groups.len();
            check.complain(&at("groups"), format!("{count} groups, expected at most {MAX_GROUPS}"));
        }
        let effect = self.effect_size.clone().unwrap_or_default();
        let measure = effect.measure.unwrap_or_default();
        let mut limit = |key: &str, value: Option<f64>| {
            check.number(
                &at(&format!("effect_size.{key}")),
                value.unwrap_or(measure.neutral()),
                Range::from(0.0, 1e6),
            )
        };
        let effect_size = EffectSizeConfig {
            measure,
            allowed_increase: limit("allowed_increase", effect.allowed_increase),
            allowed_decrease: limit("allowed_decrease", effect.allowed_decrease),
            critical_increase: limit("critical_increase", effect.critical_increase),
            critical_decrease: limit("critical_decrease", effect.critical_decrease),
        };
        let outliers = self.outliers.as_ref().map(|outliers| {
            let factor = outliers.outlier_factor.unwrap_or(USUAL_OUTLIER_FACTOR);
            let range = Range::above(0.0, 1_000.0);
            let factor = check.number(&at("outliers.outlier_factor"), factor, range);
            (outliers.remove.unwrap_or(true), Outliers { outlier_factor: factor })
        });
        JudgedMetricConfig {
            name,
            measures,
            quantile,
            scale,
            no_data: self.no_data.unwrap_or(EmptyInput::Nan).resolve(check, &at("no_data")),
            empty_without_errors: self.empty_without_errors.unwrap_or(false),
            groups: groups.into_iter().take(MAX_GROUPS).collect(),
            direction: self.direction.unwrap_or_default(),
            nan_strategy: self.nan_strategy.unwrap_or_default(),
            outliers: outliers.filter(|(remove, _)| *remove).map(|(_, outliers)| outliers),
            critical: self.critical.unwrap_or(false),
            must_have_data: self.must_have_data.unwrap_or(false),
            muted: self.muted.unwrap_or(false),
            effect_size,
        }
    }
}

impl JudgeConfig {
    /// The check of the judge. Its points begin `begin_seconds` after the start of the
    /// rollout, or are those of the last `lookback_seconds`. A canary analysis of Kayenta
    /// fails at the marginal score, the metric of another controller below it.
    pub fn check(
        &self,
        begin_seconds: u32,
        lookback_seconds: Option<u32>,
        fails_at_marginal: bool,
    ) -> Rule {
        let mut groups: Vec<&str> = self.group_weights.iter().map(|w| w.group.as_str()).collect();
        let mut weights: Vec<Option<f64>> =
            self.group_weights.iter().map(|weight| Some(weight.weight)).collect();
        for group in self.metrics.iter().flat_map(|metric| &metric.groups) {
            if !groups.contains(&group.as_str()) {
                groups.push(group);
                weights.push(None);
            }
        }
        let place = |group: &String| groups.iter().position(|name| name == group);
        let places = |metric: &JudgedMetricConfig| metric.groups.iter().filter_map(place).collect();
        let metrics = self.metrics.iter().map(|metric| metric.judged(places(metric))).collect();
        let judge = CanaryJudge {
            metrics,
            weights,
            pass: self.score_thresholds.pass,
            marginal: self.score_thresholds.marginal,
            fails_at_marginal,
            step_seconds: self.step_seconds,
            begin_seconds,
            lookback_seconds,
        };
        check_by(Method::CanaryJudge(judge), Window::Rollout, self.of)
    }
}

impl JudgedMetricConfig {
    fn judged(&self, groups: Vec<usize>) -> JudgedMetric {
        let EffectSizeConfig {
            measure,
            allowed_increase,
            allowed_decrease,
            critical_increase,
            critical_decrease,
        } = self.effect_size;
        JudgedMetric {
            name: self.name.clone(),
            measures: self.measures,
            quantile: self.quantile,
            scale: self.scale,
            no_data: self.no_data,
            empty_without_errors: self.empty_without_errors,
            groups,
            muted: self.muted,
            config: MetricConfig {
                direction: self.direction,
                nans: self.nan_strategy,
                outlier_factor: self.outliers.map(|outliers| outliers.outlier_factor),
                critical: self.critical,
                must_have_data: self.must_have_data,
                effect: EffectSize {
                    measure,
                    allowed_increase,
                    allowed_decrease,
                    critical_increase,
                    critical_decrease,
                },
            },
        }
    }
}
