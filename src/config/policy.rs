//! The configuration of the staged policy.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

use crate::json::number;
use crate::reading::words;
use crate::rules::{Rule, StageShape};

/// A staged policy: its stages, its rules, and what follows from their verdicts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyConfig {
    /// The stages: at least one, with strictly increasing shares.
    pub stages: Vec<Stage>,
    /// The rules. If several fail in a tick, the first one gives the reason.
    pub rules: Vec<Rule>,
    /// What follows if a rule is inconclusive at the end of a stage.
    pub on_inconclusive: OnInconclusive,
    /// Number of ticks that the canary keeps its share after a rollback has been
    /// decided.
    pub rollback_ticks: u32,
}

impl PolicyConfig {
    /// The stages in the form that a rule is prepared with.
    pub fn shapes_for(&self, rule: &Rule) -> Vec<StageShape> {
        let shape = |(number, stage): (u32, &Stage)| StageShape {
            share: stage.share(),
            duration_ticks: stage.duration_ticks,
            pause_ticks: stage.pause_ticks(),
            holds: rule.holds_in(number),
        };
        (1..).zip(&self.stages).map(shape).collect()
    }

    /// Ticks that a rollout takes if no stage is extended or paused by a person:
    /// stages and timed pauses.
    pub fn planned_ticks(&self) -> u64 {
        self.stages.iter().map(Stage::planned_ticks).sum()
    }

    /// The maximum length in ticks of a rollout without a person's pause: the
    /// stages, each extended where a rule may be inconclusive, their timed pauses,
    /// and either the end or a rollback. A rollback is decided before the pause of
    /// its stage, so the last pause and `rollback_ticks` never add up.
    pub fn most_ticks(&self) -> u64 {
        let (mut ticks, mut most) = (0, 0);
        for (number, stage) in (1..).zip(&self.stages) {
            let decided = ticks + u64::from(stage.duration_ticks) + self.extension(number, stage);
            most = most.max(decided + u64::from(self.rollback_ticks));
            ticks = decided + u64::from(stage.pause_ticks());
        }
        most.max(ticks)
    }

    /// Maximum number of ticks by which a stage may be extended.
    pub(super) fn extension(&self, number: u32, stage: &Stage) -> u64 {
        let OnInconclusive::Extend { max_ticks, .. } = self.on_inconclusive else { return 0 };
        let may_lack = |rule: &Rule| rule.holds_in(number) && rule.may_lack_counts(stage.has_all());
        if self.rules.iter().any(may_lack) { u64::from(max_ticks) } else { 0 }
    }
}
/// A stage of the policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stage {
    /// A display name; default the share.
    pub name: String,
    /// The canary's share of requests, in percent, in (0, 100].
    #[serde(serialize_with = "number")]
    pub traffic_pct: f64,
    /// Ticks from the start of the stage to its verdict, at least 1.
    pub duration_ticks: u32,
    /// A pause after the stage has passed, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<StagePause>,
}

impl Stage {
    /// The canary's share of requests, in (0, 1].
    pub fn share(&self) -> f64 {
        self.traffic_pct / 100.0
    }

    /// Whether the canary gets all traffic. There is no baseline to compare with
    /// then.
    pub fn has_all(&self) -> bool {
        self.traffic_pct == 100.0
    }

    /// Ticks of the timed pause; 0 without one.
    pub fn pause_ticks(&self) -> u32 {
        match self.pause {
            Some(StagePause::Ticks(ticks)) => ticks,
            Some(StagePause::Manual) | None => 0,
        }
    }

    /// Ticks of the stage and of its timed pause.
    pub fn planned_ticks(&self) -> u64 {
        u64::from(self.duration_ticks) + u64::from(self.pause_ticks())
    }
}

/// A planned pause at the end of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StagePause {
    /// Until a person resumes, promotes or aborts.
    Manual,
    /// For this many ticks; a person may resume earlier.
    Ticks(u32),
}

/// What follows if a rule is inconclusive at the end of a stage: it had too few
/// requests or errors, or no baseline at 100 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnInconclusive {
    /// Continue as if the stage had passed.
    Promote,
    /// Wait for a person.
    Pause,
    /// Roll back.
    Rollback,
    /// Extend the stage, one tick at a time, until no rule is inconclusive. A stage
    /// is not extended for lack of a baseline, because more ticks do not help.
    Extend {
        /// Maximum extension of a stage, in ticks.
        max_ticks: u32,
        /// What follows if the stage is still inconclusive.
        then: AfterExtension,
    },
}

/// What follows when an extended stage is still inconclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AfterExtension {
    /// Continue as if the stage had passed.
    #[default]
    Promote,
    /// Wait for a person.
    Pause,
    /// Roll back.
    Rollback,
}

words!(AfterExtension { "promote" => Promote, "pause" => Pause, "rollback" => Rollback });
