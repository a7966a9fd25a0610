//! A rule as a person writes it, and how a method takes its parameters from it.

#[cfg(feature = "schema")]
use schemars::JsonSchema;

use super::parameter::Words;
use super::{
    AlphaSpending, BetsOpen, Group, Guarantee, Limit, Look, MAX_STAGES, Method, OnFail, Parameter,
    Rule, Window,
};
use crate::json::plain;
use crate::message::{did_you_mean, found, quoted};
use crate::problem::Problem;
use crate::reading::{Word, fields};

/// A rule in a configuration. Which parameters it takes depends on `rule`.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Rule"))]
pub struct RuleInput {
    /// Its name.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = Method::NAMES)))]
    pub rule: String,
    /// When it looks; default `every_tick` for the rules whose level holds at every look,
    /// such as `sequential`, else `stage_end`.
    pub look: Option<Look>,
    /// What it looks at; default `stage`, and always `rollout` for the rules
    /// that gather evidence, such as `group_sequential` and `sequential`.
    /// Over a `rollout` the arms are compared share by share.
    pub window: Option<Window>,
    /// Failed looks in the whole rollout before it acts, a whole number from 1 to
    /// 1000000; default 1.
    pub failure_limit: Option<f64>,
    /// What it does then; default `rollback`.
    pub on_fail: Option<OnFail>,
    /// Numbers of the stages it holds for, from 1; at most 100 of them; default
    /// all.
    pub stages: Option<Vec<f64>>,
    /// With fewer canary requests in the window the look is inconclusive, a whole
    /// number from 1 to 10¹²; default 1.
    pub min_requests: Option<f64>,
    /// With fewer canary errors in the window the look is inconclusive, a whole
    /// number from 0 to 10¹²; default 0.
    pub min_errors: Option<f64>,
    /// The limit: a rate, a difference of rates, a ratio, or milliseconds, as
    /// the rule's name says. Strictly more fails. A rate or difference is at most
    /// 1, a ratio at most 1000, a latency above 0 and at most 600000; latencies are
    /// drawn in bins of 2 %, so a quantile of them is off by up to 1 %.
    pub max: Option<f64>,
    /// For the latency rules, which quantile, in (0, 1); default 0.99.
    pub quantile: Option<f64>,
    /// The level, in (0, 1); default 0.05. For the rules that may look at any time, at
    /// most this share of rollouts that are not worse ever fail it, as long as both arms
    /// vary only together. For `group_sequential`, about this share
    /// fails one of its looks. For `z_test`, `fisher` and `mann_whitney` it is the
    /// level of one look: a rollout with several errs more often.
    pub alpha: Option<f64>,
    /// For the rules with evidence on a ratio, the ratio of the rates that is still
    /// accepted, above 0, at most 100; default 1.
    pub tolerated_ratio: Option<f64>,
    /// The ratios bet on in equal parts, 1 to 16, each above the tolerated one, at
    /// most 10000; default that times 1.25, 1.5, 2, 3, 4, 6, 10, 20.
    pub bets: Option<Vec<f64>>,
    /// When the bets are placed; default `stage_starts`.
    pub bets_open: Option<BetsOpen>,
    /// Errors come in clumps of at most this mean size, 1 to 1000000; default 1: each
    /// request fails independently.
    pub error_clump: Option<f64>,
    /// For `sequential`: a certificate that the ratio in a stage, the same
    /// throughout it, is below this ends the stage early; above the tolerated
    /// ratio and 0.25, at most 100.
    pub certify_below: Option<f64>,
    /// The certificate's level in each stage, in (0, 1); default 0.05.
    pub certify_alpha: Option<f64>,
    /// Ticks a stage lasts at least before a certificate ends it, a whole number
    /// from 1 to 100000; default 1.
    pub min_ticks: Option<f64>,
    /// For `group_sequential`, how the level is spent over the looks; default
    /// `pocock`.
    pub spending: Option<AlphaSpending>,
    /// For `sequential_difference`, the difference of the error rates that is still
    /// accepted, from 0 to 1; default 0.
    pub margin: Option<f64>,
    /// For `planned`, the errors of a healthy service in a tick, of both versions together,
    /// above 0, at most 100000000.
    pub expected_errors_per_tick: Option<f64>,
    /// For `slow_requests` and `sequential_metrics`: a request that takes longer is slow,
    /// in milliseconds, above 0, at most 600000.
    pub objective_ms: Option<f64>,
    /// For `sequential_metrics`, the part of the stake that is bet on errors, in (0, 1);
    /// the rest is bet on slow requests; default 0.5.
    pub errors_weight: Option<f64>,
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
    error_clump,
    certify_below,
    certify_alpha,
    min_ticks,
    spending,
    margin,
    expected_errors_per_tick,
    objective_ms,
    errors_weight
});

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
        let rule = Parameters::new(self, path, problems).rule(stages)?;
        (problems.len() == before).then_some(rule)
    }

    /// The parameters that some methods take and others do not, and which of them
    /// are given.
    fn given(&self) -> [(&'static str, bool); 15] {
        [
            ("max", self.max.is_some()),
            ("quantile", self.quantile.is_some()),
            ("alpha", self.alpha.is_some()),
            ("tolerated_ratio", self.tolerated_ratio.is_some()),
            ("bets", self.bets.is_some()),
            ("bets_open", self.bets_open.is_some()),
            ("error_clump", self.error_clump.is_some()),
            ("certify_below", self.certify_below.is_some()),
            ("certify_alpha", self.certify_alpha.is_some()),
            ("min_ticks", self.min_ticks.is_some()),
            ("spending", self.spending.is_some()),
            ("margin", self.margin.is_some()),
            ("expected_errors_per_tick", self.expected_errors_per_tick.is_some()),
            ("objective_ms", self.objective_ms.is_some()),
            ("errors_weight", self.errors_weight.is_some()),
        ]
    }

    /// The value of a parameter that is a number.
    fn number(&self, key: &str) -> Option<f64> {
        match key {
            "max" => self.max,
            "quantile" => self.quantile,
            "alpha" => self.alpha,
            "tolerated_ratio" => self.tolerated_ratio,
            "error_clump" => self.error_clump,
            "certify_below" => self.certify_below,
            "certify_alpha" => self.certify_alpha,
            "min_ticks" => self.min_ticks,
            "margin" => self.margin,
            "expected_errors_per_tick" => self.expected_errors_per_tick,
            "objective_ms" => self.objective_ms,
            "errors_weight" => self.errors_weight,
            "failure_limit" => self.failure_limit,
            "min_requests" => self.min_requests,
            "min_errors" => self.min_errors,
            _ => None,
        }
    }
}

impl Method {
    /// All parameters that a rule of that name takes, in the order in which a form
    /// shows them: it is asked for them all, and given none.
    pub(crate) fn parameters(name: &str) -> Vec<Parameter> {
        let none = RuleInput { rule: name.to_string(), ..RuleInput::default() };
        let mut problems = Vec::new();
        let mut p = Parameters::new(&none, "", &mut problems);
        p.rule(MAX_STAGES as u32);
        p.taken
    }
}

/// What the JSON Schema says of the rules.
#[cfg(feature = "schema")]
impl Method {
    /// All parameters of all rules, each key once, with a range that is wide enough for
    /// every rule.
    pub(crate) fn all_parameters() -> Vec<Parameter> {
        let mut all: Vec<Parameter> = Vec::new();
        for parameter in Method::NAMES.into_iter().flat_map(Method::parameters) {
            match all.iter_mut().find(|known| known.key == parameter.key) {
                Some(known) => {
                    let ranges = known.range.zip(parameter.range);
                    known.range = ranges.map(|(one, other)| one.union(other));
                }
                None => all.push(parameter),
            }
        }
        all
    }

    /// The parameters that other rules take, but none of that name.
    pub(crate) fn refused(name: &str) -> impl Iterator<Item = &'static str> {
        let taken = Method::parameters(name);
        let keys = RuleInput::default().given().map(|(key, _)| key);
        keys.into_iter().filter(move |key| !taken.iter().any(|taken| taken.key == *key))
    }
}

/// Hands a rule its parameters, notes which it takes, and what is wrong with them.
/// After a problem the value handed out is a stand-in: the rule will not be built.
pub(crate) struct Parameters<'a> {
    pub(super) input: &'a RuleInput,
    path: &'a str,
    taken: Vec<Parameter>,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Parameters<'a> {
    fn new(input: &'a RuleInput, path: &'a str, problems: &'a mut Vec<Problem>) -> Self {
        Parameters { input, path, taken: Vec::new(), problems }
    }

    pub(super) fn complain(&mut self, key: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(format!("{}.{key}", self.path), message));
    }

    /// The rule in a plan of this many stages; `None` if none has that name.
    fn rule(&mut self, stages: u32) -> Option<Rule> {
        let method = Method::from_parameters(&self.input.rule, self);
        let guarantee = method.as_ref().map_or(Guarantee::None, |method| method.about().guarantee);
        let (look, window) = (self.look(guarantee), self.window(guarantee));
        let failure_limit = self.whole(Parameter::failure_limit()) as u32;
        let on_fail = self.choice(
            &Words {
                key: "on_fail",
                group: Group::Action,
                label: "and then",
                options: &[(OnFail::Rollback, "rolls back"), (OnFail::Pause, "pauses")],
                default: OnFail::Rollback,
            },
            self.input.on_fail,
        );
        let min_requests = self.whole(Parameter::min_requests());
        let min_errors = self.whole(Parameter::min_errors());
        let stages = self.stages(stages);
        let Some(method) = method else {
            let found = quoted(&self.input.rule);
            let message = match did_you_mean(&self.input.rule, Method::NAMES) {
                Some(meant) => format!("unknown rule {found} (did you mean \"{meant}\"?)"),
                None => {
                    format!("unknown rule {found}, expected one of {}", Method::NAMES.join(", "))
                }
            };
            self.complain("rule", message);
            return None;
        };
        self.refuse_the_rest();
        Some(Rule {
            method,
            look,
            window,
            failure_limit,
            on_fail,
            stages,
            min_requests,
            min_errors,
        })
    }

    fn look(&mut self, guarantee: Guarantee) -> Look {
        let looks = guarantee.looks();
        let words = Words {
            key: "look",
            group: Group::Look,
            label: "Looks",
            options: &[(Look::StageEnd, "at a stage’s end"), (Look::EveryTick, "every tick")],
            default: looks[0],
        };
        let otherwise = "has boundaries for stage ends alone, expected stage_end";
        self.choice_of(looks, words, self.input.look, otherwise)
    }

    fn window(&mut self, guarantee: Guarantee) -> Window {
        let windows = guarantee.windows();
        let words = Words {
            key: "window",
            group: Group::Look,
            label: "at",
            options: &[
                (Window::Tick, "the tick"),
                (Window::Stage, "the stage so far"),
                (Window::Rollout, "the rollout so far"),
            ],
            default: windows[0],
        };
        let otherwise = "gathers evidence, expected rollout";
        self.choice_of(windows, words, self.input.window, otherwise)
    }

    /// The stages the rule holds for, in order, each once.
    fn stages(&mut self, count: u32) -> Option<Vec<u32>> {
        let given = self.numbers(Parameter::stages(), self.input.stages.as_deref())?;
        if given.is_empty() {
            self.complain("stages", "is empty, expected at least one stage number");
        }
        if given.len() > MAX_STAGES {
            let message = format!("{} numbers, expected at most {MAX_STAGES}", given.len());
            self.complain("stages", message);
            return None;
        }
        for (i, &number) in given.iter().enumerate() {
            if number.fract() != 0.0 || number < 1.0 || number > f64::from(count) {
                let number = plain(number);
                let message =
                    format!("found {number}, expected a stage's number, from 1 to {count}");
                self.complain(&format!("stages[{i}]"), message);
            }
        }
        Some((1..=count).filter(|number| given.contains(&f64::from(*number))).collect())
    }

    fn refuse_the_rest(&mut self) {
        let own = self.taken.iter().filter(|taken| taken.group == Group::Method);
        let taken: Vec<&str> = own.map(|taken| taken.key).collect();
        let names = taken.join(", ");
        for (key, is_given) in self.input.given() {
            if is_given && !taken.contains(&key) {
                let rule = &self.input.rule;
                self.complain(key, format!("{rule} takes no such parameter, only {names}"));
            }
        }
    }

    /// A number: what is given or, where nothing is, its default.
    pub(super) fn number(&mut self, parameter: Parameter) -> f64 {
        let stand_in = parameter.usual().unwrap_or(1.0);
        self.take(parameter, Some).unwrap_or(stand_in)
    }

    /// A whole number.
    pub(super) fn whole(&mut self, parameter: Parameter) -> u64 {
        self.number(parameter) as u64
    }

    /// A limit on a rate or ratio.
    pub(super) fn limit(&mut self, parameter: Parameter) -> Limit {
        self.take(parameter, Limit::from_f64).unwrap_or(Limit::ZERO)
    }

    /// A number that may be left out, to be checked by the rule.
    pub(super) fn optional(&mut self, parameter: Parameter) -> Option<f64> {
        let given = self.input.number(parameter.key);
        self.taken.push(parameter);
        given
    }

    /// A number that may be left out.
    pub(super) fn optional_within(&mut self, parameter: Parameter) -> Option<f64> {
        let key = parameter.key;
        let (allowed, expected) = (parameter.clone(), parameter.expected());
        let given = self.optional(parameter)?;
        if !allowed.allows(given) {
            self.complain(key, format!("{}, expected {expected}", found(Some(given))));
        }
        Some(given)
    }

    /// Numbers that may be left out, to be checked by the rule.
    pub(super) fn numbers(
        &mut self,
        parameter: Parameter,
        given: Option<&'a [f64]>,
    ) -> Option<&'a [f64]> {
        self.taken.push(parameter);
        given
    }

    /// One of some words.
    pub(super) fn choice<T: Word + Copy>(&mut self, words: &Words<'_, T>, given: Option<T>) -> T {
        self.taken.push(words.parameter());
        given.unwrap_or(words.default)
    }

    /// One of some words, of which only these are allowed; the problem of another one
    /// says `otherwise` of the rule.
    fn choice_of<T: Word + Copy + PartialEq>(
        &mut self,
        allowed: &[T],
        words: Words<'_, T>,
        given: Option<T>,
        otherwise: &str,
    ) -> T {
        let options = words.options.iter().copied();
        let options: Vec<_> = options.filter(|(word, _)| allowed.contains(word)).collect();
        let key = words.key;
        let choice = self.choice(&Words { options: &options, ..words }, given);
        if !allowed.contains(&choice) {
            self.complain(key, format!("{} {otherwise}", self.input.rule));
        }
        choice
    }

    fn take<T>(&mut self, parameter: Parameter, read: impl Fn(f64) -> Option<T>) -> Option<T> {
        let value = self.input.number(parameter.key).or(parameter.usual());
        let taken = value.filter(|x| parameter.allows(*x)).and_then(read);
        if taken.is_none() {
            let (found, expected) = (found(value), parameter.expected());
            self.complain(parameter.key, format!("{found}, expected {expected}"));
        }
        self.taken.push(parameter);
        taken
    }
}
