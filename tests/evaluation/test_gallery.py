"""What the pictures' words say of the evaluation."""

import dataclasses

import numpy as np
import pytest

from giemsa.evaluation import gallery
from giemsa.evaluation.conformal import prediction_sets
from giemsa.evaluation.evaluate import score
from giemsa.evaluation.gallery import draw
from giemsa.evaluation.predictions import Predictions


def certain(right):
    """Return predictions of two classes that are right where said, each less certain than the one before."""
    confidence = np.linspace(0.99, 0.6, len(right))
    table = np.stack([confidence, 1 - confidence], axis=1)
    return Predictions(np.where(right, 0, 1), table, ("red", "white"))


@pytest.mark.parametrize(
    ("n_calibration", "mistaken", "words"),
    [
        (199, 0, "above the 83.5 % to 95.5 % that chance explains where 90 % are promised. An empty set"),
        (199, 200, "below the 83.5 % to 95.5 % that chance explains where 90 % are promised. An empty set"),
        (5, 20, "within the 90.0 % to 100 % that chance explains where 90 % are promised. Every set"),
    ],
)
def test_what_a_promise_held_is_told_with_what_chance_explains(n_calibration, mistaken, words):
    calibration = certain(np.arange(n_calibration) % 10 > 0)
    test = certain(np.arange(200) >= mistaken)
    sets = prediction_sets(calibration, test, generator=np.random.default_rng(0))
    evaluation = dataclasses.replace(score(test.labels, test.probabilities), sets=(sets,), target=0.9)
    (told,) = [picture for picture in draw(evaluation) if picture.name == "evaluate-sets"]
    assert words in told.shows
    assert words.split(" % are")[0] in told.alt


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ([0, 1, 2, 2], "3 classes. There is no mistake."),
        ([0, 1, 0, 2], "The most frequent mistake: c taken for a, 1 time."),
        ([0, 1, 0, 0], "The most frequent mistake: c taken for a, 2 times."),
        ([1, 1, 0, 2], "One of the most frequent mistakes: a taken for b, 1 time."),
    ],
)
def test_of_equally_frequent_mistakes_none_is_called_the_most_frequent(said, words):
    labels = np.array([0, 1, 2, 2])
    told = gallery._confusion(score(labels, np.eye(3)[said], class_names=("a", "b", "c")))
    assert told.alt.endswith(words)
