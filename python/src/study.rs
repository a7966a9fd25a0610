//! Studies, with requirements or without.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};

use canary_rollout::config::ConfigError;
use canary_rollout::message::shown;
use canary_rollout::problem::Problem;
use canary_rollout::study::rows::{Rows, RowsError};
use canary_rollout::study::{
    self, DEFAULT_ERROR_PROBABILITY, Requirement, RequirementGroup, SeedSpan, StudyReport,
};
use canary_rollout::svg::study_svg;
use canary_rollout::text::study_text;
use canary_rollout::world::RecordedWorld;
use pyo3::prelude::*;
use serde_json::{Value as Json, json};

use crate::config::Config;
use crate::counts::Counts;
use crate::error::{call_error, config_error, fault, refused};
use crate::work::{Found, locked, pool, watched};

/// A study in progress. A lock holds it; while it runs, other calls are refused.
#[pyclass(frozen, module = "canary_rollout._engine")]
pub(crate) struct Study {
    inner: Mutex<Vec<Question>>,
}

/// A study, and the requirements that it answers, by their places in the list of all. The
/// first is that of the configuration, and each other one that of a change which
/// requirements ask for.
struct Question {
    requirements: Vec<usize>,
    study: study::Study,
}

#[pymethods]
impl Study {
    #[new]
    #[pyo3(signature = (config, options, requirements, error_probability, counts, start_of_day))]
    fn new(
        py: Python<'_>,
        config: &Config,
        options: &str,
        requirements: Vec<String>,
        error_probability: Option<f64>,
        counts: Option<&Counts>,
        start_of_day: Option<u32>,
    ) -> PyResult<Self> {
        let recorded = Counts::days(py, counts, config, start_of_day)?;
        let (mut parsed, mut faults) = (Vec::new(), Vec::new());
        for text in &requirements {
            match Requirement::parse(text) {
                Ok(requirement) => parsed.push(requirement),
                Err(problem) => faults.push(fault(&problem, None)),
            }
        }
        if !faults.is_empty() {
            return Err(refused(py, faults, 0));
        }
        let epsilon = error_probability.unwrap_or(DEFAULT_ERROR_PROBABILITY);
        let prepared = questions(config, options, &parsed, epsilon, recorded.as_ref());
        match prepared {
            Ok(questions) => Ok(Study { inner: Mutex::new(questions) }),
            Err(Refusal::Config(error)) => {
                Err(config_error(py, &error.without_line_column(), config.file.as_deref()))
            }
            Err(Refusal::Problem(problem)) => Err(refused(py, vec![fault(&problem, None)], 0)),
        }
    }

    /// Simulates the remaining runs. Signals are handled meanwhile; an exception of a
    /// handler, or of `progress`, stops the study, which keeps the runs that are finished.
    fn run(
        &self,
        py: Python<'_>,
        threads: Option<usize>,
        progress: Option<Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let pool = pool(py, threads)?;
        let progress = progress.map(Bound::unbind);
        for question in locked(py, &self.inner)?.iter_mut() {
            let study = &mut question.study;
            let amounts = [study.done(), study.runs()];
            watched(py, &pool, progress.as_ref(), amounts, |stop, progress| {
                study.run_parallel(stop, progress);
            })?;
        }
        Ok(())
    }

    /// The number of runs asked for; those finished, once all requirements are certain.
    #[getter]
    fn runs(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(locked(py, &self.inner)?.first().map_or(0, |question| question.study.runs()))
    }

    /// The number of runs finished.
    #[getter]
    fn done(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(locked(py, &self.inner)?.first().map_or(0, |question| question.study.done()))
    }

    /// What the finished runs counted, as lines that `combine` takes.
    fn rows(&self, py: Python<'_>) -> PyResult<String> {
        let questions = locked(py, &self.inner)?;
        let own = questions.first().ok_or_else(|| call_error(py, "the study is empty"))?;
        Ok(own.study.rows())
    }

    /// The report of the finished runs.
    fn report(&self, py: Python<'_>) -> PyResult<Found> {
        let report = self.all(py)?;
        Ok(py.detach(|| found(&report)))
    }
}

impl Study {
    /// The configuration's report with the answers to all requirements.
    fn all(&self, py: Python<'_>) -> PyResult<StudyReport> {
        let questions = locked(py, &self.inner)?;
        let mut answers = Vec::new();
        for question in questions.iter() {
            let found = question.study.report().requirements;
            answers.extend(question.requirements.iter().copied().zip(found));
        }
        answers.sort_by_key(|(at, _)| *at);
        let own = questions.first().ok_or_else(|| call_error(py, "the study is empty"))?;
        let mut report = own.study.report();
        report.requirements = answers.into_iter().map(|(_, answer)| answer).collect();
        Ok(report)
    }
}

/// A report as Python takes it.
fn found(report: &StudyReport) -> Found {
    // The picture is the curve over a sweep.
    let svg = report.sweep.as_ref().map(|_| study_svg(report));
    (report.to_json(), study_text(report), svg)
}

/// The report of rows: each text a name and lines. Missing seeds are refused, unless
/// `partial`.
#[pyfunction]
pub(crate) fn combine(
    py: Python<'_>,
    texts: Vec<(String, String)>,
    partial: bool,
) -> PyResult<Found> {
    let combined = py.detach(|| {
        let mut rows = Rows::default();
        for (name, text) in &texts {
            rows.add_text(name, text)?;
        }
        let refused = |message: String| RowsError { place: None, message };
        if let (Some(SeedSpan { first, last }), false) = (rows.missing().first(), partial) {
            return Err(refused(format!("seeds {first} to {last} are missing")));
        }
        let report = rows.report().ok_or_else(|| refused("expected rows".to_string()))?;
        Ok(found(&report))
    });
    combined.map_err(|RowsError { place, message }| {
        let (file, line) = place.map(|place| (place.file.to_string(), place.line as u32)).unzip();
        refused(py, vec![(String::new(), message, line, None, file)], 0)
    })
}

/// Why a study cannot be prepared.
enum Refusal {
    Config(ConfigError),
    Problem(Problem),
}

/// The study of the configuration, and one for each change that requirements ask for.
fn questions(
    config: &Config,
    options: &str,
    requirements: &[Requirement],
    error_probability: f64,
    recorded: Option<&Arc<RecordedWorld>>,
) -> Result<Vec<Question>, Refusal> {
    let share = error_probability / requirements.len().max(1) as f64;
    let mut questions = Vec::new();
    for RequirementGroup { changes, places } in Requirement::grouped(requirements) {
        let of_group: Vec<&Requirement> = places.iter().map(|&at| &requirements[at]).collect();
        // The first study has read the options, so they are JSON.
        let options: Cow<'_, str> = match changes {
            [] => options.into(),
            changes => changed(options, changes, &of_group).into(),
        };
        let study = match recorded {
            None => study::Study::from_text(&config.text, &options),
            Some(recorded) => {
                study::Study::from_text_over(&config.text, &options, Arc::clone(recorded))
            }
        };
        let mut study = study.map_err(|error| match of_group.first() {
            Some(requirement) if !changes.is_empty() => {
                let message = format!("{}: {error}", shown(requirement.text()));
                Refusal::Problem(Problem::new("require", message))
            }
            _ => Refusal::Config(error),
        })?;
        for requirement in of_group {
            study.require(requirement, share).map_err(Refusal::Problem)?;
        }
        questions.push(Question { requirements: places, study });
    }
    Ok(questions)
}

/// The options with more fields changed, without what only the configuration's own study is
/// asked.
fn changed(options: &str, changes: &[(String, f64)], requirements: &[&Requirement]) -> String {
    let mut options: serde_json::Map<String, Json> =
        serde_json::from_str(options).unwrap_or_default();
    options.remove("sweep");
    let names: Vec<&str> = requirements.iter().flat_map(|one| one.policies()).collect();
    if let Some(Json::Array(policies)) = options.get_mut("policies") {
        policies.retain(|policy| policy["name"].as_str().is_some_and(|name| names.contains(&name)));
    }
    let set = options.entry("set").or_insert_with(|| json!([]));
    if let Json::Array(set) = set {
        set.extend(changes.iter().map(|(field, value)| json!({ "field": field, "value": value })));
    }
    Json::from(options).to_string()
}
