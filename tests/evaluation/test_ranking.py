"""AUC and average precision under weights, against repeating the images."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from giemsa.evaluation.ranking import auc, average_precision, rank


@pytest.mark.parametrize("levels", [3, 10**6])  # with and without ties
def test_weights_are_repetitions(levels):
    rng = np.random.default_rng(1)
    checked = 0
    for _ in range(10):
        scores = rng.integers(0, levels, 40) / levels
        positive = rng.random(40) < 0.3
        weights = rng.integers(0, 4, (40, 3)).astype(float)
        ranking = rank(scores, positive)
        areas, precisions = auc(*ranking.weigh(weights)), average_precision(*ranking.weigh(weights))
        for column in range(3):
            repeated = np.repeat(np.arange(40), weights[:, column].astype(int))
            truth, given = positive[repeated], scores[repeated]
            if 0 < truth.sum() < len(truth):
                assert areas[column] == pytest.approx(roc_auc_score(truth, given), abs=1e-12)
                assert precisions[column] == pytest.approx(average_precision_score(truth, given), abs=1e-12)
                checked += 1
    assert checked > 20


def test_all_equal_scores_are_chance():
    ranking = rank(np.full(6, 0.5), np.array([True, False, True, False, False, False]))
    once = np.ones((6, 1))
    assert auc(*ranking.weigh(once)) == [0.5]
    assert average_precision(*ranking.weigh(once)) == pytest.approx([1 / 3])


def test_a_missing_kind_is_nan():
    once = np.ones((3, 1))
    only = rank(np.array([0.1, 0.2, 0.3]), np.ones(3, dtype=bool))
    none = rank(np.array([0.1, 0.2, 0.3]), np.zeros(3, dtype=bool))
    assert np.isnan(auc(*only.weigh(once))).all()
    assert np.isnan(auc(*none.weigh(once))).all()
    assert np.isnan(average_precision(*none.weigh(once))).all()


def test_runs_of_negatives_fall_together():
    ranking = rank(np.arange(100) / 100, np.arange(100) == 50)
    assert ranking.positives.shape == (3, 100)
