//! What a series measures, guessed from the words of its name: a metric's name, a
//! query, a header of a column, a file's name.

use super::role::{Measure, Unit, of_percent};
use crate::duration;
use crate::observation::Arm;

const ERRORS: [&str; 17] = [
    "error",
    "errors",
    "err",
    "errs",
    "fail",
    "fails",
    "failed",
    "failure",
    "failures",
    "fault",
    "faults",
    "5xx",
    "5xxs",
    "500",
    "exception",
    "exceptions",
    "errored",
];
const SUCCESSES: [&str; 7] =
    ["success", "successes", "successful", "succeeded", "good", "ok", "successrate"];
const RATES: [&str; 7] = ["rate", "ratio", "pct", "percent", "percentage", "fraction", "errorrate"];
const REQUESTS: [&str; 4] = ["request", "requests", "req", "reqs"];
const PER_SECOND: [&str; 3] = ["rps", "qps", "tps"];
const VOLUME: [&str; 14] = [
    "count",
    "counts",
    "total",
    "hits",
    "hit",
    "calls",
    "call",
    "invocations",
    "invocation",
    "traffic",
    "throughput",
    "events",
    "queries",
    "n",
];
const LATENCIES: [&str; 9] = [
    "latency",
    "latencies",
    "duration",
    "durations",
    "responsetime",
    "elapsed",
    "rt",
    "took",
    "millis",
];

/// What a name says that a series measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sense {
    /// It measures something of a record.
    Measures(Guess),
    /// It measures something else, and why.
    Other(&'static str),
}

/// A guess.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Guess {
    pub(super) measure: Measure,
    /// The unit, where the name says it.
    pub(super) unit: Option<Unit>,
    /// Whether another name of the same measure says it more clearly: `total` is
    /// requests, where there is no `requests`.
    pub(super) is_weak: bool,
    /// The range of a query over a range, `[5m]`, in seconds.
    pub(super) range_seconds: Option<u32>,
}

/// A name, taken apart.
struct Name {
    /// Outside of braces, in lower case.
    outside: String,
    /// The words outside of braces.
    words: Vec<String>,
    /// Inside of braces, in lower case.
    inside: String,
}

impl Name {
    fn new(text: &str) -> Name {
        let (mut outside, mut inside, mut depth) = (String::new(), String::new(), 0u32);
        for character in text.chars() {
            match character {
                '{' => {
                    depth += 1;
                    outside.push(' ');
                }
                '}' => depth = depth.saturating_sub(1),
                _ if depth > 0 => inside.push(character),
                _ => outside.push(character),
            }
        }
        let words = words(&outside);
        Name { outside: outside.to_lowercase(), words, inside: inside.to_lowercase() }
    }

    fn has(&self, list: &[&str]) -> bool {
        self.words.iter().any(|word| list.contains(&word.as_str()))
    }

    fn ends(&self, suffix: &str) -> bool {
        let is_end = |at: usize| {
            let after = self.outside.get(at + suffix.len()..).and_then(|rest| rest.chars().next());
            !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
        };
        self.outside.match_indices(suffix).any(|(at, _)| is_end(at))
    }

    fn calls(&self, functions: &[&str]) -> bool {
        let is_call = |name: &&str| {
            self.outside.match_indices(*name).any(|(at, _)| {
                let before = self.outside.get(..at).and_then(|text| text.chars().next_back());
                let after = self.outside.get(at + name.len()..).unwrap_or_default();
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
                    && after.trim_start().starts_with('(')
            })
        };
        functions.iter().any(is_call)
    }

    /// Whether a label inside of braces selects answers that failed.
    fn selects_errors(&self) -> bool {
        values(&self.inside).any(|(is_not, value)| !is_not && is_failed(value))
    }

    /// Whether a label inside of braces selects answers that did not fail.
    fn selects_successes(&self) -> bool {
        values(&self.inside)
            .any(|(is_not, value)| (is_not && is_failed(value)) || (!is_not && value == "success"))
    }
}

/// What a name says that a series measures; `None` if it says nothing.
pub(super) fn sense(text: &str) -> Option<Sense> {
    let (text, divisor) = match ratio(text) {
        Some((numerator, divisor)) => (numerator, Some(divisor)),
        None => (text, None),
    };
    let name = Name::new(text);
    let guess = |measure, unit| {
        Some(Sense::Measures(Guess {
            measure,
            unit,
            is_weak: false,
            range_seconds: range(&name.outside),
        }))
    };
    let is_time = name.has(&LATENCIES)
        || name.words.windows(2).any(|pair| pair[0] == "response" && pair[1] == "time")
        || name.has(&["seconds", "milliseconds"]) && !name.has(&["per"]);
    if let Some(q) = quantile(text) {
        return guess(Measure::Latency(q), latency_unit(&name));
    }
    if divisor.is_none() && is_time && name.ends("_sum") {
        return Some(Sense::Other("a sum of latencies, not a quantile"));
    }
    if divisor.is_none() && name.ends("_bucket") {
        return Some(Sense::Other(
            "the buckets of a histogram; expected a quantile of them, by histogram_quantile",
        ));
    }
    let counts_times = is_time && (name.ends("_count") || name.ends(".count"));
    if is_time && !counts_times {
        return Some(Sense::Other("a latency that is not a quantile"));
    }
    let one_class = |word: &String| matches!(word.as_str(), "1xx" | "2xx" | "3xx" | "4xx");
    if name.words.iter().any(one_class) {
        return Some(Sense::Other(
            "answers of one class that is neither all nor those that failed",
        ));
    }
    let fails = name.has(&ERRORS) || name.selects_errors();
    let succeeds = name.has(&SUCCESSES) || name.selects_successes();
    let per = count_unit(&name);
    let is_rate = divisor.is_some() || (name.has(&RATES) && per.is_none());
    if is_rate || name.has(&["availability"]) {
        let is_percent = name.has(&["pct", "percent", "percentage"])
            || text.contains('%')
            || [text, divisor.unwrap_or_default()]
                .iter()
                .any(|part| part.replace(' ', "").contains("100*") || part.contains("* 100"));
        let unit = is_percent.then_some(Unit::Percent);
        let start = name.outside.trim_start_matches([' ', '(']);
        let is_rest = ["1 -", "1-", "100 -", "100-"].iter().any(|rest| start.starts_with(rest));
        return match (fails, succeeds || name.has(&["availability"])) {
            (true, _) if is_rest => guess(Measure::SuccessRate, unit),
            (true, _) => guess(Measure::ErrorRate, unit),
            (_, true) if is_rest => guess(Measure::ErrorRate, unit),
            (_, true) => guess(Measure::SuccessRate, unit),
            // "request rate", "hit rate"
            _ if divisor.is_none() && name.has(&REQUESTS) => {
                guess(Measure::Requests, Some(Unit::PerSecond))
            }
            _ => None,
        };
    }
    if fails {
        return guess(Measure::Errors, per);
    }
    if succeeds {
        return guess(Measure::Successes, per);
    }
    let is_weak = !name.has(&REQUESTS) && !name.has(&PER_SECOND) && !counts_times;
    if is_weak && !name.has(&VOLUME) {
        return None;
    }
    let per = per.or(name.has(&PER_SECOND).then_some(Unit::PerSecond));
    Some(Sense::Measures(Guess {
        measure: Measure::Requests,
        unit: per,
        is_weak,
        range_seconds: range(&name.outside),
    }))
}

/// Which version a name says: `checkout-canary`, `podinfo-primary`.
pub(super) fn arm(text: &str) -> Option<Arm> {
    words(text).iter().find_map(|word| match word.as_str() {
        "canary" | "candidate" | "preview" => Some(Arm::Canary),
        "baseline" | "stable" | "primary" | "control" => Some(Arm::Baseline),
        _ => None,
    })
}

/// Whether a value of a label such as `code` or `outcome` is that of a failed request:
/// `503`, `5xx`, `5..`, `error`.
pub(super) fn is_failed(value: &str) -> bool {
    let value = value.trim_start_matches(['(', '^', '[']).to_lowercase();
    let is_code = value.len() == 3 && value.parse::<u16>().is_ok();
    let is_pattern = !is_code && value.chars().all(|c| "0123456789x.*+?[]()|^$-\\d".contains(c));
    matches!(value.as_str(), "error" | "errors" | "failure" | "failed" | "fail" | "server_error")
        || (value.starts_with('5') && (is_code || is_pattern))
        || (value.starts_with('4') && is_pattern && value.contains('5'))
}

/// The quantile that a name or the value of a label says: `p99`, `99th`, `0.99`.
pub(super) fn quantile(text: &str) -> Option<f64> {
    let text = text.to_lowercase();
    if let Some(at) = text.find("quantile(") {
        let rest = text.get(at + "quantile(".len()..)?.trim_start();
        let end = rest.find(|c: char| c != '.' && !c.is_ascii_digit())?;
        let q: f64 = rest.get(..end)?.parse().ok()?;
        return (q > 0.0 && q < 1.0).then_some(q);
    }
    let outside = Name::new(&text).outside;
    let bytes = outside.as_bytes();
    for at in 0..bytes.len() {
        let starts = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        if !starts {
            continue;
        }
        let rest = &outside.get(at..).unwrap_or_default();
        let prefix = ["percentile_", "percentile", "p", "q"];
        let after = prefix.iter().find_map(|prefix| rest.strip_prefix(prefix));
        if let Some(percent) = after.and_then(leading_percent) {
            return Some(of_percent(percent));
        }
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let is_ordinal = rest.get(digits..).is_some_and(|rest| rest.starts_with("th"));
        if (1..=2).contains(&digits) && is_ordinal {
            let percent: f64 = rest.get(..digits)?.parse().ok()?;
            return (percent > 0.0).then(|| of_percent(percent));
        }
    }
    words(&outside).iter().any(|word| word == "median").then_some(0.5)
}

/// The percentage at the start of `99`, `99.9_ms`, `999`, of a quantile.
fn leading_percent(text: &str) -> Option<f64> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = text.get(digits..)?;
    let decimals = rest
        .strip_prefix('.')
        .map_or(0, |rest| rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len());
    let percent: f64 = match (digits, decimals) {
        (1..=2, 0) => text.get(..digits)?.parse().ok()?,
        (1..=2, 1..=4) => text.get(..digits + 1 + decimals)?.parse().ok()?,
        (3..=5, 0) if text.starts_with("99") => {
            format!("{}.{}", text.get(..2)?, text.get(2..digits)?).parse().ok()?
        }
        _ => return None,
    };
    (percent > 0.0 && percent < 100.0).then_some(percent)
}

/// The numerator and the divisor of a query that divides, outside of braces and quotes.
fn ratio(text: &str) -> Option<(&str, &str)> {
    if !text.contains(['(', ':', '{']) {
        return None;
    }
    let (mut depth, mut quoted) = (0u32, false);
    for (at, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '{' if !quoted => depth += 1,
            '}' if !quoted => depth = depth.saturating_sub(1),
            '/' if !quoted && depth == 0 && text.contains(' ') => {
                return Some((text.get(..at)?, text.get(at + 1..)?));
            }
            _ => {}
        }
    }
    None
}

/// The values that labels are compared with, in the braces of a query of Prometheus or
/// Datadog, and whether they are excluded.
fn values(inside: &str) -> impl Iterator<Item = (bool, &str)> {
    inside.split([',', ' ']).filter_map(|part| {
        let part = part.trim();
        let at = part.find(['=', '!', ':', '~'])?;
        let (operator, is_negated) = (part.get(at..)?, part.starts_with(['!', '-']));
        let value =
            operator.trim_start_matches(['=', '!', '~', ':']).trim_matches(['"', '\'', '`']);
        Some((is_negated || operator.starts_with('!'), value))
    })
}

/// The unit of a count.
fn count_unit(name: &Name) -> Option<Unit> {
    let per = |unit: &[&str]| {
        name.words.windows(2).any(|pair| pair[0] == "per" && unit.contains(&pair[1].as_str()))
    };
    if name.calls(&["rate", "irate", "as_rate", "per_second"]) || per(&["second", "sec", "s"]) {
        Some(Unit::PerSecond)
    } else if per(&["minute", "min"]) || name.calls(&["per_minute"]) {
        Some(Unit::PerMinute)
    } else if name.calls(&["increase", "delta", "as_count"]) {
        Some(Unit::PerStep)
    } else {
        let has_range = range(&name.outside).is_some();
        (!has_range && (name.ends("_total") || name.ends("_count"))).then_some(Unit::Counter)
    }
}

/// The unit of a latency.
fn latency_unit(name: &Name) -> Option<Unit> {
    // `p99ms`
    let units = |list: &[&str]| {
        name.words.iter().any(|word| {
            let after_digits = word.trim_start_matches(['p', 'q']);
            let after_digits = after_digits.trim_start_matches(|c: char| c.is_ascii_digit());
            list.contains(&word.as_str())
                || (after_digits.len() < word.len() && list.contains(&after_digits))
        })
    };
    if units(&["ms", "msec", "msecs", "millis", "milliseconds", "millisecond"]) {
        Some(Unit::Milliseconds)
    } else if units(&["us", "µs", "usec", "micros", "microseconds", "microsecond"]) {
        Some(Unit::Microseconds)
    } else if units(&["ns", "nanos", "nanoseconds", "nanosecond"]) {
        Some(Unit::Nanoseconds)
    } else if units(&["s", "sec", "secs", "seconds", "second"]) {
        Some(Unit::Seconds)
    } else {
        None
    }
}

/// The seconds of the first `[5m]` of a query.
fn range(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once('[')?;
    let (range, _) = rest.split_once([']', ':'])?;
    let seconds = duration::prometheus(range.trim())?;
    (seconds >= 1.0 && seconds.fract() == 0.0 && seconds <= f64::from(u32::MAX))
        .then_some(seconds as u32)
}

/// The words of a name, in lower case: parted by what is no letter or digit, and where
/// `camelCase` parts them.
pub(super) fn words(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (i, letter) in letters.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|i| letters.get(i));
        let after = letters.get(i + 1);
        let is_start = letter.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || (before.is_uppercase() && after.is_some_and(|after| after.is_lowercase()))
            });
        if (!letter.is_alphanumeric() || is_start) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
