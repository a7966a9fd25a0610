//! Evidence about the difference of two error rates that stays valid however often one
//! looks.
//!
//! For a bet on the ratio r, let w be the canary's share of requests, a = r/(1−w+w·r)
//! and b = 1/(1−w+w·r) the factors of [`crate::stats::eprocess`] for an error of the
//! canary and of the baseline, against the ratio 1. With g = a − 1 ≥ 0,
//! b = 1 − g·w/(1−w). Against the hypothesis p_c ≤ p_b + d, a margin d ≥ 0, the bet grows
//! in a tick with x_c and x_b errors and n_c canary requests by the factor
//!
//! ```text
//! a^x_c · b^x_b · exp(−g·d·n_c)
//! ```
//!
//! With d = 0 this is the evidence on the ratio. A bet on r wins in the long run on a
//! canary that fails about r times as often as is tolerated, that is r·(p_b + d), where
//! the canary's share is small.
//!
//! The sum E of all bets is a nonnegative supermartingale from 1, so P(E ever reaches 1/α)
//! ≤ α, as long as p_c ≤ p_b + d in each tick. Nothing else is assumed about the rates:
//! p_b may change in any way from tick to tick, and p_c in any way below p_b + d. **Proof**
//! for a tick, given the past:
//!
//! - Of N requests, each is routed to the canary with probability w. A request's expected
//!   factor is w·A + (1−w)·B, with A = exp(−g·d)·(1 + g·p_c) for the canary and
//!   B = 1 − g·w/(1−w)·p_b for the baseline. As 1 + g·(p_b+d) ≤ (1 + g·p_b)(1 + g·d) ≤
//!   (1 + g·p_b)·exp(g·d), A ≤ 1 + g·p_b, and the sum is at most 1. So it holds for any N,
//!   fixed, random or changing.
//! - The canary gets exactly the share w, n_c = N·w: by 1 + x ≤ exp(x) the expected factor
//!   is at most exp(n_c·g·(p_c − d) − n_b·g·w/(1−w)·p_b) = exp(n_c·g·(p_c − d − p_b)) ≤ 1.
//! - Poisson counts of errors in clumps ([`Bets::in_clumps`]), with the mean size c and
//!   exp(−g·d/c) for a canary request: given the requests, the expected factor is at most
//!   exp(n_c·(g/c)·(p_c − p_b − d)) ≤ 1, by the same argument as for the ratio.
//!
//! Sources: the bets of [`crate::stats::eprocess`] with a drift, which makes their
//! hypothesis a difference; betting on bounded means: I. Waudby-Smith and A. Ramdas,
//! "Estimating means of bounded random variables by betting", JRSS B 86 (2024); two
//! Bernoulli streams: R. Turner, A. Ly and P. Grünwald, "Generic E-variables for exact
//! sequential k-sample tests that allow for optional stopping", JSPI 230 (2024).

use crate::stats::eprocess::{Bets, Evidence, MAX_BETS, Step};

/// What errors and requests add to the logarithm of each bet, at one weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DifferenceStep {
    by_error: Step,
    by_request: [f64; MAX_BETS],
}

impl DifferenceStep {
    /// For bets above the ratio 1, a margin d in 0..=1, and the canary's share of
    /// requests, in (0, 1).
    pub fn new(bets: &Bets, margin: f64, weight: f64) -> DifferenceStep {
        let by_request = bets.map_ratios(|r| {
            let gain = (1.0 - weight) * (r - 1.0) / (1.0 - weight + weight * r);
            -gain * margin / bets.clump()
        });
        DifferenceStep { by_error: bets.step(weight), by_request }
    }

    /// Adds a tick.
    pub fn observe(
        &self,
        evidence: &mut Evidence,
        canary_errors: u64,
        baseline_errors: u64,
        canary_requests: u64,
    ) {
        evidence.observe(&self.by_error, canary_errors, baseline_errors);
        evidence.add(&self.by_request, canary_requests);
    }
}
