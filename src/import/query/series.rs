//! What one series of a query counts, from its name and its labels.

use super::{Of, Unit};

/// What a series counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// All requests.
    All,
    /// Requests with an error.
    Errors,
    /// Requests without an error.
    Successes,
    /// All requests but those with an error of the client: a kind of success as a part,
    /// and all as a whole.
    NotClientErrors,
}

/// What a series is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// A count.
    Count(What),
    /// A rate of errors or successes, times a scale.
    Rate { success: bool, scale: f64 },
    /// Latencies, as a histogram or a gauge; the quantile if it says one.
    Latency { quantile: Option<f64>, unit: Unit },
    /// The sum of latencies.
    LatencySum(Unit),
    /// Nothing known.
    Unknown,
}

/// A condition on a label.
#[derive(Clone, Debug)]
pub(super) struct Matcher {
    pub(super) label: String,
    pub(super) negated: bool,
    pub(super) value: String,
}

/// The conditions in a text such as `code!~"5..",service="x"` (PromQL),
/// `service:x,!code:404` (Datadog), `code!=500 and service="x"` (Wavefront, NRQL).
pub(super) fn matchers(text: &str) -> Vec<Matcher> {
    parts(text).iter().filter_map(|part| matcher(part)).collect()
}

/// Splits at commas, line breaks and `and` outside of quotes and braces.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quote = None;
    let mut depth = 0;
    for c in text.chars() {
        match quote {
            Some(end) if c == end => quote = None,
            Some(_) => {}
            None => match c {
                '"' | '\'' | '`' => quote = Some(c),
                '{' | '(' | '[' => depth += 1,
                '}' | ')' | ']' => depth -= 1,
                ',' | '\n' if depth <= 0 => {
                    parts.push(String::new());
                    continue;
                }
                _ => {}
            },
        }
        if let Some(part) = parts.last_mut() {
            part.push(c);
            let is_end = quote.is_none() && depth <= 0 && c.is_whitespace();
            if is_end && part.to_ascii_lowercase().ends_with(" and ") {
                part.truncate(part.len() - 5);
                parts.push(String::new());
            }
        }
    }
    parts
}

fn matcher(part: &str) -> Option<Matcher> {
    let mut part = part.trim();
    let mut negated = false;
    for prefix in ["NOT ", "not ", "!", "-"] {
        if let Some(rest) = part.strip_prefix(prefix) {
            (part, negated) = (rest.trim(), true);
        }
    }
    for operator in [
        "!~", "!=", "=~", "==", ">=", "<=", "<>", "=", ">", "<", ":", " is not ", " IS NOT ",
        " is ", " IS ",
    ] {
        // Only the first operator counts: a value may contain others.
        let end = part.find(['"', '\'']).unwrap_or(part.len());
        let Some(at) = part.get(..end).and_then(|head| head.find(operator)) else { continue };
        let (label, value) = (part.get(..at)?, part.get(at + operator.len()..)?);
        let unquoted = |text: &str| text.trim().trim_matches(['"', '\'', '`']).to_string();
        let value = unquoted(value);
        let flips = operator.starts_with('!')
            || operator == "<>"
            || operator.trim().eq_ignore_ascii_case("is not");
        // `status < 500`.
        let below = operator.starts_with('<') && operator != "<>" && value.starts_with('5');
        let label = unquoted(label);
        return Some(Matcher { label, negated: negated ^ flips ^ below, value });
    }
    None
}

/// What a series with this name and these labels is.
pub(super) fn kind(name: &str, matchers: &[Matcher]) -> Kind {
    let name = name.to_ascii_lowercase();
    let has = |word: &str| name.contains(word);
    let what = what_by_labels(matchers);
    let label = |wanted: &str| matchers.iter().find(|one| one.label == wanted && !one.negated);
    let any = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let is_time = any(&[
        "duration",
        "latency",
        "latencies",
        "response_time",
        "response.time",
        "responsetime",
        "totaltime",
    ]) || (any(&["time", "elapsed"])
        && any(&["seconds", "_ms", "millis", "request", "response"])
        && !has("timeout"));
    let percent = if any(&["percent", "pct"]) { 100.0 } else { 1.0 };
    let is_rate = any(&["rate", "ratio", "percent", "pct"]) && !has("rate1m:");
    if any(&["success"]) && is_rate {
        return Kind::Rate { success: true, scale: percent };
    }
    if any(&["error", "fail", "5xx"])
        && any(&["rate", "ratio", "percent", "pct"])
        && !has("rate_total")
    {
        return Kind::Rate { success: false, scale: percent };
    }
    if is_time {
        let unit = unit(&name);
        if let Some(quantile) = label("quantile").and_then(|one| one.value.parse::<f64>().ok()) {
            return Kind::Latency { quantile: Some(quantile), unit };
        }
        let inside = label("le").is_some_and(|one| !one.value.contains("Inf"));
        return match () {
            () if inside => Kind::Unknown,
            () if name.ends_with("_count") => Kind::Count(what.unwrap_or(What::All)),
            () if name.ends_with("_sum") || name.ends_with("_total") => Kind::LatencySum(unit),
            // A histogram filtered by status is one of counts.
            () if name.ends_with("_bucket") && (what.is_some() || label("le").is_some()) => {
                Kind::Count(what.unwrap_or(What::All))
            }
            () => Kind::Latency { quantile: quantile_in(&name), unit },
        };
    }
    let counted = || {
        if any(&["success", ".2xx", "_2xx", "successes"]) {
            Some(What::Successes)
        } else if any(&["error", "fail", "5xx", "exception", "fault"]) {
            Some(What::Errors)
        } else if any(&[
            "request",
            "http",
            "grpc",
            "rq",
            "hits",
            "call",
            "response",
            "transaction",
            "trace",
            "invocation",
            "requestcount",
            "query",
            "queries",
            "hit",
            "message",
            "handled",
            "serve",
            "istio",
            "status",
            "upstream",
        ]) {
            Some(What::All)
        } else {
            None
        }
    };
    match what.or_else(counted) {
        Some(what) => Kind::Count(what),
        None => Kind::Unknown,
    }
}

/// What the labels that tell of success select; `None` without one.
pub(super) fn what_by_labels(matchers: &[Matcher]) -> Option<What> {
    let mut found = None;
    for one in matchers {
        let what = match outcome(&one.label, &one.value) {
            Some(Outcome::Error) if one.negated => What::Successes,
            Some(Outcome::ClientError) if one.negated => What::NotClientErrors,
            Some(Outcome::Error | Outcome::ClientError) => What::Errors,
            Some(Outcome::Success) if one.negated => What::Errors,
            Some(Outcome::Success) => What::Successes,
            // "status is not something".
            None if one.negated && tells_of_status(&one.label) => What::Successes,
            None => continue,
        };
        let weight = |what: &What| match what {
            What::Errors => 3,
            What::Successes => 2,
            What::NotClientErrors => 1,
            What::All => 0,
        };
        found = found.into_iter().chain([what]).max_by_key(weight);
    }
    found
}

enum Outcome {
    Success,
    Error,
    ClientError,
}

fn tells_of_status(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    ["code", "status", "class", "outcome", "result", "error", "success", "exception"]
        .iter()
        .any(|word| label.contains(word))
}

/// What a value of a label says.
fn outcome(label: &str, value: &str) -> Option<Outcome> {
    let label = label.to_ascii_lowercase();
    let value = value.to_ascii_lowercase();
    if !tells_of_status(&label)
        && !["type", "state", "grade"].iter().any(|word| label.contains(word))
    {
        return None;
    }
    match value.as_str() {
        "true" | "1" if label.contains("error") => return Some(Outcome::Error),
        "false" | "0" if label.contains("error") => return Some(Outcome::Success),
        "true" | "1" if label.contains("success") => return Some(Outcome::Success),
        "false" | "0" if label.contains("success") => return Some(Outcome::Error),
        _ => {}
    }
    let outcomes: Vec<Outcome> = value.split('|').filter_map(alternative).collect();
    if outcomes.iter().any(|one| matches!(one, Outcome::Success)) {
        return Some(Outcome::Success);
    }
    let is_error = |one: &Outcome| matches!(one, Outcome::Error);
    match outcomes.iter().any(is_error) {
        true => Some(Outcome::Error),
        false => outcomes.into_iter().next(),
    }
}

/// What one alternative of a pattern says: `5..`, `[45]xx`, `2\d\d`, `[^5].*`, `ok`.
fn alternative(text: &str) -> Option<Outcome> {
    let text = text.trim_matches(['^', '$', '(', ')', '?', ':', ' ', '.']);
    let of_digit = |digit: char| match digit {
        '1' | '2' | '3' => Some(Outcome::Success),
        '4' => Some(Outcome::ClientError),
        '5' => Some(Outcome::Error),
        _ => None,
    };
    if let Some(set) = text.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
        if let Some(others) = set.strip_prefix('^') {
            return others.contains('5').then_some(Outcome::Success);
        }
        let has_success = set.contains(['1', '2', '3']);
        let outcome = if has_success { Outcome::Success } else { Outcome::Error };
        return set.contains(|c: char| c.is_ascii_digit()).then_some(outcome);
    }
    if let Some(first) = text.chars().next().filter(char::is_ascii_digit) {
        let is_class =
            text.len() >= 3 || text.len() == 1 || text.ends_with('x') || text.contains('*');
        return if is_class { of_digit(first) } else { None };
    }
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["success", "succeeded"]) || ["ok", "good"].contains(&text) {
        Some(Outcome::Success)
    } else if says(&["client_error"]) {
        Some(Outcome::ClientError)
    } else if says(&["fail", "error", "unavailable", "internal", "exception", "timeout", "unknown"])
    {
        Some(Outcome::Error)
    } else {
        None
    }
}

/// The unit that a name says; seconds by Prometheus's convention.
pub(super) fn unit(name: &str) -> Unit {
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let is_ms = says(&["milliseconds", "_ms", "ms_", "millis", ".ms", "msec"]);
    if is_ms { Unit::Milliseconds } else { Unit::Seconds }
}

/// The quantile in a name such as `p99`, `p999`, `upper_95`, `99percentile`.
pub(super) fn quantile_in(name: &str) -> Option<f64> {
    let name = name.to_ascii_lowercase();
    let digits_after = |at: usize| -> Option<f64> {
        let rest = name.get(at..)?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let after = rest.get(digits.len()..)?;
        let number = digits.parse::<f64>().ok()?;
        let (number, digits) = match after.strip_prefix('.') {
            Some(more) if digits.len() == 2 && more.starts_with(|c: char| c.is_ascii_digit()) => {
                let more: String = more.chars().take_while(char::is_ascii_digit).collect();
                // Read as decimals: 99.9 / 100 would not be 0.999.
                return format!("0.{digits}{more}").parse::<f64>().ok();
            }
            _ => (number, digits.len()),
        };
        match digits {
            2 => Some(number / 100.0),
            3 if number >= 900.0 => Some(number / 1_000.0),
            4 if number >= 9_000.0 => Some(number / 10_000.0),
            _ => None,
        }
    };
    if name.contains("median") {
        return Some(0.5);
    }
    for prefix in ["p", "upper_", "percentile", "pct", "quantile_"] {
        for (at, _) in name.match_indices(prefix) {
            let before = name.get(..at).and_then(|before| before.chars().next_back());
            let is_start = prefix != "p" || !before.is_some_and(char::is_alphanumeric);
            if let Some(quantile) = digits_after(at + prefix.len()).filter(|_| is_start) {
                return Some(quantile);
            }
        }
    }
    None
}

/// Whose requests a text selects; `None` if it does not say.
pub(super) fn of(text: &str, matchers: &[Matcher]) -> Option<Of> {
    let of_text = |text: &str| {
        let text = text.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let squeezed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let is_stable = says(&["stable", "primary", "baseline"]);
        let is_target = squeezed.contains("{{target}}") && !is_stable;
        let is_canary =
            says(&["canary", "latest-hash", "latesthash", "preview", "candidate"]) || is_target;
        match (is_canary, is_stable) {
            (true, false) => Some(Of::Canary),
            (false, true) => Some(Of::Stable),
            (true, true) => Some(Of::Service),
            (false, false) => None,
        }
    };
    for one in matchers {
        // A label such as `canary="true"` says it itself.
        let said = match of_text(&one.value) {
            None if !["", "false", "0"].contains(&one.value.as_str()) => of_text(&one.label),
            said => said,
        };
        let Some(said) = said else { continue };
        return Some(match (said, one.negated) {
            (Of::Canary, true) => Of::Stable,
            (Of::Stable, true) => Of::Canary,
            (said, _) => said,
        });
    }
    of_text(text)
}
