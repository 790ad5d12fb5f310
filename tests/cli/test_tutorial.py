"""`giemsa tutorial` copies the notebooks and harms nothing."""

import json
from pathlib import Path

import nbformat
import pytest

from giemsa.cli.app import status_of
from giemsa.teaching.notebooks import NOTEBOOKS


def test_it_copies_three_notebooks_that_can_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "course"
    assert status_of(["tutorial", "--out", str(folder)]) == 0
    assert sorted(path.name for path in folder.iterdir()) == sorted(NOTEBOOKS)
    for name in NOTEBOOKS:
        nbformat.validate(nbformat.read(folder / name, as_version=4))
    assert f"jupyter lab {folder / 'tutorial.ipynb'}" in capsys.readouterr().out


def test_json_names_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["tutorial", "--out", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["notebooks"] == [str(tmp_path / name) for name in NOTEBOOKS]


def test_a_folder_with_something_in_it_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "tutorial.ipynb"
    mine.write_text("my work", encoding="utf-8")
    assert status_of(["tutorial", "--out", str(tmp_path)]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert mine.read_text(encoding="utf-8") == "my work"
