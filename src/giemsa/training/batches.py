"""Batches of a split: in the order drawn, brought to floats, augmented; images stay ``uint8`` until here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from giemsa.data.dataset import Split
from giemsa.training.augmentation import augment
from giemsa.training.classifier import CACHED_PIXELS, Classifier, to_pixels
from giemsa.training.recipes import Recipe
from giemsa.training.sampling import Memory


class Batch(NamedTuple):
    """Pixels ``(b, channels, height, width)`` in 0 to 1, labels ``(b,)``, and the places of the images in the split ``(b,)``."""

    pixels: Tensor
    labels: Tensor
    places: Tensor


def training_batches(
    split: Split,
    order: Tensor,
    recipe: Recipe,
    classifier: Classifier,
    memory: Memory,
    generator: torch.Generator,
) -> Iterator[Batch]:
    """Yield the images of ``split`` in ``order``, augmented, several small batches at a time; see :func:`batch_sizes`."""
    device = classifier.classes.compute.device
    symmetry = recipe.symmetry_given(classifier.symmetry)
    height, width = split.images.shape[1:3]
    at_once = max(1, CACHED_PIXELS // (recipe.batch_size * height * width))
    sizes = batch_sizes(len(order), recipe.batch_size)
    blocks = [sizes[start : start + at_once] for start in range(0, len(sizes), at_once)]
    for block, chosen in zip(blocks, order.split(list(map(sum, blocks))), strict=True):
        # each batch is read in the order in which its images lie on a disk
        places = torch.cat([batch.sort().values for batch in chosen.split(block)])
        pixels = to_pixels(split.images[places.numpy()])
        pixels = augment(pixels, recipe, memory.next_views(places, symmetry), generator).to(device)
        labels = torch.from_numpy(split.labels[places.numpy()]).to(device)
        yield from map(Batch, *(part.split(block) for part in (pixels, labels, places)))


def batch_sizes(n_images: int, batch_size: int) -> list[int]:
    """Return the sizes of the batches in so many images; a single one that is left joins those before it, as norms want two.

    Examples
    --------
    >>> batch_sizes(10, 4), batch_sizes(9, 4), batch_sizes(1, 4)
    ([4, 4, 2], [4, 5], [1])
    """
    full, left = divmod(n_images, batch_size)
    if left == 1 and full:
        return [batch_size] * (full - 1) + [batch_size + 1]
    return [batch_size] * full + [left] * (left > 0)
