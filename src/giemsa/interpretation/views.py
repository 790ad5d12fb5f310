"""Random views of an image while it is being made, so that no single pixel can carry the answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class ViewRange:
    """How far the views may differ.

    Parameters
    ----------
    jitter : most pixels moved along each axis.
    rotation : most degrees turned.
    scale : most that the size changes, as a fraction.
    symmetries : 1, 2 (mirrored) or 8 (mirrored and quarter turns), as the images allow.
    noise : standard deviation of normal noise on the pixels.
    tint : standard deviation of the change of each colour and of the contrast.
    """

    jitter: float = 0.0
    rotation: float = 0.0
    scale: float = 0.0
    symmetries: int = 1
    noise: float = 0.0
    tint: float = 0.0


def draw_matrices(count: int, side: int, views: ViewRange, generator: torch.Generator) -> Tensor:
    """Draw one affine map a view, ``(count, 2, 3)``, in the units of ``affine_grid`` (-1 to 1 over the image).

    Examples
    --------
    >>> draw_matrices(1, 28, ViewRange(), torch.Generator().manual_seed(0)).abs().tolist()
    [[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]
    """
    uniform = torch.rand(count, 4, generator=generator) * 2 - 1
    angle = uniform[:, 0] * math.radians(views.rotation)
    quarter = torch.randint(4, (count,), generator=generator) * (views.symmetries >= 8)
    angle = angle + quarter * (math.pi / 2)
    size = 1 + uniform[:, 1] * views.scale
    mirrored = torch.randint(2, (count,), generator=generator) * (views.symmetries > 1)
    flip = 1.0 - 2.0 * mirrored
    cosine, sine = angle.cos() * size, angle.sin() * size
    shift = uniform[:, 2:] * (2 * views.jitter / side)
    across = torch.stack([cosine * flip, -sine, shift[:, 0]], dim=1)
    down = torch.stack([sine * flip, cosine, shift[:, 1]], dim=1)
    return torch.stack([across, down], dim=1)


def look(images: Tensor, views: ViewRange, generator: torch.Generator) -> Tensor:
    """Return one random view of each image ``(n, channels, height, width)``; outside, the edge is repeated."""
    seen = images
    if views.jitter or views.rotation or views.scale or views.symmetries > 1:
        matrices = draw_matrices(len(images), images.shape[-1], views, generator)
        grid = F.affine_grid(matrices, list(images.shape), align_corners=False)
        seen = F.grid_sample(images, grid, padding_mode="border", align_corners=False)
    if views.tint:
        n, channels = images.shape[:2]
        contrast = torch.exp(views.tint * torch.randn(n, 1, 1, 1, generator=generator))
        colour = views.tint * 0.5 * torch.randn(n, channels, 1, 1, generator=generator)
        seen = (seen - 0.5) * contrast + 0.5 + colour
    if views.noise:
        seen = seen + views.noise * torch.randn(seen.shape, generator=generator)
    return seen
