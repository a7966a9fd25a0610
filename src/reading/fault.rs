//! Faults of a text, and their places.

use std::collections::BTreeSet;
use std::fmt::Write;

use saphyr_parser::Marker;

use crate::message::shown;

/// A fault of syntax or type in a text.
#[derive(Debug)]
pub(crate) struct Fault {
    /// The path, such as `stages[2].traffic_pct`; empty at the top.
    pub(crate) path: String,
    /// What was found and what was expected.
    pub(crate) message: String,
    /// The place in the text.
    pub(crate) place: Place,
}

/// A place in a text; ordered as in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    line: u32,
    column: u32,
}

impl Place {
    pub(crate) const START: Place = Place { line: 1, column: 1 };

    pub(super) fn new(marker: Marker) -> Self {
        Place { line: marker.line() as u32, column: marker.col() as u32 + 1 }
    }

    /// The place after the end of a text. In YAML a carriage return alone ends a line,
    /// too.
    pub(super) fn after(text: &str) -> Self {
        let text = text.replace("\r\n", "\n");
        let lines = text.split(['\n', '\r']);
        let column = lines.clone().next_back().map_or(0, |line| line.chars().count());
        Place { line: lines.count() as u32, column: column as u32 + 1 }
    }

    /// Line and column, both from 1. A column counts characters (Unicode scalar
    /// values), as in editors, without a byte order mark.
    pub(crate) fn line_column(self) -> (u32, u32) {
        (self.line, self.column)
    }
}

/// The order of places in a text, as indices. Equal places keep their order.
pub(crate) fn in_order(places: impl Iterator<Item = Place>) -> Vec<usize> {
    let mut order: Vec<(Place, usize)> = places.zip(0..).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, i)| i).collect()
}

/// All faults of a text, in the order in which they are found.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    list: Vec<Fault>,
    /// The path of what is being read.
    path: String,
    /// Paths of missing keys for which a fault suggested a correction: the probable
    /// meaning of a misspelt key.
    suggested: BTreeSet<String>,
}

/// Maximum number of faults that are reported. Of further ones only the place is
/// kept.
pub(crate) const MAX_REPORTED: usize = 20;

impl Faults {
    /// Adds a fault of the current value. Faults are found in the order of the
    /// text, so the message of a fault beyond the maximum is never shown and is not
    /// made.
    pub(super) fn add(&mut self, place: Place, message: impl FnOnce() -> String) {
        let message = if self.reports() { message() } else { String::new() };
        self.list.push(Fault { path: self.path.clone(), message, place });
    }

    /// Whether the message of a fault found now will be reported.
    pub(super) fn reports(&self) -> bool {
        self.list.len() < MAX_REPORTED
    }

    /// Adds the fault of a missing field. This is out of order, because its place
    /// is that of the object, which begins before its fields.
    pub(super) fn add_missing(&mut self, place: Place, key: &str, expected: &str) {
        let message = format!("missing, expected {expected}");
        self.in_field(key, |faults| {
            if !faults.suggested.contains(&faults.path) {
                let path = faults.path.clone();
                faults.list.push(Fault { path, message, place });
            }
        });
    }

    /// Records the probable meaning of a misspelt key in the current object.
    pub(super) fn suggest(&mut self, key: &str) {
        self.in_field(key, |faults| faults.suggested.insert(faults.path.clone()));
    }

    /// Reads the value of a key.
    pub(super) fn in_field<T>(&mut self, key: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.path.len();
        if before > 0 {
            self.path.push('.');
        }
        self.path.push_str(&shown(key));
        let value = read(self);
        self.path.truncate(before);
        value
    }

    /// Reads an item of an array.
    pub(super) fn in_item<T>(&mut self, index: usize, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.path.len();
        let _ = write!(self.path, "[{index}]");
        let value = read(self);
        self.path.truncate(before);
        value
    }

    /// Whether there are no faults.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The paths for which a fault was reported.
    pub(crate) fn reported(&self) -> Reported {
        let mut reported = self.suggested.clone();
        // One by one: to collect them would sort them first.
        for fault in &self.list {
            reported.insert(fault.path.clone());
        }
        Reported(reported)
    }

    /// The list of all faults.
    pub(crate) fn into_list(self) -> Vec<Fault> {
        self.list
    }
}

/// Paths for which a fault was reported, so that further faults of the values there
/// are not.
#[derive(Debug, Default)]
pub(crate) struct Reported(BTreeSet<String>);

impl Reported {
    /// Whether no fault was reported.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a fault was reported for the value at a path, or for one that
    /// contains it.
    pub(crate) fn covers(&self, path: &str) -> bool {
        let steps = path.match_indices(['.', '[']).map(|(end, _)| end);
        let mut above = steps.chain([0, path.len()]).filter_map(|end| path.get(..end));
        above.any(|above| self.0.contains(above))
    }

    /// Whether a fault was reported for the value at a path, for one that contains
    /// it, or for one inside it.
    pub(crate) fn touches(&self, path: &str) -> bool {
        let is_within = |reported: &String| {
            let rest = reported.strip_prefix(path);
            rest.is_some_and(|rest| path.is_empty() || rest.starts_with(['.', '[']))
        };
        let after = self.0.range(path.to_string()..);
        self.covers(path) || after.take_while(|reported| reported.starts_with(path)).any(is_within)
    }
}
