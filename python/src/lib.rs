//! The Python module `canary_rollout._engine`: the engine's types, thinly wrapped. Reports
//! leave it as JSON text, the same bytes as from the command line; the package's Python code
//! makes dictionaries of them, and of what a person gives it, text.

mod config;
mod counts;
mod error;
mod files;
mod rollout;
mod search;
mod study;
mod work;

use pyo3::prelude::*;

#[pymodule]
mod _engine {
    #[pymodule_export]
    use super::config::{Config, presets};
    #[pymodule_export]
    use super::counts::Counts;
    #[pymodule_export]
    use super::files::{export_policy, import_files};
    #[pymodule_export]
    use super::rollout::Rollout;
    #[pymodule_export]
    use super::search::Search;
    #[pymodule_export]
    use super::study::{Study, combine};

    use canary_rollout::import::MAX_IMPORT_BYTES;
    use canary_rollout::seed::MAX_SEED;
    use canary_rollout::study::DEFAULT_GATE_RUNS;
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("DEFAULT_GATE_RUNS", DEFAULT_GATE_RUNS)?;
        module.add("MAX_IMPORT_BYTES", MAX_IMPORT_BYTES)?;
        module.add("MAX_SEED", MAX_SEED)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
