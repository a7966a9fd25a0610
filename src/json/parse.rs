//! From text to tree, each value with its place. Refused is what JSON refuses;
//! a key that stands twice is left to the reader of its object.

use super::Fault;
use super::fault::BYTE_ORDER_MARK;

/// A JSON value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(super) value: Value,
    /// The bytes before it.
    pub(super) place: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Array(Vec<Node>),
    Object(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    /// The bytes before the key.
    pub(super) place: usize,
    pub(super) node: Node,
}

/// Arrays and objects inside one another at most: beyond, a hostile text would
/// exhaust the stack.
pub(super) const MAX_DEPTH: u32 = 127;
/// No path of a configuration is as long: it is not worth telling.
const DEEP: u32 = 16;

/// Reads a text that holds one value, behind a byte order mark if there is one.
pub(crate) fn parse(text: &str) -> Result<Node, Fault> {
    let at = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
    let mut parser = Parser { text, at, depth: 0 };
    parser.whole().map_err(|fault| match parser.depth {
        0..=DEEP => fault,
        _ => Fault { path: String::new(), ..fault },
    })
}

struct Parser<'a> {
    text: &'a str,
    /// Bytes read.
    at: usize,
    /// Arrays and objects open here.
    depth: u32,
}

impl Parser<'_> {
    fn whole(&mut self) -> Result<Node, Fault> {
        let node = self.value()?;
        match self.peek() {
            None => Ok(node),
            Some(_) => Err(self.unexpected("text after the end of the configuration")),
        }
    }

    fn value(&mut self) -> Result<Node, Fault> {
        let next = self.peek();
        let place = self.at;
        let value = match next {
            Some(b'{') => self.object()?,
            Some(b'[') => self.array()?,
            Some(b'"') => Value::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
            _ if self.skip_text("null") => Value::Null,
            _ if self.skip_text("true") => Value::Bool(true),
            _ if self.skip_text("false") => Value::Bool(false),
            _ => return Err(self.unexpected("expected a JSON value")),
        };
        Ok(Node { value, place })
    }

    fn array(&mut self) -> Result<Value, Fault> {
        let mut items = Vec::new();
        self.list(b']', &mut |parser| {
            let item = parser.value().map_err(|fault| fault.in_item(items.len()))?;
            items.push(item);
            Ok(())
        })?;
        Ok(Value::Array(items))
    }

    fn object(&mut self) -> Result<Value, Fault> {
        let mut entries = Vec::new();
        self.list(b'}', &mut |parser| {
            if parser.peek() != Some(b'"') {
                return Err(parser.unexpected("key must be a string"));
            }
            let (place, key) = (parser.at, parser.string()?);
            if parser.peek() != Some(b':') {
                return Err(parser.unexpected("expected `:`"));
            }
            parser.at += 1;
            let node = parser.value().map_err(|fault| fault.in_field(&key))?;
            entries.push(Entry { key, place, node });
            Ok(())
        })?;
        Ok(Value::Object(entries))
    }

    /// What stands between brackets, with commas between.
    fn list(
        &mut self,
        close: u8,
        item: &mut dyn FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if self.depth == MAX_DEPTH {
            return Err(self.unexpected("nested too deeply"));
        }
        self.depth += 1;
        self.at += 1;
        for is_first in std::iter::once(true).chain(std::iter::repeat(false)) {
            match self.peek() {
                Some(byte) if byte == close && is_first => break,
                Some(byte) if byte == close => return Err(self.unexpected("trailing comma")),
                Some(_) => item(self)?,
                None => return Err(self.too_early()),
            }
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(byte) if byte == close => break,
                _ => {
                    let close = char::from(close);
                    return Err(self.unexpected(&format!("expected `,` or `{close}`")));
                }
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(())
    }

    fn string(&mut self) -> Result<String, Fault> {
        let mut text = String::new();
        self.at += 1;
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let special = |byte: u8| matches!(byte, b'"' | b'\\' | 0..0x20);
            let end = rest.bytes().position(special).unwrap_or(rest.len());
            text.push_str(rest.get(..end).unwrap_or_default());
            self.at += end;
            if self.skip(b'"') {
                return Ok(text);
            }
            if self.skip(b'\\') {
                text.push(self.escaped()?);
            } else if self.at == self.text.len() {
                return Err(self.too_early());
            } else {
                return Err(self.fault("line break or other control character in a string"));
            }
        }
    }

    /// What stands behind a backslash.
    fn escaped(&mut self) -> Result<char, Fault> {
        let plain = match self.byte() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.utf16(),
            _ => return Err(self.unexpected("invalid escape")),
        };
        self.at += 1;
        Ok(plain)
    }

    /// A character as one or two UTF-16 units in hexadecimal, from the `u` on.
    fn utf16(&mut self) -> Result<char, Fault> {
        let backslash = self.at - 1;
        self.at += 1;
        let first = self.hex()?;
        let is_half = (0xD800..0xDC00).contains(&first);
        let second = if is_half && self.skip_text("\\u") { Some(self.hex()?) } else { None };
        match char::decode_utf16([first].into_iter().chain(second)).next() {
            Some(Ok(character)) => Ok(character),
            _ => Err(Fault::new(backslash, "lone half of a surrogate pair in a string")),
        }
    }

    fn hex(&mut self) -> Result<u16, Fault> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.byte().and_then(|byte| char::from(byte).to_digit(16));
            unit = unit << 4 | digit.ok_or_else(|| self.unexpected("invalid escape"))? as u16;
            self.at += 1;
        }
        Ok(unit)
    }

    fn number(&mut self) -> Result<f64, Fault> {
        let start = self.at;
        self.skip(b'-');
        if !self.skip(b'0') {
            self.digits()?;
        } else if self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.unexpected("invalid number"));
        }
        if self.skip(b'.') {
            self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            let _sign = self.skip(b'+') || self.skip(b'-');
            self.digits()?;
        }
        let number = nearest(self.text.get(start..self.at).unwrap_or_default());
        if number.is_finite() { Ok(number) } else { Err(Fault::new(start, "number out of range")) }
    }

    /// At least one digit.
    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(self.unexpected("invalid number")) }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no blank, not read yet.
    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.byte() {
            self.at += 1;
        }
        self.byte()
    }

    fn skip(&mut self, byte: u8) -> bool {
        let found = self.byte() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn skip_text(&mut self, text: &str) -> bool {
        let found = self.text.as_bytes()[self.at..].starts_with(text.as_bytes());
        self.at += if found { text.len() } else { 0 };
        found
    }

    /// A fault that shows in the next byte, or in that there is none.
    fn unexpected(&self, message: &str) -> Fault {
        match self.byte() {
            Some(_) => Fault::new(self.at, message),
            None => self.too_early(),
        }
    }

    fn too_early(&self) -> Fault {
        self.fault("the text ends too early")
    }

    fn fault(&self, message: &str) -> Fault {
        Fault::new(self.at, message)
    }
}

/// The `f64` nearest to a number's text; infinite beyond the largest.
///
/// In the browser by the browser: Rust's tables for it take 20 KB, and both
/// round correctly, so the bits are the same.
#[cfg(target_family = "wasm")]
fn nearest(text: &str) -> f64 {
    js_sys::Number::parse_float(text)
}

#[cfg(not(target_family = "wasm"))]
fn nearest(text: &str) -> f64 {
    text.parse().unwrap_or(f64::INFINITY)
}
