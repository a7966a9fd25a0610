//! The options of a study: reading and checking them, and the cases that result.

use std::sync::Arc;

use serde::Serialize;

use super::{
    Case, Layout, MAX_CASE_STAGES, MAX_POLICIES, MAX_RUNS, MAX_SWEEP, Pair, PolicyCases, Question,
    RecordedDays, Squares, Study, SweepCases, Tally, Watches,
};
use crate::config::{
    Config, ConfigError, ConfigInput, MAX_CONFIG_VALUES, MAX_TICKS, PolicyConfig,
    not_a_policys_key, stage_name,
};
use crate::json::pretty;
use crate::message::{did_you_mean, quoted, thousands};
use crate::policy::{Command, Prepared};
use crate::problem::Problem;
use crate::reading::{Fault, Node, View, fields, parse, read};
use crate::rollout::Plan;
use crate::rules::Range;
use crate::seed::MAX_SEED;
use crate::world::RecordedWorld;

/// The options of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyOptions {
    /// How many seeds, 1 to [`MAX_RUNS`]; default 10,000.
    pub runs: u64,
    /// The first seed; default 0. All seeds must be below 2⁵³.
    pub seed: u64,
    /// The number of ticks for which excess errors are counted; default the longest
    /// that a rollout of the study can take.
    pub horizon_ticks: Option<u32>,
    /// What a person does in a pause that waits for one; `None` if the run ends there.
    pub person: Option<Person>,
    /// Numeric fields of the configuration to change first.
    pub set: Vec<FieldValue>,
    /// A numeric field with the values to simulate.
    pub sweep: Option<Sweep>,
    /// Other policies to compare on the same seeds, at most [`MAX_POLICIES`].
    pub policies: Vec<NamedPolicy>,
}

impl Default for StudyOptions {
    fn default() -> Self {
        StudyOptions {
            runs: DEFAULT_RUNS,
            seed: 0,
            horizon_ticks: None,
            person: None,
            set: Vec::new(),
            sweep: None,
            policies: Vec::new(),
        }
    }
}

/// A person who answers in every pause that waits for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Ticks from the start of the pause to the answer.
    pub after_ticks: u32,
    /// The answer: [`Command::Resume`], [`Command::Promote`] or [`Command::Abort`].
    pub command: Command,
}

impl Person {
    /// The most ticks by which the answers prolong a rollout.
    pub(crate) fn most_ticks(&self, policy: &crate::policy::Policy) -> u64 {
        policy.most_waits(self.command) * u64::from(self.after_ticks)
    }
}

/// A new value for a numeric field of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldValue {
    /// The field's path, such as `canary.error_ratio` or
    /// `stages[0].duration_ticks`.
    pub field: String,
    /// The new value.
    pub value: f64,
}

/// A numeric field of the configuration with 1 to [`MAX_SWEEP`] values to simulate.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// The field's path; `error_ratio` is short for `canary.error_ratio`.
    pub field: String,
    /// The values, in the order of the report.
    pub values: Vec<f64>,
}

/// A policy to compare with the configuration's own.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedPolicy {
    /// A name for people.
    pub name: String,
    /// The policy.
    pub policy: PolicyConfig,
}

/// The options as written in a text.
#[derive(Debug, Default)]
struct StudyInput {
    runs: Option<f64>,
    seed: Option<f64>,
    horizon_ticks: Option<f64>,
    person: Option<PersonInput>,
    set: Option<Vec<ChangeInput>>,
    sweep: Option<SweepInput>,
    policies: Option<Vec<PolicyInput>>,
}

/// [`Person`] as written in a text.
#[derive(Clone, Debug, Default)]
pub(crate) struct PersonInput {
    after_ticks: Option<f64>,
    command: Option<Command>,
}

impl PersonInput {
    /// The person, with the faults of the text; `path` is the prefix of their paths.
    pub(crate) fn checked(&self, path: &str) -> (Person, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut complain = |key: &str, message: String| {
            problems.push(Problem::new(format!("{path}.{key}"), message));
        };
        let mut after_ticks = 0;
        match self.after_ticks {
            None => complain("after_ticks", "missing, expected a number of ticks".into()),
            // NaN stands for a value that is not a number, which is already reported.
            Some(ticks) if ticks.is_nan() => {}
            Some(ticks) => match Range::from(0.0, f64::from(MAX_TICKS)).whole(Some(ticks)) {
                Ok(ticks) => after_ticks = ticks as u32,
                Err(message) => complain("after_ticks", message),
            },
        }
        let command = self.command.filter(|command| *command != Command::Pause);
        if command.is_none() {
            let found = self.command.map_or("missing", |_| "found \"pause\"");
            complain("command", format!("{found}, expected resume, promote or abort"));
        }
        (Person { after_ticks, command: command.unwrap_or(Command::Abort) }, problems)
    }
}

/// [`FieldValue`] as written in a text.
#[derive(Debug, Default)]
struct ChangeInput {
    field: Option<String>,
    value: Option<f64>,
}

/// [`Sweep`] as written in a text.
#[derive(Debug, Default)]
struct SweepInput {
    field: Option<String>,
    values: Option<Vec<f64>>,
}

/// A policy to compare with the configuration's own.
#[derive(Debug, Default)]
struct PolicyInput {
    name: Option<String>,
    policy: Option<Node>,
}

fields!(StudyInput { runs, seed, horizon_ticks, person, set, sweep, policies });
fields!(PersonInput { after_ticks, command });
fields!(ChangeInput { field, value });
fields!(SweepInput { field, values });
fields!(PolicyInput { name, policy });

/// The default number of runs.
const DEFAULT_RUNS: u64 = 10_000;
/// Maximum number of values in the text of the options, all policies included.
const MAX_VALUES: usize = (MAX_POLICIES + 1) * MAX_CONFIG_VALUES;

/// See [`Study::from_text`] and [`Study::from_text_over`].
pub(super) fn prepare_text(
    text: &str,
    options: &str,
    recorded: Option<Arc<RecordedWorld>>,
) -> Result<Study, ConfigError> {
    Config::from_text(text)?;
    let of_options = |fault: Fault| Problem::new(placed("study", &fault.path), fault.message);
    let options = parse(options, MAX_VALUES)
        .map_err(|fault| ConfigError::of_values(vec![of_options(fault)]))?;
    let (input, faults) = read(&options);
    let base = parse(text, MAX_CONFIG_VALUES).map_err(|fault| ConfigError::of_text(&[fault]))?;
    prepare(base, input, faults.into_list().into_iter().map(of_options).collect(), recorded)
}

/// See [`Study::new`] and [`Study::over`].
pub(super) fn prepare_typed(
    config: &Config,
    options: &StudyOptions,
    recorded: Option<Arc<RecordedWorld>>,
) -> Result<Study, ConfigError> {
    let change = |FieldValue { field, value }: FieldValue| ChangeInput {
        field: Some(field),
        value: Some(value),
    };
    let sweep =
        |Sweep { field, values }: Sweep| SweepInput { field: Some(field), values: Some(values) };
    let policy = |NamedPolicy { name, policy }: &NamedPolicy| {
        Ok(PolicyInput { name: Some(name.clone()), policy: Some(tree_of(policy)?) })
    };
    let policies: Result<_, ConfigError> = options.policies.iter().map(policy).collect();
    let input = StudyInput {
        runs: Some(options.runs as f64),
        seed: Some(options.seed as f64),
        horizon_ticks: options.horizon_ticks.map(f64::from),
        person: options.person.map(|person| PersonInput {
            after_ticks: Some(f64::from(person.after_ticks)),
            command: Some(person.command),
        }),
        set: Some(options.set.iter().cloned().map(change).collect()),
        sweep: options.sweep.clone().map(sweep),
        policies: Some(policies?),
    };
    prepare(tree_of(config)?, input, Vec::new(), recorded)
}

/// A value as the tree that its JSON text is parsed into.
fn tree_of(value: &impl serde::Serialize) -> Result<Node, ConfigError> {
    parse(&pretty(value), MAX_VALUES).map_err(|fault| ConfigError::of_tree(&[fault]))
}

/// Prepares the study of the configuration `base`, unless there are `problems`
/// already.
fn prepare(
    mut base: Node,
    input: StudyInput,
    problems: Vec<Problem>,
    recorded: Option<Arc<RecordedWorld>>,
) -> Result<Study, ConfigError> {
    let is_read = problems.is_empty();
    if recorded.as_ref().is_some_and(|recorded| recorded.days().is_none()) {
        let message = "a study over recorded counts draws days: expected RecordedWorld::of_days";
        return Err(ConfigError::of_whole(message));
    }
    let mut draft = Draft { problems, recorded, ..Draft::default() };
    let runs = draft.whole("study.runs", input.runs, DEFAULT_RUNS, 1, MAX_RUNS);
    let seed = draft.whole("study.seed", input.seed, 0, 0, MAX_SEED);
    if seed + runs - 1 > MAX_SEED {
        let message = format!("{seed} and {runs} runs exceed the largest seed, {MAX_SEED}");
        draft.problems.push(Problem::new("study.seed", message));
    }
    let most = u64::from(MAX_TICKS);
    let horizon =
        input.horizon_ticks.map(|x| draft.whole("study.horizon_ticks", Some(x), 1, 1, most));
    let person = input.person.as_ref().map(|person| draft.person(person));
    if !is_read {
        return Err(ConfigError::of_values(draft.problems));
    }

    for (i, change) in input.set.unwrap_or_default().iter().enumerate() {
        draft.set(&mut base, change, &format!("study.set[{i}]"));
    }
    let mut policies =
        vec![Policy { name: String::new(), tree: base.clone(), path: String::new() }];
    let others = input.policies.unwrap_or_default();
    if others.len() > MAX_POLICIES {
        let message = format!("{} policies, expected at most {MAX_POLICIES}", others.len());
        draft.problems.push(Problem::new("study.policies", message));
    }
    for (i, other) in others.into_iter().take(MAX_POLICIES).enumerate() {
        let path = format!("study.policies[{i}].policy");
        let tree = draft.with_policy(&base, other.policy.as_ref(), &path);
        policies.push(Policy { name: other.name.unwrap_or_default(), tree, path });
    }
    let mut layout = Layout::default();
    let mut configs = Vec::new();
    for policy in &policies {
        if let Some(config) = draft.config(&policy.tree, &policy.path) {
            let healthy = draft.case(&config.with_healthy_release());
            let differs = draft.truth(&config).release_differs();
            let release = differs.then(|| draft.case(&config));
            layout.policies.push(PolicyCases { name: policy.name.clone(), healthy, release });
            configs.push(config);
        }
    }
    if let (Some(sweep), true) = (&input.sweep, draft.problems.is_empty()) {
        layout.sweep = draft.sweep(&policies, sweep);
    }
    let (true, Some(config)) = (draft.problems.is_empty(), configs.into_iter().next()) else {
        return Err(ConfigError::of_values(draft.problems));
    };
    let longest = |case: &Case| {
        let policy = case.plan.policy();
        policy.most_ticks() + person.map_or(0, |person| person.most_ticks(policy))
    };
    let longest = draft.cases.iter().map(longest).max().map(|ticks| ticks.min(most));
    Ok(Study {
        pairs: pairs(&layout),
        question: Arc::new(Question {
            release_is_bad: draft.truth(&config).release_is_bad(),
            config,
            horizon_ticks: horizon.or(longest).unwrap_or(0) as u32,
            person,
            recorded: draft.recorded.as_deref().map(RecordedDays::of),
            layout,
        }),
        recorded: draft.recorded,
        runs,
        seed,
        done: 0,
        cases: draft.cases,
        watches: Watches::default(),
    })
}

/// A policy in the study's world, as the tree of a configuration.
struct Policy {
    name: String,
    tree: Node,
    /// The path prefix of its faults.
    path: String,
}

/// A path below a parent path.
fn placed(parent: &str, path: &str) -> String {
    let dot = if parent.is_empty() || path.is_empty() || path.starts_with('[') { "" } else { "." };
    format!("{parent}{dot}{path}")
}

/// The pairs of each further policy with the first, on the healthy and on the
/// configuration's release.
pub(super) fn pairs(layout: &Layout) -> Vec<Pair> {
    let Some((first, others)) = layout.policies.split_first() else { return Vec::new() };
    let pair = |first, second| Pair {
        first,
        second,
        only_first_rolled_back: 0,
        only_second_rolled_back: 0,
        different_excess: 0,
        excess_squares: Squares::default(),
    };
    let of_policy = |other: &PolicyCases| {
        let release = first.release.zip(other.release).map(|(a, b)| pair(a, b));
        [Some(pair(first.healthy, other.healthy)), release]
    };
    others.iter().flat_map(of_policy).flatten().collect()
}

/// A study being prepared: its cases, and the faults so far.
#[derive(Default)]
struct Draft {
    cases: Vec<Case>,
    /// Number of traffic shares of all cases together.
    stages: usize,
    /// Whether there are too many of them.
    has_too_many: bool,
    problems: Vec<Problem>,
    /// What counts are taken from, if they are not drawn.
    recorded: Option<Arc<RecordedWorld>>,
}

impl Draft {
    fn whole(&mut self, path: &str, value: Option<f64>, default: u64, min: u64, max: u64) -> u64 {
        // NaN stands for a value that is not a number, which is already reported.
        let Some(x) = value.filter(|x| !x.is_nan()) else { return default };
        match Range::from(min as f64, max as f64).whole(Some(x)) {
            Ok(x) => x as u64,
            Err(message) => {
                self.problems.push(Problem::new(path, message));
                min
            }
        }
    }

    fn person(&mut self, input: &PersonInput) -> Person {
        let (person, problems) = input.checked("study.person");
        self.problems.extend(problems);
        person
    }

    /// The configuration of a tree; `path` is the prefix of its faults.
    fn config(&mut self, tree: &Node, path: &str) -> Option<Config> {
        match ConfigInput::resolve_tree(tree) {
            Ok(config) => Some(config),
            Err(error) => {
                let below = |problem: &Problem| {
                    Problem::new(placed(path, &problem.path), problem.message.clone())
                };
                self.problems.extend(error.problems().iter().map(below));
                None
            }
        }
    }

    /// What the release of a configuration does: [`Plan::truth`].
    fn truth(&self, config: &Config) -> Config {
        let over = self.recorded.as_ref().and_then(|recorded| recorded.truth_of(config).ok());
        over.unwrap_or_else(|| config.clone())
    }

    /// The plan of a configuration.
    fn plan(&mut self, config: &Config) -> Option<Plan> {
        let Some(recorded) = &self.recorded else { return Some(Plan::new(config)) };
        match Plan::over(config, Arc::clone(recorded)) {
            Ok(plan) => Some(plan),
            Err(message) => {
                // The same for every case.
                if self.problems.is_empty() {
                    self.problems.push(Problem::new("study", message));
                }
                None
            }
        }
    }

    /// The index of the case of a configuration, which is added if it is new.
    fn case(&mut self, config: &Config) -> usize {
        let known = self.cases.iter().position(|case| case.plan.config() == config);
        known.unwrap_or_else(|| {
            if self.has_too_many {
                return 0;
            }
            let Some(plan) = self.plan(config) else { return 0 };
            let levels = plan.policy().levels().len();
            self.stages += plan.policy().shares().len();
            if self.stages > MAX_CASE_STAGES {
                // Reported once. Nothing more is prepared, because it will not be simulated.
                self.has_too_many = true;
                let message = format!(
                    "its policies, releases and swept values have more than {} stages in total",
                    thousands(MAX_CASE_STAGES as u64)
                );
                self.problems.push(Problem::new("study", message));
                return 0;
            }
            self.cases.push(Case {
                plan: Arc::new(plan),
                tally: Tally::new(levels),
                kept: Vec::new(),
            });
            self.cases.len() - 1
        })
    }

    fn set(&mut self, tree: &mut Node, change: &ChangeInput, path: &str) {
        let field = full_path(change.field.as_deref().unwrap_or_default());
        let Some(value) = change.value else {
            return self.problems.push(Problem::new(path, "has no value, expected a number"));
        };
        if set_field(tree, field, value).is_none() {
            self.problems.push(Problem::new(format!("{path}.field"), no_field(field)));
        }
    }

    /// `base` with another policy.
    fn with_policy(&mut self, base: &Node, policy: Option<&Node>, path: &str) -> Node {
        with_policy(base, policy, path).unwrap_or_else(|problems| {
            self.problems.extend(problems);
            base.clone()
        })
    }

    fn sweep(&mut self, policies: &[Policy], sweep: &SweepInput) -> Option<SweepCases> {
        let values = sweep.values.clone().unwrap_or_default();
        if !(1..=MAX_SWEEP).contains(&values.len()) {
            let message = format!("{} values, expected 1 to {MAX_SWEEP}", values.len());
            self.problems.push(Problem::new("study.sweep.values", message));
            return None;
        }
        let field = full_path(sweep.field.as_deref().unwrap_or_default());
        // Fields of `canary` do not affect a healthy release.
        let of_release = field.starts_with("canary");
        let mut differs = false;
        let (mut cases, mut healthy) = (Vec::new(), Vec::new());
        for policy in policies {
            let (mut of_policy, mut of_healthy) = (Vec::new(), Vec::new());
            for (i, &value) in values.iter().enumerate() {
                let mut tree = policy.tree.clone();
                if set_field(&mut tree, field, value).is_none() {
                    self.problems.push(Problem::new("study.sweep.field", no_field(field)));
                    return None;
                }
                // If the field is wrong, it is wrong for every value, so only the
                // first is reported.
                let config = self.config(&tree, &format!("study.sweep.values[{i}]"))?;
                of_policy.push(self.case(&config));
                if !of_release {
                    differs |= self.truth(&config).release_differs();
                    of_healthy.push(self.case(&config.with_healthy_release()));
                }
            }
            cases.push(of_policy);
            healthy.push(of_healthy);
        }
        let healthy = (differs && !of_release).then_some(healthy);
        Some(SweepCases { field: field.to_string(), values, cases, healthy })
    }
}

/// `base` with another policy, which stands at `path` in the options.
pub(crate) fn with_policy(
    base: &Node,
    policy: Option<&Node>,
    path: &str,
) -> Result<Node, Vec<Problem>> {
    let Some(policy) = policy.filter(|policy| policy.is_object()) else {
        return Err(vec![Problem::new(path, "expected an object with a policy’s keys")]);
    };
    let problem = |key: &str| Some(Problem::new(placed(path, key), not_a_policys_key(key)?));
    let problems: Vec<Problem> = policy.keys().filter_map(problem).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut tree = base.clone();
    let gives_stages = policy.keys().any(|key| key == "stages" || key == "controller");
    tree.retain(|key| not_a_policys_key(key).is_some() || (key == "stages" && !gives_stages));
    // Shares and durations are kept; the stages' own thresholds are not.
    for key in ["error_rate_threshold", "latency_threshold_ms"] {
        tree.remove_in_items("stages", key);
    }
    tree.extend(policy);
    Ok(tree)
}

/// Sets a numeric field. An error ratio of the release replaces its error rate, and the
/// other way round, because only one of them is allowed. `None` if there is no such
/// field.
pub(crate) fn set_field(tree: &mut Node, field: &str, value: f64) -> Option<()> {
    if short_name_like(field).is_some() {
        return None;
    }
    let before = tree.clone();
    tree.set_number(field, value)?;
    match field {
        "canary.error_ratio" => tree.remove("canary.error_rate"),
        "canary.error_rate" => tree.remove("canary.error_ratio"),
        _ => remove_stale_names(tree, &before),
    }
    Some(())
}

/// Removes the names of stages that are the default for the traffic share which they had
/// `before`: a resolved configuration has them filled in.
pub(crate) fn remove_stale_names(tree: &mut Node, before: &Node) {
    let share = |tree: &Node, i: usize| match tree.at(&format!("stages[{i}].traffic_pct"))?.view() {
        View::Number(share) => Some(share),
        _ => None,
    };
    let count = tree.get("stages").map_or(0, |stages| stages.items().len());
    for i in 0..count {
        let name = before.at(&format!("stages[{i}]")).and_then(|stage| stage.get_text("name"));
        let (Some(name), Some(had)) = (name, share(before, i)) else { continue };
        if name == stage_name(had) && share(tree, i) != Some(had) {
            tree.remove(&format!("stages[{i}].name"));
        }
    }
}

/// The short name of a field that a word is like. Paths are checked where the configuration
/// is read, which knows no short names.
fn short_name_like(field: &str) -> Option<&'static str> {
    let is_word = !field.contains(['.', '[']);
    is_word.then(|| did_you_mean(field, ["error_ratio", "latency_ratio"])).flatten()
}

/// The full path of a field's short name.
pub(crate) fn full_path(field: &str) -> &str {
    match field {
        "error_ratio" => "canary.error_ratio",
        "latency_ratio" => "canary.latency_ratio",
        field => field,
    }
}

/// Why a field cannot be set.
pub(crate) fn no_field(field: &str) -> String {
    let meant = short_name_like(field).map(|meant| format!("; did you mean {meant}?"));
    let meant = meant.unwrap_or_default();
    format!(
        "found {}, expected a numeric field’s path such as canary.error_ratio or \
         stages[0].duration_ticks{meant}",
        quoted(field)
    )
}
