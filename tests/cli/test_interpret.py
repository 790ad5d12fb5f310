"""`giemsa interpret` on a small run: one look, the summary, and mistakes in one line."""

import json

import pytest

import giemsa
from giemsa.cli.app import status_of
from giemsa.training.recipes import Recipe


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    data = giemsa.load("bloodmnist")
    few = [split.subset(range(0, 64)) for split in data.splits.values()]
    small = giemsa.ImageDataset(data.card, *few)
    out = tmp_path_factory.mktemp("interpret") / "run"
    run = giemsa.train(small, recipe=Recipe(epochs=4, batch_size=32, minimum_steps=0), out=out)
    run.update_config(data=run.config["data"] | {"source": dict(data.source), "sha256": data.fingerprint})
    return out


def test_feature_maps_of_the_tutorials_image(folder, capsys):
    arguments = ["interpret", str(folder), "--layer", "pool2", "--image", "train/20", "--json", "--quiet"]
    assert status_of(arguments) == 0
    told = json.loads(capsys.readouterr().out)["feature_maps"]
    assert told["class"] == "neutrophil"
    assert told["shape"] == [32, 14, 14]
    assert (folder / "figures" / f"{told['figure']}.png").exists()


def test_summary(folder, capsys):
    assert status_of(["interpret", str(folder), "--summary", "--quiet"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("parameters")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--layer", "pol2"], "did you mean pool2"),
        (["--image", "train/20"], "--image does nothing without --layer"),
        (["--settings", "default"], "--settings does nothing without --maximise"),
        (["--settings", "wild", "--summary"], "--settings does nothing without --maximise"),
        (["--maximise", "neutrophil", "--settings", "wild"], "no settings are called 'wild'"),
        (["--maximise", "neutrophl"], "did you mean neutrophil"),
    ],
)
def test_mistakes_are_one_line(folder, capsys, arguments, words):
    assert status_of(["interpret", str(folder), *arguments, "--quiet"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert words in told.err
    assert told.err.count("\n") == 1
