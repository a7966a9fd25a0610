"""``python -m canary_rollout --demo``"""

from __future__ import annotations

import argparse
import sys

from . import Rollout, __version__, presets, study

NEXT = """\
Next:
  from canary_rollout import Rollout, study
  rollout = Rollout("{preset}", seed={seed}); rollout.run(); rollout.report()
  study("{preset}", runs=10_000, sweep={{"field": "error_ratio", "values": [1.5, 2, 3]}})
A configuration is a dictionary, a text, or a pathlib.Path. presets() lists examples.
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m canary_rollout",
        description="Shows what the package canary_rollout does.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument(
        "--demo", action="store_true", required=True, help="one rollout, and a study of its policy"
    )
    parser.add_argument(
        "--preset",
        default="twice-the-errors",
        choices=presets(),
        metavar="NAME",
        help="the preset; default %(default)s",
    )
    parser.add_argument("--seed", type=int, default=42, help="the seed; default %(default)s")
    given = parser.parse_args()

    rollout = Rollout(given.preset, given.seed)
    rollout.run()
    found = study(given.preset, runs=1_000)
    out = sys.stdout
    out.write(f"{rollout.text()}\nThe same policy over {found['runs']:,} seeds:\n\n{found.text}\n")
    out.write(NEXT.format(preset=given.preset, seed=given.seed))


if __name__ == "__main__":
    main()
