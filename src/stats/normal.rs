//! The standard normal distribution: Φ, its complement and its inverse.

#![expect(clippy::excessive_precision, reason = "the coefficients as they were published")]

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, SQRT_2};

use crate::math;

/// The density at x; underflows to 0 far from 0. Relative error below (1 + x²) ulp.
pub fn density(x: f64) -> f64 {
    0.5 * FRAC_2_SQRT_PI / SQRT_2 * math::exp(-0.5 * x * x)
}

/// Φ(x) = P(X ≤ x) for a standard normal X.
///
/// Any x; −∞ gives 0 and ∞ gives 1. Below x = −38.5 the result underflows to 0.
/// Error at most 3 ulp if the result is a normal number, including the far lower
/// tail.
pub fn cdf(x: f64) -> f64 {
    sf(-x)
}

/// 1 − Φ(x) = P(X > x) for a standard normal X, without the cancellation.
///
/// Accuracy as for [`cdf`], including the far upper tail.
pub fn sf(x: f64) -> f64 {
    0.5 * erfc_of_x_over_sqrt_2(x)
}

/// erfc(x/√2). The rounding error of x/√2 alone would cost x² ulp in the tail, so
/// it is computed and corrected to first order: erfc′(t) = −(2/√π) exp(−t²).
fn erfc_of_x_over_sqrt_2(x: f64) -> f64 {
    /// 1/√2 minus `FRAC_1_SQRT_2`.
    const REST_OF_1_SQRT_2: f64 = -4.833_646_656_726_457e-17;
    let t = x * FRAC_1_SQRT_2;
    let slope = FRAC_2_SQRT_PI * math::exp(-t * t);
    if slope == 0.0 {
        return math::erfc(t);
    }
    let lost = x.mul_add(FRAC_1_SQRT_2, -t) + x * REST_OF_1_SQRT_2;
    math::erfc(t) - slope * lost
}

/// The x with Φ(x) = p.
///
/// p in [0, 1]; 0 gives −∞, 1 gives ∞, anything outside NaN. Error at most 4 ulp.
///
/// Source: M. J. Wichura, "Algorithm AS 241: The Percentage Points of the
/// Normal Distribution", Applied Statistics 37 (1988), 477-484, routine PPND16.
pub fn quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        return q * polynomial(&CENTRE.0, r) / polynomial(&CENTRE.1, r);
    }
    // From here on p is in one of the tails; 1 − p is exact above one half.
    let tail = if q < 0.0 { p } else { 1.0 - p };
    if tail <= 0.0 {
        return if tail == 0.0 { f64::INFINITY.copysign(q) } else { f64::NAN };
    }
    let r = (-math::ln(tail)).sqrt();
    let x = if r <= 5.0 {
        polynomial(&NEAR_TAIL.0, r - 1.6) / polynomial(&NEAR_TAIL.1, r - 1.6)
    } else {
        polynomial(&FAR_TAIL.0, r - 5.0) / polynomial(&FAR_TAIL.1, r - 5.0)
    };
    x.copysign(q)
}

/// Numerator and denominator of a rational approximation, lowest power first.
type Rational = ([f64; 8], [f64; 8]);

fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

const CENTRE: Rational = (
    [
        3.387_132_872_796_366_608,
        133.141_667_891_784_377_45,
        1_971.590_950_306_551_442_7,
        13_731.693_765_509_461_125,
        45_921.953_931_549_871_457,
        67_265.770_927_008_700_853,
        33_430.575_583_588_128_105,
        2_509.080_928_730_122_672_7,
    ],
    [
        1.0,
        42.313_330_701_600_911_252,
        687.187_007_492_057_908_3,
        5_394.196_021_424_751_107_7,
        21_213.794_301_586_595_867,
        39_307.895_800_092_710_61,
        28_729.085_735_721_942_674,
        5_226.495_278_852_854_561,
    ],
);

const NEAR_TAIL: Rational = (
    [
        1.423_437_110_749_683_577_34,
        4.630_337_846_156_545_295_9,
        5.769_497_221_460_691_405_5,
        3.647_848_324_763_204_605_04,
        1.270_458_252_452_368_382_58,
        0.241_780_725_177_450_611_77,
        0.022_723_844_989_269_184_583_3,
        7.745_450_142_783_414_076_4e-4,
    ],
    [
        1.0,
        2.053_191_626_637_758_821_87,
        1.676_384_830_183_803_849_4,
        0.689_767_334_985_100_004_55,
        0.148_103_976_427_480_074_59,
        0.015_198_666_563_616_457_196_6,
        5.475_938_084_995_344_946e-4,
        1.050_750_071_644_416_843_24e-9,
    ],
);

const FAR_TAIL: Rational = (
    [
        6.657_904_643_501_103_777_2,
        5.463_784_911_164_114_369_9,
        1.784_826_539_917_291_335_8,
        0.296_560_571_828_504_891_23,
        0.026_532_189_526_576_123_093,
        0.001_242_660_947_388_078_438_6,
        2.711_555_568_743_487_578_15e-5,
        2.010_334_399_292_288_132_65e-7,
    ],
    [
        1.0,
        0.599_832_206_555_887_937_69,
        0.136_929_880_922_735_805_31,
        0.014_875_361_290_850_614_852_5,
        7.868_691_311_456_132_591e-4,
        1.846_318_317_510_054_681_8e-5,
        1.421_511_758_316_445_888_7e-7,
        2.044_263_103_389_939_785_64e-15,
    ],
);
