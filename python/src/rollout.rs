//! One rollout.

use std::sync::{Arc, Mutex, PoisonError};

use canary_rollout::policy::{Call, CallError, Command};
use canary_rollout::report::Column;
use canary_rollout::rollout;
use canary_rollout::rollout::TimedCommand;
use canary_rollout::svg::rollout_svg;
use canary_rollout::text::rollout_text;
use numpy::IntoPyArray;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::config::Config;
use crate::error::{call_error, one_fault};

/// A rollout. A lock holds it, so that threads take turns.
#[pyclass(frozen, module = "canary_rollout._engine")]
pub(crate) struct Rollout {
    inner: Mutex<rollout::Rollout>,
}

impl From<rollout::Rollout> for Rollout {
    fn from(inner: rollout::Rollout) -> Self {
        Rollout { inner: Mutex::new(inner) }
    }
}

impl Rollout {
    /// Does something with the rollout while other threads of Python may run.
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        act: impl FnOnce(&mut rollout::Rollout) -> T + Send,
    ) -> T {
        py.detach(|| act(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    fn call(
        &self,
        py: Python<'_>,
        act: impl FnOnce(&mut rollout::Rollout) -> Result<(), CallError> + Send,
    ) -> PyResult<()> {
        self.with(py, act).map_err(|why| call_error(py, why))
    }
}

#[pymethods]
impl Rollout {
    #[new]
    fn new(py: Python<'_>, config: &Config, seed: u64) -> Self {
        py.detach(|| rollout::Rollout::new(&config.inner, seed)).into()
    }

    /// Advances by so many ticks, or by fewer to the end.
    fn tick(&self, py: Python<'_>, ticks: u32) -> PyResult<()> {
        self.call(py, |rollout| {
            for done in 0..ticks {
                match rollout.tick() {
                    Err(_) if done > 0 => break,
                    told => told?,
                }
            }
            Ok(())
        })
    }

    fn advance(&self, py: Python<'_>) -> PyResult<()> {
        self.call(py, rollout::Rollout::advance)
    }

    fn run(&self, py: Python<'_>) -> PyResult<()> {
        self.call(py, rollout::Rollout::run)
    }

    /// A command by its name.
    fn command(&self, py: Python<'_>, name: &str) -> PyResult<()> {
        let command = command(name).ok_or_else(|| unknown_command(py, "command", name))?;
        self.call(py, |rollout| rollout.command(command))
    }

    /// Continues a replay to its end: all commands with their ticks, also those given before.
    fn replay(
        &self,
        py: Python<'_>,
        commands: Vec<(u32, String)>,
        until: Option<u32>,
    ) -> PyResult<()> {
        let mut timed = Vec::new();
        for (i, (tick, name)) in commands.iter().enumerate() {
            let path = format!("commands[{i}].command");
            let command = command(name).ok_or_else(|| unknown_command(py, &path, name))?;
            timed.push(TimedCommand { tick: *tick, command });
        }
        let replayed = self.with(py, |rollout| rollout.replay_for(u32::MAX, &timed, until));
        replayed.map(|_| ()).map_err(|why| call_error(py, why))
    }

    #[getter]
    fn state(&self, py: Python<'_>) -> String {
        self.with(py, |rollout| rollout.state().to_string())
    }

    #[getter]
    fn seed(&self, py: Python<'_>) -> u64 {
        self.with(py, |rollout| rollout.seed())
    }

    #[getter]
    fn ticks(&self, py: Python<'_>) -> u32 {
        self.with(py, |rollout| rollout.ticks())
    }

    #[getter]
    fn name(&self, py: Python<'_>) -> String {
        self.with(py, |rollout| rollout.plan().config().name().to_string())
    }

    /// The calls that are allowed now.
    fn allowed(&self, py: Python<'_>) -> Vec<&'static str> {
        self.with(py, |rollout| {
            let allowed = Call::ALL.iter().filter(|call| rollout.allows(**call));
            allowed.map(|call| call.name()).collect()
        })
    }

    /// The report as JSON text.
    fn to_json(&self, py: Python<'_>) -> String {
        self.with(py, |rollout| rollout.report().to_json())
    }

    /// The rollout as text for people.
    fn text(&self, py: Python<'_>) -> String {
        self.with(py, |rollout| rollout_text(rollout))
    }

    /// The rollout as an SVG file.
    fn svg(&self, py: Python<'_>) -> String {
        self.with(py, |rollout| rollout_svg(rollout))
    }

    /// Every tick, as NumPy arrays that own the memory which the engine filled.
    fn series<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let series = self.with(py, |rollout| rollout.series());
        let object = arrays(py, series.columns)?;
        let rules: PyResult<Vec<_>> =
            series.rules.into_iter().map(|rule| arrays(py, rule)).collect();
        object.set_item("rules", PyList::new(py, rules?)?)?;
        Ok(object)
    }
}

fn command(name: &str) -> Option<Command> {
    Command::ALL.into_iter().find(|known| known.name() == name)
}

fn unknown_command(py: Python<'_>, path: &str, name: &str) -> PyErr {
    let known = Command::ALL.map(Command::name).join(", ");
    let name = canary_rollout::message::quoted(name);
    one_fault(py, path, format!("found {name}, expected one of {known}"))
}

/// Columns as arrays. A `Vec` moves into its array; nothing is copied.
pub(crate) fn arrays<'py>(
    py: Python<'py>,
    columns: Vec<(&'static str, Column)>,
) -> PyResult<Bound<'py, PyDict>> {
    let object = PyDict::new(py);
    for (key, column) in columns {
        match column {
            Column::U8(values) => object.set_item(key, values.into_pyarray(py))?,
            Column::U32(values) => object.set_item(key, values.into_pyarray(py))?,
            Column::F64(values) => object.set_item(key, values.into_pyarray(py))?,
        }
    }
    Ok(object)
}

/// A rollout over recorded counts.
pub(crate) fn over_record(
    config: &Config,
    recorded: Arc<canary_rollout::world::RecordedWorld>,
    seed: u64,
) -> Result<Rollout, String> {
    rollout::Rollout::over_record(&config.inner, recorded, seed).map(Rollout::from)
}
