"""Balanced samples, and no more images than the memory of a laptop holds."""

import numpy as np
import pytest
from torch import nn

from giemsa.interpretation.subject import QUICK, THOROUGH, Amounts, Subject, balanced_sample, fewer
from giemsa.training.classifier import Classes, Classifier, Preprocessing


def test_each_class_alike_as_far_as_it_goes():
    labels = np.array([0] * 50 + [1] * 3 + [2] * 20)
    chosen = balanced_sample(labels, 15, np.random.default_rng(0))
    assert np.bincount(labels[chosen]).tolist() == [6, 3, 6]
    assert (np.diff(chosen) > 0).all()


def test_more_than_there_are():
    assert balanced_sample(np.array([1, 0]), 9, np.random.default_rng(0)).tolist() == [0, 1]
    assert balanced_sample(np.array([], dtype=int), 9, np.random.default_rng(0)).size == 0


@pytest.mark.parametrize(("amounts", "fewest"), [(QUICK, 8), (THOROUGH, 24)])
def test_of_large_images_fewer_are_checked(amounts, fewest):
    assert fewer(amounts, (28, 28, 3)) == amounts
    share = (64 / 224) ** 2
    found = fewer(amounts, (224, 224, 3))
    expected = [max(fewest, round(x * share)) for x in (amounts.checked, amounts.mosaics, amounts.turned)]
    assert [found.checked, found.mosaics, found.turned] == expected
    assert (found.mapped, found.compared) == (amounts.mapped, amounts.compared)


def test_features_are_the_same_taken_few_at_a_time(discs, monkeypatch):
    network = nn.Sequential(nn.Flatten(), nn.Linear(1200, 6), nn.ReLU(), nn.Linear(6, 3))
    classifier = Classifier(
        network, Preprocessing((20, 20, 3), (0.5,) * 3, (0.2,) * 3), Classes(discs.class_names)
    )
    subject = Subject(classifier.eval(), None, discs, Amounts(), 0)
    places = np.array([3, 90, 7, 8, 50, 51, 2])
    expected = classifier.features(discs.train.images[places])
    assert expected.shape == (7, 6)
    monkeypatch.setattr("giemsa.interpretation.subject.SLICE", 3)
    np.testing.assert_allclose(subject.features(discs.train, places), expected, atol=1e-5)
    assert subject.held == 800
