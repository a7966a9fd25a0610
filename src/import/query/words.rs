//! Queries that are no expressions, and guesses from words alone.

use super::series::{self, What};
use super::{Guess, Language, Measures, Metric, Of, Quantity, Unit, algebra};
use crate::duration;
use crate::reading::{Node, View, parse_stream};

/// What a query of New Relic measures.
pub(super) fn new_relic(metric: &Metric<'_>) -> Option<Guess> {
    let text = metric.text;
    let lower = text.to_ascii_lowercase();
    let mut measures = Measures::new(Quantity::Nothing);
    measures.of = series::of(text, &[]).unwrap_or(Of::Service);
    measures.window_seconds = window_in_words(&lower);
    let has_share = lower.contains("percentage(") || lower.contains("filter(");
    if has_share {
        let condition = lower.split("where").nth(1).unwrap_or_default();
        let condition = condition.split(')').next().unwrap_or_default();
        let what = series::what_by_labels(&series::matchers(condition))?;
        measures.quantity = match what {
            What::Errors => Quantity::ErrorRate,
            _ => Quantity::SuccessRate,
        };
        let is_hundredfold = lower.contains("percentage(") || lower.contains("* 100");
        measures.scale = if is_hundredfold { 100.0 } else { 1.0 };
        let what = if what == What::Errors { "errors" } else { "no errors" };
        let why = format!("the query takes the share of requests that are {what}");
        return Some(Guess { measures, why });
    }
    let is_time = ["duration", "time", "latency"].iter().any(|word| lower.contains(word));
    if is_time && (lower.contains("percentile(") || lower.contains("average(")) {
        let inside = lower.split("percentile(").nth(1).and_then(|rest| rest.split(')').next());
        let last = inside.and_then(|inside| inside.rsplit(',').next());
        let percent = last.and_then(|number| number.trim().parse::<f64>().ok());
        measures.quantity = Quantity::Latency;
        measures.quantile = percent.map_or(0.5, |percent| percent / 100.0);
        let in_ms = lower.contains("*1000") || lower.contains("* 1000");
        measures.unit = if in_ms { Unit::Milliseconds } else { Unit::Seconds };
        let why = match percent {
            Some(_) => "the query takes a percentile of a duration",
            None => "the query takes the mean of a duration, for which the median stands",
        };
        return Some(Guess { measures, why: why.to_string() });
    }
    None
}

/// What a query of Graphite measures.
pub(super) fn graphite(metric: &Metric<'_>) -> Option<Guess> {
    let text = metric.text;
    let lower = text.to_ascii_lowercase();
    let mut measures = Measures::new(Quantity::Nothing);
    measures.of = series::of(text, &[]).unwrap_or(Of::Service);
    measures.window_seconds = graphite_window(&lower, metric.default_window);
    let share = ["aspercent(", "divideseries("].into_iter().find(|name| lower.contains(name));
    if let Some(function) = share {
        let inside = lower.split(function).nth(1)?;
        let part = first_argument(inside);
        measures.quantity = match () {
            () if part.contains("success") || part.contains("2xx") || part.contains(".ok") => {
                Quantity::SuccessRate
            }
            () if ["error", "fail", "5xx", "exception", ".50"]
                .iter()
                .any(|word| part.contains(word)) =>
            {
                Quantity::ErrorRate
            }
            () => return None,
        };
        measures.scale = if function == "aspercent(" { 100.0 } else { 1.0 };
        let name = function.trim_end_matches('(');
        let name = if name == "aspercent" { "asPercent" } else { name };
        return Some(Guess { measures, why: format!("the query divides counts with {name}") });
    }
    None
}

/// The text of the first argument of a call.
fn first_argument(text: &str) -> &str {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '{' => depth += 1,
            ')' | '}' if depth == 0 => return text.get(..at).unwrap_or(text),
            ')' | '}' => depth -= 1,
            ',' if depth == 0 => return text.get(..at).unwrap_or(text),
            _ => {}
        }
    }
    text
}

/// `summarize(x, '5min')`, `from=-5min`, `summarize(x, {{interval}})`.
fn graphite_window(text: &str, interval: Option<f64>) -> Option<f64> {
    let spans = text.split(['\'', '"', '=', '&', ',', ' ', '\n', ')']);
    let seconds = |span: &str| {
        let span = span.trim_start_matches('-');
        let digits: String = span.chars().take_while(char::is_ascii_digit).collect();
        let factor = match span.get(digits.len()..)? {
            "s" | "sec" | "second" | "seconds" => 1.0,
            "min" | "mins" | "minute" | "minutes" => 60.0,
            "h" | "hour" | "hours" => 3_600.0,
            _ => return None,
        };
        digits.parse::<f64>().ok().map(|number| number * factor)
    };
    spans.into_iter().find_map(seconds).or(interval.filter(|_| text.contains("{{")))
}

/// What a query of Flux measures.
pub(super) fn influx(metric: &Metric<'_>) -> Option<Guess> {
    let text = metric.text;
    let lower = text.to_ascii_lowercase();
    let mut guess = anything(metric);
    let start = lower.split("start:").nth(1)?.trim_start().trim_start_matches('-');
    let end = start.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(start.len());
    guess.measures.window_seconds = start.get(..end).and_then(duration::prometheus);
    // r["response_code"] == "500"
    let conditions = lower.replace("r[\"", "").replace("\"]", "").replace("r.", "");
    let conditions = conditions.split("=>").skip(1).map(|one| one.split(')').next().unwrap_or(one));
    let what = series::what_by_labels(&conditions.flat_map(series::matchers).collect::<Vec<_>>());
    if lower.contains("count()") && guess.measures.quantity != Quantity::Latency {
        guess.measures.quantity = match what {
            Some(What::Errors) => Quantity::Errors,
            _ => Quantity::Requests,
        };
        guess.why = "the query counts responses".to_string();
    }
    Some(guess)
}

/// `SINCE 5 minutes ago`.
fn window_in_words(text: &str) -> Option<f64> {
    let mut words = text.split("since").nth(1)?.split_whitespace();
    let number = words.next()?.parse::<f64>().ok()?;
    let unit = words.next()?;
    let factor = match unit.trim_end_matches('s') {
        "second" => 1.0,
        "minute" => 60.0,
        "hour" => 3_600.0,
        "day" => 86_400.0,
        _ => return None,
    };
    Some(number * factor)
}

/// What a metric measures by words in its name and, failing that, in its query.
pub(super) fn anything(metric: &Metric<'_>) -> Guess {
    let by_name = by_words(metric.name);
    // Names of labels would mislead in an expression that is not understood.
    let is_expression =
        matches!(metric.language, Language::Prometheus | Language::Datadog | Language::Wavefront);
    let (quantity, said) = match by_name {
        Quantity::Nothing if !is_expression => (by_words(metric.text), "words in the query"),
        quantity => (quantity, "the metric’s name"),
    };
    let mut measures = Measures::new(quantity);
    let both = format!("{} {}", metric.name, metric.text);
    measures.of = series::of(&both, &[]).unwrap_or(Of::Service);
    let is_rate = matches!(quantity, Quantity::ErrorRate | Quantity::SuccessRate);
    let lower = both.to_ascii_lowercase();
    let squeezed = lower.replace(' ', "");
    let percent = ["percent", "*100", "pct"].iter().any(|word| squeezed.contains(word))
        || metric.limits.iter().any(|limit| limit.abs() > 1.0);
    if is_rate && percent {
        measures.scale = 100.0;
    }
    if quantity == Quantity::Latency {
        measures.quantile =
            series::quantile_in(&lower).or_else(|| percentile(&lower)).unwrap_or(0.5);
        let is_long = metric.limits.iter().any(|limit| limit.abs() >= 20.0);
        let is_ms = series::unit(&lower) == Unit::Milliseconds || is_long;
        measures.unit = if is_ms { Unit::Milliseconds } else { Unit::Seconds };
    }
    let why = match quantity {
        Quantity::Nothing => "neither the query nor the name tells what is measured".to_string(),
        _ => format!("{said} says so"),
    };
    Guess { measures, why: why.replace("words in the query says", "words in the query say") }
}

/// `percentile(95)`, `percentile(x, 99)`, `quantile(q: 0.95`.
fn percentile(text: &str) -> Option<f64> {
    let inside = text.split("percentile(").nth(1).or(text.split("quantile(").nth(1))?;
    let inside = inside.split(')').next()?;
    let mut numbers =
        inside.split([',', ' ', ':']).filter_map(|word| word.trim().parse::<f64>().ok());
    let number = numbers.next_back()?;
    let quantile = if number > 1.0 { number / 100.0 } else { number };
    (quantile > 0.0 && quantile < 1.0).then_some(quantile)
}

fn by_words(text: &str) -> Quantity {
    let text = text.to_ascii_lowercase().replace(['-', '_', '.', ' '], "");
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let is_rate = says(&["rate", "ratio", "percent", "pct"]);
    if says(&["apdex"]) {
        Quantity::Nothing
    } else if says(&["success", "availability"]) {
        Quantity::SuccessRate
    } else if says(&["error", "fail", "5xx", "exception"]) {
        if is_rate { Quantity::ErrorRate } else { Quantity::Errors }
    } else if says(&[
        "latency",
        "latencies",
        "duration",
        "responsetime",
        "percentile",
        "p99",
        "p95",
        "p90",
    ]) {
        Quantity::Latency
    } else if says(&["rps", "qps", "throughput", "requestrate", "requestspersecond"]) {
        Quantity::RequestsPerSecond
    } else if says(&["requestcount", "requests", "requesttotal", "invocations"]) {
        Quantity::Requests
    } else {
        Quantity::Nothing
    }
}

/// What queries of metric data of CloudWatch measure, as JSON or YAML: the first whose
/// data is returned, perhaps a formula of others.
pub(super) fn cloud_watch_queries(metric: &Metric<'_>) -> Option<Guess> {
    const MAX_VALUES: usize = 1_000;
    let documents = parse_stream(metric.text, MAX_VALUES).ok()?;
    let queries = documents.first()?.items();
    let get = |node: &'_ Node, key: &str| -> Option<Node> {
        let same = |(name, _, _): &(&str, _, &Node)| name.eq_ignore_ascii_case(key);
        node.entries().find(same).map(|(_, _, value)| value.clone())
    };
    let text = |node: &Node, key: &str| match get(node, key)?.view() {
        View::Text(text) => Some(text.to_string()),
        View::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let mut metrics = Vec::new();
    for query in queries {
        let (Some(id), Some(stat)) = (text(query, "id"), get(query, "metricStat")) else {
            continue;
        };
        let name =
            get(&stat, "metric").and_then(|one| text(&one, "metricName")).unwrap_or_default();
        let period = text(&stat, "period").and_then(|period| period.parse::<f64>().ok());
        let mut guess = cloud_watch(&name, &text(&stat, "stat").unwrap_or_default(), period);
        let all = serde_json::to_string(query).unwrap_or_default();
        guess.measures.of = series::of(&all, &[]).unwrap_or(Of::Service);
        metrics.push((id, guess));
    }
    let is_returned = |query: &&Node| {
        let returned = get(query, "returnData").map(|one| matches!(one.view(), View::Bool(false)));
        returned != Some(true)
    };
    let returned = queries.iter().find(is_returned)?;
    match text(returned, "expression") {
        Some(formula) => algebra::formula(&formula, &metrics),
        None => {
            let id = text(returned, "id")?;
            metrics.into_iter().find(|(name, _)| *name == id).map(|(_, guess)| guess)
        }
    }
}

/// What a metric of CloudWatch measures.
pub(super) fn cloud_watch(name: &str, statistic: &str, period: Option<f64>) -> Guess {
    let lower = name.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let statistic = statistic.to_ascii_lowercase();
    let is_mean = ["average", "avg"].contains(&statistic.as_str());
    let is_time = says(&["duration", "latency", "responsetime", "time"]) && !says(&["timeout"]);
    let errors = says(&["error", "5xx", "fault", "failed", "exception", "throttle", "4xx"]);
    let mut measures = Measures { window_seconds: period, ..Measures::new(Quantity::Nothing) };
    let why = if is_time {
        measures.quantity = Quantity::Latency;
        measures.quantile = series::quantile_in(&statistic).unwrap_or(0.5);
        // Load balancers report seconds, functions and gateways milliseconds.
        let in_seconds = says(&["targetresponsetime"]) || lower == "latency" && says(&["elb"]);
        measures.unit = if in_seconds { Unit::Seconds } else { Unit::Milliseconds };
        format!("{name} is a duration")
    } else if errors && (is_mean || says(&["rate", "percent"])) {
        measures.quantity = Quantity::ErrorRate;
        measures.scale = if says(&["percent"]) { 100.0 } else { 1.0 };
        format!("the mean of {name} is the share of requests with an error")
    } else if errors {
        measures.quantity = Quantity::Errors;
        format!("the sum of {name} is the number of requests with an error")
    } else if says(&["success"]) {
        measures.quantity = Quantity::SuccessRate;
        format!("{name} says so")
    } else if says(&["request", "invocation", "count", "executionsstarted"]) {
        measures.quantity = Quantity::Requests;
        format!("{name} counts requests")
    } else {
        format!("{name} is nothing that is simulated")
    };
    Guess { measures, why }
}
