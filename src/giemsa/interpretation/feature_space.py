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
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    if len(features) < 5:
        raise DataError(f"a map of the features needs at least 5 images, received {len(features)}")
    rows = unit_rows(features)
    parts = min(30, *rows.shape)
    pca = PCA(parts, random_state=seed).fit(rows)
    places = pca.transform(rows)
    tsne = TSNE(
        perplexity=min(perplexity, (len(rows) - 1) / 4),
        init="random" if np.ptp(places) == 0 else "pca",
        random_state=seed,
        max_iter=600,
    ).fit_transform(places)
    flat = np.pad(places[:, :2], ((0, 0), (0, max(0, 2 - parts))))
    explained = np.pad(pca.explained_variance_ratio_[:2], (0, max(0, 2 - parts)))
    return FeatureSpace(flat, explained, tsne.astype(np.float64))
