//! The tree of a text, with methods to inspect it and to change it, as for the
//! configurations of a study.

use serde::{Serialize, Serializer};

use super::Place;
use crate::json::number;

/// A value with its place in the text.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(super) value: Value,
    pub(super) place: Place,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// A finite number.
    Number(f64),
    Text(String),
    Array(Vec<Node>),
    Object(Vec<Entry>),
    /// A value that no type can be read from, with the reason.
    Refused(&'static str),
}

/// What a value is; the entries of an object are read with [`Node::get`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum View<'a> {
    Null,
    Bool(bool),
    Number(f64),
    Text(&'a str),
    Array(&'a [Node]),
    Object,
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) place: Place,
    pub(super) node: Node,
}

/// Maximum nesting depth of arrays and objects. A deeper text could exhaust the
/// stack.
pub(crate) const MAX_DEPTH: u32 = 127;

impl Node {
    fn new(value: Value) -> Self {
        Node { value, place: Place::START }
    }

    /// Its place in the text.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// What it is.
    pub(crate) fn view(&self) -> View<'_> {
        match &self.value {
            Value::Null | Value::Refused(_) => View::Null,
            Value::Bool(value) => View::Bool(*value),
            Value::Number(value) => View::Number(*value),
            Value::Text(value) => View::Text(value),
            Value::Array(items) => View::Array(items),
            Value::Object(_) => View::Object,
        }
    }

    /// Whether it is an object.
    pub(crate) fn is_object(&self) -> bool {
        matches!(self.value, Value::Object(_))
    }

    /// The keys of an object; none for other values.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys_with_places().map(|(key, _)| key)
    }

    /// The keys of an object with their places; none for other values.
    pub(crate) fn keys_with_places(&self) -> impl Iterator<Item = (&str, Place)> {
        let entries: &[Entry] = match &self.value {
            Value::Object(entries) => entries,
            _ => &[],
        };
        entries.iter().map(|entry| (entry.key.as_str(), entry.place))
    }

    /// The keys of an object with their places and values; none for other values.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, Place, &Node)> {
        let entries: &[Entry] = match &self.value {
            Value::Object(entries) => entries,
            _ => &[],
        };
        entries.iter().map(|entry| (entry.key.as_str(), entry.place, &entry.node))
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        let Value::Object(entries) = &self.value else { return None };
        entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// The value of a key, if it is a string.
    pub(crate) fn get_text(&self, key: &str) -> Option<&str> {
        match &self.get(key)?.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items of an array; none for other values.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Value::Array(items) => items,
            _ => &[],
        }
    }

    /// Removes the keys of an object for which `keep` is false.
    pub(crate) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        if let Value::Object(entries) = &mut self.value {
            entries.retain(|entry| keep(&entry.key));
        }
    }

    /// Removes the key that a path without `[*]` ends with, if there is one.
    pub(crate) fn remove(&mut self, path: &str) {
        let (above, key) = path.rsplit_once('.').unwrap_or(("", path));
        let above = match above {
            "" => Some(self),
            above if self.at(above).is_some() => self.place_at(above),
            _ => None,
        };
        if let Some(above) = above {
            above.retain(|its| its != key);
        }
    }

    /// Removes a key from every object in the array at `list`.
    pub(crate) fn remove_in_items(&mut self, list: &str, key: &str) {
        let Value::Object(entries) = &mut self.value else { return };
        for entry in entries.iter_mut().filter(|entry| entry.key == list) {
            if let Value::Array(items) = &mut entry.node.value {
                items.iter_mut().for_each(|item| item.retain(|its| its != key));
            }
        }
    }

    /// Adds all keys of another object to this one.
    pub(crate) fn extend(&mut self, other: &Node) {
        if let (Value::Object(entries), Value::Object(others)) = (&mut self.value, &other.value) {
            entries.extend(others.iter().cloned());
        }
    }

    /// Sets the number at a path such as `stages[0].duration_ticks`. Missing keys
    /// are added; array items must exist. `None` if the path does not exist, is not
    /// that of a number, or is too deep; nothing changes then.
    pub(crate) fn set_number(&mut self, path: &str, number: f64) -> Option<()> {
        self.change(path, |here| {
            let is_number = matches!(here.value, Value::Number(_) | Value::Null);
            is_number.then(|| here.value = Value::Number(number))
        })
    }

    /// Sets the value at a path, of whatever type it is. Otherwise like
    /// [`Node::set_number`].
    pub(crate) fn set(&mut self, path: &str, value: &Node) -> Option<()> {
        self.change(path, |here| {
            here.value = value.value.clone();
            Some(())
        })
    }

    fn change(&mut self, path: &str, set: impl Fn(&mut Node) -> Option<()>) -> Option<()> {
        if path.matches(['.', '[']).count() >= MAX_DEPTH as usize {
            return None;
        }
        let mut changed = self.clone();
        for path in changed.all_items(path)? {
            set(changed.place_at(&path)?)?;
        }
        *self = changed;
        Some(())
    }

    /// The paths that a path stands for in which `[*]` is every item of an array: every
    /// stage; of other arrays, whose items may be of different kinds, every item that has
    /// the value, or every item if none has it. `None` if there is no such array or it is
    /// empty.
    pub(crate) fn all_items(&self, path: &str) -> Option<Vec<String>> {
        const ALL: &str = "[*]";
        let Some((list, rest)) = path.split_once(ALL) else { return Some(vec![path.to_string()]) };
        let Value::Array(items) = &self.at(list)?.value else { return None };
        let within = rest.strip_prefix('.').unwrap_or(rest);
        let within = within.split_once(ALL).map_or(within, |(before, _)| before);
        let has = |item: &Node| within.is_empty() || item.at(within).is_some();
        let some_have = list != "stages" && items.iter().any(has);
        let mut paths = Vec::new();
        for (i, item) in items.iter().enumerate() {
            if !some_have || has(item) {
                paths.extend(self.all_items(&format!("{list}[{i}]{rest}"))?);
            }
        }
        (!paths.is_empty()).then_some(paths)
    }

    /// The value at a path, without `[*]`.
    pub(crate) fn at(&self, path: &str) -> Option<&Node> {
        let mut here = self;
        for step in Step::all(path) {
            here = match step? {
                Step::Key(key) => here.get(key)?,
                Step::Index(index) => here.items().get(index)?,
            };
        }
        Some(here)
    }

    /// The value at a path, whose missing keys are added.
    fn place_at(&mut self, path: &str) -> Option<&mut Node> {
        let mut here = self;
        for step in Step::all(path) {
            here = match step? {
                Step::Key(key) => here.entry(key)?,
                Step::Index(index) => {
                    let Value::Array(items) = &mut here.value else { return None };
                    items.get_mut(index)?
                }
            };
        }
        Some(here)
    }

    /// The value of a key, which is added if it is missing.
    fn entry(&mut self, key: &str) -> Option<&mut Node> {
        if key.is_empty() {
            return None;
        }
        if matches!(self.value, Value::Null) {
            self.value = Value::Object(Vec::new());
        }
        let Value::Object(entries) = &mut self.value else { return None };
        let known = entries.iter().position(|entry| entry.key == key);
        let index = known.unwrap_or_else(|| {
            let node = Node::new(Value::Null);
            entries.push(Entry { key: key.to_string(), place: Place::START, node });
            entries.len() - 1
        });
        Some(&mut entries[index].node)
    }
}

/// A step of a path.
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl Step<'_> {
    /// The steps of a path such as `stages[0].duration_ticks`; `None` for what is no step.
    fn all(path: &str) -> impl Iterator<Item = Option<Step<'_>>> {
        path.split('.').flat_map(|part| {
            let (key, indices) =
                part.split_at_checked(part.find('[').unwrap_or(part.len())).unwrap_or((part, ""));
            let index = |index: &str| {
                let index = index.strip_prefix('[')?.strip_suffix(']')?;
                index.parse().ok().map(Step::Index)
            };
            std::iter::once(Some(Step::Key(key))).chain(indices.split_inclusive(']').map(index))
        })
    }
}

/// Writes the value; `null` for a refused one.
impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Null | Value::Refused(_) => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(value) => number(value, serializer),
            Value::Text(value) => serializer.serialize_str(value),
            Value::Array(items) => serializer.collect_seq(items),
            Value::Object(entries) => {
                serializer.collect_map(entries.iter().map(|entry| (&entry.key, &entry.node)))
            }
        }
    }
}
