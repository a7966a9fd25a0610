//! The figures that a requirement can be about: what each is in a single run.

use crate::study::{End, RunOutcome};

/// A figure of a run. A probability is 1 in a run with the event and 0 in others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    /// A healthy release was rolled back.
    FalseRollback,
    /// A bad release was promoted to all traffic.
    MissedRegression,
    /// A bad release was rolled back after it had become worse.
    Caught,
    /// A bad release was rolled back before it became worse.
    RolledBackTooSoon,
    /// The release was rolled back; in the stage with this number from 1, if any.
    Rollback(Option<u32>),
    /// The release was promoted to all traffic.
    Completed,
    /// The run waits for a person.
    Waiting,
    /// Ticks from the first worse tick to the decision, of the runs that are caught.
    TicksToRollback,
    /// Canary errors that the baseline would have served.
    ExcessErrors,
    /// Requests served by the canary.
    ExposedRequests,
    /// Ticks until the end.
    DurationTicks,
}

/// The figures by the names under which they are written; the first name of a figure is
/// the one of the report.
pub(super) const FIGURES: [(&str, Figure); 13] = [
    ("false_rollback", Figure::FalseRollback),
    ("missed_regression", Figure::MissedRegression),
    ("caught", Figure::Caught),
    ("rolled_back_too_soon", Figure::RolledBackTooSoon),
    ("rollback", Figure::Rollback(None)),
    ("completed", Figure::Completed),
    ("waiting", Figure::Waiting),
    ("ticks_to_rollback", Figure::TicksToRollback),
    ("excess_errors", Figure::ExcessErrors),
    ("exposed_requests", Figure::ExposedRequests),
    ("duration_ticks", Figure::DurationTicks),
    ("exposed", Figure::ExposedRequests),
    ("ticks", Figure::DurationTicks),
];

/// What a figure can be in a run, from the least to the most. They differ in a run that
/// waits for a person, because it is open what the person will do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Possible {
    pub low: f64,
    pub high: f64,
    /// What it is so far: an event that is open has not happened.
    pub now: f64,
}

impl Possible {
    fn only(value: f64) -> Self {
        Possible { low: value, high: value, now: value }
    }

    /// This minus another one, in the same run.
    pub(super) fn minus(self, other: Possible) -> Possible {
        Possible {
            low: self.low - other.high,
            high: self.high - other.low,
            now: self.now - other.now,
        }
    }
}

impl Figure {
    /// Whether it is a number and not a probability.
    pub(crate) fn is_number(self) -> bool {
        matches!(
            self,
            Figure::TicksToRollback
                | Figure::ExcessErrors
                | Figure::ExposedRequests
                | Figure::DurationTicks
        )
    }

    /// Whether only a bad release has it.
    pub(super) fn is_of_a_bad_release(self) -> bool {
        matches!(
            self,
            Figure::MissedRegression
                | Figure::Caught
                | Figure::RolledBackTooSoon
                | Figure::TicksToRollback
        )
    }

    /// Whether runs in which it is not a whole number are the rule.
    pub(super) fn is_fractional(self) -> bool {
        matches!(self, Figure::ExcessErrors | Figure::ExposedRequests)
    }

    /// What it is in a run; `None` if the run has no such figure. In a run that waits for a
    /// person, an event may still happen or not, and a number has at least the value so far.
    pub(crate) fn of(self, run: &RunOutcome) -> Option<Possible> {
        let waits = run.end == End::Waiting;
        let event = |holds: bool| {
            let low = if holds && !waits { 1.0 } else { 0.0 };
            Possible { low, high: if holds || waits { 1.0 } else { 0.0 }, now: low }
        };
        let number = |value: f64| Possible {
            high: if waits { f64::INFINITY } else { value },
            ..Possible::only(value)
        };
        let rolled_back = run.end == End::RolledBack;
        Some(match self {
            Figure::FalseRollback | Figure::RolledBackTooSoon => event(run.rolled_back_falsely()),
            Figure::MissedRegression | Figure::Completed => event(run.end == End::Completed),
            Figure::Caught => event(rolled_back && !run.rolled_back_falsely()),
            Figure::Rollback(None) => event(rolled_back),
            // A stage that is passed cannot be the one.
            Figure::Rollback(Some(stage)) if waits && run.stages_completed >= stage => {
                Possible::only(0.0)
            }
            Figure::Rollback(Some(stage)) => {
                event(waits || (rolled_back && run.stages_completed + 1 == stage))
            }
            Figure::Waiting => Possible::only(if waits { 1.0 } else { 0.0 }),
            Figure::ExcessErrors => number(run.excess_errors),
            Figure::ExposedRequests => number(run.exposed_requests),
            Figure::DurationTicks => number(f64::from(run.ticks)),
            Figure::TicksToRollback => {
                let since = |tick: u32| {
                    run.degraded_from.map_or(1, |from| tick.saturating_add(1).saturating_sub(from))
                };
                if waits {
                    number(f64::from(since(run.ticks).max(1)))
                } else if rolled_back && !run.rolled_back_falsely() {
                    number(f64::from(since(run.rollback_tick.unwrap_or(run.ticks))))
                } else {
                    return None;
                }
            }
        })
    }
}
