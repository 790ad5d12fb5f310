"""Which files are taken for images: not what hides, and not the figures that giemsa draws."""

import json
import ntpath
import os

import pytest
from PIL import Image

from giemsa.data.files import holds_results, image_files, images_below, is_result_folder, open_folders
from giemsa.errors import DataError

CONFIG = {"version": 1, "recipe": {}, "data": {}, "seed": 0}


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8)).save(path)


@pytest.fixture
def tree(tmp_path):
    for name in (
        "b/2.png",
        "b/1.TIF",
        "a.png",
        "b.png",
        ".hidden.png",
        "b/.thumbnails/1.png",
        "b/.ipynb_checkpoints/1.png",
        "__MACOSX/1.png",
        "runs/first/figures/train-curves.png",
    ):
        touch(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "runs" / "first" / "config.json").write_text(json.dumps(CONFIG))
    return tmp_path


def test_files_come_in_order_and_without_what_hides_or_runs(tree):
    found = [path.relative_to(tree).as_posix() for path in images_below(tree)]
    assert found == ["a.png", "b/1.TIF", "b/2.png", "b.png"]
    assert image_files([tree])[0] == tuple(images_below(tree))


def test_the_order_of_mixed_capitals_is_the_same_on_windows(tmp_path, monkeypatch):
    monkeypatch.setattr(os.path, "normcase", ntpath.normcase)
    for name in ("b.png", "C.png", "a/1.png", "B/1.png"):
        touch(tmp_path / name)
    found = [path.relative_to(tmp_path).as_posix() for path in images_below(tmp_path)]
    assert found == ["B/1.png", "C.png", "a/1.png", "b.png"]
    assert [path.name for path in open_folders(tmp_path)] == ["B", "a"]


def test_a_link_that_leads_back_is_not_followed(tree):
    (tree / "b" / "again").symlink_to(tree)
    assert len(list(images_below(tree))) == 4


def test_a_run_is_known_by_its_configuration(tree):
    run = tree / "runs" / "first"
    assert is_result_folder(run)
    assert holds_results(tree / "runs")
    assert not holds_results(tree / "b")
    for text in (
        "{}",
        "[]",
        "no JSON",
        json.dumps({"version": 1, "data": "of another program"}),
        "[" * 10**5,
    ):
        (run / "config.json").write_text(text)
        assert not is_result_folder(run), text


def test_another_programs_file_may_hold_anything(tree):
    (tree / "b" / "config.json").write_text("[" * 100_000)
    assert not is_result_folder(tree / "b")


def test_figures_are_known_by_their_index(tree):
    """As `giemsa audit . --out findings` leaves them."""
    touch(tree / "findings" / "figures" / "audit-duplicates.png")
    assert len(list(images_below(tree))) == 5
    words = {"title": "", "alt": "", "shows": "", "caution": ""}
    index = tree / "findings" / "figures" / "index.json"
    index.write_text(json.dumps({"audit-duplicates": words}))
    assert holds_results(tree / "findings")
    assert len(list(images_below(tree))) == 4
    index.write_text(json.dumps({"cells": [1, 2], "stain": {"title": "of another program"}}))
    assert len(list(images_below(tree))) == 5


def test_a_file_that_is_asked_for_by_name_is_taken(tree):
    assert image_files([tree / ".hidden.png"]) == ((tree / ".hidden.png",), ())


def test_folder_without_images_and_missing_path(tmp_path):
    with pytest.raises(DataError, match="no image in the folder"):
        image_files([tmp_path])
    (tmp_path / "slide.czi").write_bytes(b"x")
    with pytest.raises(DataError, match=r"but files of other endings, \.czi \(1\): expected"):
        image_files([tmp_path])
    with pytest.raises(DataError, match="does not exist"):
        image_files([tmp_path / "nothing"])
