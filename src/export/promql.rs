//! What a metric measures, as a query in PromQL.
//!
//! The first line of a query is a comment that says it once more, for an import. It
//! carries a digest of the lines below it, so that an import knows whether they were
//! edited.

use std::fmt::Write;

use super::Names;
use crate::config::MeasureConfig;
use crate::json::plain;
use crate::rules::{EmptyResult, Measures, Population, StakeQuery};

/// What a query's comment begins with.
const MARK: &str = "# canary-rollout ";

/// The query of what a metric measures.
pub fn query(measure: &MeasureConfig, names: &Names) -> String {
    let text = Query { measure, names }.text();
    let (digest, json) = (digest(&text), serde_json::to_string(measure).unwrap_or_default());
    format!("{MARK}{digest:016x}: {json}\n{text}")
}

/// FNV-1a, 64 bits.
fn digest(text: &str) -> u64 {
    let step = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

/// What an exported query says that it measures, as the JSON text of a metric in a
/// configuration. `None` if the query is no exported one, or was edited.
pub fn exported_metric(query: &str) -> Option<&str> {
    let (comment, text) = query.trim().split_once('\n')?;
    let (found, json) = comment.strip_prefix(MARK)?.split_once(": ")?;
    let is_unedited = u64::from_str_radix(found, 16) == Ok(digest(text));
    is_unedited.then_some(json.trim())
}

/// Whether a query was exported, and edited since or not.
pub(crate) fn was_exported(query: &str) -> bool {
    query.trim_start().starts_with(MARK)
}

/// Which version a selector selects.
#[derive(Clone, Copy)]
enum Arm {
    Canary,
    Stable,
    Both,
}

struct Query<'a> {
    measure: &'a MeasureConfig,
    names: &'a Names,
}

impl Query<'_> {
    fn text(&self) -> String {
        let measure = self.measure;
        let details = &measure.details;
        let window = measure.window_seconds;
        let (arm, base) = (self.arm(), Arm::Stable);
        // The latency's unit is the second in Prometheus and the millisecond here.
        let mut scale = measure.scale;
        let value = match measure.measures {
            Measures::SuccessRate => format!("1 - {}", self.error_rate(arm, window)),
            Measures::ErrorRate => match details.short_window_seconds {
                None => self.error_rate(arm, window),
                Some(short) => {
                    let (long, short) = (self.error_rate(arm, window), self.error_rate(arm, short));
                    format!("{long}\n  < {short}\n  or {short}")
                }
            },
            Measures::ErrorRateDifference => {
                format!("{}\n- {}", self.error_rate(arm, window), self.error_rate(base, window))
            }
            Measures::ErrorRateRatio => {
                let base = self.error_rate(base, window);
                let base = match details.baseline_floor {
                    Some(floor) => format!("clamp_min({base}, {})", plain(floor)),
                    None => format!("({base})"),
                };
                format!("{}\n/ {base}", self.error_rate(arm, window))
            }
            Measures::Requests => self.requests(arm, window),
            Measures::Errors => self.errors(arm, window),
            Measures::RequestsPerSecond => {
                format!("{} / {window}", self.requests(arm, window))
            }
            Measures::ErrorsPerSecond => format!("{} / {window}", self.errors(arm, window)),
            Measures::Latency => {
                scale *= 1000.0;
                self.quantile(arm)
            }
            Measures::LatencyDifference => {
                scale *= 1000.0;
                format!("{}\n- {}", self.quantile(arm), self.quantile(base))
            }
            Measures::LatencyRatio => format!("{}\n/ {}", self.quantile(arm), self.quantile(base)),
            Measures::Stake => match &details.stake {
                Some(stake) => self.stake(stake),
                None => "vector(1)".to_owned(),
            },
            Measures::Nothing => return "vector(1)".to_owned(),
        };
        self.with_data(if scale == 1.0 { value } else { format!("({value})\n* {}", plain(scale)) })
    }

    fn arm(&self) -> Arm {
        match self.measure.of {
            Population::Service => Arm::Both,
            Population::Canary | Population::Control => Arm::Canary,
        }
    }

    /// The value where the window has data, and what stands for it elsewhere.
    fn with_data(&self, value: String) -> String {
        let details = &self.measure.details;
        let window = self.measure.window_seconds;
        // What the query gives by itself where there is nothing to count.
        let by_itself = match self.measure.measures {
            Measures::Errors | Measures::ErrorsPerSecond => Some(0.0),
            Measures::Stake => Some(1.0),
            _ => None,
        };
        let is_by_itself = by_itself.is_some_and(|number| {
            self.measure.no_data == EmptyResult::Value(number * self.measure.scale)
        });
        if is_by_itself && details.min_requests == 0 && details.min_errors == 0 {
            return value;
        }
        let mut text = format!("({value})");
        let least = match details.min_requests {
            0 => "> 0".to_owned(),
            least => format!(">= {least}"),
        };
        let _ = write!(text, "\nand {} {least}", self.requests(self.arm(), window));
        if self.measure.measures.compares() && self.measure.measures != Measures::Stake {
            let _ = write!(text, "\nand {} > 0", self.requests(Arm::Stable, window));
        }
        if details.min_errors > 0 {
            let errors = self.errors(self.arm(), window);
            let _ = write!(text, "\nand {errors} >= {}", details.min_errors);
        }
        match self.measure.no_data {
            EmptyResult::Empty => text,
            EmptyResult::Nan => format!("({text})\nor vector(NaN)"),
            EmptyResult::Value(number) => format!("({text})\nor vector({})", plain(number)),
        }
    }

    fn selector(&self, metric: &str, arm: Arm, failed: bool) -> String {
        let names = self.names;
        let version = match arm {
            Arm::Canary => Some(format!("{}=\"{}\"", names.version, names.canary)),
            Arm::Stable => Some(format!("{}=\"{}\"", names.version, names.stable)),
            Arm::Both => None,
        };
        let failed = failed.then(|| names.failed.clone());
        let matchers: Vec<String> = version.into_iter().chain(failed).collect();
        if matchers.is_empty() {
            return metric.to_owned();
        }
        format!("{metric}{{{}}}", matchers.join(","))
    }

    fn requests(&self, arm: Arm, seconds: u32) -> String {
        let selector = self.selector(&self.names.requests, arm, false);
        format!("sum(increase({selector}[{}]))", duration(seconds))
    }

    /// Without a failed request there is no series.
    fn errors(&self, arm: Arm, seconds: u32) -> String {
        let selector = self.selector(&self.names.requests, arm, true);
        format!("(sum(increase({selector}[{}])) or vector(0))", duration(seconds))
    }

    fn error_rate(&self, arm: Arm, seconds: u32) -> String {
        format!("{} / {}", self.errors(arm, seconds), self.requests(arm, seconds))
    }

    fn quantile(&self, arm: Arm) -> String {
        let (names, measure) = (self.names, self.measure);
        let selector = self.selector(&format!("{}_bucket", names.latency), arm, false);
        let window = duration(measure.window_seconds);
        format!(
            "histogram_quantile({}, sum by (le) (rate({selector}[{window}])))",
            plain(measure.quantile)
        )
    }

    /// The mean of what the bets have grown to: each error multiplies a bet by a factor
    /// that depends on the version alone.
    fn stake(&self, stake: &StakeQuery) -> String {
        let window = self.measure.window_seconds;
        let canary = self.errors(Arm::Canary, window);
        let stable = self.errors(Arm::Stable, window);
        let bets: Vec<String> = stake
            .ln_factors()
            .map(|(by_canary, by_stable)| {
                let (by_canary, by_stable) = (plain(by_canary), plain(by_stable));
                format!("exp({by_canary} * {canary} + {by_stable} * {stable})")
            })
            .collect();
        format!("(\n  {}\n) / {}", bets.join("\n  + "), bets.len())
    }
}

/// A duration of PromQL.
fn duration(seconds: u32) -> String {
    match seconds {
        seconds if seconds.is_multiple_of(3_600) => format!("{}h", seconds / 3_600),
        seconds if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}
