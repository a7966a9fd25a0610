//! From values to pixels.

use crate::math;

/// A value to a pixel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    values: [f64; 2],
    pixels: [f64; 2],
    is_logarithmic: bool,
}

impl Scale {
    /// Equal steps of the value are equal steps of the pixel.
    pub fn linear(values: [f64; 2], pixels: [f64; 2]) -> Scale {
        Scale { values, pixels, is_logarithmic: false }
    }

    /// Equal ratios of the value are equal steps of the pixel. Values above 0.
    pub fn logarithmic(values: [f64; 2], pixels: [f64; 2]) -> Scale {
        Scale { values: values.map(math::ln), pixels, is_logarithmic: true }
    }

    /// The pixel of a value.
    pub fn at(&self, value: f64) -> f64 {
        let value = if self.is_logarithmic { math::ln(value) } else { value };
        let [from, to] = self.values;
        let part = if to > from { (value - from) / (to - from) } else { 0.5 };
        self.pixels[0] + part * (self.pixels[1] - self.pixels[0])
    }
}

/// Round values from 0, about `count` steps apart, the last at least `most`.
pub(super) fn round_steps(most: f64, count: u32) -> Vec<f64> {
    if !(most > 0.0 && most.is_finite()) {
        return vec![0.0];
    }
    let rough = most / f64::from(count);
    let mut power = 1.0;
    while power * 10.0 <= rough {
        power *= 10.0;
    }
    while power > rough {
        power /= 10.0;
    }
    let step = [1.0, 2.0, 5.0, 10.0].map(|unit| unit * power);
    let step = step.into_iter().find(|step| *step >= rough * (1.0 - 1e-9)).unwrap_or(rough);
    let steps = (most / step * (1.0 - 1e-9)).ceil() as u32;
    (0..=steps).map(|i| f64::from(i) * step).collect()
}
