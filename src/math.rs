//! All transcendental functions that the engine uses, from `libm`.
//!
//! The methods of `f64` call the platform's library, whose results differ in the
//! last bit between a laptop and a browser. The functions of `libm` give the same
//! bits everywhere. `clippy.toml` bans the methods. `sqrt`, `floor`, `abs` and the
//! four operations are exact by IEEE 754 and are not needed here.

pub use libm::{
    atan2, cos, erf, erfc, exp, exp2, expm1, lgamma as ln_gamma, log as ln, log1p as ln_1p, pow,
    sin,
};
