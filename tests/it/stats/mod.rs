//! `canary_rollout::stats` against `tests/data/stats.json`: 50-digit values
//! (mpmath), exact enumerations, and values of SciPy and statsmodels.

mod asymptotic_cs;
mod beta_comparison;
mod confidence_sequence;
mod difference;
mod eprocess;
mod fisher;
mod group_sequential;
mod intervals;
mod mann_whitney;
mod mean_sequence;
mod normal;
mod planned;
mod quantile_interval;
mod sample_ratio;
mod share_sequence;
mod shiryaev_roberts;
mod special;
mod stratified;
mod student;
mod two_proportion;

use serde::de::DeserializeOwned;

/// The rows of one section of the table.
fn table<Row: DeserializeOwned>(section: &str) -> Vec<Row> {
    let text = include_str!("../../data/stats.json");
    let mut sections: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(text).expect("the table is JSON");
    let rows = sections.remove(section).expect(section);
    serde_json::from_value(rows).expect(section)
}

/// Within this many units in the last place of the expected value.
#[track_caller]
fn check_ulps(what: &str, actual: f64, expected: f64, most: f64) {
    let unit = expected.abs().next_up() - expected.abs();
    let off = (actual - expected).abs() / unit;
    let close = actual == expected || off <= most;
    assert!(close, "{what}: {actual:e}, expected {expected:e}, {off:.1} ulp off");
}

/// Within an absolute distance.
#[track_caller]
fn check_near(what: &str, actual: f64, expected: f64, most: f64) {
    let off = (actual - expected).abs();
    let close = actual == expected || off <= most;
    assert!(close, "{what}: {actual:e}, expected {expected:e}, off by {off:e}");
}

/// Within a distance relative to the expected value.
#[track_caller]
fn check_relative(what: &str, actual: f64, expected: f64, most: f64) {
    check_near(what, actual, expected, most * expected.abs());
}

/// A probability computed from its logarithm: relative error at most (2 + |ln
/// P|)·1e-15.
#[track_caller]
fn check_probability(what: &str, actual: f64, expected: f64) {
    let most = 1e-15 * (2.0 - canary_rollout::math::ln(expected));
    check_relative(what, actual, expected, most);
}
