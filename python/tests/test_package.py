"""The package as it is installed: its demonstration, its types, its pictures, its examples."""

from __future__ import annotations

import doctest
import html
import pickle
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from nbclient import NotebookClient

import canary_rollout
from canary_rollout import Result, Rollout, Study, fit, study
from conftest import ROOT, SMALL

PYTHON = ROOT / "python"


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=PYTHON, timeout=600
    )


def test_the_demonstration() -> None:
    shown = python("-m", "canary_rollout", "--demo")
    assert shown.returncode == 0, shown.stderr
    for words in ("canary share", "The same policy over 1,000 seeds", "from canary_rollout import"):
        assert words in shown.stdout
    # What it says next works.
    [line] = [line for line in shown.stdout.splitlines() if "rollout.run()" in line]
    exec(f"from canary_rollout import Rollout\n{line.strip()}", {})
    other = python("-m", "canary_rollout", "--demo", "--preset", "argo-rollouts", "--seed", "1")
    assert other.returncode == 0 and "seed 1" in other.stdout
    for wrong in ([], ["--demo", "--preset", "none"], ["--demo", "--seed", "x"]):
        assert python("-m", "canary_rollout", *wrong).returncode == 2


def test_the_types() -> None:
    checked = python("-m", "mypy")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    stubs = python("-m", "mypy.stubtest", "canary_rollout", "--mypy-config-file", "pyproject.toml")
    assert stubs.returncode == 0, stubs.stdout + stubs.stderr


def test_the_examples_in_documentation() -> None:
    assert doctest.testmod(canary_rollout).failed == 0


def test_the_examples_in_the_readme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"^```python\n(.*?)^```$", (PYTHON / "README.md").read_text(), re.M | re.S)
    assert len(blocks) >= 4
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)


def test_everything_public_is_documented() -> None:
    for name in canary_rollout.__all__:
        value = getattr(canary_rollout, name)
        if callable(value):
            assert value.__doc__, name
            for key, member in vars(value).items() if isinstance(value, type) else ():
                if callable(member) and not key.startswith("_"):
                    assert member.__doc__, f"{name}.{key}"


class Tags(HTMLParser):
    """The tags of a picture."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)


def test_pictures_are_safe() -> None:
    evil = {**SMALL, "name": "<script>alert(1)</script><img src=x onerror=alert(1)>"}
    rollout = Rollout(evil, 7)
    rollout.run()
    prepared = Study(evil, runs=50, policies={"<script>": {"error_rate_threshold": 0.02}})
    prepared.run()
    week = fit(ROOT / "examples/counts/week.csv")
    for value in (rollout, prepared, prepared.report(), week):
        picture = value._repr_html_()
        assert Tags(picture).seen <= {"pre", "img"}
        assert "onerror" not in html.unescape(re.sub(r"&lt;.*?&gt;", "", picture))
    svg = ElementTree.fromstring(rollout.svg())
    names = {element.tag.rpartition("}")[2] for element in svg.iter()}
    assert "path" in names and not names & {"script", "img", "image", "foreignObject", "a"}


def test_results_travel() -> None:
    """To another process, as Dask and multiprocessing send them."""
    result = study(SMALL, runs=20)
    again = pickle.loads(pickle.dumps(result))
    assert type(again) is Result and again == result and again.text == result.text
    assert again._repr_html_() == result._repr_html_()


@pytest.mark.parametrize("name", ["first_steps.ipynb"])
def test_the_notebook(name: str) -> None:
    path = PYTHON / "examples" / name
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs") and not cell.get("execution_count"), "has outputs"
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    )
    client.execute()
    pictures = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
    ]
    assert len(pictures) >= 2


def test_it_says_its_version() -> None:
    cargo = Path(ROOT / "Cargo.toml").read_text()
    assert f'\nversion = "{canary_rollout.__version__}"\n' in cargo
