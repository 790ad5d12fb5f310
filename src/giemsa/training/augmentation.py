"""Augmentation in batches: draw the parameters for every image from a generator, then move all images at once.

Each function takes float images ``(n, channels, height, width)`` and returns as many; the eight views are numbered as the
elements of the square's symmetry group: ``view % 4`` quarter turns, after a mirroring where ``view >= 4``.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from giemsa.errors import ModelError
from giemsa.training.colour import jitter_colours
from giemsa.training.recipes import Recipe

VIEWS = {"none": (0,), "mirror": (0, 4), "mirror and quarter turns": (0, 1, 2, 3, 4, 5, 6, 7)}


def choose_views(symmetry: str, views: int) -> tuple[int, ...]:
    """Return the numbers of the first view, or of all that the symmetry has.

    Raises
    ------
    ModelError : neither 1 nor the number of views that the symmetry has.

    Examples
    --------
    >>> choose_views("mirror", 2)
    (0, 4)
    """
    allowed = VIEWS[symmetry]
    if views not in (1, len(allowed)):
        raise ModelError(
            f"{views} views are not to be had: these images' symmetry is {symmetry!r}, "
            f"which gives {len(allowed)}; ask for 1 or {len(allowed)}"
        )
    return allowed[:views]


def augment(images: Tensor, recipe: Recipe, views: Tensor, generator: torch.Generator) -> Tensor:
    """Apply the recipe's augmentations to a batch.

    Parameters
    ----------
    images : ``(n, channels, height, width)``, square where a view is a quarter turn.
    recipe : which augmentations, and how strong.
    views : ``(n,)``, 0 to 7, the view in which each image is shown.
    generator : source of every random choice.
    """
    n = len(images)
    if recipe.rotation_degrees:
        degrees = (torch.rand(n, generator=generator) * 2 - 1) * recipe.rotation_degrees
        images = rotate(images, degrees)
    if recipe.shift_pixels:
        span = recipe.shift_pixels
        images = shift(images, torch.randint(-span, span + 1, (n, 2), generator=generator))
    if recipe.colour_jitter:
        images = jitter_colours(images, recipe.colour_jitter, generator)
    if recipe.horizontal_flip:
        views = _mirrored(views, torch.rand(n, generator=generator) < 0.5, 4)
    if recipe.vertical_flip:
        views = _mirrored(views, torch.rand(n, generator=generator) < 0.5, 6)
    return turn(images, views)


def _mirrored(views: Tensor, mirrored: Tensor, mirror: int) -> Tensor:
    """Return the views after the mirroring ``mirror`` (4: left-right, 6: up-down) of those that are marked.

    A mirroring undoes the turn's direction: mirror after k turns is minus k turns after the mirror.
    """
    turned = (mirror - views % 4) % 4 + torch.where(views >= 4, 0, 4)
    return torch.where(mirrored, turned, views)


def turn(images: Tensor, views: Tensor) -> Tensor:
    """Return each image in the view ``views`` ``(n,)`` asks for, 0 to 7."""
    if not views.any():
        return images
    turned = torch.empty_like(images)
    for view in range(8):
        chosen = (views == view).nonzero().flatten()
        if len(chosen):
            turned[chosen] = turn_all(images[chosen], view)
    return turned


def turn_all(images: Tensor, view: int) -> Tensor:
    """Return all images in one view, 0 to 7: mirrored left-right where ``view >= 4``, then turned ``view % 4`` times.

    Examples
    --------
    >>> turn_all(torch.tensor([[[[1, 2], [3, 4]]]]), 1).tolist()
    [[[[2, 4], [1, 3]]]]
    """
    if view >= 4:
        images = images.flip(-1)
    return torch.rot90(images, view % 4, (-2, -1)) if view % 4 else images


def rotate(images: Tensor, degrees: Tensor) -> Tensor:
    """Turn each image about its centre by ``degrees`` ``(n,)``, bilinear, with the edge's pixels repeated outside."""
    radians = degrees * (math.pi / 180)
    cosine, sine = radians.cos(), radians.sin()
    height, width = images.shape[-2:]
    zero = torch.zeros_like(cosine)
    across = torch.stack([cosine, -sine * height / width, zero], dim=1)
    down = torch.stack([sine * width / height, cosine, zero], dim=1)
    matrices = torch.stack([across, down], dim=1).to(images)
    grid = F.affine_grid(matrices, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)


def shift(images: Tensor, pixels: Tensor) -> Tensor:
    """Move each image by whole ``pixels`` ``(n, 2)`` down and right; what comes in from outside is the mirrored edge."""
    height, width = images.shape[-2:]
    rows = _reflect(torch.arange(height)[None] - pixels[:, :1], height)
    columns = _reflect(torch.arange(width)[None] - pixels[:, 1:], width)
    each = torch.arange(len(images))[:, None, None]
    moved = images.permute(0, 2, 3, 1)[each, rows[:, :, None], columns[:, None, :]]
    return moved.permute(0, 3, 1, 2)


def _reflect(places: Tensor, length: int) -> Tensor:
    """Fold places outside 0 to length - 1 back inside, the edge itself not doubled."""
    period = max(2 * (length - 1), 1)
    places = places.remainder(period)
    return torch.where(places >= length, period - places, places)
