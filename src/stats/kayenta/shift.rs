//! How far the canary's values lie above the baseline's: the Hodges-Lehmann estimate and
//! the interval of the Mann-Whitney test, by inverting its normal approximation.
//!
//! With x the canary's m values, y the baseline's n, and μ a shift,
//!
//! ```text
//! z(μ) = (d − ½ sign d) / σ,   d = U(x − μ, y) − mn/2,
//! σ² = mn/12 · ((m+n+1) − Σ(t³−t) / ((m+n)(m+n−1)))
//! ```
//!
//! falls in steps. The estimate is where it crosses 0; the interval's ends are where it
//! crosses ±z_α/2, or the least and the greatest difference of two values if it does not.
//!
//! Source: M. Hollander, D. A. Wolfe and E. Chicken, "Nonparametric Statistical Methods",
//! 3rd ed., chapter 4; `wilcox.test` of R; Kayenta's `MannWhitney`.

use super::brent::{Point, root};
use crate::stats::normal;

/// An estimated shift.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// The median of the differences of a canary's value and a baseline's, about.
    pub estimate: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Equal values of one sample.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ties {
    value: f64,
    count: f64,
}

/// The values of the two samples.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    canary: Vec<Ties>,
    baseline: Vec<Ties>,
    /// m and n.
    sizes: (f64, f64),
}

impl Samples {
    /// Takes the samples, each in increasing order and without NaN, in the place of those
    /// from before.
    pub fn set(&mut self, canary: &[f64], baseline: &[f64]) {
        self.sizes = (canary.len() as f64, baseline.len() as f64);
        for (ties, sample) in [(&mut self.canary, canary), (&mut self.baseline, baseline)] {
            ties.clear();
            ties.extend(
                sample
                    .chunk_by(|a, b| a.to_bits() == b.to_bits())
                    .filter_map(|equal| Some((*equal.first()?, equal.len())))
                    .map(|(value, count)| Ties { value, count: count as f64 }),
            );
        }
    }

    /// z(μ). `None` if all values are tied, or if a sample is empty. O(m + n).
    pub fn z(&self, shift: f64) -> Option<f64> {
        let (m, n) = self.sizes;
        let (u, ties) = self.u(shift);
        let d = u - m * n / 2.0;
        let correction = if d == 0.0 { 0.0 } else { 0.5_f64.copysign(d) };
        let variance = m * n / 12.0 * ((m + n + 1.0) - ties / ((m + n) * (m + n - 1.0)));
        (variance > 0.0).then(|| (d - correction) / variance.sqrt())
    }

    /// P(canary > baseline) + ½ P(canary = baseline) for a value of each: Kayenta's
    /// `cles`. NaN if a sample is empty.
    pub fn superiority(&self) -> f64 {
        let (m, n) = self.sizes;
        2.0 * self.u(0.0).0 / (2.0 * n * m)
    }

    /// The estimate and the interval of a level in (0, 1). `None` where [`Samples::z`] is
    /// at a shift that is tried, as it always is for one value each that their difference
    /// makes equal.
    pub fn shift(&self, confidence: f64) -> Option<Shift> {
        let (canary, baseline) = (&self.canary, &self.baseline);
        let least = canary.first()?.value - baseline.last()?.value;
        let greatest = canary.last()?.value - baseline.first()?.value;
        let (above, below) = (self.z(least)?, self.z(greatest)?);
        let crossing = |level: f64| {
            let from = Point { x: least, y: above - level };
            let to = Point { x: greatest, y: below - level };
            root(from, to, |shift| Some(self.z(shift)? - level))
        };
        let end = |level: f64| match () {
            () if above - level <= 0.0 => Some(least),
            () if below - level >= 0.0 => Some(greatest),
            () => crossing(level),
        };
        let level = normal::quantile((1.0 - confidence) / 2.0);
        Some(Shift { low: end(-level)?, high: end(level)?, estimate: crossing(0.0)? })
    }

    /// U of the canary's values less `shift`, and Σ(t³−t); both exact. As in the original
    /// −0 is below 0, and NaN, from infinite values, is as ∞.
    fn u(&self, shift: f64) -> (f64, f64) {
        let shifted = |ties: &Ties| match ties.value - shift {
            value if value.is_nan() => f64::INFINITY,
            value => value,
        };
        let mut canary = self.canary.iter().peekable();
        let mut baseline = self.baseline.iter().peekable();
        let (mut u, mut cubes, mut below) = (0.0, 0.0, 0.0);
        loop {
            let value = match (canary.peek().map(|ties| shifted(ties)), baseline.peek()) {
                (Some(a), Some(b)) if a.total_cmp(&b.value).is_le() => a,
                (Some(a), None) => a,
                (_, Some(b)) => b.value,
                (None, None) => return (u, cubes),
            };
            let is_it = |other: f64| other.to_bits() == value.to_bits();
            let (mut from_canary, mut from_baseline) = (0.0, 0.0);
            while let Some(ties) = canary.next_if(|ties| is_it(shifted(ties))) {
                from_canary += ties.count;
            }
            if let Some(ties) = baseline.next_if(|ties| is_it(ties.value)) {
                from_baseline = ties.count;
            }
            u += from_canary * (below + 0.5 * from_baseline);
            below += from_baseline;
            let tied = from_canary + from_baseline;
            cubes += tied * tied * tied - tied;
        }
    }
}
