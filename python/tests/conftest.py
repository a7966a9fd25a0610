"""What several tests need."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SMALL = {
    "canary": {"error_ratio": 4},
    "stages": [
        {"traffic_pct": 5, "duration_ticks": 10},
        {"traffic_pct": 50, "duration_ticks": 10},
    ],
    "error_rate_threshold": 0.01,
}
"""A configuration that is quick to simulate."""


@pytest.fixture(scope="session")
def cli() -> Callable[..., str]:
    """Runs the program, which CANARY_ROLLOUT names, and returns its standard output."""
    program = os.environ.get("CANARY_ROLLOUT")
    if not program:
        pytest.skip("CANARY_ROLLOUT does not name the program canary-rollout")

    def run(*arguments: str, allowed: tuple[int, ...] = (0,)) -> str:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, cwd=ROOT)
        assert done.returncode in allowed, done.stderr
        return done.stdout

    return run
