"""Studies in parts, which any scheduler can spread."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from canary_rollout import ConfigError, Study, combine, rows, study
from conftest import SMALL

SWEEP = {"field": "error_ratio", "values": [1.5, 3]}


def part(first_seed: int) -> str:
    return rows(SMALL, first_seed, 100, sweep=SWEEP, threads=1)


def test_parts_in_any_order_are_one_study() -> None:
    whole = study(SMALL, runs=1000, sweep=SWEEP)
    parts = [part(first) for first in range(0, 1000, 100)]
    random.Random(1).shuffle(parts)
    # One comes twice, as from a task that was run again.
    found = combine([*parts, parts[3]])
    assert found == whole and found.text == whole.text and found.svg == whole.svg


def test_parts_of_other_processes() -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        parts = pool.map(part, range(0, 400, 100))
        assert combine(parts) == study(SMALL, runs=400, sweep=SWEEP)


def test_parts_of_the_command_line(cli: Callable[..., str], tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(SMALL))
    whole = cli("study", str(config), "--runs", "400", "--quiet")
    file = tmp_path / "rows.ndjson"
    file.write_text(rows(config, 0, 250) + rows(config, 250, 150))
    assert cli("combine", str(file), "--quiet") == whole
    for shard in ("1/2", "2/2"):
        rows_file = str(tmp_path / f"{shard[0]}.ndjson")
        cli("study", str(config), "--runs", "400", "--rows", rows_file, "--shard", shard, "-q")
    files = [tmp_path / "2.ndjson", tmp_path / "1.ndjson"]
    assert combine(files) == json.loads(whole)


def test_an_interrupted_study_has_rows() -> None:
    prepared = Study(SMALL, runs=1_000_000_000)
    assert len(prepared.rows().splitlines()) == 1

    def stop(done: int, runs: int) -> None:
        if done:
            raise LookupError

    with pytest.raises(LookupError):
        prepared.run(progress=stop)
    found = combine(prepared.rows(), partial=True)
    assert found["partial"] and found["runs"] == prepared.done


ONE, TWO = rows(SMALL, 0, 20), rows(SMALL, 20, 20)
OTHER = rows({**SMALL, "name": "another", "rollback_ticks": 3}, 20, 20)
NUMBER: Any = 3


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([], "expected rows"),
        ([""], "expected rows"),
        (["nothing"], r"^rows\[0\]:1: "),
        ([ONE, rows(SMALL, 40, 20)], "^seeds 20 to 39 are missing"),
        ([ONE, OTHER], r"^rows\[1\]:1: .*question"),
        ([ONE, rows(SMALL, 19, 20)], r"^rows\[1\]:2: "),
        ([ONE, TWO[:-30]], r"^rows\[1\]:2: a cut line"),
        ([ONE, TWO.replace("+seeds.", "+seeds.9")], r"^rows\[1\]:1: of another engine"),
        (NUMBER, "files: found a int"),
        ([NUMBER], r"rows\[0\]: found a int"),
    ],
)
def test_parts_that_are_refused(parts: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        combine(parts)


def test_a_hole_may_be_told_in_place_of_refused() -> None:
    found = combine([ONE, rows(SMALL, 40, 20)], partial=True)
    assert found["partial"] and found["runs"] == 40
    assert found["missing_seeds"] == [{"first": 20, "last": 39}]


@pytest.mark.parametrize(
    ("first_seed", "runs", "words"),
    [
        (-1, 10, "study.seed: "),
        (0, 0, "study.runs: "),
        (2**53 - 1, 2, "study.seed: "),
        ("0", 10, "study.seed: "),
        (0, float("nan"), "study.runs: "),
    ],
)
def test_seeds_of_a_part(first_seed: Any, runs: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        rows(SMALL, first_seed, runs)
