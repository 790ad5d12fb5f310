"""Memory of threads that read files: whether they share one heap is settled before, and none keeps what its images took."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from giemsa.cli.evaluate import _foreign
from giemsa.cli.loading import load_aloud
from giemsa.cli.options import Source
from giemsa.cli.session import Session
from giemsa.errors import DataError
from giemsa.training import allocator
from giemsa.training.classifier import Preprocessing
from giemsa.training.predict import predict_files
from giemsa.training.run import Run

ONE_HEAP = {allocator._ARENA_MAX: 1}
HEAPS = pytest.mark.parametrize(("side", "heaps"), [(64, "heaps of their own"), (65, "one heap")])


@pytest.fixture
def readers_tell_their_heaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what would read files say which heaps its threads would have."""
    made: list[dict[int, int]] = []
    monkeypatch.setattr(allocator, "_set", made.append)

    def read(*_: object, **__: object) -> None:
        assert made[-1:] == [allocator._RETURNING], "each thread keeps what its largest image took"
        raise DataError("one heap" if ONE_HEAP in made else "heaps of their own")

    for place in ("data.load.load", "training.run.load", "training.predict.read_images"):
        monkeypatch.setattr(f"giemsa.{place}", read)


@HEAPS
@pytest.mark.usefixtures("readers_tell_their_heaps")
def test_before_data_are_read(side: int, heaps: str) -> None:
    with pytest.raises(DataError, match=f"^{heaps}$"):
        load_aloud(Session(), Source(data="cells", size=side))


@HEAPS
@pytest.mark.usefixtures("readers_tell_their_heaps")
def test_before_the_data_of_a_run_are_read(side: int, heaps: str) -> None:
    data = {"image_shape": [side, side, 3], "source": {"data": "bloodmnist"}}
    with pytest.raises(DataError, match=f"^{heaps}$"):
        Run(Path("run"), {"data": data}).data()


@HEAPS
@pytest.mark.usefixtures("readers_tell_their_heaps")
def test_before_new_images_are_read(side: int, heaps: str, tmp_path: Path) -> None:
    Image.new("RGB", (9, 9)).save(tmp_path / "cell.png")
    preprocessing = Preprocessing((side, side, 3), (0.5,) * 3, (0.2,) * 3)
    with pytest.raises(DataError, match=f"^{heaps}$"):
        predict_files(SimpleNamespace(classifier=SimpleNamespace(preprocessing=preprocessing)), [tmp_path])


@pytest.mark.usefixtures("readers_tell_their_heaps")
def test_before_foreign_data_are_read() -> None:
    with pytest.raises(DataError, match="heaps of their own"):
        _foreign(Session(), ["cells"])


@pytest.mark.parametrize(("side", "is_one"), [(64, False), (65, True)])
def test_as_soon_as_the_size_of_a_packed_file_is_known(
    side: int, is_one: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays = {f"{split}_images": np.zeros((2, side, side, 3), np.uint8) for split in ("train", "val", "test")}
    arrays |= {f"{split}_labels": np.arange(2)[:, None] for split in ("train", "val", "test")}
    np.savez(tmp_path / "cells.npz", **arrays)
    made: list[dict[int, int]] = []
    monkeypatch.setattr(allocator, "_set", made.append)
    load_aloud(Session(), Source(data=str(tmp_path / "cells.npz")))
    assert (ONE_HEAP in made) is is_one
