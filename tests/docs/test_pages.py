"""The code of the pages runs, page by page, on a small part of the data; the commands and flags that they name exist.

Running takes minutes, so it is a step of its own in ``.ci/run``: set ``GIEMSA_RUN_PAGES`` to have it here.
"""

import os
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer

import giemsa
from giemsa.cli.app import app
from giemsa.data.dataset import ImageDataset
from giemsa.models import MODELS
from giemsa.training import symmetry_trial

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = ("index.md", "howto/own-images.md", "howto/own-network.md", "howto/scikit-learn.md")


def blocks(page: Path, language: str) -> list[str]:
    return [code for found, code in BLOCK.findall(page.read_text(encoding="utf-8")) if found == language]


def small(data: ImageDataset) -> ImageDataset:
    """The first images of each class: 60 of train, 6 of val and of test."""
    parts = {}
    for name, split in data.splits.items():
        n = 60 if name == "train" else 6
        places = [np.flatnonzero(split.labels == label)[:n] for label in range(len(data.class_names))]
        parts[name] = split.subset(np.sort(np.concatenate(places)))
    return ImageDataset(data.card, **parts)


@pytest.fixture
def small_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, BloodMNIST with 576 images, recipes of one epoch, a trial of few steps, an audit that trains nothing."""
    monkeypatch.chdir(tmp_path)
    load, cells = giemsa.load, small(giemsa.load("bloodmnist"))
    audit, open_run = giemsa.audit, giemsa.open_run
    quick = giemsa.RECIPES["fast"].for_epochs(1).replace(precision="float32")
    monkeypatch.setattr(
        giemsa, "load", lambda what, **how: cells if what == "bloodmnist" else load(what, **how)
    )
    monkeypatch.setattr(giemsa, "audit", lambda data, **how: audit(data, **{**how, "quick": True}))
    monkeypatch.setattr(giemsa, "open_run", lambda folder, **how: open_run(folder, data=cells, **how))
    monkeypatch.setitem(giemsa.RECIPES, "fast", quick)
    monkeypatch.setattr(symmetry_trial, "TRIAL", symmetry_trial.TRIAL.for_epochs(1))


@pytest.mark.skipif("GIEMSA_RUN_PAGES" not in os.environ, reason="takes minutes: a step of .ci/run")
@pytest.mark.usefixtures("small_world")
@pytest.mark.parametrize("page", PAGES)
def test_the_code_of_a_page_runs(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    codes = blocks(DOCS / page, "python")
    assert len(codes) >= 4
    names: dict[str, Any] = {}
    for code in codes:
        exec(compile(code, page, "exec"), names)
    assert capsys.readouterr().out


@pytest.mark.parametrize("page", PAGES)
def test_the_code_of_a_page_is_python(page: str) -> None:
    for code in blocks(DOCS / page, "python"):
        compile(code, page, "exec")


def test_every_page_with_code_is_run() -> None:
    with_code = {str(p.relative_to(DOCS).as_posix()) for p in DOCS.rglob("*.md") if blocks(p, "python")}
    assert with_code == set(PAGES)


def test_the_reference_names_every_network_and_recipe() -> None:
    page = (DOCS / "reference" / "training.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE)) == set(MODELS)
    assert all(f"`{name}`" in page for name in giemsa.RECIPES)


def test_the_commands_of_the_pages_exist_with_their_flags() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    lines = [
        line for page in DOCS.rglob("*.md") for code in blocks(page, "bash") for line in code.splitlines()
    ]
    calls = [shlex.split(line) for line in lines if line.startswith("giemsa ")]
    assert len(calls) >= 10
    for _, name, *rest in calls:
        assert name in commands, name
        flags = {flag for parameter in commands[name].params for flag in parameter.opts}
        assert {word for word in rest if word.startswith("-")} <= flags
