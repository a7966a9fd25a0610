//! Gamma factors of mean 1: how much worse or busier than usual a tick is.

use super::stream::open_unit;
use crate::math::{ln, pow};
use crate::stats::normal;

/// A gamma distribution of mean 1.
#[derive(Clone, Copy, Debug)]
pub struct Factor {
    shape: f64,
}

impl Factor {
    /// With a coefficient of variation; `None` for a factor that is always 1:
    /// below 10⁻⁶, where even 10⁸ requests a tick could not show it.
    pub fn new(variation: f64) -> Option<Factor> {
        (variation >= 1e-6).then(|| Factor { shape: 1.0 / (variation * variation) })
    }

    /// A factor from a source of 64-bit uniform numbers, of which it takes
    /// three or, once in 20 or fewer, some more.
    ///
    /// Source: G. Marsaglia and W. W. Tsang, "A simple method for generating
    /// gamma variables", ACM Trans. Math. Softw. 26 (2000), 363-372.
    pub fn draw(&self, mut bits: impl FnMut() -> u64) -> f64 {
        let boost = open_unit(bits());
        if self.shape >= 1.0 {
            return standard(self.shape, bits) / self.shape;
        }
        // Gamma(k) is Gamma(k + 1) times a uniform number to the power 1/k.
        standard(self.shape + 1.0, bits) * pow(boost, 1.0 / self.shape) / self.shape
    }
}

/// Gamma of scale 1 and a shape of at least 1.
fn standard(shape: f64, mut bits: impl FnMut() -> u64) -> f64 {
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
