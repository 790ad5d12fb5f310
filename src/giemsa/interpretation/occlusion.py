"""Occlusion: cover a patch of the image and see how much the explained number falls.

It needs no gradient, works on any path, and its unit is that of the target. Its answer depends on the patch and on the colour
that covers it.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from giemsa.errors import ModelError
from giemsa.interpretation.integrated_gradients import baseline_of
from giemsa.interpretation.layers import evaluating
from giemsa.interpretation.pixels import check_pixels, images_at_a_time
from giemsa.interpretation.target import AnyTarget, plain_scores, resolve_target, scores


def patch_masks(height: int, width: int, patch: int, stride: int) -> Tensor:
    """Return one mask a patch, ``(patches, height, width)``, true where it covers; the last patches touch the border.

    Examples
    --------
    >>> patch_masks(4, 4, 2, 2).shape
    torch.Size([4, 4, 4])
    """
    tops, lefts = (sorted({*range(0, side - patch, stride), side - patch}) for side in (height, width))
    masks = torch.zeros(len(tops), len(lefts), height, width, dtype=torch.bool)
    for i, top in enumerate(tops):
        for j, left in enumerate(lefts):
            masks[i, j, top : top + patch, left : left + patch] = True
    return masks.flatten(0, 1)


def occlusion(
    network: nn.Module,
    pixels: Tensor,
    target: AnyTarget,
    *,
    patch: int | None = None,
    stride: int | None = None,
    baseline: Tensor | float | None = None,
    batch_size: int | None = None,
) -> np.ndarray:
    """Compute by how much covering each place lowers the target.

    Parameters
    ----------
    network, pixels, target : as in :func:`giemsa.interpretation.gradients.gradient`.
    patch : side of the square that covers, in pixels; a fifth of the image by default.
    stride : step between patches, in pixels; half a patch by default.
    baseline : what covers: images like ``pixels``, one grey value, or ``None`` for each image's mean colour.
    batch_size : images in one pass; if not given, as many as are fast, few of large ones.

    Returns
    -------
    ndarray : ``(n, height, width)``, float32: the fall of the target, averaged over the patches that cover the pixel.

    Raises
    ------
    ModelError : a patch larger than the image, a target that does not fit.

    References
    ----------
    Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014, section 4.2.
    """
    pixels = check_pixels(pixels)
    resolved = resolve_target(target, network, pixels)
    weights, cover = resolved.rows(len(pixels)), baseline_of(pixels, baseline)
    height, width = pixels.shape[2:]
    patch = patch or max(2, round(min(height, width) / 5))
    if not 1 <= patch <= min(height, width):
        raise ModelError(f"a patch of {patch} pixels does not fit into an image of {height}x{width}")
    masks = patch_masks(height, width, patch, stride or max(1, patch // 2))
    falls = torch.zeros(len(pixels), len(masks))
    with evaluating(network), torch.no_grad():
        whole = plain_scores(network, pixels, weights, resolved.layer)
        pairs = torch.cartesian_prod(torch.arange(len(pixels)), torch.arange(len(masks)))
        for pair in pairs.split(images_at_a_time(pixels, batch_size)):
            image, mask = pair[:, 0], pair[:, 1]
            covered = torch.where(masks[mask][:, None], cover[image], pixels[image])
            falls[image, mask] = whole[image] - scores(network, covered, weights[image], resolved.layer)
    covering = masks.float()
    return (torch.einsum("nm,mhw->nhw", falls, covering) / covering.sum(0)).numpy().astype(np.float32)
