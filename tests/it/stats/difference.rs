#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::math;
use canary_rollout::stats::difference::DifferenceStep;
use canary_rollout::stats::eprocess::{Bet, Bets, Evidence};

use super::{check_near, check_relative};

fn bets(ratios: &[f64], clump: f64) -> Bets {
    let bets: Vec<Bet> = ratios.iter().map(|&ratio| Bet { ratio, stake: 1.0 }).collect();
    Bets::new(1.0, &bets).unwrap().in_clumps(clump).unwrap()
}

fn open(bets: &Bets) -> Evidence {
    let mut evidence = bets.evidence(1);
    evidence.open(bets);
    evidence
}

/// The factors of a bet for a canary error, a baseline error and a canary request.
fn factors(ratio: f64, clump: f64, margin: f64, weight: f64) -> [f64; 3] {
    let bets = bets(&[ratio], clump);
    let step = DifferenceStep::new(&bets, margin, weight);
    [(1, 0, 0), (0, 1, 0), (0, 0, 1)].map(|(canary, baseline, requests)| {
        let mut evidence = open(&bets);
        step.observe(&mut evidence, canary, baseline, requests);
        math::exp(evidence.ln_value())
    })
}

/// At w = ½ and r = 3, a = 3/2, b = 1/2 and g = 1/2; a request at a margin of 0.2 costs
/// exp(−0.1). In clumps of 3: 9/8, 3/4 and exp(−0.1/3).
#[test]
fn factors_by_hand() {
    let near = |found: [f64; 3], expected: [f64; 3]| {
        for (found, expected) in found.into_iter().zip(expected) {
            check_relative("factor", found, expected, 1e-14);
        }
    };
    near(factors(3.0, 1.0, 0.2, 0.5), [1.5, 0.5, math::exp(-0.1)]);
    near(factors(3.0, 3.0, 0.2, 0.5), [1.125, 0.75, math::exp(-0.1 / 3.0)]);
}

/// Without a margin it is the evidence on the ratio.
#[test]
fn without_a_margin_it_is_the_ratio() {
    let bets = bets(&[1.25, 2.0, 10.0], 1.0);
    let (mut ratio, mut difference) = (open(&bets), open(&bets));
    for (canary, baseline, weight) in [(3, 20, 0.1), (0, 5, 0.1), (9, 4, 0.5)] {
        ratio.observe(&bets.step(weight), canary, baseline);
        let step = DifferenceStep::new(&bets, 0.0, weight);
        step.observe(&mut difference, canary, baseline, 1_000);
        check_near("ln E", difference.ln_value(), ratio.ln_value(), 1e-13);
    }
}

/// Numbers from a fixed sequence: Knuth's generator, MMIX.
struct Numbers(u64);

impl Numbers {
    fn unit(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(1_u32 << 31)
    }

    /// Evenly on a logarithmic scale.
    fn scale(&mut self, low: f64, high: f64) -> f64 {
        low * math::exp(self.unit() * math::ln(high / low))
    }
}

/// The lemma: the expected growth of a bet in a tick is at most 1 wherever the difference
/// is at most the margin, whatever the rates, the share and the bet are. 20,000 random
/// configurations, each with requests that are routed at random, a fixed split, and
/// Poisson clumps, in closed form. Beyond the margin the bets can grow.
#[test]
fn evidence_is_not_expected_to_grow_within_the_margin() {
    let mut numbers = Numbers(1);
    let mut highest = f64::NEG_INFINITY;
    let mut grown = 0;
    for round in 0..20_000 {
        let margin = if round % 5 == 0 { 0.0 } else { numbers.scale(1e-6, 0.9) };
        let baseline = match round % 7 {
            0 => 0.0,
            1 => 1.0 - margin,
            _ => numbers.scale(1e-6, 1.0) * (1.0 - margin),
        };
        // On the edge of the hypothesis, or within.
        let within = if round % 3 == 0 { numbers.unit() } else { 1.0 };
        let canary = within * (baseline + margin);
        let weight = numbers.scale(1e-4, 0.999);
        let ratio = 1.0 + numbers.scale(1e-3, 1e4);
        let [error, baseline_error, request] = factors(ratio, 1.0, margin, weight);
        let grow = |canary: f64| {
            let by_canary = request * (1.0 + canary * (error - 1.0));
            let by_baseline = 1.0 + baseline * (baseline_error - 1.0);
            let routed =
                math::ln_1p(weight * (by_canary - 1.0) + (1.0 - weight) * (by_baseline - 1.0));
            let split = weight * math::ln(by_canary) + (1.0 - weight) * math::ln(by_baseline);
            [routed, split]
        };
        let what = format!("{round}: {canary} and {baseline} + {margin}, {weight}, {ratio}");
        let [routed, split] = grow(canary);
        assert!(routed <= 1e-15 && split <= 1e-15, "{what}: {routed}, {split}");
        highest = highest.max(routed).max(split);
        let clump = numbers.scale(1.0, 100.0);
        let [error, baseline_error, request] = factors(ratio, clump, margin, weight);
        // The generating function of a clump of a mean size up to that allowed.
        let mean = 1.0 + numbers.unit() * (clump - 1.0);
        let clumped = |z: f64| z / (mean - (mean - 1.0) * z) - 1.0;
        let poisson = weight * (canary / mean * clumped(error) + math::ln(request))
            + (1.0 - weight) * baseline / mean * clumped(baseline_error);
        assert!(poisson <= 1e-12, "{what}, clumps of {mean} for {clump}: {poisson}");
        grown += u32::from(grow(1.0)[0] > 1e-9);
    }
    // The bound is reached: nothing is given away.
    assert!(highest > -1e-12, "{highest}");
    assert!(grown > 5_000, "{grown}");
}
