"""Numbers that do not show the object: the background at the border, the facts of the file, metadata. And whole-image colour.

Each number has a name that a person understands, since the name is what a found shortcut is told by.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from giemsa.auditing.stacked_images import Images
from giemsa.data.blocks import blocks

CHANNEL_NAMES = {1: ("grey",), 3: ("red", "green", "blue")}
BACKGROUND, FACTS, COLOUR = "the background", "the facts of the files", "the colour of the whole image"
RING = 0.08  # width of the border as a share of the shorter side
MOST_KINDS = 20  # values of a column of words that become numbers of their own


def border_features(images: Images) -> dict[str, np.ndarray]:
    """Return the colour of the background and the unrest of the border, ``(n,)`` by name.

    Looked at is a ring of 8 % of the shorter side. Cells that reach into it are told from the background by brightness: the
    background is the brightest quarter of the ring, or the darkest, whichever differs less from image to image.

    Parameters
    ----------
    images : ``(n, height, width, channels)``, ``uint8``; may be memory-mapped.

    Examples
    --------
    >>> features = border_features(np.full((2, 28, 28, 1), 30, dtype=np.uint8))
    >>> features["background grey"].tolist(), list(features)
    ([30.0, 30.0], ['background grey', 'border grey', 'border unrest'])
    """
    ring = _ring(*images.shape[1:3])
    n, channels = len(images), images.shape[-1]
    whole, unrest = np.empty((n, channels)), np.empty(n)
    quarters = np.empty((2, n, channels))
    for part in blocks(n, images.shape[1:3]):
        pixels = images[part].reshape(-1, len(ring), channels)[:, ring].astype(np.float32)
        grey = channel_mean(pixels)
        whole[part] = pixels.sum(axis=1) / pixels.shape[1]
        unrest[part] = grey.std(axis=1)
        for which, sign in enumerate((1, -1)):
            quarters[which, part] = _brightest_quarter(pixels, sign * grey)
    background = min(quarters, key=lambda means: means.std(axis=0).mean()) if n else quarters[0]
    return (
        _colours("background", background)
        | _colours("border", whole, tints=False)
        | {"border unrest": unrest}
    )


def _ring(height: int, width: int) -> np.ndarray:
    """Return which pixels of a flattened image make its border, ``(height * width,)`` of truth values."""
    ring = np.ones((height, width), dtype=bool)
    thick = max(1, round(RING * min(height, width)))
    ring[thick:-thick, thick:-thick] = False
    return ring.ravel()


def _brightest_quarter(pixels: np.ndarray, grey: np.ndarray) -> np.ndarray:
    """Return the mean colour ``(n, channels)`` of the quarter of ``pixels`` ``(n, m, channels)`` with the highest ``grey``."""
    count = max(1, pixels.shape[1] // 4)
    chosen = np.argpartition(-grey, count - 1, axis=1)[:, :count]
    return np.take_along_axis(pixels, chosen[:, :, None], axis=1).sum(axis=1) / count


def channel_mean(pixels: np.ndarray) -> np.ndarray:
    """Return the mean over the last axis of ``(..., channels)``, as ``float32``, alike for pixels of one sum on any processor."""
    channels = pixels.shape[-1]
    total = pixels[..., 0].astype(np.float32)
    for channel in range(1, channels):
        total += pixels[..., channel]
    return total / np.float32(channels)


def colour_features(images: Images) -> dict[str, np.ndarray]:
    """Return mean and spread of each channel over the whole image, and the tints, ``(n,)`` by name."""
    channels = images.shape[-1]
    means, spreads = np.empty((len(images), channels)), np.empty((len(images), channels))
    for part in blocks(len(images), images.shape[1:3]):
        flat = images[part].astype(np.float32).reshape(part.stop - part.start, -1, channels)
        means[part] = np.einsum("npc->nc", flat) / flat.shape[1]
        squares = np.einsum("npc,npc->nc", flat, flat) / flat.shape[1]
        spreads[part] = np.sqrt(np.maximum(squares - means[part] ** 2, 0))
    names = CHANNEL_NAMES.get(channels, tuple(f"channel {c}" for c in range(channels)))
    return _colours("mean", means) | {f"spread of {name}": spreads[:, c] for c, name in enumerate(names)}


def _colours(where: str, values: np.ndarray, *, tints: bool = True) -> dict[str, np.ndarray]:
    """Name the channels' values, and the tints: each channel's share against the others, whatever the brightness."""
    names = CHANNEL_NAMES.get(values.shape[1], tuple(f"channel {c}" for c in range(values.shape[1])))
    features = {f"{where} {name}": values[:, c] for c, name in enumerate(names)}
    if tints and values.shape[1] == 3:
        logarithms = np.log(values + 1)
        for c, name in enumerate(names):
            features[f"{where} tint {name}"] = logarithms[:, c] - np.delete(logarithms, c, axis=1).mean(
                axis=1
            )
    return features


def fact_features(columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Turn columns of file facts and metadata into numbers: numbers as they are, words as one 0-or-1 column a value.

    A column with one value says nothing and is left out; of a column of words the 20 most frequent values are taken.

    Parameters
    ----------
    columns : ``(n,)`` by name.

    Examples
    --------
    >>> {name: column.tolist() for name, column in fact_features({"format": np.array(["png", "jpg"])}).items()}
    {'format = jpg': [0.0, 1.0], 'format = png': [1.0, 0.0]}
    """
    features = {}
    for name, column in columns.items():
        numbers = _as_numbers(column)
        if numbers is not None:
            if np.ptp(numbers) > 0:
                features[name] = numbers
            continue
        words, counts = np.unique(column.astype(str), return_counts=True)
        if len(words) < 2 or len(words) == len(column) > 2:
            continue
        for word in sorted(words[np.argsort(-counts, kind="stable")[:MOST_KINDS]]):
            features[f"{name} = {word}"] = (column.astype(str) == word).astype(np.float64)
    return features


def _as_numbers(column: np.ndarray) -> np.ndarray | None:
    """Return a column as finite numbers, gaps filled with its median; ``None`` for words."""
    try:
        numbers = column.astype(np.float64)
    except (TypeError, ValueError):
        return None
    known = np.isfinite(numbers)
    return np.where(known, numbers, np.median(numbers[known])) if known.any() else np.zeros(len(column))
