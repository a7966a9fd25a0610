//! Ticks and rollouts a second, with the whole history and without: `cargo bench`.
#![allow(missing_docs)]

use std::hint::black_box;
use std::sync::Arc;

use canary_rollout::config::{Config, preset};
use canary_rollout::rollout::{Decision, Evidence, Plan, Rollout, Run, Sink, Tick};
use canary_rollout::world::Cells;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Keeps nothing and wants nothing: the bare loop.
struct Nothing;

impl Sink for Nothing {
    fn wants(&self) -> Cells {
        Cells::NONE
    }
    fn tick(&mut self, tick: &Tick<'_>) {
        black_box(tick.counts);
    }
    fn look(&mut self, _: u32, _: &Evidence) {}
    fn decision(&mut self, _: &Decision) {}
}

fn plan(name: &str) -> Arc<Plan> {
    let text = preset(name).expect("a preset of that name").json;
    Arc::new(Plan::new(&Config::from_json(text).expect("a valid preset")))
}

fn run(plan: &Plan, run: &mut Run, seed: u64) {
    run.restart(plan, seed);
    while !run.state().is_terminal() {
        run.tick(plan, &mut Nothing).expect("it is not at its end");
    }
}

fn rollouts(c: &mut Criterion) {
    for name in ["default", "opening", "slow-leak"] {
        let plan = plan(name);
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Elements(1));
        let (mut bare, mut seed) = (Run::new(&plan, 0), 0);
        group.bench_function("rollout without history", |b| {
            b.iter(|| {
                seed += 1;
                run(&plan, &mut bare, seed);
            })
        });
        group.bench_function("rollout with history", |b| {
            b.iter(|| {
                seed += 1;
                let mut rollout = Rollout::of_plan(plan.clone(), seed);
                rollout.run().expect("it is not at its end");
                black_box(rollout.ticks())
            })
        });
        group.bench_function("report", |b| {
            let mut rollout = Rollout::of_plan(plan.clone(), 1);
            rollout.run().expect("it is not at its end");
            b.iter(|| black_box(rollout.report().to_json().len()))
        });
        group.finish();
    }
}

/// A tick by itself, in a rollout of one endless stage.
fn ticks(c: &mut Criterion) {
    let mut group = c.benchmark_group("tick");
    group.throughput(Throughput::Elements(1));
    let worlds = [
        (
            "steady world, error rule",
            r#""rules": [{ "rule": "error_rate_delta", "max": 0.5, "look": "every_tick", "window": "tick" }]"#,
        ),
        (
            "steady world, latency rule",
            r#""rules": [{ "rule": "latency_delta_ms", "max": 5000, "look": "every_tick", "window": "tick" }]"#,
        ),
        (
            "noisy world, error rule",
            r#""noise": { "common": 0.2 }, "rules": [{ "rule": "error_rate_delta", "max": 0.5, "look": "every_tick", "window": "tick" }]"#,
        ),
    ];
    for (name, part) in worlds {
        let text = format!(
            r#"{{ "stages": [{{ "traffic_pct": 5, "duration_ticks": 100000 }}], {part} }}"#
        );
        let plan = Plan::new(&Config::from_json(&text).expect("a valid configuration"));
        let (mut run, mut seed) = (Run::new(&plan, 0), 0);
        group.bench_function(name, |b| {
            b.iter(|| {
                if run.ticks() == 90_000 {
                    seed += 1;
                    run.restart(&plan, seed);
                }
                run.tick(&plan, &mut Nothing).expect("the stage is long");
            })
        });
    }
    group.finish();
}

criterion_group!(benches, rollouts, ticks);
criterion_main!(benches);
