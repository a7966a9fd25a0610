//! Parses a text into a tree, each value with its place, from the events of a
//! library's parser. Scalars follow the core schema of YAML 1.2: `no` and `on` are
//! strings. Duplicate keys are kept; reading the object reports them.

use std::borrow::Cow;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Tag};
use serde::de::IgnoredAny;

use super::node::{Entry, MAX_DEPTH, Node, Value};
use super::{Fault, Place};
use crate::message::{quoted, shown, thousands};

/// Some editors begin a UTF-8 text with this character.
const BYTE_ORDER_MARK: char = '\u{feff}';
/// No path of a configuration is this deep, so it is not worth reporting.
const DEEP: usize = 16;

const NO_ALIASES: &str = "anchors and aliases (`&`, `*`) are not supported, expected the value \
                          itself; quote a string that begins with one";
const TOO_DEEP: &str = "nested too deeply";

/// The text without a byte order mark.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

/// Parses a text that contains one value, after an optional byte order mark.
/// `max_values` is the maximum number of values in total, which limits the time for
/// a hostile text.
pub(crate) fn parse(text: &str, max_values: usize) -> Result<Node, Fault> {
    let text = without_mark(text);
    let mut tree = Tree::new(max_values);
    match tree.read(text) {
        Ok(()) => Ok(tree.root()),
        Err(Stop::Refused(fault)) => Err(fault),
        Err(Stop::Syntax(error)) => refused_syntax(text, max_values, &error),
    }
}

/// Handles a text that the parser refuses: returns a fault with a clear message, or
/// the tree if the text is valid JSON.
fn refused_syntax(text: &str, max_values: usize, error: &ScanError) -> Result<Node, Fault> {
    let mut message = yaml_words(error.info());
    let mut byte = byte_of(text, error.marker().index());
    if text.trim_start().starts_with(['{', '[']) {
        match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => {
                let masked = without_surrogates(text);
                let mut tree = Tree { json: Some(text), ..Tree::new(max_values) };
                match tree.read(&masked) {
                    Ok(()) => return Ok(tree.root()),
                    Err(Stop::Refused(fault)) => return Err(fault),
                    Err(Stop::Syntax(_)) => {}
                }
            }
            // The later of the two faults is reported, because YAML in brackets
            // fails as JSON at its first unquoted word.
            Err(json) => {
                let at = byte_of_json(text, &json);
                if at >= byte && error.info() != RECURSION {
                    (message, byte) = (json_words(&json), at);
                }
            }
        }
    }
    let before = text.get(..byte).unwrap_or(text);
    // The parser reads ahead of its events. So the text before the fault is parsed
    // again, to find the path and anything refused there.
    let mut tree = Tree::new(max_values);
    match tree.read(before) {
        Err(Stop::Refused(fault)) => Err(fault),
        _ => Err(Fault { path: tree.path(), message, place: Place::after(before) }),
    }
}

/// The reason why parsing stopped.
enum Stop {
    /// The parser refuses the text.
    Syntax(ScanError),
    /// The text has YAML that is not supported here.
    Refused(Fault),
}

/// A tree under construction.
struct Tree<'a> {
    /// The open arrays and objects, from the outside in.
    open: Vec<Open>,
    root: Option<Node>,
    /// The original text, if the parsed text is one [`without_surrogates`].
    json: Option<&'a str>,
    max_values: usize,
    /// How many more values are allowed.
    left: usize,
}

/// An array or object that has not ended yet.
struct Open {
    node: Node,
    /// In an object, the key of the next value.
    key: Option<(String, Place)>,
}

impl Tree<'_> {
    fn new(max_values: usize) -> Self {
        Tree { open: Vec::new(), root: None, json: None, max_values, left: max_values }
    }

    fn read(&mut self, text: &str) -> Result<(), Stop> {
        let mut bytes = Bytes::new(text);
        let end = Place::after(text);
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(Stop::Syntax)?;
            // The parser places an empty value after `---` on the next line, even where
            // there is none.
            let place = Place::new(span.start).min(end);
            let source = match self.json {
                Some(json) => json.get(bytes.at(span.start)..bytes.at(span.end)),
                None => None,
            };
            self.take(event, place, source).map_err(|message| {
                Stop::Refused(Fault { path: self.path(), message: message.into(), place })
            })?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        event: Event<'_>,
        place: Place,
        source: Option<&str>,
    ) -> Result<(), Cow<'static, str>> {
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                return Err("a second document, expected one".into());
            }
            Event::Alias(_)
            | Event::Scalar(_, _, 1.., _)
            | Event::SequenceStart(1.., _)
            | Event::MappingStart(1.., _) => return Err(NO_ALIASES.into()),
            Event::Scalar(text, style, _, tag) => {
                let text = match source.filter(|source| source.contains("\\u")) {
                    Some(source) => {
                        unescaped(source).ok_or("lone half of a surrogate pair in a string")?
                    }
                    None => text.into_owned(),
                };
                if let Some(Open { node: Node { value: Value::Object(_), .. }, key }) =
                    self.open.last_mut()
                    && key.is_none()
                {
                    *key = Some((text, place));
                    return Ok(());
                }
                let value = scalar(text, style, tag.as_deref())?;
                self.count()?;
                self.put(Node { value, place });
            }
            Event::SequenceStart(_, tag) => {
                self.open(Value::Array(Vec::new()), "seq", tag.as_deref(), place)?;
            }
            Event::MappingStart(_, tag) => {
                self.open(Value::Object(Vec::new()), "map", tag.as_deref(), place)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    self.put(open.node);
                }
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn open(
        &mut self,
        value: Value,
        kind: &str,
        tag: Option<&Tag>,
        place: Place,
    ) -> Result<(), Cow<'static, str>> {
        if tag.is_some_and(|tag| core_tag(tag) != Some(kind)) {
            return Err(unknown_tag(tag));
        }
        if self.open.len() == MAX_DEPTH as usize {
            return Err(TOO_DEEP.into());
        }
        if let Some(Open { node: Node { value: Value::Object(_), .. }, key: None }) =
            self.open.last()
        {
            return Err("key must be a string".into());
        }
        self.count()?;
        self.open.push(Open { node: Node { value, place }, key: None });
        Ok(())
    }

    /// Counts a value.
    fn count(&mut self) -> Result<(), Cow<'static, str>> {
        let too_many =
            || format!("more than {} values, the limit", thousands(self.max_values as u64));
        self.left = self.left.checked_sub(1).ok_or_else(too_many)?;
        Ok(())
    }

    /// Adds a complete value to the innermost open array or object, or makes it the
    /// root.
    fn put(&mut self, node: Node) {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        match &mut open.node.value {
            Value::Array(items) => items.push(node),
            Value::Object(entries) => {
                if let Some((key, place)) = open.key.take() {
                    entries.push(Entry { key, place, node });
                }
            }
            _ => {}
        }
    }

    /// The value of the text; `null` if it has none, for example only comments.
    fn root(self) -> Node {
        self.root.unwrap_or(Node { value: Value::Null, place: Place::START })
    }

    /// The path of the current value.
    fn path(&self) -> String {
        let mut path = String::new();
        if self.open.len() > DEEP {
            return path;
        }
        for (i, open) in self.open.iter().enumerate() {
            let is_last = i + 1 == self.open.len();
            match (&open.node.value, &open.key) {
                (Value::Array(items), _) if !is_last => path += &format!("[{}]", items.len()),
                (_, Some((key, _))) => {
                    path += if path.is_empty() { "" } else { "." };
                    path += &shown(key);
                }
                _ => {}
            }
        }
        path
    }
}

/// The value of a scalar, from its style, its tag and the core schema.
fn scalar(text: String, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, Cow<'static, str>> {
    let Some(tag) = tag else {
        return Ok(if style == ScalarStyle::Plain { resolved(text) } else { Value::Text(text) });
    };
    let kind = core_tag(tag);
    if kind == Some("str") {
        return Ok(Value::Text(text));
    }
    let message = format!("{} is not of the type of its tag", quoted(&text));
    let value = resolved(text);
    match (kind, &value) {
        (Some("null"), Value::Null) | (Some("bool"), Value::Bool(_)) => Ok(value),
        (Some("int"), Value::Number(number)) if number.fract() == 0.0 => Ok(value),
        (Some("float"), Value::Number(_)) => Ok(value),
        (Some("int" | "float"), Value::Refused(_)) => Ok(value),
        (Some("null" | "bool" | "int" | "float"), _) => Err(message.into()),
        _ => Err(unknown_tag(Some(tag))),
    }
}

/// The name of a tag that YAML defines, such as `str` for `!!str`.
fn core_tag(tag: &Tag) -> Option<&str> {
    tag.is_yaml_core_schema().then_some(tag.suffix.as_str())
}

fn unknown_tag(tag: Option<&Tag>) -> Cow<'static, str> {
    let tag = tag.map(|tag| match tag.is_yaml_core_schema() {
        true => format!("!!{}", tag.suffix),
        false => format!("{}{}", tag.handle, tag.suffix),
    });
    let tag = tag.unwrap_or_default();
    format!("the tag `{}` is not supported, expected a value without it", shown(&tag)).into()
}

/// The value of a plain scalar in the core schema. Numbers that are not finite, or
/// that other programs read differently, are refused at their place.
fn resolved(text: String) -> Value {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(&text);
    let has_sign = digits.len() < text.len();
    let in_base = |digits: &str, base| match u64::from_str_radix(digits, base) {
        Ok(number) => Value::Number(number as f64),
        Err(_) => Value::Refused("number out of range"),
    };
    match digits {
        "" | "~" | "null" | "Null" | "NULL" if !has_sign => return Value::Null,
        "true" | "True" | "TRUE" if !has_sign => return Value::Bool(true),
        "false" | "False" | "FALSE" if !has_sign => return Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" if !has_sign => return Value::Refused(NOT_FINITE),
        ".inf" | ".Inf" | ".INF" => return Value::Refused(NOT_FINITE),
        _ => {}
    }
    let is_all =
        |digits: &str, base| !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(base));
    if !has_sign {
        if let Some(octal) = text.strip_prefix("0o").filter(|digits| is_all(digits, 8)) {
            return in_base(octal, 8);
        }
        if let Some(hex) = text.strip_prefix("0x").filter(|digits| is_all(digits, 16)) {
            return in_base(hex, 16);
        }
    }
    // A text that begins like this and that Rust parses as a number is a number of
    // the core schema.
    let begins_as_number = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    match text.parse::<f64>() {
        Ok(_) if !begins_as_number => Value::Text(text),
        Ok(number) if number.is_infinite() => Value::Refused("number out of range"),
        Ok(_) if digits.len() > 1 && digits.starts_with('0') && is_all(&digits[1..2], 10) => {
            Value::Refused("invalid number: some programs read leading zeros as octal")
        }
        Ok(number) => Value::Number(number),
        Err(_) => Value::Text(text),
    }
}

const NOT_FINITE: &str = "not a finite number";

/// The JSON text with surrogate escapes, such as `\ud83d`, replaced by others of
/// the same length, because YAML does not have them.
fn without_surrogates(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\u") {
        masked += before;
        masked += "\\u";
        let is_surrogate = matches!(after.as_bytes(), [b'd' | b'D', b'8'..=b'f', ..]);
        masked += if is_surrogate { "00" } else { "" };
        rest = after.get(2..).filter(|_| is_surrogate).unwrap_or(after);
    }
    masked + rest
}

/// The string of a literal that is known to be JSON; `None` if it has a lone half of a
/// surrogate pair. serde_json's reader of strings would link its reader of numbers, a
/// twelfth of the page's engine.
fn unescaped(literal: &str) -> Option<String> {
    let mut rest = literal.trim_end().strip_prefix('"')?.strip_suffix('"')?;
    let mut units = Vec::new();
    while let Some((before, after)) = rest.split_once('\\') {
        units.extend(before.encode_utf16());
        let (escape, after) = after.split_at_checked(1)?;
        rest = after;
        units.push(match escape {
            "b" => 0x08,
            "f" => 0x0c,
            "n" => 0x0a,
            "r" => 0x0d,
            "t" => 0x09,
            "u" => {
                let (digits, after) = rest.split_at_checked(4)?;
                rest = after;
                u16::from_str_radix(digits, 16).ok()?
            }
            // A quotation mark, a slash or a backslash.
            _ => u16::from(escape.bytes().next()?),
        });
    }
    units.extend(rest.encode_utf16());
    String::from_utf16(&units).ok()
}

/// Converts character positions to byte positions, in increasing order.
struct Bytes<'a> {
    text: &'a str,
    characters: usize,
    bytes: usize,
}

impl<'a> Bytes<'a> {
    fn new(text: &'a str) -> Self {
        Bytes { text, characters: 0, bytes: 0 }
    }

    fn at(&mut self, marker: Marker) -> usize {
        let rest = self.text.get(self.bytes..).unwrap_or_default();
        let more = marker.index().saturating_sub(self.characters);
        self.bytes += byte_of(rest, more);
        self.characters += more;
        self.bytes
    }
}

/// The byte position of a character.
fn byte_of(text: &str, character: usize) -> usize {
    text.char_indices().nth(character).map_or(text.len(), |(byte, _)| byte)
}

/// The byte position of a JSON fault.
fn byte_of_json(text: &str, error: &serde_json::Error) -> usize {
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take(error.line().saturating_sub(1)).map(str::len).sum();
    // At the end of the text, the fault is after the last character. Otherwise the
    // column, from 1, is that of the fault.
    let column = if error.is_eof() { error.column() } else { error.column().saturating_sub(1) };
    let mut byte = (before + column).min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    byte
}

const RECURSION: &str = "recursion limit exceeded";

/// The parser's messages in plain English.
fn yaml_words(info: &str) -> String {
    let words = match info {
        RECURSION => TOO_DEEP,
        "while parsing node, found unknown anchor" => NO_ALIASES,
        "while parsing a flow mapping, did not find expected ',' or '}'" => "expected `,` or `}`",
        "while parsing a flow sequence, expected ',' or ']'" => "expected `,` or `]`",
        "while parsing a node, did not find expected node content" => "expected a value",
        "while parsing a block mapping, did not find expected key" => {
            "expected a key, indented like the keys before it"
        }
        "while parsing a block collection, did not find expected '-' indicator" => {
            "expected `-`, indented like the items before it"
        }
        "simple key expected" | "simple key expect ':'" => "expected `:` and a value after the key",
        "mapping values are not allowed in this context" => {
            "`: ` is not allowed here; quote a string that contains it"
        }
        "expected whitespace" => "expected a key",
        "while parsing a quoted scalar, found invalid Unicode character escape code" => {
            "an escape that is not a character; YAML writes characters above FFFF as `\\U0001f600`"
        }
        "misplaced bracket" => "a closing bracket without an opening one",
        "while scanning a quoted scalar, found unexpected end of stream" => {
            "the text ends inside a quoted string"
        }
        "while parsing a quoted scalar, found unknown escape character" => "invalid escape",
        "did not find expected <document start>" => "text after the end of the configuration",
        "found unprintable character" => "control character",
        _ if info.contains("tab") => "a tab where the indentation needs spaces",
        _ if info.contains("indentation") => "the indentation does not match the lines before it",
        _ => info.rsplit_once(", ").map_or(info, |(_, what)| what),
    };
    words.to_string()
}

/// The messages of serde_json in plain English.
fn json_words(error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "unexpected end of the text".to_string();
    }
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    let words = match message {
        "expected value" | "expected ident" => "expected a value",
        "trailing characters" => "text after the end of the configuration",
        _ if message.starts_with("control character") => {
            "line break or other control character in a string"
        }
        _ => message,
    };
    words.to_string()
}
