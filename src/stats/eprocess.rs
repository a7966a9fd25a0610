//! The risk-ratio mixture e-process: evidence about the ratio of two error rates
//! that stays valid however often one looks, for any schedule.
//!
//! A stake of 1 is divided among bets. The bet on the ratio r grows, in a tick
//! with canary weight w (the canary's share of requests), x_c canary errors
//! and m errors in all, by the factor
//!
//! ```text
//! (r/r₀)^x_c · ((1−w+w·r₀) / (1−w+w·r))^m
//! ```
//!
//! the likelihood ratio of r against r₀ for the arm of each error. Bets above r₀
//! win when the canary is worse than r₀ times the baseline; bets below, when it is
//! better. The sum E of all bets is a nonnegative supermartingale from 1 under
//! *every* ratio on the other side of r₀ (p_c ≤ r₀·p_b for bets above), for any p_b
//! and for weights that depend on the past. So by Ville's inequality P(E ever
//! reaches 1/α) ≤ α. At w = 1 there is no concurrent baseline and E does not
//! change.
//!
//! The evidence is not valid if an arm has noise of its own.
//!
//! # Clumps
//!
//! Requests may not fail independently: one lost connection fails several of them.
//! Suppose that errors come in clumps, that the clumps of each arm are a Poisson
//! process, and that a clump has k ≥ 1 errors with probability (1/c)(1 − 1/c)^(k−1),
//! which has the mean c. Let y be a bet's factor for an independent error of one arm.
//! [`Bets::in_clumps`] uses instead
//!
//! ```text
//! z = h(y) = c·y / (1 + (c−1)·y)
//! ```
//!
//! z is the inverse of the generating function of a clump, G(z) = z/(c − (c−1)z): the
//! expected factor of a whole clump is E[z^k] = G(h(y)) = y, so the bet is as fair as
//! before. The same z is valid
//!
//! - for a smaller mean c′: with k = c/c′, the expected factor of a clump is
//!   k·y/(1 + (k−1)·y), which is concave in y and 1 at y = 1. By Jensen's inequality
//!   its mean over canary and baseline, weighted as their errors are, is at most 1.
//!   So independent errors are covered, and clumps whose mean varies up to c;
//! - for clumps that all have c errors: z^c ≤ y, because (1 + (c−1)·y)/c ≥
//!   y^((c−1)/c), the inequality of the arithmetic and geometric means.
//!
//! The price is slower growth: about c times as many errors are needed.
//!
//! Sources: M. Lindon and A. Malek, "Anytime-Valid Inference for Multinomial
//! Count Data", NeurIPS 2022, with the prior put on the ratio itself; J. Ville,
//! "Étude critique de la notion de collectif", 1939.

use crate::math;

/// Maximum number of bets that a stake is divided among.
pub const MAX_BETS: usize = 16;

/// Bets are updated in groups of this size, which the processor computes at once.
const LANES: usize = 4;

/// A bet: a part of the stake on one ratio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bet {
    /// The ratio of the canary's error rate to the baseline's; above 0.
    pub ratio: f64,
    /// The part of the stake, in any unit; above 0.
    pub stake: f64,
}

/// A stake divided among ratios on one side of r₀.
///
/// Bets above r₀ are evidence that the canary is worse than r₀ times the baseline.
/// Bets below r₀ are evidence that it is better: a certificate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bets {
    against: f64,
    /// The mean size of a clump of errors, at least 1.
    clump: f64,
    count: u32,
    ratio: [f64; MAX_BETS],
    ln_stake: [f64; MAX_BETS],
}

impl Bets {
    /// Bets against r₀ = `against`. Stakes are relative to their sum.
    ///
    /// `None` unless there are 1 to [`MAX_BETS`] bets, every number is finite
    /// and above 0, and the ratios are all above or all below `against`.
    pub fn new(against: f64, bets: &[Bet]) -> Option<Bets> {
        let usable = |x: f64| x > 0.0 && x.is_finite();
        let above = bets.iter().all(|bet| bet.ratio > against);
        let below = bets.iter().all(|bet| bet.ratio < against);
        let total: f64 = bets.iter().map(|bet| bet.stake).sum();
        let all_usable = usable(against)
            && usable(total)
            && bets.iter().all(|bet| usable(bet.ratio) && usable(bet.stake));
        let one_sided = above || below;
        if !all_usable || !one_sided || bets.len() > MAX_BETS {
            return None;
        }
        let mut made = Bets {
            against,
            clump: 1.0,
            count: bets.len() as u32,
            // Padding: bets that do not change and have no stake.
            ratio: [against; MAX_BETS],
            ln_stake: [f64::NEG_INFINITY; MAX_BETS],
        };
        for (j, bet) in bets.iter().enumerate() {
            made.ratio[j] = bet.ratio;
            made.ln_stake[j] = math::ln(bet.stake / total);
        }
        Some(made)
    }

    /// The same bets on errors that come in clumps of at most the mean size `mean`.
    ///
    /// `None` unless `mean` is finite and at least 1. At 1 nothing changes.
    pub fn in_clumps(self, mean: f64) -> Option<Bets> {
        (mean >= 1.0 && mean.is_finite()).then_some(Bets { clump: mean, ..self })
    }

    /// The ratio r₀ that the bets are against.
    pub fn against(&self) -> f64 {
        self.against
    }

    /// The mean size of a clump of errors that is allowed for, at least 1.
    pub fn clump(&self) -> f64 {
        self.clump
    }

    /// A number for each bet by its ratio; for places without a bet, by r₀.
    pub(super) fn map_ratios(&self, number: impl Fn(f64) -> f64) -> [f64; MAX_BETS] {
        self.ratio.map(number)
    }

    /// The parts of the stake, which add up to 1.
    pub fn stakes(&self) -> impl Iterator<Item = f64> {
        self.ln_stake[..self.count as usize].iter().map(|ln_stake| math::exp(*ln_stake))
    }

    /// The effect of an error of either arm on each bet, while the canary's share
    /// of requests is `weight`, in 0..=1.
    pub fn step(&self, weight: f64) -> Step {
        let r0 = self.against;
        let other = 1.0 - weight;
        let mut step = Step { canary: [0.0; MAX_BETS], baseline: [0.0; MAX_BETS] };
        for (j, &r) in self.ratio.iter().enumerate() {
            // These forms of the logarithms are exactly 0 at weight 1 and weight 0
            // respectively, where such an error has no information.
            let canary = math::ln_1p(other * (r - r0) / (r0 * (other + weight * r)));
            let baseline = -math::ln_1p(weight * (r - r0) / (other + weight * r0));
            step.canary[j] = self.clumped(canary);
            step.baseline[j] = self.clumped(baseline);
        }
        step
    }

    /// ln h(y) for ln y: the factor for each error of a clump.
    fn clumped(&self, ln_factor: f64) -> f64 {
        if self.clump == 1.0 {
            return ln_factor;
        }
        let others = (self.clump - 1.0) / self.clump;
        ln_factor - math::ln_1p(others * math::expm1(ln_factor))
    }

    /// A new stake of 1, placed in `openings` equal parts (at least 1) by as many
    /// calls of [`Evidence::open`], one at the start of each stage. With one part,
    /// the whole stake is at risk from the first tick. With one part per stage with
    /// a baseline, a regression that starts late meets a bet that has not yet lost
    /// its stake.
    pub fn evidence(&self, openings: u32) -> Evidence {
        let components = self.count + u32::from(openings > 1);
        Evidence {
            ln_wealth: [f64::NEG_INFINITY; MAX_BETS],
            ln_unspent: 0.0,
            highest: 0.0,
            // The margin exceeds the rounding error of the sum that it bounds.
            ln_components: math::ln(f64::from(components)) + 1e-12,
            count: self.count,
            groups: self.count.div_ceil(LANES as u32),
            openings,
            opened: 0,
        }
    }
}

/// What one error of either arm adds to the logarithm of each bet, at one weight.
/// Made once per stage by [`Bets::step`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    canary: [f64; MAX_BETS],
    baseline: [f64; MAX_BETS],
}

impl Step {
    /// What these errors add to the logarithm of the bet with the number `bet`, below
    /// [`MAX_BETS`].
    pub fn ln_growth(&self, bet: usize, canary_errors: u64, baseline_errors: u64) -> f64 {
        canary_errors as f64 * self.canary[bet] + baseline_errors as f64 * self.baseline[bet]
    }
}

/// The e-process: the value of a stake that began as 1. A plain value; to restart,
/// copy a new one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// ln of the current value of each bet; −∞ before it is opened.
    ln_wealth: [f64; MAX_BETS],
    /// ln of the part of the stake that is not yet placed.
    ln_unspent: f64,
    /// The greatest of these logarithms.
    highest: f64,
    /// An upper bound of ln of their number.
    ln_components: f64,
    count: u32,
    /// Number of groups of [`LANES`] that contain all bets.
    groups: u32,
    openings: u32,
    opened: u32,
}

impl Evidence {
    /// Places the next part of the stake, before the first tick that it is for: A ←
    /// A + π for each bet. Has no effect after all parts are placed.
    pub fn open(&mut self, bets: &Bets) {
        if self.opened == self.openings {
            return;
        }
        self.opened += 1;
        let (all, left) = (f64::from(self.openings), f64::from(self.openings - self.opened));
        self.ln_unspent = math::ln(left / all);
        self.highest = self.ln_unspent;
        let ln_part = -math::ln(all);
        for (wealth, stake) in self.ln_wealth.iter_mut().zip(&bets.ln_stake) {
            *wealth = ln_of_sum(*wealth, stake + ln_part);
            self.highest = greater(self.highest, *wealth);
        }
    }

    /// Adds the errors of a tick, or of several ticks of one weight.
    #[inline(always)]
    pub fn observe(&mut self, step: &Step, canary_errors: u64, baseline_errors: u64) {
        // Converted by way of i64, which takes the processor one instruction;
        // counts are below 2⁵³.
        let (canary, baseline) = (canary_errors as i64 as f64, baseline_errors as i64 as f64);
        let mut highest = [self.ln_unspent; LANES];
        let wealth = self.ln_wealth.as_chunks_mut::<LANES>().0.iter_mut();
        let by_canary = step.canary.as_chunks::<LANES>().0;
        let by_baseline = step.baseline.as_chunks::<LANES>().0;
        for ((wealth, c), b) in wealth.zip(by_canary).zip(by_baseline).take(self.groups as usize) {
            for lane in 0..LANES {
                wealth[lane] += canary * c[lane] + baseline * b[lane];
                highest[lane] = greater(highest[lane], wealth[lane]);
            }
        }
        let [a, b, c, d] = highest;
        self.highest = greater(greater(a, c), greater(b, d));
    }

    /// Adds something to the logarithm of each bet for each of a number of requests.
    pub(super) fn add(&mut self, by_request: &[f64; MAX_BETS], requests: u64) {
        let requests = requests as f64;
        self.highest = self.ln_unspent;
        for (wealth, by_request) in self.ln_wealth.iter_mut().zip(by_request) {
            *wealth += requests * by_request;
            self.highest = greater(self.highest, *wealth);
        }
    }

    /// ln E; 0 before the first opening. It cannot overflow.
    pub fn ln_value(&self) -> f64 {
        let mut sum = math::exp(self.ln_unspent - self.highest);
        for wealth in &self.ln_wealth[..self.count as usize] {
            sum += math::exp(wealth - self.highest);
        }
        self.highest + math::ln(sum)
    }

    /// Whether ln E ≥ `ln_limit`; for the level α the limit is ln(1/α).
    ///
    /// Equivalent to comparing [`Evidence::ln_value`], to the last bit. The
    /// exponentials are computed only if the greatest part g does not decide: g ≤
    /// ln E ≤ g + ln(number of parts).
    #[inline]
    pub fn reaches(&self, ln_limit: f64) -> bool {
        self.highest + self.ln_components >= ln_limit
            && (self.highest >= ln_limit || self.ln_value() >= ln_limit)
    }
}

/// ln of the weighted mean of two e-processes, from the logarithms of the weights and of
/// the values. The weights add up to 1. The mean is an e-process, too, whatever the
/// dependence of the two, if each is one given all that both have seen.
pub fn ln_mean(ln_weights: &[f64; 2], ln_values: &[f64; 2]) -> f64 {
    ln_of_sum(ln_weights[0] + ln_values[0], ln_weights[1] + ln_values[1])
}

/// The anytime p-value 1 / max E, at most 1, from the highest
/// [`Evidence::ln_value`] so far. Valid at any time.
pub fn anytime_p_value(highest_ln_value: f64) -> f64 {
    math::exp(-greater(highest_ln_value, 0.0))
}

/// Like `f64::max` but without its handling of NaN, so that it is one instruction.
#[inline]
fn greater(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// ln(exp a + exp b), where both may be −∞.
fn ln_of_sum(a: f64, b: f64) -> f64 {
    let (high, low) = if a > b { (a, b) } else { (b, a) };
    if low == f64::NEG_INFINITY { high } else { high + math::ln_1p(math::exp(low - high)) }
}
