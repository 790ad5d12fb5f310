import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare
from sklearn.utils.class_weight import compute_class_weight

from giemsa.data.statistics import (
    channel_statistics,
    class_counts,
    class_weights,
    first_of_each_class,
    split_agreement,
)


def test_counts_of_classes_that_do_not_occur():
    assert class_counts(np.array([1, 1]), 4).tolist() == [0, 2, 0, 0]
    assert class_counts(np.array([], int), 2).tolist() == [0, 0]


@settings(max_examples=25)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=40))
def test_weights_are_scikit_learns(labels):
    present = np.unique(labels)
    expected = compute_class_weight("balanced", classes=present, y=np.array(labels))
    weights = class_weights(np.array(labels), 5)
    np.testing.assert_allclose(weights[present], expected, rtol=1e-12)
    assert weights.sum() == pytest.approx(expected.sum())


def test_channel_statistics_are_those_of_a_float_copy():
    images = np.random.default_rng(0).integers(3, 250, (30, 7, 5, 3), np.uint8)
    found = channel_statistics(images)
    scaled = images / 255
    np.testing.assert_allclose(found.mean, scaled.mean((0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(found.sd, scaled.std((0, 1, 2)), rtol=1e-12)
    assert (found.low, found.high) == (images.min(), images.max())


@pytest.mark.parametrize("value", [0, 255])
def test_constant_images_have_no_spread(value):
    found = channel_statistics(np.full((2, 3, 3, 1), value, np.uint8))
    assert found.mean == (value / 255,)
    assert found.sd == (0.0,)


def test_agreement_of_two_classes_in_closed_form():
    """Two splits of 100 with 60 and 40 of a class: chi-square = 4 * 10**2 / 50 = 8, V = sqrt(8 / 200)."""
    found = split_agreement(np.array([[60, 40], [40, 60]]))
    assert found.chi_square == pytest.approx(8)
    assert found.cramers_v == pytest.approx(0.2)
    assert found.largest_difference == pytest.approx(0.2)
    assert found.p_value == pytest.approx(chisquare([60, 40, 40, 60], [50] * 4, ddof=2).pvalue)
    assert found.sentence.startswith("The splits differ clearly")


def test_equal_shares_agree():
    found = split_agreement(np.array([[70, 140], [10, 20], [20, 40]]))
    assert found.p_value == pytest.approx(1)
    assert found.sentence.startswith("The splits agree")


@pytest.mark.parametrize("counts", [[[5, 0], [2, 0]], [[5, 3], [0, 0]], [[0, 0], [0, 0]]])
def test_agreement_that_cannot_be_tested(counts):
    found = split_agreement(np.array(counts))
    assert found.p_value is None
    assert "cannot be tested" in found.sentence


def test_a_class_that_no_split_has_changes_nothing():
    with_empty = split_agreement(np.array([[60, 0, 40], [40, 0, 60]]))
    assert with_empty == split_agreement(np.array([[60, 40], [40, 60]]))


def test_first_images_of_each_class_in_order():
    places = first_of_each_class(np.array([2, 0, 2, 0, 0]), 3, 2)
    assert [place.tolist() for place in places] == [[1, 3], [], [0, 2]]


def test_of_large_images_few_are_counted_at_a_time():
    images = np.random.default_rng(0).integers(0, 256, (48, 512, 512, 1), np.uint8)
    tracemalloc.start()
    found = channel_statistics(images)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.mean == pytest.approx((images.mean() / 255,), rel=1e-12)
    assert (
        peak < 4 * images.nbytes
    )  # NumPy counts whole numbers of 8 bytes: all at once would be eight times as much
