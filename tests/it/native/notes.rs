//! The state diagram and the tables of notes.md, compared with the engine.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use canary_rollout::config::preset;
use canary_rollout::policy::{By, Call, State, Step};
use canary_rollout::rollout::{Decision, Evidence, Plan, Rollout, Run, Sink, Tick};
use canary_rollout::world::Cells;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::console::blocks;
use super::papers::NOTES;
use super::studied;
use super::tables::{Mean, Share, check_table, check_words, thousands};
use crate::support::{config, preset_config};

const PAGE: &str = include_str!("../../../www/src/watch/state-machine.ts");

/// From, to, cause.
type Edge = (String, String, String);

/// Short plans that together use every edge with every cause.
const PLANS: [&str; 12] = [
    // No rules.
    r#"{ "stages": [{ "traffic_pct": 10, "duration_ticks": 1 },
                    { "traffic_pct": 50, "duration_ticks": 1 }] }"#,
    // A planned pause at the end of each stage: a manual one, and one of a tick.
    r#"{ "stages": [{ "traffic_pct": 10, "duration_ticks": 1, "pause": "manual" },
                    { "traffic_pct": 50, "duration_ticks": 1, "pause": "manual" }] }"#,
    r#"{ "stages": [{ "traffic_pct": 10, "duration_ticks": 1, "pause": { "ticks": 2 } },
                    { "traffic_pct": 50, "duration_ticks": 1, "pause": { "ticks": 1 } }] }"#,
    // A rule that fails at every look, with each consequence.
    r#"{ "stages": [{ "traffic_pct": 10, "duration_ticks": 2 }],
         "rules": [{ "rule": "error_rate", "max": 0, "look": "every_tick" }] }"#,
    r#"{ "stages": [{ "traffic_pct": 10, "duration_ticks": 2 }], "rollback_ticks": 2,
         "rules": [{ "rule": "error_rate", "max": 0 }] }"#,
    r#"{ "stages": [{ "traffic_pct": 10, "duration_ticks": 1 }],
         "rules": [{ "rule": "error_rate", "max": 0, "on_fail": "pause" }] }"#,
    // A rule that fails for the second time in a pause, with each consequence.
    r#"{ "stages": [{ "traffic_pct": 10, "duration_ticks": 1, "pause": { "ticks": 3 } }],
         "rules": [{ "rule": "error_rate", "max": 0, "look": "every_tick", "failure_limit": 2,
                     "look_while_paused": true }] }"#,
    r#"{ "stages": [{ "traffic_pct": 10, "duration_ticks": 1, "pause": { "ticks": 3 } }],
         "rollback_ticks": 1,
         "rules": [{ "rule": "error_rate", "max": 0, "look": "every_tick", "failure_limit": 2,
                     "look_while_paused": true }] }"#,
    r#"{ "stages": [{ "traffic_pct": 10, "duration_ticks": 1, "pause": { "ticks": 3 } }],
         "rules": [{ "rule": "error_rate", "max": 0, "look": "every_tick", "failure_limit": 2,
                     "look_while_paused": true, "on_fail": "pause" }] }"#,
    // A rule that is always inconclusive, with each consequence.
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

/// The cause of a transition: the decision of a tick, or a command.
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

/// Tries every sequence of `calls_left` calls, without `advance()`, which is a
/// sequence of ticks.
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
        .split("from: '")
        .skip(1)
        .filter_map(|rest| {
            let (from, rest) = rest.split_once('\'')?;
            let (to, _) = rest.split_once("to: '")?.1.split_once('\'')?;
            Some((from.to_string(), to.to_string()))
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

/// The number of seeds for a table: shares are accurate to 0.3 points.
const SEEDS: u64 = 100_000;
/// The number of seeds if rules read latencies, which is expensive: accurate to 1
/// point.
const LATENCY_SEEDS: u64 = 10_000;

/// The outcomes of the rollouts of a plan, with seeds from 0 on.
#[derive(Clone, Copy, Default)]
struct Tally {
    seeds: u64,
    /// Rollbacks by the stage in which they were decided.
    fell: [u64; 10],
    /// Ticks until the decision to roll back.
    ticks: Mean,
    exposed: Mean,
    excess: Mean,
}

/// The outcome of one rollout.
#[derive(Default)]
struct Played {
    rolled_back: Option<(u32, u32)>,
    exposed: u64,
    excess: u64,
}

impl Sink for Played {
    fn wants(&self) -> Cells {
        Cells::ALL
    }
    fn wants_looks(&self) -> bool {
        false
    }

    fn tick(&mut self, tick: &Tick<'_>) {
        self.exposed += tick.counts.canary.requests;
        self.excess += tick.excess_errors;
    }

    fn look(&mut self, _: u32, _: &Evidence) {}

    fn decision(&mut self, decision: &Decision) {
        if decision.step == Step::Rollback {
            self.rolled_back = Some((decision.stage, decision.tick));
        }
    }
}

impl Tally {
    fn of(plan: &Plan, seeds: Range<u64>) -> Tally {
        let mut tally = Tally::default();
        let mut run = Run::new(plan, 0);
        for seed in seeds {
            run.restart(plan, seed);
            let mut played = Played::default();
            while !run.state().is_terminal() {
                run.tick(plan, &mut played).unwrap();
            }
            tally.seeds += 1;
            tally.exposed.add(played.exposed);
            tally.excess.add(played.excess);
            if let Some((stage, tick)) = played.rolled_back {
                tally.fell[stage as usize - 1] += 1;
                tally.ticks.add(u64::from(tick));
            }
        }
        tally
    }

    fn and(mut self, other: Tally) -> Tally {
        self.seeds += other.seeds;
        self.fell.iter_mut().zip(other.fell).for_each(|(sum, fell)| *sum += fell);
        self.ticks.merge(other.ticks);
        self.exposed.merge(other.exposed);
        self.excess.merge(other.excess);
        self
    }

    fn rolled_back(&self) -> Share {
        Share { part: self.fell.iter().sum(), whole: self.seeds }
    }
}

/// Sums of whole numbers, so that threads make no difference.
fn tally(description: &Value, seeds: u64) -> Tally {
    const CHUNK: u64 = 500;
    let plan = Plan::new(&config(&description.to_string()));
    let chunks = (0..seeds / CHUNK).into_par_iter();
    chunks.map(|i| Tally::of(&plan, i * CHUNK..(i + 1) * CHUNK)).reduce(Tally::default, Tally::and)
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
            let t = tally(config, LATENCY_SEEDS);
            let release = if ratio == 1.0 { "healthy".to_string() } else { format!("{ratio} ×") };
            rows.push(vec![
                release,
                name.to_string(),
                t.rolled_back().percent(),
                t.ticks.figure(1),
                t.exposed.figure(0),
                t.excess.figure(0),
            ]);
            t
        };
        let mut big_bang = nobody_looks.clone();
        big_bang["canary"] = json!({ "error_ratio": ratio });
        let nobody = row("nobody looks", &big_bang);
        let [at_once, blue_green, rolling, canary] =
            ["all-at-once", "blue-green", "rolling", "canary"]
                .map(|name| row(name, &preset_with(name, ratio)));
        let mut stricter = preset_with("canary", ratio);
        for (i, max) in [0.02, 0.005, 0.005, 0.005].into_iter().enumerate() {
            stricter["stages"][i]["error_rate_threshold"] = json!(max);
        }
        let stricter = row("canary, stricter", &stricter);

        let percent = |t: Tally| t.rolled_back().estimate() * 100.0;
        let excess = |t: Tally| t.excess.estimate();
        match ratio {
            1.0 => {
                check_words(
                    "rolls back about 1 % of the healthy releases",
                    percent(stricter),
                    0.7..=1.4,
                );
                check_words(
                    "it rolls back about 2 % of the healthy releases",
                    percent(rolling),
                    1.5..=2.5,
                );
            }
            2.0 => {
                check_words("misses almost a quarter", 100.0 - percent(canary), 22.0..=25.0);
                check_words(
                    "eleven times the harm",
                    excess(at_once) / excess(blue_green),
                    10.5..=11.5,
                );
                let best = [nobody, at_once, blue_green, rolling, canary].map(excess);
                let ahead = best.into_iter().fold(f64::MAX, f64::min) / excess(stricter);
                check_words("the stricter canary is best of all", ahead, 1.5..=f64::MAX);
            }
            _ => {
                check_words("22 failures", excess(canary), 21.5..=22.5);
                check_words("about 400 for blue-green", excess(blue_green), 395.0..=415.0);
                check_words(
                    "4,500 where going back takes ten minutes",
                    excess(at_once),
                    4_450.0..=4_550.0,
                );
                check_words("8,200 where nobody looks", excess(nobody), 8_100.0..=8_200.0);
            }
        }
    }
    check_table("strategies", &rows);
}

#[test]
fn a_limit_without_a_baseline_blames_the_release_for_common_noise() {
    let rows = ["blue-green", "rolling", "canary"].map(|name| {
        let mut config = preset_with(name, 1.0);
        config["noise"] = json!({ "common": 0.5 });
        vec![name.to_string(), tally(&config, LATENCY_SEEDS).rolled_back().percent()]
    });
    check_table("weather", &rows);
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
            tally(&config, SEEDS)
        };
        let (healthy, twice, five) = (stage(1.0), stage(2.0), stage(5.0));
        rows.push(vec![
            format!("{share} %"),
            five.exposed.figure(0),
            five.excess.figure(0),
            five.rolled_back().percent(),
            twice.rolled_back().percent(),
            healthy.rolled_back().percent(),
        ]);
        let [healthy, twice] = [healthy, twice].map(|t| t.rolled_back().estimate());
        match share {
            1 => {
                check_words(
                    "at the price of 20 failed requests",
                    five.excess.estimate(),
                    19.5..=20.5,
                );
                check_words(
                    "at 2 × more than one bad release in five is missed",
                    1.0 - twice,
                    0.2..=0.23,
                );
                check_words("one healthy release in eight is rolled back", healthy, 0.12..=0.14);
            }
            25 => check_words(
                "cost 510 failures instead of 20",
                five.excess.estimate(),
                505.0..=515.0,
            ),
            _ => {}
        }
    }
    check_table("shares", &rows);
}

#[test]
fn a_threshold_of_zero_by_stage() {
    let shares = [1, 5, 25, 50];
    let config = json!({
        "stages": shares.map(|share| json!({ "traffic_pct": share })),
        "error_rate_threshold": 0,
    });
    let t = tally(&config, SEEDS);
    let (mut reached, mut rows) = (t.seeds, Vec::new());
    let count = |n: u64| thousands(n as f64, 0);
    for (share, fell) in shares.iter().zip(t.fell) {
        let fallen = Share { part: fell, whole: reached };
        rows.push(vec![format!("{share} %"), count(reached), count(fell), fallen.percent()]);
        reached -= fell;
    }
    rows.push(["all four", &count(reached), "–", "–"].map(String::from).to_vec());
    check_table("threshold of zero", &rows);
    let survive = reached as f64 / t.seeds as f64;
    check_words("completes one time in fifteen", survive, 1.0 / 15.5..=1.0 / 14.5);
}

#[test]
fn two_policies_get_the_same_random_variation() {
    const SEEDS: u64 = 20_000;
    let plans = ["default", "opening"].map(|name| Arc::new(Plan::new(&preset_config(name))));
    let played = |plan: &Arc<Plan>, seed| {
        let mut rollout = Rollout::of_plan(plan.clone(), seed);
        rollout.run().unwrap();
        rollout
    };
    let outcome = |seed| {
        let [by_stage, by_minute] = [0, 1].map(|plan| played(&plans[plan], seed));
        let mut both = by_stage.history().ticks.iter().zip(&by_minute.history().ticks);
        assert!(both.all(|(a, b)| a.counts == b.counts), "seed {seed}");
        [&by_stage, &by_minute].map(|r| r.state() == State::RolledBack)
    };
    let outcomes: Vec<[bool; 2]> = (0..SEEDS).into_par_iter().map(outcome).collect();
    let row = |who: &str, fell: [bool; 2]| {
        let part = outcomes.iter().filter(|outcome| **outcome == fell).count() as u64;
        vec![who.to_string(), Share { part, whole: SEEDS }.percent()]
    };
    check_table(
        "two policies",
        &[
            row("neither", [false, false]),
            row("only `opening`", [false, true]),
            row("only `default`", [true, false]),
            row("both", [true, true]),
        ],
    );
}

/// P(false rollback) of `sequential` with its default bets if each arm has noise of
/// its own: errors per tick, coefficient of variation, and by tolerated ratio the
/// result of an independent simulation in Python over 20,000 runs.
const PER_ARM: [(u32, f64, [f64; 4]); 9] = [
    (20, 0.1, [0.0158, 0.0021, 0.0003, 0.0001]),
    (20, 0.2, [0.0383, 0.0060, 0.0014, 0.0002]),
    (20, 0.5, [0.2722, 0.1189, 0.0440, 0.0132]),
    (400, 0.1, [0.1201, 0.0022, 0.0000, 0.0000]),
    (400, 0.2, [0.5313, 0.1070, 0.0117, 0.0004]),
    (400, 0.5, [0.9224, 0.7359, 0.4590, 0.2144]),
    (4_000, 0.1, [0.4954, 0.0302, 0.0002, 0.0000]),
    (4_000, 0.2, [0.8748, 0.3821, 0.0762, 0.0045]),
    (4_000, 0.5, [0.9858, 0.9130, 0.7143, 0.4288]),
];

#[test]
fn noise_of_each_arm_by_tolerated_ratio() {
    const RUNS: u64 = 10_000;
    const TOLERATED: [f64; 4] = [1.0, 1.2, 1.5, 2.0];
    let stage = |share: u32| json!({ "traffic_pct": share, "duration_ticks": 10 });
    let stages = [1, 5, 25, 50].map(stage);
    let mut rows = Vec::new();
    for (errors, per_arm, reference) in PER_ARM {
        let p = |tolerated_ratio: f64| {
            let config = json!({
                "traffic": { "requests_per_second": f64::from(errors) * 10.0 },
                "tick_seconds": 50,
                "baseline": { "error_rate": 0.002 },
                "noise": { "per_arm": per_arm },
                "stages": stages,
                "rules": [{ "rule": "sequential", "tolerated_ratio": tolerated_ratio }],
            });
            let report = studied(&config, &json!({ "runs": RUNS })).report();
            let rolled_back = report.healthy.rolled_back_by_stage.iter().sum();
            Share { part: rolled_back, whole: RUNS }
        };
        let found = TOLERATED.map(p);
        for (found, expected) in found.iter().zip(reference) {
            // 4.5 standard errors of the difference of two simulations, plus a few
            // runs for rare events: fails by chance in one of 4,000 choices of
            // seeds.
            let off = (found.estimate() - expected).abs();
            let per_run = 1.0 / RUNS as f64 + 1.0 / 20_000.0;
            let error = (expected * (1.0 - expected) * per_run).sqrt();
            assert!(off < 4.5 * error + 5.0 / RUNS as f64, "{errors}, {per_arm}: {found:?}");
        }
        let mut row = vec![thousands(f64::from(errors), 0), per_arm.to_string()];
        row.extend(found.map(Share::percent));
        rows.push(row);
    }
    check_table("noise of one arm", &rows);
}
