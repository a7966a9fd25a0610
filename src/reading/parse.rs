//! Parses a text into a tree, each value with its place, from the events of a
//! library's parser. Scalars follow the core schema of YAML 1.2: `no` and `on` are
//! strings. Duplicate keys are kept; reading the object reports them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

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
    let null = Node { value: Value::Null, place: Place::START };
    let documents = documents(without_mark(text), || Tree::new(max_values))?;
    Ok(documents.into_iter().next().unwrap_or(null))
}

/// Parses a text of another program: any number of documents, after an optional byte
/// order mark. Empty documents are left out.
///
/// It reads what [`parse`] refuses. Anchors, aliases and merge keys (`<<`) are
/// replaced by what they stand for. `!Ref X`, `!Sub X` and the like of CloudFormation
/// become `{"Ref": X}`, `{"Fn::Sub": X}`; other tags are ignored. A number that
/// programs read differently, or that is not finite, is a string. `max_values` counts
/// every value that an alias stands for.
pub(crate) fn parse_stream(text: &str, max_values: usize) -> Result<Vec<Node>, Fault> {
    fn tree<'a>(max_values: usize) -> Tree<'a> {
        Tree { anchors: Some(BTreeMap::new()), ..Tree::new(max_values) }
    }
    let text = without_mark(text);
    let mut documents = documents(text, || tree(max_values)).or_else(|fault| {
        // Go's parser takes a closing bracket at the indentation of its key.
        match fault.message == MISINDENTED {
            true => {
                let indented = with_brackets_indented(text);
                documents(&indented, || tree(max_values)).map_err(|_| fault)
            }
            false => Err(fault),
        }
    })?;
    documents.retain(|document| !matches!(document.value, Value::Null));
    Ok(documents)
}

/// The text with the lines that begin with a closing bracket further to the right.
fn with_brackets_indented(text: &str) -> String {
    const FAR: &str = "                                        ";
    let mut indented = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with([']', '}']) {
            indented += FAR;
        }
        indented += line;
    }
    indented
}

/// The documents of a text.
fn documents<'a>(text: &'a str, new_tree: impl Fn() -> Tree<'a>) -> Result<Vec<Node>, Fault> {
    let mut tree = new_tree();
    match tree.read(text) {
        Ok(()) => Ok(tree.roots),
        Err(Stop::Refused(fault)) => Err(fault),
        Err(Stop::Syntax(error)) => refused_syntax(text, new_tree, &error),
    }
}

/// Handles a text that the parser refuses: returns a fault with a clear message, or
/// the tree if the text is valid JSON.
fn refused_syntax<'a>(
    text: &'a str,
    new_tree: impl Fn() -> Tree<'a>,
    error: &ScanError,
) -> Result<Vec<Node>, Fault> {
    let mut message = yaml_words(error.info());
    let mut byte = byte_of(text, error.marker().index());
    if text.trim_start().starts_with(['{', '[']) {
        match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => {
                let masked = without_surrogates(text);
                let mut tree = Tree { json: Some(text), ..new_tree() };
                match tree.read(&masked) {
                    Ok(()) => return Ok(tree.roots),
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
    let mut tree = new_tree();
    if tree.anchors.is_some() && error.info() == UNKNOWN_ANCHOR {
        message = "an alias (`*`) of an anchor that the text before it does not have".to_string();
    }
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

/// The tree of a text under construction, one for each document.
struct Tree<'a> {
    /// The open arrays and objects, from the outside in.
    open: Vec<Open>,
    /// The complete documents.
    roots: Vec<Node>,
    /// The original text, if the parsed text is one [`without_surrogates`].
    json: Option<&'a str>,
    max_values: usize,
    /// How many more values are allowed.
    left: usize,
    /// The values with an anchor, for a text of another program. `None` for a
    /// configuration, which is read strictly.
    anchors: Option<BTreeMap<usize, Anchored>>,
}

/// A value with an anchor.
struct Anchored {
    node: Node,
    size: Size,
}

/// An array or object that has not ended yet.
struct Open {
    node: Node,
    /// In an object, the key of the next value.
    key: Option<(String, Place)>,
    /// Its anchor; 0 for none.
    anchor: usize,
    /// The key of the function that its tag stands for.
    function: Option<Cow<'static, str>>,
}

impl Tree<'_> {
    fn new(max_values: usize) -> Self {
        Tree {
            open: Vec::new(),
            roots: Vec::new(),
            json: None,
            max_values,
            left: max_values,
            anchors: None,
        }
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

    /// Whether the text is a configuration, which is read strictly.
    fn is_strict(&self) -> bool {
        self.anchors.is_none()
    }

    fn take(
        &mut self,
        event: Event<'_>,
        place: Place,
        source: Option<&str>,
    ) -> Result<(), Cow<'static, str>> {
        match event {
            Event::DocumentStart(_) if self.is_strict() && !self.roots.is_empty() => {
                return Err("a second document, expected one".into());
            }
            Event::Alias(_)
            | Event::Scalar(_, _, 1.., _)
            | Event::SequenceStart(1.., _)
            | Event::MappingStart(1.., _)
                if self.is_strict() =>
            {
                return Err(NO_ALIASES.into());
            }
            Event::Alias(anchor) => self.expand(anchor, place)?,
            Event::Scalar(text, style, anchor, tag) => {
                let text = match source.filter(|source| source.contains("\\u")) {
                    Some(source) => {
                        unescaped(source).ok_or("lone half of a surrogate pair in a string")?
                    }
                    None => text.into_owned(),
                };
                if let Some(open) = self.awaits_key() {
                    open.key = Some((text, place));
                    return Ok(());
                }
                let function = tag.as_deref().and_then(function).filter(|_| !self.is_strict());
                let value = match self.is_strict() {
                    true => scalar(text, style, tag.as_deref())?,
                    false => foreign_scalar(text, style, tag.as_deref()),
                };
                self.count(1 + usize::from(function.is_some()))?;
                self.put(wrapped(function, Node { value, place }), anchor)?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(Value::Array(Vec::new()), "seq", anchor, tag.as_deref(), place)?;
            }
            Event::MappingStart(anchor, tag) => {
                self.open(Value::Object(Vec::new()), "map", anchor, tag.as_deref(), place)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Open { mut node, anchor, function, .. }) = self.open.pop() {
                    if !self.is_strict() {
                        self.merge(&mut node)?;
                    }
                    self.put(wrapped(function, node), anchor)?;
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

    /// The innermost object, if its next value is a key.
    fn awaits_key(&mut self) -> Option<&mut Open> {
        let is_object = |open: &&mut Open| matches!(open.node.value, Value::Object(_));
        self.open.last_mut().filter(is_object).filter(|open| open.key.is_none())
    }

    fn open(
        &mut self,
        value: Value,
        kind: &str,
        anchor: usize,
        tag: Option<&Tag>,
        place: Place,
    ) -> Result<(), Cow<'static, str>> {
        if self.is_strict() && tag.is_some_and(|tag| core_tag(tag) != Some(kind)) {
            return Err(unknown_tag(tag));
        }
        if self.open.len() == MAX_DEPTH as usize {
            return Err(TOO_DEEP.into());
        }
        if self.awaits_key().is_some() {
            return Err("key must be a string".into());
        }
        let function = tag.and_then(function).filter(|_| !self.is_strict());
        self.count(1 + usize::from(function.is_some()))?;
        self.open.push(Open { node: Node { value, place }, key: None, anchor, function });
        Ok(())
    }

    /// Counts values.
    fn count(&mut self, values: usize) -> Result<(), Cow<'static, str>> {
        let too_many =
            || format!("more than {} values, the limit", thousands(self.max_values as u64));
        self.left = self.left.checked_sub(values).ok_or_else(too_many)?;
        Ok(())
    }

    /// Adds a complete value to the innermost open array or object, or makes it a
    /// root.
    fn put(&mut self, node: Node, anchor: usize) -> Result<(), Cow<'static, str>> {
        if anchor > 0 && !self.is_strict() {
            let size = Size::of(&node);
            self.count(size.values)?;
            let anchored = Anchored { node: node.clone(), size };
            self.anchors.get_or_insert_default().insert(anchor, anchored);
        }
        let Some(open) = self.open.last_mut() else {
            self.roots.push(node);
            return Ok(());
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
        Ok(())
    }

    /// Adds a copy of the value with an anchor.
    fn expand(&mut self, anchor: usize, place: Place) -> Result<(), Cow<'static, str>> {
        if self.awaits_key().is_some() {
            return Err("an alias as a key, expected the key itself".into());
        }
        let anchored = self.anchors.as_ref().and_then(|anchors| anchors.get(&anchor));
        let Some(Anchored { size, .. }) = anchored else {
            return Err("an alias inside the value that it stands for".into());
        };
        let size = *size;
        self.count(size.values)?;
        if self.open.len() + size.depth > MAX_DEPTH as usize {
            return Err(TOO_DEEP.into());
        }
        let anchored = self.anchors.as_ref().and_then(|anchors| anchors.get(&anchor));
        match anchored.map(|anchored| Node { place, ..anchored.node.clone() }) {
            Some(node) => self.put(node, 0),
            None => Ok(()),
        }
    }

    /// Replaces merge keys (`<<`) of an object by the entries of what they name. The
    /// object's own entries come first, then those of earlier objects in the list.
    fn merge(&mut self, node: &mut Node) -> Result<(), Cow<'static, str>> {
        let Value::Object(entries) = &mut node.value else { return Ok(()) };
        let is_merge = |entry: &Entry| {
            let is_object = |node: &Node| matches!(node.value, Value::Object(_));
            let merges = match &entry.node.value {
                Value::Array(items) => items.iter().all(is_object),
                _ => is_object(&entry.node),
            };
            entry.key == "<<" && merges
        };
        if !entries.iter().any(is_merge) {
            return Ok(());
        }
        let (merges, own): (Vec<Entry>, Vec<Entry>) =
            std::mem::take(entries).into_iter().partition(is_merge);
        let mut known: BTreeSet<String> = own.iter().map(|entry| entry.key.clone()).collect();
        *entries = own;
        for merge in merges {
            let others = match merge.node.value {
                Value::Array(items) => items,
                value => vec![Node { value, place: merge.place }],
            };
            for other in others {
                let Value::Object(others) = other.value else { continue };
                entries.extend(others.into_iter().filter(|entry| known.insert(entry.key.clone())));
            }
        }
        Ok(())
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

/// The value of a scalar of another program's text, which is never refused.
fn foreign_scalar(text: String, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let is_text = style != ScalarStyle::Plain || tag.and_then(core_tag) == Some("str");
    if is_text {
        return Value::Text(text);
    }
    match resolved(text.clone()) {
        Value::Refused(_) => Value::Text(text),
        value => value,
    }
}

/// The function that a tag of CloudFormation stands for: `Ref` for `!Ref`, `Fn::Sub`
/// for `!Sub`.
fn function(tag: &Tag) -> Option<Cow<'static, str>> {
    const FUNCTIONS: [&str; 18] = [
        "And",
        "Base64",
        "Cidr",
        "Equals",
        "FindInMap",
        "ForEach",
        "GetAZs",
        "GetAtt",
        "If",
        "ImportValue",
        "Join",
        "Length",
        "Not",
        "Or",
        "Select",
        "Split",
        "Sub",
        "ToJsonString",
    ];
    if tag.is_yaml_core_schema() {
        return None;
    }
    match tag.suffix.as_str() {
        "Ref" => Some("Ref".into()),
        "Condition" => Some("Condition".into()),
        name if FUNCTIONS.contains(&name) => Some(format!("Fn::{name}").into()),
        _ => None,
    }
}

/// A value as the argument of a function.
fn wrapped(function: Option<Cow<'static, str>>, node: Node) -> Node {
    let Some(function) = function else { return node };
    let place = node.place;
    let entry = Entry { key: function.into_owned(), place, node };
    Node { value: Value::Object(vec![entry]), place }
}

/// How large a value is.
#[derive(Clone, Copy)]
struct Size {
    /// The number of values, itself included.
    values: usize,
    /// The nesting depth of arrays and objects.
    depth: usize,
}

impl Size {
    fn of(node: &Node) -> Size {
        let inside = |nodes: &mut dyn Iterator<Item = &Node>| {
            let sum = |all: Size, node: &Node| {
                let one = Size::of(node);
                Size { values: all.values + one.values, depth: all.depth.max(one.depth) }
            };
            let all = nodes.fold(Size { values: 1, depth: 0 }, sum);
            Size { depth: all.depth + 1, ..all }
        };
        match &node.value {
            Value::Array(items) => inside(&mut items.iter()),
            Value::Object(entries) => inside(&mut entries.iter().map(|entry| &entry.node)),
            _ => Size { values: 1, depth: 0 },
        }
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
const UNKNOWN_ANCHOR: &str = "while parsing node, found unknown anchor";

const MISINDENTED: &str = "the indentation does not match the lines before it";

/// The parser's messages in plain English.
fn yaml_words(info: &str) -> String {
    let words = match info {
        RECURSION => TOO_DEEP,
        UNKNOWN_ANCHOR => NO_ALIASES,
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
        _ if info.contains("indentation") => MISINDENTED,
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
