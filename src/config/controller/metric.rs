//! What a metric of a controller measures, in a configuration.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

use super::Check;
use crate::json::number;
use crate::reading::{fields, words};
use crate::rules::{
    Criterion, EmptyResult, Measures, Metric, Population, QueryDetails, Range, StakeQuery,
};

/// The name of a metric, and the quantity that it measures.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct MeasuredInput {
    /// The metric's name, at most 200 characters; required.
    #[cfg_attr(feature = "schema", schemars(required, length(max = 200)))]
    pub name: Option<String>,
    /// What it measures; required.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub measures: Option<Measures>,
    /// Which quantile of latency, above 0 and below 1; default 0.99.
    #[cfg_attr(feature = "schema", schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1)))]
    pub quantile: Option<f64>,
    /// What the measured number is multiplied by, above 0, at most 1000000: 100 for
    /// percent, 0.001 for seconds; default 1.
    #[cfg_attr(feature = "schema", schemars(range(max = 1000000), extend("exclusiveMinimum" = 0)))]
    pub scale: Option<f64>,
}

fields!(part MeasuredInput { name, measures, quantile, scale });

/// The name of a metric, and the quantity that it measures, complete.
pub(super) struct Measured {
    pub(super) name: String,
    pub(super) measures: Measures,
    pub(super) quantile: f64,
    pub(super) scale: f64,
}

impl MeasuredInput {
    /// The complete quantity. Faults go to `check`, with paths below `path`.
    pub(super) fn resolve(&self, check: &mut Check<'_>, path: &str) -> Measured {
        let at = |key: &str| format!("{path}.{key}");
        let name = self.name.as_deref().unwrap_or_default();
        if name.is_empty() {
            check.complain(&at("name"), "missing, expected the metric’s name");
        }
        let measures = self.measures.unwrap_or_else(|| {
            check.complain(
                &at("measures"),
                "missing, expected what the metric measures, such as success_rate",
            );
            Measures::Nothing
        });
        Measured {
            name: check.name(&at("name"), name),
            measures,
            quantile: {
                let quantile = self.quantile.unwrap_or(USUAL_QUANTILE);
                check.number(&at("quantile"), quantile, Range::BETWEEN_0_AND_1)
            },
            scale: check.number(&at("scale"), self.scale.unwrap_or(1.0), Range::above(0.0, 1e6)),
        }
    }
}

/// What a metric measures: what its query is bound to in the simulated service.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct MeasureInput {
    #[cfg_attr(feature = "schema", schemars(flatten))]
    pub measured: MeasuredInput,
    /// Whose requests it measures; default the canary's.
    pub of: Option<Population>,
    /// The length of its window in seconds, a multiple of `tick_seconds`.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 31536000), extend("type" = "integer")))]
    pub window_seconds: Option<f64>,
    /// What it gives if the window has no data; default `empty`.
    pub no_data: Option<EmptyInput>,
    /// Whether a window without errors has no data, as for a query that selects failed
    /// requests; default false.
    pub empty_without_errors: Option<bool>,
    /// With fewer requests in the window it has no data, from 0 to 1000000000; default 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1000000000), extend("type" = "integer")))]
    pub min_requests: Option<f64>,
    /// With fewer errors in the window it has no data, from 0 to 1000000000; default 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1000000000), extend("type" = "integer")))]
    pub min_errors: Option<f64>,
    /// The baseline's error rate counts as at least this in a ratio, above 0, at most 1;
    /// default none.
    #[cfg_attr(feature = "schema", schemars(range(max = 1), extend("exclusiveMinimum" = 0)))]
    pub baseline_floor: Option<f64>,
    /// The length in seconds of a second, shorter window: the smaller error rate of the
    /// two counts; a multiple of `tick_seconds`; default none.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 31536000), extend("type" = "integer")))]
    pub short_window_seconds: Option<f64>,
    /// The stake that it computes; required for `stake`, and only there.
    pub stake: Option<StakeInput>,
}

fields!(part MeasureInput {
    measured,
    of,
    window_seconds,
    no_data,
    empty_without_errors,
    min_requests,
    min_errors,
    baseline_floor,
    short_window_seconds,
    stake,
});

/// A stake of 1 on "the canary is worse", computed from the errors in one window.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "StakeQuery"))]
pub struct StakeInput {
    /// The canary's weight that the query assumes, in percent, above 0 and below 100;
    /// required.
    #[cfg_attr(feature = "schema", schemars(required, extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 100)))]
    pub weight_pct: Option<f64>,
    /// The ratio of the error rates that is still accepted, above 0, at most 100; default
    /// 1.
    #[cfg_attr(feature = "schema", schemars(range(max = 100), extend("exclusiveMinimum" = 0)))]
    pub tolerated_ratio: Option<f64>,
    /// The ratios among which the stake is divided equally, 1 to 16, each above
    /// `tolerated_ratio`; required.
    #[cfg_attr(feature = "schema", schemars(required, length(min = 1, max = 16)))]
    pub bets: Option<Vec<f64>>,
    /// The largest mean size of a clump of errors that is allowed for, at least 1;
    /// default 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1000000)))]
    pub error_clump: Option<f64>,
}

fields!(StakeInput { weight_pct, tolerated_ratio, bets, error_clump });

/// What a measurement gives if the window has no data.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename_all = "snake_case", rename = "EmptyResult"))]
pub enum EmptyInput {
    /// An empty result: the query finds no series.
    Empty,
    /// Not a number: the query divides 0 by 0.
    Nan,
    /// A number from -1000000 to 1000000, as with `or vector(0)`.
    Value(#[cfg_attr(feature = "schema", schemars(range(min = -1000000, max = 1000000)))] f64),
}

words!(EmptyInput { "empty" => Empty, "nan" => Nan, "value" => Value(_) });

impl EmptyInput {
    /// Checks the number. Faults go to `check`.
    pub(super) fn resolve(self, check: &mut Check<'_>, path: &str) -> EmptyResult {
        match self {
            EmptyInput::Empty => EmptyResult::Empty,
            EmptyInput::Nan => EmptyResult::Nan,
            EmptyInput::Value(number) => EmptyResult::Value(check.number(
                &format!("{path}.value"),
                number,
                Range::from(-1e6, 1e6),
            )),
        }
    }
}

/// What a metric measures, checked and complete.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MeasureConfig {
    /// Its name.
    pub name: String,
    /// What it measures.
    pub measures: Measures,
    /// Which quantile of latency, in (0, 1).
    #[serde(skip_serializing_if = "is_usual_quantile", serialize_with = "number")]
    pub quantile: f64,
    /// What the measured number is multiplied by.
    #[serde(skip_serializing_if = "super::super::is_one", serialize_with = "number")]
    pub scale: f64,
    /// Whose requests it measures.
    #[serde(skip_serializing_if = "is_canary")]
    pub of: Population,
    /// The length of its window in seconds.
    pub window_seconds: u32,
    /// What it gives if the window has no data.
    pub no_data: EmptyResult,
    /// Whether a window without errors has no data.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub empty_without_errors: bool,
    /// What the query asks beside its window.
    #[serde(flatten)]
    pub details: QueryDetails,
}

/// The default of `quantile`.
pub(super) const USUAL_QUANTILE: f64 = 0.99;

fn is_usual_quantile(quantile: &f64) -> bool {
    *quantile == USUAL_QUANTILE
}

fn is_canary(of: &Population) -> bool {
    *of == Population::Canary
}

impl MeasureInput {
    /// The complete description. `window_seconds` is the default length of the window,
    /// `None` if it must be given. Faults go to `check`, with paths below `path`.
    pub(super) fn resolve(
        &self,
        check: &mut Check<'_>,
        path: &str,
        window_seconds: Option<u32>,
        tick_seconds: u32,
    ) -> MeasureConfig {
        let at = |key: &str| format!("{path}.{key}");
        let Measured { name, measures, quantile, scale } = self.measured.resolve(check, path);
        let of = self.of.unwrap_or_default();
        if of == Population::Service && measures.compares() {
            check.complain(&at("of"), "the whole service cannot be compared with its baseline");
        }
        MeasureConfig {
            name,
            measures,
            quantile,
            scale,
            of,
            window_seconds: {
                let window = self.window_seconds.or(window_seconds.map(f64::from));
                check.seconds(&at("window_seconds"), window, 1, tick_seconds)
            },
            no_data: self.no_data.unwrap_or(EmptyInput::Empty).resolve(check, &at("no_data")),
            empty_without_errors: self.empty_without_errors.unwrap_or(false),
            details: self.details(check, path, tick_seconds),
        }
    }

    fn details(&self, check: &mut Check<'_>, path: &str, tick_seconds: u32) -> QueryDetails {
        const MAX_COUNT: u32 = 1_000_000_000;
        let at = |key: &str| format!("{path}.{key}");
        let mut count = |key: &str, count: Option<f64>| {
            u64::from(check.whole(&at(key), count.unwrap_or(0.0), 0, MAX_COUNT))
        };
        let min_requests = count("min_requests", self.min_requests);
        let min_errors = count("min_errors", self.min_errors);
        let baseline_floor = self
            .baseline_floor
            .map(|floor| check.number(&at("baseline_floor"), floor, Range::above(0.0, 1.0)));
        let short_window_seconds = self
            .short_window_seconds
            .map(|seconds| check.seconds(&at("short_window_seconds"), seconds, 1, tick_seconds));
        if baseline_floor.is_some() && self.measured.measures != Some(Measures::ErrorRateRatio) {
            check.complain(&at("baseline_floor"), "has no effect but for error_rate_ratio");
        }
        if short_window_seconds.is_some() && self.measured.measures != Some(Measures::ErrorRate) {
            check.complain(&at("short_window_seconds"), "has no effect but for error_rate");
        }
        let is_stake = self.measured.measures == Some(Measures::Stake);
        let stake = match &self.stake {
            Some(_) if !is_stake => {
                check.complain(&at("stake"), "has no effect but for the measure stake");
                None
            }
            Some(stake) => stake.resolve(check, &at("stake")),
            None if is_stake => {
                check.complain(&at("stake"), "missing, expected the stake that is measured");
                None
            }
            None => None,
        };
        QueryDetails { min_requests, min_errors, baseline_floor, short_window_seconds, stake }
    }
}

impl StakeInput {
    fn resolve(&self, check: &mut Check<'_>, path: &str) -> Option<StakeQuery> {
        let tolerated = self.tolerated_ratio.unwrap_or(1.0);
        let bets = self.bets.clone().unwrap_or_default();
        let clump = self.error_clump.unwrap_or(1.0);
        let stake = StakeQuery::new(self.weight_pct.unwrap_or(0.0), tolerated, bets, clump);
        if stake.is_none() {
            check.complain(
                path,
                "expected a weight_pct between 0 and 100, and 1 to 16 bets above tolerated_ratio",
            );
        }
        stake
    }
}

impl MeasureConfig {
    /// The metric with a criterion.
    pub fn metric(&self, criterion: Criterion) -> Metric {
        Metric {
            name: self.name.clone(),
            measures: self.measures,
            quantile: self.quantile,
            scale: self.scale,
            window_seconds: self.window_seconds,
            no_data: self.no_data,
            empty_without_errors: self.empty_without_errors,
            whole_numbers: false,
            details: self.details.clone(),
            criterion,
        }
    }
}
