//! The promise of the confidence sequence of a probability, by exact recursions.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::stats::intervals::wilson;
use canary_rollout::stats::share_sequence::{Side, share_interval, side_of};

/// The probabilities that a rule ever says below and above within `most` trials, looked at
/// after each: a recursion over the events so far, exact up to rounding.
fn ever(most: u64, p: f64, rule: impl Fn(u64, u64) -> Option<Side>) -> (f64, f64) {
    let (mut below, mut above) = (0.0, 0.0);
    let mut states = vec![1.0];
    for trials in 1..=most {
        let mut next = vec![0.0; states.len() + 1];
        for (events, probability) in states.iter().enumerate() {
            next[events] += probability * (1.0 - p);
            next[events + 1] += probability * p;
        }
        for (events, probability) in (0..).zip(&mut next) {
            if *probability < 1e-18 {
                continue;
            }
            match rule(events, trials) {
                Some(Side::Below) => below += std::mem::take(probability),
                Some(Side::Above) => above += std::mem::take(probability),
                None => {}
            }
        }
        states = next;
    }
    (below, above)
}

#[test]
fn it_is_ever_wrong_as_seldom_as_promised() {
    for (p, alpha) in [(0.01, 0.05), (0.05, 0.05), (0.3, 0.05), (0.5, 0.2), (0.9, 0.05)] {
        let (below, above) = ever(600, p, |s, n| side_of(s, n, p, alpha));
        println!("{p} {alpha}: {below:.4} {above:.4}");
        assert!(below <= p * alpha && above <= (1.0 - p) * alpha, "{p}: {below} {above}");
        // Of a true probability that is a little to the other side, it is less often wrong.
        let (below, _) = ever(300, p * 1.05, |s, n| side_of(s, n, p, alpha));
        assert!(below <= p * alpha, "{below}");
    }
    // An ordinary 95 % interval that is looked at as often is wrong in half of the studies.
    let (below, above) = ever(600, 0.3, |s, n| {
        let interval = wilson(s, n, 0.05);
        match 0.3 {
            p if p > interval.high => Some(Side::Below),
            p if p < interval.low => Some(Side::Above),
            _ => None,
        }
    });
    println!("wilson: {:.3}", below + above);
    assert!((0.45..0.55).contains(&(below + above)), "{below} {above}");
}

/// The formula, by plain products.
#[test]
fn it_is_the_formula() {
    let limit = |alpha: f64| alpha / (1.0 + alpha);
    for (s, n, p) in [(0, 3, 0.5), (9, 46, 0.05), (3, 20, 0.2), (7, 9, 0.4), (2, 60, 0.3)] {
        let mut left = (n + 1) as f64;
        for i in 0..s {
            left *= p * (n - i) as f64 / (s - i) as f64;
        }
        for _ in s..n {
            left *= 1.0 - p;
        }
        for alpha in [0.3, 0.01, 1e-3, 1e-6] {
            let expected = if (s as f64) < p * n as f64 { Side::Below } else { Side::Above };
            let expected = (left <= limit(alpha)).then_some(expected);
            assert_eq!(side_of(s, n, p, alpha), expected, "{s} of {n}, {p}, {alpha}: {left}");
        }
    }
    // What never or always happens is refuted by one trial, and never shown.
    assert_eq!(side_of(1, 5, 0.0, 0.001), Some(Side::Above));
    assert_eq!(side_of(0, 5_000, 0.0, 0.001), None);
    assert_eq!(side_of(4, 5, 1.0, 0.001), Some(Side::Below));
    assert_eq!(side_of(5_000, 5_000, 1.0, 0.001), None);
    assert_eq!(side_of(0, 0, 0.5, 0.001), None);
}

#[test]
fn the_interval_has_what_is_on_no_side() {
    for n in [0, 1, 2, 10, 46, 1_000, 1_000_000, 1_000_000_000] {
        for s in [0, 1, n / 20, n / 2, n - n / 7, n].into_iter().filter(|s| *s <= n) {
            for alpha in [0.05, 1e-3, 1e-9] {
                let interval = share_interval(s, n, alpha);
                assert!((0.0..=1.0).contains(&interval.low) && interval.high <= 1.0);
                let what = format!("{s} of {n}, {alpha}: {interval:?}");
                if s > 0 && n > 0 {
                    let (out, within) = (interval.low * (1.0 - 1e-9), interval.low * (1.0 + 1e-9));
                    assert_eq!(side_of(s, n, out, alpha), Some(Side::Above), "{what}");
                    assert_eq!(side_of(s, n, within, alpha), None, "{what}");
                }
                if s < n {
                    let width = interval.high - s as f64 / n.max(1) as f64;
                    let step = 1e-3 * width.min(1.0 - interval.high);
                    let at = |p: f64| side_of(s, n, p, alpha);
                    assert_eq!(at(interval.high + step), Some(Side::Below), "{what}");
                    assert_eq!(at(interval.high - step), None, "{what}");
                }
            }
        }
    }
}
