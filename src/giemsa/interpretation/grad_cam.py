"""Grad-CAM and Grad-CAM++: where the maps of a layer are active that speak for the class.

The map is as coarse as the layer; it is enlarged bilinearly to the size of the image. It needs one pass forward and, from the
layer on, one back, so it is the cheapest map there is. Of an ensemble the last maps of all members count together, each weighed
by the gradient of the joint answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from giemsa.errors import ModelError
from giemsa.interpretation.activations import layer_maps
from giemsa.interpretation.gradients import differentiate_all
from giemsa.interpretation.layers import explaining_layers
from giemsa.interpretation.pixels import check_pixels, in_batches
from giemsa.interpretation.target import AnyTarget, resolve_target

Weighting = Callable[[Tensor, Tensor], Tensor]


def channel_means(maps: Tensor, gradients: Tensor) -> Tensor:
    """Weigh each channel by its mean gradient (Selvaraju et al., equation 1): ``(n, channels, 1, 1)``."""
    return gradients.mean((2, 3), keepdim=True)


def plus_plus_weights(maps: Tensor, gradients: Tensor) -> Tensor:
    """Weigh each channel by its positive gradients, each by its share (Chattopadhay et al., equations 7 and 19)."""
    square, cube = gradients**2, gradients**3
    below = 2 * square + maps.sum((2, 3), keepdim=True) * cube
    share = torch.where(below != 0, square / torch.where(below != 0, below, torch.ones_like(below)), 0.0)
    return (share * gradients.clamp_min(0)).sum((2, 3), keepdim=True)


def grad_cam(
    network: nn.Module,
    pixels: Tensor,
    target: AnyTarget,
    *,
    layer: str | None = None,
    signed: bool = False,
    enlarge: bool = True,
    weighting: Weighting = channel_means,
    batch_size: int | None = None,
) -> np.ndarray:
    """Compute Grad-CAM.

    Parameters
    ----------
    network : float images in 0 to 1 to logits.
    pixels : ``(n, channels, height, width)``, 0 to 1.
    target : a class for all images, one an image, or a :class:`Target`.
    layer : whose maps; by default the last that are at least 4x4, of an ensemble those of each member, added up.
    signed : keep what speaks against the target; the paper cuts it off at zero.
    enlarge : to the size of the images; else the map has the layer's own height and width.
    weighting : how a channel's gradient becomes its weight.
    batch_size : images in one pass; if not given, as many as are fast, few of large ones.

    Returns
    -------
    ndarray : ``(n, height, width)``, float32, not normalised, of the images' size.

    Raises
    ------
    ModelError : a layer without maps, a target that is a channel or does not fit, no differentiable path, a gradient that is not
        finite.

    References
    ----------
    Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks, ICCV 2017, equations 1 and 2.

    Examples
    --------
    >>> from giemsa.models import build_model
    >>> network = build_model("tutorial", channels=3, n_classes=8, size=28, generator=torch.Generator().manual_seed(0))
    >>> grad_cam(network, torch.rand(2, 3, 28, 28), 6, layer="pool2").shape
    (2, 28, 28)
    """
    pixels = check_pixels(pixels)
    resolved = resolve_target(target, network, pixels)
    if resolved.layer:
        raise ModelError("Grad-CAM explains classes, not channels; use gradient, which explains both")
    layers = (layer,) if layer else explaining_layers(network, pixels)

    def weighted(batch: Tensor, weights: Tensor) -> Tensor:
        each = layer_gradients(network, batch, weights, layers)
        coarse = added_up([(weighting(*both) * both[0]).sum(1, keepdim=True) for both in each])
        coarse = coarse if signed else coarse.clamp_min(0)
        return enlarged(coarse, batch) if enlarge else coarse[:, 0]

    found = in_batches(weighted, pixels, resolved.rows(len(pixels)), batch_size=batch_size)
    return found.numpy().astype(np.float32)


def grad_cam_plus_plus(
    network: nn.Module, pixels: Tensor, target: AnyTarget, *, layer: str | None = None
) -> np.ndarray:
    """Compute Grad-CAM++, which does better where a class stands in an image more than once.

    Parameters and result are those of :func:`grad_cam`.

    References
    ----------
    Chattopadhay et al., Grad-CAM++, WACV 2018, equations 7 and 19.
    """
    return grad_cam(network, pixels, target, layer=layer, weighting=plus_plus_weights)


def added_up(coarse: Sequence[Tensor]) -> Tensor:
    """Add maps ``(n, 1, h, w)`` up, each brought to the size of the first."""
    size = coarse[0].shape[2:]
    return torch.stack(
        [F.interpolate(maps, size=size, mode="bilinear", align_corners=False) for maps in coarse]
    ).sum(0)


def enlarged(coarse: Tensor, pixels: Tensor) -> Tensor:
    """Enlarge maps ``(n, 1, h, w)`` bilinearly to the size of the images, ``(n, height, width)``."""
    return F.interpolate(coarse, size=pixels.shape[2:], mode="bilinear", align_corners=False)[:, 0]


def layer_gradients(
    network: nn.Module, pixels: Tensor, weights: Tensor, layers: Sequence[str]
) -> list[tuple[Tensor, Tensor]]:
    """Return each layer's maps and the gradient of the explained logits with respect to them, both ``(n, k, h, w)``."""
    logits, maps = layer_maps(network, pixels, layers, gradient=True, cut=True)
    gradients = differentiate_all((logits * weights).sum(1), maps)
    return [(each.detach(), gradient) for each, gradient in zip(maps, gradients, strict=True)]
