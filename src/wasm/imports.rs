//! Files of other programs as JavaScript gives them.

use std::collections::BTreeMap;

use crate::import::{self, Import, Options, Source};
use crate::reading::{Node, View, parse};

/// Imports files, given as the JSON text of a list of names and texts.
///
/// # Errors
/// All faults of the files, one per line. If the files or the options have another form.
pub(super) fn import(sources: &str, options: &str) -> Result<Import, String> {
    const MAX_VALUES: usize = 10_000;
    let tree = |text: &str, what: &str| {
        parse(text, MAX_VALUES).map_err(|fault| format!("{what}: {}", fault.message))
    };
    let (sources, options) = (tree(sources, "sources")?, tree(options, "options")?);
    let mut files = Vec::new();
    for file in sources.items() {
        let (Some(name), Some(text)) = (file.get_text("name"), file.get_text("text")) else {
            return Err("sources: expected objects with a name and a text".to_string());
        };
        files.push(Source { name, text });
    }
    let text = |key: &str| options.get_text(key).map(str::to_string);
    let options =
        Options { bind: texts(options.get("bind")), name: text("name"), base: text("base") };
    import::import(&files, &options).map_err(|error| error.lines())
}

/// The texts of an object by their keys.
fn texts(object: Option<&Node>) -> BTreeMap<String, String> {
    let entries = object.into_iter().flat_map(Node::entries);
    let text = |(key, _, value): (&str, _, &Node)| match value.view() {
        View::Text(text) => Some((key.to_string(), text.to_string())),
        _ => None,
    };
    entries.filter_map(text).collect()
}
