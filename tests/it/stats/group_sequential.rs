#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::stats::group_sequential::{
    Score, Sides, Spending, boundaries, crossing_probabilities,
};
use canary_rollout::stats::normal;
use serde::Deserialize;

use super::{check_near, check_relative, table};

fn equal(looks: u32) -> Vec<f64> {
    (1..=looks).map(|k| f64::from(k) / f64::from(looks)).collect()
}

/// P(reject at any of `looks` equally spaced looks with the boundaries b(t)).
fn ever(looks: u32, sides: Sides, b: impl Fn(f64) -> f64) -> f64 {
    let fractions = equal(looks);
    let boundaries: Vec<f64> = fractions.iter().map(|&t| b(t)).collect();
    let crossed = crossing_probabilities(&boundaries, sides, &fractions);
    crossed.and_then(|by_look| by_look.last().copied()).expect("a plan")
}

/// P. Armitage, C. K. McPherson and B. C. Rowe, "Repeated Significance Tests on
/// Accumulating Data", JRSS A 132 (1969), table 2: a two-sided 5 % test with
/// several looks.
#[test]
fn peeking_inflates_as_armitage_mcpherson_and_rowe_found() {
    for (looks, published) in [
        (1, 0.050),
        (2, 0.083),
        (3, 0.107),
        (4, 0.126),
        (5, 0.142),
        (10, 0.193),
        (20, 0.248),
        (50, 0.320),
    ] {
        let rejected = ever(looks, Sides::Two, |_| 1.959_963_984_540_054);
        check_near(&format!("{looks} looks"), rejected, published, 0.000_5);
    }
}

#[derive(Deserialize)]
struct Peeking {
    looks: u32,
    two_sided_05: f64,
    one_sided_05: f64,
    two_sided_01: f64,
}

#[test]
fn peeking_inflates_to_nine_digits() {
    for row in table::<Peeking>("peeking") {
        let at = |sides, alpha: f64| {
            let b = -normal::quantile(alpha);
            ever(row.looks, sides, |_| b)
        };
        let what = format!("{} looks", row.looks);
        check_near(&what, at(Sides::Two, 0.025), row.two_sided_05, 1e-9);
        check_near(&what, at(Sides::One, 0.05), row.one_sided_05, 1e-9);
        check_near(&what, at(Sides::Two, 0.005), row.two_sided_01, 1e-9);
    }
}

/// C. Jennison and B. W. Turnbull, "Group Sequential Methods", 2000, tables 2.1
/// and 2.3: two-sided 5 %, |Z_k| ≥ C_P, and |Z_k| ≥ C_B √(K/k).
#[test]
fn pocock_and_obrien_fleming_constants_keep_their_level() {
    for (looks, pocock, obrien_fleming) in [
        (2, 2.178, 1.977),
        (3, 2.289, 2.004),
        (4, 2.361, 2.024),
        (5, 2.413, 2.040),
        (10, 2.555, 2.087),
    ] {
        let what = format!("{looks} looks");
        check_near(&what, ever(looks, Sides::Two, |_| pocock), 0.05, 1e-4);
        check_near(&what, ever(looks, Sides::Two, |t| obrien_fleming / t.sqrt()), 0.05, 1e-4);
    }
}

/// The unit test of the R package rpact: O'Brien and Fleming, three looks,
/// one-sided 2.5 %.
#[test]
fn rpact_agrees() {
    let bounds = [3.471_091_4, 2.454_432_3, 2.004_035_6];
    let spent = crossing_probabilities(&bounds, Sides::One, &equal(3)).unwrap();
    check_near("level", spent[2], 0.025, 1e-8);
}

#[derive(Deserialize)]
struct Constants {
    looks: u32,
    pocock_c_05: f64,
    obf_c_05: f64,
    pocock_c_01: f64,
    obf_c_01: f64,
    pocock_onesided_05: f64,
    obf_onesided_05: f64,
}

#[test]
fn constants_keep_their_level_to_nine_digits() {
    for row in table::<Constants>("group_sequential_constants") {
        for (sides, alpha, pocock, obrien_fleming) in [
            (Sides::Two, 0.05, row.pocock_c_05, row.obf_c_05),
            (Sides::Two, 0.01, row.pocock_c_01, row.obf_c_01),
            (Sides::One, 0.05, row.pocock_onesided_05, row.obf_onesided_05),
        ] {
            let what = format!("{} looks, {sides:?}, {alpha}", row.looks);
            check_near(&what, ever(row.looks, sides, |_| pocock), alpha, 1e-9);
            let level = ever(row.looks, sides, |t| obrien_fleming / t.sqrt());
            check_near(&what, level, alpha, 1e-9);
        }
    }
}

/// K. K. G. Lan and D. L. DeMets, "Discrete Sequential Boundaries for Clinical
/// Trials", Biometrika 70 (1983): two-sided 5 %, five equal looks.
#[test]
fn lan_demets_boundaries() {
    for (spending, published) in [
        (Spending::OBrienFleming, [4.877, 3.357, 2.680, 2.290, 2.031]),
        (Spending::Pocock, [2.438, 2.427, 2.410, 2.397, 2.386]),
    ] {
        let found = boundaries(spending, 0.05, Sides::Two, &equal(5)).unwrap();
        for (found, published) in found.into_iter().zip(published) {
            check_near(&format!("{spending:?}"), found, published, 0.000_5);
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Name {
    Pocock,
    ObrienFleming,
    Linear,
}

impl From<Name> for Spending {
    fn from(name: Name) -> Spending {
        match name {
            Name::Pocock => Spending::Pocock,
            Name::ObrienFleming => Spending::OBrienFleming,
            Name::Linear => Spending::Linear,
        }
    }
}

#[derive(Deserialize)]
struct Boundaries {
    spending: Name,
    alpha: f64,
    sides: u32,
    fractions: Vec<f64>,
    boundaries: Vec<f64>,
}

#[test]
fn boundaries_to_eight_digits() {
    for row in table::<Boundaries>("spending_boundaries") {
        let sides = if row.sides == 1 { Sides::One } else { Sides::Two };
        let found = boundaries(row.spending.into(), row.alpha, sides, &row.fractions).unwrap();
        for (found, expected) in found.into_iter().zip(row.boundaries) {
            check_near(&format!("{:?} {sides:?}", row.spending), found, expected, 1e-8);
        }
    }
}

#[derive(Deserialize)]
struct ThreeLooks {
    fractions: Vec<f64>,
    boundaries: Vec<f64>,
    one_sided: f64,
    two_sided: f64,
}

/// The same number computed differently: given Z₂, the looks before and after it
/// are independent, which leaves one integral (50 digits). Includes looks close
/// together.
#[test]
fn three_looks_computed_differently() {
    for ThreeLooks { fractions, boundaries, one_sided, two_sided } in table("three_looks") {
        for (sides, expected) in [(Sides::One, one_sided), (Sides::Two, two_sided)] {
            let crossed = crossing_probabilities(&boundaries, sides, &fractions).unwrap();
            check_near(&format!("{fractions:?} {sides:?}"), crossed[2], expected, 1e-9);
        }
    }
}

const EVERY_SPENDING: [Spending; 3] = [Spending::Pocock, Spending::OBrienFleming, Spending::Linear];

/// By look k the test has spent α*(t_k), for any fractions, with one look or a
/// hundred.
#[test]
fn boundaries_spend_what_they_should() {
    let crowded: Vec<f64> = (1..=100).map(|k| f64::from(k * k) / 10_000.0).collect();
    let close = vec![0.1, 0.100_002, 0.1001, 0.5, 0.500_01, 1.0];
    for fractions in [vec![1.0], vec![0.3], equal(2), equal(40), crowded, close] {
        for spending in EVERY_SPENDING {
            for (sides, both) in [(Sides::One, 1.0), (Sides::Two, 2.0)] {
                let bounds = boundaries(spending, 0.05, sides, &fractions).unwrap();
                let spent = crossing_probabilities(&bounds, sides, &fractions).unwrap();
                for (&t, spent) in fractions.iter().zip(spent) {
                    let expected = both * spending.spent(0.05 / both, t);
                    check_near(&format!("{spending:?} {sides:?} at {t}"), spent, expected, 1e-9);
                }
            }
        }
    }
}

/// Looks so early that nothing can be spent have high, finite, decreasing
/// boundaries.
#[test]
fn blind_looks_have_finite_boundaries() {
    let fractions = [0.000_1, 0.001, 0.01, 0.1, 1.0];
    let found = boundaries(Spending::OBrienFleming, 0.05, Sides::One, &fractions).unwrap();
    assert!(found.iter().all(|b| b.is_finite()), "{found:?}");
    assert!(found.windows(2).all(|pair| pair[0] >= pair[1]), "{found:?}");
    check_near("the last look has it all", found[4], 1.644_853_6, 0.001);
}

#[test]
fn spending_starts_at_0_and_ends_at_alpha() {
    for spending in EVERY_SPENDING {
        for alpha in [0.001, 0.05, 0.5] {
            assert_eq!(spending.spent(alpha, 0.0), 0.0);
            assert_eq!(spending.spent(alpha, 1.0), alpha);
            check_relative("just before 1", spending.spent(alpha, 1.0 - 1e-12), alpha, 1e-9);
        }
    }
}

#[test]
fn invalid_fractions_have_no_boundaries() {
    let too_many = equal(101);
    for fractions in [
        &[][..],
        &[0.0, 1.0],
        &[0.5, 0.5],
        &[0.6, 0.5, 1.0],
        &[0.5, 1.1],
        &[f64::NAN],
        &[0.5, 0.500_004],
        &too_many,
    ] {
        let found = boundaries(Spending::Pocock, 0.05, Sides::One, fractions);
        assert_eq!(found, None, "{fractions:?}");
        let bounds = vec![2.0; fractions.len()];
        assert_eq!(crossing_probabilities(&bounds, Sides::One, fractions), None, "{fractions:?}");
    }
    for alpha in [0.0, 1.0, -0.1, f64::NAN] {
        assert_eq!(boundaries(Spending::Pocock, alpha, Sides::One, &[1.0]), None, "{alpha}");
    }
    assert_eq!(crossing_probabilities(&[2.0], Sides::One, &[0.5, 1.0]), None);
}

/// Extreme boundaries: everything is rejected at once, or nothing ever.
#[test]
fn extreme_boundaries_still_give_probabilities() {
    for sides in [Sides::One, Sides::Two] {
        let never = crossing_probabilities(&[f64::INFINITY, 40.0], sides, &[0.5, 1.0]).unwrap();
        assert_eq!(never, [0.0, 0.0]);
    }
    let at_once = crossing_probabilities(&[-20.0, 2.0], Sides::One, &[0.5, 1.0]).unwrap();
    check_near("all stopped", at_once[1], 1.0, 1e-12);
}

#[test]
fn the_score_counts_canary_errors_beyond_their_share() {
    let mut score = Score::default();
    assert_eq!(score.z(), 0.0);
    score.observe(0.25, 10, 10);
    // U = 10 − 20/4, V = 20·(1/4)(3/4).
    assert_eq!((score.u, score.v), (5.0, 3.75));
    score.observe(0.5, 3, 7);
    assert_eq!((score.u, score.v), (3.0, 6.25));
    assert_eq!(score.z(), 3.0 / 2.5);
    let before = score;
    score.observe(1.0, 1_000, 0);
    assert_eq!(score, before, "no baseline, no evidence");
}
