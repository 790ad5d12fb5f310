"""The figure of the training: how loss and accuracy went."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from giemsa.plots.style import INK, QUIET, SPLIT_COLORS, new_figure, tidy


def plot_learning_curves(
    curves: Mapping[str, np.ndarray], *, kept_epoch: int | None = None, shade_gap: bool = False
) -> Figure:
    """Draw accuracy and loss of train and val by epoch, in two panels.

    Parameters
    ----------
    curves : ``(epochs,)`` each: ``accuracy``, ``val_accuracy``, ``loss`` and ``val_loss``.
    kept_epoch : the epoch whose weights were kept, counted from 1, marked by a line; ``None`` for no mark.
    shade_gap : shade the area between train and val.

    Examples
    --------
    >>> rising, falling = np.array([0.5, 0.8]), np.array([1.2, 0.6])
    >>> curves = {"accuracy": rising, "val_accuracy": rising, "loss": falling, "val_loss": falling}
    >>> [ax.get_title(loc="left") for ax in plot_learning_curves(curves).axes]
    ['accuracy', 'loss (cross-entropy)']
    """
    figure = new_figure(6.2, 5.2)
    panels = zip(figure.subplots(2, 1, sharex=True), ("accuracy", "loss"), strict=True)
    epochs = np.arange(1, len(curves["loss"]) + 1)
    for ax, name in panels:
        train, val = curves[name], curves[f"val_{name}"]
        for values, split in ((train, "train"), (val, "val")):
            ax.plot(epochs, values, marker="o", markersize=3, color=SPLIT_COLORS[split], label=split)
        if shade_gap:
            ax.fill_between(epochs, train, val, color=QUIET, alpha=0.2, linewidth=0, label="gap")
        if kept_epoch is not None:
            ax.axvline(kept_epoch, color=INK, linewidth=1, linestyle=":", label=f"kept: epoch {kept_epoch}")
        tidy(ax, title=name if name == "accuracy" else "loss (cross-entropy)", grid="y")
        ax.legend(fontsize=9, framealpha=0.9, edgecolor="none")
        ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    ax.set_xlabel("epoch")
    return figure
