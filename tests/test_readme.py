"""The README says what the committed results say, and its tree is that of the package."""

import json
import re
from pathlib import Path

import pytest
from readme import render, render_audit

import giemsa

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_is_that_of_the_results() -> None:
    accuracy = json.loads((ROOT / "benchmarks/results/accuracy.json").read_text(encoding="utf-8"))
    assert {"fast", "best", "tutorial"} <= set(accuracy["rows"])
    assert render(accuracy) in README, "run `python benchmarks/readme.py`"


def test_what_the_audit_finds_is_that_of_the_results() -> None:
    audit = json.loads((ROOT / "benchmarks/results/audit.json").read_text(encoding="utf-8"))
    assert len(audit["untouched"]["bloodmnist"]["findings"]) >= 5
    assert render_audit(audit) in README, "run `python benchmarks/readme.py`"


def test_each_mean_is_that_of_its_values() -> None:
    rows = json.loads((ROOT / "benchmarks/results/accuracy.json").read_text(encoding="utf-8"))["rows"]
    checked = 0
    for row in rows.values():
        for figure in row.values():
            if isinstance(figure, dict) and "values" in figure:
                assert figure["mean"] == pytest.approx(sum(figure["values"]) / len(figure["values"]))
                assert figure["n"] == len(figure["values"])
                checked += 1
    assert checked >= 18


def test_the_tree_names_every_part() -> None:
    package = Path(giemsa.__file__).parent
    parts = {path.name for path in package.iterdir() if not path.name.startswith("__")} - {"py.typed"}
    named = set(re.findall(r"^  (\w+(?:\.py|/))", README, re.MULTILINE))
    assert {part if part.endswith(".py") else f"{part}/" for part in parts} == named


def test_the_links_resolve() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert len(links) >= 2
    for link in links:
        assert (ROOT / link).exists(), link
