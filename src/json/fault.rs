//! What is wrong with a text.

/// The first fault of syntax or type in a text.
#[derive(Debug)]
pub(crate) struct Fault {
    /// Where it stands, as `stages[2].traffic_pct`; empty at the top.
    pub(crate) path: String,
    /// What is wrong.
    pub(crate) message: String,
    /// The bytes read when it was met.
    pub(super) place: usize,
}

impl Fault {
    pub(super) fn new(place: usize, message: impl Into<String>) -> Self {
        Fault { path: String::new(), message: message.into(), place }
    }

    /// The same, seen from the object whose field it is in.
    pub(super) fn in_field(self, key: &str) -> Self {
        self.below(key)
    }

    /// The same, seen from the array whose item it is in.
    pub(super) fn in_item(self, index: usize) -> Self {
        self.below(&format!("[{index}]"))
    }

    fn below(self, step: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        Fault { path: format!("{step}{dot}{}", self.path), ..self }
    }

    /// Line and column in the text, both from 1; columns are counted in bytes.
    pub(crate) fn line_column(&self, text: &str) -> (u32, u32) {
        let read = &text.as_bytes()[..self.place];
        let lines = read.iter().filter(|byte| **byte == b'\n').count();
        let column = read.iter().rev().take_while(|byte| **byte != b'\n').count();
        (lines as u32 + 1, column.max(1) as u32)
    }
}
