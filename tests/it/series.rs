//! The columns of a rollout, which the page and the Python package show.

use std::collections::BTreeSet;

use canary_rollout::report::Column;
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::support::{preset_config, rolled_out};

const TYPES: &str = include_str!("../../src/wasm/types.d.ts");

/// The keys of an interface of types.d.ts.
fn keys(name: &str) -> BTreeSet<&'static str> {
    let (_, rest) = TYPES.split_once(&format!("export interface {name} {{\n")).unwrap();
    let (body, _) = rest.split_once("\n}").unwrap();
    let lines = body.lines().map(str::trim).filter(|line| !line.starts_with("/*"));
    lines.filter_map(|line| Some(line.split_once(": ")?.0)).collect()
}

fn names(columns: &[(&'static str, Column)]) -> BTreeSet<&'static str> {
    columns.iter().map(|(name, _)| *name).collect()
}

fn length(column: &Column) -> usize {
    match column {
        Column::U8(values) => values.len(),
        Column::U32(values) => values.len(),
        Column::F64(values) => values.len(),
    }
}

#[test]
fn columns_are_the_ticks_that_the_report_sums_up() {
    for preset in ["default", "reference", "argo-rollouts", "kayenta"] {
        let rollout = rolled_out(&preset_config(preset), 7);
        let (series, report) = (rollout.series(), rollout.report());
        let declared = &keys("Series") - &BTreeSet::from(["rules"]);
        assert_eq!(names(&series.columns), declared, "{preset}");
        let rules = report.rules.as_ref().unwrap_or(&report.config.policy().rules);
        assert_eq!(series.rules.len(), rules.len(), "{preset}");
        for rule in &series.rules {
            assert_eq!(names(rule), keys("RuleSeries"), "{preset}");
        }
        for (name, column) in series.columns.iter().chain(series.rules.iter().flatten()) {
            assert_eq!(length(column), rollout.ticks() as usize, "{preset}: {name}");
        }
        let sum = |name: &str| match series.columns.iter().find(|(known, _)| *known == name) {
            Some((_, Column::F64(values))) => values.iter().sum::<f64>() as u64,
            _ => panic!("{name}"),
        };
        let metrics = &report.metrics;
        assert_eq!(sum("canary_requests"), metrics.canary.requests, "{preset}");
        assert_eq!(sum("baseline_errors"), metrics.baseline.errors, "{preset}");
        assert_eq!(sum("excess_errors"), metrics.excess_errors, "{preset}");
    }
}
