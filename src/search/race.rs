//! Which candidates go on, and which one is chosen.

use std::cmp::Ordering;

use super::batches::{Bounds, critical};
use super::contender::{ALPHA, Contender, Gauge, State};
use super::{Fresh, Phase, Search, Who};
use crate::study::{Fulfilment, Measure, Watch};

/// The runs of every candidate in the first round.
pub(super) const FIRST_RUNS: u64 = 64;
/// The number of candidates that are never left out for lack of rollouts.
const KEPT: usize = 8;
/// From this number of runs on, a candidate may be dropped because another is better. With
/// fewer, the noise of skewed figures is not yet near a normal distribution.
const ENOUGH_RUNS: u64 = 512;
/// The share of the rollouts with which the chosen policy is measured again.
const FRESH_SHARE: f64 = 0.2;
/// The fewest runs of the second measurement, if the rollouts suffice.
const FRESH_RUNS: u64 = 20_000;
/// The number of candidates that get more runs if none holds all bounds, and to how many.
const NEAREST: usize = 16;
pub(super) const NEAREST_RUNS: u64 = 8_192;
/// How many rounds there can be.
const MOST_ROUNDS: f64 = 64.0;
/// A figure beyond its bound by more standard errors than this is probably beyond it.
const PROBABLY: f64 = 2.0;
/// A figure within its bound by more standard errors than this is clearly within it.
const CLEARLY: f64 = 3.0;

/// How certain a difference of two candidates has to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    alpha: f64,
    /// The quantile of Student's t.
    t: f64,
}

impl Search {
    /// The level of a 95 % interval of a difference.
    pub(super) fn usual(&self) -> Level {
        self.level(ALPHA)
    }

    fn level(&self, alpha: f64) -> Level {
        let freedom = self.present.measured.gauges.first().map_or(1.0, Gauge::freedom);
        Level { alpha, t: critical(alpha, freedom) }
    }

    /// Candidates that are alive.
    pub(super) fn alive(&self) -> Vec<usize> {
        let is_alive = |index: &usize| self.candidates[*index].state == State::Alive;
        (0..self.candidates.len()).filter(is_alive).collect()
    }

    /// Decides how the search goes on after a round, and adds the steps of the next one.
    pub(super) fn next_round(&mut self) {
        match self.phase {
            Phase::Racing => {
                if self.target > 0 {
                    self.decide();
                }
                match self.ends_with_first && self.held().0 != Fulfilment::Undecided {
                    true => self.phase = Phase::Finished,
                    false => self.race(),
                }
            }
            Phase::Nearing => self.confirm(),
            Phase::Confirming => self.phase = Phase::Finished,
            Phase::Finished => {}
        }
        self.keep_reports();
    }

    /// Whether some candidate surely holds all bounds, and which, or whether surely none does;
    /// then the nearest.
    pub(super) fn held(&self) -> (Fulfilment, Option<usize>) {
        if let Some(index) = self.candidates.iter().position(Contender::holds) {
            return (Fulfilment::Met, Some(index));
        }
        let is_failed = |one: &Contender| matches!(one.state, State::Failed(_));
        match self.candidates.iter().all(is_failed) {
            true => (Fulfilment::Failed, self.nearest()),
            false => (Fulfilment::Undecided, self.nearest()),
        }
    }

    /// Drops the candidates that certainly violate a bound, and those than which another is
    /// certainly better.
    fn decide(&mut self) {
        self.rounds += 1;
        let alive = self.alive();
        for &index in &alive {
            let candidate = &mut self.candidates[index];
            candidate.measured.watches.iter_mut().for_each(Watch::look);
            if let Some(hold) = candidate.failed_hold() {
                candidate.state = State::Failed(hold);
            }
        }
        self.present.measured.watches.iter_mut().for_each(Watch::look);
        if self.target < ENOUGH_RUNS {
            return;
        }
        // A candidate is compared with all others: one that is not worse is dropped with the
        // error probability at most, in all rounds together.
        let comparisons = self.candidates.len() as f64 * self.leasts() as f64 * MOST_ROUNDS;
        let level = self.level(self.error_probability / comparisons);
        let alive = self.alive();
        let best = self.best_of_each(&alive);
        for &index in &alive {
            let slack = !best.contains(&index);
            let better = |other: &usize| {
                *other != index
                    && self.candidates[*other].state == State::Alive
                    && self.candidates[*other].holds()
                    && self.is_better(*other, index, level, slack)
            };
            if let Some(other) = alive.iter().copied().find(|other| better(other)) {
                self.candidates[index].state = State::Dominated(other);
            }
        }
    }

    fn leasts(&self) -> usize {
        self.question.leasts.len()
    }

    /// By figure, the candidate with the least estimate among those that hold all bounds.
    fn best_of_each(&self, among: &[usize]) -> Vec<usize> {
        let holds: Vec<usize> =
            among.iter().copied().filter(|index| self.candidates[*index].holds()).collect();
        let best = |figure: usize| holds.iter().copied().min_by(|a, b| self.order(*a, *b, figure));
        (0..self.leasts()).filter_map(best).collect()
    }

    /// The order of two candidates by the estimate of a figure, then by their numbers.
    fn order(&self, a: usize, b: usize, figure: usize) -> Ordering {
        let of = |index: usize| {
            self.candidates[index].measured.gauges.get(figure).map_or(0.0, Gauge::estimate)
        };
        of(a).total_cmp(&of(b)).then(a.cmp(&b))
    }

    /// Whether a candidate is better than another one in a figure, and not worse in any. With
    /// `slack`, worse by a small share is not worse.
    pub(super) fn is_better(&self, one: usize, than: usize, level: Level, slack: bool) -> bool {
        let (one, than) = (&self.candidates[one].measured, &self.candidates[than].measured);
        let mut is_better = false;
        for (gauge, other) in one.gauges.iter().zip(&than.gauges) {
            // How much more the one has.
            let more = other.difference(gauge, level.alpha, level.t);
            let room = if slack { self.tolerance * other.estimate().abs() } else { 0.0 };
            // An unknown difference may be infinite.
            if more.high > room {
                return false;
            }
            is_better |= more.high < 0.0;
        }
        is_better
    }

    /// Adds the steps of the next round, with as many candidates as the rollouts allow; or
    /// ends the race.
    fn race(&mut self) {
        let budget = self.rollouts - (self.rollouts as f64 * FRESH_SHARE) as u64;
        loop {
            let alive = self.alive();
            let remaining = budget.saturating_sub(self.spent);
            if alive.is_empty() {
                if !self.revive(remaining) {
                    return self.near(remaining);
                }
                if !self.steps.is_empty() {
                    return;
                }
                continue;
            }
            if self.target > 0 && self.is_settled(&alive) {
                return self.confirm();
            }
            let per_run = |index: &usize| self.candidates[*index].cost();
            let cost_to = |target: u64| {
                let of = |contender: &Contender| {
                    contender.cost() * target.saturating_sub(contender.measured.runs)
                };
                alive.iter().map(|index| of(&self.candidates[*index])).sum::<u64>()
                    + of(&self.present)
            };
            let next = if self.target == 0 { FIRST_RUNS } else { self.target * 2 };
            let allowance = match alive.len() {
                count if count > KEPT => {
                    let halvings = (count.div_ceil(KEPT) as u64).next_power_of_two().ilog2();
                    remaining / u64::from(halvings + 2)
                }
                _ => remaining,
            };
            if self.target == 0 || cost_to(next) <= allowance {
                return self.start_round(&alive, next);
            }
            if alive.len() > KEPT {
                self.leave_out(&alive);
                continue;
            }
            // The last round takes what is left.
            let each = alive.iter().map(per_run).sum::<u64>() + self.present.cost();
            let behind = cost_to(self.target);
            let more = remaining.saturating_sub(behind) / each.max(1);
            if more < self.target / 8 {
                return self.confirm();
            }
            return self.start_round(&alive, self.target + more);
        }
    }

    fn start_round(&mut self, alive: &[usize], target: u64) {
        self.target = target;
        self.add_steps(Who::Present, target);
        for &index in alive {
            self.add_steps(Who::Candidate(index), target);
        }
    }

    /// Whether more runs would not change the answer much: every bound is certain, and every
    /// figure is known to the tolerance.
    fn is_settled(&self, alive: &[usize]) -> bool {
        let is_known = |gauge: &Gauge| {
            let bounds = gauge.interval(ALPHA);
            let half = 0.5 * (bounds.high - bounds.low);
            half <= self.tolerance * bounds.estimate.abs()
        };
        alive.iter().all(|&index| {
            let candidate = &self.candidates[index];
            candidate.holds() && candidate.measured.gauges.iter().all(is_known)
        })
    }

    /// Leaves out the worse half.
    fn leave_out(&mut self, alive: &[usize]) {
        let keep = (alive.len() / 2).max(KEPT);
        for index in self.ranked(alive).into_iter().skip(keep) {
            self.candidates[index].state = State::Outranked;
        }
    }

    /// Takes back the best of those that were left out, if all others violate a bound.
    fn revive(&mut self, remaining: u64) -> bool {
        let left_out = |index: &usize| self.candidates[*index].state == State::Outranked;
        let left_out: Vec<usize> = (0..self.candidates.len()).filter(left_out).collect();
        let cost = |index: &usize| {
            let candidate = &self.candidates[*index];
            candidate.cost() * self.target.saturating_sub(candidate.measured.runs)
        };
        let mut rest = remaining;
        let mut back = Vec::new();
        for index in self.ranked(&left_out).into_iter().take(KEPT) {
            let Some(less) = rest.checked_sub(cost(&index)) else { break };
            rest = less;
            back.push(index);
        }
        let behind = back.iter().any(|index| cost(index) > 0);
        for &index in &back {
            self.candidates[index].state = State::Alive;
        }
        if behind {
            // They catch up first.
            self.start_round(&back, self.target);
        }
        !back.is_empty()
    }

    /// Candidates by rank. Of three places one is for those whose estimates are clearly within
    /// all bounds, one for those that are within, and one for those that are so little beyond
    /// that it may be noise. Among each, by layers of the front, and within a layer by the best
    /// place in the order of any figure.
    fn ranked(&self, among: &[usize]) -> Vec<usize> {
        let mut groups = [Vec::new(), Vec::new(), Vec::new()];
        let mut beyond = Vec::new();
        for &index in among {
            match self.standard_errors_beyond(index) {
                x if x <= -CLEARLY => groups[0].push(index),
                x if x <= 0.0 => groups[1].push(index),
                x if x <= PROBABLY => groups[2].push(index),
                x => beyond.push((x, index)),
            }
        }
        let mut groups = groups.map(|group| self.layered(group).into_iter());
        let mut ranked = Vec::with_capacity(among.len());
        loop {
            let before = ranked.len();
            ranked.extend(groups.iter_mut().filter_map(Iterator::next));
            if ranked.len() == before {
                break;
            }
        }
        beyond.sort_by(|a: &(f64, usize), b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        ranked.extend(beyond.into_iter().map(|(_, index)| index));
        ranked
    }

    fn layered(&self, among: Vec<usize>) -> Vec<usize> {
        let mut places = vec![usize::MAX; self.candidates.len()];
        for figure in 0..self.leasts() {
            let mut order = among.clone();
            order.sort_by(|a, b| self.order(*a, *b, figure));
            for (place, index) in order.into_iter().enumerate() {
                places[index] = places[index].min(place);
            }
        }
        let estimates: Vec<Vec<f64>> = self
            .candidates
            .iter()
            .map(|candidate| candidate.measured.gauges.iter().map(Gauge::estimate).collect())
            .collect();
        let dominates = |a: usize, b: usize| {
            let mut pairs = estimates[a].iter().zip(&estimates[b]);
            let any = pairs.clone().any(|(x, y)| x < y);
            any && pairs.all(|(x, y)| x <= y)
        };
        let mut rest = among;
        let mut ranked = Vec::new();
        while !rest.is_empty() {
            let is_first = |index: &usize| !rest.iter().any(|other| dominates(*other, *index));
            let (mut layer, others): (Vec<usize>, Vec<usize>) =
                rest.iter().copied().partition(is_first);
            if layer.is_empty() {
                layer = others.clone();
                rest.clear();
            } else {
                rest = others;
            }
            layer.sort_by_key(|index| (places[*index], *index));
            ranked.extend(layer);
        }
        ranked
    }

    /// By how many standard errors a candidate's estimates are beyond its bounds at most;
    /// negative if they are within all of them.
    fn standard_errors_beyond(&self, index: usize) -> f64 {
        let beyond = |watch: &Watch| {
            let report = watch.report();
            if watch.is_met() {
                return f64::NEG_INFINITY;
            }
            // The ends of its interval are far more standard errors away than 1.
            let width = report.found.high - report.found.low;
            let runs = (report.runs as f64).max(1.0);
            let error = match report.measure {
                Measure::Mean => width / 8.0,
                _ => (report.bound * (1.0 - report.bound) / runs).max(0.0).sqrt().max(1.0 / runs),
            };
            report.distance / error.max(f64::MIN_POSITIVE)
        };
        let watches = &self.candidates[index].measured.watches;
        watches.iter().map(beyond).fold(f64::NEG_INFINITY, f64::max)
    }

    /// By which share a candidate's estimates are beyond its bounds at most.
    pub(super) fn violation(&self, index: usize) -> f64 {
        let watches = &self.candidates[index].measured.watches;
        watches.iter().map(violation_of).fold(0.0, f64::max)
    }

    /// How much more another candidate has of a figure.
    pub(super) fn more(&self, of: &Gauge, other: &Gauge, level: Level) -> Bounds {
        of.difference(other, level.alpha, level.t)
    }

    /// Gives more runs to the candidates that come nearest to the bounds.
    fn near(&mut self, remaining: u64) {
        self.phase = Phase::Nearing;
        let mut rest = remaining;
        for index in self.nearest_first().into_iter().take(NEAREST) {
            let candidate = &self.candidates[index];
            let cost = candidate.cost() * NEAREST_RUNS.saturating_sub(candidate.measured.runs);
            let Some(less) = rest.checked_sub(cost) else { break };
            rest = less;
            self.add_steps(Who::Candidate(index), NEAREST_RUNS);
        }
        if self.steps.is_empty() {
            self.confirm();
        }
    }

    /// The candidates by their distance from holding all bounds, then by the first figure.
    fn nearest_first(&self) -> Vec<usize> {
        let mut order: Vec<(f64, usize)> =
            (0..self.candidates.len()).map(|index| (self.violation(index), index)).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| self.order(a.1, b.1, 0)));
        order.into_iter().map(|(_, index)| index).collect()
    }

    /// The candidate that comes nearest to holding all bounds.
    pub(super) fn nearest(&self) -> Option<usize> {
        // Of those with enough runs, if there are some.
        let order = self.nearest_first();
        let runs = |index: &usize| self.candidates[*index].measured.runs;
        let most = order.iter().map(runs).max().unwrap_or(0).min(NEAREST_RUNS);
        order.iter().copied().find(|index| runs(index) >= most).or(order.first().copied())
    }

    /// The front: those that surely hold all bounds and than which no other one is better.
    /// From the least of the first figure on.
    pub(super) fn front(&self) -> Vec<usize> {
        let mut front: Vec<usize> = self.alive();
        front.retain(|index| self.candidates[*index].holds());
        let level = self.usual();
        let best = self.best_of_each(&front);
        let all = front.clone();
        let mut is_in = vec![true; self.candidates.len()];
        for &index in &all {
            let slack = !best.contains(&index);
            let better =
                |&other: &usize| is_in[other] && self.is_better(other, index, level, slack);
            is_in[index] = !all.iter().any(better);
        }
        front.retain(|index| is_in[*index]);
        front.sort_by(|a, b| self.order(*a, *b, 0));
        front
    }

    /// The member of the front with the least first figure. Among those that do not differ
    /// from it beyond the noise, the least second figure decides, and so on.
    pub(super) fn choose(&self) -> Option<usize> {
        let mut left = self.front();
        let level = self.usual();
        for figure in 0..self.leasts() {
            let best = left.iter().copied().min_by(|a, b| self.order(*a, *b, figure))?;
            let gauge = |index: usize| &self.candidates[index].measured.gauges[figure];
            let is_same = |index: &usize| {
                let more = gauge(best).difference(gauge(*index), level.alpha, level.t);
                *index == best || more.low <= 0.0
            };
            left.retain(is_same);
        }
        left.first().copied()
    }

    /// Begins to measure what was found with other seeds: the chosen policy, or the nearest,
    /// beside the present one.
    fn confirm(&mut self) {
        if self.ends_with_first {
            self.phase = Phase::Finished;
            return;
        }
        self.phase = Phase::Confirming;
        let chosen = self.choose();
        let Some(of) = chosen.or_else(|| self.nearest()) else {
            self.phase = Phase::Finished;
            return;
        };
        let contenders =
            [self.candidates[of].fresh(&self.question), self.present.fresh(&self.question)];
        let cost: u64 = contenders.iter().map(Contender::cost).sum();
        let reserved = (self.rollouts as f64 * FRESH_SHARE) as u64;
        let affordable = reserved.min(self.rollouts.saturating_sub(self.spent)) / cost.max(1);
        let runs = affordable.min(self.target.max(FRESH_RUNS));
        let first_seed = self.seed + self.target.max(NEAREST_RUNS);
        self.fresh = Some(Fresh { of, is_chosen: chosen.is_some(), first_seed, contenders });
        for index in 0..2 {
            self.add_steps(Who::Fresh(index), runs);
        }
        if self.steps.is_empty() {
            self.phase = Phase::Finished;
        }
    }
}

/// By which share an estimate is beyond its bound.
pub(super) fn violation_of(watch: &Watch) -> f64 {
    let report = watch.report();
    let scale = match report.measure {
        // A probability of at least b lacks a share of what may be missing to 1.
        Measure::Probability if !watch.is_at_most() => 1.0 - report.bound,
        _ => report.bound.abs(),
    };
    let scale = if scale > 0.0 { scale } else { 1.0 };
    report.distance.max(0.0) / scale
}
