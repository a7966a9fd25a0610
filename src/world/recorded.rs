//! Recorded counts in place of drawn ones.
//!
//! Where both versions are recorded, the counts of a tick are the recorded ones. Where
//! only a baseline is, the release of the configuration is laid upon it by thinning:
//! each recorded request goes to the canary with the probability of the share, and an
//! error ratio above 1 makes errors of requests that were served. So that a study has
//! many different runs, the days of a record can be chained at random.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::binomial::Chance;
use super::stream::{Component, Streams};
use super::truth::{Model, PAST, Surroundings};
use super::{Cells, Draw, Truth};
use crate::config::{Config, DailySwing, Latency, Noise, realised_share};
use crate::math::{exp, ln};
use crate::message::thousands;
use crate::observation::{Arm, ByArm, Counts};
use crate::record::{ArmRecord, Record, shown_time as shown};
use crate::rules::words::{counted, percent};
use crate::stats::normal;

/// Maximum number of ticks that a record is spread over.
pub const MAX_RECORDED_TICKS: usize = 5_000_000;
/// The record's error rate around a tick is that of the smallest window with so many
/// errors, and with the tick in its middle.
pub const ERRORS_OF_A_RATE: u64 = 30;
/// A canary's recorded share is said to differ from the policy's from this ratio on.
pub const SHARES_DIFFER: f64 = 1.5;
/// The length of a day, in seconds.
const DAY_SECONDS: u32 = 86_400;
/// Recorded latencies are taken as at least so many milliseconds,
const SHORTEST_MS: f64 = 1e-6;
/// and as at most so many.
const LONGEST_MS: f64 = 1e9;
/// Largest standard deviation of the logarithm of a recorded latency.
const MOST_SPREAD: f64 = 5.0;
/// Counts are below this number.
const EXACT: f64 = (1u64 << 53) as f64;

/// How a record is played as a rollout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplayOptions {
    /// When the rollout begins, in seconds since 1970, UTC: with the first step that does
    /// not begin earlier. `None` for the first step in which the canary has requests, or
    /// for the first step if only a baseline is recorded.
    pub start: Option<i64>,
    /// Whether the release of the configuration is laid upon the recorded baseline although
    /// a canary is recorded, too.
    pub lay_release: bool,
    /// Whether requests of a recorded canary are left out at random in ticks in which the
    /// policy gives it less traffic than it had: of the baseline's requests, it keeps the
    /// part that the policy's share is worth.
    pub thin_canary: bool,
}

/// A record, spread over the ticks of a configuration, to be played in place of the
/// drawn world.
#[derive(Debug)]
pub struct RecordedWorld {
    tick_seconds: u32,
    step_seconds: u32,
    rows: Vec<Row>,
    /// When the first of the rows begins, in seconds since 1970, UTC.
    begins: i64,
    order: Order,
    latency: Option<RecordedLatency>,
    /// By row, the baseline's error rate around it, if a release is laid upon it.
    rates: Vec<f64>,
    /// Of the baseline, over all its rows with data.
    usual: Usual,
    /// The part of the recorded requests that is not played, 0..=1: those of a canary that
    /// is recorded and in whose place a release is laid upon the baseline.
    left_out: f64,
}

/// A tick of a record.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    counts: ByArm<Counts>,
    /// Whether monitoring has counts of the arm. If not, they are 0.
    known: ByArm<bool>,
}

/// What is played of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordedSource {
    /// The counts of both arms, as recorded.
    BothArms,
    /// The baseline, with the release of the configuration laid upon it.
    Baseline,
    /// Days of the baseline at random, with the release laid upon them.
    Days,
}

/// In which order the rows are played, and what is played of them.
#[derive(Clone, Debug)]
enum Order {
    /// From a row on, both arms as recorded.
    Arms { first: usize, thin: bool },
    /// From a row on, the baseline with a release laid upon it.
    Laid { first: usize },
    /// The same with whole days at random.
    Days(Days),
}

/// The days of a record.
#[derive(Clone, Debug)]
struct Days {
    /// By day, its first row.
    firsts: Vec<usize>,
    left_out: usize,
    ticks: u32,
    /// The tick of a day with which each rollout begins, from 0; `None` for a random one.
    start: Option<u32>,
}

/// The usual counts of a recorded baseline.
#[derive(Clone, Copy, Debug)]
struct Usual {
    requests: f64,
    error_rate: f64,
    /// The highest load, in units of the mean.
    peak: f64,
}

/// Recorded latencies.
#[derive(Clone, Debug)]
struct RecordedLatency {
    law: Latency,
    /// Whether its spread is the record's.
    has_spread: bool,
    /// By arm and row, the logarithm of the factor on latencies.
    shifts: ByArm<Option<Vec<f64>>>,
}

/// Where the latencies of a replay come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LatencySource {
    /// The median of each tick and the spread are recorded.
    Record,
    /// The median of each tick is recorded, the spread is the configuration's.
    RecordedMedian,
    /// No quantile is recorded: the configuration's latency.
    Config,
}

impl RecordedWorld {
    /// A record from a moment on, as [`ReplayOptions`] says. Of the configuration it
    /// reads the length of a tick and the latency.
    ///
    /// # Errors
    /// A sentence, if neither a step is a whole number of ticks nor a tick a whole number of
    /// steps, if no step is left after the start, or if there are more than
    /// [`MAX_RECORDED_TICKS`] ticks or 2⁵³ requests.
    pub fn new(
        record: &Record,
        config: &Config,
        options: &ReplayOptions,
    ) -> Result<RecordedWorld, String> {
        let canary = record.arm(Arm::Canary).filter(|_| !options.lay_release);
        let first_step = first_step(record, canary, options.start)?;
        let spread = Spread::new(record, config, first_step)?;
        let first = spread.ticks_before(first_step);
        let order = match canary {
            Some(_) => Order::Arms { first, thin: options.thin_canary },
            None => Order::Laid { first },
        };
        let mut world = RecordedWorld::spread(record, canary, config, &spread, order)?;
        if canary.is_some() {
            // After the last data of the canary, its release is not recorded any more.
            let last = world.rows.iter().rposition(|row| row.known.canary);
            world.rows.truncate(last.map_or(0, |last| last + 1));
        }
        if first >= world.rows.len() {
            return Err(format!(
                "the record{} ends before the end of a tick of {} s from the start of the rollout on",
                if canary.is_some() { " of the canary" } else { "" },
                world.tick_seconds
            ));
        }
        Ok(world)
    }

    /// The days of a record in random order, for a study: each rollout is a chain of
    /// whole days of the baseline, drawn with replacement, with the release of the
    /// configuration laid upon it. A day begins at the time of day at which the record
    /// does. `start_of_day` is when each rollout begins, in seconds since midnight, UTC;
    /// `None` for a random tick of the day.
    ///
    /// # Errors
    /// As for [`RecordedWorld::new`]; also if a day is not a whole number of ticks, and if
    /// fewer than 2 days have data in at least half of their ticks.
    pub fn of_days(
        record: &Record,
        config: &Config,
        start_of_day: Option<u32>,
    ) -> Result<RecordedWorld, String> {
        let spread = Spread::new(record, config, 0)?;
        let tick = spread.tick_seconds;
        if !DAY_SECONDS.is_multiple_of(tick) {
            return Err(format!("expected ticks of which a day is a multiple, found {tick} s"));
        }
        let begins = record.start().rem_euclid(i64::from(DAY_SECONDS));
        let start = match start_of_day {
            Some(seconds) if seconds >= DAY_SECONDS => {
                return Err(format!(
                    "expected a time of day below {DAY_SECONDS} s, found {seconds} s"
                ));
            }
            Some(seconds) => {
                let after = (i64::from(seconds) - begins).rem_euclid(i64::from(DAY_SECONDS));
                Some(after as u32 / tick)
            }
            None => None,
        };
        let ticks = DAY_SECONDS / tick;
        let days = Days { firsts: Vec::new(), left_out: 0, ticks, start };
        let mut world = RecordedWorld::spread(record, None, config, &spread, Order::Days(days))?;
        let whole = world.rows.chunks_exact(ticks as usize).enumerate();
        let has_data =
            |day: &[Row]| 2 * day.iter().filter(|row| row.known.baseline).count() >= day.len();
        let all = whole.len();
        let firsts: Vec<usize> =
            whole.filter(|(_, day)| has_data(day)).map(|(i, _)| i * ticks as usize).collect();
        if firsts.len() < 2 {
            return Err(format!(
                "a study over recorded days expects at least 2 whole days with data, found {}",
                firsts.len()
            ));
        }
        if let Order::Days(days) = &mut world.order {
            (days.left_out, days.firsts) = (all - firsts.len(), firsts);
        }
        Ok(world)
    }

    fn spread(
        record: &Record,
        canary: Option<&ArmRecord>,
        config: &Config,
        spread: &Spread,
        order: Order,
    ) -> Result<RecordedWorld, String> {
        let none = ArmRecord::default();
        let baseline = record.arm(Arm::Baseline).unwrap_or(&none);
        let cells = spread.cells(baseline)?;
        let mut rows: Vec<Row> = cells
            .into_iter()
            .map(|(counts, known)| Row {
                counts: ByArm { baseline: counts, canary: Counts::default() },
                known: ByArm { baseline: known, canary: false },
            })
            .collect();
        if let Some(canary) = canary {
            for (row, (counts, known)) in rows.iter_mut().zip(spread.cells(canary)?) {
                (row.counts.canary, row.known.canary) = (counts, known);
            }
        }
        let laid = canary.is_none();
        let usual = usual(&rows);
        if laid && usual.requests == 0.0 {
            return Err("the baseline has no requests in the record".to_string());
        }
        Ok(RecordedWorld {
            tick_seconds: spread.tick_seconds,
            step_seconds: record.step_seconds(),
            begins: record
                .start()
                .saturating_add(i64::from(record.step_seconds()) * spread.skipped() as i64),
            rates: if laid { local_rates(&rows) } else { Vec::new() },
            latency: recorded_latency(baseline, canary, config, spread),
            usual,
            left_out: if laid { canary_share(record) } else { 0.0 },
            rows,
            order,
        })
    }

    /// What is played of the record.
    pub fn source(&self) -> RecordedSource {
        match &self.order {
            Order::Arms { .. } => RecordedSource::BothArms,
            Order::Laid { .. } => RecordedSource::Baseline,
            Order::Days(_) => RecordedSource::Days,
        }
    }

    /// The length of a tick, in seconds.
    pub fn tick_seconds(&self) -> u32 {
        self.tick_seconds
    }

    /// The length of a step of the record, in seconds.
    pub fn step_seconds(&self) -> u32 {
        self.step_seconds
    }

    /// Whether both versions are recorded, so that the truth about the release is not
    /// known.
    pub fn has_both_arms(&self) -> bool {
        matches!(self.order, Order::Arms { .. })
    }

    /// Whether requests of the canary may be left out: [`ReplayOptions::thin_canary`].
    pub fn thins_canary(&self) -> bool {
        matches!(self.order, Order::Arms { thin: true, .. })
    }

    /// The number of the last tick of which there is a record; `None` if days follow each
    /// other without end.
    pub fn last_tick(&self) -> Option<u32> {
        self.first_row().map(|first| (self.rows.len() - first) as u32)
    }

    /// When the first tick begins, in seconds since 1970, UTC; `None` if days are drawn.
    pub fn start(&self) -> Option<i64> {
        let seconds = |first: usize| first as i64 * i64::from(self.tick_seconds);
        self.first_row().map(|first| self.begins.saturating_add(seconds(first)))
    }

    /// The number of days that are drawn, and of those left out because most of their
    /// ticks have no data; `None` if days are not drawn.
    pub fn days(&self) -> Option<[usize; 2]> {
        match &self.order {
            Order::Days(days) => Some([days.firsts.len(), days.left_out]),
            Order::Arms { .. } | Order::Laid { .. } => None,
        }
    }

    /// Seconds since midnight, UTC, at which each rollout over drawn days begins, if
    /// that is the same for all.
    pub fn start_of_day(&self) -> Option<u32> {
        let Order::Days(Days { start: Some(tick), .. }) = &self.order else { return None };
        let at = self.begins.saturating_add(i64::from(*tick) * i64::from(self.tick_seconds));
        Some(at.rem_euclid(i64::from(DAY_SECONDS)) as u32)
    }

    /// Of the first `ticks` ticks, how many have no data, by arm; 0 if days are drawn.
    pub fn gaps(&self, ticks: u32) -> ByArm<u32> {
        let mut gaps = ByArm::default();
        for row in self.played(0..ticks as usize) {
            gaps.baseline += u32::from(!row.known.baseline);
            gaps.canary += u32::from(!row.known.canary && self.has_both_arms());
        }
        gaps
    }

    /// The canary's share of the recorded requests in a range of ticks, counted from 0,
    /// that have data of both arms; `None` without requests.
    pub fn share(&self, ticks: std::ops::Range<usize>) -> Option<f64> {
        let mut requests = ByArm::<u64>::default();
        for row in self.played(ticks).filter(|row| row.known.baseline && row.known.canary) {
            requests.baseline += row.counts.baseline.requests;
            requests.canary += row.counts.canary.requests;
        }
        let all = requests.baseline + requests.canary;
        (all > 0).then(|| requests.canary as f64 / all as f64)
    }

    /// Where the latencies of an arm come from. Without recorded quantiles of its own, a
    /// canary has the baseline's, with the release of the configuration laid upon them.
    pub fn latency_source(&self, arm: Arm) -> LatencySource {
        match &self.latency {
            Some(latency) if latency.shifts.of(arm).is_some() => match latency.has_spread {
                true => LatencySource::Record,
                false => LatencySource::RecordedMedian,
            },
            _ => LatencySource::Config,
        }
    }

    /// What should be known to read a result over the record, in sentences.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = vec![self.source_sentence()];
        if self.left_out > 0.0 {
            notes.push(format!(
                "A canary is recorded, too, and is not played: {} of the recorded requests.",
                percent(self.left_out)
            ));
        }
        if self.step_seconds > self.tick_seconds {
            notes.push(format!(
                "A step of the record is {} ticks, over which its counts are spread evenly: single \
                 ticks vary less than they did.",
                thousands((self.step_seconds / self.tick_seconds).into())
            ));
        }
        notes.extend(self.day_gaps_sentence());
        notes.push(self.latency_sentence());
        notes
    }

    /// The gaps of the days that are drawn.
    fn day_gaps_sentence(&self) -> Option<String> {
        let Order::Days(days) = &self.order else { return None };
        let ticks = days.ticks as usize;
        let rows = days.firsts.iter().flat_map(|first| &self.rows[*first..first + ticks]);
        let gaps = rows.filter(|row| !row.known.baseline).count();
        let part = gaps as f64 / (days.firsts.len() * ticks) as f64;
        (gaps > 0).then(|| {
            format!(
                "Of the ticks of these days, {} are gaps: no data, and no requests.",
                percent(part)
            )
        })
    }

    fn source_sentence(&self) -> String {
        let laid = "The release of the configuration is laid upon it: each recorded request goes to \
                the canary with the probability of its share.";
        match self.source() {
            RecordedSource::BothArms => {
                "The counts of both versions are recorded. They are those of \
                                     the recorded traffic, whatever share the policy has."
                    .to_string()
            }
            RecordedSource::Baseline => format!("The counts of the baseline are recorded. {laid}"),
            RecordedSource::Days => {
                let [days, left_out] = self.days().unwrap_or_default();
                let days = counted(days as u64, "recorded day");
                let left_out = match left_out {
                    0 => String::new(),
                    n => format!(" {} with too few data left out.", counted(n as u64, "day")),
                };
                format!(
                    "The baseline is a chain of whole days, drawn at random from {days}.{left_out} {laid}"
                )
            }
        }
    }

    /// Where the latencies of a record come from.
    fn latency_sentence(&self) -> String {
        let canary = self.latency_source(Arm::Canary) != LatencySource::Config;
        let whose = match (canary, self.has_both_arms()) {
            (true, _) => "of both versions",
            (false, true) => "of the baseline, and the canary’s follow the baseline’s",
            (false, false) => "of the baseline",
        };
        match self.latency_source(Arm::Baseline) {
            LatencySource::Record => format!(
                "Latencies are log-normal; the median of each tick and the spread are recorded {whose}."
            ),
            LatencySource::RecordedMedian => format!(
                "Latencies are log-normal; the median of each tick is recorded {whose}, the spread is \
             the configuration’s."
            ),
            LatencySource::Config if canary => {
                "Latencies are log-normal; the canary’s median of each tick is recorded, the \
             baseline’s is the configuration’s."
                    .to_string()
            }
            LatencySource::Config => {
                "No latency is recorded: latencies are those of the configuration.".to_string()
            }
        }
    }

    /// Mean number of requests of the baseline in a tick with data.
    pub fn requests_per_tick(&self) -> f64 {
        self.usual.requests
    }

    /// The baseline's error rate over the whole record, 0..=1.
    pub fn error_rate(&self) -> f64 {
        self.usual.error_rate
    }

    /// Everything of it that a rollout depends on, as text: the same text, the same
    /// rollouts.
    pub(crate) fn content(&self) -> String {
        // `Debug` writes a number so that it reads back as the same number.
        let RecordedWorld { tick_seconds, step_seconds, rows, begins, order, .. } = self;
        let RecordedWorld { latency, rates, usual, left_out, .. } = self;
        format!(
            "{tick_seconds} {step_seconds} {begins} {order:?} {usual:?} {left_out:?} {latency:?} \
             {rates:?} {rows:?}"
        )
    }

    /// The configuration's release in the recorded world: its load and error rate are the
    /// record's, without noise and incidents. It says what the release does. Where both
    /// arms are recorded, the configuration itself.
    ///
    /// # Errors
    /// A sentence, if the configuration has ticks of another length, or if the record has
    /// more requests than a configuration can say.
    pub fn truth_of(&self, config: &Config) -> Result<Config, String> {
        let tick_seconds = config.world().tick_seconds;
        if tick_seconds != self.tick_seconds {
            return Err(format!(
                "the record is spread over ticks of {} s, the configuration has ticks of {tick_seconds} s",
                self.tick_seconds
            ));
        }
        if self.has_both_arms() {
            return Ok(config.clone());
        }
        let any_policy = r#"{ "stages": [{ "traffic_pct": 5, "duration_ticks": 1 }] }"#;
        let mut parts = Config::from_text(any_policy).map_err(|error| error.to_string())?.parts();
        (parts.world, parts.release) = (config.world().clone(), config.release().clone());
        let world = &mut parts.world;
        (world.noise, world.incidents) = (Noise::default(), None);
        world.baseline.error_rate = self.usual.error_rate;
        world.traffic.requests_per_second = self.usual.requests / f64::from(tick_seconds);
        // Whether a release that is worse under load meets such a load.
        let Usual { peak, .. } = self.usual;
        world.traffic.burstiness = if peak > 2.0 { 1.0 } else { 0.0 };
        world.traffic.daily_swing = (peak > 1.0).then(|| DailySwing {
            amplitude: (peak - 1.0).min(1.0),
            period_seconds: DAY_SECONDS.max(tick_seconds),
            peak_seconds: 0,
        });
        parts.check().map_err(|error| format!("the record as a world: {error}"))
    }

    /// The latency that shifts refer to, if any is recorded.
    pub(super) fn latency_law(&self) -> Option<&Latency> {
        self.latency.as_ref().map(|latency| &latency.law)
    }

    /// The tick of a day at which a run begins, if days are drawn.
    pub(super) fn draw_start(&self, streams: &mut Streams) -> u32 {
        match &self.order {
            Order::Days(Days { start: Some(start), .. }) => *start,
            Order::Days(days) => {
                below(streams.long(Component::RecordedStart, 0), u64::from(days.ticks)) as u32
            }
            Order::Arms { .. } | Order::Laid { .. } => 0,
        }
    }

    fn first_row(&self) -> Option<usize> {
        match self.order {
            Order::Arms { first, .. } | Order::Laid { first } => Some(first),
            Order::Days(_) => None,
        }
    }

    /// The rows of a range of ticks, counted from 0; none if days are drawn.
    fn played(&self, ticks: std::ops::Range<usize>) -> impl Iterator<Item = &Row> {
        let first = self.first_row().unwrap_or(self.rows.len());
        self.rows.iter().skip(first + ticks.start).take(ticks.len())
    }

    /// The index of the row that lies `after` ticks after the start of the rollout, or
    /// before it; `None` where nothing is recorded.
    fn row(&self, streams: &mut Streams, start: u32, after: i64) -> Option<usize> {
        let days = match &self.order {
            Order::Arms { first, .. } | Order::Laid { first } => {
                let row = usize::try_from(*first as i64 + after).ok();
                return row.filter(|row| *row < self.rows.len());
            }
            Order::Days(days) => days,
        };
        let (at, ticks) = (i64::from(start) + after, i64::from(days.ticks));
        let day = at.div_euclid(ticks);
        let place = if day < 0 { i64::from(PAST) - day } else { day } as u64;
        let drawn =
            below(streams.long(Component::RecordedDays, 2 * place), days.firsts.len() as u64);
        Some(days.firsts[drawn as usize] + at.rem_euclid(ticks) as usize)
    }
}

/// A uniform whole number below `n`, from 64 random bits.
fn below(bits: u64, n: u64) -> u64 {
    ((u128::from(bits) * u128::from(n)) >> 64) as u64
}

/// A recorded world with the shares of a policy.
#[derive(Debug)]
pub(super) struct Playback {
    source: Arc<RecordedWorld>,
    /// The canary's share, by level; at last 0, where the canary has no traffic.
    shares: Vec<f64>,
}

impl Playback {
    /// `shares` are the policy's. Where both arms are recorded, skewed routing is in
    /// their counts already.
    pub(super) fn new(source: Arc<RecordedWorld>, shares: &[f64], skew: f64) -> Self {
        let skew = if source.has_both_arms() { 1.0 } else { skew };
        let shares = shares.iter().map(|share| realised_share(*share, skew));
        Playback { shares: shares.chain([0.0]).collect(), source }
    }

    pub(super) fn source(&self) -> &RecordedWorld {
        &self.source
    }

    /// The counts of a tick and their truth. `start` is [`RecordedWorld::draw_start`].
    pub(super) fn tick(
        &self,
        model: &Model,
        streams: &mut Streams,
        start: u32,
        [tick, level]: [u32; 2],
        cells: Cells,
    ) -> (Draw, Truth) {
        let world = &*self.source;
        let share = self.shares[level as usize];
        let row = world.row(streams, start, i64::from(tick) - 1);
        let shown = row.map(|row| world.rows[row]).unwrap_or_default();
        if let Order::Arms { thin, .. } = world.order {
            let draw = arms(streams, tick, share, &shown, thin);
            let truth = world.unknown_truth(model, tick, row);
            return (draw, truth);
        }
        let truth = world.laid_truth(model, tick, row);
        let draw = match cells {
            Cells::NONE => Draw::default(),
            _ => laid(streams, tick, share, shown.counts.baseline, &truth),
        };
        (draw, truth)
    }

    /// The counts of the service in a tick before the rollout; `ago` is 0 for the last
    /// one.
    pub(super) fn past(&self, streams: &mut Streams, start: u32, ago: u32) -> Counts {
        let row = self.source.row(streams, start, -1 - i64::from(ago));
        let mut counts = Counts::default();
        if let Some(row) = row.map(|row| &self.source.rows[row]) {
            counts += row.counts.baseline;
            counts += row.counts.canary;
        }
        counts
    }
}

impl RecordedWorld {
    /// The truth where both arms are recorded: only the requests are known, and latencies
    /// as far as they are.
    fn unknown_truth(&self, model: &Model, tick: u32, row: Option<usize>) -> Truth {
        let at = self.surroundings(row, 1.0, 1.0);
        let mut truth = model.truth(tick, &at);
        let canary = self.latency.as_ref().and_then(|latency| latency.shifts.canary.as_ref());
        if let (Some(shifts), Some(row)) = (canary, row) {
            truth.latency_shift.canary = shifts[row];
        }
        let requests = row.map_or(0, |row| {
            let ByArm { baseline, canary } = self.rows[row].counts;
            baseline.requests + canary.requests
        });
        Truth {
            requests: requests as f64,
            error_rate: ByArm { baseline: f64::NAN, canary: f64::NAN },
            healthy_error_rate: f64::NAN,
            degraded: false,
            ..truth
        }
    }

    /// The truth of a release that is laid upon the baseline. `model` has the record's
    /// load and error rate.
    fn laid_truth(&self, model: &Model, tick: u32, row: Option<usize>) -> Truth {
        let requests = row.map_or(0, |row| self.rows[row].counts.baseline.requests) as f64;
        let rate = row.map_or(self.usual.error_rate, |row| self.rates[row]);
        let factor = if self.usual.error_rate > 0.0 { rate / self.usual.error_rate } else { 1.0 };
        let at = self.surroundings(row, requests / self.usual.requests, factor);
        Truth { requests, ..model.truth(tick, &at) }
    }

    fn surroundings(&self, row: Option<usize>, load: f64, factor: f64) -> Surroundings {
        let baseline = self.latency.as_ref().and_then(|latency| latency.shifts.baseline.as_ref());
        Surroundings {
            load,
            error_factor: ByArm { baseline: factor, canary: factor },
            latency_shift: baseline.zip(row).map_or(0.0, |(shifts, row)| shifts[row]),
        }
    }
}

/// The recorded counts of both arms. Where the arms are compared, a tick without counts
/// of one of them shows nothing: no errors of unknown requests are no errors at all.
fn arms(streams: &mut Streams, tick: u32, share: f64, row: &Row, thin: bool) -> Draw {
    let Row { mut counts, known } = *row;
    if share == 0.0 {
        counts.canary = Counts::default();
    } else if share < 1.0 && known.baseline != known.canary {
        counts = ByArm::default();
    }
    let served = |counts: Counts| counts.requests - counts.errors;
    let mut draw = Draw {
        failed: ByArm { baseline: counts.baseline.errors, canary: counts.canary.errors },
        served: ByArm { baseline: served(counts.baseline), canary: served(counts.canary) },
        excess: 0,
    };
    if thin && share < 1.0 {
        let due = counts.baseline.requests as f64 * (share / (1.0 - share));
        let had = counts.canary.requests as f64;
        if due < had {
            let chance = Chance::new(due / had);
            draw.failed.canary =
                split(streams, Component::ThinFailed, tick, &chance, draw.failed.canary);
            draw.served.canary =
                split(streams, Component::ThinServed, tick, &chance, draw.served.canary);
        }
    }
    draw
}

/// The recorded counts of a baseline with a release laid upon them.
fn laid(streams: &mut Streams, tick: u32, share: f64, counts: Counts, truth: &Truth) -> Draw {
    let to_canary = Chance::new(share);
    let served = counts.requests - counts.errors;
    let failed_canary = split(streams, Component::ThinFailed, tick, &to_canary, counts.errors);
    let served_canary = split(streams, Component::ThinServed, tick, &to_canary, served);
    let mut draw = Draw {
        failed: ByArm { baseline: counts.errors - failed_canary, canary: failed_canary },
        served: ByArm { baseline: served - served_canary, canary: served_canary },
        excess: 0,
    };
    let (failing, healthy) = (truth.error_rate.canary, truth.healthy_error_rate);
    if failing > healthy {
        // Of those that the baseline would have served.
        let chance = Chance::new((failing - healthy) / (1.0 - healthy));
        draw.excess = split(streams, Component::LaidErrors, tick, &chance, served_canary);
        draw.served.canary -= draw.excess;
    } else if failing < healthy {
        let chance = Chance::new(failing / healthy);
        draw.failed.canary = split(streams, Component::LaidErrors, tick, &chance, failed_canary);
        draw.served.canary += failed_canary - draw.failed.canary;
    }
    draw
}

/// How many of n requests fall on one side.
fn split(streams: &mut Streams, component: Component, tick: u32, chance: &Chance, n: u64) -> u64 {
    /// In most cases four longs are enough.
    const NEAR: u64 = 8;
    chance.draw(n, streams.supply(component, u64::from(tick), NEAR))
}

/// The index of the step with which the rollout begins.
fn first_step(
    record: &Record,
    canary: Option<&ArmRecord>,
    start: Option<i64>,
) -> Result<usize, String> {
    let length = i64::from(record.step_seconds());
    let end = record.start().saturating_add(length * record.steps() as i64);
    if let Some(start) = start {
        let after = start.saturating_sub(record.start());
        if after < 0 || start >= end {
            return Err(format!(
                "the record is of the times from {} to {}, expected a start in between, found {}",
                shown(record.start()),
                shown(end),
                shown(start)
            ));
        }
        return Ok(((after + length - 1) / length) as usize);
    }
    let Some(canary) = canary else { return Ok(0) };
    let first = canary.requests.iter().position(|requests| *requests > 0.0);
    first.ok_or_else(|| "the canary has no requests in the record".to_string())
}

/// How steps become ticks.
struct Spread {
    tick_seconds: u32,
    steps: usize,
    shape: Shape,
}

enum Shape {
    /// A step is so many ticks.
    Split(usize),
    /// A tick is so many steps, after some that are left out.
    Merge { steps: usize, skipped: usize },
}

impl Spread {
    /// `aligned` is a step that begins with a tick.
    fn new(record: &Record, config: &Config, aligned: usize) -> Result<Spread, String> {
        let (step, tick) = (record.step_seconds(), config.world().tick_seconds);
        let shape = if step.is_multiple_of(tick) {
            Shape::Split((step / tick) as usize)
        } else if tick.is_multiple_of(step) {
            let steps = (tick / step) as usize;
            Shape::Merge { steps, skipped: aligned % steps }
        } else {
            return Err(format!(
                "a step of the record has {step} s and a tick {tick} s, expected one to be a multiple \
                 of the other"
            ));
        };
        let spread = Spread { tick_seconds: tick, steps: record.steps(), shape };
        let ticks = match spread.shape {
            Shape::Split(parts) => spread.steps.saturating_mul(parts),
            Shape::Merge { .. } => 0,
        };
        if ticks > MAX_RECORDED_TICKS {
            return Err(format!(
                "the record has {ticks} ticks of {tick} s, expected at most {MAX_RECORDED_TICKS}"
            ));
        }
        Ok(spread)
    }

    /// The number of steps left out at the beginning.
    fn skipped(&self) -> usize {
        match self.shape {
            Shape::Split(_) => 0,
            Shape::Merge { skipped, .. } => skipped,
        }
    }

    /// The number of ticks before a step that begins with one.
    fn ticks_before(&self, step: usize) -> usize {
        match self.shape {
            Shape::Split(parts) => step * parts,
            Shape::Merge { steps, skipped } => (step - skipped.min(step)) / steps,
        }
    }

    /// The counts of an arm by tick, and whether they are known. Of a tick of several steps,
    /// the known ones count.
    fn cells(&self, arm: &ArmRecord) -> Result<Vec<(Counts, bool)>, String> {
        let total: f64 = arm.requests.iter().filter(|requests| !requests.is_nan()).sum();
        if total >= EXACT {
            return Err(format!("expected fewer than 2^53 requests, found {total:e}"));
        }
        let (mut failed, mut served) = (Cumulative::default(), Cumulative::default());
        let mut steps = arm.requests.iter().zip(&arm.errors).map(|(&requests, &errors)| {
            (!requests.is_nan() && !errors.is_nan()).then_some((errors, requests - errors))
        });
        let mut cells = Vec::new();
        match self.shape {
            Shape::Split(parts) => {
                for step in steps {
                    for part in 1..=parts {
                        let (errors, rest) = step.unwrap_or_default();
                        let errors = failed.add(errors, part, parts);
                        let requests = errors + served.add(rest, part, parts);
                        cells.push((Counts { requests, errors }, step.is_some()));
                    }
                }
            }
            Shape::Merge { steps: merged, skipped } => {
                steps.by_ref().take(skipped).for_each(drop);
                let steps: Vec<_> = steps.collect();
                for steps in steps.chunks_exact(merged) {
                    let mut counts = Counts::default();
                    for (errors, rest) in steps.iter().flatten() {
                        let errors = failed.add(*errors, 1, 1);
                        counts.errors += errors;
                        counts.requests += errors + served.add(*rest, 1, 1);
                    }
                    cells.push((counts, steps.iter().any(Option::is_some)));
                }
            }
        }
        Ok(cells)
    }

    /// The logarithm of a latency by tick, where it is recorded. Of a tick of several steps,
    /// the mean of the known ones.
    fn ln_latency(&self, ms: &[f64]) -> Vec<Option<f64>> {
        let log = |ms: &f64| ln(ms.clamp(SHORTEST_MS, LONGEST_MS));
        let logs = ms.iter().map(|ms| (*ms > 0.0).then(|| log(ms)));
        match self.shape {
            Shape::Split(parts) => logs.flat_map(|x| std::iter::repeat_n(x, parts)).collect(),
            Shape::Merge { steps, skipped } => {
                let logs: Vec<Option<f64>> = logs.skip(skipped).collect();
                let mean = |steps: &[Option<f64>]| {
                    let known = steps.iter().flatten();
                    let (sum, n) = known.fold((0.0, 0.0), |(sum, n), x| (sum + x, n + 1.0));
                    (n > 0.0).then(|| sum / n)
                };
                logs.chunks_exact(steps).map(mean).collect()
            }
        }
    }
}

/// Rounds a sequence of numbers so that the sum of any first ones is the rounded sum.
#[derive(Default)]
struct Cumulative {
    sum: f64,
    rounded: u64,
}

impl Cumulative {
    /// Adds the next of the equal parts of a number.
    fn add(&mut self, number: f64, part: usize, parts: usize) -> u64 {
        let to = match part == parts {
            true => self.sum + number,
            false => self.sum + number * (part as f64 / parts as f64),
        };
        let rounded = ((to + 0.5).floor() as u64).max(self.rounded);
        let added = rounded - self.rounded;
        self.rounded = rounded;
        if part == parts {
            self.sum = to;
        }
        added
    }
}

fn usual(rows: &[Row]) -> Usual {
    let known = || rows.iter().filter(|row| row.known.baseline).map(|row| row.counts.baseline);
    let mut all = Counts::default();
    known().for_each(|counts| all += counts);
    let requests = all.requests as f64 / (known().count() as f64).max(1.0);
    let most = known().map(|counts| counts.requests).max().unwrap_or(0) as f64;
    Usual {
        requests,
        error_rate: all.error_rate().unwrap_or(0.0),
        peak: if requests > 0.0 { most / requests } else { 1.0 },
    }
}

/// By row, the baseline's error rate in the smallest window around it that has
/// [`ERRORS_OF_A_RATE`] errors, or in all rows.
fn local_rates(rows: &[Row]) -> Vec<f64> {
    let mut sums = vec![Counts::default()];
    let mut sum = Counts::default();
    for row in rows {
        sum += row.counts.baseline;
        sums.push(sum);
    }
    let counts = |row: usize, reach: usize| {
        sums[(row + reach + 1).min(rows.len())] - sums[row.saturating_sub(reach)]
    };
    let is_enough = |row, reach| counts(row, reach).errors >= ERRORS_OF_A_RATE;
    let mut reach: usize = 0;
    let of_row = |row: usize| {
        // The window of a neighbour is part of that which reaches one row further.
        while reach > 0 && is_enough(row, reach - 1) {
            reach -= 1;
        }
        while reach < rows.len() && !is_enough(row, reach) {
            reach += 1;
        }
        counts(row, reach).error_rate().unwrap_or(0.0)
    };
    (0..rows.len()).map(of_row).collect()
}

/// The latencies of a record, if any quantile is recorded.
fn recorded_latency(
    baseline: &ArmRecord,
    canary: Option<&ArmRecord>,
    config: &Config,
    spread: &Spread,
) -> Option<RecordedLatency> {
    let configured = config.world().baseline.latency_ms;
    let arms = [Some(baseline), canary].into_iter().flatten();
    let recorded_sd = arms.clone().find_map(spread_of);
    let sd = recorded_sd.unwrap_or(configured.ln_law().1);
    let medians = |arm: &ArmRecord| {
        let quantile =
            arm.latency.iter().min_by(|a, b| (a.q - 0.5).abs().total_cmp(&(b.q - 0.5).abs()))?;
        let below = sd * normal::quantile(quantile.q);
        let logs = spread.ln_latency(&quantile.ms).into_iter();
        filled(logs.map(|log| log.map(|log| log - below)).collect())
    };
    let logs = ByArm { baseline: medians(baseline), canary: canary.and_then(medians) };
    if logs.baseline.is_none() && logs.canary.is_none() {
        return None;
    }
    let center = logs.baseline.as_deref().and_then(median).unwrap_or(configured.ln_law().0);
    let shifts = |logs: Option<Vec<f64>>| {
        logs.map(|logs| logs.into_iter().map(|log| log - center).collect::<Vec<f64>>())
    };
    Some(RecordedLatency {
        law: Latency { p50: exp(center), p99: exp(center + sd * normal::quantile(0.99)) },
        has_spread: recorded_sd.is_some(),
        shifts: ByArm { baseline: shifts(logs.baseline), canary: shifts(logs.canary) },
    })
}

/// The standard deviation of the logarithm of an arm's latencies: the median over the
/// steps of what its lowest and its highest quantile say.
fn spread_of(arm: &ArmRecord) -> Option<f64> {
    let by_q = |a: &&crate::record::Quantile, b: &&crate::record::Quantile| a.q.total_cmp(&b.q);
    let (low, high) = (arm.latency.iter().min_by(by_q)?, arm.latency.iter().max_by(by_q)?);
    let distance = normal::quantile(high.q) - normal::quantile(low.q);
    if distance <= 0.0 {
        return None;
    }
    let known = low.ms.iter().zip(&high.ms).filter(|(low, high)| **low > 0.0 && high >= low);
    let sds: Vec<f64> = known.map(|(low, high)| (ln(*high) - ln(*low)) / distance).collect();
    Some(median(&sds)?.min(MOST_SPREAD))
}

/// The values, with the last known one, or else the first, where none is known.
fn filled(values: Vec<Option<f64>>) -> Option<Vec<f64>> {
    let mut last = values.iter().flatten().next().copied()?;
    let fill = |value: Option<f64>| {
        last = value.unwrap_or(last);
        last
    };
    Some(values.into_iter().map(fill).collect())
}

/// The upper median of numbers that are not NaN.
fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

/// The canary's share of all recorded requests, in 0..=1; 0 without a canary.
fn canary_share(record: &Record) -> f64 {
    let requests = |arm: Arm| -> f64 {
        let requests = record.arm(arm).map_or(&[][..], |arm| &arm.requests);
        requests.iter().filter(|requests| !requests.is_nan()).sum()
    };
    let (baseline, canary) = (requests(Arm::Baseline), requests(Arm::Canary));
    if canary > 0.0 { canary / (baseline + canary) } else { 0.0 }
}
