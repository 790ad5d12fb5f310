"""ROC and precision-recall curves, one line a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from giemsa.plots.style import COLORS, QUIET, classes_to_name, fit_name, new_figure, tidy

Curve = tuple[np.ndarray, np.ndarray]
STYLES = ("-", "--", ":")
NAME_LETTERS = 26  # of a line in the legend
ROC_CORNERS = ((0.1, 0.2), (0.25, 0.5))  # width and height of what is enlarged, the smallest first
PRECISION_CORNERS = ((0.3, 0.3), (0.5, 0.5))
WITHIN = 0.8  # of a corner's width and height, so that a curve does not only touch it


def plot_roc(curves: Sequence[Curve], class_names: Sequence[str], areas: Sequence[float]) -> Figure:
    """Draw sensitivity against the share of false alarms, whole and, where the curves come near it, the corner that matters.

    Parameters
    ----------
    curves : for each class the false alarm shares and the sensitivities, both rising ``(m,)``; empty arrays are left out.
    class_names : short names.
    areas : AUC of each class.
    """
    words = "share of other images taken for the class", "share of the class found"
    size = _corner_size([(x, 1 - y) for x, y in _named(curves, areas)], ROC_CORNERS)
    figure, axes = _panels(curves, class_names, areas, words, 2 if size else 1)
    axes[0].plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=":")
    axes[0].set(xlim=(-0.01, 1), ylim=(0, 1.01))
    _title(axes[0], "ROC")
    if size:
        width, height = size
        axes[1].set(xlim=(-0.01 * width, width), ylim=(1 - height, 1 + 0.01 * height))
        _title(axes[1], "the upper left corner, enlarged")
    return figure


def plot_precision_recall(
    curves: Sequence[Curve], class_names: Sequence[str], precisions: Sequence[float]
) -> Figure:
    """Draw precision against recall, whole and, where the curves come near it, the corner that matters.

    Parameters
    ----------
    curves : for each class recall and precision, both ``(m,)``; empty arrays are left out.
    class_names : short names.
    precisions : average precision of each class.
    """
    words = "share of the class found (recall)", "share of finds that are right"
    size = _corner_size([(1 - x, 1 - y) for x, y in _named(curves, precisions)], PRECISION_CORNERS)
    figure, axes = _panels(curves, class_names, precisions, words, 2 if size else 1)
    axes[0].set(xlim=(0, 1.01), ylim=(0, 1.02))
    _title(axes[0], "precision and recall")
    if size:
        width, height = size
        axes[1].set(xlim=(1 - width, 1 + 0.01 * width), ylim=(1 - height, 1 + 0.02 * height))
        _title(axes[1], "the upper right corner, enlarged")
    return figure


def _named(curves: Sequence[Curve], values: Sequence[float]) -> list[Curve]:
    """Return the curves that the legend names."""
    return [curves[place] for place in classes_to_name(values) if len(curves[place][0])]


def _corner_size(
    distances: Sequence[Curve], sizes: Sequence[tuple[float, float]]
) -> tuple[float, float] | None:
    """Return the first size of a corner that at least half of the curves, given as distances from it, come well into."""
    for width, height in sizes:
        within = [((across < WITHIN * width) & (down < WITHIN * height)).any() for across, down in distances]
        if 2 * sum(within) >= len(within) > 0:
            return width, height
    return None


def _panels(
    curves: Sequence[Curve],
    class_names: Sequence[str],
    values: Sequence[float],
    words: tuple[str, str],
    panels: int,
) -> tuple[Figure, Sequence[Axes]]:
    """Draw the same curves in panels one above the other, with one legend; ``words`` stand along both axes."""
    labels = _labels(class_names, values)
    lines = -(-len(labels) // 2) * max(label.count("\n") + 1 for label in labels.values())
    figure = new_figure(5.6, 0.5 + 4.2 * panels + 0.17 * lines)
    axes = figure.subplots(panels, 1, squeeze=False)[:, 0]
    for ax in axes:
        _draw(ax, curves, labels)
        tidy(ax, xlabel=words[0], ylabel=words[1], grid="both")
    _legend(figure, axes[0])
    return figure, list(axes)


def _title(ax: Axes, words: str) -> None:
    ax.set_title(words, loc="left", fontsize=11)


def _labels(class_names: Sequence[str], values: Sequence[float]) -> dict[int, str]:
    """Return the words for the legend by class; of many classes only the weakest have some."""
    labels = {}
    for place in classes_to_name(values):
        value = values[place]
        told = f"{value:.3f}" if value < 0.9995 or value == 1 else ">.999"
        labels[place] = f"{fit_name(class_names[place], NAME_LETTERS, lines=2)} {told}"
    return labels


def _draw(ax: Axes, curves: Sequence[Curve], labels: Mapping[int, str]) -> None:
    for place, (across, up) in enumerate(curves):
        if len(across) and place not in labels:
            ax.plot(across, up, color=QUIET, linewidth=0.6, alpha=0.6, zorder=1)
    for turn, (place, label) in enumerate(labels.items()):
        across, up = curves[place]
        if len(across):
            style = STYLES[turn // len(COLORS) % len(STYLES)]
            ax.plot(across, up, color=COLORS[turn % len(COLORS)], linestyle=style, label=label, linewidth=1.6)


def _legend(figure: Figure, ax: Axes) -> None:
    handles, labels = ax.get_legend_handles_labels()
    if handles:
        title = f"the {len(handles)} weakest classes" if len(ax.lines) > len(handles) else None
        figure.legend(
            handles, labels, title=title, loc="outside lower center", ncols=2, fontsize=9, frameon=False
        )
