"""What is gained when the least certain images are handed to a human."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from giemsa.evaluation.intervals import Score
from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.shares import score_share

HANDED_OVER = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2)


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """Mistakes among the images that are kept, for every threshold of certainty.

    Parameters
    ----------
    thresholds : ``(m,)``, falling: an image is kept whose certainty is at least this.
    coverage : ``(m,)``, share of images kept, rising to 1.
    risk : ``(m,)``, share of mistakes among them.
    predictions : of all images.
    area : mean risk over all coverages (AURC); lower is better.
    best_area : what a certainty that puts every mistake last would reach.
    """

    thresholds: np.ndarray
    coverage: np.ndarray
    risk: np.ndarray
    predictions: Predictions
    area: float
    best_area: float

    @property
    def n(self) -> int:
        """Number of images."""
        return len(self.predictions)

    def keep(self, handed_over: float) -> tuple[float, Score]:
        """Return the threshold that hands over at least this share, and the accuracy of the rest.

        Where nothing would be left, the accuracy is ``nan``.
        """
        fitting = np.flatnonzero(self.coverage <= 1 - handed_over + 1e-12)
        if not len(fitting):
            return math.inf, Score(math.nan, math.nan, math.nan, 0)
        threshold = float(self.thresholds[fitting[-1]])
        kept = self.predictions.subset(self.predictions.confidence >= threshold)
        return threshold, score_share(kept.correct, kept.groups)

    def needed_for(self, accuracy: float) -> float:
        """Return the smallest share to hand over so that the rest is at least this accurate; ``nan`` if none is."""
        good = np.flatnonzero(self.risk <= 1 - accuracy + 1e-12)
        return float(1 - self.coverage[good[-1]]) if len(good) else math.nan

    def to_json(self) -> dict[str, object]:
        """Return a table of shares that are asked for and handed over, more where images are equally certain, and the areas."""
        rows = []
        for share in HANDED_OVER:
            threshold, accuracy = self.keep(share)
            least = threshold if math.isfinite(threshold) else None
            rows.append(
                {
                    "asked": share,
                    "handed_over": 1 - accuracy.n / self.n,
                    "least_certainty": least,
                    "accuracy": accuracy.to_json(),
                }
            )
        needed = self.needed_for(0.99)
        return {
            "table": rows,
            "handed_over_for_99_percent": None if math.isnan(needed) else needed,
            "area": self.area,
            "best_area": self.best_area,
        }


def risk_coverage(predictions: Predictions) -> RiskCoverage:
    """Sort images by certainty and count the mistakes among those kept; images of equal certainty are kept together.

    References
    ----------
    Geifman and El-Yaniv, Selective classification for deep neural networks, NeurIPS 2017.
    Geifman, Uziel and El-Yaniv, Bias-reduced uncertainty estimation for deep neural classifiers, ICLR 2019 (the area).

    Examples
    --------
    >>> from giemsa.evaluation.predictions import check_predictions
    >>> risk_coverage(check_predictions([0, 0], [[0.9, 0.1], [0.4, 0.6]])).risk.tolist()
    [0.0, 0.5]
    """
    certainty, wrong = predictions.confidence, ~predictions.correct
    thresholds, step = np.unique(-certainty, return_inverse=True)
    kept = np.cumsum(np.bincount(step.reshape(-1)))
    mistakes = np.cumsum(np.bincount(step.reshape(-1), weights=wrong))
    risk, coverage = mistakes / kept, kept / len(predictions)
    share = np.diff(coverage, prepend=0)
    return RiskCoverage(
        thresholds=-thresholds,
        coverage=coverage,
        risk=risk,
        predictions=predictions,
        area=float((risk * share).sum()),
        best_area=_best_area(len(predictions), int(wrong.sum())),
    )


def _best_area(n: int, mistakes: int) -> float:
    kept = np.arange(1, n + 1)
    return float((np.maximum(kept - (n - mistakes), 0) / kept).mean())
