"""Figures of the data as they came: examples of each class, and how the classes are distributed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill

import numpy as np
from matplotlib.figure import Figure

from giemsa.plots.style import INK, SPLIT_COLORS, new_figure, show_image, tidy


def plot_examples(examples: Sequence[np.ndarray], class_names: Sequence[str]) -> Figure:
    """Draw a row of images for each class, with the class's name over the row.

    Parameters
    ----------
    examples : one array ``(k, height, width, channels)`` a class, ``uint8``; ``k`` may differ and may be 0.
    class_names : one a class.

    Examples
    --------
    >>> figure = plot_examples([np.zeros((5, 8, 8, 3), np.uint8)] * 2, ("round", "square"))
    >>> len(figure.axes)
    10
    """
    columns = max(1, *(len(images) for images in examples))
    figure = new_figure(1.05 * columns, 1.32 * len(class_names))
    rows = figure.subfigures(len(class_names), 1, squeeze=False)
    for row, images, name in zip(rows[:, 0], examples, class_names, strict=True):
        row.suptitle(fill(name, 44), x=0.02, ha="left", fontsize=10, color=INK)
        for column, ax in enumerate(row.subplots(1, columns, squeeze=False)[0]):
            if column < len(images):
                show_image(ax, images[column], vmin=0, vmax=255)
            else:
                ax.set_axis_off()
    return figure


def plot_class_distribution(counts: Mapping[str, np.ndarray], class_names: Sequence[str]) -> Figure:
    """Draw the number of images of each class as bars, a panel for each split, the names turned.

    Parameters
    ----------
    counts : ``(classes,)`` whole numbers by split.
    class_names : one a class, short.

    Examples
    --------
    >>> figure = plot_class_distribution({"train": np.array([7, 3]), "test": np.array([2, 1])}, ("a", "b"))
    >>> [ax.get_title(loc="left") for ax in figure.axes]
    ['train: 10 images', 'test: 3 images']
    """
    figure = new_figure(6.2, 1.1 + 2.1 * len(counts))
    axes = figure.subplots(len(counts), 1, sharex=True, squeeze=False)[:, 0]
    places = np.arange(len(class_names))
    for ax, (split, numbers) in zip(axes, counts.items(), strict=True):
        total = int(np.sum(numbers))
        bars = ax.bar(places, numbers, color=SPLIT_COLORS.get(split, INK), width=0.75)
        shares = [f"{100 * number / total:.0f} %" if total else "" for number in numbers]
        ax.bar_label(bars, labels=shares, fontsize=9, padding=1, color=INK)
        ax.margins(y=0.15)
        tidy(ax, title=f"{split}: {total:,} images", ylabel="images", grid="y")
    axes[-1].set_xticks(places, class_names, rotation=45, ha="right", rotation_mode="anchor", fontsize=10)
    return figure
