//! A histogram with mean and quantiles, in little memory. Its figures do not depend
//! on the order of the values.

/// Each whole number below this has its own bin.
const EXACT: u64 = 128;
/// Number of bins per doubling above that.
const PER_DOUBLING: u64 = EXACT / 2;
/// Binary places of a sum: a value is rounded to the nearest 2⁻⁵⁰. A rollout has
/// fewer than 2⁴⁴ requests and a study fewer than 2³⁰ runs, so no sum overflows.
const PLACES: u32 = 50;
/// The bin of the largest value, 2⁶³ − 1.
pub(super) const MAX_BIN: u32 = bin((1 << 63) - 1) as u32;

/// A histogram of values of at least 0: one bin for each whole number below 128,
/// and above that bins whose width is at most 1/64 of their lower end. Each bin has
/// the sum of its values in fixed point, so adding histograms gives the same result
/// in any order and partition, and fractions of an expected count are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Histogram {
    /// Up to the bin of the greatest value so far.
    bins: Vec<Bin>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bin {
    count: u64,
    /// In units of 2⁻⁵⁰.
    sum: u128,
}

/// A bin that has values, apart from its histogram.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed {
    /// Its place, at most [`MAX_BIN`].
    pub(super) bin: u32,
    pub(super) count: u64,
    /// In units of 2⁻⁵⁰.
    pub(super) sum: u128,
}

impl Packed {
    /// The sum if every value is the lower end of the bin. A count below 2⁶⁴ and a lower end
    /// below 2⁶³ may have a larger one; it is then the greatest number, and not possible.
    pub(super) fn least(self) -> u128 {
        let end = u128::from(lower_end(u64::from(self.bin))) << PLACES;
        end.saturating_mul(u128::from(self.count))
    }

    /// The sum, if it is a whole number.
    pub(super) fn whole(self) -> Option<u128> {
        (self.sum.trailing_zeros() >= PLACES).then_some(self.sum >> PLACES)
    }

    /// A sum that is a whole number.
    pub(super) fn of_whole(whole: u64) -> u128 {
        u128::from(whole) << PLACES
    }

    /// Whether so many values of the bin can have that sum: none is rounded past its end.
    pub(super) fn is_possible(self) -> bool {
        let end = u128::from(lower_end(u64::from(self.bin) + 1)) << PLACES;
        let most = end.saturating_mul(u128::from(self.count));
        self.count > 0 && (self.least()..=most).contains(&self.sum) && self.sum < u128::MAX
    }
}

impl Bin {
    fn mean(self) -> f64 {
        unfixed(self.sum) / self.count as f64
    }
}

impl Histogram {
    /// Records a value of at least 0 and below 2⁶³.
    #[inline]
    pub(crate) fn record(&mut self, value: f64) {
        // Converted by way of `i64`, because processors have no instruction from
        // `f64` to `u64` or `u128`.
        let whole = value as i64 as u64;
        let part = (value - whole as i64 as f64) * (1u64 << PLACES) as f64 + 0.5;
        self.take(whole, (u128::from(whole) << PLACES) + u128::from(part as i64 as u64));
    }

    /// Records a whole number.
    #[inline]
    pub(crate) fn record_whole(&mut self, value: u32) {
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

    /// The bins that have values, in rising order.
    pub(super) fn packed(&self) -> impl Iterator<Item = Packed> {
        let bins = (0..).zip(&self.bins).filter(|(_, bin)| bin.count > 0);
        bins.map(|(i, bin)| Packed { bin: i, count: bin.count, sum: bin.sum })
    }

    /// Whether the sum has room for those of other bins.
    pub(super) fn has_room(&self, others: impl Iterator<Item = Packed>) -> bool {
        let sums = others.map(|packed| packed.sum);
        sums.into_iter().try_fold(self.fixed_sum(), u128::checked_add).is_some()
    }

    /// Adds the values of a bin.
    pub(super) fn add(&mut self, packed: Packed) {
        let at = packed.bin as usize;
        if at >= self.bins.len() {
            self.bins.resize(at + 1, Bin::default());
        }
        let bin = &mut self.bins[at];
        bin.count += packed.count;
        bin.sum += packed.sum;
    }

    /// The number of values.
    pub(crate) fn count(&self) -> u64 {
        self.bins.iter().map(|bin| bin.count).sum()
    }

    /// The sum, in units of 2⁻⁵⁰.
    fn fixed_sum(&self) -> u128 {
        self.bins.iter().map(|bin| bin.sum).sum()
    }

    /// The mean, correct to one rounding; `None` without values.
    pub(crate) fn mean(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| unfixed(self.fixed_sum()) / count as f64)
    }

    /// The sum of `other` minus the sum of this one.
    pub(crate) fn sum_to(&self, other: &Histogram) -> f64 {
        let (mine, others) = (self.fixed_sum(), other.fixed_sum());
        let distance = unfixed(mine.abs_diff(others));
        if others < mine { -distance } else { distance }
    }

    /// The percentile: the mean of the first bin up to which at least `percent` of
    /// the values lie; `None` without values.
    pub(crate) fn percentile(&self, percent: u64) -> Option<f64> {
        self.at_rank((percent * self.count()).div_ceil(100))
    }

    /// The quantile of a share in 0..=1, likewise.
    pub(crate) fn quantile(&self, share: f64) -> Option<f64> {
        self.at_rank((share * self.count() as f64).ceil() as u64)
    }

    /// The mean of the bin of the value with a rank, from 1.
    pub(crate) fn at_rank(&self, rank: u64) -> Option<f64> {
        let rank = rank.max(1);
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
const fn bin(value: u64) -> u64 {
    if value < EXACT {
        return value;
    }
    let doubling = (value.ilog2() - EXACT.ilog2()) as u64;
    let leading = value >> (doubling + 1);
    EXACT + doubling * PER_DOUBLING + (leading - PER_DOUBLING)
}

/// The least value of a bin.
fn lower_end(bin: u64) -> u64 {
    if bin < EXACT {
        return bin;
    }
    let doubling = (bin - EXACT) / PER_DOUBLING;
    let leading = (bin - EXACT) % PER_DOUBLING + PER_DOUBLING;
    leading << (doubling + 1)
}
