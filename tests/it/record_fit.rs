//! Fitting a world to a record: what is found, what cannot be told, and what is refused.
//! The coverage of the intervals is measured in `native/fit_coverage.rs`.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::Config;
use canary_rollout::fit::{Excess, Fit, Grade, Options, fit, fit_text, simulated};
use canary_rollout::math::pow;
use canary_rollout::observation::Arm;
use canary_rollout::record::{ArmRecord, Quantile, Record};
use serde_json::{Value, json};

use crate::fit::Words;
use crate::support::config;

const DAY: u32 = 1_440;
const STAGES: &str = r#""stages": [{ "traffic_pct": 50, "duration_ticks": 10 }]"#;

/// A configuration with a world in minutes.
fn world(text: &str) -> Config {
    config(&format!("{{ {text}, {STAGES} }}"))
}

const SERVICE: &str = r#"
    "traffic": {
        "requests_per_second": 40,
        "burstiness": 0.1,
        "daily_swing": { "amplitude": 0.5, "peak_seconds": 50000 }
    },
    "noise": { "common": 0.4 },
    "incidents": {
        "chance_per_tick": 0.002, "duration_ticks": 15, "error_ratio": 8, "latency_ratio": 2
    },
    "baseline": { "error_rate": 0.004, "error_clump": 2, "latency_ms": { "p50": 80, "p99": 400 } }
"#;

fn record(config: &Config, share: f64, ticks: u32, seed: u64) -> Record {
    simulated(config, share, ticks, &[0.5, 0.99], 0, seed).unwrap()
}

fn fitted(record: &Record) -> Fit {
    fit(record, &Options::default()).unwrap()
}

/// A record of requests and errors by step.
fn counts(step: u32, requests: Vec<f64>, errors: Vec<f64>) -> Record {
    Record::new(0, step, ArmRecord { requests, errors, latency: vec![] }, None).unwrap()
}

#[track_caller]
fn check_holds(fit: &Fit, truth: &[(&str, f64)]) {
    for (path, truth) in truth {
        let parameter = fit.parameter(path).expect(path);
        let (low, high) = (parameter.low.expect(path), parameter.high.expect(path));
        assert!(low <= *truth && *truth <= high, "{path}: {truth} is not in {low} to {high}");
        // And the interval says something.
        let value = parameter.value.unwrap();
        assert!(low <= value && value <= high, "{path}: {value} is not in {low} to {high}");
    }
}

#[track_caller]
fn check_unknown(fit: &Fit, path: &str, because: &str) {
    let parameter = fit.parameter(path).expect(path);
    assert_eq!(parameter.low, None, "{path}");
    let reason = parameter.not_identified.as_deref().unwrap_or_default();
    assert!(reason.contains(because), "{path}: {reason}");
}

#[track_caller]
fn check_grade(fit: &Fit, name: &str, grade: Grade, words: &str) {
    let finding = fit.findings.iter().find(|finding| finding.name == name);
    let finding = finding.unwrap_or_else(|| panic!("{name}: not among {:?}", fit.findings));
    assert_eq!(finding.grade, grade, "{name}: {}", finding.sentence);
    assert!(finding.sentence.contains(words), "{name}: {}", finding.sentence);
}

/// Seven 95 % intervals of one seed; the seed is one for which all hold.
#[test]
fn the_world_of_a_record_is_found() {
    let config = world(SERVICE);
    let fit = fitted(&record(&config, 0.3, 3 * DAY, 1));
    let truth = [
        ("traffic.requests_per_second", 40.0),
        ("traffic.daily_swing.amplitude", 0.5),
        ("traffic.daily_swing.peak_seconds", 50_000.0),
        ("traffic.burstiness", 0.1),
        ("baseline.error_rate", 0.004),
        ("baseline.error_clump", 2.0),
        ("noise.common", 0.4),
        ("noise.per_arm", 0.0),
        ("incidents.chance_per_tick", 0.002),
        ("incidents.duration_ticks", 15.0),
        ("incidents.error_ratio", 8.0),
        ("incidents.latency_ratio", 2.0),
        ("baseline.latency_ms.p50", 80.0),
        ("baseline.latency_ms.p99", 400.0),
    ];
    check_holds(&fit, &truth);
    assert_eq!(fit.grade(), Grade::Ok, "{:?}", fit.findings);
    assert_eq!(fit.record.versions, 2);
}

#[test]
fn the_fitted_world_is_a_world() {
    let config = world(SERVICE);
    let fit = fitted(&record(&config, 0.0, 2 * DAY, 2));
    let world: Value = serde_json::from_str(&fit.world_text()).unwrap();
    let mut whole = world.clone();
    whole["stages"] = json!([{ "traffic_pct": 50, "duration_ticks": 10 }]);
    let read = Config::from_text(&whole.to_string()).unwrap();
    assert_eq!(fit.config(&config).unwrap().world(), read.world());
    // A policy stays as it is written, with its shorthands.
    let written = r#"{ "error_rate_threshold": 0.02, "traffic": { "canary_skew": 2 },
        "noise": { "common": 3 }, "stages": [{ "traffic_pct": 5, "duration_ticks": 10 }] }"#;
    let text: Value = serde_json::from_str(&fit.config_text(written).unwrap()).unwrap();
    let keys: Vec<&String> = text.as_object().unwrap().keys().collect();
    assert_eq!(text["stages"], json!([{ "traffic_pct": 5, "duration_ticks": 10 }]));
    assert_eq!(
        (&text["error_rate_threshold"], text.get("rules")),
        (&json!(0.02), None),
        "{keys:?}"
    );
    let in_world = Config::from_text(&text.to_string()).unwrap();
    assert_eq!(fit.config(&Config::from_text(written).unwrap()).unwrap(), in_world);
    assert!(fit.config_text(r#"{ "stages": [] }"#).is_err());
    // The same world is in the JSON of the fit.
    let all: Value = serde_json::from_str(&fit.to_json()).unwrap();
    assert_eq!(all["world"], world);
    assert_eq!(all["parameters"][0]["path"], "traffic.requests_per_second");
    assert!(all["picture"].as_array().unwrap().len() >= 60);
    assert_eq!(all["findings"][0]["grade"], "ok");
}

#[test]
fn a_fit_as_text() {
    let fit = fitted(&record(&world(SERVICE), 0.0, 2 * DAY, 3));
    let text = fit_text(&fit);
    for words in [
        "record   2,880 steps of 60 s (2 days), 0 gaps",
        "baseline.error_rate",
        "noise.per_arm                             0  not identified: one version is recorded",
        "requests recorded ",
        "         fitted   ",
        "ok             gaps: 0 % of the ticks are gaps.",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn what_a_record_does_not_tell_is_said() {
    // Less than a day, one version, requests that do not vary, no latency.
    let config = world(
        r#""traffic": { "requests_per_second": 50 },
           "baseline": { "error_rate": 0.01, "error_clump": 3 }"#,
    );
    let short = simulated(&config, 0.0, 600, &[], 0, 4).unwrap();
    let fit = fitted(&short);
    check_unknown(&fit, "traffic.daily_swing.amplitude", "shorter than a day");
    check_unknown(&fit, "baseline.error_clump", "vary too little to tell clumps from noise");
    check_unknown(&fit, "noise.common", "one version is recorded");
    check_unknown(&fit, "noise.per_arm", "vary too little");
    check_unknown(&fit, "baseline.latency_ms.p99", "no quantiles");
    assert!(fit.parameter("incidents.error_ratio").is_none());
    // The excess is taken as clumps, unless the options say otherwise.
    assert!((fit.world.baseline.error_clump - 3.0).abs() < 0.6, "{:?}", fit.world);
    assert!(fit.world.baseline.latency_ms.is_none());
    let common = Options { excess: Some(Excess::Common), ..Options::default() };
    let common = canary_rollout::fit::fit(&short, &common);
    let common = common.unwrap().world;
    // (2c − 1 − 1)/m is the square of its coefficient of variation.
    assert!((common.noise.common - (4.0f64 / 30.0).sqrt()).abs() < 0.1, "{common:?}");
    assert_eq!(common.baseline.error_clump, 1.0);
}

#[test]
fn no_errors_and_no_counts_of_errors() {
    let requests: Vec<f64> = (0..100).map(|step| f64::from(900 + step % 7)).collect();
    let fit = fitted(&counts(60, requests.clone(), vec![0.0; 100]));
    let rate = fit.parameter("baseline.error_rate").unwrap();
    // None of so many requests failed, with a probability of 2.5 %.
    let total: f64 = requests.iter().sum();
    assert_eq!(rate.value, Some(0.0));
    assert!((rate.high.unwrap() * total - 3.689).abs() < 1e-3, "{rate:?}");
    let fit = fitted(&counts(60, requests, vec![f64::NAN; 100]));
    check_unknown(&fit, "baseline.error_rate", "no errors are recorded");
    assert_eq!(fit.world.baseline.error_rate, None);
    // What is not known stays as it is.
    let config = world(r#""baseline": { "error_rate": 0.03 }"#);
    assert_eq!(fit.config(&config).unwrap().world().baseline.error_rate, 0.03);
}

#[test]
fn gaps_and_fractions_are_no_matter() {
    let config = world(SERVICE);
    let whole = record(&config, 0.0, 3 * DAY, 5);
    let arm = whole.arm(Arm::Baseline).unwrap();
    let gap = |step: usize| step % 11 == 3 || (2_000..2_100).contains(&step);
    let some = |column: &[f64], scale: f64| {
        let value = |(step, x): (usize, &f64)| if gap(step) { f64::NAN } else { x * scale };
        column.iter().enumerate().map(value).collect::<Vec<f64>>()
    };
    // As extrapolation makes them.
    let requests = some(&arm.requests, 1.0034);
    let errors = some(&arm.errors, 1.0034);
    let fit = fitted(&counts(60, requests, errors));
    let truth = [
        ("traffic.requests_per_second", 40.0 * 1.0034),
        ("traffic.daily_swing.amplitude", 0.5),
        ("baseline.error_rate", 0.004),
    ];
    check_holds(&fit, &truth);
    check_grade(&fit, "gaps", Grade::Doubtful, "% of the ticks are gaps");
    assert!(fit.picture.iter().all(|bucket| bucket.requests_per_second.fitted > 0.0));
}

#[test]
fn another_tick() {
    let config = world(SERVICE);
    let record = record(&config, 0.0, 4 * DAY, 6);
    let at = |tick_seconds| {
        let options = Options { tick_seconds: Some(tick_seconds), ..Options::default() };
        canary_rollout::fit::fit(&record, &options).unwrap().world
    };
    let (same, long, short) = (at(60), at(300), at(30));
    assert_eq!((same.tick_seconds, long.tick_seconds, short.tick_seconds), (60, 300, 30));
    // A sum of five independent factors varies by 1/√5 of one.
    let near = |a: f64, b: f64| (a / b - 1.0).abs() < 0.1;
    assert!(near(long.traffic.burstiness, same.traffic.burstiness / 5.0f64.sqrt()), "{long:?}");
    assert!(near(short.traffic.burstiness, same.traffic.burstiness * 2.0f64.sqrt()), "{short:?}");
    assert!(near(long.traffic.requests_per_second, same.traffic.requests_per_second));
    let incidents = [&same, &long, &short].map(|world| world.incidents.clone().unwrap());
    assert!(near(incidents[2].chance_per_tick, incidents[0].chance_per_tick / 2.0));
    let [same, _, short] = &incidents;
    assert!(short.duration_ticks.abs_diff(2 * same.duration_ticks) <= 1, "{incidents:?}");
    assert!((3..=5).contains(&incidents[1].duration_ticks), "{incidents:?}");
}

#[test]
fn a_rollout_may_start_at_another_time_of_day() {
    let config = world(SERVICE);
    let record = simulated(&config, 0.0, 2 * DAY, &[], 1_700_000_000, 7).unwrap();
    let at = |rollout_start| {
        let options = Options { rollout_start, ..Options::default() };
        let world = canary_rollout::fit::fit(&record, &options).unwrap().world;
        i64::from(world.traffic.daily_swing.unwrap().peak_seconds)
    };
    let peak = at(None);
    assert!((peak - 50_000).abs() < 1_000, "{peak}");
    assert_eq!(at(Some(1_700_000_000 + 20_000)), peak - 20_000);
    assert_eq!(at(Some(1_700_000_000 + 60_000)), peak - 60_000 + 86_400);
}

#[test]
fn a_service_of_another_kind_is_not_described() {
    let mut words = Words::new(8);
    let mut unit = || words.next() as f64 / u64::MAX as f64;
    // A load that follows from the one before.
    let mut level = 0.0;
    let wandering = (0..2_000).map(|_| {
        level = 0.95 * level + unit() - 0.5;
        (1_000.0 * (1.0 + 0.1 * level)).round()
    });
    let fit = fitted(&counts(60, wandering.collect(), vec![0.0; 2_000]));
    let name = "load, tick to tick";
    check_grade(
        &fit,
        name,
        Grade::NotDescribed,
        "This model does not describe your service, because the load is not independent",
    );
    assert_eq!(fit.grade(), Grade::NotDescribed);

    // Weekends of half the load, by hours.
    let hour = |hour: usize| if hour / 24 % 7 >= 5 { 5_000.0 } else { 10_000.0 };
    let week: Vec<f64> = (0..24 * 28).map(hour).collect();
    let fit = fitted(&counts(3_600, week, vec![0.0; 24 * 28]));
    check_grade(&fit, "shape of the week", Grade::NotDescribed, "the days of the week differ");

    // Requests of a generator that waits.
    let fit = fitted(&counts(60, vec![500.0; 500], vec![0.0; 500]));
    check_grade(&fit, "load, at least Poisson", Grade::NotDescribed, "vary less than Poisson");

    // Errors that come with the load.
    let load: Vec<f64> = (0..2_000).map(|step| 1_000.0 + f64::from(step % 60) * 20.0).collect();
    let errors: Vec<f64> =
        load.iter().map(|n| ((n - 900.0) * 0.05 * (0.9 + 0.2 * unit())).round()).collect();
    let fit = fitted(&counts(60, load, errors));
    check_grade(&fit, "error rate and load", Grade::NotDescribed, "rises by");
}

#[test]
fn a_canary_that_is_not_healthy_is_said() {
    let text = format!(r#"{SERVICE}, "canary": {{ "error_ratio": 3 }}"#);
    let fit = fitted(&record(&world(&text), 0.5, DAY, 9));
    check_holds(&fit, &[("baseline.error_rate", 0.004)]);
    check_grade(&fit, "versions alike", Grade::NotDescribed, "this is no healthy release");
}

#[test]
fn latency_that_is_not_log_normal_is_said() {
    let constant = |q: f64, ms: f64| Quantile { q, ms: vec![ms; 100] };
    let latency = vec![constant(0.5, 80.0), constant(0.9, 90.0), constant(0.99, 2_000.0)];
    let arm = ArmRecord { requests: vec![1_000.0; 100], errors: vec![f64::NAN; 100], latency };
    let fit = fitted(&Record::new(0, 60, arm, None).unwrap());
    check_grade(&fit, "latency, log-normal", Grade::NotDescribed, "latency is not log-normal");
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let check = |record: &Record, options: &Options, message: &str| {
        assert_eq!(fit(record, options).unwrap_err(), message);
    };
    let few = counts(60, vec![100.0; 29], vec![0.0; 29]);
    let none = Options::default();
    check(&few, &none, "expected at least 30 ticks of 60 s with requests, found 29");
    let tick = |tick_seconds| Options { tick_seconds: Some(tick_seconds), ..Options::default() };
    check(&few, &tick(0), "tick_seconds: expected 1 to 86,400, found 0");
    check(&few, &tick(86_401), "tick_seconds: expected 1 to 86,400, found 86,401");
    let empty = counts(60, vec![0.0; 50], vec![0.0; 50]);
    check(&empty, &none, "expected requests, found none in the whole record");
    let huge = counts(60, vec![1e9; 50], vec![0.0; 50]);
    let message = "expected at most 100,000,000 requests in a tick, found 1,000,002,000: a shorter tick has fewer";
    check(&huge, &none, message);
    let config = world(SERVICE);
    assert!(simulated(&config, 1.5, 10, &[], 0, 0).unwrap_err().contains("a share from 0 to 1"));
    assert!(simulated(&config, 0.0, 10, &[1.0], 0, 0).unwrap_err().contains("quantile in (0, 1)"));
    assert!(simulated(&config, 0.0, 0, &[], 0, 0).unwrap_err().contains("1 to 5000000 steps"));
}

/// Whatever the counts are, a fit is a valid world or a sentence.
#[test]
fn odd_records_make_no_odd_worlds() {
    let mut words = Words::new(10);
    let config = world(r#""baseline": { "error_rate": 0.01 }"#);
    for case in 0..150 {
        let mut below = |n: u64| words.next() % n;
        let steps = 1 + below(120) as usize;
        let step = [1, 60, 300, 3_600, 86_400, 1_000_000][below(6) as usize];
        let scale = pow(10.0, below(9) as f64 - 2.0);
        let kind = below(5);
        let mut column = || -> (Vec<f64>, Vec<f64>) {
            let one = |_| match below(10) {
                0 => (f64::NAN, f64::NAN),
                1 => (0.0, 0.0),
                _ => {
                    let n = below(1_000) as f64 * scale;
                    let n = if kind == 0 { n * n } else { n };
                    let share = below(1_000) as f64 / 999.0;
                    (n, n * if kind == 1 { 1.0 } else { pow(share, kind as f64) })
                }
            };
            (0..steps).map(one).unzip()
        };
        let arm = |(requests, errors): (Vec<f64>, Vec<f64>), ms: f64| {
            let latency = [0.5, 0.9, 0.99].map(|q| Quantile { q, ms: vec![ms * (1.0 + q); steps] });
            ArmRecord { requests, errors, latency: latency.to_vec() }
        };
        let baseline = arm(column(), pow(10.0, f64::from(case % 12) - 4.0));
        let canary = (case % 3 == 0).then(|| arm(column(), 5.0));
        let record = Record::new(-5, step, baseline, canary).unwrap();
        for options in
            [Options::default(), Options { tick_seconds: Some(90), ..Options::default() }]
        {
            if let Ok(fit) = fit(&record, &options) {
                if let Err(error) = fit.config(&config) {
                    panic!("case {case}: {error}\n{}", fit.world_text());
                }
                let numbers = fit.parameters.iter().flat_map(|one| [one.value, one.low, one.high]);
                assert!(numbers.flatten().all(f64::is_finite), "case {case}: {:?}", fit.parameters);
                assert!(!fit_text(&fit).contains("NaN"), "case {case}");
            }
        }
    }
}

/// A world has latencies up to a minute, those of incidents too.
#[test]
fn the_latency_of_incidents_is_one_that_a_world_can_have() {
    let config = world(
        r#""traffic": { "requests_per_second": 40 },
           "incidents": { "chance_per_tick": 0.005, "duration_ticks": 10, "error_ratio": 20,
                          "latency_ratio": 60 },
           "baseline": { "error_rate": 0.01, "latency_ms": { "p50": 100, "p99": 1000 } }"#,
    );
    for seed in 0..12 {
        let fit = fitted(&record(&config, 0.0, DAY, seed));
        assert!(fit.record.incidents > 0, "seed {seed}");
        assert!(fit.config(&config).is_ok(), "seed {seed}: {}", fit.world_text());
    }
}

/// Incidents of which both ends of the record cut one off last as long as is seen of them.
#[test]
fn incidents_that_are_cut_off_have_the_length_that_is_seen() {
    let errors = |tick: usize| if (30..330).contains(&tick) { 10.0 } else { 200.0 };
    let record = counts(60, vec![1_000.0; 360], (0..360).map(errors).collect());
    let fit = fitted(&record);
    assert_eq!(fit.record.incidents, 2);
    let incidents = fit.world.incidents.as_ref().unwrap();
    // Two runs of 30 ticks, of which a part is by starts during an incident.
    assert!((27..=30).contains(&incidents.duration_ticks), "{incidents:?}");
    check_unknown(&fit, "incidents.duration_ticks", "fewer than two whole incidents");
}

/// Hours of the day in which nothing is recorded do not make the others more alike: the
/// load is 20 % off its mean in each recorded hour.
#[test]
fn the_shape_of_office_hours_is_that_of_the_recorded_hours() {
    let of = |is_recorded: &dyn Fn(usize) -> bool| {
        let load = |tick: usize| {
            let hour = tick / 60 % 24;
            let requests = if hour.is_multiple_of(2) { 1_000.0 } else { 1_500.0 };
            // Neighbouring ticks differ a little, as counts do.
            if is_recorded(hour) { requests + (tick % 7) as f64 } else { f64::NAN }
        };
        let requests: Vec<f64> = (0..4 * DAY as usize).map(load).collect();
        let errors = requests.iter().map(|requests| (requests * 0.01).round()).collect();
        let fit = fitted(&counts(60, requests, errors));
        fit.findings.iter().find(|one| one.name == "shape of the day").unwrap().statistic
    };
    let (all, office) = (of(&|_| true), of(&|hour| (8..18).contains(&hour)));
    assert!((all - 0.2).abs() < 0.01, "{all}");
    assert!((office - 0.2).abs() < 0.03, "{office}");
}
