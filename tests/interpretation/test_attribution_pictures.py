"""What was measured is what is drawn, wherever it lies."""

import dataclasses

import numpy as np
import pytest
from torch import nn

from giemsa.interpretation.attribution_pictures import draw_attributions
from giemsa.interpretation.interval import Mean
from giemsa.interpretation.looks import AttributionLook
from giemsa.interpretation.subject import Amounts, Subject
from giemsa.interpretation.trust import MethodTrust
from giemsa.training.classifier import Classes, Classifier, Preprocessing

GOOD, BELOW = Mean(0.4, 0.3, 0.45, 20), Mean(-0.2, -0.3, -0.1, 20)


@pytest.fixture
def look() -> AttributionLook:
    trust = (
        MethodTrust("gradient", GOOD, GOOD, None, BELOW),
        MethodTrust("occlusion", GOOD, BELOW, None, GOOD),
    )
    maps = {x.method: np.ones((1, 20, 20)) for x in trust}
    return AttributionLook(np.array([0]), np.array([1]), maps, trust, {}, ())


@pytest.fixture
def subject(discs) -> Subject:
    preprocessing = Preprocessing((20, 20, 3), (0.5,) * 3, (0.2,) * 3)
    network = Classifier(nn.Flatten(), preprocessing, Classes(discs.class_names))
    return Subject(network, None, discs, Amounts(), 0)


def test_every_interval_lies_on_its_axis(look, subject):
    trust = draw_attributions(look, subject)[1]
    assert len(trust.figure.axes) == 3
    for ax in trust.figure.axes:
        low, high = ax.get_xlim()
        drawn = np.concatenate([np.asarray(line.get_xdata(), dtype=float) for line in ax.lines])
        assert low <= drawn.min() <= drawn.max() <= high


def test_the_pointing_game_counts_where_it_was_played(look, subject):
    assert draw_attributions(look, subject)[1].alt.startswith("3 checks of each method. Gradient")
    played = [dataclasses.replace(x, pointing=GOOD) for x in look.trust]
    trust = draw_attributions(dataclasses.replace(look, trust=tuple(played)), subject)[1]
    assert trust.alt.startswith("4 checks of each method. ")
    assert [ax.get_title(loc="left")[:11] for ax in trust.figure.axes][2] == "four images"


def test_it_is_said_which_images_were_looked_at(look, subject):
    label = int(subject.data.val.labels[0])
    for explained, which in ((label, "names rightly"), (label + 1, "names none rightly")):
        maps, trust = draw_attributions(dataclasses.replace(look, explained=np.array([explained])), subject)
        assert f"1 val image {'of which' if 'none' in which else 'that'} the network {which}" in maps.shows
        assert "drawn at random, one each of 1 of the 3 classes" in maps.shows
        assert trust.shows.startswith("Each dot is a mean over 20 val images ")
        assert which in trust.shows
        assert "mosaics" not in trust.shows


def test_of_every_class_there_is_one(look, subject):
    places = np.array([0, 1, 2])
    maps = {method: np.ones((3, 20, 20)) for method in look.maps}
    every = AttributionLook(places, subject.data.val.labels[places], maps, look.trust, {}, ())
    assert "drawn at random, one a class" in draw_attributions(every, subject)[0].alt


def test_what_a_spot_in_the_middle_gains_is_said(look, subject):
    assert "spot" not in draw_attributions(look, subject)[1].shows
    known = dataclasses.replace(look, centre_gain=Mean(0.456, 0.3, 0.5, 20))
    shows = draw_attributions(known, subject)[1].shows
    assert "A spot in the middle of every image, which knows nothing of the network, gains 0.46." in shows


def test_what_is_good_asks_for_care_or_fails_is_shaded_so(look, subject):
    """Pointing is good above a half and fails up to a quarter; what moves with a pixel never fails."""
    played = tuple(dataclasses.replace(x, pointing=GOOD) for x in look.trust)
    axes = draw_attributions(dataclasses.replace(look, trust=played), subject)[1].figure.axes
    shades = [
        [
            sorted(np.clip((patch.get_x(), patch.get_x() + patch.get_width()), 0, 1).tolist())
            for patch in ax.patches
        ]
        for ax in axes
    ]
    assert shades == [
        [[0, 0.5]],
        [[0, pytest.approx(0.53)]],
        [[0.5, 1], [0.25, 0.5]],
        [[0.5, 1], [0, 0.5]],
    ]
    assert [[bool(patch.get_hatch()) for patch in ax.patches] for ax in axes][2:] == [[False, True]] * 2


def test_each_verdict_stands_above_the_maps(look, subject):
    maps = draw_attributions(look, subject)[0]
    words = [text.get_text() for text in maps.figure.axes[0].texts]
    assert "Gradient\ntimes\nimage\n(with care)" in words
    assert "Occlusion\n(fails)" in words
    assert maps.alt.endswith("trusted: none; with care: Gradient times image; fails: Occlusion.")
    alphas = [image.get_alpha() for image in maps.figure.axes[0].images]
    assert alphas == [None, 1.0, 0.25]


def test_where_every_map_is_blank_nothing_stands_on_the_axis(look, subject):
    """As of a network whose units are all dead: no map has anything to compare."""
    blank = Mean(float("nan"), float("nan"), float("nan"), 0)
    of_none = tuple(dataclasses.replace(x, similarity=blank) for x in look.trust)
    axes = draw_attributions(dataclasses.replace(look, trust=of_none), subject)[1].figure.axes
    assert [len(ax.lines) for ax in axes][1:] == [len(ax.lines) for ax in _axes(look, subject)][1:]
    assert axes[0].get_xlim() == (-0.03, 1.03)


def _axes(look, subject):
    return draw_attributions(look, subject)[1].figure.axes
