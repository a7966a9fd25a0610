//! A custom sink: it receives the ticks, looks and decisions of a run, and keeps
//! only what it needs. This one finds the worst tick of a thousand rollouts.
//!
//! `cargo run --release --example custom_sink`

use canary_rollout::config::Config;
use canary_rollout::rollout::{Decision, Evidence, Plan, Run, Sink, Tick};
use canary_rollout::world::Cells;

#[derive(Default)]
struct WorstTick {
    tick: u32,
    excess_errors: u64,
}

impl Sink for WorstTick {
    fn wants(&self) -> Cells {
        Cells::ALL
    }
    fn wants_looks(&self) -> bool {
        false
    }

    fn tick(&mut self, tick: &Tick<'_>) {
        if tick.excess_errors > self.excess_errors {
            *self = WorstTick { tick: tick.tick, excess_errors: tick.excess_errors };
        }
    }

    fn look(&mut self, _: u32, _: &Evidence) {}
    fn decision(&mut self, _: &Decision) {}
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = Config::from_text(
        r#"{
            "canary": { "error_ratio": 4, "error_arrival": { "late": { "start_tick": 8 } } },
            "stages": [{ "traffic_pct": 5 }, { "traffic_pct": 50 }],
            "rules": [{ "rule": "sequential" }]
        }"#,
    )?;
    // What is the same for all seeds is computed once.
    let plan = Plan::new(&config);
    let mut run = Run::new(&plan, 0);
    let mut worst = WorstTick::default();
    for seed in 0..1_000 {
        run.restart(&plan, seed);
        while !run.state().is_terminal() {
            run.tick(&plan, &mut worst)?;
        }
    }
    println!("{} requests failed in tick {} alone", worst.excess_errors, worst.tick);
    Ok(())
}
