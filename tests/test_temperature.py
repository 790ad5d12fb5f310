"""The temperature is found again; what certainty costs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from giemsa.temperature import fit_temperature, log_losses, log_losses_at_best, softmax


def test_certain_mistake_costs_36_nats_and_not_infinity():
    losses = log_losses(np.array([0, 1]), np.array([[0.0, 1.0], [0.0, 1.0]]))
    assert losses[0] == pytest.approx(36.04, abs=0.01)
    assert losses[1] == pytest.approx(0, abs=1e-15)


def test_temperature_is_found_again():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (4000, 5))
    labels = np.array([rng.choice(5, p=row) for row in softmax(logits)])
    assert fit_temperature(3 * logits, labels) == pytest.approx(3, rel=0.05)
    assert fit_temperature(logits / 2, labels) == pytest.approx(0.5, rel=0.05)


def test_temperature_of_views_fits_their_mean():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (2, 300, 4))
    labels = rng.integers(0, 4, 300)
    found = fit_temperature(logits, labels)
    grid = np.geomspace(0.05, 20, 400)
    losses = [log_losses(labels, softmax(logits / one).mean(axis=0)).mean() for one in grid]
    assert log_losses(labels, softmax(logits / found).mean(axis=0)).mean() <= min(losses) + 1e-6


def test_it_is_that_of_scipy():
    rng = np.random.default_rng(1)
    for scale in (0.1, 1, 10):
        logits, labels = scale * rng.normal(0, 1, (200, 4)), rng.integers(0, 4, 200)
        logits[np.arange(200), labels] += 2 * scale

        def loss(logarithm, logits=logits, labels=labels):
            return log_losses(labels, softmax(logits / np.exp(logarithm))).mean()

        expected = minimize_scalar(loss, bounds=(np.log(0.05), np.log(20)), method="bounded").x
        assert np.log(fit_temperature(logits, labels)) == pytest.approx(expected, abs=1e-4)


@given(st.integers(1, 300), st.integers(2, 9), st.floats(1, 80), st.integers(1, 3))
def test_without_a_mistake_half_a_one_is_assumed(n, classes, gap, views):
    labels = np.arange(n) % classes
    logits = np.tile(gap * np.eye(classes)[labels], (views, 1, 1)) - 500
    # the true class gets (n + 1/2) / (n + 1) where gap / temperature is this
    wanted = gap / np.log((2 * n + 1) * (classes - 1))
    assert fit_temperature(logits, labels) == pytest.approx(np.clip(wanted, 0.05, 20), rel=1e-3)


def test_one_mistake_is_counted_as_it_is():
    logits, labels = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([1, 0])
    assert fit_temperature(logits, 1 - labels) == pytest.approx(20, rel=1e-3)
    # nine right and one wrong by the same gap: the true class gets 9 in 10
    logits, labels = np.tile([3.0, 0.0], (10, 1)), np.array([0] * 9 + [1])
    assert fit_temperature(logits, labels) == pytest.approx(3 / np.log(9), rel=1e-3)


def test_losses_at_best_are_no_longer_nothing_where_all_is_right():
    logits, labels = 30 * np.eye(4)[np.arange(60) % 4], np.arange(60) % 4
    np.testing.assert_allclose(log_losses_at_best(logits, labels), -np.log(60.5 / 61), rtol=1e-3)
