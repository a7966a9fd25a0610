#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::observation::{ByArm, Counts};
use canary_rollout::stats::fisher::{CONVOLVED_VARIANCE, ErrorLaw, fisher_test};
use canary_rollout::stats::mann_whitney::{RankSum, mann_whitney, van_elteren};
use canary_rollout::stats::stratified::stratified;
use canary_rollout::stats::two_proportion::z_test;
use serde::Deserialize;

use super::{check_relative, table};

/// Errors and requests of a stratum.
#[derive(Clone, Copy, Deserialize)]
struct Stratum {
    canary: [u64; 2],
    baseline: [u64; 2],
}

impl Stratum {
    fn counts(self) -> ByArm<Counts> {
        let counts = |[errors, requests]: [u64; 2]| Counts { requests, errors };
        ByArm { canary: counts(self.canary), baseline: counts(self.baseline) }
    }
}

/// The p-value over all strata, the last one being the current one.
fn exact_p_value(strata: &[Stratum]) -> f64 {
    let (last, before) = strata.split_last().unwrap();
    let mut law = ErrorLaw::none();
    for stratum in before {
        law.add(stratum.counts());
    }
    law.p_value(last.counts())
}

#[derive(Deserialize)]
struct Row {
    strata: Vec<Stratum>,
    counted: u32,
    z: f64,
    p: f64,
    difference: f64,
    difference_variance: f64,
    equal_requests: f64,
    baseline_rate: f64,
    baseline_requests: f64,
    ratio: Option<f64>,
    fisher_p: f64,
}

/// The sums in rational numbers, and Fisher's distribution convolved with 40
/// digits. The second row is Kohavi's example of Simpson's paradox, whose pooled
/// rates suggest the opposite (1.22 % against 1.68 %).
#[test]
fn strata_are_compared_as_exact_sums_compare_them() {
    for row in table::<Row>("stratified") {
        let what = format!("{} strata, z {}", row.counted, row.z);
        let found = stratified(row.strata.iter().map(|stratum| stratum.counts()));
        assert_eq!(found.strata, row.counted, "{what}");
        check_relative(&what, found.test.z, row.z, 1e-13);
        check_relative(&what, found.test.p_value, row.p, 1e-12);
        check_relative(&what, found.difference, row.difference, 1e-13);
        check_relative(&what, found.difference_variance, row.difference_variance, 1e-13);
        check_relative(&what, found.equal_requests, row.equal_requests, 1e-14);
        check_relative(&what, found.baseline_rate.unwrap(), row.baseline_rate, 1e-14);
        check_relative(&what, found.baseline_requests, row.baseline_requests, 1e-14);
        check_relative(&what, found.ratio.unwrap(), row.ratio.unwrap(), 1e-13);
        check_relative(&what, exact_p_value(&row.strata), row.fisher_p, 1e-10);
    }
}

/// With one stratum this is the test of two rates. Strata without an arm have no
/// effect.
#[test]
fn one_stratum_is_the_plain_test() {
    for (canary, baseline) in
        [([5, 117], [87, 10_120]), ([0, 10], [3, 40]), ([300, 1_000], [2_000, 9_000])]
    {
        let stratum = Stratum { canary, baseline };
        let silent = Stratum { canary: [4, 10], baseline: [0, 0] };
        let found = stratified([silent, stratum].map(Stratum::counts));
        let [(x_c, n_c), (x_b, n_b)] = [canary, baseline].map(|[x, n]| (x, n));
        check_relative("z", found.test.z, z_test(x_c, n_c, x_b, n_b).z, 1e-14);
        let exact = fisher_test(x_c, n_c, x_b, n_b).p_value;
        check_relative("Fisher", exact_p_value(&[silent, stratum]), exact, 1e-12);
        check_relative("Fisher", exact_p_value(&[stratum, silent]), exact, 1e-12);
    }
    let nothing = stratified([]);
    assert_eq!((nothing.test.p_value, nothing.difference, nothing.ratio), (1.0, 0.0, None));
    assert_eq!(ErrorLaw::none().p_value(ByArm::default()), 1.0);
}

#[derive(Deserialize)]
struct Many {
    strata: Vec<Stratum>,
    fisher_p: f64,
}

/// Above the variance up to which points are added up: compared with the
/// convolution in extended precision.
#[test]
fn many_errors_are_added_up_by_a_series() {
    for Many { strata, fisher_p } in table("fisher_many_errors") {
        let spread = |s: &Stratum| {
            let share = s.canary[1] as f64 / (s.canary[1] + s.baseline[1]) as f64;
            (s.canary[0] + s.baseline[0]) as f64 * share * (1.0 - share)
        };
        assert!(strata.iter().map(spread).sum::<f64>() > CONVOLVED_VARIANCE);
        check_relative("p", exact_p_value(&strata), fisher_p, 1e-6);
    }
    // Very large counts.
    let huge = Stratum { canary: [1 << 50, 1 << 51], baseline: [1 << 50, 1 << 51] };
    check_relative("p", exact_p_value(&[huge, huge]), 0.5, 1e-6);
}

#[derive(Deserialize)]
struct Histograms {
    canary: Vec<u64>,
    baseline: Vec<u64>,
}

#[derive(Deserialize)]
struct Ranked {
    strata: Vec<Histograms>,
    z: f64,
    p: f64,
    superiority: f64,
}

/// Midranks of each stratum by SciPy's `rankdata`, summed separately.
#[test]
fn ranks_are_compared_within_their_strata() {
    for Ranked { strata, z, p, superiority } in table("van_elteren") {
        let sums: Vec<RankSum> =
            strata.iter().map(|s| RankSum::new(&s.canary, &s.baseline)).collect();
        let found = van_elteren(&sums);
        check_relative("z", found.z, z, 1e-12);
        check_relative("p", found.p_value, p, 1e-12);
        check_relative("superiority", found.superiority, superiority, 1e-12);
    }
    let one = RankSum::new(&[3, 1, 2], &[4, 5, 1]);
    assert_eq!(van_elteren(&[one]), mann_whitney(&[3, 1, 2], &[4, 5, 1]));
    assert_eq!(van_elteren(&[]).p_value, 1.0);
}
