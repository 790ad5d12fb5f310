"""Attribution maps: a row an image, a column a method, one colour scale for all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from giemsa.plots.style import DIVERGING, INK, QUIET, new_figure, show_image


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
    failed: Sequence[bool] = (),
) -> Figure:
    """Draw images and what each method marks in them.

    Parameters
    ----------
    images : ``(n, height, width, channels)``, uint8.
    maps : one ``(n, height, width)`` a method, raw; each map is divided by its own largest absolute value.
    titles : of the methods.
    rows : ``n`` words, what each image is.
    failed : which methods fail their checks: they are greyed out.
    """
    failed = list(failed) or [False] * len(maps)
    n, columns = len(images), len(maps) + 1
    width = 6.4 / (columns + 0.5)
    figure = new_figure(6.4, n * (width + 0.03) + 1.5)
    axes = figure.subplots(n, columns, squeeze=False)
    for row in range(n):
        show_image(axes[row, 0], images[row])
        axes[row, 0].text(
            -0.08,
            0.5,
            rows[row],
            transform=axes[row, 0].transAxes,
            ha="right",
            va="center",
            fontsize=8.5,
            rotation=90,
        )
    for column, (stack, bad) in enumerate(zip(maps, failed, strict=True), start=1):
        for row, drawn in enumerate(normalise(stack)):
            ax = axes[row, column]
            fade = 0.25 if bad else 1.0
            ax.imshow(drawn, cmap=DIVERGING, vmin=-1, vmax=1, interpolation="nearest", alpha=fade)
            ax.set_axis_off()
    for ax, title, bad in zip(axes[0], ["image", *titles], [False, *failed], strict=True):
        words = title.replace(" ", "\n") + ("\n(fails)" if bad else "")
        ax.set_title(words, fontsize=8.5, color=QUIET if bad else INK, va="bottom")
    if len(maps):
        scalar = ScalarMappable(Normalize(-1, 1), DIVERGING)
        scale = figure.colorbar(scalar, ax=axes, orientation="horizontal", shrink=0.5, aspect=40, pad=0.02)
        scale.set_ticks([-1, 0, 1], labels=["against", "0", "for the class"], fontsize=9)
    return figure
