"""Images of several arrays read as one, without a copy of them all: splits may be memory-mapped and larger than the memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np


class StackedImages:
    """Arrays of images, end to end; a place, a slice or an array of places is read from the array that holds it.

    Parameters
    ----------
    parts : each ``(n, height, width, channels)``, ``uint8``, of one shape but for ``n``.

    Examples
    --------
    >>> train, test = np.zeros((3, 2, 2, 1), dtype=np.uint8), np.ones((2, 2, 2, 1), dtype=np.uint8)
    >>> images = StackedImages([train, test])
    >>> len(images), images[2:4].mean(axis=(1, 2, 3)).tolist()
    (5, [0.0, 1.0])
    """

    def __init__(self, parts: Sequence[np.ndarray]) -> None:
        self._parts = tuple(parts)
        self._starts = np.cumsum([0, *(len(part) for part in parts)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of all images, height, width and channels."""
        return (len(self), *self._parts[0].shape[1:])

    def __getitem__(self, places: int | np.integer | slice | Sequence[int] | np.ndarray) -> np.ndarray:
        if isinstance(places, int | np.integer):
            return self[[int(places)]][0]
        if isinstance(places, slice):
            chosen = range(len(self))[places]
            places = np.arange(chosen.start, chosen.stop, chosen.step)
        places = np.asarray(places, dtype=np.int64)
        if len(places) and not 0 <= places.min() <= places.max() < len(self):
            raise IndexError(f"places {places.min()} to {places.max()} of {len(self)} images")
        found = np.empty((len(places), *self.shape[1:]), dtype=np.uint8)
        holder = np.searchsorted(self._starts, places, side="right") - 1
        for number, part in enumerate(self._parts):
            inside = holder == number
            if inside.any():
                found[inside] = part[places[inside] - self._starts[number]]
        return found


Images: TypeAlias = np.ndarray | StackedImages
