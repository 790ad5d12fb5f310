"""Draw how seconds and memory grow, from `scaling.json` and `audit.json`: `docs/images/scaling.png`.

python benchmarks/curves.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, NullLocator, ScalarFormatter

from giemsa.plots.style import COLORS, QUIET, new_figure, tidy

ROOT = Path(__file__).parents[1]
Curve = list[tuple[float, float, float]]


def epochs_by(content: dict, what: str) -> Curve:
    """Return number of images, or of pixels a side squared, with seconds and MB; the rest as in the smallest cell."""
    threads = content["machine"]["threads"]
    rows = [row for row in content["rows"].values() if row["threads"] == threads and row["freed memory kept"]]
    other = "size" if what == "images" else "images"
    least = min(row[other] for row in rows)
    kept = [row for row in rows if row[other] == least]
    scale = (lambda row: row["images"]) if what == "images" else (lambda row: row["size"] ** 2)
    return sorted((scale(row), row["seconds"], row["own MB"]) for row in kept)


def searches(content: dict) -> Curve:
    """Return number of images, processor seconds and MB of the search for duplicates."""
    return [
        (row["images"], row["processor_seconds"], row["peak_megabytes"])
        for row in content["scaling"]["bloodmnist"]["rows"]
    ]


def draw(above: Axes, below: Axes, curve: Curve, *, title: str, xlabel: str, growth: str) -> None:
    """Draw seconds above with a line that grows as ``growth``, and memory below."""
    x, seconds, memory = (np.array(column, dtype=float) for column in zip(*curve, strict=True))
    shape = x * np.log2(x) if growth == "n log n" else x
    above.loglog(x, seconds[0] * shape / shape[0], "--", color=QUIET, label=growth)
    above.loglog(x, seconds, "o-", color=COLORS[0], label="measured")
    above.legend(frameon=False)
    below.semilogx(x, memory, "o-", color=COLORS[1])
    below.set_ylim(0, 1.25 * memory.max())
    for ax in (above, below):
        ax.set_xticks(x, [f"{value:,.0f}" for value in x])
        ax.xaxis.set_minor_locator(NullLocator())
    above.yaxis.set_major_formatter(ScalarFormatter())
    above.yaxis.set_minor_formatter(NullFormatter())
    tidy(above, title=title, ylabel="seconds", grid="both")
    tidy(below, xlabel=xlabel, ylabel="memory, MB", grid="y")


def main() -> None:
    """Write the figure."""
    results = ROOT / "benchmarks" / "results"
    training, audit = (
        json.loads((results / f"{name}.json").read_text(encoding="utf-8")) for name in ("scaling", "audit")
    )
    figure = new_figure(11, 5.2)
    axes = figure.subplots(2, 3)
    panels = (
        (epochs_by(training, "images"), "An epoch of fast, 28x28", "images", "n"),
        (epochs_by(training, "pixels"), "An epoch of fast, 1,000 images", "pixels an image", "n"),
        (searches(audit), "Search for duplicates, 28x28", "images", "n log n"),
    )
    for column, (curve, title, xlabel, growth) in enumerate(panels):
        draw(*axes[:, column], curve, title=title, xlabel=xlabel, growth=growth)
    figure.savefig(ROOT / "docs" / "images" / "scaling.png")


if __name__ == "__main__":
    main()
