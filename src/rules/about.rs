//! What a rule says of itself, for forms and charts and for all who list rules.

use serde::Serialize;

use super::{Look, Window};
use crate::json::number;

/// What a rule is, whatever its parameters are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct About {
    /// Its name in plain words.
    pub title: &'static str,
    /// What it judges.
    pub subject: Subject,
    /// What it measures.
    pub quantity: Quantity,
    /// What it promises, and so when it may look.
    pub guarantee: Guarantee,
    /// Whether few errors in its window make it err more often than it says, or
    /// than its user thinks: so it is with plain limits on error rates and with
    /// normal approximations.
    #[serde(skip)]
    pub wants_many_errors: bool,
    /// What a look takes.
    pub cost: Cost,
}

/// What a rule judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// How many requests fail.
    Errors,
    /// How long requests take.
    Latency,
}

/// What a rule measures, and its limit: what the numbers of a look are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// A share of requests, 0..=1.
    Rate,
    /// The canary's share less the baseline's.
    Difference,
    /// The canary's value by the baseline's.
    Ratio,
    /// Milliseconds.
    Milliseconds,
    /// A probability; the smaller, the worse.
    PValue,
    /// What a stake of 1 has grown to.
    Stake,
    /// A number of standard errors.
    Score,
}

/// What a rule promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Guarantee {
    /// Nothing: it is a plain limit.
    None,
    /// Its level over the whole rollout, however often it looks.
    EveryLook,
    /// Its level over the looks that are planned, at the ends of stages.
    PlannedLooks,
    /// Its level in one look.
    OneLook,
}

impl Guarantee {
    /// Whether the rule gathers evidence over the rollout rather than reads a window.
    pub fn gathers(self) -> bool {
        matches!(self, Guarantee::EveryLook | Guarantee::PlannedLooks)
    }

    /// How often the rule may look and keep what it promises; `None` for a rule that
    /// promises nothing.
    pub fn valid_look(self) -> Option<Look> {
        match self {
            Guarantee::None => None,
            Guarantee::EveryLook => Some(Look::EveryTick),
            Guarantee::PlannedLooks | Guarantee::OneLook => Some(Look::StageEnd),
        }
    }

    /// When the rule can look, first what it does if nobody says.
    pub fn looks(self) -> &'static [Look] {
        match self {
            Guarantee::EveryLook => &[Look::EveryTick, Look::StageEnd],
            Guarantee::PlannedLooks => &[Look::StageEnd],
            Guarantee::None | Guarantee::OneLook => &[Look::StageEnd, Look::EveryTick],
        }
    }

    /// What the rule can look at, first what it does if nobody says.
    pub fn windows(self) -> &'static [Window] {
        match self.gathers() {
            true => &[Window::Rollout],
            false => &[Window::Stage, Window::Tick, Window::Rollout],
        }
    }
}

/// What a look takes at most, in microseconds of a processor of 2024: for a page that
/// must know beforehand whether it can wait for a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// Of the look itself.
    #[serde(serialize_with = "number")]
    pub look_us: f64,
    /// Of each tick in its window.
    #[serde(serialize_with = "number")]
    pub tick_us: f64,
}

impl Cost {
    /// Of a look that compares a few counts.
    pub const COUNTS: Cost = Cost { look_us: 1.0, tick_us: 0.0 };
    /// Of a look that reads a quantile of the latencies.
    pub const QUANTILE: Cost = Cost { look_us: 5.0, tick_us: 4.0 };
}
