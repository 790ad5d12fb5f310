"""Curves against scikit-learn."""

import numpy as np
from sklearn import metrics

from giemsa.evaluation.curves import precision_recall_curve, roc_curve


def test_roc_equals_scikit_learn():
    rng = np.random.default_rng(0)
    scores, positive = rng.integers(0, 9, 50) / 8, rng.random(50) < 0.4
    across, up = roc_curve(scores, positive)
    expected = metrics.roc_curve(positive, scores, drop_intermediate=False)
    np.testing.assert_allclose(across, expected[0])
    np.testing.assert_allclose(up, expected[1])


def test_precision_recall_equals_scikit_learn():
    rng = np.random.default_rng(0)
    scores, positive = rng.integers(0, 9, 50) / 8, rng.random(50) < 0.4
    recall, precision = precision_recall_curve(scores, positive)
    expected = metrics.precision_recall_curve(positive, scores)
    np.testing.assert_allclose(recall[::-1], expected[1][:-1])
    np.testing.assert_allclose(precision[::-1], expected[0][:-1])


def test_a_missing_kind_gives_no_curve():
    scores = np.array([0.1, 0.2])
    assert len(roc_curve(scores, np.array([True, True]))[0]) == 0
    assert len(roc_curve(scores, np.array([False, False]))[0]) == 0
    assert len(precision_recall_curve(scores, np.array([False, False]))[0]) == 0
