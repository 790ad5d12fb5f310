"""What augmentation makes of a few images, as the tutorial shows it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from matplotlib.figure import Figure

from giemsa.data.dataset import ImageDataset
from giemsa.plots.data import plot_examples
from giemsa.seeds import derive_seed
from giemsa.training.recipes import Recipe
from giemsa.training.variants import variants_of

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
    >>> len(figure.axes[0].images)
    14
    """
    symmetry = recipe.symmetry_given(data.card.symmetry)
    generator = torch.Generator().manual_seed(derive_seed(seed, "augmentation shown"))
    rows = [variants_of(data.train.images[place], VARIANTS, recipe, symmetry, generator) for place in places]
    return plot_examples(rows, [data.class_names[data.train.labels[place]] for place in places])
