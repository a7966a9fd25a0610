//! Shared by the statistical tests: random words, and tests of counts against a
//! distribution.

/// SplitMix64: random words that are independent of the engine's streams.
pub(crate) struct Words(u64);

impl Words {
    pub(crate) fn new(seed: u64) -> Self {
        Words(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
}

/// Pearson's test of counts against probabilities. Adjacent cells are pooled until
/// at least 1/40 of all and at least 10 are expected. Fails by chance once in 10⁵.
#[track_caller]
pub(crate) fn check_fit(what: &str, counted: &[u64], mass: &[f64]) {
    assert_eq!(counted.len(), mass.len());
    let n = counted.iter().sum::<u64>() as f64;
    let least = (n / 40.0).max(10.0);
    let mut cells = vec![(0.0, 0.0)];
    for (count, p) in counted.iter().zip(mass) {
        let last = cells.len() - 1;
        let (found, expected) = &mut cells[last];
        *found += *count as f64;
        *expected += n * p;
        if *expected >= least {
            cells.push((0.0, 0.0));
        }
    }
    // The remainder joins the previous cell.
    if let (Some((found, expected)), Some(before)) = (cells.pop(), cells.last_mut()) {
        before.0 += found;
        before.1 += expected;
    }
    let square =
        cells.iter().map(|(found, expected)| (found - expected) * (found - expected) / expected);
    let (square, freedom) = (square.sum::<f64>(), cells.len() as f64 - 1.0);
    let limit = chi_square_limit(freedom);
    assert!(square <= limit, "{what}: χ² {square:.1} with {freedom} degrees, limit {limit:.1}");
}

/// A limit that is exceeded once in 10⁵ or less, by Wilson and Hilferty; without
/// degrees of freedom, a bound on rounding.
fn chi_square_limit(freedom: f64) -> f64 {
    if freedom == 0.0 {
        return 1e-3;
    }
    let spread = 2.0 / (9.0 * freedom);
    let root = 1.0 - spread + 4.4 * spread.sqrt();
    freedom * root * root * root
}

/// Kolmogorov's test of cumulative counts against cumulative probabilities at some
/// or all values. Fails by chance once in 10⁵ or less.
#[track_caller]
pub(crate) fn check_sup(what: &str, n: usize, places: impl Iterator<Item = (f64, f64)>) {
    let n = n as f64;
    let off = places.map(|(count, p)| (count / n - p).abs()).fold(0.0, f64::max) * n.sqrt();
    assert!(off < 2.5, "{what}: {off:.2} standard deviations off");
}
