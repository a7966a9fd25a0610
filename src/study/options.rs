//! The options of a study: reading and checking them, and the cases that result.

use std::sync::Arc;

use serde::Serialize;

use super::{
    Case, Layout, MAX_CASE_STAGES, MAX_POLICIES, MAX_RUNS, MAX_SWEEP, Pair, PolicyCases, Squares,
    Study, SweepCases, Tally,
};
use crate::config::{
    AfterExtension, Config, ConfigError, ConfigInput, MAX_CONFIG_VALUES, MAX_TICKS, OnInconclusive,
    PolicyConfig, StagePause, not_a_policys_key,
};
use crate::json::pretty;
use crate::message::{quoted, thousands};
use crate::policy::Command;
use crate::problem::Problem;
use crate::reading::{Fault, Node, fields, parse, read};
use crate::rollout::Plan;
use crate::rules::{OnFail, Range};
use crate::seed::MAX_SEED;

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
    /// The most ticks by which the answers prolong a rollout. A stage may wait for a
    /// person at its end, and once for each rule that can pause it, unless the answer
    /// ends the stage.
    fn most_ticks(&self, config: &Config) -> u64 {
        let policy = config.policy();
        let asks = match policy.on_inconclusive {
            OnInconclusive::Pause => true,
            OnInconclusive::Extend { then, .. } => then == AfterExtension::Pause,
            OnInconclusive::Promote | OnInconclusive::Rollback => false,
        };
        let waits = (1..).zip(&policy.stages).map(|(number, stage)| {
            let rules = || policy.rules.iter().filter(|rule| rule.holds_in(number));
            let by_rules = rules().filter(|rule| rule.on_fail == OnFail::Pause).count() as u64;
            let at_end = stage.pause == Some(StagePause::Manual) || asks && rules().count() > 0;
            by_rules + u64::from(at_end)
        });
        let waits: u64 = match self.command {
            Command::Abort => waits.max().unwrap_or(0).min(1),
            Command::Promote => waits.map(|waits| waits.min(1)).sum(),
            _ => waits.sum(),
        };
        waits * u64::from(self.after_ticks)
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
#[derive(Debug, Default)]
struct PersonInput {
    after_ticks: Option<f64>,
    command: Option<Command>,
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

/// See [`Study::from_text`].
pub(super) fn prepare_text(text: &str, options: &str) -> Result<Study, ConfigError> {
    Config::from_text(text)?;
    let of_options = |fault: Fault| Problem::new(placed("study", &fault.path), fault.message);
    let options = parse(options, MAX_VALUES)
        .map_err(|fault| ConfigError::of_values(vec![of_options(fault)]))?;
    let (input, faults) = read(&options);
    let base = parse(text, MAX_CONFIG_VALUES).map_err(|fault| ConfigError::of_text(&[fault]))?;
    prepare(base, input, faults.into_list().into_iter().map(of_options).collect())
}

/// See [`Study::new`].
pub(super) fn prepare_typed(config: &Config, options: &StudyOptions) -> Result<Study, ConfigError> {
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
    prepare(tree_of(config)?, input, Vec::new())
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
) -> Result<Study, ConfigError> {
    let is_read = problems.is_empty();
    let mut draft = Draft { problems, ..Draft::default() };
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
            let release = config.release_differs().then(|| draft.case(&config));
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
        let config = case.plan.config();
        config.policy().most_ticks() + person.map_or(0, |person| person.most_ticks(config))
    };
    let longest = draft.cases.iter().map(longest).max().map(|ticks| ticks.min(most));
    Ok(Study {
        person,
        config,
        runs,
        seed,
        horizon_ticks: horizon.or(longest).unwrap_or(0) as u32,
        done: 0,
        pairs: pairs(&layout),
        cases: draft.cases,
        layout,
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
fn pairs(layout: &Layout) -> Vec<Pair> {
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
    /// Number of stages of all cases together.
    stages: usize,
    problems: Vec<Problem>,
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
        let most = u64::from(MAX_TICKS);
        let after = "study.person.after_ticks";
        if input.after_ticks.is_none() {
            self.problems.push(Problem::new(after, "missing, expected a number of ticks"));
        }
        let after_ticks = self.whole(after, input.after_ticks, 0, 0, most) as u32;
        let command = input.command.filter(|command| *command != Command::Pause);
        if command.is_none() {
            let found = input.command.map_or("missing", |_| "found \"pause\"");
            self.problems.push(Problem::new(
                "study.person.command",
                format!("{found}, expected resume, promote or abort"),
            ));
        }
        Person { after_ticks, command: command.unwrap_or(Command::Abort) }
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

    /// The index of the case of a configuration, which is added if it is new.
    fn case(&mut self, config: &Config) -> usize {
        let known = self.cases.iter().position(|case| case.plan.config() == config);
        known.unwrap_or_else(|| {
            self.stages += config.policy().stages.len();
            if self.stages > MAX_CASE_STAGES {
                // Reported once. Nothing is prepared that will not be simulated.
                if self.stages - config.policy().stages.len() <= MAX_CASE_STAGES {
                    let message = format!(
                        "its policies, releases and swept values have more than {} stages in total",
                        thousands(MAX_CASE_STAGES as u64)
                    );
                    self.problems.push(Problem::new("study", message));
                }
                return 0;
            }
            self.cases.push(Case {
                plan: Arc::new(Plan::new(config)),
                tally: Tally::new(config.policy().stages.len()),
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
        let mut tree = base.clone();
        let Some(policy) = policy.filter(|policy| policy.is_object()) else {
            self.problems.push(Problem::new(path, "expected an object with a policy’s keys"));
            return tree;
        };
        let before = self.problems.len();
        for (key, message) in policy.keys().filter_map(|key| Some((key, not_a_policys_key(key)?))) {
            self.problems.push(Problem::new(placed(path, key), message));
        }
        if self.problems.len() > before {
            return tree;
        }
        let gives_stages = policy.keys().any(|key| key == "stages");
        tree.retain(|key| not_a_policys_key(key).is_some() || (key == "stages" && !gives_stages));
        // Shares and durations are kept; the stages' own thresholds are not.
        for key in ["error_rate_threshold", "latency_threshold_ms"] {
            tree.remove_in_items("stages", key);
        }
        tree.extend(policy);
        tree
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
                    differs |= config.release_differs();
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

/// Sets a numeric field. An error ratio of the release replaces its error rate, and the
/// other way round, because only one of them is allowed. `None` if there is no such
/// field.
fn set_field(tree: &mut Node, field: &str, value: f64) -> Option<()> {
    tree.set_number(field, value)?;
    match field {
        "canary.error_ratio" => tree.remove_in("canary", "error_rate"),
        "canary.error_rate" => tree.remove_in("canary", "error_ratio"),
        _ => {}
    }
    Some(())
}

/// The full path of a field's short name.
pub(super) fn full_path(field: &str) -> &str {
    match field {
        "error_ratio" => "canary.error_ratio",
        "latency_ratio" => "canary.latency_ratio",
        field => field,
    }
}

fn no_field(field: &str) -> String {
    format!(
        "found {}, expected a numeric field’s path such as canary.error_ratio or stages[0].duration_ticks",
        quoted(field)
    )
}
