"""The scores: each a formula on a confusion matrix or on one image's probabilities.

The functions of a confusion matrix take any number of leading axes, so that one formula serves the value and its
2,000 resamples alike. Undefined is ``nan``, never a silent 0; a mean over classes leaves out the classes where its score is
undefined, as scikit-learn does with ``zero_division=nan``.
"""

from __future__ import annotations

import numpy as np


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, n_classes: int) -> np.ndarray:
    """Count images by true class (row) and predicted class (column).

    Parameters
    ----------
    labels, predicted : ``(n,)`` whole numbers from 0 to ``n_classes - 1``.
    n_classes : number of rows and columns.

    Returns
    -------
    np.ndarray : ``(n_classes, n_classes)``, ``int64``.

    Examples
    --------
    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    cells = np.bincount(labels * n_classes + predicted, minlength=n_classes * n_classes)
    return cells.reshape(n_classes, n_classes)


def accuracy(confusion: np.ndarray) -> np.ndarray:
    """Share of images on the diagonal of ``(..., k, k)``."""
    return ratio(_hits(confusion).sum(axis=-1), confusion.sum(axis=(-2, -1)))


def recalls(confusion: np.ndarray) -> np.ndarray:
    """Of each true class, the share that was found, ``(..., k)``; also called sensitivity."""
    return ratio(_hits(confusion), confusion.sum(axis=-1))


def precisions(confusion: np.ndarray) -> np.ndarray:
    """Of each predicted class, the share that is right, ``(..., k)``."""
    return ratio(_hits(confusion), confusion.sum(axis=-2))


def f1_scores(confusion: np.ndarray) -> np.ndarray:
    """Harmonic mean of precision and recall of each class, ``(..., k)``: twice the hits over true plus predicted."""
    return ratio(2 * _hits(confusion), confusion.sum(axis=-1) + confusion.sum(axis=-2))


def specificities(confusion: np.ndarray) -> np.ndarray:
    """Of the images of all other classes, the share not taken for this one, ``(..., k)``."""
    others = confusion.sum(axis=(-2, -1))[..., None] - confusion.sum(axis=-1)
    false_alarms = confusion.sum(axis=-2) - _hits(confusion)
    return ratio(others - false_alarms, others)


def balanced_accuracy(confusion: np.ndarray) -> np.ndarray:
    """Unweighted mean of the recalls of the classes that occur."""
    return class_mean(recalls(confusion))


def weighted_mean(values: np.ndarray, confusion: np.ndarray) -> np.ndarray:
    """Mean of ``values`` ``(..., k)`` weighted by how often each true class occurs; ``nan`` values are left out."""
    support = np.where(np.isnan(values), 0, confusion.sum(axis=-1))
    return ratio((np.nan_to_num(values) * support).sum(axis=-1), support.sum(axis=-1))


def matthews_correlation(confusion: np.ndarray) -> np.ndarray:
    """Correlation of truth and prediction, -1 to 1; ``nan`` where either is constant.

    References
    ----------
    Gorodkin, Comparing two K-category assignments by a K-category correlation coefficient, Comput. Biol. Chem. 28 (2004).
    """
    true, said = confusion.sum(axis=-1).astype(float), confusion.sum(axis=-2).astype(float)
    total, hits = true.sum(axis=-1), _hits(confusion).sum(axis=-1)
    covariance = hits * total - (true * said).sum(axis=-1)
    spread = (total**2 - (true**2).sum(axis=-1)) * (total**2 - (said**2).sum(axis=-1))
    return ratio(covariance, np.sqrt(spread))


def cohen_kappa(confusion: np.ndarray) -> np.ndarray:
    """Agreement beyond chance, at most 1; ``nan`` where truth and prediction are one and the same single class.

    References
    ----------
    Cohen, A coefficient of agreement for nominal scales, Educ. Psychol. Meas. 20 (1960).
    """
    total = confusion.sum(axis=(-2, -1)).astype(float)
    chance = (confusion.sum(axis=-1).astype(float) * confusion.sum(axis=-2)).sum(axis=-1)
    return ratio(_hits(confusion).sum(axis=-1) * total - chance, total**2 - chance)


def brier_scores(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Squared distance between probabilities and truth, one an image ``(n,)``.

    With two classes it is halved, 0 to 1; with more it is the sum over classes, 0 to 2 (both as in scikit-learn).

    References
    ----------
    Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review 78 (1950).
    """
    truth = np.zeros_like(probabilities)
    truth[np.arange(len(labels)), labels] = 1
    summed = ((probabilities - truth) ** 2).sum(axis=1)
    return summed / 2 if probabilities.shape[1] == 2 else summed


def class_mean(values: np.ndarray) -> np.ndarray:
    """Unweighted mean over the last axis without its ``nan`` values; ``nan`` where nothing is left."""
    known = ~np.isnan(values)
    return ratio(np.where(known, values, 0).sum(axis=-1), known.sum(axis=-1))


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Divide; ``nan`` where the denominator is 0."""
    numerator, denominator = np.broadcast_arrays(
        np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    )
    quotient = np.full(denominator.shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient


def _hits(confusion: np.ndarray) -> np.ndarray:
    return np.diagonal(confusion, axis1=-2, axis2=-1)
