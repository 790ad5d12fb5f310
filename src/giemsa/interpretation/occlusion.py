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
from giemsa.interpretation.passes import evaluating
from giemsa.interpretation.pixels import check_pixels, images_at_a_time, in_batches
from giemsa.interpretation.target import AnyTarget, outputs, resolve_target


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
    stride : step between patches, in pixels, at most a patch; half a patch by default.
    baseline : what covers: images like ``pixels``, one grey value, or ``None`` for each image's mean colour.
    batch_size : images in one pass; if not given, as many as are fast, few of large ones.

    Returns
    -------
    ndarray : ``(n, height, width)``, float32: the fall of the target, averaged over the patches that cover the pixel.

    Raises
    ------
    ModelError : a patch larger than the image, a stride larger than the patch, a target that does not fit.

    References
    ----------
    Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014, section 4.2.
    """
    pixels = check_pixels(pixels)
    resolved = resolve_target(target, network, pixels)
    masks = _masks_for(pixels, patch, stride)
    falls = _falls(network, pixels, masks, baseline_of(pixels, baseline), resolved.layer, batch_size)
    return _spread(torch.einsum("nmo,no->nm", falls, resolved.rows(len(pixels))), masks)


def occlusion_of_classes(network: nn.Module, pixels: Tensor, labels: np.ndarray) -> np.ndarray:
    """Compute :func:`occlusion` for several classes of each image, for the price of one.

    Parameters
    ----------
    network, pixels : as in :func:`occlusion`, whose defaults hold.
    labels : ``(n, k)``, the classes that are explained.

    Returns
    -------
    ndarray : ``(k, n, height, width)``, float32.
    """
    pixels = check_pixels(pixels)
    masks = _masks_for(pixels)
    falls = _falls(network, pixels, masks, baseline_of(pixels, None))
    of_classes = [resolve_target(column, network, pixels).rows(len(pixels)) for column in labels.T]
    return np.stack([_spread(torch.einsum("nmo,no->nm", falls, weights), masks) for weights in of_classes])


def _masks_for(pixels: Tensor, patch: int | None = None, stride: int | None = None) -> Tensor:
    """Return the masks for these images, ``(patches, height, width)``."""
    height, width = pixels.shape[2:]
    patch = patch or max(2, round(min(height, width) / 5))
    if not 1 <= patch <= min(height, width):
        raise ModelError(f"a patch of {patch} pixels does not fit into an image of {height}x{width}")
    stride = stride or max(1, patch // 2)
    if not 1 <= stride <= patch:
        raise ModelError(
            f"a stride of {stride} pixels leaves gaps between patches of {patch}; take 1 to {patch}"
        )
    return patch_masks(height, width, patch, stride)


def _falls(
    network: nn.Module,
    pixels: Tensor,
    masks: Tensor,
    cover: Tensor,
    layer: str = "",
    batch_size: int | None = None,
) -> Tensor:
    """Return by how much each patch lowers each output of the network or of a layer, ``(n, patches, outputs)``."""

    def covered(image: Tensor, mask: Tensor) -> Tensor:
        return outputs(network, torch.where(masks[mask][:, None], cover[image], pixels[image]), layer)

    pairs = torch.cartesian_prod(torch.arange(len(pixels)), torch.arange(len(masks)))
    with evaluating(network), torch.no_grad():
        whole = in_batches(lambda batch: outputs(network, batch, layer), pixels, batch_size=batch_size)
        parts = [covered(*pair.T) for pair in pairs.split(images_at_a_time(pixels, batch_size))]
    return whole[:, None] - torch.cat(parts).view(len(pixels), len(masks), -1)


def _spread(falls: Tensor, masks: Tensor) -> np.ndarray:
    """Average the fall of each patch ``(n, patches)`` over the patches that cover a pixel, ``(n, height, width)``."""
    covering = masks.float()
    return (torch.einsum("nm,mhw->nhw", falls, covering) / covering.sum(0)).numpy().astype(np.float32)
