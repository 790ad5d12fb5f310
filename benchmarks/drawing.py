"""Images drawn from train and val together, for the measurements that leave test alone."""

from __future__ import annotations

import dataclasses

import numpy as np

from giemsa.data.dataset import ImageDataset, Split


def join(*splits: Split) -> Split:
    """Return the images of all these splits as one."""
    return Split(
        images=np.concatenate([split.images for split in splits]),
        labels=np.concatenate([split.labels for split in splits]),
        addresses=[address for split in splits for address in split.addresses],
    )


def draw(data: ImageDataset, n: int, seed: int) -> tuple[Split, Split]:
    """Return ``n`` images drawn from train and val, and all others, in the order of the lot."""
    both = join(data.train, data.val)
    order = np.random.default_rng(seed).permutation(len(both))
    return both.subset(order[:n]), both.subset(order[n:])


def train_alone(data: ImageDataset, train: Split) -> ImageDataset:
    """Return the data with these training images, and no others."""
    nothing = train.subset(np.empty(0, dtype=np.int64))
    return dataclasses.replace(data, train=train, val=nothing, test=nothing)
