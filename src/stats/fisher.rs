//! Fisher's exact test of two error rates for one look, also by strata.

use crate::math;
use crate::observation::{ByArm, Counts};
use crate::stats::normal;
use crate::stats::special::ln_binomial;

/// The p-values of Fisher's test against "the canary is not worse".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FisherTest {
    /// P(H ≥ x_c): conservative, so the test never exceeds its level and usually
    /// stays well below it.
    pub p_value: f64,
    /// P(H > x_c) + ½ P(H = x_c): the test is close to its level but may exceed it.
    pub mid_p_value: f64,
}

/// The probability that the canary has at least as many errors by chance, given the
/// total number of errors: H ~ Hypergeometric(n_c + n_b requests, x_c + x_b errors,
/// n_c draws).
///
/// Errors at most requests, requests below 2⁵². An arm without requests, or no
/// errors at all: p-value 1.
///
/// P(H = x_c) is computed in Loader's form. The other probabilities follow by their
/// ratios, away from the mode until they vanish, which takes about 8 standard
/// deviations of terms. Relative error below (2 + |ln p|)·1e-15 for up to 10⁶
/// errors; 0 below 1e-308. For variances above [`SUMMED_VARIANCE`] the Edgeworth
/// series replaces the sum: relative error below 1e-8 for p above 0.001. If p
/// equals a level exactly, as for 1 error of 100 against 0 of 9,900 with p = 0.01,
/// rounding decides on which side it falls, so compare with a margin.
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
    // The canary's errors in excess of its share, times all requests: an exact
    // integer.
    let beyond =
        product(canary_errors, baseline_requests) - product(baseline_errors, canary_requests);
    let observed = canary_errors as f64;
    let point = table.probability(observed, beyond as f64 / table.all());
    let cumulants = table.cumulants();
    let p_value = if observed <= table.least() {
        1.0
    } else if cumulants.variance > SUMMED_VARIANCE {
        cumulants.at_least(observed)
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
    /// The margins of a stratum; `None` if its canary errors cannot vary.
    fn new(stratum: ByArm<Counts>) -> Option<Self> {
        let ByArm { canary: c, baseline: b } = stratum;
        let errors = c.errors + b.errors;
        let varies = c.requests > 0 && b.requests > 0 && errors > 0;
        varies.then_some(Table {
            canary: c.requests as f64,
            baseline: b.requests as f64,
            errors: errors as f64,
        })
    }

    /// All requests.
    fn all(&self) -> f64 {
        self.canary + self.baseline
    }

    /// The smallest possible number of canary errors.
    fn least(&self) -> f64 {
        (self.errors - self.baseline).max(0.0)
    }

    /// The most likely number of canary errors.
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

    /// P(H = k), where `excess` is k minus the mean, from three binomial
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

    /// Source: N. L. Johnson, A. W. Kemp and S. Kotz, "Univariate Discrete
    /// Distributions", 3rd ed., section 6.3.
    fn cumulants(&self) -> Cumulants {
        let Table { canary, baseline, errors } = *self;
        let all = canary + baseline;
        let served = all - errors;
        let mean = errors * (canary / all);
        if all < 4.0 || served == 0.0 {
            let variance =
                if all > 1.0 { mean * (served / all) * (baseline / (all - 1.0)) } else { 0.0 };
            return Cumulants { mean, variance, third: 0.0, fourth: 0.0 };
        }
        let variance = mean * (served / all) * (baseline / (all - 1.0));
        let third = variance * ((served - errors) / all) * ((baseline - canary) / (all - 2.0));
        // In terms such as n K (N−K) (N−n) / N⁴, which do not overflow.
        let (p, w) = (errors / all, canary / all);
        let (pq, wv) = (p * (served / all), w * (baseline / all));
        let inner = (1.0 + 1.0 / all) - 6.0 * pq - 6.0 * wv;
        let top = (1.0 - 1.0 / all) * inner + 6.0 * pq * wv * (5.0 - 6.0 / all);
        let excess = top / (all * pq * wv * (1.0 - 2.0 / all) * (1.0 - 3.0 / all));
        Cumulants { mean, variance, third, fourth: excess * variance * variance }
    }

    /// The distribution, from its mode outwards until the probabilities vanish.
    fn points(&self) -> Points {
        let (least, most) = (self.least(), self.errors.min(self.canary));
        let mode = self.mode().max(least).min(most);
        let (mut below, mut term, mut k) = (Vec::new(), 1.0, mode);
        while k > least && term > LEAST_PROBABILITY {
            k -= 1.0;
            term /= self.ratio(k);
            below.push(term);
        }
        let first = k;
        let mut probability: Vec<f64> = below.into_iter().rev().collect();
        probability.push(1.0);
        (term, k) = (1.0, mode);
        while k < most && term > LEAST_PROBABILITY {
            term *= self.ratio(k);
            probability.push(term);
            k += 1.0;
        }
        Points::new(first, probability)
    }
}

/// The distribution of the canary's errors in the strata added so far if the arms
/// are equal, given the requests by arm and the total errors of each stratum: a sum
/// of independent hypergeometric counts.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorLaw {
    /// The observed errors of the canary.
    observed: f64,
    cumulants: Cumulants,
    /// The exact distribution, while the variance is at most
    /// [`CONVOLVED_VARIANCE`].
    points: Option<Points>,
}

/// Up to this variance of the canary's errors, the distribution over several strata
/// is computed point by point. The time is proportional to the square root of the
/// variance for a look, and to the variance for adding a stratum. Above it, the
/// Edgeworth series is used.
pub const CONVOLVED_VARIANCE: f64 = 2.5e4;
/// The same limit for a single stratum, whose sum is shorter.
pub const SUMMED_VARIANCE: f64 = 1e6;
/// Probabilities below this are left out.
const LEAST_PROBABILITY: f64 = 1e-40;

impl ErrorLaw {
    /// The distribution without any stratum.
    pub fn none() -> Self {
        ErrorLaw {
            observed: 0.0,
            cumulants: Cumulants::default(),
            points: Some(Points { first: 0.0, probability: vec![1.0], from_here: vec![1.0] }),
        }
    }

    /// Adds a stratum. A stratum without requests of both arms has no information.
    pub fn add(&mut self, stratum: ByArm<Counts>) {
        let Some(law) = Table::new(stratum) else { return };
        self.observed += stratum.canary.errors as f64;
        self.cumulants.add(&law.cumulants());
        self.points = match self.points.take() {
            Some(points) if self.cumulants.variance <= CONVOLVED_VARIANCE => {
                Some(points.convolved(&law.points()))
            }
            _ => None,
        };
    }

    /// P(the canary has at least as many errors as observed in the strata so far
    /// and in `stratum`) if the arms are equal: Fisher's one-sided exact test by
    /// strata. 1 if no stratum has errors, or if an arm has no requests.
    ///
    /// Up to a variance of [`CONVOLVED_VARIANCE`]: relative error below 1e-10 for p
    /// above 1e-30. Above it, by the Edgeworth series: relative error below 1e-5
    /// for p above 1e-6.
    ///
    /// Sources: M. Gart, Biometrika 57 (1970), 471-475 (strata); P. McCullagh,
    /// "Tensor Methods in Statistics", 1987, section 5.2 (series).
    pub fn p_value(&self, stratum: ByArm<Counts>) -> f64 {
        let law = Table::new(stratum);
        let mut cumulants = self.cumulants;
        let mut observed = self.observed;
        if let Some(law) = &law {
            cumulants.add(&law.cumulants());
            observed += stratum.canary.errors as f64;
        }
        let p = match (&self.points, &law) {
            (Some(points), _) if cumulants.variance <= CONVOLVED_VARIANCE => {
                let here = law.map_or_else(Points::certain, |law| law.points());
                points.at_least(observed, &here)
            }
            _ => cumulants.at_least(observed),
        };
        p.clamp(0.0, 1.0)
    }
}

/// The cumulants of a count. The cumulants of a sum of independent counts are the
/// sums.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Cumulants {
    mean: f64,
    variance: f64,
    third: f64,
    fourth: f64,
}

impl Cumulants {
    fn add(&mut self, other: &Cumulants) {
        self.mean += other.mean;
        self.variance += other.variance;
        self.third += other.third;
        self.fourth += other.fourth;
    }

    /// P(X ≥ x) by the Edgeworth series at x − ½ with Sheppard's corrections,
    /// because X is a whole number. For variances well above 1.
    fn at_least(&self, x: f64) -> f64 {
        let variance = self.variance - 1.0 / 12.0;
        let sd = variance.sqrt();
        let z = (x - 0.5 - self.mean) / sd;
        let skewness = self.third / (variance * sd);
        let kurtosis = (self.fourth + 1.0 / 120.0) / (variance * variance);
        let square = z * z;
        let [second, third, fifth] =
            [square - 1.0, z * (square - 3.0), z * (square * (square - 10.0) + 15.0)];
        let series =
            skewness / 6.0 * second + kurtosis / 24.0 * third + skewness * skewness / 72.0 * fifth;
        (normal::sf(z) + normal::density(z) * series).clamp(0.0, 1.0)
    }
}

/// A distribution on whole numbers, point by point.
#[derive(Clone, Debug, PartialEq)]
struct Points {
    first: f64,
    /// The probabilities of `first`, `first` + 1 and so on.
    probability: Vec<f64>,
    /// P(X ≥ first + i).
    from_here: Vec<f64>,
}

impl Points {
    fn certain() -> Self {
        Points { first: 0.0, probability: vec![1.0], from_here: vec![1.0] }
    }

    /// Scales the probabilities so that their sum is 1.
    fn new(first: f64, mut probability: Vec<f64>) -> Self {
        let total: f64 = probability.iter().sum();
        for p in &mut probability {
            *p /= total;
        }
        let mut sum = 0.0;
        let mut from_here: Vec<f64> = probability
            .iter()
            .rev()
            .map(|p| {
                sum += p;
                sum
            })
            .collect();
        from_here.reverse();
        Points { first, probability, from_here }
    }

    fn convolved(&self, other: &Points) -> Points {
        let mut sum = vec![0.0; self.probability.len() + other.probability.len() - 1];
        for (i, p) in self.probability.iter().enumerate() {
            for (s, q) in sum[i..].iter_mut().zip(&other.probability) {
                *s += p * q;
            }
        }
        // Vanishing probabilities at both ends are left out, to keep the
        // distribution short.
        let vanishes = |p: &f64| *p < LEAST_PROBABILITY;
        let skipped = sum.iter().take_while(|p| vanishes(p)).count();
        let kept = sum.len() - sum.iter().rev().take_while(|p| vanishes(p)).count();
        let middle = sum.get(skipped..kept).unwrap_or_default().to_vec();
        Points::new(self.first + other.first + skipped as f64, middle)
    }

    /// P(X + Y ≥ x) for an independent Y.
    fn at_least(&self, x: f64, other: &Points) -> f64 {
        let reach = |k: f64| {
            let needed = k - self.first;
            if needed <= 0.0 {
                1.0
            } else {
                self.from_here.get(needed as usize).copied().unwrap_or(0.0)
            }
        };
        let terms = other.probability.iter().enumerate();
        terms.map(|(i, p)| p * reach(x - (other.first + i as f64))).sum()
    }
}
