import numpy as np
import pytest
from hypothesis import given as given_that
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import cross_val_predict

from giemsa.auditing.label_errors import (
    class_thresholds,
    estimate_joint,
    find_label_errors,
    label_scores,
    mislabelling_rates,
)
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


def test_an_image_that_was_not_judged_is_taken_to_be_right():
    judged = np.array([True, True, False, True, True, True])
    errors = find_label_errors(LABELS, SURE, judged=judged)
    without = find_label_errors(LABELS[judged], SURE[judged])
    assert errors.suspects.tolist() == []
    assert (errors.scores[2], errors.suggested[2]) == (1, 0)
    np.testing.assert_array_equal(errors.joint, without.joint)
    np.testing.assert_array_equal(errors.scores[judged], without.scores)
    nothing = find_label_errors(LABELS, SURE, judged=np.zeros(6, dtype=bool))
    assert nothing.estimated_count == len(nothing.suspects) == 0


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


def three_alike_classes(towards: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return given labels, which of them are wrong, and held-out probabilities; of 6,000 labels a tenth goes astray."""
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 3, 6000)
    features = np.eye(3)[truth] * 3 + rng.normal(size=(6000, 3))
    given = truth.copy()
    wrong = rng.choice(6000, 600, replace=False)
    given[wrong] = (truth[wrong] + rng.integers(1, 3, 600)) % 3 if towards is None else towards[truth[wrong]]
    outside = cross_val_predict(LogisticRegression(), features, given, cv=3, method="predict_proba")
    return given, np.isin(np.arange(6000), wrong), outside


def test_where_mistakes_are_spread_evenly_the_score_is_nearly_the_probability_of_the_label():
    given, _, outside = three_alike_classes(None)
    own = outside[np.arange(len(given)), given]
    np.testing.assert_allclose(label_scores(given, outside)[0], own, atol=0.05)
    np.testing.assert_allclose(mislabelling_rates(given, outside), 1, atol=0.5)


def test_where_mistakes_go_one_way_that_way_is_seen_and_wrong_labels_are_ranked_better():
    towards = np.array([1, 2, 0])
    given, wrong, outside = three_alike_classes(towards)
    rates = mislabelling_rates(given, outside)
    for true in range(3):
        assert rates[towards[true], true] > 1.5
        assert rates[towards[towards[true]], true] < 0.5
    own = outside[np.arange(len(given)), given]
    margin = own - np.where(np.eye(3)[given] == 1, -1, outside).max(axis=1)
    scores, _ = label_scores(given, outside)
    reached = average_precision_score(wrong, -scores)
    for plain in (own, margin):
        assert reached > average_precision_score(wrong, -plain) + 0.02


def test_rates_by_hand():
    # a quarter, rounded up, are 10, 10 and 1 images; four of the first bear the second's label, and no other is wrong
    truth = np.repeat([0, 1, 2], [38, 38, 3])
    labels = np.where(np.arange(79) < 4, 1, truth)
    mean = np.array([10, 10, 1]) * 4 / 21 / 2  # mistakes expected in each of a class's two cells
    chi_square = (4 - mean[0]) ** 2 / mean[0] + mean[0] + 2 * mean[1] + 2 * mean[2]
    trust = 1 - 6 / chi_square
    expected = np.where(np.eye(3) == 1, 1, 1 - trust)
    expected[1, 0] = 1 + trust * (4 / mean[0] - 1)
    table = np.eye(3)[truth] * np.linspace(0.8, 0.5, 79)[:, None] + 0.1
    np.testing.assert_allclose(mislabelling_rates(labels, table), expected)


def test_of_two_classes_as_likely_the_given_one_stays():
    assert label_scores(np.array([1]), np.array([[0.5, 0.5]]))[1].tolist() == [1]


@given_that(st.integers(1, 5), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_scores_and_rates_stay_in_their_range(n_classes, n, seed):
    rng = np.random.default_rng(seed)
    labels, outside = rng.integers(0, n_classes, n), rng.dirichlet(np.full(n_classes, 0.1), n)
    scores, suggested = label_scores(labels, outside)
    rates = mislabelling_rates(labels, outside)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert ((suggested >= 0) & (suggested < n_classes)).all()
    assert (rates >= 0).all()
    assert (np.diag(rates) == 1).all()


def test_a_class_without_images_or_confidence_is_taken_to_be_right():
    assert np.isnan(class_thresholds(np.array([0, 0]), np.array([[1.0, 0.0], [1.0, 0.0]]))[1])
    assert class_thresholds(np.array([0]), np.array([[0.8, 0.2]]))[0] == 0.8
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
