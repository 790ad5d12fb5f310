"""Weights of resamples."""

import numpy as np

from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.ranking import Ranking
from giemsa.evaluation.resampling import draw_weights, prepare

plain = Ranking.weigh


def test_weights_count_draws():
    chunks = list(draw_weights(30, resamples=600, generator=np.random.default_rng(0)))
    assert [chunk.shape for chunk in chunks] == [(30, 250), (30, 250), (30, 100)]
    weights = np.concatenate(chunks, axis=1)
    assert (weights.sum(axis=0) == 30).all()
    assert abs(weights.var() - (1 - 1 / 30)) < 0.03  # multinomial


def test_groups_are_drawn_whole():
    groups = np.array([0, 0, 1, 2, 2, 2])
    weights = next(draw_weights(6, resamples=50, generator=np.random.default_rng(0), groups=groups))
    assert (weights[0] == weights[1]).all()
    assert (weights[3] == weights[4]).all()
    assert (weights[[0, 2, 3]].sum(axis=0) == 3).all()


def test_a_class_that_a_resample_misses_is_left_out_of_its_mean_and_one_that_no_image_has_is_not():
    labels = np.array([0, 0, 1, 1, 2])
    table = np.random.default_rng(1).dirichlet(np.ones(3), 5)
    weights = np.array([[1.0, 1], [1, 1], [1, 1], [1, 1], [1, 0]])
    whole, by_class = prepare(Predictions(labels, table, ("a", "b", "c"))).weigh(weights)
    for name in ("auc", "average_precision"):
        assert np.isnan(by_class[name]).tolist() == [[False] * 3, [False, False, True]]
        np.testing.assert_allclose(whole[name], [by_class[name][0].mean(), by_class[name][1, :2].mean()])
    missing = prepare(Predictions(np.minimum(labels, 1), table, ("a", "b", "c")))
    assert np.isnan(missing.whole(weights)["auc"]).all()


def test_overall_and_class_scores_are_of_one_pass(monkeypatch):
    calls = []
    monkeypatch.setattr(Ranking, "weigh", lambda ranking, weights: calls.append(1) or plain(ranking, weights))
    prepared = prepare(Predictions(np.arange(9) % 3, np.full((9, 3), 1 / 3), ("a", "b", "c")))
    whole, by_class = prepared.weigh(np.ones((9, 1)))
    assert len(calls) == 3
    assert whole["auc"] == by_class["auc"].mean() == 0.5


def test_a_resample_scores_like_the_repeated_images():
    rng = np.random.default_rng(2)
    labels, table = rng.integers(0, 3, 50), rng.dirichlet(np.ones(3), 50)
    names = ("a", "b", "c")
    weights = next(draw_weights(50, resamples=3, generator=rng))
    weighed = prepare(Predictions(labels, table, names)).whole(weights)
    for column in range(3):
        repeated = np.repeat(np.arange(50), weights[:, column].astype(int))
        plain = prepare(Predictions(labels[repeated], table[repeated], names)).whole(np.ones((50, 1)))
        for name, value in weighed.items():
            np.testing.assert_allclose(value[column], plain[name][0], atol=1e-12, err_msg=name)
