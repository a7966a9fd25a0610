//! The plain thresholds of the course, and the rules that they stand for.

use crate::rules::{
    CountsFailures, ErrorRateDelta, LatencyDelta, Limit, Look, Method, NoData, OnFail, Population,
    Rule, Window,
};

/// The plain thresholds of the configuration or of a stage.
#[derive(Clone, Copy)]
pub(super) struct Thresholds {
    pub(super) error_rate: Option<Limit>,
    pub(super) latency_ms: Option<f64>,
}

/// One rule for each threshold that applies in any stage, error rates first. A
/// stage's own threshold replaces the global one.
pub(super) fn plain_rules(everywhere: Thresholds, stages: &[Thresholds]) -> Vec<Rule> {
    let error_rates = stages.iter().map(|stage| stage.error_rate.or(everywhere.error_rate));
    let latencies = stages.iter().map(|stage| stage.latency_ms.or(everywhere.latency_ms));
    let error_rates = by_value(error_rates)
        .into_iter()
        .map(|(max, holds_in)| (Method::ErrorRateDelta(ErrorRateDelta { max }), holds_in));
    let latencies = by_value(latencies).into_iter().map(|(max, holds_in)| {
        (Method::LatencyDeltaMs(LatencyDelta { max, quantile: 0.99 }), holds_in)
    });
    error_rates
        .chain(latencies)
        .map(|(method, holds_in)| Rule {
            method,
            look: Look::StageEnd,
            look_while_paused: false,
            window: Window::Stage,
            of: Population::Canary,
            failure_limit: 1,
            of_last: None,
            counts: CountsFailures::Alone,
            weight: 1.0,
            on_fail: OnFail::Rollback,
            stages: (holds_in.len() < stages.len()).then_some(holds_in),
            min_requests: 1,
            no_data: NoData::Inconclusive,
            min_errors: 0,
        })
        .collect()
}

/// The values in the order in which they first apply, each with the numbers of its
/// stages.
fn by_value<T: PartialEq>(values: impl Iterator<Item = Option<T>>) -> Vec<(T, Vec<u32>)> {
    let mut groups: Vec<(T, Vec<u32>)> = Vec::new();
    for (stage, value) in (1..).zip(values) {
        let Some(value) = value else { continue };
        match groups.iter_mut().find(|(other, _)| *other == value) {
            Some((_, stages)) => stages.push(stage),
            None => groups.push((value, vec![stage])),
        }
    }
    groups
}
