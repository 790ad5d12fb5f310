"""Images made smaller, whole blocks averaged: short trainings that only ask a question need no fine detail."""

from __future__ import annotations

import dataclasses

import numpy as np

from giemsa.data.dataset import ImageDataset


def shrink(data: ImageDataset, largest: int) -> ImageDataset:
    """Return the data with images of at most ``largest`` pixels a side, more than half as many.

    Parameters
    ----------
    data : left as it is, and returned where its images are small enough.
    largest : pixels.
    """
    block = -(-max(data.image_shape[:2]) // largest)
    if block == 1:
        return data
    train, val, test = (
        dataclasses.replace(split, images=block_means(split.images, block)) for split in data.splits.values()
    )
    return dataclasses.replace(data, train=train, val=val, test=test)


def block_means(images: np.ndarray, block: int, places: np.ndarray | None = None) -> np.ndarray:
    """Average whole blocks of pixels; what is over at the lower and right edge is cut.

    Parameters
    ----------
    images : ``(n, height, width, channels)``, ``uint8``; may be memory-mapped, one is read at a time.
    block : pixels a side.
    places : ``(m,)``, of the images to take; all if not given.

    Returns
    -------
    ndarray : ``(m, height // block, width // block, channels)``, ``uint8``.

    Examples
    --------
    >>> block_means(np.array([[[[0], [10], [99]], [[20], [30], [99]]]], dtype=np.uint8), 2).tolist()
    [[[[15]]]]
    """
    places = np.arange(len(images)) if places is None else places
    _, height, width, channels = images.shape
    rows, columns = height // block, width // block
    small = np.empty((len(places), rows, columns, channels), dtype=np.uint8)
    for row, place in enumerate(places):
        cut = images[place, : rows * block, : columns * block].reshape(rows, block, columns, block, channels)
        small[row] = np.rint(cut.mean(axis=(1, 3)))
    return small
