//! Writes results as JSON with serde_json, and whole numbers without `.0`.

use serde::{Serialize, Serializer};

/// A value as JSON text, indented by two spaces. Keys must be strings. A number
/// that is not finite becomes `null`.
pub(crate) fn pretty<T: Serialize + ?Sized>(value: &T) -> String {
    // serde_json fails only for a type whose own `serialize` fails, or for a key
    // that is not a string. Results have neither.
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// A value as JSON text on one line, as [`pretty`].
pub(crate) fn compact<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Writes a number, without `.0` if it is whole.
pub(crate) fn number<S: Serializer>(x: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    const EXACT: f64 = (1u64 << 53) as f64;
    if x.fract() == 0.0 && x.abs() <= EXACT {
        serializer.serialize_i64(*x as i64)
    } else {
        serializer.serialize_f64(*x)
    }
}

/// Writes a number that may be missing.
pub(crate) fn some_number<S: Serializer>(
    x: &Option<f64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match x {
        Some(x) => number(x, serializer),
        None => serializer.serialize_none(),
    }
}

/// Writes numbers, without `.0` if they are whole.
pub(crate) fn numbers<S: Serializer>(list: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    struct Plain<'a>(&'a f64);
    impl Serialize for Plain<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            number(self.0, serializer)
        }
    }
    serializer.collect_seq(list.iter().map(Plain))
}

/// The shortest text that reads back as the same number, without `.0`.
pub(crate) fn plain(x: f64) -> String {
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format(x);
    text.strip_suffix(".0").unwrap_or(text).replace('+', "")
}
