//! The world through its public interface: the draws, their truth, and what a draw
//! depends on.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::{
    Arrival, Config, ConfigParts, DailySwing, Incidents, Latency, MAX_TICKS, Noise, Stage,
};
use canary_rollout::math::{exp, ln, ln_gamma};
use canary_rollout::observation::{Arm, ByArm};
use canary_rollout::seed::MAX_SEED;
use canary_rollout::stats::mann_whitney::RankSum;
use canary_rollout::stats::normal;
use canary_rollout::world::latency::{BINS, edge_ms, nearest_edge};
use canary_rollout::world::{Cells, Draw, LatencyTick, LatencyWindow, Truth, World, WorldState};

use crate::fit::{Words, check_fit, check_sup};

const ARMS: [Arm; 2] = [Arm::Baseline, Arm::Canary];

/// The world of a configuration, with a level for each stage.
fn world_of(config: &Config) -> World {
    let shares: Vec<f64> =
        config.policy().stages.iter().map(|stage| config.policy().share(stage)).collect();
    World::new(config, &shares)
}

/// 10,000 requests per tick, of which 2 % fail and a fifth go to the canary.
fn config() -> Config {
    let text = r#"{
        "tick_seconds": 50,
        "traffic": { "requests_per_second": 200 },
        "baseline": { "error_rate": 0.02, "latency_ms": { "p50": 80, "p99": 180 } },
        "stages": [{ "traffic_pct": 20, "duration_ticks": 10 }]
    }"#;
    Config::from_text(text).expect("a valid configuration")
}

fn stage(traffic_pct: f64) -> Stage {
    Stage { name: String::new(), traffic_pct, duration_ticks: 10, pause: None }
}

fn with(change: impl FnOnce(&mut ConfigParts)) -> Config {
    altered(&config(), change)
}

fn altered(config: &Config, change: impl FnOnce(&mut ConfigParts)) -> Config {
    let mut parts = config.parts();
    change(&mut parts);
    parts.check().expect("a valid configuration")
}

/// An incident in a last tick that no test reaches.
fn incidents() -> Incidents {
    Incidents {
        chance_per_tick: 0.0,
        at_tick: Some(MAX_TICKS),
        duration_ticks: 3,
        error_ratio: 5.0,
        latency_ratio: 2.0,
    }
}

/// A configuration with every kind of variation.
fn restless() -> Config {
    with(|config| {
        config.world.traffic.daily_swing =
            Some(DailySwing { amplitude: 0.5, period_seconds: 1_000, peak_seconds: 300 });
        config.world.traffic.burstiness = 0.3;
        config.world.noise = Noise { common: 0.4, per_arm: 0.2 };
        config.world.incidents = Some(Incidents { chance_per_tick: 0.1, ..incidents() });
    })
}

/// All draws of a run, each with its truth.
fn run(world: &World, seed: u64, ticks: u32, cells: Cells) -> Vec<(Draw, Truth)> {
    let mut state = world.start(seed);
    (1..=ticks).map(|tick| (world.tick(&mut state, tick, 0, cells), *world.truth(&state))).collect()
}

fn window(tick: u32, requests: u64, shift: f64) -> LatencyTick {
    LatencyTick {
        tick,
        requests: ByArm { baseline: requests, canary: requests },
        shift: ByArm { baseline: shift, canary: shift },
    }
}

/// A quantile over all of some ticks.
fn quantile_ms(
    world: &World,
    state: &mut WorldState,
    arm: Arm,
    ticks: &[LatencyTick],
    q: f64,
) -> Option<f64> {
    over(ticks).quantile_ms(world, state, ticks, arm, q)
}

/// A histogram over all of some ticks.
fn histogram(world: &World, state: &mut WorldState, arm: Arm, ticks: &[LatencyTick]) -> Vec<u64> {
    over(ticks).histogram(world, state, ticks, arm)
}

/// The requests that took longer, in all of some ticks.
fn slower_than(
    world: &World,
    state: &mut WorldState,
    arm: Arm,
    ticks: &[LatencyTick],
    edge: u32,
) -> u64 {
    ticks.iter().map(|tick| world.slower_than(state, arm, tick, edge)).sum()
}

fn over(ticks: &[LatencyTick]) -> LatencyWindow {
    let mut window = LatencyWindow::new();
    window.cover(ticks, 0..ticks.len());
    window
}

/// The five counts of a draw with their means, in a fixed order.
fn cells(draw: &Draw, truth: &Truth, share: f64) -> [(u64, f64); 5] {
    let (baseline, canary) = (truth.requests * (1.0 - share), truth.requests * share);
    let rate = truth.error_rate;
    let excess = (rate.canary - truth.healthy_error_rate).max(0.0);
    [
        (draw.failed.baseline, baseline * rate.baseline),
        (draw.served.baseline, baseline * (1.0 - rate.baseline)),
        (draw.failed.canary, canary * (rate.canary - excess)),
        (draw.served.canary, canary * (1.0 - rate.canary)),
        (draw.excess, canary * excess),
    ]
}

/// Standardized means, dispersions and correlations of the five counts. Each of the
/// 20 figures of a world fails by chance once in 10⁵.
#[test]
fn counts_are_independent_and_poisson() {
    const TICKS: u32 = 20_000;
    let bad = |config: &mut ConfigParts| config.release.error_ratio = 1.5;
    let worlds = [
        ("steady", with(bad)),
        (
            "moving",
            with(|config| {
                bad(config);
                config.world.incidents = Some(incidents());
            }),
        ),
        ("restless", altered(&restless(), bad)),
        (
            "few",
            with(|config| {
                bad(config);
                config.world.traffic.requests_per_second = 1.0;
            }),
        ),
    ];
    for (name, config) in worlds {
        let world = world_of(&config);
        let share = config.policy().share(&config.policy().stages[0]);
        // By count, its deviations from the mean and the variance of their squares.
        let mut deviations = [const { Vec::new() }; 5];
        let mut spread = [0.0; 5];
        for (draw, truth) in run(&world, 11, TICKS, Cells::ALL) {
            for (i, (count, mean)) in cells(&draw, &truth, share).into_iter().enumerate() {
                deviations[i].push((count as f64 - mean) / mean.sqrt());
                spread[i] += 2.0 + 1.0 / mean;
            }
        }
        let ticks = f64::from(TICKS);
        for (i, own) in deviations.iter().enumerate() {
            let mean = own.iter().sum::<f64>() / ticks.sqrt();
            assert!(mean.abs() < 4.5, "{name}: mean of cell {i} off by {mean} deviations");
            let dispersion = (product(own, own) - ticks) / spread[i].sqrt();
            assert!(dispersion.abs() < 5.0, "{name}: dispersion of cell {i}: {dispersion}");
            for (j, other) in deviations.iter().enumerate().take(i) {
                let together = product(own, other) / ticks.sqrt();
                assert!(together.abs() < 4.5, "{name}: cells {i} and {j}: {together}");
            }
        }
    }
}

fn product(these: &[f64], those: &[f64]) -> f64 {
    these.iter().zip(those).map(|(x, y)| x * y).sum()
}

/// A world whose truth is known in advance draws from tables, any other by
/// inversion. Both give the same counts, tick by tick.
#[test]
fn steady_and_moving_worlds_draw_alike() {
    for requests_per_second in [0.02, 1.0, 200.0, 4_000.0] {
        let steady = with(|config| {
            config.world.traffic.requests_per_second = requests_per_second;
            config.release.error_ratio = 2.0;
            config.release.latency_ratio = 1.5;
        });
        let moving = altered(&steady, |config| config.world.incidents = Some(incidents()));
        let (steady, moving) = (world_of(&steady), world_of(&moving));
        for seed in 0..50 {
            let runs = [&steady, &moving].map(|world| run(world, seed, 100, Cells::ALL));
            assert_eq!(runs[0], runs[1], "{requests_per_second} a second, seed {seed}");
        }
    }
}

/// Requests go to the canary with the share of the given stage.
#[test]
fn shares_by_stage() {
    let shares = [1.0, 5.0, 25.0, 50.0, 100.0];
    for incidents in [None, Some(incidents())] {
        let world = world_of(&with(|config| {
            config.policy.stages = shares.map(stage).to_vec();
            config.world.incidents = incidents.clone();
        }));
        let mut state = world.start(3);
        for (stage, share) in (0..).zip(shares) {
            let mut requests = ByArm { baseline: 0.0, canary: 0.0 };
            for tick in 1..=500 {
                let draw = world.tick(&mut state, 500 * stage + tick, stage, Cells::ALL);
                requests.baseline += (draw.failed.baseline + draw.served.baseline) as f64;
                requests.canary += (draw.failed.canary + draw.served.canary + draw.excess) as f64;
            }
            let mean = 500.0 * 10_000.0 * share / 100.0;
            let off = (requests.canary - mean) / mean.sqrt();
            assert!(off.abs() < 4.5, "{share} %: {off} deviations off");
            assert_eq!(requests.baseline == 0.0, share == 100.0);
        }
    }
}

#[test]
fn a_healthy_release_has_no_excess_errors() {
    for config in [config(), restless()] {
        let world = world_of(&config);
        for seed in 0..20 {
            for (draw, truth) in run(&world, seed, 200, Cells::ALL) {
                assert_eq!(draw.excess, 0);
                assert!(!truth.degraded);
            }
        }
    }
}

/// Counts that are not drawn do not affect others, nor latencies.
#[test]
fn components_do_not_disturb_each_other() {
    let bad = |config: &mut ConfigParts| {
        config.release.error_ratio = 3.0;
        config.world.traffic.requests_per_second = 20.0;
    };
    for config in [with(bad), altered(&restless(), bad)] {
        let world = world_of(&config);
        let all = run(&world, 5, 100, Cells::ALL);
        for wanted in [
            Cells::NONE,
            Cells::FAILED,
            Cells::SERVED,
            Cells::EXCESS,
            Cells::FAILED.union(Cells::EXCESS),
        ] {
            let mut state = world.start(5);
            for (tick, (draw, truth)) in (1..).zip(&all) {
                let mut expected = Draw::default();
                if wanted.contains(Cells::FAILED) {
                    expected.failed = draw.failed;
                }
                if wanted.contains(Cells::SERVED) {
                    expected.served = draw.served;
                }
                if wanted.contains(Cells::EXCESS) {
                    expected.excess = draw.excess;
                }
                assert_eq!(world.tick(&mut state, tick, 0, wanted), expected);
                assert_eq!(world.truth(&state), truth);
                quantile_ms(&world, &mut state, Arm::Canary, &[window(tick, 50, 0.0)], 0.5);
            }
        }
    }
}

#[test]
fn a_restarted_state_is_a_new_one() {
    for config in [config(), restless()] {
        let world = world_of(&config);
        let mut state = world.start(1);
        for seed in [0, 1, 2, MAX_SEED] {
            world.restart(&mut state, seed);
            let expected = run(&world, seed, 130, Cells::ALL);
            for (tick, (draw, truth)) in (1..).zip(expected) {
                assert_eq!(world.tick(&mut state, tick, 0, Cells::ALL), draw);
                assert_eq!(*world.truth(&state), truth);
            }
        }
    }
}

/// The first draws of a few seeds. If they change, what a seed means has changed,
/// and with it every result.
#[test]
fn what_a_seed_means() {
    let bad = |config: &mut ConfigParts| {
        config.release.error_ratio = 2.0;
        config.release.latency_ratio = 1.5;
    };
    let steady = world_of(&with(bad));
    let moving = world_of(&altered(&restless(), bad));
    let mut all = Vec::new();
    for (name, seed, _, _) in FROZEN {
        let world = if name == "steady" { &steady } else { &moving };
        let mut state = world.start(seed);
        let mut draw = Draw::default();
        for tick in 1..=3 {
            draw = world.tick(&mut state, tick, 0, Cells::ALL);
        }
        let found = [
            draw.failed.baseline,
            draw.served.baseline,
            draw.failed.canary,
            draw.served.canary,
            draw.excess,
        ];
        let window = LatencyTick {
            tick: 3,
            requests: ByArm {
                baseline: draw.failed.baseline + draw.served.baseline,
                canary: draw.failed.canary + draw.served.canary + draw.excess,
            },
            shift: world.truth(&state).latency_shift,
        };
        let quantiles =
            ARMS.map(|arm| quantile_ms(world, &mut state, arm, &[window], 0.99).unwrap());
        all.push((name, seed, found, quantiles));
    }
    assert_eq!(all, FROZEN);
}

/// World and seed; then for tick 3: failed and served requests of the baseline, the
/// same for the canary, excess errors, and the p99 of both arms in ms, to the last
/// bit.
const FROZEN: [(&str, u64, [u64; 5], [f64; 2]); 6] = [
    ("steady", 0, [167, 7790, 34, 1940, 45], [185.14807561558743, 253.7411688207914]),
    ("steady", 1, [167, 7903, 34, 1897, 30], [180.83604412235803, 265.51271852455966]),
    ("steady", MAX_SEED, [160, 7878, 35, 1942, 46], [182.4185812213509, 251.42783549125988]),
    ("moving", 0, [130, 8642, 51, 2108, 65], [184.4461239437079, 251.31583448099062]),
    ("moving", 1, [191, 5946, 26, 1436, 23], [178.84447057499676, 260.4182970957308]),
    ("moving", MAX_SEED, [423, 6094, 118, 1383, 139], [357.8479371359829, 521.6679881606021]),
];

/// Counts, truths and quantiles of many ticks at many loads are the same natively
/// and in WebAssembly, to the last bit.
#[test]
fn many_ticks_to_the_last_bit() {
    let mut digest = Digest(0xcbf2_9ce4_8422_2325);
    for requests_per_second in [0.01, 1.0, 30.0, 200.0, 5_000.0, 1_000_000.0] {
        for config in [config(), restless()] {
            let world = world_of(&altered(&config, |config| {
                config.world.traffic.requests_per_second = requests_per_second;
                config.release.error_ratio = 1.7;
                config.release.latency_ratio = 1.5;
            }));
            let mut state = world.start(12);
            for tick in 1..=200 {
                let draw = world.tick(&mut state, tick, 0, Cells::ALL);
                let truth = *world.truth(&state);
                for (count, mean) in cells(&draw, &truth, 0.2) {
                    digest.add(count);
                    digest.add(mean.to_bits());
                }
                // Every third tick has a different shift.
                let own = f64::from(u8::from(tick % 3 == 0)) * 0.01;
                let window = [LatencyTick {
                    tick,
                    requests: ByArm {
                        baseline: draw.failed.baseline + draw.served.baseline,
                        canary: draw.failed.canary + draw.served.canary + draw.excess,
                    },
                    shift: ByArm::from_fn(|arm| truth.latency_shift.of(arm) + own),
                }];
                for arm in ARMS {
                    let p99 = quantile_ms(&world, &mut state, arm, &window, 0.99);
                    digest.add(p99.map_or(0, f64::to_bits));
                }
            }
        }
    }
    assert_eq!(digest.0, 0xcc39_10d3_bfdf_0eba, "found {:#x}", digest.0);
}

/// FNV-1a over 64-bit words.
struct Digest(u64);

impl Digest {
    fn add(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0100_0000_01b3);
    }
}

/// The canary's error ratio and latency ratio, both 3, by tick.
#[test]
fn arrivals() {
    check_arrival(Arrival::AtOnce, &[(1, 3.0), (50, 3.0)], true);
    check_arrival(Arrival::Late { start_tick: 7 }, &[(1, 1.0), (6, 1.0), (7, 3.0), (9, 3.0)], true);
    check_arrival(
        Arrival::Leak { start_tick: 5, ramp_ticks: 4 },
        &[(4, 1.0), (5, 1.5), (6, 2.0), (7, 2.5), (8, 3.0), (30, 3.0)],
        true,
    );
    check_arrival(
        Arrival::ColdStart { half_life_ticks: 10.0 },
        &[(1, 3.0), (11, 2.0), (21, 1.5), (31, 1.25)],
        false,
    );
    check_arrival(Arrival::UnderLoad { from_load: 0.5, full_load: 1.5 }, &[(1, 2.0)], true);
    check_arrival(Arrival::UnderLoad { from_load: 1.5, full_load: 2.0 }, &[(1, 1.0)], true);
    check_arrival(Arrival::UnderLoad { from_load: 0.2, full_load: 0.9 }, &[(1, 3.0)], true);
}

#[track_caller]
fn check_arrival(arrival: Arrival, ratios: &[(u32, f64)], degrades: bool) {
    let error = with(|config| {
        config.release.error_ratio = 3.0;
        config.release.error_arrival = arrival;
    });
    let latency = with(|config| {
        config.release.latency_ratio = 3.0;
        config.release.latency_arrival = arrival;
    });
    let last = ratios.iter().map(|ratio| ratio.0).max().unwrap_or(0);
    let error = run(&world_of(&error), 1, last, Cells::NONE);
    let latency = run(&world_of(&latency), 1, last, Cells::NONE);
    for &(tick, ratio) in ratios {
        let (error, latency) = (error[tick as usize - 1].1, latency[tick as usize - 1].1);
        assert!((error.error_rate.canary / 0.02 - ratio).abs() < 1e-12, "tick {tick}: {error:?}");
        assert_eq!(error.error_rate.baseline, 0.02);
        assert_eq!(error.latency_shift, ByArm::default());
        assert!((latency.latency_shift.canary - ln(ratio)).abs() < 1e-12, "tick {tick}");
        assert_eq!(latency.latency_shift.baseline, 0.0);
        for truth in [error, latency] {
            assert_eq!(truth.degraded, degrades && ratio > 1.0, "tick {tick}");
        }
    }
}

#[test]
fn error_and_latency_arrive_separately() {
    let world = world_of(&with(|config| {
        config.release.error_ratio = 3.0;
        config.release.error_arrival = Arrival::Late { start_tick: 9 };
        config.release.latency_ratio = 2.0;
        config.release.latency_arrival = Arrival::Late { start_tick: 5 };
    }));
    for (tick, (_, truth)) in (1..).zip(run(&world, 1, 12, Cells::NONE)) {
        assert_eq!(truth.latency_shift.canary > 0.0, tick >= 5, "tick {tick}");
        assert_eq!(truth.error_rate.canary > 0.02, tick >= 9, "tick {tick}");
        assert_eq!(truth.degraded, tick >= 5, "tick {tick}");
    }
}

#[test]
fn a_release_may_be_better_than_the_baseline() {
    let world = world_of(&with(|config| config.release.error_ratio = 0.5));
    let (draw, truth) = run(&world, 1, 1, Cells::ALL)[0];
    assert_eq!((truth.error_rate.canary, truth.degraded, draw.excess), (0.01, false, 0));
}

#[test]
fn error_rates_are_capped() {
    let world = world_of(&with(|config| {
        config.world.baseline.error_rate = 0.5;
        config.release.error_ratio = 10.0;
        config.world.incidents = Some(Incidents { at_tick: Some(2), ..incidents() });
    }));
    let ticks = run(&world, 1, 2, Cells::ALL);
    let (draw, truth) = ticks[0];
    assert_eq!(truth.error_rate, ByArm { baseline: 0.5, canary: 1.0 });
    assert_eq!(draw.served.canary, 0);
    assert!(draw.excess > 0);
    // During the incident, the baseline also fails every request.
    let (draw, truth) = ticks[1];
    assert_eq!(truth.error_rate, ByArm { baseline: 1.0, canary: 1.0 });
    assert_eq!((draw.served.baseline, draw.served.canary, draw.excess), (0, 0, 0));
    assert!(!truth.degraded);
}

#[test]
fn an_incident_hits_both_arms_for_its_time() {
    let world = world_of(&with(|config| {
        config.world.incidents = Some(Incidents { at_tick: Some(4), ..incidents() });
    }));
    for (tick, (_, truth)) in (1..).zip(run(&world, 1, 10, Cells::NONE)) {
        let on = (4..=6).contains(&tick);
        let (rate, shift) = if on { (0.1, ln(2.0)) } else { (0.02, 0.0) };
        assert_eq!(truth.error_rate, ByArm { baseline: rate, canary: rate }, "tick {tick}");
        assert_eq!(truth.latency_shift, ByArm { baseline: shift, canary: shift }, "tick {tick}");
        assert!(!truth.degraded);
    }
}

/// Starts are independent, and a start during an incident prolongs it. So a tick is
/// free of incidents if none started in it or in the two ticks before.
#[test]
fn incidents_by_chance() {
    const TICKS: u32 = 20_000;
    for chance in [0.1, 1.0] {
        let world = world_of(&with(|config| {
            config.world.incidents = Some(Incidents { chance_per_tick: chance, ..incidents() });
        }));
        let free = run(&world, 2, TICKS, Cells::NONE)
            .iter()
            .skip(2)
            .filter(|(_, truth)| truth.error_rate.baseline == 0.02)
            .count() as f64;
        let p = (1.0 - chance) * (1.0 - chance) * (1.0 - chance);
        let n = f64::from(TICKS);
        // Ticks less than three apart are correlated, which multiplies the variance
        // by at most 5.
        let spread = (5.0 * n * p * (1.0 - p)).sqrt();
        assert!((free - n * p).abs() <= 4.5 * spread, "chance {chance}: {free} free ticks");
    }
}

/// At the middle of each tick, for a day of 400 s with 8 ticks of 50 s.
#[test]
fn load_swings_daily() {
    let world = world_of(&with(|config| {
        config.world.traffic.daily_swing =
            Some(DailySwing { amplitude: 0.5, period_seconds: 400, peak_seconds: 125 });
    }));
    let loads = run(&world, 1, 16, Cells::NONE);
    let loads: Vec<f64> = loads.iter().map(|(_, truth)| truth.requests).collect();
    for (tick, expected) in [(3, 15_000.0), (5, 10_000.0), (7, 5_000.0), (1, 10_000.0)] {
        for day in [0, 8] {
            let load = loads[tick - 1 + day];
            assert!((load - expected).abs() < 1e-6, "tick {tick}: {load}");
        }
    }
}

#[test]
fn a_regression_under_load_follows_the_load() {
    let world = world_of(&with(|config| {
        config.world.traffic.burstiness = 0.5;
        config.release.error_ratio = 3.0;
        config.release.error_arrival = Arrival::UnderLoad { from_load: 0.8, full_load: 1.2 };
    }));
    let mut seen = [false; 3];
    for (_, truth) in run(&world, 1, 200, Cells::NONE) {
        let arrived = ((truth.requests / 10_000.0 - 0.8) / 0.4).clamp(0.0, 1.0);
        let expected = 0.02 * (1.0 + 2.0 * arrived);
        assert!((truth.error_rate.canary - expected).abs() < 1e-12);
        assert_eq!(truth.degraded, arrived > 0.0);
        seen[usize::from(arrived > 0.0) + usize::from(arrived == 1.0)] = true;
    }
    assert_eq!(seen, [true; 3]);
}

/// Each factor has mean 1 and the configured variation. Only the noise of each arm
/// separately makes the arms differ. Bounds of 5 standard errors or more.
#[test]
fn noise_has_its_mean_and_variation() {
    const TICKS: u32 = 20_000;
    let noisy = |burstiness, common, per_arm| {
        let world = world_of(&with(|config| {
            config.world.traffic.burstiness = burstiness;
            config.world.noise = Noise { common, per_arm };
        }));
        run(&world, 8, TICKS, Cells::NONE)
    };
    let bursts = noisy(0.3, 0.0, 0.0);
    check_factor("burstiness", 0.3, bursts.iter().map(|(_, t)| t.requests / 10_000.0));
    let common = noisy(0.0, 0.3, 0.0);
    check_factor("common", 0.3, common.iter().map(|(_, t)| t.error_rate.baseline / 0.02));
    assert!(common.iter().all(|(_, t)| t.error_rate.baseline == t.error_rate.canary));
    let own = noisy(0.0, 0.0, 0.3);
    check_factor("baseline", 0.3, own.iter().map(|(_, t)| t.error_rate.baseline / 0.02));
    check_factor("canary", 0.3, own.iter().map(|(_, t)| t.error_rate.canary / 0.02));
    let together: f64 = own
        .iter()
        .map(|(_, t)| (t.error_rate.baseline / 0.02 - 1.0) * (t.error_rate.canary / 0.02 - 1.0))
        .sum();
    assert!((together / (0.09 * f64::from(TICKS).sqrt())).abs() < 5.0);
}

#[track_caller]
fn check_factor(what: &str, variation: f64, factors: impl ExactSizeIterator<Item = f64> + Clone) {
    let n = factors.len() as f64;
    let mean = factors.clone().sum::<f64>() / n;
    let variance = factors.map(|x| (x - 1.0) * (x - 1.0)).sum::<f64>() / n;
    let truth = variation * variation;
    assert!((mean - 1.0).abs() < 5.0 * variation / n.sqrt(), "{what}: mean {mean}");
    let spread = truth * ((2.0 + 6.0 * truth) / n).sqrt();
    assert!((variance - truth).abs() < 6.0 * spread, "{what}: variance {variance}");
}

/// The probability of a latency below an edge of the bins.
fn below(edge: u32, p50: f64, p99: f64) -> f64 {
    match edge {
        0 => 0.0,
        BINS => 1.0,
        _ => {
            let sigma = ln(p99 / p50) / normal::quantile(0.99);
            normal::cdf(ln(edge_ms(f64::from(edge)) / p50) / sigma)
        }
    }
}

/// The bin of a quantile is distributed like that of an order statistic: P(X₍ₖ₎ ≤
/// x) = P(Bin(n, F(x)) ≥ k). For windows of one tick and of several.
#[test]
fn quantiles_follow_the_law_of_order_statistics() {
    const RUNS: u32 = 3_000;
    let world = world_of(&config());
    let mut state = world.start(4);
    for (ticks, n, q) in
        [(1, 1, 0.5), (1, 40, 0.5), (1, 500, 0.99), (5, 100, 0.95), (1, 300_000, 0.999)]
    {
        let mut bins = vec![0; BINS as usize];
        for run in 0..RUNS {
            let window: Vec<_> =
                (1..=ticks).map(|tick| window(run * ticks + tick, n, 0.0)).collect();
            let ms = quantile_ms(&world, &mut state, Arm::Canary, &window, q).unwrap();
            // A rank at the end of its bin is on the upper edge.
            let edge = (ln(ms / 0.001) / ln(1.02) - 1e-9).floor();
            bins[edge as usize] += 1;
        }
        let total = n * u64::from(ticks);
        let rank = (q * total as f64).ceil() as u64;
        let mut so_far = 0;
        let places = (1..=BINS).zip(&bins).map(|(edge, count)| {
            so_far += count;
            (f64::from(so_far), at_least(rank, total, below(edge, 80.0, 180.0)))
        });
        check_sup(&format!("{ticks} ticks of {n}, q {q}"), RUNS as usize, places);
    }
}

/// P(Bin(n, p) ≥ k).
fn at_least(k: u64, n: u64, p: f64) -> f64 {
    if p <= 0.0 || p >= 1.0 {
        return p;
    }
    let (n, k) = (n as f64, k as f64);
    // Outwards from the mode or from k, whichever is further out.
    let mass = |i: f64| {
        exp(ln_gamma(n + 1.0) - ln_gamma(i + 1.0) - ln_gamma(n - i + 1.0)
            + i * ln(p)
            + (n - i) * ln(1.0 - p))
    };
    let upper = k > n * p;
    let mut i = if upper { k } else { k - 1.0 };
    let mut term = if i < 0.0 { 0.0 } else { mass(i) };
    let mut sum = 0.0;
    while term > 1e-12 * sum && term > 0.0 {
        sum += term;
        if upper {
            term *= (n - i) / (i + 1.0) * p / (1.0 - p);
            i += 1.0;
        } else {
            term *= i / (n - i + 1.0) * (1.0 - p) / p;
            i -= 1.0;
        }
    }
    if upper { sum } else { 1.0 - sum }
}

#[test]
fn histograms_fit() {
    for (p50, p99, requests, shift) in [
        (80.0, 180.0, 1_000_000, 0.0),
        (5.0, 4_000.0, 20_000, 0.4),
        // Below the first bins.
        (0.1, 1.0, 5_000, ln(0.01)),
    ] {
        let world =
            world_of(&with(|config| config.world.baseline.latency_ms = Latency { p50, p99 }));
        let mut state = world.start(6);
        let edges: Vec<f64> = (0..=BINS)
            .map(|edge| match edge {
                0 => 0.0,
                BINS => 1.0,
                _ => {
                    let sigma = ln(p99 / p50) / normal::quantile(0.99);
                    normal::cdf((ln(edge_ms(f64::from(edge)) / p50) - shift) / sigma)
                }
            })
            .collect();
        let mass: Vec<f64> = edges.windows(2).map(|edge| edge[1] - edge[0]).collect();
        for tick in 1..=20 {
            let window = [window(tick, requests, shift)];
            let bins = histogram(&world, &mut state, Arm::Baseline, &window);
            assert_eq!(bins.iter().sum::<u64>(), requests);
            check_fit(&format!("p50 {p50}, tick {tick}"), &bins, &mass);
        }
    }
}

/// A quantile and a tail count draw only what they need, and agree with the
/// histogram.
#[test]
fn descents_find_what_the_histogram_has() {
    let mut words = Words::new(7);
    for (p50, p99, beyond) in [
        (80.0, 180.0, 1.0),
        (80.0, 80.0, 1.0),
        // Below and above the bins.
        (0.1, 1_000.0, 0.001),
        (10.0, 10_000.0, 1e5),
    ] {
        let world = world_of(&with(|config| {
            config.world.baseline.latency_ms = Latency { p50, p99 };
            config.release.latency_ratio = 1.3;
        }));
        let mut state = world.start(9);
        for round in 0..20 {
            let window: Vec<_> = (0..=round % 4)
                .map(|i| {
                    let requests = words.next() >> (40 + words.next() % 25).min(63);
                    let shift = ln(beyond) + [0.0, ln(1.3), 0.123][(words.next() % 3) as usize];
                    window(10 * round + i + 1, requests, shift)
                })
                .collect();
            for arm in ARMS {
                let bins = histogram(&world, &mut state, arm, &window);
                for q in [0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0] {
                    let found = quantile_ms(&world, &mut state, arm, &window, q);
                    assert_eq!(found, quantile_of(&bins, q), "p50 {p50}, round {round}, q {q}");
                }
                for edge in [0, 1, 400, 511, 512, 513, 570, 700, 1023, 1024] {
                    let found = slower_than(&world, &mut state, arm, &window, edge);
                    let expected: u64 = bins[edge as usize..].iter().sum();
                    assert_eq!(found, expected, "p50 {p50}, round {round}, edge {edge}");
                }
            }
            let both = ARMS.map(|arm| histogram(&world, &mut state, arm, &window));
            let both: Vec<u64> = both[0].iter().zip(&both[1]).map(|(a, b)| a + b).collect();
            for q in [0.0, 0.5, 0.99, 1.0] {
                let found = over(&window).service_quantile_ms(&world, &mut state, &window, q);
                assert_eq!(found, quantile_of(&both, q), "p50 {p50}, round {round}, q {q}");
            }
        }
    }
}

fn quantile_of(bins: &[u64], q: f64) -> Option<f64> {
    let mut rank = q * bins.iter().sum::<u64>() as f64;
    for (edge, &count) in (0..).zip(bins) {
        if count > 0 && rank <= count as f64 {
            return Some(edge_ms(f64::from(edge) + rank / count as f64));
        }
        rank -= count as f64;
    }
    None
}

/// A latency limit between the edges of a bin is rounded to the nearer one.
#[test]
fn limits_go_to_the_nearest_edge() {
    for edge in [0, 1, 500, 1023, 1024] {
        let ms = edge_ms(f64::from(edge));
        for factor in [0.991, 1.0, 1.009] {
            assert_eq!(nearest_edge(ms * factor), edge, "{factor} of edge {edge}");
        }
    }
    assert_eq!((nearest_edge(1e-300), nearest_edge(1e300)), (0, BINS));
    assert!((edge_ms(1.0) / edge_ms(0.0) - 1.02).abs() < 1e-12);
}

/// Splits of few requests, summed over many ticks: each bin has its mean and its
/// variance, and two bins, two ticks or two arms their correlation. 5 figures for each of
/// 5 numbers of requests, each failing by chance once in 10⁵ or less.
#[test]
fn latencies_of_ticks_are_independent() {
    const TICKS: u32 = 20_000;
    let world = world_of(&config());
    let mut state = world.start(21);
    // The middle and the 90th percentile.
    let edges = [570, 593];
    let [p, p2] = edges.map(|edge| 1.0 - below(edge, 80.0, 180.0));
    for n in [1, 6, 40, 100, 5_000] {
        let mut counts = [const { Vec::new() }; 3];
        for tick in 1..=TICKS {
            let tick = window(tick, n, 0.0);
            let mut draw = |arm, edge| world.slower_than(&mut state, arm, &tick, edge) as f64;
            let canary = [draw(Arm::Canary, edges[0]), draw(Arm::Canary, edges[1])];
            let n = n as f64;
            counts[0].push((canary[0] - n * p) / (n * p * (1.0 - p)).sqrt());
            counts[1].push((canary[1] - n * p2) / (n * p2 * (1.0 - p2)).sqrt());
            let baseline = draw(Arm::Baseline, edges[0]);
            counts[2].push((baseline - n * p) / (n * p * (1.0 - p)).sqrt());
        }
        let root = f64::from(TICKS).sqrt();
        let check = |what: &str, sum: f64, spread: f64| {
            assert!(sum.abs() < 4.5 * spread * root, "{n} requests: {what} {sum}");
        };
        check("mean", counts[0].iter().sum::<f64>(), 1.0);
        // The kurtosis of a binomial number is 3 + (1 − 6p(1 − p)) / (n p (1 − p)).
        let excess = (1.0 - 6.0 * p * (1.0 - p)) / (n as f64 * p * (1.0 - p));
        let squares = product(&counts[0], &counts[0]) - f64::from(TICKS);
        check("variance", squares, (2.0 + excess).sqrt());
        check("arms", product(&counts[0], &counts[2]), 1.0);
        check("ticks", product(&counts[0], &counts[0][1..]), 1.0);
        // What is above the higher edge is also above the lower one. The variance of a
        // product is E(x²y²) − ρ², and by Cauchy E(x²y²) is at most the larger fourth
        // moment.
        let rho = (p2 * (1.0 - p) / (p * (1.0 - p2))).sqrt();
        let fourth = 3.0 + (1.0 - 6.0 * p2 * (1.0 - p2)).abs() / (n as f64 * p2 * (1.0 - p2));
        let together = product(&counts[0], &counts[1]) - rho * f64::from(TICKS);
        check("edges", together, fourth.sqrt());
    }
}

/// Two windows that have ticks in common: the correlation of their counts is the share
/// of these, because the common ticks are the same and the others independent.
#[test]
fn windows_share_the_latencies_of_their_common_ticks() {
    const ROUNDS: u32 = 5_000;
    let world = world_of(&config());
    let mut state = world.start(22);
    let edge = 570;
    let p = 1.0 - below(edge, 80.0, 180.0);
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let ticks: Vec<_> = (1..=6).map(|i| window(6 * round + i, 200, 0.0)).collect();
        let mut windows = [LatencyWindow::new(), LatencyWindow::new()];
        windows[0].cover(&ticks, 0..4);
        windows[1].cover(&ticks, 2..6);
        let spread = (800.0 * p * (1.0 - p)).sqrt();
        let mut above = |window: &mut LatencyWindow| {
            let bins = window.histogram(&world, &mut state, &ticks, Arm::Baseline);
            let above: u64 = bins[edge as usize..].iter().sum();
            (above as f64 - 800.0 * p) / spread
        };
        first.push(above(&mut windows[0]));
        second.push(above(&mut windows[1]));
    }
    // The variance of a product of normal numbers with correlation ½ is 1.25. Fails by
    // chance once in 10⁵.
    let off = product(&first, &second) / f64::from(ROUNDS) - 0.5;
    assert!(off.abs() < 4.4 * (1.25 / f64::from(ROUNDS)).sqrt(), "off by {off}");
}

/// Whatever a window has drawn before, it shows what a new window shows.
#[test]
fn windows_that_move_show_what_new_ones_show() {
    let mut words = Words::new(23);
    let world = world_of(&with(|config| config.release.latency_ratio = 1.3));
    let mut state = world.start(5);
    let log: Vec<_> = (1..=60)
        .map(|tick| {
            let shift = [0.0, ln(1.3), 0.07][(words.next() % 3) as usize];
            let requests = ByArm {
                baseline: words.next() % 400,
                canary: words.next() % 40 * (words.next() % 4).min(1),
            };
            LatencyTick { tick, requests, shift: ByArm { baseline: 0.0, canary: shift } }
        })
        .collect();
    for round in 0..40 {
        let mut moved = LatencyWindow::new();
        let mut strata: Vec<usize> = Vec::new();
        let mut ticks = 0..0;
        for _ in 0..20 {
            // Mostly forwards, by little or much; at times back.
            let step = |words: &mut Words| (words.next() % [2, 4, 20][round % 3]) as usize;
            ticks = match words.next() % 12 {
                0 => {
                    strata.clear();
                    moved.restart();
                    let start = (words.next() % 30) as usize;
                    start..start + 10
                }
                _ => {
                    let end = (ticks.end + step(&mut words)).min(log.len());
                    (ticks.start + step(&mut words)).min(end)..end
                }
            };
            moved.cover(&log, ticks.clone());
            let mut new = LatencyWindow::new();
            for first in &strata {
                new.begin_stratum(*first);
            }
            new.cover(&log, ticks.clone());
            // What is read differs, so that windows fall behind.
            let q = [0.05, 0.5, 0.9, 0.99][(words.next() % 4) as usize];
            for arm in ARMS {
                let [found, expected] = [&mut moved, &mut new]
                    .map(|window| window.quantile_ms(&world, &mut state, &log, arm, q));
                assert_eq!(found, expected, "round {round}, {ticks:?}, strata {strata:?}, q {q}");
            }
            if words.next().is_multiple_of(3) {
                let expected = new.rank_sums(&world, &mut state, &log).to_vec();
                assert_eq!(moved.rank_sums(&world, &mut state, &log), expected);
            }
            if words.next().is_multiple_of(4) {
                strata.push(ticks.end);
                moved.begin_stratum(ticks.end);
            }
        }
    }
}

/// A quantile and a comparison over strata, computed from the histogram of each.
#[test]
fn strata_are_weighted_and_compared_one_by_one() {
    let world = world_of(&with(|config| config.release.latency_ratio = 1.2));
    let mut state = world.start(6);
    // Stratum by stratum, requests of each tick by arm. In the third one, the canary has
    // none.
    let plan = [(3, 900, 20), (2, 700, 300), (2, 50, 0), (4, 100, 100)];
    let (mut log, mut firsts) = (Vec::new(), Vec::new());
    for (ticks, baseline, canary) in plan {
        firsts.push(log.len());
        for _ in 0..ticks {
            log.push(LatencyTick {
                tick: log.len() as u32 + 1,
                requests: ByArm { baseline, canary },
                shift: ByArm { baseline: 0.0, canary: ln(1.2) },
            });
        }
    }
    let mut all = LatencyWindow::new();
    firsts.iter().for_each(|first| all.begin_stratum(*first));
    all.cover(&log, 0..log.len());
    let ends = firsts.iter().skip(1).copied().chain([log.len()]);
    let bins: Vec<ByArm<Vec<u64>>> = firsts
        .iter()
        .zip(ends)
        .map(|(first, end)| {
            ByArm::from_fn(|arm| histogram(&world, &mut state, arm, &log[*first..end]))
        })
        .collect();
    let expected: Vec<_> =
        bins.iter().map(|bins| RankSum::new(&bins.canary, &bins.baseline)).collect();
    assert_eq!(all.rank_sums(&world, &mut state, &log), expected);
    for arm in ARMS {
        let mut weighted = vec![0.0; BINS as usize];
        for ((ticks, baseline, canary), bins) in plan.into_iter().zip(&bins) {
            let weight = match arm {
                _ if canary == 0 => 0.0,
                Arm::Canary => 1.0,
                Arm::Baseline => (ticks * canary) as f64 / (ticks * baseline) as f64,
            };
            for (sum, count) in weighted.iter_mut().zip(bins.of(arm)) {
                *sum += weight * *count as f64;
            }
        }
        for q in [0.1, 0.5, 0.95, 0.99] {
            let found = all.quantile_ms(&world, &mut state, &log, arm, q).unwrap();
            let mut rank = q * weighted.iter().sum::<f64>();
            let bin = weighted
                .iter()
                .position(|count| {
                    rank -= count;
                    rank <= 0.0
                })
                .unwrap();
            let within = 1.0 + rank / weighted[bin];
            let expected = edge_ms(bin as f64 + within);
            assert!((found / expected - 1.0).abs() < 1e-9, "{arm:?}, q {q}: {found}, {expected}");
        }
    }
}

/// What a rule reads decides in which order requests are split, not how latencies are
/// distributed.
#[test]
fn latencies_fit_whatever_is_read() {
    let edges: Vec<f64> = (0..=BINS).map(|edge| below(edge, 80.0, 180.0)).collect();
    let mass: Vec<f64> = edges.windows(2).map(|edge| edge[1] - edge[0]).collect();
    for rule in [
        r#""rule": "slow_requests", "objective_ms": 61"#,
        r#""rule": "latency", "max": 500, "quantile": 0.2"#,
        r#""rule": "mann_whitney""#,
    ] {
        let text = format!(
            r#"{{ "stages": [{{ "traffic_pct": 20, "duration_ticks": 10 }}], "rules": [{{ {rule} }}] }}"#
        );
        let world = world_of(&Config::from_text(&text).unwrap());
        let mut state = world.start(8);
        // Twenty times few requests, and twenty times many.
        for round in 0..40 {
            let requests = if round < 20 { 30 } else { 60_000 };
            let ticks: Vec<_> =
                (0..100).map(|i| window(100 * round + i + 1, requests, 0.0)).collect();
            let bins = histogram(&world, &mut state, Arm::Canary, &ticks);
            check_fit(&format!("{rule}, round {round}"), &bins, &mass);
        }
    }
}

#[test]
fn no_requests_have_no_quantile() {
    let world = world_of(&config());
    let mut state = world.start(0);
    let windows = [vec![], vec![window(1, 0, 0.0)], vec![window(1, 0, 0.0), window(2, 0, 0.5)]];
    for window in windows {
        assert_eq!(quantile_ms(&world, &mut state, Arm::Canary, &window, 0.5), None);
        assert_eq!(slower_than(&world, &mut state, Arm::Canary, &window, 500), 0);
        assert_eq!(histogram(&world, &mut state, Arm::Canary, &window), vec![0; BINS as usize]);
    }
}

/// If all latencies are equal, all quantiles are in the same bin.
#[test]
fn a_latency_without_spread() {
    let world = world_of(&with(|config| {
        config.world.baseline.latency_ms = Latency { p50: 80.0, p99: 80.0 };
    }));
    let mut state = world.start(0);
    for q in [0.01, 0.5, 1.0] {
        let ms =
            quantile_ms(&world, &mut state, Arm::Baseline, &[window(1, 1_000, 0.0)], q).unwrap();
        assert!((ms / 80.0 - 1.0).abs() < 0.02, "q {q}: {ms}");
    }
}

/// The odds of the share are multiplied by the skew, in a world whose truth is known in
/// advance and in one that moves. 2,000,000 requests: the tolerance is 5 standard errors.
#[test]
fn a_skew_multiplies_the_odds_of_the_canarys_share() {
    const TICKS: u32 = 200;
    for (burstiness, traffic_pct, skew, share) in [
        (0.0, 20.0, 1.5, 3.0 / 11.0),
        (0.0, 20.0, 1.0, 0.2),
        (0.0, 50.0, 0.9, 9.0 / 19.0),
        (0.5, 50.0, 3.0, 0.75),
        (0.5, 20.0, 1.0, 0.2),
        (0.0, 100.0, 0.5, 1.0),
    ] {
        let config = with(|parts| {
            parts.world.traffic.burstiness = burstiness;
            parts.world.traffic.canary_skew = skew;
            parts.policy.stages = vec![stage(traffic_pct)];
        });
        let world = world_of(&config);
        let mut state = world.start(7);
        let mut counts = [0; 2];
        for tick in 1..=TICKS {
            let draw = world.tick(&mut state, tick, 0, Cells::ALL);
            counts[0] += draw.failed.canary + draw.served.canary + draw.excess;
            counts[1] += draw.failed.baseline + draw.served.baseline;
        }
        let [canary, baseline] = counts.map(|count| count as f64);
        let found = canary / (canary + baseline);
        assert!((found - share).abs() <= 0.0018, "{traffic_pct} {skew}: {found}");
    }
}
