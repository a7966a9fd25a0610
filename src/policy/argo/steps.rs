//! Which weight and which scale of the canary a list of steps has put in force.
//!
//! After `GetCurrentSetWeight`, `UseSetCanaryScale` and `GetDesiredCanaryWeight` in
//! `utils/replicaset/canary.go`.

use super::pods::{ReplicaSet, Scaling};

/// What a step says of weight and scale. A step may say both, or neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StepWeights {
    /// `setWeight`.
    pub weight: Option<u32>,
    /// `setCanaryScale`, which holds only with traffic routing.
    pub scale: Option<CanaryScale>,
}

/// `setCanaryScale`: how many pods the canary has, whatever its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanaryScale {
    /// A number of pods.
    Replicas(u32),
    /// The pods that would carry this weight.
    Weight(u32),
    /// The pods that carry its weight, as before any `setCanaryScale`.
    MatchTrafficWeight,
}

/// What the number of the canary's pods follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A weight.
    Weight(u32),
    /// A number of pods.
    Pods(u32),
}

/// The weights and scales of a list of steps, for each index of a current step. The
/// index after the last step stands for the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepList {
    in_force: Vec<StepWeights>,
    max_weight: u32,
    /// The weights of the steps in order, for the way back.
    set_weights: Vec<u32>,
}

impl StepList {
    /// Prepares a list of steps.
    pub fn new(steps: &[StepWeights], max_weight: u32) -> Self {
        let mut now = StepWeights::default();
        let follow = |step: &StepWeights| {
            now =
                StepWeights { weight: step.weight.or(now.weight), scale: step.scale.or(now.scale) };
            now
        };
        StepList {
            in_force: steps.iter().map(follow).collect(),
            max_weight,
            set_weights: steps.iter().filter_map(|step| step.weight).collect(),
        }
    }

    /// The number of steps.
    pub fn len(&self) -> usize {
        self.in_force.len()
    }

    /// Whether there are no steps.
    pub fn is_empty(&self) -> bool {
        self.in_force.is_empty()
    }

    /// The weight in force at a step: that of the last `setWeight` up to it, 0 if there
    /// is none, all after the last step. An abort makes it 0.
    pub fn weight(&self, index: usize) -> u32 {
        self.in_force.get(index).map_or(self.max_weight, |now| now.weight.unwrap_or(0))
    }

    /// The weight in force before a step: the router keeps it until the pods of the
    /// step are ready.
    pub fn previous_weight(&self, index: usize) -> u32 {
        index.checked_sub(1).map_or(0, |before| match self.in_force.get(before) {
            Some(now) => now.weight.unwrap_or(0),
            None => self.set_weights.last().copied().unwrap_or(0),
        })
    }

    /// The scale in force at a step: that of the last `setCanaryScale` up to it. `None`
    /// if the pods follow the weight.
    pub fn scale(&self, index: usize) -> Option<Target> {
        match self.in_force.get(index)?.scale? {
            CanaryScale::Replicas(pods) => Some(Target::Pods(pods)),
            CanaryScale::Weight(weight) => Some(Target::Weight(weight)),
            CanaryScale::MatchTrafficWeight => None,
        }
    }

    /// What the canary's pods follow at a step. `routed` says whether there is traffic
    /// routing.
    pub fn target(&self, index: usize, routed: bool) -> Target {
        let scale = if routed { self.scale(index) } else { None };
        scale.unwrap_or(Target::Weight(self.weight(index)))
    }

    /// What the canary's pods follow after an abort that resets the rollout to a step.
    /// `keeps_canary` says whether `abortScaleDownDelaySeconds` is 0, which keeps the
    /// scale in force.
    pub fn target_after_abort(&self, index: usize, keeps_canary: bool) -> Target {
        let scale = if keeps_canary { self.scale(index) } else { None };
        scale.unwrap_or(Target::Weight(0))
    }

    /// The weight on the way back after an abort with a dynamic scale of the stable
    /// version: the last `setWeight` that needs fewer pods than the canary still has to
    /// carry. It steps down as the stable version grows. `explicit_delay` says whether
    /// the rollout has an `abortScaleDownDelaySeconds` above 0: then the canary keeps
    /// its pods, and only those that the stable version lacks count.
    pub fn abort_weight(
        &self,
        scaling: &Scaling,
        canary: ReplicaSet,
        stable: ReplicaSet,
        explicit_delay: bool,
    ) -> u32 {
        let lacking = i64::from(scaling.replicas) - i64::from(stable.available);
        let pods = if explicit_delay { lacking } else { lacking.max(i64::from(canary.available)) };
        let fits = |weight: &&u32| i64::from(scaling.pods_of(**weight)) < pods;
        self.set_weights.iter().rev().find(fits).copied().unwrap_or(0)
    }
}
