"""Anybody's predictions for a data set, evaluated from a file."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from giemsa.errors import PredictionError, nearest_names
from giemsa.evaluation.evaluate import score
from giemsa.evaluation.predictions_file import PredictionTable, read_predictions
from giemsa.evaluation.result import Evaluation
from giemsa.evaluation.summary import title_of
from giemsa.evaluation.words import plain_sentences, spoken_names

if TYPE_CHECKING:
    from giemsa.data.dataset import ImageDataset, Split


def score_file(path: Path, data: ImageDataset, *, split: str | None = None, seed: int = 0) -> Evaluation:
    """Evaluate a file of anybody's predictions for a split of a data set.

    Parameters
    ----------
    path : what :func:`giemsa.evaluation.predictions_file.read_predictions` takes.
    data : the data set.
    split : ``train``, ``val`` or ``test``; if not given, the one that the file's name tells, else test.
    seed : of the resamples.

    Raises
    ------
    PredictionError : the file cannot be read, or does not fit the split.
    """
    table = read_predictions(path, class_names=data.class_names)
    name = split or table.split or "test"
    if name not in data.splits:
        raise PredictionError(f"there is no split {name!r}; {nearest_names(name, list(data.splits))}")
    chosen = data.splits[name]
    _check_width(path, table, data)
    table = table.in_order_of(chosen.addresses)
    _check_rows(path, table, chosen, f"the {name} split of {data.name}")
    evaluation = score(
        chosen.labels,
        table.probabilities,
        class_names=data.class_names,
        images=chosen.images,
        groups=chosen.groups,
        seed=seed,
    )
    spoken = spoken_names(data.class_names, data.short_names)
    return dataclasses.replace(
        evaluation,
        sentences=plain_sentences(evaluation.predictions, evaluation.card, data=title_of(data), names=spoken),
        short_names=data.short_names,
        split=name,
    )


def _check_width(path: Path, table: PredictionTable, data: ImageDataset) -> None:
    columns, classes = table.probabilities.shape[1], len(data.class_names)
    if columns != classes:
        raise PredictionError(
            f"{path} holds {columns} probabilities a row, {data.name} has {classes} classes: expected one a class"
        )


def _check_rows(path: Path, table: PredictionTable, split: Split, where: str) -> None:
    labels = np.asarray(split.labels)
    if len(table.probabilities) != len(labels):
        raise PredictionError(f"{path} holds {len(table.probabilities)} rows, {where} {len(labels)} images")
    if table.labels is not None and not np.array_equal(table.labels, labels):
        row = int(np.argmax(table.labels != labels))
        raise PredictionError(
            f"row {row} of {path} has the label {table.labels[row]}, image {row} of {where} {labels[row]}: "
            "other images, or another order"
        )
