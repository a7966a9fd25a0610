//! What monitoring shows to the rules: the counts of each tick, late by the delay of
//! the observation, and windows over them. No rule sees more.

use std::collections::VecDeque;

use super::{Evidence, Plan};
use crate::config::Config;
use crate::observation::{Arm, ByArm, Counts};
use crate::rules::{
    ByShare, CanaryJudge, CountsFailures, JudgeRoom, Judged, Memory, Method, Needs, Observed,
    Population, Rule, Series, Sight, Watch, Window,
};
use crate::stats::fisher::ErrorLaw;
use crate::stats::mann_whitney::van_elteren;
use crate::stats::stratified::stratified;
use crate::world::latency::nearest_edge;
use crate::world::{LatencyTick, LatencyWindow, WorldState};

/// The rules of a policy with what they observe, prepared for the loop.
#[derive(Debug)]
pub(super) struct Monitoring {
    rules: Vec<PlannedRule>,
    /// The number of levels. A tick in which the canary has no traffic has this level.
    levels: u32,
    delay_ticks: u32,
    /// Ticks before the rollout that a window of the service reads.
    past_ticks: u32,
    /// Whether the counts of the canary and of the baseline are all that any rule needs,
    /// at once.
    is_plain: bool,
    /// Whether any window slides, so that the counts of every tick are kept.
    slides: bool,
    /// Whether any rule compares with a control.
    controls: bool,
    /// Whether any rule reads latencies.
    latency: bool,
    /// Whether any rule reads latencies of the whole service.
    service_latency: bool,
    /// Whether any rule compares them with those of a control.
    control_latency: bool,
    /// Whether any rule compares the arms over several traffic shares.
    across: bool,
    /// Whether any of these rules needs the exact distribution of the errors.
    exact_law: bool,
    /// Whether any rule adds up a score, which counts planned ticks only.
    scores: bool,
    /// Whether any check judges series of points.
    judges: bool,
    tick_seconds: u32,
}

/// A rule with what the loop needs of it in every tick.
#[derive(Debug)]
struct PlannedRule {
    rule: Rule,
    needs: Needs,
    /// The length in ticks of a window that slides.
    long_ticks: u32,
    /// The length in ticks of the short window, if the rule has two.
    short_ticks: Option<u32>,
    /// What the rule accumulates over the ticks.
    watch: Watch,
    /// Its accumulated state before the first tick.
    fresh: Memory,
    /// Whether the accumulated state is enough for a look.
    by_memory: bool,
    /// The edge of a latency bin that slow requests exceed, if it counts these.
    slow_edge: Option<u32>,
}

impl Monitoring {
    pub(super) fn new(config: &Config, levels: usize) -> Self {
        let rules: Vec<PlannedRule> =
            config.policy().rules.iter().map(|rule| PlannedRule::new(rule, config)).collect();
        let any = |is: &dyn Fn(&PlannedRule) -> bool| rules.iter().any(is);
        let of_service = rules.iter().filter(|planned| planned.rule.of == Population::Service);
        let delay_ticks = config.world().delay_ticks();
        let past = of_service.map(|planned| planned.long_ticks).max();
        let past = past.filter(|ticks| *ticks > 0).map_or(0, |ticks| ticks + delay_ticks);
        let tick_seconds = config.world().tick_seconds;
        let history = config.world().observation.history_seconds;
        Monitoring {
            levels: levels as u32,
            delay_ticks,
            past_ticks: history.map_or(past, |seconds| past.min(seconds / tick_seconds)),
            judges: any(&|planned| planned.judge().is_some()),
            tick_seconds,
            is_plain: delay_ticks == 0
                && !any(&|planned| {
                    planned.slides()
                        || planned.judge().is_some()
                        || planned.needs.latency()
                        || planned.rule.of == Population::Control
                }),
            slides: any(&PlannedRule::slides),
            controls: any(&|planned| planned.rule.of == Population::Control),
            latency: any(&|planned| planned.needs.latency()),
            service_latency: any(&|planned| {
                planned.needs.latency() && planned.rule.of == Population::Service
            }),
            control_latency: any(&|planned| {
                planned.needs.latency() && planned.rule.of == Population::Control
            }),
            across: any(&|planned| planned.reads_levels_behind()),
            exact_law: any(&|planned| planned.reads_levels_behind() && planned.needs.exact_law),
            scores: any(&|planned| matches!(planned.watch, Watch::Score(_))),
            rules,
        }
    }

    pub(super) fn rule(&self, number: usize) -> &Rule {
        &self.rules[number].rule
    }

    /// What the rules need to be shown.
    pub(super) fn needs(&self) -> impl Iterator<Item = Needs> {
        self.rules.iter().map(|planned| planned.needs)
    }

    pub(super) fn reads_latency(&self) -> bool {
        self.latency
    }

    pub(super) fn scores(&self) -> bool {
        self.scores
    }
}

impl PlannedRule {
    fn new(rule: &Rule, config: &Config) -> Self {
        let delay_ticks = config.world().delay_ticks();
        let shapes = config.policy().shapes_for(rule, delay_ticks);
        let (needs, watch) = (rule.needs(), rule.watch(&shapes));
        let ticks = |seconds: u32| seconds / config.world().tick_seconds;
        // A pass that is skipped is not counted.
        let counts_passes = rule.of_last.is_some() || rule.counts != CountsFailures::Alone;
        PlannedRule {
            needs,
            long_ticks: match rule.window {
                Window::Last { last_seconds } => ticks(last_seconds),
                _ => 0,
            },
            short_ticks: needs.short_seconds.map(ticks),
            fresh: watch.begin(),
            watch,
            slow_edge: needs.slower_than_ms.map(nearest_edge),
            by_memory: rule.min_errors == 0 && !needs.requests && !counts_passes,
            rule: rule.clone(),
        }
    }

    fn slides(&self) -> bool {
        self.long_ticks > 0
    }

    /// The judge of series of points, if the check is one.
    fn judge(&self) -> Option<&CanaryJudge> {
        match &self.rule.method {
            Method::CanaryJudge(judge) => Some(judge),
            _ => None,
        }
    }

    /// Whether the rule compares the arms share by share where a window has several
    /// traffic shares.
    fn compares_shares(&self) -> bool {
        self.needs.baseline && self.needs.requests
    }

    /// Whether the rule compares the arms over all levels so far.
    fn reads_levels_behind(&self) -> bool {
        self.rule.window == Window::Rollout && self.compares_shares()
    }
}

/// A tick, and the level and traffic share in it.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The tick, from 1.
    pub(super) tick: u32,
    /// The index of the level at which traffic stands.
    pub(super) level: u32,
    /// The canary's share of requests, 0..=1.
    pub(super) share: f64,
}

/// The counts of a tick, or of several.
#[derive(Clone, Copy, Debug, Default)]
struct Seeable {
    arms: ByArm<Counts>,
    /// A random part of the baseline with the canary's traffic, if a rule needs it.
    control: Counts,
}

impl Seeable {
    /// What a rule judges, as the canary, and what it is compared with, as the
    /// baseline.
    fn of(&self, population: Population) -> ByArm<Counts> {
        let ByArm { canary, baseline } = self.arms;
        match population {
            Population::Canary => self.arms,
            Population::Control => ByArm { canary, baseline: self.control },
            Population::Service => {
                let mut all = canary;
                all += baseline;
                ByArm { canary: all, baseline: Counts::default() }
            }
        }
    }
}

impl std::ops::AddAssign for Seeable {
    fn add_assign(&mut self, other: Seeable) {
        self.arms += other.arms;
        self.control += other.control;
    }
}

impl std::ops::Sub for Seeable {
    type Output = Seeable;

    fn sub(self, other: Seeable) -> Seeable {
        Seeable { arms: self.arms - other.arms, control: self.control - other.control }
    }
}

/// A tick that monitoring will show after the delay.
#[derive(Clone, Copy, Debug)]
struct ObservedTick {
    /// Its number; that of the last before the rollout is 0.
    tick: i32,
    level: u32,
    /// Whether the tick was planned.
    in_plan: bool,
    counts: Seeable,
    latency: LatencyTick,
}

impl ObservedTick {
    /// What latencies are drawn from, with the control in place of the baseline.
    fn with_control(&self) -> LatencyTick {
        let mut tick = self.latency;
        tick.requests.baseline = self.counts.control.requests;
        tick
    }
}

/// What monitoring has shown so far.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Ticks that have passed and are not shown yet.
    pending: VecDeque<ObservedTick>,
    /// The level of the last tick shown.
    level: u32,
    /// The number of the first tick at that level.
    level_from_tick: i32,
    /// The number of the first tick in which the canary had traffic.
    canary_from_tick: i32,
    /// Counts of the last tick.
    last: Seeable,
    /// Counts so far, including the past.
    counts: Seeable,
    /// `counts` when the level began.
    counts_before_level: Seeable,
    /// `counts` when the canary got its first traffic.
    counts_before_canary: Seeable,
    /// If a window slides: `counts` before the first tick and after each.
    totals: Vec<Seeable>,
    /// The levels so far, each with the index in `totals` at which it began.
    levels: Vec<(u32, usize)>,
    /// What latencies are drawn from, one element per tick of the rollout; empty if
    /// no rule reads latencies.
    latencies: Vec<LatencyTick>,
    /// The same, with the control in place of the baseline, if a rule compares with
    /// its latencies.
    control_latencies: Vec<LatencyTick>,
    /// The length of `latencies` when the level began.
    latencies_before_level: usize,
    /// What each rule has drawn of the latencies in its window.
    windows: Vec<LatencyWindow>,
    /// The counts of the levels passed so far, if a rule compares over them. A level has
    /// one traffic share.
    behind: Vec<Seeable>,
    /// The exact distribution of the canary's errors in those levels, if a rule
    /// needs it.
    law_behind: ErrorLaw,
    /// The accumulated state of each rule.
    memories: Vec<Memory>,
    /// The points of each check, if any check judges series of them.
    points: Vec<Points>,
    room: JudgeRoom,
}

/// The series of points of a check, and where the next point begins.
#[derive(Clone, Debug, Default)]
struct Points {
    series: Series,
    /// The counts so far where it begins.
    counts: Seeable,
    /// The length of the latencies there.
    latencies: usize,
}

/// A window: its counts, and those of its strata if it has several traffic shares.
struct View {
    counts: Seeable,
    /// The index of its first element in `latencies`.
    latencies_from: usize,
    strata: Vec<Seeable>,
    /// The number of its first tick.
    first_tick: i32,
}

impl Seen {
    pub(super) fn new(monitoring: &Monitoring) -> Self {
        let mut seen = Seen {
            pending: VecDeque::new(),
            level: 0,
            level_from_tick: 1,
            canary_from_tick: 1,
            last: Seeable::default(),
            counts: Seeable::default(),
            counts_before_level: Seeable::default(),
            counts_before_canary: Seeable::default(),
            totals: Vec::new(),
            levels: Vec::new(),
            latencies: Vec::new(),
            control_latencies: Vec::new(),
            latencies_before_level: 0,
            windows: monitoring.rules.iter().map(|_| LatencyWindow::new()).collect(),
            behind: Vec::new(),
            law_behind: ErrorLaw::none(),
            memories: monitoring.rules.iter().map(|planned| planned.fresh).collect(),
            points: match monitoring.judges {
                true => monitoring.rules.iter().map(|_| Points::default()).collect(),
                false => Vec::new(),
            },
            room: JudgeRoom::default(),
        };
        seen.restart(monitoring);
        seen
    }

    /// Forgets everything. Allocates nothing.
    pub(super) fn restart(&mut self, monitoring: &Monitoring) {
        self.pending.clear();
        (self.level, self.level_from_tick) = (monitoring.levels, 1);
        self.last = Seeable::default();
        self.counts = Seeable::default();
        self.counts_before_level = Seeable::default();
        self.counts_before_canary = Seeable::default();
        self.totals.clear();
        self.levels.clear();
        if monitoring.slides {
            self.totals.push(Seeable::default());
        }
        self.latencies.clear();
        self.control_latencies.clear();
        self.latencies_before_level = 0;
        if monitoring.latency {
            self.windows.iter_mut().for_each(LatencyWindow::restart);
        }
        self.behind.clear();
        if monitoring.exact_law {
            self.law_behind = ErrorLaw::none();
        }
        for (memory, planned) in self.memories.iter_mut().zip(&monitoring.rules) {
            *memory = planned.fresh;
        }
        for points in &mut self.points {
            points.series.restart();
            (points.counts, points.latencies) = (Seeable::default(), 0);
        }
    }

    /// Draws the ticks before the rollout that a window reads.
    pub(super) fn begin(&mut self, plan: &Plan, world: &mut WorldState) {
        for ago in (0..plan.monitoring.past_ticks).rev() {
            let baseline = plan.world.past(world, ago);
            let arms = ByArm { baseline, canary: Counts::default() };
            let counts = Seeable { arms, control: Counts::default() };
            let level = plan.monitoring.levels;
            let latency = LatencyTick::default();
            let tick = -ago.cast_signed();
            self.arrive(plan, world, ObservedTick { tick, level, in_plan: true, counts, latency });
        }
    }

    /// Takes the counts of a tick that has just ended, and shows those of the tick
    /// that is as old as the delay.
    #[inline(always)]
    pub(super) fn after_tick(
        &mut self,
        plan: &Plan,
        world: &mut WorldState,
        at: Place,
        in_plan: bool,
        arms: ByArm<Counts>,
    ) {
        let monitoring = &plan.monitoring;
        if monitoring.is_plain {
            let counts = Seeable { arms, control: Counts::default() };
            let latency = LatencyTick::default();
            let tick = at.tick.cast_signed();
            let observed = ObservedTick { tick, level: at.level, in_plan, counts, latency };
            return self.observe::<true>(plan, world, &observed);
        }
        self.after_any_tick(plan, world, at, in_plan, arms);
    }

    /// The same for rules that need more than the counts of the tick.
    #[inline(never)]
    fn after_any_tick(
        &mut self,
        plan: &Plan,
        world: &mut WorldState,
        at: Place,
        in_plan: bool,
        arms: ByArm<Counts>,
    ) {
        let monitoring = &plan.monitoring;
        let mut counts = Seeable { arms, control: Counts::default() };
        if monitoring.controls {
            counts.control = plan.world.control(world, at.tick, at.share, arms.baseline);
        }
        let latency = LatencyTick::new(at.tick, &arms, plan.world.truth(world));
        let tick = at.tick.cast_signed();
        self.arrive(plan, world, ObservedTick { tick, level: at.level, in_plan, counts, latency });
    }

    /// Shows a tick after the delay.
    #[inline(never)]
    fn arrive(&mut self, plan: &Plan, world: &mut WorldState, observed: ObservedTick) {
        self.pending.push_back(observed);
        if self.pending.len() as u64 > u64::from(plan.monitoring.delay_ticks)
            && let Some(shown) = self.pending.pop_front()
        {
            self.observe::<false>(plan, world, &shown);
            if plan.monitoring.judges {
                self.add_points(plan, world, shown.tick);
            }
        }
    }

    /// Adds a point to the series whose step ends with this tick.
    #[inline(never)]
    fn add_points(&mut self, plan: &Plan, world: &mut WorldState, tick: i32) {
        let checks = plan.monitoring.rules.iter().zip(&mut self.points).zip(&mut self.windows);
        for ((planned, points), window) in checks {
            let Some(judge) = planned.judge() else { continue };
            let seconds = i64::from(tick) * i64::from(plan.monitoring.tick_seconds);
            if tick > 0 && seconds % i64::from(judge.step_seconds.max(1)) != 0 {
                continue;
            }
            let log = match planned.rule.of {
                Population::Control => &self.control_latencies,
                _ => &self.latencies,
            };
            if tick > 0 {
                let counts = (self.counts - points.counts).of(planned.rule.of);
                if planned.needs.latency() {
                    window.cover(log, points.latencies..log.len());
                }
                judge.add_point(&mut points.series, counts, |arm, q| {
                    window.quantile_ms(&plan.world, world, log, arm, q)
                });
            }
            (points.counts, points.latencies) = (self.counts, log.len());
        }
    }

    /// Adds a tick to the windows and to what the rules accumulate. Inlined into the
    /// loop, because passing the counts through memory would slow it down. `PLAIN` is
    /// [`Monitoring::is_plain`].
    #[inline(always)]
    fn observe<const PLAIN: bool>(
        &mut self,
        plan: &Plan,
        world: &mut WorldState,
        observed: &ObservedTick,
    ) {
        let monitoring = &plan.monitoring;
        let level = observed.level;
        if level != self.level {
            self.enter(monitoring, level, observed.tick);
        }
        self.last.arms = observed.counts.arms;
        self.counts.arms += observed.counts.arms;
        if !PLAIN {
            self.last.control = observed.counts.control;
            self.counts.control += observed.counts.control;
            if monitoring.slides {
                self.totals.push(self.counts);
            }
        }
        let without_canary = level == monitoring.levels;
        if !PLAIN && monitoring.latency && (!without_canary || monitoring.service_latency) {
            self.latencies.push(observed.latency);
            if monitoring.control_latency {
                self.control_latencies.push(observed.with_control());
            }
        }
        if without_canary {
            return;
        }
        let plain = observed.counts.arms;
        for (memory, planned) in self.memories.iter_mut().zip(&monitoring.rules) {
            let counts = if PLAIN { plain } else { observed.counts.of(planned.rule.of) };
            let errors = [counts.canary.errors, counts.baseline.errors];
            if planned.watch.observe_errors(memory, level, errors) {
                continue;
            }
            let slow = match planned.slow_edge {
                Some(edge) if !PLAIN => {
                    let tick = match planned.rule.of {
                        Population::Control => observed.with_control(),
                        _ => observed.latency,
                    };
                    [Arm::Canary, Arm::Baseline]
                        .map(|arm| plan.world.slower_than(world, arm, &tick, edge))
                }
                _ => [0; 2],
            };
            let requests = [counts.canary.requests, counts.baseline.requests];
            let seen = Observed { errors, slow, requests };
            planned.watch.observe(memory, level, observed.in_plan, seen);
        }
    }

    /// Begins a level.
    #[inline(never)]
    fn enter(&mut self, monitoring: &Monitoring, level: u32, tick: i32) {
        let left = self.level;
        let is_first = left == monitoring.levels;
        if is_first {
            self.counts_before_canary = self.counts;
            self.canary_from_tick = tick;
        } else {
            if monitoring.across {
                let counts = self.counts - self.counts_before_level;
                self.behind.push(counts);
                if monitoring.exact_law {
                    self.law_behind.add(counts.arms);
                }
            }
            for level in left + 1..=level {
                for (memory, planned) in self.memories.iter_mut().zip(&monitoring.rules) {
                    planned.watch.enter(memory, level);
                }
            }
        }
        (self.level, self.level_from_tick) = (level, tick);
        self.counts_before_level = self.counts;
        self.latencies_before_level = self.latencies.len();
        if monitoring.latency {
            for (window, planned) in self.windows.iter_mut().zip(&monitoring.rules) {
                if planned.compares_shares() {
                    window.begin_stratum(self.latencies.len());
                }
            }
        }
        if monitoring.slides {
            self.levels.push((level, self.totals.len() - 1));
        }
    }

    /// Whether a rule's accumulated state shows that a look must pass. Only for looks
    /// with a baseline.
    #[inline]
    pub(super) fn passes(&self, monitoring: &Monitoring, check: usize) -> bool {
        let planned = &monitoring.rules[check];
        planned.by_memory && planned.watch.passes(&self.memories[check])
    }

    /// Whether a rule certifies that the level may end after `clock` ticks; `None` if
    /// it certifies nothing.
    pub(super) fn certifies(
        &self,
        monitoring: &Monitoring,
        check: usize,
        level: u32,
        clock: u32,
    ) -> Option<bool> {
        let certifies = monitoring.rules[check].watch.certifies(&self.memories[check], clock)?;
        // The certificate of a level cannot be shown before the level.
        Some(certifies && self.level == level)
    }

    /// A rule's look, or its certificate, with what the rule sees.
    pub(super) fn evidence(
        &mut self,
        plan: &Plan,
        world: &mut WorldState,
        check: usize,
        at: Place,
        certificate: bool,
    ) -> Evidence {
        let planned = &plan.monitoring.rules[check];
        let shown = at.tick.cast_signed() - plan.monitoring.delay_ticks.cast_signed();
        let view = self.view(planned, at, shown);
        let mut sight = self.sight(plan, world, planned, check, at, &view);
        if certificate {
            sight.ln_certificate = planned.watch.ln_certificate(&self.memories[check]);
        }
        let judgement = planned.rule.judge(&sight);
        let ticks = [view.first_tick, shown];
        Evidence { rule: check as u32, judgement, sight, ticks }
    }

    /// The window of a rule; `shown` is the last tick shown.
    fn view(&self, planned: &PlannedRule, at: Place, shown: i32) -> View {
        let behind = || if planned.compares_shares() { self.behind.as_slice() } else { &[] };
        let mut view = match planned.rule.window {
            Window::Tick => View {
                counts: self.last,
                latencies_from: self.latencies.len().saturating_sub(1),
                strata: Vec::new(),
                first_tick: shown,
            },
            Window::Stage if self.level == at.level => View {
                counts: self.counts - self.counts_before_level,
                latencies_from: self.latencies_before_level,
                strata: Vec::new(),
                first_tick: self.level_from_tick,
            },
            // Nothing of the stage is shown yet.
            Window::Stage => View {
                counts: Seeable::default(),
                latencies_from: self.latencies.len(),
                strata: Vec::new(),
                first_tick: shown + 1,
            },
            Window::Rollout => View {
                counts: self.counts - self.counts_before_canary,
                latencies_from: 0,
                strata: behind().to_vec(),
                first_tick: self.canary_from_tick,
            },
            Window::Last { .. } => self.last_ticks(planned, shown),
        };
        if !view.strata.is_empty() && planned.rule.window == Window::Rollout {
            view.strata.push(self.counts - self.counts_before_level);
        }
        view
    }

    /// A window that slides.
    fn last_ticks(&self, planned: &PlannedRule, shown: i32) -> View {
        let now = self.totals.len() - 1;
        // A comparison begins with the first tick of the canary: the baseline's past
        // has nothing to be compared with.
        let first_level = match planned.needs.baseline {
            true => self.levels.first().map_or(now, |(_, from)| *from),
            false => 0,
        };
        let from = now.saturating_sub(planned.long_ticks as usize).max(first_level);
        let mut strata = Vec::new();
        if planned.compares_shares() {
            let mut end = now;
            for (_, began) in self.levels.iter().rev() {
                if end <= from {
                    break;
                }
                let begin = (*began).max(from);
                strata.push(self.totals[end] - self.totals[begin]);
                end = begin;
            }
            strata.reverse();
            if strata.len() < 2 {
                strata.clear();
            }
        }
        // The past and ticks without a canary have no latencies.
        let without_latencies = now - self.latencies.len().min(now);
        View {
            counts: self.totals[now] - self.totals[from],
            latencies_from: from.saturating_sub(without_latencies),
            strata,
            first_tick: shown - (now - from) as i32 + 1,
        }
    }

    /// What a rule sees at a look.
    fn sight(
        &mut self,
        plan: &Plan,
        world: &mut WorldState,
        planned: &PlannedRule,
        check: usize,
        at: Place,
        view: &View,
    ) -> Sight {
        let (needs, of) = (planned.needs, planned.rule.of);
        let mut counts = view.counts.of(of);
        if !needs.requests {
            (counts.canary.requests, counts.baseline.requests) = (0, 0);
        }
        let short = planned.short_ticks.map(|ticks| {
            let now = self.totals.len() - 1;
            let from = now.saturating_sub(ticks as usize);
            (self.totals[now] - self.totals[from]).of(of).canary
        });
        // Where the window has several traffic shares, the arms are compared share
        // by share.
        let strata = view.strata.as_slice();
        let across = !strata.is_empty();
        let by_share = across.then(|| self.by_share(planned, strata));
        let judged = planned.judge().map(|judge| self.judged(plan, judge, check, at));
        // The points of a judge have read their latencies already.
        let needs = if judged.is_some() { Needs::default() } else { needs };
        let log = match of {
            Population::Control => &self.control_latencies,
            _ => &self.latencies,
        };
        let window = &mut self.windows[check];
        if needs.quantile.is_some() || needs.histogram {
            window.cover(log, view.latencies_from..log.len());
        }
        let quantile_ms = match needs.quantile {
            None => ByArm::default(),
            Some(q) if of == Population::Service => ByArm {
                canary: window.service_quantile_ms(&plan.world, world, log, q),
                baseline: None,
            },
            Some(q) => ByArm::from_fn(|arm| window.quantile_ms(&plan.world, world, log, arm, q)),
        };
        let shape = needs.histogram.then(|| van_elteren(window.rank_sums(&plan.world, world, log)));
        let memory = &self.memories[check];
        Sight {
            of,
            counts,
            short,
            by_share,
            quantile_ms,
            shape,
            score: planned.watch.score(memory, at.level),
            ln_wealth: planned.watch.ln_wealth(memory),
            ln_certificate: None,
            ln_by_metric: planned.watch.ln_by_metric(memory),
            split: planned.watch.split(memory),
            judged,
            canary_has_all: at.share == 1.0,
        }
    }

    /// What a judge says of the points so far.
    fn judged(&mut self, plan: &Plan, judge: &CanaryJudge, check: usize, at: Place) -> Judged {
        let seconds = at.tick.saturating_mul(plan.monitoring.tick_seconds);
        judge.judge_series(&self.points[check].series, seconds, &mut self.room)
    }

    /// The error rates compared share by share.
    fn by_share(&self, planned: &PlannedRule, strata: &[Seeable]) -> ByShare {
        let of = planned.rule.of;
        let counts = || strata.iter().map(|stratum| stratum.of(of));
        let exact_p_value = planned.needs.exact_law.then(|| {
            let here = counts().next_back().unwrap_or_default();
            if planned.reads_levels_behind() && of == Population::Canary {
                return self.law_behind.p_value(here);
            }
            let mut law = ErrorLaw::none();
            for stratum in counts().take(strata.len() - 1) {
                law.add(stratum);
            }
            law.p_value(here)
        });
        ByShare { errors: stratified(counts()), exact_p_value }
    }
}
