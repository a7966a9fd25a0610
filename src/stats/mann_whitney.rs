//! The Mann-Whitney test on two histograms: whether the canary's values tend to be
//! greater, from their order only.

use std::ops::{Add, Mul};

use crate::stats::normal;

/// The result of a Mann-Whitney test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MannWhitney {
    /// Standardised U with a continuity correction of ½; above 0 if the canary's
    /// values tend to be greater.
    pub z: f64,
    /// P(Z ≥ z) for a standard normal Z: small if the canary's values are greater.
    pub p_value: f64,
    /// P(canary > baseline) + ½ P(canary = baseline) for a value of each, the
    /// "common language effect size"; ½ if neither tends to be greater.
    pub superiority: f64,
}

/// Compares two histograms over the same bins, in increasing order. Values in the
/// same bin are tied.
///
/// ```text
/// U = Σ c_i·(B_{<i} + b_i/2),   z = (U − n_c·n_b/2 − ½) / σ,
/// σ² = n_c·n_b/12 · ((N+1) − Σ(t³−t) / (N(N−1)))
/// ```
///
/// with t_i = c_i + b_i and N = n_c + n_b below 2⁵³. If an arm has no values, or if
/// all values are tied, there is no evidence: z = 0 with p-value 1. Without values
/// the superiority is ½.
///
/// U and its centre are exact integers, σ² is written as a sum of positive
/// terms: z errs by a few ulp, the p-value by as much times z².
///
/// Source: M. Hollander, D. A. Wolfe and E. Chicken, "Nonparametric Statistical
/// Methods", 3rd ed., section 4.1.
pub fn mann_whitney(canary: &[u64], baseline: &[u64]) -> MannWhitney {
    van_elteren(&[RankSum::new(canary, baseline)])
}

/// The contribution of one stratum to a rank test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankSum {
    /// N, all values.
    values: f64,
    /// n_c·n_b.
    pairs: f64,
    /// U.
    u: f64,
    /// U − n_c·n_b/2.
    excess: f64,
    /// σ²; 0 if the stratum has no information.
    variance: f64,
}

impl RankSum {
    /// The contribution of two histograms, as for [`mann_whitney`].
    pub fn new(canary: &[u64], baseline: &[u64]) -> Self {
        let total = |counts: &[u64]| counts.iter().sum::<u64>();
        let (canary_total, baseline_total) = (total(canary), total(baseline));
        let n = canary_total + baseline_total;
        let pairs = i128::from(canary_total) * i128::from(baseline_total);
        // Twice U in integers, because ties count one half; and N³ − Σt³, from the
        // correction for ties, as a sum of positive terms.
        let tied = canary.iter().zip(baseline).map(|(c, b)| c + b);
        let (twice_u, untied) = if n < FITS {
            let cubes: u64 = tied.map(|tied| tied * tied * tied).sum();
            (i128::from(twice_u::<u64>(canary, baseline)), (n * n * n - cubes) as f64)
        } else {
            let n = n as f64;
            let untied = tied.map(|tied| tied as f64).map(|tied| tied * (n - tied) * (n + tied));
            (twice_u::<u128>(canary, baseline) as i128, untied.sum())
        };
        let n = n as f64;
        let variance = match pairs {
            0 => 0.0,
            _ => pairs as f64 / 12.0 * (untied / (n * (n - 1.0))),
        };
        RankSum {
            values: n,
            pairs: pairs as f64,
            u: 0.5 * twice_u as f64,
            excess: 0.5 * (twice_u - pairs) as f64,
            variance,
        }
    }
}

/// With fewer values, their cubes fit into 64 bits.
const FITS: u64 = 1 << 21;

/// Σ c_i·(2 B_{<i} + b_i).
fn twice_u<T>(canary: &[u64], baseline: &[u64]) -> T
where
    T: From<u64> + Copy + Add<Output = T> + Mul<Output = T>,
{
    let (mut sum, mut before) = (T::from(0), T::from(0));
    for (&c, &b) in canary.iter().zip(baseline) {
        let b = T::from(b);
        sum = sum + T::from(c) * (before + before + b);
        before = before + b;
    }
    sum
}

/// Van Elteren's test: Mann-Whitney's within each stratum, summed with weights
/// proportional to 1/(N + 1). The superiority is the mean of the strata's, weighted
/// by n_c·n_b/(N + 1). For one stratum it is the Mann-Whitney test. Strata without
/// values of both arms have no information.
///
/// Source: P. van Elteren, Bulletin de l'Institut International de Statistique
/// 37 (1960), 351-361.
pub fn van_elteren(strata: &[RankSum]) -> MannWhitney {
    let informative = || strata.iter().filter(|stratum| stratum.pairs > 0.0);
    let largest = informative().map(|stratum| stratum.values).fold(0.0, f64::max);
    let (mut u, mut excess, mut variance, mut pairs) = (0.0, 0.0, 0.0, 0.0);
    for stratum in informative() {
        // The largest stratum has weight 1, the smallest of all weights, so the
        // continuity correction of ½ is half its step.
        let weight = (largest + 1.0) / (stratum.values + 1.0);
        u += weight * stratum.u;
        excess += weight * stratum.excess;
        variance += weight * weight * stratum.variance;
        pairs += weight * stratum.pairs;
    }
    if pairs == 0.0 {
        return MannWhitney { z: 0.0, p_value: 1.0, superiority: 0.5 };
    }
    let superiority = u / pairs;
    if variance == 0.0 {
        return MannWhitney { z: 0.0, p_value: 1.0, superiority };
    }
    let z = (excess - 0.5) / variance.sqrt();
    MannWhitney { z, p_value: normal::sf(z), superiority }
}
