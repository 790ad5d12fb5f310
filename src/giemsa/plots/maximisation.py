"""Images made for a class or channel, each beside a real one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from giemsa.plots.style import INK, new_figure, show_image

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
    blocks = -(-len(made) // columns)
    high = 1 if real is None else 2
    figure = new_figure(1.55 * columns if columns > 1 else 2.6, blocks * (1.42 * high + 0.5) + 0.1)
    axes = figure.subplots(blocks * high, columns, squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    for place, image in enumerate(made):
        row, column = high * (place // columns), place % columns
        show_image(axes[row, column], image)
        axes[row, column].set_title(f"{titles[place]}\n{notes[place]}", fontsize=9, color=INK)
        if real is not None:
            show_image(axes[row + 1, column], real[place])
    if real is not None:
        for block in range(blocks):
            for row, word in ((2 * block, "made"), (2 * block + 1, "real")):
                axes[row, 0].text(
                    -0.06,
                    0.5,
                    word,
                    transform=axes[row, 0].transAxes,
                    ha="right",
                    va="center",
                    fontsize=9,
                    rotation=90,
                )
    return figure
