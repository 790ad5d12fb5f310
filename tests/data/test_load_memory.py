"""Memory of threads that read files: whether they share one heap is settled before, and none keeps what its images took."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from giemsa.cli.loading import load_aloud
from giemsa.cli.options import Source
from giemsa.cli.session import Session
from giemsa.data import allocator
from giemsa.data.load import load
from giemsa.errors import DataError
from giemsa.training.classifier import Preprocessing
from giemsa.training.predict import predict_files
from giemsa.training.run import Run

ONE_HEAP = {allocator._ARENA_MAX: 1}
HEAPS = pytest.mark.parametrize(("side", "heaps"), [(64, "heaps of their own"), (65, "one heap")])


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[dict[int, int]]:
    """Return the settings that would be made, in their order."""
    settings: list[dict[int, int]] = []
    monkeypatch.setattr(allocator, "_set", settings.append)
    return settings


@pytest.fixture
def cells(made: list[dict[int, int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of images of which those who would read them say which heaps their threads would have."""

    def read(*_: object, **__: object) -> None:
        assert made[-1:] == [allocator._RETURNING], "each thread keeps what its largest image took"
        raise DataError("one heap" if ONE_HEAP in made else "heaps of their own")

    for place in ("data.assembly.count_channels", "training.predict.read_images"):
        monkeypatch.setattr(f"giemsa.{place}", read)
    for name in ("blast", "other"):
        (tmp_path / "cells" / name).mkdir(parents=True)
        for number in range(3):
            Image.new("RGB", (9, 9)).save(tmp_path / "cells" / name / f"{number}.png")
    return tmp_path / "cells"


@HEAPS
def test_before_data_are_read(side: int, heaps: str, cells: Path) -> None:
    with pytest.raises(DataError, match=f"^{heaps}$"):
        load(cells, size=side)


@HEAPS
def test_before_the_data_of_a_command_are_read(side: int, heaps: str, cells: Path) -> None:
    with pytest.raises(DataError, match=f"^{heaps}$"):
        load_aloud(Session(), Source(data=str(cells), size=side))


@HEAPS
def test_before_the_data_of_a_run_are_read(side: int, heaps: str, cells: Path) -> None:
    with pytest.raises(DataError, match=f"^{heaps}$"):
        Run(Path("run"), {"data": {"source": {"data": str(cells), "size": side}}}).data()


@HEAPS
def test_before_new_images_are_read(side: int, heaps: str, cells: Path) -> None:
    preprocessing = Preprocessing((side, side, 3), (0.5,) * 3, (0.2,) * 3)
    with pytest.raises(DataError, match=f"^{heaps}$"):
        predict_files(SimpleNamespace(classifier=SimpleNamespace(preprocessing=preprocessing)), [cells])


@pytest.mark.parametrize(("side", "is_one"), [(64, False), (65, True)])
def test_as_soon_as_the_size_of_a_packed_file_is_known(
    side: int, is_one: bool, made: list[dict[int, int]], tmp_path: Path
) -> None:
    arrays = {f"{split}_images": np.zeros((2, side, side, 3), np.uint8) for split in ("train", "val", "test")}
    arrays |= {f"{split}_labels": np.arange(2)[:, None] for split in ("train", "val", "test")}
    np.savez(tmp_path / "cells.npz", **arrays)
    load(tmp_path / "cells.npz")
    assert (ONE_HEAP in made) is is_one
