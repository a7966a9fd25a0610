//! Mean and quantiles of amounts in little memory, the same whatever the order.

/// Values below this are counted by whole numbers.
const EXACT: u64 = 128;
/// Bins for each doubling above.
const PER_DOUBLING: u64 = EXACT / 2;
/// Binary places of a sum: a value is taken to the nearest 2⁻⁵⁰. A rollout has
/// fewer than 2⁴⁴ requests and a study fewer than 2³⁰ runs, so no sum overflows.
const PLACES: u32 = 50;

/// A histogram of amounts: one bin for each whole number below 128, bins of at
/// most 1/64 above. Each bin has its sum, in fixed point, so histograms add up to
/// the same whatever the order and the partition, and an expectation of a
/// fraction of a request is not lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Histogram {
    /// Up to the greatest value so far.
    bins: Vec<Bin>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bin {
    count: u64,
    /// In 2⁻⁵⁰.
    sum: u128,
}

impl Bin {
    fn mean(self) -> f64 {
        unfixed(self.sum) / self.count as f64
    }
}

impl Histogram {
    /// Takes in a value of at least 0 and below 2⁶³.
    #[inline]
    pub(super) fn record(&mut self, value: f64) {
        // By `i64`: the processor makes no `u64`, nor `u128`, of an `f64`.
        let whole = value as i64 as u64;
        let part = (value - whole as i64 as f64) * (1u64 << PLACES) as f64 + 0.5;
        self.take(whole, (u128::from(whole) << PLACES) + u128::from(part as i64 as u64));
    }

    /// Takes in a whole number.
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

    /// The sum, in 2⁻⁵⁰.
    fn fixed_sum(&self) -> u128 {
        self.bins.iter().map(|bin| bin.sum).sum()
    }

    /// The mean, exact but for one rounding; `None` of nothing.
    pub(super) fn mean(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| unfixed(self.fixed_sum()) / count as f64)
    }

    /// How much the sum of `other` exceeds this one's.
    pub(super) fn sum_to(&self, other: &Histogram) -> f64 {
        let (mine, others) = (self.fixed_sum(), other.fixed_sum());
        let distance = unfixed(mine.abs_diff(others));
        if others < mine { -distance } else { distance }
    }

    /// The value that at least `percent` of all do not exceed, by the mean of
    /// its bin; `None` of nothing.
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

/// The bin of a value: its whole number, or its doubling and its next six bits.
fn bin(value: u64) -> u64 {
    if value < EXACT {
        return value;
    }
    let doubling = u64::from(value.ilog2() - EXACT.ilog2());
    let leading = value >> (doubling + 1);
    EXACT + doubling * PER_DOUBLING + (leading - PER_DOUBLING)
}
