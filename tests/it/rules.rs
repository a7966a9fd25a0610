//! The plain rules, one row per case: what the rule sees, its verdict, and its
//! sentence.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::observation::{ByArm, Counts};
use canary_rollout::rules::{ByShare, Limit, Sight, Verdict};
use canary_rollout::stats::fisher::ErrorLaw;
use canary_rollout::stats::stratified::stratified;

use crate::support::config;

/// (canary errors, requests), (baseline errors, requests).
type Seen = ((u64, u64), (u64, u64));

fn sight(((x_c, n_c), (x_b, n_b)): Seen, quantile_ms: [f64; 2]) -> Sight {
    let [canary, baseline] = quantile_ms.map(|ms| (ms > 0.0).then_some(ms));
    Sight {
        counts: ByArm {
            canary: Counts { requests: n_c, errors: x_c },
            baseline: Counts { requests: n_b, errors: x_b },
        },
        quantile_ms: ByArm { baseline, canary },
        canary_has_all: n_b == 0,
        ..Sight::default()
    }
}

#[track_caller]
fn check(rule: &str, sight: &Sight, verdict: Verdict, sentence: &str) {
    let text = format!(r#"{{ "stages": [{{ "traffic_pct": 10 }}], "rules": [{{ {rule} }}] }}"#);
    let config = config(&text);
    let rule = &config.policy().rules[0];
    let judgement = rule.judge(sight);
    assert_eq!(judgement.verdict, verdict, "{judgement:?}");
    assert_eq!(rule.sentence(sight), sentence);
    assert_eq!(judgement.gap.is_some(), verdict == Verdict::Inconclusive);
}

#[track_caller]
fn check_counts(rule: &str, seen: Seen, verdict: Verdict, sentence: &str) {
    check(rule, &sight(seen, [0.0, 0.0]), verdict, sentence);
}

use Verdict::{Fail, Inconclusive, Pass};

#[test]
fn error_rate_is_a_limit_on_the_canary_alone() {
    let rule = r#""rule": "error_rate", "max": 0.02"#;
    check_counts(
        rule,
        ((2, 100), (0, 0)),
        Pass,
        "Error rate: 2 of 100 canary requests failed, 2 %; the limit is 2 %.",
    );
    check_counts(
        rule,
        ((3, 100), (90, 100)),
        Fail,
        "Error rate: 3 of 100 canary requests failed, 3 %; the limit is 2 %.",
    );
    check_counts(
        rule,
        ((20_001, 1_000_000), (0, 1)),
        Fail,
        "Error rate: 20,001 of 1,000,000 canary requests failed, 2 %; the limit is 2 %.",
    );
    check_counts(
        rule,
        ((0, 0), (5, 100)),
        Inconclusive,
        "Too little traffic to decide: 0 canary requests, 1 needed.",
    );
}

#[test]
fn error_rate_delta_is_a_limit_above_the_baseline() {
    let rule = r#""rule": "error_rate_delta", "max": 0.02"#;
    check_counts(
        rule,
        ((5, 117), (87, 10_120)),
        Fail,
        "Error rate: 5 of 117 canary requests failed, 4.27 %, 3.41 points above the baseline’s 0.86 %; the limit is 2 points.",
    );
    // A value exactly at the limit passes, at any scale; one just above fails.
    check_counts(
        rule,
        ((3, 100), (1, 100)),
        Pass,
        "Error rate: 3 of 100 canary requests failed, 3 %, 2 points above the baseline’s 1 %; the limit is 2 points.",
    );
    check_counts(
        rule,
        ((300_001, 10_000_000), (100_000, 10_000_000)),
        Fail,
        "Error rate: 300,001 of 10,000,000 canary requests failed, 3 %, 2 points above the baseline’s 1 %; the limit is 2 points.",
    );
    check_counts(
        rule,
        ((0, 50), (1, 50)),
        Pass,
        "Error rate: 0 of 50 canary requests failed, 0 %, 2 points below the baseline’s 2 %; the limit is 2 points.",
    );
    check_counts(
        rule,
        ((5, 50), (0, 0)),
        Inconclusive,
        "The canary has all traffic: there is no baseline to compare with.",
    );
    let zero = r#""rule": "error_rate_delta", "max": 0"#;
    check_counts(
        zero,
        ((1, 100), (1, 100)),
        Pass,
        "Error rate: 1 of 100 canary requests failed, 1 %, 0 points above the baseline’s 1 %; the limit is 0 points.",
    );
}

/// Kohavi's example of Simpson's paradox: the release fails more often on each of
/// two days but less often in their sum, because most of its requests came on the
/// better day. If a window has several traffic shares, rules compare share by
/// share.
#[test]
fn arms_are_compared_share_by_share() {
    let day = |x_c, n_c, x_b, n_b| ByArm {
        canary: Counts { requests: n_c, errors: x_c },
        baseline: Counts { requests: n_b, errors: x_b },
    };
    let days = [day(230, 10_000, 20_000, 990_000), day(6_000, 500_000, 5_000, 500_000)];
    let mut law = ErrorLaw::none();
    law.add(days[0]);
    let seen = |days: &[ByArm<Counts>], exact_p_value| {
        let mut counts = ByArm::default();
        days.iter().for_each(|day| counts += *day);
        let errors = stratified(days.iter().copied());
        let by_share = Some(ByShare { errors, exact_p_value: Some(exact_p_value) });
        Sight { counts, by_share, ..Sight::default() }
    };
    let both = seen(&days, law.p_value(days[1]));
    let start = "Error rate: 6,230 of 510,000 canary requests failed, 1.22 %, the baseline’s 1.68 %; compared at each of 2 traffic shares:";
    for (rule, verdict, rest) in [
        (
            r#""rule": "error_rate_delta", "max": 0.002"#,
            Fail,
            "0.203 points above; the limit is 0.2 points.",
        ),
        (
            r#""rule": "error_rate_delta", "max": 0.0021"#,
            Pass,
            "0.203 points above; the limit is 0.21 points.",
        ),
        (
            r#""rule": "error_rate_ratio", "max": 1.19"#,
            Fail,
            "1.2 times the baseline’s rate; the limit is 1.19 times.",
        ),
        (
            r#""rule": "error_rate_ratio", "max": 1.2"#,
            Pass,
            "1.2 times the baseline’s rate; the limit is 1.2 times.",
        ),
        (r#""rule": "z_test""#, Fail, "p = less than 0.000001 by the z test; the limit is 0.05."),
        (
            r#""rule": "fisher""#,
            Fail,
            "p = less than 0.000001 by Fisher’s exact test; the limit is 0.05.",
        ),
    ] {
        check(rule, &both, verdict, &format!("{start} {rest}"));
    }
    let silent = [day(0, 100, 0, 900), day(0, 500, 0, 500)];
    check(
        r#""rule": "error_rate_ratio", "max": 5"#,
        &seen(&silent, 1.0),
        Pass,
        "Error rate: 0 of 600 canary requests failed, 0 %, the baseline’s 0 %; compared at each of 2 traffic shares: no errors to compare; the limit is 5 times.",
    );
    let clean = [day(0, 100, 0, 900), day(2, 500, 0, 500)];
    check(
        r#""rule": "error_rate_ratio", "max": 5"#,
        &seen(&clean, 0.25),
        Fail,
        "Error rate: 2 of 600 canary requests failed, 0.333 %, the baseline’s 0 %; compared at each of 2 traffic shares: infinitely many times the baseline’s rate; the limit is 5 times.",
    );
    // Neither share has requests of both arms.
    check(
        r#""rule": "z_test""#,
        &seen(&[day(0, 0, 3, 900), day(2, 500, 0, 0)], 1.0),
        Inconclusive,
        "Too little traffic to decide: at no traffic share did both arms have requests.",
    );
}

#[test]
fn error_rate_ratio_is_a_limit_in_times_the_baseline() {
    let rule = r#""rule": "error_rate_ratio", "max": 2, "min_errors": 5"#;
    check_counts(
        rule,
        ((5, 100), (20, 1_000)),
        Fail,
        "Error rate: 5 of 100 canary requests failed, 5 %, 2.5 times the baseline’s 2 %; the limit is 2 times.",
    );
    check_counts(
        rule,
        ((6, 100), (3, 100)),
        Pass,
        "Error rate: 6 of 100 canary requests failed, 6 %, 2 times the baseline’s 3 %; the limit is 2 times.",
    );
    check_counts(
        rule,
        ((4, 100), (1, 1_000)),
        Inconclusive,
        "Too few errors to decide: 4 canary errors, 5 needed.",
    );
    check_counts(
        rule,
        ((5, 100), (0, 1_000)),
        Fail,
        "Error rate: 5 of 100 canary requests failed, 5 %, compared with the baseline’s 0 %; the limit is 2 times.",
    );
    let hasty = r#""rule": "error_rate_ratio", "max": 2"#;
    check_counts(
        hasty,
        ((1, 100), (0, 1_000)),
        Fail,
        "Error rate: 1 of 100 canary requests failed, 1 %, compared with the baseline’s 0 %; the limit is 2 times.",
    );
    check_counts(
        hasty,
        ((0, 100), (0, 1_000)),
        Pass,
        "Error rate: 0 of 100 canary requests failed, 0 %, compared with the baseline’s 0 %; the limit is 2 times.",
    );
}

/// The limit is the larger of `max` times the baseline's rate and the floor, and the
/// sentence says which.
#[test]
fn a_ratio_may_have_a_floor() {
    let rule = r#""rule": "error_rate_ratio", "max": 1.2, "floor": 0.0001"#;
    // 1.2 times the baseline's 0.02 % is above the floor of 0.01 %.
    check_counts(
        rule,
        ((24, 100_000), (20, 100_000)),
        Pass,
        "Error rate: 24 of 100,000 canary requests failed, 0.024 %, 1.2 times the baseline’s 0.02 %; the limit is 1.2 times.",
    );
    check_counts(
        rule,
        ((25, 100_000), (20, 100_000)),
        Fail,
        "Error rate: 25 of 100,000 canary requests failed, 0.025 %, 1.25 times the baseline’s 0.02 %; the limit is 1.2 times.",
    );
    // Five times the baseline's rate, but at the floor.
    check_counts(
        rule,
        ((10, 100_000), (2, 100_000)),
        Pass,
        "Error rate: 10 of 100,000 canary requests failed, 0.01 %, 5 times the baseline’s 0.002 %; the limit is the floor of 0.01 %.",
    );
    check_counts(
        rule,
        ((11, 100_000), (2, 100_000)),
        Fail,
        "Error rate: 11 of 100,000 canary requests failed, 0.011 %, 5.5 times the baseline’s 0.002 %; the limit is the floor of 0.01 %.",
    );
    // A floor of exactly 1.2 times the baseline's rate changes nothing.
    check_counts(
        r#""rule": "error_rate_ratio", "max": 1.2, "floor": 0.0006"#,
        ((61, 100_000), (50, 100_000)),
        Fail,
        "Error rate: 61 of 100,000 canary requests failed, 0.061 %, 1.22 times the baseline’s 0.05 %; the limit is 1.2 times.",
    );
    // A baseline without errors.
    check_counts(
        rule,
        ((1, 100_000), (0, 100_000)),
        Pass,
        "Error rate: 1 of 100,000 canary requests failed, 0.001 %, compared with the baseline’s 0 %; the limit is the floor of 0.01 %.",
    );
    check_counts(
        rule,
        ((11, 100_000), (0, 100_000)),
        Fail,
        "Error rate: 11 of 100,000 canary requests failed, 0.011 %, compared with the baseline’s 0 %; the limit is the floor of 0.01 %.",
    );
}

/// The limit as measured, for charts: a ratio, and a rate of the canary.
#[test]
fn a_floor_that_binds_is_the_measured_limit() {
    for (baseline_errors, limit, canary_limit) in
        [(20, 1.2, Some(0.000_24)), (2, 5.0, Some(0.0001)), (0, 1.2, Some(0.0001))]
    {
        let text = r#"{ "stages": [{ "traffic_pct": 10 }],
            "rules": [{ "rule": "error_rate_ratio", "max": 1.2, "floor": 0.0001 }] }"#;
        let config = config(text);
        let rule = &config.policy().rules[0];
        let seen = sight(((5, 100_000), (baseline_errors, 100_000)), [0.0, 0.0]);
        let measure = rule.judge(&seen).measure;
        let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(close(measure.limit, limit), "{measure:?}");
        assert!(measure.canary_limit.zip(canary_limit).is_some_and(|(a, b)| close(a, b)));
    }
}

#[test]
fn error_count_is_an_alarm_on_a_number() {
    let rule = r#""rule": "error_count", "max": 0"#;
    check_counts(rule, ((0, 100), (0, 0)), Pass, "Errors: 0 canary errors; the limit is 0.");
    check_counts(rule, ((1, 100), (9, 10)), Fail, "Errors: 1 canary error; the limit is 0.");
    // Without requests there are no errors: nothing is alarming.
    check_counts(rule, ((0, 0), (0, 0)), Pass, "Errors: 0 canary errors; the limit is 0.");
    let million = r#""rule": "error_count", "max": 1000000"#;
    check_counts(
        million,
        ((1_000_000, 2_000_000), (0, 1)),
        Pass,
        "Errors: 1,000,000 canary errors; the limit is 1,000,000.",
    );
    check_counts(
        million,
        ((1_000_001, 2_000_000), (0, 1)),
        Fail,
        "Errors: 1,000,001 canary errors; the limit is 1,000,000.",
    );
    check_counts(
        r#""rule": "error_count", "max": 0, "min_requests": 50"#,
        ((7, 49), (0, 1)),
        Inconclusive,
        "Too little traffic to decide: 49 canary requests, 50 needed.",
    );
}

#[test]
fn minimum_requests_come_before_the_limit() {
    let rule = r#""rule": "error_rate", "max": 0.02, "min_requests": 1000"#;
    check_counts(
        rule,
        ((999, 999), (0, 1)),
        Inconclusive,
        "Too little traffic to decide: 999 canary requests, 1,000 needed.",
    );
    check_counts(
        rule,
        ((1_000, 1_000), (0, 1)),
        Fail,
        "Error rate: 1,000 of 1,000 canary requests failed, 100 %; the limit is 2 %.",
    );
}

#[test]
fn a_baseline_without_requests_is_too_little_traffic() {
    let seen = Sight { canary_has_all: false, ..sight(((1, 10), (0, 0)), [0.0, 0.0]) };
    check(
        r#""rule": "error_rate_delta", "max": 0.02"#,
        &seen,
        Inconclusive,
        "Too little traffic to decide: no request reached the baseline.",
    );
}

#[test]
fn latency_rules_read_a_quantile() {
    let enough = ((0, 1_000), (0, 1_000));
    let limit = r#""rule": "latency", "max": 250"#;
    check(
        limit,
        &sight(enough, [250.0, 180.0]),
        Pass,
        "Latency: the canary’s p99 is 250 ms; the limit is 250 ms.",
    );
    check(
        limit,
        &sight(enough, [250.5, 180.0]),
        Fail,
        "Latency: the canary’s p99 is 250 ms; the limit is 250 ms.",
    );
    let ratio = r#""rule": "latency_ratio", "max": 1.5"#;
    check(
        ratio,
        &sight(enough, [270.0, 180.0]),
        Pass,
        "Latency: the canary’s p99 is 270 ms, 1.5 times the baseline’s 180 ms; the limit is 1.5 times.",
    );
    check(
        ratio,
        &sight(enough, [279.0, 180.0]),
        Fail,
        "Latency: the canary’s p99 is 279 ms, 1.55 times the baseline’s 180 ms; the limit is 1.5 times.",
    );
    check(
        ratio,
        &sight(((0, 9), (0, 0)), [279.0, 0.0]),
        Inconclusive,
        "The canary has all traffic: there is no baseline to compare with.",
    );
    let delta = r#""rule": "latency_delta_ms", "max": 50, "quantile": 0.5"#;
    check(
        delta,
        &sight(enough, [150.0, 100.0]),
        Pass,
        "Latency: the canary’s p50 is 150 ms, 50 ms above the baseline’s 100 ms; the limit is 50 ms.",
    );
    check(
        delta,
        &sight(enough, [160.2, 100.0]),
        Fail,
        "Latency: the canary’s p50 is 160 ms, 60.2 ms above the baseline’s 100 ms; the limit is 50 ms.",
    );
    check(
        delta,
        &sight(enough, [90.0, 100.0]),
        Pass,
        "Latency: the canary’s p50 is 90 ms, 10 ms below the baseline’s 100 ms; the limit is 50 ms.",
    );
    check(
        delta,
        &sight(((0, 9), (0, 0)), [90.0, 0.0]),
        Inconclusive,
        "The canary has all traffic: there is no baseline to compare with.",
    );
}

#[test]
fn a_limit_is_a_decimal_of_at_most_nine_places() {
    for (value, kept) in [
        (0.0, true),
        (0.01, true),
        (0.1 + 0.2, false),
        (0.3, true),
        (0.000_000_001, true),
        (0.000_000_000_1, false),
        (999.999_999_999, true),
        (1_000.0, true),
        (1_000.1, false),
        (-0.01, false),
        (f64::NAN, false),
        (f64::INFINITY, false),
    ] {
        let limit = Limit::from_f64(value);
        assert_eq!(limit.is_some(), kept, "{value}");
        assert!(limit.is_none_or(|limit| limit.as_f64() == value), "{value}");
    }
}

/// Limits are compared in whole numbers, exactly: k failures of 100·k are never
/// above 1 %, and one more always is.
#[test]
fn comparisons_are_exact_at_every_scale() {
    let limit = Limit::from_f64(0.01).unwrap();
    let mut k = 1_u64;
    while k < 10_u64.pow(11) {
        assert!(!limit.is_below_quotient(k, 100 * k), "{k}");
        assert!(limit.is_below_quotient(k + 1, 100 * k), "{k}");
        assert!(!limit.is_below_difference((3 * k, 100 * k), (2 * k, 100 * k)), "{k}");
        assert!(limit.is_below_difference((3 * k + 1, 100 * k), (2 * k, 100 * k)), "{k}");
        k = k * 7 + 3;
    }
    let largest = Limit::from_f64(1_000.0).unwrap();
    let most = 10_u64.pow(13);
    assert!(!largest.is_below_ratio((most, most), (most / 1_000, most)));
    assert!(largest.is_below_ratio((most, most), (most / 1_000 - 1, most)));
}
