"""The whole stage on a small run: files, pictures, words; and on a user's own network."""

import json

import numpy as np
import pytest
import torch
from torch import nn

import giemsa
from giemsa.interpretation.interpret import look_into
from giemsa.interpretation.subject import open_subject
from giemsa.training.recipes import Recipe


@pytest.fixture(scope="module")
def run(discs, tmp_path_factory):
    recipe = Recipe(epochs=2, batch_size=16, minimum_steps=0)
    return giemsa.train(discs, recipe=recipe, seed=0, out=tmp_path_factory.mktemp("runs") / "discs")


@pytest.fixture(scope="module")
def found(run):
    return giemsa.interpret(run, seed=0)


def test_files_and_keys(run, found):
    told = json.loads((run.folder / "interpretation" / "interpretation.json").read_text(encoding="utf-8"))
    assert told == json.loads(json.dumps(found.to_json()))
    assert {
        "sentences",
        "notes",
        "layers",
        "filters",
        "maximisation",
        "trust",
        "symmetry",
        "examples",
        "map",
    } <= set(told)
    assert told["notes"] == []
    points = told["map"]
    lengths = {len(points[key]) for key in ("indices", "labels", "predicted", "positions", "pca")}
    assert lengths == {30}
    assert points["split"] == "val"


def test_pictures_have_words_and_files(run, found):
    index = json.loads((run.folder / "figures" / "index.json").read_text(encoding="utf-8"))
    names = [name for name in index if name.startswith("interpret-")]
    assert len(names) >= 11
    for name in names:
        assert (run.folder / "figures" / f"{name}.png").stat().st_size > 1000
        assert all(index[name][key] for key in ("title", "alt", "shows", "caution"))


def test_words_for_people(found):
    assert "earn" in found.sentences[0]
    assert "What the network has learnt" in found._repr_html_()


def test_the_runs_network_is_left_as_it_was(run, found):
    assert all(not module._forward_hooks for module in run.classifier.modules())


class Own(nn.Module):
    """Inline activation, one rectifier used twice, flattened maps."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 6, 3, stride=2)
        self.second = nn.Conv2d(6, 6, 3)
        self.act = nn.ReLU(inplace=True)
        self.head = nn.Linear(6 * 7 * 7, 3)

    def forward(self, pixels):
        pixels = self.act(self.first(pixels))
        return self.head(torch.relu(self.act(self.second(pixels))).flatten(1))


def test_a_users_own_network_and_the_same_seed_says_the_same(discs, tmp_path):
    recipe = Recipe(epochs=1, minimum_steps=0)
    run = giemsa.train(discs, recipe=recipe, seed=0, out=tmp_path / "own", model=Own())
    found, again = (look_into(open_subject(run, thorough=False, seed=0)) for _ in range(2))
    assert again.to_json() == found.to_json()
    assert [layer.name for layer in found.layers if layer.kind == "Conv2d"] == ["first", "second"]
    assert found.attribution is not None
    assert all(row.pointing is None for row in found.attribution.trust)
    np.testing.assert_array_equal(found.filters[0].before, found.filters[0].after)
