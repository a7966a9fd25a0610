//! Commands as JavaScript gives them, read as a configuration is: all faults at once,
//! each with its path.

use crate::config::{ConfigError, MAX_TICKS};
use crate::policy::Command;
use crate::problem::Problem;
use crate::reading::{fields, parse, read};
use crate::rollout::TimedCommand;
use crate::rules::Range;

#[derive(Debug, Default)]
struct CommandInput {
    tick: f64,
    command: Option<Command>,
}

fields!(CommandInput { tick, command });

/// Most values in the text: a command for every tick of the longest rollout.
const MAX_VALUES: usize = 3 * MAX_TICKS as usize + 1;

/// The commands of a JSON text.
pub(super) fn read_commands(text: &str) -> Result<Vec<TimedCommand>, ConfigError> {
    let placed = |path: &str, message: String| Problem::new(format!("commands{path}"), message);
    let tree = parse(text, MAX_VALUES)
        .map_err(|fault| ConfigError::of_values(vec![placed(&fault.path, fault.message)]))?;
    let (inputs, faults): (Vec<CommandInput>, _) = read(&tree);
    let mut problems: Vec<Problem> =
        faults.into_list().into_iter().map(|fault| placed(&fault.path, fault.message)).collect();
    let mut commands = Vec::new();
    if problems.is_empty() {
        for (i, CommandInput { tick, command }) in inputs.into_iter().enumerate() {
            if let Err(message) = Range::from(0.0, f64::from(MAX_TICKS)).whole(Some(tick)) {
                problems.push(placed(&format!("[{i}].tick"), message));
            }
            match command {
                Some(command) => commands.push(TimedCommand { tick: tick as u32, command }),
                None => problems.push(placed(
                    &format!("[{i}].command"),
                    format!(
                        "missing, expected one of {}",
                        Command::ALL.map(Command::name).join(", ")
                    ),
                )),
            }
        }
    }
    match problems.is_empty() {
        true => Ok(commands),
        false => Err(ConfigError::of_values(problems)),
    }
}
