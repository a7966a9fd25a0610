"""Search for policies that hold stated bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from . import _engine, _given
from ._counts import Counts, days
from ._given import Config
from ._result import Result, figure


class Search:
    """A search before its first rollout: which policies hold stated bounds, at the least harm
    and time?

    :param config: as for :class:`Rollout`: the world, the release, and the present policy.
    :param vary: fields of the policy with their values, such as ``"rules[0].max=0.005..0.05"``,
        ``"stages[*].traffic_pct=1,5,25"``, or
        ``{"field": "stages", "values": [[...], [...]]}``.
    :param policies: policies that are candidates as they are, by their names.
    :param hold: bounds that must hold, such as ``"missed_regression(error_ratio=2)<=0.05"``.
    :param least: figures to be made least, such as ``"excess_errors(error_ratio=5)"``; the first
        one decides.
    :param runs: the most rollouts of all candidates together; default 10,000,000.
    :param candidates: the most candidates of the grid; default 400.
    :param seed: the first seed; default 0.
    :param horizon_ticks: as for :class:`Study`.
    :param person: as for :class:`Study`.
    :param error_probability: the greatest probability that any candidate is wrongly said to hold
        or to violate a bound; default 0.001.
    :param tolerance: by which share a figure may be worse and still count as the same; default
        0.01.
    :param reach: ``"FIELD=FROM..TO"``, another question: up to which value of a numeric field
        can some candidate hold all bounds? ``least`` may then be missing.
    :param counts: recorded counts, whose days are drawn in place of the world; not beside
        ``reach``.
    :param start_of_day: as for :class:`Study`.
    :raises ConfigError: with all faults.
    """

    _inner: _engine.Search

    def __init__(
        self,
        config: Config,
        *,
        vary: str | Mapping[str, Any] | Iterable[str | Mapping[str, Any]] = (),
        policies: Mapping[str, Mapping[str, Any]] | None = None,
        hold: str | Iterable[str] = (),
        least: str | Iterable[str] = (),
        runs: int | None = None,
        candidates: int | None = None,
        seed: int | None = None,
        horizon_ticks: int | None = None,
        person: Mapping[str, Any] | None = None,
        error_probability: float | None = None,
        tolerance: float | None = None,
        reach: str | None = None,
        counts: Counts | None = None,
        start_of_day: int | None = None,
    ) -> None:
        if not isinstance(vary, Iterable):
            found = type(vary).__name__
            raise _given.fault("search.vary", f"found a {found}, expected a text or several")
        options: dict[str, Any] = {
            "vary": [vary] if isinstance(vary, str | Mapping) else list(vary),
            "hold": _given.texts(hold, "search.hold"),
            "least": _given.texts(least, "search.least"),
            "runs": runs,
            "candidates": candidates,
            "seed": seed,
            "horizon_ticks": horizon_ticks,
            "person": person,
            "error_probability": error_probability,
            "tolerance": tolerance,
        }
        if policies is not None:
            options["policies"] = [
                {"name": name, "policy": policy}
                for name, policy in _given.items(policies, "search.policies")
            ]
        reach = _given.text(reach, "reach")
        given = {key: value for key, value in options.items() if value is not None}
        if reach is not None and not given["least"]:
            del given["least"]
        if reach is not None and counts is not None:
            raise _given.fault("reach", "asks about simulated traffic, expected no counts")
        self._inner = _engine.Search(
            _given.config(config),
            _given.to_json(given, "search"),
            reach,
            *days(counts, start_of_day),
        )

    def run(
        self,
        *,
        threads: int | None = None,
        progress: Callable[[int, int], object] | None = None,
    ) -> None:
        """Simulates all that is left, on so many threads; default one per core. ``progress`` is
        called several times a second with the number of rollouts simulated, and the most there
        can be. Ctrl-C and exceptions stop it as they stop a :class:`Study`, and :meth:`run` goes
        on.

        :raises CallError: if it is running in another thread.
        """
        if threads is not None:
            threads = _given.whole(threads, "threads", 1024, least=1)
        self._inner.run(threads, progress)

    @property
    def rollouts(self) -> int:
        """The most rollouts; a search may need fewer."""
        return self._inner.rollouts

    @property
    def done(self) -> int:
        """The number of rollouts simulated."""
        return self._inner.done

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to simulate."""
        return self._inner.is_finished

    def report(self) -> Result:
        """What is found so far. It has the keys and values of the command line's JSON: every
        candidate, the front, and the chosen policy as a configuration."""
        return Result.of(self._inner.report())

    def to_json(self) -> str:
        """The report as JSON text, the same as from the command line."""
        return self._inner.report()[0]

    def text(self) -> str:
        """The report as text for people."""
        return self._inner.report()[1]

    def __repr__(self) -> str:
        return f"<Search, {self.done} of at most {self.rollouts} rollouts>"

    def _repr_html_(self) -> str:
        return figure(self.text())


def search(
    config: Config,
    *,
    vary: str | Mapping[str, Any] | Iterable[str | Mapping[str, Any]] = (),
    policies: Mapping[str, Mapping[str, Any]] | None = None,
    hold: str | Iterable[str] = (),
    least: str | Iterable[str] = (),
    runs: int | None = None,
    candidates: int | None = None,
    seed: int | None = None,
    horizon_ticks: int | None = None,
    person: Mapping[str, Any] | None = None,
    error_probability: float | None = None,
    tolerance: float | None = None,
    reach: str | None = None,
    counts: Counts | None = None,
    start_of_day: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Result:
    """Runs a :class:`Search` to its end, and returns its report.

    :raises ConfigError: with all faults.
    """
    prepared = Search(
        config,
        vary=vary,
        policies=policies,
        hold=hold,
        least=least,
        runs=runs,
        candidates=candidates,
        seed=seed,
        horizon_ticks=horizon_ticks,
        person=person,
        error_probability=error_probability,
        tolerance=tolerance,
        reach=reach,
        counts=counts,
        start_of_day=start_of_day,
    )
    prepared.run(threads=threads, progress=progress)
    return prepared.report()
