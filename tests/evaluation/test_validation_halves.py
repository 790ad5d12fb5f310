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


def test_patients_stay_in_one_half():
    patients = np.repeat([f"patient {number}" for number in range(12)], [30, *[5] * 10, 20])
    first, second = halves(100, np.random.default_rng(0), patients)
    assert sorted([*first, *second]) == list(range(100))
    assert not set(patients[first]) & set(patients[second])
    assert 35 <= len(first) <= 65
    alone, rest = halves(40, np.random.default_rng(0), np.zeros(40))
    assert sorted([len(alone), len(rest)]) == [0, 40]


def test_a_val_too_small_for_halves_is_told():
    assert condition("last", None, halved=False).startswith(
        "Val had too few images, or patients, to be cut in two"
    )


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
