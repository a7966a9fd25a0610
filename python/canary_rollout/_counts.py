"""Recorded counts of a service."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from . import _engine, _given
from ._given import Config, Files, Time
from ._result import Result
from ._rollout import Rollout
from ._types import RecordSeries

_MAX_SECONDS = 2**32 - 1


class Counts:
    """Recorded counts of a service: of Prometheus, Datadog or CloudWatch as JSON, or CSV.

    :param files: one file or several: paths (``pathlib.Path``) or texts.
    :param series: what series are, instead of the guess from their names, such as
        ``"errors=http_5xx"`` or ``"canary.requests=version=v2"``.
    :param baseline: the baseline's version, as the record names it.
    :param canary: the canary's version, as the record names it.
    :param start: the first time to read.
    :param end: the time to read up to.
    :param step_seconds: the length of a step, a multiple of that in the files.
    :param time_zone: that of times which name none, such as ``"Europe/Berlin"``; default UTC.
    :param absent_errors_are_zero: whether a step with requests and without a value of errors
        had none; default not in CSV.
    :raises ConfigError: with all faults of the files.
    :raises OSError: if a file cannot be opened.
    """

    _inner: _engine.Counts

    def __init__(
        self,
        files: Files,
        *,
        series: str | Iterable[str] = (),
        baseline: str | None = None,
        canary: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        step_seconds: int | None = None,
        time_zone: str | None = None,
        absent_errors_are_zero: bool | None = None,
    ) -> None:
        if step_seconds is not None:
            step_seconds = _given.whole(step_seconds, "step_seconds", 86_400, least=1)
        self._inner = _engine.Counts(
            _given.named_texts(files, what="counts"),
            series=_given.texts(series, "series"),
            baseline=_given.text(baseline, "baseline"),
            canary=_given.text(canary, "canary"),
            start=_given.time(start, "start"),
            end=_given.time(end, "end"),
            step_seconds=step_seconds,
            time_zone=_given.text(time_zone, "time_zone"),
            absent_errors_are_zero=(
                None if absent_errors_are_zero is None else bool(absent_errors_are_zero)
            ),
        )

    def reading(self) -> dict[str, Any]:
        """What was understood of the files: ``kinds``, ``understood``, ``assumed`` and
        ``warnings``."""
        reading: dict[str, Any] = json.loads(self._inner.reading())
        return reading

    def series(self) -> RecordSeries:
        """The record: NumPy arrays with an element per step."""
        return self._inner.series()

    def fit(
        self, *, tick_seconds: int | None = None, rollout_start: Time | None = None
    ) -> Result:
        """The world that the counts describe, with 95 % intervals and how well it fits.

        :param tick_seconds: the length of the world's tick; default that of a step.
        :param rollout_start: when a rollout in the world starts, for the daily swing; default
            the start of the record.
        :raises ConfigError: if the record is too short.
        """
        if tick_seconds is not None:
            tick_seconds = _given.whole(tick_seconds, "tick_seconds", _MAX_SECONDS)
        return Result.of(
            self._inner.fit(tick_seconds, _given.time(rollout_start, "rollout_start"))
        )

    def fitted_config(
        self, config: Config, *, rollout_start: Time | None = None
    ) -> dict[str, Any]:
        """A configuration in the fitted world: its release and its policy, as they are written."""
        start = _given.time(rollout_start, "rollout_start")
        fitted: dict[str, Any] = json.loads(
            self._inner.fitted_config(_given.config(config), start)
        )
        return fitted

    def replay(
        self,
        config: Config,
        seed: int | None = None,
        *,
        start: Time | None = None,
        lay_release: bool = False,
        thin_canary: bool = False,
    ) -> Rollout:
        """A rollout over the recorded counts, before its first tick: what the policy would have
        decided.

        :param start: when it starts; default with the canary's first requests, or with the
            record.
        :param lay_release: lay the configuration's release upon the recorded baseline, although
            a canary is recorded.
        :param thin_canary: where the policy gives the canary less traffic than it had, leave
            requests out.
        """
        return Rollout._of(
            self._inner.replay(
                _given.config(config),
                _given.seed(seed),
                _given.time(start, "start"),
                bool(lay_release),
                bool(thin_canary),
            )
        )

    def __repr__(self) -> str:
        series = self._inner.series()
        return f"<Counts, {series['steps']} steps of {series['step_seconds']} s>"


def fit(
    files: Files,
    *,
    tick_seconds: int | None = None,
    rollout_start: Time | None = None,
    series: str | Iterable[str] = (),
    baseline: str | None = None,
    canary: str | None = None,
    start: Time | None = None,
    end: Time | None = None,
    step_seconds: int | None = None,
    time_zone: str | None = None,
    absent_errors_are_zero: bool | None = None,
) -> Result:
    """The world that recorded counts describe: :meth:`Counts.fit` of :class:`Counts`, with the
    options of both.

    :raises ConfigError: with all faults of the files, or if the record is too short.
    """
    counts = Counts(
        files,
        series=series,
        baseline=baseline,
        canary=canary,
        start=start,
        end=end,
        step_seconds=step_seconds,
        time_zone=time_zone,
        absent_errors_are_zero=absent_errors_are_zero,
    )
    return counts.fit(tick_seconds=tick_seconds, rollout_start=rollout_start)


def days(
    counts: Counts | None, start_of_day: int | None
) -> tuple[_engine.Counts | None, int | None]:
    """Counts whose days take the place of the world, as the engine takes them, and when each
    begins.
    """
    if counts is not None and not isinstance(counts, Counts):
        raise _given.fault("counts", f"found a {type(counts).__name__}, expected Counts")
    if start_of_day is None:
        return (None if counts is None else counts._inner), None
    if counts is None:
        raise _given.fault("start_of_day", "expected counts beside it")
    return counts._inner, _given.whole(start_of_day, "start_of_day", _MAX_SECONDS)
