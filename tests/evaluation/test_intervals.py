"""Intervals: closed forms, edges, and what they cover in a quick simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from giemsa.evaluation.calibration import calibration_replicates, reliability
from giemsa.evaluation.intervals import (
    Score,
    balanced_wilson,
    effective_wilson,
    hall,
    recentred_percentiles,
    wilson,
)
from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.resampling import draw_weights


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (10, 10), (85, 100), (1, 3), (3304, 3421)])
def test_wilson_equals_scipy(hits, n):
    expected = stats.binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson(hits / n, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_without_images_is_undefined():
    assert all(math.isnan(limit) for limit in wilson(math.nan, 0))
    assert all(math.isnan(limit) for limit in wilson(0.5, 0))


def test_effective_number_of_a_share_is_its_number():
    replicates = np.random.default_rng(0).binomial(200, 0.9, 50_000) / 200
    for level in (0.5, 0.95):
        found = effective_wilson(0.9, replicates, fallback_n=1, level=level)
        assert found == pytest.approx(wilson(0.9, 200, level=level), abs=2e-3)


def test_a_perfect_score_has_an_interval():
    low, high = effective_wilson(1.0, np.ones(100), fallback_n=50)
    assert (low, high) == wilson(1.0, 50)
    assert low < 0.95


def test_balanced_accuracy_of_one_class_is_nearly_a_share():
    assert balanced_wilson(np.array([900]), np.array([1000])) == pytest.approx(wilson(0.9, 1000), abs=1e-3)


@pytest.mark.parametrize("hits", [14, 20])
def test_balanced_accuracy_of_classes_alike_is_a_share_of_all_images(hits):
    found = balanced_wilson(np.full(4, hits), np.full(4, 20), level=0.5)
    assert found == pytest.approx(wilson(hits / 20, 80, level=0.5))


def test_balanced_accuracy_covers_near_one():
    rng = np.random.default_rng(0)
    support = np.array([10, 27, 13, 25, 11, 13, 30, 21])
    covered = []
    for _ in range(1500):
        low, high = balanced_wilson(rng.binomial(support, 0.97), support)
        covered.append(low <= 0.97 <= high)
    assert 0.92 <= np.mean(covered) <= 0.97


def test_balanced_accuracy_leaves_out_missing_classes_and_keeps_an_interval_when_perfect():
    low, high = balanced_wilson(np.array([10.0, 0, 20]), np.array([10, 0, 20]))
    assert 0.7 < low < 0.95
    assert high == 1


def test_a_correlation_may_be_negative():
    replicates = np.random.default_rng(0).normal(-0.2, 0.1, 5000)
    low, high = effective_wilson(-0.2, replicates, fallback_n=50, floor=-1.0)
    assert low == pytest.approx(-0.39, abs=0.03)
    assert high == pytest.approx(0.0, abs=0.03)


def test_undefined_replicates_are_left_out():
    assert all(math.isnan(limit) for limit in effective_wilson(0.5, np.full(3, np.nan), fallback_n=3))
    assert all(math.isnan(limit) for limit in effective_wilson(math.nan, np.ones(3), fallback_n=3))
    assert all(math.isnan(limit) for limit in recentred_percentiles(math.nan, np.ones(3)))


def test_scores_defined_in_fewer_than_half_of_the_resamples_get_no_interval():
    half = np.where(np.arange(100) < 50, 0.9, np.nan) + np.arange(100) / 1e4
    assert effective_wilson(0.9, half, fallback_n=9)[0] < 0.9
    assert recentred_percentiles(0.9, half)[0] < 0.9
    for fewer in (np.where(np.arange(100) < 49, half, np.nan), np.full(100, np.nan)):
        assert all(math.isnan(limit) for limit in effective_wilson(0.9, fewer, fallback_n=9))
        assert all(math.isnan(limit) for limit in recentred_percentiles(0.9, fewer))


def test_without_a_number_of_units_nothing_is_said():
    draws = np.random.default_rng(0).binomial(100, 0.9, 50) / 100
    assert all(math.isnan(limit) for limit in effective_wilson(0.9, draws, fallback_n=math.nan))


def test_halls_interval_without_skewness_is_the_normal_one():
    values = np.concatenate([np.full(500, 0.0), np.full(500, 2.0)])
    assert hall(values) == pytest.approx((1 - 0.062, 1 + 0.062), abs=1e-3)


def test_halls_interval_of_three_by_hand():
    half = 4.3027 / 3**0.5  # Student's t of two degrees of freedom
    assert hall(np.array([9.0, 10, 11])) == pytest.approx((10 - half, 10 + half), abs=1e-4)
    assert hall(np.array([0.0, 1, 2])) == pytest.approx((0, 1 + half), abs=1e-4)  # losses are never below 0


def test_halls_interval_of_few_or_equal_values():
    assert all(math.isnan(limit) for limit in hall(np.array([1.0])))
    assert all(math.isnan(limit) for limit in hall(np.full(5, 0.25)))


def test_halls_interval_covers_skewed_means():
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(400):
        low, high = hall(rng.exponential(1, 60))
        covered.append(low <= 1 <= high)
    assert 0.92 <= np.mean(covered) <= 0.98


def test_recentred_percentiles_hold_the_value_and_stop_at_zero():
    low, high = recentred_percentiles(0.01, np.random.default_rng(0).normal(0.05, 0.02, 2000))
    assert low == 0
    assert high == pytest.approx(0.049, abs=0.004)


def test_recentred_percentiles_stop_at_one():
    low, high = recentred_percentiles(0.95, np.random.default_rng(0).normal(0.95, 0.05, 2000))
    assert 0.8 < low < 0.9
    assert high == 1


@pytest.mark.parametrize("sureness", [1.0, 1.7])
def test_calibration_error_is_covered_with_and_without_one(sureness):
    def sample(n):
        chance = rng.uniform(0.5, 1, n)
        stated = 1 / (1 + (1 / chance - 1) ** sureness)
        labels = (rng.random(n) > chance).astype(int)
        return Predictions(labels, np.stack([stated, 1 - stated], axis=1), ("right", "wrong"))

    def error(some):
        return reliability(some.confidence, some.correct).expected_error

    rng = np.random.default_rng(0)
    truth, covered = error(sample(400_000)), []
    for _ in range(100):
        some = sample(300)
        draws = draw_weights(300, resamples=250, generator=rng)
        replicates = np.concatenate([calibration_replicates(some, weights) for weights in draws])
        low, high = recentred_percentiles(error(some), replicates)
        assert low <= error(some) <= high
        covered.append(low <= truth <= high)
    assert np.mean(covered) >= 0.9


def test_of_one_image_no_calibration_error_has_an_interval():
    assert all(math.isnan(limit) for limit in recentred_percentiles(0.5, np.full(100, 0.5)))


def test_score_as_json():
    assert Score(0.5, math.nan, math.inf, 3).to_json() == {"value": 0.5, "low": None, "high": None, "n": 3}


def test_a_variance_in_doubt_counts_for_more():
    rng = np.random.default_rng(0)
    shares = rng.binomial(200, 0.9, 50_000) / 200
    assert effective_wilson(0.9, shares, fallback_n=1, doubt=4) == pytest.approx(wilson(0.9, 50), abs=2e-3)
    assert effective_wilson(0.9, shares, fallback_n=7, doubt=math.nan) == wilson(0.9, 7)
    low, high = recentred_percentiles(0.3, 0.3 + 0.02 * rng.standard_normal(50_000), doubt=1.44)
    assert (low, high) == pytest.approx((0.3 - 1.96 * 0.024, 0.3 + 1.96 * 0.024), abs=1e-3)


def test_part_of_a_mistake_is_added_to_a_variance_of_none():
    still = np.full(100, 0.9)
    assert effective_wilson(0.9, still, fallback_n=10, added=0.005) == pytest.approx(
        wilson(0.9, 0.095 / 0.0005)
    )
    assert effective_wilson(1.0, np.ones(100), fallback_n=10, added=0.005) == pytest.approx(wilson(1.0, 10))
