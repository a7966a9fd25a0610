//! Times, as files have them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::message::quoted;

/// Unix times before 1973 are probably something else, such as a number of minutes.
const FIRST_SECOND: f64 = 1e8;
/// The end of the year 9999, in seconds since 1970.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// How a column of times is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Since 1970, in units of which 10 to this power are a second.
    Unix(i32),
    /// RFC 3339, with an offset.
    Zoned,
    /// A date and a time of day, without an offset.
    Local,
}

impl Format {
    /// How a sentence names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Format::Unix(0) => "Unix time in seconds",
            Format::Unix(3) => "Unix time in milliseconds",
            Format::Unix(6) => "Unix time in microseconds",
            Format::Unix(_) => "Unix time in nanoseconds",
            Format::Zoned => "a time with its offset",
            Format::Local => "a local time",
        }
    }

    /// How a time is written.
    ///
    /// # Errors
    /// A sentence, if it is none.
    pub(super) fn of(text: &str) -> Result<Format, String> {
        if let Ok(number) = text.parse::<f64>() {
            return match number {
                number if !(FIRST_SECOND..1e20).contains(&number) => Err(expected(text)),
                number if number < 1e11 => Ok(Format::Unix(0)),
                number if number < 1e14 => Ok(Format::Unix(3)),
                number if number < 1e17 => Ok(Format::Unix(6)),
                _ => Ok(Format::Unix(9)),
            };
        }
        if zoned(text).is_some() {
            Ok(Format::Zoned)
        } else if local(text).is_some() {
            Ok(Format::Local)
        } else {
            Err(expected(text))
        }
    }

    /// Milliseconds since 1970, UTC, of a time in this format; of a local time, without
    /// its offset. `None` if it is written in another one.
    pub(super) fn read(self, text: &str) -> Option<i64> {
        match self {
            Format::Unix(power) => {
                let number: f64 = text.parse().ok()?;
                let scale = [1.0, 1e3, 1e6, 1e9];
                seconds(number / scale.get(power as usize / 3)?)
            }
            Format::Zoned => zoned(text),
            Format::Local => TimeZone::UTC
                .to_ambiguous_timestamp(local(text)?)
                .compatible()
                .ok()
                .map(Timestamp::as_millisecond),
        }
    }
}

/// What a time in a time zone is.
pub(super) enum InZone {
    /// One time, in milliseconds since 1970.
    One(i64),
    /// An hour that a day has twice: the earlier and the later time.
    Twice(i64, i64),
    /// An hour that a day does not have.
    Never,
}

/// A local time in a time zone. `None` if it is no local time.
pub(super) fn in_zone(text: &str, zone: &TimeZone) -> Option<InZone> {
    let ambiguous = zone.to_ambiguous_timestamp(local(text)?);
    let millis = |time: Result<Timestamp, jiff::Error>| time.ok().map(Timestamp::as_millisecond);
    Some(match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => InZone::One(millis(ambiguous.compatible())?),
        AmbiguousOffset::Gap { .. } => InZone::Never,
        AmbiguousOffset::Fold { .. } => {
            InZone::Twice(millis(ambiguous.earlier())?, millis(ambiguous.later())?)
        }
    })
}

/// Seconds since 1970, UTC, of a time as CSV may have it: with its offset, as Unix time, or
/// as a local time or a date in a time zone, see [`Options::time_zone`](super::Options);
/// without one in UTC. An hour that a day has twice is the earlier one.
///
/// # Errors
/// A sentence with what was expected.
pub fn time(text: &str, time_zone: Option<&str>) -> Result<i64, String> {
    let text = text.trim();
    let millis = match Format::of(text)? {
        Format::Local => {
            let zone = time_zone.map_or(Ok(TimeZone::UTC), zone)?;
            match in_zone(text, &zone) {
                Some(InZone::One(millis) | InZone::Twice(millis, _)) => Some(millis),
                Some(InZone::Never) => {
                    return Err(format!("the day does not have the hour of {}", quoted(text)));
                }
                None => None,
            }
        }
        format => format.read(text),
    };
    millis.map(|millis| millis.div_euclid(1000)).ok_or_else(|| expected(text))
}

/// A time zone: a name such as `Europe/Berlin`, an offset such as `+02:00`, `UTC`, or a
/// rule of POSIX such as `CET-1CEST,M3.5.0,M10.5.0/3`. Names need a list of time zones,
/// which a browser does not have.
///
/// # Errors
/// A sentence, if it is none of them.
pub(super) fn zone(text: &str) -> Result<TimeZone, String> {
    let text = text.trim();
    if matches!(text, "UTC" | "utc" | "Z" | "GMT") {
        return Ok(TimeZone::UTC);
    }
    let parsed = DateTimeParser::new().parse_time_zone(text);
    parsed.map_err(|_| {
        let rule = "an offset such as +02:00, or a rule such as CET-1CEST,M3.5.0,M10.5.0/3";
        match cfg!(target_family = "wasm") {
            true => format!(
                "expected UTC, {rule}; names of time zones are not known here, found {}",
                quoted(text)
            ),
            false => format!(
                "expected a time zone: a name such as Europe/Berlin, {rule}, found {}",
                quoted(text)
            ),
        }
    })
}

/// Milliseconds of a number of seconds since 1970; `None` outside the years 1 to 9999.
pub(super) fn seconds(seconds: f64) -> Option<i64> {
    (seconds.abs() <= LAST_SECOND).then(|| (seconds * 1000.0).round() as i64)
}

/// Milliseconds of a time with its offset.
pub(super) fn zoned(text: &str) -> Option<i64> {
    let read = |text: &str| text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond);
    let utc = [" UTC", " GMT"].iter().find_map(|zone| text.strip_suffix(zone));
    match utc {
        Some(text) => Format::Local.read(text),
        None => read(text),
    }
}

/// A time in milliseconds since 1970 as a sentence shows it.
pub(super) fn shown(millis: i64) -> String {
    match Timestamp::from_millisecond(millis) {
        Ok(time) => time.to_string(),
        Err(_) => millis.to_string(),
    }
}

/// A time in seconds since 1970 as a sentence shows it.
pub(crate) fn shown_time(seconds: i64) -> String {
    shown(seconds.saturating_mul(1000))
}

fn local(text: &str) -> Option<DateTime> {
    if let Ok(time) = text.parse::<DateTime>() {
        // A Z or an offset would be left out.
        let has_offset =
            text.get(10..).is_some_and(|rest| rest.contains(['+', '-', 'Z', 'z', '[']));
        return (!has_offset).then_some(time);
    }
    // 2026/03/29 02:30
    let bytes = text.as_bytes();
    let is_slashed = bytes.get(4) == Some(&b'/') && bytes.get(7) == Some(&b'/');
    is_slashed.then(|| text.replace('/', "-").parse().ok()).flatten()
}

fn expected(text: &str) -> String {
    format!(
        "expected a time such as 2026-03-29T02:30:00Z, 2026-03-29 02:30:00 or 1774751400, found {}",
        quoted(text)
    )
}
