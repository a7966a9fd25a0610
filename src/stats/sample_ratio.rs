//! Evidence that the traffic is not split as planned, valid however often one looks: the
//! beta-binomial e-process of the canary's share of requests.
//!
//! Of n requests S reached the canary, where its share should be ρ. Against ρ stands a
//! share drawn from Beta(kρ, k(1−ρ)): its mean is the planned share, and k says how
//! near to it. The likelihood ratio
//!
//! ```text
//! E = B(kρ + S, k(1−ρ) + n − S) / B(kρ, k(1−ρ)) / (ρ^S (1−ρ)^(n−S))
//! ```
//!
//! is a nonnegative martingale from 1 if each request reaches the canary with
//! probability ρ, so P(E ever reaches 1/α) ≤ α. Where the share changes, each level has a
//! value of its own, and their product is the evidence.
//!
//! Source: M. Lindon and A. Malek, "Anytime-Valid Inference for Multinomial Count
//! Data", NeurIPS 2022, with two outcomes.

use crate::math::ln;
use crate::stats::normal;
use crate::stats::special::{deviance, stirling_error};

/// A planned share, prepared for counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlannedShare {
    share: f64,
    prior: [f64; 2],
    /// The part of ln E that does not depend on the counts.
    constant: f64,
}

impl PlannedShare {
    /// `share` is ρ in (0, 1), `prior_requests` is k, above 0.
    pub fn new(share: f64, prior_requests: f64) -> PlannedShare {
        let prior = [prior_requests * share, prior_requests * (1.0 - share)];
        PlannedShare { share, prior, constant: -half_width_of(prior) }
    }

    /// The planned share.
    pub fn share(&self) -> f64 {
        self.share
    }

    /// ln E of the requests that reached the canary, and of those that did not. Counts
    /// below 10¹⁵.
    ///
    /// By Stirling's formula the logarithms of the beta functions are sums whose large
    /// parts cancel against those of ρ^S (1−ρ)^(n−S); what is left is computed.
    /// Absolute error below 1e-13 + 1e-15·|ln E|, and below |S − nρ|·1e-16 for n
    /// above 10¹².
    pub fn ln_evidence(&self, canary: u64, others: u64) -> f64 {
        let (canary, others) = (canary as f64, others as f64);
        let (share, other) = (self.share, 1.0 - self.share);
        // S − nρ
        let excess = canary * other - others * share;
        let [a, b] = [self.prior[0] + canary, self.prior[1] + others];
        let n = a + b;
        let misfit = deviance(a, n * share, excess) + deviance(b, n * other, -excess);
        self.constant + half_width_of([a, b]) + misfit
    }
}

/// ln B(a, b) − a ln(a/(a+b)) − b ln(b/(a+b)), without ln √(2π).
fn half_width_of([a, b]: [f64; 2]) -> f64 {
    let n = a + b;
    0.5 * (ln(n / a) - ln(b)) + stirling_error(a) + stirling_error(b) - stirling_error(n)
}

/// The p-value of the chi-square test that two arms are equally large, for one look: the
/// test of a "sample ratio mismatch". 1 without requests.
pub fn chi_square_p_value(canary: u64, control: u64) -> f64 {
    let (canary, control) = (canary as f64, control as f64);
    if canary + control == 0.0 {
        return 1.0;
    }
    // With one degree of freedom χ² is the square of a standard normal z.
    2.0 * normal::sf((canary - control).abs() / (canary + control).sqrt())
}
