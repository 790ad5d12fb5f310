"""`giemsa evaluate` with a file of predictions, and what both commands refuse."""

import json

import numpy as np
import pytest

from giemsa.cli.app import status_of

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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["evaluate", "nowhere"], "no run folder"),
        (["evaluate", "nowhere", "--split", "val"], "--split does nothing without --predictions"),
        (
            ["evaluate", "nowhere", "-o", "x", "--size", "28", "--split-seed", "1"],
            "--size, --split-seed, --out do nothing without --predictions",
        ),
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
