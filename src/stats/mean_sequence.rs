//! A confidence sequence for the mean of values within known limits: intervals, one
//! after every value, all of which contain the mean with probability 1 − α.

use crate::math;
use crate::stats::intervals::Interval;
use crate::stats::share_sequence::{Side, bisect};

/// A value and how often it was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counted {
    /// The value.
    pub value: f64,
    /// How often it was found, at least 1.
    pub count: u64,
}

/// The number of bets. The smallest stakes 2^(−15.5) of what it has on each value, which
/// suits differences of a hundred thousandth of the range.
const BETS: u32 = 32;

/// On which side of `mean` the mean of independent values lies; `None` if that is not
/// certain. All values are within `limits`, [a, b].
///
/// To show that the mean is above m, a player bets on it: of every unit of money a share
/// c is multiplied by (x − a)/(m − a) at each value x. If the mean is m or less, the
/// money W is a nonnegative supermartingale, so it ever reaches 2/α times the start with
/// probability α/2 at most:
///
/// ```text
/// W = mean over c of Π (1 − c + c · (x − a)/(m − a)) ≥ 2/α,   c = 2^(−j/2), j = 0..31
/// ```
///
/// A second player bets on the mean below m, with b − x in place of x − a. The product
/// does not depend on the order of the values, so their counts are enough. Over all
/// values together, this function ever returns a wrong side with probability `alpha` at
/// most; each wrong side with half of that.
///
/// Source: I. Waudby-Smith, A. Ramdas, "Estimating means of bounded random variables by
/// betting", JRSS B 86 (2024), 1-27 (arXiv 2010.09686), with a mixture of fixed bets.
pub fn side_of_mean(values: &[Counted], limits: Interval, mean: f64, alpha: f64) -> Option<Side> {
    let found = mean_of(values)?;
    // The player of the other side has lost: the geometric mean of the factors is at
    // most their mean, which is at most 1.
    if found > mean {
        is_above(values, limits, mean, alpha).then_some(Side::Above)
    } else if found < mean {
        let (values, limits) = (mirrored(values), mirrored_limits(limits));
        is_above(&values, limits, -mean, alpha).then_some(Side::Below)
    } else {
        None
    }
}

/// The means that [`side_of_mean`] does not place on a side: all of `limits` without
/// values.
///
/// It contains the mean after every value, of any number, with probability 1 − `alpha`
/// at least.
pub fn mean_interval(values: &[Counted], limits: Interval, alpha: f64) -> Interval {
    let Some(found) = mean_of(values) else { return limits };
    let low = low_end(values, limits, found, alpha);
    let high = -low_end(&mirrored(values), mirrored_limits(limits), -found, alpha);
    Interval { low, high }
}

/// The mean; `None` without values.
pub fn mean_of(values: &[Counted]) -> Option<f64> {
    let count: u64 = values.iter().map(|counted| counted.count).sum();
    let sum: f64 = values.iter().map(|counted| counted.value * counted.count as f64).sum();
    (count > 0).then(|| sum / count as f64)
}

fn low_end(values: &[Counted], limits: Interval, found: f64, alpha: f64) -> f64 {
    if found <= limits.low {
        return limits.low;
    }
    // The money falls as m rises.
    bisect(found, limits.low, |m| !is_above(values, limits, m, alpha))
}

/// Whether the bets show that the mean is above m.
fn is_above(values: &[Counted], limits: Interval, m: f64, alpha: f64) -> bool {
    let room = m - limits.low;
    if room <= 0.0 {
        // One value above the lower limit is enough.
        return room < 0.0 || values.iter().any(|counted| counted.value > limits.low);
    }
    let limit = math::ln(2.0 * f64::from(BETS) / alpha);
    let ln_money: Vec<f64> = (0..BETS).map(|bet| ln_money(values, limits.low, room, bet)).collect();
    let most = ln_money.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // The sum has between one and all of the bets' money.
    if most >= limit {
        return true;
    }
    if most + math::ln(f64::from(BETS)) < limit {
        return false;
    }
    let sum: f64 = ln_money.iter().map(|ln| math::exp(ln - most)).sum();
    most + math::ln(sum) >= limit
}

/// The logarithm of the money of a bet.
fn ln_money(values: &[Counted], low: f64, room: f64, bet: u32) -> f64 {
    let stake = math::exp2(-0.5 * f64::from(bet));
    let ln_of = |counted: &Counted| {
        let grown = stake * ((counted.value - low) / room - 1.0);
        counted.count as f64 * math::ln_1p(grown.max(-1.0))
    };
    values.iter().map(ln_of).sum()
}

fn mirrored(values: &[Counted]) -> Vec<Counted> {
    values.iter().map(|Counted { value, count }| Counted { value: -value, count: *count }).collect()
}

fn mirrored_limits(limits: Interval) -> Interval {
    Interval { low: -limits.high, high: -limits.low }
}
