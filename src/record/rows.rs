//! CSV: rows with a header, parted by commas, semicolons or tabs.

use std::collections::BTreeMap;
use std::io::Read;

use csv::{ByteRecord, ErrorKind, ReaderBuilder};
use jiff::tz::TimeZone;

use super::faults::{Log, Place};
use super::read::{CODE_LABELS, MAX_SERIES, NOT_UTF_8, VERSION_LABELS};
use super::series::{Column, Kind, Rows, Table};
use super::time::{self, Format, InZone};
use super::words::{self, Sense};
use crate::message::{quoted, shown};

const TIMES: [&str; 16] = [
    "time",
    "timestamp",
    "timestamps",
    "date",
    "datetime",
    "ts",
    "minute",
    "start",
    "start_time",
    "period_start",
    "_time",
    "@timestamp",
    "time_bucket",
    "bucket",
    "date_time",
    "unix",
];
/// More columns than this are no record.
const MAX_COLUMNS: usize = 10_000;

/// What is read beside the text.
pub(super) struct Settings<'a> {
    /// The time zone of local times.
    pub(super) zone: Option<&'a TimeZone>,
    /// Whether a person chose the column of this name.
    pub(super) is_told: &'a dyn Fn(&str) -> bool,
}

/// What a column of the text is.
enum Is {
    Time,
    Label(String),
    Value(usize),
    Ignored,
}

/// Whether the text before the first line break looks like rows of CSV, and what parts
/// its fields.
pub(super) fn delimiter(head: &str) -> Option<u8> {
    let line = head.lines().find(|line| !line.trim().is_empty())?;
    let count = |part: u8| line.bytes().filter(|byte| *byte == part).count();
    let parts = [b';', b'\t', b','].into_iter().map(|part| (count(part), part));
    parts.filter(|(count, _)| *count > 0).max_by_key(|(count, _)| *count).map(|(_, part)| part)
}

/// The rows of a table that are being read.
struct Reader<'s, 'a, 'l> {
    file: u32,
    settings: &'s Settings<'a>,
    log: &'s mut Log<'l>,
    columns: Vec<(String, Is)>,
    values: Vec<String>,
    comma: bool,
    format: Option<Format>,
    said_local: bool,
    tables: Vec<Table>,
    /// The tables by the values of their labels.
    by_labels: BTreeMap<Vec<u8>, usize>,
    last: usize,
    key: Vec<u8>,
    row: Vec<f64>,
}

/// Reads rows.
pub(super) fn read(
    input: impl Read,
    delimiter: u8,
    file: u32,
    settings: &Settings<'_>,
    log: &mut Log<'_>,
) -> Option<Vec<Table>> {
    let mut csv = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(1 << 16)
        .from_reader(input);
    let mut record = ByteRecord::new();
    let mut reader = Reader {
        file,
        settings,
        log,
        columns: Vec::new(),
        values: Vec::new(),
        comma: delimiter != b',',
        format: None,
        said_local: false,
        tables: Vec::new(),
        by_labels: BTreeMap::new(),
        last: 0,
        key: Vec::new(),
        row: Vec::new(),
    };
    let mut is_header = true;
    loop {
        match csv.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                let line = error.position().map_or(1, |position| position.line() as u32);
                let message = match error.kind() {
                    ErrorKind::Io(error) => format!("cannot be read: {error}"),
                    _ => format!("not CSV: {error}"),
                };
                reader.log.fault(Place::Line(file, line.max(1), 1), "", || message);
                return None;
            }
        }
        let line = record.position().map_or(1, |position| position.line() as u32);
        if is_header {
            reader.header(&record, line)?;
            is_header = false;
        } else {
            reader.row(&record, line);
            if reader.tables.len() > MAX_SERIES {
                let place = Place::Line(file, line, 1);
                reader.log.fault(place, "", || {
                    format!("expected at most {MAX_SERIES} versions, found more")
                });
                return None;
            }
        }
    }
    for table in &mut reader.tables {
        table.is_local = reader.said_local;
    }
    if reader.tables.is_empty() && !reader.log.has_faults() {
        let message = "the file has a header and no rows, expected at least two";
        reader.log.fault(Place::File(file), "", || message.to_string());
    }
    Some(reader.tables)
}

impl Reader<'_, '_, '_> {
    fn header(&mut self, record: &ByteRecord, line: u32) -> Option<()> {
        let place = Place::Line(self.file, line, 1);
        let mut names: Vec<String> = Vec::new();
        for cell in record.iter().take(MAX_COLUMNS) {
            match std::str::from_utf8(cell) {
                Ok(text) => names.push(text.trim().to_string()),
                Err(_) => {
                    self.log.fault(place, "", || NOT_UTF_8.to_string());
                    return None;
                }
            }
        }
        let is_time = |name: &str| {
            let name = name.to_lowercase().replace([' ', '-'], "_");
            TIMES.contains(&name.as_str())
                || name.starts_with("time_(")
                || name.ends_with("timestamp")
        };
        let is_data = |name: &String| {
            name.parse::<f64>().is_ok() || (name.len() >= 8 && Format::of(name).is_ok())
        };
        let mut time = names.iter().position(|name| is_time(name));
        if time.is_none() && names.len() > 1 && names.first().is_some_and(String::is_empty) {
            time = Some(0);
        }
        let Some(time) = time else {
            let cells =
                names.iter().take(8).map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
            self.log.fault(place, "", || match names.iter().any(is_data) {
                true => format!(
                    "expected a header such as time,version,requests,errors above the rows, \
                     found {cells}"
                ),
                false => format!(
                    "expected a header with a column of times, such as \
                     time,version,requests,errors, found {cells}"
                ),
            });
            return None;
        };
        for (i, name) in names.into_iter().enumerate() {
            let key = name.to_lowercase().replace([' ', '-', '.'], "_");
            let is = if i == time {
                Is::Time
            } else if (self.settings.is_told)(&name) {
                self.value(&name)
            } else if VERSION_LABELS.contains(&key.as_str()) || CODE_LABELS.contains(&key.as_str())
            {
                Is::Label(key)
            } else {
                match words::sense(&name) {
                    Some(Sense::Measures(_)) => self.value(&name),
                    _ => Is::Ignored,
                }
            };
            self.columns.push((name, is));
        }
        let ignored: Vec<String> = self
            .columns
            .iter()
            .filter(|(_, is)| matches!(is, Is::Ignored))
            .map(|(name, _)| quoted(name))
            .collect();
        if self.values.is_empty() {
            let file = self.file;
            self.log.fault(Place::Line(file, line, 1), "", || {
                format!(
                    "no column of the header says that it counts requests or errors, found {}",
                    match ignored.is_empty() {
                        true => "none beside the time".to_string(),
                        false => ignored.join(", "),
                    }
                )
            });
            return None;
        }
        if !ignored.is_empty() {
            let message = format!("columns that are not read: {}", ignored.join(", "));
            self.log.warn(Place::Line(self.file, line, 1), "", message);
        }
        Some(())
    }

    fn value(&mut self, name: &str) -> Is {
        self.values.push(name.to_string());
        Is::Value(self.values.len() - 1)
    }

    fn row(&mut self, record: &ByteRecord, line: u32) {
        if record.len() != self.columns.len() {
            // A line of blanks.
            if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                return;
            }
            let expected = self.columns.len();
            self.log.fault(Place::Line(self.file, line, 1), "", || {
                format!("expected {expected} fields as in the header, found {}", record.len())
            });
            return;
        }
        self.key.clear();
        self.row.clear();
        self.row.resize(self.values.len(), f64::NAN);
        let (mut time, mut is_good) = (None, true);
        for (i, (cell, (name, is))) in record.iter().zip(&self.columns).enumerate() {
            let cell = cell.trim_ascii();
            match is {
                Is::Ignored => {}
                Is::Time => time = Some((i, cell)),
                Is::Label(_) => {
                    self.key.extend(cell);
                    self.key.push(0);
                }
                Is::Value(column) => match number(cell, self.comma) {
                    Some(number) => {
                        if let Some(value) = self.row.get_mut(*column) {
                            *value = number;
                        }
                    }
                    None => {
                        is_good = false;
                        let place = Place::Line(self.file, line, column_of(record, i));
                        self.log.fault(place, &shown(name), || not_a_number(cell, self.comma));
                    }
                },
            }
        }
        let Some((i, cell)) = time else { return };
        let Some(text) = std::str::from_utf8(cell).ok().filter(|_| is_good) else {
            if is_good {
                let place = Place::Line(self.file, line, column_of(record, i));
                self.log.fault(place, "", || NOT_UTF_8.to_string());
            }
            return;
        };
        let Some(table) = self.table(record) else { return };
        match self.time(text, table) {
            Ok(at) => {
                let row = std::mem::take(&mut self.row);
                if let Some(table) = self.tables.get_mut(table) {
                    table.times.push(at);
                    if let Rows::Lines(lines) = &mut table.rows {
                        lines.push(line);
                    }
                    for (column, value) in table.columns.iter_mut().zip(&row) {
                        column.values.push(*value);
                    }
                }
                self.row = row;
            }
            Err(message) => {
                let place = Place::Line(self.file, line, column_of(record, i));
                let name = self.columns.get(i).map(|(name, _)| shown(name)).unwrap_or_default();
                self.log.fault(place, &name, || message);
            }
        }
    }

    /// The table of the labels of a row.
    fn table(&mut self, record: &ByteRecord) -> Option<usize> {
        if let Some(table) = self.by_labels.get(&self.key) {
            self.last = *table;
            return Some(*table);
        }
        let mut labels = Vec::new();
        for (cell, (_, is)) in record.iter().zip(&self.columns) {
            if let Is::Label(key) = is {
                let value = String::from_utf8_lossy(cell.trim_ascii()).into_owned();
                labels.push((key.clone(), value));
            }
        }
        let column = |name: &String| Column {
            shown: shown(name),
            names: vec![name.clone()],
            unit: None,
            values: Vec::new(),
        };
        self.tables.push(Table {
            file: self.file,
            labels,
            times: Vec::new(),
            rows: Rows::Lines(Vec::new()),
            columns: self.values.iter().map(column).collect(),
            kind: Kind::Csv,
            is_local: false,
        });
        let table = self.tables.len() - 1;
        self.by_labels.insert(self.key.clone(), table);
        Some(table)
    }

    /// The time of a row, in milliseconds since 1970.
    fn time(&mut self, text: &str, table: usize) -> Result<i64, String> {
        let format = match self.format {
            Some(format) => format,
            None => {
                let format = Format::of(text)?;
                self.format = Some(format);
                format
            }
        };
        if format == Format::Local {
            if let Some(zone) = self.settings.zone {
                return self.zoned(text, zone, table);
            }
            if !std::mem::replace(&mut self.said_local, true) {
                let name = shown(self.log.name(self.file));
                self.log.assume(format!(
                    "the times of {name} have no offset and are taken as UTC; the option \
                     time_zone says another zone"
                ));
            }
        }
        match format.read(text) {
            Some(at) => Ok(at),
            None => Err(match Format::of(text) {
                Ok(found) => format!(
                    "expected {} as in the rows above, found {}: {}",
                    format.name(),
                    found.name(),
                    quoted(text)
                ),
                Err(message) => message,
            }),
        }
    }

    /// A local time in a time zone. An hour that a day has twice is first the earlier
    /// and then the later one.
    fn zoned(&mut self, text: &str, zone: &TimeZone, table: usize) -> Result<i64, String> {
        match time::in_zone(text, zone) {
            Some(InZone::One(at)) => Ok(at),
            Some(InZone::Twice(early, late)) => {
                let times = self.tables.get(table).map_or(&[][..], |table| &table.times);
                let falls = matches!(times, [.., before, last] if last < before);
                Ok(match times.last() {
                    Some(last) if falls => {
                        if late < *last {
                            late
                        } else {
                            early
                        }
                    }
                    Some(last) if early <= *last => late,
                    _ => early,
                })
            }
            Some(InZone::Never) => Err(format!(
                "this time does not exist in the time zone: the clocks go forward over it at \
                 the start of daylight saving time, found {}",
                quoted(text)
            )),
            None => Err(match Format::of(text) {
                Ok(found) => format!(
                    "expected a local time as in the rows above, found {}: {}",
                    found.name(),
                    quoted(text)
                ),
                Err(message) => message,
            }),
        }
    }
}

/// A cell as a number. An empty one, and what stands for no data, is NaN.
fn number(cell: &[u8], comma: bool) -> Option<f64> {
    let text = std::str::from_utf8(cell).ok()?;
    let parsed = text.parse::<f64>().or_else(|error| {
        let is_decimal = comma && text.contains(',') && !text.contains('.');
        if is_decimal { text.replace(',', ".").parse() } else { Err(error) }
    });
    match parsed {
        Ok(number) if number.is_finite() => Some(number),
        Ok(_) => Some(f64::NAN),
        Err(_) => {
            let none = ["", "-", "null", "none", "n/a", "na", "nil", "undefined", "#n/a", "nodata"];
            none.contains(&text.to_lowercase().as_str()).then_some(f64::NAN)
        }
    }
}

fn not_a_number(cell: &[u8], comma: bool) -> String {
    let text = String::from_utf8_lossy(cell);
    let hint = match (text.contains(','), text.ends_with('%')) {
        (true, _) if comma => " with a decimal comma and no thousands separator",
        (true, _) => " without thousands separators",
        (_, true) => " without %; the role says `in percent`",
        _ => "",
    };
    format!("expected a number{hint}, found {}", quoted(&text))
}

/// The column of a cell, from 1, if no cell before it is quoted.
fn column_of(record: &ByteRecord, cell: usize) -> u32 {
    let before = record.iter().take(cell);
    let characters = before.map(|cell| String::from_utf8_lossy(cell).chars().count() + 1);
    characters.sum::<usize>() as u32 + 1
}
