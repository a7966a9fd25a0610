//! The tree of a text, with methods to inspect it and to change it, as for the
//! configurations of a study.

use serde::{Serialize, Serializer};

use super::Place;

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

    /// Removes a key from the object at `key` of an object.
    pub(crate) fn remove_in(&mut self, key: &str, inner: &str) {
        let Value::Object(entries) = &mut self.value else { return };
        for entry in entries.iter_mut().filter(|entry| entry.key == key) {
            entry.node.retain(|its| its != inner);
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
        if path.matches(['.', '[']).count() >= MAX_DEPTH as usize {
            return None;
        }
        let mut changed = self.clone();
        changed.put_number(path, number)?;
        *self = changed;
        Some(())
    }

    fn put_number(&mut self, path: &str, number: f64) -> Option<()> {
        let mut here = self;
        for part in path.split('.') {
            let (key, indices) = part.split_at_checked(part.find('[').unwrap_or(part.len()))?;
            here = here.entry(key)?;
            for index in indices.split_inclusive(']') {
                let index = index.strip_prefix('[')?.strip_suffix(']')?;
                let Value::Array(items) = &mut here.value else { return None };
                here = items.get_mut(index.parse::<usize>().ok()?)?;
            }
        }
        if !matches!(here.value, Value::Number(_) | Value::Null) {
            return None;
        }
        here.value = Value::Number(number);
        Some(())
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

/// Writes the value; `null` for a refused one.
impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Null | Value::Refused(_) => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(value) => serializer.serialize_f64(*value),
            Value::Text(value) => serializer.serialize_str(value),
            Value::Array(items) => serializer.collect_seq(items),
            Value::Object(entries) => {
                serializer.collect_map(entries.iter().map(|entry| (&entry.key, &entry.node)))
            }
        }
    }
}
