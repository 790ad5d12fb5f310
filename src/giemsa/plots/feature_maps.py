"""The maps of a layer on a square grid, beside the image that they answer to."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from giemsa.plots.style import INK, fit_name, new_figure, show_image
from giemsa.plots.tiles import place_image, sheet_axes, sheet_figure, square_grid, tile

MOST_MAPS = 64
CAPTION_LETTERS = 56  # of a line above the image


def plot_feature_maps(
    image: np.ndarray, maps: np.ndarray, *, layer: str, caption: str, order: np.ndarray | None = None
) -> Figure:
    """Draw an image and, below it, the maps of one layer in grey, one scale for all.

    Parameters
    ----------
    image : ``(height, width, channels)``, uint8 or 0 to 1.
    maps : ``(channels, height, width)``; the first 64, in ``order``, are drawn.
    layer : its name.
    caption : what the image is.
    order : ``(channels,)``, from the most to the least active; the layer's own order by default.
    """
    shown = maps[order if order is not None else np.arange(len(maps))][:MOST_MAPS]
    rows, columns = square_grid(len(shown))
    gap = max(1, maps.shape[1] // 10)
    figure = new_figure(5.4, 1.75 + 5.0 * rows / columns)
    above, below = figure.subplots(2, 1, height_ratios=[1.2, 5.0 * rows / columns])
    show_image(above, image, vmin=0, vmax=255 if image.dtype == np.uint8 else 1)
    above.set_title(fit_name(caption, CAPTION_LETTERS, lines=2), fontsize=10, color=INK)
    drawn = below.imshow(tile(shown, columns, gap=gap), cmap="gray", interpolation="nearest")
    below.set_axis_off()
    size = " x ".join(str(side) for side in maps.shape[1:])
    below.set_title(
        f"{layer}: {len(maps)} maps of {size}{drawn_of(len(maps), order)}", fontsize=10, color=INK
    )
    bar = figure.colorbar(drawn, ax=below, orientation="horizontal", shrink=0.6, aspect=30, pad=0.02)
    bar.set_label("activation", fontsize=9)
    bar.ax.tick_params(labelsize=9)
    return figure


def drawn_of(count: int, order: np.ndarray | None) -> str:
    """Say which of so many maps :func:`plot_feature_maps` draws in that order; nothing where it draws all.

    Examples
    --------
    >>> drawn_of(64, None), drawn_of(65, None), drawn_of(65, np.arange(65))
    ('', ', the 64 first drawn', ', the 64 most active drawn')
    """
    which = "first" if order is None else "most active"
    return f", the {MOST_MAPS} {which} drawn" if count > MOST_MAPS else ""


def shades_of(maps: np.ndarray) -> str:
    """Say what the shades of maps mean: after a rectifier black is nothing, before it black is below nothing.

    Examples
    --------
    >>> shades_of(np.array([0.0, 2.0])), shades_of(np.array([-1.0, 2.0]))
    ('white is strong', 'white is strong, black below zero')
    """
    return "white is strong" + ", black below zero" * bool((maps < 0).any())


def plot_channel_examples(images: np.ndarray, channels: np.ndarray, *, layer: str) -> Figure:
    """Draw, a row a channel, the images that excite it most.

    Parameters
    ----------
    images : ``(channels, k, height, width, colours)``, uint8, the strongest first.
    channels : ``(channels,)``, their numbers.
    layer : its name.
    """
    rows, columns = images.shape[:2]
    figure = sheet_figure(columns, rows, width=4.6, left=0.45, top=0.4)
    ax = sheet_axes(figure, columns, rows, left=0.45, top=0.4)
    ax.text(0, -0.15, f"channels of {layer}, strongest images first", fontsize=10, color=INK)
    for row, channel in enumerate(channels):
        ax.text(-0.08, row + 0.5, str(channel), ha="right", va="center", fontsize=9)
        for column in range(columns):
            place_image(ax, images[row, column], column, row)
    return figure
