//! The requirements of a study if runs wait for a person, if a release is bad only
//! at first, and for rare events; and the output of sweeps.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::stats::intervals::clopper_pearson;
use canary_rollout::study::{Fulfilment, Requirement, Study, StudyReport};
use canary_rollout::text::{study_csv, study_text};
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

/// Here every run that is not rolled back waits for a person.
#[test]
fn a_gate_is_undecided_if_waiting_runs_could_change_it() {
    use Fulfilment::{Failed, Met, Undecided};
    let never = study(&gated(0.9), json!({ "runs": 1_000 }));
    let some = study(&gated(0.02), json!({ "runs": 1_000 }));
    let always = study(&gated(0.0), json!({ "runs": 1_000 }));
    assert_eq!(never.healthy.p_waiting.estimate, 1.0);
    let (thrown_away, caught) =
        (some.healthy.p_rollback.estimate, some.release.as_ref().unwrap().p_caught.estimate);
    assert!((0.05..0.2).contains(&thrown_away) && (0.3..0.7).contains(&caught));
    for (report, requirement, expected) in [
        (&never, "false_rollback<=0.01", Undecided),
        (&never, "missed_regression<=0.01", Undecided),
        (&never, "caught>=0.9", Undecided),
        (&never, "caught>=0", Met),
        (&never, "false_rollback<=1", Met),
        (&some, "false_rollback<=0.03", Failed),
        (&some, "false_rollback<=0.9", Undecided),
        (&some, "caught>=0.2", Met),
        (&some, "caught>=0.9", Undecided),
        (&some, "caught<=0.2", Failed),
        (&some, "missed_regression<=0.1", Undecided),
        (&always, "false_rollback<=0.5", Failed),
    ] {
        let held = Requirement::parse(requirement).unwrap().check(report).unwrap();
        assert_eq!(held.fulfilment, expected, "{requirement}");
        let told = held.to_string();
        let waits = told.ends_with(" of 1,000 runs wait for a person");
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
    let check = |text: &str| Requirement::parse(text).unwrap().check(&report);
    let held = check("false_rollback<=0.05").unwrap();
    assert_eq!((held.fulfilment, held.found), (Fulfilment::Failed, report.false_rollback));
    assert!(report.healthy.p_rollback.high < 0.05);
    let message = check("caught>=0.9").unwrap_err().to_string();
    assert_eq!(message, "require: caught>=0.9: the release is healthy, expected a bad one");
    // The worse of the two probabilities decides.
    let warm = study(
        &json!({ "canary": { "error_ratio": 0.1 }, "stages": [{ "traffic_pct": 10, "duration_ticks": 3 }],
                 "rules": [{ "rule": "error_rate", "max": 0.009 }] }),
        json!({ "runs": 500 }),
    );
    assert!(warm.false_rollback.estimate < 0.01 && warm.healthy.p_rollback.estimate > 0.5);
    let held = Requirement::parse("false_rollback<=0.05").unwrap().check(&warm).unwrap();
    assert_eq!(held.fulfilment, Fulfilment::Failed);
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
    let mut report = study(&gated(0.9), json!({ "runs": 200 }));
    let requirement = Requirement::parse("caught>=0.9").unwrap();
    report.requirements.push(requirement.check(&report).unwrap());
    let text = study_text(&report);
    for part in [
        "waiting",
        "Waiting for a person, undecided: 100 % of healthy releases",
        "caught>=0.9: undecided, 0.000000 (0.000000 to 0.018275), 200 of 200 runs wait for a person.",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let json: Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["requirements"][0]["fulfilment"], "undecided");
    assert_eq!(json["requirements"][0]["waiting_runs"], 200);
    let decided =
        study_text(&study(&json!({ "stages": [{ "traffic_pct": 10 }] }), json!({ "runs": 9 })));
    assert!(!decided.contains("Waiting for a person"), "{decided}");
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
