//! Comparison of two arms share by share.
//!
//! If the canary's share of the traffic changes, pooled counts are misleading: an
//! hour with many errors in which the canary's share was 1 %, and an hour with few
//! errors in which it was 50 %, make the canary look better than the baseline,
//! because nearly all of its requests fall into the second hour (Simpson's
//! paradox). So each share is a stratum. The arms are compared within each stratum,
//! and the comparisons are added up.

use crate::observation::{ByArm, Counts};
use crate::stats::two_proportion::ZTest;

/// The comparison over all strata.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stratified {
    /// Number of strata with requests of both arms; the others have no information.
    pub strata: u32,
    /// The score test: z is the canary's errors in excess of its share, in standard
    /// errors.
    pub test: ZTest,
    /// Mantel-Haenszel's difference of the error rates, canary minus baseline; 0
    /// without strata.
    pub difference: f64,
    /// The variance of `difference`, from the rates of each arm in each stratum.
    pub difference_variance: f64,
    /// The number of requests of two equal arms whose difference is known as well:
    /// 4·Σ n_c·n_b/N.
    pub equal_requests: f64,
    /// The counts of the strata with requests of both arms, added up.
    pub counts: ByArm<Counts>,
    /// The baseline's error rate if each stratum had the weight that it has for the
    /// canary; `None` without strata.
    pub baseline_rate: Option<f64>,
    /// The number of requests from which one rate would be known as well as
    /// `baseline_rate` is: n_c² / Σ n_c²/n_b.
    pub baseline_requests: f64,
    /// Mantel-Haenszel's ratio of the error rates, canary divided by baseline;
    /// `None` if the strata with requests of both arms have no baseline errors.
    pub ratio: Option<f64>,
}

/// Compares the arms in each stratum and adds the comparisons up:
///
/// ```text
/// U = Σ (x_c − m·n_c/N),   V = Σ m(N−m)·n_c·n_b / N³,   z = U/√V,
/// difference = U / Σ n_c·n_b/N,   ratio = Σ x_c·n_b/N / Σ x_b·n_c/N
/// ```
///
/// with m = x_c + x_b errors of N = n_c + n_b requests. For one stratum, z is the
/// pooled z of [`z_test`](crate::stats::two_proportion::z_test), and difference and
/// ratio are those of the rates. Requests below 2⁵³ in all. Relative error of each
/// sum a few ulp of its largest term.
///
/// Sources: W. G. Cochran, Biometrics 10 (1954), 417-451; N. Mantel and
/// W. Haenszel, JNCI 22 (1959), 719-748; K. J. Rothman, S. Greenland and
/// T. L. Lash, "Modern Epidemiology", 3rd ed., chapter 15.
pub fn stratified(strata: impl IntoIterator<Item = ByArm<Counts>>) -> Stratified {
    let product = |a: u64, b: u64| i128::from(a) * i128::from(b);
    let (mut count, mut u, mut v, mut weight) = (0, 0.0, 0.0, 0.0);
    let (mut above, mut below) = (0.0, 0.0);
    let (mut variance, mut counts) = (0.0, ByArm::default());
    let (mut expected, mut spread) = (0.0, 0.0);
    for stratum in strata {
        let ByArm { canary: c, baseline: b } = stratum;
        if c.requests == 0 || b.requests == 0 {
            continue;
        }
        let all = (c.requests + b.requests) as f64;
        let errors = (c.errors + b.errors) as f64;
        let served = (c.requests + b.requests - c.errors - b.errors) as f64;
        let arms = c.requests as f64 * (b.requests as f64 / all);
        let (crossed_c, crossed_b) = (product(c.errors, b.requests), product(b.errors, c.requests));
        let of_one = |arm: Counts| {
            let (requests, errors) = (arm.requests as f64, arm.errors as f64);
            errors / requests * ((arm.requests - arm.errors) as f64 / requests)
        };
        let [canary, baseline] = [c, b].map(|arm| arms / arm.requests as f64);
        variance += arms * (canary * of_one(c) + baseline * of_one(b));
        let per_baseline = c.requests as f64 / b.requests as f64;
        expected += b.errors as f64 * per_baseline;
        spread += c.requests as f64 * per_baseline;
        counts += stratum;
        count += 1;
        u += (crossed_c - crossed_b) as f64 / all;
        v += (errors / all) * (served / all) * arms;
        weight += arms;
        above += crossed_c as f64 / all;
        below += crossed_b as f64 / all;
    }
    let requests = counts.canary.requests as f64;
    Stratified {
        strata: count,
        test: if v > 0.0 { ZTest::of(u / v.sqrt()) } else { ZTest::NO_EVIDENCE },
        difference: if weight > 0.0 { u / weight } else { 0.0 },
        difference_variance: if weight > 0.0 { variance / weight / weight } else { 0.0 },
        equal_requests: 4.0 * weight,
        counts,
        baseline_rate: (count > 0).then(|| expected / requests),
        baseline_requests: if spread > 0.0 { requests * (requests / spread) } else { 0.0 },
        ratio: (below > 0.0).then(|| above / below),
    }
}
