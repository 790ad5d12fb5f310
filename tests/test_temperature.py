"""The temperature is found again; what certainty costs."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from giemsa.temperature import fit_temperature, log_losses, softmax


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


def test_of_a_network_without_mistakes_it_is_at_an_end():
    logits, labels = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([1, 0])
    assert fit_temperature(logits, labels) == pytest.approx(0.05, rel=1e-3)
    assert fit_temperature(logits, 1 - labels) == pytest.approx(20, rel=1e-3)
