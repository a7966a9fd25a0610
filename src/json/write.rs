//! From value to JSON text, indented by two spaces: the bytes that serde_json's
//! pretty printer writes. This one cannot fail and keeps what is common to all
//! fields in functions of its own, so it takes a third of the bytes.

use std::fmt;

use serde::ser::{
    Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    Serializer,
};

/// A value as JSON text. Keys are strings; a number that is not finite is
/// `null`.
pub(crate) fn write<T: Serialize + ?Sized>(value: &T) -> String {
    let mut writer = Writer { text: String::new(), depth: 0 };
    // An error could only come from a type whose own `serialize` makes one, or
    // that is none of those below; no result has such a type.
    let _ = value.serialize(&mut writer);
    writer.text
}

struct Writer {
    text: String,
    /// Brackets open.
    depth: usize,
}

type Done = Result<(), fmt::Error>;

impl Writer {
    #[inline(never)]
    fn put(&mut self, text: &str) -> Done {
        self.text.push_str(text);
        Ok(())
    }

    #[inline(never)]
    fn quoted(&mut self, text: &str) -> Done {
        self.text.push('"');
        for character in text.chars() {
            match character {
                '"' | '\\' => self.text.extend(['\\', character]),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                '\u{8}' => self.text.push_str("\\b"),
                '\u{c}' => self.text.push_str("\\f"),
                '\0'..' ' => self.text.push_str(&format!("\\u{:04x}", u32::from(character))),
                _ => self.text.push(character),
            }
        }
        self.text.push('"');
        Ok(())
    }

    #[inline(never)]
    fn line_break(&mut self) {
        self.text.push('\n');
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
    }

    #[inline(never)]
    fn open(&mut self, open: &str, close: &'static str) -> Between<'_> {
        self.text.push_str(open);
        self.depth += 1;
        Between { writer: self, is_empty: true, close }
    }

    /// `{"variant": `, of which [`Writer::close_variant`] is the end.
    #[inline(never)]
    fn open_variant(&mut self, variant: &str) {
        self.text.push('{');
        self.depth += 1;
        self.line_break();
        let _ = self.quoted(variant);
        self.text.push_str(": ");
    }

    #[inline(never)]
    fn close_variant(&mut self) -> Done {
        self.depth -= 1;
        self.line_break();
        self.put("}")
    }
}

/// Between two brackets.
struct Between<'a> {
    writer: &'a mut Writer,
    is_empty: bool,
    close: &'static str,
}

impl Between<'_> {
    /// What stands before an item or a key.
    #[inline(never)]
    fn next(&mut self) -> &mut Writer {
        if !self.is_empty {
            self.writer.text.push(',');
        }
        self.is_empty = false;
        self.writer.line_break();
        self.writer
    }

    #[inline(never)]
    fn key(&mut self, key: &str) -> &mut Writer {
        let writer = self.next();
        let _ = writer.quoted(key);
        writer.text.push_str(": ");
        writer
    }

    #[inline(never)]
    fn close(self) -> Done {
        self.writer.depth -= 1;
        if !self.is_empty {
            self.writer.line_break();
        }
        self.writer.put(self.close)
    }
}

impl<'a> Serializer for &'a mut Writer {
    type Ok = ();
    type Error = fmt::Error;
    type SerializeSeq = Between<'a>;
    type SerializeTuple = Impossible<(), fmt::Error>;
    type SerializeTupleStruct = Impossible<(), fmt::Error>;
    type SerializeTupleVariant = Impossible<(), fmt::Error>;
    type SerializeMap = Between<'a>;
    type SerializeStruct = Between<'a>;
    type SerializeStructVariant = Between<'a>;

    fn serialize_bool(self, value: bool) -> Done {
        self.put(if value { "true" } else { "false" })
    }

    fn serialize_i8(self, value: i8) -> Done {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Done {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Done {
        self.serialize_i64(value.into())
    }

    #[inline(never)]
    fn serialize_i64(self, value: i64) -> Done {
        self.put(&value.to_string())
    }

    fn serialize_u8(self, value: u8) -> Done {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Done {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Done {
        self.serialize_u64(value.into())
    }

    #[inline(never)]
    fn serialize_u64(self, value: u64) -> Done {
        self.put(&value.to_string())
    }

    fn serialize_f32(self, value: f32) -> Done {
        self.serialize_f64(value.into())
    }

    #[inline(never)]
    fn serialize_f64(self, value: f64) -> Done {
        match value.is_finite() {
            true => self.put(zmij::Buffer::new().format_finite(value)),
            false => self.put("null"),
        }
    }

    fn serialize_char(self, value: char) -> Done {
        self.quoted(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Done {
        self.quoted(value)
    }

    fn serialize_bytes(self, _: &[u8]) -> Done {
        Err(fmt::Error)
    }

    fn serialize_none(self) -> Done {
        self.put("null")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Done {
        self.put("null")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Done {
        self.put("null")
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Done {
        self.quoted(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Done {
        self.open_variant(variant);
        value.serialize(&mut *self)?;
        self.close_variant()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Between<'a>, fmt::Error> {
        Ok(self.open("[", "]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Between<'a>, fmt::Error> {
        Ok(self.open("{", "}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Between<'a>, fmt::Error> {
        Ok(self.open("{", "}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Between<'a>, fmt::Error> {
        self.open_variant(variant);
        Ok(self.open("{", "}"))
    }
}

impl SerializeSeq for Between<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        value.serialize(self.next())
    }

    fn end(self) -> Done {
        self.close()
    }
}

impl SerializeMap for Between<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Done {
        key.serialize(self.next())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.writer.put(": ")?;
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Done {
        self.close()
    }
}

impl SerializeStruct for Between<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Done {
        value.serialize(self.key(key))
    }

    fn end(self) -> Done {
        self.close()
    }
}

impl SerializeStructVariant for Between<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Done {
        value.serialize(self.key(key))
    }

    fn end(self) -> Done {
        let Between { writer, is_empty, close } = self;
        Between { writer: &mut *writer, is_empty, close }.close()?;
        writer.close_variant()
    }
}
