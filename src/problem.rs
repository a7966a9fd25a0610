//! Faults of an input: where they are and what was expected.

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::message::shown;
use crate::reading::MAX_REPORTED;

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

/// A file that a person gives.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Its name, for messages.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// A problem of a file. Written with the keys `file` (the index), `name`, `path`,
/// `message`, `line` and `column`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    /// The file, as its index in the sources; `None` if no file is concerned.
    pub index: Option<u32>,
    /// The name of the file; empty if no file is concerned.
    pub file: String,
    /// The problem, with line and column.
    pub problem: Problem,
}

impl FileProblem {
    /// The problem in the form of compiler messages: `name:line:column: path: message`.
    pub fn line(&self) -> String {
        let (name, problem) = (shown(&self.file), &self.problem);
        match problem.line_column {
            Some((line, column)) => format!("{name}:{line}:{column}: {problem}"),
            None if name.is_empty() => problem.to_string(),
            None => format!("{name}: {problem}"),
        }
    }

    /// A problem of no file.
    pub(crate) fn of_none(problem: Problem) -> Self {
        FileProblem { index: None, file: String::new(), problem }
    }
}

impl Serialize for FileProblem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (line, column) = self.problem.line_column.unzip();
        let mut fields = serializer.serialize_struct("FileProblem", 6)?;
        fields.serialize_field("file", &self.index)?;
        fields.serialize_field("name", &self.file)?;
        fields.serialize_field("path", &self.problem.path)?;
        fields.serialize_field("message", &self.problem.message)?;
        fields.serialize_field("line", &line)?;
        fields.serialize_field("column", &column)?;
        fields.end()
    }
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            write!(f, "{}: ", shown(&self.file))?;
        }
        write!(f, "{}", self.problem)?;
        match self.problem.line_column {
            Some((line, column)) => write!(f, " at line {line} column {column}"),
            None => Ok(()),
        }
    }
}

/// The reasons why files are refused: at least one, in the order in which
/// they are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    problems: Vec<FileProblem>,
    more: usize,
}

impl FileError {
    pub(crate) fn of(mut problems: Vec<FileProblem>) -> Self {
        let more = problems.len().saturating_sub(MAX_REPORTED);
        problems.truncate(MAX_REPORTED);
        FileError { problems, more }
    }

    /// With the number of further faults beside those of the list.
    pub(crate) fn with_more(problems: Vec<FileProblem>, more: usize) -> Self {
        let error = FileError::of(problems);
        FileError { more: error.more + more, ..error }
    }

    pub(crate) fn of_whole(message: impl Into<String>) -> Self {
        let problem = Problem::new("", message);
        FileError::of(vec![FileProblem::of_none(problem)])
    }

    /// The faults: at least one, at most 20.
    pub fn problems(&self) -> &[FileProblem] {
        &self.problems
    }

    /// The number of further faults.
    pub fn more(&self) -> usize {
        self.more
    }

    /// The faults in the form of compiler messages, one per line:
    /// `name:line:column: path: message`.
    pub fn lines(&self) -> String {
        let mut lines: Vec<String> = self.problems.iter().map(FileProblem::line).collect();
        if self.more > 0 {
            lines.push(format!("and {} more", self.more));
        }
        lines.join("\n")
    }
}

/// One line per fault.
impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            write!(f, "{}{problem}", if i == 0 { "" } else { "\n" })?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for FileError {}
impl std::error::Error for Problem {}
