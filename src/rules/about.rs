//! The description of a rule, for forms, charts and lists of rules.

use serde::Serialize;

use super::{Look, Window};
use crate::json::number;

/// The properties of a rule that do not depend on its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct About {
    /// Its name in plain words.
    pub title: &'static str,
    /// What it judges.
    pub subject: Subject,
    /// What it measures.
    pub quantity: Quantity,
    /// What it guarantees, which determines when it may look.
    pub guarantee: Guarantee,
    /// Whether the rule errs more often than its level, or than its user expects,
    /// if its window has few errors. This is so for plain limits on error rates and
    /// for normal approximations.
    #[serde(skip)]
    pub wants_many_errors: bool,
    /// The cost of a look.
    pub cost: Cost,
}

/// What a rule judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The rate of failed requests.
    Errors,
    /// The latency of requests.
    Latency,
    /// The split of the requests between the arms.
    Traffic,
}

/// The quantity that a rule measures, which is also that of its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// A number of requests.
    Count,
    /// A share of requests, 0..=1.
    Rate,
    /// The canary's value minus the baseline's.
    Difference,
    /// The canary's value divided by the baseline's.
    Ratio,
    /// A latency in milliseconds.
    Milliseconds,
    /// A probability; the smaller, the worse.
    PValue,
    /// A probability; the larger, the worse.
    Probability,
    /// The value of a stake that began as 1.
    Stake,
    /// A number of standard errors.
    Score,
}

/// What a rule guarantees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Guarantee {
    /// Nothing: the rule is a plain limit.
    None,
    /// Its level over the whole rollout, however often it looks.
    EveryLook,
    /// About its level over the whole rollout, however often it looks, if counts are
    /// large.
    EveryLookRoughly,
    /// Its level over the planned looks, at the ends of stages.
    PlannedLooks,
    /// Its level in one look.
    OneLook,
}

impl Guarantee {
    /// Whether the rule accumulates evidence over the rollout, instead of reading a
    /// window.
    pub fn gathers(self) -> bool {
        matches!(self, Guarantee::EveryLook | Guarantee::PlannedLooks)
    }

    /// How often the rule may look without losing its guarantee; `None` for a rule
    /// without one.
    pub fn valid_look(self) -> Option<Look> {
        match self {
            Guarantee::None => None,
            Guarantee::EveryLook | Guarantee::EveryLookRoughly => Some(Look::EveryTick),
            Guarantee::PlannedLooks | Guarantee::OneLook => Some(Look::StageEnd),
        }
    }

    /// When the rule can look; the default first.
    pub fn looks(self) -> &'static [Look] {
        match self {
            Guarantee::EveryLook | Guarantee::EveryLookRoughly => {
                &[Look::EveryTick, Look::StageEnd]
            }
            Guarantee::PlannedLooks => &[Look::StageEnd],
            Guarantee::None | Guarantee::OneLook => &[Look::StageEnd, Look::EveryTick],
        }
    }

    /// The windows that the rule can have; the default first.
    pub fn windows(self) -> &'static [Window] {
        match self {
            Guarantee::EveryLook | Guarantee::EveryLookRoughly | Guarantee::PlannedLooks => {
                &[Window::Rollout]
            }
            Guarantee::None | Guarantee::OneLook => &[Window::Stage, Window::Tick, Window::Rollout],
        }
    }
}

/// The maximum cost of a look, in microseconds on a processor of 2024. The page
/// uses it to decide in advance whether it can wait for a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// The cost of the look itself.
    #[serde(serialize_with = "number")]
    pub look_us: f64,
    /// The cost of each tick in its window, at each look.
    #[serde(serialize_with = "number")]
    pub tick_us: f64,
    /// The cost of each tick whose latencies it draws, once.
    #[serde(serialize_with = "number")]
    pub draw_us: f64,
}

impl Cost {
    /// The cost of a look that compares a few counts.
    pub const COUNTS: Cost = Cost { look_us: 1.0, tick_us: 0.0, draw_us: 0.0 };
    /// The cost of a look that reads a quantile of the latencies.
    pub const QUANTILE: Cost = Cost { look_us: 2.0, tick_us: 0.0, draw_us: 2.0 };
}
