"""Worse images and foreign images: curves of balanced accuracy, and scores for the unfamiliar."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from giemsa.plots.style import COLORS, QUIET, new_figure, show_image, tidy
from giemsa.wording import percent


def plot_robustness(
    scores: np.ndarray, names: Sequence[str], clean: float, examples: np.ndarray | None = None
) -> Figure:
    """Draw balanced accuracy against severity, one panel a corruption, the weakest first.

    Parameters
    ----------
    scores : ``(corruptions, severities)``.
    names : one a corruption.
    clean : balanced accuracy of the images as they are.
    examples : ``(corruptions, h, w, c)``, ``uint8``, one image a corruption at the highest severity, drawn into its panel.
    """
    order = np.argsort(scores.mean(axis=1), kind="stable")
    rows = math.ceil(len(names) / 2)
    figure = new_figure(6.2, 1.75 * rows + 0.6)
    axes = figure.subplots(rows, 2, sharex=True, sharey=True, squeeze=False).ravel()
    severities = np.arange(scores.shape[1] + 1)
    for ax, place in zip(axes, order, strict=False):
        ax.axhline(100 * clean, color=QUIET, linewidth=1, linestyle=":")
        values = 100 * np.concatenate([[clean], scores[place]])
        ax.plot(severities, values, "o-", color=COLORS[0], linewidth=1.8, markersize=4)
        tidy(ax, title=names[place], grid="y")
        ax.set(ylim=(0, 103), xticks=severities)
        if examples is not None:
            ax.set_xlim(-2.2, 5.2)
            show_image(ax.inset_axes((0.0, 0.0, 0.27, 0.52)), examples[place])
    for ax in axes[len(names) :]:
        ax.set_visible(False)
    for ax in axes[max(0, len(names) - 2) : len(names)]:
        ax.tick_params(labelbottom=True)
    figure.supxlabel("severity (0: as it is); the small picture shows 5", fontsize=10)
    figure.supylabel("balanced accuracy (%)", fontsize=10)
    return figure


def plot_novelty(test_scores: np.ndarray, foreign: Mapping[str, np.ndarray], threshold: float) -> Figure:
    """Draw how strange test images and foreign images look to the network, one row a kind.

    Parameters
    ----------
    test_scores : ``(n,)``.
    foreign : ``(m,)`` by name.
    threshold : scores above it count as unlike the training data.
    """
    kinds = {"test split": test_scores} | dict(foreign)
    figure = new_figure(5.8, 0.72 * len(kinds) + 1.0)
    axes = figure.subplots(len(kinds), 1, sharex=True, squeeze=False)[:, 0]
    everything = np.concatenate(list(kinds.values()))
    low, high = float(everything.min()), float(np.quantile(everything, 0.995))
    if threshold > 0:  # far ones are piled up at the right edge, so that the others can be told apart
        high = min(high, 8 * threshold)
    edges = np.linspace(low, high * 1.05 if high > low else low + 1, 61)
    for place, (ax, (name, values)) in enumerate(zip(axes, kinds.items(), strict=True)):
        _draw_histogram(ax, np.minimum(values, edges[-1]), edges, COLORS[0] if not place else COLORS[1])
        ax.axvline(threshold, color=QUIET, linewidth=1.4, linestyle="--")
        above = percent(float((values > threshold).mean()))
        ax.set_title(f"{name}: {above} above the line", loc="left", fontsize=10)
    axes[-1].set_xlabel("strangeness; those beyond the right edge are piled up there")
    return figure


def _draw_histogram(ax: Axes, values: np.ndarray, edges: np.ndarray, color: str) -> None:
    counts = np.histogram(values, edges)[0] / max(len(values), 1)
    ax.stairs(counts, edges, fill=True, color=color, alpha=0.75)
    ax.set_yticks([])
    ax.spines[["top", "right", "left"]].set_visible(False)
