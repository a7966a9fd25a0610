//! Range queries of Prometheus: the answer of `/api/v1/query_range`, its `data`, or its
//! `result`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::faults::{Log, Place};
use super::json::{self, Keys, Points};
use super::read::stem;
use super::series::{Kind, Table};
use crate::message::{quoted, shown};

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    data: Data<'a>,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    result: Vec<Series<'a>>,
}

#[derive(Deserialize)]
struct Series<'a> {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    #[serde(borrow, default)]
    values: Vec<Point<'a>>,
    histograms: Option<serde::de::IgnoredAny>,
    value: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Point<'a>(#[serde(borrow)] &'a RawValue, #[serde(borrow)] &'a RawValue);

/// Whether it is an answer of Prometheus.
pub(super) fn is(keys: &Keys<'_>) -> bool {
    keys.data_has("result") || keys.has("result")
}

/// Reads an answer. A series is called as its metric, or else as its file.
pub(super) fn read(
    text: &str,
    file: u32,
    keys: &Keys<'_>,
    log: &mut Log<'_>,
) -> Option<Vec<Table>> {
    if let Some(kind) = keys.result_type().filter(|kind| kind != "matrix") {
        log.fault(Place::File(file), "", || {
            format!(
                "the result is a {}, of an instant query; expected a matrix, of \
                 /api/v1/query_range",
                shown(&kind)
            )
        });
        return None;
    }
    let series: Vec<Series<'_>> = if keys.is_array {
        json::read(text, file, log)?
    } else if keys.has("data") {
        let answer: Answer<'_> = json::read(text, file, log)?;
        for warning in &answer.warnings {
            log.warn(Place::File(file), "", format!("Prometheus warns: {}", shown(warning)));
        }
        answer.data.result
    } else {
        json::read::<Data<'_>>(text, file, log)?.result
    };
    let stem = stem(log.name(file)).to_string();
    let mut tables = Vec::new();
    for series in series {
        let name = series.metric.get("__name__").cloned();
        let labels: Vec<(String, String)> =
            series.metric.into_iter().filter(|(key, _)| key != "__name__").collect();
        let shown = called(name.as_deref().unwrap_or_default(), &labels);
        if series.values.is_empty() && (series.histograms.is_some() || series.value.is_some()) {
            let found = if series.value.is_some() { "one value" } else { "native histograms" };
            log.fault(Place::File(file), &shown, || {
                format!("expected values at several times, found {found}")
            });
            continue;
        }
        let mut points = Points::new(text, file, 1.0, shown, log);
        for Point(time, value) in &series.values {
            points.add(time, value);
        }
        let names = match name {
            Some(name) => vec![name, stem.clone()],
            None => vec![stem.clone()],
        };
        tables.push(points.table(Kind::Prometheus, names, labels, None));
    }
    Some(tables)
}

/// A series in the notation of PromQL.
pub(super) fn called(name: &str, labels: &[(String, String)]) -> String {
    let pairs: Vec<String> =
        labels.iter().map(|(key, value)| format!("{}={}", shown(key), quoted(value))).collect();
    match pairs.is_empty() {
        true => shown(name),
        false => format!("{}{{{}}}", shown(name), pairs.join(", ")),
    }
}
