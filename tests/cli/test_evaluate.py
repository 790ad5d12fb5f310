"""`giemsa evaluate` with a file of predictions, and what both commands refuse."""

import itertools
import json

import numpy as np
import pytest
from PIL import Image

from giemsa.cli.app import status_of
from giemsa.cli.evaluate import _foreign
from giemsa.cli.options import Talk
from giemsa.cli.session import Session

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def packed(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {}
    for split, n in (("train", 30), ("val", 20), ("test", 24)):
        arrays[f"{split}_images"] = rng.integers(0, 256, (n, 28, 28, 3), dtype=np.uint8)
        arrays[f"{split}_labels"] = (np.arange(n) % 3).astype(np.uint8)[:, None]
    np.savez(tmp_path / "cells.npz", **arrays)
    np.save(tmp_path / "p.npy", np.full((24, 3), 0.1) + 0.7 * np.eye(3)[np.arange(24) % 3])
    return tmp_path


def test_scores_a_file(packed, capsys):
    arguments = ["evaluate", str(packed / "cells.npz"), "--predictions", str(packed / "p.npy")]
    assert status_of([*arguments, "--json", "--out", str(packed / "out")]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["test"]["accuracy"] == {
        "value": 1.0,
        "low": pytest.approx(0.862, abs=1e-3),
        "high": 1.0,
        "n": 24,
    }
    assert [row["support"] for row in printed["classes"]] == [8, 8, 8]
    assert len(printed["sentences"]) == 3
    kept = json.loads((packed / "out" / "metrics.json").read_text())
    assert kept == {split: printed[split] for split in kept}
    assert (packed / "out" / "figures" / "evaluate-confusion.png").exists()
    assert status_of(arguments) == 0
    assert "support" in capsys.readouterr().out


def test_a_damaged_image_may_be_left_out_of_foreign_sets_and_of_those_that_predictions_are_of(
    tmp_path, capsys
):
    for name, number in itertools.product("ab", range(10)):
        (tmp_path / "cells" / name).mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 9), (number, 0, 0)).save(tmp_path / "cells" / name / f"{number}.png")
    (tmp_path / "cells" / "a" / "10.png").touch()
    np.save(tmp_path / "p.npy", np.full((4, 2), 0.5))
    arguments = ["evaluate", str(tmp_path / "cells"), "--predictions", str(tmp_path / "p.npy")]
    assert status_of(arguments) == 2
    assert "10.png is empty (0 bytes)" in capsys.readouterr().err
    assert status_of([*arguments, "--skip-bad", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["test"]["accuracy"]["n"] == 4
    foreign = _foreign(Session(Talk(quiet=True)), [str(tmp_path / "cells")], skip_bad=True)
    assert {name: images.shape for name, images in foreign.items()} == {"cells": (4, 64, 64, 3)}


def test_foreign_sets_of_one_name_are_told_by_their_places(tmp_path):
    for place, name, number in itertools.product(("old", "new"), "ab", range(10)):
        (tmp_path / place / "cells" / name).mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 9), (number, 0, 0)).save(tmp_path / place / "cells" / name / f"{number}.png")
    places = [str(tmp_path / place / "cells") for place in ("old", "new")]
    assert list(_foreign(Session(Talk(quiet=True)), places, skip_bad=False)) == places


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["evaluate", "nowhere"], "no run folder"),
        (["evaluate", "nowhere", "--split", "val"], "--split does nothing without --predictions"),
        (
            ["evaluate", "nowhere", "-o", "x", "--size", "28", "--split-seed", "1"],
            "--size, --split-seed, --out do nothing without --predictions",
        ),
        (["evaluate", "nowhere", "--skip-bad"], "--skip-bad does nothing without --predictions or --foreign"),
        (
            ["evaluate", "x", "--predictions", "y", "--views", "1", "--thorough", "--foreign", "z"],
            "--views, --thorough, --foreign do nothing with --predictions",
        ),
        (
            ["evaluate", "x", "--predictions", "y", "--coverage", "0.9"],
            "--coverage does nothing with --predictions",
        ),
        (["evaluate", "{}/cells.npz", "--predictions", "{}/none.csv"], "no file"),
        (["evaluate", "{}/cells.npz", "--predictions", "{}/p.npy", "--split", "tset"], "no split 'tset'"),
        (["compare", "nowhere"], "nothing to compare nowhere with"),
        (["compare", "nowhere", "elsewhere"], "no run folder"),
        (["compare", "a", "b", "c", "--seed", "1"], "--seed does nothing for more than two runs"),
    ],
)
def test_refuses_in_one_line(packed, capsys, arguments, words):
    assert status_of([argument.replace("{}", str(packed)) for argument in arguments]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
