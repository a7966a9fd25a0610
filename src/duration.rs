//! Durations as people write them for Go, Argo Rollouts and Prometheus.

/// The units of Go's `time.ParseDuration`, in seconds.
const GO: [(&str, f64); 8] = [
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("μs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3_600.0),
];
/// The units of Prometheus, in seconds; a year has 365 days.
const PROMETHEUS: [(&str, f64); 7] = [
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3_600.0),
    ("d", 86_400.0),
    ("w", 604_800.0),
    ("y", 31_536_000.0),
];
/// The longest duration of Go, 2^63 - 1 nanoseconds, in seconds.
const GO_LONGEST: f64 = 9_223_372_036.854_775;

/// A duration as Go's `time.ParseDuration` reads it, in seconds: a sign, then numbers
/// with a unit each (`1h15m30.5s`), or `0`. `None` for anything else, such as a number
/// without a unit or a day.
pub(crate) fn go(text: &str) -> Option<f64> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0.0);
    }
    let seconds = sum(rest, &GO, true)?;
    (seconds <= GO_LONGEST).then_some(sign * seconds)
}

/// A duration of Prometheus in seconds: whole numbers with a unit each, the units from
/// the longest to the shortest (`1d12h`), or `0`.
pub(crate) fn prometheus(text: &str) -> Option<f64> {
    if text == "0" { Some(0.0) } else { sum(text, &PROMETHEUS, false) }
}

/// The duration of a pause of Argo Rollouts, in whole seconds: a string of digits is a
/// number of seconds, another string a duration of Go without its fraction of a
/// second. (`RolloutPause.DurationSeconds` in `types.go`.)
pub(crate) fn argo_pause(text: &str) -> Option<f64> {
    match text.parse::<i64>() {
        Ok(seconds) => Some(seconds as f64),
        Err(_) => go(text).map(f64::trunc),
    }
}

/// The sum of numbers with a unit each.
fn sum(text: &str, units: &[(&str, f64)], fractions: bool) -> Option<f64> {
    let mut rest = text;
    let mut seconds = 0.0;
    let mut before = f64::INFINITY;
    while !rest.is_empty() || text.is_empty() {
        let is_number = |c: char| c.is_ascii_digit() || (fractions && c == '.');
        let end = rest.find(|c| !is_number(c))?;
        let (number, after) = rest.split_at_checked(end)?;
        let end = after.find(is_number).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(end)?;
        let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
        if !number.contains(|c: char| c.is_ascii_digit()) || (!fractions && *factor >= before) {
            return None;
        }
        seconds += number.parse::<f64>().ok()? * factor;
        before = *factor;
        rest = after;
    }
    Some(seconds)
}

/// A duration in the fewest words: `90s`, `5m`, `1h`, `0.5s`.
pub(crate) fn written(seconds: f64) -> String {
    let whole = |unit: f64| seconds != 0.0 && seconds % unit == 0.0;
    if whole(3_600.0) {
        format!("{}h", seconds / 3_600.0)
    } else if whole(60.0) {
        format!("{}m", seconds / 60.0)
    } else {
        format!("{seconds}s")
    }
}
