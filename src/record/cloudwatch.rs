//! `GetMetricData` of CloudWatch, as `aws cloudwatch get-metric-data` prints it.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::faults::{Log, Place};
use super::json::{self, Keys, Points};
use super::read::stem;
use super::series::{Kind, Table};
use crate::message::shown;

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(rename = "MetricDataResults", borrow)]
    results: Vec<Series<'a>>,
    #[serde(rename = "NextToken")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Series<'a> {
    #[serde(rename = "Id")]
    id: Option<String>,
    #[serde(rename = "Label")]
    label: Option<String>,
    #[serde(rename = "Timestamps", borrow)]
    times: Vec<&'a RawValue>,
    #[serde(rename = "Values", borrow)]
    values: Vec<&'a RawValue>,
    #[serde(rename = "StatusCode")]
    status: Option<String>,
}

/// Whether it is an answer of `GetMetricData`.
pub(super) fn is(keys: &Keys<'_>) -> bool {
    keys.has("MetricDataResults")
}

/// Reads an answer.
pub(super) fn read(text: &str, file: u32, log: &mut Log<'_>) -> Option<Vec<Table>> {
    let answer: Answer<'_> = json::read(text, file, log)?;
    if answer.next.is_some() {
        let message =
            "the answer has a NextToken: there are more pages, which are not in this file";
        log.warn(Place::File(file), "NextToken", message.to_string());
    }
    let stem = stem(log.name(file)).to_string();
    let mut tables: Vec<Table> = Vec::new();
    for series in answer.results {
        let id = series.id.unwrap_or_default();
        let label = series.label.unwrap_or_default();
        let called = if label.is_empty() { shown(&id) } else { shown(&label) };
        match series.status.as_deref() {
            None | Some("Complete") => {}
            Some("PartialData") => log.warn(
                Place::File(file),
                &called,
                "CloudWatch gave a part of the data (StatusCode PartialData)".to_string(),
            ),
            Some(status) => {
                log.fault(Place::File(file), &called, || {
                    format!("CloudWatch gave no data (StatusCode {})", shown(status))
                });
                continue;
            }
        }
        if series.times.len() != series.values.len() {
            log.fault(Place::File(file), &called, || {
                format!(
                    "expected as many Values as Timestamps ({}), found {}",
                    series.times.len(),
                    series.values.len()
                )
            });
            continue;
        }
        let mut points = Points::new(text, file, 1.0, called, log);
        for (time, value) in series.times.iter().zip(&series.values) {
            points.add(time, value);
        }
        let names = [label, id, stem.clone()];
        let names = names.into_iter().filter(|name| !name.is_empty()).collect();
        let mut table = points.table(Kind::CloudWatch, names, Vec::new(), None);
        // Newest first, unless asked otherwise.
        if table.times.windows(2).all(|pair| pair[1] <= pair[0]) {
            table.sort();
        }
        tables.push(table);
    }
    Some(tables)
}
