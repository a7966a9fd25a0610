//! The number of runs that a gate needs, beside an independent implementation.

use super::tables::{check_table, thousands};
use crate::study_gate::{Draws, decided};

/// By the distance from the bound, the median number of runs. The figures from elsewhere
/// are medians of only 20 studies, and differ by chance by a third at most.
#[test]
fn a_gate_needs_as_many_runs_as_elsewhere() {
    const STUDIES: u64 = 201;
    let mut rows = Vec::new();
    for (p, bound, elsewhere) in [
        (0.197, 0.05, 46.0),
        (0.0125, 0.05, 494.0),
        (0.0001, 0.01, 1_409.0),
        (0.04, 0.05, 10_033.0),
        (0.045, 0.05, 38_263.0),
        (0.055, 0.05, 49_579.0),
    ] {
        let truth = p < bound;
        let mut runs = Vec::new();
        for study in 0..STUDIES {
            let answer = decided(&mut Draws::new(study), p, bound, 0.001, 10_000_000);
            let (side, after) = answer.unwrap();
            assert_eq!(side == canary_rollout::stats::share_sequence::Side::Below, truth, "{p}");
            runs.push(after);
        }
        runs.sort_unstable();
        let median = runs[STUDIES as usize / 2] as f64;
        assert!((0.7..1.5).contains(&(median / elsewhere)), "{p} {bound}: {median}");
        let figures =
            [format!("{p}"), format!("{bound}"), thousands(median, 0), thousands(elsewhere, 0)];
        rows.push(figures.to_vec());
    }
    check_table("the gate", &rows);
}
