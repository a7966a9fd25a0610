//! `utils/replicaset/canary_test.go` and `replicaset_test.go`. Pairs of counts are
//! (stable, canary) unless a table says otherwise.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::policy::argo::pods::{
    Bound, Counts, ProgressThreshold, ReplicaSet, Scaling, Weights, surge_and_unavailable,
};
use canary_rollout::policy::argo::steps::{CanaryScale, StepList, StepWeights, Target};

use Bound::{Percent, Pods};

fn scaling(replicas: u32, surge: Bound, unavailable: Bound) -> Scaling {
    Scaling::new(replicas).with_bounds(surge, unavailable)
}

/// A version with these pods asked for and available, all of them created.
fn replica_set((spec, available): (u32, u32)) -> ReplicaSet {
    ReplicaSet { spec, created: spec, available }
}

fn set_weight(weight: u32) -> StepWeights {
    StepWeights { weight: Some(weight), scale: None }
}

fn set_scale(scale: CanaryScale) -> StepWeights {
    StepWeights { weight: None, scale: Some(scale) }
}

#[test]
fn pods_come_as_close_to_a_weight_as_whole_pods_can() {
    /// `TestApproximateWeightedNewStableReplicaCounts`: pods, surge, and for each
    /// weight the pods (canary, stable).
    type Row = (u32, u32, &'static [(u32, u32, u32)]);
    const TABLE: [Row; 10] = [
        (0, 0, &[(0, 0, 0), (50, 0, 0), (100, 0, 0)]),
        (0, 1, &[(0, 0, 0), (50, 0, 0), (100, 0, 0)]),
        (1, 0, &[(0, 0, 1), (1, 0, 1), (49, 0, 1), (50, 1, 0), (99, 1, 0), (100, 1, 0)]),
        (1, 1, &[(0, 0, 1), (1, 1, 1), (49, 1, 1), (50, 1, 1), (99, 1, 1), (100, 1, 0)]),
        (2, 0, &[(0, 0, 2), (1, 1, 1), (50, 1, 1), (99, 1, 1), (100, 2, 0)]),
        (2, 1, &[(0, 0, 2), (1, 1, 2), (50, 1, 1), (99, 2, 1), (100, 2, 0)]),
        (3, 0, &[(10, 1, 2), (25, 1, 2), (33, 1, 2), (34, 1, 2), (49, 1, 2), (50, 2, 1)]),
        (3, 1, &[(10, 1, 3), (25, 1, 3), (33, 1, 2), (34, 1, 2), (49, 2, 2), (50, 2, 2)]),
        (10, 0, &[(1, 1, 9), (14, 1, 9), (15, 2, 8), (16, 2, 8), (99, 9, 1)]),
        (
            10,
            1,
            &[
                (0, 0, 10),
                (100, 10, 0),
                (0, 0, 10),
                (1, 1, 10),
                (18, 2, 9),
                (19, 2, 9),
                (20, 2, 8),
                (23, 2, 8),
                (24, 3, 8),
                (25, 3, 8),
                (99, 10, 1),
                (100, 10, 0),
            ],
        ),
    ];
    let mut rows = 0;
    for (replicas, surge, weights) in TABLE {
        for &(weight, canary, stable) in weights {
            let closest = scaling(replicas, Pods(surge), Pods(0)).closest(weight);
            assert_eq!(closest, Counts { canary, stable }, "{replicas} pods, {weight} %, {surge}");
            rows += 1;
        }
    }
    assert_eq!(rows, 57);
}

#[test]
fn a_canary_without_traffic_routing_moves_within_surge_and_unavailable() {
    type Pair = (u32, u32);
    /// The cases of `TestCalculateReplicaCountsForCanary` without traffic routing, by
    /// number: pods, weight, `maxSurge`, `maxUnavailable`, stable pods (asked for,
    /// available), canary pods, older pods, and the pods to come. A full promotion (35,
    /// 36) is a weight of 100.
    type Row = (u32, u32, u32, Bound, Bound, Pair, Pair, u32, Pair);
    #[rustfmt::skip]
    const TABLE: [Row; 33] = [
        (1, 10, 100, Pods(3), Pods(0), (7, 8), (6, 3), 0, (7, 6)),
        (2, 10, 20, Pods(2), Pods(0), (10, 10), (0, 0), 0, (10, 2)),
        (3, 10, 20, Percent(20), Pods(0), (10, 10), (0, 0), 0, (10, 2)),
        (4, 10, 20, Percent(20), Pods(0), (10, 10), (2, 2), 0, (8, 2)),
        (5, 10, 30, Pods(2), Pods(0), (10, 10), (0, 0), 0, (10, 2)),
        (6, 10, 20, Pods(0), Pods(2), (10, 10), (0, 0), 0, (8, 0)),
        (7, 10, 20, Pods(0), Percent(20), (10, 10), (0, 0), 0, (8, 0)),
        (8, 10, 30, Pods(0), Pods(2), (10, 10), (0, 0), 0, (8, 0)),
        (9, 10, 50, Pods(2), Pods(1), (10, 10), (0, 0), 0, (9, 2)),
        (10, 10, 0, Pods(1), Pods(1), (10, 10), (1, 1), 0, (10, 0)),
        (11, 10, 100, Pods(1), Pods(1), (1, 1), (10, 10), 0, (0, 10)),
        (12, 1, 20, Pods(1), Pods(0), (1, 1), (0, 0), 0, (1, 1)),
        (13, 1, 90, Pods(1), Pods(0), (1, 1), (0, 0), 0, (1, 1)),
        (14, 1, 49, Pods(0), Pods(1), (1, 1), (0, 0), 0, (1, 0)),
        (15, 1, 51, Pods(0), Pods(1), (1, 1), (0, 0), 0, (0, 0)),
        (16, 1, 51, Pods(0), Pods(1), (0, 0), (0, 0), 0, (0, 1)),
        (17, 10, 30, Pods(1), Pods(0), (1, 1), (0, 0), 3, (7, 1)),
        (18, 10, 30, Pods(0), Pods(3), (8, 5), (4, 4), 0, (7, 3)),
        (19, 10, 100, Pods(1), Pods(0), (10, 2), (10, 8), 0, (2, 9)),
        (20, 10, 30, Pods(0), Pods(1), (8, 6), (4, 2), 3, (8, 4)),
        (21, 10, 5, Pods(0), Pods(1), (10, 10), (0, 0), 0, (9, 0)),
        (22, 10, 5, Pods(0), Pods(1), (9, 9), (0, 0), 0, (9, 1)),
        (23, 10, 10, Percent(0), Percent(0), (10, 10), (0, 0), 0, (9, 0)),
        (27, 10, 20, Percent(20), Pods(0), (10, 10), (0, 0), 0, (10, 2)),
        (28, 4, 100, Pods(1), Pods(0), (4, 1), (0, 0), 0, (4, 1)),
        (29, 3, 99, Pods(0), Pods(2), (3, 3), (0, 0), 0, (1, 0)),
        (30, 3, 99, Pods(0), Pods(2), (1, 1), (0, 0), 0, (1, 2)),
        (31, 4, 100, Pods(1), Pods(0), (4, 1), (1, 1), 0, (3, 1)),
        (32, 4, 0, Pods(1), Pods(0), (0, 0), (4, 4), 0, (1, 4)),
        (33, 4, 0, Pods(1), Pods(0), (1, 0), (4, 4), 0, (1, 4)),
        (34, 4, 0, Pods(1), Pods(0), (1, 1), (4, 4), 0, (1, 3)),
        (35, 4, 100, Pods(4), Pods(4), (4, 4), (0, 0), 0, (0, 4)),
        (36, 4, 100, Pods(3), Pods(0), (4, 4), (0, 0), 0, (4, 3)),
    ];
    for (number, replicas, weight, surge, unavailable, stable, canary, older, next) in TABLE {
        let mut step = set_weight(weight);
        if number == 27 {
            // Without traffic routing, a scale of the canary has no effect.
            step.scale = Some(CanaryScale::Replicas(9));
        }
        let target = StepList::new(&[step], 100).target(0, false);
        assert_eq!(target, Target::Weight(weight));
        let counts = scaling(replicas, surge, unavailable).basic(
            weight,
            replica_set(canary),
            Some(replica_set(stable)),
            replica_set((older, older)),
        );
        assert_eq!((counts.stable, counts.canary), next, "case {number}");
    }
}

#[test]
fn a_first_version_gets_all_pods() {
    // TestCalculateReplicaCountsForNewDeployment,
    // TestCalculateReplicaCountsForCanaryStableRSdEdgeCases
    for pods in [(10, 0), (9, 9)] {
        let counts =
            scaling(10, Pods(0), Pods(1)).basic(10, replica_set(pods), None, ReplicaSet::default());
        assert_eq!(counts, Counts { canary: 10, stable: 0 });
    }
}

#[test]
fn with_traffic_routing_the_canary_follows_its_weight_or_its_scale() {
    #[track_caller]
    fn check(scaling: Scaling, target: Target, stable_and_canary: (u32, u32)) {
        let counts = scaling.routed(target, None, false);
        assert_eq!((counts.stable, counts.canary), stable_and_canary);
    }
    let of = |replicas| scaling(replicas, Pods(0), Pods(0));
    let step = |weight, scale| {
        let step = StepWeights { weight: Some(weight), scale: Some(scale) };
        StepList::new(&[step], 100)
    };
    // The cases of TestCalculateReplicaCountsForCanary with traffic routing, 24 to 26
    // and 37 to 40.
    check(of(1), step(100, CanaryScale::Replicas(9)).target(0, true), (1, 9));
    check(of(4), step(100, CanaryScale::Weight(200)).target(0, true), (4, 8));
    check(of(10), step(20, CanaryScale::MatchTrafficWeight).target(0, true), (10, 2));
    let aborted = step(0, CanaryScale::Replicas(1));
    check(of(1), aborted.target_after_abort(0, true), (1, 1));
    check(of(1), aborted.target_after_abort(0, false), (1, 0));
    check(Scaling { min_pods: 2, ..of(10) }, Target::Weight(5), (10, 2));
    check(Scaling { min_pods: 2, ..of(1) }, Target::Weight(100), (1, 1));
    // TestCalculateReplicaCountsForCanaryTrafficRouting
    check(of(10), Target::Weight(10), (10, 1));
}

#[test]
fn a_dynamic_scale_follows_the_traffic() {
    type Pair = (u32, u32);
    /// `TestCalculateReplicaCountsForCanaryTrafficRoutingDynamicScale`: `setWeight` of
    /// the steps, whether aborted, weights (canary, stable), available pods (canary,
    /// stable) if there are ReplicaSets, and the pods to come (canary, stable).
    type Row = (&'static [u32], bool, Pair, Option<Pair>, Pair);
    const TABLE: [Row; 8] = [
        (&[20, 60], true, (60, 40), Some((6, 4)), (6, 8)),
        (&[20, 60], true, (60, 40), Some((1, 4)), (6, 8)),
        (&[20, 60], true, (60, 40), Some((2, 4)), (6, 8)),
        (&[20, 60], true, (60, 40), None, (6, 10)),
        (&[10], false, (10, 90), None, (1, 9)),
        (&[20], false, (10, 90), None, (2, 9)),
        (&[20], true, (20, 80), None, (2, 10)),
        (&[20], true, (10, 90), None, (1, 10)),
    ];
    for (weights, aborted, (canary, stable), available, next) in TABLE {
        let steps: Vec<StepWeights> = weights.iter().map(|&weight| set_weight(weight)).collect();
        let steps = StepList::new(&steps, 100);
        let scaling = Scaling { dynamic_stable_scale: true, ..scaling(10, Pods(0), Pods(1)) };
        let target = match available {
            Some((canary, stable)) => Target::Weight(steps.abort_weight(
                &scaling,
                replica_set((canary, canary)),
                replica_set((stable, stable)),
                false,
            )),
            None if aborted => steps.target_after_abort(0, false),
            None => steps.target(0, true),
        };
        let counts = scaling.routed(target, Some(Weights { canary, stable }), aborted);
        assert_eq!((counts.canary, counts.stable), next, "{weights:?} {canary} {available:?}");
    }
}

#[test]
fn a_delay_after_an_abort_does_not_hold_up_the_way_back() {
    // TestGetDesiredCanaryWeightOnAbortWithScaleDownDelay: an explicit delay above 0 s,
    // the available stable pods, and the weight.
    let steps = StepList::new(&[set_weight(10), set_weight(50)], 100);
    let scaling = Scaling { dynamic_stable_scale: true, ..scaling(10, Pods(1), Pods(0)) };
    for (explicit_delay, stable, weight) in
        [(false, 9, 10), (true, 5, 10), (true, 9, 0), (false, 9, 10)]
    {
        let stable = replica_set((stable, stable));
        let found = steps.abort_weight(&scaling, replica_set((5, 5)), stable, explicit_delay);
        assert_eq!(found, weight, "{stable:?}");
    }
    let weights = Weights { canary: 10, stable: 90 };
    assert_eq!(scaling.routed(Target::Weight(0), Some(weights), true).stable, 10);
}

#[test]
fn a_weight_needs_so_many_pods() {
    // TestTrafficWeightToReplicas: pods, weight, maximum weight, pods that carry it.
    for (replicas, weight, max_weight, pods) in [
        (10, 0, 100, 0),
        (10, 20, 100, 2),
        (10, 25, 100, 3),
        (10, 33, 100, 4),
        (10, 99, 100, 10),
        (10, 100, 100, 10),
        (23, 100_000_000, 100_000_000, 23),
    ] {
        let scaling = Scaling { max_weight, ..scaling(replicas, Pods(0), Pods(0)) };
        assert_eq!(scaling.pods_of(weight), pods, "{weight} of {max_weight}");
    }
}

#[test]
fn the_weight_in_force_is_that_of_the_last_step_that_sets_one() {
    // TestGetCurrentSetWeight
    let steps = StepList::new(&[set_weight(10)], 100);
    assert_eq!((steps.weight(0), steps.weight(1)), (10, 100));
    assert_eq!(steps.target_after_abort(0, false), Target::Weight(0));

    // TestGetCanaryReplicasOrWeight
    let scaled = |scale| StepList::new(&[set_weight(10), set_scale(scale)], 100);
    assert_eq!(scaled(CanaryScale::Weight(20)).target(1, true), Target::Weight(20));
    assert_eq!(scaled(CanaryScale::Replicas(5)).target(1, true), Target::Pods(5));

    // What the weight was before, which the router keeps until pods are ready; a pause
    // before any weight.
    let pause = StepWeights::default();
    let steps = StepList::new(&[pause, set_weight(20), pause, set_weight(60)], 100);
    let (weights, previous): (Vec<u32>, Vec<u32>) =
        (0..=4).map(|index| (steps.weight(index), steps.previous_weight(index))).unzip();
    assert_eq!(weights, [0, 20, 20, 60, 100]);
    assert_eq!(previous, [0, 0, 20, 20, 60]);
}

#[test]
fn enough_pods_are_a_percentage_or_a_number_of_them() {
    /// `TestAllReplicaProgressThresholdMet` and `TestAllDesiredAreAvailable`: the
    /// threshold, pods asked for and available, desired pods, and whether these are
    /// enough.
    type Row = (Option<ProgressThreshold>, Option<(u32, u32)>, u32, bool);
    const TABLE: [Row; 14] = [
        (Some(ProgressThreshold::Percent(90.0)), Some((0, 9)), 10, true),
        (Some(ProgressThreshold::Pods(9)), Some((0, 9)), 10, true),
        (Some(ProgressThreshold::Percent(90.0)), Some((0, 8)), 10, false),
        (Some(ProgressThreshold::Pods(8)), Some((0, 7)), 10, false),
        (Some(ProgressThreshold::Pods(-100)), Some((10, 10)), 10, true),
        (None, Some((5, 10)), 10, false),
        (Some(ProgressThreshold::Pods(5)), None, 10, false),
        (Some(ProgressThreshold::Percent(100.0)), Some((0, 100)), 10, true),
        (Some(ProgressThreshold::Percent(90.0)), Some((0, 0)), 0, true),
        (None, Some((10, 10)), 10, true),
        (None, Some((10, 9)), 10, false),
        (None, None, 10, false),
        (None, Some((1, 10)), 10, false),
        (None, Some((1, 1)), 1, true),
    ];
    for (progress_threshold, pods, desired, met) in TABLE {
        let scaling = Scaling { progress_threshold, ..Scaling::new(10) };
        let found = scaling.threshold_met(pods.map(replica_set), desired);
        assert_eq!(found, met, "{progress_threshold:?} {pods:?} of {desired}");
    }
}

#[test]
fn traffic_waits_for_the_pods_that_are_desired() {
    /// `TestAtDesiredReplicaCountsForCanary`, 4 pods: weight, canary pods (asked for,
    /// available), stable pods (asked for, created, available), and whether they are
    /// those desired.
    type Row = (u32, (u32, u32), (u32, u32, u32), bool);
    const TABLE: [Row; 5] = [
        (50, (2, 2), (2, 2, 2), true),
        (50, (2, 1), (2, 2, 2), false),
        (75, (3, 3), (2, 2, 2), false),
        (75, (3, 3), (1, 1, 0), true),
        (50, (2, 2), (2, 3, 2), false),
    ];
    for (weight, canary, (spec, created, available), met) in TABLE {
        let scaling = scaling(4, Pods(1), Pods(1));
        let (canary, none) = (replica_set(canary), ReplicaSet::default());
        let stable = ReplicaSet { spec, created, available };
        let desired = scaling.basic(weight, canary, Some(stable), none);
        let found = scaling.at_desired(desired, canary, stable, none, false);
        assert_eq!(found, met, "{canary:?} {stable:?}");
    }
}

#[test]
fn pods_to_remove_count_as_asked_for_or_as_available() {
    // TestGetReplicasForScaleDown
    for (pods, ignore_availability, count) in
        [((0, 0), false, 0), ((3, 5), false, 3), ((3, 2), true, 3), ((3, 2), false, 2)]
    {
        assert_eq!(replica_set(pods).for_scale_down(ignore_availability), count, "{pods:?}");
    }
}

#[test]
fn bounds_written_as_text_are_percentages() {
    // TestResolveFenceposts
    for (surge, unavailable, replicas, resolved) in [
        (Some("0%"), Some("0%"), 0, Some((0, 1))),
        (Some("39%"), Some("39%"), 10, Some((4, 3))),
        (Some("oops"), Some("39%"), 10, None),
        (Some("55%"), Some("urg"), 10, None),
        (None, Some("39%"), 10, Some((0, 3))),
        (Some("39%"), None, 10, Some((4, 0))),
        (None, None, 10, Some((0, 1))),
        // Without a percent sign it is one all the same.
        (Some("30"), Some("3"), 10, Some((3, 0))),
    ] {
        let bound = |text: Option<&str>| text.map_or(Some(Pods(0)), Bound::from_text);
        let found = bound(surge)
            .zip(bound(unavailable))
            .map(|(surge, unavailable)| surge_and_unavailable(surge, unavailable, replicas));
        assert_eq!(found, resolved, "{surge:?} {unavailable:?}");
    }

    // TestMaxSurge
    for (surge, pods) in [(Pods(5), 5), (Percent(50), 5)] {
        assert_eq!(scaling(10, surge, Pods(1)).max_surge, pods, "{surge:?}");
    }
    // TestMaxUnavailable
    for (replicas, unavailable, pods) in [
        (10, Pods(5), 5),
        (10, Pods(10), 10),
        (5, Pods(10), 5),
        (0, Pods(10), 0),
        (10, Percent(50), 5),
        (10, Percent(100), 10),
        (5, Percent(100), 5),
    ] {
        let found = scaling(replicas, Pods(1), unavailable).max_unavailable;
        assert_eq!(found, pods, "{unavailable:?} of {replicas}");
    }
}
