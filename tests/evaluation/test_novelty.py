"""Distance to the training data, and made images."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from giemsa.evaluation.intervals import wilson
from giemsa.evaluation.novelty import (
    choose_threshold,
    fit_familiarity,
    fit_to_shape,
    learn_novelty,
    made_images,
    separation,
)


def test_far_from_every_class_is_strange():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    centres = np.eye(6)[:3] * 5
    features = centres[labels] + rng.normal(0, 0.3, (300, 6))
    familiarity = fit_familiarity(features, labels)
    known = familiarity.distances(features)
    strange = familiarity.distances(np.eye(6)[3:] * 5 + rng.normal(0, 0.3, (3, 6)))
    assert strange.min() > known.max()
    np.testing.assert_allclose(familiarity.distances(10 * features), known, atol=1e-6)
    assert (known > choose_threshold(known)).mean() == pytest.approx(0.01, abs=0.005)


def test_distance_is_mahalanobis():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(500, 3)) @ np.diag([1.0, 2.0, 5.0])
    familiarity = fit_familiarity(points, np.zeros(500, dtype=int), unit_length=False)
    precision = np.linalg.inv(np.cov(points.T, bias=True))
    expected = [
        np.sqrt((p - points.mean(axis=0)) @ precision @ (p - points.mean(axis=0))) for p in points[:5]
    ]
    assert familiarity.distances(points[:5]) == pytest.approx(expected)


def test_strange_in_either_space_is_strange():
    rng = np.random.default_rng(0)
    train, val = (tuple(rng.normal(3, 1, (200, 4)) for _ in range(2)) for _ in range(2))
    novelty = learn_novelty(train, np.zeros(200, dtype=int), val)
    usual, odd = np.full((1, 4), 3.0), np.array([[30.0, -30.0, 30.0, -30.0]])
    threshold = choose_threshold(novelty.scores(*val))
    assert novelty.scores(usual, usual)[0] < threshold
    assert novelty.scores(odd, usual)[0] > threshold
    assert novelty.scores(usual, odd)[0] > threshold
    assert np.median(novelty.scores(*val)) == pytest.approx(0.5, abs=0.4)


def test_a_score_is_the_larger_of_both_distances_in_their_own_spreads_on_val():
    rng = np.random.default_rng(0)
    train, val = ((rng.gamma(2, 1, (300, 4)), rng.gamma(2, 100, (300, 3))) for _ in range(2))
    labels = rng.integers(0, 2, 300)
    found = learn_novelty(train, labels, val).scores(*val)
    spaces = (
        fit_familiarity(table, labels, unit_length=unit)
        for table, unit in zip(train, (True, False), strict=True)
    )
    distances = [space.distances(table) for space, table in zip(spaces, val, strict=True)]
    expected = np.max([(one - np.median(one)) / one.std() for one in distances], axis=0)
    np.testing.assert_allclose(found, expected)


def test_a_perfect_separation_is_as_sure_as_the_fewer_images():
    found = separation(np.zeros(100), np.ones(5), generator=np.random.default_rng(0), resamples=50)
    assert (found.value, found.low) == (1, wilson(1.0, 5)[0])


def test_images_of_one_patient_are_no_proof_of_their_own():
    rng = np.random.default_rng(0)
    known, foreign = rng.normal(0, 1, 120), rng.normal(2, 1, 80)
    patients = np.concatenate([np.arange(120) // 20, 100 + np.arange(80)])
    alone = separation(known, foreign, generator=np.random.default_rng(0))
    told = separation(known, foreign, generator=np.random.default_rng(0), groups=patients)
    assert told.value == alone.value
    assert told.low < alone.low
    perfect = separation(
        np.zeros(120), np.ones(80), generator=np.random.default_rng(0), groups=patients, resamples=50
    )
    assert perfect.low == pytest.approx(wilson(1.0, 6)[0])
    one = separation(
        known, foreign, generator=rng, groups=np.where(patients < 100, 0, patients), resamples=50
    )
    assert np.isnan([one.low, one.high]).all()


def test_separation_equals_scikit_learn():
    rng = np.random.default_rng(0)
    known, foreign = rng.normal(0, 1, 60), rng.normal(1, 1, 40)
    found = separation(known, foreign, generator=rng, resamples=200)
    truth = np.repeat([0, 1], [60, 40])
    assert found.value == pytest.approx(roc_auc_score(truth, np.concatenate([known, foreign])), abs=1e-12)
    assert found.low < found.value < found.high
    assert found.n == 40


def test_made_images():
    images = np.random.default_rng(0).integers(0, 256, (4, 28, 28, 3), dtype=np.uint8)
    made = made_images(images, generator=np.random.default_rng(1))
    assert all(kind.shape == images.shape and kind.dtype == np.uint8 for kind in made.values())
    assert (made["blank"] == made["blank"][:, :1, :1]).all()
    assert (made["negative"] == 255 - images).all()
    shuffled = made["shuffled pieces"]
    assert not np.array_equal(shuffled, images)
    assert np.array_equal(np.sort(shuffled.reshape(4, -1)), np.sort(images.reshape(4, -1)))
    odd = made_images(images[:, :27, :26], generator=np.random.default_rng(1))["shuffled pieces"]
    assert not np.array_equal(odd[:, :24, :24], images[:, :24, :24])
    assert np.array_equal(odd[:, 24:], images[:, 24:27, :26])
    assert np.array_equal(odd[:, :24, 24:], images[:, :24, 24:26])
    grey = made_images(images[:, :5, :7, :1], generator=np.random.default_rng(1))
    assert grey["shuffled pieces"].shape == (4, 5, 7, 1)


def test_other_sets_are_brought_to_shape():
    grey = np.arange(2 * 64 * 64, dtype=np.uint32).reshape(2, 64, 64).astype(np.uint8)
    assert fit_to_shape(grey, (20, 28, 3)).shape == (2, 20, 28, 3)
    colour = np.full((1, 10, 10, 3), 77, dtype=np.uint8)
    assert (fit_to_shape(colour, (28, 28, 1)) == 77).all()
    assert (fit_to_shape(colour[..., :1], (10, 10, 3)) == 77).all()
