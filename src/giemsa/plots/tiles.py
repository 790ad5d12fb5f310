"""Many small pictures as one: a grid of tiles with a gap between them, each pixel enlarged without smoothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from giemsa.plots.style import draw_pixels, new_figure

MARGIN = 0.03
PAD = 0.09  # inches that the layout keeps free on two sides together


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


def place_image(ax: Axes, image: np.ndarray, column: float, row: float, **how: Any) -> None:
    """Draw an image into a cell of one wide axes, which is laid out at once where a hundred small axes take seconds.

    Parameters
    ----------
    ax : prepared by :func:`sheet_axes`.
    image : ``(height, width[, 1 or 3])``.
    column, row : upper left corner of the cell, in cells.
    how : goes to ``imshow``.
    """
    edges = (column + MARGIN, column + 1 - MARGIN, row + 1 - MARGIN, row + MARGIN)
    draw_pixels(ax, image, extent=edges, **how)


def sheet_axes(figure: Figure, columns: float, rows: float, *, left: float = 0.0, top: float = 0.0) -> Axes:
    """Return one axes of ``columns`` by ``rows`` square cells, with room for words on the left and on top, in cells."""
    ax = figure.subplots()
    ax.set_axis_off()
    ax.set_aspect("equal")
    ax.set_xlim(-left, columns)
    ax.set_ylim(rows, -top)
    ax.autoscale(False)
    return ax


def sheet_figure(columns: float, rows: float, *, width: float, left: float = 0.0, top: float = 0.0) -> Figure:
    """Return a figure ``width`` inches wide for such an axes, as high as its cells need."""
    return new_figure(width, (width - PAD) * (rows + top) / (columns + left) + PAD)
