//! A rule as a person writes it, and how a method takes its parameters from it.

#[cfg(feature = "schema")]
use schemars::JsonSchema;

#[cfg(feature = "schema")]
use super::Kind;
use super::look::{LookInput, ScheduleInput, WindowInput};
use super::parameter::Words;
use super::{
    AlphaSpending, BetsOpen, CountsFailures, Group, Guarantee, Limit, Look, MAX_STAGES, Method,
    Needs, NoData, OnFail, Parameter, Population, Rule, Schedule, Window,
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
    /// such as `sequential`, and for `burn_rate`, else `stage_end`.
    pub look: Option<LookInput>,
    /// Whether it also looks while the rollout is paused; default false.
    pub look_while_paused: Option<bool>,
    /// What it looks at; default `stage`, and always `rollout` for the rules
    /// that gather evidence, such as `group_sequential` and `sequential`.
    /// Over several traffic shares the arms are compared share by share.
    pub window: Option<WindowInput>,
    /// Whose requests it judges: those of the `canary`, against the baseline where
    /// it compares; of the canary against a `control`, a random part of the baseline
    /// with the canary's traffic; or those of the whole `service`. Default `canary`.
    pub of: Option<Population>,
    /// Failed looks before it acts, a whole number from 1 to 1000000; default 1.
    pub failure_limit: Option<f64>,
    /// Only the failures in this many of its last looks count, a whole number from
    /// `failure_limit` to 64; as many as `failure_limit` are failures in a row.
    /// Default the whole rollout.
    pub of_last: Option<f64>,
    /// Which failed looks count: its own (`alone`), those of all rules that say
    /// `together`, or those of a score over all rules that say `by_score`; default
    /// `alone`.
    pub counts: Option<CountsFailures>,
    /// Its weight in a score, above 0, at most 1000; default 1.
    pub weight: Option<f64>,
    /// What it does then; default `rollback`.
    pub on_fail: Option<OnFail>,
    /// Numbers of the stages it holds for, from 1; at most 100 of them; default
    /// all.
    pub stages: Option<Vec<f64>>,
    /// With fewer requests in the window the look has no data, a whole number from 1
    /// to 10¹²; default 1.
    pub min_requests: Option<f64>,
    /// What a look without data says; default `inconclusive`.
    pub no_data: Option<NoData>,
    /// With fewer errors in the window the look is inconclusive, a whole
    /// number from 0 to 10¹²; default 0.
    pub min_errors: Option<f64>,
    /// The limit: a count, a rate, a difference of rates, a ratio, or milliseconds, as
    /// the rule's name says. Strictly more fails. A count is a whole number of at most
    /// 10¹², a rate or difference at most 1, a ratio at most 1000, a latency above 0 and
    /// at most 600000; latencies are drawn in bins of 2 %, so a quantile of them is off
    /// by up to 1 %.
    pub max: Option<f64>,
    /// For `error_rate_ratio`, a canary's error rate up to this passes whatever the
    /// baseline's is, 0..=1, at most 9 decimal places; default none.
    pub floor: Option<f64>,
    /// For the latency rules, which quantile, in (0, 1); default 0.99.
    pub quantile: Option<f64>,
    /// The level, in (0, 1), for `asymptotic_cs` below 0.5; default 0.05, for
    /// `sample_ratio` 0.001. For the rules that may look at any time, at
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
    /// For `asymptotic_cs`: the number of requests of two equal arms near which the test
    /// is sharpest, from 1 to 10¹²; default 5000.
    pub tuned_for: Option<f64>,
    /// For `asymptotic_cs`: with fewer errors in each arm the rule passes, a whole
    /// number from 0 to 10¹²; default 150.
    pub min_conversions: Option<f64>,
    /// A difference below this part of the baseline's error rate passes, 0..=100; default
    /// 0.005 for `asymptotic_cs`, 0 for `bayesian`.
    pub min_change: Option<f64>,
    /// For `bayesian`: the least probability of a worse canary that fails, in (0, 1);
    /// default 0.95.
    pub probability: Option<f64>,
    /// For `bayesian`: the least expected loss that fails, a difference of rates, 0..=1;
    /// default none.
    pub min_loss: Option<f64>,
    /// For `bayesian`: a of the prior Beta(a, b) of each error rate, 0.5..=10⁹; default 1.
    pub prior_errors: Option<f64>,
    /// For `bayesian`: b of the prior, 0.5..=10⁹; default 1.
    pub prior_successes: Option<f64>,
    /// For `sample_ratio`: another share is expected as near to the planned one as that
    /// of so many requests is by chance, from 1 to 10⁹; default 1000.
    pub prior_requests: Option<f64>,
    /// For `planned`, the errors of a healthy service in a tick, of both versions together,
    /// above 0, at most 100000000.
    pub expected_errors_per_tick: Option<f64>,
    /// For `slow_requests` and `sequential_metrics`: a request that takes longer is slow,
    /// in milliseconds, above 0, at most 600000.
    pub objective_ms: Option<f64>,
    /// For `burn_rate`: the share of requests that must not fail, in (0, 1); default
    /// 0.999.
    pub objective: Option<f64>,
    /// For `burn_rate`: how many times as fast as the objective allows errors may use
    /// up the error budget, above 0, at most 10000; default 14.4.
    pub factor: Option<f64>,
    /// For `burn_rate`: the length of the long window, a multiple of `tick_seconds`;
    /// default 3600.
    pub long_seconds: Option<f64>,
    /// For `burn_rate`: the length of the short window, a multiple of `tick_seconds`,
    /// less than `long_seconds`; default 300.
    pub short_seconds: Option<f64>,
    /// For `sequential_metrics`, the part of the stake that is bet on errors, in (0, 1);
    /// the rest is bet on slow requests; default 0.5.
    pub errors_weight: Option<f64>,
}

fields!(RuleInput {
    rule,
    look,
    look_while_paused,
    window,
    of,
    failure_limit,
    of_last,
    counts,
    weight,
    on_fail,
    stages,
    min_requests,
    no_data,
    min_errors,
    max,
    floor,
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
    tuned_for,
    min_conversions,
    min_change,
    probability,
    min_loss,
    prior_errors,
    prior_successes,
    prior_requests,
    expected_errors_per_tick,
    objective_ms,
    objective,
    factor,
    long_seconds,
    short_seconds,
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
    fn given(&self) -> Vec<(&'static str, bool)> {
        vec![
            ("max", self.max.is_some()),
            ("floor", self.floor.is_some()),
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
            ("tuned_for", self.tuned_for.is_some()),
            ("min_conversions", self.min_conversions.is_some()),
            ("min_change", self.min_change.is_some()),
            ("probability", self.probability.is_some()),
            ("min_loss", self.min_loss.is_some()),
            ("prior_errors", self.prior_errors.is_some()),
            ("prior_successes", self.prior_successes.is_some()),
            ("prior_requests", self.prior_requests.is_some()),
            ("expected_errors_per_tick", self.expected_errors_per_tick.is_some()),
            ("objective_ms", self.objective_ms.is_some()),
            ("objective", self.objective.is_some()),
            ("factor", self.factor.is_some()),
            ("long_seconds", self.long_seconds.is_some()),
            ("short_seconds", self.short_seconds.is_some()),
            ("errors_weight", self.errors_weight.is_some()),
        ]
    }

    /// The value of a parameter that is a number.
    fn number(&self, key: &str) -> Option<f64> {
        match key {
            "max" => self.max,
            "floor" => self.floor,
            "quantile" => self.quantile,
            "alpha" => self.alpha,
            "tolerated_ratio" => self.tolerated_ratio,
            "error_clump" => self.error_clump,
            "certify_below" => self.certify_below,
            "certify_alpha" => self.certify_alpha,
            "min_ticks" => self.min_ticks,
            "margin" => self.margin,
            "tuned_for" => self.tuned_for,
            "min_conversions" => self.min_conversions,
            "min_change" => self.min_change,
            "probability" => self.probability,
            "min_loss" => self.min_loss,
            "prior_errors" => self.prior_errors,
            "prior_successes" => self.prior_successes,
            "prior_requests" => self.prior_requests,
            "expected_errors_per_tick" => self.expected_errors_per_tick,
            "objective_ms" => self.objective_ms,
            "objective" => self.objective,
            "factor" => self.factor,
            "long_seconds" => self.long_seconds,
            "short_seconds" => self.short_seconds,
            "errors_weight" => self.errors_weight,
            "failure_limit" => self.failure_limit,
            "of_last" => self.of_last,
            "weight" => self.weight,
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
                    if known.kind != parameter.kind {
                        known.kind = Kind::Number;
                    }
                }
                None => all.push(parameter),
            }
        }
        all
    }

    /// The parameters that other rules take, but none of that name.
    pub(crate) fn refused(name: &str) -> impl Iterator<Item = &'static str> {
        let taken = Method::parameters(name);
        let keys = RuleInput::default().given().into_iter().map(|(key, _)| key);
        keys.filter(move |key| !taken.iter().any(|taken| taken.key == *key))
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
        let needs = method.as_ref().map_or(Needs::NONE, Method::needs);
        let own_window = method.as_ref().and_then(Method::own_window_seconds);
        // An alert with windows of its own is evaluated all the time.
        let default_look = match own_window {
            Some(_) => Look::EveryTick,
            None => guarantee.looks()[0],
        };
        let look = self.look(guarantee, default_look);
        let look_while_paused =
            self.flag(Parameter::look_while_paused(), self.input.look_while_paused);
        let window = match own_window {
            Some(last_seconds) => self.own_window(last_seconds),
            None => self.window(guarantee),
        };
        let of = self.population(needs);
        let failure_limit = self.whole(Parameter::failure_limit()) as u32;
        let of_last = self.of_last(failure_limit);
        let counts = self.choice(
            &Words {
                key: "counts",
                group: Group::Action,
                label: "Counts failures",
                options: &[
                    (CountsFailures::Alone, "alone"),
                    (CountsFailures::Together, "together with others"),
                    (CountsFailures::ByScore, "by a score with others"),
                ],
                default: CountsFailures::Alone,
            },
            self.input.counts,
        );
        let weight = self.number(Parameter::weight());
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
        let no_data = self.choice(
            &Words {
                key: "no_data",
                group: Group::Look,
                label: "Without data",
                options: &[
                    (NoData::Inconclusive, "the look does not count"),
                    (NoData::Wait, "it waits and looks again"),
                    (NoData::Pass, "the look passes"),
                    (NoData::Fail, "the look fails"),
                ],
                default: NoData::Inconclusive,
            },
            self.input.no_data,
        );
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
            look_while_paused,
            window,
            of,
            failure_limit,
            of_last,
            counts,
            weight,
            on_fail,
            stages,
            min_requests,
            no_data,
            min_errors,
        })
    }

    fn look(&mut self, guarantee: Guarantee, default: Look) -> Look {
        const EVERY_MINUTE: Schedule =
            Schedule { every_seconds: 60, after_seconds: 60, count: None };
        let looks = guarantee.looks();
        let scheduled = looks.contains(&Look::EveryTick);
        let mut options =
            vec![(Look::StageEnd, "at a stage’s end"), (Look::EveryTick, "every tick")];
        options.retain(|(look, _)| looks.contains(look));
        if scheduled {
            options.push((Look::Scheduled(EVERY_MINUTE), "at fixed times"));
        }
        let words =
            Words { key: "look", group: Group::Look, label: "Looks", options: &options, default };
        let given = self.input.look.map(|look| match look {
            LookInput::StageEnd => Look::StageEnd,
            LookInput::EveryTick => Look::EveryTick,
            LookInput::Scheduled(schedule) => Look::Scheduled(self.schedule(schedule)),
        });
        let look = self.choice(&words, given);
        if scheduled {
            self.taken.extend([
                Parameter {
                    only_with: Some("look"),
                    ..Parameter::seconds("look.every_seconds", "every")
                },
                Parameter {
                    only_with: Some("look"),
                    placeholder: "the same",
                    ..Parameter::seconds("look.after_seconds", "the first after")
                },
                Parameter::look_count(),
            ]);
        }
        let allowed = match look {
            Look::Scheduled(_) => scheduled,
            look => looks.contains(&look),
        };
        if !allowed {
            let rule = &self.input.rule;
            self.complain(
                "look",
                format!("{rule} has boundaries for stage ends alone, expected stage_end"),
            );
        }
        look
    }

    fn schedule(&mut self, input: ScheduleInput) -> Schedule {
        let seconds = Parameter::seconds("", "");
        let mut whole = |key: &str, value: Option<f64>, parameter: &Parameter| {
            if let Some(value) = value.filter(|value| parameter.allows(*value)) {
                return value as u32;
            }
            let (found, expected) = (found(value), parameter.expected());
            self.complain(&format!("look.{key}"), format!("{found}, expected {expected}"));
            1
        };
        let every_seconds = whole("every_seconds", input.every_seconds, &seconds);
        let after = input.after_seconds.or(input.every_seconds);
        let after_seconds = match input.after_seconds {
            None => every_seconds,
            Some(_) => whole("after_seconds", after, &seconds),
        };
        let count = input.count.map(|count| whole("count", Some(count), &Parameter::look_count()));
        Schedule { every_seconds, after_seconds, count }
    }

    fn window(&mut self, guarantee: Guarantee) -> Window {
        const LAST_MINUTES: Window = Window::Last { last_seconds: 300 };
        let windows = guarantee.windows();
        let slides = windows.contains(&Window::Tick);
        let mut options = vec![
            (Window::Tick, "the tick"),
            (Window::Stage, "the stage so far"),
            (Window::Rollout, "the rollout so far"),
        ];
        options.retain(|(window, _)| windows.contains(window));
        if slides {
            options.push((LAST_MINUTES, "the last"));
        }
        let words = Words {
            key: "window",
            group: Group::Look,
            label: "at",
            options: &options,
            default: windows[0],
        };
        let given = self.input.window.map(|window| match window {
            WindowInput::Tick => Window::Tick,
            WindowInput::Stage => Window::Stage,
            WindowInput::Rollout => Window::Rollout,
            WindowInput::LastSeconds(seconds) => {
                let parameter = Parameter::seconds("", "");
                let is_allowed = parameter.allows(seconds);
                if !is_allowed {
                    let (found, expected) = (found(Some(seconds)), parameter.expected());
                    self.complain("window.last_seconds", format!("{found}, expected {expected}"));
                }
                Window::Last { last_seconds: if is_allowed { seconds as u32 } else { 1 } }
            }
        });
        let window = self.choice(&words, given);
        if slides {
            let seconds = Parameter::seconds("window.last_seconds", "last");
            self.taken.push(Parameter { only_with: Some("window"), ..seconds });
        }
        let allowed = match window {
            Window::Last { .. } => slides,
            window => windows.contains(&window),
        };
        if !allowed {
            let rule = &self.input.rule;
            self.complain("window", format!("{rule} gathers evidence, expected rollout"));
        }
        window
    }

    /// The window of a rule that has one of its own.
    fn own_window(&mut self, last_seconds: u32) -> Window {
        let is_other =
            |window: &WindowInput| *window != WindowInput::LastSeconds(last_seconds.into());
        if self.input.window.as_ref().is_some_and(is_other) {
            let rule = &self.input.rule;
            self.complain("window", format!("{rule} has windows of its own, expected none"));
        }
        Window::Last { last_seconds }
    }

    /// Whose requests the rule judges. Only a rule that compares can have a control,
    /// and only a rule on errors that does not compare can judge the whole service.
    fn population(&mut self, needs: Needs) -> Population {
        let mut options = vec![(Population::Canary, "the canary")];
        let otherwise = if needs.baseline {
            options.push((Population::Control, "the canary against an equal control"));
            "compares the canary with the baseline, expected canary or control"
        } else if needs.latency() {
            "reads the latencies of one version, expected canary"
        } else {
            options.push((Population::Service, "the whole service"));
            "compares with nothing, expected canary or service"
        };
        let words = Words {
            key: "of",
            group: Group::Look,
            label: "of",
            options: &options,
            default: Population::Canary,
        };
        let of = self.choice(&words, self.input.of);
        if !options.iter().any(|(known, _)| *known == of) {
            self.complain("of", format!("{} {otherwise}", self.input.rule));
        }
        of
    }

    /// How many of the last looks count.
    fn of_last(&mut self, failure_limit: u32) -> Option<u32> {
        let parameter = Parameter::of_last();
        let given = self.optional(parameter.clone())?;
        if !parameter.allows(given) {
            let expected = parameter.expected();
            self.complain("of_last", format!("{}, expected {expected}", found(Some(given))));
            return None;
        }
        let of_last = given as u32;
        if failure_limit > of_last {
            let message =
                format!("found {of_last}, expected at least the failure_limit, {failure_limit}");
            self.complain("of_last", message);
        }
        Some(of_last)
    }

    fn flag(&mut self, parameter: Parameter, given: Option<bool>) -> bool {
        self.taken.push(parameter);
        given.unwrap_or(false)
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

    /// A parameter that may be left out, taken by `take` if it is given.
    pub(super) fn if_given<T>(
        &mut self,
        parameter: Parameter,
        take: impl FnOnce(&mut Self, Parameter) -> T,
    ) -> Option<T> {
        if self.input.number(parameter.key).is_some() {
            return Some(take(self, parameter));
        }
        self.taken.push(parameter);
        None
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
