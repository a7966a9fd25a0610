//! The truth of the simulation, and what is drawn from it.
//!
//! In every tick the requests are Poisson around the load, each goes to the
//! canary with the level's share and fails with its arm's error rate. By
//! thinning, what is counted is then five independent Poisson counts, whatever
//! the traffic: of each arm the failed and the served, and the excess errors,
//! which the release alone is to blame for.
//!
//! Reading order: `truth` says what is so in a tick, [`poisson`] turns it into
//! counts, `latency` into latencies ([`binomial`]), from the words of `stream`.
//!
//! What always holds:
//! - A word is addressed by what it is for and by tick. What is not read costs
//!   nothing and changes nothing else.
//! - Counts rise with their word and with their mean, so two policies on one
//!   seed meet the same luck.
//! - How something is drawn depends on the configuration alone.

pub mod binomial;
pub mod gamma;
pub mod latency;
pub mod poisson;
mod stream;
mod truth;

pub use latency::{LatencyTick, WeightedTicks};
pub use truth::Truth;

use std::sync::Arc;

use crate::config::Config;
use crate::observation::{Arm, ByArm};
use latency::{Descent, Law};
use poisson::Table;
use stream::{Component, Streams};
use truth::{Model, Surroundings};

/// Which counts to draw: any union of [`FAILED`](Cells::FAILED),
/// [`SERVED`](Cells::SERVED) and [`EXCESS`](Cells::EXCESS).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cells(u8);

impl Cells {
    /// Nothing.
    pub const NONE: Cells = Cells(0);
    /// [`Draw::failed`].
    pub const FAILED: Cells = Cells(1);
    /// [`Draw::served`].
    pub const SERVED: Cells = Cells(2);
    /// [`Draw::excess`].
    pub const EXCESS: Cells = Cells(4);
    /// Everything.
    pub const ALL: Cells = Cells(7);

    /// What either has.
    pub const fn union(self, other: Cells) -> Cells {
        Cells(self.0 | other.0)
    }

    /// Whether it has all that the other has.
    pub const fn contains(self, other: Cells) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What was drawn in a tick; 0 where it was not asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Draw {
    /// Requests that failed; of the canary only those that the baseline would
    /// have failed as well.
    pub failed: ByArm<u64>,
    /// Requests that did not fail.
    pub served: ByArm<u64>,
    /// Requests to the canary that failed and that the baseline would have
    /// served.
    pub excess: u64,
}

/// The world of a configuration: all that can be computed once.
#[derive(Debug)]
pub struct World {
    model: Model,
    pace: Pace,
    /// A quiet first tick's.
    first_truth: Truth,
    latency: Law,
}

/// Whether the truth is known beforehand.
#[derive(Debug)]
enum Pace {
    /// It stands still but for known steps.
    Steady {
        /// The first ticks of the second and third phase.
        steps: [u32; 2],
        levels: usize,
        /// By phase and level.
        scenes: Vec<Scene>,
    },
    /// It is another in every tick.
    Moving {
        /// The canary's share by level.
        shares: Vec<f64>,
    },
}

/// A truth, and how counts are drawn from it.
#[derive(Clone, Debug)]
struct Scene {
    truth: Truth,
    failed: ByArm<Sampler>,
    served: ByArm<Sampler>,
    excess: Sampler,
}

/// How a count is drawn.
#[derive(Clone, Debug)]
enum Sampler {
    /// Its mean is 0.
    Never,
    /// Its mean is known beforehand.
    Table(Arc<Table>),
    /// By its mean.
    Invert(f64),
}

/// The state of a run: its streams, and what a tick leaves to the next.
#[derive(Clone, Debug)]
pub struct WorldState {
    streams: Streams,
    /// The last tick of the last incident.
    incident_end: u32,
    /// In a steady world, the scene of the last tick.
    scene: usize,
    /// In a moving world, the truth of the last tick.
    truth: Truth,
    /// Room for latencies on their way down.
    descents: Vec<Descent>,
}

impl World {
    /// The world of a configuration whose traffic stands at one of these levels, the
    /// canary's shares in 0..=1. Takes milliseconds if there are many levels and many
    /// requests a tick.
    pub fn new(config: &Config, shares: &[f64]) -> World {
        let model = Model::new(config);
        let pace = match model.steps() {
            Some(steps) => {
                let mut tables = Vec::new();
                let mut planned = |mean| Sampler::planned(mean, &mut tables);
                let mut scenes = Vec::new();
                for tick in [1, steps[0], steps[1]] {
                    let truth = model.truth(tick, &Surroundings::CALM);
                    scenes
                        .extend(shares.iter().map(|share| Scene::new(truth, *share, &mut planned)));
                }
                Pace::Steady { steps, levels: shares.len(), scenes }
            }
            None => Pace::Moving { shares: shares.to_vec() },
        };
        let latency = Law::new(&config.world().baseline.latency_ms, &model.usual_latency_shifts());
        let first_truth = model.truth(1, &Surroundings::CALM);
        World { model, pace, first_truth, latency }
    }

    /// A run's state before its first tick.
    pub fn start(&self, seed: u64) -> WorldState {
        WorldState {
            streams: Streams::new(seed),
            incident_end: 0,
            scene: self.first_scene(),
            truth: self.first_truth,
            descents: Vec::new(),
        }
    }

    /// As [`World::start`], into a state of this or another world; allocates
    /// nothing.
    pub fn restart(&self, state: &mut WorldState, seed: u64) {
        state.streams.restart(seed);
        state.incident_end = 0;
        state.scene = self.first_scene();
        state.truth = self.first_truth;
    }

    /// Draws a tick: the first is 1, then consecutively. `level` is an index
    /// into the levels.
    ///
    /// A steady tick is part of the loop that calls it: a call, and counts that
    /// pass through memory, would cost as much as the draw.
    #[inline(always)]
    pub fn tick(&self, state: &mut WorldState, tick: u32, level: u32, cells: Cells) -> Draw {
        match &self.pace {
            Pace::Steady { steps, levels, scenes } => {
                state.scene = phase(steps, tick) * levels + level as usize;
                scenes[state.scene].draw(&mut state.streams, tick, cells)
            }
            Pace::Moving { shares } => self.move_on(state, tick, shares[level as usize], cells),
        }
    }

    /// Draws a tick whose truth only the tick knows.
    #[inline(never)]
    fn move_on(&self, state: &mut WorldState, tick: u32, share: f64, cells: Cells) -> Draw {
        let WorldState { streams, incident_end, .. } = state;
        let surroundings = self.model.surroundings(streams, incident_end, tick);
        state.truth = self.model.truth(tick, &surroundings);
        Scene::new(state.truth, share, &mut Sampler::unplanned).draw(streams, tick, cells)
    }

    /// The truth of the last tick; before the first, a quiet one's.
    #[inline]
    pub fn truth<'a>(&'a self, state: &'a WorldState) -> &'a Truth {
        match &self.pace {
            Pace::Steady { scenes, .. } => &scenes[state.scene].truth,
            Pace::Moving { .. } => &state.truth,
        }
    }

    /// A quantile of an arm's latencies over a window of ticks, in
    /// milliseconds; `q` in 0..=1. `None` without requests.
    ///
    /// It is the latency at rank q · n of n: between the edges of the bin where
    /// that rank falls, on a logarithmic scale. Costs 10 splits a tick.
    pub fn quantile_ms(
        &self,
        state: &mut WorldState,
        arm: Arm,
        window: &[LatencyTick],
        q: f64,
    ) -> Option<f64> {
        let all = [WeightedTicks { ticks: window.len(), weight: 1.0 }];
        self.weighted_quantile_ms(state, arm, window, &all, q)
    }

    /// The same where requests count differently; `weights` are runs of ticks
    /// that together are the window.
    pub fn weighted_quantile_ms(
        &self,
        state: &mut WorldState,
        arm: Arm,
        window: &[LatencyTick],
        weights: &[WeightedTicks],
        q: f64,
    ) -> Option<f64> {
        let WorldState { streams, descents, .. } = state;
        self.latency.quantile_ms(streams, descents, arm, window, weights, q)
    }

    /// How many requests of an arm took longer than `ms`, which is rounded to
    /// the nearest edge of a bin ([`latency::nearest_edge`]): by at most 1 %
    /// from 1 µs to 10 minutes.
    pub fn slower_than(
        &self,
        state: &mut WorldState,
        arm: Arm,
        window: &[LatencyTick],
        ms: f64,
    ) -> u64 {
        let WorldState { streams, descents, .. } = state;
        self.latency.above_edge(streams, descents, arm, window, latency::nearest_edge(ms))
    }

    /// An arm's latencies over a window of ticks, by bin
    /// ([`latency::edge_ms`]).
    pub fn histogram(&self, state: &mut WorldState, arm: Arm, window: &[LatencyTick]) -> Vec<u64> {
        self.latency.histogram(&mut state.streams, arm, window)
    }

    fn first_scene(&self) -> usize {
        match &self.pace {
            Pace::Steady { steps, levels, .. } => phase(steps, 1) * levels,
            Pace::Moving { .. } => 0,
        }
    }
}

/// How many steps are behind.
#[inline]
fn phase(steps: &[u32; 2], tick: u32) -> usize {
    usize::from(tick >= steps[0]) + usize::from(tick >= steps[1])
}

impl Scene {
    fn new(truth: Truth, share: f64, sampler: &mut impl FnMut(f64) -> Sampler) -> Self {
        let baseline = truth.requests * (1.0 - share);
        let canary = truth.requests * share;
        let ByArm { baseline: failing, canary: canary_failing } = truth.error_rate;
        let healthy = truth.healthy_error_rate;
        Scene {
            truth,
            failed: ByArm {
                baseline: sampler(baseline * failing),
                canary: sampler(canary * canary_failing.min(healthy)),
            },
            served: ByArm {
                baseline: sampler(baseline * (1.0 - failing)),
                canary: sampler(canary * (1.0 - canary_failing)),
            },
            excess: sampler(canary * (canary_failing - healthy).max(0.0)),
        }
    }

    #[inline(always)]
    fn draw(&self, streams: &mut Streams, tick: u32, cells: Cells) -> Draw {
        let mut draw = Draw::default();
        if cells.contains(Cells::FAILED) {
            let (coarse, fine) = (Component::Failed, Component::FailedFine);
            draw.failed = draw_pair(&self.failed, streams, coarse, fine, tick);
        }
        if cells.contains(Cells::SERVED) {
            let (coarse, fine) = (Component::Served, Component::ServedFine);
            draw.served = draw_pair(&self.served, streams, coarse, fine, tick);
        }
        if cells.contains(Cells::EXCESS) && !self.excess.is_never() {
            let word = streams.word(Component::Excess, u64::from(tick - 1));
            let at = FINE_WORDS * u64::from(tick - 1);
            draw.excess =
                self.excess.draw(word as u16, || fine(streams, Component::ExcessFine, at));
        }
        draw
    }
}

/// Words of a tick in a fine component: a long for each lane.
const FINE_WORDS: u64 = 4;

/// A count for each arm, from the two halves of one word.
#[inline(always)]
fn draw_pair(
    samplers: &ByArm<Sampler>,
    streams: &mut Streams,
    coarse: Component,
    refining: Component,
    tick: u32,
) -> ByArm<u64> {
    let at = u64::from(tick - 1);
    let word = streams.word(coarse, at);
    let refined = FINE_WORDS * at;
    ByArm {
        baseline: samplers.baseline.draw(word as u16, || fine(streams, refining, refined)),
        canary: samplers.canary.draw((word >> 16) as u16, || fine(streams, refining, refined + 2)),
    }
}

/// The 48 bits below a lane's. By itself, for tables seldom ask for it.
#[inline(never)]
fn fine(streams: &mut Streams, component: Component, at: u64) -> u64 {
    streams.long(component, at) >> 16
}

impl Sampler {
    /// For a mean known beforehand; the tables made so far are shared.
    fn planned(mean: f64, tables: &mut Vec<Arc<Table>>) -> Sampler {
        if mean <= 0.0 || mean > poisson::MAX_TABLE_MEAN {
            return Sampler::unplanned(mean);
        }
        let known = tables.iter().find(|table| table.mean() == mean);
        let table = known.cloned().unwrap_or_else(|| {
            let table = Arc::new(Table::new(mean));
            tables.push(Arc::clone(&table));
            table
        });
        Sampler::Table(table)
    }

    /// For a mean that only the tick knows.
    fn unplanned(mean: f64) -> Sampler {
        if mean > 0.0 { Sampler::Invert(mean) } else { Sampler::Never }
    }

    fn is_never(&self) -> bool {
        matches!(self, Sampler::Never)
    }

    /// A count by a lane of 16 bits; the 48 below are read only where these 16
    /// do not decide.
    #[inline(always)]
    fn draw(&self, lane: u16, fine: impl FnOnce() -> u64) -> u64 {
        match self {
            Sampler::Never => 0,
            Sampler::Table(table) => table.draw(lane, fine),
            Sampler::Invert(mean) => poisson::invert(poisson::join(lane, fine()), *mean),
        }
    }
}
