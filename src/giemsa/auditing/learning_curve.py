"""Enough data? Errors on fractions of the training images, a power law through them, and where it leads with twice as many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

EXPONENTS = np.linspace(0.1, 1.5, 57)


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """Errors by number of training images, and their extrapolation.

    Parameters
    ----------
    sizes : ``(points,)`` training images.
    errors : ``(points,)`` share of held-out images named wrongly, 0 to 1.
    held_out : number of images that each error is measured on.
    now : number of training images at hand; some of them were held out, so that none of the sizes reaches it.
    expected, low, high : error expected at ``target`` and its 95 % interval.
    gain_low, gain_high : 95 % interval of the accuracy gained from ``now`` to ``target``.
    """

    sizes: np.ndarray
    errors: np.ndarray
    held_out: int
    now: int
    expected: float
    low: float
    high: float
    gain_low: float
    gain_high: float

    @property
    def target(self) -> int:
        """Number of training images extrapolated to: twice as many as now."""
        return 2 * self.now

    @property
    def gain(self) -> float:
        """Accuracy gained from ``now`` to ``target``, by the fitted curve."""
        return float(self.fitted(np.array([self.now]))[0] - self.expected)

    def fitted(self, sizes: np.ndarray) -> np.ndarray:
        """Return the fitted error at each of ``sizes``."""
        return predict_power_law(fit_power_laws(self.sizes, self.errors[None], self.held_out)[0], sizes)


def extrapolate(
    sizes: np.ndarray, errors: np.ndarray, *, held_out: int, now: int, seed: int = 0, resamples: int = 300
) -> LearningCurve:
    """Fit ``error = floor + scale * size ** -exponent`` and follow it to twice the images that there are now.

    Parameters
    ----------
    sizes : ``(points,)`` training images, three different ones at least.
    errors : ``(points,)`` share of wrong answers at each.
    held_out : number of images that each error was measured on.
    now : number of training images at hand.
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
    >>> curve = extrapolate(sizes, 2 * sizes ** -0.5, held_out=100_000, now=4000)
    >>> round(curve.expected, 3)
    0.022
    """
    order = np.argsort(sizes, kind="stable")
    sizes, errors = np.asarray(sizes)[order], np.asarray(errors, dtype=np.float64)[order]
    law = fit_power_laws(sizes, errors[None], held_out)[0]
    curve = predict_power_law(law, sizes)
    scatter = np.sqrt(np.mean((errors - curve) ** 2) * len(sizes) / max(len(sizes) - 2, 1))
    spread = np.maximum(curve * (1 - curve), 1 / held_out)  # where none is wrong, as if one were
    noise = np.maximum(np.sqrt(spread / held_out), scatter)
    draws = np.random.default_rng(seed).normal(curve, noise, (resamples, len(sizes)))
    laws = fit_power_laws(sizes, np.clip(draws, 0, 1), held_out)
    starts, ends = np.array([predict_power_law(again, np.array([now, 2 * now])) for again in laws]).T
    expected = float(predict_power_law(law, np.array([2 * now]))[0])
    low, high = np.quantile(ends, [0.025, 0.975])
    gain_low, gain_high = np.quantile(starts - ends, [0.025, 0.975])
    return LearningCurve(
        sizes,
        errors,
        held_out,
        now,
        expected,
        float(min(low, expected)),
        float(max(high, expected)),
        float(gain_low),
        float(gain_high),
    )


def fit_power_laws(sizes: np.ndarray, errors: np.ndarray, held_out: int) -> np.ndarray:
    """Return floor, scale and exponent, each not negative, of the weighted least-squares fit to each row of errors.

    Parameters
    ----------
    sizes : ``(points,)``.
    errors : ``(rows, points)``.
    held_out : number of images that each error was measured on.

    Returns
    -------
    np.ndarray : ``(rows, 3)``.
    """
    weights = held_out / np.maximum(errors * (1 - errors), 1 / held_out)
    shapes = (sizes / sizes[-1]) ** -EXPONENTS[:, None]  # (exponents, points)
    floors, scales = _solve(weights, shapes, errors)
    misfits = np.full(floors.shape[1:], np.inf)
    best = np.zeros((2, *floors.shape[1:]))
    for floor, scale in zip(floors, scales, strict=True):
        fitted = floor[:, :, None] + scale[:, :, None] * shapes
        misfit = (weights[:, None] * (fitted - errors[:, None]) ** 2).sum(axis=2)
        better = (floor >= 0) & (scale >= 0) & (misfit < misfits)
        misfits = np.where(better, misfit, misfits)
        best = np.where(better, np.stack([floor, scale]), best)
    rows, chosen = np.arange(len(errors)), misfits.argmin(axis=1)
    floor, scale = best[:, rows, chosen]
    return np.stack([floor, scale * sizes[-1] ** EXPONENTS[chosen], EXPONENTS[chosen]], axis=1)


def _solve(weights: np.ndarray, shapes: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solve for floor and scale, ``(3, rows, exponents)``: both free, floor alone, scale alone."""
    w, ws, wss = (weights @ power.T for power in (np.ones_like(shapes), shapes, shapes**2))
    we, wse = (weights * errors).sum(axis=1)[:, None], (weights * errors) @ shapes.T
    determinant = np.maximum(w * wss - ws**2, 1e-12)
    nothing = np.zeros_like(ws)
    floors = np.stack([(wss * we - ws * wse) / determinant, we / w, nothing])
    scales = np.stack([(w * wse - ws * we) / determinant, nothing, wse / wss])
    return floors, scales


def predict_power_law(law: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the error at each of ``sizes`` under ``law`` (floor, scale, exponent), at most 1."""
    floor, scale, exponent = law
    return np.minimum(floor + scale * np.asarray(sizes, dtype=np.float64) ** -exponent, 1.0)
