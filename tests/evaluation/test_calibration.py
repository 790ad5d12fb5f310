"""Calibration errors against a slow reference, and edges."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from giemsa.evaluation.calibration import (
    bin_edges,
    calibration_replicates,
    classwise_errors,
    reliability,
)
from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.resampling import draw_weights


def slow_error(confidence, came_true, edges):
    total = 0.0
    for low, high in itertools.pairwise(edges):
        inside = [i for i, c in enumerate(confidence) if low < c <= high or (c == 0 and low == 0)]
        if inside:
            total += abs(sum(confidence[i] - came_true[i] for i in inside))
    return total / len(confidence)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.sampled_from(["equal width", "equal mass"]), st.booleans())
def test_expected_error_equals_a_slow_reference(seed, binning, edgy):
    rng = np.random.default_rng(seed)
    confidence = rng.integers(0, 16, 50) / 15 if edgy else rng.random(50)
    came_true = rng.random(50) < confidence
    found = reliability(confidence, came_true, binning=binning)
    assert found.counts.sum() == 50
    expected = slow_error(confidence, came_true, bin_edges(confidence, binning=binning))
    assert found.expected_error == pytest.approx(expected, abs=1e-12)


def test_zero_and_one_lie_in_the_first_and_last_bin():
    found = reliability(np.array([0.0, 1.0, 1.0]), np.array([False, True, False]))
    assert found.counts[0] == 1
    assert found.counts[-1] == 2
    assert len(found.counts) == 15
    assert found.expected_error == pytest.approx(1 / 3)
    assert found.maximum_error == 0.5
    assert found.to_json()["accuracy"] == [0.0, *[None] * 13, 0.5]
    assert len(reliability(np.array([0.1]), np.array([True])).counts) == 15


def test_equal_mass_keeps_equal_values_together():
    confidence = np.concatenate([np.full(90, 1.0), np.linspace(0.3, 0.9, 10)])
    found = reliability(confidence, np.ones(100, dtype=bool), binning="equal mass")
    assert len(found.counts) < 15
    assert found.counts.max() >= 90
    assert found.counts.min() > 0
    assert found.edges[[0, -1]].tolist() == [0, 1]
    for low, high in ((0, 1), (0.2, 0.9)):
        spread = reliability(np.linspace(low, high, 150), np.ones(150, dtype=bool), binning="equal mass")
        assert spread.counts.tolist() == [10] * 15


def test_classwise_error_counts_all_images():
    table = np.array([[0.8, 0.2], [0.8, 0.2]])
    predictions = Predictions(np.array([0, 1]), table, ("a", "b"))
    assert classwise_errors(predictions) == pytest.approx([0.3, 0.3])
    right = Predictions(np.array([0, 0]), table, ("a", "b"))
    assert classwise_errors(right) == pytest.approx([0.2, 0.2])


def test_replicates_equal_the_error_of_repeated_images():
    rng = np.random.default_rng(3)
    table = rng.dirichlet(np.ones(3), 40)
    labels = rng.integers(0, 3, 40)
    predictions = Predictions(labels, table, ("a", "b", "c"))
    weights = next(draw_weights(40, resamples=3, generator=rng))
    errors = calibration_replicates(predictions, weights)
    for column, error in enumerate(errors):
        again = predictions.subset(np.repeat(np.arange(40), weights[:, column].astype(int)))
        assert error == pytest.approx(reliability(again.confidence, again.correct).expected_error, abs=1e-12)
