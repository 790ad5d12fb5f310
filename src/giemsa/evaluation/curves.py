"""The points of ROC and precision-recall curves."""

from __future__ import annotations

import numpy as np

from giemsa.evaluation.scores import ratio

Curve = tuple[np.ndarray, np.ndarray]


def roc_curve(scores: np.ndarray, positive: np.ndarray) -> Curve:
    """Return false alarm shares and sensitivities as the threshold falls, each ``(m,)`` from 0 to 1.

    Parameters
    ----------
    scores : ``(n,)``, higher means more likely positive.
    positive : ``(n,)`` booleans; both arrays are empty where either kind is missing.

    Examples
    --------
    >>> across, up = roc_curve(np.array([0.9, 0.8, 0.1]), np.array([True, False, False]))
    >>> across.tolist(), up.tolist()
    ([0.0, 0.0, 0.5, 1.0], [0.0, 1.0, 1.0, 1.0])
    """
    found, alarms = _counts(scores, positive)
    if not found[-1] or not alarms[-1]:
        return np.empty(0), np.empty(0)
    return np.concatenate([[0], alarms / alarms[-1]]), np.concatenate([[0], found / found[-1]])


def precision_recall_curve(scores: np.ndarray, positive: np.ndarray) -> Curve:
    """Return recall and precision as the threshold falls, each ``(m,)``; empty where nothing is positive."""
    found, alarms = _counts(scores, positive)
    if not found[-1]:
        return np.empty(0), np.empty(0)
    return found / found[-1], ratio(found, found + alarms)


def _counts(scores: np.ndarray, positive: np.ndarray) -> Curve:
    _, step = np.unique(-scores, return_inverse=True)
    step = step.reshape(-1)
    return np.cumsum(np.bincount(step, weights=positive)), np.cumsum(np.bincount(step, weights=~positive))
