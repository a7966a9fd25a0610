//! Configurations and presets.

use canary_rollout::config;
use canary_rollout::import::is_foreign;
use canary_rollout::problem::Problem;
use pyo3::prelude::*;

use crate::error::{self, Fault, config_error, fault};

/// A configuration, checked.
#[pyclass(frozen, module = "canary_rollout._engine")]
pub(crate) struct Config {
    pub(crate) text: String,
    pub(crate) file: Option<String>,
    pub(crate) inner: config::Config,
    has_lines: bool,
}

#[pymethods]
impl Config {
    /// Reads a text; `has_lines` if a person wrote it, so that faults have line and column.
    #[new]
    #[pyo3(signature = (text, file, *, has_lines))]
    fn new(py: Python<'_>, text: String, file: Option<String>, has_lines: bool) -> PyResult<Self> {
        let name = file.as_deref();
        match py.detach(|| config::Config::from_text(&text)) {
            Ok(inner) => Ok(Config { text, file, inner, has_lines }),
            Err(error) if has_lines && is_foreign(&text) => {
                let of = |problem: &Problem| {
                    let message = format!("{}; in Python, `import_files`", problem.message);
                    fault(&Problem { message, ..problem.clone() }, name)
                };
                let faults = error.problems().iter().map(of).collect();
                Err(error::refused(py, faults, error.more()))
            }
            Err(error) if has_lines => Err(config_error(py, &error, name)),
            Err(error) => Err(config_error(py, &error.without_line_column(), name)),
        }
    }

    /// The configuration's own name; may be empty.
    #[getter]
    fn name(&self) -> &str {
        self.inner.name()
    }

    /// What is valid but probably a mistake.
    fn warnings(&self) -> Vec<Fault> {
        let mut warnings = self.inner.warnings_in(&self.text);
        if !self.has_lines {
            warnings.iter_mut().for_each(|problem| problem.line_column = None);
        }
        warnings.iter().map(|problem| fault(problem, self.file.as_deref())).collect()
    }
}

/// The presets: name, description, and JSON text of each.
#[pyfunction]
pub(crate) fn presets() -> Vec<(&'static str, &'static str, &'static str)> {
    config::presets().iter().map(|preset| (preset.name, preset.description, preset.json)).collect()
}
