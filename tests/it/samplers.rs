//! The samplers alone, compared with exact probabilities.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::math::{exp, ln, ln_gamma};
use canary_rollout::world::binomial::Chance;
use canary_rollout::world::gamma::Factor;
use canary_rollout::world::poisson::{self, MAX_TABLE_MEAN, Table};

use crate::fit::{Words, check_fit, check_sup};

const MEANS: [f64; 13] =
    [0.01, 0.3, 1.0, 5.0, 30.0, 63.9, 64.0, 200.0, 1e4, 65_536.0, 1e5, 1e6, 1e7];

/// A name, and a function that draws a count from 64 bits.
type Sampler = (&'static str, Box<dyn Fn(u64) -> u64>);

/// Inversion and, for means that have one, the table.
fn samplers(mean: f64) -> Vec<Sampler> {
    let mut samplers: Vec<Sampler> =
        vec![("invert", Box::new(move |bits| poisson::invert(bits, mean)))];
    if mean <= MAX_TABLE_MEAN {
        let table = Table::new(mean);
        samplers.push(("table", Box::new(move |bits| draw(&table, bits))));
    }
    samplers
}

fn draw(table: &Table, bits: u64) -> u64 {
    table.draw((bits >> 48) as u16, || bits & (u64::MAX >> 16))
}

/// P(count = k), from a first k on, for all k with a relevant probability.
fn poisson_mass(mean: f64) -> (u64, Vec<f64>) {
    let reach = 9.0 * mean.sqrt() + 20.0;
    let first = (mean - reach).max(0.0) as u64;
    let last = (mean + reach) as u64;
    let p = |k: u64| exp(k as f64 * ln(mean) - mean - ln_gamma(k as f64 + 1.0));
    (first, (first..=last).map(p).collect())
}

/// Evenly spaced numbers must give the cumulative counts of the distribution, to
/// within one at each k.
#[test]
fn poisson_counts_of_evenly_spaced_numbers() {
    const N: u64 = 20_000;
    for mean in MEANS {
        let (first, mass) = poisson_mass(mean);
        for (name, sampler) in samplers(mean) {
            let mut counted = vec![0u64; mass.len()];
            for i in 0..N {
                let bits = (u128::from(2 * i + 1) * (1 << 63) / u128::from(N)) as u64;
                counted[(sampler(bits) - first) as usize] += 1;
            }
            let (mut expected, mut found) = (0.0, 0);
            for (k, (p, count)) in mass.iter().zip(&counted).enumerate() {
                expected += p * N as f64;
                found += count;
                let off = (found as f64 - expected).abs();
                assert!(off <= 1.0, "{name}, mean {mean}: {off} off at {}", first + k as u64);
            }
        }
    }
}

/// 26 checks, each failing by chance once in 10⁵.
#[test]
fn poisson_counts_fit() {
    let mut words = Words::new(1);
    for mean in MEANS {
        let (first, mass) = poisson_mass(mean);
        for (name, sampler) in samplers(mean) {
            let mut counted = vec![0; mass.len()];
            for _ in 0..50_000 {
                counted[(sampler(words.next()) - first) as usize] += 1;
            }
            check_fit(&format!("{name}, mean {mean}"), &counted, &mass);
        }
    }
}

/// Up to tails of 2⁻⁴⁰ on both sides.
#[test]
fn table_and_inversion_agree() {
    let mut words = Words::new(2);
    for mean in MEANS.into_iter().filter(|mean| *mean <= MAX_TABLE_MEAN) {
        let table = Table::new(mean);
        for i in 0..20_000 {
            let (bits, tail) = (words.next(), (words.next() >> 24 >> (i % 40)) | 1);
            for bits in [bits, tail << 24, !(tail << 24)] {
                assert_eq!(
                    draw(&table, bits),
                    poisson::invert(bits, mean),
                    "mean {mean}, bits {bits:#x}"
                );
            }
        }
    }
}

#[test]
fn the_first_and_the_last_number_give_far_but_finite_counts() {
    for mean in MEANS.into_iter().chain([1e-12, 1e8, 1e12]) {
        for (name, sampler) in samplers(mean) {
            let reach = 12.0 * mean.sqrt() + 30.0;
            for bits in [0, 1, u64::MAX - 1, u64::MAX] {
                let off = (sampler(bits) as f64 - mean).abs();
                assert!(off <= reach, "{name}, mean {mean}, bits {bits:#x}: {off} off");
            }
        }
    }
}

#[test]
fn poisson_counts_rise_with_the_bits() {
    let mut words = Words::new(3);
    for mean in MEANS {
        for (name, sampler) in samplers(mean) {
            let mut bits: Vec<u64> = (0..5_000).map(|_| words.next()).collect();
            bits.sort_unstable();
            assert!(bits.is_sorted_by_key(|bits| sampler(*bits)), "{name}, mean {mean}");
        }
    }
}

/// Across the changes of method, at a mean of 64 and at the largest table.
#[test]
fn poisson_counts_rise_with_the_mean() {
    let mut words = Words::new(4);
    for (from, to) in [(0.001, 1.0), (1.0, 64.0), (63.0, 65.0), (64.0, 1e4), (65_000.0, 66_000.0)] {
        let means: Vec<f64> = (0..=40).map(|i| from + (to - from) * f64::from(i) / 40.0).collect();
        let samplers: Vec<_> = means.iter().flat_map(|mean| samplers(*mean).pop()).collect();
        for _ in 0..200 {
            let bits = words.next();
            assert!(samplers.is_sorted_by_key(|(_, sampler)| sampler(bits)), "{from}..{to}");
        }
    }
}

/// mean, k, P(count ≤ k), P(count > k), by mpmath with 40 digits: the regularized
/// incomplete gamma function, and sums of probabilities from 65,536 on; up to ±8
/// standard deviations.
const CUMULATIVE: [(f64, u64, f64, f64); 36] = [
    (64.0, 57, 0.2102299673486749, 0.7897700326513251),
    (64.0, 60, 0.3370556882011969, 0.6629443117988031),
    (64.0, 63, 0.4833760124961735, 0.5166239875038265),
    (64.0, 64, 0.5331789083173655, 0.4668210916826345),
    (64.0, 69, 0.7575896160347773, 0.24241038396522277),
    (200.0, 180, 0.0822289048366097, 0.9177710951633903),
    (200.0, 190, 0.2529325922993208, 0.7470674077006791),
    (200.0, 200, 0.5187943096786845, 0.4812056903213155),
    (200.0, 219, 0.9144883840371923, 0.08551161596280768),
    (1000.0, 900, 0.0006977673277963068, 0.9993022326722036),
    (1000.0, 950, 0.05783629295532321, 0.9421637070446768),
    (1000.0, 1_000, 0.508409367168506, 0.491590632831494),
    (1000.0, 1_099, 0.9990373695941335, 0.0009626304058665572),
    (10000.0, 9_200, 2.668737397397166e-16, 0.9999999999999998),
    (10000.0, 9_600, 2.905280157176168e-05, 0.9999709471984283),
    (10000.0, 10_000, 0.5026595812190077, 0.4973404187809924),
    (10000.0, 10_400, 0.9999655943430839, 3.4405656916171295e-05),
    (10000.0, 10_800, 0.9999999999999987, 1.358540341765306e-15),
    (65536.0, 63_488, 4.506962618997809e-16, 0.9999999999999996),
    (65536.0, 64_512, 3.0634552652651464e-05, 0.9999693654473474),
    (65536.0, 65_536, 0.5010389101629455, 0.49896108983705445),
    (65536.0, 66_560, 0.9999672743711623, 3.2725628837755274e-05),
    (65536.0, 67_584, 0.9999999999999991, 8.501908246207181e-16),
    (1000000.0, 992_000, 5.733829743574131e-16, 0.9999999999999994),
    (1000000.0, 996_000, 3.1404161488952086e-05, 0.999968595838511),
    (1000000.0, 1_000_000, 0.5002659614862837, 0.49973403851371634),
    (1000000.0, 1_004_000, 0.9999680605179619, 3.193948203810724e-05),
    (1000000.0, 1_008_000, 0.9999999999999993, 6.745085356688138e-16),
    (10000000.0, 9_974_702, 6.06648104582263e-16, 0.9999999999999994),
    (10000000.0, 10_000_000, 0.500084104416326, 0.499915895583674),
    (10000000.0, 10_025_298, 0.9999999999999993, 6.386213036100187e-16),
    (100000000.0, 99_920_000, 6.170622376479706e-16, 0.9999999999999993),
    (100000000.0, 99_960_000, 3.164448158745362e-05, 0.9999683555184126),
    (100000000.0, 100_000_000, 0.5000265961519927, 0.4999734038480072),
    (100000000.0, 100_040_000, 0.9999683019863226, 3.169801367740567e-05),
    (100000000.0, 100_080_000, 0.9999999999999993, 6.271668599439847e-16),
];

#[test]
fn cumulative_probabilities() {
    for (mean, k, cumulative, survival) in CUMULATIVE {
        // The tail is about exp(−x²/2), so its error is x² times the rounding of
        // the logarithm.
        check_close(poisson::cumulative(k, mean), cumulative, mean, k);
        check_close(poisson::survival(k, mean), survival, mean, k);
    }
}

#[track_caller]
fn check_close(found: f64, expected: f64, mean: f64, k: u64) {
    let off = (found / expected - 1.0).abs();
    assert!(off < 1e-13, "mean {mean}, k {k}: {found} for {expected}, off by {off:e}");
}

/// n and p: few and many trials, rare and common successes, all methods: a word for 8,
/// 16, 32 and 64 trials and for 128, inversion, and rejection with factorials from a
/// table and by Stirling's formula.
const BINOMIALS: [(u64, f64); 27] = [
    (1, 0.3),
    (2, 0.5),
    (7, 0.9),
    (8, 0.01),
    (9, 0.47),
    (16, 0.2),
    (19, 0.5),
    (32, 0.73),
    (33, 0.1),
    (64, 0.49),
    (65, 0.5),
    (100, 0.01),
    (100, 0.35),
    (128, 0.999),
    (128, 0.47),
    (129, 0.47),
    (129, 0.06),
    (220, 0.5),
    (1_000, 0.999),
    (10_000, 0.0005),
    (10_000, 0.7),
    (16_383, 0.01),
    (16_384, 0.01),
    (1_000_000, 0.000_02),
    (1_000_000, 0.5),
    (100_000_000, 1e-7),
    (100_000_000, 0.25),
];

/// 27 checks, each failing by chance once in 10⁵.
#[test]
fn binomial_counts_fit() {
    let mut words = Words::new(5);
    for (n, p) in BINOMIALS {
        let (first, mass) = binomial_mass(n, p);
        let mut counted = vec![0; mass.len()];
        let chance = Chance::new(p);
        for _ in 0..50_000 {
            let k = chance.draw(n, || words.next());
            assert!(k <= n);
            counted[(k - first) as usize] += 1;
        }
        check_fit(&format!("n {n}, p {p}"), &counted, &mass);
    }
}

fn binomial_mass(n: u64, p: f64) -> (u64, Vec<f64>) {
    let trials = n as f64;
    let reach = 9.0 * (trials * p * (1.0 - p)).sqrt() + 20.0;
    let first = (trials * p - reach).max(0.0) as u64;
    let last = ((trials * p + reach) as u64).min(n);
    // From the mode outwards, because logarithms of factorials of 10⁸ are not
    // precise enough.
    let mode = ((trials + 1.0) * p).floor().min(trials);
    let odds = p / (1.0 - p);
    let start = (mode as u64 - first) as usize;
    let mut mass = vec![1.0; (last - first + 1) as usize];
    for i in start + 1..mass.len() {
        let k = (first + i as u64) as f64;
        mass[i] = mass[i - 1] * odds * (trials - k + 1.0) / k;
    }
    for i in (0..start).rev() {
        let k = (first + i as u64) as f64;
        mass[i] = mass[i + 1] * (k + 1.0) / (odds * (trials - k));
    }
    let total: f64 = mass.iter().sum();
    (first, mass.iter().map(|m| m / total).collect())
}

#[test]
fn certain_counts_are_not_drawn() {
    for (n, p, expected) in [(0, 0.5, 0), (5, 0.0, 0), (5, 1.0, 5), (1 << 50, 1.0, 1 << 50)] {
        let drawn = Chance::new(p).draw(n, || unreachable!("a word was taken"));
        assert_eq!(drawn, expected);
    }
}

/// Kolmogorov's distance, mean and variance; each fails by chance once in 10⁵ or
/// less.
#[test]
fn gamma_factors_fit() {
    const N: usize = 50_000;
    let mut words = Words::new(6);
    for variation in [0.1, 0.5, 1.0, 1.5, 2.0] {
        let factor = Factor::new(variation).unwrap();
        let mut drawn: Vec<f64> = (0..N).map(|_| factor.draw(|| words.next())).collect();
        drawn.sort_by(f64::total_cmp);
        let shape = 1.0 / (variation * variation);
        check_sup(
            &format!("variation {variation}"),
            N,
            drawn.iter().enumerate().map(|(i, x)| (i as f64 + 0.5, gamma_below(shape, x * shape))),
        );
        let n = N as f64;
        let mean = drawn.iter().sum::<f64>() / n;
        let variance = drawn.iter().map(|x| (x - 1.0) * (x - 1.0)).sum::<f64>() / n;
        let truth = variation * variation;
        let mean_error = variation / n.sqrt();
        // The error of the mean square about the known mean; the kurtosis is 3 +
        // 6/shape.
        let variance_error = truth * ((2.0 + 6.0 / shape) / n).sqrt();
        assert!((mean - 1.0).abs() < 4.5 * mean_error, "variation {variation}: mean {mean}");
        assert!(
            (variance - truth).abs() < 6.0 * variance_error,
            "variation {variation}: variance {variance}"
        );
    }
    assert!(Factor::new(0.0).is_none());
}

/// The regularized lower incomplete gamma function by its series.
fn gamma_below(shape: f64, x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    let mut n = shape;
    while term > 1e-17 * sum {
        n += 1.0;
        term *= x / n;
        sum += term;
    }
    sum * exp(shape * ln(x) - x - ln_gamma(shape + 1.0))
}
