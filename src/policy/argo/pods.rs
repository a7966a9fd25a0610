//! How many pods the canary and the stable version have, and when there are enough.
//!
//! After `utils/replicaset/canary.go` and `replicaset.go`. The controller calculates
//! the counts again whenever pods become ready or go away, so a canary reaches its
//! share in several moves.

use super::steps::Target;

/// What a rollout says about its pods.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaling {
    /// `spec.replicas`: the pods that serve all traffic.
    pub replicas: u32,
    /// Pods that may exist beyond `replicas`.
    pub max_surge: u32,
    /// Pods that may be missing from `replicas`.
    pub max_unavailable: u32,
    /// The weight that stands for all traffic, from 1; 100 unless the rollout says
    /// otherwise.
    pub max_weight: u32,
    /// With traffic routing, the fewest pods of a version that has any; 0 for no
    /// minimum.
    pub min_pods: u32,
    /// With traffic routing, whether the stable version shrinks as the canary grows.
    pub dynamic_stable_scale: bool,
    /// When enough pods of the canary are available; `None` if all have to be.
    pub progress_threshold: Option<ProgressThreshold>,
}

/// `replicaProgressThreshold`: when enough pods are available. A negative value
/// stands for all pods, as no threshold does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ProgressThreshold {
    /// A percentage of the desired pods.
    Percent(f64),
    /// A number of pods.
    Pods(i32),
}

/// The pods of one version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplicaSet {
    /// Pods asked for, `spec.replicas`.
    pub spec: u32,
    /// Pods that exist, `status.replicas`.
    pub created: u32,
    /// Pods that are ready and have been for long enough, `status.availableReplicas`.
    pub available: u32,
}

impl ReplicaSet {
    /// The pods that count when the controller looks for pods to remove. It ignores
    /// whether they are available if this is the version that shrinks: pods that
    /// never become ready must not keep it from doing so.
    pub fn for_scale_down(self, ignore_availability: bool) -> u32 {
        if ignore_availability { self.spec } else { self.spec.min(self.available) }
    }

    /// Whether the pods asked for are those desired, and all are available.
    pub fn all_available(self, desired: u32) -> bool {
        self.spec == desired && self.available == desired
    }

    /// Whether the pods asked for are those desired, and all exist.
    pub fn all_created(self, desired: u32) -> bool {
        self.spec == desired && self.created == desired
    }
}

/// Pods of the canary and of the stable version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Of the canary.
    pub canary: u32,
    /// Of the stable version.
    pub stable: u32,
}

/// The weights that the router has at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights {
    /// Of the canary.
    pub canary: u32,
    /// Of the stable version.
    pub stable: u32,
}

/// `maxSurge` or `maxUnavailable` as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A number of pods.
    Pods(u32),
    /// A percentage of `spec.replicas`.
    Percent(u32),
}

impl Bound {
    /// The default of both.
    pub const DEFAULT: Bound = Bound::Percent(25);

    /// A bound that is written as a string. It is always a percentage: `"3"` is 3 %.
    /// `None` if it is not a number.
    pub fn from_text(text: &str) -> Option<Bound> {
        text.replace('%', "").parse().ok().map(Bound::Percent)
    }

    /// In pods, of `replicas`.
    fn resolve(self, replicas: u32, round_up: bool) -> u32 {
        match self {
            Bound::Pods(pods) => pods,
            Bound::Percent(percent) => {
                let hundredths = u64::from(percent) * u64::from(replicas);
                let pods = if round_up { hundredths.div_ceil(100) } else { hundredths / 100 };
                u32::try_from(pods).unwrap_or(u32::MAX)
            }
        }
    }
}

/// `maxSurge`, which is rounded up, and `maxUnavailable`, which is rounded down, in
/// pods. If both are 0, one pod may be unavailable; otherwise nothing could move.
pub fn surge_and_unavailable(surge: Bound, unavailable: Bound, replicas: u32) -> (u32, u32) {
    match (surge.resolve(replicas, true), unavailable.resolve(replicas, false)) {
        (0, 0) => (0, 1),
        both => both,
    }
}

impl Scaling {
    /// A rollout of that many pods with the defaults of Argo Rollouts.
    pub fn new(replicas: u32) -> Self {
        Scaling {
            replicas,
            max_surge: 0,
            max_unavailable: 0,
            max_weight: 100,
            min_pods: 0,
            dynamic_stable_scale: false,
            progress_threshold: None,
        }
        .with_bounds(Bound::DEFAULT, Bound::DEFAULT)
    }

    /// With `maxSurge` and `maxUnavailable` as written. At most all pods are
    /// unavailable.
    #[must_use]
    pub fn with_bounds(self, surge: Bound, unavailable: Bound) -> Self {
        let (max_surge, unavailable) = surge_and_unavailable(surge, unavailable, self.replicas);
        Scaling { max_surge, max_unavailable: unavailable.min(self.replicas), ..self }
    }

    /// The pods that carry a weight, rounded up.
    pub fn pods_of(&self, weight: u32) -> u32 {
        let pods = u64::from(weight) * u64::from(self.replicas);
        u32::try_from(pods.div_ceil(u64::from(self.max_weight.max(1)))).unwrap_or(u32::MAX)
    }

    /// The counts whose share comes closest to a weight, without traffic routing. They
    /// sum to `replicas`, or to one more where a surge is allowed and comes closer. A
    /// weight between none and all leaves each version at least one pod, except with a
    /// single pod and no surge.
    pub fn closest(&self, weight: u32) -> Counts {
        let (replicas, max) = (self.replicas, self.max_weight.max(1));
        if replicas == 0 {
            return Counts { canary: 0, stable: 0 };
        }
        let up = self.pods_of(weight);
        let exact = u64::from(weight) * u64::from(replicas) / u64::from(max);
        let down = u32::try_from(exact).unwrap_or(u32::MAX);
        let none_allowed = weight == max || weight == 0 || (replicas == 1 && self.max_surge == 0);
        // The canary would be as far off with a pod more as with a pod less: the more
        // wins.
        let tied =
            |total: u32| (f64::from(total) * (f64::from(weight) / f64::from(max))).fract() == 0.5;
        let down_allowed = |total| !tied(total) && (down != 0 || none_allowed);
        let surges = self.max_surge > 0;
        let options = [
            (up < replicas || none_allowed, up, replicas),
            (down_allowed(replicas), down, replicas),
            (surges, up, replicas.saturating_add(1)),
            (surges && down_allowed(replicas.saturating_add(1)), down, replicas.saturating_add(1)),
        ];
        let distance = |canary: u32, total: u32| {
            (f64::from(canary) * f64::from(max) / f64::from(total) - f64::from(weight)).abs()
        };
        let mut best: Option<(f64, u32, u32)> = None;
        for (allowed, canary, total) in options {
            let off = distance(canary, total);
            if allowed && best.is_none_or(|(least, ..)| off < least) {
                best = Some((off, canary, total));
            }
        }
        let (_, canary, total) = best.unwrap_or((0.0, 0, replicas));
        Counts { canary, stable: total.saturating_sub(canary) }
    }

    /// The next counts of a canary without traffic routing: towards the counts closest
    /// to `weight`, as far as `maxSurge` and `maxUnavailable` allow. The stable version
    /// grows first. `stable` is `None` if there is no version but the canary, which
    /// then gets all pods. `older` are the pods of earlier versions, which go before
    /// any other.
    pub fn basic(
        &self,
        weight: u32,
        canary: ReplicaSet,
        stable: Option<ReplicaSet>,
        older: ReplicaSet,
    ) -> Counts {
        let target = match stable {
            Some(_) => self.closest(weight),
            None => Counts { canary: self.replicas, stable: 0 },
        };
        let now = stable.unwrap_or_default();
        let most = i64::from(self.replicas) + i64::from(self.max_surge);
        let least = i64::from(self.replicas) - i64::from(self.max_unavailable);
        let all = i64::from(older.spec) + i64::from(canary.spec) + i64::from(now.spec);

        let mut room = most - all;
        let stable_pods = grown(now.spec, target.stable, &mut room);
        let canary_pods = grown(canary.spec, target.canary, &mut room);
        let counts = Counts { canary: canary_pods, stable: stable_pods };
        if older.spec > 0 {
            return counts;
        }

        let canary_grows = target.canary >= canary.spec;
        let keep = canary.for_scale_down(!canary_grows) + now.for_scale_down(canary_grows);
        let spare = i64::from(keep) - least;
        if spare <= 0 {
            return counts;
        }
        let limits = Limits { most, least };
        if !canary_grows {
            let pods = shrunk(canary.spec, target.canary, spare, counts.canary);
            let (canary, stable) = limits.hold((canary, pods), stable.zip(Some(counts.stable)));
            Counts { canary, stable: stable.unwrap_or(counts.stable) }
        } else if let Some(stable) = stable {
            let pods = shrunk(stable.spec, target.stable, spare, counts.stable);
            let (stable, canary) = limits.hold((stable, pods), Some((canary, counts.canary)));
            Counts { canary: canary.unwrap_or(counts.canary), stable }
        } else {
            counts
        }
    }

    /// The counts of a canary with traffic routing. The stable version keeps all its
    /// pods, unless it shrinks dynamically: then each version keeps what its present
    /// weight needs, the canary only while it is aborted.
    pub fn routed(&self, target: Target, weights: Option<Weights>, aborted: bool) -> Counts {
        let canary = match target {
            Target::Pods(pods) => pods,
            Target::Weight(weight) => self.at_least_min(self.pods_of(weight)),
        };
        if !self.dynamic_stable_scale {
            return Counts { canary, stable: self.replicas };
        }
        let weight = match target {
            Target::Pods(_) => 0,
            Target::Weight(weight) => weight,
        };
        let stable = self.pods_of(self.max_weight.saturating_sub(weight));
        let (canary, stable) = match weights {
            None => (canary, stable),
            Some(now) => (
                if aborted { canary.max(self.pods_of(now.canary)) } else { canary },
                stable.max(self.pods_of(now.stable)),
            ),
        };
        Counts { canary: self.at_least_min(canary), stable: self.at_least_min(stable) }
    }

    fn at_least_min(&self, pods: u32) -> u32 {
        if pods == 0 { 0 } else { pods.max(self.min_pods.min(self.replicas)) }
    }

    /// Whether enough of the desired pods are available. `None` if the version has no
    /// ReplicaSet, of which there are never enough.
    pub fn threshold_met(&self, pods: Option<ReplicaSet>, desired: u32) -> bool {
        let Some(pods) = pods else {
            return false;
        };
        match self.progress_threshold {
            Some(ProgressThreshold::Percent(percent)) if percent >= 0.0 => {
                let available = f64::from(pods.available) / f64::from(desired) * 100.0;
                desired == 0 || available - percent >= -1e-10
            }
            Some(ProgressThreshold::Pods(least)) if least >= 0 => {
                i64::from(pods.available) >= i64::from(least)
            }
            _ => pods.all_available(desired),
        }
    }

    /// Whether the pods are those desired, so that traffic and steps may go on.
    /// `routed` says whether there is traffic routing. Without it, pods of earlier
    /// versions have to be gone, because they get traffic.
    pub fn at_desired(
        &self,
        desired: Counts,
        canary: ReplicaSet,
        stable: ReplicaSet,
        older: ReplicaSet,
        routed: bool,
    ) -> bool {
        let stable_ready =
            (routed && self.dynamic_stable_scale) || stable.all_created(desired.stable);
        self.threshold_met(Some(canary), desired.canary)
            && stable_ready
            && (routed || older.available == 0)
    }
}

/// The pods of a version that grows, within the room that is left.
fn grown(spec: u32, desired: u32, room: &mut i64) -> u32 {
    let wanted = i64::from(desired) - i64::from(spec);
    if wanted <= 0 || *room <= 0 {
        return spec;
    }
    let more = wanted.min(*room);
    *room -= more;
    pods(i64::from(spec) + more)
}

/// The pods of a version that shrinks by at most `spare`; `otherwise` if it does not.
fn shrunk(spec: u32, desired: u32, spare: i64, otherwise: u32) -> u32 {
    if spec > desired { pods(i64::from(desired).max(i64::from(spec) - spare)) } else { otherwise }
}

fn pods(count: i64) -> u32 {
    u32::try_from(count.max(0)).unwrap_or(u32::MAX)
}

/// The most pods in all, and the fewest that must be available.
#[derive(Clone, Copy)]
struct Limits {
    most: i64,
    least: i64,
}

impl Limits {
    /// Brings the new counts within the limits: of the version that shrinks, and of
    /// the other. What is too much is taken from the other first, but not what has to
    /// stay available.
    fn hold(
        self,
        shrinking: (ReplicaSet, u32),
        other: Option<(ReplicaSet, u32)>,
    ) -> (u32, Option<u32>) {
        let ((drain, drained), Some((adjust, adjusted))) = (shrinking, other) else {
            return (shrinking.1, None);
        };
        let (drained, adjusted) = (i64::from(drained), i64::from(adjusted));
        let available = i64::from(adjust.available);
        let adjusted_down = adjusted - (adjusted + drained - self.most).max(0);
        let total = i64::from(drain.available).min(drained) + available.min(adjusted_down);
        let taken = (available - adjusted_down).max(0);
        let adjusted = adjusted_down + taken.min((self.least - total).max(0));
        let drained = drained - (adjusted + drained - self.most).max(0);
        (pods(drained), Some(pods(adjusted)))
    }
}
