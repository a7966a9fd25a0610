//! Looks into a tree, and changes to it: a configuration as it would be if somebody
//! had written it otherwise.

use super::parse::{Entry, MAX_DEPTH, Node, Value};

impl Node {
    fn new(value: Value) -> Self {
        Node { value, place: 0 }
    }

    /// Whether it is an object.
    pub(crate) fn is_object(&self) -> bool {
        matches!(self.value, Value::Object(_))
    }

    /// The keys of an object; none of anything else.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        let entries: &[Entry] = match &self.value {
            Value::Object(entries) => entries,
            _ => &[],
        };
        entries.iter().map(|entry| entry.key.as_str())
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

    /// The items of an array; none of anything else.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Value::Array(items) => items,
            _ => &[],
        }
    }

    /// Takes a key out of an object.
    pub(crate) fn remove(&mut self, key: &str) {
        if let Value::Object(entries) = &mut self.value {
            entries.retain(|entry| entry.key != key);
        }
    }

    /// Takes a key out of every object of the list at `list`.
    pub(crate) fn remove_in_items(&mut self, list: &str, key: &str) {
        let Value::Object(entries) = &mut self.value else { return };
        for entry in entries.iter_mut().filter(|entry| entry.key == list) {
            if let Value::Array(items) = &mut entry.node.value {
                items.iter_mut().for_each(|item| item.remove(key));
            }
        }
    }

    /// Puts all of another object's keys into this one.
    pub(crate) fn extend(&mut self, other: &Node) {
        if let (Value::Object(entries), Value::Object(others)) = (&mut self.value, &other.value) {
            entries.extend(others.iter().cloned());
        }
    }

    /// Sets the number that a path such as `stages[0].duration_ticks` leads to.
    /// Keys that are left out are made; list elements have to be there.
    /// `None` where the path leads nowhere, to something else than a number, or
    /// deeper than a text may.
    pub(crate) fn set_number(&mut self, path: &str, number: f64) -> Option<()> {
        if path.matches(['.', '[']).count() >= MAX_DEPTH as usize {
            return None;
        }
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

    /// The value of a key, made if it is left out.
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
            entries.push(Entry { key: key.to_string(), place: 0, node });
            entries.len() - 1
        });
        Some(&mut entries[index].node)
    }
}
