//! A walk through the plan with measurements that all succeed, for what has to be known
//! before a run: the time at each level, and the shares that traffic can stand at.

use super::program::ArgoPolicy;
use super::status::NEVER;
use super::{Argo, Checks, Command, Decide, Move, State};
use crate::rules::{Gap, Verdict};

/// The most points in time of the walk.
const MAX_EVENTS: usize = 200_000;
/// The most of them at which an abort is tried, and the most points in time of all ways
/// back together.
const MAX_ABORTS: usize = 400;
const MAX_BACK_EVENTS: usize = 50_000;
/// The most shares. Others are rounded to the nearest one.
const MAX_SHARES: usize = 256;

/// What the walk found.
pub(super) struct Explored {
    /// The ticks at each level of the ladder.
    pub(super) level_ticks: Vec<u64>,
    /// The share of traffic at the end of each level.
    pub(super) level_shares: Vec<f64>,
    /// The other shares that traffic can stand at.
    pub(super) shares: Vec<f64>,
    /// The most ticks of a way back after an abort.
    pub(super) way_back_ticks: u64,
    /// The ticks in which an analysis or experiment is waited for.
    pub(super) run_ticks: u64,
}

/// Measurements that all succeed.
struct Successes {
    tick: u32,
}

impl Checks for Successes {
    fn tick(&self) -> u32 {
        self.tick
    }

    fn matters(&self, _check: usize) -> bool {
        false
    }

    fn look(&mut self, _check: usize) -> (Verdict, Option<Gap>) {
        (Verdict::Pass, None)
    }

    fn certifies(&self, _check: usize, _clock: u32) -> Option<bool> {
        None
    }

    fn decide(&mut self, _change: Move) {}
}

/// Walks through the plan. `levels` is the number of levels.
pub(super) fn explore(policy: &ArgoPolicy, levels: usize) -> Explored {
    let mut found = Explored {
        level_ticks: vec![0; levels],
        level_shares: vec![0.0; levels],
        shares: vec![0.0, 1.0],
        way_back_ticks: 0,
        run_ticks: 0,
    };
    let mut argo = Argo::start(policy);
    argo.begin(policy, &mut Successes { tick: 0 });
    let (mut aborts, mut last, mut back_events) = (0, None, MAX_BACK_EVENTS);
    for _ in 0..MAX_EVENTS {
        let status = &argo.status;
        let level = status.level as usize;
        if let Some(share) = status.share_now(policy) {
            found.shares.push(share);
            found.level_shares[level] = share;
        }
        let standing = (status.step, status.canary, status.stable, status.weight);
        if last.as_ref() != Some(&standing) && aborts < MAX_ABORTS && !status.state.is_terminal() {
            aborts += 1;
            let ticks = way_back(policy, argo, &mut found.shares, &mut back_events);
            found.way_back_ticks = found.way_back_ticks.max(ticks);
            last = Some(standing);
        }
        if argo.status.state.is_terminal() {
            break;
        }
        if argo.status.waits {
            // The person answers at once.
            let answered = argo.command(policy, Command::Promote, &mut Vec::new());
            if answered.is_err() || argo.status.waits {
                break;
            }
            continue;
        }
        let (now, next) = (argo.status.now, argo.status.next);
        if next == NEVER {
            break;
        }
        let ticks = u64::from(next - now);
        found.level_ticks[level] += ticks;
        if argo.status.gate.is_some() || argo.status.trial.is_some() {
            found.run_ticks += ticks;
        }
        argo.after_tick(policy, &mut Successes { tick: next });
    }
    reduce(&mut found);
    found
}

/// The ticks from an abort until all traffic is back, and the shares meanwhile.
fn way_back(policy: &ArgoPolicy, mut argo: Argo, shares: &mut Vec<f64>, events: &mut usize) -> u64 {
    let from = argo.status.now;
    if argo.command(policy, Command::Abort, &mut Vec::new()).is_err() {
        return 0;
    }
    while *events > 0 {
        *events -= 1;
        shares.extend(argo.status.share_now(policy));
        if argo.status.state != State::RollingBack || argo.status.next == NEVER {
            break;
        }
        let tick = argo.status.next;
        argo.after_tick(policy, &mut Successes { tick });
    }
    u64::from(argo.status.now - from)
}

/// Keeps each share once, without those of the levels, and not too many.
fn reduce(found: &mut Explored) {
    found.shares.sort_by(f64::total_cmp);
    found.shares.dedup();
    let levels = &found.level_shares;
    found.shares.retain(|share| !levels.contains(share));
    let step = found.shares.len().div_ceil(MAX_SHARES).max(1);
    if step > 1 {
        let ends = [found.shares.first().copied(), found.shares.last().copied()];
        let mut kept: Vec<f64> = found.shares.iter().copied().step_by(step).collect();
        kept.extend(ends.into_iter().flatten());
        kept.sort_by(f64::total_cmp);
        kept.dedup();
        found.shares = kept;
    }
}
