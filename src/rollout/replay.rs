//! Replays a rollout from its configuration, seed and commands, which determine it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Rollout;
use crate::config::Config;
use crate::policy::{CallError, Command};

/// A command with the number of ticks elapsed when it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimedCommand {
    /// Ticks elapsed.
    pub tick: u32,
    /// The command.
    pub command: Command,
}

impl Rollout {
    /// Replays a rollout: gives each command at its tick, commands of the same tick
    /// in the order of the list. Stops after `until` ticks or at the end of the
    /// rollout, whichever is earlier. Without `until`, stops at the end, or at a
    /// pause that waits for a person and is not followed by a command. Commands
    /// after `until` are not given.
    ///
    /// ```
    /// use canary_rollout::config::Config;
    /// use canary_rollout::policy::Command;
    /// use canary_rollout::rollout::{Rollout, TimedCommand};
    ///
    /// let config = Config::from_text(r#"{ "stages": [{ "traffic_pct": 5 }] }"#)?;
    /// let abort = TimedCommand { tick: 3, command: Command::Abort };
    /// assert_eq!(Rollout::replay(&config, 7, &[abort], None)?.ticks(), 3);
    /// let late = TimedCommand { tick: 9, command: Command::Abort };
    /// let error = Rollout::replay(&config, 7, &[late], None).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "commands[0], abort at tick 9: the rollout ends at tick 5"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If a command has an earlier tick than the one before it, if the state does
    /// not allow a command, if a command is after the end, or after more than
    /// [`MAX_TICKS`](crate::config::MAX_TICKS).
    pub fn replay(
        config: &Config,
        seed: u64,
        commands: &[TimedCommand],
        until: Option<u32>,
    ) -> Result<Self, ReplayError> {
        let mut rollout = Rollout::new(config, seed);
        rollout.replay_for(u32::MAX, commands, until)?;
        Ok(rollout)
    }

    /// Continues a replay for a limited number of ticks, so that the caller can do
    /// other work in between. `commands` and `until` are those of
    /// [`Rollout::replay`]; the list begins with the commands that the rollout was
    /// already given. Returns whether the replay is unfinished.
    ///
    /// # Errors
    /// As for [`Rollout::replay`], and if the rollout was given other commands. The
    /// rollout stops before the refused command, so that the caller can continue
    /// without it.
    pub fn replay_for(
        &mut self,
        ticks: u32,
        commands: &[TimedCommand],
        until: Option<u32>,
    ) -> Result<bool, ReplayError> {
        self.check_continues(commands)?;
        let last = self.ticks().saturating_add(ticks);
        loop {
            while let Some(&next) = self.next_of(commands, until) {
                if self.ticks() < next.tick && !self.is_over() {
                    break;
                }
                self.give(next)?;
            }
            let more = match until {
                Some(until) => self.ticks() < until && !self.is_over(),
                None => self.next_of(commands, until).is_some() || !self.rests(),
            };
            if !more || self.ticks() >= last {
                return Ok(more);
            }
            self.tick()
                .map_err(|error| ReplayError { command: None, why: Refusal::Call(error) })?;
        }
    }

    /// The next command to give.
    fn next_of<'a>(
        &self,
        commands: &'a [TimedCommand],
        until: Option<u32>,
    ) -> Option<&'a TimedCommand> {
        let next = commands.get(self.commands().len());
        next.filter(|next| until.is_none_or(|until| next.tick <= until))
    }

    /// Gives a command at its tick.
    fn give(&mut self, timed: TimedCommand) -> Result<(), ReplayError> {
        let given = match self.ticks() < timed.tick {
            true => Err(Refusal::Ended { tick: self.ticks() }),
            false => self.command(timed.command).map_err(Refusal::Call),
        };
        given.map_err(|why| ReplayError { command: Some((self.commands().len(), timed)), why })
    }

    /// Checks that the list begins with the commands given so far, and that the
    /// rest is in order.
    fn check_continues(&self, commands: &[TimedCommand]) -> Result<(), ReplayError> {
        let mut now = self.ticks();
        let given = self.commands();
        if !commands.starts_with(given) {
            return Err(ReplayError { command: None, why: Refusal::OtherCommands });
        }
        for (i, timed) in commands.iter().enumerate().skip(given.len()) {
            if timed.tick < now {
                let why = Refusal::Late { tick: now };
                return Err(ReplayError { command: Some((i, *timed)), why });
            }
            now = timed.tick;
        }
        Ok(())
    }
}

/// The error of a refused replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayError {
    /// The refused command with its index in the list; `None` if it was not a
    /// command.
    pub command: Option<(usize, TimedCommand)>,
    /// The reason.
    pub why: Refusal,
}

/// The reason why a replay was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The state does not allow the command, or the rollout has reached its maximum
    /// length.
    Call(CallError),
    /// The rollout ends before the command's tick.
    Ended {
        /// The last tick of the rollout.
        tick: u32,
    },
    /// The tick of the command has already passed.
    Late {
        /// The tick of the previous command, or the current tick of the rollout.
        tick: u32,
    },
    /// The rollout was given commands that the list does not begin with.
    OtherCommands,
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((index, TimedCommand { tick, command })) = self.command {
            write!(f, "commands[{index}], {} at tick {tick}: ", command.name())?;
        }
        self.why.fmt(f)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Call(error) => error.fmt(f),
            Refusal::Ended { tick } => write!(f, "the rollout ends at tick {tick}"),
            Refusal::Late { tick } => {
                write!(f, "tick {tick} has passed by then, expected commands in order")
            }
            Refusal::OtherCommands => {
                f.write_str("the rollout was given commands that the list does not begin with")
            }
        }
    }
}

impl std::error::Error for ReplayError {}
