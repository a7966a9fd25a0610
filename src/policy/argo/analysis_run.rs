//! An AnalysisRun: when its metrics are measured, and what follows from their
//! measurements.
//!
//! After `analysis/analysis.go`. Time is in ticks. The controller of Argo Rollouts
//! acts within a moment of each timer, which here is the tick at which it expires.

use std::fmt;

/// The result of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The success condition holds.
    Successful,
    /// The failure condition holds, or the success condition does not.
    Failed,
    /// Neither of two conditions holds.
    Inconclusive,
    /// There was no result, or a condition could not be evaluated.
    Error,
}

/// The status of a metric or of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Not measured yet.
    #[default]
    Pending,
    /// Being measured.
    Running,
    /// Completed without reaching a limit.
    Successful,
    /// Completed: too many measurements failed.
    Failed,
    /// Completed: too many measurements were inconclusive, or none of the ways to
    /// succeed or to fail was reached.
    Inconclusive,
    /// Completed: too many measurements in a row had an error.
    Error,
}

impl Status {
    /// Whether nothing more happens.
    pub fn is_completed(self) -> bool {
        !matches!(self, Status::Pending | Status::Running)
    }

    /// Whether it ends the whole run, if the metric is not a dry run.
    fn ends_the_run(self) -> bool {
        matches!(self, Status::Failed | Status::Inconclusive | Status::Error)
    }

    /// The place in the order from best to worst.
    fn badness(self) -> u8 {
        match self {
            Status::Successful => 0,
            Status::Running => 1,
            Status::Pending => 2,
            Status::Inconclusive => 3,
            Status::Error => 4,
            Status::Failed => 5,
        }
    }

    /// Whether this status is worse than another.
    pub fn is_worse_than(self, other: Status) -> bool {
        self.badness() > other.badness()
    }

    /// Its name in Argo Rollouts.
    pub fn name(self) -> &'static str {
        match self {
            Status::Pending => "Pending",
            Status::Running => "Running",
            Status::Successful => "Successful",
            Status::Failed => "Failed",
            Status::Inconclusive => "Inconclusive",
            Status::Error => "Error",
        }
    }
}

/// Seconds until a measurement that had an error is taken again, whatever the interval.
pub const ERROR_RETRY_SECONDS: u32 = 10;

/// What a template says about the measurements of a metric, prepared. Times are in
/// ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricPlan {
    /// From the end of a measurement to the next one; `None` without an interval.
    pub interval: Option<u32>,
    /// From the start of the run to the first measurement.
    pub initial_delay: u32,
    /// The measurements to take, not counting errors; `None` for no end.
    pub count: Option<u32>,
    /// Failed measurements that are allowed; `None` if failures are not counted.
    pub failure_limit: Option<u32>,
    /// Inconclusive measurements that are allowed.
    pub inconclusive_limit: u32,
    /// Errors in a row that are allowed.
    pub consecutive_error_limit: u32,
    /// Successful measurements in a row that complete the metric; 0 if none do.
    pub consecutive_success_limit: u32,
    /// From a measurement that had an error to the next one:
    /// [`ERROR_RETRY_SECONDS`] in ticks.
    pub error_retry: u32,
    /// Whether the result has no influence on the run.
    pub dry_run: bool,
}

impl MetricPlan {
    /// The defaults of a metric without interval and count: one measurement, which may
    /// not fail. `error_retry` is [`ERROR_RETRY_SECONDS`] in ticks.
    pub fn once(error_retry: u32) -> Self {
        MetricPlan {
            interval: None,
            initial_delay: 0,
            count: Some(1),
            failure_limit: Some(0),
            inconclusive_limit: 0,
            consecutive_error_limit: 4,
            consecutive_success_limit: 0,
            error_retry,
            dry_run: false,
        }
    }

    /// With an interval in ticks and the count as written. Without a count, or with 0,
    /// a metric with an interval is measured without end, one without it once.
    #[must_use]
    pub fn every(self, interval: Option<u32>, count: Option<u32>) -> Self {
        let written = count.filter(|&count| count > 0);
        let count = if interval.is_some() { written } else { written.or(Some(1)) };
        MetricPlan { interval, count, ..self }
    }
}

/// The measurements of a metric, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Measurements without errors.
    pub count: u32,
    /// Successful ones.
    pub successful: u32,
    /// Failed ones.
    pub failed: u32,
    /// Inconclusive ones.
    pub inconclusive: u32,
    /// Errors.
    pub error: u32,
    /// Errors since the last measurement without one.
    pub consecutive_error: u32,
    /// Successful ones since the last that was not.
    pub consecutive_success: u32,
}

impl Counters {
    fn add(&mut self, phase: Phase) {
        self.consecutive_success =
            if phase == Phase::Successful { self.consecutive_success.saturating_add(1) } else { 0 };
        if phase == Phase::Error {
            self.error = self.error.saturating_add(1);
            self.consecutive_error = self.consecutive_error.saturating_add(1);
            return;
        }
        self.count = self.count.saturating_add(1);
        self.consecutive_error = 0;
        let counter = match phase {
            Phase::Successful | Phase::Error => &mut self.successful,
            Phase::Failed => &mut self.failed,
            Phase::Inconclusive => &mut self.inconclusive,
        };
        *counter = counter.saturating_add(1);
    }

    /// The limit that is exceeded, if any. Of several, errors come before inconclusive
    /// measurements, and these before failures.
    pub fn exceeded(&self, plan: &MetricPlan) -> Option<Exceeded> {
        if self.consecutive_error > plan.consecutive_error_limit {
            return Some(Exceeded::Errors {
                in_a_row: self.consecutive_error,
                limit: plan.consecutive_error_limit,
            });
        }
        if self.inconclusive > plan.inconclusive_limit {
            let limit = plan.inconclusive_limit;
            return Some(Exceeded::Inconclusive { inconclusive: self.inconclusive, limit });
        }
        let limit = plan.failure_limit.filter(|&limit| self.failed > limit)?;
        Some(Exceeded::Failures { failed: self.failed, limit })
    }
}

/// A limit that a metric has exceeded. It is shown as Argo Rollouts shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exceeded {
    /// `failureLimit`.
    Failures {
        /// Failed measurements.
        failed: u32,
        /// How many are allowed.
        limit: u32,
    },
    /// `inconclusiveLimit`.
    Inconclusive {
        /// Inconclusive measurements.
        inconclusive: u32,
        /// How many are allowed.
        limit: u32,
    },
    /// `consecutiveErrorLimit`.
    Errors {
        /// Errors in a row.
        in_a_row: u32,
        /// How many are allowed.
        limit: u32,
    },
}

impl Exceeded {
    /// The status of a metric that exceeded the limit.
    pub fn status(self) -> Status {
        match self {
            Exceeded::Failures { .. } => Status::Failed,
            Exceeded::Inconclusive { .. } => Status::Inconclusive,
            Exceeded::Errors { .. } => Status::Error,
        }
    }
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exceeded::Failures { failed, limit } => {
                write!(f, "failed ({failed}) > failureLimit ({limit})")
            }
            Exceeded::Inconclusive { inconclusive, limit } => {
                write!(f, "inconclusive ({inconclusive}) > inconclusiveLimit ({limit})")
            }
            Exceeded::Errors { in_a_row, limit } => {
                write!(f, "consecutiveErrors ({in_a_row}) > consecutiveErrorLimit ({limit})")
            }
        }
    }
}

/// The last measurement of a metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Last {
    /// None has been taken.
    #[default]
    None,
    /// It is still being taken, as a job or a judgement over a time is. It goes on at
    /// this tick, or when the provider says so.
    InFlight(Option<u32>),
    /// It has ended.
    Finished {
        /// At this tick.
        tick: u32,
        /// With an error.
        error: bool,
    },
}

/// A metric of a run: what has been measured, and its status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MetricRun {
    /// The measurements, counted.
    pub counters: Counters,
    /// The last one.
    pub last: Last,
    /// The status, as last assessed.
    pub status: Status,
}

impl MetricRun {
    /// Whether a measurement is due at `tick`: a new one, or one that goes on.
    /// `started` is the tick at which the run started, if it has been assessed once. A
    /// run that is terminating takes no new measurement and ends those in flight.
    pub fn is_due(
        &self,
        plan: &MetricPlan,
        started: Option<u32>,
        tick: u32,
        terminating: bool,
    ) -> bool {
        if self.status.is_completed() {
            return false;
        }
        match self.last {
            Last::InFlight(resume) => terminating || resume.is_none_or(|resume| resume <= tick),
            _ if terminating => false,
            Last::None => match started {
                _ if plan.initial_delay == 0 => true,
                Some(started) => tick >= started.saturating_add(plan.initial_delay),
                None => false,
            },
            Last::Finished { .. } => self.wait(plan).is_some_and(|next| tick >= next),
        }
    }

    /// The next tick at which a timer expires; `None` if nothing is waited for, or the
    /// first measurement has not been taken although nothing delays it.
    pub fn next_tick(&self, plan: &MetricPlan, started: u32) -> Option<u32> {
        if self.status.is_completed() {
            return None;
        }
        match self.last {
            Last::None => {
                (plan.initial_delay > 0).then(|| started.saturating_add(plan.initial_delay))
            }
            Last::InFlight(resume) => resume,
            Last::Finished { error: false, .. } if plan.interval.is_none() => None,
            Last::Finished { .. } => self.wait(plan),
        }
    }

    /// The tick at which the next measurement may be taken after one that has ended.
    fn wait(&self, plan: &MetricPlan) -> Option<u32> {
        let Last::Finished { tick, error } = self.last else {
            return None;
        };
        if plan.count.is_some_and(|count| self.counters.count >= count) {
            return None;
        }
        let interval = if error { None } else { plan.interval };
        Some(tick.saturating_add(interval.unwrap_or(plan.error_retry)))
    }

    /// Records the result of a measurement that ended at `tick`.
    pub fn record(&mut self, phase: Phase, tick: u32) {
        self.counters.add(phase);
        self.last = Last::Finished { tick, error: phase == Phase::Error };
        if !self.status.is_completed() {
            self.status = Status::Running;
        }
    }

    /// Assesses the metric. A completed status stays.
    pub fn assess(&self, plan: &MetricPlan, terminating: bool) -> Status {
        if self.status.is_completed() {
            return self.status;
        }
        let at_the_end = |otherwise| if terminating { Status::Successful } else { otherwise };
        match self.last {
            Last::None => return at_the_end(Status::Pending),
            Last::InFlight(_) => return Status::Running,
            Last::Finished { .. } => {}
        }
        if let Some(exceeded) = self.counters.exceeded(plan) {
            return exceeded.status();
        }
        let in_a_row = plan.consecutive_success_limit;
        if in_a_row > 0 && self.counters.consecutive_success >= in_a_row {
            return Status::Successful;
        }
        if plan.count.is_some_and(|count| self.counters.count >= count) {
            return match plan.failure_limit {
                _ if in_a_row == 0 => Status::Successful,
                Some(_) => Status::Inconclusive,
                None => Status::Failed,
            };
        }
        at_the_end(Status::Running)
    }
}

/// The assessment of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// Its status.
    pub status: Status,
    /// The first metric with the worst status, by its place among the metrics, if that
    /// metric exceeded a limit.
    pub metric: Option<usize>,
}

/// Whether a run is terminating: it was asked to, or a metric that is not a dry run
/// has been assessed as failed, inconclusive or error.
pub fn is_terminating(plans: &[MetricPlan], metrics: &[MetricRun], terminate: bool) -> bool {
    let ends = |(plan, run): (&MetricPlan, &MetricRun)| !plan.dry_run && run.status.ends_the_run();
    terminate || plans.iter().zip(metrics).any(ends)
}

/// Assesses a run once, and with it its metrics. `terminate` says whether the run was
/// asked to terminate. A metric that ends the run does so at the next assessment, which
/// follows at once; the other metrics then complete as they are.
pub fn assess_run(plans: &[MetricPlan], metrics: &mut [MetricRun], terminate: bool) -> Assessment {
    let terminating = is_terminating(plans, metrics, terminate);
    let mut completed = true;
    let mut worst: Option<Status> = None;
    let mut metric = None;
    for (index, (plan, run)) in plans.iter().zip(metrics).enumerate() {
        if run.last == Last::None && run.status == Status::Pending {
            completed = false;
            continue;
        }
        run.status = run.assess(plan, terminating);
        if !run.status.is_completed() {
            completed = false;
        } else if plan.dry_run {
            worst = worst.or(Some(Status::Successful));
        } else if worst.is_none_or(|worst| run.status.is_worse_than(worst)) {
            worst = Some(run.status);
            if run.counters.exceeded(plan).is_some() {
                metric = Some(index);
            }
        }
    }
    let status = match worst {
        None if terminating => Status::Successful,
        Some(worst) if terminating || completed => worst,
        _ => return Assessment { status: Status::Running, metric: None },
    };
    Assessment { status, metric }
}
