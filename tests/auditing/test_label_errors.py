import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import cross_val_predict

from giemsa.auditing.label_errors import class_thresholds, estimate_joint, find_label_errors
from giemsa.errors import PredictionError

# Six images, two classes. By hand: thresholds (.9 + .8 + .1) / 3 = .6 and (.9 + .8 + .9) / 3 = .8667.
LABELS = np.array([0, 0, 0, 1, 1, 1])
SURE = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.1, 0.9], [0.2, 0.8], [0.1, 0.9]])


def test_thresholds_joint_scores_and_suspects_by_hand():
    errors = find_label_errors(LABELS, SURE)
    np.testing.assert_allclose(errors.thresholds, [0.6, 2.6 / 3])
    np.testing.assert_allclose(errors.joint, [[2, 1], [0, 3]])
    assert errors.estimated_by_class.tolist() == [1, 0]
    assert errors.estimated_count == 1
    assert errors.suspects.tolist() == [2]
    assert errors.suggested.tolist() == [0, 0, 1, 1, 1, 1]
    np.testing.assert_allclose(errors.scores, [0.9, 0.8, 0.1, 0.9, 0.8, 0.9])


def test_rows_of_the_joint_are_the_classes_sizes():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 300)
    errors = find_label_errors(labels, rng.dirichlet(np.ones(4), 300))
    np.testing.assert_allclose(errors.joint.sum(axis=1), np.bincount(labels))


def test_planted_flips_come_first_and_are_counted():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, 900)
    features = np.eye(3)[truth] * 3 + rng.normal(size=(900, 3))
    given = truth.copy()
    flipped = rng.choice(900, 45, replace=False)
    given[flipped] = (truth[flipped] + rng.integers(1, 3, 45)) % 3
    outside = cross_val_predict(LogisticRegression(), features, given, cv=5, method="predict_proba")
    errors = find_label_errors(given, outside)
    assert average_precision_score(np.isin(np.arange(900), flipped), -errors.scores) > 0.85
    assert 35 < errors.estimated_count < 90
    assert (errors.suggested[flipped] == truth[flipped]).mean() > 0.85


def test_a_class_without_images_or_confidence_is_taken_to_be_right():
    assert np.isnan(class_thresholds(np.array([0, 0]), np.array([[1.0, 0.0], [1.0, 0.0]]))[1])
    silent = estimate_joint(np.array([0, 1, 1]), np.array([0, -1, -1]), 3)
    np.testing.assert_allclose(silent, np.diag([1.0, 2.0, 0.0]))


def test_certain_probabilities_of_zero_and_one_are_judged():
    errors = find_label_errors(np.array([0, 1, 1]), np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    assert errors.scores.tolist() == [1.0, 0.0, 1.0]
    assert errors.suspects.tolist() == [1]


@pytest.mark.parametrize(
    ("labels", "table", "words"),
    [
        (
            LABELS,
            np.where(SURE == 0.8, np.nan, SURE),
            "2 of 6 rows of probabilities are not finite, the first is row 1",
        ),
        (LABELS, SURE[:4], r"got \(4, 2\) for 6 labels"),
        (LABELS + 1, SURE, "labels run from 1 to 2, but there are probabilities for 2 classes"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_one_line(labels, table, words):
    with pytest.raises(PredictionError, match=words):
        find_label_errors(labels, table)
