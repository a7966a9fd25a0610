//! The error that reports the faults of a configuration.

use std::fmt;

use crate::problem::Problem;
use crate::reading::{Fault, MAX_REPORTED, in_order};

/// The reasons why a configuration is refused: all of its faults, in the order of
/// the text. A syntax error is reported alone, because the text after it cannot be
/// read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<Problem>,
    more: usize,
}

/// Maximum length of a path, in characters.
const MAX_PATH: usize = 500;

impl ConfigError {
    /// Faults of values without a text, in the order of the schema.
    pub(crate) fn of_values(mut problems: Vec<Problem>) -> Self {
        let more = problems.len().saturating_sub(MAX_REPORTED);
        problems.truncate(MAX_REPORTED);
        ConfigError { problems, more }
    }

    pub(crate) fn of_whole(message: impl Into<String>) -> Self {
        ConfigError::of_values(vec![Problem::new("", message)])
    }

    /// Faults of a text, in the order of the text.
    pub(crate) fn of_text(faults: &[Fault]) -> Self {
        let order = in_order(faults.iter().map(|fault| fault.place));
        let problem = |i: usize| {
            let fault = &faults[i];
            let line_column = Some(fault.place.line_column());
            Problem { line_column, ..problem(fault) }
        };
        let more = faults.len().saturating_sub(MAX_REPORTED);
        ConfigError { problems: order.into_iter().take(MAX_REPORTED).map(problem).collect(), more }
    }

    /// Faults of a tree, whose parts may come from several texts.
    pub(crate) fn of_tree(faults: &[Fault]) -> Self {
        ConfigError::of_values(faults.iter().map(problem).collect())
    }

    /// The faults: at least one, at most 20, in the order of the text.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The number of further faults.
    pub fn more(&self) -> usize {
        self.more
    }

    /// The same error without lines and columns, for a configuration that was not
    /// read from a text.
    pub fn without_line_column(mut self) -> Self {
        self.problems.iter_mut().for_each(|problem| problem.line_column = None);
        self
    }
}

/// One line per fault, with its line and column if known.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            let line_end = if i == 0 { "" } else { "\n" };
            write!(f, "{line_end}{problem}")?;
            if let Some((line, column)) = problem.line_column {
                write!(f, " at line {line} column {column}")?;
            }
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for ConfigError {}

fn problem(fault: &Fault) -> Problem {
    let path = match fault.path.char_indices().nth(MAX_PATH) {
        Some((end, _)) => format!("{}…", fault.path.get(..end).unwrap_or_default()),
        None => fault.path.clone(),
    };
    Problem::new(path, fault.message.clone())
}
