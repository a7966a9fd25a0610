//! What is wrong with a configuration, said to people.

use std::fmt;

use crate::problem::Problem;

/// Why a configuration is refused: the first fault of syntax or type with its
/// line and column, or else all faults of value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<Problem>,
    line_column: Option<(u32, u32)>,
}

/// Longest message in characters; texts quoted from the input are not worth
/// more.
const MAX_MESSAGE: usize = 500;

impl ConfigError {
    pub(super) fn of_values(problems: Vec<Problem>) -> Self {
        ConfigError { problems, line_column: None }
    }

    pub(crate) fn of_whole(message: impl Into<String>) -> Self {
        ConfigError::of_values(vec![Problem::new("", message)])
    }

    /// The fault that reading met, and the path at which it did.
    pub(super) fn of_text(path: &serde_path_to_error::Path, error: &serde_json::Error) -> Self {
        let path = if path.iter().len() == 0 { String::new() } else { path.to_string() };
        // A question mark stands for a key that could not be read.
        let path = path.trim_end_matches('?').trim_end_matches('.');
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        let place = format!(" at line {line} column {column}");
        let message = in_plain_words(text.strip_suffix(&place).unwrap_or(&text));
        // serde_json says 0 for the place before the first character.
        let line_column = u32::try_from(line).ok().zip(u32::try_from(column.max(1)).ok());
        ConfigError { problems: vec![Problem::new(path, shortened(message))], line_column }
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

/// serde's message without the words of its trade.
fn in_plain_words(message: &str) -> String {
    match message.rsplit_once(", expected ") {
        Some(("invalid type: unit variant", _)) => {
            "this word needs values, expected an object with the word as its key".to_string()
        }
        Some((_, "unit")) => "this word takes no values, expected the word alone".to_string(),
        Some((_, "enum")) => "the object is empty, expected one key".to_string(),
        Some((found, expected)) => {
            let found = match found {
                "invalid type: sequence" => "invalid type: array",
                "invalid type: map" => "invalid type: object",
                found => found,
            };
            let expected = match expected {
                "f64" => "a number",
                "a sequence" => "an array",
                expected => expected,
            };
            format!("{found}, expected {expected}")
        }
        None => syntax_in_plain_words(message).to_string(),
    }
}

fn syntax_in_plain_words(message: &str) -> &str {
    match message {
        "expected value" | "expected ident" => "expected a JSON value",
        "control character (\\u0000-\\u001F) found while parsing a string" => {
            "line break or other control character in a string"
        }
        "trailing characters" => "text after the end of the configuration",
        message if message.starts_with("EOF while parsing") => "the text ends too early",
        message => message,
    }
}

fn shortened(message: String) -> String {
    match message.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message,
    }
}
