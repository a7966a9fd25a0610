//! A limit on a rate or a ratio, compared exactly.

use serde::{Serialize, Serializer};

use crate::json;

/// A decimal number with at most nine places, from 0 to [`Limit::MAX`].
///
/// Stored as a whole number of billionths, so that comparisons with a quotient of
/// counts are exact: 2 failures of 100 are not above 0.02, whereas `2.0 / 100.0 -
/// 0.0 > 0.02` depends on rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Limit {
    billionths: u64,
}

/// The number of billionths in 1.
const ONE: u64 = 10_u64.pow(Limit::DECIMAL_PLACES);

impl Limit {
    /// The smallest limit.
    pub const ZERO: Limit = Limit { billionths: 0 };
    /// The largest limit.
    pub const MAX: f64 = 1000.0;
    /// Most decimal places.
    pub const DECIMAL_PLACES: u32 = 9;

    /// The decimal number whose nearest `f64` is `value`; `None` if it has more
    /// than nine places or is outside 0..=1000.
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

    /// Whether `(a/n) / (b/m)` is strictly above the limit. For b = 0 that is the
    /// case for any a > 0. Exact for counts below 10¹³; `n` and `m` are not 0.
    pub fn is_below_ratio(self, (a, n): (u64, u64), (b, m): (u64, u64)) -> bool {
        wide(a) * wide(m) * wide(ONE) > wide(self.billionths) * wide(b) * wide(n)
    }

    /// Whether the limit is strictly above `factor` times `part / whole`; `whole` is not
    /// 0. Exact for counts below 10¹³.
    pub fn is_above_multiple(self, factor: Limit, (part, whole): (u64, u64)) -> bool {
        wide(self.billionths) * wide(whole) > wide(factor.billionths) * wide(part)
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
