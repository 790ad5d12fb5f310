"""Many small pictures as one: a grid of tiles with a gap between them, each pixel enlarged without smoothing."""

from __future__ import annotations

import math

import numpy as np


def square_grid(count: int) -> tuple[int, int]:
    """Return rows and columns of the squarest grid that holds ``count`` tiles.

    Examples
    --------
    >>> square_grid(32)
    (6, 6)
    """
    columns = max(1, math.ceil(math.sqrt(count)))
    return math.ceil(count / columns), columns


def tile(images: np.ndarray, columns: int, *, gap: int = 1, fill: float = np.nan) -> np.ndarray:
    """Lay images out in reading order.

    Parameters
    ----------
    images : ``(n, height, width)`` or ``(n, height, width, 3)``, float.
    columns : tiles in a row.
    gap : pixels between tiles.
    fill : value of the gaps and of the places left over; NaN stays white under a colour map.

    Returns
    -------
    ndarray : ``(rows * (height + gap) - gap, columns * (width + gap) - gap[, 3])``.

    Examples
    --------
    >>> tile(np.ones((3, 1, 1)), 2, fill=0.0).tolist()
    [[1.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    """
    n, height, width = images.shape[:3]
    rows = math.ceil(n / columns)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap, *images.shape[3:])
    sheet = np.full(shape, fill, dtype=np.float64)
    for place, image in enumerate(images):
        top, left = (place // columns) * (height + gap), (place % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = image
    return sheet
