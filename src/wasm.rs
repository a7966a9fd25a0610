//! The JavaScript interface of the engine. It is thin and typed, and reports every
//! problem as an `Error`.
//!
//! A configuration given as an object is read from its JSON text, by the same reader
//! as on the command line, so that both refuse the same.

mod commands;
mod counts;
mod imports;

use js_sys::{Array, Float64Array, JSON, Object, Reflect, Uint8Array, Uint32Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::catalogue::CATALOGUE;
use crate::config::{self, Config, ConfigError, MAX_TICKS};
use crate::export::{self, Names, Target};
use crate::json;
use crate::message::quoted;
use crate::policy::{Call, CallError};
use crate::report::Column;
use crate::rollout::{self, ReplayError};
use crate::search;
use crate::seed::{MAX_SEED, parse_seed};
use crate::stats::intervals::{Interval, wilson};
use crate::study;
use commands::read_commands;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("wasm/types.d.ts");

/// A rollout. Its methods throw an `Error` if its state does not allow them; nothing
/// has changed then.
#[wasm_bindgen]
pub struct Rollout {
    inner: rollout::Rollout,
}

/// A rollout before its first tick. `config` is an object or JSON text; `seed`
/// a whole number from 0 to 2⁵³ − 1 as a number, bigint or decimal text. Without a
/// seed, a random one is chosen; the property `seed` of the result has it.
///
/// # Errors
/// All faults of the configuration, one per line; a wrong seed.
#[wasm_bindgen]
pub fn new_rollout(
    #[wasm_bindgen(unchecked_param_type = "Config | string")] config: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "number | bigint | string | null")]
    seed: &JsValue,
) -> Result<Rollout, JsError> {
    let config = read_config(config).map_err(|e| JsError::new(&e.to_string()))?;
    Ok(Rollout { inner: rollout::Rollout::new(&config, read_seed(seed)?) })
}

/// Replays a rollout: gives each command at its `tick`, a number of ticks elapsed. Stops
/// after `until` ticks or at the end of the rollout, whichever is earlier; without
/// `until`, at the end or at a pause that waits for a person. Commands after `until` are
/// not given. The `config`, `seed` and `commands` of a report give its rollout again.
///
/// # Errors
/// As `new_rollout`; a command that is refused, in a `ReplayError`.
#[wasm_bindgen]
pub fn replay(
    #[wasm_bindgen(unchecked_param_type = "Config | string")] config: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "number | bigint | string | null | undefined")]
    seed: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "TimedCommand[]")] commands: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "number | null")] until: &JsValue,
) -> Result<Rollout, JsValue> {
    let mut rollout = new_rollout(config, seed)?;
    rollout.replay_for(u32::MAX, commands, until)?;
    Ok(rollout)
}

#[wasm_bindgen]
impl Rollout {
    /// Advances by one tick.
    pub fn tick(&mut self) -> Result<(), JsError> {
        self.inner.tick().map_err(thrown)
    }

    /// Advances to the verdict of the present stage.
    pub fn advance(&mut self) -> Result<(), JsError> {
        self.inner.advance().map_err(thrown)
    }

    /// Advances to the end, or to a pause that waits for a person.
    pub fn run(&mut self) -> Result<(), JsError> {
        self.inner.run().map_err(thrown)
    }

    /// Continues a replay for at most this many ticks, so that the caller can do other
    /// work in between. `commands` and `until` are those of `replay`; the list begins with
    /// the commands that the rollout was already given. Returns whether the replay is
    /// unfinished.
    ///
    /// # Errors
    /// A command that is refused, in a `ReplayError`; it stands before that command, so
    /// that one may go on without it.
    pub fn replay_for(
        &mut self,
        ticks: u32,
        #[wasm_bindgen(unchecked_param_type = "TimedCommand[]")] commands: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "number | null")] until: &JsValue,
    ) -> Result<bool, JsValue> {
        let text = json_text(commands)
            .ok_or_else(|| JsError::new("commands: expected an array of JSON values"))?;
        let commands = read_commands(&text).map_err(|error| JsError::new(&error.to_string()))?;
        self.inner.replay_for(ticks, &commands, read_until(until)?).map_err(replay_error)
    }

    /// Stops the plan; traffic continues.
    pub fn pause(&mut self) -> Result<(), JsError> {
        self.inner.pause().map_err(thrown)
    }

    /// Continues the plan; after a pause at the end of a stage it promotes.
    pub fn resume(&mut self) -> Result<(), JsError> {
        self.inner.resume().map_err(thrown)
    }

    /// Goes to the next stage immediately.
    pub fn promote(&mut self) -> Result<(), JsError> {
        self.inner.promote().map_err(thrown)
    }

    /// Rolls back.
    pub fn abort(&mut self) -> Result<(), JsError> {
        self.inner.abort().map_err(thrown)
    }

    /// The state.
    #[wasm_bindgen(getter, unchecked_return_type = "State")]
    pub fn state(&self) -> String {
        self.inner.state().to_string()
    }

    /// The seed.
    #[wasm_bindgen(getter)]
    pub fn seed(&self) -> f64 {
        self.inner.seed() as f64
    }

    /// Ticks elapsed.
    #[wasm_bindgen(getter)]
    pub fn ticks(&self) -> u32 {
        self.inner.ticks()
    }

    /// The calls that are allowed now.
    #[wasm_bindgen(unchecked_return_type = "Call[]")]
    pub fn allowed(&self) -> Array {
        let allowed = Call::ALL.iter().filter(|call| self.inner.allows(**call));
        allowed.map(|call| JsValue::from_str(call.name())).collect()
    }

    /// The result as JSON text, the same bytes as from the command line.
    pub fn to_json(&self) -> String {
        self.inner.report().to_json()
    }

    /// The result as an object.
    #[wasm_bindgen(unchecked_return_type = "Report")]
    pub fn report(&self) -> Result<JsValue, JsError> {
        parsed(&self.to_json())
    }

    /// Every tick as typed arrays, with one element per tick.
    #[wasm_bindgen(unchecked_return_type = "Series")]
    pub fn series(&self) -> Object {
        series(&self.inner)
    }
}

/// A study in progress: what a policy does over many seeds.
#[wasm_bindgen]
pub struct Study {
    inner: study::Study,
}

/// A study before its first run. `config` is an object or JSON text.
///
/// # Errors
/// All faults of the configuration or the options, one per line.
#[wasm_bindgen]
pub fn new_study(
    #[wasm_bindgen(unchecked_param_type = "Config | string")] config: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "StudyOptions | null")] options: &JsValue,
) -> Result<Study, JsError> {
    let options = study_options(options)?;
    let study = match config.as_string() {
        Some(text) => study::Study::from_text(&text, &options),
        None => json_text(config)
            .ok_or_else(not_json)
            .and_then(|text| study::Study::from_text(&text, &options))
            .map_err(ConfigError::without_line_column),
    };
    let inner = study.map_err(|e| JsError::new(&e.to_string()))?;
    Ok(Study { inner })
}

#[wasm_bindgen]
impl Study {
    /// Simulates the next runs, at most as many as are left.
    pub fn advance(&mut self, runs: u32) {
        self.inner.advance(u64::from(runs));
    }

    /// Number of runs requested.
    #[wasm_bindgen(getter)]
    pub fn runs(&self) -> f64 {
        self.inner.runs() as f64
    }

    /// Number of runs finished.
    #[wasm_bindgen(getter)]
    pub fn done(&self) -> f64 {
        self.inner.done() as f64
    }

    /// Rollouts simulated for each run: one for each policy on each release.
    #[wasm_bindgen(getter)]
    pub fn rollouts_per_run(&self) -> u32 {
        self.inner.rollouts_per_run()
    }

    /// The report of the runs finished so far.
    #[wasm_bindgen(unchecked_return_type = "StudyReport")]
    pub fn report(&self) -> Result<JsValue, JsError> {
        parsed(&self.to_json())
    }

    /// The result as JSON text, the same bytes as from the command line.
    pub fn to_json(&self) -> String {
        self.inner.report().to_json()
    }

    /// The outcomes of the first runs of the configuration's own policy, on a
    /// healthy release or on the configuration's own.
    #[wasm_bindgen(unchecked_return_type = "FirstRuns")]
    pub fn first_runs(&self, healthy: bool) -> Object {
        let runs = self.inner.first_runs(healthy);
        let ends: Vec<u8> = runs.iter().map(|run| run.end as u8).collect();
        let stages: Vec<u32> = runs.iter().map(|run| run.stages_completed).collect();
        let ticks: Vec<u32> = runs.iter().map(|run| run.ticks).collect();
        let object = Object::new();
        put(&object, "end", &Uint8Array::from(&ends[..]));
        put(&object, "stages_completed", &Uint32Array::from(&stages[..]));
        put(&object, "ticks", &Uint32Array::from(&ticks[..]));
        put(&object, "excess_errors", &floats(runs.iter().map(|run| run.excess_errors)));
        object
    }
}

/// A search in progress: policies that hold stated bounds at the least harm and time.
#[wasm_bindgen]
pub struct Search {
    inner: search::Search,
}

/// A search before its first rollout. `config` is an object or JSON text.
///
/// # Errors
/// All faults of the configuration or the options, one per line; if no combination of the
/// values is a valid configuration.
#[wasm_bindgen]
pub fn new_search(
    #[wasm_bindgen(unchecked_param_type = "Config | string")] config: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "SearchOptions")] options: &JsValue,
) -> Result<Search, JsError> {
    let options = search_options(options)?;
    let search = match config.as_string() {
        Some(text) => search::Search::from_text(&text, &options),
        None => json_text(config)
            .ok_or_else(not_json)
            .and_then(|text| search::Search::from_text(&text, &options))
            .map_err(ConfigError::without_line_column),
    };
    let inner = search.map_err(|e| JsError::new(&e.to_string()))?;
    Ok(Search { inner })
}

fn search_options(options: &JsValue) -> Result<String, JsError> {
    json_text(options)
        .ok_or_else(|| JsError::new("search: the options are not an object of JSON values"))
}

#[wasm_bindgen]
impl Search {
    /// Simulates at least this many rollouts, or as many as are left; a little more, because
    /// a step of at most 1,024 runs of a candidate is not divided.
    pub fn advance(&mut self, rollouts: u32) {
        self.inner.advance(u64::from(rollouts));
    }

    /// The most rollouts of the search.
    #[wasm_bindgen(getter)]
    pub fn rollouts(&self) -> f64 {
        self.inner.rollouts() as f64
    }

    /// Number of rollouts simulated.
    #[wasm_bindgen(getter)]
    pub fn done(&self) -> f64 {
        self.inner.done() as f64
    }

    /// Whether the search is finished, which may be before all its rollouts.
    #[wasm_bindgen(getter)]
    pub fn is_finished(&self) -> bool {
        self.inner.is_finished()
    }

    /// What was found so far.
    #[wasm_bindgen(unchecked_return_type = "SearchReport")]
    pub fn report(&self) -> Result<JsValue, JsError> {
        parsed(&self.to_json())
    }

    /// The result as JSON text, the same bytes as from the command line.
    pub fn to_json(&self) -> String {
        self.inner.report().to_json()
    }
}

/// Wilson's 95 % intervals of error rates, low ends and high ends, from errors
/// and requests; `NaN` without requests.
#[wasm_bindgen(unchecked_return_type = "{ low: Float64Array; high: Float64Array }")]
pub fn error_rate_intervals(errors: &[f64], requests: &[f64]) -> Object {
    let intervals: Vec<Option<Interval>> = errors
        .iter()
        .zip(requests)
        .map(|(x, n)| (*n >= 1.0 && x <= n).then(|| wilson(*x as u64, *n as u64, 0.05)))
        .collect();
    let object = Object::new();
    put(&object, "low", &floats(intervals.iter().map(|i| or_nan(i.map(|i| i.low)))));
    put(&object, "high", &floats(intervals.iter().map(|i| or_nan(i.map(|i| i.high)))));
    object
}

/// The preset `default` as an object: the course's rollout.
#[wasm_bindgen(unchecked_return_type = "Config")]
pub fn default_config() -> Result<JsValue, JsError> {
    let text = config::preset("default").map_or("null", |preset| preset.json);
    parsed(text)
}

/// The presets.
#[wasm_bindgen(unchecked_return_type = "Preset[]")]
pub fn presets() -> Result<JsValue, JsError> {
    to_js(config::presets())
}

/// The catalogue: every rule with its parameters, states, calls, limits, and the parts
/// of a configuration.
#[wasm_bindgen(unchecked_return_type = "Catalogue")]
pub fn catalogue() -> Result<JsValue, JsError> {
    parsed(CATALOGUE)
}

/// The faults of a configuration, or its warnings.
#[wasm_bindgen(unchecked_return_type = "Validation")]
pub fn validate(
    #[wasm_bindgen(unchecked_param_type = "Config | string")] config: &JsValue,
) -> Result<JsValue, JsError> {
    let written = config.as_string().or_else(|| json_text(config)).unwrap_or_default();
    to_js(&match read_config(config) {
        Ok(config) => Validation {
            problems: Vec::new(),
            more: 0,
            warnings: config.warnings_in(&written).into_iter().map(Into::into).collect(),
        },
        Err(error) => {
            let problem = |problem: &crate::problem::Problem| PlacedProblem {
                path: problem.path.clone(),
                message: problem.message.clone(),
                line: problem.line_column.map(|(line, _)| line),
                column: problem.line_column.map(|(_, column)| column),
            };
            Validation {
                problems: error.problems().iter().map(problem).collect(),
                more: error.more() as u32,
                warnings: Vec::new(),
            }
        }
    })
}

/// A policy in the words of a controller: `argo`, `flagger` or `codedeploy`. `names` are
/// the names in a cluster, such as `{ service: "checkout" }`.
///
/// # Errors
/// All faults of the configuration, or all parts of the policy that the controller has no
/// words for, one per line.
#[wasm_bindgen(unchecked_return_type = "Export")]
pub fn export_policy(
    #[wasm_bindgen(unchecked_param_type = "Config | string")] config: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "\"argo\" | \"flagger\" | \"codedeploy\"")] target: &str,
    #[wasm_bindgen(unchecked_optional_param_type = "Partial<ExportNames> | null")] names: &JsValue,
) -> Result<JsValue, JsError> {
    let config = read_config(config).map_err(|e| JsError::new(&e.to_string()))?;
    let target = Target::ALL.into_iter().find(|known| known.name() == target).ok_or_else(|| {
        JsError::new(&format!("{}: expected one of argo, flagger, codedeploy", quoted(target)))
    })?;
    let mut chosen = Names::default();
    if names.is_object() {
        let fields = [
            ("service", &mut chosen.service),
            ("prometheus", &mut chosen.prometheus),
            ("requests", &mut chosen.requests),
            ("latency", &mut chosen.latency),
            ("version", &mut chosen.version),
            ("canary", &mut chosen.canary),
            ("stable", &mut chosen.stable),
            ("failed", &mut chosen.failed),
        ];
        for (key, field) in fields {
            let given = Reflect::get(names, &JsValue::from_str(key)).ok();
            if let Some(text) = given.and_then(|given| given.as_string()) {
                *field = text;
            }
        }
    }
    match export::export(&config, target, &chosen) {
        Ok(export) => to_js(&export),
        Err(refusal) => Err(JsError::new(&refusal.to_string())),
    }
}

/// Makes a configuration of files of another program, such as a Rollout of Argo with its
/// templates.
///
/// # Errors
/// All faults of the files, one per line: `name:line:column: path: message`. If `sources` or
/// `options` have another form.
#[wasm_bindgen(unchecked_return_type = "Import")]
pub fn import_files(
    #[wasm_bindgen(unchecked_param_type = "ImportSource[]")] sources: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "ImportOptions | null")] options: &JsValue,
) -> Result<JsValue, JsError> {
    let text = |value: &JsValue| match value.is_undefined() || value.is_null() {
        true => Some("{}".to_string()),
        false => json_text(value),
    };
    let (Some(sources), Some(options)) = (text(sources), text(options)) else {
        return Err(JsError::new("import: expected files and options of JSON values"));
    };
    let import = imports::import(&sources, &options).map_err(|error| JsError::new(&error))?;
    parsed(&json::pretty(&import))
}

/// Whether a text is a file of another program, which `import_files` reads or names.
#[wasm_bindgen]
pub fn is_foreign(text: &str) -> bool {
    crate::import::is_foreign(text)
}

/// The JSON Schema of a configuration.
#[wasm_bindgen(unchecked_return_type = "object")]
pub fn config_schema() -> Result<JsValue, JsError> {
    parsed(config::CONFIG_SCHEMA)
}

/// The engine's version.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_string()
}

#[derive(Serialize)]
struct Validation {
    problems: Vec<PlacedProblem>,
    more: u32,
    warnings: Vec<crate::report::Warning>,
}

#[derive(Serialize)]
struct PlacedProblem {
    path: String,
    message: String,
    line: Option<u32>,
    column: Option<u32>,
}

/// The options of a study as JSON text.
fn study_options(options: &JsValue) -> Result<String, JsError> {
    match options.is_undefined() || options.is_null() {
        true => Ok("{}".to_string()),
        false => json_text(options)
            .ok_or_else(|| JsError::new("study: the options are not an object of JSON values")),
    }
}

fn read_config(config: &JsValue) -> Result<Config, ConfigError> {
    match config.as_string() {
        Some(text) => Config::from_text(&text),
        None => json_text(config)
            .ok_or_else(not_json)
            .and_then(|text| Config::from_text(&text))
            .map_err(ConfigError::without_line_column),
    }
}

/// An object as JSON text. A cycle or a bigint cannot be one; a function or
/// undefined is none.
fn json_text(object: &JsValue) -> Option<String> {
    JSON::stringify(object).ok()?.as_string()
}

fn not_json() -> ConfigError {
    ConfigError::of_whole(
        "the configuration is neither JSON text nor an object that can be written as JSON",
    )
}

fn read_seed(seed: &JsValue) -> Result<u64, JsError> {
    if seed.is_undefined() || seed.is_null() {
        let random = getrandom::u64().map_err(|e| JsError::new(&format!("no random seed: {e}")))?;
        return Ok(random & MAX_SEED);
    }
    let text = seed
        .as_string()
        .or_else(|| {
            Some(js_sys::Number::from(seed.as_f64()?).to_string_with_radix(10).ok()?.into())
        })
        .or_else(|| Some(seed.dyn_ref::<js_sys::BigInt>()?.to_string(10).ok()?.into()))
        .or_else(|| seed.js_typeof().as_string())
        .unwrap_or_default();
    parse_seed(&text).map_err(|problem| JsError::new(&problem.to_string()))
}

fn read_until(until: &JsValue) -> Result<Option<u32>, JsError> {
    if until.is_undefined() || until.is_null() {
        return Ok(None);
    }
    let whole =
        until.as_f64().filter(|x| (0.0..=f64::from(MAX_TICKS)).contains(x) && x.fract() == 0.0);
    whole.map(|ticks| Some(ticks as u32)).ok_or_else(|| {
        JsError::new(&format!("until: expected a whole number of ticks from 0 to {MAX_TICKS}"))
    })
}

/// An `Error` with the refused command's index and the reason alone.
fn replay_error(error: ReplayError) -> JsValue {
    let thrown = js_sys::Error::new(&error.to_string());
    let index = error.command.map_or(JsValue::NULL, |(index, _)| JsValue::from(index as u32));
    put(&thrown, "index", &index);
    put(&thrown, "reason", &JsValue::from_str(&error.why.to_string()));
    thrown.into()
}

fn thrown(error: CallError) -> JsError {
    JsError::new(&error.to_string())
}

/// A small value as an object, the same as its JSON text gives.
fn to_js<T: Serialize + ?Sized>(value: &T) -> Result<JsValue, JsError> {
    value
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .map_err(|e| JsError::new(&e.to_string()))
}

/// A large value as an object, from its JSON text. By serde-wasm-bindgen it takes as
/// long, and a second serializer of every type adds 9 kB (gzipped) to the page.
fn parsed(json: &str) -> Result<JsValue, JsError> {
    JSON::parse(json).map_err(|_| JsError::new("the value is not JSON"))
}

fn series(rollout: &rollout::Rollout) -> Object {
    let series = rollout.series();
    let object = columns(&series.columns);
    let rules: Array = series.rules.iter().map(|rule| columns(rule)).collect();
    put(&object, "rules", &rules);
    object
}

fn columns(columns: &[(&'static str, Column)]) -> Object {
    let object = Object::new();
    for (key, column) in columns {
        match column {
            Column::U8(values) => put(&object, key, &Uint8Array::from(&values[..])),
            Column::U32(values) => put(&object, key, &Uint32Array::from(&values[..])),
            Column::F64(values) => put(&object, key, &Float64Array::from(&values[..])),
        }
    }
    object
}

fn or_nan(value: Option<f64>) -> f64 {
    value.unwrap_or(f64::NAN)
}

fn floats(values: impl Iterator<Item = f64>) -> Float64Array {
    Float64Array::from(&values.collect::<Vec<f64>>()[..])
}

fn put(object: &Object, key: &str, value: &JsValue) {
    // Setting a property of a plain object that nobody else holds cannot fail.
    let _ = Reflect::set(object, &JsValue::from_str(key), value);
}
