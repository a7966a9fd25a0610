//! What happens in a rollout, in the words of Argo Rollouts.

use super::analysis_run::{Exceeded, Phase, Status};
use super::program::{AnalysisKind, ArgoPolicy};

/// What happens in a rollout. `step` and `analysis` are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// An AnalysisRun was created.
    RunCreated {
        /// The analysis.
        analysis: u8,
    },
    /// A measurement was not successful, and the metric goes on.
    Measured {
        /// The metric's check.
        check: u8,
        /// The result of the measurement.
        phase: Phase,
        /// How many measurements of the metric had this result, for an error in a row.
        count: u32,
        /// How many are allowed; `None` for any number.
        limit: Option<u32>,
    },
    /// A dry-run metric completed in a way that would have ended its run.
    DryRun {
        /// The metric's check.
        check: u8,
        /// The limit.
        exceeded: Exceeded,
    },
    /// An AnalysisRun completed.
    RunCompleted {
        /// The analysis.
        analysis: u8,
        /// Its status.
        status: Status,
    },
    /// A step was completed.
    StepCompleted {
        /// The step.
        step: u16,
        /// Whether a person skipped it.
        skipped: bool,
    },
    /// The router got another weight.
    TrafficWeight {
        /// The weight before.
        from: u32,
        /// The weight now.
        to: u32,
    },
    /// The pods of both versions changed what share of the traffic the canary gets.
    Pods {
        /// The canary's pods that are available.
        canary: u32,
        /// The stable version's.
        stable: u32,
    },
    /// The rollout was paused.
    Paused(Pause),
    /// The rollout was resumed.
    Resumed,
    /// The rollout was aborted.
    Aborted(Abort),
    /// All traffic is back on the stable version.
    BackOnStable,
    /// The progress deadline has passed.
    DeadlineExceeded,
    /// Nothing will happen unless a person acts.
    Stuck,
    /// The active service sends all traffic to the new version.
    Switched,
    /// The new version is the stable one.
    Promoted,
    /// A promotion had no effect.
    NothingToPromote,
}

/// Why a rollout is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// A step with a pause.
    Step,
    /// Before the promotion of a blue-green update.
    BlueGreen,
    /// An inconclusive AnalysisRun.
    InconclusiveAnalysis {
        /// The analysis.
        analysis: u8,
        /// The metric's check that decided, if one exceeded a limit.
        check: Option<u8>,
    },
    /// An inconclusive experiment.
    InconclusiveExperiment {
        /// The metric's check that decided, if one exceeded a limit.
        check: Option<u8>,
    },
    /// A person, with `spec.paused`.
    Person,
}

/// Why a rollout is aborted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abort {
    /// An AnalysisRun that failed or had errors.
    Analysis {
        /// The analysis.
        analysis: u8,
        /// Its status.
        status: Status,
        /// The metric's check that decided, with its limit, if one exceeded a limit.
        metric: Option<(u8, Exceeded)>,
    },
    /// The progress deadline.
    Deadline,
    /// A person.
    Person,
}

/// The phases and their messages, in the order of `Argo::phase`.
pub(super) const PHASES: &[&str] = &[
    "Progressing: more replicas need to be updated",
    "Progressing: updated replicas are still becoming available",
    "Progressing: old replicas are pending termination",
    "Progressing: waiting for all steps to complete",
    "Progressing: active service cutover pending",
    "Progressing: waiting for analysis to complete",
    "Paused: CanaryPauseStep",
    "Paused: BlueGreenPause",
    "Paused: InconclusiveAnalysisRun",
    "Paused: InconclusiveExperiment",
    "Paused: manually paused",
    "Degraded: RolloutAborted",
    "Degraded: ProgressDeadlineExceeded",
    "Healthy",
];

/// The indices in [`PHASES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RolloutPhase {
    MoreReplicas,
    BecomingAvailable,
    OldReplicas,
    WaitingForSteps,
    CutoverPending,
    WaitingForAnalysis,
    PauseStep,
    BlueGreenPause,
    InconclusiveAnalysis,
    InconclusiveExperiment,
    ManuallyPaused,
    Aborted,
    DeadlineExceeded,
    Healthy,
}

impl ArgoPolicy {
    /// The event in words.
    pub(super) fn words(&self, event: Event) -> String {
        match event {
            Event::RunCreated { analysis } => format!("Created {}.", self.run_name(analysis)),
            Event::Measured { check, phase, count, limit } => {
                let name = self.metric_name(check);
                let (what, limit_name) = match phase {
                    Phase::Successful => ("successful", ""),
                    Phase::Failed => ("Failed", "failureLimit"),
                    Phase::Inconclusive => ("Inconclusive", "inconclusiveLimit"),
                    Phase::Error => ("Error", "consecutiveErrorLimit"),
                };
                let limit = match limit {
                    Some(limit) => format!("{limit_name} {limit}"),
                    None => format!("no {limit_name}"),
                };
                format!("Measurement of metric \"{name}\": {what} ({count}, {limit}).")
            }
            Event::DryRun { check, exceeded } => {
                let (name, status) = (self.metric_name(check), exceeded.status().name());
                format!("Dry run: metric \"{name}\" assessed {status} due to {exceeded}.")
            }
            Event::RunCompleted { analysis, status } => {
                format!("Analysis completed: {}, {}.", self.run_name(analysis), status.name())
            }
            Event::StepCompleted { step, skipped } => {
                let (number, all) = (step + 1, self.step_words.len());
                let words = self.step_words.get(usize::from(step)).map_or("", String::as_str);
                let done = if skipped { "skipped by a person" } else { "completed" };
                format!("Rollout step {number}/{all} {done} ({words}).")
            }
            Event::TrafficWeight { from, to } => {
                format!("Traffic weight updated from {from} to {to}.")
            }
            Event::Pods { canary, stable } => {
                let all = canary + stable;
                format!("{canary} of {all} available pods are the canary’s.")
            }
            Event::Paused(pause) => self.pause_words(pause),
            Event::Resumed => "Rollout is resumed.".to_string(),
            Event::Aborted(abort) => self.abort_words(abort),
            Event::BackOnStable => "All traffic is back on the stable version.".to_string(),
            Event::DeadlineExceeded => {
                format!("ProgressDeadlineExceeded: no progress for {} s.", self.deadline_seconds)
            }
            Event::Stuck => "The rollout makes no more progress unless a person acts.".to_string(),
            Event::Switched => {
                "Switched the active service: all traffic goes to the new version.".to_string()
            }
            Event::Promoted if self.blue_green.is_some() => {
                "Rollout completed: completed blue-green update.".to_string()
            }
            Event::Promoted => {
                let steps = self.step_words.len();
                format!("Rollout completed: completed all {steps} canary steps.")
            }
            Event::NothingToPromote => {
                "A promotion has no effect: the rollout is not paused.".to_string()
            }
        }
    }

    fn pause_words(&self, pause: Pause) -> String {
        let because = |check: Option<u8>| {
            let name = check.map(|check| self.metric_name(check));
            name.map_or(String::new(), |name| format!(", by metric \"{name}\""))
        };
        match pause {
            Pause::Step => "Rollout is paused (CanaryPauseStep).".to_string(),
            Pause::BlueGreen => "Rollout is paused (BlueGreenPause).".to_string(),
            Pause::InconclusiveAnalysis { analysis, check } => {
                let (name, by) = (self.run_name(analysis), because(check));
                format!("Rollout is paused (InconclusiveAnalysisRun): {name}{by}.")
            }
            Pause::InconclusiveExperiment { check } => {
                format!("Rollout is paused (InconclusiveExperiment){}.", because(check))
            }
            Pause::Person => "Rollout is paused by a person.".to_string(),
        }
    }

    fn abort_words(&self, abort: Abort) -> String {
        match abort {
            Abort::Analysis { analysis, status, metric } => {
                let (run, status) = (self.run_name(analysis), status.name());
                match metric {
                    Some((check, exceeded)) => {
                        let name = self.metric_name(check);
                        format!(
                            "Rollout aborted: {run}: metric \"{name}\" assessed {status} due to \
                             {exceeded}."
                        )
                    }
                    None => format!("Rollout aborted: {run} assessed {status}."),
                }
            }
            Abort::Deadline => format!(
                "Rollout aborted: ProgressDeadlineExceeded, no progress for {} s.",
                self.deadline_seconds
            ),
            Abort::Person => "Rollout aborted by a person.".to_string(),
        }
    }

    fn metric_name(&self, check: u8) -> &str {
        self.metric_names.get(usize::from(check)).map_or("", String::as_str)
    }

    /// What an AnalysisRun is called in sentences.
    fn run_name(&self, analysis: u8) -> String {
        match self.analyses.get(usize::from(analysis)).map(|analysis| analysis.kind) {
            Some(AnalysisKind::Step(step)) => format!("the analysis of step {}", step + 1),
            Some(AnalysisKind::Experiment(step)) => {
                format!("the analysis of the experiment in step {}", step + 1)
            }
            Some(AnalysisKind::PrePromotion) => "the pre-promotion analysis".to_string(),
            Some(AnalysisKind::PostPromotion) => "the post-promotion analysis".to_string(),
            Some(AnalysisKind::Background) | None => "the background analysis".to_string(),
        }
    }
}
