"""Do probabilities mean what they say? Calibration errors with their bins; :mod:`giemsa.temperature` mends most of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.scores import ratio

BINS = 15
Binning = Literal["equal width", "equal mass"]


@dataclass(frozen=True, eq=False)
class Reliability:
    """Stated certainty against what came true, bin by bin.

    Parameters
    ----------
    edges : ``(bins + 1,)``, rising; the first bin holds its left edge, every bin its right one.
    counts : ``(bins,)`` images.
    confidence, accuracy : ``(bins,)`` means; ``nan`` where a bin is empty.
    """

    edges: np.ndarray
    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @property
    def gaps(self) -> np.ndarray:
        """Distance between stated certainty and outcome in each bin, ``(bins,)``; 0 where a bin is empty."""
        return np.nan_to_num(np.abs(self.confidence - self.accuracy))

    @property
    def expected_error(self) -> float:
        """Mean gap over images (ECE)."""
        return float((self.gaps * self.counts).sum() / self.counts.sum())

    @property
    def maximum_error(self) -> float:
        """Largest gap of a bin (MCE); one image can make it."""
        return float(self.gaps.max())

    def to_json(self) -> dict[str, object]:
        """Return the bins as plain lists; an empty bin's means are ``None``."""
        means = {"confidence": self.confidence, "accuracy": self.accuracy}
        return {"edges": self.edges.tolist(), "counts": self.counts.tolist()} | {
            name: [None if np.isnan(value) else float(value) for value in values]
            for name, values in means.items()
        }


def bin_edges(confidence: np.ndarray, *, bins: int = BINS, binning: Binning = "equal width") -> np.ndarray:
    """Return the edges of the bins, rising, at most ``bins + 1`` of them.

    ``equal width`` cuts 0 to 1 into equal parts. ``equal mass`` cuts so that each bin holds as many images, as far as equal
    values, which always share a bin, allow: there may be fewer bins.
    """
    if binning == "equal width":
        return np.linspace(0, 1, bins + 1)
    inner = np.quantile(confidence, np.linspace(0, 1, bins + 1)[1:-1], method="inverted_cdf")
    inner = np.unique(inner)
    return np.concatenate([[0.0], inner[(inner > 0) & (inner < 1)], [1.0]])


def place_in_bins(confidence: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the bin of each value, ``(n,)``: a value on an edge lies in the bin below it, 0 in the first, 1 in the last.

    Examples
    --------
    >>> place_in_bins(np.array([0.0, 0.5, 0.51, 1.0]), np.array([0.0, 0.5, 1.0])).tolist()
    [0, 0, 1, 1]
    """
    return np.searchsorted(edges[1:-1], confidence, side="left")


def reliability(
    confidence: np.ndarray, came_true: np.ndarray, *, bins: int = BINS, binning: Binning = "equal width"
) -> Reliability:
    """Sort images by stated certainty and count how often it came true.

    Parameters
    ----------
    confidence : ``(n,)``, 0 to 1, the probability stated.
    came_true : ``(n,)`` booleans.
    bins : number of bins.
    binning : ``equal width`` or ``equal mass``.

    References
    ----------
    Guo et al., On calibration of modern neural networks, ICML 2017, equations 2 and 3.

    Examples
    --------
    >>> reliability(np.array([1.0, 1.0]), np.array([True, False])).expected_error
    0.5
    """
    edges = bin_edges(confidence, bins=bins, binning=binning)
    place, n_bins = place_in_bins(confidence, edges), len(edges) - 1
    counts = np.bincount(place, minlength=n_bins)
    stated = np.bincount(place, weights=confidence, minlength=n_bins)
    true = np.bincount(place, weights=came_true.astype(float), minlength=n_bins)
    return Reliability(edges, counts, ratio(stated, counts), ratio(true, counts))


def classwise_errors(predictions: Predictions, *, bins: int = BINS) -> np.ndarray:
    """Return the calibration error of each class's probability over **all** images, ``(classes,)``, equal-width bins.

    References
    ----------
    Kull et al., Beyond temperature scaling, NeurIPS 2019, equation 3 before its mean over classes.
    """
    table, truth = predictions.probabilities, predictions.labels
    return np.array(
        [
            reliability(table[:, label], truth == label, bins=bins).expected_error
            for label in range(predictions.n_classes)
        ]
    )


def calibration_replicates(predictions: Predictions, weights: np.ndarray, *, bins: int = BINS) -> np.ndarray:
    """Return the expected calibration error (equal width) under weights ``(n, resamples)``: ``(resamples,)``."""
    place = place_in_bins(predictions.confidence, np.linspace(0, 1, bins + 1))
    gap = predictions.confidence - predictions.correct
    order = np.argsort(place, kind="stable")
    starts = np.flatnonzero(np.diff(place[order], prepend=-1))
    summed = np.add.reduceat((weights * gap[:, None])[order], starts, axis=0)
    return np.abs(summed).sum(axis=0) / weights.sum(axis=0)
