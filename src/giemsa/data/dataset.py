"""What goes in: images with labels in three splits, and the card that says what they are.

Images stay ``uint8`` (and may be memory-mapped) until a batch is made of them. Everything here is a plain, frozen value; nothing
reads a file.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

import numpy as np

from giemsa.data.blocks import blocks
from giemsa.errors import DataError

Symmetry = Literal["none", "mirror", "mirror and quarter turns"]
SYMMETRIES: tuple[Symmetry, ...] = get_args(Symmetry)  # the fewest moves first
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class SourceGeometry:
    """How an original photograph becomes an image of the set: centre crop, resize, and storage as JPEG on the way.

    Parameters
    ----------
    height, width : size of the original photograph, in pixels.
    crop : side of the central square that is kept, in pixels.
    jpeg_quality : quality of the JPEG that the small image passed through, whose traces it bears; ``None`` where it did not.
    """

    height: int
    width: int
    crop: int
    jpeg_quality: int | None = None


@dataclass(frozen=True)
class WhiteLevels:
    """Which values became white, 255, in image files of more than 8 bits a channel, whose depth does not say it.

    Parameters
    ----------
    whole : in files of whole numbers: 255, 1023, 4095, 16383 or 65535; ``None`` where there were no such files.
    fraction : in files of floating-point numbers: 1 or 255; ``None`` where there were no such files.
    """

    whole: int | None = None
    fraction: int | None = None


@dataclass(frozen=True)
class DataCard:
    """The facts of a data set: what it shows, what its labels mean, where it comes from.

    Parameters
    ----------
    name : the word used on the command line, such as ``bloodmnist``.
    title, description, task, licence, citation, homepage : words for people.
    class_names : one a class, in the order of the labels 0, 1, ...
    short_names : the same for plots; empty means ``class_names``.
    channels : 1 (greyscale) or 3 (RGB).
    counts : images in train, val and test as published; empty where nothing is published.
    symmetry : under which moves an image keeps its meaning; ``None`` where it is not known.
    source_geometry : how originals were cropped; ``None`` where it is not known.
    white : how files of more than 8 bits were brought to 8.
    """

    name: str
    title: str
    description: str
    task: str
    class_names: tuple[str, ...]
    channels: int
    short_names: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    licence: str = ""
    citation: str = ""
    homepage: str = ""
    symmetry: Symmetry | None = None
    source_geometry: SourceGeometry | None = None
    white: WhiteLevels = field(default_factory=WhiteLevels)


class PackedAddresses(Sequence[str]):
    """The addresses ``source::split/index`` of a packed split, made when asked for."""

    def __init__(self, source: str, split: str, count: int) -> None:
        self.source, self.split, self.length = source, split, count

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(self.length)))
        if not -self.length <= index < self.length:
            raise IndexError(index)
        return f"{self.source}::{self.split}/{int(index) % self.length}"


@dataclass(frozen=True, eq=False)
class Split:
    """One of train, val and test.

    Parameters
    ----------
    images : ``(n, height, width, channels)``, ``uint8``, 0 to 255; may be memory-mapped.
    labels : ``(n,)``, each a place in ``class_names``; whole numbers become ``int64``.
    addresses : ``n`` strings, where each image came from: a path, or ``source::split/index``.
    groups : ``(n,)`` strings (patient, slide), or ``None`` where nothing is known; an image in no group bears its address.
    metadata : further columns, each ``(n,)``: those of the manifest, and the facts of each file.
    """

    images: np.ndarray
    labels: np.ndarray
    addresses: Sequence[str]
    groups: np.ndarray | None = None
    metadata: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.labels.dtype.kind in "iu":  # of 32 bits, say, which PyTorch takes for no labels
            object.__setattr__(self, "labels", self.labels.astype(np.int64, copy=False))

    def __len__(self) -> int:
        return len(self.labels)

    def subset(self, indices: np.ndarray | slice) -> Split:
        """Return the images at ``indices`` ``(m,)`` as a split of their own; those of a slice share memory with these."""
        if not isinstance(indices, slice):
            indices = np.asarray(indices, dtype=np.int64)
        return Split(
            images=self.images[indices],
            labels=self.labels[indices],
            addresses=tuple(self.addresses[i] for i in np.arange(len(self))[indices].tolist()),
            groups=None if self.groups is None else self.groups[indices],
            metadata={name: column[indices] for name, column in self.metadata.items()},
        )


@dataclass(frozen=True, eq=False)
class ImageDataset:
    """Labelled images in three splits.

    Parameters
    ----------
    card : what the images are.
    train, val, test : the splits; all images have one height, width and number of channels.
    source : what :func:`giemsa.load` was given to make it, so that a run can load it again; values of JSON only.
    skipped : addresses and reasons of the files that ``skip_bad`` left out.
    notes : sentences a user should know, such as how the split was made.
    renamed : the names that :meth:`rename` gave, by label.
    split_seed : of the split that giemsa made, or of the part of train that it took for val; ``None`` where the splits are given.
    """

    card: DataCard
    train: Split
    val: Split
    test: Split
    source: Mapping[str, object] = field(default_factory=dict)
    skipped: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    renamed: Mapping[int, str] = field(default_factory=dict)
    split_seed: int | None = None

    @property
    def name(self) -> str:
        """The card's name."""
        return self.card.name

    @property
    def class_names(self) -> tuple[str, ...]:
        """One name a class, in the order of the labels."""
        return self.card.class_names

    @property
    def short_names(self) -> tuple[str, ...]:
        """Names short enough for an axis."""
        return self.card.short_names or self.card.class_names

    @property
    def splits(self) -> dict[str, Split]:
        """The three splits by name, in order."""
        return {"train": self.train, "val": self.val, "test": self.test}

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of every image."""
        height, width, channels = self.train.images.shape[1:]
        return int(height), int(width), int(channels)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the arrays of all splits, as 64 hexadecimal digits."""
        digest = hashlib.sha256()
        for name, split in self.splits.items():
            digest.update(f"{name}{split.images.shape}".encode())
            for part in blocks(len(split), split.images.shape[1:3]):
                digest.update(np.ascontiguousarray(split.images[part]).reshape(-1).data)
            digest.update(np.ascontiguousarray(split.labels, dtype="<i8").tobytes())
        return digest.hexdigest()

    def rename(self, names: Mapping[int, str]) -> ImageDataset:
        """Return the same data with some classes renamed.

        Parameters
        ----------
        names : new name by label, such as ``{3: "immature granulocytes"}``.

        Raises
        ------
        DataError : a label that the set does not have, or a name that another class bears.

        Examples
        --------
        >>> import giemsa
        >>> giemsa.load("bloodmnist").rename({3: "immature granulocytes"}).class_names[3]
        'immature granulocytes'
        """
        renamed = list(self.class_names)
        short = list(self.short_names)
        for label, name in names.items():
            if not 0 <= label < len(renamed):
                raise DataError(
                    f"cannot rename label {label}: the labels of {self.name} are 0 to {len(renamed) - 1}"
                )
            if name != renamed[label]:
                renamed[label] = short[label] = name
        if len(set(renamed)) < len(renamed):
            raise DataError(
                f"two classes would bear one name: {', '.join(renamed)}; choose names that differ"
            )
        card = dataclasses.replace(self.card, class_names=tuple(renamed), short_names=tuple(short))
        new = {label: name for label, name in names.items() if name != self.class_names[label]}
        return dataclasses.replace(self, card=card, renamed={**self.renamed, **new})
