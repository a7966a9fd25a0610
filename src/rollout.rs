//! The simulation loop. A [`Plan`] holds what is computed once for a configuration.
//! A [`Run`] is the state of one seed, and [`Run::tick`] is the only loop. Its
//! events go to a [`Sink`]: the sink of a [`Rollout`] keeps the whole history, the
//! sink of a study counts.

mod history;
mod replay;

pub use history::{History, LookRow, TickRow};
pub use replay::{Refusal, ReplayError, TimedCommand};

use std::sync::Arc;

use crate::config::{Config, MAX_TICKS};
use crate::observation::{Arm, ByArm, Counts};
use crate::policy::{
    By, Call, CallError, Checks, Command, Controller, Policy, Reason, State, Step,
};
use crate::rules::{ByShare, Gap, Judgement, Memory, Needs, Rule, Sight, Verdict, Watch, Window};
use crate::stats::fisher::ErrorLaw;
use crate::stats::mann_whitney::van_elteren;
use crate::stats::stratified::stratified;
use crate::world::latency::nearest_edge;
use crate::world::{Cells, LatencyTick, LatencyWindow, Truth, World, WorldState};

/// What is computed once for a configuration.
#[derive(Debug)]
pub struct Plan {
    config: Config,
    world: World,
    policy: Policy,
    rules: Vec<PlannedRule>,
    /// The counts that the rules need.
    cells: Cells,
    /// Whether any rule reads latencies.
    latency: bool,
    /// Whether any rule compares the arms over several traffic shares.
    across: bool,
    /// Whether any of these rules needs the exact distribution of the errors.
    exact_law: bool,
    /// Whether any rule adds up a score, which counts planned ticks only.
    scores: bool,
}

/// A rule with what the loop needs of it in every tick.
#[derive(Debug)]
struct PlannedRule {
    rule: Rule,
    needs: Needs,
    /// What the rule accumulates over the ticks.
    watch: Watch,
    /// Its accumulated state before the first tick.
    fresh: Memory,
    /// Whether the accumulated state is enough for a look.
    by_memory: bool,
    /// The edge of a latency bin that slow requests exceed, if it counts these.
    slow_edge: Option<u32>,
}

impl Plan {
    /// Prepares a configuration. This cannot fail, because a configuration is
    /// valid.
    pub fn new(config: &Config) -> Self {
        let rules: Vec<PlannedRule> =
            config.policy().rules.iter().map(|rule| planned(rule, config)).collect();
        let latency = rules.iter().any(|planned| planned.needs.latency());
        let across = |planned: &PlannedRule| planned.compares_shares();
        let exact_law = rules.iter().any(|planned| across(planned) && planned.needs.exact_law);
        let across = rules.iter().any(across);
        let mut cells = Cells::NONE;
        for planned in &rules {
            cells = cells.union(Cells::FAILED).union(Cells::EXCESS);
            if planned.needs.requests {
                cells = cells.union(Cells::SERVED);
            }
        }
        let scores = rules.iter().any(|planned| matches!(planned.watch, Watch::Score(_)));
        let policy = Policy::new(config.policy());
        let shares: Vec<f64> = policy.levels().iter().map(|level| level.share).collect();
        Plan {
            world: World::new(config, &shares),
            policy,
            rules,
            cells,
            latency,
            across,
            exact_law,
            scores,
            config: config.clone(),
        }
    }

    /// The configuration that the plan was made from.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The rule with this number, counted from 0 in the configuration's order.
    pub fn rule(&self, number: u32) -> &Rule {
        &self.rules[number as usize].rule
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Whether a rule reads latencies. A tick is then many times as expensive.
    pub fn reads_latency(&self) -> bool {
        self.latency
    }

    /// The truth that observations are drawn from.
    pub fn world(&self) -> &World {
        &self.world
    }
}

impl PlannedRule {
    /// Whether the rule compares the arms over windows with more than one traffic
    /// share.
    fn compares_shares(&self) -> bool {
        self.rule.window == Window::Rollout && self.needs.baseline && self.needs.requests
    }

    /// Whether the accumulated state shows that a look must pass. Only for looks
    /// with a baseline.
    #[inline]
    fn passes(&self, memory: &Memory) -> bool {
        self.by_memory && self.watch.passes(memory)
    }
}

/// Prepares a rule for the loop.
fn planned(rule: &Rule, config: &Config) -> PlannedRule {
    let shapes = config.policy().shapes_for(rule);
    let (needs, watch) = (rule.needs(), rule.watch(&shapes));
    PlannedRule {
        needs,
        fresh: watch.begin(),
        watch,
        by_memory: rule.min_errors == 0 && !needs.requests,
        slow_edge: needs.slower_than_ms.map(nearest_edge),
        rule: rule.clone(),
    }
}

/// A decision: what changed, who decided, and the look that gave the reason.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    /// Ticks elapsed when it was made.
    pub tick: u32,
    /// The number of the stage in which it was made, from 1.
    pub stage: u32,
    /// What changed.
    pub step: Step,
    /// Who decided.
    pub by: By,
    /// The look that gave the reason: of the rule that failed, or of the rule that
    /// was inconclusive.
    pub evidence: Option<Evidence>,
}

/// A look of a rule, with what the rule saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// The rule's number, counted from 0 in the configuration's order.
    pub rule: u32,
    /// Its verdict, with the measured values.
    pub judgement: Judgement,
    /// What it saw.
    pub sight: Sight,
}

/// A tick as passed to a sink. Counts that neither the rules nor the sink need are
/// 0.
#[derive(Clone, Copy, Debug)]
pub struct Tick<'a> {
    /// The tick's number, from 1.
    pub tick: u32,
    /// The index of its stage, from 0.
    pub stage: u32,
    /// The canary's share of requests during the tick, 0..=1.
    pub share: f64,
    /// The state after the tick.
    pub state: State,
    /// The counts that monitoring sees.
    pub counts: ByArm<Counts>,
    /// The canary's errors that the baseline would have served.
    pub excess_errors: u64,
    /// The truth that the counts were drawn from.
    pub truth: &'a Truth,
}

/// Receives the events of a run.
pub trait Sink {
    /// The counts that the sink needs in addition to those that the rules need.
    fn wants(&self) -> Cells;
    /// Whether the sink needs every look. If not, looks that are known to pass may
    /// be skipped.
    fn wants_looks(&self) -> bool;
    /// Called after a tick.
    fn tick(&mut self, tick: &Tick<'_>);
    /// Called after each look of a rule; `tick` is the number of the tick.
    fn look(&mut self, tick: u32, evidence: &Evidence);
    /// Called after each decision.
    fn decision(&mut self, decision: &Decision);
}

/// The state of one seed's rollout in a plan.
#[derive(Clone, Debug)]
pub struct Run {
    controller: Controller,
    seen: Seen,
}

/// What a run has drawn and counted so far.
#[derive(Clone, Debug)]
struct Seen {
    world: WorldState,
    tick: u32,
    /// Counts of the last tick.
    last: ByArm<Counts>,
    /// Counts so far.
    counts: ByArm<Counts>,
    /// `counts` when the level began.
    counts_before_level: ByArm<Counts>,
    /// What latencies are drawn from, one element per tick; empty if no rule reads
    /// latencies.
    latencies: Vec<LatencyTick>,
    /// The length of `latencies` when the level began.
    latencies_before_level: usize,
    /// What each rule has drawn of the latencies in its window.
    windows: Vec<LatencyWindow>,
    /// The counts of the levels passed so far, for rules that compare the arms by
    /// share.
    behind: Vec<ByArm<Counts>>,
    /// The exact distribution of the canary's errors in those levels, if a rule
    /// needs it.
    law_behind: ErrorLaw,
    /// The accumulated state of each rule.
    memories: Vec<Memory>,
    /// The first tick in which the release was worse than the baseline, if any.
    degraded_from: Option<u32>,
}

/// The rules of a plan, with what they need to look after the tick that has just
/// ended.
struct Looks<'a, S> {
    plan: &'a Plan,
    seen: &'a mut Seen,
    sink: &'a mut S,
    at: Place,
}

/// The level and traffic share of a tick.
#[derive(Clone, Copy)]
struct Place {
    /// The level's index.
    level: u32,
    /// The canary's share of requests, 0..=1.
    share: f64,
}

impl<S: Sink> Checks for Looks<'_, S> {
    #[inline(always)]
    fn matters(&self, check: usize) -> bool {
        let planned = &self.plan.rules[check];
        let alone = self.at.share == 1.0;
        self.sink.wants_looks() || alone || !planned.passes(&self.seen.memories[check])
    }

    fn look(&mut self, check: usize) -> (Verdict, Option<Gap>) {
        let evidence = self.seen.evidence(self.plan, check, self.at, false);
        self.sink.look(self.seen.tick, &evidence);
        (evidence.judgement.verdict, evidence.judgement.gap)
    }

    fn certifies(&self, check: usize, clock: u32) -> Option<bool> {
        self.plan.rules[check].watch.certifies(&self.seen.memories[check], clock)
    }
}

impl Run {
    /// A run before its first tick.
    pub fn new(plan: &Plan, seed: u64) -> Self {
        Run {
            controller: Controller::start(&plan.policy),
            seen: Seen {
                world: plan.world.start(seed),
                tick: 0,
                last: ByArm::default(),
                counts: ByArm::default(),
                counts_before_level: ByArm::default(),
                latencies: Vec::new(),
                latencies_before_level: 0,
                windows: plan.rules.iter().map(|_| LatencyWindow::new()).collect(),
                behind: Vec::new(),
                law_behind: ErrorLaw::none(),
                memories: plan.rules.iter().map(|planned| planned.fresh).collect(),
                degraded_from: None,
            },
        }
    }

    /// Resets the run to before its first tick, with another seed. Allocates
    /// nothing.
    pub fn restart(&mut self, plan: &Plan, seed: u64) {
        self.controller.restart(&plan.policy);
        let seen = &mut self.seen;
        plan.world.restart(&mut seen.world, seed);
        seen.tick = 0;
        seen.last = ByArm::default();
        seen.counts = ByArm::default();
        seen.counts_before_level = ByArm::default();
        seen.latencies.clear();
        seen.latencies_before_level = 0;
        if plan.latency {
            seen.windows.iter_mut().for_each(LatencyWindow::restart);
        }
        seen.behind.clear();
        if plan.exact_law {
            seen.law_behind = ErrorLaw::none();
        }
        for (memory, planned) in seen.memories.iter_mut().zip(&plan.rules) {
            *memory = planned.fresh;
        }
        seen.degraded_from = None;
    }

    /// The state.
    pub fn state(&self) -> State {
        self.controller.state()
    }

    /// Ticks elapsed.
    pub fn ticks(&self) -> u32 {
        self.seen.tick
    }

    /// The controller.
    pub fn controller(&self) -> &Controller {
        &self.controller
    }

    /// The first tick so far in which the release was worse than the baseline, by a
    /// regression that does not end on its own.
    pub fn degraded_from(&self) -> Option<u32> {
        self.seen.degraded_from
    }

    /// The expected excess errors from now up to a tick if the canary gets all
    /// traffic, as it does after COMPLETED. The run cannot be continued afterwards,
    /// because its world has advanced.
    pub(crate) fn expected_excess_until(&mut self, plan: &Plan, last_tick: u32) -> f64 {
        let stage = self.controller.level(&plan.policy);
        let mut excess = 0.0;
        for tick in self.seen.tick + 1..=last_tick {
            plan.world.tick(&mut self.seen.world, tick, stage, Cells::NONE);
            let truth = plan.world.truth(&self.seen.world);
            let rate = truth.error_rate.canary - truth.healthy_error_rate;
            excess += truth.requests * rate.max(0.0);
        }
        excess
    }

    /// Simulates one tick.
    ///
    /// # Errors
    /// After the end of the rollout, and after [`MAX_TICKS`]. Nothing changes then.
    pub fn tick(&mut self, plan: &Plan, sink: &mut impl Sink) -> Result<(), CallError> {
        Call::Tick.check(self.state())?;
        let Run { controller, seen } = self;
        if seen.tick == MAX_TICKS {
            return Err(CallError::TooLong { call: Call::Tick, max_ticks: MAX_TICKS });
        }
        seen.tick += 1;
        let at =
            Place { level: controller.level(&plan.policy), share: controller.share(&plan.policy) };
        let cells = plan.cells.union(sink.wants());
        let draw = plan.world.tick(&mut seen.world, seen.tick, at.level, cells);
        let counts = ByArm {
            baseline: Counts {
                requests: draw.failed.baseline + draw.served.baseline,
                errors: draw.failed.baseline,
            },
            canary: Counts {
                requests: draw.failed.canary + draw.excess + draw.served.canary,
                errors: draw.failed.canary + draw.excess,
            },
        };
        let truth = *plan.world.truth(&seen.world);
        let in_plan = !plan.scores || controller.is_planned(&plan.policy);
        seen.observe(plan, at.level, in_plan, counts, &truth);
        let mut looks = Looks { plan, seen: &mut *seen, sink: &mut *sink, at };
        let change = controller.after_tick(&plan.policy, &mut looks);
        sink.tick(&Tick {
            tick: seen.tick,
            stage: at.level,
            share: at.share,
            state: controller.state(),
            counts,
            excess_errors: draw.excess,
            truth: &truth,
        });
        if let Some(change) = change {
            let evidence = change
                .reason
                .map(|Reason { check, certificate }| seen.evidence(plan, check, at, certificate));
            let (step, by) = (change.step, change.by);
            seen.enter(plan, controller, step);
            let (tick, stage) = (seen.tick, at.level + 1);
            sink.decision(&Decision { tick, stage, step, by, evidence });
        }
        Ok(())
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// If the state does not allow it. Nothing changes then.
    pub fn command(
        &mut self,
        plan: &Plan,
        command: Command,
        sink: &mut impl Sink,
    ) -> Result<(), CallError> {
        let Run { controller, seen } = self;
        let stage = controller.level(&plan.policy) + 1;
        let steps = controller.command(&plan.policy, command)?;
        for (i, step) in steps.into_iter().flatten().enumerate() {
            seen.enter(plan, controller, step);
            let by = if i == 0 { By::Person } else { By::Policy };
            sink.decision(&Decision { tick: seen.tick, stage, step, by, evidence: None });
        }
        Ok(())
    }
}

impl Seen {
    /// Adds a tick to the windows. Inlined into the loop, because passing the
    /// counts through memory would slow it down.
    #[inline(always)]
    fn observe(
        &mut self,
        plan: &Plan,
        level: u32,
        in_plan: bool,
        counts: ByArm<Counts>,
        truth: &Truth,
    ) {
        self.last = counts;
        self.counts += counts;
        if truth.degraded && self.degraded_from.is_none() {
            self.degraded_from = Some(self.tick);
        }
        if plan.latency {
            self.latencies.push(LatencyTick::new(self.tick, &counts, truth));
        }
        let errors = [counts.canary.errors, counts.baseline.errors];
        for (memory, planned) in self.memories.iter_mut().zip(&plan.rules) {
            let observed = match (planned.slow_edge, self.latencies.last()) {
                (Some(edge), Some(tick)) => [Arm::Canary, Arm::Baseline]
                    .map(|arm| plan.world.slower_than(&mut self.world, arm, tick, edge)),
                _ => errors,
            };
            planned.watch.observe(memory, level, in_plan, observed);
        }
    }

    /// A rule's look, or its certificate, with what the rule sees.
    fn evidence(&mut self, plan: &Plan, check: usize, at: Place, certificate: bool) -> Evidence {
        let planned = &plan.rules[check];
        let mut sight = self.sight(plan, planned, check, at);
        if certificate {
            sight.ln_certificate = planned.watch.ln_certificate(&self.memories[check]);
        }
        Evidence { rule: check as u32, judgement: planned.rule.judge(&sight), sight }
    }

    /// What a rule sees at a look.
    fn sight(&mut self, plan: &Plan, planned: &PlannedRule, check: usize, at: Place) -> Sight {
        let (mut counts, from) = match planned.rule.window {
            Window::Tick => (self.last, self.latencies.len().saturating_sub(1)),
            Window::Stage => (self.counts - self.counts_before_level, self.latencies_before_level),
            Window::Rollout => (self.counts, 0),
        };
        let needs = planned.needs;
        if !needs.requests {
            (counts.canary.requests, counts.baseline.requests) = (0, 0);
        }
        // Where the window has several traffic shares, the arms are compared share
        // by share.
        let across = planned.compares_shares() && !self.behind.is_empty();
        let by_share = across.then(|| self.by_share(needs));
        let Seen { latencies, world, windows, .. } = self;
        let window = &mut windows[check];
        if needs.quantile.is_some() || needs.histogram {
            window.cover(latencies, from..latencies.len());
        }
        let quantile_ms = match needs.quantile {
            None => ByArm::default(),
            Some(q) => {
                ByArm::from_fn(|arm| window.quantile_ms(&plan.world, world, latencies, arm, q))
            }
        };
        let shape =
            needs.histogram.then(|| van_elteren(window.rank_sums(&plan.world, world, latencies)));
        let memory = &self.memories[check];
        Sight {
            counts,
            by_share,
            quantile_ms,
            shape,
            score: planned.watch.score(memory, at.level),
            ln_wealth: planned.watch.ln_wealth(memory),
            ln_certificate: None,
            canary_has_all: at.share == 1.0,
        }
    }

    /// The error rates compared share by share.
    fn by_share(&self, needs: Needs) -> ByShare {
        let here = self.counts - self.counts_before_level;
        ByShare {
            errors: stratified(self.behind.iter().copied().chain([here])),
            exact_p_value: needs.exact_law.then(|| self.law_behind.p_value(here)),
        }
    }

    /// Updates the windows and the rules' accumulated state after a decision.
    fn enter(&mut self, plan: &Plan, controller: &Controller, step: Step) {
        if !matches!(step, Step::Promote | Step::Complete) {
            return;
        }
        if plan.across {
            let counts = self.counts - self.counts_before_level;
            self.behind.push(counts);
            if plan.exact_law {
                self.law_behind.add(counts);
            }
        }
        self.counts_before_level = self.counts;
        self.latencies_before_level = self.latencies.len();
        if plan.latency && plan.across {
            for (window, planned) in self.windows.iter_mut().zip(&plan.rules) {
                if planned.compares_shares() {
                    window.begin_stratum(self.latencies.len());
                }
            }
        }
        if step == Step::Promote {
            let level = controller.level(&plan.policy);
            for (memory, planned) in self.memories.iter_mut().zip(&plan.rules) {
                planned.watch.enter(memory, level);
            }
        }
    }
}

/// A rollout with a seed and its whole history.
#[derive(Clone, Debug)]
pub struct Rollout {
    plan: Arc<Plan>,
    run: Run,
    seed: u64,
    history: History,
    commands: Vec<TimedCommand>,
}

impl Rollout {
    /// A rollout before its first tick. `seed` is at most
    /// [`MAX_SEED`](crate::seed::MAX_SEED); [`parse_seed`](crate::seed::parse_seed)
    /// reads one that a person wrote.
    pub fn new(config: &Config, seed: u64) -> Self {
        Rollout::of_plan(Arc::new(Plan::new(config)), seed)
    }

    /// A rollout of a plan that is shared with other rollouts.
    pub fn of_plan(plan: Arc<Plan>, seed: u64) -> Self {
        let run = Run::new(&plan, seed);
        Rollout { plan, run, seed, history: History::default(), commands: Vec::new() }
    }

    /// The state.
    pub fn state(&self) -> State {
        self.run.state()
    }

    /// Ticks elapsed.
    pub fn ticks(&self) -> u32 {
        self.run.ticks()
    }

    /// Simulates one tick.
    ///
    /// # Errors
    /// After the end of the rollout, and after [`MAX_TICKS`]. Nothing changes then.
    pub fn tick(&mut self) -> Result<(), CallError> {
        self.run.tick(&self.plan, &mut self.history)
    }

    /// Simulates up to the verdict of the current stage; from ROLLING_BACK up to
    /// ROLLED_BACK.
    ///
    /// # Errors
    /// In a pause and after the end; nothing changes then. After [`MAX_TICKS`]; the
    /// rollout stops there.
    pub fn advance(&mut self) -> Result<(), CallError> {
        Call::Advance.check(self.state())?;
        let (state, stage) = (self.state(), self.run.controller.levels_completed());
        while self.state() == state && self.run.controller.levels_completed() == stage {
            self.tick()?;
        }
        Ok(())
    }

    /// Simulates up to the end, or up to a pause that waits for a person.
    ///
    /// # Errors
    /// After [`MAX_TICKS`].
    pub fn run(&mut self) -> Result<(), CallError> {
        while !self.rests() {
            self.tick()?;
        }
        Ok(())
    }

    /// Whether the rollout has ended or waits for a person.
    fn rests(&self) -> bool {
        self.state().is_terminal() || self.run.controller.waits_for_a_person()
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// If the state does not allow it. Nothing changes then.
    pub fn command(&mut self, command: Command) -> Result<(), CallError> {
        self.run.command(&self.plan, command, &mut self.history)?;
        self.commands.push(TimedCommand { tick: self.run.ticks(), command });
        Ok(())
    }

    /// Pauses the rollout: [`Command::Pause`].
    ///
    /// # Errors
    /// Unless the state is PROGRESSING.
    pub fn pause(&mut self) -> Result<(), CallError> {
        self.command(Command::Pause)
    }

    /// Resumes the rollout: [`Command::Resume`].
    ///
    /// # Errors
    /// Unless the state is PAUSED.
    pub fn resume(&mut self) -> Result<(), CallError> {
        self.command(Command::Resume)
    }

    /// Promotes to the next stage at once: [`Command::Promote`].
    ///
    /// # Errors
    /// Unless the state is PROGRESSING or PAUSED.
    pub fn promote(&mut self) -> Result<(), CallError> {
        self.command(Command::Promote)
    }

    /// Aborts the rollout, which rolls it back: [`Command::Abort`].
    ///
    /// # Errors
    /// Unless the state is PROGRESSING or PAUSED.
    pub fn abort(&mut self) -> Result<(), CallError> {
        self.command(Command::Abort)
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The current state of the run.
    pub fn standing(&self) -> &Run {
        &self.run
    }

    /// The history so far.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The commands given so far, with their ticks.
    pub fn commands(&self) -> &[TimedCommand] {
        &self.commands
    }
}
