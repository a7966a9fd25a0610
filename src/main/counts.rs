//! Recorded counts on the command line: from files, or straight from a Prometheus server.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::time::{SystemTime, UNIX_EPOCH};

use canary_rollout::message::{quoted, thousands};
use canary_rollout::record::{self, Binding, Input, MAX_STEPS, Options, Reading, read_from};
use clap::{Args, ValueHint};
use jiff::{SignedDuration, Timestamp};

use crate::commands::{in_source, name_of, say};
use crate::prometheus::Server;

/// The distance of two points that a server is asked for, in seconds, where nothing is said.
const USUAL_STEP: u32 = 60;

/// How recorded counts are read.
#[derive(Args, Default)]
#[command(next_help_heading = "Options for recorded counts")]
pub(crate) struct CountsOptions {
    /// What a series is, instead of the guess from its name and labels, such as
    /// 'errors=http_5xx', 'canary.requests=version=v2' or 'p99 in s=latency'; may be repeated
    #[arg(long, value_name = "ROLE=SERIES", value_parser = binding)]
    pub series: Vec<Binding>,
    /// The baseline's version, as the record names it
    #[arg(long, value_name = "VERSION")]
    pub baseline: Option<String>,
    /// The canary's version, as the record names it
    #[arg(long, value_name = "VERSION")]
    pub canary: Option<String>,
    /// The first time to read: 2026-11-24T09:00:00Z, seconds since 1970, or -6h before now
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    pub from: Option<Time>,
    /// The time to read up to; default now, or the end of the files
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    pub to: Option<Time>,
    /// The distance of two points, such as 60s; default that of the files, or 60s
    #[arg(long, value_name = "DURATION", value_parser = step)]
    pub step: Option<u32>,
    /// The time zone of times that name none, such as Europe/Berlin; default UTC
    #[arg(long, value_name = "NAME")]
    pub time_zone: Option<String>,
    /// Ask a Prometheus server in place of files; credentials are those of the environment:
    /// PROMETHEUS_TOKEN, or PROMETHEUS_USERNAME and PROMETHEUS_PASSWORD
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub prometheus: Option<String>,
    /// A query to ask, and what it gives, such as
    /// 'requests=sum by (version) (increase(http_requests_total[1m]))'; may be repeated
    #[arg(long = "query", value_name = "ROLE=PROMQL", requires = "prometheus")]
    #[arg(value_parser = binding)]
    pub queries: Vec<Binding>,
}

/// A time as a person writes it. The time zone that it may need is another option.
#[derive(Clone)]
pub(crate) struct Time(String);

impl Time {
    /// Seconds since 1970, UTC.
    ///
    /// # Errors
    /// A sentence with what was expected.
    pub(crate) fn seconds(&self, time_zone: Option<&str>) -> Result<i64, String> {
        let text = &self.0;
        if text == "now" {
            return Ok(now());
        }
        if let Some(ago) = text.strip_prefix('-')
            && let Ok(ago) = days_as_hours(ago).parse::<SignedDuration>()
        {
            return Ok(now().saturating_sub(ago.as_secs()));
        }
        record::time(text, time_zone)
            .map_err(|why| format!("{why}; or now, or a time before now such as -6h"))
    }
}

/// Reads a time, as far as that can be without its time zone.
pub(crate) fn time(text: &str) -> Result<Time, String> {
    let time = Time(text.to_string());
    time.seconds(None).map(|_| time)
}

/// A time of day, in seconds since midnight.
pub(crate) fn time_of_day(text: &str) -> Result<u32, String> {
    let number = |part: &str, past: u32| {
        part.parse::<u32>().ok().filter(|number| *number < past && part.len() == 2)
    };
    text.split_once(':')
        .and_then(|(hours, minutes)| Some(number(hours, 24)? * 3600 + number(minutes, 60)? * 60))
        .ok_or_else(|| format!("found {}, expected a time of day such as 09:30", quoted(text)))
}

/// `2d` as `48h`: a duration has no days, because days differ in length.
fn days_as_hours(text: &str) -> String {
    match text.strip_suffix('d').and_then(|days| days.parse::<u32>().ok()) {
        Some(days) => format!("{}h", u64::from(days) * 24),
        None => text.to_string(),
    }
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |past| past.as_secs().cast_signed())
}

/// A number of seconds: `60s`, `1m` or `60`.
fn step(text: &str) -> Result<u32, String> {
    let seconds = match text.parse::<u32>() {
        Ok(seconds) => Some(seconds),
        Err(_) => days_as_hours(text)
            .parse::<SignedDuration>()
            .ok()
            .filter(|duration| duration.subsec_nanos() == 0)
            .and_then(|duration| u32::try_from(duration.as_secs()).ok()),
    };
    seconds
        .filter(|seconds| (1..=86_400).contains(seconds))
        .ok_or_else(|| format!("found {}, expected 1s to 1d in whole seconds", quoted(text)))
}

fn binding(text: &str) -> Result<Binding, String> {
    text.parse()
}

impl CountsOptions {
    /// A time of an option, in seconds since 1970, UTC.
    pub(crate) fn seconds(&self, time: Option<&Time>) -> Result<Option<i64>, String> {
        let seconds = time.map(|time| time.seconds(self.time_zone.as_deref())).transpose();
        seconds.map_err(|why| format!("--time-zone: {why}"))
    }

    /// The first option that needs recorded counts, if one is given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let given = [
            ("--series", !self.series.is_empty()),
            ("--baseline", self.baseline.is_some()),
            ("--canary", self.canary.is_some()),
            ("--from", self.from.is_some()),
            ("--to", self.to.is_some()),
            ("--step", self.step.is_some()),
            ("--time-zone", self.time_zone.is_some()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(name, _)| name)
    }
}

/// What is read of files or of a server.
pub(crate) fn load(
    files: &[OsString],
    options: &CountsOptions,
    quiet: bool,
) -> Result<Reading, String> {
    let mut bindings = options.series.clone();
    let (from, to) =
        (options.seconds(options.from.as_ref())?, options.seconds(options.to.as_ref())?);
    let inputs = match &options.prometheus {
        Some(_) if !files.is_empty() => {
            return Err("--prometheus: expected files or a server, found both".to_string());
        }
        Some(url) => asked(url, options, [from, to], &mut bindings)?,
        None if files.is_empty() => {
            return Err("expected a file of recorded counts, or --prometheus URL".to_string());
        }
        None => files.iter().map(|file| input(file)).collect::<Result<Vec<Input<'_>>, String>>()?,
    };
    let options = Options {
        series: bindings,
        baseline: options.baseline.clone(),
        canary: options.canary.clone(),
        from,
        to,
        step_seconds: options.step.filter(|_| options.prometheus.is_none()),
        time_zone: options.time_zone.clone(),
        absent_errors_are_zero: None,
    };
    let names: Vec<String> = inputs.iter().map(|input| input.name.clone()).collect();
    let reading = read_from(inputs, &options).map_err(|error| error.lines())?;
    if !quiet {
        tell(&names, &reading);
    }
    Ok(reading)
}

fn input(file: &OsStr) -> Result<Input<'static>, String> {
    let name = name_of(file);
    let bytes: Box<dyn Read> = match name.as_str() {
        "-" => Box::new(std::io::stdin()),
        _ => {
            let file = File::open(file).map_err(|error| format!("{name}: {error}"))?;
            Box::new(BufReader::new(file))
        }
    };
    Ok(Input { name, bytes })
}

/// The answers of a server to all queries.
fn asked(
    url: &str,
    options: &CountsOptions,
    [from, to]: [Option<i64>; 2],
    bindings: &mut Vec<Binding>,
) -> Result<Vec<Input<'static>>, String> {
    if options.queries.is_empty() {
        return Err("--prometheus: expected a --query, such as \
                    'requests=sum(increase(http_requests_total[1m]))'"
            .to_string());
    }
    let from = from.ok_or("--prometheus: expected --from, such as --from -6h")?;
    let to = to.unwrap_or_else(now);
    let step = options.step.unwrap_or(USUAL_STEP);
    if (to - from) / i64::from(step) > MAX_STEPS as i64 {
        return Err(format!(
            "--prometheus: expected at most {} steps of {step} s, found more from --from to --to",
            thousands(MAX_STEPS as u64)
        ));
    }
    // A point is the end of its step, of which the first begins at `from`.
    let server = Server { url, times: [from + i64::from(step), to], step };
    let mut inputs = Vec::new();
    for query in &options.queries {
        // An answer does not have its query, which says whether it is a rate, and over which
        // range. So it is the answer's name.
        let name = query.selector.clone();
        let answer = server.ask(&name)?;
        bindings.push(query.clone());
        inputs.push(Input { name, bytes: Box::new(Cursor::new(answer.into_bytes())) });
    }
    Ok(inputs)
}

/// Prints what was understood.
fn tell(names: &[String], reading: &Reading) {
    for series in &reading.understood {
        let how = if series.told { "read" } else { "guessed" };
        let name = names.get(series.file as usize).map_or("", String::as_str);
        let of =
            if series.series.is_empty() { String::new() } else { format!("{}: ", series.series) };
        say(&format!("canary-rollout: {name}: {how}: {of}{}, because {}", series.role, series.why));
    }
    for warning in &reading.warnings {
        say(&in_source(&warning.file, &warning.problem, "warning: "));
    }
    for assumption in &reading.assumed {
        say(&format!("canary-rollout: assumed: {assumption}"));
    }
    let record = &reading.record;
    let time = |seconds: i64| {
        Timestamp::from_second(seconds)
            .map_or_else(|_| seconds.to_string(), |time| time.to_string())
    };
    let end = record.start() + record.steps() as i64 * i64::from(record.step_seconds());
    say(&format!(
        "canary-rollout: {} steps of {} s, from {} to {}",
        record.steps(),
        record.step_seconds(),
        time(record.start()),
        time(end)
    ));
}
