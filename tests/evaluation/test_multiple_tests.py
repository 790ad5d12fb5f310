"""Holm's correction, by hand."""

import numpy as np

from giemsa.evaluation.multiple_tests import holm


def test_holm_by_hand_and_bounded():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03])), [0.03, 0.06, 0.06])
    assert holm(np.array([0.9, 0.8])).tolist() == [1, 1]
    assert holm(np.empty(0)).tolist() == []
