"""The figures of an audit, with their words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from giemsa.auditing.shortcuts import strongest_tells
from giemsa.auditing.surroundings import BACKGROUND, border_features
from giemsa.plots.auditing import (
    plot_image_grid,
    plot_image_pairs,
    plot_learning_curve,
    plot_shortcuts,
    plot_tells,
)
from giemsa.plots.gallery import Picture
from giemsa.wording import count_words, decimal

if TYPE_CHECKING:
    from giemsa.auditing.report import AuditReport

MOST_PAIRS, MOST_IMAGES, MOST_TELLS = 10, 16, 3
ODD = ("empty", "dark", "bright", "low-contrast", "blurred", "odd-colour", "odd-size")


def draw(report: AuditReport) -> tuple[Picture, ...]:
    """Return the pictures that there is something to draw for."""
    parts = (_duplicates, _suspects, _odd, _outliers, _shortcuts, _tells, _curve)
    return tuple(picture for part in parts for picture in part(report))


def _duplicates(report: AuditReport) -> Iterator[Picture]:
    pool = report.pool
    groups = report.results.duplicates.members()
    if not groups:
        return
    shown = sorted(groups, key=lambda group: -_gravity(report, group))[:MOST_PAIRS]
    words = {
        place: f"{_place(report, place)}\n{_short(report, pool.labels[place])}"
        for group in shown
        for place in group
    }
    captions = [(words[group[0]], words[group[1]]) for group in shown]
    leaking = sum(len(set(pool.split_of[group].tolist())) > 1 for group in groups)
    yield Picture(
        "audit-duplicates",
        plot_image_pairs([pool.images[group[:2]] for group in shown], captions),
        "Duplicates, side by side",
        f"{count_words(len(shown), 'pair')} of {count_words(len(groups), 'group')} of duplicates; "
        f"{leaking:,} of the groups {'stands' if leaking == 1 else 'stand'} in two splits.",
        "Two images of each group: the same up to turns, shifts, compression or brightness. "
        "Different labels come first, then groups that stand in two splits.",
        "A near duplicate may be another photograph of the same object.",
    )


def _gravity(report: AuditReport, group: np.ndarray) -> int:
    splits, labels = (len(set(of[group].tolist())) > 1 for of in (report.pool.split_of, report.pool.labels))
    return 2 * labels + splits


def _suspects(report: AuditReport) -> Iterator[Picture]:
    labels, pool = report.results.labels, report.pool
    if labels is None or not len(labels.errors.suspects):
        return
    worst = labels.errors.suspects[:MOST_IMAGES]
    captions = [
        f"given {_short(report, pool.labels[place])}\nseems {_short(report, labels.errors.suggested[place])}"
        for place in worst
    ]
    yield Picture(
        "audit-label-suspects",
        plot_image_grid(pool.images[worst], captions),
        "Labels to look at again",
        f"{len(worst)} of {count_words(len(labels.errors.suspects), 'image')} whose label held-out networks doubt, worst first.",
        "Each image with its given label and the one that networks, which had not seen it, would give. Worst first.",
        "The networks may be wrong: a rare or badly cut cell looks like an error too.",
    )


def _odd(report: AuditReport) -> Iterator[Picture]:
    faults: dict[int, list[str]] = {}
    for finding in report.findings:
        for place in finding.images[:4].tolist() if finding.kind in ODD else ():
            faults.setdefault(place, []).append(finding.kind.replace("-", " "))
    if faults:
        places = list(faults)[:MOST_IMAGES]
        captions = [f"{', '.join(faults[place])}\n{_place(report, place)}" for place in places]
        yield Picture(
            "audit-odd-images",
            plot_image_grid(report.pool.images[places], captions),
            "Images that fall out of the set",
            f"{count_words(len(places), 'image')}, odd by brightness, contrast, sharpness, colour or size.",
            "Each image with what is odd about it and where it stands.",
        )


def _outliers(report: AuditReport) -> Iterator[Picture]:
    outliers = report.results.outliers
    if len(outliers.places):
        shown = outliers.places[:MOST_IMAGES]
        captions = [
            f"{_place(report, place)}\n{_short(report, report.pool.labels[place])}" for place in shown
        ]
        yield Picture(
            "audit-outliers",
            plot_image_grid(report.pool.images[shown], captions),
            "Images like nothing else in the set",
            f"{len(shown)} of {count_words(len(outliers.places), 'image')} far from all neighbours, the farthest first.",
            f"Images whose ten nearest neighbours, in {outliers.space}, are unusually far away; farthest first.",
            "Unusual is not wrong: it may be the rare case that matters.",
        )


def _shortcuts(report: AuditReport) -> Iterator[Picture]:
    checks = {where: check for where, check in report.results.shortcuts.items() if len(check.shuffled)}
    if not checks:
        return
    values = [(check.balanced_accuracy, check.low, check.high) for check in checks.values()]
    network = report.results.network_accuracy(report.pool.labels)
    told = "; ".join(f"{where} {decimal(value[0])}" for where, value in zip(checks, values, strict=True))
    beside = "" if network is None else f", a network on the whole image {decimal(network)}"
    chance = next(iter(checks.values())).chance
    yield Picture(
        "audit-shortcuts",
        plot_shortcuts(
            list(checks),
            values,
            [check.shuffled for check in checks.values()],
            chance=chance,
            network=network,
        ),
        "Can the label be told from what should not tell it?",
        f"Balanced accuracy of plain models: {told}; chance {chance:.2f}{beside}.",
        "A point far right of the grey marks means that the label can be told without looking at the object.",
        "Colour of the whole image may be real signal in stained cells.",
    )


def _tells(report: AuditReport) -> Iterator[Picture]:
    check = report.results.shortcuts[BACKGROUND]
    if not check.claimed or not check.tells:
        return
    strongest = strongest_tells(check.tells)[:MOST_TELLS]
    labels = report.pool.labels
    values = border_features(report.pool.images)
    panels = [
        (tell.feature, values[tell.feature][labels == tell.label], values[tell.feature][labels != tell.label])
        for tell in strongest
    ]
    told = "; ".join(
        f"{_short(report, tell.label)} by {tell.feature} (AUC {decimal(tell.auc)})" for tell in strongest
    )
    yield Picture(
        "audit-tells",
        plot_tells(panels, [_short(report, tell.label) for tell in strongest]),
        "What in the background gives a class away",
        f"Distributions of the features that tell most: {told}.",
        "The farther the coloured outline lies from the grey, the more the background says about the class. Colours run from 0 "
        "to 255; the unrest of the border is how far its grey values scatter.",
        "A difference may come from the object reaching the border, or from how the images were made.",
    )


def _curve(report: AuditReport) -> Iterator[Picture]:
    curve = report.results.curve
    if curve is None:
        return
    line = np.geomspace(curve.sizes[0], curve.target, 60)
    end = (float(curve.target), 1 - curve.expected, 1 - curve.high, 1 - curve.low)
    yield Picture(
        "audit-learning-curve",
        plot_learning_curve(curve.sizes, 1 - curve.errors, (line, 1 - curve.fitted(line)), end),
        "Would more images help?",
        f"Accuracy rises from {1 - curve.errors[0]:.3f} with {curve.sizes[0]:,} images to {1 - curve.errors[-1]:.3f} with "
        f"{curve.sizes[-1]:,}; a power law expects {1 - curve.expected:.3f} with {curve.target:,}.",
        "Short trainings on growing parts of train, scored on a fifth of it; the square is where a power law leads.",
        "Short trainings end lower than the final one; the gain is what counts, and the law may not hold.",
    )


def _place(report: AuditReport, place: int | np.integer) -> str:
    return f"{report.pool.split_name(place)}/{report.pool.index_in_split[place]}"


def _short(report: AuditReport, label: int | np.integer) -> str:
    return report.pool.data.short_names[label]
