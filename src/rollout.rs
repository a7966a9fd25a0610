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
    By, Call, CallError, Checks, Command, Controller, Policy, Reason, State, Step, Tally,
};
use crate::rules::{Gap, Judgement, Rule, Sight, Verdict};
use crate::world::{Cells, Truth, World, WorldState};
use monitoring::{Monitoring, Place, Seen};

/// What is computed once for a configuration.
#[derive(Debug)]
pub struct Plan {
    config: Config,
    world: World,
    policy: Policy,
    /// The canary's share of requests by level; 0 at the number of levels, where the
    /// canary has no traffic yet.
    shares: Vec<f64>,
    monitoring: Monitoring,
    /// The counts that the rules need.
    cells: Cells,
}

impl Plan {
    /// Prepares a configuration. This cannot fail, because a configuration is
    /// valid.
    pub fn new(config: &Config) -> Self {
        let policy = Policy::new(config);
        let mut shares: Vec<f64> = policy.levels().iter().map(|level| level.share).collect();
        let monitoring = Monitoring::new(config, shares.len());
        let world = World::new(config, &shares);
        shares.push(0.0);
        let mut cells = Cells::NONE;
        for needs in monitoring.needs() {
            cells = cells.union(Cells::FAILED).union(Cells::EXCESS);
            if needs.requests || needs.gathered_requests {
                cells = cells.union(Cells::SERVED);
            }
        }
        Plan { world, policy, shares, monitoring, cells, config: config.clone() }
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
        self.config.policy().rules.iter().any(|rule| rule.look_while_paused)
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
    world: WorldState,
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
}

impl Run {
    /// A run before its first tick.
    pub fn new(plan: &Plan, seed: u64) -> Self {
        let mut run = Run {
            controller: Controller::start(&plan.policy),
            world: plan.world.start(seed),
            tick: 0,
            seen: Seen::new(&plan.monitoring),
            degraded_from: None,
        };
        run.seen.begin(plan, &mut run.world);
        run
    }

    /// Resets the run to before its first tick, with another seed. Allocates
    /// nothing.
    pub fn restart(&mut self, plan: &Plan, seed: u64) {
        self.controller.restart(&plan.policy);
        plan.world.restart(&mut self.world, seed);
        self.tick = 0;
        self.degraded_from = None;
        self.seen.restart(&plan.monitoring);
        self.seen.begin(plan, &mut self.world);
    }

    /// The state.
    pub fn state(&self) -> State {
        self.controller.state()
    }

    /// Ticks elapsed.
    pub fn ticks(&self) -> u32 {
        self.tick
    }

    /// The controller.
    pub fn controller(&self) -> &Controller {
        &self.controller
    }

    /// The first tick so far in which the release was worse than the baseline, by a
    /// regression that does not end on its own.
    pub fn degraded_from(&self) -> Option<u32> {
        self.degraded_from
    }

    /// The expected excess errors from now up to a tick if the canary gets all
    /// traffic, as it does after COMPLETED. The run cannot be continued afterwards,
    /// because its world has advanced.
    pub(crate) fn expected_excess_until(&mut self, plan: &Plan, last_tick: u32) -> f64 {
        let level = self.controller.level(&plan.policy);
        let mut excess = 0.0;
        for tick in self.tick + 1..=last_tick {
            plan.world.tick(&mut self.world, tick, level, Cells::NONE);
            let truth = plan.world.truth(&self.world);
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
        let Run { controller, world, tick, seen, degraded_from } = self;
        if *tick == MAX_TICKS {
            return Err(CallError::TooLong { call: Call::Tick, max_ticks: MAX_TICKS });
        }
        *tick += 1;
        let level = controller.traffic_level(&plan.policy);
        let at = Place { tick: *tick, level, share: plan.shares[level as usize] };
        let stage = controller.level(&plan.policy);
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
        let in_plan = !plan.monitoring.scores() || controller.is_planned(&plan.policy);
        seen.after_tick(plan, world, at, in_plan, counts);
        let mut looks = Looks { plan, world: &mut *world, seen: &mut *seen, sink: &mut *sink, at };
        let change = controller.after_tick(&plan.policy, &mut looks);
        sink.tick(&Tick {
            tick: at.tick,
            stage,
            share: at.share,
            state: controller.state(),
            counts,
            excess_errors: draw.excess,
            truth: plan.world.truth(world),
        });
        if let Some(change) = change {
            let tally = change.reason.and_then(|reason| reason.tally);
            let evidence = change.reason.map(|Reason { check, certificate, .. }| {
                seen.evidence(plan, world, check, at, certificate)
            });
            let (step, by) = (change.step, change.by);
            sink.decision(&Decision { tick: at.tick, stage: stage + 1, step, by, evidence, tally });
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
        let Run { controller, tick, .. } = self;
        let stage = controller.level(&plan.policy) + 1;
        let steps = controller.command(&plan.policy, command)?;
        for (i, step) in steps.into_iter().flatten().enumerate() {
            let by = if i == 0 { By::Person } else { By::Policy };
            let (tick, evidence, tally) = (*tick, None, None);
            sink.decision(&Decision { tick, stage, step, by, evidence, tally });
        }
        Ok(())
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
