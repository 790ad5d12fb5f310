"""Numbers about a data set: counts, whether the splits agree, class weights, channel means.

Everything is counted in batches on the ``uint8`` images; no floating-point copy of the set is made.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from giemsa.data.blocks import blocks


@dataclass(frozen=True)
class ChannelStatistics:
    """Mean and standard deviation of each channel, on the scale 0 to 1, and the range of all values, 0 to 255."""

    mean: tuple[float, ...]
    sd: tuple[float, ...]
    low: int
    high: int


@dataclass(frozen=True)
class Agreement:
    """Whether the classes are distributed alike in all splits (Pearson's chi-square test of homogeneity).

    Parameters
    ----------
    chi_square, degrees_of_freedom, p_value : the test; ``None`` where a split or all classes but one are empty.
    cramers_v : the strength of the difference, 0 (alike) to 1; with many images a tiny difference is significant.
    largest_difference : the largest gap between a class's share in two splits, as a fraction.
    """

    chi_square: float | None
    degrees_of_freedom: int
    p_value: float | None
    cramers_v: float | None
    largest_difference: float

    @property
    def sentence(self) -> str:
        """Whether the splits agree, in words."""
        gap = f"the largest difference of a class's share is {100 * self.largest_difference:.1f} points"
        if self.p_value is None or self.cramers_v is None:
            return f"Whether the splits agree cannot be tested: {gap}."
        numbers = f"chi-square p = {self.p_value:.2g}, Cramer's V = {self.cramers_v:.3f}"
        if self.p_value >= 0.05:
            return f"The splits agree: {gap} ({numbers})."
        strength = "slightly" if self.cramers_v < 0.1 else "clearly"
        return f"The splits differ {strength}: {gap} ({numbers})."


def class_counts(labels: np.ndarray, classes: int) -> np.ndarray:
    """Count the images of each class.

    Parameters
    ----------
    labels : ``(n,)`` integers, 0 to ``classes - 1``.
    classes : number of classes.

    Returns
    -------
    ``(classes,)`` ``int64``.

    Examples
    --------
    >>> class_counts(np.array([0, 2, 2]), 3).tolist()
    [1, 0, 2]
    """
    return np.bincount(np.asarray(labels, dtype=np.int64), minlength=classes)


def class_weights(labels: np.ndarray, classes: int) -> np.ndarray:
    """Return the weights that make every class count the same: ``n / (classes * count)``.

    Parameters
    ----------
    labels : ``(n,)`` integers, 0 to ``classes - 1``.
    classes : number of classes that the network tells apart.

    Returns
    -------
    ``(classes,)`` ``float64``; their mean over the images is 1. A class without images gets 0.

    References
    ----------
    King and Zeng, "Logistic regression in rare events data", Political Analysis 9 (2001) 137.

    Examples
    --------
    >>> class_weights(np.array([0, 0, 0, 1]), 2).tolist()
    [0.6666666666666666, 2.0]
    """
    counts = class_counts(labels, classes)
    present = counts > 0
    weights = np.zeros(classes)
    weights[present] = counts.sum() / (present.sum() * counts[present])
    return weights


def split_agreement(counts: np.ndarray) -> Agreement:
    """Test whether the classes are distributed alike in the splits.

    Parameters
    ----------
    counts : ``(splits, classes)`` whole numbers.

    References
    ----------
    Cramer, Mathematical Methods of Statistics (1946), chapter 21, for V.

    Examples
    --------
    >>> split_agreement(np.array([[70, 30], [7, 3], [14, 6]])).largest_difference
    0.0
    """
    counts = np.asarray(counts, dtype=np.float64)
    table = counts[:, counts.sum(axis=0) > 0]
    table = table[table.sum(axis=1) > 0]
    if not table.size:
        return Agreement(None, 0, None, None, 0.0)
    shares = table / table.sum(axis=1, keepdims=True)
    gap = float((shares.max(axis=0) - shares.min(axis=0)).max())
    if min(table.shape) < 2:
        return Agreement(None, 0, None, None, gap)
    from scipy.stats import chi2_contingency

    test = chi2_contingency(table, correction=False)
    strength = float(np.sqrt(test.statistic / (table.sum() * (min(table.shape) - 1))))
    return Agreement(float(test.statistic), int(test.dof), float(test.pvalue), strength, gap)


def channel_statistics(images: np.ndarray) -> ChannelStatistics:
    """Return mean, standard deviation and range of each channel, exact to the last digit of a double.

    The values are counted (there are only 256 of them), so that no rounding adds up and no copy is made.

    Parameters
    ----------
    images : ``(n, height, width, channels)`` ``uint8``, not empty.

    Examples
    --------
    >>> channel_statistics(np.full((1, 2, 2, 1), 51, np.uint8)).mean
    (0.2,)
    """
    histogram = np.zeros((images.shape[3], 256), dtype=np.int64)
    for part in blocks(len(images), images.shape[1:3]):
        for channel in range(images.shape[3]):
            histogram[channel] += np.bincount(images[part, ..., channel].reshape(-1), minlength=256)
    values = np.arange(256) / 255.0
    total = histogram.sum(axis=1)
    mean = histogram @ values / total
    variance = (histogram * (values[None, :] - mean[:, None]) ** 2).sum(axis=1) / total
    seen = np.flatnonzero(histogram.sum(axis=0))
    low, high = int(seen[0]), int(seen[-1])
    return ChannelStatistics(tuple(mean.tolist()), tuple(np.sqrt(variance).tolist()), low, high)


def first_of_each_class(labels: np.ndarray, classes: int, count: int = 5) -> tuple[np.ndarray, ...]:
    """Return the places of the first ``count`` images of each class, in the order of the set.

    Returns
    -------
    One ``int64`` array a class, shorter than ``count`` where the class is.

    Examples
    --------
    >>> [places.tolist() for places in first_of_each_class(np.array([1, 0, 1, 1]), 2, 2)]
    [[1], [0, 2]]
    """
    labels = np.asarray(labels)
    return tuple(np.flatnonzero(labels == label)[:count] for label in range(classes))
