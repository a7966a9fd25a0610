//! Faults of an input: where they are and what was expected.

use std::fmt;

/// A fault of an input: where it is and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The path from the top of the input, such as `stages[2].traffic_pct`. Empty
    /// if the fault concerns the whole input.
    pub path: String,
    /// What was found and what was expected, without a full stop.
    pub message: String,
    /// Line and column in the text, both from 1; a column counts characters. `None`
    /// without a text or a place in it.
    pub line_column: Option<(u32, u32)>,
}

impl Problem {
    /// A problem at `path`, without line and column.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Problem { path: path.into(), message: message.into(), line_column: None }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            write!(f, "{}", self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}
