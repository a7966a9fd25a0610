//! The simulation loop. A [`Plan`] holds what is computed once for a configuration.
//! A [`Run`] is the state of one seed, and [`Run::tick`] is the only loop. Its
//! events go to a [`Sink`]: the sink of a [`Rollout`] keeps the whole history, the
//! sink of a study counts.

mod history;
mod monitoring;
mod replay;

pub use history::{History, LookRow, TickRow};
pub use replay::{Refusal, ReplayError, TimedCommand};

use std::sync::Arc;

use crate::config::{Config, MAX_TICKS};
use crate::observation::{ByArm, Counts};
use crate::policy::{
    By, Call, CallError, Checks, Command, Controller, Decide, Move, Note, Policy, Prepared, Reason,
    State, Step, Tally,
};
use crate::rules::{Gap, Judgement, Rule, Sight, Verdict};
use crate::world::{Cells, RecordedWorld, Truth, World, WorldState};
use monitoring::{Monitoring, Place, Seen};

/// What is computed once for a configuration.
#[derive(Debug)]
pub struct Plan {
    config: Config,
    world: World,
    policy: Policy,
    /// The canary's shares of requests at which traffic can stand; at last 0, where the
    /// canary has no traffic yet.
    shares: Vec<f64>,
    monitoring: Monitoring,
    /// The counts that the rules need.
    cells: Cells,
    /// The last tick that can be simulated.
    last_tick: u32,
    /// What the release does, where a record says the load and the error rate.
    truth: Option<Box<Config>>,
}

impl Plan {
    /// Prepares a configuration. This cannot fail, because a configuration is
    /// valid.
    pub fn new(config: &Config) -> Self {
        let policy = Policy::new(config);
        let shares = policy.shares();
        let world = World::new(config, &shares);
        Plan::of_world(config, policy, shares, world)
    }

    /// Prepares a configuration with a record in place of its load, noise, incidents and
    /// error rate. The policy stays what the configuration makes of it: what it expects of
    /// the load and of the error rate is the configuration's.
    ///
    /// # Errors
    /// A sentence, if the record is spread over ticks of another length:
    /// [`RecordedWorld::truth_of`].
    pub fn over(config: &Config, recorded: Arc<RecordedWorld>) -> Result<Self, String> {
        let truth = recorded.truth_of(config)?;
        let policy = Policy::new(config);
        let shares = policy.shares();
        let last_tick = recorded.last_tick().unwrap_or(MAX_TICKS);
        let world = World::over(config, &truth, &shares, recorded);
        let mut plan = Plan::of_world(config, policy, shares, world);
        (plan.last_tick, plan.truth) = (last_tick.min(MAX_TICKS), Some(Box::new(truth)));
        Ok(plan)
    }

    fn of_world(config: &Config, policy: Policy, mut shares: Vec<f64>, world: World) -> Self {
        let monitoring = Monitoring::new(config, shares.len());
        shares.push(0.0);
        let mut cells = Cells::NONE;
        for needs in monitoring.needs() {
            cells = cells.union(Cells::FAILED).union(Cells::EXCESS);
            if needs.requests || needs.gathered_requests {
                cells = cells.union(Cells::SERVED);
            }
        }
        Plan {
            world,
            policy,
            shares,
            monitoring,
            cells,
            last_tick: MAX_TICKS,
            truth: None,
            config: config.clone(),
        }
    }

    /// The record that counts are taken from, if they are not drawn.
    pub fn recorded(&self) -> Option<&RecordedWorld> {
        self.world.recorded()
    }

    /// Whether it is known what the release does: unless the counts of both arms are
    /// recorded.
    pub fn truth_is_known(&self) -> bool {
        self.recorded().is_none_or(|recorded| !recorded.has_both_arms())
    }

    /// A configuration that says what the release does: that of the plan, or over a record
    /// [`RecordedWorld::truth_of`] it.
    pub fn truth(&self) -> &Config {
        self.truth.as_deref().unwrap_or(&self.config)
    }

    /// Why there is no tick after the last one.
    #[cold]
    fn ended(&self) -> CallError {
        let (call, ticks) = (Call::Tick, self.last_tick);
        match self.recorded() {
            Some(_) if ticks < MAX_TICKS => CallError::RecordEnded { call, ticks },
            _ => CallError::TooLong { call, max_ticks: ticks },
        }
    }

    /// The configuration that the plan was made from.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The rule with this number, counted from 0 in the configuration's order.
    pub fn rule(&self, number: u32) -> &Rule {
        self.monitoring.rule(number as usize)
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Whether a rule looks while the rollout is paused.
    pub fn looks_in_pauses(&self) -> bool {
        self.policy.looks_in_pauses()
    }

    /// Whether a rule reads latencies. A tick is then many times as expensive.
    pub fn reads_latency(&self) -> bool {
        self.monitoring.reads_latency()
    }

    /// The truth that observations are drawn from.
    pub fn world(&self) -> &World {
        &self.world
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
    /// The failed looks that led to it, if one did.
    pub tally: Option<Tally>,
    /// What happened in the controller's own terms, for [`Prepared::sentence`].
    pub note: Option<Note>,
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
    /// The first and the last tick of its window. Ticks before the rollout are
    /// numbered from 0 downwards. A window that nothing is shown of is empty: its
    /// first tick is after its last.
    pub ticks: [i32; 2],
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
    /// The index of the controller's phase after the tick, in [`Prepared::phases`].
    pub phase: u8,
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
    /// Called after a tick, its looks and its decisions.
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
    /// Whether the controller has acted at the start.
    begun: bool,
    /// What a command changes, kept for its memory.
    moves: Vec<Move>,
    elapsed: Elapsed,
}

/// What has happened in a run, apart from its controller.
#[derive(Clone, Debug)]
struct Elapsed {
    world: WorldState,
    /// The number of ticks.
    tick: u32,
    seen: Seen,
    /// The first tick in which the release was worse than the baseline, if any.
    degraded_from: Option<u32>,
}

/// The rules of a plan, with what they need to look after the tick that has just
/// ended.
struct Looks<'a, S> {
    plan: &'a Plan,
    world: &'a mut WorldState,
    seen: &'a mut Seen,
    sink: &'a mut S,
    at: Place,
    /// The index of the level before the tick's decisions.
    stage: u32,
}

impl<S: Sink> Checks for Looks<'_, S> {
    fn tick(&self) -> u32 {
        self.at.tick
    }

    #[inline(always)]
    fn matters(&self, check: usize) -> bool {
        let alone = self.at.share == 1.0;
        self.sink.wants_looks() || alone || !self.seen.passes(&self.plan.monitoring, check)
    }

    fn look(&mut self, check: usize) -> (Verdict, Option<Gap>) {
        let evidence = self.seen.evidence(self.plan, self.world, check, self.at, false);
        self.sink.look(self.at.tick, &evidence);
        (evidence.judgement.verdict, evidence.judgement.gap)
    }

    fn certifies(&self, check: usize, clock: u32) -> Option<bool> {
        self.seen.certifies(&self.plan.monitoring, check, self.at.level, clock)
    }

    #[inline(never)]
    fn decide(&mut self, change: Move) {
        let Move { step, by, reason, note } = change;
        let tally = reason.and_then(|reason| reason.tally);
        let evidence = reason.map(|Reason { check, certificate, .. }| {
            self.seen.evidence(self.plan, self.world, check, self.at, certificate)
        });
        let (tick, stage) = (self.at.tick, self.stage + 1);
        self.sink.decision(&Decision { tick, stage, step, by, evidence, tally, note });
    }
}

impl Run {
    /// A run before its first tick.
    pub fn new(plan: &Plan, seed: u64) -> Self {
        let elapsed = Elapsed {
            world: plan.world.start(seed),
            tick: 0,
            seen: Seen::new(&plan.monitoring),
            degraded_from: None,
        };
        let controller = Controller::start(&plan.policy);
        let mut run = Run { controller, begun: false, moves: Vec::new(), elapsed };
        run.elapsed.seen.begin(plan, &mut run.elapsed.world);
        run
    }

    /// Resets the run to before its first tick, with another seed. Allocates
    /// nothing.
    pub fn restart(&mut self, plan: &Plan, seed: u64) {
        self.controller.restart(&plan.policy);
        self.begun = false;
        let Elapsed { world, tick, seen, degraded_from } = &mut self.elapsed;
        plan.world.restart(world, seed);
        (*tick, *degraded_from) = (0, None);
        seen.restart(&plan.monitoring);
        seen.begin(plan, world);
    }

    /// The state.
    pub fn state(&self) -> State {
        self.controller.state()
    }

    /// Ticks elapsed.
    pub fn ticks(&self) -> u32 {
        self.elapsed.tick
    }

    /// The controller.
    pub fn controller(&self) -> &Controller {
        &self.controller
    }

    /// The first tick so far in which the release was worse than the baseline, by a
    /// regression that does not end on its own.
    pub fn degraded_from(&self) -> Option<u32> {
        self.elapsed.degraded_from
    }

    /// The expected excess errors from now up to a tick if the canary gets all
    /// traffic, as it does after COMPLETED. The run cannot be continued afterwards,
    /// because its world has advanced.
    pub(crate) fn expected_excess_until(&mut self, plan: &Plan, last_tick: u32) -> f64 {
        let level = self.controller.level(&plan.policy);
        let mut excess = 0.0;
        let world = &mut self.elapsed.world;
        for tick in self.elapsed.tick + 1..=last_tick {
            plan.world.tick(world, tick, level, Cells::NONE);
            let truth = plan.world.truth(world);
            let rate = truth.error_rate.canary - truth.healthy_error_rate;
            excess += truth.requests * rate.max(0.0);
        }
        excess
    }

    /// Simulates one tick. Before the first one the controller acts at the start of the
    /// rollout, which may end it: then no tick passes.
    ///
    /// # Errors
    /// After the end of the rollout or of its record, and after [`MAX_TICKS`]. Nothing
    /// changes then.
    pub fn tick(&mut self, plan: &Plan, sink: &mut impl Sink) -> Result<(), CallError> {
        Call::Tick.check(self.state())?;
        let Run { controller, begun, elapsed, .. } = self;
        if elapsed.tick == plan.last_tick {
            return Err(plan.ended());
        }
        if !*begun {
            *begun = true;
            elapsed.begin(controller, plan, sink);
            if controller.state().is_terminal() {
                return Ok(());
            }
        }
        // The staged policy is dispatched once a tick, not at every question.
        match (controller, &plan.policy) {
            (Controller::Staged(staged), Policy::Staged(policy)) => {
                elapsed.pass(staged, policy, plan, sink);
            }
            (controller, policy) => elapsed.pass_with_any(controller, policy, plan, sink),
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
        let stage = self.controller.level(&plan.policy) + 1;
        self.controller.command(&plan.policy, command, &mut self.moves)?;
        for Move { step, by, note, .. } in self.moves.drain(..) {
            let (tick, evidence, tally) = (self.elapsed.tick, None, None);
            sink.decision(&Decision { tick, stage, step, by, evidence, tally, note });
        }
        Ok(())
    }
}

impl Elapsed {
    /// Lets the controller act at the start of the rollout.
    #[inline(never)]
    fn begin(&mut self, controller: &mut Controller, plan: &Plan, sink: &mut impl Sink) {
        let Elapsed { world, seen, .. } = self;
        let at = Place { tick: 0, level: plan.shares.len() as u32 - 1, share: 0.0 };
        let stage = controller.level(&plan.policy);
        let mut looks = Looks { plan, world, seen, sink, at, stage };
        controller.begin(&plan.policy, &mut looks);
    }

    #[inline(never)]
    fn pass_with_any(
        &mut self,
        controller: &mut Controller,
        policy: &Policy,
        plan: &Plan,
        sink: &mut impl Sink,
    ) {
        self.pass(controller, policy, plan, sink);
    }

    /// Lets a tick pass, and then lets the controller act.
    #[inline(always)]
    fn pass<C: Decide>(
        &mut self,
        controller: &mut C,
        policy: &C::Policy,
        plan: &Plan,
        sink: &mut impl Sink,
    ) {
        let Elapsed { world, tick, seen, degraded_from } = self;
        *tick += 1;
        let level = controller.traffic_level(policy);
        let at = Place { tick: *tick, level, share: plan.shares[level as usize] };
        let stage = controller.level(policy);
        let cells = plan.cells.union(sink.wants());
        let draw = plan.world.tick(world, *tick, level, cells);
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
        if plan.world.truth(world).degraded && degraded_from.is_none() {
            *degraded_from = Some(*tick);
        }
        let in_plan = !plan.monitoring.scores() || controller.is_planned(policy);
        seen.after_tick(plan, world, at, in_plan, counts);
        let mut looks = Looks { plan, world: &mut *world, seen, sink: &mut *sink, at, stage };
        controller.after_tick(policy, &mut looks);
        sink.tick(&Tick {
            tick: at.tick,
            stage,
            share: at.share,
            state: controller.state(),
            phase: controller.phase(),
            counts,
            excess_errors: draw.excess,
            truth: plan.world.truth(world),
        });
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

    /// A rollout over recorded counts, before its first tick. The seed matters where a
    /// release is laid upon them, and for latencies and controls, which are drawn.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use canary_rollout::config::Config;
    /// use canary_rollout::record::{ArmRecord, Record};
    /// use canary_rollout::rollout::Rollout;
    /// use canary_rollout::world::{RecordedWorld, ReplayOptions};
    ///
    /// let counts = |requests: f64, errors: f64| ArmRecord {
    ///     requests: vec![requests; 30],
    ///     errors: vec![errors; 30],
    ///     latency: Vec::new(),
    /// };
    /// let record = Record::new(0, 60, counts(9_500.0, 19.0), Some(counts(500.0, 10.0)))?;
    /// let config = Config::from_text(
    ///     r#"{ "stages": [{ "traffic_pct": 5, "duration_ticks": 10 }], "error_rate_threshold": 0.01 }"#,
    /// )?;
    /// let recorded = RecordedWorld::new(&record, &config, &ReplayOptions::default())?;
    /// let mut rollout = Rollout::over_record(&config, Arc::new(recorded), 0)?;
    /// rollout.run()?;
    /// assert!(rollout.report().rollback_triggered);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Plan::over`].
    pub fn over_record(
        config: &Config,
        recorded: Arc<RecordedWorld>,
        seed: u64,
    ) -> Result<Self, String> {
        Ok(Rollout::of_plan(Arc::new(Plan::over(config, recorded)?), seed))
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
    /// After the end of the rollout or of its record, and after [`MAX_TICKS`]. Nothing
    /// changes then.
    pub fn tick(&mut self) -> Result<(), CallError> {
        self.run.tick(&self.plan, &mut self.history)
    }

    /// Simulates up to the verdict of the current stage; from ROLLING_BACK up to
    /// ROLLED_BACK.
    ///
    /// # Errors
    /// In a pause and after the end; nothing changes then. After [`MAX_TICKS`] and after
    /// the end of the record; the rollout stops there.
    pub fn advance(&mut self) -> Result<(), CallError> {
        Call::Advance.check(self.state())?;
        let (state, stage) = (self.state(), self.run.controller.levels_completed());
        while self.state() == state && self.run.controller.levels_completed() == stage {
            self.tick()?;
        }
        Ok(())
    }

    /// Simulates up to the end, up to a pause that waits for a person, or up to the end of
    /// the record: [`Rollout::record_has_ended`].
    ///
    /// # Errors
    /// After [`MAX_TICKS`].
    pub fn run(&mut self) -> Result<(), CallError> {
        while !self.rests() {
            self.tick()?;
        }
        Ok(())
    }

    /// Whether the rollout has ended or waits for a person, or its record has ended.
    fn rests(&self) -> bool {
        self.is_over() || self.run.controller.waits_for_a_person()
    }

    /// Whether the rollout or its record has ended.
    fn is_over(&self) -> bool {
        self.state().is_terminal() || self.record_has_ended()
    }

    /// Whether the rollout stands undecided at the end of the record that its counts are
    /// taken from.
    pub fn record_has_ended(&self) -> bool {
        let last = self.plan.recorded().and_then(RecordedWorld::last_tick);
        last == Some(self.ticks()) && !self.state().is_terminal()
    }

    /// Whether a call is allowed now: by the state, and a command by the controller, too.
    pub fn allows(&self, call: Call) -> bool {
        let by_controller = || match call {
            Call::Command(command) => {
                let mut controller = self.run.controller;
                controller.command(&self.plan.policy, command, &mut Vec::new()).is_ok()
            }
            Call::Tick | Call::Advance => !self.record_has_ended(),
        };
        call.check(self.state()).is_ok() && by_controller()
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
