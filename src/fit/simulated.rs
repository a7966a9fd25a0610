//! A record of a simulated world: what monitoring would have kept of it.

use crate::config::Config;
use crate::observation::{Arm, ByArm, Counts};
use crate::record::{ArmRecord, MAX_STEPS, Quantile, Record};
use crate::world::{Cells, Draw, LatencyTick, LatencyWindow, World};

/// Simulates so many ticks of a configuration's world without a policy, while `share` of
/// the requests, 0..=1, go to its release; at 0 only the baseline is recorded. Steps are
/// ticks, and the first begins at `start`, in seconds since 1970, UTC.
///
/// # Errors
/// A sentence, if the share is not in 0..=1 or a quantile not in (0, 1), or if there is no
/// tick or more than [`MAX_STEPS`].
pub fn simulated(
    config: &Config,
    share: f64,
    ticks: u32,
    quantiles: &[f64],
    start: i64,
    seed: u64,
) -> Result<Record, String> {
    if !(0.0..=1.0).contains(&share) {
        return Err(format!("expected a share from 0 to 1, found {share}"));
    }
    if ticks as usize > MAX_STEPS {
        return Err(format!("expected at most {MAX_STEPS} ticks, found {ticks}"));
    }
    let world = World::new(config, &[share]);
    let mut state = world.start(seed);
    let mut arms: ByArm<ArmRecord> = ByArm::default();
    for arm in [Arm::Baseline, Arm::Canary] {
        let none = |q: &f64| Quantile { q: *q, ms: Vec::with_capacity(ticks as usize) };
        arms.of_mut(arm).latency = quantiles.iter().map(none).collect();
    }
    let mut window = LatencyWindow::new();
    for tick in 1..=ticks {
        let draw = world.tick(&mut state, tick, 0, Cells::ALL);
        let counts = counts(&draw);
        let log = [LatencyTick::new(tick, &counts, world.truth(&state))];
        window.restart();
        window.cover(&log, 0..1);
        for arm in [Arm::Baseline, Arm::Canary] {
            if arm == Arm::Canary && share == 0.0 {
                continue;
            }
            let Counts { requests, errors } = *counts.of(arm);
            let of_arm = arms.of_mut(arm);
            of_arm.requests.push(requests as f64);
            of_arm.errors.push(errors as f64);
            for quantile in &mut of_arm.latency {
                let ms = window.quantile_ms(&world, &mut state, &log, arm, quantile.q);
                quantile.ms.push(ms.unwrap_or(f64::NAN));
            }
        }
    }
    let canary = (share > 0.0).then_some(arms.canary);
    Record::new(start, config.world().tick_seconds, arms.baseline, canary)
}

fn counts(draw: &Draw) -> ByArm<Counts> {
    ByArm::from_fn(|arm| {
        let excess = if arm == Arm::Canary { draw.excess } else { 0 };
        let errors = draw.failed.of(arm) + excess;
        Counts { requests: draw.served.of(arm) + errors, errors }
    })
}
