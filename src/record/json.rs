//! What the readers of JSON have in common.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::faults::{Log, Place};
use super::role::Unit;
use super::series::{Column, Kind, Rows, Table};
use super::time;
use crate::message::{quoted, shown};

/// The keys of a text, and of its `data`, by which it is told what it is.
#[derive(Debug, Default)]
pub(super) struct Keys<'a> {
    /// Whether the text is an array.
    pub(super) is_array: bool,
    /// The keys of the object, with their values as they are written.
    pub(super) top: BTreeMap<String, &'a RawValue>,
    data: BTreeMap<String, &'a RawValue>,
}

impl<'a> Keys<'a> {
    /// Those of a text that is JSON.
    pub(super) fn of(text: &'a str, file: u32, log: &mut Log<'_>) -> Option<Self> {
        let whole: &RawValue = read(text, file, log)?;
        if whole.get().starts_with('[') {
            return Some(Keys { is_array: true, ..Keys::default() });
        }
        let top: BTreeMap<String, &RawValue> = read(text, file, log)?;
        let data = top.get("data").and_then(|data| serde_json::from_str(data.get()).ok());
        Some(Keys { is_array: false, data: data.unwrap_or_default(), top })
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.top.contains_key(key)
    }

    pub(super) fn data_has(&self, key: &str) -> bool {
        self.data.contains_key(key)
    }

    /// The keys, in the order of the text.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<(&String, &&RawValue)> = self.top.iter().collect();
        names.sort_by_key(|(_, value)| value.get().as_ptr());
        names.into_iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The text of a value.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.top.get(key).and_then(|value| serde_json::from_str(value.get()).ok())
    }

    /// The `resultType` of `data` or of the whole.
    pub(super) fn result_type(&self) -> Option<String> {
        let value = self.data.get("resultType").or_else(|| self.top.get("resultType"))?;
        serde_json::from_str(value.get()).ok()
    }
}

/// Reads a text into a type; what is wrong with its form is a fault.
pub(super) fn read<'de, T: Deserialize<'de>>(
    text: &'de str,
    file: u32,
    log: &mut Log<'_>,
) -> Option<T> {
    match serde_json::from_str(text) {
        Ok(value) => Some(value),
        Err(error) => {
            let (place, message) = explain(text, file, &error);
            log.fault(place, "", || message);
            None
        }
    }
}

/// The place and the sentence of an error of the library.
fn explain(text: &str, file: u32, error: &serde_json::Error) -> (Place, String) {
    let line = (error.line() as u32).max(1);
    let of_line = text.split('\n').nth(line as usize - 1).unwrap_or_default();
    let before = of_line.as_bytes().get(..error.column()).unwrap_or(of_line.as_bytes());
    let column = String::from_utf8_lossy(before).chars().count() as u32;
    let place = Place::Line(file, line, column.max(1));
    if error.is_eof() {
        return (place, "the JSON ends in the middle, expected the whole answer".to_string());
    }
    let message = error.to_string();
    let message = match message.rsplit_once(" at line ") {
        Some((message, _)) => message,
        None => &message,
    };
    let kind = if error.is_syntax() { "not JSON" } else { "not the expected form" };
    (place, format!("{kind}: {}", shown(message)))
}

/// The offset of a value in the text that it was read from.
pub(super) fn offset(text: &str, value: &RawValue) -> u32 {
    let offset = (value.get().as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
    if offset <= text.len() { offset as u32 } else { 0 }
}

/// A value of a series: a number, or a text that is one. NaN, an infinity and `null` are
/// no data.
pub(super) fn value(raw: &RawValue) -> Option<f64> {
    let text = raw.get();
    if text == "null" {
        return Some(f64::NAN);
    }
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let number: f64 = inner.unwrap_or(text).trim().parse().ok()?;
    Some(if number.is_finite() { number } else { f64::NAN })
}

/// A time: a number of units of which `per_second` are a second, or a text of RFC 3339.
pub(super) fn millis(raw: &RawValue, per_second: f64) -> Option<i64> {
    let text = raw.get();
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(text) => time::zoned(text),
        None => time::seconds(text.parse::<f64>().ok()? / per_second),
    }
}

/// Points of a series, with a fault for each that is none.
pub(super) struct Points<'p, 'l> {
    pub(super) text: &'p str,
    pub(super) file: u32,
    /// How many units of a time are a second.
    pub(super) per_second: f64,
    /// How messages name the series.
    pub(super) shown: String,
    pub(super) log: &'p mut Log<'l>,
    pub(super) times: Vec<i64>,
    pub(super) offsets: Vec<u32>,
    pub(super) values: Vec<f64>,
}

impl<'p, 'l> Points<'p, 'l> {
    pub(super) fn new(
        text: &'p str,
        file: u32,
        per_second: f64,
        shown: String,
        log: &'p mut Log<'l>,
    ) -> Self {
        let (times, offsets, values) = (Vec::new(), Vec::new(), Vec::new());
        Points { text, file, per_second, shown, log, times, offsets, values }
    }

    /// Adds a point.
    pub(super) fn add(&mut self, time: &RawValue, value_of: &RawValue) {
        let place = |raw| Place::Offset(self.file, offset(self.text, raw));
        let Some(at) = millis(time, self.per_second) else {
            let place = place(time);
            self.log.fault(place, &self.shown, || {
                format!("expected a time, found {}", quoted(time.get()))
            });
            return;
        };
        let Some(number) = value(value_of) else {
            let place = place(value_of);
            self.log.fault(place, &self.shown, || {
                format!("expected a number, found {}", quoted(value_of.get()))
            });
            return;
        };
        self.times.push(at);
        self.offsets.push(offset(self.text, value_of));
        self.values.push(number);
    }

    /// The series.
    pub(super) fn table(
        self,
        kind: Kind,
        names: Vec<String>,
        labels: Vec<(String, String)>,
        unit: Option<Unit>,
    ) -> Table {
        let column = Column { shown: self.shown, names, unit, values: self.values };
        Table {
            file: self.file,
            labels,
            times: self.times,
            rows: Rows::Offsets(self.offsets),
            columns: vec![column],
            kind,
            is_local: false,
        }
    }
}
