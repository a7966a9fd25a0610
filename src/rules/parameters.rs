//! A rule as a person writes it, and how a method takes its parameters from it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Limit, Look, Method, OnFail, Rule, Window};
use crate::json::plain;
use crate::problem::Problem;

/// A rule in a configuration. Which parameters it takes depends on `rule`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rule")]
pub struct RuleInput {
    /// Its name: `error_rate`, `error_rate_delta`, `error_rate_ratio`,
    /// `latency`, `latency_delta_ms`.
    #[schemars(extend("enum" = Method::NAMES))]
    pub rule: String,
    /// When it looks; default `stage_end`.
    pub look: Option<Look>,
    /// What it looks at; default `stage`.
    pub window: Option<Window>,
    /// Failed looks in the whole rollout before it acts, a whole number from 1;
    /// default 1.
    #[schemars(range(min = 1, max = 1000000), extend("type" = "integer"))]
    pub failure_limit: Option<f64>,
    /// What it does then; default `rollback`.
    pub on_fail: Option<OnFail>,
    /// Numbers of the stages it holds for, from 1; default all.
    pub stages: Option<Vec<f64>>,
    /// With fewer canary requests in the window the look is inconclusive;
    /// default 1.
    #[schemars(range(min = 1), extend("type" = "integer"))]
    pub min_requests: Option<f64>,
    /// With fewer canary errors in the window the look is inconclusive;
    /// default 0.
    #[schemars(range(min = 0), extend("type" = "integer"))]
    pub min_errors: Option<f64>,
    /// The limit: a rate, a difference of rates, a ratio, or milliseconds, as
    /// the rule's name says. Strictly more fails.
    #[schemars(range(min = 0))]
    pub max: Option<f64>,
    /// For the latency rules, which quantile, in (0, 1); default 0.99.
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub quantile: Option<f64>,
}

/// The parameters that some methods take and others do not.
const PARAMETERS: [&str; 2] = ["max", "quantile"];
/// Largest count a rule may ask for.
const MAX_COUNT: f64 = 1e12;
/// Most failed looks a rule may wait for.
const MAX_FAILURE_LIMIT: f64 = 1e6;
/// Largest limit on a latency, in milliseconds.
pub(crate) const MAX_LATENCY_MS: f64 = 600_000.0;

impl RuleInput {
    /// The rule, or what is wrong with it; `path` is its place, `stages` how
    /// many the plan has.
    pub(crate) fn resolve(
        &self,
        path: &str,
        stages: u32,
        problems: &mut Vec<Problem>,
    ) -> Option<Rule> {
        let before = problems.len();
        let mut p = Parameters { input: self, path, taken: Vec::new(), problems };
        let method = Method::from_parameters(&self.rule, &mut p);
        let rule = Rule {
            failure_limit: p.whole("failure_limit", self.failure_limit, 1, MAX_FAILURE_LIMIT)
                as u32,
            min_requests: p.whole("min_requests", self.min_requests, 1, MAX_COUNT),
            min_errors: p.whole("min_errors", self.min_errors, 0, MAX_COUNT),
            look: self.look.unwrap_or(Look::StageEnd),
            window: self.window.unwrap_or(Window::Stage),
            on_fail: self.on_fail.unwrap_or(OnFail::Rollback),
            stages: p.stages(stages),
            method: match method {
                Some(method) => {
                    p.refuse_the_rest();
                    method
                }
                None => {
                    let expected = Method::NAMES.join(", ");
                    p.complain(
                        "rule",
                        format!("unknown rule {:?}, expected one of {expected}", self.rule),
                    );
                    return None;
                }
            },
        };
        (problems.len() == before).then_some(rule)
    }

    /// A method's own parameters, those given.
    fn given(&self) -> impl Iterator<Item = (&'static str, f64)> {
        PARAMETERS
            .into_iter()
            .zip([self.max, self.quantile])
            .filter_map(|(name, value)| Some((name, value?)))
    }
}

impl Method {
    /// The parameters a rule of that name has to be given, and those it
    /// refuses.
    pub(crate) fn parameters(name: &str) -> (Vec<&'static str>, Vec<&'static str>) {
        let none = RuleInput { rule: name.to_string(), ..RuleInput::default() };
        let mut problems = Vec::new();
        let mut p =
            Parameters { input: &none, path: "", taken: Vec::new(), problems: &mut problems };
        Method::from_parameters(name, &mut p);
        let taken = p.taken;
        let is_needed = |name: &str| problems.iter().any(|p| p.path == format!(".{name}"));
        let needed = taken.iter().copied().filter(|name| is_needed(name)).collect();
        let refused = PARAMETERS.into_iter().filter(|name| !taken.contains(name)).collect();
        (needed, refused)
    }
}

/// Hands a method its parameters, and notes what is wrong with them. After a
/// problem the value handed out is a stand-in: the rule will not be built.
pub struct Parameters<'a> {
    input: &'a RuleInput,
    path: &'a str,
    taken: Vec<&'static str>,
    problems: &'a mut Vec<Problem>,
}

impl Parameters<'_> {
    fn complain(&mut self, name: &str, message: String) {
        self.problems.push(Problem::new(format!("{}.{name}", self.path), message));
    }

    fn take(&mut self, name: &'static str) -> Option<f64> {
        self.taken.push(name);
        self.input.given().find(|(given, _)| *given == name).map(|(_, value)| value)
    }

    /// A limit on a rate or ratio, at most `max`, of at most nine decimal
    /// places; it has to be given.
    pub(super) fn limit(&mut self, name: &'static str, max: f64) -> Limit {
        let value = self.take(name);
        let limit = value.filter(|value| *value <= max).and_then(Limit::from_f64);
        limit.unwrap_or_else(|| {
            let found =
                value.map_or("missing".to_string(), |value| format!("found {}", plain(value)));
            self.complain(
                name,
                format!("{found}, expected a number from 0 to {max} with at most 9 decimal places"),
            );
            Limit::ZERO
        })
    }

    /// A latency above 0; it has to be given.
    pub(super) fn milliseconds(&mut self, name: &'static str) -> f64 {
        let value = self.take(name);
        let valid = value.filter(|ms| *ms > 0.0 && *ms <= MAX_LATENCY_MS);
        valid.unwrap_or_else(|| {
            let found =
                value.map_or("missing".to_string(), |value| format!("found {}", plain(value)));
            self.complain(
                name,
                format!("{found}, expected milliseconds above 0, at most {MAX_LATENCY_MS}"),
            );
            MAX_LATENCY_MS
        })
    }

    /// The quantile; 0.99 if not given.
    pub(super) fn quantile(&mut self) -> f64 {
        let value = self.take("quantile").unwrap_or(0.99);
        if !(value > 0.0 && value < 1.0) {
            self.complain(
                "quantile",
                format!("found {}, expected a number between 0 and 1", plain(value)),
            );
        }
        value
    }

    fn whole(&mut self, name: &str, value: Option<f64>, least: u64, most: f64) -> u64 {
        let Some(value) = value else { return least };
        if value.fract() != 0.0 || value < least as f64 || value > most {
            self.complain(
                name,
                format!("found {}, expected a whole number from {least} to {most}", plain(value)),
            );
        }
        value as u64
    }

    /// The stages the rule holds for, in order, each once.
    fn stages(&mut self, count: u32) -> Option<Vec<u32>> {
        let given = self.input.stages.as_ref()?;
        if given.is_empty() {
            self.complain("stages", "is empty, expected at least one stage number".to_string());
        }
        let mut numbers = Vec::new();
        for (i, &number) in given.iter().enumerate() {
            if number.fract() != 0.0 || number < 1.0 || number > f64::from(count) {
                self.complain(
                    &format!("stages[{i}]"),
                    format!(
                        "found {}, expected a stage's number, from 1 to {count}",
                        plain(number)
                    ),
                );
            }
            numbers.push(number as u32);
        }
        numbers.sort_unstable();
        numbers.dedup();
        Some(numbers)
    }

    fn refuse_the_rest(&mut self) {
        let (rule, taken) = (&self.input.rule, self.taken.join(", "));
        for (name, _) in self.input.given() {
            if !self.taken.contains(&name) {
                let message = format!("{rule} takes no such parameter, only {taken}");
                self.problems.push(Problem::new(format!("{}.{name}", self.path), message));
            }
        }
    }
}
