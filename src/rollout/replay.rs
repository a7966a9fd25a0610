//! A rollout played again: its configuration, its seed and its commands are all of it.

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
    /// A rollout with commands given on the way, each at its tick; those of one tick in
    /// the order of the list. It stands at `until` ticks, or at its end if that is sooner;
    /// without `until` at its end, or at a pause that waits for a person and gets none of
    /// these commands. Commands after `until` are not given.
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
    /// A command before the tick of the one before it; a command that the state does not
    /// allow, or after the end; more than [`MAX_TICKS`](crate::config::MAX_TICKS).
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

    /// Goes on with a replay by at most so many ticks, for a caller that has something
    /// else to do in between. `commands` and `until` are those of [`Rollout::replay`]; the
    /// first commands are those that the rollout was given already. Returns whether
    /// anything is left to play.
    ///
    /// # Errors
    /// As [`Rollout::replay`], and if the rollout was given other commands. It stands
    /// before the command that was refused, so that a caller may go on without that one.
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
                if self.ticks() < next.tick && !self.state().is_terminal() {
                    break;
                }
                self.give(next)?;
            }
            let more = match until {
                Some(until) => self.ticks() < until && !self.state().is_terminal(),
                None => self.next_of(commands, until).is_some() || !self.rests(),
            };
            if !more || self.ticks() >= last {
                return Ok(more);
            }
            self.tick()
                .map_err(|error| ReplayError { command: None, why: Refusal::Call(error) })?;
        }
    }

    /// The command that it is given next.
    fn next_of<'a>(
        &self,
        commands: &'a [TimedCommand],
        until: Option<u32>,
    ) -> Option<&'a TimedCommand> {
        let next = commands.get(self.commands().len());
        next.filter(|next| until.is_none_or(|until| next.tick <= until))
    }

    /// Gives a command, at its tick.
    fn give(&mut self, timed: TimedCommand) -> Result<(), ReplayError> {
        let given = match self.ticks() < timed.tick {
            true => Err(Refusal::Ended { tick: self.ticks() }),
            false => self.command(timed.command).map_err(Refusal::Call),
        };
        given.map_err(|why| ReplayError { command: Some((self.commands().len(), timed)), why })
    }

    /// That a list begins with the commands given so far, and goes on in order.
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

/// A replay that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayError {
    /// The command that was, with its index in the list; `None` where it was no command.
    pub command: Option<(usize, TimedCommand)>,
    /// Why.
    pub why: Refusal,
}

/// Why a replay was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The state does not allow the command, or the rollout has lasted its limit.
    Call(CallError),
    /// The rollout ends before the command's tick.
    Ended {
        /// The ticks of the whole rollout.
        tick: u32,
    },
    /// The tick of the command has passed when it comes.
    Late {
        /// The tick of the command before it, or where the rollout stands.
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
