"""Shares of images with their intervals, whether images are independent of each other or come in groups (patients, slides)."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from giemsa.evaluation.intervals import LEVEL, Score, wilson

HALF_A_MISTAKE = 0.5
# What a mistake takes from n times a score that is no share of images: at accuracies of .7 to .98 of an AUC .18 to .015, of a
# log loss 2.3 to 2.6 nats in the mean and 2.6 to 3.3 as root mean square, which is what the variance of a difference asks for.
COSTS = {"auc": 0.2, "log_loss": 3.0}
# What Wilson's interval of a single score takes, of the worst mistake that there is, for the mean and the variance of half a
# mistake alike; they are alike only where each mistake is the worst, as in a share. For a log loss, whose worst costs 36, half
# of 3 in 36 would be .04. But with .02 intervals hold in 95 to 100 of 100 (2 to 20 patients of 20 images, accuracies of .7 to
# .98, ICC of 0 to .6), with .04 they are up to 1.7 times as wide, and with mean and variance each for itself they hold in as
# few as 82.
PARTS = {"auc": HALF_A_MISTAKE * COSTS["auc"], "log_loss": 0.02}


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

    Without groups it is their number. With groups it is the number for which the binomial variance is that between groups, with
    two allowances. Student's t makes up for how little few groups tell of that variance. And half a mistake is added that goes
    through a whole group, since three single mistakes are no proof that mistakes never come together. So where all is right
    it is the number of groups, and it comes near that of images only where many groups say so.

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
    data, Survey Methodology 24 (1998), equation of the effective number and its degrees of freedom; the variance is that of a
    ratio, linearised. ``benchmarks/intervals_of_groups.py`` measures what the intervals cover.
    """
    if groups is None:
        return float(len(hits))
    _, place, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if len(sizes) < 2:
        return math.nan
    n, value, n_groups = len(hits), float(hits.mean()), _alike(sizes)
    sums = np.bincount(place.ravel(), weights=hits - value)
    between = len(sizes) / (len(sizes) - 1) * float((sums**2).sum()) / n**2
    binomial = value * (1 - value)
    variance = max(between, binomial / n) * (_student(n_groups) / _student(n)) ** 2
    return (binomial + HALF_A_MISTAKE / n) / (variance + HALF_A_MISTAKE / (n * n_groups))


def doubt_of(units: np.ndarray) -> float:
    """Return what the bootstrap's variance is multiplied by, since few units hardly tell how much units differ.

    It is too small by one unit in their number, and Student's t, of one degree of freedom fewer than there are units, takes the
    place of the normal quantile. Units of unequal size count as the smaller number of equal ones that weigh as much.

    Parameters
    ----------
    units : ``(n,)``, the group of each image, or its own number where images are independent.

    Returns
    -------
    float : 1 or more; ``nan`` of fewer than two units.

    References
    ----------
    Kish, Survey Sampling, 1965, for the effective number; Korn and Graubard as in :func:`effective_number`.

    Examples
    --------
    >>> round(doubt_of(np.arange(200) % 10), 2), round(doubt_of(np.arange(200)), 2)
    (1.48, 1.02)
    """
    sizes = np.unique(units, return_counts=True)[1]
    if len(sizes) < 2:
        return math.nan
    return len(sizes) / (len(sizes) - 1) * (_student(_alike(sizes)) / _student(math.inf)) ** 2


def _alike(sizes: np.ndarray) -> float:
    """Return how many groups of one size would weigh as much as these."""
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def _student(number: float) -> float:
    """Return the quantile of Student's t for so many independent numbers."""
    return float(stats.t.ppf((1 + LEVEL) / 2, max(number - 1, 1)))


def count_units(groups: np.ndarray | None, chosen: np.ndarray) -> float:
    """Return the number of independent units among the images ``chosen`` ``(n,)``: images, or groups where they are known.

    Groups of unequal size count as the smaller number of equal ones that weigh as much. Fewer than two groups cannot say how
    much groups differ: then it is ``nan``.
    """
    if groups is None:
        return float(chosen.sum())
    sizes = np.unique(groups[chosen], return_counts=True)[1]
    return _alike(sizes) if len(sizes) >= 2 else math.nan
