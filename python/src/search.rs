//! Searches for policies, and for the values at which a promise can be kept.

use std::sync::Mutex;

use canary_rollout::search::{self, Reach};
use canary_rollout::text::{reach_text, search_text};
use pyo3::prelude::*;

use crate::config::Config;
use crate::counts::Counts;
use crate::error::config_error;
use crate::work::{Found, locked, pool, watched};

/// A search in progress. A lock holds it; while it runs, other calls are refused.
#[pyclass(frozen, module = "canary_rollout._engine")]
pub(crate) struct Search {
    inner: Mutex<Asked>,
}

/// What is searched for.
enum Asked {
    Policies(Box<search::Search>),
    Values(Box<Reach>),
}

impl Asked {
    fn rollouts(&self) -> u64 {
        match self {
            Asked::Policies(search) => search.rollouts(),
            Asked::Values(reach) => reach.rollouts(),
        }
    }

    fn done(&self) -> u64 {
        match self {
            Asked::Policies(search) => search.done(),
            Asked::Values(reach) => reach.done(),
        }
    }
}

#[pymethods]
impl Search {
    #[new]
    #[pyo3(signature = (config, options, reach, counts, start_of_day))]
    fn new(
        py: Python<'_>,
        config: &Config,
        options: &str,
        reach: Option<&str>,
        counts: Option<&Counts>,
        start_of_day: Option<u32>,
    ) -> PyResult<Self> {
        let text = &config.text;
        let recorded = Counts::days(py, counts, config, start_of_day)?;
        let prepared = py.detach(|| match (reach, recorded) {
            (Some(reach), _) => {
                Reach::from_text(text, options, reach).map(Box::new).map(Asked::Values)
            }
            (None, None) => {
                search::Search::from_text(text, options).map(Box::new).map(Asked::Policies)
            }
            (None, Some(recorded)) => search::Search::from_text_over(text, options, recorded)
                .map(Box::new)
                .map(Asked::Policies),
        });
        match prepared {
            Ok(asked) => Ok(Search { inner: Mutex::new(asked) }),
            Err(error) => {
                Err(config_error(py, &error.without_line_column(), config.file.as_deref()))
            }
        }
    }

    /// Simulates all that is left.
    fn run(
        &self,
        py: Python<'_>,
        threads: Option<usize>,
        progress: Option<Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let pool = pool(py, threads)?;
        let progress = progress.map(Bound::unbind);
        let mut asked = locked(py, &self.inner)?;
        let amounts = [asked.done(), asked.rollouts()];
        let asked = &mut *asked;
        watched(py, &pool, progress.as_ref(), amounts, |stop, progress| match asked {
            Asked::Policies(search) => search.run_parallel(stop, progress),
            Asked::Values(reach) => reach.run_parallel(stop, progress),
        })
    }

    /// The most rollouts.
    #[getter]
    fn rollouts(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(locked(py, &self.inner)?.rollouts())
    }

    /// Rollouts simulated.
    #[getter]
    fn done(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(locked(py, &self.inner)?.done())
    }

    #[getter]
    fn is_finished(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(match &*locked(py, &self.inner)? {
            Asked::Policies(search) => search.is_finished(),
            Asked::Values(reach) => reach.is_finished(),
        })
    }

    /// What is found so far.
    fn report(&self, py: Python<'_>) -> PyResult<Found> {
        let asked = locked(py, &self.inner)?;
        let asked = &*asked;
        Ok(py.detach(|| match asked {
            Asked::Policies(search) => {
                let report = search.report();
                (report.to_json(), search_text(&report), None)
            }
            Asked::Values(reach) => {
                let report = reach.report();
                (report.to_json(), reach_text(&report), None)
            }
        }))
    }
}
