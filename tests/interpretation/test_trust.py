"""The verdict: each bound alone, and in words."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from giemsa.interpretation.attribution import METHODS
from giemsa.interpretation.criteria import CRITERIA
from giemsa.interpretation.deletion import deletion_curves
from giemsa.interpretation.interval import Mean, mean_interval
from giemsa.interpretation.pointing_game import spot
from giemsa.interpretation.trust import MethodTrust, Sample, centre_gain, judge_methods, random_scores


def mean(value: float) -> Mean:
    return Mean(value, value - 0.05, value + 0.05, 10)


GOOD = {"similarity": mean(0.2), "gain": mean(0.3), "pointing": mean(0.9), "stability": mean(0.9)}


def test_all_passed():
    found = MethodTrust("grad_cam", **GOOD)
    assert found.verdict == "trusted"
    assert found.sentence == "Grad-CAM earns trust on this network: it passed every check that could be made."


@pytest.mark.parametrize(
    ("check", "value", "verdict", "words"),
    [
        ("similarity", 0.6, "fails", "shows the image, not the network"),
        ("similarity", 0.52, "with care", "leave open whether its map changes enough"),
        ("similarity", 0.48, "with care", "interval 0.43 to 0.53"),
        ("gain", -0.06, "fails", "covered and uncovered in its order, they move the probability no more"),
        (
            "gain",
            0.04,
            "with care",
            "whether its map orders the pixels better than chance (0.04, 95 % interval -0.01",
        ),
        ("gain", -0.04, "with care", "more than 0.00 is asked for"),
        ("pointing", 0.19, "fails", "does not point at the right one of four images"),
        ("pointing", 0.28, "with care", "whether it points at the right one of four images"),
        ("stability", 0.3, "with care", "its map changes when the image moves by one pixel"),
        ("stability", 0.48, "with care", "whether its map stays as it is"),
        ("stability", 0.52, "with care", "whether its map stays as it is"),
    ],
)
def test_one_failed(check, value, verdict, words):
    found = MethodTrust("occlusion", **(GOOD | {check: mean(value)}))
    assert found.verdict == verdict
    assert words in found.sentence
    assert found.to_json()["verdict"] == verdict


def test_not_played_is_no_objection():
    found = MethodTrust("grad_cam", **(GOOD | {"pointing": None}))
    assert found.verdict == "trusted"
    assert found.to_json()["pointing"] is None


def test_where_most_maps_are_blank_the_verdict_stays_open():
    few = {"similarity": Mean(0.9, 0.9, 0.9, 4)}
    found = MethodTrust("grad_cam", **(GOOD | few))
    assert (found.blank, found.verdict) == (6, "with care")
    assert "for 6 of 10 images its map is blank" in found.sentence
    none = MethodTrust("grad_cam", **(GOOD | {"similarity": mean_interval(np.array([]))}))
    assert (none.blank, none.verdict) == (10, "with care")
    assert none.to_json()["randomisation_blank"] == 10
    enough = MethodTrust("grad_cam", **(GOOD | {"similarity": Mean(0.2, 0.1, 0.3, 8)}))
    assert (enough.blank, enough.verdict) == (2, "trusted")
    for similar in (0.2, 0.9):  # nothing is concluded from seven, neither for the method nor against it
        seven = MethodTrust("grad_cam", **(GOOD | {"similarity": Mean(similar, similar, similar, 7)}))
        assert (seven.blank, seven.verdict) == (3, "with care")


@pytest.mark.parametrize("gain", [0.9, -0.9])
def test_from_few_images_nothing_is_concluded(gain):
    seven = {name: Mean(x.value, x.low, x.high, 7) for name, x in (GOOD | {"gain": mean(gain)}).items()}
    found = MethodTrust("grad_cam", **seven)
    assert found.verdict == "with care"
    assert "7 of the 8 images that the checks need are too few to judge it" in found.sentence
    eight = {name: Mean(x.value, x.low, x.high, 8) for name, x in (GOOD | {"gain": mean(gain)}).items()}
    assert MethodTrust("grad_cam", **eight).verdict == ("trusted" if gain > 0 else "fails")


@settings(max_examples=60)
@given(st.lists(st.floats(-1, 1), min_size=3, max_size=3).map(sorted), st.sampled_from(sorted(CRITERIA)))
def test_only_a_whole_interval_decides(interval, name):
    low, value, high = interval
    criterion = CRITERIA[name]
    sides = {x > criterion.bound for x in (low, high)}
    standing = criterion.standing(Mean(value, low, high, 9))
    assert standing == ("open" if len(sides) == 2 else "good" if sides == {criterion.high_is_good} else "bad")


def test_methods_that_need_pooling_are_left_out(tutorial, pixels):
    told = []
    found, left_out = judge_methods(
        tutorial,
        Sample(pixels[:3], np.arange(3)),
        methods=("grad_cam", "class_evidence"),
        progress=lambda *a: told.append(a),
    )
    assert [x.method for x in found] == ["grad_cam"]
    assert len(told) == 2
    assert len(left_out) == 1
    assert left_out[0].startswith(
        "Class evidence: left out, since class evidence needs a network that pools globally"
    )


def test_a_method_that_finds_no_path_does_not_keep_the_others(pixels):
    class Rounded(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Linear(3, 3)

        def forward(self, pixels):
            return self.dense(pixels.mean((2, 3))).detach()

    found, left_out = judge_methods(Rounded(), Sample(pixels[:3], np.arange(3)))
    assert [x.method for x in found] == ["occlusion"]
    assert len(left_out) == len(METHODS) - 1
    assert left_out[0].startswith("Gradient times image: left out, since no gradient reaches the output")


def test_methods_that_look_at_layers_judge_the_whole_ensemble(ensemble):
    sample = Sample(torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0)), np.array([0, 1]))
    found, left_out = judge_methods(
        ensemble, sample, methods=("grad_cam", "grad_cam_plus_plus", "class_evidence")
    )
    assert (len(found), left_out) == (3, ())


def test_interval_of_rows_is_clustered():
    values = np.array([[0.0, 1.0], [1.0, 0.0]])
    assert mean_interval(values) == Mean(0.5, 0.5, 0.5, 2)
    assert mean_interval(np.array([])).to_json() == {"value": None, "low": None, "high": None, "n": 0}
    many = mean_interval(np.random.default_rng(0).normal(1, 1, 400))
    assert many.low == pytest.approx(many.value - 0.098, abs=0.02)


def test_a_spot_in_the_middle_gains_where_all_that_counts_is_there():
    class Middle(nn.Module):
        """Sure of class 0 where the middle quarter is light."""

        def forward(self, pixels):
            light = 20 * (pixels[:, 0, 3:9, 3:9].mean((1, 2)) - 0.5)
            return torch.stack([light, -light], dim=1)

    pixels = torch.zeros(8, 1, 12, 12)
    pixels[:, :, 3:9, 3:9] = 1.0
    found = centre_gain(Middle(), Sample(pixels, np.zeros(8, int)))
    assert found.n == 8
    assert found.low > 0.3
    maps = np.broadcast_to(spot(12, 12), (8, 12, 12))
    over = deletion_curves(Middle(), pixels, np.zeros(8, int), maps).scores - random_scores(
        Middle(), Sample(pixels, np.zeros(8, int))
    )
    assert found.value == pytest.approx(over.mean())
    border = torch.ones(8, 1, 12, 12) - pixels
    assert centre_gain(Middle(), Sample(border, np.ones(8, int))).low > 0.3
    assert abs(centre_gain(Middle(), Sample(torch.full((8, 1, 12, 12), 0.7), np.zeros(8, int))).value) < 1e-6
