//! Text that people write, YAML 1.2, of which JSON is a part: read strictly.
//!
//! A library parses. Its events become a tree of our own, and the tree is read into
//! types by hand, not by serde, for the sake of what a person is told: all faults at
//! once, each with its path, line and column, in plain words. Refused is what nobody
//! means: an array for an object, `null` for a value left out (which is what
//! JavaScript makes of `NaN`), a key twice, a number with leading zeros, an alias.

mod fault;
mod node;
mod parse;
mod read;

pub(crate) use fault::{Fault, Faults, MOST_TOLD, Place, Told, in_order};
pub(crate) use node::{MAX_DEPTH, Node};
pub(crate) use parse::{parse, without_mark};
pub(crate) use read::{
    A_CHOICE, AN_OBJECT, Choice, Field, Part, Read, Word, fields, keys_of, read, read_object, words,
};
