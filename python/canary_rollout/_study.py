"""What a policy does over many seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from . import _engine, _given
from ._counts import Counts, days
from ._given import Config, Files
from ._result import Result


class Study:
    """A study before its first run: what a policy does to healthy and to bad releases.

    :param config: as for :class:`Rollout`.
    :param runs: how many seeds, 1 to 10**9; default 10,000, with requirements 1,000,000.
    :param seed: the first seed; default 0.
    :param horizon_ticks: the ticks for which excess errors are counted; default the longest
        that a rollout of the study can take.
    :param person: ``{"after_ticks": 30, "command": "resume"}``: what a person does in a pause
        that waits for one; default a run ends there.
    :param set: numeric fields of the configuration to change first, with their values:
        ``{"canary.error_ratio": 2}``.
    :param sweep: a numeric field with the values to simulate:
        ``{"field": "error_ratio", "values": [1.5, 2, 3]}``.
    :param policies: other policies to compare on the same seeds, by their names: dictionaries
        with the keys of a policy.
    :param require: bounds to be kept, such as ``"false_rollback<=0.05"`` or
        ``"excess_errors.p95(error_ratio=5)<=50"``. The study ends as soon as all answers are
        certain, or after ``runs``.
    :param error_probability: the most with which one of the answers to ``require`` is wrong;
        default 0.001.
    :param counts: recorded counts, whose days are drawn in place of the world.
    :param start_of_day: when each rollout over ``counts`` begins, in seconds since midnight,
        UTC; default at random.
    :raises ConfigError: with all faults.
    """

    _inner: _engine.Study

    def __init__(
        self,
        config: Config,
        *,
        runs: int | None = None,
        seed: int | None = None,
        horizon_ticks: int | None = None,
        person: Mapping[str, Any] | None = None,
        set: Mapping[str, float] | None = None,
        sweep: Mapping[str, Any] | None = None,
        policies: Mapping[str, Mapping[str, Any]] | None = None,
        require: str | Iterable[str] = (),
        error_probability: float | None = None,
        counts: Counts | None = None,
        start_of_day: int | None = None,
    ) -> None:
        requirements = _given.texts(require, "require")
        if requirements and runs is None:
            runs = _engine.DEFAULT_GATE_RUNS
        options: dict[str, Any] = {
            "runs": runs,
            "seed": seed,
            "horizon_ticks": horizon_ticks,
            "person": person,
            "sweep": sweep,
        }
        if set is not None:
            options["set"] = [
                {"field": field, "value": value} for field, value in _given.items(set, "study.set")
            ]
        if policies is not None:
            options["policies"] = [
                {"name": name, "policy": policy} for name, policy in _given.items(policies, "study.policies")
            ]
        given = {key: value for key, value in options.items() if value is not None}
        if error_probability is not None and not isinstance(error_probability, int | float):
            found = type(error_probability).__name__
            raise _given.fault("error_probability", f"found a {found}, expected a number")
        self._inner = _engine.Study(
            _given.config(config),
            _given.to_json(given, "study"),
            requirements,
            error_probability,
            *days(counts, start_of_day),
        )

    def run(
        self,
        *,
        threads: int | None = None,
        progress: Callable[[int, int], object] | None = None,
    ) -> None:
        """Simulates the remaining runs, on so many threads; default one per core. Other threads
        of Python go on meanwhile. ``progress`` is called several times a second with the number
        of runs finished, and that of all.

        Ctrl-C ends it with ``KeyboardInterrupt``, and an exception of ``progress`` with that
        exception. The study then keeps the runs that are finished: :meth:`report` has them, and
        :meth:`run` goes on with the rest.

        :raises CallError: if it is running in another thread.
        """
        if threads is not None:
            threads = _given.whole(threads, "threads", 1024, least=1)
        self._inner.run(threads, progress)

    @property
    def runs(self) -> int:
        """The number of runs asked for; those finished, once all requirements are certain."""
        return self._inner.runs

    @property
    def done(self) -> int:
        """The number of runs finished."""
        return self._inner.done

    def report(self) -> Result:
        """What the finished runs show. It has the keys and values of the command line's JSON."""
        return Result.of(self._inner.report())

    def to_json(self) -> str:
        """The report as JSON text, the same as from the command line."""
        return self._inner.report()[0]

    def text(self) -> str:
        """The report as text for people."""
        return self._inner.report()[1]

    def svg(self) -> str | None:
        """The operating characteristic as an SVG file: how often is a release rolled back, over
        the values of the sweep. ``None`` without a sweep."""
        return self._inner.report()[2]

    def rows(self) -> str:
        """What the finished runs counted, as lines of JSON: a header with the question, and a
        row. :func:`combine` adds such texts, also those of the command line."""
        return self._inner.rows()

    def __repr__(self) -> str:
        return f"<Study, {self.done} of {self.runs} runs>"

    def _repr_html_(self) -> str:
        return self.report()._repr_html_()


def study(
    config: Config,
    *,
    runs: int | None = None,
    seed: int | None = None,
    horizon_ticks: int | None = None,
    person: Mapping[str, Any] | None = None,
    set: Mapping[str, float] | None = None,
    sweep: Mapping[str, Any] | None = None,
    policies: Mapping[str, Mapping[str, Any]] | None = None,
    require: str | Iterable[str] = (),
    error_probability: float | None = None,
    counts: Counts | None = None,
    start_of_day: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Result:
    """Runs a :class:`Study` to its end, and returns its report.

    :raises ConfigError: with all faults.
    """
    prepared = Study(
        config,
        runs=runs,
        seed=seed,
        horizon_ticks=horizon_ticks,
        person=person,
        set=set,
        sweep=sweep,
        policies=policies,
        require=require,
        error_probability=error_probability,
        counts=counts,
        start_of_day=start_of_day,
    )
    prepared.run(threads=threads, progress=progress)
    return prepared.report()


def rows(
    config: Config,
    first_seed: int,
    runs: int,
    *,
    horizon_ticks: int | None = None,
    person: Mapping[str, Any] | None = None,
    set: Mapping[str, float] | None = None,
    sweep: Mapping[str, Any] | None = None,
    policies: Mapping[str, Mapping[str, Any]] | None = None,
    counts: Counts | None = None,
    start_of_day: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> str:
    """Simulates ``runs`` seeds from ``first_seed`` on: a part of a study. The text is small, and
    :func:`combine` adds the parts, whichever machine they come from. The other options are
    those of :class:`Study`, and must be the same for all parts.

    :raises ConfigError: with all faults.
    """
    part = Study(
        config,
        runs=runs,
        seed=first_seed,
        horizon_ticks=horizon_ticks,
        person=person,
        set=set,
        sweep=sweep,
        policies=policies,
        counts=counts,
        start_of_day=start_of_day,
    )
    part.run(threads=threads, progress=progress)
    return part.rows()


def combine(rows: Files, *, partial: bool = False) -> Result:
    """The report of the study that the parts make: the same as that of one study over all their
    seeds, in whatever order they come.

    :param rows: texts of :func:`rows`, or files of the command line's ``study --rows``
        (``pathlib.Path``).
    :param partial: whether seeds may be missing; the report then has ``"partial": True``.
    :raises ConfigError: for parts of different questions or engines, for seeds that overlap with
        other counts, for a cut or damaged line, and for missing seeds.
    """
    texts = []
    for name, text in _given.named_texts(rows, what="rows"):
        if text is None:
            with open(name, encoding="utf-8", errors="replace") as file:
                text = file.read()
        texts.append((name, text))
    return Result.of(_engine.combine(texts, bool(partial)))
