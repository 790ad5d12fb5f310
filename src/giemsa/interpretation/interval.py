"""A mean with the interval in which it would fall again: percentile bootstrap over images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Mean:
    """A mean of ``n`` values with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int

    def to_json(self) -> dict[str, float | int | None]:
        """Return a plain dict; a value that is not finite is None."""
        numbers = {"value": self.value, "low": self.low, "high": self.high}
        return {name: x if np.isfinite(x) else None for name, x in numbers.items()} | {"n": self.n}


def mean_interval(values: np.ndarray, *, seed: int = 0, resamples: int = 1000) -> Mean:
    """Return the mean of ``values`` ``(n,)`` and its 95 % percentile bootstrap interval.

    Rows are resampled whole where ``values`` is ``(n, k)``: they belong together.

    Examples
    --------
    >>> mean_interval(np.array([0.5, 0.5, 0.5]))
    Mean(value=0.5, low=0.5, high=0.5, n=3)
    """
    if len(values) == 0:
        return Mean(float("nan"), float("nan"), float("nan"), 0)
    rows = np.asarray(values, dtype=np.float64).reshape(len(values), -1).mean(axis=1)
    draws = np.random.default_rng(seed).integers(len(rows), size=(resamples, len(rows)))
    low, high = np.quantile(rows[draws].mean(axis=1), [0.025, 0.975])
    return Mean(float(rows.mean()), float(low), float(high), len(rows))
