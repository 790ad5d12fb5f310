"""The names and meanings of the scores, in words for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from giemsa.reporting.parts import LONG, Cell, Number, Table
from giemsa.reporting.words import count, decimal, interval, percent, sentence


@dataclass(frozen=True)
class Score:
    """How one score is called, written and explained."""

    title: str
    as_percent: bool
    meaning: str


SCORES: Mapping[str, Score] = {
    "accuracy": Score("Accuracy", True, "share of the test images that are rightly named"),
    "balanced_accuracy": Score("Balanced accuracy", True, "mean over the classes of the share rightly named"),
    "auc": Score("AUC", False, "how well each class is told from the rest; 0.5 is chance, 1 is perfect"),
    "average_precision": Score(
        "Average precision",
        False,
        "from precision and recall; mean over the classes, of two the second one's",
    ),
    "macro_precision": Score(
        "Precision, macro mean", True, "of what is called a class, the share that is it"
    ),
    "macro_recall": Score("Recall, macro mean", True, "of a class, the share that is found"),
    "macro_f1": Score("F1, macro mean", True, "harmonic mean of precision and recall"),
    "weighted_precision": Score("Precision, weighted mean", True, "weighted by the size of each class"),
    "weighted_recall": Score("Recall, weighted mean", True, "the same number as accuracy"),
    "weighted_f1": Score("F1, weighted mean", True, "weighted by the size of each class"),
    "matthews": Score("Matthews correlation", False, "0 is chance, 1 is perfect"),
    "kappa": Score("Cohen's kappa", False, "agreement beyond chance; 1 is perfect"),
    "log_loss": Score("Log loss", False, "how surprised the probabilities are by the truth; lower is better"),
    "brier": Score("Brier score", False, "squared error of the probabilities; lower is better"),
    "ece": Score("Calibration error", True, "how far stated certainty is from the share that is right"),
    "ece_equal_mass": Score(
        "Calibration error, equal mass", True, "the same in bins that hold as many images each"
    ),
    "maximum_calibration_error": Score(
        "Calibration error, worst bin", True, "the largest distance in any bin"
    ),
    "classwise_ece": Score(
        "Calibration error, by class", True, "mean over the classes of each class's own error"
    ),
}
FOUND = {"precision": "precision", "recall": "recall", "f1": "F1", "support": "images"}
FOUND_NOTE = "Recall (sensitivity): of a class, the share found. Precision: of what is called so, the share that is so."
APART = {"specificity": "specificity", "auc": "AUC", "average_precision": "average precision"}
APART_NOTE = "Specificity: of all other images, the share that is not taken for the class."
SHARES = ("precision", "recall", "specificity", "f1")
HEADLINE = ("accuracy", "auc", "balanced_accuracy", "ece")


def describe(name: str) -> Score:
    """Return the words for a score; those of an unknown one are its name."""
    return SCORES.get(name) or Score(name.replace("_", " ").capitalize(), name in SHARES, "")


def value_cell(name: str, score: Mapping[str, Any] | float | None) -> Cell:
    """Return a score as a cell with its interval below; a whole number is a count."""
    if isinstance(score, int):
        return Cell(count(score))
    words = describe(name)
    if not isinstance(score, Mapping):
        return Cell(percent(score) if words.as_percent else decimal(score))
    value = score.get("value")
    return Cell(
        percent(value) if words.as_percent else decimal(value), interval(score, as_percent=words.as_percent)
    )


def headline_numbers(scores: Mapping[str, Any]) -> tuple[Number, ...]:
    """Return the numbers that open the page."""
    numbers = []
    for name in HEADLINE:
        if name in scores:
            cell, words = value_cell(name, scores[name]), describe(name)
            missing = "; here undefined, since a class has no test image" * (scores[name]["value"] is None)
            numbers.append(Number(words.title, cell.text, cell.below, words.meaning + missing))
    return tuple(numbers)


def score_table(
    splits: Mapping[str, Mapping[str, Any]], methods: Mapping[str, str] | None = None
) -> Table | None:
    """Return every score of every split, one row a score; ``methods`` says how the intervals were made."""
    names = list(dict.fromkeys(name for scores in splits.values() for name in scores))
    if not names:
        return None
    order = [name for name in SCORES if name in names] + [name for name in names if name not in SCORES]
    rows = tuple(
        (
            Cell(describe(name).title, describe(name).meaning),
            *(value_cell(name, scores.get(name)) for scores in splits.values()),
        )
        for name in order
    )
    made = " ".join(sentence(f"{what}: {how}") for what, how in (methods or {}).items() if what != "interval")
    images = ", ".join(f"{split} {count(_images(scores))}" for split, scores in splits.items())
    return Table(
        caption="All scores with their 95 % intervals",
        head=("score", *splits),
        rows=rows,
        note=f"Images: {images}. Intervals say what chance in the choice of test images alone would move. {made}".strip(),
    )


def _images(scores: Mapping[str, Any]) -> int | None:
    return next((score.get("n") for score in scores.values() if isinstance(score, Mapping)), None)


def class_tables(classes: Sequence[Mapping[str, Any]], names: Sequence[str]) -> tuple[Table, ...]:
    """Return precision, recall, F1 and support of each class, and how it is told from the rest, with intervals."""
    if not classes:
        return ()
    found = _class_table(classes, names, FOUND, "Each class, with 95 % intervals", FOUND_NOTE)
    apart = _class_table(
        classes, names, APART, "Each class against the rest, with 95 % intervals", APART_NOTE
    )
    return found, apart


def _class_table(
    classes: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    columns: Mapping[str, str],
    caption: str,
    note: str,
) -> Table:
    known = [key for key in columns if key in classes[0]]
    rows = tuple(
        (Cell(name), *(value_cell(key, entry.get(key)) for key in known))
        for name, entry in zip(names, classes, strict=True)
    )
    head = ("class", *(columns[key] for key in known))
    return Table(caption=caption, head=head, rows=rows, note=note, folded=len(rows) > LONG)
