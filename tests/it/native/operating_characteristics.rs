//! The operating characteristics of eight policies, compared with independent
//! simulations of the same rollout and with the tables in docs/statistics.md. The
//! configurations are `tests/data/oc/*.json`.

use canary_rollout::math::{exp, ln, pow};
use canary_rollout::stats::normal;
use canary_rollout::study::CaseReport;
use serde_json::{Value, json};

use super::studied;
use super::tables::{check_table, check_words, half_width, thousands};

/// With this many runs, an estimate is within 0.0022 of the true probability 19
/// times in 20.
const RUNS: u64 = 200_000;
const RATIOS: [f64; 6] = [1.0, 1.1, 1.25, 1.5, 2.0, 5.0];

macro_rules! policy {
    ($name:literal) => {
        ($name, include_str!(concat!("../../data/oc/", $name, ".json")))
    };
}

/// The name of a policy and the text of its configuration.
type Policy = (&'static str, &'static str);

/// P(rollback) at [`RATIOS`] from another program.
struct Reference {
    counts: Counts,
    runs: u64,
    p_rollback: [f64; 6],
}

/// From numpy, with exactly 10,000 requests per tick, split exactly.
const fn fixed(p_rollback: [f64; 6]) -> Reference {
    Reference { counts: Counts::Fixed, runs: 20_000, p_rollback }
}

/// From a simulation in Python that draws Poisson counts, as the engine does.
const fn poisson(p_rollback: [f64; 6]) -> Reference {
    Reference { counts: Counts::Poisson, runs: 200_000, p_rollback }
}

/// `z-every-tick` has the window `rollout`, so it has a stratum for each share.
const POLICIES: [(Policy, Reference); 8] = [
    (policy!("sequential"), poisson([0.01274, 0.05398, 0.32192, 0.93371, 1.0, 1.0])),
    (policy!("z-every-tick"), poisson([0.40175, 0.61211, 0.90509, 0.99928, 1.0, 1.0])),
    (policy!("z-stage-end"), fixed([0.20365, 0.42195, 0.80695, 0.9963, 1.0, 1.0])),
    (policy!("fisher-stage-end"), fixed([0.14935, 0.35095, 0.7567, 0.9943, 1.0, 1.0])),
    (policy!("pocock"), fixed([0.0612, 0.23695, 0.717, 0.9956, 1.0, 1.0])),
    (policy!("obrien-fleming"), fixed([0.05385, 0.25585, 0.76375, 0.9977, 1.0, 1.0])),
    (policy!("twice-the-ratio"), fixed([0.7414, 0.8508, 0.95, 0.9959, 1.0, 1.0])),
    (policy!("three-strikes"), fixed([0.5347, 0.6534, 0.81675, 0.9758, 1.0, 1.0])),
];

/// P(rollback) and mean excess errors.
#[derive(Clone, Copy)]
struct Figures {
    p: f64,
    excess: f64,
}

impl From<&CaseReport> for Figures {
    fn from(case: &CaseReport) -> Self {
        let excess = case.excess_errors.as_ref().unwrap().mean;
        Figures { p: case.p_rollback.estimate, excess }
    }
}

/// The figures at [`RATIOS`].
fn by_ratio(config: &str) -> Vec<Figures> {
    let sweep = json!({ "field": "error_ratio", "values": RATIOS });
    let config = serde_json::from_str(config).unwrap();
    let study = studied(&config, &json!({ "runs": RUNS, "sweep": sweep }));
    study.report().sweep.unwrap().points.iter().map(|point| (&point.policies[0]).into()).collect()
}

/// Four standard errors of the difference of two estimates of a probability.
fn noise(p: f64, runs: u64) -> f64 {
    4.0 * (p * (1.0 - p) * (1.0 / RUNS as f64 + 1.0 / runs as f64)).sqrt()
}

#[test]
fn policies_match_the_reference_and_the_documents() {
    let columns: Vec<Vec<Figures>> =
        POLICIES.iter().map(|((_, config), _)| by_ratio(config)).collect();
    let rows = RATIOS.iter().enumerate().map(|(i, ratio)| {
        let cell = |column: &Vec<Figures>| match column[i] {
            Figures { p, .. } if *ratio == 1.0 => format!("{p:.3}"),
            Figures { p, excess } => format!("{p:.3} [{excess:.1}]"),
        };
        [ratio.to_string()].into_iter().chain(columns.iter().map(cell)).collect()
    });
    let mut rows: Vec<Vec<String>> = rows.collect();
    let error = |column: &Vec<Figures>| {
        let widest = column.iter().map(|figures| half_width(figures.p, RUNS)).fold(0.0, f64::max);
        format!("{widest:.3}")
    };
    rows.push(["± at most".to_string()].into_iter().chain(columns.iter().map(error)).collect());
    check_table("eight policies", &rows);

    for (((name, _), reference), column) in POLICIES.iter().zip(&columns) {
        // If limits are often met exactly, fixed counts differ; see below.
        let expected: [f64; 6] = match *name {
            "twice-the-ratio" => RATIOS.map(|r| exact::twice_the_ratio(r, Counts::Poisson)),
            "three-strikes" => RATIOS.map(|r| exact::three_strikes(r, Counts::Poisson)),
            _ => reference.p_rollback,
        };
        let differ = match reference.counts {
            Counts::Fixed => 0.02,
            Counts::Poisson => 0.0,
        };
        for ((ratio, found), expected) in RATIOS.iter().zip(column).zip(expected) {
            // Plus a few runs for very small probabilities.
            let most = differ + noise(expected, reference.runs) + 5.0 / RUNS as f64;
            let off = (found.p - expected).abs();
            assert!(off <= most, "{name} at {ratio}: {} for {expected}", found.p);
        }
    }
    let healthy = |name: &str| {
        let number = POLICIES.iter().position(|((known, _), _)| *known == name).unwrap();
        columns[number][0].p
    };
    check_words("about 2 healthy releases in 5", healthy("z-every-tick"), 0.39..=0.43);
    check_words("1 in 5 even at stage ends", healthy("z-stage-end"), 0.19..=0.22);
}

/// `sequential` with twice the errors from tick 1, 21 and 31 on, with bets placed
/// at stage starts (the default) and all in tick 1: false rollback, then
/// P(rollback) and mean excess errors. Reference: a simulation in Python, 200,000
/// runs; its excess errors have a standard error of 0.05 at most.
#[test]
fn bets_at_stage_starts_catch_late_regressions_and_match_the_documents() {
    let (_, text) = policy!("sequential");
    let mut rows = Vec::new();
    for (bets_open, falsely, late) in [
        ("stage_starts", 0.01274, [(1.0, 17.849), (0.99999, 23.859), (0.99495, 39.052)]),
        ("tick_1", 0.01704, [(1.0, 15.208), (1.0, 29.679), (0.91363, 65.840)]),
    ] {
        let mut config: Value = serde_json::from_str(text).unwrap();
        config["rules"][0]["bets_open"] = json!(bets_open);
        let mut cells = vec![format!("`{bets_open}`")];
        for (start_tick, (p, excess)) in [1, 21, 31].into_iter().zip(late) {
            let arrival = json!({ "late": { "start_tick": start_tick } });
            config["canary"] = json!({ "error_ratio": 2, "error_arrival": arrival });
            let report = studied(&config, &json!({ "runs": RUNS })).report();
            let healthy = report.healthy.p_rollback.estimate;
            let found = Figures::from(&report.release.unwrap());
            let few = 5.0 / RUNS as f64;
            let at = format!("{bets_open} from {start_tick}");
            assert!((healthy - falsely).abs() < noise(falsely, 200_000), "{at}: {healthy}");
            assert!((found.p - p).abs() < noise(p, 200_000) + few, "{at}: {}", found.p);
            assert!((found.excess - excess).abs() < 0.3, "{at}: {}", found.excess);
            if cells.len() == 1 {
                cells.push(format!("{healthy:.3}"));
            }
            cells.push(format!("{:.3} [{:.1}]", found.p, found.excess));
        }
        rows.push(cells);
    }
    check_table("bets", &rows);
}

/// With this many runs, an estimate is within 0.005 of the true probability 19 times in
/// 20.
const FEWER_RUNS: u64 = 40_000;

/// P(false rollback), and the figures of a bad release, over [`FEWER_RUNS`].
fn figures(config: &Value) -> (f64, Figures) {
    let report = studied(config, &json!({ "runs": FEWER_RUNS })).report();
    (report.healthy.p_rollback.estimate, Figures::from(&report.release.unwrap()))
}

/// `planned` beside `sequential`, with many and with few errors, and where its plan is
/// wrong.
#[test]
fn planned_keeps_its_level_and_misses_less() {
    let mut rows = Vec::new();
    let (_, text) = policy!("sequential");
    let with = |requests: u32, factor: f64, rule: Value| {
        let mut config: Value = serde_json::from_str(text).unwrap();
        config["traffic"]["requests_per_second"] = json!(f64::from(requests) * factor / 60.0);
        config["rules"] = json!([rule]);
        config["canary"] = json!({ "error_ratio": 2 });
        config
    };
    let planned = |requests: u32| json!({ "rule": "planned", "expected_errors_per_tick": f64::from(requests) * 0.002 });
    for requests in [10_000, 2_000, 500] {
        let mut caught = Vec::new();
        for rule in [planned(requests), json!({ "rule": "sequential" })] {
            let mut cells = vec![thousands(f64::from(requests), 0)];
            cells.push(format!("`{}`", rule["rule"].as_str().unwrap()));
            let mut config = with(requests, 1.0, rule);
            for ratio in [1.25, 1.5, 2.0, 5.0] {
                config["canary"]["error_ratio"] = json!(ratio);
                let (healthy, found) = figures(&config);
                if ratio == 1.25 {
                    // 4.5 standard errors above 5 %.
                    assert!(healthy < 0.055, "{config}: {healthy}");
                    caught.push(found.p);
                    cells.push(format!("{healthy:.3}"));
                }
                cells.push(format!("{:.3} [{:.1}]", found.p, found.excess));
            }
            rows.push(cells);
        }
        assert!(caught[0] > 1.8 * caught[1], "{requests}: {caught:?}");
    }
    check_table("planned", &rows);
    let beyond = [0.5, 0.9, 1.0, 1.1, 1.2, 1.5, 3.0].map(|factor| {
        let shares = [10_000, 2_000, 500].map(|n| figures(&with(n, factor, planned(n))).0);
        let shares = shares.map(|share| format!("{share:.3}"));
        [format!("{factor}")].into_iter().chain(shares).collect::<Vec<_>>()
    });
    check_table("another traffic than planned", &beyond);
}

/// One stage of 200 ticks at 50 %, in which 1.5 times the errors begin at some tick.
#[test]
fn bets_in_each_tick_catch_what_turns_bad_late() {
    let mut rows = Vec::new();
    let (_, text) = policy!("sequential");
    for rule in [
        json!({ "rule": "sequential" }),
        json!({ "rule": "shiryaev_roberts" }),
        json!({ "rule": "planned", "expected_errors_per_tick": 20 }),
    ] {
        let mut config: Value = serde_json::from_str(text).unwrap();
        config["stages"] = json!([{ "traffic_pct": 50, "duration_ticks": 200 }]);
        config["rules"] = json!([rule]);
        let mut cells = vec![format!("`{}`", rule["rule"].as_str().unwrap())];
        let mut caught = 0.0;
        for start_tick in [1, 51, 101, 151] {
            let arrival = json!({ "late": { "start_tick": start_tick } });
            config["canary"] = json!({ "error_ratio": 1.5, "error_arrival": arrival });
            let report = studied(&config, &json!({ "runs": FEWER_RUNS })).report();
            if start_tick == 1 {
                cells.push(format!("{:.3}", report.healthy.p_rollback.estimate));
            }
            let release = report.release.unwrap();
            caught = release.p_caught.estimate;
            let excess = release.excess_errors.unwrap().mean;
            cells.push(format!("{caught:.3} [{excess:.0}]"));
        }
        let late = if rule["rule"] == "sequential" { 0.2..=0.4 } else { 0.9..=1.0 };
        assert!(late.contains(&caught), "{rule}: {caught}");
        rows.push(cells);
    }
    check_table("turning bad late", &rows);
}

/// Whether the requests of an arm in a tick are a fixed number, or Poisson.
#[derive(Clone, Copy)]
enum Counts {
    Fixed,
    Poisson,
}

/// Fixed counts often meet the two plain limits exactly: 2 failures of 500 are
/// 0.004, which passes. A Poisson number of requests is below 500 about half of the
/// time, and then 2 failures exceed the limit. The exact probabilities for both
/// kinds of counts show that this alone explains the difference between the
/// reference and the engine.
#[test]
fn fixed_counts_explain_what_differs() {
    for (((name, _), reference), of) in POLICIES[6..]
        .iter()
        .zip([exact::twice_the_ratio as fn(f64, Counts) -> f64, exact::three_strikes])
    {
        for (ratio, reference) in RATIOS.iter().zip(&reference.p_rollback) {
            let fixed = of(*ratio, Counts::Fixed);
            assert!((fixed - reference).abs() < 0.015, "{name} at {ratio}: {fixed}");
        }
        let differ = of(1.0, Counts::Poisson) - of(1.0, Counts::Fixed);
        assert!(differ > 0.03, "{name}: {differ}");
    }
}

/// P(rollback) by sums over counts. Errors are Poisson; the number of all requests
/// is fixed, or the number of served requests is nearly normal.
mod exact {
    use super::{Counts, exp, ln, normal, pow};

    const REQUESTS: f64 = 10_000.0;
    const ERROR_RATE: f64 = 0.002;
    const SHARES: [f64; 4] = [0.01, 0.05, 0.25, 0.5];
    const TICKS: usize = 10;

    /// P(more than twice the baseline's error rate with at least 5 errors, in any
    /// tick).
    pub fn twice_the_ratio(ratio: f64, counts: Counts) -> f64 {
        let passes_stage = |share| {
            let canary = Arm { requests: REQUESTS * share, error_rate: ERROR_RATE * ratio };
            let baseline = Arm { requests: REQUESTS * (1.0 - share), error_rate: ERROR_RATE };
            let mut fails = 0.0;
            for (x_c, p_c) in canary.errors().into_iter().skip(5) {
                for (x_b, p_b) in baseline.errors() {
                    // x_c·n_b > 2·x_b·n_c.
                    let (n_c, n_b) = (canary.beside(x_c, counts), baseline.beside(x_b, counts));
                    let mean = x_c * n_b.mean - 2.0 * x_b * n_c.mean;
                    let variance = x_c * x_c * n_b.variance + 4.0 * x_b * x_b * n_c.variance;
                    fails += p_c * p_b * is_positive(mean, variance);
                }
            }
            pow(1.0 - fails, TICKS as f64)
        };
        1.0 - SHARES.map(passes_stage).iter().product::<f64>()
    }

    /// P(more than 0.004 of the requests fail, in three ticks).
    pub fn three_strikes(ratio: f64, counts: Counts) -> f64 {
        // Probabilities of 0, 1 and 2 failed ticks so far.
        let mut strikes = [1.0, 0.0, 0.0];
        for share in SHARES {
            let canary = Arm { requests: REQUESTS * share, error_rate: ERROR_RATE * ratio };
            let mut fails = 0.0;
            for (x, p) in canary.errors() {
                let n = canary.beside(x, counts);
                fails += p * is_positive(x - 0.004 * n.mean, 0.004 * 0.004 * n.variance);
            }
            for _ in 0..TICKS {
                let ([none, one, two], passes) = (strikes, 1.0 - fails);
                strikes = [none * passes, one * passes + none * fails, two * passes + one * fails];
            }
        }
        1.0 - strikes.iter().sum::<f64>()
    }

    struct Arm {
        requests: f64,
        error_rate: f64,
    }

    struct Spread {
        mean: f64,
        variance: f64,
    }

    impl Arm {
        /// The possible numbers of errors, with their probabilities.
        fn errors(&self) -> Vec<(f64, f64)> {
            let mean = self.requests * self.error_rate;
            let (mut all, mut ln_p) = (Vec::new(), -mean);
            for x in 0..(mean + 12.0 * mean.sqrt() + 12.0) as u32 {
                all.push((f64::from(x), exp(ln_p)));
                ln_p += ln(mean / f64::from(x + 1));
            }
            all
        }

        /// The number of requests, given the number of errors.
        fn beside(&self, errors: f64, counts: Counts) -> Spread {
            let served = self.requests * (1.0 - self.error_rate);
            match counts {
                Counts::Fixed => Spread { mean: self.requests, variance: 0.0 },
                Counts::Poisson => Spread { mean: served + errors, variance: served },
            }
        }
    }

    /// P(X > 0) for a nearly normal X.
    fn is_positive(mean: f64, variance: f64) -> f64 {
        if variance > 0.0 {
            normal::sf(-mean / variance.sqrt())
        } else {
            f64::from(u8::from(mean > 1e-9))
        }
    }
}
