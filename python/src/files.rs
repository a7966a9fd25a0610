//! Files of controllers: read into configurations, and written.

use std::collections::BTreeMap;

use canary_rollout::export::{self, Names, Target};
use canary_rollout::import::{self, Options, Source};
use canary_rollout::message::quoted;
use pyo3::prelude::*;

use crate::config::Config;
use crate::error::{fault, file_error, one_fault, refused};

/// Makes a configuration of files, each a name and a text. The result is JSON text.
#[pyfunction]
pub(crate) fn import_files(
    py: Python<'_>,
    files: Vec<(String, String)>,
    bind: BTreeMap<String, String>,
    name: Option<String>,
) -> PyResult<String> {
    let sources = files.iter().map(|(name, text)| Source { name, text });
    let sources: Vec<Source<'_>> = sources.collect();
    let options = Options { bind, name, base: None };
    let import = py.detach(|| import::import(&sources, &options));
    let import = import.map_err(|error| file_error(py, &error))?;
    serde_json::to_string(&import).map_err(|error| one_fault(py, "", error.to_string()))
}

/// A policy in the words of a controller, as JSON text.
#[pyfunction]
pub(crate) fn export_policy(
    py: Python<'_>,
    config: &Config,
    target: &str,
    names: BTreeMap<String, String>,
) -> PyResult<String> {
    let known = Target::ALL.map(Target::name).join(", ");
    let target = Target::ALL.into_iter().find(|one| one.name() == target).ok_or_else(|| {
        one_fault(py, "target", format!("found {}, expected one of {known}", quoted(target)))
    })?;
    let mut chosen = Names::default();
    for (key, name) in names {
        let field = match key.as_str() {
            "service" => &mut chosen.service,
            "prometheus" => &mut chosen.prometheus,
            "requests" => &mut chosen.requests,
            "latency" => &mut chosen.latency,
            "version" => &mut chosen.version,
            "canary" => &mut chosen.canary,
            "stable" => &mut chosen.stable,
            "failed" => &mut chosen.failed,
            _ => return Err(one_fault(py, &key, "unknown name")),
        };
        *field = name;
    }
    let exported = export::export(&config.inner, target, &chosen).map_err(|refusal| {
        let faults = refusal.problems.iter();
        refused(py, faults.map(|problem| fault(problem, config.file.as_deref())).collect(), 0)
    })?;
    serde_json::to_string(&exported).map_err(|error| one_fault(py, "", error.to_string()))
}
