"""Enough data? Errors on fractions of the training images, a power law through them, and where it leads with twice as many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

EXPONENTS = np.linspace(0.1, 1.5, 57)


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """Errors by number of training images, and their extrapolation.

    Parameters
    ----------
    sizes : ``(points,)`` training images.
    errors : ``(points,)`` share of held-out images named wrongly, 0 to 1.
    held_out : number of images that each error is measured on.
    target : number of training images extrapolated to.
    expected, low, high : error expected there and its 95 % interval.
    gain_low, gain_high : 95 % interval of the accuracy gained over the largest size measured.
    """

    sizes: np.ndarray
    errors: np.ndarray
    held_out: int
    target: int
    expected: float
    low: float
    high: float
    gain_low: float
    gain_high: float

    @property
    def gain(self) -> float:
        """Accuracy gained from the largest size measured to ``target``, by the fitted curve."""
        return float(self.fitted(self.sizes[-1:])[0] - self.expected)

    def fitted(self, sizes: np.ndarray) -> np.ndarray:
        """Return the fitted error at each of ``sizes``."""
        return predict_power_law(fit_power_law(self.sizes, self.errors, self.held_out), sizes)


def extrapolate(
    sizes: np.ndarray, errors: np.ndarray, *, held_out: int, target: int, seed: int = 0, resamples: int = 300
) -> LearningCurve:
    """Fit ``error = floor + scale * size ** -exponent`` and follow it to ``target`` images.

    Parameters
    ----------
    sizes : ``(points,)`` training images, three different ones at least.
    errors : ``(points,)`` share of wrong answers at each.
    held_out : number of images that each error was measured on.
    target : where to look.
    seed : source of the resamples.
    resamples : parametric resamples: binomial noise of the held-out images and the scatter of the points about the curve.

    Returns
    -------
    LearningCurve : with an interval that holds if the law goes on to hold; no data can promise that.

    References
    ----------
    Hestness et al., Deep learning scaling is predictable, empirically, arXiv 1712.00409 (2017).

    Examples
    --------
    >>> sizes = np.array([500, 1000, 2000, 4000])
    >>> curve = extrapolate(sizes, 2 * sizes ** -0.5, held_out=100_000, target=8000)
    >>> round(curve.expected, 3)
    0.022
    """
    order = np.argsort(sizes, kind="stable")
    sizes, errors = np.asarray(sizes)[order], np.asarray(errors, dtype=np.float64)[order]
    law = fit_power_law(sizes, errors, held_out)
    curve = predict_power_law(law, sizes)
    scatter = np.sqrt(np.mean((errors - curve) ** 2) * len(sizes) / max(len(sizes) - 2, 1))
    noise = np.maximum(np.sqrt(curve * (1 - curve) / held_out), scatter)
    generator = np.random.default_rng(seed)
    ends, gains = [], []
    for _ in range(resamples):
        again = fit_power_law(sizes, np.clip(generator.normal(curve, noise), 0, 1), held_out)
        end, last = predict_power_law(again, np.array([target, sizes[-1]]))
        ends.append(end)
        gains.append(last - end)
    expected = float(predict_power_law(law, np.array([target]))[0])
    low, high = np.quantile(ends, [0.025, 0.975])
    gain_low, gain_high = np.quantile(gains, [0.025, 0.975])
    return LearningCurve(
        sizes,
        errors,
        held_out,
        target,
        expected,
        float(min(low, expected)),
        float(max(high, expected)),
        float(gain_low),
        float(gain_high),
    )


def fit_power_law(sizes: np.ndarray, errors: np.ndarray, held_out: int) -> tuple[float, float, float]:
    """Return floor, scale and exponent of the weighted least-squares fit; floor and scale are not negative."""
    weights = 1 / np.sqrt(np.maximum(errors * (1 - errors), 1 / held_out) / held_out)
    unit = sizes[-1]
    best = (np.inf, 0.0, 0.0, 1.0)
    for exponent in EXPONENTS:
        design = np.stack([np.ones(len(sizes)), (sizes / unit) ** -exponent], axis=1)
        (floor, scale), misfit = nnls(design * weights[:, None], errors * weights)
        best = min(best, (misfit, floor, scale * unit**exponent, exponent))
    return best[1], best[2], best[3]


def predict_power_law(law: tuple[float, float, float], sizes: np.ndarray) -> np.ndarray:
    """Return the error at each of ``sizes`` under ``law`` (floor, scale, exponent), at most 1."""
    floor, scale, exponent = law
    return np.minimum(floor + scale * np.asarray(sizes, dtype=np.float64) ** -exponent, 1.0)
