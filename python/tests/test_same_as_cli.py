"""The package gives what the command line gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from canary_rollout import (
    Counts,
    Rollout,
    Study,
    export_policy,
    fit,
    import_files,
    preset,
    presets,
    study,
)

from conftest import ROOT, SMALL

Cli = Callable[..., str]


@pytest.mark.parametrize("name", presets())
def test_a_rollout(cli: Cli, name: str) -> None:
    expected = cli("run", name, "--seed", "7", "--quiet")
    rollout = Rollout(name, 7)
    rollout.run()
    assert rollout.to_json() + "\n" == expected
    assert rollout.report() == json.loads(expected)
    for given, format in [(rollout.text(), "text"), (rollout.svg(), "svg")]:
        assert given == cli("run", name, "--seed", "7", "--quiet", "--format", format)
    assert Rollout(preset(name), 7).report()["config"] == rollout.report()["config"]


def test_commands(cli: Cli) -> None:
    expected = cli("run", "default", "--at", "3:pause", "--at", "9:resume", "--quiet")
    rollout = Rollout("default", seed=42)
    rollout.tick(3)
    rollout.pause()
    rollout.tick(6)
    rollout.resume()
    rollout.run()
    assert rollout.to_json() + "\n" == expected
    report = rollout.report()
    again = Rollout.replay(report["config"], report["seed"], report["commands"])
    assert again.report()["metrics"] == report["metrics"]


@pytest.mark.parametrize(
    ("config", "options", "arguments"),
    [
        ("reference", {"runs": 500}, ["--runs", "500"]),
        (
            "twice-the-errors",
            {"runs": 300, "seed": 9, "sweep": {"field": "error_ratio", "values": [1.5, 3]}},
            ["--runs", "300", "--seed", "9", "--sweep", "error_ratio=1.5,3"],
        ),
        (
            "default",
            {"runs": 200, "horizon_ticks": 90, "person": {"after_ticks": 3, "command": "abort"}},
            ["--runs", "200", "--horizon", "90", "--person", "3:abort"],
        ),
        (
            "reference",
            {
                "require": [
                    "false_rollback<=0.05",
                    "missed_regression(error_ratio=2)<=0.0001",
                    "excess_errors.p95(error_ratio=5)<=1000",
                    "caught(error_ratio=2)>=0.5",
                ],
                "error_probability": 0.01,
            },
            [
                *["--require", "false_rollback<=0.05"],
                *["--require", "missed_regression(error_ratio=2)<=0.0001"],
                *["--require", "excess_errors.p95(error_ratio=5)<=1000"],
                *["--require", "caught(error_ratio=2)>=0.5"],
                *["--error-probability", "0.01"],
            ],
        ),
    ],
)
def test_a_study(
    cli: Cli, config: str, options: dict[str, Any], arguments: list[str]
) -> None:
    expected = cli("study", config, *arguments, "--quiet", allowed=(0, 1, 3))
    prepared = Study(config, **options)
    prepared.run(threads=2)
    assert prepared.to_json() + "\n" == expected
    assert prepared.report() == json.loads(expected)
    table = cli("study", config, *arguments, "--quiet", "--format", "text", allowed=(0, 1, 3))
    result = study(config, **options, threads=1)
    assert result.text == table
    if "sweep" not in options:
        assert result.svg is None
    else:
        assert result.svg == cli("study", config, *arguments, "--quiet", "--format", "svg")


def test_policies(cli: Cli, tmp_path: Path) -> None:
    policy = {"error_rate_threshold": 0.02}
    (tmp_path / "other.json").write_text(json.dumps(policy))
    (tmp_path / "config.json").write_text(json.dumps(SMALL))
    other = str(tmp_path / "other.json")
    requirement = "false_rollback - false_rollback(policy=other)<=0.9"
    expected = json.loads(
        cli(
            *["study", str(tmp_path / "config.json"), "--runs", "2000", "--policy", other],
            *["--require", requirement.replace("other", other)],
        )
    )
    found = study(SMALL, runs=2000, policies={"other": policy}, require=requirement)
    assert found["policies"][0].pop("name") == "other"
    expected["policies"][0].pop("name")
    assert found["requirements"][0].pop("requirement") == requirement
    expected["requirements"][0].pop("requirement")
    assert found == expected


def test_a_fit(cli: Cli) -> None:
    file = ROOT / "examples/counts/week.csv"
    assert fit(file) == json.loads(cli("fit", str(file), "--quiet"))
    assert fit(file.read_text()).text == cli("fit", str(file), "--quiet", "--format", "text")
    into = json.loads(cli("fit", str(file), "--quiet", "--into", "default"))
    assert Counts(file).fitted_config("default") == into


def test_recorded_counts(cli: Cli) -> None:
    file = ROOT / "examples/counts/week.csv"
    counts = Counts(file)
    expected = cli("replay", "default", "--counts", str(file), "--seed", "3", "--quiet")
    rollout = counts.replay("default", 3)
    rollout.run()
    assert rollout.to_json() + "\n" == expected
    expected = cli("study", "default", "--counts", str(file), "--runs", "100", "--quiet")
    assert study("default", counts=counts, runs=100) == json.loads(expected)


def test_files_of_controllers(cli: Cli) -> None:
    folder = ROOT / "examples/controllers"
    files = [folder / "rollout.yaml", folder / "analysis.yaml"]
    imported = import_files(files)
    expected = json.loads(cli("import", *map(str, files), "--quiet"))
    assert imported["config"] == expected
    assert Rollout(imported["config"], 1).report()["controller"]["name"] == "Argo Rollouts"
    exported = export_policy("twice-the-errors", "argo", service="checkout")
    text = "---\n".join(file["text"] for file in exported["files"])
    assert text == cli("export", "argo", "twice-the-errors", "--service", "checkout", "--quiet")
