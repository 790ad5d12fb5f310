"""The whole stage on a small run: files, pictures, words; and on a user's own network."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from torch import nn

import giemsa
from giemsa.cli.interpret import _summary
from giemsa.data.dataset import DataCard, ImageDataset, Split
from giemsa.interpretation.attribution import METHODS
from giemsa.interpretation.interpret import Interpretation, look_into
from giemsa.interpretation.layers import list_layers
from giemsa.interpretation.looks import look_at_attributions
from giemsa.interpretation.subject import Amounts, Subject, open_subject
from giemsa.training.classifier import Classes, Classifier, Preprocessing
from giemsa.training.recipes import Recipe
from giemsa.training.threads import threads_of


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
    trusted = [row for row in found.attribution.trust if row.verdict == "trusted"]
    opening = (
        f"Of 7 ways to map what it looks at, {len(trusted)} earn" if trusted else "None of 7 ways to map"
    )
    assert found.sentences[0].startswith(opening)
    assert "What the network has learnt" in found._repr_html_()


def test_the_network_is_left_as_it_was(run, found):
    network = found.subject.network  # a copy of the run's, into which all looks are taken
    assert all(not module._forward_hooks and not module._forward_pre_hooks for module in network.modules())
    assert not any(module.training for module in network.modules())
    before = run.classifier.state_dict()
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


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
    rows = found.to_json()["filters"]
    assert [(row["distance"], row["cosine"]) for row in rows] == [
        (None, None)
    ] * 2  # how it began, nobody knows
    assert [note.partition(":")[0] for note in found.notes] == ["Class evidence"]


FEW = Amounts(checked=4, mosaics=2, mapped=12, compared=24, turned=6, layers=1)


def look_into_network(network: nn.Module, data: ImageDataset) -> Interpretation:
    """Take all looks into a network as it is."""
    shape = data.image_shape
    preprocessing = Preprocessing(shape, (0.5,) * shape[2], (0.2,) * shape[2])
    classifier = Classifier(network, preprocessing, Classes(data.class_names)).eval()
    return look_into(Subject(classifier, None, data, FEW, 0))


class Scaled(nn.Sequential):
    """A network with numbers to learn that belong to none of its layers."""

    def __init__(self) -> None:
        super().__init__(nn.Flatten(), nn.Linear(3 * 20 * 20, 3))
        self.scale = nn.Parameter(torch.ones(1200))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self[1](self[0](pixels) * self.scale)


def test_parameters_outside_the_layers_count(discs):
    classifier = Classifier(
        Scaled(), Preprocessing(discs.image_shape, (0.5,) * 3, (0.2,) * 3), Classes(discs.class_names)
    )
    subject = Subject(classifier, None, discs, FEW, 0)
    layers = list_layers(classifier, discs.image_shape)
    assert sum(layer.parameters for layer in layers) == 3603
    told = Interpretation(subject, layers, (), None, None, None, None, None).to_json()
    assert told["parameters"] == 4803
    value, lines = _summary(subject)
    assert value["parameters"] == 4803
    assert lines[-1] == "4,803 parameters"


def methods_of(found: Interpretation) -> set[str]:
    assert found.attribution is not None
    return {row.method for row in found.attribution.trust}


def test_an_ensemble_is_judged_by_every_method(discs, ensemble):
    found = look_into_network(ensemble, discs)
    assert methods_of(found) == set(METHODS)
    assert found.notes == ()
    assert len(found.pictures()) >= 8


def test_looks_that_are_taken_side_by_side_see_what_they_see_alone(run):
    subject, told = dataclasses.replace(open_subject(run, thorough=False, seed=0), amounts=FEW), []
    for threads in (1, 2):
        with threads_of(threads):
            told.append(look_into(subject).to_json())
    assert told[0] == told[1]


def test_a_residual_network_is_judged_by_every_method(discs, residual):
    found = look_into_network(residual, discs)
    assert methods_of(found) == set(METHODS)
    assert found.notes == ()


def test_a_network_without_convolution_gets_what_it_allows(discs, mlp):
    found = look_into_network(mlp, discs)
    assert (found.filters, found.maps) == ((), None)
    assert methods_of(found) == set(METHODS) - {"grad_cam", "grad_cam_plus_plus", "class_evidence"}
    assert found.made and found.space and found.symmetry
    assert [note.partition(":")[0] for note in found.notes] == [
        "Filters",
        "Feature maps",
        "Grad-CAM",
        "Grad-CAM++",
        "Class evidence",
    ]
    assert found.pictures()


def test_a_network_that_allows_no_method_still_gets_the_other_looks(discs, mlp):
    class Undefined(nn.Module):
        """Finite as it is, and the logarithm of something below zero with most other weights."""

        def __init__(self):
            super().__init__()
            self.body = mlp
            self.gain = nn.Parameter(torch.full((3,), 100.0))

        def forward(self, pixels):
            return self.body(pixels) + (self.gain - 99).log()

    found = look_into_network(Undefined(), discs)
    assert found.attribution is None
    assert found.space and found.symmetry
    assert "Attribution and its checks: left out, since no method fits the network (Gradient" in " ".join(
        found.notes
    )


def test_a_network_that_divides_by_the_images_own_deviation_is_looked_into(discs, divided):
    found = look_into_network(divided, discs)
    assert methods_of(found) == set(METHODS) - {"integrated_gradients"}
    assert [note.partition(":")[0] for note in found.notes] == ["Integrated gradients"]
    assert found.attribution is not None
    assert all(np.isfinite([x.gain.low, x.gain.high]).all() for x in found.attribution.trust)


def test_of_a_transformer_no_attention_is_taken_for_a_map_of_the_image(discs, tokens):
    found = look_into_network(tokens(by_convolution=False), discs)
    assert found.maps is None
    assert methods_of(found) == set(METHODS) - {"grad_cam", "grad_cam_plus_plus", "class_evidence"}
    shallow = look_into_network(tokens(by_convolution=True), discs)
    assert shallow.maps is not None
    assert [maps.layer for maps in shallow.maps.maps] == ["embed"]


def test_a_network_that_makes_grey_images_colour_is_looked_into(discs, grey_to_colour):
    def grey(split: Split) -> Split:
        return dataclasses.replace(split, images=split.images[..., :1])

    card = dataclasses.replace(discs.card, channels=1)
    data = ImageDataset(card, *(grey(split) for split in discs.splits.values()))
    assert methods_of(look_into_network(grey_to_colour, data)) == set(METHODS)


def test_only_what_is_drawn_and_checked_is_loaded(pooling):
    """Four colours, 15 images of each: for two mosaics and four checks no more than eight are turned into pixels at once."""
    labels = np.arange(60) % 4
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 0, 0]], dtype=np.uint8)
    images = np.broadcast_to(colours[labels][:, None, None], (60, 8, 8, 3))
    card = DataCard("colours", "Colours", "", "", ("red", "green", "blue", "black"), 3)
    split = Split(images, labels, tuple(str(place) for place in range(60)))
    classifier = Classifier(
        pooling, Preprocessing((8, 8, 3), (0.0,) * 3, (1.0,) * 3), Classes(card.class_names)
    )
    loaded = []

    class Counting(Subject):
        def pixels(self, split: Split, places: np.ndarray) -> torch.Tensor:
            loaded.append(len(places))
            return super().pixels(split, places)

    found = look_at_attributions(
        Counting(classifier.eval(), None, ImageDataset(card, split, split, split), FEW, 0)
    )
    assert all(row.pointing is not None for row in found.trust)
    assert max(loaded) == 8
    evidence = next(row for row in found.trust if row.method == "class_evidence")
    assert evidence.pointing.value > 0.9
