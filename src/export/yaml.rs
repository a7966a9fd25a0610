//! Writes YAML: maps in the order they are made in, and texts of several lines as blocks.

use std::fmt::Write;

/// A value of a YAML document.
#[derive(Clone, Debug)]
pub(super) enum Yaml {
    Text(String),
    Number(f64),
    Bool(bool),
    Map(Vec<(&'static str, Yaml)>),
    /// A map whose keys are names that a person gave.
    Named(Vec<(String, Yaml)>),
    List(Vec<Yaml>),
}

impl Yaml {
    /// A map without the entries that are `None`.
    pub(super) fn map<const N: usize>(entries: [(&'static str, Option<Yaml>); N]) -> Yaml {
        Yaml::Map(entries.into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
    }

    /// A list of what is made of each.
    pub(super) fn list<T>(items: impl IntoIterator<Item = T>, make: impl Fn(T) -> Yaml) -> Yaml {
        Yaml::List(items.into_iter().map(make).collect())
    }
}

impl From<&str> for Yaml {
    fn from(text: &str) -> Self {
        Yaml::Text(text.to_owned())
    }
}

impl From<String> for Yaml {
    fn from(text: String) -> Self {
        Yaml::Text(text)
    }
}

impl From<bool> for Yaml {
    fn from(value: bool) -> Self {
        Yaml::Bool(value)
    }
}

impl From<f64> for Yaml {
    fn from(number: f64) -> Self {
        Yaml::Number(number)
    }
}

impl From<u32> for Yaml {
    fn from(number: u32) -> Self {
        Yaml::Number(f64::from(number))
    }
}

/// The text of a file of several documents.
pub(super) fn documents(documents: &[Yaml]) -> String {
    let texts: Vec<String> = documents
        .iter()
        .map(|document| {
            let mut text = String::new();
            write_value(&mut text, document, 0, false);
            text
        })
        .collect();
    texts.join("---\n")
}

/// Writes a value whose lines begin at an indent, and the end of its last line. `inline`
/// says whether the first line has begun: after a dash, or after a key.
fn write_value(out: &mut String, value: &Yaml, indent: usize, after_key: bool) {
    match value {
        Yaml::Map(entries) if !entries.is_empty() => {
            if after_key {
                out.push('\n');
            }
            for (i, (key, value)) in entries.iter().enumerate() {
                if after_key || i > 0 {
                    pad(out, indent);
                }
                write_entry(out, key, value, indent);
            }
        }
        Yaml::Named(entries) if !entries.is_empty() => {
            if after_key {
                out.push('\n');
            }
            for (i, (key, value)) in entries.iter().enumerate() {
                if after_key || i > 0 {
                    pad(out, indent);
                }
                write_entry(out, &written(key), value, indent);
            }
        }
        Yaml::List(items) if !items.is_empty() => {
            if after_key {
                out.push('\n');
            }
            for item in items {
                pad(out, indent);
                out.push_str("- ");
                // The item's first line stands after the dash.
                write_value(out, item, indent + 2, false);
            }
        }
        _ => {
            if after_key {
                out.push(' ');
            }
            write_scalar(out, value, indent);
        }
    }
}

/// Writes an entry of a map whose lines begin at an indent.
fn write_entry(out: &mut String, key: &str, value: &Yaml, indent: usize) {
    out.push_str(key);
    out.push(':');
    let deeper = if matches!(value, Yaml::List(_)) { indent } else { indent + 2 };
    write_value(out, value, deeper, true);
}

/// A text of one line, in quotes where it needs them.
fn written(text: &str) -> String {
    match is_plain(text) {
        true => text.to_owned(),
        false => serde_json::Value::from(text).to_string(),
    }
}

fn write_scalar(out: &mut String, value: &Yaml, indent: usize) {
    match value {
        Yaml::Text(text) if text.contains('\n') => {
            out.push_str("|-\n");
            for line in text.lines() {
                pad(out, indent);
                out.push_str(line);
                out.push('\n');
            }
            return;
        }
        Yaml::Text(text) => out.push_str(&written(text)),
        Yaml::Number(number) => out.push_str(&crate::json::plain(*number)),
        Yaml::Bool(value) => {
            let _ = write!(out, "{value}");
        }
        Yaml::Map(_) | Yaml::Named(_) => out.push_str("{}"),
        Yaml::List(_) => out.push_str("[]"),
    }
    out.push('\n');
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// Whether a text can stand without quotes and is read as a text.
fn is_plain(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let is_word = !matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n"
    );
    // `60s`, but no number such as `60` or `1e3`.
    let is_duration = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_duration = matches!(is_duration, "s" | "m" | "h") && is_duration != text;
    let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic());
    // A type of CloudFormation, such as `AWS::CloudWatch::Alarm`.
    let parts = text.replace("::", "");
    let is_inner = parts.chars().all(inner) && !text.ends_with(':');
    (is_name || is_duration) && is_inner && is_word
}
