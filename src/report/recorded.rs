//! The part of a report that says what recorded counts were in place of drawn ones.

use serde::Serialize;

use crate::json::{number, some_number};
use crate::message::thousands;
use crate::observation::ByArm;
use crate::policy::Prepared;
use crate::rollout::Rollout;
use crate::rules::words::{counted, percent};
use crate::world::{LatencySource, RecordedSource, RecordedWorld, SHARES_DIFFER};

/// What the counts of a rollout were taken from, and what that means for its result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecordedReport {
    /// What is played.
    pub source: RecordedSource,
    /// When the first tick begins, in seconds since 1970, UTC; `null` if days are drawn.
    pub start: Option<i64>,
    /// The length of a step of the record, in seconds.
    pub step_seconds: u32,
    /// How many ticks are recorded from the start on; `null` if days are drawn.
    pub ticks: Option<u32>,
    /// Whether the record has ended before the rollout.
    pub ended: bool,
    /// In how many ticks so far there were no data, by arm; not counted if days are drawn.
    pub gaps: ByArm<u32>,
    /// Of each level that was reached, the policy's share beside the recorded one.
    pub levels: Vec<RecordedLevel>,
    /// Where the latencies come from, by arm.
    pub latency: ByArm<LatencySource>,
    /// An estimate of the canary errors that the baseline would have served: its errors
    /// less its requests times the baseline's error rate, tick by tick. Negative if it
    /// failed less often. `null` unless both arms are recorded, or if no tick has requests
    /// of both.
    #[serde(serialize_with = "some_number")]
    pub excess_errors: Option<f64>,
    /// What should be known to read the result, in sentences.
    pub notes: Vec<String>,
}

/// A level in a replay of two recorded arms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RecordedLevel {
    /// Its number, from 1.
    pub number: u32,
    /// The policy's share, in (0, 1].
    #[serde(serialize_with = "number")]
    pub share: f64,
    /// The canary's share of the recorded requests in the ticks at the level; `null`
    /// without any.
    #[serde(serialize_with = "some_number")]
    pub recorded_share: Option<f64>,
}

impl RecordedLevel {
    /// Whether the two shares differ by more than [`SHARES_DIFFER`].
    fn differs(&self) -> bool {
        self.recorded_share.is_some_and(|recorded| {
            recorded > self.share * SHARES_DIFFER || self.share > recorded * SHARES_DIFFER
        })
    }
}

/// What is said of a rollout over a record. `excess_errors` is the estimate for its ticks.
pub(super) fn recorded(rollout: &Rollout, excess_errors: Option<f64>) -> Option<RecordedReport> {
    let world = rollout.plan().recorded()?;
    let source = world.source();
    let levels = match source {
        RecordedSource::BothArms => levels(rollout, world),
        RecordedSource::Baseline | RecordedSource::Days => Vec::new(),
    };
    let (ended, gaps) = (rollout.record_has_ended(), world.gaps(rollout.ticks()));
    let (thins, mut notes) = (world.thins_canary(), world.notes());
    if thins {
        notes.push(
            "In ticks in which the policy gives the canary less traffic than it had, requests of \
             the canary are left out at random."
                .to_string(),
        );
    }
    let differing = levels.iter().filter(|level| level.differs());
    notes.extend(differing.map(|level| share_sentence(level, thins)));
    notes.extend(gaps_sentence(gaps, rollout.ticks()));
    if ended {
        let ticks = counted(u64::from(rollout.ticks()), "tick");
        notes.push(format!("The record ends after {ticks}, before the policy has decided."));
    }
    Some(RecordedReport {
        source,
        start: world.start(),
        step_seconds: world.step_seconds(),
        ticks: world.last_tick(),
        ended,
        gaps,
        levels,
        latency: ByArm::from_fn(|arm| world.latency_source(arm)),
        excess_errors: excess_errors.filter(|_| source == RecordedSource::BothArms),
        notes,
    })
}

fn levels(rollout: &Rollout, world: &RecordedWorld) -> Vec<RecordedLevel> {
    let levels = (1..).zip(rollout.plan().policy().levels());
    let reached = levels.filter_map(|(number, level)| {
        // The canary may have no traffic yet at the start of a level, or stand at the
        // share before while its instances start.
        let rows = rollout.ticks_at(number)?;
        let at_share = |i: &usize| rollout.history().ticks[*i].share == level.share;
        let first = rows.clone().find(at_share)?;
        Some(RecordedLevel {
            number,
            share: level.share,
            recorded_share: world.share(first..rows.end),
        })
    });
    reached.collect()
}

fn share_sentence(level: &RecordedLevel, thins: bool) -> String {
    let recorded = level.recorded_share.unwrap_or(0.0);
    let counts = match thins && recorded > level.share {
        true => "the rest of its requests are left out.",
        false => {
            "the canary’s counts are those of its recorded traffic. Rules that take the share as \
             known, such as sequential, are misled."
        }
    };
    format!(
        "Where the policy gives the canary {} of the traffic, it had {} in the record: {counts}",
        percent(level.share),
        percent(recorded),
    )
}

fn gaps_sentence(gaps: ByArm<u32>, ticks: u32) -> Option<String> {
    let of =
        |gaps: u32, whose: &str| (gaps > 0).then(|| format!("{} {whose}", thousands(gaps.into())));
    let parts: Vec<String> =
        [of(gaps.baseline, "of the baseline"), of(gaps.canary, "of the canary")]
            .into_iter()
            .flatten()
            .collect();
    (!parts.is_empty()).then(|| {
        format!(
            "In {} the record has gaps: {}. A gap is no data; where both versions have \
             traffic, both are left out. A rule that counts errors alone finds none there.",
            counted(u64::from(ticks), "tick"),
            parts.join(", "),
        )
    })
}
