"""A mean with the interval in which it would fall again: percentile bootstrap over images."""

from __future__ import annotations

import numpy as np

from giemsa.evaluation.intervals import Score

Mean = Score  # of some values: told as every score is


def mean_interval(values: np.ndarray, *, seed: int = 0, resamples: int = 1000) -> Mean:
    """Return the mean of ``values`` ``(n,)`` and its 95 % percentile bootstrap interval.

    Rows are resampled whole where ``values`` is ``(n, k)``: they belong together.

    Examples
    --------
    >>> mean_interval(np.array([0.5, 0.5, 0.5]))
    Score(value=0.5, low=0.5, high=0.5, n=3)
    """
    if len(values) == 0:
        return Mean(float("nan"), float("nan"), float("nan"), 0)
    rows = np.asarray(values, dtype=np.float64).reshape(len(values), -1).mean(axis=1)
    draws = np.random.default_rng(seed).integers(len(rows), size=(resamples, len(rows)))
    low, high = np.quantile(rows[draws].mean(axis=1), [0.025, 0.975])
    return Mean(float(rows.mean()), float(low), float(high), len(rows))
