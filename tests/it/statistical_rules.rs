//! The statistical rules, one row per case: what the rule sees, its verdict, and
//! its sentence; and the parameters that are refused.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::Config;
use canary_rollout::observation::{ByArm, Counts};
use canary_rollout::policy::{By, State, Step};
use canary_rollout::rollout::Rollout;
use canary_rollout::rules::{ByShare, Gap, Memory, Observed, Rule, Sight, Verdict, Watch};
use canary_rollout::stats::difference::DifferenceStep;
use canary_rollout::stats::eprocess::{Bet, Bets};
use canary_rollout::stats::fisher::fisher_test;
use canary_rollout::stats::group_sequential::{Score, Sides, Spending, boundaries};
use canary_rollout::stats::mann_whitney::mann_whitney;
use canary_rollout::stats::planned::{
    LastBoundary, Leg, boundaries as boundaries_of_plan, planned_information,
};
use canary_rollout::stats::sample_ratio::PlannedShare;
use canary_rollout::stats::shiryaev_roberts::Detector;
use canary_rollout::stats::stratified::stratified;
use canary_rollout::stats::two_proportion::z_test;

use crate::support::{config, rolled_out};

use Verdict::{Fail, Inconclusive, Pass};

/// The stages for the rules below.
const STAGES: &str = r#""stages": [
    { "traffic_pct": 10, "duration_ticks": 5 },
    { "traffic_pct": 50, "duration_ticks": 5 },
    { "traffic_pct": 100, "duration_ticks": 5 }]"#;

fn planned(rule: &str) -> Config {
    config(&format!(r#"{{ {STAGES}, "rules": [{{ {rule} }}] }}"#))
}

fn only_rule(rule: &str) -> Rule {
    planned(rule).policy().rules[0].clone()
}

fn seen((x_c, n_c): (u64, u64), (x_b, n_b): (u64, u64)) -> Sight {
    Sight {
        counts: ByArm {
            canary: Counts { requests: n_c, errors: x_c },
            baseline: Counts { requests: n_b, errors: x_b },
        },
        canary_has_all: n_b == 0,
        ..Sight::default()
    }
}

#[track_caller]
fn check(rule: &str, sight: &Sight, verdict: Verdict, observed: Option<f64>, sentence: &str) {
    let rule = only_rule(rule);
    let judgement = rule.judge(sight);
    assert_eq!(judgement.verdict, verdict, "{judgement:?}");
    assert_eq!(judgement.measure.observed, observed);
    assert_eq!(judgement.measure.canary_limit, None);
    assert_eq!(rule.sentence(sight), sentence);
}

#[test]
fn z_test_is_the_textbooks() {
    let rule = r#""rule": "z_test", "alpha": 0.01"#;
    let p = |x| Some(z_test(x, 1_000, 100, 10_000).p_value);
    // p = 0.0096037 and 0.0198220 by statsmodels.
    check(
        rule,
        &seen((18, 1_000), (100, 10_000)),
        Fail,
        p(18),
        "Error rate: 18 of 1,000 canary requests failed, 1.8 %, the baseline’s 1 %: p = 0.0096 by the z test; the limit is 0.01.",
    );
    check(
        rule,
        &seen((17, 1_000), (100, 10_000)),
        Pass,
        p(17),
        "Error rate: 17 of 1,000 canary requests failed, 1.7 %, the baseline’s 1 %: p = 0.0198 by the z test; the limit is 0.01.",
    );
    // Without errors there is no evidence.
    check(
        rule,
        &seen((0, 1_000), (0, 10_000)),
        Pass,
        Some(1.0),
        "Error rate: 0 of 1,000 canary requests failed, 0 %, the baseline’s 0 %: p = 1 by the z test; the limit is 0.01.",
    );
    // One error of 100 against a baseline without errors: the z test gives 10⁻²³.
    check(
        rule,
        &seen((1, 100), (0, 9_900)),
        Fail,
        Some(z_test(1, 100, 0, 9_900).p_value),
        "Error rate: 1 of 100 canary requests failed, 1 %, the baseline’s 0 %: p = less than 0.000001 by the z test; the limit is 0.01.",
    );
}

/// The half-widths are those of the formula in Python.
#[test]
fn asymptotic_cs_has_a_half_width_and_two_gates() {
    let base = "Error rate: 150 of 5,000 canary requests failed, 3 %, the baseline’s";
    for (rule, baseline, verdict, sentence) in [
        (
            r#""rule": "asymptotic_cs""#,
            (90, 5_000),
            Fail,
            format!(
                "{base} 1.8 %: 1.2 points above; the limit of the sequential test is 0.857 points."
            ),
        ),
        (
            r#""rule": "asymptotic_cs", "alpha": 0.001"#,
            (90, 5_000),
            Pass,
            format!(
                "{base} 1.8 %: 1.2 points above; the limit of the sequential test is 1.24 points."
            ),
        ),
        (
            r#""rule": "asymptotic_cs", "tuned_for": 1000000"#,
            (90, 5_000),
            Pass,
            format!(
                "{base} 1.8 %: 1.2 points above; the limit of the sequential test is 2.76 points."
            ),
        ),
        (
            r#""rule": "asymptotic_cs", "min_conversions": 151"#,
            (90, 5_000),
            Pass,
            format!("{base} 1.8 %: 1.2 points above; the test begins with 151 errors in one arm."),
        ),
        (
            r#""rule": "asymptotic_cs", "min_change": 0.67"#,
            (90, 5_000),
            Pass,
            format!(
                "{base} 1.8 %: 1.2 points above; the least difference that counts is 67 % of the baseline’s rate."
            ),
        ),
        (
            r#""rule": "asymptotic_cs", "min_change": 0.66"#,
            (90, 5_000),
            Fail,
            format!(
                "{base} 1.8 %: 1.2 points above; the limit of the sequential test is 0.857 points."
            ),
        ),
        // As in GrowthBook, a baseline without errors passes everything.
        (
            r#""rule": "asymptotic_cs""#,
            (0, 5_000),
            Pass,
            format!(
                "{base} 0 %: 3 points above; the least difference that counts is 0.5 % of the baseline’s rate."
            ),
        ),
        (
            r#""rule": "asymptotic_cs", "min_change": 0"#,
            (0, 5_000),
            Fail,
            format!(
                "{base} 0 %: 3 points above; the limit of the sequential test is 0.676 points."
            ),
        ),
        (
            r#""rule": "asymptotic_cs""#,
            (250, 5_000),
            Pass,
            format!("{base} 5 %: 2 points below; the limit of the sequential test is 1.1 points."),
        ),
    ] {
        let rule = only_rule(rule);
        let sight = seen((150, 5_000), baseline);
        let judgement = rule.judge(&sight);
        assert_eq!(rule.sentence(&sight), sentence);
        assert_eq!(judgement.verdict, verdict, "{judgement:?}");
        let measure = judgement.measure;
        let base = sight.counts.baseline.error_rate().unwrap();
        assert_eq!(measure.canary_limit, Some(base + measure.limit));
    }
}

/// Over several shares the difference is Mantel-Haenszel's, and every share counts as
/// two equal arms would.
#[test]
fn asymptotic_cs_compares_share_by_share() {
    let rule = only_rule(r#""rule": "asymptotic_cs", "min_change": 0"#);
    let counts = |x_c, n_c, x_b, n_b| seen((x_c, n_c), (x_b, n_b)).counts;
    // Pooled, the canary fails less often (Kohavi's example).
    let days = [counts(230, 10_000, 20_000, 990_000), counts(6_000, 500_000, 5_000, 500_000)];
    let mut pooled = days[0];
    pooled += days[1];
    let by_share = Some(ByShare { errors: stratified(days), exact_p_value: None });
    let judgement = rule.judge(&Sight { counts: pooled, by_share, ..Sight::default() });
    assert_eq!(judgement.verdict, Fail, "{judgement:?}");
    assert_eq!(rule.judge(&Sight { counts: pooled, ..Sight::default() }).verdict, Pass);
}

/// The split of the requests as the loop gathers it, with the evidence of
/// `stats::sample_ratio` in each stage.
#[test]
fn sample_ratio_gathers_the_split_of_each_stage() {
    let rule = only_rule(r#""rule": "sample_ratio", "alpha": 0.01, "prior_requests": 100"#);
    let config = planned(r#""rule": "sample_ratio", "alpha": 0.01, "prior_requests": 100"#);
    let requests = |requests| Observed { requests, ..Observed::default() };
    let watch = rule.watch(&config.policy().shapes_for(&rule, 0));
    let mut memory = watch.begin();
    watch.observe(&mut memory, 0, true, requests([104, 896]));
    watch.enter(&mut memory, 1);
    // Ticks that are not planned count too: the evidence is valid at any time.
    watch.observe(&mut memory, 1, false, requests([520, 480]));
    let first = PlannedShare::new(0.1, 100.0).ln_evidence(104, 896);
    let second = PlannedShare::new(0.5, 100.0).ln_evidence(520, 480);
    let ln_wealth = watch.ln_wealth(&memory);
    assert_eq!(ln_wealth, Some(first + second));
    let sight = |memory: &Memory| Sight {
        ln_wealth: watch.ln_wealth(memory),
        split: watch.split(memory),
        ..Sight::default()
    };
    assert!(watch.passes(&memory));
    let seen = sight(&memory);
    assert_eq!(rule.judge(&seen).verdict, Pass);
    assert_eq!(
        rule.sentence(&seen),
        "Traffic: 624 of 2,000 requests reached the canary, 31.2 % where 30 % is planned: a stake of 1, bet on a wrong share, is now 0.199; the limit is 100."
    );
    watch.observe(&mut memory, 1, true, requests([1_200, 800]));
    // Without a baseline nothing is gathered.
    watch.enter(&mut memory, 2);
    watch.observe(&mut memory, 2, true, requests([1_000_000, 0]));
    assert!(!watch.passes(&memory));
    let seen = sight(&memory);
    let judgement = rule.judge(&seen);
    assert_eq!((judgement.verdict, judgement.measure.limit), (Fail, 100.0));
    assert_eq!(
        rule.sentence(&seen),
        "Traffic: 1,824 of 4,000 requests reached the canary, 45.6 % where 40 % is planned: a stake of 1, bet on a wrong share, has grown to more than a million. If the share is right, at most 1 rollout in 100 ever reaches 100."
    );
}

/// A canary that no request reaches is a wrong share, not a lack of data.
#[test]
fn sample_ratio_fails_where_nothing_reaches_the_canary() {
    let rule = only_rule(r#""rule": "sample_ratio""#);
    let config = planned(r#""rule": "sample_ratio""#);
    let watch = rule.watch(&config.policy().shapes_for(&rule, 0));
    let mut memory = watch.begin();
    watch.observe(&mut memory, 0, true, Observed { requests: [0, 1_000], ..Observed::default() });
    let seen = Sight {
        ln_wealth: watch.ln_wealth(&memory),
        split: watch.split(&memory),
        ..Sight::default()
    };
    assert_eq!(rule.judge(&seen).verdict, Fail, "{seen:?}");
}

/// The probabilities and losses are integrals by mpmath.
#[test]
fn bayesian_compares_beta_distributions() {
    let base =
        "Error rate: 30 of 1,000 canary requests failed, 3 %, the baseline’s 2 %: the canary is";
    for (rule, verdict, rest) in [
        (r#""rule": "bayesian""#, Fail, "worse with probability 0.982; the limit is 0.95."),
        (
            r#""rule": "bayesian", "probability": 0.99"#,
            Pass,
            "worse with probability 0.982; the limit is 0.99.",
        ),
        (
            r#""rule": "bayesian", "min_change": 0.2"#,
            Pass,
            "worse by more than 20 % with probability 0.889; the limit is 0.95.",
        ),
        (
            r#""rule": "bayesian", "min_loss": 0.0108"#,
            Fail,
            "worse with probability 0.982; the limit is 0.95; the expected loss is 1.09 points, the limit 1.08 points.",
        ),
        (
            r#""rule": "bayesian", "min_loss": 0.011"#,
            Pass,
            "worse with probability 0.982; the limit is 0.95; the expected loss is 1.09 points, the limit 1.1 points.",
        ),
        // The loss is against the baseline as it is, whatever the change is.
        (
            r#""rule": "bayesian", "min_change": 0.2, "min_loss": 0.0108, "probability": 0.8"#,
            Fail,
            "worse by more than 20 % with probability 0.889; the limit is 0.8; the expected loss is 1.09 points, the limit 1.08 points.",
        ),
    ] {
        let rule = only_rule(rule);
        let sight = seen((30, 1_000), (200, 10_000));
        let judgement = rule.judge(&sight);
        assert_eq!(rule.sentence(&sight), format!("{base} {rest}"));
        assert_eq!(judgement.verdict, verdict, "{judgement:?}");
    }
    let skeptical = only_rule(r#""rule": "bayesian", "prior_errors": 30, "prior_successes": 970"#);
    let judgement = skeptical.judge(&seen((3, 100), (50, 1_000)));
    let observed = judgement.measure.observed.unwrap();
    assert!((observed - 0.071_241_734).abs() < 1e-8, "{observed}");
}

/// Over several shares the baseline's requests have the canary's weights: pooled, the
/// canary of Kohavi's example looks better.
#[test]
fn bayesian_compares_share_by_share() {
    let rule = only_rule(r#""rule": "bayesian", "window": "rollout""#);
    let counts = |x_c, n_c, x_b, n_b| seen((x_c, n_c), (x_b, n_b)).counts;
    let days = [counts(230, 10_000, 20_000, 990_000), counts(6_000, 500_000, 5_000, 500_000)];
    let mut pooled = days[0];
    pooled += days[1];
    let sight = |errors| {
        let by_share = Some(ByShare { errors, exact_p_value: None });
        Sight { counts: pooled, by_share, ..Sight::default() }
    };
    assert_eq!(rule.judge(&sight(stratified(days))).verdict, Fail);
    assert_eq!(rule.judge(&Sight { counts: pooled, ..Sight::default() }).verdict, Pass);
    // One share is compared as if there were no others.
    let one = Sight { counts: days[0], ..sight(stratified(days[..1].iter().copied())) };
    let alone = Sight { counts: days[0], ..Sight::default() };
    let [one, alone] = [one, alone].map(|sight| rule.judge(&sight).measure.observed.unwrap());
    assert!((one - alone).abs() < 1e-12, "{one} {alone}");
}

#[test]
fn fisher_is_exact() {
    let rule = r#""rule": "fisher", "alpha": 0.01"#;
    // The probability that the only error of 10,000 requests is among the canary's
    // 100 is exactly 1 %.
    check(
        rule,
        &seen((1, 100), (0, 9_900)),
        Fail,
        Some(fisher_test(1, 100, 0, 9_900).p_value),
        "Error rate: 1 of 100 canary requests failed, 1 %, the baseline’s 0 %: p = 0.01 by Fisher’s exact test; the limit is 0.01.",
    );
    // 0.0199 by scipy.
    check(
        rule,
        &seen((18, 1_000), (100, 10_000)),
        Pass,
        Some(fisher_test(18, 1_000, 100, 10_000).p_value),
        "Error rate: 18 of 1,000 canary requests failed, 1.8 %, the baseline’s 1 %: p = 0.0199 by Fisher’s exact test; the limit is 0.01.",
    );
}

#[test]
fn mann_whitney_reads_latency_as_a_shape() {
    let rule = r#""rule": "mann_whitney""#;
    let shaped = |canary: [u64; 2], baseline: [u64; 2]| Sight {
        shape: Some(mann_whitney(&canary, &baseline)),
        ..seen((0, canary.iter().sum()), (0, baseline.iter().sum()))
    };
    // p = 0.0000106 and 0.0783 by scipy.
    let slow = shaped([30, 70], [60, 40]);
    check(
        rule,
        &slow,
        Fail,
        slow.shape.map(|shape| shape.p_value),
        "Latency: a canary request is slower than a baseline request with probability 65 %: p = 0.0000106; the limit is 0.05.",
    );
    let alike = shaped([50, 50], [60, 40]);
    check(
        rule,
        &alike,
        Pass,
        alike.shape.map(|shape| shape.p_value),
        "Latency: a canary request is slower than a baseline request with probability 55 %: p = 0.0783; the limit is 0.05.",
    );
    check(
        r#""rule": "mann_whitney", "min_requests": 101"#,
        &slow,
        Inconclusive,
        slow.shape.map(|shape| shape.p_value),
        "Too little traffic to decide: 100 canary requests, 101 needed.",
    );
}

#[test]
fn sequential_reports_the_value_of_its_stake() {
    let rule = r#""rule": "sequential", "alpha": 0.05"#;
    let worth = |worth: f64| Sight {
        ln_wealth: Some(canary_rollout::math::ln(worth)),
        ..seen((0, 0), (0, 0))
    };
    let worth = |value| Sight { canary_has_all: false, ..worth(value) };
    #[track_caller]
    fn check_words(rule: &str, sight: Sight, verdict: Verdict, sentence: &str) {
        let rule = only_rule(rule);
        assert_eq!(rule.judge(&sight).verdict, verdict);
        assert_eq!(rule.sentence(&sight), sentence);
    }
    check_words(
        rule,
        worth(23.4),
        Fail,
        "Evidence: a stake of 1, bet on “the canary is worse”, has grown to 23.4. If that is false and the arms vary only together, at most 1 rollout in 20 ever reaches 20.",
    );
    check_words(
        rule,
        worth(0.295),
        Pass,
        "Evidence: a stake of 1, bet on “the canary is worse”, is now 0.295; the limit is 20.",
    );
    check_words(
        rule,
        worth(1e-12),
        Pass,
        "Evidence: a stake of 1, bet on “the canary is worse”, is now less than 0.001; the limit is 20.",
    );
    check_words(
        rule,
        worth(1e40),
        Fail,
        "Evidence: a stake of 1, bet on “the canary is worse”, has grown to more than a million. If that is false and the arms vary only together, at most 1 rollout in 20 ever reaches 20.",
    );
    check_words(
        r#""rule": "sequential", "alpha": 0.03, "tolerated_ratio": 1.2"#,
        worth(50.0),
        Fail,
        "Evidence: a stake of 1, bet on “the canary fails more than 1.2 times as often”, has grown to 50. If that is false and the arms vary only together, at most 3 % of rollouts ever reach 33.3.",
    );
    check_words(
        r#""rule": "sequential", "certify_below": 1.5, "certify_alpha": 0.1"#,
        Sight { ln_certificate: Some(canary_rollout::math::ln(10.4)), ..worth(0.5) },
        Pass,
        "Certificate: a stake of 1, bet on “it fails less than 1.5 times as often as the baseline”, has grown to 10.4. If it failed that often throughout the stage, at most 1 rollout in 10 ever reaches 10 in it.",
    );
    check_words(
        r#""rule": "slow_requests", "objective_ms": 250, "alpha": 0.01"#,
        Sight { ln_wealth: worth(120.0).ln_wealth, ..seen((0, 100), (0, 900)) },
        Fail,
        "Evidence: a stake of 1, bet on “more canary requests exceed 250 ms”, has grown to 120. If that is false and the arms vary only together, at most 1 rollout in 100 ever reaches 100.",
    );
    check_words(
        rule,
        Sight { canary_has_all: true, ..worth(50.0) },
        Inconclusive,
        "The canary has all traffic: there is no baseline to compare with.",
    );
    check_words(
        r#""rule": "sequential", "min_errors": 3"#,
        Sight { ln_wealth: worth(50.0).ln_wealth, ..seen((2, 0), (1, 1)) },
        Inconclusive,
        "Too few errors to decide: 2 canary errors, 3 needed.",
    );
}

/// What a watch has accumulated after these ticks: stage, canary errors, baseline
/// errors.
fn gathered(rule: &str, ticks: &[(u32, u64, u64)]) -> (Watch, Memory) {
    let config = planned(rule);
    let watch =
        config.policy().rules[0].watch(&config.policy().shapes_for(&config.policy().rules[0], 0));
    let (mut memory, mut stage) = (watch.begin(), 0);
    for &(at, canary, baseline) in ticks {
        while stage < at {
            stage += 1;
            watch.enter(&mut memory, stage);
        }
        let seen = Observed { errors: [canary, baseline], ..Observed::default() };
        watch.observe(&mut memory, stage, true, seen);
    }
    (watch, memory)
}

const TICKS: [(u32, u64, u64); 5] = [(0, 3, 8), (0, 2, 9), (1, 9, 7), (1, 8, 6), (2, 40, 0)];

#[test]
fn sequential_gathers_the_e_process_of_stats() {
    let bets = [2.0, 3.0].map(|ratio| Bet { ratio, stake: 1.0 });
    let bets = Bets::new(1.2, &bets).unwrap();
    for (bets_open, openings) in [("tick_1", 1), ("stage_starts", 2)] {
        let rule = format!(
            r#""rule": "sequential", "tolerated_ratio": 1.2, "bets": [2, 3], "bets_open": "{bets_open}""#
        );
        let (watch, memory) = gathered(&rule, &TICKS);
        let mut evidence = bets.evidence(openings);
        for (stage, weight) in [(0, 0.1), (1, 0.5)] {
            evidence.open(&bets);
            for &(_, canary, baseline) in TICKS.iter().filter(|tick| tick.0 == stage) {
                evidence.observe(&bets.step(weight), canary, baseline);
            }
        }
        // The stage at 100 % has no baseline and adds nothing.
        assert_eq!(watch.ln_wealth(&memory), Some(evidence.ln_value()), "{bets_open}");
    }
    // In clumps, the factors of stats.
    let clumped = bets.in_clumps(3.0).unwrap();
    let rule = r#""rule": "sequential", "tolerated_ratio": 1.2, "bets": [2, 3], "bets_open": "tick_1", "error_clump": 3"#;
    let (watch, memory) = gathered(rule, &[(0, 3, 8)]);
    let mut evidence = clumped.evidence(1);
    evidence.open(&clumped);
    evidence.observe(&clumped.step(0.1), 3, 8);
    assert_eq!(watch.ln_wealth(&memory), Some(evidence.ln_value()));
    // The formula computed with scipy gives 13.1425 after 12 errors against 40.
    let (watch, memory) =
        gathered(r#""rule": "sequential", "bets_open": "tick_1""#, &[(0, 12, 40)]);
    let wealth = canary_rollout::math::exp(watch.ln_wealth(&memory).unwrap());
    assert!((wealth - 13.142_501_070_577_216).abs() < 1e-9, "{wealth}");
}

/// Looks at every tick of stages of 10 and 50 %, 5 ticks each, with 8 errors expected in
/// each tick.
#[test]
fn planned_has_the_boundaries_of_stats() {
    let rule = r#""rule": "planned", "expected_errors_per_tick": 8, "alpha": 0.1"#;
    let leg = |weight: f64| Leg {
        weight,
        errors_per_look: 8.0,
        looks: 5,
        errors: 40.0,
        errors_after: 0.0,
    };
    let legs = [0.1, 0.5].map(leg);
    let bounds = boundaries_of_plan(&legs, 0.1 * 0.95 / 2.0);
    let last = LastBoundary::new(planned_information(&legs), 0.1 * 0.05);
    let deviations = [3.6_f64.sqrt(), 13.6_f64.sqrt()];
    let at = |ticks: &[(u32, u64, u64)]| {
        let (watch, memory) = gathered(rule, ticks);
        (watch.score(&memory, 0).unwrap(), watch.passes(&memory))
    };
    #[track_caller]
    fn check_look(found: (f64, f64), u: f64, boundary: f64, deviation: f64) {
        assert!((found.0 - u / deviation).abs() < 1e-12, "{found:?}");
        assert!((found.1 - boundary / deviation).abs() < 1e-12, "{found:?}");
    }
    let (look, passes) = at(&[(0, 3, 5)]);
    check_look(look, 3.0 - 0.8, bounds[0], deviations[0]);
    assert!(passes);
    let (look, passes) = at(&[(0, 3, 5), (0, 4, 4)]);
    check_look(look, 7.0 - 1.6, bounds[0], deviations[0]);
    assert!(!passes);
    let (look, _) = at(&[(0, 3, 5), (1, 4, 6)]);
    check_look(look, 2.2 - 1.0, bounds[1], deviations[1]);
    // An extension, and more errors than planned: the last boundary, for V up to V₀ and
    // twice that.
    let (look, _) = at(&[(0, 0, 4); 6]);
    check_look(look, -2.4, last.at(2.16), deviations[0]);
    let (look, _) = at(&[(0, 6, 54), (1, 0, 0)]);
    check_look(look, 0.0, last.at(5.4), deviations[1]);
    let (look, passes) = at(&[(0, 6, 54), (1, 40, 20)]);
    check_look(look, 10.0, last.at(20.4), deviations[1]);
    assert!(passes);
    assert!(last.at(20.4) > last.at(5.4) && last.at(5.4) > bounds[1]);
    // At 100 % there is no look.
    let (watch, memory) = gathered(rule, &[(2, 4, 0)]);
    assert_eq!(watch.score(&memory, 2), None);
    let sight =
        |z: f64| Sight { score: Some((z, 2.25)), canary_has_all: false, ..seen((0, 0), (0, 0)) };
    check(
        rule,
        &sight(2.25),
        Fail,
        Some(2.25),
        "Evidence: the canary’s errors beyond their share are 2.25 planned standard errors; the boundary of this look is 2.25. If the canary is not worse and the errors are as expected, at most 1 rollout in 10 ever reaches one.",
    );
    check(
        rule,
        &sight(-0.5),
        Pass,
        Some(-0.5),
        "Evidence: the canary’s errors beyond their share are -0.5 planned standard errors; the boundary of this look is 2.25. If the canary is not worse and the errors are as expected, at most 1 rollout in 10 ever reaches one.",
    );
}

/// A plan that differs from the world by more than a tenth is warned of.
#[test]
fn other_errors_than_planned_are_warned_of() {
    for (expected, warning) in [
        (
            8.0,
            Some(
                "expects 8 errors a tick, but a healthy release has 10: in a stage with clearly more errors than planned a higher boundary holds, with which it misses more; with a few more than planned it fails a healthy release somewhat more often than its alpha says",
            ),
        ),
        (9.1, None),
        (11.0, None),
        (
            15.0,
            Some(
                "expects 15 errors a tick, but a healthy release has 10: its boundaries are higher than they need to be, and it misses more",
            ),
        ),
    ] {
        let text = format!(
            r#"{{ "tick_seconds": 10, "traffic": {{ "requests_per_second": 100 }},
                  "baseline": {{ "error_rate": 0.01 }}, "stages": [{{ "traffic_pct": 50 }}],
                  "rules": [{{ "rule": "planned", "expected_errors_per_tick": {expected} }}] }}"#
        );
        let warnings: Vec<String> =
            config(&text).warnings().iter().map(ToString::to_string).collect();
        let expected: Vec<String> =
            warning.iter().map(|warning| format!("rules[0]: planned {warning}")).collect();
        assert_eq!(warnings, expected);
    }
}

#[test]
fn shiryaev_roberts_gathers_the_detector_of_stats() {
    let bets = [2.0, 3.0].map(|ratio| Bet { ratio, stake: 1.0 });
    let bets = Bets::new(1.2, &bets).unwrap().in_clumps(2.0).unwrap();
    let rule =
        r#""rule": "shiryaev_roberts", "tolerated_ratio": 1.2, "bets": [2, 3], "error_clump": 2"#;
    let (watch, memory) = gathered(rule, &TICKS);
    // Ten ticks of stages with a baseline.
    let mut detector = Detector::new(&bets, 10);
    for &(stage, canary, baseline) in &TICKS[..4] {
        detector.observe(&bets.step([0.1, 0.5][stage as usize]), canary, baseline);
    }
    assert_eq!(watch.ln_wealth(&memory), Some(canary_rollout::math::ln(detector.value())));
    let rule = r#""rule": "shiryaev_roberts", "alpha": 0.1"#;
    let sight = |worth: f64| Sight {
        ln_wealth: Some(canary_rollout::math::ln(worth)),
        canary_has_all: false,
        ..seen((0, 0), (0, 0))
    };
    check(
        rule,
        &sight(16.0),
        Fail,
        Some(canary_rollout::math::exp(canary_rollout::math::ln(16.0))),
        "Evidence: a stake of 1, bet in equal parts, one in each tick, on “the canary is worse from now on”, has grown to 16. If that is false and the arms vary only together, at most 1 rollout in 10 ever reaches 10.",
    );
    check(
        rule,
        &sight(0.0),
        Pass,
        Some(0.0),
        "Evidence: a stake of 1, bet in equal parts, one in each tick, on “the canary is worse from now on”, is now less than 0.001; the limit is 10.",
    );
}

#[test]
fn sequential_difference_gathers_the_difference_of_stats() {
    let bets = [1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0, 20.0].map(|ratio| Bet { ratio, stake: 1.0 });
    let bets = Bets::new(1.0, &bets).unwrap();
    for (bets_open, openings) in [("tick_1", 1), ("stage_starts", 2)] {
        let config = planned(&format!(
            r#""rule": "sequential_difference", "margin": 0.01, "bets_open": "{bets_open}""#
        ));
        let rule = &config.policy().rules[0];
        let watch = rule.watch(&config.policy().shapes_for(rule, 0));
        let mut memory = watch.begin();
        let mut evidence = bets.evidence(openings);
        for (stage, weight) in [(0, 0.1), (1, 0.5)] {
            if stage > 0 {
                watch.enter(&mut memory, stage);
            }
            evidence.open(&bets);
            let step = DifferenceStep::new(&bets, 0.01, weight);
            for (canary, baseline, requests) in [(3, 8, 100), (2, 9, 90)] {
                let errors = [canary, baseline];
                let seen = Observed { errors, requests: [requests, 0], ..Observed::default() };
                watch.observe(&mut memory, stage, true, seen);
                step.observe(&mut evidence, canary, baseline, requests);
            }
        }
        assert_eq!(watch.ln_wealth(&memory), Some(evidence.ln_value()), "{bets_open}");
    }
    let rule = r#""rule": "sequential_difference", "margin": 0.005"#;
    let sight = |worth: f64| Sight {
        ln_wealth: Some(canary_rollout::math::ln(worth)),
        canary_has_all: false,
        ..seen((0, 0), (0, 0))
    };
    check(
        rule,
        &sight(32.0),
        Fail,
        Some(canary_rollout::math::exp(canary_rollout::math::ln(32.0))),
        "Evidence: a stake of 1, bet on “the canary’s error rate is more than 0.5 points above the baseline’s”, has grown to 32. If it never is, at most 1 rollout in 20 ever reaches 20.",
    );
    check(
        r#""rule": "sequential_difference""#,
        &sight(0.25),
        Pass,
        Some(canary_rollout::math::exp(canary_rollout::math::ln(0.25))),
        "Evidence: a stake of 1, bet on “the canary’s error rate is above the baseline’s”, is now 0.25; the limit is 20.",
    );
}

#[test]
fn sequential_metrics_gathers_two_stakes_under_one_level() {
    let bets = Bets::new(1.0, &[Bet { ratio: 2.0, stake: 1.0 }]).unwrap();
    let config = planned(
        r#""rule": "sequential_metrics", "objective_ms": 250, "errors_weight": 0.75, "bets": [2]"#,
    );
    let rule = &config.policy().rules[0];
    let watch = rule.watch(&config.policy().shapes_for(rule, 0));
    let mut memory = watch.begin();
    let mut evidence = [bets.evidence(2); 2];
    evidence.iter_mut().for_each(|evidence| evidence.open(&bets));
    for (errors, slow) in [([3, 8], [0, 20]), ([2, 9], [9, 31])] {
        watch.observe(&mut memory, 0, true, Observed { errors, slow, requests: [0; 2] });
        evidence[0].observe(&bets.step(0.1), errors[0], errors[1]);
        evidence[1].observe(&bets.step(0.1), slow[0], slow[1]);
    }
    let by_metric = evidence.map(|evidence| evidence.ln_value());
    assert_eq!(watch.ln_by_metric(&memory), Some(by_metric));
    let [errors, slow] = by_metric.map(canary_rollout::math::exp);
    let mean = canary_rollout::math::exp(watch.ln_wealth(&memory).unwrap());
    assert!((mean - (0.75 * errors + 0.25 * slow)).abs() < 1e-12, "{mean}");
    let rule = r#""rule": "sequential_metrics", "objective_ms": 250, "errors_weight": 0.75"#;
    let sight = |errors: f64, slow: f64| Sight {
        ln_wealth: Some(canary_rollout::math::ln(0.75 * errors + 0.25 * slow)),
        ln_by_metric: Some([errors, slow].map(canary_rollout::math::ln)),
        canary_has_all: false,
        ..seen((0, 0), (0, 0))
    };
    #[track_caller]
    fn check_words(rule: &str, sight: &Sight, verdict: Verdict, sentence: &str) {
        let rule = only_rule(rule);
        assert_eq!(rule.judge(sight).verdict, verdict);
        assert_eq!(rule.sentence(sight), sentence);
    }
    check_words(
        rule,
        &sight(0.5, 120.0),
        Fail,
        "Evidence: a stake of 1, 75 % of it bet on “the canary is worse” and the rest on “more canary requests exceed 250 ms”, has grown to 30.4. If that is false and the arms vary only together, at most 1 rollout in 20 ever reaches 20. A stake of 1 on the errors alone is now 0.5, on the slow requests alone 120.",
    );
    check_words(
        rule,
        &sight(0.5, 2.0),
        Pass,
        "Evidence: a stake of 1, 75 % of it bet on “the canary is worse” and the rest on “more canary requests exceed 250 ms”, is now 0.875; the limit is 20. A stake of 1 on the errors alone is now 0.5, on the slow requests alone 2.",
    );
}

#[test]
fn group_sequential_gathers_the_score_of_stats() {
    let information = [5.0 * 0.1 * 0.9, 5.0 * 0.5 * 0.5];
    let total: f64 = information.iter().sum();
    for (name, spending) in [
        ("pocock", Spending::Pocock),
        ("obrien_fleming", Spending::OBrienFleming),
        ("linear", Spending::Linear),
    ] {
        let rule = format!(r#""rule": "group_sequential", "alpha": 0.1, "spending": "{name}""#);
        let (watch, memory) = gathered(&rule, &TICKS);
        let fractions = [information[0] / total, 1.0];
        let bounds = boundaries(spending, 0.1, Sides::One, &fractions).unwrap();
        let mut score = Score::default();
        for (stage, weight) in [(0, 0.1), (1, 0.5)] {
            for &(_, canary, baseline) in TICKS.iter().filter(|tick| tick.0 == stage) {
                score.observe(weight, canary, baseline);
            }
        }
        assert_eq!(watch.score(&memory, 0), Some((score.z(), bounds[0])), "{name}");
        assert_eq!(watch.score(&memory, 1), Some((score.z(), bounds[1])), "{name}");
        // At 100 % there is no look.
        assert_eq!(watch.score(&memory, 2), None, "{name}");
    }
    let rule = r#""rule": "group_sequential", "alpha": 0.05"#;
    let at =
        |z: f64| Sight { score: Some((z, 2.0)), canary_has_all: false, ..seen((0, 0), (0, 0)) };
    check(
        rule,
        &at(2.0),
        Fail,
        Some(2.0),
        "Evidence: the canary’s errors beyond their share are 2 standard errors; the boundary of this look is 2. If the canary is not worse, about 1 rollout in 20 ever reaches one.",
    );
    check(
        rule,
        &at(-1.5),
        Pass,
        Some(-1.5),
        "Evidence: the canary’s errors beyond their share are -1.5 standard errors; the boundary of this look is 2. If the canary is not worse, about 1 rollout in 20 ever reaches one.",
    );
}

#[test]
fn a_look_without_a_baseline_or_requests_is_inconclusive() {
    for rule in [r#""rule": "z_test""#, r#""rule": "fisher""#, r#""rule": "mann_whitney""#] {
        let gap = |sight: Sight| only_rule(rule).judge(&sight).gap;
        assert_eq!(gap(seen((1, 10), (0, 0))), Some(Gap::Baseline), "{rule}");
        assert_eq!(gap(seen((0, 0), (1, 10))), Some(Gap::Requests), "{rule}");
        let silent = Sight { canary_has_all: false, ..seen((1, 10), (0, 0)) };
        assert_eq!(gap(silent), Some(Gap::Requests), "{rule}");
        assert_eq!(gap(seen((1, 10), (1, 10))), None, "{rule}");
    }
    // Rules that use only errors need requests if `min_requests` is set.
    for rule in [r#""rule": "sequential""#, r#""rule": "group_sequential""#] {
        assert!(!only_rule(rule).needs().requests, "{rule}");
        let asked = only_rule(&format!(r#"{rule}, "min_requests": 100"#));
        assert!(asked.needs().requests, "{rule}");
        assert_eq!(asked.judge(&seen((1, 99), (1, 10))).gap, Some(Gap::Requests), "{rule}");
        assert_eq!(asked.judge(&seen((1, 100), (1, 10))).gap, None, "{rule}");
    }
}

/// Rules that are refused, with the path below the rule and the message.
const REFUSED: &[(&str, &str)] = &[
    (r#""rule": "z_test", "alpha": 0"#, ".alpha: found 0, expected a number between 0 and 1"),
    (r#""rule": "z_test", "alpha": 1"#, ".alpha: found 1, expected a number between 0 and 1"),
    (r#""rule": "fisher", "alpha": -0.1"#, ".alpha: found -0.1, expected a number between 0 and 1"),
    (r#""rule": "mann_whitney", "alpha": 2"#, ".alpha: found 2, expected a number between 0 and 1"),
    (r#""rule": "sequential", "alpha": 1"#, ".alpha: found 1, expected a number between 0 and 1"),
    (r#""rule": "z_test", "max": 1"#, ".max: z_test takes no such parameter, only alpha"),
    (
        r#""rule": "sequential", "tolerated_ratio": 0"#,
        ".tolerated_ratio: found 0, expected a number above 0, at most 100",
    ),
    (
        r#""rule": "sequential", "tolerated_ratio": 101"#,
        ".tolerated_ratio: found 101, expected a number above 0, at most 100",
    ),
    (r#""rule": "sequential", "bets": []"#, ".bets: 0 bets, expected 1 to 16"),
    (
        r#""rule": "sequential", "bets": [2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2]"#,
        ".bets: 17 bets, expected 1 to 16",
    ),
    (
        r#""rule": "sequential", "bets": [2, 1]"#,
        ".bets[1]: found 1, expected a ratio above the tolerated 1, at most 10000",
    ),
    (
        r#""rule": "sequential", "tolerated_ratio": 1.2, "bets": [1.2]"#,
        ".bets[0]: found 1.2, expected a ratio above the tolerated 1.2, at most 10000",
    ),
    (
        r#""rule": "sequential", "bets": [10001]"#,
        ".bets[0]: found 10001, expected a ratio above the tolerated 1, at most 10000",
    ),
    (
        r#""rule": "sequential", "certify_below": 1"#,
        ".certify_below: found 1, expected a ratio above the tolerated 1 and 0.25, at most 100",
    ),
    (
        r#""rule": "sequential", "tolerated_ratio": 1.5, "certify_below": 1.2"#,
        ".certify_below: found 1.2, expected a ratio above the tolerated 1.5 and 0.25, at most 100",
    ),
    (
        r#""rule": "sequential", "tolerated_ratio": 0.1, "certify_below": 0.25"#,
        ".certify_below: found 0.25, expected a ratio above the tolerated 0.1 and 0.25, at most 100",
    ),
    (
        r#""rule": "sequential", "certify_below": 2, "certify_alpha": 1"#,
        ".certify_alpha: found 1, expected a number between 0 and 1",
    ),
    (
        r#""rule": "sequential", "certify_below": 2, "min_ticks": 0"#,
        ".min_ticks: found 0, expected a whole number from 1 to 100000",
    ),
    (
        r#""rule": "sequential", "certify_alpha": 0.1"#,
        ".certify_alpha: has no effect without certify_below",
    ),
    (
        r#""rule": "sequential", "error_clump": 0.5"#,
        ".error_clump: found 0.5, expected a number from 1 to 1000000",
    ),
    (r#""rule": "sequential", "min_ticks": 2"#, ".min_ticks: has no effect without certify_below"),
    (
        r#""rule": "sequential", "window": "stage""#,
        ".window: sequential gathers evidence, expected rollout",
    ),
    (
        r#""rule": "group_sequential", "window": "tick""#,
        ".window: group_sequential gathers evidence, expected rollout",
    ),
    (
        r#""rule": "group_sequential", "look": "every_tick""#,
        ".look: group_sequential has boundaries for stage ends alone, expected stage_end",
    ),
    (
        r#""rule": "bayesian", "probability": 1"#,
        ".probability: found 1, expected a number between 0 and 1",
    ),
    (
        r#""rule": "bayesian", "prior_errors": 0"#,
        ".prior_errors: found 0, expected a number from 0.5 to 1000000000",
    ),
    (
        r#""rule": "asymptotic_cs", "window": "tick""#,
        ".window: asymptotic_cs gathers evidence, expected rollout",
    ),
    (
        r#""rule": "asymptotic_cs", "alpha": 0.5"#,
        ".alpha: found 0.5, expected a number between 0 and 0.5",
    ),
    (
        r#""rule": "group_sequential", "stages": [3]"#,
        ": group_sequential applies in no stage with a baseline",
    ),
    (
        r#""rule": "sample_ratio", "stages": [3]"#,
        ": sample_ratio applies in no stage with a baseline",
    ),
    (r#""rule": "sequential", "stages": [3]"#, ": sequential applies in no stage with a baseline"),
    (
        r#""rule": "slow_requests", "objective_ms": 250, "stages": [3]"#,
        ": slow_requests applies in no stage with a baseline",
    ),
    (
        r#""rule": "slow_requests""#,
        ".objective_ms: missing, expected milliseconds above 0, at most 600000",
    ),
    (
        r#""rule": "slow_requests", "objective_ms": 0"#,
        ".objective_ms: found 0, expected milliseconds above 0, at most 600000",
    ),
    (
        r#""rule": "planned""#,
        ".expected_errors_per_tick: missing, expected a number above 0, at most 100000000",
    ),
    (
        r#""rule": "planned", "expected_errors_per_tick": 0"#,
        ".expected_errors_per_tick: found 0, expected a number above 0, at most 100000000",
    ),
    (
        r#""rule": "planned", "expected_errors_per_tick": 5, "stages": [3]"#,
        ": planned applies in no stage with a baseline",
    ),
    (
        r#""rule": "sequential_difference", "margin": 1.5"#,
        ".margin: found 1.5, expected a number from 0 to 1",
    ),
    (
        r#""rule": "sequential_difference", "tolerated_ratio": 2"#,
        ".tolerated_ratio: sequential_difference takes no such parameter, only alpha, margin, bets_open, error_clump",
    ),
    (
        r#""rule": "shiryaev_roberts", "bets_open": "tick_1""#,
        ".bets_open: shiryaev_roberts takes no such parameter, only alpha, tolerated_ratio, bets, error_clump",
    ),
    (
        r#""rule": "shiryaev_roberts", "stages": [3]"#,
        ": shiryaev_roberts applies in no stage with a baseline",
    ),
    (
        r#""rule": "sequential_metrics", "objective_ms": 250, "errors_weight": 1"#,
        ".errors_weight: found 1, expected a number between 0 and 1",
    ),
    (
        r#""rule": "sequential_metrics""#,
        ".objective_ms: missing, expected milliseconds above 0, at most 600000",
    ),
    (
        r#""rule": "slow_requests", "objective_ms": 250, "certify_below": 2"#,
        ".certify_below: slow_requests takes no such parameter, only objective_ms, alpha, tolerated_ratio, bets, bets_open, error_clump",
    ),
];

#[test]
fn a_wrong_parameter_is_reported_with_its_path() {
    for (rule, expected) in REFUSED {
        let text = format!(r#"{{ {STAGES}, "rules": [{{ {rule} }}] }}"#);
        let refusal =
            Config::from_text(&text).err().map(|error| error.without_line_column().to_string());
        assert_eq!(refusal.as_deref(), Some(format!("rules[0]{expected}").as_str()), "{rule}");
    }
}

#[test]
fn looks_too_close_to_each_other_are_refused() {
    let text = r#"{ "stages": [{ "traffic_pct": 50, "duration_ticks": 1000 },
                               { "traffic_pct": 99.9999, "duration_ticks": 1 }],
                    "rules": [{ "rule": "group_sequential" }] }"#;
    let refusal =
        Config::from_text(text).err().map(|error| error.without_line_column().to_string());
    let expected =
        "rules[0]: group_sequential has looks that are too close together to share a level";
    assert_eq!(refusal.as_deref(), Some(expected));
}

#[test]
fn looking_more_often_than_is_valid_is_warned_of() {
    for (rule, is_warned) in [
        (r#""rule": "z_test", "look": "every_tick""#, true),
        (r#""rule": "fisher", "look": "every_tick""#, true),
        (r#""rule": "mann_whitney", "look": "every_tick""#, true),
        (r#""rule": "z_test""#, false),
        (r#""rule": "sequential""#, false),
        (r#""rule": "asymptotic_cs""#, false),
        (r#""rule": "slow_requests", "objective_ms": 250"#, false),
        (r#""rule": "planned", "expected_errors_per_tick": 10"#, false),
        (r#""rule": "sequential_difference""#, false),
        (r#""rule": "sequential_metrics", "objective_ms": 250"#, false),
        (r#""rule": "shiryaev_roberts""#, false),
        (r#""rule": "group_sequential""#, false),
    ] {
        let warnings: Vec<String> =
            planned(rule).warnings().iter().map(ToString::to_string).collect();
        let found =
            warnings.iter().any(|warning| warning.contains("is valid for one look per stage"));
        assert_eq!(found, is_warned, "{rule}: {warnings:?}");
    }
}

/// The looks of a rule: tick and verdict.
fn looks(rollout: &Rollout, rule: u32) -> Vec<(u32, Verdict)> {
    let looks = rollout.history().looks.iter().filter(|look| look.evidence.rule == rule);
    looks.map(|look| (look.tick, look.evidence.judgement.verdict)).collect()
}

/// A healthy release soon earns a certificate that its ratio is below 20.
fn certified_with(others: &str) -> Rollout {
    rolled_out(
        &config(&format!(
            r#"{{ "stages": [{{ "traffic_pct": 10, "duration_ticks": 10 }}],
                  "rules": [{{ "rule": "sequential", "certify_below": 20, "min_ticks": 2 }} {others}] }}"#
        )),
        1,
    )
}

#[test]
fn a_certificate_ends_a_stage_and_says_why() {
    let rollout = certified_with(r#", { "rule": "z_test", "alpha": 0.001 }"#);
    assert_eq!((rollout.state(), rollout.ticks()), (State::Completed, 2));
    let decision = rollout.history().decisions[0];
    assert_eq!((decision.step, decision.by), (Step::Complete, By::Rule));
    let evidence = decision.evidence.unwrap();
    let sentence = rollout.plan().rule(evidence.rule).sentence(&evidence.sight);
    assert!(
        sentence.starts_with("Certificate: a stake of 1, bet on “it fails less than 20 times"),
        "{sentence}"
    );
    // The value that earned the certificate is not below its limit.
    assert!(evidence.sight.ln_certificate.unwrap() >= canary_rollout::math::ln(20.0));
    // The rules that look at the end of a stage have looked.
    assert_eq!(looks(&rollout, 1), [(2, Pass)]);
}

#[test]
fn a_certificate_waits_for_an_inconclusive_rule() {
    // A rule that needs more errors than there ever are: the stage takes its
    // planned duration, and a rule that was conclusive at the first look does not
    // look again.
    let silent = r#", { "rule": "z_test", "alpha": 0.001 },
                     { "rule": "error_rate", "max": 1, "min_errors": 1000000 }"#;
    let rollout = certified_with(silent);
    assert_eq!((rollout.state(), rollout.ticks()), (State::Completed, 10));
    assert_eq!(looks(&rollout, 1), [(2, Pass)]);
    let inconclusive: Vec<(u32, Verdict)> = (2..=10).map(|tick| (tick, Inconclusive)).collect();
    assert_eq!(looks(&rollout, 2), inconclusive);
    assert_eq!(rollout.history().decisions[0].by, By::Policy);
    // A rule that is conclusive after a while: then the certificate counts.
    let slow = r#", { "rule": "error_rate", "max": 1, "min_errors": 50 }"#;
    let rollout = certified_with(slow);
    let ticks = rollout.ticks();
    assert!(ticks > 2 && ticks < 10, "{ticks}");
    assert_eq!(looks(&rollout, 1).last(), Some(&(ticks, Pass)));
    assert_eq!(rollout.history().decisions[0].by, By::Rule);
}

/// A stage that ends early reports the stake of the certificate, not that of the
/// opposite bets.
#[test]
fn an_early_promotion_reports_its_certificate() {
    let text = r#"{ "traffic": { "requests_per_second": 10 }, "baseline": { "error_rate": 0.02 },
        "stages": [{ "traffic_pct": 10, "duration_ticks": 20 }, { "traffic_pct": 50, "duration_ticks": 10 }],
        "rules": [{ "rule": "sequential", "certify_below": 2, "min_ticks": 15 }] }"#;
    let report = rolled_out(&config(text), 1).report();
    for (decision, what) in report.decisions.iter().zip([
        "Promoted to stage 2, 50 %. Certificate: a stake of 1, bet on “it fails less than 2 times as often as the baseline”, has grown to ",
        "Completed: all traffic goes to the release.",
    ]) {
        assert!(decision.sentence.starts_with(what), "{decision:?}");
    }
    let first = &report.decisions[0];
    assert_eq!((first.by, first.limit), (By::Rule, Some(20.0)));
    assert!(first.observed.unwrap() >= 20.0, "{first:?}");
    let end = "If it failed that often throughout the stage, at most 1 rollout in 20 ever reaches 20 in it.";
    assert!(first.sentence.ends_with(end), "{first:?}");
}
