//! Strict reading of text that people write: YAML 1.2, of which JSON is a part.
//!
//! A library parses the text. Its events become a tree of our own, which is read
//! into types without serde, so that all faults are reported together, each with
//! its path, line and column and a clear message. Input that is probably a mistake
//! is refused: an array for an object, `null` for an omitted value (JavaScript
//! writes `NaN` as `null`), a duplicate key, a number with leading zeros, an alias.
//! Files of other programs are read as they are written, by [`parse_stream`].

mod fault;
mod node;
mod parse;
mod read;

pub(crate) use fault::{Fault, Faults, MAX_REPORTED, Place, Reported, in_order};
pub(crate) use node::{MAX_DEPTH, Node, View};
pub(crate) use parse::{parse, parse_stream, without_mark};
pub(crate) use read::{
    AN_OBJECT, Choice, Field, Part, Read, Word, fields, keys_of, read, read_object, words,
};
