//! How results are written as JSON: by serde_json, with numbers as people write
//! them.

use serde::{Serialize, Serializer};

/// A value as JSON text, indented by two spaces. Keys are strings; a number that is
/// not finite is `null`.
pub(crate) fn pretty<T: Serialize + ?Sized>(value: &T) -> String {
    // An error could only come from a type whose own `serialize` makes one, or from
    // a key that is no string; no result has either.
    serde_json::to_string_pretty(value).unwrap_or_default()
}

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
    struct Plain<'a>(&'a f64);
    impl Serialize for Plain<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            number(self.0, serializer)
        }
    }
    serializer.collect_seq(list.iter().map(Plain))
}

/// The shortest text that is read back as this number, without an idle `.0`.
pub(crate) fn plain(x: f64) -> String {
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format(x);
    text.strip_suffix(".0").unwrap_or(text).replace('+', "")
}
