"""Shares of images with their intervals, whether images are independent of each other or come in groups (patients, slides)."""

from __future__ import annotations

import math

import numpy as np

from giemsa.evaluation.intervals import Score, wilson


def score_share(hits: np.ndarray, groups: np.ndarray | None = None) -> Score:
    """Return the share of ``hits`` with Wilson's interval for the effective number of images.

    Parameters
    ----------
    hits : ``(n,)`` booleans.
    groups : ``(n,)``, images of one patient or slide share one; all are independent if not given.

    Returns
    -------
    Score : the share is ``nan`` without images, the interval also with fewer than two groups.

    Examples
    --------
    >>> right, patients = np.ones(200, dtype=bool), np.arange(200) // 40
    >>> round(score_share(right).low, 3), round(score_share(right, patients).low, 3)
    (0.981, 0.566)
    """
    value = float(hits.mean()) if len(hits) else math.nan
    return Score(value, *wilson(value, effective_number(hits, groups)), n=len(hits))


def effective_number(hits: np.ndarray, groups: np.ndarray | None = None) -> float:
    """Return how many independent images would tell the share of ``hits`` as exactly as these images do.

    Without groups it is their number. With groups it is the number for which the binomial variance is that between groups, at
    most the number of images; where groups do not differ at all, as where all is right, it is the number of groups.

    Parameters
    ----------
    hits : ``(n,)`` booleans.
    groups : ``(n,)``.

    Returns
    -------
    float : ``nan`` with fewer than two groups, which cannot say how much groups differ.

    References
    ----------
    Korn and Graubard, Confidence intervals for proportions with small expected number of positive counts estimated from survey
    data, Survey Methodology 24 (1998); the variance is that of a ratio, linearised.
    """
    if groups is None:
        return float(len(hits))
    n_groups = count_units(groups, np.ones(len(hits), dtype=bool))
    if math.isnan(n_groups):
        return math.nan
    value = float(hits.mean())
    sums = np.bincount(np.unique(groups, return_inverse=True)[1].ravel(), weights=hits - value)
    variance = float((sums**2).sum()) * n_groups / (n_groups - 1) / len(hits) ** 2
    if variance < 1e-12 or not 0 < value < 1:
        return n_groups
    return min(value * (1 - value) / variance, float(len(hits)))


def count_units(groups: np.ndarray | None, chosen: np.ndarray) -> float:
    """Return the number of independent units among the images ``chosen`` ``(n,)``: images, or groups where they are known.

    Fewer than two groups cannot say how much groups differ: then it is ``nan``.
    """
    if groups is None:
        return float(chosen.sum())
    found = len(np.unique(groups[chosen]))
    return float(found) if found >= 2 else math.nan
