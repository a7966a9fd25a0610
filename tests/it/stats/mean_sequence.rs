//! The promise of the confidence sequence of a bounded mean.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::stats::intervals::Interval;
use canary_rollout::stats::mean_sequence::{Counted, mean_interval, side_of_mean};
use canary_rollout::stats::share_sequence::Side;

fn counted(values: &[(f64, u64)]) -> Vec<Counted> {
    let some = values.iter().filter(|(_, count)| *count > 0);
    some.map(|&(value, count)| Counted { value, count }).collect()
}

/// Values of 0 and 10 with the mean at the bound, looked at after each: an exact recursion.
#[test]
fn it_is_ever_wrong_as_seldom_as_promised() {
    const ALPHA: f64 = 0.1;
    let limits = Interval { low: 0.0, high: 10.0 };
    for p in [0.02, 0.5, 0.9] {
        let (mut below, mut above) = (0.0, 0.0);
        let mut states = vec![1.0];
        for trials in 1_u64..=150 {
            let mut next = vec![0.0; states.len() + 1];
            for (events, probability) in states.iter().enumerate() {
                next[events] += probability * (1.0 - p);
                next[events + 1] += probability * p;
            }
            for (events, probability) in (0..).zip(&mut next) {
                if *probability < 1e-12 {
                    continue;
                }
                let values = counted(&[(0.0, trials - events), (10.0, events)]);
                match side_of_mean(&values, limits, 10.0 * p, ALPHA) {
                    Some(Side::Below) => below += std::mem::take(probability),
                    Some(Side::Above) => above += std::mem::take(probability),
                    None => {}
                }
            }
            states = next;
        }
        println!("{p}: {below:.4} {above:.4}");
        assert!(below <= 0.5 * ALPHA && above <= 0.5 * ALPHA, "{p}: {below} {above}");
        assert!(below + above > 0.001, "{p}: {below} {above}");
    }
}

#[test]
fn the_interval_has_what_is_on_no_side() {
    let limits = Interval { low: -5.0, high: 20.0 };
    for values in [
        &[(3.0, 1)][..],
        &[(3.0, 1_000)],
        &[(-5.0, 40), (20.0, 2)],
        &[(-1.0, 900), (0.0, 8_000_000), (1.0, 1_000)],
        &[(0.25, 70), (7.5, 30), (19.0, 5)],
    ] {
        let values = counted(values);
        for alpha in [0.05, 1e-3] {
            let side = |mean| side_of_mean(&values, limits, mean, alpha);
            let Interval { low, high } = mean_interval(&values, limits, alpha);
            assert!(limits.low <= low && low < high && high <= limits.high, "{low} {high}");
            let near = 1e-6 * (high - low);
            if low > limits.low {
                assert_eq!((side(low - near), side(low + near)), (Some(Side::Above), None));
            }
            if high < limits.high {
                assert_eq!((side(high + near), side(high - near)), (Some(Side::Below), None));
            }
        }
    }
    assert_eq!(mean_interval(&[], limits, 0.01), limits);
    assert_eq!(side_of_mean(&[], limits, 3.0, 0.01), None);
    // A mean at a limit is refuted by one other value, and never shown.
    let values = counted(&[(-5.0, 1_000), (-4.0, 1)]);
    assert_eq!(side_of_mean(&values, limits, -5.0, 0.01), Some(Side::Above));
    assert_eq!(side_of_mean(&values[..1], limits, -5.0, 0.01), None);
}

/// Two values that differ little from each other in a wide range need few runs, and rare
/// differences between two policies are seen.
#[test]
fn it_adapts_to_the_spread() {
    let limits = Interval { low: 0.0, high: 100_000.0 };
    let values = counted(&[(40.0, 300), (41.0, 300)]);
    assert_eq!(side_of_mean(&values, limits, 30.0, 0.001), Some(Side::Above));
    let limits = Interval { low: -1.0, high: 1.0 };
    // 1 in 1,000 runs only the first policy rolls back.
    let values = counted(&[(0.0, 19_980), (1.0, 20)]);
    assert_eq!(side_of_mean(&values, limits, 0.0, 0.001), Some(Side::Above));
    assert_eq!(side_of_mean(&values, limits, 0.01, 0.001), Some(Side::Below));
}
