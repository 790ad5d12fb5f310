"""Augmentation in batches: draw the parameters for every image from a generator, then move all images at once.

Each function takes float images ``(n, channels, height, width)`` and returns as many; views are those of
:mod:`giemsa.training.views`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from giemsa.errors import ModelError
from giemsa.training.colour import jitter_colours
from giemsa.training.recipes import Recipe
from giemsa.training.views import turn_all

RECIPE_SIDE = 28  # of the images, in pixels, for which a recipe says how far they are moved


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
    if recipe.horizontal_flip:
        views = _mirrored(views, torch.rand(n, generator=generator) < 0.5, 4)
    if recipe.vertical_flip:
        views = _mirrored(views, torch.rand(n, generator=generator) < 0.5, 6)
    if recipe.rotation_degrees:
        degrees = (torch.rand(n, generator=generator) * 2 - 1) * recipe.rotation_degrees
        images, views = rotate(images, degrees, views), torch.zeros_like(views)
    span = furthest_shift(recipe.shift_pixels, images.shape[-2:])
    images = move(images, views, torch.randint(-span, span + 1, (n, 2), generator=generator))
    if recipe.colour_jitter:
        images = jitter_colours(images, recipe.colour_jitter, generator)
    return images


def furthest_shift(pixels: int, size: Sequence[int]) -> int:
    """Return by how many pixels images are moved at most, where those of 28x28 are moved by ``pixels``.

    It grows with the shorter side, so that the same part of an image goes out of sight at any size; rounded, and at least one.

    Parameters
    ----------
    pixels : at least 0, where nothing is moved.
    size : height and width.

    Examples
    --------
    >>> [furthest_shift(2, (side, side)) for side in (8, 28, 64, 224)], furthest_shift(0, (224, 224))
    ([1, 2, 5, 16], 0)
    """
    return max(1, round(pixels * min(size) / RECIPE_SIDE)) if pixels else 0


def _mirrored(views: Tensor, mirrored: Tensor, mirror: int) -> Tensor:
    """Return the views after the mirroring ``mirror`` (4: left-right, 6: up-down) of those that are marked.

    A mirroring undoes the turn's direction: mirror after k turns is minus k turns after the mirror.
    """
    turned = (mirror - views % 4) % 4 + torch.where(views >= 4, 0, 4)
    return torch.where(mirrored, turned, views)


def move(images: Tensor, views: Tensor, pixels: Tensor) -> Tensor:
    """Bring each image to its view, then move it by whole pixels; every pixel is fetched once.

    Parameters
    ----------
    images : ``(n, channels, height, width)``, square where a view is a quarter turn.
    views : ``(n,)``, 0 to 7.
    pixels : ``(n, 2)``, down and right; what comes in from outside is the mirrored edge.

    Returns
    -------
    Tensor : of the same shape, with channels last in memory.

    Raises
    ------
    ModelError : a quarter turn of images that are not square.
    """
    if not (views.any() or pixels.any()):
        return images
    _refuse_quarter_turns(images, views)
    n, channels, height, width = images.shape
    rows = _reflect(torch.arange(height) - pixels[:, :1], height)
    columns = _reflect(torch.arange(width) - pixels[:, 1:], width)
    places = (rows[:, :, None] * width + columns[:, None]).flatten(1)
    places = _places_in_views(height, width)[views].gather(1, places)
    places += torch.arange(n)[:, None] * (height * width)
    flat = images.permute(0, 2, 3, 1).reshape(-1, channels)
    return (
        flat.index_select(0, places.flatten().to(flat.device))
        .view(n, height, width, channels)
        .permute(0, 3, 1, 2)
    )


def _refuse_quarter_turns(images: Tensor, views: Tensor) -> None:
    height, width = images.shape[-2:]
    if height != width and (views % 2).any():
        raise ModelError(f"only square images can be shown after a quarter turn, these are {height}x{width}")


@lru_cache(maxsize=4)
def _places_in_views(height: int, width: int) -> Tensor:
    """Return for each of the eight views where its pixels stand in the image, row by row, ``(8, height * width)``."""
    image = torch.arange(height * width).view(1, 1, height, width)
    return torch.stack([turn_all(image, view).flatten() for view in range(8)])


def shift(images: Tensor, pixels: Tensor) -> Tensor:
    """Move each image by whole ``pixels`` ``(n, 2)`` down and right; what comes in from outside is the mirrored edge."""
    return move(images, torch.zeros(len(images), dtype=torch.int64), pixels)


def _reflect(places: Tensor, length: int) -> Tensor:
    """Fold places outside 0 to length - 1 back inside, the edge itself not doubled."""
    period = max(2 * (length - 1), 1)
    places = places.remainder(period)
    return torch.where(places >= length, period - places, places)


def rotate(images: Tensor, degrees: Tensor, views: Tensor | None = None) -> Tensor:
    """Turn each image about its centre by ``degrees`` ``(n,)``, then bring it to its view ``(n,)``, 0 to 7, in one sampling.

    Bilinear, with the edge's pixels repeated outside; quarter turns and mirrorings alone leave the pixels as they are. A
    quarter turn of images that are not square is a :class:`ModelError`.
    """
    if views is not None:
        _refuse_quarter_turns(images, views)
    height, width = images.shape[-2:]
    radians = degrees * (math.pi / 180)
    cosine, sine = radians.cos(), radians.sin()
    turned = torch.stack([cosine, -sine * height / width, sine * width / height, cosine], dim=1)
    # places run from -1 to 1 in each direction
    from_out = turned.view(-1, 2, 2) @ _VIEW_MATRICES[0 if views is None else views]
    x, y = ((torch.arange(side) + 0.5) * (2 / side) - 1 for side in (width, height))
    places = x[:, None] * from_out[:, None, None, :, 0] + y[:, None, None] * from_out[:, None, None, :, 1]
    grid = places.to(images)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _view_matrix(view: int) -> Tensor:
    """Return the matrix ``(2, 2)`` from the place (x, y) in a view to the place in the image itself."""
    quarter, mirror = torch.tensor([[0.0, -1.0], [1.0, 0.0]]), torch.diag(torch.tensor([-1.0, 1.0]))
    turns = torch.linalg.matrix_power(quarter, view % 4)
    return mirror @ turns if view >= 4 else turns


_VIEW_MATRICES = torch.stack([_view_matrix(view) for view in range(8)])
