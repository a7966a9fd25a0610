//! How often a plain rule fails a healthy release: the simulation compared with the
//! exact sum over four Poisson counts.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::math::{exp, ln, ln_gamma};
use canary_rollout::rollout::{Plan, Run};

use crate::support::{LookCounter, config};

const ERROR_RATE: f64 = 0.01;
/// Looks simulated for each case.
const LOOKS: u32 = 20_000;

/// The probabilities of a Poisson count within 7 standard deviations of its mean;
/// the omitted probability is below 10⁻¹¹.
struct Poisson {
    first: u64,
    pmf: Vec<f64>,
    /// P(count < first + i).
    below: Vec<f64>,
}

impl Poisson {
    fn new(mean: f64) -> Self {
        let reach = 7.0 * mean.sqrt() + 20.0;
        let (first, last) = ((mean - reach).max(0.0) as u64, (mean + reach) as u64);
        let pmf: Vec<f64> = (first..=last)
            .map(|k| exp(k as f64 * ln(mean) - mean - ln_gamma(k as f64 + 1.0)))
            .collect();
        let mut below = vec![0.0];
        for p in &pmf {
            below.push(below[below.len() - 1] + p);
        }
        Poisson { first, pmf, below }
    }

    fn iter(&self) -> impl Iterator<Item = (u64, f64)> {
        (self.first..).zip(self.pmf.iter().copied())
    }

    /// P(count > k).
    fn above(&self, k: f64) -> f64 {
        let past = (k - self.first as f64 + 1.0).clamp(0.0, self.pmf.len() as f64) as usize;
        self.below[self.pmf.len()] - self.below[past]
    }

    fn at_least(&self, k: f64) -> f64 {
        self.above(k - 1.0)
    }
}

/// P(a look fails). `beyond(x_c, n_c, x_b)` is the number of served baseline
/// requests above which it fails.
fn exact(requests: f64, share: f64, beyond: impl Fn(f64, f64, f64) -> Fails) -> f64 {
    let arm = |share: f64| {
        let requests = requests * share;
        (Poisson::new(requests * ERROR_RATE), Poisson::new(requests * (1.0 - ERROR_RATE)))
    };
    let ((failed_c, served_c), (failed_b, served_b)) = (arm(share), arm(1.0 - share));
    let mut sum = 0.0;
    for (x_c, p_c) in failed_c.iter() {
        for (s_c, q_c) in served_c.iter() {
            if x_c + s_c == 0 {
                continue;
            }
            for (x_b, p_b) in failed_b.iter() {
                let least = if x_b == 0 { 1.0 } else { 0.0 };
                let fails = match beyond(x_c as f64, (x_c + s_c) as f64, x_b as f64) {
                    Fails::Always => served_b.at_least(least),
                    Fails::Never => 0.0,
                    Fails::Above(n_b) => {
                        served_b.above((n_b - x_b as f64 + 1e-9).floor().max(least - 1.0))
                    }
                };
                sum += p_c * q_c * p_b * fails;
            }
        }
    }
    sum
}

/// The numbers of baseline requests for which a look fails. More requests make the
/// baseline's rate smaller.
enum Fails {
    Always,
    Never,
    Above(f64),
}

#[track_caller]
fn check(rule: &str, beyond: impl Fn(f64, f64, f64) -> Fails) {
    for requests in [1_000.0, 10_000.0] {
        for share in [0.01, 0.05, 0.25, 0.5] {
            let text = format!(
                r#"{{ "tick_seconds": 60, "traffic": {{ "requests_per_second": {} }},
                     "baseline": {{ "error_rate": {ERROR_RATE} }},
                     "stages": [{{ "traffic_pct": {}, "duration_ticks": {LOOKS} }}],
                     "rules": [{{ {rule}, "look": "every_tick", "window": "tick", "failure_limit": 1000000 }}] }}"#,
                requests / 60.0,
                share * 100.0
            );
            let plan = Plan::new(&config(&text));
            let (mut run, mut counter) = (Run::new(&plan, 11), LookCounter::default());
            while !run.state().is_terminal() {
                run.tick(&plan, &mut counter).unwrap();
            }
            assert_eq!(counter.looks, u64::from(LOOKS));
            let p = exact(requests, share, &beyond);
            let (mean, found) = (p * f64::from(LOOKS), counter.failed as f64);
            // 5 standard errors plus one count; with 24 cases, the probability of a
            // false alarm is below 10⁻⁴.
            let allowed = 5.0 * (mean * (1.0 - p)).sqrt() + 1.0;
            assert!(
                (found - mean).abs() <= allowed,
                "{rule}, {requests} requests, share {share}: {found} looks failed, {mean} expected"
            );
        }
    }
}

#[test]
fn error_rate_fails_as_often_as_the_exact_sum() {
    check(r#""rule": "error_rate", "max": 0.02"#, |x_c, n_c, _| {
        if x_c > 0.02 * n_c + 1e-9 { Fails::Always } else { Fails::Never }
    });
}

#[test]
fn error_rate_delta_fails_as_often_as_the_exact_sum() {
    check(r#""rule": "error_rate_delta", "max": 0.01"#, |x_c, n_c, x_b| {
        // x_b / n_b < x_c / n_c − 0.01
        let room = x_c / n_c - 0.01;
        if room <= 1e-12 { Fails::Never } else { Fails::Above(x_b / room) }
    });
}

#[test]
fn error_rate_ratio_fails_as_often_as_the_exact_sum() {
    check(r#""rule": "error_rate_ratio", "max": 2, "min_errors": 5"#, |x_c, n_c, x_b| {
        if x_c < 5.0 { Fails::Never } else { Fails::Above(2.0 * x_b * n_c / x_c) }
    });
}
