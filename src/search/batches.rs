//! Means over batches of runs, from which the noise of a difference is estimated.
//!
//! All candidates are simulated with the same seeds, and the batches have the same runs. So
//! the differences of two candidates' batches are those of the runs, summed: what both owe
//! to the seeds cancels. Keeping batches instead of runs takes the same memory for any
//! number of runs.

use crate::stats::student::upper_quantile;

/// The most batches. As a 129th begins, pairs of batches become one.
pub(super) const MOST: usize = 128;
/// With fewer batches that differ, the noise of a difference cannot be estimated.
const ENOUGH_DIFFERENT: usize = 10;

/// Sums over batches of runs in the order of their seeds.
#[derive(Clone, Debug)]
pub(super) struct Batches {
    /// The number of runs in a full batch.
    size: u64,
    /// The number of runs in the last batch.
    filled: u64,
    batches: Vec<Batch>,
}

/// The runs of a batch that have the figure, and the sum of their values.
#[derive(Clone, Copy, Debug, Default)]
struct Batch {
    sum: f64,
    count: u64,
}

/// An estimate with its interval, whose ends are infinite where the noise is unknown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    pub estimate: f64,
    pub low: f64,
    pub high: f64,
}

impl Bounds {
    pub(super) const UNKNOWN: Bounds =
        Bounds { estimate: f64::NAN, low: f64::NEG_INFINITY, high: f64::INFINITY };
}

impl Default for Batches {
    fn default() -> Self {
        Batches { size: 1, filled: 0, batches: Vec::new() }
    }
}

impl Batches {
    /// Adds a run; `None` if it does not have the figure.
    pub(super) fn add(&mut self, value: Option<f64>) {
        if self.batches.is_empty() || self.filled == self.size {
            if self.batches.len() == MOST {
                self.merge();
            }
            self.batches.push(Batch::default());
            self.filled = 0;
        }
        self.filled += 1;
        if let (Some(batch), Some(value)) = (self.batches.last_mut(), value) {
            batch.sum += value;
            batch.count += 1;
        }
    }

    fn merge(&mut self) {
        let both = |pair: &[Batch]| Batch {
            sum: pair.iter().map(|batch| batch.sum).sum(),
            count: pair.iter().map(|batch| batch.count).sum(),
        };
        self.batches = self.batches.chunks(2).map(both).collect();
        self.size *= 2;
        self.filled = self.size;
    }

    /// The number of runs that have the figure.
    pub(super) fn count(&self) -> u64 {
        self.batches.iter().map(|batch| batch.count).sum()
    }

    /// The sum of the values.
    pub(super) fn total(&self) -> f64 {
        self.batches.iter().map(|batch| batch.sum).sum()
    }

    /// The mean of the runs that have the figure.
    pub(super) fn mean(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.total() / count as f64)
    }

    /// The full batches.
    fn full(&self) -> &[Batch] {
        let is_last_full = self.filled == self.size;
        let full = self.batches.len() - usize::from(!is_last_full && !self.batches.is_empty());
        self.batches.get(..full).unwrap_or_default()
    }

    /// How many degrees of freedom the noise is estimated with.
    pub(super) fn freedom(&self) -> f64 {
        self.full().len().saturating_sub(1).max(1) as f64
    }

    /// The deviations of the full batches from the mean, per run that has the figure. Their
    /// variance is that of a batch's mean, for a mean over a random number of runs too (by
    /// linearising the ratio).
    fn deviations(&self, mean: f64) -> impl Iterator<Item = f64> {
        let full = self.full();
        let count: u64 = full.iter().map(|batch| batch.count).sum();
        let per_batch = count as f64 / full.len().max(1) as f64;
        full.iter().map(move |batch| (batch.sum - mean * batch.count as f64) / per_batch)
    }

    /// The mean with its interval; `critical` is the quantile of Student's t.
    pub(super) fn interval(&self, critical: f64) -> Bounds {
        let Some(mean) = self.mean() else { return Bounds::UNKNOWN };
        let full = self.full();
        let same =
            full.windows(2).all(|two| two[0].sum == two[1].sum && two[0].count == two[1].count);
        let is_known = full.iter().filter(|batch| batch.sum != 0.0).count() >= ENOUGH_DIFFERENT;
        around(mean, self.deviations(mean), same, is_known, critical)
    }

    /// How much more the mean of another candidate is, on the same seeds.
    pub(super) fn difference(&self, other: &Batches, critical: f64) -> Bounds {
        let (Some(mine), Some(others)) = (self.mean(), other.mean()) else {
            return Bounds::UNKNOWN;
        };
        let pairs = self.full().iter().zip(other.full());
        let differ = pairs.filter(|(a, b)| a.sum != b.sum || a.count != b.count).count();
        let deviations = self.deviations(mine).zip(other.deviations(others)).map(|(a, b)| b - a);
        around(others - mine, deviations, differ == 0, differ >= ENOUGH_DIFFERENT, critical)
    }
}

/// The interval of an estimate that is a mean over batches with these deviations.
fn around(
    estimate: f64,
    deviations: impl Iterator<Item = f64>,
    same: bool,
    is_known: bool,
    critical: f64,
) -> Bounds {
    if same {
        return Bounds { estimate, low: estimate, high: estimate };
    }
    if !is_known {
        return Bounds { estimate, ..Bounds::UNKNOWN };
    }
    let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for deviation in deviations {
        n += 1.0;
        sum += deviation;
        squares += deviation * deviation;
    }
    let variance = ((squares - sum * sum / n) / (n - 1.0)).max(0.0);
    let half = critical * (variance / n).sqrt();
    Bounds { estimate, low: estimate - half, high: estimate + half }
}

/// The quantile of Student's t for a two-sided interval of level 1 − `alpha`.
pub(super) fn critical(alpha: f64, freedom: f64) -> f64 {
    upper_quantile(0.5 * alpha, freedom)
}
