//! Reads a tree into types. A type lists its fields or words with [`fields!`] or
//! [`words!`]; everything else is done here, once for all types.
//!
//! Reading does not stop at a fault. It records the fault, uses a placeholder and
//! continues, so that all faults are reported together. With faults, the value read
//! is used only to find further faults.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::ops::Bound;

use super::node::{Entry, Node, Value};
use super::{Faults, Place};
use crate::json::plain;
use crate::message::{did_you_mean, quoted, shown};

/// A type that can be read from a tree.
pub(crate) trait Read: Sized {
    /// Whether a field of this type is required.
    const NEEDED: bool = true;
    /// What is expected, for messages.
    const EXPECTED: &'static str;

    /// Reads a value, or records its faults; `None` if there is no placeholder for
    /// it.
    fn read(node: &Node, faults: &mut Faults) -> Option<Self>;
}

/// Reads a value, and returns it with all faults of names and types.
pub(crate) fn read<T: Read + Default>(node: &Node) -> (T, Faults) {
    let mut faults = Faults::default();
    let value = T::read(node, &mut faults);
    (value.unwrap_or_default(), faults)
}

/// The placeholder is NaN. No text contains one, and every comparison with it is
/// false.
impl Read for f64 {
    const EXPECTED: &'static str = "a number";

    fn read(node: &Node, faults: &mut Faults) -> Option<Self> {
        match node.value {
            Value::Number(value) => return Some(value),
            _ => node.is_not(Self::EXPECTED, faults),
        }
        Some(f64::NAN)
    }
}

/// A value that a text names by one of several words.
pub(crate) trait Word {
    /// The word.
    fn word(&self) -> &'static str;

    /// The number of seconds that stands with the word, if any does.
    fn seconds(&self) -> Option<u32> {
        None
    }
}

/// A copy of the tree, to be read later.
impl Read for Node {
    const EXPECTED: &'static str = "a value";

    fn read(node: &Node, _: &mut Faults) -> Option<Self> {
        Some(node.clone())
    }
}

impl Read for bool {
    const EXPECTED: &'static str = "true or false";

    fn read(node: &Node, faults: &mut Faults) -> Option<Self> {
        match node.value {
            Value::Bool(value) => return Some(value),
            _ => node.is_not(Self::EXPECTED, faults),
        }
        None
    }
}

impl Read for String {
    const EXPECTED: &'static str = "a string";

    fn read(node: &Node, faults: &mut Faults) -> Option<Self> {
        match &node.value {
            Value::Text(text) => return Some(text.clone()),
            _ => node.is_not(Self::EXPECTED, faults),
        }
        None
    }
}

impl<T: Read> Read for Option<T> {
    const NEEDED: bool = false;
    const EXPECTED: &'static str = T::EXPECTED;

    fn read(node: &Node, faults: &mut Faults) -> Option<Self> {
        T::read(node, faults).map(Some)
    }
}

impl<T: Read> Read for Box<T> {
    const NEEDED: bool = T::NEEDED;
    const EXPECTED: &'static str = T::EXPECTED;

    fn read(node: &Node, faults: &mut Faults) -> Option<Self> {
        T::read(node, faults).map(Box::new)
    }
}

/// An item that cannot be read is replaced by a default, so that the others keep
/// their index.
impl<T: Read + Default> Read for Vec<T> {
    const EXPECTED: &'static str = "an array";

    fn read(node: &Node, faults: &mut Faults) -> Option<Self> {
        let Value::Array(items) = &node.value else {
            node.is_not(Self::EXPECTED, faults);
            return None;
        };
        let mut read =
            |(i, item)| faults.in_item(i, |faults| T::read(item, faults).unwrap_or_default());
        Some(items.iter().enumerate().map(&mut read).collect())
    }
}

/// A field that a value is read into.
trait Slot {
    fn fill(&mut self, node: &Node, faults: &mut Faults);
}

impl<T: Read> Slot for T {
    fn fill(&mut self, node: &Node, faults: &mut Faults) {
        if let Some(value) = T::read(node, faults) {
            *self = value;
        }
    }
}

/// A field of a struct that is being read.
pub(crate) struct Field<'a> {
    name: &'static str,
    slot: &'a mut dyn Slot,
    is_needed: bool,
    expected: &'static str,
    is_filled: bool,
}

impl<'a> Field<'a> {
    pub(crate) fn new<T: Read>(name: &'static str, slot: &'a mut T) -> Self {
        let (is_needed, expected) = (T::NEEDED, T::EXPECTED);
        Field { name, slot, is_needed, expected, is_filled: false }
    }
}

/// A part of a struct in its object: a value with its own key, or a struct whose
/// keys are flattened into the object.
pub(crate) trait Part {
    /// Adds the fields of the part. `name` is its key if it is a value.
    fn add_fields<'a>(&'a mut self, name: &'static str, fields: &mut Vec<Field<'a>>);
}

impl<T: Read> Part for T {
    fn add_fields<'a>(&'a mut self, name: &'static str, fields: &mut Vec<Field<'a>>) {
        fields.push(Field::new(name, self));
    }
}

/// The keys of a part, in order.
pub(crate) fn keys_of<T: Part + Default>() -> Vec<&'static str> {
    let mut part = T::default();
    let mut fields = Vec::new();
    part.add_fields("", &mut fields);
    fields.iter().map(|field| field.name).collect()
}

/// What [`read_object`] expects.
pub(crate) const AN_OBJECT: &str = "an object";

/// Reads an object into fields. Duplicate keys, unknown keys and missing required
/// fields are faults. `None` if the value is not an object.
pub(crate) fn read_object(
    node: &Node,
    fields: &mut [Field<'_>],
    faults: &mut Faults,
) -> Option<()> {
    let Value::Object(entries) = &node.value else {
        node.is_not(AN_OBJECT, faults);
        return None;
    };
    for Entry { key, place, node } in entries {
        let Some(i) = fields.iter().position(|field| field.name == key) else {
            unknown_key(key, *place, fields, faults);
            continue;
        };
        let field = &mut fields[i];
        faults.in_field(field.name, |faults| match field.is_filled {
            true => faults.add(*place, || "duplicate key".to_string()),
            false => field.slot.fill(node, faults),
        });
        field.is_filled = true;
    }
    for field in fields.iter().filter(|field| field.is_needed && !field.is_filled) {
        faults.add_missing(node.place, field.name, field.expected);
    }
    Some(())
}

fn unknown_key(key: &str, place: Place, fields: &[Field<'_>], faults: &mut Faults) {
    let names = || fields.iter().map(|field| field.name);
    // A suggestion takes time, so it is made only if it will be reported.
    let meant = if faults.reports() { did_you_mean(key, names()) } else { None };
    faults.in_field(key, |faults| {
        faults.add(place, || format!("unknown field `{}`{}", shown(key), rather(meant, names())));
    });
    let left_out = |name: &&str| fields.iter().any(|field| field.name == *name && !field.is_filled);
    if let Some(meant) = meant.filter(left_out) {
        faults.suggest(meant);
    }
}

/// A choice among words: a string, or an object with one key.
pub(crate) struct Choice<'a> {
    node: &'a Node,
    pub(crate) word: &'a str,
    content: Option<&'a Node>,
}

impl<'a> Choice<'a> {
    pub(crate) fn read(node: &'a Node, expected: &str, faults: &mut Faults) -> Option<Self> {
        match &node.value {
            Value::Text(word) => return Some(Choice { node, word, content: None }),
            Value::Object(entries) => {
                if let [Entry { key, node: content, .. }] = entries.as_slice() {
                    return Some(Choice { node, word: key, content: Some(content) });
                }
                let keys = entries.len();
                faults.add(node.place, || format!("the object has {keys} keys, expected one"));
            }
            _ => node.is_not(expected, faults),
        }
        None
    }

    /// Reads the value of the word.
    pub(crate) fn content<T: Read>(&self, faults: &mut Faults) -> Option<T> {
        let (word, place) = (self.word, self.node.place);
        match self.content {
            Some(content) => faults.in_field(word, |faults| T::read(content, faults)),
            None => {
                faults.add(place, || format!("`{word}` needs a value, expected {{\"{word}\": …}}"));
                None
            }
        }
    }

    /// Checks that the word has no value.
    pub(crate) fn alone(&self, faults: &mut Faults) -> Option<()> {
        let (word, place) = (self.word, self.node.place);
        if self.content.is_some() {
            faults.add(place, || format!("`{word}` takes no value, expected \"{word}\" alone"));
            return None;
        }
        Some(())
    }

    /// Adds the fault that the word is not one of these.
    pub(crate) fn unknown(&self, words: &[&str], faults: &mut Faults) {
        faults.add(self.node.place, || {
            let words = || words.iter().copied();
            let meant = did_you_mean(self.word, words());
            format!("unknown variant `{}`{}", shown(self.word), rather(meant, words()))
        });
    }
}

/// Implements [`Read`] for a struct with these fields. Keys after the semicolon are
/// accepted as strings and ignored. The struct is not required: if its object is
/// left out, so are all its fields. The fields of a `part` are flattened into the
/// struct that contains it.
macro_rules! fields {
    (part $type:ident { $($field:ident),+ $(,)? }) => {
        impl $crate::reading::Part for $type {
            fn add_fields<'a>(
                &'a mut self,
                _: &'static str,
                fields: &mut Vec<$crate::reading::Field<'a>>,
            ) {
                // Without `..`: a field that the list lacks does not compile.
                let $type { $($field),+ } = self;
                $($crate::reading::Part::add_fields($field, stringify!($field), fields);)+
            }
        }
    };
    ($type:ident { $($field:ident),+ $(,)? $(; $ignored:literal)* }) => {
        impl $crate::reading::Read for $type {
            const NEEDED: bool = false;
            const EXPECTED: &'static str = $crate::reading::AN_OBJECT;

            fn read(
                node: &$crate::reading::Node,
                faults: &mut $crate::reading::Faults,
            ) -> Option<Self> {
                let mut value = $type::default();
                // Without `..`: a field that the list lacks does not compile.
                let $type { $($field),+ } = &mut value;
                let mut fields = Vec::new();
                $($crate::reading::Part::add_fields($field, stringify!($field), &mut fields);)+
                $(
                    let mut ignored = None::<String>;
                    fields.push($crate::reading::Field::new($ignored, &mut ignored));
                )*
                $crate::reading::read_object(node, &mut fields, faults)?;
                Some(value)
            }
        }
    };
}

/// Implements [`Read`] for an enum with these words. `Variant(_)` is read from an
/// object with the word as its key; its value is that of the variant.
macro_rules! words {
    ($type:ident { $($word:literal => $variant:ident $(($content:tt))?),+ $(,)? }) => {
        impl $crate::reading::Read for $type {
            const EXPECTED: &'static str = words!(@expected $($word $(($content))?),+);

            fn read(
                node: &$crate::reading::Node,
                faults: &mut $crate::reading::Faults,
            ) -> Option<Self> {
                let choice = $crate::reading::Choice::read(node, Self::EXPECTED, faults)?;
                match choice.word {
                    $($word => words!(@variant choice, faults, $type::$variant $($content)?),)+
                    _ => {
                        choice.unknown(&[$($word),+], faults);
                        None
                    }
                }
            }
        }

        impl $crate::reading::Word for $type {
            fn word(&self) -> &'static str {
                match self {
                    $($type::$variant $(($content))? => $word,)+
                }
            }
        }
    };
    (@expected $first:literal $(($first_content:tt))?, $($word:literal $(($content:tt))?),+) => {
        concat!(
            "one of ",
            words!(@shown $first $($first_content)?),
            $(", ", words!(@shown $word $($content)?)),+
        )
    };
    (@shown $word:literal) => { concat!("`", $word, "`") };
    (@shown $word:literal _) => { concat!("`{\"", $word, "\": …}`") };
    (@variant $choice:ident, $faults:ident, $type:ident::$variant:ident) => {
        $choice.alone($faults).map(|()| $type::$variant)
    };
    (@variant $choice:ident, $faults:ident, $type:ident::$variant:ident _) => {
        $choice.content($faults).map($type::$variant)
    };
}

pub(crate) use {fields, words};

impl Node {
    fn is_not(&self, expected: &str, faults: &mut Faults) {
        let found = || match &self.value {
            Value::Null => "null".to_string(),
            Value::Bool(value) => format!("boolean `{value}`"),
            Value::Number(value) => format!("number `{}`", plain(*value)),
            Value::Text(value) => format!("string {}", quoted(value)),
            Value::Array(_) => "array".to_string(),
            Value::Object(_) => "object".to_string(),
            Value::Refused(why) => why.to_string(),
        };
        if let Value::Refused(_) = self.value {
            return faults.add(self.place, found);
        }
        faults.add(self.place, || format!("invalid type: {}, expected {expected}", found()));
    }

    /// The places of the values at these paths; for a missing value, the place of
    /// the nearest one that contains it.
    pub(crate) fn places<'a>(&self, paths: impl Iterator<Item = &'a str>) -> Places {
        let mut wanted = BTreeSet::new();
        for path in paths {
            wanted.insert(path.to_string());
        }
        let mut places = Places(BTreeMap::new());
        self.find(&mut String::new(), &wanted, &mut places);
        places
    }

    fn find(&self, path: &mut String, wanted: &BTreeSet<String>, places: &mut Places) {
        let from = (Bound::Included(path.as_str()), Bound::Unbounded);
        let next = wanted.range::<str, _>(from).next();
        if !next.is_some_and(|next| next.starts_with(path.as_str())) {
            return;
        }
        places.0.entry(path.clone()).or_insert(self.place);
        let before = path.len();
        match &self.value {
            Value::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    let _ = write!(path, "[{i}]");
                    item.find(path, wanted, places);
                    path.truncate(before);
                }
            }
            Value::Object(entries) => {
                for entry in entries {
                    path.push_str(if before > 0 { "." } else { "" });
                    path.push_str(&entry.key);
                    entry.node.find(path, wanted, places);
                    path.truncate(before);
                }
            }
            _ => {}
        }
    }
}

/// Places of values in a text, by path.
pub(crate) struct Places(BTreeMap<String, Place>);

impl Places {
    /// The place of the value at a path, or of the nearest value that contains it.
    pub(crate) fn of(&self, path: &str) -> Place {
        let steps = path.match_indices(['.', '[']).map(|(end, _)| end);
        let mut above: Vec<&str> =
            [0].into_iter().chain(steps).filter_map(|end| path.get(..end)).collect();
        above.push(path);
        above.iter().rev().find_map(|path| self.0.get(*path)).copied().unwrap_or(Place::START)
    }
}

/// The end of a message, with a suggestion or the known names: " (did you mean
/// `a`?)", ", expected one of `a`, `b`, `c`".
fn rather<'a>(meant: Option<&str>, names: impl Iterator<Item = &'a str>) -> String {
    match meant {
        Some(meant) => format!(" (did you mean `{meant}`?)"),
        None => format!(", expected {}", one_of(names)),
    }
}

/// Joins names: "`a`", "`a` or `b`", "one of `a`, `b`, `c`".
fn one_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] | [_] => names.concat(),
        [_, _] => names.join(" or "),
        _ => format!("one of {}", names.join(", ")),
    }
}
