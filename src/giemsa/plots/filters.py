"""Filters before and after training, side by side on one scale."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from giemsa.plots.style import DIVERGING, INK, new_figure
from giemsa.plots.tiles import square_grid, tile

MOST_FILTERS = 32
MOST_CHANNELS = 16


def plot_filters(before: np.ndarray | None, after: np.ndarray, *, layer: str) -> Figure:
    """Draw the filters of one convolution: as colours where it sees three channels, on a square grid where one, else a row each.

    Parameters
    ----------
    before, after : ``(filters, channels, height, width)``, on one scale; ``before`` is ``None`` where it is not known.
        Where there are more than fit, the filters that moved most, or without ``before`` those that weigh most, and the channels
        that weigh most are drawn.
    layer : its name, for the title.
    """
    both = [after] if before is None else [before, after]
    titles = ["as they are"] if before is None else ["before training", "after training"]
    limit = float(max(np.abs(x).max() for x in both)) or 1.0
    coloured = after.shape[1] == 3
    sheets = _colour_sheets(both, limit) if coloured else _channel_sheets(both)
    tall = sheets[0].shape[0] / sheets[0].shape[1]
    figure = new_figure(6.2, min(7.5, 2.85 * tall + 0.9 if coloured else 2.45 * tall + 1.3))
    axes = figure.subplots(1, len(both), squeeze=False, gridspec_kw={"wspace": 0.12})[0]
    for ax, sheet, title in zip(axes, sheets, titles, strict=True):
        drawn = ax.imshow(sheet, cmap=DIVERGING, vmin=-limit, vmax=limit, interpolation="nearest")
        ax.set_title(title, fontsize=10, color=INK)
        ax.set_axis_off()
    if not coloured:
        bar = figure.colorbar(drawn, ax=list(axes), orientation="horizontal", shrink=0.5, aspect=30, pad=0.02)
        bar.set_label(f"weight{_left_out(after, compared=before is not None)}", fontsize=9)
        bar.ax.tick_params(labelsize=9)
    shape = " x ".join(str(x) for x in after.shape)
    figure.suptitle(f"{layer}: filters {shape}", fontsize=10.5, color=INK)
    return figure


def _colour_sheets(both: list[np.ndarray], limit: float) -> list[np.ndarray]:
    """Return filters as pictures: grey is zero, full colour is the largest weight of either."""
    columns = square_grid(len(both[0]))[1]
    return [tile(0.5 + 0.5 * x.transpose(0, 2, 3, 1) / limit, columns, fill=1.0) for x in both]


def _channel_sheets(both: list[np.ndarray]) -> list[np.ndarray]:
    """One tile a filter and channel; those that moved most, or weigh most, in their own order."""
    after = both[-1]
    change = after - both[0] if len(both) > 1 else after
    moved = np.linalg.norm(change.reshape(len(after), -1), axis=1)
    filters = np.sort(np.argsort(-moved, kind="stable")[:MOST_FILTERS])
    weight = np.abs(after[filters]).sum(axis=(0, 2, 3))
    channels = np.sort(np.argsort(-weight, kind="stable")[:MOST_CHANNELS])
    sheets = [x[np.ix_(filters, channels)].reshape(-1, *x.shape[2:]) for x in both]
    columns = len(channels) if len(channels) > 1 else square_grid(len(filters))[1]
    return [tile(sheet, columns) for sheet in sheets]


def _left_out(filters: np.ndarray, *, compared: bool) -> str:
    """Say which filters and channels are drawn where not all are; how far a filter moved is known only beside the untrained."""
    count, channels = filters.shape[:2]
    if count <= MOST_FILTERS and channels <= MOST_CHANNELS:
        return ""
    chosen = "moved most" if compared else "weigh most"
    rows = f"the {MOST_FILTERS} filters that {chosen}" if count > MOST_FILTERS else f"all {count} filters"
    if channels > MOST_CHANNELS:
        return f"; a row each for {rows}, their {MOST_CHANNELS} heaviest channels"
    return f"; {rows}"
