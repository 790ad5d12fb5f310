"""ROC and precision-recall curves, one line a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from giemsa.plots.style import COLORS, MANY, QUIET, classes_to_name, fit_name, new_figure, tidy

Curve = tuple[np.ndarray, np.ndarray]
STYLES = ("-", "--", ":")
NAME_LETTERS = 26  # of a line in the legend


def plot_roc(curves: Sequence[Curve], class_names: Sequence[str], areas: Sequence[float]) -> Figure:
    """Draw sensitivity against the share of false alarms, whole and enlarged at the corner that matters.

    Parameters
    ----------
    curves : for each class the false alarm shares and the sensitivities, both rising ``(m,)``; empty arrays are left out.
    class_names : short names.
    areas : AUC of each class.
    """
    words = "share of other images taken for the class", "share of the class found"
    figure, (whole, corner) = _two_panels(curves, class_names, areas, words)
    whole.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=":")
    whole.set(xlim=(-0.01, 1), ylim=(0, 1.01))
    corner.set(xlim=(-0.001, 0.1), ylim=(0.8, 1.002))
    _title(whole, "ROC")
    _title(corner, "the upper left corner, enlarged")
    return figure


def plot_precision_recall(
    curves: Sequence[Curve], class_names: Sequence[str], precisions: Sequence[float]
) -> Figure:
    """Draw precision against recall, whole and enlarged at the corner that matters.

    Parameters
    ----------
    curves : for each class recall and precision, both ``(m,)``; empty arrays are left out.
    class_names : short names.
    precisions : average precision of each class.
    """
    words = "share of the class found (recall)", "share of finds that are right"
    figure, (whole, corner) = _two_panels(curves, class_names, precisions, words)
    whole.set(xlim=(0, 1.01), ylim=(0, 1.02))
    corner.set(xlim=(0.7, 1.002), ylim=(0.7, 1.005))
    _title(whole, "precision and recall")
    _title(corner, "the upper right corner, enlarged")
    return figure


def _two_panels(
    curves: Sequence[Curve], class_names: Sequence[str], values: Sequence[float], words: tuple[str, str]
) -> tuple[Figure, tuple[Axes, Axes]]:
    """Draw the same curves twice, one panel above the other, with one legend; ``words`` stand along both axes."""
    labels = _labels(class_names, values)
    lines = -(-len(labels) // 2) * max(label.count("\n") + 1 for label in labels.values())
    figure = new_figure(5.6, 8.9 + 0.17 * lines)
    above, below = figure.subplots(2, 1)
    for ax in (above, below):
        _draw(ax, curves, labels)
        tidy(ax, xlabel=words[0], ylabel=words[1], grid="both")
    _legend(figure, above)
    return figure, (above, below)


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
        title = f"the {len(handles)} weakest classes" if len(ax.lines) > MANY else None
        figure.legend(
            handles, labels, title=title, loc="outside lower center", ncols=2, fontsize=9, frameon=False
        )
