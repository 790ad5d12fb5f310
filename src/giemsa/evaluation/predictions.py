"""Labels and the probabilities that a classifier gave them, checked once at the door.

Everything else in this folder takes a :class:`Predictions` and trusts it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from giemsa.errors import PredictionError
from giemsa.probabilities import row_faults

NO_GROUP = ("", "None", "nan", "NaT", "<NA>")  # as words; pandas has several for what is not known


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a classifier said of images whose labels are known; made by :func:`check_predictions`.

    Parameters
    ----------
    labels : ``(n,)``, ``int64``, the truth.
    probabilities : ``(n, classes)``, ``float64``, each row sums to one.
    class_names : one a class.
    groups : ``(n,)`` integers, images of one patient or slide share one; ``None`` where nothing is known.
    """

    labels: np.ndarray
    probabilities: np.ndarray
    class_names: tuple[str, ...]
    groups: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @cached_property
    def predicted(self) -> np.ndarray:
        """The class of the highest probability, ``(n,)``; of equal ones the first."""
        return self.probabilities.argmax(axis=1)

    @cached_property
    def correct(self) -> np.ndarray:
        """Whether the predicted class is the label, ``(n,)`` booleans."""
        return self.predicted == self.labels

    @cached_property
    def confidence(self) -> np.ndarray:
        """The highest probability of each image, ``(n,)``."""
        return self.probabilities.max(axis=1)

    @cached_property
    def units(self) -> np.ndarray:
        """What is independent of each other, ``(n,)``: the group of each image, or its place where no groups are known."""
        return np.arange(len(self)) if self.groups is None else self.groups

    def subset(self, chosen: np.ndarray) -> Predictions:
        """Return the images at ``chosen``: places ``(m,)`` or ``(n,)`` booleans."""
        groups = None if self.groups is None else self.groups[chosen]
        return Predictions(self.labels[chosen], self.probabilities[chosen], self.class_names, groups)

    def replace(self, probabilities: np.ndarray) -> Predictions:
        """Return the same labels with other probabilities ``(n, classes)``."""
        return Predictions(self.labels, probabilities, self.class_names, self.groups)


def check_predictions(
    labels: np.ndarray,
    probabilities: np.ndarray,
    *,
    class_names: Sequence[str] | None = None,
    groups: np.ndarray | None = None,
) -> Predictions:
    """Check labels and probabilities and return them together.

    Parameters
    ----------
    labels : ``(n,)`` or ``(n, 1)``, whole numbers from 0 to ``classes - 1``.
    probabilities : ``(n, classes)``, 0 to 1, each row summing to one within 0.001; at least two classes.
    class_names : one a class; by default ``class 0``, ``class 1``, ...
    groups : ``(n,)``, anything that tells patients or slides apart; intervals then resample groups.

    Raises
    ------
    PredictionError : anything else, with the first row that is at fault.

    Examples
    --------
    >>> check_predictions([0, 1], [[0.9, 0.1], [0.6, 0.4]]).correct.tolist()
    [True, False]
    """
    table = _probability_table(probabilities)
    names = _names(class_names, table.shape[1])
    truth = _labels(labels, *table.shape)
    return Predictions(truth, table, names, _groups(groups, len(truth)))


def _probability_table(probabilities: np.ndarray) -> np.ndarray:
    try:
        table = np.asarray(probabilities, dtype=np.float64)
    except (TypeError, ValueError):
        raise PredictionError(
            "probabilities must be numbers, one row an image and one column a class"
        ) from None
    if table.ndim != 2 or table.shape[1] < 2:
        raise PredictionError(
            f"probabilities must have the shape (images, classes) with at least two classes, got {table.shape}"
        )
    if not len(table):
        raise PredictionError("no predictions were given; at least one row is needed")
    for fault, faulty in row_faults(table):
        advice = "; give probabilities, not logits" if np.isfinite(table).all() else ""
        _refuse(faulty, table, fault + advice)
    return table.clip(0, 1)


def _refuse(faulty: Any, table: np.ndarray, fault: str) -> None:
    if faulty.any():
        row = int(np.argmax(faulty))
        values = ", ".join(f"{value:.4g}" for value in table[row][:8])
        more = f" (and {int(faulty.sum()) - 1} more rows)" if faulty.sum() > 1 else ""
        raise PredictionError(
            f"row {row} of the probabilities {fault}: [{values}], sum {table[row].sum():.4g}{more}"
        )


def _names(class_names: Sequence[str] | None, n_classes: int) -> tuple[str, ...]:
    if class_names is None:
        return tuple(f"class {label}" for label in range(n_classes))
    if len(class_names) != n_classes:
        raise PredictionError(
            f"the probabilities have {n_classes} columns, but there are {len(class_names)} classes: "
            + ", ".join(map(str, class_names))
        )
    return tuple(map(str, class_names))


def _labels(labels: np.ndarray, n: int, n_classes: int) -> np.ndarray:
    given = np.asarray(labels)
    if given.ndim == 2 and given.shape[1] == 1:
        given = given[:, 0]
    if given.shape != (n,):
        raise PredictionError(f"there are {n} rows of probabilities, but labels of the shape {given.shape}")
    if given.dtype.kind not in "iub" and not (
        given.dtype.kind == "f" and np.array_equal(given, np.floor(given))
    ):
        raise PredictionError(
            f"labels must be whole numbers from 0 to {n_classes - 1}, got {given.dtype} values"
        )
    whole = given.astype(np.int64)
    outside = (whole < 0) | (whole >= n_classes)
    if outside.any():
        row = int(np.argmax(outside))
        raise PredictionError(
            f"label {whole[row]} in row {row} is out of range: expected 0 to {n_classes - 1}"
        )
    return whole


def _groups(groups: np.ndarray | None, n: int) -> np.ndarray | None:
    if groups is None:
        return None
    given = np.asarray(groups)
    if given.shape != (n,):
        raise PredictionError(f"there are {n} labels, but groups of the shape {given.shape}")
    missing = [str(group).strip() in NO_GROUP for group in given.tolist()]
    if any(missing):
        raise PredictionError(
            f"row {missing.index(True)} has no group; where a patient is not known, give the image a group of its own"
        )
    return np.unique(given, return_inverse=True)[1].reshape(-1).astype(np.int64)
