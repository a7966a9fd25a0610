//! Latencies of a tick, drawn into logarithmic bins by halving: of the requests in
//! a range of bins, the number in the left half is binomial. Every split has its
//! own random words. So a quantile or a tail count draws only the splits on its
//! path, with the same result as the full histogram.

use super::Truth;
use super::binomial;
use super::stream::{Component, Streams};
use crate::config;
use crate::math::{exp, ln};
use crate::observation::{Arm, ByArm, Counts};
use crate::stats::normal;

/// Number of halvings from all bins to one.
const LEVELS: u32 = 10;
/// Number of bins of a histogram.
pub const BINS: u32 = 1 << LEVELS;
/// Lower edge of the first bin, in milliseconds.
const FIRST_EDGE_MS: f64 = 0.001;
/// The ratio of a bin's upper edge to its lower edge.
const BIN_RATIO: f64 = config::LATENCY_BIN_RATIO;
/// Number of levels whose splits are adjacent in a stream, so that loading its
/// window once serves four splits of a path.
const LEVELS_TOGETHER: u32 = 4;

/// What the latencies of a tick are drawn from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LatencyTick {
    /// The tick, from 1.
    pub tick: u32,
    /// The number of requests, by arm.
    pub requests: ByArm<u64>,
    /// The logarithm of the factor on latencies, by arm.
    pub shift: ByArm<f64>,
}

impl LatencyTick {
    /// The latencies of a tick with these counts and this truth.
    pub fn new(tick: u32, counts: &ByArm<Counts>, truth: &Truth) -> Self {
        let requests = ByArm::from_fn(|arm| counts.of(arm).requests);
        LatencyTick { tick, requests, shift: truth.latency_shift }
    }
}

/// The lower edge of a bin, which is the upper edge of the previous one, in
/// milliseconds. `edge` is in 0..=[`BINS`]; fractions are interpolated on a
/// logarithmic scale.
///
/// The first bin also contains all latencies below its lower edge, and the last bin
/// all above its upper edge.
pub fn edge_ms(edge: f64) -> f64 {
    exp(ln_edge(edge))
}

fn ln_edge(edge: f64) -> f64 {
    ln(FIRST_EDGE_MS) + edge * ln(BIN_RATIO)
}

/// The edge nearest to a latency above 0, on a logarithmic scale.
pub fn nearest_edge(ms: f64) -> u32 {
    let edge = (ln(ms) - ln(FIRST_EDGE_MS)) / ln(BIN_RATIO);
    edge.round().clamp(0.0, f64::from(BINS)) as u32
}

/// The distribution of latencies: log-normal, up to a shift.
#[derive(Clone, Debug)]
pub(super) struct Law {
    /// By edge, its logarithm minus the mean.
    edges: Box<[f64]>,
    /// Standard deviation of the logarithm; may be 0.
    sigma: f64,
    /// The splits at the shifts that most ticks have.
    tables: Vec<Splits>,
}

/// The probability of the left half, by node.
#[derive(Clone, Debug)]
struct Splits {
    shift: f64,
    left: Box<[f64]>,
}

/// The requests of a tick at the current node, and how many of them are in its left
/// half.
#[derive(Clone, Copy, Debug)]
pub(super) struct Descent {
    here: u64,
    left: u64,
}

/// Consecutive ticks whose requests have the same weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeightedTicks {
    /// The number of ticks.
    pub ticks: usize,
    /// The weight of each of their requests, at least 0.
    pub weight: f64,
}

/// The weighted sum over the ticks; exact if the weights are 0 or 1.
fn weighted(
    descents: &[Descent],
    weights: &[WeightedTicks],
    count: impl Fn(&Descent) -> u64,
) -> f64 {
    let mut rest = descents;
    let mut sum = 0.0;
    for &WeightedTicks { ticks, weight } in weights {
        let (run, after) = rest.split_at(ticks.min(rest.len()));
        if weight > 0.0 {
            sum += weight * run.iter().map(&count).sum::<u64>() as f64;
        }
        rest = after;
    }
    sum
}

/// A node of the tree of halvings, numbered as in a heap: 1 is the root, the
/// halves of i are 2i and 2i + 1, the bins follow from [`BINS`].
type Node = u32;

impl Law {
    pub(super) fn new(latency: &config::Latency, usual_shifts: &[f64]) -> Self {
        let (mu, sigma) = latency.ln_law();
        let edges = (0..=BINS).map(|edge| ln_edge(f64::from(edge)) - mu).collect();
        let mut law = Law { edges, sigma, tables: Vec::new() };
        law.tables = usual_shifts
            .iter()
            .map(|&shift| {
                let tails: Vec<Tails> = (0..=BINS).map(|edge| law.tails(edge, shift)).collect();
                let split = |node: Node| split(node.max(1), |edge| tails[edge as usize]);
                Splits { shift, left: (0..BINS).map(split).collect() }
            })
            .collect();
        law
    }

    /// The latency at rank q · n of n, interpolated on a logarithmic scale between
    /// the edges of its bin. `weights` are consecutive ranges of ticks that make up
    /// the window.
    pub(super) fn quantile_ms(
        &self,
        streams: &mut Streams,
        descents: &mut Vec<Descent>,
        arm: Arm,
        window: &[LatencyTick],
        weights: &[WeightedTicks],
        q: f64,
    ) -> Option<f64> {
        begin(descents, arm, window);
        let mut here = weighted(descents, weights, |descent| descent.here);
        if here <= 0.0 {
            return None;
        }
        let mut rank = q * here;
        let mut node = 1;
        while node < BINS {
            self.halve(streams, descents, arm, window, node);
            let left = weighted(descents, weights, |descent| descent.left);
            let right = weighted(descents, weights, |descent| descent.here - descent.left);
            // An empty half is never chosen, not even at rank 0 or if rounding
            // moves the rank beyond the sum.
            let to_left = left > 0.0 && (rank <= left || right == 0.0);
            node = descend(descents, node, to_left);
            if to_left {
                here = left;
            } else {
                rank -= left;
                here = right;
            }
        }
        let within = (rank / here).clamp(0.0, 1.0);
        Some(edge_ms(f64::from(node - BINS) + within))
    }

    /// The number of requests in bins from `edge` on.
    pub(super) fn above_edge(
        &self,
        streams: &mut Streams,
        descents: &mut Vec<Descent>,
        arm: Arm,
        window: &[LatencyTick],
        edge: u32,
    ) -> u64 {
        let all = begin(descents, arm, window);
        if edge >= BINS {
            return 0;
        }
        // Requests right of the node and in it.
        let (mut right, mut here) = (0, all);
        let mut node = 1;
        for level in (0..LEVELS).rev() {
            let to_left = edge >> level & 1 == 0;
            let left = self.halve(streams, descents, arm, window, node);
            node = descend(descents, node, to_left);
            if to_left {
                right += here - left;
                here = left;
            } else {
                here -= left;
            }
        }
        right + here
    }

    /// The number of requests by bin.
    pub(super) fn histogram(
        &self,
        streams: &mut Streams,
        arm: Arm,
        window: &[LatencyTick],
    ) -> Vec<u64> {
        let mut bins = vec![0; BINS as usize];
        let mut nodes = vec![0; 2 * BINS as usize];
        for tick in window {
            nodes[1] = *tick.requests.of(arm);
            for node in in_stream_order() {
                let here = nodes[node as usize];
                let left = self.left(streams, arm, tick, node, here);
                nodes[2 * node as usize] = left;
                nodes[2 * node as usize + 1] = here - left;
            }
            for (bin, count) in bins.iter_mut().zip(&nodes[BINS as usize..]) {
                *bin += count;
            }
        }
        bins
    }

    /// Draws the left half of a node in every tick, and returns the sum.
    fn halve(
        &self,
        streams: &mut Streams,
        descents: &mut [Descent],
        arm: Arm,
        window: &[LatencyTick],
        node: Node,
    ) -> u64 {
        let mut sum = 0;
        for (descent, tick) in descents.iter_mut().zip(window) {
            descent.left = self.left(streams, arm, tick, node, descent.here);
            sum += descent.left;
        }
        sum
    }

    /// The number of requests in the left half of a node that has `here` requests.
    fn left(
        &self,
        streams: &mut Streams,
        arm: Arm,
        tick: &LatencyTick,
        node: Node,
        here: u64,
    ) -> u64 {
        if here == 0 {
            return 0;
        }
        let shift = *tick.shift.of(arm);
        let table = self.tables.iter().find(|table| table.shift == shift);
        let p = match table {
            Some(table) => table.left[node as usize],
            None => split(node, |edge| self.tails(edge, shift)),
        };
        let words = words(streams, arm, tick.tick, node);
        binomial::draw(here, p, words)
    }

    /// The probability of a latency below and above an edge; nothing is below
    /// the first or above the last.
    fn tails(&self, edge: u32, shift: f64) -> Tails {
        if edge == 0 {
            return Tails { below: 0.0, above: 1.0 };
        }
        if edge == BINS {
            return Tails { below: 1.0, above: 0.0 };
        }
        let distance = self.edges[edge as usize] - shift;
        let z = if self.sigma > 0.0 {
            distance / self.sigma
        } else if distance > 0.0 {
            f64::INFINITY
        } else {
            f64::NEG_INFINITY
        };
        if z < 0.0 {
            let below = normal::cdf(z);
            Tails { below, above: 1.0 - below }
        } else {
            let above = normal::sf(z);
            Tails { below: 1.0 - above, above }
        }
    }
}

/// The probabilities on the two sides of an edge; each is precise where it is
/// small.
#[derive(Clone, Copy)]
struct Tails {
    below: f64,
    above: f64,
}

/// The probability of the left half of a node, given the node.
fn split(node: Node, tails: impl Fn(u32) -> Tails) -> f64 {
    let height = LEVELS - node.ilog2();
    let first = (node << height) - BINS;
    let middle = first + (1 << (height - 1));
    let [low, middle, high] = [first, middle, first + (1 << height)].map(tails);
    let (left, right) = (between(low, middle), between(middle, high));
    // Without any probability, every answer is right.
    if left > 0.0 { left / (left + right) } else { 0.0 }
}

/// The probability between two edges, from the side where it is more precise.
fn between(low: Tails, high: Tails) -> f64 {
    if low.below < low.above { high.below - low.below } else { low.above - high.above }
}

/// Puts all ticks at the root, and returns the number of their requests.
fn begin(descents: &mut Vec<Descent>, arm: Arm, window: &[LatencyTick]) -> u64 {
    descents.clear();
    descents.extend(window.iter().map(|t| Descent { here: *t.requests.of(arm), left: 0 }));
    descents.iter().map(|descent| descent.here).sum()
}

/// Moves all ticks to one half of a node, and returns that half.
fn descend(descents: &mut [Descent], node: Node, to_left: bool) -> Node {
    for descent in descents {
        descent.here = if to_left { descent.left } else { descent.here - descent.left };
    }
    2 * node + u32::from(!to_left)
}

/// The place of a split's words in the stream. A cluster has 16 places: a node and
/// the three levels below it take the places 1 to 15.
fn place(node: Node) -> u32 {
    let level = node.ilog2();
    let below_top = level % LEVELS_TOGETHER;
    let top = node >> below_top;
    let place = 1 << below_top | node & ((1 << below_top) - 1);
    top << LEVELS_TOGETHER | place
}

/// All nodes, each after its parent, cluster by cluster.
fn in_stream_order() -> impl Iterator<Item = Node> {
    let tops = (0..LEVELS).step_by(LEVELS_TOGETHER as usize).flat_map(|level| {
        let below = LEVELS_TOGETHER.min(LEVELS - level);
        (1 << level..2 << level).map(move |top: Node| (top, below))
    });
    tops.flat_map(|(top, levels)| {
        (0..levels).flat_map(move |below| top << below..(top + 1) << below)
    })
}

/// The random words of a split. The two longs at its place are enough in most
/// cases.
fn words(streams: &mut Streams, arm: Arm, tick: u32, node: Node) -> impl FnMut() -> u64 {
    /// Number of places per tick; the highest is that of a cluster at level 8.
    const PLACES: u64 = 1 << 13;
    const NEAR: u64 = 4;
    let components = match arm {
        Arm::Baseline => [Component::LatencyBaseline, Component::LatencyBaselineMore],
        Arm::Canary => [Component::LatencyCanary, Component::LatencyCanaryMore],
    };
    streams.supply(components, u64::from(tick) * PLACES + u64::from(place(node)), NEAR)
}
