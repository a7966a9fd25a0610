#!/usr/bin/env python3
"""Compares a study from Python with the same one of the command line, in turn.

Usage: bench-python.py PROGRAM [RUNS] [THREADS], in an environment with the package, both built
with --release. Prints the medians of five: seconds of the clock, and of the processor.
"""

import os
import statistics
import subprocess
import sys
import time

STUDY = "import sys, canary_rollout; canary_rollout.study('reference', runs=int(sys.argv[1]), threads=int(sys.argv[2]))"


def seconds(command: list[str]) -> tuple[float, float]:
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0, command
    return time.perf_counter() - began, used.ru_utime + used.ru_stime


program, runs, threads = (*sys.argv[1:], *["4000000", "2"][len(sys.argv) - 2 :])
commands = {
    "command line": [program, "study", "reference", "--quiet", "--runs", runs, "--threads", threads],
    "Python": [sys.executable, "-c", STUDY, runs, threads],
    "Python, one run": [sys.executable, "-c", STUDY, "1", threads],
}
found = {name: [] for name in commands}
for _ in range(5):
    for name, command in commands.items():
        found[name].append(seconds(command))
for name, times in found.items():
    clock, processor = (statistics.median(column) for column in zip(*times))
    print(f"{name:<16} {clock:7.2f} s, processor {processor:7.2f} s")
