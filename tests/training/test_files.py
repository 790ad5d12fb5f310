"""Tensors and facts come back as they were."""

from pathlib import Path

import torch

from giemsa.training.files import read_tensors, write_tensors


def test_tensors_and_facts_make_the_round_trip(tmp_path: Path) -> None:
    tensors = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor(7)}
    write_tensors(tmp_path / "t.safetensors", tensors, {"best": 0.5})
    read, facts = read_tensors(tmp_path / "t.safetensors")
    assert facts == {"best": 0.5}
    assert torch.equal(read["a"], tensors["a"])
    assert read["b"].dtype == torch.int64


def test_tensors_do_not_lie_in_their_file(tmp_path: Path) -> None:
    """Else Windows does not let the next state of a training take the place of the one that it went on from."""
    path = tmp_path / "t.safetensors"
    write_tensors(path, {"a": torch.ones(1000)}, {})
    read, _ = read_tensors(path)
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
    assert torch.equal(read["a"], torch.ones(1000))
