//! What is wrong with a configuration, said to people.

use std::fmt;

use crate::json::Fault;
use crate::problem::Problem;

/// Why a configuration is refused: the first fault of syntax or type with its
/// line and column, or else all faults of value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<Problem>,
    line_column: Option<(u32, u32)>,
}

/// Longest path or message in characters; what they quote of the input is not
/// worth more.
const MAX_QUOTED: usize = 500;

impl ConfigError {
    pub(crate) fn of_values(problems: Vec<Problem>) -> Self {
        ConfigError { problems, line_column: None }
    }

    pub(crate) fn of_whole(message: impl Into<String>) -> Self {
        ConfigError::of_values(vec![Problem::new("", message)])
    }

    pub(crate) fn of_text(fault: Fault, text: &str) -> Self {
        let line_column = Some(fault.line_column(text));
        ConfigError { line_column, ..ConfigError::of_tree(fault) }
    }

    /// A fault of a tree whose parts may come from several texts.
    pub(crate) fn of_tree(fault: Fault) -> Self {
        let problem = Problem::new(shortened(fault.path), shortened(fault.message));
        ConfigError::of_values(vec![problem])
    }

    /// What is wrong, at least one problem, in the order of the schema.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Where in the text a fault of syntax or type was met, both from 1; `None`
    /// for faults of value.
    pub fn line_column(&self) -> Option<(u32, u32)> {
        self.line_column
    }

    /// The same without line and column, for a configuration that nobody wrote
    /// as a text.
    pub fn without_line_column(self) -> Self {
        ConfigError { line_column: None, ..self }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            let line_end = if i == 0 { "" } else { "\n" };
            write!(f, "{line_end}{problem}")?;
        }
        match self.line_column {
            Some((line, column)) => write!(f, " at line {line} column {column}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConfigError {}

fn shortened(text: String) -> String {
    match text.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
