"""Packed sources by name: the embedded set, MedMNIST's other sets from the cache or the network, ``.npz`` files."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from giemsa.data.cards import CARDS, card_of
from giemsa.data.dataset import SPLITS, DataCard
from giemsa.data.download import fetch
from giemsa.data.embedded import embedded_arrays
from giemsa.data.packed import check_arrays, read_packed
from giemsa.errors import DataError, nearest_names
from giemsa.progress import Progress

MOST_CLASSES = 10_000  # more are codes of something else


def read_source(
    source: str, *, size: int | None = None, progress: Progress | None = None
) -> tuple[dict[str, np.ndarray], DataCard]:
    """Return the arrays and the card of a packed source.

    Parameters
    ----------
    source : a MedMNIST name, or the path of an ``.npz`` file.
    size : 28, 64, 128 or 224 for MedMNIST; 28 if not given.
    progress : called while something is fetched.

    Returns
    -------
    tuple : images ``(n, h, w, c)`` and labels ``(n,)`` by MedMNIST's keys, and the card.

    Raises
    ------
    DataError : an unknown name (the text gives the nearest), a file that cannot be used.
    DownloadError : a set that is not on disk cannot be fetched.
    """
    if source in CARDS:
        card = _card_at(source, size or 28)
        if card.task == "multi-label":
            raise DataError(f"{source} gives several labels an image: multi-label sets are not supported yet")
        if source == "bloodmnist" and size in (None, 28):
            arrays = check_arrays(source, embedded_arrays())
        else:
            arrays = read_packed(fetch(source, size or 28, progress=progress))
        return _check_labels(source, arrays, card), card
    path = Path(source)
    if path.suffix.lower() != ".npz":
        raise DataError(
            f"no data is called {source!r}: {nearest_names(source, list(CARDS))}; "
            "expected a MedMNIST name, a folder of images, a CSV manifest or an .npz file that exists"
        )
    if not path.is_file():
        raise DataError(f"{source} does not exist: expected an .npz file with MedMNIST's keys")
    arrays = read_packed(path)
    card = _card_for(path, arrays)
    return _check_labels(source, arrays, card), card


def _card_at(name: str, size: int) -> DataCard:
    """Return a set's card; that its images passed through JPEG is known of 28 pixels only."""
    card = card_of(name)
    if size == 28 or card.source_geometry is None:
        return card
    geometry = dataclasses.replace(card.source_geometry, jpeg_quality=None)
    return dataclasses.replace(card, source_geometry=geometry)


def _card_for(path: Path, arrays: dict[str, np.ndarray]) -> DataCard:
    """Return the published card if the file bears a set's name and has its counts, else one made from the labels."""
    counts = {split: len(arrays[f"{split}_labels"]) for split in SPLITS}
    channels = int(arrays["train_images"].shape[-1])
    stem = path.stem.split("_")[0]
    if stem in CARDS and dict(CARDS[stem].counts) == counts and CARDS[stem].channels == channels:
        return _card_at(stem, int(arrays["train_images"].shape[1]))
    labels = np.concatenate([np.unique(arrays[f"{split}_labels"]) for split in SPLITS])
    highest = int(labels.max(initial=0))
    if highest >= MOST_CLASSES:
        raise DataError(
            f"{path} has a label {highest}: expected whole numbers from 0 on, one a class, below {MOST_CLASSES}"
        )
    names = tuple(f"class {label}" for label in range(highest + 1))
    return DataCard(
        name=path.stem,
        title=path.stem,
        description=f"Images from {path.name}.",
        task="multi-class" if len(names) > 2 else "binary-class",
        class_names=names,
        channels=channels,
    )


def _check_labels(source: str, arrays: dict[str, np.ndarray], card: DataCard) -> dict[str, np.ndarray]:
    shape = arrays["train_images"].shape[1:]
    for split in SPLITS:
        labels = arrays[f"{split}_labels"]
        if len(labels) and labels.max() >= len(card.class_names):
            raise DataError(
                f"{source}: {split}_labels hold {labels.max()}, expected 0 to {len(card.class_names) - 1} "
                f"for the {len(card.class_names)} classes of {card.name}"
            )
        if arrays[f"{split}_images"].shape[1:] != shape and len(labels):
            raise DataError(
                f"{source}: {split}_images are {arrays[f'{split}_images'].shape[1:]}, but train_images are {shape}: "
                "expected one size in all splits"
            )
    return arrays
