//! What is wrong with an input: the place, and what was expected there.

use std::fmt;

/// One fault of a value: where it stands and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The place, as a path from the top of the configuration:
    /// `stages[2].traffic_pct`. Empty where the whole is meant.
    pub path: String,
    /// What is wrong and what was expected, a phrase without a full stop.
    pub message: String,
    /// Line and column in the text, both from 1; a column counts characters.
    /// `None` where there is no text, or no place in it.
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
