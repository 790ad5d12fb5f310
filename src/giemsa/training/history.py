"""The record of a training: a row an epoch, kept as ``history.csv``."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from giemsa.errors import RunError
from giemsa.writing import replacing


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training images gave.

    Parameters
    ----------
    epoch : 1, 2, ...
    loss, accuracy : means over the epoch's augmented batches, while the weights were moving.
    val_loss, val_accuracy : on the validation split, at the epoch's end; the loss without smoothing or weights.
    learning_rate : at the epoch's last step.
    seconds : the epoch took, validation included.
    """

    epoch: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    learning_rate: float
    seconds: float


def best_epoch(history: Sequence[Epoch]) -> Epoch:
    """Return the first epoch of the least validation loss; the history is not empty."""
    return min(history, key=lambda epoch: epoch.val_loss)


def write_history(path: Path, history: Iterable[Epoch]) -> None:
    """Write ``history.csv``, in one step; numbers are written in full."""
    names = [field.name for field in fields(Epoch)]
    with replacing(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([getattr(epoch, name) for name in names] for epoch in history)


def read_history(path: Path) -> tuple[Epoch, ...]:
    """Read what :func:`write_history` wrote; before the first epoch has ended that is nothing."""
    if not path.is_file():
        return ()
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return epochs_in_order(csv.DictReader(file))
    except (ValueError, csv.Error) as error:
        raise RunError(f"{path} is not readable ({error}): it was changed or cut short") from error


def epochs_in_order(rows: Iterable[Mapping[str, Any]]) -> tuple[Epoch, ...]:
    """Return the records in ``rows``, words or numbers by name; a :class:`ValueError` says what is no record of a training."""
    return tuple(_epoch(row, number) for number, row in enumerate(rows, start=1))


def _epoch(row: Mapping[str, Any], number: int) -> Epoch:
    values = {field.name: _number(row, field.name, number) for field in fields(Epoch)}
    if values["epoch"] != number:
        raise ValueError("its epochs are not 1, 2, ... in order")
    return Epoch(**values | {"epoch": number})  # type: ignore[arg-type]


def _number(row: Mapping[str, Any], name: str, number: int) -> float:
    try:
        value = float(row[name])
    except (KeyError, TypeError, ValueError, OverflowError):
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{name} of epoch {number} is {row.get(name)!r:.60}, expected a number")
    return value
