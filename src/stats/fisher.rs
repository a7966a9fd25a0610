//! Fisher's exact test of two error rates, for one look.

use crate::math;
use crate::stats::special::ln_binomial;

/// The p-values of Fisher's test against "the canary is not worse".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FisherTest {
    /// P(H ≥ x_c): never too small on average, usually a good deal too large.
    pub p_value: f64,
    /// P(H > x_c) + ½ P(H = x_c): close to its nominal level, but may exceed it.
    pub mid_p_value: f64,
}

/// Given how many errors there were in all, how likely is it that at least so
/// many fell on the canary by chance? H ~ Hypergeometric(n_c + n_b requests,
/// x_c + x_b errors, n_c draws).
///
/// Errors at most requests, requests below 2⁵². An arm without requests, or no
/// errors at all: p-value 1.
///
/// The probability of x_c is taken in Loader's form, the others follow from it
/// by their ratio, away from the mode until they vanish: about 8 standard
/// deviations of terms at most (10⁴ of them for a million errors). Relative
/// error below (2 + |ln p|)·1e-15 for up to 10⁶ errors; 0 below 1e-308. So
/// where p equals a level exactly, as 1 error of 100 against 0 of 9,900 has
/// p = 0.01, rounding decides on which side it falls: compare with a margin.
///
/// Source: R. A. Fisher, "The Logic of Inductive Inference", JRSS 98 (1935).
pub fn fisher_test(
    canary_errors: u64,
    canary_requests: u64,
    baseline_errors: u64,
    baseline_requests: u64,
) -> FisherTest {
    let table = Table {
        canary: canary_requests as f64,
        baseline: baseline_requests as f64,
        errors: (canary_errors + baseline_errors) as f64,
    };
    let product = |a: u64, b: u64| i128::from(a) * i128::from(b);
    // Canary errors beyond their share, times all requests: an exact integer.
    let beyond =
        product(canary_errors, baseline_requests) - product(baseline_errors, canary_requests);
    let observed = canary_errors as f64;
    let point = table.probability(observed, beyond as f64 / table.all());
    let p_value = if observed <= table.least() {
        1.0
    } else if observed > table.mode() {
        point * table.sum_upward(observed)
    } else {
        1.0 - point * (table.sum_downward(observed) - 1.0)
    };
    FisherTest { p_value: p_value.min(1.0), mid_p_value: p_value.min(1.0) - 0.5 * point }
}

/// The margins of the table of errors and successes by arm.
struct Table {
    canary: f64,
    baseline: f64,
    errors: f64,
}

impl Table {
    /// All requests.
    fn all(&self) -> f64 {
        self.canary + self.baseline
    }

    /// The fewest errors the canary can have.
    fn least(&self) -> f64 {
        (self.errors - self.baseline).max(0.0)
    }

    /// The number of canary errors from which on probabilities fall.
    fn mode(&self) -> f64 {
        ((self.errors + 1.0) * ((self.canary + 1.0) / (self.all() + 2.0))).floor()
    }

    /// P(H = k + 1) / P(H = k).
    fn ratio(&self, k: f64) -> f64 {
        let up = (self.errors - k) * (self.canary - k);
        up / ((k + 1.0) * (self.baseline - self.errors + k + 1.0))
    }

    /// P(H ≥ k) / P(H = k), for k above the mode.
    fn sum_upward(&self, k: f64) -> f64 {
        let (mut sum, mut term, mut k) = (1.0, 1.0, k);
        while term > f64::EPSILON * 1e-3 * sum {
            term *= self.ratio(k);
            sum += term;
            k += 1.0;
        }
        sum
    }

    /// P(H ≤ k) / P(H = k), for k at or below the mode.
    fn sum_downward(&self, k: f64) -> f64 {
        let (mut sum, mut term, mut k) = (1.0, 1.0, k);
        while term > f64::EPSILON * 1e-3 * sum && k > self.least() {
            k -= 1.0;
            term /= self.ratio(k);
            sum += term;
        }
        sum
    }

    /// P(H = k), where `excess` is k less its mean, by way of three binomial
    /// probabilities with p = errors/all.
    fn probability(&self, k: f64, excess: f64) -> f64 {
        let all = self.all();
        let certain = self.errors == 0.0 || self.errors == all;
        if certain || self.canary == 0.0 || self.baseline == 0.0 {
            return 1.0;
        }
        let rates = (self.errors / all, (all - self.errors) / all);
        let arms = ln_binomial(k, self.canary, rates, excess)
            + ln_binomial(self.errors - k, self.baseline, rates, -excess);
        math::exp(arms - ln_binomial(self.errors, all, rates, 0.0))
    }
}
