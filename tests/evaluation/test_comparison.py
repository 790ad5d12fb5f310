"""Two sets of predictions for the same images."""

import numpy as np
import pytest
from scipy import stats

from giemsa.errors import PredictionError
from giemsa.evaluation.comparison import compare_predictions, mcnemar, summarise_runs
from giemsa.evaluation.predictions import Predictions


def noisy(labels, sharpness, seed):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(len(labels), 3))
    logits[np.arange(len(labels)), labels] += sharpness
    table = np.exp(logits)
    return Predictions(labels, table / table.sum(axis=1, keepdims=True), ("a", "b", "c"))


LABELS = np.random.default_rng(9).integers(0, 3, 400)


def test_a_better_one_is_told():
    found = compare_predictions(
        noisy(LABELS, 1, 0),
        noisy(LABELS, 4, 1),
        generator=np.random.default_rng(0),
        names=("old", "new"),
        resamples=300,
    )
    first, second, difference = found.scores["accuracy"]
    assert difference.value == pytest.approx(second - first)
    assert 0 < difference.low < difference.value < difference.high
    assert "new is more accurate than old" in found.sentence
    assert found.p_value < 1e-6
    assert found.n == 400
    assert (
        len(found.only_first) + len(found.only_second) + len(found.both_right) + len(found.both_wrong) == 400
    )


def test_the_same_one_is_not_told_apart():
    same = noisy(LABELS, 2, 0)
    found = compare_predictions(same, same, generator=np.random.default_rng(0), resamples=50)
    assert found.scores["log_loss"][2].value == found.scores["log_loss"][2].high == 0
    assert found.p_value == 1
    assert "cannot be told apart" in found.sentence


def test_paired_interval_of_accuracy_is_that_of_the_mean_difference():
    first, second = noisy(LABELS, 1.5, 0), noisy(LABELS, 1.8, 1)
    found = compare_predictions(first, second, generator=np.random.default_rng(0), resamples=2000)
    gaps = second.correct.astype(float) - first.correct
    half = 1.96 * gaps.std() / 20
    score = found.scores["accuracy"][2]
    assert (score.high - score.low) / 2 == pytest.approx(half, rel=0.08)


def test_other_images_are_refused():
    with pytest.raises(PredictionError, match="not about the same images"):
        compare_predictions(
            noisy(LABELS, 1, 0), noisy(LABELS[::-1], 1, 0), generator=np.random.default_rng(0)
        )


@pytest.mark.parametrize(("b", "c"), [(0, 0), (3, 3), (10, 2), (1, 0)])
def test_mcnemar_is_an_exact_binomial_test(b, c):
    lower = sum(stats.binom.pmf(i, b + c, 0.5) for i in range(min(b, c) + 1))
    assert mcnemar(b, c) == pytest.approx(min(1.0, 2 * lower))


def test_seeds_are_summed_up():
    summary = summarise_runs([{"accuracy": 0.9, "auc": 0.99}, {"accuracy": 0.94}])
    assert len(summary) == 1
    assert summary[0].mean == pytest.approx(0.92)
    assert summary[0].deviation == pytest.approx(np.std([0.9, 0.94], ddof=1))
    assert summarise_runs([{"accuracy": 0.9}])[0].to_json()["sd"] is None
