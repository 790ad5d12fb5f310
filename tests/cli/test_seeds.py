"""Two seeds: `--seed` for what is drawn while a network learns, `--split-seed` for the split; in Python `load` has the latter."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import giemsa
from giemsa import pipeline
from giemsa.cli.app import status_of
from giemsa.data.dataset import ImageDataset
from giemsa.errors import RunError
from giemsa.reporting.chapters.repetition import repetition_chapter
from giemsa.reporting.material import gather
from giemsa.training.run import Run, open_run

TINY = ["--model", "tutorial", "--epochs", "1", "--precision", "float32", "--symmetry", "mirror", "--quiet"]
RECIPE = giemsa.Recipe(model="tutorial", epochs=1, minimum_steps=0, precision="float32", symmetry="mirror")


@pytest.fixture(scope="module")
def cells(discs: ImageDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "cells"
    for number, (image, label) in enumerate(zip(discs.train.images, discs.train.labels, strict=True)):
        (folder / "rgb"[label]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / "rgb"[label] / f"{number}.png")
    return folder


def _trained(cells: Path, out: Path, *words: str) -> Run:
    assert status_of(["train", str(cells), "--size", "20", "--out", str(out), *words, *TINY]) == 0
    return open_run(out)


def _weights(run: Run) -> bytes:
    return (run.folder / "model.safetensors").read_bytes()


def test_trainings_with_other_seeds_share_one_split(cells: Path, tmp_path: Path) -> None:
    first, second = (_trained(cells, tmp_path / seed, "--seed", seed) for seed in "03")
    assert first.config["data"]["sha256"] == second.config["data"]["sha256"]
    assert (first.seed, second.seed) == (0, 3)
    assert _weights(first) != _weights(second)
    for run in (first, second):
        assert status_of(["evaluate", str(run.folder), "--quiet"]) == 0
    assert status_of(["compare", str(first.folder), str(second.folder)]) == 0


def test_the_command_line_means_what_python_means(cells: Path, tmp_path: Path) -> None:
    typed = _trained(cells, tmp_path / "typed", "--seed", "3", "--split-seed", "5")
    called = giemsa.train(giemsa.load(cells, size=20, seed=5), RECIPE, seed=3, out=tmp_path / "called")
    plain = giemsa.load(cells, size=20)
    assert typed.config["data"]["sha256"] == called.config["data"]["sha256"] != plain.fingerprint
    assert typed.config["data"]["source"] == called.config["data"]["source"]
    assert _weights(typed) == _weights(called)


def test_a_name_is_split_as_load_does_it_whatever_the_seed(
    cells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []

    def take(data: ImageDataset) -> None:
        taken.append(data.fingerprint)
        raise RunError("enough")

    monkeypatch.setattr(pipeline, "explore", take)
    with pytest.raises(RunError, match="enough"):
        giemsa.run(cells, seed=3)
    taken.append(giemsa.audit(cells, quick=True, seed=3).pool.data.fingerprint)
    taken.append(giemsa.train(cells, RECIPE, seed=3, out=tmp_path / "run").config["data"]["sha256"])
    assert taken == [giemsa.load(cells).fingerprint] * 3


def test_a_run_keeps_its_split_and_its_page_says_how_to_make_it_again(cells: Path, tmp_path: Path) -> None:
    """Also one from the time when one seed was both."""
    run = _trained(cells, tmp_path / "run", "--seed", "3", "--split-seed", "3")
    assert "split seed 3; " in run.config["data"]["notes"][0]
    assert run.data().source["seed"] == 3
    material = gather(open_run(run.folder))
    assert material.data is not None
    (again,) = repetition_chapter(material).commands
    assert " --size 20 --split-seed 3 " in again
    assert again.endswith(" --seed 3")
    assert " --split-seed 3 --seed 3 " in material.audit_command


@pytest.mark.parametrize("command", ["explore", "audit"])
def test_a_split_is_looked_at_before_it_is_trained_on(
    command: str, cells: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [command, str(cells), *(["--quick"] if command == "audit" else []), "--size", "20"]
    for seed in "05":
        assert status_of([*words, "--split-seed", seed, "--json"]) == 0
        captured = capsys.readouterr()
        assert f"split seed {seed}; exact duplicates kept in one split" in captured.err


def test_predictions_are_scored_on_the_split_that_they_are_of(
    cells: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # in an order other than that of the classes, so that labels of test differ from split to split
    paths = sorted(cells.rglob("*.png"), key=lambda path: int(path.stem))
    rows = [f"{path},{path.parent.name}" for path in paths]
    table, predictions = tmp_path / "cells.csv", tmp_path / "p.npy"
    table.write_text("\n".join(["path,label", *rows]), encoding="utf-8")
    labels = giemsa.load(table, size=20, seed=5).test.labels
    np.save(predictions, np.full((len(labels), 3), 0.1) + 0.7 * np.eye(3)[labels])
    words = ["evaluate", str(table), "--size", "20", "--predictions", str(predictions), "--json", "--quiet"]
    accuracies = []
    for seed in "50":
        assert status_of([*words, "--split-seed", seed]) == 0
        accuracies.append(json.loads(capsys.readouterr().out)["test"]["accuracy"]["value"])
    assert accuracies[1] < accuracies[0] == 1


def test_of_given_splits_it_is_said_that_their_seed_does_nothing(
    cells: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = []
    for words in ([str(cells), "--split-seed", "1"], ["bloodmnist"], ["bloodmnist", "--split-seed", "1"]):
        assert status_of(["explore", *words]) == 0
        told.append("--split-seed does nothing here: the splits of" in capsys.readouterr().err)
    assert told == [False, False, True]
