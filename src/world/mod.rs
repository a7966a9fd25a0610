//! The world: the truth of the simulation, and the counts and latencies drawn from
//! it.
//!
//! The number of requests in a tick is Poisson with the load as its mean. Each
//! request goes to the canary with the probability of the level's share and fails
//! with the error rate of its arm. By thinning, the counts of a tick are five
//! independent Poisson counts, for any traffic: the failed and the served requests
//! of each arm, and the excess errors, which are caused by the release.
//!
//! Reading order: `truth` computes the rates of a tick. [`poisson`] draws counts
//! from them and [`latency`] draws latencies, with [`binomial`], from the random
//! words of `stream`. `latency_window` sums them over the ticks of a window.
//! `recorded` has recorded counts in place of drawn ones.
//!
//! Invariants:
//! - A random word is addressed by its purpose and its tick. A word that is not
//!   read costs nothing and does not affect others.
//! - A count increases with its word and with its mean, so two policies on one seed
//!   get the same random variation.
//! - The method by which something is drawn depends only on the configuration.

pub mod binomial;
pub mod gamma;
pub mod latency;
mod latency_window;
pub mod poisson;
mod recorded;
mod stream;
mod truth;

pub use latency::LatencyTick;
pub use latency_window::LatencyWindow;
pub use recorded::{
    ERRORS_OF_A_RATE, LatencySource, MAX_RECORDED_TICKS, RecordedSource, RecordedWorld,
    ReplayOptions, SHARES_DIFFER,
};
pub use truth::Truth;

use std::sync::Arc;

use crate::config::{Config, realised_share};
use crate::observation::{Arm, ByArm, Counts};
use crate::rules::Population;
use latency::{Law, Read};
use latency_window::Trails;
use poisson::Table;
use recorded::Playback;
use stream::{Component, Streams};
use truth::{Model, Surroundings};

/// Which counts to draw: any union of [`FAILED`](Cells::FAILED),
/// [`SERVED`](Cells::SERVED) and [`EXCESS`](Cells::EXCESS).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cells(u8);

impl Cells {
    /// No counts.
    pub const NONE: Cells = Cells(0);
    /// [`Draw::failed`].
    pub const FAILED: Cells = Cells(1);
    /// [`Draw::served`].
    pub const SERVED: Cells = Cells(2);
    /// [`Draw::excess`].
    pub const EXCESS: Cells = Cells(4);
    /// All counts.
    pub const ALL: Cells = Cells(7);

    /// The counts of both sets.
    pub const fn union(self, other: Cells) -> Cells {
        Cells(self.0 | other.0)
    }

    /// Whether this set contains all counts of the other.
    pub const fn contains(self, other: Cells) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The counts drawn in a tick; 0 for counts that were not requested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Draw {
    /// Requests that failed. For the canary, only those that would also have failed
    /// on the baseline.
    pub failed: ByArm<u64>,
    /// Requests that did not fail.
    pub served: ByArm<u64>,
    /// The excess errors: requests that failed on the canary and that the baseline
    /// would have served.
    pub excess: u64,
}

/// The world of a configuration, with everything that is computed once.
#[derive(Debug)]
pub struct World {
    model: Model,
    pace: Pace,
    /// The truth of a first tick without noise or incident.
    first_truth: Truth,
    latency: Law,
    /// Mean size of a clump of errors, above 1; `None` for independent errors.
    clump: Option<f64>,
}

/// Whether the truth of every tick is known in advance.
#[derive(Debug)]
enum Pace {
    /// The truth changes only at known ticks.
    Steady {
        /// The first ticks of the second and of the third phase.
        steps: [u32; 2],
        levels: usize,
        /// The scenes, by phase and level.
        scenes: Vec<Scene>,
    },
    /// The truth changes with every tick, or errors come in clumps.
    Moving {
        /// The share that reaches the canary, by level.
        shares: Vec<f64>,
    },
    /// Counts are recorded.
    Recorded(Playback),
}

/// A truth, with the samplers of the counts drawn from it.
#[derive(Clone, Debug)]
struct Scene {
    truth: Truth,
    failed: ByArm<Sampler>,
    served: ByArm<Sampler>,
    excess: Sampler,
}

/// The method by which a count is drawn.
#[derive(Clone, Debug)]
enum Sampler {
    /// The mean is 0, so the count is 0.
    Never,
    /// With a table, if the mean is known in advance.
    Table(Arc<Table>),
    /// By inversion, with this mean.
    Invert(f64),
}

/// The state of a run: its random streams, and what carries over from tick to tick.
#[derive(Clone, Debug)]
pub struct WorldState {
    streams: Streams,
    /// The last tick of the last incident.
    incident_end: u32,
    /// In a steady world, the scene of the last tick.
    scene: usize,
    /// In a moving or recorded world, the truth of the last tick.
    truth: Truth,
    /// In a recorded world, where the run begins: [`RecordedWorld::draw_start`].
    start: u32,
    /// Buffers for drawing latencies.
    trails: Trails,
}

impl World {
    /// Prepares the world of a configuration. `shares` are the canary's shares of
    /// the levels, in 0..=1, as planned. The level with the next number has share 0, for ticks in
    /// which the canary has no traffic. Takes milliseconds for many levels with many
    /// requests per tick.
    pub fn new(config: &Config, shares: &[f64]) -> World {
        let model = Model::new(config);
        let clump = config.world().baseline.error_clump;
        let skew = config.world().traffic.canary_skew;
        let shares: Vec<f64> = shares.iter().map(|share| realised_share(*share, skew)).collect();
        let reads_past = config.policy().rules.iter().any(|rule| rule.of == Population::Service);
        // Clumps are drawn where the truth of a tick is.
        let pace = match model.steps().filter(|_| clump == 1.0) {
            Some(steps) => {
                let mut tables = Vec::new();
                let mut planned = |mean| Sampler::planned(mean, &mut tables);
                let mut scenes = Vec::new();
                for tick in [1, steps[0], steps[1]] {
                    let truth = model.truth(tick, &Surroundings::CALM);
                    scenes.extend(
                        shares.iter().map(|share| Scene::new(truth, *share, clump, &mut planned)),
                    );
                    // A past of the service may have many ticks.
                    scenes.push(match reads_past {
                        true => Scene::new(truth, 0.0, clump, &mut planned),
                        false => Scene::new(truth, 0.0, clump, &mut Sampler::unplanned),
                    });
                }
                Pace::Steady { steps, levels: shares.len() + 1, scenes }
            }
            None => Pace::Moving { shares: shares.iter().copied().chain([0.0]).collect() },
        };
        let latency = Law::new(
            &config.world().baseline.latency_ms,
            &model.usual_latency_shifts(),
            latency_reads(config),
        );
        let first_truth = model.truth(1, &Surroundings::CALM);
        World { model, pace, first_truth, latency, clump: Some(clump).filter(|clump| *clump > 1.0) }
    }

    /// The recorded world in place of the drawn one. `truth` is
    /// [`RecordedWorld::truth_of`] the configuration, `shares` as for [`World::new`].
    pub fn over(
        config: &Config,
        truth: &Config,
        shares: &[f64],
        recorded: Arc<RecordedWorld>,
    ) -> World {
        let model = Model::new(truth);
        let latency = Law::new(
            recorded.latency_law().unwrap_or(&config.world().baseline.latency_ms),
            &model.usual_latency_shifts(),
            latency_reads(config),
        );
        let first_truth = model.truth(1, &Surroundings::CALM);
        let skew = config.world().traffic.canary_skew;
        let pace = Pace::Recorded(Playback::new(recorded, shares, skew));
        World { model, pace, first_truth, latency, clump: None }
    }

    /// The record that counts are taken from, if they are not drawn.
    pub fn recorded(&self) -> Option<&RecordedWorld> {
        match &self.pace {
            Pace::Recorded(playback) => Some(playback.source()),
            Pace::Steady { .. } | Pace::Moving { .. } => None,
        }
    }

    /// The state of a run before its first tick.
    pub fn start(&self, seed: u64) -> WorldState {
        let mut streams = Streams::new(seed);
        WorldState {
            start: self.recorded().map_or(0, |recorded| recorded.draw_start(&mut streams)),
            streams,
            incident_end: 0,
            scene: self.first_scene(),
            truth: self.first_truth,
            trails: Trails::default(),
        }
    }

    /// Like [`World::start`], reusing a state of this or another world. Allocates
    /// nothing.
    pub fn restart(&self, state: &mut WorldState, seed: u64) {
        state.streams.restart(seed);
        state.incident_end = 0;
        state.scene = self.first_scene();
        state.truth = self.first_truth;
        if let Pace::Recorded(playback) = &self.pace {
            state.start = playback.source().draw_start(&mut state.streams);
        }
    }

    /// Draws a tick. Ticks are drawn in order, the first is 1. `level` is an index
    /// into the levels.
    ///
    /// Inlined into the loop for a steady world, because a call and passing the
    /// counts through memory would cost as much as the draw.
    #[inline(always)]
    pub fn tick(&self, state: &mut WorldState, tick: u32, level: u32, cells: Cells) -> Draw {
        match &self.pace {
            Pace::Steady { steps, levels, scenes } => {
                state.scene = phase(steps, tick) * levels + level as usize;
                scenes[state.scene].draw(&mut state.streams, tick, cells)
            }
            _ => self.move_on(state, tick, level, cells),
        }
    }

    /// The counts of a tick before the rollout, when the baseline has all traffic;
    /// `ago` is 0 for the last one.
    pub fn past(&self, state: &mut WorldState, ago: u32) -> Counts {
        let place = truth::PAST + ago;
        let streams = &mut state.streams;
        if let Pace::Recorded(playback) = &self.pace {
            return playback.past(streams, state.start, ago);
        }
        let cells = Cells::FAILED.union(Cells::SERVED);
        let mut draw = match &self.pace {
            Pace::Steady { scenes, levels, .. } => scenes[levels - 1].draw(streams, place, cells),
            _ => {
                let surroundings = self.model.past_surroundings(streams, ago);
                let truth = self.model.truth(1, &surroundings);
                let clump = self.clump.unwrap_or(1.0);
                Scene::new(truth, 0.0, clump, &mut Sampler::unplanned).draw(streams, place, cells)
            }
        };
        if let Some(clump) = self.clump {
            draw = clumped(streams, place, clump, draw);
        }
        let errors = draw.failed.baseline;
        Counts { requests: errors + draw.served.baseline, errors }
    }

    /// The counts of a control: a random part of the baseline's requests of a tick, on
    /// average as many as the canary's, whose share of all requests is at most 1/2.
    pub fn control(
        &self,
        state: &mut WorldState,
        tick: u32,
        share: f64,
        baseline: Counts,
    ) -> Counts {
        /// In most cases two longs each are enough.
        const NEAR: u64 = 8;
        let part = if share < 1.0 { (share / (1.0 - share)).min(1.0) } else { 0.0 };
        let place = 2 * u64::from(tick);
        let mut draw = |n: u64, place: u64| {
            binomial::Chance::new(part)
                .draw(n, state.streams.supply(Component::Control, place, NEAR))
        };
        let errors = draw(baseline.errors, place);
        let served = draw(baseline.requests - baseline.errors, place + 1);
        Counts { requests: errors + served, errors }
    }

    /// Draws a tick whose truth is not known in advance, or whose errors come in clumps, or
    /// takes it from a record.
    #[inline(never)]
    fn move_on(&self, state: &mut WorldState, tick: u32, level: u32, cells: Cells) -> Draw {
        let WorldState { streams, incident_end, start, .. } = state;
        let share = match &self.pace {
            Pace::Moving { shares } => shares[level as usize],
            Pace::Steady { .. } => 0.0,
            Pace::Recorded(playback) => {
                let (draw, truth) =
                    playback.tick(&self.model, streams, *start, [tick, level], cells);
                state.truth = truth;
                return draw;
            }
        };
        let surroundings = self.model.surroundings(streams, incident_end, tick);
        state.truth = self.model.truth(tick, &surroundings);
        let clump = self.clump.unwrap_or(1.0);
        let scene = Scene::new(state.truth, share, clump, &mut Sampler::unplanned);
        let draw = scene.draw(streams, tick, cells);
        match self.clump {
            None => draw,
            Some(clump) => clumped(streams, tick, clump, draw),
        }
    }

    /// The truth of the last tick; before the first tick, that of a tick without
    /// noise or incident.
    #[inline]
    pub fn truth<'a>(&'a self, state: &'a WorldState) -> &'a Truth {
        match &self.pace {
            Pace::Steady { scenes, .. } => &scenes[state.scene].truth,
            _ => &state.truth,
        }
    }

    /// The number of requests of an arm in a tick whose latency is in the bins from
    /// `edge` on. [`latency::nearest_edge`] rounds a latency to an edge, by at most 1 %
    /// between 1 µs and 10 minutes.
    pub fn slower_than(
        &self,
        state: &mut WorldState,
        arm: Arm,
        tick: &LatencyTick,
        edge: u32,
    ) -> u64 {
        self.latency.above_edge(&mut state.streams, arm, tick, edge)
    }

    fn first_scene(&self) -> usize {
        match &self.pace {
            Pace::Steady { steps, levels, .. } => phase(steps, 1) * levels,
            _ => 0,
        }
    }
}

/// What is read of the latencies: by a report, and by the rules.
fn latency_reads(config: &Config) -> impl Iterator<Item = Read> {
    let report = [0.5, 0.95, 0.99].map(|q| Read::Quantile { q, often: false });
    let rules = config.policy().rules.iter().flat_map(|rule| {
        let needs = rule.needs();
        let quantile = needs.quantile.map(|q| Read::Quantile { q, often: true });
        let edge = needs.slower_than_ms.map(|ms| Read::Edge(latency::nearest_edge(ms)));
        quantile.into_iter().chain(edge)
    });
    report.into_iter().chain(rules)
}

/// The index of the phase of a tick.
#[inline]
fn phase(steps: &[u32; 2], tick: u32) -> usize {
    usize::from(tick >= steps[0]) + usize::from(tick >= steps[1])
}

/// The counts with their errors in clumps. The counts drawn are numbers of clumps.
///
/// A clump has a geometric size of mean c. So n clumps have n errors and, beyond
/// these, a negative binomial number: Poisson with a mean that is gamma distributed,
/// of shape n and scale c − 1.
#[inline(never)]
fn clumped(streams: &mut Streams, tick: u32, clump: f64, mut draw: Draw) -> Draw {
    /// In most cases four longs are enough.
    const NEAR: u64 = 8;
    let mut grow = |component: Component, clumps: u64| {
        if clumps == 0 {
            return 0;
        }
        let mut bits = streams.supply(component, u64::from(tick), NEAR);
        let mean = gamma::standard(clumps as f64, &mut bits) * (clump - 1.0);
        clumps + if mean > 0.0 { poisson::invert(bits(), mean) } else { 0 }
    };
    draw.failed.baseline = grow(Component::ClumpsBaseline, draw.failed.baseline);
    draw.failed.canary = grow(Component::ClumpsCanary, draw.failed.canary);
    draw.excess = grow(Component::ClumpsExcess, draw.excess);
    draw
}

impl Scene {
    /// `clump` is the mean number of errors in a clump: numbers of clumps are drawn in
    /// place of errors.
    fn new(truth: Truth, share: f64, clump: f64, sampler: &mut impl FnMut(f64) -> Sampler) -> Self {
        let baseline = truth.requests * (1.0 - share);
        let canary = truth.requests * share;
        let ByArm { baseline: failing, canary: canary_failing } = truth.error_rate;
        let healthy = truth.healthy_error_rate;
        Scene {
            truth,
            failed: ByArm {
                baseline: sampler(baseline * failing / clump),
                canary: sampler(canary * canary_failing.min(healthy) / clump),
            },
            served: ByArm {
                baseline: sampler(baseline * (1.0 - failing)),
                canary: sampler(canary * (1.0 - canary_failing)),
            },
            excess: sampler(canary * (canary_failing - healthy).max(0.0) / clump),
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

/// Words per tick in a fine component: one long for each lane.
const FINE_WORDS: u64 = 4;

/// Draws a count for each arm, from the two halves of one word.
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

/// The 48 bits below those of a lane. Not inlined, because tables rarely need them.
#[inline(never)]
fn fine(streams: &mut Streams, component: Component, at: u64) -> u64 {
    streams.long(component, at) >> 16
}

impl Sampler {
    /// A sampler for a mean that is known in advance. Tables made so far are
    /// reused.
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

    /// A sampler for a mean that is known only in its tick.
    fn unplanned(mean: f64) -> Sampler {
        if mean > 0.0 { Sampler::Invert(mean) } else { Sampler::Never }
    }

    fn is_never(&self) -> bool {
        matches!(self, Sampler::Never)
    }

    /// Draws a count from a lane of 16 bits. The 48 bits below are read only if
    /// these 16 do not decide.
    #[inline(always)]
    fn draw(&self, lane: u16, fine: impl FnOnce() -> u64) -> u64 {
        match self {
            Sampler::Never => 0,
            Sampler::Table(table) => table.draw(lane, fine),
            Sampler::Invert(mean) => poisson::invert(poisson::join(lane, fine()), *mean),
        }
    }
}
