"""Prediction sets: the method by hand, and the promise in a simulation."""

import dataclasses
import math

import numpy as np
import pytest

from giemsa.evaluation.conformal import conformal_quantile, conformity, prediction_sets
from giemsa.evaluation.predictions import Predictions


def sample(rng, n, k=5):
    table = rng.dirichlet(np.full(k, 0.4), n)
    wrong = 0.7 * table + 0.3 * rng.dirichlet(
        np.ones(k), n
    )  # not the probabilities by which labels come about
    labels = np.array([rng.choice(k, p=row) for row in table])
    return Predictions(labels, wrong, tuple("abcde"))


def test_conformity_by_hand():
    table, ties = np.array([[0.2, 0.5, 0.3]]), np.zeros((1, 3))
    np.testing.assert_allclose(conformity(table, np.array([0.0]), ties), [[0.8, 0.0, 0.5]], atol=4e-6)
    np.testing.assert_allclose(conformity(table, np.array([1.0]), ties), [[1.0, 0.5, 0.8]], atol=4e-6)


def test_of_classes_of_no_probability_each_has_its_turn():
    scores = conformity(np.array([[0.0, 1.0, 0.0]]), np.array([0.5]), np.array([[0.9, 0.5, 0.1]]))
    np.testing.assert_allclose(scores, [[1 + 2.5e-6, 0.5 + 0.5e-6, 1 + 1.5e-6]], rtol=1e-9)


def test_quantile_by_hand():
    scores = np.arange(1, 10) / 10
    assert conformal_quantile(scores, 0.9) == 0.9
    assert conformal_quantile(scores, 0.8) == 0.8
    assert math.isinf(conformal_quantile(scores, 0.95))


@pytest.mark.parametrize("hundredths", range(1, 100))
def test_the_quantiles_place_is_that_of_the_number_as_it_is_written(hundredths):
    for n in (9, 19, 49, 99, 199, 999):
        place = -(-(n + 1) * hundredths // 100)  # 100 * 0.55 is 55.00000000000001
        wanted = place if place <= n else math.inf
        assert conformal_quantile(np.arange(1, n + 1), hundredths / 100) == wanted


@pytest.mark.parametrize("target", [0.8, 0.9, 0.95])
def test_coverage_is_what_was_promised(target):
    rng = np.random.default_rng(0)
    found = [
        prediction_sets(sample(rng, 300), sample(rng, 300), generator=rng, target=target) for _ in range(40)
    ]
    mean = np.mean([sets.coverage.value for sets in found])
    assert abs(mean - target) < 0.01
    assert np.mean([sets.held for sets in found]) > 0.8


def coarse(rng, n, votes, k=5):
    """Probabilities that are shares of so few votes that most are 0 or alike."""
    table = rng.dirichlet(np.full(k, 0.4), n)
    labels = np.array([rng.choice(k, p=row) for row in table])
    return Predictions(labels, rng.multinomial(votes, table) / votes, tuple("abcde"))


@pytest.mark.parametrize("votes", [1, 10])
@pytest.mark.parametrize("target", [0.55, 0.9, 0.95])
def test_coverage_is_what_was_promised_of_probabilities_that_are_equal_or_0(votes, target):
    rng = np.random.default_rng(0)
    found = [
        prediction_sets(coarse(rng, 199, votes), coarse(rng, 300, votes), generator=rng, target=target)
        for _ in range(60)
    ]
    error = math.sqrt(target * (1 - target) * (1 / 201 + 1 / 300) / 60)
    assert np.mean([sets.coverage.value for sets in found]) == pytest.approx(target, abs=3 * error)
    assert np.mean([sets.held for sets in found]) > 0.85
    by_class = [np.mean([sets.members[:, label].mean() for sets in found]) for label in range(5)]
    assert max(by_class) - min(by_class) < 0.05  # none is let in before its equals


def patients(rng, n_groups, k=4):
    """Images of patients, some of whom are harder than others."""
    groups = np.repeat(np.arange(n_groups), 1 + rng.geometric(1 / 9, n_groups))
    labels = rng.integers(0, k, len(groups))
    logits = rng.normal(0, 1.5, (len(groups), k))
    logits[np.arange(len(groups)), labels] += 3 - 1.5 * rng.normal(0, 1, n_groups)[groups]
    raised = np.exp(logits)
    return Predictions(labels, raised / raised.sum(axis=1, keepdims=True), tuple("abcd"), groups)


def test_patients_are_expected_to_differ():
    rng = np.random.default_rng(0)
    found = [prediction_sets(patients(rng, 40), patients(rng, 40), generator=rng) for _ in range(150)]
    assert abs(np.mean([sets.coverage.value for sets in found]) - 0.9) < 0.01
    assert (
        0.9 < np.mean([sets.held for sets in found]) < 0.99
    )  # 0.82 where images are taken to be independent


def test_a_patient_an_image_is_as_without_patients():
    rng = np.random.default_rng(0)
    both = sample(rng, 300), sample(rng, 200)
    known = (Predictions(one.labels, one.probabilities, one.class_names, np.arange(len(one))) for one in both)
    alone, grouped = (
        prediction_sets(*two, generator=np.random.default_rng(1)).expected for two in (both, known)
    )
    np.testing.assert_allclose(alone, grouped, atol=0.01)


def test_a_single_patient_promises_nothing():
    rng = np.random.default_rng(0)
    several = patients(rng, 40)
    single = dataclasses.replace(several, groups=0 * several.groups)
    for both in ((single, several), (several, single)):
        low, high = prediction_sets(*both, generator=rng).expected
        assert high - low > 0.6


@pytest.mark.parametrize(("n", "place"), [(94, 86), (9, 9)])
def test_the_expected_coverage_is_that_of_the_calibrations_quantile(n, place):
    rng = np.random.default_rng(0)
    sets = prediction_sets(sample(rng, n), sample(rng, 2000), generator=rng)
    quantiles = np.sort(rng.random((20_000, n)), axis=1)[:, place - 1]
    shares = rng.binomial(2000, quantiles) / 2000
    assert sets.expected == pytest.approx(np.quantile(shares, [0.025, 0.975]), abs=0.006)


def test_too_few_calibration_images_give_sets_of_everything():
    rng = np.random.default_rng(0)
    sets = prediction_sets(sample(rng, 5), sample(rng, 50), generator=rng, target=0.9)
    assert (sets.sizes == 5).all()
    assert sets.coverage.value == 1
    assert sets.held


def test_coverage_of_patients_is_less_sure_than_of_images():
    rng = np.random.default_rng(0)
    test = sample(rng, 200)
    known = Predictions(test.labels, test.probabilities, test.class_names, np.arange(200) // 40)
    calibration = sample(rng, 9)
    alone, grouped = (
        prediction_sets(calibration, one, generator=np.random.default_rng(1), target=0.99)
        for one in (test, known)
    )
    assert alone.coverage.value == grouped.coverage.value == 1
    assert grouped.coverage.low < 0.6 < 0.9 < alone.coverage.low
    assert grouped.by_class[0].low < alone.by_class[0].low


def test_class_without_images_is_undefined():
    rng = np.random.default_rng(0)
    test = sample(rng, 60)
    test = test.subset(test.labels != 2)
    sets = prediction_sets(sample(rng, 100), test, generator=rng)
    assert math.isnan(sets.by_class[2].value)
    assert sets.to_json()["by_class"][2]["value"] is None
    found = sets.to_json()
    assert sum(found["sizes"]) == len(test)
    assert np.dot(found["sizes"], range(6)) / len(test) == found["mean_size"]
