"""The evaluation in words that can be quoted: numbers with their intervals, never rounder than they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from giemsa.evaluation.failures import confused_pairs, is_tied
from giemsa.evaluation.intervals import Score
from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.scorecard import Scorecard
from giemsa.wording import count_words, listed, percent, percent_range, spanned

if TYPE_CHECKING:
    from giemsa.evaluation.result import Evaluation


LONGEST_NAME = 30
MANY_CLASSES, WEAKEST = 20, 10  # of more classes only the weakest are told one by one
NO_MISTAKE = "It made no mistake on these images, which does not mean that it makes none on others."


def with_interval(score: Score) -> str:
    """Write a share with its interval and its number of images."""
    if math.isnan(score.value):
        return f"undefined (n = {score.n:,})"
    limits = "" if math.isnan(score.low) else f"95 % interval {percent_range(score.low, score.high)}, "
    return f"{percent(score.value)} ({limits}n = {score.n:,})"


def plain_sentences(
    predictions: Predictions,
    card: Scorecard,
    *,
    data: str = "",
    unused: bool = False,
    copies: int = 0,
    names: Sequence[str] = (),
) -> tuple[str, str, str]:
    """Return three sentences: what was tested on what, how good it is, where it fails.

    Parameters
    ----------
    predictions : of the test images.
    card : their scores.
    data : words for the data set, if known.
    unused : whether it is known that neither training nor selection used these images.
    copies : how many of them have a copy, or nearly one, that was used.
    names : of the classes, as they should be spoken; their full names if not given.
    """
    spoken = tuple(names) or predictions.class_names
    of_what = (f" of {data}" if data else "") + _from_groups(predictions.groups) + _unused(unused, copies)
    return (
        _tested(len(predictions), of_what, spoken, card.support),
        _how_good(card),
        _where_it_fails(predictions, card, spoken),
    )


def spoken_names(class_names: Sequence[str], short_names: Sequence[str]) -> tuple[str, ...]:
    """Return each class's full name, without what stands in brackets where that tells it from no other class.

    A name that would swamp a sentence gives way to the short one, if that is shorter.

    Examples
    --------
    >>> spoken_names(["immature granulocytes(myelocytes, metamyelocytes and promyelocytes)"], ["immature gran."])
    ('immature granulocytes',)
    >>> spoken_names(["cell (band)", "cell (segmented)"], ["band", "segm."])
    ('cell (band)', 'cell (segmented)')
    """
    cut = [full.split("(")[0].strip() or full for full in class_names]
    plain = [full if cut.count(name) > 1 else name for full, name in zip(class_names, cut, strict=True)]
    both = zip(plain, short_names, strict=True)
    return tuple(name if len(name) <= LONGEST_NAME else min(name, short, key=len) for name, short in both)


def _from_groups(groups: np.ndarray | None) -> str:
    number = 0 if groups is None else len(np.unique(groups))
    return f", from {number:,} patients or other groups," if number > 1 else ""


def _unused(unused: bool, copies: int) -> str:
    if not unused:
        return ""
    have = "has" if copies == 1 else "have"
    but = f" (but {copies:,} of them {have} a copy, or nearly one, in train or val)" if copies else ""
    return f" that neither training nor selection used{but},"


def _tested(n: int, of_what: str, names: Sequence[str], support: np.ndarray) -> str:
    seen = [name for name, images in zip(names, support, strict=True) if images]
    missing = [name for name, images in zip(names, support, strict=True) if not images]
    return (
        f"The classifier was tested on {count_words(n, 'image')}{of_what} and had to tell "
        f"{count_words(len(seen), 'class', 'classes')} apart: {spanned(seen)}"
        + (f"; of {listed(missing)} there is no image." if missing else ".")
    )


def _how_good(card: Scorecard) -> str:
    accuracy, balanced = card.whole["accuracy"], card.whole["balanced_accuracy"]
    if math.isnan(accuracy.low):
        return (
            f"It named {percent(accuracy.value)} of them correctly; with every class counted alike it is "
            f"{percent(balanced.value)}. All images are of one group, which says nothing about others: there is no interval."
        )
    return (
        f"It named {percent(accuracy.value)} of them correctly (95 % interval {percent_range(accuracy.low, accuracy.high)}); "
        f"with every class counted alike it is {percent(balanced.value)} ({percent_range(balanced.low, balanced.high)})."
    )


def _where_it_fails(predictions: Predictions, card: Scorecard, names: Sequence[str]) -> str:
    pairs = confused_pairs(predictions, most=2)
    if not pairs:
        return NO_MISTAKE
    recalls = np.array([scores["recall"].value for scores in card.by_class])
    weakest, pair = int(np.nanargmin(recalls)), pairs[0]
    alone = (recalls == recalls[weakest]).sum() == 1
    fails = "It fails most with" if alone else "One of the classes with which it fails most is"
    mistake = "one of its most frequent mistakes is" if is_tied(pairs) else "its most frequent mistake is"
    return (
        f"{fails} {names[weakest]}, of which it finds {with_interval(card.by_class[weakest]['recall'])}; "
        f"{mistake} to take {names[pair.true]} for {names[pair.predicted]} "
        f"({pair.count:,} of {count_words(int(card.support[pair.true]), 'image')})."
    )


def classification_report(card: Scorecard, names: Sequence[str] = ()) -> str:
    """Return the table of precision, recall, F1 and support with four digits, as plain text.

    Parameters
    ----------
    card : scores of whole and classes.
    names : of the classes, as they should be spoken; their full names if not given.
    """
    rows = [
        [name, *(_four(scores[key].value) for key in ("precision", "recall", "f1")), f"{int(support)}"]
        for name, support, scores in zip(names or card.class_names, card.support, card.by_class, strict=True)
    ]
    n = str(int(card.support.sum()))
    means = [
        [
            f"{kind} mean",
            *(_four(card.whole[f"{kind}_{key}"].value) for key in ("precision", "recall", "f1")),
            n,
        ]
        for kind in ("macro", "weighted")
    ]
    accuracy = ["accuracy", "", "", _four(card.whole["accuracy"].value), n]
    return _table(["", "precision", "recall", "F1", "support"], [rows, [accuracy, *means]])


def _four(value: float) -> str:
    return "undefined" if math.isnan(value) else f"{value:.4f}"


def _table(head: Sequence[str], blocks: Sequence[Sequence[Sequence[str]]]) -> str:
    everything = [head, *(row for block in blocks for row in block)]
    widths = [max(len(row[place]) for row in everything) for place in range(len(head))]
    lines = [_line(head, widths)]
    for block in blocks:
        lines += ["", *(_line(row, widths) for row in block)]
    return "\n".join(line.rstrip() for line in lines)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(
        cell.ljust(width) if not place else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    )


def _recalls(card: Scorecard) -> dict[str, str]:
    """Return the recall of each class, or of many classes the lowest."""
    recalls = [scores["recall"] for scores in card.by_class]
    many = len(recalls) > MANY_CLASSES
    weakest = np.argsort([one.value for one in recalls], kind="stable")[:WEAKEST]
    places = weakest.tolist() if many else range(len(recalls))
    item = f"Recall of the {WEAKEST} weakest classes" if many else "Recall of each class"
    return {
        item: "; ".join(f"{card.class_names[place]}: {with_interval(recalls[place])}" for place in places)
    }


def results_in_words(evaluation: Evaluation) -> dict[str, str]:
    """Return what was found, one sentence an item, for the model card."""
    card = evaluation.card
    words = {
        "Accuracy": with_interval(card.whole["accuracy"]),
        "Balanced accuracy": with_interval(card.whole["balanced_accuracy"]),
        **_recalls(card),
        "Intervals": "95 %, by Wilson's method, the bootstrap's variance or Hall's transformation",
        "Calibration": f"expected error {percent(card.whole['ece'].value)}, log loss {card.whole['log_loss'].value:.3f}",
    }
    robust, failures = evaluation.robustness, evaluation.failures
    if robust is not None:
        words["Robustness"] = (
            f"balanced accuracy {percent(robust.clean)} on {robust.n:,} of {robust.of:,} test images as they are, "
            f"{percent(robust.mean)} on average over {len(robust.names)} corruptions; weakest: {robust.weakest}"
        )
    apart = failures.without_leaks
    if apart is not None:
        words["Copies across splits"] = (
            f"accuracy {apart.name}: {with_interval(apart.accuracy)}"
            if apart.accuracy.n
            else "every test image has a copy in train or val"
        )
    return words
