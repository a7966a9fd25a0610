//! Kayenta's judge against the numbers of Kayenta's own tests (`tests/data/kayenta.json`),
//! and what those tests leave out.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::collections::BTreeMap;

use canary_rollout::config::Config;
use canary_rollout::policy::{Command, State};
use canary_rollout::rollout::Rollout;
use canary_rollout::stats::kayenta::brent::{Point, root};
use canary_rollout::stats::kayenta::metric::{
    Classification, Direction, EffectSize, Grounds, Label, Measure, MetricConfig, Test, Workspace,
    classify, mean_ratio,
};
use canary_rollout::stats::kayenta::score::{
    Cause, Class, GroupScore, Labelled, Score, Thresholds, ends_early, passes, score,
};
use canary_rollout::stats::kayenta::series::{Fences, NanStrategy, mean, percentile, prepare};
use canary_rollout::stats::kayenta::shift::{Samples, Shift};
use serde::Deserialize;

use crate::support::{check_committed, config, rolled_out};
use crate::trace::{Draw, check_controller, trace};

use Label::{High, Low, Nodata, NodataFailMetric, Pass};

#[derive(Deserialize)]
struct Peers {
    series: BTreeMap<String, Series>,
    labels: Vec<LabelRow>,
    shifts: Vec<ShiftRow>,
    z: Vec<ZRow>,
    cles: Vec<ClesRow>,
    percentiles: Vec<PercentileRow>,
}

/// Values, and where many are equal how often each occurs.
#[derive(Deserialize)]
struct Series {
    values: Vec<f64>,
    counts: Option<Vec<usize>>,
}

#[derive(Deserialize)]
struct LabelRow {
    name: String,
    canary: String,
    baseline: String,
    tolerance: f64,
    confidence: f64,
    /// The decrease, then the increase.
    allowed: Option<[f64; 2]>,
    critical_limits: Option<[f64; 2]>,
    #[serde(default)]
    cles: bool,
    direction: String,
    #[serde(default)]
    replace_nans: bool,
    #[serde(default)]
    critical: bool,
    label: String,
    fails_release: Option<bool>,
    has_ratio: Option<bool>,
}

#[derive(Deserialize)]
struct ShiftRow {
    name: String,
    canary: String,
    baseline: String,
    confidence: f64,
    low: f64,
    high: f64,
    estimate: f64,
    estimate_within: f64,
}

#[derive(Deserialize)]
struct ZRow {
    canary: String,
    baseline: String,
    shift: f64,
    z: f64,
    within: f64,
}

#[derive(Deserialize)]
struct ClesRow {
    name: String,
    canary: String,
    baseline: String,
    cles: f64,
    within: f64,
}

#[derive(Deserialize)]
struct PercentileRow {
    series: String,
    percent: f64,
    value: f64,
    within: f64,
}

fn peers() -> Peers {
    serde_json::from_str(include_str!("../data/kayenta.json")).expect("the table is JSON")
}

impl Peers {
    fn series(&self, name: &str) -> Vec<f64> {
        let Series { values, counts } = self.series.get(name).expect(name);
        match counts {
            None => values.clone(),
            Some(counts) => {
                let repeated = |(&value, &count)| std::iter::repeat_n(value, count);
                values.iter().zip(counts).flat_map(repeated).collect()
            }
        }
    }

    fn samples(&self, canary: &str, baseline: &str) -> Samples {
        samples(&self.series(canary), &self.series(baseline))
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn samples(canary: &[f64], baseline: &[f64]) -> Samples {
    let mut samples = Samples::default();
    samples.set(&sorted(canary), &sorted(baseline));
    samples
}

#[track_caller]
fn check_within(what: &str, found: f64, expected: f64, most: f64) {
    assert!((found - expected).abs() <= most, "{what}: {found}, expected {expected}");
}

/// ClassifierSuite, all cases of the Mann-Whitney classifier. Its three of a classifier
/// that no judge uses are left out. One workspace for all, as in a study.
#[test]
fn labels_are_those_of_kayentas_suite() {
    let peers = peers();
    let mut workspace = Workspace::default();
    assert_eq!(peers.labels.len(), 34);
    for row in &peers.labels {
        let mut effect = EffectSize::any(if row.cles { Measure::Cles } else { Measure::MeanRatio });
        // The suite's classifier has these limits unless a test gives others, for `cles`
        // too.
        [effect.allowed_decrease, effect.allowed_increase] = row.allowed.unwrap_or([1.0; 2]);
        [effect.critical_decrease, effect.critical_increase] =
            row.critical_limits.unwrap_or([1.0; 2]);
        let config = MetricConfig {
            direction: match row.direction.as_str() {
                "increase" => Direction::Increase,
                "decrease" => Direction::Decrease,
                _ => Direction::Either,
            },
            nans: if row.replace_nans { NanStrategy::Replace } else { NanStrategy::Remove },
            critical: row.critical,
            effect,
            ..MetricConfig::default()
        };
        let test = Test { tolerance: row.tolerance, confidence: row.confidence };
        let (canary, baseline) = (peers.series(&row.canary), peers.series(&row.baseline));
        let found = classify(&config, test, &canary, &baseline, &mut workspace);
        assert_eq!(found.label.name(), row.label, "{}: {found:?}", row.name);
        if let Some(fails_release) = row.fails_release {
            assert_eq!(found.critical, fails_release, "{}", row.name);
        }
        if let Some(has_ratio) = row.has_ratio {
            assert_eq!(!tested_ratio(&found).is_nan(), has_ratio, "{}", row.name);
        }
    }
}

fn tested_ratio(found: &Classification) -> f64 {
    match found.grounds {
        Grounds::Tested(tested) => tested.mean_ratio,
        _ => panic!("not tested: {found:?}"),
    }
}

/// MannWhitneySuite, with the suite's tolerances.
#[test]
fn shifts_are_those_of_kayentas_suite() {
    let peers = peers();
    assert_eq!(peers.shifts.len(), 5);
    for row in &peers.shifts {
        let samples = peers.samples(&row.canary, &row.baseline);
        let Shift { estimate, low, high } = samples.shift(row.confidence).unwrap();
        check_within(&row.name, low, row.low, 1e-6);
        check_within(&row.name, high, row.high, 1e-6);
        check_within(&row.name, estimate, row.estimate, row.estimate_within);
    }
    for row in &peers.z {
        let z = peers.samples(&row.canary, &row.baseline).z(row.shift).unwrap();
        check_within("z", z, row.z, row.within);
    }
}

/// What a shift is if ranks are counted as the formula says, in O((m+n)²).
#[test]
fn z_is_that_of_ranks() {
    let z = |x: &[f64], y: &[f64], shift: f64| {
        let all: Vec<f64> = x.iter().map(|value| value - shift).chain(y.iter().copied()).collect();
        let (m, n) = (x.len() as f64, y.len() as f64);
        let rank = |value: f64| {
            let below = all.iter().filter(|&&other| other < value).count() as f64;
            let tied = all.iter().filter(|&&other| other == value).count() as f64;
            below + (tied + 1.0) / 2.0
        };
        let rank_sum: f64 = all.iter().take(x.len()).map(|&value| rank(value)).sum();
        let cubes: f64 = all
            .iter()
            .map(|&value| all.iter().filter(|&&other| other == value).count() as f64)
            .map(|tied| tied * tied - 1.0)
            .sum();
        let d = rank_sum - m * (m + 1.0) / 2.0 - m * n / 2.0;
        let variance = m * n / 12.0 * ((m + n + 1.0) - cubes / ((m + n) * (m + n - 1.0)));
        let correction = if d == 0.0 { 0.0 } else { 0.5 * d.signum() };
        (variance != 0.0).then(|| (d - correction) / variance.sqrt())
    };
    let x = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0];
    let y = [2.0, 7.0, 1.0, 8.0, 2.0];
    for twice in -20..=20 {
        let shift = f64::from(twice) / 2.0;
        assert_eq!(samples(&x, &y).z(shift), z(&x, &y, shift), "{shift}");
        assert_eq!(samples(&y, &x).z(shift), z(&y, &x, shift), "{shift}");
    }
    assert_eq!(samples(&[2.0, 2.0], &[1.0]).z(1.0), None);
}

/// StatisticSuite.
#[test]
fn effects_and_percentiles_are_those_of_kayentas_suite() {
    let peers = peers();
    for row in &peers.cles {
        let found = peers.samples(&row.canary, &row.baseline).superiority();
        check_within(&row.name, found, row.cles, row.within);
    }
    for PercentileRow { series, percent, value, within } in &peers.percentiles {
        let found = percentile(&sorted(&peers.series(series)), *percent).unwrap();
        check_within(series, found, *value, *within);
    }
    for (canary, baseline, ratio) in [(1.0, 1.0, 1.0), (10.0, 1.0, 10.0), (10.0, 100.0, 0.1)] {
        assert_eq!(mean_ratio(canary, baseline), ratio);
    }
    assert!(mean_ratio(10.0, 0.0).is_nan() && mean_ratio(0.0, 10.0).is_nan());
    assert_eq!(mean(&[1.0, 1.0, 1.0, 10.0, 10.0, 10.0]), 5.5);
    assert_eq!(percentile(&[], 50.0), None);
    assert!(mean(&[]).is_nan());
}

/// DetectorSuite and TransformSuite: Tukey's fences with a factor of 1.5.
#[test]
fn outliers_are_those_of_kayentas_suite() {
    let check = |series: &[f64], outliers: &[f64]| {
        let fences = Fences::tukey(&sorted(series), 1.5).unwrap();
        let found: Vec<f64> =
            series.iter().copied().filter(|&value| fences.excludes(value)).collect();
        assert_eq!(found, outliers);
    };
    check(&[21.0, 23.0, 24.0, 25.0, 50.0, 29.0, 23.0, 21.0], &[50.0]);
    check(&[1.0, 1.0, 1.0, 5.0, -1.0, -1.0, -1.0, -5.0], &[5.0, -5.0]);
    check(&peers().series("nist-outlier"), &[1441.0]);
    assert_eq!(Fences::tukey(&[], 1.5), None);
}

#[test]
fn points_are_prepared() {
    const NAN: f64 = f64::NAN;
    let check = |series: &[f64], nans, outlier_factor, expected: &[f64]| {
        let (mut prepared, mut scratch) = (vec![7.0], vec![8.0]);
        prepare(series, nans, outlier_factor, &mut prepared, &mut scratch);
        assert_eq!(prepared, expected);
    };
    // TransformSuite.
    let (remove, replace) = (NanStrategy::Remove, NanStrategy::Replace);
    check(&[0.0, 1.0, NAN, 1.0, 0.0], remove, None, &[0.0, 1.0, 1.0, 0.0]);
    check(&[NAN, NAN, NAN], remove, None, &[]);
    check(
        &[NAN, 10.10, 20.20, 30.30, NAN, 40.40],
        replace,
        None,
        &[0.0, 10.10, 20.20, 30.30, 0.0, 40.40],
    );
    // The judge's fences go out to the 1st and the 99th percentile. Of few values the
    // greatest lies beyond its percentile, whatever the factor.
    check(&[], remove, Some(3.0), &[]);
    check(&[4.0, NAN, 6.0], remove, Some(3.0), &[4.0, 6.0]);
    let mut spiky: Vec<f64> = (0..100).map(|k| f64::from(k % 10)).collect();
    spiky.push(1_000.0);
    check(&spiky, remove, Some(3.0), &spiky[..100]);
    // Two spikes of 101 values are the 99th percentile themselves, and stay.
    spiky[0] = 1_000.0;
    check(&spiky, remove, Some(3.0), &spiky);
}

fn judged(config: MetricConfig, canary: &[f64], baseline: &[f64]) -> Classification {
    classify(&config, Test::NETFLIX, canary, baseline, &mut Workspace::default())
}

/// The rows that no suite has: data that a metric must have, points that make the test
/// impossible, constants, and the sign of 0.
#[test]
fn labels_beside_kayentas_suite() {
    let usual = MetricConfig::default();
    let must = MetricConfig { must_have_data: true, ..usual };
    let (label, critical) = (|c: Classification| c.label, |c: Classification| c.critical);
    assert_eq!(label(judged(must, &[], &[1.0])), NodataFailMetric);
    assert_eq!(label(judged(must, &[1.0], &[f64::NAN])), NodataFailMetric);
    let both = judged(MetricConfig { critical: true, ..must }, &[], &[1.0]);
    assert_eq!((both.label, both.critical, both.grounds), (Nodata, true, Grounds::NoPoints));
    let replaced = MetricConfig { nans: NanStrategy::Replace, critical: true, ..must };
    assert_eq!(label(judged(replaced, &[], &[])), Pass);

    // One point each: where shifting one makes it the other, an error, which is not
    // critical; where rounding keeps them apart, the interval is their difference. Which
    // of the two hangs on the noise, except beside a 0.
    let critical_metric = MetricConfig { critical: true, ..usual };
    let one = judged(critical_metric, &[10.0], &[0.0]);
    assert_eq!((one.label, one.critical, one.grounds), (Label::Error, false, Grounds::AllTied));
    let one = judged(critical_metric, &[10.0], &[1.0]);
    assert_eq!((one.label, one.critical), (High, true));
    // Two each that do not overlap: the interval is all differences, and the metric high.
    let two = judged(critical_metric, &[10.0, 11.0], &[1.0, 2.0]);
    assert_eq!((two.label, two.critical), (High, true));
    assert_eq!(label(judged(usual, &[10.0, 11.0], &[9.0, 8.0])), High);
    assert_eq!(label(judged(usual, &[10.0, 11.0], &[9.0, 10.0])), Pass);

    let constants = |canary: f64, baseline: f64| judged(usual, &[canary; 30], &[baseline; 29]);
    assert_eq!(label(constants(2.0, 1.0)), High);
    assert_eq!(label(constants(1.0, 2.0)), Low);
    // Of negative values the ratio of the means is below 1 where the canary's are higher.
    assert_eq!(label(constants(-1.0, -2.0)), Pass);
    assert_eq!(constants(2.0, 2.0).grounds, Grounds::OneValue);
    assert_eq!(constants(0.0, -0.0).grounds, Grounds::OneValue);
    // The noise is the same each time.
    assert_eq!(constants(2.0, 1.0), constants(2.0, 1.0));
    assert!(!critical(constants(2.0, 1.0)));
    let identical = judged(usual, &[1.0, 3.0, 2.0], &[2.0, f64::NAN, 1.0, 3.0]);
    assert_eq!((identical.label, identical.grounds), (Pass, Grounds::Identical));
}

/// The tolerance of the root is absolute: error rates of 0.00001 and 0.00005 are judged by
/// where its steps end, those in percent are not.
#[test]
fn small_numbers_are_judged_by_the_tolerance() {
    let series = |rate: f64| -> Vec<f64> {
        (0..60).map(|k| rate * (1.0 + 0.1 * f64::from(k * 37 % 60) / 60.0)).collect()
    };
    let found = |scale: f64| {
        judged(MetricConfig::default(), &series(5e-5 * scale), &series(1e-5 * scale)).label
    };
    assert_eq!(found(100.0), High);
    let small = samples(&series(5e-5), &series(1e-5)).shift(0.98).unwrap();
    assert!((small.estimate - 4e-5).abs() < 1e-4, "{small:?}");
    assert!((small.low - small.high).abs() < 1e-4, "{small:?}");
}

/// Infinite values and values that overflow: a label, no panic and no loop without end.
#[test]
fn values_out_of_range_have_a_label() {
    const INF: f64 = f64::INFINITY;
    let extremes = [0.0, -0.0, 1.0, f64::MAX, f64::MIN, f64::MIN_POSITIVE, INF, -INF, f64::NAN];
    let config = MetricConfig { outlier_factor: Some(3.0), ..MetricConfig::default() };
    let mut workspace = Workspace::default();
    for a in extremes {
        for b in extremes {
            for c in extremes {
                for (canary, baseline) in
                    [(vec![a, b], vec![c]), (vec![a, b, 2.0], vec![c, b, b]), (vec![a; 3], vec![c])]
                {
                    let usual = MetricConfig::default();
                    classify(&usual, Test::NETFLIX, &canary, &baseline, &mut workspace);
                    classify(&config, Test::NETFLIX, &canary, &baseline, &mut workspace);
                }
            }
        }
    }
}

/// An easy function, and one without a change of sign.
#[test]
fn roots_are_within_the_tolerance() {
    let point = |x: f64| Point { x, y: x * x * x - 2.0 };
    let found = root(point(0.0), point(3.0), |x| Some(point(x).y)).unwrap();
    check_within("cube root of 2", found, 1.259_921_049_894_873_2, 1e-4);
    assert_eq!(root(point(0.0), point(3.0), |_| None), None);
    let ends = (Point { x: 0.0, y: 1.0 }, Point { x: 1.0, y: 2.0 });
    let nowhere = root(ends.0, ends.1, |x| Some(1.0 + x)).unwrap();
    assert!((0.0..=1.0).contains(&nowhere), "{nowhere}");
    assert_eq!(root(Point { x: 5.0, y: 0.0 }, ends.1, |_| None), Some(5.0));
}

/// A metric of one group.
fn of(group: &'static [usize], label: Label) -> Labelled<'static> {
    Labelled { label, critical: false, groups: group }
}

fn critical(label: Label) -> Labelled<'static> {
    Labelled { label, critical: true, groups: &[0] }
}

/// ScorerSuite.
#[test]
fn scores_are_those_of_kayentas_suite() {
    #[track_caller]
    fn check(metrics: &[Labelled<'_>], weights: &[Option<f64>], expected: f64) {
        assert_eq!(score(metrics, weights).value, expected);
    }
    const A: &[usize] = &[0];
    const B: &[usize] = &[1];
    let equal = [Some(50.0), Some(50.0)];
    check(&[of(A, Pass)], &[None], 100.0);
    check(&[of(A, High)], &[None], 0.0);
    check(&[of(A, Nodata)], &[None], 0.0);
    check(&[of(A, Pass), of(A, Pass), of(B, Nodata)], &[None, None], 100.0);
    check(&[of(A, Pass), of(A, High)], &[None], 50.0);
    check(&[of(A, Pass), of(A, High), of(A, Low)], &[None], 33.33);
    let weights = [Some(75.0), Some(25.0)];
    check(&[of(A, Pass), of(A, Pass), of(B, High)], &weights, 75.0);
    check(&[of(A, Pass), of(A, High), of(B, High)], &equal, 25.0);
    check(&[of(A, Pass), of(A, Nodata), of(B, High)], &equal, 50.0);
    check(&[of(A, Pass), critical(High)], &[None], 0.0);
    check(&[of(A, Low), critical(Pass)], &[None], 50.0);
    check(&[of(A, Pass), critical(Nodata)], &[None], 0.0);
    let weights = [Some(15.0), Some(85.0)];
    check(&[of(A, High), of(A, Low), of(A, Pass), of(B, High)], &weights, 5.0);
}

/// What no suite has.
#[test]
fn scores_beside_kayentas_suite() {
    #[track_caller]
    fn check(metrics: &[Labelled<'_>], weights: &[Option<f64>], value: f64, cause: Cause) {
        assert_eq!(score(metrics, weights), Score { value, cause });
    }
    const A: &[usize] = &[0];
    const B: &[usize] = &[1];
    const BOTH: &[usize] = &[0, 1];
    let groups = Cause::Groups;
    check(&[], &[], 0.0, groups);
    check(&[of(&[], Pass)], &[Some(100.0)], 0.0, groups);
    check(&[of(A, Pass), critical(Low)], &[None], 0.0, Cause::CriticalMetric(1));
    check(&[of(A, Pass), of(A, Nodata)], &[None], 0.0, Cause::NoData);
    // Data that a metric must have: it failed, and it is not without data.
    check(&[of(A, NodataFailMetric)], &[None], 0.0, groups);
    check(&[of(A, Pass), of(A, NodataFailMetric)], &[None], 50.0, groups);
    // Nothing but errors is a full score.
    check(&[of(A, Label::Error)], &[None], 100.0, groups);
    // A metric counts in each of its groups.
    check(&[of(BOTH, Pass), of(B, High)], &[None, None], 75.0, groups);
    // What the weights leave is shared by the groups without one; a weight of a group
    // without metrics is lost.
    check(&[of(A, Pass), of(B, High), of(&[2], Pass)], &[Some(40.0), None, None], 70.0, groups);
    check(&[of(A, Pass)], &[Some(40.0), Some(60.0)], 40.0, groups);
    check(&[of(B, Pass)], &[Some(40.0), None], 60.0, groups);
    // Halves are rounded up as they are written, although 0.285 and 1.005 are below as
    // doubles.
    check(&[of(A, Pass)], &[Some(0.285)], 0.29, groups);
    check(&[of(A, Pass)], &[Some(1.005)], 1.01, groups);
    assert_eq!(GroupScore::of(0, &[of(A, Nodata)]), GroupScore { score: 0.0, no_data: true });
}

/// GenerateCanaryAnalysisResultTaskTest, and the classes beside it.
#[test]
fn judgements_pass_as_in_kayentas_suite() {
    let (marginal, pass) = (Some(75.0), Some(95.0));
    assert!(passes(95.0, None, None));
    assert!(!passes(60.0, marginal, pass));
    assert!(passes(85.0, marginal, None));
    assert!(!passes(85.0, marginal, pass));
    assert!(passes(97.0, marginal, pass));

    // A score that equals the marginal threshold is marginal, and ends the analysis.
    let thresholds = Thresholds { pass: 95.0, marginal: 75.0 };
    assert_eq!(thresholds.class(95.0), Class::Pass);
    assert_eq!(thresholds.class(94.99), Class::Marginal);
    assert_eq!(thresholds.class(75.0), Class::Marginal);
    assert_eq!(thresholds.class(74.99), Class::Fail);
    assert!(ends_early(75.0, 75.0) && !ends_early(75.01, 75.0));
    assert!(!passes(75.0, marginal, None));
}

/// An analysis of 30 minutes; `analysis` and `world` are added to it, and `metrics` are the
/// judge's.
fn analysis(analysis: &str, metrics: &str, world: &str) -> Config {
    config(&format!(
        "{{ {world} controller: {{ kayenta: {{ lifetime_duration_seconds: 1800, \
         traffic_pct: 20, {analysis} judge: {{ metrics: [{metrics}] }} }} }} }}"
    ))
}

const ERRORS: &str =
    "{ name: errors, measures: error_rate, scale: 100, groups: [errors], direction: increase }";
const LATENCY: &str = "{ name: p99, measures: latency, groups: [latency], direction: increase }";
const GOOD: &str = "traffic: { requests_per_second: 40 }, baseline: { error_rate: 0.01 },";
const BAD: &str = "traffic: { requests_per_second: 40 }, baseline: { error_rate: 0.01 }, canary: { error_ratio: 5 },";

#[track_caller]
fn check_end(config: &Config, state: State, tick: u32, sentence: &str) {
    let rollout = rolled_out(config, 5);
    assert_eq!((rollout.state(), rollout.ticks()), (state, tick));
    let report = rollout.report();
    assert_eq!(report.decisions.last().unwrap().sentence, sentence);
}

/// When judgements are, and what follows from them.
#[test]
fn an_analysis_is_judged_at_its_intervals() {
    use State::{Completed, RolledBack};
    let every_10 = "analysis_interval_seconds: 600,";
    check_end(
        &analysis("", ERRORS, GOOD),
        Completed,
        30,
        "Judgement 1 of 1: the analysis succeeded. Score 100 by 30 points: the metric passes; it \
         passes from 95 and fails up to 75.",
    );
    check_end(
        &analysis(every_10, ERRORS, GOOD),
        Completed,
        30,
        "Judgement 3 of 3: the analysis succeeded. Score 100 by 30 points: the metric passes; it \
         passes from 95 and fails up to 75.",
    );
    check_end(
        &analysis(every_10, ERRORS, BAD),
        RolledBack,
        10,
        "Judgement 1 of 3 ended the analysis. Score 0 by 10 points: errors is High, 5.03 times \
         the control’s mean; it passes from 95 and fails up to 75.",
    );
    // The warm-up comes first, and its points do not count.
    check_end(
        &analysis("begin_after_seconds: 300, analysis_interval_seconds: 600,", ERRORS, GOOD),
        Completed,
        35,
        "Judgement 3 of 3: the analysis succeeded. Score 100 by 30 points: the metric passes; it \
         passes from 95 and fails up to 75.",
    );
    // The points of the last 5 minutes only.
    check_end(
        &analysis("lookback_seconds: 300, analysis_interval_seconds: 600,", ERRORS, GOOD),
        Completed,
        30,
        "Judgement 3 of 3: the analysis succeeded. Score 100 by 5 points: the metric passes; it \
         passes from 95 and fails up to 75.",
    );
    // What is left of 30 minutes after two intervals of 13 is not judged.
    check_end(
        &analysis("analysis_interval_seconds: 780,", ERRORS, GOOD),
        Completed,
        26,
        "Judgement 2 of 2: the analysis succeeded. Score 100 by 26 points: the metric passes; it \
         passes from 95 and fails up to 75.",
    );
    // Two metrics, of which one is bad: 50, below the marginal score.
    check_end(
        &analysis("", &format!("{ERRORS}, {LATENCY}"), BAD),
        RolledBack,
        30,
        "Judgement 1 of 1 ended the analysis. Score 50 by 30 points: errors is High, 4.94 times \
         the control’s mean; it passes from 95 and fails up to 75.",
    );
    // The same metric muted.
    let muted = ERRORS.replace("groups", "muted: true, groups");
    check_end(
        &analysis("", &format!("{muted}, {LATENCY}"), BAD),
        Completed,
        30,
        "Judgement 1 of 1: the analysis succeeded. Score 100 by 30 points: errors is High, muted; \
         it passes from 95 and fails up to 75.",
    );
    // No traffic, no data, no score.
    check_end(
        &analysis("", ERRORS, "traffic: { requests_per_second: 1e-9 },"),
        RolledBack,
        30,
        "Judgement 1 of 1 ended the analysis. Score 0 by 30 points: errors is Nodata, because \
         half of the metrics or more have no data; it passes from 95 and fails up to 75.",
    );
}

/// A score that equals the marginal threshold ends the analysis, one above it goes on, and
/// the last has to pass.
#[test]
fn a_marginal_score_goes_on_but_does_not_pass() {
    let with = |marginal: u32| {
        config(&format!(
            "{{ {BAD} controller: {{ kayenta: {{ lifetime_duration_seconds: 1800, \
             traffic_pct: 20, analysis_interval_seconds: 600, judge: {{ \
             score_thresholds: {{ marginal: {marginal} }}, metrics: [{ERRORS}, {LATENCY}] }} }} }} }}"
        ))
    };
    let ended = |config: &Config| {
        let rollout = rolled_out(config, 5);
        (rollout.state(), rollout.ticks())
    };
    assert_eq!(ended(&with(50)), (State::RolledBack, 10));
    assert_eq!(ended(&with(49)), (State::RolledBack, 30));
    let report = rolled_out(&with(49), 5).report();
    let last = &report.decisions.last().unwrap().sentence;
    assert!(last.starts_with("Judgement 3 of 3 did not pass. Score 50 "), "{last}");
}

/// A person ends the analysis either way, or stops its clock.
#[test]
fn a_person_ends_an_analysis() {
    let config = analysis("analysis_interval_seconds: 600,", ERRORS, GOOD);
    for (command, state) in
        [(Command::Promote, State::Completed), (Command::Abort, State::RolledBack)]
    {
        let mut rollout = Rollout::new(&config, 5);
        rollout.tick().unwrap();
        rollout.command(command).unwrap();
        assert_eq!(rollout.state(), state);
    }
    let mut rollout = Rollout::new(&config, 5);
    rollout.tick().unwrap();
    rollout.command(Command::Pause).unwrap();
    for _ in 0..7 {
        rollout.tick().unwrap();
    }
    rollout.command(Command::Resume).unwrap();
    rollout.run().unwrap();
    assert_eq!((rollout.state(), rollout.ticks()), (State::Completed, 37));
}

/// A public report (github.com/spinnaker/kayenta, issue 803): of 30 points, a median that is
/// 16.8 % higher fails, a 90th percentile that is 18.4 % higher passes. With few requests a
/// minute that is usual: the larger change is less certain. 300 runs; the difference of the
/// shares is 6 standard errors.
#[test]
fn a_larger_change_of_a_tail_is_found_less_often() {
    let high = |quantile: f64, ratio: f64| {
        let metric = format!(
            "{{ name: latency, measures: latency, quantile: {quantile}, groups: [all], direction: increase }}"
        );
        let world = format!(
            "traffic: {{ requests_per_second: 1 }}, \
             baseline: {{ latency_ms: {{ p50: 100, p99: 600 }} }}, canary: {{ latency_ratio: {ratio} }},"
        );
        let config = config(&format!(
            "{{ {world} controller: {{ kayenta: {{ lifetime_duration_seconds: 1800, \
             traffic_pct: 50, judge: {{ metrics: [{metric}] }} }} }} }}"
        ));
        (0..300).filter(|seed| rolled_out(&config, *seed).state() == State::RolledBack).count()
    };
    let (median, tail) = (high(0.5, 1.168), high(0.9, 1.184));
    assert!(median > tail + 60, "{median} {tail}");
}

#[test]
fn faults_have_their_paths() {
    #[track_caller]
    fn check(analysis: &str, expected: &[&str]) {
        let text = format!("{{ controller: {{ kayenta: {{ {analysis} }} }} }}");
        let error = Config::from_text(&text).unwrap_err();
        let found: Vec<String> = error
            .problems()
            .iter()
            .map(|problem| format!("{}: {}", problem.path, problem.message))
            .collect();
        let at = |rest: &&str| format!("controller.kayenta{rest}");
        assert_eq!(found, expected.iter().map(at).collect::<Vec<_>>());
    }
    let judge = format!("judge: {{ metrics: [{ERRORS}] }}");
    check(
        &judge,
        &[".lifetime_duration_seconds: missing, expected a whole number from 1 to 31536000"],
    );
    check(
        "lifetime_duration_seconds: 600",
        &[
            ".judge: missing, expected a judge with metrics",
            ".judge.metrics: 0 metrics, expected 1 to 20",
        ],
    );
    check(
        &format!("lifetime_duration_seconds: 600, lookback_seconds: 90, traffic_pct: 51, {judge}"),
        &[
            ".lookback_seconds: 90, expected a multiple of tick_seconds, 60",
            ".lookback_seconds: 90, expected a multiple of judge.step_seconds, 60",
            ".traffic_pct: found 51, expected a number above 0, at most 50",
        ],
    );
    let metrics = |metrics: &str, more: &str| {
        format!("lifetime_duration_seconds: 600, judge: {{ metrics: [{metrics}] {more} }}")
    };
    check(
        &metrics("{ measures: error_rate_ratio }", ""),
        &[
            ".judge.metrics[0].name: missing, expected the metric’s name",
            ".judge.metrics[0].measures: error_rate_ratio, expected one of the canary alone: the judge compares",
        ],
    );
    check(
        &metrics(
            ERRORS,
            ", group_weights: [{ group: a, weight: 101 }, { group: a, weight: 1 }, { weight: 1 }], \
             score_thresholds: { pass: 70 }, of: service",
        ),
        &[
            ".judge.group_weights[0].weight: found 101, expected a number from 0 to 100",
            ".judge.group_weights[1].group: stands twice, expected each group once",
            ".judge.group_weights[2].group: missing, expected the group’s name",
            ".judge.score_thresholds.marginal: 75, expected at most pass, 70",
            ".judge.of: service, expected control or canary: the judge compares",
        ],
    );
}

/// What is probably a mistake.
#[test]
fn weights_and_points_that_have_no_effect_are_warned_of() {
    let warnings = |analysis: &str| -> Vec<String> {
        let text = format!(
            "{{ traffic: {{ requests_per_second: 0.5 }}, baseline: {{ error_rate: 0.0002 }}, \
             controller: {{ kayenta: {{ {analysis} }} }} }}"
        );
        let warnings = config(&text).warnings();
        warnings.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
    };
    let found = warnings(
        "lifetime_duration_seconds: 600, analysis_interval_seconds: 240, judge: { \
         group_weights: [{ group: none, weight: 30 }], \
         metrics: [{ name: errors, measures: error_rate }] }",
    );
    for expected in [
        "controller.kayenta.analysis_interval_seconds: the last 120 s of the analysis are after the last whole interval: they are not judged",
        "controller.kayenta.analysis_interval_seconds: the first judgement has 4 points of each version",
        "controller.kayenta.judge.group_weights: groups without metrics have a weight of 30 %, so no score is above 70",
        "controller.kayenta.judge.metrics[0].groups: is empty: the metric counts in no score",
        "controller.kayenta.judge.metrics[0].scale: the baseline’s rate is 0.0002 in this unit",
        "controller.kayenta.judge.metrics[0].measures: a point has 0 errors of the canary on average",
    ] {
        assert!(found.iter().any(|found| found.starts_with(expected)), "{expected}: {found:#?}");
    }
}

/// An analysis tick by tick, in words.
#[test]
fn an_analysis_is_traced() {
    let config = analysis(
        "begin_after_seconds: 120, analysis_interval_seconds: 600,",
        &format!("{ERRORS}, {LATENCY}"),
        &format!(
            "{GOOD} canary: {{ error_ratio: 6, error_arrival: {{ late: {{ start_tick: 15 }} }} }},"
        ),
    );
    let found = include_str!("../data/controllers/kayenta.trace");
    check_committed("tests/data/controllers/kayenta.trace", found, &trace(&config, 42));
}

/// 1,000 random analyses end, and replay to the same bytes.
#[test]
fn random_analyses_end() {
    check_controller(1_000, |draw: &mut Draw| {
        const MEASURES: [&str; 6] =
            ["error_rate", "success_rate", "latency", "errors", "requests_per_second", "nothing"];
        let metric = |draw: &mut Draw| {
            let strategy = ["remove", "replace"][draw.of(0, 1) as usize];
            let direction = ["increase", "decrease", "either"][draw.of(0, 2) as usize];
            let measure = ["mean_ratio", "cles"][draw.of(0, 1) as usize];
            let flag = |draw: &mut Draw| draw.of(0, 3) == 0;
            format!(
                "{{ name: m, measures: {}, groups: [g{}], nan_strategy: {strategy}, \
                 direction: {direction}, critical: {}, must_have_data: {}, muted: {}, \
                 outliers: {{ remove: {} }}, effect_size: {{ measure: {measure} }} }}",
                MEASURES[draw.of(0, 5) as usize],
                draw.of(0, 2),
                flag(draw),
                flag(draw),
                flag(draw),
                flag(draw),
            )
        };
        let metrics: Vec<String> = (0..draw.of(1, 4)).map(|_| metric(draw)).collect();
        let (step, pct) = (60 * draw.of(1, 3), draw.of(1, 50));
        let times = |draw: &mut Draw, most: u64| step * draw.of(1, most);
        format!(
            "kayenta: {{ lifetime_duration_seconds: {}, analysis_interval_seconds: {}, \
             begin_after_seconds: {}, lookback_seconds: {}, traffic_pct: {pct}, judge: {{ \
             step_seconds: {step}, of: {}, group_weights: [{{ group: g0, weight: {} }}], \
             metrics: [{}] }} }}",
            times(draw, 30),
            times(draw, 10),
            times(draw, 4),
            times(draw, 10),
            ["control", "canary"][draw.of(0, 1) as usize],
            draw.of(0, 100),
            metrics.join(", "),
        )
    });
}
