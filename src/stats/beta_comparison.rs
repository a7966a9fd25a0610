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

use std::f64::consts::TAU;

use crate::math::{exp, expm1, ln, ln_1p};
use crate::stats::group_sequential::GAUSS_LEGENDRE_8;
use crate::stats::special::stirling_error;

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
const PANELS: usize = 10;
/// Points of a panel.
const POINTS: usize = 8;
/// Where a density has fallen to this part of its maximum, e⁻⁴⁰, it ends.
const END: f64 = 4e-18;

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
        let loss = (mean + below.excess).max(0.0);
        Comparison { probability: 1.0 - below.probability, loss }
    }
}

/// A rate where a density is evaluated.
struct At {
    /// The rate.
    rate: f64,
    /// Its complement.
    rest: f64,
    /// The density of the logarithm of the odds, in units of its maximum.
    density: f64,
}

impl BetaRate {
    fn mean(self) -> f64 {
        self.events / (self.events + self.others)
    }

    /// At a logarithm of the odds, as a distance v from the mode, which is at the mean:
    /// with m = e^v − 1 and the mean μ, the density is e^(a·v) / (1 + μ·m)^(a + b).
    #[inline]
    fn at(self, distance: f64) -> At {
        let (n, is_rare) = (self.events + self.others, self.events <= self.others);
        // The rarer of the two, whose mean does not cancel in 1 + μ·m.
        let (count, v) = if is_rare { (self.events, distance) } else { (self.others, -distance) };
        let (mean, m) = (count / n, expm1(v));
        let grown = mean * m;
        // Where m is near −1, e^v is lost in it.
        let power = if m > -0.5 { 1.0 + m } else { exp(v) };
        let density = exp(count * v - n * ln_1p(grown));
        let (rate, rest) = (mean * power / (1.0 + grown), (n - count) / n / (1.0 + grown));
        match is_rare {
            true => At { rate, rest, density },
            false => At { rate: rest, rest: rate, density },
        }
    }

    /// The integral of the density over all logarithms of the odds: Stirling's formula.
    fn total(self) -> f64 {
        let (a, b) = (self.events, self.others);
        let n = a + b;
        let error = stirling_error(a) + stirling_error(b) - stirling_error(n);
        (TAU * (n / a / b)).sqrt() * exp(error)
    }

    /// The distance from the mode at which the density ends, in the direction of `sign`.
    fn reach(self, sign: f64) -> f64 {
        let is_within = |distance: f64| self.at(sign * distance).density > END;
        let (mut within, mut beyond) = (0.0, (1.0 / self.events + 1.0 / self.others).sqrt());
        while is_within(beyond) {
            within = beyond;
            beyond *= 2.0;
        }
        for _ in 0..6 {
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

/// A distribution with the panels over which it is integrated.
struct Grid {
    of: BetaRate,
    /// The ends of the panels, increasing: logarithms of the odds, as distances from the
    /// mode.
    edges: [f64; 2 * PANELS + 1],
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
        let (left, right) = (of.reach(-1.0), of.reach(1.0));
        let edges = std::array::from_fn(|i| {
            let reach = if i < PANELS { -left } else { right };
            let part = (i as f64 - PANELS as f64).abs() / PANELS as f64;
            reach * part * part.sqrt()
        });
        Grid { of, edges }
    }

    fn width(&self) -> f64 {
        self.edges[2 * PANELS] - self.edges[0]
    }

    /// The integrals of the density, and of the rate times the density, up to a
    /// distance.
    fn up_to(&self, end: f64) -> (f64, f64) {
        let (mut mass, mut moment) = (0.0, 0.0);
        for ends in self.edges.windows(2) {
            let (low, high) = (ends[0], ends[1].min(end));
            if low >= high {
                break;
            }
            for (distance, weight) in points(low, high) {
                let at = self.of.at(distance);
                mass += weight * at.density;
                moment += weight * at.density * at.rate;
            }
        }
        (mass, moment)
    }

    /// Compares another rate with `factor` times this one, which is the narrower of the
    /// two.
    fn below(&self, other: &Grid, factor: f64) -> Below {
        let odds = |of: BetaRate| of.events / of.others;
        let apart = ln(odds(self.of) / odds(other.of));
        // `factor` times a rate, its complement, and its distance from the other's mode.
        let scaled = |distance: f64, at: &At| {
            let rest = if factor == 1.0 { at.rest } else { 1.0 - factor * at.rate };
            let further = match factor {
                1.0 => 0.0,
                _ if rest <= 0.0 => f64::INFINITY,
                _ => ln(factor * (at.rest / rest)),
            };
            (factor * at.rate, rest, distance + apart + further)
        };
        let low = self.edges[0];
        let (mut mass, mut moment) = other.up_to(scaled(low, &self.of.at(low)).2);
        let (mut total, mut probability, mut excess) = (0.0, 0.0, 0.0);
        let integral = integral();
        // Where factor times the rate reaches 1, the other's density ends.
        let end = match factor > 1.0 {
            true => -ln(factor - 1.0) - ln(odds(self.of)),
            false => f64::INFINITY,
        };
        let panels = self.edges.windows(2).flat_map(|ends| {
            let middle = end.max(ends[0]).min(ends[1]);
            [[ends[0], middle], [middle, ends[1]]]
        });
        for [low, high] in panels.filter(|[low, high]| low < high) {
            let half = 0.5 * (high - low);
            let mut weights = [0.0; POINTS];
            let mut rates = [0.0; POINTS];
            let mut densities = [0.0; POINTS];
            for (i, (distance, weight)) in points(low, high).enumerate() {
                let at = self.of.at(distance);
                let (rate, rest, there) = scaled(distance, &at);
                weights[i] = weight * at.density;
                rates[i] = rate;
                if rest > 0.0 {
                    // The logarithm of the odds of the other changes by this factor of
                    // that of this.
                    densities[i] = half * (at.rest / rest) * other.of.at(there).density;
                }
            }
            for i in 0..POINTS {
                let (mut mass_here, mut moment_here) = (mass, moment);
                for j in 0..POINTS {
                    let part = integral[i][j] * densities[j];
                    mass_here += part;
                    moment_here += part * rates[j];
                }
                total += weights[i];
                probability += weights[i] * mass_here;
                excess += weights[i] * (rates[i] * mass_here - moment_here);
            }
            for (i, (_, weight)) in points(-1.0, 1.0).enumerate() {
                mass += weight * densities[i];
                moment += weight * densities[i] * rates[i];
            }
        }
        let all = total * other.of.total();
        Below { probability: (probability / all).clamp(0.0, 1.0), excess: (excess / all).max(0.0) }
    }
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
