//! The Bayesian comparison of two rates: the probability that one is larger, and by how
//! much in the mean. Each rate has a beta distribution, as after counts with a beta
//! prior.
//!
//! P(p > f·p′) is the integral of the density of the narrower of the two times the
//! distribution function of the other. Both are integrated by Gauss and Legendre's rule
//! over panels in the logarithm of the odds, narrow near the mode and wide in the tails,
//! where the density has fallen by e⁴⁰. The number of panels is fixed, so the time does
//! not depend on the counts.
//!
//! Sources: E. Miller, "Formulas for Bayesian A/B Testing", 2015 (the probability, as a
//! sum); C. Stucchio, "Bayesian A/B Testing at VWO", 2015 (the expected loss).

use crate::math::{exp, ln};
use crate::stats::group_sequential::GAUSS_LEGENDRE_8;
use crate::stats::special::deviance;

/// A beta distribution of a rate: of Beta(a, b) the mean is a/(a + b).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BetaRate {
    /// Prior and observed events, at least ½.
    pub events: f64,
    /// Prior and observed requests without one, at least ½.
    pub others: f64,
}

/// Two rates compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// P(canary > factor · baseline), 0..=1.
    pub probability: f64,
    /// The expected loss: the mean of canary − factor · baseline, counted as 0 where it
    /// is below.
    pub loss: f64,
}

/// Panels on each side of the mode.
const PANELS: usize = 8;
/// Points of a panel.
const POINTS: usize = 8;
/// Where the logarithm of a density has fallen by this much, it ends.
const DEPTH: f64 = 40.0;

/// Compares the rates of canary and baseline; `factor` is above 0.
///
/// Absolute error of the probability below 1e-9, relative error of the loss below 1e-9
/// plus 1e-15 · canary rate / loss, for parameters up to 10¹³. Less exact where `factor`
/// times the baseline's rate may be above 1.
pub fn compare(canary: BetaRate, baseline: BetaRate, factor: f64) -> Comparison {
    let (of_canary, of_baseline) = (Grid::new(canary), Grid::new(baseline));
    if of_canary.width() <= of_baseline.width() {
        let below = of_canary.below(&of_baseline, 1.0 / factor);
        Comparison { probability: below.probability, loss: factor * below.excess }
    } else {
        let below = of_baseline.below(&of_canary, factor);
        // E(x⁺) = E(x) + E((−x)⁺)
        let mean = canary.mean() - factor * baseline.mean();
        Comparison { probability: 1.0 - below.probability, loss: (mean + below.excess).max(0.0) }
    }
}

impl BetaRate {
    fn mean(self) -> f64 {
        self.events / (self.events + self.others)
    }

    /// The logarithm of the odds at the mode of the density of that logarithm.
    fn mode(self) -> f64 {
        ln(self.events / self.others)
    }

    /// How far the logarithm of the density, with respect to the logarithm of the odds,
    /// is below its maximum at the rate p = 1 − q.
    fn depth(self, p: f64, q: f64) -> f64 {
        let n = self.events + self.others;
        let excess = self.events * q - self.others * p;
        deviance(self.events, n * p, excess) + deviance(self.others, n * q, -excess)
    }

    /// The distance from the mode at which the density ends, in the direction of `sign`.
    fn reach(self, sign: f64) -> f64 {
        let is_within = |distance: f64| {
            let (p, q) = rate(self.mode() + sign * distance);
            self.depth(p, q) < DEPTH
        };
        let deviation = ((1.0 / self.events) + (1.0 / self.others)).sqrt();
        let (mut within, mut beyond) = (0.0, deviation);
        while is_within(beyond) {
            within = beyond;
            beyond *= 2.0;
        }
        for _ in 0..8 {
            let middle = 0.5 * (within + beyond);
            if is_within(middle) {
                within = middle;
            } else {
                beyond = middle;
            }
        }
        beyond
    }
}

/// The rate with this logarithm of the odds, and its complement.
fn rate(log_odds: f64) -> (f64, f64) {
    (1.0 / (1.0 + exp(-log_odds)), 1.0 / (1.0 + exp(log_odds)))
}

/// A distribution with the panels over which it is integrated.
struct Grid {
    of: BetaRate,
    /// The ends of the panels, increasing.
    edges: [f64; 2 * PANELS + 1],
}

/// The mass of a distribution in a part of its range, and its mean times that.
#[derive(Clone, Copy, Debug, Default)]
struct Mass {
    mass: f64,
    moment: f64,
}

/// A rate below a multiple of another.
struct Below {
    /// P(other < factor · this).
    probability: f64,
    /// The mean of factor · this − other, counted as 0 where it is below.
    excess: f64,
}

impl Grid {
    fn new(of: BetaRate) -> Grid {
        let (mode, left, right) = (of.mode(), of.reach(-1.0), of.reach(1.0));
        let edges = std::array::from_fn(|i| {
            let reach = if i < PANELS { -left } else { right };
            let part = (i as f64 - PANELS as f64).abs() / PANELS as f64;
            mode + reach * part * part.sqrt()
        });
        Grid { of, edges }
    }

    fn low(&self) -> f64 {
        self.edges[0]
    }

    fn high(&self) -> f64 {
        self.edges[2 * PANELS]
    }

    fn width(&self) -> f64 {
        self.high() - self.low()
    }

    /// The mass between two logarithms of odds, in units of the density's maximum.
    fn between(&self, from: f64, to: f64) -> Mass {
        let mut sum = Mass::default();
        for ends in self.edges.windows(2) {
            let (low, high) = (ends[0].max(from), ends[1].min(to));
            if low >= high {
                continue;
            }
            for (at, weight) in points(low, high) {
                let (p, q) = rate(at);
                let mass = weight * exp(-self.of.depth(p, q));
                sum.mass += mass;
                sum.moment += mass * p;
            }
        }
        sum
    }

    /// Compares another rate with `factor` times this one, which is the narrower of the
    /// two.
    fn below(&self, other: &Grid, factor: f64) -> Below {
        let log_odds = |at: f64| {
            let (p, q) = scaled(at, factor);
            if q > 0.0 { ln(p / q) } else { f64::INFINITY }
        };
        let integral = integral();
        let mut before = other.between(f64::NEG_INFINITY, log_odds(self.low()));
        let (mut total, mut probability, mut excess) = (0.0, 0.0, 0.0);
        // Where factor times the rate reaches 1, the other's density ends.
        let end = if factor > 1.0 { -ln(factor - 1.0) } else { f64::INFINITY };
        let inner = self.edges.windows(2).flat_map(|ends| {
            let middle = end.clamp(ends[0], ends[1]);
            [[ends[0], middle], [middle, ends[1]]]
        });
        for [low, high] in inner.filter(|[low, high]| low < high) {
            let half = 0.5 * (high - low);
            let (mut masses, mut moments) = ([0.0; POINTS], [0.0; POINTS]);
            let (mut weights, mut rates) = ([0.0; POINTS], [0.0; POINTS]);
            for (i, (at, weight)) in points(low, high).enumerate() {
                let (p, q) = rate(at);
                weights[i] = weight * exp(-self.of.depth(p, q));
                let (r, s) = scaled(at, factor);
                rates[i] = r;
                if s > 0.0 {
                    // The logarithm of the odds of the other changes by q/s of that of
                    // this.
                    masses[i] = half * (q / s) * exp(-other.of.depth(r, s));
                    moments[i] = masses[i] * r;
                }
            }
            for i in 0..POINTS {
                let up_to = |parts: &[f64; POINTS]| {
                    integral[i].iter().zip(parts).map(|(a, b)| a * b).sum::<f64>()
                };
                let mass = before.mass + up_to(&masses);
                total += weights[i];
                probability += weights[i] * mass;
                excess += weights[i] * (rates[i] * mass - (before.moment + up_to(&moments)));
            }
            for (i, (_, weight)) in points(-1.0, 1.0).enumerate() {
                before.mass += weight * masses[i];
                before.moment += weight * moments[i];
            }
        }
        let all = before.mass + other.between(log_odds(self.high()), f64::INFINITY).mass;
        Below {
            probability: (probability / total / all).clamp(0.0, 1.0),
            excess: (excess / total / all).max(0.0),
        }
    }
}

/// `factor` times the rate with this logarithm of the odds, and its complement.
fn scaled(log_odds: f64, factor: f64) -> (f64, f64) {
    let (p, q) = rate(log_odds);
    if factor == 1.0 { (p, q) } else { (factor * p, 1.0 - factor * p) }
}

/// The points of a panel in increasing order, with their weights.
fn points(low: f64, high: f64) -> impl Iterator<Item = (f64, f64)> {
    let (middle, radius) = (0.5 * (low + high), 0.5 * (high - low));
    let left = GAUSS_LEGENDRE_8.iter().rev().map(|(x, w)| (-x, w));
    let right = GAUSS_LEGENDRE_8.iter().map(|(x, w)| (*x, w));
    left.chain(right).map(move |(x, w)| (middle + radius * x, radius * w))
}

/// The weights of the integrals from −1 to each point, of the polynomial through the
/// values at all points:
///
/// ```text
/// w_j/2 · [ x_i + 1 + Σ_{k=1}^{7} P_k(x_j)·(P_{k+1}(x_i) − P_{k−1}(x_i)) ]
/// ```
fn integral() -> [[f64; POINTS]; POINTS] {
    let mut nodes = [(0.0, 0.0); POINTS];
    nodes.iter_mut().zip(points(-1.0, 1.0)).for_each(|(node, point)| *node = point);
    let legendre = nodes.map(|(x, _)| {
        let mut values = [1.0; POINTS + 1];
        values[1] = x;
        for k in 1..POINTS {
            let (order, odd) = (k as f64, (2 * k + 1) as f64);
            values[k + 1] = (odd * x * values[k] - order * values[k - 1]) / (order + 1.0);
        }
        values
    });
    std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            let (here, there) = (&legendre[i], &legendre[j]);
            let sum: f64 = (1..POINTS).map(|k| there[k] * (here[k + 1] - here[k - 1])).sum();
            0.5 * nodes[j].1 * (nodes[i].0 + 1.0 + sum)
        })
    })
}
