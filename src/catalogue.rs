//! The catalogue: every rule with its parameters, the states, the calls, the
//! limits, and the parts of a configuration, for forms and for other programs.
//!
//! It declares nothing twice: ranges and defaults are those by which a configuration
//! is read, states and calls those of [`crate::policy`].

use serde::Serialize;

use crate::config::{
    MAX_BOUNDARY_WORK, MAX_CONFIG_BYTES, MAX_CONFIG_VALUES, MAX_LOOKS, MAX_REQUESTS_PER_TICK,
    MAX_RULES, MAX_STAGES, MAX_TICKS, PolicyInput, WorldInput,
};
use crate::json;
use crate::policy::{Call, Command, State};
use crate::reading::{MAX_DEPTH, keys_of};
use crate::rules::{About, Method, Parameter};
use crate::seed::MAX_SEED;
use crate::study::{KEPT_RUNS, MAX_CASE_STAGES, MAX_POLICIES, MAX_RUNS, MAX_SWEEP};

/// What the engine offers: every rule with its parameters, states, calls and limits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Catalogue {
    /// The rules: plain limits first, then the rules with a guarantee.
    pub rules: Vec<RuleEntry>,
    /// The states, in the order of their numbers.
    pub states: Vec<StateEntry>,
    /// The calls on a rollout.
    pub calls: Vec<CallEntry>,
    /// The maximum sizes.
    pub limits: Limits,
    /// The keys of a configuration by part; `name` belongs to none.
    pub parts: Parts,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleEntry {
    /// Its name in a configuration.
    pub rule: &'static str,
    /// What it is, in a sentence.
    pub description: String,
    /// Its other properties.
    #[serde(flatten)]
    pub about: About,
    /// Whether it accumulates evidence over the rollout, instead of reading a window.
    pub gathers: bool,
    /// Its parameters, in the order of a form. A choice with a single option need not
    /// be shown.
    pub parameters: Vec<Parameter>,
}

/// A state of a rollout.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StateEntry {
    /// Its name.
    pub state: State,
    /// Its number in a series.
    pub number: u8,
    /// Its name in plain words.
    pub label: &'static str,
    /// Whether it is final.
    pub is_terminal: bool,
    /// What it means.
    pub description: &'static str,
}

/// A call on a rollout.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallEntry {
    /// Its name.
    pub name: &'static str,
    /// Its name on a button.
    pub label: &'static str,
    /// What it does.
    pub description: &'static str,
    /// Whether it is a command of a person, which a report lists.
    pub is_command: bool,
    /// The states in which it may be called.
    pub allowed_in: &'static [State],
}

/// The maximum sizes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Limits {
    /// Bytes of a configuration's text, in UTF-8.
    pub config_bytes: usize,
    /// Values of a configuration's text: scalars, arrays and objects.
    pub config_values: usize,
    /// Nesting depth of arrays and objects.
    pub config_depth: u32,
    /// Stages of a plan.
    pub stages: usize,
    /// Rules of a policy, including those that plain thresholds stand for.
    pub rules: usize,
    /// Ticks of a rollout, including pauses.
    pub ticks: u32,
    /// Expected requests in a tick.
    #[serde(serialize_with = "json::number")]
    pub requests_per_tick: f64,
    /// Looks of all rules in a rollout.
    pub looks: u64,
    /// Work of the boundaries of planned looks; see [`MAX_BOUNDARY_WORK`].
    #[serde(serialize_with = "json::number")]
    pub boundary_work: f64,
    /// The seed.
    pub seed: u64,
    /// Runs of a study.
    pub runs: u64,
    /// Values of a sweep.
    pub sweep_values: usize,
    /// Policies of a study besides the configuration's own.
    pub policies: usize,
    /// Stages of all cases of a study; see [`MAX_CASE_STAGES`].
    pub case_stages: usize,
    /// Runs of a study whose outcomes are kept.
    pub kept_runs: usize,
}

/// The keys of a configuration by part.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parts {
    /// The world: load, noise, incidents and the stable version.
    pub world: Vec<&'static str>,
    /// The release.
    pub release: Vec<&'static str>,
    /// The policy: stages and rules.
    pub policy: Vec<&'static str>,
}

/// The text of [`catalogue`]. The browser uses it, because generating it there takes
/// more bytes than the text.
pub const CATALOGUE: &str = include_str!("catalogue.json");

/// What the engine offers: every rule with its parameters, states, calls and limits.
pub fn catalogue() -> Catalogue {
    let mut rules: Vec<RuleEntry> = Method::ALL
        .into_iter()
        .map(|(rule, about, description)| RuleEntry {
            rule,
            description: description.trim().to_string(),
            about,
            gathers: about.guarantee.gathers(),
            parameters: Method::parameters(rule),
        })
        .collect();
    rules.sort_by_key(|rule| rule.about.guarantee);
    Catalogue {
        rules,
        states: (0..).zip(State::ALL).map(|(number, state)| state_entry(number, state)).collect(),
        calls: Call::ALL.into_iter().map(call_entry).collect(),
        limits: Limits {
            config_bytes: MAX_CONFIG_BYTES,
            config_values: MAX_CONFIG_VALUES,
            config_depth: MAX_DEPTH,
            stages: MAX_STAGES,
            rules: MAX_RULES,
            ticks: MAX_TICKS,
            requests_per_tick: MAX_REQUESTS_PER_TICK,
            looks: MAX_LOOKS,
            boundary_work: MAX_BOUNDARY_WORK,
            seed: MAX_SEED,
            runs: MAX_RUNS,
            sweep_values: MAX_SWEEP,
            policies: MAX_POLICIES,
            case_stages: MAX_CASE_STAGES,
            kept_runs: KEPT_RUNS,
        },
        parts: Parts {
            world: keys_of::<WorldInput>(),
            release: vec!["canary"],
            policy: keys_of::<PolicyInput>(),
        },
    }
}

impl Catalogue {
    /// As JSON text, indented by two spaces.
    pub fn to_json(&self) -> String {
        json::pretty(self)
    }
}

fn state_entry(number: u8, state: State) -> StateEntry {
    let (label, description) = match state {
        State::Progressing => ("progressing", "A stage is under way."),
        State::Paused => (
            "paused",
            "The plan is stopped: traffic continues at the stage’s share, and only rules that look in pauses act.",
        ),
        State::RollingBack => {
            ("rolling back", "The rollback has been decided; the canary still has its share.")
        }
        State::RolledBack => ("rolled back", "The end: all traffic is back on the baseline."),
        State::Completed => ("completed", "The end: the canary has all traffic."),
    };
    StateEntry { state, number, label, is_terminal: state.is_terminal(), description }
}

fn call_entry(call: Call) -> CallEntry {
    let (label, description) = match call {
        Call::Tick => ("Tick", "Advance by one tick"),
        Call::Advance => ("Advance", "Advance to the stage’s verdict"),
        Call::Command(Command::Pause) => ("Pause", "Stop the plan; traffic continues"),
        Call::Command(Command::Resume) => ("Resume", "Continue the plan"),
        Call::Command(Command::Promote) => ("Promote", "Go to the next stage immediately"),
        Call::Command(Command::Abort) => ("Abort", "Roll back immediately"),
    };
    CallEntry {
        name: call.name(),
        label,
        description,
        is_command: matches!(call, Call::Command(_)),
        allowed_in: call.allowed_in(),
    }
}
