//! Queries that are expressions: PromQL, Datadog, Wavefront, and formulas of metrics.
//!
//! The expression is parsed loosely, and each part of it is what it measures: a count
//! of errors divided by a count of requests is an error rate.

use super::series::{self, Kind, Matcher, What};
use super::{Guess, Language, Measures, Metric, Of, Quantity, Unit};
use crate::duration;
use crate::json::plain;

/// The depth to which an expression may be nested.
const MAX_DEPTH: u32 = 64;
/// What `irate` sees: two scrapes, taken to be this many seconds apart.
const SCRAPES: f64 = 30.0;

/// What a query of such a language measures.
pub(super) fn guess(metric: &Metric<'_>) -> Option<Guess> {
    let mut parts: Vec<(String, Value)> = Vec::new();
    for (name, text) in metric.parts {
        let value = Parser::new(text, metric, &parts).whole()?;
        parts.push((name.clone(), value));
    }
    let value = Parser::new(metric.text, metric, &parts).whole()?;
    value.guess()
}

/// What a formula of measured metrics measures.
pub(super) fn formula(text: &str, metrics: &[(String, Guess)]) -> Option<Guess> {
    let parts: Vec<(String, Value)> =
        metrics.iter().map(|(name, guess)| (name.clone(), Value::of_guess(guess))).collect();
    let metric = Metric {
        name: "",
        text,
        parts: &[],
        language: Language::Prometheus,
        default_window: None,
        limits: &[],
    };
    Parser::new(text, &metric, &parts).whole()?.guess()
}

/// What a part of an expression is.
#[derive(Clone, Copy, Debug)]
enum Is {
    Number(f64),
    Count { what: What, per_second: bool, scale: f64 },
    Rate { success: bool, scale: f64 },
    Latency { quantile: Option<f64>, unit: Unit, scale: f64 },
    LatencySum(Unit),
    Difference(f64),
    ErrorRatio(f64),
    LatencyDifference { quantile: Option<f64>, unit: Unit, scale: f64 },
    LatencyRatio { quantile: Option<f64>, scale: f64 },
    Unknown,
}

#[derive(Clone, Copy, Debug)]
struct Value {
    is: Is,
    of: Option<Of>,
    window: Option<f64>,
    empty: Option<f64>,
    /// Whether the mean of latencies stands for a quantile.
    mean: bool,
    /// Whether the last two scrapes are all that is seen.
    irate: bool,
    /// Whether only requests with an error are selected.
    selects_errors: bool,
}

impl Value {
    fn new(is: Is) -> Self {
        Value {
            is,
            of: None,
            window: None,
            empty: None,
            mean: false,
            irate: false,
            selects_errors: false,
        }
    }

    fn of_guess(guess: &Guess) -> Self {
        let Measures { quantity, of, quantile, unit, window_seconds, scale, empty, .. } =
            guess.measures;
        let count = |what, per_second| Is::Count { what, per_second, scale };
        let is = match quantity {
            Quantity::SuccessRate => Is::Rate { success: true, scale },
            Quantity::ErrorRate => Is::Rate { success: false, scale },
            Quantity::Latency => Is::Latency { quantile: Some(quantile), unit, scale },
            Quantity::Requests => count(What::All, false),
            Quantity::Errors => count(What::Errors, false),
            Quantity::RequestsPerSecond => count(What::All, true),
            Quantity::ErrorsPerSecond => count(What::Errors, true),
            _ => Is::Unknown,
        };
        let of = Some(of).filter(|of| *of != Of::Service);
        Value { of, window: window_seconds, empty, ..Value::new(is) }
    }

    /// The guess that it is; `None` if it is nothing that is measured.
    fn guess(self) -> Option<Guess> {
        let (quantity, scale, why) = match self.is {
            Is::Number(_) | Is::LatencySum(_) | Is::Unknown => return None,
            Is::Count { what, per_second, scale } => {
                let (quantity, what) = match (what, per_second) {
                    (What::Errors, false) => (Quantity::Errors, "responses that are errors"),
                    (What::Errors, true) => {
                        (Quantity::ErrorsPerSecond, "responses that are errors")
                    }
                    (_, false) => (Quantity::Requests, "responses"),
                    (_, true) => (Quantity::RequestsPerSecond, "responses"),
                };
                let per = if per_second { " per second" } else { "" };
                (quantity, scale, format!("the query counts {what}{per}"))
            }
            Is::Rate { success: true, scale } => {
                let why = "the query divides responses that are not errors by all responses";
                (Quantity::SuccessRate, scale, why.to_string())
            }
            Is::Rate { success: false, scale } => {
                let why = "the query divides responses that are errors by all responses";
                (Quantity::ErrorRate, scale, why.to_string())
            }
            Is::Latency { quantile, scale, .. } => {
                let why = match quantile {
                    _ if self.mean => {
                        "the query takes the mean latency, for which the median stands".to_string()
                    }
                    Some(quantile) => {
                        format!("the query takes the quantile {} of the latency", plain(quantile))
                    }
                    None => {
                        "the query reads a latency and no quantile; the median is taken".to_string()
                    }
                };
                (Quantity::Latency, scale, why)
            }
            Is::Difference(scale) => {
                let why = "the query subtracts one version’s error rate from the other’s";
                (Quantity::ErrorRateDifference, scale, why.to_string())
            }
            Is::ErrorRatio(scale) => {
                let why = "the query divides one version’s error rate by the other’s";
                (Quantity::ErrorRateRatio, scale, why.to_string())
            }
            Is::LatencyDifference { scale, .. } => {
                let why = "the query subtracts one version’s latency from the other’s";
                (Quantity::LatencyDifference, scale, why.to_string())
            }
            Is::LatencyRatio { scale, .. } => {
                let why = "the query divides one version’s latency by the other’s";
                (Quantity::LatencyRatio, scale, why.to_string())
            }
        };
        let mut measures = Measures { scale, empty: self.empty, ..Measures::new(quantity) };
        measures.of = self.of.unwrap_or(Of::Service);
        measures.window_seconds = self.window;
        measures.selects_errors = self.selects_errors;
        let mut why = why;
        if self.irate {
            measures.window_seconds = self.window.map(|window| window.min(SCRAPES));
            why += "; irate sees the last two scrapes only";
        }
        if let Is::Latency { quantile, unit, .. } | Is::LatencyDifference { quantile, unit, .. } =
            self.is
        {
            measures.quantile = quantile.unwrap_or(0.5);
            measures.unit = unit;
        }
        if let Is::LatencyRatio { quantile, .. } = self.is {
            measures.quantile = quantile.unwrap_or(0.5);
        }
        Some(Guess { measures, why })
    }

    /// This value, with what another one says beside it.
    fn with(self, is: Is, other: Value) -> Value {
        let window = match (self.window, other.window) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
        let empty = self.empty;
        Value {
            is,
            of: self.of.or(other.of),
            window,
            empty,
            mean: self.mean || other.mean,
            irate: self.irate || other.irate,
            // What is divided by, added or subtracted has all requests.
            selects_errors: self.selects_errors && matches!(is, Is::Rate { success: false, .. }),
        }
    }

    /// Multiplied by a number.
    fn times(self, factor: f64) -> Value {
        let is = match self.is {
            Is::Number(number) => Is::Number(number * factor),
            Is::Count { what, per_second, scale } => {
                Is::Count { what, per_second, scale: scale * factor }
            }
            Is::Rate { success, scale } => Is::Rate { success, scale: scale * factor },
            Is::Latency { quantile, unit, scale } => match (unit, factor) {
                (Unit::Seconds, 1_000.0) if scale == 1.0 => {
                    Is::Latency { quantile, unit: Unit::Milliseconds, scale }
                }
                (Unit::Milliseconds, 0.001) if scale == 1.0 => {
                    Is::Latency { quantile, unit: Unit::Seconds, scale }
                }
                _ => Is::Latency { quantile, unit, scale: scale * factor },
            },
            Is::Difference(scale) => Is::Difference(scale * factor),
            Is::ErrorRatio(scale) => Is::ErrorRatio(scale * factor),
            Is::LatencyRatio { quantile, scale } => {
                Is::LatencyRatio { quantile, scale: scale * factor }
            }
            Is::LatencyDifference { quantile, unit, scale } => {
                Is::LatencyDifference { quantile, unit, scale: scale * factor }
            }
            Is::LatencySum(_) | Is::Unknown => Is::Unknown,
        };
        Value { is, empty: self.empty.map(|empty| empty * factor), ..self }
    }

    fn multiply(self, other: Value) -> Value {
        match (self.is, other.is) {
            (_, Is::Number(factor)) => self.times(factor),
            (Is::Number(factor), _) => other.times(factor),
            _ => self.with(Is::Unknown, other),
        }
    }

    fn divide(self, by: Value) -> Value {
        // A histogram of latencies counts requests, too.
        let counts = matches!(self.is, Is::Count { .. });
        let by = match by.is {
            Is::Latency { quantile: None, .. } if counts => {
                Value { is: Is::Count { what: What::All, per_second: false, scale: 1.0 }, ..by }
            }
            _ => by,
        };
        let are_apart = self.of.is_some() && by.of.is_some() && self.of != by.of;
        let is = match (self.is, by.is) {
            (_, Is::Number(divisor)) if divisor != 0.0 => {
                // 1 / 1,000 is written so that a unit is recognized.
                return self.times(if divisor == 1_000.0 { 0.001 } else { 1.0 / divisor });
            }
            (Is::Count { what, scale: above, .. }, Is::Count { what: all, scale: below, .. }) => {
                let scale = above / below;
                use What::{All, Errors, NotClientErrors, Successes};
                match (what, all) {
                    (Errors, All | NotClientErrors) => Is::Rate { success: false, scale },
                    (Successes | NotClientErrors, All) | (Successes, NotClientErrors) => {
                        Is::Rate { success: true, scale }
                    }
                    _ => Is::Unknown,
                }
            }
            (
                Is::Rate { success: false, scale: above },
                Is::Rate { success: false, scale: below },
            ) if are_apart => Is::ErrorRatio(above / below),
            (Is::Latency { quantile, scale: above, .. }, Is::Latency { scale: below, .. })
                if are_apart =>
            {
                Is::LatencyRatio { quantile, scale: above / below }
            }
            (Is::LatencySum(unit), Is::Count { scale, .. }) => {
                let is = Is::Latency { quantile: None, unit, scale: 1.0 / scale };
                return Value { mean: true, ..self.with(is, by) };
            }
            _ => Is::Unknown,
        };
        self.with(is, by)
    }

    fn add(self, other: Value) -> Value {
        let is = match (self.is, other.is) {
            (Is::Number(a), Is::Number(b)) => Is::Number(a + b),
            (Is::Count { what: a, per_second, scale }, Is::Count { what: b, scale: other, .. })
                if scale == other =>
            {
                let what = if a == b { a } else { What::All };
                Is::Count { what, per_second, scale }
            }
            // A small number against a division by zero.
            (is, Is::Number(small)) if small.abs() < 0.01 => is,
            _ => Is::Unknown,
        };
        self.with(is, other)
    }

    fn subtract(self, other: Value) -> Value {
        let is = match (self.is, other.is) {
            (Is::Number(a), Is::Number(b)) => Is::Number(a - b),
            (Is::Number(whole), Is::Rate { success, scale })
                if (whole - scale).abs() < 1e-9 * scale =>
            {
                let empty = other.empty.map(|empty| whole - empty);
                return Value { is: Is::Rate { success: !success, scale }, empty, ..other };
            }
            (Is::Rate { success: a, scale }, Is::Rate { success: b, scale: other })
                if a == b && scale == other =>
            {
                let sign = if a { -1.0 } else { 1.0 };
                Is::Difference(sign * scale)
            }
            (Is::Latency { quantile, unit, scale }, Is::Latency { scale: other, .. })
                if scale == other =>
            {
                Is::LatencyDifference { quantile, unit, scale }
            }
            (
                Is::Count { what: What::All, per_second, scale },
                Is::Count { what: b, scale: other, .. },
            ) if scale == other => {
                let what = match b {
                    What::Errors => What::Successes,
                    What::Successes => What::Errors,
                    What::All | What::NotClientErrors => What::Errors,
                };
                Is::Count { what, per_second, scale }
            }
            _ => Is::Unknown,
        };
        self.with(is, other)
    }

    /// What is left of `this or other`: the other is for where there is nothing.
    fn or(self, other: Value) -> Value {
        match other.is {
            Is::Number(number) => Value { empty: Some(number), ..self },
            _ if other.empty.is_some() && self.empty.is_none() => {
                Value { empty: other.empty, ..self }
            }
            _ => self,
        }
    }
}

/// A token of an expression.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64),
    /// A duration, in seconds.
    Duration(f64),
    Name(String),
    Text(String),
    /// The text inside of `{…}`.
    Braces(String),
    /// The text inside of `[…]`.
    Range(String),
    Sign(&'static str),
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    depth: u32,
    metric: &'a Metric<'a>,
    parts: &'a [(String, Value)],
}

impl<'a> Parser<'a> {
    fn new(text: &str, metric: &'a Metric<'a>, parts: &'a [(String, Value)]) -> Self {
        Parser { tokens: tokens(text), at: 0, depth: 0, metric, parts }
    }

    /// The value of the whole text; `None` if it is no expression.
    fn whole(mut self) -> Option<Value> {
        let value = self.alternatives()?;
        // What follows, such as a comment, is not looked at.
        Some(value)
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Sign(found)) if *found == sign);
        self.at += usize::from(is);
        is
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let is =
            matches!(self.peek(), Some(Token::Name(found)) if found.eq_ignore_ascii_case(word));
        self.at += usize::from(is);
        is
    }

    /// Skips `by (…)`, `on (…)` and the like.
    fn skip_grouping(&mut self) {
        const WORDS: [&str; 7] =
            ["by", "without", "on", "ignoring", "group_left", "group_right", "bool"];
        while WORDS.iter().any(|word| self.takes_word(word)) {
            if self.takes("(") {
                let mut depth = 1;
                while depth > 0 {
                    match self.next() {
                        None => return,
                        Some(Token::Sign("(")) => depth += 1,
                        Some(Token::Sign(")")) => depth -= 1,
                        Some(_) => {}
                    }
                }
            } else if matches!(self.peek(), Some(Token::Braces(_))) {
                // Datadog: `by {host}`.
                self.at += 1;
            }
        }
    }

    fn alternatives(&mut self) -> Option<Value> {
        let mut value = self.conditions()?;
        while self.takes_word("or") {
            self.skip_grouping();
            value = value.or(self.conditions()?);
        }
        Some(value)
    }

    /// `a and b`, `a unless b`, `a > b`: what is left of `a`.
    fn conditions(&mut self) -> Option<Value> {
        let value = self.sum()?;
        loop {
            let is_word = self.takes_word("and") || self.takes_word("unless");
            let is_sign = || [">=", "<=", "==", "!=", ">", "<"];
            if !is_word && !is_sign().iter().any(|sign| self.takes(sign)) {
                return Some(value);
            }
            if self.takes_word("bool") {
                self.sum()?;
                return Some(Value::new(Is::Unknown));
            }
            self.skip_grouping();
            self.sum()?;
        }
    }

    fn sum(&mut self) -> Option<Value> {
        let mut value = self.product()?;
        loop {
            if self.takes("+") {
                self.skip_grouping();
                value = value.add(self.product()?);
            } else if self.takes("-") {
                self.skip_grouping();
                value = value.subtract(self.product()?);
            } else {
                return Some(value);
            }
        }
    }

    fn product(&mut self) -> Option<Value> {
        let mut value = self.one()?;
        loop {
            if self.takes("*") {
                self.skip_grouping();
                value = value.multiply(self.one()?);
            } else if self.takes("/") {
                self.skip_grouping();
                value = value.divide(self.one()?);
            } else if self.takes("%") || self.takes("^") {
                self.one()?;
                value = Value::new(Is::Unknown);
            } else {
                return Some(value);
            }
        }
    }

    fn one(&mut self) -> Option<Value> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let value = self.primary();
        self.depth -= 1;
        let mut value = value?;
        loop {
            if let Some(Token::Range(text)) = self.peek() {
                let window = self.window(text);
                value.window = window.or(value.window);
                self.at += 1;
            } else if self.takes_word("offset") {
                let _ = self.takes("-");
                self.at += 1;
            } else if self.takes("@") {
                self.at += 1;
            } else if self.takes(".") {
                value = self.method(value)?;
            } else {
                self.skip_grouping();
                return Some(value);
            }
        }
    }

    fn window(&self, text: &str) -> Option<f64> {
        if text.contains("{{") || text.contains('$') {
            return self.metric.default_window;
        }
        duration::prometheus(text.split(':').next().unwrap_or_default().trim())
    }

    /// A method of Datadog: `.as_count()`, `.rollup(sum, 60)`.
    fn method(&mut self, mut value: Value) -> Option<Value> {
        let Some(Token::Name(name)) = self.next() else { return None };
        let mut arguments = Vec::new();
        if self.takes("(") {
            while let Some(token) = self.next() {
                match token {
                    Token::Sign(")") => break,
                    token => arguments.push(token),
                }
            }
        }
        if let Is::Count { per_second, .. } = &mut value.is {
            match name.as_str() {
                "as_count" => *per_second = false,
                "as_rate" => *per_second = true,
                _ => {}
            }
        }
        if name == "rollup" {
            let number = arguments.iter().find_map(|token| match token {
                Token::Number(number) => Some(*number),
                _ => None,
            });
            value.window = number.or(value.window);
        }
        Some(value)
    }

    fn primary(&mut self) -> Option<Value> {
        match self.next()? {
            Token::Number(number) => Some(Value::new(Is::Number(number))),
            Token::Duration(seconds) => {
                Some(Value { window: Some(seconds), ..Value::new(Is::Unknown) })
            }
            Token::Text(_) => Some(Value::new(Is::Unknown)),
            Token::Sign("-") => Some(self.one()?.times(-1.0)),
            Token::Sign("+") => self.one(),
            Token::Sign("(") => {
                let value = self.alternatives()?;
                self.takes(")").then_some(value)
            }
            Token::Braces(text) => Some(self.series("", &text)),
            Token::Name(name) => {
                self.skip_grouping();
                if self.takes("(") {
                    return self.call(&name);
                }
                if let Some((_, value)) = self.parts.iter().find(|(part, _)| *part == name) {
                    return Some(*value);
                }
                let braces = match self.peek() {
                    Some(Token::Braces(text)) => text.clone(),
                    _ => String::new(),
                };
                self.at += usize::from(!braces.is_empty() || self.has_braces());
                Some(self.series(&name, &braces))
            }
            _ => None,
        }
    }

    fn has_braces(&self) -> bool {
        matches!(self.peek(), Some(Token::Braces(_)))
    }

    /// A series with a name and the text of its conditions.
    fn series(&self, name: &str, braces: &str) -> Value {
        let matchers = series::matchers(braces);
        self.series_of(name, &matchers, braces)
    }

    fn series_of(&self, name: &str, matchers: &[Matcher], braces: &str) -> Value {
        let (aggregate, name) = match self.metric.language {
            Language::Datadog => name.split_once(':').unwrap_or(("", name)),
            _ => ("", name),
        };
        let by_label = matchers.iter().find(|one| one.label == "__name__");
        let name = by_label.map_or(name, |one| one.value.as_str());
        let quantile = series::quantile_in(aggregate);
        let is = match series::kind(name, matchers) {
            _ if quantile.is_some() => {
                Is::Latency { quantile, unit: series::unit(name), scale: 1.0 }
            }
            Kind::Count(what) => Is::Count { what, per_second: false, scale: 1.0 },
            Kind::Rate { success, scale } => Is::Rate { success, scale },
            Kind::Latency { quantile, unit } => Is::Latency { quantile, unit, scale: 1.0 },
            Kind::LatencySum(unit) => Is::LatencySum(unit),
            Kind::Unknown => Is::Unknown,
        };
        let all = format!("{name} {braces}");
        let mean = aggregate == "avg" && matches!(is, Is::Latency { quantile: None, .. });
        let by_label = series::what_by_labels(matchers) == Some(What::Errors);
        let selects_errors = matches!(is, Is::Count { what: What::Errors, .. }) && by_label;
        Value { of: series::of(&all, matchers), mean, selects_errors, ..Value::new(is) }
    }

    fn call(&mut self, name: &str) -> Option<Value> {
        let name = name.to_ascii_lowercase();
        if name == "ts" {
            return self.wavefront_series();
        }
        let mut arguments = Vec::new();
        while !self.takes(")") {
            self.peek()?;
            if !self.takes(",") {
                arguments.push(self.alternatives()?);
            }
        }
        let number = arguments.iter().find_map(|value| match value.is {
            Is::Number(number) => Some(number),
            _ => None,
        });
        let window = arguments.iter().find_map(|value| match value.is {
            Is::Unknown => value.window,
            _ => None,
        });
        let is_data = |value: &&Value| !matches!(value.is, Is::Number(_) | Is::Unknown);
        let data = arguments.iter().find(is_data).or(arguments.last()).copied();
        let Some(mut value) = data else { return Some(Value::new(Is::Unknown)) };
        value.window = value.window.or(window.filter(|_| !matches!(value.is, Is::Unknown)));
        match name.as_str() {
            "vector" | "scalar" => {}
            "histogram_quantile" | "quantile_over_time" | "quantile" | "mpercentile"
            | "percentile" => {
                let quantile = number.map(|q| if q > 1.0 { q / 100.0 } else { q });
                value.is = match value.is {
                    Is::Latency { unit, scale, .. } => Is::Latency { quantile, unit, scale },
                    // A histogram filtered by something else.
                    Is::Count { scale, .. } if name == "histogram_quantile" => {
                        Is::Latency { quantile, unit: Unit::Seconds, scale }
                    }
                    is => is,
                };
            }
            "rate" | "irate" | "per_second" | "deriv" => {
                if let Is::Count { per_second, .. } = &mut value.is {
                    *per_second = true;
                }
                value.irate = name == "irate";
            }
            "increase" | "delta" | "sum_over_time" | "idelta" => {
                if let Is::Count { per_second, .. } = &mut value.is {
                    *per_second = false;
                }
            }
            "avg" | "avg_over_time" => {
                value.mean |= matches!(value.is, Is::Latency { quantile: None, .. });
            }
            "default_zero" => value.empty = Some(0.0),
            "moving_rollup" => value.window = number.or(value.window),
            "absent" | "absent_over_time" | "count" | "count_over_time" | "changes" | "resets"
            | "stddev" | "time" | "timestamp" | "label_values" => {
                value = Value::new(Is::Unknown);
            }
            // `sum`, `max`, `clamp_max`, `round`: of the same kind.
            _ => {}
        }
        Some(value)
    }

    /// `ts("name", label=value and label=value)`.
    fn wavefront_series(&mut self) -> Option<Value> {
        let (mut name, mut conditions) = (String::new(), String::new());
        let mut depth = 1;
        while depth > 0 {
            let token = self.next()?;
            match &token {
                Token::Sign("(") => depth += 1,
                Token::Sign(")") => depth -= 1,
                Token::Text(text) | Token::Name(text) if name.is_empty() => name.clone_from(text),
                Token::Sign(",") => conditions.push(','),
                Token::Sign(sign) => conditions.push_str(sign),
                Token::Name(word) if ["and", "AND"].contains(&word.as_str()) => {
                    conditions.push_str(" and ");
                }
                Token::Name(word) => conditions.push_str(word),
                Token::Text(text) => conditions.push_str(&format!("\"{text}\"")),
                Token::Number(number) => conditions.push_str(&plain(*number)),
                _ => {}
            }
        }
        let matchers = series::matchers(&conditions);
        Some(self.series_of(&name, &matchers, &conditions))
    }
}

/// The tokens of an expression; what is none is left out.
fn tokens(text: &str) -> Vec<Token> {
    const SIGNS: [&str; 21] = [
        ">=", "<=", "==", "!=", "=~", "!~", "(", ")", ",", "+", "-", "*", "/", "%", "^", ">", "<",
        "=", "@", "!", ".",
    ];
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let taken = if first == '#' {
            rest.find('\n').unwrap_or(rest.len())
        } else if matches!(first, '"' | '\'' | '`') {
            let inside = rest.get(1..).unwrap_or_default();
            let end = inside.find(first).unwrap_or(inside.len());
            tokens.push(Token::Text(inside.get(..end).unwrap_or_default().to_string()));
            (end + 2).min(rest.len())
        } else if first == '{' && !rest.starts_with("{{") {
            let end = end_of_braces(rest);
            tokens.push(Token::Braces(rest.get(1..end).unwrap_or_default().to_string()));
            (end + 1).min(rest.len())
        } else if first == '[' {
            let end = rest.find(']').unwrap_or(rest.len());
            tokens.push(Token::Range(rest.get(1..end).unwrap_or_default().to_string()));
            (end + 1).min(rest.len())
        } else if first.is_ascii_digit() {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.'));
            let word = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            match (word.parse::<f64>(), duration::prometheus(word)) {
                (Ok(number), _) => tokens.push(Token::Number(number)),
                (_, Some(seconds)) => tokens.push(Token::Duration(seconds)),
                _ => tokens.push(Token::Name(word.to_string())),
            }
            word.len()
        } else if is_name(first) || rest.starts_with("{{") || first == '$' {
            let end = end_of_name(rest);
            tokens.push(Token::Name(rest.get(..end).unwrap_or_default().to_string()));
            end
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            sign.len()
        } else {
            first.len_utf8()
        };
        rest = rest.get(taken.max(1)..).unwrap_or_default().trim_start();
    }
    tokens
}

fn is_name(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '_' | ':')
}

/// The end of a name, in which placeholders and dots may stand. A dot before a method
/// of Datadog does not belong to it.
fn end_of_name(text: &str) -> usize {
    let mut end = 0;
    while let Some(c) = text.get(end..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(end..).unwrap_or_default();
        if rest.starts_with("{{") {
            end += rest.find("}}").map_or(rest.len(), |at| at + 2);
        } else if c == '.' {
            let is_method = ["as_count", "as_rate", "rollup", "fill"]
                .iter()
                .any(|name| rest.get(1..).is_some_and(|after| after.starts_with(name)));
            if is_method {
                return end;
            }
            end += 1;
        } else if is_name(c) || c.is_ascii_digit() || c == '$' {
            end += c.len_utf8();
        } else {
            return end;
        }
    }
    end
}

/// The position of the brace that closes the first one.
fn end_of_braces(text: &str) -> usize {
    let mut depth = 0;
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(end) => {
                if c == end {
                    quote = None;
                }
            }
            None => match c {
                '"' | '\'' => quote = Some(c),
                '{' => depth += 1,
                '}' => {
                    depth -= 1;
                    if depth == 0 {
                        return at;
                    }
                }
                _ => {}
            },
        }
    }
    text.len()
}
