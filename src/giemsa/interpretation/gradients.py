"""The gradient: how the explained number would move if each pixel moved a little.

The oldest map and the least processed (Simonyan et al., 2014). It is noisy where the network is piecewise linear, and it answers
a question about small changes, not about what is there; times the image it becomes a share of the number.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from giemsa.errors import ModelError
from giemsa.interpretation.passes import evaluating
from giemsa.interpretation.pixels import check_pixels, in_batches
from giemsa.interpretation.target import AnyTarget, Target, resolve_target, scores


def differentiate(score: Tensor, place: Tensor) -> Tensor:
    """Return the gradient of ``score.sum()`` with respect to ``place``, as :func:`differentiate_all` does."""
    return differentiate_all(score, (place,))[0]


def differentiate_all(score: Tensor, places: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Return the gradient of ``score.sum()`` with respect to each of ``places``, or say why there is none.

    Raises
    ------
    ModelError : no differentiable path between the two, or a gradient that is not finite.
    """
    if not score.requires_grad:
        raise ModelError(
            "no gradient reaches the output: the network computes it on a path that is not differentiable "
            "(no_grad, detach, argmax or rounding); use occlusion, which needs no gradient"
        )
    gradients = torch.autograd.grad(score.sum(), places, allow_unused=True)
    if any(gradient is None for gradient in gradients):
        raise ModelError(
            "no gradient reaches the place that is explained: the path from there to the output is not "
            "differentiable or does not exist; choose another layer, or occlusion"
        )
    if not all(torch.isfinite(gradient).all() for gradient in gradients):
        raise ModelError(
            "the gradient holds NaN or infinite values; the network divides by zero or takes a root or "
            "logarithm of zero on these images"
        )
    return gradients


def gradient_step(network: nn.Module, pixels: Tensor, weights: Tensor, layer: str = "") -> Tensor:
    """Return the gradient of the explained number for one batch, ``(n, channels, height, width)``."""
    leaf = pixels.detach().requires_grad_()
    with torch.enable_grad():
        return differentiate(scores(network, leaf, weights, layer), leaf)


def gradient(
    network: nn.Module,
    pixels: Tensor,
    target: AnyTarget,
    *,
    times_image: bool = False,
    batch_size: int | None = None,
) -> np.ndarray:
    """Compute the gradient of a class, channel or direction with respect to every pixel.

    Parameters
    ----------
    network : float images in 0 to 1 to logits.
    pixels : ``(n, channels, height, width)``, 0 to 1.
    target : a class for all images, one an image, or a :class:`Target`.
    times_image : multiply by the image, which makes it an attribution in the unit of the target.
    batch_size : images in one pass; if not given, as many as are fast, few of large ones.

    Returns
    -------
    ndarray : ``(n, channels, height, width)``, float32, signed, not normalised.

    Raises
    ------
    ModelError : a target that does not fit, a path that is not differentiable, a gradient that is not finite.

    References
    ----------
    Simonyan, Vedaldi and Zisserman, Deep Inside Convolutional Networks, ICLR workshop 2014.

    Examples
    --------
    >>> from torch import nn
    >>> network = nn.Sequential(nn.Flatten(), nn.Linear(4, 2, bias=False))
    >>> _ = network[1].weight.data.copy_(torch.arange(8.0).view(2, 4))
    >>> gradient(network, torch.rand(1, 1, 2, 2), 1).ravel()
    array([4., 5., 6., 7.], dtype=float32)
    """
    pixels = check_pixels(pixels)
    resolved: Target = resolve_target(target, network, pixels)

    def slopes(batch: Tensor, weights: Tensor) -> Tensor:
        found = gradient_step(network, batch, weights, resolved.layer)
        return found * batch if times_image else found

    with evaluating(network):
        found = in_batches(slopes, pixels, resolved.rows(len(pixels)), batch_size=batch_size)
    return found.numpy().astype(np.float32)
