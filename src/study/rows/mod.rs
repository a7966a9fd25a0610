//! A study past one machine: the counts of disjoint seeds as lines of text, and their sum.
//!
//! A **row** is a line of JSON: what a range of seeds counted, in whole numbers. Before the
//! rows stands a **header**, a line with the question that they answer. [`Study::rows`]
//! writes both; [`Rows`] reads them, in any order and from any number of files, and gives
//! the [`StudyReport`](super::StudyReport) that one run over all the seeds would have given, to the last byte.
//!
//! ```
//! use canary_rollout::config::{Config, preset};
//! use canary_rollout::study::{Study, StudyOptions};
//! use canary_rollout::study::rows::combine;
//!
//! let config = Config::from_text(preset("reference").unwrap().json)?;
//! let mut one = Study::new(&config, &StudyOptions { runs: 300, ..StudyOptions::default() })?;
//! let (mut first, mut second) = (one.of_seeds(0, 100)?, one.of_seeds(100, 200)?);
//! for study in [&mut one, &mut first, &mut second] {
//!     study.advance(u64::MAX);
//! }
//! let report = combine([second.rows(), first.rows()])?;
//! assert_eq!(report.to_json(), one.report().to_json());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Each sum in a row is a whole number of units of a fixed size (see
//! `docs/clusters.md`), so addition is exact and its order does not matter.

mod combine;
mod counters;
mod header;

pub use combine::{Added, Place, Rows, RowsError, combine};
pub use header::{Shard, Whole};

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{Case, MAX_RUNS, Study, Tally, Watches, options};
use crate::policy::Prepared;
use crate::problem::Problem;
use crate::seed::MAX_SEED;

/// The engine that counted: its version, and the edition of its draws, which rises whenever
/// a seed comes to mean another rollout. Rows of two engines are not added.
pub const ENGINE: &str = concat!(env!("CARGO_PKG_VERSION"), "+seeds.1");
/// Maximum number of seeds of a study that is spread over rows. One row has at most
/// [`MAX_RUNS`].
pub const MAX_SPREAD_RUNS: u64 = 1_000_000_000_000;
/// Maximum number of parts that a study is cut into.
pub const MAX_SHARDS: u64 = 1_000_000;
/// Maximum length of a line, in bytes.
pub const MAX_LINE_BYTES: usize = 1 << 28;
/// Approximate number of ticks without latencies behind a row: some seconds of one core.
const BLOCK_TICKS: u64 = 1 << 27;

impl Study {
    /// The same study of other seeds: `runs` seeds from `first_seed` on, of which none is
    /// simulated yet. It has no requirements.
    ///
    /// # Errors
    /// If there are no runs, or more than [`MAX_RUNS`], or seeds from 2⁵³ on.
    pub fn of_seeds(&self, first_seed: u64, runs: u64) -> Result<Study, Problem> {
        if !(1..=MAX_RUNS).contains(&runs) {
            return Err(Problem::new("runs", format!("found {runs}, expected 1 to {MAX_RUNS}")));
        }
        if first_seed > MAX_SEED || runs - 1 > MAX_SEED - first_seed {
            let message =
                format!("{first_seed} and {runs} runs exceed the largest seed, {MAX_SEED}");
            return Err(Problem::new("first_seed", message));
        }
        let case = |case: &Case| Case {
            plan: Arc::clone(&case.plan),
            tally: Tally::new(case.plan.policy().levels().len()),
            kept: Vec::new(),
        };
        Ok(Study {
            question: Arc::clone(&self.question),
            recorded: self.recorded.clone(),
            runs,
            seed: first_seed,
            done: 0,
            cases: self.cases.iter().map(case).collect(),
            pairs: options::pairs(&self.question.layout),
            watches: Watches::default(),
        })
    }

    /// What identifies the question that the study asks of each seed: the SHA-256, in
    /// hexadecimal digits, of its configurations, resolved, and of the options that matter
    /// (horizon, person, sweep, policies, recorded days). Seeds are no part of it.
    pub fn id(&self) -> String {
        sha256(&[&self.question_json()])
    }

    /// The first seed of the study.
    pub fn first_seed(&self) -> u64 {
        self.seed
    }

    /// A header and, if any run is finished, the row of the finished runs: two lines, which
    /// [`combine`] takes. Requirements are not in them.
    pub fn rows(&self) -> String {
        let whole = Whole { first_seed: self.seed, runs: self.runs, shard: None };
        let row = if self.done > 0 { self.row() } else { String::new() };
        self.header(whole) + &row
    }

    /// The header of a file with rows of this study: a line that ends in a line feed.
    /// `whole` says which seeds are to be simulated in all, in this file and others, so that
    /// those missing can be told.
    pub fn header(&self, whole: Whole) -> String {
        header::line(&self.question_json(), whole)
    }

    /// The row of the finished runs: a line that ends in a line feed.
    pub fn row(&self) -> String {
        let tallies = self.cases.iter().map(|case| &case.tally);
        counters::line(&self.id(), self.seed, self.done, tallies, &self.pairs)
    }

    /// The number of seeds that a row has where nothing else is asked: a power of two, so
    /// that a row takes a core some seconds. It depends on the question alone. Rows whose
    /// first seeds are multiples of it are the same rows wherever they are simulated.
    pub fn row_runs(&self) -> u64 {
        let runs = BLOCK_TICKS / self.ticks_per_run();
        1 << runs.clamp(1, MAX_RUNS / 2).ilog2()
    }

    fn question_json(&self) -> String {
        let levels = |case: &Case| case.tally.rolled_back_by_stage.len();
        let cases = self.cases.iter().map(|case| (levels(case), case.plan.config()));
        let record = self.recorded.as_deref().map(|recorded| sha256(&[&recorded.content()]));
        header::question_json(&self.question, record, cases)
    }
}

/// The SHA-256 of texts, one after the other, in hexadecimal digits.
fn sha256(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
