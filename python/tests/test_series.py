"""Series are NumPy arrays of the memory that the engine filled."""

from __future__ import annotations

import threading
from typing import get_type_hints

import numpy as np

from canary_rollout import Counts, RecordSeries, Rollout, RuleSeries, Series
from conftest import ROOT, SMALL


def played() -> Rollout:
    rollout = Rollout(SMALL, 7)
    rollout.run()
    return rollout


def test_their_names_and_types() -> None:
    rollout = played()
    series = rollout.series()
    assert set(series) == set(get_type_hints(Series))
    assert [set(rule) for rule in series["rules"]] == [set(get_type_hints(RuleSeries))]
    for name, array in {**series, **series["rules"][0]}.items():
        if isinstance(array, np.ndarray):
            assert array.shape == (rollout.ticks,), name
    assert series["stage"].dtype == np.uint32
    assert series["state"].dtype == np.uint8
    assert series["canary_errors"].dtype == np.float64


def test_they_are_what_the_report_sums_up() -> None:
    rollout = played()
    series, report = rollout.series(), rollout.report()
    for arm in ("baseline", "canary"):
        metrics = report["metrics"][arm]
        assert series[f"{arm}_requests"].sum() == metrics["requests"]  # type: ignore[literal-required]
        assert series[f"{arm}_errors"].sum() == metrics["errors"]  # type: ignore[literal-required]
    assert series["excess_errors"].sum() == report["metrics"]["excess_errors"]
    looks = sum(check["looks"] for stage in report["stages"] for check in stage["checks"])
    assert np.count_nonzero(series["rules"][0]["verdict"]) == looks


def test_nothing_is_copied() -> None:
    """An array does not own its memory: a container of the engine's does, and frees it."""
    series = played().series()
    array = series["canary_errors"]
    assert not array.flags.owndata
    assert type(array.base).__name__ == "PySliceContainer"
    assert array.flags.writeable and array.flags.c_contiguous
    values = array.copy()
    del series
    assert (array == values).all()


def test_an_array_outlives_its_rollout_and_stays_as_it_is() -> None:
    rollout = Rollout(SMALL, 7)
    rollout.tick(3)
    early = rollout.series()["canary_requests"]
    early[0] = -1.0
    rollout.tick(3)
    late = rollout.series()["canary_requests"]
    assert len(early) == 3 and len(late) == 6 and late[0] >= 0 and (early[1:] == late[1:3]).all()
    del rollout
    assert early[0] == -1.0


def test_recorded_counts() -> None:
    series = Counts(ROOT / "examples/counts/release.csv").series()
    assert set(series) == set(get_type_hints(RecordSeries))
    for arm in (series["baseline"], series["canary"]):
        assert arm is not None
        assert arm["requests"].shape == arm["errors"].shape == (series["steps"],)


def test_threads_take_turns() -> None:
    """Eight threads at one rollout: each tick happens once, and none is lost."""
    rollout = Rollout({"stages": [{"traffic_pct": 5, "duration_ticks": 4000}]}, 7)
    failures = []

    def work() -> None:
        try:
            for _ in range(100):
                rollout.tick(3)
                rollout.series()
                assert rollout.state
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert rollout.ticks == 2400
    alone = Rollout({"stages": [{"traffic_pct": 5, "duration_ticks": 4000}]}, 7)
    alone.tick(2400)
    assert alone.report() == rollout.report()
