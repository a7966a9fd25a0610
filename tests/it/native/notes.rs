//! What notes.md says of the engine: its state diagram, its command lines and
//! its tables are held against the engine itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use canary_rollout::config::preset;
use canary_rollout::controller::{Call, State, Step};
use canary_rollout::rollout::{By, Decision, Evidence, Plan, Rollout, Run, Sink, Tick};
use canary_rollout::world::Cells;
use serde_json::{Value, json};

use super::console::{blocks, check_console};
use crate::support::{config, preset_config};

const NOTES: &str = include_str!("../../../notes.md");
const PAGE: &str = include_str!("../../../www/src/rollout/state-machine.js");

/// From, to, cause.
type Edge = (String, String, String);

/// Short plans that together pass along every edge for every cause.
const PLANS: [&str; 9] = [
    // No rule at all.
    r#"{ "stages": [{ "traffic_pct": 10, "duration_ticks": 1 },
                    { "traffic_pct": 50, "duration_ticks": 1 }] }"#,
    // A planned pause at the end of each stage: for a person, and for a tick.
    r#"{ "stages": [{ "traffic_pct": 10, "duration_ticks": 1, "pause": "manual" },
                    { "traffic_pct": 50, "duration_ticks": 1, "pause": "manual" }] }"#,
    r#"{ "stages": [{ "traffic_pct": 10, "duration_ticks": 1, "pause": { "ticks": 2 } },
                    { "traffic_pct": 50, "duration_ticks": 1, "pause": { "ticks": 1 } }] }"#,
    // A rule that fails at every look, with each of its consequences.
    r#"{ "stages": [{ "traffic_pct": 10, "duration_ticks": 2 }],
         "rules": [{ "rule": "error_rate", "max": 0, "look": "every_tick" }] }"#,
    r#"{ "stages": [{ "traffic_pct": 10, "duration_ticks": 2 }], "rollback_ticks": 2,
         "rules": [{ "rule": "error_rate", "max": 0 }] }"#,
    r#"{ "stages": [{ "traffic_pct": 10, "duration_ticks": 1 }],
         "rules": [{ "rule": "error_rate", "max": 0, "on_fail": "pause" }] }"#,
    // A rule that can never tell, with each of its consequences.
    r#"{ "stages": [{ "traffic_pct": 10, "duration_ticks": 1 }], "on_inconclusive": "rollback",
         "rules": [{ "rule": "error_rate", "max": 0, "min_requests": 1000000000 }] }"#,
    r#"{ "stages": [{ "traffic_pct": 10, "duration_ticks": 1 }], "on_inconclusive": "rollback",
         "rollback_ticks": 1,
         "rules": [{ "rule": "error_rate", "max": 0, "min_requests": 1000000000 }] }"#,
    r#"{ "stages": [{ "traffic_pct": 10, "duration_ticks": 1 }],
         "on_inconclusive": { "extend": { "max_ticks": 1, "then": "pause" } },
         "rules": [{ "rule": "error_rate", "max": 0, "min_requests": 1000000000 }] }"#,
];

fn edge(from: impl ToString, to: impl ToString, cause: impl ToString) -> Edge {
    (from.to_string(), to.to_string(), cause.to_string())
}

/// The lines `FROM -> TO: cause, cause` of the diagram.
fn edges_drawn() -> BTreeSet<Edge> {
    let diagrams: Vec<&str> =
        blocks(NOTES, "text").into_iter().filter(|block| block.contains(" -> ")).collect();
    assert_eq!(diagrams.len(), 1, "one block of edges");
    let mut edges = BTreeSet::new();
    for line in diagrams[0].lines() {
        let (states, causes) = line.split_once(": ").expect(line);
        let (from, to) = states.split_once(" -> ").expect(line);
        for cause in causes.split(", ") {
            assert!(edges.insert(edge(from, to, cause)), "twice: {line}");
        }
    }
    edges
}

/// Why a tick or a command changed the course.
fn cause(from: State, decision: Option<&Decision>, call: Call) -> &'static str {
    match decision {
        None => "tick",
        Some(Decision { by: By::Person, .. }) => call.name(),
        Some(Decision { by: By::Rule, .. }) => "rule",
        Some(_) if from != State::Progressing => "time",
        Some(Decision { evidence: Some(_), .. }) => "inconclusive",
        Some(_) => "stage end",
    }
}

/// Every sequence of `calls_left` calls; `advance()` is a row of ticks.
fn walk(rollout: &Rollout, calls_left: u32, edges: &mut BTreeSet<Edge>) {
    if calls_left == 0 {
        return;
    }
    for call in Call::ALL {
        let mut after = rollout.clone();
        let done = match call {
            Call::Tick => after.tick(),
            Call::Advance => continue,
            Call::Command(command) => after.command(command),
        };
        if done.is_ok() {
            let decision = after.history().decisions.get(rollout.history().decisions.len());
            let cause = cause(rollout.state(), decision, call);
            edges.insert(edge(rollout.state(), after.state(), cause));
            walk(&after, calls_left - 1, edges);
        }
    }
}

#[test]
fn the_state_diagram_has_every_edge_with_its_causes_and_no_other() {
    let mut edges = BTreeSet::new();
    for plan in PLANS {
        walk(&Rollout::new(&config(plan), 0), 5, &mut edges);
    }
    assert_eq!(edges_drawn(), edges);
}

#[test]
fn the_page_draws_the_same_edges() {
    let drawn: BTreeSet<(String, String)> = edges_drawn()
        .into_iter()
        .filter(|(from, to, _)| from != to)
        .map(|(from, to, _)| (from, to))
        .collect();
    let on_page: BTreeSet<(String, String)> = PAGE
        .lines()
        .filter_map(|line| {
            let (from, rest) = line.trim().strip_prefix("{ from: '")?.split_once("', to: '")?;
            Some((from.to_string(), rest.split('\'').next()?.to_string()))
        })
        .collect();
    assert_eq!(drawn, on_page);
}

#[test]
fn advancing_after_the_end_is_refused_in_these_words() {
    let mut rollout = Rollout::new(&preset_config("default"), 42);
    rollout.run().unwrap();
    let message = rollout.advance().unwrap_err().to_string();
    assert!(NOTES.contains(&format!("`{message}`")), "{message}");
}

#[test]
fn the_command_lines_show_what_they_showed() {
    assert!(check_console(NOTES) > 0);
}

/// What the rollouts of a plan with seeds from 0 on come to.
#[derive(Default)]
struct Tally {
    seeds: u32,
    rolled_back: u32,
    /// Those rolled back, by the stage they fell in.
    fell: [u32; 10],
    /// Ticks until the decision, of those rolled back.
    ticks: u64,
    exposed: u64,
    excess: u64,
}

impl Sink for Tally {
    fn wants(&self) -> Cells {
        Cells::ALL
    }
    fn wants_looks(&self) -> bool {
        true
    }

    fn tick(&mut self, tick: &Tick<'_>) {
        self.exposed += tick.counts.canary.requests;
        self.excess += tick.excess_errors;
    }

    fn look(&mut self, _: u32, _: &Evidence) {}

    fn decision(&mut self, decision: &Decision) {
        if decision.step == Step::Rollback {
            self.rolled_back += 1;
            self.fell[decision.stage as usize - 1] += 1;
            self.ticks += u64::from(decision.tick);
        }
    }
}

fn tally(description: &Value, seeds: u32) -> Tally {
    let plan = Plan::new(&config(&description.to_string()));
    let mut tally = Tally { seeds, ..Tally::default() };
    let mut run = Run::new(&plan, 0);
    for seed in 0..seeds {
        run.restart(&plan, u64::from(seed));
        while !run.state().is_terminal() {
            run.tick(&plan, &mut tally).unwrap();
        }
    }
    tally
}

impl Tally {
    fn rolled_back(&self) -> String {
        percent(self.rolled_back, self.seeds)
    }

    /// Mean minutes to the decision.
    fn minutes(&self) -> String {
        match self.rolled_back {
            0 => "–".to_string(),
            n => format!("{:.1}", self.ticks as f64 / f64::from(n)),
        }
    }

    /// Mean canary requests of a rollout.
    fn exposed(&self) -> String {
        self.mean(self.exposed)
    }

    /// Mean excess errors of a rollout.
    fn excess(&self) -> String {
        self.mean(self.excess)
    }

    fn mean(&self, sum: u64) -> String {
        let mean = (sum as f64 / f64::from(self.seeds)).round() as u64;
        match mean {
            0..1000 => mean.to_string(),
            _ => format!("{},{:03}", mean / 1000, mean % 1000),
        }
    }
}

fn percent(part: u32, whole: u32) -> String {
    format!("{:.1} %", f64::from(part) / f64::from(whole) * 100.0)
}

/// Asserts that notes.md has a table of just these rows.
#[track_caller]
fn check_rows(rows: &[Vec<String>]) {
    let lines: Vec<String> =
        rows.iter().map(|cells| format!("| {} |\n", cells.join(" | "))).collect();
    let table = lines.concat();
    let whole = format!("| --- |\n{table}\n");
    assert!(NOTES.contains(&whole), "notes.md does not have just these rows:\n{table}");
}

/// A preset with another release.
fn preset_with(name: &str, error_ratio: f64) -> Value {
    let preset = preset(name).unwrap();
    let mut config: Value = serde_json::from_str(preset.json).unwrap();
    config["canary"] = json!({ "error_ratio": error_ratio });
    config
}

#[test]
fn strategies_compared() {
    let nobody_looks = json!({ "stages": [{ "traffic_pct": 100, "duration_ticks": 20 }] });
    let mut rows = Vec::new();
    for ratio in [1.0, 2.0, 5.0] {
        let mut row = |name: &str, config: &Value| {
            let t = tally(config, 500);
            let name = name.to_string();
            let release = if ratio == 1.0 { "healthy".to_string() } else { format!("{ratio} ×") };
            rows.push(vec![release, name, t.rolled_back(), t.minutes(), t.exposed(), t.excess()]);
        };
        let mut big_bang = nobody_looks.clone();
        big_bang["canary"] = json!({ "error_ratio": ratio });
        row("nobody looks", &big_bang);
        for name in ["all-at-once", "blue-green", "rolling", "canary"] {
            row(name, &preset_with(name, ratio));
        }
        let mut stricter = preset_with("canary", ratio);
        for (i, max) in [0.02, 0.005, 0.005, 0.005].into_iter().enumerate() {
            stricter["stages"][i]["error_rate_threshold"] = json!(max);
        }
        row("canary, stricter", &stricter);
    }
    check_rows(&rows);
}

#[test]
fn a_limit_without_a_baseline_blames_the_release_for_the_weather() {
    let rows = ["blue-green", "rolling", "canary"].map(|name| {
        let mut config = preset_with(name, 1.0);
        config["noise"] = json!({ "common": 0.5 });
        vec![name.to_string(), tally(&config, 500).rolled_back()]
    });
    check_rows(&rows);
}

#[test]
fn what_a_stage_can_see_and_who_is_exposed() {
    let mut rows = Vec::new();
    for share in [1, 5, 25, 50, 100] {
        let stage = |error_ratio: f64| {
            let config = json!({
                "stages": [{ "traffic_pct": share, "duration_ticks": 5 }],
                "canary": { "error_ratio": error_ratio },
                "error_rate_threshold": 0.005,
            });
            tally(&config, 2_000)
        };
        let (healthy, twice, five) = (stage(1.0), stage(2.0), stage(5.0));
        rows.push(vec![
            format!("{share} %"),
            five.exposed(),
            five.excess(),
            five.rolled_back(),
            twice.rolled_back(),
            healthy.rolled_back(),
        ]);
    }
    check_rows(&rows);
}

#[test]
fn a_threshold_of_zero_by_stage() {
    let shares = [1, 5, 25, 50];
    let config = json!({
        "stages": shares.map(|share| json!({ "traffic_pct": share })),
        "error_rate_threshold": 0,
    });
    let t = tally(&config, 2_000);
    let (mut reached, mut rows) = (t.seeds, Vec::new());
    for (share, fell) in shares.iter().zip(t.fell) {
        let fallen = percent(fell, reached);
        rows.push(vec![format!("{share} %"), reached.to_string(), fell.to_string(), fallen]);
        reached -= fell;
    }
    rows.push(["all four", &reached.to_string(), "–", "–"].map(String::from).to_vec());
    check_rows(&rows);
}

#[test]
fn two_policies_meet_the_same_luck() {
    let plans = ["default", "opening"].map(|name| Arc::new(Plan::new(&preset_config(name))));
    let played = |plan: &Arc<Plan>, seed| {
        let mut rollout = Rollout::of_plan(plan.clone(), seed);
        rollout.run().unwrap();
        rollout
    };
    let mut outcomes = [[0; 2]; 2];
    for seed in 0..1_000 {
        let [by_stage, by_minute] = [0, 1].map(|plan| played(&plans[plan], seed));
        let both = by_stage.history().ticks.iter().zip(&by_minute.history().ticks);
        assert!(both.clone().all(|(a, b)| a.counts == b.counts), "seed {seed}");
        let fell = [&by_stage, &by_minute].map(|r| usize::from(r.state() == State::RolledBack));
        outcomes[fell[0]][fell[1]] += 1;
    }
    let [[neither, minute_only], [stage_only, both]] = outcomes;
    let row = |who: &str, share| vec![who.to_string(), percent(share, 1_000)];
    check_rows(&[
        row("neither", neither),
        row("only `opening`", minute_only),
        row("only `default`", stage_only),
        row("both", both),
    ]);
}
