//! The latencies of a window of ticks. What was drawn for a look is kept and extended
//! for the next, so a look costs the same in a long window as in a short one.

use std::collections::VecDeque;
use std::ops::Range;

use super::latency::{BINS, COUNTS, Drawn, LatencyTick, Law, Part, SPLITS, Sign, edge_ms};
use super::stream::Streams;
use super::{World, WorldState};
use crate::observation::{Arm, ByArm};
use crate::stats::mann_whitney::RankSum;

/// The latencies of both arms over a window of ticks that grows or slides.
///
/// The ticks are a range of a log of ticks. Each call gets the log anew; it must be the
/// same, except that ticks may have been added at its end. The latencies of a tick are
/// the same in every window.
///
/// A window may have several strata: ranges of ticks, each with one traffic share, by
/// which the arms are compared.
#[derive(Clone, Debug)]
pub struct LatencyWindow {
    /// The ticks, as indices of the log.
    ticks: Range<usize>,
    /// In the order of the ticks, at least one.
    strata: VecDeque<Stratum>,
    /// Strata that are not in use, kept for their memory.
    spare: Vec<Stratum>,
    /// The comparison of the arms, by stratum.
    rank_sums: Vec<RankSum>,
}

/// The ticks of one traffic share.
#[derive(Clone, Debug, Default)]
struct Stratum {
    /// The index of its first tick, in the window or before.
    first: usize,
    /// Its ticks in the window.
    ticks: Range<usize>,
    /// The requests in these ticks.
    requests: ByArm<u64>,
    /// What was drawn for quantiles; the first element is the sum of the first split.
    sums: ByArm<Vec<Sum>>,
    /// What was drawn for comparisons.
    histograms: ByArm<Histogram>,
    /// The comparison of the histograms, if they have not changed since.
    rank_sum: Option<RankSum>,
    /// Where the current descent is.
    at: Place,
}

/// Of the requests in the range of a split, those below its edge, summed over ticks.
#[derive(Clone, Debug)]
struct Sum {
    split: u16,
    /// The ticks in the sum.
    ticks: Range<usize>,
    below: u64,
    /// The indices of the sums of both halves; 0 where there is none.
    halves: [u16; 2],
}

/// A place in the sums of a stratum.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// The index of a sum.
    sum: usize,
    /// The requests in the range of its split.
    here: u64,
    /// The weight of each of these requests.
    weight: f64,
}

/// Requests by bin, summed over ticks.
#[derive(Clone, Debug, Default)]
struct Histogram {
    /// The ticks in the sum.
    ticks: Range<usize>,
    /// The counts of [`Requests::add_bins`](super::latency::Requests::add_bins); empty
    /// before the first tick.
    counts: Vec<u64>,
    /// The bins that may have requests.
    occupied: Range<usize>,
}

/// How far a descent has split the requests of some ticks.
#[derive(Clone, Debug, Default)]
pub(super) struct Trail {
    ticks: Range<usize>,
    drawn: Vec<Drawn>,
}

/// What latencies are drawn from.
struct Source<'a> {
    law: &'a Law,
    streams: &'a mut Streams,
    trails: &'a mut Trails,
    log: &'a [LatencyTick],
    arm: Arm,
}

/// The trails of the ticks that come into a window and of those that leave it.
#[derive(Clone, Debug, Default)]
pub(super) struct Trails {
    coming: Trail,
    leaving: Trail,
}

impl Default for LatencyWindow {
    fn default() -> Self {
        LatencyWindow::new()
    }
}

impl LatencyWindow {
    /// A window without ticks.
    pub fn new() -> Self {
        LatencyWindow {
            ticks: 0..0,
            strata: VecDeque::from([Stratum::default()]),
            spare: Vec::new(),
            rank_sums: Vec::new(),
        }
    }

    /// Makes the window as it was when new, and keeps its memory.
    pub fn restart(&mut self) {
        self.ticks = 0..0;
        self.spare.extend(self.strata.drain(1..));
        self.strata[0].restart(0);
    }

    /// Moves the window to a range of the log. Whatever was drawn is kept, as far as
    /// the window only grows at its end and shrinks at its beginning. Strata that lie
    /// before it are forgotten.
    pub fn cover(&mut self, log: &[LatencyTick], ticks: Range<usize>) {
        let end = ticks.end.min(log.len());
        let start = ticks.start.min(end);
        if start < self.ticks.start {
            self.restart();
        }
        while self.strata.len() > 1 && self.strata[1].first <= start {
            self.spare.extend(self.strata.pop_front());
        }
        let mut past = end;
        for stratum in self.strata.iter_mut().rev() {
            let first = stratum.first.clamp(start, end);
            stratum.cover(log, first..past);
            past = first;
        }
        self.ticks = start..end;
    }

    /// Begins a stratum at an index of the log: later ticks have another traffic share.
    /// The index is not before the end of the window.
    pub fn begin_stratum(&mut self, first: usize) {
        if self.strata.iter().all(|stratum| stratum.first < first) {
            let mut stratum = self.spare.pop().unwrap_or_default();
            stratum.restart(first);
            self.strata.push_back(stratum);
        }
    }

    /// A quantile of an arm's latencies in milliseconds; `q` in 0..=1. `None` without
    /// requests.
    ///
    /// The result is the latency at rank q · n of n, interpolated on a logarithmic
    /// scale between the edges of its bin.
    ///
    /// With several strata, each request of the canary has weight 1. The baseline's are
    /// weighted so that each stratum weighs as much as it does for the canary. A stratum
    /// in which an arm has no requests has weight 0.
    pub fn quantile_ms(
        &mut self,
        world: &World,
        state: &mut WorldState,
        log: &[LatencyTick],
        arm: Arm,
        q: f64,
    ) -> Option<f64> {
        let WorldState { streams, trails, .. } = state;
        let mut source = Source { law: &world.latency, streams, trails, log, arm };
        source.trails.restart();
        let stratified = self.strata.len() > 1;
        let mut here = 0.0;
        for stratum in &mut self.strata {
            let requests = *stratum.requests.of(arm);
            let weight = if stratified { stratum.weight(arm) } else { 1.0 };
            stratum.at = Place { sum: 0, here: requests, weight };
            here += weight * requests as f64;
        }
        if here <= 0.0 {
            return None;
        }
        let mut rank = q * here;
        let mut part = source.law.all();
        while let Part::Split(split) = part {
            let (mut below, mut above) = (0.0, 0.0);
            for stratum in self.strata.iter_mut().filter(|stratum| stratum.at.weight > 0.0) {
                let low = stratum.below(&mut source, split);
                below += stratum.at.weight * low as f64;
                above += stratum.at.weight * (stratum.at.here - low) as f64;
            }
            // An empty half is never chosen, not even at rank 0 or if rounding
            // moves the rank beyond the sum.
            let half = usize::from(below == 0.0 || rank > below && above > 0.0);
            part = source.law.halves(split)[half];
            for stratum in self.strata.iter_mut().filter(|stratum| stratum.at.weight > 0.0) {
                stratum.descend(arm, half, part);
            }
            if half == 0 {
                here = below;
            } else {
                rank -= below;
                here = above;
            }
        }
        let Part::Bin(bin) = part else { return None };
        let within = (rank / here).clamp(0.0, 1.0);
        Some(edge_ms(f64::from(bin) + within))
    }

    /// A quantile of the latencies of both arms together, in milliseconds, as
    /// [`quantile_ms`](LatencyWindow::quantile_ms). It is read from the histograms, which
    /// takes longer.
    pub fn service_quantile_ms(
        &mut self,
        world: &World,
        state: &mut WorldState,
        log: &[LatencyTick],
        q: f64,
    ) -> Option<f64> {
        let mut all = self.histogram(world, state, log, Arm::Canary);
        for (sum, count) in all.iter_mut().zip(self.histogram(world, state, log, Arm::Baseline)) {
            *sum += count;
        }
        let last = all.iter().rposition(|count| *count > 0)?;
        let mut rank = q * all.iter().sum::<u64>() as f64;
        for (bin, count) in all.iter().enumerate().filter(|(_, count)| **count > 0) {
            let count = *count as f64;
            if rank <= count || bin == last {
                return Some(edge_ms(bin as f64 + (rank / count).min(1.0)));
            }
            rank -= count;
        }
        None
    }

    /// The arms compared by ranks, a sum for each stratum.
    pub fn rank_sums(
        &mut self,
        world: &World,
        state: &mut WorldState,
        log: &[LatencyTick],
    ) -> &[RankSum] {
        self.rank_sums.clear();
        for stratum in &mut self.strata {
            self.rank_sums.push(stratum.rank_sum(&world.latency, &mut state.streams, log));
        }
        &self.rank_sums
    }

    /// The requests of an arm by bin ([`edge_ms`]), in all strata together.
    pub fn histogram(
        &mut self,
        world: &World,
        state: &mut WorldState,
        log: &[LatencyTick],
        arm: Arm,
    ) -> Vec<u64> {
        let mut all = vec![0; BINS as usize];
        for stratum in &mut self.strata {
            let drawn = stratum.histogram(&world.latency, &mut state.streams, log, arm);
            for (sum, count) in all.iter_mut().zip(drawn.bins()) {
                *sum += count;
            }
        }
        all
    }
}

impl Stratum {
    fn restart(&mut self, first: usize) {
        self.first = first;
        self.empty(first);
    }

    /// Forgets everything drawn, and begins without ticks at an index.
    fn empty(&mut self, at: usize) {
        self.ticks = at..at;
        self.requests = ByArm::default();
        for arm in [Arm::Baseline, Arm::Canary] {
            self.sums.of_mut(arm).clear();
            self.histograms.of_mut(arm).empty(at);
        }
        self.rank_sum = None;
    }

    fn cover(&mut self, log: &[LatencyTick], ticks: Range<usize>) {
        if ticks == self.ticks {
            return;
        }
        if ticks.start < self.ticks.start
            || ticks.end < self.ticks.end
            || ticks.start >= self.ticks.end
        {
            self.empty(ticks.start);
        }
        for tick in &log[self.ticks.start..ticks.start] {
            self.requests.baseline -= tick.requests.baseline;
            self.requests.canary -= tick.requests.canary;
        }
        for tick in &log[self.ticks.end..ticks.end] {
            self.requests.baseline += tick.requests.baseline;
            self.requests.canary += tick.requests.canary;
        }
        self.ticks = ticks;
    }

    /// The weight of a request where the arms are compared by stratum.
    fn weight(&self, arm: Arm) -> f64 {
        let ByArm { baseline, canary } = self.requests;
        match arm {
            _ if baseline == 0 || canary == 0 => 0.0,
            Arm::Canary => 1.0,
            Arm::Baseline => canary as f64 / baseline as f64,
        }
    }

    /// The requests below the edge of the split where the descent is.
    fn below(&mut self, source: &mut Source, split: u16) -> u64 {
        let sums = self.sums.of_mut(source.arm);
        if sums.is_empty() {
            sums.push(Sum::new(split));
        }
        let sum = &mut sums[self.at.sum];
        sum.cover(source, &self.ticks);
        sum.below
    }

    /// Moves the descent to a half of the split where it is.
    fn descend(&mut self, arm: Arm, half: usize, part: Part) {
        let sums = self.sums.of_mut(arm);
        let Sum { below, halves, .. } = sums[self.at.sum];
        self.at.here = if half == 0 { below } else { self.at.here - below };
        if let Part::Split(split) = part {
            if halves[half] == 0 {
                sums[self.at.sum].halves[half] = sums.len() as u16;
                sums.push(Sum::new(split));
            }
            self.at.sum = usize::from(sums[self.at.sum].halves[half]);
        }
    }

    fn rank_sum(&mut self, law: &Law, streams: &mut Streams, log: &[LatencyTick]) -> RankSum {
        let drawn = self.histograms.canary.ticks == self.ticks
            && self.histograms.baseline.ticks == self.ticks;
        if let (true, Some(rank_sum)) = (drawn, self.rank_sum) {
            return rank_sum;
        }
        for arm in [Arm::Canary, Arm::Baseline] {
            self.histogram(law, streams, log, arm);
        }
        let ByArm { canary, baseline } = &self.histograms;
        let occupied = union(&canary.occupied, &baseline.occupied);
        let [canary, baseline] = [canary, baseline]
            .map(|histogram| histogram.bins().get(occupied.clone()).unwrap_or_default());
        let rank_sum = RankSum::new(canary, baseline);
        self.rank_sum = Some(rank_sum);
        rank_sum
    }

    fn histogram(
        &mut self,
        law: &Law,
        streams: &mut Streams,
        log: &[LatencyTick],
        arm: Arm,
    ) -> &Histogram {
        let histogram = self.histograms.of_mut(arm);
        histogram.cover(law, streams, log, arm, &self.ticks);
        histogram
    }
}

/// The ticks that a sum over ticks must lose and gain so that it is over others.
struct Change {
    /// Whether it must begin anew.
    anew: bool,
    leaving: Range<usize>,
    coming: Range<usize>,
}

impl Change {
    /// The cheaper of two ways: to change the sum, or to begin anew.
    fn new(from: &Range<usize>, to: &Range<usize>) -> Self {
        let kept = to.start >= from.start && to.end >= from.end && to.start < from.end;
        if kept && to.start - from.start <= to.end - to.start {
            Change { anew: false, leaving: from.start..to.start, coming: from.end..to.end }
        } else {
            Change { anew: true, leaving: 0..0, coming: to.clone() }
        }
    }
}

impl Sum {
    fn new(split: u16) -> Self {
        Sum { split, ticks: 0..0, below: 0, halves: [0; 2] }
    }

    fn cover(&mut self, source: &mut Source, ticks: &Range<usize>) {
        if self.ticks == *ticks {
            return;
        }
        let change = Change::new(&self.ticks, ticks);
        if change.anew {
            self.below = 0;
        }
        let Source { law, streams, trails, log, arm } = source;
        self.below -= trails.leaving.below(law, streams, log, *arm, change.leaving, self.split);
        self.below += trails.coming.below(law, streams, log, *arm, change.coming, self.split);
        self.ticks = ticks.clone();
    }
}

impl Trails {
    /// Before a new descent.
    fn restart(&mut self) {
        self.coming.ticks = 0..0;
        self.leaving.ticks = 0..0;
    }
}

impl Trail {
    /// The requests below the edge of a split, in some ticks together. Continues from
    /// the last split, if the ticks are the same.
    fn below(
        &mut self,
        law: &Law,
        streams: &mut Streams,
        log: &[LatencyTick],
        arm: Arm,
        ticks: Range<usize>,
        split: u16,
    ) -> u64 {
        let mut sum = 0;
        if self.ticks == ticks {
            for (tick, drawn) in log[ticks].iter().zip(&mut self.drawn) {
                *drawn = law.requests(streams, arm, tick).down_to(split, *drawn);
                sum += drawn.below;
            }
            return sum;
        }
        self.drawn.clear();
        for tick in &log[ticks.clone()] {
            let requests = law.requests(streams, arm, tick);
            let drawn = requests.down_to(split, requests.first());
            sum += drawn.below;
            self.drawn.push(drawn);
        }
        self.ticks = ticks;
        sum
    }
}

impl Histogram {
    fn empty(&mut self, at: usize) {
        self.ticks = at..at;
        let occupied = std::mem::take(&mut self.occupied);
        for bin in occupied {
            self.counts[SPLITS + bin] = 0;
        }
    }

    /// The counts by bin; empty before the first tick.
    fn bins(&self) -> &[u64] {
        self.counts.get(SPLITS..).unwrap_or_default()
    }

    fn cover(
        &mut self,
        law: &Law,
        streams: &mut Streams,
        log: &[LatencyTick],
        arm: Arm,
        ticks: &Range<usize>,
    ) {
        if self.ticks == *ticks {
            return;
        }
        let change = Change::new(&self.ticks, ticks);
        if change.anew {
            self.empty(ticks.start);
        }
        self.counts.resize(COUNTS, 0);
        for (ticks, sign) in [(change.leaving, Sign::Minus), (change.coming, Sign::Plus)] {
            for tick in &log[ticks] {
                let touched = law.requests(streams, arm, tick).add_bins(&mut self.counts, sign);
                self.occupied = union(&self.occupied, &touched);
            }
        }
        self.ticks = ticks.clone();
    }
}

/// The smallest range that contains two.
fn union(one: &Range<usize>, other: &Range<usize>) -> Range<usize> {
    if one.is_empty() {
        return other.clone();
    }
    if other.is_empty() {
        return one.clone();
    }
    one.start.min(other.start)..one.end.max(other.end)
}
