"""Label errors by confident learning: which images does a network, that never saw them, call by another name, and is it sure?

A class's threshold is the mean probability that its own images get. An image labelled *i* whose probability for another class
*j* reaches the threshold of *j* counts as "labelled i, truly j". These counts, brought to the sizes of the classes, estimate the
joint distribution of given and true labels. A network's own mistakes count as label errors too, so that the estimate is seldom
too low, but no bound.

Images are ranked by the probability of their given label, weighed by how often each class is called by each other's name:
mistakes are seldom spread evenly, they go to the class that looks alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from giemsa.errors import PredictionError

SUREST = 0.25  # share of the images guessed to be of a class by which its mislabelling is counted


@dataclass(frozen=True, eq=False)
class LabelErrors:
    """What out-of-fold probabilities say about the labels.

    Parameters
    ----------
    scores : ``(n,)``, 0 to 1: how well the given label fits; suspects have the lowest, images that were not judged 1.
    suggested : ``(n,)`` the class that fits best.
    suspects : ``(m,)`` places of the images to look at, worst first.
    joint : ``(classes, classes)`` estimated number of the images judged by given (row) and true label (column).
    thresholds : ``(classes,)`` mean probability of a class over its own images judged; ``nan`` for a class without any.
    """

    scores: np.ndarray
    suggested: np.ndarray
    suspects: np.ndarray
    joint: np.ndarray
    thresholds: np.ndarray

    @property
    def estimated_by_class(self) -> np.ndarray:
        """Estimated number of wrong labels among the images given each class, ``(classes,)``."""
        return self.joint.sum(axis=1) - np.diag(self.joint)

    @property
    def estimated_count(self) -> float:
        """Estimated number of wrong labels in all."""
        return float(self.estimated_by_class.sum())


def find_label_errors(
    labels: np.ndarray, probabilities: np.ndarray, *, judged: np.ndarray | None = None
) -> LabelErrors:
    """Find images whose label a network doubts that has not seen them.

    Parameters
    ----------
    labels : ``(n,)`` given labels.
    probabilities : ``(n, classes)`` of a network for which each image was held out; rows sum to one.
    judged : ``(n,)`` of truth values, which images to judge; all if not given. The labels of the others are taken to be right:
        a network that never saw a class cannot doubt it.

    Returns
    -------
    LabelErrors : scores, suggestions, suspects and estimated counts.

    Raises
    ------
    PredictionError : probabilities that are not finite or of another shape, or labels outside the classes.

    References
    ----------
    Northcutt, Jiang and Chuang, Confident learning: estimating uncertainty in dataset labels, JAIR 70 (2021) 1373,
    equations 1 to 3.

    Examples
    --------
    >>> labels = np.array([0, 0, 0, 1, 1, 1])
    >>> sure = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.1, 0.9], [0.2, 0.8], [0.1, 0.9]])
    >>> find_label_errors(labels, sure).suspects.tolist()
    [2]
    """
    check_probabilities(labels, probabilities)
    places = np.arange(len(labels)) if judged is None else np.flatnonzero(judged)
    given, outside = labels[places], probabilities[places]
    thresholds = class_thresholds(given, outside)
    confident = confident_classes(outside, thresholds)
    scores, suggested = np.ones(len(labels)), labels.copy()
    scores[places], suggested[places] = label_scores(given, outside)
    suspects = places[(confident >= 0) & (confident != given) & (suggested[places] != given)]
    return LabelErrors(
        scores=scores,
        suggested=suggested,
        suspects=suspects[np.argsort(scores[suspects], kind="stable")],
        joint=estimate_joint(given, confident, probabilities.shape[1]),
        thresholds=thresholds,
    )


def check_probabilities(labels: np.ndarray, probabilities: np.ndarray) -> None:
    """Refuse what cannot be judged; see :func:`find_label_errors`."""
    if probabilities.ndim != 2 or len(probabilities) != len(labels):
        raise PredictionError(
            f"label errors need one row of probabilities an image: got {probabilities.shape} for {len(labels)} labels"
        )
    bad = np.flatnonzero(~np.isfinite(probabilities).all(axis=1))
    if len(bad):
        raise PredictionError(
            f"{len(bad)} of {len(labels)} rows of probabilities are not finite, the first is row {bad[0]}: "
            "leave those images out or train again with a lower learning rate"
        )
    if len(labels) and not 0 <= labels.min() <= labels.max() < probabilities.shape[1]:
        raise PredictionError(
            f"labels run from {labels.min()} to {labels.max()}, "
            f"but there are probabilities for {probabilities.shape[1]} classes"
        )


def class_thresholds(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the mean probability of each class over the images that bear it (equation 2); ``nan`` where none does."""
    counts = np.bincount(labels, minlength=probabilities.shape[1])
    own = probabilities[np.arange(len(labels)), labels]
    sums = np.bincount(labels, weights=own, minlength=probabilities.shape[1])
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def confident_classes(probabilities: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Return the most probable of the classes that reach their threshold, ``(n,)``; -1 where none does (equation 1)."""
    with np.errstate(invalid="ignore"):
        reached = probabilities >= thresholds
    best = np.where(reached, probabilities, -1.0).argmax(axis=1)
    return np.where(reached.any(axis=1), best, -1)


def estimate_joint(labels: np.ndarray, confident: np.ndarray, n_classes: int) -> np.ndarray:
    """Return the estimated number of images by given and true label (equation 3, times n).

    Each row of the confident counts is brought to the number of images that bear its label; a class of which no image is
    confident is taken to be right.
    """
    counts = np.zeros((n_classes, n_classes))
    sure = confident >= 0
    np.add.at(counts, (labels[sure], confident[sure]), 1)
    totals = np.bincount(labels, minlength=n_classes)
    silent = counts.sum(axis=1) == 0
    counts[silent, silent.nonzero()[0]] = 1
    return counts / counts.sum(axis=1, keepdims=True) * totals[:, None]


def label_scores(labels: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how well each given label fits, 0 to 1, and the class that fits best.

    The score is the probability of the given label against that of all others, where each other class counts by how often its
    images get this label (:func:`mislabelling_rates`). Where all mistakes are equally frequent it is the probability of the given
    label itself (self-confidence); where monocytes are often called granulocytes, a granulocyte like a monocyte is suspected
    before one that is merely blurred.
    """
    places = np.arange(len(labels))
    own = probabilities[places, labels]
    others = probabilities.copy()
    others[places, labels] = -1.0
    best_other = others.argmax(axis=1)
    weighted = probabilities * mislabelling_rates(labels, probabilities)[labels]
    against = weighted.sum(axis=1) - weighted[places, labels]
    scores = own / np.maximum(own + against, np.finfo(np.float64).tiny)
    return scores, np.where(own >= others[places, best_other], labels, best_other)


def mislabelling_rates(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return how often a class's images get each other label, as a multiple of the mean rate; ones on the diagonal.

    Counted on the images of which the network is surest, whose true class is hardly in doubt, and drawn towards one as far as the
    counts differ no more than chance would have them (chi-square).

    Parameters
    ----------
    labels : ``(n,)`` given labels.
    probabilities : ``(n, classes)`` of a network for which each image was held out.

    Returns
    -------
    np.ndarray : ``(classes, classes)``, given (row) by true class (column), at least 0.

    References
    ----------
    Patrini et al., Making deep neural networks robust to label noise: a loss correction approach, CVPR 2017, section 4.1.
    """
    n_classes = probabilities.shape[1]
    counts = np.zeros((n_classes, n_classes))
    guesses = probabilities.argmax(axis=1)
    for true in range(n_classes):
        guessed = np.flatnonzero(guesses == true)
        order = np.argsort(-probabilities[guessed, true], kind="stable")
        surest = guessed[order[: math.ceil(SUREST * len(guessed))]]
        counts[:, true] = np.bincount(labels[surest], minlength=n_classes)
    wrong = ~np.eye(n_classes, dtype=bool) & (counts.sum(axis=0) > 0)
    if not counts[wrong].any():
        return np.ones((n_classes, n_classes))
    mean_rate = counts[wrong].sum() / counts.sum() / (n_classes - 1)
    expected = (counts.sum(axis=0) * mean_rate * np.ones((n_classes, 1)))[wrong]
    excess = ((counts[wrong] - expected) ** 2 / expected).sum()
    trust = max(0.0, 1 - wrong.sum() / max(excess, 1.0))
    rates = np.ones((n_classes, n_classes))
    rates[wrong] += trust * (counts[wrong] / expected - 1)
    return rates
