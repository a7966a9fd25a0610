//! Time series of Datadog: `/api/v1/query` and `/api/v2/query/timeseries`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::faults::{Log, Place};
use super::json::{self, Keys, Points};
use super::prometheus::called;
use super::read::stem;
use super::role::Unit;
use super::series::{Kind, Table};

#[derive(Deserialize)]
struct First<'a> {
    #[serde(borrow)]
    series: Vec<Series<'a>>,
}

#[derive(Deserialize)]
struct Series<'a> {
    metric: Option<String>,
    expression: Option<String>,
    scope: Option<String>,
    tag_set: Option<Vec<String>>,
    unit: Option<Vec<Option<UnitName>>>,
    #[serde(borrow)]
    pointlist: Vec<Point<'a>>,
}

#[derive(Deserialize)]
struct Point<'a>(#[serde(borrow)] &'a RawValue, #[serde(borrow)] &'a RawValue);

#[derive(Deserialize)]
struct UnitName {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Second<'a> {
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    attributes: Attributes<'a>,
}

#[derive(Deserialize)]
struct Attributes<'a> {
    series: Vec<Of>,
    #[serde(borrow)]
    times: Vec<&'a RawValue>,
    #[serde(borrow)]
    values: Vec<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Of {
    group_tags: Option<Vec<String>>,
    query_index: Option<u32>,
    unit: Option<Vec<Option<UnitName>>>,
}

/// Whether it is an answer of the first version of the interface.
pub(super) fn is_first(keys: &Keys<'_>) -> bool {
    keys.has("series")
}

/// Whether it is an answer of the second version.
pub(super) fn is_second(keys: &Keys<'_>) -> bool {
    keys.data_has("attributes")
}

/// Reads an answer of the first version.
pub(super) fn read_first(text: &str, file: u32, log: &mut Log<'_>) -> Option<Vec<Table>> {
    let answer: First<'_> = json::read(text, file, log)?;
    let stem = stem(log.name(file)).to_string();
    let mut tables = Vec::new();
    for series in answer.series {
        let scope = series.scope.unwrap_or_default();
        let tags = series.tag_set.filter(|tags| !tags.is_empty());
        let tags = tags.unwrap_or_else(|| scope.split(',').map(str::to_string).collect());
        let labels = labels(&tags);
        let metric = series.metric.unwrap_or_default();
        let shown = called(&metric, &labels);
        let mut points = Points::new(text, file, 1000.0, shown, log);
        for Point(time, value) in &series.pointlist {
            // No data is null, or left out: the same.
            if value.get() != "null" {
                points.add(time, value);
            }
        }
        // The expression says more than the metric: `.as_rate()`, `p99:`.
        let names = [series.expression.unwrap_or_default(), metric, stem.clone()];
        let names = names.into_iter().filter(|name| !name.is_empty()).collect();
        tables.push(points.table(Kind::Datadog, names, labels, unit(series.unit)));
    }
    Some(tables)
}

/// Reads an answer of the second version.
pub(super) fn read_second(text: &str, file: u32, log: &mut Log<'_>) -> Option<Vec<Table>> {
    let answer: Second<'_> = json::read(text, file, log)?;
    let Attributes { series, times, values } = answer.data.attributes;
    if series.len() != values.len() {
        log.fault(Place::File(file), "data.attributes.values", || {
            format!("expected values of {} series, found {}", series.len(), values.len())
        });
        return None;
    }
    let stem = stem(log.name(file)).to_string();
    let mut tables = Vec::new();
    for (i, (of, values)) in series.into_iter().zip(values).enumerate() {
        let mut labels = labels(&of.group_tags.unwrap_or_default());
        let index = of.query_index.unwrap_or_default();
        labels.push(("query_index".to_string(), index.to_string()));
        if values.len() != times.len() {
            log.fault(Place::File(file), &format!("data.attributes.values[{i}]"), || {
                format!("expected values at {} times, found {}", times.len(), values.len())
            });
            continue;
        }
        let shown = called("", &labels);
        let mut points = Points::new(text, file, 1000.0, shown, log);
        for (time, value) in times.iter().zip(&values) {
            if value.get() != "null" {
                points.add(time, value);
            }
        }
        let names = vec![format!("query{index}"), stem.clone()];
        tables.push(points.table(Kind::Datadog, names, labels, unit(of.unit)));
    }
    Some(tables)
}

/// Labels of tags such as `version:v2`.
fn labels(tags: &[String]) -> Vec<(String, String)> {
    let pairs = tags.iter().filter_map(|tag| tag.split_once(':'));
    pairs.map(|(key, value)| (key.trim().to_string(), value.trim().to_string())).collect()
}

/// The unit of a series, and per which.
fn unit(units: Option<Vec<Option<UnitName>>>) -> Option<Unit> {
    let units = units.unwrap_or_default();
    let name =
        |i: usize| units.get(i).and_then(Option::as_ref).and_then(|unit| unit.name.as_deref());
    match (name(0), name(1)) {
        (_, Some("second")) => Some(Unit::PerSecond),
        (_, Some("minute")) => Some(Unit::PerMinute),
        (Some("nanosecond"), _) => Some(Unit::Nanoseconds),
        (Some("microsecond"), _) => Some(Unit::Microseconds),
        (Some("millisecond"), _) => Some(Unit::Milliseconds),
        (Some("second"), _) => Some(Unit::Seconds),
        (Some("percent"), _) => Some(Unit::Percent),
        (Some("fraction"), _) => Some(Unit::Ratio),
        _ => None,
    }
}
