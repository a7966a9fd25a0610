//! Boundaries for planned looks, computed from the distribution of the errors that are
//! expected, not from the normal one.
//!
//! The evidence is the canary's errors beyond their share, U = Σ(x_c − m·w), over the
//! errors of all stages so far ([`crate::stats::group_sequential::Score`]). In each stage
//! the release fails if U reaches the stage's boundary at a look.
//!
//! **Within the plan.** If traffic and error rate are as planned and the canary is not
//! worse, the errors between two looks are Poisson in each arm, and U changes by
//! (1−w)·X_c − w·X_b. [`boundaries`] follows the distribution of U from look to look,
//! without the paths that have reached a boundary, and takes for each stage the least
//! boundary that is reached for the first time in it with at most the stage's part of the
//! level. So P(a boundary is ever reached) is at most the level, and nearly equal to it
//! unless there are very few errors. This is the recursion of Armitage, McPherson and Rowe
//! with the exact increments: with a normal boundary of level 5 %, 8 % of healthy releases
//! fail if 40 errors are expected in a stage, and 12 % if 10 are, because the errors of a
//! small share are skewed.
//!
//! U is followed on a grid of 1/64 of its standard deviation at the end of the stage. An
//! increment between grid points is split among the three nearest such that its mean and
//! variance are kept. The computed probabilities are within 2 % of the exact ones where U
//! is so dense that rounding matters; tests compare them with simulation.
//!
//! **Beyond the plan.** [`LastBoundary`] holds for any errors, at any time. Given the
//! errors of both arms, U is a sum of independent centred variables of at most 1, whose
//! variances w(1−w) add up to V, and exp(λU − (e^λ − 1 − λ)V) is a supermartingale. So by
//! Ville's inequality, with the best λ,
//!
//! ```text
//! P(U ever reaches b while V ≤ v) ≤ exp(−v·h(b/v)),  h(x) = (1+x)·ln(1+x) − x
//! ```
//!
//! The level is divided over v = V₀, 2V₀, 4V₀, …: a half, a quarter, … (V₀ is the planned
//! information). The sum is at most the level, whatever the traffic and the rates are.
//!
//! Sources: P. Armitage, C. K. McPherson and B. C. Rowe, JRSS A 132 (1969), 235-244, for
//! the recursion; G. Bennett, JASA 57 (1962), 33-45, and D. A. Freedman, Annals of
//! Probability 3 (1975), 100-118, for the inequality; a constant boundary for a planned
//! amount of data: A. Kurennoy and others, "YEAST: Yet Another Sequential Test", NeurIPS
//! 2025.

use crate::math;
use crate::stats::special::{deviance, stirling_error};

/// Grid points in a standard deviation of U at the end of a stage.
const RESOLUTION: f64 = 64.0;
/// No grid is finer, because an error of the canary changes U by up to 1.
const FINEST: f64 = 1.0 / 256.0;
/// Below this many standard deviations, the grid ends.
const LOWEST: f64 = 6.5;
/// A Poisson distribution is followed up to this many standard deviations and values.
const REACH: (f64, f64) = (8.0, 30.0);
/// At most this many values of a Poisson distribution are looked at.
const MOST_VALUES: f64 = 4096.0;
/// Levels of a stage below this are beyond the precision of the recursion.
pub const LOWEST_LEVEL: f64 = 1e-12;

/// A stage, as planned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leg {
    /// The canary's share of requests, in (0, 1).
    pub weight: f64,
    /// Expected errors of both arms between two looks, above 0.
    pub errors_per_look: f64,
    /// Number of looks, at least 1. The last is at the end of the stage.
    pub looks: u32,
    /// Expected errors of both arms up to the last look, at most `looks` times
    /// `errors_per_look`.
    pub errors: f64,
    /// Expected errors after the last look, before the next stage.
    pub errors_after: f64,
}

impl Leg {
    /// The information that an error adds.
    fn by_error(&self) -> f64 {
        self.weight * (1.0 - self.weight)
    }
}

/// The information V that is expected in all stages.
pub fn planned_information(legs: &[Leg]) -> f64 {
    legs.iter().map(|leg| leg.by_error() * (leg.errors + leg.errors_after)).sum()
}

/// The boundary of U in each stage such that, within the plan, each is the first to be
/// reached with probability at most `level`. Infinite if `level` is below
/// [`LOWEST_LEVEL`].
///
/// The work is proportional to the number of looks; 256 of them take about 0.1 s.
pub fn boundaries(legs: &[Leg], level: f64) -> Vec<f64> {
    if level.is_nan() || level < LOWEST_LEVEL {
        return vec![f64::INFINITY; legs.len()];
    }
    let mut walk = Walk { step: 1.0, first: 0, mass: vec![1.0] };
    let mut information = 0.0;
    let mut found = Vec::with_capacity(legs.len());
    for leg in legs {
        information += leg.by_error() * leg.errors;
        let deviation = information.sqrt();
        walk = walk.on_grid((deviation / RESOLUTION).max(FINEST));
        let lowest = -(LOWEST * deviation / walk.step).ceil() as i64;
        let stage = Stage::new(leg, walk.step);
        let boundary = stage.boundary(&walk, deviation, lowest, level);
        walk = stage.pass(walk, lowest, boundary).1;
        found.push(boundary as f64 * walk.step);
        if leg.errors_after > 0.0 {
            information += leg.by_error() * leg.errors_after;
            let after = Kernel::of_errors(leg.errors_after, leg.weight, walk.step);
            let lowest = lowest - after.mass.len() as i64;
            walk = walk.plus(&after, lowest, i64::MAX);
        }
    }
    found
}

/// The distribution of U on a grid, without the paths that have reached a boundary: the
/// mass of each point, from the point number `first`.
#[derive(Clone, Debug)]
struct Walk {
    step: f64,
    first: i64,
    mass: Vec<f64>,
}

impl Walk {
    fn total(&self) -> f64 {
        self.mass.iter().sum()
    }

    /// The same distribution on a grid of another step.
    fn on_grid(&self, step: f64) -> Walk {
        let values = (self.first..).zip(&self.mass).map(|(i, &p)| (i as f64 * self.step, p));
        let kernel = Kernel::of_values(values, step);
        Walk { step, first: kernel.first, mass: kernel.mass }
    }

    /// After an increment. What falls below `lowest` is put there; what reaches `end` is
    /// left out.
    fn plus(&self, kernel: &Kernel, lowest: i64, end: i64) -> Walk {
        let first = (self.first + kernel.first).max(lowest);
        let last = self.first + kernel.first + (self.mass.len() + kernel.mass.len()) as i64 - 1;
        let end = last.min(end).max(first + 1);
        let mut mass = vec![0.0; (end - first) as usize];
        for (k, &weight) in (kernel.first..).zip(&kernel.mass) {
            if weight == 0.0 {
                continue;
            }
            // Point i goes to i + k: below `first`, within, or beyond.
            let from = self.first + k;
            let below = (first - from).clamp(0, self.mass.len() as i64) as usize;
            let within = (end - from).clamp(0, self.mass.len() as i64) as usize;
            mass[0] += weight * self.mass[..below].iter().sum::<f64>();
            if below < within {
                let at = (from + below as i64 - first) as usize;
                for (to, p) in mass[at..].iter_mut().zip(&self.mass[below..within]) {
                    *to += weight * p;
                }
            }
        }
        Walk { step: self.step, first, mass }
    }
}

/// The distribution of an increment on a grid.
#[derive(Clone, Debug)]
struct Kernel {
    first: i64,
    mass: Vec<f64>,
}

impl Kernel {
    /// Values with masses, each split among three grid points.
    fn of_values(values: impl Iterator<Item = (f64, f64)> + Clone, step: f64) -> Kernel {
        let (mut low, mut high) = (i64::MAX, i64::MIN);
        for (value, _) in values.clone() {
            let point = (value / step).round() as i64;
            (low, high) = (low.min(point), high.max(point));
        }
        if low > high {
            return Kernel { first: 0, mass: vec![1.0] };
        }
        let first = low - 1;
        let mut mass = vec![0.0; (high - low + 3) as usize];
        for (value, p) in values {
            let point = (value / step).round();
            let off = value / step - point;
            let at = (point as i64 - first) as usize;
            mass[at - 1] += p * 0.5 * off * (off - 1.0);
            mass[at] += p * (1.0 - off * off);
            mass[at + 1] += p * 0.5 * off * (off + 1.0);
        }
        Kernel { first, mass }
    }

    /// `scale` times a Poisson variable less its mean.
    fn of_poisson(mean: f64, scale: f64, step: f64) -> Kernel {
        let reach = REACH.0 * mean.sqrt() + REACH.1;
        let (low, high) = ((mean - reach).ceil().max(0.0), (mean + reach).floor());
        // Neighbours are taken together where there are many.
        let together = ((high - low) / MOST_VALUES).ceil().max(1.0);
        let count = ((high - low) / together) as u32;
        let values = (0..=count).map(|i| {
            let k = low + f64::from(i) * together;
            let ln_mass = match k {
                0.0 => -mean,
                _ => {
                    -stirling_error(k)
                        - deviance(k, mean, k - mean)
                        - 0.5 * math::ln(2.0 * std::f64::consts::PI * k)
                }
            };
            (scale * (k - mean), math::exp(ln_mass))
        });
        let total: f64 = values.clone().map(|(_, mass)| mass).sum();
        Kernel::of_values(values.map(|(value, mass)| (value, mass / total)), step)
    }

    /// The change of U by errors of which this many are expected.
    fn of_errors(errors: f64, weight: f64, step: f64) -> Kernel {
        let canary = Kernel::of_poisson(errors * weight, 1.0 - weight, step);
        let baseline = Kernel::of_poisson(errors * (1.0 - weight), -weight, step);
        let walk = Walk { step, first: canary.first, mass: canary.mass };
        let Walk { first, mass, .. } = walk.plus(&baseline, i64::MIN / 2, i64::MAX);
        Kernel { first, mass }
    }
}

/// The increments of a stage's looks.
struct Stage {
    looks: u32,
    each: Kernel,
    last: Kernel,
}

impl Stage {
    fn new(leg: &Leg, step: f64) -> Stage {
        let before = leg.errors_per_look * f64::from(leg.looks - 1);
        Stage {
            looks: leg.looks,
            each: Kernel::of_errors(leg.errors_per_look, leg.weight, step),
            last: Kernel::of_errors((leg.errors - before).max(0.0), leg.weight, step),
        }
    }

    /// P(the boundary is reached), and the distribution at the end without it.
    fn pass(&self, walk: Walk, lowest: i64, boundary: i64) -> (f64, Walk) {
        let before = walk.total();
        let mut walk = walk;
        for look in 1..=self.looks {
            let kernel = if look < self.looks { &self.each } else { &self.last };
            walk = walk.plus(kernel, lowest, boundary);
        }
        (before - walk.total(), walk)
    }

    /// The least grid point that is reached with probability at most `level`.
    ///
    /// The logarithm of the probability is nearly a straight line, so the false position
    /// in it finds the point in a few steps.
    fn boundary(&self, walk: &Walk, deviation: f64, lowest: i64, level: f64) -> i64 {
        let excess = |boundary: i64| {
            let reached = self.pass(walk.clone(), lowest, boundary).0;
            math::ln(reached.max(1e-15) / level)
        };
        let reach = |kernel: &Kernel| kernel.first + kernel.mass.len() as i64;
        let increments = i64::from(self.looks - 1) * reach(&self.each) + reach(&self.last);
        // Nearly always reached, and never.
        let (mut low, mut at_low) = (lowest, math::ln(1.0 / level));
        let (mut high, mut at_high) = (walk.first + walk.mass.len() as i64 + increments, None);
        let mut next = (2.3 * deviation / walk.step) as i64;
        let mut moved_low = 0;
        while high - low > 1 {
            let point = next.clamp(low + 1, high - 1);
            let at_point = excess(point);
            if at_point > 0.0 {
                (low, at_low) = (point, at_point);
                moved_low += 1;
            } else {
                (high, at_high) = (point, Some(at_point));
                moved_low = 0;
            }
            next = match at_high {
                None => point + (0.5 * RESOLUTION) as i64,
                Some(_) if moved_low > 1 => i64::midpoint(low, high),
                Some(at_high) => {
                    let share = at_low / (at_low - at_high);
                    low + ((high - low) as f64 * share) as i64
                }
            };
        }
        high
    }
}

/// The boundary of U that holds for any errors at any time.
#[derive(Clone, Debug, PartialEq)]
pub struct LastBoundary {
    /// V₀, above 0.
    information: f64,
    /// The boundary while V ≤ V₀·2^k, for k = 0, 1, ….
    boundary: Vec<f64>,
}

impl LastBoundary {
    /// For a planned information V₀ above 0 and a level in (0, 1).
    pub fn new(information: f64, level: f64) -> LastBoundary {
        let doubled = |k: u32| information * math::exp2(f64::from(k));
        // 10¹⁷ errors are more than there can be.
        let count = (0..200).find(|&k| doubled(k) >= 1e17).unwrap_or(199);
        let boundary = |k: u32| {
            let ln_part = math::ln(level) - f64::from(k + 1) * std::f64::consts::LN_2;
            bennett(doubled(k), -ln_part)
        };
        LastBoundary { information, boundary: (0..=count).map(boundary).collect() }
    }

    /// The boundary while the information so far is V, at least 0.
    pub fn at(&self, information: f64) -> f64 {
        let mut doubled = self.information;
        for &boundary in &self.boundary {
            if information <= doubled {
                return boundary;
            }
            doubled *= 2.0;
        }
        f64::INFINITY
    }
}

/// The b with v·h(b/v) = `bits`, not rounded down.
fn bennett(v: f64, bits: f64) -> f64 {
    let exponent = |b: f64| (v + b) * math::ln_1p(b / v) - b;
    let mut high = 1.0;
    while exponent(high) < bits {
        high *= 2.0;
    }
    let mut low = 0.0;
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if exponent(middle) < bits {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}
