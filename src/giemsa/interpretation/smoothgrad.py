"""SmoothGrad: the gradient, averaged over noisy copies of the image, so that its flicker averages out."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from giemsa.interpretation.gradients import gradient_step
from giemsa.interpretation.passes import evaluating
from giemsa.interpretation.pixels import check_pixels, images_at_a_time
from giemsa.interpretation.target import AnyTarget, resolve_target


def smoothgrad(
    network: nn.Module,
    pixels: Tensor,
    target: AnyTarget,
    *,
    copies: int = 16,
    noise: float = 0.1,
    seed: int = 0,
) -> np.ndarray:
    """Average the gradient over noisy copies of each image.

    Parameters
    ----------
    network, pixels, target : as in :func:`giemsa.interpretation.gradients.gradient`.
    copies : how many.
    noise : standard deviation of the normal noise, as a fraction of each image's own range (the paper's 10 to 20 %).
    seed : of the noise; every image of a call gets its own.

    Returns
    -------
    ndarray : ``(n, channels, height, width)``, float32, signed.

    References
    ----------
    Smilkov et al., SmoothGrad: removing noise by adding noise, 2017, section 2.1.
    """
    pixels = check_pixels(pixels)
    resolved = resolve_target(target, network, pixels)
    generator = torch.Generator().manual_seed(seed)
    weights = resolved.rows(len(pixels))
    scale = noise * (pixels.amax((1, 2, 3), keepdim=True) - pixels.amin((1, 2, 3), keepdim=True))
    total, batch_size = torch.zeros_like(pixels), images_at_a_time(pixels)
    with evaluating(network):
        for _ in range(copies):
            draw = torch.randn(pixels.shape, generator=generator)
            for start in range(0, len(pixels), batch_size):
                part = slice(start, start + batch_size)
                noisy = pixels[part] + draw[part] * scale[part]
                total[part] += gradient_step(network, noisy, weights[part], resolved.layer)
    return (total / copies).numpy().astype(np.float32)
