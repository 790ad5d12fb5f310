"""Attribution maps: a row an image, a column a method, one colour scale for all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from giemsa.plots.style import DIVERGING, INK, QUIET, fit_name
from giemsa.plots.tiles import place_image, sheet_axes, sheet_figure

CELL = 0.86  # inches


def normalise(maps: np.ndarray) -> np.ndarray:
    """Divide each map by its largest absolute value, for drawing only; a map of zeros stays.

    Parameters
    ----------
    maps : ``(n, height, width)``.

    Returns
    -------
    ndarray : the same shape, -1 to 1.

    Examples
    --------
    >>> normalise(np.array([[[0.0, -4.0]], [[0.0, 0.0]]])).tolist()
    [[[0.0, -1.0]], [[0.0, 0.0]]]
    """
    largest = np.abs(maps).max(axis=(1, 2), keepdims=True)
    return maps / np.where(largest > 0, largest, 1.0)


def plot_attributions(
    images: np.ndarray,
    maps: Sequence[np.ndarray],
    titles: Sequence[str],
    *,
    rows: Sequence[str],
    verdicts: Sequence[str] = (),
) -> Figure:
    """Draw images and what each method marks in them.

    Parameters
    ----------
    images : ``(n, height, width, channels)``, uint8.
    maps : one ``(n, height, width)`` a method, raw; each map is divided by its own largest absolute value.
    titles : of the methods.
    rows : ``n`` words, what each image is.
    verdicts : what the checks say of each method: ``trusted``, ``with care`` or ``fails``, which is greyed out; nothing is
        said where they are not given.
    """
    verdicts = list(verdicts) or [""] * len(maps)
    drawn = [normalise(stack) for stack in maps]
    n, columns, left, top = len(images), len(maps) + 1, 0.4, 0.75
    width = max(6.4, CELL * (columns + left))  # so that words above neighbouring cells do not touch
    figure = sheet_figure(columns, n + 0.45, width=width, left=left, top=top)
    ax = sheet_axes(figure, columns, n, left=left, top=top)
    for row in range(n):
        words = fit_name(rows[row], 13, lines=2)
        ax.text(-0.05, row + 0.5, words, ha="right", va="center", fontsize=8.5, rotation=90)
        place_image(ax, images[row], 0, row)
        for column, (stack, verdict) in enumerate(zip(drawn, verdicts, strict=True), start=1):
            alpha = 0.25 if verdict == "fails" else 1.0
            faded = {"cmap": DIVERGING, "vmin": -1, "vmax": 1, "alpha": alpha}
            place_image(ax, stack[row], column, row, **faded)
    for column, (title, verdict) in enumerate(zip(["image", *titles], ["", *verdicts], strict=True)):
        words = title.replace(" ", "\n") + (f"\n({verdict})" if verdict else "")
        color = QUIET if verdict == "fails" else INK
        ax.text(column + 0.5, -0.05, words, ha="center", va="bottom", fontsize=8.5, color=color)
    scalar = ScalarMappable(Normalize(-1, 1), DIVERGING)
    scale = figure.colorbar(scalar, ax=ax, orientation="horizontal", shrink=0.5, aspect=40, pad=0.01)
    scale.set_ticks([-1, 0, 1], labels=["against", "0", "for the class"], fontsize=9)
    return figure
