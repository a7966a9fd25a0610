"""Whatever is given, an exception says what is wrong, and nothing crashes."""

from __future__ import annotations

import copy
import datetime
import pickle
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from canary_rollout import (
    CallError,
    ConfigError,
    Counts,
    Problem,
    Rollout,
    Study,
    export_policy,
    fit,
    import_files,
    preset,
    study,
    validate,
)
from conftest import ROOT, SMALL

STAGES = [{"traffic_pct": 5}]
CYCLE: dict[str, Any] = {"stages": STAGES}
CYCLE["canary"] = CYCLE
DEEP: Any = 1
for _ in range(20_000):
    DEEP = [DEEP]
# More digits than Python writes.
HUGE = 10**5000
EXPECTED = "expected a dictionary, the name of a preset, the text of a configuration"
NUMBER: Any = 3
TEXT: Any = "Monday"
BYTES: Any = b""


@pytest.mark.parametrize(
    ("config", "faults"),
    [
        ({}, ["stages: missing"]),
        ({"stages": []}, ["stages: is empty"]),
        (
            {"stages": STAGES, "canary": {"error_ratio": "two", "eror_ratio": 2}, "noise": 1},
            ["canary.error_ratio: ", "canary.eror_ratio: ", "noise: "],
        ),
        ({"stages": STAGES, "canary": {"error_ratio": float("nan")}}, ["canary.error_ratio: "]),
        ({"stages": STAGES, "canary": {"error_ratio": float("inf")}}, ["canary.error_ratio: "]),
        ({"stages": STAGES, "canary": {"error_ratio": 10**400}}, ["canary.error_ratio: "]),
        ({"stages": STAGES, "canary": {"error_ratio": HUGE}}, ["has no form in JSON"]),
        ({"stages": STAGES, "canary": {"error_ratio": np.float64(-1)}}, ["canary.error_ratio: "]),
        ({"stages": STAGES, "canary": {1}}, ["has no form in JSON: found a set"]),
        ({"stages": STAGES, "canary": object()}, ["has no form in JSON: found a object"]),
        ({"stages": STAGES, (1, 2): 3}, ["has no form in JSON"]),
        ({"stages": STAGES, 3: 3}, ["3: "]),
        ({"stages": STAGES, "name": "\ud800"}, [""]),
        (CYCLE, ["has no form in JSON"]),
        ({"stages": DEEP}, [""]),
        (None, [f"found a NoneType, {EXPECTED}"]),
        (7, [f"found a int, {EXPECTED}"]),
        (b"default", [f"found a bytes, {EXPECTED}"]),
        ([STAGES], [f"found a list, {EXPECTED}"]),
        ("defualt", [f"found 'defualt', {EXPECTED}"]),
        ("", [f"found '', {EXPECTED}"]),
        ("policy.yaml", [f"found 'policy.yaml', {EXPECTED}"]),
        ("\ud800\n", ["character 1 is no Unicode character"]),
        ("{", [""]),
        ("stages: [{traffic_pct: 5}]\nnoise: 1", ["noise: "]),
        ("kind: Rollout\napiVersion: argoproj.io/v1alpha1", ["in Python, `import_files`"]),
        ("stages:\n  - traffic_pct: " + "9" * 300_000, [""]),
    ],
)
def test_configurations(config: Any, faults: list[str]) -> None:
    for make in (Rollout, study, validate):
        with pytest.raises(ConfigError) as error:
            make(config)
        problems = error.value.problems
        assert len(problems) == len(faults)
        for problem, fault in zip(problems, faults, strict=True):
            assert fault in str(problem)
        assert all(str(problem) in str(error.value) for problem in problems)


def test_places() -> None:
    text = "stages:\n  - traffic_pct: 5\n    duration: 3\nnoise: 1\n"
    with pytest.raises(ConfigError) as error:
        Rollout(text)
    assert [problem[2:] for problem in error.value.problems] == [(3, 5, None), (4, 8, None)]
    assert " at line 3 column 5" in str(error.value)
    with pytest.raises(ConfigError) as error:
        Rollout({"stages": [{"traffic_pct": 5, "duration": 3}]})
    assert error.value.problems[0].path == "stages[0].duration"
    assert error.value.problems[0].line is None


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    with pytest.raises(FileNotFoundError):
        Rollout(path)
    with pytest.raises(IsADirectoryError):
        Rollout(tmp_path)
    path.write_text("stages:\n  - traffic_pct: no\n")
    with pytest.raises(ConfigError) as error:
        Rollout(path)
    assert str(error.value).startswith(f"{path}:2:18: stages[0].traffic_pct: invalid type")
    assert error.value.problems[0].file == str(path)
    path.write_bytes(b"name: \xff")
    with pytest.raises(ConfigError, match="byte 6 is not UTF-8"):
        Rollout(path)
    # A file without an end.
    with pytest.raises(ConfigError):
        Rollout(Path("/dev/zero"))


def test_many_faults_are_counted() -> None:
    with pytest.raises(ConfigError) as error:
        Rollout({"stages": STAGES, **{f"key_{i}": i for i in range(50)}})
    assert len(error.value.problems) == 20 and error.value.more == 30
    assert str(error.value).endswith("\nand 30 more")
    assert isinstance(error.value, ValueError)
    again = pickle.loads(pickle.dumps(error.value))
    assert str(again) == str(error.value) and again.problems == error.value.problems


@pytest.mark.parametrize(
    "seed",
    [-1, 2**53, HUGE, 1.5, float("nan"), "7", b"7", [], np.float64(3), np.int64(-1)],
    ids=lambda value: type(value).__name__,
)
def test_seeds(seed: Any) -> None:
    with pytest.raises(ConfigError, match=r"^seed: found .*, expected a whole number"):
        Rollout(SMALL, seed)


def test_seeds_that_are_good() -> None:
    assert Rollout(SMALL, 2**53 - 1).seed == 2**53 - 1
    assert Rollout(SMALL, np.uint64(5)).seed == 5  # type: ignore[arg-type]
    assert 0 <= Rollout(SMALL).seed < 2**53
    mapping = types.MappingProxyType({**SMALL, "name": np.str_("a")})
    assert Rollout(mapping, 1).report()["config"]["name"] == "a"
    stages = [{"traffic_pct": np.int32(5), "duration_ticks": np.array(3)}]
    assert Rollout({"stages": stages}, 1).report()["stages"][0]["duration_ticks"] == 3


def test_a_rollout_that_has_ended() -> None:
    rollout = Rollout(SMALL, 7)
    rollout.run()
    before = rollout.to_json()
    for call in (
        rollout.tick, rollout.advance, rollout.pause, rollout.resume, rollout.promote, rollout.abort
    ):
        with pytest.raises(CallError, match="the rollout is ROLLED_BACK, expected "):
            call()
    rollout.run()
    rollout.tick(0)
    assert rollout.allowed() == [] and rollout.to_json() == before


@pytest.mark.parametrize(
    "ticks", [-1, 1.5, "3", None, 2**32, HUGE], ids=lambda value: type(value).__name__
)
def test_ticks(ticks: Any) -> None:
    with pytest.raises(ConfigError, match="^ticks: found "):
        Rollout(SMALL, 7).tick(ticks)


def test_a_rollout_without_end_has_one() -> None:
    rollout = Rollout({"stages": [{"traffic_pct": 5, "pause": "manual"}]}, 7)
    rollout.run()
    assert rollout.state == "PAUSED"
    rollout.tick(2**32 - 1)
    assert rollout.ticks == 100_000
    with pytest.raises(CallError, match="100,?000"):
        rollout.tick()


@pytest.mark.parametrize(
    ("commands", "exception", "words"),
    [
        ([{"tick": 3}], ConfigError, r"commands\[0\]: expected"),
        ([3], ConfigError, r"commands\[0\]: expected"),
        ([{"tick": 3, "command": "stop"}], ConfigError, r'commands\[0\].command: found "stop"'),
        ([{"tick": 3, "command": 4}], ConfigError, r"commands\[0\].command: expected a text"),
        ([{"tick": -3, "command": "abort"}], ConfigError, r"commands\[0\].tick: found -3"),
        ([{"tick": 3, "command": "resume"}], CallError, r"commands\[0\], resume at tick 3"),
        ([{"tick": 999, "command": "abort"}], CallError, "the rollout ends at tick"),
    ],
)
def test_commands(commands: Any, exception: type[Exception], words: str) -> None:
    with pytest.raises(exception, match=words):
        Rollout.replay(SMALL, 7, commands)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"runs": 0}, "study.runs: found 0"),
        ({"runs": 10**12}, "study.runs: found 1000000000000"),
        ({"runs": "many"}, "study.runs: "),
        ({"runs": float("nan")}, "study.runs: "),
        ({"seed": 2**53}, "study.seed: "),
        ({"seed": 2**53 - 1, "runs": 2}, "study.seed: "),
        ({"horizon_ticks": -1}, "study.horizon_ticks: "),
        ({"person": {"after_ticks": 3, "command": "pause"}}, "study.person.command: "),
        ({"person": 3}, "study.person: "),
        ({"set": {"wind": 3}}, "unknown field `wind`"),
        ({"set": {"error_ratio": "high"}}, r"study.set\[0\]"),
        ({"set": 3}, "study.set: found a int, expected a mapping"),
        ({"sweep": {"field": "error_ratio", "values": []}}, "study.sweep.values: 0 values"),
        ({"sweep": {"field": "error_ratio", "values": np.arange(101)}}, "101 values"),
        ({"sweep": {"fields": "error_ratio"}}, "study.sweep.fields: "),
        ({"sweep": {1, 2}}, "study has no form in JSON"),
        ({"policies": {"a": {"canary": {}}}}, r"study.policies\[0\].policy.canary: "),
        ({"policies": {"a": 3}}, r"study.policies\[0\].policy: "),
        ({"policies": {str(i): {} for i in range(9)}}, "9 policies, expected at most 8"),
        ({"policies": [3]}, "study.policies: found a list"),
        ({"require": "wind<=3"}, "require: "),
        ({"require": ["caught>=0.5", 3]}, r"require\[1\]: found a int"),
        ({"require": "caught(policy=other)>=0.5"}, "other"),
        ({"require": "caught(wind=3)>=0.5"}, "wind"),
        ({"require": "caught(error_ratio=-3)>=0.5"}, "error_ratio"),
        ({"require": "caught>=0.5", "error_probability": 0.6}, "error_probability: "),
        ({"require": "caught>=0.5", "error_probability": float("nan")}, "error_probability: "),
        ({"require": "caught>=0.5", "error_probability": "no"}, "error_probability: "),
        ({"counts": "week.csv"}, "counts: found a str, expected Counts"),
        ({"start_of_day": 3}, "start_of_day: "),
        ({"threads": 0}, "threads: found 0"),
        ({"threads": 10**9}, "threads: found 1000000000"),
        ({"threads": 1.5}, "threads: found 1.5"),
    ],
)
def test_options_of_a_study(options: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        study(SMALL, **options)


def test_unknown_options_and_wrong_progress() -> None:
    with pytest.raises(TypeError, match="wind"):
        study(SMALL, wind=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="callable"):
        study(SMALL, runs=10, progress=3)  # type: ignore[arg-type]


WEEK = ROOT / "examples/counts/week.csv"
HEAD = "time,requests,errors\n"
NAIVE = datetime.datetime(2026, 11, 24)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Counts(""), "the file is empty"),
        (lambda: Counts([]), "there is no file"),
        (lambda: Counts("nothing of this"), r"counts\[0\]:1:1: expected JSON"),
        (lambda: Counts(NUMBER), r"files: found a int"),
        (lambda: Counts([NUMBER]), r"counts\[0\]: found a int"),
        (lambda: Counts(HEAD + "2026-11-24T09:00:00Z,10,20\n"), "expected requests at two times or more"),
        (lambda: Counts(WEEK, series="errors"), "series: "),
        (lambda: Counts(WEEK, canary="v9"), "no series is \"v9\""),
        (lambda: Counts(WEEK, time_zone="Mars/Base"), "expected a time zone"),
        (lambda: Counts(WEEK, baseline=NUMBER), "baseline: found a int"),
        (lambda: Counts(WEEK, step_seconds=0), "step_seconds: "),
        (lambda: Counts(WEEK, start=NAIVE), "start: .* has no time zone"),
        (lambda: Counts(WEEK, start=float("nan")), "start: found nan"),
        (lambda: Counts(WEEK, start=TEXT), "start: found 'Monday'"),
        (lambda: fit(HEAD + "2026-11-24T09:00:00Z,10,1\n2026-11-24T09:01:00Z,10,1\n"), "counts: "),
        (lambda: fit(WEEK, tick_seconds=0), "tick_seconds: expected 1 to 86,400"),
        (lambda: fit(WEEK, tick_seconds=-1), "tick_seconds: found -1"),
        (lambda: Counts(WEEK).replay("default", 1, start=1), "counts: "),
        (lambda: study("default", counts=Counts(WEEK), start_of_day=90_000), "counts: "),
        (lambda: preset("defualt"), "found 'defualt'"),
        (lambda: import_files("kind: Pod"), r"files\[0\]:1:1: "),
        (lambda: import_files("{"), "unexpected end"),
        (lambda: import_files([BYTES]), r"files\[0\]: found a bytes"),
        (lambda: export_policy(SMALL, NUMBER), "target: found a int"),
        (lambda: export_policy(SMALL, "argo", service=NUMBER), "service: found a int"),
        (lambda: import_files("", bind={"a": NUMBER}), "bind.a: found a int"),
        (lambda: export_policy(SMALL, "spinnaker"), "target: found \"spinnaker\""),
        (lambda: export_policy(SMALL, "argo", wind="x"), "wind: "),
        (lambda: export_policy("opening", "codedeploy"), r"stages\[1\].traffic_pct: "),
    ],
)
def test_counts_and_files(make: Callable[[], object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        make()


def test_files_of_counts_that_cannot_be_opened(tmp_path: Path) -> None:
    for path, exception in [(tmp_path / "none.csv", FileNotFoundError), (tmp_path, OSError)]:
        with pytest.raises((exception, ConfigError)):
            Counts(path)


def test_problems_as_text() -> None:
    assert str(Problem("a.b", "is wrong")) == "a.b: is wrong"
    assert str(Problem("", "is wrong", 3, 4)) == "is wrong at line 3 column 4"
    assert str(Problem("a", "is wrong", 3, 4, "f")) == "f:3:4: a: is wrong"
    assert str(Problem("a", "is wrong", None, None, "f")) == "f: a: is wrong"


def test_warnings() -> None:
    assert validate("default") == []
    rule = {"rule": "z_test", "alpha": 0.05, "look": "every_tick"}
    [warning] = validate({**SMALL, "rules": [rule]})
    assert warning.path == "rules[0]" and "one look per stage" in warning.message
    assert warning.line is None
    [warning] = validate(
        "stages: [{traffic_pct: 5}]\nrules: [{rule: z_test, alpha: 0.05, look: every_tick}]"
    )
    assert warning.line == 2


def test_copies() -> None:
    for value in (Rollout(SMALL, 1), Study(SMALL)):
        with pytest.raises(TypeError):
            copy.deepcopy(value)
