"""The chapter on the data: what they are, how many, and what they look like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from giemsa.data.dataset import ImageDataset
from giemsa.reporting.material import Material
from giemsa.reporting.parts import LONG, Cell, Fact, Illustration, Strip, Table, Thumbnail
from giemsa.reporting.pictures import illustrations
from giemsa.reporting.thumbnails import thumbnail_address
from giemsa.reporting.words import DASH, count, percent, sentence

EXAMPLES = 5
MOST_CLASSES = 24
TOLD_FILES = 3  # of those that could not be read; how many they are, the data says itself
TOLD_OTHERWISE = frozenset({"explore-examples"})  # where the images are at hand


@dataclass(frozen=True)
class DataChapter:
    """Card, counts, examples and figures of the data."""

    title: str
    description: str
    facts: tuple[Fact, ...]
    counts: Table | None
    strips: tuple[Strip, ...]
    pictures: tuple[Illustration, ...]
    notes: tuple[str, ...]
    trouble: str


def data_chapter(material: Material) -> DataChapter:
    """Tell what the network was trained and tested on."""
    data = material.data
    return DataChapter(
        title=data.card.title if data else str(material.config.get("data", {}).get("name", "")),
        description=sentence(data.card.description) if data else "",
        facts=_facts(material),
        counts=_counts(data) if data else None,
        strips=_strips(data) if data else (),
        pictures=illustrations(
            material.folder / "figures",
            material.index,
            "explore",
            without=TOLD_OTHERWISE if data else frozenset(),
        ),
        notes=_notes(data) if data else (),
        trouble=material.data_trouble,
    )


def _facts(material: Material) -> tuple[Fact, ...]:
    data, kept = material.data, material.config.get("data", {})
    facts = [Fact("Name", str(kept.get("name", "")))]
    if data is not None:
        height, width, channels = data.image_shape
        card = data.card
        facts += [
            Fact("Task", card.task or DASH),
            Fact("Images", f"{height} x {width} pixels, {'colour' if channels == 3 else 'grey'}, 0 to 255"),
            Fact("Symmetry", card.symmetry or "not known"),
            Fact("Licence", card.licence or "not stated"),
            Fact("Source", card.citation or "not stated"),
            Fact("Address", card.homepage or DASH),
        ]
    return (*facts, Fact("SHA-256 of the arrays", str(kept.get("sha256", DASH))))


def _counts(data: ImageDataset) -> Table:
    """Return images by class and split, with each split's share."""
    numbers = {
        name: np.bincount(split.labels, minlength=len(data.class_names))
        for name, split in data.splits.items()
    }
    rows = [
        (Cell(name), *(_share(numbers[split], label) for split in numbers))
        for label, name in enumerate(data.short_names)
    ]
    totals = (Cell("all"), *(Cell(count(counts.sum())) for counts in numbers.values()))
    return Table(
        caption="Images of each class in each split, and their share of the split",
        head=("class", *numbers),
        rows=(*rows, totals),
        folded=len(rows) > LONG,
    )


def _share(counts: np.ndarray, label: int) -> Cell:
    total = int(counts.sum())
    return Cell(count(counts[label]), percent(counts[label] / total if total else None))


def _strips(data: ImageDataset) -> tuple[Strip, ...]:
    """Return the first training images of each class, in the order of the data."""
    strips = []
    for label, name in enumerate(data.class_names[:MOST_CLASSES]):
        places = np.flatnonzero(np.asarray(data.train.labels) == label)[:EXAMPLES]
        images = tuple(
            Thumbnail(
                address=thumbnail_address(np.asarray(data.train.images[place])),
                alt=f"{name}, training image {place}",
            )
            for place in places
        )
        strips.append(Strip(title=name, thumbnails=images))
    return tuple(strips)


def _notes(data: ImageDataset) -> tuple[str, ...]:
    notes = [sentence(note) for note in data.notes]
    notes += [sentence(f"left out: {reason}") for _, reason in data.skipped[:TOLD_FILES]]
    if len(data.class_names) > MOST_CLASSES:
        notes.append(f"Examples of the first {MOST_CLASSES} of {len(data.class_names)} classes are shown.")
    return tuple(notes)
