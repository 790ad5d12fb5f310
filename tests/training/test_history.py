"""A table of epochs comes back as it was, and one that was changed names the epoch and the column."""

from pathlib import Path

import pytest

from giemsa.errors import RunError
from giemsa.training.history import Epoch, best_epoch, read_history, write_history

HISTORY = tuple(
    Epoch(number, 1 / number, 0.5, (0.9, 0.2, 0.2)[number - 1], 0.75, 0.1, 2.5) for number in (1, 2, 3)
)


def test_the_round_trip(tmp_path: Path) -> None:
    assert read_history(tmp_path / "history.csv") == ()
    write_history(tmp_path / "history.csv", HISTORY)
    assert read_history(tmp_path / "history.csv") == HISTORY


def test_of_equal_epochs_the_first_is_the_best() -> None:
    assert best_epoch(HISTORY).epoch == 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("0.9", "x", "val_loss of epoch 1 is 'x', expected a number"),
        ("0.9", "nan", "val_loss of epoch 1 is 'nan', expected a number"),
        (",2.5\r\n2", "\r\n2", "seconds of epoch 1 is None, expected a number"),
        ("\r\n2,", "\r\n4,", "its epochs are not 1, 2, ... in order"),
        ("\r\n2,", "\r\n2.5,", "its epochs are not 1, 2, ... in order"),
        ("val_loss", "loss_of_val", "val_loss of epoch 1 is None, expected a number"),
    ],
)
def test_what_was_changed_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = tmp_path / "history.csv"
    write_history(path, HISTORY)
    path.write_bytes(path.read_bytes().decode().replace(old, new, 1).encode())
    with pytest.raises(RunError) as caught:
        read_history(path)
    assert str(caught.value) == f"{path} is not readable ({words}): it was changed or cut short"
