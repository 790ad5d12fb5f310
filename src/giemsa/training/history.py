"""The record of a training: a row an epoch, kept as ``history.csv``."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

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


def write_history(path: Path, history: Iterable[Epoch]) -> None:
    """Write ``history.csv``, in one step; numbers are written in full."""
    names = [field.name for field in fields(Epoch)]
    with replacing(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([getattr(epoch, name) for name in names] for epoch in history)


def read_history(path: Path) -> tuple[Epoch, ...]:
    """Read what :func:`write_history` wrote; before the first epoch has ended that is nothing."""
    if not path.exists():
        return ()
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return tuple(
                Epoch(int(row["epoch"]), **{name: float(row[name]) for name in row if name != "epoch"})
                for row in csv.DictReader(file)
            )
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise RunError(f"{path} is not readable ({error}): it was changed or cut short") from error
