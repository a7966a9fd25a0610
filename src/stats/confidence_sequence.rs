//! A confidence sequence for a constant ratio of two error rates: intervals, one
//! after every tick, all of which contain the ratio with probability 1 − α.

use crate::math;

/// The errors observed at one canary weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stratum {
    /// The canary's share of requests, in 0..=1.
    pub weight: f64,
    /// Errors of the canary.
    pub canary_errors: u64,
    /// Errors of the baseline.
    pub baseline_errors: u64,
}

/// An interval for a ratio above 0. An end that the data do not bound is `None`: 0
/// below, infinity above.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct RatioInterval {
    /// The lower end.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
}

/// The ratios among which the mixture divides its stake equally.
pub const RATIOS: [f64; 12] = [0.1, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0];

/// The ratios r that the mixture has not rejected at level `alpha`, in (0, 1):
///
/// ```text
/// { r : ln mean_j exp l(r_j) − l(r) < ln(1/α) },
/// l(r) = Σ x_c·ln r − (x_c + x_b)·ln(1 − w + w·r)
/// ```
///
/// with the r_j of [`RATIOS`]. The probability that either end is wrong is at most
/// α in total.
///
/// l is concave in ln r, so this is an interval. Without canary errors there is no
/// lower end, without baseline errors no upper end. Strata of weight 0 or 1 have no
/// information. The ends are bisected to about 1 ulp of ln r, so the error is that
/// of rounding l: relative error below 1e-10 for up to 10⁷ errors.
///
/// Source: as for [`crate::stats::eprocess`], with bets on both sides, which is
/// valid for a constant ratio.
pub fn confidence_sequence(strata: &[Stratum], alpha: f64) -> RatioInterval {
    let likelihood = Likelihood { strata };
    let at_ratios = RATIOS.map(|ratio| likelihood.ln_at(math::ln(ratio)));
    let (mut inside, mut highest) = (0.0, f64::NEG_INFINITY);
    for (ratio, ln) in RATIOS.into_iter().zip(at_ratios) {
        if ln > highest {
            (inside, highest) = (math::ln(ratio), ln);
        }
    }
    let sum: f64 = at_ratios.iter().map(|ln| math::exp(ln - highest)).sum();
    let limit = highest + math::ln(sum / RATIOS.len() as f64) + math::ln(alpha);
    // The most likely of the ratios is never rejected, so the search starts there.
    let end = |direction| math::exp(likelihood.falls_to(limit, inside, direction));
    let any = |errors: fn(&Stratum) -> u64| likelihood.informative().any(|s| errors(s) > 0);
    RatioInterval {
        low: any(|s| s.canary_errors).then(|| end(-1.0)),
        high: any(|s| s.baseline_errors).then(|| end(1.0)),
    }
}

struct Likelihood<'a> {
    strata: &'a [Stratum],
}

impl Likelihood<'_> {
    /// The strata with information about the ratio.
    fn informative(&self) -> impl Iterator<Item = &Stratum> {
        self.strata.iter().filter(|stratum| stratum.weight > 0.0 && stratum.weight < 1.0)
    }

    /// l at r = exp `ln_ratio`.
    fn ln_at(&self, ln_ratio: f64) -> f64 {
        self.informative()
            .map(|s| {
                let (canary, baseline) = (s.canary_errors as f64, s.baseline_errors as f64);
                let mean = math::ln_1p(s.weight * math::expm1(ln_ratio));
                canary * (ln_ratio - mean) - baseline * mean
            })
            .sum()
    }

    /// The ln r at which l falls to `limit` in `direction`, 1 or −1. l is above
    /// `limit` at ln r = `inside`, and must fall to it.
    fn falls_to(&self, limit: f64, inside: f64, direction: f64) -> f64 {
        let mut reach = 1.0;
        while self.ln_at(inside + direction * reach) > limit && reach < MAX_LN_RATIO {
            reach *= 2.0;
        }
        let (mut within, mut beyond) = (inside, inside + direction * reach);
        for _ in 0..BISECTIONS {
            let middle = 0.5 * (within + beyond);
            if self.ln_at(middle) > limit {
                within = middle;
            } else {
                beyond = middle;
            }
        }
        0.5 * (within + beyond)
    }
}

/// The search ends here: exp of this is too large to be a useful ratio.
const MAX_LN_RATIO: f64 = 512.0;

/// Enough halvings to bring [`MAX_LN_RATIO`] below the last bit of 1.
const BISECTIONS: u32 = 62;
