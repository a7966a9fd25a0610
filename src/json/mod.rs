//! Configurations as JSON: read strictly, written as people write them.
//!
//! Reading goes by way of a tree, for three reasons: serde's derive then makes
//! its code for one deserializer alone, which spares the browser 10 KB; the tree
//! refuses what nobody means (an array for an object, `null` for a value left
//! out, which is what JavaScript makes of `NaN`, a key twice); and a fault knows its path.

mod node;
mod text;

pub(crate) use text::{Fault, read};

use serde::Serializer;

/// Writes a number without an idle `.0`.
pub(crate) fn number<S: Serializer>(x: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    const EXACT: f64 = (1u64 << 53) as f64;
    if x.fract() == 0.0 && x.abs() <= EXACT {
        serializer.serialize_i64(*x as i64)
    } else {
        serializer.serialize_f64(*x)
    }
}

/// A number in full, or as `1e308` where that would be mostly zeros.
pub(crate) fn plain(x: f64) -> String {
    let magnitude = x.abs();
    if x == 0.0 || (1e-7..1e15).contains(&magnitude) { format!("{x}") } else { format!("{x:e}") }
}
