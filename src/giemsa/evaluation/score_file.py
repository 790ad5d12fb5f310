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
    where = f"the {name} split of {data.name}"
    _check_shape(path, table, data, len(chosen), where)
    table = _in_order(path, table, chosen, where)
    _check_labels(path, table, chosen, where)
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


def _check_shape(path: Path, table: PredictionTable, data: ImageDataset, n_images: int, where: str) -> None:
    (rows, columns), classes = table.probabilities.shape, len(data.class_names)
    if columns != classes:
        raise PredictionError(
            f"{path} holds {columns} probabilities a row, {data.name} has {classes} classes: expected one a class"
        )
    if rows != n_images:
        raise PredictionError(f"{path} holds {rows} rows, {where} {n_images} images")


def _in_order(path: Path, table: PredictionTable, split: Split, where: str) -> PredictionTable:
    """Return the rows in the order of the images that they name."""
    ordered = table.in_order_of(split.addresses)
    if ordered is None:
        assert table.addresses is not None
        raise PredictionError(
            f"{path} does not name each image of {where} once: its first is {table.addresses[0]}, expected such as "
            f"{split.addresses[0]}; name them so, or leave that column out if the rows are in the order of the images"
        )
    return ordered


def _check_labels(path: Path, table: PredictionTable, split: Split, where: str) -> None:
    labels = np.asarray(split.labels)
    if table.labels is not None and not np.array_equal(table.labels, labels):
        row = int(np.argmax(table.labels != labels))
        raise PredictionError(
            f"row {row} of {path} has the label {table.labels[row]}, image {row} of {where} {labels[row]}: "
            "other images, or another order"
        )
