"""A mean with its 95 % interval: bootstrap over images, as wide as so few of them ask for."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from giemsa.evaluation.intervals import LEVEL, Score

Mean = Score  # of some values: told as every score is


def mean_interval(values: np.ndarray, *, seed: int = 0, resamples: int = 1000) -> Mean:
    """Return the mean of ``values`` ``(n,)`` and its 95 % interval from the bootstrap's expanded percentiles.

    Rows are resampled whole where ``values`` is ``(n, k)``: they belong together. The plain percentiles of eight values cover
    their mean in 82 to 89 of 100 samples, those of twenty in 89 to 92; expanded as Student's t asks, in 88 to 94 and 91 to 95.

    References
    ----------
    Hesterberg, What teachers should know about the bootstrap, The American Statistician 69 (2015), section 4.3.

    Examples
    --------
    >>> mean_interval(np.array([0.5, 0.5, 0.5]))
    Score(value=0.5, low=0.5, high=0.5, n=3)
    """
    n = len(values)
    if n == 0:
        return Mean(float("nan"), float("nan"), float("nan"), 0)
    rows = np.asarray(values, dtype=np.float64).reshape(n, -1).mean(axis=1)
    draws = np.random.default_rng(seed).integers(n, size=(resamples, n))
    tail = _tail(n)
    low, high = np.quantile(rows[draws].mean(axis=1), [tail, 1 - tail])
    return Mean(float(rows.mean()), float(low), float(high), n)


def _tail(n: int) -> float:
    """Return the part of the bootstrap's distribution of ``n`` values that is left out on each side."""
    if n < 2:
        return 0.0
    outer = (1 + LEVEL) / 2
    return float(stats.norm.sf(math.sqrt(n / (n - 1)) * stats.t.ppf(outer, n - 1)))
