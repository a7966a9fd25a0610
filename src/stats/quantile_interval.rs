//! A confidence interval for a quantile, from the order of the values only.

use crate::stats::special::{binomial_cdf, binomial_sf};

/// The ranks, counted from 1, of the sorted values that bound a quantile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantileRanks {
    /// Rank of the lower bound; `None` if even the smallest value is too high.
    pub low: Option<u64>,
    /// Rank of the upper bound; `None` if even the greatest value is too low.
    pub high: Option<u64>,
    /// Probability that the bounds contain the quantile of a continuous
    /// distribution, at least 1 − α.
    pub coverage: f64,
}

/// The ranks l < u with x_(l) ≤ Q(q) < x_(u), each end wrong with probability
/// at most α/2: the greatest l with P(K ≤ l − 1) ≤ α/2 and the least u with
/// P(K ≥ u) ≤ α/2, where K ~ Binomial(n, q) counts the values below Q(q).
///
/// `values` below 2⁵³, q and `alpha` in (0, 1). An upper rank for p99 at 95 %
/// exists from 368 values on. Accuracy of the coverage as for
/// [`crate::stats::special::binomial_cdf`].
///
/// Source: W. J. Conover, "Practical Nonparametric Statistics", 3rd ed.,
/// section 3.2.
pub fn quantile_ranks(values: u64, q: f64, alpha: f64) -> QuantileRanks {
    let tail = 0.5 * alpha;
    // The last rank that is low enough and the first that is high enough.
    let low = first_from(values, |l| binomial_cdf(l, values, q) > tail);
    let high = first_from(values, |u| binomial_sf(u, values, q) <= tail) + 1;
    let low = (low > 0).then_some(low);
    let high = (high <= values).then_some(high);
    let missed_low = low.map_or(0.0, |l| binomial_cdf(l - 1, values, q));
    let missed_high = high.map_or(0.0, |u| binomial_sf(u - 1, values, q));
    QuantileRanks { low, high, coverage: 1.0 - missed_low - missed_high }
}

/// The least k in 0..=n for which `holds` is true; n if there is none. `holds` must
/// stay true for all greater k.
fn first_from(n: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, n);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}
