"""The verdict: each bound alone, and in words."""

import copy
import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from giemsa.interpretation import randomisation, trust
from giemsa.interpretation.attribution import METHODS
from giemsa.interpretation.criteria import CRITERIA
from giemsa.interpretation.deletion import deletion_curves
from giemsa.interpretation.interval import Mean, mean_interval
from giemsa.interpretation.pointing_game import Mosaics, spot
from giemsa.interpretation.trust import (
    MethodTrust,
    Sample,
    by_verdict,
    centre_gain,
    judge_method,
    judge_methods,
    random_scores,
)


def mean(value: float) -> Mean:
    return Mean(value, value - 0.05, value + 0.05, 10)


GOOD = {"similarity": mean(0.2), "gain": mean(0.3), "pointing": mean(0.9), "stability": mean(0.9)}


def test_all_passed():
    found = MethodTrust("grad_cam", **GOOD)
    assert found.verdict == "trusted"
    assert found.sentence == (
        "Grad-CAM earns trust on this network: its map changes when the weights are random (0.20); it orders the pixels better "
        "than chance (0.30); it puts most of its mark on the right one of four images (0.90); it moves with an image that moves "
        "by one pixel (0.90)."
    )


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
        ("pointing", 0.28, "with care", "open whether it points at the right one of four images (0.28, 95 %"),
        (
            "pointing",
            0.31,
            "with care",
            "most of its mark lies on the others (0.31, 95 % interval 0.26 to 0.36; more",
        ),
        ("pointing", 0.44, "with care", "more than 0.50 is asked for"),
        (
            "pointing",
            0.52,
            "with care",
            "open whether most of its mark, not only more than chance (0.25), lies on",
        ),
        (
            "stability",
            0.3,
            "with care",
            "it does not move with an image that moves by one pixel, but changes",
        ),
        ("stability", 0.48, "with care", "whether it moves with an image"),
        ("stability", 0.52, "with care", "whether it moves with an image"),
    ],
)
def test_one_failed(check, value, verdict, words):
    found = MethodTrust("occlusion", **(GOOD | {check: mean(value)}))
    assert found.verdict == verdict
    assert words in found.sentence
    reasons = found.sentence
    for bound in ("; more than", "; at most", "; 0.25 is chance"):
        reasons = reasons.replace(bound, "")
    assert ";" not in reasons
    assert found.to_json()["verdict"] == verdict


def test_however_many_mosaics_show_that_it_barely_points_it_is_not_trusted():
    barely = Mean(0.26, 0.2599, 0.2601, 10**6)
    assert CRITERIA["pointing"].standing(barely) == "good"
    assert MethodTrust("gradient", **(GOOD | {"pointing": barely})).verdict == "with care"


@pytest.mark.parametrize("points", [0.1, 0.9])
def test_from_few_mosaics_nothing_is_concluded(points):
    found = MethodTrust("grad_cam", **(GOOD | {"pointing": Mean(points, points, points, 7)}))
    assert found.verdict == "with care"
    assert (
        "too few mosaics to say whether it points at the right one of four images (7 of the 8"
        in found.sentence
    )
    eight = MethodTrust("grad_cam", **(GOOD | {"pointing": Mean(points, points, points, 8)}))
    assert eight.verdict == ("trusted" if points > 0.5 else "fails")


def test_methods_by_verdict():
    rows = [
        MethodTrust(name, **(GOOD | {"pointing": mean(value)}))
        for name, value in (("grad_cam", 0.9), ("occlusion", 0.7), ("gradient", 0.3), ("smoothgrad", 0.1))
    ]
    assert by_verdict(rows) == {
        "trusted": ["Grad-CAM", "Occlusion"],
        "with care": ["Gradient times image"],
        "fails": ["SmoothGrad"],
    }


def test_not_played_is_no_objection():
    found = MethodTrust("grad_cam", **(GOOD | {"pointing": None}))
    assert found.verdict == "trusted"
    assert found.sentence.endswith(
        "; not checked is whether most of its mark, not only more than chance (0.25), lies on the right one of four images."
    )
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


@pytest.mark.parametrize("n", [0, 4])
def test_a_method_whose_maps_are_mostly_blank_fails(n: int):
    few = mean_interval(np.full(n, 0.9))
    found = MethodTrust("grad_cam", **(GOOD | {"similarity": few, "stability": few}))
    assert found.verdict == "fails"
    assert found.sentence == (
        f"Grad-CAM does not earn trust on this network: its map is blank for {10 - n} of 10 images."
    )
    assert found.to_json()["randomisation_blank"] == 10 - n


def test_of_few_maps_that_are_not_blank_no_stability_is_told():
    seven = Mean(0.2, 0.1, 0.3, 7)
    found = MethodTrust("grad_cam", **(GOOD | {"stability": seven}))
    assert found.verdict == "with care"
    assert "for 3 of 10 images its map is blank" in found.sentence
    assert "one pixel" not in found.sentence


def test_dead_units_give_blank_maps_and_say_so(pooling):
    dead = copy.deepcopy(pooling)
    with torch.no_grad():
        dead[0].weight.zero_()
        dead[0].bias.fill_(-1.0)
    pixels = torch.rand(8, 3, 12, 12, generator=torch.Generator().manual_seed(0))
    found = judge_method(dead, Sample(pixels, np.zeros(8, dtype=int)), "gradient")
    assert found.objections == ("its map is blank for 8 of 8 images",)


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


def test_a_map_of_one_corner_points_no_better_than_chance(pooling, monkeypatch):
    """Whatever it is shown, its mark is in the upper left; only where all four corners are asked for in turn is that chance."""
    mosaics = Mosaics(torch.full((8, 3, 12, 12), 0.5), np.tile(np.arange(4), (8, 1)))

    def corner(network, pixels, labels):
        maps = np.zeros((labels.shape[1], len(pixels), *pixels.shape[2:]))
        maps[..., 1, 1] = 1.0
        return maps

    method = dataclasses.replace(METHODS["occlusion"], of_classes=corner)
    monkeypatch.setitem(METHODS, "occlusion", method)
    found = judge_method(pooling, Sample(mosaics.pixels[:2], np.array([0, 1]), mosaics), "occlusion")
    assert found.pointing.value == pytest.approx(0.25)


def test_the_interval_of_the_likeness_holds_the_spread_over_random_networks(pooling, monkeypatch):
    """Under one draw all maps are alike or none: one network for all images would give an interval of no width."""

    def alike_by_draw(network, pixels, labels, method):
        ramp = np.arange(16.0).reshape(4, 4)
        same = network[4].weight.detach()[0, 0] > 0
        return np.broadcast_to(ramp if same else ramp % 2, (len(pixels), 4, 4))

    monkeypatch.setattr(randomisation, "attribute", alike_by_draw)
    monkeypatch.setattr(trust, "attribute", alike_by_draw)
    sample = Sample(torch.full((20, 3, 4, 4), 0.5), np.zeros(20, int))
    found = judge_method(pooling, sample, "occlusion", chance=np.zeros(20))
    assert found.similarity.low < 0.3 < 0.6 < found.similarity.high
    assert found.verdict != "trusted"


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
    assert mean_interval(np.array([0.25])) == Mean(0.25, 0.25, 0.25, 1)
    many = mean_interval(np.random.default_rng(0).normal(1, 1, 400))
    assert many.low == pytest.approx(many.value - 0.098, abs=0.02)


def test_intervals_of_few_values_cover_their_mean():
    generator = np.random.default_rng(0)
    found = [mean_interval(generator.normal(0.1, 0.3, 8), seed=seed) for seed in range(400)]
    assert np.mean([x.low <= 0.1 <= x.high for x in found]) > 0.91  # the plain percentiles: 0.87


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
