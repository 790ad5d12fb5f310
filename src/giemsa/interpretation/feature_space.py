"""A map of the images as the network sees them: its features in two dimensions, by PCA and by t-SNE."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from giemsa.errors import DataError
from giemsa.interpretation.examples import unit_rows


@dataclass(frozen=True, eq=False)
class FeatureSpace:
    """Places of images on two maps.

    Parameters
    ----------
    pca : ``(n, 2)``, the two directions in which the features vary most.
    explained : ``(2,)``, the part of the variance along each, 0 to 1.
    tsne : ``(n, 2)``, neighbours kept together; distances between groups mean nothing.
    """

    pca: np.ndarray
    explained: np.ndarray
    tsne: np.ndarray


def map_features(features: np.ndarray, *, seed: int = 0, perplexity: float = 30.0) -> FeatureSpace:
    """Lay the features out in two dimensions.

    Parameters
    ----------
    features : ``(n, d)``, at least 5 images; t-SNE takes some seconds for 1,000.
    seed : of t-SNE.
    perplexity : how many neighbours t-SNE tries to keep; lowered for few images.

    Returns
    -------
    FeatureSpace

    Raises
    ------
    DataError : fewer than five images.

    References
    ----------
    van der Maaten and Hinton, Visualizing Data using t-SNE, JMLR 9, 2008.
    """
    from sklearn.manifold import TSNE

    if len(features) < 5:
        raise DataError(f"a map of the features needs at least 5 images, received {len(features)}")
    places, explained = principal_components(unit_rows(features))
    tsne = TSNE(
        perplexity=min(perplexity, (len(places) - 1) / 4),
        init="random" if np.ptp(places) == 0 else "pca",
        random_state=seed,
        max_iter=500,
    ).fit_transform(places[:, :30])
    return FeatureSpace(places[:, :2], explained[:2], tsne.astype(np.float64))


def principal_components(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return places ``(n, k)`` along the principal directions, at least two, and the part of the variance along each.

    Rows that are all alike have no direction: their places and parts are 0.
    """
    left, strengths, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    strengths = np.where(strengths > 1e-9, strengths, 0.0)
    total = max(float((strengths**2).sum()), np.finfo(np.float64).tiny)
    missing = max(0, 2 - len(strengths))
    places = np.pad(left * strengths, ((0, 0), (0, missing)))
    return places, np.pad(strengths**2 / total, (0, missing))
