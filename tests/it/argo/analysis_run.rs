//! `analysis/analysis_test.go`. A tick is a second. Tests of that file about secrets,
//! arguments, garbage collection and time to live assert nothing about when a metric is
//! measured or what status follows; they have no row here.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::policy::argo::analysis_run::{
    Assessment, Counters, Last, MetricPlan, MetricRun, Phase, Status, assess_run,
};

/// A metric that is measured once.
const ONCE: MetricPlan = MetricPlan {
    interval: None,
    initial_delay: 0,
    count: Some(1),
    failure_limit: Some(0),
    inconclusive_limit: 0,
    consecutive_error_limit: 4,
    consecutive_success_limit: 0,
    error_retry: 10,
    dry_run: false,
};

/// A metric that is measured every minute, without end.
const EVERY_MINUTE: MetricPlan = MetricPlan { interval: Some(60), count: None, ..ONCE };

const NONE: Counters = Counters {
    count: 0,
    successful: 0,
    failed: 0,
    inconclusive: 0,
    error: 0,
    consecutive_error: 0,
    consecutive_success: 0,
};

fn finished(tick: u32) -> Last {
    Last::Finished { tick, error: false }
}

fn errored(tick: u32) -> Last {
    Last::Finished { tick, error: true }
}

fn running(last: Last) -> MetricRun {
    MetricRun { counters: NONE, last, status: Status::Running }
}

#[test]
fn a_measurement_is_due_when_its_timer_has_expired() {
    let once_done = MetricRun { counters: Counters { count: 1, ..NONE }, ..running(finished(950)) };
    let delayed = MetricPlan { initial_delay: 20, ..ONCE };
    // At second 1000: the metric, its plan, when the run started, whether it is due.
    let table = [
        // TestGenerateMetricTasksInterval
        (running(finished(950)), EVERY_MINUTE, Some(900), false),
        (running(finished(939)), EVERY_MINUTE, Some(900), true),
        // TestGenerateMetricTasksFailing
        (MetricRun { status: Status::Failed, ..running(Last::None) }, ONCE, Some(900), false),
        (MetricRun::default(), ONCE, Some(900), true),
        // TestGenerateMetricTasksNoIntervalOrCount
        (once_done, ONCE, Some(900), false),
        // TestGenerateMetricTasksIncomplete
        (running(Last::InFlight(None)), ONCE, Some(900), true),
        // TestGenerateMetricTasksHonorInitialDelay
        (MetricRun::default(), delayed, None, false),
        (MetricRun::default(), delayed, Some(990), false),
        (MetricRun::default(), delayed, Some(980), true),
        // TestGenerateMetricTasksHonorResumeAt
        (running(Last::InFlight(Some(1010))), ONCE, Some(900), false),
        (running(Last::InFlight(Some(990))), ONCE, Some(900), true),
        // TestGenerateMetricTasksError
        (running(errored(880)), ONCE, Some(900), true),
        (running(errored(880)), MetricPlan { interval: Some(300), ..ONCE }, Some(900), true),
    ];
    for (row, (run, plan, started, due)) in table.into_iter().enumerate() {
        assert_eq!(run.is_due(&plan, started, 1_000, false), due, "row {row}");
    }
    // A run that is terminating only ends what is in flight.
    assert!(!MetricRun::default().is_due(&ONCE, Some(900), 1_000, true));
    assert!(running(Last::InFlight(Some(1010))).is_due(&ONCE, Some(900), 1_000, true));
}

#[test]
fn the_next_timer_is_the_interval_the_delay_or_the_retry() {
    let completed = |last| MetricRun { status: Status::Successful, ..running(last) };
    let delayed = MetricPlan { initial_delay: 40, ..EVERY_MINUTE };
    // The run started at second 970.
    let table = [
        // TestCalculateNextReconcileTimeInterval
        (running(finished(970)), EVERY_MINUTE, Some(1030)),
        (running(Last::InFlight(None)), EVERY_MINUTE, None),
        (completed(finished(880)), EVERY_MINUTE, None),
        // TestCalculateNextReconcileTimeInitialDelay
        (MetricRun::default(), delayed, Some(1010)),
        // TestCalculateNextReconcileTimeNoInterval
        (completed(finished(1000)), ONCE, None),
        // TestCalculateNextReconcileEarliestMetric
        (running(finished(950)), EVERY_MINUTE, Some(1010)),
        // TestCalculateNextReconcileHonorResumeAt
        (running(Last::InFlight(Some(1010))), EVERY_MINUTE, Some(1010)),
        // TestCalculateNextReconcileUponError
        (running(errored(1000)), ONCE, Some(1010)),
        (running(errored(1000)), MetricPlan { interval: Some(300), ..ONCE }, Some(1010)),
    ];
    for (row, (run, plan, next)) in table.into_iter().enumerate() {
        assert_eq!(run.next_tick(&plan, 970), next, "row {row}");
    }
}

#[test]
fn a_count_of_none_is_one_measurement_or_no_end() {
    for (interval, count, effective) in [
        (None, None, Some(1)),
        (None, Some(0), Some(1)),
        (Some(60), None, None),
        (Some(60), Some(0), None),
        (Some(60), Some(3), Some(3)),
        (None, Some(1), Some(1)),
    ] {
        assert_eq!(MetricPlan::once(10).every(interval, count).count, effective);
    }
}

/// Checks a metric's status, and its status while the run is terminating.
#[track_caller]
fn check(plan: MetricPlan, counters: Counters, last: Last, status: Status, terminating: Status) {
    let run = MetricRun { counters, last, status: Status::Running };
    assert_eq!(run.assess(&plan, false), status, "{plan:?} {counters:?}");
    assert_eq!(run.assess(&plan, true), terminating, "terminating: {plan:?} {counters:?}");
}

#[test]
fn a_metric_completes_by_its_limits() {
    use Status::{Error, Failed, Inconclusive, Pending, Running, Successful};
    let done = finished(940);
    // TestAssessMetricStatusNoMeasurements, TestAssessMetricStatusInFlightMeasurement
    check(ONCE, NONE, Last::None, Pending, Successful);
    check(ONCE, NONE, Last::InFlight(None), Running, Running);

    // TestAssessMetricStatusFailureLimit
    let failures = |failure_limit| MetricPlan { failure_limit, ..EVERY_MINUTE };
    let three = Counters { failed: 3, count: 3, ..NONE };
    check(failures(Some(2)), three, done, Failed, Failed);
    check(failures(Some(3)), three, done, Running, Successful);

    // TestAssessMetricStatusInconclusiveLimit
    let inconclusive = |inconclusive_limit| MetricPlan { inconclusive_limit, ..EVERY_MINUTE };
    let three = Counters { inconclusive: 3, count: 3, ..NONE };
    check(inconclusive(2), three, done, Inconclusive, Inconclusive);
    check(inconclusive(3), three, done, Running, Successful);

    // TestAssessMetricStatusConsecutiveErrors
    let errors = |consecutive_error| Counters { consecutive_error, count: 5, ..NONE };
    check(EVERY_MINUTE, errors(5), errored(940), Error, Error);
    check(EVERY_MINUTE, errors(4), errored(940), Running, Successful);

    // TestAssessMetricStatusCountReached
    let ten = MetricPlan { count: Some(10), ..ONCE };
    check(ten, Counters { successful: 10, count: 10, ..NONE }, done, Successful, Successful);
    let half = Counters { successful: 5, inconclusive: 5, count: 10, ..NONE };
    check(ten, half, done, Inconclusive, Inconclusive);

    // TestAssessMetricFailureInconclusiveOrError
    check(ONCE, Counters { failed: 1, ..NONE }, done, Failed, Failed);
    check(ONCE, Counters { inconclusive: 1, ..NONE }, done, Inconclusive, Inconclusive);
    check(ONCE, Counters { consecutive_error: 5, ..NONE }, errored(0), Error, Error);

    // A status that is completed stays.
    let run = MetricRun { counters: three, last: done, status: Successful };
    assert_eq!(run.assess(&ONCE, false), Successful);
}

#[test]
fn successes_in_a_row_complete_a_metric() {
    use Status::{Failed, Inconclusive, Running, Successful};
    let done = finished(940);
    let limits = |failure_limit, consecutive_success_limit, count| MetricPlan {
        failure_limit,
        consecutive_success_limit,
        count,
        ..EVERY_MINUTE
    };
    let counters = |failed, successful, consecutive_success, count| Counters {
        failed,
        successful,
        consecutive_success,
        count,
        ..NONE
    };
    // TestAssessMetricStatusConsecutiveSuccessLimit: failures have no limit.
    let seven = counters(3, 4, 3, 7);
    for (in_a_row, count, status, terminating) in [
        (3, None, Successful, Successful),
        (5, None, Running, Successful),
        (5, Some(7), Failed, Failed),
        (3, Some(7), Successful, Successful),
        (3, Some(9), Successful, Successful),
        (5, Some(9), Running, Successful),
    ] {
        check(limits(None, in_a_row, count), seven, done, status, terminating);
    }

    // TestAssessMetricStatusFailureLimitAndConsecutiveSuccessLimit: 4 failures and 4
    // successes in a row.
    for (count, found, status, terminating) in [
        (None, (3, 4, 3, 7), Running, Successful),
        (None, (5, 9, 0, 9), Failed, Failed),
        (None, (3, 5, 4, 8), Successful, Successful),
        (None, (5, 5, 4, 10), Failed, Failed),
        (Some(10), (4, 6, 3, 10), Inconclusive, Inconclusive),
        (Some(10), (5, 5, 3, 10), Failed, Failed),
        (Some(10), (4, 6, 4, 10), Successful, Successful),
        (Some(10), (5, 5, 4, 10), Failed, Failed),
        (Some(10), (3, 5, 3, 8), Running, Successful),
        (Some(10), (5, 3, 3, 8), Failed, Failed),
        (Some(10), (3, 5, 4, 8), Successful, Successful),
        (Some(10), (5, 4, 4, 9), Failed, Failed),
    ] {
        let (failed, successful, in_a_row, all) = found;
        let found = counters(failed, successful, in_a_row, all);
        check(limits(Some(4), 4, count), found, done, status, terminating);
    }
}

#[test]
fn a_limit_is_named_with_its_count() {
    // TestAssessMetricFailureInconclusiveOrError
    for (counters, reason) in [
        (Counters { failed: 1, ..NONE }, "failed (1) > failureLimit (0)"),
        (Counters { inconclusive: 1, ..NONE }, "inconclusive (1) > inconclusiveLimit (0)"),
        (
            Counters { consecutive_error: 5, ..NONE },
            "consecutiveErrors (5) > consecutiveErrorLimit (4)",
        ),
    ] {
        assert_eq!(counters.exceeded(&ONCE).unwrap().to_string(), reason);
    }
    // Of several limits, the last that is checked.
    let all = Counters { failed: 1, inconclusive: 1, consecutive_error: 5, ..NONE };
    assert_eq!(all.exceeded(&ONCE).unwrap().status(), Status::Error);
    let two = Counters { failed: 1, inconclusive: 1, ..NONE };
    assert_eq!(two.exceeded(&ONCE).unwrap().status(), Status::Inconclusive);
}

#[test]
fn errors_are_not_counted_as_measurements() {
    // TestRunMeasurementsResetConsecutiveErrorCounter, with the three cases that the
    // test leaves out: after four errors and four measurements, one more.
    let before = Counters { consecutive_error: 4, count: 4, error: 4, ..NONE };
    for (phase, consecutive_error, error, count) in [
        (Phase::Error, 5, 5, 4),
        (Phase::Successful, 0, 4, 5),
        (Phase::Failed, 0, 4, 5),
        (Phase::Inconclusive, 0, 4, 5),
    ] {
        let mut run = MetricRun { counters: before, ..running(finished(900)) };
        run.record(phase, 1_000);
        let found = (run.counters.consecutive_error, run.counters.error, run.counters.count);
        assert_eq!(found, (consecutive_error, error, count), "{phase:?}");
        let in_a_row = u32::from(phase == Phase::Successful);
        assert_eq!(run.counters.consecutive_success, in_a_row);
        assert_eq!(run.last, Last::Finished { tick: 1_000, error: phase == Phase::Error });
    }
}

fn measured(status: Status, counters: Counters) -> MetricRun {
    MetricRun { counters, last: finished(940), status }
}

/// Checks a run of metrics that are measured once, in this state, and with these that
/// are dry runs.
#[track_caller]
fn check_run(metrics: &[MetricRun], dry: &[bool], terminate: bool, expected: Assessment) {
    let plans: Vec<MetricPlan> =
        dry.iter().map(|&dry_run| MetricPlan { dry_run, ..ONCE }).collect();
    let mut metrics = metrics.to_vec();
    assert_eq!(assess_run(&plans, &mut metrics, terminate), expected);
}

#[test]
fn a_run_has_the_worst_status_of_its_metrics() {
    use Status::{Error, Failed, Inconclusive, Running, Successful};
    let (live, dry) = ([false, false], [true, true]);
    let is = |status, metric| Assessment { status, metric };
    let failed = Counters { failed: 1, count: 1, ..NONE };
    let went_well = MetricRun { status: Successful, ..running(Last::None) };
    let goes_on = running(Last::InFlight(None));

    // TestAssessRunStatus
    check_run(&[went_well, running(Last::None)], &live, false, is(Running, None));
    let fails = MetricRun { status: Failed, ..running(Last::None) };
    check_run(&[went_well, fails], &live, false, is(Failed, None));

    // TestAssessRunStatusUpdateResult
    check_run(&[goes_on, measured(Running, failed)], &live, false, is(Running, None));

    // TestAssessRunStatusErrorMessageAnalysisPhaseFail, …FromProvider and their dry runs
    let one_fails = [went_well, measured(Failed, failed)];
    check_run(&one_fails, &live, false, is(Failed, Some(1)));
    check_run(&one_fails, &dry, false, is(Successful, None));

    // TestAssessRunStatusMultipleFailures, …WorstMessageInReconcileAnalysisRun and
    // their dry runs
    let both_fail = [measured(Failed, failed), measured(Failed, failed)];
    check_run(&both_fail, &live, false, is(Failed, Some(0)));
    check_run(&both_fail, &dry, false, is(Successful, None));

    // TestAssessRunStatusWithOnlyDryRunMetrics
    let successful = Counters { successful: 1, count: 1, ..NONE };
    check_run(&[measured(Successful, successful)], &[true], false, is(Successful, None));

    // TestTerminateAnalysisRun and its dry run
    check_run(&[MetricRun::default()], &[false], true, is(Successful, None));
    check_run(&[MetricRun::default()], &[true], true, is(Successful, None));

    // Failed is worse than an error, and an error worse than inconclusive.
    let error = measured(Error, Counters { consecutive_error: 5, error: 5, ..NONE });
    let unclear = measured(Inconclusive, Counters { inconclusive: 1, count: 1, ..NONE });
    check_run(&[unclear, error], &live, false, is(Error, Some(1)));
    check_run(&[error, measured(Failed, failed)], &live, false, is(Failed, Some(1)));
}

#[test]
fn a_metric_that_fails_ends_the_others() {
    // TestReconcileAnalysisRunTerminateSiblingAfterFail: what was in flight is ended as
    // inconclusive.
    use Status::{Error, Failed, Inconclusive};
    for (status, counters) in [
        (Failed, Counters { failed: 1, count: 1, ..NONE }),
        (Inconclusive, Counters { inconclusive: 1, count: 1, ..NONE }),
        (Error, Counters { error: 1, count: 1, ..NONE }),
    ] {
        let mut sibling = running(Last::InFlight(None));
        assert!(sibling.is_due(&ONCE, Some(900), 1_000, true));
        sibling.record(Phase::Inconclusive, 1_000);
        let mut metrics = [sibling, measured(status, counters)];
        assert_eq!(assess_run(&[ONCE, ONCE], &mut metrics, false).status, status);
        assert_eq!(metrics.map(|run| run.status), [Inconclusive, status]);
    }

    // TestAssessRunStatusWithMixedMetrics
    let mut forever = MetricRun {
        counters: Counters { inconclusive: 1, ..NONE },
        ..running(Last::InFlight(None))
    };
    forever.record(Phase::Successful, 1_000);
    let dry = measured(Status::Successful, Counters { failed: 1, count: 1, ..NONE });
    let plans = [ONCE, MetricPlan { dry_run: true, ..ONCE }];
    let expected = Assessment { status: Inconclusive, metric: Some(0) };
    assert_eq!(assess_run(&plans, &mut [forever, dry], false), expected);
}

#[test]
fn a_run_starts_goes_on_and_completes() {
    // TestReconcileAnalysisRunInitial, TestReconcileAnalysisRunResumeInProgress,
    // TestCompletedTimeFilled, TestTtlNotGCInProgressAnalysisRun: a first success.
    use Status::{Running, Successful};
    for (plan, before, status) in [
        (EVERY_MINUTE, MetricRun::default(), Running),
        (MetricPlan { count: Some(1), ..EVERY_MINUTE }, MetricRun::default(), Successful),
        (ONCE, MetricRun::default(), Successful),
        (ONCE, running(Last::InFlight(None)), Successful),
        (MetricPlan { count: Some(3), ..EVERY_MINUTE }, running(finished(930)), Running),
    ] {
        let mut run = before;
        assert!(run.is_due(&plan, Some(900), 1_000, false));
        run.record(Phase::Successful, 1_000);
        let mut metrics = [run];
        assert_eq!(assess_run(&[plan], &mut metrics, false).status, status);
        assert_eq!(metrics[0].status, status);
    }
}

#[test]
fn the_first_failure_fails_and_the_fifth_error_in_a_row_errs() {
    // The defaults, in seconds: errors are retried after 10 s, whatever the interval.
    let plan = MetricPlan::once(10).every(Some(30), None);
    for (phase, ends) in [(Phase::Failed, 0), (Phase::Error, 40), (Phase::Inconclusive, 0)] {
        let mut metrics = [MetricRun::default()];
        let mut ended = None;
        for tick in 0..1_000 {
            if metrics[0].is_due(&plan, Some(0), tick, false) {
                metrics[0].record(phase, tick);
            }
            if assess_run(&[plan], &mut metrics, false).status.is_completed() {
                ended = ended.or(Some(tick));
            }
        }
        assert_eq!(ended, Some(ends), "{phase:?}");
    }
}
