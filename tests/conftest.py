"""Small data that the tests share; all of it made here or embedded in the package."""

from __future__ import annotations

import os

# arithmetic as small as here is as fast in one thread as in many, and many wait long for each other on a busy machine; numpy and
# torch read this at their import, also in the processes that tests begin
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_WAIT_POLICY"] = "passive"

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from giemsa.data.dataset import DataCard, ImageDataset, PackedAddresses, Split

settings.register_profile("giemsa", deadline=None)  # a busy machine is no failure
settings.load_profile("giemsa")

SHARED_DATA = Path(os.environ.get("GIEMSA_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real data beside the checkout; tests that need it are skipped where it is missing."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no real data at {SHARED_DATA}; set GIEMSA_DATA to its place")
    return SHARED_DATA


@pytest.fixture
def two_threads() -> Iterator[None]:
    """Compute as on a machine of at least two cores."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def _split(name: str, n: int, rng: np.random.Generator) -> Split:
    """Return discs whose colour says the class: easy to learn, not trivial."""
    labels = np.arange(n) % 3
    rows, columns = np.mgrid[:20, :20]
    images = rng.integers(150, 220, (n, 20, 20, 3), dtype=np.int64)
    for image, label in zip(images, labels, strict=True):
        centre = rng.integers(7, 13, 2)
        disc = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < 25
        image[disc] = image[disc] // 2
        image[disc, label] += 60
    return Split(
        np.clip(images, 0, 255).astype(np.uint8), labels.astype(np.int64), PackedAddresses("discs", name, n)
    )


@pytest.fixture(scope="session")
def discs() -> ImageDataset:
    """Return a made data set of three kinds of discs, 20x20 RGB: 96 / 30 / 30 images."""
    rng = np.random.default_rng(0)
    card = DataCard(
        name="discs",
        title="Discs",
        description="Discs in three colours, made for the tests.",
        task="multi-class",
        class_names=("red disc", "green disc", "blue disc"),
        channels=3,
        symmetry="mirror and quarter turns",
    )
    return ImageDataset(card, _split("train", 96, rng), _split("val", 30, rng), _split("test", 30, rng))
