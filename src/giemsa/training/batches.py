"""Batches of a split: in the order drawn, brought to floats, augmented; images stay ``uint8`` until here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from giemsa.data.dataset import Split
from giemsa.training.augmentation import augment
from giemsa.training.classifier import Classifier, to_pixels
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
    """Yield the images of ``split`` in ``order``, augmented; the last batch may be smaller."""
    device = classifier.classes.compute.device
    symmetry = classifier.symmetry if recipe.symmetry == "card" else recipe.symmetry
    for places in order.split(recipe.batch_size):
        places = places.sort().values
        pixels = to_pixels(split.images[places.numpy()])
        pixels = augment(pixels, recipe, memory.next_views(places, symmetry), generator)
        yield Batch(pixels.to(device), torch.from_numpy(split.labels[places.numpy()]).to(device), places)
