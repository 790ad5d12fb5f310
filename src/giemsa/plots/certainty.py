"""Whether certainty means what it says: reliability, prediction sets, and mistakes among the images that are kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from giemsa.plots.style import COLORS, INK, QUIET, fit_name, new_figure, tidy

FEW = 10  # images; points of fewer are drawn hollow
MOST_HANDED_OVER = 50  # per cent
MARKS = ("o", "s", "^", "D")
MOST_LABELLED = 12  # bars whose numbers do not touch


def plot_reliability(
    edges: np.ndarray, bins: Sequence[tuple[str, np.ndarray, np.ndarray, np.ndarray]]
) -> Figure:
    """Draw outcome against stated certainty, hollow where fewer than ten images state it, and how many do.

    Parameters
    ----------
    edges : ``(bins + 1,)``.
    bins : one or two curves: name, mean certainty, share right, and counts, each ``(bins,)``, ``nan`` where empty.
    """
    figure = new_figure(5.4, 6.6)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    above.plot([0, 1], [0, 1], color=QUIET, linewidth=1.2, linestyle=":", label="certainty = outcome")
    for (name, confidence, accuracy, counts), color, marker in zip(bins, COLORS, "os", strict=False):
        known, few = counts > 0, (counts > 0) & (counts < FEW)
        above.plot(confidence[known], accuracy[known], marker=marker, color=color, label=name, linewidth=1.6)
        above.plot(confidence[few], accuracy[few], marker, color=color, markerfacecolor="white")
        below.stairs(np.maximum(counts, 0.5), edges, color=color, linewidth=1.6, baseline=0.5)
    tidy(above, ylabel="share that is right", grid="both")
    tidy(below, xlabel="stated certainty (highest probability)", ylabel="images", grid="x")
    below.set_yscale("log")
    below.yaxis.set_major_formatter("{x:,.0f}")
    below.yaxis.set_minor_formatter("")
    above.set(ylim=(-0.02, 1.03), xlim=(0, 1.02))
    _legend_above(above)
    return figure


def plot_coverage(
    coverage: tuple[np.ndarray, np.ndarray, np.ndarray],
    names: Sequence[str],
    target: float,
    sizes: np.ndarray,
) -> Figure:
    """Draw the coverage of prediction sets, overall and by class, and how large the sets are.

    Parameters
    ----------
    coverage : value, low and high, each ``(rows,)``, the first row overall.
    names : one a row.
    target : the coverage promised.
    sizes : ``(classes + 1,)``, images whose set holds 0, 1, 2, ... classes.
    """
    figure = new_figure(5.8, 0.28 * len(names) + 3.9)
    above, below = figure.subplots(2, 1, height_ratios=(0.28 * len(names) + 0.6, 2.2))
    value, low, high = coverage
    places = np.arange(len(value))
    above.axvline(
        target, color=COLORS[1], linewidth=1.4, linestyle="--", label=f"promised: {100 * target:g} %"
    )
    above.hlines(places, low, high, color=COLORS[0], linewidth=2.2, alpha=0.55)
    above.plot(value, places, "o", color=COLORS[0], markersize=5)
    above.set_yticks(places, [fit_name(name, 30) for name in names])
    above.set_ylim(len(value) - 0.4, -0.6)
    tidy(above, xlabel="share of images whose class lies in the set", grid="x")
    _legend_above(above)
    _draw_sizes(below, sizes)
    return figure


def _legend_above(ax: Axes) -> None:
    ax.legend(frameon=False, fontsize=9, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2)


def _draw_sizes(ax: Axes, sizes: np.ndarray) -> None:
    last = int(np.flatnonzero(sizes)[-1])
    bars = ax.bar(range(last + 1), sizes[: last + 1], color=COLORS[0])
    if last < MOST_LABELLED:
        ax.bar_label(bars, [f"{count:,}" for count in sizes[: last + 1]], fontsize=9, color=INK, padding=2)
        ax.set_xticks(range(last + 1))
    else:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.margins(y=0.15)
    tidy(ax, xlabel="classes in the set", ylabel="images")


def plot_risk_coverage(
    coverage: np.ndarray, risk: np.ndarray, marks: Sequence[tuple[float, float, str]]
) -> Figure:
    """Draw the share of mistakes among the images kept against the share handed to a human.

    Parameters
    ----------
    coverage, risk : ``(m,)``, share kept and mistakes among them.
    marks : places on the curve to name in the legend, at most four: share handed over, mistakes, words.
    """
    figure = new_figure(5.8, 4.3)
    ax = figure.add_subplot()
    handed_over = 100 * (1 - coverage)
    ax.step(handed_over, 100 * risk, where="post", color=COLORS[0], linewidth=1.8)
    for (share, mistakes, words), marker in zip(marks, MARKS, strict=False):
        place = 100 * share, 100 * mistakes
        ax.plot(*place, marker, color=COLORS[1], markersize=7, linestyle="", label=words, clip_on=False)
    ax.set_xlim(-0.5, MOST_HANDED_OVER)
    ax.set_ylim(0, max(0.5, 112 * float(risk[handed_over <= MOST_HANDED_OVER].max())))
    tidy(
        ax,
        xlabel="least certain images handed to a human (%)",
        ylabel="mistakes among the rest (%)",
        grid="both",
    )
    if marks:
        _legend_above(ax)
    return figure
