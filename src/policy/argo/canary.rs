//! The reconciliation of a canary, after `rollout/canary.go` and `trafficrouting.go`.

use super::log::Pause;
use super::pods::{Counts, ReplicaSet, Weights};
use super::program::{ArgoPolicy, Completes};
use super::runs::{Run, Trial};
use super::status::RolloutStatus;
use super::steps::Target;
use super::{By, Checks, Context, Event, State, Step};

impl RolloutStatus {
    /// Reconciles once: the router, the experiment, the analyses, the pods, the pause,
    /// and the step. Returns whether anything changed.
    pub(super) fn reconcile_canary<C: Checks>(
        &mut self,
        policy: &ArgoPolicy,
        context: &mut Context<'_, C>,
    ) -> bool {
        if self.aborted {
            return self.roll_back_canary(policy, context.now);
        }
        let mut changed = policy.routed && self.route(policy, context);
        changed |= self.run_experiment(policy, context);
        changed |= self.run_analyses(policy, context);
        if self.state.is_terminal() || self.aborted {
            return true;
        }
        let scaled = !self.halted() && self.scale(policy, context.now);
        if !scaled && self.begin_pause(policy, context) {
            changed = true;
        }
        if self.is_promotable(policy) {
            self.complete(policy, context);
            return true;
        }
        if self.completes_step(policy, context.now) {
            self.complete_step(policy, false, context);
            changed = true;
        }
        if !self.has_pause_condition() {
            changed |= std::mem::take(&mut self.controller_pause);
        }
        changed | scaled
    }

    /// Moves weight and pods one step towards the stable version. Returns whether
    /// anything changed.
    pub(super) fn roll_back_canary(&mut self, policy: &ArgoPolicy, now: u32) -> bool {
        if !policy.routed {
            return self.scale(policy, now);
        }
        let weight = self.weight_after_abort(policy);
        let changed = weight != self.weight && self.has_stable_pods(policy, weight);
        if changed {
            self.weight = weight;
        }
        changed | self.scale(policy, now)
    }

    /// Sets the router's weight. Returns whether it changed.
    fn route<C: Checks>(&mut self, policy: &ArgoPolicy, context: &mut Context<'_, C>) -> bool {
        if self.canary.available() == 0 {
            self.routes_from = self.step + 1;
        }
        let weight = self.desired_weight(policy);
        if weight == self.weight || !self.has_stable_pods(policy, weight) {
            return false;
        }
        let from = std::mem::replace(&mut self.weight, weight);
        context.note(Event::TrafficWeight { from, to: weight });
        true
    }

    /// The weight that the router should have. Traffic moves after the pods are ready:
    /// until then it keeps the weight before.
    fn desired_weight(&self, policy: &ArgoPolicy) -> u32 {
        if self.canary.available() == 0 || policy.steps.is_empty() {
            return 0;
        }
        let desired = self.desired_pods(policy, None);
        let (canary, stable) = (self.canary.replica_set(), self.stable.replica_set());
        let none = ReplicaSet::default();
        match policy.scaling.at_desired(desired, canary, stable, none, true) {
            true => policy.list.weight(self.step),
            false => policy.list.previous_weight(self.step),
        }
    }

    /// The weight on the way back: 0 at once, unless the stable version has to grow first.
    fn weight_after_abort(&self, policy: &ArgoPolicy) -> u32 {
        let scaling = &policy.scaling;
        if !scaling.dynamic_stable_scale {
            return 0;
        }
        let (canary, stable) = (self.canary.replica_set(), self.stable.replica_set());
        let explicit = policy.explicit_abort_delay;
        let desired = policy.list.abort_weight(scaling, canary, stable, explicit);
        // The weight that the stable version can carry.
        let max = u64::from(scaling.max_weight);
        let carried = max * u64::from(stable.available) / u64::from(scaling.replicas.max(1));
        let carried = u32::try_from(carried).unwrap_or(u32::MAX);
        let lacking = scaling.max_weight.saturating_sub(carried);
        if desired == 0 {
            lacking.min(self.weight)
        } else if carried < scaling.max_weight.saturating_sub(desired) {
            self.weight
        } else {
            desired.min(self.weight)
        }
    }

    /// Whether the stable version has the pods for the rest of the traffic.
    fn has_stable_pods(&self, policy: &ArgoPolicy, canary_weight: u32) -> bool {
        let scaling = &policy.scaling;
        let rest = u64::from(scaling.max_weight.saturating_sub(canary_weight));
        let pods = rest * u64::from(scaling.replicas) / u64::from(scaling.max_weight.max(1));
        let pods = u32::try_from(pods).unwrap_or(u32::MAX);
        let stable = self.stable.replica_set();
        stable.available >= pods || scaling.threshold_met(Some(stable), pods)
    }

    /// The canary's share with its weight, its experiment and its header routes.
    pub(super) fn routed_share(&self, policy: &ArgoPolicy) -> f64 {
        let max = f64::from(policy.scaling.max_weight.max(1));
        let step = policy.steps.get(self.step);
        let of_experiment = match (self.trial, step.and_then(|step| step.experiment)) {
            (Some(trial), Some(experiment)) if trial.is_running() => experiment.weight,
            _ => 0.0,
        };
        let weighted = ((f64::from(self.weight) + of_experiment) / max).min(1.0);
        let matched = if self.aborted { 0.0 } else { self.header_share(policy) };
        weighted + (1.0 - weighted) * matched
    }

    /// The share of requests that header routes send to the canary.
    fn header_share(&self, policy: &ArgoPolicy) -> f64 {
        let last = (self.step + 1).min(policy.steps.len());
        if self.routes_from >= last {
            return 0.0;
        }
        let steps = &policy.steps[self.routes_from..last];
        let routes = || steps.iter().filter_map(|step| step.header_route);
        let mut matched: f64 = 0.0;
        for (place, route) in routes().enumerate() {
            // The last step with a name decides.
            if !routes().skip(place + 1).any(|later| later.name == route.name) {
                matched += route.share.unwrap_or(0.0);
            }
        }
        matched.min(1.0)
    }

    /// Creates, measures and assesses the experiment of the step. Returns whether
    /// anything changed.
    fn run_experiment<C: Checks>(
        &mut self,
        policy: &ArgoPolicy,
        context: &mut Context<'_, C>,
    ) -> bool {
        let Some(experiment) = policy.steps.get(self.step).and_then(|step| step.experiment) else {
            return false;
        };
        let mut changed = false;
        if self.trial.is_none() && !self.inconclusive {
            self.trial = Some(Trial::create(policy, &experiment, context.now));
            changed = true;
        }
        let Some(trial) = &mut self.trial else {
            return changed;
        };
        changed |= trial.assess(policy, &experiment, context);
        let trial = *trial;
        if let Some(cause) = trial.abort() {
            self.abort(policy, cause, context);
            return true;
        }
        if trial.status == super::analysis_run::Status::Inconclusive
            && !self.inconclusive_experiment
        {
            let check = trial.run.and_then(Run::check);
            self.pause((Pause::InconclusiveExperiment { check }, check), context);
            return true;
        }
        changed
    }

    /// Creates, measures and assesses the analysis of the step and the one in the
    /// background. Returns whether anything changed.
    fn run_analyses<C: Checks>(
        &mut self,
        policy: &ArgoPolicy,
        context: &mut Context<'_, C>,
    ) -> bool {
        if self.aborted {
            return true;
        }
        let mut changed = false;
        // AnalysisRuns go on whatever the rollout does.
        for run in [&mut self.background, &mut self.gate].into_iter().flatten() {
            changed |= run.measure(policy, context);
        }
        let resumed = self.controller_pause && self.pause.is_none();
        let is_over = |run: Option<Run>| run.is_none_or(|run| resumed && run.is_inconclusive());
        if !self.has_pause_condition() {
            let analysis = policy.steps.get(self.step).and_then(|step| step.analysis);
            match analysis {
                None => self.gate = None,
                Some(analysis) if is_over(self.gate) => {
                    self.gate = Some(Run::create(policy, analysis, context));
                    changed = true;
                }
                Some(_) => {}
            }
        }
        let begins = self.step >= policy.starting_step || self.step >= policy.steps.len();
        if let (Some(analysis), true) = (policy.background, begins)
            && !self.inconclusive
            && is_over(self.background)
        {
            self.background = Some(Run::create(policy, analysis, context));
            changed = true;
        }
        let (had_condition, was_inconclusive) = (self.has_pause_condition(), self.inconclusive);
        let gate = self.gate.filter(|_| !had_condition);
        let background = self.background.filter(|_| !was_inconclusive);
        let runs = || [gate, background].into_iter().flatten();
        if let Some(cause) = runs().find_map(Run::abort) {
            self.abort(policy, cause, context);
            return true;
        }
        if let Some(run) = runs().find(|run| run.is_inconclusive()) {
            let (analysis, check) = (run.analysis, run.check());
            self.pause((Pause::InconclusiveAnalysis { analysis, check }, check), context);
            changed = true;
        }
        changed
    }

    /// The pods that are desired. `weights` are those of the router, if they count.
    fn desired_pods(&self, policy: &ArgoPolicy, weights: Option<Weights>) -> Counts {
        let (canary, stable) = (self.canary.replica_set(), self.stable.replica_set());
        if !policy.routed {
            let weight = if self.aborted { 0 } else { policy.list.weight(self.step) };
            let older = ReplicaSet::default();
            return policy.scaling.basic(weight, canary, Some(stable), older);
        }
        let target = if !self.aborted {
            policy.list.target(self.step, true)
        } else if policy.scaling.dynamic_stable_scale {
            let explicit = policy.explicit_abort_delay;
            Target::Weight(policy.list.abort_weight(&policy.scaling, canary, stable, explicit))
        } else {
            policy.list.target_after_abort(self.step, policy.abort_keeps_canary)
        };
        policy.scaling.routed(target, weights, self.aborted)
    }

    /// Scales the stable version, or if it is as desired, the canary. Returns whether
    /// either changed.
    fn scale(&mut self, policy: &ArgoPolicy, now: u32) -> bool {
        let stable = policy.scaling.max_weight.saturating_sub(self.weight);
        let counts = self.desired_pods(policy, Some(Weights { canary: self.weight, stable }));
        let ready = policy.ready_ticks;
        // The canary's pods are kept for a time after an abort; they get no traffic.
        let kept = self.aborted && policy.explicit_abort_delay;
        let scaled = self.stable.scale(counts.stable, now, ready)
            || (!kept && self.canary.scale(counts.canary, now, ready));
        if scaled {
            self.made_progress(now);
        }
        scaled
    }

    /// Begins the pause of a step. Returns whether it did.
    fn begin_pause<C: Checks>(
        &mut self,
        policy: &ArgoPolicy,
        context: &mut Context<'_, C>,
    ) -> bool {
        let pauses = policy.steps.get(self.step).is_some_and(|step| step.pause.is_some());
        let begins =
            pauses && self.pause.is_none() && !self.controller_pause && !self.paused_by_person;
        if begins {
            self.pause((Pause::Step, None), context);
        }
        begins
    }

    /// Whether the canary becomes the stable version: all steps are done, and its pods
    /// are available.
    fn is_promotable(&self, policy: &ArgoPolicy) -> bool {
        let (canary, replicas) = (self.canary.replica_set(), policy.scaling.replicas);
        self.step >= policy.steps.len()
            && (canary.available >= replicas
                || policy.scaling.threshold_met(Some(canary), replicas))
    }

    /// Whether the current step is completed.
    fn completes_step(&self, policy: &ArgoPolicy, now: u32) -> bool {
        let Some(step) = policy.steps.get(self.step).filter(|_| !self.paused_by_person) else {
            return false;
        };
        match step.completes {
            Completes::Pause => match self.pause {
                // A person has resumed.
                None => self.controller_pause,
                Some(_) => self.pause_end(policy).is_some_and(|end| end <= now),
            },
            Completes::Pods => {
                let stable = policy.scaling.max_weight.saturating_sub(self.weight);
                let weights = Some(Weights { canary: self.weight, stable });
                let desired = self.desired_pods(policy, weights);
                let (canary, stable) = (self.canary.replica_set(), self.stable.replica_set());
                let older = ReplicaSet::default();
                policy.scaling.at_desired(desired, canary, stable, older, policy.routed)
            }
            Completes::Experiment => self
                .trial
                .is_some_and(|trial| trial.status == super::analysis_run::Status::Successful),
            Completes::Analysis => self.gate.is_some_and(Run::is_successful),
            Completes::AtOnce => true,
        }
    }

    /// Goes on to the next step.
    pub(super) fn complete_step<C: Checks>(
        &mut self,
        policy: &ArgoPolicy,
        skipped: bool,
        context: &mut Context<'_, C>,
    ) {
        let event =
            Event::StepCompleted { step: u16::try_from(self.step).unwrap_or(u16::MAX), skipped };
        self.step += 1;
        self.pause = None;
        (self.gate, self.trial) = (None, None);
        self.made_progress(context.now);
        let level = policy.level_of_step.get(self.step).copied().unwrap_or(0);
        let resumes =
            self.state == State::Paused && !self.has_pause_condition() && !self.paused_by_person;
        let kind = if level > self.level {
            Step::Promote
        } else if resumes {
            Step::Resume
        } else {
            Step::Note
        };
        self.level = self.level.max(level);
        if resumes {
            self.state = State::Progressing;
        }
        context.decide(kind, if skipped { By::Person } else { By::Policy }, event, None);
    }
}
