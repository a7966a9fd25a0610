//! Ticks and rollouts per second, with and without the history: `cargo bench`.
#![allow(missing_docs)]

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use canary_rollout::config::{Config, preset};
use canary_rollout::rollout::{Decision, Evidence, Plan, Rollout, Run, Sink, Tick};
use canary_rollout::study::Study;
use canary_rollout::world::Cells;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A sink that keeps nothing and needs no counts, to measure the loop alone.
struct Nothing;

impl Sink for Nothing {
    fn wants(&self) -> Cells {
        Cells::NONE
    }
    fn wants_looks(&self) -> bool {
        false
    }
    fn tick(&mut self, tick: &Tick<'_>) {
        black_box(tick.counts);
    }
    fn look(&mut self, _: u32, _: &Evidence) {}
    fn decision(&mut self, _: &Decision) {}
}

fn plan(name: &str) -> Arc<Plan> {
    let text = preset(name).expect("a preset of that name").json;
    Arc::new(Plan::new(&Config::from_text(text).expect("a valid preset")))
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

/// The reference study on one core and on two, compared with only generating the
/// random words that its rollouts read, including seeding.
fn study(c: &mut Criterion) {
    const RUNS: u64 = 32_768;
    let reference = preset("reference").expect("the reference study").json;
    let options = format!(r#"{{ "runs": {RUNS} }}"#);
    let study = || Study::from_text(reference, &options).expect("a valid study");
    let mut group = c.benchmark_group("reference study");
    group.throughput(Throughput::Elements(RUNS));
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        group.bench_function(format!("rollouts, threads: {threads}"), |b| {
            b.iter(|| pool.install(|| study().run_parallel(&AtomicBool::new(false), |_| {})))
        });
    }
    group.bench_function("the words of its rollouts", |b| {
        b.iter(|| {
            for seed in 0..RUNS {
                let mut generator = ChaCha8Rng::seed_from_u64(seed);
                generator.set_stream(5);
                black_box([(); 40].map(|()| generator.next_u32()));
            }
        })
    });
    group.finish();
}

/// A tick with one rule that looks as often as possible. The stages are so long
/// that rules that look at the end of a stage rarely do.
fn rules(c: &mut Criterion) {
    let mut group = c.benchmark_group("rule");
    group.throughput(Throughput::Elements(1));
    for rule in [
        r#""rule": "sequential""#,
        r#""rule": "slow_requests", "objective_ms": 250"#,
        r#""rule": "group_sequential""#,
        r#""rule": "error_rate", "max": 0.5, "look": "every_tick", "window": "tick""#,
        r#""rule": "error_rate_ratio", "max": 500, "look": "every_tick", "window": "tick""#,
        r#""rule": "z_test", "alpha": 1e-9, "look": "every_tick", "window": "tick""#,
        r#""rule": "fisher", "alpha": 1e-9, "look": "every_tick", "window": "tick""#,
        r#""rule": "mann_whitney", "alpha": 1e-9, "look": "every_tick", "window": "tick""#,
        // Windows of up to 90,000 ticks, that a look only extends.
        r#""rule": "mann_whitney", "alpha": 1e-99, "look": "every_tick", "window": "stage""#,
        r#""rule": "latency_delta_ms", "max": 5000, "look": "every_tick", "window": "stage""#,
    ] {
        let window = if rule.contains("stage") { ", long window" } else { "" };
        let name = rule.split('"').nth(3).unwrap_or(rule);
        group.bench_function(format!("{name}{window}"), |b| {
            let (plan, mut run, mut seed) = endless(&format!(r#""rules": [{{ {rule} }}]"#));
            b.iter(|| {
                if run.ticks() == 90_000 || run.state().is_terminal() {
                    seed += 1;
                    run.restart(&plan, seed);
                }
                run.tick(&plan, &mut Nothing).expect("it is not at its end");
            })
        });
    }
    group.finish();
}

/// A rollout with one endless stage before its first tick, and its seed.
fn endless(part: &str) -> (Plan, Run, u64) {
    let text =
        format!(r#"{{ "stages": [{{ "traffic_pct": 5, "duration_ticks": 100000 }}], {part} }}"#);
    let plan = Plan::new(&Config::from_text(&text).expect("a valid configuration"));
    let run = Run::new(&plan, 0);
    (plan, run, 0)
}

/// A tick alone, in a rollout with one endless stage.
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
        let (plan, mut run, mut seed) = endless(part);
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

criterion_group!(benches, study, rollouts, rules, ticks);
criterion_main!(benches);
