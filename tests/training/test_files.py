"""A write that fails leaves the old file, and says why in one line."""

import errno
from pathlib import Path

import pytest
import torch

from giemsa.errors import RunError
from giemsa.training.files import read_json, read_tensors, replacing, write_json, write_tensors


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "choose a place that may be written to")],
)
def test_a_failed_write_keeps_the_old_file(tmp_path: Path, number: int, words: str) -> None:
    path = tmp_path / "value.json"
    write_json(path, {"a": 1})
    with pytest.raises(RunError, match=words), replacing(path) as beside:
        beside.write_text("half", encoding="utf-8")
        raise OSError(number, "made for the test")
    assert read_json(path) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_tensors_and_facts_make_the_round_trip(tmp_path: Path) -> None:
    tensors = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor(7)}
    write_tensors(tmp_path / "t.safetensors", tensors, {"best": 0.5})
    read, facts = read_tensors(tmp_path / "t.safetensors")
    assert facts == {"best": 0.5}
    assert torch.equal(read["a"], tensors["a"])
    assert read["b"].dtype == torch.int64


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot write"):
        write_json(tmp_path / "missing" / "value.json", {})
