//! JSON as a tree, and serde's view of it.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::plain;

/// A JSON value.
pub(super) enum Node {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Array(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// A step on the way down to a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Key(String),
    Item(u32),
}

/// A value that is not of the type asked for.
#[derive(Debug)]
pub(super) struct Mismatch {
    pub(super) message: String,
    /// The way to it, the last step first.
    pub(super) path: Vec<Step>,
}

impl Mismatch {
    fn below(mut self, step: Step) -> Self {
        self.path.push(step);
        self
    }
}

impl Error for Mismatch {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Mismatch { message: message.to_string(), path: Vec::new() }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mismatch {}

impl Node {
    fn is_not(&self, expected: &str) -> Mismatch {
        let found = match self {
            Node::Null => "null".to_string(),
            Node::Bool(value) => format!("boolean `{value}`"),
            Node::Number(value) => format!("number `{}`", plain(*value)),
            Node::Text(value) => format!("string {value:?}"),
            Node::Array(_) => "array".to_string(),
            Node::Object(_) => "object".to_string(),
        };
        Mismatch::custom(format_args!("invalid type: {found}, expected {expected}"))
    }
}

impl<'de> Deserializer<'de> for &Node {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self {
            Node::Number(value) => visitor.visit_f64(*value),
            _ => Err(self.is_not("a number")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self {
            Node::Text(text) => visitor.visit_str(text),
            _ => Err(self.is_not("a string")),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self {
            Node::Array(items) => visitor.visit_seq(Items { items, next: 0 }),
            _ => Err(self.is_not("an array")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match self {
            Node::Object(fields) => visitor.visit_map(Fields { fields, next: 0 }),
            _ => Err(self.is_not("an object")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_some(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match self {
            Node::Text(word) => visitor.visit_enum(Choice { word, value: None }),
            Node::Object(fields) => match fields.as_slice() {
                [(word, value)] => visitor.visit_enum(Choice { word, value: Some(value) }),
                _ => Err(Mismatch::custom(format_args!(
                    "the object has {} keys, expected one",
                    fields.len()
                ))),
            },
            _ => Err(self.is_not("a word or an object with one key")),
        }
    }

    // Configurations hold no other types: what is left is a number.
    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str
        bytes byte_buf unit unit_struct newtype_struct tuple tuple_struct
        map identifier ignored_any
    }
}

struct Items<'a> {
    items: &'a [Node],
    next: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Mismatch;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Mismatch> {
        let Some(item) = self.items.get(self.next) else { return Ok(None) };
        let step = Step::Item(self.next as u32);
        self.next += 1;
        seed.deserialize(item).map(Some).map_err(|mismatch| mismatch.below(step))
    }
}

struct Fields<'a> {
    fields: &'a [(String, Node)],
    next: usize,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Mismatch;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Mismatch> {
        let Some((key, _)) = self.fields.get(self.next) else { return Ok(None) };
        self.next += 1;
        let reader: StrDeserializer<Mismatch> = key.as_str().into_deserializer();
        seed.deserialize(reader)
            .map(Some)
            .map_err(|mismatch| mismatch.below(Step::Key(key.clone())))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Mismatch> {
        let field = self.next.checked_sub(1).and_then(|last| self.fields.get(last));
        let Some((key, value)) = field else { return Err(Mismatch::custom("a value without key")) };
        seed.deserialize(value).map_err(|mismatch| mismatch.below(Step::Key(key.clone())))
    }
}

/// One of several: a word, with a value if it was an object's key.
struct Choice<'a> {
    word: &'a str,
    value: Option<&'a Node>,
}

impl<'de> EnumAccess<'de> for Choice<'_> {
    type Error = Mismatch;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Mismatch> {
        let word: StrDeserializer<Mismatch> = self.word.into_deserializer();
        Ok((seed.deserialize(word)?, self))
    }
}

impl Choice<'_> {
    fn without_value(&self) -> Mismatch {
        let word = self.word;
        Mismatch::custom(format_args!("`{word}` needs a value, expected {{\"{word}\": …}}"))
    }
}

impl<'de> VariantAccess<'de> for Choice<'_> {
    type Error = Mismatch;

    fn unit_variant(self) -> Result<(), Mismatch> {
        let word = self.word;
        match self.value {
            None => Ok(()),
            Some(_) => Err(Mismatch::custom(format_args!(
                "`{word}` takes no value, expected \"{word}\" alone"
            ))),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Mismatch> {
        let Some(value) = self.value else { return Err(self.without_value()) };
        seed.deserialize(value).map_err(|m| m.below(Step::Key(self.word.to_string())))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Mismatch> {
        let Some(value) = self.value else { return Err(self.without_value()) };
        value.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        let Some(value) = self.value else { return Err(self.without_value()) };
        value.deserialize_struct("", fields, visitor)
    }
}
