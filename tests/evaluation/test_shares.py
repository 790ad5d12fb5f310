"""Shares of images that are independent, and of images that come in groups."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from giemsa.evaluation.intervals import wilson
from giemsa.evaluation.shares import count_units, doubt_of, effective_number, score_share


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
    hits = np.repeat(np.arange(20) % 5 > 0, 30)
    student = stats.t.ppf(0.975, 19) / stats.t.ppf(0.975, 599)
    between = 0.16 / 19  # variance of the mean of 20 values of 0 or 1
    half = 0.5 / 600  # of a mistake, through a whole patient
    expected = (0.16 + half) / (student**2 * between + half / 20)
    assert effective_number(hits, np.repeat(np.arange(20), 30)) == pytest.approx(expected)
    assert 16 < expected < 17


def test_few_groups_that_are_alike_are_no_proof_that_groups_are():
    hits, patients = np.arange(100) % 10 > 0, np.arange(100) // 10
    student = stats.t.ppf(0.975, 9) / stats.t.ppf(0.975, 99)
    expected = (0.09 + 0.005) / (
        student**2 * 0.0009 + 0.0005
    )  # no variance between them, so that of single images
    assert effective_number(hits, patients) == pytest.approx(expected)
    assert 50 < expected < 100


def test_one_mistake_is_little_more_than_none():
    patients, numbers = np.arange(200) // 20, []
    for mistakes in (0, 1, 3):
        numbers.append(
            effective_number(np.arange(200) % 20 + 21 * (np.arange(200) >= 20 * mistakes) > 0, patients)
        )
    assert numbers[0] == pytest.approx(10)
    assert 20 < numbers[1] < 30 < numbers[2] < 60


def test_groups_of_unequal_size_count_as_fewer():
    patients = np.repeat(np.arange(5), [160, 10, 10, 10, 10])
    weigh_as = 200**2 / (160**2 + 4 * 10**2)
    assert effective_number(np.ones(200, dtype=bool), patients) == pytest.approx(weigh_as)
    student = stats.t.ppf(0.975, 1) / stats.norm.ppf(0.975)  # of one degree of freedom at least
    assert doubt_of(patients) == pytest.approx(5 / 4 * student**2)
    assert doubt_of(np.arange(10) % 5) == pytest.approx(
        5 / 4 * (stats.t.ppf(0.975, 4) / stats.norm.ppf(0.975)) ** 2
    )
    assert math.isnan(doubt_of(np.zeros(3)))


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
    assert count_units(np.array([4, 9, 4, 5]), chosen) == pytest.approx(3**2 / (2**2 + 1**2))
    assert count_units(np.array([4, 9, 7, 7]), chosen) == pytest.approx(3)
    assert math.isnan(count_units(np.array([4, 4, 4, 5]), chosen))


def test_intervals_of_ten_patients_hold_where_mistakes_come_together():
    rng, patients = np.random.default_rng(0), np.repeat(np.arange(10), 20)
    inside = 0
    for _ in range(300):
        chances = rng.beta(0.6, 0.4 / 6, 10)  # mean .9, correlation within patients .6
        found = score_share((rng.random((10, 20)) < chances[:, None]).ravel(), patients)
        inside += found.low <= 0.9 <= found.high
    assert inside >= 0.93 * 300
