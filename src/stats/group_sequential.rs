//! Group sequential testing: a few planned looks share one error probability.
//!
//! The evidence at look k is a score statistic Z_k. If the arms are equal, it is
//! close to a standard normal with corr(Z_j, Z_k) = √(t_j/t_k), where t is the
//! fraction of the final information up to that look. An α-spending function gives
//! the error probability that may be spent up to t. The boundary b_k is found by
//! integrating the joint density look by look.
//!
//! Sources: P. Armitage, C. K. McPherson and B. C. Rowe, JRSS A 132 (1969),
//! 235-244; K. K. G. Lan and D. L. DeMets, Biometrika 70 (1983), 659-663;
//! C. Jennison and B. W. Turnbull, "Group Sequential Methods", 2000, ch. 19.

use std::f64::consts::E;

use crate::math;
use crate::stats::normal;

/// The score of the canary against the baseline, stratified by the canary's
/// weight: U = Σ(x_c − m·w), V = Σ m·w(1−w), with x_c canary errors among m.
///
/// If the arms are equal, U has mean 0 and, for rare errors, variance V, for any
/// weights of the ticks. At weight 1 nothing is added.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// The canary's errors in excess of its share.
    pub u: f64,
    /// Their variance: the information.
    pub v: f64,
}

impl Score {
    /// Adds the errors of a tick, or of several ticks of one weight in 0..=1.
    pub fn observe(&mut self, weight: f64, canary_errors: u64, baseline_errors: u64) {
        let (canary, baseline) = (canary_errors as f64, baseline_errors as f64);
        self.u += canary * (1.0 - weight) - baseline * weight;
        self.v += (canary + baseline) * (weight * (1.0 - weight));
    }

    /// Z = U/√V; 0 without information.
    pub fn z(&self) -> f64 {
        if self.v > 0.0 { self.u / self.v.sqrt() } else { 0.0 }
    }
}

/// How the error probability is spent over the fraction t of the information.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spending {
    /// α·ln(1 + (e−1)t): boundaries of about equal height, like Pocock's.
    Pocock,
    /// 2 − 2Φ(z_{α/2}/√t): very high boundaries at first, like O'Brien and
    /// Fleming's.
    OBrienFleming,
    /// α·t.
    Linear,
}

impl Spending {
    /// The part of `alpha` spent up to the fraction t in 0..=1: increases from 0 at
    /// 0 to `alpha` at 1.
    pub fn spent(self, alpha: f64, t: f64) -> f64 {
        if t <= 0.0 {
            return 0.0;
        }
        if t >= 1.0 {
            return alpha;
        }
        match self {
            Spending::Pocock => alpha * math::ln_1p((E - 1.0) * t),
            Spending::OBrienFleming => 2.0 * normal::sf(-normal::quantile(0.5 * alpha) / t.sqrt()),
            Spending::Linear => alpha * t,
        }
    }
}

/// Which values of Z reject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    /// Z ≥ b: the canary is worse.
    One,
    /// |Z| ≥ b; each side spends half of α.
    Two,
}

/// Maximum number of looks for which boundaries are computed.
pub const MAX_LOOKS: usize = 100;

/// The least share that a look may add to the information up to then. The work is
/// proportional to 1 divided by its square root.
pub const CLOSEST_LOOKS: f64 = 1e-5;

/// A greater boundary cannot be distinguished from one that is never crossed.
const HIGHEST_BOUNDARY: f64 = 37.5;

/// The boundaries b_1, b_2, … for looks at the information fractions
/// `fractions`, so that P(reject by look k) = α*(t_k) under equal arms.
///
/// `None` unless there are 1 to [`MAX_LOOKS`] fractions within (0, 1], each above
/// the previous one by at least the share [`CLOSEST_LOOKS`] of itself, and `alpha`
/// is in (0, 1). If the last fraction is below 1, a part of `alpha` is not spent.
///
/// Absolute error below 1e-8. If a look may spend less than 1e-25, its boundary is
/// slightly too high; it never exceeds 37.5.
pub fn boundaries(
    spending: Spending,
    alpha: f64,
    sides: Sides,
    fractions: &[f64],
) -> Option<Vec<f64>> {
    let possible = alpha > 0.0 && alpha < 1.0 && are_fractions(fractions);
    if !possible {
        return None;
    }
    let alpha_per_side = match sides {
        Sides::One => alpha,
        Sides::Two => 0.5 * alpha,
    };
    let mut spent = 0.0;
    let mut walk = Walk::new(sides);
    let mut found = Vec::with_capacity(fractions.len());
    for (k, &t) in fractions.iter().enumerate() {
        let by_now = spending.spent(alpha_per_side, t);
        let boundary = walk.boundary(t, by_now - spent);
        walk.go_on(t, boundary, fractions.get(k + 1).copied());
        found.push(boundary);
        spent = by_now;
    }
    Some(found)
}

/// P(reject at or before look k) under equal arms, for each k, with the given
/// `boundaries` at the given `fractions`.
///
/// `None` unless there are as many boundaries as fractions, and the fractions are
/// as for [`boundaries`]. Absolute error below 1e-9.
pub fn crossing_probabilities(
    boundaries: &[f64],
    sides: Sides,
    fractions: &[f64],
) -> Option<Vec<f64>> {
    if boundaries.len() != fractions.len() || !are_fractions(fractions) {
        return None;
    }
    let both = match sides {
        Sides::One => 1.0,
        Sides::Two => 2.0,
    };
    let mut crossed = 0.0;
    let mut walk = Walk::new(sides);
    let mut found = Vec::with_capacity(fractions.len());
    for (k, (&t, &boundary)) in fractions.iter().zip(boundaries).enumerate() {
        crossed += both * walk.exceeds(t, boundary);
        walk.go_on(t, boundary, fractions.get(k + 1).copied());
        found.push(crossed);
    }
    Some(found)
}

/// The work of [`boundaries`]: the sum of 1/√g over the looks, where g is the share
/// that a look adds to the information up to then. A unit takes about 50 µs.
pub fn boundary_work(fractions: &[f64]) -> f64 {
    let before = [0.0].into_iter().chain(fractions.iter().copied());
    before.zip(fractions).map(|(before, &t)| (t / (t - before)).sqrt()).sum()
}

/// Whether [`boundaries`] can be computed for looks at these fractions.
pub fn are_fractions(fractions: &[f64]) -> bool {
    let mut before = 0.0;
    let rising = fractions.iter().all(|&t| {
        let apart = t > before && t - before >= CLOSEST_LOOKS * t;
        before = t;
        apart
    });
    rising && before <= 1.0 && (1..=MAX_LOOKS).contains(&fractions.len())
}

/// The distribution of Z at the last look, restricted to paths that have not
/// crossed a boundary, as points with masses.
struct Walk {
    sides: Sides,
    t: f64,
    points: Vec<Point>,
}

#[derive(Clone, Copy)]
struct Point {
    z: f64,
    mass: f64,
}

impl Walk {
    /// Before the first look: all mass at 0, without information.
    fn new(sides: Sides) -> Self {
        Walk { sides, t: 0.0, points: vec![Point { z: 0.0, mass: 1.0 }] }
    }

    /// P(no boundary crossed before, and Z ≥ b at fraction t).
    fn exceeds(&self, t: f64, b: f64) -> f64 {
        let step = Step::new(self.t, t);
        // From points further below, the probability is negligible.
        let first = self.points.partition_point(|point| step.standardised(point.z, b) > FURTHEST);
        self.points[first..]
            .iter()
            .map(|point| point.mass * normal::sf(step.standardised(point.z, b)))
            .sum()
    }

    /// The density of Z at fraction t, at b, restricted to paths that have not
    /// crossed a boundary.
    fn density(&self, t: f64, b: f64) -> f64 {
        let step = Step::new(self.t, t);
        let (from, to) = step.origins(b);
        let first = self.points.partition_point(|point| point.z < from);
        let last = self.points.partition_point(|point| point.z <= to);
        let sum: f64 = self.points[first..last]
            .iter()
            .map(|point| point.mass * normal::density(step.standardised(point.z, b)))
            .sum();
        sum * step.slope
    }

    /// The b that is exceeded with probability `spend` at fraction t.
    ///
    /// Newton's method on ln P(Z ≥ b), which is concave because the earlier
    /// boundaries keep Z in a convex set. It starts from a b that is not too low,
    /// so it descends to the solution without passing it.
    fn boundary(&self, t: f64, spend: f64) -> f64 {
        const SPEND_TO_RESOLVE: f64 = 1e-25;
        const CLOSE: f64 = 1e-12;
        const MOST_STEPS: u32 = 60;
        let deviations = (-normal::quantile(spend.max(0.0))).min(HIGHEST_BOUNDARY);
        let (Some(top), true) = (self.points.last(), spend >= SPEND_TO_RESOLVE) else {
            return deviations;
        };
        let step = Step::new(self.t, t);
        let from_top = (top.z * step.from_scale + deviations) / step.slope;
        let mut b = deviations.min(from_top);
        for _ in 0..MOST_STEPS {
            let exceeded = self.exceeds(t, b);
            let down = math::ln(spend / exceeded) * exceeded / self.density(t, b);
            // Not finite if the probability of exceeding b is 0.
            if !down.is_finite() || down <= CLOSE {
                break;
            }
            b -= down;
        }
        b
    }

    /// Removes the paths that cross the boundary b at fraction t. The new points
    /// are spaced for the step to `next`.
    fn go_on(&mut self, t: f64, b: f64, next: Option<f64>) {
        let Some(next) = next else { return };
        let (low, high) = match self.sides {
            Sides::One => (-TAIL, b.clamp(-TAIL, FURTHEST)),
            Sides::Two => (-b.clamp(0.0, FURTHEST), b.clamp(0.0, FURTHEST)),
        };
        // The density is as smooth as the step that produced it, and the next step
        // smooths it by its own width.
        let made = if self.t == 0.0 { 1.0 } else { Step::new(self.t, t).width_after() };
        let panel = PANEL * made.min(Step::new(t, next).width_before());
        let points = gauss_legendre(low, high, panel)
            .map(|(z, weight)| Point { z, mass: weight * self.density(t, z) })
            .collect();
        (self.t, self.points) = (t, points);
    }
}

/// The probability beyond this Z, 2e-33, is negligible even for spending 1e-25.
const FURTHEST: f64 = 12.0;

/// Width of an integration panel, in standard deviations of the narrowest density
/// in it.
const PANEL: f64 = 2.0;

/// Elsewhere, tails beyond this many standard deviations are left out; their
/// probability is 1e-17.
const TAIL: f64 = 8.5;

/// The step from fraction `before` to `after`: Z√after = Z′√before + an independent
/// increment of variance after − before.
struct Step {
    from_scale: f64,
    slope: f64,
}

impl Step {
    fn new(before: f64, after: f64) -> Step {
        let increment = (after - before).sqrt();
        Step { from_scale: before.sqrt() / increment, slope: after.sqrt() / increment }
    }

    /// The increment needed from `origin` to b, in standard deviations.
    fn standardised(&self, origin: f64, b: f64) -> f64 {
        b * self.slope - origin * self.from_scale
    }

    /// The standard deviation of the increment, in units of Z after the step.
    fn width_after(&self) -> f64 {
        1.0 / self.slope
    }

    /// The standard deviation of the increment, in units of Z before the step; at
    /// most 1.
    fn width_before(&self) -> f64 {
        (1.0 / self.from_scale).min(1.0)
    }

    /// The range of Z before the step from which b can be reached. Before the first
    /// look Z is 0.
    fn origins(&self, b: f64) -> (f64, f64) {
        if self.from_scale == 0.0 {
            return (0.0, 0.0);
        }
        let middle = b * self.slope;
        ((middle - TAIL) / self.from_scale, (middle + TAIL) / self.from_scale)
    }
}

/// The positive points of the 8-point Gauss-Legendre rule on [−1, 1], with their weights.
pub(super) const GAUSS_LEGENDRE_8: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
];

/// Points and weights of the 8-point Gauss-Legendre rule on equal panels of at most
/// the width `panel` over [low, high], in increasing order.
fn gauss_legendre(low: f64, high: f64, panel: f64) -> impl Iterator<Item = (f64, f64)> {
    let panels = ((high - low) / panel).ceil().max(1.0);
    let radius = 0.5 * (high - low) / panels;
    (0..panels as u32).flat_map(move |i| {
        let middle = low + radius * (2.0 * f64::from(i) + 1.0);
        let left =
            GAUSS_LEGENDRE_8.iter().rev().map(move |(x, w)| (middle - radius * x, radius * w));
        let right = GAUSS_LEGENDRE_8.iter().map(move |(x, w)| (middle + radius * x, radius * w));
        left.chain(right)
    })
}
