"""Searches are those of the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from canary_rollout import CallError, ConfigError, Counts, Search, search

ASKED: dict[str, Any] = {
    "vary": "error_rate_threshold=0.002..0.02",
    "hold": ["false_rollback<=0.2", "missed_regression(error_ratio=3)<=0.5"],
    "least": ["excess_errors", "ticks"],
    "runs": 60_000,
}
ARGUMENTS = [
    *["--vary", "error_rate_threshold=0.002..0.02", "--hold", "false_rollback<=0.2"],
    *["--hold", "missed_regression(error_ratio=3)<=0.5", "--least", "excess_errors"],
    *["--least", "ticks", "--runs", "60000", "--quiet"],
]
CONFIG = "twice-the-errors"
WEEK = Path(__file__).parents[2] / "examples/counts/week.csv"


def test_a_search(cli: Callable[..., str]) -> None:
    prepared = Search(CONFIG, **ASKED)
    seen: list[tuple[int, int]] = []
    prepared.run(threads=2, progress=lambda done, most: seen.append((done, most)))
    assert prepared.is_finished and seen == sorted(seen) and seen[-1] == (prepared.done, 60_000)
    expected = cli("search", CONFIG, *ARGUMENTS, allowed=(0, 1, 3))
    assert prepared.to_json() + "\n" == expected
    found = search(CONFIG, **ASKED, threads=1)
    assert found == json.loads(expected)
    assert found.text == cli("search", CONFIG, *ARGUMENTS, "--format", "text", allowed=(0, 1, 3))
    assert found._repr_html_().startswith("<pre")


def test_how_far_a_promise_can_be_kept(cli: Callable[..., str]) -> None:
    reach = "traffic.requests_per_second=10..1000"
    bound = "missed_regression(error_ratio=3)<=0.2"
    expected = cli(
        *["search", CONFIG, "--vary", "error_rate_threshold=0.002..0.02", "--hold", bound],
        *["--reach", reach, "--runs", "60000", "--quiet"],
        allowed=(0, 1, 3),
    )
    vary = {"field": "error_rate_threshold", "from": np.float64(0.002), "to": 0.02}
    found = search(CONFIG, vary=vary, hold=bound, reach=reach, runs=60_000)
    assert found == json.loads(expected)


def test_a_search_over_recorded_days(cli: Callable[..., str]) -> None:
    expected = cli(
        *["search", CONFIG, *ARGUMENTS, "--counts", str(WEEK), "--start-of-day", "09:00"],
        allowed=(0, 1, 3),
    )
    found = search(CONFIG, **ASKED, counts=Counts(WEEK), start_of_day=9 * 3600)
    assert found == json.loads(expected)
    assert found["recorded"]["days"] == 7


def test_it_goes_on_after_an_exception() -> None:
    prepared = Search(CONFIG, **{**ASKED, "runs": 2_000_000})

    def stop(done: int, most: int) -> None:
        with pytest.raises(CallError, match="it is running"):
            prepared.report()
        if done:
            raise LookupError

    with pytest.raises(LookupError):
        prepared.run(progress=stop)
    if not prepared.is_finished:
        assert prepared.report()["phase"] != "finished"
    prepared.run()
    assert prepared.is_finished
    assert prepared.report() == search(CONFIG, **{**ASKED, "runs": 2_000_000})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"least": []}, "search.least"),
        ({"least": 3}, "search.least: "),
        ({"least": "wind"}, "search.least"),
        ({"hold": ["caught>=0.5", 3]}, r"search.hold\[1\]: found a int"),
        ({"hold": "wind<=3"}, "search.hold"),
        ({"vary": "wind=1,2"}, "search.vary"),
        ({"vary": [3]}, "search.vary"),
        ({"vary": 3}, "search.vary: "),
        ({"vary": {"field": "error_rate_threshold", "values": []}}, "search.vary"),
        ({"runs": 0}, "search.runs: "),
        ({"runs": float("nan")}, "search.runs: "),
        ({"candidates": -1}, "search.candidates: "),
        ({"seed": 2**53}, "search.seed: "),
        ({"error_probability": 2}, "search.error_probability: "),
        ({"tolerance": "much"}, "search.tolerance: "),
        ({"policies": [3]}, "search.policies: found a list"),
        ({"policies": {"a": {"canary": {}}}}, "search.policies"),
        ({"reach": 3}, "^reach: found a int"),
        ({"reach": "x=1..2", "counts": Counts(WEEK)}, "^reach: asks about simulated traffic"),
        ({"counts": str(WEEK)}, "^counts: found a str"),
        ({"start_of_day": 5}, "^start_of_day: expected counts"),
        ({"reach": "wind=1..2"}, "^reach: "),
        ({"threads": 0}, "threads: found 0"),
    ],
)
def test_what_is_refused(options: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        search(CONFIG, **{**ASKED, **options})
