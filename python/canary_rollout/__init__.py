"""Simulates canary rollouts of a release, and measures what a rollout policy does.

>>> from canary_rollout import Rollout, study
>>> rollout = Rollout("twice-the-errors", seed=7)
>>> rollout.run()
>>> rollout.state
'ROLLED_BACK'
>>> study("twice-the-errors", runs=1000)["missed_regression"]["estimate"]
0.222
"""

from ._counts import Counts, fit
from ._engine import __version__
from ._errors import CallError, ConfigError, Problem
from ._files import export_policy, import_files, preset, presets, validate
from ._result import Result
from ._rollout import Rollout
from ._search import Search, search
from ._study import Study, combine, rows, study
from ._types import ArmSeries, Export, ExportedFile, QuantileSeries, RecordSeries, RuleSeries, Series

__all__ = [
    "ArmSeries",
    "CallError",
    "ConfigError",
    "Counts",
    "Export",
    "ExportedFile",
    "Problem",
    "QuantileSeries",
    "RecordSeries",
    "Result",
    "Rollout",
    "RuleSeries",
    "Search",
    "Series",
    "Study",
    "__version__",
    "combine",
    "export_policy",
    "fit",
    "import_files",
    "preset",
    "presets",
    "rows",
    "search",
    "study",
    "validate",
]
