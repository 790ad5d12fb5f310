"""The page of measurements says what the measurements say."""

import json
from pathlib import Path

import tables

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def test_the_page_says_what_the_json_says():
    page = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    assert sum(f"<!-- {name} -->" in page for name in tables.TABLES) == len(tables.TABLES) == 23
    assert tables.fill(page) == page


def test_a_changed_figure_is_noticed():
    page = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    rows = json.loads((BENCHMARKS / "results" / "tried.json").read_text(encoding="utf-8"))["rows"]
    figure = f"{rows[0]['log loss, one view']:.4f}"
    changed = page.replace(figure, "0.0001")
    assert figure in page
    assert tables.fill(changed) == page
