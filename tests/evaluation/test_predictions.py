"""What is let through the door, and what is refused with its row."""

import numpy as np
import pytest

from giemsa.errors import PredictionError
from giemsa.evaluation.predictions import check_predictions

GOOD = [[0.9, 0.1], [0.3, 0.7], [0.5, 0.5]]


def test_takes_lists_and_columns_of_labels():
    predictions = check_predictions(np.array([[0], [1], [1]], dtype=np.uint8), GOOD, class_names=("a", "b"))
    assert predictions.labels.dtype == np.int64
    assert predictions.predicted.tolist() == [0, 1, 0]  # of equal ones the first
    assert predictions.correct.tolist() == [True, True, False]
    assert predictions.confidence.tolist() == [0.9, 0.7, 0.5]
    assert len(predictions.subset(np.array([True, False, True]))) == 2


def test_whole_floats_are_labels():
    assert check_predictions(np.array([0.0, 1.0, 1.0]), GOOD).labels.tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("labels", "probabilities", "words"),
    [
        ([0, 1], [[0.9, 0.1], [0.3, 0.6]], "row 1 of the probabilities does not sum to one"),
        ([0, 1], [[0.9, 0.1], [np.nan, 0.6]], "row 1 .* not a number"),
        ([0, 1], [[2.0, -1.0], [0.4, 0.6]], "row 0 .* outside 0 to 1; give probabilities, not logits"),
        ([0, 1, 1], [[0.9, 0.1], [0.3, 0.7]], "2 rows of probabilities, but labels of the shape"),
        ([0, 2], [[0.9, 0.1], [0.3, 0.7]], "label 2 in row 1 is out of range: expected 0 to 1"),
        ([0, -1], [[0.9, 0.1], [0.3, 0.7]], "label -1 in row 1"),
        ([0, 0.5], [[0.9, 0.1], [0.3, 0.7]], "whole numbers"),
        (["a", "b"], [[0.9, 0.1], [0.3, 0.7]], "whole numbers"),
        ([0, 1], [[1.0], [1.0]], "at least two classes"),
        ([0, 1], [1.0, 0.0], "at least two classes"),
        ([], np.empty((0, 2)), "at least one row"),
        ([0], [["x", "y"]], "must be numbers"),
    ],
)
def test_refuses_with_the_fact(labels, probabilities, words):
    with pytest.raises(PredictionError, match=words):
        check_predictions(labels, probabilities)


def test_refuses_other_widths_and_groups():
    with pytest.raises(PredictionError, match="2 columns, but there are 3 classes"):
        check_predictions([0, 1, 1], GOOD, class_names=("a", "b", "c"))
    with pytest.raises(PredictionError, match="groups of the shape"):
        check_predictions([0, 1, 1], GOOD, groups=np.array(["p1", "p2"]))


def test_classes_may_be_numbers():
    assert check_predictions([0, 1, 1], GOOD, class_names=(3, 4)).class_names == ("3", "4")
    with pytest.raises(PredictionError, match="2 columns, but there are 3 classes: 3, 4, 5"):
        check_predictions([0, 1, 1], GOOD, class_names=(3, 4, 5))


def test_a_rounding_above_one_is_taken_for_one():
    assert check_predictions([0, 1], [[1.0000001, 0], [0, 1]]).probabilities.max() == 1


def test_groups_become_numbers():
    predictions = check_predictions([0, 1, 1], GOOD, groups=np.array(["p9", "p1", "p9"]))
    assert predictions.groups is not None
    assert predictions.groups.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    "groups",
    [
        np.array([4.0, np.nan, np.nan]),
        np.array(["p1", None, "p2"], dtype=object),
        np.array(["p1", " ", ""]),
        np.array(["p1", float("nan"), "p2"]),  # a word by now
    ],
)
def test_images_without_a_group_are_not_one_patient(groups):
    with pytest.raises(PredictionError, match="row 1 has no group"):
        check_predictions([0, 1, 1], GOOD, groups=groups)
