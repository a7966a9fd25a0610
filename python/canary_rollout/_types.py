"""The types of what is found."""

from __future__ import annotations

from typing import TypedDict

import numpy as np
import numpy.typing as npt


class RuleSeries(TypedDict):
    """The looks of a rule, an element per tick; NaN where there is no value."""

    verdict: npt.NDArray[np.uint8]
    """0 no look, 1 pass, 2 fail, 3 inconclusive."""
    observed: npt.NDArray[np.float64]
    """What was measured, in the unit of the limit."""
    limit: npt.NDArray[np.float64]
    canary_limit: npt.NDArray[np.float64]
    """The limit in terms of the canary's own error rate (0 to 1) or latency (ms)."""


class Series(TypedDict):
    """A rollout tick by tick: an element per tick, in order; NaN where there is no value."""

    stage: npt.NDArray[np.uint32]
    """The number of the stage, from 1."""
    state: npt.NDArray[np.uint8]
    """0 PROGRESSING, 1 PAUSED, 2 ROLLING_BACK, 3 ROLLED_BACK, 4 COMPLETED."""
    phase: npt.NDArray[np.uint8]
    """The controller's phase, an index into its phases in the report."""
    traffic_pct: npt.NDArray[np.float64]
    """The canary's share of requests during the tick, in percent."""
    baseline_requests: npt.NDArray[np.float64]
    baseline_errors: npt.NDArray[np.float64]
    canary_requests: npt.NDArray[np.float64]
    canary_errors: npt.NDArray[np.float64]
    """Excess errors included."""
    excess_errors: npt.NDArray[np.float64]
    """Canary errors that the baseline would have served."""
    true_requests: npt.NDArray[np.float64]
    """Expected requests, the truth behind the counts."""
    true_baseline_error_rate: npt.NDArray[np.float64]
    true_canary_error_rate: npt.NDArray[np.float64]
    baseline_p50_ms: npt.NDArray[np.float64]
    canary_p50_ms: npt.NDArray[np.float64]
    baseline_p95_ms: npt.NDArray[np.float64]
    canary_p95_ms: npt.NDArray[np.float64]
    baseline_p99_ms: npt.NDArray[np.float64]
    canary_p99_ms: npt.NDArray[np.float64]
    rules: list[RuleSeries]
    """In the order of the rules in the report's configuration; with a controller, of the
    report's rules."""


class QuantileSeries(TypedDict):
    """A recorded quantile of the latency, an element per step."""

    q: float
    ms: npt.NDArray[np.float64]


class ArmSeries(TypedDict):
    """What is recorded of a version, an element per step; NaN where nothing is recorded."""

    requests: npt.NDArray[np.float64]
    errors: npt.NDArray[np.float64]
    latency: list[QuantileSeries]


class RecordSeries(TypedDict):
    """Recorded counts by steps of time."""

    start: int
    """The start of the first step, in seconds since 1970, UTC."""
    step_seconds: int
    steps: int
    baseline: ArmSeries
    canary: ArmSeries | None


class ExportedFile(TypedDict):
    """A file of an export."""

    name: str
    text: str


class Export(TypedDict):
    """A policy in the words of a controller."""

    files: list[ExportedFile]
    notes: list[str]
    """What a person has to know or to fill in."""
