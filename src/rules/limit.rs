//! A limit on a rate or a ratio, compared exactly.

use serde::{Serialize, Serializer};

use crate::json;

/// A decimal of at most nine places, at least 0 and at most [`Limit::MAX`].
///
/// Held as a whole number of billionths, so that comparing it with a quotient
/// of counts is a matter of whole numbers: 2 failures of 100 are not above
/// 0.02, though in floating point `2.0 / 100.0 - 0.0 > 0.02` may say anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Limit {
    billionths: u64,
}

/// Billionths in 1.
const ONE: u64 = 10_u64.pow(Limit::DECIMAL_PLACES);

impl Limit {
    /// The smallest limit.
    pub const ZERO: Limit = Limit { billionths: 0 };
    /// The largest limit.
    pub const MAX: f64 = 1000.0;
    /// Most decimal places.
    pub const DECIMAL_PLACES: u32 = 9;

    /// The decimal that `value` is the nearest `f64` to; `None` if it has more
    /// than nine places or lies outside 0..=1000.
    pub fn from_f64(value: f64) -> Option<Self> {
        if !(0.0..=Self::MAX).contains(&value) {
            return None;
        }
        let billionths = (value * ONE as f64).round() as u64;
        let limit = Limit { billionths };
        // A quotient of two whole numbers below 2⁵³ is rounded correctly, so
        // this is the nearest f64 to the decimal.
        (limit.as_f64() == value).then_some(limit)
    }

    /// The nearest `f64`.
    pub fn as_f64(self) -> f64 {
        self.billionths as f64 / ONE as f64
    }

    /// Whether `part / whole` is strictly above the limit. Exact for counts
    /// below 10¹⁴; false when `whole` is 0.
    pub fn is_below_quotient(self, part: u64, whole: u64) -> bool {
        wide(part) * wide(ONE) > wide(self.billionths) * wide(whole)
    }

    /// Whether `a/n - b/m` is strictly above the limit. Exact for counts below
    /// 10¹³; `n` and `m` are not 0.
    pub fn is_below_difference(self, (a, n): (u64, u64), (b, m): (u64, u64)) -> bool {
        let (left, right) = (wide(a) * wide(m), wide(b) * wide(n));
        left > right && (left - right) * wide(ONE) > wide(self.billionths) * wide(n) * wide(m)
    }

    /// Whether `(a/n) / (b/m)` is strictly above the limit, which any a > 0 is
    /// when b = 0. Exact for counts below 10¹³; `n` and `m` are not 0.
    pub fn is_below_ratio(self, (a, n): (u64, u64), (b, m): (u64, u64)) -> bool {
        wide(a) * wide(m) * wide(ONE) > wide(self.billionths) * wide(b) * wide(n)
    }
}

fn wide(count: u64) -> u128 {
    u128::from(count)
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::number(&self.as_f64(), serializer)
    }
}
