"""Halves of val, and what is said of them."""

import numpy as np

from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.validation_halves import condition, halves, sets_for


def test_halves_are_apart_and_whole():
    first, second = halves(101, np.random.default_rng(0))
    assert len(first) == 51
    assert sorted([*first, *second]) == list(range(101))
    assert not np.array_equal(first, np.arange(51))
    again, _ = halves(101, np.random.default_rng(0))
    assert np.array_equal(first, again)


def test_a_chosen_epoch_is_admitted():
    assert "chose its epoch" in condition("best", 20)
    assert "not exact" in condition("best", 20)
    for selection in ("last", "average"):
        assert "selected nothing" in condition(selection, None)
        assert "had not fallen for 5 epochs" in condition(selection, 5)
        assert "not exact" in condition(selection, 5)


def test_sets_come_by_rising_coverage():
    every = Predictions(np.arange(40) % 2, np.full((40, 2), 0.5), ("a", "b"))
    sets = sets_for(every, every, np.random.default_rng(0), 0.8)
    assert [one.target for one in sets] == [0.8, 0.9, 0.95, 0.99]
