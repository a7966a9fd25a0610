//! The arguments of a command: each option at most once, unless it may be
//! repeated, and no unknown one.

use std::ffi::OsString;

use canary_rollout::message::{did_you_mean, quoted, shown};
use lexopt::prelude::*;

use super::text;

/// The arguments behind a command, and the options it knows.
pub(super) struct Arguments {
    parser: lexopt::Parser,
    known: &'static [&'static str],
    given: Vec<&'static str>,
}

/// An argument of a command.
pub(super) enum Argument {
    /// `--help`.
    Help,
    /// An option of the command.
    Option(&'static str),
    /// What is no option: a source.
    Source(OsString),
}

impl Arguments {
    /// `known` without `--help`, which every command knows.
    pub(super) fn new(parser: lexopt::Parser, known: &'static [&'static str]) -> Self {
        Arguments { parser, known, given: Vec::new() }
    }

    /// The next argument; an option's value is to be taken then.
    pub(super) fn next(&mut self) -> Result<Option<Argument>, String> {
        let argument = match self.parser.next().map_err(text)? {
            None => return Ok(None),
            Some(Long("help") | Short('h')) => Argument::Help,
            Some(Long(name)) => {
                let option = self.known.iter().find(|known| known[2..] == *name);
                Argument::Option(option.ok_or_else(|| unknown_option(name, self.known))?)
            }
            Some(Short(letter)) => {
                return Err(format!("invalid option '-{}'", letter.escape_debug()));
            }
            Some(Value(value)) => Argument::Source(value),
        };
        Ok(Some(argument))
    }

    /// The value of an option that may be repeated.
    pub(super) fn value(&mut self) -> Result<OsString, String> {
        self.parser.value().map_err(text)
    }

    /// The value of an option that may be repeated, in UTF-8.
    pub(super) fn words(&mut self, option: &'static str) -> Result<String, String> {
        self.value()?.into_string().map_err(|value| {
            format!("{option}: found {}, which is not UTF-8", quoted(&value.to_string_lossy()))
        })
    }

    /// The value of an option that may be given once.
    pub(super) fn once(&mut self, option: &'static str) -> Result<String, String> {
        if self.given.contains(&option) {
            return Err(format!("{option} is given twice, expected once"));
        }
        self.given.push(option);
        self.words(option)
    }
}

/// That an argument is one too many.
pub(super) fn unexpected(value: &OsString) -> String {
    format!("unexpected argument {}", quoted(&value.to_string_lossy()))
}

/// That there is no such option.
pub(super) fn unknown_option(name: &str, known: &[&str]) -> String {
    let meant = did_you_mean(name, known.iter().map(|known| &known[2..]));
    let meant = meant.map(|meant| format!(" (did you mean '--{meant}'?)")).unwrap_or_default();
    format!("invalid option '--{}'{meant}", shown(name))
}
