"""Two classifiers on the same images: is the one better, and by how much?

Only the images on which one is right and the other wrong tell them apart. Near an accuracy of 1 they are few, and the percentile
bootstrap then calls four of them, all one way, a difference. The intervals and the tests here do not.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from giemsa.evaluation.intervals import LEVEL, balanced_wilson, wilson


def newcombe(
    right: np.ndarray, also: np.ndarray, *, labels: np.ndarray | None = None, level: float = LEVEL
) -> tuple[float, float]:
    """Return Newcombe's interval for the difference of two shares of the same images, second minus first.

    Parameters
    ----------
    right, also : ``(n,)`` booleans, what the first and the second get right.
    labels : ``(n,)``; where they are given the shares are taken in each class and averaged, as balanced accuracies are.
    level : probability with which the interval covers the truth.

    References
    ----------
    Newcombe, Improved confidence intervals for the difference between binomial proportions based on paired data, Statistics in
    Medicine 17 (1998) 2635, method 10: Wilson's intervals of both shares, put together with their correlation.
    Zou and Donner, Construction of confidence limits about effect measures, Statistics in Medicine 27 (2008) 1693, for other
    estimates than shares: here with the intervals that balanced accuracies have alone.

    Examples
    --------
    >>> first, second = np.repeat([[1, 1, 0, 0], [1, 0, 1, 0]], [1, 1, 7, 12], axis=1).astype(bool)  # Bentur et al., 2009
    >>> [round(limit, 3) for limit in newcombe(first, second)]
    [0.026, 0.507]
    """
    weights = _weights(len(right), labels)
    before, after = float(weights @ right), float(weights @ also)
    low_before, high_before = _limits(right, before, labels, level)
    low_after, high_after = _limits(also, after, labels, level)
    correlation = _correlation(right, also, weights, labels)

    def reach(one: float, other: float) -> float:
        return math.sqrt(max(one**2 - 2 * correlation * one * other + other**2, 0.0))

    difference = after - before
    low = difference - reach(after - low_after, high_before - before)
    return low, difference + reach(high_after - after, before - low_before)


def difference_interval(
    difference: float, *, losses: float, variance: float, unseen: float, level: float = LEVEL
) -> tuple[float, float]:
    """Return the interval of a difference of scores whose error grows with what the two lose.

    A good classifier loses little in most samples and much in a few, where a hard patient was drawn. In the others the
    difference is too small, and so is its variance: of ten patients such intervals hold in 70 to 90 of 100. So, as in Wilson's
    interval, the variance is that at the limit. It is taken to grow in proportion to the losses, which at a distance ``x`` from
    the difference are larger by ``x``.

    Parameters
    ----------
    difference : of the two scores.
    losses : of both together, such as two less the sum of their accuracies.
    variance : of the difference, where the losses are what they are.
    unseen : variance of what these images had no occasion to show, so that two who never differed here may elsewhere.
    level : probability with which the interval covers the truth.

    References
    ----------
    Wilson as in :func:`giemsa.evaluation.intervals.wilson`. ``benchmarks/intervals_of_groups.py --differences`` measures what
    the intervals cover.

    Examples
    --------
    >>> [round(limit, 3) for limit in difference_interval(0.05, losses=0.15, variance=0.02**2, unseen=0)]
    [0.005, 0.095]
    """
    z = float(stats.norm.ppf((1 + level) / 2))
    growth = z * z * variance / losses if losses > 0 else 0.0
    reach = (growth + math.sqrt(growth**2 + 4 * z * z * (variance + unseen))) / 2
    return difference - reach, difference + reach


def _weights(n: int, labels: np.ndarray | None) -> np.ndarray:
    """Return what each image weighs in the share ``(n,)``: all alike, or all classes alike."""
    if labels is None:
        return np.full(n, 1 / n)
    counts = np.bincount(labels)
    return 1 / (np.count_nonzero(counts) * counts[labels])


def _limits(hits: np.ndarray, share: float, labels: np.ndarray | None, level: float) -> tuple[float, float]:
    """Return the interval of one share of ``hits`` ``(n,)``."""
    if labels is None:
        return wilson(share, len(hits), level=level)
    return balanced_wilson(np.bincount(labels, weights=hits), np.bincount(labels), level=level)


def _correlation(
    right: np.ndarray, also: np.ndarray, weights: np.ndarray, labels: np.ndarray | None
) -> float:
    """Return the correlation of the shares of two booleans ``(n,)``, corrected for continuity where it is positive.

    Of shares taken in each class it is that within the classes: that a class is hard for both is no doubt that they share.
    """
    of_class = np.zeros(len(right), dtype=np.int64) if labels is None else labels
    counts = np.maximum(np.bincount(of_class), 1)
    one, other = (hits - (np.bincount(of_class, weights=hits) / counts)[of_class] for hits in (right, also))
    if not one.any() or not other.any():
        return 0.0
    squares = weights**2
    covariance = float(squares @ (one * other))
    if covariance > 0:
        covariance = max(covariance - float(squares.sum()) / (2 * len(right)), 0.0)
    return covariance / math.sqrt(float(squares @ one**2) * float(squares @ other**2))


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the two-sided p-value of McNemar's exact test.

    Parameters
    ----------
    only_first, only_second : images that the one gets right and the other does not.

    References
    ----------
    McNemar, Note on the sampling error of the difference between correlated proportions, Psychometrika 12 (1947); exact form.

    Examples
    --------
    >>> mcnemar(0, 5)
    0.0625
    """
    discordant = only_first + only_second
    return float(stats.binomtest(only_first, discordant).pvalue) if discordant else 1.0


def flip_groups(gaps: np.ndarray) -> float:
    """Return the two-sided p-value of McNemar's test where images come in groups: whole groups change sides.

    By chance alone each group's gap would as often be the other way. Of all the ways in which groups may change sides it is the
    share in which the sum is as far from 0. Where each group is one image it is McNemar's exact test.

    Parameters
    ----------
    gaps : ``(groups,)`` whole numbers, images of the group that only the second gets right less those that only the first does.

    Examples
    --------
    >>> flip_groups(np.ones(5, dtype=int)), flip_groups(np.array([3, 2]))
    (0.0625, 0.5)
    """
    steps = np.abs(gaps[gaps != 0])
    chances = np.ones(1)  # of the sums -total, ..., total
    for step in steps:
        wider = np.zeros(len(chances) + 2 * int(step))
        wider[: len(chances)] += chances / 2
        wider[len(wider) - len(chances) :] += chances / 2
        chances = wider
    total = int(steps.sum())
    as_far = np.abs(np.arange(-total, total + 1)) >= abs(int(gaps.sum()))
    return float(min(chances[as_far].sum(), 1.0))
