//! Quantiles of whole numbers in constant memory.

/// Values below this are counted exactly.
const EXACT: u64 = 128;
/// Bins for each doubling above.
const PER_DOUBLING: u64 = EXACT / 2;
/// Doublings from `EXACT` to 2⁶⁴.
const DOUBLINGS: u64 = 64 - EXACT.ilog2() as u64;

/// A histogram of whole numbers: exact below 128, in bins of at most 1/64
/// above. Its bins are fixed, so histograms add up to the same whatever the
/// order and the partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Histogram {
    bins: Vec<u64>,
    count: u64,
    sum: u128,
}

impl Histogram {
    pub(super) fn new() -> Self {
        let bins = EXACT + DOUBLINGS * PER_DOUBLING;
        Histogram { bins: vec![0; bins as usize], count: 0, sum: 0 }
    }

    pub(super) fn record(&mut self, value: u64) {
        self.bins[bin(value) as usize] += 1;
        self.count += 1;
        self.sum += u128::from(value);
    }

    /// The mean, exact but for one rounding; `None` of nothing.
    pub(super) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }

    /// The smallest value that at least `percent` of all do not exceed, by the
    /// lower end of its bin; `None` of nothing.
    pub(super) fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = (percent * self.count).div_ceil(100).max(1);
        let mut seen = 0;
        self.bins.iter().zip(0..).find_map(|(n, bin)| {
            seen += n;
            (seen >= rank).then(|| lower_end(bin))
        })
    }
}

/// The bin of a value: itself, or its doubling and its next six bits.
fn bin(value: u64) -> u64 {
    if value < EXACT {
        return value;
    }
    let doubling = u64::from(value.ilog2() - EXACT.ilog2());
    let leading = value >> (doubling + 1);
    EXACT + doubling * PER_DOUBLING + (leading - PER_DOUBLING)
}

fn lower_end(bin: u64) -> u64 {
    if bin < EXACT {
        return bin;
    }
    let (doubling, leading) = ((bin - EXACT) / PER_DOUBLING, (bin - EXACT) % PER_DOUBLING);
    (PER_DOUBLING + leading) << (doubling + 1)
}
