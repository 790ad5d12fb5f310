"""How the answer moves when the image is turned, mirrored, shifted or recoloured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from giemsa.plots.style import COLORS, INK, new_figure, tidy
from giemsa.wording import percent


def plot_symmetry_response(
    degrees: np.ndarray, turned: np.ndarray, moves: Sequence[str], changed: np.ndarray, count: int
) -> Figure:
    """Draw the probability over the angle, and how often each other move changes the answer.

    Parameters
    ----------
    degrees : ``(a,)``.
    turned : ``(n, a)``, the probability of the class that each image is taken for as it is.
    moves : names of the other moves.
    changed : ``(len(moves),)``, the part of the images whose answer changes, 0 to 1.
    count : how many images.
    """
    figure = new_figure(6.0, 6.4)
    upper, lower = figure.subplots(2, 1, height_ratios=[1, 1.15])
    bands = np.quantile(turned, [0.05, 0.25, 0.5, 0.75], axis=0)
    upper.fill_between(
        degrees,
        bands[0],
        bands[3],
        color=COLORS[0],
        alpha=0.15,
        linewidth=0,
        label="lowest 5 % to upper quarter",
    )
    upper.fill_between(
        degrees, bands[1], bands[3], color=COLORS[0], alpha=0.3, linewidth=0, label="middle half"
    )
    upper.plot(degrees, bands[2], color=COLORS[0], linewidth=2, label="median")
    upper.set_xticks(range(0, 361, 45))
    upper.set_ylim(0, 1.02)
    figure.legend(loc="outside upper right", ncols=3, fontsize=9, frameon=False)
    tidy(
        upper,
        title=f"turned: probability of the answer, {count} images",
        xlabel="angle in degrees",
        ylabel="probability",
        grid="y",
    )
    places = np.arange(len(moves))
    lower.barh(places, changed, color=COLORS[1], height=0.7)
    for place, value in zip(places, changed, strict=True):
        lower.text(value, place, f" {percent(value)}", va="center", fontsize=9, color=INK)
    lower.set_yticks(places, list(moves), fontsize=9)
    lower.invert_yaxis()
    lower.set_xlim(0, max(0.05, float(changed.max()) * 1.2))
    lower.set_xticks([tick for tick in lower.get_xticks() if tick <= 1])
    lower.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    tidy(lower, title="images whose answer changes", grid="x")
    return figure
