#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::stats::special::{
    binomial_cdf, binomial_pmf, binomial_sf, deviance, incomplete_beta, ln_beta, ln_choose,
    stirling_error,
};
use serde::Deserialize;

use super::{check_near, check_probability, check_relative, table};

#[derive(Deserialize)]
struct LnBeta {
    a: f64,
    b: f64,
    value: f64,
}

/// 2 ulp of the greater of the value and 1.
#[track_caller]
fn check_logarithm(what: &str, actual: f64, expected: f64) {
    check_near(what, actual, expected, 2.0 * f64::EPSILON * expected.abs().max(1.0));
}

#[test]
fn ln_beta_is_the_50_digit_value() {
    for LnBeta { a, b, value } in table("ln_beta") {
        check_logarithm(&format!("ln_beta({a}, {b})"), ln_beta(a, b), value);
        check_logarithm(&format!("ln_beta({b}, {a})"), ln_beta(b, a), value);
    }
}

#[derive(Deserialize)]
struct LnChoose {
    n: u64,
    k: u64,
    value: f64,
}

#[test]
fn ln_choose_is_the_50_digit_value() {
    for LnChoose { n, k, value } in table("ln_choose") {
        check_logarithm(&format!("ln_choose({n}, {k})"), ln_choose(n, k), value);
    }
    assert_eq!(ln_choose(3, 4), f64::NEG_INFINITY);
}

#[derive(Deserialize)]
struct IncompleteBeta {
    a: f64,
    b: f64,
    x: f64,
    lower: f64,
    upper: f64,
}

#[test]
fn both_parts_of_the_beta_function_are_the_50_digit_values() {
    for row in table::<IncompleteBeta>("incomplete_beta") {
        let what = format!("incomplete_beta({}, {}, {})", row.a, row.b, row.x);
        let (lower, upper) = incomplete_beta(row.a, row.b, row.x);
        check_probability(&what, lower, row.lower);
        check_probability(&what, upper, row.upper);
    }
    assert_eq!(incomplete_beta(2.0, 3.0, 0.0), (0.0, 1.0));
    assert_eq!(incomplete_beta(2.0, 3.0, 1.0), (1.0, 0.0));
}

#[test]
fn undefined_values_are_nan_and_do_not_hang() {
    for (a, b, x) in [
        (0.0, 1.0, 0.5),
        (1.0, -1.0, 0.5),
        (1.0, 1.0, f64::NAN),
        (f64::NAN, 1.0, 0.5),
        (f64::NEG_INFINITY, 1.0, 0.5),
    ] {
        let (lower, upper) = incomplete_beta(a, b, x);
        assert!(lower.is_nan() && upper.is_nan(), "incomplete_beta({a}, {b}, {x})");
    }
    assert!(stirling_error(f64::NEG_INFINITY).is_nan());
    assert_eq!(stirling_error(0.0), f64::INFINITY);
}

/// Near the mean a deviance is (x − mean)²/2mean; far from it, all terms count.
#[test]
fn deviance_is_small_where_it_should_be() {
    for (x, mean, expected) in [
        (0.0, 0.0, 0.0),
        (0.0, 7.0, 7.0),
        (5.0, 5.0, 0.0),
        (1.0, 2.0, 1.0 - std::f64::consts::LN_2),
        (2.0, 1.0, 2.0 * std::f64::consts::LN_2 - 1.0),
    ] {
        let found = deviance(x, mean, x - mean);
        check_near(&format!("deviance({x}, {mean})"), found, expected, 4e-16);
    }
    let found = deviance(1e12 + 1.0, 1e12, 1.0);
    check_relative("one off in 10¹²", found, 5e-13, 1e-11);
}

#[derive(Deserialize)]
struct Binomial {
    n: u64,
    p: f64,
    k: u64,
    pmf: f64,
    cdf: f64,
    sf: f64,
}

#[test]
fn binomial_probabilities_are_the_50_digit_values() {
    for Binomial { n, p, k, pmf, cdf, sf } in table("binomial") {
        let what = format!("binomial({k}; {n}, {p})");
        check_probability(&what, binomial_pmf(k, n, p), pmf);
        check_probability(&what, binomial_cdf(k, n, p), cdf);
        check_probability(&what, binomial_sf(k, n, p), sf);
    }
}

#[test]
fn binomial_probabilities_at_the_ends() {
    for (k, n, p, pmf, cdf) in [
        (0, 0, 0.3, 1.0, 1.0),
        (0, 5, 0.0, 1.0, 1.0),
        (1, 5, 0.0, 0.0, 1.0),
        (5, 5, 1.0, 1.0, 1.0),
        (4, 5, 1.0, 0.0, 0.0),
        (6, 5, 0.5, 0.0, 1.0),
        (2, 2, 0.25, 0.0625, 1.0),
        (0, 2, 0.25, 0.5625, 0.5625),
    ] {
        let what = format!("binomial({k}; {n}, {p})");
        check_relative(&what, binomial_pmf(k, n, p), pmf, 1e-15);
        check_relative(&what, binomial_cdf(k, n, p), cdf, 1e-15);
        check_near(&what, binomial_sf(k, n, p), 1.0 - cdf, 1e-15);
    }
}

#[derive(Deserialize)]
struct OrderStatistic {
    n: u64,
    k: u64,
    u: f64,
    cdf: f64,
}

/// P(U_(k) ≤ u) for the k-th of n uniform values, as a beta and as a binomial
/// probability.
#[test]
fn an_order_statistic_is_beta_distributed() {
    for OrderStatistic { n, k, u, cdf } in table("order_statistic") {
        let what = format!("U_({k}) of {n} at {u}");
        let (lower, _) = incomplete_beta(k as f64, (n - k + 1) as f64, u);
        check_probability(&what, lower, cdf);
        check_probability(&what, binomial_sf(k - 1, n, u), cdf);
    }
}

#[derive(Deserialize)]
struct FailedCheck {
    n: u64,
    p: f64,
    exceeds: u64,
    value: f64,
    checks: u64,
    limit: u64,
    p_rollback: f64,
}

/// The exact operating characteristic of a limit on the error rate, and of several
/// such checks with a failure limit. SciPy's `binom.sf`.
#[test]
fn a_plain_limit_fails_as_often_as_enumeration_says() {
    for row in table::<FailedCheck>("failed_check") {
        let what = format!("more than {} of {} at {}", row.exceeds, row.n, row.p);
        let failed = binomial_sf(row.exceeds, row.n, row.p);
        check_probability(&what, failed, row.value);
        check_relative(&what, binomial_sf(row.limit - 1, row.checks, failed), row.p_rollback, 1e-9);
    }
}
