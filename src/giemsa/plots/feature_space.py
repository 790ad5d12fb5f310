"""The images as the network sees them: two maps of its features, and examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from giemsa.plots.style import COLORS, INK, QUIET, classes_most_mistaken, fit_name, new_figure, tidy
from giemsa.plots.tiles import place_image, sheet_axes, sheet_figure

LINE = 13  # letters of a line above an image
NAME_LETTERS = 20  # of a line in the legend
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


@dataclass(frozen=True, eq=False)
class Places:
    """Images on a map.

    Parameters
    ----------
    points : ``(n, 2)``.
    labels, predictions : ``(n,)``, the class of each and the class that the network gives it.
    """

    points: np.ndarray
    labels: np.ndarray
    predictions: np.ndarray


def plot_feature_space(
    pca: Places, tsne: Places, class_names: Sequence[str], explained: np.ndarray
) -> Figure:
    """Draw both maps, one above the other, coloured by class; wrong answers are ringed.

    Parameters
    ----------
    pca, tsne : the same images on the two maps.
    class_names : short names.
    explained : ``(2,)``, the part of the variance along each direction of the first map.
    """
    figure = new_figure(6.0, 9.4)
    upper, lower = figure.subplots(2, 1)
    named = _names(tsne, class_names)
    words = (
        f"first direction, {100 * explained[0]:.0f} % of the variance",
        f"second, {100 * explained[1]:.0f} %",
    )
    _scatter(upper, pca, named)
    tidy(upper, title="PCA: true distances, much hidden", xlabel=words[0], ylabel=words[1])
    _scatter(lower, tsne, named)
    tidy(lower, title="t-SNE: true neighbours, distances between groups mean nothing")
    lower.set_xticks([])
    lower.set_yticks([])
    handles, names = lower.get_legend_handles_labels()
    title = f"the {len(named)} classes most often mistaken" if len(named) < len(class_names) else None
    figure.legend(handles, names, title=title, loc="outside lower center", ncols=3, fontsize=9, frameon=False)
    return figure


def _names(places: Places, class_names: Sequence[str]) -> dict[int, str]:
    """Return the names for the legend by class; of many classes only those most often mistaken have one."""
    named = classes_most_mistaken(places.labels, places.predictions, len(class_names))
    return {label: fit_name(class_names[label], NAME_LETTERS, lines=2) for label in named}


def _scatter(ax: Axes, places: Places, names: Mapping[int, str]) -> None:
    others = places.points[~np.isin(places.labels, list(names))]
    ax.scatter(others[:, 0], others[:, 1], s=8, color=QUIET, linewidths=0, alpha=0.4)
    for turn, (label, name) in enumerate(names.items()):
        chosen = places.points[places.labels == label]
        color, marker = COLORS[turn % len(COLORS)], MARKERS[(turn // len(COLORS) + turn) % len(MARKERS)]
        ax.scatter(
            chosen[:, 0], chosen[:, 1], s=13, color=color, marker=marker, linewidths=0, alpha=0.75, label=name
        )
    wrong = places.points[places.labels != places.predictions]
    ax.scatter(
        wrong[:, 0],
        wrong[:, 1],
        s=46,
        facecolors="none",
        edgecolors=INK,
        linewidths=1.0,
        label="wrong answer",
    )


def plot_class_examples(
    prototypes: Sequence[np.ndarray], oddest: Sequence[np.ndarray], class_names: Sequence[str]
) -> Figure:
    """Draw, a row a class, its most typical images on the left and its oddest on the right.

    Parameters
    ----------
    prototypes, oddest : one array ``(k, height, width, channels)``, uint8, a class.
    class_names : short names, over the rows.
    """
    count = max(len(images) for images in prototypes)
    step, columns = 1.32, 2 * count + 0.3
    figure = sheet_figure(columns, step * len(class_names), width=6.0, top=0.35)
    ax = sheet_axes(figure, columns, step * len(class_names), top=0.35)
    for start, words in ((0.0, "most typical"), (count + 0.3, "oddest")):
        ax.text(start + count / 2, -0.1, words, ha="center", fontsize=10, color=INK)
    for number, (left, right, name) in enumerate(zip(prototypes, oddest, class_names, strict=True)):
        ax.text(0.03, step * number + 0.3, fit_name(name, 70), va="bottom", fontsize=9, color=INK)
        for start, images in ((0.0, left), (count + 0.3, right)):
            for column, image in enumerate(images):
                place_image(ax, image, start + column, step * number + 0.32)
    return figure


def plot_neighbours(
    queries: np.ndarray, neighbours: np.ndarray, titles: Sequence[str], names: Sequence[Sequence[str]]
) -> Figure:
    """Draw each image with the training images nearest to it in the network's features.

    Parameters
    ----------
    queries : ``(n, height, width, channels)``, uint8.
    neighbours : ``(n, k, height, width, channels)``, uint8, the nearest first.
    titles : ``n`` words, what each query is; of two lines where it is mistaken for something else.
    names : ``n`` times ``k`` short class names of the neighbours.
    """
    n, k = neighbours.shape[:2]
    words = [
        [_fit_lines(one) for one in (title, *others)] for title, others in zip(titles, names, strict=True)
    ]
    head = 0.07 + 0.16 * max(one.count("\n") + 1 for row in words for one in row)
    step, columns = head + 1.0, k + 1.2
    figure = sheet_figure(columns, step * n, width=6.0)
    ax = sheet_axes(figure, columns, step * n)
    for row in range(n):
        top = step * row + head
        images = [queries[row], *neighbours[row]]
        for place, (image, told) in enumerate(zip(images, words[row], strict=True)):
            column = place + 0.2 * (place > 0)
            place_image(ax, image, column, top)
            ax.text(column + 0.5, top, told, ha="center", va="bottom", fontsize=8.5, color=INK)
    return figure


def _fit_lines(words: str) -> str:
    return "\n".join(fit_name(line, LINE, lines=2) for line in words.split("\n"))
