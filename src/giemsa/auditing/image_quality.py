"""Bad images: dark, bright, empty, blurred, flat, oddly coloured, oddly sized, or like nothing else in the set.

What is odd is measured against the set itself: by how many of its own spreads a value lies outside, each side for itself, since
brightness and sharpness are seldom symmetric. Absolute limits are only for what no set makes sense of, and not for a set that
is itself beyond them, as images of dim fluorescence are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from giemsa.auditing.stacked_images import Images
from giemsa.auditing.surroundings import channel_mean
from giemsa.data.blocks import blocks

FAR = 6.0  # spreads
EMPTY = 2.0  # grey levels of contrast
DARKEST, BRIGHTEST = 12.0, 243.0  # mean grey level
MEASURES = ("brightness", "contrast", "sharpness", "colour")


@dataclass(frozen=True, eq=False)
class ImageQuality:
    """The measures of each image, and what is wrong with some.

    Parameters
    ----------
    measures : ``(n,)`` values by name: brightness and contrast in grey levels, sharpness and colour without a unit.
    faults : places of the images, worst first, by fault: empty, dark, bright, low contrast, blurred, odd colour.
    """

    measures: Mapping[str, np.ndarray]
    faults: Mapping[str, np.ndarray]


def judge_images(images: Images) -> ImageQuality:
    """Measure images and find those that fall out of the set.

    Parameters
    ----------
    images : ``(n, height, width, channels)``, ``uint8``; may be memory-mapped.

    Returns
    -------
    ImageQuality : measures and faults; an image may have several, but an empty one has only that.

    Examples
    --------
    >>> images = np.random.default_rng(0).integers(0, 256, (50, 8, 8, 1), dtype=np.uint8)
    >>> images[7] = 200
    >>> {fault: places.tolist() for fault, places in judge_images(images).faults.items() if len(places)}
    {'empty': [7]}
    """
    measures = measure_images(images)
    empty = measures["contrast"] < EMPTY
    away = {name: deviations(values, ~empty) for name, values in measures.items()}
    brightness = measures["brightness"]
    usual = np.median(brightness if empty.all() else brightness[~empty]) if len(images) else 0.0
    too_dark, too_bright = (
        (brightness < DARKEST) & (usual >= DARKEST),
        (brightness > BRIGHTEST) & (usual <= BRIGHTEST),
    )
    scores = {
        "empty": np.where(empty, 1.0, 0.0),
        "dark": np.where(too_dark, FAR, 0) + np.maximum(-away["brightness"] - FAR, 0),
        "bright": np.where(too_bright, FAR, 0) + np.maximum(away["brightness"] - FAR, 0),
        "low contrast": np.maximum(-away["contrast"] - FAR, 0),
        "blurred": np.maximum(-away["sharpness"] - FAR, 0),
        "odd colour": np.maximum(away["colour"] - FAR, 0),
    }
    faults = {}
    for fault, score in scores.items():
        score = score if fault == "empty" else np.where(empty, 0, score)
        faults[fault] = np.argsort(-score, kind="stable")[: int((score > 0).sum())]
    return ImageQuality(measures, faults)


def measure_images(images: Images) -> dict[str, np.ndarray]:
    """Return brightness, contrast, sharpness and colour of each image, each ``(n,)``.

    Sharpness is the logarithm of the share of variance that neighbouring pixels differ by: blurring lowers it, brightness and
    contrast do not. Colour is the distance of an image's mean tint from the set's, in spreads of the set.
    """
    n = len(images)
    means = np.empty((n, images.shape[-1]))
    contrast, sharpness = np.empty(n), np.empty(n)
    for part in blocks(n, images.shape[1:3]):
        block = images[part].astype(np.float32)
        means[part] = np.einsum("nhwc->nc", block) / (block.shape[1] * block.shape[2])
        grey = channel_mean(block)
        variance = grey.reshape(len(grey), -1).var(axis=1)
        steps = np.diff(grey, axis=1)[:, :, 1:] ** 2 + np.diff(grey, axis=2)[:, 1:] ** 2
        contrast[part] = np.sqrt(variance)
        sharpness[part] = np.log((steps.mean(axis=(1, 2)) + 0.05) / (variance + 1))
    colour = np.zeros(n) if images.shape[-1] == 1 else _tint_distances(means)
    return {"brightness": means.mean(axis=1), "contrast": contrast, "sharpness": sharpness, "colour": colour}


def _tint_distances(means: np.ndarray) -> np.ndarray:
    """Return how far the ratios of the channels lie from the middle of the set, in spreads."""
    ratios = np.log((means[:, :-1] + 8) / (means[:, -1:] + 8))
    return np.sqrt(sum(deviations(ratios[:, c]) ** 2 for c in range(ratios.shape[1])))


def deviations(values: np.ndarray, counted: np.ndarray | None = None) -> np.ndarray:
    """Return by how many spreads each value lies above (or, negative, below) the median, each side by its own spread.

    Parameters
    ----------
    values : ``(n,)``.
    counted : ``(n,)`` of truth values, which of them make the median and the spreads; all if not given.

    Returns
    -------
    np.ndarray : ``(n,)``; a spread is 1.4826 times the median distance of that side (one standard deviation if normal), and at
        least a thousandth of the values' size, so that equal values are not far apart.

    Examples
    --------
    >>> deviations(np.array([0.0, 1.0, 2.0, 3.0, 100.0]))[-1].round(1)
    np.float64(66.1)
    """
    basis = values if counted is None or not counted.any() else values[counted]
    if not len(basis):
        return np.zeros(len(values))
    middle = np.median(basis)
    least = 1e-3 * max(abs(middle), 1.0)
    result = np.zeros(len(values))
    for side in (-1, 1):
        distances = side * (basis - middle)
        spread = 1.4826 * np.median(distances[distances >= 0])
        apart = side * (values - middle)
        result = np.where(apart > 0, side * apart / max(spread, least), result)
    return result


def neighbour_distances(
    features: np.ndarray, *, neighbours: int = 10, reference: int = 20_000, seed: int = 0
) -> np.ndarray:
    """Return the mean distance of each image to its nearest others in a space of features.

    Parameters
    ----------
    features : ``(n, dimensions)``, such as the input of a network's last layer.
    neighbours : how many of the nearest are averaged.
    reference : at most so many images, drawn at random, are the others.
    seed : source of that draw and of the projection.

    Returns
    -------
    np.ndarray : ``(n,)``, 0 where there is but one image.
    """
    from sklearn.decomposition import PCA
    from sklearn.neighbors import NearestNeighbors

    n = len(features)
    if n < 3:
        return np.zeros(n)
    scaled = (features - features.mean(axis=0)) / np.maximum(features.std(axis=0), 1e-6)
    if scaled.shape[1] > 32 and n > 32:
        scaled = PCA(32, svd_solver="randomized", random_state=seed % 2**32).fit_transform(scaled)
    chosen = np.random.default_rng(seed).permutation(n)[:reference]
    count = min(neighbours, len(chosen) - 1)
    search = NearestNeighbors(n_neighbors=count + 1, algorithm="brute").fit(scaled[chosen].astype(np.float32))
    distances, places = search.kneighbors(scaled.astype(np.float32))
    itself = chosen[places] == np.arange(n)[:, None]
    distances = np.sort(np.where(itself, np.inf, distances), axis=1)[:, :count]
    return distances.mean(axis=1)


def find_outliers(features: np.ndarray, *, far: float = 9.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of images far from all others in ``features``, farthest first, and every image's deviation.

    The distance is judged on a logarithmic scale, since distances to neighbours are skewed.
    """
    distances = neighbour_distances(features, seed=seed)
    away = deviations(np.log(distances + 1e-6 + 0.05 * np.median(distances)))
    order = np.argsort(-away, kind="stable")
    return order[: int((away > far).sum())], away
