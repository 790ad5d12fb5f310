"""What augmentation makes of a few images, as the tutorial shows it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.figure import Figure

from giemsa.data.dataset import ImageDataset
from giemsa.plots.training import plot_variants
from giemsa.seeds import derive_seed
from giemsa.training.augmentation import augment
from giemsa.training.classifier import to_pixels
from giemsa.training.recipes import Recipe

VARIANTS = 6


def show_augmentation(data: ImageDataset, recipe: Recipe, places: Sequence[int], *, seed: int = 0) -> Figure:
    """Draw images of the train split, each followed by six that augmentation makes of it.

    Parameters
    ----------
    data : where the images come from; where the recipe's symmetry is ``card``, its card's is taken, or none.
    recipe : says how images are mirrored, turned, moved and coloured.
    places : which images of train; a row each, at least one.
    seed : of the random changes.

    Returns
    -------
    Figure : the image as it is on the left, its class above it.

    Examples
    --------
    >>> import giemsa
    >>> figure = show_augmentation(giemsa.load("bloodmnist"), giemsa.RECIPES["tutorial"], [20, 4])
    >>> len(figure.axes)
    14
    """
    symmetry = (data.card.symmetry or "none") if recipe.symmetry == "card" else recipe.symmetry
    generator = torch.Generator().manual_seed(derive_seed(seed, "augmentation shown"))
    rows = []
    for place in places:
        image = data.train.images[place]
        pixels = augment(to_pixels(np.repeat(image[None], VARIANTS, axis=0)), recipe, symmetry, generator)
        changed = pixels.clamp(0, 1).permute(0, 2, 3, 1).numpy()
        rows.append(np.concatenate([image[None] / np.float32(255), changed]))
    return plot_variants(rows, [data.class_names[data.train.labels[place]] for place in places])
