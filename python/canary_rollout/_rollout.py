"""One rollout."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from . import _engine, _given
from ._given import Config
from ._result import figure
from ._types import Series

_MAX_TICKS = 2**32 - 1


class Rollout:
    """A rollout before its first tick.

    ``config`` is a dictionary, the name of a preset, the text of a configuration in YAML or
    JSON, or a ``pathlib.Path``. ``seed`` is a whole number from 0 to 2**53 - 1; without one,
    a random one is chosen, which :attr:`seed` tells. The same configuration and seed give the
    same rollout, on every machine.

    Several threads may use one rollout: they take turns.

    :raises ConfigError: with all faults of the configuration, or for a wrong seed.
    """

    _inner: _engine.Rollout

    def __init__(self, config: Config, seed: int | None = None) -> None:
        self._inner = _engine.Rollout(_given.config(config), _given.seed(seed))

    @classmethod
    def _of(cls, inner: _engine.Rollout) -> Rollout:
        rollout = cls.__new__(cls)
        rollout._inner = inner
        return rollout

    @classmethod
    def replay(
        cls,
        config: Config,
        seed: int | None = None,
        commands: Iterable[Mapping[str, Any]] = (),
        until: int | None = None,
    ) -> Rollout:
        """Simulates a rollout and gives each command at its tick, the number of ticks elapsed:
        ``[{"tick": 3, "command": "pause"}]``. Stops after ``until`` ticks or at the end;
        without ``until``, at the end or at a pause that waits for a person. The ``config``,
        ``seed`` and ``commands`` of a report give its rollout again.

        :raises ConfigError: as for a new rollout, and for commands of another form.
        :raises CallError: for a command that is refused at its tick.
        """
        timed = []
        for i, command in enumerate(commands):
            path = f"commands[{i}]"
            if not isinstance(command, Mapping) or set(command) != {"tick", "command"}:
                raise _given.fault(path, 'expected {"tick": number, "command": text}')
            tick = _given.whole(command["tick"], f"{path}.tick", _MAX_TICKS)
            if not isinstance(command["command"], str):
                raise _given.fault(f"{path}.command", "expected a text")
            timed.append((tick, _given.utf8(command["command"])))
        if until is not None:
            until = _given.whole(until, "until", _MAX_TICKS)
        rollout = cls(config, seed)
        rollout._inner.replay(timed, until)
        return rollout

    def tick(self, ticks: int = 1) -> None:
        """Simulates so many ticks, or fewer if the rollout ends.

        :raises CallError: after the end.
        """
        self._inner.tick(_given.whole(ticks, "ticks", _MAX_TICKS))

    def advance(self) -> None:
        """Simulates up to the verdict of the present stage.

        :raises CallError: in a pause, and after the end.
        """
        self._inner.advance()

    def run(self) -> None:
        """Simulates up to the end, or to a pause that waits for a person."""
        self._inner.run()

    def pause(self) -> None:
        """Stops the plan; traffic continues.

        :raises CallError: unless the state is PROGRESSING.
        """
        self._inner.command("pause")

    def resume(self) -> None:
        """Continues the plan; after a pause at the end of a stage it promotes.

        :raises CallError: unless the state is PAUSED.
        """
        self._inner.command("resume")

    def promote(self) -> None:
        """Goes to the next stage at once.

        :raises CallError: unless the state is PROGRESSING or PAUSED.
        """
        self._inner.command("promote")

    def abort(self) -> None:
        """Rolls back.

        :raises CallError: unless the state is PROGRESSING or PAUSED.
        """
        self._inner.command("abort")

    @property
    def state(self) -> str:
        """PROGRESSING, PAUSED, ROLLING_BACK, ROLLED_BACK or COMPLETED."""
        return self._inner.state

    @property
    def seed(self) -> int:
        """The seed."""
        return self._inner.seed

    @property
    def ticks(self) -> int:
        """Ticks elapsed."""
        return self._inner.ticks

    def allowed(self) -> list[str]:
        """The calls that are allowed now."""
        return self._inner.allowed()

    def report(self) -> dict[str, Any]:
        """The result so far. It has the keys and values of the command line's JSON."""
        report: dict[str, Any] = json.loads(self.to_json())
        return report

    def to_json(self) -> str:
        """The result as JSON text, the same as from the command line."""
        return self._inner.to_json()

    def series(self) -> Series:
        """Every tick so far: NumPy arrays with an element per tick. The arrays have the memory
        that the engine filled; NumPy copies nothing."""
        return self._inner.series()

    def text(self) -> str:
        """The result as text for people: a table of the stages, and small charts."""
        return self._inner.text()

    def svg(self) -> str:
        """The result as an SVG file: traffic, error rates and decisions over time."""
        return self._inner.svg()

    def __repr__(self) -> str:
        name = self._inner.name
        of = f" of {name!r}" if name else ""
        return f"<Rollout{of}, seed {self.seed}, tick {self.ticks}, {self.state}>"

    def _repr_html_(self) -> str:
        return figure(self.text(), self.svg())
