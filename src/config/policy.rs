//! The policy: the plan of stages and the rules that judge.

use schemars::JsonSchema;
use serde::Serialize;

use crate::json::number;
use crate::reading::words;
use crate::rules::{Rule, StageShape};

/// What decides: the plan of stages, the rules, and what follows from them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyConfig {
    /// The plan: at least one stage, shares strictly rising.
    pub stages: Vec<Stage>,
    /// What judges, in the order in which reasons are named.
    pub rules: Vec<Rule>,
    /// What follows when a stage ends and a rule could not tell.
    pub on_inconclusive: OnInconclusive,
    /// Ticks for which the canary keeps its share after the decision to roll
    /// back.
    pub rollback_ticks: u32,
}

impl PolicyConfig {
    /// The plan as a rule's preparation needs to know it.
    pub fn shapes_for(&self, rule: &Rule) -> Vec<StageShape> {
        let shape = |(number, stage): (u32, &Stage)| StageShape {
            share: stage.share(),
            duration_ticks: stage.duration_ticks,
            pause_ticks: stage.pause_ticks(),
            holds: rule.holds_in(number),
        };
        (1..).zip(&self.stages).map(shape).collect()
    }

    /// Ticks the plan takes when every stage passes at once: stages and timed
    /// pauses.
    pub fn planned_ticks(&self) -> u64 {
        self.stages.iter().map(Stage::planned_ticks).sum()
    }

    /// Most ticks a rollout can take that no person holds up: the stages, each
    /// prolonged where a rule may be inconclusive, their timed pauses, and
    /// either the end or the way back. A rollback falls before a stage's
    /// pause, so the last pause and the way back never add up.
    pub fn most_ticks(&self) -> u64 {
        let (mut ticks, mut most) = (0, 0);
        for (number, stage) in (1..).zip(&self.stages) {
            let decided = ticks + u64::from(stage.duration_ticks) + self.extension(number, stage);
            most = most.max(decided + u64::from(self.rollback_ticks));
            ticks = decided + u64::from(stage.pause_ticks());
        }
        most.max(ticks)
    }

    /// Most ticks by which a stage may be prolonged.
    pub(super) fn extension(&self, number: u32, stage: &Stage) -> u64 {
        let OnInconclusive::Extend { max_ticks, .. } = self.on_inconclusive else { return 0 };
        let may_lack = |rule: &Rule| rule.holds_in(number) && rule.may_lack_counts(stage.has_all());
        if self.rules.iter().any(may_lack) { u64::from(max_ticks) } else { 0 }
    }
}
/// A stage of the plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stage {
    /// A name for people; the share, if nobody gave one.
    pub name: String,
    /// The canary's share of requests, in percent, in (0, 100].
    #[serde(serialize_with = "number")]
    pub traffic_pct: f64,
    /// Ticks until the stage's verdict, at least 1.
    pub duration_ticks: u32,
    /// Whether a passed stage waits before the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<StagePause>,
}

impl Stage {
    /// The canary's share of requests, in (0, 1].
    pub fn share(&self) -> f64 {
        self.traffic_pct / 100.0
    }

    /// Whether all traffic is the canary's: then no baseline runs beside it.
    pub fn has_all(&self) -> bool {
        self.traffic_pct == 100.0
    }

    /// Ticks of its timed pause; 0 if it has none.
    pub fn pause_ticks(&self) -> u32 {
        match self.pause {
            Some(StagePause::Ticks(ticks)) => ticks,
            Some(StagePause::Manual) | None => 0,
        }
    }

    /// Its ticks and those of its timed pause.
    pub fn planned_ticks(&self) -> u64 {
        u64::from(self.duration_ticks) + u64::from(self.pause_ticks())
    }
}

/// A planned pause at a stage's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StagePause {
    /// Until a person says resume (or promote, or abort).
    Manual,
    /// For so many ticks; a person may resume earlier.
    Ticks(u32),
}

/// What follows when a stage ends and a rule could not tell: too few requests
/// or errors, or no baseline at 100 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnInconclusive {
    /// As if the stage had passed.
    Promote,
    /// Wait for a person.
    Pause,
    /// Roll back.
    Rollback,
    /// Prolong the stage by a tick at a time until the rules can tell; no
    /// prolongation for lack of a baseline, which time does not mend.
    Extend {
        /// At most so many ticks in a stage.
        max_ticks: u32,
        /// What follows then.
        then: AfterExtension,
    },
}

/// What follows when a prolonged stage is still inconclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AfterExtension {
    /// As if the stage had passed.
    #[default]
    Promote,
    /// Wait for a person.
    Pause,
    /// Roll back.
    Rollback,
}

words!(AfterExtension { "promote" => Promote, "pause" => Pause, "rollback" => Rollback });
