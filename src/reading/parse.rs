//! From text to tree, each value with its place, by the events of a library's
//! parser. Scalars are those of YAML 1.2's core schema: `no` and `on` are strings.
//! A key that stands twice is left to the reader of its object.

use std::borrow::Cow;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Tag};
use serde::de::IgnoredAny;

use super::node::{Entry, MAX_DEPTH, Node, Value};
use super::{Fault, Place};
use crate::message::{quoted, shown};

/// What some editors begin a text in UTF-8 with.
const BYTE_ORDER_MARK: char = '\u{feff}';
/// No path of a configuration is as deep: it is not worth telling.
const DEEP: usize = 16;

const NO_ALIASES: &str = "anchors and aliases (`&`, `*`) are not read here, expected the value \
                          itself; quote a string that begins so";
const TOO_DEEP: &str = "nested too deeply";

/// A text without the byte order mark before it, which counts for nothing.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

/// Reads a text that holds one value, behind a byte order mark if there is one.
pub(crate) fn parse(text: &str) -> Result<Node, Fault> {
    let text = without_mark(text);
    let mut tree = Tree::default();
    match tree.read(text) {
        Ok(()) => Ok(tree.root()),
        Err(Stop::Refused(fault)) => Err(fault),
        Err(Stop::Syntax(error)) => refused_syntax(text, &error),
    }
}

/// What to make of a text that the parser refuses: a fault in plain words, or the
/// tree of a text that is JSON all the same.
fn refused_syntax(text: &str, error: &ScanError) -> Result<Node, Fault> {
    let mut message = yaml_words(error.info());
    let mut byte = byte_of(text, error.marker().index());
    if text.trim_start().starts_with(['{', '[']) {
        match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => {
                let masked = without_surrogates(text);
                let mut tree = Tree { json: Some(text), ..Tree::default() };
                match tree.read(&masked) {
                    Ok(()) => return Ok(tree.root()),
                    Err(Stop::Refused(fault)) => return Err(fault),
                    Err(Stop::Syntax(_)) => {}
                }
            }
            // The later one: YAML within brackets is no JSON from its first word on.
            Err(json) => {
                let at = byte_of_json(text, &json);
                if at >= byte && error.info() != RECURSION {
                    (message, byte) = (json_words(&json), at);
                }
            }
        }
    }
    let before = text.get(..byte).unwrap_or(text);
    // The parser reads ahead of its events. What stands before the fault is read
    // again by itself, for the path, and for what is refused there.
    let mut tree = Tree::default();
    match tree.read(before) {
        Err(Stop::Refused(fault)) => Err(fault),
        _ => Err(Fault { path: tree.path(), message, place: Place::after(before) }),
    }
}

/// Why reading stopped.
enum Stop {
    /// The parser refuses the text.
    Syntax(ScanError),
    /// It is YAML that is not read here.
    Refused(Fault),
}

/// A tree that grows event by event.
#[derive(Default)]
struct Tree<'a> {
    /// Arrays and objects open here, each in the one before.
    open: Vec<Open>,
    root: Option<Node>,
    /// The text as it is, where what is parsed is one [`without_surrogates`].
    json: Option<&'a str>,
}

/// An array or object whose end is still to come.
struct Open {
    node: Node,
    /// In an object, the key whose value is next.
    key: Option<(String, Place)>,
}

impl Tree<'_> {
    fn read(&mut self, text: &str) -> Result<(), Stop> {
        let mut bytes = Bytes::new(text);
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(Stop::Syntax)?;
            let place = Place::new(span.start);
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
        self.open.push(Open { node: Node { value, place }, key: None });
        Ok(())
    }

    /// Puts a value that is whole into what is open, or makes it the root.
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

    /// The value of the text; of one without any, such as comments alone, `null`.
    fn root(self) -> Node {
        self.root.unwrap_or(Node { value: Value::Null, place: Place::START })
    }

    /// The path to what is being read.
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

/// A scalar's value by its style, its tag and the core schema.
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

/// The word of a tag that YAML itself defines: `str` of `!!str`.
fn core_tag(tag: &Tag) -> Option<&str> {
    tag.is_yaml_core_schema().then_some(tag.suffix.as_str())
}

fn unknown_tag(tag: Option<&Tag>) -> Cow<'static, str> {
    let tag = tag.map(|tag| match tag.is_yaml_core_schema() {
        true => format!("!!{}", tag.suffix),
        false => format!("{}{}", tag.handle, tag.suffix),
    });
    let tag = tag.unwrap_or_default();
    format!("the tag `{}` is not read here, expected a value without it", shown(&tag)).into()
}

/// What a plain scalar means in the core schema. Numbers that are not finite, or that
/// other programs read otherwise, are refused where they stand.
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
    // What begins so and Rust takes for a number is one of the core schema.
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

/// A JSON text whose surrogate escapes, such as `\ud83d`, which YAML has not, are
/// others of the same length.
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

/// The string that a literal of a JSON text stands for; `None` where it has a lone half of
/// a surrogate pair. serde_json would read it, but its reader of strings brings the one of
/// numbers along, a twelfth of the page's engine.
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

/// Bytes before characters, asked for in rising order.
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

/// The bytes before a character.
fn byte_of(text: &str, character: usize) -> usize {
    text.char_indices().nth(character).map_or(text.len(), |(byte, _)| byte)
}

/// The bytes before a JSON fault.
fn byte_of_json(text: &str, error: &serde_json::Error) -> usize {
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take(error.line().saturating_sub(1)).map(str::len).sum();
    // At the end of a text it stands behind the last character, else upon one.
    let column = if error.is_eof() { error.column() } else { error.column().saturating_sub(1) };
    let mut byte = (before + column).min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    byte
}

const RECURSION: &str = "recursion limit exceeded";

/// The parser's sentences in plain words.
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
            "`: ` where no key can stand; quote a string that has it inside"
        }
        "expected whitespace" => "expected a key",
        "while parsing a quoted scalar, found invalid Unicode character escape code" => {
            "an escape that is no character; YAML writes one beyond FFFF as `\\U0001f600`"
        }
        "misplaced bracket" => "this bracket closes none",
        "while scanning a quoted scalar, found unexpected end of stream" => {
            "the text ends inside a quoted string"
        }
        "while parsing a quoted scalar, found unknown escape character" => "invalid escape",
        "did not find expected <document start>" => "text after the end of the configuration",
        "found unprintable character" => "control character",
        _ if info.contains("tab") => "a tab where the indentation needs spaces",
        _ if info.contains("indentation") => "the indentation does not fit the lines before it",
        _ => info.rsplit_once(", ").map_or(info, |(_, what)| what),
    };
    words.to_string()
}

/// The sentences of JSON's faults in plain words.
fn json_words(error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "the text ends too early".to_string();
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
