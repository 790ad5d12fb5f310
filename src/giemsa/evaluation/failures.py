"""Where a classifier fails: pairs that it confuses, its worst mistakes, and groups of images where it does worse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from giemsa.data.records import field_words
from giemsa.evaluation.intervals import Score
from giemsa.evaluation.multiple_tests import holm
from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.scores import confusion_matrix
from giemsa.evaluation.shares import effective_number, score_share
from giemsa.temperature import log_losses

LEVEL = 0.01  # of the corrected tests
MOST_VALUES = (
    12  # a column with more different values is cut into quarters if it holds numbers, else left out
)
NOT_GIVEN = "not given"


@dataclass(frozen=True)
class ConfusedPair:
    """A true class that is taken for another.

    Parameters
    ----------
    true, predicted : labels.
    count : images.
    share : of the images of the true class.
    """

    true: int
    predicted: int
    count: int
    share: float


@dataclass(frozen=True)
class Mistake:
    """One image with the wrong answer.

    Parameters
    ----------
    index : its place in the split.
    true, predicted : labels.
    probability, true_probability : given to the predicted and to the true class.
    """

    index: int
    true: int
    predicted: int
    probability: float
    true_probability: float


@dataclass(frozen=True)
class Subgroup:
    """The accuracy of some of the images.

    Parameters
    ----------
    name : what they have in common.
    accuracy : with its interval.
    probability : how often chance alone would set it as far apart from the other images: p of Fisher's exact test, where patients
        are known on the effective numbers of images; 1 where that cannot be told.
    differs : whether that is below .01 after Holm's correction for all groups that are shown together, see
        :func:`mark_differences`.
    """

    name: str
    accuracy: Score
    probability: float = 1.0
    differs: bool = False

    def to_json(self) -> dict[str, object]:
        """Return a plain dict."""
        return {"name": self.name, "accuracy": self.accuracy.to_json(), "differs": self.differs}


def confused_pairs(predictions: Predictions, *, most: int = 10) -> tuple[ConfusedPair, ...]:
    """Return the pairs with most mistakes, the most frequent first."""
    counts = confusion_matrix(predictions.labels, predictions.predicted, predictions.n_classes)
    wrong = counts - np.diag(np.diag(counts))
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    cells = [divmod(int(cell), predictions.n_classes) for cell in order]
    return tuple(
        ConfusedPair(true, said, int(wrong[true, said]), float(wrong[true, said] / counts[true].sum()))
        for true, said in cells
        if wrong[true, said]
    )


def is_tied(pairs: Sequence[ConfusedPair]) -> bool:
    """Say whether the first of ``pairs`` is no more frequent than the second, so that none is the most frequent."""
    return len(pairs) > 1 and pairs[0].count == pairs[1].count


def worst_mistakes(predictions: Predictions, *, most: int = 24) -> tuple[Mistake, ...]:
    """Return the wrong answers with the highest loss, the worst first."""
    losses = log_losses(predictions.labels, predictions.probabilities)
    wrong = np.flatnonzero(~predictions.correct)
    order = wrong[np.argsort(-losses[wrong], kind="stable")][:most]
    return tuple(_mistake(predictions, int(index)) for index in order)


def _mistake(predictions: Predictions, index: int) -> Mistake:
    true, said = int(predictions.labels[index]), int(predictions.predicted[index])
    row = predictions.probabilities[index]
    return Mistake(index, true, said, float(row[said]), float(row[true]))


def by_quarter(predictions: Predictions, values: np.ndarray, words: tuple[str, str]) -> tuple[Subgroup, ...]:
    """Return the accuracy in the four quarters of a measured value; empty where it hardly varies.

    Parameters
    ----------
    predictions : of ``n`` images.
    values : ``(n,)``, such as their brightness; images where it is not finite are a group of their own.
    words : for the lowest and the highest quarter, such as ``("darkest", "brightest")``.
    """
    known = np.isfinite(values)
    finite = values[known]
    edges = np.unique(np.quantile(finite, [0.25, 0.5, 0.75], method="inverted_cdf"))
    if len(edges) < 3 or (edges[0] == finite.min() and edges[-1] == finite.max()):
        return ()
    # an edge belongs to the quarter below it, but where nothing would be left above
    quarter = np.searchsorted(edges, values, side="right" if edges[-1] == finite.max() else "left")
    names = (f"{words[0]} quarter", "second quarter", "third quarter", f"{words[1]} quarter")
    groups = {name: known & (quarter == place) for place, name in enumerate(names)}
    return _groups(predictions, groups if known.all() else groups | {NOT_GIVEN: ~known})


def by_column(predictions: Predictions, column: np.ndarray) -> tuple[Subgroup, ...]:
    """Return the accuracy for each value of a metadata column ``(n,)``; empty where it says nothing or too much."""
    column = np.asarray(column)
    column = column if column.dtype.kind in "iuf" else column.astype(str)
    values, place_of = np.unique(column, return_inverse=True)
    if len(values) < 2:
        return ()
    if len(values) <= MOST_VALUES:
        return _groups(
            predictions,
            {field_words(value) or NOT_GIVEN: place_of == place for place, value in enumerate(values)},
        )
    if column.dtype.kind in "iuf":
        return by_quarter(predictions, column.astype(float), ("lowest", "highest"))
    return ()


def accuracy_of(predictions: Predictions, name: str, chosen: np.ndarray) -> Subgroup:
    """Return the accuracy of the images at ``chosen`` ``(n,)`` booleans; ``nan`` where there is none."""
    part = predictions.subset(chosen)
    return Subgroup(name, score_share(part.correct, part.groups))


def _groups(predictions: Predictions, groups: Mapping[str, np.ndarray]) -> tuple[Subgroup, ...]:
    return tuple(
        replace(accuracy_of(predictions, name, chosen), probability=_chance(predictions, chosen))
        for name, chosen in groups.items()
    )


def mark_differences(shown: Mapping[str, Sequence[Subgroup]]) -> dict[str, tuple[Subgroup, ...]]:
    """Say of each group whether it differs, where all the groups of all columns ``shown`` are looked at together."""
    every = np.array([group.probability for groups in shown.values() for group in groups])
    marks = iter((holm(every) < LEVEL).tolist())
    return {
        name: tuple(replace(group, differs=next(marks)) for group in groups) for name, groups in shown.items()
    }


def _chance(predictions: Predictions, chosen: np.ndarray) -> float:
    from scipy import stats

    table = []
    for part in (predictions.subset(chosen), predictions.subset(~chosen)):
        number = effective_number(part.correct, part.groups)
        if not number > 0:
            return 1.0
        right = round(number * float(part.correct.mean()))
        table.append([right, round(number) - right])
    return float(stats.fisher_exact(table).pvalue)
