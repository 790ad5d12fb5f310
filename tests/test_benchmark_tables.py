"""The page of measurements says what the measurements say."""

import json
import subprocess
from pathlib import Path

import machine
import tables

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def test_the_page_says_what_the_json_says():
    page = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    assert sum(f"<!-- {name} -->" in page for name in tables.TABLES) == len(tables.TABLES) == 24
    assert tables.fill(page) == page


def test_a_changed_figure_is_noticed():
    page = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    rows = json.loads((BENCHMARKS / "results" / "tried.json").read_text(encoding="utf-8"))["rows"]
    figure = f"{rows[0]['log loss, one view']:.4f}"
    changed = page.replace(figure, "0.0001")
    assert figure in page
    assert tables.fill(changed) == page


def test_a_row_says_which_code_it_is_of(tmp_path, monkeypatch):
    def git(*words):
        author = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        subprocess.run(["git", "-C", tmp_path, *author, *words], check=True, capture_output=True)

    monkeypatch.setattr(machine.giemsa, "__file__", str(tmp_path / "src" / "__init__.py"))
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "__init__.py").touch()
    assert machine.code() is None  # as in an installed package
    git("init")
    git("add", ".")
    git("commit", "-m", "the source")
    commit = machine.code()
    assert commit is not None
    assert len(commit) == 10
    (tmp_path / "page.md").touch()
    git("add", ".")
    git("commit", "-m", "a page")
    assert machine.code() == commit
    (tmp_path / "src" / "__init__.py").write_text("1")
    assert machine.code() == f"{commit} and changes"
