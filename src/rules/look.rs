//! How a rule observes: when it looks, at which window, of which requests, what
//! follows from a look without data, and how failed looks are counted.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

use super::MAX_TICKS;
use crate::reading::{Choice, Faults, Node, Read, Word, fields, words};

/// When a rule looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// Once, when the stage's time is up.
    StageEnd,
    /// After every tick.
    EveryTick,
    /// At fixed times after the start of the rollout.
    #[serde(untagged)]
    Scheduled(Schedule),
}

/// Looks at fixed times after the start of the rollout. The times run on in a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Schedule {
    /// Seconds between two looks, a multiple of the tick.
    pub every_seconds: u32,
    /// Seconds from the start of the rollout to the first look, a multiple of the
    /// tick, at least a tick.
    pub after_seconds: u32,
    /// The number of looks; `None` for no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
}

/// A schedule in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// The tick of the first look.
    pub first: u32,
    /// Ticks between two looks.
    pub every: u32,
    /// The tick of the last look.
    pub last: u32,
}

impl Schedule {
    /// The schedule in ticks of a length in seconds.
    pub fn times(&self, tick_seconds: u32) -> Times {
        let ticks = |seconds: u32| (seconds / tick_seconds.max(1)).max(1);
        let (first, every) = (ticks(self.after_seconds), ticks(self.every_seconds));
        let last = self.count.map_or(u32::MAX, |count| {
            first.saturating_add(every.saturating_mul(count.saturating_sub(1)))
        });
        Times { first, every, last }
    }
}

impl Times {
    /// Whether there is a look at the end of a tick, numbered from 1.
    #[inline]
    pub fn are_at(&self, tick: u32) -> bool {
        tick >= self.first && tick <= self.last && (tick - self.first).is_multiple_of(self.every)
    }

    /// The number of looks up to a tick.
    pub fn up_to(&self, tick: u32) -> u32 {
        let last = tick.min(self.last);
        if last < self.first { 0 } else { (last - self.first) / self.every + 1 }
    }
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// The last tick alone.
    Tick,
    /// The stage so far.
    Stage,
    /// The rollout so far.
    Rollout,
    /// The last seconds, over the ends of stages, and of the service from before the
    /// start of the rollout.
    #[serde(untagged)]
    Last {
        /// Its length in seconds, a multiple of the tick.
        last_seconds: u32,
    },
}

/// Whose requests a rule judges, and against what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Population {
    /// The canary, against the whole baseline if the rule compares.
    #[default]
    Canary,
    /// The canary, against a random part of the baseline with the canary's traffic.
    Control,
    /// All requests of both versions.
    Service,
}

words!(Population { "canary" => Canary, "control" => Control, "service" => Service });

/// What a look says if the window has no data: fewer requests than `min_requests`,
/// or none of the baseline to compare with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoData {
    /// Neither pass nor fail: the look does not count. If it is the rule's last look
    /// in the stage, `on_inconclusive` says what follows.
    #[default]
    Inconclusive,
    /// The same, and the rule looks again in every tick until there are data.
    Wait,
    /// The look passes.
    Pass,
    /// The look fails, and counts as a failed look.
    Fail,
}

words!(NoData { "inconclusive" => Inconclusive, "wait" => Wait, "pass" => Pass, "fail" => Fail });

/// Which failed looks a rule's `failure_limit` counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CountsFailures {
    /// Its own.
    #[default]
    Alone,
    /// Those of all rules with this word together: a tick in which any of them fails
    /// is one failed look.
    Together,
    /// Those of a score over all rules with this word: 100 times the weight of the
    /// rules that passed, divided by the weight of those that looked. A tick with a
    /// score below `pass_score` is one failed look.
    ByScore,
}

words!(CountsFailures { "alone" => Alone, "together" => Together, "by_score" => ByScore });

/// When a rule looks.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename_all = "snake_case", rename = "Look"))]
pub enum LookInput {
    /// Once, when the stage's time is up.
    StageEnd,
    /// After every tick.
    EveryTick,
    /// At fixed times after the start of the rollout.
    #[cfg_attr(feature = "schema", schemars(untagged))]
    Scheduled(ScheduleInput),
}

/// Looks at fixed times after the start of the rollout. The times run on in a pause.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, rename = "Schedule"))]
pub struct ScheduleInput {
    /// Seconds between two looks, a multiple of `tick_seconds`; required.
    #[cfg_attr(feature = "schema", schemars(required, range(min = 1, max = 31536000), extend("type" = "integer")))]
    pub every_seconds: Option<f64>,
    /// Seconds from the start of the rollout to the first look, a multiple of
    /// `tick_seconds`; default `every_seconds`.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 31536000), extend("type" = "integer")))]
    pub after_seconds: Option<f64>,
    /// The number of looks, a whole number from 1 to 100000; default no end.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100000), extend("type" = "integer")))]
    pub count: Option<f64>,
}

fields!(ScheduleInput { every_seconds, after_seconds, count });

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename_all = "snake_case", rename = "Window"))]
pub enum WindowInput {
    /// The last tick alone.
    Tick,
    /// The stage so far.
    Stage,
    /// The rollout so far.
    Rollout,
    /// The last seconds, a multiple of `tick_seconds`; over the ends of stages, and
    /// of the service from before the start of the rollout.
    LastSeconds(
        #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 31536000), extend("type" = "integer")))]
         f64,
    ),
}

words!(WindowInput {
    "tick" => Tick,
    "stage" => Stage,
    "rollout" => Rollout,
    "last_seconds" => LastSeconds(_),
});

impl Read for LookInput {
    const EXPECTED: &'static str = "one of `stage_end`, `every_tick`, `{\"every_seconds\": …}`";

    fn read(node: &Node, faults: &mut Faults) -> Option<Self> {
        if node.is_object() {
            return ScheduleInput::read(node, faults).map(LookInput::Scheduled);
        }
        let choice = Choice::read(node, Self::EXPECTED, faults)?;
        match choice.word {
            "stage_end" => Some(LookInput::StageEnd),
            "every_tick" => Some(LookInput::EveryTick),
            _ => {
                choice.unknown(&["stage_end", "every_tick", "every_seconds"], faults);
                None
            }
        }
    }
}

impl Word for Look {
    fn word(&self) -> &'static str {
        match self {
            Look::StageEnd => "stage_end",
            Look::EveryTick => "every_tick",
            Look::Scheduled(_) => "every_seconds",
        }
    }

    fn seconds(&self) -> Option<u32> {
        match self {
            Look::Scheduled(schedule) => Some(schedule.every_seconds),
            _ => None,
        }
    }
}

impl Word for Window {
    fn word(&self) -> &'static str {
        match self {
            Window::Tick => "tick",
            Window::Stage => "stage",
            Window::Rollout => "rollout",
            Window::Last { .. } => "last_seconds",
        }
    }

    fn seconds(&self) -> Option<u32> {
        match self {
            Window::Last { last_seconds } => Some(*last_seconds),
            _ => None,
        }
    }
}

/// The whole ticks in a number of seconds.
///
/// # Errors
/// If it is not a whole number of ticks, or more than [`MAX_TICKS`] of them.
pub(crate) fn whole_ticks(seconds: u32, tick_seconds: u32) -> Result<u32, String> {
    let tick = tick_seconds.max(1);
    if !seconds.is_multiple_of(tick) {
        return Err(format!("{seconds}, expected a multiple of tick_seconds, {tick}"));
    }
    let ticks = seconds / tick;
    if ticks > MAX_TICKS {
        return Err(format!("is {ticks} ticks, expected at most {MAX_TICKS}"));
    }
    Ok(ticks)
}
