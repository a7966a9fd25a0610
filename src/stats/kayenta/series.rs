//! A series of points before it is compared: values that are not a number, outliers, the
//! mean.

/// What becomes of a value that is not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NanStrategy {
    /// It is removed. Kayenta's default.
    #[default]
    Remove,
    /// It becomes 0, as suits a count of errors that are reported only if there are any.
    Replace,
}

/// Writes the points of `series` to `prepared`, in order: those that are not a number
/// removed or 0, then, with an `outlier_factor`, without those outside of the
/// [`Fences::less_sensitive`] of that factor. `scratch` is overwritten.
pub fn prepare(
    series: &[f64],
    nans: NanStrategy,
    outlier_factor: Option<f64>,
    prepared: &mut Vec<f64>,
    scratch: &mut Vec<f64>,
) {
    prepared.clear();
    match nans {
        NanStrategy::Remove => prepared.extend(series.iter().filter(|value| !value.is_nan())),
        NanStrategy::Replace => {
            prepared.extend(series.iter().map(|&value| if value.is_nan() { 0.0 } else { value }));
        }
    }
    if let Some(factor) = outlier_factor {
        scratch.clone_from(prepared);
        scratch.sort_unstable_by(f64::total_cmp);
        if let Some(fences) = Fences::less_sensitive(scratch, factor) {
            prepared.retain(|&value| !fences.excludes(value));
        }
    }
}

/// A value outside of them is an outlier.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fences {
    /// The least value that is none.
    pub low: f64,
    /// The greatest value that is none.
    pub high: f64,
}

impl Fences {
    /// Tukey's fences: `factor` times the distance of the quartiles below the first and
    /// above the third. `None` without values.
    pub fn tukey(sorted: &[f64], factor: f64) -> Option<Fences> {
        let (first, third) = (percentile(sorted, 25.0)?, percentile(sorted, 75.0)?);
        let range = third - first;
        Some(Fences { low: first - factor * range, high: third + factor * range })
    }

    /// Tukey's fences, or the 1st and the 99th percentile where those are farther out:
    /// what the judge uses, with a factor of 3 if none is given. `None` without values.
    pub fn less_sensitive(sorted: &[f64], factor: f64) -> Option<Fences> {
        let tukey = Fences::tukey(sorted, factor)?;
        Some(Fences {
            low: tukey.low.min(percentile(sorted, 1.0)?),
            high: tukey.high.max(percentile(sorted, 99.0)?),
        })
    }

    /// Whether a value is an outlier.
    pub fn excludes(&self, value: f64) -> bool {
        value < self.low || value > self.high
    }
}

/// A percentile by linear interpolation, the type 7 of R. `percent` in (0, 100]; `None`
/// without values.
///
/// Source: R. J. Hyndman and Y. Fan, The American Statistician 50 (1996), 361-365.
pub fn percentile(sorted: &[f64], percent: f64) -> Option<f64> {
    let &greatest = sorted.last()?;
    let position = 1.0 + (sorted.len() - 1) as f64 * (percent / 100.0);
    let whole = position.floor();
    let at = |place: f64| sorted.get((place - 1.0) as usize);
    match (at(whole), at(whole + 1.0)) {
        (Some(low), Some(high)) => Some(low + (position - whole) * (high - low)),
        _ => Some(greatest),
    }
}

/// The mean, its rounding errors corrected by a second sum; NaN without values.
pub fn mean(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    mean + values.iter().map(|value| value - mean).sum::<f64>() / n
}
