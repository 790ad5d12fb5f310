"""Many tests at once: what is left of a small p-value when it is the smallest of many."""

from __future__ import annotations

import numpy as np


def holm(probabilities: np.ndarray) -> np.ndarray:
    """Return probabilities ``(m,)`` corrected for ``m`` tests by Holm's step-down method.

    References
    ----------
    Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979) 65.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    m = len(probabilities)
    order = np.argsort(probabilities, kind="stable")
    stepped = np.maximum.accumulate(probabilities[order] * (m - np.arange(m)))
    corrected = np.empty(m)
    corrected[order] = np.minimum(stepped, 1)
    return corrected
