"""Weights of resamples."""

import numpy as np

from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.resampling import draw_weights, prepare


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


def test_a_resample_scores_like_the_repeated_images():
    rng = np.random.default_rng(2)
    labels, table = rng.integers(0, 3, 50), rng.dirichlet(np.ones(3), 50)
    names = ("a", "b", "c")
    weights = next(draw_weights(50, resamples=1, generator=rng))
    repeated = np.repeat(np.arange(50), weights[:, 0].astype(int))
    weighed = prepare(Predictions(labels, table, names)).whole(weights)
    plain = prepare(Predictions(labels[repeated], table[repeated], names)).whole(np.ones((50, 1)))
    for name, value in weighed.items():
        np.testing.assert_allclose(value, plain[name], atol=1e-12, err_msg=name)
