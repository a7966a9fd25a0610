//! The coverage of the intervals of a study: by exact sums over all possible
//! counts, and by many studies of one policy.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::stats::intervals::{Interval, clopper_pearson, tango, wilson};
use canary_rollout::stats::special::binomial_pmf;
use canary_rollout::study::{Difference, Study, StudyReport};
use serde_json::{Value, json};

const ALPHA: f64 = 0.05;

/// The probabilities that the interval of a share lies above and below the share.
fn misses(runs: u64, share: f64, interval: impl Fn(u64, u64, f64) -> Interval) -> (f64, f64) {
    let (mut above, mut below) = (0.0, 0.0);
    for count in 0..=runs {
        let probability = binomial_pmf(count, runs, share);
        if probability > 1e-14 {
            let Interval { low, high } = interval(count, runs, ALPHA);
            above += if low > share { probability } else { 0.0 };
            below += if high < share { probability } else { 0.0 };
        }
    }
    (above, below)
}

/// Exact except for omitted terms, below 1e-10.
#[test]
fn a_share_is_held_at_every_rate_and_each_end_errs_in_its_half_at_most() {
    for runs in [100, 2_000, 10_000] {
        let rare = [0.05, 0.17, 0.176, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0];
        let shares = rare.iter().map(|expected| expected / runs as f64);
        let mut least: f64 = 1.0;
        for share in shares.chain([0.05, 0.2, 0.5, 0.95, 0.999]) {
            let (above, below) = misses(runs, share, clopper_pearson);
            assert!(above <= 0.025 && below <= 0.025, "{runs} {share}: {above} {below}");
            least = least.min(1.0 - above - below);
        }
        println!("share, {runs} runs: at least {least:.4}");
    }
    // Wilson's interval, for comparison, fails with one event.
    let (above, below) = misses(2_000, 0.176 / 2_000.0, wilson);
    assert!((1.0 - above - below - 0.838).abs() < 0.001, "{above} {below}");
}

/// The coverage of Tango's interval if pairs are gained and lost with these
/// probabilities: an exact sum over a trinomial distribution.
fn paired_coverage(pairs: u64, gained: f64, lost: f64) -> f64 {
    let difference = gained - lost;
    let mut coverage = 0.0;
    for g in 0..=pairs {
        let of_gained = binomial_pmf(g, pairs, gained);
        if of_gained < 1e-12 {
            continue;
        }
        for l in 0..=pairs - g {
            let probability = of_gained * binomial_pmf(l, pairs - g, lost / (1.0 - gained));
            if probability > 1e-12 {
                let Interval { low, high } = tango(g, l, pairs, ALPHA);
                let held = low <= difference && difference <= high;
                coverage += if held { probability } else { 0.0 };
            }
        }
    }
    coverage
}

#[test]
fn a_paired_difference_of_shares_is_held() {
    for (pairs, gained, lost, least) in [
        // Almost no pair differs.
        (200, 0.0, 0.0, 1.0),
        (200, 0.0005, 0.0005, 0.99),
        (200, 0.002, 0.002, 0.95),
        (200, 0.01, 0.01, 0.94),
        (200, 0.0, 0.02, 0.93),
        (200, 0.01, 0.04, 0.94),
        (200, 0.1, 0.1, 0.945),
        (200, 0.2, 0.4, 0.945),
        (2_000, 0.0002, 0.0002, 0.95),
        (2_000, 0.0, 0.0001, 0.95),
        (2_000, 0.0, 0.0005, 0.92),
        (2_000, 0.0, 0.001, 0.92),
        (2_000, 0.0, 0.0015, 0.92),
        (2_000, 0.0, 0.005, 0.93),
        (2_000, 0.002, 0.01, 0.94),
        (2_000, 0.02, 0.05, 0.945),
    ] {
        let found = paired_coverage(pairs, gained, lost);
        println!("paired, {pairs} runs, {gained} gained, {lost} lost: {found:.4}");
        assert!(found >= least, "{pairs} {gained} {lost}: {found}");
    }
}

fn report(config: &Value, options: &Value) -> StudyReport {
    let mut study = Study::from_text(&config.to_string(), &options.to_string()).unwrap();
    study.advance(u64::MAX);
    study.report()
}

/// `sequential` at 0.05 compared with 0.02; few runs differ.
fn alike() -> (Value, Value) {
    let config = json!({
        "tick_seconds": 60, "traffic": { "requests_per_second": 50 },
        "baseline": { "error_rate": 0.01 }, "canary": { "error_ratio": 2 },
        "stages": [{ "traffic_pct": 5, "duration_ticks": 5 },
                   { "traffic_pct": 50, "duration_ticks": 5 }],
        "rules": [{ "rule": "sequential", "alpha": 0.05 }],
    });
    (config, json!({ "rules": [{ "rule": "sequential", "alpha": 0.02 }] }))
}

/// Two limits compared; most runs differ.
fn unlike() -> (Value, Value) {
    let (mut config, _) = alike();
    config["rules"] = json!([{ "rule": "error_rate", "max": 0.025 }]);
    (config, json!({ "rules": [{ "rule": "error_rate", "max": 0.021 }] }))
}

/// How often the intervals of 400 studies of 200 runs contain the estimate of all
/// 80,000 runs together, whose error is a twentieth of theirs.
#[track_caller]
fn check_paired((config, policy): (Value, Value), intervals_of_harm: usize, least_of_harm: f64) {
    const STUDIES: u64 = 400;
    const RUNS: u64 = 200;
    let of = |seed: u64, runs: u64| {
        let policies = json!([{ "name": "b", "policy": policy }]);
        report(&config, &json!({ "runs": runs, "seed": seed, "policies": policies }))
    };
    let truth = of(0, STUDIES * RUNS);
    let release = |report: &StudyReport| report.policies[0].release_difference.unwrap();
    let healthy = |report: &StudyReport| report.policies[0].healthy_difference;
    let studies: Vec<StudyReport> = (0..STUDIES).map(|i| of(i * RUNS, RUNS)).collect();
    let held = |of: &dyn Fn(&StudyReport) -> Difference| {
        let true_one = of(&truth).p_rollback.estimate;
        let found = studies.iter().map(|study| of(study).p_rollback);
        found.filter(|p| p.low <= true_one && true_one <= p.high).count() as f64 / STUDIES as f64
    };
    // The standard error of a coverage of 95 % is 1.1 points; the bound is three of
    // them.
    for (name, covered) in [("healthy", held(&healthy)), ("release", held(&release))] {
        println!("paired, {name}: {covered:.3}");
        assert!(covered >= 0.917, "{name}: {covered}");
    }
    let true_harm = release(&truth).excess_errors.estimate;
    let harms = studies.iter().map(|study| release(study).excess_errors);
    let known: Vec<(f64, f64)> = harms.filter_map(|harm| Some((harm.low?, harm.high?))).collect();
    let held = known.iter().filter(|(low, high)| *low <= true_harm && true_harm <= *high).count();
    let covered = held as f64 / known.len() as f64;
    println!("harm: {covered:.3} of {}", known.len());
    assert!(known.len() >= intervals_of_harm, "{}", known.len());
    assert!(covered >= least_of_harm, "{covered}");
}

#[test]
fn nearly_equal_policies_are_distinguished_correctly() {
    check_paired(alike(), 300, 0.90);
}

#[test]
fn different_policies_are_distinguished_correctly() {
    check_paired(unlike(), 400, 0.917);
}
