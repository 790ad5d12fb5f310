"""The chapter on the interpretation: what the network has learnt, and which pictures of it can be believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from giemsa.reporting.material import Material
from giemsa.reporting.parts import Fact, Illustration, Missing, Table
from giemsa.reporting.pictures import illustrations
from giemsa.reporting.thumbnails import sheet
from giemsa.reporting.words import decimal, interval, sentence

MAP_SIDE = 32  # pixels of an image in the sheet of the map
MOST_POINTS = 1500
COLOURS = 8  # classes beyond share colours
CHECKS = {
    "randomisation_similarity": "Likeness to the map of random weights (at most 0.5)",
    "insertion_deletion_gain": "Gain over a random order of pixels (above 0)",
    "pointing": "Share on the right one of four cells (above 0.25)",
    "stability": "Stability when the cell moves by a pixel (at least 0.5)",
}


@dataclass(frozen=True)
class MapPoint:
    """One image on the map: its place in a square of 1000 by 1000, its class, its words."""

    x: float
    y: float
    colour: int
    wrong: bool
    words: str


@dataclass(frozen=True)
class FeatureMap:
    """Images side by side that the network sees as alike."""

    title: str
    points: tuple[MapPoint, ...]
    legend: tuple[tuple[str, int], ...]
    sheet: str
    columns: int
    side: int
    alt: str
    shows: str
    caution: str


@dataclass(frozen=True)
class Verdict:
    """What the checks found for one method of attribution; ``faded`` greys out one that fails."""

    title: str
    word: str
    sentence: str
    faded: bool
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class InterpretationChapter:
    """The gallery of looks into the network."""

    sentences: tuple[str, ...]
    pictures: tuple[Illustration, ...]
    verdicts: tuple[Verdict, ...]
    tables: tuple[Table, ...]
    feature_map: FeatureMap | None
    notes: tuple[str, ...]


def interpretation_chapter(material: Material) -> InterpretationChapter | Missing:
    """Show what the network has learnt, each look with what it does not show."""
    if material.interpretation is None:
        return Missing("What the network has learnt has not been looked at.", material.command("interpret"))
    told = material.interpretation
    return InterpretationChapter(
        sentences=tuple(sentence(text) for text in told.get("sentences", ())),
        pictures=illustrations(material.folder / "figures", material.index, "interpret"),
        verdicts=tuple(_verdict(entry) for entry in told.get("trust") or ()),
        tables=(),
        feature_map=_feature_map(material),
        notes=tuple(sentence(note) for note in told.get("notes", ())),
    )


def _verdict(entry: Mapping[str, Any]) -> Verdict:
    word = str(entry.get("verdict", ""))
    return Verdict(
        title=str(entry.get("title") or entry.get("method", "")),
        word=word,
        sentence=sentence(str(entry.get("sentence", ""))),
        faded=word == "fails",
        facts=tuple(Fact(title, _measured(entry[key])) for key, title in CHECKS.items() if entry.get(key)),
    )


def _measured(score: Mapping[str, Any]) -> str:
    bounds = interval(score, as_percent=False)
    return decimal(score.get("value"), 2) + (f" ({bounds})" if bounds else "")


def _feature_map(material: Material) -> FeatureMap | None:
    told = (material.interpretation or {}).get("map")
    if not told or material.data is None:
        return None
    return feature_map(told, material.data.splits[told.get("split", "test")].images, material.class_names)


def feature_map(told: Mapping[str, Any], images: np.ndarray, names: Sequence[str]) -> FeatureMap:
    """Return the map of the features with the images behind its points.

    Parameters
    ----------
    told : lists of one length: ``indices`` (places in the split), ``positions`` ``(n, 2)``, ``labels``, ``predicted``.
    images : of the whole split.
    names : one a class.
    """
    indices = np.asarray(told["indices"], dtype=np.int64)
    step = -(-len(indices) // MOST_POINTS)
    chosen = np.arange(0, len(indices), max(1, step))
    places = _within_frame(np.asarray(told["positions"], dtype=np.float64)[chosen])
    labels, predicted = (np.asarray(told[key], dtype=np.int64)[chosen] for key in ("labels", "predicted"))
    points = tuple(
        MapPoint(
            x=round(float(x), 1),
            y=round(float(y), 1),
            colour=int(label) % COLOURS,
            wrong=bool(label != said),
            words=names[label] + (f", taken for {names[said]}" if label != said else ""),
        )
        for (x, y), label, said in zip(places, labels, predicted, strict=True)
    )
    wrong = sum(point.wrong for point in points)
    address, columns = sheet([np.asarray(images[i]) for i in indices[chosen]], MAP_SIDE)
    return FeatureMap(
        title=str(told.get("title", "A map of the features")),
        points=points,
        legend=tuple((name, label % COLOURS) for label, name in enumerate(names)),
        sheet=address,
        columns=columns,
        side=MAP_SIDE,
        alt=f"A map of {len(points):,} images, coloured by class; {wrong} of them, ringed, are wrongly named",
        shows="Images that the network sees as alike lie close together; those with a dark rim are wrongly named. "
        "Point at one, tap it or move with the arrow keys to see it.",
        caution="A map in two dimensions cannot keep all distances: neighbours mean likeness, the size of gaps and "
        "groups means little.",
    )


def _within_frame(positions: np.ndarray, frame: float = 1000.0, margin: float = 24.0) -> np.ndarray:
    """Return positions scaled into the square, y pointing down."""
    low = positions.min(axis=0)
    span = np.maximum(positions.max(axis=0) - low, 1e-12)
    placed = (positions - low) / span * (frame - 2 * margin) + margin
    placed[:, 1] = frame - placed[:, 1]
    return placed
