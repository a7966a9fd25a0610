//! Files of other programs, turned into a configuration: the controllers that people
//! run.
//!
//! [`import`] reads all documents of one or several files, recognizes what each is,
//! joins what belongs together (a Rollout and its templates, a Canary and its
//! templates), and writes an ordinary configuration. What it understood of each place
//! stands in [`Import::notes`]: nothing is guessed silently, and what matters and is
//! not modelled is a warning.
//!
//! `document` has the accessors that every importer reads with, `detect` the kinds of
//! documents, `query` what a metric's query measures. Each controller has a file of its
//! own.

mod argo;
mod argo_analysis;
mod cloudformation;
mod codedeploy;
mod configuration;
mod detect;
mod document;
mod flagger;
mod growthbook;
mod kayenta;
pub mod query;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::message::{quoted, thousands};
use crate::problem::{FileError, Problem};
pub use crate::problem::{FileProblem, Source};
use crate::reading;
use configuration::Imported;
use detect::Kind;
use document::{Files, Log};

/// Maximum length of the text of all files together, in bytes: 4 MiB.
pub const MAX_IMPORT_BYTES: usize = 4 << 20;
/// Maximum number of values in all files together: scalars, arrays and objects, each
/// counted as often as aliases repeat it.
pub const MAX_IMPORT_VALUES: usize = 200_000;

/// How a place of a file was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Understood {
    /// Read, and acted on as the controller acts on it.
    Read,
    /// Read, but what it means was guessed.
    Guessed,
    /// Without effect on what is simulated.
    Ignored,
    /// With an effect that is not simulated.
    NotModelled,
}

/// What was understood of a place of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// The file, as its index in the sources.
    pub file: u32,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
    /// The path in its document, such as `spec.strategy.canary.steps[0]`.
    pub path: String,
    /// How it was understood.
    pub understood: Understood,
    /// What it means, without a full stop; may be empty for a value that was read and
    /// says so itself.
    pub meaning: String,
}

/// What a metric of a file measures in the simulation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Binding {
    /// The metric's name in the file.
    pub metric: String,
    /// What it measures, in the words that [`Options::bind`] takes, such as
    /// `error_rate of canary over 60s`.
    pub measures: String,
    /// Whether it was guessed, and not given by [`Options::bind`] or by the file.
    pub guessed: bool,
    /// Why, without a full stop.
    pub why: String,
    /// What it could measure instead, in the same words.
    pub choices: Vec<String>,
}

/// What an import gives.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Import {
    /// The controller: `argo`, `flagger`, `codedeploy`, `kayenta`, `growthbook`.
    pub kind: &'static str,
    /// What was read, such as `Argo Rollout checkout`.
    pub title: String,
    /// The text of an ordinary configuration, as
    /// [`Config::from_text`](crate::config::Config::from_text) reads it.
    pub config: String,
    /// What was understood of each place, in the order of the files.
    pub notes: Vec<Note>,
    /// What the metrics measure.
    pub bindings: Vec<Binding>,
    /// What the files do not say and the configuration has to: the world, how long a pod
    /// takes to be ready. Sentences without a full stop.
    pub assumed: Vec<String>,
    /// The fields without effect, one line in all; empty if there are none.
    pub ignored: String,
    /// What matters and is not modelled, and what is probably a mistake.
    pub warnings: Vec<FileProblem>,
}

/// What a person says beside the files.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What metrics measure, by name, instead of the guess: `error_rate`, `latency
    /// p99 in s`, `success_rate of service over 5m times 100`, `nothing`, `fails`.
    pub bind: BTreeMap<String, String>,
    /// The name of the Rollout or Canary to read, where the files have several.
    pub name: Option<String>,
    /// A configuration whose world and release the import keeps, as text. Without one,
    /// a healthy release in a world in which the file's own limits hold.
    pub base: Option<String>,
}

/// The reasons why files are refused.
pub type ImportError = FileError;

/// Reads files of another program into a configuration.
///
/// # Errors
/// All faults of the files, each with its file, line and column: text that is not YAML
/// or JSON, files that are too large, documents that belong to no controller that is
/// read, values that the controller would refuse.
pub fn import(sources: &[Source<'_>], options: &Options) -> Result<Import, ImportError> {
    let parsed = parse(sources)?;
    let log = Log::new(sources, options);
    let files = Files::new(&parsed, &log);
    let imported = dispatch(&files);
    log.finish(&files, imported)
}

/// Whether a text is a file that [`import`] reads or can name, and not a
/// configuration.
pub fn is_foreign(text: &str) -> bool {
    let is_other = |node: &reading::Node| !matches!(detect::kind(node), Kind::Own | Kind::Unknown);
    match reading::parse_stream(text, MAX_IMPORT_VALUES) {
        Ok(nodes) => nodes.iter().any(is_other),
        Err(_) => crate::config::is_foreign(text),
    }
}

/// The documents of all files, each with the index of its file.
fn parse(sources: &[Source<'_>]) -> Result<Vec<(u32, reading::Node)>, ImportError> {
    let bytes: usize = sources.iter().map(|source| source.text.len()).sum();
    if bytes > MAX_IMPORT_BYTES {
        return Err(ImportError::of_whole(format!(
            "the files have {} bytes or more, the limit is {}",
            thousands(bytes as u64),
            thousands(MAX_IMPORT_BYTES as u64)
        )));
    }
    let (mut parsed, mut problems) = (Vec::new(), Vec::new());
    for (file, source) in (0..).zip(sources) {
        match reading::parse_stream(source.text, MAX_IMPORT_VALUES) {
            Ok(_) if detect::has_values(source.text).is_some() => {
                let line = detect::has_values(source.text).unwrap_or(1);
                let problem = Problem::new("", detect::TEMPLATE);
                let problem = Problem { line_column: Some((line, 1)), ..problem };
                problems.push(FileProblem {
                    index: Some(file),
                    file: source.name.to_string(),
                    problem,
                });
            }
            Ok(nodes) => parsed.extend(nodes.into_iter().map(|node| (file, node))),
            Err(fault) => {
                let message = match detect::is_template(source.text) {
                    true => detect::TEMPLATE.to_string(),
                    false => fault.message,
                };
                let line_column = Some(fault.place.line_column());
                let problem = Problem { line_column, ..Problem::new(fault.path, message) };
                problems.push(FileProblem {
                    index: Some(file),
                    file: source.name.to_string(),
                    problem,
                });
            }
        }
    }
    if !problems.is_empty() {
        return Err(ImportError::of(problems));
    }
    if parsed.is_empty() {
        return Err(ImportError::of_whole("the files are empty, expected at least one document"));
    }
    Ok(parsed)
}

/// Reads the documents with the importer of their controller. `None` after a fault.
fn dispatch(files: &Files<'_>) -> Option<Imported> {
    files.check();
    let kinds = |kind: Kind| files.of(kind).next().is_some();
    if kinds(Kind::ArgoRollout) {
        argo::import(files)
    } else if kinds(Kind::FlaggerCanary) {
        flagger::import(files)
    } else if kinds(Kind::Kayenta) {
        kayenta::import(files)
    } else if kinds(Kind::GrowthBook) {
        growthbook::import(files)
    } else if [Kind::AwsTemplate, Kind::CodeDeploy, Kind::CodeDeployName].into_iter().any(kinds) {
        codedeploy::import(files)
    } else {
        files.refuse_all();
        None
    }
}

/// A name in quotes, or what stands for a missing one.
fn named(name: &str) -> String {
    if name.is_empty() { "without a name".to_string() } else { quoted(name) }
}
