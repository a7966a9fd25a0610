//! A rollout tick by tick, in columns.

use super::Quantiles;
use crate::observation::{Arm, ByArm};
use crate::rollout::{History, Rollout, TickRow};
use crate::rules::Verdict;

/// A rollout tick by tick: columns with an element per tick, in order. `NaN` where there
/// is no value.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The counts, the truth, and where the rollout stood.
    pub columns: Vec<(&'static str, Column)>,
    /// The looks of each rule, in the order of the rules' numbers.
    pub rules: Vec<Vec<(&'static str, Column)>>,
}

/// The values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Small whole numbers.
    U8(Vec<u8>),
    /// Whole numbers.
    U32(Vec<u32>),
    /// Numbers.
    F64(Vec<f64>),
}

impl Rollout {
    /// Every tick so far, in columns.
    ///
    /// `stage` is the number of the stage, from 1; `state` the position in
    /// [`State::ALL`](crate::policy::State::ALL); `phase` that in the controller's phases;
    /// `traffic_pct` the canary's share of requests, in percent. Counts are of one tick,
    /// latencies in milliseconds. `true_requests` are the expected requests, and true error
    /// rates are in 0..=1. Of a rule, `verdict` is 0 without a look, 1 for pass, 2 for fail,
    /// 3 for inconclusive; `observed` and `limit` are in the unit of its limit, and
    /// `canary_limit` is the limit in terms of the canary's own error rate or latency.
    pub fn series(&self) -> Series {
        let history = self.history();
        let rows = &history.ticks;
        let numbers = |value: fn(&TickRow) -> f64| Column::F64(rows.iter().map(value).collect());
        let bytes = |value: fn(&TickRow) -> u8| Column::U8(rows.iter().map(value).collect());
        let mut columns = vec![
            ("stage", Column::U32(rows.iter().map(|row| row.stage).collect())),
            ("state", bytes(TickRow::state_number)),
            ("phase", bytes(|row| row.phase)),
            ("traffic_pct", numbers(|row| row.share * 100.0)),
            ("baseline_requests", numbers(|row| row.counts.baseline.requests as f64)),
            ("baseline_errors", numbers(|row| row.counts.baseline.errors as f64)),
            ("canary_requests", numbers(|row| row.counts.canary.requests as f64)),
            ("canary_errors", numbers(|row| row.counts.canary.errors as f64)),
            ("excess_errors", numbers(|row| row.excess_errors as f64)),
            ("true_requests", numbers(|row| row.true_requests)),
            ("true_baseline_error_rate", numbers(|row| row.true_error_rate.baseline)),
            ("true_canary_error_rate", numbers(|row| row.true_error_rate.canary)),
        ];
        const NAMES: [[&str; 2]; Quantiles::AT.len()] = [
            ["baseline_p50_ms", "canary_p50_ms"],
            ["baseline_p95_ms", "canary_p95_ms"],
            ["baseline_p99_ms", "canary_p99_ms"],
        ];
        let quantiles = self.quantiles_by_tick();
        for (q, names) in NAMES.iter().enumerate() {
            for (arm, name) in [Arm::Baseline, Arm::Canary].into_iter().zip(names) {
                let of = |tick: &ByArm<[Option<f64>; 3]>| or_nan(tick.of(arm)[q]);
                columns.push((name, Column::F64(quantiles.iter().map(of).collect())));
            }
        }
        let rules = 0..self.plan().config().policy().rules.len() as u32;
        Series { columns, rules: rules.map(|rule| of_rule(history, rule)).collect() }
    }
}

fn of_rule(history: &History, rule: u32) -> Vec<(&'static str, Column)> {
    let ticks = history.ticks.len();
    let nothing = || vec![f64::NAN; ticks];
    let mut verdict = vec![0_u8; ticks];
    let (mut observed, mut limit, mut canary_limit) = (nothing(), nothing(), nothing());
    for look in history.looks.iter().filter(|look| look.evidence.rule == rule) {
        // A look before the first tick stands in no element.
        let Some(i) = (look.tick as usize).checked_sub(1) else { continue };
        let judgement = &look.evidence.judgement;
        verdict[i] = match judgement.verdict {
            Verdict::Pass => 1,
            Verdict::Fail => 2,
            Verdict::Inconclusive => 3,
        };
        observed[i] = or_nan(judgement.measure.observed);
        limit[i] = judgement.measure.limit;
        canary_limit[i] = or_nan(judgement.measure.canary_limit);
    }
    vec![
        ("verdict", Column::U8(verdict)),
        ("observed", Column::F64(observed)),
        ("limit", Column::F64(limit)),
        ("canary_limit", Column::F64(canary_limit)),
    ]
}

fn or_nan(value: Option<f64>) -> f64 {
    value.unwrap_or(f64::NAN)
}
