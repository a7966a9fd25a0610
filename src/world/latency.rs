//! Latencies of a tick, drawn into logarithmic bins by splitting: of the requests in a
//! range of bins, the number below an edge is binomial. Every split has its own random
//! numbers. So a quantile or a tail count draws only the splits on its path, with the
//! same result as the full histogram.
//!
//! Which edge splits a range is the same in all ticks. The first ones are near what is
//! read often, so that few splits find it.

use std::ops::Range;

use super::Truth;
use super::binomial::Chance;
use super::stream::{Numbers, Streams};
use crate::config;
use crate::math::{exp, ln};
use crate::observation::{Arm, ByArm, Counts};
use crate::stats::normal;

/// Number of bins of a histogram.
pub const BINS: u32 = 1024;
/// Number of splits.
pub(super) const SPLITS: usize = BINS as usize - 1;
/// Number of counts for [`Requests::add_bins`].
pub(super) const COUNTS: usize = SPLITS + BINS as usize;
/// ln 0.001: the logarithm of the lower edge of the first bin, in milliseconds.
const LN_FIRST_EDGE: f64 = -6.907_755_278_982_137;
/// The logarithm of the ratio of a bin's upper edge to its lower edge,
/// [`LATENCY_BIN_RATIO`](config::LATENCY_BIN_RATIO).
const LN_BIN_RATIO: f64 = 0.019_802_627_296_179_73;

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
    LN_FIRST_EDGE + edge * LN_BIN_RATIO
}

/// The edge nearest to a latency above 0, on a logarithmic scale.
pub fn nearest_edge(ms: f64) -> u32 {
    edge_at(ln(ms)).round().clamp(0.0, f64::from(BINS)) as u32
}

/// The edge at the logarithm of a latency in milliseconds, with its fraction.
fn edge_at(ln_ms: f64) -> f64 {
    (ln_ms - LN_FIRST_EDGE) / LN_BIN_RATIO
}

/// The distribution of latencies: log-normal, up to a shift.
#[derive(Clone, Debug)]
pub(super) struct Law {
    /// By edge, its logarithm minus the mean.
    edges: Box<[f64]>,
    /// Standard deviation of the logarithm; may be 0.
    sigma: f64,
    /// The splits; the first one splits all bins, and each stands before those of its
    /// halves.
    splits: Box<[Split]>,
    /// The chances at the shifts that most ticks have.
    tables: Vec<Table>,
}

/// What is read of the latencies.
#[derive(Clone, Copy, Debug)]
pub(super) enum Read {
    /// A quantile of a window, `q` in (0, 1).
    Quantile { q: f64, often: bool },
    /// The requests from an edge on.
    Edge(u32),
}

/// A range of bins, split at an edge.
#[derive(Clone, Copy, Debug)]
struct Split {
    /// The edge, in 1..[`BINS`]; there is one split at each.
    edge: u16,
    /// The first bin of the range, and the one after its last.
    bins: [u16; 2],
    /// What is below the edge, and what is from it on.
    halves: [Part; 2],
}

/// A range of bins: one of the splits by its number, or a single bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Of several bins.
    Split(u16),
    /// The bin with this number.
    Bin(u16),
}

/// By split, the chance that a request in its range is below its edge.
#[derive(Clone, Debug)]
struct Table {
    shift: f64,
    chances: Box<[Chance]>,
}

/// A split of the requests of an arm in a tick, drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawn {
    /// The number of the split.
    split: u16,
    /// The requests in its range.
    here: u64,
    /// How many of them are below its edge.
    pub(super) below: u64,
}

/// Whether to add or to subtract.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sign {
    Plus,
    Minus,
}

/// The requests of an arm in a tick, ready to be split.
pub(super) struct Requests<'a> {
    law: &'a Law,
    chances: Option<&'a [Chance]>,
    shift: f64,
    number: u64,
    /// From which the random numbers of its splits are derived.
    key: u64,
}

impl Law {
    pub(super) fn new(
        latency: &config::Latency,
        usual_shifts: &[f64],
        reads: impl Iterator<Item = Read>,
    ) -> Self {
        let (mu, sigma) = latency.ln_law();
        let edges = (0..=BINS).map(|edge| ln_edge(f64::from(edge)) - mu).collect();
        let mut law = Law { edges, sigma, splits: Box::new([]), tables: Vec::new() };
        law.splits = splits(&law.weights(mu, reads));
        law.tables = usual_shifts
            .iter()
            .map(|&shift| {
                let tails: Vec<Tails> = (0..=BINS).map(|edge| law.tails(edge, shift)).collect();
                let chance =
                    |split: &Split| Chance::new(split.below(|edge| tails[usize::from(edge)]));
                Table { shift, chances: law.splits.iter().map(chance).collect() }
            })
            .collect();
        law
    }

    /// How likely it is that a bin is looked for, by bin: its probability, a share for
    /// what is read, and a little in any case.
    fn weights(&self, mu: f64, reads: impl Iterator<Item = Read>) -> Vec<f64> {
        let tails: Vec<Tails> = (0..=BINS).map(|edge| self.tails(edge, 0.0)).collect();
        let mut weights: Vec<f64> = tails
            .windows(2)
            .map(|tails| between(tails[0], tails[1]) + 0.1 / f64::from(BINS))
            .collect();
        for read in reads {
            match read {
                Read::Quantile { q, often } => {
                    let share = if often { 8.0 } else { 0.5 };
                    let edge = edge_at(mu + self.sigma * normal::quantile(q));
                    let edge = edge.clamp(0.0, f64::from(BINS));
                    for (bin, weight) in (0..BINS).zip(&mut weights) {
                        // A window's quantile varies around that of the law.
                        let distance = 1.0 + (f64::from(bin) + 0.5 - edge).abs();
                        *weight += share / (distance * distance);
                    }
                }
                // The edge is found if it separates the two bins.
                Read::Edge(edge) => {
                    let edge = edge.clamp(1, BINS - 1) as usize;
                    weights[edge - 1] += 64.0;
                    weights[edge] += 64.0;
                }
            }
        }
        weights
    }

    /// The requests of an arm in a tick.
    #[inline]
    pub(super) fn requests(
        &self,
        streams: &mut Streams,
        arm: Arm,
        tick: &LatencyTick,
    ) -> Requests<'_> {
        let shift = *tick.shift.of(arm);
        let table = self.tables.iter().find(|table| table.shift == shift);
        Requests {
            law: self,
            chances: table.map(|table| &*table.chances),
            shift,
            number: *tick.requests.of(arm),
            key: streams.latency_key(arm, tick.tick),
        }
    }

    /// The range that the first split splits.
    pub(super) fn all(&self) -> Part {
        Part::Split(0)
    }

    /// The half of a split below its edge, and the other.
    #[inline]
    pub(super) fn halves(&self, split: u16) -> [Part; 2] {
        self.splits[usize::from(split)].halves
    }

    /// The number of requests of an arm in a tick, in bins from `edge` on.
    pub(super) fn above_edge(
        &self,
        streams: &mut Streams,
        arm: Arm,
        tick: &LatencyTick,
        edge: u32,
    ) -> u64 {
        let requests = self.requests(streams, arm, tick);
        if edge == 0 {
            return requests.number;
        }
        // The requests above the range, and in it.
        let (mut above, mut here) = (0, requests.number);
        let mut part = self.all();
        while let Part::Split(number) = part
            && here > 0
        {
            let split = &self.splits[usize::from(number)];
            let below = requests.below(number, here);
            if edge <= u32::from(split.edge) {
                above += here - below;
                here = below;
                part = split.halves[0];
                if edge == u32::from(split.edge) {
                    return above;
                }
            } else {
                here -= below;
                part = split.halves[1];
            }
        }
        // Only the end of the last bin is not the edge of a split.
        above
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

impl Requests<'_> {
    /// How many requests are below the edge of a split, of `here` in its range.
    #[inline]
    fn below(&self, split: u16, here: u64) -> u64 {
        if here == 0 {
            return 0;
        }
        match self.chances {
            Some(chances) => self.draw(split, &chances[usize::from(split)], here),
            None => {
                let tails = |edge| self.law.tails(u32::from(edge), self.shift);
                let chance = Chance::new(self.law.splits[usize::from(split)].below(tails));
                self.draw(split, &chance, here)
            }
        }
    }

    #[inline]
    fn draw(&self, split: u16, chance: &Chance, here: u64) -> u64 {
        let edge = u64::from(self.law.splits[usize::from(split)].edge);
        let mut numbers = Numbers::new(self.key, edge);
        chance.draw(here, || numbers.next())
    }

    /// Draws the first split.
    #[inline]
    pub(super) fn first(&self) -> Drawn {
        Drawn { split: 0, here: self.number, below: self.below(0, self.number) }
    }

    /// Draws all splits that lead to one, starting from a drawn one. That must have
    /// the other in its range.
    #[inline]
    pub(super) fn down_to(&self, split: u16, from: Drawn) -> Drawn {
        let edge = self.law.splits[usize::from(split)].edge;
        let mut at = from;
        while at.split != split {
            let Split { edge: middle, halves, .. } = self.law.splits[usize::from(at.split)];
            let (part, here) =
                if edge < middle { (halves[0], at.below) } else { (halves[1], at.here - at.below) };
            let Part::Split(number) = part else { break };
            at = Drawn { split: number, here, below: self.below(number, here) };
        }
        at
    }

    /// Adds the requests by bin to counts, or subtracts them, and returns a range of
    /// bins that contains all of these. `counts` is as long as [`COUNTS`]: zeros for the
    /// splits, then the counts of the bins.
    pub(super) fn add_bins(&self, counts: &mut [u64], sign: Sign) -> Range<usize> {
        // A negative number is its complement plus 1.
        let mask = match sign {
            Sign::Plus => 0,
            Sign::Minus => u64::MAX,
        };
        let signed = |count: u64| (count ^ mask).wrapping_sub(mask);
        let (mut first, mut past) = (BINS, 0);
        // Splits with requests, each before those of its halves. Level by level, because
        // splits of a level have similar numbers of requests, which a processor's
        // prediction of branches makes use of.
        let mut queue = [0; SPLITS];
        let mut queued = usize::from(self.number > 0);
        counts[0] = signed(self.number);
        let mut next = 0;
        while next < queued {
            let number = queue[next];
            next += 1;
            let split = &self.law.splits[usize::from(number)];
            let here = signed(std::mem::take(&mut counts[usize::from(number)]));
            let below = self.below(number, here);
            for (half, count) in split.halves.iter().zip([below, here - below]) {
                let place = match half {
                    Part::Split(number) => {
                        queue[queued] = *number;
                        queued += usize::from(count > 0);
                        usize::from(*number)
                    }
                    Part::Bin(bin) => SPLITS + usize::from(*bin),
                };
                counts[place] = counts[place].wrapping_add(signed(count));
            }
            first = first.min(u32::from(split.edge));
            past = past.max(u32::from(split.edge));
        }
        // A bin with requests has an edge at which a range was split.
        first.saturating_sub(1) as usize..past as usize + 1
    }
}

impl Split {
    /// The probability of being below the edge, given the range.
    fn below(&self, tails: impl Fn(u16) -> Tails) -> f64 {
        let [low, middle, high] = [self.bins[0], self.edge, self.bins[1]].map(tails);
        let (below, above) = (between(low, middle), between(middle, high));
        // Without any probability, every answer is right.
        if below > 0.0 { below / (below + above) } else { 0.0 }
    }
}

/// The splits for bins with these weights: each splits the weight of its range as
/// evenly as possible.
fn splits(weights: &[f64]) -> Box<[Split]> {
    let mut up_to = vec![0.0];
    let mut sum = 0.0;
    for weight in weights {
        sum += weight;
        up_to.push(sum);
    }
    let mut splits = Vec::with_capacity(weights.len() - 1);
    split(&up_to, 0, weights.len(), &mut splits);
    splits.into()
}

/// Splits a range of bins and its halves, and returns it.
fn split(up_to: &[f64], first: usize, past: usize, splits: &mut Vec<Split>) -> Part {
    if past - first == 1 {
        return Part::Bin(first as u16);
    }
    let middle = 0.5 * (up_to[first] + up_to[past]);
    let above = up_to[first + 1..past].partition_point(|sum| *sum < middle) + first + 1;
    let edge = match above {
        edge if edge >= past => past - 1,
        edge if edge > first + 1 && middle - up_to[edge - 1] < up_to[edge] - middle => edge - 1,
        edge => edge,
    };
    let number = splits.len();
    let bins = [first as u16, past as u16];
    splits.push(Split { edge: edge as u16, bins, halves: [Part::Bin(0); 2] });
    let low = split(up_to, first, edge, splits);
    let high = split(up_to, edge, past, splits);
    splits[number].halves = [low, high];
    Part::Split(number as u16)
}

/// The probabilities on the two sides of an edge; each is precise where it is
/// small.
#[derive(Clone, Copy)]
struct Tails {
    below: f64,
    above: f64,
}

/// The probability between two edges, from the side where it is more precise.
fn between(low: Tails, high: Tails) -> f64 {
    if low.below < low.above { high.below - low.below } else { low.above - high.above }
}
