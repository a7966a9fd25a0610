//! The sum of rows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::counters::Row;
use super::header::{Header, Shard, Whole, without_place};
use super::{ENGINE, MAX_LINE_BYTES};
use crate::message::{quoted, shown};
use crate::seed::MAX_SEED;
use crate::study::report::Findings;
use crate::study::{MAX_RUNS, Pair, Question, SeedSpan, StudyReport, Tally, options};

/// Rows that are being added: the sums of their counters, one tally for each case, and the
/// seeds of each row.
#[derive(Debug, Default)]
pub struct Rows {
    known: Option<Known>,
    /// The seeds that headers ask for, and into how many parts they are cut.
    wholes: BTreeSet<(u64, u64, Option<u64>)>,
    /// By their first seed.
    rows: BTreeMap<u64, Seen>,
    runs: u64,
    duplicates: u64,
}

/// The question, and what was found so far.
#[derive(Debug)]
struct Known {
    id: String,
    place: Place,
    question: Question,
    levels: Vec<usize>,
    tallies: Vec<Tally>,
    pairs: Vec<Pair>,
}

/// A row that was added.
#[derive(Debug)]
struct Seen {
    runs: u64,
    /// The first digits of its check.
    check: u128,
    place: Place,
}

/// The place of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name of the file.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", shown(&self.file), self.line)
    }
}

/// What a line was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// A header.
    Header,
    /// A row.
    Row,
    /// The same row as that of an earlier line, which is not counted again.
    Duplicate(Place),
}

/// Why rows are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowsError {
    /// The line; `None` if the fault is none of a line.
    pub place: Option<Place>,
    /// What was found and what was expected, without a full stop.
    pub message: String,
}

impl fmt::Display for RowsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for RowsError {}

impl Rows {
    /// Adds a line: a header or a row. A header comes before the first row.
    ///
    /// # Errors
    /// If it is damaged, of another question or engine, or if its seeds overlap those of
    /// another row that is not the same. Nothing is added then.
    pub fn add(&mut self, place: &Place, line: &str) -> Result<Added, RowsError> {
        let line = line.trim_end_matches(['\n', '\r']);
        let added = if line.len() > MAX_LINE_BYTES {
            Err(format!("a line of more than {MAX_LINE_BYTES} bytes"))
        } else if line.starts_with("{\"question\":") {
            self.add_header(place, line)
        } else {
            self.add_row(place, line)
        };
        added.map_err(|message| RowsError { place: Some(place.clone()), message })
    }

    /// Adds a header.
    fn add_header(&mut self, place: &Place, line: &str) -> Result<Added, String> {
        let header: Header<'_> =
            serde_json::from_str(line).map_err(|error| broken("header", &error))?;
        of_this_engine(header.engine)?;
        if let Some(known) = &self.known {
            known.is_of(header.id)?;
        }
        let whole = header.whole()?;
        if self.known.is_none() {
            let (question, levels) = header.question()?;
            self.known = Some(Known {
                id: header.id.to_string(),
                place: place.clone(),
                tallies: levels.iter().map(|levels| Tally::new(*levels)).collect(),
                pairs: options::pairs(&question.layout),
                question,
                levels,
            });
        }
        let Whole { first_seed, runs, shard } = whole;
        self.wholes.insert((first_seed, runs, shard.map(|shard| shard.of)));
        Ok(Added::Header)
    }

    /// Adds a row.
    fn add_row(&mut self, place: &Place, line: &str) -> Result<Added, String> {
        let row: Row<'_> = serde_json::from_str(line).map_err(|error| broken("row", &error))?;
        of_this_engine(row.engine)?;
        let known = self.known.as_mut().ok_or("a row without a header before it")?;
        known.is_of(row.id)?;
        let check = row.check.get(..32).and_then(|digits| u128::from_str_radix(digits, 16).ok());
        let Some(check) = check.filter(|_| row.is_whole()) else {
            return Err("a damaged row: its check is wrong".into());
        };
        let (first, runs) = (row.first_seed, row.runs);
        if !(1..=MAX_RUNS).contains(&runs) || first > MAX_SEED || runs - 1 > MAX_SEED - first {
            return Err(format!("expected 1 to {MAX_RUNS} runs, and seeds below 2⁵³"));
        }
        let before = self.rows.range(..=first).next_back();
        let before = before.filter(|(start, seen)| *start + seen.runs > first);
        let after = self.rows.range(first..).next().filter(|(start, _)| **start < first + runs);
        if let Some((start, seen)) = before.or(after) {
            if (*start, seen.runs) != (first, runs) {
                return Err(format!(
                    "seeds {} overlap seeds {} of {}",
                    span(first, runs),
                    span(*start, seen.runs),
                    seen.place
                ));
            }
            if seen.check != check {
                return Err(format!(
                    "other counters for seeds {} than {}",
                    span(first, runs),
                    seen.place
                ));
            }
            self.duplicates += 1;
            return Ok(Added::Duplicate(seen.place.clone()));
        }
        let counters = row.counters(&known.levels, known.pairs.len())?;
        if !counters.add_to(runs, &mut known.tallies, &mut known.pairs) {
            return Err("the sums are too large: more requests than can be counted".into());
        }
        self.runs += runs;
        self.rows.insert(first, Seen { runs, check, place: place.clone() });
        Ok(Added::Row)
    }

    /// Adds all lines of a text; `file` is its name in messages.
    ///
    /// # Errors
    /// As for [`Rows::add`].
    pub fn add_text(&mut self, file: &str, text: &str) -> Result<(), RowsError> {
        let file: Arc<str> = file.into();
        for (line, text) in (1..).zip(text.lines()) {
            self.add(&Place { file: Arc::clone(&file), line }, text)?;
        }
        Ok(())
    }

    /// The id of the question; `None` without a header.
    pub fn id(&self) -> Option<&str> {
        self.known.as_ref().map(|known| known.id.as_str())
    }

    /// Whether a header asks for the seeds of a whole study, cut into so many parts.
    pub fn expects(&self, whole: Whole) -> bool {
        let Whole { first_seed, runs, shard } = whole;
        self.wholes.contains(&(first_seed, runs, shard.map(|shard| shard.of)))
    }

    /// The number of runs in all rows.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// The number of rows, those that stand twice counted once.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many rows were the same as another one.
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// Of the `runs` seeds from `first_seed` on, those that no row has.
    pub fn missing_of(&self, first_seed: u64, runs: u64) -> Vec<SeedSpan> {
        let (mut next, end) = (first_seed, first_seed.saturating_add(runs));
        let mut missing = Vec::new();
        let before = self.rows.range(..first_seed).next_back();
        for (start, seen) in before.into_iter().chain(self.rows.range(first_seed..end)) {
            if *start > next {
                missing.push(SeedSpan { first: next, last: start - 1 });
            }
            next = next.max(start + seen.runs);
        }
        if next < end {
            missing.push(SeedSpan { first: next, last: end - 1 });
        }
        missing
    }

    /// The seeds that are missing: that headers ask for, or that lie between those of rows,
    /// and that no row has.
    pub fn missing(&self) -> Vec<SeedSpan> {
        self.all().map_or_else(Vec::new, |(first, runs)| self.missing_of(first, runs))
    }

    /// The parts with missing seeds, as `--shard` names them, where headers name parts.
    pub fn missing_shards(&self) -> Vec<Shard> {
        let missing = self.missing();
        let mut shards = BTreeSet::new();
        for &(first_seed, runs, of) in &self.wholes {
            let Some(of) = of else { continue };
            let whole = Whole { first_seed, runs, shard: None };
            for shard in (1..=of).map(|index| Shard { index, of }) {
                let (first, runs) = shard.seeds(whole);
                let next = missing.partition_point(|span| span.last < first);
                if missing.get(next).is_some_and(|span| span.first < first + runs) {
                    shards.insert(shard);
                }
            }
        }
        shards.into_iter().collect()
    }

    /// The first seed and the number of seeds, missing ones included.
    fn all(&self) -> Option<(u64, u64)> {
        let wholes = self.wholes.iter().map(|(first, runs, _)| (*first, first + runs));
        let of_row = |(first, seen): (&u64, &Seen)| (*first, first + seen.runs);
        let rows = [self.rows.first_key_value(), self.rows.last_key_value()];
        let ends = wholes.chain(rows.into_iter().flatten().map(of_row));
        let both = ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
        Some((both.0, both.1 - both.0))
    }

    /// The report of all rows; `None` without a header. It equals that of a study of the
    /// same seeds. If seeds are missing, it is partial; those between the first and the last
    /// that was simulated are listed.
    pub fn report(&self) -> Option<StudyReport> {
        let known = self.known.as_ref()?;
        let (seed, runs) = self.all()?;
        let findings = Findings {
            question: &known.question,
            done: self.runs,
            runs,
            seed,
            tallies: known.tallies.iter().collect(),
            pairs: &known.pairs,
        };
        let mut report = findings.report();
        let last = self.rows.last_key_value().map(|(first, seen)| first + seen.runs - 1);
        report.seeds.last = last;
        report.missing_seeds = self.missing();
        report.missing_seeds.retain(|span| last.is_some_and(|last| span.first <= last));
        Some(report)
    }
}

/// The report of rows: each text has a header and its rows, as [`Study::rows`] writes them.
/// It equals that of one study over all their seeds, to the last byte of its JSON.
///
/// [`Study::rows`]: crate::study::Study::rows
///
/// # Errors
/// As for [`Rows::add`]; also without rows, and if seeds are missing. In messages, the texts
/// are `rows[0]`, `rows[1]`, ….
pub fn combine<T: AsRef<str>>(
    texts: impl IntoIterator<Item = T>,
) -> Result<StudyReport, RowsError> {
    let mut rows = Rows::default();
    for (i, text) in texts.into_iter().enumerate() {
        rows.add_text(&format!("rows[{i}]"), text.as_ref())?;
    }
    let refused = |message: String| RowsError { place: None, message };
    if let Some(span) = rows.missing().first() {
        let count = span.last - span.first + 1;
        return Err(refused(format!("seeds {} are missing", self::span(span.first, count))));
    }
    rows.report().ok_or_else(|| refused("expected rows".into()))
}

impl Known {
    fn is_of(&self, id: &str) -> Result<(), String> {
        if id == self.id {
            return Ok(());
        }
        let (id, known) = (shown(id), &self.id);
        Err(format!("of another question: its id is {id}, that of {} is {known}", self.place))
    }
}

fn of_this_engine(engine: &str) -> Result<(), String> {
    if engine == ENGINE {
        return Ok(());
    }
    Err(format!("of another engine: found {}, expected {ENGINE}", quoted(engine)))
}

/// Seeds as `first–last`.
fn span(first: u64, runs: u64) -> String {
    format!("{first} to {}", first + runs - 1)
}

fn broken(what: &str, error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Eof => format!("a cut line, expected a whole {what}"),
        _ => format!("not a {what}: {}", without_place(error)),
    }
}
