"""The map of the features: groups stay apart, PCA is scikit-learn's."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from giemsa.errors import DataError
from giemsa.interpretation.examples import unit_rows
from giemsa.interpretation.feature_space import map_features


def test_two_groups_stay_apart():
    rng = np.random.default_rng(0)
    features = np.concatenate([rng.normal(0, 0.1, (20, 6)) + 3 * np.eye(6)[axis] for axis in (0, 1)])
    found = map_features(features, seed=1)
    for places in (found.pca, found.tsne):
        assert places.shape == (40, 2)
        between = np.linalg.norm(places[:20].mean(0) - places[20:].mean(0))
        within = np.linalg.norm(places[:20] - places[:20].mean(0), axis=1).mean()
        assert between > 2 * within
    assert 0.9 < found.explained[0] <= 1


def test_constant_features_and_too_few():
    assert np.isfinite(map_features(np.ones((8, 3))).tsne).all()
    with pytest.raises(DataError, match=r"at least 5 images, received 4"):
        map_features(np.ones((4, 3)))


def test_pca_is_scikit_learns():
    features = np.random.default_rng(0).normal(size=(30, 7)) * np.arange(1, 8)
    found, theirs = map_features(features), PCA(2)
    places = theirs.fit_transform(unit_rows(features))
    signs = np.sign((found.pca * places).sum(axis=0))  # a direction may point either way
    np.testing.assert_allclose(found.pca * signs, places, atol=1e-10)
    np.testing.assert_allclose(found.explained, theirs.explained_variance_ratio_, atol=1e-10)
