"""Every score against scikit-learn, on random, degenerate and edge inputs."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from giemsa.evaluation import scores
from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.resampling import prepare


def random_case(seed, n, k, kind):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, k, n)
    table = rng.random((n, k)) + 1e-3
    if kind == "ties":
        table = rng.integers(1, 4, (n, k)).astype(float)
    if kind == "certain":
        table = np.eye(k)[rng.integers(0, k, n)]
    if kind == "missing label":
        labels = rng.integers(0, k - 1, n)
    if kind == "missing prediction":
        table[:, 0] = 1e-6
    if kind == "one class":
        labels[:] = 1
    return labels, table / table.sum(axis=1, keepdims=True)


KINDS = ("plain", "ties", "certain", "missing label", "missing prediction", "one class")


def quietly(function, *args, **how):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*args, **how)
        except ValueError:
            return np.nan


def oracle(labels, table):
    k = table.shape[1]
    said = table.argmax(axis=1)
    names = range(k)
    nan = {"labels": names, "zero_division": np.nan}
    one_hot = labels[:, None] == np.arange(k)
    areas = [
        quietly(metrics.roc_auc_score, one_hot[:, c], table[:, c])
        if 0 < one_hot[:, c].sum() < len(labels)
        else np.nan
        for c in names
    ]
    averages = [
        quietly(metrics.average_precision_score, one_hot[:, c], table[:, c])
        if one_hot[:, c].any()
        else np.nan
        for c in names
    ]
    constant = len(np.unique(labels)) == 1 or len(np.unique(said)) == 1
    same = len(np.unique(np.concatenate([labels, said]))) == 1
    values = {
        "accuracy": metrics.accuracy_score(labels, said),
        "balanced_accuracy": quietly(metrics.balanced_accuracy_score, labels, said),
        "matthews": np.nan if constant else metrics.matthews_corrcoef(labels, said),
        "kappa": np.nan if same else quietly(metrics.cohen_kappa_score, labels, said),
        "log_loss": metrics.log_loss(labels, table, labels=list(names)),
        "brier": metrics.brier_score_loss(labels, table, labels=list(names)),
        "auc": areas[-1] if k == 2 else np.mean(areas),
        "average_precision": averages[-1] if k == 2 else np.mean(averages),
    }
    for kind in ("macro", "weighted"):
        report = quietly(metrics.precision_recall_fscore_support, labels, said, average=kind, **nan)
        values |= dict(zip((f"{kind}_precision", f"{kind}_recall", f"{kind}_f1"), report[:3], strict=True))
    if not np.isin(labels, said).any():
        values["weighted_precision"] = np.nan  # of no true class: scikit-learn says 0
    return values, areas, averages, quietly(metrics.precision_recall_fscore_support, labels, said, **nan)


def ours(labels, table):
    k = table.shape[1]
    prepared = prepare(Predictions(labels, table, tuple(str(c) for c in range(k))))
    whole, by_class = prepared.weigh(np.ones((len(labels), 1)))
    return {name: value[0] for name, value in whole.items()}, {
        name: value[0] for name, value in by_class.items()
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("k", [2, 3, 8])
def test_every_score_equals_scikit_learn(kind, k):
    checked = 0
    for seed in range(2):
        labels, table = random_case(seed, 60, k, kind)
        values, areas, averages, (precision, recall, f1, _) = oracle(labels, table)
        whole, by_class = ours(labels, table)
        assert set(whole) == set(values)
        for name, value in values.items():
            np.testing.assert_allclose(whole[name], value, rtol=0, atol=1e-12, err_msg=name)
            checked += 1
        expected = {
            "auc": areas,
            "average_precision": averages,
            "precision": precision,
            "recall": recall,
            "f1": f1,
        }
        for name, value in expected.items():
            np.testing.assert_allclose(by_class[name], value, rtol=0, atol=1e-12, err_msg=name)
    assert checked == 2 * 14


@settings(max_examples=12)
@given(st.integers(0, 10**6), st.integers(2, 40), st.integers(2, 5), st.sampled_from(KINDS))
def test_every_score_equals_scikit_learn_on_small_sets(seed, n, k, kind):
    labels, table = random_case(seed, n, k, kind)
    if len(np.unique(labels)) < 2 and kind != "one class":
        return
    values, *_ = oracle(labels, table)
    whole, _ = ours(labels, table)
    for name, value in values.items():
        np.testing.assert_allclose(whole[name], value, rtol=0, atol=1e-12, err_msg=name)


def test_specificity_by_hand():
    confusion = np.array([[5, 1], [2, 4]])
    assert scores.specificities(confusion).tolist() == [4 / 6, 5 / 6]


def test_undefined_is_nan():
    confusion = np.array([[3, 0, 0], [0, 0, 0], [1, 0, 2]])
    assert np.isnan(scores.recalls(confusion)[1])
    assert np.isnan(scores.precisions(confusion)[1])
    assert np.isnan(scores.f1_scores(confusion)[1])
    assert scores.balanced_accuracy(confusion) == pytest.approx((1 + 2 / 3) / 2)
    assert np.isnan(scores.accuracy(np.zeros((2, 2))))


def test_one_formula_for_many_matrices():
    rng = np.random.default_rng(0)
    many = rng.integers(0, 9, (7, 4, 4))
    for name in ("accuracy", "balanced_accuracy", "matthews_correlation", "cohen_kappa"):
        function = getattr(scores, name)
        np.testing.assert_allclose(function(many), [function(one) for one in many], atol=1e-14)
