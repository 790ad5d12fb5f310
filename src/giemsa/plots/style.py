"""One look for every figure: fonts, colours safe for the colour-blind, names that are never clipped.

Figures are made without pyplot's global state, so that they work in threads, notebooks and on machines without a screen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import TextWrapper, wrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's palette (Color Universal Design, 2008) but for its yellow, too pale on white, and its black: in their place a
# brown and a grey, so that any two are told apart under each kind of colour blindness.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#663300", "#4D4D4D")
SPLIT_COLORS = {"train": COLORS[0], "val": COLORS[1], "test": COLORS[2]}
INK = "#222222"
QUIET = "#8A8A8A"
SEQUENTIAL = "viridis"
DIVERGING = "RdBu_r"
HIGHEST = 400  # inches; at the resolution of the files matplotlib draws no more than 455
EACH_PIXEL = 64  # of an image up to this side is seen; larger ones are drawn smaller than they are
MANY = 20  # classes; more are not all named in a legend, and stand closer in a list
WEAKEST = 10  # of many classes, those that a legend names
BREAKS = re.compile(r"(\s+|(?<=[-_/(])(?=\w))")


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of ``width`` by ``height`` inches that lays its parts out by itself."""
    return Figure(figsize=(width, min(height, HIGHEST)), dpi=110, layout="constrained")


def break_lines(words: str, letters: int) -> list[str]:
    """Break words into lines of so many letters: at spaces, else behind a sign such as ``_``, else anywhere.

    Examples
    --------
    >>> break_lines("given immature_granulocyte", 14)
    ['given', 'immature_', 'granulocyte']
    """
    wrapper = TextWrapper(letters, break_long_words=False)
    wrapper.wordsep_re = BREAKS
    return [part for line in wrapper.wrap(words) for part in wrap(line, letters)]


def fit_name(name: str, letters: int, lines: int = 1) -> str:
    r"""Break a name into at most so many lines of so many letters; of one that is longer still the middle is left out.

    Examples
    --------
    >>> fit_name("neutrophil", 12), fit_name("immature granulocyte", 12)
    ('neutrophil', 'immatu…ocyte')
    >>> fit_name("immature granulocyte", 12, lines=2)
    'immature\ngranulocyte'
    """
    whole = " ".join(name.split())
    broken = break_lines(whole, letters)
    if len(broken) > lines:
        broken = wrap(whole, letters)  # so that less is left out
    rest = whole
    for line in broken[: lines - 1]:
        rest = rest.removeprefix(line).lstrip()
    if len(rest) > letters:
        head = letters // 2
        rest = f"{rest[:head].rstrip()}…{rest[head + 1 - letters :].lstrip()}"
    return "\n".join([*broken[: lines - 1], rest]) if rest else "\n".join(broken)


def classes_to_name(scores: Sequence[float]) -> list[int]:
    """Return the places of the classes that a legend names: all, or of many those with the lowest scores, lowest first.

    Examples
    --------
    >>> classes_to_name([0.9, 0.8]), len(classes_to_name([0.5] * 100))
    ([0, 1], 10)
    """
    if len(scores) <= MANY:
        return list(range(len(scores)))
    return list(np.argsort(scores, kind="stable")[:WEAKEST].tolist())


def classes_most_mistaken(labels: np.ndarray, predictions: np.ndarray, n_classes: int) -> list[int]:
    """Return the classes that a legend names: all, or of many those most often mistaken; labels and predictions are ``(n,)``."""
    right = labels == predictions
    of_class = [labels == label for label in range(n_classes)]
    return classes_to_name([float(right[here].mean()) if here.any() else 1.0 for here in of_class])


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
    """Draw one image ``(height, width[, 1 or 3])``, and no axes; ``how`` goes to ``imshow``."""
    draw_pixels(ax, image, **how)
    ax.set_axis_off()
    if title:
        ax.set_title(title, fontsize=8, color=INK)
    return ax


def draw_pixels(ax: Axes, image: np.ndarray, **how: Any) -> None:
    """Draw the pixels alone, of large images several as one.

    Grey is drawn from 0 to 255 (bytes) or 0 to 1, not stretched to what the image holds.
    """
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if image.ndim == 2:
        how = {"cmap": "gray", "vmin": 0, "vmax": 255 if image.dtype == np.uint8 else 1} | how
    smoothed = max(image.shape[:2]) > EACH_PIXEL
    ax.imshow(image, interpolation="antialiased" if smoothed else "nearest", **how)
