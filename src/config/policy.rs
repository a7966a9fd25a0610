//! The configuration of a policy: stages and rules, or a controller.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::ControllerConfig;
use crate::json::number;
use crate::reading::words;
use crate::rules::{Rule, StageShape};

/// A policy: a staged policy with its stages, its rules and what follows from their
/// verdicts, or a controller.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyConfig {
    /// The controller that decides; `None` for the staged policy.
    pub controller: Option<ControllerConfig>,
    /// The stages: at least one, with strictly increasing shares. None with a controller.
    pub stages: Vec<Stage>,
    /// The rules. If several fail in a tick, the first one gives the reason. With a
    /// controller, the checks that follow from it
    /// ([`ControllerConfig::checks`](super::ControllerConfig::checks)).
    pub rules: Vec<Rule>,
    /// What follows if a rule is inconclusive at the end of a stage.
    pub on_inconclusive: OnInconclusive,
    /// Number of ticks that the canary keeps its share after a rollback has been
    /// decided.
    pub rollback_ticks: u32,
    /// The lowest score, 0..=100, with which the rules that count failures by score
    /// pass.
    pub pass_score: f64,
    /// The instances among which the traffic is split; `None` if it can be split
    /// exactly.
    pub pods: Option<Pods>,
}

/// Writes the keys of a staged policy, or `controller` alone: its checks follow from it.
impl Serialize for PolicyConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// The keys of a staged policy.
        #[derive(Serialize)]
        struct Staged<'a> {
            stages: &'a [Stage],
            rules: &'a [Rule],
            on_inconclusive: OnInconclusive,
            rollback_ticks: u32,
            #[serde(skip_serializing_if = "is_default_score", serialize_with = "number")]
            pass_score: f64,
            #[serde(skip_serializing_if = "Option::is_none")]
            pods: Option<Pods>,
        }
        #[derive(Serialize)]
        struct Controlled<'a> {
            controller: &'a ControllerConfig,
        }
        if let Some(controller) = &self.controller {
            return Controlled { controller }.serialize(serializer);
        }
        let PolicyConfig {
            stages, rules, on_inconclusive, rollback_ticks, pass_score, pods, ..
        } = self;
        let (on_inconclusive, rollback_ticks) = (*on_inconclusive, *rollback_ticks);
        let (pass_score, pods) = (*pass_score, *pods);
        let staged = Staged { stages, rules, on_inconclusive, rollback_ticks, pass_score, pods };
        staged.serialize(serializer)
    }
}

/// Instances among which the traffic is split equally. A stage's share becomes the
/// nearest share of whole instances; below 100 % each version has at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Pods {
    /// The number of instances of both versions together, at least 2.
    pub count: u32,
    /// Ticks until additional canary instances are ready. So long the share before
    /// stays, and the clock of the stage does not run.
    #[serde(skip_serializing_if = "is_none")]
    pub ready_ticks: u32,
}

impl Pods {
    /// The share of traffic for a stage of this share, both in (0, 1].
    pub fn share(&self, share: f64) -> f64 {
        let count = f64::from(self.count.max(2));
        if share == 1.0 { 1.0 } else { (share * count).round().max(1.0).min(count - 1.0) / count }
    }
}

/// The default of `pass_score`.
pub(super) const DEFAULT_PASS_SCORE: f64 = 75.0;

fn is_default_score(score: &f64) -> bool {
    *score == DEFAULT_PASS_SCORE
}

fn is_none(ticks: &u32) -> bool {
    *ticks == 0
}

impl PolicyConfig {
    /// The canary's share of requests in a stage, in (0, 1].
    pub fn share(&self, stage: &Stage) -> f64 {
        let share = stage.traffic_pct / 100.0;
        self.pods.map_or(share, |pods| pods.share(share))
    }

    /// Ticks at the start of each stage until its canary instances are ready.
    pub fn ready_ticks(&self) -> impl Iterator<Item = u32> {
        let mut before = 0.0;
        self.stages.iter().map(move |stage| {
            let share = self.share(stage);
            let rises = share > before;
            before = share;
            self.pods.filter(|_| rises).map_or(0, |pods| pods.ready_ticks)
        })
    }

    /// The stages in the form that a rule is prepared with.
    pub fn shapes_for(&self, rule: &Rule, delay_ticks: u32) -> Vec<StageShape> {
        let shape = |((number, stage), ready_ticks): ((u32, &Stage), u32)| StageShape {
            share: self.share(stage),
            of: rule.of,
            ready_ticks,
            duration_ticks: stage.duration_ticks,
            pause_ticks: stage.pause_ticks(),
            delay_ticks,
            holds: rule.holds_in(number),
        };
        (1..).zip(&self.stages).zip(self.ready_ticks()).map(shape).collect()
    }

    /// Ticks that a rollout takes if no stage is extended or paused by a person:
    /// stages, timed pauses, and the time until instances are ready.
    pub fn planned_ticks(&self) -> u64 {
        let ready: u64 = self.ready_ticks().map(u64::from).sum();
        self.stages.iter().map(Stage::planned_ticks).sum::<u64>() + ready
    }

    /// The maximum length in ticks of a rollout without a person's pause: the
    /// stages, each extended where a rule may be inconclusive, their timed pauses,
    /// and either the end or a rollback. A rule that looks in a pause may roll back
    /// at its end; otherwise a rollback is decided before the pause of its stage, so
    /// the last pause and `rollback_ticks` do not add up.
    pub fn most_ticks(&self) -> u64 {
        let looks_in_pauses = self.rules.iter().any(|rule| rule.look_while_paused);
        let (mut ticks, mut most) = (0, 0);
        for ((number, stage), ready) in (1..).zip(&self.stages).zip(self.ready_ticks()) {
            ticks += u64::from(ready);
            let decided = ticks + u64::from(stage.duration_ticks) + self.extension(number, stage);
            ticks = decided + u64::from(stage.pause_ticks());
            let last = if looks_in_pauses { ticks } else { decided };
            most = most.max(last + u64::from(self.rollback_ticks));
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
