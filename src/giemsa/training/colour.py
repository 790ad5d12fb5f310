"""Colour jitter: the light, the camera and the stain of another day, drawn anew for half of the images.

A network that never saw a darker or a more saturated image has no reason to ignore how dark or how saturated an image is. Factors
are drawn for each image from one strength; the other half of the images stay as they are, so that clean images remain the most
frequent kind.
"""

from __future__ import annotations

import torch
from torch import Tensor

STAIN_SHARE = 0.5
SATURATION_SHARE = 1.5


def jitter_colours(pixels: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Change brightness, contrast, saturation and stain of half of the images.

    With the optical density of a channel, minus the logarithm of its transmitted light, proportional to the amount of dye (Beer
    and Lambert), more or less of a dye is a factor on the density: a power of the pixel.

    Parameters
    ----------
    pixels : ``(n, channels, height, width)`` in 0 to 1.
    strength : logarithm of the largest factor of brightness and contrast; 0.5 means 0.61 to 1.65.
    generator : source of the factors.

    Returns
    -------
    Tensor : of the same shape, in 0 to 1.

    References
    ----------
    Tellez et al., Quantifying the effects of data augmentation and stain color normalization, Medical Image Analysis 58 (2019).

    Examples
    --------
    >>> import torch
    >>> grey = torch.full((2, 3, 4, 4), 0.5)
    >>> torch.equal(jitter_colours(grey, 0.0, torch.Generator().manual_seed(0)), grey)
    True
    """
    n, channels = pixels.shape[:2]
    draws = (torch.rand(n, 4 + channels, generator=generator) * 2 - 1).mul_(strength)
    is_changed = (draws[:, 3] > 0).view(n, 1, 1, 1)
    brightness, contrast, saturation = (
        (draws[:, :3] * torch.tensor([1.0, 1.0, SATURATION_SHARE])).exp().T.reshape(3, n, 1, 1, 1)
    )
    dye = (draws[:, 4:] * STAIN_SHARE).exp().view(n, channels, 1, 1)
    changed = pixels.clamp_min(1 / 255).pow(dye) if channels > 1 else pixels
    grey = changed.mean(dim=1, keepdim=True)
    changed = grey + (changed - grey) * saturation
    mean = changed.mean(dim=(1, 2, 3), keepdim=True)
    changed = (mean + (changed - mean) * contrast) * brightness
    return torch.where(is_changed, changed.clamp(0, 1), pixels)
