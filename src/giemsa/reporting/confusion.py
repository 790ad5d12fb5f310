"""The confusion matrix of the page: each cell opens the test images that fell into it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from giemsa.evaluation.scores import confusion_matrix as count_confusions
from giemsa.reporting.parts import Thumbnail
from giemsa.reporting.thumbnails import thumbnail_address
from giemsa.reporting.words import count, decimal, percent
from giemsa.wording import count_words

MOST_IMAGES = 480  # over all cells: keeps the page small
MOST_IN_A_CELL = (16, 12, 8, 6, 4, 3, 2, 1)
MOST_LETTERS = 26  # of a name on the axes: two lines


@dataclass(frozen=True)
class MatrixCell:
    """One cell: how many images, the same in words (none for none), how dark (0 to 100), and the panel that shows them."""

    text: str
    words: str
    shade: int
    right: bool
    panel: str


@dataclass(frozen=True)
class MatrixRow:
    """The cells of one true class."""

    name: str
    full_name: str
    cells: tuple[MatrixCell, ...]
    recall: str


@dataclass(frozen=True)
class Panel:
    """The images of one cell, and what they have in common."""

    identifier: str
    title: str
    note: str
    thumbnails: tuple[Thumbnail, ...]
    right: bool


@dataclass(frozen=True)
class Matrix:
    """Rows are true classes, columns what the network says; ``hint`` is on how to see the images, of no use on paper."""

    columns: tuple[str, ...]
    full_columns: tuple[str, ...]
    rows: tuple[MatrixRow, ...]
    panels: tuple[Panel, ...]
    first: str
    crowded: bool
    hint: str


@dataclass(frozen=True, eq=False)
class Outcome:
    """What the network said of the test images.

    Parameters
    ----------
    labels : ``(n,)``, the truth.
    probabilities : ``(n, classes)``.
    names, short_names : one a class.
    images : ``(n, height, width, channels)``, or ``None`` where the data are not at hand.
    """

    labels: np.ndarray
    probabilities: np.ndarray
    names: Sequence[str]
    short_names: Sequence[str]
    images: np.ndarray | None

    @property
    def predicted(self) -> np.ndarray:
        """The class of the highest probability, ``(n,)``."""
        return self.probabilities.argmax(axis=1)

    def counts(self) -> np.ndarray:
        """How many images of each true class (row) were taken for each class (column)."""
        return count_confusions(self.labels, self.predicted, len(self.names))

    def thumbnail(self, place: int) -> Thumbnail:
        """Return test image ``place`` with what was said of it."""
        assert self.images is not None
        truth, said = int(self.labels[place]), int(self.predicted[place])
        certainty = decimal(float(self.probabilities[place, said]), 2)
        story = "rightly named" if truth == said else f"taken for {self.names[said]}"
        return Thumbnail(
            address=thumbnail_address(np.asarray(self.images[place])),
            alt=f"Test image {place}, {self.names[truth]}, {story} with probability {certainty}",
            caption=certainty,
        )


def confusion_matrix(outcome: Outcome) -> Matrix:
    """Return the matrix with the images behind each cell, at most ``MOST_IMAGES`` in all."""
    counts = outcome.counts()
    most = next((k for k in MOST_IN_A_CELL if np.minimum(counts, k).sum() <= MOST_IMAGES), 1)
    panels = _panels(outcome, counts, most) if outcome.images is not None else ()
    known = {panel.identifier for panel in panels}
    totals = counts.sum(axis=1)
    rows = tuple(
        MatrixRow(
            name=_on_axis(outcome.short_names[truth]),
            full_name=outcome.names[truth],
            cells=tuple(_cell(outcome, counts, (truth, said), known) for said in range(len(counts))),
            recall=percent(counts[truth, truth] / totals[truth] if totals[truth] else None),
        )
        for truth in range(len(counts))
    )
    return Matrix(
        columns=tuple(_on_axis(name) for name in outcome.short_names),
        full_columns=tuple(outcome.names),
        rows=rows,
        panels=panels,
        first=_first(counts) if panels else "",
        crowded=len(counts) > 12,
        hint=_hint(most) if panels else "",
    )


def _on_axis(name: str) -> str:
    """Leave out the middle of a long name: beginnings and ends tell classes apart."""
    return (
        name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS // 2]}…{name[1 - MOST_LETTERS // 2 :]}"
    )


def _cell(outcome: Outcome, counts: np.ndarray, place: tuple[int, int], known: set[str]) -> MatrixCell:
    truth, said = place
    number, total = int(counts[place]), int(counts[truth].sum())
    story = "rightly named" if truth == said else f"taken for {outcome.names[said]}"
    identifier = f"cell-{truth}-{said}"
    return MatrixCell(
        text=count(number) if number else "·",
        words=f"{count(number)} of {count(total)} {outcome.names[truth]} {story}" if number else "",
        shade=_shade(number / total if total else 0.0, truth == said),
        right=truth == said,
        panel=identifier if identifier in known else "",
    )


def _shade(share: float, right: bool) -> int:
    """Return the darkness of a cell: the root of its share of the row, so that rare mistakes are seen; mistakes twice that."""
    return min(100, round((100 if right else 200) * math.sqrt(share)))


def _first(counts: np.ndarray) -> str:
    """Return the panel that is open at first: the most frequent mistake, else the most frequent cell."""
    mistakes = counts * (1 - np.eye(len(counts), dtype=np.int64))
    truth, said = np.unravel_index(int((mistakes if mistakes.any() else counts).argmax()), counts.shape)
    return f"cell-{truth}-{said}"


def _panels(outcome: Outcome, counts: np.ndarray, most: int) -> tuple[Panel, ...]:
    return tuple(_panel(outcome, int(truth), int(said), most) for truth, said in np.argwhere(counts > 0))


def _panel(outcome: Outcome, truth: int, said: int, most: int) -> Panel:
    places = np.flatnonzero((outcome.labels == truth) & (outcome.predicted == said))
    certainty = outcome.probabilities[places, said]
    right = truth == said
    chosen = places[np.argsort(certainty if right else -certainty, kind="stable")][:most]
    story = "rightly named" if right else f"taken for {outcome.short_names[said]}"
    order = "the least certain first" if right else "the most certain first"
    shown = f"{count(len(chosen))} of them shown, " if len(chosen) < len(places) else ""
    return Panel(
        identifier=f"cell-{truth}-{said}",
        title=f"{outcome.short_names[truth]}, {story}: {count_words(len(places), 'image')}",
        note=f"{shown}{order}; below each the probability."
        if len(places) > 1
        else "Below it the probability.",
        thumbnails=tuple(outcome.thumbnail(int(place)) for place in chosen),
        right=right,
    )


def _hint(most: int) -> str:
    return f"Point at a number, tap it or move to it with the keyboard: its images appear, {most} at most."


def worst_mistakes(outcome: Outcome, most: int = 16) -> tuple[Thumbnail, ...]:
    """Return the wrongly named images whose true class got the least probability, the worst first."""
    if outcome.images is None:
        return ()
    wrong = np.flatnonzero(outcome.predicted != outcome.labels)
    given = outcome.probabilities[wrong, outcome.labels[wrong]]
    return tuple(_mistake(outcome, int(place)) for place in wrong[np.argsort(given, kind="stable")][:most])


def _mistake(outcome: Outcome, place: int) -> Thumbnail:
    plain = outcome.thumbnail(place)
    truth, said = int(outcome.labels[place]), int(outcome.predicted[place])
    return Thumbnail(
        address=plain.address,
        alt=plain.alt,
        caption=outcome.short_names[truth],
        detail=f"taken for {outcome.short_names[said]}, {plain.caption}",
    )
