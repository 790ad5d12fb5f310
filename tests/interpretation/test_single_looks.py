"""The tutorial's looks, one at a time."""

import dataclasses

import numpy as np
import pytest

import giemsa
from giemsa.errors import DataError, ModelError
from giemsa.interpretation import single_looks
from giemsa.interpretation.activation_maximisation import Maximisation
from giemsa.interpretation.single_looks import find_image, find_wanted, look_at_layer, look_at_maximum
from giemsa.interpretation.subject import open_subject
from giemsa.training.recipes import Recipe


@pytest.fixture(scope="module")
def subject(discs, tmp_path_factory):
    run = giemsa.train(
        discs,
        recipe=Recipe(epochs=4, batch_size=32, minimum_steps=0),
        out=tmp_path_factory.mktemp("single") / "run",
    )
    return open_subject(run, thorough=False, seed=0)


def test_maps_of_a_layer_for_an_image(subject):
    look = look_at_layer(subject, "pool2", "train/20")
    assert look.values.shape == (32, 10, 10)
    assert look.to_json()["class"] == "blue disc"
    assert look.picture.name == "interpret-feature-maps-pool2-train-20"


def test_an_image_for_a_class_and_for_a_channel(subject):
    look = look_at_maximum(subject, "green disc", settings="tutorial")
    assert look.values.shape == (20, 20, 3)
    assert 0 <= look.facts["probability"] <= 1
    look = look_at_maximum(subject, "conv1:4")
    assert "class" not in look.facts
    assert look.picture.name == "interpret-maximisation-conv1-4"


def _made(network, target, *, like, settings, seed, progress):
    """Stand for an image to which next to nothing answers."""
    images = np.full((1, 20, 20, 3), 0.5, dtype=np.float32)
    return Maximisation(images, np.array([-0.004]), np.array([[-0.004]]), settings)


def test_each_class_has_a_figure_of_its_own(subject, monkeypatch):
    monkeypatch.setattr(single_looks, "maximise_activation", _made)
    signs = dataclasses.replace(subject, data=subject.data.rename({0: "CD4+", 1: "CD4-", 2: "x" * 300}))
    names = [look_at_maximum(signs, wanted).picture.name for wanted in ("CD4+", "CD4-", "2", "x" * 300, "0")]
    assert names[:2] == ["interpret-maximisation-0-cd4-", "interpret-maximisation-1-cd4-"]
    assert names[2] == names[3]
    assert len(names[2]) < 80
    assert names[4] == names[0]


def test_what_is_wanted_by_name_and_by_label(subject):
    assert find_wanted(subject, "blue disc")[1] == 2
    assert find_wanted(subject, "1")[1] == 1
    assert find_wanted(subject, "conv2:3")[0].layer == "conv2"


@pytest.mark.parametrize(("wanted", "note"), [("conv1:4", "activation 0.00"), ("1", "logit 0.0, p = ")])
def test_next_to_nothing_has_no_sign(subject, monkeypatch, wanted, note):
    monkeypatch.setattr(single_looks, "maximise_activation", _made)
    assert note in look_at_maximum(subject, wanted).picture.alt


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("train", r"split/number.*'train'"),
        ("tset/1", r"split/number"),
        ("val/30", r"no image 30: its 30 images are 0 to 29"),
    ],
)
def test_images_that_do_not_exist(subject, address, words):
    with pytest.raises(DataError, match=words):
        find_image(subject, address)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("gren disc", r"did you mean green disc"),
        ("conv9:1", r"no layer 'conv9'"),
        ("conv1:99", r"no channel 99"),
    ],
)
def test_what_does_not_exist(subject, wanted, words):
    with pytest.raises(ModelError, match=words):
        look_at_maximum(subject, wanted)


def test_settings_that_do_not_exist(subject):
    with pytest.raises(ModelError, match=r"no settings are called 'tutrial'; did you mean tutorial"):
        look_at_maximum(subject, "1", settings="tutrial")
