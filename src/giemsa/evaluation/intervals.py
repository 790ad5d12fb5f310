"""95 % intervals that hold near 1.0, where a good classifier lives and the percentile bootstrap fails.

``benchmarks/intervals.py`` measures what each covers, ``benchmarks/intervals_of_groups.py`` where they come in groups. With 150
images and an accuracy of .97 the percentile bootstrap's "95 %" interval covers the AUC in about 80 of 100 samples and the
balanced accuracy in 86. What is used instead:

- a share of images: Wilson's interval, where images come in groups with the effective number (:mod:`giemsa.evaluation.shares`);
- any other score with a floor and a ceiling: Wilson's interval with the *effective* number of images, the number with which a
  plain share would vary as much as the score does in the bootstrap (Korn and Graubard's device for surveys);
- the balanced accuracy: the same, with each class's variance steadied by the others;
- a mean loss: Hall's transformation, which takes the skewness of the losses into account; where images come in groups, Wilson's
  interval for the share of the worst loss that is saved;
- a calibration error: the bootstrap's percentiles, moved by the bias that resampling adds, and down by what chance adds to the
  error itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

LEVEL = 0.95


@dataclass(frozen=True)
class Score:
    """A number with its interval and the number of images behind it.

    Parameters
    ----------
    value : the score; ``nan`` where it is undefined.
    low, high : limits of the 95 % interval; ``nan`` where there is none.
    n : images that it rests on.
    """

    value: float
    low: float
    high: float
    n: int

    def to_json(self) -> dict[str, float | int | None]:
        """Return value, low, high and n as a plain dict; ``nan`` becomes ``None``."""
        numbers = {"value": self.value, "low": self.low, "high": self.high}
        return {name: plain(number) for name, number in numbers.items()} | {"n": int(self.n)}


def plain(number: float) -> float | None:
    """Return ``number`` as JSON can hold it: ``None`` for ``nan`` and infinity."""
    return float(number) if math.isfinite(number) else None


def wilson(value: float, n: float, *, level: float = LEVEL) -> tuple[float, float]:
    """Return Wilson's interval for a share.

    Parameters
    ----------
    value : the share observed, 0 to 1.
    n : number of images, or the effective number; need not be whole.
    level : probability with which the interval covers the truth.

    Returns
    -------
    tuple : low and high; ``nan`` where ``n`` is 0 or ``value`` is ``nan``.

    References
    ----------
    Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).

    Examples
    --------
    >>> [round(limit, 4) for limit in wilson(0.97, 100)]
    [0.9155, 0.9897]
    """
    if not n > 0 or math.isnan(value):
        return math.nan, math.nan
    z = stats.norm.ppf((1 + level) / 2)
    centre = (value + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(max(value * (1 - value), 0) / n + (z / (2 * n)) ** 2)
    low, high = max(0.0, float(centre - half)), min(1.0, float(centre + half))
    return min(low, value), max(high, value)  # rounding must not put a perfect score outside


def effective_wilson(
    value: float,
    replicates: np.ndarray,
    *,
    fallback_n: float,
    floor: float = 0.0,
    doubt: float = 1.0,
    added: float = 0.0,
    level: float = LEVEL,
) -> tuple[float, float]:
    """Return Wilson's interval with the number of images that explains the bootstrap's variance.

    Parameters
    ----------
    value : the score observed, ``floor`` to 1.
    replicates : ``(resamples,)``, the score in each resample; ``nan`` where it is undefined.
    fallback_n : the number used where the score does not vary at all, such as a perfect one; ``nan`` where nothing can be said.
    floor : the lowest possible score, 0 or -1.
    doubt : what the variance is multiplied by, see :func:`giemsa.evaluation.shares.doubt_of`; ``nan`` where it tells nothing.
    added : part of a mistake that is added and has the effect that ``fallback_n`` knows, so that a variance of next to none, from
        few groups, is no proof; see :func:`giemsa.evaluation.shares.effective_number`.
    level : probability with which the interval covers the truth.

    Returns
    -------
    tuple : low and high; ``nan`` also where the score is undefined in more than half of the resamples.

    References
    ----------
    Korn and Graubard, Confidence intervals for proportions with small expected number of positive counts estimated from survey
    data, Survey Methodology 24 (1998).

    Examples
    --------
    >>> draws = np.random.default_rng(0).binomial(100, 0.9, 20_000) / 100
    >>> [round(limit, 2) for limit in effective_wilson(0.9, draws, fallback_n=100)]
    [0.83, 0.94]
    """
    known = known_replicates(replicates)
    if math.isnan(value) or math.isnan(fallback_n) or not len(known):
        return math.nan, math.nan
    reach = 1 - floor
    share = (value - floor) / reach
    variance = doubt * float(known.var()) / reach**2
    told = variance > 1e-12 and 0 < share < 1
    n = (share * (1 - share) + added) / (variance + added / fallback_n) if told or added else fallback_n
    low, high = wilson(share, max(n, 1.0), level=level)
    return floor + reach * low, floor + reach * high


def known_replicates(replicates: np.ndarray) -> np.ndarray:
    """Return those of ``(resamples,)`` that are defined; none where they are fewer than half, and so no fair sample."""
    known = replicates[~np.isnan(replicates)]
    return known if 2 * len(known) >= len(replicates) else known[:0]


def balanced_wilson(hits: np.ndarray, support: np.ndarray, *, level: float = LEVEL) -> tuple[float, float]:
    """Return Wilson's interval for the mean of the classes' recalls, with its effective number of images.

    A class without a mistake would claim to have no variance, and with 20 images a class most have none. So each recall is drawn
    towards the accuracy by three images before its variance is taken; without that 92 instead of 95 of 100 intervals hold at
    150 images and an accuracy of .97.

    Parameters
    ----------
    hits, support : ``(classes,)``, images found and images of each class; classes without images are left out.
    level : probability with which the interval covers the truth.

    Examples
    --------
    >>> [round(limit, 3) for limit in balanced_wilson(np.array([90]), np.array([100]))]
    [0.826, 0.945]
    """
    hits, support = hits[support > 0], support[support > 0]
    value, accuracy = float((hits / support).mean()), hits.sum() / support.sum()
    drawn = (hits + 3 * accuracy) / (support + 3)
    variance = float((drawn * (1 - drawn) / support).sum()) / len(support) ** 2
    alike = len(support) ** 2 / float((1 / support).sum())
    n = value * (1 - value) / variance if 0 < value < 1 and variance > 0 else alike
    return wilson(value, n, level=level)


def hall(values: np.ndarray, *, level: float = LEVEL) -> tuple[float, float]:
    """Return Hall's interval for the mean of skewed values, such as losses, with Student's t.

    Parameters
    ----------
    values : ``(n,)``, none below 0.
    level : probability with which the interval covers the truth.

    Returns
    -------
    tuple : low and high; ``nan`` with fewer than two values, and where all are equal and tell nothing of others.

    References
    ----------
    Hall, On the removal of skewness by transformation, J. R. Stat. Soc. B 54 (1992), the cubic transformation and its inverse.

    Examples
    --------
    >>> low, high = hall(np.array([0.0, 0.1, 0.1, 0.2, 3.0]))
    >>> low < 0.68 < high and high - 0.68 > 0.68 - low
    True
    """
    n, mean, spread = len(values), float(values.mean()), float(values.std())
    if n < 2 or spread < 1e-12:
        return math.nan, math.nan
    skewness = float(((values - mean) ** 3).mean()) / spread**3
    t = float(stats.t.ppf((1 + level) / 2, n - 1)) / math.sqrt(n)
    error = spread * math.sqrt(n / (n - 1))
    return max(mean - error * _unskewed(t, skewness, n), 0.0), mean - error * _unskewed(-t, skewness, n)


def _unskewed(t: float, skewness: float, n: int) -> float:
    if abs(skewness) < 1e-6:
        return t
    return float(3 * (np.cbrt(1 + skewness * (t - skewness / (6 * n))) - 1) / skewness)


def recentred_percentiles(
    value: float, replicates: np.ndarray, *, doubt: float = 1.0, level: float = LEVEL
) -> tuple[float, float]:
    """Return the bootstrap's percentiles, moved so that their mean is ``value``, the lower one further down, within 0 to 1.

    For scores that chance alone raises: chance deviations count into a calibration error without their sign, so that of a
    classifier without any such error it is above 0 too. Resampling adds deviations as large once more. Where there are no
    others, what it raises the error by is ``sqrt(2) - 1`` times what chance has raised it by already; the limit goes down by
    that and a little more, as bins of one image do not vary in resamples.

    Parameters
    ----------
    value : the error observed, 0 to 1.
    replicates : ``(resamples,)``, the error in each resample.
    doubt : as in :func:`effective_wilson`; percentiles lie the further out.
    level : probability with which the interval covers the truth.

    Returns
    -------
    tuple : low and high; ``nan`` where nothing varies, as with one image.
    """
    known = known_replicates(replicates)
    if math.isnan(value) or not len(known):
        return math.nan, math.nan
    if np.ptp(known) < 1e-12:
        return math.nan, math.nan
    raised = max(float(known.mean()) - value, 0.0)
    reach = stats.norm.cdf(math.sqrt(doubt) * stats.norm.ppf((1 + level) / 2))
    low, high = np.percentile(known - known.mean() + value, [100 * (1 - reach), 100 * reach])
    return max(0.0, float(low) - 3 * raised), min(float(high), 1.0)
