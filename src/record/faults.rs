//! What is said of the files while they are read.

use std::borrow::Cow;
use std::rc::Rc;

use crate::problem::{FileError, FileProblem, Problem};
use crate::reading::MAX_REPORTED;

/// A place in a file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// The whole file.
    File(u32),
    /// A line and a column, from 1.
    Line(u32, u32, u32),
    /// An offset in the text of the file, in bytes.
    Offset(u32, u32),
}

/// Faults, warnings and assumptions.
#[derive(Debug, Default)]
pub(super) struct Log<'a> {
    /// The name of each file.
    pub(super) names: Vec<String>,
    /// The text of each file that was read as a whole.
    pub(super) texts: Vec<Rc<Cow<'a, str>>>,
    faults: Vec<FileProblem>,
    more: usize,
    pub(super) warnings: Vec<FileProblem>,
    pub(super) assumed: Vec<String>,
}

impl Log<'_> {
    /// Adds a fault. The message of one that is not reported is not made.
    pub(super) fn fault(&mut self, place: Place, path: &str, message: impl FnOnce() -> String) {
        if self.faults.len() < MAX_REPORTED {
            let fault = self.problem(place, path, message());
            self.faults.push(fault);
        } else {
            self.more += 1;
        }
    }

    /// Adds a fault of no file.
    pub(super) fn fault_of_all(&mut self, message: impl Into<String>) {
        self.faults.push(FileProblem::of_none(Problem::new("", message)));
    }

    /// Adds a warning.
    pub(super) fn warn(&mut self, place: Place, path: &str, message: String) {
        let warning = self.problem(place, path, message);
        self.warnings.push(warning);
    }

    /// Adds a warning of no file.
    pub(super) fn warn_of_all(&mut self, message: impl Into<String>) {
        self.warnings.push(FileProblem::of_none(Problem::new("", message)));
    }

    /// Adds an assumption, once.
    pub(super) fn assume(&mut self, sentence: String) {
        if !self.assumed.contains(&sentence) {
            self.assumed.push(sentence);
        }
    }

    /// Whether there is a fault.
    pub(super) fn has_faults(&self) -> bool {
        !self.faults.is_empty()
    }

    /// The faults as an error.
    pub(super) fn error(self) -> FileError {
        FileError::with_more(self.faults, self.more)
    }

    /// The name of a file.
    pub(super) fn name(&self, file: u32) -> &str {
        self.names.get(file as usize).map_or("", String::as_str)
    }

    /// The line of a place, for a sentence; 0 without one.
    pub(super) fn line(&self, place: Place) -> u32 {
        self.line_column(place).map_or(0, |(line, _)| line)
    }

    fn problem(&self, place: Place, path: &str, message: String) -> FileProblem {
        let (Place::File(file) | Place::Line(file, ..) | Place::Offset(file, _)) = place;
        let line_column = self.line_column(place);
        let problem = Problem { line_column, ..Problem::new(path, message) };
        FileProblem { index: Some(file), file: self.name(file).to_string(), problem }
    }

    fn line_column(&self, place: Place) -> Option<(u32, u32)> {
        match place {
            Place::File(_) => None,
            Place::Line(_, line, column) => Some((line, column)),
            Place::Offset(file, offset) => {
                let text = self.texts.get(file as usize)?;
                let before = text.get(..offset as usize)?;
                let line = before.bytes().filter(|byte| *byte == b'\n').count() as u32 + 1;
                let start = before.rfind('\n').map_or(0, |end| end + 1);
                let column = before.get(start..)?.chars().count() as u32 + 1;
                Some((line, column))
            }
        }
    }
}
