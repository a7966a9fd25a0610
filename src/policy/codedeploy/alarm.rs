//! The state of an alarm of Amazon CloudWatch.
//!
//! Source: the CloudWatch user guide, "Configuring how CloudWatch alarms treat missing
//! data", with its two tables, and "Alarm evaluation". The evaluation range, which the
//! guide leaves open, is two data points longer than the evaluation periods, as in the
//! tables.

use crate::config::{AlarmConfig, TreatMissingData};

/// The number of evaluations that are remembered.
const REMEMBERED: u32 = u128::BITS;
/// How many data points the evaluation range is longer than the evaluation periods.
const EXTRA_POINTS: u32 = 2;

/// A data point of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataPoint {
    /// There is no data in the period.
    Missing,
    /// Within the threshold.
    Good,
    /// Breaching the threshold.
    Breaching,
}

/// The state of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmState {
    /// Within the threshold.
    Ok,
    /// Breaching.
    Alarm,
    /// There is no data.
    InsufficientData,
}

/// When an alarm is on, prepared for the loop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlarmPlan {
    /// Ticks between two evaluations.
    pub every_ticks: u32,
    /// How many evaluations lie in a period. Only every such one is a data point of the
    /// present evaluation.
    stride: u32,
    evaluation_periods: u32,
    datapoints_to_alarm: u32,
    treat_missing_data: TreatMissingData,
}

impl AlarmPlan {
    /// An alarm is evaluated every minute, or every ten seconds if its period is shorter
    /// than a minute. Where that is no whole number of ticks, or more than is remembered,
    /// it is evaluated less often, at most once in a period.
    pub fn new(alarm: &AlarmConfig, tick_seconds: u32) -> Self {
        let tick = tick_seconds.max(1);
        let period_ticks = (alarm.period_seconds / tick).max(1);
        let usual: u32 = if alarm.period_seconds < 60 { 10 } else { 60 };
        let points = alarm.evaluation_periods + EXTRA_POINTS;
        let fits = |every: &u32| {
            period_ticks.is_multiple_of(*every) && period_ticks / every * (points - 1) < REMEMBERED
        };
        let least = usual.div_ceil(tick);
        let every_ticks = (least..=period_ticks).find(fits).unwrap_or(period_ticks);
        AlarmPlan {
            every_ticks,
            stride: period_ticks / every_ticks,
            evaluation_periods: alarm.evaluation_periods,
            datapoints_to_alarm: alarm.datapoints_to_alarm,
            treat_missing_data: alarm.treat_missing_data,
        }
    }
}

/// What is remembered of an alarm in a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlarmMemory {
    /// Its state.
    pub state: AlarmState,
    /// One bit for each evaluation, the latest lowest: whether the data point was
    /// breaching.
    breaching: u128,
    /// Whether there was no data.
    missing: u128,
}

impl AlarmMemory {
    /// An alarm before the start of a deployment. Its earlier data points are as given.
    pub fn before(point: DataPoint, is_on: bool) -> Self {
        let all = |bit: bool| if bit { u128::MAX } else { 0 };
        AlarmMemory {
            state: match (is_on, point) {
                (true, _) => AlarmState::Alarm,
                (false, DataPoint::Missing) => AlarmState::InsufficientData,
                (false, _) => AlarmState::Ok,
            },
            breaching: all(point == DataPoint::Breaching),
            missing: all(point == DataPoint::Missing),
        }
    }

    /// Adds a data point and evaluates the alarm.
    pub fn evaluate(&mut self, plan: &AlarmPlan, point: DataPoint) -> AlarmState {
        self.breaching = self.breaching << 1 | u128::from(point == DataPoint::Breaching);
        self.missing = self.missing << 1 | u128::from(point == DataPoint::Missing);
        self.state = self.conclude(plan);
        self.state
    }

    fn conclude(&self, plan: &AlarmPlan) -> AlarmState {
        let (periods, limit) = (plan.evaluation_periods, plan.datapoints_to_alarm);
        let (mut real, mut breaching, mut good) = (0, 0, 0);
        // The age in periods of the oldest data point that counts, from 1.
        let mut oldest = 0;
        for age in 0..periods + EXTRA_POINTS {
            let at = age * plan.stride;
            if at >= REMEMBERED || real == periods {
                break;
            }
            if self.missing >> at & 1 == 0 {
                real += 1;
                oldest = age + 1;
                let breaches = self.breaching >> at & 1 == 1;
                breaching += u32::from(breaches);
                good += u32::from(!breaches);
            }
        }
        let on = |is_on: bool| if is_on { AlarmState::Alarm } else { AlarmState::Ok };
        // With enough data points the missing ones do not matter.
        if real == periods || breaching >= limit {
            return on(breaching >= limit);
        }
        match plan.treat_missing_data {
            TreatMissingData::Breaching => on(breaching + periods - real >= limit),
            TreatMissingData::NotBreaching => AlarmState::Ok,
            TreatMissingData::Missing if real == 0 => AlarmState::InsufficientData,
            TreatMissingData::Missing | TreatMissingData::Ignore if good > 0 => AlarmState::Ok,
            // All data points are breaching, too few of them, and as old as those that it
            // takes: in doubt the alarm is on.
            TreatMissingData::Missing if oldest >= limit => AlarmState::Alarm,
            TreatMissingData::Missing | TreatMissingData::Ignore => self.state,
        }
    }
}
