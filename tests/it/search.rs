//! The search: what it varies, whom it drops and why, what it chooses, and what it refuses.
//! Searches with known answers are in `native::search_optima`.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::sync::Arc;

use canary_rollout::config::{Config, preset};
use canary_rollout::record::{ArmRecord, Record};
use canary_rollout::search::{CandidateState, Reach, Search, SearchPhase, SearchReport};
use canary_rollout::study::{Fulfilment, Objective, Study, StudyOptions};
use canary_rollout::text::{reach_text, search_csv, search_text};
use canary_rollout::world::{RecordedWorld, ReplayOptions};
use serde_json::{Value, json};

/// 6 errors of the canary in stage 1 and 30 in stage 2; limits on their numbers.
fn staged() -> Value {
    let rule = |max: u32, stage: u32| json!({ "rule": "error_count", "max": max, "stages": [stage], "window": "stage" });
    json!({
        "traffic": { "requests_per_second": 100 },
        "baseline": { "error_rate": 0.002 },
        "canary": { "error_ratio": 3 },
        "stages": [
            { "traffic_pct": 10, "duration_ticks": 5 },
            { "traffic_pct": 50, "duration_ticks": 5 },
        ],
        "rules": [rule(12, 1), rule(44, 2)],
    })
}

fn prepared(config: &Value, options: &Value) -> Search {
    Search::from_text(&config.to_string(), &options.to_string()).unwrap()
}

#[track_caller]
fn searched(config: &Value, options: &Value) -> SearchReport {
    let mut search = prepared(config, options);
    search.advance(u64::MAX);
    assert!(search.is_finished());
    search.report()
}

fn options() -> Value {
    json!({
        "vary": ["rules[0].max=9,12,15,18", "rules[1].max=38..62/5"],
        "hold": ["false_rollback<=0.05", "missed_regression<=0.2"],
        "least": ["excess_errors", "ticks(release=healthy)"],
        "runs": 60_000,
    })
}

#[test]
fn steps_do_not_matter() {
    let mut whole = prepared(&staged(), &options());
    whole.advance(u64::MAX);
    for steps in [1, 1_000, 17_777] {
        let mut search = prepared(&staged(), &options());
        let mut before = 0;
        while !search.is_finished() {
            search.advance(steps);
            assert!(search.done() > before);
            before = search.done();
        }
        search.advance(steps);
        assert_eq!(search.done(), before);
        assert!(search.done() <= search.rollouts());
        assert_eq!(search.report().to_json(), whole.report().to_json(), "{steps}");
    }
}

#[test]
fn a_report_says_what_became_of_every_candidate() {
    let mut search = prepared(&staged(), &options());
    let start = search.report();
    assert_eq!((start.phase, start.rounds, start.rollouts), (SearchPhase::Racing, 0, 0));
    assert_eq!((start.candidates.len(), &start.front[..], &start.chosen), (20, &[][..], &None));
    assert!(start.candidates.iter().all(|one| one.figures[0].estimate.is_none()));

    let mut alive = 20;
    while !search.is_finished() {
        search.advance(2_000);
        let report = search.report();
        let left = report.candidates.iter().filter(|one| one.state == CandidateState::Alive);
        let left = left.count();
        assert!(left <= alive, "{left} after {alive}");
        alive = left;
    }
    let report = search.report();
    assert_eq!(report.phase, SearchPhase::Finished);
    let chosen = report.chosen.as_ref().unwrap();
    assert!(report.front.contains(&chosen.id) && report.nearest.is_none());
    for (id, one) in (0..).zip(&report.candidates) {
        assert_eq!(one.values.len(), 2);
        match one.state {
            CandidateState::Failed => {
                assert_eq!(one.holds[one.hold.unwrap() as usize].fulfilment, Fulfilment::Failed);
            }
            CandidateState::Dominated => {
                let by = &report.candidates[one.by.unwrap() as usize];
                assert!(by.figures[0].estimate.unwrap() <= one.figures[0].estimate.unwrap() * 1.02);
            }
            _ => assert_eq!((one.hold, one.by), (None, None)),
        }
        if report.front.contains(&id) {
            assert!(one.holds.iter().all(|hold| hold.fulfilment == Fulfilment::Met), "{one:?}");
        }
    }
    // The policy of the configuration is one of the grid.
    let same = &report.candidates[report.present_id.unwrap() as usize];
    assert_eq!(same.values, [json!(12), json!(44)]);
    // Other seeds than those of the search.
    let fresh = chosen.fresh.as_ref().unwrap();
    let most = report.candidates.iter().map(|one| one.runs).max().unwrap();
    assert!(report.seeds.fresh.unwrap() >= report.seeds.first + most && fresh.runs > 0);
    // The chosen policy is a configuration, with the values that the candidate has.
    let values = &report.candidates[chosen.id as usize].values;
    let config = serde_json::to_value(&chosen.config).unwrap();
    let max = |rule: usize| config["rules"][rule]["max"].clone();
    assert_eq!(&[max(0), max(1)][..], &values[..]);
    assert_eq!(Config::from_text(&config.to_string()).unwrap(), chosen.config);
    // A figure with fresh seeds is that of a study with the same seeds.
    let options = json!({ "runs": fresh.runs, "seed": report.seeds.fresh, "horizon_ticks": report.horizon_ticks });
    let mut study =
        canary_rollout::study::Study::from_text(&config.to_string(), &options.to_string()).unwrap();
    study.advance(u64::MAX);
    let study = study.report();
    assert_eq!(fresh.holds[0].found, study.false_rollback);
    assert_eq!(Some(fresh.holds[1].found), study.missed_regression);
    let mean = study.release.unwrap().excess_errors.unwrap().mean;
    assert!((fresh.figures[0].estimate.unwrap() - mean).abs() < 1e-9 * mean);
}

#[test]
fn a_search_says_what_limits_it() {
    let mut options = options();
    options["hold"] = json!(["false_rollback<=0.02", "excess_errors.p95<=20"]);
    let report = searched(&staged(), &options);
    assert_eq!((&report.chosen, &report.front[..]), (&None, &[][..]));
    let nearest = report.nearest.as_ref().unwrap();
    assert!(nearest.fresh.is_some());
    let all = report.limiting.iter().map(|one| one.met + one.failed + one.undecided);
    assert!(all.clone().all(|all| all == 20), "{:?}", report.limiting);
    let text = search_text(&report);
    assert!(text.contains("No policy of these holds both bounds. The nearest, #"), "{text}");
    // What cannot be decided is not said to fail.
    options["hold"] = json!(["false_rollback<=0.02"]);
    options["vary"] = json!(["rules[1].max=400"]);
    options["runs"] = json!(2_000);
    let report = searched(&staged(), &options);
    assert_eq!(report.limiting[0].failed, 0, "{report:?}");
}

/// The values of the candidates, of one varied field.
#[track_caller]
fn check_values(config: &Value, vary: Value, expected: Value) {
    let options = json!({ "vary": [vary], "least": ["ticks"] });
    let report = prepared(config, &options).report();
    let values: Vec<Value> = report.candidates.iter().map(|one| one.values[0].clone()).collect();
    assert_eq!(Value::from(values), expected, "{vary}");
}

#[test]
fn values_are_lists_ranges_and_json() {
    let config = staged();
    check_values(&config, json!("rules[0].max=1,2,5"), json!([1, 2, 5]));
    check_values(&config, json!("rules[0].max=1..4"), json!([1, 2, 3, 4]));
    check_values(&config, json!("rules[0].max=10..100/3"), json!([10, 32, 100]));
    check_values(&config, json!("rules[0].max=[7, 8]"), json!([7, 8]));
    check_values(&config, json!({ "field": "rules[0].max", "values": [7, 8] }), json!([7, 8]));
    let range = json!({ "field": "rules[0].max", "from": 1, "to": 3, "count": 3 });
    check_values(&config, range, json!([1, 2, 3]));
    check_values(&config, json!("rules[0].window=stage,rollout"), json!(["stage", "rollout"]));
    check_values(&config, json!("rules[*].look_while_paused=true,false"), json!([true, false]));
    check_values(&config, json!("stages[*].duration_ticks=3,6"), json!([3, 6]));
    check_values(
        &config,
        json!("stages[*].traffic_pct=1,10,50"),
        json!([[1, 10], [1, 50], [10, 50]]),
    );
    let ladders = json!([[{ "traffic_pct": 5 }, { "traffic_pct": 50 }], [{ "traffic_pct": 1 }, { "traffic_pct": 9 }]]);
    check_values(&config, json!(format!("stages={ladders}")), ladders);
    let rules = json!([[], [{ "rule": "z_test", "alpha": 0.01 }]]);
    check_values(&config, json!(format!("rules={rules}")), rules);
    // The same policy twice is one candidate.
    check_values(&config, json!("rules[0].max=3,3.0,4"), json!([3, 4]));

    let of_preset = |name: &str| serde_json::from_str(preset(name).unwrap().json).unwrap();
    let argo: Value = of_preset("argo-rollouts");
    let field = "controller.argo.background.metrics[*].failure_limit";
    check_values(&argo, json!(format!("{field}=0,1,3")), json!([0, 1, 3]));
    // Only the steps that have a weight.
    check_values(&argo, json!("controller.argo.steps[*].set_weight=10,20"), json!([10, 20]));
    let condition = "result[0] >= 0.9";
    check_values(
        &argo,
        json!({ "field": "controller.argo.background.metrics[0].success_condition", "values": [condition] }),
        json!([condition]),
    );
    let flagger: Value = of_preset("flagger");
    check_values(&flagger, json!("controller.flagger.threshold=1..10/4"), json!([1, 2, 5, 10]));
    check_values(&flagger, json!("controller.flagger.step_weight=5,10,25"), json!([5, 10, 25]));
}

#[test]
fn a_setting_of_every_item_is_in_the_configuration() {
    let options =
        json!({ "vary": ["stages[*].duration_ticks=7"], "least": ["ticks"], "runs": 10_000 });
    let chosen = searched(&staged(), &options).chosen.unwrap();
    assert!(chosen.config.policy().stages.iter().all(|stage| stage.duration_ticks == 7));
}

/// A resolved configuration has the names of its stages filled in, by their shares.
#[test]
fn a_stage_has_the_name_of_its_share() {
    let mut config = staged();
    config["stages"][0]["name"] = json!("10 %");
    config["stages"][1]["name"] = json!("half");
    let options =
        json!({ "vary": ["stages[*].traffic_pct=2,20"], "least": ["ticks"], "runs": 10_000 });
    let report = searched(&config, &options);
    let stages = report.chosen.unwrap().config.parts().policy.stages;
    let names: Vec<&str> = stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(names, ["2 %", "half"]);
}

#[test]
fn policies_are_candidates_as_they_are() {
    let strict = json!({ "rules": [{ "rule": "error_count", "max": 3 }] });
    let options = json!({
        "policies": [{ "name": "strict", "policy": strict }],
        "vary": ["rules[0].max=12"],
        "least": ["excess_errors"],
        "runs": 20_000,
    });
    let report = searched(&staged(), &options);
    assert_eq!(report.candidates.len(), 2);
    assert_eq!(report.candidates[1].policy.as_deref(), Some("strict"));
    assert!(report.candidates[1].values.is_empty());
    assert_eq!((report.present_id, report.chosen.unwrap().id), (Some(0), 1));
}

#[test]
fn a_large_grid_is_sampled_evenly() {
    let options = |seed: u32| {
        json!({
            "vary": ["rules[0].max=101..200/100", "rules[1].max=101..200/100"],
            "candidates": 64,
            "seed": seed,
            "least": ["ticks"],
        })
    };
    let report = prepared(&staged(), &options(0)).report();
    assert!(report.grid.sampled && report.grid.combinations == 10_000.0);
    assert_eq!(report.candidates.len(), 64);
    assert!(report.notes[0].contains("64 of 10000"), "{:?}", report.notes);
    // Every quarter of the grid has a quarter of them, more or less.
    let mut quarters = [0; 4];
    for one in &report.candidates {
        let at = |i: usize| usize::from(one.values[i].as_u64().unwrap() > 150);
        quarters[2 * at(0) + at(1)] += 1;
    }
    assert!(quarters.iter().all(|count| (13..=19).contains(count)), "{quarters:?}");
    assert_eq!(prepared(&staged(), &options(0)).report(), report);
    assert_ne!(prepared(&staged(), &options(1)).report().candidates, report.candidates);
    // Where most combinations are invalid, all valid ones are found.
    let mut few = options(0);
    few["vary"] = json!(["stages[0].traffic_pct=10..100/10", "stages[1].traffic_pct=5..50/10"]);
    let report = prepared(&staged(), &few).report();
    let valid = |one: &&canary_rollout::search::Candidate| {
        one.values[0].as_f64().unwrap() < one.values[1].as_f64().unwrap()
    };
    assert_eq!(report.candidates.iter().filter(valid).count(), report.candidates.len());
    assert!(!report.grid.sampled && report.grid.invalid > 50);
    assert!(report.grid.first_invalid.unwrap().problem.starts_with("stages[1].traffic_pct"));
}

/// Policies that do not differ are in the front together, and are told to be the same.
/// A candidate here has 200 stages, 100 on each of two releases, of 10,000 at most.
#[test]
fn candidates_of_many_stages_are_a_sample() {
    let stage = |i: u32| json!({ "traffic_pct": f64::from(i) / 2.0, "duration_ticks": 1 });
    let mut config = staged();
    config["stages"] = (1..=100).map(stage).collect();
    config["rules"] = json!([{ "rule": "error_rate", "max": 0.01 }]);
    let vary = "rules[0].max=0.01..0.2/200";
    let mut options = json!({ "vary": [vary], "least": ["ticks"], "runs": 100_000 });
    let report = prepared(&config, &options).report();
    assert!(report.grid.sampled && (40..=50).contains(&report.candidates.len()));
    let first = format!("The candidates are a sample: {} of 200", report.candidates.len());
    assert!(report.notes[0].starts_with(&first), "{:?}", report.notes);
    // Those that are given are all there, or there is none.
    let policy = json!({ "stages": config["stages"] });
    let given = |count: usize| vec![json!({ "name": "a", "policy": policy }); count];
    options["policies"] = json!(given(30));
    let report = prepared(&config, &options).report();
    let count = report.candidates.iter().filter(|one| one.policy.is_some()).count();
    assert_eq!(count, 30);
    options["policies"] = json!(given(60));
    let error = Search::from_text(&config.to_string(), &options.to_string()).unwrap_err();
    let expected = "search.candidates: the candidates have more than 10,000 stages in total";
    assert!(error.to_string().starts_with(expected), "{error}");
}

#[test]
fn a_winner_inside_the_noise_is_not_named_alone() {
    // Rule 1 never fails, whatever its limit.
    let options = json!({
        "vary": ["rules[1].max=4000,5000,6000"],
        "least": ["excess_errors", "ticks"],
        "runs": 30_000,
    });
    let report = searched(&staged(), &options);
    let chosen = report.chosen.as_ref().unwrap();
    assert_eq!(report.front.len(), 3);
    assert!(chosen.compared.len() == 2 && chosen.compared.iter().all(|one| one.same));
    assert!(search_text(&report).contains("same within the noise"));
}

#[test]
fn a_run_that_waits_is_not_held_to_be_decided() {
    let mut config = staged();
    config["stages"][0]["pause"] = json!("manual");
    let mut options = options();
    let report = searched(&config, &options);
    assert!(report.chosen.is_none());
    assert!(report.candidates.iter().all(|one| one.waiting > 0.3));
    options["person"] = json!({ "after_ticks": 3, "command": "resume" });
    let report = searched(&config, &options);
    assert!(report.chosen.is_some() && report.candidates[0].waiting == 0.0);
}

#[test]
fn a_bound_may_change_the_world() {
    let mut options = options();
    options["hold"] = json!(["false_rollback(traffic.requests_per_second=120)<=0.2"]);
    options["least"] = json!(["excess_errors.p95(error_ratio=5)", "false_rollback"]);
    let report = searched(&staged(), &options);
    let chosen = &report.candidates[report.chosen.as_ref().unwrap().id as usize];
    assert!(chosen.holds[0].found.estimate > chosen.figures[1].estimate.unwrap());
    let figure = chosen.figures[0];
    assert!(figure.low <= figure.estimate && figure.estimate <= figure.high, "{figure:?}");
}

/// Counts of some days, every ten minutes, of which the second half has twice the requests.
fn days() -> Record {
    let step = |i: usize| if i % 144 < 72 { 3_000.0 } else { 6_000.0 };
    let requests: Vec<f64> = (0..432).map(step).collect();
    let errors = (0..432).map(|i| step(i) * 0.002 + (i % 3) as f64).collect();
    let baseline = ArmRecord { requests, errors, latency: Vec::new() };
    Record::new(0, 600, baseline, None).unwrap()
}

#[test]
fn a_search_over_recorded_days_measures_what_a_study_over_them_does() {
    let mut config = staged();
    config["tick_seconds"] = json!(600);
    config["canary"] = json!({ "error_ratio": 5 });
    let asked = json!({
        "vary": ["rules[0].max=10,20,40,80,160"],
        "hold": ["false_rollback<=0.5", "missed_regression<=0.5"],
        "least": ["excess_errors", "ticks(release=healthy)"],
        "runs": 40_000,
    });
    let text = config.to_string();
    let world = RecordedWorld::of_days(&days(), &Config::from_text(&text).unwrap(), Some(3_600));
    let world = Arc::new(world.unwrap());
    let mut search = Search::from_text_over(&text, &asked.to_string(), world.clone()).unwrap();
    search.advance(u64::MAX);
    let report = search.report();
    assert_eq!(report.recorded.as_ref().map(|days| days.days), Some(3));
    assert!(search_text(&report).contains("recorded"), "{}", search_text(&report));
    // As a study of the chosen policy on the same seeds.
    let chosen = report.chosen.as_ref().expect("a policy");
    let fresh = chosen.fresh.as_ref().unwrap();
    let options = StudyOptions {
        runs: fresh.runs,
        seed: report.seeds.fresh.unwrap(),
        ..StudyOptions::default()
    };
    let mut study = Study::over(&chosen.config, &options, world).unwrap();
    study.advance(u64::MAX);
    let studied = study.report();
    let release = studied.release.unwrap();
    let found: Vec<f64> = fresh.holds.iter().map(|hold| hold.found.estimate).collect();
    assert_eq!(found[0], studied.healthy.p_rollback.estimate);
    assert_eq!(found[1], 1.0 - release.p_rollback.estimate);
    // The days are others than those of the scenario.
    let mut simulated = prepared(&config, &asked);
    simulated.advance(u64::MAX);
    assert_ne!(simulated.report().candidates, report.candidates);

    let world = RecordedWorld::of_days(&days(), &Config::from_text(&text).unwrap(), None);
    let world = Arc::new(world.unwrap());
    let one = |options: &str, world| Search::from_text_over(&text, options, world).unwrap_err();
    let error =
        one(r#"{ "vary": ["rules[0].max=1,2"], "least": ["ticks(tick_seconds=60)"] }"#, world);
    let expected =
        "search.least[0]: \"ticks(tick_seconds=60)\": the record is spread over ticks of 600 s";
    assert!(error.to_string().starts_with(expected), "{error}");
    let config = Config::from_text(&text).unwrap();
    let whole = RecordedWorld::new(&days(), &config, &ReplayOptions::default()).unwrap();
    let error = one("{}", Arc::new(whole));
    let expected = "a search over recorded counts draws days: expected RecordedWorld::of_days";
    assert_eq!(error.to_string(), expected);
}

#[track_caller]
fn check_refused(change: Value, expected: &str) {
    let mut options = options();
    for (key, value) in change.as_object().unwrap() {
        options[key] = value.clone();
    }
    let error = Search::from_text(&staged().to_string(), &options.to_string()).unwrap_err();
    assert!(error.to_string().starts_with(expected), "{error}\nexpected {expected}");
}

#[test]
fn wrong_options_are_refused() {
    for (change, expected) in [
        (json!({ "vary": [] }), "search: has no candidates, expected vary or policies"),
        (json!({ "vary": 3 }), "search.vary: expected a list"),
        (json!({ "vary": [3] }), "search.vary[0]: expected a text FIELD=VALUES or an object"),
        (json!({ "vary": ["rules"] }), "search.vary[0]: found \"rules\", expected FIELD=VALUES"),
        (
            json!({ "vary": ["rules[0].max="] }),
            "search.vary[0]: found \"rules[0].max=\", expected values after =",
        ),
        (
            json!({ "vary": ["rules[0].max=5..5"] }),
            "search.vary[0]: found \"rules[0].max=5..5\", expected a range from a smaller to a greater number, not 5 to 5",
        ),
        (
            json!({ "vary": ["rules[0].max=a..5"] }),
            "search.vary[0]: found \"rules[0].max=a..5\", expected a number on both sides of .., not \"a\"",
        ),
        (
            json!({ "vary": ["rules[0].max=1..5/1"] }),
            "search.vary[0]: found \"rules[0].max=1..5/1\", expected 2 to 10000 values in a range, not 1",
        ),
        (json!({ "vary": ["rules[0].max=1..5/x"] }), "search.vary[0]: found"),
        (
            json!({ "vary": ["rules[0].max=[1,"] }),
            "search.vary[0]: found \"rules[0].max=[1,\", expected a list of values in JSON after =; ",
        ),
        (
            json!({ "vary": ["canary.error_ratio=1,2"] }),
            "search.vary[0]: \"canary.error_ratio\" does not belong to a policy, expected one of ",
        ),
        (
            json!({ "vary": ["rule[0].max=1"] }),
            "search.vary[0]: \"rule[0].max\" does not belong to a policy",
        ),
        (
            json!({ "vary": ["rules[0].max=1", "rules[0].max=2"] }),
            "search.vary[1]: rules[0].max is varied twice",
        ),
        (
            json!({ "vary": [{ "field": "rules[0].max" }] }),
            "search.vary[0]: expected either values, or from and to",
        ),
        (json!({ "vary": [{ "fields": 1 }] }), "search.vary[0].fields: unknown field `fields`"),
        (
            json!({ "vary": [{ "field": "rules[0].max", "from": 1, "to": 9, "count": 0.5 }] }),
            "search.vary[0]: expected a count of 2 or more values, not 0.5",
        ),
        (
            json!({ "vary": ["rules[0].maxx=1,2"] }),
            "search.vary: none of 2 combinations is a valid configuration; with 1: rules[0].maxx: unknown field `maxx`",
        ),
        (
            json!({ "vary": ["rules[7].max=1"] }),
            "search.vary: none of 1 combinations is a valid configuration; with 1: rules[7].max: there is no such field",
        ),
        (
            json!({ "vary": ["rules[0].max=-1,many"] }),
            "search.vary: none of 2 combinations is a valid configuration; with -1: rules[0].max: found -1",
        ),
        (
            json!({ "vary": ["stages[*].traffic_pct=5"] }),
            "search.vary[0]: stages[*].traffic_pct: 1 different values, expected at least 2",
        ),
        (
            json!({ "policies": [{ "policy": { "canary": {} } }] }),
            "search.policies[0].policy.canary: does not belong to a policy",
        ),
        (
            json!({ "policies": [{ "policy": { "rules": 3 } }] }),
            "search.policies[0].policy.rules: ",
        ),
        (
            json!({ "hold": ["false_rollback"] }),
            "search.hold[0]: found \"false_rollback\", expected FIGURE<=BOUND",
        ),
        (
            json!({ "hold": ["missed<=0.1"] }),
            "search.hold[0]: found \"missed<=0.1\", expected a figure, one of ",
        ),
        (
            json!({ "hold": ["caught(policy=x)>=0.5"] }),
            "search.hold[0]: \"caught(policy=x)>=0.5\" names another policy",
        ),
        (
            json!({ "hold": ["missed_regression(error_ratio=1)<=0.1"] }),
            "search.hold[0]: missed_regression(error_ratio=1)<=0.1: the release is healthy, expected a bad one",
        ),
        (
            json!({ "hold": ["rollback(stage=3)<=0.1"] }),
            "search.hold[0]: rollback(stage=3)<=0.1: the policy has no stage 3, expected 1 to 2",
        ),
        (
            json!({ "hold": ["caught(error_ratio=1000)>=0.1"] }),
            "search.hold[0]: \"caught(error_ratio=1000)>=0.1\": canary.error_ratio: found 1000",
        ),
        (
            json!({ "hold": ["caught(canary.wind=1)>=0.1"] }),
            "search.hold[0]: \"caught(canary.wind=1)>=0.1\": canary.wind: unknown field `wind`",
        ),
        (json!({ "hold": vec!["caught>=0.5"; 17] }), "search.hold: 17 bounds, expected 0 to 16"),
        (json!({ "least": [] }), "search.least: 0 figures, expected 1 to 16"),
        (
            json!({ "least": ["excess"] }),
            "search.least[0]: found \"excess\", expected a figure, one of ",
        ),
        (
            json!({ "least": ["ticks<=5"] }),
            "search.least[0]: found \"ticks<=5\", expected a figure without a bound",
        ),
        (
            json!({ "runs": 1_000 }),
            "search.runs: found 1000, expected at least 5376, which is 128 runs of each of the 20 candidates",
        ),
        (json!({ "runs": 0.5 }), "search.runs: found 0.5, expected a whole number"),
        (json!({ "candidates": 0 }), "search.candidates: found 0"),
        (json!({ "seed": -1 }), "search.seed: found -1"),
        (
            json!({ "seed": 9007199254740991_i64 }),
            "search.seed: 9007199254740991 and 60000 rollouts exceed",
        ),
        (json!({ "error_probability": 0 }), "search.error_probability: found 0"),
        (json!({ "tolerance": 2 }), "search.tolerance: found 2"),
        (json!({ "horizon_ticks": 0 }), "search.horizon_ticks: found 0"),
        (
            json!({ "person": { "after_ticks": 1 } }),
            "search.person.command: missing, expected resume, promote or abort",
        ),
        (json!({ "wind": 1 }), "search.wind: unknown field `wind`"),
    ] {
        check_refused(change, expected);
    }
    let broken = Search::from_text("{", "{}").unwrap_err();
    assert!(broken.to_string().contains("line 1"), "{broken}");
    assert!(Search::from_text(&staged().to_string(), "[").is_err());
    assert_eq!(Objective::parse("excess_errors - ticks").unwrap_err().path, "least");
}

fn reached(config: &Value, options: &Value, reach: &str) -> Reach {
    let mut reach = Reach::from_text(&config.to_string(), &options.to_string(), reach).unwrap();
    while !reach.is_finished() {
        let before = reach.done();
        reach.advance(10_000);
        assert!(reach.is_finished() || reach.done() > before);
    }
    reach
}

/// With enough traffic some limit tells three times the errors from none; with too little
/// none does.
#[test]
fn the_least_traffic_at_which_a_promise_is_kept() {
    let mut config = staged();
    config["rules"] = json!([{ "rule": "error_count", "max": 10, "window": "rollout" }]);
    let options = json!({
        "vary": ["rules[0].max=1..300/40"],
        "hold": ["false_rollback<=0.05", "missed_regression<=0.05"],
        "runs": 400_000,
    });
    let report = reached(&config, &options, "traffic.requests_per_second=2..200").report();
    let (kept, not) = (report.kept_at.unwrap(), report.not_kept_at.unwrap());
    // Errors of a healthy canary at the value: 5 ticks of 60 s with 10 %, 5 with 50 %.
    let errors = |value: f64| value * 0.002 * 60.0 * 5.0 * 0.6;
    // From tables of the Poisson distribution: with 4 errors expected, P(X > 8) is 2 % and
    // P(X ≤ 8) with 12 is 16 %; with 9, P(X > 14) is 4.1 % and P(X ≤ 14) with 27 is 0.5 %.
    assert!(errors(not) > 3.0 && errors(kept) < 10.0, "{report:?}");
    // Between them, 50,000 rollouts do not tell.
    assert!(kept / not < 2.0, "{kept} {not}");
    assert!(report.sentence.starts_with("At least "), "{}", report.sentence);
    let policy = report.config.as_ref().unwrap();
    assert_eq!(policy.world().traffic.requests_per_second, kept);
    assert!(reach_text(&report).contains("surely not"));
    // The other way round: as many ticks of delay as the plan bears.
    let options = json!({
        "vary": ["rules[0].max=20,30"],
        "hold": ["missed_regression<=0.3"],
        "runs": 100_000,
    });
    let mut reach = Reach::from_text(
        &config.to_string(),
        &options.to_string(),
        "observation.delay_seconds=0..540",
    )
    .unwrap();
    reach.advance(u64::MAX);
    // 270 s is no whole number of ticks, so only the ends are tried.
    assert_eq!(reach.report().tried.len(), 2);
}

#[test]
fn wrong_questions_about_reach_are_refused() {
    for (reach, expected) in [
        ("traffic.rps", "reach: found \"traffic.rps\", expected FIELD=FROM..TO"),
        ("traffic.requests_per_second=5..5", "reach: found"),
        ("traffic.requests_per_second=5..x", "reach: found"),
        ("traffic.wind=1..5", "reach: with traffic.wind=1: traffic.wind: unknown field `wind`"),
        ("stages=1..5", "reach: found \"stages\", expected a numeric field’s path such as "),
        (
            "traffic.requests_per_second=5..9",
            "search.least: has no effect: a reach is decided by the bounds alone",
        ),
        ("latency_rato=1..2", "reach: found \"latency_rato\", expected a numeric field"),
        (
            "traffic.requests_per_second=0..5",
            "reach: with traffic.requests_per_second=0: traffic.requests_per_second: found 0",
        ),
    ] {
        let texts = (staged().to_string(), options().to_string());
        let error = Reach::from_text(&texts.0, &texts.1, reach).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}\nexpected {expected}");
    }
}

#[test]
fn texts_and_tables_have_a_row_for_each() {
    let report = searched(&staged(), &options());
    let text = search_text(&report);
    for part in
        ["20 candidates", "The front", "Chosen: #", "in the search", "fresh seeds", "present"]
    {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    let csv = search_csv(&report);
    let mut rows = csv.lines();
    assert!(
        rows.next()
            .unwrap()
            .starts_with("id,rules[0].max,rules[1].max,policy,state,in_front,chosen,runs,")
    );
    assert_eq!(rows.clone().count(), 20);
    assert_eq!(rows.filter(|row| row.contains(",true,true,")).count(), 1);
}
