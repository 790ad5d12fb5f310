"""The verdict: each bound alone, and in words."""

import numpy as np
import pytest

from giemsa.interpretation.attribution import METHODS
from giemsa.interpretation.interval import Mean, mean_interval
from giemsa.interpretation.trust import MethodTrust, Sample, judge_methods


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
        ("gain", 0.04, "fails", "no more than covering pixels at random"),
        ("pointing", 0.28, "fails", "does not point at the right cell"),
        ("stability", 0.3, "with care", "moves by one pixel"),
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


def test_methods_that_need_pooling_are_left_out(tutorial, pixels):
    told = []
    found = judge_methods(
        tutorial,
        Sample(pixels[:3], np.arange(3)),
        methods=("grad_cam", "class_evidence"),
        progress=lambda *a: told.append(a),
    )
    assert [x.method for x in found] == ["grad_cam"]
    assert len(told) == 2
    assert "class_evidence" in METHODS


def test_interval_of_rows_is_clustered():
    values = np.array([[0.0, 1.0], [1.0, 0.0]])
    assert mean_interval(values) == Mean(0.5, 0.5, 0.5, 2)
    assert mean_interval(np.array([])).to_json() == {"value": None, "low": None, "high": None, "n": 0}
    many = mean_interval(np.random.default_rng(0).normal(1, 1, 400))
    assert many.low == pytest.approx(many.value - 0.098, abs=0.02)
