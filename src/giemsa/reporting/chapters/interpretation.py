"""The chapter on the interpretation: what the network has learnt, and which pictures of it can be believed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from giemsa.interpretation.criteria import CRITERIA
from giemsa.plots.style import MANY, classes_most_mistaken
from giemsa.reporting.files import INTERPRET_AGAIN
from giemsa.reporting.material import Material
from giemsa.reporting.parts import Cell, Illustration, Missing, Table
from giemsa.reporting.pictures import illustrations
from giemsa.reporting.thumbnails import sheet
from giemsa.reporting.words import count, decimal, interval, percent, sentence

MAP_SIDE = 32  # pixels of an image in the sheet of the map
MOST_POINTS = 1500
COLOURS = 8  # that up to MANY classes share
MOST_COLOURED = 7  # of more classes: those most often mistaken; the others are grey
GREY = 8
EVIDENCE = ("interpret-attribution", "interpret-trust")
MAP = "interpret-map"
CHECKS = {
    "randomisation_similarity": "random weights",
    "insertion_deletion_gain": "gain",
    "pointing": "pointing",
    "stability": "stability",
}
CHECKED_SINCE = 2  # the version of the file whose checks are those that are told of here
CHECKS_NOTE = (
    "Random weights: likeness to the map of a network with random weights, drawn anew for each image; at most {similarity} is "
    "asked for. Gain: area between insertion and deletion above that of a random order, above {gain}. Pointing: share of the "
    "mark on the right one of four images, above {most}; up to {pointing}, as by chance, the method fails, and between it is to "
    "be read with care. Stability: likeness of the maps when the image moves by a pixel, above {stability}; less asks for care. "
    "A check whose interval lies on both sides of its bound is left open, which asks for care too."
).format(**{name: f"{criterion.bound:g}" for name, criterion in CRITERIA.items()})
CHECKED_BEFORE = (
    "These checks are of an earlier giemsa, which drew random weights once for all images and was content with a method that "
    "points better than chance: "
)


@dataclass(frozen=True)
class MapPoint:
    """One image: its places on the two maps, in squares of 1000 by 1000, its class, its words."""

    x: float
    y: float
    pca_x: float
    pca_y: float
    label: int
    colour: int
    wrong: bool
    words: str


@dataclass(frozen=True)
class FeatureMap:
    """Images side by side that the network sees as alike."""

    title: str
    points: tuple[MapPoint, ...]
    names: tuple[str, ...]
    legend: tuple[tuple[str, int], ...]
    sheet: str
    columns: int
    side: int
    alt: str
    shows: str
    caution: str
    directions: str
    printed: Illustration | None = None


@dataclass(frozen=True)
class Verdict:
    """What the checks found for one method of attribution; ``faded`` greys out one that fails."""

    title: str
    word: str
    sentence: str
    faded: bool


@dataclass(frozen=True)
class InterpretationChapter:
    """The gallery of looks into the network."""

    sentences: tuple[str, ...]
    evidence: tuple[Illustration, ...]
    verdicts: tuple[Verdict, ...]
    checks: Table | None
    feature_map: FeatureMap | None
    pictures: tuple[Illustration, ...]
    layers: Table | None
    notes: tuple[str, ...]


def interpretation_chapter(material: Material) -> InterpretationChapter | Missing:
    """Show what the network has learnt, each look with what it does not show."""
    if material.interpretation is None:
        return Missing(
            "What the network has learnt has not been looked at.",
            material.command("interpret"),
            material.command("report"),
        )
    told = material.interpretation
    trust = told.get("trust") or ()
    judged = {entry.get("sentence") for entry in trust}
    earlier = (CHECKED_BEFORE + INTERPRET_AGAIN,) if trust and _is_earlier(told) else ()
    pictures = illustrations(material.folder / "figures", material.index, "interpret")
    live = _feature_map(material, next((one for one in pictures if one.name == MAP), None))
    told_otherwise = (*EVIDENCE, MAP) if live else EVIDENCE
    return InterpretationChapter(
        sentences=tuple(sentence(text) for text in told.get("sentences", ()) if text not in judged),
        evidence=tuple(picture for picture in pictures if picture.name in EVIDENCE),
        verdicts=tuple(_verdict(entry) for entry in trust),
        checks=_checks(trust, _note(told)),
        feature_map=live,
        pictures=tuple(picture for picture in pictures if picture.name not in told_otherwise),
        layers=_layers(told.get("layers") or (), told.get("parameters")),
        notes=tuple(sentence(note) for note in (*told.get("notes", ()), *earlier)),
    )


def _verdict(entry: Mapping[str, Any]) -> Verdict:
    word = str(entry.get("verdict", ""))
    return Verdict(
        title=str(entry.get("title") or entry.get("method", "")),
        word=word,
        sentence=sentence(str(entry.get("sentence", ""))),
        faded=word == "fails",
    )


def _is_earlier(told: Mapping[str, Any]) -> bool:
    return told.get("version", 1) < CHECKED_SINCE


def _checks(trust: Sequence[Mapping[str, Any]], note: str) -> Table | None:
    """Return the checks in numbers, a row a method."""
    rows = tuple(
        (Cell(str(entry.get("title") or entry.get("method"))), *(_measured(entry.get(key)) for key in CHECKS))
        for entry in trust
    )
    if not rows:
        return None
    return Table(
        caption="The checks in numbers, with 95 % intervals",
        head=("method", *CHECKS.values()),
        rows=rows,
        note=note,
        folded=True,
    )


def _note(told: Mapping[str, Any]) -> str:
    """Say what is asked for, and what pointing without looking and a mere spot score."""
    note = "" if _is_earlier(told) else CHECKS_NOTE
    if baselines := told.get("pointing_baselines"):
        scores = (f"{name} {decimal((score or {}).get('value'), 2)}" for name, score in baselines.items())
        note += f" Pointing without looking: {', '.join(scores)}."
    if middle := told.get("gain_of_centre"):
        note += f" Gain of a spot in the middle of every image: {decimal(middle['value'], 2)}."
    return note.strip()


def _measured(score: Mapping[str, Any] | None) -> Cell:
    return Cell(decimal((score or {}).get("value"), 2), interval(score, as_percent=False))


def _layers(layers: Sequence[Mapping[str, Any]], parameters: int | None) -> Table | None:
    """Return the network's summary; an earlier giemsa did not tell how many ``parameters`` there are in all."""
    if not layers:
        return None
    rows = [
        (
            Cell(str(layer["name"])),
            Cell(str(layer["kind"])),
            Cell(" x ".join(str(side) for side in layer["output_shape"])),
            Cell(count(layer["parameters"])),
        )
        for layer in layers
    ]
    listed = sum(int(layer["parameters"]) for layer in layers)
    total = listed if parameters is None else parameters
    return Table(
        caption=f"The network, layer by layer: {count(total)} parameters",
        head=("layer", "kind", "output", "parameters"),
        rows=tuple(rows),
        note=f"{count(total - listed)} of them are in none of these layers." if total > listed else "",
        folded=True,
        wordy=(1,),
    )


def _feature_map(material: Material, printed: Illustration | None) -> FeatureMap | None:
    told = (material.interpretation or {}).get("map")
    if not told or not told["indices"] or material.data is None:
        return None
    images = material.data.splits[told["split"]].images
    return dataclasses.replace(feature_map(told, images, material.short_names), printed=printed)


def feature_map(told: Mapping[str, Any], images: np.ndarray, names: Sequence[str]) -> FeatureMap:
    """Return the map of the features with the images behind its points.

    Parameters
    ----------
    told : lists of one length: ``indices`` (places in the split), ``positions`` and ``pca`` ``(n, 2)``, ``labels``,
        ``predicted``; and ``explained``, the share of the variance along the two directions of ``pca``.
    images : of the whole split.
    names : one a class.
    """
    indices = np.asarray(told["indices"], dtype=np.int64)
    step = -(-len(indices) // MOST_POINTS)
    chosen = np.arange(0, len(indices), max(1, step))
    places, directions = (_within_frame(np.asarray(told[key])[chosen]) for key in ("positions", "pca"))
    labels, predicted = (np.asarray(told[key], dtype=np.int64)[chosen] for key in ("labels", "predicted"))
    colours = _colours(labels, predicted, len(names))
    points = tuple(
        MapPoint(
            x=round(float(x), 1),
            y=round(float(y), 1),
            pca_x=round(float(pca_x), 1),
            pca_y=round(float(pca_y), 1),
            label=int(label),
            colour=colours[label],
            wrong=bool(label != said),
            words=names[label] + (f", taken for {names[said]}" if label != said else ""),
        )
        for (x, y), (pca_x, pca_y), label, said in zip(places, directions, labels, predicted, strict=True)
    )
    wrong = sum(point.wrong for point in points)
    address, columns = sheet([np.asarray(images[i]) for i in indices[chosen]], MAP_SIDE)
    return FeatureMap(
        title=str(told.get("title", "A map of the features")),
        points=points,
        names=tuple(names),
        legend=_legend(names, colours),
        sheet=address,
        columns=columns,
        side=MAP_SIDE,
        alt=f"A map of {len(points):,} images, coloured by class; {wrong:,} of them, ringed, are wrongly named",
        shows="Images that the network sees as alike lie close together; those with a rim are wrongly named. "
        f"Point at one, tap it or move with the arrow keys to see it; choose a class to see it alone.{_coloured(colours)}",
        directions=" and ".join(percent(share) for share in told["explained"]),
        caution="A map in two dimensions cannot keep all distances: neighbours mean likeness, the size of gaps and "
        "groups means little.",
    )


def _colours(labels: np.ndarray, predicted: np.ndarray, n_classes: int) -> list[int]:
    """Return the number of each class's colour; of many classes only those most often mistaken have one."""
    if n_classes <= MANY:
        return [label % COLOURS for label in range(n_classes)]
    weakest = classes_most_mistaken(labels, predicted, n_classes)[:MOST_COLOURED]
    return [weakest.index(label) if label in weakest else GREY for label in range(n_classes)]


def _legend(names: Sequence[str], colours: Sequence[int]) -> tuple[tuple[str, int], ...]:
    told = [(name, colour) for name, colour in zip(names, colours, strict=True) if colour != GREY]
    return (*told, ("all other classes", GREY)) if GREY in colours else tuple(told)


def _coloured(colours: Sequence[int]) -> str:
    if GREY in colours:
        return f" In colour: the {MOST_COLOURED} classes most often mistaken."
    return " Some classes share a colour." if len(set(colours)) < len(colours) else ""


def _within_frame(positions: np.ndarray, frame: float = 1000.0, margin: float = 24.0) -> np.ndarray:
    """Return positions scaled into the square, y pointing down."""
    positions = positions.astype(np.float64)
    low = positions.min(axis=0)
    span = np.maximum(positions.max(axis=0) - low, 1e-12)
    placed = (positions - low) / span * (frame - 2 * margin) + margin
    placed[:, 1] = frame - placed[:, 1]
    return placed
