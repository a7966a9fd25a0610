#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::observation::{ByArm, Counts};
use canary_rollout::rules::{Rule, Sight, Verdict};
use canary_rollout::stats::asymptotic_cs::{Estimate, Sample, half_width_per_sigma, rho_squared};
use canary_rollout::stats::group_sequential::Sides;
use canary_rollout::world::poisson::invert;
use serde::Deserialize;

use super::{check_relative, table};
use crate::support::config;

#[derive(Deserialize)]
struct Row {
    t: f64,
    rho: f64,
    alpha: f64,
    half_width: f64,
}

/// The formula of Waudby-Smith et al. with 50 digits.
#[test]
fn the_two_sided_half_width_is_the_papers() {
    for Row { t, rho, alpha, half_width } in table("asymptotic_cs") {
        let found = half_width_per_sigma(t, rho, alpha, Sides::Two);
        check_relative(&format!("t {t}, ρ {rho}"), found, half_width, 1e-14);
    }
}

/// An example from GrowthBook's tests of its statistics (gbstats), means of any
/// variance.
#[test]
fn the_interval_is_growthbooks() {
    let a = Sample::from_sums(3_000, 1_396.87, 52_377.976_7).unwrap();
    let b = Sample::from_sums(3_461, 2_422.7, 134_698.29).unwrap();
    let estimate = Estimate::of(b, a);
    check_relative("difference", estimate.difference, 0.234_376_666_666_666_68, 1e-14);
    check_relative("error", estimate.standard_error, 0.129_830_812_541_847_36, 1e-14);
    let half_width = estimate.half_width(0.05, 5_000.0);
    let (low, high) = (estimate.difference - half_width, estimate.difference + half_width);
    check_relative("low", low, -0.126_568_441_728_049_82, 1e-13);
    check_relative("high", high, 0.595_321_775_061_383_2, 1e-13);
    // Its p-value is half a step of a bisection off: exactly it is 0.46305.
    let p = estimate.p_value_by_bisection(0.05, 5_000.0).unwrap();
    check_relative("p", p, 0.463_164_919_433_593_84, 1e-13);
    let exact = estimate.p_value(0.05, 5_000.0);
    check_relative("exact p", exact, 0.463_047_357_794_626_4, 1e-13);
    assert_eq!(Estimate::of(a, b).p_value_by_bisection(0.05, 5_000.0), Some(0.4999));
    // The interval of the opposite difference is the mirror image.
    assert_eq!(Estimate::of(a, b).half_width(0.05, 5_000.0), half_width);
}

/// 50 digits, for errors of 10,000 requests each.
#[test]
fn the_p_value_is_where_the_interval_ends_at_0() {
    for (errors, expected, bisected) in [
        (190, 0.284_789_540_066_858_97, 0.285_0),
        (230, 0.000_660_273_680_901_058_2, 0.000_665),
        (300, 4.971_457_533_590_570_4e-11, 0.000_01),
    ] {
        let rate = |errors| Sample::of_rate(errors, 10_000).unwrap();
        let estimate = Estimate::of(rate(errors), rate(150));
        let p = estimate.p_value(0.05, 5_000.0);
        check_relative(&format!("p of {errors}"), p, expected, 1e-12);
        let p = estimate.p_value_by_bisection(0.05, 5_000.0).unwrap();
        check_relative(&format!("bisected p of {errors}"), p, bisected, 0.02);
        let excludes = estimate.difference > estimate.half_width(0.05, 5_000.0);
        assert_eq!(excludes, p < 0.05);
        assert_eq!(Estimate::of(rate(150), rate(errors)).p_value(0.05, 5_000.0), 0.5);
    }
    let nothing = Estimate { difference: 0.0, standard_error: 0.0, n: 100.0 };
    assert_eq!(nothing.p_value(0.05, 5_000.0), 0.5);
    let sure = Estimate { difference: 0.1, ..nothing };
    assert_eq!(sure.p_value(0.05, 5_000.0), 0.0);
    assert_eq!(sure.p_value_by_bisection(0.05, 5_000.0), Some(0.000_01));
}

#[test]
fn a_sample_has_enough_observations_for_a_variance() {
    assert_eq!(Sample::from_sums(1, 3.0, 9.0), None);
    assert_eq!(Sample::of_rate(0, 0), None);
    let sample = Sample::of_rate(3, 12).unwrap();
    assert_eq!((sample.n, sample.mean, sample.variance), (12.0, 0.25, 0.1875));
}

/// The interval is narrowest, in standard errors, near the number it is tuned for.
#[test]
fn the_interval_is_sharpest_where_it_is_tuned_for() {
    let rho = rho_squared(0.05, 5_000.0).sqrt();
    let in_errors = |n: f64| n.sqrt() * half_width_per_sigma(n, rho, 0.05, Sides::One);
    let at = |n: f64| in_errors(n) / in_errors(5_000.0);
    assert!((at(4_000.0) - 1.0).abs() < 0.01 && (at(6_000.0) - 1.0).abs() < 0.01);
    assert!(at(500.0) > 1.2 && at(500_000.0) > 1.05, "{} {}", at(500.0), at(500_000.0));
}

/// A row of the ramp below: users a day and base rate, the release's ratio, and for each
/// way of looking P(rollback) and the mean excess errors.
struct Ramp {
    users: f64,
    base: f64,
    ratio: f64,
    as_coded: (f64, f64),
    without_floor: (f64, f64),
    every_15_minutes: (f64, f64),
}

/// GrowthBook's monitored ramp of 24 hours, simulated independently of this program in
/// Python: a share of the users to the release and as many to a control, in 96 quarter
/// hours.
const RAMPS: [Ramp; 6] = [
    Ramp {
        users: 1e5,
        base: 0.002,
        ratio: 2.0,
        as_coded: (0.089, 67.0),
        without_floor: (0.96, 59.0),
        every_15_minutes: (0.98, 24.0),
    },
    Ramp {
        users: 1e5,
        base: 0.002,
        ratio: 5.0,
        as_coded: (1.0, 267.0),
        without_floor: (1.0, 24.0),
        every_15_minutes: (1.0, 14.0),
    },
    Ramp {
        users: 1e5,
        base: 0.002,
        ratio: 10.0,
        as_coded: (1.0, 602.0),
        without_floor: (1.0, 26.0),
        every_15_minutes: (1.0, 16.0),
    },
    Ramp {
        users: 1e4,
        base: 0.002,
        ratio: 10.0,
        as_coded: (0.0, 60.0),
        without_floor: (0.999, 59.0),
        every_15_minutes: (0.999, 16.0),
    },
    Ramp {
        users: 1e6,
        base: 0.002,
        ratio: 1.5,
        as_coded: (1.0, 325.0),
        without_floor: (1.0, 194.0),
        every_15_minutes: (1.0, 46.0),
    },
    Ramp {
        users: 1e6,
        base: 0.02,
        ratio: 5.0,
        as_coded: (1.0, 500.0),
        without_floor: (1.0, 83.0),
        every_15_minutes: (1.0, 24.0),
    },
];

/// The canary's share and the last quarter hour of each step.
const STEPS: [(f64, u32); 5] = [(0.01, 10), (0.05, 20), (0.1, 30), (0.25, 40), (0.5, 96)];

const RUNS: u32 = 3_000;

/// SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn rule(min_conversions: u32) -> Rule {
    let text = format!(
        r#"{{ "stages": [{{ "traffic_pct": 50 }}],
            "rules": [{{ "rule": "asymptotic_cs", "min_conversions": {min_conversions} }}] }}"#
    );
    config(&text).policy().rules[0].clone()
}

/// P(rollback) and the mean excess errors if the rule looks at the ends of steps, or at
/// every quarter hour.
fn ramp(rule: &Rule, every_quarter: bool, [users, base, ratio]: [f64; 3]) -> (f64, f64) {
    let mut state = 1;
    let (mut rolled_back, mut excess) = (0, 0.0);
    for _ in 0..RUNS {
        let mut counts = ByArm::<Counts>::default();
        let (mut share, mut step) = (STEPS[0].0, 0);
        for quarter in 1..=96 {
            let requests = users / 96.0 * share;
            let mut arm = |rate: f64| Counts {
                requests: invert(next(&mut state), requests * (1.0 - rate)),
                errors: invert(next(&mut state), requests * rate),
            };
            let mut drawn = ByArm { baseline: arm(base), canary: arm(base * ratio) };
            drawn.baseline.requests += drawn.baseline.errors;
            drawn.canary.requests += drawn.canary.errors;
            counts += drawn;
            let is_end = quarter == STEPS[step].1;
            let sight = Sight { counts, ..Sight::default() };
            if (is_end || every_quarter) && rule.judge(&sight).verdict == Verdict::Fail {
                rolled_back += 1;
                break;
            }
            if is_end && quarter < 96 {
                step += 1;
                share = STEPS[step].0;
            }
        }
        excess += counts.canary.errors as f64 * (1.0 - 1.0 / ratio);
    }
    (f64::from(rolled_back) / f64::from(RUNS), excess / f64::from(RUNS))
}

/// P within 0.02, which is 3.8 standard errors where P is 0.089, and excess errors within
/// 5 % and 1.
#[test]
fn growthbooks_ramp_is_reproduced() {
    let (coded, without_floor) = (rule(150), rule(0));
    for Ramp { users, base, ratio, as_coded, without_floor: bare, every_15_minutes } in RAMPS {
        for (rule, every_quarter, expected) in [
            (&coded, false, as_coded),
            (&without_floor, false, bare),
            (&without_floor, true, every_15_minutes),
        ] {
            let found = ramp(rule, every_quarter, [users, base, ratio]);
            println!("{users} {base} {ratio} {every_quarter}: {found:?}, {expected:?}");
            assert!((found.0 - expected.0).abs() <= 0.02, "{found:?} {expected:?}");
            assert!((found.1 - expected.1).abs() <= 0.05 * expected.1 + 1.0, "{found:?}");
        }
    }
}

/// As coded at most 0.0034 in the independent simulation; 3 standard errors of 3,000
/// runs are 0.0032. Without the floor of 150 errors, the level.
#[test]
fn growthbooks_ramp_rarely_rolls_back_a_healthy_release() {
    for (users, base) in [(1e4, 0.002), (1e5, 0.002), (1e6, 0.002), (1e6, 0.02)] {
        for (rule, every_quarter, most) in
            [(rule(150), false, 0.0034 + 0.0032), (rule(0), false, 0.05), (rule(0), true, 0.05)]
        {
            let (found, _) = ramp(&rule, every_quarter, [users, base, 1.0]);
            println!("{users} {base}: {found}");
            assert!(found <= most, "{found}");
        }
    }
}
