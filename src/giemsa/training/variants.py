"""What a training may be shown in the place of one image."""

from __future__ import annotations

import numpy as np
import torch

from giemsa.data.dataset import Symmetry
from giemsa.training.augmentation import augment
from giemsa.training.classifier import to_pixels
from giemsa.training.recipes import Recipe
from giemsa.training.views import VIEWS


def variants_of(
    image: np.ndarray, n: int, recipe: Recipe, symmetry: Symmetry, generator: torch.Generator
) -> np.ndarray:
    """Return an image and ``n`` that augmentation makes of it.

    Parameters
    ----------
    image : ``(height, width, channels)``, ``uint8``.
    n : at least 1.
    recipe : which augmentations, and how strong.
    symmetry : the moves that keep the label.
    generator : source of every random choice.

    Returns
    -------
    np.ndarray : ``(1 + n, height, width, channels)``, ``float32``, 0 to 1.
    """
    views = torch.tensor(VIEWS[symmetry])
    chosen = views[torch.randint(len(views), (n,), generator=generator)]
    pixels = augment(to_pixels(np.repeat(image[None], n, axis=0)), recipe, chosen, generator)
    return np.concatenate([image[None] / np.float32(255), pixels.clamp(0, 1).permute(0, 2, 3, 1).numpy()])
