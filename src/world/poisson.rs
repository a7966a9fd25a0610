//! Poisson counts by inversion: a count is the smallest k whose cumulative
//! probability exceeds a 64-bit uniform number. So it increases with the bits and
//! with the mean, and two policies on one seed get the same random variation.
//!
//! [`Table`] is for a mean that is known in advance, [`invert`] for any mean.

use crate::math::{erfc, exp};
use crate::stats::normal;

/// 2⁻⁶⁴.
const ULP: f64 = 1.0 / TWO_TO_64;
const TWO_TO_64: f64 = 18_446_744_073_709_551_616.0;

/// The largest mean of a [`Table`]. Above it, 16 bits do not decide and tables
/// would be large.
pub const MAX_TABLE_MEAN: f64 = 65_536.0;

/// A table of Poisson counts for a mean that is known in advance.
///
/// Accurate to 2⁻⁵³ in the cumulative probabilities, and in the tails to 2⁻⁶⁴.
#[derive(Clone, Debug)]
pub struct Table {
    mean: f64,
    /// The count of the first entry.
    first: u64,
    /// By entry, P(count ≤ the entry's) · 2⁶⁴; the last entry is the maximum.
    thresholds: Box<[u64]>,
    /// The upper 16 bits of the thresholds, so that the search stays in a few cache
    /// lines.
    coarse: Box<[u16]>,
    /// By the upper bits of a lane, the first entry that is possible.
    guide: Box<[u16; GUIDES]>,
}

/// Number of guide entries. For any mean, each covers at most about one table
/// entry, except in the tails.
const GUIDES: usize = 1 << (16 - GUIDE_SHIFT);
const GUIDE_SHIFT: u32 = 6;

impl Table {
    /// The table of a mean in (0, [`MAX_TABLE_MEAN`]].
    pub fn new(mean: f64) -> Self {
        let (lowest, mass) = mass(mean);
        let all = cumulate(&mass);
        // Counts with a tail probability below 2⁻⁶⁴ are never drawn.
        let unreachable = all.iter().take_while(|threshold| **threshold == Some(0)).count();
        let reachable = all[unreachable..].iter().map_while(|threshold| *threshold);
        let thresholds: Box<[u64]> = reachable.chain([u64::MAX]).collect();
        let coarse: Box<[u16]> = thresholds.iter().map(|t| (t >> 48) as u16).collect();
        let mut entry = 0;
        let guide = std::array::from_fn(|index| {
            while usize::from(coarse[entry]) < index << GUIDE_SHIFT {
                entry += 1;
            }
            entry as u16
        });
        let first = lowest + unreachable as u64;
        Table { mean, first, thresholds, coarse, guide: Box::new(guide) }
    }

    /// The mean of the counts.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// The count for 64 bits of which `lane` is the upper 16. `fine` returns the
    /// lower 48, and is called only if the 16 do not decide.
    #[inline]
    pub fn draw(&self, lane: u16, fine: impl FnOnce() -> u64) -> u64 {
        let mut entry = usize::from(self.guide[usize::from(lane >> GUIDE_SHIFT)]);
        while self.coarse[entry] < lane {
            entry += 1;
        }
        if self.coarse[entry] == lane {
            entry = self.refine(entry, join(lane, fine()));
        }
        self.first + entry as u64
    }

    /// The entry for all 64 bits, starting at the first entry with the same upper
    /// 16 bits.
    #[cold]
    fn refine(&self, mut entry: usize, bits: u64) -> usize {
        let last = self.thresholds.len() - 1;
        while entry < last && self.thresholds[entry] <= bits {
            entry += 1;
        }
        entry
    }
}

/// Joins 16 upper and 48 lower bits.
#[inline]
pub(super) fn join(lane: u16, fine: u64) -> u64 {
    u64::from(lane) << 48 | fine
}

/// Probabilities relative to that of the mode, from the mode outwards until they
/// vanish, with the count of the first one.
fn mass(mean: f64) -> (u64, Vec<f64>) {
    let mode = mean.floor();
    let mut mass = Vec::new();
    let (mut k, mut p) = (mode, 1.0);
    while k > 0.0 && p > NOTHING {
        p *= k / mean;
        k -= 1.0;
        mass.push(p);
    }
    let lowest = k as u64;
    mass.reverse();
    mass.push(1.0);
    (k, p) = (mode, 1.0);
    while p > NOTHING {
        k += 1.0;
        p *= mean / k;
        mass.push(p);
    }
    (lowest, mass)
}

/// The cumulative probabilities · 2⁶⁴ by entry, each summed from the nearer end;
/// `None` if one rounds to 2⁶⁴.
fn cumulate(mass: &[f64]) -> Vec<Option<u64>> {
    let mut above = vec![0.0; mass.len()];
    for entry in (1..mass.len()).rev() {
        above[entry - 1] = above[entry] + mass[entry];
    }
    let total = above[0] + mass[0];
    let mut up_to = 0.0;
    let threshold = |(p, above): (&f64, &f64)| {
        up_to += p;
        if up_to < *above {
            return Some((up_to / total * TWO_TO_64).round() as u64);
        }
        match (above / total * TWO_TO_64).round() as u64 {
            0 => None,
            above => Some(above.wrapping_neg()),
        }
    };
    mass.iter().zip(&above).map(threshold).collect()
}

/// From this mean on, inversion starts near the mean; below, from 0.
const LARGE: f64 = 64.0;

/// The count for 64 uniform bits at any mean from 0 on. The same as from a
/// [`Table`], except in at most one draw of 2⁴⁵.
#[inline(never)]
pub fn invert(bits: u64, mean: f64) -> u64 {
    if mean < LARGE { invert_small(bits, mean) } else { invert_large(bits, mean) }
}

/// Probabilities below this are negligible; the search stops there if rounding
/// prevents its end.
const NOTHING: f64 = 1e-30;

/// Adds up probabilities from 0.
fn invert_small(bits: u64, mean: f64) -> u64 {
    let mut probability = exp(-mean);
    // The uniform number minus the cumulative probability.
    let mut distance = uniform(bits) - probability;
    let mut k = 0;
    while distance >= 0.0 && (probability > NOTHING || (k as f64) < mean) {
        k += 1;
        probability *= mean * RECIPROCALS[k];
        distance -= probability;
    }
    k as u64
}

/// 1/k, for all k with a probability above [`NOTHING`] at means below [`LARGE`].
const RECIPROCALS: [f64; 256] = {
    let mut reciprocals = [0.0; 256];
    let mut k = 1;
    while k < reciprocals.len() {
        reciprocals[k] = 1.0 / k as f64;
        k += 1;
    }
    reciprocals
};

/// Starts from a guess by the normal distribution, then steps to the count.
fn invert_large(bits: u64, mean: f64) -> u64 {
    let upper = bits > u64::MAX / 2;
    // The upper half uses survival probabilities, for precision in the tail.
    let (z, below, beyond) = if upper {
        let v = uniform(!bits);
        (-normal::quantile(v), 0.0, v)
    } else {
        let u = uniform(bits);
        (normal::quantile(u), u, 0.0)
    };
    let mut k = guess(z, mean);
    let here = Point::at(k, mean);
    let mut probability = here.probability;
    // The uniform number minus P(count ≤ k).
    let mut distance = if upper { here.survival() - beyond } else { below - here.cumulative() };
    while k > 0.0 && distance + probability < 0.0 {
        distance += probability;
        probability *= k / mean;
        k -= 1.0;
    }
    while distance >= 0.0 && probability > NOTHING {
        k += 1.0;
        probability *= mean / k;
        distance -= probability;
    }
    k as u64
}

/// The middle of the interval of the bits: in (0, 1), but 1 for the highest few.
fn uniform(bits: u64) -> f64 {
    (bits as f64 + 0.5) * ULP
}

/// The count at z by the Cornish-Fisher expansion to second order, clamped to the
/// range where [`Point`] is valid.
fn guess(z: f64, mean: f64) -> f64 {
    let k = (mean + z * mean.sqrt() + (z * z - 1.0) / 6.0 - 0.5).round();
    // Not `clamp`, because its panic message would add the formatting of numbers to
    // the binary.
    k.max((0.9 * mean).ceil() - 1.0).min((1.1 * mean).floor() - 1.0)
}

/// P(count ≤ k) for a mean of at least 64 and |k + 1 − mean| ≤ mean/10.
///
/// Absolute error below 2⁻⁵³, relative error below 10⁻¹³ down to 8 standard
/// deviations.
pub fn cumulative(k: u64, mean: f64) -> f64 {
    Point::at(k as f64, mean).cumulative()
}

/// P(count > k), with the range and accuracy of [`cumulative`].
pub fn survival(k: u64, mean: f64) -> f64 {
    Point::at(k as f64, mean).survival()
}

/// The distribution at a count k, with a = k + 1.
///
/// P(count ≤ k) is the regularized incomplete gamma function Q(a, mean), with
/// Temme's uniform expansion Q = erfc(η √(a/2))/2 + R, where η²/2 = μ − ln(1+μ) and
/// μ = mean/a − 1.
///
/// Source: N. M. Temme, "The asymptotic expansion of the incomplete gamma
/// functions", SIAM J. Math. Anal. 10 (1979), 757-766.
struct Point {
    /// η √(a/2).
    t: f64,
    /// R.
    correction: f64,
    /// P(count = k).
    probability: f64,
}

impl Point {
    fn at(k: f64, mean: f64) -> Point {
        let a = k + 1.0;
        let mu = (mean - a) / a;
        let half_eta_squared = mu_less_ln_1p(mu);
        let eta = (2.0 * half_eta_squared).sqrt().copysign(mu);
        let peak = exp(-a * half_eta_squared) / (std::f64::consts::TAU * a).sqrt();
        let per_a = 1.0 / a;
        let (mut sum, mut stirling) = (0.0, 0.0);
        for row in TEMME.iter().rev() {
            sum = sum * per_a + polynomial(row, eta);
            stirling = (stirling + row[1]) * per_a;
        }
        Point {
            t: eta * (0.5 * a).sqrt(),
            correction: peak * sum,
            // P(count = a) · a/mean, with a! by Stirling's series.
            probability: peak * (1.0 - stirling) * (a / mean),
        }
    }

    fn cumulative(&self) -> f64 {
        0.5 * erfc(self.t) + self.correction
    }

    fn survival(&self) -> f64 {
        0.5 * erfc(-self.t) - self.correction
    }
}

/// μ − ln(1+μ) for |μ| ≤ 1/8 without cancellation: with r = μ/(2+μ),
/// ln(1+μ) = 2 (r + r³/3 + r⁵/5 + …) and μ − 2r = r μ.
fn mu_less_ln_1p(mu: f64) -> f64 {
    let r = mu / (2.0 + mu);
    let s = r * r;
    let series = polynomial(
        &[1.0 / 3.0, 1.0 / 5.0, 1.0 / 7.0, 1.0 / 9.0, 1.0 / 11.0, 1.0 / 13.0, 1.0 / 15.0],
        s,
    );
    r * (mu - 2.0 * s * series)
}

/// A polynomial; coefficients of the lowest power first.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// The coefficients C₀ to C₆ of R √(2πa) exp(aη²/2) = Σ C(η) a⁻ᵏ, each as a power
/// series in η, with as many terms as needed for |η| ≤ 0.11 and a ≥ 57. Their
/// second terms are those of Stirling's series: 1/Γ*(a) = 1 − Σ C′(0) a⁻ᵏ⁻¹.
///
/// C₀ = 1/μ − 1/η, and Cₖ = C′ₖ₋₁/η without its singular part, computed in exact
/// fractions.
const TEMME: [&[f64]; 7] = [
    &[
        -0.3333333333333333,
        0.08333333333333333,
        -0.014814814814814815,
        0.0011574074074074073,
        0.0003527336860670194,
        -0.0001787551440329218,
        3.919263178522438e-05,
        -2.185448510679992e-06,
        -1.85406221071516e-06,
        8.296711340953087e-07,
        -1.7665952736826078e-07,
    ],
    &[
        -0.001851851851851852,
        -0.003472222222222222,
        0.0026455026455026454,
        -0.0009902263374485596,
        0.00020576131687242798,
        -4.018775720164609e-07,
        -1.8098550334489977e-05,
        7.64916091608111e-06,
        -1.6120900894563446e-06,
    ],
    &[
        0.004133597883597883,
        -0.0026813271604938273,
        0.0007716049382716049,
        2.0093878600823047e-06,
        -0.0001073665322636516,
        5.2923448829120125e-05,
        -1.2760635188618728e-05,
        3.423578734096138e-08,
        1.3721957309062934e-06,
    ],
    &[
        0.0006494341563786008,
        0.00022947209362139917,
        -0.0004691894943952557,
        0.00026772063206283885,
        -7.561801671883977e-05,
        -2.396505113867297e-07,
        1.1082654115347302e-05,
        -5.6749528269915965e-06,
    ],
    &[
        -0.0008618882909167117,
        0.0007840392217200666,
        -0.0002990724803031902,
        -1.4638452578843418e-06,
        6.641498215465122e-05,
        -3.968365047179435e-05,
    ],
    &[
        -0.00033679855336635813,
        -6.972813758365857e-05,
        0.0002772753244959392,
        -0.00019932570516188847,
        6.797780477937208e-05,
    ],
    &[0.0005313079364639922, -0.0005921664373536939, 0.0002708782096718045],
];
