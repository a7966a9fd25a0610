//! The AnalysisRuns of a rollout, and its experiment.

use super::analysis_run::{
    Assessment, Exceeded, Last, MetricPlan, MetricRun, Phase, Status, assess_run, is_terminating,
};
use super::program::{Analysis, ArgoPolicy, Experiment};
use super::status::AbortCause;
use super::{Abort, By, Checks, Context, Event};
use crate::rules::Verdict;

/// An AnalysisRun.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Run {
    pub(super) analysis: u8,
    /// The tick at which it was created.
    started: u32,
    status: Status,
    /// The check of the metric that decided, with its limit, if one exceeded a limit.
    metric: Option<(u8, Exceeded)>,
}

impl Run {
    /// Creates a run and takes its first measurements.
    pub(super) fn create<C: Checks>(
        policy: &ArgoPolicy,
        analysis: u8,
        context: &mut Context<'_, C>,
    ) -> Self {
        if let Some(Analysis { metrics, .. }) = policy.analyses.get(usize::from(analysis)) {
            context.metrics[metrics.clone()].fill(MetricRun::default());
        }
        context.note(Event::RunCreated { analysis });
        let started = context.now;
        let mut run = Run { analysis, started, status: Status::Pending, metric: None };
        run.measure(policy, context);
        run
    }

    pub(super) fn is_inconclusive(self) -> bool {
        self.status == Status::Inconclusive
    }

    pub(super) fn is_successful(self) -> bool {
        self.status == Status::Successful
    }

    /// The check that decided.
    pub(super) fn check(self) -> Option<u8> {
        self.metric.map(|(check, _)| check)
    }

    /// The abort that follows, if the run failed or had errors.
    pub(super) fn abort(self) -> Option<AbortCause> {
        let Run { analysis, status, metric, .. } = self;
        let aborts = matches!(status, Status::Failed | Status::Error);
        aborts.then(|| (Abort::Analysis { analysis, status, metric }, By::Rule, self.check()))
    }

    /// Takes the measurements that are due, and assesses the run. Returns whether its
    /// status changed.
    pub(super) fn measure<C: Checks>(
        &mut self,
        policy: &ArgoPolicy,
        context: &mut Context<'_, C>,
    ) -> bool {
        if self.status.is_completed() || !context.can_look {
            return false;
        }
        let Some(Analysis { metrics, .. }) = policy.analyses.get(usize::from(self.analysis)) else {
            return false;
        };
        let before = self.status;
        let plans = &policy.metrics[metrics.clone()];
        // A metric that ends the run does so at the second assessment.
        for _ in 0..2 {
            let terminating = is_terminating(plans, &context.metrics[metrics.clone()], false);
            for check in metrics.clone() {
                let (plan, run) = (&policy.metrics[check], context.metrics[check]);
                if run.is_due(plan, Some(self.started), context.now, terminating) {
                    measure_once(plan, check, context);
                }
            }
            let runs = &mut context.metrics[metrics.clone()];
            let Assessment { status, metric } = assess_run(plans, runs, false);
            self.status = status;
            if status.is_completed() {
                self.metric = metric.and_then(|metric| {
                    let exceeded = runs.get(metric)?.counters.exceeded(plans.get(metric)?)?;
                    Some((u8::try_from(metrics.start + metric).ok()?, exceeded))
                });
                if self.is_successful() {
                    let (analysis, status) = (self.analysis, self.status);
                    context.note(Event::RunCompleted { analysis, status });
                }
                break;
            }
            if !is_terminating(plans, runs, false) {
                break;
            }
        }
        self.status != before
    }

    /// The next tick at which a metric is due.
    pub(super) fn next_tick(&self, policy: &ArgoPolicy, metrics: &[MetricRun]) -> Option<u32> {
        if self.status.is_completed() {
            return None;
        }
        let Analysis { metrics: range, .. } = policy.analyses.get(usize::from(self.analysis))?;
        let plans = policy.metrics[range.clone()].iter();
        let of = |(plan, run): (&MetricPlan, &MetricRun)| match (run.last, run.status) {
            // Created by a command, after which no check looks.
            (Last::None, Status::Pending) => Some(self.started.saturating_add(plan.initial_delay)),
            _ => run.next_tick(plan, self.started),
        };
        plans.zip(&metrics[range.clone()]).filter_map(of).min()
    }
}

/// Takes a measurement, and says so if it is not successful.
fn measure_once<C: Checks>(plan: &MetricPlan, check: usize, context: &mut Context<'_, C>) {
    let phase = match context.checks.look(check) {
        (Verdict::Pass, _) => Phase::Successful,
        (Verdict::Fail, _) => Phase::Failed,
        (Verdict::Inconclusive, None) => Phase::Inconclusive,
        (Verdict::Inconclusive, Some(_)) => Phase::Error,
    };
    let run = &mut context.metrics[check];
    run.record(phase, context.now);
    let Ok(check) = u8::try_from(check) else {
        return;
    };
    let counters = run.counters;
    if let Some(exceeded) = counters.exceeded(plan) {
        // Otherwise the pause or the abort says so.
        if plan.dry_run {
            context.note(Event::DryRun { check, exceeded });
        }
        return;
    }
    let (count, limit) = match phase {
        Phase::Successful => return,
        Phase::Failed => (counters.failed, plan.failure_limit),
        Phase::Inconclusive => (counters.inconclusive, Some(plan.inconclusive_limit)),
        Phase::Error => (counters.consecutive_error, Some(plan.consecutive_error_limit)),
    };
    let event = Event::Measured { check, phase, count, limit };
    context.decide(super::Step::Note, By::Rule, event, Some(check));
}

/// The experiment of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Trial {
    /// The tick at which its pods are available, and its analysis starts.
    available: u32,
    /// The tick at which its duration has passed.
    end: Option<u32>,
    pub(super) run: Option<Run>,
    pub(super) status: Status,
}

impl Trial {
    /// Creates an experiment, whose pods are available after their time.
    pub(super) fn create(policy: &ArgoPolicy, experiment: &Experiment, now: u32) -> Self {
        let available = now.saturating_add(policy.ready_ticks);
        Trial {
            available,
            end: experiment.duration_ticks.map(|ticks| available.saturating_add(ticks)),
            run: None,
            status: Status::Pending,
        }
    }

    /// Measures and assesses. Returns whether the status changed.
    pub(super) fn assess<C: Checks>(
        &mut self,
        policy: &ArgoPolicy,
        experiment: &Experiment,
        context: &mut Context<'_, C>,
    ) -> bool {
        if self.status.is_completed() || context.now < self.available {
            return false;
        }
        match (&mut self.run, experiment.analysis) {
            (None, Some(analysis)) => self.run = Some(Run::create(policy, analysis, context)),
            (Some(run), _) => {
                run.measure(policy, context);
            }
            (None, None) => {}
        }
        let ended = self.end.is_some_and(|end| end <= context.now);
        let analyses = self.run.map_or(Status::Successful, |run| run.status);
        let required = experiment.required && self.run.is_some();
        let status = if ended {
            // Analyses that are not required end with the experiment.
            match analyses.is_completed() || required {
                true if analyses == Status::Pending => Status::Running,
                true => analyses,
                false => Status::Successful,
            }
        } else if analyses.is_completed() && analyses != Status::Successful {
            analyses
        } else if required && analyses == Status::Successful {
            Status::Successful
        } else {
            Status::Running
        };
        let changed = status != self.status;
        self.status = status;
        changed
    }

    /// The abort that follows, if the experiment failed or had errors.
    pub(super) fn abort(&self) -> Option<AbortCause> {
        match self.status {
            Status::Failed | Status::Error => self.run.and_then(Run::abort),
            _ => None,
        }
    }

    /// The next tick at which its pods are available or its duration has passed.
    pub(super) fn next_tick(&self, now: u32) -> Option<u32> {
        let timers = [Some(self.available), self.end];
        timers.into_iter().flatten().filter(|tick| *tick > now).min()
    }

    /// Whether its versions get traffic.
    pub(super) fn is_running(&self) -> bool {
        self.status == Status::Running
    }
}
