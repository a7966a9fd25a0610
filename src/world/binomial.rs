//! Binomial counts, for splitting the requests of a tick among latency bins.

use super::stream::open_unit;
use crate::math::{exp, ln, ln_1p};

/// Below this expected count on the rarer side: inversion from 0. Otherwise
/// rejection.
const FEW: f64 = 10.0;

/// The number of successes in n trials with probability p, from a source of 64-bit
/// uniform numbers. None is taken if p is 0 or 1.
pub fn draw(n: u64, p: f64, bits: impl FnMut() -> u64) -> u64 {
    if n == 0 || p <= 0.0 {
        0
    } else if p >= 1.0 {
        n
    } else if p > 0.5 {
        n - rarer(n, 1.0 - p, bits)
    } else {
        rarer(n, p, bits)
    }
}

/// The same for p in (0, 1/2].
fn rarer(n: u64, p: f64, mut bits: impl FnMut() -> u64) -> u64 {
    if n as f64 * p < FEW { invert(n, p, open_unit(bits())) } else { reject(n, p, bits) }
}

/// Inversion: adds up probabilities from 0.
fn invert(n: u64, p: f64, u: f64) -> u64 {
    /// Stops where probabilities vanish, in case rounding keeps the sum below u.
    const NOTHING: f64 = 1e-20;
    let odds = p / (1.0 - p);
    let mut probability = exp(n as f64 * ln_1p(-p));
    let mut distance = u - probability;
    let mut k = 0;
    while distance >= 0.0 && k < n && probability > NOTHING {
        probability *= odds * (n - k) as f64 / (k + 1) as f64;
        k += 1;
        distance -= probability;
    }
    k
}

/// Transformed rejection with squeeze; takes two numbers per attempt.
///
/// Source: W. Hörmann, "The generation of binomial random variates", J. Stat.
/// Comput. Simul. 46 (1993), 101-110, algorithm BTRS.
fn reject(n: u64, p: f64, mut bits: impl FnMut() -> u64) -> u64 {
    let trials = n as f64;
    let deviation = (trials * p * (1.0 - p)).sqrt();
    let b = 1.15 + 2.53 * deviation;
    let a = -0.0873 + 0.0248 * b + 0.01 * p;
    let centre = trials * p + 0.5;
    let inside = 0.92 - 4.2 / b;
    loop {
        let u = open_unit(bits()) - 0.5;
        let v = open_unit(bits());
        let side = 0.5 - u.abs();
        let k = ((2.0 * a / side + b) * u + centre).floor();
        if side >= 0.07 && v <= inside {
            return k as u64;
        }
        if k < 0.0 || k > trials {
            continue;
        }
        let alpha = (2.83 + 5.1 / b) * deviation;
        let height = ln(v * alpha / (a / (side * side) + b));
        let mode = ((trials + 1.0) * p).floor();
        if height <= ln_ratio(k, mode, trials, p) {
            return k as u64;
        }
    }
}

/// ln P(k) − ln P(mode), with factorials by Stirling's formula.
fn ln_ratio(k: f64, mode: f64, n: f64, p: f64) -> f64 {
    let odds = p / (1.0 - p);
    (mode + 0.5) * ln((mode + 1.0) / (odds * (n - mode + 1.0)))
        + (n + 1.0) * ln((n - mode + 1.0) / (n - k + 1.0))
        + (k + 0.5) * ln(odds * (n - k + 1.0) / (k + 1.0))
        + stirling_rest(mode)
        + stirling_rest(n - mode)
        - stirling_rest(k)
        - stirling_rest(n - k)
}

/// ln k! minus Stirling's (k + ½) ln(k + 1) − (k + 1) + ½ ln 2π.
fn stirling_rest(k: f64) -> f64 {
    const SMALL: [f64; 10] = [
        0.081_061_466_795_327_26,
        0.041_340_695_955_409_29,
        0.027_677_925_684_998_34,
        0.020_790_672_103_765_09,
        0.016_644_691_189_821_19,
        0.013_876_128_823_070_75,
        0.011_896_709_945_891_77,
        0.010_411_265_261_972_09,
        0.009_255_462_182_712_733,
        0.008_330_563_433_362_87,
    ];
    if k < 10.0 {
        return SMALL[k as usize];
    }
    let x = 1.0 / (k + 1.0);
    let s = x * x;
    (1.0 / 12.0 - (1.0 / 360.0 - s / 1260.0) * s) * x
}
