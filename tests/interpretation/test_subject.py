"""Balanced samples."""

import numpy as np

from giemsa.interpretation.subject import balanced_sample


def test_each_class_alike_as_far_as_it_goes():
    labels = np.array([0] * 50 + [1] * 3 + [2] * 20)
    chosen = balanced_sample(labels, 15, np.random.default_rng(0))
    assert np.bincount(labels[chosen]).tolist() == [6, 3, 6]
    assert (np.diff(chosen) > 0).all()


def test_more_than_there_are():
    assert balanced_sample(np.array([1, 0]), 9, np.random.default_rng(0)).tolist() == [0, 1]
    assert balanced_sample(np.array([], dtype=int), 9, np.random.default_rng(0)).size == 0
