//! A policy in the words of a controller: the files, what is refused, and that queries
//! measure what the rules measure.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::Config;
use canary_rollout::export::{Export, Names, Target, export, exported_metric, query, rollout_of};
use canary_rollout::import::{Import, Options, Source, import};
use canary_rollout::observation::{ByArm, Counts};
use canary_rollout::rules::{Criterion, Sight};
use canary_rollout::stats::eprocess::{Bet, Bets};

use crate::promql::evaluate;
use crate::support::{check_committed, config, rolled_out};

fn exported(text: &str, target: Target) -> Export {
    match export(&config(text), target, &Names::default()) {
        Ok(export) => export,
        Err(refusal) => panic!("{refusal}\nfor {text}"),
    }
}

const STAGED: &str = r#"
tick_seconds: 60
stages:
  - { traffic_pct: 5, duration_ticks: 3 }
  - { traffic_pct: 25, duration_ticks: 5, pause: manual }
  - { traffic_pct: 100, duration_ticks: 2, pause: { ticks: 1 } }
rules:
  - { rule: sequential, alpha: 0.05, bets: [2, 10] }
  - { rule: error_rate_ratio, max: 3, floor: 0.01, min_requests: 50 }
  - { rule: latency, max: 500, quantile: 0.95, look: every_tick, window: tick }
on_inconclusive: promote
"#;

#[test]
fn a_staged_policy_in_the_words_of_argo_is_committed() {
    let export = exported(STAGED, Target::Argo);
    let names: Vec<&str> = export.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["rollout.yaml", "analysis-templates.yaml"]);
    let texts: Vec<&str> = export.files.iter().map(|file| file.text.as_str()).collect();
    check_committed(
        "tests/data/export/argo.yaml",
        include_str!("../data/export/argo.yaml"),
        &texts.join("---\n"),
    );
    assert_eq!(export.notes.len(), 3, "{:#?}", export.notes);
}

/// Checks all parts of a policy that a controller has no words for: path and beginning of
/// the message.
#[track_caller]
fn refused(text: &str, target: Target, expected: &[(&str, &str)]) {
    let Err(refusal) = export(&config(text), target, &Names::default()) else {
        panic!("exported: {text}");
    };
    let problems = refusal.problems.iter();
    let found: Vec<_> = problems.map(|p| (p.path.as_str(), p.message.as_str())).collect();
    let agrees = found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|(found, expected)| found.0 == expected.0 && found.1.starts_with(expected.1));
    assert!(agrees, "{found:#?}\nfor {text}");
}

#[test]
fn what_argo_has_no_words_for_is_refused_with_its_path() {
    let two = r#""stages": [{ "traffic_pct": 5, "duration_ticks": 3 },
                            { "traffic_pct": 25, "duration_ticks": 30 }]"#;
    let with_pause = r#""stages": [{ "traffic_pct": 5, "duration_ticks": 3, "pause": "manual" },
                                   { "traffic_pct": 25, "duration_ticks": 30 }]"#;
    let check = |stages: &str, rules: &str, rest: &str, expected: &[(&str, &str)]| {
        let text = format!("{{ \"tick_seconds\": 60, {stages}, \"rules\": [{rules}] {rest} }}");
        refused(&text, Target::Argo, expected);
    };
    check(
        two,
        r#"{ "rule": "bayesian" }, { "rule": "fisher" }"#,
        "",
        &[
            ("rules[0].rule", "bayesian has no words in a query, expected one of error_rate,"),
            ("rules[1].rule", "fisher has no words in a query"),
        ],
    );
    check(
        two,
        r#"{ "rule": "error_rate", "max": 0.1, "look": "every_tick", "failure_limit": 2, "of_last": 3,
             "window": "tick" },
           { "rule": "error_rate_delta", "max": 0.1, "of": "control" },
           { "rule": "error_rate", "max": 0.2, "no_data": "wait" }"#,
        r#", "on_inconclusive": { "extend": { "max_ticks": 3, "then": "promote" } }"#,
        &[
            ("on_inconclusive", "an analysis in Argo Rollouts cannot be extended"),
            ("rules[0].of_last", "Argo Rollouts counts all failed measurements"),
            ("rules[1].of", "a part of the baseline has no label"),
            ("rules[2].no_data", "an analysis in Argo Rollouts cannot wait for data"),
        ],
    );
    check(
        two,
        r#"{ "rule": "error_rate", "max": 0.1, "look": "every_tick", "window": "stage" }"#,
        "",
        &[("rules[0].window", "a window that grows becomes a metric for each look: 30 looks")],
    );
    check(
        with_pause,
        r#"{ "rule": "error_rate", "max": 0.1, "look": "every_tick", "window": "tick", "failure_limit": 2 },
           { "rule": "error_rate", "max": 0.1, "window": "rollout" },
           { "rule": "error_rate_ratio", "max": 2, "window": { "last_seconds": 3600 } }"#,
        "",
        &[
            (
                "rules[0].look_while_paused",
                "failures counted over several stages become a background",
            ),
            (
                "rules[1].window",
                "the length of the rollout is not known after a pause for a person",
            ),
            ("rules[2].window", "in stage 2 it has several traffic shares"),
        ],
    );
    check(
        two,
        r#"{ "rule": "sequential", "min_requests": 9 },
           { "rule": "error_rate", "max": 0.1, "look": "every_tick", "failure_limit": 2, "stages": [1] }"#,
        r#", "on_inconclusive": "rollback""#,
        &[
            ("rules[0].min_requests", "evidence is computed from any data"),
            ("rules[1].failure_limit", "a last look without data counts once"),
        ],
    );
    check(
        two,
        r#"{ "rule": "sequential", "certify_below": 1.5 }, { "rule": "error_rate", "max": 0.1, "counts": "by_score" }"#,
        "",
        &[
            ("rules[0].certify_below", "Argo Rollouts cannot end an analysis early"),
            ("rules[1].counts", "Argo Rollouts counts for each metric alone"),
        ],
    );
}

/// Counts by tick, as monitoring saw them.
type ByTick = Vec<ByArm<Counts>>;

/// `increase` at the end of the counts, for the default names.
fn increase(counts: &ByTick, tick_seconds: u32) -> impl Fn(&str, u32) -> Option<f64> {
    move |selector, seconds| {
        let ticks = (seconds / tick_seconds) as usize;
        let shown = &counts[counts.len().saturating_sub(ticks)..];
        let sum = |of: fn(&ByArm<Counts>) -> u64| shown.iter().map(of).sum::<u64>() as f64;
        match selector {
            r#"http_requests_total{version="canary"}"# => Some(sum(|c| c.canary.requests)),
            r#"http_requests_total{version="stable"}"# => Some(sum(|c| c.baseline.requests)),
            r#"http_requests_total"# => Some(sum(|c| c.canary.requests + c.baseline.requests)),
            // A series of errors begins with the first one.
            r#"http_requests_total{version="canary",code=~"5.."}"# => {
                Some(sum(|c| c.canary.errors)).filter(|errors| *errors > 0.0)
            }
            r#"http_requests_total{version="stable",code=~"5.."}"# => {
                Some(sum(|c| c.baseline.errors)).filter(|errors| *errors > 0.0)
            }
            r#"http_requests_total{code=~"5.."}"# => {
                Some(sum(|c| c.canary.errors + c.baseline.errors)).filter(|errors| *errors > 0.0)
            }
            other => panic!("what is {other}"),
        }
    }
}

fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-9 * expected.abs().max(1.0)
}

#[test]
fn the_query_of_sequential_gives_the_engines_stake() {
    let mut looks = 0;
    for (weight, error_ratio, rule) in [
        (1.0, 1.0, ""),
        (5.0, 4.0, r#", "bets": [2, 10]"#),
        (12.5, 1.0, r#", "tolerated_ratio": 1.5"#),
        (50.0, 1.3, r#", "error_clump": 3"#),
        (90.0, 0.5, r#", "bets_open": "tick_1""#),
    ] {
        // The stake never reaches the limit.
        let config = config(&format!(
            r#"{{ "tick_seconds": 60, "traffic": {{ "requests_per_second": 20 }},
                 "baseline": {{ "error_rate": 0.01 }}, "canary": {{ "error_ratio": {error_ratio} }},
                 "stages": [{{ "traffic_pct": {weight}, "duration_ticks": 12 }}],
                 "rules": [{{ "rule": "sequential", "alpha": 1e-250, "look": "every_tick" {rule} }}] }}"#
        ));
        let (argo, _) = rollout_of(&config).unwrap();
        let metrics: Vec<_> = argo.metrics().collect();
        assert_eq!(metrics.len(), 12);
        for seed in 0..20 {
            let rollout = rolled_out(&config, seed);
            let counts: ByTick = rollout.history().ticks.iter().map(|row| row.counts).collect();
            for (look, metric) in rollout.history().looks.iter().zip(&metrics) {
                let tick = look.tick as usize;
                assert_eq!(metric.initial_delay_seconds, look.tick * 60);
                let text = query(&metric.measure, &Names::default());
                let found = evaluate(&text, &increase(&counts[..tick].to_vec(), 60)).unwrap();
                let expected = look.evidence.judgement.measure.observed.unwrap();
                assert!(near(found, expected), "{found} is not {expected} in tick {tick}: {text}");
                looks += 1;
            }
        }
    }
    assert_eq!(looks, 5 * 20 * 12);
}

/// With several stages the query has the stake of each stage alone.
#[test]
fn the_query_of_a_stage_gives_the_stake_of_the_stage() {
    let (argo, notes) = rollout_of(&config(STAGED)).unwrap();
    assert!(notes.iter().any(|note| note.contains("fails at 40;")), "{notes:#?}");
    let stakes = argo.metrics().filter(|metric| metric.measure.name.starts_with("sequential"));
    let stakes: Vec<_> = stakes.collect();
    assert_eq!(stakes.len(), 3 + 5);
    let ratios = [2.0, 10.0].map(|ratio| Bet { ratio, stake: 1.0 });
    let bets = Bets::new(1.0, &ratios).unwrap();
    for (number, metric) in stakes.into_iter().enumerate() {
        let weight = if number < 3 { 0.05 } else { 0.25 };
        let condition = metric.failure_condition.as_ref().unwrap();
        assert_eq!(condition.text(), "result[0] >= 40");
        for (canary, baseline) in [(0, 0), (1, 0), (0, 3), (4, 17), (60, 300)] {
            let mut evidence = bets.evidence(1);
            evidence.open(&bets);
            evidence.observe(&bets.step(weight), canary, baseline);
            let counts = vec![ByArm {
                canary: Counts { requests: 1_000, errors: canary },
                baseline: Counts { requests: 9_000, errors: baseline },
            }];
            let text = query(&metric.measure, &Names::default());
            let found = evaluate(&text, &increase(&counts, 60)).unwrap();
            let expected = canary_rollout::math::exp(evidence.ln_value());
            assert!(near(found, expected), "{found} is not {expected}: {text}");
        }
    }
}

#[test]
fn queries_measure_what_the_simulated_metrics_measure() {
    let config = config(
        r#"{ "tick_seconds": 60, "stages": [{ "traffic_pct": 10, "duration_ticks": 1 }],
             "on_inconclusive": "rollback",
             "rules": [{ "rule": "error_rate", "max": 0.1 },
                       { "rule": "error_rate", "max": 0.1, "of": "service" },
                       { "rule": "error_rate_delta", "max": 0.1, "min_requests": 3 },
                       { "rule": "error_rate_ratio", "max": 2, "min_errors": 2 },
                       { "rule": "error_rate_ratio", "max": 2, "floor": 0.05 },
                       { "rule": "error_count", "max": 3 },
                       { "rule": "sequential" }] }"#,
    );
    let (argo, _) = rollout_of(&config).unwrap();
    assert_eq!(argo.metrics().count(), 7);
    let of = |requests: u64, errors: u64| Counts { requests, errors };
    for (canary, baseline) in [
        (of(0, 0), of(100, 1)),
        (of(2, 1), of(100, 0)),
        (of(10, 0), of(90, 0)),
        (of(10, 1), of(90, 1)),
        (of(10, 5), of(0, 0)),
        (of(1_000, 17), of(9_000, 33)),
    ] {
        let counts = vec![ByArm { canary, baseline }];
        for metric in argo.metrics() {
            let text = query(&metric.measure, &Names::default());
            let found = evaluate(&text, &increase(&counts, 60));
            let mut shown = ByArm { canary, baseline };
            if metric.measure.of == canary_rollout::rules::Population::Service {
                shown.canary += baseline;
                shown.baseline = Counts::default();
            }
            let sight = Sight { counts: shown, ..Sight::default() };
            let criterion = Criterion::Range { min: None, max: None };
            let expected = metric.measure.metric(criterion).value(&sight);
            let same = match (found, expected) {
                (Some(found), Some(expected)) => near(found, expected),
                (None, None) => true,
                // Nothing is compared with a rate of 0/0, whichever way that is said.
                (Some(found), None) => found.is_nan(),
                (None, Some(_)) => false,
            };
            assert!(same, "{found:?} is not {expected:?} for {counts:?}: {text}");
        }
    }
}

#[test]
fn a_query_says_what_it_measures_until_it_is_edited() {
    let (argo, _) = rollout_of(&config(STAGED)).unwrap();
    for metric in argo.metrics() {
        let text = query(&metric.measure, &Names::default());
        let json = exported_metric(&text).expect("an exported query");
        assert_eq!(json, serde_json::to_string(&metric.measure).unwrap());
        assert_eq!(exported_metric(&text.replace("canary\"", "blue\"")), None);
        assert_eq!(exported_metric(&format!("\n{text}\n")), Some(json));
    }
    assert_eq!(exported_metric("sum(rate(http_requests_total[1m]))"), None);
    assert_eq!(exported_metric("# canary-rollout x: {}\nvector(1)"), None);
}

/// What an export says of the policy is read by the configuration's reader, too.
#[test]
fn an_exported_rollout_is_a_configuration() {
    let (argo, _) = rollout_of(&config(STAGED)).unwrap();
    let json = serde_json::to_string(&serde_json::json!({
        "tick_seconds": 60, "controller": { "argo": argo }
    }));
    let read: Config = config(&json.unwrap());
    assert_eq!(rollout_of(&read).unwrap().0, argo);
    let names = Names::default();
    let again = export(&read, Target::Argo, &names).unwrap();
    assert_eq!(again.files, exported(STAGED, Target::Argo).files);
}

/// A staged policy of a seed, in which everything that Argo has words for occurs, and
/// what it has none for here and there.
fn random_policy(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = |n: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) % n
    };
    let tick = [30, 60][below(2) as usize];
    let mut share = 0;
    let mut stages = Vec::new();
    for _ in 0..=below(4) {
        share = (share + 1 + below(30)).min(99);
        let pause = match below(5) {
            0 => r#", "pause": { "ticks": 2 }"#,
            1 => r#", "pause": "manual""#,
            _ => "",
        };
        stages.push(format!(
            r#"{{ "traffic_pct": {share}, "duration_ticks": {}{pause} }}"#,
            1 + below(8)
        ));
        if share == 99 {
            break;
        }
    }
    let mut rules = Vec::new();
    for _ in 0..=below(3) {
        let rule = [
            r#""rule": "error_rate", "max": 0.0307"#,
            r#""rule": "error_rate_delta", "max": 0.0213"#,
            r#""rule": "error_rate_ratio", "max": 2.513"#,
            r#""rule": "error_rate_ratio", "max": 2.513, "floor": 0.02"#,
            r#""rule": "error_count", "max": 40"#,
            r#""rule": "latency", "max": 301.7, "quantile": 0.9"#,
            r#""rule": "latency_delta_ms", "max": 61.3"#,
            r#""rule": "latency_ratio", "max": 1.273"#,
            r#""rule": "burn_rate", "objective": 0.99, "factor": 2.57, "long_seconds": 600, "short_seconds": 60"#,
            r#""rule": "sequential", "alpha": 0.01"#,
            r#""rule": "sequential", "alpha": 0.1, "bets": [1.5, 4], "bets_open": "tick_1""#,
            r#""rule": "bayesian""#,
        ][below(12) as usize];
        let mut rule = rule.to_string();
        let own_window = rule.contains("burn_rate") || rule.contains("sequential");
        if below(2) == 0 {
            rule += r#", "look": "every_tick""#;
        } else if below(6) == 0 {
            rule += &format!(r#", "look": {{ "every_seconds": {} }}"#, tick * 2);
        }
        if !own_window {
            rule += match below(4) {
                0 => r#", "window": "tick""#,
                1 => r#", "window": "stage""#,
                2 => r#", "window": { "last_seconds": 180 }"#,
                _ => "",
            };
        }
        if below(4) == 0 && !rule.contains("sequential") {
            rule += &format!(r#", "failure_limit": {}"#, 1 + below(3));
        }
        rule += ["", "", r#", "look_while_paused": true"#][below(3) as usize];
        rule += ["", "", r#", "on_fail": "pause""#][below(3) as usize];
        rule += ["", "", r#", "min_requests": 200"#][below(3) as usize];
        rule += ["", "", "", r#", "no_data": "fail""#, r#", "no_data": "pass""#][below(5) as usize];
        rules.push(format!("{{ {rule} }}"));
    }
    let inconclusive =
        ["promote", "promote", "pause", "rollback"].map(|word| format!("\"{word}\""));
    format!(
        r#"{{ "tick_seconds": {tick}, "traffic": {{ "requests_per_second": 20 }},
             "baseline": {{ "error_rate": 0.01 }}, "canary": {{ "error_ratio": {} }},
             "stages": [{}], "rules": [{}], "on_inconclusive": {} }}"#,
        1 + below(3),
        stages.join(", "),
        rules.join(", "),
        inconclusive[below(4) as usize]
    )
}

/// The policies that Argo has words for, of as many seeds as it takes, with the Rollout
/// that each becomes.
fn exported_policies(count: usize) -> Vec<(Config, canary_rollout::config::ArgoConfig)> {
    let mut found = Vec::new();
    let (mut seed, mut refused) = (0, 0);
    while found.len() < count {
        seed += 1;
        let Ok(config) = Config::from_text(&random_policy(seed)) else { continue };
        match rollout_of(&config) {
            Ok((argo, _)) => found.push((config, argo)),
            Err(refusal) => {
                refused += 1;
                assert!(!refusal.problems.is_empty());
            }
        }
        assert!(seed < 50 * count as u64, "of {seed} policies {refused} are refused");
    }
    found
}

fn with_controller(
    config: &Config,
    argo: &canary_rollout::config::ArgoConfig,
) -> serde_json::Value {
    let mut value = serde_json::to_value(config).unwrap();
    for key in ["stages", "rules", "on_inconclusive", "rollback_ticks", "pass_score", "pods"] {
        value.as_object_mut().unwrap().remove(key);
    }
    value["controller"] = serde_json::json!({ "argo": argo });
    value
}

#[test]
fn random_policies_become_configurations_that_export_to_the_same_files() {
    for (staged, argo) in exported_policies(200) {
        let names = Names::default();
        let files = export(&staged, Target::Argo, &names).unwrap().files;
        let read = config(&with_controller(&staged, &argo).to_string());
        assert_eq!(rollout_of(&read).unwrap().0, argo);
        assert_eq!(export(&read, Target::Argo, &names).unwrap().files, files);
    }
}

/// Imports the files of an export.
#[track_caller]
fn imported(export: &Export) -> Import {
    let sources: Vec<Source<'_>> =
        export.files.iter().map(|file| Source { name: &file.name, text: &file.text }).collect();
    match import(&sources, &Options::default()) {
        Ok(import) => import,
        Err(error) => panic!("{error}\nin {:#?}", export.files),
    }
}

#[test]
fn an_import_of_an_export_is_the_same_policy() {
    for (staged, argo) in exported_policies(200) {
        let export = export(&staged, Target::Argo, &Names::default()).unwrap();
        let import = imported(&export);
        let read = config(&import.config);
        assert_eq!(rollout_of(&read).unwrap().0, argo, "{:#?}", export.files);
        assert!(import.bindings.iter().all(|binding| !binding.guessed), "{:#?}", import.bindings);
    }
}

/// The exported Rollout decides in the tick in which the staged policy does: 200 policies,
/// 3 seeds each. Left out is what the export's notes say: evidence that is gathered over
/// several stages, and a pause and an abort in one tick. And latencies in windows that
/// grow, because each metric draws latencies of its own.
#[test]
fn the_exported_rollout_decides_as_the_policy() {
    let mut compared = 0;
    for (staged, argo) in exported_policies(600) {
        let policy = staged.policy();
        let text = serde_json::to_string(&staged).unwrap();
        let gathers = text.contains("sequential") && policy.stages.len() > 1;
        let both = text.contains(r#""on_fail":"pause""#)
            && (text.contains(r#""on_inconclusive":"rollback""#)
                || text.contains(r#""no_data":"fail""#));
        let draws = argo.metrics().any(|metric| {
            let name = &metric.measure.name;
            name.starts_with("latency") && name.ends_with('s')
        });
        if gathers || both || draws {
            continue;
        }
        compared += 1;
        let exported = config(&with_controller(&staged, &argo).to_string());
        for seed in 0..3 {
            let [ours, theirs] = [&staged, &exported].map(|config| {
                let rollout = rolled_out(config, seed);
                let shares = rollout.history().ticks.iter().map(|tick| tick.share);
                (rollout.state(), shares.collect::<Vec<f64>>())
            });
            assert_eq!(ours, theirs, "seed {seed} of {text}");
        }
    }
    assert!(compared >= 200, "{compared}");
}

#[test]
fn an_edited_query_is_guessed_again_and_said_to_be() {
    let text = r#"{ "tick_seconds": 60, "stages": [{ "traffic_pct": 5, "duration_ticks": 3 }],
                    "rules": [{ "rule": "error_rate", "max": 0.1 }] }"#;
    let mut export = exported(text, Target::Argo);
    let templates = &mut export.files[1].text;
    *templates = templates.replace("[3m]", "[2m]");
    let import = imported(&export);
    assert!(import.bindings[0].guessed, "{:#?}", import.bindings);
    assert_eq!(import.bindings[0].measures, "error_rate of canary over 2m else 0");
    let warned = import
        .warnings
        .iter()
        .any(|warning| warning.problem.message.starts_with("was edited since it was exported"));
    assert!(warned, "{:#?}", import.warnings);
}
