//! The truth of a tick: load, error rates and latencies, with the effect of the
//! release.

use std::f64::consts::TAU;

use super::gamma::Factor;
use super::stream::{Component, Streams, open_unit};
use crate::config::{Arrival, Config, DailySwing, Incidents, ReleaseConfig};
use crate::math::{cos, exp2, ln};
use crate::observation::ByArm;

/// The truth of a tick. No rule reads it; history and excess errors are computed
/// from it. Where the counts of both arms are recorded, error rates are NaN: nobody
/// knows them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Truth {
    /// Expected requests of both arms together.
    pub requests: f64,
    /// Probability that a request fails, by arm, 0..=1.
    pub error_rate: ByArm<f64>,
    /// What the canary's error rate would be if the release were as good as
    /// the baseline, 0..=1.
    pub healthy_error_rate: f64,
    /// The logarithm of the factor on latencies, by arm.
    pub latency_shift: ByArm<f64>,
    /// Whether the release is worse than a healthy one, by a regression that is not
    /// a cold start.
    pub degraded: bool,
}

/// The place in the streams of the last tick before the rollout, above those of all
/// its ticks; earlier ones follow.
pub(super) const PAST: u32 = 1 << 30;

/// What affects a tick apart from the release: load, noise and incidents.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surroundings {
    /// Load, in units of the mean load.
    pub(super) load: f64,
    /// Factor on the error rates.
    pub(super) error_factor: ByArm<f64>,
    /// Logarithm of the factor on latencies.
    pub(super) latency_shift: f64,
}

impl Surroundings {
    /// No noise and no incident, at the mean load.
    pub(super) const CALM: Surroundings = Surroundings {
        load: 1.0,
        error_factor: ByArm { baseline: 1.0, canary: 1.0 },
        latency_shift: 0.0,
    };
}

/// Computes the truth of a tick from its surroundings.
#[derive(Clone, Debug)]
pub(super) struct Model {
    mean_requests: f64,
    error_rate: f64,
    canary: ReleaseConfig,
    tick_seconds: f64,
    swing: Option<DailySwing>,
    burstiness: Option<Factor>,
    common_noise: Option<Factor>,
    per_arm_noise: Option<Factor>,
    incidents: Option<Incidents>,
}

impl Model {
    pub(super) fn new(config: &Config) -> Self {
        let tick_seconds = f64::from(config.world().tick_seconds);
        Model {
            mean_requests: config.world().traffic.requests_per_second * tick_seconds,
            error_rate: config.world().baseline.error_rate,
            canary: config.release().clone(),
            tick_seconds,
            swing: config.world().traffic.daily_swing.clone(),
            burstiness: Factor::new(config.world().traffic.burstiness),
            common_noise: Factor::new(config.world().noise.common),
            per_arm_noise: Factor::new(config.world().noise.per_arm),
            incidents: config.world().incidents.clone(),
        }
    }

    /// The two ticks in which the truth changes, if it changes only in ticks that
    /// are known in advance.
    pub(super) fn steps(&self) -> Option<[u32; 2]> {
        let still = self.swing.is_none()
            && self.burstiness.is_none()
            && self.common_noise.is_none()
            && self.per_arm_noise.is_none()
            && self.incidents.is_none();
        let canary = &self.canary;
        let error = step(self.full_error_ratio(), canary.error_arrival)?;
        let latency = step(canary.latency_ratio, canary.latency_arrival)?;
        still.then(|| [error.min(latency), error.max(latency)])
    }

    /// 1 if the release fails as often as the baseline.
    fn full_error_ratio(&self) -> f64 {
        match self.canary.error_rate {
            None => self.canary.error_ratio,
            Some(rate) if rate == self.error_rate => 1.0,
            Some(rate) => rate / self.error_rate,
        }
    }

    /// Draws the surroundings of a tick before the rollout, `ago` ticks before the
    /// last one before it. There are no incidents before the rollout.
    pub(super) fn past_surroundings(&self, streams: &mut Streams, ago: u32) -> Surroundings {
        let place = PAST + ago;
        let load = self.swing.as_ref().map_or(1.0, |swing| self.swing_at(swing, -f64::from(ago)))
            * draw(self.burstiness, streams, Component::Load, place);
        let common = draw(self.common_noise, streams, Component::NoiseCommon, place);
        let own = draw(self.per_arm_noise, streams, Component::NoiseBaseline, place);
        let error_factor = ByArm { baseline: common * own, canary: common };
        Surroundings { load, error_factor, latency_shift: 0.0 }
    }

    /// Draws the surroundings of a tick. `incident_end`, the last tick of the last
    /// incident, carries over from tick to tick.
    pub(super) fn surroundings(
        &self,
        streams: &mut Streams,
        incident_end: &mut u32,
        tick: u32,
    ) -> Surroundings {
        let load = self.swing.as_ref().map_or(1.0, |swing| self.swing_at(swing, f64::from(tick)))
            * draw(self.burstiness, streams, Component::Load, tick);
        let common = draw(self.common_noise, streams, Component::NoiseCommon, tick);
        let own = ByArm {
            baseline: draw(self.per_arm_noise, streams, Component::NoiseBaseline, tick),
            canary: draw(self.per_arm_noise, streams, Component::NoiseCanary, tick),
        };
        let (mut incident, mut latency_shift) = (1.0, 0.0);
        if let Some(incidents) = &self.incidents {
            if starts(incidents, streams, tick) {
                *incident_end = tick.saturating_add(incidents.duration_ticks) - 1;
            }
            if tick <= *incident_end {
                incident = incidents.error_ratio;
                latency_shift = ln(incidents.latency_ratio);
            }
        }
        let error_factor = ByArm {
            baseline: incident * common * own.baseline,
            canary: incident * common * own.canary,
        };
        Surroundings { load, error_factor, latency_shift }
    }

    /// The truth of a tick with these surroundings.
    pub(super) fn truth(&self, tick: u32, surroundings: &Surroundings) -> Truth {
        let canary = &self.canary;
        let arrived = |arrival| arrived(arrival, tick, surroundings.load);
        let latency_ratio = ratio(canary.latency_ratio, arrived(canary.latency_arrival));
        let rate = |factor: f64| (self.error_rate * factor).min(1.0);
        let healthy = rate(surroundings.error_factor.canary);
        let effect = arrived(canary.error_arrival);
        let failing = match canary.error_rate {
            None => (healthy * ratio(canary.error_ratio, effect)).min(1.0),
            Some(full) => {
                let rate = self.error_rate + (full - self.error_rate) * effect;
                (rate * surroundings.error_factor.canary).min(1.0)
            }
        };
        Truth {
            requests: self.mean_requests * surroundings.load,
            error_rate: ByArm {
                baseline: rate(surroundings.error_factor.baseline),
                canary: failing,
            },
            healthy_error_rate: healthy,
            latency_shift: ByArm {
                baseline: surroundings.latency_shift,
                canary: surroundings.latency_shift + ln(latency_ratio),
            },
            degraded: failing > healthy && !heals(canary.error_arrival)
                || latency_ratio > 1.0 && !heals(canary.latency_arrival),
        }
    }

    /// The latency shifts of most ticks: with and without an incident, and with
    /// none and all of the release's ratio.
    pub(super) fn usual_latency_shifts(&self) -> Vec<f64> {
        let incident = self.incidents.as_ref().map(|incidents| ln(incidents.latency_ratio));
        let release = ln(ratio(self.canary.latency_ratio, 1.0));
        let with_incident = incident.map(|incident| [incident, incident + release]);
        let mut shifts = vec![0.0];
        for shift in [release].into_iter().chain(with_incident.into_iter().flatten()) {
            if !shifts.contains(&shift) {
                shifts.push(shift);
            }
        }
        shifts
    }

    fn swing_at(&self, swing: &DailySwing, tick: f64) -> f64 {
        let middle = (tick - 0.5) * self.tick_seconds;
        let days = (middle - f64::from(swing.peak_seconds)) / f64::from(swing.period_seconds);
        1.0 + swing.amplitude * cos(TAU * (days - days.floor()))
    }
}

/// 1 + (r − 1) · e.
fn ratio(full: f64, arrived: f64) -> f64 {
    1.0 + (full - 1.0) * arrived
}

/// How much of a ratio has arrived, 0..=1: e of [`Arrival`].
fn arrived(arrival: Arrival, tick: u32, load: f64) -> f64 {
    match arrival {
        Arrival::AtOnce => 1.0,
        Arrival::Late { start_tick } => f64::from(u8::from(tick >= start_tick)),
        Arrival::Leak { start_tick, ramp_ticks } => {
            let ticks = f64::from(tick) - f64::from(start_tick) + 1.0;
            (ticks / f64::from(ramp_ticks)).clamp(0.0, 1.0)
        }
        Arrival::UnderLoad { from_load, full_load } => {
            ((load - from_load) / (full_load - from_load)).clamp(0.0, 1.0)
        }
        Arrival::ColdStart { half_life_ticks } => exp2(-(f64::from(tick) - 1.0) / half_life_ticks),
    }
}

/// The tick in which a ratio arrives all at once; `None` if it arrives in another
/// way.
fn step(ratio: f64, arrival: Arrival) -> Option<u32> {
    match arrival {
        _ if ratio == 1.0 => Some(1),
        Arrival::AtOnce => Some(1),
        Arrival::Late { start_tick } => Some(start_tick.max(1)),
        _ => None,
    }
}

fn heals(arrival: Arrival) -> bool {
    matches!(arrival, Arrival::ColdStart { .. })
}

fn draw(factor: Option<Factor>, streams: &mut Streams, component: Component, tick: u32) -> f64 {
    /// In most cases three longs are enough.
    const NEAR: u64 = 8;
    factor.map_or(1.0, |factor| factor.draw(streams.supply(component, u64::from(tick), NEAR)))
}

/// Whether an incident starts in a tick.
fn starts(incidents: &Incidents, streams: &mut Streams, tick: u32) -> bool {
    let chance = incidents.chance_per_tick;
    incidents.at_tick == Some(tick)
        || chance > 0.0
            && open_unit(streams.long(Component::Incidents, 2 * u64::from(tick))) < chance
}
