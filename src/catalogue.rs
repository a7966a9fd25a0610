//! The catalogue: every rule with its parameters, the states, the calls, the
//! limits, and the parts of a configuration. For forms, for other programs, and for
//! who wants to look something up.
//!
//! Nothing of it is said twice: ranges and defaults are those by which a
//! configuration is read, states and calls those of [`crate::policy`].

use serde::Serialize;

use crate::config::{
    MAX_BOUNDARY_WORK, MAX_CONFIG_BYTES, MAX_CONFIG_VALUES, MAX_LATENCY_READS, MAX_LOOKS,
    MAX_REQUESTS_PER_TICK, MAX_RULES, MAX_STAGES, MAX_TICKS, PolicyInput, WorldInput,
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
    /// The rules, plain limits first, then those that keep a promise.
    pub rules: Vec<RuleEntry>,
    /// The states, in the order of their numbers.
    pub states: Vec<StateEntry>,
    /// The calls on a rollout.
    pub calls: Vec<CallEntry>,
    /// How large things may be.
    pub limits: Limits,
    /// The keys of a configuration by what they describe; `name` is of none.
    pub parts: Parts,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleEntry {
    /// Its name in a configuration.
    pub rule: &'static str,
    /// What it is, in a sentence.
    pub description: String,
    /// What else it is.
    #[serde(flatten)]
    pub about: About,
    /// Whether it gathers evidence over the rollout rather than reads a window.
    pub gathers: bool,
    /// All that it takes, in the order of a form. Where only one option is left there
    /// is nothing to choose.
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
    /// Whether nothing follows.
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
    /// Whether it is a command, which a person gives and the result lists.
    pub is_command: bool,
    /// The states in which it may be called.
    pub allowed_in: &'static [State],
}

/// How large things may be, at most.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Limits {
    /// Bytes of a configuration's text.
    pub config_bytes: usize,
    /// Values of a configuration: numbers, texts, lists and objects.
    pub config_values: usize,
    /// Lists and objects of a configuration in one another.
    pub config_depth: u32,
    /// Stages of a plan.
    pub stages: usize,
    /// Rules of a policy, with those that plain thresholds stand for.
    pub rules: usize,
    /// Ticks of a rollout.
    pub ticks: u32,
    /// Requests expected in a tick.
    #[serde(serialize_with = "json::number")]
    pub requests_per_tick: f64,
    /// Looks of all rules in a rollout.
    pub looks: u64,
    /// Ticks whose latencies all looks read; see [`MAX_LATENCY_READS`].
    pub latency_reads: u64,
    /// Work of the boundaries of planned looks; see [`MAX_BOUNDARY_WORK`].
    #[serde(serialize_with = "json::number")]
    pub boundary_work: f64,
    /// The seed.
    pub seed: u64,
    /// Runs of a study.
    pub runs: u64,
    /// Values of a sweep.
    pub sweep_values: usize,
    /// Policies that a study compares with the configuration's own.
    pub policies: usize,
    /// Stages of all cases of a study; see [`MAX_CASE_STAGES`].
    pub case_stages: usize,
    /// Runs of a study whose outcomes are kept.
    pub kept_runs: usize,
}

/// The keys of a configuration by what they describe.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parts {
    /// Traffic, baseline and what happens to both versions.
    pub world: Vec<&'static str>,
    /// The release on trial.
    pub release: Vec<&'static str>,
    /// The plan and what decides.
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
            latency_reads: MAX_LATENCY_READS,
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
            "The plan is stopped: traffic continues at the stage’s share, and no rule acts.",
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
