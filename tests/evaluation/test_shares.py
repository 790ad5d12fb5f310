"""Shares of images that are independent, and of images that come in groups."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from giemsa.evaluation.intervals import wilson
from giemsa.evaluation.shares import count_units, effective_number, score_share


@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_of_independent_images_it_is_wilsons(n, seed):
    hits = np.random.default_rng(seed).random(n) < 0.8
    found = score_share(hits)
    assert (found.value, found.n) == (hits.mean(), n)
    assert (found.low, found.high) == wilson(hits.mean(), n)


def test_five_patients_who_are_all_right_count_as_five():
    found = score_share(np.ones(200, dtype=bool), np.repeat(np.arange(5), 40))
    assert (found.low, found.high) == wilson(1.0, 5)
    assert found.low == pytest.approx(0.566, abs=1e-3)
    assert found.n == 200


def test_of_one_patient_no_interval_is_given():
    found = score_share(np.arange(40) % 4 > 0, np.full(40, 7))
    assert found.value == 0.75
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert math.isnan(score_share(np.empty(0, dtype=bool), np.empty(0, dtype=int)).value)


def test_patients_who_are_all_right_or_all_wrong_count_once():
    # variance of the mean of G values 0 or 1, with G - 1 below: the number is G - 1
    hits = np.repeat(np.arange(20) % 5 > 0, 30)
    assert effective_number(hits, np.repeat(np.arange(20), 30)) == pytest.approx(19)


def test_groups_that_are_all_alike_count_once():
    assert effective_number(np.array([1, 0, 0, 1, 0, 0], dtype=bool), np.array([4, 4, 4, 7, 7, 7])) == 2


def test_groups_that_mean_nothing_change_little_and_never_add_images():
    rng = np.random.default_rng(0)
    numbers = [effective_number(rng.random(2000) < 0.9, np.arange(2000) % 200) for _ in range(20)]
    assert max(numbers) <= 2000
    assert np.mean(numbers) > 1700


def test_intervals_of_clumped_shares_hold():
    rng = np.random.default_rng(1)
    inside = {"grouped": 0, "as if independent": 0}
    for _ in range(300):
        hits = np.concatenate([rng.random(25) < rng.beta(8, 2) for _ in range(40)])
        groups = np.repeat(np.arange(40), 25)
        for name, found in (("grouped", score_share(hits, groups)), ("as if independent", score_share(hits))):
            inside[name] += found.low <= 0.8 <= found.high
    assert inside["grouped"] >= 0.91 * 300
    assert inside["as if independent"] < 0.8 * 300


def test_units_are_images_or_groups():
    chosen = np.array([True, True, True, False])
    assert count_units(None, chosen) == 3
    assert count_units(np.array([4, 9, 4, 5]), chosen) == 2
    assert math.isnan(count_units(np.array([4, 4, 4, 5]), chosen))
