//! Binomial counts, for splitting the requests of a tick among latency bins.

use std::sync::LazyLock;

use super::stream::open_unit;
use crate::math::{exp, ln, ln_1p};

/// Up to this many trials: all of them together, digit by digit.
const TOGETHER: u64 = 2 * WORD;
/// Bits of a word.
const WORD: u64 = 64;
/// Below this expected count on the rarer side: inversion from 0. Otherwise
/// rejection.
const FEW: f64 = 10.0;

/// The probability of a success, with what is computed once for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chance {
    /// The probability of the rarer outcome, at most 1/2.
    rarer: f64,
    /// The same as a binary fraction: times 2⁶⁴, rounded.
    fraction: u64,
    /// Whether the rarer outcome is a failure.
    failure: bool,
    /// ln(1 − p) of the rarer outcome.
    ln_other: f64,
    /// ln(p / (1 − p)) of the rarer outcome.
    ln_odds: f64,
}

impl Chance {
    /// A probability in 0..=1.
    pub fn new(p: f64) -> Self {
        let failure = p > 0.5;
        let rarer = if failure { 1.0 - p } else { p }.max(0.0);
        let ln_other = ln_1p(-rarer);
        Chance {
            rarer,
            fraction: (rarer * TWO_TO_64) as u64,
            failure,
            ln_other,
            ln_odds: if rarer > 0.0 { ln(rarer) - ln_other } else { f64::NEG_INFINITY },
        }
    }

    /// The number of successes in n trials, from a source of 64-bit uniform numbers.
    /// None is taken without trials, or if the probability is 0 or 1.
    #[inline]
    pub fn draw(&self, n: u64, mut bits: impl FnMut() -> u64) -> u64 {
        if n == 0 || self.rarer == 0.0 {
            return if self.failure { n } else { 0 };
        }
        let rarer = match n {
            1 => u64::from(bits() < self.fraction),
            2..=TOGETHER => self.together(n, bits),
            _ => self.many(n, bits),
        };
        if self.failure { n - rarer } else { rarer }
    }

    /// The rarer outcomes in a few trials, at least 1. A trial compares the digits of a uniform
    /// number with those of the probability, both binary fractions, up to the first that
    /// differs. The bits of a word are the next digits of all trials; for few trials, of
    /// several digits. Undecided trials are alike, so only their number is kept.
    #[inline]
    fn together(&self, n: u64, mut bits: impl FnMut() -> u64) -> u64 {
        let (mut undecided, mut hits, mut fraction) = (n, 0, self.fraction);
        while undecided > WORD && fraction != 0 {
            let (mut ones, mut rest) = (0, undecided);
            while rest > WORD {
                ones += u64::from(bits().count_ones());
                rest -= WORD;
            }
            ones += u64::from((bits() >> (WORD - rest)).count_ones());
            if fraction >> (WORD - 1) == 1 {
                hits += undecided - ones;
                undecided = ones;
            } else {
                undecided -= ones;
            }
            fraction <<= 1;
        }
        while undecided > 0 && fraction != 0 {
            let mut trials =
                Trials { undecided: u64::MAX >> (WORD - undecided), hits: 0, fraction };
            match undecided {
                0..=8 => {
                    let word = bits();
                    (0..8).for_each(|digit| trials.compare(word >> (8 * digit)));
                }
                9..=16 => {
                    let word = bits();
                    (0..4).for_each(|digit| trials.compare(word >> (16 * digit)));
                }
                17..=32 => {
                    for word in [bits(), bits()] {
                        trials.compare(word);
                        trials.compare(word >> 32);
                    }
                }
                _ => (0..4).for_each(|_| trials.compare(bits())),
            }
            hits += u64::from(trials.hits.count_ones());
            if trials.undecided == 0 {
                break;
            }
            undecided = u64::from(trials.undecided.count_ones());
            fraction = trials.fraction;
        }
        hits
    }

    /// The rarer outcomes in any number of trials.
    #[inline(never)]
    fn many(&self, n: u64, mut bits: impl FnMut() -> u64) -> u64 {
        if n as f64 * self.rarer < FEW {
            self.invert(n, open_unit(bits()))
        } else {
            self.reject(n, bits)
        }
    }

    /// Inversion: adds up probabilities from 0.
    fn invert(&self, n: u64, u: f64) -> u64 {
        /// Stops where probabilities vanish, in case rounding keeps the sum below u.
        const NOTHING: f64 = 1e-20;
        let odds = self.rarer / (1.0 - self.rarer);
        let mut probability = exp(n as f64 * self.ln_other);
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
    fn reject(&self, n: u64, mut bits: impl FnMut() -> u64) -> u64 {
        let (trials, p) = (n as f64, self.rarer);
        let deviation = (trials * p * (1.0 - p)).sqrt();
        let b = 1.15 + 2.53 * deviation;
        let a = -0.0873 + 0.0248 * b + 0.01 * p;
        let centre = trials * p + 0.5;
        let inside = 0.92 - 4.2 / b;
        loop {
            let u = open_unit(bits()) - 0.5;
            let v = open_unit(bits());
            let side = 0.5 - u.abs();
            let x = (2.0 * a / side + b) * u + centre;
            if side >= 0.07 && v <= inside {
                return x as i64 as u64;
            }
            if x < 0.0 || x >= trials + 1.0 {
                continue;
            }
            let k = x as i64 as f64;
            let alpha = (2.83 + 5.1 / b) * deviation;
            if ln(v * alpha / (a / (side * side) + b)) <= self.ln_ratio(k, trials) {
                return k as i64 as u64;
            }
        }
    }

    /// ln P(k) − ln P(mode) in n trials.
    fn ln_ratio(&self, k: f64, n: f64) -> f64 {
        let mode = ((n + 1.0) * self.rarer).floor();
        if n < LN_FACTORIALS.len() as f64 {
            let ln_factorial = |k: f64| LN_FACTORIALS[k as usize];
            return ln_factorial(mode) + ln_factorial(n - mode)
                - ln_factorial(k)
                - ln_factorial(n - k)
                + (k - mode) * self.ln_odds;
        }
        // With factorials by Stirling's formula.
        let odds = self.rarer / (1.0 - self.rarer);
        (mode + 0.5) * ln((mode + 1.0) / (odds * (n - mode + 1.0)))
            + (n + 1.0) * ln((n - mode + 1.0) / (n - k + 1.0))
            + (k + 0.5) * ln(odds * (n - k + 1.0) / (k + 1.0))
            + stirling_rest(mode)
            + stirling_rest(n - mode)
            - stirling_rest(k)
            - stirling_rest(n - k)
    }
}

/// Up to 64 trials, a bit for each.
struct Trials {
    undecided: u64,
    hits: u64,
    /// The digits of the probability that have not been compared.
    fraction: u64,
}

impl Trials {
    /// Compares the next digit: of a number for each trial, with the probability's.
    #[inline]
    fn compare(&mut self, drawn: u64) {
        // All ones if the digit of the probability is 1.
        let digit = ((self.fraction as i64) >> (WORD - 1)) as u64;
        self.hits |= self.undecided & digit & !drawn;
        self.undecided &= !(drawn ^ digit);
        self.fraction <<= 1;
    }
}

const TWO_TO_64: f64 = 18_446_744_073_709_551_616.0;

/// ln k!
static LN_FACTORIALS: LazyLock<Box<[f64]>> = LazyLock::new(|| {
    let mut sum = 0.0;
    let mut next = |k: u32| {
        sum += ln(f64::from(k.max(1)));
        sum
    };
    (0..1 << 14).map(&mut next).collect()
});

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
