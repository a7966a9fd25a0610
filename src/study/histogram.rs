//! A histogram with mean and quantiles, in little memory. Its figures do not depend
//! on the order of the values.

/// Each whole number below this has its own bin.
const EXACT: u64 = 128;
/// Number of bins per doubling above that.
const PER_DOUBLING: u64 = EXACT / 2;
/// Binary places of a sum: a value is rounded to the nearest 2⁻⁵⁰. A rollout has
/// fewer than 2⁴⁴ requests and a study fewer than 2³⁰ runs, so no sum overflows.
const PLACES: u32 = 50;

/// A histogram of values of at least 0: one bin for each whole number below 128,
/// and above that bins whose width is at most 1/64 of their lower end. Each bin has
/// the sum of its values in fixed point, so adding histograms gives the same result
/// in any order and partition, and fractions of an expected count are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Histogram {
    /// Up to the bin of the greatest value so far.
    bins: Vec<Bin>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bin {
    count: u64,
    /// In units of 2⁻⁵⁰.
    sum: u128,
}

impl Bin {
    fn mean(self) -> f64 {
        unfixed(self.sum) / self.count as f64
    }
}

impl Histogram {
    /// Records a value of at least 0 and below 2⁶³.
    #[inline]
    pub(super) fn record(&mut self, value: f64) {
        // Converted by way of `i64`, because processors have no instruction from
        // `f64` to `u64` or `u128`.
        let whole = value as i64 as u64;
        let part = (value - whole as i64 as f64) * (1u64 << PLACES) as f64 + 0.5;
        self.take(whole, (u128::from(whole) << PLACES) + u128::from(part as i64 as u64));
    }

    /// Records a whole number.
    #[inline]
    pub(super) fn record_whole(&mut self, value: u32) {
        self.take(u64::from(value), u128::from(value) << PLACES);
    }

    #[inline]
    fn take(&mut self, whole: u64, fixed: u128) {
        let bin = bin(whole) as usize;
        if bin >= self.bins.len() {
            self.bins.resize(bin + 1, Bin::default());
        }
        let bin = &mut self.bins[bin];
        bin.count += 1;
        bin.sum += fixed;
    }

    fn count(&self) -> u64 {
        self.bins.iter().map(|bin| bin.count).sum()
    }

    /// The sum, in units of 2⁻⁵⁰.
    fn fixed_sum(&self) -> u128 {
        self.bins.iter().map(|bin| bin.sum).sum()
    }

    /// The mean, correct to one rounding; `None` without values.
    pub(super) fn mean(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| unfixed(self.fixed_sum()) / count as f64)
    }

    /// The sum of `other` minus the sum of this one.
    pub(super) fn sum_to(&self, other: &Histogram) -> f64 {
        let (mine, others) = (self.fixed_sum(), other.fixed_sum());
        let distance = unfixed(mine.abs_diff(others));
        if others < mine { -distance } else { distance }
    }

    /// The percentile: the mean of the first bin up to which at least `percent` of
    /// the values lie; `None` without values.
    pub(super) fn percentile(&self, percent: u64) -> Option<f64> {
        let rank = (percent * self.count()).div_ceil(100).max(1);
        let mut seen = 0;
        self.bins.iter().find_map(|bin| {
            seen += bin.count;
            (seen >= rank).then(|| bin.mean())
        })
    }
}

fn unfixed(sum: u128) -> f64 {
    sum as f64 / (1u64 << PLACES) as f64
}

/// The bin of a value: the value itself below 128, then its highest bit and the
/// next six bits.
fn bin(value: u64) -> u64 {
    if value < EXACT {
        return value;
    }
    let doubling = u64::from(value.ilog2() - EXACT.ilog2());
    let leading = value >> (doubling + 1);
    EXACT + doubling * PER_DOUBLING + (leading - PER_DOUBLING)
}
