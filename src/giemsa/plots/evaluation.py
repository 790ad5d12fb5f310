"""The confusion matrix and the scores of each class with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from giemsa.plots.style import COLORS, INK, MANY, QUIET, fit_name, new_figure, tidy

MOST_ROWS = 120  # names along a matrix; beyond, it grows no more
NAME_LETTERS = 30
Intervals = tuple[np.ndarray, np.ndarray, np.ndarray]


def plot_confusion(confusion: np.ndarray, class_names: Sequence[str]) -> Figure:
    """Draw the confusion matrix: rows true, columns predicted, shaded by the share of the row.

    Parameters
    ----------
    confusion : ``(classes, classes)`` counts.
    class_names : short names, one a class.
    """
    k = len(confusion)
    totals = confusion.sum(axis=1, keepdims=True)
    shares = np.divide(confusion, totals, out=np.zeros(confusion.shape), where=totals > 0)
    names = [fit_name(name, NAME_LETTERS) for name in class_names]
    margin = 0.9 + 0.085 * max(map(len, names))
    figure = new_figure(*(max(3.6, _cell(k) * min(k, MOST_ROWS) + margin),) * 2)
    ax = figure.add_subplot()
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    _name_cells(ax, names)
    ax.set_xlabel("predicted class")
    ax.set_ylabel("true class")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_xticks(np.arange(k + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(k + 1) - 0.5, minor=True)
    ax.grid(which="minor", color="white", linewidth=1.5 if k <= MANY else 0.4)
    ax.tick_params(which="minor", length=0)
    if k <= MANY:
        _write_counts(ax, confusion, shares, 10 if k <= 12 else 7)
    return figure


def _cell(k: int) -> float:
    """Return the side of a cell in inches: room for a number, or with many classes for a line of its name."""
    return 0.5 if k <= MANY else 0.16


def _name_cells(ax: Axes, names: Sequence[str]) -> None:
    """Write the names along both axes; of more classes than there are rows for, only some."""
    k = len(names)
    places = range(0, k, -(-k // MOST_ROWS))
    told = [names[place] for place in places]
    size = 10 if k <= 10 else 9 if k <= MANY else 7.5
    ax.set_xticks(
        places, told, rotation=45 if k <= MANY else 90, ha="right", rotation_mode="anchor", fontsize=size
    )
    ax.set_yticks(places, told, fontsize=size)
    if k > MANY:
        for label in ax.get_xticklabels():
            label.set_verticalalignment("center")


def _write_counts(ax: Axes, confusion: np.ndarray, shares: np.ndarray, size: int) -> None:
    for row, column in np.argwhere(confusion > 0).tolist():
        ink = "white" if shares[row, column] > 0.55 else INK
        ax.text(
            column, row, f"{confusion[row, column]:,}", ha="center", va="center", color=ink, fontsize=size
        )


def plot_class_scores(
    scores: Mapping[str, Intervals], class_names: Sequence[str], support: Sequence[int]
) -> Figure:
    """Draw scores of each class as points with their 95 % intervals, one panel a score, the panels stacked.

    Parameters
    ----------
    scores : by name: value, low and high, each ``(classes,)``, 0 to 1; ``nan`` is left out.
    class_names : short names.
    support : images of each class.
    """
    k = len(class_names)
    row = 0.24 if k <= MANY else 0.17
    figure = new_figure(6.2, len(scores) * (row * k + 0.75) + 0.3)
    axes = figure.subplots(len(scores), 1, sharex=True, squeeze=False)[:, 0]
    lowest = min([1.0, *(float(np.nanmin(low)) for _, low, _ in scores.values() if not np.isnan(low).all())])
    labels = [f"{fit_name(name, NAME_LETTERS)} ({n:,})" for name, n in zip(class_names, support, strict=True)]
    for ax, (name, values), color in zip(axes, scores.items(), COLORS, strict=False):
        _draw_intervals(ax, values, labels, color)
        tidy(ax, title=name, grid="x")
        ax.set_xlim(max(0.0, lowest - 0.03), 1.005)
        ax.tick_params(labelbottom=k > MANY or ax is axes[-1])  # of many, one panel is higher than a screen
    axes[-1].set_xlabel("score with 95 % interval; test images in brackets")
    return figure


def _draw_intervals(ax: Axes, values: Intervals, labels: Sequence[str], color: str) -> None:
    value, low, high = values
    places = np.arange(len(value))
    ax.hlines(places, low, high, color=color, linewidth=2.2, alpha=0.55)
    ax.plot(value, places, "o", color=color, markersize=5, clip_on=False)
    for place in np.flatnonzero(np.isnan(value)).tolist():
        ax.text(0.02, place, "undefined", va="center", color=QUIET, transform=ax.get_yaxis_transform())
    ax.set_yticks(places, labels, fontsize=9 if len(value) <= MANY else 8)
    ax.set_ylim(len(value) - 0.4, -0.6)
