//! What a metric's query measures, guessed from its text and the metric's name.
//!
//! The simulation has counts of requests and errors and quantiles of latency, of the
//! canary and of the stable version. A query is bound to one of those. The guess is
//! said, with its reason, and a person can correct it.

mod algebra;
mod series;
mod words;

use std::fmt;

use crate::duration;
use crate::json::plain;
use crate::message::{did_you_mean, quoted};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Requests without an error divided by requests.
    SuccessRate,
    /// Requests with an error divided by requests.
    ErrorRate,
    /// A quantile of the latency.
    Latency,
    /// The number of requests.
    Requests,
    /// The number of requests with an error.
    Errors,
    /// Requests per second.
    RequestsPerSecond,
    /// Requests with an error per second.
    ErrorsPerSecond,
    /// The canary's error rate minus the stable version's.
    ErrorRateDifference,
    /// The canary's error rate divided by the stable version's.
    ErrorRateRatio,
    /// A quantile of the canary's latency minus the stable version's.
    LatencyDifference,
    /// A quantile of the canary's latency divided by the stable version's.
    LatencyRatio,
    /// Nothing that is simulated, or nothing that the query and the name tell: every
    /// measurement succeeds.
    Nothing,
    /// Nothing that is simulated: every measurement fails.
    Fails,
}

/// The words for quantities.
const QUANTITIES: [(Quantity, &str); 13] = [
    (Quantity::SuccessRate, "success_rate"),
    (Quantity::ErrorRate, "error_rate"),
    (Quantity::Latency, "latency"),
    (Quantity::Requests, "requests"),
    (Quantity::Errors, "errors"),
    (Quantity::RequestsPerSecond, "requests_per_second"),
    (Quantity::ErrorsPerSecond, "errors_per_second"),
    (Quantity::ErrorRateDifference, "error_rate_difference"),
    (Quantity::ErrorRateRatio, "error_rate_ratio"),
    (Quantity::LatencyDifference, "latency_difference"),
    (Quantity::LatencyRatio, "latency_ratio"),
    (Quantity::Nothing, "nothing"),
    (Quantity::Fails, "fails"),
];

impl Quantity {
    /// The word for it.
    pub fn word(self) -> &'static str {
        QUANTITIES.iter().find(|(one, _)| *one == self).map_or("nothing", |(_, word)| word)
    }

    pub(in crate::import) fn has_quantile(self) -> bool {
        use Quantity::{Latency, LatencyDifference, LatencyRatio};
        matches!(self, Latency | LatencyDifference | LatencyRatio)
    }

    pub(in crate::import) fn compares(self) -> bool {
        use Quantity::{ErrorRateDifference, ErrorRateRatio, LatencyDifference, LatencyRatio};
        matches!(self, ErrorRateDifference | ErrorRateRatio | LatencyDifference | LatencyRatio)
    }

    /// Whether it is not measured at all.
    pub fn is_scripted(self) -> bool {
        matches!(self, Quantity::Nothing | Quantity::Fails)
    }
}

/// Whose requests are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The canary's.
    Canary,
    /// The stable version's.
    Stable,
    /// Both versions' together.
    Service,
}

impl Of {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Of::Canary => "canary",
            Of::Stable => "stable",
            Of::Service => "service",
        }
    }
}

/// The unit of a latency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
}

/// What a metric measures. In words: `error_rate of canary over 5m times 100 else 0`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measures {
    /// What is measured.
    pub quantity: Quantity,
    /// Whose requests.
    pub of: Of,
    /// The quantile of a latency, in (0, 1).
    pub quantile: f64,
    /// The unit of a latency.
    pub unit: Unit,
    /// The length of the window that ends at the measurement, in seconds.
    pub window_seconds: Option<f64>,
    /// What the value is multiplied by: 100 for percent.
    pub scale: f64,
    /// The value where there is nothing to measure; `None` if there is none then.
    pub empty: Option<f64>,
    /// Whether only requests with an error are selected, so that there is nothing to
    /// measure without one.
    pub selects_errors: bool,
}

impl Measures {
    /// A quantity of the whole service, with nothing else said.
    pub fn new(quantity: Quantity) -> Self {
        Measures {
            quantity,
            of: Of::Service,
            quantile: 0.5,
            unit: Unit::Seconds,
            window_seconds: None,
            scale: 1.0,
            empty: None,
            selects_errors: false,
        }
    }

    /// What words say: a quantity, then `p99` or `p99.9`, `in s` or `in ms`, `of
    /// canary`, `over 5m`, `times 100`, `else 0`, as far as they differ from this.
    ///
    /// # Errors
    /// The first word that is not understood, and what was expected.
    pub fn changed_by(&self, words: &str) -> Result<Measures, String> {
        let mut rest = words.split_whitespace();
        let first = rest.next().unwrap_or_default();
        let Some((quantity, _)) = QUANTITIES.iter().find(|(_, word)| *word == first) else {
            let names = QUANTITIES.iter().map(|(_, word)| *word);
            return Err(match did_you_mean(first, names.clone()) {
                Some(meant) => format!("found {}, did you mean {}?", quoted(first), quoted(meant)),
                None => {
                    let names: Vec<&str> = names.collect();
                    format!("found {}, expected one of {}", quoted(first), names.join(", "))
                }
            });
        };
        let mut changed = Measures { quantity: *quantity, ..*self };
        if self.quantity.has_quantile() != quantity.has_quantile() {
            let new = Measures::new(*quantity);
            (changed.quantile, changed.unit) = (new.quantile, new.unit);
            changed.scale = if self.quantity.has_quantile() { 1.0 } else { changed.scale };
        }
        while let Some(word) = rest.next() {
            if let Some(percent) = word.strip_prefix('p').and_then(|p| p.parse::<f64>().ok()) {
                if !(percent > 0.0 && percent < 100.0) {
                    return Err(format!("found {}, expected p50 to p99.9", quoted(word)));
                }
                changed.quantile = percent / 100.0;
                continue;
            }
            let value = rest.next().unwrap_or_default();
            let wrong = |expected: &str| {
                format!("found {} after {word}, expected {expected}", quoted(value))
            };
            let number = || value.parse::<f64>().ok().filter(|number| number.is_finite());
            match word {
                "in" => {
                    changed.unit = match value {
                        "s" => Unit::Seconds,
                        "ms" => Unit::Milliseconds,
                        _ => return Err(wrong("s or ms")),
                    }
                }
                "of" => {
                    let all = [Of::Canary, Of::Stable, Of::Service];
                    let of = all.into_iter().find(|of| of.word() == value);
                    changed.of = of.ok_or_else(|| wrong("canary, stable or service"))?;
                }
                "over" => {
                    let seconds = duration::prometheus(value).or_else(|| duration::go(value));
                    let seconds = seconds.filter(|seconds| *seconds > 0.0);
                    changed.window_seconds =
                        Some(seconds.ok_or_else(|| wrong("a duration, such as 5m"))?);
                }
                "times" => changed.scale = number().ok_or_else(|| wrong("a number"))?,
                "else" => changed.empty = Some(number().ok_or_else(|| wrong("a number"))?),
                _ => {
                    return Err(format!(
                        "found {}, expected p99, in, of, over, times or else",
                        quoted(word)
                    ));
                }
            }
        }
        Ok(changed)
    }

    /// What it could be instead: the same window of other quantities.
    pub fn choices(&self) -> Vec<String> {
        let other = |word: &str| self.changed_by(word).map_or(word.into(), |one| one.to_string());
        QUANTITIES.iter().map(|(_, word)| other(word)).collect()
    }
}

/// In the words of [`Measures::changed_by`].
impl fmt::Display for Measures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.quantity.word())?;
        if self.quantity.is_scripted() {
            return Ok(());
        }
        if self.quantity.has_quantile() {
            write!(f, " p{}", plain((self.quantile * 1e6).round() / 1e4))?;
        }
        if matches!(self.quantity, Quantity::Latency | Quantity::LatencyDifference) {
            f.write_str(if self.unit == Unit::Seconds { " in s" } else { " in ms" })?;
        }
        if !self.quantity.compares() {
            write!(f, " of {}", self.of.word())?;
        }
        if let Some(seconds) = self.window_seconds {
            write!(f, " over {}", duration::written(seconds))?;
        }
        if self.scale != 1.0 {
            write!(f, " times {}", plain(self.scale))?;
        }
        if let Some(empty) = self.empty {
            write!(f, " else {}", plain(empty))?;
        }
        Ok(())
    }
}

/// A guess of what a metric measures.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// What it probably measures.
    pub measures: Measures,
    /// Why: "the query divides responses that are not errors by all responses".
    pub why: String,
}

/// A language of queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// PromQL, also of Thanos, Mimir, VictoriaMetrics.
    Prometheus,
    /// Datadog.
    Datadog,
    /// Wavefront.
    Wavefront,
    /// NRQL of New Relic.
    NewRelic,
    /// Graphite.
    Graphite,
    /// Flux of InfluxDB.
    Influx,
    /// Queries of metric data of CloudWatch, as JSON or YAML.
    CloudWatch,
    /// Others: only words are looked for.
    Other,
}

/// A metric as a file has it.
#[derive(Clone, Copy, Debug)]
pub struct Metric<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its query, with placeholders replaced as far as their values are known.
    pub text: &'a str,
    /// Queries that the text names, such as `a` in `a / b`.
    pub parts: &'a [(String, String)],
    /// The language of the query.
    pub language: Language,
    /// The window where the query does not say one, and in place of `{{ interval }}`,
    /// in seconds.
    pub default_window: Option<f64>,
    /// The numbers that the value is compared with: above 1, a rate is in percent.
    pub limits: &'a [f64],
}

impl Metric<'_> {
    /// What it probably measures.
    pub fn guess(&self) -> Guess {
        let found = match self.language {
            Language::Prometheus | Language::Datadog | Language::Wavefront => algebra::guess(self),
            Language::NewRelic => words::new_relic(self),
            Language::Graphite => words::graphite(self),
            Language::Influx => words::influx(self),
            Language::CloudWatch => words::cloud_watch_queries(self),
            Language::Other => None,
        };
        let mut guess = found.unwrap_or_else(|| words::anything(self));
        let window = &mut guess.measures.window_seconds;
        *window = window.or(self.default_window);
        guess
    }
}

/// What a metric of CloudWatch measures, from its name and statistic, in a period in
/// seconds.
pub fn cloud_watch(name: &str, statistic: &str, period: Option<f64>) -> Guess {
    words::cloud_watch(name, statistic, period)
}
