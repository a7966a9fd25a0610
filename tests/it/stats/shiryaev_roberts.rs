#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::math;
use canary_rollout::stats::eprocess::{Bet, Bets};
use canary_rollout::stats::shiryaev_roberts::Detector;

use super::{check_near, check_relative};

fn bets(ratios: &[f64]) -> Bets {
    let bets: Vec<Bet> = ratios.iter().map(|&ratio| Bet { ratio, stake: 1.0 }).collect();
    Bets::new(1.0, &bets).unwrap()
}

/// Canary errors, baseline errors, weight.
const TICKS: [(u64, u64, f64); 7] =
    [(0, 3, 0.1), (2, 9, 0.1), (0, 0, 0.1), (7, 8, 0.5), (1, 4, 0.5), (9, 3, 0.5), (40, 2, 0.5)];

/// By the definition: the sum over all starts of the product of the growths since then.
#[test]
fn it_is_the_sum_over_all_starts() {
    let ratios = [1.25, 2.0, 6.0];
    let bets = bets(&ratios);
    let growth = |r: f64, (canary, baseline, w): (u64, u64, f64)| {
        math::exp(
            canary as f64 * math::ln(r) - (canary + baseline) as f64 * math::ln(1.0 - w + w * r),
        )
    };
    for planned in [1_u32, 4, 7, 100] {
        let mut detector = Detector::new(&bets, planned);
        assert_eq!(detector.value(), 0.0);
        for now in 1..=TICKS.len() {
            let (canary, baseline, weight) = TICKS[now - 1];
            detector.observe(&bets.step(weight), canary, baseline);
            let mut sum = 0.0;
            for r in ratios {
                for start in 0..now.min(planned as usize) {
                    sum += TICKS[start..now].iter().map(|&tick| growth(r, tick)).product::<f64>();
                }
            }
            let expected = sum / f64::from(planned) / ratios.len() as f64;
            let what = format!("{planned} planned, tick {now}");
            check_relative(&what, detector.value(), expected, 1e-12);
        }
    }
}

fn poisson_pmf(k: u64, mean: f64) -> f64 {
    math::exp(k as f64 * math::ln(mean) - mean - math::ln_gamma(k as f64 + 1.0))
}

/// For a canary that is not worse, a tick is expected to add exactly the part that is
/// placed in it, and nothing after the last.
#[test]
fn a_tick_is_expected_to_add_what_is_placed() {
    let bets = bets(&[1.25, 3.0]);
    for planned in [2, 3] {
        let mut before = Detector::new(&bets, planned);
        before.observe(&bets.step(0.2), 2, 3);
        before.observe(&bets.step(0.2), 1, 5);
        let mut mean = 0.0;
        for canary in 0..80 {
            for baseline in 0..80 {
                let mut after = before;
                after.observe(&bets.step(0.25), canary, baseline);
                mean += poisson_pmf(canary, 1.5) * poisson_pmf(baseline, 4.5) * after.value();
            }
        }
        let placed = if planned == 3 { 1.0 / 3.0 } else { 0.0 };
        check_near(&format!("{planned} planned"), mean, before.value() + placed, 1e-12);
    }
}

#[test]
fn it_neither_overflows_nor_becomes_nan() {
    let bets = bets(&[2.0, 20.0]);
    let mut detector = Detector::new(&bets, 2);
    detector.observe(&bets.step(0.5), 0, 1_000_000_000_000);
    assert_eq!(detector.value(), 0.0, "all is lost");
    for _ in 0..3 {
        detector.observe(&bets.step(0.01), 1_000_000_000_000, 0);
    }
    assert!(detector.value() >= 1e200 && detector.value().is_finite());
}
