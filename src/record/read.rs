//! From files to a record.

use std::borrow::Cow;
use std::io::{self, Read};
use std::rc::Rc;

use serde::Serialize;

use super::faults::{Log, Place};
use super::series::Table;
use super::{
    Binding, Record, Role, assign, cloudwatch, datadog, join, json, prometheus, rows, time,
};
use crate::message::{quoted, shown, thousands};
use crate::problem::{FileError, FileProblem, Source};
use crate::reading::without_mark;

/// Maximum length of all files together, in bytes: 1 GiB.
pub const MAX_BYTES: u64 = 1 << 30;
/// Maximum number of series in all files together.
pub const MAX_SERIES: usize = 10_000;

/// Labels whose values tell versions apart, the first that does so is taken.
pub(super) const VERSION_LABELS: [&str; 28] = [
    "version",
    "app_version",
    "app_kubernetes_io_version",
    "service_version",
    "destination_version",
    "destination_canonical_revision",
    "track",
    "arm",
    "variant",
    "role",
    "release",
    "revision",
    "build",
    "image_tag",
    "rollouts_pod_template_hash",
    "pod_template_hash",
    "deployment",
    "kube_deployment",
    "workload",
    "destination_workload",
    "target_group",
    "targetgroup",
    "subset",
    "backend",
    "exported_service",
    "service",
    "color",
    "group",
];
/// Labels whose values tell answers apart that failed.
pub(super) const CODE_LABELS: [&str; 13] = [
    "code",
    "status",
    "status_code",
    "status_class",
    "response_code",
    "response_code_class",
    "response_class",
    "http_status",
    "http_status_code",
    "http_response_status_code",
    "http_code",
    "outcome",
    "result",
];
pub(super) const NOT_UTF_8: &str =
    "the text is not UTF-8, perhaps Latin-1; expected a file that is saved as UTF-8";
const GZIP: &str = "the file is compressed by gzip; expected the text itself, as gunzip gives it";
const ZIP: &str = "the file is a zip archive, or a workbook of a spreadsheet; expected CSV, as the spreadsheet \
     saves it";
const UTF_16: &str = "the text is UTF-16 or no text; expected a file that is saved as UTF-8";
/// What is looked at to find what a file is.
const HEAD: usize = 1 << 14;

/// The reasons why files are refused.
pub type RecordError = FileError;

/// What a person says beside the files.
///
/// A selector chooses series. It is
/// - a name: of the metric, of the column, of the file (with or without folder and
///   ending), the `Id` or `Label` of CloudWatch, or the value of any label;
/// - labels with their values, as `version=v2` or `{version="v2", code="5*"}`, after the
///   name of a metric or not;
/// - with `*` for any characters. `*` alone is every series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// What series measure, instead of the guess. The first that chooses a series holds.
    pub series: Vec<Binding>,
    /// A selector of the series of the baseline.
    pub baseline: Option<String>,
    /// A selector of the series of the canary.
    pub canary: Option<String>,
    /// Steps that begin before are left out; seconds since 1970, UTC.
    pub from: Option<i64>,
    /// Steps that begin then or later are left out; seconds since 1970, UTC.
    pub to: Option<i64>,
    /// The length of a step in seconds, a multiple of that in the files, whose counts are
    /// added. Without it, that in the files: the most common time between two rows.
    pub step_seconds: Option<u32>,
    /// The time zone of local times in CSV: a name such as `Europe/Berlin`, an offset
    /// such as `+02:00`, or a rule such as `CET-1CEST,M3.5.0,M10.5.0/3`. A browser
    /// does not know names. Without it, UTC.
    pub time_zone: Option<String>,
    /// Whether a step without a value of errors, but with requests, had no error.
    /// Without it: yes for Prometheus, Datadog and CloudWatch, which leave out what did
    /// not happen, and no for CSV.
    pub absent_errors_are_zero: Option<bool>,
}

/// What a series was taken as, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Understood {
    /// The file, as its index.
    pub file: u32,
    /// The series, such as `http_requests_total{version="v2"}` or the header of a column.
    pub series: String,
    /// What it measures, of which version, in which unit; `nothing` if it is not used.
    pub role: Role,
    /// Whether an option says so. Otherwise it was guessed.
    pub told: bool,
    /// Why, without a full stop.
    pub why: String,
}

/// What files give.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The record.
    pub record: Record,
    /// What each file is, such as `Prometheus range query`.
    pub kinds: Vec<&'static str>,
    /// What each series was taken as, in the order of the files.
    pub understood: Vec<Understood>,
    /// What the files do not say. Sentences without a full stop.
    pub assumed: Vec<String>,
    /// What was mended, and what is probably a mistake.
    pub warnings: Vec<FileProblem>,
}

/// A file that is read as it comes, so that it need not be in memory as a whole.
pub struct Input<'a> {
    /// Its name, for messages.
    pub name: String,
    /// Its bytes.
    pub bytes: Box<dyn Read + 'a>,
}

enum Body<'a> {
    Text(&'a str),
    Bytes(Box<dyn Read + 'a>),
}

/// Reads files into a record.
///
/// The format of each is found from its text: JSON of Prometheus, Datadog or CloudWatch,
/// or CSV with a header. `docs/recorded-counts.md` describes them.
///
/// # Errors
/// All faults that are found, each with its file, and its line and column where there is
/// one.
pub fn read(files: &[Source<'_>], options: &Options) -> Result<Reading, RecordError> {
    let bodies = files.iter().map(|file| (file.name.to_string(), Body::Text(file.text)));
    read_all(bodies.collect(), options)
}

/// Reads files into a record, as [`read`] does. CSV is read as it comes; JSON is read as
/// a whole.
///
/// # Errors
/// As those of [`read`]; and if a file cannot be read.
pub fn read_from(inputs: Vec<Input<'_>>, options: &Options) -> Result<Reading, RecordError> {
    let bodies = inputs.into_iter().map(|input| (input.name, Body::Bytes(input.bytes)));
    read_all(bodies.collect(), options)
}

fn read_all(bodies: Vec<(String, Body<'_>)>, options: &Options) -> Result<Reading, RecordError> {
    let mut log = Log::default();
    log.names = bodies.iter().map(|(name, _)| name.clone()).collect();
    log.texts = bodies.iter().map(|_| Rc::new(Cow::Borrowed(""))).collect();
    if bodies.is_empty() {
        log.fault_of_all("there is no file, expected at least one");
        return Err(log.error());
    }
    let zone = match options.time_zone.as_deref().map(time::zone) {
        Some(Ok(zone)) => Some(zone),
        Some(Err(message)) => {
            log.fault_of_all(format!("time_zone: {message}"));
            None
        }
        None => None,
    };
    let is_told = |name: &str| {
        let selectors = options.series.iter().map(|binding| &binding.selector);
        let arms = [&options.baseline, &options.canary].into_iter().flatten();
        selectors
            .chain(arms)
            .any(|selector| selector != "*" && assign::matches_name(selector, name))
    };
    let settings = rows::Settings { zone: zone.as_ref(), is_told: &is_told };
    let (mut tables, mut kinds, mut empty) = (Vec::new(), Vec::new(), Vec::new());
    let mut left = MAX_BYTES;
    for (file, (_, body)) in (0..).zip(bodies) {
        let read = file_of(file, body, &settings, &mut left, &mut log);
        let read = read.unwrap_or_default();
        if read.is_empty() {
            empty.push(file);
        }
        kinds.push(read.first().map_or("no series", |table| table.kind.name()));
        tables.extend(read);
        if tables.len() > MAX_SERIES {
            log.fault_of_all(format!(
                "expected at most {} series, found more",
                thousands(MAX_SERIES as u64)
            ));
            return Err(log.error());
        }
    }
    if log.has_faults() {
        return Err(log.error());
    }
    let Some(assigned) = assign::assign(&tables, &empty, options, &mut log) else {
        return Err(log.error());
    };
    let understood = assigned.understood;
    match join::join(tables, assigned.uses, assigned.no_errors, options, &mut log) {
        Some(record) if !log.has_faults() => {
            let Log { assumed, warnings, .. } = log;
            Ok(Reading { record, kinds, understood, assumed, warnings })
        }
        _ => Err(log.error()),
    }
}

/// The series of a file.
fn file_of<'a>(
    file: u32,
    body: Body<'a>,
    settings: &rows::Settings<'_>,
    left: &mut u64,
    log: &mut Log<'a>,
) -> Option<Vec<Table>> {
    match body {
        Body::Text(text) => {
            let text = without_mark(text);
            match left.checked_sub(text.len() as u64) {
                Some(rest) => *left = rest,
                None => {
                    log.fault(Place::File(file), "", too_long);
                    return None;
                }
            }
            let end = (0..=text.len().min(HEAD)).rev().find(|end| text.is_char_boundary(*end));
            match shape(text.get(..end.unwrap_or(0)).unwrap_or_default(), file, log)? {
                Shape::Json => {
                    let text = Rc::new(Cow::Borrowed(text));
                    json_of(file, text, log)
                }
                Shape::Rows(delimiter) => {
                    rows::read(text.as_bytes(), delimiter, file, settings, log)
                }
            }
        }
        Body::Bytes(bytes) => {
            let mut bytes = Limited { bytes, left };
            let mut head = Vec::new();
            if let Err(error) = (&mut bytes).take(HEAD as u64).read_to_end(&mut head) {
                log.fault(Place::File(file), "", || format!("cannot be read: {error}"));
                return None;
            }
            let signature = [
                (&b"\x1f\x8b"[..], GZIP),
                (&b"PK\x03\x04"[..], ZIP),
                (&b"\xff\xfe"[..], UTF_16),
                (&b"\xfe\xff"[..], UTF_16),
            ];
            if let Some((_, message)) = signature.iter().find(|(start, _)| head.starts_with(start))
            {
                log.fault(Place::File(file), "", || message.to_string());
                return None;
            }
            let start = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
            let known = String::from_utf8_lossy(head.get(start..).unwrap_or_default()).into_owned();
            let shape = shape(&known, file, log)?;
            let mut whole = io::Cursor::new(head.get(start..).unwrap_or_default()).chain(bytes);
            match shape {
                Shape::Rows(delimiter) => rows::read(whole, delimiter, file, settings, log),
                Shape::Json => {
                    let mut text = Vec::new();
                    if let Err(error) = whole.read_to_end(&mut text) {
                        log.fault(Place::File(file), "", || format!("cannot be read: {error}"));
                        return None;
                    }
                    match String::from_utf8(text) {
                        Ok(text) => json_of(file, Rc::new(Cow::Owned(text)), log),
                        Err(error) => {
                            let at = error.utf8_error().valid_up_to();
                            let before = error.as_bytes().get(..at).unwrap_or_default();
                            let lines = before.iter().filter(|byte| **byte == b'\n').count();
                            let place = Place::Line(file, lines as u32 + 1, 1);
                            log.fault(place, "", || NOT_UTF_8.to_string());
                            None
                        }
                    }
                }
            }
        }
    }
}

/// Bytes up to a limit; more are an error.
struct Limited<'a, 'l> {
    bytes: Box<dyn Read + 'a>,
    left: &'l mut u64,
}

impl Read for Limited<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer)?;
        *self.left =
            self.left.checked_sub(read as u64).ok_or_else(|| io::Error::other(too_long()))?;
        Ok(read)
    }
}

fn too_long() -> String {
    format!("expected files of at most {} bytes together, found more", thousands(MAX_BYTES))
}

/// The form of a text.
enum Shape {
    Json,
    Rows(u8),
}

/// The form of a text, from its start; a fault, if it is none that is read.
fn shape(head: &str, file: u32, log: &mut Log<'_>) -> Option<Shape> {
    let start = head.trim_start();
    let fault = |log: &mut Log<'_>, message: String| {
        log.fault(Place::Line(file, 1, 1), "", || message);
        None
    };
    let fault_of_all = |log: &mut Log<'_>, message: &str| {
        log.fault(Place::File(file), "", || message.to_string());
        None
    };
    if start.is_empty() {
        return fault_of_all(log, "the file is empty, expected JSON or CSV");
    }
    if start.starts_with(['{', '[']) {
        return Some(Shape::Json);
    }
    if start.starts_with('<') {
        let lower = start.to_ascii_lowercase();
        let title = lower.find("<title>").and_then(|at| {
            let title = start.get(at + "<title>".len()..)?;
            title.split('<').next().map(str::trim).filter(|title| !title.is_empty())
        });
        let is_html = lower.contains("<html") || lower.contains("<!doctype html");
        let message = match (is_html, title) {
            (true, Some(title)) => format!(
                "the file is an HTML page with the title {}, perhaps to log in; expected JSON or \
                 CSV",
                quoted(title)
            ),
            (true, None) => {
                "the file is an HTML page, perhaps to log in; expected JSON or CSV".to_string()
            }
            (false, _) => "the file is XML; expected JSON or CSV".to_string(),
        };
        return fault(log, message);
    }
    // What a lossy decoder makes of gzip begins so.
    if head.starts_with("\u{1f}\u{fffd}") {
        return fault_of_all(log, GZIP);
    }
    if head.starts_with("PK\u{3}\u{4}") {
        return fault_of_all(log, ZIP);
    }
    if head.contains('\0') {
        return fault_of_all(log, UTF_16);
    }
    match rows::delimiter(head) {
        Some(delimiter) => Some(Shape::Rows(delimiter)),
        None => {
            let line = start.lines().next().unwrap_or_default();
            fault(
                log,
                format!(
                    "expected JSON of Prometheus, Datadog or CloudWatch, or CSV with a header \
                     such as time,version,requests,errors, found {}",
                    quoted(line.trim_end())
                ),
            )
        }
    }
}

/// The series of a JSON text.
fn json_of<'a>(file: u32, text: Rc<Cow<'a, str>>, log: &mut Log<'a>) -> Option<Vec<Table>> {
    if let Some(of_file) = log.texts.get_mut(file as usize) {
        *of_file = Rc::clone(&text);
    }
    let text: &str = &text;
    let keys = json::Keys::of(text, file, log)?;
    let place = Place::Line(file, 1, 1);
    let is_error = keys.text("status").as_deref() == Some("error");
    let said = keys.text("error").or_else(|| keys.text("message"));
    if is_error || (keys.has("errors") && !keys.has("data") && !keys.has("series")) {
        let said = match (said, keys.top.get("errors")) {
            (Some(said), _) => quoted(&said),
            (None, Some(errors)) => shown(errors.get()),
            (None, None) => "an error without words".to_string(),
        };
        let kind = keys.text("errorType").map(|kind| format!(" ({})", shown(&kind)));
        log.fault(place, "", || {
            format!(
                "the server answered with an error{}: {said}; expected its series",
                kind.unwrap_or_default()
            )
        });
        return None;
    }
    if cloudwatch::is(&keys) {
        cloudwatch::read(text, file, log)
    } else if datadog::is_second(&keys) {
        datadog::read_second(text, file, log)
    } else if datadog::is_first(&keys) {
        datadog::read_first(text, file, log)
    } else if prometheus::is(&keys) || keys.is_array {
        prometheus::read(text, file, &keys, log)
    } else {
        log.fault(place, "", || {
            if keys.has("Datapoints") {
                return "the answer is one of GetMetricStatistics; expected that of \
                        aws cloudwatch get-metric-data"
                    .to_string();
            }
            let found: Vec<String> = keys.names().into_iter().take(8).map(quoted).collect();
            let found = match found.is_empty() {
                true => "none".to_string(),
                false => found.join(", "),
            };
            format!(
                "expected the answer of a Prometheus range query (data.result), of Datadog \
                 (series) or of CloudWatch (MetricDataResults), found the keys {found}"
            )
        });
        None
    }
}

/// The name of a file without its folder and ending.
pub(super) fn stem(name: &str) -> &str {
    // A query of PromQL is a name, too.
    if name.contains(['(', '{']) {
        return name;
    }
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let endings = [".json", ".csv", ".tsv", ".txt"];
    endings.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}
