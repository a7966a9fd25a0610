//! A confidence sequence for a probability: intervals, one after every trial, all of
//! which contain it with probability 1 − α. So one may look after every trial, and
//! stop when the answer is clear.

use crate::math;
use crate::stats::intervals::Interval;
use crate::stats::special::ln_binomial;

/// Which side of a number a probability or a mean lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It is less.
    Below,
    /// It is greater.
    Above,
}

/// On which side of `p` the probability of an event lies, after `events` of `trials`
/// trials; `None` if that is not certain. It is certain when
///
/// ```text
/// (n + 1) · C(n, s) · p^s · (1 − p)^(n − s) ≤ ε,   ε = α / (1 + α)
/// ```
///
/// The left side is 1/M, with M = L + R the mean of the likelihood ratios of all
/// probabilities q against p: L of those below p, R of those above. If s/n < p, each
/// ratio in R is at most 1, so L ≥ 1/ε − 1 = 1/α. Where the probability is p or more, L
/// is a nonnegative supermartingale that begins at p, so it ever reaches 1/α with
/// probability p·α at most. So, over all trials together, this function ever returns
/// [`Side::Below`] although the probability is at least `p` with probability p·α at
/// most, and [`Side::Above`] although it is at most `p` with (1 − p)·α at most. Both
/// hold together, for two different events as well.
///
/// Events at most trials, trials below 2⁵³; `p` in 0..=1; `alpha` in (0, 1). Two events
/// of which one contains the other give consistent answers.
///
/// Source: H. Robbins, Annals of Mathematical Statistics 41 (1970), 1397-1409;
/// A. Gandy, F. Ding, G. Hahn, "A simple method for implementing Monte Carlo tests",
/// arXiv 1611.01675 (the confidence sequence method). The sides are derived here.
pub fn side_of(events: u64, trials: u64, p: f64, alpha: f64) -> Option<Side> {
    let (s, n) = (events as f64, trials as f64);
    let excess = (-n).mul_add(p, s);
    let side = match excess {
        x if x < 0.0 => Side::Below,
        x if x > 0.0 => Side::Above,
        _ => return None,
    };
    // One trial refutes what never or always happens.
    let is_impossible = p <= 0.0 || p >= 1.0;
    (is_impossible || ln_inverse(events, trials, p) <= ln_limit(alpha)).then_some(side)
}

/// The probabilities that [`side_of`] does not place on a side.
///
/// It contains the probability after every trial, of any number of trials, with
/// probability 1 − `alpha` at least. Arguments as there. Within [0, 1]; all of [0, 1]
/// without trials. Absolute error below 1e-15.
pub fn share_interval(events: u64, trials: u64, alpha: f64) -> Interval {
    if trials == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let share = events as f64 / trials as f64;
    let limit = ln_limit(alpha);
    let end = |outside: f64| bisect(share, outside, |p| ln_inverse(events, trials, p) > limit);
    Interval {
        low: if events == 0 { 0.0 } else { end(0.0) },
        high: if events == trials { 1.0 } else { end(1.0) },
    }
}

/// ln(1/M), see [`side_of`]; p in (0, 1).
fn ln_inverse(events: u64, trials: u64, p: f64) -> f64 {
    let (s, n) = (events as f64, trials as f64);
    let excess = (-n).mul_add(p, s);
    math::ln_1p(n) + ln_binomial(s, n, (p, 1.0 - p), excess)
}

fn ln_limit(alpha: f64) -> f64 {
    math::ln(alpha) - math::ln_1p(alpha)
}

/// The end of an interval between a point inside and one outside.
pub(crate) fn bisect(inside: f64, outside: f64, holds: impl Fn(f64) -> bool) -> f64 {
    let (mut inside, mut outside) = (inside, outside);
    for _ in 0..MOST_HALVINGS {
        let middle = 0.5 * (inside + outside);
        if middle == inside || middle == outside {
            break;
        }
        if holds(middle) { inside = middle } else { outside = middle }
    }
    // Outside of what was refuted, so that an end never claims more than `side_of`.
    outside
}

/// Enough halvings for the last bit of a number near 1 and most of those near 0.
const MOST_HALVINGS: u32 = 100;
