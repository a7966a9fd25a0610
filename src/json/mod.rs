//! Configurations as JSON: read strictly, written as people write them.
//!
//! The reader is our own, by way of a tree: it says all faults in plain words
//! with path, line and column; it refuses what nobody means (an array for
//! an object, `null` for a value left out, which is what JavaScript makes of
//! `NaN`, a key twice); and it takes an eighth of the bytes that serde's
//! generic code would take in the browser.

mod edit;
mod fault;
mod parse;
mod read;
mod write;

pub(crate) use fault::{BYTE_ORDER_MARK, Fault, Faults, MOST_TOLD, Told, in_order, line_column};
pub(crate) use parse::{Node, parse};
pub(crate) use read::{A_CHOICE, AN_OBJECT, Choice, Field, Read, fields, read, read_object, words};
pub(crate) use write::write;

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

/// Writes numbers without idle `.0`s.
pub(crate) fn numbers<S: Serializer>(list: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeSeq;
    struct Plain<'a>(&'a f64);
    impl serde::Serialize for Plain<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            number(self.0, serializer)
        }
    }
    let mut items = serializer.serialize_seq(Some(list.len()))?;
    for x in list {
        items.serialize_element(&Plain(x))?;
    }
    items.end()
}

/// The shortest text that is read back as this number, without an idle `.0`.
pub(crate) fn plain(x: f64) -> String {
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format(x);
    text.strip_suffix(".0").unwrap_or(text).replace('+', "")
}
