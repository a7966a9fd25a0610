//! Files of other programs on the command line: `canary-rollout import`, and their use
//! in place of a configuration.

use std::ffi::OsString;

use canary_rollout::config::Config;
use canary_rollout::import::{self, Import, Options, Source, Understood};

use crate::arguments::{ImportOptions, Sources};
use crate::commands::{Outcome, all_in_source, in_source, name_of, read_source, say};

/// A configuration as text, and where it comes from.
pub(crate) struct Loaded {
    /// The name of its source, for messages.
    pub name: OsString,
    pub text: String,
    /// What was understood, if files of another program were imported.
    pub import: Option<Import>,
}

/// Reads a configuration, or imports files of another program.
pub(crate) fn load(sources: &Sources) -> Result<Loaded, String> {
    let texts = read_all(&sources.configs)?;
    let is_foreign = texts.iter().any(|text| import::is_foreign(text));
    let (first, more) = match sources.configs.as_slice() {
        [] => return Err("expected a configuration".to_string()),
        [first, more @ ..] => (first, more),
    };
    if is_foreign {
        let import = imported(&sources.configs, &texts, &sources.options)?;
        let text = import.config.clone();
        return Ok(Loaded { name: first.clone(), text, import: Some(import) });
    }
    if let Some(second) = more.first() {
        return Err(format!(
            "{}: a second configuration, expected one; several files are read together if one of \
             them is a Rollout of Argo, a Canary of Flagger or another file that an import reads",
            name_of(second)
        ));
    }
    if !sources.options.bind.is_empty() || sources.options.name.is_some() {
        let option = if sources.options.name.is_some() { "--name" } else { "--bind" };
        let name = name_of(first);
        return Err(format!("{option}: {name} is a configuration, which needs no import"));
    }
    let text = texts.into_iter().next().unwrap_or_default();
    if is_table(&text) {
        let name = name_of(first);
        return Err(format!(
            "{name}: a table of recorded counts, expected a configuration; study, search and replay \
             take it as --counts {name}, and fit as it is"
        ));
    }
    Ok(Loaded { name: first.clone(), text, import: None })
}

impl Loaded {
    /// The configuration.
    pub(crate) fn config(&self) -> Result<Config, String> {
        Config::from_text(&self.text).map_err(|error| all_in_source(&self.name, &error))
    }

    /// Prints the warnings and assumptions of an import.
    pub(crate) fn tell(&self) {
        let Some(import) = &self.import else { return };
        warnings(import);
        for assumption in &import.assumed {
            say(&format!("canary-rollout: assumed: {assumption}"));
        }
        if !import.warnings.is_empty() || !import.bindings.is_empty() {
            say("canary-rollout: `canary-rollout import` shows what was understood");
        }
    }
}

/// `canary-rollout import`: the configuration on standard output, what was understood on
/// standard error.
pub(crate) fn import(sources: &Sources, quiet: bool) -> Result<Outcome, String> {
    let texts = read_all(&sources.configs)?;
    let import = imported(&sources.configs, &texts, &sources.options)?;
    if !quiet {
        notes(&sources.configs, &import);
    }
    Ok(format!("{}\n", import.config).into())
}

fn read_all(sources: &[OsString]) -> Result<Vec<String>, String> {
    sources.iter().map(|source| read_source(source)).collect()
}

/// Imports files with these texts.
pub(crate) fn imported(
    sources: &[OsString],
    texts: &[String],
    options: &ImportOptions,
) -> Result<Import, String> {
    let names: Vec<String> = sources.iter().map(|source| name_of(source)).collect();
    let files = names.iter().zip(texts).map(|(name, text)| Source { name, text });
    let files: Vec<Source<'_>> = files.collect();
    let options = Options {
        bind: options.bind.iter().cloned().collect(),
        name: options.name.clone(),
        base: None,
    };
    import::import(&files, &options).map_err(|error| error.lines())
}

/// Whether a text begins with the header of a table of counts.
fn is_table(text: &str) -> bool {
    let header = text.lines().next().unwrap_or_default().trim_start_matches(['\u{feff}', '"']);
    let header = header.to_lowercase();
    ["time", "date"].iter().any(|word| header.starts_with(word))
        && header.contains([',', ';', '\t'])
        && !header.contains(':')
}

/// Prints the warnings of an import.
pub(crate) fn warnings(import: &Import) {
    for warning in &import.warnings {
        say(&in_source(&warning.file, &warning.problem, "warning: "));
    }
}

/// Prints what was understood of each place, and what follows from it.
pub(crate) fn notes(sources: &[OsString], import: &Import) {
    say(&format!("canary-rollout: {}", import.title));
    for note in &import.notes {
        let understood = match note.understood {
            Understood::Read => "read",
            Understood::Guessed => "guessed",
            Understood::Ignored => "ignored",
            Understood::NotModelled => "not modelled",
        };
        // Fields without effect stand in one line below.
        if note.meaning.is_empty() {
            continue;
        }
        let name = sources.get(note.file as usize).map_or_else(String::new, |name| name_of(name));
        let (line, column, path, meaning) = (note.line, note.column, &note.path, &note.meaning);
        let path = if path.is_empty() { String::new() } else { format!("{path}: ") };
        say(&format!("{name}:{line}:{column}: {understood}: {path}{meaning}"));
    }
    warnings(import);
    for binding in &import.bindings {
        let metric = &binding.metric;
        say(&format!("canary-rollout: --bind '{metric}={}': {}", binding.measures, binding.why));
    }
    for assumption in &import.assumed {
        say(&format!("canary-rollout: assumed: {assumption}"));
    }
    if !import.ignored.is_empty() {
        say(&format!("canary-rollout: {}", import.ignored));
    }
}
