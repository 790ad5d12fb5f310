"""All images of a data set in one row, with the way back to split and index."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from giemsa.auditing.stacked_images import StackedImages
from giemsa.data.dataset import SPLITS, ImageDataset


@dataclass(frozen=True, eq=False)
class Pool:
    """The images of train, val and test, one after the other.

    Parameters
    ----------
    data : the data set.
    """

    data: ImageDataset

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def images(self) -> StackedImages:
        """Every image, ``(n, height, width, channels)``, ``uint8``, left where it lies."""
        return StackedImages([split.images for split in self.data.splits.values() if len(split)])

    @cached_property
    def labels(self) -> np.ndarray:
        """Every label, ``(n,)``."""
        return np.concatenate([split.labels for split in self.data.splits.values()]).astype(np.int64)

    @cached_property
    def split_of(self) -> np.ndarray:
        """Place of each image's split in train, val, test, ``(n,)``."""
        return np.repeat(np.arange(len(SPLITS)), [len(split) for split in self.data.splits.values()])

    @cached_property
    def index_in_split(self) -> np.ndarray:
        """Place of each image in its split, ``(n,)``."""
        return np.concatenate([np.arange(len(split)) for split in self.data.splits.values()])

    @cached_property
    def groups(self) -> np.ndarray | None:
        """The group (patient, slide) of each image as a word, ``(n,)``; ``None`` where a split has none."""
        parts = [split.groups for split in self.data.splits.values() if len(split)]
        if any(part is None for part in parts):
            return None
        return np.concatenate([np.asarray(part).astype(str) for part in parts])

    @cached_property
    def columns(self) -> dict[str, np.ndarray]:
        """Metadata and facts of the files that every split has, each ``(n,)``."""
        parts = [split.metadata for split in self.data.splits.values() if len(split)]
        shared = [name for name in parts[0] if all(name in part for part in parts)]
        return {name: np.concatenate([part[name] for part in parts]) for name in shared}

    def split_name(self, place: int | np.integer) -> str:
        """Return train, val or test."""
        return SPLITS[self.split_of[place]]

    def address(self, place: int) -> str:
        """Return where an image came from."""
        return self.data.splits[self.split_name(place)].addresses[int(self.index_in_split[place])]

    def class_name(self, label: int | np.integer) -> str:
        """Return the name of a class."""
        return self.data.class_names[label]

    def within(self, split: str, places: np.ndarray) -> np.ndarray:
        """Return those of ``places`` that lie in ``split``, as places in that split, in order."""
        chosen = places[self.split_of[places] == SPLITS.index(split)]
        return np.sort(self.index_in_split[chosen])

    def by_split(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Return ``(n,)`` values cut into the three splits."""
        return {split: values[self.split_of == number] for number, split in enumerate(SPLITS)}
