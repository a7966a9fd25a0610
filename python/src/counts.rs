//! Recorded counts: read, fitted, and replayed.

use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::str::FromStr;
use std::sync::Arc;

use canary_rollout::fit;
use canary_rollout::observation::Arm;
use canary_rollout::record::{self, ArmRecord, Binding, Input, Reading};
use canary_rollout::report::Column;
use canary_rollout::world::{RecordedWorld, ReplayOptions};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use serde_json::json;

use crate::config::Config;
use crate::error::{config_error, file_error, one_fault};
use crate::rollout::{self, Rollout, arrays};
use crate::work::Found;

/// Recorded counts of a service.
#[pyclass(frozen, module = "canary_rollout._engine")]
pub(crate) struct Counts {
    pub(crate) reading: Reading,
}

#[pymethods]
impl Counts {
    /// Reads files: each a name, and its text or `None` for the file of this name.
    #[new]
    #[pyo3(signature = (
        files, *, series, baseline, canary, start, end, step_seconds, time_zone,
        absent_errors_are_zero
    ))]
    #[expect(clippy::too_many_arguments, reason = "Python's keyword arguments")]
    fn new(
        py: Python<'_>,
        files: Vec<(String, Option<String>)>,
        series: Vec<String>,
        baseline: Option<String>,
        canary: Option<String>,
        start: Option<i64>,
        end: Option<i64>,
        step_seconds: Option<u32>,
        time_zone: Option<String>,
        absent_errors_are_zero: Option<bool>,
    ) -> PyResult<Self> {
        let series: Result<Vec<Binding>, String> =
            series.iter().map(|text| Binding::from_str(text)).collect();
        let series = series.map_err(|why| one_fault(py, "series", why))?;
        let options = record::Options {
            series,
            baseline,
            canary,
            from: start,
            to: end,
            step_seconds,
            time_zone,
            absent_errors_are_zero,
        };
        let read = py.detach(|| {
            let mut inputs = Vec::new();
            for (name, text) in files {
                let bytes: Box<dyn Read> = match text {
                    Some(text) => Box::new(Cursor::new(text.into_bytes())),
                    None => match File::open(&name) {
                        Ok(file) => Box::new(BufReader::new(file)),
                        Err(error) => return Err((name, error)),
                    },
                };
                inputs.push(Input { name, bytes });
            }
            Ok(record::read_from(inputs, &options))
        });
        match read {
            Ok(Ok(reading)) => Ok(Counts { reading }),
            Ok(Err(error)) => Err(file_error(py, &error)),
            Err((name, error)) => Err(PyOSError::new_err((
                error.raw_os_error().unwrap_or_default(),
                error.to_string(),
                name,
            ))),
        }
    }

    /// What was understood of the files, as JSON text.
    fn reading(&self) -> String {
        let Reading { kinds, understood, assumed, warnings, .. } = &self.reading;
        let reading = json!({
            "kinds": kinds, "understood": understood, "assumed": assumed, "warnings": warnings,
        });
        reading.to_string()
    }

    /// The record: by version, the columns of its steps.
    fn series<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let record = &self.reading.record;
        let object = PyDict::new(py);
        object.set_item("start", record.start())?;
        object.set_item("step_seconds", record.step_seconds())?;
        object.set_item("steps", record.steps())?;
        for arm in [Arm::Baseline, Arm::Canary] {
            let columns = record.arm(arm).map(|arm| of_arm(py, arm)).transpose()?;
            object.set_item(arm.name(), columns)?;
        }
        Ok(object)
    }

    /// The fit.
    fn fit(
        &self,
        py: Python<'_>,
        tick_seconds: Option<u32>,
        rollout_start: Option<i64>,
    ) -> PyResult<Found> {
        let fitted = self.fitted(py, tick_seconds, rollout_start)?;
        Ok((fitted.to_json(), fit::fit_text(&fitted), None))
    }

    /// A configuration in the fitted world, as JSON text.
    fn fitted_config(
        &self,
        py: Python<'_>,
        config: &Config,
        rollout_start: Option<i64>,
    ) -> PyResult<String> {
        let ticks = config.inner.world().tick_seconds;
        let fitted = self.fitted(py, Some(ticks), rollout_start)?;
        let text = fitted.config_text(&config.text);
        text.map_err(|error| config_error(py, &error.without_line_column(), None))
    }

    /// A rollout over the record, before its first tick.
    fn replay(
        &self,
        py: Python<'_>,
        config: &Config,
        seed: u64,
        start: Option<i64>,
        lay_release: bool,
        thin_canary: bool,
    ) -> PyResult<Rollout> {
        let options = ReplayOptions { start, lay_release, thin_canary };
        let made = py.detach(|| {
            let recorded = RecordedWorld::new(&self.reading.record, &config.inner, &options)?;
            rollout::over_record(config, Arc::new(recorded), seed)
        });
        made.map_err(|why| one_fault(py, "counts", why))
    }
}

impl Counts {
    /// The recorded days that take the place of the world, if counts are given.
    pub(crate) fn days(
        py: Python<'_>,
        counts: Option<&Counts>,
        config: &Config,
        start_of_day: Option<u32>,
    ) -> PyResult<Option<Arc<RecordedWorld>>> {
        let of = |counts: &Counts| {
            let days = RecordedWorld::of_days(&counts.reading.record, &config.inner, start_of_day);
            days.map(Arc::new).map_err(|why| one_fault(py, "counts", why))
        };
        counts.map(of).transpose()
    }

    fn fitted(
        &self,
        py: Python<'_>,
        tick_seconds: Option<u32>,
        rollout_start: Option<i64>,
    ) -> PyResult<fit::Fit> {
        let options = fit::Options { tick_seconds, rollout_start, excess: None };
        let fitted = py.detach(|| fit::fit(&self.reading.record, &options));
        fitted.map_err(|why| one_fault(py, "counts", why))
    }
}

fn of_arm<'py>(py: Python<'py>, arm: &ArmRecord) -> PyResult<Bound<'py, PyDict>> {
    let column = |values: &[f64]| Column::F64(values.to_vec());
    let object =
        arrays(py, vec![("requests", column(&arm.requests)), ("errors", column(&arm.errors))])?;
    let latency = PyList::empty(py);
    for quantile in &arm.latency {
        let of_quantile = arrays(py, vec![("ms", column(&quantile.ms))])?;
        of_quantile.set_item("q", quantile.q)?;
        latency.append(of_quantile)?;
    }
    object.set_item("latency", latency)?;
    Ok(object)
}
