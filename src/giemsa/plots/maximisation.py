"""Images made for a class or channel, each beside a real one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from giemsa.plots.style import INK, fit_name
from giemsa.plots.tiles import place_image, sheet_axes, sheet_figure

COLUMNS = 4


def plot_maximisation(
    made: np.ndarray, real: np.ndarray | None, titles: Sequence[str], notes: Sequence[str]
) -> Figure:
    """Draw each made image and, below it, a real one of the class.

    Parameters
    ----------
    made : ``(n, height, width, channels)``, 0 to 1.
    real : the same, uint8 or 0 to 1, or ``None`` where there is nothing real to set beside it (a channel, say).
    titles, notes : ``n`` short words above and below the made image.
    """
    columns = min(COLUMNS, len(made))
    block = 1.3 if real is None else 2.3  # rows of cells that one row of classes takes, its words above it
    blocks = -(-len(made) // columns)
    left = 0.0 if real is None else 0.16
    figure = sheet_figure(columns, block * blocks, width=1.55 * columns if columns > 1 else 2.8, left=left)
    ax = sheet_axes(figure, columns, block * blocks, left=left)
    for place, image in enumerate(made):
        row, column = block * (place // columns) + 0.3, place % columns
        words = f"{fit_name(titles[place], 16, lines=2)}\n{notes[place]}"
        ax.text(column + 0.5, row, words, ha="center", va="bottom", fontsize=9, color=INK)
        place_image(ax, image, column, row)
        if real is not None:
            place_image(ax, real[place], column, row + 1)
    for number in range(blocks if real is not None else 0):
        for row, word in enumerate(("made", "real")):
            middle = block * number + 0.8 + row
            ax.text(-0.02, middle, word, ha="right", va="center", fontsize=9, rotation=90)
    return figure
