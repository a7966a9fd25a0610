//! Recorded counts as JavaScript gives them: read, fitted, and replayed.

use std::str::FromStr;
use std::sync::Arc;

use js_sys::{Array, Float64Array, Object, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::{
    Rollout, Search, Study, floats, json_text, parsed, put, read_config, read_seed, search_options,
    study_options,
};
use crate::fit;
use crate::json;
use crate::message::quoted;
use crate::observation::Arm;
use crate::problem::{FileProblem, Source};
use crate::record::{self, ArmRecord, Binding, Reading, Understood};
use crate::rollout;
use crate::search;
use crate::study;
use crate::world::{RecordedWorld, ReplayOptions};

/// Recorded counts of a service, read from files.
#[wasm_bindgen]
pub struct Counts {
    reading: Reading,
}

/// A reading without its record.
#[derive(Serialize)]
struct Understanding<'a> {
    kinds: &'a [&'static str],
    understood: &'a [Understood],
    assumed: &'a [String],
    warnings: &'a [FileProblem],
}

/// Reads files of recorded counts: of Prometheus, Datadog, CloudWatch, or CSV.
///
/// # Errors
/// All faults of the files, one per line: `name:line:column: message`. If `sources` or
/// `options` have another form.
#[wasm_bindgen]
pub fn read_counts(
    #[wasm_bindgen(unchecked_param_type = "ImportSource[]")] sources: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "CountsOptions | null")] options: &JsValue,
) -> Result<Counts, JsError> {
    let expected = || JsError::new("counts: expected a list of files with a name and a text");
    if !Array::is_array(sources) {
        return Err(expected());
    }
    let mut files = Vec::new();
    for source in Array::from(sources).iter() {
        let (name, text) =
            text_of(&source, "name").zip(text_of(&source, "text")).ok_or_else(expected)?;
        files.push((name, text));
    }
    let sources: Vec<Source<'_>> = files.iter().map(|(name, text)| Source { name, text }).collect();
    let options = read_options(options)?;
    let reading = record::read(&sources, &options).map_err(|error| JsError::new(&error.lines()))?;
    Ok(Counts { reading })
}

#[wasm_bindgen]
impl Counts {
    /// What was understood of the files.
    #[wasm_bindgen(unchecked_return_type = "CountsReading")]
    pub fn reading(&self) -> Result<JsValue, JsError> {
        let Reading { kinds, understood, assumed, warnings, .. } = &self.reading;
        parsed(&json::pretty(&Understanding { kinds, understood, assumed, warnings }))
    }

    /// The record: by version, requests, errors and latency quantiles of each step as typed
    /// arrays; `NaN` where nothing is recorded.
    #[wasm_bindgen(unchecked_return_type = "RecordSeries")]
    pub fn series(&self) -> Object {
        let record = &self.reading.record;
        let object = Object::new();
        put(&object, "start", &JsValue::from_f64(record.start() as f64));
        put(&object, "step_seconds", &JsValue::from(record.step_seconds()));
        put(&object, "steps", &JsValue::from(record.steps() as u32));
        for arm in [Arm::Baseline, Arm::Canary] {
            put(
                &object,
                arm.name(),
                &record.arm(arm).map_or(JsValue::NULL, |arm| arm_series(arm).into()),
            );
        }
        object
    }

    /// The world that the counts describe, with intervals and how well it fits.
    ///
    /// # Errors
    /// If the record is too short. If the options have another form.
    #[wasm_bindgen(unchecked_return_type = "Fit")]
    pub fn fit(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "FitOptions | null")] options: &JsValue,
    ) -> Result<JsValue, JsError> {
        parsed(&self.fitted(options)?.to_json())
    }

    /// A configuration in the fitted world: its release and its policy, as they are written.
    ///
    /// # Errors
    /// As `fit`; all faults of the configuration, one per line.
    #[wasm_bindgen(unchecked_return_type = "Config")]
    pub fn fitted_config(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Config | string")] config: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "FitOptions | null")] options: &JsValue,
    ) -> Result<JsValue, JsError> {
        let text = config.as_string().or_else(|| json_text(config)).unwrap_or_default();
        let config = self.fitted(options)?.config_text(&text);
        parsed(&config.map_err(|error| JsError::new(&error.to_string()))?)
    }

    /// A rollout over the recorded counts, before its first tick.
    ///
    /// # Errors
    /// As `new_rollout`; if the steps of the record and the ticks of the configuration do
    /// not fit each other.
    pub fn replay(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Config | string")] config: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "number | bigint | string | null | undefined")]
        seed: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "ReplayOptions | null")] options: &JsValue,
    ) -> Result<Rollout, JsError> {
        let config = read_config(config).map_err(|error| JsError::new(&error.to_string()))?;
        let flag = |key| value_of(options, key).is_some_and(|value| value.is_truthy());
        let settings = ReplayOptions {
            start: whole(options, "start")?,
            lay_release: flag("lay_release"),
            thin_canary: flag("thin_canary"),
        };
        let recorded = RecordedWorld::new(&self.reading.record, &config, &settings);
        let recorded = recorded.map_err(|why| JsError::new(&why))?;
        let seed = read_seed(seed)?;
        let inner = rollout::Rollout::over_record(&config, Arc::new(recorded), seed);
        Ok(Rollout { inner: inner.map_err(|why| JsError::new(&why))? })
    }

    /// A study over the recorded days, before its first run: each seed draws the days of its
    /// rollout. `start_of_day` is when each begins, in seconds since midnight, UTC; without
    /// it at random.
    ///
    /// # Errors
    /// As `new_study`; if the record has fewer than two days.
    pub fn new_study(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Config | string")] config: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "StudyOptions | null")] options: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "number | null")] start_of_day: &JsValue,
    ) -> Result<Study, JsError> {
        let days = Arc::new(self.days(config, start_of_day)?);
        let text = config.as_string().or_else(|| json_text(config)).unwrap_or_default();
        let options = study_options(options)?;
        let inner = study::Study::from_text_over(&text, &options, days);
        Ok(Study { inner: inner.map_err(|error| JsError::new(&error.to_string()))? })
    }

    /// A search over the recorded days, before its first rollout; `start_of_day` as for
    /// `new_study`.
    ///
    /// # Errors
    /// As the function `new_search`; if the record has fewer than two days.
    pub fn new_search(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Config | string")] config: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "SearchOptions")] options: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "number | null")] start_of_day: &JsValue,
    ) -> Result<Search, JsError> {
        let days = Arc::new(self.days(config, start_of_day)?);
        let options = search_options(options)?;
        let text = config.as_string().or_else(|| json_text(config)).unwrap_or_default();
        let inner = search::Search::from_text_over(&text, &options, days);
        Ok(Search { inner: inner.map_err(|error| JsError::new(&error.to_string()))? })
    }

    fn days(&self, config: &JsValue, start_of_day: &JsValue) -> Result<RecordedWorld, JsError> {
        let config = read_config(config).map_err(|error| JsError::new(&error.to_string()))?;
        let start = whole_of(start_of_day, "start_of_day")?;
        RecordedWorld::of_days(&self.reading.record, &config, start)
            .map_err(|why| JsError::new(&why))
    }

    fn fitted(&self, options: &JsValue) -> Result<fit::Fit, JsError> {
        let options = fit::Options {
            tick_seconds: whole(options, "tick_seconds")?,
            rollout_start: whole(options, "rollout_start")?,
            excess: None,
        };
        fit::fit(&self.reading.record, &options).map_err(|why| JsError::new(&why))
    }
}

fn arm_series(arm: &ArmRecord) -> Object {
    let object = Object::new();
    put(&object, "requests", &Float64Array::from(&arm.requests[..]));
    put(&object, "errors", &Float64Array::from(&arm.errors[..]));
    let latency: Array = arm
        .latency
        .iter()
        .map(|quantile| {
            let object = Object::new();
            put(&object, "q", &JsValue::from_f64(quantile.q));
            put(&object, "ms", &floats(quantile.ms.iter().copied()));
            object
        })
        .collect();
    put(&object, "latency", &latency);
    object
}

fn read_options(options: &JsValue) -> Result<record::Options, JsError> {
    let mut series = Vec::new();
    if let Some(list) = value_of(options, "series") {
        for word in Array::from(&list).iter() {
            let word = word.as_string().unwrap_or_default();
            series.push(
                Binding::from_str(&word).map_err(|why| JsError::new(&format!("series: {why}")))?,
            );
        }
    }
    Ok(record::Options {
        series,
        baseline: text_of(options, "baseline"),
        canary: text_of(options, "canary"),
        from: whole(options, "from")?,
        to: whole(options, "to")?,
        step_seconds: whole(options, "step_seconds")?,
        time_zone: text_of(options, "time_zone"),
        absent_errors_are_zero: value_of(options, "absent_errors_are_zero")
            .map(|value| value.is_truthy()),
    })
}

/// A value of an object; `None` if it is missing, `undefined` or `null`.
fn value_of(object: &JsValue, key: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &JsValue::from_str(key)).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}

fn text_of(object: &JsValue, key: &str) -> Option<String> {
    value_of(object, key)?.as_string()
}

/// A whole number of an object.
fn whole<T: TryFrom<i64>>(object: &JsValue, key: &str) -> Result<Option<T>, JsError> {
    value_of(object, key).map_or(Ok(None), |value| whole_of(&value, key))
}

/// A whole number; `None` for `undefined` and `null`.
fn whole_of<T: TryFrom<i64>>(value: &JsValue, name: &str) -> Result<Option<T>, JsError> {
    if value.is_undefined() || value.is_null() {
        return Ok(None);
    }
    let number = value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 9e15);
    let number = number.and_then(|number| T::try_from(number as i64).ok());
    number.map(Some).ok_or_else(|| {
        let found =
            value.as_string().map_or_else(String::new, |text| format!("found {}, ", quoted(&text)));
        JsError::new(&format!("{name}: {found}expected a whole number in its range"))
    })
}
