"""Batches of a split: shuffled, brought to floats, augmented; images stay ``uint8`` until here."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import torch
from torch import Tensor

from giemsa.data.dataset import Split
from giemsa.training.augmentation import augment
from giemsa.training.classifier import Classifier, to_pixels
from giemsa.training.recipes import Recipe


def training_batches(
    split: Split, recipe: Recipe, classifier: Classifier, generator: torch.Generator
) -> Generator[tuple[Tensor, Tensor], None, None]:
    """Yield every image of ``split`` once, shuffled and augmented.

    Yields
    ------
    tuple : pixels ``(b, channels, height, width)`` in 0 to 1, and labels ``(b,)``; the last batch may be smaller.
    """
    order = torch.randperm(len(split), generator=generator).numpy()
    device = classifier.classes.compute.device
    symmetry = classifier.symmetry if recipe.symmetry == "card" else recipe.symmetry
    for start in range(0, len(order), recipe.batch_size):
        chosen = np.sort(order[start : start + recipe.batch_size])
        pixels = to_pixels(split.images[chosen])
        pixels = augment(pixels, recipe, symmetry, generator)
        yield pixels.to(device), torch.from_numpy(split.labels[chosen]).to(device)
