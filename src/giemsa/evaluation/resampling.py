"""The bootstrap: resamples as weights, and every score for all of them at once.

A resample draws as many images as there are, with replacement; an image's weight is how often it was drawn. Where groups
(patients, slides) are known, whole groups are drawn instead, since images of one group resemble each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from giemsa.evaluation import scores
from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.ranking import Ranking, auc, average_precision, rank
from giemsa.temperature import log_losses

RESAMPLES = 2000
CHUNK = 250  # resamples at a time: their weights stay in the processor's cache


def draw_weights(
    n: int, *, resamples: int, generator: np.random.Generator, groups: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """Yield the weights of the resamples in chunks of ``(n, up to 250)``.

    Parameters
    ----------
    n : number of images.
    resamples : number of resamples in all.
    generator : source of the draws.
    groups : ``(n,)`` integers from 0; whole groups are drawn where they are given.

    Examples
    --------
    >>> next(draw_weights(5, resamples=3, generator=np.random.default_rng(0))).sum(axis=0)
    array([5., 5., 5.])
    """
    units = n if groups is None else int(groups.max()) + 1
    for start in range(0, resamples, CHUNK):
        width = min(CHUNK, resamples - start)
        drawn = generator.integers(0, units, (width, units)) * width + np.arange(width)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=units * width).reshape(units, width).astype(np.float64)
        yield counts if groups is None else counts[groups]


@dataclass(frozen=True, eq=False)
class WeightedScores:
    """All scores of one set of predictions, ready to be computed under any weights; made by :func:`prepare`.

    Parameters
    ----------
    n_classes : ``k``, number of classes.
    cells : sparse ``(k * k, n)``, the confusion matrix's cell of each image.
    log_losses, brier_scores : ``(n,)``.
    rankings : one a class.
    """

    n_classes: int
    cells: sparse.csr_array
    log_losses: np.ndarray
    brier_scores: np.ndarray
    rankings: tuple[Ranking, ...]

    def whole(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Return each overall score under ``weights`` ``(n, resamples)``, as ``(resamples,)``."""
        return self.weigh(weights)[0]

    def weigh(self, weights: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Return each score under ``weights`` ``(n, resamples)``: overall ``(resamples,)``, by class ``(resamples, classes)``."""
        confusion = self.confusions(weights)
        areas, precisions = self._rankings(weights)
        by_class = {
            "precision": scores.precisions(confusion),
            "recall": scores.recalls(confusion),
            "f1": scores.f1_scores(confusion),
            "specificity": scores.specificities(confusion),
            "auc": areas,
            "average_precision": precisions,
        }
        means = {name: self._over_classes(by_class[name]) for name in ("auc", "average_precision")}
        return _from_confusion(confusion, by_class) | means | self._losses(weights), by_class

    def confusions(self, weights: np.ndarray) -> np.ndarray:
        """Return the weighted confusion matrices ``(resamples, k, k)``."""
        return (self.cells @ weights).T.reshape(-1, self.n_classes, self.n_classes)

    def _losses(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        total = weights.sum(axis=0)
        return {
            "log_loss": scores.ratio(self.log_losses @ weights, total),
            "brier": scores.ratio(self.brier_scores @ weights, total),
        }

    def _rankings(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        weighed = [ranking.weigh(weights) for ranking in self.rankings]
        areas = np.stack([auc(*both) for both in weighed], axis=1)
        return areas, np.stack([average_precision(*both) for both in weighed], axis=1)

    def _over_classes(self, values: np.ndarray) -> np.ndarray:
        # with two classes the second one's score, as MedMNIST's evaluator; a class that no image has leaves nan, as there, but
        # one that a resample happens to miss is left out of its mean: of many classes nearly every resample misses some
        if self.n_classes == 2:
            return values[:, -1]
        missing = any(ranking.positives.nnz == 0 for ranking in self.rankings)
        return values.mean(axis=1) if missing else scores.class_mean(values)


def _from_confusion(confusion: np.ndarray, by_class: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    precisions, recalls, f1_scores = by_class["precision"], by_class["recall"], by_class["f1"]
    return {
        "accuracy": scores.accuracy(confusion),
        "balanced_accuracy": scores.class_mean(recalls),
        "macro_precision": scores.class_mean(precisions),
        "macro_recall": scores.class_mean(recalls),
        "macro_f1": scores.class_mean(f1_scores),
        "weighted_precision": scores.weighted_mean(precisions, confusion),
        "weighted_recall": scores.weighted_mean(recalls, confusion),
        "weighted_f1": scores.weighted_mean(f1_scores, confusion),
        "matthews": scores.matthews_correlation(confusion),
        "kappa": scores.cohen_kappa(confusion),
    }


def prepare(predictions: Predictions) -> WeightedScores:
    """Rank the images and sort them into cells, once for all weights."""
    k, n = predictions.n_classes, len(predictions)
    cell = predictions.labels * k + predictions.predicted
    truth, table = predictions.labels, predictions.probabilities
    return WeightedScores(
        n_classes=k,
        cells=sparse.csr_array((np.ones(n), (cell, np.arange(n))), shape=(k * k, n)),
        log_losses=log_losses(truth, table),
        brier_scores=scores.brier_scores(truth, table),
        rankings=tuple(rank(table[:, label], truth == label) for label in range(k)),
    )
