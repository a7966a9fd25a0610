//! Numbers formatted for sentences.

use crate::message::thousands;

/// A rate in percent, three significant digits: `4.27 %`.
pub(crate) fn percent(rate: f64) -> String {
    format!("{} %", significant(rate * 100.0))
}

/// A difference of rates in percentage points: `3.42 points`.
pub(crate) fn points(difference: f64) -> String {
    let number = significant(difference * 100.0);
    let unit = if number == "1" { "point" } else { "points" };
    format!("{number} {unit}")
}

/// A latency in milliseconds: `312 ms`.
pub(crate) fn milliseconds(ms: f64) -> String {
    format!("{} ms", significant(ms))
}

/// A number with three significant digits, without trailing zeros.
pub(crate) fn significant(x: f64) -> String {
    let magnitude = x.abs();
    let places = match magnitude {
        m if m >= 100.0 || m == 0.0 => 0,
        m if m >= 10.0 => 1,
        m if m >= 1.0 => 2,
        m if m >= 0.1 => 3,
        m if m >= 0.01 => 4,
        m if m >= 0.001 => 5,
        m if m >= 1e-4 => 6,
        m if m >= 1e-5 => 7,
        m if m >= 1e-6 => 8,
        _ => 9,
    };
    let text = fixed(magnitude, places);
    let text = if places > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if x < 0.0 { format!("-{text}") } else { text.to_string() }
}

/// A number of at least 0 with the given number of decimal places, at most nine.
///
/// Writes the same as `{:.places$}`, which would add 10 KB to the engine in the
/// browser.
fn fixed(x: f64, places: usize) -> String {
    let scale = 10_u64.pow(places as u32);
    let scaled = rounded_product(x, scale);
    match places {
        0 => scaled.to_string(),
        _ => format!("{}.{:0places$}", scaled / scale, scaled % scale),
    }
}

/// x · scale, rounded exactly to a whole number, ties to even. x is m · 2^e with a
/// whole m below 2⁵³, so whole numbers are enough.
fn rounded_product(x: f64, scale: u64) -> u64 {
    const MANTISSA_BITS: u32 = 52;
    const EXPONENT_OF_1: i32 = 1023;
    let bits = x.to_bits();
    let mantissa = bits & ((1 << MANTISSA_BITS) - 1) | 1 << MANTISSA_BITS;
    let exponent = (bits >> MANTISSA_BITS) as i32 - EXPONENT_OF_1 - MANTISSA_BITS as i32;
    let product = u128::from(mantissa) * u128::from(scale);
    let Ok(shift) = u32::try_from(-exponent) else { return (x as u64).saturating_mul(scale) };
    let (whole, rest) = match shift {
        0 => (product, 0),
        1..128 => (product >> shift, product << (128 - shift)),
        // Less than a half.
        _ => (0, 0),
    };
    let half = 1 << 127;
    let up = rest > half || rest == half && whole & 1 == 1;
    whole as u64 + u64::from(up)
}

/// A count with its noun in singular or plural: `1 request`, `1,204 requests`.
pub(crate) fn counted(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(n))
}

/// A p-value: `0.0203`, or `less than 0.000001`.
pub(crate) fn p_value(p: f64) -> String {
    if p > 0.0 && p < 1e-6 { "less than 0.000001".to_string() } else { significant(p) }
}

/// The share of rollouts given by a level, with a verb: `1 rollout in 20 ever
/// reaches`, `3 % of rollouts ever reach`.
pub(crate) fn ever_reaches(level: f64) -> String {
    let number = (1.0 / level).round();
    if (level * number - 1.0).abs() < 1e-9 {
        format!("1 rollout in {} ever reaches", thousands(number as u64))
    } else {
        format!("{} of rollouts ever reach", percent(level))
    }
}
