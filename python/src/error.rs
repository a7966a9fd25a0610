//! The exceptions, which `canary_rollout._errors` defines.

use canary_rollout::config::ConfigError;
use canary_rollout::problem::{FileError, FileProblem, Problem};
use pyo3::prelude::*;

/// A problem as `canary_rollout.Problem` takes it: path, message, line, column, file.
pub(crate) type Fault = (String, String, Option<u32>, Option<u32>, Option<String>);

/// A problem of a file, or of a text without a name.
pub(crate) fn fault(problem: &Problem, file: Option<&str>) -> Fault {
    let (line, column) = problem.line_column.unzip();
    let file = file.filter(|name| !name.is_empty()).map(str::to_string);
    (problem.path.clone(), problem.message.clone(), line, column, file)
}

pub(crate) fn file_fault(FileProblem { file, problem, .. }: &FileProblem) -> Fault {
    fault(problem, Some(file))
}

/// `ConfigError` with all faults.
pub(crate) fn refused(py: Python<'_>, faults: Vec<Fault>, more: usize) -> PyErr {
    exception(py, "refused", (faults, more))
}

/// `ConfigError` of a configuration, or of options beside it.
pub(crate) fn config_error(py: Python<'_>, error: &ConfigError, file: Option<&str>) -> PyErr {
    let faults = error.problems().iter().map(|problem| fault(problem, file));
    refused(py, faults.collect(), error.more())
}

/// `ConfigError` of files.
pub(crate) fn file_error(py: Python<'_>, error: &FileError) -> PyErr {
    refused(py, error.problems().iter().map(file_fault).collect(), error.more())
}

/// `ConfigError` with one fault.
pub(crate) fn one_fault(py: Python<'_>, path: &str, message: impl Into<String>) -> PyErr {
    refused(py, vec![fault(&Problem::new(path, message), None)], 0)
}

/// `CallError`: what is asked is not possible now.
pub(crate) fn call_error(py: Python<'_>, why: impl ToString) -> PyErr {
    exception(py, "CallError", (why.to_string(),))
}

fn exception<'py>(
    py: Python<'py>,
    name: &str,
    arguments: impl pyo3::call::PyCallArgs<'py>,
) -> PyErr {
    let made = py.import("canary_rollout._errors").and_then(|module| module.getattr(name));
    match made.and_then(|class| class.call1(arguments)) {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}
