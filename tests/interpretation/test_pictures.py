"""What the figures say is true: how many images were searched, which views were looked at, what is not known is blank."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from torch import nn

from giemsa.interpretation.activation_maximisation import DEFAULTS, Maximisation
from giemsa.interpretation.feature_maps import FeatureMaps
from giemsa.interpretation.filters import LayerFilters
from giemsa.interpretation.looks import MadeLook, MapsLook
from giemsa.interpretation.pictures import draw_filters, draw_made_images, draw_maps, draw_symmetry
from giemsa.interpretation.subject import Amounts, Subject
from giemsa.interpretation.symmetry_response import SymmetryResponse
from giemsa.interpretation.transfer import MadeImages
from giemsa.training.classifier import Classes, Classifier, Preprocessing


def subject_of(discs, symmetry: str) -> Subject:
    preprocessing = Preprocessing((20, 20, 3), (0.5,) * 3, (0.2,) * 3)
    classes = Classes(discs.class_names, symmetry=symmetry)
    return Subject(Classifier(nn.Flatten(), preprocessing, classes), None, discs, Amounts(), 0)


@pytest.fixture
def made() -> MadeLook:
    images = np.full((3, 20, 20, 3), 0.5, dtype=np.float32)
    sure, nearest = np.array([0.9, 0.8, 0.95]), np.array([4, -1, 7])
    judged = MadeImages(sure, sure, None, np.array([0.1, np.nan, 0.1]), np.full(3, 0.2), nearest)
    return MadeLook(Maximisation(images, sure, sure[None], DEFAULTS), judged, nearest, 40)


def drawn(picture) -> list[np.ndarray]:
    return [np.asarray(image.get_array()) for image in picture.figure.axes[0].get_images()]


def test_a_class_without_images_is_above_a_blank(discs, made):
    tiles = drawn(draw_made_images(made, subject_of(discs, "none")))
    assert len(tiles) == 6
    np.testing.assert_array_equal(tiles[1], discs.train.images[4])
    np.testing.assert_array_equal(tiles[3], np.full((20, 20, 3), 255))
    np.testing.assert_array_equal(tiles[5], discs.train.images[7])


def test_how_many_images_were_searched_is_told(discs, made):
    subject = subject_of(discs, "none")
    assert (
        "the nearest image of the class among 40 of 96 training images"
        in draw_made_images(made, subject).shows
    )
    every = dataclasses.replace(made, searched=96)
    assert "among all 96 training images" in draw_made_images(every, subject).shows


@pytest.mark.parametrize(
    ("symmetry", "views", "meaning"),
    [
        ("none", "made for (shifted by a pixel)", "a turned or mirrored image may mean something else"),
        ("mirror", "made for (mirrored or shifted by a pixel)", "a turned image may mean something else"),
        (
            "mirror and quarter turns",
            "made for (mirrored, turned or shifted by a pixel)",
            "a turned or mirrored image means the same",
        ),
    ],
)
def test_only_the_views_that_keep_the_meaning_are_named(discs, made, symmetry, views, meaning):
    picture = draw_made_images(made, subject_of(discs, symmetry))
    assert views in picture.shows
    assert "unseen" not in picture.alt
    assert meaning in draw_symmetry(moved(0.5), symmetry).caution


def moved(share: float) -> SymmetryResponse:
    """The response of two images to one move, which changes the answers of a share of them."""
    return SymmetryResponse(
        np.zeros(2, int),
        np.ones(2),
        np.array([0.0, 180.0]),
        np.ones((2, 2)),
        ("1 pixel right",),
        np.ones((2, 1)),
        np.array([share]),
        np.zeros(2),
    )


@pytest.mark.parametrize(("share", "told"), [(0.5, "most: 1 pixel right, 50.0 %."), (0.0, "none does.")])
def test_a_move_that_changes_no_answer_is_not_said_to_change_the_most(share, told):
    assert draw_symmetry(moved(share), "none").alt.endswith(f"; {told}")


def test_probabilities_are_said_to_be_as_calibrated_as_they_are(discs, made):
    subject = subject_of(discs, "none")
    assert "p is its probability (not calibrated)" in (draw_made_images(made, subject).shows)
    subject.network.classes.temperature = 0.7
    assert "p is its probability, averaged" in draw_made_images(made, subject).shows


@pytest.mark.parametrize(("channels", "told"), [(3, True), (4, False)])
def test_of_filters_in_colour_it_is_said_what_zero_is(discs, channels, told):
    filters = LayerFilters("conv", *np.ones((2, 5, channels, 3, 3)))
    found = SimpleNamespace(subject=subject_of(discs, "none"), filters=(filters,))
    (picture,) = draw_filters(found)
    assert ("mid-grey is zero" in picture.shows) is told


def test_black_is_nothing_only_after_a_rectifier(discs):
    subject = subject_of(discs, "none")
    maps = FeatureMaps("conv", np.linspace(-1, 1, 80 * 4).reshape(80, 2, 2))
    look = MapsLook(0, (maps, FeatureMaps("relu", maps.maps.clip(0))), "conv", np.arange(1), np.arange(1), 1)
    signed, cut = draw_maps(look, subject)
    assert "white is strong, black below zero" in signed.shows
    assert "white is strong." in cut.shows
    assert ", the 64 most active drawn; 0 are blank." in signed.alt


def test_a_probability_is_one_only_where_it_is_exact(discs, made):
    judged = dataclasses.replace(made.judged, moved=np.array([0.999, 0.998, 1.0]))
    picture = draw_made_images(dataclasses.replace(made, judged=judged), subject_of(discs, "none"))
    notes = [text.get_text().split("\n")[-1] for text in picture.figure.axes[0].texts]
    assert notes[:3] == ["p > .99", "p > .99", "p = 1"]
    assert picture.alt.endswith("is least for green disc: p > .99.")
