//! Series as they were read, before it is known what they measure.

use super::faults::Place;
use super::role::Unit;

/// Columns of values at common times.
#[derive(Debug)]
pub(super) struct Table {
    /// The index of the file.
    pub(super) file: u32,
    /// Labels, such as `version` and its value.
    pub(super) labels: Vec<(String, String)>,
    /// Milliseconds since 1970, UTC; those of an item and its row are at one index.
    pub(super) times: Vec<i64>,
    /// Where each time stands.
    pub(super) rows: Rows,
    /// The values.
    pub(super) columns: Vec<Column>,
    /// What kind of file it is from.
    pub(super) kind: Kind,
    /// Whether its times are local times that are taken as UTC.
    pub(super) is_local: bool,
}

/// A column of values. A value that is not recorded is NaN.
#[derive(Debug)]
pub(super) struct Column {
    /// Its name as a message shows it.
    pub(super) shown: String,
    /// The names by which it can be chosen, and of which it is guessed what it measures,
    /// in this order.
    pub(super) names: Vec<String>,
    /// The unit, where the file says it.
    pub(super) unit: Option<Unit>,
    /// The values.
    pub(super) values: Vec<f64>,
}

/// The places of the rows of a table.
#[derive(Debug)]
pub(super) enum Rows {
    /// Lines, from 1.
    Lines(Vec<u32>),
    /// Offsets in the text, in bytes.
    Offsets(Vec<u32>),
}

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A range query of Prometheus.
    Prometheus,
    /// A time series query of Datadog.
    Datadog,
    /// `GetMetricData` of CloudWatch.
    CloudWatch,
    /// Rows with a header.
    Csv,
}

impl Kind {
    /// How a sentence names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Prometheus => "Prometheus range query",
            Kind::Datadog => "Datadog time series",
            Kind::CloudWatch => "CloudWatch GetMetricData",
            Kind::Csv => "CSV",
        }
    }

    /// Whether a step without a value of an errors series is a step without an error,
    /// where it has requests.
    pub(super) fn leaves_out_zeros(self) -> bool {
        self != Kind::Csv
    }

    /// Whether a time is the end of its step.
    pub(super) fn times_are_ends(self) -> bool {
        self == Kind::Prometheus
    }
}

impl Rows {
    fn list(&mut self) -> &mut Vec<u32> {
        match self {
            Rows::Lines(list) | Rows::Offsets(list) => list,
        }
    }
}

impl Table {
    /// The value of a label.
    pub(super) fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// The place of a row.
    pub(super) fn place(&self, row: usize) -> Place {
        match &self.rows {
            Rows::Lines(lines) => Place::Line(self.file, lines.get(row).copied().unwrap_or(1), 1),
            Rows::Offsets(offsets) => {
                Place::Offset(self.file, offsets.get(row).copied().unwrap_or_default())
            }
        }
    }

    /// The first row whose time is before that of the row above it.
    pub(super) fn first_unsorted(&self) -> Option<usize> {
        self.times.windows(2).position(|pair| pair[1] < pair[0]).map(|before| before + 1)
    }

    /// Puts the rows into the order of their times; rows of one time stay in order.
    pub(super) fn sort(&mut self) {
        let mut order: Vec<u32> = (0..self.times.len() as u32).collect();
        order.sort_by_key(|row| self.times.get(*row as usize).copied());
        fn sorted<T: Copy>(list: &[T], order: &[u32]) -> Vec<T> {
            order.iter().filter_map(|row| list.get(*row as usize).copied()).collect()
        }
        self.times = sorted(&self.times, &order);
        *self.rows.list() = sorted(self.rows.list(), &order);
        for column in &mut self.columns {
            column.values = sorted(&column.values, &order);
        }
    }

    /// Keeps the rows for which a function of the row holds.
    pub(super) fn retain(&mut self, keep: impl Fn(&Table, usize) -> bool) {
        let kept: Vec<bool> = (0..self.times.len()).map(|row| keep(self, row)).collect();
        if kept.iter().all(|kept| *kept) {
            return;
        }
        fn retained<T: Copy>(list: &mut Vec<T>, kept: &[bool]) {
            let mut keep = kept.iter();
            list.retain(|_| keep.next().copied().unwrap_or(false));
        }
        retained(&mut self.times, &kept);
        retained(self.rows.list(), &kept);
        for column in &mut self.columns {
            retained(&mut column.values, &kept);
        }
    }

    /// Whether all values of two rows are the same.
    pub(super) fn same(&self, a: usize, b: usize) -> bool {
        self.columns.iter().all(|column| {
            let (a, b) = (column.values.get(a), column.values.get(b));
            matches!((a, b), (Some(a), Some(b)) if a == b || (a.is_nan() && b.is_nan()))
        })
    }
}
