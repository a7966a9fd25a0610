//! From text to tree to type, with the path and the place of the first fault.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::Visitor;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess};

use super::node::{Mismatch, Node, Step};

/// The first fault of syntax or type in a text.
#[derive(Debug)]
pub(crate) struct Fault {
    /// Where it stands, as `stages[2].traffic_pct`; empty at the top.
    pub(crate) path: String,
    /// What is wrong.
    pub(crate) message: String,
    /// Line and column at which it was met, from 1.
    pub(crate) line_column: (u32, u32),
}

/// A path this long leads nowhere that a configuration has.
const MAX_DEPTH: usize = 16;

/// Reads a value from JSON text.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    let node = parse(text)?;
    T::deserialize(&node).map_err(|mismatch| Fault::of_type(text, mismatch))
}

fn parse(text: &str) -> Result<Node, Fault> {
    let mut reader = Reader { path: Vec::new(), target: None };
    let mut json = serde_json::Deserializer::from_str(text);
    json.deserialize_any(&mut reader).and_then(|node| json.end().map(|()| node)).map_err(|error| {
        Fault {
            path: if reader.path.len() < MAX_DEPTH { written(&reader.path) } else { String::new() },
            message: syntax_in_plain_words(&error),
            line_column: place(&error),
        }
    })
}

impl Fault {
    /// A tree knows no lines: they are found by reading again up to the path.
    fn of_type(text: &str, mismatch: Mismatch) -> Fault {
        let Mismatch { message, mut path } = mismatch;
        path.reverse();
        let mut json = serde_json::Deserializer::from_str(text);
        let mut reader = Reader { path: Vec::new(), target: Some(&path) };
        let read = json.deserialize_any(&mut reader);
        let line_column = read.map_or_else(|error| place(&error), |_| (1, 1));
        Fault { path: written(&path), message, line_column }
    }
}

/// Builds the tree, and keeps the path to where it is.
struct Reader<'a> {
    path: Vec<Step>,
    /// Where to stop with an error, for the sake of its line and column.
    target: Option<&'a [Step]>,
}

impl Reader<'_> {
    fn reach<E: Error>(&self, node: Node) -> Result<Node, E> {
        match self.target {
            Some(target) if self.path == target => Err(E::custom("here")),
            _ => Ok(node),
        }
    }
}

/// A step down.
struct Below<'a, 'b> {
    reader: &'a mut Reader<'b>,
    step: Step,
}

impl<'de> DeserializeSeed<'de> for Below<'_, '_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        self.reader.path.push(self.step);
        let node = deserializer.deserialize_any(&mut *self.reader)?;
        self.reader.path.pop();
        Ok(node)
    }
}

impl<'de> Visitor<'de> for &mut Reader<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        self.reach(Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        self.reach(Node::Bool(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        self.reach(Node::Number(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        self.reach(Node::Number(value as f64))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        self.reach(Node::Number(value as f64))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        self.reach(Node::Text(value.to_string()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Node, A::Error> {
        self.reach(Node::Null)?;
        let mut items = Vec::new();
        loop {
            let step = Step::Item(items.len() as u32);
            match array.next_element_seed(Below { reader: &mut *self, step })? {
                Some(item) => items.push(item),
                None => return Ok(Node::Array(items)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Node, A::Error> {
        self.reach(Node::Null)?;
        let (mut fields, mut seen) = (Vec::new(), BTreeSet::new());
        while let Some(key) = object.next_key::<String>()? {
            let step = Step::Key(key.clone());
            if !seen.insert(key.clone()) {
                self.path.push(step);
                return Err(A::Error::custom("the key stands twice"));
            }
            fields.push((key, object.next_value_seed(Below { reader: &mut *self, step })?));
        }
        Ok(Node::Object(fields))
    }
}

fn written(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Item(index) => text.push_str(&format!("[{index}]")),
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => text.push_str(&format!(".{key}")),
        }
    }
    text
}

/// serde_json says column 0 for the place before a line's first character.
fn place(error: &serde_json::Error) -> (u32, u32) {
    (error.line() as u32, error.column().max(1) as u32)
}

/// serde_json's message without the words of its trade.
fn syntax_in_plain_words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = match text.strip_suffix(&place).unwrap_or(&text) {
        "expected value" | "expected ident" => "expected a JSON value",
        "control character (\\u0000-\\u001F) found while parsing a string" => {
            "line break or other control character in a string"
        }
        "recursion limit exceeded" => "nested too deeply",
        "trailing characters" => "text after the end of the configuration",
        message if message.starts_with("EOF while parsing") => "the text ends too early",
        message => message,
    };
    message.to_string()
}
