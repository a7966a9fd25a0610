//! Writes the configuration of an import: its tick, its world, and the controller's part.
//!
//! An importer gives the controller's part with all times in seconds, in keys that end
//! with `_seconds`. Here the tick is found that divides them, and a world in which the
//! file's own limits hold for the stable version.

use serde_json::{Map, Value, json};

use super::document::{Field, Log};
use super::query::{Measures, Of, Quantity, Unit};
use crate::config::{Config, ConfigError, Latency, read_world};
use crate::json::{self, plain};
use crate::message::thousands;
use crate::rules::{self, Method, Metric};

/// The most ticks that a plan may have, so that a study of it is quick.
const MAX_PLAN_TICKS: f64 = 20_000.0;
/// The longest tick, in seconds.
const MAX_TICK: u64 = 86_400;
/// The keys of a configuration that an import keeps of another one.
const KEPT: [&str; 6] = ["traffic", "noise", "incidents", "baseline", "observation", "canary"];
/// The share of a limit at which the stable version stands where nothing else is known:
/// a tenth for errors, a half for latency.
const ERRORS_OF_LIMIT: f64 = 0.1;
const LATENCY_OF_LIMIT: f64 = 0.5;
/// The stable version's error rate where no limit asks for a lower one.
const ERROR_RATE: f64 = 0.001;

/// What an importer gives.
pub(super) struct Imported {
    /// The controller's key in a configuration, which is the import's kind, too.
    pub(super) kind: &'static str,
    /// The name of the configuration.
    pub(super) name: String,
    /// What was read, such as `Argo Rollout checkout`.
    pub(super) title: String,
    /// The controller's part, with all times in seconds.
    pub(super) controller: Map<String, Value>,
    /// Further times in seconds that the tick should divide.
    pub(super) seconds: Vec<f64>,
    /// About how long the plan takes, in seconds.
    pub(super) plan_seconds: f64,
}

/// What a metric measures, as the keys of a configuration's metric.
pub(super) fn measure(field: &Field<'_>, name: &str, measures: &Measures) -> Map<String, Value> {
    let mut keys = Map::new();
    keys.insert("name".into(), json!(name));
    let word = match measures.quantity {
        Quantity::Fails => Quantity::Requests.word(),
        quantity => quantity.word(),
    };
    keys.insert("measures".into(), json!(word));
    if measures.quantity == Quantity::Fails {
        keys.insert("no_data".into(), json!({ "value": 0 }));
        return keys;
    }
    if measures.quantity == Quantity::Nothing {
        return keys;
    }
    let is_latency = measures.quantity == Quantity::Latency;
    if measures.quantity.has_quantile() {
        keys.insert("quantile".into(), json!(measures.quantile));
    }
    let in_seconds = is_latency && measures.unit == Unit::Seconds;
    // Written in decimals: 0.001 · 1000 would not be 1.
    let scale = if in_seconds { measures.scale / 1_000.0 } else { measures.scale };
    if scale != 1.0 {
        keys.insert("scale".into(), json!(scale));
    }
    match measures.of {
        _ if measures.quantity.compares() => {}
        Of::Canary => {}
        Of::Service => {
            keys.insert("of".into(), json!("service"));
        }
        Of::Stable => {
            keys.insert("of".into(), json!("service"));
            field.warn(
                "measures the stable version alone, which no check here does; the whole service \
                 is measured in its place",
            );
        }
    }
    if let Some(seconds) = measures.window_seconds {
        keys.insert("window_seconds".into(), json!(seconds));
    }
    if let Some(value) = measures.empty {
        keys.insert("no_data".into(), json!({ "value": value }));
    }
    keys
}

/// The configuration that an import gives, as text. `None` after a fault.
pub(super) fn write(log: &Log<'_>, imported: &Imported) -> Option<String> {
    let mut controller = Value::Object(imported.controller.clone());
    let (name, text) = log.base().unzip();
    let base = match text.map(kept) {
        None => None,
        Some(Ok(base)) => Some(base),
        Some(Err(error)) => {
            let name = name.unwrap_or_default();
            error.problems().iter().for_each(|problem| log.fault_of_base(name, problem.clone()));
            return None;
        }
    };
    let mut seconds = imported.seconds.clone();
    times(&controller, &mut seconds);
    if let Some(base) = &base {
        base.values().for_each(|part| times(part, &mut seconds));
    }
    let (exact, tick) = tick(&seconds, imported.plan_seconds);
    if tick != exact {
        log.assume(format!(
            "the tick is {tick} s, not {exact} s, so that the plan has at most {} ticks; times are \
             rounded up to whole ticks",
            thousands(MAX_PLAN_TICKS as u64)
        ));
    } else if seconds.iter().any(|seconds| seconds.fract() != 0.0) {
        log.assume(format!("times are rounded up to whole ticks of {tick} s"));
    }
    round(&mut controller, tick);

    let mut whole = base.clone().unwrap_or_default();
    whole.insert("name".into(), json!(imported.name));
    whole.insert("tick_seconds".into(), json!(tick));
    whole.insert("controller".into(), json!({ imported.kind: controller }));
    let read = |whole: &Map<String, Value>| {
        let config =
            Config::from_text(&json::pretty(whole)).map_err(ConfigError::without_line_column);
        config
            .map_err(|error| error.problems().iter().for_each(|one| log.fault_of_config(one)))
            .ok()
    };
    let mut config = read(&whole)?;
    if base.is_none() {
        let baseline = baseline(&config);
        let (error_rate, latency) = (baseline.error_rate, baseline.latency);
        whole.insert(
            "baseline".into(),
            json!({ "error_rate": error_rate, "latency_ms": { "p50": latency.p50, "p99": latency.p99 } }),
        );
        log.assume(format!(
            "{} requests a second, of which {} % fail in the stable version{}; its latency is {} ms \
             in the median and {} ms at p99{}",
            plain(config.world().traffic.requests_per_second),
            plain(error_rate * 100.0),
            if error_rate < ERROR_RATE { ", a tenth of the file’s limit" } else { "" },
            plain(latency.p50),
            plain(latency.p99),
            if baseline.is_faster { ", so that half the file’s limit is held" } else { "" },
        ));
        log.assume("the release is as good as the stable version".to_string());
        config = read(&whole)?;
    }
    Some(json::pretty(&config))
}

/// The world and the release of a configuration.
fn kept(text: &str) -> Result<Map<String, Value>, ConfigError> {
    let tree = read_world(text)?;
    let entry = |key: &str| Some((key.to_string(), serde_json::to_value(tree.get(key)?).ok()?));
    Ok(KEPT.iter().filter_map(|key| entry(key)).collect())
}

/// The times in a value: the numbers of keys that end with `_seconds`.
fn times(value: &Value, seconds: &mut Vec<f64>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| times(item, seconds)),
        Value::Object(entries) => {
            for (key, value) in entries {
                match value.as_f64().filter(|_| key.ends_with("_seconds")) {
                    Some(number) => seconds.push(number),
                    None => times(value, seconds),
                }
            }
        }
        _ => {}
    }
}

/// Rounds the times in a value up to whole ticks.
fn round(value: &mut Value, tick: u64) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| round(item, tick)),
        Value::Object(entries) => {
            for (key, value) in entries {
                match value.as_f64().filter(|_| key.ends_with("_seconds")) {
                    Some(number) => {
                        let ticks = (number / tick as f64).ceil().max(0.0);
                        *value = json!(ticks as u64 * tick);
                    }
                    None => round(value, tick),
                }
            }
        }
        _ => {}
    }
}

/// The greatest common divisor of times, and the tick: a multiple of it with which the
/// plan is short enough.
fn tick(seconds: &[f64], plan_seconds: f64) -> (u64, u64) {
    let whole = seconds.iter().map(|seconds| seconds.ceil().max(0.0) as u64);
    let divisor = match whole.fold(0, gcd) {
        0 => 60,
        divisor => divisor.min(MAX_TICK),
    };
    let least = (plan_seconds / MAX_PLAN_TICKS / divisor as f64).ceil().max(1.0);
    (divisor, (divisor * least as u64).min(MAX_TICK))
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// A stable version that holds the limits of the metrics.
struct StableVersion {
    error_rate: f64,
    latency: Latency,
    is_faster: bool,
}

fn baseline(config: &Config) -> StableVersion {
    let per_second = config.world().traffic.requests_per_second;
    let mut error_rate = ERROR_RATE;
    let latency = config.world().baseline.latency_ms;
    let mut faster = 1.0f64;
    for rule in &config.policy().rules {
        let Method::Metric(metric) = &rule.method else { continue };
        let Some(limit) = metric.limit().map(|limit| limit / metric.scale) else { continue };
        if let Some(rate) = errors_at(metric, limit, per_second)
            && rate > 0.0
            && rate < 1.0
        {
            error_rate = error_rate.min(rate * ERRORS_OF_LIMIT);
        }
        if metric.measures == rules::Measures::Latency && limit > 0.0 {
            faster = faster.min(limit * LATENCY_OF_LIMIT / latency.quantile_ms(metric.quantile));
        }
    }
    StableVersion {
        error_rate: rounded(error_rate),
        latency: match faster < 1.0 {
            true => {
                Latency { p50: rounded(latency.p50 * faster), p99: rounded(latency.p99 * faster) }
            }
            false => latency,
        },
        is_faster: faster < 1.0,
    }
}

/// The error rate at the limit of a metric.
fn errors_at(metric: &Metric, limit: f64, per_second: f64) -> Option<f64> {
    let window = f64::from(metric.window_seconds.max(1));
    match metric.measures {
        rules::Measures::SuccessRate => Some(1.0 - limit),
        rules::Measures::ErrorRate => Some(limit),
        rules::Measures::ErrorsPerSecond => Some(limit / per_second),
        // A limit of no error at all is taken as one of the first error.
        rules::Measures::Errors => Some(limit.max(1.0) / per_second / window),
        _ => None,
    }
}

/// A number to two significant digits.
fn rounded(x: f64) -> f64 {
    let text = format!("{x:.1e}");
    text.parse().unwrap_or(x)
}
