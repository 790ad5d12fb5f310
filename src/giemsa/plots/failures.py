"""The worst mistakes as pictures, and the accuracy of groups of images."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from giemsa.plots.style import COLORS, INK, QUIET, fit_name, new_figure, show_image, tidy

Group = tuple[str, str, float, float, float, int]


def plot_mistakes(images: np.ndarray, words: Sequence[tuple[str, str, float]], *, columns: int = 3) -> Figure:
    """Draw wrongly named images, each with its true class, the answer and its probability.

    Parameters
    ----------
    images : ``(m, h, w, c)``, ``uint8``; at least one.
    words : for each the true class, the answer, and the probability of the answer.
    columns : images in a row.
    """
    rows = math.ceil(len(images) / columns)
    titles = [_mistake(*told) for told in words]
    figure = new_figure(6.0, (2.2 + 0.17 * max(title.count("\n") + 1 for title in titles)) * rows)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax, image, title in zip(axes, images, titles, strict=False):
        show_image(ax, image)
        ax.set_title(title, fontsize=9, color=INK)
    for ax in axes[len(images) :]:
        ax.set_visible(False)
    return figure


def _mistake(true: str, said: str, probability: float) -> str:
    return f"{fit_name(true, 22, lines=2)}\n→ {fit_name(said, 20, lines=2)}\n{_two_digits(probability)}"


def _two_digits(probability: float) -> str:
    """Write a probability with two digits; 1 only where it is exact."""
    return ">0.99" if 0.995 <= probability < 1 else f"{probability:.2f}"


def plot_subgroups(groups: Sequence[Group], overall: float) -> Figure:
    """Draw the accuracy of groups of images with 95 % intervals.

    Parameters
    ----------
    groups : what they were sorted by, name, accuracy, low, high, images.
    overall : accuracy of all images.
    """
    kinds = list(dict.fromkeys(kind for kind, *_ in groups))
    sizes = [sum(group[0] == kind for group in groups) for kind in kinds]
    figure = new_figure(5.8, sum(0.3 * size + 0.6 for size in sizes) + 0.5)
    axes = figure.subplots(
        len(kinds), 1, sharex=True, squeeze=False, height_ratios=[size + 1 for size in sizes]
    )
    lowest = min(low for *_, low, _, _ in groups)
    for ax, kind in zip(axes[:, 0], kinds, strict=True):
        chosen = [group for group in groups if group[0] == kind]
        places = np.arange(len(chosen))
        ax.axvline(100 * overall, color=QUIET, linewidth=1.2, linestyle=":")
        ax.hlines(
            places,
            [100 * g[3] for g in chosen],
            [100 * g[4] for g in chosen],
            color=COLORS[0],
            linewidth=2.2,
            alpha=0.55,
        )
        ax.plot([100 * g[2] for g in chosen], places, "o", color=COLORS[0], markersize=5)
        ax.set_yticks(places, [f"{g[1]} ({g[5]:,})" for g in chosen], fontsize=9)
        ax.set_ylim(len(chosen) - 0.4, -0.6)
        tidy(ax, title=f"by {kind}", grid="x")
        ax.set_xlim(max(0.0, 100 * lowest - 2), 100.5)
    axes[-1, 0].set_xlabel("accuracy (%) with 95 % interval; images in brackets")
    return figure
