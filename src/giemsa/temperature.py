"""How certain may a network be? What its logits are divided by before they become probabilities, and what those cost.

The order of the classes stays; above 1 a temperature makes less certain, below 1 more.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return probabilities over the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def log_losses(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Minus the logarithm of the true class's probability, one an image ``(n,)``, in nats.

    Probabilities are first brought into ``eps`` to ``1 - eps`` with the ``eps`` of ``float64``, as scikit-learn does, so
    that a certain mistake costs 36 and not infinity.
    """
    given = probabilities[np.arange(len(labels)), labels]
    eps = np.finfo(np.float64).eps
    return -np.log(np.clip(given, eps, 1 - eps))


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Find the temperature with the lowest log loss.

    Where the classifier is right about every image, the loss would fall without end as it grows more certain. Half a mistake in
    ``n`` images is assumed then: the true class is wanted with ``(n + 1/2) / (n + 1)``, the others share the rest.

    Parameters
    ----------
    logits : ``(n, classes)``, or ``(views, n, classes)`` whose probabilities are averaged after the softmax;
        logarithms of probabilities do as well.
    labels : ``(n,)``; images that the training did not see.

    Returns
    -------
    float : between 0.05 and 20; 1 changes nothing.

    References
    ----------
    Guo et al., On calibration of modern neural networks, ICML 2017, section 4.2.
    Platt, Probabilistic outputs for support vector machines, Advances in Large Margin Classifiers, 2000, section 2.2, for the
    targets where there is no mistake.

    Examples
    --------
    >>> round(fit_temperature(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([1, 0])), 3)  # 1 / log(5)
    0.621
    """
    views = logits[None] if logits.ndim == 2 else logits
    views = np.asarray(views, dtype=np.float64)
    averaged = softmax(views).mean(axis=0)
    mistaken = averaged[np.arange(len(labels)), labels] < averaged.max(axis=1)
    mean_loss = _hard_loss if mistaken.any() else _soft_loss
    return float(np.exp(_lowest(lambda t: mean_loss(views / np.exp(t), labels), np.log(0.05), np.log(20))))


def _hard_loss(views: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean log loss of logits ``(views, n, classes)``."""
    return float(log_losses(labels, softmax(views).mean(axis=0)).mean())


def _soft_loss(views: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean cross-entropy of logits ``(views, n, classes)`` against labels of which half a one is wrong."""
    n, n_classes = views.shape[1:]
    wrong = 1 / (2 * n + 2)
    targets = np.full((n, n_classes), wrong / max(n_classes - 1, 1))
    targets[np.arange(n), labels] = 1 - wrong
    logarithms = views - np.logaddexp.reduce(views, axis=2, keepdims=True)
    averaged = np.logaddexp.reduce(logarithms, axis=0) - np.log(len(views))
    return float(-(targets * averaged).sum(axis=1).mean())


def _lowest(function: Callable[[float], float], low: float, high: float, *, width: float = 1e-5) -> float:
    """Return where a function of one valley is lowest, by golden sections; on a level floor, its right end.

    Written out, since SciPy would add some thirty megabytes to a training that tries symmetries.
    """
    golden = (np.sqrt(5) - 1) / 2
    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, at_right = function(left), function(right)
    while high - low > width:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = low + high - right
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + high - left
            at_right = function(right)
    return (low + high) / 2


def log_losses_at_best(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the log loss of each image ``(n,)`` at the temperature that makes their mean least.

    So networks are compared by what they know, however certain their training let them be.

    Examples
    --------
    >>> logits, labels = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [1.0, 0.0]]), np.array([0, 0, 1, 1])
    >>> once, doubled = (log_losses_at_best(factor * logits, labels) for factor in (1, 2))
    >>> bool(np.allclose(once, doubled, atol=1e-4))
    True
    """
    return log_losses(labels, softmax(logits / fit_temperature(logits, labels)))
