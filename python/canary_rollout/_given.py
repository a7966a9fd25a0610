"""What a person gives, as the engine takes it."""

from __future__ import annotations

import datetime
import json
import operator
import os
import secrets
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from . import _engine
from ._errors import ConfigError, Problem

Config: TypeAlias = Mapping[str, Any] | str | os.PathLike[str]
"""A configuration: a dictionary, the name of a preset, the text of a configuration in YAML
or JSON, or the path of a file (``pathlib.Path``)."""

Files: TypeAlias = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
"""One file or several: each the path of a file (``pathlib.Path``), or a text."""

Time: TypeAlias = datetime.datetime | float
"""A time: a ``datetime`` with its time zone, or seconds since 1970, UTC."""

PRESETS = {name: (description, text) for name, description, text in _engine.presets()}


def fault(path: str, message: str, file: str | None = None) -> ConfigError:
    return ConfigError([Problem(path, message, file=file)])


def config(given: Config) -> _engine.Config:
    """A configuration, checked."""
    if isinstance(given, os.PathLike):
        name = os.fspath(given)
        return _engine.Config(read_file(name, _engine.MAX_IMPORT_BYTES), name, has_lines=True)
    if isinstance(given, Mapping):
        return _engine.Config(to_json(given, "the configuration"), None, has_lines=False)
    if not isinstance(given, str):
        raise fault("", f"found a {type(given).__name__}, expected {EXPECTED}")
    if given in PRESETS:
        return _engine.Config(PRESETS[given][1], None, has_lines=True)
    if "\n" not in given and ":" not in given:
        # One word, which no configuration is: a preset that does not exist, or a file.
        raise fault("", f"found {given[:100]!r}, expected {EXPECTED}; presets() has the names")
    return _engine.Config(utf8(given), None, has_lines=True)


EXPECTED = (
    "a dictionary, the name of a preset, the text of a configuration, "
    "or the path of a file as a pathlib.Path"
)


def to_json(value: object, what: str) -> str:
    """A value as JSON text. What is no number becomes a text, for which the engine's fault
    has the path."""
    try:
        return json.dumps(value, default=_plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise fault("", f"{what} has no form in JSON: {error}") from error


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    # Numbers and arrays of NumPy, and columns of pandas.
    if callable(to_list := getattr(value, "tolist", None)):
        return to_list()
    raise TypeError(f"found a {type(value).__name__}, expected values that JSON has")


def utf8(text: str) -> str:
    """The text, unless it has half a character."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise fault("", f"character {error.start + 1} is no Unicode character") from error
    return text


def read_file(name: str, limit: int) -> str:
    """The text of a file. Of a longer one only a little more than the limit is read, for
    which it is then refused."""
    with open(name, "rb") as file:
        data = file.read(limit + 1)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        if len(data) > limit:
            return data.decode(errors="replace")
        raise fault("", f"byte {error.start} is not UTF-8", name) from error


def file_list(files: Files) -> list[str | os.PathLike[str]]:
    if isinstance(files, str | os.PathLike):
        return [files]
    if not isinstance(files, Iterable):
        found = type(files).__name__
        raise fault("files", f"found a {found}, expected a pathlib.Path, a text, or several")
    return list(files)


def named_texts(files: Files, *, what: str) -> list[tuple[str, str | None]]:
    """Each file with its name, and with its text if it was given as one."""
    named: list[tuple[str, str | None]] = []
    for i, file in enumerate(file_list(files)):
        if isinstance(file, os.PathLike):
            named.append((os.fspath(file), None))
        elif isinstance(file, str):
            named.append((f"{what}[{i}]", utf8(file)))
        else:
            found = type(file).__name__
            raise fault(f"{what}[{i}]", f"found a {found}, expected a pathlib.Path or a text")
    return named


def whole(value: object, path: str, most: int, least: int = 0) -> int:
    """A whole number, also of NumPy."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        found = repr(value)[:100]
        raise fault(path, f"found {found}, expected a whole number") from None
    if not least <= number <= most:
        # A very long number has no text.
        found = str(number) if number.bit_length() < 200 else "a number of very many digits"
        raise fault(path, f"found {found}, expected a whole number from {least} to {most}")
    return number


def seed(value: object) -> int:
    """A seed; a random one for ``None``."""
    if value is None:
        return secrets.randbelow(_engine.MAX_SEED + 1)
    return whole(value, "seed", _engine.MAX_SEED)


def time(value: Time | None, path: str) -> int | None:
    """A time in seconds since 1970, UTC."""
    if value is None:
        return None
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            raise fault(path, f"{value} has no time zone, expected one such as datetime.UTC")
        value = value.timestamp()
    if not isinstance(value, int | float) or not abs(value) < 1e12:
        raise fault(path, f"found {value!r}, expected a datetime or seconds since 1970")
    return int(value)


def text(value: str | None, path: str) -> str | None:
    """A text that may be missing."""
    if value is not None and not isinstance(value, str):
        raise fault(path, f"found a {type(value).__name__}, expected a text")
    return None if value is None else utf8(value)


def items(given: object, path: str) -> list[tuple[object, object]]:
    """The entries of a mapping."""
    if not isinstance(given, Mapping):
        raise fault(path, f"found a {type(given).__name__}, expected a mapping")
    return list(given.items())


def texts(values: str | Iterable[str], path: str) -> list[str]:
    """A text or several as a list."""
    if not isinstance(values, Iterable):
        raise fault(path, f"found a {type(values).__name__}, expected a text or several")
    listed = [values] if isinstance(values, str) else list(values)
    for i, text in enumerate(listed):
        if not isinstance(text, str):
            raise fault(f"{path}[{i}]", f"found a {type(text).__name__}, expected a text")
        utf8(text)
    return listed
