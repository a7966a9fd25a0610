//! The label of one metric.

use super::series::{NanStrategy, mean, prepare};
use super::shift::{Samples, Shift};
use crate::stats::normal;

/// Which change of a metric is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// An increase only, as of errors.
    Increase,
    /// A decrease only, as of successes.
    Decrease,
    /// Both. Kayenta's default.
    #[default]
    Either,
}

/// How the size of a change is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "EffectMeasure"))]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The canary's mean divided by the baseline's; without effect if one of them is 0.
    /// Kayenta's default.
    #[default]
    MeanRatio,
    /// P(canary > baseline) + ½ P(canary = baseline), the "common language effect size".
    Cles,
}

impl Measure {
    /// Its value if there is no change, the default of all limits.
    pub fn neutral(self) -> f64 {
        match self {
            Measure::MeanRatio => 1.0,
            Measure::Cles => 0.5,
        }
    }
}

/// How large a change has to be, at least, to count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EffectSize {
    /// In what the limits are.
    pub measure: Measure,
    /// The metric can be [`Label::High`] from here on.
    pub allowed_increase: f64,
    /// The metric can be [`Label::Low`] from here downwards.
    pub allowed_decrease: f64,
    /// A critical metric that is high fails the release from here on.
    pub critical_increase: f64,
    /// A critical metric that is low fails the release from here downwards.
    pub critical_decrease: f64,
}

impl EffectSize {
    /// Without limits.
    pub fn any(measure: Measure) -> Self {
        let neutral = measure.neutral();
        EffectSize {
            measure,
            allowed_increase: neutral,
            allowed_decrease: neutral,
            critical_increase: neutral,
            critical_decrease: neutral,
        }
    }
}

impl Default for EffectSize {
    fn default() -> Self {
        EffectSize::any(Measure::default())
    }
}

/// How a metric is judged. The defaults are Kayenta's.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct MetricConfig {
    /// Which change is bad.
    pub direction: Direction,
    /// What becomes of values that are not a number.
    pub nans: NanStrategy,
    /// The factor of the fences outside of which points are removed, above 0. `None`
    /// keeps all.
    pub outlier_factor: Option<f64>,
    /// A metric whose label is not [`Label::Pass`] can fail the release alone.
    pub critical: bool,
    /// Missing data count as a metric that failed. Without effect for a critical metric.
    pub must_have_data: bool,
    /// How large a change has to be.
    pub effect: EffectSize,
}

/// The test that all metrics share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    /// The interval has to be farther from 0 than this part of the estimate.
    pub tolerance: f64,
    /// The level of the interval, in (0, 1).
    pub confidence: f64,
}

impl Test {
    /// The judge's own values. No configuration changes them.
    pub const NETFLIX: Test = Test { tolerance: 0.25, confidence: 0.98 };
}

/// What a metric is labelled, in Kayenta's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Label {
    /// Not worse.
    #[default]
    Pass,
    /// The canary's values are higher.
    High,
    /// The canary's values are lower.
    Low,
    /// A side has no points. It does not count for a group's score.
    Nodata,
    /// A side has no points, and had to. It counts as failed.
    NodataFailMetric,
    /// The test could not be computed. It does not count for a group's score.
    Error,
}

impl Label {
    /// All labels.
    pub const ALL: [Label; 6] = [
        Label::Pass,
        Label::High,
        Label::Low,
        Label::Nodata,
        Label::NodataFailMetric,
        Label::Error,
    ];

    /// Kayenta's word.
    pub fn name(self) -> &'static str {
        match self {
            Label::Pass => "Pass",
            Label::High => "High",
            Label::Low => "Low",
            Label::Nodata => "Nodata",
            Label::NodataFailMetric => "NodataFailMetric",
            Label::Error => "Error",
        }
    }
}

/// Why a metric has its label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Grounds {
    /// A side has no points.
    NoPoints,
    /// Both sides have the same points, whatever their order.
    Identical,
    /// All points of both sides have one value.
    OneValue,
    /// The test.
    Tested(Tested),
    /// At a shift that the test tried all points were equal. With one point each the
    /// rounding of the noise decides whether it is so: if not, the metric is high or low.
    AllTied,
}

/// What the test found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tested {
    /// How far the canary's values lie above the baseline's.
    pub shift: Shift,
    /// The size of the change in the metric's measure; NaN if it has none.
    pub effect: f64,
    /// The canary's mean divided by the baseline's, which Kayenta reports as deviation;
    /// NaN if one of them is 0.
    pub mean_ratio: f64,
}

/// A metric's label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Classification {
    /// The label.
    pub label: Label,
    /// Whether it fails the release whatever the other metrics say.
    pub critical: bool,
    /// Why.
    pub grounds: Grounds,
}

/// Memory that [`classify`] uses again.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    canary: Vec<f64>,
    baseline: Vec<f64>,
    scratch: Vec<f64>,
    samples: Samples,
}

/// Labels a metric from the canary's and the baseline's points.
///
/// - Without points on a side it passes if values that are not a number are replaced;
///   otherwise it has no data.
/// - It passes if the sides are identical, or all points have one value.
/// - It is high if a high value is bad, the interval's lower end is above
///   `tolerance`·|estimate|, and the effect is at least the allowed increase or has no
///   size; else low by the mirror image; else it passes.
/// - If it is high or low, and critical, it fails the release if the effect reaches the
///   critical limit or has no size.
///
/// If the points of each side are all equal, and the sides differ, noise is added first
/// whose standard deviation is 10⁻⁵ of the value. Kayenta's is random without a seed;
/// here a side's k-th point gets Φ⁻¹ of the fractional part of ½ + kφ, with the golden
/// ratio φ and k counted on from the canary to the baseline.
///
/// Takes O((m+n) log(m+n)) time, and allocates only where `workspace` is too small.
pub fn classify(
    config: &MetricConfig,
    test: Test,
    canary: &[f64],
    baseline: &[f64],
    workspace: &mut Workspace,
) -> Classification {
    let Workspace { canary: x, baseline: y, scratch, samples } = workspace;
    prepare(canary, config.nans, config.outlier_factor, x, scratch);
    prepare(baseline, config.nans, config.outlier_factor, y, scratch);
    let passes = |grounds| Classification { label: Label::Pass, critical: false, grounds };
    if x.is_empty() || y.is_empty() {
        let (label, critical) = match config.nans {
            NanStrategy::Replace => (Label::Pass, false),
            NanStrategy::Remove if config.must_have_data && !config.critical => {
                (Label::NodataFailMetric, false)
            }
            NanStrategy::Remove => (Label::Nodata, config.critical),
        };
        return Classification { label, critical, grounds: Grounds::NoPoints };
    }
    let mut means = (mean(x), mean(y));
    x.sort_unstable_by(f64::total_cmp);
    y.sort_unstable_by(f64::total_cmp);
    if x == y {
        return passes(Grounds::Identical);
    }
    match (constant(x), constant(y)) {
        (Some(a), Some(b)) if a == b => return passes(Grounds::OneValue),
        (Some(_), Some(_)) => {
            let next = add_noise(x, 0);
            add_noise(y, next);
            means = (mean(x), mean(y));
            x.sort_unstable_by(f64::total_cmp);
            y.sort_unstable_by(f64::total_cmp);
        }
        _ => {}
    }
    samples.set(x, y);
    let Some(shift) = samples.shift(test.confidence) else {
        // As in Kayenta, not critical whatever the metric is.
        let grounds = Grounds::AllTied;
        return Classification { label: Label::Error, critical: false, grounds };
    };
    let mean_ratio = mean_ratio(means.0, means.1);
    let effect = match config.effect.measure {
        Measure::MeanRatio => mean_ratio,
        Measure::Cles => samples.superiority(),
    };
    let (label, critical) = compare(config, test.tolerance, shift, effect);
    let grounds = Grounds::Tested(Tested { shift, effect, mean_ratio });
    Classification { label, critical, grounds }
}

/// The label of a metric that was tested, and whether it is critical.
fn compare(
    MetricConfig { direction, critical, effect: limits, .. }: &MetricConfig,
    tolerance: f64,
    shift: Shift,
    effect: f64,
) -> (Label, bool) {
    let bound = tolerance * shift.estimate.abs();
    let is_high = *direction != Direction::Decrease && shift.low > bound;
    let is_low = *direction != Direction::Increase && shift.high < -bound;
    let reaches = |limit: f64| effect.is_nan() || effect >= limit;
    let falls_to = |limit: f64| effect.is_nan() || effect <= limit;
    if is_high && reaches(limits.allowed_increase) {
        (Label::High, *critical && reaches(limits.critical_increase))
    } else if is_low && falls_to(limits.allowed_decrease) {
        (Label::Low, *critical && falls_to(limits.critical_decrease))
    } else {
        (Label::Pass, false)
    }
}

/// The ratio of two means, the canary's first; NaN if one is 0.
pub fn mean_ratio(canary: f64, baseline: f64) -> f64 {
    if canary == 0.0 || baseline == 0.0 { f64::NAN } else { canary / baseline }
}

/// The value that all have.
fn constant(values: &[f64]) -> Option<f64> {
    let &first = values.first()?;
    values.iter().all(|&value| value == first).then_some(first)
}

/// Adds to equal values the noise from the sequence's `first` on; returns the number of
/// the next.
fn add_noise(values: &mut [f64], first: u64) -> u64 {
    /// The fractional part of the golden ratio.
    const GOLDEN: f64 = 0.618_033_988_749_894_8;
    let mut k = first;
    for value in values {
        let place = 0.5 + k as f64 * GOLDEN;
        *value += normal::quantile(place - place.floor()) * (*value * 1e-5);
        k += 1;
    }
    k
}
