//! The reconciliation of a blue-green update, after `rollout/bluegreen.go`.

use super::program::{ArgoPolicy, BlueGreenPlan};
use super::runs::Run;
use super::status::RolloutStatus;
use super::{By, Checks, Context, Event, Pause, State, Step};

impl RolloutStatus {
    /// Reconciles once: the pods, the pause, the active service, and the analyses.
    /// Returns whether anything changed.
    pub(super) fn reconcile_blue_green<C: Checks>(
        &mut self,
        policy: &ArgoPolicy,
        plan: &BlueGreenPlan,
        context: &mut Context<'_, C>,
    ) -> bool {
        if self.aborted {
            return std::mem::take(&mut self.switched);
        }
        let replicas = policy.scaling.replicas;
        let mut changed = self.canary.scale(replicas, context.now, policy.ready_ticks);
        if changed {
            self.made_progress(context.now);
        }
        let saturated = self.canary.replica_set().all_available(replicas);
        let pre_done =
            plan.pre_promotion.is_none() || self.background.is_some_and(Run::is_successful);
        let mut waited = false;
        if saturated && !self.halted() && !self.switched && plan.pauses() && pre_done {
            let over = self.pause_end(policy).is_some_and(|end| end <= context.now);
            if over {
                (self.pause, waited) = (None, true);
                changed = true;
            } else if self.pause.is_none() && !self.controller_pause {
                self.pause((Pause::BlueGreen, None), context);
                changed = true;
            }
        }
        let pause_done = match plan.auto_promotion {
            true => plan.auto_promotion_ticks == 0 || waited,
            // A person has resumed.
            false => self.controller_pause && self.pause.is_none(),
        };
        if saturated && !self.halted() && !self.switched && pause_done && pre_done {
            self.switch(policy, context);
            changed = true;
        }
        changed |= self.run_promotion_analyses(policy, plan, saturated, context);
        if self.state.is_terminal() || self.aborted {
            return true;
        }
        let post_done = plan.post_promotion.is_none() || self.gate.is_some_and(Run::is_successful);
        if self.switched && post_done {
            self.complete(policy, context);
            return true;
        }
        if !self.has_pause_condition() {
            changed |= std::mem::take(&mut self.controller_pause);
        }
        changed
    }

    /// Switches the active service to the new version.
    fn switch<C: Checks>(&mut self, policy: &ArgoPolicy, context: &mut Context<'_, C>) {
        self.switched = true;
        self.made_progress(context.now);
        self.level = policy.last_level();
        if self.state == State::Paused && !self.has_pause_condition() {
            self.state = State::Progressing;
        }
        context.decide(Step::Promote, By::Policy, Event::Switched, None);
    }

    /// Creates, measures and assesses the analyses before and after the promotion. Returns
    /// whether anything changed.
    fn run_promotion_analyses<C: Checks>(
        &mut self,
        policy: &ArgoPolicy,
        plan: &BlueGreenPlan,
        saturated: bool,
        context: &mut Context<'_, C>,
    ) -> bool {
        let mut changed = false;
        for run in [&mut self.background, &mut self.gate].into_iter().flatten() {
            changed |= run.measure(policy, context);
        }
        let resumed = self.controller_pause && self.pause.is_none();
        let is_over = |run: Option<Run>| run.is_none_or(|run| resumed && run.is_inconclusive());
        if saturated && !self.inconclusive {
            if let (Some(analysis), false) = (plan.pre_promotion, self.switched)
                && is_over(self.background)
            {
                self.background = Some(Run::create(policy, analysis, context));
                changed = true;
            }
            if let (Some(analysis), true) = (plan.post_promotion, self.switched)
                && is_over(self.gate)
            {
                self.gate = Some(Run::create(policy, analysis, context));
                changed = true;
            }
        }
        let runs = [self.background, self.gate];
        if let Some(cause) = runs.into_iter().flatten().find_map(Run::abort) {
            self.abort(policy, cause, context);
            return true;
        }
        let unclear = runs.into_iter().flatten().find(|run| run.is_inconclusive());
        if let Some(run) = unclear.filter(|_| !self.inconclusive) {
            let (analysis, check) = (run.analysis, run.check());
            self.pause((Pause::InconclusiveAnalysis { analysis, check }, check), context);
            changed = true;
        }
        changed
    }
}
