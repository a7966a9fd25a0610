#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::math;
use canary_rollout::stats::eprocess::{Bet, Bets, Evidence, MAX_BETS, anytime_p_value};
use canary_rollout::stats::special::binomial_pmf;
use serde::Deserialize;

use super::{check_near, check_relative, table};

const WORSE: [f64; 8] = [1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0, 20.0];
const BETTER: [f64; 5] = [0.25, 0.5, 0.75, 1.0, 1.25];

fn equal_bets(against: f64, ratios: &[f64]) -> Bets {
    let bets: Vec<Bet> = ratios.iter().map(|&ratio| Bet { ratio, stake: 1.0 }).collect();
    Bets::new(against, &bets).expect("bets on one side")
}

fn all_at_once(bets: &Bets) -> Evidence {
    let mut evidence = bets.evidence(1);
    evidence.open(bets);
    evidence
}

/// Canary errors, baseline errors, weight.
type Tick = (u64, u64, f64);

fn watch(bets: &Bets, ticks: &[Tick]) -> Evidence {
    let mut evidence = all_at_once(bets);
    for &(canary, baseline, weight) in ticks {
        evidence.observe(&bets.step(weight), canary, baseline);
    }
    evidence
}

#[derive(Deserialize)]
struct Row {
    name: String,
    ticks: Vec<Tick>,
    worse_than_1: f64,
    worse_than_1_1: f64,
    better_than_2: f64,
    better_than_1_5: f64,
}

/// 50-digit values, for the rule that rolls back and for the certificate.
#[test]
fn evidence_is_the_50_digit_value() {
    for row in table::<Row>("eprocess") {
        for (against, ratios, expected) in [
            (1.0, &WORSE[..], row.worse_than_1),
            (1.1, &WORSE, row.worse_than_1_1),
            (2.0, &BETTER, row.better_than_2),
            (1.5, &BETTER, row.better_than_1_5),
        ] {
            let found = watch(&equal_bets(against, ratios), &row.ticks).ln_value();
            let what = format!("{} against {against}", row.name);
            check_near(&what, found, expected, 1e-14 * (1.0 + 100.0 * expected.abs()));
        }
    }
}

#[test]
fn without_a_baseline_evidence_does_not_change() {
    for bets in [equal_bets(1.0, &WORSE), equal_bets(2.0, &BETTER)] {
        let before = watch(&bets, &[(3, 20, 0.1)]);
        let mut after = before;
        after.observe(&bets.step(1.0), 1_000_000, 0);
        after.observe(&bets.step(0.0), 0, 1_000_000);
        assert_eq!(after, before);
    }
}

/// Ticks of one weight may be added together and in any order.
#[test]
fn only_the_sums_by_weight_count() {
    let bets = equal_bets(1.0, &WORSE);
    let apart = watch(&bets, &[(1, 9, 0.1), (4, 3, 0.5), (2, 31, 0.1)]).ln_value();
    let together = watch(&bets, &[(4, 3, 0.5), (3, 40, 0.1)]).ln_value();
    check_near("ln E", apart, together, 1e-13);
}

/// E = (r/r₀)^x (…)^m by hand: at w = ½, r = 3 against 1, a canary error multiplies
/// by 3/2 and a baseline error by 1/2.
#[test]
fn one_bet_by_hand() {
    let bets = equal_bets(1.0, &[3.0]);
    check_near("canary", watch(&bets, &[(1, 0, 0.5)]).ln_value(), math::ln(1.5), 1e-15);
    check_near("baseline", watch(&bets, &[(0, 1, 0.5)]).ln_value(), math::ln(0.5), 1e-15);
    // Against 1.5: (3/1.5)·((½ + 0.75)/(½ + 1.5)) = 1.25, and 0.625.
    let bets = equal_bets(1.5, &[3.0]);
    check_near("canary", watch(&bets, &[(1, 0, 0.5)]).ln_value(), math::ln(1.25), 1e-15);
    check_near("baseline", watch(&bets, &[(0, 1, 0.5)]).ln_value(), math::ln(0.625), 1e-15);
    // Stakes 1 and 3 on ratios 3 and 2: ¼·3/2 + ¾·4/3 = 1.375.
    let unequal =
        Bets::new(1.0, &[Bet { ratio: 3.0, stake: 1.0 }, Bet { ratio: 2.0, stake: 3.0 }]).unwrap();
    check_near("stakes", watch(&unequal, &[(1, 0, 0.5)]).ln_value(), math::ln(1.375), 1e-15);
}

#[test]
fn bets_that_make_no_test_are_refused() {
    let bet = |ratio, stake| Bet { ratio, stake };
    for (against, bets) in [
        (1.0, vec![]),
        (1.0, vec![bet(0.5, 1.0), bet(2.0, 1.0)]),
        (1.0, vec![bet(1.0, 1.0)]),
        (1.0, vec![bet(2.0, 1.0), bet(1.0, 1.0)]),
        (1.0, vec![bet(2.0, 0.0)]),
        (1.0, vec![bet(2.0, -1.0), bet(3.0, 2.0)]),
        (1.0, vec![bet(f64::INFINITY, 1.0)]),
        (1.0, vec![bet(f64::NAN, 1.0)]),
        (1.0, vec![bet(2.0, f64::INFINITY)]),
        (1.0, vec![bet(2.0, f64::NAN)]),
        (1.0, vec![bet(0.0, 1.0)]),
        (0.0, vec![bet(2.0, 1.0)]),
        (f64::NAN, vec![bet(2.0, 1.0)]),
        (1.0, vec![bet(2.0, 1.0); MAX_BETS + 1]),
    ] {
        assert_eq!(Bets::new(against, &bets), None, "{bets:?} against {against}");
    }
    assert!(Bets::new(1.0, &vec![bet(2.0, 1.0); MAX_BETS]).is_some());
}

/// Small whole numbers from a fixed sequence: Knuth's generator, MMIX.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.below(1 << 20) as f64 / f64::from(1 << 20)
    }
}

/// Parts opened at the start of stages, compared with the recursion A ← L·(A + π)
/// without logarithms.
#[test]
fn bets_opened_stage_by_stage_follow_their_recursion() {
    let bets = equal_bets(1.0, &WORSE);
    let stages = 4;
    let mut numbers = Numbers(1);
    let mut evidence = bets.evidence(stages);
    let mut wealth = [0.0; WORSE.len()];
    let mut unspent = 1.0;
    assert_eq!(evidence.ln_value(), 0.0, "nothing is risked yet");
    for (stage, weight) in [0.01, 0.05, 0.25, 0.5].into_iter().enumerate() {
        evidence.open(&bets);
        unspent -= 0.25;
        wealth = wealth.map(|a| a + 0.25 / WORSE.len() as f64);
        let step = bets.step(weight);
        for _ in 0..10 {
            let (canary, baseline) = (numbers.below(5), numbers.below(20));
            evidence.observe(&step, canary, baseline);
            for (a, r) in wealth.iter_mut().zip(WORSE) {
                let grow = canary as f64 * math::ln(r)
                    - (canary + baseline) as f64 * math::ln(1.0 - weight + weight * r);
                *a *= math::exp(grow);
            }
            let expected = math::ln(wealth.iter().sum::<f64>() + unspent);
            check_near(&format!("stage {stage}"), evidence.ln_value(), expected, 1e-12);
        }
    }
    let before = evidence;
    evidence.open(&bets);
    assert_eq!(evidence, before, "all parts are placed");
}

/// The bet of the first stage is lost by the end of the stage; one opened later
/// keeps its stake.
#[test]
fn a_late_regression_meets_a_fresh_bet() {
    let bets = equal_bets(1.0, &WORSE);
    let (healthy, bad) = ((10, 990, 0.01), (400, 300, 0.5));
    let plain = watch(&bets, &[healthy; 20]);
    let mut spread = bets.evidence(2);
    spread.open(&bets);
    for _ in 0..20 {
        spread.observe(&bets.step(healthy.2), healthy.0, healthy.1);
    }
    check_near("half is kept", spread.ln_value(), math::ln(0.5), 1e-3);
    spread.open(&bets);
    let mut plain = plain;
    plain.observe(&bets.step(bad.2), bad.0, bad.1);
    spread.observe(&bets.step(bad.2), bad.0, bad.1);
    assert!(spread.ln_value() > plain.ln_value(), "{spread:?} {plain:?}");
}

#[test]
fn evidence_neither_overflows_nor_forgets() {
    let bets = equal_bets(1.0, &WORSE);
    let mut evidence = bets.evidence(3);
    evidence.open(&bets);
    evidence.observe(&bets.step(0.01), 100_000_000, 0);
    let grown = evidence.ln_value();
    assert!(grown > 1e8 && grown.is_finite());
    evidence.open(&bets);
    check_relative("a fresh part does not show", evidence.ln_value(), grown, 1e-15);
    evidence.observe(&bets.step(0.01), 0, 100_000_000_000);
    check_near("a third is unspent", evidence.ln_value(), math::ln(1.0 / 3.0), 1e-12);
    evidence.open(&bets);
    check_near("and now risked", evidence.ln_value(), math::ln(1.0 / 3.0), 1e-12);
    evidence.observe(&bets.step(0.5), 0, 1_000_000_000);
    let lost = evidence.ln_value();
    assert!(lost < -1e7 && lost.is_finite());
}

/// The shortcut is exact: at the limit, one bit above it, and everywhere between
/// the bounds that it uses.
#[test]
fn reaches_is_ln_value_compared() {
    let mut numbers = Numbers(2);
    for count in [1, 3, 4, 5, 8, 9, 16] {
        let bets: Vec<Bet> = (0..count)
            .map(|_| Bet { ratio: numbers.between(1.01, 9.0), stake: numbers.between(0.1, 1.0) })
            .collect();
        let bets = Bets::new(1.0, &bets).unwrap();
        for openings in [1, 3] {
            let mut evidence = bets.evidence(openings);
            for tick in 0..200 {
                if tick % 40 == 0 {
                    evidence.open(&bets);
                }
                let weight = numbers.between(0.01, 0.9);
                evidence.observe(&bets.step(weight), numbers.below(4), numbers.below(6));
                let exact = evidence.ln_value();
                let beside = [0.0, 1e-13, 1e-12, 1e-6, 0.1, 1.0, 2.0, 2.8, 3.0, 50.0];
                let limits = beside.into_iter().flat_map(|d| [exact - d, exact + d]);
                for limit in limits.chain([exact.next_up(), exact.next_down()]) {
                    let what = format!("{count} bets, ln E {exact}, limit {limit}");
                    assert_eq!(evidence.reaches(limit), exact >= limit, "{what}");
                }
            }
        }
    }
    // With equal parts, ln E is as far above each as possible. With one bet and two
    // openings, the unspent half is such a part.
    for (count, openings) in [(1, 1), (2, 1), (8, 1), (16, 1), (1, 2)] {
        let bets = equal_bets(1.0, &vec![2.0; count]);
        let mut evidence = bets.evidence(openings);
        evidence.open(&bets);
        assert!(evidence.reaches(evidence.ln_value()));
        assert!(!evidence.reaches(evidence.ln_value().next_up()));
    }
}

#[test]
fn the_anytime_p_value_is_one_by_the_highest_evidence() {
    assert_eq!(anytime_p_value(-5.0), 1.0);
    assert_eq!(anytime_p_value(0.0), 1.0);
    check_relative("1/20", anytime_p_value(math::ln(20.0)), 0.05, 1e-15);
    assert_eq!(anytime_p_value(1e6), 0.0);
}

/// E of exp(ln E after the tick − ln E before), by summing over all outcomes of
/// two binomial counts.
fn expected_growth(
    before: &Evidence,
    bets: &Bets,
    requests: (u64, u64),
    error_rates: (f64, f64),
) -> f64 {
    let step = bets.step(requests.0 as f64 / (requests.0 + requests.1) as f64);
    let mut mean = 0.0;
    for canary in 0..=requests.0 {
        let likely = binomial_pmf(canary, requests.0, error_rates.0);
        for baseline in 0..=requests.1 {
            let mut after = *before;
            after.observe(&step, canary, baseline);
            let growth = math::exp(after.ln_value() - before.ln_value());
            mean += likely * binomial_pmf(baseline, requests.1, error_rates.1) * growth;
        }
    }
    mean
}

/// The lemma behind the guarantee: from any state, E is not expected to grow while
/// p_c ≤ r₀·p_b (for the certificate: ≥), for any p_b and any share of requests.
#[test]
fn evidence_is_not_expected_to_grow_under_the_hypothesis() {
    let mut numbers = Numbers(3);
    for round in 0..150 {
        let against = numbers.between(0.5, 2.0);
        let worse = round % 2 == 0;
        let ratios: Vec<f64> = (0..1 + numbers.below(8))
            .map(|_| {
                against
                    * if worse { numbers.between(1.05, 20.0) } else { numbers.between(0.05, 0.95) }
            })
            .collect();
        let bets = equal_bets(against, &ratios);
        let mut before = bets.evidence(3);
        for _ in 0..=numbers.below(3) {
            before.open(&bets);
            before.observe(&bets.step(0.2), numbers.below(4), numbers.below(12));
        }
        let requests = (1 + numbers.below(25), 1 + numbers.below(25));
        let baseline = numbers.between(0.0, 0.45);
        let beside = if round % 3 == 0 { 1.0 } else { numbers.between(0.0, 1.0) };
        let canary = against * baseline * if worse { beside } else { 2.0 - beside };
        let what =
            format!("round {round}: {canary} and {baseline}, against {against}, {requests:?}");
        let growth = expected_growth(&before, &bets, requests, (canary.min(1.0), baseline));
        if canary <= 1.0 {
            assert!(growth <= 1.0 + 1e-12, "{what}: {growth}");
        }
    }
}

/// The same sums where the hypothesis is false: there E is expected to grow.
#[test]
fn evidence_is_expected_to_grow_where_the_canary_is_worse() {
    let bets = equal_bets(1.2, &[1.5, 2.0, 3.0]);
    let growth = expected_growth(&all_at_once(&bets), &bets, (20, 20), (0.2, 0.1));
    assert!(growth > 1.1, "{growth}");
    let bets = equal_bets(1.5, &BETTER);
    let growth = expected_growth(&all_at_once(&bets), &bets, (20, 20), (0.1, 0.1));
    assert!(growth > 1.1, "{growth}");
}

/// With Poisson counts and p_c = r₀·p_b exactly, E is a martingale.
#[test]
fn poisson_counts_at_the_limit_leave_the_evidence_fair() {
    for (against, weight, mean) in [(1.0, 0.05, 8.0), (1.0, 0.5, 3.0), (1.3, 0.25, 5.0)] {
        let bets = equal_bets(against, &WORSE.map(|r| r * against));
        let step = bets.step(weight);
        let (canary_mean, baseline_mean) = (mean * weight * against, mean * (1.0 - weight));
        let mut expected = 0.0;
        for canary in 0..80 {
            for baseline in 0..80 {
                let mut evidence = all_at_once(&bets);
                evidence.observe(&step, canary, baseline);
                let likely =
                    poisson_pmf(canary, canary_mean) * poisson_pmf(baseline, baseline_mean);
                expected += likely * math::exp(evidence.ln_value());
            }
        }
        check_near(&format!("against {against} at {weight}"), expected, 1.0, 1e-12);
    }
}

fn poisson_pmf(k: u64, mean: f64) -> f64 {
    math::exp(k as f64 * math::ln(mean) - mean - math::ln_gamma(k as f64 + 1.0))
}

/// The exact distribution of the rule "reject when E reaches 20" over errors that
/// come one at a time. `told` is called for each n with P(rejected by n) and the
/// mean number of errors seen by then.
fn exact_law(weight: f64, ratio: f64, errors: u64, mut told: impl FnMut(u64, f64, f64)) {
    let bets = equal_bets(1.0, &WORSE);
    let (fresh, step) = (all_at_once(&bets), bets.step(weight));
    let limit = math::ln(20.0);
    let on_canary = weight * ratio / (weight * ratio + 1.0 - weight);
    // alive[s]: not rejected so far, s of the errors on the canary.
    let mut alive = vec![1.0];
    let (mut rejected, mut seen) = (0.0, 0.0);
    for n in 1..=errors {
        seen += alive.iter().sum::<f64>();
        alive.push(0.0);
        for s in (0..alive.len()).rev() {
            let from_fewer = if s > 0 { alive[s - 1] * on_canary } else { 0.0 };
            alive[s] = alive[s] * (1.0 - on_canary) + from_fewer;
        }
        // More errors on the canary are more evidence, so paths are rejected from
        // the top.
        while let Some(&probability) = alive.last() {
            let mut evidence = fresh;
            evidence.observe(&step, alive.len() as u64 - 1, n - (alive.len() as u64 - 1));
            if !evidence.reaches(limit) {
                break;
            }
            rejected += probability;
            alive.pop();
        }
        told(n, rejected, seen);
    }
}

#[derive(Deserialize)]
struct Exact {
    weight: f64,
    errors: u64,
    ratio: f64,
    p_reject: f64,
    mean_errors: f64,
    mean_canary_errors: f64,
}

/// Level and power of the rule, and how many errors it takes, without simulation.
#[test]
fn the_exact_law_of_the_rule() {
    for row in table::<Exact>("eprocess_exact") {
        let (mut rejected, mut seen) = (0.0, 0.0);
        exact_law(row.weight, row.ratio, row.errors, |_, p, mean| (rejected, seen) = (p, mean));
        let what = format!("weight {}, ratio {}", row.weight, row.ratio);
        check_near(&what, rejected, row.p_reject, 1e-11);
        check_relative(&what, seen, row.mean_errors, 1e-11);
        let on_canary = row.weight * row.ratio / (row.weight * row.ratio + 1.0 - row.weight);
        check_relative(&what, seen * on_canary, row.mean_canary_errors, 1e-11);
        if row.ratio == 1.0 {
            assert!(rejected <= 0.05, "{what}: Ville's inequality");
        }
    }
}

#[derive(Deserialize)]
struct Curve {
    weight: f64,
    ratio: f64,
    points: Vec<(u64, f64)>,
}

#[test]
fn the_exact_law_over_time() {
    for Curve { weight, ratio, points } in table("eprocess_curve") {
        let last = points.last().unwrap().0;
        exact_law(weight, ratio, last, |n, rejected, _| {
            if let Some((_, expected)) = points.iter().find(|point| point.0 == n) {
                check_near(&format!("ratio {ratio} by {n} errors"), rejected, *expected, 1e-11);
            }
        });
    }
}

/// A Poisson count by inversion of one number.
fn poisson(numbers: &mut Numbers, mean: f64) -> u64 {
    let mut left = numbers.below(1 << 31) as f64 / f64::from(1_u32 << 31);
    let (mut k, mut probability) = (0, math::exp(-mean));
    while left >= probability && k < 1_000 {
        left -= probability;
        k += 1;
        probability *= mean / k as f64;
    }
    k
}

#[derive(Deserialize)]
struct Late {
    ratio: f64,
    from_tick: u32,
    plain: f64,
    spread: f64,
}

/// The reference rollout (0.2 % of 10,000 requests a tick fail; 1, 5, 25, 50 % for
/// 10 ticks each), compared with 20,000 rollouts simulated in Python: how often E
/// reaches 20 with all bets opened at once, and with a quarter at the start of each
/// stage. 8,000 rollouts from a fixed seed and 5 standard errors of the difference:
/// with another seed this fails with probability below 1e-5.
#[test]
fn late_regressions_are_caught_as_often_as_simulated_elsewhere() {
    const ROLLOUTS: u32 = 8_000;
    let bets = equal_bets(1.0, &WORSE);
    let limit = math::ln(20.0);
    let mut numbers = Numbers(4);
    for Late { ratio, from_tick, plain, spread } in table("late_regressions") {
        let mut caught = [0.0; 2];
        for _ in 0..ROLLOUTS {
            let mut evidence = [bets.evidence(1), bets.evidence(4)];
            let mut reached = [false; 2];
            let mut tick = 0;
            for weight in [0.01, 0.05, 0.25, 0.5] {
                let step = bets.step(weight);
                evidence.iter_mut().for_each(|evidence| evidence.open(&bets));
                for _ in 0..10 {
                    let now = if tick >= from_tick { ratio } else { 1.0 };
                    let canary = poisson(&mut numbers, 20.0 * weight * now);
                    let baseline = poisson(&mut numbers, 20.0 * (1.0 - weight));
                    for (evidence, reached) in evidence.iter_mut().zip(&mut reached) {
                        evidence.observe(&step, canary, baseline);
                        *reached |= evidence.reaches(limit);
                    }
                    tick += 1;
                }
            }
            for (sum, reached) in caught.iter_mut().zip(reached) {
                *sum += f64::from(u8::from(reached)) / f64::from(ROLLOUTS);
            }
        }
        for (found, expected) in caught.into_iter().zip([plain, spread]) {
            let variance =
                expected * (1.0 - expected) * (1.0 / f64::from(ROLLOUTS) + 1.0 / 20_000.0);
            let what = format!("ratio {ratio} from tick {from_tick}");
            check_near(&what, found, expected, 5.0 * variance.sqrt());
        }
    }
}

/// P(n errors) for n below `len`: a Poisson number of clumps, `size(k)` the
/// probability of k errors in a clump. Panjer's recursion.
fn in_clumps(clumps: f64, size: impl Fn(usize) -> f64, len: usize) -> Vec<f64> {
    let mut found = vec![math::exp(-clumps)];
    for n in 1..len {
        let sum: f64 = (1..=n).map(|k| k as f64 * size(k) * found[n - k]).sum();
        found.push(clumps / n as f64 * sum);
    }
    found
}

fn geometric(mean: f64) -> impl Fn(usize) -> f64 {
    move |k| math::pow(1.0 - 1.0 / mean, (k - 1) as f64) / mean
}

/// The expected value of a stake of 1 after a tick with these errors of each arm.
fn expected_value(bets: &Bets, weight: f64, canary: &[f64], baseline: &[f64]) -> f64 {
    let step = bets.step(weight);
    let mut mean = 0.0;
    for (x, p) in (0..).zip(canary) {
        for (y, q) in (0..).zip(baseline) {
            let mut evidence = all_at_once(bets);
            evidence.observe(&step, x, y);
            mean += p * q * math::exp(evidence.ln_value());
        }
    }
    mean
}

/// Where clumps have the mean size that is allowed for, the stake is fair. It is not
/// expected to grow with smaller clumps or with clumps of one size; with larger ones it
/// is, and without the allowance much more. The sums have 500 terms in each direction;
/// what they leave out is below 1e-12.
#[test]
fn bets_on_clumps_are_fair_at_their_mean_size() {
    for (against, weight, errors, clump) in
        [(1.0, 0.5, 4.0, 3.0), (1.0, 0.05, 6.0, 2.0), (1.3, 0.25, 5.0, 5.0)]
    {
        let plain = equal_bets(against, &[1.25, 2.0, 6.0].map(|r| r * against));
        let bets = plain.in_clumps(clump).unwrap();
        let means = [errors * weight * against, errors * (1.0 - weight)];
        let expected = |bets: &Bets, clumps: f64, size: &dyn Fn(usize) -> f64| {
            let [canary, baseline] = means.map(|mean| in_clumps(mean / clumps, size, 500));
            expected_value(bets, weight, &canary, &baseline)
        };
        let what = format!("clumps of {clump} against {against} at {weight}");
        check_near(&what, expected(&bets, clump, &geometric(clump)), 1.0, 1e-9);
        for smaller in [1.0, 1.2, 0.5 * (1.0 + clump)] {
            let found = expected(&bets, smaller, &geometric(smaller));
            assert!(found < 1.0, "{what}, of {smaller}: {found}");
        }
        let one_size = expected(&bets, clump, &|k| f64::from(u8::from(k as f64 == clump)));
        assert!(one_size < 1.0, "{what}, all of that size: {one_size}");
        let larger = expected(&bets, 1.3 * clump, &geometric(1.3 * clump));
        assert!(larger > 1.001, "{what}, larger: {larger}");
        let ignored = expected(&plain, clump, &geometric(clump));
        assert!(ignored > larger, "{what}, ignored: {ignored}");
    }
}

/// At w = ½, r = 3 the factors are 3/2 and 1/2. In clumps of 3: 4.5/4 and 1.5/2.
#[test]
fn clumps_by_hand() {
    let bets = equal_bets(1.0, &[3.0]).in_clumps(3.0).unwrap();
    check_near("canary", watch(&bets, &[(1, 0, 0.5)]).ln_value(), math::ln(1.125), 1e-15);
    check_near("baseline", watch(&bets, &[(0, 1, 0.5)]).ln_value(), math::ln(0.75), 1e-15);
    for mean in [0.99, 0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(equal_bets(1.0, &[3.0]).in_clumps(mean), None, "{mean}");
    }
    let plain = equal_bets(1.0, &WORSE);
    assert_eq!(plain.in_clumps(1.0), Some(plain));
}

/// Errors in clumps of a geometric size.
fn clumped(numbers: &mut Numbers, errors: f64, clump: f64) -> u64 {
    let clumps = poisson(numbers, errors / clump);
    (0..clumps)
        .map(|_| {
            let mut size = 1;
            while numbers.between(0.0, 1.0) >= 1.0 / clump {
                size += 1;
            }
            size
        })
        .sum()
}

/// Healthy releases in the reference rollout, with 20 errors a tick in clumps of a mean
/// size of 4: bets on independent errors reach 20 in far more than 1 of 20 rollouts, bets
/// on clumps in fewer. 4,000 rollouts from a fixed seed; the second count exceeds its
/// bound by chance with probability below 1e-6.
#[test]
fn clumps_break_the_level_and_bets_on_clumps_keep_it() {
    const ROLLOUTS: u32 = 4_000;
    let plain = equal_bets(1.0, &WORSE);
    let bets = [plain, plain.in_clumps(4.0).unwrap()];
    let limit = math::ln(20.0);
    let mut numbers = Numbers(5);
    let mut failed = [0; 2];
    for _ in 0..ROLLOUTS {
        let mut evidence = bets.map(|bets| bets.evidence(4));
        let mut reached = [false; 2];
        for weight in [0.01, 0.05, 0.25, 0.5] {
            for (evidence, bets) in evidence.iter_mut().zip(&bets) {
                evidence.open(bets);
            }
            for _ in 0..10 {
                let canary = clumped(&mut numbers, 20.0 * weight, 4.0);
                let baseline = clumped(&mut numbers, 20.0 * (1.0 - weight), 4.0);
                for ((evidence, bets), reached) in evidence.iter_mut().zip(&bets).zip(&mut reached)
                {
                    evidence.observe(&bets.step(weight), canary, baseline);
                    *reached |= evidence.reaches(limit);
                }
            }
        }
        for (failed, reached) in failed.iter_mut().zip(reached) {
            *failed += u32::from(reached);
        }
    }
    let [ignored, kept] = failed.map(|count| f64::from(count) / f64::from(ROLLOUTS));
    assert!(ignored > 0.2, "{ignored}");
    assert!(kept < 0.05 + 4.75 * (0.05 * 0.95 / f64::from(ROLLOUTS)).sqrt(), "{kept}");
    assert!(kept > 0.001, "{kept}");
}
