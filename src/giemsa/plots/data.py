"""Figures of the data as they came: examples of each class, and how the classes are distributed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from giemsa.plots.style import INK, QUIET, SPLIT_COLORS, fit_name, new_figure, tidy
from giemsa.plots.tiles import MARGIN, place_image, sheet_axes, sheet_figure
from giemsa.wording import percent

MOST_ROWS = 200  # of examples, so that the file stays below the pixels that matplotlib draws
MOST_UPRIGHT = 14  # bars side by side whose shares do not touch
MOST_BESIDE = 48  # letters of names that stand side by side, were all as long as the longest
NAME_LETTERS = 30


def plot_examples(examples: Sequence[np.ndarray], class_names: Sequence[str]) -> Figure:
    """Draw a row of images for each class, with the class's name over the row; of many classes the first ones.

    Parameters
    ----------
    examples : one array ``(k, height, width, channels)`` a class, ``uint8``; ``k`` may differ and may be 0.
    class_names : one a class.

    Examples
    --------
    >>> figure = plot_examples([np.zeros((5, 8, 8, 3), np.uint8)] * 2, ("round", "square"))
    >>> len(figure.axes[0].images)
    10
    """
    columns = max(1, *(len(images) for images in examples))
    names = [fit_name(name, 9 * columns, lines=2) for name in class_names[:MOST_ROWS]]
    ends = np.cumsum([1.1 + 0.16 * (name.count("\n") + 1) for name in names])
    figure = sheet_figure(columns, ends[-1], width=min(1.05 * columns, 6.3))
    ax = sheet_axes(figure, columns, ends[-1])
    for images, name, end in zip(examples, names, ends, strict=False):
        ax.text(MARGIN, end - 1.02, name, va="bottom", fontsize=10, color=INK)
        for column, image in enumerate(images):
            place_image(ax, image, column, end - 1)
    if len(names) < len(class_names):
        told = f"the first {len(names)} of {len(class_names)} classes"
        figure.suptitle(told, x=0.02, ha="left", fontsize=10, color=QUIET)
    return figure


def plot_class_distribution(counts: Mapping[str, np.ndarray], class_names: Sequence[str]) -> Figure:
    """Draw the number of images of each class as bars, a panel for each split: upright, or many lying; long names are turned.

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
    names = [fit_name(name, NAME_LETTERS) for name in class_names]
    return (_upright if len(names) <= MOST_UPRIGHT else _lying)(counts, names)


def _upright(counts: Mapping[str, np.ndarray], names: Sequence[str]) -> Figure:
    figure = new_figure(6.2, 1.1 + 2.1 * len(counts))
    axes = figure.subplots(len(counts), 1, sharex=True, squeeze=False)[:, 0]
    places = np.arange(len(names))
    for ax, (split, numbers) in zip(axes, counts.items(), strict=True):
        bars = ax.bar(places, numbers, color=SPLIT_COLORS.get(split, INK), width=0.75)
        ax.bar_label(bars, labels=_shares(numbers), fontsize=9, padding=1, color=INK)
        ax.margins(y=0.15)
        ax.yaxis.get_major_locator().set_params(integer=True)
        ax.yaxis.set_major_formatter("{x:,.0f}")
        tidy(ax, title=_title(split, numbers), ylabel="images", grid="y")
    beside = len(names) * max(map(len, names)) <= MOST_BESIDE
    turned: dict[str, Any] = {} if beside else {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    axes[-1].set_xticks(places, names, fontsize=10, **turned)
    return figure


def _lying(counts: Mapping[str, np.ndarray], names: Sequence[str]) -> Figure:
    figure = new_figure(6.2, len(counts) * (0.17 * len(names) + 0.75))
    axes = figure.subplots(len(counts), 1, squeeze=False)[:, 0]
    places = np.arange(len(names))
    for ax, (split, numbers) in zip(axes, counts.items(), strict=True):
        bars = ax.barh(places, numbers, color=SPLIT_COLORS.get(split, INK), height=0.75)
        ax.bar_label(bars, labels=_shares(numbers), fontsize=8, padding=2, color=INK)
        ax.margins(x=0.1)
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.xaxis.set_major_formatter("{x:,.0f}")
        tidy(ax, title=_title(split, numbers), xlabel="images", grid="x")
        ax.set_yticks(places, names, fontsize=8)
        ax.set_ylim(len(names) - 0.4, -0.6)
    return figure


def _title(split: str, numbers: np.ndarray) -> str:
    return f"{split}: {int(np.sum(numbers)):,} images"


def _shares(numbers: np.ndarray) -> list[str]:
    total = int(np.sum(numbers))
    told = [percent(number / total, 0) if total else "" for number in numbers]
    # as short as bars are narrow
    return [share.replace("under ", "<").replace("over ", ">") for share in told]
