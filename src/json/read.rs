//! From tree to type. A type says its fields or words in one line, by
//! [`fields!`] or [`words!`]; the work is done here, once for all types.

use super::Fault;
use super::parse::{Entry, Node, Value};
use super::{plain, quoted};

/// A type that can be read from JSON.
pub(crate) trait Read: Sized {
    /// Whether a field of this type must not be left out.
    const NEEDED: bool = true;

    /// Reads a value.
    ///
    /// # Errors
    /// The first fault in it.
    fn read(node: &Node) -> Result<Self, Fault>;
}

impl Read for f64 {
    fn read(node: &Node) -> Result<Self, Fault> {
        match node.value {
            Value::Number(value) => Ok(value),
            _ => Err(node.is_not("a number")),
        }
    }
}

/// A tree as it is, to be read later.
impl Read for Node {
    fn read(node: &Node) -> Result<Self, Fault> {
        Ok(node.clone())
    }
}

impl Read for String {
    fn read(node: &Node) -> Result<Self, Fault> {
        match &node.value {
            Value::Text(text) => Ok(text.clone()),
            _ => Err(node.is_not("a string")),
        }
    }
}

impl<T: Read> Read for Option<T> {
    const NEEDED: bool = false;

    fn read(node: &Node) -> Result<Self, Fault> {
        T::read(node).map(Some)
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(node: &Node) -> Result<Self, Fault> {
        let Value::Array(items) = &node.value else { return Err(node.is_not("an array")) };
        let read = |(i, item)| T::read(item).map_err(|fault| fault.in_item(i));
        items.iter().enumerate().map(read).collect()
    }
}

/// What a value is read into.
trait Slot {
    fn fill(&mut self, node: &Node) -> Result<(), Fault>;
}

impl<T: Read> Slot for T {
    fn fill(&mut self, node: &Node) -> Result<(), Fault> {
        *self = T::read(node)?;
        Ok(())
    }
}

/// A field of a struct, to be filled.
pub(crate) struct Field<'a> {
    name: &'static str,
    slot: &'a mut dyn Slot,
    is_needed: bool,
    is_filled: bool,
}

impl<'a> Field<'a> {
    pub(crate) fn new<T: Read>(name: &'static str, slot: &'a mut T) -> Self {
        Field { name, slot, is_needed: T::NEEDED, is_filled: false }
    }
}

/// Reads an object into fields: each at most once, no others, the needed ones
/// without fail.
pub(crate) fn read_object(node: &Node, fields: &mut [Field<'_>]) -> Result<(), Fault> {
    let Value::Object(entries) = &node.value else { return Err(node.is_not("an object")) };
    for Entry { key, key_end, node } in entries {
        let fault = match fields.iter_mut().find(|field| field.name == key) {
            Some(field) if field.is_filled => Some(Fault::new(*key_end, "the key stands twice")),
            Some(field) => {
                field.is_filled = true;
                field.slot.fill(node).err()
            }
            None => {
                let expected = one_of(fields.iter().map(|field| field.name));
                Some(node.fault(format!("unknown field `{key}`, expected {expected}")))
            }
        };
        if let Some(fault) = fault {
            return Err(fault.in_field(key));
        }
    }
    match fields.iter().find(|field| field.is_needed && !field.is_filled) {
        Some(Field { name, .. }) => Err(node.fault(format!("missing field `{name}`"))),
        None => Ok(()),
    }
}

/// One of several: a word, or an object whose only key is one.
pub(crate) struct Choice<'a> {
    node: &'a Node,
    pub(crate) word: &'a str,
    content: Option<&'a Node>,
}

impl<'a> Choice<'a> {
    pub(crate) fn read(node: &'a Node) -> Result<Self, Fault> {
        match &node.value {
            Value::Text(word) => Ok(Choice { node, word, content: None }),
            Value::Object(entries) => match entries.as_slice() {
                [Entry { key, node: content, .. }] => {
                    Ok(Choice { node, word: key, content: Some(content) })
                }
                _ => {
                    let keys = entries.len();
                    Err(node.fault(format!("the object has {keys} keys, expected one")))
                }
            },
            _ => Err(node.is_not("a word or an object with one key")),
        }
    }

    /// What stands with the word.
    pub(crate) fn content<T: Read>(&self) -> Result<T, Fault> {
        let word = self.word;
        match self.content {
            Some(content) => T::read(content).map_err(|fault| fault.in_field(word)),
            None => {
                Err(self.node.fault(format!("`{word}` needs a value, expected {{\"{word}\": …}}")))
            }
        }
    }

    /// That nothing stands with the word.
    pub(crate) fn alone(&self) -> Result<(), Fault> {
        let word = self.word;
        match self.content {
            None => Ok(()),
            Some(_) => {
                Err(self.node.fault(format!("`{word}` takes no value, expected \"{word}\" alone")))
            }
        }
    }

    /// That the word is none of these.
    pub(crate) fn unknown(&self, words: &[&str]) -> Fault {
        let expected = one_of(words.iter().copied());
        self.node.fault(format!("unknown variant `{}`, expected {expected}", self.word))
    }
}

/// Lets a struct be read from an object with these fields. An object that is
/// left out is one whose every field is: it is not needed.
macro_rules! fields {
    ($type:ident { $($field:ident),+ $(,)? }) => {
        impl $crate::json::Read for $type {
            const NEEDED: bool = false;

            fn read(node: &$crate::json::Node) -> Result<Self, $crate::json::Fault> {
                let mut value = $type::default();
                // Without `..`: a field that the list lacks does not compile.
                let $type { $($field),+ } = &mut value;
                let mut fields = [$($crate::json::Field::new(stringify!($field), $field)),+];
                $crate::json::read_object(node, &mut fields)?;
                Ok(value)
            }
        }
    };
}

/// Lets an enum be read from these words; `Variant(_)` is an object's key, and
/// the value with it is what the variant holds.
macro_rules! words {
    ($type:ident { $($word:literal => $variant:ident $(($content:tt))?),+ $(,)? }) => {
        impl $crate::json::Read for $type {
            fn read(node: &$crate::json::Node) -> Result<Self, $crate::json::Fault> {
                let choice = $crate::json::Choice::read(node)?;
                match choice.word {
                    $($word => words!(@variant choice, $type::$variant $($content)?),)+
                    _ => Err(choice.unknown(&[$($word),+])),
                }
            }
        }
    };
    (@variant $choice:ident, $type:ident::$variant:ident) => {
        $choice.alone().map(|()| $type::$variant)
    };
    (@variant $choice:ident, $type:ident::$variant:ident _) => {
        $choice.content().map($type::$variant)
    };
}

pub(crate) use {fields, words};

impl Node {
    pub(super) fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(self.place, message)
    }

    fn is_not(&self, expected: &str) -> Fault {
        let found = match &self.value {
            Value::Null => "null".to_string(),
            Value::Bool(value) => format!("boolean `{value}`"),
            Value::Number(value) => format!("number `{}`", plain(*value)),
            Value::Text(value) => format!("string {}", quoted(value)),
            Value::Array(_) => "array".to_string(),
            Value::Object(_) => "object".to_string(),
        };
        self.fault(format!("invalid type: {found}, expected {expected}"))
    }
}

/// "`a`", "`a` or `b`", "one of `a`, `b`, `c`".
fn one_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] | [_] => names.concat(),
        [_, _] => names.join(" or "),
        _ => format!("one of {}", names.join(", ")),
    }
}
