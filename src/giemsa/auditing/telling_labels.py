"""From results to findings, second half: labels, shortcuts, splits, and whether there is enough data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from giemsa.auditing.findings import Finding, Severity
from giemsa.auditing.label_errors import LabelErrors
from giemsa.auditing.learning_curve import LearningCurve
from giemsa.auditing.pool import Pool
from giemsa.auditing.report import Labels
from giemsa.auditing.shortcuts import ShortcutCheck, Tell, strongest_tells
from giemsa.auditing.splits import SplitCheck
from giemsa.wording import count_words, decimal, listed, percent

SEVERE_SHARE, WARNING_SHARE = 0.05, 0.01  # of suspect labels
SEVERE_SKILL, WARNING_SKILL = 0.5, 0.1  # of a shortcut: 0 is chance, 1 is always right
GIVEAWAY = 0.9  # area under the ROC curve of a single feature of the background
RARE = 0.1  # half the width of the interval of a class's recall


def tell_label_errors(pool: Pool, errors: LabelErrors) -> Iterator[Finding]:
    """Tell of labels that the held-out networks doubt."""
    suspects = errors.suspects
    if not len(suspects):
        return
    share = len(suspects) / len(pool)
    severity: Severity = (
        "severe" if share >= SEVERE_SHARE else "warning" if share >= WARNING_SHARE else "note"
    )
    by_class = errors.estimated_by_class
    most = int(by_class.argmax())
    worst = int(suspects[0])
    yield Finding(
        "label-errors",
        severity,
        f"{count_words(len(suspects), 'label')} to look at again",
        len(suspects),
        f"Networks that had not seen these images are sure of another class, for {percent(share)} of all images. "
        f"Confident learning puts the wrong labels at about {errors.estimated_count:.0f}, the largest number among "
        f"{pool.class_name(most)} ({by_class[most]:.0f}). The likeliest: {pool.address(worst)}, labelled "
        f"{pool.class_name(pool.labels[worst])}, looks like {pool.class_name(errors.suggested[worst])}.",
        "Wrong labels in train mislead the network, in test they cap the score; some of these are merely hard images.",
        "Look at them from the worst down; the cleaned manifest (--fix) sets aside the surest of them, outside test, and changes "
        "no label.",
        suspects,
        errors.scores[suspects],
    )


def tell_unjudged(pool: Pool, labels: Labels) -> Iterator[Finding]:
    """Tell of classes with training images of too few patients for the folds, whose labels cannot be judged well."""
    counts, folds = labels.units_of_class, labels.folds
    few = np.flatnonzero((counts > 0) & (counts < folds))
    if len(few):
        few = few[np.argsort(counts[few], kind="stable")]
        names = listed([f"{pool.class_name(label)} ({counts[label]})" for label in few])
        yield Finding(
            "unjudged-classes",
            "warning",
            f"{count_words(len(few), 'class', 'classes')} too small for their labels to be judged",
            len(few),
            f"Fewer images in train than the {folds} folds, copies and images of one patient or group counted once: {names}. "
            f"{count_words(int((~labels.judged).sum()), 'image')} had no network that knew the class, and no label doubted.",
            "A network that never saw a class cannot say whether an image belongs to it.",
            "Collect images of these classes from more patients, or merge them with others.",
        )


def tell_shortcut(pool: Pool, check: ShortcutCheck, where: str, network: float | None) -> Iterator[Finding]:
    """Tell whether labels can be told from ``where`` (``the background``, ``the facts of the files``)."""
    if not check.claimed:
        return
    skill = (check.balanced_accuracy - check.chance) / (1 - check.chance)
    strongest = check.tells[0].auc if check.tells else 0.5
    severity: Severity = "severe" if skill >= SEVERE_SKILL or strongest >= 0.98 else "note"
    if severity == "note" and (skill >= WARNING_SKILL or strongest >= GIVEAWAY):
        severity = "warning"
    why = "A network may learn this in place of the object, and fail on images made elsewhere."
    advice = "Find out how these images were made: another slide, stain, day or camera for one class; test on another source."
    if {tell.feature for tell in check.tells} == {"bytes"}:
        severity = "note"
        why = (
            "The size of a compressed file follows what the image shows, which is no fault; it is one where a class was saved "
            "by another program or at another quality."
        )
        advice = "Find out whether the images of all classes were saved in the same way."
    yield Finding(
        "shortcut-" + where.split()[-1],
        severity,
        f"The label can partly be told from {where} alone",
        len(check.tells),
        _accuracy_words(check, network) + " " + _tell_words(pool, check.tells),
        why,
        advice,
    )


def tell_colour(pool: Pool, check: ShortcutCheck, network: float | None) -> Iterator[Finding]:
    """Tell how far whole-image colour and brightness alone go; in stained cells that may be real signal."""
    if check.claimed:
        yield Finding(
            "colour",
            "note",
            "How far the colour of the whole image goes",
            len(check.tells),
            _accuracy_words(check, network) + " " + _tell_words(pool, check.tells),
            "In stained cells colour is real signal; it is also what changes between stains, cameras and laboratories.",
            "Test the network on other stains, or with colours changed, before it is used elsewhere.",
        )


def _accuracy_words(check: ShortcutCheck, network: float | None) -> str:
    beside = "" if network is None else f", a short-trained network on the whole image {decimal(network, 3)}"
    return (
        f"A plain model reaches a balanced accuracy of {decimal(check.balanced_accuracy, 3)} "
        f"(95 % interval {decimal(check.low, 3)} to {decimal(check.high, 3)}) where chance is {check.chance:.3f} and the best of "
        f"{len(check.shuffled)} shuffled labellings {decimal(check.shuffled.max(), 3)}{beside}."
    )


def _tell_words(pool: Pool, tells: tuple[Tell, ...], most: int = 3) -> str:
    """Name the strongest feature of each of the classes given away most."""
    parts = [
        f"{pool.class_name(tell.label)} by “{tell.feature}” ({'higher' if tell.shift > 0 else 'lower'}, "
        f"AUC {decimal(tell.auc)}, {decimal(tell.low)} to {decimal(tell.high)})"
        for tell in strongest_tells(tells)[:most]
    ]
    return "What gives away most: " + "; ".join(parts) + "." if parts else "No single feature stands out."


def tell_splits(pool: Pool, check: SplitCheck) -> Iterator[Finding]:
    """Tell of empty splits, missing and rare classes, imbalance and drift."""
    yield from _empty_splits(pool)
    yield from _missing_classes(pool, check)
    rare = np.flatnonzero((check.half_widths > RARE) & (check.counts["test"] > 0))
    if len(rare):
        rare = rare[np.argsort(-check.half_widths[rare], kind="stable")]
        names = listed(
            [
                f"{pool.class_name(label)} ({check.tested[label]:.0f}: ± {100 * check.half_widths[label]:.0f} points)"
                for label in rare
            ]
        )
        yield Finding(
            "rare-classes",
            "warning",
            f"{count_words(len(rare), 'class', 'classes')} too rare to evaluate well",
            len(rare),
            "Test images, copies and images of one patient or group counted once, and half the width of the 95 % interval of a "
            f"recall of 0.9: {names}.",
            "With so few test images the score of these classes is mostly luck.",
            "Collect more test images of them, or quote their scores only with intervals.",
        )
    if check.imbalance > 10:
        yield Finding(
            "imbalance",
            "note" if check.imbalance < 50 else "warning",
            f"The largest class has {check.imbalance:.0f} times the images of the smallest",
            len(pool.data.class_names),
            _count_words(pool, check),
            "Plain accuracy hides what happens to the small classes.",
            "Look at balanced accuracy and at each class; consider --class-weights.",
        )
    yield from _drift(check)


def _count_words(pool: Pool, check: SplitCheck) -> str:
    counts = check.counts["train"]
    present = np.flatnonzero(counts)
    least, most = present[counts[present].argmin()], int(counts.argmax())
    return f"In train {pool.class_name(most)} has {counts[most]:,} images, {pool.class_name(least)} {counts[least]:,}."


def _empty_splits(pool: Pool) -> Iterator[Finding]:
    for name, split in pool.data.splits.items():
        if not len(split):
            yield Finding(
                "empty-split",
                "severe",
                f"The {name} split is empty",
                0,
                f"There are {len(pool):,} images, none of them in {name}.",
                {
                    "train": "There is nothing to learn from.",
                    "val": "No epoch can be chosen without looking at test.",
                }.get(name, "Nothing can be said about new images."),
                "Leave the split column or folders out, and giemsa splits the images itself.",
            )


def _missing_classes(pool: Pool, check: SplitCheck) -> Iterator[Finding]:
    if len(np.unique(pool.labels)) == 1:
        yield Finding(
            "one-class",
            "severe",
            "All images are of one class",
            len(pool),
            f"Every image is labelled {pool.class_name(int(pool.labels[0]))}.",
            "There is nothing to tell apart.",
            "Add images of at least one other class.",
        )
    for split, counts in check.counts.items():
        missing = np.flatnonzero(counts == 0)
        if len(missing) and counts.sum():
            names = listed([pool.class_name(label) for label in missing])
            yield Finding(
                "missing-classes",
                "severe" if split == "train" else "warning",
                f"{count_words(len(missing), 'class', 'classes')} without an image in {split}",
                len(missing),
                f"Missing in {split}: {names}.",
                "A class that is not there can be neither learnt nor scored.",
                "Split anew with every class in every split, or take the class out.",
            )


def _drift(check: SplitCheck) -> Iterator[Finding]:
    drifts = check.clear_drifts()
    if drifts:
        told = ", ".join(
            f"{d.split} in {d.measure} ({d.size:.2f}, p {d.probability:.1g})" for d in drifts[:6]
        )
        yield Finding(
            "drift",
            "warning",
            f"Splits differ from train in {count_words(len(drifts), 'respect')}",
            len(drifts),
            f"Size (0 to 1) and p corrected for {len(check.drifts)} tests by Holm, copies and images of one patient or group "
            f"counted once: {told}.",
            "A score on a split that was made differently does not say how the network does on data like train's.",
            "Find out how the split was made; split at random within each source, or keep it and say so.",
        )


def tell_learning_curve(curve: LearningCurve) -> Iterator[Finding]:
    """Tell what twice the images would bring."""
    yield Finding(
        "learning-curve",
        "note",
        f"Twice the images would bring {100 * curve.gain:+z.1f} points of accuracy",
        len(curve.sizes),
        f"Short trainings on {curve.sizes[0]:,} to {curve.sizes[-1]:,} images; a power law through them puts the gain from "
        f"{curve.now:,} to {curve.target:,} images at {100 * curve.gain_low:z.1f} to {100 * curve.gain_high:.1f} points "
        "(95 % interval).",
        "It tells whether to collect more images or to work on something else.",
        "Weigh the gain against what the images cost; the law may not hold for ever.",
    )
