//! A rule as a person writes it, and how a method takes its parameters from it.

use schemars::JsonSchema;
use serde_json::json;

use super::sequential::DEFAULT_BETS;
use super::{AlphaSpending, BetsOpen, Certificate, Limit, Look, Method, OnFail, Rule, Window};
use crate::json::plain;
use crate::message::{did_you_mean, quoted};
use crate::problem::Problem;
use crate::reading::fields;
use crate::stats::eprocess::MAX_BETS;

/// A rule in a configuration. Which parameters it takes depends on `rule`.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Rule")]
pub struct RuleInput {
    /// Its name.
    #[schemars(extend("enum" = Method::NAMES))]
    pub rule: String,
    /// When it looks; default `every_tick` for `sequential` and `slow_requests`,
    /// else `stage_end`.
    pub look: Option<Look>,
    /// What it looks at; default `stage`, and always `rollout` for the rules
    /// that gather evidence: `group_sequential`, `sequential`, `slow_requests`.
    /// Over a `rollout` the arms are compared share by share.
    pub window: Option<Window>,
    /// Failed looks in the whole rollout before it acts, a whole number from 1 to
    /// 1000000; default 1.
    #[schemars(range(min = 1, max = 1000000), extend("type" = "integer"))]
    pub failure_limit: Option<f64>,
    /// What it does then; default `rollback`.
    pub on_fail: Option<OnFail>,
    /// Numbers of the stages it holds for, from 1; at most 100 of them; default
    /// all.
    #[schemars(length(min = 1, max = 100), extend("items" = json!({ "type": "integer", "minimum": 1, "maximum": 100 })))]
    pub stages: Option<Vec<f64>>,
    /// With fewer canary requests in the window the look is inconclusive, a whole
    /// number from 1 to 10¹²; default 1.
    #[schemars(range(min = 1, max = 1000000000000_i64), extend("type" = "integer"))]
    pub min_requests: Option<f64>,
    /// With fewer canary errors in the window the look is inconclusive, a whole
    /// number from 0 to 10¹²; default 0.
    #[schemars(range(min = 0, max = 1000000000000_i64), extend("type" = "integer"))]
    pub min_errors: Option<f64>,
    /// The limit: a rate, a difference of rates, a ratio, or milliseconds, as
    /// the rule's name says. Strictly more fails. A rate or difference is at most
    /// 1, a ratio at most 1000, a latency above 0 and at most 600000; latencies are
    /// drawn in bins of 2 %, so a quantile of them is off by up to 1 %.
    #[schemars(range(min = 0, max = 600000))]
    pub max: Option<f64>,
    /// For the latency rules, which quantile, in (0, 1); default 0.99.
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub quantile: Option<f64>,
    /// The level, in (0, 1); default 0.05. For `sequential` and `slow_requests`,
    /// at most this share of rollouts that are not worse ever fail it, as long as
    /// both arms vary only together. For `group_sequential`, about this share
    /// fails one of its looks. For `z_test`, `fisher` and `mann_whitney` it is the
    /// level of one look: a rollout with several errs more often.
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub alpha: Option<f64>,
    /// For `sequential` and `slow_requests`, the ratio of the rates that is
    /// still accepted, above 0, at most 100; default 1.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 100))]
    pub tolerated_ratio: Option<f64>,
    /// The ratios bet on in equal parts, 1 to 16, each above the tolerated one, at
    /// most 10000; default that times 1.25, 1.5, 2, 3, 4, 6, 10, 20.
    #[schemars(length(min = 1, max = 16), extend("items" = json!({ "type": "number", "exclusiveMinimum": 0, "maximum": 10_000 })))]
    pub bets: Option<Vec<f64>>,
    /// When the bets are placed; default `stage_starts`.
    pub bets_open: Option<BetsOpen>,
    /// For `sequential`: a certificate that the ratio in a stage, the same
    /// throughout it, is below this ends the stage early; above the tolerated
    /// ratio and 0.25, at most 100.
    #[schemars(extend("exclusiveMinimum" = 0.25, "maximum" = 100))]
    pub certify_below: Option<f64>,
    /// The certificate's level in each stage, in (0, 1); default 0.05.
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub certify_alpha: Option<f64>,
    /// Ticks a stage lasts at least before a certificate ends it, a whole number
    /// from 1 to 100000; default 1.
    #[schemars(range(min = 1, max = 100000), extend("type" = "integer"))]
    pub min_ticks: Option<f64>,
    /// For `group_sequential`, how the level is spent over the looks; default
    /// `pocock`.
    pub spending: Option<AlphaSpending>,
    /// For `slow_requests`: a request that takes longer is slow, in
    /// milliseconds, above 0, at most 600000.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 600000))]
    pub objective_ms: Option<f64>,
}

fields!(RuleInput {
    rule,
    look,
    window,
    failure_limit,
    on_fail,
    stages,
    min_requests,
    min_errors,
    max,
    quantile,
    alpha,
    tolerated_ratio,
    bets,
    bets_open,
    certify_below,
    certify_alpha,
    min_ticks,
    spending,
    objective_ms
});

/// The parameters that some methods take and others do not.
const PARAMETERS: [&str; 11] = [
    "max",
    "quantile",
    "alpha",
    "tolerated_ratio",
    "bets",
    "bets_open",
    "certify_below",
    "certify_alpha",
    "min_ticks",
    "spending",
    "objective_ms",
];
/// Most stages a plan has, and a rule may name.
const MAX_STAGES: usize = 100;
/// Largest ratio a rule may speak of.
const MAX_RATIO: f64 = 100.0;
/// Largest ratio a rule may bet on.
const MAX_BET: f64 = 10_000.0;
/// Most ticks a rule may ask for.
const MAX_TICKS: f64 = 100_000.0;
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
        let mut p = Parameters::new(self, path, problems);
        let method = Method::from_parameters(&self.rule, &mut p);
        let gathers = method.as_ref().is_some_and(Method::gathers);
        let rule = Rule {
            failure_limit: p.whole("failure_limit", self.failure_limit, 1, MAX_FAILURE_LIMIT)
                as u32,
            min_requests: p.whole("min_requests", self.min_requests, 1, MAX_COUNT),
            min_errors: p.whole("min_errors", self.min_errors, 0, MAX_COUNT),
            look: p.look(method.as_ref()),
            window: p.window(gathers),
            on_fail: self.on_fail.unwrap_or(OnFail::Rollback),
            stages: p.stages(stages),
            method: match method {
                Some(method) => {
                    p.refuse_the_rest();
                    method
                }
                None => {
                    let found = quoted(&self.rule);
                    let message = match did_you_mean(&self.rule, Method::NAMES) {
                        Some(meant) => format!("unknown rule {found} (did you mean \"{meant}\"?)"),
                        None => format!(
                            "unknown rule {found}, expected one of {}",
                            Method::NAMES.join(", ")
                        ),
                    };
                    p.complain("rule", message);
                    return None;
                }
            },
        };
        (problems.len() == before).then_some(rule)
    }

    /// The names of the method's own parameters that are given.
    fn given(&self) -> impl Iterator<Item = &'static str> {
        let given = [
            self.max.is_some(),
            self.quantile.is_some(),
            self.alpha.is_some(),
            self.tolerated_ratio.is_some(),
            self.bets.is_some(),
            self.bets_open.is_some(),
            self.certify_below.is_some(),
            self.certify_alpha.is_some(),
            self.min_ticks.is_some(),
            self.spending.is_some(),
            self.objective_ms.is_some(),
        ];
        PARAMETERS.into_iter().zip(given).filter(|(_, given)| *given).map(|(name, _)| name)
    }

    /// The value of a parameter that is a number.
    fn number(&self, name: &str) -> Option<f64> {
        match name {
            "max" => self.max,
            "quantile" => self.quantile,
            "alpha" => self.alpha,
            "tolerated_ratio" => self.tolerated_ratio,
            "certify_below" => self.certify_below,
            "certify_alpha" => self.certify_alpha,
            "min_ticks" => self.min_ticks,
            "objective_ms" => self.objective_ms,
            _ => None,
        }
    }
}

impl Method {
    /// The largest `max` of a rule of that name, and whether it has to be above 0;
    /// `None` for a rule that takes no `max`.
    pub(crate) fn largest_limit(name: &str) -> Option<(f64, bool)> {
        let none = RuleInput { rule: name.to_string(), ..RuleInput::default() };
        Parameters::taken_by(&none, &mut Vec::new()).largest
    }

    /// The parameters a rule of that name has to be given, and those it
    /// refuses.
    pub(crate) fn parameters(name: &str) -> (Vec<&'static str>, Vec<&'static str>) {
        let none = RuleInput { rule: name.to_string(), ..RuleInput::default() };
        let mut problems = Vec::new();
        let taken = Parameters::taken_by(&none, &mut problems).taken;
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
    /// The largest `max`, and whether it has to be above 0, once it was taken.
    largest: Option<(f64, bool)>,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Parameters<'a> {
    fn new(input: &'a RuleInput, path: &'a str, problems: &'a mut Vec<Problem>) -> Self {
        Parameters { input, path, taken: Vec::new(), largest: None, problems }
    }

    /// What a rule took from what it was given.
    fn taken_by(input: &'a RuleInput, problems: &'a mut Vec<Problem>) -> Self {
        let mut p = Parameters::new(input, "", problems);
        Method::from_parameters(&input.rule, &mut p);
        p
    }

    fn complain(&mut self, name: &str, message: String) {
        self.problems.push(Problem::new(format!("{}.{name}", self.path), message));
    }

    fn take(&mut self, name: &'static str) -> Option<f64> {
        self.taken.push(name);
        self.input.number(name)
    }

    fn look(&mut self, method: Option<&Method>) -> Look {
        let default = method.map_or(Look::StageEnd, Method::default_look);
        let look = self.input.look.unwrap_or(default);
        if matches!(method, Some(Method::GroupSequential(_))) && look == Look::EveryTick {
            let message =
                "group_sequential has boundaries for stage ends alone, expected stage_end";
            self.complain("look", message.to_string());
        }
        look
    }

    fn window(&mut self, gathers: bool) -> Window {
        let default = if gathers { Window::Rollout } else { Window::Stage };
        let window = self.input.window.unwrap_or(default);
        if gathers && window != Window::Rollout {
            let message = format!("{} gathers evidence, expected rollout", self.input.rule);
            self.complain("window", message);
        }
        window
    }

    /// A level in (0, 1); 0.05 if not given.
    pub(super) fn alpha(&mut self, name: &'static str) -> f64 {
        let value = self.take(name).unwrap_or(0.05);
        if value > 0.0 && value < 1.0 {
            return value;
        }
        let message = format!("found {}, expected a number between 0 and 1", plain(value));
        self.complain(name, message);
        0.05
    }

    /// A ratio above 0.
    pub(super) fn ratio(&mut self, name: &'static str, default: f64) -> f64 {
        let value = self.take(name).unwrap_or(default);
        if value > 0.0 && value <= MAX_RATIO {
            return value;
        }
        let message = format!("found {}, expected a number above 0, at most 100", plain(value));
        self.complain(name, message);
        default
    }

    /// The ratios bet on, each above `tolerated`.
    pub(super) fn bets(&mut self, tolerated: f64) -> Vec<f64> {
        self.taken.push("bets");
        let Some(bets) = &self.input.bets else {
            return DEFAULT_BETS.iter().map(|bet| bet * tolerated).collect();
        };
        if bets.is_empty() || bets.len() > MAX_BETS {
            self.complain("bets", format!("{} bets, expected 1 to {MAX_BETS}", bets.len()));
            return Vec::new();
        }
        for (i, &bet) in bets.iter().enumerate() {
            if !(bet > tolerated && bet <= MAX_BET) {
                let message = format!(
                    "found {}, expected a ratio above the tolerated {}, at most {}",
                    plain(bet),
                    plain(tolerated),
                    plain(MAX_BET)
                );
                self.complain(&format!("bets[{i}]"), message);
            }
        }
        bets.clone()
    }

    /// When the bets are placed.
    pub(super) fn bets_open(&mut self) -> BetsOpen {
        self.taken.push("bets_open");
        self.input.bets_open.unwrap_or(BetsOpen::StageStarts)
    }

    /// How a level is spent.
    pub(super) fn spending(&mut self) -> AlphaSpending {
        self.taken.push("spending");
        self.input.spending.unwrap_or(AlphaSpending::Pocock)
    }

    /// The certificate, if one is asked for, of a ratio above `tolerated`.
    pub(super) fn certificate(&mut self, tolerated: f64) -> Option<Certificate> {
        let Some(certify_below) = self.take("certify_below") else {
            for name in ["certify_alpha", "min_ticks"] {
                if self.take(name).is_some() {
                    self.complain(name, "is of no use without certify_below".to_string());
                }
            }
            return None;
        };
        // Below the lowest of the certificate's bets nothing could be bet.
        if !(certify_below > tolerated.max(0.25) && certify_below <= MAX_RATIO) {
            let message = format!(
                "found {}, expected a ratio above the tolerated {} and 0.25, at most 100",
                plain(certify_below),
                plain(tolerated)
            );
            self.complain("certify_below", message);
        }
        let certify_alpha = self.alpha("certify_alpha");
        let min_ticks = self.take("min_ticks");
        let min_ticks = self.whole("min_ticks", min_ticks, 1, MAX_TICKS) as u32;
        Some(Certificate { certify_below, certify_alpha, min_ticks })
    }

    /// A limit on a rate or ratio, at most `max`, of at most nine decimal
    /// places; it has to be given.
    pub(super) fn limit(&mut self, name: &'static str, max: f64) -> Limit {
        let value = self.take(name);
        self.largest = Some((max, false));
        let limit = value.filter(|value| *value <= max).and_then(Limit::from_f64);
        limit.unwrap_or_else(|| {
            let found =
                value.map_or("missing".to_string(), |value| format!("found {}", plain(value)));
            self.complain(
                name,
                format!(
                    "{found}, expected a number from 0 to {} with at most 9 decimal places",
                    plain(max)
                ),
            );
            Limit::ZERO
        })
    }

    /// A latency above 0; it has to be given.
    pub(super) fn milliseconds(&mut self, name: &'static str) -> f64 {
        let value = self.take(name);
        self.largest = Some((MAX_LATENCY_MS, true)).filter(|_| name == "max");
        let valid = value.filter(|ms| *ms > 0.0 && *ms <= MAX_LATENCY_MS);
        valid.unwrap_or_else(|| {
            let found =
                value.map_or("missing".to_string(), |value| format!("found {}", plain(value)));
            self.complain(
                name,
                format!(
                    "{found}, expected milliseconds above 0, at most {}",
                    plain(MAX_LATENCY_MS)
                ),
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
                format!(
                    "found {}, expected a whole number from {least} to {}",
                    plain(value),
                    plain(most)
                ),
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
        if given.len() > MAX_STAGES {
            let message = format!("{} numbers, expected at most {MAX_STAGES}", given.len());
            self.complain("stages", message);
            return None;
        }
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
        }
        Some((1..=count).filter(|number| given.contains(&f64::from(*number))).collect())
    }

    fn refuse_the_rest(&mut self) {
        let (rule, taken) = (&self.input.rule, self.taken.join(", "));
        for name in self.input.given() {
            if !self.taken.contains(&name) {
                let message = format!("{rule} takes no such parameter, only {taken}");
                self.problems.push(Problem::new(format!("{}.{name}", self.path), message));
            }
        }
    }
}
