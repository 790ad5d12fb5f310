"""A run's predictions as a table: ``predictions/SPLIT.csv``, with index, label and one probability column a class."""

from __future__ import annotations

import csv
import warnings
from pathlib import Path

import numpy as np

from giemsa.errors import RunError
from giemsa.probabilities import row_faults
from giemsa.writing import replacing


def write_predictions(
    folder: Path, split: str, labels: np.ndarray, probabilities: np.ndarray, class_names: tuple[str, ...]
) -> Path:
    """Write the labels ``(n,)`` and probabilities ``(n, n_classes)`` of a split into a run folder, in full precision."""
    path = folder / "predictions" / f"{split}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["index", "label", *class_names])
        for index, (label, row) in enumerate(zip(labels.tolist(), probabilities.tolist(), strict=True)):
            writer.writerow([index, label, *row])
    return path


def read_predictions(folder: Path, split: str, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels ``(n,)`` and probabilities ``(n, n_classes)`` that :func:`write_predictions` wrote.

    Raises
    ------
    RunError : the table is missing, or is not what was written.
    """
    path = folder / "predictions" / f"{split}.csv"
    if not path.is_file():
        command = "train" if split == "val" else "evaluate"
        raise RunError(f"{path} is missing: it is written by `giemsa {command}`")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of a table without rows
            rows = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2, encoding="utf-8", quotechar='"')
        _check(rows, n_classes)
    except (ValueError, UserWarning) as error:
        raise RunError(f"{path} is not what giemsa wrote ({error}): it was changed or cut short") from error
    return rows[:, 1].astype(np.int64), rows[:, 2:]


def _check(rows: np.ndarray, n_classes: int) -> None:
    """Refuse rows that are no labels with a probability for each class; a :class:`ValueError` says what they are."""
    if rows.shape[1] != 2 + n_classes:
        raise ValueError(f"{rows.shape[1]} columns, expected index, label and {n_classes} classes")
    if not np.isin(rows[:, 1], np.arange(n_classes)).all():
        raise ValueError(f"a label that is none of 0 to {n_classes - 1}")
    for fault, faulty in row_faults(rows[:, 2:]):
        if faulty.any():
            raise ValueError(f"row {int(faulty.argmax())} of its probabilities {fault}")
