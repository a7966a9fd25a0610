"""Studies from Python: what runs beside them, and what stops them."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import pytest

from canary_rollout import CallError, Study, study
from conftest import SMALL

MANY = 1_000_000_000


def test_threads_change_nothing() -> None:
    one = study(SMALL, runs=3000, threads=1)
    assert all(study(SMALL, runs=3000, threads=threads) == one for threads in (2, 5))


def test_progress_counts_up() -> None:
    seen: list[tuple[int, int]] = []
    study("default", runs=300, progress=lambda done, runs: seen.append((done, runs)))
    assert seen == sorted(seen) and seen[-1] == (300, 300)


def test_the_gate_ends_when_it_is_certain() -> None:
    prepared = Study(SMALL, require="caught>=0.5")
    assert prepared.runs == 1_000_000
    prepared.run()
    assert prepared.runs == prepared.done < 10_000
    [answer] = prepared.report()["requirements"]
    assert answer["fulfilment"] == "met" and answer["error_probability"] == 0.001


def interrupted(prepared: Study, how: Any) -> None:
    """Runs a study that would take hours, until `how` stops it."""
    with pytest.raises(KeyboardInterrupt):
        prepared.run(progress=how)
    assert 0 < prepared.done < MANY
    report = prepared.report()
    assert report["partial"] and report["runs"] == prepared.done


def test_control_c() -> None:
    """A signal as Ctrl-C sends it, once some runs are finished. The study goes on after."""

    def press(done: int, runs: int) -> None:
        if done > 0:
            os.kill(os.getpid(), signal.SIGINT)

    prepared = Study(SMALL, runs=MANY)
    interrupted(prepared, press)
    done = prepared.done
    interrupted(prepared, press)
    assert prepared.done > done
    # The runs are the same as without an interrupt.
    whole = study(SMALL, runs=prepared.done)
    assert whole["healthy"] == prepared.report()["healthy"]


def test_control_c_while_another_thread_waits() -> None:
    """A signal that comes from another thread, while the main one waits for the engine."""
    prepared = Study(SMALL, runs=MANY)
    started = threading.Event()

    def press() -> None:
        started.wait()
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        prepared.run(progress=lambda done, runs: started.set() if done else None)
    thread.join()
    assert prepared.done < MANY


def test_an_exception_of_progress_stops() -> None:
    def refuse(done: int, runs: int) -> None:
        raise LookupError(f"{runs}")

    with pytest.raises(LookupError, match=str(MANY)):
        study(SMALL, runs=MANY, progress=refuse)


def test_a_running_study_refuses_other_calls() -> None:
    """From another thread, and from its own progress: refused, not waited for."""
    prepared = Study(SMALL, runs=MANY)
    refused: list[str] = []

    def ask(done: int, runs: int) -> None:
        for call in (prepared.report, prepared.run, lambda: prepared.done):
            with pytest.raises(CallError, match="it is running") as error:
                call()
            refused.append(str(error.value))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepared.run(progress=ask)
    assert len(refused) == 3
    assert prepared.done < MANY


def test_other_threads_of_python_go_on() -> None:
    """The interpreter is free while the engine works: a thread answers its progress."""
    asked, answered = threading.Event(), threading.Event()

    def answer() -> None:
        asked.wait()
        answered.set()

    thread = threading.Thread(target=answer)
    thread.start()

    def stop_when_answered(done: int, runs: int) -> None:
        asked.set()
        if answered.is_set():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        study(SMALL, runs=MANY, progress=stop_when_answered)
    thread.join()
