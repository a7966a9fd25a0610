//! Gamma factors of mean 1, for the load and for noise on the error rates.

use super::stream::open_unit;
use crate::math::{ln, pow};
use crate::stats::normal;

/// A gamma distribution of mean 1.
#[derive(Clone, Copy, Debug)]
pub struct Factor {
    shape: f64,
}

impl Factor {
    /// A factor with this coefficient of variation; `None` below 10⁻⁶, which even
    /// 10⁸ requests per tick could not show.
    pub fn new(variation: f64) -> Option<Factor> {
        (variation >= 1e-6).then(|| Factor { shape: 1.0 / (variation * variation) })
    }

    /// Draws a factor from a source of 64-bit uniform numbers. It takes three of
    /// them; in at most one of 20 draws, some more.
    ///
    /// Source: G. Marsaglia and W. W. Tsang, "A simple method for generating
    /// gamma variables", ACM Trans. Math. Softw. 26 (2000), 363-372.
    pub fn draw(&self, mut bits: impl FnMut() -> u64) -> f64 {
        let boost = open_unit(bits());
        if self.shape >= 1.0 {
            return standard(self.shape, bits) / self.shape;
        }
        // Gamma(k) is distributed as Gamma(k + 1) times a uniform number to the
        // power 1/k.
        standard(self.shape + 1.0, bits) * pow(boost, 1.0 / self.shape) / self.shape
    }
}

/// A gamma variable of scale 1, for a shape of at least 1.
pub(super) fn standard(shape: f64, mut bits: impl FnMut() -> u64) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal::quantile(open_unit(bits()));
        let u = open_unit(bits());
        let root = 1.0 + c * x;
        if root <= 0.0 {
            continue;
        }
        let v = root * root * root;
        if ln(u) < 0.5 * x * x + d - d * v + d * ln(v) {
            return d * v;
        }
    }
}
