//! The status of a rollout, and what is the same for both strategies: pauses, aborts,
//! the progress deadline, commands, and when the controller acts next.

use super::fleet::Fleet;
use super::log::RolloutPhase;
use super::program::ArgoPolicy;
use super::runs::{Run, Trial};
use super::{Abort, By, Checks, Command, Context, Event, Pause, State, Step};

/// No tick.
pub(super) const NEVER: u32 = u32::MAX;

/// The most reconciliations at the end of a tick. They stop as soon as nothing changes.
/// Each may replace a single pod, where pods are ready at once.
const MAX_PASSES: u32 = 100_000;

/// The status of a rollout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RolloutStatus {
    pub(super) state: State,
    /// Whether it waits for a person.
    pub(super) waits: bool,
    pub(super) phase: RolloutPhase,
    /// The last tick that has ended.
    pub(super) now: u32,
    /// The next tick at which anything is due.
    pub(super) next: u32,
    pub(super) canary: Fleet,
    pub(super) stable: Fleet,
    /// The index of the current step; their number after the last one.
    pub(super) step: usize,
    /// The level of the ladder.
    pub(super) level: u32,
    /// The canary's weight in the router.
    pub(super) weight: u32,
    /// The index of the share at which traffic stands; `None` before the canary's first
    /// traffic.
    pub(super) traffic: Option<u32>,
    /// The tick at which the pause of a step, or of a blue-green update, began.
    pub(super) pause: Option<u32>,
    /// `status.controllerPause`: the controller has paused. Without a pause, a person has
    /// resumed, and the controller has not acted on it yet.
    pub(super) controller_pause: bool,
    /// Paused because of an inconclusive AnalysisRun.
    pub(super) inconclusive: bool,
    /// Paused because of an inconclusive experiment.
    pub(super) inconclusive_experiment: bool,
    /// `spec.paused`.
    pub(super) paused_by_person: bool,
    pub(super) aborted: bool,
    /// The progress deadline has passed since the last progress.
    pub(super) timed_out: bool,
    /// The tick of the last progress.
    pub(super) progress: u32,
    /// Whether the active service of a blue-green update is switched to the new version.
    pub(super) switched: bool,
    /// The first step whose header route is in force.
    pub(super) routes_from: usize,
    /// The background analysis, or the one before the promotion of a blue-green update.
    pub(super) background: Option<Run>,
    /// The analysis of the step, or the one after the promotion of a blue-green update.
    pub(super) gate: Option<Run>,
    /// The experiment of the step.
    pub(super) trial: Option<Trial>,
}

/// Why a reconciliation pauses the rollout, and the check that gave the reason.
pub(super) type PauseCause = (Pause, Option<u8>);

/// Why a reconciliation aborts the rollout, who decided, and the check that gave the
/// reason.
pub(super) type AbortCause = (Abort, By, Option<u8>);

impl RolloutStatus {
    pub(super) fn start(policy: &ArgoPolicy) -> Self {
        RolloutStatus {
            state: State::Progressing,
            waits: false,
            phase: RolloutPhase::MoreReplicas,
            now: 0,
            next: 0,
            canary: Fleet::of(0),
            stable: Fleet::of(policy.scaling.replicas),
            step: 0,
            level: 0,
            weight: 0,
            traffic: None,
            pause: None,
            controller_pause: false,
            inconclusive: false,
            inconclusive_experiment: false,
            paused_by_person: false,
            aborted: false,
            timed_out: false,
            progress: 0,
            switched: false,
            routes_from: 0,
            background: None,
            gate: None,
            trial: None,
        }
    }

    /// Whether there is a pause condition, of whatever reason.
    pub(super) fn has_pause_condition(&self) -> bool {
        self.pause.is_some() || self.inconclusive || self.inconclusive_experiment
    }

    /// Whether changes of the pods are halted.
    pub(super) fn halted(&self) -> bool {
        self.paused_by_person || self.inconclusive
    }

    /// Reconciles until nothing changes.
    pub(super) fn reconcile<C: Checks>(
        &mut self,
        policy: &ArgoPolicy,
        context: &mut Context<'_, C>,
    ) {
        for _ in 0..MAX_PASSES {
            if self.state.is_terminal() {
                break;
            }
            self.update_pods(context.now);
            let changed = match policy.blue_green {
                Some(blue_green) => self.reconcile_blue_green(policy, &blue_green, context),
                None => self.reconcile_canary(policy, context),
            };
            if !(changed || self.check_deadline(policy, context)) {
                break;
            }
        }
        self.settle(policy, context);
    }

    /// Makes the pods available that are ready.
    fn update_pods(&mut self, now: u32) {
        if self.canary.update(now) | self.stable.update(now) {
            self.made_progress(now);
        }
    }

    fn settle<C: Checks>(&mut self, policy: &ArgoPolicy, context: &mut Context<'_, C>) {
        self.move_traffic(policy, context);
        if self.state == State::RollingBack && self.is_back_on_stable(policy) {
            self.state = State::RolledBack;
            context.decide(Step::RolledBack, By::Policy, Event::BackOnStable, None);
        }
        if self.state.is_terminal() {
            (self.next, self.waits) = (NEVER, false);
            self.phase = match self.state {
                State::Completed => RolloutPhase::Healthy,
                _ => RolloutPhase::Aborted,
            };
            return;
        }
        if self.state == State::Paused && !self.has_pause_condition() && !self.paused_by_person {
            self.state = State::Progressing;
            context.decide(Step::Resume, By::Policy, Event::Resumed, None);
        }
        self.next = self.next_tick(policy, context);
        if self.next == NEVER && self.state == State::RollingBack {
            // A minimum of pods can hold up the last weight of the way back.
            self.weight = 0;
            self.state = State::RolledBack;
            context.decide(Step::RolledBack, By::Policy, Event::BackOnStable, None);
        }
        let stuck = self.next == NEVER && self.state == State::Progressing;
        if stuck {
            self.state = State::Paused;
            context.decide(Step::Pause, By::Policy, Event::Stuck, None);
        }
        self.waits = stuck || (self.state == State::Paused && self.needs_a_person(policy));
        self.phase = self.rollout_phase(policy);
    }

    /// Whether a pause ends by a person alone.
    fn needs_a_person(&self, policy: &ArgoPolicy) -> bool {
        let endless = match policy.blue_green {
            Some(blue_green) => !blue_green.auto_promotion,
            None => policy.steps.get(self.step).is_some_and(|step| step.pause == Some(None)),
        };
        self.paused_by_person
            || self.inconclusive
            || self.inconclusive_experiment
            || (endless && self.pause.is_some())
    }

    /// Sets the share at which traffic stands.
    fn move_traffic<C: Checks>(&mut self, policy: &ArgoPolicy, context: &mut Context<'_, C>) {
        let Some(share) = self.share_now(policy) else {
            return;
        };
        let before = self.traffic;
        let traffic = policy.nearest_share(share);
        // Until the first traffic, the canary is not there.
        if (before.is_some() || share > 0.0) && before != Some(traffic) {
            self.traffic = Some(traffic);
            if !policy.routed && policy.blue_green.is_none() && !self.state.is_terminal() {
                let (canary, stable) = (self.canary.available(), self.stable.available());
                context.note(Event::Pods { canary, stable });
            }
        }
    }

    /// The canary's share of the traffic; `None` if no pod is available, and nothing is
    /// known of where requests go.
    pub(super) fn share_now(&self, policy: &ArgoPolicy) -> Option<f64> {
        match self.state {
            State::Completed => return Some(1.0),
            State::RolledBack => return Some(0.0),
            _ => {}
        }
        if policy.blue_green.is_some() {
            return Some(if self.switched { 1.0 } else { 0.0 });
        }
        if policy.routed {
            return Some(self.routed_share(policy));
        }
        let (canary, stable) = (self.canary.available(), self.stable.available());
        (canary + stable > 0).then(|| f64::from(canary) / f64::from(canary + stable))
    }

    /// Whether the canary gets no more traffic, now or later.
    fn is_back_on_stable(&self, policy: &ArgoPolicy) -> bool {
        match policy.blue_green {
            Some(_) => !self.switched,
            None if policy.routed => self.weight == 0,
            None => self.canary.spec() == 0,
        }
    }

    /// Aborts the rollout.
    pub(super) fn abort<C: Checks>(
        &mut self,
        policy: &ArgoPolicy,
        (cause, by, check): AbortCause,
        context: &mut Context<'_, C>,
    ) {
        self.aborted = true;
        (self.pause, self.controller_pause) = (None, false);
        (self.inconclusive, self.inconclusive_experiment) = (false, false);
        self.paused_by_person = false;
        (self.background, self.gate, self.trial) = (None, None, None);
        self.step = 0;
        self.state = State::RollingBack;
        // What the abort changes at once.
        for _ in 0..MAX_PASSES {
            self.update_pods(context.now);
            let changed = match policy.blue_green {
                Some(_) => std::mem::take(&mut self.switched),
                None => self.roll_back_canary(policy, context.now),
            };
            if !changed {
                break;
            }
        }
        if self.is_back_on_stable(policy) {
            self.state = State::RolledBack;
        }
        context.decide(Step::Rollback, by, Event::Aborted(cause), check);
    }

    /// Adds a pause condition.
    pub(super) fn pause<C: Checks>(
        &mut self,
        (pause, check): PauseCause,
        context: &mut Context<'_, C>,
    ) {
        match pause {
            Pause::Step | Pause::BlueGreen => self.pause = Some(context.now),
            Pause::InconclusiveAnalysis { .. } => self.inconclusive = true,
            Pause::InconclusiveExperiment { .. } => self.inconclusive_experiment = true,
            Pause::Person => self.paused_by_person = true,
        }
        if pause != Pause::Person {
            self.controller_pause = true;
        }
        self.state = State::Paused;
        let by = match (pause, check) {
            (Pause::Person, _) => By::Person,
            (_, Some(_)) => By::Rule,
            (_, None) => By::Policy,
        };
        context.decide(Step::Pause, by, Event::Paused(pause), check);
    }

    /// The new version becomes the stable one.
    pub(super) fn complete<C: Checks>(
        &mut self,
        policy: &ArgoPolicy,
        context: &mut Context<'_, C>,
    ) {
        self.level = policy.last_level();
        self.state = State::Completed;
        (self.background, self.gate, self.trial) = (None, None, None);
        context.decide(Step::Complete, By::Policy, Event::Promoted, None);
    }

    /// Pods, a step or a service have changed.
    pub(super) fn made_progress(&mut self, now: u32) {
        (self.progress, self.timed_out) = (now, false);
    }

    /// The tick at which the progress deadline passes; `None` where it does not count.
    fn deadline(&self, policy: &ArgoPolicy) -> Option<u32> {
        let indefinite = policy.steps.get(self.step).is_some_and(|step| {
            step.pause.is_some() || step.analysis.is_some() || step.experiment.is_some()
        });
        let counts = !(indefinite
            || self.aborted
            || self.timed_out
            || self.paused_by_person
            || self.has_pause_condition());
        counts.then(|| self.progress.saturating_add(policy.deadline_ticks))
    }

    /// Notes that the progress deadline has passed. Returns whether that changed
    /// anything.
    fn check_deadline<C: Checks>(
        &mut self,
        policy: &ArgoPolicy,
        context: &mut Context<'_, C>,
    ) -> bool {
        if self.state.is_terminal()
            || self.deadline(policy).is_none_or(|deadline| deadline > context.now)
        {
            return false;
        }
        self.timed_out = true;
        if policy.deadline_abort {
            self.abort(policy, (Abort::Deadline, By::Policy, None), context);
        } else {
            context.note(Event::DeadlineExceeded);
        }
        true
    }

    /// Carries out a command.
    pub(super) fn command<C: Checks>(
        &mut self,
        policy: &ArgoPolicy,
        command: Command,
        context: &mut Context<'_, C>,
    ) {
        match command {
            Command::Pause => self.pause((Pause::Person, None), context),
            Command::Resume => self.resume(context),
            Command::Promote => self.promote(policy, context),
            Command::Abort => self.abort(policy, (Abort::Person, By::Person, None), context),
        }
        self.reconcile(policy, context);
    }

    /// Clears `spec.paused` and the pause conditions. The controller then completes the
    /// step with a pause, or creates a new AnalysisRun in place of an inconclusive one.
    fn clear_pauses(&mut self, now: u32) {
        self.paused_by_person = false;
        self.pause = None;
        (self.inconclusive, self.inconclusive_experiment) = (false, false);
        self.state = State::Progressing;
        self.made_progress(now);
    }

    fn resume<C: Checks>(&mut self, context: &mut Context<'_, C>) {
        self.clear_pauses(context.now);
        context.decide(Step::Resume, By::Person, Event::Resumed, None);
    }

    /// `kubectl argo rollouts promote`: resumes a rollout that is paused, and completes
    /// the current step of another. After an inconclusive analysis or experiment of a
    /// step, it goes on to the next one.
    fn promote<C: Checks>(&mut self, policy: &ArgoPolicy, context: &mut Context<'_, C>) {
        let unclear = self.inconclusive_experiment || self.gate.is_some_and(Run::is_inconclusive);
        let skips = policy.blue_green.is_none()
            && (!self.has_pause_condition() || unclear)
            && self.step < policy.steps.len();
        let was_paused = self.state == State::Paused;
        if was_paused {
            self.clear_pauses(context.now);
        }
        if skips {
            self.controller_pause = false;
            self.complete_step(policy, true, context);
        } else if was_paused {
            context.decide(Step::Resume, By::Person, Event::Resumed, None);
        } else {
            context.note(Event::NothingToPromote);
        }
    }

    /// The next tick at which anything is due.
    fn next_tick<C: Checks>(&self, policy: &ArgoPolicy, context: &Context<'_, C>) -> u32 {
        let runs = [self.background, self.gate, self.trial.and_then(|trial| trial.run)];
        let runs = runs.into_iter().flatten();
        let of_runs = runs.filter_map(|run| run.next_tick(policy, context.metrics));
        let timers = [
            self.canary.next_tick(),
            self.stable.next_tick(),
            self.pause_end(policy),
            self.trial.and_then(|trial| trial.next_tick(context.now)),
            self.deadline(policy),
        ];
        let all = timers.into_iter().flatten().chain(of_runs);
        let next = all.min().unwrap_or(NEVER);
        next.max(context.now.saturating_add(1))
    }

    /// The tick at which the pause ends by itself.
    pub(super) fn pause_end(&self, policy: &ArgoPolicy) -> Option<u32> {
        if self.paused_by_person {
            return None;
        }
        let ticks = match policy.blue_green {
            Some(blue_green) if self.inconclusive || !blue_green.auto_promotion => return None,
            Some(blue_green) => blue_green.auto_promotion_ticks,
            None => policy.steps.get(self.step)?.pause??,
        };
        self.pause.map(|began| began.saturating_add(ticks))
    }

    /// The phase, after `CalculateRolloutPhase`.
    fn rollout_phase(&self, policy: &ArgoPolicy) -> RolloutPhase {
        let updated = self.canary.spec();
        if self.aborted {
            RolloutPhase::Aborted
        } else if self.timed_out {
            RolloutPhase::DeadlineExceeded
        } else if self.paused_by_person {
            RolloutPhase::ManuallyPaused
        } else if self.pause.is_some() {
            match policy.blue_green {
                Some(_) => RolloutPhase::BlueGreenPause,
                None => RolloutPhase::PauseStep,
            }
        } else if self.inconclusive {
            RolloutPhase::InconclusiveAnalysis
        } else if self.inconclusive_experiment {
            RolloutPhase::InconclusiveExperiment
        } else if updated < policy.scaling.replicas {
            RolloutPhase::MoreReplicas
        } else if self.canary.available() < updated {
            RolloutPhase::BecomingAvailable
        } else if policy.blue_green.is_some() {
            match self.switched {
                true => RolloutPhase::WaitingForAnalysis,
                false => RolloutPhase::CutoverPending,
            }
        } else if !policy.routed && self.stable.spec() > 0 {
            RolloutPhase::OldReplicas
        } else {
            RolloutPhase::WaitingForSteps
        }
    }
}
