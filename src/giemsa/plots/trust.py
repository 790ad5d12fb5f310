"""The four checks of each attribution method, as values with intervals against what is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from giemsa.plots.style import COLORS, INK, QUIET, new_figure, tidy

Interval = tuple[float, float, float]
STRIPES = "#E3D3B0"


@dataclass(frozen=True)
class Check:
    """One check of all methods.

    Parameters
    ----------
    title : what is measured.
    values : value, low and high by method; a method that was not checked is missing.
    bound : where good begins.
    high_is_good : on which side of the bound.
    limits : of the axis.
    failing : where failing begins, on the other side; ``None`` where nothing fails, but asks for care alone.
    """

    title: str
    values: Mapping[str, Interval]
    bound: float
    high_is_good: bool
    limits: tuple[float, float]
    failing: float | None


def plot_trust(checks: Sequence[Check], methods: Mapping[str, bool]) -> Figure:
    """Draw a panel a check, a row a method; green is good, and where care is asked for there are stripes.

    Parameters
    ----------
    checks : those that were made.
    methods : title of each method and whether it fails; one that does is grey.
    """
    figure = new_figure(6.0, len(checks) * (0.62 + 0.24 * len(methods)))
    for ax, check in zip(figure.subplots(len(checks), 1, squeeze=False)[:, 0], checks, strict=True):
        _draw_check(ax, check, methods)
    return figure


def _draw_check(ax: Axes, check: Check, methods: Mapping[str, bool]) -> None:
    low, high = check.limits
    worst, best = (low, high) if check.high_is_good else (high, low)
    ax.axvspan(check.bound, best, color=COLORS[2], alpha=0.13, linewidth=0)
    ax.axvline(check.bound, color=QUIET, linewidth=1)
    care = worst if check.failing is None else check.failing
    if care != check.bound:
        ax.axvspan(care, check.bound, facecolor="none", edgecolor=STRIPES, hatch="///", linewidth=0)
    for row, (title, bad) in enumerate(methods.items()):
        if title not in check.values:
            ax.text(low, row, "  not measured", va="center", fontsize=9, color=QUIET)
            continue
        value, below, above = check.values[title]
        color = QUIET if bad else COLORS[0]
        ax.plot([below, above], [row, row], color=color, linewidth=2)
        ax.plot([value], [row], "o", color=color, markersize=6)
    ax.set_yticks(range(len(methods)), list(methods), fontsize=9)
    for label, bad in zip(ax.get_yticklabels(), methods.values(), strict=True):
        label.set_color(QUIET if bad else INK)
    ax.set_ylim(len(methods) - 0.5, -0.5)
    ax.set_xlim(low, high)
    ax.tick_params(axis="x", labelsize=9)
    tidy(ax, title=check.title)
    ax.title.set_fontsize(9.5)
    ax.title.set_position((0, 1))
