"""Presets, and files of controllers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from . import _engine, _given
from ._errors import Problem
from ._given import Config, Files
from ._types import Export


def presets() -> dict[str, str]:
    """The names of the presets, each with its description in a line."""
    return {name: description for name, (description, _) in _given.PRESETS.items()}


def preset(name: str) -> dict[str, Any]:
    """The configuration of a preset.

    :raises ConfigError: for another name.
    """
    if name not in _given.PRESETS:
        raise _given.fault("", f"found {name!r}, expected one of {', '.join(_given.PRESETS)}")
    config: dict[str, Any] = json.loads(_given.PRESETS[name][1])
    return config


def validate(config: Config) -> list[Problem]:
    """Checks a configuration, and returns what is valid in it but probably a mistake.

    :raises ConfigError: with all faults.
    """
    return [Problem(*warning) for warning in _given.config(config).warnings()]


def import_files(
    files: Files, *, bind: Mapping[str, str] | None = None, name: str | None = None
) -> dict[str, Any]:
    """Makes a configuration of the files of a controller, such as a Rollout of Argo with its
    templates: ``import_files([Path("rollout.yaml"), Path("analysis.yaml")])["config"]``.

    :param files: one file or several: paths (``pathlib.Path``) or texts.
    :param bind: what metrics measure, by their names, instead of the guess from their queries.
    :param name: the Rollout or Canary to read, where the files have several.
    :returns: ``config``, and what was understood of the files: ``notes``, ``bindings``,
        ``assumed``, ``ignored``, ``warnings``.
    :raises ConfigError: with all faults of the files.
    """
    limit = _engine.MAX_IMPORT_BYTES
    texts = [
        (name, _given.read_file(name, limit) if text is None else text)
        for name, text in _given.named_texts(files, what="files")
    ]
    bound = {key: _given.text(value, f"bind.{key}") or "" for key, value in (bind or {}).items()}
    imported: dict[str, Any] = json.loads(
        _engine.import_files(texts, bound, _given.text(name, "name"))
    )
    imported["config"] = json.loads(imported["config"])
    return imported


def export_policy(config: Config, target: str, **names: str) -> Export:
    """A policy in the words of a controller: ``"argo"``, ``"flagger"`` or ``"codedeploy"``.

    :param names: the names in a cluster: ``service``, ``prometheus``, ``requests``,
        ``latency``, ``version``, ``canary``, ``stable``, ``failed``.
    :raises ConfigError: with all parts of the policy that the controller has no words for.
    """
    target = _given.text(target, "target") or ""
    named = {key: _given.text(name, key) or "" for key, name in names.items()}
    exported: Export = json.loads(_engine.export_policy(_given.config(config), target, named))
    return exported
