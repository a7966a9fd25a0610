//! The requirements of a study: how they are read, on every figure, if runs wait for a
//! person, if a release is bad only at first; how often they are answered wrongly and after
//! how many runs. And the output of sweeps.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::math::{exp, pow};
use canary_rollout::stats::intervals::clopper_pearson;
use canary_rollout::stats::share_sequence::{Side, side_of};
use canary_rollout::study::{Fulfilment, Requirement, RequirementReport, Study, StudyReport};
use canary_rollout::text::{study_csv, study_text};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};

#[track_caller]
fn study(config: &Value, options: Value) -> StudyReport {
    let mut study = Study::from_text(&config.to_string(), &options.to_string()).unwrap();
    study.advance(u64::MAX);
    study.report()
}

/// A manual pause after the first of two stages.
fn gated(limit: f64) -> Value {
    json!({
        "traffic": { "requests_per_second": 10 }, "canary": { "error_ratio": 2 },
        "stages": [{ "traffic_pct": 10, "duration_ticks": 2, "pause": "manual" },
                   { "traffic_pct": 20, "duration_ticks": 2 }],
        "rules": [{ "rule": "error_rate", "max": limit }],
    })
}

/// A study that ends when the requirements are certain.
#[track_caller]
fn gate(config: &Value, options: Value, requirements: &[&str], epsilon: f64) -> StudyReport {
    let mut study = Study::from_text(&config.to_string(), &options.to_string()).unwrap();
    for requirement in requirements {
        study.require(&Requirement::parse(requirement).unwrap(), epsilon).unwrap();
    }
    study.advance(u64::MAX);
    study.report()
}

#[track_caller]
fn answer(config: &Value, runs: u64, requirement: &str) -> RequirementReport {
    gate(config, json!({ "runs": runs }), &[requirement], 0.001).requirements.remove(0)
}

/// Here every run that is not rolled back waits for a person.
#[test]
fn a_gate_is_undecided_if_waiting_runs_could_change_it() {
    use Fulfilment::{Failed, Met, Undecided};
    let never = study(&gated(0.9), json!({ "runs": 1_000 }));
    let some = study(&gated(0.02), json!({ "runs": 1_000 }));
    assert_eq!(never.healthy.p_waiting.estimate, 1.0);
    let (thrown_away, caught) =
        (some.healthy.p_rollback.estimate, some.release.as_ref().unwrap().p_caught.estimate);
    assert!((0.05..0.2).contains(&thrown_away) && (0.3..0.7).contains(&caught));
    for (limit, requirement, expected, depends) in [
        (0.9, "false_rollback<=0.01", Undecided, true),
        (0.9, "missed_regression<=0.01", Undecided, true),
        (0.9, "caught>=0.9", Undecided, true),
        (0.9, "caught>=0", Met, false),
        (0.9, "false_rollback<=1", Met, false),
        (0.9, "waiting<=0.1", Failed, false),
        (0.9, "waiting>=0.9", Met, false),
        // What a run has served when it waits is the least that it will.
        (0.9, "duration_ticks.p95<=1", Failed, false),
        (0.9, "duration_ticks.p95>=2", Met, false),
        (0.9, "duration_ticks.p95<=2", Undecided, true),
        (0.9, "duration_ticks>=2.5", Undecided, true),
        (0.9, "rollback(stage=1)<=0.01", Undecided, true),
        (0.9, "rollback(stage=2)<=0.01", Undecided, true),
        (0.9, "caught - rollback(release=healthy)>=0.1", Undecided, true),
        (0.02, "false_rollback<=0.03", Failed, false),
        (0.02, "false_rollback<=0.9", Undecided, true),
        (0.02, "waiting(release=healthy)>=0.7", Met, false),
        (0.02, "caught>=0.2", Met, false),
        (0.02, "caught>=0.9", Undecided, true),
        (0.02, "caught<=0.2", Failed, false),
        (0.02, "missed_regression<=0.1", Undecided, true),
        (0.02, "rollback - rollback(release=healthy)>=0.8", Undecided, true),
        (0.0, "false_rollback<=0.5", Failed, false),
    ] {
        let held = answer(&gated(limit), 20_000, requirement);
        assert_eq!(held.fulfilment, expected, "{held}");
        assert_eq!(held.depends_on_waiting, depends, "{held}");
        // That it depends is certain after a few runs, too.
        assert!(held.runs < 20_000, "{held}");
        let told = held.to_string();
        let waits = told.ends_with(" runs wait for a person");
        assert_eq!(waits, held.waiting_runs > 0, "{told}");
    }
}

/// Rolling back a release with a cold start counts as a false rollback.
#[test]
fn the_gate_counts_a_release_that_is_bad_only_at_first() {
    let cold = json!({
        "canary": { "error_ratio": 6, "error_arrival": { "cold_start": { "half_life_ticks": 2 } } },
        "stages": [{ "traffic_pct": 10, "duration_ticks": 3 }], "error_rate_threshold": 0.02,
    });
    let report = study(&cold, json!({ "runs": 500 }));
    let held = answer(&cold, 500, "false_rollback<=0.05");
    assert_eq!(held.fulfilment, Fulfilment::Failed);
    assert!(held.found.low > 0.05 && report.false_rollback.low > 0.05, "{held}");
    assert!(report.healthy.p_rollback.high < 0.05);
    let on_healthy = answer(&cold, 5_000, "false_rollback(release=healthy)<=0.05");
    assert_eq!(on_healthy.fulfilment, Fulfilment::Met, "{on_healthy}");
    // The worse of the two probabilities decides.
    let warm = json!({ "canary": { "error_ratio": 0.1 }, "stages": [{ "traffic_pct": 10, "duration_ticks": 3 }],
                       "rules": [{ "rule": "error_rate", "max": 0.009 }] });
    let report = study(&warm, json!({ "runs": 500 }));
    assert!(report.false_rollback.estimate < 0.01 && report.healthy.p_rollback.estimate > 0.5);
    let held = answer(&warm, 500, "false_rollback<=0.05");
    assert_eq!(held.fulfilment, Fulfilment::Failed);
    // Both must be met.
    let fine =
        json!({ "canary": { "error_ratio": 0.1 }, "stages": [{ "traffic_pct": 10 }], "rules": [] });
    let held = answer(&fine, 5_000, "false_rollback<=0.05");
    assert_eq!((held.fulfilment, held.found.estimate), (Fulfilment::Met, 0.0));
}

/// Words of 64 bits of a seeded stream.
pub struct Draws(ChaCha8Rng);

impl Draws {
    pub fn new(seed: u64) -> Self {
        Draws(ChaCha8Rng::seed_from_u64(seed))
    }

    fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Draws events until their probability is certainly on one side of the bound; looks at
/// the same numbers of runs as a study does.
pub fn decided(
    draws: &mut Draws,
    p: f64,
    bound: f64,
    epsilon: f64,
    most: u64,
) -> Option<(Side, u64)> {
    let (mut events, mut next) = (0, 1);
    for runs in 1..=most {
        events += u64::from(draws.uniform() < p);
        if runs == next {
            next = runs + 1 + runs / 64;
            if let Some(side) = side_of(events, runs, bound, epsilon) {
                return Some((side, runs));
            }
        }
    }
    None
}

/// If each were wrong with 0.01, more than 12 of 400 would be with 0.0003.
#[test]
fn of_400_questions_with_known_answers_few_are_wrong() {
    const QUESTIONS: u64 = 400;
    const MOST: u64 = 60_000;
    let (mut wrong, mut open) = (0, 0);
    for i in 0..QUESTIONS {
        let ratio = 0.2 * pow(25.0, i as f64 / (QUESTIONS - 1) as f64);
        let bound = [0.01, 0.02, 0.05, 0.1][i as usize % 4];
        let truth = if ratio < 1.0 { Side::Below } else { Side::Above };
        match decided(&mut Draws::new(i), ratio * bound, bound, 0.01, MOST) {
            Some((side, _)) => wrong += u64::from(side != truth),
            None => {
                assert!((0.8..1.25).contains(&ratio), "{ratio} of {bound} is not decided");
                open += 1;
            }
        }
    }
    println!("{wrong} wrong, {open} open");
    assert!(wrong <= 12 && open <= 60, "{wrong} wrong, {open} open");
}

/// Errors in one tick are Poisson with mean 0.2, so P(false rollback) = 1 − exp(−0.2).
fn known() -> Value {
    json!({
        "traffic": { "requests_per_second": 10 }, "tick_seconds": 10,
        "baseline": { "error_rate": 0.004 },
        "stages": [{ "traffic_pct": 50, "duration_ticks": 1 }],
        "rules": [{ "rule": "error_count", "max": 0, "look": "stage_end", "window": "stage" }],
    })
}

/// Real studies. Each answer is wrong with 0.001, so the test is with 0.06 at most if the
/// promise is kept exactly; the seeds are fixed.
#[test]
fn studies_answer_what_is_known() {
    let p = 1.0 - exp(-0.2);
    for (i, ratio) in [0.2, 0.4, 0.7, 1.0 / 1.2, 1.2, 1.5, 2.5, 5.0].into_iter().enumerate() {
        let bound = p / ratio;
        let options = json!({ "runs": 100_000, "seed": 1_000_000 * i });
        let texts = [
            format!("false_rollback<={bound}"),
            format!("false_rollback>={bound}"),
            format!("rollback<={bound}"),
            format!("completed>={}", 1.0 - bound),
        ];
        for text in texts {
            let held = gate(&known(), options.clone(), &[&text], 0.001).requirements.remove(0);
            let is_met = (ratio < 1.0) != text.starts_with("false_rollback>=");
            let expected = if is_met { Fulfilment::Met } else { Fulfilment::Failed };
            assert_eq!(held.fulfilment, expected, "{ratio}: {held}");
            assert!(
                held.found.low <= p.max(1.0 - p) && held.found.high >= p.min(1.0 - p),
                "{held}"
            );
        }
    }
}

/// The answer, its number of runs and the whole report are the same for chunks of any
/// size, and those of a study of as many runs.
#[test]
fn chunks_change_nothing() {
    let requirements = [
        "false_rollback<=0.15",
        "excess_errors.p90<=30",
        "duration_ticks<=1",
        "false_rollback - false_rollback(policy=never)<=0.5",
    ];
    let never = json!([{ "name": "never", "policy": { "rules": [] } }]);
    let options = json!({ "runs": 50_000, "policies": never });
    let whole = gate(&known(), options.clone(), &requirements, 0.001);
    assert!(!whole.partial && whole.runs < 50_000 && whole.runs == whole.requested_runs);
    assert_eq!(whole.requirements.iter().map(|one| one.runs).max(), Some(whole.runs));
    for chunk in [1, 7, 1_000] {
        let mut study = Study::from_text(&known().to_string(), &options.to_string()).unwrap();
        for requirement in requirements {
            study.require(&Requirement::parse(requirement).unwrap(), 0.001).unwrap();
        }
        while !study.is_finished() {
            study.advance(chunk);
        }
        assert_eq!(study.report(), whole);
    }
    let mut plain = study(&known(), json!({ "runs": whole.runs, "policies": never }));
    plain.requirements = whole.requirements.clone();
    assert_eq!(plain, whole);
}

/// What a study finds and what is required of it, on each of its figures.
#[test]
fn every_figure_can_be_required() {
    use Fulfilment::{Failed, Met};
    let config = json!({
        "traffic": { "requests_per_second": 50 }, "canary": { "error_ratio": 3 },
        "stages": [{ "traffic_pct": 10, "duration_ticks": 5 }, { "traffic_pct": 50, "duration_ticks": 5 }],
        "rules": [{ "rule": "error_rate_ratio", "max": 2, "min_errors": 10, "look": "every_tick" }],
    });
    let stricter = json!({ "rules": [{ "rule": "error_rate_ratio", "max": 1.2, "min_errors": 10,
                                       "look": "every_tick" }] });
    let policies = json!([{ "name": "a, (b)", "policy": stricter }]);
    let report = study(&config, json!({ "runs": 4_000, "policies": policies }));
    let release = report.release.as_ref().unwrap();
    let p95 = |of: &Option<canary_rollout::study::Distribution>| of.unwrap().p95;
    let mean = |of: &Option<canary_rollout::study::Distribution>| of.unwrap().mean;
    let above = |x: f64| x + 0.3 * x.abs() + 0.05;
    let below = |x: f64| x - 0.3 * x.abs() - 0.05;
    let other = r#"policy="a, (b)""#;
    let mut rows: Vec<(String, Fulfilment)> = Vec::new();
    let mut both = |figure: &str, found: f64| {
        rows.push((format!("{figure} <= {}", above(found)), Met));
        rows.push((format!("{figure} <= {}", below(found)), Failed));
        rows.push((format!("{figure} >= {}", above(found)), Failed));
        rows.push((format!("{figure} >= {}", below(found)), Met));
    };
    both("excess_errors.p95", p95(&release.excess_errors));
    both("excess_errors(release=healthy).p95", p95(&report.healthy.excess_errors));
    both("exposed_requests.p95", p95(&release.exposed_requests));
    both("exposed.mean(release=healthy)", mean(&report.healthy.exposed_requests));
    both("exposed", mean(&release.exposed_requests));
    both("ticks.p95", p95(&release.duration_ticks));
    both("duration_ticks", mean(&release.duration_ticks));
    both("ticks_to_rollback.p95", p95(&release.ticks_to_rollback));
    both("ticks_to_rollback.mean", mean(&release.ticks_to_rollback));
    let comparison = &report.policies[0];
    let gained = comparison.healthy_difference.p_rollback.estimate;
    assert!(gained > 0.1);
    both(&format!("false_rollback({other}) - false_rollback"), gained);
    both(&format!("false_rollback - false_rollback({other})"), -gained);
    both(
        &format!("duration_ticks(release=healthy) - duration_ticks({other}, release=healthy)"),
        mean(&report.healthy.duration_ticks) - mean(&comparison.healthy.duration_ticks),
    );
    for (text, expected) in [
        ("caught >= 0.5", Met),
        ("missed_regression <= 0.5", Met),
        ("rolled_back_too_soon <= 0.1", Met),
        ("rollback(release=healthy, stage=1) <= 0.9", Met),
        ("rollback(stage=2) <= 0.9", Met),
        ("completed(release=healthy) >= 0.01", Met),
        ("waiting <= 0.1", Met),
        ("caught - rollback <= 0.1", Met),
    ] {
        rows.push((text.to_string(), expected));
    }
    let differs = format!("(excess_errors - excess_errors({other}))");
    rows.push((format!("{differs}.p99 >= 0"), Met));
    rows.push((format!("{differs}.p50 <= 1e6"), Met));
    rows.push((format!("{differs}.p50 <= -1e6"), Failed));
    let texts: Vec<&str> = rows.iter().map(|(text, _)| text.as_str()).collect();
    let options = json!({ "runs": 100_000, "seed": 50_000, "policies": policies });
    let gate = gate(&config, options, &texts, 1e-4);
    for ((text, expected), held) in rows.iter().zip(&gate.requirements) {
        assert_eq!((&held.requirement, held.fulfilment), (text, *expected), "{held}");
        assert_eq!(held.distance > 0.0, *expected == Failed, "{held}");
        assert!(held.found.low <= held.found.estimate && held.found.estimate <= held.found.high);
    }
    // 4,000 runs and the first runs of the gate find the same quantile, roughly.
    let quantile = gate.requirements[0].quantile.unwrap();
    assert_eq!((quantile.percent, quantile.bound), (95.0, above(p95(&release.excess_errors))));
    let found = quantile.estimate.unwrap() / p95(&release.excess_errors);
    assert!((0.5..2.0).contains(&found), "{found}");
}

/// A limit of runs leaves it open.
#[test]
fn the_bound_itself_is_never_decided() {
    let p = 1.0 - exp(-0.2);
    let held = answer(&known(), 3_000, &format!("false_rollback<={p}"));
    assert_eq!((held.fulfilment, held.runs, held.waiting_runs), (Fulfilment::Undecided, 3_000, 0));
    assert!(!held.depends_on_waiting);
    assert!(held.to_string().ends_with(", more runs are needed"), "{held}");
}

#[test]
fn requirements_are_read() {
    let names = "false_rollback, missed_regression, caught, rolled_back_too_soon, rollback, completed, \
                 waiting, ticks_to_rollback, excess_errors, exposed_requests, duration_ticks, exposed, ticks";
    let any = "FIGURE<=BOUND or FIGURE>=BOUND, such as false_rollback<=0.05";
    let figure = |name: &str, meant: &str| format!("a figure, one of {names}, not {name:?}{meant}");
    for (text, expected) in [
        ("", any.to_string()),
        ("false_rollback", any.to_string()),
        ("false_rollback<0.05", any.to_string()),
        ("caught=>1", any.to_string()),
        ("fly<=0.05", figure("fly", "")),
        ("<=0.05", figure("", "")),
        ("false_rolback<=0.05", figure("false_rolback", "; did you mean false_rollback?")),
        ("FALSE_ROLLBACK<=0.05", figure("FALSE_ROLLBACK", "")),
        ("false_rollback<=5", "a probability from 0 to 1 after <=, not 5".into()),
        ("false_rollback<=-0.1", "a probability from 0 to 1 after <=, not -0.1".into()),
        ("false_rollback<=nan", "a number after <=, not \"nan\"".into()),
        ("caught>=5%", "a number after >=, not \"5%\"".into()),
        ("caught>=", "a number after >=, not \"\"".into()),
        ("caught - rollback<=2", "a difference of probabilities from -1 to 1 after <=, not 2".into()),
        ("missed_regression(error_ratio<=0.1", "a closing parenthesis".into()),
        ("caught(policy=\"a)<=0.1", "a closing quote".into()),
        (
            "missed_regression(error_ratio)<=0.1",
            "FIELD=NUMBER, policy=NAME, release=healthy or stage=NUMBER in the parentheses, not \"error_ratio\"".into(),
        ),
        (
            "caught()<=0.1",
            "FIELD=NUMBER, policy=NAME, release=healthy or stage=NUMBER in the parentheses, not \"\"".into(),
        ),
        ("missed_regression(error_ratio=x)<=0.1", "a number after error_ratio=, not \"x\"".into()),
        ("missed_regression(error_ratio=inf)<=0.1", "a number after error_ratio=, not \"inf\"".into()),
        ("caught(release=bad)<=0.1", "release=healthy, not release=\"bad\"".into()),
        ("caught(release=healthy)<=0.1", "no release=healthy, because caught is of a bad release".into()),
        ("caught(stage=1)<=0.1", "stage= with rollback, not with caught".into()),
        ("rollback(stage=0)<=0.1", "the number of a stage, from 1, after stage=, not \"0\"".into()),
        ("rollback(policy=)<=0.1", "the name of one policy after policy=".into()),
        ("caught.p95<=0.1", "a probability without mean or quantile".into()),
        ("caught.mean<=0.1", "a probability without mean or quantile".into()),
        ("ticks.p100<=1", "mean or a quantile such as p95 or p99.9, not \"p100\"".into()),
        ("ticks.p0<=1", "mean or a quantile such as p95 or p99.9, not \"p0\"".into()),
        ("ticks.max<=1", "mean or a quantile such as p95 or p99.9, not \"max\"".into()),
        ("ticks.p5(error_ratio=2).p6<=1", "one of mean and quantiles, not two".into()),
        ("ticks(error_ratio=2)p6<=1", "the end of the figure or .p95, not \"p6\"".into()),
        (
            "excess_errors<=5",
            "a quantile such as excess_errors.p95, because one run may have any number of excess errors, \
             so no number of runs bounds their mean".into(),
        ),
        (
            "excess_errors - excess_errors(policy=b)<=5",
            "a quantile such as (excess_errors - excess_errors(policy=NAME)).p95, because one run may have any \
             number of excess errors, so no number of runs bounds their mean".into(),
        ),
        (
            "excess_errors.p95 - excess_errors.p95(policy=b)<=5",
            "the quantile of a difference in the same runs, such as (excess_errors - \
             excess_errors(policy=NAME)).p95".into(),
        ),
        ("caught - rollback - waiting<=0", "one figure, or a difference of two".into()),
        ("caught - ticks<=0", "a difference of two probabilities or of two numbers".into()),
        (
            "ticks - ticks_to_rollback<=0",
            "a difference of figures that every run has; ticks_to_rollback is of the runs that are caught".into(),
        ),
        (
            "caught(error_ratio=2) - caught(error_ratio=3)<=0",
            "the same FIELD=NUMBER on both sides of a difference, or on the left only".into(),
        ),
        ("(ticks).p95<=0", "a difference in the first parentheses".into()),
        ("(ticks - ticks)<=0", "a quantile such as .p95 after \"(ticks - ticks)\"".into()),
        ("(ticks - ticks<=0", "a closing parenthesis".into()),
    ] {
        let message = match Requirement::parse(text) {
            Ok(requirement) => panic!("{requirement:?}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(message, format!("require: found {text:?}, expected {expected}"));
    }
    let read = Requirement::parse(
        " missed_regression( error_ratio = 2, stages[0].traffic_pct=5 ) <= 0.01 ",
    )
    .unwrap();
    let changes =
        [("canary.error_ratio".to_string(), 2.0), ("stages[0].traffic_pct".to_string(), 5.0)];
    assert_eq!(read.changes(), changes);
    let read =
        Requirement::parse("caught(policy=a-b.json)-caught(policy=\"c, (d)<=1.json\")>=-0.5")
            .unwrap();
    assert_eq!(read.policies().collect::<Vec<_>>(), ["a-b.json", "c, (d)<=1.json"]);
    for text in [
        "excess_errors.p99.9(error_ratio=5)<=50",
        "excess_errors(error_ratio=5).p99.9<=50",
        "ticks<=-3",
    ] {
        Requirement::parse(text).unwrap();
    }
}

/// No text makes the reader panic or hang.
#[test]
fn any_text_is_read_or_refused() {
    const PIECES: [&str; 24] = [
        "caught",
        "ticks",
        "excess_errors",
        "(",
        ")",
        "=",
        "<=",
        ">=",
        "-",
        ".",
        "p95",
        ".p99.9",
        "policy=",
        "\"",
        ",",
        "error_ratio=2",
        "release=healthy",
        "stage=1",
        "0.5",
        "é",
        " ",
        "mean",
        "|",
        "1e400",
    ];
    let mut draws = Draws::new(5);
    let mut read = 0;
    for _ in 0..20_000 {
        let pieces = 1 + (draws.uniform() * 12.0) as usize;
        let text: String = (0..pieces).map(|_| PIECES[(draws.uniform() * 24.0) as usize]).collect();
        match Requirement::parse(&text) {
            Ok(requirement) => {
                assert_eq!(requirement.text(), text);
                read += 1;
            }
            Err(error) => assert!(error.message.contains(", expected "), "{error}"),
        }
    }
    assert!(read > 0);
}

/// What a requirement asks and a study does not have is refused before the first run.
#[test]
fn a_study_refuses_what_it_cannot_answer() {
    let healthy = json!({ "stages": [{ "traffic_pct": 10 }, { "traffic_pct": 20 }], "rules": [] });
    let bursts =
        json!({ "traffic": { "burstiness": 0.5 }, "stages": [{ "traffic_pct": 10 }], "rules": [] });
    for (config, text, expected) in [
        (&healthy, "caught>=0.9", "the release is healthy, expected a bad one"),
        (&healthy, "ticks_to_rollback.p95<=9", "the release is healthy, expected a bad one"),
        (&healthy, "rolled_back_too_soon<=0.9", "the release is healthy, expected a bad one"),
        (&healthy, "rollback(stage=3)<=0.9", "the policy has no stage 3, expected 1 to 2"),
        (
            &healthy,
            "waiting(policy=b.json)<=0.9",
            "expected one of the study’s policies, not \"b.json\"",
        ),
        (
            &bursts,
            "exposed_requests<=100",
            "expected a quantile such as exposed_requests.p95, because with traffic.burstiness the \
             number of requests has no known limit, so no number of runs bounds their mean",
        ),
    ] {
        let mut study = Study::from_text(&config.to_string(), "{}").unwrap();
        let error = study.require(&Requirement::parse(text).unwrap(), 0.001).unwrap_err();
        assert_eq!(error.to_string(), format!("require: {text}: {expected}"));
    }
    let mut study = Study::from_text(&healthy.to_string(), "{}").unwrap();
    let requirement = Requirement::parse("waiting<=0.1").unwrap();
    for (epsilon, shown) in [(0.0, "0"), (0.6, "0.6"), (f64::NAN, "NaN"), (-1.0, "-1")] {
        let error = study.require(&requirement, epsilon).unwrap_err().to_string();
        let expected =
            format!("error_probability: found {shown}, expected more than 0, at most 0.5");
        assert_eq!(error, expected);
    }
    study.advance(1);
    let error = study.require(&requirement, 0.001).unwrap_err().to_string();
    assert_eq!(error, "require: waiting<=0.1: expected before the first run");
}

/// Every probability in a report has Clopper and Pearson's interval.
#[test]
fn shares_have_an_interval_that_covers() {
    let report = study(&gated(0.02), json!({ "runs": 700 }));
    for case in [&report.healthy, report.release.as_ref().unwrap()] {
        for p in [
            case.p_rollback,
            case.p_completed,
            case.p_waiting,
            case.p_false_rollback,
            case.p_caught,
        ] {
            let interval = clopper_pearson((p.estimate * 700.0).round() as u64, 700, 0.05);
            assert_eq!((p.low, p.high), (interval.low, interval.high));
        }
    }
    // 0 of 700 does not mean a probability of 0.
    assert!((0.005..0.0053).contains(&report.healthy.p_completed.high));
}

/// A sweep of a field that does not belong to the release reports both releases for
/// each value.
#[test]
fn a_sweep_of_a_policy_shows_both_releases() {
    for (field, both) in [
        ("rules[0].max", true),
        ("stages[1].duration_ticks", true),
        ("traffic.requests_per_second", true),
        ("canary.error_ratio", false),
    ] {
        let of_config = gated(0.02);
        let values = if field.starts_with("rules") { [0.01171, 0.01174] } else { [2.0, 3.0] };
        let sweep = json!({ "field": field, "values": values });
        let policies =
            json!([{ "name": "b", "policy": { "rules": [{ "rule": "error_rate", "max": 0.5 }] } }]);
        let options = json!({ "runs": 50, "sweep": sweep, "policies": policies });
        let report = study(&of_config, options);
        let (text, csv) = (study_text(&report), study_csv(&report));
        for (i, point) in report.sweep.as_ref().unwrap().points.iter().enumerate() {
            assert_eq!(point.policies.len(), 2);
            assert_eq!(point.healthy.len(), if both { 2 } else { 0 }, "{field}");
            for (policy, name) in ["", "b"].into_iter().enumerate() {
                let releases = if both { vec!["healthy", "release"] } else { vec!["release"] };
                for release in releases {
                    let start = format!("{name},{release},{field},{},50,", values[i]);
                    let rows = csv.lines().filter(|line| line.starts_with(&start));
                    assert_eq!(rows.count(), 1, "{start}\n{csv}");
                }
                if both {
                    // The same as in a study of the healthy release alone.
                    let mut alone = of_config.clone();
                    alone.as_object_mut().unwrap().remove("canary");
                    let options = json!({ "runs": 50, "sweep": sweep, "policies": policies,
                                          "horizon_ticks": report.horizon_ticks });
                    let alone = study(&alone, options).sweep.unwrap();
                    assert_eq!(point.healthy[policy], alone.points[i].policies[policy]);
                }
            }
            let value = format!("{field} {}", values[i]);
            let rows: Vec<&str> = text.lines().filter(|line| line.contains(&value)).collect();
            assert_eq!(rows.len(), if both { 4 } else { 2 }, "{text}");
            assert!(rows.iter().filter(|row| row.starts_with("b: ")).count() * 2 == rows.len());
        }
    }
}

#[test]
fn text_reports_waiting_runs_and_requirements() {
    let report = gate(&gated(0.9), json!({ "runs": 200 }), &["caught>=0.9"], 0.001);
    let runs = report.runs;
    let text = study_text(&report);
    for part in [
        "waiting",
        "Waiting for a person, undecided: 100 % of healthy releases",
        &format!("caught>=0.9: undecided after {runs} runs, 0.000000 (0.000000 to 1.000000), "),
        &format!("{runs} of {runs} runs wait for a person."),
        "The answer is wrong with a probability of at most 0.001.",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let json: Value = serde_json::from_str(&report.to_json()).unwrap();
    let expected = json!({
        "requirement": "caught>=0.9", "fulfilment": "undecided", "measure": "probability",
        "found": { "estimate": 0.0, "low": 0.0, "high": 1.0 }, "bound": 0.9, "distance": 0.9,
        "runs": runs, "waiting_runs": runs, "depends_on_waiting": true, "error_probability": 0.001,
    });
    assert_eq!(json["requirements"][0], expected);
    let decided =
        study_text(&study(&json!({ "stages": [{ "traffic_pct": 10 }] }), json!({ "runs": 9 })));
    assert!(!decided.contains("Waiting for a person") && !decided.contains("answer"), "{decided}");
}

/// Thousands are formatted alike everywhere, and a probability near 1 is not shown
/// as certain.
#[test]
fn amounts_are_written_in_one_way() {
    let of_config = json!({
        "traffic": { "requests_per_second": 1_000 }, "canary": { "error_ratio": 2 },
        "stages": [{ "traffic_pct": 99, "duration_ticks": 64 }], "rules": [],
    });
    let text = study_text(&study(&of_config, json!({ "runs": 200 })));
    let row = text.lines().find(|line| line.starts_with("the release")).unwrap();
    let harm: Vec<&str> = row.split("  ").filter(|cell| cell.contains('≤')).collect();
    let (mean, p95) = harm[0].trim().split_once(" ≤ ").unwrap();
    assert!(mean.starts_with("38,") && p95.starts_with("38,") && mean < p95, "{row}");
    assert!(row.contains("98.17 % to 100 %") || text.contains("98.2 % to 100 %"), "{text}");
    let many = study(
        &json!({ "stages": [{ "traffic_pct": 10 }], "rules": [] }),
        json!({ "runs": 20_000 }),
    );
    let mut many = many;
    many.missed_regression = Some(many.healthy.p_completed);
    assert!(study_text(&many).contains("(99.9816 % to 100 %)"), "{}", study_text(&many));
}
