"""What the package raises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Problem(NamedTuple):
    """A fault of what was given, or a warning: where it is, and what was expected."""

    path: str
    """The path from the top, such as ``stages[2].traffic_pct``; empty for the whole."""
    message: str
    """What was found and what was expected."""
    line: int | None = None
    """The line in the text, from 1; ``None`` without a text or a place in it."""
    column: int | None = None
    """The column in characters, from 1."""
    file: str | None = None
    """The file's name; ``None`` for what is in no file."""

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        if self.file is None:
            place = "" if self.line is None else f" at line {self.line} column {self.column}"
            return f"{where}{self.message}{place}"
        places = [self.file, *(str(at) for at in (self.line, self.column) if at is not None)]
        return f"{':'.join(places)}: {where}{self.message}"


class ConfigError(ValueError):
    """Why a configuration, a file or an option is refused: all of its faults."""

    problems: list[Problem]
    """The faults: at least one, at most 20, in the order of the text."""
    more: int
    """The number of further faults."""

    def __init__(self, problems: Sequence[Problem], more: int = 0) -> None:
        super().__init__(problems, more)
        self.problems = list(problems)
        self.more = more

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems]
        return "\n".join([*lines, f"and {self.more} more"] if self.more else lines)


class CallError(RuntimeError):
    """A call that is not possible now: after the end of a rollout, or while a study runs.
    Nothing has changed."""


def refused(
    problems: Sequence[tuple[str, str, int | None, int | None, str | None]], more: int
) -> ConfigError:
    """The exception of problems as the engine gives them."""
    return ConfigError([Problem(*problem) for problem in problems], more)
