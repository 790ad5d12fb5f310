"""The looks of a run, on four colours that a network names by hand-made weights, three of them under a wrong label."""

import numpy as np
import pytest
import torch

from giemsa.data.dataset import DataCard, ImageDataset, Split
from giemsa.errors import ModelError
from giemsa.interpretation import looks
from giemsa.interpretation.activation_maximisation import Maximisation
from giemsa.interpretation.grad_cam import grad_cam
from giemsa.interpretation.layers import Layer
from giemsa.interpretation.subject import Amounts, Subject
from giemsa.training.classifier import Classes, Classifier, Preprocessing

NAMES = ("red", "green", "blue", "black")
WRONG = (21, 22, 30)
AMOUNTS = Amounts(checked=9, mosaics=3, mapped=40, compared=12, turned=40, layers=1)


def split_of(labels: np.ndarray, colours: np.ndarray) -> Split:
    """Images of 8x8 pixels, each of one colour, the first the lightest."""
    light = np.linspace(255, 128, len(labels))[:, None]
    full = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]])[colours] * light
    images = np.broadcast_to(full.astype(np.uint8)[:, None, None], (len(labels), 8, 8, 3))
    return Split(images, labels, tuple(str(place) for place in range(len(labels))))


class Few(Subject):
    """Holds few images at once, so that their places among all count."""

    held = 12


def subject_of(network, *, labels=None, train_colours=None, symmetry="none") -> Subject:
    colours = np.arange(40) % 4
    wrong = colours.copy()
    wrong[list(WRONG)] = (wrong[list(WRONG)] + 1) % 4
    seen = colours if train_colours is None else train_colours
    train, val = split_of(seen, seen), split_of(wrong if labels is None else labels, colours)
    card = DataCard("colours", "Colours", "", "", NAMES, 3)
    classes = Classes(NAMES, symmetry=symmetry)
    classifier = Classifier(network, Preprocessing((8, 8, 3), (0.0,) * 3, (1.0,) * 3), classes)
    return Few(classifier.eval(), None, ImageDataset(card, train, val, val), AMOUNTS, 0)


@pytest.fixture
def subject(pooling) -> Subject:
    return subject_of(pooling)


def colour(images: np.ndarray) -> np.ndarray:
    """Return which colour each image has, 3 for none."""
    middle = images[:, 4, 4].astype(int)
    return np.where(middle.max(axis=1) > 0, middle.argmax(axis=1), 3)


def test_right_answers_alone_are_explained_and_checked(subject, monkeypatch):
    judged = []
    judge = looks.judge_methods
    monkeypatch.setattr(looks, "judge_methods", lambda *a, **k: (judged.append(a[1]), judge(*a, **k))[1])
    found = looks.look_at_attributions(subject)
    assert found.explained.tolist() == [0, 1, 2, 3]
    assert subject.data.val.labels[found.places].tolist() == [0, 1, 2, 3]
    assert not set(found.places) & set(WRONG)
    assert found.places.max() > AMOUNTS.checked  # drawn, not the first ones
    (sample,) = judged
    shown = (sample.pixels.permute(0, 2, 3, 1).numpy() * 255).round().astype(np.uint8)
    assert len(shown) == AMOUNTS.checked == found.trust[0].n_images
    np.testing.assert_array_equal(colour(shown), sample.labels)
    assert sample.mosaics is not None
    assert len(sample.mosaics.labels) == AMOUNTS.mosaics == found.trust[0].pointing.n
    assert {"random", "centre"} == set(found.baselines)
    assert found.centre_gain.n == len(shown)
    for method, maps in found.maps.items():
        assert maps.shape == (4, 8, 8), method


def test_where_no_answer_is_right_the_answers_are_explained_and_no_mosaic_is_made(pooling, monkeypatch):
    subject = subject_of(pooling, labels=(np.arange(40) + 1) % 4)
    judged = []
    judge = looks.judge_methods
    monkeypatch.setattr(looks, "judge_methods", lambda *a, **k: (judged.append(a[1]), judge(*a, **k))[1])
    found = looks.look_at_attributions(subject)
    images = subject.data.val.images[found.places]
    np.testing.assert_array_equal(colour(images), found.explained)
    assert judged[0].mosaics is None
    shown = (judged[0].pixels.permute(0, 2, 3, 1).numpy() * 255).round().astype(np.uint8)
    np.testing.assert_array_equal(colour(shown), judged[0].labels)
    pixels = subject.pixels(subject.data.val, found.places)
    np.testing.assert_array_equal(found.maps["grad_cam"], grad_cam(subject.network, pixels, found.explained))
    assert found.baselines == {}


def test_the_surer_answers_make_the_mosaics(subject):
    probabilities = subject.network.probabilities(np.asarray(subject.data.val.images))
    right = np.flatnonzero(probabilities.argmax(axis=1) == subject.data.val.labels)
    mosaics = looks._mosaics(subject, right, probabilities)
    reds = mosaics.pixels[:, 0].flatten(1).max(1).values.numpy()[(mosaics.labels == 0).any(axis=1)]
    labels = subject.data.val.labels[right]
    sure = np.sort(probabilities[right][labels == 0, 0])
    lightest = np.asarray(subject.data.val.images)[right][labels == 0, 0, 0, 0] / 255
    assert len(reds) > 0
    assert sure[0] < sure[-1]
    assert reds.min() >= np.median(lightest) - 1e-6  # the lighter, the surer


def test_wrong_answers_come_first_among_those_with_neighbours(subject):
    found = looks.look_at_space(subject)
    val, train = subject.data.val, subject.data.train
    np.testing.assert_array_equal(found.places, np.arange(40))
    np.testing.assert_array_equal(found.predicted, np.arange(40) % 4)
    assert found.places[found.queries].tolist() == [*WRONG, 0, 1, 2]
    assert len(found.train_places) == AMOUNTS.compared
    nearest = found.train_places[found.neighbours.indices[:, 0]]
    np.testing.assert_array_equal(colour(train.images[nearest]), colour(val.images[found.queries]))
    for label, examples in enumerate(found.classes):
        shown = np.concatenate([examples.prototypes, examples.oddest])
        assert set(train.labels[found.train_places[shown]]) == {label}


def test_turns_follow_the_answer_not_the_label(subject):
    found = looks.look_at_symmetry(subject)
    assert len(found.labels) == AMOUNTS.turned
    assert (found.still > 0.25).all()  # the answer's probability; the label's would be the least of four


def test_images_that_excite_a_channel_are_places_in_the_training_images(pooling):
    subject = subject_of(pooling, train_colours=np.arange(60) % 4)
    found = looks.look_at_maps(subject, looks_layers(subject))
    assert (found.index, found.layer, found.searched) == (20, "1", 12)
    assert [maps.layer for maps in found.maps] == ["0", "1"]
    images = subject.data.train.images
    by_channel = dict(zip(found.channels.tolist(), found.exciting, strict=True))
    for channel in range(3):
        places = by_channel[channel]
        assert colour(images[places[:1]]).tolist() == [channel]
        lights = images[places, 0, 0, channel].astype(int)
        assert (np.diff(lights) <= 0).all()  # the strongest first


def test_of_few_training_images_the_last_has_its_maps_drawn(pooling):
    subject = subject_of(pooling, train_colours=np.arange(8) % 4)
    assert looks.look_at_maps(subject, looks_layers(subject)).index == 7


def looks_layers(subject: Subject) -> tuple[Layer, ...]:
    from giemsa.interpretation.layers import list_layers

    return list_layers(subject.network, subject.network.image_shape)


def test_channels_that_vary_most_are_taken():
    class Many(torch.nn.Module):
        """Of ten channels the first two are always the same, and strong."""

        def __init__(self):
            super().__init__()
            self.conv, self.head = torch.nn.Conv2d(3, 10, 1), torch.nn.Linear(10, 4)
            with torch.no_grad():
                self.conv.weight.fill_(1.0)
                self.conv.weight[:2] = 0.0
                self.conv.bias.fill_(0.0)
                self.conv.bias[:2] = 9.0

        def forward(self, pixels):
            return self.head(self.conv(pixels).mean((2, 3)))

    subject = subject_of(Many())
    found = looks.look_at_maps(subject, looks_layers(subject))
    assert found.channels.tolist() == list(range(2, 10))
    shown = colour(subject.data.train.images[found.exciting.ravel()])
    assert 3 not in shown  # black excites none of these


def layer(name: str, kind: str, side: int, **more) -> Layer:
    return Layer(name, kind, (4, side, side), 0, **more)


def test_early_is_the_first_that_pools_and_late_the_last_with_large_maps():
    layers = [layer("conv", "Conv2d", 28), layer("pool", "MaxPool2d", 14), layer("late", "ReLU", 4)]
    small = layer("small", "ReLU", 2)
    assert looks.early_and_late((*layers, small)) == ("pool", "late")
    assert looks.early_and_late((layers[0], layers[2], small)) == ("conv", "late")
    assert looks.early_and_late((small, layer("smaller", "ReLU", 2))) == ("small", "smaller")
    with pytest.raises(ModelError, match=r"no layer of the network gives out maps"):
        looks.early_and_late((layer("twice", "Conv2d", 28, calls=2), layer("whole", "ReLU", 1)))


@pytest.mark.parametrize(("symmetry", "views"), [("none", 1), ("mirror and quarter turns", 8)])
def test_made_images_are_made_and_judged_in_the_views_that_keep_the_meaning(
    pooling, monkeypatch, symmetry, views
):
    subject = subject_of(pooling, train_colours=np.arange(60) % 3, symmetry=symmetry)
    asked = {}

    def make(network, target, *, like, settings, **others):
        asked.update(target=target, like=like, settings=settings)
        images = np.zeros((4, 8, 8, 3), dtype=np.float32)
        images[[0, 1, 2], :, :, [0, 1, 2]] = 0.9
        return Maximisation(images, np.zeros(4), np.zeros((1, 4)), settings)

    judge = looks.judge_made_images
    monkeypatch.setattr(looks, "maximise_activation", make)
    monkeypatch.setattr(
        looks, "judge_made_images", lambda *a, **k: (asked.update(views=k["views"]), judge(*a, **k))[1]
    )
    found = looks.look_at_made_images(subject)
    assert asked["settings"].views.symmetries == len(asked["views"]) == views
    torch.testing.assert_close(asked["target"].weights, torch.eye(4))
    assert len(asked["like"]) == found.searched == 12
    assert found.beside[3] == -1  # no training image is black
    train = subject.data.train
    assert train.labels[found.beside[:3]].tolist() == [0, 1, 2]
    own = subject.like()[train.labels[subject.like()] == 0]
    differences = np.abs(train.images[own, 0, 0, 0] / 255 - 0.9)
    assert found.beside[0] == own[differences.argmin()]
    assert (found.judged.own[:3] > 0.9).all()


def test_a_network_that_flattens_is_shown_no_mosaics():
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 4))
    with torch.no_grad():
        network[1].weight.copy_(torch.eye(4, 3).repeat_interleave(64, dim=1))
        network[1].bias.copy_(torch.tensor([0.0, 0, 0, 10]))
    found = looks.look_at_attributions(subject_of(network))
    assert found.explained.tolist() == [0, 1, 2, 3]
    assert all(row.pointing is None for row in found.trust)


def test_no_more_mosaics_are_made_than_there_are_images_for(subject):
    probabilities = subject.network.probabilities(np.asarray(subject.data.val.images))
    right = np.flatnonzero(probabilities.argmax(axis=1) == subject.data.val.labels)
    for some, count in ((right, 3), (right[:16], 2), (right[:8], 1), (right[:4], 1)):
        assert np.bincount(subject.data.val.labels[some]).tolist() == [len(some) / 4] * 4 or len(some) > 16
        assert len(looks._mosaics(subject, some, probabilities).labels) == count


def test_right_answers_in_three_classes_are_too_few_for_mosaics(pooling):
    colours = np.arange(40) % 4
    found = looks.look_at_attributions(subject_of(pooling, labels=np.where(colours == 3, 0, colours)))
    assert found.explained.tolist() == [0, 1, 2]
    assert all(row.pointing is None for row in found.trust)
