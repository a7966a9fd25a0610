//! Every transcendental function the engine uses, from `libm`.
//!
//! The methods of `f64` call the platform's library, whose last bit differs
//! between a laptop and a browser; these give the same bits everywhere.
//! `clippy.toml` bans the methods. `sqrt`, `floor`, `abs` and the four
//! operations are exact by IEEE 754 and need no entry here.

pub use libm::{
    cos, erf, erfc, exp, exp2, expm1, lgamma as ln_gamma, log as ln, log1p as ln_1p, pow, sin,
};
