"""Figures of the audit: pairs, suspects, odd images, shortcuts, the learning curve."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.figure import Figure

from giemsa.plots.style import COLORS, INK, QUIET, break_lines, fit_name, new_figure, show_image, tidy

WIDTH = 6.2


def plot_image_pairs(pairs: Sequence[np.ndarray], captions: Sequence[tuple[str, str]]) -> Figure:
    """Draw pairs of images, two pairs a row, each pair on a ground of its own.

    Parameters
    ----------
    pairs : for each pair, images ``(2, height, width, channels)``.
    captions : for each pair, a caption for each image; lines are broken to fit.
    """
    columns = min(2, len(pairs))
    rows = -(-len(pairs) // columns)
    words = [tuple(_wrap(caption, 4) for caption in pair) for pair in captions]
    lines = _most_lines(caption for pair in words for caption in pair)
    figure = new_figure(WIDTH * columns / 2, rows * (1.42 + 0.17 * lines))
    grounds = figure.subfigures(rows, columns, wspace=0.03, hspace=0.03, squeeze=False).ravel()
    for ground, images, told in zip(grounds, pairs, words, strict=False):
        ground.set_facecolor("#F1F1F1")
        for ax, image, caption in zip(ground.subplots(1, 2), images, told, strict=True):
            show_image(ax, image)
            _caption(ax, caption)
    return figure


def plot_image_grid(images: np.ndarray, captions: Sequence[str], *, columns: int = 4) -> Figure:
    """Draw images ``(n, height, width, channels)`` in reading order, each with its caption below."""
    across = min(columns, len(images))
    rows = -(-len(images) // across)
    words = [_wrap(caption, columns) for caption in captions]
    height = rows * (WIDTH / (columns + 0.4) + 0.17 * _most_lines(words))
    figure = new_figure(WIDTH * across / columns, height)
    axes = np.atleast_1d(figure.subplots(rows, across)).ravel()
    for ax in axes:
        ax.set_axis_off()
    for ax, image, caption in zip(axes, images, words, strict=False):
        show_image(ax, image)
        _caption(ax, caption)
    return figure


def _most_lines(captions: Iterable[str]) -> int:
    return max(caption.count("\n") + 1 for caption in captions)


def _caption(ax, words: str) -> None:  # type: ignore[no-untyped-def]
    ax.set_anchor(
        "S"
    )  # in the middle of a larger place, the room left for the caption would come out too small
    ax.set_title(words, fontsize=9, color=INK, y=-0.04, va="top", linespacing=1.1, pad=0)


def _wrap(caption: str, columns: int) -> str:
    width = max(10, round(78 / columns))
    return "\n".join("\n".join(break_lines(line, width)) for line in caption.split("\n"))


def plot_shortcuts(
    names: Sequence[str],
    values: Sequence[tuple[float, float, float]],
    shuffled: Sequence[np.ndarray],
    *,
    chance: float,
    network: float | None,
) -> Figure:
    """Draw what plain models reach on things that should not tell the label, against shuffled labels and a network.

    Parameters
    ----------
    names : one a model.
    values : balanced accuracy with the ends of its 95 % interval, 0 to 1.
    shuffled : balanced accuracies on shuffled labels.
    chance : one divided by the number of classes.
    network : balanced accuracy of a network on the whole image; ``None`` where none was trained.
    """
    figure = new_figure(WIDTH, 1.7 + 0.7 * len(names))
    ax = figure.subplots()
    for row, (value, low, high) in enumerate(values):
        ax.plot(shuffled[row], np.full(len(shuffled[row]), row), "|", color=QUIET, markersize=12)
        ax.plot([low, high], [row, row], color=COLORS[0], linewidth=3, solid_capstyle="butt")
        ax.plot(value, row, "o", color=COLORS[0], markersize=8)
        ax.annotate(
            f"{value:.2f}",
            (max(value, 0.04), row),
            xytext=(0, 9),
            textcoords="offset points",
            ha="center",
            fontsize=10,
        )
    ax.axvline(chance, color=QUIET, linestyle=":")
    ax.annotate("chance", (chance, 1), xycoords=("data", "axes fraction"), xytext=(3, -2), textcoords="offset points",
                va="top", fontsize=9, color=QUIET)  # fmt: skip
    if network is not None:
        ax.axvline(network, color=COLORS[1])
        ax.annotate("network", (network, 1), xycoords=("data", "axes fraction"), xytext=(-3, -2), va="top", ha="right",
                    textcoords="offset points", fontsize=9, color=COLORS[1])  # fmt: skip
    ax.set_yticks(range(len(names)), [textwrap.fill(name, 16) for name in names], fontsize=10)
    ax.set_ylim(len(names) - 0.4, -0.9)
    ax.set_xlim(0, 1)
    return tidy(ax, xlabel="balanced accuracy (grey: shuffled labels)", grid="x").figure  # type: ignore[return-value]


def plot_tells(features: Sequence[tuple[str, np.ndarray, np.ndarray]], classes: Sequence[str]) -> Figure:
    """Draw how a class differs from the others in a feature, a panel a pair of class and feature.

    Parameters
    ----------
    features : name of the feature, its values in the class, and in all others.
    classes : the class of each panel.
    """
    figure = new_figure(WIDTH, 0.4 + 1.75 * len(features))
    axes = np.atleast_1d(figure.subplots(len(features), 1))
    for ax, (name, own, others), class_name in zip(axes, features, classes, strict=True):
        both = np.concatenate([own, others])
        low, high = np.quantile(both, [0.002, 0.998])
        bins = np.linspace(low, high, 50) if high > low else 10
        ax.hist(others, bins=bins, density=True, color=QUIET, alpha=0.6, label="all others")
        ax.hist(own, bins=bins, density=True, histtype="step", linewidth=2, color=COLORS[1],
                label=fit_name(class_name, 24, lines=2))  # fmt: skip
        ax.set_yticks([])
        ax.legend(fontsize=9, frameon=False)
        tidy(ax, xlabel=name, ylabel="share of images")
    return figure


def plot_learning_curve(
    sizes: np.ndarray,
    accuracies: np.ndarray,
    curve: tuple[np.ndarray, np.ndarray],
    end: tuple[float, float, float, float],
) -> Figure:
    """Draw accuracy by number of training images, the fitted law, and where it leads.

    Parameters
    ----------
    sizes, accuracies : ``(points,)`` measured.
    curve : sizes and accuracies of the fitted law.
    end : number of images extrapolated to, accuracy expected there, and its 95 % interval.
    """
    figure = new_figure(WIDTH, 3.6)
    ax = figure.subplots()
    ax.plot(*curve, color=QUIET, linestyle="--", label="power law")
    ax.plot(sizes, accuracies, "o", color=COLORS[0], label="measured")
    target, expected, low, high = end
    ax.errorbar(target, expected, [[expected - low], [high - expected]], fmt="s", color=COLORS[1], capsize=4,
                label=f"{target:,.0f} images, expected")  # fmt: skip
    ax.set_xscale("log")
    ticks = sorted({*sizes.tolist(), target})
    ax.set_xticks(ticks, [f"{tick:,.0f}" for tick in ticks], rotation=45, ha="right", rotation_mode="anchor")
    ax.minorticks_off()
    ax.legend(frameon=False, fontsize=10, loc="lower right")
    tidy(ax, xlabel="training images", ylabel="accuracy", grid="y")
    return figure
