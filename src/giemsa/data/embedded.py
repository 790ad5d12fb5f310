"""BloodMNIST at 28x28, carried by the package bit for bit, so that the main job needs no download."""

from __future__ import annotations

import lzma
import zlib
from functools import cache
from importlib.resources import as_file, files

import numpy as np

from giemsa.data.dataset import SPLITS
from giemsa.data.packing import RESTLESSNESS, Model, unpack
from giemsa.errors import DataError

# CRC-32 of the images of train, val and test: an arithmetic that is not exact must not go unseen.
_CRC = 0x520CD877


@cache
def embedded_arrays() -> dict[str, np.ndarray]:
    """Return the arrays of the official BloodMNIST file, by their names there; they cannot be written to.

    Decoded in memory on first use, in about a second, and kept: 40 MB.

    Returns
    -------
    ``train_images`` ``(11959, 28, 28, 3)`` and ``train_labels`` ``(11959, 1)``, ``uint8``, and so for val and test.

    Raises
    ------
    DataError : the file in the package is damaged.

    Examples
    --------
    >>> embedded_arrays()["val_labels"].shape
    (1712, 1)
    """
    with as_file(files("giemsa.data") / "bloodmnist" / "packed.npz") as path, np.load(path) as archive:
        packed = {name: archive[name] for name in archive.files}
    images = unpack(_streams(packed), packed["block_counts"].tolist(), _model(packed))
    if zlib.crc32(images.data) != _CRC:
        raise DataError(
            "the BloodMNIST inside the package does not decode to the official images; install giemsa again"
        )
    labels = np.frombuffer(lzma.decompress(packed["labels"].tobytes()), np.uint8).reshape(-1, 1)
    images.setflags(write=False)
    ends = np.cumsum(packed["split_counts"])[:-1]
    parts = zip(SPLITS, np.split(images, ends), np.split(labels, ends), strict=True)
    arrays: dict[str, np.ndarray] = {}
    for split, split_images, split_labels in parts:
        arrays |= {f"{split}_images": split_images, f"{split}_labels": split_labels}
    return arrays


def _model(packed: dict[str, np.ndarray]) -> Model:
    """Return the predictor's numbers."""
    contexts = np.frombuffer(lzma.decompress(packed["contexts"].tobytes()), np.uint8)
    return Model(packed["weights"], packed["unrest"], contexts.reshape(-1, 3, RESTLESSNESS))


def _streams(packed: dict[str, np.ndarray]) -> list[list[bytes]]:
    """Return the compressed streams of each block."""
    ends = np.cumsum(packed["lengths"].reshape(-1))
    pieces = np.split(packed["streams"], ends[:-1])
    blocks, each = packed["lengths"].shape
    return [
        [piece.tobytes() for piece in pieces[block * each : (block + 1) * each]] for block in range(blocks)
    ]
