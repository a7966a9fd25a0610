//! The error rate, and what the errors vary by: clumps, noise common to both versions,
//! noise of each version.
//!
//! The requests that a version is expected to have in a tick are not those that it had:
//! these contain its errors, and Poisson noise that would hide how the variance grows.
//! With served requests S, the load's mean μ and burstiness b, the expected load is the
//! mean of the gamma distribution that follows from S,
//!
//! ```text
//! λ = (1/b² + S)/(1/(b²·μ) + 1 − p),   with variance λ²·ε,   ε = 1/(1/b² + S)
//! ```
//!
//! and each version has a constant share of it, as long as its requests agree. With m = p·λ
//! for a version, its errors E have
//!
//! ```text
//! E(E − m)²          = m·κ + m²·((1 + v)(1 + ε) − 1),   κ = 2c − 1
//! E(E − m)(E′ − m′)  = m·m′·((1 + v_common)(1 + ε) − 1)
//! v = (1 + v_common)(1 + v_per_arm) − 1
//! ```
//!
//! because a clump of geometric size K with mean c has E[K²]/E[K] = 2c − 1, and a gamma
//! factor of coefficient of variation CV multiplies m by a factor of variance v = CV².
//! So κ and v are the coefficients of a regression of squared residuals on m and m², and
//! v_common is that of the products of both versions' residuals. Both are weighted by what
//! the variance of a square is under the fitted world. Their own variances are
//! computed from the residuals and from the fitted world, too: for clumps the mean of both is
//! taken, for noise the larger.

use super::Excess;
use super::estimate::{Estimate, Spread, inverse, is_positive, times};
use super::load::Load;
use super::series::Series;
use crate::math::ln;
use crate::stats::intervals::Interval;

/// Clumps and noise are told apart if the 95 % interval of the clumps' part of the
/// variance would reach at most this share of the variance to each side.
const APART: f64 = 0.5;

/// The fitted errors.
pub(super) struct Errors {
    /// The error rate by version, the baseline's first.
    pub(super) rates: Vec<Estimate>,
    /// The variance that clumps make, divided by the mean.
    kappa: f64,
    /// The mean size of a clump.
    pub(super) clump: Found,
    /// The squares of the coefficients of variation.
    pub(super) common: Found,
    pub(super) per_arm: Found,
}

/// An estimate, or why there is none; the value is what the world takes in any case.
pub(super) struct Found {
    pub(super) value: f64,
    pub(super) estimate: Result<Estimate, &'static str>,
}

impl Found {
    fn new(value: f64, estimate: Estimate, least: f64) -> Found {
        let Interval { low, high } = estimate.interval;
        let interval = Interval { low: low.max(least), high: high.max(least) };
        let value = value.clamp(interval.low, interval.high);
        Found { value, estimate: Ok(Estimate { value, interval, ..estimate }) }
    }

    fn none(value: f64, because: &'static str) -> Found {
        Found { value, estimate: Err(because) }
    }
}

impl Errors {
    /// The variance of a version's errors, from their mean.
    pub(super) fn variance(&self, mean: f64) -> f64 {
        let v = (1.0 + self.common.value) * (1.0 + self.per_arm.value) - 1.0;
        mean * self.kappa + mean * mean * v
    }

    /// What clumps add to the variance of the requests, divided by their mean.
    pub(super) fn clumps_of_requests(&self) -> f64 {
        self.rate(0) * (self.kappa - 1.0).max(0.0)
    }

    pub(super) fn rate(&self, arm: usize) -> f64 {
        self.rates.get(arm).map_or(0.0, |rate| rate.value)
    }
}

/// The residual of a version in a tick.
struct Point {
    tick: usize,
    arm: usize,
    /// Expected errors.
    m: f64,
    /// The variance of the load, relative to its square.
    epsilon: f64,
    /// Errors minus the expected ones.
    residual: f64,
}

impl Point {
    /// What κ and v are multiplied with in the square of the residual.
    fn x(&self) -> [f64; 2] {
        [self.m, self.m * self.m * (1.0 + self.epsilon)]
    }

    /// The square of the residual, without what the uncertain load makes.
    fn square(&self) -> f64 {
        self.residual * self.residual - self.m * self.m * self.epsilon
    }

    fn variance(&self, kappa: f64, v: f64) -> f64 {
        kappa * self.m + self.m * self.m * ((1.0 + v) * (1.0 + self.epsilon) - 1.0)
    }

    /// By how much the expected square rises if the error rate rises by its own size.
    fn change(&self, kappa: f64, v: f64) -> f64 {
        2.0 * self.variance(kappa, v) - kappa * self.m
    }
}

/// Fits the errors of the ticks that are calm. `None` if no errors are recorded.
pub(super) fn fit(
    series: &Series,
    load: &Load,
    calm: &[bool],
    excess: Option<Excess>,
) -> Option<Errors> {
    let baseline = rate(series, calm, 0)?;
    let p = baseline.estimate.value;
    let canary = (series.arms.len() > 1).then(|| rate(series, calm, 1)).flatten();
    let rates: Vec<Rate> = [Some(baseline), canary].into_iter().flatten().collect();
    let points = points(series, load, calm, &rates);
    let variation = Variation { ticks: series.ticks(), rates: &rates, points: &points, p };
    let errors = variation.fit(excess);
    Some(Errors { rates: rates.into_iter().map(|rate| rate.estimate).collect(), ..errors })
}

/// The residuals of the calm ticks.
fn points(series: &Series, load: &Load, calm: &[bool], rates: &[Rate]) -> Vec<Point> {
    // Standard deviations by which a share differs from that of the ticks before.
    const OTHER: f64 = 5.0;
    let p = rates[0].estimate.value;
    let shape = 1.0 / load.burst_squared.value.max(1e-12);
    let mut points = Vec::new();
    // Successive ticks with the same share: served requests by version, and points.
    let (mut sums, mut first) = ([0.0; 2], 0);
    let settle = |points: &mut [Point], sums: [f64; 2]| {
        let total: f64 = sums.iter().sum();
        for point in points {
            let expected = point.m * sums[point.arm] / total * rates[point.arm].estimate.value;
            point.residual -= expected;
            point.m = expected;
        }
    };
    for tick in (0..series.ticks()).filter(|tick| calm[*tick]) {
        let at = |arm: usize| series.arms.get(arm).and_then(|counted| counted.at(tick));
        let found = [at(0), at(1).filter(|_| rates.len() > 1)];
        let served = found.map(|at| at.map_or(0.0, |(n, x)| (n - x).max(0.0)));
        let total = served[0] + served[1];
        if found[0].is_none() || total <= 0.0 {
            continue;
        }
        let before = sums[0] + sums[1];
        if before > 0.0 {
            let share = sums[1] / before;
            let spread = (share * (1.0 - share) * total * (1.0 + total / before)).sqrt();
            if (served[1] - share * total).abs() > OTHER * spread + 1.0 {
                settle(&mut points[first..], sums);
                (sums, first) = ([0.0; 2], points.len());
            }
        }
        sums = [sums[0] + served[0], sums[1] + served[1]];
        let mean = (shape + total) / (shape / load.mean[tick] + 1.0 - p);
        let epsilon = 1.0 / (shape + total);
        for (arm, at) in found.into_iter().enumerate() {
            if let Some((_, errors)) = at {
                // The load of all versions, until the share is known.
                points.push(Point { tick, arm, m: mean, epsilon, residual: errors });
            }
        }
    }
    settle(&mut points[first..], sums);
    points.retain(|point| point.m > 0.0);
    points
}

/// An error rate.
struct Rate {
    estimate: Estimate,
    /// The influences of the ticks on its logarithm.
    influence: Vec<f64>,
}

/// The share of requests that failed. Its interval is that of Wilson's method for a count
/// with the dispersion that the blocks have: (X − μ)² ≤ t²·φ·μ.
fn rate(series: &Series, calm: &[bool], arm: usize) -> Option<Rate> {
    let counted = &series.arms[arm];
    let at = |tick: usize| counted.at(tick).filter(|_| calm[tick]);
    let (mut requests, mut errors) = (0.0, 0.0);
    for (n, x) in (0..series.ticks()).filter_map(at) {
        requests += n;
        errors += x;
    }
    if !is_positive(requests) {
        return None;
    }
    let p = errors / requests;
    let one = |tick| at(tick).map_or(0.0, |(n, x)| (x - p * n) / requests);
    let influence: Vec<f64> = (0..series.ticks()).map(one).collect();
    let spread = Spread::of(&influence, 1);
    let interval = if errors > 0.0 {
        let t = spread.quantile;
        let total_error = spread.error * requests;
        let dispersion = total_error * total_error / errors;
        let middle = errors + 0.5 * t * t * dispersion;
        let half = t * (dispersion * errors + 0.25 * t * t * dispersion * dispersion).sqrt();
        Interval {
            low: ((middle - half) / requests).max(0.0),
            high: ((middle + half) / requests).min(1.0),
        }
    } else {
        // exp(−μ) = 2.5 %.
        Interval { low: 0.0, high: (-ln(0.025) / requests).min(1.0) }
    };
    let of_log = if p > 0.0 { 1.0 / p } else { 0.0 };
    let influence = influence.into_iter().map(|one| one * of_log).collect();
    Some(Rate { estimate: Estimate { value: p, error: spread.error, interval }, influence })
}

/// The estimates of the variance.
struct Variation<'a> {
    ticks: usize,
    rates: &'a [Rate],
    points: &'a [Point],
    p: f64,
}

/// A coefficient with the influences of the ticks.
struct Coefficient {
    value: f64,
    influence: Vec<f64>,
    /// Its standard error if the world is as the weights have it.
    of_world: f64,
}

impl Coefficient {
    /// From the mean of both variances, that of the influences and that of the world. Large
    /// squares are rare, and a record with none looks too exact.
    fn spread(&self) -> Spread {
        let spread = Spread::of(&self.influence, 3);
        let (found, of_world) = (spread.error, self.of_world);
        Spread { error: (0.5 * (found * found + of_world * of_world)).sqrt(), ..spread }
    }

    /// From the larger of both: the squares of noise are rarer and larger.
    fn wide_spread(&self) -> Spread {
        let spread = Spread::of(&self.influence, 3);
        Spread { error: spread.error.max(self.of_world), ..spread }
    }
}

impl Variation<'_> {
    fn fit(&self, excess: Option<Excess>) -> Errors {
        if !(self.p > 0.0 && self.p < 1.0) {
            let none = |value| Found::none(value, "no request failed, so nothing varies");
            let (clump, common, per_arm) = (none(1.0), none(0.0), none(0.0));
            return Errors { rates: Vec::new(), kappa: 1.0, clump, common, per_arm };
        }
        // κ and v of the world, for the weights.
        let (mut kappa, mut v, mut v_common) = (1.0, 0.0, 0.0);
        let mut both = None;
        let mut products = None;
        for _ in 0..6 {
            both = self.squares(kappa, v);
            products = self.products(kappa, v, v_common);
            v_common = products.as_ref().map_or(0.0, |one: &Coefficient| one.value.max(0.0));
            let apart = both.as_ref().filter(|both| both.is_apart);
            (kappa, v) = match apart {
                Some(both) => self.within(both, kappa, v),
                None => {
                    let alone = self.alone(kappa, v, 0, v_common);
                    (alone.map_or(1.0, |one| one.value.max(1.0)), v_common)
                }
            };
        }
        self.found(kappa, v, (both, products), excess)
    }

    /// Both coefficients within their range: where one is outside, it is at the end of
    /// its range, and the other is fitted alone.
    fn within(&self, both: &Both, kappa: f64, v: f64) -> (f64, f64) {
        let [free_kappa, free_v] = [both.kappa.value, both.v.value];
        if free_v < 0.0 {
            let alone = self.alone(kappa, v, 0, 0.0);
            return (alone.map_or(1.0, |one| one.value.max(1.0)), 0.0);
        }
        if free_kappa < 1.0 {
            let alone = self.alone(kappa, v, 1, 1.0);
            return (1.0, alone.map_or(0.0, |one| one.value.max(0.0)));
        }
        (free_kappa, free_v)
    }

    /// The weight of a squared residual: the inverse of its variance under the world,
    /// 2·Var² and the fourth cumulant, of clumps m·E[K⁴]/E[K], of the gamma factor 6v³m⁴,
    /// and between.
    fn weight(&self, point: &Point, kappa: f64, v: f64) -> f64 {
        let m = point.m;
        let variance = point.variance(kappa, v);
        let c = 0.5 * (kappa + 1.0);
        let clumps = c * (c * (24.0 * c - 36.0) + 14.0) - 1.0;
        let noise = v * m * m * (7.0 * kappa * kappa + 12.0 * v * m * kappa + 6.0 * v * v * m * m);
        1.0 / (2.0 * variance * variance + m * clumps + noise)
    }

    /// The regression of the squared residuals on m and m².
    fn squares(&self, kappa: f64, v: f64) -> Option<Both> {
        let (mut a, mut b) = ([[0.0; 2]; 2], [0.0; 2]);
        let (mut variances, mut weights) = (0.0, 0.0);
        for point in self.points {
            let weight = self.weight(point, kappa, v);
            let x = point.x();
            for i in 0..2 {
                b[i] += weight * x[i] * point.square();
                for j in 0..2 {
                    a[i][j] += weight * x[i] * x[j];
                }
            }
            // Weighted as the coefficient κ is.
            variances += weight * point.m * point.variance(kappa, v);
            weights += weight * point.m * point.m;
        }
        let covariance = inverse(a)?;
        let free = times(&covariance, &b);
        let reach = 1.96 * covariance[0][0].sqrt() / (variances / weights);
        let [of_kappa, of_v] =
            self.influence(kappa, v, free, |point| times(&covariance, &point.x()));
        Some(Both {
            kappa: Coefficient {
                value: free[0],
                influence: of_kappa,
                of_world: covariance[0][0].sqrt(),
            },
            v: Coefficient { value: free[1], influence: of_v, of_world: covariance[1][1].sqrt() },
            is_apart: reach <= APART,
        })
    }

    /// The regression on one of m and m² alone, with a known coefficient of the other.
    fn alone(&self, kappa: f64, v: f64, which: usize, known: f64) -> Option<Coefficient> {
        let (mut a, mut b) = (0.0, 0.0);
        for point in self.points {
            let weight = self.weight(point, kappa, v);
            let x = point.x();
            a += weight * x[which] * x[which];
            b += weight * x[which] * (point.square() - known * x[1 - which]);
        }
        let value = b / a;
        let fitted = if which == 0 { [value, known] } else { [known, value] };
        let [influence, _] = self.influence(kappa, v, fitted, |point| [point.x()[which] / a, 0.0]);
        let of_world = (1.0 / a).sqrt();
        value.is_finite().then_some(Coefficient { value, influence, of_world })
    }

    /// The influences of the ticks on two coefficients, which a point's residual moves by
    /// its weight times `moves`.
    fn influence(
        &self,
        kappa: f64,
        v: f64,
        fitted: [f64; 2],
        moves: impl Fn(&Point) -> [f64; 2],
    ) -> [Vec<f64>; 2] {
        let mut influence = [vec![0.0; self.ticks], vec![0.0; self.ticks]];
        let mut slopes = vec![[0.0; 2]; self.rates.len()];
        for point in self.points {
            let weight = self.weight(point, kappa, v);
            let (moves, x) = (moves(point), point.x());
            let off = point.square() - fitted[0] * x[0] - fitted[1] * x[1];
            let change = point.change(fitted[0], fitted[1]);
            for i in 0..2 {
                influence[i][point.tick] += weight * moves[i] * off;
                slopes[point.arm][i] += weight * moves[i] * change;
            }
        }
        for (rate, slopes) in self.rates.iter().zip(slopes) {
            for i in 0..2 {
                for (one, of_rate) in influence[i].iter_mut().zip(&rate.influence) {
                    *one -= slopes[i] * of_rate;
                }
            }
        }
        influence
    }

    /// The coefficient of the products of both versions' residuals; `None` if one is
    /// recorded.
    fn products(&self, kappa: f64, v: f64, v_common: f64) -> Option<Coefficient> {
        // The points of a tick are neighbours.
        let mut pairs = Vec::new();
        for pair in self.points.windows(2) {
            let [one, other] = pair else { continue };
            if one.tick == other.tick {
                let m = one.m * other.m;
                let variances = one.variance(kappa, v) * other.variance(kappa, v);
                let covariance = v_common * m;
                // 2 Cov² stands for the fourth cumulant that both share.
                let weight = 1.0 / (variances + 3.0 * covariance * covariance);
                let product = one.residual * other.residual - m * one.epsilon;
                pairs.push((one.tick, m * (1.0 + one.epsilon), product, weight));
            }
        }
        let square: f64 = pairs.iter().map(|(_, m, _, weight)| weight * m * m).sum();
        if !is_positive(square) {
            return None;
        }
        let value =
            pairs.iter().map(|(_, m, product, weight)| weight * m * product).sum::<f64>() / square;
        let mut influence = vec![0.0; self.ticks];
        for (tick, m, product, weight) in pairs {
            influence[tick] = weight * m * (product - value * m) / square;
        }
        // Both means rise with the error rates.
        for rate in self.rates {
            for (one, of_rate) in influence.iter_mut().zip(&rate.influence) {
                *one -= value * of_rate;
            }
        }
        Some(Coefficient { value, influence, of_world: (1.0 / square).sqrt() })
    }

    fn found(
        &self,
        kappa: f64,
        v: f64,
        (both, products): (Option<Both>, Option<Coefficient>),
        excess: Option<Excess>,
    ) -> Errors {
        let clump_of = |kappa: f64| 0.5 * (kappa + 1.0);
        let clump = |one: &Coefficient, value: f64| {
            let spread = one.spread();
            let around = if spread.error < 0.5 * one.value {
                spread.around_log(one.value)
            } else {
                spread.around(one.value)
            };
            let interval = Interval { low: clump_of(around.low), high: clump_of(around.high) };
            let estimate = Estimate { value, error: 0.5 * spread.error, interval };
            Found::new(clump_of(value), estimate, 1.0)
        };
        let noise = |one: &Coefficient, value: f64| {
            let spread = one.wide_spread();
            let interval = spread.around_skewed(one.value);
            Found::new(value, Estimate { value, error: spread.error, interval }, 0.0)
        };
        let errors = |kappa: f64, clump, common, per_arm| Errors {
            rates: Vec::new(),
            kappa,
            clump,
            common,
            per_arm,
        };
        let has_two = products.is_some();
        let common = products.as_ref().map(|one| noise(one, one.value.max(0.0)));
        let known = common.as_ref().map_or(0.0, |common| common.value);
        match both.filter(|both| both.is_apart) {
            Some(both) => {
                let clump = clump(&both.kappa, kappa);
                match (common, &products) {
                    (Some(common), Some(products)) => {
                        // (1 + v)/(1 + v_common) − 1.
                        let base = 1.0 + products.value.max(0.0);
                        let value = (1.0 + both.v.value) / base - 1.0;
                        let total = both.v.influence.iter().zip(&products.influence);
                        let influence = total
                            .map(|(of_v, of_common)| (of_v - (1.0 + value) * of_common) / base)
                            .collect();
                        // What the error of v_common adds is for the most part in v, too.
                        let of_world = both.v.of_world / base;
                        let own = Coefficient { value, influence, of_world };
                        let per_arm = noise(&own, ((1.0 + v) / base - 1.0).max(0.0));
                        errors(kappa, clump, common, per_arm)
                    }
                    _ => {
                        let because = "one version is recorded, so noise of its own cannot be told from noise of both; all noise is taken as common";
                        let (common, own) = (noise(&both.v, v), Found::none(0.0, because));
                        match excess {
                            Some(Excess::PerArm) => errors(kappa, clump, own, common),
                            _ => errors(kappa, clump, common, own),
                        }
                    }
                }
            }
            None => {
                let because = "the requests of a tick vary too little to tell clumps from noise; all that is not common is taken as clumps";
                let asked = "taken as 0, because the options say what the excess variance is";
                let choice = excess.unwrap_or(Excess::Clumps);
                let why = if excess.is_some() { asked } else { because };
                let none = |value| Found::none(value, why);
                let clumps = self.alone(kappa, v, 0, known);
                let all_noise = self.alone(1.0, v, 1, 1.0);
                let one_version =
                    "one version is recorded, so what both share cannot be told; taken as 0";
                let common = common.unwrap_or(Found::none(0.0, one_version));
                match (choice, clumps, all_noise) {
                    (Excess::Clumps, Some(one), _) => {
                        let kappa = one.value.max(1.0);
                        let mut clump = clump(&one, kappa);
                        // An estimate on the condition that nothing else varies.
                        if excess.is_none() {
                            clump.estimate = Err(because);
                        }
                        errors(kappa, clump, common, none(0.0))
                    }
                    (Excess::Common, _, Some(one)) if !has_two => {
                        errors(1.0, none(1.0), noise(&one, one.value.max(0.0)), none(0.0))
                    }
                    (Excess::Common | Excess::PerArm, _, Some(one)) => {
                        let value = (1.0 + one.value) / (1.0 + known) - 1.0;
                        let own = Coefficient { value, ..one };
                        let own = noise(&own, value.max(0.0));
                        errors(1.0, none(1.0), common, own)
                    }
                    _ => errors(1.0, none(1.0), common, none(0.0)),
                }
            }
        }
    }
}

/// Both coefficients of the squared residuals.
struct Both {
    kappa: Coefficient,
    v: Coefficient,
    is_apart: bool,
}
