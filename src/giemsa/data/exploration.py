"""A first look at a data set: its card, its counts, its values and five examples of each class."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from giemsa.data import statistics
from giemsa.data.dataset import DataCard, ImageDataset
from giemsa.data.load import as_dataset
from giemsa.data.statistics import Agreement, ChannelStatistics
from giemsa.wording import spanned

if TYPE_CHECKING:
    from giemsa.plots.gallery import Picture

EXAMPLES = 5
LINE = 79  # letters that a terminal shows in one


@dataclass(frozen=True, eq=False)
class Exploration:
    """What :func:`explore` found.

    Parameters
    ----------
    card : what the images are.
    shapes : ``(n, height, width, channels)`` of each split.
    counts : images of each class ``(classes,)`` by split.
    labels : the labels that occur in any split, in order.
    first_pixels : the upper left 2x2 pixels of the first training image ``(2, 2, channels)``.
    channels : mean, standard deviation and range over the training images.
    agreement : whether the classes are distributed alike in the splits.
    weights : class weights of the training split ``(classes,)``.
    examples : the first five training images of each class, one array ``(k, height, width, channels)`` a class.
    fingerprint : SHA-256 of all arrays.
    notes : sentences a user should know.
    skipped : files left out, with the reason.
    """

    card: DataCard
    shapes: Mapping[str, tuple[int, ...]]
    counts: Mapping[str, np.ndarray]
    labels: tuple[int, ...]
    first_pixels: np.ndarray
    channels: ChannelStatistics
    agreement: Agreement
    weights: np.ndarray
    examples: tuple[np.ndarray, ...]
    fingerprint: str
    notes: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()

    @property
    def class_names(self) -> tuple[str, ...]:
        """One a class."""
        return self.card.class_names

    @property
    def short_names(self) -> tuple[str, ...]:
        """Names short enough for an axis."""
        return self.card.short_names or self.card.class_names

    def to_json(self) -> dict[str, Any]:
        """Return everything but the pictures as plain values."""
        return {
            "card": card_json(self.card),
            "class_names": list(self.class_names),
            "short_names": list(self.short_names),
            "labels": list(self.labels),
            "shapes": {split: list(shape) for split, shape in self.shapes.items()},
            "counts": {split: counts.tolist() for split, counts in self.counts.items()},
            "class_weights": self.weights.tolist(),
            "first_pixels": self.first_pixels.tolist(),
            "range": [self.channels.low, self.channels.high],
            "channel_mean": list(self.channels.mean),
            "channel_sd": list(self.channels.sd),
            "splits": {
                "agree": None if self.agreement.p_value is None else self.agreement.p_value >= 0.05,
                "chi_square": self.agreement.chi_square,
                "degrees_of_freedom": self.agreement.degrees_of_freedom,
                "p_value": self.agreement.p_value,
                "cramers_v": self.agreement.cramers_v,
                "largest_difference": self.agreement.largest_difference,
                "sentence": self.agreement.sentence,
            },
            "fingerprint": self.fingerprint,
            "notes": list(self.notes),
            "skipped": [{"address": address, "reason": reason} for address, reason in self.skipped],
        }

    def pictures(self) -> tuple[Picture, ...]:
        """Draw the examples and the class distribution."""
        from giemsa.plots.data import plot_class_distribution, plot_examples
        from giemsa.plots.gallery import Picture

        shown = sum(len(images) for images in self.examples)
        return (
            Picture(
                name="explore-examples",
                figure=plot_examples(self.examples, self.class_names),
                title="The first images of each class",
                alt=f"{shown} training images, up to {EXAMPLES} a row, one row for each of "
                f"{len(self.class_names)} classes: {spanned(self.class_names)}.",
                shows="Each row holds the first training images of one class, in the order of the set.",
                caution="They are the first, not the typical ones, and not chosen.",
            ),
            Picture(
                name="explore-classes",
                figure=plot_class_distribution(self.counts, self.short_names),
                title="How many images each class has",
                alt=f"Bars of the number of images of each class in train, val and test. In train {self._sizes()}. "
                f"{self.agreement.sentence}",
                shows="The length of a bar is a class's number of images in a split, the figure at its end its share. "
                f"{self.agreement.sentence}",
                caution="Shares in a data set are not shares in patients.",
            ),
        )

    def _sizes(self) -> str:
        train = self.counts["train"]
        most, least = int(np.argmax(train)), int(np.argmin(train))
        if train[most] == train[least]:
            return f"every class has {train[most]:,}"
        return (
            f"the largest class is {self.class_names[most]} with {train[most]:,}, "
            f"the smallest {self.class_names[least]} with {train[least]:,}"
        )

    def lines(self) -> tuple[str, ...]:
        """Return the exploration as lines for a terminal."""
        mean = ", ".join(f"{value:.4f}" for value in self.channels.mean)
        sd = ", ".join(f"{value:.4f}" for value in self.channels.sd)
        pixels = " ".join(str(pixel.tolist()) for pixel in self.first_pixels[0])
        return (
            *card_lines(self.card),
            "",
            *(f"{split:<12} {' x '.join(map(str, shape))} uint8" for split, shape in self.shapes.items()),
            f"{'labels':<12} {' '.join(map(str, self.labels))}",
            f"{'first pixels':<12} {pixels}",
            f"{'range':<12} {self.channels.low} to {self.channels.high}",
            f"{'mean':<12} {mean} (of 1, each channel, train)",
            f"{'sd':<12} {sd}",
            "",
            *self.table(),
            "",
            *wrap(self.agreement.sentence, LINE, break_on_hyphens=False),
            *(line for note in self.notes for line in wrap(note, LINE, break_on_hyphens=False)),
        )

    def table(self) -> tuple[str, ...]:
        """Return the counts of each class in each split, and the class weights, as lines."""
        width = max(5, *(len(name) for name in self.short_names))
        head = f"{'label':>5}  {'class':<{width}}" + "".join(f"{split:>9}" for split in self.counts)
        lines = [head + f"{'weight':>9}"]
        for label, name in enumerate(self.short_names):
            numbers = "".join(f"{counts[label]:>9,}" for counts in self.counts.values())
            lines.append(f"{label:>5}  {name:<{width}}{numbers}{self.weights[label]:>9.3f}")
        totals = "".join(f"{counts.sum():>9,}" for counts in self.counts.values())
        return (*lines, f"{'':>5}  {'all':<{width}}{totals}")

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{label}</td><td style='text-align:left'>{html.escape(name)}</td>"
            + "".join(f"<td>{counts[label]:,}</td>" for counts in self.counts.values())
            + f"<td>{self.weights[label]:.3f}</td></tr>"
            for label, name in enumerate(self.class_names)
        )
        head = "".join(f"<th>{split}</th>" for split in self.counts)
        return (
            f"<h3>{html.escape(self.card.title)}</h3><p>{html.escape(self.card.description)}</p>"
            f"<table><tr><th>label</th><th style='text-align:left'>class</th>{head}<th>weight</th></tr>{rows}</table>"
            f"<p>{html.escape(self.agreement.sentence)}</p>"
        )


def explore(data: ImageDataset | str | Path) -> Exploration:
    """Look at a data set for the first time: counts, values, examples, and whether the splits agree.

    Parameters
    ----------
    data : a data set, or what :func:`giemsa.load` takes.

    Raises
    ------
    DataError : data that is unknown, incomplete or inconsistent.

    Examples
    --------
    >>> import giemsa
    >>> exploration = giemsa.explore(giemsa.load("bloodmnist"))
    >>> exploration.shapes["train"], exploration.labels
    ((11959, 28, 28, 3), (0, 1, 2, 3, 4, 5, 6, 7))
    """
    data = as_dataset(data)
    classes = len(data.class_names)
    counts = {name: statistics.class_counts(split.labels, classes) for name, split in data.splits.items()}
    table = np.stack(list(counts.values()))
    first = statistics.first_of_each_class(data.train.labels, classes, EXAMPLES)
    return Exploration(
        card=data.card,
        shapes={name: tuple(map(int, split.images.shape)) for name, split in data.splits.items()},
        counts=counts,
        labels=tuple(np.flatnonzero(table.sum(axis=0)).tolist()),
        first_pixels=np.array(data.train.images[0, :2, :2]),
        channels=statistics.channel_statistics(data.train.images),
        agreement=statistics.split_agreement(table),
        weights=statistics.class_weights(data.train.labels, classes),
        examples=tuple(np.array(data.train.images[places]) for places in first),
        fingerprint=data.fingerprint,
        notes=data.notes,
        skipped=data.skipped,
    )


def card_json(card: DataCard) -> dict[str, Any]:
    """Return a data card as plain values.

    Examples
    --------
    >>> from giemsa.data.cards import card_of
    >>> card_json(card_of("breastmnist"))["counts"]
    {'train': 546, 'val': 78, 'test': 156}
    """
    return dataclasses.asdict(card)


def card_lines(card: DataCard) -> tuple[str, ...]:
    """Return a data card as lines for a terminal.

    Examples
    --------
    >>> from giemsa.data.cards import card_of
    >>> card_lines(card_of("pneumoniamnist"))[-1]
    'licence      CC BY 4.0'
    """
    numbered = enumerate(card.class_names)
    counts = ", ".join(f"{split} {count:,}" for split, count in card.counts.items())
    facts = {
        "task": card.task,
        f"{len(card.class_names)} labels": "; ".join(f"{label} {name}" for label, name in numbered),
        "channels": str(card.channels),
        "counts": counts,
        "symmetry": card.symmetry or "not known",
        "citation": card.citation,
        "licence": card.licence,
    }
    heading = card.name if card.title == card.name else f"{card.name}: {card.title}"
    lines = [heading, *wrap(card.description, LINE, break_on_hyphens=False)]
    for fact, words in facts.items():
        if words:
            first, *rest = wrap(words, LINE - 13, break_on_hyphens=False)
            lines += [f"{fact:<12} {first}", *(" " * 13 + line for line in rest)]
    return tuple(lines)
