"""One look for every figure: fonts, colours safe for the colour-blind, names that are never clipped.

Figures are made without pyplot's global state, so that they work in threads, notebooks and on machines without a screen.
"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's palette (Color Universal Design, 2008) but for its yellow, which is too pale on white.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A5195", "#4D4D4D")
SPLIT_COLORS = {"train": COLORS[0], "val": COLORS[1], "test": COLORS[2]}
INK = "#222222"
QUIET = "#8A8A8A"
SEQUENTIAL = "viridis"
DIVERGING = "RdBu_r"


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of ``width`` by ``height`` inches that lays its parts out by itself."""
    return Figure(figsize=(width, height), dpi=110, layout="constrained")


def tidy(ax: Axes, *, title: str = "", xlabel: str = "", ylabel: str = "", grid: str = "") -> Axes:
    """Write the axes' words, drop the upper and right line, and draw a quiet grid along ``grid``."""
    ax.set_title(title, loc="left", fontsize=11, color=INK)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    ax.spines[["top", "right"]].set_visible(False)
    if grid in ("x", "y", "both"):
        ax.grid(axis=grid, color="#E3E3E3", linewidth=0.8)  # type: ignore[arg-type]
        ax.set_axisbelow(True)
    return ax


def show_image(ax: Axes, image, *, title: str = "", **how) -> Axes:  # type: ignore[no-untyped-def]
    """Draw one image ``(height, width[, 1 or 3])`` without smoothing; ``how`` goes to ``imshow``."""
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if image.ndim == 2:
        how.setdefault("cmap", "gray")
    ax.imshow(image, interpolation="nearest", **how)
    ax.set_axis_off()
    if title:
        ax.set_title(title, fontsize=8, color=INK)
    return ax
