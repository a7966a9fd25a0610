//! A root of a function of one variable by Brent's method, as R's `uniroot` steps, with
//! Kayenta's tolerance.
//!
//! The function is a step function where it is used, so the result depends on the steps
//! taken, not only on the root. The tolerance is absolute: for a metric with values near
//! 10⁻⁵ any result is as good as any other.
//!
//! Source: R. P. Brent, "Algorithms for Minimization without Derivatives" (1973), chapter
//! 4, as in `zeroin.c` of R; Kayenta's `BrentSolver`.

/// The root found lies within about half of this of a change of sign.
pub const TOLERANCE: f64 = 1e-4;

/// After so many steps the last point is the result.
const MOST_STEPS: u32 = 1_001;

/// A point and the function's value there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Where.
    pub x: f64,
    /// The value.
    pub y: f64,
}

/// Where `function` is 0 between two points. The signs of their values are not checked:
/// if they are equal, the result is a point between that means nothing. `None` as soon as
/// the function is `None`.
pub fn root(from: Point, to: Point, function: impl Fn(f64) -> Option<f64>) -> Option<f64> {
    if is_zero(from.y) {
        return Some(from.x);
    }
    if is_zero(to.y) {
        return Some(to.x);
    }
    // `best` is the last point or the better one, `last` the point before it, and the
    // root is between `best` and `opposite`.
    let (mut last, mut best, mut opposite) = (from, to, from);
    for _ in 0..MOST_STEPS {
        let step_before = best.x - last.x;
        if opposite.y.abs() < best.y.abs() {
            last = best;
            best = opposite;
            opposite = last;
        }
        let tolerance = 2.0 * f64::EPSILON * best.x.abs() + TOLERANCE / 2.0;
        let half = (opposite.x - best.x) / 2.0;
        if half.abs() <= tolerance || is_zero(best.y) {
            return Some(best.x);
        }
        let mut step = half;
        if step_before.abs() >= tolerance && last.y.abs() > best.y.abs() {
            let (p, q) = interpolated(last, best, opposite);
            let inside = 0.75 * (opposite.x - best.x) * q - (tolerance * q).abs() / 2.0;
            if p < inside && p < (step_before * q / 2.0).abs() {
                step = p / q;
            }
        }
        if step.abs() < tolerance {
            step = if step > 0.0 { tolerance } else { -tolerance };
        }
        last = best;
        let x = best.x + step;
        best = Point { x, y: function(x)? };
        if best.y > 0.0 && opposite.y > 0.0 || best.y < 0.0 && opposite.y < 0.0 {
            opposite = last;
        }
    }
    Some(best.x)
}

/// The step from `best` to where an interpolation is 0, as a fraction whose numerator is
/// not negative: linear of two points, or inverse quadratic of three.
fn interpolated(last: Point, best: Point, opposite: Point) -> (f64, f64) {
    let gap = opposite.x - best.x;
    let (p, q) = if last.x == opposite.x {
        let ratio = best.y / last.y;
        (gap * ratio, 1.0 - ratio)
    } else {
        let (q, t1, t2) = (last.y / opposite.y, best.y / opposite.y, best.y / last.y);
        let p = t2 * (gap * q * (q - t1) - (best.x - last.x) * (t1 - 1.0));
        (p, (q - 1.0) * (t1 - 1.0) * (t2 - 1.0))
    };
    if p > 0.0 { (p, -q) } else { (-p, q) }
}

/// 0 or the number next to it.
fn is_zero(y: f64) -> bool {
    y.abs() <= f64::from_bits(1)
}
